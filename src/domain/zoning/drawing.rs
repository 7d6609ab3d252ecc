//! What somebody draws on a map, as edits.
//!
//! A map client knows areas, lines and facts, and nothing of edits. It sends each zone for itself, the neighbour's
//! side of a border that was moved as another drawing; hair lines between the two are none here.

use std::collections::{BTreeMap, BTreeSet};

use geo_types::{Coord, MultiPolygon};

use crate::domain::id::{UnitId, ZoneId};
use crate::domain::text::{Attributes, says_same};
use crate::domain::zoning::arcs::named;
use crate::domain::zoning::edit::{Area, Line, NamesGiven, ZoningEdit};
use crate::domain::zoning::facts::{Facts, beside};
use crate::domain::zoning::redraw::area_of;
use crate::domain::zoning::working::{Applied, Moved, Working};
use crate::geom::coord::GridPoint;
use crate::geom::coverage::edit::place::Place;
use crate::geom::measure::between_m;
use crate::geom::overlay::{Sheet, frame, meet};

/// What lies no farther (m) from a border was meant to lie on it, as when areas are taken up.
pub const SNAP_M: f64 = 0.05;

/// Facts of a zone that are no attributes of its own, by the names that they have on maps.
pub const OWN: [&str; 9] =
    ["code", "name_zh", "name_en", "number", "lead", "lead_zh", "lead_en", "co", "locked"];

/// Why a drawing comes to no edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawingFault {
    /// The draft has no such zone or border.
    Missing,
    /// It contradicts what is there: in words, with what would be right.
    Contradicts(String),
}

/// Facts of a zone that were told; `None` leaves what is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FactsGiven {
    /// Its number on the map.
    pub number: Option<u32>,
    /// Its Chinese name.
    pub zh: Option<String>,
    /// Its English name.
    pub en: Option<String>,
    /// The unit that answers first.
    pub lead: Option<UnitId>,
    /// Units beside it.
    pub co: Option<Vec<UnitId>>,
    /// Further facts; null takes one away.
    pub attributes: Attributes,
    /// Whether further facts that are not told go.
    pub whole: bool,
}

impl FactsGiven {
    /// The edit that sets what is otherwise; `None` where nothing is.
    #[must_use]
    pub fn edit(&self, now: &Facts) -> Option<ZoningEdit> {
        let said = |given: Option<&String>, held: &String| given.unwrap_or(held).clone();
        let zh = said(self.zh.as_ref(), &now.names.zh);
        let names = NamesGiven { zh, en: said(self.en.as_ref(), &now.names.en) };
        let same = names.zh == now.names.zh && names.en == now.names.en;
        let lead = self.lead.clone().filter(|lead| *lead != now.lead);
        let leads = lead.as_ref().unwrap_or(&now.lead);
        let co = self.co.clone().filter(|co| beside(co, leads) != now.co);
        let number = self.number.filter(|number| *number != now.number);
        let attributes = Some(self.further(now)).filter(|further| *further != now.attributes);
        let names = Some(names).filter(|_| !same);
        let idle = number.is_none()
            && names.is_none()
            && lead.is_none()
            && co.is_none()
            && attributes.is_none();
        let zone = now.id.clone();
        (!idle).then_some(ZoningEdit::SetZone { zone, number, names, lead, co, attributes })
    }

    /// The further facts as they are to be. One that bears the name of a property that every zone has cannot be told
    /// on a map, and stays.
    fn further(&self, now: &Facts) -> Attributes {
        let stays = |name: &str| !self.whole || OWN.contains(&name);
        let mut further = now.attributes.clone();
        further.retain(|name, _| stays(name));
        for (name, value) in &self.attributes {
            if value.is_null() {
                further.remove(name);
            } else {
                let held = now.attributes.get(name).filter(|held| says_same(value, held));
                further.insert(name.clone(), held.unwrap_or(value).clone());
            }
        }
        further
    }
}

