//! CSV with a header line: longitude and latitude in two columns, or WKT in one.
//!
//! UTF-8; comma, semicolon or tab, whichever the header has most of. A column `crs` (`wgs84`,
//! `gcj02` …) labels the coordinates, in every row that has some or in none; without it the caller
//! must. Values are written by [`super::cell`]'s code. A cell that a spreadsheet would run as a
//! formula is written with `'` before it, which reading takes away again.

use std::collections::BTreeSet;

use geo::CoordsIter;
use geo_types::{Geometry, Point};

use crate::formats::cell::{decode, encode};
use crate::formats::label::{self, CRS_REMEDY, clip};
use crate::formats::layer::{
    BYTES_MAX, FEATURES_MAX, FIELDS_MAX, Feature, Findings, Layer, Reading, VertexCount,
};
use crate::formats::{text_of, wkt};
use crate::geom::crs::Crs;

const LON: &[&str] = &["lon", "lng", "long", "longitude", "x", "经度"];
const LAT: &[&str] = &["lat", "latitude", "y", "纬度"];
const WKT: &[&str] = &["wkt", "geometry", "geom", "the_geom"];
const LABEL: &[&str] = &["crs"];

/// Reads a table. Every fault of every row is a finding.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut found = Findings::default();
    let layer = match text_of(bytes, BYTES_MAX) {
        Ok((text, _)) => table(text, &mut found),
        Err(finding) => {
            found.push(finding);
            Layer::default()
        }
    };
    Reading { layer, findings: found.into_vec() }
}

fn table(text: &str, found: &mut Findings) -> Layer {
    let mut layer = Layer::default();
    if text.trim().is_empty() {
        found.error(0, "file", "the file is empty", "give a header line and a line for each row");
        return layer;
    }
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(fault) => {
            found.error(1, "header", fault.to_string(), "give one line of column names");
            return layer;
        }
    };
    let Some(columns) = Columns::of(&headers, found) else { return layer };
    let mut table = Table {
        columns,
        count: VertexCount::default(),
        labels: BTreeSet::new(),
        bare: Vec::new(),
        found,
    };
    for record in reader.records() {
        match record {
            Ok(record) => {
                if layer.features.len() == FEATURES_MAX {
                    let fault = format!("more than {FEATURES_MAX} rows (limit FEATURES_MAX)");
                    table.found.error(0, "file", fault, "split the file");
                    break;
                }
                layer.features.extend(table.row(&record));
            }
            Err(fault) => {
                table.found.error(0, "file", fault.to_string(), "mend the text");
                break;
            }
        }
    }
    layer.crs = table.label();
    layer
}

pub(super) fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    // What stands in quotes separates nothing.
    let plain = text.bytes().filter(move |byte| {
        quoted ^= *byte == b'"';
        !quoted
    });
    let mut counts = [(b'\t', 0), (b';', 0), (b',', 0)];
    for byte in plain.take_while(|byte| *byte != b'\n') {
        for (separator, count) in &mut counts {
            *count += usize::from(byte == *separator);
        }
    }
    // The last of equals wins: a comma.
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| separator)
}

/// Where the geometry stands, and what the other columns are called.
struct Columns {
    names: Vec<String>,
    lon_lat: Option<(usize, usize)>,
    wkt: Option<usize>,
    label: Option<usize>,
}

impl Columns {
    fn of(headers: &::csv::StringRecord, found: &mut Findings) -> Option<Self> {
        let names: Vec<String> = headers.iter().map(named).collect();
        if names.len() > FIELDS_MAX {
            let fault = format!("{} columns, at most {FIELDS_MAX} (limit FIELDS_MAX)", names.len());
            found.error(1, "header", fault, "leave columns out");
            return None;
        }
        if names.iter().all(|name| name.is_empty() || name.parse::<f64>().is_ok()) {
            found.error(1, "header", "the first line names no columns", "put a header line first");
            return None;
        }
        let mut seen = BTreeSet::new();
        let twice: Vec<&String> =
            names.iter().filter(|name| !name.is_empty() && !seen.insert(*name)).collect();
        for name in &twice {
            let fault = format!("the column `{}` stands here twice", clip(name));
            found.error(1, "header", fault, "give each column its own name");
        }
        let find = |wanted: &[&str]| {
            wanted.iter().find_map(|w| names.iter().position(|name| name.to_lowercase() == *w))
        };
        let columns = Self {
            lon_lat: find(LON).zip(find(LAT)),
            wkt: find(WKT),
            label: find(LABEL),
            names: names.clone(),
        };
        twice.is_empty().then_some(columns)
    }

