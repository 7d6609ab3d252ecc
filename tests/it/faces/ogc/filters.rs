//! Part 3: filters, over HTTP. What each operator means is tested where it is read.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{encoded, features, get, ids};
use crate::world::World;

/// The ids that a filter finds.
async fn found(world: &World, collection: &str, filter: &str) -> Vec<String> {
    let filter = encoded(filter);
    ids(world, &format!("/ogc/collections/{collection}/items?limit=10000&filter={filter}")).await
}

/// The ids of features that `keeps` keeps, of all.
async fn kept(world: &World, collection: &str, keeps: impl Fn(&Value) -> bool) -> Vec<String> {
    let all = features(world, &format!("/ogc/collections/{collection}/items?limit=10000")).await;
    let kept = all.iter().filter(|one| keeps(&one["properties"]));
    kept.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn features_filter_finds_what_every_feature_says_of_itself() {
    let world = World::new().await;
    let is = |name: &'static str, value: Value| move |held: &Value| held[name] == value;
    let a = kept(&world, "restaurants", is("grade", json!("A"))).await;
    assert!(!a.is_empty());
    assert_eq!(found(&world, "restaurants", "grade = 'A'").await, a);
    assert_eq!(found(&world, "restaurants", "CASEI(grade) = casei('a')").await, a);
    assert_eq!(found(&world, "restaurants", "NOT grade <> 'A'").await, a);
    let both =
        kept(&world, "restaurants", |held| held["grade"] == "A" || held["grade"] == "B").await;
    assert_eq!(found(&world, "restaurants", "grade IN ('A', 'B')").await, both);
    let pupils = |held: &Value| held["pupils"].as_i64().is_some_and(|n| (500..=900).contains(&n));
    let some = kept(&world, "schools", pupils).await;
    assert!(!some.is_empty());
    assert_eq!(found(&world, "schools", "pupils BETWEEN 500 AND 900").await, some);
    assert_eq!(found(&world, "schools", "pupils / 100 >= 5 AND pupils <= 9 * 100").await, some);
    let urban = kept(&world, "schools", is("urban", json!(true))).await;
    assert_eq!(found(&world, "schools", "urban").await, urban);
    let first = kept(&world, "zones", |held| held["number"].as_i64().unwrap() <= 9).await;
    assert_eq!(found(&world, "zones", "number <= 9").await, first);
    assert_eq!(
        found(&world, "zones", "effective_from > TIMESTAMP('2020-01-01T00:00:00Z')").await.len(),
        60
    );
    assert_eq!(
        found(&world, "zones", "number = 0 OR number <> number").await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn every_language_of_filters_finds_the_same() {
    let world = World::new().await;
    let text = encoded("grade = 'A' AND S_WITHIN(geometry, BBOX(109.4,36.5,109.6,36.7))");
    let json = encoded(
        &json!({ "op": "and", "args": [
            { "op": "=", "args": [{ "property": "grade" }, "A"] },
            { "op": "s_within", "args": [
                { "property": "geometry" }, { "bbox": [109.4, 36.5, 109.6, 36.7] },
            ] },
        ] })
        .to_string(),
    );
    let items = "/ogc/collections/restaurants/items?limit=10000";
    let plain = ids(&world, &format!("{items}&filter={text}")).await;
    assert!(!plain.is_empty());
    for (language, filter) in [("cql2-text", &text), ("cql-text", &text), ("cql2-json", &json)] {
        let path = format!("{items}&filter-lang={language}&filter={filter}");
        assert_eq!(ids(&world, &path).await, plain, "{language}");
    }
}

#[tokio::test]
async fn queryables_every_one_of_them_is_a_parameter_and_stands_in_filters() {
    let world = World::new().await;
    for collection in ["zones", "units", "restaurants", "communities"] {
        let path = format!("/ogc/collections/{collection}/queryables");
        let queryables = get(&world, &path).await;
        assert_eq!(queryables["additionalProperties"], false);
        let first = features(&world, &format!("/ogc/collections/{collection}/items?limit=1"))
            .await
            .remove(0);
        for (name, schema) in queryables["properties"].as_object().unwrap() {
            if name == "geometry" {
                assert_eq!(schema["x-ogc-role"], Value::Null);
                continue;
            }
            let value = &first["properties"][name];
            let items = format!("/ogc/collections/{collection}/items?limit=10000");
            let filter = encoded(&format!("\"{name}\" IS NULL"));
            let null = ids(&world, &format!("{items}&filter={filter}")).await;
            let id = first["id"].as_str().unwrap().to_owned();
            assert_eq!(null.contains(&id), value.is_null(), "{collection} {name}");
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let found = ids(&world, &format!("{items}&{}={}", encoded(name), encoded(&text))).await;
            assert!(found.contains(&id), "{collection} {name}={text}");
        }
    }
}

#[tokio::test]
async fn parameters_and_filters_must_all_hold() {
    let world = World::new().await;
    let items = "/ogc/collections/restaurants/items?limit=10000";
    let box_of = "109.47,36.57,109.50,36.60";
    let grade = ids(&world, &format!("{items}&grade=B")).await;
    let frame = ids(&world, &format!("{items}&bbox={box_of}")).await;
    let name = encoded("name_zh LIKE '%店%' OR name_zh IS NOT NULL");
    let all = ids(&world, &format!("{items}&grade=B&bbox={box_of}&filter={name}")).await;
    let expected: Vec<&String> = grade.iter().filter(|id| frame.contains(id)).collect();
    assert!(!all.is_empty() && all.len() < frame.len());
    assert_eq!(all.iter().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn what_looks_like_another_language_is_a_text_like_any() {
    let world = World::new().await;
    for text in ["x' OR '1'='1", "x'; drop zones; --", "a\\b", "%", "\"", "责任区\u{202e}"] {
        let filter = format!("name_zh = '{}'", text.replace('\'', "''"));
        let answer = found(&world, "zones", &filter).await;
        assert_eq!(answer, Vec::<String>::new(), "{filter}");
        let path = format!("/ogc/collections/zones/items?name_zh={}", encoded(text));
        assert_eq!(ids(&world, &path).await, Vec::<String>::new(), "{path}");
    }
    let open = encoded("name_zh = 'x' OR '1'='1'; --");
    let path = format!("/ogc/collections/zones/items?filter={open}");
    assert_eq!(world.client.get(&path).await.status, StatusCode::BAD_REQUEST);
}
