//! Edits of a plan, in terms of zones and places, so that they can be kept and done again on another
//! plan. Places are `[longitude, latitude]` in degrees, WGS84, on the grid.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::id::{FacilityId, UnitId, ZoneId};
use crate::domain::text::{self, Attributes, NAME_CHARS_MAX, Names};
use crate::geom::coverage::build::fault::VERTICES_MAX;
use crate::geom::coverage::edit::command::{EDIT_VERTICES_MAX, Edit, Share};
use crate::geom::coverage::edit::place::Place;
use crate::geom::coverage::side::FaceLabel;

/// Most vertices of a whole set of zones.
pub const REDRAW_VERTICES_MAX: usize = VERTICES_MAX;
/// Most zones of a draft.
pub const ZONES_MAX: usize = 10_000;
/// Most units beside the lead.
pub const CO_UNITS_MAX: usize = 100;
/// Largest tolerance of a thinning (m).
pub const TOLERANCE_M_MAX: f64 = 10_000.0;
/// Largest attributes of a zone, as JSON in bytes.
pub const ATTRIBUTES_BYTES_MAX: usize = 64 * 1024;

/// A drawn line; of a ring the first place stands at the end again, or does not.
pub type Line = Vec<Place>;
/// Polygons, each its outer ring and then its holes.
pub type Area = Vec<Vec<Line>>;

/// A zone that an edit makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewZone {
    /// Its code.
    pub id: ZoneId,
    /// Its number on the map; the lowest free one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Its name; the code when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<NamesGiven>,
    /// The unit that answers first; that of the zone it was part of when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<UnitId>,
    /// Units beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co: Vec<UnitId>,
}

/// A name in one language or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamesGiven {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl NamesGiven {
    /// As they are kept; nothing of what is no name.
    #[must_use]
    pub fn kept(&self) -> Option<Names> {
        Names::new(&self.zh, &self.en).ok()
    }
}

/// A zone of a whole set that was drawn anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawnZone {
    /// Its code.
    pub id: ZoneId,
    /// Its number on the map.
    pub number: u32,
    /// Its name.
    pub names: NamesGiven,
    /// The unit that answers first.
    pub lead: UnitId,
    /// Units beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co: Vec<UnitId>,
    /// Further facts.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
    /// Its area.
    pub area: Area,
}

/// One edit of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ZoningEdit {
    /// A vertex is moved, and every border that meets there with it.
    MoveVertex {
        /// Where it is.
        from: Place,
        /// Where it goes.
        to: Place,
    },
    /// A vertex is put into a border.
    InsertVertex {
        /// Where.
        at: Place,
        /// Between which two neighbouring vertices.
        between: [Place; 2],
    },
    /// A vertex is taken out of a border.
    DeleteVertex {
        /// Where it is.
        at: Place,
    },
    /// A border takes another way.
    ReshapeArc {
        /// The way, from one vertex of the border to another.
        line: Line,
    },
    /// A line cuts a zone in two.
    Split {
        /// Which.
        zone: ZoneId,
        /// From border to border.
        line: Line,
        /// The zone that the part to the left of the line becomes.
        new: NewZone,
    },
    /// A zone takes in another, which is gone.
    Merge {
        /// The one that stays.
        into: ZoneId,
        /// The one that goes.
        from: ZoneId,
    },
    /// What a zone has of an area goes to another; or the part of it that holds a place; or all of it.
    Give {
        /// Whose it is; `None`: nobody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<ZoneId>,
        /// Whose it becomes; `None`: nobody's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<ZoneId>,
        /// The area: drawn, or a block's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area: Option<Area>,
        /// A place in the part, where no area is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Place>,
        /// The block whose area it is, where none is given; looked up before the edit is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block: Option<FacilityId>,
    },
    /// A zone has this area and no other: it takes what others have of it; what it has beside goes, part by part, to
    /// whom the part has the longest border with, nobody among them.
    Draw {
        /// Which.
        zone: ZoneId,
        /// The area.
        area: Area,
        /// Zones that get nothing of what it has beside where somebody else is around: they were drawn without it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        past: BTreeSet<ZoneId>,
    },
    /// A new zone is made out of what others, and nobody, have of an area.
    Carve {
        /// The zone; where it names no unit, that of the zone it takes most of.
        new: NewZone,
        /// The area.
        area: Area,
    },
    /// A border is laid along a street.
    Straighten {
        /// The border's part, by two of its vertices.
        between: [Place; 2],
        /// The street's line.
        #[serde(default)]
        along: Line,
        /// The street, where no line is given; looked up before the edit is kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        street: Option<FacilityId>,
    },
    /// A border loses vertices, once for both sides.
    Thin {
        /// How far (m) the border may move.
        tolerance_m: f64,
        /// Two neighbouring vertices of the border; all borders when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        arc: Option<[Place; 2]>,
        /// Zones beside which no border is thinned when all are: those that were locked when it was done, so that it does
        /// the same again wherever the draft is read.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        keep: BTreeSet<ZoneId>,
        /// Whether the outline is not thinned either, because it was locked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        keep_outline: bool,
    },
    /// A hole is cut into a zone.
    AddHole {
        /// Which.
        zone: ZoneId,
        /// The hole.
        ring: Line,
        /// The zone that it becomes; nobody's when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<NewZone>,
    },
    /// A hole is given to the zone around it; a zone that is the hole is gone.
    DissolveHole {
        /// A place within the hole.
        at: Place,
    },
    /// Facts of a zone are others.
    SetZone {
        /// Which.
        zone: ZoneId,
        /// Its number on the map.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u32>,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        names: Option<NamesGiven>,
        /// The unit that answers first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lead: Option<UnitId>,
        /// Units beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        co: Option<Vec<UnitId>>,
        /// Further facts, all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attributes: Option<Attributes>,
    },
    /// All zones are others: what an import brings.
    Redraw {
        /// The zones.
        zones: Vec<DrawnZone>,
    },
}

