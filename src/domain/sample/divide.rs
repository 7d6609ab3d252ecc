//! Easy to manage, close to the unit, relatively balanced 便于管理、就近参与、相对平衡: the cells of
//! a sector are cut along its streets, again and again, then the borders are improved cell by cell.

use std::collections::BTreeMap;

use crate::domain::sample::dice::{count, real};
use crate::domain::sample::mesh::Mesh;

/// What an imbalance costs beside the length of a cut.
const BALANCE_COST: f64 = 7.0;
/// What an imbalance costs beside the length of a border, when single cells move.
const MOVE_COST: f64 = 2.2;
/// How often every cell is looked at.
const SWEEPS: usize = 8;

/// The lattice as the divider sees it.
pub(super) struct Ground<'a> {
    pub(super) mesh: &'a Mesh,
    /// Workload of each cell.
    pub(super) weights: &'a [f64],
    /// What a metre of border along each edge costs: 1, less along rivers and named streets.
    pub(super) tolls: &'a [f64],
}

impl Ground<'_> {
    /// Cuts connected cells into `parts` connected parts of about equal weight, at most one for
    /// every cell.
    pub(super) fn cut(&self, cells: Vec<u32>, parts: usize) -> Vec<Vec<u32>> {
        let mut open = vec![(cells, parts)];
        let mut done = Vec::new();
        while let Some((cells, parts)) = open.pop() {
            let parts = parts.min(cells.len());
            if parts < 2 {
                done.push(cells);
            } else {
                let (one, two) = self.halve(&cells, parts);
                open.extend([two, one]);
            }
        }
        done
    }

    fn halve(&self, cells: &[u32], parts: usize) -> ((Vec<u32>, usize), (Vec<u32>, usize)) {
        let mut cuts = self.cuts(cells, parts, true);
        cuts.extend(self.cuts(cells, parts, false));
        cuts.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        for cut in &cuts {
            let (one, two): (Vec<u32>, Vec<u32>) =
                cells.iter().partition(|cell| self.place(**cell, cut.columns) < cut.at);
            let fits = one.len() >= cut.parts && two.len() >= parts - cut.parts;
            if fits && self.connected(&one) && self.connected(&two) {
                return ((one, cut.parts), (two, parts - cut.parts));
            }
        }
        self.peel(cells, parts)
    }

    /// Where no straight cut will do: one cell whose absence leaves the rest connected.
    fn peel(&self, cells: &[u32], parts: usize) -> ((Vec<u32>, usize), (Vec<u32>, usize)) {
        for cell in cells {
            let rest: Vec<u32> = cells.iter().copied().filter(|other| other != cell).collect();
            if self.connected(&rest) {
                return ((vec![*cell], 1), (rest, parts - 1));
            }
        }
        ((cells.to_vec(), 1), (Vec::new(), 0))
    }

    fn place(&self, cell: u32, columns: bool) -> i32 {
        let cell = &self.mesh.cells[cell as usize];
        if columns { cell.column } else { cell.row }
    }

    fn cuts(&self, cells: &[u32], parts: usize, columns: bool) -> Vec<Cut> {
        let mut members = cells.to_vec();
        members.sort_unstable();
        // Before which place: weight that lies there, cost of the border in front of it.
        let mut places: BTreeMap<i32, (f64, f64)> = BTreeMap::new();
        let (mut weight, mut area) = (0.0, 0.0);
        for &cell in cells {
            let place = self.place(cell, columns);
            let at = places.entry(place).or_default();
            at.0 += self.weights[cell as usize];
            for (other, edge) in self.mesh.neighbours(cell) {
                if self.place(other, columns) < place && members.binary_search(&other).is_ok() {
                    at.1 += self.toll_m(edge);
                }
            }
            weight += self.weights[cell as usize];
            area += self.mesh.cells[cell as usize].area_m2;
        }
        let (mut before, mut cuts) = (0.0, Vec::new());
        for (nth, (at, (here, toll))) in places.into_iter().enumerate() {
            if nth > 0 {
                let exact = before / weight * real(parts);
                let one = count(exact).clamp(1, parts - 1);
                let off = (exact - real(one)).abs() / real(one.min(parts - one));
                let uneven = (real(one) / real(parts) - 0.5).abs();
                let cost = toll / area.sqrt() + BALANCE_COST * off * off + 0.2 * uneven;
                cuts.push(Cut { cost, columns, at, parts: one });
            }
            before += here;
        }
        cuts
    }

    fn toll_m(&self, edge: u32) -> f64 {
        self.tolls[edge as usize] * self.mesh.edges[edge as usize].length_m
    }

    fn connected(&self, cells: &[u32]) -> bool {
        let mut members = cells.to_vec();
        members.sort_unstable();
        let mut seen = vec![false; members.len()];
        let mut open = vec![0];
        let mut reached = 0;
        while let Some(at) = open.pop() {
            if at >= members.len() || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            reached += 1;
            for (other, _) in self.mesh.neighbours(members[at]) {
                open.extend(members.binary_search(&other));
            }
        }
        reached == members.len() && reached > 0
    }

    /// Moves single cells between neighbouring parts of one sector while that shortens borders or
    /// evens out weights.
    pub(super) fn improve(&self, parts: &mut [Vec<u32>]) {
        let mut state = State::new(self, parts);
        for _ in 0..SWEEPS {
            let mut moved = false;
            for cell in 0..self.mesh.cells.len() {
                moved |= state.try_move(u32::try_from(cell).unwrap_or(u32::MAX));
            }
            if !moved {
                break;
            }
        }
        for part in parts.iter_mut() {
            part.clear();
        }
        for (cell, owner) in (0u32..).zip(&state.owner) {
            if let Some(part) = parts.get_mut(*owner as usize) {
                part.push(cell);
            }
        }
    }
}

