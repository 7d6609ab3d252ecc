//! Which ring lies in which, and whether a polygon hangs together.

use std::collections::{HashMap, HashSet};

use geo_types::Coord;

use crate::geom::validity::chain::Standing;
use crate::geom::validity::contact::{compare, in_turn, same_way};
use crate::geom::validity::fault::{FaultKind, List};
use crate::geom::validity::rings::{Ring, Rings};

/// Adds the faults of rings that do not cross but lie where they must not.
pub(super) fn faults(rings: &Rings, pairs: &[(usize, usize)], list: &mut List) {
    let mut broken = HashSet::new();
    holes_outside(rings, pairs, &mut broken, list);
    holes_nested(rings, pairs, &mut broken, list);
    shells_nested(rings, pairs, list);
    cut_in_two(rings, &broken, list);
}

/// Whether a ring lies inside another, and a place of it that shows so. `None` where they cross or
/// one of them has no certain inside.
fn lies_in(rings: &Rings, i: usize, j: usize) -> Option<(bool, Coord<f64>)> {
    let (inner, outer) = (&rings.all[i], &rings.all[j]);
    if inner.tangled || outer.tangled || rings.crossing.contains(&(i.min(j), i.max(j))) {
        return None;
    }
    let points = &inner.chain.points;
    for &p in &points[..inner.chain.edges()] {
        match outer.chain.standing(p) {
            Standing::Inside => return Some((true, p)),
            Standing::Outside => return Some((false, p)),
            Standing::On(_) => {}
        }
    }
    // Every vertex lies on the other ring: the way an edge leaves decides.
    let left = outer.chain.counter_clockwise();
    points.windows(2).find_map(|edge| {
        let (p, away) = (edge[0], edge[1]);
        let Standing::On(at) = outer.chain.standing(p) else { return None };
        let [before, end] = outer.chain.edge(at);
        let after = if p == end { outer.chain.edge(outer.chain.next(at))[1] } else { end };
        let (from, to) = if left { (after, before) } else { (before, after) };
        let along = same_way(p, away, from) || same_way(p, away, to);
        (!along).then(|| (in_turn(p, from, to, away), p))
    })
}

fn is_hole(ring: &Ring) -> bool {
    ring.place.1 > 0
}

fn holes_outside(
    rings: &Rings,
    pairs: &[(usize, usize)],
    broken: &mut HashSet<usize>,
    list: &mut List,
) {
    let near: HashSet<(usize, usize)> = pairs
        .iter()
        .copied()
        .filter(|&(i, j)| {
            let (one, other) = (&rings.all[i], &rings.all[j]);
            one.polygon == other.polygon && !is_hole(one) && is_hole(other)
        })
        .collect();
    let mut shell = None;
    for (j, hole) in rings.all.iter().enumerate() {
        if !is_hole(hole) {
            shell = Some(j);
            continue;
        }
        let Some(i) = shell.filter(|&i| rings.all[i].polygon == hole.polygon) else { continue };
        if hole.repeated || rings.all[i].repeated {
            continue;
        }
        let outside = if near.contains(&(i, j)) {
            lies_in(rings, j, i).filter(|(inside, _)| !inside).map(|(_, at)| at)
        } else {
            hole.chain.points.first().copied()
        };
        if let Some(at) = outside {
            broken.insert(hole.polygon);
            list.add(FaultKind::HoleOutsideShell, at, hole.place, Some(rings.all[i].place));
        }
    }
}

fn holes_nested(
    rings: &Rings,
    pairs: &[(usize, usize)],
    broken: &mut HashSet<usize>,
    list: &mut List,
) {
    for &(i, j) in pairs {
        let (one, other) = (&rings.all[i], &rings.all[j]);
        if one.polygon != other.polygon || !is_hole(one) || !is_hole(other) {
            continue;
        }
        for (inner, outer) in nested_boxes(rings, i, j) {
            if let Some((true, at)) = lies_in(rings, inner, outer) {
                let (place, around) = (rings.all[inner].place, rings.all[outer].place);
                broken.insert(one.polygon);
                list.add(FaultKind::NestedHoles, at, place, Some(around));
                break;
            }
        }
    }
}

