//! What GDAL saved of our maps, and of a store's own file, comes back as the same things.

use std::path::Path;
use std::sync::Arc;

use zonewarden::app::seed;
use zonewarden::app::state::App;
use zonewarden::app::transfer::import::{Import, Outcome, import};
use zonewarden::app::transfer::settings::Settings;
use zonewarden::app::transfer::{Format, Kind};
use zonewarden::domain::accounts::Caller;
use zonewarden::http::limits::Limits;
use zonewarden::store::open::{Migrate, Place, open};

use super::Served;
use super::gdal::{ogr, programs};
use crate::world::{World, demonstration};

/// What an import of a file into the demonstration city comes to.
async fn taken(app: &App, kind: Kind, file: &Path) -> Outcome {
    let ask = Import {
        kind,
        format: Format::GeoPackage,
        layer: None,
        crs: None,
        id: None,
        lead: None,
        make_units: false,
        settings: Settings::default(),
        replace: false,
        dry_run: false,
        note: String::new(),
        seen: None,
    };
    let bytes = Arc::from(std::fs::read(file).unwrap());
    let city = demonstration().city.id;
    import(app, &Caller::cli(), Some(city.as_str()), bytes, &ask).await.unwrap()
}

/// Asserts that a file holds what there is, so many things of it.
async fn is_the_same(app: &App, (kind, layer): (Kind, &str), file: &Path, count: usize) {
    let outcome = taken(app, kind, file).await;
    let words: Vec<String> = outcome.findings.iter().map(ToString::to_string).collect();
    assert!(!outcome.refused(), "{layer}: {words:#?}");
    let tally = outcome.tally;
    assert_eq!((tally.added, tally.changed, tally.same), (0, 0, count), "{layer}");
    assert_eq!((outcome.rows, outcome.committed), (count, None), "{layer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_collection_that_gdal_saves_is_imported_as_what_it_was() {
    if !programs() {
        return;
    }
    let served = Served::start().await;
    let source = format!("OAPIF:{}/ogc", served.root);
    let folder = tempfile::tempdir().unwrap();
    for (layer, kind) in [
        ("zones", Kind::Zones),
        ("units", Kind::Units),
        ("schools", Kind::Facilities),
        ("restaurants", Kind::Facilities),
        ("streets", Kind::Facilities),
        ("communities", Kind::Facilities),
        // They have a fact that is called like a column of ours.
        ("components", Kind::Facilities),
    ] {
        let file = folder.path().join(format!("{layer}.gpkg"));
        let named = file.display().to_string();
        ogr("ogr2ogr", &["-f", "GPKG", &named, &source, layer]).await;
        let path = format!("/ogc/collections/{layer}/items?limit=10000");
        let count = served.ids(&path).await.len();
        is_the_same(&served.world.app, (kind, layer), &file, count).await;
    }
    // As QGIS saves areas: all of several parts.
    let file = folder.path().join("parts.gpkg");
    let named = file.display().to_string();
    let parts = ["-f", "GPKG", "-nlt", "PROMOTE_TO_MULTI", &named, &source, "communities"];
    ogr("ogr2ogr", &parts).await;
    let count = served.ids("/ogc/collections/communities/items?limit=10000").await.len();
    is_the_same(&served.world.app, (Kind::Facilities, "parts"), &file, count).await;
}

#[tokio::test]
async fn what_gdal_saves_of_a_store_s_file_is_imported_as_what_it_was() {
    if !programs() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("city.gpkg");
    let store = open(&Place::File(own.clone()), Migrate::Apply).await.unwrap();
    let world = World::over(store, Limits::default());
    seed::found(&world.app, demonstration()).await.unwrap();
    let held = demonstration();
    for (table, kind, count) in [
        ("zone_in_force", Kind::Zones, held.zones.len()),
        ("unit", Kind::Units, held.units.len()),
        ("facility", Kind::Facilities, held.facilities.len()),
    ] {
        let file = folder.path().join(format!("{table}-saved.gpkg"));
        let (from, to) = (own.display().to_string(), file.display().to_string());
        ogr("ogr2ogr", &["-f", "GPKG", &to, &from, table]).await;
        is_the_same(&world.app, (kind, table), &file, count).await;
    }
}
