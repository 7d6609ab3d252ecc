//! The 76 illustrative units, their seats, and who leads which zone.

use crate::domain::atlas::unit::{Unit, UnitKind};
use crate::domain::id::{CodeFault, UnitId};
use crate::domain::sample::dice::{Dice, real};
use crate::domain::sample::mesh::Mesh;
use crate::domain::sample::spread::{Spread, kerb};
use crate::domain::sample::valley::{Frame, Spot};
use crate::domain::sample::zones::{Division, Use};
use crate::domain::text::{Attributes, Names};

use UnitKind::{Department as Dep, Firm, Institution as Ins, StateBody as Sta};

/// Who answers when nothing else does.
pub(super) const FALLBACK: &str = "civilization-office";
/// Who each functional rule names.
pub(super) const TRAFFIC_POLICE: &str = "traffic-police";
pub(super) const URBAN_MANAGEMENT: &str = "urban-management";
pub(super) const MARKET_REGULATION: &str = "market-regulation";
pub(super) const HIGHWAY: &str = "highway-bureau";
pub(super) const WATER: &str = "water-affairs";
pub(super) const RAILWAY: &str = "railway-station";
pub(super) const EDUCATION: &str = "education";
pub(super) const SITES: &str = "sites-museum";
pub(super) const TOURISM: &str = "culture-tourism";
pub(super) const TRANSPORT: &str = "transport";
pub(super) const POLICE: &str = "public-security";
/// Who leads the volunteers.
pub(super) const VOLUNTEERS: &str = "civilization-office";
/// Owners of components.
pub(super) const OWNERS: [&str; 6] =
    ["power-supply", "telecom", "water-supply", "gas", "heating", "municipal-works"];

