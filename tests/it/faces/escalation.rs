//! What follows when a whole case is overdue: each step of the ladder once, and none that is not due.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::incidents::{deadlines, escalation};
use zonewarden::app::seed;
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::atlas::city::CityState;
use zonewarden::domain::change::{Change, JournalEntry};
use zonewarden::domain::clocks::escalation::{Act, Ladder, Step};
use zonewarden::domain::clocks::limits::{CaseLimits, Limits};
use zonewarden::domain::id::UnitId;
use zonewarden::http::limits::Limits as Doors;
use zonewarden::store::Basis;

use crate::store::places::all;
use crate::world::{CENTRE, World, demonstration};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;

/// The demonstration city with limits for whole cases alone; stages have a file of their own.
fn city() -> CityState {
    let mut state = demonstration();
    let alone = |limits: &Limits| Limits { stages: BTreeMap::new(), ..limits.clone() };
    let limits = &state.city.limits;
    let branches = limits.branches().iter().map(|(code, limits)| (code.clone(), alone(limits)));
    state.city.limits = CaseLimits::new(alone(limits.every()), branches.collect()).unwrap();
    state
}

struct Case {
    world: World,
    id: String,
    unit: UnitId,
}

impl Case {
    /// Litter, told and dispatched on a Wednesday at 10:00. Its 8 office hours end on Thursday at 10:00,
    /// one and a half times as many at 16:00, twice as many on Friday at 10:00.
    async fn new() -> Self {
        let world = World::empty(Doors::default()).await;
        seed::found(&world.app, city()).await.unwrap();
        Self::told(world).await
    }

    async fn told(world: World) -> Self {
        let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.01.litter",
                           "words": "满地垃圾", "accuracy_m": 5.0 });
        let filed =
            world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
        let id = filed.json()["id"].as_str().unwrap().to_owned();
        world.take_up().await;
        let mut case = Self { world, id, unit: UnitId::new("x").unwrap() };
        let unit = case.shown().await["unit"].as_str().unwrap().to_owned();
        case.unit = UnitId::new(&unit).unwrap();
        case
    }

    async fn step(&self, role: Role, body: Value) -> StatusCode {
        let key = self.world.key(role, &self.unit).await;
        let path = format!("/api/v1/incidents/{}/steps", self.id);
        let post = self.world.client.post_as(&key, &path, "application/json", body.to_string());
        post.await.status
    }

    async fn shown(&self) -> Value {
        let key = self.world.key(Role::Dispatcher, &self.unit).await;
        self.world.client.get_as(&key, &format!("/api/v1/incidents/{}", self.id)).await.json()
    }

    /// How many incidents a look escalates.
    async fn look(&self) -> usize {
        let seat = self.world.app.seat(None).unwrap();
        escalation::escalate_all(&self.world.app, &seat).await.unwrap()
    }

    async fn acts(&self) -> Vec<String> {
        let shown = self.shown().await;
        let steps = shown["steps"].as_array().unwrap().iter();
        steps.map(|step| step["act"].as_str().unwrap().to_owned()).collect()
    }

    async fn last_entry(&self) -> JournalEntry {
        let (store, city) = (self.world.app.store(), &self.world.city);
        let last = store.head(city).await.unwrap().unwrap().journal_seq;
        store.journal(city, last - 1, 1).await.unwrap().remove(0)
    }

    async fn listed(&self, query: &str) -> usize {
        let key = self.world.key(Role::Inspector, &self.unit).await;
        let path = format!("/api/v1/incidents?{query}");
        let answer = self.world.client.get_as(&key, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["incidents"].as_array().unwrap().len()
    }
}