    fn is_place(&self, i: usize) -> bool {
        self.label == Some(i)
            || match self.wkt {
                Some(wkt) => wkt == i,
                None => self.lon_lat.is_some_and(|(lon, lat)| lon == i || lat == i),
            }
    }
}

struct Table<'a> {
    columns: Columns,
    count: VertexCount,
    labels: BTreeSet<String>,
    /// The rows whose geometry bears no label.
    bare: Vec<usize>,
    found: &'a mut Findings,
}

impl Table<'_> {
    fn row(&mut self, record: &::csv::StringRecord) -> Option<Feature> {
        let line = record.position().map_or(0, ::csv::Position::line);
        let row = usize::try_from(line).unwrap_or(usize::MAX);
        let (cells, names) = (record.len(), self.columns.names.len());
        if cells != names {
            let fault = format!("the line has {cells} cells, the header {names}");
            self.found.error(row, "line", fault, "put cells that hold the separator in quotes");
            return None;
        }
        let geometry = match self.columns.wkt {
            Some(at) => self.wkt(row, record.get(at).unwrap_or_default()),
            None => self.columns.lon_lat.and_then(|at| self.point(row, record, at)),
        };
        if geometry.is_some() {
            let label = self.columns.label.and_then(|at| record.get(at)).unwrap_or_default();
            if !label.trim().is_empty() {
                self.labels.insert(label.trim().to_owned());
            } else if self.srid(record).is_none() {
                self.bare.push(row);
            }
        }
        let mut fields = crate::domain::text::Attributes::new();
        for (i, (name, cell)) in self.columns.names.iter().zip(record).enumerate() {
            if !self.columns.is_place(i)
                && !name.is_empty()
                && let Some(value) = decode(unguard(cell))
            {
                fields.insert(name.clone(), value);
            }
        }
        Some(Feature { row, id: None, geometry, fields })
    }

    /// The number before a row's WKT.
    fn srid(&self, record: &::csv::StringRecord) -> Option<u32> {
        let cell = record.get(self.columns.wkt?)?;
        wkt::split_srid(unguard(cell).trim()).0
    }

    fn wkt(&mut self, row: usize, cell: &str) -> Option<Geometry<f64>> {
        let (srid, text) = wkt::split_srid(unguard(cell).trim());
        if text.is_empty() {
            return None;
        }
        if let Some(srid) = srid {
            self.labels.insert(format!("EPSG:{srid}"));
        }
        let place = &self.columns.names[self.columns.wkt.unwrap_or_default()];
        let fault = match wkt::read(text) {
            Ok(geometry) => {
                self.count.feature();
                match self.count.add(geometry.coords_count()) {
                    Ok(()) => return Some(geometry),
                    Err(limit) => limit,
                }
            }
            Err(fault) => format!("at byte {}: {}", fault.byte, fault.fault),
        };
        self.found.error(row, clip(place), fault, "give WKT such as POINT (109.484 36.585)");
        None
    }

    fn point(
        &mut self,
        row: usize,
        record: &::csv::StringRecord,
        (lon, lat): (usize, usize),
    ) -> Option<Geometry<f64>> {
        let cell = |i: usize| unguard(record.get(i).unwrap_or_default()).trim();
        if cell(lon).is_empty() && cell(lat).is_empty() {
            return None;
        }
        let mut number = |i: usize| match cell(i).parse::<f64>() {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
                let fault = format!("`{}` is no finite number", clip(cell(i)));
                let place = clip(&self.columns.names[i]);
                self.found.error(row, place, fault, "give decimal degrees such as 109.484");
                None
            }
        };
        let (x, y) = (number(lon), number(lat));
        Some(Point::new(x?, y?).into())
    }

    /// The one system that every row names.
    fn label(&mut self) -> Option<Crs> {
        if self.labels.len() > 1 {
            let names: Vec<String> = self.labels.iter().take(5).map(|name| clip(name)).collect();
            self.found.error(
                0,
                "crs",
                format!("the rows name different coordinate systems: {}", names.join(", ")),
                "give one file for each",
            );
            return None;
        }
        let label = self.labels.first()?;
        if !self.bare.is_empty() {
            let rows: Vec<String> = self.bare.iter().take(5).map(ToString::to_string).collect();
            let more = match self.bare.len().saturating_sub(rows.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let rows = rows.join(", ");
            self.found.error(
                0,
                "crs",
                format!(
                    "rows name no coordinate system (lines {rows}{more}), others name {}",
                    clip(label)
                ),
                "name it in every row that has a position, or in none",
            );
            return None;
        }
        match label::crs(label) {
            Ok(crs) => Some(crs),
            Err(system) => {
                let fault = format!("the rows name {system}, which is not read");
                self.found.error(0, "crs", fault, CRS_REMEDY);
                None
            }
        }
    }
}

