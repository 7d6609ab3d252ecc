//! Whose webhooks are whose, and what is refused.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::json;
use zonewarden::domain::accounts::Role;

use super::made;
use super::receiver::{Manner, Receiver};
use crate::client::request;
use crate::world::World;

const JSON: &str = "application/json";

#[tokio::test]
async fn a_unit_manages_its_own_webhooks_and_another_s_do_not_exist() {
    let world = World::new().await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let (own, other) = (atlas.units()[0].id.clone(), atlas.units()[1].id.clone());
    let (key, stranger) = (world.key(Role::Unit, &own).await, world.key(Role::Unit, &other).await);
    let order = json!({ "url": "http://127.0.0.1:9/x", "topics": ["case_moved"], "label": "调度" });
    let made_here = world.client.post_as(&key, "/api/v1/webhooks", JSON, order.to_string()).await;
    assert_eq!(made_here.status, StatusCode::CREATED, "{}", made_here.text());
    let body = made_here.json();
    assert!(body["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(body["webhook"]["unit"], own.as_str());
    let id = body["webhook"]["id"].as_str().unwrap().to_owned();
    let to = Receiver::open(Manner::Status(200)).await;
    made(&world, &to, None, &[]).await;
    let listed = async |key: &str| {
        let found = world.client.get_as(key, "/api/v1/webhooks").await.json();
        found["webhooks"].as_array().unwrap().len()
    };
    let admin = world.key(Role::Admin, &own).await;
    assert_eq!((listed(&key).await, listed(&stranger).await, listed(&admin).await), (1, 0, 2));
    let path = format!("/api/v1/webhooks/{id}");
    let absent = world.client.get_as(&stranger, "/api/v1/webhooks/nothing").await;
    for asked in [path.clone(), format!("{path}/deliveries")] {
        let hidden = world.client.get_as(&stranger, &asked).await;
        assert_eq!((hidden.status, &hidden.bytes), (StatusCode::NOT_FOUND, &absent.bytes));
    }
    for asked in [format!("{path}/secret"), format!("{path}/replay")] {
        let hidden = world.client.post_as(&stranger, &asked, JSON, "{}").await;
        assert_eq!((hidden.status, &hidden.bytes), (StatusCode::NOT_FOUND, &absent.bytes));
    }
    for (asking, expected) in [(&stranger, StatusCode::NOT_FOUND), (&key, StatusCode::OK)] {
        let change = json!({ "enabled": false, "label": "x" }).to_string();
        let mut asked = request(Method::PATCH, &path, Some(asking), Body::from(change));
        asked.headers_mut().insert(header::CONTENT_TYPE, JSON.parse().unwrap());
        assert_eq!(world.client.ask(asked).await.status, expected);
    }
    let shown = world.client.get_as(&key, &path).await.json();
    assert_eq!((&shown["enabled"], &shown["off_because"]), (&json!(false), &json!("asked")));
    for (asking, expected) in [(&stranger, StatusCode::NOT_FOUND), (&key, StatusCode::NO_CONTENT)] {
        let asked = request(Method::DELETE, &path, Some(asking), Body::empty());
        assert_eq!(world.client.raw(asked).await.status(), expected);
    }
    assert_eq!(world.client.get_as(&key, &path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_order_is_refused_with_every_fault() {
    let world = World::new().await;
    world.app.reach_private(false);
    let atlas = world.app.atlas(&world.city).unwrap();
    let (own, other) = (atlas.units()[0].id.clone(), atlas.units()[1].id.clone());
    let unit = world.key(Role::Unit, &own).await;
    let ask = async |key: &str, body: serde_json::Value| {
        world.client.post_as(key, "/api/v1/webhooks", JSON, body.to_string()).await
    };
    let inner = "https://192.168.0.1/";
    let faults = ask(&unit, json!({ "url": inner, "unit": other, "label": "a\u{202e}" })).await;
    assert_eq!(faults.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", faults.text());
    assert_eq!(faults.places(), ["unit", "url", "label"]);
    assert!(faults.text().contains("webhook_private"));
    let faults = ask(&unit, json!({ "topics": ["key_issued", 3], "x": 1 })).await;
    assert_eq!(faults.places(), ["url", "topics[0]", "topics[1]", "x"]);
    assert!(faults.text().contains("case_moved"));
    let admin = world.key(Role::Admin, &own).await;
    let faults = ask(&admin, json!({ "url": "http://example.org/", "unit": "nobody" })).await;
    assert_eq!(faults.places(), ["unit", "url"]);
    let right = ask(&admin, json!({ "url": "https://example.org/hook" })).await;
    assert_eq!(right.status, StatusCode::CREATED, "{}", right.text());
    let id = right.json()["webhook"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/webhooks/{id}");
    let change = json!({ "url": "https://localhost/" }).to_string();
    let mut asked = request(Method::PATCH, &path, Some(&admin), Body::from(change));
    asked.headers_mut().insert(header::CONTENT_TYPE, JSON.parse().unwrap());
    let refused = world.client.ask(asked).await;
    assert_eq!(
        (refused.status, refused.places()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["url".to_owned()])
    );
    let long = json!({ "keep_s": 99_999_999 }).to_string();
    let refused = world.client.post_as(&admin, &format!("{path}/secret"), JSON, long).await;
    assert_eq!(refused.places(), ["keep_s"]);
}
