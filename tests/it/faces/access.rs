//! Who may do what: every operation, every role, from the one table.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::app::accounts::{self, KeyOrder};
use zonewarden::app::drafts::make::{NewDraft, make};
use zonewarden::app::transfer::Kind;
use zonewarden::app::transfer::archive::members::packed;
use zonewarden::app::transfer::export::layer;
use zonewarden::app::webhooks::{self, Order};
use zonewarden::domain::accounts::{Caller, Operation, Role};
use zonewarden::domain::id::{KeyId, UnitId};
use zonewarden::domain::time::Instant;
use zonewarden::formats::{catalogue, geojson};
use zonewarden::geom::crs::Crs;

use crate::client::request;
use crate::world::{CENTRE, GIF, World};

const DAY_US: i64 = 86_400_000_000;

fn report() -> String {
    json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "积水", "contact": "13800000000" })
        .to_string()
}

/// Files a report; its id and the unit it went to.
async fn file(world: &World) -> (String, UnitId) {
    let filed = world.client.post("/api/v1/reports", "application/json", report()).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    let receipt = filed.json();
    let unit = UnitId::new(receipt["unit"].as_str().unwrap()).unwrap();
    (receipt["id"].as_str().unwrap().to_owned(), unit)
}

/// What there is to ask for.
struct Held {
    report: String,
    request: String,
    picture: String,
    webhook: String,
    draft: String,
}

/// A webhook of the unit, its id.
async fn webhook(world: &World, unit: &UnitId) -> String {
    let seat = world.app.seat(None).unwrap();
    let url = "http://127.0.0.1:9/".to_owned();
    let order = Order { url, unit: Some(unit.clone()), ..Order::default() };
    let made = webhooks::make(&world.app, &seat, &Caller::cli(), order).await.unwrap();
    made.standing.webhook.id.to_string()
}

/// A draft, its id.
async fn draft(world: &World) -> String {
    let seat = world.app.seat(None).unwrap();
    let ask = NewDraft { name: "北岸".to_owned(), ..NewDraft::default() };
    make(&world.app, &seat, &Caller::cli(), ask).await.unwrap().id.to_string()
}

/// Of those about drafts; `None` for the others.
fn right_request_of_drafts(operation: Operation, held: &Held) -> Option<Request<Body>> {
    let get = |path: &str| request(Method::GET, path, None, Body::empty());
    let post = |path: &str, body: Value| {
        let request = request(Method::POST, path, None, Body::from(body.to_string()));
        of_type("application/json", request)
    };
    let of = format!("/api/v1/drafts/{}", held.draft);
    Some(match operation {
        Operation::ListDrafts => get("/api/v1/drafts"),
        Operation::MakeDraft => post("/api/v1/drafts", json!({ "name": "x" })),
        Operation::ImportDraft => {
            let path = "/api/v1/drafts/import?name=x&format=blocks&dry_run=true";
            of_type("text/csv", request(Method::POST, path, None, Body::from("block,zone\n")))
        }
        Operation::GetDraft => get(&of),
        Operation::GetDraftZones => get(&format!("{of}/zones")),
        Operation::GetDraftBorders => get(&format!("{of}/borders")),
        Operation::CompareDraft => get(&format!("{of}/changes")),
        Operation::ActOnDraft => {
            let body = json!({ "act": "comment", "words": "看过", "revision": 1 });
            post(&format!("{of}/steps"), body)
        }
        Operation::ReviewDraft => get(&format!("{of}/review")),
        Operation::TryEdits => {
            let edit = json!({ "kind": "set_zone", "zone": "zone-07", "number": 707 });
            post(&format!("{of}/review"), json!({ "edits": [edit] }))
        }
        // That it cannot be done is told in the answer's lines.
        Operation::BalancePlan => post("/api/v1/plans/balance", json!({ "locked": ["nowhere"] })),
        _ => return None,
    })
}

