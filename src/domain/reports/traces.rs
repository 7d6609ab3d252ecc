//! Traces: what those who are forgotten are known by, to be taken out of what others wrote of them.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::reports::person::{Handle, Person, addresses, national, numbers, plain};
use crate::domain::reports::public::{TAKEN_OUT, masked_where};

/// So long (characters) is a contact, account or device at least that is taken out as it was given: a shorter one
/// stands in other words by chance.
const WHOLE_CHARS_MIN: usize = 5;

/// What people are known by. Never in a log: it does not show itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Telephone numbers, their digits alone.
    numbers: BTreeSet<String>,
    /// E-mail addresses, in small letters.
    addresses: BTreeSet<String>,
    /// Contacts, accounts and devices as they were given.
    whole: BTreeSet<String>,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traces(…)")
    }
}

impl Traces {
    /// Adds what a person is known by.
    pub fn add(&mut self, person: &Person) {
        if let Some(contact) = &person.contact {
            self.contact(contact);
        }
        for id in [&person.account_id, &person.device_id].into_iter().flatten() {
            self.whole(id);
        }
    }

    /// Adds what a person was looked for by.
    pub fn add_handle(&mut self, handle: &Handle) {
        match handle {
            Handle::Contact(contact) => self.contact(contact),
            Handle::Account(id) | Handle::Device(id) => self.whole(id),
        }
    }

    fn contact(&mut self, contact: &str) {
        let plain = plain(contact);
        self.numbers.extend(numbers(&plain));
        self.addresses.extend(addresses(&plain));
        self.whole(contact);
    }

    fn whole(&mut self, text: &str) {
        let text = text.trim();
        if text.chars().count() >= WHOLE_CHARS_MIN {
            self.whole.insert(text.to_owned());
        }
    }

    /// A text without the traces, `***` in place of each.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // What begins with another comes behind it, and goes first.
        for whole in self.whole.iter().rev() {
            if text.contains(whole.as_str()) {
                text = text.replace(whole.as_str(), TAKEN_OUT);
            }
        }
        if self.numbers.is_empty() && self.addresses.is_empty() {
            return text;
        }
        masked_where(&text, |run| self.has_number(run), |address| self.has_address(address))
    }

    fn has_number(&self, run: &str) -> bool {
        let plain = plain(run);
        let whole: String = plain.chars().filter(char::is_ascii_digit).collect();
        self.numbers.contains(national(&whole))
            || numbers(&plain).iter().any(|number| self.numbers.contains(number))
    }

    fn has_address(&self, address: &str) -> bool {
        addresses(&plain(address)).iter().any(|one| self.addresses.contains(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(contact: &str) -> Traces {
        let mut traces = Traces::default();
        traces.add_handle(&Handle::Contact(contact.to_owned()));
        traces
    }

    #[test]
    fn a_number_and_an_address_are_found_however_they_are_spelt_and_others_stay() {
        let traces = traces("+86 138-0000-0000, Li.W@Example.org");
        for (said, left) in [
            ("called 13800000000, no answer", "called ***, no answer"),
            ("回访１３８００００００００，已接", "回访***，已接"),
            ("+86 138 0000 0000", "+***"),
            ("138—0000—0000", "***"),
            ("li.w@example.org and zhang@example.org", "*** and zhang@example.org"),
            ("13800000001, plan 20260101 of 2026", "13800000001, plan 20260101 of 2026"),
            ("＠all 3 cars", "＠all 3 cars"),
            ("", ""),
        ] {
            assert_eq!(traces.masked(said), left, "{said}");
        }
    }

    #[test]
    fn what_is_neither_number_nor_address_goes_as_it_was_given_unless_it_is_short() {
        assert_eq!(traces("wechat li_w88").masked("his wechat li_w88 is"), "his *** is");
        assert_eq!(traces("Li").masked("Li asked"), "Li asked");
        let mut two = traces("acct-4711");
        two.add(&Person { account_id: Some("acct-47110".to_owned()), ..Person::default() });
        assert_eq!(two.masked("acct-47110, acct-4711"), "***, ***");
        assert!(!format!("{two:?}").contains("4711"));
    }
}
