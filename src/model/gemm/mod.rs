//! Matrix product over checked views: the one module with `unsafe`.
//!
//! `gemm::gemm` and the kernel in `amx.rs` take raw pointers. Their contract: every element that the sizes and strides reach
//! lies inside the allocation, and the destination overlaps neither input. [`Mat`] and [`MatMut`] prove the first at
//! construction (the largest reachable index is below the slice's length), the borrow checker proves the second.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod amx;

use gemm::Parallelism;
use serde::{Deserialize, Serialize};

/// What the factors of a product are rounded to. Sums are float32 either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compute {
    /// float32.
    #[default]
    F32,
    /// bfloat16, rounded to nearest even: eight bits of mantissa, float32's exponents.
    Bf16,
}

impl Compute {
    /// The faster of both on this CPU: bfloat16 where it has a matrix unit for it.
    pub fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if amx::available() {
            return Self::Bf16;
        }
        Self::F32
    }
}

/// A read-only view: element (r, c) is `data[r * row_stride + c * col_stride]`.
#[derive(Clone, Copy)]
pub struct Mat<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

/// A view to write to, laid out as [`Mat`].
pub struct MatMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

fn reaches(rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> usize {
    if rows == 0 || cols == 0 { 0 } else { (rows - 1) * row_stride + (cols - 1) * col_stride + 1 }
}

impl<'a> Mat<'a> {
    /// Rows of `cols` elements, `row_stride` apart.
    ///
    /// # Panics
    /// If the view reaches past the slice: an error of the caller, never of input.
    pub fn new(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert!(reaches(rows, cols, row_stride, 1) <= data.len(), "matrix view past its slice");
        Self { data, rows, cols, row_stride, col_stride: 1 }
    }

    /// The transpose, without a copy.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }
}

impl<'a> MatMut<'a> {
    /// Rows of `cols` elements, `row_stride` apart.
    ///
    /// # Panics
    /// If the view reaches past the slice or rows overlap.
    pub fn new(data: &'a mut [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        assert!(reaches(rows, cols, row_stride, 1) <= data.len() && row_stride >= cols, "matrix view past its slice");
        Self { data, rows, cols, row_stride }
    }
}

/// `out = keep * out + scale * a b`, on the calling thread.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul(compute: Compute, out: MatMut<'_>, keep: f32, scale: f32, a: Mat<'_>, b: Mat<'_>) {
    assert!(a.cols == b.rows && out.rows == a.rows && out.cols == b.cols, "matrix shapes do not fit");
    if out.rows == 0 || out.cols == 0 {
        return;
    }
    match compute {
        Compute::F32 => matmul_f32(out, keep, scale, a, b),
        Compute::Bf16 => matmul_bf16(out, keep, scale, a, b),
    }
}

