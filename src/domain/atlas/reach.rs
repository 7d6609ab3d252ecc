//! The rules by place: which of them reach a point, and by how much. Asks neither category nor
//! time.
//!
//! A coarse grid over everything that rules reach says which few rules are worth a look at a
//! point; the look itself is exact. Most points of a city have none, and cost one read of a table.

use geo::{BoundingRect, LinesIter};
use geo_types::{Geometry, LineString, Rect};

use crate::domain::atlas::facility::Facility;
use crate::domain::atlas::places::Places;
use crate::domain::atlas::rule::{Reach, Rule};
use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::index::PlaceIndex;
use crate::geom::measure::area_m2;
use crate::geom::project::Scale;

/// How far (m) beyond its reach a rule is still looked at: a position that lies so near may truly
/// lie within.
pub const NEAR_M_MAX: f64 = 100.0;
/// Most cells a side of the coarse grid.
const CELLS: u16 = 256;
/// Most entries of the coarse grid.
const ENTRIES_MAX: usize = 8_000_000;
/// Fewest metres in a degree of latitude on the ellipsoid (at the equator, rounded down).
const LAT_M_MIN: f64 = 110_500.0;

/// A rule near a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The rule's place in the list.
    pub rule: u32,
    /// The facility by which it reaches the point, by its place in the list.
    pub facility: Option<u32>,
    /// Distance (m) to the component, line or grounds; 0 within them, and for areas and everywhere.
    pub distance_m: f64,
    /// How far (m) the point lies within the rule's own border; negative outside. Infinite for a
    /// rule that holds everywhere.
    pub inside_m: f64,
}

/// The rules by place.
pub struct ReachIndex {
    rules: Vec<Placed>,
    everywhere: Vec<u32>,
    grid: Option<Grid>,
}

/// A rule's own shape, where it has one.
struct Placed {
    shape: Option<Shape>,
    /// Square metres of an area, metres of reach of the others; 0 everywhere.
    extent: f64,
}

enum Shape {
    /// One geometry: a line, or the ring's one facility.
    Whole { index: PlaceIndex, facility: Option<u32> },
    /// An area, and its rings cut into edges.
    Area { area: PlaceIndex, edges: PlaceIndex },
}

impl ReachIndex {
    /// Indexes the rules that are switched on. Geometries, facilities and numbers are checked by
    /// the caller; facilities are sorted by id.
    #[must_use]
    pub fn build(rules: &[Rule], facilities: &[Facility]) -> Self {
        let placed = rules.iter().map(|rule| Placed::build(rule, facilities)).collect();
        let on = || (0u32..).zip(rules).filter(|(_, rule)| rule.enabled);
        let everywhere =
            on().filter(|(_, rule)| rule.reach == Reach::Everywhere).map(|(at, _)| at).collect();
        let mut boxes = Vec::new();
        for (at, rule) in on() {
            reached(rule, facilities, &mut |frame| boxes.push((at, frame)));
        }
        Self { rules: placed, everywhere, grid: Grid::build(&boxes) }
    }

    /// The switched-on rules that may lie near `p`, by number: those that hold everywhere, and
    /// those whose reach is in the same cell of the coarse grid.
    pub fn candidates(&self, p: GridPoint) -> impl Iterator<Item = u32> {
        let here = self.grid.as_ref().map_or(&[][..], |grid| grid.at(p));
        here.iter().chain(&self.everywhere).copied()
    }

