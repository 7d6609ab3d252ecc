//! Two cities with catalogues of their own in one service: each has its own services, and another's are none.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::seed;
use zonewarden::domain::id::CityId;
use zonewarden::formats::catalogue;

use super::{FORM, PARKING, filed, post, told};
use crate::client::Answer;
use crate::world::{World, demonstration};

const OTHER: &str = "b-city";
const OWN: &str = "event.05.rickshaw";
const RICKSHAW: &str =
    "service_code=event.05.rickshaw&lat=36.585&long=109.484&jurisdiction_id=b-city&accuracy=5";

fn own() -> Value {
    let both = |zh: &str, en: &str| json!({ "zh": zh, "en": en });
    let plate = json!({ "code": "plate", "datatype": "string", "required": true,
                        "words": both("车牌", "Plate") });
    let load = json!({ "code": "load", "datatype": "singlevaluelist", "public": true,
        "words": both("载了什么", "What it carried"),
        "choices": [{ "key": "people", "name": both("人", "People") },
                    { "key": "goods", "name": both("货物", "Goods") }] });
    json!({ "categories": [
        { "code": "event", "names": both("事件", "Event") },
        { "code": "event.05", "names": both("街面", "Streets") },
        { "code": OWN, "names": both("三轮车载客", "Rickshaws"), "blur_m": 200,
          "questions": [plate, load] },
    ] })
}

/// The demonstration city, and one with categories of its own.
async fn two() -> World {
    let world = World::new().await;
    let mut other = demonstration();
    other.city.id = CityId::new(OTHER).unwrap();
    other.city.catalogue = Arc::new(catalogue::read(own().to_string().as_bytes()).unwrap());
    seed::found(&world.app, other).await.unwrap();
    world
}

/// That a document, in XML and in JSON, refuses a service that is none.
fn refused(answers: [Answer; 2], code: &str) {
    let words = format!("service_code: there is no service `{code}`");
    let [xml, json] = answers;
    assert_eq!((xml.status, json.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(xml.header("content-type").starts_with("text/xml"), "{xml:?}");
    assert!(xml.text().contains("<errors><error><code>404</code>"), "{}", xml.text());
    assert!(xml.text().contains(&words), "{}", xml.text());
    assert_eq!(told(&json), [words]);
}

async fn get(world: &World, path: &str, query: &str) -> [Answer; 2] {
    let ask = async |format: &str| {
        world.client.get(&format!("/open311/v2/{path}.{format}?{query}")).await
    };
    [ask("xml").await, ask("json").await]
}

fn codes(services: &Answer) -> Vec<String> {
    assert_eq!(services.status, StatusCode::OK, "{}", services.text());
    let code = |it: &Value| it["service_code"].as_str().unwrap().to_owned();
    services.json().as_array().unwrap().iter().map(code).collect()
}

#[tokio::test]
async fn each_city_lists_its_own_services_and_refuses_those_of_the_other() {
    let world = &two().await;
    let here = world.city.as_str();
    let [_, there] = get(world, "services", &format!("jurisdiction_id={OTHER}")).await;
    assert_eq!(codes(&there), [OWN]);
    assert_eq!(there.json()[0]["group"], "街面");
    // Where nothing is said what it is for, its name says it.
    assert_eq!(there.json()[0]["description"], "三轮车载客");
    let [_, ours] = get(world, "services", &format!("jurisdiction_id={here}")).await;
    let ours = codes(&ours);
    assert!(ours.len() == 18 && !ours.contains(&OWN.to_owned()), "{ours:?}");
    for (city, own, foreign) in [(OTHER, OWN, "event.05.parking"), (here, "event.05.parking", OWN)]
    {
        let of = format!("jurisdiction_id={city}");
        refused(get(world, &format!("services/{foreign}"), &of).await, foreign);
        for answer in get(world, &format!("services/{own}"), &of).await {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
        let form = format!("service_code={foreign}&lat=36.585&long=109.484&{of}");
        let sent = async |format: &str| {
            let path = format!("/open311/v2/requests.{format}");
            world.client.post(&path, FORM, form.clone()).await
        };
        refused([sent("xml").await, sent("json").await], foreign);
        refused(get(world, "requests", &format!("{of}&service_code={foreign}")).await, foreign);
        let both = format!("{of}&service_code={own},{foreign}");
        refused(get(world, "requests", &both).await, foreign);
        for answer in get(world, "requests", &format!("{of}&service_code={own}")).await {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
        let table = format!("/open311/v2/requests.csv?{of}&service_code={foreign}");
        assert_eq!(world.client.get(&table).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn answers_are_held_against_the_questions_of_the_city() {
    let world = &two().await;
    let missing = post(world, &format!("{RICKSHAW}&attribute[blocks]=pavement")).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        told(&missing),
        [
            "attribute[plate]: is missing; the service requires it",
            "attribute[blocks]: is not asked; these are: plate, load"
        ]
    );
    let other = post(world, &format!("{RICKSHAW}&attribute[plate]=1&attribute[load]=coal")).await;
    assert_eq!(told(&other), ["attribute[load]: is none of the choices; these are: people, goods"]);
    let right = format!("{RICKSHAW}&attribute[plate]=J12345&attribute[load]=goods");
    let id = filed(world, &right).await;
    let path = format!("/open311/v2/requests/{id}.json?jurisdiction_id={OTHER}&extensions=true");
    let answer = world.client.get(&path).await;
    let request = &answer.json()[0];
    assert_eq!(request["service_name"], "三轮车载客");
    let answers = &request["extended_attributes"]["attributes"];
    assert_eq!(answers, &json!([{ "code": "load", "name": "载了什么", "values": ["货物"] }]));
    assert!(!answer.text().contains("J12345"), "{}", answer.text());
    // The place is blurred as this city says.
    assert!(request["lat"] != 36.585 || request["long"] != 109.484, "{request}");
    let feed = world.client.get(&format!("/api/v1/feed.geojson?city={OTHER}")).await.json();
    let told = &feed["features"][0]["properties"];
    assert_eq!((&told["category_name"], &told["blur_m"]), (&json!("三轮车载客"), &json!(200)));
    // What the other city asks is asked there as before.
    let here = world.city.as_str();
    let parking = format!("{PARKING}&accuracy=5&jurisdiction_id={here}&attribute[blocks]=pavement");
    filed(world, &parking).await;
}
