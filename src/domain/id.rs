//! What things are called inside the service: short codes of the city's own, and `UUIDv7` for
//! what the service itself creates.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest code, in characters.
pub const CODE_CHARS_MAX: usize = 64;

/// Why a text is no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFault {
    /// What was given.
    pub given: String,
}

impl fmt::Display for CodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no code: 1 to {CODE_CHARS_MAX} letters, digits, or - _ . : are",
            self.given.escape_debug()
        )
    }
}

impl std::error::Error for CodeFault {}

/// The code in `raw`, trimmed: for what has a code and no type of its own.
///
/// # Errors
/// A [`CodeFault`] when it is empty, too long, or holds something else than letters, digits and `- _ . :`.
pub fn code(raw: &str) -> Result<Arc<str>, CodeFault> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let text = raw.trim();
    // Nearly every code is short and plain.
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    if (1..=CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(Arc::from(text));
    }
    if text.is_empty() || text.chars().count() > CODE_CHARS_MAX || !text.chars().all(fits) {
        return Err(CodeFault { given: text.chars().take(CODE_CHARS_MAX).collect() });
    }
    Ok(Arc::from(text))
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The code in `raw`, trimmed.
            ///
            /// # Errors
            /// A [`CodeFault`] when it is empty, too long, or holds something else than letters,
            /// digits and `- _ . :`.
            pub fn new(raw: &str) -> Result<Self, CodeFault> {
                code(raw).map(Self)
            }

            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeFault;
            fn try_from(raw: String) -> Result<Self, CodeFault> {
                Self::new(&raw)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0.to_string()
            }
        }
    )*};
}

codes! {
    /// A city: the tenant, Open311's `jurisdiction_id`.
    CityId;
    /// A responsibility zone 责任区 of a plan.
    ZoneId;
    /// A responsible unit 责任单位.
    UnitId;
    /// A facility 设施.
    FacilityId;
    /// A routing rule.
    RuleId;
    /// A category 案件类别, dotted from major to minor: `event.05.parking`. A shorter code names
    /// the whole branch below it.
    CategoryCode;
    /// The public half of an API key.
    KeyId;
    /// A kept picture; a UUID of version 7 when it came with a report.
    PictureId;
    /// A webhook.
    WebhookId;
}

impl CategoryCode {
    /// Whether `self` is `other` or lies below it: `event.05.parking` is within `event.05`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl From<Uuid> for PictureId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string().into())
    }
}

/// A report 举报 / 上报.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReportId(pub Uuid);

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An incident 案件.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IncidentId(pub Uuid);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A draft 方案草稿 of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DraftId(pub Uuid);

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_lies_within_its_branch_and_not_within_a_namesake() {
        let code = |raw| CategoryCode::new(raw).unwrap();
        assert!(code("event.05.parking").is_within(&code("event.05")));
        assert!(code("event.05").is_within(&code("event.05")));
        assert!(!code("event.051").is_within(&code("event.05")));
        assert!(CategoryCode::new("a b").is_err());
        assert!(ZoneId::new("").is_err());
    }
}