impl ZoningEdit {
    /// What it is, in tables and words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::MoveVertex { .. } => "move_vertex",
            Self::InsertVertex { .. } => "insert_vertex",
            Self::DeleteVertex { .. } => "delete_vertex",
            Self::ReshapeArc { .. } => "reshape_arc",
            Self::Split { .. } => "split",
            Self::Merge { .. } => "merge",
            Self::Give { .. } => "give",
            Self::Draw { .. } => "draw",
            Self::Carve { .. } => "carve",
            Self::Straighten { .. } => "straighten",
            Self::Thin { .. } => "thin",
            Self::AddHole { .. } => "add_hole",
            Self::DissolveHole { .. } => "dissolve_hole",
            Self::SetZone { .. } => "set_zone",
            Self::Redraw { .. } => "redraw",
        }
    }

    /// Moves every place, for edits that came in another coordinate system.
    pub fn each_place(&mut self, mut at: impl FnMut(&mut Place)) {
        match self {
            Self::MoveVertex { from, to } => [from, to].into_iter().for_each(at),
            Self::InsertVertex { at: place, between } => {
                at(place);
                between.iter_mut().for_each(at);
            }
            Self::DeleteVertex { at: place } | Self::DissolveHole { at: place } => at(place),
            Self::ReshapeArc { line } | Self::Split { line, .. } => line.iter_mut().for_each(at),
            Self::Straighten { between, along, .. } => between.iter_mut().chain(along).for_each(at),
            Self::AddHole { ring, .. } => ring.iter_mut().for_each(at),
            Self::Give { area, part, .. } => {
                let area = area.iter_mut().flatten().flatten().flatten();
                area.chain(part).for_each(at);
            }
            Self::Draw { area, .. } | Self::Carve { area, .. } => {
                area.iter_mut().flatten().flatten().for_each(at);
            }
            Self::Thin { arc, .. } => arc.iter_mut().flatten().for_each(at),
            Self::Merge { .. } | Self::SetZone { .. } => {}
            Self::Redraw { zones } => {
                let areas = zones.iter_mut().flat_map(|zone| &mut zone.area);
                areas.flatten().flatten().for_each(at);
            }
        }
    }

    /// How many places it holds: those that [`ZoningEdit::each_place`] moves.
    #[must_use]
    pub fn places(&self) -> usize {
        let of = |area: &Area| area.iter().flatten().map(Vec::len).sum::<usize>();
        match self {
            Self::MoveVertex { .. } => 2,
            Self::InsertVertex { .. } => 3,
            Self::DeleteVertex { .. } | Self::DissolveHole { .. } => 1,
            Self::ReshapeArc { line } | Self::Split { line, .. } => line.len(),
            Self::Straighten { along, .. } => 2 + along.len(),
            Self::AddHole { ring, .. } => ring.len(),
            Self::Give { area, part, .. } => {
                area.as_ref().map_or(0, of) + usize::from(part.is_some())
            }
            Self::Draw { area, .. } | Self::Carve { area, .. } => of(area),
            Self::Thin { arc, .. } => 2 * usize::from(arc.is_some()),
            Self::Merge { .. } | Self::SetZone { .. } => 0,
            Self::Redraw { zones } => zones.iter().map(|zone| of(&zone.area)).sum(),
        }
    }

    /// The block or street that it names and that is still to be looked up.
    #[must_use]
    pub fn named(&self) -> Option<&FacilityId> {
        match self {
            Self::Give { block, .. } => block.as_ref(),
            Self::Straighten { street, .. } => street.as_ref(),
            _ => None,
        }
    }

    /// Everything wrong with it that shows without the plan: which field, and what would be right.
    #[must_use]
    pub fn faults(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut fault = |place: &str, says: String| found.push((place.to_owned(), says));
        match self {
            Self::ReshapeArc { line } => drawn("line", line, 2, &mut fault),
            Self::Straighten { along, street: None, .. } => drawn("along", along, 2, &mut fault),
            Self::Straighten { along, street: Some(_), .. } => {
                if !along.is_empty() {
                    fault("street", "goes without a line".to_owned());
                }
            }
            Self::Split { line, new, .. } => {
                drawn("line", line, 2, &mut fault);
                made("new", new, &mut fault);
            }
            Self::AddHole { ring, new, .. } => {
                drawn("ring", ring, 3, &mut fault);
                if let Some(new) = new {
                    made("new", new, &mut fault);
                }
            }
            Self::Give { from, to, area, part, block } => {
                if from == to {
                    fault("to", "is where it is already".to_owned());
                }
                if area.is_some() && part.is_some() {
                    fault("part", "goes without an area".to_owned());
                }
                if block.is_some() && (area.is_some() || part.is_some()) {
                    fault("block", "goes without an area and a part".to_owned());
                }
                if let Some(area) = area {
                    drawn_area(area, &mut fault);
                }
            }
            Self::Draw { area, past, .. } => drawn_past(area, past, &mut fault),
            Self::Carve { new, area } => {
                drawn_area(area, &mut fault);
                made("new", new, &mut fault);
            }
            Self::Merge { into, from } => {
                if into == from {
                    fault("from", "is the zone that takes it in".to_owned());
                }
            }
            Self::Thin { tolerance_m, .. } => {
                if !(*tolerance_m > 0.0 && *tolerance_m <= TOLERANCE_M_MAX) {
                    fault("tolerance_m", format!("must be above 0 and at most {TOLERANCE_M_MAX}"));
                }
            }
            Self::SetZone { names, co, attributes, .. } => {
                if let Some(names) = names {
                    named("names", names, &mut fault);
                }
                if let Some(co) = co {
                    beside("co", co, &mut fault);
                }
                if let Some(them) = attributes {
                    further("attributes", them, &mut fault);
                }
            }
            Self::Redraw { zones } => redrawn(zones, &mut fault),
            Self::MoveVertex { .. }
            | Self::InsertVertex { .. }
            | Self::DeleteVertex { .. }
            | Self::DissolveHole { .. } => {}
        }
        found
    }
}

