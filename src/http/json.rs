//! JSON written by hand into one buffer, for answers that are asked for thousands of times a
//! second. Everything else goes through serde.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use crate::geom::coord::{STEPS_PER_DEGREE, step};

/// The type of GeoJSON answers.
pub const GEOJSON: &str = "application/geo+json";

/// Short texts are cut from blocks of so many bytes. A reader who takes nothing keeps a block alive,
/// so they are not large.
const BLOCK_BYTES: usize = 32 * 1024;

thread_local! {
    static SPARE: RefCell<(Json, BytesMut)> = RefCell::default();
}

/// What is written, cut from a block that the thread keeps: an allocator takes longer over a text of
/// two thousand bytes than a second copy does.
pub fn short(write: impl FnOnce(&mut Json)) -> Bytes {
    SPARE.with_borrow_mut(|(json, block)| {
        json.bytes.clear();
        write(json);
        if block.capacity() < json.len() {
            // Takes the old block again when all that was cut from it is gone.
            block.reserve(BLOCK_BYTES.max(json.len()));
        }
        block.extend_from_slice(&json.bytes);
        block.split().freeze()
    })
}

/// Whether no byte has to be written otherwise: eight at once, the last ones with some before them again.
fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<8>() else {
        return text.iter().all(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
    };
    let (whole, _) = text.as_chunks::<8>();
    whole.iter().chain([last]).fold(0, |found, bytes| found | specials(u64::from_le_bytes(*bytes)))
        == 0
}

/// Not 0 where any of eight bytes is below 0x20, a quote or a backslash (S. E. Anderson, Bit Twiddling Hacks: a byte
/// less than n, a byte equal to n).
fn specials(bytes: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let controls = bytes.wrapping_sub(ONES * 0x20) & !bytes;
    let quotes = zero(bytes ^ (ONES * u64::from(b'"')));
    let slashes = zero(bytes ^ (ONES * u64::from(b'\\')));
    (controls | quotes | slashes) & HIGH
}

/// A JSON text being written. Whoever writes minds commas and braces.
#[derive(Debug, Default)]
pub struct Json {
    bytes: Vec<u8>,
}

