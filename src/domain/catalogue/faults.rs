//! What is wrong with a catalogue: every fault at once, each with its place.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::catalogue::category::{
    BLUR_M_MAX, CATEGORIES_MAX, CHOICES_MAX, CatalogueFault, Category, QUESTIONS_MAX,
    TOLD_CHARS_MAX,
};
use crate::domain::catalogue::questions::{Both, Datatype, Question};
use crate::domain::id::{CategoryCode, code};
use crate::domain::text::{self, NAME_CHARS_MAX};

/// Cleans the texts of categories, and tells what is wrong.
pub(super) fn faults(categories: &mut [Category]) -> Vec<CatalogueFault> {
    let mut found = Found::default();
    let place = "categories";
    if categories.is_empty() {
        found.add(place, "are none", "give the categories of the city");
    }
    if categories.len() > CATEGORIES_MAX {
        // What its rows would say is noise.
        let fault = format!("are {}, at most {CATEGORIES_MAX}", categories.len());
        found.add(place, fault, "join some");
        return found.list;
    }
    for category in categories.iter_mut() {
        let trimmed = category.code.trim().to_owned();
        category.code = trimmed;
    }
    let codes: BTreeSet<String> = categories.iter().map(|it| it.code.clone()).collect();
    let branches: BTreeSet<&str> =
        codes.iter().filter_map(|code| Some(code.rsplit_once('.')?.0)).collect();
    let mut first = BTreeMap::new();
    for (n, category) in categories.iter_mut().enumerate() {
        let place = format!("categories[{n}]");
        code_of(&mut found, &place, &category.code, &codes);
        twice(&mut found, &mut first, format!("{place}.code"), &category.code);
        found.both(&format!("{place}.names"), &mut category.names, NAME_CHARS_MAX, Must::Be);
        if category.blur_m > BLUR_M_MAX {
            let fault = format!("is {} m, at most {BLUR_M_MAX} m", category.blur_m);
            found.add(format!("{place}.blur_m"), fault, "give 0 for the place itself");
        }
        if branches.contains(category.code.as_str()) {
            of_a_branch(&mut found, &place, category);
        } else {
            of_a_service(&mut found, &place, category);
        }
    }
    found.list
}

#[derive(Default)]
struct Found {
    list: Vec<CatalogueFault>,
}

/// Whether words must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    Be,
    /// In both languages or in none.
    BeBothOrNone,
}

impl Found {
    fn add(
        &mut self,
        place: impl Into<String>,
        fault: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (place, fault, remedy) = (place.into(), fault.into(), remedy.into());
        self.list.push(CatalogueFault { place, fault, remedy });
    }

    /// Words in both languages, cleaned.
    fn both(&mut self, place: &str, both: &mut Both, max: usize, must: Must) {
        let mut missing = Vec::new();
        for (language, words) in [("zh", &mut both.zh), ("en", &mut both.en)] {
            match text::line(words, max) {
                Ok(clean) if clean.is_empty() => {
                    words.clear();
                    missing.push(language);
                }
                Ok(clean) => *words = clean,
                Err(fault) => {
                    let remedy = "give one line of plain text";
                    self.add(format!("{place}.{language}"), fault.to_string(), remedy);
                }
            }
        }
        if must == Must::BeBothOrNone && missing.len() == 2 {
            return;
        }
        for language in missing {
            self.add(format!("{place}.{language}"), "is missing", "give it in both languages");
        }
    }

    fn code(&mut self, place: &str, given: &mut String) {
        let trimmed = given.trim().to_owned();
        *given = trimmed;
        if let Err(fault) = code(given) {
            self.add(place, fault.to_string(), "give a short one such as fire_lane");
        }
    }
}

