//! Element-wise kernels over slices, compiled for the instruction set found at run time.
#![allow(clippy::needless_range_loop, reason = "zips of arrays do not become vector code")]

use super::gemm::{Compute, Mat, MatMut, matmul};
use std::ops::Range;

/// Runs a block compiled for the widest vector instructions of this CPU. A macro, since a closure that is not inlined would be
/// compiled for the oldest.
macro_rules! simd {
    ($block:expr) => {
        pulp::Arch::new().dispatch($crate::model::kernels::Block(
            #[inline(always)]
            || $block,
        ))
    };
}
pub(crate) use simd;

/// What [`simd`] runs, called by reference: called by value, a closure that only borrows goes through a shim of the compiler, which is
/// not inlined.
pub(crate) struct Block<F>(pub F);

impl<R, F: FnMut() -> R> pulp::NullaryFnOnce for Block<F> {
    type Output = R;

    #[inline(always)]
    fn call(mut self) -> R {
        (self.0)()
    }
}

/// e^x for x <= 0, relative error below 2e-7: 2^n times a polynomial of degree 6 on [-ln 2 / 2, ln 2 / 2] (Cephes `expf`).
#[inline(always)]
fn exp_neg(x: f32) -> f32 {
    // 1.5 * 2^23 added to a small number leaves it rounded to an integer in the low bits of the sum.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    y * f32::from_bits(shifted.to_bits().wrapping_sub(SHIFT.to_bits()).wrapping_add(127) << 23)
}

/// The integer next to x, the even one of two, for |x| up to 2^22; of any other x some integer.
#[inline(always)]
pub(super) fn nearest(x: f32) -> i32 {
    // As in `exp_neg`.
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32
}

/// (Phi(x), phi(x)): the normal distribution function and its density. erf by Abramowitz and Stegun 7.1.26, error below 1.5e-7.
#[inline(always)]
fn normal(x: f32) -> (f32, f32) {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let e = exp_neg(-z * z);
    let poly = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    let erf = 1.0 - poly * e;
    let erf = if x < 0.0 { -erf } else { erf };
    (0.5 * (1.0 + erf), e * 0.398_942_3)
}

/// tanh(x), error below 1e-6.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    let e = exp_neg(-2.0 * x.abs());
    ((1.0 - e) / (1.0 + e)).copysign(x)
}

/// (f(x), f'(x)) of GELU, x Phi(x) (Hendrycks and Gimpel 2016).
#[inline(always)]
pub fn gelu_with_slope(x: f32) -> (f32, f32) {
    let (cdf, pdf) = normal(x);
    (x * cdf, cdf + x * pdf)
}

/// (f(x), f'(x)) of GELU's approximation with tanh (same source).
#[inline(always)]
pub fn gelu_tanh_with_slope(x: f32) -> (f32, f32) {
    const SCALE: f32 = 0.797_884_6;
    let t = tanh(SCALE * (x + 0.044_715 * x * x * x));
    let slope = SCALE * (1.0 + 3.0 * 0.044_715 * x * x);
    (0.5 * x * (1.0 + t), 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope)
}

/// (f(x), f'(x)) of max(x, 0).
#[inline(always)]
pub fn relu_with_slope(x: f32) -> (f32, f32) {
    if x > 0.0 { (x, 1.0) } else { (0.0, 0.0) }
}

/// `out = f(x)` and `x = f'(x)`, element by element, with one of the functions above.
#[inline(always)]
pub fn activate(x: &mut [f32], out: &mut [f32], f: impl Fn(f32) -> (f32, f32)) {
    simd!({
        for (o, x) in out.iter_mut().zip(x.iter_mut()) {
            (*o, *x) = f(*x);
        }
    });
}

/// `x = f(x)`, element by element, with one of the functions above.
#[inline(always)]
pub fn apply(x: &mut [f32], f: impl Fn(f32) -> (f32, f32)) {
    simd!(x.iter_mut().for_each(|x| *x = f(*x).0));
}

/// `x *= y`, element by element.
pub fn multiply(x: &mut [f32], y: &[f32]) {
    simd!({
        for (x, &y) in x.iter_mut().zip(y) {
            *x *= y;
        }
    });
}

/// Whether element `index` of a dropout mask is kept, as the factor to multiply with: 0 or 1 / (1 - p).
///
/// Counter-based, so that the backward pass draws the same mask again without storing it, whatever the thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    threshold: u32,
    scale: f32,
    seed: u32,
}

