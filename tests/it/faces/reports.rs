//! Reports: filed once, whatever the network does, and listed in pages.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use futures_util::future::join_all;
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use crate::client::{Answer, request};
use crate::world::{CENTRE, World};

pub(super) fn telling(words: &str) -> Value {
    json!({ "lon": CENTRE.0, "lat": CENTRE.1, "category": "event.01.litter", "words": words,
            "source": "wechat", "accuracy_m": 12.5 })
}

pub(super) fn filing(key: Option<&str>, body: &Value) -> Request<Body> {
    let mut filing = request(Method::POST, "/api/v1/reports", None, Body::from(body.to_string()));
    filing.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    if let Some(key) = key {
        filing.headers_mut().insert("idempotency-key", key.parse().unwrap());
    }
    filing
}

async fn dispatcher(world: &World) -> String {
    world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await
}

async fn total(world: &World) -> usize {
    let key = dispatcher(world).await;
    let list = world.client.get_as(&key, "/api/v1/reports?limit=1000").await.json();
    list["reports"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_report_goes_to_the_unit_that_locate_names_and_reads_back() {
    let world = World::new().await;
    let filed = world.client.ask(filing(None, &telling("满地垃圾"))).await;
    assert_eq!(filed.status, StatusCode::CREATED);
    let receipt = filed.json();
    assert!(receipt.get("words").is_none() && receipt.get("contact").is_none());
    let path = format!(
        "/api/v1/locate?lon={}&lat={}&category=event.01.litter&accuracy=12.5",
        CENTRE.0, CENTRE.1
    );
    let located = world.client.get(&path).await.json();
    assert_eq!(receipt["unit"], located["unit"]["id"]);
    assert_eq!(receipt["rule"], located["rule"]);
    assert_eq!(receipt["zone"], located["zone"]["id"]);
    let key = dispatcher(&world).await;
    let read = world.client.get_as(&key, filed.header("location")).await.json();
    assert_eq!(read["words"], "满地垃圾");
    assert_eq!(read["position"], json!({ "lon": CENTRE.0, "lat": CENTRE.1 }));
    assert_eq!(read["id"], receipt["id"]);
}

#[tokio::test]
async fn the_same_key_with_the_same_body_is_one_report_and_with_another_is_refused() {
    let world = World::new().await;
    let first = world.client.ask(filing(Some("k-1"), &telling("a"))).await;
    world.pass_us(5_000_000);
    let again = world.client.ask(filing(Some("k-1"), &telling("a"))).await;
    assert_eq!((again.status, &again.bytes), (StatusCode::CREATED, &first.bytes));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = world.client.ask(filing(Some("k-1"), &telling("b"))).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.json()["type"], "urn:zonewarden:problem:idempotency-key-reused");
    assert_eq!(total(&world).await, 1);
}

#[tokio::test]
async fn fifty_at_once_with_one_key_are_one_report() {
    let world = World::new().await;
    let body = telling("once");
    let asks = (0..50).map(|_| world.client.ask(filing(Some("storm"), &body)));
    let answers: Vec<Answer> = join_all(asks).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::CREATED));
    assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes));
    let fresh = |answer: &&Answer| answer.header("idempotency-replayed").is_empty();
    assert_eq!(answers.iter().filter(fresh).count(), 1);
    assert_eq!(total(&world).await, 1);
}

#[tokio::test]
async fn pages_of_reports_hold_each_once_newest_first() {
    let world = World::new().await;
    for n in 0..25 {
        if n % 3 == 0 {
            world.pass_us(1_000_000);
        }
        world.client.ask(filing(None, &telling(&n.to_string()))).await;
    }
    let key = dispatcher(&world).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.client.get_as(&key, &format!("/api/v1/reports?limit=4{after}")).await;
        let page = page.json();
        for report in page["reports"].as_array().unwrap() {
            let time = report["received_at"].as_str().unwrap().to_owned();
            seen.push((time, report["id"].as_str().unwrap().to_owned()));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|a, b| a.0 >= b.0));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[tokio::test]
async fn lists_are_narrowed_by_zone_unit_category_time_and_dispatcher() {
    let world = World::new().await;
    let receipt = world.client.ask(filing(None, &telling("x"))).await.json();
    let key = dispatcher(&world).await;
    let count = |query: String| {
        let (client, key) = (&world.client, key.clone());
        async move {
            let list = client.get_as(&key, &format!("/api/v1/reports?{query}")).await.json();
            list["reports"].as_array().unwrap().len()
        }
    };
    let text = |name: &str| receipt[name].as_str().unwrap().to_owned();
    let doubtful = receipt["for_dispatcher"].as_bool().unwrap();
    for (query, expected) in [
        (format!("zone={}", text("zone")), 1),
        ("zone=elsewhere".to_owned(), 0),
        (format!("unit={}", text("unit")), 1),
        ("unit=nobody".to_owned(), 0),
        ("category=event.01".to_owned(), 1),
        ("category=event.0".to_owned(), 0),
        (format!("from={}", text("received_at")), 1),
        (format!("to={}", text("received_at")), 0),
        (format!("for_dispatcher={doubtful}"), 1),
        (format!("for_dispatcher={}", !doubtful), 0),
    ] {
        assert_eq!(count(query.clone()).await, expected, "{query}");
    }
}

