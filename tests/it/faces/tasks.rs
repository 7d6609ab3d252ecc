//! The background of the service, when one of its tasks breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::incidents::desk;

use super::reports::{filing, telling};
use crate::world::World;

/// How long a test waits for what must come within a second.
const TRIES: usize = 2_000;

/// The readiness, once its only task stands so.
async fn ready(world: &World, running: bool) -> Value {
    for _ in 0..TRIES {
        let answer = world.client.get("/ready").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let body = answer.json();
        if body["tasks"][0]["running"] == running {
            return body;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the task never stood so: running {running}");
}

#[tokio::test]
async fn a_desk_that_panics_is_told_of_and_takes_up_what_waits_when_it_is_begun_again() {
    let world = World::new().await;
    assert_eq!(world.client.get("/ready").await.json()["tasks"], json!([]));
    let filed = world.client.ask(filing(None, &telling("1"))).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    let id = filed.json()["id"].as_str().unwrap().to_owned();
    let (app, times) = (world.app.clone(), Arc::new(AtomicU32::new(0)));
    let kept = tokio::spawn(async move {
        let tasks = app.tasks().clone();
        let begin = move || {
            let (app, nth) = (app.clone(), times.fetch_add(1, Ordering::SeqCst));
            async move {
                assert!(nth > 0, "the first time it breaks");
                desk::keep_taking_up(&app).await;
            }
        };
        tasks.keep("desk", begin).await;
    });

    let broken = ready(&world, false).await;
    assert_eq!(broken["status"], "degraded");
    assert_eq!(broken["tasks"], json!([{ "task": "desk", "running": false, "ended": 1 }]));
    let metrics = world.client.get("/metrics").await;
    let tells = |what: &str| metrics.text().lines().any(|line| line == what);
    assert!(tells(r#"zonewarden_task_running{task="desk"} 0"#), "{}", metrics.text());
    assert!(tells(r#"zonewarden_task_ended{task="desk"} 1"#), "{}", metrics.text());

    let mended = ready(&world, true).await;
    assert_eq!((&mended["status"], &mended["tasks"][0]["ended"]), (&json!("ok"), &json!(1)));
    let mut tries = 0;
    while world.revision(&id).await == 0 {
        tries += 1;
        assert!(tries < TRIES, "nobody took the report up");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    kept.abort();
}
