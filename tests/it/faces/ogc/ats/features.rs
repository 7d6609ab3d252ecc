//! OGC API – Features, part 1 (17-069): core, GeoJSON and HTML.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use zonewarden::domain::time::Instant;
use zonewarden::http::{router, server};

use super::super::{CRS84, ask, collections, get, ids, link};
use super::{linked, positions};
use crate::world::World;

/// The definition of a parameter of pages.
async fn parameter(world: &World, name: &str) -> Value {
    get(world, "/ogc/api").await["components"]["parameters"][name].clone()
}

/// Asserts that a parameter is one of the query that may be left out, its values in one text.
fn of_the_query(told: &Value, name: &str) {
    assert_eq!((&told["name"], &told["in"]), (&json!(name), &json!("query")));
    assert_eq!(told["required"], false);
    assert_eq!((&told["style"], &told["explode"]), (&json!("form"), &json!(false)));
}

#[tokio::test]
async fn core_http() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let (routes, web) = (router::router(&world.web), world.web.clone());
    let served = tokio::spawn(server::serve(listener, routes, web, async move {
        let _ = ended.await;
    }));
    for path in ["/ogc", "/ogc/conformance", "/ogc/collections/zones/items?limit=1"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: maps\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let said = String::from_utf8_lossy(&bytes).into_owned();
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {said}");
        assert!(said.contains("\r\nContent-Type: application/"), "{path}: {said}");
    }
    end.send(()).unwrap();
    served.await.unwrap();
}

#[tokio::test]
async fn core_root_op() {
    let world = World::new().await;
    assert_eq!(world.client.get("/ogc").await.status, StatusCode::OK);
}

#[tokio::test]
async fn core_api_definition_op() {
    let world = World::new().await;
    let landing = get(&world, "/ogc").await;
    for rel in ["service-desc", "service-doc"] {
        let answer = world.client.get(&link(&landing, rel).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{rel}");
    }
}

#[tokio::test]
async fn core_conformance_op() {
    let world = World::new().await;
    let landing = get(&world, "/ogc").await;
    let answer = world.client.get(&link(&landing, "conformance").unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.json()["conformsTo"].as_array().unwrap().iter().all(Value::is_string));
}

#[tokio::test]
async fn core_crs84() {
    let world = World::new().await;
    for id in collections(&world).await {
        let path = format!("/ogc/collections/{id}/items?limit=20");
        let answer = world.client.get(&path).await;
        assert_eq!(answer.header("content-crs"), format!("<{CRS84}>"), "{id}");
        let page = answer.json();
        let all = page["features"].as_array().unwrap();
        for [lon, lat] in all.iter().flat_map(|one| positions(&one["geometry"])) {
            // The city lies where longitude and latitude cannot be taken for each other.
            assert!((109.0..110.0).contains(&lon) && (36.0..37.0).contains(&lat), "{id}");
        }
    }
}

#[tokio::test]
async fn core_fc_md_op() {
    let world = World::new().await;
    let landing = get(&world, "/ogc").await;
    let all = get(&world, &link(&landing, "data").unwrap()).await;
    assert!(all["collections"].is_array());
}

#[tokio::test]
async fn core_fc_md_links() {
    let world = World::new().await;
    linked(&get(&world, "/ogc/collections").await, &["self", "alternate"]);
}

#[tokio::test]
async fn core_fc_md_items() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    let api = get(&world, "/ogc/api").await;
    for one in all["collections"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        assert!(!id.is_empty() && one["links"].is_array(), "{one}");
        assert!(api["paths"][format!("/collections/{id}/items")]["get"].is_object(), "{id}");
    }
}

#[tokio::test]
async fn core_fc_md_items_links() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    for one in all["collections"].as_array().unwrap() {
        linked(one, &["items"]);
        for media in ["application/geo+json", "text/html"] {
            let links = one["links"].as_array().unwrap();
            let found = links.iter().any(|it| it["rel"] == "items" && it["type"] == media);
            assert!(found, "{media}: {one}");
        }
    }
}

