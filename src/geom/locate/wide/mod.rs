//! Batches on AVX-512: sixteen points a step through the table and the blocks, eight edges a step
//! in the leaves. The one room with `unsafe`, this folder; its safe twin is `batch`, and a test holds the two
//! together.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]
#![expect(unsafe_code, reason = "vector instructions: 4 to 5 times the safe twin, measured")]

pub(super) mod lanes;

use std::arch::x86_64::{
    __m512i, _MM_HINT_T0, _mm_cvtsi32_si128, _mm_prefetch, _mm256_add_epi32,
    _mm256_cmpeq_epi32_mask, _mm256_cmple_epi32_mask, _mm256_madd_epi16, _mm256_maskz_loadu_epi32,
    _mm256_movepi32_mask, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_slli_epi32,
    _mm256_srai_epi32, _mm256_storeu_si256, _mm256_sub_epi16, _mm512_add_epi32, _mm512_and_si512,
    _mm512_cmpeq_epi32_mask, _mm512_cmple_epu32_mask, _mm512_cmpneq_epi32_mask,
    _mm512_cvtepi32_epi16, _mm512_loadu_si512, _mm512_mask_i32gather_epi32,
    _mm512_maskz_compress_epi32, _mm512_mullo_epi32, _mm512_or_si512, _mm512_set1_epi32,
    _mm512_setr_epi32, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srl_epi32,
    _mm512_storeu_si512, _mm512_sub_epi32,
};

use crate::geom::coord::GridPoint;
use crate::geom::locate::area::{NOWHERE, Surroundings};
use crate::geom::locate::around::Around;
use crate::geom::locate::leaf::{self, Holders};
use crate::geom::locate::tree::{BLOCK, KIND, NEAR, SPLIT, Tree, WHOLE};

const LANES: usize = 16;
/// Points in flight: their lists stay in the first cache.
const CHUNK: usize = 512;
/// How many leaves ahead the next one's words are asked for.
const AHEAD: usize = 8;

/// Points still undecided: position in the chunk, coordinates relative to the extent's corner, and
/// the entry to follow. Room for one vector more than a chunk: vectors are stored whole.
struct Open {
    at: [u32; CHUNK + LANES],
    x: [u32; CHUNK + LANES],
    y: [u32; CHUNK + LANES],
    entry: [u32; CHUNK + LANES],
}

impl Open {
    const fn new() -> Self {
        let none = [0; CHUNK + LANES];
        Self { at: none, x: none, y: none, entry: none }
    }
}

/// Whether this processor has what [`locate`] needs.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("popcnt")
}

/// [`Around::surroundings`] on this processor's vectors, if it has them: the same code, compiled
/// for them. No operation is fused, so that every bit is the same.
pub(super) fn surroundings(
    around: &Around,
    p: GridPoint,
    holders: Holders,
) -> Option<Surroundings> {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
    fn compiled(around: &Around, p: GridPoint, holders: Holders) -> Surroundings {
        around.surroundings(p, holders)
    }
    // SAFETY: the processor has been asked.
    available().then(|| unsafe { compiled(around, p, holders) })
}

/// What lies around every point to `take`, if this processor can; otherwise nothing is done.
pub(super) fn surroundings_batch(
    tree: &Tree,
    around: &Around,
    points: &[GridPoint],
    take: &mut impl FnMut(usize, Surroundings),
) -> bool {
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
    fn compiled(
        around: &Around,
        points: &[GridPoint],
        [first, second]: [&[u16]; 2],
        take: &mut impl FnMut(usize, Surroundings),
    ) {
        let some = |area: u16| (area != NOWHERE).then_some(area);
        for (at, (&p, (&first, &second))) in points.iter().zip(first.iter().zip(second)).enumerate()
        {
            if let Some(list) = points.get(at + AHEAD).and_then(|&next| around.list(next)) {
                let list = list.as_ptr().cast::<i8>();
                _mm_prefetch::<_MM_HINT_T0>(list);
                _mm_prefetch::<_MM_HINT_T0>(list.wrapping_add(64));
            }
            take(at, around.surroundings(p, (some(first), some(second))));
        }
    }
    let (xs, ys): (Vec<i32>, Vec<i32>) = points.iter().map(|p| (p.x, p.y)).unzip();
    let (mut first, mut second) = (vec![NOWHERE; points.len()], vec![NOWHERE; points.len()]);
    if !located::<true>(tree, &xs, &ys, &mut first, &mut second) {
        return false;
    }
    // SAFETY: the processor has been asked.
    unsafe { compiled(around, points, [&first, &second], take) };
    true
}

/// The area of every point, if this processor can; otherwise nothing is done.
pub(super) fn locate(tree: &Tree, xs: &[i32], ys: &[i32], out: &mut [u16]) -> bool {
    located::<false>(tree, xs, ys, out, &mut [])
}

