//! Shapes that matter up to a distance of their own: which of them lie so near a point, and how
//! far?
//!
//! Where [`PlaceIndex`] searches from any point as far as it is asked, here each shape says
//! beforehand how far it matters (its halo), and the plane is cut into cells that list what may
//! matter in them. Most points have nothing, and cost one read of a table; the others measure the
//! few edges that are near.

mod cells;

use geo_types::Geometry;

use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::index::edge::{Edge, Ruler, frame_of};
use crate::geom::index::halo::cells::Cells;
use crate::geom::index::{PlaceIndex, Standing, Taking};
use crate::geom::project::Scale;

/// Most edges that are looked at one by one. Longer lines are cut into patches of so many; of a
/// larger area an index says whether it holds a point.
const PATCH_EDGES: usize = 32;
/// Fewest metres in a degree of latitude on the ellipsoid (at the equator, rounded down).
const LAT_M_MIN: f64 = 110_500.0;

/// Shapes by the cells in which they matter. Items are numbered in the order given.
pub struct HaloIndex {
    patches: Vec<Patch>,
    edges: Vec<Edge>,
    /// Areas of many edges, to ask whether they hold a point.
    large: Vec<PlaceIndex>,
    cells: Option<Cells>,
}

/// How a point lies to an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lie {
    /// The item's number.
    pub item: u32,
    /// Whether an area of the item holds the point, its border included.
    pub inside: bool,
    /// Metres to the item's points, lines and borders; infinite beyond its halo.
    pub border_m: f64,
}

/// A few edges of an item, or an area of many.
struct Patch {
    frame: GridBox,
    /// Square of the item's halo, m².
    halo_m2: f64,
    item: u32,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    /// Points and edges without an inside, by their place in the list.
    Open { from: u32, to: u32 },
    /// All edges of an area.
    Closed { from: u32, to: u32 },
    /// The inside of an area whose border is in open patches, by its place in the list.
    Large(u32),
}

