//! The documents of every method and every error, letter by letter, in both formats. With `BLESS=1`
//! they are written anew, and the run fails, so that somebody reads what changed.

use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::{Method, header};
use zonewarden::http::limits::Limits;

use super::{FORM, PARKING};
use crate::client::{Answer, request};
use crate::world::World;

/// Name, method, path behind `/open311/v2/` with `.fmt`, and the form.
const ASKED: [(&str, &str, &str, &str); 20] = [
    ("discovery", "GET", "discovery.fmt", ""),
    ("services", "GET", "services.fmt", ""),
    ("services_en", "GET", "services.fmt?lang=en", ""),
    ("definition", "GET", "services/event.05.taxi_refusal.fmt", ""),
    ("definition_en", "GET", "services/event.05.taxi_refusal.fmt?lang=en", ""),
    ("definition_of_nothing", "GET", "services/event.02.fmt", ""),
    ("coverage", "GET", "coverage.fmt?lat=36.585&long=109.484", ""),
    ("filed", "POST", "requests.fmt", PARKING),
    ("requests", "GET", "requests.fmt?service_request_id={id}", ""),
    ("requests_none", "GET", "requests.fmt?status=closed", ""),
    ("request", "GET", "requests/{id}.fmt", ""),
    ("request_extended", "GET", "requests/{id}.fmt?extensions=true&lang=en", ""),
    ("token", "GET", "tokens/{id}.fmt", ""),
    ("error_jurisdiction", "GET", "services.fmt?jurisdiction_id=elsewhere", ""),
    ("error_service", "GET", "services/001.fmt", ""),
    ("error_request", "GET", "requests/638344.fmt", ""),
    ("error_token", "GET", "tokens/12345.fmt", ""),
    (
        "error_key",
        "POST",
        "requests.fmt",
        "service_code=event.02&lat=36.585&long=109.484&api_key=x",
    ),
    (
        "error_faults",
        "POST",
        "requests.fmt",
        "service_code=event.05.taxi_refusal&lat=<&email=&status=1",
    ),
    ("error_method", "POST", "services.fmt", "a=1"),
];

async fn ask(world: &World, method: &str, path: &str, form: &str) -> Answer {
    let method: Method = method.parse().unwrap();
    let mut asked =
        request(method, &format!("/open311/v2/{path}"), None, Body::from(form.to_owned()));
    asked.headers_mut().insert(header::CONTENT_TYPE, FORM.parse().unwrap());
    asked.headers_mut().insert(header::HOST, "city.example:8080".parse().unwrap());
    world.client.ask(asked).await
}

/// Holds an answer against its golden.
fn hold(name: &str, format: &str, answer: &Answer, id: &str, changed: &mut Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/it/faces/open311/golden/{name}.{format}"));
    let head = format!("{} {}\n", answer.status.as_u16(), answer.header("content-type"));
    let mut found = head + &answer.text().replace(id, "{id}");
    if !found.ends_with('\n') {
        found.push('\n');
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    if golden != found {
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &found).unwrap();
        }
        changed.push(format!("{name}.{format}:\n{found}"));
    }
}

#[tokio::test]
async fn every_method_and_every_error_answers_as_its_golden_says() {
    let world = World::new().await;
    let form = "service_code=event.05.bus_skipping&lat=36.585&long=109.484&account_id=a-1&attribute[line]=3\
                &attribute[plate]=J1&description=3+%3C+4+%26+%22buses%22%0Acall+13800000000\
                &address_string=%E6%9E%A3%E5%9B%AD%E8%B7%AF&media_url=https://example.org/?a=1%26b=2";
    let id = super::filed(&world, form).await;
    let mut changed = Vec::new();
    for (name, method, path, form) in ASKED {
        for format in ["xml", "json"] {
            let path = path.replace("fmt", format).replace("{id}", &id);
            let answer = ask(&world, method, &path, form).await;
            let fresh = answer.header("location").rsplit('/').next().unwrap_or_default().to_owned();
            let own = fresh.split('.').next().filter(|own| !own.is_empty()).unwrap_or(&id);
            hold(name, format, &answer, own, &mut changed);
        }
    }
    let shut = World::with(Limits { requests_max: 0, ..Limits::default() }).await;
    for format in ["xml", "json"] {
        let answer = ask(&shut, "GET", &format!("services.{format}"), "").await;
        hold("error_busy", format, &answer, &id, &mut changed);
    }
    let worked = World::new().await;
    let id = super::filed(&worked, PARKING).await;
    worked.pass_us(60_000_000);
    worked.take_up().await;
    let added = format!("service_request_id={id}&update_id=1&status=FIXED&description=3+%3C+4");
    for (name, method, path, form) in [
        ("update_filed", "POST", "servicerequestupdates.fmt", added.as_str()),
        ("updates", "GET", "servicerequestupdates.fmt?lang=en", ""),
        ("updates_none", "GET", "servicerequestupdates.fmt?end_date=2026-05-01T00:00:00Z", ""),
        ("requests_worked", "GET", "requests.fmt?extensions=true&page=1&page_size=1", ""),
        (
            "error_update",
            "POST",
            "servicerequestupdates.fmt",
            "service_request_id=638344&description=x",
        ),
        (
            "error_update_faults",
            "POST",
            "servicerequestupdates.fmt",
            "media_url=x&updated_datetime=x",
        ),
    ] {
        for format in ["xml", "json"] {
            let answer = ask(&worked, method, &path.replace("fmt", format), form).await;
            hold(name, format, &answer, &id, &mut changed);
        }
    }
    let table = ask(&worked, "GET", "requests.csv?lang=en", "").await;
    hold("requests", "csv", &table, &id, &mut changed);
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}
