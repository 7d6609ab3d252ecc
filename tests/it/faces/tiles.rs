//! Vector tiles: what is in them, who sees what, and how they are sent.

use std::collections::{BTreeSet, HashMap};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::json;
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;
use zonewarden::formats::gzip;
use zonewarden::geom::coord::{GridPoint, step};
use zonewarden::geom::tile::grid::{self, Tile};

use super::planned::{HOUR_US, Planned, query};
use crate::client::{Answer, request};
use crate::mvt::{Feature, read, twice_area};
use crate::world::{CENTRE, World};

const MVT: &str = "application/vnd.mapbox-vector-tile";
/// Beyond the buffer: where crossings of a tile's window are drawn.
const EDGES: [i64; 2] = [-65, 4_161];

/// The address of the tile of a zoom that holds a place.
pub(super) fn path(collection: &str, zoom: u32, (lon, lat): (f64, f64)) -> String {
    let tile = Tile::holding(grid::World::of(GridPoint { x: step(lon), y: step(lat) }), zoom);
    format!("/tiles/{collection}/{zoom}/{}/{}.mvt", tile.x(), tile.y())
}

async fn tile(world: &World, path: &str) -> std::collections::BTreeMap<String, Vec<Feature>> {
    let answer = world.client.get(path).await;
    if answer.status != StatusCode::NO_CONTENT {
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), MVT);
    }
    read(&answer.bytes)
}

fn fits_tile(feature: &Feature, path: &str) {
    let window = if feature.kind == 1 { 0..=4_095 } else { EDGES[0]..=EDGES[1] };
    for (x, y) in feature.parts.iter().flatten() {
        assert!(window.contains(x) && window.contains(y), "{path}: {feature:?}");
    }
}

#[tokio::test]
async fn every_collection_is_valid_tiles_at_every_zoom() {
    let world = World::new().await;
    for zoom in 0..=16 {
        let mut whole = BTreeSet::new();
        for collection in ["zones", "facilities", "streets", "city"] {
            let path = path(collection, zoom, CENTRE);
            let layers = tile(&world, &path).await;
            for (name, features) in &layers {
                for feature in features {
                    fits_tile(feature, &path);
                }
                let ids: BTreeSet<u64> = features.iter().map(|feature| feature.id).collect();
                assert_eq!(ids.len(), features.len(), "{path}: an id stands twice in {name}");
                whole.insert((collection == "city", name.clone(), features.len()));
            }
        }
        let of = |city: bool| -> Vec<(String, usize)> {
            let found = whole.iter().filter(|(of, ..)| *of == city);
            found.map(|(_, name, count)| (name.clone(), *count)).collect()
        };
        assert_eq!(of(true), of(false), "zoom {zoom}: the city is all of the others");
    }
}

#[tokio::test]
async fn a_zone_is_told_with_its_number_names_and_lead_and_has_one_place_for_them() {
    let world = World::new().await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let overview = tile(&world, &path("zones", 5, CENTRE)).await;
    let labels = &overview["zone_labels"];
    assert_eq!(labels.len(), 60);
    let colours: BTreeSet<&str> = labels.iter().map(|it| it.tags["colour"].as_str()).collect();
    assert!(colours.len() == 8, "{colours:?}");
    for label in labels {
        let at = usize::try_from(label.id).unwrap() - 1;
        let zone = &atlas.zones()[at];
        assert_eq!(label.tags["id"], zone.id.as_str());
        assert_eq!(label.tags["number"], zone.number.to_string());
        let lead = atlas.unit(&zone.lead).unwrap();
        assert_eq!(label.tags["lead_zh"], lead.names.zh);
    }
    // Schools from far off, restaurants only from near.
    let kinds = |features: &[Feature]| -> BTreeSet<String> {
        features.iter().map(|feature| feature.tags["kind"].clone()).collect()
    };
    let far = tile(&world, &path("facilities", 12, CENTRE)).await;
    let near = tile(&world, &path("facilities", 14, CENTRE)).await;
    assert!(kinds(&far["facilities"]).contains("school"));
    assert!(!kinds(&far["facilities"]).contains("restaurant"));
    assert!(kinds(&near["facilities"]).contains("restaurant"));
    let streets = tile(&world, &path("streets", 14, CENTRE)).await;
    assert!(kinds(&streets["streets"]).is_subset(&["street", "bridge"].map(str::to_owned).into()));
}

type Corner = (i64, i64);

/// How often each segment of zones is walked each way, but for those along the window's edge.
fn walked(zones: &[Feature]) -> HashMap<(Corner, Corner), usize> {
    let mut count = HashMap::new();
    for ring in zones.iter().flat_map(|zone| &zone.parts) {
        for (at, &a) in ring.iter().enumerate() {
            let b = ring[(at + 1) % ring.len()];
            let on = |edge: i64| (a.0 == edge && b.0 == edge) || (a.1 == edge && b.1 == edge);
            if !EDGES.iter().any(|edge| on(*edge)) {
                *count.entry((a, b)).or_insert(0) += 1;
            }
        }
    }
    count
}

