//! Geometries by place: an R-tree (rstar) for what lies near, within a radius, in a box or in an
//! area.
//!
//! The tree holds edges, not geometries, so that a river of ten thousand vertices costs a search
//! no more than the few edges near it. Whether an edge touches, or a point lies inside, is decided
//! in integers on the grid. Distances are metres on the ellipsoid's scale at the latitude asked
//! from ([`crate::geom::project::Scale`]); over a city they differ from the geodesic by less than
//! 2 parts in 1,000 at 10 km (see [`crate::geom::measure`]). Nothing is wrapped at ±180°.

mod edge;
pub mod halo;

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use geo_types::{Coord, Geometry, Polygon};
use rstar::{AABB, Envelope, ParentNode, RTree, RTreeNode, RTreeObject};

use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::index::edge::{Edge, Ruler, corner};

/// Geometries by place. Items are numbered in the order given.
pub struct PlaceIndex {
    edges: RTree<Edge>,
    /// The boxes of the parts that have an inside.
    areas: RTree<Area>,
    parts: Vec<Part>,
}

/// An item and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The item's number.
    pub item: u32,
    /// Distance in metres; 0 inside an area.
    pub distance_m: f64,
}

/// A point, a line or a polygon of an item.
struct Part {
    item: u32,
    /// A place on it, to ask whether it lies inside something.
    at: GridPoint,
}

/// The box around a part that has an inside.
struct Area {
    frame: AABB<[f64; 2]>,
    part: u32,
}

impl RTreeObject for Area {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.frame
    }
}

