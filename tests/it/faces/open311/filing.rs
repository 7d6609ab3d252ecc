//! Telling the city something.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{FORM, PARKING, filed, post, told, with_headers};
use crate::client::request;
use crate::world::{CENTRE, World};

async fn dispatcher(world: &World) -> String {
    world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await
}

/// The report as a dispatcher sees it.
async fn kept(world: &World, id: &str) -> Value {
    let key = dispatcher(world).await;
    world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json()
}

/// Who stands behind it, as a dispatcher is shown it.
async fn contact(world: &World, id: &str) -> Value {
    let key = dispatcher(world).await;
    let path = format!("/api/v1/reports/{id}/contact");
    let asked = json!({ "reason": "call back" }).to_string();
    world.client.post_as(&key, &path, "application/json", asked).await.json()
}

#[tokio::test]
async fn a_request_goes_where_locate_says_and_is_kept_whole() {
    let world = World::new().await;
    let form = format!(
        "{PARKING}&accuracy=12.5&address_string=%E6%9E%A3%E5%9B%AD%E8%B7%AF&address_id=a-1&email=li%40example.org\
         &first_name=Li&last_name=Wang&phone=138+0000+0000&description=%3Cb%3ECar%3C%2Fb%3E+on+the+pavement\
         &device_id=d-1&account_id=a-9&media_url=https://example.org/a.jpg\
         &attribute[plate]=%E9%99%95J12345&attribute[blocks][]=pavement&attribute%5Bblocks%5D%5B%5D=crossing\
         &jurisdiction_id=&api_key="
    );
    let answer = post(&world, &form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let receipt = &answer.json()[0];
    assert_eq!(receipt["account_id"], "a-9");
    let id = receipt["service_request_id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/open311/v2/requests/{id}.json"));
    let kept = kept(&world, id).await;
    assert_eq!(kept["source"], "open311");
    assert_eq!(kept["category"], "event.05.parking");
    assert_eq!(kept["words"], "Car on the pavement");
    assert_eq!(kept["has_contact"], true);
    let person = contact(&world, id).await;
    assert_eq!(person["contact"], "Wang Li, li@example.org, 138 0000 0000");
    assert_eq!((&person["account_id"], &person["device_id"]), (&json!("a-9"), &json!("d-1")));
    assert_eq!(kept["position"], json!({ "lon": CENTRE.0, "lat": CENTRE.1 }));
    let further = json!({
        "address": "枣园路", "address_id": "a-1",
        "answers": { "plate": ["陕J12345"], "blocks": ["pavement", "crossing"] },
        "links": ["https://example.org/a.jpg"],
    });
    assert_eq!(kept["further"], further);
    let located = format!(
        "/api/v1/locate?lon={}&lat={}&accuracy=12.5&category=event.05.parking",
        CENTRE.0, CENTRE.1
    );
    assert_eq!(kept["unit"], world.client.get(&located).await.json()["unit"]["id"]);
}

#[tokio::test]
async fn what_points_to_a_person_is_shown_to_those_who_call_back_alone() {
    let world = World::new().await;
    let id =
        filed(&world, &format!("{PARKING}&device_id=d&account_id=a&phone=1&attribute[plate]=P"))
            .await;
    let key = world.key(Role::Inspector, &UnitId::new("x").unwrap()).await;
    let seen = world.client.get_as(&key, &format!("/api/v1/reports/{id}")).await.json();
    assert_eq!(seen["has_contact"], true);
    assert_eq!(seen["further"], json!({ "answers": { "plate": ["P"] } }));
}

#[tokio::test]
async fn every_fault_of_a_form_is_told_at_once() {
    let world = World::new().await;
    let form = "service_code=event.05.parking&lat=x&long=NaN&accuracy=-&coord_type=utm&lang=fr&email=x&phone=y\
                &media_url=http://127.0.0.1/&attribute[blocks]=river&attribute[nope]=1&attribute[x][y]=1&longitude=3";
    let answer = post(&world, form).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let words = told(&answer);
    for place in [
        "lang:",
        "accuracy:",
        "attribute[x][y]:",
        "attribute[blocks]:",
        "attribute[nope]:",
        "media_url:",
        "email:",
        "phone:",
        "coord_type:",
        "lat:",
        "long:",
        "longitude:",
    ] {
        assert!(words.iter().any(|it| it.starts_with(place)), "{place} is not in {words:#?}");
    }
    assert_eq!(words.len(), 12, "{words:#?}");
}

