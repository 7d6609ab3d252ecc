use geo_types::{Geometry, MultiLineString, line_string, point, polygon};
use serde_json::json;

use super::{read, write};
use crate::formats::layer::{Feature, Layer, Reading};
use crate::geom::crs::Crs;

fn sample() -> Layer {
    let line = line_string![(x: 109.1, y: 36.5), (x: -110.0, y: -37.000_000_1)];
    let place = point!(x: 109.484_339_1, y: 36.5);
    let shapes: Vec<Geometry<f64>> = vec![
        place.into(),
        point!(x: 1.0, y: 2.0).into(),
        line.clone().into(),
        MultiLineString(vec![line.clone()]).into(),
        MultiLineString(vec![line.clone(), line]).into(),
    ];
    let feature = |(nth, geometry): (usize, Geometry<f64>)| {
        let fields = [
            ("id", json!(format!("z-{nth}"))),
            ("name_zh", json!("枣园 <一> & \"二\"")),
            ("ele", json!(980.5)),
            ("time", json!("2026-01-02T03:04:05Z")),
            ("a b", json!([1, "x"])),
            ("text", json!("12")),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
        Feature { row: nth + 1, id: None, geometry: Some(geometry), fields }
    };
    let features = shapes.into_iter().enumerate().map(feature).collect();
    Layer { name: "样例 & <x>".to_owned(), crs: None, features }
}

fn found(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_written_is_read_back_and_writes_the_same_bytes() {
    let bytes = write(&sample()).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let first = "<wpt lat=\"36.5\" lon=\"109.4843391\"><ele>980.5</ele><time>2026-01-02T03:04:05Z</time>\
                 <name>枣园 &lt;一&gt;";
    assert!(text.contains(first), "{text}");
    let back = read(&bytes);
    assert_eq!(found(&back), Vec::<String>::new());
    assert_eq!(back.layer, sample());
    assert_eq!(write(&back.layer).unwrap(), bytes);
}

#[test]
fn what_gpx_cannot_hold_is_refused_in_words() {
    let with = |geometry: Option<Geometry<f64>>| {
        let features = vec![Feature { row: 7, geometry, ..Feature::default() }];
        write(&Layer { features, ..Layer::default() }).unwrap_err()
    };
    let area = polygon![(x: 1.0, y: 2.0), (x: 3.0, y: 4.0), (x: 1.0, y: 4.0)];
    assert!(with(Some(area.into())).contains("row 7: GPX holds points and lines"));
    assert!(with(None).contains("row 7: has no place"));
    let bd09 = Layer { crs: Some(Crs::Bd09), ..Layer::default() };
    assert!(write(&bd09).unwrap_err().contains("not bd09"));
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
fn what_devices_write_is_read_with_times_and_heights() {
    let text = br#"<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">
<metadata><name>walk</name><time>2026-01-01T00:00:00Z</time></metadata>
<wpt lat="36.5" lon="109.4"><ele>980.50</ele><time>2026-01-01T00:00:01Z</time><name>post 3</name>
<link href="https://example.org/a"><text>a</text></link><sym>Flag</sym></wpt>
<rte><name>round</name><rtept lat="36.5" lon="109.4"/><rtept lat="36.6" lon="109.5"><name>x</name></rtept></rte>
<trk><name>day</name><number>1</number><trkseg>
<trkpt lat="36.5" lon="109.4"><ele>1000</ele><time>2026-01-01T00:00:01Z</time></trkpt>
<trkpt lat="36.6" lon="109.5"><ele>990.5</ele><time>2026-01-01T00:00:09Z</time></trkpt></trkseg>
<trkseg><trkpt lat="36.6" lon="109.5"/></trkseg></trk></gpx>"#;
    let reading = read(text);
    let told = found(&reading);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("row 3, geometry: a line has one position"), "{told:#?}");
    let layer = reading.layer;
    assert_eq!((layer.name.as_str(), layer.features.len()), ("walk", 3));
    let fields = |nth: usize| serde_json::to_value(&layer.features[nth].fields).unwrap();
    assert_eq!(
        fields(0),
        json!({
            "ele": 980.5, "link": "https://example.org/a", "name": "post 3", "sym": "Flag",
            "time": "2026-01-01T00:00:01Z"
        })
    );
    assert_eq!(fields(1), json!({"name": "round"}));
    assert_eq!(
        fields(2),
        json!({
            "ele_max": 1000.0, "ele_min": 990.5, "name": "day", "number": "1",
            "time_from": "2026-01-01T00:00:01Z", "time_to": "2026-01-01T00:00:09Z"
        })
    );
    let line = line_string![(x: 109.4, y: 36.5), (x: 109.5, y: 36.6)];
    assert_eq!(layer.features[2].geometry, Some(line.into()));
}

#[test]
fn every_fault_has_its_row_and_place() {
    for (inner, expected) in [
        ("<wpt lat=\"36\"/>", "row 1, wpt: its lat or lon is missing or no number"),
        ("<wpt lat=\"36\" lon=\"NaN\"/>", "row 1, wpt: its lat or lon"),
        ("<trk><trkseg><trkpt/></trkseg></trk>", "row 1, trkpt: its lat or lon"),
        ("<wpt", "line 1: `<wpt</gpx` begins no element"),
    ] {
        let told = found(&read(format!("<gpx>{inner}</gpx>").as_bytes()));
        assert!(told.iter().any(|line| line.contains(expected)), "{inner}: {told:#?}");
    }
    assert!(found(&read(b"<kml/>"))[0].contains("<kml> is no GPX"));
}
