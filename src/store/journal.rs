//! The journal: one row for each change, numbered without gaps within the city.

use crate::domain::change::{Change, JournalEntry};
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::store::promise::{Stamp, StoreError};
use crate::store::statement::{Row, Table, Taken, Value, damaged, int, text};

/// Where entries go.
pub(super) static JOURNAL: Table = Table {
    name: "journal",
    columns: &[
        text("city_id"),
        int("seq"),
        int("written_at"),
        text("actor"),
        text("kind"),
        text("subject"),
        text("facts"),
    ],
    key: &["city_id", "seq"],
    taken: Taken::Refuse,
};

/// The journal behind a number.
pub(super) const ENTRIES: &str = "select seq, written_at, actor, kind, subject, facts \
     from zonewarden.journal where city_id = $1 and seq > $2 order by seq limit $3";

/// What has to be made of a change for its row.
#[derive(Debug)]
pub(super) struct Texts {
    subject: String,
    facts: String,
}

impl Texts {
    pub(super) fn of(change: &Change) -> Self {
        Self { subject: change.subject(), facts: change.facts().to_string() }
    }
}

/// The row of a change.
pub(super) fn row<'a>(
    city: &'a CityId,
    seq: i64,
    stamp: &'a Stamp,
    change: &Change,
    texts: &'a Texts,
) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::Int(seq),
        Value::Int(stamp.at.0),
        Value::text(&stamp.actor),
        Value::text(change.kind()),
        Value::text(&texts.subject),
        Value::text(&texts.facts),
    ]
}

/// A row of [`ENTRIES`].
pub(super) fn read(row: &impl Row) -> Result<JournalEntry, StoreError> {
    Ok(JournalEntry {
        seq: row.int(0)?,
        at: Instant(row.int(1)?),
        actor: row.text(2)?.to_owned(),
        kind: row.text(3)?.to_owned(),
        subject: row.text(4)?.to_owned(),
        facts: serde_json::from_str(row.text(5)?).map_err(|fault| damaged(5, &fault))?,
    })
}