impl Dropout {
    /// A mask that drops with probability `p` in [0, 1).
    pub fn new(p: f32, seed: u64) -> Self {
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self {
            threshold: (f64::from(p) * f64::from(u32::MAX)) as u32,
            scale: 1.0 / (1.0 - p),
            seed: (seed >> 32) as u32 ^ seed as u32,
        }
    }

    #[inline(always)]
    fn factor(&self, index: u32) -> f32 {
        // The integer mixer `lowbias32` of C. Wellons's hash prospector, twice keyed.
        let mut h = index ^ self.seed;
        h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
        h = (h ^ (h >> 15)).wrapping_mul(0x846C_A68B);
        h = (h ^ (h >> 16)).wrapping_add(self.seed.rotate_left(13));
        h = (h ^ (h >> 16)).wrapping_mul(0x7FEB_352D);
        h ^= h >> 15;
        if h < self.threshold { 0.0 } else { self.scale }
    }

    /// Element-wise product with the mask whose first element has the number `from`.
    pub fn apply(&self, x: &mut [f32], from: usize) {
        simd!({
            for (i, x) in x.iter_mut().enumerate() {
                *x *= self.factor((from + i) as u32);
            }
        });
    }
}

/// Row-wise layer normalisation (Ba et al. 2016) of `x` (N, H) with scale `gamma` (H) and shift `beta` (H).
pub fn layer_norm(x: &[f32], gamma: &[f32], beta: &[f32], eps: f32, out: &mut [f32]) {
    let h = gamma.len();
    simd!({
        for (out, x) in out.chunks_exact_mut(h).zip(x.chunks_exact(h)) {
            let (mean, rstd) = moments(x, eps);
            for (((o, &x), &g), &b) in out.iter_mut().zip(x).zip(gamma).zip(beta) {
                *o = (x - mean) * rstd * g + b;
            }
        }
    });
}

/// The end of a sub-layer: `sum = x + mask * sum`, `out` its normalisation.
pub fn residual_norm(sum: &mut [f32], mask: Option<Dropout>, x: &[f32], affine: (&[f32], &[f32]), eps: f32, out: &mut [f32]) {
    let (gamma, beta) = affine;
    let h = gamma.len();
    simd!({
        for (row, ((sum, x), out)) in sum.chunks_exact_mut(h).zip(x.chunks_exact(h)).zip(out.chunks_exact_mut(h)).enumerate() {
            match mask {
                Some(mask) => {
                    for (j, (s, &x)) in sum.iter_mut().zip(x).enumerate() {
                        *s = x + *s * mask.factor((row * h + j) as u32);
                    }
                }
                None => sum.iter_mut().zip(x).for_each(|(s, &x)| *s += x),
            }
            let (mean, rstd) = moments(sum, eps);
            for (((o, &s), &g), &b) in out.iter_mut().zip(sum.iter()).zip(gamma).zip(beta) {
                *o = (s - mean) * rstd * g + b;
            }
        }
    });
}

/// Gradient of [`layer_norm`] with respect to x, in place of that of its result; those of gamma and beta are added to theirs.
pub fn layer_norm_backward(x: &[f32], gamma: &[f32], grad: &mut [f32], eps: f32, dgamma: &mut [f32], dbeta: &mut [f32]) {
    let h = gamma.len();
    let mut xhat = vec![0.0; h];
    simd!({
        for (x, g) in x.chunks_exact(h).zip(grad.chunks_exact_mut(h)) {
            let (mean, rstd) = moments(x, eps);
            for (((xh, &x), &g), (dg, db)) in xhat.iter_mut().zip(x).zip(&*g).zip(dgamma.iter_mut().zip(dbeta.iter_mut())) {
                *xh = (x - mean) * rstd;
                *dg += g * *xh;
                *db += g;
            }
            for (g, &gamma) in g.iter_mut().zip(gamma) {
                *g *= gamma;
            }
            let sum = lanes(g, |g| g) / h as f32;
            let dot = lanes2(g, &xhat, |g, x| g * x) / h as f32;
            for (g, &xh) in g.iter_mut().zip(&xhat) {
                *g = rstd * (*g - sum - xh * dot);
            }
        }
    });
}

#[inline(always)]
fn moments(x: &[f32], eps: f32) -> (f32, f32) {
    let n = x.len() as f32;
    let mean = lanes(x, |x| x) / n;
    let var = lanes(x, |x| (x - mean) * (x - mean)) / n;
    (mean, 1.0 / (var + eps).sqrt())
}

