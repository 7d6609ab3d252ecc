//! Any day in the past: every read of what is in force answers as it was then.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::atlas::in_force::Atlas;
use zonewarden::domain::change::Change;
use zonewarden::domain::reports::routing::assign::assign;
use zonewarden::domain::time::Instant;
use zonewarden::store::{Basis, ReportFilter, ReportKey};

use super::planned::{HOUR_US, Planned, query};
use crate::client::request;
use crate::store::places::all;

#[tokio::test]
async fn who_answered_on_a_day_is_one_call_on_every_store_also_at_the_exact_instants() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let name = place.name();
        let [a, b, _] = planned.three();
        let p = planned.places(a, 1)[0].degrees();
        let (zones, founded) = (planned.atlas().zones().to_vec(), planned.atlas().plan().clone());
        planned.world.pass_us(HOUR_US);
        let second = planned.world.app.now();
        planned.swap(a, b).await;
        planned.world.pass_us(HOUR_US);
        let third = planned.world.app.now();
        planned.publish(|zones| zones[b].lead = zones[a].lead.clone()).await;
        planned.world.pass_us(HOUR_US);
        let at = |datetime: &str| {
            format!("/api/v1/locate?lon={}&lat={}&datetime={datetime}", p.lon(), p.lat())
        };
        let before = |at: Instant| query(Instant(at.0 - 1));
        let (one, other) = (&zones[a], &zones[b]);
        let cases = [
            ("2026-03-03".to_owned(), 1, &one.id, &one.lead),
            (query(founded.effective_from), 1, &one.id, &one.lead),
            (before(second), 1, &one.id, &one.lead),
            (query(second), 2, &other.id, &other.lead),
            (before(third), 2, &other.id, &other.lead),
            (query(third), 3, &other.id, &one.lead),
            (query(planned.world.app.now()), 3, &other.id, &one.lead),
        ];
        let ends = [Some(second), Some(third), None];
        for (datetime, plan, zone, unit) in cases {
            let answer = planned.world.client.get(&at(&datetime)).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}, {datetime}: {}", answer.text());
            let told = answer.json();
            assert_eq!(told["plan_version"], plan, "{name}, {datetime}");
            assert_eq!(
                (&told["zone"]["id"], &told["unit"]["id"]),
                (&json!(zone), &json!(unit)),
                "{name}, {datetime}"
            );
            let starts = [founded.effective_from, second, third];
            let n = usize::try_from(plan - 1).unwrap();
            let span = &told["in_force"];
            assert_eq!(span["plan_from"], starts[n].rfc3339(), "{name}, {datetime}");
            assert_eq!(span["plan_to"], json!(ends[n].map(Instant::rfc3339)), "{name}, {datetime}");
        }
        let plain = planned.world.client.get(&at("").replace("&datetime=", "")).await.json();
        assert_eq!((&plain["plan_version"], &plain["in_force"]), (&json!(3), &Value::Null));
    }
}

