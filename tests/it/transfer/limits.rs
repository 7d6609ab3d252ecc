//! Limits of files: the limit itself passes, one beyond it is refused with its name and the place.

use geo_types::{Geometry, MultiPoint, Point};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use zonewarden::app::transfer::{Format, file};
use zonewarden::formats::calendar::days::{DAYS_MAX, Reader, TERMS_MAX};
use zonewarden::formats::calendar::ics::EVENTS_MAX;
use zonewarden::formats::layer::{
    BYTES_MAX, FEATURE_VERTICES_MAX, FEATURES_MAX, FIELDS_MAX, Feature, Layer, Reading,
    VERTICES_MAX, VertexCount,
};
use zonewarden::formats::limits::ROWS_MAX;
use zonewarden::formats::{calendar, csv, geojson, limits, wkb, wkt};

/// The first error, as it is told.
fn told(reading: &Reading) -> String {
    let error = reading.findings.iter().find(|finding| !finding.warning);
    error.map_or_else(String::new, ToString::to_string)
}

#[track_caller]
fn check(limit: &str, at: &Reading, beyond: &Reading) {
    assert!(!told(at).contains(limit), "the limit itself: {}", told(at));
    assert!(beyond.refused() && told(beyond).contains(limit), "beyond {limit}: {}", told(beyond));
}

#[test]
fn a_file_past_the_limit_of_bytes_is_refused_by_every_reader() {
    // Zeros that nobody looks at take no memory.
    let past = vec![0_u8; BYTES_MAX + 1];
    for format in Format::ALL {
        let said = told(&file::read(&past, format, None));
        let whole =
            said.starts_with("error: file: the file has 536870913 bytes, at most 536870912");
        assert!(whole && said.contains("(limit BYTES_MAX)"), "{}: {said}", format.code());
    }
}

