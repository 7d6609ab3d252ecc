//! Edits that are tried while a hand drags a border: as a step would take them, and given up at any moment.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::drafts::act::act;
use zonewarden::app::drafts::order::{Order, Wish};
use zonewarden::app::drafts::review::{Look, Trial, review};
use zonewarden::app::refusal::Refusal;
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::drafts::step::{Deed, STEP_EDITS_MAX};
use zonewarden::domain::id::DraftId;
use zonewarden::domain::zoning::edit::ZoningEdit;

use super::Office;
use crate::client::Answer;

/// The same edits tried, and as a step that is only looked at.
async fn both(office: &Office, id: &str, query: &str, edits: &Value) -> (Answer, Answer) {
    let tried = json!({ "edits": edits });
    let path = format!("/api/v1/drafts/{id}/review?listed=0{query}");
    let tried = office.post(&office.a, &path, &tried).await;
    let revision = office.revision(id).await;
    let step = json!({ "act": "edit", "revision": revision, "edits": edits });
    let path = format!("/api/v1/drafts/{id}/steps?dry_run=true{query}");
    (tried, office.post(&office.a, &path, &step).await)
}

/// Which zones a trial and a look at the step touch; both were taken.
fn touched(tried: &Answer, looked: &Answer) -> (Vec<String>, Vec<String>) {
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text());
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.text());
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let (tried, looked) = (tried.json(), looked.json());
    let tried = tried["zones"].as_array().unwrap().iter().map(|it| text(&it["zone"]));
    (tried.collect(), looked["touched"].as_array().unwrap().iter().map(text).collect())
}

#[tokio::test]
async fn places_of_another_system_mean_the_vertices_next_to_them_also_when_edits_are_tried() {
    let office = Office::new().await;
    let id = office.draft().await;
    for crs in ["gcj02", "bd09"] {
        let path = format!("/api/v1/drafts/{id}/borders?crs={crs}");
        let borders = office.get(&office.a, &path).await;
        let borders = borders["borders"].as_array().unwrap();
        let inner = borders.iter().filter(|it| it["left"].is_string() && it["right"].is_string());
        let long = inner.map(|it| it["points"].as_array().unwrap()).max_by_key(|it| it.len());
        let mut taken = 0;
        for at in &long.unwrap()[1..] {
            let edits = json!([{ "kind": "delete_vertex", "at": at }]);
            let (tried, looked) = both(&office, &id, &format!("&crs={crs}"), &edits).await;
            assert_eq!(tried.status, looked.status, "{}\n{}", tried.text(), looked.text());
            if tried.status == StatusCode::OK {
                let (tried, looked) = touched(&tried, &looked);
                assert_eq!(tried, looked);
                taken += 1;
            } else {
                assert_eq!(tried.json()["faults"], looked.json()["faults"]);
            }
            if taken == 20 {
                break;
            }
        }
        assert!(taken > 3, "{taken} vertices of a border can be taken out");
    }
}

#[tokio::test]
async fn what_is_tried_is_refused_as_a_step_is_in_the_same_words() {
    let office = Office::small().await;
    let id = office.draft().await;
    let named = json!({ "kind": "set_zone", "zone": "west", "number": 9 });
    let stray = json!({ "kind": "move_vertex", "from": [1.0, 2.0], "to": [1.0, 3.0] });
    for (edits, places) in [
        (json!([]), vec!["edits"]),
        (json!(vec![named.clone(); STEP_EDITS_MAX + 1]), vec!["edits"]),
        (
            json!([
                { "kind": "thin", "tolerance_m": -1.0 },
                named,
                { "kind": "merge", "into": "west", "from": "west" },
            ]),
            vec!["edits[0].tolerance_m", "edits[2].from"],
        ),
        (
            json!([
                { "kind": "set_zone", "zone": "west", "lead": "nobody" },
                { "kind": "give", "from": "west", "to": "east", "block": "none" },
            ]),
            vec!["edits[0].lead", "edits[1].block"],
        ),
        (json!([stray]), vec!["edits[0]"]),
    ] {
        let (tried, looked) = both(&office, &id, "", &edits).await;
        assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", tried.text());
        assert_eq!(tried.status, looked.status, "{}", looked.text());
        assert_eq!(tried.places(), places, "{}", tried.text());
        assert_eq!(tried.json()["faults"], looked.json()["faults"]);
    }
}