#[tokio::test]
async fn an_overdue_incident_is_reminded_urged_and_raised_once_each_and_the_journal_says_to_whom() {
    let case = Case::new().await;
    assert_eq!(case.shown().await["escalates_at"], "2026-05-07T02:00:00Z");
    case.world.pass_us(24 * HOUR_US);
    assert_eq!(case.look().await, 0, "at its deadline it is not overdue yet");
    let rungs = [
        (MINUTE_US, "remind", "unit", json!("2026-05-07T08:00:00Z")),
        (6 * HOUR_US, "urge", "inspector", json!("2026-05-08T02:00:00Z")),
        (18 * HOUR_US, "raise", "admin", Value::Null),
    ];
    for (us, act, hears, next) in rungs {
        assert_eq!(case.look().await, 0, "not before its time, and not twice");
        case.world.pass_us(us);
        assert_eq!(case.look().await, 1, "{act}");
        let told = case.last_entry().await;
        let shown = case.shown().await;
        assert_eq!((&shown["escalated"], &shown["escalates_at"]), (&json!(act), &next));
        assert_eq!(shown["stage"], "dispatched", "it stays where it is");
        let step = shown["steps"].as_array().unwrap().last().unwrap();
        assert_eq!((&step["act"], &step["hears"]), (&json!(act), &json!([hears])));
        assert_eq!((&step["actor"], &step["clock"]), (&json!("clock"), &json!("whole")));
        assert!(step["words"].as_str().unwrap().contains(" % of the time limit"), "{step}");
        assert_eq!((told.kind.as_str(), &told.subject), ("case_moved", &case.id));
        assert_eq!(
            (&told.facts["acts"], &told.facts["hears"], &told.facts["escalated"]),
            (&json!([act]), &json!([hears]), &json!(act))
        );
        assert_eq!(told.facts["unit"], json!(case.unit));
        assert_eq!(told.facts["clocks"], json!(["whole"]));
    }
    case.world.pass_us(1_000 * HOUR_US);
    assert_eq!(case.look().await, 0, "the ladder has an end");
}

#[tokio::test]
async fn work_lists_ask_for_what_is_escalated_at_least_so_far_and_nobody_takes_the_clock_s_steps() {
    let case = Case::new().await;
    case.world.pass_us(31 * HOUR_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.acts().await[4..], ["remind", "urge"], "both at one look");
    let lists =
        ["escalated=remind", "escalated=urge", "escalated=raise", "escalated=urge&due=overdue"];
    let mut found = Vec::new();
    for list in lists {
        found.push(case.listed(list).await);
    }
    assert_eq!(found, [1, 1, 0, 1]);
    let key = case.world.key(Role::Inspector, &case.unit).await;
    let refused = case.world.client.get_as(&key, "/api/v1/incidents?escalated=shout").await;
    assert_eq!(refused.places(), ["escalated"]);
    let csv = case.world.client.get_as(&key, "/api/v1/incidents?format=csv").await;
    assert!(csv.text().contains(",urge,"), "{}", csv.text());
    let raise = json!({ "act": "raise", "revision": 6, "words": "x" });
    assert_eq!(case.step(Role::Admin, raise.clone()).await, StatusCode::CONFLICT);
    assert_eq!(case.step(Role::Unit, raise).await, StatusCode::FORBIDDEN);
    let open = case.shown().await["open_to_you"].clone();
    assert!(
        ["remind", "urge", "raise"].iter().all(|act| !open.to_string().contains(act)),
        "{open}"
    );
}

#[tokio::test]
async fn an_extension_puts_off_what_is_to_come_and_repeats_nothing() {
    let case = Case::new().await;
    case.world.pass_us(30 * HOUR_US + MINUTE_US);
    assert_eq!(case.look().await, 1);
    let until = "2026-05-08T18:00:00+08:00";
    let ask = json!({ "act": "ask_extension", "revision": 6, "words": "等车辆", "until": until });
    assert_eq!(case.step(Role::Unit, ask).await, StatusCode::OK);
    let grant = json!({ "act": "grant", "revision": 7 });
    assert_eq!(case.step(Role::Dispatcher, grant).await, StatusCode::OK);
    // It would have been raised on Friday at 10:00.
    case.world.pass_us(18 * HOUR_US);
    assert_eq!(case.look().await, 0);
    case.world.pass_us(9 * HOUR_US);
    assert_eq!(case.look().await, 0, "overdue again, and reminded and urged before");
    assert_eq!(case.acts().await[4..], ["remind", "urge", "ask_extension", "grant"]);
    assert_eq!(case.shown().await["escalated"], "urge");
    case.world.pass_us(14 * 24 * HOUR_US);
    assert_eq!(case.look().await, 1);
    assert_eq!(case.acts().await.last().unwrap(), "raise");
}