#[test]
fn rows_of_a_table_and_features_of_a_collection_are_counted() {
    let table = |rows: usize| csv::read(format!("a\n{}", "1\n".repeat(rows)).as_bytes());
    let (at, beyond) = (table(FEATURES_MAX), table(FEATURES_MAX + 1));
    assert_eq!((at.refused(), at.layer.features.len()), (false, FEATURES_MAX));
    check("more than 1000000 rows (limit FEATURES_MAX)", &at, &beyond);
    // What is no feature is an error too, but another one.
    let collection = |count: usize| {
        let list = "0,".repeat(count - 1);
        geojson::read(format!(r#"{{"type":"FeatureCollection","features":[{list}0]}}"#).as_bytes())
    };
    check(
        "error: features: more than 1000000 features (limit FEATURES_MAX)",
        &collection(FEATURES_MAX),
        &collection(FEATURES_MAX + 1),
    );
}

#[test]
fn columns_are_counted() {
    let names = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>();
    let table = |count: usize| csv::read(format!("{}\n", names(count).join(",")).as_bytes());
    let (at, beyond) = (table(FIELDS_MAX), table(FIELDS_MAX + 1));
    assert_eq!(at.findings, vec![]);
    check("error: row 1, header: 1001 columns, at most 1000 (limit FIELDS_MAX)", &at, &beyond);
    let collection = |count: usize| {
        let members: Vec<String> =
            names(count).iter().map(|name| format!("\"{name}\":1")).collect();
        let feature = format!(
            r#"{{"type":"Feature","geometry":null,"properties":{{{}}}}}"#,
            members.join(",")
        );
        geojson::read(feature.as_bytes())
    };
    let (at, beyond) = (collection(FIELDS_MAX), collection(FIELDS_MAX + 1));
    assert_eq!(at.findings, vec![]);
    check("error: row 1, properties: more than 1000 members (limit FIELDS_MAX)", &at, &beyond);
    let layer = |count: usize| {
        let fields = names(count).into_iter().map(|name| (name, 1.into())).collect();
        let features = vec![Feature { row: 1, fields, ..Feature::default() }];
        let bytes = file::write(&Layer { features, ..Layer::default() }, Format::GeoPackage);
        file::read(&bytes.unwrap(), Format::GeoPackage, None)
    };
    // The key and the shape are columns as well.
    let (at, beyond) = (layer(FIELDS_MAX - 2), layer(FIELDS_MAX - 1));
    assert_eq!((at.findings.len(), at.layer.features[0].fields.len()), (0, FIELDS_MAX - 2));
    check("error: columns: 1001 columns, at most 1000 (limit FIELDS_MAX)", &at, &beyond);
}

#[test]
fn vertices_of_a_feature_and_of_a_file_are_counted() {
    let feature = |count: usize| {
        let list = "[1,2],".repeat(count - 1);
        geojson::read(format!(r#"{{"type":"MultiPoint","coordinates":[{list}[1,2]]}}"#).as_bytes())
    };
    let (at, beyond) = (feature(FEATURE_VERTICES_MAX), feature(FEATURE_VERTICES_MAX + 1));
    assert!(at.findings.is_empty(), "{:?}", at.findings);
    check(
        "error: row 1, coordinates[2000000]: has more than 2000000 vertices (limit FEATURE_VERTICES_MAX)",
        &at,
        &beyond,
    );
    // Shapes of many vertices in the other formats, which count a shape once it is read.
    let places = vec![Point::new(109.4, 36.5); FEATURE_VERTICES_MAX + 1];
    let feature = Feature {
        row: 1,
        geometry: Some(Geometry::MultiPoint(MultiPoint(places))),
        fields: [("a".to_owned(), 1.into())].into(),
        ..Feature::default()
    };
    let layer = Layer { features: vec![feature], ..Layer::default() };
    for format in [Format::GeoPackage, Format::Shapefile, Format::FlatGeobuf] {
        let said = told(&file::read(&file::write(&layer, format).unwrap(), format, None));
        let expected = "error: row 1, geometry: has more than 2000000 vertices (limit FEATURE";
        assert!(said.starts_with(expected), "{}: {said}", format.code());
    }
    let mut count = VertexCount::default();
    for _ in 0..VERTICES_MAX / FEATURE_VERTICES_MAX {
        count.feature();
        assert_eq!(count.add(FEATURE_VERTICES_MAX), Ok(()));
    }
    count.feature();
    assert_eq!(count.add(0), Ok(()));
    let words = "brings the file past 20000000 vertices (limit VERTICES_MAX)";
    assert_eq!(count.add(1), Err(words.to_owned()));
}

#[test]
fn collections_are_nested_as_deep_as_the_limit_and_no_deeper() {
    let text = |depth: usize| {
        format!("{}POINT(1 2){}", "GEOMETRYCOLLECTION(".repeat(depth), ")".repeat(depth))
    };
    assert!(wkt::read(&text(wkt::DEPTH_MAX)).is_ok());
    let fault = wkt::read(&text(wkt::DEPTH_MAX + 1)).unwrap_err();
    assert!(fault.fault.contains("deeper than 16"), "{fault:?}");
    let blob = |depth: usize| wkb::write_wkb(&wkt::read(&text(depth)).unwrap());
    assert!(wkb::read_wkb(&blob(wkb::DEPTH_MAX)).is_ok());
    assert_eq!(wkb::read_wkb(&blob(wkb::DEPTH_MAX + 1)), Err(wkb::WkbFault::Depth));
}

/// The first error of a calendar.
fn calendar_of(text: &str) -> String {
    let reader = Reader { zone: TimeZone::UTC, year: 2026, unmarked_holidays: false };
    let read = calendar::read(text.as_bytes(), &reader);
    let error = read.findings.iter().find(|finding| !finding.warning);
    error.map_or_else(String::new, ToString::to_string)
}

/// Days in a row.
fn days() -> impl Iterator<Item = Date> {
    std::iter::successors(Some(date(1990, 1, 1)), |day| day.tomorrow().ok())
}

#[test]
fn days_terms_and_events_of_a_calendar_are_counted() {
    let holidays = |count: usize| {
        let rows = days().take(count).map(|day| format!("{day},holiday\n"));
        calendar_of(&format!("date,kind\n{}", rows.collect::<String>()))
    };
    assert_eq!(holidays(DAYS_MAX), "");
    assert!(holidays(DAYS_MAX + 1).contains("more than 20000 days (limit DAYS_MAX)"));
    let terms = |count: usize| {
        let rows = days().zip(["term_from", "term_to"].into_iter().cycle());
        let rows = rows.take(2 * count).map(|(day, kind)| format!("{day},{kind}\n"));
        calendar_of(&format!("date,kind\n{}", rows.collect::<String>()))
    };
    assert_eq!(terms(TERMS_MAX), "");
    assert!(terms(TERMS_MAX + 1).contains("more than 1000 school terms (limit TERMS_MAX)"));
    let event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261001\nSUMMARY:国庆节（休）\nEND:VEVENT\n";
    let events = |count: usize| {
        calendar_of(&format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event.repeat(count)))
    };
    assert_eq!(events(EVENTS_MAX), "");
    assert!(events(EVENTS_MAX + 1).contains("more than 20000 events (limit EVENTS_MAX)"));
}

#[test]
fn rows_of_time_limits_are_counted() {
    // Empty rows say nothing, and are rows.
    let counted = |rows: usize| {
        let table = format!("category,stage,kind,amount,unit\n{}", ",,,,\n".repeat(rows));
        let read = limits::read(table.as_bytes());
        read.findings.iter().any(|it| it.fault == "more than 20000 rows (limit ROWS_MAX)")
    };
    assert!(!counted(ROWS_MAX));
    assert!(counted(ROWS_MAX + 1));
}
