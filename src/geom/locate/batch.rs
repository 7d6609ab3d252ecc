//! Batches for any processor: every step done for a whole chunk of points before the next step, so
//! that the reads of many look-ups are under way at once.
#![expect(
    clippy::cast_possible_truncation,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]

use crate::geom::locate::area::NOWHERE;
use crate::geom::locate::tree::{BLOCK, KIND, SPLIT, Tree, WHOLE};

/// Points in flight: their lists stay in the first cache.
const CHUNK: usize = 256;

/// A point still undecided: its position in the chunk and the entry to follow.
#[derive(Clone, Copy)]
struct Open {
    at: u32,
    entry: u32,
}

pub(super) fn locate(tree: &Tree, xs: &[i32], ys: &[i32], out: &mut [u16]) {
    for ((xs, ys), out) in xs.chunks(CHUNK).zip(ys.chunks(CHUNK)).zip(out.chunks_mut(CHUNK)) {
        chunk(tree, xs, ys, out);
    }
}

fn chunk(tree: &Tree, xs: &[i32], ys: &[i32], out: &mut [u16]) {
    let relative = |at: usize| {
        let x = xs[at].wrapping_sub(tree.min.x).cast_unsigned();
        (x, ys[at].wrapping_sub(tree.min.y).cast_unsigned())
    };
    let (mut kx, mut ky) = (tree.cells.kx, tree.cells.ky);
    let mut open = [Open { at: 0, entry: 0 }; CHUNK];
    let mut n = 0;
    for (at, out) in out.iter_mut().enumerate() {
        let (x, y) = relative(at);
        let inside = x <= tree.width && y <= tree.height;
        let cell = (y >> ky) as usize * tree.cells.cols as usize + (x >> kx) as usize;
        let entry = tree.table[if inside { cell } else { 0 }];
        let entry = if inside { entry } else { WHOLE | u32::from(NOWHERE) };
        *out = entry as u16;
        open[n] = Open { at: at as u32, entry };
        n += usize::from(entry & KIND != WHOLE);
    }
    while n > 0 {
        let mut blocks = 0;
        for i in 0..n {
            let Open { at, entry } = open[i];
            if entry & KIND == BLOCK {
                open[blocks] = open[i];
                blocks += 1;
            } else {
                let (x, y) = relative(at as usize);
                out[at as usize] = tree.decide(entry, kx, ky, x, y).unwrap_or(NOWHERE);
            }
        }
        if blocks == 0 {
            return;
        }
        kx -= SPLIT;
        ky -= SPLIT;
        n = 0;
        for i in 0..blocks {
            let Open { at, entry } = open[i];
            let (x, y) = relative(at as usize);
            let entry = tree.child(entry, x >> kx, y >> ky);
            out[at as usize] = entry as u16;
            open[n] = Open { at, entry };
            n += usize::from(entry & KIND != WHOLE);
        }
    }
}
