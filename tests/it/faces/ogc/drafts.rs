//! Drafts as collections: who sees them, who draws in them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use geo_types::{Coord, MultiPolygon, Polygon};
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::atlas::zone::Zone;
use zonewarden::domain::id::{UnitId, ZoneId};
use zonewarden::domain::text::{Attributes, Names};
use zonewarden::http::limits::Limits;

use crate::client::{Answer, request};
use crate::world::{World, demonstration};

pub(super) const FEATURE: (&str, &str) = ("content-type", "application/geo+json");
pub(super) const PATCH: (&str, &str) = ("content-type", "application/merge-patch+json");
/// A ring, its first place not repeated.
pub(super) type Ring = Vec<[f64; 2]>;

/// A city of four zones with a draft. `west` (109.40 to 109.41) and `east` (to 109.42) lie side by side from 36.50 to
/// 36.51, `north` above both up to 36.52 and without a vertex where they meet; `far` (109.43 to 109.44) lies apart.
pub(super) struct Desk {
    pub(super) world: World,
    /// The key of the planner whose draft it is.
    pub(super) key: String,
    /// Its id.
    pub(super) draft: String,
}

fn zone(id: &str, number: u32, lead: &UnitId, ring: &[[f64; 2]]) -> Zone {
    let ring: Vec<Coord<f64>> = ring.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect();
    Zone {
        id: ZoneId::new(id).unwrap(),
        number,
        names: Names { zh: String::new(), en: id.to_owned() },
        lead: lead.clone(),
        co: Vec::new(),
        area: MultiPolygon(vec![Polygon::new(ring.into(), Vec::new())]),
        attributes: Attributes::from([("grade".to_owned(), json!("A"))]),
    }
}

pub(super) fn frame(west: f64, south: f64, east: f64, north: f64) -> Ring {
    vec![[west, south], [east, south], [east, north], [west, north]]
}

/// A ring as a geometry.
pub(super) fn polygon(ring: &[[f64; 2]]) -> Value {
    let closed: Vec<[f64; 2]> = ring.iter().chain(ring.first()).copied().collect();
    json!({ "type": "Polygon", "coordinates": [closed] })
}

/// The places of a polygon's outer ring, each once, in order.
pub(super) fn places(feature: &Value) -> Ring {
    let ring = &feature["geometry"]["coordinates"][0][0];
    let mut places: Ring = serde_json::from_value(ring.clone()).unwrap();
    places.pop();
    places.sort_by(|a, b| a.partial_cmp(b).unwrap());
    places
}

pub(super) fn sorted(ring: &[[f64; 2]]) -> Ring {
    let mut ring = ring.to_vec();
    ring.sort_by(|a, b| a.partial_cmp(b).unwrap());
    ring
}

