//! The client of others: the `PyPI` package `georeport`, in both formats, against a running server.

use std::process::Command;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use zonewarden::http::{router, server};

use super::filed;
use crate::world::World;

/// The Python that has the client, as `tests/run` names it; says so loudly when there is none, and
/// fails where it must be.
fn python() -> Option<String> {
    let found = std::env::var("ZONEWARDEN_TEST_GEOREPORT").ok();
    if found.is_none() {
        let must = std::env::var("REQUIRE_GEOREPORT").is_ok();
        assert!(!must, "REQUIRE_GEOREPORT is set, ZONEWARDEN_TEST_GEOREPORT is not");
        eprintln!("SKIPPED: ZONEWARDEN_TEST_GEOREPORT names no Python with georeport");
    }
    found
}

/// All that the client understood, in one format.
async fn understood(python: &str, root: &str, format: &'static str, ids: &[String]) -> Value {
    let mut command = Command::new(python);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/georeport/client.py");
    command.args([script, root, format, "event.05.taxi_refusal"]).args(ids);
    command.env("NO_PROXY", "127.0.0.1");
    let out = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let words = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{format}: {words}");
    serde_json::from_slice(&out.stdout).unwrap()
}

/// A value of the JSON document as it must look when it came by way of XML: texts alone, lists of one
/// without their list, nothing for what is empty.
fn by_way_of_xml(value: &Value, item: &str) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) => json!(text),
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => {
            let items: Vec<Value> = items.iter().map(|it| by_way_of_xml(it, "")).collect();
            let inner = if items.len() == 1 { items[0].clone() } else { json!(items) };
            if item.is_empty() { inner } else { json!({ item: inner }) }
        }
        Value::Object(members) => {
            let inner = |name: &str| match name {
                "attributes" => "attribute",
                "values" => "value",
                _ => "",
            };
            let members =
                members.iter().map(|(name, it)| (name.clone(), by_way_of_xml(it, inner(name))));
            Value::Object(members.collect())
        }
        plain => json!(plain.to_string()),
    }
}

#[tokio::test]
async fn georeport_understands_the_same_in_both_formats_as_was_told() {
    let Some(python) = python() else { return };
    let world = World::new().await;
    let parking = super::PARKING;
    let first = filed(&world, &format!("{parking}&description=3+%3C+4+%26+%22+%E4%B8%AD")).await;
    let taxi = "service_code=event.05.taxi_refusal&lat=36.586&long=109.485&attribute[plate]=J1";
    let second = filed(&world, &format!("{taxi}&media_url=https://example.org/?a=1%26b=2")).await;
    world.take_up().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}/open311/v2", listener.local_addr().unwrap());
    let routes = router::router(&world.web);
    let served = tokio::spawn(server::serve(
        listener,
        routes,
        world.web.clone(),
        std::future::pending::<()>(),
    ));
    let ids = [first, second];
    let json = understood(&python, &root, "json", &ids).await;
    let xml = understood(&python, &root, "xml", &ids).await;
    served.abort();
    let told = async |path: &str| world.client.get(&format!("/open311/v2/{path}")).await.json();
    assert_eq!(json["services"], told("services.json").await);
    assert_eq!(json["definition"], told("services/event.05.taxi_refusal.json").await);
    let requests = told("requests.json").await;
    assert_eq!(requests.as_array().unwrap().len(), 2);
    for name in ["requests", "named", "filtered"] {
        assert_eq!(json[name], requests, "{name}");
    }
    assert_eq!(json["request"], told(&format!("requests/{}.json", ids[0])).await[0]);
    assert_eq!(json["request"]["description"], "3 < 4 & \" 中");
    assert_eq!(json["refused"], json!([404, 404, 400, 404]));
    assert_eq!(xml["refused"], json["refused"]);
    for name in ["services", "definition", "requests", "named", "filtered", "request"] {
        assert_eq!(xml[name], by_way_of_xml(&json[name], ""), "{name}");
    }
}
