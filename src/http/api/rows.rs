//! Rows of a batch: cut out of a stream as they come, in bounded memory.

use memchr::{memchr, memrchr};

/// Largest row, in bytes: what has no end until then is no row.
pub const ROW_BYTES_MAX: usize = 64 * 1024;

/// How a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A header line, then one record a row.
    Csv,
}

/// Cuts a stream of bytes into whole rows.
#[derive(Debug)]
pub struct Cutter {
    form: Form,
    bytes: Vec<u8>,
    /// How far `bytes` was looked at already.
    seen: usize,
    array: Array,
    field: Field,
}

/// Where in a JSON array the look stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Array {
    /// Before its bracket.
    Before,
    /// Before its first item, which may be its end.
    First,
    /// Before an item.
    Item,
    /// In an item, so deep; in a text or not, behind a backslash or not.
    Within { depth: u32, text: bool, escaped: bool },
    /// Behind an item.
    Between,
    /// Behind its end.
    After,
}

/// Where in a CSV the look stands. A quote opens a text only where a field begins; further inside it
/// is a character like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// Before the first byte.
    Before,
    /// Where a field begins.
    Start,
    /// In a field, outside quotes.
    Plain,
    /// In a quoted text.
    Quoted,
    /// Behind a quote that ends the text, or is the first of two.
    Quote,
}

/// The stream is no batch of this form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken(pub String);

impl Cutter {
    /// A cutter of this form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self { form, bytes: Vec::new(), seen: 0, array: Array::Before, field: Field::Before }
    }

    /// Whole rows after more bytes came: for JSON each item, else slabs of whole lines. What is not
    /// whole yet waits.
    ///
    /// # Errors
    /// [`Broken`]: not an array, or a row without an end.
    pub fn push(&mut self, more: &[u8]) -> Result<Vec<Vec<u8>>, Broken> {
        self.bytes.extend_from_slice(more);
        let rows = match self.form {
            Form::Json => self.items()?,
            Form::Ndjson => self.slab(memrchr(b'\n', &self.bytes)),
            Form::Csv => {
                let end = self.csv_end();
                self.slab(end)
            }
        };
        if self.bytes.len() > ROW_BYTES_MAX {
            return Err(Broken(format!("a row has more than {ROW_BYTES_MAX} bytes")));
        }
        Ok(rows)
    }

    /// What remains at the stream's end.
    ///
    /// # Errors
    /// [`Broken`]: the stream breaks off within the array.
    pub fn end(&mut self) -> Result<Vec<Vec<u8>>, Broken> {
        if self.form == Form::Json {
            return match self.array {
                Array::After => Ok(Vec::new()),
                Array::Before => Err(Broken("the body is empty; send a JSON array".to_owned())),
                _ => Err(Broken("the JSON array breaks off".to_owned())),
            };
        }
        if self.field == Field::Quoted {
            return Err(Broken("a quoted text has no end".to_owned()));
        }
        let rest = std::mem::take(&mut self.bytes);
        Ok(if rest.is_empty() { Vec::new() } else { vec![rest] })
    }

    fn slab(&mut self, end: Option<usize>) -> Vec<Vec<u8>> {
        let Some(end) = end else { return Vec::new() };
        let rest = self.bytes.split_off(end + 1);
        self.seen = rest.len();
        vec![std::mem::replace(&mut self.bytes, rest)]
    }

    /// The last line feed outside quotes.
    fn csv_end(&mut self) -> Option<usize> {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if self.field == Field::Before {
            if self.bytes.len() < MARK.len() {
                return None;
            }
            // A field begins behind the byte-order mark that spreadsheets put first.
            self.seen = if self.bytes.starts_with(MARK) { MARK.len() } else { 0 };
            self.field = Field::Start;
        }
        let rest = &self.bytes[self.seen..];
        let outside = matches!(self.field, Field::Start | Field::Plain);
        let end = if outside && memchr(b'"', rest).is_none() {
            self.field = rest.last().map_or(self.field, |last| plain(*last));
            memrchr(b'\n', rest)
        } else {
            let (field, end) = last_feed(self.field, rest);
            self.field = field;
            end
        };
        let end = end.map(|at| self.seen + at);
        self.seen = self.bytes.len();
        end
    }

    fn items(&mut self) -> Result<Vec<Vec<u8>>, Broken> {
        let mut rows = Vec::new();
        let mut from = 0;
        let mut at = self.seen;
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            let was = self.array;
            self.array = step(was, byte)?;
            match (was, self.array) {
                (Array::First | Array::Item, Array::Within { .. }) => from = at,
                // A number or word ends before the comma or bracket that follows it.
                (Array::Within { depth: 0, .. }, Array::Item | Array::After) => {
                    rows.push(self.bytes[from..at].to_vec());
                    from = at + 1;
                }
                (Array::Within { .. }, Array::Between) => {
                    rows.push(self.bytes[from..=at].to_vec());
                    from = at + 1;
                }
                (_, Array::Within { .. }) => {}
                _ => from = at + 1,
            }
            at += 1;
        }
        self.bytes.drain(..from);
        self.seen = self.bytes.len();
        Ok(rows)
    }
}

