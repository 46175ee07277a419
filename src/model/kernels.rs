//! Element-wise kernels over slices, compiled for the instruction set found at run time.

use super::gemm::{Compute, Mat, MatMut, matmul};
use std::ops::Range;

/// Runs `f` compiled for the widest vector instructions of this CPU.
#[inline(always)]
fn simd<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// e^x for x <= 0, relative error below 2e-7: 2^n times a polynomial of degree 6 on [-ln 2 / 2, ln 2 / 2] (Cephes `expf`).
#[inline(always)]
fn exp_neg(x: f32) -> f32 {
    let x = x.max(-87.0);
    let n = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    y * f32::from_bits(((n as i32 + 127) << 23) as u32)
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

/// GELU(x) = x Phi(x) (Hendrycks and Gimpel 2016).
pub fn gelu(x: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    simd(|| {
        for (o, &x) in out.iter_mut().zip(x) {
            *o = x * normal(x).0;
        }
    });
    out
}

/// The gradient of [`gelu`]: (Phi(x) + x phi(x)) times the gradient of its result.
pub fn gelu_backward(x: &[f32], grad: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    simd(|| {
        for ((o, &x), &g) in out.iter_mut().zip(x).zip(grad) {
            let (cdf, pdf) = normal(x);
            *o = g * (cdf + x * pdf);
        }
    });
    out
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
        simd(|| {
            for (i, x) in x.iter_mut().enumerate() {
                *x *= self.factor((from + i) as u32);
            }
        });
    }
}

/// Row-wise layer normalisation (Ba et al. 2016) of `x` (N, H) with scale `gamma` (H) and shift `beta` (H).
pub fn layer_norm(x: &[f32], gamma: &[f32], beta: &[f32], eps: f32) -> Vec<f32> {
    let h = gamma.len();
    let mut out = vec![0.0; x.len()];
    simd(|| {
        for (out, x) in out.chunks_exact_mut(h).zip(x.chunks_exact(h)) {
            let (mean, rstd) = moments(x, eps);
            for (((o, &x), &g), &b) in out.iter_mut().zip(x).zip(gamma).zip(beta) {
                *o = (x - mean) * rstd * g + b;
            }
        }
    });
    out
}

/// Gradients of [`layer_norm`] with respect to (x, gamma, beta).
pub fn layer_norm_backward(x: &[f32], gamma: &[f32], grad: &[f32], eps: f32) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
    let h = gamma.len();
    let (mut dx, mut dgamma, mut dbeta) = (vec![0.0; x.len()], vec![0.0; h], vec![0.0; h]);
    simd(|| {
        for ((dx, x), g) in dx.chunks_exact_mut(h).zip(x.chunks_exact(h)).zip(grad.chunks_exact(h)) {
            let (mean, rstd) = moments(x, eps);
            let mut sum = [0.0f32; 16];
            let mut dot = [0.0f32; 16];
            // dx holds the normalised input until the second pass overwrites it.
            for j in 0..h {
                let xhat = (x[j] - mean) * rstd;
                let gg = g[j] * gamma[j];
                dx[j] = xhat;
                dgamma[j] += g[j] * xhat;
                dbeta[j] += g[j];
                sum[j % 16] += gg;
                dot[j % 16] += gg * xhat;
            }
            let (sum, dot) = (sum.iter().sum::<f32>() / h as f32, dot.iter().sum::<f32>() / h as f32);
            for j in 0..h {
                dx[j] = rstd * (g[j] * gamma[j] - sum - dx[j] * dot);
            }
        }
    });
    (dx, dgamma, dbeta)
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
    let chunks = x.chunks_exact(16);
    let rest = chunks.remainder();
    for c in chunks {
        for (a, &x) in acc.iter_mut().zip(c) {
            *a += f(x);
        }
    }
    acc.iter().sum::<f32>() + rest.iter().map(|&x| f(x)).sum::<f32>()
}

