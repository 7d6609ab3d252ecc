//! Clients of other makes, on a real socket.

use std::net::SocketAddr;
use std::process::Command;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use zonewarden::http::{router, server};

use crate::world::World;

/// Whether GDAL's programs are there; says so loudly when not, and fails where they must be.
fn gdal() -> bool {
    let there = Command::new("ogrinfo").arg("--version").output().is_ok();
    if !there {
        assert!(std::env::var("REQUIRE_GDAL").is_err(), "REQUIRE_GDAL is set, ogrinfo is missing");
        eprintln!("SKIPPED: ogrinfo (gdal-bin) is not installed");
    }
    there
}

/// Runs one of GDAL's programs off the threads that answer it.
async fn run(program: &'static str, args: Vec<String>) -> String {
    let ran = move || Command::new(program).args(&args).output().unwrap();
    let out = tokio::task::spawn_blocking(ran).await.unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{program}: {text}");
    text
}

async fn serve(world: &World) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let (routes, web) = (router::router(&world.web), world.web.clone());
    tokio::spawn(server::serve(listener, routes, web, async move {
        let _ = ended.await;
    }));
    (address, end)
}

#[tokio::test]
async fn gdal_reads_every_collection_with_its_type_count_and_filters() {
    if !gdal() {
        return;
    }
    let world = World::new().await;
    let (address, end) = serve(&world).await;
    let source = format!("OAPIF:http://{address}/ogc");
    let args = |more: &[&str]| more.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>();
    let layers = run("ogrinfo", args(&["-ro", "-so", &source])).await;
    for layer in ["zones", "units", "schools", "communities"] {
        assert!(layers.contains(layer), "{layers}");
    }
    let zones = run("ogrinfo", args(&["-ro", "-so", &source, "zones"])).await;
    assert!(zones.contains("Feature Count: 60") && zones.contains("WGS 84"), "{zones}");
    assert!(zones.contains("Geometry: Multi Polygon"), "{zones}");
    for field in ["number: Integer", "name_zh: String", "lead: String", "effective_from: "] {
        assert!(zones.contains(field), "{field}: {zones}");
    }
    let first =
        run("ogrinfo", args(&["-ro", "-al", "-where", "number = 1", &source, "zones"])).await;
    assert!(
        first.contains("number (Integer) = 1") && !first.contains("number (Integer) = 2"),
        "{first}"
    );
    let few = run(
        "ogrinfo",
        args(&["-ro", "-so", "-spat", "109.47", "36.57", "109.50", "36.60", &source, "schools"]),
    )
    .await;
    assert!(few.contains("Feature Count: ") && !few.contains("Feature Count: 502"), "{few}");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("restaurants.gpkg").display().to_string();
    run("ogr2ogr", args(&["-f", "GPKG", &copy, &source, "restaurants"])).await;
    let copied = run("ogrinfo", args(&["-ro", "-so", &copy, "restaurants"])).await;
    let atlas = world.app.atlas(&world.city).unwrap();
    let kind = zonewarden::domain::atlas::facility::FacilityKind::Restaurant;
    let count = atlas.facilities().iter().filter(|facility| facility.kind == kind).count();
    assert!(copied.contains(&format!("Feature Count: {count}")), "{copied}");
    drop(end);
}
