//! The proposals wing: rules that corrections propose and that somebody does not want.

use crate::domain::id::{CityId, RuleId};
use crate::domain::incidents::proposals::{Dismissal, Dismissed};
use crate::domain::time::Instant;
use crate::store::promise::{Stamp, StoreError};
use crate::store::statement::{Row, Statement, Table, Taken, Value, damaged, int, text};

/// Where they are kept.
pub(super) static DISMISSED: Table = Table {
    name: "proposal_dismissed",
    columns: &[
        text("city_id"),
        text("rule_id"),
        int("support"),
        int("dismissed_at"),
        text("actor"),
        text("words"),
    ],
    key: &["city_id", "rule_id"],
    taken: Taken::Replace,
};

/// A proposal is dismissed, or dismissed again.
pub(super) fn dismiss<'a>(city: &'a CityId, stamp: &'a Stamp, it: &'a Dismissal) -> Statement<'a> {
    let row = vec![
        Value::text(city.as_str()),
        Value::text(it.id.as_str()),
        Value::Int(i64::try_from(it.support).unwrap_or(i64::MAX)),
        Value::Int(stamp.at.0),
        Value::text(&stamp.actor),
        Value::text(&it.words),
    ];
    Statement::Bulk { table: &DISMISSED, rows: vec![row] }
}

/// A row of [`DISMISSED`].
pub(super) fn read(row: &impl Row) -> Result<Dismissed, StoreError> {
    Ok(Dismissed {
        told: Dismissal {
            id: row.code(1, RuleId::new)?,
            support: usize::try_from(row.int(2)?).map_err(|fault| damaged(2, &fault))?,
            words: row.text(5)?.to_owned(),
        },
        at: Instant(row.int(3)?),
        actor: row.text(4)?.to_owned(),
    })
}
