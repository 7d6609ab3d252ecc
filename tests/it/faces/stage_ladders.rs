//! What follows when an incident lies too long at its stage: with the desk as with the unit, and anew at the
//! next stage.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::incidents::{deadlines, escalation};
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits;

use crate::store::places::all;
use crate::world::{CENTRE, GIF, World, demonstration};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;

struct Case {
    world: World,
    id: String,
}

impl Case {
    /// Told on a Wednesday at 10:00, and taken up.
    async fn told(world: World, body: Value) -> Self {
        let filed =
            world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
        let id = filed.json()["id"].as_str().unwrap().to_owned();
        world.take_up().await;
        Self { world, id }
    }

    /// One that the rules are not sure of: two office hours to verify, one to file and one to dispatch.
    async fn doubtful(world: World) -> Self {
        let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "accuracy_m": 5000.0 });
        Self::told(world, body).await
    }

    async fn key(&self, role: Role) -> String {
        let unit = self.shown().await["unit"].as_str().unwrap_or("x").to_owned();
        self.world.key(role, &UnitId::new(&unit).unwrap()).await
    }

    async fn shown(&self) -> Value {
        let key = self.world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
        self.world.client.get_as(&key, &format!("/api/v1/incidents/{}", self.id)).await.json()
    }

    /// Takes a step on what was seen last.
    async fn act(&self, role: Role, mut body: Value) -> Value {
        let key = self.key(role).await;
        body["revision"] = self.world.revision(&self.id).await.into();
        let path = format!("/api/v1/incidents/{}/steps", self.id);
        let answer =
            self.world.client.post_as(&key, &path, "application/json", body.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
        answer.json()
    }

    async fn look(&self) -> usize {
        let seat = self.world.app.seat(None).unwrap();
        escalation::escalate_all(&self.world.app, &seat).await.unwrap()
    }

    /// The last step: which clock, what, and to whom.
    async fn last(&self) -> [Value; 3] {
        let shown = self.shown().await;
        let step = shown["steps"].as_array().unwrap().last().unwrap().clone();
        [step["clock"].clone(), step["act"].clone(), step["hears"].clone()]
    }

    async fn listed(&self, query: &str) -> usize {
        let key = self.key(Role::Dispatcher).await;
        let path = format!("/api/v1/incidents?{query}");
        let answer = self.world.client.get_as(&key, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["incidents"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn what_waits_for_a_dispatcher_is_reminded_urged_and_raised_and_the_next_stage_begins_anew() {
    let case = Case::doubtful(World::new().await).await;
    let shown = case.shown().await;
    assert_eq!((&shown["stage"], &shown["unit"]), (&json!("collected"), &Value::Null));
    assert_eq!(shown["escalates_at"], "2026-05-06T04:00:00Z");
    case.world.pass_us(2 * HOUR_US);
    assert_eq!(case.look().await, 0, "at its deadline it is not overdue yet");
    for (us, act, hears, next) in [
        (MINUTE_US, "remind", "dispatcher", json!("2026-05-06T07:00:00Z")),
        (3 * HOUR_US, "urge", "inspector", json!("2026-05-06T08:00:00Z")),
        (HOUR_US, "raise", "admin", Value::Null),
    ] {
        case.world.pass_us(us);
        assert_eq!(case.look().await, 1, "{act}");
        assert_eq!(case.look().await, 0, "{act} is not taken twice");
        assert_eq!(case.last().await, [json!("verify"), json!(act), json!([hears])]);
        let shown = case.shown().await;
        assert_eq!((&shown["escalated"], &shown["escalates_at"]), (&json!(act), &next));
        assert_eq!(shown["stage"], "collected", "it stays where it is");
        let (store, city) = (case.world.app.store(), &case.world.city);
        let told = store.journal(city, 0, 1_000).await.unwrap();
        let told = told.iter().rfind(|entry| entry.facts["acts"] == json!([act])).unwrap();
        assert_eq!(
            (&told.facts["clocks"], &told.facts["hears"]),
            (&json!(["verify"]), &json!([hears]))
        );
    }
    let words = case.shown().await["steps"][1]["words"].clone();
    assert_eq!(words, "overdue: 100 % of the time limit to verify is used");
    assert_eq!(case.listed("for_dispatcher=true&escalated=raise").await, 1);
    case.world.pass_us(MINUTE_US);
    assert_eq!(case.look().await, 0, "the ladder has an end");

    // At 16:02: an hour to file, with a ladder of its own.
    let verified = case.act(Role::Dispatcher, json!({ "act": "verify" })).await;
    assert_eq!(verified["escalated"], Value::Null);
    assert_eq!(verified["escalates_at"], "2026-05-06T09:02:00Z");
    assert_eq!(case.listed("escalated=remind").await, 0);
    case.world.pass_us(HOUR_US);
    assert_eq!(case.look().await, 0);
    case.world.pass_us(MINUTE_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.last().await, [json!("file"), json!("remind"), json!(["dispatcher"])]);
    // And an hour to dispatch, of which three minutes are left for the next morning.
    let filed = case.act(Role::Dispatcher, json!({ "act": "file" })).await;
    assert_eq!((&filed["light"], &filed["light_of"]), (&json!("green"), &json!("dispatch")));
    assert_eq!(filed["escalates_at"], "2026-05-07T00:03:00Z");
}

#[tokio::test]
async fn the_unit_is_reminded_of_its_own_work_and_the_desk_of_what_lies_with_it_then() {
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.01.litter",
                       "words": "满地垃圾", "accuracy_m": 5.0 });
    let case = Case::told(World::new().await, body).await;
    // Four office hours for the unit, until 16:00; eight for the whole case, until Thursday 10:00.
    case.world.pass_us(6 * HOUR_US + MINUTE_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.last().await, [json!("handle"), json!("remind"), json!(["unit"])]);
    case.act(Role::Unit, json!({ "act": "handle" })).await;
    let key = case.key(Role::Unit).await;
    let path = format!("/api/v1/incidents/{}/pictures", case.id);
    let kept = case.world.client.post_as(&key, &path, "image/gif", GIF).await.json();
    let done = json!({ "act": "feedback", "words": "已清理", "pictures": [kept["id"]] });
    let done = case.act(Role::Unit, done).await;
    // Four office hours to check: until Thursday 10:01.
    assert_eq!(
        (&done["escalated"], &done["escalates_at"]),
        (&Value::Null, &json!("2026-05-07T02:00:00Z"))
    );
    case.world.pass_us(18 * HOUR_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.last().await, [json!("whole"), json!("remind"), json!(["dispatcher"])]);
    case.world.pass_us(MINUTE_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.last().await, [json!("check"), json!("remind"), json!(["dispatcher"])]);
    // Done again: the unit's clock runs on, and was reminded before. Six of its hours are used at 14:01.
    let again = case.act(Role::Inspector, json!({ "act": "rework", "words": "还脏" })).await;
    assert_eq!(
        (&again["escalated"], &again["escalates_at"]),
        (&json!("remind"), &json!("2026-05-07T06:01:00Z"))
    );
    case.world.pass_us(4 * HOUR_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.last().await, [json!("handle"), json!("urge"), json!(["inspector"])]);
}

#[tokio::test]
async fn several_processes_and_a_restart_take_the_desk_s_steps_once_in_every_store() {
    for place in all().await {
        let name = place.name();
        let world = World::over(place.open().await, Limits::default());
        seed::found(&world.app, demonstration()).await.unwrap();
        let case = Case::doubtful(world).await;
        let other = World::over(case.world.app.store().clone(), Limits::default());
        other.app.refresh().await.unwrap();
        for world in [&case.world, &other] {
            world.pass_us(5 * HOUR_US + MINUTE_US);
        }
        let seat = other.app.seat(None).unwrap();
        let (one, two) = tokio::join!(case.look(), escalation::escalate_all(&other.app, &seat));
        assert_eq!(one + two.unwrap(), 1, "{name}");
        let shown = case.shown().await;
        let acts: Vec<&Value> =
            shown["steps"].as_array().unwrap().iter().map(|step| &step["act"]).collect();
        assert_eq!(acts, ["collect", "remind", "urge"], "{name}");
        assert_eq!((&shown["light"], &shown["light_of"]), (&json!("red"), &json!("verify")));
        assert_eq!(deadlines::time_all(&other.app, &seat).await, Ok(0), "{name}");
        other.pass_us(HOUR_US);
        assert_eq!(escalation::escalate_all(&other.app, &seat).await, Ok(1), "{name}");
        assert_eq!(case.last().await[1], "raise", "{name}");
    }
}
