//! Plans in time: which atlas version stood when, the plans that were published, what was handed over with
//! each, and the further assignments of stored reports.

use std::borrow::Cow;

use serde_json::json;

use crate::domain::atlas::history::{Published, Stood};
use crate::domain::atlas::zone::Plan;
use crate::domain::change::Change;
use crate::domain::id::{CategoryCode, CityId, IncidentId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::handover::{Handed, HandedOver, Pointer};
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::Assignment;
use crate::domain::reports::reroute::{Rerouted, Stored};
use crate::domain::time::Instant;
use crate::geom::coord::GridBox;
use crate::store::promise::{Stamp, StoreError};
use crate::store::sql::{Dialect, names};
use crate::store::statement::{
    Row, Statement, Table, Taken, Value, damaged, int, json as listed, list, text,
};
use crate::store::{incidents, reports, words};

static HANDED: Table = Table {
    name: "handed_over",
    columns: &[
        text("city_id"),
        int("plan_version"),
        text("incident_id"),
        int("revision"),
        text("from_unit"),
        text("to_unit"),
        text("from_zone"),
        text("to_zone"),
        int("handed_at"),
    ],
    key: &["city_id", "plan_version", "incident_id"],
    taken: Taken::Refuse,
};

/// From when the atlas version that a commit makes stands: that of a plan, the last one of the commit, from when
/// it is effective, but not from later than now.
pub(super) fn begins(stamp: &Stamp, changes: &[Change]) -> Instant {
    let effective = changes.iter().rev().find_map(|change| match change {
        Change::PlanPublished { plan, .. } => Some(plan.effective_from),
        _ => None,
    });
    effective.map_or(stamp.at, |from| from.min(stamp.at))
}

/// Keeps from when an atlas version stands: no earlier than the one before, so that a clock which was set
/// back counts as standing still.
pub(super) fn begun(city: &CityId, version: i64, at: Instant) -> Statement<'_> {
    Statement::One {
        text: "insert into zonewarden.atlas_version (city_id, version, begun_at) \
               select $1, cast($2 as bigint), max(t.begun_at) from ( \
                 select cast($3 as bigint) as begun_at union all \
                 select l.begun_at from (select begun_at from zonewarden.atlas_version \
                 where city_id = $1 order by version desc limit 1) l) t",
        values: vec![Value::text(city.as_str()), Value::Int(version), Value::Int(at.0)],
        must: Some((1, "the time of an atlas version was not kept".to_owned())),
    }
}

/// The same for every city, after another program's edits.
pub(super) fn begun_by_foreign_edits(dialect: Dialect) -> String {
    let later = match dialect {
        Dialect::Postgres => "greatest",
        Dialect::Sqlite => "max",
    };
    format!(
        "insert into zonewarden.atlas_version (city_id, version, begun_at) \
         select c.city_id, c.atlas_version, {later}({}, coalesce((select max(v.begun_at) \
           from zonewarden.atlas_version v where v.city_id = c.city_id), 0)) \
         from zonewarden.city_head c where c.atlas_version > 0",
        dialect.now_us()
    )
}

/// The atlas version that stood at `$2`, with the plan of that time.
pub(super) const STOOD: &str = "select v.version, v.begun_at, \
       (select min(n.begun_at) from zonewarden.atlas_version n \
        where n.city_id = v.city_id and n.version > v.version), \
       p.version, p.effective_from, p.effective_to \
     from (select city_id, version, begun_at from zonewarden.atlas_version \
       where city_id = $1 and begun_at <= $2 order by begun_at desc, version desc limit 1) v \
     left join zonewarden.plan p on p.city_id = v.city_id and p.version = \
       (select max(q.version) from zonewarden.plan q \
        where q.city_id = v.city_id and q.from_atlas <= v.version)";

