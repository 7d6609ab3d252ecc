//! Symbols and labels as projects of QGIS (from 3.22 on) write them. What is left out has QGIS's own default.

use crate::formats::xml::{attribute, escaped};

/// With what a feature is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// A dot.
    Point,
    /// A line.
    Line,
    /// An area with its edge.
    Area,
}

impl Pen {
    /// The geometries that it draws.
    #[must_use]
    pub fn geometry(self) -> &'static str {
        match self {
            Self::Point => "Point",
            Self::Line => "Line",
            Self::Area => "Polygon",
        }
    }

    /// Their number.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::Point => "0",
            Self::Line => "1",
            Self::Area => "2",
        }
    }
}

/// How opaque areas are, of 255 in hexadecimal: what lies beneath is seen.
const OPAQUE: &str = "4d";

/// The colour `#rrggbb`, seen through.
#[must_use]
pub fn clear(colour: &str) -> String {
    format!("#{OPAQUE}{}", colour.trim_start_matches('#'))
}

/// A symbol of one colour (`#rrggbb`, or `#aarrggbb`).
#[must_use]
pub fn symbol(name: &str, pen: Pen, colour: &str) -> String {
    let (kind, class, options) = match pen {
        Pen::Point => (
            "marker",
            "SimpleMarker",
            vec![
                ("name", "circle"),
                ("color", colour),
                ("size", "2.2"),
                ("outline_color", "#ffffff"),
                ("outline_style", "solid"),
                ("outline_width", "0.2"),
            ],
        ),
        Pen::Line => (
            "line",
            "SimpleLine",
            vec![
                ("line_color", colour),
                ("line_style", "solid"),
                ("line_width", "0.5"),
                ("capstyle", "round"),
                ("joinstyle", "round"),
            ],
        ),
        Pen::Area => (
            "fill",
            "SimpleFill",
            vec![
                ("color", colour),
                ("style", "solid"),
                ("outline_color", "#6b7280"),
                ("outline_style", "solid"),
                ("outline_width", "0.3"),
            ],
        ),
    };
    let options: String = options
        .iter()
        .map(|(name, value)| {
            let given = [("type", "QString"), ("name", *name), ("value", *value)];
            element("Option", &given, "")
        })
        .collect();
    let options = element("Option", &[("type", "Map")], &options);
    let given = [("class", class), ("enabled", "1"), ("pass", "0"), ("locked", "0")];
    let layer = element("layer", &given, &options);
    element("symbol", &[("type", kind), ("name", name), ("alpha", "1")], &layer)
}

/// Words within every feature, made by an expression.
#[must_use]
pub fn labels(expression: &str, colour: &str) -> String {
    let around = [("bufferDraw", "1"), ("bufferSize", "0.8"), ("bufferColor", "#ffffff")];
    let given = [
        ("fieldName", expression),
        ("isExpression", "1"),
        ("fontFamily", "Noto Sans CJK SC"),
        ("fontSize", "9"),
        ("textColor", colour),
    ];
    let words = element("text-style", &given, &element("text-buffer", &around, ""));
    let lines = element("text-format", &[("multilineAlign", "1")], "");
    let settings = [words, lines, element("placement", &[("placement", "4")], "")].concat();
    let settings = element("settings", &[], &settings);
    element("labeling", &[("type", "simple")], &settings)
}

/// A tag with its attributes, and the XML within it.
#[must_use]
pub fn element(name: &str, given: &[(&str, &str)], inner: &str) -> String {
    let mut xml = String::with_capacity(inner.len() + 64);
    xml.push('<');
    xml.push_str(name);
    for (key, value) in given {
        xml.push(' ');
        xml.push_str(key);
        xml.push_str("=\"");
        attribute(&mut xml, value);
        xml.push('"');
    }
    xml.push('>');
    xml.push_str(inner);
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
    xml
}

/// A tag with words in it.
#[must_use]
pub fn text(name: &str, words: &str) -> String {
    let mut inner = String::new();
    escaped(&mut inner, words);
    element(name, &[], &inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tiles::palette::Theme;

    #[test]
    fn areas_are_as_opaque_as_those_of_the_page_s_map() {
        let share = f64::from(u8::from_str_radix(OPAQUE, 16).unwrap()) / 255.0;
        assert!(Theme::ALL.iter().all(|theme| (theme.ink().fill - share).abs() < 0.01));
        assert_eq!(clear("#5b8def"), "#4d5b8def");
    }

    #[test]
    fn nothing_that_a_text_says_becomes_markup() {
        let evil = "\"><x a='&";
        let xml = element("a", &[("b", evil)], &text("c", evil));
        assert_eq!(xml.matches('<').count(), 4, "{xml}");
        assert!(!xml.contains("\"><x"), "{xml}");
    }
}
