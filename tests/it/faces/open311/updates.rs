//! What became of requests, as a list of what happened; and what the public adds to them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{FORM, filed, flood, stored, told};
use crate::client::{Answer, request};
use crate::world::World;

const LITTER: &str = "service_code=event.01.litter&lat=36.585&long=109.484&accuracy=5";
const HOUR_US: i64 = 3_600_000_000;

async fn updates(world: &World, query: &str) -> Vec<Value> {
    let path = format!("/open311/v2/servicerequestupdates.json?lang=en&{query}");
    let answer = world.client.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
    answer.json().as_array().unwrap().clone()
}

async fn add(world: &World, form: &str) -> Answer {
    let path = "/open311/v2/servicerequestupdates.json";
    world.client.post(path, FORM, form.to_owned()).await
}

async fn step(world: &World, id: &str, body: Value) {
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let mut body = body;
    body["revision"] = json!(world.revision(id).await);
    let path = format!("/api/v1/incidents/{id}/steps");
    let answer = world.client.post_as(&key, &path, "application/json", body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
}

/// Request, status and description of each.
fn shown(updates: &[Value]) -> Vec<(String, String, String)> {
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    updates
        .iter()
        .map(|it| (text(it, "service_request_id"), text(it, "status"), text(it, "description")))
        .collect()
}

#[tokio::test]
async fn what_happened_to_public_requests_is_told_the_oldest_first_and_to_all_behind_a_case() {
    let world = &World::new().await;
    let first = filed(world, LITTER).await;
    let second = filed(world, &LITTER.replace("36.585", "36.5852")).await;
    let hotline = json!({ "lon": 109.5, "lat": 36.6, "words": "积水", "source": "hotline" });
    world.client.post("/api/v1/reports", "application/json", hotline.to_string()).await;
    assert_eq!(updates(world, "").await, Vec::<Value>::new());
    world.pass_us(HOUR_US);
    world.take_up().await;
    let line =
        |id: &String, status: &str, words: &str| (id.clone(), status.to_owned(), words.to_owned());
    let dispatched = updates(world, "").await;
    // The second is found to be the same matter: its own case lives on in that of the first.
    let expected = [line(&first, "open", "dispatched"), line(&second, "open", "merged")];
    assert_eq!(shown(&dispatched), expected);
    assert_eq!(dispatched[0]["updated_datetime"], "2026-05-06T11:00:00+08:00");
    assert_eq!(dispatched[0]["external_status_code"], "dispatched");
    world.pass_us(HOUR_US);
    step(world, &first, json!({ "act": "note", "words": "secret of the desk" })).await;
    step(world, &first, json!({ "act": "void", "words": "secret of the desk" })).await;
    let from = "start_date=2026-05-06T12:00:00 08:00";
    let voided = updates(world, &from.replace(' ', "+")).await;
    let expected = [line(&first, "closed", "void"), line(&second, "closed", "void")];
    assert_eq!(shown(&voided), expected);
    assert_eq!(voided[0]["update_id"], voided[1]["update_id"]);
    let all = updates(world, "").await;
    assert_eq!(all, [dispatched, voided].concat());
    for (page, one) in all.iter().enumerate() {
        let found = updates(world, &format!("page_size=1&page={}", page + 1)).await;
        assert_eq!(found, std::slice::from_ref(one));
    }
    assert_eq!(updates(world, "page_size=1&page=9").await, Vec::<Value>::new());
    assert_eq!(updates(world, "end_date=2026-05-06T02:30:00Z").await, Vec::<Value>::new());
    world.pass_us(91 * 24 * HOUR_US);
    assert_eq!(updates(world, "").await, Vec::<Value>::new());
}

#[tokio::test]
async fn of_what_is_void_nothing_that_was_said_is_told_until_it_is_taken_up_again() {
    let world = &World::new().await;
    let more =
        "description=canary+one&address_string=canary+two&media_url=https://example.org/canary";
    let id = filed(world, &format!("{LITTER}&{more}")).await;
    world.take_up().await;
    let form = format!("service_request_id={id}&description=canary+three");
    assert_eq!(add(world, &form).await.status, StatusCode::CREATED);
    let everywhere = async || {
        let mut all = String::new();
        for path in [
            "/open311/v2/requests.json?extensions=true",
            "/open311/v2/requests.csv",
            "/open311/v2/servicerequestupdates.json",
            "/api/v1/feed.geojson",
            "/api/v1/feed.atom",
        ] {
            all.push_str(world.client.get(path).await.text());
        }
        all
    };
    let said = everywhere().await;
    assert!(["one", "two", "three"].iter().all(|it| said.contains(&format!("canary {it}"))));
    assert!(said.contains("example.org/canary"), "{said}");
    step(world, &id, json!({ "act": "void", "words": "abuse" })).await;
    let said = everywhere().await;
    assert!(said.contains(&id) && !said.contains("canary"), "{said}");
    step(world, &id, json!({ "act": "reopen", "words": "it was none" })).await;
    let said = everywhere().await;
    assert!(said.contains("canary one") && said.contains("canary three"), "{said}");
}

#[tokio::test]
async fn however_many_steps_nobody_hears_of_lie_in_the_stretch_the_updates_are_found() {
    let world = &World::new().await;
    // What nobody is told of comes first: four steps a case.
    let hotline = json!({ "lon": 109.484, "lat": 36.585, "words": "积水", "source": "hotline",
                          "accuracy_m": 5 });
    let told = world.client.post("/api/v1/reports", "application/json", hotline.to_string()).await;
    let like = stored(world, told.json()["id"].as_str().unwrap()).await;
    assert!(!like.assignment.for_dispatcher);
    flood(world, &like, 12_600, true).await;
    world.pass_us(HOUR_US);
    let first = filed(world, LITTER).await;
    let second = filed(world, &LITTER.replace("event.01.litter", "event.02")).await;
    world.take_up().await;
    let all = updates(world, "").await;
    let ids: Vec<&str> = all.iter().map(|it| it["service_request_id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids.contains(&first.as_str()) && ids.contains(&second.as_str()));
    for (page, one) in all.iter().enumerate() {
        let found = updates(world, &format!("page_size=1&page={}", page + 1)).await;
        assert_eq!(found, std::slice::from_ref(one));
    }
}

#[tokio::test]
async fn a_page_of_updates_holds_as_many_as_were_asked_for_of_a_case_with_many_reports() {
    let world = &World::new().await;
    let first = filed(world, LITTER).await;
    world.take_up().await;
    for _ in 0..3 {
        world.pass_us(1_000_000);
        filed(world, LITTER).await;
        world.take_up().await;
    }
    world.pass_us(1_000_000);
    step(world, &first, json!({ "act": "void", "words": "done" })).await;
    let all = updates(world, "").await;
    // Dispatched; three that were merged; and to all four that it is void.
    assert_eq!(all.len(), 1 + 3 + 4, "{all:?}");
    for size in [1, 3, 7] {
        let mut found = Vec::new();
        for page in 1..=all.len().div_ceil(size) {
            let some = updates(world, &format!("page_size={size}&page={page}")).await;
            assert!(some.len() == size || page == all.len().div_ceil(size), "{some:?}");
            found.extend(some);
        }
        assert_eq!(found, all, "{size}");
    }
}

#[tokio::test]
async fn what_the_public_adds_is_kept_with_the_case_once_and_told_without_numbers_of_people() {
    let world = &World::new().await;
    let id = filed(world, LITTER).await;
    let form = format!(
        "service_request_id={id}&update_id=77&updated_datetime=2026-05-06T10:05:00+08:00&status=FIXED\
         &description=%3Cb%3EGone%3C/b%3E,+call+13800000000&email=li@example.org&first_name=Li&last_name=W\
         &title=Ms&media_url=https://example.org/a.jpg&api_key=&public_anonymity_required=TRUE"
    );
    // Before the desk has come to the request.
    let added = add(world, &form).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let again = add(world, &form).await;
    assert_eq!((again.status, &again.bytes), (StatusCode::CREATED, &added.bytes));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = add(world, &form.replace("Gone", "There")).await;
    assert!(told(&other)[0].contains("idempotency key"), "{}", other.text());
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let case = world.client.get_as(&key, &format!("/api/v1/incidents/{id}")).await.json();
    let steps = case["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!((&last["act"], &last["role"]), (&json!("note"), &json!("public")));
    let words = "Gone, call 13800000000\nstatus: fixed\nhttps://example.org/a.jpg";
    assert_eq!(last["words"], words);
    assert_eq!(case["stage"], "dispatched");
    assert!(!case.to_string().contains("example.org/li") && !case.to_string().contains("li@"));
    let told = updates(world, "").await;
    let public = told.last().unwrap();
    assert_eq!(public["description"], words.replace("13800000000", "***"));
    assert_eq!(public["update_id"], added.json()[0]["update_id"]);
    assert_eq!(told.iter().filter(|it| it["update_id"] == public["update_id"]).count(), 1);
    let request = world.client.get(&format!("/open311/v2/requests/{id}.json")).await.json();
    assert_eq!(request[0]["status"], "open");
}

#[tokio::test]
async fn fifty_additions_at_once_with_one_key_are_one_and_more_than_a_case_takes_are_refused() {
    let world = &World::new().await;
    let id = filed(world, LITTER).await;
    let form = format!("service_request_id={id}&update_id=1&description=x");
    let answers = join_all((0..50).map(|_| add(world, &form))).await;
    assert!(
        answers.iter().all(|it| it.status == StatusCode::CREATED && it.bytes == answers[0].bytes)
    );
    for n in 2..=50 {
        let form = format!("service_request_id={id}&update_id={n}&description=x");
        assert_eq!(add(world, &form).await.status, StatusCode::CREATED, "{n}");
    }
    let over = add(world, &format!("service_request_id={id}&description=y")).await;
    assert!(told(&over)[0].contains("takes no more"), "{}", over.text());
    // Who repeats is still answered.
    assert_eq!(add(world, &form).await.bytes, answers[0].bytes);
}

#[tokio::test]
async fn an_addition_that_is_none_is_refused_with_every_fault() {
    let world = &World::new().await;
    let id = filed(world, LITTER).await;
    let hotline = json!({ "lon": 109.484, "lat": 36.585, "words": "积水", "source": "hotline" });
    let private =
        world.client.post("/api/v1/reports", "application/json", hotline.to_string()).await.json();
    let private = private["id"].as_str().unwrap();
    for (form, status, words) in [
        ("", 400, "service_request_id: was not given"),
        ("description=x", 400, "service_request_id: was not given"),
        (&format!("service_request_id={id}"), 400, "description: is missing"),
        (&format!("service_request_id={id}&description=%3Cp%3E"), 400, "description: is missing"),
        (&format!("service_request_id={id}&description=a%00"), 400, "description:"),
        (
            &format!(
                "service_request_id={id}&description=x&media_url=http://10.0.0.1/&updated_datetime=x"
            ),
            400,
            "media_url:",
        ),
        (&format!("service_request_id={id}&description=x&unit=u"), 400, "unit: is no parameter"),
        (&format!("service_request_id={id}&description=x&api_key=bad"), 403, ""),
        (&format!("service_request_id={private}&description=x"), 404, "no request"),
        ("service_request_id=638344&description=x", 404, "no request"),
    ] {
        let answer = add(world, form).await;
        assert_eq!(answer.status.as_u16(), status, "{form}: {}", answer.text());
        let told = told(&answer);
        assert!(told.iter().any(|it| it.contains(words)), "{form}: {told:?}");
    }
    let long = format!("service_request_id={id}&description={}", "%E9%95%BF".repeat(4_001));
    assert!(told(&add(world, &long).await)[0].contains("4001 characters"));
    for query in ["start_date=x", "page=0", "page_size=1001", "page=11", "stat=open", "lang=xx"] {
        let path = format!("/open311/v2/servicerequestupdates.json?{query}");
        assert_eq!(world.client.get(&path).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn fixmystreet_finds_the_id_of_a_token_at_its_first_look() {
    let world = &World::new().await;
    let token = filed(world, super::PARKING).await;
    let answer = world.client.get(&format!("/open311/v2/tokens/{token}.xml")).await;
    assert!(answer.text().contains(&format!("<service_request_id>{token}</service_request_id>")));
}

#[tokio::test]
async fn all_requests_come_as_one_table_whose_cells_no_spreadsheet_runs() {
    let world = &World::new().await;
    let formula = "%3DHYPERLINK(%22http://x%22)%0Aand+%22more%22";
    let first = filed(world, &format!("{LITTER}&description={formula}")).await;
    for n in 0..2_100 {
        let form = format!("{}&lat=36.58&long=109.48{n:04}", "service_code=event.02");
        filed(world, &form).await;
    }
    let path = "/open311/v2/requests.csv";
    let answer = world.client.get(&format!("{path}?lang=en")).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let mut reader = csv::Reader::from_reader(&answer.bytes[3..]);
    let headers = reader.headers().unwrap().clone();
    let list = world.client.get(&format!("/open311/v2/requests/{first}.json")).await.json();
    let members: Vec<&String> = list[0].as_object().unwrap().keys().collect();
    assert_eq!(headers.len(), members.len());
    assert!(members.iter().all(|name| headers.iter().any(|column| column == *name)));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2_101);
    let row = rows.last().unwrap();
    assert_eq!(&row[0], first.as_str());
    assert_eq!(&row[5], "'=HYPERLINK(\"http://x\")\nand \"more\"");
    assert_eq!((&row[14], &row[15]), ("36.585", "109.484"));
    let some = world.client.get(&format!("{path}?service_code=event.01&status=open")).await;
    assert_eq!(some.text().lines().count(), 3);
    for query in ["page=2", "page_size=5", "extensions=true", "status=x", "service_request_id=1"] {
        let answer = world.client.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text().contains("<errors><error><code>400</code>"), "{}", answer.text());
    }
    let head = request(Method::HEAD, path, None, Body::empty());
    assert_eq!(world.client.raw(head).await.status(), StatusCode::OK);
    let posted = world.client.post(path, FORM, LITTER).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}