impl Json {
    /// An empty text with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// The text.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// As it is: JSON already.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.bytes.extend_from_slice(json.as_bytes());
        self
    }

    /// As it is, made ready before: JSON already.
    pub fn ready(&mut self, json: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(json);
        self
    }

    /// A text in quotes.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.push(b'"');
        // Nearly every text is plain: one look, then one copy.
        if is_plain(text.as_bytes()) {
            self.bytes.extend_from_slice(text.as_bytes());
            self.bytes.push(b'"');
            return self;
        }
        let special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            if !special(byte) {
                continue;
            }
            self.bytes.extend_from_slice(&text.as_bytes()[from..at]);
            from = at + 1;
            match byte {
                b'"' => self.bytes.extend_from_slice(b"\\\""),
                b'\\' => self.bytes.extend_from_slice(b"\\\\"),
                _ => self.bytes.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
        }
        self.bytes.extend_from_slice(&text.as_bytes()[from..]);
        self.bytes.push(b'"');
        self
    }

    /// A text in quotes, or null.
    pub fn text_or_null(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// A whole number.
    pub fn whole(&mut self, number: i64) -> &mut Self {
        if number < 0 {
            self.bytes.push(b'-');
        }
        self.digits(number.unsigned_abs(), 1)
    }

    /// True or false.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    /// A number with at most `decimals` places, without trailing zeros; null when it is not
    /// finite or beyond 1e12.
    pub fn fixed(&mut self, number: f64, decimals: u32) -> &mut Self {
        let unit = 10_u64.pow(decimals.min(6));
        #[expect(clippy::cast_precision_loss, reason = "at most a million")]
        let scaled = (number * unit as f64).round();
        if !(number.is_finite() && number.abs() < 1e12) {
            return self.raw("null");
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 1e18 and not negative"
        )]
        let steps = scaled.abs() as u64;
        self.decimal(scaled < 0.0, steps, unit)
    }

    /// A number with at most `decimals` places, or null.
    pub fn fixed_or_null(&mut self, number: Option<f64>, decimals: u32) -> &mut Self {
        match number {
            Some(number) => self.fixed(number, decimals),
            None => self.raw("null"),
        }
    }

    /// A coordinate on the grid, in degrees: exact.
    pub fn degrees(&mut self, steps: i32) -> &mut Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the constant is 1e7"
        )]
        let unit = STEPS_PER_DEGREE as u64;
        self.decimal(steps < 0, u64::from(steps.unsigned_abs()), unit)
    }

    fn decimal(&mut self, negative: bool, steps: u64, unit: u64) -> &mut Self {
        if negative && steps > 0 {
            self.bytes.push(b'-');
        }
        self.digits(steps / unit, 1);
        let (mut rest, mut unit) = (steps % unit, unit);
        if rest == 0 {
            return self;
        }
        while rest % 10 == 0 {
            rest /= 10;
            unit /= 10;
        }
        self.bytes.push(b'.');
        self.digits(rest, unit.ilog10() as usize)
    }

    /// Decimal digits, at least `width` of them.
    fn digits(&mut self, mut number: u64, width: usize) -> &mut Self {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        while number > 0 || digits.len() - at < width.min(digits.len()) {
            at -= 1;
            let digit = (number % 10) as u8;
            digits[at] = b'0' + digit;
            number /= 10;
        }
        self.bytes.extend_from_slice(&digits[at..]);
        self
    }

    /// A list in brackets, `write` for each item.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.bytes.push(b'[');
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                self.bytes.push(b',');
            }
            write(self, item);
        }
        self.bytes.push(b']');
        self
    }

    /// A GeoJSON geometry; every coordinate is on the grid and written exactly.
    pub fn geometry(&mut self, geometry: &Geometry<f64>) -> &mut Self {
        match geometry {
            Geometry::Point(point) => {
                self.kind("Point").coordinate(point.0);
            }
            Geometry::Line(line) => {
                self.kind("LineString").list([line.start, line.end], |json, at| {
                    json.coordinate(at);
                });
            }
            Geometry::LineString(line) => {
                self.kind("LineString").line(line);
            }
            Geometry::Polygon(polygon) => {
                self.kind("Polygon").rings(polygon);
            }
            Geometry::MultiPoint(points) => {
                self.kind("MultiPoint").list(&points.0, |json, point| {
                    json.coordinate(point.0);
                });
            }
            Geometry::MultiLineString(lines) => {
                self.kind("MultiLineString").list(&lines.0, |json, line| {
                    json.line(line);
                });
            }
            Geometry::MultiPolygon(polygons) => {
                return self.areas(polygons);
            }
            Geometry::Rect(rect) => {
                self.kind("Polygon").rings(&rect.to_polygon());
            }
            Geometry::Triangle(triangle) => {
                self.kind("Polygon").rings(&triangle.to_polygon());
            }
            Geometry::GeometryCollection(_) => return self.raw("null"),
        }
        self.raw("}")
    }

    /// A GeoJSON multi-polygon.
    pub fn areas(&mut self, polygons: &MultiPolygon<f64>) -> &mut Self {
        self.kind("MultiPolygon").list(&polygons.0, |json, polygon| {
            json.rings(polygon);
        });
        self.raw("}")
    }

    fn kind(&mut self, name: &str) -> &mut Self {
        self.raw("{\"type\":").text(name).raw(",\"coordinates\":")
    }

    fn coordinate(&mut self, at: Coord<f64>) -> &mut Self {
        self.raw("[").degrees(step(at.x)).raw(",").degrees(step(at.y)).raw("]")
    }

    fn line(&mut self, line: &LineString<f64>) -> &mut Self {
        self.list(&line.0, |json, at| {
            json.coordinate(*at);
        })
    }

    fn rings(&mut self, polygon: &Polygon<f64>) -> &mut Self {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        self.list(rings, |json, ring| {
            json.line(ring);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_plain_when_none_of_its_bytes_has_to_be_written_otherwise() {
        let slow = |text: &[u8]| text.iter().all(|&b| b >= 0x20 && b != b'"' && b != b'\\');
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=255 {
                    let mut text = vec![b'x'; length];
                    text[at] = byte;
                    assert_eq!(is_plain(&text), slow(&text), "{byte} at {at} of {length}");
                    text[length - 1 - at] = b' ';
                    assert_eq!(is_plain(&text), slow(&text), "{byte} at {at} of {length}");
                }
            }
        }
        assert!(is_plain("责任区 ÿ".as_bytes()));
    }

    #[test]
    fn texts_cut_from_one_block_stay_as_they_were_written() {
        let made: Vec<(String, Bytes)> = (0..500)
            .map(|n| {
                let words = "字".repeat(n * 7);
                let written = short(|json| {
                    json.text(&words);
                });
                (words, written)
            })
            .collect();
        for (words, written) in made {
            assert_eq!(written, format!("\"{words}\"").as_bytes());
        }
    }

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        write(&mut json);
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn numbers_read_back_as_they_were_meant() {
        let degrees = |steps| {
            written(|json| {
                json.degrees(steps);
            })
        };
        assert_eq!(degrees(1_094_843_390), "109.484339");
        assert_eq!(degrees(-1), "-0.0000001");
        assert_eq!(degrees(0), "0");
        assert_eq!(degrees(-1_800_000_000), "-180");
        for steps in [1, -12_345_678, 365_851_234, 900_000_000, 10_000_001] {
            let read: f64 = degrees(steps).parse().unwrap();
            assert_eq!(step(read), steps);
        }
        let fixed = |number| {
            written(|json| {
                json.fixed(number, 2);
            })
        };
        assert_eq!(fixed(12.345), "12.35");
        assert_eq!(fixed(-0.001), "0");
        assert_eq!(fixed(0.05), "0.05");
        assert_eq!(fixed(f64::NAN), "null");
        assert_eq!(fixed(1e300), "null");
        assert_eq!(
            written(|json| {
                json.whole(i64::MIN);
            }),
            i64::MIN.to_string()
        );
        assert_eq!(
            written(|json| {
                json.whole(0);
            }),
            "0"
        );
    }

    #[test]
    fn texts_are_escaped_as_serde_reads_them() {
        for text in ["", "中心街", "a\"b\\c", "\u{1}\n\t", "\u{2028}é", "\"\""] {
            let json = written(|json| {
                json.text(text);
            });
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text, "{json}");
        }
    }

    #[test]
    fn geometries_are_geojson() {
        use geo_types::{MultiPolygon, Point, Rect};
        let rect = Rect::new((109.0, 36.0), (109.5, 36.25)).to_polygon();
        let json = written(|json| {
            json.geometry(&Geometry::MultiPolygon(MultiPolygon(vec![rect])));
        });
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["type"], "MultiPolygon");
        assert_eq!(read["coordinates"][0][0].as_array().unwrap().len(), 5);
        let point = written(|json| {
            json.geometry(&Geometry::Point(Point::new(109.5, -36.25)));
        });
        assert_eq!(point, r#"{"type":"Point","coordinates":[109.5,-36.25]}"#);
    }
}
