use super::*;
use crate::domain::accounts::{Caller, Role};
use crate::domain::incidents::case::{Ask as CaseAsk, Case};
use crate::domain::incidents::docket::{Due, Matter};
use crate::domain::incidents::step::Carried;
use crate::domain::sample::{Recipe, city};
use crate::geom::coord::LonLat;

fn atlas() -> Atlas {
    let mut state = city(&Recipe::default());
    state.rules.clear();
    Atlas::build(state).unwrap()
}

struct Told {
    atlas: Atlas,
    all: Vec<Evidence>,
}

impl Told {
    fn new() -> Self {
        Self { atlas: atlas(), all: Vec::new() }
    }

    /// So many incidents at a place, one a metre or so from the other.
    fn add(&mut self, count: u32, at: GridPoint, unit: &UnitId, corrected: Option<Correction>) {
        for n in 0..count {
            let id = uuid::Uuid::from_u128(self.all.len() as u128 + 1);
            let position = GridPoint { x: at.x + 100 * i32::try_from(n % 5).unwrap(), y: at.y };
            self.all.push(Evidence {
                incident: IncidentId(id),
                category: CategoryCode::new("event.01.litter").unwrap(),
                position,
                at: Instant(1_780_000_000_000_000),
                unit: unit.clone(),
                corrected,
            });
        }
    }

    fn found(&self) -> Vec<(Where, String, usize, usize)> {
        let found = propose(&self.atlas, &self.all, Least::default());
        let told = found.iter().map(|it| {
            let unit = it.rule.unit.as_ref().unwrap().to_string();
            (it.reach.clone(), unit, it.support.len(), it.against.len())
        });
        told.collect()
    }

    /// A place in a zone, far from everything around which rings are proposed; the zone and its unit.
    fn quiet(&self, nth: usize) -> (GridPoint, ZoneId, UnitId) {
        let mut seen = BTreeSet::new();
        for n in 0..4_000 {
            let (east, north) = (f64::from(n % 80) * 0.001, f64::from(n / 80) * 0.001);
            let at = LonLat::new(109.45 + east, 36.56 + north).unwrap().grid();
            let ask = Ask { position: at, accuracy_m: None, category: None, at: Instant(0) };
            let answer = route(&self.atlas, &ask);
            let Some(zone) = answer.zone.filter(|_| answer.border_m > Some(60.0)) else { continue };
            let quiet = self.atlas.within(at, &KINDS, RING_M + 60.0).is_empty();
            if quiet && seen.insert(zone.id.clone()) && seen.len() > nth {
                return (at, zone.id.clone(), zone.lead.clone());
            }
        }
        panic!("there is no {nth}th quiet zone");
    }

    fn stranger(&self, than: &UnitId) -> UnitId {
        self.atlas.units().iter().find(|unit| unit.id != *than).unwrap().id.clone()
    }
}

#[test]
fn corrections_in_one_zone_propose_a_rule_for_that_zone_and_too_few_propose_none() {
    let mut told = Told::new();
    let (at, zone, lead) = told.quiet(0);
    let right = told.stranger(&lead);
    told.add(4, at, &right, Some(Correction::SentBack));
    assert_eq!(told.found(), []);
    told.add(1, at, &right, Some(Correction::Doubtful));
    assert_eq!(told.found(), [(Where::Zone(zone), right.to_string(), 5, 0)]);
}

#[test]
fn what_another_unit_took_speaks_against_and_a_narrower_reach_may_still_hold() {
    let mut told = Told::new();
    let (at, zone, lead) = told.quiet(0);
    let (elsewhere, _, other_lead) = told.quiet(3);
    let right = told.stranger(&lead);
    told.add(8, at, &right, Some(Correction::SentBack));
    told.add(30, elsewhere, &other_lead, None);
    assert_eq!(told.found(), [(Where::Zone(zone.clone()), right.to_string(), 8, 0)]);
    told.add(2, at, &lead, None);
    assert_eq!(told.found(), [(Where::Zone(zone), right.to_string(), 8, 2)]);
    told.add(1, at, &lead, None);
    assert_eq!(told.found(), [], "8 of 11 is less than 0.8");
}

#[test]
fn corrections_all_over_the_city_propose_one_rule_for_the_category() {
    let mut told = Told::new();
    let places: Vec<_> = (0..4).map(|nth| told.quiet(nth)).collect();
    let leads: Vec<&UnitId> = places.iter().map(|(_, _, lead)| lead).collect();
    let units = told.atlas.units().iter();
    let right = units.map(|unit| &unit.id).find(|id| !leads.contains(id)).unwrap().clone();
    for (at, _, _) in &places {
        told.add(4, *at, &right, Some(Correction::Reassigned));
    }
    assert_eq!(told.found(), [(Where::Everywhere, right.to_string(), 16, 0)]);
}

