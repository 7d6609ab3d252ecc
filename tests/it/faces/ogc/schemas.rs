//! Part 5: what features hold.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{collections, features, get};
use crate::client::check;
use crate::world::World;

#[tokio::test]
async fn schemas_name_roles_types_and_titles_in_both_languages() {
    let world = World::new().await;
    let answer = world.client.get("/ogc/collections/zones/schema?lang=en").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/schema+json");
    let schema = answer.json();
    assert_eq!(schema["type"], "object");
    let named = &schema["properties"];
    assert_eq!(
        (&named["code"]["x-ogc-role"], &named["code"]["type"]),
        (&json!("id"), &json!("string"))
    );
    assert_eq!(named["geometry"]["x-ogc-role"], "primary-geometry");
    assert_eq!(named["geometry"]["format"], "geometry-multipolygon");
    assert_eq!(named["effective_from"]["format"], "date-time");
    assert_eq!(
        (&named["number"]["type"], &named["lead_zh"]["title"]),
        (&json!("integer"), &json!("Lead unit (Chinese)"))
    );
    let zh = get(&world, "/ogc/collections/zones/schema?lang=zh").await;
    assert_eq!(zh["properties"]["lead_zh"]["title"], "责任单位");
    let units = get(&world, "/ogc/collections/units/schema").await;
    assert_eq!(units["properties"]["geometry"]["format"], "geometry-point");
    let restaurants = get(&world, "/ogc/collections/restaurants/schema").await;
    assert_eq!(restaurants["properties"]["grade"]["type"], "string");
    let schools = get(&world, "/ogc/collections/schools/schema").await;
    let types = (&schools["properties"]["pupils"]["type"], &schools["properties"]["urban"]["type"]);
    assert_eq!(types, (&json!("integer"), &json!("boolean")));
}

#[tokio::test]
async fn every_feature_is_what_the_schema_of_its_collection_says() {
    let world = World::new().await;
    for collection in collections(&world).await {
        let schema = get(&world, &format!("/ogc/collections/{collection}/feature-schema")).await;
        let shape = schema["properties"]["geometry"]["$ref"].as_str().unwrap().to_owned();
        let properties = &schema["properties"]["properties"];
        for one in features(&world, &format!("/ogc/collections/{collection}/items?limit=20")).await
        {
            let mut faults = Vec::new();
            // Null is allowed wherever there is no value.
            let mut held = one["properties"].clone();
            let all = held.as_object().unwrap().len();
            held.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            let required = properties["required"].as_array().unwrap().len();
            assert_eq!(all, required, "{collection}");
            let plain = json!({ "properties": properties["properties"] });
            check(&schema, &plain, &held, "", &mut faults);
            assert!(faults.is_empty(), "{collection}: {faults:?}");
            let kind = one["geometry"]["type"].as_str().unwrap_or("null");
            let fits = shape.ends_with("/Geometry.json")
                || shape.ends_with(&format!("/{kind}.json"))
                || (kind == "null" && collection == "units");
            assert!(fits, "{collection}: {kind} is no {shape}");
        }
        let flat = get(&world, &format!("/ogc/collections/{collection}/schema")).await;
        let mut named = flat["properties"].as_object().unwrap().clone();
        named.remove("geometry");
        let nested: Vec<&String> = properties["properties"].as_object().unwrap().keys().collect();
        assert_eq!(named.keys().collect::<Vec<_>>(), nested);
        assert!(named.values().all(|one| matches!(one["type"], Value::String(_))));
    }
}
