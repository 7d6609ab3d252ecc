//! `OWSLib`: what it understands of features, and its transactions.

use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{BOX, Served, clients, texts, told};

/// How many there are, and the ids on the page, as one GET tells them.
async fn page(served: &Served, path: &str) -> Value {
    let page = served.world.client.get(path).await.json();
    let ids: Vec<&Value> =
        page["features"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    json!([page["numberMatched"], ids])
}

#[tokio::test]
async fn owslib_reads_pages_filters_and_edits() {
    let Some(python) = clients() else { return };
    let served = Served::start().await;
    let key = served.world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let unit = served.world.app.atlas(&served.world.city).unwrap().units()[0].id.to_string();
    let root = format!("{}/ogc", served.root);
    let told = told(&python, "features.py", &[&root, &key, &unit]).await;
    let core = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core";
    assert!(texts(&told["classes"]).iter().any(|class| class == core));
    assert_eq!(told["openapi"], "3.0.3");
    let mut collections = texts(&told["collections"]);
    collections.sort();
    assert_eq!(collections, served.collections().await);
    assert_eq!(told["zones"]["id"], "zones");
    assert!(texts(&told["queryables"]).iter().any(|name| name == "pupils"));
    assert_eq!(told["schema"], "integer");
    let bbox = BOX.map(|side| side.to_string()).join(",");
    let filter = zonewarden::formats::urlencoded::encoded("grade = 'A' AND code LIKE '%7'");
    for (name, path) in [
        ("first", "zones/items?limit=7".to_owned()),
        ("within", format!("schools/items?bbox={bbox}&limit=10000")),
        ("filtered", format!("restaurants/items?filter={filter}&limit=10000")),
        ("then", "zones/items?limit=3".to_owned()),
    ] {
        let ours = page(&served, &format!("/ogc/collections/{path}")).await;
        assert_ne!(ours[0], 0, "{name}: nothing to find");
        assert_eq!(told[name], ours, "{name}");
    }
    assert_eq!(told["zone"]["id"], told["first"][1][0]);
    let refused = [&told["unknown"], &told["not_read"], &told["not_allowed"], &told["removed"]];
    assert!(refused.iter().all(|status| **status == 404 || **status == 405), "{refused:?}");
    let name = |what: &str| told[what]["properties"]["name_zh"].clone();
    assert_eq!((name("made"), name("updated")), (json!("新集市"), json!("旧集市")));
    assert_eq!(told["made"]["properties"]["unit"], unit);
    assert_eq!(told["updated"]["geometry"]["coordinates"], json!([109.49, 36.59]));
}

#[tokio::test]
async fn owslib_draws_the_zones_of_a_draft() {
    let Some(python) = clients() else { return };
    let served = Served::start().await;
    let key = served.world.key(Role::Planner, &UnitId::new("x").unwrap()).await;
    let body = json!({ "name": "北岸" }).to_string();
    let client = &served.world.client;
    let made = client.post_as(&key, "/api/v1/drafts", "application/json", body).await.json();
    let draft = made["id"].as_str().unwrap();
    let root = format!("{}/ogc", served.root);
    let told = told(&python, "drawing.py", &[&root, &key, draft]).await;
    assert_eq!(told["listed"], json!([true, true]), "{told}");
    assert_eq!((&told["zones"], &told["then"]), (&json!(60), &json!(61)), "{told}");
    assert!(told["arcs"].as_u64() > Some(60), "{told}");
    assert_eq!((&told["renamed"], &told["drawn"]), (&json!("改名区"), &json!("新区")));
    assert!(told["place"].as_str().unwrap().ends_with("-zones/items/drawn"), "{told}");
    assert_eq!(told["broken"], 422, "{told}");
    assert_eq!((&told["gone"], &told["hidden"]), (&json!(404), &json!(404)), "{told}");
    assert_eq!(told["border"], 405, "{told}");
    let path = format!("/api/v1/drafts/{draft}");
    let after = client.get_as(&key, &path).await.json();
    assert_eq!(after["revision"], 4, "opened, renamed, drawn and removed: {after}");
}
