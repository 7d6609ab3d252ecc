//! The lattice of streets and rivers: nodes, winding edges, cells. Every edge is kept once, so that
//! whatever is made of whole cells shares its borders to the last digit.

use std::collections::BTreeMap;

use crate::domain::sample::dice::{Dice, count, real};
use crate::domain::sample::lattice::{Lattice, Way};
use crate::domain::sample::valley::{Arm, Frame, Side, Spot};
use crate::geom::coord::GridPoint;

/// How far apart the vertices of a winding edge stand, about.
const VERTEX_M: f64 = 26.0;
/// How far a vertex strays from the smooth curve.
const STRAY_M: f64 = 1.1;

/// A piece of street, river or hill foot between two nodes.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) ends: (u32, u32),
    /// Vertices between the ends.
    pub(super) inner: Vec<GridPoint>,
    /// The cell to the left and the one to the right.
    pub(super) cells: [Option<u32>; 2],
    pub(super) line: u32,
    pub(super) length_m: f64,
}

impl Edge {
    /// The cell across from `cell`.
    pub(super) fn across(&self, cell: u32) -> Option<u32> {
        if self.cells[0] == Some(cell) { self.cells[1] } else { self.cells[0] }
    }
}

/// A chain of edges of one kind: one street, one river arm.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) way: Way,
    pub(super) nodes: Vec<u32>,
    pub(super) edges: Vec<u32>,
}

/// The ground between four nodes.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) arm: Arm,
    pub(super) side: Side,
    /// The sector between two arms, named by the arm on its right.
    pub(super) sector: Arm,
    /// From the far end of the one arm to that of the other, 0 and -1 at the seam.
    pub(super) column: i32,
    /// 0 at the river.
    pub(super) row: i32,
    /// Counter-clockwise; `true`: the edge runs that way.
    pub(super) edges: Vec<(u32, bool)>,
    pub(super) area_m2: f64,
    pub(super) middle: Spot,
}

impl Cell {
    /// Half of the river bed.
    pub(super) fn is_river(&self) -> bool {
        self.row == 0
    }
}

/// The whole lattice of a city.
#[derive(Clone, Debug)]
pub(super) struct Mesh {
    pub(super) frame: Frame,
    pub(super) points: Vec<GridPoint>,
    pub(super) spots: Vec<Spot>,
    pub(super) edges: Vec<Edge>,
    pub(super) lines: Vec<Line>,
    pub(super) cells: Vec<Cell>,
    /// How much larger than the first city.
    pub(super) size: f64,
    /// Rows of cells between river and hill foot.
    pub(super) rows: usize,
}

impl Mesh {
    pub(super) fn new(seed: u64, city: u32, zones: u32) -> Self {
        let lattice = Lattice::new(seed, zones);
        let frame = Frame::of_city(city, lattice.size);
        let mut mesh = Self {
            points: lattice.spots.iter().map(|spot| frame.grid(*spot)).collect(),
            frame,
            spots: lattice.spots,
            edges: Vec::new(),
            lines: Vec::new(),
            cells: Vec::new(),
            size: lattice.size,
            rows: lattice.rows,
        };
        let mut between = BTreeMap::new();
        let mut dice = Dice::for_purpose(seed, "edges");
        for (way, nodes) in lattice.lines {
            mesh.add_line(way, nodes, &mut dice, &mut between);
        }
        for plot in &lattice.plots {
            let number = u32::try_from(mesh.cells.len()).unwrap_or(u32::MAX);
            let mut edges = Vec::with_capacity(4);
            for at in 0..4 {
                let (from, to) = (plot.corners[at], plot.corners[(at + 1) % 4]);
                let Some(&edge) = between.get(&(from.min(to), from.max(to))) else { continue };
                let forward = mesh.edges[edge as usize].ends.0 == from;
                mesh.edges[edge as usize].cells[usize::from(!forward)] = Some(number);
                edges.push((edge, forward));
            }
            mesh.cells.push(Cell {
                arm: plot.arm,
                side: plot.side,
                sector: plot.sector,
                column: plot.column,
                row: plot.row,
                edges,
                area_m2: 0.0,
                middle: Spot::default(),
            });
            let cell = mesh.measure(number);
            let last = mesh.cells.len() - 1;
            (mesh.cells[last].area_m2, mesh.cells[last].middle) = cell;
        }
        mesh
    }

