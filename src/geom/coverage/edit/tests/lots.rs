//! Edits drawn by lot: whatever is asked, the answer is a partition or a refusal.

use std::collections::BTreeMap;

use geo_types::{Coord, LineString, MultiPolygon};

use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::coverage::edit::command::{Edit, Share};
use crate::geom::coverage::edit::locks::Locks;
use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::map::Coverage;
use crate::geom::coverage::moved::MovedArea;
use crate::geom::coverage::side::FaceLabel;
use crate::geom::coverage::tests::agrees_with_polygons;
use crate::geom::coverage::trial::{Dice, Net, SMALL, coverage};

/// Most faces before merging is the only thing asked for.
const FACES_MAX: usize = 14;

/// What edits are drawn from.
struct Draw<'a> {
    coverage: &'a Coverage,
    dice: &'a mut Dice,
    net: Net,
    nodes: Vec<GridPoint>,
    faces: Vec<u16>,
}

impl Draw<'_> {
    fn anywhere(&mut self) -> GridPoint {
        let Net { corner, mesh, across, .. } = self.net;
        GridPoint {
            x: corner.x + self.dice.within(-mesh, mesh * (across + 1)),
            y: corner.y + self.dice.within(-mesh, mesh * (across + 1)),
        }
    }

    fn near(&mut self, p: GridPoint) -> GridPoint {
        let far = *self.dice.pick(&[2, 6, 20, 60]) * scale(self.net);
        GridPoint {
            x: p.x + self.dice.within(-far, far + 1),
            y: p.y + self.dice.within(-far, far + 1),
        }
    }

    fn node(&mut self) -> GridPoint {
        *self.dice.pick(&self.nodes)
    }

    fn place(&mut self) -> Place {
        let node = self.node();
        Place(match self.dice.within(0, 3) {
            0 => self.anywhere(),
            1 => node,
            _ => self.near(node),
        })
    }

    fn face(&mut self) -> u16 {
        *self.dice.pick(&self.faces)
    }

    fn label(&mut self) -> FaceLabel {
        if self.dice.chance(10) { None } else { Some(self.face()) }
    }

    fn line(&mut self, most: i32) -> Vec<Place> {
        (0..self.dice.within(2, most)).map(|_| self.place()).collect()
    }

    fn ring(&mut self) -> Vec<Place> {
        let (hub, far) = (self.anywhere(), *self.dice.pick(&[3, 6, 15, 50]) * scale(self.net));
        let corners = self.dice.within(3, 7);
        let mut turn = f64::from(self.dice.within(0, 100)) / 100.0;
        let mut ring = Vec::new();
        for _ in 0..corners {
            turn += std::f64::consts::TAU / f64::from(corners);
            let reach = f64::from(self.dice.within(1, far + 1));
            #[expect(clippy::cast_possible_truncation, reason = "some tens of steps")]
            let step = |part: f64| (reach * part).round() as i32;
            ring.push(Place(GridPoint {
                x: hub.x + step(turn.cos()),
                y: hub.y + step(turn.sin()),
            }));
        }
        ring
    }

    /// Beside a vertex of some hole, where there is one.
    fn in_hole(&mut self) -> GridPoint {
        let face = self.face();
        let shape = self.coverage.polygons(face);
        let vertices: Vec<Coord<f64>> = shape
            .iter()
            .flat_map(|part| part.interiors().iter().flat_map(|ring| ring.0.iter().copied()))
            .collect();
        if vertices.is_empty() {
            return self.anywhere();
        }
        let at = self.dice.pick(&vertices);
        let (x, y) = (crate::geom::coord::step(at.x), crate::geom::coord::step(at.y));
        GridPoint { x: x + self.dice.within(-2, 3), y: y + self.dice.within(-2, 3) }
    }

    fn new_face(&mut self) -> u16 {
        (0..u16::MAX).find(|face| !self.faces.contains(face)).unwrap()
    }

    /// A side's ends.
    fn segment(&mut self) -> [GridPoint; 2] {
        let node = self.node();
        let star: Vec<_> = self.coverage.star(node).collect();
        let side = self.dice.pick(&star);
        [side.a, side.b]
    }

    /// Two vertices of one arc, and a line between.
    fn course(&mut self) -> Vec<Place> {
        let [p, q] = self.segment();
        let chain = self.coverage.chain(p, q);
        let end = *self.dice.pick(&chain[1..]);
        let mut line = vec![Place(p)];
        for _ in 0..self.dice.within(0, 4) {
            line.push(Place(self.near(p)));
        }
        line.push(Place(end));
        line
    }

    fn edit(&mut self) -> Edit {
        if self.faces.len() > FACES_MAX {
            return self.merge();
        }
        match self.dice.within(0, 16) {
            0 | 1 => {
                let from = self.node();
                Edit::MoveVertex { from: Place(from), to: Place(self.near(from)) }
            }
            2 => {
                let [p, q] = self.segment();
                let middle = GridPoint { x: p.x.midpoint(q.x), y: p.y.midpoint(q.y) };
                Edit::InsertVertex { at: Place(self.near(middle)), between: [Place(p), Place(q)] }
            }
            3 => Edit::DeleteVertex { at: Place(self.node()) },
            4 | 5 => Edit::ReshapeArc { line: self.course() },
            6 => {
                let course = self.course();
                let between = [course[0], course[course.len() - 1]];
                Edit::Straighten { between, along: self.line(5) }
            }
            7..=9 => {
                Edit::Split { face: self.face(), line: self.line(5), new_face: self.new_face() }
            }
            10 => self.merge(),
            11 | 12 => {
                let polygons = vec![vec![self.ring()]];
                Edit::Give { what: Share::Area { polygons }, from: self.label(), to: self.label() }
            }
            13 => {
                let at = self.anywhere();
                let what =
                    if self.dice.chance(10) { Share::Whole } else { Share::Part { at: Place(at) } };
                Edit::Give { what, from: self.coverage.locate(at), to: self.label() }
            }
            14 => {
                let new_face = self.dice.chance(70).then(|| self.new_face());
                Edit::AddHole { face: self.face(), ring: self.ring(), new_face }
            }
            _ => match self.dice.within(0, 4) {
                0 => Edit::Thin {
                    tolerance_m: f64::from(self.dice.within(1, 20) * scale(self.net)) / 100.0,
                    arc: if self.dice.chance(70) { Some(self.segment().map(Place)) } else { None },
                },
                _ => Edit::DissolveHole { at: Place(self.in_hole()) },
            },
        }
    }

    fn merge(&mut self) -> Edit {
        let [p, q] = self.segment();
        let side = self.coverage.between(p, q).unwrap();
        let other = self.face();
        Edit::Merge { into: side.left.unwrap_or(other), from: side.right.unwrap_or(other) }
    }
}

