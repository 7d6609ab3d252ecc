//! Several cities in one service: each answers for itself, and of another nothing is told.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::incidents::desk;
use zonewarden::app::seed;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::{CityId, UnitId};

use super::{FORM, PARKING, post, told};
use crate::client::Answer;
use crate::world::{CENTRE, World, demonstration};

/// A code that a query has to escape.
const OTHER: &str = "别处";
const OTHER_QUERY: &str = "%E5%88%AB%E5%A4%84";

/// The demonstration city, and another like it.
async fn two() -> World {
    let world = World::new().await;
    let mut other = demonstration();
    other.city.id = CityId::new(OTHER).unwrap();
    seed::found(&world.app, other).await.unwrap();
    world
}

async fn take_up(world: &World) {
    for city in world.app.cities() {
        let seat = world.app.seat(Some(city.as_str())).unwrap();
        desk::take_up_all(&world.app, &seat).await.unwrap();
    }
}

async fn get(world: &World, path: &str) -> Answer {
    world.client.get(&format!("/open311/v2/{path}")).await
}

async fn filed(world: &World, city: &str) -> String {
    let answer = post(world, &format!("{PARKING}&accuracy=5&jurisdiction_id={city}")).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let id = answer.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    // What the answer points to is there.
    let place = format!("/open311/v2/requests/{id}.json?jurisdiction_id={city}");
    assert_eq!(answer.header("location"), place);
    assert_eq!(world.client.get(&place).await.json()[0]["service_request_id"], id.as_str());
    id
}

fn listed(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let id = |it: &Value| it["service_request_id"].as_str().unwrap().to_owned();
    answer.json().as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn of_several_cities_one_must_be_named_and_an_unknown_one_is_not_there() {
    let world = &two().await;
    let id = filed(world, world.city.as_str()).await;
    let paths = [
        "services.json".to_owned(),
        "services/event.05.parking.json".to_owned(),
        "requests.json".to_owned(),
        format!("requests/{id}.json"),
        format!("tokens/{id}.json"),
        "servicerequestupdates.json".to_owned(),
    ];
    for path in paths {
        let missing = get(world, &path).await;
        assert_eq!(missing.status, StatusCode::BAD_REQUEST, "{path}");
        let words = told(&missing).concat();
        assert!(words.starts_with("jurisdiction_id:"), "{path}: {words}");
        assert!(words.contains(OTHER) && words.contains(world.city.as_str()), "{path}: {words}");
        // An empty one counts as absent.
        let empty = get(world, &format!("{path}?jurisdiction_id=")).await;
        assert_eq!(told(&empty).concat(), words, "{path}");
        let unknown = get(world, &format!("{path}?jurisdiction_id=elsewhere")).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{path}");
        let words = told(&unknown).concat();
        assert!(words.contains("no jurisdiction `elsewhere`"), "{path}: {words}");
    }
    let nowhere = post(world, PARKING).await;
    assert_eq!(nowhere.status, StatusCode::BAD_REQUEST);
    assert!(told(&nowhere).concat().starts_with("jurisdiction_id:"), "{}", nowhere.text());
    let unknown = post(world, &format!("{PARKING}&jurisdiction_id=elsewhere")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let addition = format!("service_request_id={id}&description=x");
    let path = "/open311/v2/servicerequestupdates.json";
    let added = world.client.post(path, FORM, addition).await;
    assert_eq!(added.status, StatusCode::BAD_REQUEST, "{}", added.text());
}

#[tokio::test]
async fn each_city_tells_of_its_own_requests_and_of_no_other_s() {
    let world = &two().await;
    let (here, there) = (world.city.as_str(), OTHER_QUERY);
    let (a, b) = (filed(world, here).await, filed(world, there).await);
    take_up(world).await;
    for (city, own, foreign) in [(here, &a, &b), (there, &b, &a)] {
        let ask = async |path: &str| {
            let mark = if path.contains('?') { '&' } else { '?' };
            get(world, &format!("{path}{mark}jurisdiction_id={city}")).await
        };
        assert_eq!(listed(&ask("requests.json").await), std::slice::from_ref(own));
        let both = format!("requests.json?service_request_id={a},{b}");
        assert_eq!(listed(&ask(&both).await), std::slice::from_ref(own));
        let updates = listed(&ask("servicerequestupdates.json").await);
        assert_eq!(updates, std::slice::from_ref(own));
        assert_eq!(ask(&format!("requests/{own}.json")).await.status, StatusCode::OK);
        // Another city's looks like one that is nowhere.
        let nowhere = uuid::Uuid::nil().to_string();
        for path in ["requests", "tokens"] {
            let hidden = ask(&format!("{path}/{foreign}.json")).await;
            let absent = ask(&format!("{path}/{nowhere}.json")).await;
            assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(hidden.text().replace(foreign.as_str(), &nowhere), absent.text());
        }
        let form = format!("service_request_id={foreign}&description=x&jurisdiction_id={city}");
        let path = "/open311/v2/servicerequestupdates.json";
        let added = world.client.post(path, FORM, form).await;
        assert_eq!(added.status, StatusCode::NOT_FOUND, "{}", added.text());
        let form = format!(
            "service_code=pothole-of-another-city&lat=36.585&long=109.484&jurisdiction_id={city}"
        );
        let refused = post(world, &form).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        let words = told(&refused).concat();
        assert!(words.contains("no service `pothole-of-another-city`"), "{words}");
    }
    // A key opens its own city.
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let form = format!("{PARKING}&api_key={key}&jurisdiction_id=");
    assert_eq!(post(world, &format!("{form}{here}")).await.status, StatusCode::CREATED);
    assert_eq!(post(world, &format!("{form}{there}")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_city_of_our_own_addresses_is_named_likewise() {
    let world = &two().await;
    let missing = world.client.get("/api/v1/plan").await;
    assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(missing.places(), ["city"]);
    assert!(missing.text().contains(OTHER), "{}", missing.text());
    let unknown = world.client.get("/api/v1/plan?city=elsewhere").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.text());
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "x" }).to_string();
    let path = format!("/api/v1/reports?city={OTHER_QUERY}");
    let there = world.client.post(&path, "application/json", body).await;
    assert_eq!(there.status, StatusCode::CREATED, "{}", there.text());
    assert_eq!(there.json()["city"], OTHER);
    let id = there.json()["id"].as_str().unwrap().to_owned();
    let key = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let of = |city: &str| format!("/api/v1/reports/{id}?city={city}");
    let here = world.client.get_as(&key, &of(world.city.as_str())).await;
    assert_eq!(here.status, StatusCode::NOT_FOUND, "{}", here.text());
    let there = world.client.get_as(&key, &of(OTHER_QUERY)).await;
    assert_eq!(there.status, StatusCode::UNAUTHORIZED, "the key is another city's");
    let place = format!("/api/v1/locate?lon={}&lat={}", CENTRE.0, CENTRE.1);
    assert_eq!(world.client.get(&place).await.places(), ["city"]);
    let located = world.client.get(&format!("{place}&city={OTHER_QUERY}")).await;
    assert_eq!(located.status, StatusCode::OK, "{}", located.text());
    let feed = world.client.get(&format!("/api/v1/feed.geojson?city={OTHER_QUERY}")).await;
    assert_eq!(feed.json()["features"], json!([]));
}
