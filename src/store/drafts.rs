//! The drafts wing: dockets of drafts, and their steps.

use crate::domain::accounts::Role;
use crate::domain::drafts::docket::{DraftDocket, DraftKey, DraftMoved};
use crate::domain::drafts::step::{DraftStep, Stage};
use crate::domain::id::{CityId, DraftId, KeyId};
use crate::domain::time::Instant;
use crate::store::promise::{DraftFilter, STEPS_BYTES_MAX, StoreError};
use crate::store::sql::Asking;
use crate::store::statement::{
    Row, Statement, Table, Taken, Value, damaged, int, list, text, unknown,
};
use crate::store::words;

static DRAFT_STEP: Table = Table {
    name: "draft_step",
    columns: &[
        text("city_id"),
        text("draft_id"),
        int("revision"),
        text("act"),
        text("role"),
        text("actor"),
        int("taken_at"),
        text("deed"),
    ],
    key: &["city_id", "draft_id", "revision"],
    taken: Taken::Refuse,
};

const GO_ON: &str = "update zonewarden.draft set revision = $4, name = $5, stage = $6, \
     is_open = $7, shared = $8, base_plan = $9, edits = $10, last_at = $11, last_by = $12, \
     effective_at = $13, plan_version = $14 \
     where city_id = $1 and draft_id = $2 and revision = $3";

const BEGIN: &str = "insert into zonewarden.draft (city_id, draft_id, revision, name, stage, \
     is_open, owner, shared, base_plan, edits, opened_at, last_at, last_by, effective_at, \
     plan_version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
     on conflict (city_id, draft_id) do nothing";

macro_rules! dockets {
    ($rest:literal) => {
        concat!(
            "select draft_id, revision, name, stage, owner, shared, base_plan, edits, opened_at, \
             last_at, last_by, effective_at, plan_version from zonewarden.draft where city_id = $1",
            $rest
        )
    };
}

/// One draft, `$2`.
pub(super) const ONE: &str = dockets!(" and draft_id = $2");

/// Scheduled drafts whose time is not behind `$2`, the earliest first, at most `$3`.
pub(super) const DUE: &str = dockets!(
    " and stage = 'scheduled' and effective_at <= $2 order by effective_at, draft_id limit $3"
);

/// The steps of the draft `$2` behind the revision `$3`, at most `$4`, up to the one with which their deeds are
/// `$5` bytes long. How long a deed is, is known without reading it.
pub(super) const STEPS: &str = "select draft_id, revision, role, actor, taken_at, deed \
     from zonewarden.draft_step where city_id = $1 and draft_id = $2 and revision > $3 \
     and revision <= (select max(revision) from \
     (select revision, sum(bytes) over (order by revision) - bytes as ahead from \
     (select revision, octet_length(deed) as bytes from zonewarden.draft_step \
     where city_id = $1 and draft_id = $2 and revision > $3 order by revision limit $4) as listed) \
     as weighed where ahead < $5) order by revision";

/// How many drafts are not over.
pub(super) const OPEN: &str =
    "select count(*) from zonewarden.draft where city_id = $1 and is_open = 1";

/// The values of [`STEPS`].
pub(super) fn steps_values(city: &CityId, id: DraftId, after: u32, limit: usize) -> [Value<'_>; 5] {
    [
        Value::text(city.as_str()),
        Value::owned(id.to_string()),
        Value::Int(i64::from(after)),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
        Value::Int(i64::try_from(STEPS_BYTES_MAX).unwrap_or(i64::MAX)),
    ]
}

