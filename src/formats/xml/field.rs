//! Fields of a feature as XML holds them: texts, in the code of [`cell`](crate::formats::cell).

use serde_json::Value;

use crate::domain::text::Attributes;
use crate::formats::cell::encode;

/// The columns that name a thing, the first that says something first.
const NAMES: [&str; 3] = ["name_zh", "name_en", "name"];

/// The text for a value. What XML cannot say stands as JSON says it.
#[must_use]
pub fn text(value: &Value) -> String {
    let cell = encode(value);
    let unsaid = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}');
    if value.is_string() && cell.contains(unsaid) { value.to_string() } else { cell }
}

/// What a map shows as the name of a feature: one of its columns that name it.
#[must_use]
pub fn title(fields: &Attributes) -> Option<&str> {
    let texts = NAMES.iter().filter_map(|name| fields.get(*name)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// Takes the name that a map shows as the column `name`, unless the columns name the feature already.
pub fn named(fields: &mut Attributes, name: Option<String>) {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return };
    if !NAMES.iter().any(|column| fields.contains_key(*column)) {
        fields.insert("name".to_owned(), Value::from(name));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::formats::cell::decode;

    #[test]
    fn a_text_that_xml_cannot_say_is_said_in_json() {
        for value in [json!("a\u{1}b"), json!("枣园"), json!("12"), json!(12), json!("a\nb")] {
            assert_eq!(decode(&text(&value)), Some(value));
        }
        assert_eq!(text(&json!("a\u{1}")), "\"a\\u0001\"");
    }

    #[test]
    fn a_name_that_is_shown_is_no_second_column() {
        let mut fields: Attributes = [("name_en".to_owned(), json!("Zone 1"))].into();
        assert_eq!(title(&fields), Some("Zone 1"));
        named(&mut fields, Some("x".to_owned()));
        assert_eq!(fields.len(), 1);
        let mut bare = Attributes::new();
        named(&mut bare, Some("x".to_owned()));
        assert_eq!(bare["name"], json!("x"));
    }
}