/// Where a point is.
const POINT_COLUMNS: [&str; 3] = ["lon", "lat", "crs"];

/// Writes a table: a byte-order mark (spreadsheets need it to see UTF-8), the columns by name,
/// then `lon` and `lat` where every geometry is a point, else `wkt`, and `crs`.
#[must_use]
pub fn write(layer: &Layer) -> Vec<u8> {
    write_of(layer, &[])
}

/// A column's name. Marks of a byte order are blanks: one alone could not be told from that of the file.
fn named(cell: &str) -> String {
    let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    unguard(cell.trim_matches(blank)).trim_matches(blank).to_owned()
}

/// A layer of points with these columns whatever its features tell, so that without any there is still a header.
#[must_use]
pub fn write_of(layer: &Layer, fields: &[&str]) -> Vec<u8> {
    let told = layer.features.iter().flat_map(|f| f.fields.keys()).map(String::as_str);
    let names: BTreeSet<&str> = fields.iter().copied().chain(told).collect();
    let any = layer.features.iter().any(|f| f.geometry.is_some())
        || layer.features.is_empty() && !fields.is_empty();
    let points =
        any && layer.features.iter().all(|f| matches!(f.geometry, None | Some(Geometry::Point(_))));
    let places: &[&str] = match (any, points) {
        (false, _) => &[],
        (true, true) => &POINT_COLUMNS,
        (true, false) => &["wkt", "crs"],
    };
    let header: Vec<String> = names
        .iter()
        .map(|name| header_of(name))
        .chain(places.iter().map(|p| (*p).to_owned()))
        .collect();
    // A column name with another separator in it stands in quotes, so that nobody takes that one
    // for the file's.
    let quotes = if header.iter().any(|name| name.contains(['\t', ';'])) {
        ::csv::QuoteStyle::Always
    } else {
        ::csv::QuoteStyle::Necessary
    };
    let mut out =
        ::csv::WriterBuilder::new().quote_style(quotes).from_writer(vec![0xef, 0xbb, 0xbf]);
    // Writing to memory does not fail.
    let _ = out.write_record(header);
    let crs = layer.crs.unwrap_or_default().code();
    for feature in &layer.features {
        let cells =
            names.iter().map(|name| feature.fields.get(*name).map(encode).unwrap_or_default());
        let place = match &feature.geometry {
            None => vec![String::new(); places.len()],
            Some(Geometry::Point(at)) if points => {
                vec![degrees(at.x()), degrees(at.y()), crs.to_owned()]
            }
            Some(geometry) => vec![wkt::write(geometry), crs.to_owned()],
        };
        let _ = out.write_record(cells.chain(place).map(guard));
    }
    out.into_inner().unwrap_or_default()
}

/// The header of a table of points with these columns, which is written piece by piece.
#[must_use]
pub fn header_of_points(fields: &[&str]) -> Vec<u8> {
    write_of(&Layer::default(), fields)
}

