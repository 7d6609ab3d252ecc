//! Schools of the county, checkpoints, stations, patrol posts, restaurants, stops, components, cameras.

use crate::domain::atlas::facility::FacilityKind;
use crate::domain::id::CodeFault;
use crate::domain::sample::dice::{Dice, real};
use crate::domain::sample::lines::Crossing;
use crate::domain::sample::outline::{rings, within};
use crate::domain::sample::plot::Plot;
use crate::domain::sample::register::{Facts, Register, names, point};
use crate::domain::sample::spread::{Spread, kerb, yard};
use crate::domain::sample::streets::{CROSS, Rank};
use crate::domain::sample::units::{EDUCATION, OWNERS, POLICE, VOLUNTEERS};
use crate::domain::sample::valley::{Frame, Spot};
use crate::geom::coord::GridPoint;

/// Towns of the county whose names and places are real.
const TOWNS: [(f64, f64, &str, &str); 12] = [
    (109.432_181, 36.666_464, "河庄坪镇", "Hezhuangping Town"),
    (109.609_503, 36.672_895, "李渠镇", "Liqu Town"),
    (109.669_860, 36.685_181, "姚店镇", "Yaodian Town"),
    (109.640_968, 36.784_641, "青化砭镇", "Qinghuabian Town"),
    (109.611_857, 36.873_797, "蟠龙镇", "Panlong Town"),
    (109.652_296, 36.323_548, "南泥湾镇", "Nanniwan Town"),
    (109.811_498, 36.708_666, "甘谷驿镇", "Ganguyi Town"),
    (109.572_444, 36.634_101, "川口乡", "Chuankou Township"),
    (109.545_444, 36.749_304, "冯庄乡", "Fengzhuang Township"),
    (109.814_595, 36.388_127, "麻洞川乡", "Madongchuan Township"),
    (109.396_531, 36.561_956, "万花山乡", "Wanhuashan Township"),
    (109.488_422, 36.535_979, "赵庄村", "Zhaozhuang Village"),
];

/// The outer border of the built-up area.
fn border(plot: &Plot) -> Vec<GridPoint> {
    let groups = vec![0; plot.mesh.cells.len()];
    let cells: Vec<u32> = (0..).take(groups.len()).collect();
    rings(&plot.mesh, &groups, 0, &cells).into_iter().next().unwrap_or_default()
}

/// Places out in the county, about its towns, never in the city.
struct County<'a> {
    plot: &'a Plot,
    border: Vec<GridPoint>,
}

impl<'a> County<'a> {
    fn new(plot: &'a Plot) -> Self {
        Self { plot, border: border(plot) }
    }

    fn place(&self, town: usize, far_m: f64, dice: &mut Dice) -> Spot {
        let (lon, lat, ..) = TOWNS[town];
        let centre = Frame::anchor(lon, lat, self.plot.mesh.size);
        loop {
            let aside = Spot { x: dice.bell(), y: dice.bell() };
            let spot = centre.plus(aside, far_m);
            if !within(&self.border, self.plot.mesh.frame.grid(spot)) {
                return spot;
            }
        }
    }
}

/// Enters schools out in the county, numbers `from` to `all`.
pub(super) fn county_schools(
    plot: &Plot,
    seed: u64,
    (from, all): (usize, usize),
    register: &mut Register,
) -> Result<(), CodeFault> {
    let mut dice = Dice::for_purpose(seed, "county schools");
    let county = County::new(plot);
    for nth in from..all {
        let town = nth % TOWNS.len();
        let (_, _, zh, en) = TOWNS[town];
        let serial = (nth - from) / TOWNS.len() + 1;
        let (far_m, kind) = if serial < 4 {
            (450.0, ("中心小学", "Central Primary School"))
        } else {
            (2_600.0, ("小学", "Primary School"))
        };
        let spot = county.place(town, far_m, &mut dice);
        let pupils = 20 + 5 * dice.below(60);
        register.add_nth(
            FacilityKind::School,
            (nth, all),
            names(format!("{zh}第{serial}{}", kind.0), format!("{en} No. {serial} {}", kind.1)),
            point(&plot.mesh, spot),
            Facts {
                unit: Some(EDUCATION),
                attributes: vec![("pupils", pupils.into()), ("urban", false.into())],
            },
        )?;
    }
    Ok(())
}

/// Inspection stations and checkpoints of the model city.
const STATIONS: usize = 41;
const CHECKPOINTS: usize = 84;

