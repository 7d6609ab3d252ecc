//! GDAL: Debian's, by its programs, and the newer one that pyogrio brings.

use std::process::Command;

use serde_json::json;
use zonewarden::formats::urlencoded::encoded;

use super::{BOX, Served, clients, run, texts, told};

/// The query of the box.
fn within() -> String {
    format!("bbox={}&limit=10000", BOX.map(|side| side.to_string()).join(","))
}

/// Whether GDAL's programs are there; says so loudly when not, and fails where they must be.
pub(super) fn programs() -> bool {
    let there = Command::new("ogrinfo").arg("--version").output().is_ok();
    if !there {
        assert!(std::env::var("REQUIRE_GDAL").is_err(), "REQUIRE_GDAL is set, ogrinfo is missing");
        eprintln!("SKIPPED: ogrinfo (gdal-bin) is not installed");
    }
    there
}

pub(super) async fn ogr(program: &str, given: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(given);
    let out = run(command).await;
    let text =
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && !text.contains("ERROR"), "{program} {given:?}: {text}");
    text
}

/// The codes in a listing of features, in the order of texts.
fn listed(text: &str) -> Vec<String> {
    let mut codes: Vec<String> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("code (String) = ").map(str::to_owned))
        .collect();
    codes.sort();
    codes
}

#[tokio::test]
async fn debian_s_gdal_pages_filters_and_gives_the_same_by_way_of_a_geopackage() {
    if !programs() {
        return;
    }
    let served = Served::start().await;
    let source = format!("OAPIF:{}/ogc", served.root);
    let all = served.ids("/ogc/collections/schools/items?limit=10000").await;
    let paged =
        ogr("ogrinfo", &["-ro", "-al", "-geom=NO", "-oo", "PAGE_SIZE=100", &source, "schools"])
            .await;
    assert_eq!(listed(&paged), all);
    let box_of = BOX.map(|side| side.to_string());
    let [west, south, east, north] = box_of.each_ref().map(String::as_str);
    let spat =
        ["-ro", "-al", "-geom=NO", "-spat", west, south, east, north, source.as_str(), "schools"];
    let inside = served.ids(&format!("/ogc/collections/schools/items?{}", within())).await;
    assert!(!inside.is_empty() && inside.len() < all.len());
    assert_eq!(listed(&ogr("ogrinfo", &spat).await), inside);
    let graded =
        ["-ro", "-al", "-geom=NO", "-where", "grade = 'A'", source.as_str(), "restaurants"];
    let best = served.ids("/ogc/collections/restaurants/items?grade=A&limit=10000").await;
    assert!(!best.is_empty());
    assert_eq!(listed(&ogr("ogrinfo", &graded).await), best);

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (package, direct, back) = (path("zones.gpkg"), path("direct.csv"), path("back.csv"));
    ogr("ogr2ogr", &["-f", "GPKG", package.as_str(), source.as_str(), "zones"]).await;
    let text = ["-f", "CSV", "-lco", "GEOMETRY=AS_WKT"];
    ogr("ogr2ogr", &[&text[..], &[direct.as_str(), source.as_str(), "zones"]].concat()).await;
    ogr("ogr2ogr", &[&text[..], &[back.as_str(), package.as_str(), "zones"]].concat()).await;
    let read = |path: &str| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&direct).lines().count(), 61, "a head and sixty zones");
    // Instants are written in another form; everything else is the same text.
    let (direct, back) = (rows(&read(&direct)), rows(&read(&back)));
    assert_eq!(direct, back);
    let metres = path("metres.gpkg");
    ogr("ogr2ogr", &["-f", "GPKG", "-t_srs", "EPSG:3857", &metres, &source, "zones"]).await;
    let metres = ogr("ogrinfo", &["-ro", "-so", &metres, "zones"]).await;
    assert!(metres.contains("Pseudo-Mercator"), "{metres}");
}

/// Every column but the instant, by name.
fn rows(text: &str) -> Vec<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let mut rows: Vec<Vec<(String, String)>> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let mut row: Vec<(String, String)> = names
                .iter()
                .zip(&record)
                .filter(|(name, _)| !["effective_from", "fid", "id"].contains(name))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            row.sort();
            row
        })
        .collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn newer_gdal_reads_types_filters_and_systems_and_keeps_every_bit() {
    let Some(python) = clients() else { return };
    let served = Served::start().await;
    let folder = tempfile::tempdir().unwrap();
    let root = format!("{}/ogc", served.root);
    let told = told(&python, "gdal.py", &[&root, &folder.path().display().to_string()]).await;
    let version = &told["gdal"];
    assert!(version[0] == 3 && version[1].as_u64() >= Some(12), "{version}");
    assert_eq!(texts(&told["layers"]), served.collections().await);
    let schools = served.ids("/ogc/collections/schools/items?limit=10000").await;
    let count = |name: &str| told["counts"][name].as_u64().unwrap();
    assert_eq!((count("zones"), count("schools")), (60, u64::try_from(schools.len()).unwrap()));
    assert_eq!(
        (&told["types"]["zones"], &told["types"]["units"]),
        (&json!("MultiPolygon"), &json!("Point"))
    );
    let fields = &told["fields"];
    assert_eq!((&fields["number"], &fields["name_zh"]), (&json!("int32"), &json!("object")));
    assert!(fields["effective_from"].as_str().unwrap().starts_with("datetime64"), "{fields}");
    assert_eq!(texts(&told["paged"]), schools);
    assert_eq!(texts(&told["at_once"]), schools);
    let same = async |name: &str, path: &str| {
        let ours = served.ids(path).await;
        assert!(!ours.is_empty(), "{name}: nothing to find");
        assert_eq!(texts(&told[name]), ours, "{name}");
    };
    let within = within();
    same("within", &format!("/ogc/collections/schools/items?{within}")).await;
    let best = "/ogc/collections/restaurants/items?grade=A";
    same("graded", &format!("{best}&limit=10000")).await;
    let filter = encoded("code LIKE '%7'");
    same("both", &format!("{best}&{within}&filter={filter}")).await;
    assert_eq!(told["metres"]["crs"], "EPSG:3857");
    let at = |name: &str, n: usize| told[name]["at"][n].as_f64().unwrap();
    let east_m = at("degrees", 0).to_radians() * 6_378_137.0;
    assert!((at("metres", 0) - east_m).abs() < 0.002, "{told}");
    for name in ["zones", "restaurants"] {
        let copied = &told[name];
        assert_eq!(copied["differ"], json!([]), "{name}");
        assert!(
            copied["rows"].as_u64() > Some(50) && copied["rows"] == copied["again"],
            "{copied}"
        );
    }
}