#[tokio::test]
async fn every_read_of_what_is_in_force_takes_a_moment() {
    let planned = Planned::new().await;
    let (app, city) = (&planned.world.app, &planned.world.city);
    let founded = planned.atlas();
    let [a, b, _] = planned.three();
    let unit = founded.units().last().unwrap().clone();
    let facility = founded.facilities()[0].clone();
    let reads = [
        "plan".to_owned(),
        "zones?geometry=true".to_owned(),
        format!("zones/{}", founded.zones()[a].id),
        "units".to_owned(),
        format!("units/{}", unit.id),
        "facilities?limit=9".to_owned(),
        format!("facilities/{}", facility.id),
        "rules".to_owned(),
    ];
    let mut before = Vec::new();
    for read in &reads {
        before.push(planned.get(&format!("/api/v1/{read}")).await.json());
    }
    planned.world.pass_us(HOUR_US);
    planned.swap(a, b).await;
    let mut other = (unit, facility);
    other.0.capacity += 7;
    other.1.names.en = "Moved".to_owned();
    let rules: Vec<_> = founded.rules().iter().map(|rule| rule.id.clone()).collect();
    let changes = vec![
        Change::UnitsSet(vec![other.0]),
        Change::FacilitiesSet(vec![other.1]),
        Change::RulesRemoved(rules),
    ];
    app.commit(city, &Caller::cli(), Basis::default(), changes).await.unwrap();
    for (read, mut before) in reads.iter().zip(before) {
        let and = if read.contains('?') { '&' } else { '?' };
        let path = format!("/api/v1/{read}{and}datetime=2026-03-03");
        let then = planned.get(&path).await;
        assert_eq!(then.status, StatusCode::OK, "{read}: {}", then.text());
        let now = planned.get(&format!("/api/v1/{read}")).await;
        assert_ne!(now.json(), before, "{read}");
        assert_ne!(then.header("etag"), now.header("etag"), "{read}");
        if read == "plan" {
            before["effective_to"] = planned.atlas().plan().effective_from.rfc3339().into();
        }
        assert_eq!(then.json(), before, "{read}");
        // Whoever has the answer is told so.
        let mut again = request(Method::GET, &path, None, Body::empty());
        let key = planned.key(zonewarden::domain::accounts::Role::Planner).await;
        let bearer = format!("Bearer {key}").parse().unwrap();
        again.headers_mut().insert(header::AUTHORIZATION, bearer);
        let tag = then.header("etag").parse().unwrap();
        again.headers_mut().insert(header::IF_NONE_MATCH, tag);
        assert_eq!(
            planned.world.client.ask(again).await.status,
            StatusCode::NOT_MODIFIED,
            "{read}"
        );
    }
    let p = planned.places(b, 1)[0].degrees();
    let body = format!("[[{},{}]]", p.lon(), p.lat());
    let batch = async |query: &str| {
        let path = format!("/api/v1/locate{query}");
        planned.world.client.post(&path, "application/json", body.clone()).await.json()
    };
    let (then, now) = (batch("?datetime=2026-03-03").await, batch("").await);
    assert_eq!((&then[0]["plan"], &now[0]["plan"]), (&json!(1), &json!(2)));
    assert_eq!(then[0]["zone"], json!(founded.zones()[a].id));
    assert_eq!(now[0]["zone"], json!(founded.zones()[b].id));
}

#[tokio::test]
async fn a_moment_that_is_none_or_of_which_nothing_is_known_is_refused_with_what_is() {
    let planned = Planned::new().await;
    let cases = [
        ("yesterday", "such as 2026-03-03"),
        ("2026-02-30", "such as 2026-03-03"),
        ("2026-03-03T08:00:00", "no time with a zone"),
        ("2020-01-01", "the first moment known is 2025-12-31T16:00:00Z"),
        ("2025-12-31T15:59:59.999999Z", "the first moment known is 2025-12-31T16:00:00Z"),
        ("2026-05-07", "lies in the future"),
        ("9999-01-01T00:00:00Z", "lies in the future"),
        ("-9999-01-01", ""),
    ];
    for (datetime, words) in cases {
        for read in [
            "locate?lon=109.484&lat=36.585",
            "plan?",
            "zones?",
            "zones/x?",
            "units?",
            "units/x?",
            "facilities?",
            "facilities/x?",
            "rules?",
        ] {
            let path = format!("/api/v1/{read}&datetime={datetime}");
            let answer = planned.get(&path).await;
            assert_eq!(
                answer.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{path}: {}",
                answer.text()
            );
            assert_eq!(answer.places(), ["datetime"], "{path}");
            assert!(answer.text().contains(words), "{path}: {}", answer.text());
        }
        let path = format!("/api/v1/locate?datetime={datetime}");
        let batch = planned.world.client.post(&path, "application/json", "[[109.4,36.5]]").await;
        assert_eq!(batch.places(), ["datetime"], "{path}");
    }
    // With every other fault of the question.
    let both = planned.get("/api/v1/locate?lon=x&lat=36.5&datetime=tomorrow").await;
    assert_eq!(both.places(), ["lon", "datetime"]);
    let both = planned.get("/api/v1/zones?bbox=1&datetime=tomorrow").await;
    assert_eq!(both.places(), ["datetime", "bbox"]);
    // The day on which history begins is known from there on.
    let first = planned.get("/api/v1/plan?datetime=2026-01-01").await;
    assert_eq!(first.json()["version"], 1);
}

