//! Versions of the rules: each change of them makes one.

use std::collections::BTreeMap;

use crate::domain::atlas::rule::Rule;
use crate::domain::id::RuleId;
use crate::domain::time::Instant;

/// What is said of a change of the rules, in the same commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesNote {
    /// Why.
    pub note: String,
    /// Rules that were not there before.
    pub added: usize,
    /// Rules that are otherwise now.
    pub changed: usize,
    /// Rules that are gone.
    pub removed: usize,
    /// The version that was restored, if one was.
    pub restored: Option<i64>,
}

/// A version of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The atlas version that brought it into force: so of two versions the later has the higher number, and
    /// an atlas version tells its rules, those of the last version that is not higher.
    pub version: i64,
    /// When.
    pub at: Instant,
    /// Who: a key's code, `cli`, `public`.
    pub actor: String,
    /// Why, and what changed.
    pub told: RulesNote,
}

/// A rule that two versions do not have alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Differs<'a> {
    /// Its code.
    pub id: &'a RuleId,
    /// As it was; `None`: it was not there.
    pub was: Option<&'a Rule>,
    /// As it is; `None`: it is gone.
    pub is: Option<&'a Rule>,
}

/// What differs between two versions, by code.
#[must_use]
pub fn differences<'a>(before: &'a [Rule], after: &'a [Rule]) -> Vec<Differs<'a>> {
    let mut all: BTreeMap<&RuleId, (Option<&Rule>, Option<&Rule>)> = BTreeMap::new();
    for rule in before {
        all.entry(&rule.id).or_default().0 = Some(rule);
    }
    for rule in after {
        all.entry(&rule.id).or_default().1 = Some(rule);
    }
    let differ = all.into_iter().filter(|(_, (was, is))| was != is);
    differ.map(|(id, (was, is))| Differs { id, was, is }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::atlas::rule::{Mode, Reach};
    use crate::domain::text::Names;
    use crate::domain::time::Window;

    #[test]
    fn what_is_new_otherwise_or_gone_differs_and_nothing_else() {
        let rule = |id: &str, enabled| Rule {
            id: RuleId::new(id).unwrap(),
            names: Names { zh: String::new(), en: id.to_owned() },
            reach: Reach::Everywhere,
            categories: Vec::new(),
            window: Window::default(),
            unit: None,
            mode: Mode::Instead,
            enabled,
        };
        let before = [rule("gone", true), rule("other", true), rule("same", true)];
        let after = [rule("new", true), rule("other", false), rule("same", true)];
        let found = differences(&before, &after);
        let told: Vec<(&str, bool, bool)> =
            found.iter().map(|it| (it.id.as_str(), it.was.is_some(), it.is.is_some())).collect();
        assert_eq!(told, [("gone", true, false), ("new", false, true), ("other", true, true)]);
    }
}
