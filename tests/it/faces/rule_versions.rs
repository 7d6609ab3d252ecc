//! Versions of the rules; and every assignment, told again from what was in force when it was made.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use geo_types::{Geometry, Point};
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::atlas::rule::{Mode, Reach, Rule};
use zonewarden::domain::atlas::zone::Plan;
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{CategoryCode, RuleId, UnitId};
use zonewarden::domain::reports::routing::assign::assign;
use zonewarden::domain::text::Names;
use zonewarden::domain::time::{Instant, Window};
use zonewarden::http::limits::Limits;
use zonewarden::store::{Basis, ReportFilter, ReportKey};

use crate::client::{Answer, request};
use crate::store::places::all;
use crate::world::{CENTRE, World, demonstration};

struct Desk {
    world: World,
    key: String,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let key = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
        Self { world, key }
    }

    fn asking(&self, method: Method, path: &str, body: Option<&Value>) -> Request<Body> {
        let bytes = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = request(method, path, Some(&self.key), bytes);
        if body.is_some() {
            let media = "application/geo+json".parse().unwrap();
            request.headers_mut().insert(header::CONTENT_TYPE, media);
        }
        request
    }

    async fn get(&self, path: &str) -> Answer {
        self.world.client.get_as(&self.key, path).await
    }

    /// Sets rules beside those there are; the version that made.
    async fn set(&self, note: &str, rules: &[Value]) -> i64 {
        let body = collection(rules);
        let path = format!("/api/v1/rules?merge=true&note={note}");
        let answer = self.world.client.ask(self.asking(Method::PUT, &path, Some(&body))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["atlas_version"].as_i64().unwrap()
    }

    async fn restore(&self, version: i64, query: &str) -> Answer {
        let path = format!("/api/v1/rules/versions/{version}/restore{query}");
        self.world.client.ask(self.asking(Method::POST, &path, None)).await
    }

    fn unit(&self, at: usize) -> String {
        self.world.app.atlas(&self.world.city).unwrap().units()[at].id.to_string()
    }
}

fn collection(rules: &[Value]) -> Value {
    let feature = |rule: &Value| json!({ "type": "Feature", "geometry": null, "properties": rule });
    let features: Vec<Value> = rules.iter().map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features })
}

fn everywhere(id: &str, category: &str, unit: &str) -> Value {
    json!({ "id": id, "name_en": "New", "reach": "category", "categories": category, "unit": unit,
            "mode": "instead" })
}

#[tokio::test]
async fn each_change_of_the_rules_is_a_version_that_is_listed_read_compared_and_restored() {
    let desk = Desk::new().await;
    let whole = desk.get("/api/v1/rules").await.json();
    let (one, other) = (desk.unit(0), desk.unit(1));
    let first = desk.set("trial", &[everywhere("a-rule", "event.02", &one)]).await;
    let second = desk.set("better", &[everywhere("a-rule", "event.02", &other)]).await;
    desk.world.pass_us(60_000_000);
    let listed = desk.get("/api/v1/rules/versions").await.json();
    let versions = listed["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 3);
    let told = |at: usize| {
        let it = &versions[at];
        (it["version"].clone(), it["note"].clone(), it["added"].clone(), it["changed"].clone())
    };
    assert_eq!(told(0), (json!(second), json!("better"), json!(0), json!(1)));
    assert_eq!(told(1), (json!(first), json!("trial"), json!(1), json!(0)));
    assert_eq!(versions[0]["at"], "2026-05-06T02:00:00Z");
    assert_eq!(versions[2]["actor"], "cli");
    // One page after the other.
    let page = desk.get("/api/v1/rules/versions?limit=2").await.json();
    let next = desk.get(&format!("/api/v1/rules/versions?limit=2&until={}", page["next"])).await;
    assert_eq!(next.json()["versions"], json!([versions[2]]));
    assert_eq!(next.json()["next"], Value::Null);
    // As it was, by its own number and by any that an answer of that time bears.
    let founded = versions[2]["version"].as_i64().unwrap();
    for version in founded..first {
        let then = desk.get(&format!("/api/v1/rules/versions/{version}")).await.json();
        assert_eq!(then, whole, "{version}");
    }
    let changes = desk.get(&format!("/api/v1/rules/versions/{second}/changes")).await.json();
    let differs = json!([{ "id": "a-rule", "change": "changed",
                           "fields": [{ "field": "unit", "was": one, "is": other }] }]);
    assert_eq!((&changes["since"], &changes["rules"]), (&json!(first), &differs));
    let all = format!("/api/v1/rules/versions/{second}/changes?since={founded}");
    let added = json!([{ "id": "a-rule", "change": "added", "fields": [] }]);
    assert_eq!(desk.get(&all).await.json()["rules"], added);
    let begun = desk.get(&format!("/api/v1/rules/versions/{founded}/changes")).await.json();
    assert_eq!(begun["since"], Value::Null);
    assert_eq!(
        begun["rules"].as_array().unwrap().len(),
        whole["features"].as_array().unwrap().len()
    );
}

#[tokio::test]
async fn a_restored_version_is_a_new_one_that_was_rehearsed_before() {
    let desk = Desk::new().await;
    let whole = desk.get("/api/v1/rules").await.json();
    let founded = desk.get("/api/v1/rules/versions").await.json()["versions"][0]["version"].clone();
    let founded = founded.as_i64().unwrap();
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.02" }).to_string();
    let told = desk.world.client.post("/api/v1/reports", "application/json", body).await.json();
    let elsewhere =
        (0..9).map(|at| desk.unit(at)).find(|unit| json!(unit) != told["unit"]).unwrap();
    let last = desk.set("trial", &[everywhere("a-rule", "event.02", &elsewhere)]).await;
    let dry = desk.restore(founded, "?dry_run=true").await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.text());
    let dry = dry.json();
    assert_eq!((&dry["removed"], &dry["atlas_version"]), (&json!(1), &Value::Null));
    assert_eq!(dry["rehearsal"]["listed"][0]["to"], told["unit"]);
    assert_eq!(desk.get("/api/v1/rules/versions").await.json()["versions"][0]["version"], last);
    let done = desk.restore(founded, "?note=undo").await.json();
    assert!(done["atlas_version"].as_i64().unwrap() > last);
    assert_eq!(desk.get("/api/v1/rules").await.json(), whole);
    let newest = desk.get("/api/v1/rules/versions").await.json()["versions"][0].clone();
    assert_eq!(
        (&newest["restored"], &newest["note"], &newest["removed"]),
        (&json!(founded), &json!("undo"), &json!(1))
    );
    let again = desk.restore(founded, "").await.json();
    assert_eq!((&again["atlas_version"], &again["removed"]), (&Value::Null, &json!(0)));
}

