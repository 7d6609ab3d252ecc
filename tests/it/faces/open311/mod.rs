//! Open311: for citizens' applications of any make.

mod goldens;
mod filing;
mod reading;
mod media;
mod updates;
mod cities;
mod catalogues;
mod places;
mod georeport;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use zonewarden::app::clock::report_id;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::change::Change;
use zonewarden::domain::incidents::desk::take_up;
use zonewarden::domain::incidents::docket::{CaseMoved, Due, Matter};
use zonewarden::domain::reports::report::{AssignedReport, Assignment, Report};
use zonewarden::store::Basis;

use crate::client::{Answer, request};
use crate::world::World;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
/// A right request about a car on the pavement.
pub(super) const PARKING: &str = "service_code=event.05.parking&lat=36.585&long=109.484";

/// Posts a form and asks for JSON.
pub(super) async fn post(world: &World, form: &str) -> Answer {
    world.client.post("/open311/v2/requests.json", FORM, form.to_owned()).await
}

/// Files a request; its id.
pub(super) async fn filed(world: &World, form: &str) -> String {
    let answer = post(world, form).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{form}: {}", answer.text());
    answer.json()[0]["service_request_id"].as_str().unwrap().to_owned()
}

/// The descriptions of an error's document.
pub(super) fn told(answer: &Answer) -> Vec<String> {
    assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
    let status = u64::from(answer.status.as_u16());
    let errors = answer.json().as_array().unwrap().clone();
    assert!(!errors.is_empty() && errors.iter().all(|error| error["code"] == status), "{errors:?}");
    errors.iter().map(|error| error["description"].as_str().unwrap().to_owned()).collect()
}

/// A form that was sent with further headers.
pub(super) fn with_headers(form: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let path = "/open311/v2/requests.json";
    let mut asked = request(Method::POST, path, None, Body::from(form.to_owned()));
    asked.headers_mut().insert(header::CONTENT_TYPE, FORM.parse().unwrap());
    for (name, value) in headers {
        let name: header::HeaderName = name.parse().unwrap();
        asked.headers_mut().insert(name, value.parse().unwrap());
    }
    asked
}

/// Files so many reports like one that is there, straight in the store; each opens a case if that is wanted.
pub(super) async fn flood(world: &World, like: &AssignedReport, count: usize, opened: bool) {
    let now = world.app.now();
    for some in vec![(); count].chunks(300) {
        let mut changes = Vec::new();
        for () in some {
            let id = report_id();
            let report = Report { id, received_at: now, ..like.report.clone() };
            let assignment = Assignment { report: id, ..like.assignment.clone() };
            let case = opened.then(|| take_up(&report, &assignment, now).unwrap());
            let matter = Matter::of(&report, &assignment);
            changes.push(Change::ReportFiled { report, assignment });
            changes.extend(case.map(|case| {
                Change::CaseMoved(CaseMoved::between(None, &case, matter, Due::default()))
            }));
        }
        let (app, city) = (&world.app, &world.city);
        app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    }
}

/// A report as the store has it.
pub(super) async fn stored(world: &World, id: &str) -> AssignedReport {
    let id = zonewarden::domain::id::ReportId(id.parse().unwrap());
    world.app.store().report(&world.city, id).await.unwrap().unwrap()
}
