//! Products of 8-bit integers: activations of 8 bits without sign, quantized row by row, times weights of 8 bits with a scale per
//! output, summed in 32 bits.
//!
//! The integers are the same on every machine. AVX2 multiplies bytes into sums of 16 bits that saturate (`vpmaddubsw`); here none
//! can: a weight's scale is the smallest with which no sum of [`STEPS`] such instructions leaves 16 bits, whatever the activations.
//! So their sums may be widened to 32 bits once for all of them, which is what makes this faster than widening each.

use super::{Mat, MatMut};
use crate::model::kernels;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;
use std::ops::Range;

/// Columns of B in a panel.
const COLUMNS: usize = 16;
/// Panels that a pass of the widest kernel multiplies: their number is filled up to a multiple of it.
const PANELS: usize = 2;
/// Rows of A that a panel of B is held against before the next panel: they and what they become stay in the second-level cache.
const BAND: usize = 240;
/// Products of four that are added in 16 bits.
const STEPS: usize = 2;
/// k of a pass: rows of A and panels of B are filled up with zeros to a multiple of it.
const BLOCK: usize = 4 * STEPS;
/// The largest quantized activation.
const TOP: i32 = 255;
/// The largest sum of positive (or of negative) weights that meet in one sum of 16 bits.
const MOST: i32 = i16::MAX as i32 / TOP;

/// What a pass of a kernel adds up: `R` rows of A times `P` panels of B.
type Sums<const R: usize, const P: usize> = [[[i32; COLUMNS]; P]; R];

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
    data: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
}

