//! Communities, blocks, squares, scenic spots, sites, building sites and electronic fences.

use geo_types::Geometry;

use crate::domain::atlas::facility::FacilityKind;
use crate::domain::id::CodeFault;
use crate::domain::sample::dice::{Dice, number};
use crate::domain::sample::lattice::Way;
use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::outline::outline;
use crate::domain::sample::plot::Plot;
use crate::domain::sample::register::{Facts, Register, blob, ground, inset, names, point};
use crate::domain::sample::spread::Spread;
use crate::domain::sample::streets::CROSS;
use crate::domain::sample::units::{EDUCATION, RAILWAY, SITES};
use crate::domain::sample::valley::{Arm, Frame, Side, Spot};
use crate::domain::sample::zones::{Division, Use};

/// The county part of every grid code 单元网格. The street parts begin with 9, which no real
/// street of the county does: these communities are invented.
const COUNTY: &str = "610602";

/// Communities whose names and places are real: where they are, names.
const COMMUNITIES: [(f64, f64, &str, &str); 8] = [
    (109.480_473, 36.602_612, "王家坪", "Wangjiaping"),
    (109.496_892, 36.607_181, "东风", "Dongfeng"),
    (109.466_083, 36.568_596, "杜甫川", "Dufuchuan"),
    (109.473_752, 36.568_123, "马家湾", "Majiawan"),
    (109.470_846, 36.592_413, "北门口", "Beimenkou"),
    (109.482_767, 36.597_021, "凤凰山", "Fenghuangshan"),
    (109.507_675, 36.607_427, "东苑", "Dongyuan"),
    (109.472_511, 36.548_091, "燕沟", "Yangou"),
];

/// The squares: near where, names.
const SQUARES: [(f64, f64, &str, &str); 4] = [
    (109.4832, 36.5958, "凤凰广场", "Phoenix Square"),
    (109.4925, 36.5995, "延河大桥广场", "Yanhe Bridge Square"),
    (109.4722, 36.5490, "火车站广场", "Railway Station Square"),
    (109.4843, 36.5880, "解放剧院广场", "Liberation Theatre Square"),
];

/// The named sites: where, names, and whether it is a revolutionary site with grounds.
const SITE: [(f64, f64, &str, &str, bool); 6] = [
    (109.480_473, 36.602_612, "王家坪", "Wangjiaping", true),
    (109.410_395, 36.627_802, "枣园", "Zaoyuan", true),
    (109.458_900, 36.612_500, "杨家岭", "Yangjialing", true),
    (109.473_752, 36.568_123, "马家湾", "Majiawan", false),
    (109.499_500, 36.611_500, "孔家沟", "Kongjiagou", false),
    (109.477_900, 36.601_500, "北关", "Beiguan", false),
];

/// The hills over the confluence, by sector.
const HILLS: [(Arm, &str, &str); 3] = [
    (Arm::East, "清凉山", "Qingliang Hill"),
    (Arm::West, "凤凰山", "Phoenix Hill"),
    (Arm::South, "宝塔山", "Pagoda Hill"),
];

/// Enters communities and blocks, with unit-grid codes from west to east, then north to south.
pub(super) fn communities(plot: &Plot, register: &mut Register) -> Result<(), CodeFault> {
    let Plot { mesh, division, .. } = plot;
    let cells = mesh.cells.len();
    let community_of = groups(cells, division.communities.iter().map(|(_, cells)| cells));
    let block_of = groups(cells, division.blocks.iter().map(|block| &block.cells));
    let mut order: Vec<usize> = (0..division.communities.len()).collect();
    sort_west_north(&mut order, |at| middle(mesh, &division.communities[at].1));
    let mut titles = real_names(plot, &community_of);
    let digits = order.len().to_string().len().max(3);
    let mut of_community: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
    for (nth, block) in division.blocks.iter().enumerate() {
        of_community[block.community].push(nth);
    }
    for (serial, at) in order.iter().enumerate() {
        let (zone, cells) = &division.communities[*at];
        let street = match mesh.cells[cells[0] as usize].arm {
            Arm::West => 901,
            Arm::East => 902,
            Arm::South => 903,
        };
        let code = format!("{COUNTY}{street}{:0digits$}", serial + 1);
        let (zh, en) = titles[*at].take().unwrap_or_else(|| invented(serial));
        let zone = plot.zone_code(*zone);
        let inhabitants = people(division, cells);
        register.add(
            FacilityKind::Community,
            &code,
            names(format!("{zh}社区"), format!("{en} Community")),
            outline(mesh, &community_of, number(*at), cells).into(),
            Facts {
                unit: None,
                attributes: vec![("people", inhabitants.into()), ("zone", zone.as_str().into())],
            },
        )?;
        let mut blocks = std::mem::take(&mut of_community[*at]);
        sort_west_north(&mut blocks, |block| middle(mesh, &division.blocks[block].cells));
        for (serial, nth) in (1..).zip(blocks) {
            let block = &division.blocks[nth];
            register.add(
                FacilityKind::Block,
                &format!("{code}{serial:03}"),
                names(format!("{zh}社区{serial}号街区"), format!("{en} Block {serial}")),
                outline(mesh, &block_of, number(nth), &block.cells).into(),
                Facts {
                    unit: None,
                    attributes: vec![
                        ("community", code.as_str().into()),
                        ("people", people(division, &block.cells).into()),
                        ("use", block.kind.code().into()),
                        ("zone", zone.as_str().into()),
                    ],
                },
            )?;
        }
    }
    Ok(())
}