/// A row of [`STOOD`].
pub(super) fn read_stood(row: &impl Row) -> Result<Stood, StoreError> {
    let from = Instant(row.int(1)?);
    Ok(Stood {
        version: row.int(0)?,
        from,
        to: row.int_or(2)?.map(Instant),
        plan: row.int_or(3)?.unwrap_or(0),
        plan_from: row.int_or(4)?.map_or(from, Instant),
        plan_to: row.int_or(5)?.map(Instant),
    })
}

/// The first instant of which anything is known.
pub(super) const FIRST: &str = "select begun_at from zonewarden.atlas_version \
     where city_id = $1 order by version limit 1";

/// A row of [`FIRST`].
pub(super) fn read_first(row: &impl Row) -> Result<Instant, StoreError> {
    row.int(0).map(Instant)
}

/// The last plans that are not higher than `$2`, at most `$3`.
pub(super) const PUBLISHED: &str = "select p.version, p.effective_from, p.effective_to, p.note, p.actor, \
     p.from_atlas, (select count(*) from zonewarden.zone z \
       where z.city_id = p.city_id and z.plan_version = p.version) \
     from zonewarden.plan p where p.city_id = $1 and p.version <= $2 order by p.version desc limit $3";

/// A row of [`PUBLISHED`].
pub(super) fn read_published(row: &impl Row) -> Result<Published, StoreError> {
    Ok(Published {
        plan: Plan {
            version: row.int(0)?,
            effective_from: Instant(row.int(1)?),
            note: row.text(3)?.to_owned(),
        },
        effective_to: row.int_or(2)?.map(Instant),
        actor: row.text(4)?.to_owned(),
        from_atlas: row.int(5)?,
        zones: usize::try_from(row.int(6)?).map_err(|fault| damaged(6, &fault))?,
    })
}

/// The values of a question for a plan, or for what is not higher than a version.
pub(super) fn version_values(city: &CityId, version: i64) -> [Value<'_>; 2] {
    [Value::text(city.as_str()), Value::Int(version)]
}

/// The values of a page behind or up to a number.
pub(super) fn page_values(city: &CityId, number: i64, limit: usize) -> [Value<'_>; 3] {
    [Value::text(city.as_str()), Value::Int(number), limited(limit)]
}

fn limited(limit: usize) -> Value<'static> {
    Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// How far a city's incidents have been handed over.
pub(super) const POINTER: &str = "select plan_version, after_incident from zonewarden.plan_handover \
     where city_id = $1";

/// A row of [`POINTER`].
pub(super) fn read_pointer(row: &impl Row) -> Result<Pointer, StoreError> {
    let after = Some(row.text(1)?).filter(|after| !after.is_empty());
    let id = |text: &str| text.parse().map(IncidentId);
    let after = after.map(id).transpose().map_err(|fault: uuid::Error| damaged(1, &fault))?;
    Ok(Pointer { plan: row.int(0)?, after })
}

fn after_text(pointer: Pointer) -> Value<'static> {
    Value::owned(pointer.after.map(|id| id.to_string()).unwrap_or_default())
}

/// A stretch of a hand-over: refused where another process has come farther.
pub(super) fn handed_over<'a>(city: &'a CityId, it: &'a HandedOver) -> Vec<Statement<'a>> {
    let mut all = vec![Statement::One {
        text: "insert into zonewarden.plan_handover as h (city_id, plan_version, after_incident) \
               values ($1, $4, $5) on conflict (city_id) do update \
               set plan_version = excluded.plan_version, after_incident = excluded.after_incident \
               where h.plan_version = $2 and h.after_incident = $3",
        values: vec![
            Value::text(city.as_str()),
            Value::Int(it.seen.plan),
            after_text(it.seen),
            Value::Int(it.now.plan),
            after_text(it.now),
        ],
        must: Some((1, words::handed_farther(it.seen.plan + 1))),
    }];
    if !it.handed.is_empty() {
        let rows = it.handed.iter().map(|handed| handed_row(city, handed)).collect();
        all.push(Statement::Bulk { table: &HANDED, rows });
    }
    all.extend(it.rezoned.iter().map(|it| Statement::One {
        text: "update zonewarden.incident set zone_id = $3 where city_id = $1 and incident_id = $2",
        values: vec![
            Value::text(city.as_str()),
            Value::owned(it.incident.to_string()),
            Value::text_or(it.zone.as_ref().map(ZoneId::as_str)),
        ],
        must: None,
    }));
    all
}

