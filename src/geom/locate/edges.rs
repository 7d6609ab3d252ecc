//! The edges of all areas, each once, with the polygons that use it.
#![expect(
    clippy::cast_possible_truncation,
    reason = "packed words: every narrowing keeps the bits that are meant"
)]

use geo_types::{LineString, MultiPolygon};

use crate::geom::coord::{GridBox, GridPoint, step};

/// An edge, its lower end first; of a level edge the western end first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) low: GridPoint,
    pub(super) high: GridPoint,
}

/// A polygon that uses an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    /// The polygon's number.
    pub(super) piece: u32,
    /// Whether it uses the edge an odd number of times. Used twice, an edge bounds nothing, but a
    /// point on it still touches the polygon: the two are kept apart.
    pub(super) odd: bool,
}

/// The edges of all areas.
pub(super) struct Outline {
    /// Every edge once.
    pub(super) edges: Vec<Edge>,
    /// The edges in the order of the rings, with repetitions: numbers into `edges`.
    pub(super) walk: Vec<u32>,
    /// Where each ring begins in `walk`.
    pub(super) rings: Vec<u32>,
    /// The area of each polygon; ascending.
    pub(super) area_of_piece: Vec<u16>,
    pub(super) extent: Option<GridBox>,
    owners: Vec<Owner>,
    first_owner: Vec<u32>,
}

impl Edge {
    fn new(a: GridPoint, b: GridPoint) -> Self {
        if (a.y, a.x) <= (b.y, b.x) { Self { low: a, high: b } } else { Self { low: b, high: a } }
    }

    /// Negative when `p` lies right (east) of the edge, zero on its line. Any coordinates: 128 bits
    /// where 64 are not enough.
    pub(super) fn side(self, p: GridPoint) -> i32 {
        let less = |m: i32, n: i32| i64::from(m) - i64::from(n);
        let (dx, dy) = (less(self.high.x, self.low.x), less(self.high.y, self.low.y));
        let (px, py) = (less(p.x, self.low.x), less(p.y, self.low.y));
        let small = |n: i64| i32::try_from(n).is_ok();
        // Each factor below 2^31: each product at most 2^62, their difference below 2^63.
        if small(dx) && small(dy) && small(px) && small(py) {
            sign((dx * py).cmp(&(dy * px)))
        } else {
            let wide = |m: i64, n: i64| i128::from(m) * i128::from(n);
            sign(wide(dx, py).cmp(&wide(dy, px)))
        }
    }

    /// Whether the way from the cell's reference to `p` crosses the edge, up to a constant of the
    /// cell that begins at longitude `west`: the ray westwards from `p + (ε, ε²)` against the edge,
    /// an end beyond the cell's western side prolonged for ever.
    ///
    /// The edges outside the cell then add the same at every point of the cell. An end `a` west
    /// of the cell hands the ray over to the next edge of the ring, which the cell does not know;
    /// prolonged along its own line the edge goes on west of the cell and hands nothing over.
    pub(super) fn toggles(self, west: i64, p: GridPoint) -> bool {
        (self.low.y <= p.y || i64::from(self.low.x) < west)
            && (p.y < self.high.y || i64::from(self.high.x) < west)
            && self.side(p) <= 0
    }

    /// Whether `p` lies on the edge, ends included.
    pub(super) fn holds(self, p: GridPoint) -> bool {
        let (west, east) = (self.low.x.min(self.high.x), self.low.x.max(self.high.x));
        (west..=east).contains(&p.x)
            && (self.low.y..=self.high.y).contains(&p.y)
            && self.side(p) == 0
    }

    /// The longitude at latitude `y` (within the edge), rounded down and up.
    pub(super) fn x_at(self, y: i64) -> (i64, i64) {
        let (dx, dy) = (
            i64::from(self.high.x) - i64::from(self.low.x),
            i64::from(self.high.y) - i64::from(self.low.y),
        );
        let up = y - i64::from(self.low.y);
        if up == 0 || dx == 0 {
            return (self.low.x.into(), self.low.x.into());
        }
        if up == dy {
            return (self.high.x.into(), self.high.x.into());
        }
        let (floor, whole) = if let Some(product) = dx.checked_mul(up) {
            (product.div_euclid(dy), product.rem_euclid(dy) == 0)
        } else {
            let product = i128::from(dx) * i128::from(up);
            let floor = product.div_euclid(dy.into());
            // Between 0 and dx in size: fits.
            (floor as i64, product.rem_euclid(dy.into()) == 0)
        };
        let floor = i64::from(self.low.x) + floor;
        (floor, floor + i64::from(!whole))
    }

