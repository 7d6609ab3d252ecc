//! A list of Open311's documents as a table: CSV, a column for each member. No cell of it is a
//! formula.

use crate::formats::csv::guard;
use crate::formats::open311::document::Value;

/// The line of column names, behind a byte-order mark: spreadsheets need it to see UTF-8.
#[must_use]
pub fn header(columns: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0xef, 0xbb, 0xbf];
    bytes.extend(record(columns.iter().map(|column| (*column).to_owned())));
    bytes
}

/// The line of one item. Members that are no plain value are left out, and so are those that are no
/// column.
#[must_use]
pub fn row(columns: &[&str], item: &Value) -> Vec<u8> {
    let Value::Members(members) = item else { return Vec::new() };
    let cell = |column: &&str| members.iter().find(|(name, _)| name == column).map(|(_, it)| it);
    record(columns.iter().map(|column| cell(column).map(plain).unwrap_or_default()))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => guard(text.clone()),
        Value::Flag(flag) => flag.to_string(),
        Value::Whole(number) => number.to_string(),
        Value::Real(number) if number.is_finite() => number.to_string(),
        Value::Null | Value::Real(_) | Value::Members(_) | Value::List(..) => String::new(),
    }
}

fn record(cells: impl Iterator<Item = String>) -> Vec<u8> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(cells);
    out.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_its_columns_and_no_formula() {
        let columns = ["id", "words", "lat", "open", "none", "missing"];
        let item = Value::Members(vec![
            ("none", Value::Null),
            ("words", Value::text("=HYPERLINK(\"http://x\")\n\"a\", b")),
            ("id", Value::text("-1+2")),
            ("lat", Value::Real(-36.5)),
            ("open", Value::Flag(true)),
            ("other", Value::text("x")),
        ]);
        assert_eq!(header(&columns[..2]), "\u{feff}id,words\n".as_bytes());
        let row = String::from_utf8(row(&columns, &item)).unwrap();
        assert_eq!(row, "'-1+2,\"'=HYPERLINK(\"\"http://x\"\")\n\"\"a\"\", b\",-36.5,true,,\n");
    }
}