/// A piece of such a table: the features of a layer in these columns. What is no point has no place.
#[must_use]
pub fn rows_of_points(layer: &Layer, fields: &[&str]) -> Vec<u8> {
    let names: BTreeSet<&str> = fields.iter().copied().collect();
    let crs = layer.crs.unwrap_or_default().code();
    let mut out = ::csv::Writer::from_writer(Vec::new());
    for feature in &layer.features {
        let cells =
            names.iter().map(|name| feature.fields.get(*name).map(encode).unwrap_or_default());
        let place = match &feature.geometry {
            Some(Geometry::Point(at)) => [degrees(at.x()), degrees(at.y()), crs.to_owned()],
            _ => Default::default(),
        };
        // Writing to memory does not fail.
        let _ = out.write_record(cells.chain(place).map(guard));
    }
    out.into_inner().unwrap_or_default()
}

fn degrees(value: f64) -> String {
    let mut text = String::new();
    super::geojson::put_degrees(&mut text, value);
    text
}

/// A column whose name would be taken for a place's gets the escape of attributes before it.
fn header_of(name: &str) -> String {
    let plain = name.to_lowercase();
    let taken = [LON, LAT, WKT, LABEL].iter().any(|names| names.contains(&plain.as_str()));
    guard(if taken { format!("attr.{name}") } else { name.to_owned() })
}

fn is_formula(text: &str) -> bool {
    let runs = text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
    runs && text.parse::<f64>().is_err()
}

/// A cell that no spreadsheet runs.
pub(super) fn guard(cell: String) -> String {
    if is_formula(&cell) { format!("'{cell}") } else { cell }
}

