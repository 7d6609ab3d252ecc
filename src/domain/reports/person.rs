//! Who stands behind a report: how to reach them, their account, their device.
//!
//! In clear it exists only between the door and the seal, and again while somebody is shown it. What is
//! kept is sealed, with marks by which it is found again: keyed hashes of what it can be found by.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// From so many digits on a run of them is a telephone number, as in what the public is not shown.
const DIGITS_MIN: usize = 7;
/// The longest telephone number there is (E.164).
const DIGITS_MAX: usize = 15;

/// Who stands behind a report. Never in a log: it does not show itself.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// The caller's account at the application it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// How to reach the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The device that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

impl Person {
    /// Whether it tells nothing, as of most reports.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What it can be found by.
    #[must_use]
    pub fn handles(&self) -> BTreeSet<String> {
        let of = |handle: fn(&str) -> Handle, text: &Option<String>| {
            text.as_ref().map(|text| handle(text).texts()).unwrap_or_default()
        };
        let mut all = of(|text| Handle::Contact(text.to_owned()), &self.contact);
        all.extend(of(|text| Handle::Account(text.to_owned()), &self.account_id));
        all.extend(of(|text| Handle::Device(text.to_owned()), &self.device_id));
        all
    }
}

/// By what a person is looked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Handle {
    /// A telephone number or e-mail address, or the whole contact as it was given.
    Contact(String),
    /// An account.
    Account(String),
    /// A device.
    Device(String),
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

impl Handle {
    /// The texts that are marked: one for an account or a device; of a contact the whole and each
    /// telephone number and e-mail address in it, however they are spelt.
    #[must_use]
    pub fn texts(&self) -> BTreeSet<String> {
        match self {
            Self::Contact(text) => {
                let plain = plain(text);
                let mut all = numbers(&plain);
                all.extend(addresses(&plain));
                if !plain.is_empty() {
                    all.insert(plain);
                }
                all.into_iter().map(|one| format!("contact:{one}")).collect()
            }
            Self::Account(text) => BTreeSet::from([format!("account:{}", text.trim())]),
            Self::Device(text) => BTreeSet::from([format!("device:{}", text.trim())]),
        }
    }
}

/// Small letters, narrow digits, one blank between words.
pub(super) fn plain(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every telephone number: digits with what people put between them.
pub(super) fn numbers(plain: &str) -> BTreeSet<String> {
    let joins = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '·');
    let runs = plain.split(|c: char| !(c.is_ascii_digit() || joins(c)));
    let mut all = BTreeSet::new();
    for run in runs {
        let whole: String = run.chars().filter(char::is_ascii_digit).collect();
        // Two numbers side by side are no number together, but each is one.
        let each = run.split(|c: char| !c.is_ascii_digit()).map(str::to_owned);
        let fits = |it: &String| (DIGITS_MIN..=DIGITS_MAX).contains(&it.len());
        all.extend(each.chain([whole]).filter(fits).map(|it| national(&it).to_owned()));
    }
    all
}

/// A mobile number without the country's code.
pub(super) fn national(digits: &str) -> &str {
    let rest = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
    rest.filter(|rest| rest.len() == 11 && rest.starts_with('1')).unwrap_or(digits)
}

/// Every e-mail address.
pub(super) fn addresses(plain: &str) -> BTreeSet<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '"');
    let whole = |it: &&str| it.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    let found = plain.split(ends).map(|it| it.trim_matches(['.', ':'])).filter(whole);
    found.map(|it| it.strip_prefix("mailto:").unwrap_or(it).to_owned()).collect()
}

/// A person as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedPerson {
    /// The sealed text, bound to its city and report.
    pub sealed: String,
    /// Keyed hashes of what it can be found by, sorted.
    pub marks: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(contact: &str, expected: &[&str]) {
        let found = Handle::Contact(contact.to_owned()).texts();
        let expected: BTreeSet<String> =
            expected.iter().map(|it| format!("contact:{it}")).collect();
        assert_eq!(found, expected, "{contact}");
    }

    #[test]
    fn a_contact_is_found_by_each_number_and_address_in_it_however_it_is_spelt() {
        check("13800000000", &["13800000000"]);
        check("+86 138-0000-0000", &["+86 138-0000-0000", "13800000000"]);
        check(" １３８００００００００ ", &["13800000000"]);
        check(
            "Wang  Li, Li.W@Example.org, (0911) 211-0000",
            &["wang li, li.w@example.org, (0911) 211-0000", "li.w@example.org", "09112110000"],
        );
        check(
            "13800000000 13900000000",
            &["13800000000 13900000000", "13800000000", "13900000000"],
        );
        check("<mailto:a@b.cn>; 门牌12号", &["<mailto:a@b.cn>; 门牌12号", "a@b.cn"]);
        check("", &[]);
        check("@ 12", &["@ 12"]);
    }

    #[test]
    fn neither_a_person_nor_what_it_is_found_by_shows_itself() {
        let person = Person { contact: Some("13800000000".to_owned()), ..Person::default() };
        assert_eq!(format!("{person:?}"), "Person(…)");
        assert!(!format!("{:?}", Handle::Contact("138".to_owned())).contains("138"));
        let device = Person { device_id: Some("d1".to_owned()), ..Person::default() };
        assert_eq!(device.handles(), BTreeSet::from(["device:d1".to_owned()]));
        assert!(!device.is_empty() && Person::default().is_empty());
    }
}
