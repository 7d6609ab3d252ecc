//! Redrawn plans out of files, and tables of blocks.

use axum::http::StatusCode;
use serde_json::{Value, json};
use zonewarden::app::transfer::export::layer;
use zonewarden::app::transfer::{Format, Kind, file};
use zonewarden::domain::atlas::facility::FacilityKind;
use zonewarden::geom::crs::Crs;

use super::Office;
use crate::client::Answer;
use crate::world::demonstration;

async fn import(office: &Office, query: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/api/v1/drafts/import?{query}");
    office.world.client.post_as(&office.a, &path, "application/octet-stream", bytes).await
}

#[tokio::test]
async fn the_plan_in_force_out_of_every_format_is_a_draft_that_changes_no_area() {
    let office = Office::new().await;
    let zones = layer(&demonstration(), Kind::Zones, Crs::Wgs84);
    for format in Format::ALL.into_iter().filter(|format| format.holds_all()) {
        let bytes = file::write(&zones, format).unwrap();
        let query = format!("name=x&crs=wgs84&format={}", format.code());
        let looked = import(&office, &format!("{query}&dry_run=true"), bytes.clone()).await;
        assert_eq!(
            (looked.status, looked.json()["draft"].is_null()),
            (StatusCode::OK, true),
            "{}",
            looked.text()
        );
        let made = import(&office, &query, bytes).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let id = made.json()["draft"]["id"].as_str().unwrap().to_owned();
        let changes = office.get(&office.a, &format!("/api/v1/drafts/{id}/changes")).await;
        let moved: f64 = changes["moved"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["area_m2"].as_f64().unwrap())
            .sum();
        assert!(moved < 1.0, "{}: {changes}", format.code());
        let shown = office.get(&office.a, &format!("/api/v1/drafts/{id}")).await;
        assert_eq!(shown["undoable"], 1);
    }
}