/// Sum in sixteen lanes: vectorises, and its order does not depend on anything but the length.
#[inline(always)]
fn lanes(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut acc = [0.0f32; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for c in chunks {
        for i in 0..16 {
            acc[i] += f(c[i]);
        }
    }
    acc.iter().sum::<f32>() + rest.iter().map(|&x| f(x)).sum::<f32>()
}

/// The largest element that is a number, in sixteen lanes.
#[inline(always)]
fn highest(x: &[f32]) -> f32 {
    let pick = |m: f32, x: f32| if x > m { x } else { m };
    let mut found = [f32::NEG_INFINITY; 16];
    let (chunks, rest) = x.as_chunks::<16>();
    for c in chunks {
        for i in 0..16 {
            found[i] = pick(found[i], c[i]);
        }
    }
    found.iter().chain(rest).fold(f32::NEG_INFINITY, |m, &x| pick(m, x))
}

/// As [`lanes`], over two slices.
#[inline(always)]
fn lanes2(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut acc = [0.0f32; 16];
    let ((a, x_rest), (b, y_rest)) = (x.as_chunks::<16>(), y.as_chunks::<16>());
    let rest: f32 = x_rest.iter().zip(y_rest).map(|(&x, &y)| f(x, y)).sum();
    for (a, b) in a.iter().zip(b) {
        for i in 0..16 {
            acc[i] += f(a[i], b[i]);
        }
    }
    acc.iter().sum::<f32>() + rest
}

/// Four rows of A (4, K) times sixteen columns of B, whose rows stand `stride` apart: few enough to stay in registers.
#[inline(always)]
fn outer_products(a: [&[f32]; 4], b: &[f32], stride: usize) -> [[f32; 16]; 4] {
    let [a0, a1, a2, a3] = a;
    let (mut s0, mut s1, mut s2, mut s3) = ([0.0; 16], [0.0; 16], [0.0; 16], [0.0; 16]);
    for ((((b, &a0), &a1), &a2), &a3) in b.chunks(stride).zip(a0).zip(a1).zip(a2).zip(a3) {
        let Some(b) = b.first_chunk::<16>() else { break };
        for i in 0..16 {
            s0[i] += a0 * b[i];
            s1[i] += a1 * b[i];
            s2[i] += a2 * b[i];
            s3[i] += a3 * b[i];
        }
    }
    [s0, s1, s2, s3]
}

/// `to = from` as far as both reach, in vectors: sixteen at a time are no call of the library.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    let ((to, to_rest), (from, rest)) = (to.as_chunks_mut::<16>(), from.as_chunks::<16>());
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    let to_rest = to.get_mut(from.len()..).map_or(to_rest, <[[f32; 16]]>::as_flattened_mut);
    to_rest.iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
}

/// Row-wise softmax in place of rows of length `t`.
fn softmax(rows: &mut [f32], t: usize) {
    simd!({
        for row in rows.chunks_exact_mut(t) {
            let max = highest(row);
            for x in row.iter_mut() {
                *x = exp_neg(*x - max);
            }
            let scale = 1.0 / lanes(row, |x| x);
            for x in row.iter_mut() {
                *x *= scale;
            }
        }
    });
}

/// `out += bias` on every row.
pub fn add_bias(out: &mut [f32], bias: &[f32]) {
    simd!({
        for row in out.chunks_exact_mut(bias.len()) {
            for (o, &b) in row.iter_mut().zip(bias) {
                *o += b;
            }
        }
    });
}

/// `out = x W^T + b` for few rows: x (B, I), W (O, I), b (O) -> (B, O). The same bits on every machine.
pub fn affine(x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    let inputs = weight.len() / bias.len().max(1);
    simd!({
        for (x, out) in x.chunks_exact(inputs.max(1)).zip(out.chunks_exact_mut(bias.len().max(1))) {
            for ((o, w), &b) in out.iter_mut().zip(weight.chunks_exact(inputs.max(1))).zip(bias) {
                *o = lanes2(x, w, |x, w| x * w) + b;
            }
        }
    });
}

