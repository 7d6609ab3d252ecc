//! The edges of a near leaf side by side, on the vectors that every x86-64 has: how many edges
//! there are cannot be foreseen, and a loop that ends unforeseen costs more than all eight.
#![expect(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::{
    __m128i, _mm_add_epi16, _mm_castsi128_ps, _mm_cmpeq_epi32, _mm_cmpgt_epi32, _mm_madd_epi16,
    _mm_movemask_ps, _mm_set_epi32, _mm_set1_epi32, _mm_setzero_si128, _mm_slli_epi32,
    _mm_sub_epi16,
};

/// Edges of a near leaf at most.
const EDGES: usize = 8;

/// The edges that toggle at the point, and those on whose line it lies, of eight edges, whatever stands in those that there are not.
#[inline]
pub(crate) fn masks(
    head: u32,
    ends: &[u32; EDGES],
    ways: &[u32; EDGES],
    x: u32,
    y: u32,
) -> (u32, u32) {
    // SAFETY: every x86-64 has SSE2.
    unsafe { eight(head, ends, ways, x, y) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn eight(head: u32, ends: &[u32; EDGES], ways: &[u32; EDGES], x: u32, y: u32) -> (u32, u32) {
    let point = _mm_set1_epi32((x | y << 16).cast_signed());
    let [e0, e1, e2, e3, e4, e5, e6, e7] = *ends;
    let [w0, w1, w2, w3, w4, w5, w6, w7] = *ways;
    let low = four(point, vector(e0, e1, e2, e3), vector(w0, w1, w2, w3));
    let high = four(point, vector(e4, e5, e6, e7), vector(w4, w5, w6, w7));
    let (south, north) = (low.south | high.south << 4, low.north | high.north << 4);
    let below = !south | head >> 16;
    let above = north | head >> 24;
    let toggles = below & above & !(low.left | high.left << 4);
    (toggles, low.aligned | high.aligned << 4)
}

/// Of four edges, a bit each.
struct Four {
    /// The point lies south of the lower end.
    south: u32,
    /// It lies south of the upper end.
    north: u32,
    /// It lies left of the edge.
    left: u32,
    /// It lies on the edge's line.
    aligned: u32,
}

#[inline]
#[target_feature(enable = "sse2")]
fn four(point: __m128i, ends: __m128i, ways: __m128i) -> Four {
    let from = _mm_sub_epi16(point, ends);
    let side = _mm_madd_epi16(from, ways);
    // The way's low half is minus dy: moved up it meets the upper half of `from`.
    let over = _mm_add_epi16(from, _mm_slli_epi32::<16>(ways));
    let zero = _mm_setzero_si128();
    Four {
        south: signs(from),
        north: signs(over),
        left: signs(_mm_cmpgt_epi32(side, zero)),
        aligned: signs(_mm_cmpeq_epi32(side, zero)),
    }
}

#[inline]
#[target_feature(enable = "sse2")]
fn vector(a: u32, b: u32, c: u32, d: u32) -> __m128i {
    _mm_set_epi32(d.cast_signed(), c.cast_signed(), b.cast_signed(), a.cast_signed())
}

#[inline]
#[target_feature(enable = "sse2")]
fn signs(of: __m128i) -> u32 {
    _mm_movemask_ps(_mm_castsi128_ps(of)).cast_unsigned()
}
