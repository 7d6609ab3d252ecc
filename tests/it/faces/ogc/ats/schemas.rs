//! OGC API – Features, part 5 (23-058): schemas.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::super::{ask, collections, get, link};
use super::declares;
use crate::world::World;

/// The schema of a collection.
async fn schema(world: &World, id: &str) -> Value {
    get(world, &format!("/ogc/collections/{id}/schema")).await
}

/// The properties of a schema that have a role.
fn with_role<'a>(schema: &'a Value, roles: &[&str]) -> Vec<&'a Value> {
    let all = schema["properties"].as_object().unwrap().values();
    all.filter(|one| one["x-ogc-role"].as_str().is_some_and(|role| roles.contains(&role))).collect()
}

fn is_shape(property: &Value) -> bool {
    let shape = property["format"].as_str().is_some_and(|it| it.starts_with("geometry-"));
    shape && property["type"].is_null() && property["$ref"].is_null()
}

#[tokio::test]
async fn schemas_get_conformance() {
    let world = World::new().await;
    for class in [
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-features-5/1.0/conf/advanced-property-roles",
        "ogcapi-features-5/1.0/conf/queryables",
    ] {
        declares(&world, class).await;
    }
}

#[tokio::test]
async fn schemas_basic_schema_inspection() {
    let world = World::new().await;
    for id in collections(&world).await {
        let path = format!("/ogc/collections/{id}/schema");
        let headers = [("accept", "application/schema+json"), ("host", "maps.example")];
        let answer = ask(&world, Method::GET, &path, &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{id}");
        assert_eq!(answer.header("content-type"), "application/schema+json");
        let told = answer.json();
        assert_eq!(told["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(told["$id"], format!("http://maps.example{path}"));
        assert_eq!(told["type"], "object");
        for (name, one) in told["properties"].as_object().unwrap() {
            assert!(one["type"].is_string() != is_shape(one), "{id}: {name}");
            let known = ["title", "type", "format"];
            let mut keys = one.as_object().unwrap().keys();
            let is_known = |key: &String| known.contains(&key.as_str()) || key.starts_with("x-");
            assert!(keys.all(is_known), "{id}: {one}");
        }
    }
}

#[tokio::test]
async fn schemas_role() {
    let world = World::new().await;
    for id in collections(&world).await {
        let told = schema(&world, &id).await;
        let all = told["properties"].as_object().unwrap().values();
        let mut roles = all.map(|one| &one["x-ogc-role"]).filter(|role| !role.is_null());
        assert!(roles.all(Value::is_string), "{id}");
    }
}

#[tokio::test]
async fn schemas_role_id() {
    let world = World::new().await;
    for id in collections(&world).await {
        let told = schema(&world, &id).await;
        let named = with_role(&told, &["id"]);
        assert_eq!(named.len(), 1, "{id}");
        assert_eq!(named[0]["type"], "string", "{id}");
    }
}

#[tokio::test]
async fn schemas_property_seq() {
    let world = World::new().await;
    for id in collections(&world).await {
        let told = schema(&world, &id).await;
        let all = told["properties"].as_object().unwrap().values();
        let mut places: Vec<u64> =
            all.map(|one| one["x-ogc-propertySeq"].as_u64().unwrap()).collect();
        places.sort_unstable();
        let count = u64::try_from(places.len()).unwrap();
        assert_eq!(places, (1..=count).collect::<Vec<_>>(), "{id}");
    }
}

#[tokio::test]
async fn advanced_property_roles_role_primary_geometry() {
    let world = World::new().await;
    for id in collections(&world).await {
        let told = schema(&world, &id).await;
        let found = with_role(&told, &["primary-geometry"]);
        assert!(found.len() == 1 && is_shape(found[0]), "{id}: {found:?}");
    }
}

#[tokio::test]
async fn advanced_property_roles_role_primary_temporal() {
    let world = World::new().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let path = "/ogc/collections/incidents/schema";
    let told = world.client.get_as(&key, path).await.json();
    let instants = with_role(&told, &["primary-instant"]);
    assert_eq!(instants.len(), 1);
    assert_eq!(
        (&instants[0]["type"], &instants[0]["format"]),
        (&json!("string"), &json!("date-time"))
    );
    let others = ["primary-interval", "primary-interval-start", "primary-interval-end"];
    assert!(with_role(&told, &others).is_empty());
    for id in collections(&world).await {
        let told = schema(&world, &id).await;
        assert!(with_role(&told, &["primary-instant"]).len() <= 1, "{id}");
    }
}

#[tokio::test]
async fn queryables_link() {
    let world = World::new().await;
    for id in collections(&world).await {
        let told = get(&world, &format!("/ogc/collections/{id}")).await;
        let rel = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
        let href = link(&told, rel).unwrap();
        assert_eq!(href, format!("/ogc/collections/{id}/queryables"));
        let answer = ask(&world, Method::HEAD, &format!("/ogc/collections/{id}/schema"), &[]).await;
        assert!(answer.header("link").starts_with(&format!("<{href}>; rel=\"{rel}\"")), "{id}");
    }
}

#[tokio::test]
async fn queryables_op_and_response() {
    let world = World::new().await;
    for id in collections(&world).await {
        let path = format!("/ogc/collections/{id}/queryables");
        let accepts = [("accept", "application/schema+json")];
        let answer = ask(&world, Method::GET, &path, &accepts).await;
        assert_eq!(answer.status, StatusCode::OK, "{id}");
        assert_eq!(answer.header("content-type"), "application/schema+json");
        let told = answer.json();
        let held = schema(&world, &id).await;
        let names = |it: &Value| -> Vec<String> {
            it["properties"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(names(&told), names(&held), "{id}");
    }
}