fn handed_row<'a>(city: &'a CityId, it: &'a Handed) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::Int(it.plan),
        Value::owned(it.incident.to_string()),
        Value::Int(i64::from(it.revision)),
        Value::text(it.from.as_str()),
        Value::text(it.to.as_str()),
        Value::text_or(it.from_zone.as_ref().map(ZoneId::as_str)),
        Value::text_or(it.to_zone.as_ref().map(ZoneId::as_str)),
        Value::Int(it.at.0),
    ]
}

/// What was handed over with the plan `$2`, by incident from behind `$3`, at most `$4`.
pub(super) fn handed() -> String {
    format!(
        "select {} from zonewarden.handed_over where city_id = $1 and plan_version = $2 \
         and incident_id > $3 order by incident_id limit $4",
        names(&HANDED)
    )
}

/// The values of [`handed`].
pub(super) fn handed_values(
    city: &CityId,
    plan: i64,
    after: Option<IncidentId>,
    limit: usize,
) -> [Value<'_>; 4] {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    [Value::text(city.as_str()), Value::Int(plan), Value::owned(after), limited(limit)]
}

/// A row of [`handed`].
pub(super) fn read_handed(row: &impl Row) -> Result<Handed, StoreError> {
    Ok(Handed {
        plan: row.int(1)?,
        incident: row.code(2, |text| text.parse().map(IncidentId))?,
        revision: u32::try_from(row.int(3)?).map_err(|fault| damaged(3, &fault))?,
        from: row.code(4, UnitId::new)?,
        to: row.code(5, UnitId::new)?,
        from_zone: row.code_or(6, ZoneId::new)?,
        to_zone: row.code_or(7, ZoneId::new)?,
        at: Instant(row.int(8)?),
    })
}

/// Open incidents in a box of grid steps, by id from behind `$6`, at most `$7`: first those that lie there,
/// along their index, then the order.
pub(super) fn open_within() -> String {
    let columns: Vec<String> =
        incidents::INCIDENT.columns.iter().map(|column| format!("i.{}", column.name)).collect();
    format!(
        "with near as materialized (select incident_id as id from zonewarden.incident \
           where city_id = $1 and is_open = 1 and at_x between $2 and $3 and at_y between $4 and $5 \
           and incident_id > $6) \
         select {} from near n join zonewarden.incident i on i.city_id = $1 and i.incident_id = n.id \
         order by i.incident_id limit $7",
        columns.join(", ")
    )
}

/// The values of [`open_within`].
pub(super) fn within_values(
    city: &CityId,
    frame: GridBox,
    after: Option<IncidentId>,
    limit: usize,
) -> [Value<'_>; 7] {
    let side = |steps: i32| Value::Int(i64::from(steps));
    [
        Value::text(city.as_str()),
        side(frame.min.x),
        side(frame.max.x),
        side(frame.min.y),
        side(frame.max.y),
        Value::owned(after.map(|id| id.to_string()).unwrap_or_default()),
        limited(limit),
    ]
}

/// Most stored reports that one look gives: only what routing has to know of each.
pub(super) const STORED_MAX: u32 = 50_000;