    fn key(self) -> u128 {
        let part = |n: i32, at: u32| u128::from(n.cast_unsigned() ^ 0x8000_0000) << at;
        part(self.low.y, 96) | part(self.low.x, 64) | part(self.high.y, 32) | part(self.high.x, 0)
    }
}

fn sign(order: std::cmp::Ordering) -> i32 {
    order as i32
}

/// An edge as a polygon uses it.
struct Use {
    key: u128,
    edge: Edge,
    place: u32,
    piece: u32,
}

impl Outline {
    pub(super) fn read(areas: &[&MultiPolygon<f64>]) -> Self {
        let mut uses = Vec::new();
        let mut rings = Vec::new();
        let mut area_of_piece = Vec::new();
        for (area, shape) in (0_u16..).zip(areas) {
            for polygon in *shape {
                let piece = count(area_of_piece.len());
                area_of_piece.push(area);
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    rings.push(count(uses.len()));
                    read_ring(&mut uses, ring, piece);
                }
            }
        }
        Self::gather(uses, rings, area_of_piece)
    }

    fn gather(mut uses: Vec<Use>, rings: Vec<u32>, area_of_piece: Vec<u16>) -> Self {
        uses.sort_unstable_by_key(|used| (used.key, used.piece));
        let mut walk = vec![0; uses.len()];
        let (mut edges, mut owners, mut first_owner) = (Vec::<Edge>::new(), Vec::new(), Vec::new());
        let mut extent: Option<GridBox> = None;
        let mut last_key = None;
        for used in &uses {
            if last_key != Some(used.key) {
                last_key = Some(used.key);
                first_owner.push(count(owners.len()));
                edges.push(used.edge);
                extent = Some(around(around_one(extent, used.edge.low), used.edge.high));
            }
            walk[used.place as usize] = count(edges.len() - 1);
            let begin = first_owner.last().map_or(0, |&first| first as usize);
            match owners[begin..].last_mut() {
                Some(Owner { piece, odd }) if *piece == used.piece => *odd = !*odd,
                _ => owners.push(Owner { piece: used.piece, odd: true }),
            }
        }
        first_owner.push(count(owners.len()));
        Self { edges, walk, rings, area_of_piece, extent, owners, first_owner }
    }

    /// The polygons that use an edge, ascending.
    pub(super) fn owners(&self, edge: u32) -> &[Owner] {
        let (from, to) = (self.first_owner[edge as usize], self.first_owner[edge as usize + 1]);
        &self.owners[from as usize..to as usize]
    }

    /// The area of a polygon.
    pub(super) fn area(&self, piece: u32) -> u16 {
        self.area_of_piece[piece as usize]
    }
}

fn read_ring(uses: &mut Vec<Use>, ring: &LineString<f64>, piece: u32) {
    let before = uses.len();
    let mut push = |a, b| {
        let edge = Edge::new(a, b);
        uses.push(Use { key: edge.key(), edge, place: count(uses.len()), piece });
    };
    let mut corners = ring.0.iter().map(|c| GridPoint { x: step(c.x), y: step(c.y) });
    let Some(first) = corners.next() else { return };
    let mut last = first;
    for corner in corners {
        if corner != last {
            push(last, corner);
            last = corner;
        }
    }
    // The whole ring rounded to one point: it still touches there.
    if uses.len() == before {
        let edge = Edge::new(first, first);
        uses.push(Use { key: edge.key(), edge, place: count(before), piece });
    }
}

fn around_one(frame: Option<GridBox>, p: GridPoint) -> GridBox {
    around(frame.unwrap_or(GridBox { min: p, max: p }), p)
}

fn around(frame: GridBox, p: GridPoint) -> GridBox {
    let GridBox { min, max } = frame;
    GridBox {
        min: GridPoint { x: min.x.min(p.x), y: min.y.min(p.y) },
        max: GridPoint { x: max.x.max(p.x), y: max.y.max(p.y) },
    }
}

/// A count as 32 bits: more than 2^32 edges do not fit into memory.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