    /// How the point lies to one rule; `None` more than `margin_m` (at most [`NEAR_M_MAX`]) outside.
    #[must_use]
    pub fn near(
        &self,
        number: u32,
        rule: &Rule,
        places: &Places,
        p: GridPoint,
        margin_m: f64,
    ) -> Option<Near> {
        let shape = self.rules.get(number as usize)?.shape.as_ref();
        let margin_m = margin_m.min(NEAR_M_MAX);
        let (facility, distance_m, reach_m) = match (&rule.reach, shape) {
            (Reach::Everywhere, _) => (None, 0.0, f64::INFINITY),
            (Reach::Area { .. }, Some(Shape::Area { area, edges })) => {
                return near_area(number, area, edges, p, margin_m);
            }
            (
                Reach::Line { buffer_m: reach_m, .. } | Reach::Ring { radius_m: reach_m, .. },
                Some(Shape::Whole { index, facility }),
            ) => {
                let hit = *index.nearest(p, 1, reach_m + margin_m, &|_| true).first()?;
                (*facility, hit.distance_m, *reach_m)
            }
            (
                Reach::Ring { kind, radius_m: reach_m, .. }
                | Reach::Component { kind, within_m: reach_m },
                _,
            ) => {
                let hit = places.nearest_one(p, *kind, reach_m + margin_m)?;
                (Some(hit.item), hit.distance_m, *reach_m)
            }
            (Reach::Area { .. } | Reach::Line { .. }, _) => return None,
        };
        Some(Near { rule: number, facility, distance_m, inside_m: reach_m - distance_m })
    }

    /// The size by which two rules of one class are compared: square metres of an area, metres of
    /// reach of a component, line or ring, 0 everywhere.
    #[must_use]
    pub fn extent(&self, number: u32) -> f64 {
        self.rules.get(number as usize).map_or(0.0, |placed| placed.extent)
    }
}

fn near_area(
    number: u32,
    area: &PlaceIndex,
    edges: &PlaceIndex,
    p: GridPoint,
    margin_m: f64,
) -> Option<Near> {
    let inside = !area.in_box(GridBox { min: p, max: p }).is_empty();
    let far_m = if inside { NEAR_M_MAX } else { margin_m };
    let edge = edges.nearest(p, 1, far_m, &|_| true).first().map(|hit| hit.distance_m);
    let inside_m = match (inside, edge) {
        (true, Some(edge_m)) => edge_m,
        // Farther from its border than any accuracy that is weighed: as good as infinitely far.
        (true, None) => f64::INFINITY,
        (false, Some(edge_m)) => -edge_m,
        (false, None) => return None,
    };
    Some(Near { rule: number, facility: None, distance_m: (-inside_m).max(0.0), inside_m })
}

impl Placed {
    fn build(rule: &Rule, facilities: &[Facility]) -> Self {
        let whole = |geometry, facility| {
            Some(Shape::Whole { index: PlaceIndex::build(std::iter::once(geometry)), facility })
        };
        match &rule.reach {
            Reach::Component { within_m, .. } => Self { shape: None, extent: *within_m },
            Reach::Line { line, buffer_m } => Self { shape: whole(line, None), extent: *buffer_m },
            Reach::Ring { facility: None, radius_m, .. } => Self { shape: None, extent: *radius_m },
            Reach::Ring { facility: Some(id), radius_m, .. } => {
                let at = facilities.binary_search_by(|f| f.id.cmp(id)).ok();
                let item = at.and_then(|at| u32::try_from(at).ok());
                let shape = at.and_then(|at| whole(&facilities[at].geometry, item));
                Self { shape, extent: *radius_m }
            }
            Reach::Area { area } => {
                let edges: Vec<Geometry<f64>> = lines(area);
                let shape = Shape::Area {
                    area: PlaceIndex::build(std::iter::once(area)),
                    edges: PlaceIndex::build(edges.iter()),
                };
                Self { shape: Some(shape), extent: area_m2(area) }
            }
            Reach::Everywhere => Self { shape: None, extent: 0.0 },
        }
    }
}

/// The edges of a geometry, each a line of its own; of points, the points.
fn lines(geometry: &Geometry<f64>) -> Vec<Geometry<f64>> {
    let lines: Vec<Geometry<f64>> = match geometry {
        Geometry::Polygon(polygon) => polygon.lines_iter().map(edge).collect(),
        Geometry::MultiPolygon(polygons) => polygons.lines_iter().map(edge).collect(),
        other => vec![other.clone()],
    };
    if lines.is_empty() { vec![geometry.clone()] } else { lines }
}