impl HaloIndex {
    /// Builds the index from geometries on the grid, none of them empty, each with its halo in
    /// metres.
    #[must_use]
    pub fn build<'a>(shapes: impl Iterator<Item = (&'a Geometry<f64>, f64)>) -> Self {
        let mut making =
            Self { patches: Vec::new(), edges: Vec::new(), large: Vec::new(), cells: None };
        let mut boxes = Vec::new();
        for (item, (geometry, halo_m)) in (0..).zip(shapes) {
            let before = making.patches.len();
            making.shape(item, geometry, halo_m * halo_m);
            boxes.extend(making.patches[before..].iter().map(|patch| match patch.what {
                // The border is in patches of its own, and they have the halo.
                What::Large(_) => patch.frame,
                What::Open { .. } | What::Closed { .. } => grown(patch.frame, halo_m),
            }));
        }
        making.cells = Cells::build(&boxes);
        making
    }

    fn shape(&mut self, item: u32, geometry: &Geometry<f64>, halo_m2: f64) {
        let mut taking = Taking::default();
        taking.geometry(item, geometry);
        let mut large = false;
        // A part's edges stand together, and areas in the order of their parts.
        for edges in taking.edges.chunk_by(|a, b| a.part == b.part) {
            let part = edges[0].part;
            let closed = taking.areas.binary_search_by_key(&part, |area| area.part).is_ok();
            if closed && edges.len() <= PATCH_EDGES {
                self.patch(item, edges, halo_m2, |from, to| What::Closed { from, to });
                continue;
            }
            large |= closed;
            for few in edges.chunks(PATCH_EDGES) {
                self.patch(item, few, halo_m2, |from, to| What::Open { from, to });
            }
        }
        if large
            && let (Some(frame), Ok(at)) =
                (frame_of(&taking.edges), u32::try_from(self.large.len()))
        {
            self.large.push(PlaceIndex::build(std::iter::once(geometry)));
            self.patches.push(Patch { frame, halo_m2, item, what: What::Large(at) });
        }
    }

    fn patch(&mut self, item: u32, edges: &[Edge], halo_m2: f64, what: impl Fn(u32, u32) -> What) {
        let from = self.edges.len();
        let to = from + edges.len();
        if let (Some(frame), Ok(from), Ok(to)) =
            (frame_of(edges), u32::try_from(from), u32::try_from(to))
        {
            self.edges.extend_from_slice(edges);
            self.patches.push(Patch { frame, halo_m2, item, what: what(from, to) });
        }
    }

    /// Hands over every item that holds the point or lies no farther than its halo, by number, as
    /// far as it is `wanted`.
    #[inline]
    pub fn around(
        &self,
        p: GridPoint,
        mut wanted: impl FnMut(u32) -> bool,
        mut take: impl FnMut(Lie),
    ) {
        let Some(cells) = &self.cells else { return };
        let list = cells.at(p);
        if list.is_empty() {
            return;
        }
        let ruler = Ruler::at(p);
        for patches in list.chunk_by(|a, b| self.item(*a) == self.item(*b)) {
            let item = self.item(patches[0]);
            if !wanted(item) {
                continue;
            }
            let mut near = Near { inside: false, square: f64::INFINITY };
            for &at in patches {
                self.measure(&self.patches[at as usize], p, &ruler, &mut near);
            }
            if near.inside || near.square < f64::INFINITY {
                take(Lie { item, inside: near.inside, border_m: near.square.sqrt() });
            }
        }
    }

    fn item(&self, patch: u32) -> u32 {
        self.patches[patch as usize].item
    }

    fn measure(&self, patch: &Patch, p: GridPoint, ruler: &Ruler, near: &mut Near) {
        let (from, to, closed) = match patch.what {
            What::Open { from, to } => (from, to, false),
            What::Closed { from, to } => (from, to, true),
            What::Large(at) => {
                near.inside |=
                    patch.frame.holds(p) && !self.large[at as usize].covering(p).is_empty();
                return;
            }
        };
        if ruler.bound_m2(patch.frame) > patch.halo_m2 {
            return;
        }
        let edges = &self.edges[from as usize..to as usize];
        let square = edges.iter().map(|edge| ruler.edge_m2(edge)).fold(f64::INFINITY, f64::min);
        if square <= patch.halo_m2 {
            near.square = near.square.min(square);
        }
        if closed && patch.frame.holds(p) {
            let mut standing = Standing::Outside;
            for edge in edges {
                standing.pass(edge, p);
            }
            near.inside |= standing != Standing::Outside;
        }
    }
}

/// What is known of the item under way.
struct Near {
    inside: bool,
    /// Square of the distance, m².
    square: f64,
}

/// The box with so many metres around it, clamped to the globe; never narrower than that.
fn grown(frame: GridBox, by_m: f64) -> GridBox {
    // 1 % and a step more than the metres say.
    let metres = by_m * 1.01;
    let (low, high) = (frame.min.degrees(), frame.max.degrees());
    let by_lat = metres / LAT_M_MIN;
    let lat = (low.lat().abs().max(high.lat().abs()) + by_lat).min(90.0);
    let by_lon = (metres / Scale::at(lat).lon_m.max(1e-3)).min(360.0);
    let clamp = |degrees: f64, most: f64| step(degrees.clamp(-most, most));
    GridBox {
        min: GridPoint {
            x: clamp(low.lon() - by_lon, 180.0).saturating_sub(1),
            y: clamp(low.lat() - by_lat, 90.0).saturating_sub(1),
        },
        max: GridPoint {
            x: clamp(high.lon() + by_lon, 180.0).saturating_add(1),
            y: clamp(high.lat() + by_lat, 90.0).saturating_add(1),
        },
    }
}

#[cfg(test)]
mod tests {
    use geo_types::{LineString, Point, Polygon, Rect};
    use proptest::prelude::*;