/// Files a report, and a request in public with a picture.
async fn hold(world: &World) -> (Held, UnitId) {
    let (report, unit) = file(world).await;
    let part = |name: &str, more: &str, held: &str| {
        format!("--b\r\nContent-Disposition: form-data; name={name}{more}\r\n\r\n{held}\r\n")
    };
    let (lat, lon) = (CENTRE.1.to_string(), CENTRE.0.to_string());
    let body = [
        part("service_code", "", "event.02"),
        part("lat", "", &lat),
        part("long", "", &lon),
        part("media", "; filename=a.gif", GIF),
        "--b--".to_owned(),
    ]
    .concat();
    let media = "multipart/form-data; boundary=b";
    let filed = world.client.post("/open311/v2/requests.json", media, body).await;
    assert_eq!(filed.status, StatusCode::CREATED, "{filed:?}");
    let request = filed.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let found = world.client.get(&format!("/open311/v2/requests/{request}.json")).await.json();
    let picture = found[0]["media_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let webhook = webhook(world, &unit).await;
    let draft = draft(world).await;
    (Held { report, request, picture, webhook, draft }, unit)
}

fn of_type(media: &str, mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert(header::CONTENT_TYPE, media.parse().unwrap());
    request
}

/// What is asked about people, and where.
fn about_people(operation: Operation, held: &Held) -> (String, Value) {
    match operation {
        Operation::SeeContact => {
            (format!("/api/v1/reports/{}/contact", held.report), json!({ "reason": "回访" }))
        }
        Operation::ExportPerson => (
            "/api/v1/people/export".to_owned(),
            json!({ "contact": "13800000000", "reason": "本人申请" }),
        ),
        _ => ("/api/v1/people/erase".to_owned(), json!({ "report": held.report, "dry_run": true })),
    }
}

/// A request for each operation that is right in everything but, perhaps, the caller.
fn right_request(world: &World, operation: Operation, held: &Held, revision: u32) -> Request<Body> {
    let atlas = world.app.atlas(&world.city).unwrap();
    let (lon, lat) = CENTRE;
    let special = right_request_of_drafts(operation, held)
        .or_else(|| right_request_of_rules(world, operation))
        .or_else(|| right_request_of_plans(operation))
        .or_else(|| right_request_of_files(world, operation));
    if let Some(request) = special {
        return request;
    }
    let get = |path: &str| request(Method::GET, path, None, Body::empty());
    let post = |path: &str, body: String| {
        let mut request = request(Method::POST, path, None, Body::from(body));
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        request
    };
    match operation {
        Operation::LocatePoint => get(&format!("/api/v1/locate?lon={lon}&lat={lat}")),
        Operation::LocateBatch => post("/api/v1/locate", format!("[[{lon},{lat}]]")),
        Operation::GetPlan => get("/api/v1/plan"),
        Operation::ListZones => get("/api/v1/zones"),
        Operation::GetZone => get(&format!("/api/v1/zones/{}", atlas.zones()[0].id)),
        Operation::ListUnits => get("/api/v1/units"),
        Operation::GetUnit => get(&format!("/api/v1/units/{}", atlas.units()[0].id)),
        Operation::ListFacilities => get("/api/v1/facilities?limit=5"),
        Operation::GetFacility => get(&format!("/api/v1/facilities/{}", atlas.facilities()[0].id)),
        Operation::ListCategories => get("/api/v1/categories"),
        Operation::FileReport => post("/api/v1/reports", report()),
        Operation::FileReports => post("/api/v1/reports/batch", format!("[{}]", report())),
        Operation::GetReport => get(&format!("/api/v1/reports/{}", held.report)),
        Operation::ListReports => get("/api/v1/reports"),
        Operation::SeeContact | Operation::ExportPerson | Operation::ErasePerson => {
            let (path, body) = about_people(operation, held);
            post(&path, body.to_string())
        }
        Operation::GetPicture => get(&format!("/api/v1/pictures/{}", held.picture)),
        Operation::GetDiscovery => get("/open311/v2/discovery.xml"),
        Operation::ListServices => get("/open311/v2/services.json"),
        Operation::GetService => get("/open311/v2/services/event.05.parking.xml"),
        Operation::GetCoverage => get(&format!("/open311/v2/coverage.xml?lat={lat}&long={lon}")),
        Operation::FileServiceRequest => {
            let form = format!("service_code=event.02&lat={lat}&long={lon}");
            of_type("application/x-www-form-urlencoded", post("/open311/v2/requests.xml", form))
        }
        Operation::ListServiceRequests => get("/open311/v2/requests.json"),
        Operation::GetServiceRequest => get(&format!("/open311/v2/requests/{}.xml", held.request)),
        Operation::GetToken => get(&format!("/open311/v2/tokens/{}.json", held.request)),
        Operation::ListServiceRequestUpdates => get("/open311/v2/servicerequestupdates.json"),
        Operation::FileServiceRequestUpdate => {
            let form = format!("service_request_id={}&description=x", held.request);
            let mut request = post("/open311/v2/servicerequestupdates.xml", form);
            let media = "application/x-www-form-urlencoded".parse().unwrap();
            request.headers_mut().insert(header::CONTENT_TYPE, media);
            request
        }
        Operation::ListIncidents => get("/api/v1/incidents"),
        Operation::GetIncident => get(&format!("/api/v1/incidents/{}", held.report)),
        Operation::ActOnIncident => {
            let note = json!({ "act": "note", "revision": revision, "words": "看过" });
            post(&format!("/api/v1/incidents/{}/steps", held.report), note.to_string())
        }
        Operation::KeepPicture => {
            let path = format!("/api/v1/incidents/{}/pictures", held.report);
            of_type("image/gif", post(&path, GIF.to_owned()))
        }
        Operation::ActOnIncidents => post("/api/v1/incidents/steps", "[]".to_owned()),
        Operation::StreamJournal => get("/api/v1/journal"),
        _ => live_request(operation, held),
    }
}

/// The same for webhooks, feeds and whoever runs the service.
fn live_request(operation: Operation, held: &Held) -> Request<Body> {
    let get = |path: &str| request(Method::GET, path, None, Body::empty());
    let post = |path: &str, body: String| {
        let mut request = request(Method::POST, path, None, Body::from(body));
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        request
    };
    match operation {
        Operation::ListWebhooks => get("/api/v1/webhooks"),
        Operation::MakeWebhook => {
            post("/api/v1/webhooks", json!({ "url": "http://127.0.0.1:9/" }).to_string())
        }
        Operation::GetWebhook => get(&format!("/api/v1/webhooks/{}", held.webhook)),
        Operation::ChangeWebhook => {
            let path = format!("/api/v1/webhooks/{}", held.webhook);
            let mut request = post(&path, json!({ "enabled": false }).to_string());
            *request.method_mut() = Method::PATCH;
            request
        }
        Operation::RotateWebhookSecret => {
            post(&format!("/api/v1/webhooks/{}/secret", held.webhook), "{}".to_owned())
        }
        Operation::ListDeliveries => get(&format!("/api/v1/webhooks/{}/deliveries", held.webhook)),
        Operation::ReplayDeliveries => {
            post(&format!("/api/v1/webhooks/{}/replay", held.webhook), "{}".to_owned())
        }
        Operation::RemoveWebhook => {
            let path = format!("/api/v1/webhooks/{}", held.webhook);
            request(Method::DELETE, &path, None, Body::empty())
        }
        Operation::EditFacilities => {
            let at = json!({ "type": "Point", "coordinates": [CENTRE.0, CENTRE.1] });
            let market = json!({ "type": "Feature", "geometry": at, "properties": {} });
            let path = "/ogc/collections/markets/items";
            of_type("application/geo+json", post(path, market.to_string()))
        }
        Operation::GetFeedAtom => get("/api/v1/feed.atom"),
        Operation::GetFeedGeojson => get("/api/v1/feed.geojson"),
        Operation::GetTile => get("/tiles/zones/12/3293/1600.mvt"),
        Operation::GetTileset => get("/tiles/zones.json"),
        Operation::GetStyle => get("/styles/light.json"),
        Operation::GetHealth => get("/health"),
        Operation::GetReadiness => get("/ready"),
        Operation::GetMetrics => get("/metrics"),
        Operation::GetOpenapi => get("/api/v1/openapi.json"),
        other => panic!("no request is written for {}", other.id()),
    }
}

/// Of those about published plans; `None` for the others.
fn right_request_of_plans(operation: Operation) -> Option<Request<Body>> {
    let ask = |method, path: &str| {
        Some(request(method, &format!("/api/v1/plans{path}"), None, Body::empty()))
    };
    match operation {
        Operation::ListPlans => ask(Method::GET, ""),
        Operation::GetPlanVersion => ask(Method::GET, "/1"),
        Operation::GetPlanZones => ask(Method::GET, "/1/zones"),
        Operation::ComparePlans => ask(Method::GET, "/1/changes?geometry=false"),
        Operation::RestorePlan => ask(Method::POST, "/1/restore?dry_run=true"),
        Operation::GetHandover => ask(Method::GET, "/1/handover"),
        Operation::ReroutePlan => ask(Method::POST, "/1/reroute?dry_run=true&since_plan=0"),
        _ => None,
    }
}

/// Of those about files; `None` for the others.
fn right_request_of_files(world: &World, operation: Operation) -> Option<Request<Body>> {
    let atlas = world.app.atlas(&world.city).unwrap();
    let get = |path: &str| request(Method::GET, path, None, Body::empty());
    Some(match operation {
        Operation::ExportLayer => get("/api/v1/export/units?format=kml"),
        Operation::ExportCity => get("/api/v1/city/archive"),
        Operation::ImportCity => {
            let plans = [(atlas.plan().clone(), atlas.zones().to_vec())];
            let body = Body::from(packed(atlas.state(), &plans).unwrap());
            let path = "/api/v1/city/archive?dry_run=true";
            of_type("application/zip", request(Method::PUT, path, None, body))
        }
        _ => return None,
    })
}

/// Of those about rules; `None` for the others.
fn right_request_of_rules(world: &World, operation: Operation) -> Option<Request<Body>> {
    let atlas = world.app.atlas(&world.city).unwrap();
    let get = |path: &str| request(Method::GET, path, None, Body::empty());
    Some(match operation {
        Operation::ListRules => get("/api/v1/rules"),
        Operation::SetRules => {
            let same = geojson::write(&layer(atlas.state(), Kind::Rules, Crs::Wgs84));
            let path = "/api/v1/rules?dry_run=true";
            let mut request = request(Method::PUT, path, None, Body::from(same));
            let media = "application/geo+json".parse().unwrap();
            request.headers_mut().insert(header::CONTENT_TYPE, media);
            request
        }
        Operation::SetCategories => {
            let same = catalogue::write(&atlas.city().catalogue).unwrap();
            let path = "/api/v1/categories?dry_run=true";
            of_type("application/json", request(Method::PUT, path, None, Body::from(same)))
        }
        Operation::ListRuleVersions => get("/api/v1/rules/versions"),
        Operation::GetRuleVersion => get("/api/v1/rules/versions/1"),
        Operation::CompareRuleVersions => get("/api/v1/rules/versions/1/changes"),
        Operation::RestoreRules => request(
            Method::POST,
            "/api/v1/rules/versions/1/restore?dry_run=true",
            None,
            Body::empty(),
        ),
        Operation::ListRuleProposals => get("/api/v1/rules/proposals"),
        Operation::DismissRuleProposal => {
            let path = "/api/v1/rules/proposals/learnt-0123456789abcdef/dismissal?support=5";
            request(Method::PUT, path, None, Body::empty())
        }
        _ => return None,
    })
}

#[tokio::test]
async fn the_table_of_access_and_the_document_name_the_same_operations() {
    let world = World::new().await;
    let mut documented = BTreeSet::new();
    for item in world.client.document()["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap_or("an operation without an id");
            assert!(documented.insert(id.to_owned()), "{id} stands twice in the document");
        }
    }
    // Stand in the map service's own document.
    let of_maps = [Operation::EditFacilities];
    let listed = Operation::ALL.iter().filter(|one| !of_maps.contains(*one));
    let listed: BTreeSet<String> = listed.map(|one| one.id().to_owned()).collect();
    assert_eq!(listed, documented);
}

