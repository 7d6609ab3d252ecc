//! What the public hears of cases: the steps that it is told of, and by which report each case is public.

use crate::domain::id::{CityId, IncidentId, ReportId, ZoneId};
use crate::domain::incidents::docket::{CaseMoved, News};
use crate::domain::incidents::step::Move;
use crate::domain::time::Instant;
use crate::store::incidents::{INCIDENT, rows};
use crate::store::promise::{PublicCase, StepKey, StoreError};
use crate::store::sql::{Dialect, names};
use crate::store::statement::{Row, Statement, Table, Taken, Value, damaged, int, text};

static PUBLIC_STEP: Table = Table {
    name: "public_step",
    columns: &[text("city_id"), int("taken_at"), text("incident_id"), int("revision")],
    key: &["city_id", "taken_at", "incident_id", "revision"],
    taken: Taken::Refuse,
};

/// Whether no report but the case's own has a part in what was done: then its source is known.
fn alone(moved: &CaseMoved) -> bool {
    moved.reports.len() == 1 && moved.steps.iter().all(|step| step.act != Move::Release)
}

/// What the public hears of the steps of one commit; behind its reports, which are looked up where several
/// stand behind a case.
pub(in crate::store) fn heard<'a>(
    dialect: Dialect,
    city: &'a CityId,
    cases: &[&'a CaseMoved],
) -> Vec<Statement<'a>> {
    let mut all = Vec::new();
    let by_themselves = cases.iter().filter(|it| alone(it));
    let rows: Vec<_> = by_themselves
        .flat_map(|it| it.news.iter().map(move |news| step_row(city, it.docket.id, news)))
        .collect();
    if !rows.is_empty() {
        all.push(Statement::Bulk { table: &PUBLIC_STEP, rows });
    }
    for it in cases.iter().filter(|it| !alone(it)) {
        let id = it.docket.id;
        all.push(Statement::One {
            text: first_public(dialect),
            values: vec![
                Value::text(city.as_str()),
                Value::owned(id.to_string()),
                ids(&it.reports),
            ],
            must: None,
        });
        all.extend(it.news.iter().map(|news| {
            let mut values = step_row(city, id, news);
            values.push(ids(&news.reports));
            Statement::One { text: step_if_public(dialect), values, must: None }
        }));
    }
    all
}

fn step_row<'a>(city: &'a CityId, id: IncidentId, news: &News) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::Int(news.at.0),
        Value::owned(id.to_string()),
        Value::Int(i64::from(news.revision)),
    ]
}

fn ids(reports: &[ReportId]) -> Value<'static> {
    Value::Texts(reports.iter().map(ToString::to_string).collect())
}

/// The first public one of the reports in the list `$3`, each looked up by its key.
fn first_public(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "update zonewarden.incident set public_report = (select r.report_id \
             from unnest($3::text[]) as j(id) join zonewarden.report r \
             on r.city_id = $1 and r.report_id = j.id where r.source = 'open311' \
             order by r.received_at, r.report_id limit 1) \
             where city_id = $1 and incident_id = $2"
        }
        // The cross join keeps the order of the loops, and the sign the list of all public reports away.
        Dialect::Sqlite => {
            "update zonewarden.incident set public_report = (select r.report_id \
             from json_each($3) j cross join zonewarden.report r \
             where r.city_id = $1 and r.report_id = j.value and +r.source = 'open311' \
             order by r.received_at, r.report_id limit 1) \
             where city_id = $1 and incident_id = $2"
        }
    }
}

/// The same step is told where one of the reports in the list `$5` is public.
fn step_if_public(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "insert into zonewarden.public_step (city_id, taken_at, incident_id, revision) \
             select cast($1 as text), cast($2 as bigint), cast($3 as text), cast($4 as bigint) \
             where exists (select 1 from unnest($5::text[]) as j(id) join zonewarden.report r \
             on r.city_id = $1 and r.report_id = j.id where r.source = 'open311')"
        }
        Dialect::Sqlite => {
            "insert into zonewarden.public_step (city_id, taken_at, incident_id, revision) \
             select $1, $2, $3, $4 where exists (select 1 from json_each($5) j \
             cross join zonewarden.report r \
             where r.city_id = $1 and r.report_id = j.value and +r.source = 'open311')"
        }
    }
}

/// Steps that the public is told of, from `$2` to before `$3`, from behind `$4`, `$5` and `$6`, at most `$7`.
pub(in crate::store) const STEPS: &str = "select taken_at, incident_id, revision \
     from zonewarden.public_step where city_id = $1 and taken_at >= $2 and taken_at < $3 \
     and (taken_at, incident_id, revision) > ($4, $5, $6) \
     order by taken_at, incident_id, revision limit $7";

/// The values of [`STEPS`].
pub(in crate::store) fn steps_values(
    city: &CityId,
    (from, to): (Instant, Instant),
    after: Option<StepKey>,
    limit: usize,
) -> [Value<'_>; 7] {
    let (at, id, revision) = after.map_or((i64::MIN, String::new(), 0), |after| {
        (after.at.0, after.incident.to_string(), i64::from(after.revision))
    });
    [
        Value::text(city.as_str()),
        Value::Int(from.0),
        Value::Int(to.0),
        Value::Int(at),
        Value::owned(id),
        Value::Int(revision),
        limited(limit),
    ]
}

/// A row of [`STEPS`].
pub(in crate::store) fn read_step(row: &impl Row) -> Result<StepKey, StoreError> {
    Ok(StepKey {
        at: Instant(row.int(0)?),
        incident: row.code(1, |text| text.parse().map(IncidentId))?,
        revision: u32::try_from(row.int(2)?).map_err(|fault| damaged(2, &fault))?,
    })
}

/// Cases behind which a public report stands, opened at or after `$2`: those that are open, and those that are
/// over since `$3`; what changed last first, at most `$4`. With a zone, `$5`, each half is read along the
/// index of its zones.
pub(in crate::store) fn cases(of_zone: bool) -> String {
    let columns = names(&INCIDENT);
    let zone = if of_zone { " and zone_id = $5" } else { "" };
    let half = |which: &str| {
        format!(
            "select * from (select {columns} from zonewarden.incident where city_id = $1{zone} \
             and public_report is not null and {which} and opened_at + 0 >= $2 \
             order by last_at desc, incident_id desc limit $4)"
        )
    };
    format!(
        "select {columns} from ({} a union all {} b) c order by last_at desc, incident_id desc limit $4",
        half("is_open = 1"),
        half("is_open = 0 and merged_into is null and last_at >= $3")
    )
}

/// The values of [`cases`].
pub(in crate::store) fn cases_values<'a>(
    city: &'a CityId,
    zone: Option<&'a ZoneId>,
    (opened_from, over_from): (Instant, Instant),
    limit: usize,
) -> Vec<Value<'a>> {
    let mut values = vec![
        Value::text(city.as_str()),
        Value::Int(opened_from.0),
        Value::Int(over_from.0),
        limited(limit),
    ];
    values.extend(zone.map(|zone| Value::text(zone.as_str())));
    values
}

/// A row of [`cases`].
pub(in crate::store) fn read_case(row: &impl Row) -> Result<PublicCase, StoreError> {
    // The report is the last of the columns of a case.
    let last = INCIDENT.columns.len() - 1;
    Ok(PublicCase {
        docket: rows::docket(row)?,
        report: row.code(last, |text| text.parse().map(ReportId))?,
    })
}

fn limited(limit: usize) -> Value<'static> {
    Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))
}
