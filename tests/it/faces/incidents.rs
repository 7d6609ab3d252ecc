//! Incidents: from a report to a closed case, and everything that may come between.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use crate::client::{Answer, request};
use crate::world::{CENTRE, GIF, World};

const HOUR_US: i64 = 3_600 * 1_000_000;

/// A service with a report in it that the desk has taken up.
struct Case {
    world: World,
    id: String,
    unit: UnitId,
}

async fn told(world: &World, category: &str, off: f64) -> String {
    let body = json!({ "lon": CENTRE.0 + off, "lat": CENTRE.1, "category": category,
                       "words": "满地垃圾", "accuracy_m": 5.0 });
    let filed = world.client.post("/api/v1/reports", "application/json", body.to_string()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    filed.json()["id"].as_str().unwrap().to_owned()
}

impl Case {
    async fn new() -> Self {
        let world = World::new().await;
        let id = told(&world, "event.01.litter", 0.0).await;
        world.take_up().await;
        let admin = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
        let found = world.client.get_as(&admin, &format!("/api/v1/incidents/{id}")).await.json();
        assert_eq!(found["stage"], "dispatched", "{found}");
        let unit = UnitId::new(found["unit"].as_str().unwrap()).unwrap();
        Self { world, id, unit }
    }

    async fn step(&self, role: Role, body: Value) -> Answer {
        let key = self.world.key(role, &self.unit).await;
        step(&self.world, &key, &self.id, body).await
    }

    async fn picture(&self, bytes: &'static [u8]) -> Answer {
        let key = self.world.key(Role::Unit, &self.unit).await;
        let path = format!("/api/v1/incidents/{}/pictures", self.id);
        self.world.client.post_as(&key, &path, "image/gif", bytes).await
    }

    async fn shown(&self) -> Value {
        let key = self.world.key(Role::Dispatcher, &self.unit).await;
        self.world.client.get_as(&key, &format!("/api/v1/incidents/{}", self.id)).await.json()
    }

    async fn list(&self, role: Role, query: &str) -> Vec<String> {
        let key = self.world.key(role, &self.unit).await;
        let path = format!("/api/v1/incidents?{query}");
        let answer = self.world.client.get_as(&key, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let ids = answer.json()["incidents"].as_array().unwrap().clone();
        ids.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

async fn step(world: &World, key: &str, id: &str, body: Value) -> Answer {
    let path = format!("/api/v1/incidents/{id}/steps");
    world.client.post_as(key, &path, "application/json", body.to_string()).await
}

#[tokio::test]
async fn a_sure_report_goes_to_its_unit_and_is_brought_to_its_end_step_by_step() {
    let case = Case::new().await;
    let picture = case.picture(GIF.as_bytes()).await;
    assert_eq!(picture.status, StatusCode::CREATED, "{}", picture.text());
    let picture = picture.json()["id"].clone();
    let walk = [
        (Role::Unit, json!({ "act": "handle", "revision": 4 }), "handling"),
        (
            Role::Unit,
            json!({ "act": "feedback", "revision": 5, "words": "已清理", "pictures": [picture] }),
            "handled",
        ),
        (Role::Inspector, json!({ "act": "check", "revision": 6, "words": "干净" }), "checked"),
        (Role::Dispatcher, json!({ "act": "close", "revision": 7, "words": "结案" }), "closed"),
    ];
    for (role, body, stage) in walk {
        case.world.pass_us(HOUR_US);
        let answer = case.step(role, body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text());
        assert_eq!(answer.json()["stage"], stage);
    }
    let shown = case.shown().await;
    assert_eq!(shown["open"], false);
    let acts: Vec<&str> =
        shown["steps"].as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap()).collect();
    let expected =
        ["collect", "verify", "file", "dispatch", "handle", "feedback", "check", "close"];
    assert_eq!(acts, expected);
    assert_eq!(shown["steps"][3]["actor"], "router");
    assert_eq!(shown["steps"][5]["words"], "已清理");
    assert!(case.list(Role::Unit, "").await.is_empty(), "a closed case is on no work list");
    assert_eq!(case.list(Role::Unit, "order=newest").await, std::slice::from_ref(&case.id));
}

#[tokio::test]
async fn a_closed_case_that_is_acted_on_again_says_what_is_open_and_to_whom() {
    let case = Case::new().await;
    let picture = case.picture(GIF.as_bytes()).await.json()["id"].clone();
    let done = json!({ "act": "feedback", "revision": 5, "words": "x", "pictures": [picture] });
    for (role, body) in [
        (Role::Unit, json!({ "act": "handle", "revision": 4 })),
        (Role::Unit, done),
        (Role::Inspector, json!({ "act": "check", "revision": 6, "words": "x" })),
        (Role::Dispatcher, json!({ "act": "close", "revision": 7, "words": "x" })),
    ] {
        assert_eq!(case.step(role, body.clone()).await.status, StatusCode::OK, "{body}");
    }
    let open = "open now: evaluate (inspector, admin), appeal (unit), \
                reopen (dispatcher, inspector, admin)";
    for (role, act) in [
        (Role::Dispatcher, "close"),
        (Role::Unit, "handle"),
        (Role::Dispatcher, "void"),
        (Role::Admin, "supervise"),
    ] {
        let body = json!({ "act": act, "revision": 8, "words": "again" });
        let refused = case.step(role, body).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{act}: {}", refused.text());
        assert_eq!(refused.header("content-type"), "application/problem+json");
        let problem = refused.json();
        assert_eq!(problem["status"], 409);
        let detail = problem["detail"].as_str().unwrap();
        let begins = format!("{act} is not open while the case stands at closed; it is at ");
        assert!(detail.starts_with(&begins), "{detail}");
        assert!(detail.contains(open), "{detail}");
    }
    // What is open is not open to everybody: that is told with who it is for.
    let reopen = json!({ "act": "reopen", "revision": 8, "words": "again" });
    let refused = case.step(Role::Unit, reopen.clone()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    let begins =
        "reopen at closed is for dispatcher, inspector, admin, not for unit; open to you: ";
    assert!(detail.starts_with(begins) && detail.contains("appeal"), "{detail}");
    let shown = case.shown().await;
    assert_eq!((&shown["revision"], &shown["stage"]), (&json!(8), &json!("closed")));
    let again = case.step(Role::Dispatcher, reopen).await;
    assert_eq!(again.json()["stage"], "dispatched", "{}", again.text());
}

#[tokio::test]
async fn of_two_dispatchers_at_once_the_second_is_told_what_changed() {
    let case = Case::new().await;
    let first = json!({ "act": "void", "revision": 4, "words": "重复登记" });
    assert_eq!(case.step(Role::Dispatcher, first).await.status, StatusCode::OK);
    let second = json!({ "act": "note", "revision": 4, "words": "?" });
    let refused = case.step(Role::Dispatcher, second).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let problem = refused.json();
    assert_eq!(problem["type"], "urn:zonewarden:problem:stale");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("at revision 4 when you looked and is at 5 now"), "{detail}");
    assert!(detail.contains("void by"), "{detail}");
}

#[tokio::test]
async fn what_the_workflow_does_not_admit_is_refused_with_what_would_be_right() {
    let case = Case::new().await;
    let ask = |act: &str, more: Value| {
        let mut body = json!({ "act": act, "revision": 4 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let says = async |role, body, status: StatusCode, words: &str| {
        let answer = case.step(role, body).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    };
    says(Role::Unit, ask("close", json!({ "words": "x" })), StatusCode::CONFLICT, "open now:")
        .await;
    let void = ask("void", json!({ "words": "x" }));
    says(Role::Unit, void, StatusCode::FORBIDDEN, "is for dispatcher, admin").await;
    says(Role::Dispatcher, ask("void", json!({})), StatusCode::UNPROCESSABLE_ENTITY, "words").await;
    let nobody = ask("reassign", json!({ "words": "x", "unit": "nobody", "co": ["none"] }));
    let refused = case.step(Role::Dispatcher, nobody).await;
    assert_eq!(refused.places(), ["unit", "co"]);
    let faults = json!({ "act": "dance", "words": 5, "co": [1], "until": "soon", "shoes": 2 });
    let refused = case.step(Role::Dispatcher, faults).await;
    assert_eq!(refused.places(), ["act", "revision", "words", "co[0]", "until", "shoes"]);
    for body in ["", "[]", "null", "{", "\u{feff}{}", "7"] {
        let key = case.world.key(Role::Admin, &case.unit).await;
        let path = format!("/api/v1/incidents/{}/steps", case.id);
        let answer = case.world.client.post_as(&key, &path, "application/json", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.text());
    }
    assert_eq!(case.shown().await["revision"], 4, "nothing was half taken");
}

#[tokio::test]
async fn another_unit_s_incident_looks_like_one_that_does_not_exist() {
    let case = Case::new().await;
    let shown = case.shown().await;
    let atlas = case.world.app.atlas(&case.world.city).unwrap();
    let stranger = atlas
        .units()
        .iter()
        .find(|unit| unit.id != case.unit && !shown["co"].to_string().contains(unit.id.as_str()))
        .unwrap();
    let key = case.world.key(Role::Unit, &stranger.id).await;
    let hidden = case.world.client.get_as(&key, &format!("/api/v1/incidents/{}", case.id)).await;
    let absent = format!("/api/v1/incidents/{}", uuid::Uuid::nil());
    let absent = case.world.client.get_as(&key, &absent).await;
    assert_eq!((hidden.status, &hidden.bytes), (StatusCode::NOT_FOUND, &absent.bytes));
    let acted = step(&case.world, &key, &case.id, json!({ "act": "handle", "revision": 4 })).await;
    assert_eq!(acted.status, StatusCode::NOT_FOUND);
    let list = case.world.client.get_as(&key, "/api/v1/incidents").await.json();
    assert_eq!(list["incidents"], json!([]));
}

#[tokio::test]
async fn a_second_voice_stands_behind_the_open_matter_and_a_split_undoes_it() {
    let case = Case::new().await;
    // Eleven metres away, an hour later.
    case.world.pass_us(HOUR_US);
    let again = told(&case.world, "event.01.litter", 0.000_12).await;
    let other = told(&case.world, "event.02", 0.000_12).await;
    case.world.take_up().await;
    let whole = case.shown().await;
    assert_eq!(whole["supporters"], 2);
    let open = whole["open_to_you"].as_array().unwrap();
    assert!(open.contains(&json!("merge")) && !open.contains(&json!("absorb")), "{whole}");
    assert_eq!(whole["reports"], json!([case.id, again]));
    let key = case.world.key(Role::Dispatcher, &case.unit).await;
    let get = async |id: &str| {
        case.world.client.get_as(&key, &format!("/api/v1/incidents/{id}")).await.json()
    };
    let part = get(&again).await;
    assert_eq!((&part["stage"], &part["merged_into"]), (&json!("merged"), &json!(case.id)));
    assert!(get(&other).await["merged_into"].is_null(), "another category is another matter");
    let mut split = json!({ "act": "split", "revision": 2, "words": "不是同一处" });
    let lacking = step(&case.world, &key, &again, split.clone()).await;
    assert_eq!(lacking.places(), ["other_revision"]);
    split["other_revision"] = whole["revision"].clone();
    let answer = step(&case.world, &key, &again, split).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["stage"], "collected");
    assert_eq!(case.shown().await["supporters"], 1);
    // What was split is suggested again, and a person may merge it.
    let found = get(&again).await;
    assert_eq!(found["candidates"][0]["id"], json!(case.id));
    let merge = json!({ "act": "merge", "revision": 3, "other": case.id,
                        "other_revision": case.shown().await["revision"] });
    let answer = step(&case.world, &key, &again, merge).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(case.shown().await["supporters"], 2);
    let alone = json!({ "act": "absorb", "revision": 7, "other": again });
    assert_eq!(case.step(Role::Dispatcher, alone).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_clock_that_was_ahead_and_was_set_back_leaves_no_open_matter_forgotten() {
    let case = Case::new().await;
    let ahead_us = 400 * 24 * HOUR_US;
    case.world.pass_us(ahead_us);
    told(&case.world, "event.02", 0.0).await;
    case.world.take_up().await;
    case.world.pass_us(HOUR_US - ahead_us);
    let again = told(&case.world, "event.01.litter", 0.000_12).await;
    case.world.take_up().await;
    let whole = case.shown().await;
    assert_eq!((&whole["supporters"], &whole["reports"]), (&json!(2), &json!([case.id, again])));
}

#[tokio::test]
async fn a_doubtful_report_waits_for_a_dispatcher_who_names_the_unit() {
    let world = World::new().await;
    let body = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "accuracy_m": 5000.0 }).to_string();
    let filed = world.client.post("/api/v1/reports", "application/json", body).await.json();
    assert_eq!(filed["for_dispatcher"], true);
    world.take_up().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let queue = async || {
        let path = "/api/v1/incidents?for_dispatcher=true";
        world.client.get_as(&key, path).await.json()["incidents"].as_array().unwrap().clone()
    };
    let waiting = queue().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0]["stage"], &waiting[0]["unit"]), (&json!("collected"), &Value::Null));
    assert_eq!(waiting[0]["routed_unit"], filed["unit"]);
    let id = waiting[0]["id"].as_str().unwrap();
    let steps = [
        json!({ "id": id, "act": "verify", "revision": 1 }),
        json!({ "id": id, "act": "file", "revision": 2 }),
        json!({ "id": id, "act": "dispatch", "revision": 3, "unit": filed["unit"] }),
        json!({ "id": id, "act": "dispatch", "revision": 3, "unit": filed["unit"] }),
        json!({ "act": "dispatch", "revision": 3 }),
        json!(7),
    ];
    let path = "/api/v1/incidents/steps";
    let body = Value::from(steps.to_vec()).to_string();
    let answer = world.client.post_as(&key, path, "application/json", body).await.json();
    let results = answer["results"].as_array().unwrap();
    let statuses: Vec<u64> = results.iter().map(|it| it["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 409, 422, 400]);
    assert_eq!(results[2]["incident"]["stage"], "dispatched");
    assert!(queue().await.is_empty());
}

#[tokio::test]
async fn a_unit_sends_back_what_is_not_its_own_and_the_dispatcher_is_offered_the_next_best() {
    let case = Case::new().await;
    let atlas = case.world.app.atlas(&case.world.city).unwrap();
    let other = atlas.units().iter().find(|unit| unit.id != case.unit).unwrap().id.clone();
    let back = json!({ "act": "send_back", "revision": 4, "words": "不归我管", "unit": other });
    assert_eq!(case.step(Role::Unit, back).await.json()["stage"], "sent_back");
    let shown = case.shown().await;
    let offered = shown["suggestions"].as_array().unwrap();
    assert_eq!(
        offered[0],
        json!({ "unit": other, "why": "proposed", "rule": null, "distance_m": null })
    );
    assert!(
        offered.len() > 1 && offered.iter().all(|it| it["unit"] != json!(case.unit)),
        "{shown}"
    );
    let to = json!({ "act": "reassign", "revision": 5, "words": "转", "unit": other });
    let moved = case.step(Role::Dispatcher, to).await.json();
    assert_eq!((&moved["unit"], &moved["stage"]), (&json!(other), &json!("dispatched")));
    // The report comes with the case: the other unit reads what was told.
    let key = case.world.key(Role::Unit, &other).await;
    let report = case.world.client.get_as(&key, &format!("/api/v1/reports/{}", case.id)).await;
    assert_eq!(report.json()["words"], "满地垃圾", "{}", report.text());
    // The unit that had it sees it no more.
    assert_eq!(
        case.step(Role::Unit, json!({ "act": "note", "revision": 6, "words": "?" })).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_step_names_pictures_that_were_kept_with_its_case_and_no_others() {
    let case = Case::new().await;
    for no_picture in [&b""[..], b"<svg/>", b"MZ", b"GIF89a;", b"\xff\xd8\xff\xe0<svg/>"] {
        let refused = case.picture(no_picture).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    }
    let kept = case.picture(GIF.as_bytes()).await;
    let id = kept.json()["id"].as_str().unwrap().to_owned();
    let elsewhere = Case::new().await.picture(GIF.as_bytes()).await.json()["id"].clone();
    let note = json!({ "act": "note", "revision": 4, "pictures": ["p1", id, elsewhere] });
    assert_eq!(case.step(Role::Unit, note).await.places(), ["pictures[0]", "pictures[2]"]);
    let note = json!({ "act": "note", "revision": 4, "pictures": [id] });
    assert_eq!(case.step(Role::Unit, note).await.status, StatusCode::OK);
    let key = case.world.key(Role::Unit, &case.unit).await;
    let got = case.world.client.get_as(&key, kept.header("location")).await;
    assert_eq!((got.status, &got.bytes[..]), (StatusCode::OK, GIF.as_bytes()));
    assert_eq!(case.world.client.get(kept.header("location")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn there_is_an_end_of_the_pictures_of_one_case() {
    let case = Case::new().await;
    let key = case.world.key(Role::Unit, &case.unit).await;
    let path = format!("/api/v1/incidents/{}/pictures", case.id);
    let send = async || case.world.client.post_as(&key, &path, "image/gif", GIF).await;
    for _ in 0..200 {
        assert_eq!(send().await.status, StatusCode::CREATED);
    }
    let refused = send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("no more than 200"), "{}", refused.text());
}

#[tokio::test]
async fn work_lists_are_paged_without_a_gap_and_handed_on_as_tables_and_maps() {
    let world = World::new().await;
    for n in 0..7 {
        told(&world, "event.05.parking", f64::from(n) * 0.001).await;
        world.pass_us(1_000_000);
    }
    world.take_up().await;
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    for order in ["urgent", "newest"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/incidents?limit=3&order={order}&category=event.05{after}");
            let page = world.client.get_as(&key, &path).await.json();
            let some = page["incidents"].as_array().unwrap();
            seen.extend(some.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((seen.len(), sorted.len()), (7, 7), "{order}");
    }
    let csv = world.client.get_as(&key, "/api/v1/incidents?format=csv&limit=5").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!((csv.text().lines().count(), csv.header("x-next").len()), (6, 50));
    let none = "/api/v1/incidents?format=csv&zone=nowhere";
    let none = world.client.get_as(&key, none).await;
    let lines: Vec<&str> = none.text().lines().collect();
    assert_eq!(lines, [csv.text().lines().next().unwrap()], "without rows the header stands alone");
    let accepting = async |accept: &str, query: &str| {
        let path = format!("/api/v1/incidents{query}");
        let mut asked = request(Method::GET, &path, Some(&key), Body::empty());
        asked.headers_mut().insert(header::ACCEPT, accept.parse().unwrap());
        world.client.ask(asked).await.header("content-type").to_owned()
    };
    assert_eq!(accepting("text/csv;q=0.9, */*", "").await, "text/csv; charset=utf-8");
    assert_eq!(accepting("application/geo+json", "").await, "application/geo+json");
    assert_eq!(accepting("text/html, */*", "").await, "application/json");
    assert_eq!(accepting("text/csv", "?format=json").await, "application/json");
    let map = world.client.get_as(&key, "/api/v1/incidents?format=geojson").await.json();
    assert_eq!(map["features"].as_array().unwrap().len(), 7);
    assert_eq!(map["features"][0]["properties"]["stage_zh"], "派遣");
    let both = world.client.get_as(&key, "/api/v1/incidents?order=newest&due=overdue").await;
    assert_eq!(both.places(), ["order"]);
    let bad = "/api/v1/incidents?order=best&stage=lost&due=never&format=pdf&limit=0&after=x&to=1";
    let refused = world.client.get_as(&key, bad).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut places = refused.places();
    places.sort_unstable();
    assert_eq!(places, ["after", "due", "format", "limit", "order", "stage", "to"]);
}
