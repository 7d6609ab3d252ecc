//! All pairs of segments whose boxes touch.

use crate::geom::coverage::exact::Spot;

/// So few are compared each with each.
const FEW: usize = 24;
/// How often a crowded cell is cut again.
const DEPTH_MAX: u32 = 12;
/// A net is coarsened until a segment lies in no more cells than this, in the mean.
const CELLS_PER_SEGMENT: usize = 4;

/// A box, its edges included.
#[derive(Clone, Copy)]
struct Frame {
    west: i64,
    south: i64,
    east: i64,
    north: i64,
}

impl Frame {
    fn of((a, b): (Spot, Spot)) -> Self {
        Self { west: a.x.min(b.x), south: a.y.min(b.y), east: a.x.max(b.x), north: a.y.max(b.y) }
    }

    fn with(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }
}

/// Hands every pair of segments whose boxes touch to `take`, each once, the smaller number first.
///
/// Segments are dealt into the cells of a net, and a crowded cell is cut by a finer net. A pair is told
/// in the cell that holds the south-western corner of what the two boxes share. Where no net helps (long
/// segments beside each other) a cell is swept from west to east.
pub(super) fn pairs(segments: &[(Spot, Spot)], mut take: impl FnMut(usize, usize)) {
    let frames: Vec<Frame> = segments.iter().map(|&segment| Frame::of(segment)).collect();
    let Some(extent) = frames.iter().copied().reduce(Frame::with) else { return };
    let held: Vec<u32> = (0..).take(frames.len()).collect();
    Search { frames: &frames, take: &mut take }.cell(&held, extent, DEPTH_MAX);
}

struct Search<'a> {
    frames: &'a [Frame],
    take: &'a mut dyn FnMut(usize, usize),
}

impl Search<'_> {
    /// Tells the pairs of one cell.
    fn cell(&mut self, held: &[u32], cell: Frame, depth: u32) {
        if held.len() <= FEW {
            for (at, &one) in held.iter().enumerate() {
                for &other in &held[..at] {
                    self.tell(other, one, cell);
                }
            }
            return;
        }
        match Net::of(self.frames, held, cell).filter(|_| depth > 0) {
            Some(net) => {
                for number in 0..net.begins.len() - 1 {
                    let held = net.held(number);
                    if held.len() > 1 {
                        self.cell(held, net.cell(number), depth - 1);
                    }
                }
            }
            None => self.sweep(held, cell),
        }
    }

    fn sweep(&mut self, held: &[u32], cell: Frame) {
        let mut order = held.to_vec();
        order.sort_unstable_by_key(|&number| self.frames[number as usize].west);
        for (at, &one) in order.iter().enumerate() {
            let east = self.frames[one as usize].east;
            for &other in &order[at + 1..] {
                if self.frames[other as usize].west > east {
                    break;
                }
                self.tell(one, other, cell);
            }
        }
    }

    /// Tells a pair if the boxes touch and this is its cell.
    fn tell(&mut self, one: u32, other: u32, cell: Frame) {
        let (p, q) = (self.frames[one as usize], self.frames[other as usize]);
        let (x, y) = (p.west.max(q.west), p.south.max(q.south));
        let touch = x <= p.east.min(q.east) && y <= p.north.min(q.north);
        let here = cell.west <= x && x <= cell.east && cell.south <= y && y <= cell.north;
        if touch && here {
            (self.take)(one.min(other) as usize, one.max(other) as usize);
        }
    }
}

/// A cell cut into cells of one size.
struct Net {
    extent: Frame,
    /// Cells in a row, and rows.
    across: (i64, i64),
    width: i64,
    height: i64,
    /// Where each cell's list begins in `numbers`, and where the last ends.
    begins: Vec<u32>,
    numbers: Vec<u32>,
}

impl Net {
    /// `None` where cutting parts nothing.
    fn of(frames: &[Frame], held: &[u32], extent: Frame) -> Option<Self> {
        let root = held.len().isqrt();
        let mut most = i64::try_from(root).unwrap_or(1).clamp(2, 1024);
        loop {
            let (wide, high) = (extent.east - extent.west + 1, extent.north - extent.south + 1);
            let across = (most.min(wide), most.min(high));
            let (width, height) =
                ((wide + across.0 - 1) / across.0, (high + across.1 - 1) / across.1);
            let mut net =
                Self { extent, across, width, height, begins: Vec::new(), numbers: Vec::new() };
            if across == (1, 1) {
                return None;
            }
            let all: usize = held.iter().map(|&n| net.span(frames[n as usize]).count()).sum();
            if all <= CELLS_PER_SEGMENT * held.len() {
                net.deal(frames, held, all);
                return Some(net);
            }
            if most == 2 {
                return None;
            }
            most /= 2;
        }
    }

    /// The cells that a box touches.
    fn span(&self, frame: Frame) -> impl Iterator<Item = usize> + use<> {
        let column = |x: i64| ((x - self.extent.west) / self.width).clamp(0, self.across.0 - 1);
        let row = |y: i64| ((y - self.extent.south) / self.height).clamp(0, self.across.1 - 1);
        let (first, last) = (column(frame.west), column(frame.east));
        let (low, high, across) = (row(frame.south), row(frame.north), self.across.0);
        (low..=high).flat_map(move |row| {
            (first..=last).map(move |column| usize::try_from(row * across + column).unwrap_or(0))
        })
    }

    fn deal(&mut self, frames: &[Frame], held: &[u32], all: usize) {
        let cells = usize::try_from(self.across.0 * self.across.1).unwrap_or(0);
        let mut begins = vec![0_u32; cells + 1];
        for &number in held {
            for cell in self.span(frames[number as usize]) {
                begins[cell + 1] += 1;
            }
        }
        for cell in 0..cells {
            begins[cell + 1] += begins[cell];
        }
        let mut next = begins.clone();
        let mut numbers = vec![0; all];
        for &number in held {
            for cell in self.span(frames[number as usize]) {
                numbers[next[cell] as usize] = number;
                next[cell] += 1;
            }
        }
        (self.begins, self.numbers) = (begins, numbers);
    }

    fn held(&self, cell: usize) -> &[u32] {
        &self.numbers[self.begins[cell] as usize..self.begins[cell + 1] as usize]
    }

    fn cell(&self, number: usize) -> Frame {
        let number = i64::try_from(number).unwrap_or(0);
        let (row, column) = (number / self.across.0, number % self.across.0);
        let (west, south) =
            (self.extent.west + column * self.width, self.extent.south + row * self.height);
        Frame {
            west,
            south,
            east: (west + self.width - 1).min(self.extent.east),
            north: (south + self.height - 1).min(self.extent.north),
        }
    }
}
