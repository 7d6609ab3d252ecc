//! Hostile input for the readers of files, forms, streams and requests and the checker of shapes, for
//! as long as one likes.
//!
//! Run by hand: `cargo bench --bench fuzz -- [MINUTES] [SEED]`. First come archives that unpack to
//! huge members, then rounds. Each round makes one input from its number, so that a round that is
//! reported can be run again: `-- 0 SEED` runs that one alone. Damaged `GeoPackage`s and zipped
//! shapefiles are among them, texts that are cut into rows as they come, which must be the same rows
//! in whatever pieces, and requests to a service in memory. `-- verdicts N` prints N shapes with our
//! verdict, `t` or `f`, before their well-known text, to be held against another library. Ends with 1
//! when a reader panicked, contradicted itself, or took longer than [`ROUND_MAX_S`].

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

mod dice;
mod streams;
mod forms;
mod service;

use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use geo::CoordsIter;
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};
use zonewarden::domain::time::Calendar;
use zonewarden::formats::fixed::Degrees;
use zonewarden::formats::layer::{BYTES_MAX as FILE_BYTES_MAX, Findings, Layer, Reading};
use zonewarden::formats::nouns::{Mapping, facilities, rules, units, zones};
use zonewarden::formats::{
    calendar, cell, csv, fixed, flatgeobuf, geojson, gpx, kml, limits, parcel, shapefile, wkb, wkt,
};
use zonewarden::geom::coord::step;
use zonewarden::geom::measure::on_grid;
use zonewarden::geom::validity::{FAULTS_MAX, faults};
use zonewarden::store::sqlite_exchange as geopackage;

use crate::dice::{Dice, damage, mutated};

/// Longest a round may take.
const ROUND_MAX_S: f64 = 10.0;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let number = |at: usize| args.get(at).and_then(|arg| arg.parse::<u64>().ok());
    if args.first().is_some_and(|arg| arg == "verdicts") {
        verdicts(number(1).unwrap_or(1_000));
        return ExitCode::SUCCESS;
    }
    let minutes = number(0).unwrap_or(1);
    let first = number(1).unwrap_or(1);
    let until = Instant::now() + Duration::from_secs(minutes * 60);
    let (mut rounds, mut failed, mut slowest_s) = (0_u64, 0_u64, 0.0_f64);
    if minutes > 0
        && let (Some(fault), _) = held(bombs)
    {
        failed += 1;
        println!("bombs: {fault}");
    }
    for seed in first.. {
        let (fault, took_s) = held(|| round(seed));
        slowest_s = slowest_s.max(took_s);
        rounds += 1;
        if let Some(fault) = fault {
            failed += 1;
            println!("seed {seed}: {fault}");
        }
        if Instant::now() >= until || failed >= 100 {
            break;
        }
    }
    println!("{rounds} rounds from seed {first}, {failed} failed, slowest {slowest_s:.2} s");
    ExitCode::from(u8::from(failed > 0))
}

/// What is wrong with how `work` went, and how long (s) it took.
fn held(work: impl FnOnce() -> Result<(), String>) -> (Option<String>, f64) {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(work));
    let took_s = start.elapsed().as_secs_f64();
    let fault = match outcome {
        Err(_) => Some("panicked".to_owned()),
        Ok(Err(fault)) => Some(fault),
        Ok(Ok(())) if took_s > ROUND_MAX_S => Some(format!("took {took_s:.1} s")),
        Ok(Ok(())) => None,
    };
    (fault, took_s)
}