#[tokio::test]
async fn core_fc_md_extent() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    for one in all["collections"].as_array().unwrap() {
        let boxes: Vec<[f64; 4]> =
            serde_json::from_value(one["extent"]["spatial"]["bbox"].clone()).unwrap();
        let [west, south, east, north] = boxes[0];
        let path = format!("/ogc/collections/{}/items?limit=10000", one["id"].as_str().unwrap());
        let page = get(&world, &path).await;
        for feature in page["features"].as_array().unwrap() {
            for [x, y] in positions(&feature["geometry"]) {
                let within = (west..=east).contains(&x) && (south..=north).contains(&y);
                assert!(within, "{path}: {feature}");
            }
        }
        let interval = &one["extent"]["temporal"]["interval"][0];
        assert!(Instant::parse(interval[0].as_str().unwrap()).is_ok() && interval[1].is_null());
    }
}

#[tokio::test]
async fn core_sfc_md_op() {
    let world = World::new().await;
    for id in collections(&world).await {
        assert_eq!(get(&world, &format!("/ogc/collections/{id}")).await["id"], id.as_str());
    }
}

#[tokio::test]
async fn core_sfc_md_success() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    for one in all["collections"].as_array().unwrap() {
        let alone = get(&world, &format!("/ogc/collections/{}", one["id"].as_str().unwrap())).await;
        for member in ["id", "title", "description", "extent", "itemType"] {
            assert_eq!(alone[member], one[member], "{member}");
        }
        for given in one["links"].as_array().unwrap() {
            // Those two name the format that was asked for.
            if given["rel"] != "self" && given["rel"] != "alternate" {
                assert!(alone["links"].as_array().unwrap().contains(given), "{given}");
            }
        }
        linked(&alone, &["self", "alternate"]);
    }
}