    use super::*;
    use crate::geom::coord::STEPS_PER_DEGREE;

    #[test]
    fn a_grown_box_is_never_narrower_than_its_metres() {
        let p = GridPoint { x: 1_094_840_000, y: 365_850_000 };
        let frame = grown(GridBox { min: p, max: p }, 300.0);
        let scale = Scale::at(p.degrees().lat());
        let steps = |a: i32, b: i32| f64::from(a - b) / STEPS_PER_DEGREE;
        for metres in [
            steps(frame.max.x, p.x) * scale.lon_m,
            steps(p.x, frame.min.x) * scale.lon_m,
            steps(frame.max.y, p.y) * scale.lat_m,
            steps(p.y, frame.min.y) * scale.lat_m,
        ] {
            assert!((300.0..310.0).contains(&metres), "{metres}");
        }
    }

    fn coordinate() -> impl Strategy<Value = (f64, f64)> {
        (0..4_000_i32, 0..4_000_i32).prop_map(|(x, y)| {
            (109.48 + f64::from(x) / 100_000.0, 36.58 + f64::from(y) / 100_000.0)
        })
    }

    fn shape() -> impl Strategy<Value = Geometry<f64>> {
        let round = |(x, y): (f64, f64), r: f64, corners: u32| {
            let at = |i: u32| {
                let t = f64::from(i) / f64::from(corners) * std::f64::consts::TAU;
                (x + r * t.cos(), y + r * t.sin())
            };
            Polygon::new((0..corners).map(at).collect::<LineString<f64>>(), vec![])
        };
        prop_oneof![
            coordinate().prop_map(|(x, y)| Geometry::Point(Point::new(x, y))),
            proptest::collection::vec(coordinate(), 2..90)
                .prop_map(|line| Geometry::LineString(LineString::from(line))),
            (coordinate(), 0.0005..0.01_f64).prop_map(|((x, y), r)| Geometry::Polygon(
                Rect::new((x, y), (x + r, y + r)).to_polygon()
            )),
            (coordinate(), 0.0005..0.01_f64, 3..100_u32)
                .prop_map(move |(at, r, corners)| Geometry::Polygon(round(at, r, corners))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// Against the R-tree, shape by shape.
        #[test]
        fn every_shape_within_its_halo_is_handed_over_with_its_distance(
            shapes in proptest::collection::vec((shape(), 0.0..400.0_f64), 0..12),
            asked in proptest::collection::vec(coordinate(), 1..20),
        ) {
            let index = HaloIndex::build(shapes.iter().map(|(shape, halo_m)| (shape, *halo_m)));
            for (x, y) in asked {
                let p = GridPoint { x: step(x), y: step(y) };
                let mut found = Vec::new();
                index.around(p, |_| true, |lie| found.push(lie));
                let mut expected = Vec::new();
                for (item, (shape, halo_m)) in (0..).zip(&shapes) {
                    let alone = PlaceIndex::build(std::iter::once(shape));
                    let inside = !alone.covering(p).is_empty();
                    let border = PlaceIndex::build(borders(shape).iter());
                    let border = border.nearest(p, 1, *halo_m, &|_| true).first().map(|hit| hit.distance_m);
                    if inside || border.is_some() {
                        expected.push(Lie { item, inside, border_m: border.unwrap_or(f64::INFINITY) });
                    }
                }
                prop_assert_eq!(&found, &expected);
            }
        }
    }

    /// The edges of an area, or the shape itself.
    fn borders(shape: &Geometry<f64>) -> Vec<Geometry<f64>> {
        match shape {
            Geometry::Polygon(polygon) => vec![Geometry::LineString(polygon.exterior().clone())],
            other => vec![other.clone()],
        }
    }

    #[test]
    fn nothing_given_is_nothing_found() {
        let index = HaloIndex::build(std::iter::empty());
        index.around(GridPoint { x: 0, y: 0 }, |_| true, |lie| panic!("{lie:?}"));
    }
}