/// What the ground is asked, where an edit is one of the ground: the faces of its zones are known to
/// `face`, and `new` is the number of a face that it makes.
pub(super) fn on_the_ground(
    edit: &ZoningEdit,
    new: u16,
    mut face: impl FnMut(&ZoneId) -> Option<u16>,
) -> Result<Option<Edit>, ZoneId> {
    let mut number = |zone: &ZoneId| face(zone).ok_or_else(|| zone.clone());
    Ok(Some(match edit {
        ZoningEdit::MoveVertex { from, to } => Edit::MoveVertex { from: *from, to: *to },
        ZoningEdit::InsertVertex { at, between } => {
            Edit::InsertVertex { at: *at, between: *between }
        }
        ZoningEdit::DeleteVertex { at } => Edit::DeleteVertex { at: *at },
        ZoningEdit::ReshapeArc { line } => Edit::ReshapeArc { line: line.clone() },
        ZoningEdit::Split { zone, line, .. } => {
            Edit::Split { face: number(zone)?, line: line.clone(), new_face: new }
        }
        ZoningEdit::Merge { into, from } => {
            Edit::Merge { into: number(into)?, from: number(from)? }
        }
        ZoningEdit::Give { from, to, area, part, .. } => {
            let mut label = |zone: &Option<ZoneId>| -> Result<FaceLabel, ZoneId> {
                zone.as_ref().map(&mut number).transpose()
            };
            let what = match (area, part) {
                (Some(polygons), _) => Share::Area { polygons: polygons.clone() },
                (None, Some(at)) => Share::Part { at: *at },
                (None, None) => Share::Whole,
            };
            Edit::Give { what, from: label(from)?, to: label(to)? }
        }
        ZoningEdit::Draw { zone, area, past } => Edit::Draw {
            face: number(zone)?,
            polygons: area.clone(),
            // One that is gone gets nothing anyway.
            past: past.iter().filter_map(|zone| number(zone).ok()).collect(),
        },
        ZoningEdit::Carve { area, .. } => {
            Edit::Draw { face: new, polygons: area.clone(), past: BTreeSet::new() }
        }
        ZoningEdit::Straighten { between, along, .. } => {
            Edit::Straighten { between: *between, along: along.clone() }
        }
        ZoningEdit::Thin { tolerance_m, arc, .. } => {
            Edit::Thin { tolerance_m: *tolerance_m, arc: *arc }
        }
        ZoningEdit::AddHole { zone, ring, new: made } => Edit::AddHole {
            face: number(zone)?,
            ring: ring.clone(),
            new_face: made.as_ref().map(|_| new),
        },
        ZoningEdit::DissolveHole { at } => Edit::DissolveHole { at: *at },
        ZoningEdit::SetZone { .. } | ZoningEdit::Redraw { .. } => return Ok(None),
    }))
}

