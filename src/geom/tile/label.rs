//! Where the name of an area is written.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::geom::coord::{GridPoint, step};

/// Cells that a part is looked at in, each way: more for one with few vertices.
const CELLS: (usize, usize) = (6, 20);

/// The place inside an area's largest part that lies farthest from its border, to within a cell of a coarse
/// grid; `None` for an area without a part.
#[must_use]
pub fn label_point(area: &MultiPolygon<f64>) -> Option<GridPoint> {
    let size = |polygon: &Polygon<f64>| shoelace(polygon.exterior()).abs();
    let main = area.iter().max_by(|a, b| size(a).total_cmp(&size(b)))?;
    let shell = &main.exterior().0;
    let first = *shell.first()?;
    let (mut low, mut high) = (first, first);
    for c in shell {
        low = Coord { x: low.x.min(c.x), y: low.y.min(c.y) };
        high = Coord { x: high.x.max(c.x), y: high.y.max(c.y) };
    }
    // A degree of longitude measures less than one of latitude.
    let squeeze = libm::cos(f64::midpoint(low.y, high.y).to_radians());
    let cells = (4_000 / shell.len()).clamp(CELLS.0, CELLS.1);
    let cells = u32::try_from(cells).unwrap_or(6);
    let mut best = (0.0, first);
    for (i, j) in (0..cells).flat_map(|i| (0..cells).map(move |j| (i, j))) {
        let part = |n: u32| (f64::from(n) + 0.5) / f64::from(cells);
        let at =
            Coord { x: low.x + part(i) * (high.x - low.x), y: low.y + part(j) * (high.y - low.y) };
        let gap = gap(main, at, squeeze);
        if gap > best.0 {
            best = (gap, at);
        }
    }
    Some(GridPoint { x: step(best.1.x), y: step(best.1.y) })
}

/// The square of the distance to the nearest border from inside; negative outside.
fn gap(polygon: &Polygon<f64>, at: Coord<f64>, squeeze: f64) -> f64 {
    let (mut inside, mut nearest) = (false, f64::INFINITY);
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        for pair in ring.0.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if (a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x
            {
                inside = !inside;
            }
            let (along_x, along_y) = ((b.x - a.x) * squeeze, b.y - a.y);
            let (to_x, to_y) = ((at.x - a.x) * squeeze, at.y - a.y);
            let length2 = along_x * along_x + along_y * along_y;
            let part = if length2 > 0.0 {
                ((to_x * along_x + to_y * along_y) / length2).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let (off_x, off_y) = (to_x - part * along_x, to_y - part * along_y);
            nearest = nearest.min(off_x * off_x + off_y * off_y);
        }
    }
    if inside { nearest } else { -1.0 }
}

fn shoelace(ring: &LineString<f64>) -> f64 {
    let Some(&o) = ring.0.first() else { return 0.0 };
    // From a corner on, so that nothing is lost in large numbers.
    let twice = |pair: &[Coord<f64>]| {
        (pair[0].x - o.x) * (pair[1].y - o.y) - (pair[1].x - o.x) * (pair[0].y - o.y)
    };
    ring.0.windows(2).map(twice).sum()
}

#[cfg(test)]
mod tests {
    use geo_types::Rect;

    use super::*;

    #[test]
    fn a_name_is_written_inside_the_largest_part_and_in_no_hole() {
        let frame = |a: (f64, f64), b: (f64, f64)| Rect::new(a, b).to_polygon();
        let hole = frame((109.4, 36.5), (109.6, 36.7)).exterior().clone();
        let ring = Polygon::new(frame((109.3, 36.4), (109.7, 36.8)).exterior().clone(), vec![hole]);
        let area = MultiPolygon(vec![frame((110.0, 36.0), (110.1, 36.1)), ring]);
        let at = label_point(&area).unwrap().degrees();
        assert!((109.3..109.7).contains(&at.lon()) && (36.4..36.8).contains(&at.lat()), "{at:?}");
        assert!(!((109.4..109.6).contains(&at.lon()) && (36.5..36.7).contains(&at.lat())));
        assert_eq!(label_point(&MultiPolygon(Vec::new())), None);
    }
}
