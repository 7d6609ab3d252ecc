//! Blocks and streets by their names: the same as their areas and lines.

use axum::http::StatusCode;
use geo_types::{Geometry, Polygon};
use serde_json::{Value, json};
use zonewarden::domain::atlas::facility::FacilityKind;

use super::Office;

fn ring(polygon: &Polygon<f64>) -> Vec<[f64; 2]> {
    polygon.exterior().0.iter().map(|c| [c.x, c.y]).collect()
}

/// What a step said, without what differs from draft to draft.
async fn said(office: &Office, id: &str, edit: &Value) -> (StatusCode, Value) {
    let answer = office.step(&office.a, id, json!({ "act": "edit", "edits": [edit] })).await;
    let mut told = answer.json();
    for field in ["draft", "request_id", "instance"] {
        told[field].take();
    }
    (answer.status, told)
}

#[tokio::test]
async fn a_block_is_given_and_a_border_laid_along_a_street_by_name() {
    let office = Office::new().await;
    let atlas = office.world.app.atlas(&office.world.city).unwrap();
    let of = |kind| atlas.facilities().iter().filter(move |it| it.kind == kind);
    let (block, area, from) = of(FacilityKind::Block)
        .find_map(|it| {
            let Geometry::MultiPolygon(area) = &it.geometry else { return None };
            let inside = geo::InteriorPoint::interior_point(area)?;
            let at = zonewarden::geom::coord::LonLat::new(inside.x(), inside.y()).ok()?.grid();
            Some((it.id.to_string(), area.clone(), atlas.areas().locate(at)?))
        })
        .unwrap();
    let from = &atlas.zones()[usize::from(from)].id;
    let to = &atlas.zones().iter().find(|zone| zone.id != *from).unwrap().id;
    let by_name = json!({ "kind": "give", "from": from, "to": to, "block": block });
    let rings: Vec<[Vec<[f64; 2]>; 1]> = area.iter().map(|it| [ring(it)]).collect();
    let by_area = json!({ "kind": "give", "from": from, "to": to, "area": rings });
    let (one, two) = (office.draft().await, office.draft().await);
    let told = said(&office, &one, &by_name).await;
    assert_eq!(told.0, StatusCode::OK, "{}", told.1);
    assert_eq!(told, said(&office, &two, &by_area).await);
    assert_eq!(office.zones(&one).await["features"], office.zones(&two).await["features"]);

    let borders = office.get(&office.a, &format!("/api/v1/drafts/{one}/borders")).await;
    let line = borders["borders"].as_array().unwrap().iter().find_map(|it| {
        let points = it["points"].as_array().unwrap();
        (points.len() > 4).then(|| json!([points[1], points[3]]))
    });
    let between = line.unwrap();
    let street =
        of(FacilityKind::Street).find(|it| matches!(it.geometry, Geometry::LineString(_))).unwrap();
    let Geometry::LineString(along) = &street.geometry else { unreachable!() };
    let along: Vec<[f64; 2]> = along.0.iter().map(|c| [c.x, c.y]).collect();
    let by_name = json!({ "kind": "straighten", "between": between, "street": street.id });
    let by_line = json!({ "kind": "straighten", "between": between, "along": along });
    assert_eq!(said(&office, &one, &by_name).await, said(&office, &two, &by_line).await);

    let none = [
        json!({ "kind": "give", "from": from, "to": to, "block": "nowhere" }),
        json!({ "kind": "straighten", "between": between, "street": "nowhere" }),
    ];
    let answer = office.step(&office.a, &one, json!({ "act": "edit", "edits": none })).await;
    assert_eq!(answer.places(), ["edits[0].block", "edits[1].street"]);
    let path = format!("/api/v1/drafts/{one}/review");
    let answer = office.post(&office.a, &path, &json!({ "edits": none })).await;
    assert_eq!(answer.places(), ["edits[0].block", "edits[1].street"]);
    let both = json!({ "kind": "give", "from": from, "to": to, "block": "a", "part": between[0] });
    let answer = office.step(&office.a, &one, json!({ "act": "edit", "edits": [both] })).await;
    assert_eq!(answer.places(), ["edits[0].block"]);
}
