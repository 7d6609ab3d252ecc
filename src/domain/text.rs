//! Words that people wrote: cleaned once at the door, so that no control or disguise gets inside.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Longest name of anything, in characters.
pub const NAME_CHARS_MAX: usize = 200;
/// Longest free text (a report's words), in characters.
pub const WORDS_CHARS_MAX: usize = 4_000;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Nothing left after trimming.
    Empty,
    /// More characters than `max`.
    TooLong { chars: usize, max: usize },
    /// A control, bidirectional-override or zero-width character.
    Hidden { code: u32, at: usize },
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty"),
            Self::TooLong { chars, max } => {
                write!(f, "has {chars} characters, at most {max} are kept")
            }
            Self::Hidden { code, at } => {
                write!(f, "has the invisible character U+{code:04X} at character {at}; remove it")
            }
        }
    }
}

impl std::error::Error for TextFault {}

/// A one-line name: trimmed, NFC, 1 to [`NAME_CHARS_MAX`] characters, nothing invisible.
///
/// # Errors
/// A [`TextFault`] that says which of these it misses.
pub fn name(raw: &str) -> Result<String, TextFault> {
    let text = line(raw, NAME_CHARS_MAX)?;
    if text.is_empty() { Err(TextFault::Empty) } else { Ok(text) }
}

/// A one-line text that may be empty, of at most `max` characters.
///
/// # Errors
/// [`TextFault::TooLong`] or [`TextFault::Hidden`].
pub fn line(raw: &str, max: usize) -> Result<String, TextFault> {
    clean(raw, max, false)
}

/// Several lines (line feeds and tabs stay), of at most `max` characters.
///
/// # Errors
/// [`TextFault::TooLong`] or [`TextFault::Hidden`].
pub fn words(raw: &str, max: usize) -> Result<String, TextFault> {
    clean(raw, max, true)
}

fn clean(raw: &str, max: usize, lines: bool) -> Result<String, TextFault> {
    let text: String = raw.trim().nfc().filter(|c| *c != '\r').collect();
    let chars = text.chars().count();
    if chars > max {
        return Err(TextFault::TooLong { chars, max });
    }
    match text.chars().enumerate().find(|(_, c)| hidden(*c) && !(lines && matches!(c, '\n' | '\t')))
    {
        Some((at, c)) => Err(TextFault::Hidden { code: u32::from(c), at: at + 1 }),
        None => Ok(text),
    }
}

/// So often tags are taken out that became tags because others were taken out.
const PASSES_MAX: usize = 3;
/// Elements whose content is for no reader, and where it ends.
const HIDDEN: [(&str, &str); 2] = [("script", "</script"), ("style", "</style")];

/// A text without anything that a browser would take for markup: tags, comments, and what stands in
/// scripts and styles. A lone `<`, as in `a < b`, stays. What is nested deeper than anybody nests loses its `<`
/// alone, so that the work grows with the length of the text and no faster.
#[must_use]
pub fn without_markup(raw: &str) -> String {
    // As it is kept later: that must not make tags of what was none.
    let mut text: String = raw.nfc().filter(|c| *c != '\r').collect();
    for _ in 0..PASSES_MAX {
        let next = without_tags(&text);
        // What was nested may have become a tag by the removal.
        if next == text {
            return text;
        }
        text = next;
    }
    without_beginnings(&text)
}

/// Whether a `<` before it begins a tag.
fn begins_tag(next: char) -> bool {
    next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')
}

fn without_tags(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut never_ends = [false; HIDDEN.len()];
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('<') {
        let tag = at + found;
        kept.push_str(&text[at..tag]);
        if !text[tag + 1..].starts_with(begins_tag) {
            kept.push('<');
            at = tag + 1;
            continue;
        }
        let end = if text[tag..].starts_with("<!--") { "-->" } else { ">" };
        // A tag that never ends swallows the rest, as it would in a browser.
        at = text[tag..].find(end).map_or(text.len(), |found| tag + found + end.len());
        for ((name, end), never_ends) in HIDDEN.iter().zip(&mut never_ends) {
            if *never_ends || !lower[tag + 1..].starts_with(name) {
                continue;
            }
            match lower[at..].find(end) {
                Some(found) => at += found,
                None => *never_ends = true,
            }
        }
    }
    kept.push_str(&text[at..]);
    kept
}

