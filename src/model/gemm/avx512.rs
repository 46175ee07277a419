//! Products with the vectors of AVX-512: float32 with a right factor laid out once, and what other kernels share with them.

use super::{Mat, MatMut, passes};
use std::arch::x86_64::*;

/// Lanes of float32 in a vector, and columns of B in a panel.
const LANES: usize = 16;
/// Panels in a pass of the kernel.
const PANELS: usize = 2;
/// Rows of A in a pass: with two panels, sixteen sums under way hide how long each takes.
const ROWS: usize = 8;
/// Of A, kept in the second-level cache while B's panels pass by.
const BAND_BYTES: usize = 1 << 19;

/// Whether this CPU has them.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// Where a product goes: rows of `n` elements, `stride` apart, `keep * out + scale * product + bias`.
#[derive(Clone, Copy)]
pub(super) struct Out {
    /// The first row.
    pub data: *mut f32,
    pub stride: usize,
    pub keep: f32,
    pub scale: f32,
    /// `n` elements, or null.
    pub bias: *const f32,
}

/// The first `n` of 16 lanes.
pub(super) fn mask(n: usize) -> __mmask16 {
    if n >= 16 { 0xFFFF } else { (1 << n) - 1 }
}

/// Puts sums of 16 columns from `column` into a row of `out`, those below `n`.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn store(out: Out, row: usize, column: usize, n: usize, sum: __m512) {
    let lanes = mask(n.saturating_sub(column));
    // SAFETY: the lanes are inside the row, whose elements and bias are the caller's promise.
    unsafe {
        let to = out.data.wrapping_add(row * out.stride + column);
        let bias = if out.bias.is_null() { 0 } else { lanes };
        let bias = _mm512_maskz_loadu_ps(bias, out.bias.wrapping_add(column));
        let mut sum = _mm512_fmadd_ps(sum, _mm512_set1_ps(out.scale), bias);
        if out.keep != 0.0 {
            sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(lanes, to), _mm512_set1_ps(out.keep), sum);
        }
        _mm512_mask_storeu_ps(to, lanes, sum);
    }
}

/// A right factor B (K, N): panels of 16 columns, in each of which k follows k. Their number is even.
pub(super) struct Panels {
    k: usize,
    n: usize,
    data: Vec<f32>,
}

impl Panels {
    /// Lays out `b`; nothing where the CPU cannot multiply with it.
    pub(super) fn new(b: Mat<'_>) -> Option<Self> {
        if !available() {
            return None;
        }
        let (k, n) = (b.rows, b.cols);
        let mut data = vec![0.0; n.next_multiple_of(PANELS * LANES) * k];
        for (column, i) in (0..n).flat_map(|column| (0..k).map(move |i| (column, i))) {
            data[column / LANES * LANES * k + i * LANES + column % LANES] = b.data[i * b.row_stride + column * b.col_stride];
        }
        Some(Self { k, n, data })
    }

    /// `out = keep * out + a b + bias`, on the calling thread.
    ///
    /// # Panics
    /// If the shapes do not fit, or a row's elements do not stand together.
    pub(super) fn matmul(&self, a: Mat<'_>, out: &mut MatMut<'_>, keep: f32, bias: Option<&[f32]>) {
        let fits = a.cols == self.k && (out.rows, out.cols) == (a.rows, self.n) && bias.is_none_or(|b| b.len() == self.n);
        assert!(fits && a.col_stride == 1, "matrix shapes do not fit");
        // SAFETY: panels are only made where AVX-512 is there; the views' constructors checked their rows, the line above the rest.
        unsafe { self.multiply(a, out.place(keep, 1.0, bias)) };
    }

    #[target_feature(enable = "avx512f")]
    #[allow(clippy::needless_range_loop, reason = "references into the arrays would keep them out of registers")]
    unsafe fn multiply(&self, a: Mat<'_>, out: Out) {
        let &Self { k, n, .. } = self;
        let band = (BAND_BYTES / (4 * k.max(1))).max(1).next_multiple_of(ROWS);
        for (band, column) in passes(a.rows, n, band, PANELS * LANES) {
            let b = self.data[column * k..][..PANELS * LANES * k].as_ptr();
            for i in band.step_by(ROWS) {
                // SAFETY: a row has k elements, a panel k vectors. Below the last row, that row again.
                unsafe {
                    let rows: [*const f32; ROWS] =
                        std::array::from_fn(|r| a.data.as_ptr().add((i + r).min(a.rows - 1) * a.row_stride));
                    let mut sums = [[_mm512_setzero_ps(); PANELS]; ROWS];
                    for at in 0..k {
                        let mut columns = [_mm512_setzero_ps(); PANELS];
                        for p in 0..PANELS {
                            columns[p] = _mm512_loadu_ps(b.add((p * k + at) * LANES));
                        }
                        for r in 0..ROWS {
                            let a = _mm512_set1_ps(*rows[r].add(at));
                            for p in 0..PANELS {
                                sums[r][p] = _mm512_fmadd_ps(a, columns[p], sums[r][p]);
                            }
                        }
                    }
                    for (r, sums) in (i..a.rows).zip(sums) {
                        for (p, sum) in sums.into_iter().enumerate() {
                            store(out, r, column + p * LANES, n, sum);
                        }
                    }
                }
            }
        }
    }
}
