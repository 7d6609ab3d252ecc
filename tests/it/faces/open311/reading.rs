//! What was told in public.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::app::open311::{Wanted, list};
use zonewarden::app::refusal::Refusal;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::id::UnitId;
use zonewarden::domain::time::Instant;
use zonewarden::geom::coord::GridPoint;
use zonewarden::http::limits::Limits;

use super::{PARKING, filed, flood, stored, told};
use crate::client::request;
use crate::world::World;

const DAY_US: i64 = 86_400_000_000;

/// The ids that a query finds, in order.
async fn ids(world: &World, query: &str) -> Vec<String> {
    let answer = world.client.get(&format!("/open311/v2/requests.json?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
    let found = answer.json();
    let id = |found: &Value| found["service_request_id"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(id).collect()
}

async fn check(world: &World, query: &str, expected: &[&String]) {
    let found = ids(world, query).await;
    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
}

#[tokio::test]
async fn each_filter_finds_what_it_names_and_no_more() {
    let world = World::new().await;
    // MORNING, in UTC: 2026-05-06T02:00:00.
    let a = filed(&world, PARKING).await;
    world.pass_us(DAY_US);
    let b = filed(&world, "service_code=event.02&lat=36.5851&long=109.4841").await;
    world.pass_us(DAY_US);
    let c = filed(&world, "service_code=event.05.jaywalking&lat=36.6&long=109.49").await;
    let world = &world;
    check(world, "", &[&c, &b, &a]).await;
    check(world, "service_code=event.02", &[&b]).await;
    check(world, "service_code=event.05", &[&c, &a]).await;
    check(world, "service_code=event.02,event.05.parking", &[&b, &a]).await;
    check(world, "service_code=event.02&service_code=event.05.parking", &[&b, &a]).await;
    check(world, "start_date=2026-05-07T10:00:00+08:00", &[&c, &b]).await;
    check(world, "start_date=2026-05-07T10:00:01Z", &[&c]).await;
    // As browsers escape it, and as nobody does.
    check(world, "start_date=2026-05-07T10:00:00%2B08:00", &[&c, &b]).await;
    check(world, "start_date=2026-05-07T10:00:00%2008:00", &[&c, &b]).await;
    check(world, "end_date=2026-05-07T02:00:00Z", &[&b, &a]).await;
    check(world, "start_date=2026-05-07T00:00:00Z&end_date=2026-05-07T23:59:59Z", &[&b]).await;
    check(world, "updated_after=2026-05-08T02:00:00Z", &[&c]).await;
    check(world, "updated_before=2026-05-06T02:00:00Z", &[&a]).await;
    check(world, "status=open", &[&c, &b, &a]).await;
    check(world, "status=open,closed", &[&c, &b, &a]).await;
    check(world, "status=closed", &[]).await;
    check(world, "bbox=109.48,36.58,109.485,36.59", &[&b, &a]).await;
    check(world, "lat=36.585&long=109.484&radius=5", &[&a]).await;
    check(world, "lat=36.585&long=109.484&radius=100", &[&b, &a]).await;
    check(world, "lat=36.585&long=109.484&radius=100&bbox=1,1,2,2", &[]).await;
    check(world, "page_size=2", &[&c, &b]).await;
    check(world, "page_size=2&page=2", &[&a]).await;
    check(world, "page_size=2&page=3", &[]).await;
    check(world, "page_size=1&page=2&lat=36.585&long=109.484&radius=100", &[&a]).await;
    let named = format!("service_request_id={a},{c}&status=closed&start_date=x&nope=1");
    assert_eq!(ids(world, &named).await, [c.clone(), a.clone()]);
    assert_eq!(ids(world, "service_request_id=1,x").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_request_stands_where_its_case_stands() {
    let world = &World::new().await;
    let id = filed(world, "service_code=event.01.litter&lat=36.585&long=109.484&accuracy=5").await;
    let other =
        filed(world, "service_code=event.01.litter&lat=36.5852&long=109.484&accuracy=5").await;
    let shown = async |id: &str| {
        let path = format!("/open311/v2/requests/{id}.json?lang=en&extensions=true");
        world.client.get(&path).await.json()[0].clone()
    };
    let fresh = shown(&id).await;
    assert_eq!((&fresh["status"], &fresh["status_notes"]), (&json!("open"), &Value::Null));
    world.pass_us(3_600_000_000);
    world.take_up().await;
    let taken = shown(&id).await;
    assert_eq!((&taken["status"], &taken["status_notes"]), (&json!("open"), &json!("dispatched")));
    assert_eq!(taken["updated_datetime"], "2026-05-06T11:00:00+08:00");
    assert_eq!(taken["notes"][1]["summary"], "dispatched");
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let step = async |id: &str, body: Value| {
        let path = format!("/api/v1/incidents/{id}/steps");
        let answer = world.client.post_as(&key, &path, "application/json", body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    };
    world.pass_us(3_600_000_000);
    // The desk has found them to be the same matter: one case stands for both.
    assert_eq!(shown(&other).await["status_notes"], "dispatched");
    world.pass_us(3_600_000_000);
    let revision = world.revision(&id).await;
    step(&id, json!({ "act": "void", "revision": revision, "words": "secret of the desk" })).await;
    for id in [&id, &other] {
        let closed = shown(id).await;
        assert_eq!(
            (&closed["status"], &closed["status_notes"]),
            (&json!("closed"), &json!("void"))
        );
        assert_eq!(closed["updated_datetime"], "2026-05-06T13:00:00+08:00");
        assert_eq!(closed["expected_datetime"], Value::Null);
        assert!(!closed.to_string().contains("secret"));
    }
    let open = filed(world, PARKING).await;
    let mut both = [id.clone(), other.clone()];
    both.sort_by(|a, b| b.cmp(a));
    check(world, "status=open", &[&open]).await;
    check(world, "status=closed", &[&both[0], &both[1]]).await;
    check(world, "status=closed&page_size=1&page=2", &[&both[1]]).await;
    check(world, "updated_after=2026-05-06T05:00:00Z", &[&open, &both[0], &both[1]]).await;
    check(world, "updated_before=2026-05-06T04:00:00Z", &[]).await;
    check(
        world,
        "updated_after=2026-05-06T05:00:00Z&end_date=2026-05-06T03:00:00Z",
        &[&both[0], &both[1]],
    )
    .await;
}

/// Seconds since 1970.
fn seconds(at: &Value) -> i64 {
    Instant::parse(at.as_str().unwrap()).unwrap().0 / 1_000_000
}

#[tokio::test]
async fn what_is_promised_is_the_whole_case_s_deadline_and_nothing_before_its_clock_starts() {
    let world = &World::new().await;
    // The rules doubt it: so it waits, and a clock of the desk's own runs.
    let form = "service_code=event.02&lat=36.585&long=109.484&accuracy=3000";
    let id = filed(world, form).await;
    world.take_up().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let expected = async || {
        let path = format!("/open311/v2/requests/{id}.json");
        let request = world.client.get(&path).await.json()[0].clone();
        let feed = world.client.get("/api/v1/feed.geojson").await.json();
        let told = feed["features"][0]["properties"]["expected_at"].clone();
        assert_eq!(told, request["expected_datetime"], "{feed}");
        told.is_string().then(|| seconds(&told))
    };
    let path = format!("/api/v1/incidents/{id}");
    let waits = world.client.get_as(&key, &path).await.json();
    assert_eq!((&waits["stage"], &waits["light_of"]), (&json!("collected"), &json!("verify")));
    assert!(seconds(&waits["due_at"]) > world.app.now().0 / 1_000_000);
    assert_eq!(expected().await, None);
    let mut shown = Value::Null;
    for (act, revision) in [("verify", 1), ("file", 2)] {
        let step = json!({ "act": act, "revision": revision }).to_string();
        let steps = format!("{path}/steps");
        shown = world.client.post_as(&key, &steps, "application/json", step).await.json();
    }
    let whole = &shown["clocks"][0];
    assert_eq!(whole["of"], "whole", "{shown}");
    assert_ne!(shown["due_at"], whole["due_at"], "that of its stage is nearer");
    assert_eq!(expected().await, Some(seconds(&whole["due_at"])));
}

#[tokio::test]
async fn a_filter_finds_what_lies_behind_ten_thousand_that_it_does_not_name() {
    let world = &World::new().await;
    let old = filed(world, "service_code=event.01.litter&lat=36.585&long=109.484&accuracy=5").await;
    world.take_up().await;
    world.pass_us(3_600_000_000);
    let other = filed(world, "service_code=event.05.parking&lat=36.6&long=109.49").await;
    let like = stored(world, &other).await;
    flood(world, &like, 10_001, false).await;
    world.pass_us(3_600_000_000);
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let step = json!({ "act": "void", "revision": world.revision(&old).await, "words": "x" });
    let path = format!("/api/v1/incidents/{old}/steps");
    let answer = world.client.post_as(&key, &path, "application/json", step.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    check(world, "status=closed", &[&old]).await;
    check(world, "updated_after=2026-05-06T04:00:00Z", &[&old]).await;
    check(world, "bbox=109.483,36.584,109.485,36.586", &[&old]).await;
    check(world, "lat=36.585&long=109.484&radius=5&status=closed", &[&old]).await;
}

#[tokio::test]
async fn a_search_that_would_look_through_too_much_is_refused_and_tells_no_part() {
    let world = World::new().await;
    let like = stored(&world, &filed(&world, PARKING).await).await;
    flood(&world, &like, 30, false).await;
    let seat = world.app.seat(None).unwrap();
    // Some metres beside all of them: the store's box holds them, the circle does not.
    let around = Some((GridPoint { x: 1_094_840_000, y: 365_852_000 }, 5.0));
    let wanted = Wanted { around, limit: 10, ..Wanted::default() };
    let search = async |most| list(&world.app, &seat, &Caller::cli(), &wanted, most).await;
    let Err(Refusal::Invalid(faults)) = search(20).await else { panic!("it was answered") };
    assert!(faults[0].words.contains("more than 20 requests"), "{faults:?}");
    assert_eq!(search(100).await.map(|found| found.len()).ok(), Some(0));
}

#[tokio::test]
async fn what_the_public_asks_for_takes_no_place_of_the_heavy_work() {
    let world = World::new().await;
    let id = filed(&world, PARKING).await;
    let heavy = std::sync::Arc::clone(&world.web.heavy);
    let places = u32::try_from(heavy.available_permits()).unwrap();
    let _taken = heavy.acquire_many_owned(places).await.unwrap();
    assert_eq!(ids(&world, "status=open").await, std::slice::from_ref(&id));
    let table = world.client.get("/open311/v2/requests.csv").await;
    assert!(table.text().contains(&id), "{}", table.text());
}

#[tokio::test]
async fn ninety_days_are_searched_and_no_more() {
    let world = World::new().await;
    let old = filed(&world, PARKING).await;
    world.pass_us(90 * DAY_US);
    assert_eq!(ids(&world, "").await, std::slice::from_ref(&old));
    world.pass_us(1_000_000);
    assert_eq!(ids(&world, "").await, Vec::<String>::new());
    assert_eq!(ids(&world, "start_date=2026-05-01T00:00:00Z").await, std::slice::from_ref(&old));
    assert_eq!(ids(&world, &format!("service_request_id={old}")).await, [old]);
}

#[tokio::test]
async fn every_fault_of_a_query_is_told() {
    let world = World::new().await;
    for (query, places) in [
        ("start_date=x&end_date=2026-01-01", &["start_date:", "end_date:"][..]),
        (
            "start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:00Z",
            &["end_date: lies more than 90"],
        ),
        (
            "start_date=2026-01-02T00:00:00Z&end_date=2026-01-01T00:00:00Z",
            &["end_date: lies before"],
        ),
        (
            "updated_after=2026-01-01T00:00:00Z&updated_before=2027-01-01T00:00:00Z",
            &["updated_before:"],
        ),
        ("status=opened,closed", &["status: `opened`"]),
        ("bbox=1,2,3&radius=x", &["radius:", "bbox:"]),
        ("lat=36.585&long=109.484", &["radius: is missing"]),
        ("radius=5", &["lat, long: are missing"]),
        ("lat=36.585&radius=5", &["long: is missing"]),
        ("lat=36.585&long=109.484&radius=1e9", &["radius: must be"]),
        ("lat=109.484&long=36.585&radius=5", &["lat, long:"]),
        ("page=0&page_size=1001", &["page:", "page_size:"]),
        ("page=11", &["page: ends behind"]),
        ("extensions=yes", &["extensions:"]),
        ("staus=open", &["staus: is no parameter here; `status` is"]),
        ("lang=xx", &["lang:"]),
        ("a=%ff", &["a: is not percent-encoded"]),
    ] {
        let answer = world.client.get(&format!("/open311/v2/requests.json?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
        let words = told(&answer);
        for place in places {
            assert!(words.iter().any(|it| it.starts_with(place)), "{query}: {place}: {words:?}");
        }
        assert_eq!(words.len(), places.len(), "{query}: {words:?}");
    }
    let many = ["00000000-0000-7000-8000-000000000000"; 101].join(",");
    let answer =
        world.client.get(&format!("/open311/v2/requests.json?service_request_id={many}")).await;
    assert!(told(&answer)[0].contains("at most 100"));
    let long = world.client.get(&format!("/open311/v2/requests.json?{}", "x".repeat(9_000))).await;
    assert!(told(&long)[0].starts_with("query:"));
    let unknown = world.client.get("/open311/v2/requests.json?service_code=event.05,nope").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_told_elsewhere_is_not_public_and_numbers_of_people_are_taken_out() {
    let world = World::new().await;
    let hotline = json!({ "lon": 109.484, "lat": 36.585, "words": "积水", "source": "hotline" });
    let told =
        world.client.post("/api/v1/reports", "application/json", hotline.to_string()).await.json();
    assert_eq!(ids(&world, "").await, Vec::<String>::new());
    let path = format!("/open311/v2/requests/{}.json", told["id"].as_str().unwrap());
    assert_eq!(world.client.get(&path).await.status, StatusCode::NOT_FOUND);
    let form = format!(
        "{PARKING}&description=Call+138-0000-0000+or+li@example.org&phone=13900000000&email=w@example.org\
         &first_name=Li&device_id=dev-1&account_id=acc-1&attribute[plate]=PLATE&attribute[blocks]=crossing\
         &address_string=Road+1,+13700000000"
    );
    let id = filed(&world, &form).await;
    for path in [
        format!("requests/{id}.json?extensions=true&lang=en"),
        "requests.xml?extensions=true".to_owned(),
    ] {
        let answer = world.client.get(&format!("/open311/v2/{path}")).await;
        // Ids are told, and may hold any three digits.
        let text = answer.text().replace(&id, "");
        for hidden in ["138", "139", "137", "example.org", "Li", "dev-1", "acc-1", "PLATE"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    let path = format!("/open311/v2/requests/{id}.json?extensions=true&lang=en");
    let found = world.client.get(&path).await.json();
    assert_eq!(found[0]["description"], "Call *** or ***");
    let answers = &found[0]["extended_attributes"]["attributes"];
    assert_eq!(answers[0]["values"], json!(["Pedestrian crossing"]));
}

#[tokio::test]
async fn what_is_nowhere_is_told_in_open311_s_own_shape_and_never_as_a_page() {
    let world = World::new().await;
    for path in [
        "/open311",
        "/open311/",
        "/open311/v2",
        "/open311/v2/",
        "/open311/v1/services.xml",
        "/open311/v2/services",
        "/open311/v2/services.html",
        "/open311/v2/nothing.xml",
        "/open311/v2/services/x/y.xml",
        "/open311/v2/tokens/1.xml",
        "/open311/v2/requests/%00.xml",
        "/open311/v2/requests/%ff.xml",
        "/open311/v2/services/event.05.parking",
    ] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8", "{path}");
        let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<errors><error><code>404</code><description>";
        assert!(answer.text().starts_with(head), "{path}: {}", answer.text());
    }
    let mut asked = request(Method::GET, "/open311/v2/services", None, Body::empty());
    asked.headers_mut().insert("accept", "application/json".parse().unwrap());
    told(&world.client.ask(asked).await);
}

#[tokio::test]
async fn what_the_gate_refuses_has_the_shape_too() {
    let world = World::with(Limits { requests_max: 0, ..Limits::default() }).await;
    let answer = world.client.get("/open311/v2/services.json").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "1");
    told(&answer);
    let xml = world.client.get("/open311/v2/services.xml").await;
    assert!(xml.text().contains("<errors><error><code>503</code>"));
    let empty = World::empty(Limits::default()).await;
    let answer = empty.client.get("/open311/v2/services.json").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    told(&answer);
}

#[tokio::test]
async fn services_are_told_in_the_language_asked_for_and_by_place() {
    let world = World::new().await;
    let name = |found: &Value| found[0]["service_name"].as_str().unwrap().to_owned();
    let zh = world.client.get("/open311/v2/services.json").await;
    assert_eq!((name(&zh.json()).as_str(), zh.header("content-language")), ("公用设施", "zh"));
    let en = world.client.get("/open311/v2/services.json?lang=en").await;
    assert_eq!(
        (name(&en.json()).as_str(), en.header("content-language")),
        ("Public utilities", "en")
    );
    let mut asked = request(Method::GET, "/open311/v2/services.json", None, Body::empty());
    asked.headers_mut().insert("accept-language", "en-GB,en;q=0.9".parse().unwrap());
    assert_eq!(name(&world.client.ask(asked).await.json()), "Public utilities");
    let here = world.client.get("/open311/v2/services.json?lat=36.585&long=109.484").await.json();
    assert_eq!(here.as_array().unwrap().len(), 18);
    let far = world.client.get("/open311/v2/services.json?lat=36.585&long=108.2").await.json();
    assert_eq!(far, json!([]));
    let swapped = world.client.get("/open311/v2/services.json?lat=109.484&long=36.585").await;
    assert_eq!(swapped.status, StatusCode::BAD_REQUEST);
}