/// Steps in one step of the small net.
fn scale(net: Net) -> i32 {
    net.mesh / SMALL.mesh
}

fn name(edit: &Edit) -> String {
    let text = serde_json::to_value(edit).unwrap();
    text["kind"].as_str().unwrap().to_owned()
}

/// The area in square steps of each label's losses and gains.
fn balance(moved: &[MovedArea]) -> BTreeMap<FaceLabel, f64> {
    let ring = |ring: &LineString<f64>| -> f64 {
        let origin = ring.0[0];
        let at = |c: Coord<f64>| {
            ((c.x - origin.x) * STEPS_PER_DEGREE, (c.y - origin.y) * STEPS_PER_DEGREE)
        };
        ring.0
            .windows(2)
            .map(|pair| {
                let ((ax, ay), (bx, by)) = (at(pair[0]), at(pair[1]));
                (ax * by - bx * ay) / 2.0
            })
            .sum()
    };
    let area = |shape: &MultiPolygon<f64>| -> f64 {
        let part = |part: &geo_types::Polygon<f64>| {
            ring(part.exterior()) + part.interiors().iter().map(ring).sum::<f64>()
        };
        shape.iter().map(part).sum()
    };
    let mut balance = BTreeMap::new();
    for MovedArea { from, to, area: shape } in moved {
        let area = area(shape);
        assert!(area > 0.0);
        *balance.entry(*from).or_insert(0.0) -= area;
        *balance.entry(*to).or_insert(0.0) += area;
    }
    balance
}

