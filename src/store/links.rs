//! Links of reports that wait to be followed.

use crate::domain::id::{CityId, ReportId};
use crate::domain::reports::links::{LinksFollowed, LinksWaiting, attempts_lie_by};
use crate::domain::reports::report::Report;
use crate::domain::time::Instant;
use crate::store::people;
use crate::store::promise::StoreError;
use crate::store::sql::Dialect;
use crate::store::statement::{Row, Statement, Table, Taken, Value, damaged, int, text};
use crate::store::words;

static LINK: Table = Table {
    name: "report_link",
    columns: &[text("city_id"), text("report_id"), int("attempts"), int("next_at")],
    key: &["city_id", "report_id"],
    taken: Taken::Refuse,
};

/// The links of filed reports wait, each report with its id as text; nothing where there are none.
pub(super) fn keep<'a>(
    city: &'a CityId,
    filed: impl Iterator<Item = (&'a Report, &'a str)>,
) -> Option<Statement<'a>> {
    let linked = filed.filter(|(report, _)| !report.further.links.is_empty());
    let rows: Vec<_> = linked
        .map(|(report, id)| {
            let next_at = Value::Int(report.received_at.0);
            vec![Value::text(city.as_str()), Value::text(id), Value::Int(0), next_at]
        })
        .collect();
    (!rows.is_empty()).then_some(Statement::Bulk { table: &LINK, rows })
}

const TRY: &str = "update zonewarden.report_link set attempts = $4, next_at = $5 \
     where city_id = $1 and report_id = $2 and attempts = $3";

const END: &str = "delete from zonewarden.report_link \
     where city_id = $1 and report_id = $2 and attempts = $3";

const TELL: &str =
    "update zonewarden.report set further = $3 where city_id = $1 and report_id = $2";

/// Links are claimed, or something came of them.
pub(super) fn followed<'a>(city: &'a CityId, it: &'a LinksFollowed) -> Vec<Statement<'a>> {
    let key = || vec![Value::text(city.as_str()), Value::owned(it.report.to_string())];
    let mut values = key();
    values.push(Value::Int(i64::from(it.seen)));
    let text = if let Some(next_at) = it.next_at {
        values.extend([Value::Int(i64::from(it.attempts)), Value::Int(next_at.0)]);
        TRY
    } else {
        END
    };
    let must = Some((1, words::links_gone_on(it.report)));
    let mut all = vec![Statement::One { text, values, must }];
    if let Some(further) = &it.further {
        let mut values = key();
        values.push(Value::owned(people::told(further)));
        let must = Some((1, words::not_there("report", &it.report)));
        all.push(Statement::One { text: TELL, values, must });
    }
    all
}

/// Links of reports wait no more.
pub(super) fn drop(dialect: Dialect, city: &CityId, reports: Vec<String>) -> Statement<'_> {
    let text = match dialect {
        Dialect::Postgres => {
            "delete from zonewarden.report_link where city_id = $1 and report_id = any($2::text[])"
        }
        Dialect::Sqlite => {
            "delete from zonewarden.report_link where city_id = $1 \
             and report_id in (select value from json_each($2))"
        }
    };
    let values = vec![Value::text(city.as_str()), Value::Texts(reports)];
    Statement::One { text, values, must: None }
}

/// Links that are to be followed by `$2`, or lie behind `$3`, the longest due first, at most `$4`.
pub(super) const DUE: &str = "select report_id, attempts, next_at from zonewarden.report_link \
     where city_id = $1 and (next_at <= $2 or next_at > $3) order by next_at, report_id limit $4";

/// The values of [`DUE`].
pub(super) fn due_values(city: &CityId, now: Instant, limit: usize) -> [Value<'static>; 4] {
    [
        Value::owned(city.to_string()),
        Value::Int(now.0),
        Value::Int(attempts_lie_by(now).0),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

/// A row of [`DUE`].
pub(super) fn read(row: &impl Row) -> Result<LinksWaiting, StoreError> {
    Ok(LinksWaiting {
        report: row.code(0, |text| text.parse().map(ReportId))?,
        attempts: u32::try_from(row.int(1)?).map_err(|fault| damaged(1, &fault))?,
        next_at: Instant(row.int(2)?),
    })
}
