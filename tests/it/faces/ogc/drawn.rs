//! Zones and borders of drafts drawn on a map, each write for itself.

use axum::http::{Method, StatusCode};
use geo_types::Coord;
use serde_json::{Value, json};
use zonewarden::geom::crs::wire::WireCrs;

use super::EPSG;
use super::drafts::{Desk, FEATURE, PATCH, Ring, frame, places, polygon, sorted};

/// `west` with its border to `east` bent over to it.
fn bent() -> Ring {
    vec![[109.4, 36.5], [109.41, 36.5], [109.412, 36.505], [109.41, 36.51], [109.4, 36.51]]
}

/// A review without anything that has to be decided.
async fn is_sound(desk: &Desk) {
    let review = desk.get(&format!("/api/v1/drafts/{}/review", desk.draft)).await;
    assert_eq!(review["publishable"], true, "{review}");
    let kinds: Vec<&str> = review["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .filter(|kind| ["gap", "sliver", "empty", "parts", "mended"].contains(kind))
        .collect();
    assert!(kinds.is_empty(), "{review}");
}

#[tokio::test]
async fn both_sides_of_a_border_that_was_moved_are_one_change() {
    let desk = Desk::new().await;
    desk.draw("west", &bent()).await;
    let east =
        [[109.41, 36.5], [109.42, 36.5], [109.42, 36.51], [109.41, 36.51], [109.412, 36.505]];
    assert_eq!(places(&desk.zone("east").await), sorted(&east), "it follows");
    assert_eq!(desk.revision().await, 2);
    desk.draw("east", &east).await;
    assert_eq!(desk.revision().await, 2, "the neighbour finds all as it is to be");
    // Some centimetres beside: no hair line between the two.
    let hair = [
        [109.41, 36.5],
        [109.42, 36.5],
        [109.42, 36.51],
        [109.41, 36.51],
        [109.412_000_2, 36.505_000_2],
    ];
    desk.draw("east", &hair).await;
    assert_eq!(desk.revision().await, 2, "{:?}", desk.zone("east").await);
    is_sound(&desk).await;
    let told = desk.step(json!({ "act": "publish" })).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let path = "/ogc/collections/zones/items?code=west";
    let west = super::features(&desk.world, path).await.remove(0);
    assert_eq!(places(&west), sorted(&bent()));
}

#[tokio::test]
async fn three_zones_around_a_vertex_that_was_moved_end_as_each_was_drawn() {
    let to = [109.411, 36.511];
    let west = [[109.4, 36.5], [109.41, 36.5], to, [109.4, 36.51]];
    let east = [[109.41, 36.5], [109.42, 36.5], [109.42, 36.51], to];
    let north = [[109.4, 36.51], to, [109.42, 36.51], [109.42, 36.52], [109.4, 36.52]];
    let all = [("west", &west[..]), ("east", &east[..]), ("north", &north[..])];
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let desk = Desk::new().await;
        for n in order {
            desk.draw(all[n].0, all[n].1).await;
        }
        for (id, ring) in all {
            let feature = desk.zone(id).await;
            let held = places(&feature);
            assert!(ring.iter().all(|at| held.contains(at)), "{order:?}, {id}: {feature}");
            assert!(!held.contains(&[109.41, 36.51]), "{order:?}, {id}: {feature}");
        }
        is_sound(&desk).await;
        let (revision, before) = (desk.revision().await, desk.all().await);
        for (id, ring) in all {
            desk.draw(id, ring).await;
        }
        assert_eq!((desk.revision().await, desk.all().await), (revision, before), "{order:?}");
    }
}

/// Twice the area (square degrees) of a ring.
fn twice_area(ring: &[[f64; 2]]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let [x0, y0] = ring[0];
    let pieces = ring.iter().zip(next);
    let twice: f64 = pieces.map(|([x, y], [u, v])| (x - x0) * (v - y0) - (u - x0) * (y - y0)).sum();
    twice.abs()
}

