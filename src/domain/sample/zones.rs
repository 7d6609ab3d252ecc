//! Workload, zones, communities and blocks: each a set of whole cells, each inside the one before.

use crate::domain::sample::dice::{Dice, count, number, real, smooth};
use crate::domain::sample::divide::Ground;
use crate::domain::sample::mesh::{Cell, Mesh};
use crate::domain::sample::streets::{Street, tolls};
use crate::domain::sample::valley::{Arm, Side};

/// What stands on a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    River,
    Residential,
    Commercial,
    Institution,
    Industrial,
    Park,
}

impl Use {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::River => "river",
            Self::Residential => "residential",
            Self::Commercial => "commercial",
            Self::Institution => "institution",
            Self::Industrial => "industrial",
            Self::Park => "park",
        }
    }
}

/// A block: cells of one use, in one community.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) cells: Vec<u32>,
    pub(super) community: usize,
    pub(super) kind: Use,
}

/// The whole division.
pub(super) struct Division {
    /// Workload by cell.
    pub(super) weights: Vec<f64>,
    pub(super) uses: Vec<Use>,
    /// Cells of each zone, in the order of the zones' numbers.
    pub(super) zones: Vec<Vec<u32>>,
    /// Zone and cells of each community, zone by zone.
    pub(super) communities: Vec<(usize, Vec<u32>)>,
    /// Community by community.
    pub(super) blocks: Vec<Block>,
    /// Zone of each cell.
    pub(super) zone_of: Vec<u32>,
}

/// How many zones share one community division, on average.
const COMMUNITIES_PER_ZONE: f64 = 2.6;

/// Divides the lattice into this many zones (at most one for every cell).
pub(super) fn division(mesh: &Mesh, streets: &[Street], seed: u64, wanted: u32) -> Division {
    let mut dice = Dice::for_purpose(seed, "uses");
    let uses: Vec<Use> = mesh.cells.iter().map(|cell| use_of(mesh, cell, &mut dice)).collect();
    let weights: Vec<f64> = mesh
        .cells
        .iter()
        .zip(&uses)
        .map(|(cell, kind)| workload(mesh, cell, *kind, &mut dice))
        .collect();
    let tolls = tolls(mesh, streets);
    let ground = Ground { mesh, weights: &weights, tolls: &tolls };
    let mut zones = cut_sectors(&ground, wanted as usize);
    ground.improve(&mut zones);
    zones.retain(|cells| !cells.is_empty());
    order(mesh, &weights, &mut zones);
    let mut zone_of = vec![0; mesh.cells.len()];
    for (zone, cells) in zones.iter().enumerate() {
        for cell in cells {
            zone_of[*cell as usize] = number(zone);
        }
    }
    let mut dice = Dice::for_purpose(seed, "communities");
    let (mut communities, mut blocks) = (Vec::new(), Vec::new());
    for (zone, cells) in zones.iter().enumerate() {
        let parts = count(dice.between(1.6, 2.0 * COMMUNITIES_PER_ZONE - 1.6)).max(1);
        for mut part in ground.cut(cells.clone(), parts) {
            part.sort_unstable();
            blocks.extend(make_blocks(mesh, &uses, communities.len(), &part, &mut dice));
            communities.push((zone, part));
        }
    }
    Division { weights, uses, zones, communities, blocks, zone_of }
}

/// Each sector gets zones by its share of the work; then its streets cut it.
fn cut_sectors(ground: &Ground<'_>, wanted: usize) -> Vec<Vec<u32>> {
    let mesh = ground.mesh;
    let sectors = Arm::ALL.map(|sector| {
        let cells: Vec<u32> =
            (0u32..).zip(&mesh.cells).filter(|(_, c)| c.sector == sector).map(|(n, _)| n).collect();
        let weight: f64 = cells.iter().map(|cell| ground.weights[*cell as usize]).sum();
        (cells, weight)
    });
    let whole: f64 = sectors.iter().map(|(_, weight)| weight).sum();
    let wanted = wanted.clamp(3, mesh.cells.len());
    let mut parts = [1, 1, 1];
    for _ in 3..wanted {
        // The sector whose zones would be heaviest gets the next one.
        let load = |at: usize| sectors[at].1 / whole / real(parts[at]);
        let next = (0..3).max_by(|a, b| load(*a).total_cmp(&load(*b))).unwrap_or(0);
        parts[next] += 1;
    }
    sectors
        .into_iter()
        .zip(parts)
        .flat_map(|((cells, _), parts)| ground.cut(cells, parts))
        .collect()
}

