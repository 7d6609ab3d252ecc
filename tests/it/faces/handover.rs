//! Hand-over 移交: what moves with a plan, and what stays.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::plans::handover::{Page, hand_over_all, list};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::change::Change;
use zonewarden::domain::id::{IncidentId, UnitId};
use zonewarden::domain::incidents::desk::take_up;
use zonewarden::domain::incidents::docket::{CaseMoved, Due, Matter};
use zonewarden::domain::reports::report::{Further, Report};
use zonewarden::domain::reports::routing::assign::assign;
use zonewarden::geom::crs::Crs;
use zonewarden::store::Basis;

use super::planned::{HOUR_US, Planned};
use super::reports::filing;
use crate::store::places::all;
use crate::world::World;

async fn look(world: &World) -> usize {
    let seat = world.app.seat(None).unwrap();
    hand_over_all(&world.app, &seat).await.unwrap()
}

/// Cases at every stage in a zone that goes to another unit; their ids by name.
async fn cases(planned: &Planned, zone: usize, third: &UnitId) -> BTreeMap<&'static str, String> {
    let names = ["dispatched", "handling", "sent_back", "suspended", "by_hand", "void"];
    let mut ids = BTreeMap::new();
    for (name, p) in names.into_iter().zip(planned.places(zone, 6)) {
        ids.insert(name, planned.file(p, 5.0).await);
    }
    let doubtful = planned.places(zone, 1)[0];
    ids.insert("doubtful", planned.file(doubtful, 20_000.0).await);
    planned.world.take_up().await;
    let until = zonewarden::domain::time::Instant(planned.world.app.now().0 + 48 * HOUR_US);
    let ask = json!({ "act": "ask_suspension", "words": "封路", "until": until.rfc3339() });
    let by_hand = json!({ "act": "reassign", "words": "更合适", "unit": third });
    for (name, role, step) in [
        ("handling", Role::Unit, json!({ "act": "handle" })),
        ("sent_back", Role::Unit, json!({ "act": "send_back", "words": "不归我们" })),
        ("suspended", Role::Unit, json!({ "act": "handle" })),
        ("suspended", Role::Unit, ask),
        ("suspended", Role::Dispatcher, json!({ "act": "grant" })),
        ("by_hand", Role::Dispatcher, by_hand),
        ("void", Role::Dispatcher, json!({ "act": "void", "words": "重复" })),
    ] {
        planned.step(&ids[name], role, step).await;
    }
    ids
}

#[tokio::test]
async fn what_lies_where_the_owner_changed_goes_to_the_other_unit_and_all_else_stays() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let name = place.name();
        let [a, b, c] = planned.three();
        let units: Vec<UnitId> = planned.atlas().zones().iter().map(|it| it.lead.clone()).collect();
        let ids = cases(&planned, a, &units[c]).await;
        let elsewhere = planned.file(planned.places(c, 1)[0], 5.0).await;
        planned.world.take_up().await;
        assert_eq!(look(&planned.world).await, 0, "{name}: nothing came before the first plan");
        planned.world.pass_us(HOUR_US);
        let then = planned.atlas().zones().to_vec();
        let version = planned.swap(a, b).await;
        assert_eq!(look(&planned.world).await, 4, "{name}");
        assert_eq!(look(&planned.world).await, 0, "{name}: not twice");
        for (case, stage, unit, steps) in [
            ("dispatched", "dispatched", Some(&units[b]), 5),
            ("handling", "dispatched", Some(&units[b]), 6),
            ("sent_back", "dispatched", Some(&units[b]), 6),
            ("suspended", "suspended", Some(&units[b]), 8),
            ("by_hand", "dispatched", Some(&units[c]), 5),
            ("void", "void", Some(&units[a]), 5),
            ("doubtful", "collected", None, 1),
        ] {
            let shown = planned.shown(&ids[case]).await;
            assert_eq!(
                (&shown["stage"], &shown["unit"]),
                (&json!(stage), &json!(unit)),
                "{name}: {case}"
            );
            assert_eq!(shown["revision"], steps, "{name}: {case}");
            // Whatever is open is in the lists of the zone that it lies in now.
            let lies_in = if stage == "void" { &then[a].id } else { &then[b].id };
            assert_eq!(shown["zone"], json!(lies_in), "{name}: {case}");
        }
        assert_eq!(planned.shown(&elsewhere).await["revision"], 4, "{name}");
        let told = planned.shown(&ids["dispatched"]).await;
        let step = told["steps"].as_array().unwrap().last().unwrap();
        let zones = planned.atlas().zones().to_vec();
        let words = format!(
            "plan 1 -> 2: the place lies in zone {}, no longer in zone {}",
            zones[b].id, zones[a].id
        );
        assert_eq!((&step["act"], &step["words"]), (&json!("hand_over"), &json!(words)), "{name}");
        // Both units hear of it.
        let journal = planned.world.app.store().journal(&planned.world.city, 0, 500).await.unwrap();
        let moved = journal.iter().rev().find(|it| it.kind == "case_moved").unwrap();
        assert!(moved.concerns(&units[a]) && moved.concerns(&units[b]), "{name}: {moved:?}");
        lists(&planned, version, (&units[a], &units[b], &units[c])).await;
        // Back again with the next plan: also those that were handed over.
        planned.world.pass_us(HOUR_US);
        planned.swap(a, b).await;
        assert_eq!(look(&planned.world).await, 4, "{name}");
        let back = planned.shown(&ids["suspended"]).await;
        assert_eq!((&back["stage"], &back["unit"]), (&json!("suspended"), &json!(units[a])));
    }
}