/// Without each `<` that begins a tag; from behind, because what lies before one that went may begin one then.
fn without_beginnings(text: &str) -> String {
    let mut kept: Vec<char> = Vec::with_capacity(text.len());
    for c in text.chars().rev() {
        if c != '<' || !kept.last().is_some_and(|next| begins_tag(*next)) {
            kept.push(c);
        }
    }
    kept.iter().rev().collect()
}

/// Controls, bidirectional controls, zero-width characters and the byte-order mark.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A URL as it may be shown: without user, password and parameters, for these may hold a password too. What is no
/// URL stays as it is.
#[must_use]
pub fn shown_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, further) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    // A password may hold any of these as they are: then nobody can tell where it ends.
    let known = !further.contains('@');
    let place = place.rsplit_once('@').map_or(place, |(_, behind)| behind);
    format!("{scheme}://{}", if known { place } else { "…" })
}

/// The name among `names` that `word` was probably meant to be, for "did you mean".
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(NAME_CHARS_MAX).collect();
    let best = names.into_iter().map(|name| (distance(&word, name), name)).min()?;
    (best.0 <= 2.max(word.len() / 3)).then_some(best.1)
}

/// Levenshtein's distance: single characters put in, left out or exchanged.
fn distance(word: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (i, c) in name.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, d) in word.iter().enumerate() {
            let exchanged = corner + usize::from(c != *d);
            corner = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(corner + 1);
        }
    }
    row[word.len()]
}

/// A name in Chinese and in English. Either may stand alone; the page falls back on the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Chinese; may be empty when `en` is not.
    pub zh: String,
    /// English; may be empty when `zh` is not.
    pub en: String,
}

impl Names {
    /// Cleans both; at least one must say something.
    ///
    /// # Errors
    /// The first language's fault, or [`TextFault::Empty`] when both are empty.
    pub fn new(zh: &str, en: &str) -> Result<Self, TextFault> {
        let names = Self { zh: line(zh, NAME_CHARS_MAX)?, en: line(en, NAME_CHARS_MAX)? };
        if names.zh.is_empty() && names.en.is_empty() { Err(TextFault::Empty) } else { Ok(names) }
    }

    /// The Chinese name, or the English one where there is no Chinese.
    #[must_use]
    pub fn any(&self) -> &str {
        if self.zh.is_empty() { &self.en } else { &self.zh }
    }
}

/// Further facts of a zone, unit or facility, as its source gave them; keys sorted.
pub type Attributes = BTreeMap<String, serde_json::Value>;