fn round(seed: u64) -> Result<(), String> {
    let dice = &mut Dice(seed);
    match dice.below(30) {
        0..=2 => shapes(dice),
        13 | 14 => streams::tables(dice),
        15 => streams::collections(dice),
        16 => streams::batches(dice),
        17 => forms::urlencoded(dice),
        18 => forms::multipart(dice),
        19 => forms::markup(dice),
        20 => forms::pictures(dice),
        21..=23 => service::asked(dice),
        3 => texts(dice),
        4 => {
            let text = mutated(dice, GEOJSON);
            layers(&geojson::read(&text), &|layer| Ok(geojson::write(layer)), &geojson::read)
        }
        5 => {
            let text = mutated(dice, CSV);
            layers(&csv::read(&text), &|layer| Ok(csv::write(layer)), &csv::read)
        }
        6 => blobs(dice),
        7 => numbers(dice),
        24 => {
            let text = mutated(dice, KML);
            layers(&kml::read(&text), &kml::write, &kml::read)
        }
        25 => {
            let text = mutated(dice, GPX);
            layers(&gpx::read(&text), &gpx::write, &gpx::read)
        }
        26..=28 => {
            let mut bytes = FLATGEOBUF.clone();
            damage(dice, &mut bytes);
            layers(&flatgeobuf::read(&bytes), &flatgeobuf::write, &flatgeobuf::read)
        }
        29 => parcels(dice),
        12 => calendars(dice),
        8 | 9 => {
            let bytes = geopackages(dice);
            let read = |bytes: &[u8]| geopackage::read(bytes, None);
            layers(&read(&bytes), &geopackage::write, &read)
        }
        _ => layers(&shapefile::read(&archives(dice)), &shapefile::write, &shapefile::read),
    }
}