/// The cell without its guard.
pub(super) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{line_string, point};
    use serde_json::json;

    fn found(text: &str) -> Vec<String> {
        read(text.as_bytes()).findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_separator_in_a_quoted_column_name_separates_nothing() {
        let read = super::read(b"\"a;b;c\",d\n1,2\n").layer;
        let names: Vec<&String> = read.features[0].fields.keys().collect();
        assert_eq!(names, ["a;b;c", "d"]);
        let written = write(&read);
        assert_eq!(super::read(&written).layer, read, "{}", String::from_utf8_lossy(&written));
    }

    #[test]
    fn a_table_of_points_in_pieces_is_the_table_written_at_once() {
        let point = |n: u32, at: Option<Geometry<f64>>| Feature {
            row: 1,
            id: None,
            geometry: at,
            fields: [("b".to_owned(), json!(n)), ("a".to_owned(), json!("=1"))].into(),
        };
        let layer = |features: Vec<Feature>| Layer {
            name: "x".to_owned(),
            crs: Some(Crs::Wgs84),
            features,
        };
        let (one, other) = (point(1, Some(point!(x: 109.5, y: 36.5).into())), point(2, None));
        let fields = ["b", "a"];
        let mut pieces = header_of_points(&fields);
        // The second piece alone has no place in it.
        pieces.extend(rows_of_points(&layer(vec![one.clone()]), &fields));
        pieces.extend(rows_of_points(&layer(vec![other.clone()]), &fields));
        assert_eq!(pieces, write_of(&layer(vec![one, other]), &fields));
        assert_eq!(header_of_points(&fields), "\u{feff}a,b,lon,lat,crs\n".as_bytes());
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = found(text);
        assert!(found.iter().any(|line| line.contains(expected)), "{found:#?}\nlacks {expected}");
    }

    fn sample(second: Geometry<f64>) -> Layer {
        let fields = |words: &str| {
            [
                ("words", json!(words)),
                ("n", json!(-3)),
                ("lon", json!("mine")),
                ("=x", json!(["a", 1])),
                ("text", json!("12")),
            ]
            .map(|(k, v)| (k.to_owned(), v))
            .into()
        };
        let feature =
            |row, words, geometry| Feature { row, id: None, geometry, fields: fields(words) };
        let at = point!(x: -109.484_000_1, y: 36.585);
        let features = vec![
            feature(2, "=HYPERLINK(\"http://x\")", Some(at.into())),
            feature(3, "'=1, \"two\"", Some(second)),
            feature(4, "-1+1", None),
            feature(5, "@枣园", None),
        ];
        Layer { name: String::new(), crs: Some(Crs::Gcj02), features }
    }

    #[test]
    fn what_is_written_is_read_back_and_no_cell_is_a_formula() {
        for second in
            [point!(x: 1.0, y: 2.0).into(), line_string![(x: 1., y: 2.), (x: 3., y: 4.)].into()]
        {
            let layer = sample(second);
            let bytes = write(&layer);
            let mut expected = layer;
            for feature in &mut expected.features {
                let lon = feature.fields.remove("lon").unwrap();
                feature.fields.insert("attr.lon".to_owned(), lon);
            }
            let back = read(&bytes);
            assert_eq!((back.layer, back.findings), (expected, vec![]));
            let mut reader =
                ::csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[3..]);
            for record in reader.records() {
                for cell in &record.unwrap() {
                    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                    assert!(!runs || cell.parse::<f64>().is_ok(), "{cell}");
                }
            }
        }
    }

    #[test]
    fn every_fault_has_its_line() {
        check("", "the file is empty");
        check("1,2\n3,4\n", "names no columns");
        check("a,a\n1,2\n", "`a` stands here twice");
        check("id,lon,lat\na,1,2\nb,1\n", "row 3, line: the line has 2 cells, the header 3");
        check("id,lon,lat\na,NaN,2\n", "row 2, lon: `NaN` is no finite number");
        check("id,lon,lat\na,1,inf\n", "row 2, lat: `inf`");
        check("id,lon,lat\na,1,\n", "row 2, lat: `` is no finite number");
        check("id,wkt\na,POINT (1)\n", "row 2, wkt: at byte");
        check("id,lon,lat,crs\na,1,2,EPSG:2232\n", "`EPSG:2232`, which is not read");
        check("id,lon,lat,crs\na,1,2,wgs84\nb,1,2,bd09\n", "different coordinate systems");
        check("id,wkt\na,SRID=3857;POINT (1 2)\n", "`EPSG:3857`");
        let bare = "rows name no coordinate system (lines 3, 5), others name wgs84";
        check("id,lon,lat,crs\na,1,2,wgs84\nb,1,2,\nc,,,\nd,1,2, \n", bare);
        let bare = "(lines 2, 3, 4, 5, 6 and 1 more), others name EPSG:4326";
        let rows = "a,POINT (1 2)\n".repeat(6);
        check(&format!("id,wkt\n{rows}b,SRID=4326;POINT (1 2)\n"), bare);
        assert_eq!(found("id,wkt,crs\na,SRID=4326;POINT (1 2),\nb,,\n"), Vec::<String>::new());
        let gbk = read(b"\xc3\xfb,lon,lat\n");
        assert!(gbk.findings[0].remedy.contains("GB18030"), "{:?}", gbk.findings);
    }

    #[test]
    fn semicolons_tabs_and_chinese_headers_are_understood() {
        for text in ["编号;经度;纬度\n1;109.5;36.6\n", "编号\tlng\tlat\n1\t109.5\t36.6\n"] {
            let read = read(text.as_bytes());
            assert_eq!(read.findings, vec![]);
            assert_eq!(read.layer.features[0].geometry, Some(point!(x: 109.5, y: 36.6).into()));
            assert_eq!(read.layer.crs, None);
        }
    }

    #[test]
    fn a_byte_order_mark_that_stands_twice_is_no_column() {
        let reading = read("\u{feff}\u{feff}name\nlamp\n".as_bytes());
        assert!(reading.layer.features[0].fields.contains_key("name"), "{reading:?}");
        let again = read(&write(&reading.layer));
        assert_eq!(again.layer.features[0].fields, reading.layer.features[0].fields);
        // Nor is one that stands alone where a name should.
        assert_eq!(read("\"\u{feff}\"\nlamp\n".as_bytes()).findings[0].place, "header");
    }

    #[test]
    fn no_cut_and_no_changed_byte_makes_the_reader_panic() {
        let bytes = write(&sample(line_string![(x: 1., y: 2.), (x: 3., y: 4.)].into()));
        for at in 0..bytes.len() {
            let _ = read(&bytes[..at]);
            for value in [0, b'"', b',', b'\n', b'\'', 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let _ = read(&changed);
            }
        }
    }
}
