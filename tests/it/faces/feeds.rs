//! The public feeds: what is in them, and that what is hidden is hidden.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::app::plans::handover::hand_over_all;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::open311;
use super::planned::{HOUR_US, Planned};
use crate::client::request;
use crate::world::{CENTRE, World};

const DAY_US: i64 = 86_400_000_000;
const FORM: &str = "application/x-www-form-urlencoded";

async fn filed(world: &World, code: &str, more: &str) -> String {
    let form = format!("service_code={code}&lat={}&long={}&accuracy=5{more}", CENTRE.1, CENTRE.0);
    let answer = world.client.post("/open311/v2/requests.json", FORM, form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()[0]["service_request_id"].as_str().unwrap().to_owned()
}

async fn features(world: &World, query: &str) -> Vec<Value> {
    let answer = world.client.get(&format!("/api/v1/feed.geojson?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["features"].as_array().unwrap().clone()
}

async fn atom(world: &World, query: &str) -> String {
    let answer = world.client.get(&format!("/api/v1/feed.atom?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.header("content-type").starts_with("application/atom+xml"));
    answer.text().to_owned()
}

#[tokio::test]
async fn the_feed_holds_what_was_told_in_public_and_nothing_personal() {
    let world = World::new().await;
    let secret = "&email=li@example.org&phone=13800000000&first_name=Li&last_name=Wang\
                  &device_id=dev-zz&account_id=acc-zz&description=%E6%89%BE13900000000%20%3Cb%3E";
    let public = filed(&world, "event.01.litter", secret).await;
    let hotline = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "热线", "source": "hotline" });
    let told = world.client.post("/api/v1/reports", "application/json", hotline.to_string()).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text());
    world.take_up().await;
    let found = features(&world, "lang=en").await;
    assert_eq!(found.len(), 1, "{found:?}");
    let one = &found[0];
    assert_eq!(one["id"], public.as_str());
    assert_eq!(one["geometry"]["coordinates"], json!([CENTRE.0, CENTRE.1]));
    let about = &one["properties"];
    assert_eq!((&about["status"], &about["stage"]), (&json!("open"), &json!("dispatched")));
    assert_eq!((&about["category_name"], &about["blur_m"]), (&json!("Littering"), &json!(0)));
    let feed = atom(&world, "").await;
    assert!(feed.contains(&format!("urn:uuid:{public}")) && feed.contains("<georss:point>"));
    for text in [one.to_string(), feed] {
        for hidden in
            ["热线", "13800000000", "13900000000", "li@", "Wang", "dev-zz", "acc-zz", "<b>"]
        {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        assert!(text.contains("***"));
    }
}

#[tokio::test]
async fn a_blurred_place_is_told_alike_everywhere_and_cannot_be_searched_out() {
    let world = World::new().await;
    let id = filed(&world, "event.01.illegal_building", "&address_string=South+Street+3").await;
    let feature = features(&world, "").await.remove(0);
    let shown = feature["geometry"]["coordinates"].clone();
    let (lon, lat) = (shown[0].as_f64().unwrap(), shown[1].as_f64().unwrap());
    assert!(shown != json!([CENTRE.0, CENTRE.1]) && feature["properties"]["blur_m"] == 200);
    assert!((lon - CENTRE.0).abs() < 0.002 && (lat - CENTRE.1).abs() < 0.002);
    assert!(atom(&world, "").await.contains(&format!("<georss:point>{lat} {lon}</georss:point>")));
    let path = format!("/open311/v2/requests/{id}.json");
    let request = world.client.get(&path).await.json()[0].clone();
    assert_eq!((&request["lat"], &request["long"]), (&json!(lat), &json!(lon)));
    assert_eq!((&request["address"], &request["address_id"]), (&Value::Null, &Value::Null));
    let searched = async |query: String| {
        let found = world.client.get(&format!("/open311/v2/requests.json?{query}")).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text());
        found.json().as_array().unwrap().len()
    };
    let around = |(lon, lat): (f64, f64)| {
        let e = 0.0001;
        format!("bbox={},{},{},{}", lon - e, lat - e, lon + e, lat + e)
    };
    assert_eq!(searched(around((lon, lat))).await, 1, "found where it is told to be");
    assert_eq!(searched(around(CENTRE)).await, 0, "and not where it is");
    let circle = |(lon, lat): (f64, f64)| format!("lat={lat}&long={lon}&radius=5");
    assert_eq!(searched(circle((lon, lat))).await, 1);
    assert_eq!(searched(circle(CENTRE)).await, 0);
    // Somebody else's report of a spot near by lies in the same square, and tells no more.
    let form = format!(
        "service_code=event.01.illegal_building&lat={}&long={}&accuracy=5",
        lat + 0.0003,
        lon - 0.0003
    );
    let other = world.client.post("/open311/v2/requests.json", FORM, form).await;
    assert_eq!(other.status, StatusCode::CREATED);
    let all = features(&world, "").await;
    assert!(all.len() == 2 && all.iter().all(|it| it["geometry"]["coordinates"] == shown));
}

#[tokio::test]
async fn closed_incidents_leave_the_feed_after_a_while_and_merged_reports_are_one() {
    let world = World::new().await;
    let first = filed(&world, "event.01.litter", "").await;
    world.pass_us(60_000_000);
    filed(&world, "event.01.litter", "").await;
    world.take_up().await;
    let both = features(&world, "").await;
    assert_eq!(both.len(), 1, "{both:?}");
    assert_eq!((&both[0]["id"], &both[0]["properties"]["supporters"]), (&json!(first), &json!(2)));
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let revision = world.revision(&first).await;
    let step = json!({ "act": "void", "revision": revision, "words": "not for the public" });
    let path = format!("/api/v1/incidents/{first}/steps");
    let done = world.client.post_as(&key, &path, "application/json", step.to_string()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let closed = features(&world, "").await;
    assert_eq!(closed[0]["properties"]["status"], "closed");
    assert!(!closed[0].to_string().contains("not for"));
    world.pass_us(13 * DAY_US);
    assert_eq!(features(&world, "").await.len(), 1);
    world.pass_us(2 * DAY_US);
    assert!(features(&world, "").await.is_empty());
    assert!(atom(&world, "").await.contains("<updated>1970-01-01"));
}

#[tokio::test]
async fn an_open_incident_is_in_the_feed_of_the_zone_that_its_place_lies_in_now() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    let zones: Vec<String> = planned.atlas().zones().iter().map(|it| it.id.to_string()).collect();
    let at = planned.places(a, 1)[0].degrees();
    let form =
        format!("service_code=event.01.litter&lat={}&long={}&accuracy=5", at.lat(), at.lon());
    let filed = planned.world.client.post("/open311/v2/requests.json", FORM, form).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let id = filed.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    planned.world.take_up().await;
    let seen = async |zone: usize| {
        let found = features(&planned.world, &format!("zone={}", zones[zone])).await;
        found.iter().map(|it| it["properties"]["zone"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!((seen(a).await, seen(b).await), (vec![json!(zones[a])], vec![]));
    planned.world.pass_us(HOUR_US);
    planned.swap(a, b).await;
    let seat = planned.world.app.seat(None).unwrap();
    hand_over_all(&planned.world.app, &seat).await.unwrap();
    assert_eq!((seen(a).await, seen(b).await), (vec![], vec![json!(zones[b])]));
    let path = format!("/open311/v2/requests/{id}.json?extensions=true");
    let told = planned.world.client.get(&path).await.json();
    assert_eq!(told[0]["extended_attributes"]["zone"], json!(zones[b]));
}

#[tokio::test]
async fn a_zone_whose_last_report_is_older_than_ten_thousand_others_still_tells_of_it() {
    let planned = Planned::new().await;
    let world = &planned.world;
    let [a, b, _] = planned.three();
    let zones: Vec<String> = planned.atlas().zones().iter().map(|it| it.id.to_string()).collect();
    let mut ids = Vec::new();
    for zone in [a, b] {
        let at = planned.places(zone, 1)[0].degrees();
        let form = format!("service_code=event.02&lat={}&long={}&accuracy=5", at.lat(), at.lon());
        ids.push(open311::filed(world, &form).await);
    }
    world.take_up().await;
    world.pass_us(HOUR_US);
    let like = open311::stored(world, &ids[1]).await;
    open311::flood(world, &like, 10_001, false).await;
    open311::flood(world, &like, 600, true).await;
    let of_a = features(world, &format!("zone={}", zones[a])).await;
    assert_eq!(of_a.len(), 1, "{of_a:?}");
    assert_eq!(
        (&of_a[0]["id"], &of_a[0]["properties"]["stage"]),
        (&json!(ids[0]), &json!("dispatched"))
    );
    assert_eq!(features(world, &format!("zone={}&limit=500", zones[b])).await.len(), 500);
    // What waits for the desk is in it as well, the newest first.
    let at = planned.places(a, 1)[0].degrees();
    let form = format!("service_code=event.02&lat={}&long={}&accuracy=5", at.lat(), at.lon());
    world.pass_us(HOUR_US);
    let waits = open311::filed(world, &form).await;
    let of_a = features(world, &format!("zone={}", zones[a])).await;
    let told: Vec<&Value> = of_a.iter().map(|it| &it["id"]).collect();
    assert_eq!(told, [&json!(waits), &json!(ids[0])]);
    assert_eq!(of_a[0]["properties"]["stage"], "collected");
}

#[tokio::test]
async fn a_zone_s_feed_holds_that_zone_and_a_reader_who_has_it_is_told_so() {
    let world = World::new().await;
    filed(&world, "event.01.litter", "").await;
    let zone = features(&world, "").await[0]["properties"]["zone"].as_str().unwrap().to_owned();
    assert_eq!(features(&world, &format!("zone={zone}")).await.len(), 1);
    let atlas = world.app.atlas(&world.city).unwrap();
    let other = atlas.zones().iter().find(|it| it.id.as_str() != zone).unwrap().id.clone();
    assert!(features(&world, &format!("zone={other}")).await.is_empty());
    for path in ["/api/v1/feed.atom", "/api/v1/feed.geojson"] {
        let first = world.client.get(path).await;
        let mut again = request(Method::GET, path, None, Body::empty());
        again.headers_mut().insert(header::IF_NONE_MATCH, first.headers[header::ETAG].clone());
        assert_eq!(world.client.ask(again).await.status, StatusCode::NOT_MODIFIED);
        let faults = world.client.get(&format!("{path}?zone=nowhere&limit=501&x=1")).await;
        assert_eq!(faults.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(faults.places(), ["limit", "x"]);
        let faults = world.client.get(&format!("{path}?zone=nowhere")).await;
        assert_eq!(
            (faults.status, faults.places()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["zone".to_owned()])
        );
    }
    let before = world.client.get("/api/v1/feed.atom").await.header("etag").to_owned();
    world.pass_us(60_000_000);
    filed(&world, "event.02", "").await;
    assert_ne!(world.client.get("/api/v1/feed.atom").await.header("etag"), before);
}