#[tokio::test]
async fn nothing_escalates_while_it_is_suspended_and_the_pause_s_end_is_the_earliest_time() {
    let case = Case::new().await;
    assert_eq!(
        case.step(Role::Unit, json!({ "act": "handle", "revision": 4 })).await,
        StatusCode::OK
    );
    let until = "2026-05-13T08:00:00+08:00";
    let ask = json!({ "act": "ask_suspension", "revision": 5, "words": "封路", "until": until });
    assert_eq!(case.step(Role::Unit, ask).await, StatusCode::OK);
    // Asked for in time, granted when the reminder was due already.
    case.world.pass_us(24 * HOUR_US + MINUTE_US);
    let grant = json!({ "act": "grant", "revision": 6 });
    assert_eq!(case.step(Role::Dispatcher, grant).await, StatusCode::OK);
    assert_eq!(case.shown().await["escalates_at"], "2026-05-13T00:00:00Z");
    case.world.pass_us(5 * 24 * HOUR_US);
    assert_eq!(case.look().await, 0);
    case.world.pass_us(24 * HOUR_US);
    assert_eq!(case.look().await, 1, "the pause has ended by itself");
    assert_eq!(case.acts().await.last().unwrap(), "remind");
    assert_eq!(case.shown().await["stage"], "suspended");
}

#[tokio::test]
async fn a_case_that_is_over_escalates_no_more() {
    let case = Case::new().await;
    let void = json!({ "act": "void", "revision": 4, "words": "重复登记" });
    assert_eq!(case.step(Role::Dispatcher, void).await, StatusCode::OK);
    assert_eq!(case.shown().await["escalates_at"], Value::Null);
    case.world.pass_us(100 * 24 * HOUR_US);
    assert_eq!(case.look().await, 0);
}

#[tokio::test]
async fn another_ladder_holds_from_when_deadlines_were_told_anew() {
    let case = Case::new().await;
    let (app, city) = (&case.world.app, &case.world.city);
    let seat = app.seat(None).unwrap();
    let mut settings = app.store().load(city).await.unwrap().unwrap().city;
    let ladder = Ladder::new(vec![Step { act: Act::Raise, percent: 110 }]).unwrap();
    let every = Limits { ladder: Some(ladder), ..settings.limits.every().clone() };
    settings.limits = CaseLimits::new(every, settings.limits.branches().clone()).unwrap();
    let changes = vec![Change::CitySet(settings)];
    app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    case.world.pass_us(24 * HOUR_US + 49 * MINUTE_US);
    assert_eq!(case.look().await, 0, "told by the former ladder: it waits");
    assert_eq!(deadlines::time_all(app, &seat).await, Ok(1));
    assert_eq!(case.shown().await["escalates_at"], "2026-05-07T02:48:00Z");
    assert_eq!(case.look().await, 1);
    assert_eq!(case.acts().await[4..], ["raise"]);
}

#[tokio::test]
async fn several_processes_over_one_store_take_each_step_once_also_after_a_restart() {
    for place in all().await {
        let first = World::over(place.open().await, Doors::default());
        seed::found(&first.app, city()).await.unwrap();
        let case = Case::told(first).await;
        let other = World::over(case.world.app.store().clone(), Doors::default());
        other.app.refresh().await.unwrap();
        for world in [&case.world, &other] {
            world.pass_us(31 * HOUR_US);
        }
        let at_once = (0..6).map(|n| {
            let app = if n % 2 == 0 { case.world.app.clone() } else { other.app.clone() };
            tokio::spawn(async move {
                let seat = app.seat(None).unwrap();
                escalation::escalate_all(&app, &seat).await.unwrap()
            })
        });
        let at_once: Vec<_> = at_once.collect();
        let mut all = 0;
        for one in at_once {
            all += one.await.unwrap();
        }
        assert_eq!(all, 1, "{}", place.name());
        assert_eq!(case.acts().await[4..], ["remind", "urge"], "{}", place.name());
        let again = World::over(case.world.app.store().clone(), Doors::default());
        again.app.refresh().await.unwrap();
        again.pass_us(48 * HOUR_US + MINUTE_US);
        let seat = again.app.seat(None).unwrap();
        assert_eq!(escalation::escalate_all(&again.app, &seat).await, Ok(1), "{}", place.name());
        assert_eq!(case.acts().await[4..], ["remind", "urge", "raise"], "{}", place.name());
    }
}
