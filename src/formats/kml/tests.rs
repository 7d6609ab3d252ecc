use geo_types::{Geometry, MultiPolygon, line_string, point, polygon};
use serde_json::json;

use super::{read, write};
use crate::formats::layer::{Feature, Layer, Reading};
use crate::geom::crs::Crs;

fn sample() -> Layer {
    let area = polygon![
        exterior: [(x: 109.1, y: 36.1), (x: 109.5, y: 36.1), (x: 109.5, y: 36.5)],
        interiors: [[(x: 109.3, y: 36.15), (x: 109.4, y: 36.15), (x: 109.4, y: 36.2)]],
    ];
    let line = line_string![(x: 109.1, y: 36.5), (x: -110.0, y: -37.000_000_1)];
    let place = point!(x: 109.484_339_1, y: 36.5);
    let shapes: Vec<Option<Geometry<f64>>> = vec![
        Some(place.into()),
        Some(line.clone().into()),
        Some(area.clone().into()),
        Some(MultiPolygon(vec![area.clone()]).into()),
        Some(geo_types::MultiPoint(vec![place, place]).into()),
        Some(geo_types::MultiLineString(vec![line.clone()]).into()),
        Some(Geometry::GeometryCollection(geo_types::GeometryCollection(vec![
            place.into(),
            line.into(),
            area.into(),
        ]))),
        None,
    ];
    let feature = |(nth, geometry): (usize, Option<Geometry<f64>>)| {
        let fields = [
            ("id", json!(format!("z-{nth}"))),
            ("name_zh", json!("枣园 <一> & \"二\"")),
            ("name_en", json!(" a\n\u{1}b\r ")),
            ("n", json!(nth)),
            ("text", json!("12")),
            ("list & more", json!([1, {"a": null}])),
            ("none", json!("")),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
        Feature { row: nth + 1, id: None, geometry, fields }
    };
    let features = shapes.into_iter().enumerate().map(feature).collect();
    Layer { name: "样例 & <x>".to_owned(), crs: None, features }
}

fn found(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn check(inner: &str, expected: &str) {
    let found = found(&read(format!("<kml>{inner}</kml>").as_bytes()));
    assert!(found.iter().any(|line| line.contains(expected)), "{found:#?}\nlacks {expected}");
}

#[test]
fn what_is_written_is_read_back_and_writes_the_same_bytes() {
    let bytes = write(&sample()).unwrap();
    let back = read(&bytes);
    assert_eq!(found(&back), Vec::<String>::new());
    assert_eq!(back.layer, sample());
    assert_eq!(write(&back.layer).unwrap(), bytes);
    let cgcs2000 = Layer { crs: Some(Crs::Cgcs2000), ..sample() };
    assert_eq!(write(&cgcs2000).unwrap(), bytes);
    let gcj02 = Layer { crs: Some(Crs::Gcj02), ..sample() };
    assert!(write(&gcj02).unwrap_err().contains("not gcj02"));
}

#[test]
fn a_file_cut_at_any_byte_is_refused_and_a_changed_one_never_panics() {
    let bytes = write(&sample()).unwrap();
    for cut in 0..bytes.len() - 1 {
        assert!(read(&bytes[..cut]).refused(), "cut at {cut}");
    }
    for at in 0..bytes.len() {
        for value in [b'<', b'>', b'&', b'"', b'/', b'9', b' ', 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            let _ = read(&changed);
        }
    }
}

#[test]
fn what_earth_programs_write_is_read() {
    let text = r##"<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><name>城区</name><Style id="s"><LineStyle><color>ff0000ff</color></LineStyle></Style>
<Schema name="z" id="z"><SimpleField name="number" type="int"/></Schema>
<Folder><name>North</name>
<Placemark id="p1"><name>一区</name><description><![CDATA[<b>x</b>]]></description><styleUrl>#s</styleUrl>
<ExtendedData><SchemaData schemaUrl="#z"><SimpleData name="number">7</SimpleData></SchemaData>
<Data name="lead"><displayName>L</displayName><value>police</value></Data></ExtendedData>
<Polygon><tessellate>1</tessellate><outerBoundaryIs><LinearRing><coordinates>
 109.1,36.1,0 109.2,36.1,0
 109.2,36.2,0 109.1,36.1,0 </coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
</Folder>
<Folder><name>South</name><Folder><name>Deep</name>
<Placemark><name>p</name><Point><coordinates>109.5,36.5,980.5</coordinates></Point></Placemark></Folder></Folder>
<Placemark><gx:Track><when>2026-01-01</when></gx:Track></Placemark>
</Document></kml>"##;
    let reading = read(text.as_bytes());
    let told = found(&reading);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("row 3, geometry: a Track is not read"), "{told:#?}");
    assert!(told[1].contains("1 shapes have heights"), "{told:#?}");
    let layer = reading.layer;
    assert_eq!((layer.name.as_str(), layer.features.len()), ("城区", 3));
    let fields = |nth: usize| serde_json::to_value(&layer.features[nth].fields).unwrap();
    assert_eq!(
        fields(0),
        json!({"description": "<b>x</b>", "folder": "North", "lead": "police", "name": "一区", "number": 7})
    );
    assert_eq!(fields(1), json!({"folder": "Deep", "name": "p"}));
    assert_eq!(layer.features[0].id.as_deref(), Some("p1"));
    assert_eq!(layer.features[1].geometry, Some(point!(x: 109.5, y: 36.5).into()));
}

#[test]
fn every_fault_has_its_row_and_place() {
    let ring = |positions: &str| {
        format!(
            "<Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>{positions}</coordinates>\
             </LinearRing></outerBoundaryIs></Polygon></Placemark>"
        )
    };
    check(&ring("1,2 3,4 5,6"), "row 1, LinearRing: the ring at 1, 2 is not closed");
    check(&ring("1,2 3,x 5,6 1,2"), "row 1, coordinates[1]: `3,x` is not a pair of finite numbers");
    check(&ring("1, 2 3, 4"), "coordinates[0]: `1,` is not a pair");
    check(&ring("NaN,2 3,4"), "`NaN,2` is not a pair of finite numbers");
    let point = "<Point><coordinates>1,2</coordinates></Point>";
    check(&format!("<Placemark>{point}{point}</Placemark>"), "there are two geometries");
    check("<Placemark><Point><coordinates>1,2 3,4</coordinates></Point></Placemark>", "several");
    check("<Placemark><LineString><coordinates>1,2</coordinates></LineString></Placemark>", "one");
    check("<NetworkLink/>", "warning: NetworkLink: a link to another file");
    let twice = "<Data name=\"a\"><value>1</value></Data>".repeat(2);
    check(
        &format!("<Placemark><ExtendedData>{twice}</ExtendedData></Placemark>"),
        "a: stands there twice",
    );
    let told = found(&read(b"<gpx/>"));
    assert!(told[0].contains("<gpx> is no KML"), "{told:?}");
    assert!(found(&read(b"<!DOCTYPE kml><kml/>"))[0].contains("line 1: a document type"));
    assert!(found(&read(b""))[0].contains("there is no element"));
}
