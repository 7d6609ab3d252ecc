//! What is sent piece by piece, to clients that take it packed: all of it comes, and its end.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::formats::gzip;

use crate::client::request;
use crate::world::World;

const MANY: u64 = 16 * 1024 * 1024;

/// What comes packed, unpacked.
async fn packed(world: &World, mut asked: Request<Body>) -> Vec<u8> {
    let path = asked.uri().to_string();
    asked.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
    let answer = world.client.ask(asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    assert_eq!(answer.header("content-encoding"), "gzip", "{path}");
    gzip::unpacked(&answer.bytes, MANY)
}

fn post(path: &str, key: Option<&str>, media: &str, body: &str) -> Request<Body> {
    let mut asked = request(Method::POST, path, key, Body::from(body.to_owned()));
    asked.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
    asked
}

#[tokio::test]
async fn every_answer_that_is_made_while_it_is_sent_comes_packed_and_whole() {
    let world = World::new().await;
    let get = |path: &str| request(Method::GET, path, None, Body::empty());
    let items = "/ogc/collections/schools/items";
    let rows = "lon,lat\n109.484,36.585\n109.485,36.586\n".repeat(300);
    let key = world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let nothing = r#"{"zones":0,"seconds":1}"#;
    let all: [&dyn Fn() -> Request<Body>; 4] = [
        &|| get(items),
        &|| get("/open311/v2/requests.csv"),
        &|| post("/api/v1/locate", None, "text/csv", &rows),
        &|| post("/api/v1/plans/balance", Some(&key), "application/json", nothing),
    ];
    for asked in all {
        let path = asked().uri().to_string();
        let plain = world.client.ask(asked()).await;
        assert_eq!((plain.status, plain.header("content-encoding")), (StatusCode::OK, ""));
        assert!(!plain.bytes.is_empty(), "{path}");
        assert!(packed(&world, asked()).await == plain.bytes, "{path}: it is not the same packed");
    }
}