#[tokio::test]
async fn many_who_ask_for_the_past_at_once_wait_for_one_atlas_and_too_many_come_back() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    for _ in 0..12 {
        planned.world.pass_us(HOUR_US);
        planned.swap(a, b).await;
    }
    let asked: Vec<_> = (0..300_i64)
        .map(|n| {
            let (app, city) = (planned.world.app.clone(), planned.world.city.clone());
            tokio::spawn(async move { app.former().get(app.store(), &city, 1 + n % 12).await })
        })
        .collect();
    let (mut found, mut busy) = (0, 0);
    for one in asked {
        match one.await.unwrap() {
            Ok(Some(_)) => found += 1,
            Err(zonewarden::app::refusal::Refusal::Busy) => busy += 1,
            other => panic!("{:?}", other.map(|it| it.is_some())),
        }
    }
    assert!(found >= 64 && found + busy == 300, "{found} found, {busy} too many");
    // Afterwards there is a place again.
    let (app, city) = (&planned.world.app, &planned.world.city);
    for version in 1..=12 {
        let atlas = app.former().get(app.store(), city, version).await.unwrap().unwrap();
        assert_eq!(atlas.version(), version);
    }
    assert!(app.former().get(app.store(), city, 99).await.unwrap().is_none());
}

#[tokio::test]
async fn every_assignment_of_every_turn_is_told_again_from_the_atlas_it_names() {
    for place in all().await {
        let planned = Planned::over(place.open().await).await;
        let (app, city, name) = (&planned.world.app, &planned.world.city, place.name());
        let [a, b, c] = planned.three();
        let mut turns = 0;
        for round in 0..3 {
            for zone in [a, b, c] {
                for p in planned.places(zone, 4) {
                    planned.file(p, 5.0).await;
                    planned.world.pass_us(1_000_000);
                }
            }
            planned.world.pass_us(HOUR_US);
            let version = match round {
                0 => planned.swap(a, b).await,
                1 => planned.publish(|zones| zones[c].lead = zones[a].lead.clone()).await,
                _ => planned.swap(b, c).await,
            };
            let path = format!("/api/v1/plans/{version}/reroute");
            let dry = planned.post(&format!("{path}?dry_run=true")).await.json();
            let done = planned.post(&path).await.json();
            assert_eq!(dry["rerouted"], done["rerouted"], "{name}, {round}");
            assert!(done["rerouted"].as_u64().unwrap() >= 4, "{name}, {round}: {done}");
            turns += done["rerouted"].as_u64().unwrap();
            let again = planned.post(&path).await.json();
            assert_eq!(again["rerouted"], 0, "{name}, {round}");
        }
        let (mut after, mut told) = (None, 0);
        loop {
            let page =
                app.store().reports(city, &ReportFilter::default(), after, 50).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(ReportKey { received_at: last.report.received_at, id: last.report.id });
            for it in page {
                let all = app.store().assignments(city, it.report.id).await.unwrap();
                assert_eq!(all.last(), Some(&it.assignment), "{name}");
                for (turn, kept) in (1..).zip(&all) {
                    let state =
                        app.store().load_at(city, kept.atlas_version).await.unwrap().unwrap();
                    assert_eq!(state.plan.version, kept.plan_version, "{name}");
                    let mut again = assign(&Atlas::build(state).unwrap(), &it.report, kept.at);
                    again.turn = turn;
                    assert_eq!(&again, kept, "{name}");
                    told += 1;
                }
            }
        }
        assert_eq!(told, 36 + turns, "{name}");
    }
}