/// Rounds a row to integers from 0 to `top` by its own range, which always holds 0. Gives scale and zero: value = scale * (integer - zero).
/// A row with a value that is no finite number gets a scale that is none.
pub fn quantize(row: &[f32], to: &mut [u8], top: i32) -> (f32, i32) {
    simd!({
        // Lowest, highest, and a sum that is no number if a value is none: in lanes, in one pass.
        let (mut low, mut high, mut broken) = ([0.0f32; 16], [0.0f32; 16], [0.0f32; 16]);
        let (chunks, rest) = row.as_chunks::<16>();
        for c in chunks {
            for i in 0..16 {
                low[i] = if c[i] < low[i] { c[i] } else { low[i] };
                high[i] = if c[i] > high[i] { c[i] } else { high[i] };
                broken[i] += c[i] * 0.0;
            }
        }
        for (i, &x) in rest.iter().enumerate() {
            (low[i], high[i], broken[i]) = (low[i].min(x), high[i].max(x), broken[i] + x * 0.0);
        }
        let (low, high) = (low.into_iter().fold(0.0, f32::min), high.into_iter().fold(0.0, f32::max));
        let scale = ((high - low) / top as f32).max(f32::MIN_POSITIVE);
        let inverse = 1.0 / scale;
        let zero = nearest(-low * inverse).clamp(0, top);
        for (to, &x) in to.iter_mut().zip(row) {
            // Not `clamp`, whose check of its bounds keeps this from becoming vector code.
            *to = nearest(x * inverse).wrapping_add(zero).max(0).min(top) as u8;
        }
        (scale + broken.iter().sum::<f32>(), zero)
    })
}

/// Adds the sum over the rows of (N, H) to `out` (H).
pub fn add_column_sums(x: &[f32], out: &mut [f32]) {
    simd!({
        for row in x.chunks_exact(out.len()) {
            for (o, &x) in out.iter_mut().zip(row) {
                *o += x;
            }
        }
    });
}

/// The shape of packed self-attention: sequences one after the other, without padding.
#[derive(Debug, Clone)]
pub struct Attention {
    /// Tokens of each sequence; their sum is N.
    pub lens: std::sync::Arc<[usize]>,
    /// Number of heads; H is a multiple of it.
    pub heads: usize,
    /// Mask over the attention probabilities, when training.
    pub dropout: Option<Dropout>,
}

impl Attention {
    /// Scaled dot-product attention (Vaswani et al. 2017, eq. 1), each sequence on its own: queries, keys and values side by
    /// side in `qkv` (N, 3 H) -> `out` (N, H). `probs` receives the probabilities of every sequence and head, row-major.
    pub fn forward(&self, compute: Compute, qkv: &[f32], probs: &mut Vec<f32>, out: &mut [f32], h: usize) {
        let d = h / self.heads;
        probs.resize(self.lens.iter().map(|t| t * t).sum::<usize>() * self.heads, 0.0);
        let mut dropped = Vec::new();
        self.each(h, |rows, col, from| {
            let t = rows.len();
            let part = |i: usize| Mat::new(&qkv[rows.start * 3 * h + i * h + col..], t, d, 3 * h);
            let p = &mut probs[from..from + t * t];
            matmul(compute, MatMut::new(p, t, t, t), 0.0, 1.0 / (d as f32).sqrt(), part(0), part(1).t());
            softmax(p, t);
            let p = self.dropped(p, from, &mut dropped);
            matmul(compute, MatMut::new(&mut out[rows.start * h + col..], t, d, h), 0.0, 1.0, Mat::new(p, t, t, t), part(2));
        });
    }