#[tokio::test]
async fn every_operation_opens_to_the_roles_of_the_table_and_to_no_other() {
    let world = World::new().await;
    let (mut held, unit) = hold(&world).await;
    world.take_up().await;
    for role in Role::ALL {
        held.webhook = webhook(&world, &unit).await;
        held.draft = draft(&world).await;
        let key = match role {
            Role::Public => None,
            _ => Some(world.key(role, &unit).await),
        };
        for operation in Operation::ALL {
            let revision = world.revision(&held.report).await;
            let mut request = right_request(&world, *operation, &held, revision);
            if let Some(key) = &key {
                let value = format!("Bearer {key}").parse().unwrap();
                request.headers_mut().insert(header::AUTHORIZATION, value);
            }
            let status = world.client.raw(request).await.status();
            let may = operation.roles().contains(&role);
            let expected = if may { status.is_success() } else { status == StatusCode::NOT_FOUND };
            assert!(expected, "{role:?} asked {} and got {status}", operation.id());
        }
    }
}

#[tokio::test]
async fn another_unit_s_report_looks_like_one_that_does_not_exist() {
    let world = World::new().await;
    let (id, unit) = file(&world).await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let filed = accounts_report(&world, &id).await;
    let stranger = atlas
        .units()
        .iter()
        .find(|other| other.id != unit && !filed.contains(other.id.as_str()))
        .unwrap()
        .id
        .clone();
    let own = world.key(Role::Unit, &unit).await;
    let other = world.key(Role::Unit, &stranger).await;
    let path = format!("/api/v1/reports/{id}");
    assert_eq!(world.client.get_as(&own, &path).await.status, StatusCode::OK);
    let hidden = world.client.get_as(&other, &path).await;
    let absent =
        world.client.get_as(&other, "/api/v1/reports/00000000-0000-7000-8000-000000000000").await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    assert_eq!(hidden.bytes, absent.bytes);
    let list = world.client.get_as(&other, "/api/v1/reports").await.json();
    assert_eq!(list["reports"], json!([]));
    let asked = format!("/api/v1/reports?unit={unit}");
    assert_eq!(world.client.get_as(&other, &asked).await.json()["reports"], json!([]));
    let mine = world.client.get_as(&own, "/api/v1/reports").await.json();
    assert_eq!(mine["reports"].as_array().unwrap().len(), 1);
}

