//! What an edit of a zone's facts would overwrite that another plan has set meanwhile.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use crate::domain::atlas::zone::Zone;
use crate::domain::text::{Attributes, Names};
use crate::domain::zoning::edit::{NamesGiven, ZoningEdit};

/// A fact of a zone that an edit and a plan have both set, each otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Overwritten {
    /// Which: `number`, `names`, `lead`, `co`, or `attributes.` and the name of a further fact.
    pub field: String,
    /// As it was before both; null where it was not there.
    pub was: Value,
    /// As the plan has it; null where it is not there.
    pub published: Value,
    /// As the edit has it; null where it takes it away.
    pub drawn: Value,
}

impl fmt::Display for Overwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, was, published, drawn } = self;
        write!(f, "{field} is {drawn} here and {published} there ({was} before)")
    }
}

/// What an edit would overwrite: the facts that it sets, that `now` has otherwise than `former`, and that would not be
/// what `now` has. Nothing of edits of another kind.
#[must_use]
pub fn overwritten(edit: &ZoningEdit, former: &[Zone], now: &[Zone]) -> Vec<Overwritten> {
    let ZoningEdit::SetZone { zone, number, names, lead, co, attributes } = edit else {
        return Vec::new();
    };
    let find = |zones: &[Zone]| zones.iter().position(|it| it.id == *zone);
    let Some(is) = find(now).map(|at| &now[at]) else { return Vec::new() };
    let was = find(former).map(|at| &former[at]);
    let mut found = Vec::new();
    let mut both = |field: String, was: Value, published: Value, drawn: Value| {
        if was != published && drawn != published {
            found.push(Overwritten { field, was, published, drawn });
        }
    };
    let mut fact = |field: &str, drawn: Option<Value>, of: &dyn Fn(&Zone) -> Value| {
        if let Some(drawn) = drawn {
            both(field.to_owned(), was.map_or(Value::Null, of), of(is), drawn);
        }
    };
    let names = names.as_ref().and_then(NamesGiven::kept);
    fact("number", number.map(Value::from), &|it| it.number.into());
    fact("names", names.as_ref().map(named), &|it| named(&it.names));
    fact("lead", lead.as_ref().map(|lead| json!(lead)), &|it| json!(it.lead));
    fact("co", co.as_ref().map(|co| json!(co)), &|it| json!(it.co));
    if let Some(drawn) = attributes {
        let none = Attributes::new();
        let was = was.map_or(&none, |it| &it.attributes);
        let keys: BTreeSet<&String> =
            was.keys().chain(is.attributes.keys()).chain(drawn.keys()).collect();
        for key in keys {
            let of = |facts: &Attributes| facts.get(key).cloned().unwrap_or_default();
            both(format!("attributes.{key}"), of(was), of(&is.attributes), of(drawn));
        }
    }
    found
}

fn named(names: &Names) -> Value {
    json!({ "zh": names.zh, "en": names.en })
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::MultiPolygon;

    use crate::domain::id::{UnitId, ZoneId};

    fn zone(lead: &str, attributes: Value) -> Zone {
        Zone {
            id: ZoneId::new("z").unwrap(),
            number: 1,
            names: Names { zh: String::new(), en: "Z".to_owned() },
            lead: UnitId::new(lead).unwrap(),
            co: Vec::new(),
            area: MultiPolygon(Vec::new()),
            attributes: serde_json::from_value(attributes).unwrap(),
        }
    }

    fn check(edit: Value, former: &[Zone], now: &[Zone], expected: &[&str]) {
        let edit: ZoningEdit = serde_json::from_value(edit).unwrap();
        let found = overwritten(&edit, former, now);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_both_set_otherwise_is_told_with_both_values_and_nothing_else_is() {
        let was = [zone("a", json!({ "staff": 3, "shift": "day", "since": 1 }))];
        let is = [zone("b", json!({ "staff": 5, "shift": "day", "since": 2 }))];
        let lead = |lead: &str| json!({ "kind": "set_zone", "zone": "z", "lead": lead });
        check(lead("c"), &was, &is, &[r#"lead is "c" here and "b" there ("a" before)"#]);
        check(lead("b"), &was, &is, &[]);
        check(lead("c"), &was, &was, &[]);
        let others = json!({
            "kind": "set_zone", "zone": "z", "number": 7, "names": { "en": "Other" },
            "co": ["d"],
        });
        check(others, &was, &is, &[]);
        let facts = json!({
            "kind": "set_zone", "zone": "z",
            "attributes": { "staff": 4, "shift": "night", "since": 2, "new": true },
        });
        check(facts, &was, &is, &["attributes.staff is 4 here and 5 there (3 before)"]);
        let fewer = json!({ "kind": "set_zone", "zone": "z", "attributes": { "since": 2 } });
        check(fewer, &was, &is, &["attributes.staff is null here and 5 there (3 before)"]);
        check(lead("c"), &[], &is, &[r#"lead is "c" here and "b" there (null before)"#]);
        check(lead("c"), &was, &[], &[]);
        let merge = json!({ "kind": "merge", "into": "z", "from": "y" });
        check(merge, &was, &is, &[]);
    }
}