/// How many live in some cells.
fn people(division: &Division, cells: &[u32]) -> f64 {
    cells.iter().map(|cell| division.weights[*cell as usize] * 9.0).sum::<f64>().round()
}

/// Which group each of so many cells belongs to.
fn groups<'a>(cells: usize, groups: impl Iterator<Item = &'a Vec<u32>>) -> Vec<u32> {
    let mut out = vec![0; cells];
    for (nth, members) in groups.enumerate() {
        for cell in members {
            out[*cell as usize] = number(nth);
        }
    }
    out
}

fn sort_west_north(order: &mut [usize], middle: impl Fn(usize) -> Spot) {
    order.sort_by(|a, b| {
        let (a, b) = (middle(*a), middle(*b));
        a.x.total_cmp(&b.x).then(b.y.total_cmp(&a.y))
    });
}

fn middle(mesh: &Mesh, cells: &[u32]) -> Spot {
    let (mut sum, mut area) = (Spot::default(), 0.0);
    for cell in cells {
        let cell = &mesh.cells[*cell as usize];
        sum = sum.plus(cell.middle, cell.area_m2);
        area += cell.area_m2;
    }
    sum.times(1.0 / area)
}

type Title = Option<(String, String)>;

/// The real names go to the communities that hold their places.
fn real_names(plot: &Plot, community_of: &[u32]) -> Vec<Title> {
    let mut out: Vec<Title> = vec![None; plot.division.communities.len()];
    for (lon, lat, zh, en) in COMMUNITIES {
        let spot = Frame::anchor(lon, lat, plot.mesh.size);
        let cell = plot.mesh.nearest_cell(spot, |cell| !cell.is_river());
        let title = &mut out[community_of[cell as usize] as usize];
        if title.is_none() {
            *title = Some((zh.to_owned(), en.to_owned()));
        }
    }
    out
}

/// The name of the community with this serial; no two are alike.
fn invented(serial: usize) -> (String, String) {
    let (zh, en) = CROSS[serial % CROSS.len()];
    let round = serial / CROSS.len() + 1;
    if round > 1 {
        (format!("{zh}第{round}"), format!("{en} No. {round}"))
    } else {
        (zh.to_owned(), en.to_owned())
    }
}

/// Enters the four squares.
pub(super) fn squares(plot: &Plot, register: &mut Register) -> Result<(), CodeFault> {
    let mesh = &plot.mesh;
    for (nth, (lon, lat, zh, en)) in SQUARES.into_iter().enumerate() {
        let spot = Frame::anchor(lon, lat, mesh.size);
        let cell = mesh.nearest_cell(spot, |cell| cell.row == 1);
        let unit = if nth == 2 { RAILWAY } else { "parks" };
        register.taken.insert(cell);
        register.add_nth(
            FacilityKind::Square,
            (nth, SQUARES.len()),
            names(zh, en),
            ground(&inset(mesh, cell, 0.62)).into(),
            Facts { unit: Some(unit), attributes: Vec::new() },
        )?;
    }
    Ok(())
}

/// Enters the named sites, and the scenic spots: sites with grounds, and the hills.
pub(super) fn sites(plot: &Plot, seed: u64, register: &mut Register) -> Result<(), CodeFault> {
    let mesh = &plot.mesh;
    let mut dice = Dice::for_purpose(seed, "hills");
    let mut spots: Vec<(String, String, Geometry<f64>, &str)> = Vec::new();
    for (nth, (lon, lat, zh, en, grounds)) in SITE.into_iter().enumerate() {
        let spot = Frame::anchor(lon, lat, mesh.size);
        let place = point(mesh, spot);
        register.add_nth(
            FacilityKind::Site,
            (nth, SITE.len()),
            names(zh, en),
            place,
            Facts::default(),
        )?;
        if grounds {
            let cell = mesh.nearest_cell(spot, |cell| cell.row > 1);
            register.taken.insert(cell);
            let area = ground(&inset(mesh, cell, 0.8)).into();
            let name = (format!("{zh}革命旧址"), format!("{en} Revolutionary Site"));
            spots.push((name.0, name.1, area, SITES));
        }
    }
    for (sector, zh, en) in HILLS {
        let Some((foot, uphill)) = seam(mesh, sector) else { continue };
        let radius_m = 250.0 * mesh.size;
        let ring = blob(mesh, foot.plus(uphill, radius_m * 1.45), radius_m, &mut dice);
        let name = (format!("{zh}风景区"), format!("{en} Scenic Area"));
        spots.push((name.0, name.1, ground(&ring).into(), "parks"));
    }
    let all = spots.len();
    for (nth, (zh, en, area, unit)) in spots.into_iter().enumerate() {
        let facts = Facts { unit: Some(unit), attributes: Vec::new() };
        register.add_nth(FacilityKind::ScenicSpot, (nth, all), names(zh, en), area, facts)?;
    }
    Ok(())
}

