//! JSON taken apart one level at a time, so that a fault stays in its own feature.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::domain::text::Attributes;
use crate::formats::layer::{FEATURES_MAX, FIELDS_MAX};

/// The members of an object, unread.
pub(super) struct Members<'a> {
    list: Vec<(String, &'a RawValue)>,
    /// Names that stand there more than once.
    pub(super) twice: Vec<String>,
}

impl<'a> Members<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&&'a RawValue> {
        self.list.iter().find(|(key, _)| key == name).map(|(_, raw)| raw)
    }

    /// The member as text; `None` where it is something else.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }
}

/// The members of the object that `text` is.
pub(super) fn members(text: &str) -> Result<Members<'_>, serde_json::Error> {
    serde_json::from_str(text)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members { list: Vec::new(), twice: Vec::new() };
                while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
                    if members.list.len() == FIELDS_MAX {
                        return Err(A::Error::custom(too_many(
                            FIELDS_MAX,
                            "members",
                            "FIELDS_MAX",
                        )));
                    }
                    if members.get(&name).is_some() {
                        members.twice.push(name);
                    } else {
                        members.list.push((name, raw));
                    }
                }
                Ok(members)
            }
        }
        from.deserialize_map(Read)
    }
}

/// The elements of the array that `text` is.
pub(super) fn elements(text: &str) -> Result<Vec<&RawValue>, serde_json::Error> {
    struct Elements<'a>(Vec<&'a RawValue>);
    impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Read;
            impl<'de> Visitor<'de> for Read {
                type Value = Elements<'de>;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an array")
                }
                fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                    let mut list = Vec::new();
                    while let Some(raw) = seq.next_element::<&RawValue>()? {
                        if list.len() == FEATURES_MAX {
                            return Err(A::Error::custom(too_many(
                                FEATURES_MAX,
                                "features",
                                "FEATURES_MAX",
                            )));
                        }
                        list.push(raw);
                    }
                    Ok(Elements(list))
                }
            }
            from.deserialize_seq(Read)
        }
    }
    serde_json::from_str::<Elements<'_>>(text).map(|elements| elements.0)
}

fn too_many(max: usize, what: &str, limit: &str) -> String {
    format!("more than {max} {what} (limit {limit})")
}

/// Properties, and the names that stand among them twice, at any depth.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) fields: Attributes,
    pub(super) twice: Vec<String>,
}

/// The properties of an object, or none where it is `null`.
pub(super) fn fields(text: &str) -> Result<Fields, serde_json::Error> {
    if text == "null" {
        return Ok(Fields::default());
    }
    let members = members(text)?;
    let mut read = Fields { fields: Attributes::new(), twice: members.twice };
    for (name, raw) in members.list {
        let value = serde_json::from_str::<Value>(raw.get())?;
        if value.is_object() || value.is_array() {
            serde_json::from_str::<Once>(raw.get())
                .map_err(|fault| serde_json::Error::custom(format!("in `{name}`: {fault}")))?;
        }
        read.fields.insert(name, value);
    }
    Ok(read)
}

/// Accepts any value in which no object names a member twice.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Once;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
                Ok(Once)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
                Ok(Once)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
                Ok(Once)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
                Ok(Once)
            }
            fn visit_str<E>(self, _: &str) -> Result<Once, E> {
                Ok(Once)
            }
            fn visit_unit<E>(self) -> Result<Once, E> {
                Ok(Once)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
                while seq.next_element::<Once>()?.is_some() {}
                Ok(Once)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
                let mut seen = std::collections::HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !seen.insert(name.clone()) {
                        let _: IgnoredAny = map.next_value()?;
                        return Err(A::Error::custom(format!(
                            "the member `{name}` stands here twice"
                        )));
                    }
                    map.next_value::<Once>()?;
                }
                Ok(Once)
            }
        }
        from.deserialize_any(Read)
    }
}
