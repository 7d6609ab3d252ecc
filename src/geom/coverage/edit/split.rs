//! A face parted along a line.

use crate::geom::coord::{GridBox, GridPoint};
use crate::geom::coverage::arc::far;
use crate::geom::coverage::edit::carve::{Carved, Standing, Stroke, carve};
use crate::geom::coverage::edit::change::{Change, simple_line};
use crate::geom::coverage::edit::fault::EditFault;
use crate::geom::coverage::edit::give::give;
use crate::geom::coverage::exact::{Spot, cross, on_segment, turns_first};
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::side::Side;

/// Parts `face` along `line`; what lies left of it becomes `new_face`, which is free.
pub(super) fn split(
    coverage: &Coverage,
    face: u16,
    line: &[GridPoint],
    new_face: u16,
) -> Result<Change, EditFault> {
    let line = simple_line(line)?;
    let strokes: Vec<Stroke> = line.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let ends = [line[0], line[line.len() - 1]];
    let snapped: Vec<(Side, GridPoint)> = ends
        .into_iter()
        .filter_map(|end| beside(coverage, face, end).map(|side| (side, end)))
        .collect();
    let carved = carve(coverage, Some(face), &strokes, &snapped)?;
    let mut chain = vec![line[0]];
    for stroke in &carved.strokes {
        chain.extend(&stroke[1..]);
    }
    let cut = inside(&carved, face, &chain)?;
    let back = way_back(&carved, &cut).ok_or(EditFault::LineDoesNotPart { at: cut[0], face })?;
    let drawn = cut.windows(2).map(|pair| ((pair[0], pair[1]), Standing::Inside));
    let along = back.windows(2).map(|pair| ((pair[0], pair[1]), Standing::Border));
    let pieces: Vec<(Stroke, Standing)> = drawn.chain(along).collect();
    Ok(give(&carved, &pieces, Some(new_face)).change)
}

/// The border of the face that passes within a step of `end`, but not through it.
fn beside(coverage: &Coverage, face: u16, end: GridPoint) -> Option<Side> {
    if coverage.has_node(end) {
        return None;
    }
    let wider = |by: i32| GridPoint { x: end.x.saturating_add(by), y: end.y.saturating_add(by) };
    let p = Spot::from(end);
    let mut best: Option<(f64, Side)> = None;
    for side in coverage.near_box(GridBox { min: wider(-1), max: wider(1) }) {
        let (a, b) = (Spot::from(side.a), Spot::from(side.b));
        if on_segment(a, b, p) {
            return None;
        }
        let along = |from: Spot, to: Spot| {
            let wide = |m: i64, n: i64| i128::from(m) * i128::from(n);
            wide(to.x - from.x, p.x - from.x) + wide(to.y - from.y, p.y - from.y)
        };
        let ours = side.left == Some(face) || side.right == Some(face);
        if ours && along(a, b) > 0 && along(b, a) > 0 {
            #[expect(
                clippy::cast_precision_loss,
                reason = "the nearest of some; any within a step will do"
            )]
            let distance =
                (cross(a, b, a, p) as f64).abs() / ((b.x - a.x) as f64).hypot((b.y - a.y) as f64);
            let nearer = best
                .is_none_or(|(held, other)| distance < held || (distance <= held && side < other));
            if distance <= 1.0 && nearer {
                best = Some((distance, side));
            }
        }
    }
    best.map(|(_, side)| side)
}

/// The one stretch of the line that lies in the face, from border to border.
fn inside(
    carved: &Carved<'_>,
    face: u16,
    chain: &[GridPoint],
) -> Result<Vec<GridPoint>, EditFault> {
    let mut standings: Vec<Standing> = Vec::new();
    for pair in chain.windows(2) {
        standings.extend(match standings.last() {
            Some(&last) if !carved.on_border(pair[0]) => vec![last],
            _ => carved.standings(pair),
        });
    }
    if let Some(at) = standings.iter().position(|&standing| standing == Standing::Border) {
        return Err(EditFault::LineAlongBorder { at: chain[at], face });
    }
    let is_inside = |standing: &Standing| *standing == Standing::Inside;
    let Some(first) = standings.iter().position(is_inside) else {
        return Err(EditFault::LineMissesFace { at: chain[0], face });
    };
    let last = standings.iter().rposition(is_inside).unwrap_or(first);
    for at in first + 1..=last {
        if standings[at] != Standing::Inside {
            return Err(EditFault::LineLeavesFace { at: chain[at], face });
        }
        if carved.on_border(chain[at]) {
            return Err(EditFault::LineTouchesBorder { at: chain[at], face });
        }
    }
    for at in [chain[first], chain[last + 1]] {
        if !carved.on_border(at) {
            return Err(EditFault::LineEndsInside { at, face });
        }
    }
    Ok(chain[first..=last + 1].to_vec())
}

/// The way from the end of the cut along the face's border back to its beginning, the face on the left;
/// `None` when it comes to the cut's other side first.
///
/// At a node the way goes on along the first segment clockwise: that which bounds the same wedge. The cut
/// itself is one of them at its ends, so that a loop which begins and ends at one node is its own way.
fn way_back(carved: &Carved<'_>, cut: &[GridPoint]) -> Option<Vec<GridPoint>> {
    let (begin, end) = (cut[0], cut[cut.len() - 1]);
    let (second, before_end) = (cut[1], cut[cut.len() - 2]);
    let mut back = vec![end];
    let (mut before, mut at) = (before_end, end);
    loop {
        let border = carved.star(at).map(|side| far(side, at));
        let of_cut = [(begin, second), (end, before_end)].into_iter();
        let of_cut = of_cut.filter(|&(p, _)| p == at).map(|(_, q)| q);
        let (hub, from) = (Spot::from(at), Spot::from(before));
        let next = border.chain(of_cut).reduce(|best, way| {
            if turns_first(hub, from, best.into(), way.into()) { way } else { best }
        })?;
        if at == begin && next == second {
            return Some(back);
        }
        if at == end && next == before_end {
            return None;
        }
        back.push(next);
        (before, at) = (at, next);
    }
}