/// Up to here a float holds every whole number.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Whether two values say the same, whole numbers with a decimal point or without.
#[must_use]
pub fn says_same(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (one, other) {
        // Whole numbers that a float does not hold exactly stay apart.
        (Value::Number(a), Value::Number(b)) if a.is_f64() != b.is_f64() => {
            a.as_f64() == b.as_f64() && a.as_f64().is_some_and(|n| n.abs() < EXACT_MAX)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| says_same(a, b)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written_and_nothing_else_is() {
        for (one, other) in [
            (json!(2), json!(2.0)),
            (json!([1, { "a": 3.0 }]), json!([1.0, { "a": 3 }])),
            (json!("x"), json!("x")),
        ] {
            assert!(says_same(&one, &other), "{one} {other}");
        }
        for (one, other) in [
            (json!(2), json!("2")),
            (json!(2), json!(2.5)),
            (json!(1), json!(true)),
            (json!([1]), json!([1, 2])),
            (json!({ "a": 1 }), json!({ "b": 1 })),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0)),
        ] {
            assert!(!says_same(&one, &other), "{one} {other}");
        }
    }

    #[test]
    fn a_url_is_shown_without_who_and_the_password() {
        for (given, shown) in [
            ("postgres://u:S3cret@db.city:5432/zones", "postgres://db.city:5432/zones"),
            ("postgres://u:S3/c@r:et@db.city/zones", "postgres://db.city/zones"),
            ("postgres://db.city/zones?user=u&password=S3cret", "postgres://db.city/zones"),
            ("postgres://db.city/zones?password=S3@cret", "postgres://…"),
            ("postgres://u:S3?cret@db.city/zones", "postgres://…"),
            ("postgres://db.city/zones", "postgres://db.city/zones"),
            ("folder/a@b?.gpkg", "folder/a@b?.gpkg"),
            ("memory", "memory"),
        ] {
            assert_eq!(shown_url(given), shown);
        }
    }

    #[test]
    fn a_disguised_name_is_refused_with_the_place() {
        assert_eq!(name("公安\u{202e}局"), Err(TextFault::Hidden { code: 0x202e, at: 3 }));
        assert_eq!(name("\0"), Err(TextFault::Hidden { code: 0, at: 1 }));
        assert_eq!(name("  "), Err(TextFault::Empty));
        assert_eq!(words("a\r\nb", 9).as_deref(), Ok("a\nb"));
        assert_eq!(name("e\u{301}").as_deref(), Ok("é"));
    }

    #[test]
    fn nothing_that_a_browser_would_run_is_left_of_a_text() {
        for (raw, left) in [
            ("a < b, c > d, 3<4", "a < b, c > d, 3<4"),
            ("<b>路灯</b>不亮<br/>", "路灯不亮"),
            ("x<script>alert('<b>1')</script >y", "xy"),
            ("x<STYLE>p{}</style>y<!-- <b> -->z", "xyz"),
            ("<img src=x onerror=alert(1)", ""),
            ("<<b>script>alert(1)<<b>/script>", ""),
            ("<scr<b>ipt>1", "ipt>1"),
            ("<a href=\"x\">&lt;i&gt;</a>", "&lt;i&gt;"),
            // The carriage return goes and the Kelvin sign becomes a K when the words are kept.
            ("<\rb>x<\u{212a} onclick=y>z", "xz"),
        ] {
            assert_eq!(without_markup(raw), left, "{raw}");
        }
    }

    #[test]
    fn no_tag_is_left_however_it_is_put_together() {
        const PARTS: [&str; 9] = ["<", ">", "b", "/", "!--", "-->", "script", " ", "路"];
        let mut dice = 7_u64;
        for _ in 0..20_000 {
            let mut raw = String::new();
            for _ in 0..24 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
                let drawn = usize::try_from(dice >> 33).unwrap() % 14;
                raw.push_str(PARTS.get(drawn).copied().unwrap_or("<"));
            }
            let left = without_markup(&raw);
            let mut pairs = left.chars().zip(left.chars().skip(1));
            assert!(!pairs.any(|(c, next)| c == '<' && begins_tag(next)), "{raw}: {left}");
            assert_eq!(without_markup(&left), left, "{raw}");
        }
    }

    #[test]
    fn a_text_is_gone_through_a_few_times_however_deep_its_tags_are_nested() {
        let depth = 5_461;
        let nested = "<".repeat(depth) + &"b>".repeat(depth);
        // Each pass takes out the innermost tag alone: more passes would leave less.
        assert_eq!(without_markup(&nested), "b>".repeat(depth - PASSES_MAX));
        // Were the end of each looked for anew, this would not be over today.
        assert_eq!(without_markup(&"<script>".repeat(500_000)), "");
        assert_eq!(without_markup(&"<script></script".repeat(250_000)), "");
    }

    #[test]
    fn the_nearest_name_is_what_was_probably_meant() {
        let names = ["listen", "database", "city"];
        assert_eq!(nearest("databse", names), Some("database"));
        assert_eq!(nearest("lisent", names), Some("listen"));
        assert_eq!(nearest("zzzzzz", names), None);
        assert_eq!(nearest("x", []), None);
    }
}