impl PlaceIndex {
    /// Builds the index; every geometry finite, not empty, on the grid.
    ///
    /// Coordinates off the grid are moved to their nearest grid point. An empty geometry keeps its
    /// number and is never found.
    #[must_use]
    pub fn build<'a>(geometries: impl Iterator<Item = &'a Geometry<f64>>) -> Self {
        let mut taking = Taking::default();
        for (item, geometry) in (0..).zip(geometries) {
            taking.geometry(item, geometry);
        }
        Self {
            edges: RTree::bulk_load(taking.edges),
            areas: RTree::bulk_load(taking.areas),
            parts: taking.parts,
        }
    }

    /// The `k` nearest that `wanted` accepts, no farther than `max_m`, nearest first, ties by
    /// number.
    #[must_use]
    pub fn nearest(
        &self,
        from: GridPoint,
        k: usize,
        max_m: f64,
        wanted: &dyn Fn(u32) -> bool,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        if k == 0 {
            return hits;
        }
        let ruler = Ruler::at(from);
        let mut queue = BinaryHeap::new();
        let mut found = HashSet::new();
        for part in self.holding(from) {
            queue.push(Waiting { distance_m: 0.0, what: What::Item(self.item(part)) });
        }
        queue.push(Waiting { distance_m: 0.0, what: What::Node(self.edges.root()) });
        while let Some(Waiting { distance_m, what }) = queue.pop() {
            if distance_m > max_m {
                break;
            }
            match what {
                What::Item(item) => {
                    // The only one asked for cannot come twice.
                    if wanted(item) && (k == 1 || found.insert(item)) {
                        hits.push(Hit { item, distance_m });
                        if hits.len() == k {
                            break;
                        }
                    }
                }
                What::Node(node) => {
                    let children = node.children().iter().map(|child| self.waiting(child, &ruler));
                    queue.extend(children.filter(|child| child.distance_m <= max_m));
                }
            }
        }
        hits
    }

    /// All within `radius_m`, nearest first, ties by number.
    #[must_use]
    pub fn within(&self, from: GridPoint, radius_m: f64) -> Vec<Hit> {
        let ruler = Ruler::at(from);
        let mut hits: Vec<Hit> = Vec::new();
        if radius_m >= 0.0 {
            let inside = self.holding(from).into_iter();
            hits.extend(inside.map(|part| Hit { item: self.item(part), distance_m: 0.0 }));
        }
        let mut nodes = vec![self.edges.root()];
        while let Some(node) = nodes.pop() {
            for child in node.children() {
                match child {
                    RTreeNode::Parent(node) if ruler.bound_m(&node.envelope()) <= radius_m => {
                        nodes.push(node);
                    }
                    RTreeNode::Parent(_) => {}
                    RTreeNode::Leaf(edge) => {
                        let distance_m = ruler.edge_m(edge);
                        if distance_m <= radius_m {
                            hits.push(Hit { item: self.item(edge.part), distance_m });
                        }
                    }
                }
            }
        }
        let by_distance = |a: &Hit, b: &Hit| a.distance_m.total_cmp(&b.distance_m);
        hits.sort_unstable_by(|a, b| a.item.cmp(&b.item).then(by_distance(a, b)));
        hits.dedup_by_key(|hit| hit.item);
        hits.sort_unstable_by(|a, b| by_distance(a, b).then(a.item.cmp(&b.item)));
        hits
    }

    /// All that touch the box, by number. Exact, not by bounding box only.
    #[must_use]
    pub fn in_box(&self, frame: GridBox) -> Vec<u32> {
        if frame.min.x > frame.max.x || frame.min.y > frame.max.y {
            return Vec::new();
        }
        let search = AABB::from_corners(corner(frame.min), corner(frame.max));
        let mut items: Vec<u32> = self
            .edges
            .locate_in_envelope_intersecting(search)
            .filter(|edge| edge.touches_box(frame))
            .map(|edge| self.item(edge.part))
            .collect();
        // An area with no edge in the box either holds the whole box or is apart from it.
        items.extend(self.holding(frame.min).into_iter().map(|part| self.item(part)));
        sorted(items)
    }

    /// All that touch `area`, by number. Exact. `area` may be of any type; its coordinates are
    /// moved to the grid.
    #[must_use]
    pub fn intersecting(&self, area: &Geometry<f64>) -> Vec<u32> {
        let asked = Self::build(std::iter::once(area));
        let mut touched = vec![false; self.parts.len()];
        let candidates = self.edges.intersection_candidates_with_other_tree(&asked.edges);
        for (mine, theirs) in candidates {
            let touched = &mut touched[mine.part as usize];
            *touched = *touched || mine.touches(theirs);
        }
        // With no edges that meet, a part lies wholly inside what was asked for, holds it or is
        // apart from it.
        for inside in &asked.areas {
            for edge in self.edges.locate_in_envelope_intersecting(inside.frame) {
                let at = edge.part as usize;
                let first = self.parts[at].at == edge.a;
                if !touched[at] && first && asked.holds(inside.part, edge.a) {
                    touched[at] = true;
                }
            }
        }
        for part in &asked.parts {
            for holder in self.holding(part.at) {
                touched[holder as usize] = true;
            }
        }
        let items = self.parts.iter().zip(touched).filter(|(_, touched)| *touched);
        sorted(items.map(|(part, _)| part.item).collect())
    }

    /// The items whose inside or border holds `p`, by number.
    #[must_use]
    pub fn covering(&self, p: GridPoint) -> Vec<u32> {
        sorted(self.holding(p).into_iter().map(|part| self.item(part)).collect())
    }

    /// The parts whose inside or border holds `p`.
    fn holding(&self, p: GridPoint) -> Vec<u32> {
        let at = AABB::from_point(corner(p));
        let mut east = f64::NEG_INFINITY;
        let mut inside: HashMap<u32, Standing> = HashMap::new();
        for area in self.areas.locate_in_envelope_intersecting(at) {
            east = east.max(area.frame.upper()[0]);
            inside.insert(area.part, Standing::Outside);
        }
        if inside.is_empty() {
            return Vec::new();
        }
        let ray = AABB::from_corners(corner(p), [east, f64::from(p.y)]);
        for edge in self.edges.locate_in_envelope_intersecting(ray) {
            if let Some(standing) = inside.get_mut(&edge.part) {
                standing.pass(edge, p);
            }
        }
        inside.into_iter().filter(|(_, s)| *s != Standing::Outside).map(|(part, _)| part).collect()
    }

    /// Whether the part's inside or border holds `p`.
    fn holds(&self, part: u32, p: GridPoint) -> bool {
        let east = self.edges.root().envelope().upper()[0];
        if east < f64::from(p.x) {
            return false;
        }
        let ray = AABB::from_corners(corner(p), [east, f64::from(p.y)]);
        let mut standing = Standing::Outside;
        for edge in self.edges.locate_in_envelope_intersecting(ray) {
            if edge.part == part {
                standing.pass(edge, p);
            }
        }
        standing != Standing::Outside
    }

    fn item(&self, part: u32) -> u32 {
        self.parts[part as usize].item
    }

    fn waiting<'a>(&self, child: &'a RTreeNode<Edge>, ruler: &Ruler) -> Waiting<'a> {
        match child {
            RTreeNode::Parent(node) => {
                Waiting { distance_m: ruler.bound_m(&node.envelope()), what: What::Node(node) }
            }
            RTreeNode::Leaf(edge) => {
                Waiting { distance_m: ruler.edge_m(edge), what: What::Item(self.item(edge.part)) }
            }
        }
    }
}