/// What must hold of whatever a reader made of a file: its shapes can be checked, its rows made
/// into nouns, and a layer without a fault that can be written at all is read again.
fn layers(
    reading: &Reading,
    write: &dyn Fn(&Layer) -> Result<Vec<u8>, String>,
    read: &dyn Fn(&[u8]) -> Reading,
) -> Result<(), String> {
    let layer = &reading.layer;
    for geometry in layer.features.iter().filter_map(|feature| feature.geometry.as_ref()) {
        let _ = faults(geometry);
    }
    let mapping = Mapping::default();
    let _ = zones::from_layer(layer, &mapping);
    let _ = units::from_layer(layer, &mapping);
    let _ = facilities::from_layer(layer, &mapping);
    let _ = rules::from_layer(layer, &mapping);
    // A table without a column that has a name cannot be written as one.
    let bare = layer.features.iter().all(|row| {
        let named = |name: &String| !name.is_empty() && name.parse::<f64>().is_err();
        row.geometry.is_none() && !row.fields.keys().any(named)
    });
    match write(layer).map(|bytes| read(&bytes)) {
        Ok(again) if !reading.refused() && !bare => {
            let (was, is) = (layer.features.len(), again.layer.features.len());
            if again.refused() || was != is {
                let first = again.findings.first();
                return Err(format!("{was} rows of {layer:?} read as {is}: {first:?}"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What must hold of any shape's faults.
fn shapes(dice: &mut Dice) -> Result<(), String> {
    let shape = shape(dice);
    let found = faults(&shape);
    if found.len() > FAULTS_MAX + 2 {
        return Err(format!("{} faults", found.len()));
    }
    // Neither the turn of the rings nor the order of the parts changes the verdict.
    let turned = turned(&shape);
    if faults(&turned).is_empty() != found.is_empty() {
        return Err(format!("turned, the verdict turns: {}", wkt::write(&shape)));
    }
    let read = wkt::read(&wkt::write(&shape)).map_err(|fault| fault.to_string())?;
    let finite = shape.coords_iter().all(|at| at.x.is_finite() && at.y.is_finite());
    // A ring that ends at no number does not end where it begins, and is closed again by every
    // reader: only the verdict can be the same.
    let same = if finite { faults(&read) == found } else { !faults(&read).is_empty() };
    if !same {
        return Err(format!("written and read, the faults change: {}", wkt::write(&shape)));
    }
    let rounded = on_grid(&shape);
    if on_grid(&rounded) != rounded && found.is_empty() {
        return Err(format!("rounding twice is not rounding once: {}", wkt::write(&shape)));
    }
    let _ = faults(&rounded);
    Ok(())
}

fn turned(shape: &Geometry<f64>) -> Geometry<f64> {
    let turn = |ring: &LineString<f64>| LineString(ring.0.iter().rev().copied().collect());
    let polygon = |one: &Polygon<f64>| {
        Polygon::new(turn(one.exterior()), one.interiors().iter().rev().map(turn).collect())
    };
    match shape {
        Geometry::Polygon(one) => polygon(one).into(),
        Geometry::MultiPolygon(all) => {
            MultiPolygon(all.0.iter().rev().map(polygon).collect::<Vec<_>>()).into()
        }
        other => other.clone(),
    }
}

/// Polygons on few places, so that everything that can coincide does, now and then with odd
/// numbers.
fn shape(dice: &mut Dice) -> Geometry<f64> {
    let side = *dice.pick(&[4, 6, 9, 40, 100_000]);
    let odd = dice.below(12) == 0;
    let polygons: Vec<Polygon<f64>> = (0..=dice.below(3))
        .map(|_| {
            let rings: Vec<_> = (0..=dice.below(4)).map(|_| ring(dice, side, odd)).collect();
            let mut rings = rings.into_iter();
            let exterior = rings.next().unwrap_or_else(|| LineString(vec![]));
            Polygon::new(exterior, rings.collect())
        })
        .collect();
    if let [one] = polygons.as_slice() { one.clone().into() } else { MultiPolygon(polygons).into() }
}

fn ring(dice: &mut Dice, side: u32, odd: bool) -> LineString<f64> {
    const ODD: [f64; 9] =
        [f64::NAN, f64::INFINITY, 1e308, -1e99, 5e-324, -0.0, 0.1, 1e-200, 179.999_999_99];
    let corner = |dice: &mut Dice| (dice.small(side), dice.small(side));
    let mut coords: Vec<Coord<f64>> = match dice.below(3) {
        // A box: the usual valid ring.
        0 => {
            let ((a, b), (w, h)) = (corner(dice), corner(dice));
            let (w, h) = (w / 2.0 + 1.0, h / 2.0 + 1.0);
            [(a, b), (a + w, b), (a + w, b + h), (a, b + h)].map(Coord::from).into()
        }
        // A star about a place: valid more often than not.
        1 => {
            let (x, y) = corner(dice);
            let n = 3 + dice.below(8);
            let mut spots: Vec<(f64, Coord<f64>)> = (0..n)
                .map(|_| {
                    let (dx, dy) = (dice.small(side) - x, dice.small(side) - y);
                    (dy.atan2(dx), Coord { x: x + dx, y: y + dy })
                })
                .collect();
            spots.sort_by(|a, b| a.0.total_cmp(&b.0));
            spots.into_iter().map(|(_, c)| c).collect()
        }
        _ => (0..dice.below(9)).map(|_| corner(dice).into()).collect(),
    };
    if odd && !coords.is_empty() {
        let at = dice.below(coords.len());
        coords[at].x = *dice.pick(&ODD);
    }
    let mut ring = LineString(coords);
    ring.close();
    ring
}

fn texts(dice: &mut Dice) -> Result<(), String> {
    let text = mutated(dice, WKT);
    let Ok(text) = std::str::from_utf8(&text) else { return Ok(()) };
    let _ = wkt::split_srid(text);
    let _ = cell::decode(text);
    if let Ok(shape) = wkt::read(text) {
        let written = wkt::write(&shape);
        let again = wkt::read(&written).map(|again| wkt::write(&again));
        if again.as_ref() != Ok(&written) {
            return Err(format!("{written} reads as {again:?}"));
        }
        let _ = faults(&shape);
    }
    Ok(())
}

fn blobs(dice: &mut Dice) -> Result<(), String> {
    let shape = shape(dice);
    let plain =
        if dice.below(2) == 0 { wkb::write_wkb(&shape) } else { wkb::write_gpkg(&shape, 4326) };
    let blob = mutated(dice, &[&plain]);
    for read in [wkb::read_wkb(&blob), wkb::read_gpkg(&blob)].into_iter().flatten() {
        if let Some(geometry) = read.geometry {
            let _ = faults(&geometry);
            wkb::read_wkb(&wkb::write_wkb(&geometry)).map_err(|fault| format!("{fault:?}"))?;
        }
    }
    let _ = wkb::gpkg_envelope(&blob);
    Ok(())
}

/// Numbers and degrees must be what the standard library reads, and nothing else may be one.
fn numbers(dice: &mut Dice) -> Result<(), String> {
    let value = f64::from_bits(dice.next());
    let text = match dice.below(4) {
        0 => format!("{value}"),
        1 => format!("{value:e}"),
        2 => format!("{:.*}", dice.below(18), dice.small(360_000) / 1_000.0 - 180.0),
        _ => String::from_utf8_lossy(&mutated(dice, &[b"109.4843328", b"-1e-3", b"+.5"])).into(),
    };
    let (ours, theirs) = (fixed::number(text.as_bytes()), text.trim_ascii().parse::<f64>().ok());
    // Every number that is none is alike.
    let bits =
        |value: Option<f64>| value.map(|it| if it.is_nan() { f64::NAN } else { it }.to_bits());
    if bits(ours) != bits(theirs) {
        return Err(format!("`{text}` is {theirs:?}, read as {ours:?}"));
    }
    let degrees = fixed::degrees(text.as_bytes());
    let right = match (degrees, theirs) {
        (Degrees::Steps(steps), Some(value)) => value.abs() <= 180.0 && steps == step(value),
        (Degrees::Beyond(_), Some(value)) => value.is_nan() || value.abs() > 180.0,
        (Degrees::Not, None) => true,
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("`{text}` is {theirs:?}, in degrees {degrees:?}")) }
}

/// Features of every kind, as a file of each format holds them.
static LAYER: LazyLock<Layer> = LazyLock::new(|| {
    let read = geojson::read(LAYER_GEOJSON);
    assert!(!read.refused(), "{:?}", read.findings);
    read.layer
});
static GEOPACKAGE: LazyLock<Vec<u8>> =
    LazyLock::new(|| geopackage::write(&LAYER).unwrap_or_default());
static FLATGEOBUF: LazyLock<Vec<u8>> =
    LazyLock::new(|| flatgeobuf::write(&LAYER).unwrap_or_default());
static ARCHIVE: LazyLock<Vec<u8>> = LazyLock::new(|| shapefile::write(&LAYER).unwrap_or_default());
static MEMBERS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(&*ARCHIVE)) else { return Vec::new() };
    let mut member = |i: usize| {
        let mut entry = archive.by_index(i).ok()?;
        let (name, mut bytes) = (entry.name().ok()?.into_owned(), Vec::new());
        entry.read_to_end(&mut bytes).ok()?;
        Some((name, bytes))
    };
    (0..64).map_while(&mut member).collect()
});

const LAYER_GEOJSON: &[u8] = br#"{"type":"FeatureCollection","name":"x","features":[
{"type":"Feature","geometry":{"type":"Point","coordinates":[109.4,36.5]},"properties":{"id":"a","name":"\u4e00","n":1,"f":0.5,"list":[1],"kind":"school","lead":"u"}},
{"type":"Feature","geometry":null,"properties":{"id":"b","n":null}},
{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[109.4,36.5],[109.5,36.6]]},"properties":{"id":"c","n":7}},
{"type":"Feature","geometry":{"type":"LineString","coordinates":[[109.4,36.5],[109.5,36.6]]},"properties":{"id":"d","n":"x"}},
{"type":"Feature","geometry":{"type":"MultiLineString","coordinates":[[[109.4,36.5],[109.5,36.6]],[[109.1,36.5],[109.2,36.6]]]},"properties":{"id":"e"}},
{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[109.1,36.1],[109.2,36.1],[109.2,36.2],[109.1,36.1]],[[109.17,36.12],[109.18,36.12],[109.18,36.13],[109.17,36.12]]]},"properties":{"id":"f","unit":"u","number":3}},
{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[109.1,36.1],[109.2,36.1],[109.2,36.2],[109.1,36.1]]],[[[110.1,36.1],[110.2,36.1],[110.2,36.2],[110.1,36.1]]]]},"properties":{"id":"g","lead":"u"}}]}"#;