/// Numbers run up the west arm's side first, outward along each arm.
fn order(mesh: &Mesh, weights: &[f64], zones: &mut [Vec<u32>]) {
    let place = |cells: &Vec<u32>| {
        let (mut arms, mut far) = ([0.0; 3], 0.0);
        for cell in cells {
            let of = &mesh.cells[*cell as usize];
            let at = match of.arm {
                Arm::West => 0,
                Arm::East => 1,
                Arm::South => 2,
            };
            arms[at] += weights[*cell as usize];
            far += of.middle.length();
        }
        let arm = (0..3).max_by(|a, b| arms[*a].total_cmp(&arms[*b])).unwrap_or(0);
        let left = cells.iter().any(|cell| mesh.cells[*cell as usize].side == Side::Left);
        (arm, far / real(cells.len()), left)
    };
    zones.sort_by(|a, b| {
        let ((arm_a, far_a, left_a), (arm_b, far_b, left_b)) = (place(a), place(b));
        arm_a.cmp(&arm_b).then(far_a.total_cmp(&far_b)).then(left_a.cmp(&left_b))
    });
    for cells in zones {
        cells.sort_unstable();
    }
}

fn use_of(mesh: &Mesh, cell: &Cell, dice: &mut Dice) -> Use {
    let throw = dice.unit();
    let away = cell.middle.length() / mesh.size;
    if cell.is_river() {
        return Use::River;
    }
    let shop = 0.42 - 0.32 * smooth(away / 4_500.0);
    let mill = 0.22 * smooth((away - 3_500.0) / 3_000.0);
    if throw < 0.035 {
        Use::Park
    } else if throw < 0.16 {
        Use::Institution
    } else if throw < 0.16 + shop {
        Use::Commercial
    } else if throw < 0.16 + shop + mill {
        Use::Industrial
    } else {
        Use::Residential
    }
}

/// Weighted workload of a cell: people and trade to be expected there, never area alone.
fn workload(mesh: &Mesh, cell: &Cell, kind: Use, dice: &mut Dice) -> f64 {
    let busy = match kind {
        Use::River => 0.05,
        Use::Park => 0.35,
        Use::Industrial => 0.6,
        Use::Institution => 0.9,
        Use::Residential => 1.0,
        Use::Commercial => 1.5,
    };
    let away = cell.middle.length() / mesh.size;
    let dense = 0.45 + 1.75 * (1.0 - smooth(away / 7_000.0));
    cell.area_m2 / 10_000.0 * busy * dense * dice.between(0.8, 1.25)
}

/// The river bed of a community is one block; a few neighbours of one use make one, too.
fn make_blocks(
    mesh: &Mesh,
    uses: &[Use],
    community: usize,
    cells: &[u32],
    dice: &mut Dice,
) -> Vec<Block> {
    let mut taken = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for &cell in cells {
        if !taken.insert(cell) {
            continue;
        }
        let kind = uses[cell as usize];
        let room = match kind {
            Use::River => usize::MAX,
            Use::Park | Use::Industrial | Use::Institution => 2,
            Use::Residential | Use::Commercial => 1 + usize::from(dice.chance(0.12)),
        };
        let (mut block, mut open) = (vec![cell], vec![cell]);
        while let Some(at) = open.pop() {
            for (other, _) in mesh.neighbours(at) {
                let same_side =
                    mesh.cells[other as usize].sector == mesh.cells[cell as usize].sector;
                if block.len() < room
                    && same_side
                    && uses[other as usize] == kind
                    && cells.binary_search(&other).is_ok()
                    && taken.insert(other)
                {
                    block.push(other);
                    open.push(other);
                }
            }
        }
        out.push(Block { cells: block, community, kind });
    }
    out
}