/// Where a point stands to a part as its edges pass by, one by one and in any order.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    Outside,
    Inside,
    Border,
}

impl Standing {
    fn pass(&mut self, edge: &Edge, p: GridPoint) {
        if edge.carries(p) {
            *self = Self::Border;
        } else if edge.crosses_ray(p) {
            *self = match *self {
                Self::Outside => Self::Inside,
                Self::Inside => Self::Outside,
                Self::Border => Self::Border,
            };
        }
    }
}

fn sorted(mut items: Vec<u32>) -> Vec<u32> {
    items.sort_unstable();
    items.dedup();
    items
}

/// What waits in a search, nearest first; at one distance nodes go before items (they may hold an
/// item as near), and items by number.
struct Waiting<'a> {
    distance_m: f64,
    what: What<'a>,
}

enum What<'a> {
    Node(&'a ParentNode<Edge>),
    Item(u32),
}

impl Waiting<'_> {
    fn rank(&self) -> i64 {
        match self.what {
            What::Node(_) => -1,
            What::Item(item) => i64::from(item),
        }
    }
}

impl Ord for Waiting<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Turned about: the heap gives its greatest.
        other.distance_m.total_cmp(&self.distance_m).then_with(|| other.rank().cmp(&self.rank()))
    }
}

impl PartialOrd for Waiting<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting<'_> {}

/// What the trees are loaded from.
#[derive(Default)]
struct Taking {
    edges: Vec<Edge>,
    areas: Vec<Area>,
    parts: Vec<Part>,
}

impl Taking {
    fn geometry(&mut self, item: u32, geometry: &Geometry<f64>) {
        match geometry {
            Geometry::Point(p) => self.line(item, &[p.0]),
            Geometry::MultiPoint(points) => {
                points.iter().for_each(|p| self.line(item, &[p.0]));
            }
            Geometry::Line(line) => self.line(item, &[line.start, line.end]),
            Geometry::LineString(line) => self.line(item, &line.0),
            Geometry::MultiLineString(lines) => {
                lines.iter().for_each(|line| self.line(item, &line.0));
            }
            Geometry::Polygon(polygon) => self.polygon(item, polygon),
            Geometry::MultiPolygon(polygons) => {
                polygons.iter().for_each(|polygon| self.polygon(item, polygon));
            }
            Geometry::Rect(frame) => self.polygon(item, &frame.to_polygon()),
            Geometry::Triangle(triangle) => self.polygon(item, &triangle.to_polygon()),
            Geometry::GeometryCollection(all) => {
                all.iter().for_each(|geometry| self.geometry(item, geometry));
            }
        }
    }

    /// Starts a part; `None` when the index is as full as its numbers allow.
    fn part(&mut self, item: u32, at: Coord<f64>) -> Option<u32> {
        let part = u32::try_from(self.parts.len()).ok()?;
        self.parts.push(Part { item, at: grid(at) });
        Some(part)
    }

    fn line(&mut self, item: u32, coords: &[Coord<f64>]) {
        if let Some(&first) = coords.first()
            && let Some(part) = self.part(item, first)
        {
            self.chain(part, coords);
        }
    }

    fn polygon(&mut self, item: u32, polygon: &Polygon<f64>) {
        let Some(&first) = polygon.exterior().0.first() else { return };
        let Some(part) = self.part(item, first) else { return };
        let before = self.edges.len();
        self.chain(part, &polygon.exterior().0);
        let mut frame = AABB::new_empty();
        self.edges[before..].iter().for_each(|edge| frame.merge(&edge.envelope()));
        self.areas.push(Area { frame, part });
        polygon.interiors().iter().for_each(|ring| self.chain(part, &ring.0));
    }

    fn chain(&mut self, part: u32, coords: &[Coord<f64>]) {
        if let &[only] = coords {
            self.edges.push(Edge { a: grid(only), b: grid(only), part });
        }
        self.edges.extend(coords.windows(2).map(|pair| Edge {
            a: grid(pair[0]),
            b: grid(pair[1]),
            part,
        }));
    }
}

fn grid(c: Coord<f64>) -> GridPoint {
    GridPoint { x: step(c.x), y: step(c.y) }
}

#[cfg(test)]
mod tests;