/// Enters inspection stations on the roads of the county and checkpoints at crossings.
pub(super) fn posts(
    plot: &Plot,
    crossings: &[Crossing],
    seed: u64,
    register: &mut Register,
) -> Result<(), CodeFault> {
    let mut dice = Dice::for_purpose(seed, "posts");
    let county = County::new(plot);
    for nth in 0..STATIONS {
        let town = nth % TOWNS.len();
        let spot = county.place(town, 900.0, &mut dice);
        let (_, _, zh, en) = TOWNS[town];
        let serial = nth / TOWNS.len() + 1;
        register.add_nth(
            FacilityKind::InspectionStation,
            (nth, STATIONS),
            names(format!("{zh}{serial}号安全检查站"), format!("{en} inspection station {serial}")),
            point(&plot.mesh, spot),
            Facts { unit: Some(POLICE), attributes: Vec::new() },
        )?;
    }
    for nth in 0..CHECKPOINTS {
        let Some(crossing) = crossings.get(nth * crossings.len() / CHECKPOINTS) else { break };
        let aside = Spot { x: dice.between(-9.0, 9.0), y: dice.between(-9.0, 9.0) };
        register.add_nth(
            FacilityKind::Checkpoint,
            (nth, CHECKPOINTS),
            names(
                format!("{}治安卡口{}号", crossing.names.zh, nth + 1),
                format!("Checkpoint {}, {}", nth + 1, crossing.names.en),
            ),
            point(&plot.mesh, crossing.spot.plus(aside, 1.0)),
            Facts { unit: Some(POLICE), attributes: Vec::new() },
        )?;
    }
    Ok(())
}

/// When volunteers stand at their posts, every day.
const PATROL_HOURS: &str = "10:00-14:00";

/// Enters a patrol post at every crossing of the patrolled streets. No dice: what else there is stays as it is.
pub(super) fn patrol_posts(
    plot: &Plot,
    crossings: &[Crossing],
    register: &mut Register,
) -> Result<(), CodeFault> {
    let patrolled: Vec<&Crossing> = crossings.iter().filter(|it| it.patrolled).collect();
    let all = patrolled.len();
    for (nth, crossing) in patrolled.into_iter().enumerate() {
        register.add_nth(
            FacilityKind::PatrolPost,
            (nth, all),
            names(
                format!("{}巡逻岗", crossing.names.zh),
                format!("Patrol post, {}", crossing.names.en),
            ),
            point(&plot.mesh, crossing.spot),
            Facts { unit: Some(VOLUNTEERS), attributes: vec![("hours", PATROL_HOURS.into())] },
        )?;
    }
    Ok(())
}

/// Restaurants of the model city.
const RESTAURANTS: usize = 4_700;

const FOOD: [(&str, &str); 14] = [
    ("羊肉泡馍馆", "Mutton Soup House"),
    ("剁荞面馆", "Buckwheat Noodle House"),
    ("凉皮店", "Cold Noodle Shop"),
    ("饸饹面馆", "Hele Noodle House"),
    ("饺子馆", "Dumpling House"),
    ("火锅店", "Hotpot Restaurant"),
    ("烧烤店", "Barbecue Restaurant"),
    ("陕北菜馆", "Northern Shaanxi Kitchen"),
    ("川菜馆", "Sichuan Kitchen"),
    ("早餐店", "Breakfast Shop"),
    ("包子铺", "Steamed Bun Shop"),
    ("茶餐厅", "Tea Restaurant"),
    ("快餐店", "Snack Bar"),
    ("大酒楼", "Grand Restaurant"),
];

/// Enters restaurants, markets, toilets and components on the kerbs of busy blocks.
pub(super) fn trade(
    plot: &Plot,
    spread: &Spread,
    (seed, times): (u64, usize),
    register: &mut Register,
) -> Result<(), CodeFault> {
    let mesh = &plot.mesh;
    let mut dice = Dice::for_purpose(seed, "restaurants");
    for nth in 0..RESTAURANTS * times {
        let spot = kerb(mesh, spread.busy_cell(&mut dice), &mut dice);
        let (place_zh, place_en) = CROSS[dice.below(CROSS.len())];
        let (zh, en) = FOOD[dice.below(FOOD.len())];
        let throw = dice.unit();
        let grade = if throw < 0.17 {
            "A"
        } else if throw < 0.74 {
            "B"
        } else {
            "C"
        };
        register.add_nth(
            FacilityKind::Restaurant,
            (nth, RESTAURANTS * times),
            names(format!("{place_zh}{zh}"), format!("{place_en} {en}")),
            point(mesh, spot),
            Facts { unit: None, attributes: vec![("grade", grade.into())] },
        )?;
    }
    let mut dice = Dice::for_purpose(seed, "markets");
    let kinds = [
        (FacilityKind::Market, 24, "农贸市场", "Market", "market-regulation"),
        (FacilityKind::Toilet, 96, "公厕", "Public Toilet", "sanitation"),
    ];
    for (kind, model, zh, en, unit) in kinds {
        for nth in 0..model * times {
            let spot = yard(mesh, spread.busy_cell(&mut dice), &mut dice);
            let (place_zh, place_en) = CROSS[(nth * 11) % CROSS.len()];
            let serial = nth / CROSS.len() + 1;
            let (zh, en) = if serial > 1 {
                (format!("{place_zh}{zh}{serial}号"), format!("{place_en} {en} {serial}"))
            } else {
                (format!("{place_zh}{zh}"), format!("{place_en} {en}"))
            };
            let facts = Facts { unit: Some(unit), attributes: Vec::new() };
            register.add_nth(
                kind,
                (nth, model * times),
                names(zh, en),
                point(mesh, spot),
                facts,
            )?;
        }
    }
    components(plot, spread, (seed, times), register)
}