/// Where the look stands behind a text of a CSV, and the text's last line feed outside quotes.
fn last_feed(mut field: Field, text: &[u8]) -> (Field, Option<usize>) {
    let (mut end, mut at) = (None, 0);
    while let Some(byte) = text.get(at) {
        field = match (field, byte) {
            (Field::Quoted, _) => {
                let Some(quote) = memchr(b'"', &text[at..]) else { return (field, end) };
                at += quote;
                Field::Quote
            }
            (Field::Before | Field::Start | Field::Quote, b'"') => Field::Quoted,
            (_, other) => plain(*other),
        };
        if *byte == b'\n' && field == Field::Start {
            end = Some(at);
        }
        at += 1;
    }
    (field, end)
}

/// Where the look stands behind a byte outside quotes that opens none.
fn plain(byte: u8) -> Field {
    if matches!(byte, b',' | b'\n' | b'\r') { Field::Start } else { Field::Plain }
}

fn step(state: Array, byte: u8) -> Result<Array, Broken> {
    let blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    match (state, byte) {
        (Array::Before, b'[') => Ok(Array::First),
        (Array::Before, _) if !blank => {
            Err(Broken("the body is no JSON array; send [{\"lon\":…,\"lat\":…}, …]".to_owned()))
        }
        (Array::First | Array::Between, b']') => Ok(Array::After),
        (Array::Between, b',') => Ok(Array::Item),
        (Array::Between, _) if !blank => {
            Err(Broken("a comma or ] must follow an item of the array".to_owned()))
        }
        (Array::After, _) if !blank => Err(Broken("something follows the JSON array".to_owned())),
        (Array::First | Array::Item, b',' | b']') => {
            Err(Broken("an item of the array is missing".to_owned()))
        }
        (Array::First | Array::Item, b'{' | b'[') => {
            Ok(Array::Within { depth: 1, text: false, escaped: false })
        }
        (Array::First | Array::Item, _) if !blank => {
            Ok(Array::Within { depth: 0, text: byte == b'"', escaped: false })
        }
        (Array::Within { depth, text, escaped }, _) => Ok(within(depth, text, escaped, byte)),
        (same, _) => Ok(same),
    }
}

