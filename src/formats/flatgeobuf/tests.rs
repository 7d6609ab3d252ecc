use geo_types::{
    Geometry, GeometryCollection, MultiLineString, MultiPoint, MultiPolygon, line_string, point,
    polygon,
};
use serde_json::json;

use super::build::{Builder, Field};
use super::wire::{FEATURES_COUNT, GEOMETRY, INDEX_NODE_SIZE, MAGIC, PARTS, TYPE};
use super::{read, write};
use crate::formats::layer::{Feature, Layer, Reading};
use crate::geom::crs::Crs;

fn shapes() -> Vec<Geometry<f64>> {
    let area = polygon![
        exterior: [(x: 109.1, y: 36.1), (x: 109.5, y: 36.1), (x: 109.5, y: 36.5)],
        interiors: [[(x: 109.3, y: 36.15), (x: 109.4, y: 36.15), (x: 109.4, y: 36.2)]],
    ];
    let line = line_string![(x: 109.1, y: 36.5), (x: -110.0, y: -37.000_000_1)];
    let place = point!(x: 109.484_339_1, y: 36.5);
    vec![
        place.into(),
        line.clone().into(),
        area.clone().into(),
        MultiPolygon(vec![area.clone()]).into(),
        MultiPolygon(vec![area.clone(), area.clone()]).into(),
        MultiPoint(vec![place, place]).into(),
        MultiLineString(vec![line.clone()]).into(),
        MultiLineString(vec![line.clone(), line.clone()]).into(),
        Geometry::GeometryCollection(GeometryCollection(vec![
            place.into(),
            line.into(),
            area.into(),
        ])),
    ]
}