fn drawn(place: &str, line: &[Place], least: usize, fault: &mut impl FnMut(&str, String)) {
    if line.len() < least || line.len() > EDIT_VERTICES_MAX {
        let says = format!("has {} vertices; {least} to {EDIT_VERTICES_MAX} do", line.len());
        fault(place, says);
    }
}

fn drawn_area(area: &Area, fault: &mut impl FnMut(&str, String)) {
    let count: usize = area.iter().flatten().map(Vec::len).sum();
    if !(3..=EDIT_VERTICES_MAX).contains(&count) {
        fault("area", format!("has {count} vertices; 3 to {EDIT_VERTICES_MAX} do"));
    }
}

fn drawn_past(area: &Area, past: &BTreeSet<ZoneId>, fault: &mut impl FnMut(&str, String)) {
    drawn_area(area, fault);
    if past.len() > ZONES_MAX {
        fault("past", format!("are {} zones; at most {ZONES_MAX} do", past.len()));
    }
}

fn made(place: &str, new: &NewZone, fault: &mut impl FnMut(&str, String)) {
    new.names.iter().for_each(|names| named(&format!("{place}.names"), names, fault));
    beside(&format!("{place}.co"), &new.co, fault);
}

fn named(place: &str, names: &NamesGiven, fault: &mut impl FnMut(&str, String)) {
    if let Err(says) = Names::new(&names.zh, &names.en) {
        fault(place, says.to_string());
    }
}

fn beside(place: &str, co: &[UnitId], fault: &mut impl FnMut(&str, String)) {
    if co.len() > CO_UNITS_MAX {
        fault(place, format!("are {} units, at most {CO_UNITS_MAX} are kept", co.len()));
    }
}

fn further(place: &str, it: &Attributes, fault: &mut impl FnMut(&str, String)) {
    let text = serde_json::to_string(it).unwrap_or_default();
    if text.len() > ATTRIBUTES_BYTES_MAX {
        fault(place, format!("are {} bytes, at most {ATTRIBUTES_BYTES_MAX} are kept", text.len()));
    }
    // U+0000 stands escaped in JSON, and no store keeps it.
    if text.contains("\\u0000") {
        fault(place, "hold the character U+0000, which no store keeps".to_owned());
    }
    for name in it.keys().filter(|name| text::line(name, NAME_CHARS_MAX).is_err()) {
        let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
        fault(place, format!("`{shown}` is no name of one line"));
    }
}