/// Stored reports in a box that were received at or after `$2` and whose assignment in force is of an earlier
/// plan than `$3`, by id from behind `$4`, at most `$5`.
pub(super) fn stored(dialect: Dialect) -> String {
    let columns = "r.report_id, r.received_at, r.happened_at, r.category, r.accuracy_m, r.position, \
         r.turn, a.unit_id, a.co_units";
    let join = "join zonewarden.assignment a \
         on a.city_id = r.city_id and a.report_id = r.report_id and a.turn = r.turn";
    let asked = "r.city_id = $1 and r.received_at >= $2 and r.report_id > $4";
    // The place narrows most: first what lies there, then the order.
    match dialect {
        Dialect::Postgres => {
            let within = dialect.within("r.position", 6);
            format!(
                "with r as materialized \
                 (select r.* from zonewarden.report r where {asked} and {within}) \
                 select {columns} from r {join} where a.plan_version < $3 \
                 order by r.report_id limit $5"
            )
        }
        // One look into each block of the table of places; `cross join` keeps the order of the looks.
        Dialect::Sqlite => format!(
            "with recursive block (n) as (select 0 union all select n + 1 from block \
               where n < (select max(fid) / 4096 from zonewarden.report)), \
             near as materialized (select p.fid as fid from block b \
               cross join zonewarden.report_place p on p.block = b.n \
               and p.at_x between $6 and $8 and p.at_y between $7 and $9) \
             select {columns} from near n cross join zonewarden.report r on r.fid = n.fid {join} \
             where {asked} and a.plan_version < $3 order by r.report_id limit $5"
        ),
    }
}

/// The values of [`stored`].
pub(super) fn stored_values(
    dialect: Dialect,
    city: &CityId,
    frame: GridBox,
    (since, plan): (Instant, i64),
    after: Option<ReportId>,
    limit: usize,
) -> Vec<Value<'_>> {
    let (min, max) = (frame.min.degrees(), frame.max.degrees());
    let steps = |steps: i32| Value::Int(i64::from(steps));
    let sides = match dialect {
        Dialect::Postgres => [min.lon(), min.lat(), max.lon(), max.lat()].map(Value::Real),
        Dialect::Sqlite => [frame.min.x, frame.min.y, frame.max.x, frame.max.y].map(steps),
    };
    let asked = [
        Value::text(city.as_str()),
        Value::Int(since.0),
        Value::Int(plan),
        Value::owned(after.map(|id| id.to_string()).unwrap_or_default()),
        limited(limit),
    ];
    asked.into_iter().chain(sides).collect()
}

/// A row of [`stored`].
pub(super) fn read_stored(row: &impl Row) -> Result<Stored, StoreError> {
    Ok(Stored {
        told: Told {
            id: row.code(0, |text| text.parse().map(ReportId))?,
            received_at: Instant(row.int(1)?),
            happened_at: Instant(row.int(2)?),
            category: row.code_or(3, CategoryCode::new)?,
            accuracy_m: row.real_or(4)?,
            position: row.point_or(5)?.ok_or_else(|| damaged(5, &"no position"))?,
        },
        turn: u32::try_from(row.int(6)?).map_err(|fault| damaged(6, &fault))?,
        unit: row.code(7, UnitId::new)?,
        co: row.json(8)?,
    })
}

/// Further assignments: the reports point to them, and the lists of units follow.
pub(super) fn rerouted<'a>(
    dialect: Dialect,
    city: &'a CityId,
    them: &'a [Rerouted],
) -> Vec<Statement<'a>> {
    if them.is_empty() {
        return Vec::new();
    }
    let mut all = vec![turned(dialect, city, them)];
    let rows = them.iter().map(|it| row(city, &it.to)).collect();
    all.push(Statement::Bulk { table: &reports::ASSIGNMENT, rows });
    if dialect == Dialect::Postgres {
        all.push(unlisted(city, them));
        let rows = them.iter().flat_map(|it| unit_rows(city, it)).collect();
        all.push(Statement::Bulk { table: &reports::REPORT_UNIT, rows });
    }
    all
}