#[tokio::test]
async fn a_table_of_blocks_makes_zones_of_them_and_every_bad_row_is_told() {
    let office = Office::new().await;
    let city = demonstration();
    let blocks: Vec<&str> = city
        .facilities
        .iter()
        .filter(|it| it.kind == FacilityKind::Block)
        .map(|it| it.id.as_str())
        .collect();
    assert!(blocks.len() > 10);
    let zone = |n: usize| city.zones[n % 3].id.as_str();
    let bad = format!(
        "block,zone\n{0},{1}\n{0},{1}\nnowhere,{1}\n{2},\n{2},a b\n{2},new\n",
        blocks[0],
        zone(0),
        blocks[1]
    );
    let refused = import(&office, "name=x&format=blocks", bad.into_bytes()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    assert_eq!(refused.places().len(), 5, "{}", refused.text());
    let rows = blocks.iter().enumerate().map(|(n, block)| format!("{block},{}", zone(n)));
    let table = std::iter::once("block,zone".to_owned()).chain(rows).collect::<Vec<_>>().join("\n");
    let made = import(&office, "name=x&format=blocks", table.into_bytes()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["zones"], 3);
    let none: Value = office.get(&office.a, "/api/v1/drafts?mine=true").await;
    assert_eq!(none["drafts"].as_array().unwrap().len(), 1, "a refused file leaves nothing");
}

#[tokio::test]
async fn zones_drawn_over_each_other_are_told_with_the_place_and_nothing_is_written() {
    let office = Office::new().await;
    let square = |id: &str, west: f64| {
        let (x, y) = (109.4 + west, 36.5);
        json!({ "type": "Feature", "properties": { "id": id, "lead": demonstration().units[0].id },
                "geometry": { "type": "Polygon", "coordinates":
                    [[[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]] } })
    };
    let body =
        json!({ "type": "FeatureCollection", "features": [square("p", 0.0), square("q", 0.005)] });
    let looked =
        import(&office, "name=x&format=geojson&dry_run=true", body.to_string().into_bytes()).await;
    let told = looked.json();
    assert_eq!(told["refused"], true, "{told}");
    assert!(told["findings"][0]["fault"].as_str().unwrap().contains("over each other"), "{told}");
    let refused = import(&office, "name=x&format=geojson", body.to_string().into_bytes()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.places()[0].contains("at 109."), "{}", refused.text());
    for (query, place) in
        [("format=geojson", "name"), ("name=x", "format"), ("name=x&format=dwg", "format")]
    {
        let refused = import(&office, query, Vec::new()).await;
        assert!(refused.places().contains(&place.to_owned()), "{query}: {}", refused.text());
    }
}

/// A file of zones `a`, `b` …, led by the first unit, each with its ring.
fn rings(rings: &[&str]) -> Vec<u8> {
    let lead = &demonstration().units[0].id;
    let feature = |(letter, ring): (char, &&str)| {
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{letter}","lead":"{lead}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    };
    let features: Vec<String> = ('a'..='z').zip(rings).map(feature).collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")).into_bytes()
}

#[tokio::test]
async fn rings_that_lie_across_themselves_become_a_draft_and_are_told_with_row_and_place() {
    let office = Office::new().await;
    // A fifth of a step wide: valid, and not on the grid.
    let spike = "[[109.4,36.5],[109.5,36.5],[109.5,36.6],[109.45000003,36.6],[109.45000002,36.61],[109.45000001,36.6],[109.4,36.6],[109.4,36.5]]";
    // Never valid; its halves meet in 109.6667, 36.5667.
    let bow = "[[109.6,36.5],[109.7,36.6],[109.7,36.5],[109.6,36.7],[109.6,36.5]]";
    let made = import(&office, "name=x&format=geojson", rings(&[spike, bow])).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let told = made.json();
    let of_row = |row: u64| -> Vec<Value> {
        let all = told["findings"].as_array().unwrap().iter();
        all.filter(|it| it["row"] == row && it["warning"] == true).cloned().collect()
    };
    let rounded = of_row(1);
    assert!(rounded[0]["place"].as_str().unwrap().contains("at 109.45"), "{told}");
    assert!(rounded[0]["fault"].as_str().unwrap().contains("on the grid of 1e-7 degree"), "{told}");
    let [invalid] = &of_row(2)[..] else { panic!("{told}") };
    assert_eq!(invalid["place"], "b", "{told}");
    assert!(invalid["fault"].as_str().unwrap().contains("overlaps itself (at 109.6"), "{told}");
    assert!(
        invalid["remedy"].as_str().unwrap().starts_with("it was read by odd and even"),
        "{told}"
    );
    let id = told["draft"]["id"].as_str().unwrap().to_owned();
    let zones = office.get(&office.a, &format!("/api/v1/drafts/{id}/zones")).await;
    let text = zones.to_string();
    assert!(!text.contains("36.61"), "the spike covers nothing: {text}");
}

/// Two zones whose border has a gap of 2.7 m and one of four steps: `b` leaves it twice.
fn gaps() -> Vec<u8> {
    let west = "[[109.4,36.5],[109.41,36.5],[109.41,36.51],[109.4,36.51],[109.4,36.5]]";
    let east = "[[109.41,36.5],[109.42,36.5],[109.42,36.51],[109.41,36.51],[109.41,36.508],[109.41003,36.5075],\
        [109.41003,36.5065],[109.41,36.506],[109.41,36.504],[109.4100004,36.503],[109.41,36.502],[109.41,36.5]]";
    rings(&[west, east])
}

/// The easternmost place of a zone of a draft.
async fn easternmost(office: &Office, told: &Value, zone: &str) -> f64 {
    let id = told["draft"]["id"].as_str().unwrap();
    let zones = office.get(&office.a, &format!("/api/v1/drafts/{id}/zones")).await;
    let all = zones["features"].as_array().unwrap().iter();
    let area = all.filter(|it| it["id"] == zone).map(|it| &it["geometry"]["coordinates"][0][0]);
    let places = area.flat_map(|ring| ring.as_array().unwrap());
    places.map(|at| at[0].as_f64().unwrap()).fold(f64::MIN, f64::max)
}

#[tokio::test]
async fn gaps_are_told_with_their_repair_also_those_that_were_snapped_and_closed_as_asked() {
    let office = Office::new().await;
    let made = import(&office, "name=x&format=geojson", gaps()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let told = made.json();
    let repairs = told["repairs"].as_array().unwrap();
    let done = |what: Value| {
        repairs.iter().find(|it| it["done"] == what).unwrap_or_else(|| panic!("{what}: {told}"))
    };
    let (left, snapped) = (done(Value::Null), done(json!("together")));
    assert_eq!(repairs.len(), 2, "{told}");
    for repair in [left, snapped] {
        assert_eq!((&repair["kind"], &repair["proposed"]), (&json!("gap"), &json!("longest")));
        let longest = &repair["offers"][0];
        assert_eq!((&longest["way"], &longest["to"]), (&json!("longest"), &json!("b")));
        assert_eq!((&repair["reason"], &longest["joins"]), (&json!("joins_nothing"), &json!([])));
    }
    assert_eq!((&left["areas"], &left["to"]), (&json!(["b", "a"]), &json!("b")));
    assert!((left["at"][1].as_f64().unwrap() - 36.507).abs() < 0.001, "{left}");
    assert!((snapped["at"][1].as_f64().unwrap() - 36.503).abs() < 0.001, "{snapped}");
    assert!(left["width_m"].as_f64().unwrap() > 2.0 && !left["middle"][0].is_null(), "{left}");
    let words: Vec<&str> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["fault"].as_str().unwrap().contains("is a gap"))
        .map(|it| it["remedy"].as_str().unwrap())
        .collect();
    let left = "it was left; proposed: give it to b, which has the longest border, because that joins none that did \
        not touch before";
    assert!(words[0].starts_with(left), "{words:?}");
    assert_eq!(words[1..], ["the borders were brought together"]);
    assert_eq!(told["more_repairs"], 0);
    let together = &told["snapped"];
    assert_eq!((&together["vertices"], &together["more"]), (&json!(1), &json!(0)), "{told}");
    let at = [109.410_000_4, 36.503];
    let between = json!({ "areas": ["a", "b"], "vertices": 1, "farthest_m": 0.036, "at": at, "moved_m2": 3.98 });
    assert_eq!(together["between"], json!([between]), "{told}");
    // Nothing lies over anything: what was snapped made no hair line of its own.
    assert!(!told.to_string().contains("over each other"), "{told}");
    let pair = "between a and b borders were brought together at 1 vertices, the farthest by 0.036 m: 3.98 m²";
    assert!(told.to_string().contains(pair), "{told}");
    assert!((easternmost(&office, &told, "a").await - 109.410_000_4).abs() < 1e-9);

    let query = "name=y&format=geojson&gap_width=5&remedy=middle";
    let told = import(&office, query, gaps()).await.json();
    assert_eq!(told["repairs"][0]["done"], "middle", "{told}");
    let east = easternmost(&office, &told, "a").await;
    assert!((east - 109.410_015).abs() < 2e-6, "half of the gap is the western zone's: {east}");
    let told = import(&office, &query.replace("middle", "longest"), gaps()).await.json();
    assert_eq!(told["repairs"][0]["done"], "longest", "{told}");
    for (query, place) in [("gap_width=0.1", "gap_width"), ("remedy=glue", "remedy")] {
        let refused = import(&office, &format!("name=x&format=geojson&{query}"), gaps()).await;
        assert_eq!(refused.places(), [place], "{}", refused.text());
    }
}

#[tokio::test]
async fn an_import_that_is_undone_and_done_again_tells_the_areas_that_change_hands() {
    let office = Office::new().await;
    // A hundredth of a degree each way, in place of all that there was.
    let [a, b] = [
        "[[109.4,36.5],[109.41,36.5],[109.41,36.51],[109.4,36.51],[109.4,36.5]]",
        "[[109.41,36.5],[109.42,36.5],[109.42,36.51],[109.41,36.51],[109.41,36.5]]",
    ];
    let told = import(&office, "name=x&format=geojson", rings(&[a, b])).await.json();
    let id = told["draft"]["id"].as_str().unwrap().to_owned();
    let sum = |told: &Value, end: &str| -> f64 {
        let all = told["moved"].as_array().unwrap().iter();
        all.filter(|it| it[end] == "a").map(|it| it["area_m2"].as_f64().unwrap()).sum()
    };
    for (act, end, other) in [("undo", "from", "to"), ("redo", "to", "from")] {
        let told = office.done(&office.a, &id, json!({ "act": act })).await;
        // A hundredth of a degree each way.
        let a_m2 = sum(&told, end);
        assert!((a_m2 - 994_200.0).abs() < 1_000.0 && sum(&told, other) == 0.0, "{act}: {a_m2}");
    }
}

#[tokio::test]
async fn a_plan_of_five_thousand_zones_is_imported_edited_and_published() {
    const SIDE: i32 = 71;
    let office = Office::new().await;
    let unit = demonstration().units[0].id.clone();
    let at = |n: i32| f64::from(n * 5_000) / 1e7;
    let cell = |n: i32| {
        let (west, south) = (109.4 + at(n % SIDE), 36.5 + at(n / SIDE));
        let (east, north) = (109.4 + at(n % SIDE + 1), 36.5 + at(n / SIDE + 1));
        json!({ "type": "Feature", "properties": { "id": format!("n{n}"), "number": n, "lead": unit },
                "geometry": { "type": "Polygon", "coordinates":
                    [[[west, south], [east, south], [east, north], [west, north], [west, south]]] } })
    };
    let cells: Vec<Value> = (0..SIDE * SIDE).map(cell).collect();
    let body = json!({ "type": "FeatureCollection", "features": cells }).to_string();
    let made = import(&office, "name=x&format=geojson", body.into_bytes()).await;
    assert_eq!(
        (made.status, made.json()["zones"].as_i64()),
        (StatusCode::CREATED, Some(5_041)),
        "{}",
        made.text()
    );
    let id = made.json()["draft"]["id"].as_str().unwrap().to_owned();
    let merge =
        json!({ "act": "edit", "edits": [{ "kind": "merge", "into": "n0", "from": "n1" }] });
    let told = office.done(&office.a, &id, merge).await;
    assert_eq!(told["reshaped"], json!(["n0", "n1"]));
    let told = office.done(&office.a, &id, json!({ "act": "publish" })).await;
    assert_eq!(told["draft"]["stage"], "published");
    assert_eq!(office.plan().await["zones"], 5_040);
}