#[tokio::test]
async fn bad_input_is_refused_in_words_and_files_nothing() {
    let world = World::new().await;
    let long = format!("{PARKING}&description={}", "%E9%95%BF".repeat(4_001));
    let many = |n: u32| (0..n).map(|n| format!("&attribute[{n}]=x")).collect::<Vec<_>>().concat();
    let (attributes, fields) = (many(10_000), many(300));
    for (form, status, words) in [
        ("", 400, "service_code: was not given"),
        ("service_code=", 400, "service_code: was not given"),
        ("service_code=event.05.parking", 400, "lat, long: are missing"),
        ("service_code=event.99&lat=36.585&long=109.484", 404, "no service `event.99`"),
        ("service_code=event.05&lat=36.585&long=109.484", 404, "no service `event.05`"),
        ("service_code=pothole-of-another-city&lat=1&long=2", 404, "no service"),
        ("service_code=event.02&lat=109.484&long=36.585", 400, "lat, long:"),
        ("service_code=event.02&lat=36.585&long=inf", 400, "no finite number"),
        ("service_code=event.02&lat=1e999&long=109.484", 400, "no finite number"),
        ("service_code=event.02&lat=0&long=0", 400, "lat, long:"),
        ("service_code=event.02&lat=36.585", 400, "belong together"),
        ("service_code=event.02&lat=36.585&lat=36.6&long=109.484", 400, "more than once"),
        (
            "service_code=event.05.taxi_refusal&lat=36.585&long=109.484",
            400,
            "attribute[plate]: is missing",
        ),
        (
            "service_code=event.02&lat=36.585&long=109.484&description=%C4%E3",
            400,
            "not percent-encoded UTF-8",
        ),
        ("service_code=event.02&lat=36.585&long=109.484&description=a%00b", 400, "description:"),
        (
            "service_code=event.02&lat=36.585&long=109.484&jurisdiction_id=elsewhere",
            404,
            "jurisdiction",
        ),
        ("service_code=event.02&address_string=Nowhere+Road", 400, "lat and long"),
        ("service_code=event.02&address_id=nothing", 400, "lat and long"),
        (&long, 400, "description: has 4001 characters"),
        (&format!("{PARKING}{attributes}"), 400, "bytes"),
        (&format!("{PARKING}{fields}"), 400, "more than 200 fields"),
        (&format!("{PARKING}&description={}", "x".repeat(20_000)), 400, "at most 16384"),
    ] {
        let shown: String = form.chars().take(80).collect();
        let answer = post(&world, form).await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text());
        let told = told(&answer);
        assert!(told.iter().any(|it| it.contains(words)), "{shown}: {told:?}");
    }
    let list = world.client.get("/open311/v2/requests.json").await;
    assert_eq!(list.json(), json!([]));
}