fn matmul_f32(out: MatMut<'_>, keep: f32, scale: f32, a: Mat<'_>, b: Mat<'_>) {
    // SAFETY: the constructors checked that every reachable index lies inside its slice; `out` is borrowed mutably, so it
    // overlaps neither `a` nor `b`; `matmul` checked the shapes.
    unsafe {
        gemm::gemm(
            out.rows,
            out.cols,
            a.cols,
            out.data.as_mut_ptr(),
            1,
            out.row_stride as isize,
            keep != 0.0,
            a.data.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            keep,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

fn matmul_bf16(out: MatMut<'_>, keep: f32, scale: f32, a: Mat<'_>, b: Mat<'_>) {
    #[cfg(target_arch = "x86_64")]
    if a.cols > 0 && amx::available() {
        let left =
            amx::Operand { data: a.data.as_ptr(), outer: a.rows, k: a.cols, outer_stride: a.row_stride, k_stride: a.col_stride };
        let right =
            amx::Operand { data: b.data.as_ptr(), outer: b.cols, k: b.rows, outer_stride: b.col_stride, k_stride: b.row_stride };
        // SAFETY: as above; a view has one stride of 1 by construction.
        unsafe { amx::matmul(out.data.as_mut_ptr(), out.row_stride, keep, scale, left, right) };
        return;
    }
    // The same products on any CPU, slower than float32: rounded copies, multiplied and summed in float32.
    let (left, right) = (rounded(a.data), rounded(b.data));
    matmul_f32(out, keep, scale, Mat { data: &left, ..a }, Mat { data: &right, ..b });
}

/// Every element rounded to the nearest bfloat16, ties to even.
fn rounded(x: &[f32]) -> Vec<f32> {
    let round = |x: f32| {
        let bits = x.to_bits();
        if x.is_nan() { x } else { f32::from_bits(bits.wrapping_add(0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000) }
    };
    x.iter().map(|&x| round(x)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_strided_and_transposed_views() {
        // [[1 2] [3 4]] stored with a row stride of 3, times its own transpose, added to twice the identity.
        let a = [1.0, 2.0, 9.0, 3.0, 4.0];
        let a = Mat::new(&a, 2, 2, 3);
        let mut out = [1.0, 0.0, 0.0, 1.0];
        matmul(Compute::F32, MatMut::new(&mut out, 2, 2, 2), 2.0, 1.0, a, a.t());
        assert_eq!(out, [5.0 + 2.0, 11.0, 11.0, 25.0 + 2.0]);
    }

    #[test]
    #[should_panic(expected = "past its slice")]
    fn a_view_past_its_slice_is_refused() {
        Mat::new(&[0.0; 5], 2, 3, 3);
    }

    /// A view of `data`, stored as it is or transposed.
    fn view(data: &[f32], rows: usize, cols: usize, transposed: bool) -> Mat<'_> {
        if transposed { Mat::new(data, cols, rows, rows + 3).t() } else { Mat::new(data, rows, cols, cols + 3) }
    }

    #[test]
    fn bfloat16_products_equal_those_of_rounded_factors() {
        // Every tile edge: sizes below, at and above 16 and 32, odd ones among them; all four ways to store the factors.
        let mut x = 1u32;
        let mut next = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) as f32 / 8_388_608.0 - 1.0
        };
        for (m, n, k) in [(1, 1, 1), (16, 16, 32), (17, 33, 31), (32, 48, 64), (5, 40, 67), (63, 7, 129), (70, 70, 96)] {
            let a: Vec<f32> = (0..(m + 3) * (k + 3)).map(|_| next()).collect();
            let b: Vec<f32> = (0..(n + 3) * (k + 3)).map(|_| next()).collect();
            let before: Vec<f32> = (0..m * (n + 1)).map(|_| next()).collect();
            for (ta, tb, keep) in [(false, false, 0.0), (true, false, 1.0), (false, true, 1.0), (true, true, 0.0)] {
                let (mut got, mut want) = (before.clone(), before.clone());
                let (ra, rb) = (rounded(&a), rounded(&b));
                matmul(Compute::Bf16, MatMut::new(&mut got, m, n, n + 1), keep, 0.5, view(&a, m, k, ta), view(&b, k, n, tb));
                matmul(Compute::F32, MatMut::new(&mut want, m, n, n + 1), keep, 0.5, view(&ra, m, k, ta), view(&rb, k, n, tb));
                for (i, (g, w)) in got.iter().zip(&want).enumerate() {
                    assert!((g - w).abs() <= 1e-5 * (k as f32).sqrt(), "{m} {n} {k} {ta} {tb} at {i}: {g} {w}");
                }
            }
        }
    }

    #[test]
    fn rounding_goes_to_the_nearest_even_bfloat16() {
        // 1 + 2^-8 lies halfway between 1 and 1 + 2^-7: to the even one, 1. 1 + 3 2^-8 lies halfway as well: up, to 1 + 2^-6.
        assert_eq!(rounded(&[1.0 + 0.003_906_25, 1.0 + 3.0 * 0.003_906_25, -2.5]), [1.0, 1.015_625, -2.5]);
        assert!(rounded(&[f32::NAN])[0].is_nan());
    }
}