#[tokio::test]
async fn a_trial_leaves_the_borders_of_what_is_locked_when_all_are_thinned_as_a_step_does() {
    let office = Office::new().await;
    let id = office.draft().await;
    let thin = json!([{ "kind": "thin", "tolerance_m": 30.0 }]);
    let (tried, looked) = both(&office, &id, "", &thin).await;
    let (all, looked) = touched(&tried, &looked);
    assert_eq!(all, looked);
    let shut = all[0].clone();
    office.done(&office.a, &id, json!({ "act": "lock", "zones": [shut] })).await;
    let (tried, looked) = both(&office, &id, "", &thin).await;
    let (rest, looked) = touched(&tried, &looked);
    assert_eq!(rest, looked);
    assert!(!rest.contains(&shut) && !rest.is_empty(), "{rest:?}");
}

/// Asks as often as said for an answer that may not be there yet, and gives it up.
async fn given_up<T>(work: impl Future<Output = T>, asked: usize) {
    let mut work = std::pin::pin!(work);
    for _ in 0..asked {
        tokio::select! {
            biased;
            _ = &mut work => return,
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test]
async fn what_is_given_up_half_way_keeps_the_draft_its_ground_and_its_review() {
    let office = Office::small().await;
    let id = office.draft().await;
    let (app, city) = (&office.world.app, &office.world.city);
    let seat = app.seat(None).unwrap();
    let draft = DraftId(id.parse().unwrap());
    let look = || Look { days: 90, weight: None, listed: 10 };
    let merge: ZoningEdit =
        serde_json::from_value(json!({ "kind": "merge", "into": "west", "from": "east" })).unwrap();
    let trial = || Some(Trial { edits: vec![merge.clone()], foreign: false });
    let caller = Caller::cli();
    let whole = review(app, &seat, &caller, draft, (look(), None)).await.unwrap();
    let store = app.store();
    for asked in 0..24 {
        let tried = review(app, &seat, &caller, draft, (look(), trial()));
        given_up(tried, asked).await;
        let wish = Wish::Deed(Deed::Edit { edits: vec![merge.clone()] });
        let order = Order { seen: 1, wish, dry_run: true, foreign: false };
        given_up(Box::pin(act(app, &seat, &caller, draft, order)), asked).await;
        // Whoever comes next waits until the work has laid its bench back.
        let mut turn = app.benches().turn(city, draft).await;
        let bench = turn.take().unwrap_or_else(|| panic!("given up after {asked}: no bench"));
        let (bench, ground) = bench.grounded(store, app.benches(), city).await.unwrap();
        assert!(ground.reviewed().is_some(), "given up after {asked}: the review is kept");
        assert_eq!(ground.working.ids().len(), 3, "given up after {asked}: nothing is left of it");
        *turn = Some(bench.on(ground));
    }
    let again = review(app, &seat, &caller, draft, (look(), None)).await.unwrap();
    assert_eq!((again.plan, again.findings), (whole.plan, whole.findings));
}

#[tokio::test]
async fn a_step_that_nobody_waits_for_any_more_is_taken_whole_or_not_at_all() {
    let office = Office::small().await;
    let id = office.draft().await;
    let (app, city) = (&office.world.app, &office.world.city);
    let seat = app.seat(None).unwrap();
    let draft = DraftId(id.parse().unwrap());
    let mut taken = 0;
    for asked in 0..24 {
        let before = office.revision(&id).await;
        let number = json!({ "kind": "set_zone", "zone": "west", "number": 100 + asked });
        let edits = vec![serde_json::from_value(number).unwrap()];
        let seen = u32::try_from(before).unwrap();
        let wish = Wish::Deed(Deed::Edit { edits });
        let order = Order { seen, wish, dry_run: false, foreign: false };
        given_up(Box::pin(act(app, &seat, &Caller::cli(), draft, order)), asked).await;
        drop(app.benches().turn(city, draft).await);
        let after = office.revision(&id).await;
        assert!(after == before || after == before + 1, "{before} {after}");
        taken += after - before;
        let zones = office.zones(&id).await;
        let zones = zones["features"].as_array().unwrap();
        let west = zones.iter().find(|it| it["id"] == "west").unwrap();
        let is = west["properties"]["number"] == json!(100 + asked);
        assert_eq!(is, after > before, "{west}");
    }
    assert!(taken > 0);
    let gone = DraftId(uuid::Uuid::nil());
    let look = Look { days: 1, weight: None, listed: 1 };
    let none = review(app, &seat, &Caller::cli(), gone, (look, None)).await;
    assert!(matches!(none.map(|_| ()), Err(Refusal::NotFound)));
}
