//! Where the way from one place to another enters and leaves a tile's window.
//!
//! The window reaches half a unit beyond the buffer. No place in units lies on its edge, so that every
//! crossing lies within a segment, and no two segments that share only an end cross the edge at one place.
//! What crosses is compared as a fraction, and only then rounded.

use std::cmp::Ordering;

use crate::geom::tile::grid::{BUFFER, EXTENT, Unit};

/// The first and the last unit inside, across and down.
const LOW: i32 = -BUFFER;
const HIGH: i32 = EXTENT + BUFFER;
/// Where crossings are drawn: one unit beyond, where nothing else lies.
const BEFORE: i32 = LOW - 1;
const BEHIND: i32 = HIGH + 1;

/// The corner behind each side of the window, the way a shell goes: along its northern edge (side 0), its
/// eastern (1), its southern (2) and its western (3).
pub(super) const CORNERS: [Unit; 4] = [
    Unit { x: BEHIND, y: BEFORE },
    Unit { x: BEHIND, y: BEHIND },
    Unit { x: BEFORE, y: BEHIND },
    Unit { x: BEFORE, y: BEFORE },
];

/// Whether a place of the tile lies in the window.
pub(super) fn is_inside(p: Unit) -> bool {
    (LOW..=HIGH).contains(&p.x) && (LOW..=HIGH).contains(&p.y)
}

/// Whether a place was drawn on the window's edge.
pub(super) fn is_on_edge(p: Unit) -> bool {
    [BEFORE, BEHIND].contains(&p.x) || [BEFORE, BEHIND].contains(&p.y)
}

/// Whether two places lie on one side of the window's edge.
pub(super) fn on_one_side(p: Unit, q: Unit) -> bool {
    (p.x == q.x && [BEFORE, BEHIND].contains(&p.x))
        || (p.y == q.y && [BEFORE, BEHIND].contains(&p.y))
}

/// A place where a segment crosses the window's edge.
#[derive(Clone, Copy)]
pub(super) struct Crossing {
    /// Which side, counted the way a shell goes.
    pub(super) side: usize,
    /// How far along the segment: a fraction, its lower part positive.
    part: (i64, i64),
    /// Which coordinate along the side, in half units: a fraction, its lower part positive.
    along: (i64, i64),
}

impl Crossing {
    /// Which of two crossings comes first, going round as a shell does from the north-western corner.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.side.cmp(&other.side).then_with(|| {
            let along = fractions(self.along, other.along);
            // The southern side goes west, the western north.
            if self.side < 2 { along } else { along.reverse() }
        })
    }

    /// Where it is drawn.
    pub(super) fn at(&self) -> Unit {
        let (over, under) = self.along;
        // Half units to units, to the nearest; which way the segment ran does not matter.
        let unit = (over + under).div_euclid(2 * under);
        let along = i32::try_from(unit).unwrap_or(BEHIND).clamp(BEFORE, BEHIND);
        match self.side {
            0 => Unit { x: along, y: BEFORE },
            1 => Unit { x: BEHIND, y: along },
            2 => Unit { x: along, y: BEHIND },
            _ => Unit { x: BEFORE, y: along },
        }
    }
}

fn fractions(one: (i64, i64), other: (i64, i64)) -> Ordering {
    let wide = |m: i64, n: i64| i128::from(m) * i128::from(n);
    wide(one.0, other.1).cmp(&wide(other.0, one.1))
}

/// What a segment has in the window.
pub(super) struct Passage {
    /// Where it comes in; `None`: it begins inside.
    pub(super) entry: Option<Crossing>,
    /// Where it goes out; `None`: it ends inside.
    pub(super) exit: Option<Crossing>,
}

/// What the way from `a` to `b` has in the window; `None`: nothing.
pub(super) fn passage(a: Unit, b: Unit) -> Option<Passage> {
    if is_apart(a.x, b.x) || is_apart(a.y, b.y) {
        return None;
    }
    let (mut entry, mut exit) = (None::<Crossing>, None::<Crossing>);
    for side in 0..4 {
        let Some((crossing, comes_in)) = crossing(a, b, side) else { continue };
        let (held, last) =
            if comes_in { (&mut entry, Ordering::Greater) } else { (&mut exit, Ordering::Less) };
        // Inside is who has come in by all lines and gone out by none.
        if held.is_none_or(|held| fractions(crossing.part, held.part) == last) {
            *held = Some(crossing);
        }
    }
    let passes = match (&entry, &exit) {
        (Some(entry), Some(exit)) => fractions(entry.part, exit.part).is_lt(),
        (Some(_), None) => is_inside(b),
        (None, Some(_)) => is_inside(a),
        (None, None) => is_inside(a) && is_inside(b),
    };
    passes.then_some(Passage { entry, exit })
}

/// Whether both lie beyond one side.
fn is_apart(m: i32, n: i32) -> bool {
    (m < LOW && n < LOW) || (m > HIGH && n > HIGH)
}

/// Where the segment crosses the line of a side, and whether it comes in there.
fn crossing(a: Unit, b: Unit, side: usize) -> Option<(Crossing, bool)> {
    let halves = |n: i32| 2 * i64::from(n);
    let (line, upright) = match side {
        0 => (halves(LOW) - 1, false),
        1 => (halves(HIGH) + 1, true),
        2 => (halves(HIGH) + 1, false),
        _ => (halves(LOW) - 1, true),
    };
    let (from, to, level, other) =
        if upright { (a.x, b.x, a.y, b.y) } else { (a.y, b.y, a.x, b.x) };
    let (from, to, level, other) = (halves(from), halves(to), halves(level), halves(other));
    if (from < line) == (to < line) {
        return None;
    }
    let (gone, whole) = ((line - from).abs(), (to - from).abs());
    let along = (level * whole + (other - level) * gone, whole);
    let low_side = side == 0 || side == 3;
    let comes_in = (from < line) == low_side;
    Some((Crossing { side, part: (gone, whole), along }, comes_in))
}
