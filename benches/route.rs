//! `zonewarden route` of ten million rows, against the `csv` crate merely reading the same file.
//!
//! `ZONEWARDEN_BENCH_ZONES` names a GeoJSON file of zones and `ZONEWARDEN_BENCH_ZONE_ID` its
//! property (`precinct` unless said); without it the demonstration city's zones are taken.
//! `ZONEWARDEN_BENCH_ROWS` makes the file smaller. Fails when a target is missed.

#![expect(clippy::print_stdout, reason = "a bench talks to a person")]
#![expect(clippy::unwrap_used, reason = "a bench may fail loudly")]

#[path = "bed/median.rs"]
mod median;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use geo_types::Geometry;
use median::median;
use zonewarden::domain::sample;
use zonewarden::formats::geojson;
use zonewarden::formats::layer::{Feature, Layer};
use zonewarden::geom::crs::Crs;

/// At most so many times the wall time that the `csv` crate needs to read the file.
const RATIO_MAX: f64 = 3.0;
/// At most so much more memory (KB) for ten times the rows.
const GROWTH_KB_MAX: u64 = 16 << 10;
const ROUNDS: usize = 3;

fn main() {
    let rows: u64 =
        std::env::var("ZONEWARDEN_BENCH_ROWS").map_or(10_000_000, |rows| rows.parse().unwrap());
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-route");
    std::fs::create_dir_all(&cache).unwrap();
    let (zones, field) = zones(&cache);
    let frame = frame(&zones);
    let points = points_file(&cache, rows, frame);
    let few = points_file(&cache, rows / 10, frame);
    let (mut reads, mut routes, mut peak_kb) = (Vec::new(), Vec::new(), 0);
    for round in 1..=ROUNDS {
        let read = baseline(&points);
        let (route, kb) = route(&points, &zones, &field, &cache);
        println!("round {round}: csv crate {read:.2} s, route {route:.2} s, peak {kb} KB");
        reads.push(read);
        routes.push(route);
        peak_kb = peak_kb.max(kb);
    }
    let (_, few_kb) = route(&few, &zones, &field, &cache);
    let ratio = median(routes) / median(reads);
    println!(
        "{rows} rows: route takes {ratio:.2} times the csv crate's reading (at most {RATIO_MAX})"
    );
    println!("peak memory: {few_kb} KB for {} rows, {peak_kb} KB for {rows}", rows / 10);
    assert!(ratio <= RATIO_MAX, "too slow");
    assert!(peak_kb <= few_kb + GROWTH_KB_MAX, "memory grows with the file");
}

/// The zones' file and the property that names them.
fn zones(cache: &Path) -> (PathBuf, String) {
    if let Ok(path) = std::env::var("ZONEWARDEN_BENCH_ZONES") {
        let field = std::env::var("ZONEWARDEN_BENCH_ZONE_ID");
        return (path.into(), field.unwrap_or_else(|_| "precinct".to_owned()));
    }
    let city = sample::city(&sample::Recipe::default());
    let features = city.zones.iter().map(|zone| Feature {
        geometry: Some(Geometry::MultiPolygon(zone.area.clone())),
        fields: [("code".to_owned(), zone.id.as_str().into())].into(),
        ..Feature::default()
    });
    let layer = Layer { crs: Some(Crs::Wgs84), features: features.collect(), ..Layer::default() };
    let path = cache.join("zones.geojson");
    std::fs::write(&path, geojson::write(&layer)).unwrap();
    (path, "code".to_owned())
}

/// West, south, east, north.
fn frame(zones: &Path) -> [f64; 4] {
    use geo::CoordsIter;
    let reading = geojson::read(&std::fs::read(zones).unwrap());
    let mut frame = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    let shapes = reading.layer.features.iter().filter_map(|f| f.geometry.as_ref());
    for c in shapes.flat_map(CoordsIter::coords_iter) {
        frame = [frame[0].min(c.x), frame[1].min(c.y), frame[2].max(c.x), frame[3].max(c.y)];
    }
    frame
}

/// Rows `id,lon,lat,what` uniformly over the frame, seven decimals, always the same.
fn points_file(cache: &Path, rows: u64, frame: [f64; 4]) -> PathBuf {
    let [west, south, east, north] = frame;
    let path = cache.join(format!("points-{rows}-{west:.3}-{south:.3}.csv"));
    if path.exists() {
        return path;
    }
    let draft = path.with_extension("part");
    let mut out = BufWriter::new(File::create(&draft).unwrap());
    writeln!(out, "id,lon,lat,what").unwrap();
    let mut state = 1_u64;
    let mut dice = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let fraction = ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        fraction
    };
    for id in 0..rows {
        let (lon, lat) = (west + dice() * (east - west), south + dice() * (north - south));
        writeln!(out, "{id},{lon:.7},{lat:.7},noise").unwrap();
    }
    out.flush().unwrap();
    std::fs::rename(&draft, &path).unwrap();
    path
}

/// Seconds that the `csv` crate needs to read the file and parse two doubles a row, one thread.
fn baseline(points: &Path) -> f64 {
    let watch = Instant::now();
    let mut reader = csv::ReaderBuilder::new().from_path(points).unwrap();
    let mut record = csv::ByteRecord::new();
    let mut sum = 0.0;
    while reader.read_byte_record(&mut record).unwrap() {
        let number =
            |at: usize| -> f64 { std::str::from_utf8(&record[at]).unwrap().parse().unwrap() };
        sum += number(1) + number(2);
    }
    assert!(std::hint::black_box(sum).is_finite());
    watch.elapsed().as_secs_f64()
}

/// Seconds and peak resident memory (KB) of the command.
fn route(points: &Path, zones: &Path, field: &str, cache: &Path) -> (f64, u64) {
    let out = cache.join("out.csv");
    let watch = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_zonewarden"))
        .arg("route")
        .arg(points)
        .args(["--zone-id", field, "--quiet", "--zones"])
        .arg(zones)
        .arg("-o")
        .arg(&out)
        // Ours are no settings of the service, which refuses what it does not know.
        .env_remove("ZONEWARDEN_BENCH_ZONES")
        .env_remove("ZONEWARDEN_BENCH_ZONE_ID")
        .env_remove("ZONEWARDEN_BENCH_ROWS")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak_kb = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        peak_kb = peak_kb.max(peak(child.id()));
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    let seconds = watch.elapsed().as_secs_f64();
    assert!(status.success(), "route failed: {status}");
    std::fs::remove_file(&out).unwrap();
    (seconds, peak_kb)
}

/// The high-water mark that Linux keeps; 0 elsewhere or when the process is gone.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