impl Rows {
    /// Quantizes the rows of `x` (M, K), each by its own range, which always holds 0.
    ///
    /// # Panics
    /// If the view is transposed.
    pub(super) fn quantize(&mut self, x: Mat<'_>) {
        assert!(x.col_stride == 1, "rows whose elements do not stand together");
        self.padded = x.cols.next_multiple_of(BLOCK);
        self.data.resize(x.rows * self.padded, 0);
        self.scales.clear();
        self.zeros.clear();
        for (i, to) in self.data.chunks_exact_mut(self.padded.max(1)).enumerate() {
            let (to, rest) = to.split_at_mut(x.cols);
            rest.fill(0);
            let (scale, zero) = kernels::quantize(&x.data[i * x.row_stride..][..x.cols], to, TOP);
            self.scales.push(scale);
            self.zeros.push(zero);
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
    unit: Unit,
}

impl Quantized {
    /// Quantizes `b` (K, N), each column with a scale of its own.
    pub(super) fn new(b: Mat<'_>) -> Self {
        let padded = b.rows.next_multiple_of(BLOCK);
        let mut panels = vec![0i8; b.cols.next_multiple_of(COLUMNS * PANELS) * padded];
        let (mut scales, mut totals) = (Vec::with_capacity(b.cols), Vec::with_capacity(b.cols));
        let (mut values, mut column) = (vec![0.0; b.rows], vec![0i32; padded]);
        for n in 0..b.cols {
            let from = b.data.iter().skip(n * b.col_stride).step_by(b.row_stride);
            values.iter_mut().zip(from).for_each(|(v, &f)| *v = f);
            let scale = quantize_column(&values, &mut column);
            let panel = &mut panels[n / COLUMNS * COLUMNS * padded..][..COLUMNS * padded];
            for (to, from) in panel.chunks_exact_mut(4 * COLUMNS).zip(column.chunks_exact(4)) {
                to[n % COLUMNS * 4..][..4].iter_mut().zip(from).for_each(|(t, &f)| *t = f as i8);
            }
            scales.push(scale);
            totals.push(column.iter().sum());
        }
        Self { padded, panels, scales, totals, unit: Unit::all().pop().unwrap_or(Unit::Portable) }
    }

    /// `out = keep * out + a b + bias`, on the calling thread, each row by itself.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub(super) fn matmul(&self, a: &Rows, keep: f32, bias: Option<&[f32]>, out: &mut MatMut<'_>) {
        let (m, n) = (a.scales.len(), self.scales.len());
        assert!((m == 0 || a.padded == self.padded) && (out.rows, out.cols) == (m, n), "matrix shapes do not fit");
        match self.unit {
            Unit::Portable => self.panel_by_panel::<4, 1>(a, keep, bias, out, portable),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: [`Unit::all`] found the instructions.
            Unit::Avx2 => self.panel_by_panel::<6, 1>(a, keep, bias, out, |a, b, sums| unsafe { avx2(a, b, sums) }),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Unit::Vnni => self.panel_by_panel::<8, 2>(a, keep, bias, out, |a, b, sums| unsafe { vnni(a, b, sums) }),
        }
    }

    fn panel_by_panel<const R: usize, const P: usize>(
        &self,
        a: &Rows,
        keep: f32,
        bias: Option<&[f32]>,
        out: &mut MatMut<'_>,
        kernel: impl Fn([&[u8]; R], [&[i8]; P], &mut Sums<R, P>),
    ) {
        let (m, n) = (a.scales.len(), self.scales.len());
        let panel_len = COLUMNS * self.padded;
        let mut sums = [[[0; COLUMNS]; P]; R];
        for (band, first) in (0..m).step_by(BAND).flat_map(|band| (0..n).step_by(P * COLUMNS).map(move |j| (band, j))) {
            let columns = first..n.min(first + P * COLUMNS);
            let panels: [&[i8]; P] = std::array::from_fn(|p| &self.panels[(first / COLUMNS + p) * panel_len..][..panel_len]);
            for from in (band..m.min(band + BAND)).step_by(R) {
                // Below the last row, that row again.
                let row = |r: usize| &a.data[(from + r).min(m - 1) * self.padded..][..self.padded];
                kernel(std::array::from_fn(row), panels, &mut sums);
                kernels::simd!(for (r, sums) in (from..m).zip(&sums) {
                    let out = &mut out.data[r * out.row_stride..][columns.clone()];
                    self.put(sums.as_flattened(), (a.scales[r], a.zeros[r]), columns.clone(), keep, bias, out);
                });
            }
        }
    }

    /// Sums of integers to values, of one row.
    #[inline(always)]
    fn put(
        &self,
        sums: &[i32],
        (scale, zero): (f32, i32),
        columns: Range<usize>,
        keep: f32,
        bias: Option<&[f32]>,
        out: &mut [f32],
    ) {
        let of = sums.iter().zip(&self.totals[columns.clone()]).zip(&self.scales[columns.clone()]);
        let product = |((&sum, &total), &s): ((&i32, &i32), &f32)| (sum - zero * total) as f32 * (scale * s);
        match bias {
            Some(bias) if keep == 0.0 => {
                out.iter_mut().zip(of).zip(&bias[columns]).for_each(|((o, of), b)| *o = product(of) + b);
            }
            _ => {
                for (i, (o, of)) in out.iter_mut().zip(of).enumerate() {
                    let product = product(of) + bias.map_or(0.0, |bias| bias[columns.start + i]);
                    *o = if keep == 0.0 { product } else { keep * *o + product };
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

/// The larger of the sums of positive and of negative weights that the kernel adds in 16 bits.
fn heaviest(block: &[i32]) -> i32 {
    let half = |h: usize, sign: i32| -> i32 {
        block.chunks_exact(4).flat_map(|q| &q[2 * h..2 * h + 2]).map(|w| (sign * w).max(0)).sum()
    };
    [half(0, 1), half(0, -1), half(1, 1), half(1, -1)].into_iter().max().unwrap_or(0)
}

/// The same sums on any machine.
fn portable<const R: usize>(a: [&[u8]; R], [panel]: [&[i8]; 1], sums: &mut Sums<R, 1>) {
    *sums = [[[0; COLUMNS]; 1]; R];
    for (a, [sums]) in a.into_iter().zip(sums) {
        for (a, b) in a.chunks_exact(4).zip(panel.chunks_exact(4 * COLUMNS)) {
            for (sum, b) in sums.iter_mut().zip(b.chunks_exact(4)) {
                *sum += a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[allow(clippy::needless_range_loop, reason = "references into the arrays would keep them out of registers")]
fn avx2<const R: usize>(a: [&[u8]; R], [panel]: [&[i8]; 1], sums: &mut Sums<R, 1>) {
    let padded = panel.len() / COLUMNS;
    assert!(padded.is_multiple_of(BLOCK) && a.iter().all(|a| a.len() == padded), "matrix shapes do not fit");
    let ones = _mm256_set1_epi16(1);
    let mut total = [[_mm256_setzero_si256(); 2]; R];
    for block in (0..padded).step_by(BLOCK) {
        // SAFETY: a panel holds 16 bytes for each k, and block + BLOCK <= padded.
        let b: [[__m256i; 2]; STEPS] = std::array::from_fn(|step| unsafe {
            let at = panel.as_ptr().add((block + 4 * step) * COLUMNS).cast::<__m256i>();
            [_mm256_loadu_si256(at), _mm256_loadu_si256(at.add(1))]
        });
        for r in 0..R {
            // SAFETY: the row has `padded` bytes.
            let a: [__m256i; STEPS] = std::array::from_fn(|step| unsafe {
                _mm256_set1_epi32(a[r].as_ptr().add(block + 4 * step).cast::<i32>().read_unaligned())
            });
            for half in 0..2 {
                let mut short = _mm256_maddubs_epi16(a[0], b[0][half]);
                for step in 1..STEPS {
                    short = _mm256_add_epi16(short, _mm256_maddubs_epi16(a[step], b[step][half]));
                }
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

/// `vpdpbusd` multiplies bytes and adds four products to 32 bits, without saturation: the very same sums.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vnni")]
#[allow(clippy::needless_range_loop, reason = "references into the arrays would keep them out of registers")]
fn vnni<const R: usize, const P: usize>(a: [&[u8]; R], panels: [&[i8]; P], sums: &mut Sums<R, P>) {
    let padded = panels[0].len() / COLUMNS;
    let fits = padded.is_multiple_of(BLOCK) && a.iter().all(|a| a.len() == padded);
    assert!(fits && panels.iter().all(|p| p.len() == COLUMNS * padded), "matrix shapes do not fit");
    let mut total = [[_mm512_setzero_si512(); P]; R];
    for k in (0..padded).step_by(4) {
        let mut b = [_mm512_setzero_si512(); P];
        for p in 0..P {
            // SAFETY: BLOCK is a multiple of 4, so k + 4 <= padded; a panel holds 16 bytes for each k.
            b[p] = unsafe { _mm512_loadu_si512(panels[p].as_ptr().add(k * COLUMNS).cast()) };
        }
        for r in 0..R {
            // SAFETY: the row has `padded` bytes.
            let a = _mm512_set1_epi32(unsafe { a[r].as_ptr().add(k).cast::<i32>().read_unaligned() });
            for p in 0..P {
                total[r][p] = _mm512_dpbusd_epi32(total[r][p], a, b[p]);
            }
        }
    }
    for r in 0..R {
        for p in 0..P {
            // SAFETY: a panel's sums of a row are 16 elements of 32 bits.
            unsafe { _mm512_storeu_si512(sums[r][p].as_mut_ptr().cast(), total[r][p]) };
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

    fn rows(x: &[f32], m: usize, k: usize) -> Rows {
        let mut rows = Rows::default();
        rows.quantize(Mat::new(x, m, k, k));
        rows
    }

    proptest! {
        #[test]
        fn every_kernel_gives_the_sums_of_plain_loops(m in 1usize..20, k in 1usize..100, n in 1usize..50, seed: u64) {
            let (x, w) = (values(m * k, seed), values(n * k, seed ^ 7));
            let (a, mut b) = (rows(&x, m, k), Quantized::new(Mat::new(&w, n, k, k).t()));
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
                b.matmul(&a, 0.0, Some(&bias), &mut MatMut::new(&mut got, m, n, n));
                prop_assert_eq!(&got, &want);
            }
        }

        #[test]
        fn integers_stand_for_their_values(m in 1usize..5, k in 1usize..100, n in 1usize..30, seed: u64) {
            let (x, w) = (values(m * k, seed), values(n * k, seed ^ 7));
            let (a, b) = (rows(&x, m, k), Quantized::new(Mat::new(&w, n, k, k).t()));
            let mut got = vec![0.0; m * n];
            b.matmul(&a, 0.0, None, &mut MatMut::new(&mut got, m, n, n));
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
    fn the_heaviest_weights_do_not_saturate() {
        // All weights alike and all activations at the top: the largest sums that there can be.
        for sign in [1.0, -1.0] {
            let (k, n) = (64, 20);
            let w = vec![sign; k * n];
            let (a, mut b) = (rows(&vec![1.0; k], 1, k), Quantized::new(Mat::new(&w, n, k, k).t()));
            for unit in Unit::all() {
                b.unit = unit;
                let mut got = vec![0.0; n];
                b.matmul(&a, 0.0, None, &mut MatMut::new(&mut got, 1, n, n));
                assert!(got.iter().all(|g| (g - sign * k as f32).abs() < 0.5), "{got:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let x = [1.0, 2.0, f32::NAN, 0.5, f32::INFINITY, 1.0, 3.0, 4.0];
        let mut got = [0.0; 4];
        Quantized::new(Mat::new(&[1.0, 0.0, 0.5, 0.25], 2, 2, 2).t()).matmul(
            &rows(&x[..4], 2, 2),
            0.0,
            None,
            &mut MatMut::new(&mut got, 2, 2, 2),
        );
        assert!(got[0].is_finite() && got[1].is_finite() && got[2].is_nan() && got[3].is_nan(), "{got:?}");
        Quantized::new(Mat::new(&x[4..], 2, 2, 2).t()).matmul(
            &rows(&[1.0, 2.0], 1, 2),
            0.0,
            None,
            &mut MatMut::new(&mut got[..2], 1, 2, 2),
        );
        assert!(got[0].is_nan() && got[1].is_finite(), "{got:?}");
    }
}