#[test]
fn corrections_around_a_school_propose_its_ring() {
    let mut told = Told::new();
    let (at, id, lead) = {
        let school = told.atlas.facilities().iter().find(|it| {
            it.kind == FacilityKind::School && matches!(it.geometry, Geometry::Point(_))
        });
        let school = school
            .or_else(|| told.atlas.facilities().iter().find(|it| it.kind == FacilityKind::School));
        let school = school.unwrap();
        let centre = match &school.geometry {
            Geometry::Point(at) => *at,
            Geometry::Polygon(area) => area.exterior().points().next().unwrap(),
            Geometry::MultiPolygon(areas) => areas.0[0].exterior().points().next().unwrap(),
            other => panic!("{other:?}"),
        };
        let at = LonLat::new(centre.x(), centre.y()).unwrap().grid();
        let ask = Ask { position: at, accuracy_m: None, category: None, at: Instant(0) };
        (at, school.id.clone(), route(&told.atlas, &ask).unit.clone())
    };
    let right = told.stranger(&lead);
    told.add(6, at, &right, Some(Correction::SentBack));
    let found = told.found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(matches!(&found[0].0, Where::Around(..)), "{found:?} of {id}");
    assert_eq!((found[0].2, found[0].3), (6, 0));
}

#[test]
fn a_proposal_that_was_set_is_made_no_more_and_its_code_is_always_the_same() {
    let mut told = Told::new();
    let (at, _, lead) = told.quiet(0);
    let right = told.stranger(&lead);
    told.add(5, at, &right, Some(Correction::SentBack));
    let first = propose(&told.atlas, &told.all, Least::default()).remove(0);
    assert!(is_proposed(&first.rule.id));
    assert!(!is_proposed(&RuleId::new("learnt-by-heart").unwrap()));
    told.add(1, at, &right, Some(Correction::SentBack));
    let again = propose(&told.atlas, &told.all, Least::default()).remove(0);
    assert_eq!(first.rule, again.rule);
    let mut state = told.atlas.state().clone();
    state.rules.push(again.rule);
    let adopted = Atlas::build(state).unwrap();
    assert_eq!(propose(&adopted, &told.all, Least::default()), []);
}

#[test]
fn a_dismissal_holds_until_there_are_twice_as_many_corrections() {
    let mut told = Told::new();
    let (at, _, lead) = told.quiet(0);
    let right = told.stranger(&lead);
    told.add(5, at, &right, Some(Correction::SentBack));
    let made = |told: &Told| propose(&told.atlas, &told.all, Least::default()).remove(0);
    let id = made(&told).rule.id;
    let dismissal = Dismissal { id, support: 5, words: String::new() };
    assert!(dismissal.holds(&made(&told)));
    told.add(4, at, &right, Some(Correction::SentBack));
    assert!(dismissal.holds(&made(&told)));
    told.add(1, at, &right, Some(Correction::SentBack));
    assert!(!dismissal.holds(&made(&told)));
}

#[test]
fn an_incident_says_something_when_a_unit_took_it_or_a_person_named_another() {
    let unit = |code: &str| UnitId::new(code).unwrap();
    let by = |role, of: Option<&str>| Caller { role, unit: of.map(unit), actor: "k".to_owned() };
    let (desk, wrong, right) =
        (by(Role::Dispatcher, None), by(Role::Unit, Some("u1")), by(Role::Unit, Some("u2")));
    let matter = Matter {
        source: "hotline".to_owned(),
        category: Some(CategoryCode::new("event.01").unwrap()),
        position: GridPoint { x: 1, y: 1 },
        zone: None,
        happened_at: Instant(5),
        routed: unit("u1"),
        doubtful: false,
    };
    let id = IncidentId(uuid::Uuid::from_u128(1));
    let report = crate::domain::id::ReportId(id.0);
    let opened = Case::open(id, report, String::new(), &Caller::public(), Instant(1)).unwrap();
    let go = |case: &Case, act, to: Option<&str>, caller: &Caller| {
        let carried = Carried { words: "x".to_owned(), unit: to.map(unit), ..Carried::default() };
        let ask = CaseAsk { seen: case.state().revision, act, carried };
        case.decide(ask, caller, Instant(10)).unwrap()
    };
    let says = |case: &Case| {
        let docket = Docket::of(case, matter.clone(), Due::default());
        Evidence::of(&docket, case.steps()).map(|it| (it.unit.to_string(), it.corrected))
    };
    let filed = go(&go(&opened, Move::Verify, None, &desk), Move::File, None, &desk);
    let sent = go(&filed, Move::Dispatch, Some("u1"), &desk);
    assert_eq!((says(&filed), says(&sent)), (None, None), "nobody has taken it");
    let begun = go(&sent, Move::Handle, None, &wrong);
    assert_eq!(says(&begun), Some(("u1".to_owned(), None)));
    let back = go(&sent, Move::SendBack, None, &wrong);
    assert_eq!(says(&back), None, "nobody has decided");
    let moved = go(&back, Move::Reassign, Some("u2"), &desk);
    assert_eq!(says(&moved), Some(("u2".to_owned(), Some(Correction::SentBack))));
    assert_eq!(says(&go(&moved, Move::Handle, None, &right)), says(&moved));
    let over = go(&sent, Move::HandOver, Some("u2"), &desk);
    assert_eq!(says(&over), None, "a new plan corrects nobody");
    let named = go(&sent, Move::Reassign, Some("u2"), &desk);
    assert_eq!(says(&named), Some(("u2".to_owned(), Some(Correction::Reassigned))));
    let void = go(&named, Move::Void, None, &desk);
    assert_eq!(says(&void), None);
}