/// A drawn area as an edit keeps it, snapped to the borders that are there.
#[must_use]
pub fn area(working: &Working, drawn: &MultiPolygon<f64>) -> Area {
    let snapped = |line: Line| -> Line {
        let points: Vec<GridPoint> = line.into_iter().map(|place| place.0).collect();
        working.coverage().snapped(&points, SNAP_M).into_iter().map(Place).collect()
    };
    let rings = |rings: Vec<Line>| -> Vec<Line> { rings.into_iter().map(snapped).collect() };
    area_of(drawn).into_iter().map(rings).collect()
}

/// Zones that were drawn without ground which a drawing of `zone` would now give them back.
///
/// `applied` is what that drawing would do; `before` is what was drawn in one go with it, each list of edits with what
/// it did, the last first. Only ground counts that a zone gave up with its own last drawing and that `zone` was not
/// drawn with since: both sides of a border that was moved then say that it is theirs no more.
#[must_use]
pub fn drawn_without<'a>(
    zone: &ZoneId,
    applied: &Applied,
    before: impl Iterator<Item = (&'a [ZoningEdit], &'a Applied)>,
) -> BTreeSet<ZoneId> {
    let mut drawn = BTreeSet::new();
    let mut found = BTreeSet::new();
    for (edits, did) in before {
        for edit in edits {
            match edit {
                ZoningEdit::Draw { zone: other, .. } if other == zone => return found,
                ZoningEdit::Carve { new, .. } if new.id == *zone => return found,
                ZoningEdit::Draw { zone: other, .. } if drawn.insert(other.clone()) => {
                    let gave = did.moved.iter().filter(|it| it.from.as_ref() == Some(other));
                    let gets = |it: &&Moved| {
                        it.from.as_ref() == Some(zone) && it.to.as_ref() == Some(other)
                    };
                    let mut gets = applied.moved.iter().filter(gets);
                    if gets.any(|it| gave.clone().any(|gave| overlap(&gave.area, &it.area))) {
                        found.insert(other.clone());
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether two areas have ground in common.
fn overlap(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> bool {
    let (Some(of_one), Some(of_other)) = (frame(one), frame(other)) else { return false };
    let sheet = Sheet::around(of_one.with(of_other));
    meet(of_one, of_other) && !sheet.shared(&sheet.lay(one), &sheet.lay(other)).0.is_empty()
}

/// A zone goes to the one that it has the longest border with.
///
/// # Errors
/// [`DrawingFault`] for one that there is not, and for one without a neighbour.
pub fn dissolved(working: &Working, zone: &ZoneId) -> Result<ZoningEdit, DrawingFault> {
    if !working.has(zone) {
        return Err(DrawingFault::Missing);
    }
    let mut lengths: BTreeMap<ZoneId, f64> = BTreeMap::new();
    for border in working.borders() {
        let (one, other) = (border.left.as_ref(), border.right.as_ref());
        let around = if one == Some(zone) {
            other
        } else if other == Some(zone) {
            one
        } else {
            None
        };
        if let Some(around) = around {
            let pairs = border.points.windows(2);
            let length_m: f64 = pairs.map(|pair| between_m(coord(pair[0]), coord(pair[1]))).sum();
            *lengths.entry(around.clone()).or_default() += length_m;
        }
    }
    let longest = lengths.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
    let Some((into, _)) = longest else {
        return Err(DrawingFault::Contradicts(format!(
            "zone {zone} borders on no other that could take its area; draw a neighbour over to it first"
        )));
    };
    Ok(ZoningEdit::Merge { into, from: zone.clone() })
}

fn coord(p: GridPoint) -> Coord<f64> {
    let at = p.degrees();
    Coord { x: at.lon(), y: at.lat() }
}

/// A border takes the course of a line: an end that was moved takes all borders that end there along.
///
/// # Errors
/// [`DrawingFault`] for a border that there is not, and for a line that has nothing to do with it.
pub fn reshaped(
    working: &Working,
    id: &str,
    line: &[GridPoint],
) -> Result<Vec<ZoningEdit>, DrawingFault> {
    let borders = named(working.borders());
    let found = borders.into_iter().find(|it| it.id == id).ok_or(DrawingFault::Missing)?;
    let held = found.border.points;
    let near = |p: &GridPoint| working.coverage().vertex_within(*p, SNAP_M).unwrap_or(*p);
    let mut line: Vec<GridPoint> = line.iter().map(near).collect();
    line.dedup();
    if line.len() < 2 || held.len() < 2 {
        return Err(contradicts("the line has fewer than two different places; draw two or more"));
    }
    if !line.iter().any(|p| held.contains(p)) {
        return Err(contradicts(
            "the line has no vertex in common with the border as it is now; load it again, then draw",
        ));
    }
    if held.first() == held.last() { ring(&held, &line) } else { Ok(open(held, line)) }
}

fn contradicts(words: &str) -> DrawingFault {
    DrawingFault::Contradicts(words.to_owned())
}

/// Of a border with two ends.
fn open(mut now: Vec<GridPoint>, mut line: Vec<GridPoint>) -> Vec<ZoningEdit> {
    let (last, end) = (now.len() - 1, line.len() - 1);
    let runs_on = now[0] == line[0] || now[last] == line[end];
    let runs_back = now[0] == line[end] || now[last] == line[0];
    if runs_back && !runs_on {
        line.reverse();
    }
    let mut edits = Vec::new();
    for (at, to) in [(0, line[0]), (last, line[end])] {
        if now[at] != to {
            edits.push(ZoningEdit::MoveVertex { from: Place(now[at]), to: Place(to) });
            now[at] = to;
        }
    }
    edits.extend(course(&now, &line));
    edits
}

/// Of a border that ends where it begins: what is common to both is not touched.
fn ring(held: &[GridPoint], line: &[GridPoint]) -> Result<Vec<ZoningEdit>, DrawingFault> {
    if line.first() != line.last() || line.len() < 4 {
        return Err(contradicts("the border is a ring; end the line where it begins"));
    }
    let mut now = held[..held.len() - 1].to_vec();
    let mut drawn = line[..line.len() - 1].to_vec();
    let places: BTreeMap<GridPoint, usize> =
        now.iter().enumerate().map(|(at, p)| (*p, at)).collect();
    let count = now.len();
    let common = (0..drawn.len()).find_map(|at| {
        let (one, next) = (drawn[at], drawn[(at + 1) % drawn.len()]);
        let (one, next) = (*places.get(&one)?, *places.get(&next)?);
        if (one + 1) % count == next {
            Some((at, one, false))
        } else if (next + 1) % count == one {
            Some((at, one, true))
        } else {
            None
        }
    });
    let Some((at, of_held, back)) = common else {
        return Err(contradicts(
            "the ring keeps no two neighbouring vertices of the border as it is; change it in steps",
        ));
    };
    now.rotate_left(of_held);
    drawn.rotate_left(at);
    if back {
        // From the same vertex the other way round.
        now[1..].reverse();
    }
    now.extend(now.first().copied());
    drawn.extend(drawn.first().copied());
    Ok(course(&now, &drawn).into_iter().collect())
}

/// The part of a line that is otherwise than the border from the same first to the same last place.
fn course(now: &[GridPoint], line: &[GridPoint]) -> Option<ZoningEdit> {
    if now == line {
        return None;
    }
    let shorter = now.len().min(line.len());
    let alike = |(one, other): &(&GridPoint, &GridPoint)| one == other;
    let before = now.iter().zip(line).take_while(alike).count().min(shorter - 1).max(1);
    let after = now.iter().rev().zip(line.iter().rev()).take_while(alike).count();
    let after = after.min(shorter - before).max(1);
    let part = line.get(before - 1..=line.len() - after)?;
    Some(ZoningEdit::ReshapeArc { line: part.iter().map(|p| Place(*p)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<GridPoint> {
        let number = |text: &str| text.parse().unwrap();
        let point = |text: &str| {
            let (x, y) = text.trim().split_once(' ').unwrap();
            GridPoint { x: number(x), y: number(y) }
        };
        text.split(',').map(point).collect()
    }

    /// The parts of a border that a line lays anew.
    fn anew(edits: &[ZoningEdit]) -> Vec<Vec<GridPoint>> {
        let places =
            |line: &[Place]| -> Vec<GridPoint> { line.iter().map(|place| place.0).collect() };
        let told = edits.iter().map(|edit| match edit {
            ZoningEdit::ReshapeArc { line } => places(line),
            ZoningEdit::MoveVertex { from, to } => places(&[*from, *to]),
            other => panic!("{other:?}"),
        });
        told.collect()
    }

    #[test]
    fn of_a_border_only_what_is_otherwise_is_laid_anew() {
        let held = points("0 0, 10 0, 20 0, 30 0");
        let told = |line: &str| anew(&open(held.clone(), points(line)));
        assert!(told("0 0, 10 0, 20 0, 30 0").is_empty());
        assert!(told("30 0, 20 0, 10 0, 0 0").is_empty(), "the other way round");
        assert_eq!(told("0 0, 10 0, 20 5, 30 0"), [points("10 0, 20 5, 30 0")]);
        assert_eq!(told("0 0, 20 0, 30 0"), [points("0 0, 20 0")]);
        assert_eq!(told("0 0, 10 0, 15 5, 20 0, 30 0"), [points("10 0, 15 5, 20 0")]);
        assert_eq!(told("0 0, 30 0"), [points("0 0, 30 0")]);
        assert_eq!(told("0 3, 10 0, 20 1, 30 0"), [points("0 0, 0 3"), points("10 0, 20 1, 30 0")]);
    }

    #[test]
    fn of_a_ring_only_what_is_otherwise_is_laid_anew_wherever_the_line_begins() {
        let held = points("0 0, 10 0, 10 10, 0 10, 0 0");
        let told = |line: &str| ring(&held, &points(line)).map(|edits| anew(&edits));
        assert_eq!(told("10 10, 0 10, 0 0, 10 0, 10 10"), Ok(Vec::new()));
        assert_eq!(told("0 10, 10 10, 10 0, 0 0, 0 10"), Ok(Vec::new()));
        let moved = told("12 12, 0 10, 0 0, 10 0, 12 12").unwrap();
        assert_eq!(moved, [points("10 0, 12 12, 0 10")]);
        assert!(matches!(told("0 0, 10 0, 12 12"), Err(DrawingFault::Contradicts(_))));
        assert!(matches!(told("0 0, 11 0, 11 11, 0 0"), Err(DrawingFault::Contradicts(_))));
    }

    #[test]
    fn facts_that_are_as_they_were_told_are_no_edit() {
        let now = Facts {
            id: ZoneId::new("a").unwrap(),
            number: 3,
            names: crate::domain::text::Names { zh: "甲".to_owned(), en: String::new() },
            lead: UnitId::new("u1").unwrap(),
            co: vec![UnitId::new("u2").unwrap()],
            attributes: Attributes::from([
                ("k".to_owned(), serde_json::json!(1)),
                ("number".to_owned(), serde_json::json!("hidden")),
            ]),
        };
        let same = FactsGiven {
            number: Some(3),
            zh: Some("甲".to_owned()),
            lead: Some(now.lead.clone()),
            co: Some(vec![now.lead.clone(), now.co[0].clone()]),
            attributes: Attributes::from([("k".to_owned(), serde_json::json!(1))]),
            whole: true,
            ..FactsGiven::default()
        };
        assert_eq!(same.edit(&now), None);
        // Map programs write whole numbers with a decimal point, or without.
        let otherwise = Attributes::from([("k".to_owned(), serde_json::json!(1.0))]);
        assert_eq!(FactsGiven { attributes: otherwise, ..same.clone() }.edit(&now), None);
        assert_eq!(FactsGiven::default().edit(&now), None);
        let gone = FactsGiven { whole: true, ..FactsGiven::default() };
        let Some(ZoningEdit::SetZone { attributes: Some(left), number: None, .. }) =
            gone.edit(&now)
        else {
            panic!("{:?}", gone.edit(&now))
        };
        assert_eq!(left.keys().collect::<Vec<_>>(), ["number"], "what cannot be told stays");
    }
}
