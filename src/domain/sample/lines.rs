//! Streets, rivers, bridges, and the crossings of the named streets.

use std::collections::BTreeMap;

use crate::domain::atlas::facility::FacilityKind;
use crate::domain::id::CodeFault;
use crate::domain::sample::lattice::Way;
use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::outline::outline;
use crate::domain::sample::plot::Plot;
use crate::domain::sample::register::{Facts, Register, names, path, point};
use crate::domain::sample::streets::{Rank, bridges, course};
use crate::domain::sample::units::{HIGHWAY, WATER};
use crate::domain::sample::valley::{Arm, Spot};
use crate::domain::text::Names;
use crate::geom::coord::GridPoint;

/// Enters every named street.
pub(super) fn streets(plot: &Plot, register: &mut Register) -> Result<(), CodeFault> {
    for (nth, street) in plot.streets.iter().enumerate() {
        let length_m: f64 =
            street.edges.iter().map(|(edge, _)| plot.mesh.edges[*edge as usize].length_m).sum();
        register.add_nth(
            FacilityKind::Street,
            (nth, plot.streets.len()),
            street.names.clone(),
            path(&course(&plot.mesh, &street.edges)),
            Facts {
                unit: (street.names.zh == "210国道").then_some(HIGHWAY),
                attributes: vec![
                    ("length_m", length_m.round().into()),
                    ("rank", street.rank.code().into()),
                ],
            },
        )?;
    }
    Ok(())
}

/// Enters the beds of the two rivers, and their centre lines.
pub(super) fn rivers(plot: &Plot, register: &mut Register) -> Result<(), CodeFault> {
    let mesh = &plot.mesh;
    let both = [
        ("yanhe", "延河", "Yan River", Way::MainRiver),
        ("nanchuan", "南川河", "Nanchuan River", Way::SideRiver),
    ];
    for (id, zh, en, way) in both {
        let own = |arm: Arm| (arm == Arm::South) == (way == Way::SideRiver);
        let (mut groups, mut bed) = (vec![0; mesh.cells.len()], Vec::new());
        for (number, cell) in (0u32..).zip(&mesh.cells) {
            if cell.is_river() && own(cell.arm) {
                groups[number as usize] = 1;
                bed.push(number);
            }
        }
        register.add(
            FacilityKind::River,
            &format!("river-{id}-bed"),
            names(format!("{zh}河道"), format!("{en} bed")),
            outline(mesh, &groups, 1, &bed).into(),
            Facts { unit: Some(WATER), attributes: vec![("form", "bed".into())] },
        )?;
        register.add(
            FacilityKind::River,
            &format!("river-{id}-line"),
            names(zh, en),
            path(&river(mesh, way)),
            Facts { unit: Some(WATER), attributes: vec![("form", "centre_line".into())] },
        )?;
    }
    Ok(())
}

/// A river's centre line.
pub(super) fn river(mesh: &Mesh, way: Way) -> Vec<GridPoint> {
    let edges: Vec<(u32, bool)> = mesh
        .lines
        .iter()
        .filter(|line| line.way == way)
        .flat_map(|line| line.edges.iter().map(|edge| (*edge, true)))
        .collect();
    course(mesh, &edges)
}

/// Enters the three bridges.
pub(super) fn bridge(plot: &Plot, register: &mut Register) -> Result<(), CodeFault> {
    let all = bridges(&plot.mesh);
    let count = all.len();
    for (nth, (names, course)) in all.into_iter().enumerate() {
        let facts = Facts { unit: Some("municipal-works"), attributes: Vec::new() };
        register.add_nth(FacilityKind::Bridge, (nth, count), names, path(&course), facts)?;
    }
    Ok(())
}

/// A crossing of two named streets.
pub(super) struct Crossing {
    pub(super) names: Names,
    pub(super) spot: Spot,
    /// Whether volunteers stand there.
    pub(super) patrolled: bool,
}

/// Every crossing of one of the seven named streets with another street, by node.
pub(super) fn crossings(plot: &Plot) -> Vec<Crossing> {
    let mut through: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (nth, street) in plot.streets.iter().enumerate() {
        for node in &street.nodes {
            through.entry(*node).or_default().push(nth);
        }
    }
    let mut out = Vec::new();
    for (node, mut streets) in through {
        streets.sort_by_key(|nth| (plot.streets[*nth].rank, *nth));
        let [first, second, ..] = streets[..] else { continue };
        let (first, second) = (&plot.streets[first], &plot.streets[second]);
        if first.rank == Rank::Main {
            out.push(Crossing {
                names: names(
                    format!("{}{}路口", first.names.zh, second.names.zh),
                    format!("{} and {}", first.names.en, second.names.en),
                ),
                spot: plot.mesh.spots[node as usize],
                patrolled: first.is_patrolled() || second.is_patrolled(),
            });
        }
    }
    out
}

/// Enters the crossings.
pub(super) fn intersections(
    plot: &Plot,
    crossings: &[Crossing],
    register: &mut Register,
) -> Result<(), CodeFault> {
    for (nth, crossing) in crossings.iter().enumerate() {
        register.add_nth(
            FacilityKind::Intersection,
            (nth, crossings.len()),
            crossing.names.clone(),
            point(&plot.mesh, crossing.spot),
            Facts { unit: Some("traffic-police"), attributes: Vec::new() },
        )?;
    }
    Ok(())
}