fn edge(line: geo_types::Line<f64>) -> Geometry<f64> {
    Geometry::LineString(LineString(vec![line.start, line.end]))
}

/// Gives every box (with [`NEAR_M_MAX`] around it) outside of which the rule is never near.
fn reached(rule: &Rule, facilities: &[Facility], give: &mut dyn FnMut(GridBox)) {
    match &rule.reach {
        Reach::Component { kind, within_m: reach_m }
        | Reach::Ring { kind, facility: None, radius_m: reach_m } => {
            for facility in facilities.iter().filter(|f| f.kind == *kind) {
                give_box(facility.geometry.bounding_rect(), *reach_m, give);
            }
        }
        Reach::Ring { facility: Some(id), radius_m, .. } => {
            if let Ok(at) = facilities.binary_search_by(|f| f.id.cmp(id)) {
                give_box(facilities[at].geometry.bounding_rect(), *radius_m, give);
            }
        }
        Reach::Line { line, buffer_m } => match line {
            // A road across the city fills its box poorly: edge by edge.
            Geometry::LineString(line) => {
                line.lines().for_each(|edge| give_box(Some(edge.bounding_rect()), *buffer_m, give));
                give_box(line.0.first().map(|c| Rect::new(*c, *c)), *buffer_m, give);
            }
            Geometry::MultiLineString(lines) => {
                for line in lines {
                    give_box(line.0.first().map(|c| Rect::new(*c, *c)), *buffer_m, give);
                    line.lines()
                        .for_each(|edge| give_box(Some(edge.bounding_rect()), *buffer_m, give));
                }
            }
            other => give_box(other.bounding_rect(), *buffer_m, give),
        },
        Reach::Area { area } => give_box(area.bounding_rect(), 0.0, give),
        Reach::Everywhere => {}
    }
}

fn give_box(rect: Option<Rect<f64>>, reach_m: f64, give: &mut dyn FnMut(GridBox)) {
    let Some(rect) = rect else { return };
    // An index may widen, never narrow: 1 % more than the metres say.
    let metres = (reach_m + NEAR_M_MAX) * 1.01;
    let by_lat = metres / LAT_M_MIN;
    let lat = (rect.min().y.abs().max(rect.max().y.abs()) + by_lat).min(90.0);
    let by_lon = (metres / Scale::at(lat).lon_m.max(1e-3)).min(360.0);
    let clamp = |degrees: f64, most: f64| step(degrees.clamp(-most, most));
    give(GridBox {
        min: GridPoint {
            x: clamp(rect.min().x - by_lon, 180.0),
            y: clamp(rect.min().y - by_lat, 90.0),
        },
        max: GridPoint {
            x: clamp(rect.max().x + by_lon, 180.0),
            y: clamp(rect.max().y + by_lat, 90.0),
        },
    });
}

/// A coarse grid of rule numbers.
struct Grid {
    frame: GridBox,
    /// Cells a side.
    cells: u16,
    /// Steps in a cell, along x and along y; at least 1.
    cell: (i64, i64),
    /// Where a cell's list begins in `rules`; one more than there are cells.
    starts: Vec<usize>,
    rules: Vec<u32>,
}