/// Code, Chinese, English, kind, and the place the seat should be near, if it matters.
type Row = (&'static str, &'static str, &'static str, UnitKind, Option<(f64, f64)>);

/// The units. The first sixty lead the model city's zones.
pub(super) const UNITS: [Row; 76] = [
    ("public-security", "市公安局", "Public Security Bureau", Dep, Some((109.4850, 36.5870))),
    ("urban-management", "市城管局", "Urban Management Bureau", Dep, None),
    ("education", "市教育局", "Education Bureau", Dep, None),
    ("market-regulation", "市市场监管局", "Market Regulation Bureau", Dep, None),
    ("housing", "市住建局", "Housing and Construction Bureau", Dep, None),
    ("transport", "市交通运输局", "Transport Bureau", Dep, Some((109.4735, 36.5540))),
    ("health", "市卫健委", "Health Commission", Dep, None),
    ("culture-tourism", "市文旅局", "Culture and Tourism Bureau", Dep, None),
    ("civil-affairs", "市民政局", "Civil Affairs Bureau", Dep, None),
    ("finance", "市财政局", "Finance Bureau", Dep, None),
    ("human-resources", "市人社局", "Human Resources Bureau", Dep, None),
    ("natural-resources", "市自然资源局", "Natural Resources Bureau", Dep, None),
    ("ecology", "市生态环境局", "Ecology and Environment Bureau", Dep, None),
    ("agriculture", "市农业农村局", "Agriculture Bureau", Dep, None),
    ("forestry", "市林业局", "Forestry Bureau", Dep, None),
    ("commerce", "市商务局", "Commerce Bureau", Dep, None),
    ("audit", "市审计局", "Audit Bureau", Dep, None),
    ("statistics", "市统计局", "Statistics Bureau", Dep, None),
    ("emergency", "市应急管理局", "Emergency Management Bureau", Dep, None),
    ("justice", "市司法局", "Justice Bureau", Dep, None),
    ("development", "市发改委", "Development and Reform Commission", Dep, None),
    ("industry", "市工信局", "Industry and Information Bureau", Dep, None),
    ("science", "市科技局", "Science and Technology Bureau", Dep, None),
    ("sports", "市体育局", "Sports Bureau", Dep, None),
    ("veterans", "市退役军人局", "Veterans Affairs Bureau", Dep, None),
    ("medical-insurance", "市医保局", "Medical Insurance Bureau", Dep, None),
    ("letters-calls", "市信访局", "Letters and Calls Bureau", Dep, None),
    ("court", "市中级法院", "Intermediate Court", Dep, None),
    ("procuratorate", "市检察院", "Procuratorate", Dep, None),
    ("trade-unions", "市总工会", "Federation of Trade Unions", Dep, None),
    ("youth-league", "团市委", "Youth League Committee", Dep, None),
    ("women", "市妇联", "Women's Federation", Dep, None),
    ("party-school", "市委党校", "Party School", Ins, None),
    ("university", "延安大学", "Yan'an University", Ins, Some((109.4560, 36.6110))),
    ("medical-college", "医学院", "Medical College", Ins, Some((109.4900, 36.6030))),
    ("vocational-college", "职业技术学院", "Vocational College", Ins, Some((109.4200, 36.6230))),
    ("middle-school-board", "市直中学联管会", "City Middle Schools Board", Ins, None),
    ("peoples-hospital", "市人民医院", "People's Hospital", Ins, None),
    ("university-hospital", "大学附属医院", "University Hospital", Ins, None),
    ("tcm-hospital", "市中医医院", "Chinese Medicine Hospital", Ins, None),
    (
        "sites-museum",
        "革命纪念地管理局",
        "Revolutionary Sites Administration",
        Ins,
        Some((109.4800, 36.6030)),
    ),
    ("broadcasting", "市广播电视台", "Broadcasting Station", Ins, None),
    ("daily", "日报社", "Daily Newspaper", Ins, None),
    ("library", "市图书馆", "City Library", Ins, None),
    ("housing-fund", "住房公积金中心", "Housing Fund Centre", Ins, None),
    ("parks", "市园林处", "Parks and Gardens Office", Ins, None),
    ("sanitation", "市环卫处", "Sanitation Office", Ins, None),
    ("municipal-works", "市政工程处", "Municipal Works Office", Ins, None),
    ("tax", "市税务局", "Tax Bureau", Sta, None),
    ("peoples-bank", "人民银行分行", "Central Bank Branch", Sta, None),
    ("icbc", "工商银行分行", "Industrial and Commercial Bank Branch", Sta, None),
    ("abc", "农业银行分行", "Agricultural Bank Branch", Sta, None),
    ("ccb", "建设银行分行", "Construction Bank Branch", Sta, None),
    ("boc", "中国银行分行", "Bank of China Branch", Sta, None),
    ("oil-company", "油田公司", "Oilfield Company", Sta, Some((109.5300, 36.6120))),
    ("oil-sales", "石油销售公司", "Oil Sales Company", Sta, None),
    ("tobacco", "市烟草局", "Tobacco Bureau", Sta, None),
    ("post", "邮政公司", "Post Company", Sta, None),
    ("insurance", "人保财险公司", "Property Insurance Company", Sta, None),
    ("refinery", "炼油厂", "Refinery", Sta, Some((109.5600, 36.6270))),
    ("civilization-office", "市创建办", "Civilised City Office", Dep, Some((109.4850, 36.5880))),
    ("traffic-police", "市交警支队", "Traffic Police Detachment", Dep, Some((109.4790, 36.5790))),
    ("fire-rescue", "市消防救援支队", "Fire and Rescue Detachment", Sta, None),
    ("highway-bureau", "公路管理局", "Highway Bureau", Sta, Some((109.5300, 36.6100))),
    ("water-affairs", "市水务局", "Water Affairs Bureau", Dep, Some((109.4930, 36.5960))),
    (
        "railway-station",
        "火车站管委会",
        "Railway Station Administration",
        Sta,
        Some((109.4720, 36.5480)),
    ),
    ("power-supply", "供电公司", "Power Supply Company", Sta, None),
    ("telecom", "电信公司", "Telecom Company", Sta, None),
    ("mobile", "移动公司", "Mobile Company", Sta, None),
    ("unicom", "联通公司", "Unicom Company", Sta, None),
    ("meteorology", "市气象局", "Meteorological Bureau", Sta, None),
    ("water-supply", "自来水公司", "Water Supply Company", Firm, None),
    ("gas", "天然气公司", "Natural Gas Company", Firm, None),
    ("heating", "热力公司", "Heating Company", Firm, None),
    ("bus-company", "公交公司", "Bus Company", Firm, Some((109.4730, 36.5580))),
    ("property", "物业集团", "Property Management Group", Firm, None),
];

/// The units and who answers for each zone.
pub(super) struct Posting {
    pub(super) units: Vec<Unit>,
    /// Lead and co-responsible units of each zone, as places in `units`.
    pub(super) zones: Vec<(usize, Vec<usize>)>,
}

/// Seats every unit and gives every zone a lead whose seat is in it, or at least near.
pub(super) fn posting(
    mesh: &Mesh,
    division: &Division,
    spread: &Spread,
    seed: u64,
) -> Result<Posting, CodeFault> {
    let mut dice = Dice::for_purpose(seed, "units");
    let middles: Vec<Spot> = division.zones.iter().map(|cells| middle(mesh, cells)).collect();
    let wishes = UNITS.map(|unit| {
        unit.4.map(|(lon, lat)| Frame::anchor(lon, lat, mesh.size)).unwrap_or_default()
    });
    let leads = middles.len().min(60);
    let mut home: Vec<Option<usize>> = vec![None; UNITS.len()];
    let mut free: Vec<usize> = spaced(middles.len(), leads);
    // Those with a wish choose first; the others fill up from the centre.
    let mut queue: Vec<usize> = (0..leads).collect();
    queue.sort_by_key(|unit| UNITS[*unit].4.is_none());
    for unit in queue {
        let near = |zone: usize| middles[zone].minus(wishes[unit]).length();
        let best = (0..free.len()).min_by(|a, b| near(free[*a]).total_cmp(&near(free[*b])));
        home[unit] = best.map(|at| free.swap_remove(at));
    }
    let mut seats = Vec::with_capacity(UNITS.len());
    for unit in 0..UNITS.len() {
        let cell = match home[unit] {
            Some(zone) => inner_cell(mesh, division, zone, &mut dice),
            None if UNITS[unit].4.is_some() => mesh.nearest_cell(wishes[unit], |c| !c.is_river()),
            None => spread.busy_cell(&mut dice),
        };
        seats.push(kerb(mesh, cell, &mut dice));
    }
    let zones = answerable(mesh, division, &middles, &home, &seats);
    let mut units = Vec::with_capacity(UNITS.len());
    for ((id, zh, en, kind, _), seat) in UNITS.iter().zip(&seats) {
        units.push(Unit {
            id: UnitId::new(id)?,
            names: Names { zh: (*zh).to_owned(), en: (*en).to_owned() },
            kind: *kind,
            seat: Some(mesh.frame.grid(*seat)),
            capacity: 8 + 4 * u32::try_from(dice.below(14)).unwrap_or(0),
            hours: None,
            attributes: Attributes::from([("illustrative".to_owned(), true.into())]),
        });
    }
    Ok(Posting { units, zones })
}

fn middle(mesh: &Mesh, cells: &[u32]) -> Spot {
    let mut sum = Spot::default();
    for cell in cells {
        sum = sum.plus(mesh.cells[*cell as usize].middle, 1.0);
    }
    sum.times(1.0 / real(cells.len().max(1)))
}

/// `wanted` of `n` places, evenly spread.
fn spaced(n: usize, wanted: usize) -> Vec<usize> {
    (0..wanted).map(|at| at * n / wanted.max(1)).collect()
}

/// A cell of the zone on dry land, near its middle.
fn inner_cell(mesh: &Mesh, division: &Division, zone: usize, dice: &mut Dice) -> u32 {
    let cells = &division.zones[zone];
    let centre = middle(mesh, cells).plus(Spot { x: 1.0, y: 1.0 }, dice.between(-60.0, 60.0));
    let away = |cell: u32| mesh.cells[cell as usize].middle.minus(centre).length();
    cells
        .iter()
        .copied()
        .filter(|cell| division.uses[*cell as usize] != Use::River)
        .min_by(|a, b| away(*a).total_cmp(&away(*b)))
        .unwrap_or(cells[0])
}

/// Lead and co-responsible units: a zone without a seat goes to the nearest lead; a unit without a
/// zone helps where it sits and in the next three.
fn answerable(
    mesh: &Mesh,
    division: &Division,
    middles: &[Spot],
    home: &[Option<usize>],
    seats: &[Spot],
) -> Vec<(usize, Vec<usize>)> {
    let mut zones: Vec<(usize, Vec<usize>)> = middles
        .iter()
        .enumerate()
        .map(|(zone, middle)| {
            let own = home.iter().position(|place| *place == Some(zone));
            let away = |unit: usize| seats[unit].minus(*middle).length();
            let nearest = (0..seats.len())
                .filter(|unit| home[*unit].is_some())
                .min_by(|a, b| away(*a).total_cmp(&away(*b)));
            (own.or(nearest).unwrap_or(0), Vec::new())
        })
        .collect();
    for unit in 0..seats.len() {
        if home[unit].is_some() {
            continue;
        }
        let cell = mesh.nearest_cell(seats[unit], |cell| !cell.is_river());
        let own = division.zone_of[cell as usize] as usize;
        let mut near: Vec<usize> = (0..middles.len()).collect();
        near.sort_by(|a, b| {
            let away = |zone: usize| middles[zone].minus(seats[unit]).length();
            (*a != own).cmp(&(*b != own)).then(away(*a).total_cmp(&away(*b)))
        });
        for zone in near.into_iter().take(4) {
            zones[zone].1.push(unit);
        }
    }
    zones
}
