//! Products of 8-bit integers: activations of 8 bits without sign, quantized row by row, times weights of 8 bits with a scale per
//! output, summed in 32 bits.
//!
//! The integers are the same on every machine. AVX2 multiplies bytes into sums of 16 bits that saturate (`vpmaddubsw`); here none
//! can: a weight's scale is the smallest with which no two neighbours leave 16 bits, whatever the activations. (With a scale for four
//! neighbours AVX2 could widen half as often. But then weights have six bits and a half, and labels change.)

#[cfg(target_arch = "x86_64")]
use super::avx512::{Out, mask, store};
use super::{Mat, MatMut, passes};
use crate::model::kernels;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Columns of B in a panel.
const COLUMNS: usize = 16;
/// Panels that a pass of the widest kernel multiplies: their number is filled up to a multiple of it.
const PANELS: usize = 2;
/// Rows of A in a pass of the kernels: as many as their sums stay in registers.
#[cfg(target_arch = "x86_64")]
const AVX2_ROWS: usize = 6;
#[cfg(target_arch = "x86_64")]
const VNNI_ROWS: usize = 8;
/// Rows of A that a panel of B is held against before the next panel: they and what they become stay in the second-level cache.
const BAND: usize = 240;
/// k of a pass: rows of A and panels of B are filled up with zeros to a multiple of it.
const BLOCK: usize = 4;
/// The largest quantized activation.
const TOP: i32 = 255;
/// The largest sum of positive (or of negative) weights that meet in one sum of 16 bits.
const MOST: i32 = i16::MAX as i32 / TOP;

/// What a pass of a kernel adds up: `R` rows of A times a panel of B.
type Sums<const R: usize> = [[i32; COLUMNS]; R];

/// Which instructions add up the products; the sums are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

impl Unit {
    /// Rows of A in a pass.
    fn rows(self) -> usize {
        match self {
            Self::Portable => 4,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => AVX2_ROWS,
            #[cfg(target_arch = "x86_64")]
            Self::Vnni => VNNI_ROWS,
        }
    }

    /// Those of this CPU, the fastest last.
    fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            all.push(Self::Avx2);
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
            all.push(Self::Vnni);
        }
        all
    }
}

/// Rows of activations: value = scale * (integer - zero).
#[derive(Default)]
pub struct Rows {
    padded: usize,
    /// Groups of as many rows as a kernel takes; in a group, four k of each row stand together. Below the last row stands anything.
    data: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
    /// The row being quantized.
    row: Vec<u8>,
    /// The same before, times [`Quantized::inverse`].
    divided: Vec<f32>,
}

impl Rows {
    /// Quantizes the rows of `x` (M, K), times `inverse` (K, or none), each by its own range, which always holds 0, in groups of as many
    /// as `group`.
    ///
    /// # Panics
    /// If the view is transposed.
    fn quantize(&mut self, x: Mat<'_>, inverse: &[f32], group: usize) {
        assert!(x.col_stride == 1, "rows whose elements do not stand together");
        self.padded = x.cols.next_multiple_of(BLOCK);
        self.data.resize(x.rows.next_multiple_of(group) * self.padded, 0);
        self.scales.clear();
        self.zeros.clear();
        self.row.clear();
        self.row.resize(self.padded, 0);
        for i in 0..x.rows {
            let mut row = &x.data[i * x.row_stride..][..x.cols];
            if !inverse.is_empty() {
                self.divided.clear();
                self.divided.extend_from_slice(row);
                kernels::multiply(&mut self.divided, inverse);
                row = &self.divided;
            }
            let (scale, zero) = kernels::quantize(row, &mut self.row[..x.cols], TOP);
            self.scales.push(scale);
            self.zeros.push(zero);
            let to = &mut self.data[i / group * group * self.padded..][..group * self.padded];
            for (k, from) in self.row.as_chunks::<4>().0.iter().enumerate() {
                to[4 * (k * group + i % group)..][..4].copy_from_slice(from);
            }
        }
    }
}

/// A right factor B (K, N), quantized and laid out: panels of 16 columns; in a panel, four k of each column stand together.
pub struct Quantized {
    padded: usize,
    panels: Vec<i8>,
    scales: Vec<f32>,
    /// Sum of each column's integers.
    totals: Vec<i32>,
    /// What each k of A is multiplied by, and that of B divided; none for nothing.
    inverse: Vec<f32>,
    unit: Unit,
}

