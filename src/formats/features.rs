//! The features of a GeoJSON text: where they lie, found without reading the text as JSON, so that a
//! file of any size can be cut as it comes.

use std::ops::Range;

/// How far the whole features at the beginning of a text go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeFeatures {
    /// Behind the last whole feature; 0 when there is none.
    pub end: usize,
    /// What stands there.
    pub stop: Stop,
}

/// What stands behind the whole features of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A feature that does not end in this text.
    Feature,
    /// The bracket that ends the list.
    Bracket,
    /// Nothing but blanks and commas.
    Text,
    /// What is no feature.
    Other(char),
}

/// The whole features at the beginning of `text`, which lies within the list of features.
#[must_use]
pub fn whole_features(text: &[u8]) -> WholeFeatures {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
    let mut end = 0;
    loop {
        let begin = end + text[end..].iter().take_while(|byte| blank(byte)).count();
        let stop = match text.get(begin) {
            Some(b'{') => match object_end(text, begin) {
                Some(behind) => {
                    end = behind;
                    continue;
                }
                None => Stop::Feature,
            },
            Some(b']') => Stop::Bracket,
            Some(other) => Stop::Other(char::from(*other)),
            None => Stop::Text,
        };
        return WholeFeatures { end, stop };
    }
}

/// Where the features lie in what [`whole_features`] cut off, or in what follows the list: there are
/// none there.
pub fn features(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + memchr::memchr2(b'{', b']', &text[at..])?;
        if text[begin] == b']' {
            return None;
        }
        at = object_end(text, begin)?;
        Some(begin..at)
    })
}

/// Behind the bracket that opens the list `features` of the outermost object.
#[must_use]
pub fn features_at(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'"' => {
                let end = text_end(text, at)?;
                if depth == 1 && &text[at..end] == b"\"features\"" {
                    let rest = &text[end..];
                    let colon = rest.iter().position(|b| !b.is_ascii_whitespace())?;
                    if rest[colon] == b':' {
                        let value = &rest[colon + 1..];
                        let open = value.iter().position(|b| !b.is_ascii_whitespace())?;
                        if value[open] == b'[' {
                            return Some(end + colon + 1 + open + 1);
                        }
                    }
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Behind the brace that closes the object at `from`.
fn object_end(text: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = from;
    loop {
        at += memchr::memchr3(b'"', b'{', b'}', &text[at..])?;
        match text[at] {
            b'"' => at = text_end(text, at)?,
            b'{' => {
                depth += 1;
                at += 1;
            }
            _ => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
    }
}

/// Behind the quote that closes the text at `from`.
fn text_end(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, end: usize, stop: Stop) {
        assert_eq!(whole_features(text.as_bytes()), WholeFeatures { end, stop }, "{text}");
    }

    #[test]
    fn braces_within_texts_end_no_feature() {
        check("{\"a\":\"}\\\"}\"},{}, ", 15, Stop::Text);
        check("{\"a\":{}", 0, Stop::Feature);
        check("{} {\"", 2, Stop::Feature);
        check(" ]}", 0, Stop::Bracket);
        check("{},7", 2, Stop::Other('7'));
        let found: Vec<_> = features(b", {\"a\":{}},{}").collect();
        assert_eq!(found, [2..10, 11..13]);
        assert_eq!(features(b"],\"crs\":{}}").count(), 0);
    }

    #[test]
    fn the_list_of_the_outermost_object_is_found() {
        for (text, at) in [
            (r#"{"features":[{}"#, Some(13)),
            (r#"{"name":"features","a":{"features":[]}, "features" : [ "#, Some(54)),
            (r#"{"features":"#, None),
            (r#"{"features":null,"#, None),
        ] {
            assert_eq!(features_at(text.as_bytes()), at, "{text}");
        }
    }
}
