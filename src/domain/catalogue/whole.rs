//! The catalogue of a city: its categories 案件类别, the major classes of GB/T 30428.2 and the city's own campaigns.
//!
//! Minor codes differ by city: each has a [`Catalogue`] of its own. One that has said nothing has the one that
//! a new city begins with ([`Catalogue::seed`]).

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::category::{BLUR_M_MAX, CatalogueFault, Category};
use crate::domain::catalogue::faults::faults;
use crate::domain::id::CategoryCode;

/// A city's categories, by code. The leaves are its services: what people can choose to tell something of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Catalogue {
    /// Sorted by code; above each stands its branch.
    categories: Vec<Category>,
    /// Which of them are leaves.
    leaves: Vec<bool>,
}

/// A leaf category, and the branch it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service<'c> {
    /// The category.
    pub category: &'c Category,
    /// The branch above it; itself where there is none.
    pub group: &'c Category,
}

/// In files and tables nothing stands for that of a new city, which may become another with the program.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    categories: Vec<Category>,
}

impl TryFrom<Written> for Catalogue {
    type Error = String;

    fn try_from(Written { categories }: Written) -> Result<Self, String> {
        if categories.is_empty() {
            return Ok(Self::clone(&SEED));
        }
        Self::checked(categories).map_err(|faults| {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            told.join("; ")
        })
    }
}

impl From<Catalogue> for Written {
    fn from(catalogue: Catalogue) -> Self {
        let categories = if catalogue.is_seed() { Vec::new() } else { catalogue.categories };
        Self { categories }
    }
}

static SEED: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
    // That it can be read is tested; an empty one would tell nothing.
    let written: Option<Written> = serde_json::from_str(include_str!("seed.json")).ok();
    let categories = written.map(|written| written.categories).unwrap_or_default();
    let none = |_| Catalogue { categories: Vec::new(), leaves: Vec::new() };
    Arc::new(Catalogue::checked(categories).unwrap_or_else(none))
});

/// What every city begins with: a city that says nothing has no empty one.
impl Default for Catalogue {
    fn default() -> Self {
        Self::clone(&SEED)
    }
}

impl Catalogue {
    /// What every city begins with.
    #[must_use]
    pub fn seed() -> Arc<Self> {
        Arc::clone(&SEED)
    }

    /// Whether it is what a city begins with.
    #[must_use]
    pub fn is_seed(&self) -> bool {
        *self == **SEED
    }

    /// A catalogue of these categories, in any order; texts are trimmed.
    ///
    /// # Errors
    /// Every [`CatalogueFault`].
    pub fn checked(mut categories: Vec<Category>) -> Result<Self, Vec<CatalogueFault>> {
        let found = faults(&mut categories);
        if !found.is_empty() {
            return Err(found);
        }
        categories.sort_by(|a, b| a.code.cmp(&b.code));
        let branches: BTreeSet<&str> =
            categories.iter().filter_map(|it| Some(it.code.rsplit_once('.')?.0)).collect();
        let leaves = categories.iter().map(|it| !branches.contains(it.code.as_str())).collect();
        Ok(Self { categories, leaves })
    }

    /// All of them, a branch before what lies below it.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category with this code, or the nearest branch above it that has a name.
    #[must_use]
    pub fn named(&self, code: &str) -> Option<&Category> {
        let at = self.nearest(code)?;
        self.categories.get(at)
    }

    /// Whether a category or branch has just this code.
    #[must_use]
    pub fn lists(&self, code: &str) -> bool {
        self.at(code).is_some()
    }