#[tokio::test]
async fn zones_of_a_tile_lie_beside_each_other_without_gap_and_overlap() {
    let world = World::new().await;
    for zoom in 9..=16 {
        let layers = tile(&world, &path("zones", zoom, CENTRE)).await;
        let count = walked(&layers["zones"]);
        assert!(count.values().all(|n| *n == 1), "zoom {zoom}: two zones lie on one side");
        let shared = count.keys().filter(|(a, b)| count.contains_key(&(*b, *a))).count();
        assert!(shared > 4 || zoom > 14, "zoom {zoom}: borders are shared vertex by vertex");
    }
    // Tiles that zones cover from side to side.
    for (x, y) in [(52_694, 25_597), (52_698, 25_603), (52_697, 25_605), (52_696, 25_611)] {
        let layers = tile(&world, &format!("/tiles/zones/16/{x}/{y}.mvt")).await;
        let rings = layers["zones"].iter().flat_map(|zone| &zone.parts);
        let all: i64 = rings.map(|ring| twice_area(ring)).sum();
        let side = EDGES[1] - EDGES[0];
        let off = (all - 2 * side * side).abs();
        assert!(off <= 2 * side, "{x} {y}: {off} half units are not covered once");
    }
}

#[tokio::test]
async fn a_tile_in_which_nothing_lies_has_no_content_and_one_that_is_none_is_told_why() {
    let world = World::new().await;
    for empty in ["/tiles/zones/12/0/0.mvt", "/tiles/heat/3/1/1.mvt"] {
        let answer = world.client.get(empty).await;
        assert_eq!((answer.status, answer.bytes.len()), (StatusCode::NO_CONTENT, 0), "{empty}");
        assert!(!answer.header("etag").is_empty());
    }
    for (path, says) in [
        ("/tiles/zones/17/0/0.mvt", "zooms go from 0 to 16"),
        ("/tiles/heat/15/0/0.mvt", "zooms go from 0 to 14"),
        ("/tiles/zones/3/8/0.mvt", "x: 8 is no tile of zoom 3; they go from 0 to 7"),
        ("/tiles/zones/0/0/1.mvt", "y: 1 is no tile"),
        ("/tiles/zones/a/0/0.mvt", "z: `a` is no whole number"),
        ("/tiles/zones/3/-1/0.mvt", "x: `-1` is no whole number"),
        ("/tiles/zones/3/0/99999999999.mvt", "y: `99999999999` is no whole number"),
        ("/tiles/city/4294967295/4294967295/0.mvt", "is not drawn"),
    ] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {answer:?}");
        assert_eq!(answer.json()["type"], "urn:zonewarden:problem:malformed");
        assert!(answer.text().contains(says), "{path}: {}", answer.text());
    }
    for path in ["/tiles/rivers/1/0/0.mvt", "/tiles/zones/1/0/0.png", "/tiles/zones.xml"] {
        assert_eq!(world.client.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/tiles/zones/1/1/0.mvt?datum=x", "/tiles/heat/1/1/0.mvt?datetime=2026-05-05"] {
        let answer = world.client.get(path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {answer:?}");
    }
}

async fn with(world: &World, path: &str, name: header::HeaderName, value: &str) -> Answer {
    let mut asked = request(Method::GET, path, None, Body::empty());
    asked.headers_mut().insert(name, value.parse().unwrap());
    world.client.ask(asked).await
}

#[tokio::test]
async fn a_tile_is_sent_packed_or_plain_and_not_twice() {
    let world = World::new().await;
    let path = path("city", 14, CENTRE);
    let plain = world.client.get(&path).await;
    assert_eq!((plain.header("vary"), plain.header("content-encoding")), ("accept-encoding", ""));
    assert_eq!(plain.header("access-control-allow-origin"), "*");
    for _ in 0..3 {
        let packed = with(&world, &path, header::ACCEPT_ENCODING, "br, gzip").await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        assert!(packed.bytes.len() < plain.bytes.len());
        assert_eq!(gzip::unpacked(&packed.bytes, 1 << 24), plain.bytes);
        assert_eq!(packed.header("etag"), plain.header("etag"));
    }
    let same = with(&world, &path, header::IF_NONE_MATCH, plain.header("etag")).await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
    let other = with(&world, &path, header::IF_NONE_MATCH, "W/\"other\"").await;
    assert_eq!((other.status, other.bytes), (StatusCode::OK, plain.bytes));
    // What is held stays within its limit, and is held once.
    let held = world.web.tiles.bytes();
    assert!(held > 0 && held <= world.web.limits.tile_cache_bytes_max);
    world.client.get(&path).await;
    assert!(world.web.tiles.bytes() <= held);
}

#[tokio::test]
async fn after_a_publish_a_tile_is_another_and_the_day_before_it_is_what_it_was() {
    let planned = Planned::new().await;
    let [a, b, _] = planned.three();
    let p = planned.places(a, 1)[0].degrees();
    let path = path("zones", 14, (p.lon(), p.lat()));
    let before = planned.world.client.get(&path).await;
    let was = planned.world.app.now();
    planned.world.pass_us(HOUR_US);
    planned.swap(a, b).await;
    let after = planned.world.client.get(&path).await;
    assert!(before.header("etag") != after.header("etag") && before.bytes != after.bytes);
    let stale = with(&planned.world, &path, header::IF_NONE_MATCH, before.header("etag")).await;
    assert_eq!((stale.status, &stale.bytes), (StatusCode::OK, &after.bytes));
    let then = planned.world.client.get(&format!("{path}?datetime={}", query(was))).await;
    assert_eq!(then.bytes, before.bytes);
    assert_eq!(then.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn incidents_are_for_those_who_may_list_them_each_as_far_as_the_scope_goes() {
    let planned = Planned::new().await;
    let world = &planned.world;
    let [zone, ..] = planned.three();
    let p = planned.places(zone, 1)[0];
    let id = planned.file(p, 5.0).await;
    world.take_up().await;
    let at = p.degrees();
    let path = path("incidents", 14, (at.lon(), at.lat()));
    for hidden in [path.as_str(), "/tiles/incidents.json", "/tiles/incidents/99/0/0.mvt"] {
        assert_eq!(world.client.get(hidden).await.status, StatusCode::NOT_FOUND, "{hidden}");
    }
    let atlas = planned.atlas();
    let lead = atlas.zones()[zone].lead.clone();
    let has_part = |unit: &UnitId| {
        let zone = &atlas.zones()[zone];
        zone.lead == *unit || zone.co.contains(unit)
    };
    let stranger = atlas.units().iter().find(|unit| !has_part(&unit.id)).unwrap().id.clone();
    let own = world.key(Role::Unit, &lead).await;
    let other = world.key(Role::Unit, &stranger).await;
    assert_eq!(world.client.get_as(&other, &path).await.status, StatusCode::NO_CONTENT);
    let dispatcher = planned.key(Role::Dispatcher).await;
    for key in [&own, &dispatcher] {
        let answer = world.client.get_as(key, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        let found = &read(&answer.bytes)["incidents"];
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].tags["id"], id);
        assert_eq!(found[0].tags["unit"], lead.as_str());
        assert_eq!(found[0].tags["overdue"], "false");
        assert!(found[0].id < 1 << 53);
    }
    // One that is filed later is seen soon.
    planned.file(p, 5.0).await;
    world.take_up().await;
    world.pass_us(3_000_000);
    let again = world.client.get_as(&dispatcher, &path).await;
    assert!(!read(&again.bytes)["incidents"].is_empty());
    let told = world.client.get_as(&dispatcher, "/tiles/incidents.json").await;
    assert_eq!(told.status, StatusCode::OK);
}

#[tokio::test]
async fn the_public_sees_no_square_with_few_reports_and_none_of_those_that_are_not_public() {
    let world = World::new().await;
    let path = path("heat", 14, CENTRE);
    let admin = world.key(Role::Admin, &UnitId::new("x").unwrap()).await;
    let counts = |answer: Answer| -> Vec<String> {
        if answer.status == StatusCode::NO_CONTENT {
            return Vec::new();
        }
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let heat = read(&answer.bytes).remove("heat").unwrap();
        heat.iter().map(|square| square.tags["count"].clone()).collect()
    };
    let hotline = json!({ "lon": CENTRE.0, "lat": CENTRE.1, "words": "热线", "source": "hotline" });
    for _ in 0..5 {
        let body = hotline.to_string();
        world.client.post("/api/v1/reports", "application/json", body).await;
    }
    for (public, all) in [(0, "5"), (1, "6"), (2, "7"), (3, "8"), (4, "9")] {
        world.pass_us(HOUR_US);
        let seen = counts(world.client.get(&path).await);
        let expected = if public < 3 { Vec::new() } else { vec![public.to_string()] };
        assert_eq!(seen, expected, "{public} public reports");
        assert_eq!(counts(world.client.get_as(&admin, &path).await), [all]);
        let form = format!("service_code=event.02&lat={}&long={}", CENTRE.1, CENTRE.0);
        let media = "application/x-www-form-urlencoded";
        let filed = world.client.post("/open311/v2/requests.json", media, form).await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.text());
    }
}