/// The area of every point, and when `TWO` are asked for, the next area that holds it too to
/// `second`, which is as long and says [`NOWHERE`] before.
fn located<const TWO: bool>(
    tree: &Tree,
    xs: &[i32],
    ys: &[i32],
    out: &mut [u16],
    mut second: &mut [u16],
) -> bool {
    if !available() {
        return false;
    }
    let mut open = Open::new();
    let mut leaves = Open::new();
    for ((xs, ys), out) in xs.chunks(CHUNK).zip(ys.chunks(CHUNK)).zip(out.chunks_mut(CHUNK)) {
        let n = xs.len().min(ys.len()).min(out.len());
        let (xs, ys, out) = (&xs[..n], &ys[..n], &mut out[..n]);
        let next = second.split_off_mut(..if TWO { n } else { 0 }).unwrap_or_default();
        // SAFETY: the processor has the features (asked above); the slices are of one length, at
        // most CHUNK.
        unsafe { chunk::<TWO>(tree, xs, ys, [out, next], &mut open, &mut leaves) };
    }
    true
}

/// # Safety
/// AVX-512 F, BW, DQ, VL and POPCNT; slices of one length, at most [`CHUNK`].
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt,bmi1,bmi2")]
unsafe fn chunk<const TWO: bool>(
    tree: &Tree,
    xs: &[i32],
    ys: &[i32],
    [out, second]: [&mut [u16]; 2],
    open: &mut Open,
    leaves: &mut Open,
) {
    // SAFETY: the caller's promise.
    let mut n = unsafe { table(tree, xs, ys, out, open) };
    let (mut kx, mut ky) = (tree.cells.kx, tree.cells.ky);
    while n > 0 {
        // SAFETY: n points of this chunk are open, their entries as the tree's builder made them.
        unsafe {
            let (blocks, found) = part(open, n, leaves);
            decide::<TWO>(tree, (kx, ky), (leaves, found), out, second);
            if blocks == 0 {
                return;
            }
            kx -= SPLIT;
            ky -= SPLIT;
            n = descend(tree, (kx, ky), open, blocks, out);
        }
    }
}

/// The table's entry of every point; the undecided ones into `open`.
///
/// # Safety
/// As [`chunk`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn table(tree: &Tree, xs: &[i32], ys: &[i32], out: &mut [u16], open: &mut Open) -> usize {
    let (kx, ky) =
        (_mm_cvtsi32_si128(tree.cells.kx as i32), _mm_cvtsi32_si128(tree.cells.ky as i32));
    let (min_x, min_y) = (_mm512_set1_epi32(tree.min.x), _mm512_set1_epi32(tree.min.y));
    let width = _mm512_set1_epi32(tree.width.cast_signed());
    let height = _mm512_set1_epi32(tree.height.cast_signed());
    let cols = _mm512_set1_epi32(tree.cells.cols.cast_signed());
    let kind = _mm512_set1_epi32(KIND.cast_signed());
    let nowhere = _mm512_set1_epi32((WHOLE | u32::from(NOWHERE)).cast_signed());
    let count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut n = 0;
    let mut last = [0_u16; LANES];
    for from in (0..xs.len()).step_by(LANES) {
        let lanes = (xs.len() - from).min(LANES);
        // SAFETY: `lanes` values are read from each slice at `from`; the gather reads the table
        // only for points in the extent, whose cell is in the table; `open` has room for a whole
        // vector after at most CHUNK points, and `n` never passes `from`.
        unsafe {
            let (x, y) = if lanes == LANES {
                (
                    _mm512_loadu_si512(xs.as_ptr().add(from).cast()),
                    _mm512_loadu_si512(ys.as_ptr().add(from).cast()),
                )
            } else {
                (some(&xs[from..]), some(&ys[from..]))
            };
            let (x, y) = (_mm512_sub_epi32(x, min_x), _mm512_sub_epi32(y, min_y));
            let inside = _mm512_cmple_epu32_mask(x, width) & _mm512_cmple_epu32_mask(y, height);
            let row = _mm512_mullo_epi32(_mm512_srl_epi32(y, ky), cols);
            let cell = _mm512_add_epi32(row, _mm512_srl_epi32(x, kx));
            let entry =
                _mm512_mask_i32gather_epi32::<4>(nowhere, inside, cell, tree.table.as_ptr().cast());
            let areas = _mm512_cvtepi32_epi16(entry);
            if lanes == LANES {
                _mm256_storeu_si256(out.as_mut_ptr().add(from).cast(), areas);
            } else {
                _mm256_storeu_si256(last.as_mut_ptr().cast(), areas);
                out[from..].copy_from_slice(&last[..lanes]);
            }
            let undecided =
                _mm512_cmpneq_epi32_mask(_mm512_and_si512(entry, kind), _mm512_setzero_si512())
                    & (u16::MAX >> (LANES - lanes));
            let at = _mm512_add_epi32(count, _mm512_set1_epi32(from as i32));
            push(open, n, undecided, [at, x, y, entry]);
            n += undecided.count_ones() as usize;
        }
    }
    n
}

