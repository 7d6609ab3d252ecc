//! What we write opens in GDAL, and what GDAL writes is read.

use std::path::Path;
use std::process::Command;

use zonewarden::app::transfer::{Format, Kind};
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
        for (format, ending) in
            [(Format::GeoJson, "geojson"), (Format::GeoPackage, "gpkg"), (Format::Shapefile, "zip")]
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
    for (file, format) in [(package, Format::GeoPackage), (archive, Format::Shapefile)] {
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
