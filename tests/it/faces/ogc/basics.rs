//! Part 1, core: each test is named after what the standard's abstract test suite asks.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{ask, collections, get, link};
use crate::world::World;

const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

#[tokio::test]
async fn root_success_the_landing_page_leads_to_everything_in_both_languages() {
    let world = World::new().await;
    for path in ["/ogc", "/ogc/", "/ogc?lang=en&f=json"] {
        let landing = get(&world, path).await;
        assert!(landing["title"].is_string());
        for rel in ["self", "service-desc", "service-doc", "conformance", "data"] {
            let href = link(&landing, rel).unwrap_or_else(|| panic!("{path} has no link {rel}"));
            let answer = world.client.get(&href).await;
            assert_eq!(answer.status, StatusCode::OK, "{rel}: {href}");
        }
        let links = landing["links"].as_array().unwrap();
        let desc = links.iter().find(|link| link["rel"] == "service-desc").unwrap();
        assert_eq!(desc["type"], OPENAPI);
    }
    let (zh, en) = (get(&world, "/ogc?lang=zh").await, get(&world, "/ogc?lang=en").await);
    assert_ne!(zh["description"], en["description"]);
    // What is chosen is chosen for all that follows.
    assert!(link(&en, "data").unwrap().contains("lang=en"));
    let spoken = ask(&world, Method::GET, "/ogc", &[("accept-language", "en")]).await;
    assert_eq!(spoken.json()["description"], en["description"]);
    assert_eq!(spoken.header("content-language"), "en");
}

#[tokio::test]
async fn api_definition_success_the_document_is_openapi_3_0_with_concrete_paths() {
    let world = World::new().await;
    let answer = world.client.get("/ogc/api").await;
    assert_eq!(answer.header("content-type"), OPENAPI);
    let api = answer.json();
    assert_eq!(api["openapi"], "3.0.3");
    for collection in collections(&world).await {
        let items = &api["paths"][format!("/collections/{collection}/items")]["get"];
        let parameters = items["parameters"].as_array().unwrap();
        for name in ["limit", "bbox", "datetime", "crs", "bbox-crs", "filter", "filter-lang"] {
            let place = json!({ "$ref": format!("#/components/parameters/{name}") });
            assert!(parameters.contains(&place), "{collection} has no {name}");
        }
    }
    let limit = &api["components"]["parameters"]["limit"];
    assert_eq!(
        (&limit["schema"]["minimum"], &limit["schema"]["maximum"]),
        (&json!(1), &json!(10_000))
    );
    assert_eq!((&limit["style"], &limit["explode"]), (&json!("form"), &json!(false)));
    let bbox = &api["components"]["parameters"]["bbox"]["schema"];
    assert_eq!((&bbox["minItems"], &bbox["maxItems"]), (&json!(4), &json!(6)));
    no_dangling(&api, &api);
    assert_eq!(api["servers"][0]["url"], "/ogc");
    let hosted = ask(&world, Method::GET, "/ogc/api", &[("host", "maps.example")]).await.json();
    assert_eq!(hosted["servers"][0]["url"], "http://maps.example/ogc");
}

/// Every reference leads somewhere.
fn no_dangling(api: &Value, part: &Value) {
    match part {
        Value::Object(object) => {
            if let Some(place) = object.get("$ref").and_then(Value::as_str) {
                let found = api.pointer(place.trim_start_matches('#'));
                assert!(found.is_some(), "{place} leads nowhere");
            }
            object.values().for_each(|inner| no_dangling(api, inner));
        }
        Value::Array(list) => list.iter().for_each(|inner| no_dangling(api, inner)),
        _ => {}
    }
}

#[tokio::test]
async fn conformance_success_lists_the_classes_that_clients_look_for() {
    let world = World::new().await;
    let told = get(&world, "/ogc/conformance").await;
    let classes: Vec<&str> =
        told["conformsTo"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    for class in [
        "ogcapi-features-1/1.0/conf/core",
        "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-1/1.0/conf/geojson",
        "ogcapi-features-1/1.0/conf/html",
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-5/1.0/conf/schemas",
        "ogcapi-common-3/1.0/conf/schemas",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/basic-spatial-functions",
        "cql2/1.0/conf/basic-spatial-operators",
    ] {
        let whole = format!("http://www.opengis.net/spec/{class}");
        assert!(classes.contains(&whole.as_str()), "{class}");
    }
}

#[tokio::test]
async fn fc_md_success_and_sfc_md_success_every_collection_says_what_it_is() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections?lang=en").await;
    let all = all["collections"].as_array().unwrap();
    let named = |id: &str| all.iter().any(|one| one["id"] == id);
    assert!(["zones", "units", "schools", "communities", "restaurants"].into_iter().all(named));
    assert!(!named("incidents") && !named("cameras"));
    for one in all {
        let id = one["id"].as_str().unwrap();
        assert_eq!(one["itemType"], "feature");
        assert_eq!(one["storageCrs"], super::CRS84);
        assert_eq!(one["crs"][0], super::CRS84);
        assert!(one["title"].is_string(), "{one}");
        let bbox: Vec<f64> =
            serde_json::from_value(one["extent"]["spatial"]["bbox"][0].clone()).unwrap();
        assert!(bbox.len() == 4 && bbox[0] <= bbox[2] && bbox[1] <= bbox[3], "{id}: {bbox:?}");
        let interval = &one["extent"]["temporal"]["interval"][0];
        assert!(interval[0].is_string() && interval[1].is_null(), "{interval}");
        for rel in [
            "self",
            "items",
            "describedby",
            "http://www.opengis.net/def/rel/ogc/1.0/schema",
            "http://www.opengis.net/def/rel/ogc/1.0/queryables",
        ] {
            let href = link(one, rel).unwrap();
            let answer = world.client.get(&href).await;
            assert_eq!(answer.status, StatusCode::OK, "{id} {rel}: {}", answer.text());
        }
        let alone = get(&world, &format!("/ogc/collections/{id}?lang=en")).await;
        for member in ["id", "title", "description", "extent", "crs", "storageCrs"] {
            assert_eq!(alone[member], one[member], "{id} {member}");
        }
    }
}