/// The reports' own rows: refused where one has got another assignment meanwhile.
fn turned<'a>(dialect: Dialect, city: &'a CityId, them: &'a [Rerouted]) -> Statement<'a> {
    let text = match dialect {
        Dialect::Postgres => {
            "update zonewarden.report as r set turn = n.turn, zone_id = n.zone, units = n.units, \
             for_dispatcher = n.doubt from (select v->>'id' as id, (v->>'turn')::bigint as turn, \
             v->>'zone' as zone, v->>'units' as units, (v->>'doubt')::bigint as doubt \
             from (select t::json as v from unnest($2::text[]) as t) s) n \
             where r.city_id = $1 and r.report_id = n.id and r.turn = n.turn - 1"
        }
        Dialect::Sqlite => {
            "update zonewarden.report as r set turn = n.turn, zone_id = n.zone, units = n.units, \
             for_dispatcher = n.doubt from (select value->>'id' as id, value->>'turn' as turn, \
             value->>'zone' as zone, value->>'units' as units, value->>'doubt' as doubt \
             from json_each($2)) n \
             where r.city_id = $1 and r.report_id = n.id and r.turn = n.turn - 1"
        }
    };
    let told = |it: &Rerouted| {
        json!({
            "doubt": i64::from(it.to.for_dispatcher),
            "id": it.to.report,
            "turn": it.to.turn,
            "units": listed(reports::units(&it.to).into_iter()),
            "zone": it.to.zone,
        })
        .to_string()
    };
    Statement::One {
        text,
        values: vec![Value::text(city.as_str()), Value::Texts(them.iter().map(told).collect())],
        must: Some((
            u64::try_from(them.len()).unwrap_or(u64::MAX),
            words::routed_meanwhile(them.len()),
        )),
    }
}

/// The rows of units that had a part in the reports.
fn unlisted<'a>(city: &'a CityId, them: &'a [Rerouted]) -> Statement<'a> {
    let told = |it: &Rerouted, unit: &UnitId| {
        json!({ "at": it.received_at.0, "id": it.to.report, "unit": unit }).to_string()
    };
    let left = them.iter().flat_map(|it| it.left.iter().map(move |unit| told(it, unit))).collect();
    Statement::One {
        text: "delete from zonewarden.report_unit u using (select v->>'unit' as unit, \
               (v->>'at')::bigint as at, v->>'id' as id \
               from (select t::json as v from unnest($2::text[]) as t) s) n \
               where u.city_id = $1 and u.unit_id = n.unit and u.received_at = n.at \
               and u.report_id = n.id",
        values: vec![Value::text(city.as_str()), Value::Texts(left)],
        must: None,
    }
}

fn unit_rows<'a>(
    city: &'a CityId,
    it: &'a Rerouted,
) -> impl Iterator<Item = Vec<Value<'a>>> + use<'a> {
    reports::units(&it.to).into_iter().map(move |unit| {
        vec![
            Value::text(city.as_str()),
            Value::text(unit),
            Value::Int(it.received_at.0),
            Value::owned(it.to.report.to_string()),
        ]
    })
}

fn row<'a>(city: &'a CityId, to: &'a Assignment) -> Vec<Value<'a>> {
    let co = list(to.co.iter().map(UnitId::as_str));
    let id = Value::Text(Cow::Owned(to.report.to_string()));
    reports::assignment_row(city, to, id, co)
}

/// Every assignment of the report `$2`, the first one first.
pub(super) fn assignments() -> String {
    format!(
        "select {} from zonewarden.assignment where city_id = $1 and report_id = $2 order by turn",
        names(&reports::ASSIGNMENT)
    )
}

/// The values of [`assignments`].
pub(super) fn report_values(city: &CityId, report: ReportId) -> [Value<'_>; 2] {
    [Value::text(city.as_str()), Value::owned(report.to_string())]
}

/// A row of [`assignments`].
pub(super) fn read_assignment(row: &impl Row) -> Result<Assignment, StoreError> {
    let report = row.code(1, |text| text.parse().map(ReportId))?;
    reports::read_assignment(row, report, 2)
}