    /// As [`Self::forward`] without a mask, by plain loops that keep nothing but `buffer`: faster on short sequences, and the same
    /// bits on every machine.
    pub fn infer(&self, qkv: &[f32], buffer: &mut Vec<f32>, out: &mut [f32], h: usize) {
        /// Queries, and columns of a product, at a time.
        const ROWS: usize = 4;
        const LANES: usize = 16;
        /// Rows and columns that are transposed at a time.
        const TILE: usize = 8;
        let d = h / self.heads;
        let wide = d.next_multiple_of(LANES);
        let scale = 1.0 / (d as f32).sqrt();
        self.each(h, |rows, col, _| {
            let t = rows.len();
            let long = t.next_multiple_of(LANES);
            let part = |i: usize, row: usize| &qkv[(rows.start + row) * 3 * h + i * h + col..][..d];
            buffer.clear();
            buffer.resize(d * long + t * wide + ROWS * (long + d), 0.0);
            let (keys, rest) = buffer.split_at_mut(d * long);
            let (values, rest) = rest.split_at_mut(t * wide);
            let (scores, queries) = rest.split_at_mut(ROWS * long);
            simd!({
                for (j, to) in values.chunks_exact_mut(wide).enumerate() {
                    copy(to, part(2, j));
                }
                for j in (0..t).step_by(TILE) {
                    let some = TILE.min(t - j);
                    for i in (0..d).step_by(TILE) {
                        let mut tile = [[0.0f32; TILE]; TILE];
                        for (r, tile) in tile.iter_mut().enumerate().take(some) {
                            let from = &part(1, j + r)[i..];
                            match from.first_chunk() {
                                Some(from) => *tile = *from,
                                None => tile.iter_mut().zip(from).for_each(|(t, &f)| *t = f),
                            }
                        }
                        for (c, to) in keys.chunks_exact_mut(long).skip(i).take(TILE).enumerate() {
                            if let Some(to) = to[j..].first_chunk_mut() {
                                *to = tile.map(|row| row[c]);
                            }
                        }
                    }
                }
                for from in (0..t).step_by(ROWS) {
                    let some = ROWS.min(t - from);
                    for r in 0..some {
                        queries[r * d..][..d].iter_mut().zip(part(0, from + r)).for_each(|(to, &q)| *to = q * scale);
                    }
                    for j in (0..long).step_by(LANES) {
                        let sums = outer_products([0, 1, 2, 3].map(|r| &queries[r * d..][..d]), &keys[j..], long);
                        for (r, sums) in sums.iter().enumerate() {
                            if let Some(to) = scores[r * long + j..].first_chunk_mut() {
                                *to = *sums;
                            }
                        }
                    }
                    let mut weights = [0.0; ROWS];
                    for (row, weight) in scores.chunks_exact_mut(long).zip(&mut weights).take(some) {
                        // Whole vectors: what stands behind the last key has no weight to speak of, and is not looked at below.
                        row[t..].fill(f32::NEG_INFINITY);
                        let max = highest(row);
                        row.iter_mut().for_each(|x| *x = exp_neg(*x - max));
                        *weight = 1.0 / lanes(row, |x| x);
                    }
                    for i in (0..wide).step_by(LANES) {
                        let sums = outer_products([0, 1, 2, 3].map(|r| &scores[r * long..][..t]), &values[i..], wide);
                        for r in 0..some {
                            let to = &mut out[(rows.start + from + r) * h + col..][i..d];
                            let weighted = sums[r].map(|s| s * weights[r]);
                            match to.first_chunk_mut() {
                                Some(to) => *to = weighted,
                                None => to.iter_mut().zip(weighted).for_each(|(to, w)| *to = w),
                            }
                        }
                    }
                }
            });
        });
    }

    /// The gradient of [`Self::forward`] with respect to `qkv`, into `dqkv` (N, 3 H), from its probabilities and the gradient of
    /// its result.
    pub fn backward(&self, compute: Compute, qkv: &[f32], probs: &[f32], grad: &[f32], dqkv: &mut [f32], h: usize) {
        let d = h / self.heads;
        let scale = 1.0 / (d as f32).sqrt();
        let (mut dropped, mut dp) = (Vec::new(), Vec::new());
        self.each(h, |rows, col, from| {
            let t = rows.len();
            let at = |i: usize| rows.start * 3 * h + i * h + col;
            let part = |i: usize| Mat::new(&qkv[at(i)..], t, d, 3 * h);
            let (p, g) = (&probs[from..from + t * t], Mat::new(&grad[rows.start * h + col..], t, d, h));
            dp.resize(t * t, 0.0);
            matmul(compute, MatMut::new(&mut dp, t, t, t), 0.0, 1.0, g, part(2).t());
            if let Some(dropout) = self.dropout {
                dropout.apply(&mut dp, from);
            }
            let kept = Mat::new(self.dropped(p, from, &mut dropped), t, t, t);
            matmul(compute, MatMut::new(&mut dqkv[at(2)..], t, d, 3 * h), 0.0, 1.0, kept.t(), g);
            simd!({
                for (dp, p) in dp.chunks_exact_mut(t).zip(p.chunks_exact(t)) {
                    let dot = lanes2(dp, p, |a, b| a * b);
                    for (dp, &p) in dp.iter_mut().zip(p) {
                        *dp = p * (*dp - dot);
                    }
                }
            });
            let ds = Mat::new(&dp, t, t, t);
            matmul(compute, MatMut::new(&mut dqkv[at(0)..], t, d, 3 * h), 0.0, scale, ds, part(1));
            matmul(compute, MatMut::new(&mut dqkv[at(1)..], t, d, 3 * h), 0.0, scale, ds.t(), part(0));
        });
    }

