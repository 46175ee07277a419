//! bfloat16 matrix product, C (M, N) += A (M, K) B (K, N), bfloat16 in, float32 sums: with Intel's AMX tiles, or with the vectors of
//! AVX-512 BF16.
//!
//! Operands are rounded and packed into tiles of 16 rows of 64 bytes. A's tile holds 16 rows of 32 consecutive k; B's holds 16
//! pairs of k, each with 16 columns of two (Intel 64 and IA-32 Architectures Optimization Manual, ch. 20). Edges are filled with zeros.
//! Vectors read the same tiles: a row of B's is one operand of `vdpbf16ps`, a pair of A's the other, in every lane.
//! The tile instructions are written in assembly, since their intrinsics are not stable yet.

use super::avx512::{Out, mask, store};
use super::passes;
use std::arch::asm;
use std::arch::x86_64::*;
use std::cell::RefCell;
use std::sync::OnceLock;

/// Rows of a tile, and its columns of float32.
const TILE: usize = 16;
/// bfloat16 elements of k in a tile.
const DEPTH: usize = 32;
/// Of A, kept in the second-level cache: half a MiB of the one or two that CPUs with AMX have.
const BLOCK_BYTES: usize = 1 << 19;
/// Elements of a packed tile.
const TILE_LEN: usize = TILE * DEPTH;

/// The layout that `ldtilecfg` reads: palette 1, eight tiles of 16 rows of 64 bytes.
#[repr(C, align(64))]
struct TileConfig {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static CONFIG: TileConfig = TileConfig {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// A view whose elements stand at `outer * outer_stride + k * k_stride`; one of the strides is 1.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub data: *const f32,
    /// Rows of A, columns of B.
    pub outer: usize,
    pub k: usize,
    pub outer_stride: usize,
    pub k_stride: usize,
}

/// What multiplies bfloat16 on this CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// AMX's tiles, which the system lets this process use.
    Tiles,
    /// The vectors of AVX-512 BF16.
    Vectors,
}

/// The fastest unit of this CPU, asked for once.
pub(super) fn unit() -> Option<Unit> {
    static UNIT: OnceLock<Option<Unit>> = OnceLock::new();
    *UNIT.get_or_init(|| {
        if !(is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512bf16"))
        {
            return None;
        }
        // CPUID leaf 7: EDX bit 22 is AMX-BF16, bit 24 AMX-TILE.
        let tiles = __cpuid(0).eax >= 7 && __cpuid_count(7, 0).edx & (1 << 22 | 1 << 24) == (1 << 22 | 1 << 24);
        Some(if tiles && permitted() { Unit::Tiles } else { Unit::Vectors })
    })
}

/// Asks Linux for the tile registers: `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`, for all threads of the process.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    let result: i64;
    // SAFETY: system call 158 with two integers touches no memory of ours; rcx and r11 are what `syscall` overwrites.
    unsafe {
        asm!("syscall", inlateout("rax") 158i64 => result, in("rdi") 0x1023u64, in("rsi") 18u64,
            out("rcx") _, out("r11") _, options(nostack));
    }
    result == 0
}

#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

thread_local! {
    /// Packed A and B of the product under way: kept, since training multiplies the same shapes over and over.
    static PACKED: RefCell<(Vec<u16>, Vec<u16>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Elements of a packed operand. An odd number of tiles is rounded up: the kernel takes two at a time.
fn packed_len(from: &Operand) -> usize {
    from.outer.div_ceil(2 * TILE) * 2 * from.k.div_ceil(DEPTH) * TILE_LEN
}

/// B of several products, packed once.
///
/// # Safety
/// There is a [`unit`]; every element that the operand's sizes and strides reach lies inside its allocation.
pub(super) unsafe fn pack_right(b: Operand) -> Vec<u16> {
    let mut to = vec![0; packed_len(&b)];
    // SAFETY: the buffer holds the tiles of all columns; the rest is the caller's promise.
    unsafe { pack(&mut to, b, true) };
    to
}

/// The right factor: as it is, or as [`pack_right`] made it.
pub(super) enum Right<'a> {
    View(Operand),
    Packed(&'a [u16]),
}

/// The product of A (M, K) and B (K, `n`).
///
/// # Safety
/// The CPU has the `unit`; every element that the operands' sizes and strides reach, and the rows of `out` and its bias, lie
/// inside their allocations; `out` overlaps no operand; A and B agree in K, and B has `n` columns.
pub(super) unsafe fn matmul(unit: Unit, out: Out, n: usize, a: Operand, b: Right<'_>) {
    PACKED.with_borrow_mut(|(pa, pb)| {
        pa.resize(packed_len(&a), 0);
        // SAFETY: the buffers hold the tiles of all rows and columns; the rest is the caller's promise.
        unsafe {
            pack(pa, a, false);
            let pb: &[u16] = match b {
                Right::Packed(tiles) => tiles,
                Right::View(b) => {
                    pb.resize(packed_len(&b), 0);
                    pack(pb, b, true);
                    pb
                }
            };
            let sizes = (a.outer, n, a.k.div_ceil(DEPTH));
            match unit {
                Unit::Tiles => multiply_tiles(out, sizes, pa, pb),
                Unit::Vectors => multiply_vectors(out, sizes, pa, pb),
            }
        }
    });
}

/// Rounds and packs an operand, tile after tile: those of one group of 16 rows (columns) stand together, k ascending.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn pack(to: &mut [u16], from: Operand, is_b: bool) {
    let depth = from.k.div_ceil(DEPTH);
    for (i, tile) in to.chunks_exact_mut(TILE_LEN).enumerate() {
        let (o, k) = (i / depth * TILE, i % depth * DEPTH);
        let (rows, ks) = (from.outer.saturating_sub(o).min(TILE), (from.k - k).min(DEPTH));
        // SAFETY: the element (o, k) and `rows` by `ks` beyond it are in the operand, unless `rows` is 0 and nothing is read.
        let mut block = unsafe {
            let at = from.data.wrapping_add(o * from.outer_stride + k * from.k_stride);
            if from.k_stride == 1 {
                let block = load_along_k(at, from.outer_stride, rows, ks);
                if is_b { transpose(block) } else { block }
            } else {
                let block = load_across_k(at, from.k_stride, rows, ks);
                if is_b { block } else { transpose(block) }
            }
        };
        for (row, to) in block.iter_mut().zip(tile.chunks_exact_mut(DEPTH)) {
            // SAFETY: 32 elements of 2 bytes are the 64 bytes that are written.
            unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), *row) }
        }
    }
}

