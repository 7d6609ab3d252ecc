//! A city's catalogue as JSON: what `PUT /api/v1/categories` and `import categories` take, and what `export` gives.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::catalogue::category::{CatalogueFault, Category};
use crate::domain::catalogue::questions::Both;
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::text::nearest;

/// Largest file, in bytes.
pub const CATALOGUE_BYTES_MAX: usize = 4 << 20;
/// What a file says.
const FIELDS: [&str; 1] = ["categories"];
const LIKE: &str = "give what `zonewarden export categories` writes";

/// The catalogue that a file holds.
///
/// # Errors
/// Every fault, each with its place. Of a category of which a member cannot be read only the first such member is told.
pub fn read(bytes: &[u8]) -> Result<Catalogue, Vec<CatalogueFault>> {
    let mut faults = Vec::new();
    if bytes.len() > CATALOGUE_BYTES_MAX {
        let fault = format!("has {} bytes, at most {CATALOGUE_BYTES_MAX}", bytes.len());
        return Err(vec![told("file", fault, "give the categories of one city")]);
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut fields: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|fault| vec![told("file", format!("is no JSON object: {fault}"), LIKE)])?;
    let listed = match fields.remove("categories") {
        Some(Value::Array(listed)) => Some(listed),
        Some(_) => {
            faults.push(told("categories", "is no list", LIKE));
            None
        }
        None => {
            faults.push(told("categories", "is missing", LIKE));
            None
        }
    };
    for name in fields.keys() {
        let shown: String = name.chars().take(40).collect();
        let remedy = match nearest(&shown, FIELDS) {
            Some(near) => format!("`{near}` is one"),
            None => format!("leave it out; these are: {}", FIELDS.join(", ")),
        };
        faults.push(told(&shown, "is no part of a catalogue", remedy));
    }
    let Some(listed) = listed else { return Err(faults) };
    let mut unread = Vec::new();
    let mut categories = Vec::with_capacity(listed.len());
    for (n, value) in listed.into_iter().enumerate() {
        let code = value.get("code").and_then(Value::as_str).map(str::to_owned);
        categories.push(serde_json::from_value(value).unwrap_or_else(|fault| {
            let place = format!("categories[{n}]");
            faults.push(told(&place, fault.to_string(), LIKE));
            unread.push(place);
            stand_in(code, n)
        }));
    }
    let unread = |place: &str| {
        let within = |it: &String| place == it || place.starts_with(&format!("{it}."));
        unread.iter().any(within)
    };
    match Catalogue::checked(categories) {
        Ok(catalogue) if faults.is_empty() => Ok(catalogue),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more.into_iter().filter(|fault| !unread(&fault.place)));
            Err(faults)
        }
    }
}

/// In place of a category that cannot be read, so that of the others every fault is told and none too many.
fn stand_in(code: Option<String>, n: usize) -> Category {
    let words = || "-".to_owned();
    let names = Both { zh: words(), en: words() };
    Category { code: code.unwrap_or_else(|| format!(":{n}")), names, ..Category::default() }
}

fn told(place: &str, fault: impl Into<String>, remedy: impl Into<String>) -> CatalogueFault {
    CatalogueFault { place: place.to_owned(), fault: fault.into(), remedy: remedy.into() }
}

/// The whole catalogue, also that of a new city.
#[derive(Serialize)]
struct Whole<'c> {
    categories: &'c [Category],
}

/// The catalogue as a file.
///
/// # Errors
/// In words, when it cannot be put into JSON.
pub fn write(catalogue: &Catalogue) -> Result<Vec<u8>, String> {
    let whole = Whole { categories: catalogue.categories() };
    let mut bytes = serde_json::to_vec_pretty(&whole).map_err(|fault| fault.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str, expected: &[&str]) {
        let found = read(file.as_bytes()).unwrap_err();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} lacks {expected}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_to_the_same_bytes() {
        let bytes = write(&Catalogue::seed()).unwrap();
        let again = read(&bytes).unwrap();
        assert!(again.is_seed());
        assert_eq!(write(&again).unwrap(), bytes);
        // As editors save it.
        let marked = ["\u{feff}".as_bytes(), &bytes].concat();
        assert!(read(&marked).unwrap().is_seed());
    }

    #[test]
    fn every_fault_of_a_file_is_told_and_none_twice() {
        check("[]", &["file: is no JSON object"]);
        check("{", &["file: is no JSON object"]);
        check("{}", &["categories: is missing; give what"]);
        check(r#"{"categories":[]}"#, &["categories: are none"]);
        check(
            r#"{"categories":{},"category":[]}"#,
            &["categories: is no list", "category: is no part of a catalogue"],
        );
        let names = r#""names":{"zh":"一","en":"a"}"#;
        let file = [
            format!(r#"{{"code":"a",{names},"blur_m":-1}}"#),
            format!(r#"{{"code":"a.b",{names},"blur_m":501}}"#),
            format!(r#"{{"code":"a.c",{names},"questions":[{{"code":"q","datatype":"map"}}]}}"#),
            format!(r#"{{"code":"a.d",{names},"colour":"red"}}"#),
            r#"{"code":"d.e"}"#.to_owned(),
            "7".to_owned(),
        ];
        check(
            &format!(r#"{{"categories":[{}]}}"#, file.join(",")),
            &[
                "categories[0]: invalid value: integer `-1`",
                "categories[2]: unknown variant `map`",
                "categories[3]: unknown field `colour`",
                "categories[5]: invalid type: integer `7`",
                "categories[1].blur_m: is 501 m",
                "categories[4].code: `d.e` lies below `d`, which is not there",
                "categories[4].names.zh: is missing",
                "categories[4].names.en: is missing",
            ],
        );
    }
}