/// `west` and `east` with the vertex where their border ends at the outline drawn at `to`, between the two vertices of
/// the outline beside it.
fn ends_at(to: [f64; 2]) -> [(&'static str, Ring); 2] {
    let (before, behind) = ([109.408, 36.5], [109.412, 36.5]);
    let west = vec![[109.4, 36.5], before, to, [109.41, 36.51], [109.4, 36.51]];
    let east = vec![to, behind, [109.42, 36.5], [109.42, 36.51], [109.41, 36.51]];
    [("west", west), ("east", east)]
}

#[tokio::test]
async fn a_vertex_of_the_outline_that_was_moved_does_not_come_back_with_the_second_write() {
    for to in [
        [109.41, 36.509], // inwards: what the two leave borders most on the zone that was drawn first
        [109.4105, 36.5085], // over the border as it was
        [109.4102, 36.498], // outwards
        [109.4115, 36.5], // along
    ] {
        for back in [false, true] {
            let desk = Desk::new().await;
            let mut writes = ends_at(to);
            if back {
                writes.reverse();
            }
            for (id, ring) in &writes {
                desk.draw(id, ring).await;
            }
            for (id, ring) in &writes {
                let feature = desk.zone(id).await;
                let held: Ring =
                    serde_json::from_value(feature["geometry"]["coordinates"][0][0].clone())
                        .unwrap();
                // What lies on a straight line is no vertex of what is told back.
                let on_it = |at: &[f64; 2]| (at[1] - 36.5).abs() < 1e-9;
                let straight = |at: &[f64; 2]| on_it(&to) && on_it(at);
                let kept = |at: &[f64; 2]| held.contains(at) || straight(at);
                assert!(ring.iter().all(kept), "{to:?}, {id}: {feature}");
                let (drawn, held) = (twice_area(ring), twice_area(&held));
                assert!((drawn - held).abs() < 1e-8, "{to:?}, {id}: {drawn}, {held}");
            }
            is_sound(&desk).await;
            let before = desk.all().await;
            for (id, ring) in &writes {
                desk.draw(id, ring).await;
            }
            assert_eq!(desk.all().await, before, "{to:?}");
        }
    }
}

#[tokio::test]
async fn a_vertex_of_a_locked_outline_is_not_moved_by_two_writes_either() {
    let desk = Desk::new().await;
    let locked = desk.step(json!({ "act": "lock", "zones": [], "outline": true })).await;
    assert_eq!(locked.status, StatusCode::OK, "{}", locked.text());
    let [(west, ring), (east, other)] = ends_at([109.41, 36.509]);
    desk.draw(west, &ring).await;
    let before = desk.all().await;
    let told = desk.patch(east, &json!({ "geometry": polygon(&other) })).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", told.text());
    let words = "the area of outside would change, which is locked";
    assert!(told.text().contains(words), "{}", told.text());
    assert_eq!(desk.all().await, before);
}

#[tokio::test]
async fn what_a_zone_leaves_goes_to_the_longest_border() {
    let desk = Desk::new().await;
    desk.draw("west", &frame(109.4, 36.5, 109.405, 36.51)).await;
    let east = places(&desk.zone("east").await);
    assert!(east.contains(&[109.405, 36.5]) && east.contains(&[109.405, 36.51]), "{east:?}");
    is_sound(&desk).await;
    // Of one that lies apart it is nobody's, and what it takes of nobody's land is its own.
    desk.draw("far", &frame(109.435, 36.5, 109.445, 36.51)).await;
    let far = places(&desk.zone("far").await);
    assert!(frame(109.435, 36.5, 109.445, 36.51).iter().all(|at| far.contains(at)), "{far:?}");
    assert!(!far.contains(&[109.43, 36.5]) && !far.contains(&[109.43, 36.51]), "{far:?}");
    is_sound(&desk).await;
}

#[tokio::test]
async fn what_would_break_the_partition_or_a_lock_is_refused_with_the_place_and_changes_nothing() {
    let desk = Desk::new().await;
    let locked = desk.step(json!({ "act": "lock", "zones": ["north"] })).await;
    assert_eq!(locked.status, StatusCode::OK, "{}", locked.text());
    let before = desk.all().await;
    assert_eq!(desk.zone("north").await["properties"]["locked"], true);
    let bow_tie = [[109.4, 36.5], [109.41, 36.51], [109.41, 36.5], [109.4, 36.51]];
    let over_the_lock = [[109.4, 36.5], [109.41, 36.5], [109.41, 36.512], [109.4, 36.51]];
    for (ring, says) in [
        (bow_tie.to_vec(), "crosses"),
        (over_the_lock.to_vec(), "locked"),
        (frame(109.431, 36.501, 109.432, 36.502), "nothing of zone west"),
        (frame(109.4, 36.5, 109.42, 36.51), "nothing would be left of zone east"),
    ] {
        let body = json!({ "geometry": polygon(&ring) });
        let answer = desk.patch("west", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}: {}", answer.text());
        let problem = answer.json();
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
        assert_eq!(problem["faults"][0]["place"], "geometry", "{problem}");
        assert!(problem["faults"][0]["at"].is_array(), "{problem}");
        let path = format!("{}/west", desk.zones());
        let agent = [PATCH, ("user-agent", "Mozilla/5.0 QGIS/34008")];
        let told = desk.send_as((&desk.key, Method::PATCH, &path), &agent, &body).await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.text().contains("<ows:ExceptionReport"), "{}", told.text());
        assert!(told.text().contains("geometry: at 109.4"), "{}", told.text());
    }
    let swapped: Ring = bent().iter().map(|[x, y]| [*y, *x]).collect();
    let line = json!({ "type": "LineString", "coordinates": bent() });
    for (geometry, says) in [
        (polygon(&swapped), "off the globe"),
        (line, "no area"),
        (Value::Null, "cannot be taken away"),
        (json!({ "type": "Polygon", "coordinates": [[[109.4, 36.5]]] }), ""),
    ] {
        let answer = desk.patch("west", &json!({ "geometry": geometry })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}: {}", answer.text());
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
    }
    assert_eq!(desk.all().await, before);
}

