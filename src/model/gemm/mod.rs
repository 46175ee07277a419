//! Matrix product over checked views: the one module with `unsafe`.
//!
//! `gemm::gemm` and the kernels in `avx512.rs` and `bf16.rs` take raw pointers. Their contract: every element that the sizes and strides reach
//! lies inside the allocation, and the destination overlaps neither input. [`Mat`] and [`MatMut`] prove the first at
//! construction (the largest reachable index is below the slice's length), the borrow checker proves the second.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod bf16;
mod int8;

use gemm::Parallelism;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::ops::Range;

/// What the factors of a product are rounded to. Sums are float32 either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compute {
    /// float32.
    #[default]
    F32,
    /// bfloat16, rounded to nearest even: eight bits of mantissa, float32's exponents.
    Bf16,
    /// Integers of 8 bits and sums of 32 where a factor was prepared ([`Factor`]); other products are float32. For inference.
    Int8,
}

impl Compute {
    /// The faster of both on this CPU: bfloat16 where it has instructions for it.
    pub fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if bf16::unit().is_some() {
            return Self::Bf16;
        }
        Self::F32
    }
}

/// Architecture and instruction sets of this CPU, of those that kernels look for.
pub fn cpu() -> Vec<&'static str> {
    let mut found = vec![std::env::consts::ARCH];
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! look {
            ($($name:tt)*) => { $(if is_x86_feature_detected!($name) { found.push($name); })* };
        }
        look!("avx2" "fma" "avx512f" "avx512vnni" "avx512bf16" "avxvnni");
        if bf16::unit() == Some(bf16::Unit::Tiles) {
            found.push("amx-bf16");
        }
    }
    found
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

    fn reborrow(&mut self) -> MatMut<'_> {
        MatMut { data: self.data, ..*self }
    }
}