/// The list for both sides.
async fn lists(planned: &Planned, version: i64, (from, to, third): (&UnitId, &UnitId, &UnitId)) {
    let path = format!("/api/v1/plans/{version}/handover");
    let whole = planned.get(&path).await.json();
    assert_eq!(whole["done"], true);
    assert_eq!(whole["flows"], json!([{ "from": from, "to": to, "incidents": 4 }]));
    assert_eq!(whole["incidents"].as_array().unwrap().len(), 4);
    let page = planned.get(&format!("{path}?limit=3")).await.json();
    let next = page["next"].as_str().unwrap();
    let rest = planned.get(&format!("{path}?limit=3&after={next}")).await.json();
    assert_eq!((rest["incidents"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    for (unit, count) in [(from, 4), (to, 4), (third, 0)] {
        let key = planned.world.key(Role::Unit, unit).await;
        let own = planned.world.client.get_as(&key, &path).await.json();
        assert_eq!(own["incidents"].as_array().unwrap().len(), count, "{unit}");
    }
    let none = planned.get(&format!("{path}?from={to}")).await.json();
    assert_eq!(none["incidents"], json!([]));
    let paged = planned.get(&format!("{path}?format=csv&limit=3&after={next}")).await;
    assert_eq!(paged.places(), ["limit", "after"]);
    let given = planned.get(&format!("{path}?format=csv&from={to}")).await;
    assert_eq!(given.text().lines().count(), 1, "none went from there: {}", given.text());
    let table = planned.get(&format!("{path}?format=csv")).await;
    assert_eq!(table.status, StatusCode::OK);
    let lines: Vec<&str> = table.text().lines().collect();
    assert_eq!(lines.len(), 5, "{}", table.text());
    assert!(lines[1].contains(from.as_str()) && lines[1].contains(to.as_str()), "{}", lines[1]);
    let bad = planned.get(&format!("{path}?format=pdf&after=x&limit=0")).await;
    assert_eq!(bad.places(), ["format", "limit", "after"]);
}

#[tokio::test]
async fn a_zone_under_another_unit_is_handed_over_whole() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    let unit = planned.atlas().zones()[b].lead.clone();
    let id = planned.file(planned.places(a, 1)[0], 5.0).await;
    planned.world.take_up().await;
    planned.publish(|zones| zones[a].lead = unit.clone()).await;
    assert_eq!(look(&planned.world).await, 1);
    let shown = planned.shown(&id).await;
    assert_eq!(shown["unit"], json!(unit));
    let words = shown["steps"].as_array().unwrap().last().unwrap()["words"].clone();
    assert!(
        words.as_str().unwrap().contains(&format!("is led by {unit}, no longer by")),
        "{words}"
    );
}

#[tokio::test]
async fn what_was_filed_before_a_plan_and_not_dispatched_is_routed_anew() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let [a, b, _] = planned.three();
        let zones = planned.atlas().zones().to_vec();
        let id = planned.file(planned.places(a, 1)[0], 5.0).await;
        planned.world.pass_us(HOUR_US);
        planned.swap(a, b).await;
        assert_eq!(look(&planned.world).await, 0);
        planned.world.take_up().await;
        let shown = planned.shown(&id).await;
        assert_eq!((&shown["unit"], &shown["zone"]), (&json!(zones[b].lead), &json!(zones[b].id)));
        let report = zonewarden::domain::id::ReportId(id.parse().unwrap());
        let store = planned.world.app.store();
        let all = store.assignments(&planned.world.city, report).await.unwrap();
        let told: Vec<_> = all.iter().map(|it| (it.turn, it.plan_version, &it.unit)).collect();
        assert_eq!(told, [(1, 1, &zones[a].lead), (2, 2, &zones[b].lead)], "{}", place.name());
    }
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was_though_the_report_has_gone_elsewhere() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let name = place.name();
        let [a, b, _] = planned.three();
        let places = planned.places(a, 2);
        let body = |n: usize| {
            let at = places[n].degrees();
            json!({ "lon": at.lon(), "lat": at.lat(), "accuracy_m": 5.0 })
        };
        let (client, key) = (&planned.world.client, planned.key(Role::Dispatcher).await);
        let mut other = body(1);
        other["key"] = json!("k-1");
        let many = json!([other]).to_string();
        let send_one = || client.ask(filing(Some("k-1"), &body(0)));
        let send_many =
            || client.post_as(&key, "/api/v1/reports/batch", "application/json", many.clone());
        let (one, many) = (send_one().await, send_many().await.json());
        assert_eq!(many["filed"], 1, "{name}: {many}");
        planned.world.pass_us(HOUR_US);
        planned.swap(a, b).await;
        assert_eq!(look(&planned.world).await, 0, "{name}");
        planned.world.take_up().await;
        let receipt = &many["results"][0]["receipt"];
        for first in [&one.json(), receipt] {
            let path = format!("/api/v1/reports/{}", first["id"].as_str().unwrap());
            assert_ne!(planned.get(&path).await.json()["unit"], first["unit"], "{name}");
        }
        let (again, many_again) = (send_one().await, send_many().await.json());
        assert_eq!(again.header("idempotency-replayed"), "true", "{name}");
        assert_eq!(again.text(), one.text(), "{name}");
        assert_eq!(many_again["again"], 1, "{name}: {many_again}");
        assert_eq!(&many_again["results"][0]["receipt"], receipt, "{name}");
    }
}

