//! Values in formats that hold only text (CSV, dBASE, text columns): a code that is readable and
//! loses nothing.
//!
//! A number, `true`, `false`, an array or an object stands as its JSON text, and is read so only
//! where that text is exactly how we would write it: `12` is a number, `007` and `1e3` are texts. A
//! text stands as it is, unless it would be read as something else (`"12"`) or has blanks at its
//! ends: then it stands in JSON quotes. Nothing stands for an absent value.

use serde_json::Value;

/// The cell for a value.
#[must_use]
pub fn encode(value: &Value) -> String {
    match value {
        Value::String(text) if decode(text).as_ref() == Some(value) => text.clone(),
        other => other.to_string(),
    }
}

/// The value of a cell; `None` for an empty one.
#[must_use]
pub fn decode(cell: &str) -> Option<Value> {
    let text = cell.trim_matches([' ', '\t', '\r', '\n']);
    let first = *text.as_bytes().first()?;
    if matches!(first, b'-' | b'0'..=b'9' | b'"' | b'[' | b'{' | b't' | b'f' | b'n')
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        let canonical = value.to_string();
        if canonical == text {
            return Some(value);
        }
    }
    Some(Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_value_survives_its_cell_and_plain_text_stays_plain() {
        for value in [
            json!("枣园"),
            json!(""),
            json!(" a "),
            json!("12"),
            json!(12),
            json!(-3),
            json!(1.5),
            json!(true),
            json!("true"),
            json!(null),
            json!("null"),
            json!([1, "a"]),
            json!({"a": {"b": 1}}),
            json!("[1]"),
            json!("{"),
            json!("\"quoted\""),
            json!("007"),
            json!("1e3"),
            json!("-"),
            json!(1e300),
            json!("a\nb"),
            json!(u64::MAX),
            json!("=1+1"),
        ] {
            assert_eq!(decode(&encode(&value)), Some(value.clone()), "{value}");
        }
        assert_eq!(encode(&json!("枣园")), "枣园");
        assert_eq!(encode(&json!("12")), "\"12\"");
        assert_eq!((decode("007"), decode(" 7 ")), (Some(json!("007")), Some(json!(7))));
        assert_eq!((decode(""), decode("  ")), (None, None));
    }
}