#[tokio::test]
async fn a_revision_that_was_named_must_be_the_draft_s() {
    let desk = Desk::new().await;
    let path = format!("{}/west", desk.zones());
    let seen = desk.world.client.get_as(&desk.key, &path).await.header("etag").to_owned();
    let body = json!({ "geometry": polygon(&bent()) });
    let sent = |tag: String, body: Value| {
        let (desk, path) = (&desk, path.as_str());
        async move {
            let headers = [PATCH, ("if-match", tag.as_str())];
            desk.send_as((&desk.key, Method::PATCH, path), &headers, &body).await
        }
    };
    let first = sent(seen.clone(), body).await;
    assert_eq!(first.status, StatusCode::NO_CONTENT, "{}", first.text());
    let before = desk.all().await;
    let back = json!({ "geometry": polygon(&frame(109.4, 36.5, 109.41, 36.51)) });
    for tag in [seen.clone(), "\"1\"".to_owned(), "\"x\"".to_owned()] {
        let late = sent(tag.clone(), back.clone()).await;
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{tag}: {}", late.text());
        assert_eq!(late.json()["status"], 412);
    }
    assert_eq!(desk.all().await, before);
    let headers = [("if-none-match", seen.as_str())];
    let now = desk.send_as((&desk.key, Method::GET, &path), &headers, &Value::Null).await;
    assert_eq!(now.status, StatusCode::OK, "its tag is another one");
    assert_ne!(now.header("etag"), seen);
    let fresh = sent("\"2\"".to_owned(), back).await;
    assert_eq!((fresh.status, desk.revision().await), (StatusCode::NO_CONTENT, 3));
}

