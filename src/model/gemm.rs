//! Matrix product over checked views: the one module with `unsafe`.
//!
//! `gemm::gemm` takes raw pointers. Its contract: every element that the sizes and strides reach lies inside the
//! allocation, and the destination overlaps neither input. [`Mat`] and [`MatMut`] prove the first at construction (the
//! largest reachable index is below the slice's length), the borrow checker proves the second.
#![allow(unsafe_code)]

use gemm::Parallelism;

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
pub fn matmul(out: MatMut<'_>, keep: f32, scale: f32, a: Mat<'_>, b: Mat<'_>) {
    assert!(a.cols == b.rows && out.rows == a.rows && out.cols == b.cols, "matrix shapes do not fit");
    if out.rows == 0 || out.cols == 0 {
        return;
    }
    // SAFETY: the constructors checked that every reachable index lies inside its slice; `out` is borrowed mutably, so it
    // overlaps neither `a` nor `b`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_strided_and_transposed_views() {
        // [[1 2] [3 4]] stored with a row stride of 3, times its own transpose, added to twice the identity.
        let a = [1.0, 2.0, 9.0, 3.0, 4.0];
        let a = Mat::new(&a, 2, 2, 3);
        let mut out = [1.0, 0.0, 0.0, 1.0];
        matmul(MatMut::new(&mut out, 2, 2, 2), 2.0, 1.0, a, a.t());
        assert_eq!(out, [5.0 + 2.0, 11.0, 11.0, 25.0 + 2.0]);
    }

    #[test]
    #[should_panic(expected = "past its slice")]
    fn a_view_past_its_slice_is_refused() {
        Mat::new(&[0.0; 5], 2, 3, 3);
    }
}