/// Components of the demonstration; a real city has a hundred times as many.
const COMPONENTS: usize = 720;

fn components(
    plot: &Plot,
    spread: &Spread,
    (seed, times): (u64, usize),
    register: &mut Register,
) -> Result<(), CodeFault> {
    let kinds = [
        ("lamp_post", "路灯", "Lamp post"),
        ("telecom_box", "通信交接箱", "Telecom cabinet"),
        ("water_valve", "上水井盖", "Water manhole cover"),
        ("gas_valve", "燃气井盖", "Gas manhole cover"),
        ("heat_valve", "热力井盖", "Heating manhole cover"),
        ("storm_drain", "雨水箅子", "Storm drain"),
    ];
    let mut dice = Dice::for_purpose(seed, "components");
    for nth in 0..COMPONENTS * times {
        let spot = kerb(&plot.mesh, spread.busy_cell(&mut dice), &mut dice);
        let kind = dice.below(kinds.len());
        let (code, zh, en) = kinds[kind];
        register.add_nth(
            FacilityKind::Component,
            (nth, COMPONENTS * times),
            names(format!("{zh}{}", nth + 1), format!("{en} {}", nth + 1)),
            point(&plot.mesh, spot),
            Facts { unit: Some(OWNERS[kind]), attributes: vec![("type", code.into())] },
        )?;
    }
    Ok(())
}

/// How far apart bus stops stand.
const STOP_M: f64 = 430.0;

/// Enters bus stops along the streets of the valley, on either kerb in turn.
pub(super) fn bus_stops(plot: &Plot, register: &mut Register) -> Result<(), CodeFault> {
    let mesh = &plot.mesh;
    let mut stops = Vec::new();
    for street in plot.streets.iter().filter(|street| street.rank != Rank::Cross) {
        let (mut since_m, mut serial) = (STOP_M / 2.0, 0);
        for pair in street.nodes.windows(2) {
            let (a, b) = (mesh.spots[pair[0] as usize], mesh.spots[pair[1] as usize]);
            let along = b.minus(a);
            since_m += along.length();
            if since_m >= STOP_M {
                since_m = 0.0;
                serial += 1;
                let side = if serial % 2 == 0 { 1.0 } else { -1.0 };
                let kerb = a.between(b, 0.35).plus(along.unit().left(), 7.0 * side);
                stops.push((
                    names(
                        format!("{}{serial}站", street.names.zh),
                        format!("{} Stop {serial}", street.names.en),
                    ),
                    kerb,
                ));
            }
        }
    }
    let all = stops.len();
    for (nth, (names, spot)) in stops.into_iter().enumerate() {
        let facts = Facts { unit: Some("bus-company"), attributes: Vec::new() };
        register.add_nth(FacilityKind::BusStop, (nth, all), names, point(mesh, spot), facts)?;
    }
    Ok(())
}

/// Enters cameras: four to a crossing while crossings last, the others along the kerbs.
pub(super) fn cameras(
    plot: &Plot,
    spread: &Spread,
    crossings: &[Crossing],
    (seed, all): (u64, usize),
    register: &mut Register,
) -> Result<(), CodeFault> {
    let mut dice = Dice::for_purpose(seed, "cameras");
    for nth in 0..all {
        let spot = match crossings.get(nth / 4) {
            Some(crossing) => {
                let (sin, cos) = libm::sincos(real(nth % 4) * 1.57 + dice.between(0.4, 1.1));
                crossing.spot.plus(Spot { x: cos, y: sin }, dice.between(7.0, 16.0))
            }
            None => kerb(&plot.mesh, spread.busy_cell(&mut dice), &mut dice),
        };
        register.add_nth(
            FacilityKind::Camera,
            (nth, all),
            names(format!("视频探头{}", nth + 1), format!("Camera {}", nth + 1)),
            point(&plot.mesh, spot),
            Facts { unit: Some(POLICE), attributes: Vec::new() },
        )?;
    }
    Ok(())
}