/// The first values of a short slice, the rest zero.
#[inline]
#[target_feature(enable = "avx512f")]
fn some(values: &[i32]) -> __m512i {
    let mut padded = [0_i32; LANES];
    padded[..values.len()].copy_from_slice(values);
    // SAFETY: sixteen values are there.
    unsafe { _mm512_loadu_si512(padded.as_ptr().cast()) }
}

/// Appends the masked lanes after the first `n` points. Packed in a register and stored whole: a
/// compressing store is microcode on some processors, a hundred cycles and more.
///
/// # Safety
/// AVX-512 F; `n` at most [`CHUNK`].
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn push(open: &mut Open, n: usize, mask: u16, [at, x, y, entry]: [__m512i; 4]) {
    // SAFETY: `CHUNK + LANES` values have room.
    unsafe {
        _mm512_storeu_si512(
            open.at.as_mut_ptr().add(n).cast(),
            _mm512_maskz_compress_epi32(mask, at),
        );
        _mm512_storeu_si512(
            open.x.as_mut_ptr().add(n).cast(),
            _mm512_maskz_compress_epi32(mask, x),
        );
        _mm512_storeu_si512(
            open.y.as_mut_ptr().add(n).cast(),
            _mm512_maskz_compress_epi32(mask, y),
        );
        _mm512_storeu_si512(
            open.entry.as_mut_ptr().add(n).cast(),
            _mm512_maskz_compress_epi32(mask, entry),
        );
    }
}

/// The sixteen points from `from` on.
///
/// # Safety
/// AVX-512 F; `from` at most [`CHUNK`].
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn sixteen(open: &Open, from: usize) -> [__m512i; 4] {
    // SAFETY: `CHUNK + LANES` values are there.
    unsafe {
        [
            _mm512_loadu_si512(open.at.as_ptr().add(from).cast()),
            _mm512_loadu_si512(open.x.as_ptr().add(from).cast()),
            _mm512_loadu_si512(open.y.as_ptr().add(from).cast()),
            _mm512_loadu_si512(open.entry.as_ptr().add(from).cast()),
        ]
    }
}

/// Leaves those at blocks in `open`, moves those at leaves to `leaves`: how many of each.
///
/// # Safety
/// As [`chunk`]; `n` points are open.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn part(open: &mut Open, n: usize, leaves: &mut Open) -> (usize, usize) {
    let (kind, block) =
        (_mm512_set1_epi32(KIND.cast_signed()), _mm512_set1_epi32(BLOCK.cast_signed()));
    let (mut blocks, mut found) = (0, 0);
    for from in (0..n).step_by(LANES) {
        let valid = u16::MAX >> (LANES - (n - from).min(LANES));
        // SAFETY: `from` is below n, at most CHUNK; what is written lies before what is read next.
        unsafe {
            let lanes = sixteen(open, from);
            let at_block = _mm512_cmpeq_epi32_mask(_mm512_and_si512(lanes[3], kind), block);
            push(leaves, found, valid & !at_block, lanes);
            push(open, blocks, valid & at_block, lanes);
            found += (valid & !at_block).count_ones() as usize;
            blocks += (valid & at_block).count_ones() as usize;
        }
    }
    (blocks, found)
}

/// One block further down: what is decided goes to `out`, the rest stays open.
///
/// # Safety
/// As [`chunk`]; `n` points are open, all at blocks of children of this size.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn descend(
    tree: &Tree,
    (kx, ky): (u32, u32),
    open: &mut Open,
    n: usize,
    out: &mut [u16],
) -> usize {
    let (kx, ky) = (_mm_cvtsi32_si128(kx as i32), _mm_cvtsi32_si128(ky as i32));
    let kind = _mm512_set1_epi32(KIND.cast_signed());
    let number = _mm512_set1_epi32((!KIND).cast_signed());
    let seven = _mm512_set1_epi32(7);
    let mut left = 0;
    for from in (0..n).step_by(LANES) {
        let lanes = (n - from).min(LANES);
        let valid = u16::MAX >> (LANES - lanes);
        // SAFETY: the gather reads only for valid lanes, whose block the builder made; positions
        // are those of the chunk.
        unsafe {
            let [at, x, y, entry] = sixteen(open, from);
            let block = _mm512_slli_epi32::<{ 2 * SPLIT }>(_mm512_and_si512(entry, number));
            let row = _mm512_slli_epi32::<SPLIT>(_mm512_and_si512(_mm512_srl_epi32(y, ky), seven));
            let column = _mm512_and_si512(_mm512_srl_epi32(x, kx), seven);
            let cell = _mm512_or_si512(block, _mm512_or_si512(row, column));
            let entry = _mm512_mask_i32gather_epi32::<4>(
                _mm512_setzero_si512(),
                valid,
                cell,
                tree.blocks.as_ptr().cast(),
            );
            let mut places = [0_u32; LANES];
            let mut entries = [0_u32; LANES];
            _mm512_storeu_si512(places.as_mut_ptr().cast(), at);
            _mm512_storeu_si512(entries.as_mut_ptr().cast(), entry);
            for (&at, &entry) in places.iter().zip(&entries).take(lanes) {
                *out.get_unchecked_mut(at as usize) = entry as u16;
            }
            let undecided = valid
                & _mm512_cmpneq_epi32_mask(_mm512_and_si512(entry, kind), _mm512_setzero_si512());
            push(open, left, undecided, [at, x, y, entry]);
            left += undecided.count_ones() as usize;
        }
    }
    left
}

