//! Texts within XML, and XML read.

pub mod read;
pub mod field;

/// Text between tags. What XML 1.0 cannot say at all becomes U+FFFD.
pub fn escaped(xml: &mut String, text: &str) {
    text.chars().for_each(|c| one(xml, c));
}

/// The value of an attribute, between double quotes.
pub fn attribute(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => xml.push_str("&quot;"),
            '\n' => xml.push_str("&#10;"),
            '\t' => xml.push_str("&#9;"),
            c => one(xml, c),
        }
    }
}

fn one(xml: &mut String, c: char) {
    match c {
        '&' => xml.push_str("&amp;"),
        '<' => xml.push_str("&lt;"),
        '>' => xml.push_str("&gt;"),
        '\r' => xml.push_str("&#13;"),
        '\n' | '\t' => xml.push(c),
        '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
        c => xml.push(c),
    }
}
