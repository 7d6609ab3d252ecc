//! QGIS: its provider of OGC API – Features, and the layer definition and the project that we serve for it.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use zonewarden::domain::accounts::Role;
use zonewarden::domain::id::UnitId;

use super::{BOX, Served, python, texts, told};
use crate::client::request;
use crate::world::World;

const DEFINITION: &str = "/ogc/zonewarden.qlr";
const PROJECT: &str = "/ogc/zonewarden.qgs";

/// The values of an attribute, in order.
fn values<'a>(xml: &'a str, attribute: &str) -> Vec<&'a str> {
    let begins = format!(" {attribute}=\"");
    xml.split(&begins).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Fails where a tag is not closed by its own end.
fn well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("no end: {tag}"));
        match tag.strip_prefix('/') {
            _ if tag.starts_with('!') => {}
            Some(name) => assert_eq!(open.pop(), Some(name), "in {open:?}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[tokio::test]
async fn the_layers_for_qgis_are_those_that_there_are_in_the_colours_of_the_map() {
    let world = World::new().await;
    let landing = world.client.get("/ogc?lang=en").await.json();
    let link = landing["links"].as_array().unwrap();
    let link = link.iter().find(|link| link["rel"] == "related").unwrap();
    assert_eq!(link["type"], "application/x-qgis-layer-definition");
    let place = link["href"].as_str().unwrap();
    assert_eq!(place, format!("{DEFINITION}?lang=en"));
    let mut asked = request(Method::GET, place, None, axum::body::Body::empty());
    asked.headers_mut().insert("host", "maps.example".parse().unwrap());
    let answer = world.client.ask(asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-qgis-layer-definition");
    assert!(answer.header("content-disposition").contains("zonewarden.qlr"));
    let xml = answer.text();
    well_formed(xml);
    let all = world.client.get("/ogc/collections").await.json();
    let all = all["collections"].as_array().unwrap();
    let named: BTreeSet<&str> =
        xml.split("typename='").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
    let there: BTreeSet<&str> = all.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(named, there);
    assert_eq!(values(xml, "source").len(), all.len() + 1, "and the tiles");
    assert!(values(xml, "name").contains(&"Responsibility zones"));
    for source in values(xml, "source") {
        let there = ["http://maps.example/ogc?lang=en", "http://maps.example/tiles/city/%7Bz%7D/"];
        assert!(there.iter().any(|place| source.contains(place)), "{source}");
    }
    // Every zone has its colour, and each of the eight is that of tiles.
    let atlas = world.app.atlas(&world.city).unwrap();
    let mut coloured: Vec<&str> = xml
        .split("<val type=\"string\" value=\"")
        .skip(1)
        .filter_map(|v| v.split('"').next())
        .collect();
    let mut zones: Vec<&str> = atlas.zones().iter().map(|zone| zone.id.as_str()).collect();
    zones.sort_unstable();
    coloured.sort_unstable();
    assert_eq!(coloured, zones);
    for hue in ["5b8def", "2bb39a", "f0a94a", "d977c4", "8fb948", "e77f6c", "8d7fe8", "49b4d6"] {
        assert!(xml.contains(&format!("#4d{hue}")), "{hue}");
    }
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    assert!(!xml.contains("typename='incidents'"));
    let answer = world.client.get_as(&key, DEFINITION).await;
    assert!(answer.text().contains("typename='incidents'"));
    let zh = world.client.get(&format!("{DEFINITION}?lang=zh")).await;
    assert!(values(zh.text(), "name").contains(&"责任区"));
}

#[tokio::test]
async fn the_project_for_qgis_has_the_same_layers_in_groups_of_the_language() {
    let world = World::new().await;
    let landing = world.client.get("/ogc?lang=en").await.json();
    let links = landing["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["type"] == "application/x-qgis-project").unwrap();
    assert_eq!(
        (&link["rel"], &link["href"]),
        (&"related".into(), &format!("{PROJECT}?lang=en").into())
    );
    let answer = world.client.get(&format!("{PROJECT}?lang=en")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-qgis-project");
    assert!(answer.header("content-disposition").contains("zonewarden.qgs"));
    let xml = answer.text();
    well_formed(xml);
    let layers = world.client.get(&format!("{DEFINITION}?lang=en")).await;
    let within = |xml: &str, tag: &str| -> Vec<String> {
        let (begin, end) = (format!("<{tag} "), format!("</{tag}>"));
        xml.split(&begin).skip(1).map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
    };
    assert_eq!(within(xml, "maplayer"), within(layers.text(), "maplayer"));
    assert_eq!(within(xml, "layer-tree-layer"), within(layers.text(), "layer-tree-layer"));
    let groups = |xml: &str| -> Vec<String> {
        let tags = within(xml, "layer-tree-group");
        tags.iter().map(|tag| tag.split('"').nth(1).unwrap().to_owned()).collect()
    };
    let all = ["Units and places", "Streets and others", "Zones", "Areas", "Background"];
    assert_eq!(groups(xml), all);
    let zh = world.client.get(&format!("{PROJECT}?lang=zh")).await;
    assert_eq!(
        groups(zh.text()),
        ["单位与点状设施", "街道与其他设施", "责任区划", "面状设施", "底图"]
    );
    let key = world.key(Role::Dispatcher, &UnitId::new("x").unwrap()).await;
    let seen = world.client.get_as(&key, &format!("{PROJECT}?lang=en")).await;
    assert_eq!(groups(seen.text())[0], "Incidents");
    let wrong = world.client.get(&format!("{PROJECT}?datum=x")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{}", wrong.text());
}

#[tokio::test]
async fn qgis_reads_features_and_draws_the_layers_and_the_project_that_we_define() {
    let Some(python) = python("ZONEWARDEN_TEST_QGIS", "REQUIRE_QGIS") else { return };
    let served = Served::start().await;
    let folder = tempfile::tempdir().unwrap();
    let host = served.root.trim_start_matches("http://");
    let mut files = Vec::new();
    for place in [DEFINITION, PROJECT] {
        let file = folder.path().join(place.rsplit('/').next().unwrap());
        let mut asked =
            request(Method::GET, &format!("{place}?lang=en"), None, axum::body::Body::empty());
        asked.headers_mut().insert("host", host.parse().unwrap());
        std::fs::write(&file, served.world.client.ask(asked).await.bytes).unwrap();
        files.push(file.display().to_string());
    }
    let root = format!("{}/ogc", served.root);
    let told = told(&python, "project.py", &[&root, &files[0], &files[1]]).await;
    assert_eq!(told["valid"], serde_json::json!([true, true, false]), "{told}");
    let fields = texts(&told["fields"]);
    for name in ["code", "number", "name_zh", "lead", "effective_from"] {
        assert!(fields.iter().any(|field| field == name), "{name}: {fields:?}");
    }
    assert_eq!(texts(&told["zones"]), served.ids("/ogc/collections/zones/items").await);
    let bbox = BOX.map(|side| side.to_string()).join(",");
    let path = format!("/ogc/collections/schools/items?bbox={bbox}&limit=10000");
    assert_eq!(texts(&told["within"]), served.ids(&path).await);
    assert_eq!(told["loaded"][0], true, "{told}");
    let drawn = told["drawn"].as_object().unwrap();
    assert_eq!(drawn.len(), served.collections().await.len() + 1, "{drawn:?}");
    for (name, layer) in drawn {
        assert_eq!(layer[0], true, "{name}: {layer}");
        assert!(layer[1].as_str().unwrap().contains(host), "{name}: {layer}");
    }
    assert_eq!(drawn["Responsibility zones"][2], "categorizedSymbol");
    assert_eq!(drawn["City (vector tiles)"][2], "basic");
    assert_eq!(texts(&told["labelled"]), ["Responsibility zones"]);
    assert!(told["colours"].as_u64() > Some(8), "the zones, their edges and nothing: {told}");
    let shown = texts(&told["shown"]);
    assert!(shown.iter().any(|name| name == "School"), "{shown:?}");
    assert!(shown.iter().all(|name| name != "City (vector tiles)"), "{shown:?}");
    opened(&told, served.collections().await.len() + 1);
}

/// The project opens with every layer valid, in its groups, in the system of web maps, with the city in sight.
fn opened(told: &serde_json::Value, layers: usize) {
    let project = &told["project"];
    assert_eq!(project["opened"][0], true, "{project}");
    assert_eq!(project["crs"], "EPSG:3857");
    assert_eq!(project["view_crs"], "EPSG:3857");
    let view: Vec<f64> =
        project["view"].as_array().unwrap().iter().map(|side| side.as_f64().unwrap()).collect();
    // The middle of the city, 109.484 E 36.585 N.
    let (x, y) = (12_187_703.0, 4_381_421.0);
    assert!(view[0] < x && x < view[2] && view[1] < y && y < view[3], "{view:?}");
    assert!(view[2] - view[0] < 40_000.0, "{view:?}");
    let drawn = project["drawn"].as_object().unwrap();
    assert_eq!(drawn.len(), layers, "{drawn:?}");
    assert!(drawn.values().all(|layer| layer[0] == true), "{drawn:?}");
    let sources = |of: &serde_json::Value| -> BTreeSet<String> {
        of.as_object().unwrap().values().map(|layer| layer[1].to_string()).collect()
    };
    assert_eq!(sources(&project["drawn"]), sources(&told["drawn"]));
    assert_eq!(drawn["Responsibility zones"][2], "categorizedSymbol");
    assert_eq!(texts(&project["labelled"]), ["Responsibility zones"]);
    assert_eq!(texts(&project["shown"]), texts(&told["shown"]));
    assert_eq!(texts(&project["groups"]["Zones"]), ["Responsibility zones"]);
    assert_eq!(texts(&project["groups"]["Background"]), ["City (vector tiles)"]);
}