fn redrawn(zones: &[DrawnZone], fault: &mut impl FnMut(&str, String)) {
    if zones.is_empty() || zones.len() > ZONES_MAX {
        fault("zones", format!("are {}; 1 to {ZONES_MAX} do", zones.len()));
    }
    let vertices: usize = zones.iter().flat_map(|zone| &zone.area).flatten().map(Vec::len).sum();
    if vertices > REDRAW_VERTICES_MAX {
        let says = format!("have {vertices} vertices, at most {REDRAW_VERTICES_MAX} are kept");
        fault("zones", says);
    }
    let mut seen = BTreeSet::new();
    for zone in zones {
        let place = format!("zones.{}", zone.id);
        if !seen.insert(&zone.id) {
            fault(&place, "is there twice; give each its own code".to_owned());
        }
        named(&format!("{place}.names"), &zone.names, fault);
        beside(&format!("{place}.co"), &zone.co, fault);
        further(&format!("{place}.attributes"), &zone.attributes, fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let edit: ZoningEdit = serde_json::from_str(text).unwrap();
        let places: Vec<String> = edit.faults().into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, expected, "{text}");
        let again = serde_json::to_string(&edit).unwrap();
        assert_eq!(serde_json::from_str::<ZoningEdit>(&again).unwrap(), edit, "{again}");
    }

    #[test]
    fn an_edit_is_spelled_in_degrees_and_reads_back_exactly() {
        check(r#"{"kind":"move_vertex","from":[109.4840001,36.585],"to":[109.1,36.2]}"#, &[]);
        check(r#"{"kind":"delete_vertex","at":[-179.9999999,89.9999999]}"#, &[]);
        check(r#"{"kind":"thin","tolerance_m":2.5}"#, &[]);
        let edit: ZoningEdit =
            serde_json::from_str(r#"{"kind":"delete_vertex","at":[109.48399999999999,36.5]}"#)
                .unwrap();
        let ZoningEdit::DeleteVertex { at } = edit else { panic!("{edit:?}") };
        assert_eq!(at.0, crate::geom::coord::GridPoint { x: 1_094_840_000, y: 365_000_000 });
    }

    #[test]
    fn every_fault_that_shows_without_the_plan_is_told() {
        check(
            r#"{"kind":"split","zone":"a","line":[[109.0,36.0]],"new":{"id":"b","names":{}}}"#,
            &["line", "new.names"],
        );
        check(r#"{"kind":"merge","into":"a","from":"a"}"#, &["from"]);
        check(r#"{"kind":"give","from":"a","to":"a","area":[]}"#, &["to", "area"]);
        check(
            r#"{"kind":"give","from":"a","to":"b","area":[],"part":[1.0,2.0]}"#,
            &["part", "area"],
        );
        check(r#"{"kind":"draw","zone":"a","area":[]}"#, &["area"]);
        check(r#"{"kind":"carve","new":{"id":"b","names":{}},"area":[]}"#, &["area", "new.names"]);
        check(r#"{"kind":"thin","tolerance_m":-1.0}"#, &["tolerance_m"]);
        check(
            r#"{"kind":"set_zone","zone":"a","attributes":{"k":"\u0000"},"names":{"zh":"a\u202eb"}}"#,
            &["names", "attributes"],
        );
        check(r#"{"kind":"redraw","zones":[]}"#, &["zones"]);
        for bad in [
            r#"{"kind":"move_vertex","from":[36.5,109.4],"to":[109.1,36.2]}"#,
            r#"{"kind":"delete_vertex","at":[1e400,36.2]}"#,
            r#"{"kind":"delete_vertex","at":[109.0]}"#,
            r#"{"kind":"delete_vertex","at":[109.0,36.0],"by":"x"}"#,
            r#"{"kind":"explode"}"#,
        ] {
            assert!(serde_json::from_str::<ZoningEdit>(bad).is_err(), "{bad}");
        }
    }
}
