//! The people behind reports, sealed: kept with their reports, found by marks, forgotten.

use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::people::{
    ClearPerson, PeopleForgotten, PersonSealed, Was, WordsMasked,
};
use crate::domain::reports::person::{Person, SealedPerson};
use crate::domain::reports::report::{Further, Report};
use crate::domain::time::Instant;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Statement, Table, Taken, Value, damaged, int, list, text};
use crate::store::words;

static PERSON: Table = Table {
    name: "report_person",
    columns: &[
        text("city_id"),
        text("report_id"),
        int("received_at"),
        text("sealed"),
        text("marks"),
    ],
    key: &["city_id", "report_id"],
    taken: Taken::Refuse,
};

static MARK: Table = Table {
    name: "person_mark",
    columns: &[text("city_id"), text("mark"), text("report_id")],
    key: &["city_id", "mark", "report_id"],
    taken: Taken::Refuse,
};

/// The people of filed reports, each with its report's id as text; nothing where there are none.
pub(super) fn keep<'a>(
    city: &'a CityId,
    filed: impl Iterator<Item = (&'a Report, &'a str)>,
) -> Vec<Statement<'a>> {
    let (mut people, mut marks) = (Vec::new(), Vec::new());
    for (report, id) in filed {
        let Some(person) = &report.person else { continue };
        people.push(vec![
            Value::text(city.as_str()),
            Value::text(id),
            Value::Int(report.received_at.0),
            Value::text(&person.sealed),
            list(person.marks.iter().map(String::as_str)),
        ]);
        let of =
            |mark: &'a String| vec![Value::text(city.as_str()), Value::text(mark), Value::text(id)];
        marks.extend(person.marks.iter().map(of));
    }
    let bulk = |table, rows: Vec<_>| (!rows.is_empty()).then_some(Statement::Bulk { table, rows });
    [bulk(&PERSON, people), bulk(&MARK, marks)].into_iter().flatten().collect()
}

/// Forgets people.
pub(super) fn forget<'a>(
    dialect: Dialect,
    city: &'a CityId,
    it: &PeopleForgotten,
) -> [Statement<'a>; 2] {
    let people = match dialect {
        Dialect::Postgres => {
            "delete from zonewarden.report_person where city_id = $1 and report_id = any($2::text[])"
        }
        Dialect::Sqlite => {
            "delete from zonewarden.report_person where city_id = $1 \
             and report_id in (select value from json_each($2))"
        }
    };
    let asked = it.reports.len();
    let ids = || it.reports.iter().map(ToString::to_string).collect::<Vec<_>>();
    let rows = u64::try_from(asked).unwrap_or(u64::MAX);
    [
        no_marks(dialect, city, ids()),
        Statement::One {
            text: people,
            values: vec![Value::text(city.as_str()), Value::Texts(ids())],
            must: Some((rows, words::not_all_known(asked))),
        },
    ]
}

/// Takes the marks of people away, found by what stands beside each.
fn no_marks(dialect: Dialect, city: &CityId, reports: Vec<String>) -> Statement<'_> {
    let text = match dialect {
        Dialect::Postgres => {
            "delete from zonewarden.person_mark m where m.city_id = $1 \
             and m.report_id = any($2::text[]) and m.mark in ( \
                 select pg_catalog.jsonb_array_elements_text(p.marks::jsonb) \
                 from zonewarden.report_person p \
                 where p.city_id = $1 and p.report_id = any($2::text[]))"
        }
        Dialect::Sqlite => {
            "delete from zonewarden.person_mark where city_id = $1 \
             and report_id in (select value from json_each($2)) and mark in ( \
                 select mark.value from zonewarden.report_person p, json_each(p.marks) mark \
                 where p.city_id = $1 and p.report_id in (select value from json_each($2)))"
        }
    };
    Statement::One {
        text,
        values: vec![Value::text(city.as_str()), Value::Texts(reports)],
        must: None,
    }
}