impl Quantized {
    /// Quantizes `b` (K, N), each column with a scale of its own. `ranges` (K, or none): about how large each k of A is. One scale holds
    /// for a whole row of A, so those far out would cost the others their precision: half of that goes over to B, which has more to spare
    /// (SmoothQuant, Xiao et al. 2023, with alpha 0.5).
    pub(super) fn new(b: Mat<'_>, ranges: &[f32]) -> Self {
        assert!(ranges.is_empty() || ranges.len() == b.rows, "a range for each k");
        let row = |k: usize| b.data.iter().skip(k * b.row_stride).step_by(b.col_stride).take(b.cols);
        let largest = |k: usize| row(k).fold(0.0f32, |m, x| m.max(x.abs()));
        let spread = |(k, &range): (usize, &f32)| (range / largest(k)).sqrt();
        let spread: Vec<f32> = ranges.iter().enumerate().map(spread).map(|s| if s.is_normal() { s } else { 1.0 }).collect();
        let padded = b.rows.next_multiple_of(BLOCK);
        let mut panels = vec![0i8; b.cols.next_multiple_of(COLUMNS * PANELS) * padded];
        let (mut scales, mut totals) = (Vec::with_capacity(b.cols), Vec::with_capacity(b.cols));
        let (mut values, mut column) = (vec![0.0; b.rows], vec![0i32; padded]);
        for n in 0..b.cols {
            let from = b.data.iter().skip(n * b.col_stride).step_by(b.row_stride);
            values.iter_mut().zip(from).for_each(|(v, &f)| *v = f);
            values.iter_mut().zip(&spread).for_each(|(v, s)| *v *= s);
            let scale = quantize_column(&values, &mut column);
            let panel = &mut panels[n / COLUMNS * COLUMNS * padded..][..COLUMNS * padded];
            for (to, from) in panel.chunks_exact_mut(4 * COLUMNS).zip(column.chunks_exact(4)) {
                to[n % COLUMNS * 4..][..4].iter_mut().zip(from).for_each(|(t, &f)| *t = f as i8);
            }
            scales.push(scale);
            totals.push(column.iter().sum());
        }
        let inverse = spread.iter().map(|s| 1.0 / s).collect();
        Self { padded, panels, scales, totals, inverse, unit: Unit::all().pop().unwrap_or(Unit::Portable) }
    }

    /// `out = keep * out + a b + bias`, on the calling thread, each row by itself; `rows` is a buffer for `a` in integers.
    ///
    /// # Panics
    /// If the shapes do not fit, or a row's elements do not stand together.
    pub(super) fn matmul(&self, rows: &mut Rows, a: Mat<'_>, keep: f32, bias: Option<&[f32]>, out: &mut MatMut<'_>) {
        let n = self.scales.len();
        let padded = a.cols.next_multiple_of(BLOCK);
        assert!(padded == self.padded && (out.rows, out.cols) == (a.rows, n), "matrix shapes do not fit");
        assert!(bias.is_none_or(|bias| bias.len() == n), "a bias of another length");
        rows.quantize(a, &self.inverse, self.unit.rows());
        let a = &*rows;
        match self.unit {
            Unit::Portable => self.panel_by_panel::<4>(a, keep, bias, out, portable),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: [`Unit::all`] found the instructions.
            Unit::Avx2 => self.panel_by_panel::<AVX2_ROWS>(a, keep, bias, out, |a, b, sums| unsafe { avx2(a, b, sums) }),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above; the shapes fit, and the constructors checked the rest.
            Unit::Vnni => unsafe { self.vnni(a, out.place(keep, 1.0, bias)) },
        }
    }