/// Row r: the pairs (k, k + 1) of row r of memory.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn load_along_k(at: *const f32, stride: usize, rows: usize, ks: usize) -> [__m512i; TILE] {
    let mut block = [_mm512_setzero_si512(); TILE];
    let (low, high) = (mask(ks), mask(ks.saturating_sub(16)));
    for (r, row) in block.iter_mut().enumerate().take(rows) {
        // SAFETY: masked lanes are not read; the others are in the operand.
        *row = unsafe {
            let p = at.add(r * stride);
            round(_mm512_maskz_loadu_ps(low, p), _mm512_maskz_loadu_ps(high, p.wrapping_add(16)))
        };
    }
    block
}

/// Row r: the pairs (k, k + 1) for k = 2r of each column, where k stands `stride` apart in memory.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn load_across_k(at: *const f32, stride: usize, columns: usize, ks: usize) -> [__m512i; TILE] {
    let mut block = [_mm512_setzero_si512(); TILE];
    let interleave = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0,
    );
    for (r, row) in block.iter_mut().enumerate().take(ks.div_ceil(2)) {
        let (even, odd) = (mask(columns), if 2 * r + 1 < ks { mask(columns) } else { 0 });
        // SAFETY: as above.
        *row = unsafe {
            let p = at.add(2 * r * stride);
            let pair = round(_mm512_maskz_loadu_ps(even, p), _mm512_maskz_loadu_ps(odd, p.wrapping_add(stride)));
            _mm512_permutexvar_epi16(interleave, pair)
        };
    }
    block
}

/// 32 bfloat16, nearest even: those of `low` first.
#[target_feature(enable = "avx512f,avx512bf16")]
fn round(low: __m512, high: __m512) -> __m512i {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low)) }
}