/// Row-wise softmax in place of rows of length `t`.
fn softmax(rows: &mut [f32], t: usize) {
    simd(|| {
        for row in rows.chunks_exact_mut(t) {
            let max = row.iter().fold(f32::NEG_INFINITY, |m, &x| m.max(x));
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
    simd(|| {
        for row in out.chunks_exact_mut(bias.len()) {
            for (o, &b) in row.iter_mut().zip(bias) {
                *o += b;
            }
        }
    });
}

/// Sum over the rows of (N, H).
pub fn column_sums(x: &[f32], h: usize) -> Vec<f32> {
    let mut out = vec![0.0; h];
    simd(|| {
        for row in x.chunks_exact(h) {
            for (o, &x) in out.iter_mut().zip(row) {
                *o += x;
            }
        }
    });
    out
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
    /// Scaled dot-product attention (Vaswani et al. 2017, eq. 1): q, k, v (N, H) -> (N, H), each sequence on its own.
    pub fn forward(&self, q: &[f32], k: &[f32], v: &[f32], h: usize) -> Vec<f32> {
        let mut out = vec![0.0; q.len()];
        let mut p = Vec::new();
        self.each(h, |rows, col, mask_from| {
            let (t, d, at) = (rows.len(), h / self.heads, rows.start * h + col);
            let view = |x| Mat::new(x, t, d, h);
            self.probabilities(&mut p, view(&q[at..]), view(&k[at..]), t, d);
            if let Some(dropout) = self.dropout {
                dropout.apply(&mut p, mask_from);
            }
            matmul(Compute::F32, MatMut::new(&mut out[at..], t, d, h), 0.0, 1.0, Mat::new(&p, t, t, t), view(&v[at..]));
        });
        out
    }

    /// Gradients of [`Self::forward`] with respect to (q, k, v); the probabilities are computed again rather than kept.
    pub fn backward(&self, q: &[f32], k: &[f32], v: &[f32], grad: &[f32], h: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let (mut dq, mut dk, mut dv) = (vec![0.0; q.len()], vec![0.0; k.len()], vec![0.0; v.len()]);
        let (mut p, mut dropped, mut dp) = (Vec::new(), Vec::new(), Vec::new());
        self.each(h, |rows, col, mask_from| {
            let (t, d, at) = (rows.len(), h / self.heads, rows.start * h + col);
            let scale = 1.0 / (d as f32).sqrt();
            let view = |x| Mat::new(x, t, d, h);
            self.probabilities(&mut p, view(&q[at..]), view(&k[at..]), t, d);
            let g = view(&grad[at..]);
            dp.clear();
            dp.resize(t * t, 0.0);
            matmul(Compute::F32, MatMut::new(&mut dp, t, t, t), 0.0, 1.0, g, view(&v[at..]).t());
            dropped.clone_from(&p);
            if let Some(dropout) = self.dropout {
                dropout.apply(&mut dropped, mask_from);
                dropout.apply(&mut dp, mask_from);
            }
            matmul(Compute::F32, MatMut::new(&mut dv[at..], t, d, h), 0.0, 1.0, Mat::new(&dropped, t, t, t).t(), g);
            simd(|| {
                for (dp, p) in dp.chunks_exact_mut(t).zip(p.chunks_exact(t)) {
                    let dot: f32 = dp.iter().zip(p).map(|(a, b)| a * b).sum();
                    for (dp, &p) in dp.iter_mut().zip(p) {
                        *dp = p * (*dp - dot);
                    }
                }
            });
            let ds = Mat::new(&dp, t, t, t);
            matmul(Compute::F32, MatMut::new(&mut dq[at..], t, d, h), 0.0, scale, ds, view(&k[at..]));
            matmul(Compute::F32, MatMut::new(&mut dk[at..], t, d, h), 0.0, scale, ds.t(), view(&q[at..]));
        });
        (dq, dk, dv)
    }

    fn probabilities(&self, p: &mut Vec<f32>, q: Mat<'_>, k: Mat<'_>, t: usize, d: usize) {
        p.clear();
        p.resize(t * t, 0.0);
        matmul(Compute::F32, MatMut::new(p, t, t, t), 0.0, 1.0 / (d as f32).sqrt(), q, k.t());
        softmax(p, t);
    }

    /// Calls `f(token rows, first column, number of the first mask element)` for every sequence and head.
    fn each(&self, h: usize, mut f: impl FnMut(Range<usize>, usize, usize)) {
        let (mut row, mut mask) = (0, 0);
        for &t in self.lens.iter().filter(|&&t| t > 0) {
            for head in 0..self.heads {
                f(row..row + t, head * (h / self.heads), mask);
                mask += t * t;
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
        for (&x, y) in x.iter().zip(gelu(&x)) {
            let z = f64::from(x);
            let want = z * 0.5 * (1.0 + candle_core::cpu::erf::erf_f64(z / std::f64::consts::SQRT_2));
            assert!((f64::from(y) - want).abs() < 1e-6, "gelu({x}) = {y}, want {want}");
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