/// The points at leaves of cells of this size.
///
/// # Safety
/// As [`chunk`]; `n` points are in `leaves`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn decide<const TWO: bool>(
    tree: &Tree,
    (kx, ky): (u32, u32),
    (leaves, n): (&Open, usize),
    out: &mut [u16],
    second: &mut [u16],
) {
    for i in 0..n {
        let ahead = (leaves.entry[(i + AHEAD).min(n - 1)] & !KIND) as usize;
        let (entry, x, y) = (leaves.entry[i], leaves.x[i], leaves.y[i]);
        let (area, next) = if entry & KIND == NEAR {
            let (x, y) = (x & ((1 << kx) - 1), y & ((1 << ky) - 1));
            // SAFETY: the entry is a near leaf's place in the pool; a prefetch may go anywhere.
            unsafe {
                _mm_prefetch::<_MM_HINT_T0>(tree.pool.as_ptr().wrapping_add(ahead).cast());
                _mm_prefetch::<_MM_HINT_T0>(tree.pool.as_ptr().wrapping_add(ahead + 16).cast());
                near::<TWO>(&tree.pool, (entry & !KIND) as usize, x, y)
            }
        } else {
            let (area, next) = tree.decide_two(entry, kx, ky, x, y);
            (area.unwrap_or(NOWHERE), next.unwrap_or(NOWHERE))
        };
        out[leaves.at[i] as usize] = area;
        if TWO {
            second[leaves.at[i] as usize] = next;
        }
    }
}

/// A near leaf, all edges at once: as [`leaf::near_holders`], the second only when asked for.
///
/// # Safety
/// AVX-512 F, BW, DQ, VL and POPCNT; `at` is a near leaf's place in the pool.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,popcnt")]
unsafe fn near<const TWO: bool>(pool: &[u32], at: usize, x: u32, y: u32) -> (u16, u16) {
    // SAFETY: the leaf's head says how many words follow; only those are read.
    unsafe {
        let words = pool.as_ptr().add(at);
        let head = *words;
        let (n, owners) = ((head & 15) as usize, (head >> 4 & 15) as usize);
        let valid = (0xff_u32 >> (8 - n)) as u8;
        let ends = _mm256_maskz_loadu_epi32(valid, words.add(1).cast());
        let ways = _mm256_maskz_loadu_epi32(valid, words.add(1 + n).cast());
        let from = _mm256_sub_epi16(_mm256_set1_epi32((x | y << 16).cast_signed()), ends);
        let side = _mm256_madd_epi16(from, ways);
        let minus_dy = _mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(ways));
        let over = _mm256_add_epi32(_mm256_srai_epi32::<16>(from), minus_dy);
        let below = !_mm256_movepi32_mask(from) | (head >> 16) as u8;
        let above = _mm256_movepi32_mask(over) | (head >> 24) as u8;
        let right = _mm256_cmple_epi32_mask(side, _mm256_setzero_si256());
        let toggles = u32::from(below & above & right & valid);
        let mut first = NOWHERE;
        for i in 0..owners {
            let owner = *words.add(1 + 2 * n + i);
            let crossed = (owner >> 16 & toggles).count_ones();
            if (crossed ^ head >> (8 + i)) & 1 == 1 {
                let area = owner as u16;
                if !TWO {
                    return (area, NOWHERE);
                }
                if first == NOWHERE {
                    first = area;
                } else if first != area {
                    return (first, area);
                }
            }
        }
        if first != NOWHERE {
            return (first, NOWHERE);
        }
        let aligned = u32::from(_mm256_cmpeq_epi32_mask(side, _mm256_setzero_si256()) & valid);
        if aligned == 0 {
            return (NOWHERE, NOWHERE);
        }
        (leaf::near_touched(&pool[at..], aligned, x, y).unwrap_or(NOWHERE), NOWHERE)
    }
}