impl Grid {
    /// Boxes of rules, those of one rule together.
    fn build(boxes: &[(u32, GridBox)]) -> Option<Self> {
        let frame = boxes.iter().map(|(_, frame)| *frame).reduce(|a, b| GridBox {
            min: GridPoint { x: a.min.x.min(b.min.x), y: a.min.y.min(b.min.y) },
            max: GridPoint { x: a.max.x.max(b.max.x), y: a.max.y.max(b.max.y) },
        })?;
        let mut grid = Self::empty(frame, CELLS);
        // Thousands of rules that each reach across the whole city: fewer, larger cells.
        while grid.cells > 1 && grid.entries(boxes) > ENTRIES_MAX {
            grid = Self::empty(frame, grid.cells / 2);
        }
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); usize::from(grid.cells).pow(2)];
        for (rule, frame) in boxes {
            let ((x0, y0), (x1, y1)) = (grid.column_row(frame.min), grid.column_row(frame.max));
            let row = usize::from(grid.cells);
            for list in (y0..=y1).flat_map(|y| y * row + x0..=y * row + x1) {
                if lists[list].last() != Some(rule) {
                    lists[list].push(*rule);
                }
            }
        }
        for list in lists {
            grid.starts.push(grid.rules.len());
            grid.rules.extend(list);
        }
        grid.starts.push(grid.rules.len());
        Some(grid)
    }

    fn empty(frame: GridBox, cells: u16) -> Self {
        let side = |from: i32, to: i32| (i64::from(to) - i64::from(from)) / i64::from(cells) + 1;
        let cell = (side(frame.min.x, frame.max.x), side(frame.min.y, frame.max.y));
        Self { frame, cells, cell, starts: Vec::new(), rules: Vec::new() }
    }

    /// At most how many entries the boxes would make.
    fn entries(&self, boxes: &[(u32, GridBox)]) -> usize {
        let cells = |frame: &GridBox| {
            let ((x0, y0), (x1, y1)) = (self.column_row(frame.min), self.column_row(frame.max));
            (x1 - x0 + 1) * (y1 - y0 + 1)
        };
        boxes.iter().map(|(_, frame)| cells(frame)).sum()
    }

    /// The cell of a point in the frame.
    #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "0 to 255")]
    fn column_row(&self, p: GridPoint) -> (usize, usize) {
        let x = (i64::from(p.x) - i64::from(self.frame.min.x)) / self.cell.0;
        let y = (i64::from(p.y) - i64::from(self.frame.min.y)) / self.cell.1;
        let last = i64::from(self.cells) - 1;
        (x.clamp(0, last) as usize, y.clamp(0, last) as usize)
    }

    fn at(&self, p: GridPoint) -> &[u32] {
        if !self.frame.holds(p) {
            return &[];
        }
        let (x, y) = self.column_row(p);
        let cell = y * usize::from(self.cells) + x;
        &self.rules[self.starts[cell]..self.starts[cell + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::coord::STEPS_PER_DEGREE;

    #[test]
    fn a_box_is_never_narrower_than_its_metres() {
        let place = geo_types::Coord { x: 109.484, y: 36.585 };
        let mut given = None;
        give_box(Some(Rect::new(place, place)), 200.0, &mut |frame| given = Some(frame));
        let frame = given.unwrap();
        let scale = Scale::at(place.y);
        let east_m = (f64::from(frame.max.x) / STEPS_PER_DEGREE - place.x) * scale.lon_m;
        let north_m = (f64::from(frame.max.y) / STEPS_PER_DEGREE - place.y) * scale.lat_m;
        for metres in [east_m, north_m] {
            assert!((300.0..310.0).contains(&metres), "{metres}");
        }
    }

    #[test]
    fn a_cell_names_every_rule_whose_box_touches_it_and_a_far_one_none() {
        let frame = |x: i32, y: i32, side: i32| GridBox {
            min: GridPoint { x, y },
            max: GridPoint { x: x + side, y: y + side },
        };
        let grid =
            Grid::build(&[(0, frame(0, 0, 1_000)), (0, frame(5, 5, 9)), (2, frame(0, 0, 10))]);
        let grid = grid.unwrap();
        assert_eq!(grid.at(GridPoint { x: 4, y: 4 }), [0, 2]);
        assert_eq!(grid.at(GridPoint { x: 1_000, y: 1_000 }), [0]);
        assert!(grid.at(GridPoint { x: 1_001, y: 0 }).is_empty());
        assert!(Grid::build(&[]).is_none());
    }
}