async fn batch(world: &World, key: &str, media: &str, body: String) -> Answer {
    world.client.post_as(key, "/api/v1/reports/batch", media, body).await
}

#[tokio::test]
async fn a_batch_files_each_for_itself_once_and_in_the_order_of_its_own_time() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    let one = |n: &str, at: &str| {
        let mut one = telling(n);
        one["key"] = json!(n);
        one["happened_at"] = json!(at);
        one
    };
    let late = one("late", "2026-05-06T09:59:00+08:00");
    let early = one("early", "2026-05-06T09:00:00+08:00");
    let mut other = late.clone();
    other["words"] = json!("something else under the same key");
    let mut faulty = one("faulty", "soon");
    faulty["lat"] = json!("north");
    let all = json!([late, early, late, other, faulty, 7, telling("no key"), telling("no key")]);
    let answer = batch(&world, &key, "application/json", all.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let told = answer.json();
    let statuses: Vec<u64> = told["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 201, 201, 422, 422, 422, 201, 201]);
    assert_eq!(
        (&told["filed"], &told["again"], &told["refused"]),
        (&json!(4), &json!(1), &json!(3))
    );
    let id =
        |told: &Value, n: usize| told["results"][n]["receipt"]["id"].as_str().unwrap().to_owned();
    assert_eq!(id(&told, 0), id(&told, 2));
    let places: Vec<&Value> = told["results"][4]["problem"]["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["place"])
        .collect();
    assert_eq!(places, ["lat", "happened_at"]);
    // Who sends the same again, in whatever form, is answered the same.
    let again = format!("{early}\n\n{late}\r\n{{\n");
    let again = batch(&world, &key, "application/x-ndjson", again).await.json();
    assert_eq!(
        (&again["filed"], &again["again"], &again["refused"]),
        (&json!(0), &json!(2), &json!(1))
    );
    assert_eq!((id(&again, 0), id(&again, 1)), (id(&told, 1), id(&told, 0)));
    assert_eq!(total(&world).await, 4);
    // The journal has them in the order in which they happened.
    let journal = world.app.store().journal(&world.city, 0, 1_000).await.unwrap();
    let filed: Vec<&String> = journal
        .iter()
        .filter(|entry| entry.kind == "report_filed")
        .map(|entry| &entry.subject)
        .collect();
    assert_eq!(filed[..2], [&id(&told, 1), &id(&told, 0)]);
}

#[tokio::test]
async fn a_key_is_its_caller_s_own_and_uses_up_nobody_else_s() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    let public = world.client.ask(filing(Some("c-1"), &telling("public"))).await;
    let mut camera = telling("camera");
    camera["key"] = json!("c-1");
    let camera = json!([camera]).to_string();
    let first = batch(&world, &key, "application/json", camera.clone()).await.json();
    assert_eq!((&first["filed"], &first["refused"]), (&json!(1), &json!(0)), "{first}");
    let receipt = &first["results"][0]["receipt"];
    assert_ne!(receipt["id"], public.json()["id"]);
    let again = batch(&world, &key, "application/json", camera).await.json();
    assert_eq!((&again["again"], &again["results"][0]["receipt"]), (&json!(1), receipt));
    let repeated = world.client.ask(filing(Some("c-1"), &telling("public"))).await;
    assert_eq!(repeated.header("idempotency-replayed"), "true");
    assert_eq!(repeated.bytes, public.bytes);
    assert_eq!(total(&world).await, 2);
}

#[tokio::test]
async fn a_report_of_another_door_is_never_public() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    let mut body = telling("x");
    body["source"] = json!(" open311 ");
    let one = world.client.ask(filing(None, &body)).await;
    assert_eq!(one.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", one.text());
    assert_eq!(one.places(), ["source"]);
    let many = json!([body, telling("y")]).to_string();
    let many = batch(&world, &key, "application/json", many).await.json();
    assert_eq!((&many["filed"], &many["refused"]), (&json!(1), &json!(1)), "{many}");
    assert_eq!(many["results"][0]["problem"]["faults"][0]["place"], "source");
    assert_eq!(world.client.get("/open311/v2/requests.json").await.json(), json!([]));
}

#[tokio::test]
async fn machines_of_every_kind_file_late_out_of_order_and_again_and_the_first_in_time_opens() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    let seen = |n: &str, source: &str, at: &str| {
        json!({
            "lon": 109.484, "lat": 36.585, "category": "event.05.parking", "accuracy_m": 3,
            "source": source, "key": n, "happened_at": format!("2026-05-06T{at}:00+08:00"),
        })
    };
    // A bus that was in a tunnel sends last what happened first.
    let batch_of = json!([
        seen("c-1", "camera", "09:58"),
        seen("f-1", "fence", "09:57"),
        seen("h-1", "hotline", "09:59"),
        seen("b-1", "bus", "09:55"),
    ]);
    let sends = (0..8).map(|_| batch(&world, &key, "application/json", batch_of.to_string()));
    let answers = join_all(sends).await;
    let told: Vec<Value> = answers.iter().map(Answer::json).collect();
    let sum = |name: &str| told.iter().map(|it| it[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("filed"), sum("again"), sum("refused")), (4, 28, 0));
    let ids = |told: &Value| -> Vec<String> {
        let results = told["results"].as_array().unwrap().iter();
        results.map(|it| it["receipt"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert!(told.iter().all(|it| ids(it) == ids(&told[0])));
    world.take_up().await;
    // One matter: the bus's case, which happened first, stands for all.
    let bus = &ids(&told[0])[3];
    let case = world.client.get_as(&key, &format!("/api/v1/incidents/{bus}")).await.json();
    assert_eq!((&case["stage"], &case["supporters"]), (&json!("dispatched"), &json!(4)), "{case}");
    // Later still comes what happened earlier: it joins the case that is open.
    let late = json!([seen("c-0", "camera", "09:50")]).to_string();
    let late = batch(&world, &key, "application/json", late).await.json();
    world.take_up().await;
    let part = ids(&late).pop().unwrap();
    let part = world.client.get_as(&key, &format!("/api/v1/incidents/{part}")).await.json();
    assert_eq!((&part["stage"], &part["merged_into"]), (&json!("merged"), &json!(bus)));
    assert_eq!(part["happened_at"], "2026-05-06T01:50:00Z");
    assert_eq!(total(&world).await, 5);
}

#[tokio::test]
async fn a_batch_that_is_read_in_pieces_keeps_its_order_and_each_fault_its_place() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    let many: Vec<String> = (0..1_203)
        .map(|n| match n {
            499 => "{\"lon\":".repeat(200) + "1" + &"}".repeat(200),
            500 => "{\"lon\":1e999}".to_owned(),
            1_202 => "[]".to_owned(),
            n => {
                let mut one = telling(&format!("report {n}"));
                one["key"] = json!(format!("k-{n}"));
                one.to_string()
            }
        })
        .collect();
    let list = format!(" [{}]\n", many.join(" ,\n"));
    let told = batch(&world, &key, "application/json", list).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let told = told.json();
    assert_eq!((&told["filed"], &told["refused"]), (&json!(1_200), &json!(3)));
    let results = told["results"].as_array().unwrap();
    let refused: Vec<usize> =
        (0..results.len()).filter(|n| results[*n]["status"] == json!(422)).collect();
    assert_eq!(refused, [499, 500, 1_202]);
    let stored = world.app.store();
    for n in [0, 498, 501, 1_000, 1_201] {
        let id = results[n]["receipt"]["id"].as_str().unwrap().parse().unwrap();
        let id = zonewarden::domain::id::ReportId(id);
        let found = stored.report(&world.city, id).await.unwrap().unwrap();
        assert_eq!(found.report.words, format!("report {n}"));
    }
    let again = batch(&world, &key, "application/x-ndjson", many.join("\n")).await.json();
    assert_eq!((&again["again"], &again["refused"]), (&json!(1_200), &json!(3)));
    assert_eq!(again["results"][1_201]["receipt"], results[1_201]["receipt"]);
}

#[tokio::test]
async fn a_batch_waits_for_its_turn_among_the_heavy_work() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    let places = u32::try_from(world.web.heavy.available_permits()).unwrap();
    let taken = world.web.heavy.clone().acquire_many_owned(places).await.unwrap();
    let path = "/api/v1/reports/batch";
    let body = json!([telling("x")]).to_string();
    let filing = world.client.post_as(&key, path, "application/json", body);
    let mut filing = std::pin::pin!(filing);
    let soon = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, &mut filing).await.is_err(), "it went ahead");
    drop(taken);
    assert_eq!(filing.await.json()["filed"], 1);
}

#[tokio::test]
async fn a_batch_that_is_none_or_too_large_is_refused_whole() {
    let world = World::new().await;
    let key = dispatcher(&world).await;
    for (media, body, status) in [
        ("application/json", String::new(), StatusCode::BAD_REQUEST),
        ("application/json", "{}".to_owned(), StatusCode::BAD_REQUEST),
        ("text/csv", "lon,lat".to_owned(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/x-ndjson", "7\n".repeat(10_001), StatusCode::PAYLOAD_TOO_LARGE),
        ("application/json", format!("[{}7]", "7,".repeat(10_000)), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let answer = batch(&world, &key, media, body).await;
        assert_eq!(answer.status, status, "{media}: {}", answer.text());
    }
    let none = batch(&world, &key, "application/x-ndjson", String::new()).await.json();
    assert_eq!(none["results"], json!([]));
    assert_eq!(total(&world).await, 0);
}
