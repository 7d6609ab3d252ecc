//! Rows of incidents and their steps, read.

use crate::domain::accounts::Role;
use crate::domain::clocks::escalation::Act;
use crate::domain::clocks::limits::ClockOf;
use crate::domain::id::{CategoryCode, IncidentId, UnitId, ZoneId};
use crate::domain::incidents::docket::{Docket, Matter, NEVER};
use crate::domain::incidents::step::{Move, Stage, Step};
use crate::domain::incidents::timing::Turns;
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::statement::{Row, damaged, unknown};

/// A docket, its columns in the order of the wing's reads.
pub(in crate::store) fn docket(row: &impl Row) -> Result<Docket, StoreError> {
    Ok(Docket {
        id: row.code(1, incident_id)?,
        revision: number(row, 2)?,
        stage: row.code(3, |code| Stage::from_code(code).ok_or_else(|| unknown(code)))?,
        since: Instant(row.int(5)?),
        opened_at: Instant(row.int(6)?),
        last_at: Instant(row.int(8)?),
        due_at: Some(Instant(row.int(9)?)).filter(|at| *at != NEVER),
        whole_due_at: Some(Instant(row.int(29)?)).filter(|at| *at != NEVER),
        turns: turns(row)?,
        unit: row.code_or(10, UnitId::new)?,
        co: row.json(11)?,
        supporters: number(row, 18)?,
        merged_into: row.code_or(19, incident_id)?,
        timed_by: row.int(21)?,
        escalates_at: Some(Instant(row.int(22)?)).filter(|at| *at != NEVER),
        rung: read_rung(row.int(23)?),
        matter: Matter {
            happened_at: Instant(row.int(7)?),
            zone: row.code_or(12, ZoneId::new)?,
            category: row.code_or(13, CategoryCode::new)?,
            source: row.text(14)?.to_owned(),
            routed: row.code(15, UnitId::new)?,
            doubtful: row.flag(16)?,
            position: row.point_or(20)?.ok_or_else(|| damaged(20, &"no position"))?,
        },
    })
}

/// A step, its columns likewise.
pub(in crate::store) fn step(row: &impl Row) -> Result<Step, StoreError> {
    Ok(Step {
        incident: row.code(0, incident_id)?,
        revision: number(row, 1)?,
        act: row.code(2, |code| Move::from_code(code).ok_or_else(|| unknown(code)))?,
        role: row.code(3, |code| Role::from_code(code).ok_or_else(|| unknown(code)))?,
        actor: row.text(4)?.to_owned(),
        speaks_for: row.code_or(5, UnitId::new)?,
        at: Instant(row.int(6)?),
        carried: row.json(7)?,
    })
}

fn turns(row: &impl Row) -> Result<Option<Turns>, StoreError> {
    let read = |code: &str| ClockOf::from_code(code).ok_or_else(|| unknown(code));
    let Some(of) = row.code_or(28, read)? else { return Ok(None) };
    Ok(Some(Turns { of, yellow_at: Instant(row.int(26)?), red_at: Instant(row.int(27)?) }))
}

fn number(row: &impl Row, at: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(at)?).map_err(|fault| damaged(at, &fault))
}

fn incident_id(text: &str) -> Result<IncidentId, uuid::Error> {
    text.parse().map(IncidentId)
}

fn read_rung(number: i64) -> Option<Act> {
    usize::try_from(number - 1).ok().and_then(|place| Act::ALL.get(place).copied())
}
