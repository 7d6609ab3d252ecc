//! A document of Open311: one tree, written as XML and as JSON, so that the two never differ.

use std::fmt::Write;

use crate::formats::xml::escaped;

/// In which format a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `text/xml`, which every server must speak.
    Xml,
    /// `application/json`.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Xml, Self::Json];

    /// The suffix of a path.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    /// The format with this suffix.
    #[must_use]
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.suffix() == suffix)
    }

    /// The media type without parameters.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }

    /// The `Content-Type` of an answer.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// A value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing: an empty element, or `null`.
    Null,
    /// A text; codes and ids are texts too. An empty one is [`Self::Null`] in both formats.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A finite number; any other is [`Self::Null`].
    Real(f64),
    /// Named members in order.
    Members(Vec<(&'static str, Value)>),
    /// A list, also of one; each item is an element of this name.
    List(&'static str, Vec<Value>),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A text, where there is one.
    #[must_use]
    pub fn text_or_null(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, Self::text)
    }
}

/// A document: the name of the XML root, which JSON drops, and what stands in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The name of the XML root.
    pub root: &'static str,
    /// What stands in it.
    pub body: Value,
}

impl Document {
    /// The document's text.
    #[must_use]
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Xml => {
                let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
                element(&mut xml, self.root, &self.body);
                xml.push('\n');
                xml
            }
            Format::Json => {
                let mut json = String::new();
                member(&mut json, &self.body);
                json
            }
        }
    }
}

fn element(xml: &mut String, name: &str, value: &Value) {
    let mut inner = String::new();
    match value {
        Value::Text(text) => escaped(&mut inner, text),
        Value::Flag(flag) => inner.push_str(if *flag { "true" } else { "false" }),
        Value::Whole(number) => inner = number.to_string(),
        Value::Real(number) if number.is_finite() => inner = number.to_string(),
        Value::Null | Value::Real(_) => {}
        Value::Members(members) => {
            for (name, value) in members {
                element(&mut inner, name, value);
            }
        }
        Value::List(item, values) => {
            for value in values {
                element(&mut inner, item, value);
            }
        }
    }
    let _ = if inner.is_empty() {
        write!(xml, "<{name}/>")
    } else {
        write!(xml, "<{name}>{inner}</{name}>")
    };
}

fn member(json: &mut String, value: &Value) {
    match value {
        Value::Text(text) if !text.is_empty() => {
            json.push_str(&serde_json::Value::from(text.as_str()).to_string());
        }
        Value::Flag(flag) => json.push_str(if *flag { "true" } else { "false" }),
        Value::Whole(number) => json.push_str(&number.to_string()),
        Value::Real(number) if number.is_finite() => json.push_str(&number.to_string()),
        Value::Null | Value::Text(_) | Value::Real(_) => json.push_str("null"),
        Value::Members(members) => {
            for (n, (name, value)) in members.iter().enumerate() {
                let _ = write!(json, "{}\"{name}\":", if n == 0 { '{' } else { ',' });
                member(json, value);
            }
            json.push_str(if members.is_empty() { "{}" } else { "}" });
        }
        Value::List(_, values) => {
            for (n, value) in values.iter().enumerate() {
                json.push(if n == 0 { '[' } else { ',' });
                member(json, value);
            }
            json.push_str(if values.is_empty() { "[]" } else { "]" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: Value, xml: &str, json: &str) {
        let document = Document { root: "r", body };
        let declared = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{xml}\n");
        assert_eq!(document.write(Format::Xml), declared);
        assert_eq!(document.write(Format::Json), json);
    }

    #[test]
    fn one_tree_is_both_documents() {
        let item = |text: &str| Value::Members(vec![("id", Value::text(text))]);
        check(Value::List("i", vec![item("1")]), "<r><i><id>1</id></i></r>", r#"[{"id":"1"}]"#);
        check(Value::List("i", Vec::new()), "<r/>", "[]");
        check(
            Value::Members(vec![
                ("a", Value::Flag(true)),
                ("b", Value::text("")),
                ("c", Value::Null),
                ("d", Value::Real(109.484)),
                ("e", Value::Whole(-2)),
                ("f", Value::Real(f64::NAN)),
                ("g", Value::List("h", vec![Value::text("x"), Value::text("y")])),
            ]),
            "<r><a>true</a><b/><c/><d>109.484</d><e>-2</e><f/><g><h>x</h><h>y</h></g></r>",
            r#"{"a":true,"b":null,"c":null,"d":109.484,"e":-2,"f":null,"g":["x","y"]}"#,
        );
    }

    #[test]
    fn what_would_be_markup_is_escaped_and_what_xml_cannot_say_is_replaced() {
        check(
            Value::text("<a href=\"x\">&amp;\u{1}\u{ffff}]]>"),
            "<r>&lt;a href=\"x\"&gt;&amp;amp;\u{fffd}\u{fffd}]]&gt;</r>",
            "\"<a href=\\\"x\\\">&amp;\\u0001\u{ffff}]]>\"",
        );
    }
}