/// One edit tried.
fn step(
    coverage: &mut Coverage,
    dice: &mut Dice,
    net: Net,
    counts: &mut BTreeMap<String, [u32; 2]>,
) {
    let mut nodes: Vec<GridPoint> =
        coverage.sides().iter().flat_map(|side| [side.a, side.b]).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let faces = coverage.faces();
    if faces.is_empty() {
        return;
    }
    let edit = Draw { coverage, dice, net, nodes, faces }.edit();
    let text = serde_json::to_string(&edit).unwrap();
    let planned = coverage.plan(&edit, &Locks::default());
    let count = counts.entry(name(&edit)).or_default();
    let Ok(planned) = planned else {
        count[1] += 1;
        return;
    };
    count[0] += 1;
    let patch = &planned.patch;
    let before = coverage.sides();
    let areas: Vec<i128> = (0..40).map(|face| coverage.area_twice(face)).collect();
    let points: Vec<GridPoint> = (0..20)
        .map(|n| {
            let sides = if n % 2 == 0 { patch.added() } else { patch.removed() };
            if sides.is_empty() {
                return GridPoint { x: dice.within(-150, 200), y: dice.within(-150, 200) };
            }
            let (at, far) = (dice.pick(sides).a, 9 * scale(net));
            GridPoint { x: at.x + dice.within(-far, far + 1), y: at.y + dice.within(-far, far + 1) }
        })
        .collect();
    let old: Vec<FaceLabel> = points.iter().map(|&p| coverage.locate(p)).collect();
    let foretold: Vec<FaceLabel> =
        points.iter().map(|&p| coverage.locate_after(patch, p)).collect();
    coverage.apply(patch).unwrap();
    assert_eq!(coverage.check(), [], "{text}\n{before:?}");
    let new: Vec<FaceLabel> = points.iter().map(|&p| coverage.locate(p)).collect();
    assert_eq!(foretold, new, "{text}");
    let moved = patch.moved();
    for ((&p, &old), &new) in points.iter().zip(&old).zip(&new) {
        moved_as_told(&moved, p, old, new, &text);
    }
    let told = balance(&moved);
    for (face, &area) in (0..).zip(&areas) {
        let change = coverage.area_twice(face) - area;
        #[expect(clippy::cast_precision_loss, reason = "small areas")]
        let off = told.get(&Some(face)).copied().unwrap_or(0.0) - change as f64 / 2.0;
        assert!(off.abs() < f64::from(scale(net)).powi(2), "face {face}: {off} {text}");
    }
    let after = coverage.sides();
    coverage.apply(&patch.inverse()).unwrap();
    assert_eq!(coverage.sides(), before, "{text}");
    // Another history, the same plan.
    let anew = Coverage::from_sides(&before).unwrap();
    assert_eq!(anew.plan(&edit, &Locks::default()).as_ref(), Ok(&planned), "{text}");
    coverage.apply(patch).unwrap();
    assert_eq!(coverage.sides(), after);
}

/// A point off every edge of the moved areas lies in the one of its labels, or in none.
fn moved_as_told(moved: &[MovedArea], p: GridPoint, old: FaceLabel, new: FaceLabel, text: &str) {
    use geo::{Distance, Euclidean, Intersects};
    let at = geo_types::Point::new(p.degrees().lon(), p.degrees().lat());
    for MovedArea { from, to, area } in moved {
        let rings = area.iter().flat_map(|part| part.interiors().iter().chain([part.exterior()]));
        for ring in rings {
            if Euclidean.distance(&at, ring) < 1e-9 {
                return;
            }
        }
        if area.intersects(&at) {
            assert_eq!((*from, *to), (old, new), "{p:?} {text}");
            return;
        }
    }
    assert_eq!(old, new, "{p:?} {text}");
}

/// How often a net is edited.
const EDITS: u32 = 120;

/// Nets edited at random: how often each kind of edit was done, and how often refused.
fn edited(seeds: std::ops::Range<u64>) -> BTreeMap<String, [u32; 2]> {
    let mut counts = BTreeMap::new();
    for seed in seeds {
        let mut dice = Dice(seed);
        let across = dice.within(2, 6);
        let mut net = Net { across, faces: 4, ..SMALL };
        if seed % 4 == 3 {
            // Segments of some degrees, for which 64 bits are not enough.
            net.mesh = 200_000_000;
            net.bend = 40_000_000;
            net.corner = GridPoint { x: -500_000_000, y: -500_000_000 };
        }
        let mut held = coverage(net, seed);
        for n in 0..EDITS {
            step(&mut held, &mut dice, net, &mut counts);
            if n % 20 == 0 {
                agrees_with_polygons(&held, &mut dice, net);
            }
        }
    }
    counts
}

#[test]
fn random_edits_leave_a_partition_and_their_inverses_restore_it() {
    let counts = edited(0..60);
    // A kind that is always refused proves nothing.
    assert_eq!(counts.len(), 11, "{counts:?}");
    for (kind, [done, _]) in &counts {
        assert!(*done >= 3, "{kind}: {counts:?}");
    }
}