/// Where the streets of a sector's seam end at the hill foot, and the way on from there.
fn seam(mesh: &Mesh, sector: Arm) -> Option<(Spot, Spot)> {
    let wanted = Way::Column { arm: sector, side: Side::Left, column: 0 };
    let line = mesh.lines.iter().find(|line| line.way == wanted)?;
    let (last, first) = (line.nodes.last()?, line.nodes.first()?);
    let foot = mesh.spots[*last as usize];
    Some((foot, foot.minus(mesh.spots[*first as usize]).unit()))
}

/// Enters building sites: the inner part of a block each.
pub(super) fn construction(
    plot: &Plot,
    spread: &Spread,
    (seed, times): (u64, usize),
    register: &mut Register,
) -> Result<(), CodeFault> {
    let mut dice = Dice::for_purpose(seed, "construction");
    let all = 28 * times;
    for nth in 0..all {
        let mut cell = spread.busy_cell(&mut dice);
        for _ in 0..8 {
            if register.taken.insert(cell) {
                break;
            }
            cell = spread.busy_cell(&mut dice);
        }
        let keep = dice.between(0.25, 0.55);
        let permit = format!("SG-2026-{:04}", nth + 1);
        register.add_nth(
            FacilityKind::ConstructionSite,
            (nth, all),
            names(format!("{}号建筑工地", nth + 1), format!("Construction site {}", nth + 1)),
            ground(&inset(&plot.mesh, cell, keep)).into(),
            Facts { unit: Some("housing"), attributes: vec![("permit", permit.into())] },
        )?;
    }
    Ok(())
}

/// How many electronic fences the model city has.
const FENCES: usize = 44;

/// Enters electronic fences about busy places.
pub(super) fn fences(
    plot: &Plot,
    spread: &Spread,
    seed: u64,
    register: &mut Register,
) -> Result<(), CodeFault> {
    let mut dice = Dice::for_purpose(seed, "fences");
    let kinds = [("no_parking", "禁停", "no parking"), ("no_stalls", "禁摆", "no stalls")];
    let mut fenced = Vec::new();
    for nth in 0..FENCES {
        let mut cell = spread.busy_cell(&mut dice);
        // Fences that overlap are allowed, heaps of them are not.
        for _ in 0..8 {
            let middle = plot.mesh.cells[cell as usize].middle;
            if fenced.iter().all(|other: &Spot| other.minus(middle).length() > 330.0) {
                break;
            }
            cell = spread.busy_cell(&mut dice);
        }
        let (code, zh, en) = kinds[dice.below(kinds.len())];
        let radius_m = dice.between(60.0, 170.0);
        let centre = plot.mesh.cells[cell as usize].middle;
        fenced.push(centre);
        register.add_nth(
            FacilityKind::ElectronicFence,
            (nth, FENCES),
            names(
                format!("{zh}电子围栏{}号", nth + 1),
                format!("Electronic fence {} ({en})", nth + 1),
            ),
            ground(&blob(&plot.mesh, centre, radius_m, &mut dice)).into(),
            Facts { unit: None, attributes: vec![("purpose", code.into())] },
        )?;
    }
    Ok(())
}

/// Enters the grounds of the schools in the city, apart from each other, and gives their number.
pub(super) fn schools(
    plot: &Plot,
    spread: &Spread,
    seed: u64,
    (wanted, all): (usize, usize),
    register: &mut Register,
) -> Result<usize, CodeFault> {
    let mut dice = Dice::for_purpose(seed, "schools");
    let levels =
        [("小学", "Primary School"), ("中学", "Middle School"), ("幼儿园", "Kindergarten")];
    let mut taken: Vec<Spot> = Vec::new();
    for _ in 0..40 * wanted {
        if taken.len() == wanted {
            break;
        }
        let cell = spread.busy_cell(&mut dice);
        let centre = plot.mesh.cells[cell as usize].middle;
        let fits = matches!(plot.division.uses[cell as usize], Use::Residential | Use::Institution);
        if !fits
            || register.taken.contains(&cell)
            || taken.iter().any(|other| other.minus(centre).length() < 380.0)
        {
            continue;
        }
        let nth = taken.len();
        let (zh, en) = levels[dice.below(levels.len())];
        let (place_zh, place_en) = CROSS[(nth * 7) % CROSS.len()];
        let pupils = 300 + 20 * dice.below(90);
        register.add_nth(
            FacilityKind::School,
            (nth, all),
            names(format!("{place_zh}{zh}"), format!("{place_en} {en}")),
            ground(&inset(&plot.mesh, cell, dice.between(0.5, 0.75))).into(),
            Facts {
                unit: Some(EDUCATION),
                attributes: vec![("pupils", pupils.into()), ("urban", true.into())],
            },
        )?;
        taken.push(centre);
        register.taken.insert(cell);
    }
    Ok(taken.len())
}