    fn add_line(
        &mut self,
        way: Way,
        nodes: Vec<u32>,
        dice: &mut Dice,
        between: &mut BTreeMap<(u32, u32), u32>,
    ) {
        let line = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let mut edges = Vec::with_capacity(nodes.len());
        for at in 0..nodes.len().saturating_sub(1) {
            let (from, to) = (nodes[at], nodes[at + 1]);
            let (a, b) = (self.spots[from as usize], self.spots[to as usize]);
            let before = at.checked_sub(1).map(|at| self.spots[nodes[at] as usize]);
            let after = nodes.get(at + 2).map(|node| self.spots[*node as usize]);
            let inner = winding([before, Some(a), Some(b), after], dice);
            let edge = u32::try_from(self.edges.len()).unwrap_or(u32::MAX);
            between.insert((from.min(to), from.max(to)), edge);
            self.edges.push(Edge {
                ends: (from, to),
                inner: inner.into_iter().map(|spot| self.frame.grid(spot)).collect(),
                cells: [None, None],
                line,
                length_m: b.minus(a).length(),
            });
            edges.push(edge);
        }
        self.lines.push(Line { way, nodes, edges });
    }

    fn measure(&self, cell: u32) -> (f64, Spot) {
        let ring: Vec<Spot> = self.cells[cell as usize]
            .edges
            .iter()
            .flat_map(|&(edge, forward)| self.along(edge, forward))
            .map(|point| self.frame.spot(point))
            .collect();
        let (mut area2, mut middle) = (0.0, Spot::default());
        let origin = ring.first().copied().unwrap_or_default();
        for at in 0..ring.len() {
            let (a, b) = (ring[at].minus(origin), ring[(at + 1) % ring.len()].minus(origin));
            let cross = a.x * b.y - b.x * a.y;
            area2 += cross;
            middle = middle.plus(a, cross).plus(b, cross);
        }
        let middle = if area2 == 0.0 { middle } else { middle.times(1.0 / (3.0 * area2)) };
        (area2 / 2.0, origin.plus(middle, 1.0))
    }

    /// The points of an edge in a direction, without the last.
    pub(super) fn along(
        &self,
        edge: u32,
        forward: bool,
    ) -> Box<dyn Iterator<Item = GridPoint> + '_> {
        let edge = &self.edges[edge as usize];
        let inner = edge.inner.iter().copied();
        if forward {
            Box::new(std::iter::once(self.points[edge.ends.0 as usize]).chain(inner))
        } else {
            Box::new(std::iter::once(self.points[edge.ends.1 as usize]).chain(inner.rev()))
        }
    }

    /// The cells that share an edge with `cell`, each with the edge.
    pub(super) fn neighbours(&self, cell: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.cells[cell as usize].edges.iter().filter_map(move |&(edge, _)| {
            self.edges[edge as usize].across(cell).map(|other| (other, edge))
        })
    }

    /// The cell whose middle is nearest.
    pub(super) fn nearest_cell(&self, spot: Spot, wanted: impl Fn(&Cell) -> bool) -> u32 {
        let mut best = (f64::MAX, 0);
        for (number, cell) in (0u32..).zip(&self.cells) {
            let away = cell.middle.minus(spot).length();
            if away < best.0 && wanted(cell) {
                best = (away, number);
            }
        }
        best.1
    }
}

/// The vertices between the two middle spots of four on a line: a cubic curve that passes the
/// ends in the direction of the line, with a little straying.
fn winding(spots: [Option<Spot>; 4], dice: &mut Dice) -> Vec<Spot> {
    let [before, Some(a), Some(b), after] = spots else { return Vec::new() };
    let chord = b.minus(a);
    let length = chord.length();
    let tangent = |one: Spot, two: Spot| {
        let (first, second) = (one.length(), two.length());
        one.unit().times(second).plus(two.unit(), first).unit().times(length)
    };
    let leaving = before.map_or(chord, |before| tangent(a.minus(before), chord));
    let arriving = after.map_or(chord, |after| tangent(chord, after.minus(b)));
    let pieces = count(length / VERTEX_M).max(1);
    (1..pieces)
        .map(|piece| {
            let t = real(piece) / real(pieces);
            let (t2, t3) = (t * t, t * t * t);
            Spot::default()
                .plus(a, 2.0 * t3 - 3.0 * t2 + 1.0)
                .plus(leaving, t3 - 2.0 * t2 + t)
                .plus(b, 3.0 * t2 - 2.0 * t3)
                .plus(arriving, t3 - t2)
                .plus(chord.unit().left(), dice.between(-STRAY_M, STRAY_M))
        })
        .collect()
}
