//! Rules as data, one of every class at least, and the calendar they ask.

use geo_types::Geometry;
use jiff::civil::{Date, Time, date, time};

use crate::domain::atlas::facility::{Facility, FacilityKind};
use crate::domain::atlas::rule::{Mode, Reach, Rule};
use crate::domain::id::{CategoryCode, CodeFault, RuleId, UnitId};
use crate::domain::sample::register::names;
use crate::domain::sample::units::{
    HIGHWAY, MARKET_REGULATION, RAILWAY, SITES, TOURISM, TRAFFIC_POLICE, TRANSPORT,
    URBAN_MANAGEMENT, WATER,
};
use crate::domain::time::{Calendar, Window};

/// A rule as a line of the table below.
struct Draft<'a> {
    id: &'a str,
    names: (&'a str, &'a str),
    reach: Reach,
    categories: &'a [&'a str],
    window: Window,
    unit: Option<&'a str>,
    mode: Mode,
    enabled: bool,
}

/// A rule that always holds.
fn draft<'a>(
    id: &'a str,
    names: (&'a str, &'a str),
    reach: Reach,
    categories: &'a [&'a str],
    (unit, mode): (Option<&'a str>, Mode),
) -> Draft<'a> {
    Draft { id, names, reach, categories, window: Window::default(), unit, mode, enabled: true }
}

/// Every rule, by id.
pub(super) fn rules(facilities: &[Facility]) -> Result<Vec<Rule>, CodeFault> {
    let mut drafts = everywhere();
    drafts.extend(rings());
    drafts.extend(places(facilities));
    let mut out = Vec::with_capacity(drafts.len());
    for draft in drafts {
        out.push(Rule {
            id: RuleId::new(draft.id)?,
            names: names(draft.names.0, draft.names.1),
            reach: draft.reach,
            categories: draft
                .categories
                .iter()
                .map(|code| CategoryCode::new(code))
                .collect::<Result<_, _>>()?,
            window: draft.window,
            unit: draft.unit.map(UnitId::new).transpose()?,
            mode: draft.mode,
            enabled: draft.enabled,
        });
    }
    out.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}

/// Categories that go to a functional unit 条.
fn everywhere() -> Vec<Draft<'static>> {
    use Mode::{Beside, Instead};
    let to = |id, names, categories, unit, mode| {
        draft(id, names, Reach::Everywhere, categories, (Some(unit), mode))
    };
    vec![
        to(
            "category-parking",
            ("违章停车归交警", "Illegal parking goes to the traffic police"),
            &["event.05.parking"],
            TRAFFIC_POLICE,
            Beside,
        ),
        to(
            "category-jaywalking",
            ("乱穿马路归交警", "Jaywalking goes to the traffic police"),
            &["event.05.jaywalking"],
            TRAFFIC_POLICE,
            Beside,
        ),
        to(
            "category-unlicensed",
            ("无证经营归市场监管", "Unlicensed trading goes to market regulation"),
            &["event.05.unlicensed"],
            MARKET_REGULATION,
            Beside,
        ),
        to(
            "category-taxi-bus",
            ("拒载甩站归交通运输局", "Taxis and buses go to the transport bureau"),
            &["event.05.bus_skipping", "event.05.taxi_refusal"],
            TRANSPORT,
            Instead,
        ),
        to(
            "category-tourism",
            ("旅游投诉归文旅局", "Tourism complaints go to culture and tourism"),
            &["event.06.tourism"],
            TOURISM,
            Beside,
        ),
        to(
            "category-building",
            ("施工管理归住建局", "Construction goes to the housing bureau"),
            &["event.03"],
            "housing",
            Beside,
        ),
        to(
            "category-advertising",
            ("宣传广告归城管局", "Advertising goes to urban management"),
            &["event.02"],
            URBAN_MANAGEMENT,
            Beside,
        ),
        to(
            "category-greenery",
            ("园林绿化部件归园林处", "Greenery goes to the parks office"),
            &["component.04"],
            "parks",
            Instead,
        ),
    ]
}

fn hours(spans: &[(Time, Time)], school_days: bool) -> Window {
    Window { weekdays: Vec::new(), hours: spans.to_vec(), school_days }
}

const fn at(hour: i8, minute: i8) -> Time {
    time(hour, minute, 0, 0)
}