/// The transpose of 16 rows of 16 times 32 bits.
#[target_feature(enable = "avx512f")]
fn transpose(x: [__m512i; TILE]) -> [__m512i; TILE] {
    let mut y = x;
    for i in (0..16).step_by(2) {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    let mut z = y;
    for i in (0..16).step_by(4) {
        z[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
        z[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
        z[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
        z[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
    }
    // z[4 g + c] holds, in its lane l of 128 bits, column 4 l + c of rows 4 g to 4 g + 3.
    let mut out = z;
    for c in 0..4 {
        let (a, b) = (_mm512_shuffle_i32x4::<0x88>(z[c], z[4 + c]), _mm512_shuffle_i32x4::<0x88>(z[8 + c], z[12 + c]));
        let (d, e) = (_mm512_shuffle_i32x4::<0xDD>(z[c], z[4 + c]), _mm512_shuffle_i32x4::<0xDD>(z[8 + c], z[12 + c]));
        out[c] = _mm512_shuffle_i32x4::<0x88>(a, b);
        out[8 + c] = _mm512_shuffle_i32x4::<0xDD>(a, b);
        out[4 + c] = _mm512_shuffle_i32x4::<0x88>(d, e);
        out[12 + c] = _mm512_shuffle_i32x4::<0xDD>(d, e);
    }
    out
}

/// Rows of A that stay in the second-level cache.
fn band(depth: usize) -> usize {
    (BLOCK_BYTES / (depth * DEPTH * 2)).max(1).next_multiple_of(2 * TILE)
}

/// Multiplies packed operands, 8 rows by 32 columns at a time: sixteen sums under way hide how long each takes.
#[target_feature(enable = "avx512f,avx512bf16")]
#[allow(clippy::needless_range_loop, reason = "references into the arrays would keep them out of registers")]
unsafe fn multiply_vectors(out: Out, (m, n, depth): (usize, usize, usize), a: &[u16], b: &[u16]) {
    const ROWS: usize = 8;
    let group = depth * TILE_LEN;
    for (block, j) in passes(m, n, band(depth), 2 * TILE) {
        let pb = &b[j / TILE * group..][..2 * group];
        for i in block.step_by(ROWS) {
            let pa = &a[i / TILE * group + i % TILE * DEPTH..][..group - i % TILE * DEPTH];
            let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
            for tile in 0..depth {
                for pair in 0..TILE {
                    // SAFETY: a row of a tile is 64 bytes; the two groups of B have `depth` tiles each, A's group likewise, of
                    // which eight rows from i % 16 are read.
                    unsafe {
                        let at = pb.as_ptr().add(tile * TILE_LEN + pair * DEPTH);
                        let b: [__m512bh; 2] = [
                            std::mem::transmute::<__m512i, __m512bh>(_mm512_loadu_si512(at.cast())),
                            std::mem::transmute::<__m512i, __m512bh>(_mm512_loadu_si512(at.add(group).cast())),
                        ];
                        for r in 0..ROWS {
                            let a = pa.as_ptr().add(tile * TILE_LEN + r * DEPTH + 2 * pair).cast::<i32>().read_unaligned();
                            let a = std::mem::transmute::<__m512i, __m512bh>(_mm512_set1_epi32(a));
                            sums[r][0] = _mm512_dpbf16_ps(sums[r][0], a, b[0]);
                            sums[r][1] = _mm512_dpbf16_ps(sums[r][1], a, b[1]);
                        }
                    }
                }
            }
            for (r, sums) in (i..m).zip(sums) {
                for (half, sum) in sums.into_iter().enumerate() {
                    // SAFETY: row r is one of `out`.
                    unsafe { store(out, r, j + half * TILE, n, sum) };
                }
            }
        }
    }
}

/// Multiplies packed operands, 32 rows by 32 columns at a time.
#[target_feature(enable = "avx512f")]
unsafe fn multiply_tiles(out: Out, (m, n, depth): (usize, usize, usize), a: &[u16], b: &[u16]) {
    #[repr(align(64))]
    struct Sums([f32; 4 * TILE * TILE]);
    let mut sums = Sums([0.0; 4 * TILE * TILE]);
    let group = depth * TILE_LEN;
    // SAFETY: the CPU has tiles; the configuration is a constant of the layout that the instruction reads.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const CONFIG, options(nostack, readonly)) };
    for (block, j) in passes(m, n, band(depth), 2 * TILE) {
        for i in block.step_by(2 * TILE) {
            let (pa, pb) = (a[i / TILE * group..][..2 * group].as_ptr(), b[j / TILE * group..][..2 * group].as_ptr());
            // SAFETY: each pass reads one tile of 1,024 bytes of the two groups of A and of B, `depth` times; the four tiles of
            // sums fill `sums`.
            unsafe {
                asm!(
                    "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
                    "2:",
                    "tileloadd tmm4, [{a0} + {row}*1]",
                    "tileloadd tmm6, [{b0} + {row}*1]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tileloadd tmm7, [{b1} + {row}*1]",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tileloadd tmm5, [{a1} + {row}*1]",
                    "tdpbf16ps tmm2, tmm5, tmm6",
                    "tdpbf16ps tmm3, tmm5, tmm7",
                    "add {a0}, 1024", "add {a1}, 1024", "add {b0}, 1024", "add {b1}, 1024",
                    "dec {left}",
                    "jnz 2b",
                    "tilestored [{sums} + {row}*1], tmm0",
                    "tilestored [{sums} + {row}*1 + 1024], tmm1",
                    "tilestored [{sums} + {row}*1 + 2048], tmm2",
                    "tilestored [{sums} + {row}*1 + 3072], tmm3",
                    a0 = inout(reg) pa => _, a1 = inout(reg) pa.add(group) => _,
                    b0 = inout(reg) pb => _, b1 = inout(reg) pb.add(group) => _,
                    left = inout(reg) depth => _, row = in(reg) 64usize, sums = in(reg) sums.0.as_mut_ptr(),
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack)
                );
            }
            for r in 0..(m - i).min(2 * TILE) {
                for half in 0..2 {
                    let column = j + half * TILE;
                    let from = (r / TILE * 2 + half) * TILE * TILE + r % TILE * TILE;
                    // SAFETY: row i + r is one of `out`; `from` is one of the 64 rows of sums.
                    unsafe { store(out, i + r, column, n, _mm512_load_ps(sums.0.as_ptr().add(from))) };
                }
            }
        }
    }
    // SAFETY: gives the tiles back; nothing of them is read after this.
    unsafe { asm!("tilerelease", options(nostack, nomem)) };
}