#[tokio::test]
async fn a_version_is_restored_in_its_turn_among_the_heavy_work() {
    let desk = Desk::new().await;
    let versions = desk.get("/api/v1/rules/versions").await.json();
    let founded = versions["versions"][0]["version"].as_i64().unwrap();
    let heavy = std::sync::Arc::clone(&desk.world.web.heavy);
    let places = u32::try_from(heavy.available_permits()).unwrap();
    let taken = heavy.acquire_many_owned(places).await.unwrap();
    let mut restoring = std::pin::pin!(desk.restore(founded, "?dry_run=true"));
    let soon = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, &mut restoring).await.is_err(), "it went ahead");
    drop(taken);
    assert_eq!(restoring.await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_version_that_is_not_there_or_does_not_fit_any_more_is_refused() {
    let desk = Desk::new().await;
    for path in ["0", "99", "-1", "x", "9223372036854775807", "9223372036854775808"] {
        let answer = desk.get(&format!("/api/v1/rules/versions/{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(desk.restore(99, "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        desk.get("/api/v1/rules/versions?until=x&limit=0").await.places(),
        ["until", "limit"]
    );
    // Its unit has gone since.
    let (app, city) = (&desk.world.app, &desk.world.city);
    let unit = UnitId::new("for-a-day").unwrap();
    let commit = async |changes| app.commit(city, &Caller::cli(), Basis::default(), changes).await;
    let made = zonewarden::domain::atlas::unit::Unit::named_only(unit.clone());
    commit(vec![Change::UnitsSet(vec![made])]).await.unwrap();
    let version = desk.set("", &[everywhere("a-rule", "event.02", "for-a-day")]).await;
    let gone = vec![Change::RulesRemoved(vec![RuleId::new("a-rule").unwrap()])];
    commit(gone).await.unwrap();
    commit(vec![Change::UnitsRemoved(vec![unit])]).await.unwrap();
    let refused = desk.restore(version, "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert!(refused.text().contains("names the unit for-a-day"), "{}", refused.text());
    let mut stale =
        desk.asking(Method::POST, &format!("/api/v1/rules/versions/{version}/restore"), None);
    stale.headers_mut().insert(header::IF_MATCH, "\"1-1\"".parse().unwrap());
    assert_eq!(desk.world.client.ask(stale).await.status, StatusCode::CONFLICT);
}

/// Reports all over the city: near borders and schools, of several categories, at all hours.
async fn file(world: &World, round: u32) {
    const CATEGORIES: [Option<&str>; 5] = [
        Some("event.01.litter"),
        Some("event.05.parking"),
        Some("event.06"),
        Some("component.01"),
        None,
    ];
    for n in 0..40_u32 {
        let (east, north) = (f64::from((n * 7 + round) % 40), f64::from((n * 11 + round * 3) % 40));
        let mut body = json!({ "lon": CENTRE.0 - 0.02 + east * 0.001,
                               "lat": CENTRE.1 - 0.01 + north * 0.0005 });
        if let Some(category) = CATEGORIES[n as usize % 5] {
            body["category"] = category.into();
        }
        if n % 3 > 0 {
            body["accuracy_m"] = (f64::from(n) * 3.5).into();
        }
        let at = Instant(world.app.now().0 - i64::from(n) * 5_400_000_000);
        body["happened_at"] = at.rfc3339().into();
        let filed =
            world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
        world.pass_us(1_000_000);
    }
}

/// What a city's planners do to it, one after the other.
fn changes(round: u32, state: &CityState, now: Instant) -> Vec<Change> {
    let unit = |at: usize| state.units[at % state.units.len()].id.clone();
    let rule = |id: &str, reach, unit| Rule {
        id: RuleId::new(id).unwrap(),
        names: Names { zh: String::new(), en: id.to_owned() },
        reach,
        categories: vec![CategoryCode::new("event.01").unwrap()],
        window: Window::default(),
        unit: Some(unit),
        mode: Mode::Beside,
        enabled: true,
    };
    match round {
        0 => vec![Change::RulesSet(vec![rule("r-1", Reach::Everywhere, unit(3))])],
        1 => {
            let plan =
                Plan { version: state.plan.version + 1, effective_from: now, note: String::new() };
            let mut zones = state.zones.clone();
            let last = zones.last().unwrap().lead.clone();
            for at in (1..zones.len()).rev() {
                zones[at].lead = zones[at - 1].lead.clone();
            }
            zones[0].lead = last;
            vec![Change::PlanPublished { plan, zones }]
        }
        2 => {
            let mut facilities = state.facilities.clone();
            facilities.truncate(facilities.len() / 2);
            for facility in &mut facilities {
                if let Geometry::Point(at) = facility.geometry {
                    facility.geometry = Point::new(at.x() + 0.001, at.y()).into();
                }
            }
            let gone = state.facilities[facilities.len()..].iter().map(|it| it.id.clone());
            let wanted =
                |rule: &&Rule| matches!(&rule.reach, Reach::Ring { facility: Some(_), .. });
            let rules = state.rules.iter().filter(wanted).map(|rule| rule.id.clone());
            vec![
                Change::RulesRemoved(rules.collect()),
                Change::FacilitiesRemoved(gone.collect()),
                Change::FacilitiesSet(facilities),
            ]
        }
        3 => {
            let mut city = state.city.clone();
            city.confidence_floor = 0.95;
            city.assumed_accuracy_m = 60.0;
            city.fallback = unit(5);
            "Europe/London".clone_into(&mut city.time_zone);
            vec![Change::CitySet(city)]
        }
        _ => {
            let ids = state.rules.iter().map(|rule| rule.id.clone()).collect();
            vec![Change::RulesRemoved(ids)]
        }
    }
}

#[tokio::test]
async fn every_assignment_is_told_again_from_what_was_in_force_when_it_was_made() {
    for place in all().await {
        let world = World::over(place.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let (store, city) = (world.app.store(), &world.city);
        file(&world, 0).await;
        for round in 0..5 {
            let state = store.load(city).await.unwrap().unwrap();
            let changes = changes(round, &state, world.app.now());
            world.app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
            file(&world, round + 1).await;
        }
        let (mut after, mut recomputed, mut otherwise) = (None, 0, 0);
        let now = Atlas::build(store.load(city).await.unwrap().unwrap()).unwrap();
        loop {
            let page = store.reports(city, &ReportFilter::default(), after, 50).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(ReportKey { received_at: last.report.received_at, id: last.report.id });
            let mut then: Option<Atlas> = None;
            for it in page {
                let version = it.assignment.atlas_version;
                if then.as_ref().is_none_or(|atlas| atlas.version() != version) {
                    let state = store.load_at(city, version).await.unwrap().unwrap();
                    then = Some(Atlas::build(state).unwrap());
                }
                let again = assign(then.as_ref().unwrap(), &it.report, it.assignment.at);
                let bytes = |of| serde_json::to_string(of).unwrap();
                assert_eq!(bytes(&again), bytes(&it.assignment), "{}", place.name());
                recomputed += 1;
                let today = assign(&now, &it.report, it.assignment.at);
                otherwise += usize::from(today.unit != it.assignment.unit);
            }
        }
        assert_eq!(recomputed, 240, "{}", place.name());
        assert!(otherwise > 60, "{}: only {otherwise} would go elsewhere today", place.name());
    }
}
