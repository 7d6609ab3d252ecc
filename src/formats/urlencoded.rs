//! `application/x-www-form-urlencoded`, as queries and forms are written.

use std::borrow::Cow;
use std::fmt::Write;

/// A pair that is no percent-encoded UTF-8: as much of its name as can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// The names and values of a query or form, in order. A pair without `=` has an empty value.
pub fn pairs(text: &str) -> impl Iterator<Item = Result<(String, String), Unreadable>> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decoded(name), decoded(value)) {
            (Some(name), Some(value)) => Ok((name.into_owned(), value.into_owned())),
            _ => Err(Unreadable(name.chars().take(40).collect())),
        }
    })
}

/// The text behind `+` and `%XX`; `None` when it is not UTF-8 or an escape is broken.
#[must_use]
pub fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let [high, low, after @ ..] = more else { return None };
                let digit = |byte: u8| char::from(byte).to_digit(16);
                bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
                rest = after;
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// A name or value as it stands in a query.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~:,/".contains(&byte) {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_so_that_it_is_read_as_itself() {
        for text in ["", "yan-an_1.2~", "宝塔 a&b=c+d%/?#\"\n", "x'; -- +%", "08:00:00+08:00/.."]
        {
            let written = encoded(text);
            assert!(
                written.is_ascii() && !written.contains(['&', '=', '+', ' ', '#']),
                "{written}"
            );
            assert_eq!(decoded(&written).as_deref(), Some(text), "{written}");
        }
    }

    #[test]
    fn pairs_are_read_as_browsers_write_them_and_broken_ones_are_told() {
        let found: Vec<_> = pairs("a=%E4%B8%AD+x&&b&c=1=2&%ff=1&d=%4").collect();
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        let broken = |name: &str| Err(Unreadable(name.to_owned()));
        let expected =
            [pair("a", "中 x"), pair("b", ""), pair("c", "1=2"), broken("%ff"), broken("d")];
        assert_eq!(found, expected);
    }
}