    fn panel_by_panel<const R: usize>(
        &self,
        a: &Rows,
        keep: f32,
        bias: Option<&[f32]>,
        out: &mut MatMut<'_>,
        kernel: impl Fn(&[u8], &[i8], &mut Sums<R>),
    ) {
        let (m, n) = (a.scales.len(), self.scales.len());
        let mut sums = [[0; COLUMNS]; R];
        for (band, first) in passes(m, n, BAND, COLUMNS) {
            let columns = first..n.min(first + COLUMNS);
            let panel = &self.panels[first * self.padded..][..COLUMNS * self.padded];
            for from in band.step_by(R) {
                kernel(&a.data[from * self.padded..][..R * self.padded], panel, &mut sums);
                kernels::simd!(for (r, sums) in (from..m).zip(&sums) {
                    let out = &mut out.data[r * out.row_stride..][columns.clone()];
                    let (scale, zero) = (a.scales[r], a.zeros[r]);
                    let of = sums.iter().zip(&self.totals[columns.clone()]).zip(&self.scales[columns.clone()]);
                    for (i, (o, ((&sum, &total), &s))) in out.iter_mut().zip(of).enumerate() {
                        let product = (sum - zero * total) as f32 * (scale * s) + bias.map_or(0.0, |bias| bias[first + i]);
                        *o = if keep == 0.0 { product } else { keep * *o + product };
                    }
                });
            }
        }
    }