#[tokio::test]
async fn a_zone_is_drawn_in_every_system_to_the_same_places() {
    for (name, crs) in [
        (format!("<{EPSG}4326>"), WireCrs::Epsg4326),
        (format!("{EPSG}4490"), WireCrs::Epsg4490),
        (format!("<{EPSG}3857>"), WireCrs::Epsg3857),
    ] {
        let desk = Desk::new().await;
        let ring: Ring = bent().iter().map(|[x, y]| crs.written(Coord { x: *x, y: *y })).collect();
        // As clients write metres.
        let rounded = |n: &f64| if n.abs() > 1e3 { (n * 1e3).round() / 1e3 } else { *n };
        let ring: Ring = ring.iter().map(|[a, b]| [rounded(a), rounded(b)]).collect();
        let body = json!({ "geometry": polygon(&ring) });
        let path = format!("{}/west", desk.zones());
        let headers = [PATCH, ("content-crs", name.as_str())];
        let answer = desk.send_as((&desk.key, Method::PATCH, &path), &headers, &body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{name}: {}", answer.text());
        assert_eq!(places(&desk.zone("west").await), sorted(&bent()), "{name}");
    }
    let desk = Desk::new().await;
    let path = format!("{}/west", desk.zones());
    let headers = [PATCH, ("content-crs", "EPSG:2232")];
    let body = json!({ "geometry": polygon(&bent()) });
    let answer = desk.send_as((&desk.key, Method::PATCH, &path), &headers, &body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    assert_eq!(answer.places(), ["Content-Crs"]);
}

#[tokio::test]
async fn a_new_zone_is_carved_out_and_one_that_is_removed_goes_to_its_neighbour() {
    let desk = Desk::new().await;
    let zones = desk.zones();
    let ring = frame(109.405, 36.502, 109.414, 36.508);
    let feature = |code: &str, ring: &Ring| json!({ "type": "Feature", "geometry": polygon(ring), "properties": { "code": code, "name_zh": "新区", "lead": null } });
    let made =
        desk.send_as((&desk.key, Method::POST, &zones), &[FEATURE], &feature("new", &ring)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.header("location"), format!("{zones}/new"));
    let new = desk.zone("new").await;
    assert_eq!(places(&new).len(), 6, "its corners, and where two borders end: {new}");
    let west = desk.zone("west").await["properties"]["lead"].clone();
    assert_eq!(
        (&new["properties"]["lead"], &new["properties"]["name_zh"]),
        (&west, &json!("新区"))
    );
    is_sound(&desk).await;
    let before = desk.all().await;
    let again =
        desk.send_as((&desk.key, Method::POST, &zones), &[FEATURE], &feature("west", &ring)).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
    let apart = frame(109.5, 36.5, 109.51, 36.51);
    let lone =
        desk.send_as((&desk.key, Method::POST, &zones), &[FEATURE], &feature("lone", &apart)).await;
    assert_eq!(lone.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", lone.text());
    assert!(lone.text().contains("lead"), "{}", lone.text());
    for (id, status) in [("far", StatusCode::CONFLICT), ("nowhere", StatusCode::NOT_FOUND)] {
        let path = format!("{zones}/{id}");
        let told = desk.send_as((&desk.key, Method::DELETE, &path), &[], &Value::Null).await;
        assert_eq!(told.status, status, "{id}: {}", told.text());
    }
    assert_eq!(desk.all().await, before);
    let path = format!("{zones}/new");
    let gone = desk.send_as((&desk.key, Method::DELETE, &path), &[], &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    assert_eq!(desk.world.client.get_as(&desk.key, &path).await.status, StatusCode::NOT_FOUND);
    // West, around which more of its border ran, has all of it.
    let held = places(&desk.zone("west").await);
    assert!(held.contains(&[109.414, 36.502]) && held.contains(&[109.414, 36.508]), "{held:?}");
    is_sound(&desk).await;
}

#[tokio::test]
async fn a_whole_zone_is_replaced_and_what_it_does_not_say_is_gone() {
    let desk = Desk::new().await;
    let path = format!("{}/west", desk.zones());
    let whole = json!({ "type": "Feature", "geometry": polygon(&bent()), "properties": { "name_zh": "西岸" } });
    let put = desk.send_as((&desk.key, Method::PUT, &path), &[FEATURE], &whole).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT, "{}", put.text());
    let shown = desk.zone("west").await;
    assert_eq!(places(&shown), sorted(&bent()));
    let told = &shown["properties"];
    assert_eq!((&told["name_zh"], &told["number"]), (&json!("西岸"), &json!(1)));
    assert_eq!(told["grade"], Value::Null);
    assert_eq!(desk.revision().await, 2, "one step");
    let shapeless = json!({ "type": "Feature", "geometry": null, "properties": {} });
    let put = desk.send_as((&desk.key, Method::PUT, &path), &[FEATURE], &shapeless).await;
    assert_eq!(put.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", put.text());
    assert_eq!(put.places(), ["geometry"]);
}

#[tokio::test]
async fn a_border_is_drawn_anew_for_both_sides_and_its_ends_take_the_others_along() {
    let desk = Desk::new().await;
    let arc = format!("{}/east~west", desk.arcs());
    let shown = desk.get(&arc).await;
    let told = &shown["properties"];
    let mut sides = [told["left"].as_str().unwrap(), told["right"].as_str().unwrap()];
    sides.sort_unstable();
    assert_eq!((sides, &shown["geometry"]["type"]), (["east", "west"], &json!("LineString")));
    assert!((told["length_m"].as_f64().unwrap() - 1_109.7).abs() < 1.0, "{told}");
    let line = |course: &[[f64; 2]]| json!({ "geometry": { "type": "LineString", "coordinates": course } });
    let draw = |path: String, body: Value| {
        let desk = &desk;
        async move { desk.send_as((&desk.key, Method::PATCH, &path), &[PATCH], &body).await }
    };
    let course = [[109.41, 36.5], [109.412, 36.505], [109.41, 36.51]];
    for _ in 0..2 {
        let answer = draw(arc.clone(), line(&course)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
        assert_eq!(places(&desk.zone("west").await), sorted(&bent()));
        assert_eq!(desk.revision().await, 2, "the second changes nothing");
    }
    // The vertex of three zones: the other two borders come along, and are as they are then drawn.
    let moved = [[109.41, 36.5], [109.412, 36.505], [109.411, 36.512]];
    let answer = draw(arc.clone(), line(&moved)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert!(places(&desk.zone("north").await).contains(&[109.411, 36.512]));
    let along = line(&[[109.4, 36.51], [109.411, 36.512]]);
    let answer = draw(format!("{}/north~west", desk.arcs()), along).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert_eq!(desk.revision().await, 3);
    is_sound(&desk).await;
    // A ring that nobody else has a border with.
    let ring = [[109.43, 36.5], [109.44, 36.5], [109.445, 36.515], [109.43, 36.51], [109.43, 36.5]];
    let answer = draw(format!("{}/~far", desk.arcs()), line(&ring)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
    assert!(places(&desk.zone("far").await).contains(&[109.445, 36.515]));
    let before = desk.all().await;
    for (body, status, says) in [
        (
            line(&[[109.41, 36.5], [109.399, 36.505], [109.411, 36.512]]),
            StatusCode::UNPROCESSABLE_ENTITY,
            "cross",
        ),
        (line(&[[109.2, 36.5], [109.3, 36.505]]), StatusCode::CONFLICT, "in common"),
        (json!({ "properties": { "left": "x" } }), StatusCode::UNPROCESSABLE_ENTITY, "line alone"),
        (json!({ "geometry": polygon(&bent()) }), StatusCode::UNPROCESSABLE_ENTITY, "single line"),
    ] {
        let answer = draw(arc.clone(), body).await;
        assert_eq!(answer.status, status, "{says}: {}", answer.text());
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
    }
    let answer = draw(format!("{}/a~b", desk.arcs()), line(&course)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
    assert_eq!(desk.all().await, before);
}
