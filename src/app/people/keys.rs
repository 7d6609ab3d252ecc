//! The keys under which the people behind reports are sealed, and marked to be found again.
//!
//! They are settings of their own, apart from the pepper: they can be changed while what was sealed
//! before still opens. The first seals, all open and find.

use std::fmt;

use crate::app::keyring::{PEPPER_BYTES_MIN, Pepper, hex, mac};
use crate::app::refusal::Refusal;
use crate::app::sealed::{Sealer, Unopened};
use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::person::{Handle, Person, SealedPerson};

/// Most keys at once.
const KEYS_MAX: usize = 8;
/// Bytes of a mark: so many that two people do not share one.
const MARK_BYTES: usize = 16;
const PURPOSE: &str = "contact";

/// The keys of a deployment.
#[derive(Clone)]
pub struct ContactKeys {
    first: Key,
    /// Those before it, the youngest first.
    older: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    sealer: Sealer,
    marks: [u8; 32],
    requests: [u8; 32],
}

impl fmt::Debug for ContactKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactKeys(…)")
    }
}

impl Key {
    fn new(secret: &Pepper) -> Result<Self, String> {
        Ok(Self {
            sealer: Sealer::new(secret, PURPOSE)?,
            marks: secret.derive("zonewarden mark 1 contact"),
            requests: secret.derive("zonewarden request 1 contact"),
        })
    }

    fn mark(&self, city: &CityId, text: &str) -> String {
        let mark = mac(&self.marks, &[city.as_str().as_bytes(), b"\0", text.as_bytes()]);
        hex(&mark[..MARK_BYTES])
    }
}

impl ContactKeys {
    /// The keys in a setting or a file: with blanks or line ends between them, the first one seals.
    ///
    /// # Errors
    /// Words, when there is none, one is too short or stands twice, or there are too many.
    pub fn read(text: &str) -> Result<Self, String> {
        let given: Vec<&str> = text.split_whitespace().collect();
        if given.len() > KEYS_MAX {
            return Err(format!("`contact_keys` holds {} keys, at most {KEYS_MAX}", given.len()));
        }
        let mut keys = Vec::with_capacity(given.len());
        for (at, raw) in given.iter().enumerate() {
            let nth = at + 1;
            let secret = Pepper::new(raw.as_bytes()).map_err(|_| {
                format!(
                    "key {nth} of `contact_keys` has {} bytes; it needs at least {PEPPER_BYTES_MIN}",
                    raw.len()
                )
            })?;
            if given[..at].contains(raw) {
                return Err(format!("key {nth} of `contact_keys` stands there twice"));
            }
            keys.push(Key::new(&secret)?);
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or("`contact_keys` holds no key")?;
        Ok(Self { first, older: keys.collect() })
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.older)
    }

    /// Seals the person behind a report under the first key.
    ///
    /// # Errors
    /// [`Refusal::Inner`], when the machine gives no random bytes.
    pub fn seal(
        &self,
        city: &CityId,
        report: ReportId,
        person: &Person,
    ) -> Result<SealedPerson, Refusal> {
        let plain =
            serde_json::to_vec(person).map_err(|fault| Refusal::Inner(fault.to_string()))?;
        let sealed =
            self.first.sealer.seal(&plain, &about(city, report)).map_err(Refusal::Inner)?;
        let mut marks: Vec<String> =
            person.handles().iter().map(|text| self.first.mark(city, text)).collect();
        marks.sort_unstable();
        marks.dedup();
        Ok(SealedPerson { sealed, marks })
    }

    /// The person behind a report.
    ///
    /// # Errors
    /// [`Refusal::Sealed`], in words that say which key is missing, or that it was changed.
    pub fn open(
        &self,
        city: &CityId,
        report: ReportId,
        person: &SealedPerson,
    ) -> Result<Person, Refusal> {
        let about = about(city, report);
        let mut missing = None;
        for key in self.all() {
            match key.sealer.open(&person.sealed, &about) {
                Ok(plain) => {
                    return serde_json::from_slice(&plain)
                        .map_err(|_| damaged(report, "holds what is no person"));
                }
                Err(Unopened::OtherKey { sealed, .. }) => missing = Some(sealed),
                Err(fault @ (Unopened::NotSealed | Unopened::Changed)) => {
                    return Err(damaged(report, &fault.to_string()));
                }
            }
        }
        let key = missing.unwrap_or_default();
        Err(Refusal::Sealed(format!(
            "who stands behind report {report} was sealed under the key {key}, which is none of \
             `contact_keys`; put that key back behind the others"
        )))
    }