fn code_of(found: &mut Found, place: &str, given: &str, codes: &BTreeSet<String>) {
    let place = format!("{place}.code");
    if let Err(fault) = CategoryCode::new(given) {
        return found.add(place, fault.to_string(), "give one such as event.05.parking");
    }
    if given.split('.').any(str::is_empty) {
        let fault = format!("`{given}` has nothing before or behind a dot");
        return found.add(place, fault, "give one such as event.05.parking");
    }
    if let Some((above, _)) = given.rsplit_once('.')
        && !codes.contains(above)
    {
        let fault = format!("`{given}` lies below `{above}`, which is not there");
        found.add(place, fault, format!("list `{above}` too"));
    }
}

/// Tells of a code that was given before; `first` keeps where.
fn twice(found: &mut Found, first: &mut BTreeMap<String, String>, place: String, given: &str) {
    if let Some(before) = first.get(given) {
        let fault = format!("`{given}` is that of {before} too");
        found.add(place, fault, "give each its own");
    } else {
        first.insert(given.to_owned(), place);
    }
}

fn of_a_branch(found: &mut Found, place: &str, category: &mut Category) {
    let remedy = "give it to those below it that are services";
    let parts = [
        ("description", !category.description.is_empty()),
        ("keywords", !category.keywords.is_empty()),
        ("questions", !category.questions.is_empty()),
    ];
    for (name, _) in parts.into_iter().filter(|(_, is_there)| *is_there) {
        let fault = format!("is that of a branch: others lie below `{}`", category.code);
        found.add(format!("{place}.{name}"), fault, remedy);
    }
}

fn of_a_service(found: &mut Found, place: &str, category: &mut Category) {
    for (name, both) in
        [("description", &mut category.description), ("keywords", &mut category.keywords)]
    {
        found.both(&format!("{place}.{name}"), both, TOLD_CHARS_MAX, Must::BeBothOrNone);
    }
    let count = category.questions.len();
    if count > QUESTIONS_MAX {
        let fault = format!("are {count}, at most {QUESTIONS_MAX}");
        return found.add(format!("{place}.questions"), fault, "ask less");
    }
    let mut first = BTreeMap::new();
    for (n, question) in category.questions.iter_mut().enumerate() {
        let place = format!("{place}.questions[{n}]");
        found.code(&format!("{place}.code"), &mut question.code);
        twice(found, &mut first, format!("{place}.code"), &question.code);
        of_a_question(found, &place, question);
    }
}

fn of_a_question(found: &mut Found, place: &str, question: &mut Question) {
    found.both(&format!("{place}.words"), &mut question.words, TOLD_CHARS_MAX, Must::Be);
    found.both(&format!("{place}.hint"), &mut question.hint, TOLD_CHARS_MAX, Must::BeBothOrNone);
    let (count, choices) = (question.choices.len(), format!("{place}.choices"));
    match (question.datatype, count) {
        (Datatype::One | Datatype::Many, 0) => {
            let fault = format!("are none, and a {} is a list", question.datatype.code());
            found.add(choices, fault, "give what can be chosen");
        }
        (Datatype::One | Datatype::Many, _) if count > CHOICES_MAX => {
            let fault = format!("are {count}, at most {CHOICES_MAX}");
            found.add(choices, fault, "give fewer");
        }
        (Datatype::One | Datatype::Many, _) => of_choices(found, &choices, question),
        (_, 0) => {}
        (datatype, _) => {
            let fault = format!("are there, and a {} is answered freely", datatype.code());
            found.add(choices, fault, "leave them out, or make it a singlevaluelist");
        }
    }
}

fn of_choices(found: &mut Found, place: &str, question: &mut Question) {
    let mut first = BTreeMap::new();
    for (n, choice) in question.choices.iter_mut().enumerate() {
        let place = format!("{place}[{n}]");
        found.code(&format!("{place}.key"), &mut choice.key);
        twice(found, &mut first, format!("{place}.key"), &choice.key);
        found.both(&format!("{place}.name"), &mut choice.name, NAME_CHARS_MAX, Must::Be);
    }
}