struct Cut {
    cost: f64,
    columns: bool,
    at: i32,
    /// Of the parts, how many lie before the cut.
    parts: usize,
}

struct State<'a> {
    ground: &'a Ground<'a>,
    owner: Vec<u32>,
    weight: Vec<f64>,
    cells: Vec<usize>,
    around: Vec<Vec<u32>>,
    usual: f64,
    /// The side of a usual part.
    usual_m: f64,
}

impl<'a> State<'a> {
    fn new(ground: &'a Ground<'a>, parts: &[Vec<u32>]) -> Self {
        let mesh = ground.mesh;
        let mut owner = vec![u32::MAX; mesh.cells.len()];
        for (part, cells) in (0u32..).zip(parts) {
            for cell in cells {
                owner[*cell as usize] = part;
            }
        }
        let mut around = vec![Vec::new(); mesh.points.len()];
        for (number, cell) in (0u32..).zip(&mesh.cells) {
            for &(edge, forward) in &cell.edges {
                let ends = mesh.edges[edge as usize].ends;
                around[if forward { ends.0 } else { ends.1 } as usize].push(number);
            }
        }
        let weigh = |cells: &Vec<u32>| cells.iter().map(|c| ground.weights[*c as usize]).sum();
        let weight: Vec<f64> = parts.iter().map(weigh).collect();
        let area: f64 = mesh.cells.iter().map(|cell| cell.area_m2).sum();
        let parts_count = real(parts.len().max(1));
        Self {
            ground,
            owner,
            usual: weight.iter().sum::<f64>() / parts_count,
            weight,
            cells: parts.iter().map(Vec::len).collect(),
            around,
            usual_m: (area / parts_count).sqrt(),
        }
    }

    fn try_move(&mut self, cell: u32) -> bool {
        let mesh = self.ground.mesh;
        let from = self.owner[cell as usize];
        let mut best = (-1e-9, None);
        for (other, _) in mesh.neighbours(cell) {
            let to = self.owner[other as usize];
            let same_sector = mesh.cells[other as usize].sector == mesh.cells[cell as usize].sector;
            if to != from && to != u32::MAX && same_sector {
                let change = self.change(cell, from, to);
                if change < best.0 && self.allowed(cell, from, to) {
                    best = (change, Some(to));
                }
            }
        }
        let (_, Some(to)) = best else { return false };
        let weight = self.ground.weights[cell as usize];
        self.owner[cell as usize] = to;
        self.weight[from as usize] -= weight;
        self.weight[to as usize] += weight;
        self.cells[from as usize] -= 1;
        self.cells[to as usize] += 1;
        true
    }

    /// What the move adds to the whole's cost.
    fn change(&self, cell: u32, from: u32, to: u32) -> f64 {
        let mut border_m = 0.0;
        for (other, edge) in self.ground.mesh.neighbours(cell) {
            let owner = self.owner[other as usize];
            if owner == from {
                border_m += self.ground.toll_m(edge);
            } else if owner == to {
                border_m -= self.ground.toll_m(edge);
            }
        }
        let weight = self.ground.weights[cell as usize];
        let off = |w: f64| (w / self.usual - 1.0) * (w / self.usual - 1.0);
        let (a, b) = (self.weight[from as usize], self.weight[to as usize]);
        border_m / self.usual_m + MOVE_COST * (off(a - weight) + off(b + weight) - off(a) - off(b))
    }

    /// Whether both parts stay in one piece, without holes and without touching themselves.
    fn allowed(&self, cell: u32, from: u32, to: u32) -> bool {
        if self.cells[from as usize] < 2 {
            return false;
        }
        let mesh = self.ground.mesh;
        let whole = mesh.cells[cell as usize].edges.iter().all(|&(edge, forward)| {
            let ends = mesh.edges[edge as usize].ends;
            let node = if forward { ends.0 } else { ends.1 };
            let around = &self.around[node as usize];
            let stays = |c: u32| c != cell && self.owner[c as usize] == from;
            let comes = |c: u32| c == cell || self.owner[c as usize] == to;
            self.in_one_piece(around, stays) && self.in_one_piece(around, comes)
        });
        if !whole {
            return false;
        }
        // The sides towards the old part, and those towards the new one, must each be one run.
        self.runs(cell, from) == 1 && self.runs(cell, to) == 1
    }

    fn in_one_piece(&self, around: &[u32], member: impl Fn(u32) -> bool) -> bool {
        let cells: Vec<u32> = around.iter().copied().filter(|cell| member(*cell)).collect();
        cells.len() < 2 || self.ground.connected(&cells)
    }

    fn runs(&self, cell: u32, part: u32) -> usize {
        let mesh = self.ground.mesh;
        let edges = &mesh.cells[cell as usize].edges;
        let is = |at: usize| {
            let across = mesh.edges[edges[at % edges.len()].0 as usize].across(cell);
            across.is_some_and(|other| self.owner[other as usize] == part)
        };
        (0..edges.len()).filter(|at| is(*at) && !is(at + edges.len() - 1)).count()
    }
}
