//! Rows of a batch: cut out of a stream as they come, in bounded memory.

use memchr::{memchr, memchr_iter, memrchr};

/// Largest row, in bytes without its line feed: what has no end until then is no row.
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
    /// A row was too long, which is told behind the rows before it.
    too_long: bool,
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
        let (bytes, array) = (Vec::new(), Array::Before);
        Self { form, bytes, seen: 0, array, field: Field::Before, too_long: false }
    }

    /// Whole rows after more bytes came: for JSON each item, else slabs of whole lines. What is not
    /// whole yet waits.
    ///
    /// # Errors
    /// [`Broken`]: not an array, or a row that is too long.
    pub fn push(&mut self, more: &[u8]) -> Result<Vec<Vec<u8>>, Broken> {
        if self.too_long {
            return Err(too_long());
        }
        self.bytes.extend_from_slice(more);
        let rows = if self.form == Form::Json {
            self.items()?
        } else {
            let end = self.lines_end();
            self.slab(end)
        };
        if self.too_long && rows.is_empty() { Err(too_long()) } else { Ok(rows) }
    }

    /// What remains at the stream's end.
    ///
    /// # Errors
    /// [`Broken`]: the stream breaks off within the array.
    pub fn end(&mut self) -> Result<Vec<Vec<u8>>, Broken> {
        if self.too_long {
            return Err(too_long());
        }
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

    /// Everything up to `end`; what is behind it begins a row.
    fn slab(&mut self, end: usize) -> Vec<Vec<u8>> {
        if end == 0 {
            return Vec::new();
        }
        let rest = self.bytes.split_off(end);
        self.seen = rest.len();
        vec![std::mem::replace(&mut self.bytes, rest)]
    }

    /// Where the last whole row ends, behind its line feed; in CSV one outside quotes. 0 where none does. Rows
    /// behind one that is too long, whether it has an end or not, do not count.
    fn lines_end(&mut self) -> usize {
        if !self.begins() {
            return 0;
        }
        let mut end = 0;
        let mut at = self.seen;
        while at < self.bytes.len() && !self.too_long {
            if self.field == Field::Quoted {
                let Some(quote) = memchr(b'"', &self.bytes[at..]) else { break };
                at += quote + 1;
                self.field = Field::Quote;
            } else {
                let opened = self.opening(at);
                let plain_to = opened.unwrap_or(self.bytes.len());
                (end, self.too_long) = rows_end(&self.bytes, end, (at, plain_to));
                self.field = opened.map_or(plain(self.bytes.last().copied()), |_| Field::Quoted);
                at = plain_to + 1;
            }
        }
        self.seen = self.bytes.len();
        self.too_long |= self.bytes.len() - end > ROW_BYTES_MAX;
        end
    }

    /// Whether the look is past the byte-order mark that spreadsheets put first, behind which a field begins.
    fn begins(&mut self) -> bool {
        const MARK: &[u8] = "\u{feff}".as_bytes();
        if self.form == Form::Csv && self.field == Field::Before {
            if self.bytes.len() < MARK.len() {
                return false;
            }
            self.seen = if self.bytes.starts_with(MARK) { MARK.len() } else { 0 };
            self.field = Field::Start;
        }
        true
    }

    /// The next quote from `at` on, outside quotes, that opens a text, or opens it again.
    fn opening(&self, at: usize) -> Option<usize> {
        if self.form != Form::Csv {
            return None;
        }
        let opens = |quote: &usize| match quote.checked_sub(1).filter(|_| *quote > at) {
            Some(before) => plain(self.bytes.get(before).copied()) == Field::Start,
            None => matches!(self.field, Field::Start | Field::Quote),
        };
        memchr_iter(b'"', &self.bytes[at..]).map(|quote| at + quote).find(opens)
    }

    fn items(&mut self) -> Result<Vec<Vec<u8>>, Broken> {
        let mut rows = Vec::new();
        let mut from = 0;
        let mut at = self.seen;
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            let was = self.array;
            self.array = step(was, byte)?;
            let mut item = None;
            match (was, self.array) {
                (Array::First | Array::Item, Array::Within { .. }) => from = at,
                // A number or word ends before the comma or bracket that follows it.
                (Array::Within { depth: 0, .. }, Array::Item | Array::After) => {
                    item = Some(from..at);
                }
                (Array::Within { .. }, Array::Between) => item = Some(from..at + 1),
                (_, Array::Within { .. }) => {}
                _ => from = at + 1,
            }
            if let Some(item) = item {
                if item.len() > ROW_BYTES_MAX {
                    self.too_long = true;
                    return Ok(rows);
                }
                rows.push(self.bytes[item].to_vec());
                from = at + 1;
            }
            at += 1;
        }
        self.bytes.drain(..from);
        self.seen = self.bytes.len();
        self.too_long = self.bytes.len() > ROW_BYTES_MAX;
        Ok(rows)
    }
}