#[tokio::test]
async fn only_forms_are_taken_and_no_xml_at_all() {
    let world = World::new().await;
    let bomb =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><request>&b;</request>";
    for (media, body) in [
        ("text/xml", bomb),
        ("application/xml", bomb),
        ("application/json", "{}"),
        ("text/plain", PARKING),
        ("application/x-www-form-urlencoded; charset=gbk", PARKING),
        ("multipart/form-data", ""),
        ("multipart/form-data; boundary=b", "--b\r\n"),
    ] {
        let answer = world.client.post("/open311/v2/requests.json", media, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{media}: {}", answer.text());
        told(&answer);
    }
    let packed = with_headers(PARKING, &[("content-encoding", "gzip")]);
    assert_eq!(world.client.ask(packed).await.status, StatusCode::BAD_REQUEST);
    let utf8 = format!("{FORM}; charset=UTF-8");
    let answer = world.client.post("/open311/v2/requests.json", &utf8, PARKING).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn markup_in_a_description_is_not_kept() {
    let world = World::new().await;
    let script = "%3Cscript%3Ealert(1)%3C/script%3E%3Cimg+src=x+onerror=alert(2)%3E3+%3C+4";
    let id = filed(&world, &format!("{PARKING}&description={script}")).await;
    assert_eq!(kept(&world, &id).await["words"], "3 < 4");
}

#[tokio::test]
async fn a_place_may_be_told_by_the_name_or_code_of_what_stands_there() {
    let world = World::new().await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let named = |it: &&zonewarden::domain::atlas::facility::Facility| {
        let same = |other: &zonewarden::domain::atlas::facility::Facility| other.names == it.names;
        atlas.facilities().iter().filter(|other| same(other)).count() == 1
            && !it.names.en.is_empty()
    };
    let facility = atlas.facilities().iter().find(named).unwrap();
    let name = facility.names.en.replace(' ', "+").replace('\'', "%27");
    let by_name = filed(&world, &format!("service_code=event.02&address_string={name}")).await;
    let by_code = filed(&world, &format!("service_code=event.02&address_id={}", facility.id)).await;
    let (by_name, by_code) = (kept(&world, &by_name).await, kept(&world, &by_code).await);
    assert_eq!(by_name["position"], by_code["position"]);
    assert_eq!(by_name["further"]["address"], facility.names.en.as_str());
}

#[tokio::test]
async fn the_same_idempotency_key_is_one_request_and_another_body_is_refused() {
    let world = World::new().await;
    let send = |form: &str| world.client.ask(with_headers(form, &[("idempotency-key", "k-1")]));
    let first = send(PARKING).await;
    let again = send(&format!("{PARKING}&api_key=")).await;
    assert_eq!((again.status, &again.bytes), (StatusCode::CREATED, &first.bytes));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = send(&format!("{PARKING}&description=x")).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert!(told(&other)[0].contains("idempotency key"));
    let list = world.client.get("/open311/v2/requests.json").await.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_the_query_says_belongs_to_what_a_key_was_used_for() {
    let world = World::new().await;
    let send = |query: &str| {
        let form = "service_code=event.05.parking&long=109.484";
        let mut asked = with_headers(form, &[("idempotency-key", "k-1")]);
        *asked.uri_mut() = format!("/open311/v2/requests.json?{query}").parse().unwrap();
        world.client.ask(asked)
    };
    let first = send("lat=36.585").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    let again = send("api_key=&lat=36.585").await;
    assert_eq!((again.status, &again.bytes), (StatusCode::CREATED, &first.bytes));
    let other = send("lat=36.586").await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "{}", other.text());
    assert!(told(&other)[0].contains("idempotency key"));
}

#[tokio::test]
async fn fifty_at_once_with_one_key_are_one_request() {
    let world = World::new().await;
    let asks =
        (0..50).map(|_| world.client.ask(with_headers(PARKING, &[("idempotency-key", "storm")])));
    let answers = futures_util::future::join_all(asks).await;
    let first = &answers[0];
    assert!(answers.iter().all(|it| it.status == StatusCode::CREATED && it.bytes == first.bytes));
    let list = world.client.get("/open311/v2/requests.json").await.json();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_is_taken_from_the_form_or_a_header_and_a_wrong_one_is_refused() {
    let world = World::new().await;
    let good = dispatcher(&world).await;
    let sent = post(&world, &format!("{PARKING}&api_key={good}")).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    for bad in ["x", "zw_aa_bb", &good.replace("zw_", "zw_x")] {
        let refused = post(&world, &format!("{PARKING}&api_key={bad}")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{bad}");
        told(&refused);
        let bearer = format!("Bearer {bad}");
        let refused = world.client.ask(with_headers(PARKING, &[("authorization", &bearer)])).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{bad}");
        // Who only asks needs no key: one among the parameters is not looked at.
        let path = format!("/open311/v2/services.json?api_key={bad}");
        assert_eq!(world.client.get(&path).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_place_in_another_system_is_the_same_place() {
    let world = World::new().await;
    let wgs84 = filed(&world, PARKING).await;
    // 109.484, 36.585 in GCJ-02, to a metre.
    let gcj02 = "service_code=event.05.parking&lat=36.58587&long=109.48859&coord_type=gcj02";
    let gcj02 = filed(&world, gcj02).await;
    let (a, b) = (kept(&world, &wgs84).await, kept(&world, &gcj02).await);
    let off = |axis: &str| {
        (a["position"][axis].as_f64().unwrap() - b["position"][axis].as_f64().unwrap()).abs()
    };
    assert!(off("lon") < 1e-3 && off("lat") < 1e-3, "{a} {b}");
    assert_eq!(b["given_crs"], "gcj02");
}

#[tokio::test]
async fn other_methods_are_told_what_is_there() {
    let world = World::new().await;
    for (method, path, status, allow) in [
        (Method::OPTIONS, "requests.xml", 204, "GET, HEAD, POST, OPTIONS"),
        (Method::OPTIONS, "services.json", 204, "GET, HEAD, OPTIONS"),
        (Method::DELETE, "requests.json", 405, "GET, HEAD, POST, OPTIONS"),
        (Method::POST, "services.json", 405, "GET, HEAD, OPTIONS"),
        (Method::PUT, "requests/1.json", 405, "GET, HEAD, OPTIONS"),
        (Method::HEAD, "services.json", 200, ""),
        (Method::HEAD, "requests/1.json", 404, ""),
    ] {
        let asked = request(method.clone(), &format!("/open311/v2/{path}"), None, Body::empty());
        let response = world.client.raw(asked).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        let given = response.headers().get("allow").map_or("", |value| value.to_str().unwrap());
        assert_eq!(given, allow, "{method} {path}");
        let bytes =
            http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert_eq!(bytes.is_empty(), status != 405, "{method} {path}");
    }
}
