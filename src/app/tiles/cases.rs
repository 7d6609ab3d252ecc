//! Open incidents as kept for tiles.

use crate::app::tiles::collection::INCIDENTS;
use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, IncidentId, UnitId};
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::step::Stage;
use crate::domain::time::Instant;
use crate::formats::mvt::layer::Layer;
use crate::formats::mvt::vocabulary::{Tag, Value, Vocabulary};
use crate::geom::tile::grid::{Tile, Unit};
use crate::geom::tile::pins::Pins;

/// Most incidents in a tile: those with the nearest deadlines.
pub const SHOWN_MAX: usize = 20_000;

/// Open incidents, the most urgent first, and where they are.
#[derive(Debug)]
pub struct Cases {
    cases: Vec<Case>,
    pins: Pins,
}

#[derive(Debug)]
struct Case {
    id: IncidentId,
    category: Option<CategoryCode>,
    stage: Stage,
    /// The lead, and those beside it.
    units: Vec<UnitId>,
    is_led: bool,
    due_at: Option<Instant>,
    for_dispatcher: bool,
    rung: Option<Act>,
}

impl Cases {
    /// What tiles show of dockets, which come in the order of urgency.
    #[must_use]
    pub fn of(dockets: &[Docket]) -> Self {
        let pins = Pins::of((0..).zip(dockets).map(|(n, docket)| (n, docket.matter.position)));
        let case = |docket: &Docket| Case {
            id: docket.id,
            category: docket.matter.category.clone(),
            stage: docket.stage,
            units: docket.units().cloned().collect(),
            is_led: docket.unit.is_some(),
            due_at: docket.due_at,
            for_dispatcher: docket.for_dispatcher(),
            rung: docket.rung,
        };
        Self { cases: dockets.iter().map(case).collect(), pins }
    }

    /// A tile of those in which a unit has a part, or of all.
    #[must_use]
    pub fn tile(&self, tile: Tile, unit: Option<&UnitId>, now: Instant) -> Vec<u8> {
        let mut seen: Vec<(u32, &Case, Unit)> = self
            .pins
            .in_tile(tile)
            .filter_map(|(n, at)| Some((n, self.cases.get(n as usize)?, at)))
            .filter(|(_, case, _)| unit.is_none_or(|unit| case.units.contains(unit)))
            .collect();
        seen.sort_unstable_by_key(|(n, _, _)| *n);
        seen.truncate(SHOWN_MAX);
        let mut words = Vocabulary::default();
        let told: Vec<(u64, Vec<Tag>, Unit)> = seen
            .into_iter()
            .map(|(_, case, at)| (case.number(), case.tags(&mut words, now), at))
            .collect();
        let mut layer = Layer::new(INCIDENTS.id, &words);
        for (id, tags, at) in &told {
            layer.point(*id, tags, *at);
        }
        let mut bytes = Vec::new();
        layer.write_to(&mut bytes);
        bytes
    }
}

impl Case {
    /// A number for maps: as much of the id as a double holds.
    fn number(&self) -> u64 {
        let (_, low) = self.id.0.as_u64_pair();
        low & ((1 << 53) - 1)
    }

    fn tags(&self, words: &mut Vocabulary, now: Instant) -> Vec<Tag> {
        let mut tags = vec![
            words.tag("id", Value::Text(&self.id.to_string())),
            words.tag("stage", Value::Text(self.stage.code())),
        ];
        if let Some(category) = &self.category {
            tags.push(words.tag("category", Value::Text(category.as_str())));
        }
        if let Some(unit) = self.units.first().filter(|_| self.is_led) {
            tags.push(words.tag("unit", Value::Text(unit.as_str())));
        }
        if let Some(due_at) = self.due_at {
            tags.push(words.tag("due_at", Value::Text(&due_at.rfc3339())));
        }
        let is_overdue = self.due_at.is_some_and(|due_at| due_at < now);
        tags.push(words.tag("overdue", Value::Flag(is_overdue)));
        tags.push(words.tag("for_dispatcher", Value::Flag(self.for_dispatcher)));
        if let Some(rung) = self.rung {
            tags.push(words.tag("escalated", Value::Text(rung.code())));
        }
        tags
    }
}