/// Opens as many cases as asked in a zone, straight in the store.
async fn open_many(planned: &Planned, zone: usize, count: u32) -> Vec<IncidentId> {
    let atlas = planned.atlas();
    let places = planned.places(zone, 6);
    let now = planned.world.app.now();
    let mut ids = Vec::new();
    for some in (0..count).collect::<Vec<_>>().chunks(100) {
        let mut changes = Vec::new();
        for n in some {
            let report = Report {
                id: zonewarden::app::clock::report_id(),
                source: "hotline".to_owned(),
                category: None,
                position: places[*n as usize % 6],
                given_crs: Crs::Wgs84,
                accuracy_m: Some(5.0),
                words: String::new(),
                happened_at: now,
                received_at: now,
                person: None,
                idempotency_key: None,
                request_hash: String::new(),
                further: Further::default(),
            };
            let to = assign(&atlas, &report, now);
            let case = take_up(&report, &to, now).unwrap();
            let matter = Matter::of(&report, &to);
            ids.push(case.state().id);
            changes.push(Change::ReportFiled { report, assignment: to });
            let moved = CaseMoved::between(None, &case, matter, Due::default());
            changes.push(Change::CaseMoved(moved));
        }
        let (app, city) = (&planned.world.app, &planned.world.city);
        app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    }
    ids
}