/// The ways round in which the first ring's box lies in the second's.
fn nested_boxes(rings: &Rings, i: usize, j: usize) -> impl Iterator<Item = (usize, usize)> {
    let (one, other) = (rings.all[i].chain.frame(), rings.all[j].chain.frame());
    [(i, j, one.within(&other)), (j, i, other.within(&one))]
        .into_iter()
        .filter(|(.., nested)| *nested)
        .map(|(inner, outer, _)| (inner, outer))
}

fn shells_nested(rings: &Rings, pairs: &[(usize, usize)], list: &mut List) {
    let mut inside: Vec<(usize, usize, Coord<f64>)> = Vec::new();
    // Shells that lie in a hole of a polygon, as they may.
    let mut sheltered: HashSet<(usize, usize)> = HashSet::new();
    for &(i, j) in pairs {
        if rings.all[i].polygon == rings.all[j].polygon {
            continue;
        }
        for (inner, outer) in nested_boxes(rings, i, j) {
            let (shell, around) = (&rings.all[inner], &rings.all[outer]);
            if is_hole(shell) {
                continue;
            }
            match lies_in(rings, inner, outer) {
                Some((true, _)) if is_hole(around) => {
                    sheltered.insert((inner, around.polygon));
                }
                Some((true, at)) => {
                    inside.push((inner, outer, at));
                    break;
                }
                _ => {}
            }
        }
    }
    // A shell that crosses a hole of the polygon has its fault already.
    let crossed: HashSet<(usize, usize)> = rings
        .crossing
        .iter()
        .flat_map(|&(i, j)| [(i, rings.all[j].polygon), (j, rings.all[i].polygon)])
        .collect();
    for (shell, outer, at) in inside {
        let pair = (shell, rings.all[outer].polygon);
        if !sheltered.contains(&pair) && !crossed.contains(&pair) {
            let (place, around) = (rings.all[shell].place, rings.all[outer].place);
            list.add(FaultKind::NestedShells, at, place, Some(around));
        }
    }
}

/// Rings that touch cut a polygon in two when they and the places where they touch form a circle:
/// a hole that touches its shell twice, holes in a closed chain.
fn cut_in_two(rings: &Rings, broken: &HashSet<usize>, list: &mut List) {
    let crossing = &rings.crossing;
    let mut links: Vec<(usize, Coord<f64>)> = rings
        .touches
        .iter()
        .filter(|&&(i, j, _)| {
            let ring = &rings.all[i];
            let clear = !ring.tangled && !rings.all[j].tangled && !crossing.contains(&(i, j));
            clear && !broken.contains(&ring.polygon)
        })
        .flat_map(|&(i, j, p)| [(i, p), (j, p)])
        .collect();
    links.sort_unstable_by(|a, b| {
        let polygon = |link: &(usize, Coord<f64>)| rings.all[link.0].polygon;
        polygon(a).cmp(&polygon(b)).then(compare(a.1, b.1)).then(a.0.cmp(&b.0))
    });
    links.dedup_by(|a, b| a.0 == b.0 && compare(a.1, b.1).is_eq());
    let mut groups = Groups::default();
    let mut place: Option<(usize, Coord<f64>, Node)> = None;
    for (i, p) in links {
        let polygon = rings.all[i].polygon;
        let same = place.filter(|(of, at, _)| *of == polygon && compare(*at, p).is_eq());
        let node = same.map_or_else(|| groups.place(), |(.., node)| node);
        place = Some((polygon, p, node));
        if !groups.join(node, Node::Ring(i)) {
            list.add(FaultKind::DisconnectedInterior, p, rings.all[i].place, None);
        }
    }
}

/// A ring, or a place where rings touch.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Ring(usize),
    Place(usize),
}

/// Nodes that hang together (union–find).
#[derive(Default)]
struct Groups {
    above: HashMap<Node, Node>,
    places: usize,
}

impl Groups {
    fn place(&mut self) -> Node {
        self.places += 1;
        Node::Place(self.places)
    }

    fn top(&mut self, node: Node) -> Node {
        let mut at = node;
        while let Some(&above) = self.above.get(&at) {
            // Each step shortens the way for the next who asks.
            if let Some(&higher) = self.above.get(&above) {
                self.above.insert(at, higher);
            }
            at = above;
        }
        at
    }

    /// Joins the groups of two nodes; whether they were apart.
    fn join(&mut self, one: Node, other: Node) -> bool {
        let (one, other) = (self.top(one), self.top(other));
        if one == other {
            return false;
        }
        self.above.insert(one, other);
        true
    }
}