async fn accounts_report(world: &World, id: &str) -> String {
    let admin = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let found = world.client.get_as(&admin, &format!("/api/v1/reports/{id}")).await.json();
    found["co"].to_string()
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_refused_even_where_none_is_needed() {
    let world = World::new().await;
    let unit = world.app.atlas(&world.city).unwrap().units()[0].id.clone();
    let good = world.key(Role::Admin, &unit).await;
    let (head, secret) = good.rsplit_once('_').unwrap();
    let wrong = format!("{head}_{}", secret.chars().rev().collect::<String>());
    for bad in ["", "x", "zw_", "zw_aa_bb", wrong.as_str()] {
        for path in ["/api/v1/plan", "/api/v1/locate?lon=109.484&lat=36.585", "/api/v1/reports"] {
            let answer = world.client.get_as(bad, path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "`{bad}` at {path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(world.client.get_as(&good, "/api/v1/plan").await.status, StatusCode::OK);
    let mut plain = request(Method::GET, "/api/v1/reports", None, Body::empty());
    plain.headers_mut().insert("x-api-key", good.parse().unwrap());
    assert_eq!(world.client.ask(plain).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_at_once_and_an_expired_one_after_its_time() {
    let world = World::new().await;
    let expires_at = Some(Instant(world.app.now().0 + DAY_US));
    let order = |label: &str| KeyOrder {
        role: Role::Dispatcher,
        unit: None,
        label: label.to_owned(),
        expires_at,
    };
    let (first, second) = (world.order(order("a")).await, world.order(order("b")).await);
    let status = |key: String| {
        let client = &world.client;
        async move { client.get_as(&key, "/api/v1/reports").await.status }
    };
    assert_eq!(status(first.clone()).await, StatusCode::OK);
    let id = KeyId::new(first.split('_').nth(1).unwrap()).unwrap();
    accounts::revoke(&world.app, &world.city, &Caller::cli(), &id).await.unwrap();
    assert_eq!(status(first).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(second.clone()).await, StatusCode::OK);
    world.pass_us(DAY_US);
    assert_eq!(status(second).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_order_for_a_key_is_refused_with_every_fault() {
    let world = World::new().await;
    let issue = |role, unit: Option<&str>| {
        let order = KeyOrder {
            role,
            unit: unit.map(|code| UnitId::new(code).unwrap()),
            label: "a\u{202e}b".to_owned(),
            expires_at: Some(Instant(0)),
        };
        accounts::issue(&world.app, &world.city, Box::leak(Box::new(Caller::cli())), order)
    };
    let faults = |refusal: Result<_, zonewarden::app::refusal::Refusal>| {
        refusal.map(|_: accounts::IssuedKey| ()).unwrap_err().to_string()
    };
    let words = faults(issue(Role::Unit, None).await);
    for place in ["unit:", "label:", "expires:"] {
        assert!(words.contains(place), "{words}");
    }
    assert!(faults(issue(Role::Admin, Some("nobody")).await).contains("there is no unit nobody"));
}
