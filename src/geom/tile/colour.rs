//! Colours that tell neighbours apart.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use geo::CoordsIter;
use geo_types::MultiPolygon;

use crate::geom::coord::{GridPoint, step};

/// A colour for each area, from 0 to below `count`, another one than those have with which it shares a
/// vertex, as far as there are enough; all are used about as often.
#[must_use]
pub fn colours(areas: &[&MultiPolygon<f64>], count: usize) -> Vec<usize> {
    let near = neighbours(areas);
    let mut order: Vec<usize> = (0..areas.len()).collect();
    order.sort_by_key(|&area| Reverse(near[area].len()));
    let mut chosen: Vec<Option<usize>> = vec![None; areas.len()];
    let mut used = vec![0_usize; count.max(1)];
    for area in order {
        let taken: BTreeSet<usize> = near[area].iter().filter_map(|&other| chosen[other]).collect();
        let least = |free: &mut dyn Iterator<Item = usize>| free.min_by_key(|&colour| used[colour]);
        let colour = least(&mut (0..used.len()).filter(|colour| !taken.contains(colour)))
            .or_else(|| least(&mut (0..used.len())))
            .unwrap_or(0);
        chosen[area] = Some(colour);
        used[colour] += 1;
    }
    chosen.into_iter().map(Option::unwrap_or_default).collect()
}

/// Those that share a vertex with each.
fn neighbours(areas: &[&MultiPolygon<f64>]) -> Vec<BTreeSet<usize>> {
    let mut holders: HashMap<GridPoint, Vec<usize>> = HashMap::new();
    for (area, shape) in areas.iter().enumerate() {
        for c in shape.coords_iter() {
            let held = holders.entry(GridPoint { x: step(c.x), y: step(c.y) }).or_default();
            if held.last() != Some(&area) {
                held.push(area);
            }
        }
    }
    let mut near = vec![BTreeSet::new(); areas.len()];
    for sharing in holders.values().filter(|sharing| sharing.len() > 1) {
        for (&one, &other) in sharing.iter().flat_map(|a| sharing.iter().map(move |b| (a, b))) {
            if one != other {
                near[one].insert(other);
            }
        }
    }
    near
}

#[cfg(test)]
mod tests {
    use geo_types::Rect;

    use super::*;

    #[test]
    fn neighbours_have_different_colours_and_all_are_used() {
        let cell = |n: u32| {
            let (x, y) = (f64::from(n % 5), f64::from(n / 5));
            MultiPolygon(vec![Rect::new((x, y), (x + 1.0, y + 1.0)).to_polygon()])
        };
        let areas: Vec<MultiPolygon<f64>> = (0..25).map(cell).collect();
        let chosen = colours(&areas.iter().collect::<Vec<_>>(), 8);
        for (one, other) in (0..25_usize).flat_map(|m| (0..25_usize).map(move |n| (m, n))) {
            let beside = (one % 5).abs_diff(other % 5) <= 1 && (one / 5).abs_diff(other / 5) <= 1;
            assert!(one == other || !beside || chosen[one] != chosen[other], "{one} {other}");
        }
        assert_eq!(chosen.iter().collect::<BTreeSet<_>>().len(), 8);
        assert_eq!(colours(&[], 8), Vec::<usize>::new());
    }
}