    /// `vpdpbusd` multiplies bytes and adds four products to 32 bits, without saturation: the very same sums. Eight rows by two panels at
    /// a time.
    ///
    /// # Safety
    /// The CPU has the instructions; the rows of `out` and its bias, of which there are as many as rows of A, lie inside their allocations.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx512vnni")]
    #[allow(clippy::needless_range_loop, reason = "references into the arrays would keep them out of registers")]
    unsafe fn vnni(&self, a: &Rows, out: Out) {
        const ROWS: usize = VNNI_ROWS;
        let (m, n, padded) = (a.scales.len(), self.scales.len(), self.padded);
        for (band, first) in passes(m, n, BAND, PANELS * COLUMNS) {
            let panels = self.panels[first * padded..][..PANELS * COLUMNS * padded].as_ptr();
            for i in band.step_by(ROWS) {
                let rows = a.data[i * padded..][..ROWS * padded].as_ptr();
                let mut sums = [[_mm512_setzero_si512(); PANELS]; ROWS];
                for k in (0..padded).step_by(BLOCK) {
                    let mut b = [_mm512_setzero_si512(); PANELS];
                    for p in 0..PANELS {
                        // SAFETY: padded is a multiple of BLOCK, so k + BLOCK <= padded; a panel holds 16 bytes for each k.
                        b[p] = unsafe { _mm512_loadu_si512(panels.add((p * padded + k) * COLUMNS).cast()) };
                    }
                    for r in 0..ROWS {
                        // SAFETY: a group has ROWS bytes for each k.
                        let a = _mm512_set1_epi32(unsafe { rows.add(k * ROWS + 4 * r).cast::<i32>().read_unaligned() });
                        for p in 0..PANELS {
                            sums[r][p] = _mm512_dpbusd_epi32(sums[r][p], a, b[p]);
                        }
                    }
                }
                for p in 0..PANELS {
                    let column = first + p * COLUMNS;
                    let lanes = mask(n.saturating_sub(column));
                    // SAFETY: the lanes are inside; row i + r is one of A and of `out`.
                    unsafe {
                        let totals = _mm512_maskz_loadu_epi32(lanes, self.totals.as_ptr().wrapping_add(column));
                        let scales = _mm512_maskz_loadu_ps(lanes, self.scales.as_ptr().wrapping_add(column));
                        for r in 0..ROWS {
                            if i + r < m {
                                let shift = _mm512_mullo_epi32(_mm512_set1_epi32(a.zeros[i + r]), totals);
                                let scale = _mm512_mul_ps(_mm512_set1_ps(a.scales[i + r]), scales);
                                let product = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums[r][p], shift)), scale);
                                store(out, i + r, column, n, product);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Rounds a column to integers and fills it up with zeros; its scale.
fn quantize_column(values: &[f32], to: &mut [i32]) -> f32 {
    let largest = values.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    // What is no number must come out as none.
    let broken = values.iter().map(|x| x * 0.0).sum::<f32>();
    let mut scale = (largest / 127.0).max(f32::MIN_POSITIVE);
    to[values.len()..].fill(0);
    loop {
        let inverse = 1.0 / scale;
        to.iter_mut().zip(values).for_each(|(t, x)| *t = kernels::nearest(x * inverse).clamp(-127, 127));
        let worst = to.chunks_exact(BLOCK).map(heaviest).max().unwrap_or(0);
        if worst <= MOST {
            return scale + broken;
        }
        scale *= (worst as f32 / MOST as f32).max(1.002);
    }
}

/// The larger of the sums of positive and of negative weights that AVX2 adds in 16 bits: neighbours.
fn heaviest(block: &[i32]) -> i32 {
    let sum = |pair: &[i32], sign: i32| -> i32 { pair.iter().map(|w| (sign * w).max(0)).sum() };
    block.chunks_exact(2).map(|pair| sum(pair, 1).max(sum(pair, -1))).max().unwrap_or(0)
}

/// The same sums on any machine.
fn portable<const R: usize>(a: &[u8], panel: &[i8], sums: &mut Sums<R>) {
    *sums = [[0; COLUMNS]; R];
    for (a, b) in a.chunks_exact(4 * R).zip(panel.chunks_exact(4 * COLUMNS)) {
        for (a, sums) in a.chunks_exact(4).zip(sums.iter_mut()) {
            for (sum, b) in sums.iter_mut().zip(b.chunks_exact(4)) {
                *sum += a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[allow(clippy::needless_range_loop, reason = "references into the arrays would keep them out of registers")]
fn avx2<const R: usize>(a: &[u8], panel: &[i8], sums: &mut Sums<R>) {
    let padded = panel.len() / COLUMNS;
    assert!(padded.is_multiple_of(BLOCK) && a.len() == R * padded, "matrix shapes do not fit");
    let ones = _mm256_set1_epi16(1);
    let mut total = [[_mm256_setzero_si256(); 2]; R];
    for k in (0..padded).step_by(BLOCK) {
        // SAFETY: a panel holds 16 bytes for each k, and k + BLOCK <= padded.
        let b = unsafe {
            let at = panel.as_ptr().add(k * COLUMNS).cast::<__m256i>();
            [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
        };
        for r in 0..R {
            // SAFETY: a group has R bytes for each k.
            let a = _mm256_set1_epi32(unsafe { a.as_ptr().add(k * R + 4 * r).cast::<i32>().read_unaligned() });
            for half in 0..2 {
                let short = _mm256_maddubs_epi16(a, b[half]);
                total[r][half] = _mm256_add_epi32(total[r][half], _mm256_madd_epi16(short, ones));
            }
        }
    }
    for (sums, total) in sums.iter_mut().zip(total) {
        // SAFETY: a row of sums has 16 elements of 32 bits.
        unsafe {
            let to = sums.as_mut_ptr().cast::<__m256i>();
            _mm256_storeu_si256(to, total[0]);
            _mm256_storeu_si256(to.add(1), total[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row-major matrix of values that are now and then far out, as those of a network are.
    fn values(count: usize, seed: u64) -> Vec<f32> {
        let mut x = seed | 1;
        let mut next = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 40) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next() * next() * next() * 4.0).collect()
    }

    proptest! {
        #[test]
        fn every_kernel_gives_the_sums_of_plain_loops(m in 1usize..20, k in 1usize..100, n in 1usize..50, seed: u64) {
            let (x, w) = (values(m * k, seed), values(n * k, seed ^ 7));
            let (mut a, mut b) = (Rows::default(), Quantized::new(Mat::new(&w, n, k, k).t(), &[]));
            a.quantize(Mat::new(&x, m, k, k), &[], 1);
            let integer = |j: usize, i: usize| {
                let panel = &b.panels[j / COLUMNS * COLUMNS * b.padded..];
                i32::from(panel[i / 4 * 4 * COLUMNS + j % COLUMNS * 4 + i % 4])
            };
            let want: Vec<f32> = (0..m * n).map(|at| {
                let (r, j) = (at / n, at % n);
                let sum: i32 = (0..k).map(|i| (i32::from(a.data[r * a.padded + i]) - a.zeros[r]) * integer(j, i)).sum();
                sum as f32 * (a.scales[r] * b.scales[j]) + j as f32
            }).collect();
            let bias: Vec<f32> = (0..n).map(|j| j as f32).collect();
            for unit in Unit::all() {
                b.unit = unit;
                let mut got = vec![f32::NAN; m * n];
                let out = &mut MatMut::new(&mut got, m, n, n);
                b.matmul(&mut Rows::default(), Mat::new(&x, m, k, k), 0.0, Some(&bias), out);
                prop_assert_eq!(&got, &want);
            }
        }

        #[test]
        fn integers_stand_for_their_values(m in 1usize..5, k in 1usize..100, n in 1usize..30, seed: u64) {
            let (x, w) = (values(m * k, seed), values(n * k, seed ^ 7));
            let (mut a, b) = (Rows::default(), Quantized::new(Mat::new(&w, n, k, k).t(), &[]));
            let mut got = vec![0.0; m * n];
            b.matmul(&mut a, Mat::new(&x, m, k, k), 0.0, None, &mut MatMut::new(&mut got, m, n, n));
            for (at, got) in got.into_iter().enumerate() {
                let (x, w) = (&x[at / n * k..][..k], &w[at % n * k..][..k]);
                let want: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                // Half a step of either factor, times the other.
                let (da, db) = (a.scales[at / n] * 0.5, b.scales[at % n] * 0.5);
                let bound: f32 = x.iter().zip(w).map(|(x, w)| da * w.abs() * 2.0 + db * x.abs() * 1.01 + da * db * 2.0).sum();
                prop_assert!((got - want).abs() <= bound + 1e-4, "{got} {want} {bound}");
            }
        }
    }

    #[test]
    fn a_dimension_that_is_always_large_leaves_the_others_their_precision() {
        let (m, k, n) = (20, 64, 10);
        let (mut x, w) = (values(m * k, 3), values(n * k, 4));
        let mut ranges = vec![1.0; k];
        for (at, range) in [(5, 60.0), (40, 25.0)] {
            ranges[at] = range;
            x.iter_mut().skip(at).step_by(k).for_each(|x| *x *= range);
        }
        let error = |ranges: &[f32]| -> f64 {
            let mut got = vec![0.0; m * n];
            let b = Quantized::new(Mat::new(&w, n, k, k).t(), ranges);
            b.matmul(&mut Rows::default(), Mat::new(&x, m, k, k), 0.0, None, &mut MatMut::new(&mut got, m, n, n));
            let want = |at: usize| -> f64 {
                x[at / n * k..][..k].iter().zip(&w[at % n * k..][..k]).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum()
            };
            got.iter().enumerate().map(|(at, &got)| (f64::from(got) - want(at)).powi(2)).sum::<f64>().sqrt()
        };
        let (plain, spread) = (error(&[]), error(&ranges));
        assert!(spread < 0.6 * plain, "{spread} {plain}");
    }

    #[test]
    fn the_heaviest_weights_do_not_saturate() {
        // All weights alike and all activations at the top: the largest sums that there can be.
        for sign in [1.0, -1.0] {
            let (k, n) = (64, 20);
            let w = vec![sign; k * n];
            let (x, mut b) = (vec![1.0; k], Quantized::new(Mat::new(&w, n, k, k).t(), &[]));
            for unit in Unit::all() {
                b.unit = unit;
                let mut got = vec![0.0; n];
                b.matmul(&mut Rows::default(), Mat::new(&x, 1, k, k), 0.0, None, &mut MatMut::new(&mut got, 1, n, n));
                assert!(got.iter().all(|g| (g - sign * k as f32).abs() < 0.5), "{got:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let product = |x: &[f32], w: &[f32]| {
            let mut got = vec![0.0; x.len()];
            let (x, out) = (Mat::new(x, x.len() / 2, 2, 2), &mut MatMut::new(&mut got, x.len() / 2, 2, 2));
            Quantized::new(Mat::new(w, 2, 2, 2).t(), &[]).matmul(&mut Rows::default(), x, 0.0, None, out);
            got
        };
        let got = product(&[1.0, 2.0, f32::NAN, 0.5], &[1.0, 0.0, 0.5, 0.25]);
        assert!(got[0].is_finite() && got[1].is_finite() && got[2].is_nan() && got[3].is_nan(), "{got:?}");
        let got = product(&[1.0, 2.0], &[f32::INFINITY, 1.0, 3.0, 4.0]);
        assert!(got[0].is_nan() && got[1].is_finite(), "{got:?}");
    }
}
