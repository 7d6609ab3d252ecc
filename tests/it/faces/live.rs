//! The journal as server-sent events.

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode, header};
use futures_util::StreamExt;
use serde_json::json;
use zonewarden::app::accounts::{self, KeyOrder};
use zonewarden::domain::accounts::{Caller, Role};
use zonewarden::domain::id::{KeyId, UnitId};
use zonewarden::domain::time::Instant;

use crate::client::request;
use crate::world::{CENTRE, World};

struct Reader {
    stream: BodyDataStream,
    text: String,
}

impl Reader {
    async fn open(world: &World, key: &str, last: Option<i64>) -> Self {
        let mut asked = request(Method::GET, "/api/v1/journal", Some(key), Body::empty());
        if let Some(last) = last {
            asked.headers_mut().insert("last-event-id", last.to_string().parse().unwrap());
        }
        let response = world.client.raw(asked).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Self { stream: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event's id and name.
    async fn next(&mut self) -> Option<(i64, String)> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    event.lines().find_map(|l| l.strip_prefix(name)).map(|v| v.trim().to_owned())
                };
                if let (Some(id), Some(name)) = (field("id:"), field("event:")) {
                    let data: serde_json::Value =
                        serde_json::from_str(&field("data:").unwrap()).unwrap();
                    assert_eq!(data["seq"].to_string(), id);
                    return Some((id.parse().unwrap(), name));
                }
                continue;
            }
            let bytes = self.stream.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

async fn file(world: &World) {
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1 }).to_string();
    let filed = world.client.post("/api/v1/reports", "application/json", body).await;
    assert_eq!(filed.status, StatusCode::CREATED);
}

async fn end(world: &World) -> i64 {
    world.app.store().head(&world.city).await.unwrap().unwrap().journal_seq
}

#[tokio::test]
async fn a_reader_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    let world = World::new().await;
    let key = world.key(Role::Inspector, &UnitId::new("x").unwrap()).await;
    let before = end(&world).await;
    file(&world).await;
    file(&world).await;
    let mut reader = Reader::open(&world, &key, Some(before)).await;
    assert_eq!(reader.next().await, Some((before + 1, "report_filed".to_owned())));
    drop(reader);
    let mut reader = Reader::open(&world, &key, Some(before + 1)).await;
    assert_eq!(reader.next().await, Some((before + 2, "report_filed".to_owned())));
    file(&world).await;
    assert_eq!(reader.next().await, Some((before + 3, "report_filed".to_owned())));
}

#[tokio::test]
async fn a_new_reader_begins_with_what_happens_next_and_ends_with_the_server() {
    let world = World::new().await;
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    file(&world).await;
    let before = end(&world).await;
    let mut reader = Reader::open(&world, &key, None).await;
    file(&world).await;
    assert_eq!(reader.next().await, Some((before + 1, "report_filed".to_owned())));
    world.web.closing.cancel();
    assert_eq!(reader.next().await, None);
}

#[tokio::test]
async fn keys_are_seen_by_an_admin_alone() {
    let world = World::new().await;
    let nobody = UnitId::new("x").unwrap();
    let admin = world.key(Role::Admin, &nobody).await;
    let planner = world.key(Role::Planner, &nobody).await;
    let before = end(&world).await;
    world.key(Role::Dispatcher, &nobody).await;
    file(&world).await;
    let mut reader = Reader::open(&world, &admin, Some(before)).await;
    assert_eq!(reader.next().await, Some((before + 1, "key_issued".to_owned())));
    let mut reader = Reader::open(&world, &planner, Some(before)).await;
    assert_eq!(reader.next().await, Some((before + 2, "report_filed".to_owned())));
}

#[tokio::test]
async fn a_key_that_is_revoked_or_expires_reads_no_further() {
    let world = World::new().await;
    let nobody = UnitId::new("x").unwrap();
    let revoked = world.key(Role::Inspector, &nobody).await;
    let minute_us = 60_000_000;
    let expires_at = Some(Instant(world.app.now().0 + minute_us));
    let order = KeyOrder { role: Role::Inspector, unit: None, label: String::new(), expires_at };
    let expiring = world.order(order).await;
    let before = end(&world).await;
    let mut first = Reader::open(&world, &revoked, None).await;
    let mut second = Reader::open(&world, &expiring, None).await;
    file(&world).await;
    let filed = Some((before + 1, "report_filed".to_owned()));
    assert_eq!((first.next().await, second.next().await), (filed.clone(), filed));
    let id = KeyId::new(revoked.split('_').nth(1).unwrap()).unwrap();
    accounts::revoke(&world.app, &world.city, &Caller::cli(), &id).await.unwrap();
    file(&world).await;
    assert_eq!(first.next().await, None, "revoked");
    assert_eq!(second.next().await, Some((before + 3, "report_filed".to_owned())));
    world.pass_us(minute_us);
    file(&world).await;
    assert_eq!(second.next().await, None, "expired");
    for key in [revoked, expiring] {
        let refused = world.client.get_as(&key, "/api/v1/journal").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_number_that_is_none_of_the_journal_s_is_refused() {
    let world = World::new().await;
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    for bad in ["-1", "99999", "x", "9223372036854775808"] {
        let answer = world.client.get_as(&key, &format!("/api/v1/journal?after={bad}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
}

#[tokio::test]
async fn readers_beyond_the_limit_are_turned_away() {
    let limits = zonewarden::http::limits::Limits {
        live_clients_max: 1,
        ..zonewarden::http::limits::Limits::default()
    };
    let world = World::with(limits).await;
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let first = Reader::open(&world, &key, None).await;
    let second = world.client.get_as(&key, "/api/v1/journal").await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(first);
    Reader::open(&world, &key, None).await;
}
