//! The parts of an answer that change only with the atlas, written once for each atlas: an answer
//! to who is responsible is then put together from a dozen copies.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::atlas::in_force::Atlas;
use crate::domain::atlas::rule::Rule;
use crate::domain::atlas::unit::Unit;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::{CityId, UnitId};
use crate::domain::reports::routing::Fired;
use crate::domain::text::Names;
use crate::http::api::named;
use crate::http::json::Json;

/// The fragments of every city's atlas in force.
#[derive(Default)]
pub struct Shelf {
    cities: ArcSwap<HashMap<CityId, Arc<Fragments>>>,
}

/// One atlas's fragments.
pub struct Fragments {
    version: i64,
    /// Up to the longitude.
    head: String,
    /// As [`named::ZoneRef`] documents it, by the zone's place in the atlas.
    zones: Vec<String>,
    /// Each zone's lead unit, by its place in the atlas.
    leads: Vec<Option<usize>>,
    /// As [`named::UnitRef`] documents it, by the unit's place in the atlas.
    units: Vec<String>,
    by_unit: HashMap<UnitId, usize>,
    /// A rule's code and names, by its place in the atlas.
    rules: Vec<RuleWords>,
    zone: RuleWords,
    fallback: RuleWords,
}

/// A rule, `zone` or `fallback`.
struct RuleWords {
    /// For the one that fired.
    fired: String,
    /// For one that lost, up to its unit.
    lost: String,
}

impl Shelf {
    /// Hands on the fragments of this atlas.
    pub fn with<T>(&self, atlas: &Atlas, use_them: impl FnOnce(&Fragments) -> T) -> T {
        let id = &atlas.city().id;
        if let Some(found) = self.cities.load().get(id).filter(|it| it.version == atlas.version()) {
            return use_them(found);
        }
        let made = Arc::new(Fragments::write(atlas));
        self.cities.rcu(|cities| {
            let mut cities = HashMap::clone(cities);
            cities.insert(id.clone(), Arc::clone(&made));
            cities
        });
        use_them(&made)
    }
}

impl Fragments {
    /// Those of an atlas of the past, which the shelf does not keep: it is for what is in force.
    #[must_use]
    pub fn aside(atlas: &Atlas) -> Self {
        Self::write(atlas)
    }

    fn write(atlas: &Atlas) -> Self {
        let plan = atlas.plan().version;
        let head = text(|json| {
            json.raw("{\"city\":").text(atlas.city().id.as_str());
            json.raw(",\"plan_version\":").whole(plan);
            json.raw(",\"atlas_version\":").whole(atlas.version());
            json.raw(",\"position\":{\"lon\":");
        });
        let unit = |unit: &Unit| text(|json| named::named_unit(json, &unit.id, Some(&unit.names)));
        let by_unit: HashMap<UnitId, usize> =
            atlas.units().iter().map(|unit| unit.id.clone()).zip(0..).collect();
        Self {
            version: atlas.version(),
            head,
            leads: atlas.zones().iter().map(|zone| by_unit.get(&zone.lead).copied()).collect(),
            zones: atlas.zones().iter().map(|zone| text(|json| named::zone(json, zone))).collect(),
            units: atlas.units().iter().map(unit).collect(),
            by_unit,
            rules: atlas
                .rules()
                .iter()
                .map(|rule| words(rule.id.as_str(), Some(&rule.names)))
                .collect(),
            zone: words(Fired::Zone.code(), None),
            fallback: words(Fired::Fallback.code(), None),
        }
    }

    /// Up to the longitude's number.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    /// A zone of the atlas.
    #[must_use]
    pub fn zone(&self, atlas: &Atlas, zone: &Zone) -> &str {
        atlas.zones().element_offset(zone).map_or("null", |at| &self.zones[at])
    }

    /// A zone's lead unit.
    #[must_use]
    pub fn lead(&self, atlas: &Atlas, zone: &Zone) -> &str {
        let at = atlas.zones().element_offset(zone).and_then(|at| self.leads[at]);
        at.map_or("null", |at| &self.units[at])
    }

    /// A unit of the atlas.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> &str {
        self.by_unit.get(id).map_or("null", |at| &self.units[*at])
    }

    /// The names of the rule that fired, from its code on.
    #[must_use]
    pub fn fired(&self, atlas: &Atlas, fired: Fired<'_>) -> &str {
        &self.rule(atlas, fired).fired
    }

    /// A rule that lost, up to the code of its unit.
    #[must_use]
    pub fn lost(&self, atlas: &Atlas, lost: Fired<'_>) -> &str {
        &self.rule(atlas, lost).lost
    }

    fn rule(&self, atlas: &Atlas, fired: Fired<'_>) -> &RuleWords {
        let number = |rule: &Rule| atlas.rules().element_offset(rule);
        match fired {
            Fired::Rule(rule) => number(rule).map_or(&self.fallback, |at| &self.rules[at]),
            Fired::Zone => &self.zone,
            Fired::Fallback => &self.fallback,
        }
    }
}

fn words(code: &str, names: Option<&Names>) -> RuleWords {
    let written = text(|json| {
        json.raw("\"rule\":").text(code).raw(",\"rule_names\":");
        match names {
            Some(names) => named::names(json, names),
            None => {
                json.raw("null");
            }
        }
    });
    RuleWords { fired: format!(",{written}"), lost: format!("{{{written},\"unit\":") }
}

fn text(write: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::default();
    write(&mut json);
    String::from_utf8(json.into_bytes()).unwrap_or_default()
}