    /// Every service, by code.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        let leaves = self.categories.iter().zip(&self.leaves).filter(|(_, is_leaf)| **is_leaf);
        leaves.map(|(category, _)| self.service(category))
    }

    /// The service with this code.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<Service<'_>> {
        let at = self.at(code).filter(|at| self.is_leaf(*at))?;
        Some(self.service(self.categories.get(at)?))
    }

    /// In a square of so many metres the public is told that something of this category was; 0: the place itself.
    ///
    /// A code without an entry is that of a service which the city has taken out: nothing else was ever told in
    /// public. How far its reports were to be blurred nobody knows any more, so they are as far as any,
    /// [`BLUR_M_MAX`]: taking out never tells more.
    #[must_use]
    pub fn blur_m(&self, code: Option<&CategoryCode>) -> u32 {
        let Some(code) = code else { return 0 };
        let listed = self.at(code.as_str()).and_then(|at| self.categories.get(at));
        listed.map_or(BLUR_M_MAX, |category| category.blur_m)
    }

    fn service<'c>(&'c self, category: &'c Category) -> Service<'c> {
        let above = category.code.rsplit_once('.').and_then(|(above, _)| self.named(above));
        Service { category, group: above.unwrap_or(category) }
    }

    fn nearest(&self, code: &str) -> Option<usize> {
        let mut code = code;
        loop {
            if let Some(at) = self.at(code) {
                return Some(at);
            }
            code = code.rsplit_once('.')?.0;
        }
    }

    fn at(&self, code: &str) -> Option<usize> {
        self.categories.binary_search_by(|category| category.code.as_str().cmp(code)).ok()
    }

    fn is_leaf(&self, at: usize) -> bool {
        self.leaves.get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::questions::{Both, Datatype, Question};

    fn both(words: &str) -> Both {
        Both { zh: words.to_owned(), en: words.to_owned() }
    }

    fn category(code: &str, blur_m: u32) -> Category {
        Category { code: code.to_owned(), names: both(code), blur_m, ..Category::default() }
    }

    fn codes<'c>(services: impl Iterator<Item = Service<'c>>) -> Vec<&'c str> {
        services.map(|service| service.category.code.as_str()).collect()
    }

    #[test]
    fn a_new_city_has_the_majors_of_the_standard_and_their_leaves_are_told_of() {
        let seed = Catalogue::seed();
        assert!(seed.categories().is_sorted_by(|a, b| a.code < b.code));
        assert_eq!((seed.categories().len(), seed.services().count()), (23, 18));
        assert!(seed.find("event.05.parking").is_some() && seed.find("event.05").is_none());
        assert_eq!(seed.find("event.05.parking").unwrap().group.names.en, "Street order");
        for service in seed.services() {
            assert!(!service.category.description.is_empty(), "{service:?}");
            assert!(!service.category.keywords.is_empty(), "{service:?}");
        }
        let taxi = seed.find("event.05.taxi_refusal").unwrap().category;
        let asked: Vec<_> =
            taxi.questions.iter().map(|it| (it.code.as_str(), it.required, it.public)).collect();
        assert_eq!(asked, [("plate", true, false), ("at", false, false), ("how", false, true)]);
        assert_eq!(taxi.blur_m, 500);
    }

    #[test]
    fn an_unknown_minor_code_is_named_by_its_branch() {
        let seed = Catalogue::seed();
        assert_eq!(seed.named("event.05.parking").unwrap().names.zh, "违章停车");
        assert_eq!(seed.named("event.05.carts.small").unwrap().names.en, "Street order");
        assert_eq!(seed.named("weather.01"), None);
        assert!(seed.lists("event.05") && !seed.lists("event.05.carts"));
    }

    #[test]
    fn leaves_are_what_nothing_lies_below_however_namesakes_are_sorted() {
        let list = ["a", "a.1.x", "a.1-2", "a.1", "b"].map(|code| category(code, 0));
        let catalogue = Catalogue::checked(list.to_vec()).unwrap();
        assert_eq!(codes(catalogue.services()), ["a.1-2", "a.1.x", "b"]);
        // What lies below nothing is its own group.
        assert_eq!(catalogue.find("b").unwrap().group.code, "b");
        assert_eq!(catalogue.find("a.1.x").unwrap().group.code, "a.1");
    }

    #[test]
    fn a_code_without_an_entry_is_never_told_more_closely() {
        let of = |catalogue: &Catalogue, code: &str| {
            catalogue.blur_m(Some(&CategoryCode::new(code).unwrap()))
        };
        let list = [category("a", 0), category("a.stall", 200), category("a.litter", 0)];
        let before = Catalogue::checked(list.to_vec()).unwrap();
        assert_eq!(
            (of(&before, "a.stall"), of(&before, "a.litter"), of(&before, "a")),
            (200, 0, 0)
        );
        // Taken out, with its branch or without.
        let after = Catalogue::checked(vec![category("a", 0), category("a.litter", 0)]).unwrap();
        assert_eq!((of(&after, "a.stall"), of(&after, "a.litter")), (BLUR_M_MAX, 0));
        let alone = Catalogue::checked(vec![category("a", 50)]).unwrap();
        assert_eq!((of(&alone, "a.stall"), of(&alone, "a")), (BLUR_M_MAX, 50));
        assert_eq!(of(&alone, "weather.01"), BLUR_M_MAX);
        assert_eq!(alone.blur_m(None), 0);
    }

    #[test]
    fn what_a_city_says_goes_out_and_in_and_nothing_stands_for_the_first() {
        assert_eq!(serde_json::to_string(&*Catalogue::seed()).unwrap(), "{}");
        assert!(serde_json::from_str::<Catalogue>("{}").unwrap().is_seed());
        assert!(Catalogue::default().is_seed(), "rows that say nothing are read as this");
        let own = Catalogue::checked(vec![category("a", 7)]).unwrap();
        let text = serde_json::to_string(&own).unwrap();
        let names = r#""names":{"zh":"a","en":"a"}"#;
        assert_eq!(text, format!(r#"{{"categories":[{{"code":"a",{names},"blur_m":7}}]}}"#));
        assert_eq!(serde_json::from_str::<Catalogue>(&text).unwrap(), own);
        assert!(!own.is_seed());
        let bad = r#"{"categories":[{"code":"a..b","names":{"zh":"一","en":"a"},"blur_m":501}]}"#;
        let fault = serde_json::from_str::<Catalogue>(bad).unwrap_err().to_string();
        assert!(fault.contains("categories[0].code: `a..b`"), "{fault}");
        assert!(fault.contains("categories[0].blur_m: is 501 m, at most 500 m"), "{fault}");
    }

    fn question(code: &str, datatype: Datatype, choices: &[&str]) -> Question {
        let choice = |key: &&str| crate::domain::catalogue::questions::Choice {
            key: (*key).to_owned(),
            name: both(key),
        };
        let choices = choices.iter().map(choice).collect();
        let (required, public) = (false, false);
        let (words, hint) = (both("?"), Both::default());
        Question { code: code.to_owned(), datatype, required, public, words, hint, choices }
    }

    fn check(list: Vec<Category>, expected: &[&str]) {
        let found = Catalogue::checked(list).unwrap_err();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.contains(expected), "{told} lacks {expected}");
        }
    }

    #[test]
    fn every_fault_of_a_catalogue_is_told_with_its_place() {
        check(Vec::new(), &["categories: are none"]);
        let codes = ["a b", "a.", "x.y", "a", "a", ""].map(|code| category(code, 0));
        check(
            codes.to_vec(),
            &[
                "categories[0].code: `a b` is no code",
                "categories[1].code: `a.` has nothing",
                "categories[2].code: `x.y` lies below `x`, which is not there; list `x` too",
                "categories[4].code: `a` is that of categories[3].code too",
                "categories[5].code: `` is no code",
                "categories[5].names.zh: is missing",
                "categories[5].names.en: is missing",
            ],
        );
        let mut branch = category("a", 0);
        branch.questions = vec![question("q", Datatype::Line, &[])];
        branch.description = both("d");
        let mut leaf = category("a.b", BLUR_M_MAX + 1);
        leaf.names.en = "x\u{202e}".to_owned();
        leaf.keywords.zh = "词".to_owned();
        leaf.questions = vec![
            question("q", Datatype::One, &[]),
            question("q", Datatype::Number, &["one"]),
            question("r?", Datatype::Many, &["one", "two", "one"]),
            Question { words: Both::default(), ..question("s", Datatype::Text, &[]) },
        ];
        check(
            vec![branch, leaf],
            &[
                "categories[0].description: is that of a branch",
                "categories[0].questions: is that of a branch: others lie below `a`",
                "categories[1].names.en: has the invisible character U+202E",
                "categories[1].blur_m: is 501 m",
                "categories[1].keywords.en: is missing; give it in both languages",
                "categories[1].questions[0].choices: are none, and a singlevaluelist is a list",
                "categories[1].questions[1].code: `q` is that of categories[1].questions[0].code too",
                "categories[1].questions[1].choices: are there, and a number is answered freely",
                "categories[1].questions[2].code: `r?` is no code",
                "categories[1].questions[2].choices[2].key: `one` is that of",
                "categories[1].questions[3].words.zh: is missing",
                "categories[1].questions[3].words.en: is missing",
            ],
        );
    }

    #[test]
    fn more_than_the_limits_is_refused_with_the_limit() {
        let many = |n: usize| (0..n).map(|n| category(&format!("c{n}"), 0)).collect::<Vec<_>>();
        assert!(Catalogue::checked(many(2_000)).is_ok());
        check(many(2_001), &["categories: are 2001, at most 2000"]);
        let with = |questions: Vec<Question>| vec![Category { questions, ..category("a", 0) }];
        let asked = |n: usize| (0..n).map(|n| question(&format!("q{n}"), Datatype::Line, &[]));
        assert!(Catalogue::checked(with(asked(50).collect())).is_ok());
        check(with(asked(51).collect()), &["categories[0].questions: are 51, at most 50"]);
        let keys: Vec<String> = (0..201).map(|n| format!("k{n}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        assert!(Catalogue::checked(with(vec![question("q", Datatype::Many, &keys[1..])])).is_ok());
        let over = vec![question("q", Datatype::Many, &keys)];
        check(with(over), &["categories[0].questions[0].choices: are 201, at most 200"]);
    }
}