impl Desk {
    pub(super) async fn new() -> Self {
        let world = World::empty(Limits::default()).await;
        let mut city = demonstration();
        let (lead, other) = (city.units[0].id.clone(), city.units[1].id.clone());
        city.zones = vec![
            zone("east", 2, &other, &frame(109.41, 36.5, 109.42, 36.51)),
            zone("far", 4, &lead, &frame(109.43, 36.5, 109.44, 36.51)),
            zone("north", 3, &lead, &frame(109.4, 36.51, 109.42, 36.52)),
            zone("west", 1, &lead, &frame(109.4, 36.5, 109.41, 36.51)),
        ];
        city.facilities.clear();
        city.rules.clear();
        seed::found(&world.app, city).await.unwrap();
        let key = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
        let body = json!({ "name": "北岸" }).to_string();
        let made = world.client.post_as(&key, "/api/v1/drafts", "application/json", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let draft = made.json()["id"].as_str().unwrap().to_owned();
        Self { world, key, draft }
    }

    /// Where the draft's zones are.
    pub(super) fn zones(&self) -> String {
        format!("/ogc/collections/draft-{}-zones/items", self.draft)
    }

    /// Where its borders are.
    pub(super) fn arcs(&self) -> String {
        format!("/ogc/collections/draft-{}-arcs/items", self.draft)
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let answer = self.world.client.get_as(&self.key, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }

    pub(super) async fn zone(&self, id: &str) -> Value {
        self.get(&format!("{}/{id}", self.zones())).await
    }

    pub(super) async fn revision(&self) -> u64 {
        let draft = self.get(&format!("/api/v1/drafts/{}", self.draft)).await;
        draft["revision"].as_u64().unwrap()
    }

    /// A step by the draft's own door.
    pub(super) async fn step(&self, mut body: Value) -> Answer {
        body["revision"] = self.revision().await.into();
        let path = format!("/api/v1/drafts/{}/steps", self.draft);
        let body = body.to_string();
        self.world.client.post_as(&self.key, &path, "application/json", body).await
    }

    pub(super) async fn send_as(
        &self,
        (key, method, path): (&str, Method, &str),
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = request(method, path, Some(key), Body::from(body.to_string()));
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        self.world.client.ask(request).await
    }

    /// A part of a zone sent, as QGIS does.
    pub(super) async fn patch(&self, zone: &str, body: &Value) -> Answer {
        let path = format!("{}/{zone}", self.zones());
        self.send_as((&self.key, Method::PATCH, &path), &[PATCH], body).await
    }

    /// A zone drawn, which must go well.
    pub(super) async fn draw(&self, zone: &str, ring: &[[f64; 2]]) {
        let answer = self.patch(zone, &json!({ "geometry": polygon(ring) })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{zone}: {}", answer.text());
    }

    /// Everything that the draft's zones are, and the revision.
    pub(super) async fn all(&self) -> (Value, u64) {
        let page = self.get(&self.zones()).await;
        (page["features"].clone(), self.revision().await)
    }
}

async fn allowed(desk: &Desk, key: &str, path: &str) -> (StatusCode, String) {
    let told = desk.send_as((key, Method::OPTIONS, path), &[], &Value::Null).await;
    (told.status, told.header("allow").to_owned())
}

#[tokio::test]
async fn planners_find_the_collections_of_open_drafts_and_nobody_else_does() {
    let desk = Desk::new().await;
    let ids = [format!("draft-{}-zones", desk.draft), format!("draft-{}-arcs", desk.draft)];
    let all = desk.get("/ogc/collections?lang=en").await;
    let found: Vec<(&str, &str)> = all["collections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["id"].as_str().unwrap(), it["title"].as_str().unwrap()))
        .filter(|(id, _)| id.starts_with("draft-"))
        .collect();
    let expected = [
        (ids[0].as_str(), "北岸 · Zones of the draft"),
        (ids[1].as_str(), "北岸 · Borders of the draft"),
    ];
    assert_eq!(found, expected);
    let api = desk.get("/ogc/api").await;
    let schema = desk.get(&format!("/ogc/collections/{}/schema", ids[0])).await;
    assert_eq!(schema["properties"]["geometry"]["format"], "geometry-multipolygon");
    for name in ["code", "name_zh", "lead", "co", "locked", "grade"] {
        assert!(schema["properties"][name].is_object(), "{name}: {schema}");
    }
    let items = |id: &str, end: &str| api["paths"][format!("/collections/{id}/items{end}")].clone();
    assert!(items(&ids[0], "")["post"].is_object() && items(&ids[1], "")["post"].is_null());
    for id in &ids {
        let one = items(id, "/{featureId}");
        assert!(one["patch"].is_object() && one["get"].is_object(), "{one}");
    }
    let other = desk.world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    for path in [
        format!("/ogc/collections/{}", ids[0]),
        format!("/ogc/collections/{}/schema", ids[1]),
        desk.zones(),
        desk.arcs(),
        format!("{}/west", desk.zones()),
    ] {
        desk.get(&path).await;
        assert_eq!(desk.world.client.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        let told = desk.world.client.get_as(&other, &path).await;
        assert_eq!(told.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(allowed(&desk, &other, &path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let body = json!({ "properties": { "name_en": "x" } });
    let path = format!("{}/west", desk.zones());
    let told = desk.send_as((&other, Method::PATCH, &path), &[PATCH], &body).await;
    assert_eq!(told.status, StatusCode::NOT_FOUND, "{}", told.text());
    assert!(!super::collections(&desk.world).await.iter().any(|id| id.starts_with("draft-")));
    let none = "/ogc/collections/draft-019a3e0c-0000-7000-8000-0000000000ab-zones/items";
    let told = desk.world.client.get_as(&desk.key, none).await;
    assert_eq!(told.status, StatusCode::NOT_FOUND, "{}", told.text());
}

#[tokio::test]
async fn who_may_not_edit_a_draft_and_a_draft_that_is_not_drawn_on_are_read_only() {
    let desk = Desk::new().await;
    let other = desk.world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let reading = "GET, HEAD, OPTIONS".to_owned();
    let (zones, arcs) = (desk.zones(), desk.arcs());
    let (west, arc) = (format!("{zones}/west"), format!("{arcs}/east~west"));
    for (path, allow) in [
        (&zones, "GET, HEAD, OPTIONS, POST"),
        (&west, "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"),
        (&arcs, "GET, HEAD, OPTIONS"),
        (&arc, "GET, HEAD, OPTIONS, PUT, PATCH"),
    ] {
        let told = allowed(&desk, &desk.key, path).await;
        assert_eq!(told, (StatusCode::OK, allow.to_owned()), "{path}");
        assert_eq!(allowed(&desk, &other, path).await, (StatusCode::OK, reading.clone()), "{path}");
    }
    let before = desk.all().await;
    let body = json!({ "properties": { "name_en": "West bank" } });
    let told = desk.send_as((&other, Method::PATCH, &west), &[PATCH], &body).await;
    assert_eq!(told.status, StatusCode::FORBIDDEN, "{}", told.text());
    assert_eq!(desk.all().await, before);
    for (method, path) in [(Method::POST, &arcs), (Method::DELETE, &arc)] {
        let told = desk.send_as((&desk.key, method, path), &[FEATURE], &body).await;
        assert_eq!(told.status, StatusCode::METHOD_NOT_ALLOWED, "{}", told.text());
    }
    desk.draw(
        "west",
        &[[109.4, 36.5], [109.41, 36.5], [109.412, 36.505], [109.41, 36.51], [109.4, 36.51]],
    )
    .await;
    let told = desk.step(json!({ "act": "propose" })).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    for path in [&zones, &west, &arcs, &arc] {
        let told = allowed(&desk, &desk.key, path).await;
        assert_eq!(told, (StatusCode::OK, reading.clone()), "{path}");
    }
    let told = desk.patch("west", &body).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text());
    assert!(told.text().contains("proposed"), "{}", told.text());
}

#[tokio::test]
async fn what_is_told_of_a_zone_lands_in_the_draft_and_nothing_twice() {
    let desk = Desk::new().await;
    let city = desk.world.app.atlas(&desk.world.city).unwrap();
    let (first, second) = (city.units()[0].id.to_string(), city.units()[1].id.to_string());
    let lead = desk.zone("west").await["properties"]["lead"].as_str().unwrap().to_owned();
    let new = if lead == first { &second } else { &first };
    let told = json!({ "properties": {
        "name_zh": "西岸", "lead": new, "co": lead, "number": 7, "grade": null, "note": "看过",
    } });
    let answer = desk.patch("west", &told).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    let shown = desk.zone("west").await["properties"].clone();
    assert_eq!((&shown["name_zh"], &shown["name_en"]), (&json!("西岸"), &json!("west")));
    assert_eq!((&shown["lead"], &shown["co"]), (&json!(new), &json!(lead)));
    assert_eq!((&shown["number"], &shown["grade"]), (&json!(7), &Value::Null));
    assert_eq!(desk.revision().await, 2);
    let answer = desk.patch("west", &told).await;
    assert_eq!((answer.status, desk.revision().await), (StatusCode::NO_CONTENT, 2), "no step more");
    for (wrong, place) in [
        (json!({ "lead": "nobody" }), "lead"),
        (json!({ "co": "nobody" }), "co"),
        (json!({ "number": -1 }), "number"),
        (json!({ "name_en": 3 }), "name_en"),
        (json!({ "code": "other" }), "code"),
        (json!({ "name_zh": "", "name_en": "" }), "name_zh"),
    ] {
        let answer = desk.patch("west", &json!({ "properties": wrong })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{place}: {}", answer.text());
        assert_eq!(answer.places(), [place], "{}", answer.text());
    }
    let answer = desk.patch("nowhere", &told).await;
    assert_eq!((answer.status, desk.revision().await), (StatusCode::NOT_FOUND, 2));
    // In force is what was.
    let zones = super::features(&desk.world, "/ogc/collections/zones/items?code=west").await;
    assert_eq!((&zones[0]["properties"]["number"], zones.len()), (&json!(1), 1));
}

#[tokio::test]
async fn a_draft_s_zones_are_filtered_paged_and_told_in_every_system() {
    let desk = Desk::new().await;
    let ids = |page: &Value| -> Vec<String> {
        let features = page["features"].as_array().unwrap().iter();
        features.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    let zones = desk.zones();
    let page = desk.get(&format!("{zones}?limit=3")).await;
    assert_eq!(ids(&page), ["east", "far", "north"]);
    assert_eq!((&page["numberMatched"], &page["numberReturned"]), (&json!(4), &json!(3)));
    let next = super::link(&page, "next").unwrap();
    assert_eq!(ids(&desk.get(&next).await), ["west"]);
    let page = desk.get(&format!("{zones}?bbox=109.425,36.4,109.5,36.6")).await;
    assert_eq!(ids(&page), ["far"]);
    let page = desk.get(&format!("{zones}?filter=number%20%3E%202&datetime=2026-05-01")).await;
    assert_eq!(ids(&page), ["far", "north"]);
    let page = desk.get(&format!("{zones}?code=west&crs=EPSG:4326")).await;
    assert_eq!(page["features"][0]["geometry"]["coordinates"][0][0][0], json!([36.5, 109.4]));
    let page = desk.get(&format!("{}?limit=1", desk.arcs())).await;
    assert_eq!((ids(&page), &page["numberMatched"]), (vec!["east~north".to_owned()], &json!(7)));
    let people = [("accept", "text/html")];
    let path = format!("{zones}?lang=zh");
    let html = desk.send_as((&desk.key, Method::GET, &path), &people, &Value::Null).await;
    assert!(html.text().contains("北岸 · 草案责任区"), "{}", html.text());
}
