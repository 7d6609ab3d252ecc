//! A step of a draft out of a body.

use serde_json::Value;

use crate::app::drafts::order::{Conflicting, Wish};
use crate::domain::drafts::step::{Act, Deed};
use crate::domain::id::{KeyId, ZoneId};
use crate::domain::time::Instant;
use crate::domain::zoning::edit::ZoningEdit;
use crate::geom::coord::{GridPoint, LonLat};
use crate::geom::coverage::edit::place::Place;
use crate::geom::crs::Crs;
use crate::http::body::Fields;

/// Acts that a caller asks for.
const ASKED: [Act; 14] = [
    Act::Edit,
    Act::Undo,
    Act::Redo,
    Act::Rename,
    Act::Comment,
    Act::Share,
    Act::Lock,
    Act::Rebase,
    Act::Propose,
    Act::Approve,
    Act::Refuse,
    Act::Withdraw,
    Act::Publish,
    Act::Drop,
];

/// The wish of a body; `None` when a must is missing, which is a fault of the fields. Places are in `crs`.
pub(super) fn wish(fields: &mut Fields, crs: Crs) -> Option<Wish> {
    let act = fields.must("act", |text| {
        Act::from_code(text).filter(|act| ASKED.contains(act)).ok_or_else(|| {
            let all: Vec<&str> = ASKED.iter().map(|act| act.code()).collect();
            format!("is none of: {}", all.join(", "))
        })
    })?;
    Some(match act {
        Act::Publish => Wish::Publish {
            effective_at: fields.read("effective_at", Instant::parse),
            note: fields.text("note").unwrap_or_default(),
        },
        Act::Rebase => Wish::Rebase(Conflicting {
            drop_conflicts: fields.flag("drop_conflicts").unwrap_or_default(),
            overdraw: fields.flag("overdraw").unwrap_or_default(),
            overwrite: fields.flag("overwrite").unwrap_or_default(),
        }),
        act => Wish::Deed(deed(fields, act, crs)),
    })
}

fn deed(fields: &mut Fields, act: Act, crs: Crs) -> Deed {
    let text = |given: &str| Ok::<_, std::convert::Infallible>(given.to_owned());
    match act {
        Act::Edit => Deed::Edit { edits: edits(fields, crs) },
        Act::Undo => Deed::Undo,
        Act::Redo => Deed::Redo,
        Act::Rename => Deed::Rename {
            name: fields.must("name", text).unwrap_or_default(),
            words: fields.text("words").unwrap_or_default(),
        },
        Act::Comment => Deed::Comment { words: said(fields), place: place(fields, crs) },
        Act::Share => Deed::Share { with: fields.list("with", KeyId::new).into_iter().collect() },
        Act::Lock => Deed::Lock {
            zones: fields.list("zones", ZoneId::new).into_iter().collect(),
            outline: fields.flag("outline").unwrap_or_default(),
        },
        Act::Approve => Deed::Approve { words: said(fields) },
        Act::Refuse => Deed::Refuse { words: said(fields) },
        Act::Withdraw => Deed::Withdraw { words: said(fields) },
        Act::Drop => Deed::Drop { words: said(fields) },
        _ => Deed::Propose { words: said(fields) },
    }
}

fn said(fields: &mut Fields) -> String {
    fields.text("words").unwrap_or_default()
}

/// Edits of a body. Places are in `crs`.
pub(super) fn edits(fields: &mut Fields, crs: Crs) -> Vec<ZoningEdit> {
    let items = match fields.value("edits") {
        Some(Value::Array(items)) => items,
        Some(_) => {
            fields.fault("edits", "must be a list of edits");
            return Vec::new();
        }
        None => {
            fields.fault("edits", "is missing; give a list of edits");
            return Vec::new();
        }
    };
    let mut edits = Vec::with_capacity(items.len());
    for (n, item) in items.into_iter().enumerate() {
        match serde_json::from_value::<ZoningEdit>(item) {
            Ok(ZoningEdit::Redraw { .. }) => {
                let words = "is no single edit; import the zones as a draft of their own";
                fields.fault(&format!("edits[{n}].kind"), words);
            }
            Ok(mut edit) => {
                if !crs.same_degrees(Crs::Wgs84) {
                    edit.each_place(|at| *at = Place(entered(at.0.degrees(), crs)));
                }
                edits.push(edit);
            }
            Err(fault) => fields.fault(&format!("edits[{n}]"), fault.to_string()),
        }
    }
    edits
}

fn entered(at: LonLat, crs: Crs) -> GridPoint {
    crs.to_wgs84(at).grid()
}

/// The place of a remark.
fn place(fields: &mut Fields, crs: Crs) -> Option<GridPoint> {
    let given = fields.value("place")?;
    let numbers: Option<[f64; 2]> = serde_json::from_value(given).ok();
    let Some([lon, lat]) = numbers else {
        fields.fault("place", "must be [longitude, latitude] in degrees");
        return None;
    };
    match LonLat::new(lon, lat) {
        Ok(at) => Some(entered(at, crs)),
        Err(fault) => {
            fields.fault("place", fault.to_string());
            None
        }
    }
}