/// Each case went once to the unit, and stands in the list once.
async fn once(planned: &Planned, ids: &[IncidentId], version: i64, unit: &UnitId, name: &str) {
    let (app, city) = (&planned.world.app, &planned.world.city);
    let page = Page { limit: usize::MAX, ..Page::default() };
    let listed = list(app, city, &Caller::cli(), version, &page).await.unwrap();
    assert!(listed.done, "{name}");
    assert_eq!(listed.rows.len(), ids.len(), "{name}");
    for docket in app.store().incidents_of(city, ids).await.unwrap() {
        assert_eq!((docket.revision, docket.unit.as_ref()), (5, Some(unit)), "{name}");
    }
}

#[tokio::test]
async fn a_process_that_dies_in_between_is_followed_by_the_next() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let name = place.name();
        let [a, b, _] = planned.three();
        let unit = planned.atlas().zones()[b].lead.clone();
        let ids = open_many(&planned, a, 500).await;
        let version = planned.swap(a, b).await;
        let (app, city) = (planned.world.app.clone(), planned.world.city.clone());
        let victim = tokio::spawn(async move {
            let seat = app.seat(None).unwrap();
            hand_over_all(&app, &seat).await
        });
        // It dies when its first commit stands.
        let store = planned.world.app.store();
        while store.handover(&city).await.unwrap().plan < 1
            || store.handover(&city).await.unwrap().after.is_none()
        {
            if victim.is_finished() {
                break;
            }
            tokio::task::yield_now().await;
        }
        victim.abort();
        let _ = victim.await;
        let next = planned.beside().await;
        look(&next).await;
        once(&planned, &ids, version, &unit, name).await;
    }
}

#[tokio::test]
async fn several_processes_hand_each_incident_over_once() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let name = place.name();
        let [a, b, _] = planned.three();
        let unit = planned.atlas().zones()[b].lead.clone();
        let ids = open_many(&planned, a, 450).await;
        let version = planned.swap(a, b).await;
        let other = planned.beside().await;
        let tasks: Vec<_> = (0..6)
            .map(|n| {
                let app = if n % 2 == 0 { planned.world.app.clone() } else { other.app.clone() };
                tokio::spawn(async move {
                    let seat = app.seat(None).unwrap();
                    hand_over_all(&app, &seat).await.unwrap()
                })
            })
            .collect();
        let mut all = 0;
        for task in tasks {
            all += task.await.unwrap();
        }
        assert_eq!(all, ids.len(), "{name}");
        once(&planned, &ids, version, &unit, name).await;
    }
}

#[tokio::test]
async fn the_printable_list_holds_everything_however_many_there_are() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    let ids = open_many(&planned, a, 1_300).await;
    let version = planned.swap(a, b).await;
    assert_eq!(look(&planned.world).await, ids.len());
    let path = format!("/api/v1/plans/{version}/handover");
    let page = planned.get(&path).await.json();
    assert_eq!(page["incidents"].as_array().unwrap().len(), 1_000, "a page is no more than that");
    let table = planned.get(&format!("{path}?format=csv")).await;
    let text = table.text();
    let mut lines = text.lines();
    let header: Vec<&str> =
        lines.next().unwrap().trim_start_matches('\u{feff}').split(',').collect();
    let at = |name: &str| header.iter().position(|it| *it == name).unwrap();
    let (id, stage, lon) = (at("id"), at("stage"), at("lon"));
    let mut listed: Vec<IncidentId> = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), header.len(), "{line}");
        assert_eq!(cells[stage], "dispatched", "{line}");
        assert!(cells[lon].parse::<f64>().is_ok(), "{line}");
        listed.push(IncidentId(cells[id].parse().unwrap()));
    }
    let mut expected = ids.clone();
    expected.sort_unstable();
    assert_eq!(listed, expected, "each once, by id");
}

/// Files a report of a category that a rule gives to its unit, well within a zone; its id.
async fn ruled(planned: &Planned, zone: usize) -> String {
    let at = planned.places(zone, 1)[0].degrees();
    let body = json!({
        "lon": at.lon(), "lat": at.lat(), "accuracy_m": 1.0, "category": "event.06.tourism",
    });
    let filed = planned.world.client.post("/api/v1/reports", "application/json", body.to_string());
    let filed = filed.await.json();
    assert_ne!(filed["rule"], "zone", "{filed}");
    planned.world.take_up().await;
    let id = filed["id"].as_str().unwrap().to_owned();
    assert_eq!(planned.shown(&id).await["stage"], "dispatched");
    id
}