const SEAL_ANEW: &str = "update zonewarden.report_person set sealed = $3, marks = $4 \
     where city_id = $1 and report_id = $2 and sealed = $5";

const SEAL_FIRST: &str = "insert into zonewarden.report_person \
     (city_id, report_id, received_at, sealed, marks) \
     select r.city_id, r.report_id, r.received_at, $3, $4 from zonewarden.report r \
     where r.city_id = $1 and r.report_id = $2 on conflict (city_id, report_id) do nothing";

const CLEAR_NO_MORE: &str = "update zonewarden.report \
     set contact = null, request_hash = $3, further = $4 where city_id = $1 and report_id = $2";

/// Seals people anew, or for the first time.
pub(super) fn seal<'a>(
    dialect: Dialect,
    city: &'a CityId,
    people: &'a [PersonSealed],
) -> Vec<Statement<'a>> {
    let mut all = Vec::with_capacity(4 * people.len());
    let mut rows = Vec::new();
    for PersonSealed { report, person, was } in people {
        let id = report.to_string();
        let key = || vec![Value::text(city.as_str()), Value::owned(id.clone())];
        let marks = list(person.marks.iter().map(String::as_str));
        let mut values = key();
        values.extend([Value::text(&person.sealed), marks]);
        let must = Some((1, words::person_moved(*report)));
        match was {
            Was::Sealed(before) => {
                values.push(Value::text(before));
                all.push(no_marks(dialect, city, vec![id.clone()]));
                all.push(Statement::One { text: SEAL_ANEW, values, must });
            }
            Was::Clear { request_hash, further } => {
                all.push(Statement::One { text: SEAL_FIRST, values, must: must.clone() });
                let mut values = key();
                values.extend([Value::text(request_hash), Value::owned(told(further))]);
                all.push(Statement::One { text: CLEAR_NO_MORE, values, must });
            }
        }
        let of = |mark: &'a String| {
            vec![Value::text(city.as_str()), Value::text(mark), Value::owned(id.clone())]
        };
        rows.extend(person.marks.iter().map(of));
    }
    if !rows.is_empty() {
        all.push(Statement::Bulk { table: &MARK, rows });
    }
    all
}

/// What else was told, as it is kept.
pub(super) fn told(further: &Further) -> String {
    serde_json::to_string(further).unwrap_or_else(|_| "{}".to_owned())
}

const MASK: &str = "update zonewarden.report set words = $3, further = $4 \
     where city_id = $1 and report_id = $2";

/// Masks words.
pub(super) fn mask<'a>(city: &'a CityId, it: &'a WordsMasked) -> Statement<'a> {
    Statement::One {
        text: MASK,
        values: vec![
            Value::text(city.as_str()),
            Value::owned(it.report.to_string()),
            Value::text(&it.words),
            Value::owned(told(&it.further)),
        ],
        must: Some((1, words::not_there("report", &it.report))),
    }
}

const DONE: &str = "insert into zonewarden.words_masked (city_id, masked_until) values ($1, $2) \
     on conflict (city_id) do update set masked_until = excluded.masked_until";

/// Says before which instant words have been masked in time.
pub(super) fn words_done(city: &CityId, until: Instant) -> Statement<'_> {
    let values = vec![Value::text(city.as_str()), Value::Int(until.0)];
    Statement::One { text: DONE, values, must: None }
}

/// Before which instant they have.
pub(super) const WORDS_DONE: &str =
    "select masked_until from zonewarden.words_masked where city_id = $1";

/// The person in two columns of a row, where there is one.
pub(super) fn read_or(
    row: &impl Row,
    sealed: usize,
    marks: usize,
) -> Result<Option<Box<SealedPerson>>, StoreError> {
    match row.text_or(sealed)? {
        None => Ok(None),
        Some(text) => {
            Ok(Some(Box::new(SealedPerson { sealed: text.to_owned(), marks: row.json(marks)? })))
        }
    }
}