/// The values of [`DUE`].
pub(super) fn due_values(city: &CityId, now: Instant, limit: usize) -> [Value<'_>; 3] {
    [
        Value::text(city.as_str()),
        Value::Int(now.0),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

/// A page of drafts, the last begun first.
pub(super) fn page<'a>(
    city: &'a CityId,
    filter: &'a DraftFilter,
    after: Option<DraftKey>,
    limit: usize,
) -> (String, Vec<Value<'a>>) {
    let mut asking = Asking { wheres: String::new(), values: vec![Value::text(city.as_str())] };
    if let Some(stage) = filter.stage {
        asking.add("stage = $n", [Value::text(stage.code())]);
    }
    if let Some(is_open) = filter.open {
        asking.add("is_open = $n", [Value::flag(is_open)]);
    }
    if let Some(owner) = &filter.owner {
        asking.add("owner = $n", [Value::text(owner)]);
    }
    if let Some(after) = after {
        let (at, id) = (after.opened_at.0, after.id.to_string());
        asking.add("(opened_at, draft_id) < ($n, $n)", [Value::Int(at), Value::owned(id)]);
    }
    let n = asking.next();
    asking.values.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let text = format!(
        "{}{} order by opened_at desc, draft_id desc limit ${n}",
        dockets!(""),
        asking.wheres
    );
    (text, asking.values)
}

/// A draft is begun, or goes on.
pub(super) fn moved<'a>(city: &'a CityId, it: &'a DraftMoved) -> [Statement<'a>; 2] {
    let docket = &it.docket;
    let key = || vec![Value::text(city.as_str()), Value::owned(docket.id.to_string())];
    let (text, values, words) = if it.seen == 0 {
        (BEGIN, docket_row(city, docket), words::taken("draft", &docket.id))
    } else {
        let mut values = key();
        values.push(Value::Int(i64::from(it.seen)));
        // What never changes is left out: the key, the owner and when it was begun.
        let fixed = |n: &usize| ![0, 1, 6, 10].contains(n);
        let row = docket_row(city, docket).into_iter().enumerate();
        values.extend(row.filter(|(n, _)| fixed(n)).map(|(_, value)| value));
        (GO_ON, values, words::draft_moved(docket.id))
    };
    let rows = it.steps.iter().map(|step| step_row(city, step)).collect();
    [
        Statement::One { text, values, must: Some((1, words)) },
        Statement::Bulk { table: &DRAFT_STEP, rows },
    ]
}

/// The values of [`BEGIN`].
fn docket_row<'a>(city: &'a CityId, it: &'a DraftDocket) -> Vec<Value<'a>> {
    let shared: Vec<&str> = it.shared.iter().map(KeyId::as_str).collect();
    vec![
        Value::text(city.as_str()),
        Value::owned(it.id.to_string()),
        Value::Int(i64::from(it.revision)),
        Value::text(&it.name),
        Value::text(it.stage.code()),
        Value::flag(!it.stage.is_over()),
        Value::text(&it.owner),
        list(shared.into_iter()),
        Value::Int(it.base),
        Value::Int(i64::from(it.edits)),
        Value::Int(it.opened_at.0),
        Value::Int(it.last_at.0),
        Value::text(&it.last_by),
        Value::int_or(it.effective_at.map(|at| at.0)),
        Value::int_or(it.plan),
    ]
}

fn step_row<'a>(city: &'a CityId, step: &'a DraftStep) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::owned(step.draft.to_string()),
        Value::Int(i64::from(step.revision)),
        Value::text(step.deed.act().code()),
        Value::text(step.role.code()),
        Value::text(&step.actor),
        Value::Int(step.at.0),
        Value::owned(kept(step)),
    ]
}

/// The deed as it is kept.
pub(super) fn kept(step: &DraftStep) -> String {
    serde_json::to_string(&step.deed).unwrap_or_else(|_| "{}".to_owned())
}

/// A row of [`ONE`], [`DUE`] or [`page`].
pub(super) fn read(row: &impl Row) -> Result<DraftDocket, StoreError> {
    Ok(DraftDocket {
        id: row.code(0, draft_id)?,
        revision: number(row, 1)?,
        name: row.text(2)?.to_owned(),
        stage: row.code(3, |code| Stage::from_code(code).ok_or_else(|| unknown(code)))?,
        owner: row.text(4)?.to_owned(),
        shared: row.json(5)?,
        base: row.int(6)?,
        edits: number(row, 7)?,
        opened_at: Instant(row.int(8)?),
        last_at: Instant(row.int(9)?),
        last_by: row.text(10)?.to_owned(),
        effective_at: row.int_or(11)?.map(Instant),
        plan: row.int_or(12)?,
    })
}

/// A row of [`STEPS`].
pub(super) fn read_step(row: &impl Row) -> Result<DraftStep, StoreError> {
    Ok(DraftStep {
        draft: row.code(0, draft_id)?,
        revision: number(row, 1)?,
        role: row.code(2, |code| Role::from_code(code).ok_or_else(|| unknown(code)))?,
        actor: row.text(3)?.to_owned(),
        at: Instant(row.int(4)?),
        deed: serde_json::from_str(row.text(5)?).map_err(|fault| damaged(5, &fault))?,
    })
}

fn number(row: &impl Row, at: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(at)?).map_err(|fault| damaged(at, &fault))
}

fn draft_id(text: &str) -> Result<DraftId, uuid::Error> {
    text.parse().map(DraftId)
}
