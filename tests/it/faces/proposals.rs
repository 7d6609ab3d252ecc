//! Rules that corrections propose: shown, rehearsed, dismissed, adopted; never set by themselves.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use crate::client::{Answer, request};
use crate::world::World;

const DAY_US: i64 = 86_400_000_000;
/// Where no line and no ring stands above the zone.
const PLACE: (f64, f64) = (109.487, 36.587);

struct Desk {
    world: World,
    planner: String,
    dispatcher: String,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let nobody = UnitId::new("x").unwrap();
        let planner = world.key(Role::Planner, &nobody).await;
        let dispatcher = world.key(Role::Dispatcher, &nobody).await;
        Self { world, planner, dispatcher }
    }

    /// Litter there, on a day of its own; its incident and the unit that it went to.
    async fn told(&self) -> (String, UnitId) {
        self.world.pass_us(2 * DAY_US);
        let body = json!({ "lon": PLACE.0, "lat": PLACE.1, "category": "event.01.litter",
                           "accuracy_m": 5.0 })
        .to_string();
        let filed =
            self.world.client.post("/api/v1/reports", "application/json", body).await.json();
        self.world.take_up().await;
        let unit = UnitId::new(filed["unit"].as_str().unwrap()).unwrap();
        (filed["id"].as_str().unwrap().to_owned(), unit)
    }

    async fn step(&self, key: &str, id: &str, body: Value) {
        let path = format!("/api/v1/incidents/{id}/steps");
        let post = self.world.client.post_as(key, &path, "application/json", body.to_string());
        let answer = post.await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }

    /// So many are sent back by their unit and given to another.
    async fn corrected(&self, count: usize, to: &UnitId) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..count {
            let (id, unit) = self.told().await;
            let key = self.world.key(Role::Unit, &unit).await;
            let back = json!({ "act": "send_back", "revision": 4, "words": "不归我管" });
            self.step(&key, &id, back).await;
            let on = json!({ "act": "reassign", "revision": 5, "words": "转", "unit": to });
            self.step(&self.dispatcher, &id, on).await;
            all.push(id);
        }
        all
    }

    async fn proposals(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/v1/rules/proposals{query}");
        let answer = self.world.client.get_as(&self.planner, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["proposals"].as_array().unwrap().clone()
    }

    async fn put(&self, path: &str, body: &Value) -> Answer {
        let bytes = Body::from(body.to_string());
        let mut request = request(Method::PUT, path, Some(&self.planner), bytes);
        request.headers_mut().insert(header::CONTENT_TYPE, "application/geo+json".parse().unwrap());
        self.world.client.ask(request).await
    }
}

#[tokio::test]
async fn what_is_sent_back_again_and_again_is_proposed_as_a_rule_that_is_rehearsed_and_adopted() {
    let desk = Desk::new().await;
    let (_, unit) = desk.told().await;
    let atlas = desk.world.app.atlas(&desk.world.city).unwrap();
    let to = atlas.units().iter().find(|it| it.id != unit).unwrap().id.clone();
    let mut incidents = desk.corrected(4, &to).await;
    assert_eq!(desk.proposals("").await, [] as [Value; 0], "four are too few");
    assert_eq!(desk.proposals("?support=4").await.len(), 1, "unless fewer are asked for");
    incidents.extend(desk.corrected(1, &to).await);
    let before = desk.world.client.get_as(&desk.planner, "/api/v1/rules").await;
    let found = desk.proposals("").await;
    assert_eq!(found.len(), 1, "{found:?}");
    let it = &found[0];
    assert_eq!(
        (&it["state"], &it["unit"], &it["category"]),
        (&json!("open"), &json!(to), &json!("event.01.litter"))
    );
    assert_eq!(
        (&it["support"], &it["sent_back"], &it["against"], &it["precision"]),
        (&json!(5), &json!(5), &json!(0), &json!(1.0))
    );
    let mut named: Vec<&str> =
        it["incidents"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    named.sort_unstable();
    incidents.sort_unstable();
    assert_eq!(named, incidents);
    // It was only looked at.
    let after = desk.world.client.get_as(&desk.planner, "/api/v1/rules").await;
    assert_eq!(before.bytes, after.bytes);
    let dry = desk.put(it["dry_run"].as_str().unwrap(), &it["rule"]).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.text());
    // The five, and the first one, which its unit has not begun with.
    assert_eq!(dry.json()["rehearsal"]["elsewhere"], 6);
    assert_eq!(dry.json()["rehearsal"]["flows"][0]["to"], json!(to));
    let set = desk.put("/api/v1/rules?merge=true", &it["rule"]).await;
    assert_eq!(set.json()["added"], 1, "{}", set.text());
    assert_eq!(desk.told().await.1, to);
    let adopted = desk.proposals("").await;
    assert_eq!(adopted.len(), 1);
    assert_eq!((&adopted[0]["id"], &adopted[0]["state"]), (&it["id"], &json!("adopted")));
}

#[tokio::test]
async fn a_dismissed_proposal_stays_away_until_twice_as_many_corrections_speak_for_it() {
    let desk = Desk::new().await;
    let (_, unit) = desk.told().await;
    let atlas = desk.world.app.atlas(&desk.world.city).unwrap();
    let to = atlas.units().iter().find(|it| it.id != unit).unwrap().id.clone();
    desk.corrected(3, &to).await;
    let id = desk.proposals("?support=3").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/rules/proposals/{id}/dismissal");
    let told = desk.put(&format!("{path}?support=3&words=not+ours"), &json!({})).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    assert_eq!((&told.json()["again_at"], &told.json()["words"]), (&json!(6), &json!("not ours")));
    let states = async || {
        let found = desk.proposals("?support=3").await;
        found.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["dismissed"]);
    let shown = desk.proposals("?support=3").await;
    assert_eq!(shown[0]["dismissal"]["words"], "not ours");
    assert!(shown[0]["dismissal"]["at"].is_string());
    desk.corrected(2, &to).await;
    assert_eq!(states().await, ["dismissed"]);
    desk.corrected(1, &to).await;
    assert_eq!(states().await, ["open"]);
    // Older ones are not looked at.
    desk.world.pass_us(80 * DAY_US);
    assert_eq!(desk.proposals("?support=3&days=30").await.len(), 0);
}

#[tokio::test]
async fn what_is_asked_wrongly_of_proposals_is_told_with_its_place() {
    let desk = Desk::new().await;
    let bad = "/api/v1/rules/proposals?days=0&support=0&precision=1.5&colour=red";
    let refused = desk.world.client.get_as(&desk.planner, bad).await;
    assert_eq!(refused.places(), ["days", "support", "precision", "colour"]);
    let path = "/api/v1/rules/proposals/learnt-0123456789abcdef/dismissal";
    assert_eq!(desk.put(path, &json!({})).await.places(), ["support"]);
    let path = "/api/v1/rules/proposals/r-1/dismissal?support=1";
    assert_eq!(desk.put(path, &json!({})).await.places(), ["id"]);
}