/// A GeoPackage that is damaged.
fn geopackages(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = GEOPACKAGE.clone();
    damage(dice, &mut bytes);
    bytes
}

/// A zipped shapefile that is damaged: the archive itself, or what is in it.
fn archives(dice: &mut Dice) -> Vec<u8> {
    if dice.below(3) == 0 {
        let mut bytes = ARCHIVE.clone();
        damage(dice, &mut bytes);
        return bytes;
    }
    let mut members = MEMBERS.clone();
    for _ in 0..=dice.below(3) {
        let (at, other) = (dice.below(members.len()), dice.below(members.len()));
        match dice.below(8) {
            0 if members.len() > 1 => {
                members.remove(at);
            }
            1 => {
                let bytes = members[other].1.clone();
                members[at].1 = bytes;
            }
            2 => {
                let odd =
                    *dice.pick(&["../x.shp", "X.SHP", "x.shp/", "", "\u{4e00}.dbf", "a/.shp"]);
                odd.clone_into(&mut members[at].0);
            }
            _ => damage(dice, &mut members[at].1),
        }
    }
    pack(&members)
}

fn pack(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        if archive.start_file(name.as_str(), SimpleFileOptions::default()).is_ok() {
            let _ = archive.write_all(bytes);
        }
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// What is unpacked of a damaged parcel is what was packed, or nothing with a reason.
fn parcels(dice: &mut Dice) -> Result<(), String> {
    let members: parcel::Members =
        [("a.json", 9), ("b/c.geojson", 300)].map(|(name, n)| (name.to_owned(), vec![7; n])).into();
    let mut bytes = parcel::pack("x", 1, &members)?;
    damage(dice, &mut bytes);
    let mut found = Findings::default();
    let back = parcel::unpack(&bytes, "x", 1, &mut found);
    // The names and hashes themselves may be what was damaged.
    if back.is_empty() != found.refused() {
        return Err(format!("{back:?} with {:?}", found.into_vec()));
    }
    if back.values().any(|it| !members.values().any(|was| was == it)) {
        return Err(format!("{back:?} was never packed"));
    }
    Ok(())
}

/// Small archives of which huge members come: refused, or read within the limits.
fn bombs() -> Result<(), String> {
    let zeros = |bytes: usize| vec![0_u8; bytes];
    let past = pack(&[("a.shp".to_owned(), zeros(FILE_BYTES_MAX + 1))]);
    if !shapefile::read(&past).refused() {
        return Err("a member past BYTES_MAX was read".to_owned());
    }
    // Within the limit of bytes: shapes of eight bytes each, rows of one byte each.
    let half = FILE_BYTES_MAX / 2 - 200;
    let mut shp = zeros(half / 4 * 4);
    shp[..4].copy_from_slice(&9994_i32.to_be_bytes());
    shp[24..28].copy_from_slice(&u32::try_from(half / 4 * 2).unwrap_or_default().to_be_bytes());
    let mut dbf = zeros(half);
    dbf[0] = 3;
    dbf[4..8].copy_from_slice(&u32::try_from(half - 64).unwrap_or_default().to_le_bytes());
    dbf[8..12].copy_from_slice(&[33, 0, 1, 0]);
    dbf[32] = b'\r';
    let many = pack(&[("a.shp".to_owned(), shp), ("a.dbf".to_owned(), dbf)]);
    if !shapefile::read(&many).refused() {
        return Err("more than FEATURES_MAX shapes were read".to_owned());
    }
    Ok(())
}

const WKT: &[&[u8]] = &[
    b"POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))",
    b"MULTIPOLYGON Z(((0 0 1,4 0 1,4 4 1,0 0 1)),EMPTY)",
    b"GEOMETRYCOLLECTION(POINT(1 2),GEOMETRYCOLLECTION(LINESTRING(0 0,1 1)))",
    b"SRID=4326;MULTIPOINT((1 2),3 4)",
    b"POINT(NaN -inf)",
];
const GEOJSON: &[&[u8]] = &[
    br#"{"type":"FeatureCollection","name":"x","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"features":[{"type":"Feature","id":7,"geometry":{"type":"Polygon","coordinates":[[[109.1,36.1],[109.2,36.1],[109.2,36.2],[109.1,36.1]]]},"properties":{"name":"\u4e00","a":[1,{"b":null}],"n":1e400}}]}"#,
    br#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2,3]},{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[]]}]}"#,
    br#"{"type":"Feature","geometry":null,"properties":null}"#,
];
/// Days and limits that a file without an error names are written and read again as the same.
fn calendars(dice: &mut Dice) -> Result<(), String> {
    let reader = calendar::days::Reader {
        zone: jiff::tz::TimeZone::UTC,
        year: 2026,
        unmarked_holidays: dice.below(2) == 0,
    };
    if dice.below(4) == 0 {
        let read = limits::read(&mutated(dice, LIMITS));
        if read.findings.iter().all(|finding| finding.warning) {
            let made = limits::limits(&read.settings)?;
            let again = limits::read(&limits::write(&made));
            if again.settings != read.settings {
                return Err(format!("{:?} read as {again:?}", read.settings));
            }
        }
        return Ok(());
    }
    let read = calendar::read(&mutated(dice, CALENDARS), &reader);
    if read.findings.iter().any(|finding| !finding.warning) {
        return Ok(());
    }
    let only = |wanted| {
        let days = read.file.days.iter().filter(move |(_, kind)| **kind == wanted);
        days.map(|(day, _)| *day).collect()
    };
    let held = Calendar {
        holidays: only(calendar::days::DayKind::Holiday),
        makeup_days: only(calendar::days::DayKind::MakeUp),
        terms: read.file.terms.clone(),
    };
    for bytes in [calendar::table::write(&held), calendar::ics::write::write(&held)] {
        let again = calendar::read(&bytes, &reader);
        if again.file != read.file {
            return Err(format!("{:?} read as {again:?}", read.file));
        }
    }
    Ok(())
}

const CALENDARS: &[&[u8]] = &[
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261008\r\nSUMMARY;LANGUAGE=zh_CN:\xe5\x9b\xbd\xe5\xba\x86\xe8\x8a\x82\xef\xbc\x88\xe4\xbc\x91\xef\xbc\x89\r\nX-APPLE-SPECIAL-DAY:WORK-HOLIDAY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260930T160000Z\nDURATION:P1DT2H\nSUMMARY:public\n  holiday\\, yes\nRRULE:FREQ=YEARLY;INTERVAL=2;COUNT=3;UNTIL=20400101\nEXDATE:20281001\nBEGIN:VALARM\nTRIGGER:-PT60M\nEND:VALARM\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260901\nDTEND:20270120\nSUMMARY:school term\nEND:VEVENT\nEND:VCALENDAR\n",
    b"date,kind,name\n2026-10-01,holiday,a\n2026/10/10,makeup,\n20260901,term_from,\n2027-01-22,term_to,\n",
];
const LIMITS: &[&[u8]] = &[
    b"category,stage,kind,amount,unit\n*,whole,working_days,7,days\nevent.01,handle,office_hours,90,minutes\n*,remind,overdue,100,percent\n*,urge,overdue,150,percent\n",
];
const KML: &[&[u8]] = &[
    b"<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><name>x</name><Folder><name>f</name><Placemark id=\"p\"><name>\xe4\xb8\x80</name><description><![CDATA[<b>]]></description><ExtendedData><Data name=\"n\"><value>1</value></Data><SchemaData schemaUrl=\"#z\"><SimpleData name=\"lead\">u</SimpleData></SchemaData></ExtendedData><MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>109.1,36.1 109.2,36.1,5 109.2,36.2 109.1,36.1</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark></Folder></Document></kml>",
    b"<kml><Placemark><Point><coordinates>1,2</coordinates></Point></Placemark><Placemark><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark></kml>",
];
const GPX: &[&[u8]] = &[
    b"<gpx version=\"1.1\"><metadata><name>w</name></metadata><wpt lat=\"36.5\" lon=\"109.4\"><ele>980.5</ele><time>2026-01-01T00:00:01Z</time><name>p</name><link href=\"http://a/\"/><extensions><zw:field name=\"id\">&quot;1&quot;</zw:field></extensions></wpt><trk><trkseg><trkpt lat=\"1\" lon=\"2\"><time>x</time></trkpt><trkpt lat=\"1\" lon=\"3\"/></trkseg></trk><rte><rtept lat=\"1\" lon=\"2\"/><rtept lat=\"1\" lon=\"4\"/></rte></gpx>",
];
const CSV: &[&[u8]] = &[
    b"id,name,lon,lat\n1,\"a, \"\"b\"\"\",109.48,36.58\n2,x,,\n",
    b"\xef\xbb\xbfcode;wkt;zone\r\nA1;\"POLYGON((0 0,1 0,1 1,0 0))\";3\r\n",
    b"x\ty\tkind\n1.5\t2.5\tschool\n",
];

fn verdicts(count: u64) {
    for seed in 1..=count {
        let shape = shape(&mut Dice(seed));
        let verdict = if faults(&shape).is_empty() { 't' } else { 'f' };
        println!("{verdict} {}", wkt::write(&shape));
    }
}
