//! The fields of a form, whichever way it was sent, within limits that have names.

use crate::formats::urlencoded;

/// Largest `application/x-www-form-urlencoded` body, in bytes: 4,000 characters of any script,
/// percent-encoded, and room for everything else.
pub const FORM_BYTES_MAX: usize = 128 * 1024;
/// Most fields of one form.
pub const FIELDS_MAX: usize = 200;
/// Longest name of a field, in bytes.
pub const NAME_BYTES_MAX: usize = 200;
/// Longest value of a field, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;

/// A file of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The field it came in.
    pub field: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Something wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFault {
    /// Which field, or `body`.
    pub place: String,
    /// What is wrong and what would be right.
    pub words: String,
}

impl FormFault {
    pub(super) fn new(place: impl Into<String>, words: impl Into<String>) -> Self {
        Self { place: place.into(), words: words.into() }
    }
}

/// A form as it was sent: fields in order, and files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Names and values.
    pub fields: Vec<(String, String)>,
    /// Files, in order; only a multipart form has any.
    pub files: Vec<File>,
}

impl Form {
    pub(super) fn push(&mut self, name: String, value: String) -> Result<(), FormFault> {
        if self.fields.len() == FIELDS_MAX {
            let words = format!("has more than {FIELDS_MAX} fields (limit FIELDS_MAX)");
            return Err(FormFault::new("body", words));
        }
        let shown = || name.chars().take(40).collect::<String>();
        if name.len() > NAME_BYTES_MAX {
            let words =
                format!("is a name of {} bytes, at most {NAME_BYTES_MAX} are taken", name.len());
            return Err(FormFault::new(shown(), words));
        }
        if value.len() > VALUE_BYTES_MAX {
            let words = format!("has {} bytes, at most {VALUE_BYTES_MAX} are taken", value.len());
            return Err(FormFault::new(shown(), words));
        }
        self.fields.push((name, value));
        Ok(())
    }
}

/// Reads an `application/x-www-form-urlencoded` body.
///
/// # Errors
/// What is broken or beyond a limit: the first such thing, because behind it nothing is sure.
pub fn read(bytes: &[u8]) -> Result<Form, FormFault> {
    if bytes.len() > FORM_BYTES_MAX {
        let words = format!("has {} bytes, at most {FORM_BYTES_MAX} are taken", bytes.len());
        return Err(FormFault::new("body", words));
    }
    let text = std::str::from_utf8(bytes).map_err(|fault| {
        FormFault::new("body", format!("is not UTF-8 at byte {}", fault.valid_up_to()))
    })?;
    let mut form = Form::default();
    for pair in urlencoded::pairs(text) {
        let (name, value) = pair.map_err(|urlencoded::Unreadable(name)| {
            FormFault::new(
                name,
                "is not percent-encoded UTF-8; GBK and other encodings are not taken",
            )
        })?;
        form.push(name, value)?;
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str, words: &str) {
        let fault = read(body.as_bytes()).unwrap_err();
        assert!(fault.words.contains(words), "{fault:?}");
    }

    #[test]
    fn a_form_is_read_in_order_and_repeats_stay() {
        let form = read("a%5BX%5D%5B%5D=1&a[X][]=2&b=".as_bytes()).unwrap();
        let fields: Vec<(&str, &str)> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("a[X][]", "1"), ("a[X][]", "2"), ("b", "")]);
    }

    #[test]
    fn every_limit_is_kept_and_told() {
        let many: Vec<String> = (0..10_000).map(|n| format!("attribute[{n}]=x&")).collect();
        let many = many.concat();
        refused(&many, "at most 131072");
        refused(&many[..100_000], "more than 200 fields");
        refused(&format!("{}=1", "n".repeat(201)), "a name of 201 bytes");
        refused(&format!("a={}", "x".repeat(VALUE_BYTES_MAX + 1)), "16385 bytes");
        refused("a=%C4%E3", "not percent-encoded UTF-8");
        assert!(read(b"a=\xc4\xe3").is_err());
    }
}