#[tokio::test]
async fn a_review_says_of_each_incident_what_the_publication_does_with_it() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let name = place.name();
        let [a, b, c] = planned.three();
        let units: Vec<UnitId> = planned.atlas().zones().iter().map(|it| it.lead.clone()).collect();
        let mut ids = cases(&planned, a, &units[c]).await;
        ids.insert("ruled", ruled(&planned, a).await);
        let key = planned.key(Role::Planner).await;
        let post = async |path: &str, body: Value| {
            let client = &planned.world.client;
            client.post_as(&key, path, "application/json", body.to_string()).await
        };
        let draft = post("/api/v1/drafts", json!({ "name": "换人" })).await.json();
        let path = format!("/api/v1/drafts/{}", draft["id"].as_str().unwrap());
        let zone = planned.atlas().zones()[a].id.clone();
        let edit = json!({ "kind": "set_zone", "zone": zone, "lead": units[b] });
        let tried = json!({ "edits": [edit.clone()] });
        let tried = post(&format!("{path}/review?listed=100000"), tried).await.json();
        let step = json!({ "act": "edit", "revision": 1, "edits": [edit] });
        let done = post(&format!("{path}/steps"), step).await;
        assert_eq!(done.status, StatusCode::OK, "{name}: {}", done.text());
        let review = format!("{path}/review?listed=100000");
        let review = planned.world.client.get_as(&key, &review).await.json();
        let shares = ["flows", "listed", "moving", "staying"];
        assert_eq!(shares.map(|it| &tried[it]), shares.map(|it| &review[it]), "{name}");
        let told = incidents_of(&review);
        for (case, stays) in [
            ("dispatched", Value::Null),
            ("handling", Value::Null),
            ("sent_back", Value::Null),
            ("suspended", Value::Null),
            ("by_hand", json!("by_hand")),
            ("doubtful", json!("undispatched")),
            ("ruled", json!("ruled")),
        ] {
            assert_eq!(told[&*ids[case]]["stays"], stays, "{name}: {case}");
        }
        assert!(!told.contains_key(&*ids["void"]), "{name}: what is over is nobody's any more");
        assert_eq!(review["staying"], 3, "{name}");
        let published =
            post(&format!("{path}/steps"), json!({ "act": "publish", "revision": 2 })).await;
        assert_eq!(published.status, StatusCode::OK, "{name}: {}", published.text());
        assert_eq!(look(&planned.world).await, 4, "{name}");
        let version = planned.atlas().plan().version;
        let handed = planned.get(&format!("/api/v1/plans/{version}/handover")).await.json();
        agree(&review, &handed, name);
    }
}

/// The incidents that a review lists, by id.
fn incidents_of(review: &Value) -> BTreeMap<&str, &Value> {
    let listed = review["listed"].as_array().unwrap().iter();
    let incidents = listed.filter(|it| it["kind"] == "incident");
    incidents.map(|it| (it["id"].as_str().unwrap(), it)).collect()
}

/// What a review says goes is what was handed over: each incident, and the counts by unit.
fn agree(review: &Value, handed: &Value, name: &str) {
    let row = |it: &Value, id: &str| {
        let text = |name: &str| it[name].as_str().unwrap().to_owned();
        (text(id), text("from"), text("to"))
    };
    let told = incidents_of(review).into_values().filter(|it| it["stays"].is_null());
    let told: Vec<_> = told.map(|it| row(it, "id")).collect();
    let went = handed["incidents"].as_array().unwrap().iter();
    let went: Vec<_> = went.map(|it| row(it, "incident")).collect();
    assert_eq!(told, went, "{name}: both by id");
    let counts = |all: &Value, count: &dyn Fn(&Value) -> Value| -> Vec<(Value, Value, Value)> {
        let all = all["flows"].as_array().unwrap().iter();
        all.map(|it| (it["from"].clone(), it["to"].clone(), count(it))).collect()
    };
    assert_eq!(
        counts(review, &|it| it["moves"]["incidents"].clone()),
        counts(handed, &|it| it["incidents"].clone()),
        "{name}"
    );
}