/// Owners of components, and rings about schools, crossings and scenic spots.
fn rings() -> Vec<Draft<'static>> {
    let ring = |kind, radius_m| Reach::Ring { kind, facility: None, radius_m };
    let mut stalls = draft(
        "ring-school-stalls",
        (
            "校园周边200米摊点",
            "Stalls within 200 m of a school, school days, before and after class",
        ),
        ring(FacilityKind::School, 200.0),
        &["event.05.school_stalls", "event.05.unlicensed"],
        (Some(URBAN_MANAGEMENT), Mode::Beside),
    );
    let school_run = [(at(6, 30), at(8, 30)), (at(11, 20), at(14, 30)), (at(16, 30), at(19, 0))];
    stalls.window = hours(&school_run, true);
    let mut crossing = draft(
        "ring-intersection",
        ("路口30米内交通秩序", "Traffic order within 30 m of a named crossing, daytime"),
        ring(FacilityKind::Intersection, 30.0),
        &["event.05.jaywalking", "event.05.parking"],
        (Some(TRAFFIC_POLICE), Mode::Instead),
    );
    crossing.window = hours(&[(at(7, 0), at(20, 0))], false);
    let mut night = draft(
        "ring-market-night",
        ("夜市摊点(停用)", "Night stalls about markets (switched off)"),
        ring(FacilityKind::Market, 80.0),
        &["event.05"],
        (Some(MARKET_REGULATION), Mode::Beside),
    );
    night.window = hours(&[(at(20, 0), at(2, 0))], false);
    night.enabled = false;
    vec![
        draft(
            "component-owner",
            ("部件归权属单位", "A component's owner answers for it"),
            Reach::Component { kind: FacilityKind::Component, within_m: 15.0 },
            &["component"],
            (None, Mode::Instead),
        ),
        stalls,
        crossing,
        night,
        draft(
            "ring-scenic-tourism",
            ("景区周边旅游投诉", "Tourism complaints about a scenic spot go to whoever runs it"),
            ring(FacilityKind::ScenicSpot, 50.0),
            &["event.06.tourism"],
            (None, Mode::Beside),
        ),
    ]
}

/// Lines and areas that another body owns.
fn places(facilities: &[Facility]) -> Vec<Draft<'static>> {
    let shape = |kind: FacilityKind, zh: &str| -> Option<Geometry<f64>> {
        facilities
            .iter()
            .find(|facility| facility.kind == kind && facility.names.zh == zh)
            .map(|facility| facility.geometry.clone())
    };
    let mut out = Vec::new();
    if let Some(line) = shape(FacilityKind::Street, "210国道") {
        out.push(draft(
            "line-g210",
            ("210国道归公路局", "National Highway 210 belongs to the highway bureau"),
            Reach::Line { line, buffer_m: 18.0 },
            &["component.02", "event.01", "event.03", "event.05"],
            (Some(HIGHWAY), Mode::Instead),
        ));
    }
    for (id, names, river) in [
        ("line-yanhe", ("延河河道归水务局", "The Yan River belongs to water affairs"), "延河"),
        (
            "line-nanchuan",
            ("南川河河道归水务局", "The Nanchuan River belongs to water affairs"),
            "南川河",
        ),
    ] {
        if let Some(line) = shape(FacilityKind::River, river) {
            let reach = Reach::Line { line, buffer_m: 36.0 };
            let categories = &["component", "event.01", "event.04"];
            out.push(draft(id, names, reach, categories, (Some(WATER), Mode::Instead)));
        }
    }
    if let Some(area) = shape(FacilityKind::Square, "火车站广场") {
        out.push(draft(
            "area-railway-station",
            ("火车站广场归站区管委会", "The railway station square answers for itself"),
            Reach::Area { area },
            &[],
            (Some(RAILWAY), Mode::Instead),
        ));
    }
    if let Some(area) = shape(FacilityKind::ScenicSpot, "枣园革命旧址") {
        out.push(draft(
            "area-zaoyuan",
            ("枣园革命旧址归纪念地管理局", "The Zaoyuan site belongs to its administration"),
            Reach::Area { area },
            &[],
            (Some(SITES), Mode::Beside),
        ));
    }
    out
}

/// Public holidays and make-up days of 2026, and two school terms.
pub(super) fn calendar() -> Calendar {
    let day = |month, day| -> Date { date(2026, month, day) };
    Calendar {
        holidays: vec![
            day(1, 1),
            day(1, 2),
            day(2, 16),
            day(2, 17),
            day(2, 18),
            day(2, 19),
            day(2, 20),
            day(2, 23),
            day(4, 6),
            day(5, 1),
            day(5, 4),
            day(5, 5),
            day(6, 19),
            day(9, 25),
            day(10, 1),
            day(10, 2),
            day(10, 5),
            day(10, 6),
            day(10, 7),
        ],
        makeup_days: vec![day(1, 4), day(2, 14), day(2, 28), day(5, 9), day(9, 20), day(10, 10)],
        terms: vec![(day(3, 2), day(7, 10)), (day(9, 1), date(2027, 1, 22))],
    }
}
