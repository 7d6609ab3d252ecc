//! Scheduled drafts that cannot be read any more: they are put back, and keep no other from its time.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::app::drafts::due::publish_due;
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::change::Change;
use zonewarden::domain::drafts::docket::{DraftDocket, DraftMoved};
use zonewarden::domain::drafts::step::{Deed, DraftStep, Stage};
use zonewarden::domain::id::{DraftId, UnitId};
use zonewarden::http::limits::Limits;
use zonewarden::store::{Basis, Stamp};

use super::Office;
use super::publishing::merged;
use crate::client::request;
use crate::store::places::{Held, all, run};
use crate::world::{World, demonstration};

const MINUTE_US: i64 = 60_000_000;

async fn office(place: &Held) -> Office {
    let world = World::over(place.open().await, Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    let none = UnitId::new("x").unwrap();
    let a = world.key(Role::Planner, &none).await;
    let b = world.key(Role::Planner, &none).await;
    Office { world, a, b }
}

/// A draft that is to come into force at a minute behind ten.
async fn scheduled(office: &Office, minute: u32) -> DraftId {
    let id = merged(office).await;
    let at = format!("2026-05-06T10:{minute:02}:00+08:00");
    office.done(&office.a, &id, json!({ "act": "publish", "effective_at": at })).await;
    DraftId(id.parse().unwrap())
}

async fn docket(office: &Office, id: DraftId) -> DraftDocket {
    office.world.app.store().draft(&office.world.city, id).await.unwrap().unwrap()
}

/// Gives a draft a step that could never have been taken.
async fn unlawful(office: &Office, id: DraftId) {
    let docket = docket(office, id).await;
    let step = DraftStep {
        draft: id,
        revision: docket.revision + 1,
        role: Role::Planner,
        actor: docket.owner.clone(),
        at: docket.last_at,
        deed: Deed::Redo,
    };
    let moved = DraftMoved {
        seen: docket.revision,
        docket: DraftDocket { revision: step.revision, ..docket },
        steps: vec![step],
    };
    let app = &office.world.app;
    let stamp = Stamp { city: office.world.city.clone(), actor: "cli".to_owned(), at: app.now() };
    let change = Change::DraftMoved(Box::new(moved));
    app.store().commit(stamp, Basis::default(), vec![change]).await.unwrap();
}

/// Writes something into a draft's first step that is none; `false` where there is no table to write into.
async fn scribbled(place: &Held, id: DraftId) -> bool {
    let text = |table: &str| {
        format!(
            "update {table} set deed = '{{\"act\":\"explode\"}}' where draft_id = '{id}' and revision = 1"
        )
    };
    match place {
        Held::Memory => return false,
        Held::File(folder) => {
            let path = crate::store::places::file_in(folder);
            let foreign = rusqlite::Connection::open(path).unwrap();
            assert_eq!(foreign.execute(&text("draft_step"), []).unwrap(), 1);
        }
        Held::Postgres(database) => run(database.url(), &text("zonewarden.draft_step")).await,
    }
    true
}

/// Whether the store reads all steps of a draft.
async fn is_read(office: &Office, id: DraftId) -> bool {
    office.world.app.store().draft_steps(&office.world.city, id, 0, 100).await.is_ok()
}

#[tokio::test]
async fn a_due_draft_that_cannot_be_read_is_put_back_and_keeps_no_other_from_its_time() {
    for place in all().await {
        let (first, name) = (office(&place).await, place.name());
        let version = first.plan().await["version"].as_i64().unwrap();
        let odd = scheduled(&first, 1).await;
        let garbled = scheduled(&first, 2).await;
        let whole = scheduled(&first, 3).await;
        unlawful(&first, odd).await;
        let scribbled = scribbled(&place, garbled).await;
        if !scribbled {
            unlawful(&first, garbled).await;
        }
        // A process that holds none of them at work.
        let world = World::over(first.world.app.store().clone(), Limits::default());
        world.app.refresh().await.unwrap();
        let office = Office { world, a: first.a.clone(), b: first.b.clone() };
        assert_eq!(is_read(&office, garbled).await, !scribbled, "{name}");
        office.world.pass_us(5 * MINUTE_US);
        let seat = office.world.app.seat(None).unwrap();
        assert_eq!(publish_due(&office.world.app, &seat).await, Ok(3), "{name}");
        let plan = office.plan().await;
        assert_eq!(plan["version"].as_i64(), Some(version + 1), "{name}: the third came in time");
        assert_eq!(docket(&office, whole).await.plan, Some(version + 1), "{name}");
        for id in [odd, garbled] {
            let told = docket(&office, id).await;
            assert_eq!((told.stage, told.effective_at), (Stage::Open, None), "{name}");
            assert_eq!(told.last_by, "clock", "{name}");
            let after = told.revision - 1;
            let store = office.world.app.store();
            let last = store.draft_steps(&office.world.city, id, after, 10).await.unwrap();
            let [DraftStep { deed: Deed::PutBack { words }, .. }] = &last[..] else {
                panic!("{name}: {last:?}")
            };
            assert!(words.starts_with("at its time it could not be read: "), "{name}: {words}");
            let path = format!("/api/v1/drafts/{id}");
            let asked = request(Method::GET, &path, Some(&office.a), Body::empty());
            let shown = office.world.client.raw(asked).await;
            assert_eq!(shown.status(), StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        }
        // They stand in the list, and nothing is due any more.
        let list = office.get(&office.a, "/api/v1/drafts?stage=open").await;
        let ids: Vec<&Value> =
            list["drafts"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        for id in [odd, garbled] {
            assert!(ids.contains(&&json!(id.to_string())), "{name}: {list}");
        }
        assert_eq!(publish_due(&office.world.app, &seat).await, Ok(0), "{name}");
    }
}