fn too_long() -> Broken {
    Broken(format!("a row has more than {ROW_BYTES_MAX} bytes"))
}

/// Behind the last line feed between two places, for rows that go on from `from`, and whether the row there is
/// too long. Looks from the far end of what a row may have, so that short rows are stepped over many at a time.
fn rows_end(bytes: &[u8], mut from: usize, (begin, end): (usize, usize)) -> (usize, bool) {
    loop {
        let last = from + ROW_BYTES_MAX;
        let (begin, stop) = (begin.max(from), end.min(last + 1));
        let feed = bytes.get(begin..stop).and_then(|some| memrchr(b'\n', some));
        match feed {
            Some(feed) => from = begin + feed + 1,
            None => return (from, end > last + 1),
        }
    }
}

/// Where the look stands behind a byte outside quotes that opens none.
fn plain(byte: Option<u8>) -> Field {
    if matches!(byte, Some(b',' | b'\n' | b'\r')) { Field::Start } else { Field::Plain }
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

    /// Whether a stream with a row of so many bytes between two short ones passes, cut in pieces of this size.
    fn passes(form: Form, row: usize, size: usize) -> bool {
        let long = match form {
            Form::Json => format!("[1,\"{}\",2]", "x".repeat(row - 2)),
            Form::Ndjson => format!("1\n{}\n2\n", "x".repeat(row)),
            Form::Csv => format!("a\n\"{}\n\"\nb\n", "x".repeat(row - 3)),
        };
        let mut cutter = Cutter::new(form);
        let pushed = long.as_bytes().chunks(size).all(|piece| cutter.push(piece).is_ok());
        pushed && cutter.end().is_ok()
    }

    #[test]
    fn a_row_may_be_as_long_as_the_limit_and_not_a_byte_longer_wherever_the_pieces_end() {
        for form in [Form::Json, Form::Ndjson, Form::Csv] {
            // The last comes whole, its end with it.
            for size in [1_000, ROW_BYTES_MAX, ROW_BYTES_MAX + 3, 10 * ROW_BYTES_MAX] {
                assert!(passes(form, ROW_BYTES_MAX, size), "{form:?} {size}");
                assert!(!passes(form, ROW_BYTES_MAX + 1, size), "{form:?} {size}");
                assert!(!passes(form, 3 * ROW_BYTES_MAX, size), "{form:?} {size}");
            }
            let many = match form {
                Form::Json => format!("[{}0]", "1,".repeat(ROW_BYTES_MAX)),
                Form::Ndjson => "12\n".repeat(ROW_BYTES_MAX),
                Form::Csv => "1,\"\n\"\n".repeat(ROW_BYTES_MAX),
            };
            let mut cutter = Cutter::new(form);
            let rows = cutter.push(many.as_bytes()).unwrap();
            assert!(!rows.is_empty() && cutter.end().unwrap().is_empty(), "{form:?}");
        }
    }

    #[test]
    fn rows_before_one_that_is_too_long_are_given_and_then_it_is_told() {
        let long = "x".repeat(2 * ROW_BYTES_MAX);
        for (form, text, before) in [
            (Form::Json, format!("[1,2,\"{long}\",3]"), vec!["1", "2"]),
            (Form::Ndjson, format!("1\n2\n{long}\n3\n"), vec!["1\n2\n"]),
            (Form::Csv, format!("1\n2\n\"{long}\"\n3\n"), vec!["1\n2\n"]),
        ] {
            let mut cutter = Cutter::new(form);
            let rows = cutter.push(text.as_bytes()).unwrap();
            assert_eq!(rows, before.iter().map(|row| row.as_bytes()).collect::<Vec<_>>());
            assert!(cutter.push(b"4").is_err() && cutter.end().is_err(), "{form:?}");
        }
    }
}