#[tokio::test]
async fn core_fc_op() {
    let world = World::new().await;
    let all = get(&world, "/ogc/collections").await;
    for one in all["collections"].as_array().unwrap() {
        let answer = world.client.get(&link(one, "items").unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{one}");
        assert_eq!(answer.header("content-type"), "application/geo+json");
    }
}

#[tokio::test]
async fn core_fc_bbox_definition() {
    let world = World::new().await;
    let told = parameter(&world, "bbox").await;
    of_the_query(&told, "bbox");
    let shape = &told["schema"];
    assert_eq!((&shape["type"], &shape["items"]["type"]), (&json!("array"), &json!("number")));
    assert_eq!((&shape["minItems"], &shape["maxItems"]), (&json!(4), &json!(6)));
}

#[tokio::test]
async fn core_fc_limit_definition() {
    let world = World::new().await;
    let told = parameter(&world, "limit").await;
    of_the_query(&told, "limit");
    assert_eq!(told["schema"]["type"], "integer");
    let given = told["schema"]["default"].as_u64().unwrap();
    let (least, most) = (&told["schema"]["minimum"], &told["schema"]["maximum"]);
    assert!((least.as_u64().unwrap()..=most.as_u64().unwrap()).contains(&given), "{told}");
}

#[tokio::test]
async fn core_fc_time_definition() {
    let world = World::new().await;
    let told = parameter(&world, "datetime").await;
    of_the_query(&told, "datetime");
    assert_eq!(told["schema"]["type"], "string");
}

#[tokio::test]
async fn core_fc_links() {
    let world = World::new().await;
    for id in collections(&world).await {
        let page = get(&world, &format!("/ogc/collections/{id}/items?limit=1")).await;
        linked(&page, &["self", "alternate"]);
    }
}

#[tokio::test]
async fn core_fc_time_stamp() {
    let world = World::new().await;
    let page = get(&world, "/ogc/collections/zones/items?limit=1").await;
    let told = Instant::parse(page["timeStamp"].as_str().unwrap()).unwrap();
    assert_eq!(told, world.app.now());
}

#[tokio::test]
async fn core_fc_number_matched() {
    let world = World::new().await;
    for query in ["", "&bbox=109.47,36.57,109.50,36.60", "&filter=pupils%20%3E%201000"] {
        let items = "/ogc/collections/schools/items";
        let all = ids(&world, &format!("{items}?limit=10000{query}")).await.len();
        let few = get(&world, &format!("{items}?limit=3{query}")).await;
        assert!(all > 3, "{query}: {all}");
        assert_eq!(few["numberMatched"], all, "{query}");
    }
}

#[tokio::test]
async fn core_fc_number_returned() {
    let world = World::new().await;
    for limit in [1, 7, 60, 500] {
        let page = get(&world, &format!("/ogc/collections/zones/items?limit={limit}")).await;
        assert_eq!(page["numberReturned"], page["features"].as_array().unwrap().len());
    }
}

#[tokio::test]
async fn core_f_op() {
    let world = World::new().await;
    for collection in collections(&world).await {
        let items = format!("/ogc/collections/{collection}/items");
        let id = ids(&world, &format!("{items}?limit=1")).await.remove(0);
        assert_eq!(get(&world, &format!("{items}/{id}")).await["id"], id.as_str());
    }
}

#[tokio::test]
async fn core_f_links() {
    let world = World::new().await;
    for collection in collections(&world).await {
        let items = format!("/ogc/collections/{collection}/items");
        let id = ids(&world, &format!("{items}?limit=1")).await.remove(0);
        let feature = get(&world, &format!("{items}/{id}")).await;
        linked(&feature, &["self", "alternate", "collection"]);
    }
}

#[tokio::test]
async fn core_query_param_unknown() {
    let world = World::new().await;
    for path in ["/ogc", "/ogc/collections", "/ogc/collections/zones/items"] {
        let answer = world.client.get(&format!("{path}?unknown-parameter=1")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn core_query_param_invalid() {
    let world = World::new().await;
    for query in ["limit=none", "bbox=1,2,3", "datetime=yesterday"] {
        let answer = world.client.get(&format!("/ogc/collections/zones/items?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn geojson_definition() {
    let world = World::new().await;
    let accepts = [("accept", "application/geo+json")];
    let id = ids(&world, "/ogc/collections/zones/items?limit=1").await.remove(0);
    for (path, media) in [
        ("/ogc".to_owned(), "application/json"),
        ("/ogc/conformance".to_owned(), "application/json"),
        ("/ogc/collections".to_owned(), "application/json"),
        ("/ogc/collections/zones".to_owned(), "application/json"),
        ("/ogc/collections/zones/items?limit=1".to_owned(), "application/geo+json"),
        (format!("/ogc/collections/zones/items/{id}"), "application/geo+json"),
    ] {
        let answer = ask(&world, Method::GET, &path, &accepts).await;
        assert_eq!(answer.header("content-type"), media, "{path}");
    }
}

#[tokio::test]
async fn geojson_content() {
    let world = World::new().await;
    for collection in collections(&world).await {
        let items = format!("/ogc/collections/{collection}/items");
        let page = get(&world, &format!("{items}?limit=5")).await;
        assert_eq!(page["type"], "FeatureCollection");
        for one in page["features"].as_array().unwrap() {
            assert_eq!(one["type"], "Feature");
            assert!(one["properties"].is_object(), "{one}");
            let shape = &one["geometry"];
            assert!(shape.is_null() || shape["coordinates"].is_array(), "{one}");
            let id = one["id"].as_str().unwrap();
            assert_eq!(get(&world, &format!("{items}/{id}")).await["id"], id);
        }
    }
}

#[tokio::test]
async fn html_definition() {
    let world = World::new().await;
    let id = ids(&world, "/ogc/collections/zones/items?limit=1").await.remove(0);
    for path in [
        "/ogc".to_owned(),
        "/ogc/conformance".to_owned(),
        "/ogc/api".to_owned(),
        "/ogc/collections".to_owned(),
        "/ogc/collections/zones".to_owned(),
        "/ogc/collections/zones/items?limit=1".to_owned(),
        format!("/ogc/collections/zones/items/{id}"),
    ] {
        let answer = ask(&world, Method::GET, &path, &[("accept", "text/html")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
    }
}