    /// The probabilities under the mask, in `buffer` where there is one.
    fn dropped<'a>(&self, p: &'a [f32], from: usize, buffer: &'a mut Vec<f32>) -> &'a [f32] {
        let Some(dropout) = self.dropout else { return p };
        buffer.clear();
        buffer.extend_from_slice(p);
        dropout.apply(buffer, from);
        buffer
    }

    /// Calls `f(token rows, first column, number of the first probability)` for every sequence and head.
    fn each(&self, h: usize, mut f: impl FnMut(Range<usize>, usize, usize)) {
        let (mut row, mut from) = (0, 0);
        for &t in self.lens.iter().filter(|&&t| t > 0) {
            for head in 0..self.heads {
                f(row..row + t, head * (h / self.heads), from);
                from += t * t;
            }
            row += t;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_agrees_with_the_library_erf() {
        // Reference: x * 0.5 * (1 + erf(x / sqrt 2)) in double precision with `candle_core::cpu::erf`, itself after Cody.
        let x: Vec<f32> = (-600..=600).map(|i| i as f32 / 100.0).collect();
        let mut y = vec![0.0; x.len()];
        activate(&mut x.clone(), &mut y, gelu_with_slope);
        for (&x, y) in x.iter().zip(y) {
            let z = f64::from(x);
            let want = z * 0.5 * (1.0 + candle_core::cpu::erf::erf_f64(z / std::f64::consts::SQRT_2));
            assert!((f64::from(y) - want).abs() < 1e-6, "gelu({x}) = {y}, want {want}");
        }
    }

    #[test]
    fn slopes_agree_with_finite_differences() {
        let functions: [fn(f32) -> (f32, f32); 3] = [gelu_with_slope, gelu_tanh_with_slope, relu_with_slope];
        for f in functions {
            for i in -50..50 {
                // Not at 0, where the last one has a corner.
                let x = i as f32 / 10.0 + 0.05;
                let found = (f(x + 0.01).0 - f(x - 0.01).0) / 0.02;
                assert!((found - f(x).1).abs() < 2e-4, "{x}: {found} {}", f(x).1);
            }
        }
        // The approximation's own distance from GELU (Hendrycks and Gimpel 2016) is below 5e-4.
        assert!((-60..60).all(|i| (gelu_tanh_with_slope(i as f32 / 10.0).0 - gelu_with_slope(i as f32 / 10.0).0).abs() < 5e-4));
    }

    #[test]
    fn attention_for_inference_is_that_for_training() {
        // Heads of 6, 32 and 40 values, sequences below, at and above the sizes of blocks.
        for (h, heads) in [(12, 2), (64, 2), (40, 1)] {
            let lens: std::sync::Arc<[usize]> = [1, 3, 16, 17, 33].into();
            let n: usize = lens.iter().sum();
            let qkv: Vec<f32> = (0..n * 3 * h).map(|i| ((i * 37 % 101) as f32 - 50.0) / 25.0).collect();
            let shape = Attention { lens, heads, dropout: None };
            let (mut probs, mut buffer) = (Vec::new(), vec![7.0; 3]);
            let (mut want, mut got) = (vec![0.0; n * h], vec![0.0; n * h]);
            shape.forward(Compute::F32, &qkv, &mut probs, &mut want, h);
            shape.infer(&qkv, &mut buffer, &mut got, h);
            for (i, (g, w)) in got.iter().zip(&want).enumerate() {
                assert!((g - w).abs() < 1e-5, "{h} {heads} at {i}: {g} {w}");
            }
        }
    }

    #[test]
    fn exponential_is_within_float_precision() {
        for i in 0..8700 {
            let x = -(i as f32) / 100.0;
            let want = f64::from(x).exp();
            assert!((f64::from(exp_neg(x)) - want).abs() <= 3e-7 * want, "exp({x})");
        }
    }

    #[test]
    fn dropout_drops_its_share_and_keeps_the_mean() {
        for seed in [1, 2, 77] {
            let mut x = vec![1.0; 100_000];
            Dropout::new(0.1, seed).apply(&mut x, 0);
            let dropped = x.iter().filter(|&&x| x == 0.0).count() as f64 / x.len() as f64;
            assert!((dropped - 0.1).abs() < 0.005, "dropped {dropped}");
        }
    }

    #[test]
    fn dropout_is_the_same_for_the_same_seed_and_differs_between_seeds() {
        let draw = |seed| {
            let mut x = vec![1.0; 64];
            Dropout::new(0.5, seed).apply(&mut x, 5);
            x
        };
        assert_eq!(draw(3), draw(3));
        assert_ne!(draw(3), draw(4));
    }
}