/// The order of a product's passes: `band` rows of A at a time stay in the cache against `width` columns of B after `width` columns.
/// The rows and the first column of each.
fn passes(m: usize, n: usize, band: usize, width: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
    (0..m).step_by(band).flat_map(move |i| (0..n).step_by(width).map(move |j| (i..m.min(i + band), j)))
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
        Compute::F32 | Compute::Int8 => matmul_f32(out, keep, scale, a, b),
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

fn matmul_bf16(mut out: MatMut<'_>, keep: f32, scale: f32, a: Mat<'_>, b: Mat<'_>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(unit) = bf16::unit()
        && a.cols > 0
    {
        // SAFETY: as above; a view has one stride of 1 by construction.
        unsafe { bf16::matmul(unit, out.place(keep, scale, None), out.cols, a.operand(), bf16::Right::View(b.t().operand())) };
        return;
    }
    // The same products on any CPU, slower than float32: rounded copies, multiplied and summed in float32.
    let (left, right) = (rounded(a.data), rounded(b.data));
    matmul_f32(out, keep, scale, Mat { data: &left, ..a }, Mat { data: &right, ..b });
}

#[cfg(target_arch = "x86_64")]
impl Mat<'_> {
    /// As a left factor; a right factor is the transpose of one.
    fn operand(&self) -> bf16::Operand {
        bf16::Operand {
            data: self.data.as_ptr(),
            outer: self.rows,
            k: self.cols,
            outer_stride: self.row_stride,
            k_stride: self.col_stride,
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl MatMut<'_> {
    fn place(&mut self, keep: f32, scale: f32, bias: Option<&[f32]>) -> avx512::Out {
        let bias = bias.map_or(std::ptr::null(), <[f32]>::as_ptr);
        avx512::Out { data: self.data.as_mut_ptr(), stride: self.row_stride, keep, scale, bias }
    }
}

/// A right factor (K, N) of many products, rounded and laid out once.
pub struct Factor {
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
    laid: Laid,
}

enum Laid {
    /// Taken as it is.
    Plain,
    Rounded(Vec<f32>),
    #[cfg(target_arch = "x86_64")]
    Panels(avx512::Panels),
    #[cfg(target_arch = "x86_64")]
    Tiles(bf16::Unit, Vec<u16>),
    Int8(int8::Quantized),
}

impl Laid {
    fn f32(b: Mat<'_>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(panels) = avx512::Panels::new(b) {
            return Self::Panels(panels);
        }
        Self::Plain
    }

    fn bf16(b: Mat<'_>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = bf16::unit()
            && b.rows > 0
        {
            // SAFETY: the view's constructor checked that every reachable index lies inside its slice.
            return Self::Tiles(unit, unsafe { bf16::pack_right(b.t().operand()) });
        }
        Self::Rounded(rounded(b.data))
    }
}

thread_local! {
    /// Left factor of the product under way in 8 bits.
    static QUANTIZED: RefCell<int8::Rows> = RefCell::default();
}

impl Factor {
    /// Prepares `b` (K, N). `ranges` (K): about how large each k of the left factors is, which int8 makes use of; empty where that is not known.
    pub fn new(compute: Compute, b: Mat<'_>, ranges: &[f32]) -> Self {
        let laid = match compute {
            Compute::F32 => Laid::f32(b),
            Compute::Bf16 => Laid::bf16(b),
            Compute::Int8 => Laid::Int8(int8::Quantized::new(b, ranges)),
        };
        Self { rows: b.rows, cols: b.cols, row_stride: b.row_stride, col_stride: b.col_stride, laid }
    }

    /// Whether it holds all that its products need, so that the data that it was made of may go.
    pub fn stands_alone(&self) -> bool {
        !matches!(self.laid, Laid::Plain)
    }

    /// `out = keep * out + a b + bias`, on the calling thread; `a` is rounded as `b` was. `b` is the view that was prepared, and not
    /// looked at where the factor stands alone.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn matmul(&self, mut out: MatMut<'_>, keep: f32, a: Mat<'_>, b: Mat<'_>, bias: Option<&[f32]>) {
        let (n, k) = (self.cols, self.rows);
        assert!(a.cols == k && out.rows == a.rows && out.cols == n, "matrix shapes do not fit");
        assert!(bias.is_none_or(|bias| bias.len() == n), "a bias of another length");
        let a_rounded;
        let (a, b) = match &self.laid {
            #[cfg(target_arch = "x86_64")]
            &Laid::Tiles(unit, ref tiles) => {
                // SAFETY: the shapes fit.
                unsafe { bf16::matmul(unit, out.place(keep, 1.0, bias), n, a.operand(), bf16::Right::Packed(tiles)) };
                return;
            }
            #[cfg(target_arch = "x86_64")]
            Laid::Panels(panels) => {
                panels.matmul(a, &mut out, keep, bias);
                return;
            }
            Laid::Int8(factor) => {
                QUANTIZED.with_borrow_mut(|rows| factor.matmul(rows, a, keep, bias, &mut out));
                return;
            }
            Laid::Plain => {
                assert!((b.rows, b.cols) == (k, n), "another factor than the one that was prepared");
                (a, b)
            }
            Laid::Rounded(data) => {
                a_rounded = rounded(a.data);
                let &Self { rows, cols, row_stride, col_stride, .. } = self;
                (Mat { data: &a_rounded, ..a }, Mat { data, rows, cols, row_stride, col_stride })
            }
        };
        if out.rows > 0 && out.cols > 0 {
            matmul_f32(out.reborrow(), keep, 1.0, a, b);
        }
        if let Some(bias) = bias {
            for row in 0..out.rows {
                let row = &mut out.data[row * out.row_stride..][..bias.len()];
                row.iter_mut().zip(bias).for_each(|(o, b)| *o += b);
            }
        }
    }
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
    fn a_prepared_factor_multiplies_as_its_view_and_adds_the_bias() {
        let (m, n, k) = (37, 19, 40);
        let numbers = |n: usize| (0..n).map(|i| ((i * 37 % 101) as f32 - 50.0) / 64.0).collect::<Vec<f32>>();
        let (a, b, bias) = (numbers(m * k), numbers(n * k), numbers(n));
        for compute in [Compute::F32, Compute::Bf16] {
            let (mut got, mut want) = (numbers(m * n), numbers(m * n));
            let (a, b) = (Mat::new(&a, m, k, k), Mat::new(&b, n, k, k).t());
            Factor::new(compute, b, &[]).matmul(MatMut::new(&mut got, m, n, n), 1.0, a, b, Some(&bias));
            matmul(compute, MatMut::new(&mut want, m, n, n), 1.0, 1.0, a, b);
            for (i, (g, w)) in got.iter().zip(&want).enumerate() {
                assert!((g - w - bias[i % n]).abs() < 1e-5, "{compute:?} {i}: {g} {w}");
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
