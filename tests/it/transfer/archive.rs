//! A whole city as one archive: the same bytes out of every store, and nothing of one that is not whole.

use std::sync::Arc;

use zonewarden::app::clock::Clock;
use zonewarden::app::refusal::Refusal;
use zonewarden::app::state::App;
use zonewarden::app::transfer::archive::members::{FORMAT, VERSION};
use zonewarden::app::transfer::archive::{self, ArchiveImport};
use zonewarden::app::transfer::export::{Which, export};
use zonewarden::app::transfer::import::Outcome;
use zonewarden::app::transfer::{Format, Kind};
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::city::Approval;
use zonewarden::domain::atlas::zone::Plan;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::CityId;
use zonewarden::domain::time::Instant;
use zonewarden::formats::layer::Findings;
use zonewarden::formats::parcel::{Members, pack, unpack};
use zonewarden::geom::crs::Crs;
use zonewarden::store::Basis;

use super::{World, words};
use crate::store::places::{all, block_on};

/// A city with three plans, of which the last one swaps two zones' leads.
async fn planned() -> (World, CityId) {
    let (world, city) = World::sample().await;
    for version in 2..=3 {
        let state = world.app.store().load(&city).await.unwrap().unwrap();
        let mut zones = state.zones.clone();
        let lead = zones[0].lead.clone();
        zones[0].lead = zones[1].lead.clone();
        zones[1].lead = lead;
        let effective_from = Instant(state.plan.effective_from.0 + 1_000_001);
        let plan = Plan { version, effective_from, note: format!("第{version}版 <a>") };
        let changes = vec![Change::PlanPublished { plan, zones }];
        world.app.commit(&city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    }
    (world, city)
}

async fn put(app: &App, bytes: &[u8], dry_run: bool) -> Outcome {
    let ask = ArchiveImport { bytes: Arc::from(bytes), dry_run, ..ArchiveImport::default() };
    archive::import(app, &Caller::cli(), None, ask).await.unwrap()
}

#[test]
fn an_archive_makes_the_same_city_in_every_store_and_exports_the_same_bytes() {
    block_on(async {
        let (world, city) = planned().await;
        let bytes = archive::export(&world.app, &city, None).await.unwrap();
        assert_eq!(archive::export(&world.app, &city, None).await.unwrap(), bytes);
        let expected = world.app.store().load(&city).await.unwrap().unwrap();
        for place in all().await {
            let clock = Clock::from_fn(|| Instant(1_767_225_600_000_000));
            let app = App::new(place.open().await, clock, None);
            let looked = put(&app, &bytes, true).await;
            assert!(!looked.refused(), "{}: {:#?}", place.name(), words(&looked));
            assert_eq!(app.store().cities().await.unwrap(), vec![], "{}", place.name());
            let made = put(&app, &bytes, false).await;
            assert_eq!(made.committed, Some(1), "{}: {:#?}", place.name(), words(&made));
            let state = app.store().load(&city).await.unwrap().unwrap();
            assert_eq!(state.city, expected.city, "{}", place.name());
            assert_eq!((state.plan, state.zones), (expected.plan.clone(), expected.zones.clone()));
            assert_eq!(state.units, expected.units, "{}", place.name());
            assert_eq!(state.facilities, expected.facilities, "{}", place.name());
            assert_eq!(state.rules, expected.rules, "{}", place.name());
            let again = archive::export(&app, &city, None).await.unwrap();
            assert!(again == bytes, "{}: {} and {} bytes", place.name(), again.len(), bytes.len());
            let plans = |app: &App| {
                let (store, city) = (app.store().clone(), city.clone());
                async move {
                    let all = store.plans(&city, i64::MAX, 9).await.unwrap();
                    all.into_iter().map(|it| (it.plan, it.effective_to)).collect::<Vec<_>>()
                }
            };
            assert_eq!(plans(&app).await, plans(&world.app).await, "{}", place.name());
            // History begins with the last plan: of a time before it nothing is claimed.
            let begins = expected.plan.effective_from;
            assert_eq!(app.store().first_instant(&city).await.unwrap(), Some(begins));
            let same = put(&app, &bytes, false).await;
            assert_eq!((same.committed, same.tally.changed, same.tally.removed), (None, 0, 0));
        }
    });
}

#[tokio::test]
async fn a_former_plan_and_a_former_day_are_exported_as_they_were() {
    let (world, city) = planned().await;
    let zones = async |which| {
        export(&world.app, &city, Kind::Zones, Format::GeoJson, Crs::Wgs84, which).await
    };
    let first = zones(Which::Plan(1)).await.unwrap();
    assert_ne!(first, zones(Which::Plan(2)).await.unwrap());
    assert_eq!(first, zones(Which::Plan(3)).await.unwrap(), "swapped twice");
    let Err(Refusal::Invalid(faults)) = zones(Which::Plan(4)).await else { panic!("no plan 4") };
    assert!(faults[0].words.contains("there is no plan 4; the last is 3"), "{faults:?}");
    let second = world.app.store().plans(&city, 2, 1).await.unwrap().remove(0).plan;
    let then = second.effective_from.rfc3339();
    assert_eq!(zones(Which::At(&then)).await.unwrap(), zones(Which::Plan(2)).await.unwrap());
    let bytes = archive::export(&world.app, &city, Some(&then)).await.unwrap();
    let mut found = Findings::default();
    let members = unpack(&bytes, FORMAT, VERSION, &mut found);
    assert!(members.contains_key("zones/plan-2.geojson"));
    assert!(!members.contains_key("zones/plan-3.geojson"));
    assert!(Which::of(Kind::Units, Some(1), None).is_err());
    assert!(Which::of(Kind::Zones, Some(1), Some("2026-01-01")).is_err());
}

#[tokio::test]
async fn a_city_that_has_plans_gets_the_zones_as_its_next_one() {
    let (world, city) = planned().await;
    let bytes = archive::export(&world.app, &city, None).await.unwrap();
    let (other, _) = World::sample().await;
    let mut state = other.app.store().load(&city).await.unwrap().unwrap();
    let mut zones = state.zones.clone();
    zones[0].number = 4_711;
    let effective_from = state.plan.effective_from;
    let plan = Plan { version: 2, effective_from, note: String::new() };
    let changes = vec![Change::PlanPublished { plan, zones }];
    other.app.commit(&city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    let made = put(&other.app, &bytes, false).await;
    assert!(made.committed.is_some(), "{:#?}", words(&made));
    assert!(words(&made)[0].contains("holds 2 former plans"), "{:#?}", words(&made));
    let now = other.app.store().load(&city).await.unwrap().unwrap();
    let expected = world.app.store().load(&city).await.unwrap().unwrap();
    assert_eq!((now.plan.version, now.zones), (3, expected.zones));
    assert_eq!(now.plan.note, "第3版 <a>");
    // Where a second person is asked for, zones come of a draft alone.
    state.city.approval = Approval::SecondPerson;
    let (strict, _) = World::sample().await;
    let changes = vec![Change::CitySet(state.city)];
    strict.app.commit(&city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    let mut members = taken(&bytes);
    let settings = String::from_utf8(members["city.json"].clone()).unwrap();
    let settings = settings.replace("\"approval\": \"off\"", "\"approval\": \"second_person\"");
    members.insert("city.json".to_owned(), settings.into_bytes());
    let drawn = String::from_utf8(members["zones/plan-3.geojson"].clone()).unwrap();
    let zones = drawn.replacen("\"number\":1,", "\"number\":4711,", 1);
    members.insert("zones/plan-3.geojson".to_owned(), zones.into_bytes());
    let refused = put(&strict.app, &pack(FORMAT, VERSION, &members).unwrap(), false).await;
    let told = words(&refused);
    assert!(told.iter().any(|it| it.contains("second person's approval")), "{told:#?}");
    assert_eq!(refused.committed, None);
}

fn taken(bytes: &[u8]) -> Members {
    let mut found = Findings::default();
    let members = unpack(bytes, FORMAT, VERSION, &mut found);
    assert!(!found.refused());
    members
}

#[tokio::test]
async fn what_is_not_whole_or_not_ours_is_refused_with_each_fault_and_writes_nothing() {
    let (world, city) = planned().await;
    let whole = taken(&archive::export(&world.app, &city, None).await.unwrap());
    let with = |name: &str, text: &str| {
        let mut members = whole.clone();
        members.insert(name.to_owned(), text.as_bytes().to_vec());
        members
    };
    let without = |name: &str| {
        let mut members = whole.clone();
        members.remove(name);
        members
    };
    let plan = |version: i64, from: &str| {
        format!("[{{\"version\":{version},\"effective_from\":\"{from}\",\"note\":\"\"}}]")
    };
    let empty = "{\"type\":\"FeatureCollection\",\"features\":[]}";
    let no_id = "{\"time_zone\":\"Asia/Shanghai\"}";
    let school = String::from_utf8(whole["facilities/school.geojson"].clone()).unwrap();
    let mut late = with("plans.json", &plan(1, "2099-01-01T00:00:00Z"));
    late.retain(|name, _| {
        !matches!(name.as_str(), "zones/plan-2.geojson" | "zones/plan-3.geojson")
    });
    let cases: Vec<(Members, &str)> = vec![
        (without("units.geojson"), "units.geojson: is not in the archive"),
        (without("plans.json"), "plans.json: is not in the archive"),
        (without("zones/plan-2.geojson"), "zones/plan-2.geojson: is not in the archive"),
        (with("keys.json", "{}"), "keys.json: is no member of a city's archive"),
        (with("facilities/castle.geojson", empty), "is no member of a city's archive"),
        (with("city.json", "{"), "city.json, file: is no JSON object"),
        (with("city.json", no_id), "city.json: `id` is missing"),
        (with("units.geojson", "[1]"), "units.geojson, "),
        (with("units.geojson", empty), "names the unit"),
        (with("rules.geojson", "{}"), "rules.geojson, "),
        (with("facilities/market.geojson", &school), "stands in two of its members"),
        (with("plans.json", &plan(2, "2026-01-01T00:00:00Z")), "plan 2 does not follow"),
        (with("plans.json", &plan(1, "soon")), "`soon` is no time with a zone"),
        (late, "plan 1 begins later than now"),
    ];
    for (members, expected) in cases {
        let fresh = World::empty().await;
        let bytes = pack(FORMAT, VERSION, &members).unwrap();
        let ask = ArchiveImport { bytes: Arc::from(bytes), ..ArchiveImport::default() };
        let told = match archive::import(&fresh.app, &Caller::cli(), None, ask).await {
            Ok(outcome) => {
                assert_eq!((outcome.refused(), outcome.committed), (true, None), "{expected}");
                words(&outcome)
            }
            Err(refusal) => vec![refusal.to_string()],
        };
        assert!(told.iter().any(|it| it.contains(expected)), "{told:#?} lacks {expected}");
        assert_eq!(fresh.app.store().cities().await.unwrap(), vec![], "{expected}");
    }
    let ask = ArchiveImport { bytes: Arc::from(&b"PK"[..]), ..ArchiveImport::default() };
    let refused = archive::import(&world.app, &Caller::public(), None, ask.clone()).await;
    assert_eq!(refused, Err(Refusal::NotFound));
    let said = archive::import(&world.app, &Caller::cli(), None, ask).await.unwrap_err();
    assert!(said.to_string().contains("is no whole zip archive"), "{said}");
}