fn layer(shapes: Vec<Option<Geometry<f64>>>) -> Layer {
    let feature = |(nth, geometry): (usize, Option<Geometry<f64>>)| {
        let fields = [
            ("id", json!(format!("z-{nth:02}"))),
            ("name_zh", json!("枣园")),
            ("none", json!("")),
            ("whole", json!(nth)),
            ("real", json!(1.0)),
            ("flag", json!(nth % 2 == 0)),
            ("mixed", if nth % 2 == 0 { json!("12") } else { json!(12) }),
            ("list", json!([1, {"a": null}])),
            ("large", json!(u64::MAX)),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
        Feature { row: nth + 1, id: None, geometry, fields }
    };
    let features = shapes.into_iter().enumerate().map(feature).collect();
    Layer { name: "样例".to_owned(), crs: Some(Crs::Wgs84), features }
}

fn found(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(ToString::to_string).collect()
}

/// The features by their ids, without their rows.
fn sorted(layer: &Layer) -> Vec<Feature> {
    let mut features = layer.features.clone();
    features.sort_by_key(|it| it.fields["id"].to_string());
    features.into_iter().map(|it| Feature { row: 0, ..it }).collect()
}

#[test]
fn what_is_written_is_read_back_and_writes_the_same_bytes() {
    let placed: Vec<_> = shapes().into_iter().map(Some).collect();
    let with_gaps: Vec<_> = placed.iter().cloned().chain([None]).collect();
    let alike: Vec<Option<Geometry<f64>>> = vec![Some(point!(x: 1.0, y: 2.0).into()); 40];
    for shapes in [placed, with_gaps, alike, vec![Some(point!(x: 1.0, y: 2.0).into())], vec![]] {
        for crs in [None, Some(Crs::Wgs84), Some(Crs::Cgcs2000), Some(Crs::Gcj02)] {
            let layer = Layer { crs, ..layer(shapes.clone()) };
            let bytes = write(&layer).unwrap();
            let back = read(&bytes);
            assert_eq!(found(&back), Vec::<String>::new());
            assert_eq!(sorted(&back.layer), sorted(&layer));
            assert_eq!((&back.layer.name, back.layer.crs), (&layer.name, layer.crs));
            let rows: Vec<usize> = back.layer.features.iter().map(|it| it.row).collect();
            assert_eq!(rows, (1..=layer.features.len()).collect::<Vec<_>>());
            assert_eq!(write(&layer).unwrap(), bytes);
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_is_refused_and_a_changed_one_never_panics() {
    let bytes = write(&layer(shapes().into_iter().map(Some).collect())).unwrap();
    for cut in 0..bytes.len() {
        assert!(read(&bytes[..cut]).refused(), "cut at {cut}");
    }
    for at in 0..bytes.len() {
        for value in [0, 1, 4, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            let _ = read(&changed);
        }
    }
}

/// A file of one feature whose bytes are these, without columns or index.
fn file(feature: &[u8]) -> Vec<u8> {
    let mut header = Builder::new();
    header
        .table(Builder::ROOT, &[(FEATURES_COUNT, Field::U64(1)), (INDEX_NODE_SIZE, Field::U16(0))]);
    let mut out = MAGIC.to_vec();
    out.extend(header.finish());
    out.extend(feature);
    out
}

#[test]
fn parts_that_share_what_they_lead_to_are_counted() {
    // Each of a thousand parts is a collection of the same thousand parts.
    let mut builder = Builder::new();
    let places = builder.table(Builder::ROOT, &[(GEOMETRY, Field::Later)]);
    let mut slot = places[0];
    for _ in 0..7 {
        let places = builder.table(slot, &[(TYPE, Field::U8(7)), (PARTS, Field::Later)]);
        let slots = builder.tables(places[1], 1_000);
        slot = slots[0];
    }
    builder.table(slot, &[(TYPE, Field::U8(7))]);
    let mut bytes = builder.finish();
    // Offsets that are still nought lead where the first one does.
    for at in (8..bytes.len() - 4 * 1_000).step_by(4) {
        let count = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let first = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap());
        if count != 1_000 || first < 4 * 1_000 {
            continue;
        }
        for n in 1..1_000_u32 {
            let slot = at + 4 + 4 * n as usize;
            bytes[slot..slot + 4].copy_from_slice(&(first - 4 * n).to_le_bytes());
        }
    }
    let told = found(&read(&file(&bytes)));
    assert!(told[0].contains("row 1, geometry: has more than 2000000 parts"), "{told:?}");
}

#[test]
fn a_geometry_that_leads_to_itself_ends_at_the_limit() {
    let mut builder = Builder::new();
    let places = builder.table(Builder::ROOT, &[(GEOMETRY, Field::Later)]);
    let mut slot = places[0];
    for _ in 0..10 {
        let places = builder.table(slot, &[(TYPE, Field::U8(7)), (PARTS, Field::Later)]);
        slot = builder.tables(places[1], 1)[0];
    }
    builder.table(slot, &[(TYPE, Field::U8(1))]);
    let told = found(&read(&file(&builder.finish())));
    assert!(told[0].contains("row 1, geometry: is nested deeper than 8"), "{told:?}");
}

#[test]
fn what_is_no_flatgeobuf_is_told() {
    for (bytes, expected) in [
        (Vec::new(), "file: the file is no FlatGeobuf of version 3"),
        (b"fgb\x02fgb\x00".to_vec(), "file: the file is no FlatGeobuf of version 3"),
        (MAGIC.to_vec(), "header: is cut short"),
        ([&MAGIC[..], &[4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]].concat(), "header: is damaged"),
        (file(&[0; 8]), "row 1, feature: is damaged"),
        (file(&[]), "features: are 0, the header says 1"),
    ] {
        let told = found(&read(&bytes));
        assert!(told.first().is_some_and(|it| it.contains(expected)), "{told:?} lacks {expected}");
    }
    let layer = Layer { crs: None, ..layer(vec![Some(point!(x: 1.0, y: 2.0).into())]) };
    let mut bytes = write(&layer).unwrap();
    let at = bytes.len() - 8;
    // The last eight bytes of one feature's point may be padding: look for its latitude.
    let latitude = bytes.windows(8).rposition(|it| it == 2.0_f64.to_le_bytes()).unwrap_or(at);
    bytes[latitude..latitude + 8].copy_from_slice(&f64::NAN.to_le_bytes());
    assert!(found(&read(&bytes))[0].contains("row 1, geometry: the position 1, NaN is not finite"));
}