#[tokio::test]
async fn f_success_a_feature_is_found_by_its_id_and_no_other_is() {
    let world = World::new().await;
    for collection in ["zones", "units", "schools"] {
        let page = get(&world, &format!("/ogc/collections/{collection}/items?limit=1")).await;
        let first = &page["features"][0];
        let id = first["id"].as_str().unwrap();
        let answer = world.client.get(&format!("/ogc/collections/{collection}/items/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/geo+json");
        let one = answer.json();
        assert_eq!(
            (&one["geometry"], &one["properties"]),
            (&first["geometry"], &first["properties"])
        );
        assert_eq!(one["properties"]["code"], id);
        assert!(link(&one, "self").is_some());
        assert_eq!(link(&one, "collection").unwrap(), format!("/ogc/collections/{collection}"));
        let other = format!("/ogc/collections/{collection}/items/no-such");
        assert_eq!(world.client.get(&other).await.status, StatusCode::NOT_FOUND);
    }
    // A school is no market, though both are facilities.
    let school = super::ids(&world, "/ogc/collections/schools/items?limit=1").await.remove(0);
    let path = format!("/ogc/collections/markets/items/{school}");
    assert_eq!(world.client.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn html_content_every_page_is_for_people_and_says_the_same() {
    let world = World::new().await;
    let id = super::ids(&world, "/ogc/collections/zones/items?limit=1").await.remove(0);
    for path in [
        "/ogc".to_owned(),
        "/ogc/conformance".to_owned(),
        "/ogc/api".to_owned(),
        "/ogc/collections".to_owned(),
        "/ogc/collections/zones".to_owned(),
        "/ogc/collections/zones/queryables".to_owned(),
        "/ogc/collections/zones/schema".to_owned(),
        "/ogc/collections/zones/feature-schema".to_owned(),
        "/ogc/collections/zones/items".to_owned(),
        format!("/ogc/collections/zones/items/{id}"),
    ] {
        let asked = world.client.get(&format!("{path}?f=html&lang=en")).await;
        assert_eq!(asked.status, StatusCode::OK, "{path}: {}", asked.text());
        assert!(asked.header("content-type").starts_with("text/html"), "{path}");
        assert!(asked.header("content-security-policy").contains("default-src 'none'"));
        assert!(asked.text().contains("lang=\"en\""), "{path}");
        let accepts = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
        let browsed = ask(&world, Method::GET, &path, &accepts).await;
        assert!(browsed.header("content-type").starts_with("text/html"), "{path}");
        let any = ask(&world, Method::GET, &path, &[("accept", "*/*")]).await;
        assert!(any.header("content-type").contains("json"), "{path}");
        assert_ne!(any.header("etag"), browsed.header("etag"), "{path}");
    }
    let page = world.client.get("/ogc/collections/zones/items?f=html&limit=3").await;
    assert_eq!(
        page.text().matches("<tr>").count(),
        2 + 1 + 3,
        "a row each, and what is said of all"
    );
    assert!(page.text().contains(&id));
}

#[tokio::test]
async fn head_and_options_say_what_may_be_done_and_pages_elsewhere_may_ask() {
    let world = World::new().await;
    let items = "/ogc/collections/zones/items";
    let head = ask(&world, Method::HEAD, items, &[]).await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-crs"), format!("<{}>", super::CRS84));
    assert_eq!(head.header("access-control-allow-origin"), "*");
    let options = ask(&world, Method::OPTIONS, items, &[]).await;
    assert_eq!((options.status, options.header("allow")), (StatusCode::OK, "GET, HEAD, OPTIONS"));
    assert_eq!(options.header("access-control-allow-methods"), "");
    let asked = [("origin", "http://x"), ("access-control-request-method", "GET")];
    let preflight = ask(&world, Method::OPTIONS, items, &asked).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    let post = ask(&world, Method::POST, items, &[]).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(post.header("allow"), "GET, HEAD, OPTIONS");
    let hidden = ask(&world, Method::OPTIONS, "/ogc/collections/incidents/items", &[]).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_has_an_answer_is_told_so_until_the_atlas_moves() {
    let world = World::new().await;
    for path in ["/ogc/collections", "/ogc/collections/zones/items", "/ogc/api"] {
        let first = world.client.get(path).await;
        let tag = first.header("etag").to_owned();
        let again = ask(&world, Method::GET, path, &[("if-none-match", tag.as_str())]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{path}");
        // Another caller, who is told of incidents, has another answer.
        let unit = UnitId::new("x").unwrap();
        let key = world.key(Role::Dispatcher, &unit).await;
        assert_ne!(world.client.get_as(&key, path).await.header("etag"), tag, "{path}");
    }
}
