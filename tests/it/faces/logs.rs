//! The access log: a line for each request, and nothing in it of who tells what, or where.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::http::access_log::AccessLog;

use crate::client::{Answer, request};
use crate::world::World;

/// Lines that the writer's thread and the test both hold.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const WORDS: &str = "Li Xiaoming's shop blocks the footway";
const CONTACT: &str = "13912345678";
const LON: &str = "109.48417";
const LAT: &str = "36.58523";

/// A report with an id of the caller's own.
fn filing(path: &str, body: String) -> Request<Body> {
    let mut filing = request(Method::POST, path, None, Body::from(body));
    filing.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    filing.headers_mut().insert("x-request-id", "asked-by-a-test".parse().unwrap());
    filing
}

/// What a line of the log must say of an answer.
fn expected(method: &str, route: &str, answer: &Answer) -> Value {
    json!({ "kind": "request", "level": "INFO", "method": method, "route": route,
            "status": answer.status.as_u16(), "request_id": answer.header("x-request-id") })
}

#[tokio::test]
async fn each_request_is_a_line_without_anything_personal() {
    let sink = Sink::default();
    let (log, writer) = AccessLog::start(sink.clone()).unwrap();
    let world = World::logged(Arc::clone(&log)).await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let told = format!(
        r#"{{"lon":{LON},"lat":{LAT},"words":"{WORDS}","contact":"{CONTACT}","source":"wechat"}}"#
    );
    let filed = world.client.ask(filing("/api/v1/reports", told.clone())).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    assert_eq!(filed.header("x-request-id"), "asked-by-a-test");
    let report = filed.header("location").to_owned();
    let id = report.rsplit('/').next().unwrap();
    let located = world.client.get(&format!("/api/v1/locate?lon={LON}&lat={LAT}")).await;
    let read = world.client.get_as(&key, &report).await;
    assert_eq!((located.status, read.status), (StatusCode::OK, StatusCode::OK));
    let faulty = told.replace(LAT, "\"here\"");
    let refused = world.client.ask(filing("/api/v1/reports", faulty)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nowhere = world.client.get(&format!("/{CONTACT}/{LON}")).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    log.close();
    writer.join().unwrap();

    let bytes = sink.0.lock().unwrap().clone();
    let text = String::from_utf8(bytes).unwrap();
    for personal in [WORDS, "Xiaoming", CONTACT, LON, LAT, "109.48", "36.58", id, key.as_str()] {
        assert!(!text.contains(personal), "`{personal}` is in the log: {text}");
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = [
        expected("POST", "/api/v1/reports", &filed),
        expected("GET", "/api/v1/locate", &located),
        expected("GET", "/api/v1/reports/{id}", &read),
        expected("POST", "/api/v1/reports", &refused),
    ];
    assert_eq!(lines.len(), said.len() + 1, "{text}");
    for (line, said) in lines.iter().zip(&said) {
        for (name, value) in said.as_object().unwrap() {
            assert_eq!(&line[name], value, "{name}: {line}");
        }
        assert!(line["took_us"].is_u64() && line["timestamp"].is_string(), "{line}");
        // Whatever else a line came to hold would have to be looked at for what is personal.
        assert_eq!(line.as_object().unwrap().len(), 8, "{line}");
    }
    // A path that is no route of ours is a stranger's text.
    let last = &lines[said.len()];
    assert_eq!((&last["status"], last["route"].as_str()), (&json!(404), Some("none")));
}