    /// Whether it was sealed under the first key.
    #[must_use]
    pub fn is_current(&self, person: &SealedPerson) -> bool {
        self.first.sealer.has_sealed(&person.sealed)
    }

    /// The marks of what a person is looked for by, under every key.
    #[must_use]
    pub fn marks(&self, city: &CityId, handle: &Handle) -> Vec<String> {
        let texts = handle.texts();
        self.all().flat_map(|key| texts.iter().map(|text| key.mark(city, text))).collect()
    }

    /// The hash of a request with a person in it: from the plain one, a copied database and a machine
    /// that tries telephone numbers, the number could be told. The last key makes it, so that a repeated
    /// request is known again after a key was put before it.
    #[must_use]
    pub fn request_hash(&self, plain: &str) -> String {
        let key = self.older.last().unwrap_or(&self.first);
        hex(&mac(&key.requests, &[plain.as_bytes()]))
    }
}

/// What a sealed text belongs to: it opens in its own row alone.
fn about(city: &CityId, report: ReportId) -> String {
    format!("{city} {report}")
}

fn damaged(report: ReportId, what: &str) -> Refusal {
    Refusal::Sealed(format!("who stands behind report {report} cannot be read: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> ContactKeys {
        ContactKeys::read(text).unwrap()
    }

    fn city() -> CityId {
        CityId::new("c").unwrap()
    }

    fn report(n: u128) -> ReportId {
        ReportId(uuid::Uuid::from_u128(n))
    }

    fn caller() -> Person {
        Person { contact: Some("Wang, 138 0000 0000".to_owned()), ..Person::default() }
    }

    #[test]
    fn a_person_opens_behind_its_own_report_alone_and_nothing_shows_in_the_seal() {
        let keys = keys("0123456789abcdef");
        let sealed = keys.seal(&city(), report(1), &caller()).unwrap();
        assert_eq!(keys.open(&city(), report(1), &sealed).unwrap(), caller());
        let words = keys.open(&city(), report(2), &sealed).unwrap_err().to_string();
        assert!(words.contains("changed since it was sealed"), "{words}");
        let all = format!("{sealed:?}");
        assert!(!all.contains("138") && !all.contains("Wang"), "{all}");
        assert!(keys.seal(&city(), report(1), &caller()).unwrap().sealed != sealed.sealed);
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_until_it_is_taken_away() {
        let old = keys("0123456789abcdef");
        let both = keys("fedcba9876543210\n0123456789abcdef\n");
        let new = keys("fedcba9876543210");
        let before = old.seal(&city(), report(1), &caller()).unwrap();
        assert_eq!(both.open(&city(), report(1), &before).unwrap(), caller());
        assert!(old.is_current(&before) && !both.is_current(&before));
        let after = both.seal(&city(), report(1), &caller()).unwrap();
        assert!(both.is_current(&after) && new.is_current(&after));
        assert_eq!(new.open(&city(), report(1), &after).unwrap(), caller());
        let lost = new.open(&city(), report(1), &before).unwrap_err().to_string();
        assert!(lost.contains("put that key back"), "{lost}");
        let handle = Handle::Contact("+86 13800000000".to_owned());
        let found = both.marks(&city(), &handle);
        for sealed in [before, after] {
            assert!(sealed.marks.iter().any(|mark| found.contains(mark)));
        }
        assert_eq!(old.request_hash("h"), both.request_hash("h"));
        assert_ne!(old.request_hash("h"), new.request_hash("h"));
        let elsewhere = CityId::new("d").unwrap();
        assert_ne!(old.marks(&city(), &handle), old.marks(&elsewhere, &handle));
    }

    #[test]
    fn a_setting_that_is_no_list_of_keys_is_refused_in_words() {
        for (text, words) in [
            ("", "no key"),
            ("0123456789abcdef short", "key 2 of `contact_keys` has 5 bytes"),
            ("0123456789abcdef 0123456789abcdef", "twice"),
        ] {
            let fault = ContactKeys::read(text).unwrap_err();
            assert!(fault.contains(words), "{fault}");
            assert!(!fault.contains("0123456789"), "{fault}");
        }
    }

    #[test]
    fn what_was_changed_anywhere_gives_words_and_never_a_person() {
        let keys = keys("0123456789abcdef");
        let sealed = keys.seal(&city(), report(1), &caller()).unwrap();
        for at in 0..sealed.sealed.len() {
            let mut bytes = sealed.sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed =
                SealedPerson { sealed: String::from_utf8(bytes).unwrap(), marks: Vec::new() };
            assert!(keys.open(&city(), report(1), &changed).is_err());
        }
    }
}
