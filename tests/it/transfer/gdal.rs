//! What we write opens in GDAL, and what GDAL writes is read.

use std::path::Path;
use std::process::Command;

use zonewarden::app::transfer::export::layer;
use zonewarden::app::transfer::{Format, Kind, file};
use zonewarden::domain::atlas::zone::Zone;
use zonewarden::formats::layer::Layer;
use zonewarden::geom::coord::GridPoint;
use zonewarden::geom::crs::Crs;

use super::{World, ask, words};

/// Whether GDAL's programs are there; says so loudly when not, and fails where they must be.
fn gdal() -> bool {
    let there = Command::new("ogrinfo").arg("--version").output().is_ok();
    if !there {
        assert!(std::env::var("REQUIRE_GDAL").is_err(), "REQUIRE_GDAL is set, ogrinfo is missing");
        eprintln!("SKIPPED: ogrinfo (gdal-bin) is not installed");
    }
    there
}

fn run(program: &str, args: &[&str]) -> String {
    let out = Command::new(program).args(args).output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{program} {args:?}: {text}");
    text
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[tokio::test]
async fn gdal_opens_every_layer_that_we_write_and_counts_the_same() {
    if !gdal() {
        return;
    }
    let (world, city) = World::sample().await;
    let folder = tempfile::tempdir().unwrap();
    let state = world.app.store().load(&city).await.unwrap().unwrap();
    for (kind, count) in [(Kind::Zones, state.zones.len()), (Kind::Units, state.units.len())] {
        for (format, ending) in [
            Format::GeoJson,
            Format::GeoPackage,
            Format::Shapefile,
            Format::Kml,
            Format::FlatGeobuf,
        ]
        .map(|format| (format, format.ending()))
        {
            let bytes = world.export(&city, kind, format, Crs::Wgs84).await;
            let file = path(folder.path(), &format!("{}.{ending}", kind.code()));
            std::fs::write(&file, bytes).unwrap();
            let source = if ending == "zip" { format!("/vsizip/{file}") } else { file };
            let text = run("ogrinfo", &["-ro", "-so", "-al", &source]);
            assert!(text.contains(&format!("Feature Count: {count}\n")), "{text}");
            assert!(text.contains("WGS 84") || text.contains("WGS_1984"), "{text}");
            assert!(!text.contains("Warning") && !text.contains("ERROR"), "{text}");
        }
    }
}

#[tokio::test]
async fn what_gdal_writes_is_imported_as_the_same_zones() {
    if !gdal() {
        return;
    }
    let (world, city) = World::sample().await;
    let folder = tempfile::tempdir().unwrap();
    let source = path(folder.path(), "zones.geojson");
    let bytes = world.export(&city, Kind::Zones, Format::GeoJson, Crs::Wgs84).await;
    std::fs::write(&source, bytes).unwrap();
    let package = path(folder.path(), "theirs.gpkg");
    run("ogr2ogr", &["-f", "GPKG", &package, &source]);
    let archive = path(folder.path(), "theirs.shz");
    run("ogr2ogr", &["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", &archive, &source]);
    let flat = path(folder.path(), "theirs.fgb");
    run("ogr2ogr", &["-f", "FlatGeobuf", &flat, &source]);
    for (file, format) in
        [(package, Format::GeoPackage), (archive, Format::Shapefile), (flat, Format::FlatGeobuf)]
    {
        let outcome = world
            .import(city.as_str(), &std::fs::read(&file).unwrap(), &ask(Kind::Zones, format))
            .await;
        assert!(!outcome.refused(), "{file}: {:#?}", words(&outcome));
        let tally = outcome.tally;
        assert_eq!((tally.same, tally.changed, tally.added), (outcome.rows, 0, 0), "{file}");
    }
    let feet = path(folder.path(), "feet.gpkg");
    run("ogr2ogr", &["-f", "GPKG", "-t_srs", "EPSG:3857", &feet, &source]);
    let bytes = std::fs::read(&feet).unwrap();
    let outcome = world.import(city.as_str(), &bytes, &ask(Kind::Zones, Format::GeoPackage)).await;
    assert!(words(&outcome)[0].contains("EPSG:3857"), "{:#?}", words(&outcome));
}

#[tokio::test]
async fn kml_that_gdal_writes_is_imported_as_the_same_areas() {
    if !gdal() {
        return;
    }
    let (world, city) = World::sample().await;
    let before = world.app.store().load(&city).await.unwrap().unwrap().zones;
    let folder = tempfile::tempdir().unwrap();
    let source = path(folder.path(), "zones.geojson");
    let bytes = world.export(&city, Kind::Zones, Format::GeoJson, Crs::Wgs84).await;
    std::fs::write(&source, bytes).unwrap();
    let file = path(folder.path(), "theirs.kml");
    run("ogr2ogr", &["-f", "KML", &file, &source]);
    let bytes = std::fs::read(&file).unwrap();
    let outcome = world.import(city.as_str(), &bytes, &ask(Kind::Zones, Format::Kml)).await;
    assert!(!outcome.refused(), "{:#?}", words(&outcome));
    assert_eq!((outcome.rows, outcome.tally.added), (before.len(), 0));
    let after = world.app.store().load(&city).await.unwrap().unwrap().zones;
    for (was, is) in before.iter().zip(&after) {
        let told = |zone: &Zone| (zone.id.clone(), zone.names.clone(), zone.lead.clone());
        assert_eq!((told(was), &was.area), (told(is), &is.area));
    }
}

#[tokio::test]
async fn gpx_goes_to_gdal_and_back_with_its_places() {
    if !gdal() {
        return;
    }
    let (world, city) = World::sample().await;
    let state = world.app.store().load(&city).await.unwrap().unwrap();
    let mut layer = layer(&state, Kind::Units, Crs::Wgs84);
    layer.features.retain(|feature| feature.geometry.is_some());
    assert!(layer.features.len() > 1);
    let folder = tempfile::tempdir().unwrap();
    let ours = path(folder.path(), "units.gpx");
    std::fs::write(&ours, file::write(&layer, Format::Gpx).unwrap()).unwrap();
    let text = run("ogrinfo", &["-ro", "-so", &ours, "waypoints"]);
    assert!(text.contains(&format!("Feature Count: {}\n", layer.features.len())), "{text}");
    let theirs = path(folder.path(), "theirs.gpx");
    run("ogr2ogr", &["-f", "GPX", &theirs, &ours, "waypoints"]);
    let reading = file::read(&std::fs::read(&theirs).unwrap(), Format::Gpx, None);
    assert!(!reading.refused(), "{:?}", reading.findings);
    let places =
        |layer: &Layer| layer.features.iter().map(|it| it.geometry.clone()).collect::<Vec<_>>();
    assert_eq!(places(&reading.layer), places(&layer));
    for (ours, theirs) in layer.features.iter().zip(&reading.layer.features) {
        assert_eq!(theirs.fields["name"], ours.fields["name_zh"]);
    }
}

#[tokio::test]
async fn gdal_finds_by_our_index_what_lies_in_a_box() {
    if !gdal() {
        return;
    }
    let (world, city) = World::sample().await;
    let state = world.app.store().load(&city).await.unwrap().unwrap();
    let bytes = world.export(&city, Kind::Units, Format::FlatGeobuf, Crs::Wgs84).await;
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "units.fgb");
    std::fs::write(&file, bytes).unwrap();
    for [west, south, east, north] in [[109.47, 36.57, 109.49, 36.59], [109.0, 36.0, 109.1, 36.1]] {
        let within = |seat: GridPoint| {
            let at = seat.degrees();
            (west..=east).contains(&at.lon()) && (south..=north).contains(&at.lat())
        };
        let count =
            state.units.iter().filter_map(|unit| unit.seat).filter(|it| within(*it)).count();
        let frame = [west, south, east, north].map(|side| side.to_string());
        let frame = frame.each_ref().map(String::as_str);
        let args = [&["-ro", "-so", "-al", "-spat"][..], &frame, &[file.as_str()]].concat();
        let text = run("ogrinfo", &args);
        assert!(text.contains(&format!("Feature Count: {count}\n")), "{count}: {text}");
    }
}