fn within(depth: u32, text: bool, escaped: bool, byte: u8) -> Array {
    if text {
        let text = escaped || byte != b'"';
        return Array::Within { depth, text, escaped: !escaped && byte == b'\\' };
    }
    match byte {
        b'"' => Array::Within { depth, text: true, escaped: false },
        b'{' | b'[' => Array::Within { depth: depth.saturating_add(1), text, escaped: false },
        b'}' | b']' if depth > 1 => Array::Within { depth: depth - 1, text, escaped: false },
        b'}' | b']' if depth == 1 => Array::Between,
        b',' if depth == 0 => Array::Item,
        b']' => Array::After,
        _ => Array::Within { depth, text, escaped: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts the same text in pieces of every size: the cuts must not depend on them.
    fn check(form: Form, text: &str, expected: Result<&[&str], &str>) {
        for size in 1..=text.len().max(1) {
            let mut cutter = Cutter::new(form);
            let mut rows: Vec<u8> = Vec::new();
            let mut count = Vec::new();
            let mut broken = None;
            for piece in text.as_bytes().chunks(size) {
                match cutter.push(piece) {
                    Ok(more) => count.extend(more),
                    Err(fault) => broken = broken.or(Some(fault)),
                }
            }
            match cutter.end() {
                Ok(more) => count.extend(more),
                Err(fault) => broken = broken.or(Some(fault)),
            }
            rows.extend(count.concat());
            match expected {
                Ok(whole) if form == Form::Json => {
                    let cut: Vec<&str> =
                        count.iter().map(|row| std::str::from_utf8(row).unwrap().trim()).collect();
                    assert_eq!((cut.as_slice(), broken), (whole, None), "{size} {text}");
                }
                Ok(whole) => {
                    assert_eq!(std::str::from_utf8(&rows).unwrap(), whole.concat());
                    assert!(count.iter().all(|slab| slab.ends_with(b"\n") || rows.ends_with(slab)));
                    assert_eq!(broken, None, "{size} {text}");
                }
                Err(words) => {
                    assert!(
                        broken.clone().is_some_and(|b| b.0.contains(words)),
                        "{text} {broken:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_array_is_cut_into_its_items_wherever_the_pieces_end() {
        check(Form::Json, "[]", Ok(&[]));
        check(Form::Json, " [ ] \n", Ok(&[]));
        check(
            Form::Json,
            r#"[{"a":"}]\",{["},[1,[2]],3 , null,"x,y"]"#,
            Ok(&[r#"{"a":"}]\",{["}"#, "[1,[2]]", "3", "null", r#""x,y""#]),
        );
        check(Form::Json, "", Err("empty"));
        check(Form::Json, "{}", Err("no JSON array"));
        check(Form::Json, "[{},", Err("breaks off"));
        check(Form::Json, "[{}", Err("breaks off"));
        check(Form::Json, "[,]", Err("missing"));
        check(Form::Json, "[{}{}]", Err("comma"));
        check(Form::Json, "[] x", Err("follows"));
    }

    #[test]
    fn lines_are_cut_at_their_feeds_and_records_outside_quotes() {
        check(Form::Ndjson, "{}\n{}\n{}", Ok(&["{}\n{}\n{}"]));
        check(Form::Csv, "a,b\n1,\"x\ny\"\n2,\"\"\"\"\n", Ok(&["a,b\n1,\"x\ny\"\n2,\"\"\"\"\n"]));
        check(Form::Csv, "a\n\"x", Err("no end"));
        let odd = "\u{feff}\"a\n\",b\n5\" pipe,\"x\ny\"\"\n\"\r\"\n\"\"z\n\n6\",7";
        check(Form::Csv, odd, Ok(&[odd]));
        let mut cutter = Cutter::new(Form::Csv);
        assert_eq!(cutter.push(b"a\n\"x\ny").unwrap(), [b"a\n".to_vec()]);
        assert_eq!(cutter.push(b"\"\nz").unwrap(), [b"\"x\ny\"\n".to_vec()]);
        // A quote inside a field opens nothing, so that the one behind it does.
        let mut cutter = Cutter::new(Form::Csv);
        assert_eq!(cutter.push(b"a,5\"\n\"b\n").unwrap(), [b"a,5\"\n".to_vec()]);
        assert_eq!(cutter.push(b"c\",6\"\n").unwrap(), [b"\"b\nc\",6\"\n".to_vec()]);
    }

    #[test]
    fn a_row_without_an_end_is_refused() {
        for (form, start) in [(Form::Json, "[{"), (Form::Ndjson, "{"), (Form::Csv, "\"")] {
            let mut cutter = Cutter::new(form);
            cutter.push(start.as_bytes()).unwrap();
            assert!(cutter.push(&vec![b'x'; ROW_BYTES_MAX]).is_err(), "{form:?}");
        }
    }
}
