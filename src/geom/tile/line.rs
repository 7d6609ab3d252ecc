//! Lines: with fewer vertices, and cut to a tile.

use crate::geom::tile::grid::{Tile, Unit};
use crate::geom::tile::passage::{Passage, is_inside, passage};

/// The line with only those vertices that lie farther than `tolerance` (units) from what is left without
/// them (Ramer 1972, Douglas and Peucker 1973); its ends, and vertices of which `stays` says so, are kept.
/// Empty when all of it is one place.
#[must_use]
pub fn thinned(line: &[Unit], tolerance: f64, stays: &dyn Fn(Unit) -> bool) -> Vec<Unit> {
    let mut line = line.to_vec();
    line.dedup();
    if line.len() < 2 {
        return Vec::new();
    }
    let last = line.len() - 1;
    let mut kept: Vec<bool> = line.iter().map(|&p| stays(p)).collect();
    (kept[0], kept[last]) = (true, true);
    let fixed: Vec<usize> = (0..=last).filter(|&at| kept[at]).collect();
    let mut open: Vec<(usize, usize)> = fixed.windows(2).map(|pair| (pair[0], pair[1])).collect();
    while let Some((from, to)) = open.pop() {
        let off = |at: usize| distance(line[from], line[to], line[at]);
        let farthest = (from + 1..to).max_by(|&m, &n| off(m).total_cmp(&off(n)));
        if let Some(at) = farthest.filter(|&at| off(at) > tolerance) {
            kept[at] = true;
            open.extend([(from, at), (at, to)]);
        }
    }
    let left = line.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(p, _)| p);
    let mut left: Vec<Unit> = left.collect();
    left.dedup();
    if left.len() < 2 { Vec::new() } else { left }
}

/// From a place to a segment, in units.
fn distance(a: Unit, b: Unit, p: Unit) -> f64 {
    let d = |m: i32, n: i32| f64::from(m) - f64::from(n);
    let (along, to) = ([d(b.x, a.x), d(b.y, a.y)], [d(p.x, a.x), d(p.y, a.y)]);
    let length2 = along[0] * along[0] + along[1] * along[1];
    if length2 == 0.0 {
        return to[0].hypot(to[1]);
    }
    let part = ((along[0] * to[0] + along[1] * to[1]) / length2).clamp(0.0, 1.0);
    (to[0] - part * along[0]).hypot(to[1] - part * along[1])
}

/// What lines in the units of the tile's zoom have in a tile and the buffer around it, in units from its
/// corner.
#[must_use]
pub fn lines(lines: &[Vec<Unit>], tile: Tile) -> Vec<Vec<Unit>> {
    let origin = tile.origin();
    let local = |p: &Unit| Unit { x: p.x - origin.x, y: p.y - origin.y };
    let mut cut = Vec::new();
    for line in lines {
        let mut piece: Vec<Unit> =
            line.first().map(local).filter(|&p| is_inside(p)).into_iter().collect();
        for pair in line.windows(2) {
            let (from, to) = (local(&pair[0]), local(&pair[1]));
            let Some(Passage { entry, exit }) = passage(from, to) else { continue };
            if let Some(entry) = entry {
                piece = vec![entry.at()];
            }
            if let Some(exit) = exit {
                piece.push(exit.at());
                finish(std::mem::take(&mut piece), &mut cut);
            } else {
                piece.push(to);
            }
        }
        finish(piece, &mut cut);
    }
    cut
}

fn finish(mut piece: Vec<Unit>, cut: &mut Vec<Vec<Unit>>) {
    piece.dedup();
    if piece.len() > 1 {
        cut.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(places: &[(i32, i32)]) -> Vec<Unit> {
        places.iter().map(|&(x, y)| Unit { x, y }).collect()
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_and_goes_on_where_it_comes_back() {
        let tile = Tile::new(1, 1, 0).unwrap();
        // Columns from 4,096 on; out to the east and in again.
        let given = line(&[(5_000, 100), (9_000, 100), (9_000, 300), (5_000, 300)]);
        let cut = lines(&[given], tile);
        assert_eq!(cut, [line(&[(904, 100), (4_161, 100)]), line(&[(4_161, 300), (904, 300)])]);
        let across = line(&[(4_096 - 500, -500), (4_096 + 4_596, 4_596)]);
        assert_eq!(lines(&[across], tile), [line(&[(-64, -65), (4_161, 4_161)])]);
        assert!(lines(&[line(&[(0, 0), (4_000, 0)])], tile).is_empty());
        assert!(lines(&[line(&[(3_000, -70), (5_000, -70)])], tile).is_empty());
    }

    #[test]
    fn a_thinned_line_keeps_ends_corners_and_what_has_to_stay() {
        let given = line(&[(0, 0), (10, 1), (20, 0), (30, 40), (30, 40), (40, 80), (41, 80)]);
        let none = |_: Unit| false;
        assert_eq!(thinned(&given, 2.0, &none), line(&[(0, 0), (20, 0), (41, 80)]));
        let stays = |p: Unit| p == Unit { x: 10, y: 1 };
        assert_eq!(thinned(&given, 2.0, &stays)[1], Unit { x: 10, y: 1 });
        assert!(thinned(&line(&[(5, 5), (5, 5)]), 2.0, &none).is_empty());
        // A ring of lines stays one.
        let round = line(&[(0, 0), (50, 0), (50, 50), (0, 0)]);
        assert_eq!(thinned(&round, 2.0, &none), round);
    }
}
