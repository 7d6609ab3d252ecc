//! Two at once, a case that is over, and a clock that was set back.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::incidents::{deadlines, escalation};
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;

use crate::client::Answer;
use crate::store::places::all;
use crate::world::{CENTRE, World, demonstration};

const DAY_US: i64 = 86_400_000_000;

struct Case {
    world: World,
    id: String,
    unit: UnitId,
}

impl Case {
    async fn told(world: World) -> Self {
        let (id, unit) = told(&world).await;
        world.take_up().await;
        Self { world, id, unit }
    }

    async fn step(&self, role: Role, body: &Value) -> Answer {
        let key = self.world.key(role, &self.unit).await;
        step(&self.world, &key, &self.id, body).await
    }

    async fn shown(&self) -> Value {
        let key = self.world.key(Role::Admin, &self.unit).await;
        self.world.client.get_as(&key, &format!("/api/v1/incidents/{}", self.id)).await.json()
    }
}

async fn told(world: &World) -> (String, UnitId) {
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.01.litter",
                       "accuracy_m": 5.0 });
    let filed = world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let filed = filed.json();
    let unit = UnitId::new(filed["unit"].as_str().unwrap()).unwrap();
    (filed["id"].as_str().unwrap().to_owned(), unit)
}

async fn step(world: &World, key: &str, id: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/incidents/{id}/steps");
    world.client.post_as(key, &path, "application/json", body.to_string()).await
}

#[tokio::test]
async fn of_two_dispatchers_at_the_same_moment_one_decides_and_the_other_hears_what() {
    for place in all().await {
        let first = World::over(place.open().await, Limits::default());
        seed::found(&first.app, demonstration()).await.unwrap();
        let case = Case::told(first).await;
        // Each sits at a process of its own.
        let second = World::over(case.world.app.store().clone(), Limits::default());
        second.app.refresh().await.unwrap();
        let units = demonstration().units;
        let others: Vec<&UnitId> =
            units.iter().map(|unit| &unit.id).filter(|id| **id != case.unit).take(2).collect();
        let keys = [
            case.world.key(Role::Dispatcher, &case.unit).await,
            second.key(Role::Dispatcher, &case.unit).await,
        ];
        let to = |unit: &UnitId| json!({ "act": "reassign", "revision": 4, "words": "转", "unit": unit });
        let (to_one, to_other) = (to(others[0]), to(others[1]));
        let (one, other) = tokio::join!(
            step(&case.world, &keys[0], &case.id, &to_one),
            step(&second, &keys[1], &case.id, &to_other)
        );
        let (won, lost) = if one.status == StatusCode::OK { (one, other) } else { (other, one) };
        assert_eq!(won.status, StatusCode::OK, "{}: {}", place.name(), won.text());
        assert_eq!(lost.status, StatusCode::CONFLICT, "{}: {}", place.name(), lost.text());
        assert_eq!(lost.json()["type"], "urn:zonewarden:problem:stale");
        let detail = lost.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("at revision 4 when you looked and is at 5 now"), "{detail}");
        assert!(detail.contains("reassign by "), "{detail}");
        let shown = case.shown().await;
        assert_eq!((&shown["revision"], &shown["unit"]), (&json!(5), &won.json()["unit"]));
    }
}

#[tokio::test]
async fn a_case_that_is_over_is_acted_on_no_more_save_by_taking_it_up_again() {
    let case = Case::told(World::new().await).await;
    let void = json!({ "act": "void", "revision": 4, "words": "重复登记" });
    assert_eq!(case.step(Role::Dispatcher, &void).await.status, StatusCode::OK);
    let other = demonstration().units.into_iter().find(|unit| unit.id != case.unit).unwrap().id;
    for (role, body) in [
        (Role::Dispatcher, json!({ "act": "void", "revision": 5, "words": "x" })),
        (Role::Dispatcher, json!({ "act": "close", "revision": 5, "words": "x" })),
        (
            Role::Dispatcher,
            json!({ "act": "reassign", "revision": 5, "words": "x", "unit": other }),
        ),
        (Role::Unit, json!({ "act": "handle", "revision": 5 })),
        (
            Role::Unit,
            json!({ "act": "ask_extension", "revision": 5, "words": "x",
                             "until": "2026-06-01T00:00:00Z" }),
        ),
    ] {
        let refused = case.step(role, &body).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{body}: {}", refused.text());
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("while the case stands at void"), "{detail}");
        assert!(detail.contains("open now: reopen (dispatcher, inspector, admin)"), "{detail}");
    }
    assert_eq!(case.shown().await["revision"], 5);
    let again = json!({ "act": "reopen", "revision": 5, "words": "没有重复" });
    assert_eq!(case.step(Role::Dispatcher, &again).await.json()["stage"], "collected");
}

#[tokio::test]
async fn a_clock_that_is_set_back_loses_nothing_and_no_case_runs_backwards() {
    for place in all().await {
        let world = World::over(place.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let case = Case::told(world).await;
        let world = &case.world;
        world.pass_us(-3 * DAY_US);
        // What waits is taken up, a step is taken, another report filed; all in their order.
        let (later, _) = told(world).await;
        world.take_up().await;
        let handle = json!({ "act": "handle", "revision": 4 });
        let handled = case.step(Role::Unit, &handle).await;
        assert_eq!(handled.status, StatusCode::OK, "{}: {}", place.name(), handled.text());
        let shown = case.shown().await;
        let times: Vec<&str> = shown["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["at"].as_str().unwrap())
            .collect();
        assert!(times.is_sorted(), "{}: {times:?}", place.name());
        let clocks = shown["clocks"].as_array().unwrap();
        assert!(clocks.iter().all(|clock| clock["used_min"] == 0), "{}: {shown}", place.name());
        let seat = world.app.seat(None).unwrap();
        assert_eq!(deadlines::time_all(&world.app, &seat).await, Ok(0));
        assert_eq!(escalation::escalate_all(&world.app, &seat).await, Ok(0));
        let key = world.key(Role::Admin, &case.unit).await;
        let listed = world.client.get_as(&key, "/api/v1/incidents?order=newest").await.json();
        let ids: Vec<&Value> =
            listed["incidents"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert!(ids.contains(&&json!(later)), "{}: {ids:?}", place.name());
        // The journal is numbered on, whatever its times say.
        let entries = world.app.store().journal(&world.city, 0, 10_000).await.unwrap();
        assert!(entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq), "{}", place.name());
        // And when the clock is right again, all goes on.
        world.pass_us(10 * DAY_US);
        assert!(escalation::escalate_all(&world.app, &seat).await.unwrap() > 0);
    }
}