/// The reports whose person has one of the marks `$2`, from behind `$3` on, at most `$4`.
pub(super) fn marked(dialect: Dialect) -> String {
    format!(
        "select distinct report_id from zonewarden.person_mark where city_id = $1 and {} \
         and report_id > $3 order by report_id limit $4",
        dialect.any("mark", 2)
    )
}

/// The values of [`marked`].
pub(super) fn marked_values(
    city: &CityId,
    marks: &[String],
    after: Option<ReportId>,
    limit: usize,
) -> Vec<Value<'static>> {
    vec![Value::owned(city.to_string()), Value::Texts(marks.to_vec()), behind(after), most(limit)]
}

/// A row of [`marked`] or [`BEFORE`].
pub(super) fn read_id(row: &impl Row) -> Result<ReportId, StoreError> {
    row.code(0, report_id)
}

/// Reports received before `$2` behind which somebody stands, from behind `$3` on, at most `$4`. Looks
/// through all of them: an index by time would cost every report with a contact, for a question of once
/// an hour.
pub(super) const BEFORE: &str = "select report_id from zonewarden.report_person \
     where city_id = $1 and received_at < $2 and report_id > $3 order by report_id limit $4";

/// The values of [`BEFORE`].
pub(super) fn before_values(
    city: &CityId,
    before: Instant,
    after: Option<ReportId>,
    limit: usize,
) -> Vec<Value<'static>> {
    vec![Value::owned(city.to_string()), Value::Int(before.0), behind(after), most(limit)]
}

/// Everybody, by report, from behind `$2` on, at most `$3`.
pub(super) const EVERYBODY: &str = "select report_id, sealed, marks from zonewarden.report_person \
     where city_id = $1 and report_id > $2 order by report_id limit $3";

/// A row of [`EVERYBODY`].
pub(super) fn read_person(row: &impl Row) -> Result<(ReportId, SealedPerson), StoreError> {
    let sealed = row.text(1)?.to_owned();
    Ok((row.code(0, report_id)?, SealedPerson { sealed, marks: row.json(2)? }))
}

/// Everybody who stands in clear from before people were sealed, as [`EVERYBODY`]. The condition is spelt
/// as the index has it.
pub(super) const IN_CLEAR: &str = "select report_id, contact, request_hash, further \
     from zonewarden.report where city_id = $1 and (contact is not null \
     or further like '%\"account_id\":%' or further like '%\"device_id\":%') \
     and report_id > $2 order by report_id limit $3";

/// The values of [`EVERYBODY`] and [`IN_CLEAR`].
pub(super) fn behind_values(
    city: &CityId,
    after: Option<ReportId>,
    limit: usize,
) -> Vec<Value<'static>> {
    vec![Value::owned(city.to_string()), behind(after), most(limit)]
}

/// A row of [`IN_CLEAR`].
pub(super) fn read_clear(row: &impl Row) -> Result<ClearPerson, StoreError> {
    let mut told: serde_json::Map<String, serde_json::Value> = row.json(3)?;
    let mut take = |name: &str| match told.remove(name) {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    let person = Person {
        contact: row.text_or(1)?.map(str::to_owned),
        account_id: take("account_id"),
        device_id: take("device_id"),
    };
    let further: Further =
        serde_json::from_value(told.into()).map_err(|fault| damaged(3, &fault))?;
    let request_hash = row.text(2)?.to_owned();
    Ok(ClearPerson { report: row.code(0, report_id)?, person, request_hash, further })
}

fn behind(after: Option<ReportId>) -> Value<'static> {
    Value::owned(after.map_or(String::new(), |id| id.to_string()))
}

fn most(limit: usize) -> Value<'static> {
    Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))
}

fn report_id(text: &str) -> Result<ReportId, uuid::Error> {
    text.parse().map(ReportId)
}
