//! The reports wing: reports, their assignments, and the lists of units.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::domain::answers::KeptAnswer;
use crate::domain::id::{CategoryCode, CityId, ReportId, UnitId, ZoneId};
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::{AssignedReport, Assignment, Report};
use crate::domain::time::Instant;
use crate::geom::crs::Crs;
use crate::store::promise::{CaseFilter, ReportFilter, ReportKey, StoreError};
use crate::store::sql::{Asking, Dialect};
use crate::store::statement::{
    Row, Statement, Table, Taken, Value, damaged, geometry, int, json, real, text, unknown,
};
use crate::store::{links, people};

static REPORT: Table = Table {
    name: "report",
    columns: &[
        text("city_id"),
        text("report_id"),
        int("received_at"),
        int("happened_at"),
        text("source"),
        text("category"),
        text("zone_id"),
        int("for_dispatcher"),
        int("turn"),
        text("given_crs"),
        real("accuracy_m"),
        text("words"),
        text("idempotency_key"),
        text("request_hash"),
        text("units"),
        text("further"),
        geometry("position"),
    ],
    key: &["city_id", "report_id"],
    taken: Taken::Refuse,
};

pub(super) static ASSIGNMENT: Table = Table {
    name: "assignment",
    columns: &[
        text("city_id"),
        text("report_id"),
        int("turn"),
        int("plan_version"),
        int("atlas_version"),
        text("zone_id"),
        text("unit_id"),
        text("co_units"),
        text("rule"),
        real("confidence"),
        real("border_m"),
        text("runner_up"),
        int("for_dispatcher"),
        text("actor"),
        int("assigned_at"),
    ],
    key: &["city_id", "report_id", "turn"],
    taken: Taken::Refuse,
};

/// Where reports wait for the desk.
static WAITING: Table = Table {
    name: "report_waiting",
    columns: &[text("city_id"), text("report_id")],
    key: &["city_id", "report_id"],
    taken: Taken::Refuse,
};

pub(super) static REPORT_UNIT: Table = Table {
    name: "report_unit",
    columns: &[text("city_id"), text("unit_id"), int("received_at"), text("report_id")],
    key: &["city_id", "unit_id", "received_at", "report_id"],
    taken: Taken::Refuse,
};

/// A report to be filed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filed<'a> {
    pub(super) report: &'a Report,
    pub(super) assignment: &'a Assignment,
    pub(super) texts: &'a Texts,
}

/// What has to be made of a report for its rows.
#[derive(Debug)]
pub(super) struct Texts {
    id: String,
    /// The units beside the lead, JSON.
    co: Cow<'static, str>,
    /// All units that have a part in it, JSON.
    units: Cow<'static, str>,
    /// What else was told, JSON.
    further: Cow<'static, str>,
}

impl Texts {
    pub(super) fn of(report: &Report, to: &Assignment) -> Self {
        let further = if report.further.is_empty() {
            Cow::Borrowed("{}")
        } else {
            serde_json::to_string(&report.further).map_or(Cow::Borrowed("{}"), Cow::Owned)
        };
        Self {
            further,
            id: to.report.to_string(),
            co: json(to.co.iter().map(UnitId::as_str)),
            units: json(units(to).into_iter()),
        }
    }
}

/// The units that have a part in it, each once, the lead first.
pub(super) fn units(to: &Assignment) -> Vec<&str> {
    let mut units = vec![to.unit.as_str()];
    for unit in &to.co {
        if !units.contains(&unit.as_str()) {
            units.push(unit.as_str());
        }
    }
    units
}

/// The rows of filed reports, for all of a group at once; those not `taken_up` by the same group wait.
pub(super) fn file<'a>(
    dialect: Dialect,
    city: &'a CityId,
    filed: &[Filed<'a>],
    taken_up: impl Fn(ReportId) -> bool,
) -> Vec<Statement<'a>> {
    let reports = filed.iter().map(|it| report_row(city, it)).collect();
    let assignments = filed
        .iter()
        .map(|it| {
            let Filed { assignment: to, texts, .. } = *it;
            assignment_row(city, to, Value::text(&texts.id), Value::text(&texts.co))
        })
        .collect();
    let mut all = vec![
        Statement::Bulk { table: &REPORT, rows: reports },
        Statement::Bulk { table: &ASSIGNMENT, rows: assignments },
    ];
    let waiting: Vec<_> = filed
        .iter()
        .filter(|it| !taken_up(it.report.id))
        .map(|it| vec![Value::text(city.as_str()), Value::text(&it.texts.id)])
        .collect();
    if !waiting.is_empty() {
        all.push(Statement::Bulk { table: &WAITING, rows: waiting });
    }
    all.extend(links::keep(city, filed.iter().map(|it| (it.report, it.texts.id.as_str()))));
    all.extend(people::keep(city, filed.iter().map(|it| (it.report, it.texts.id.as_str()))));
    if dialect == Dialect::Postgres {
        let rows = filed.iter().flat_map(|it| unit_rows(city, it)).collect();
        all.push(Statement::Bulk { table: &REPORT_UNIT, rows });
    }
    all
}

fn unit_rows<'a>(city: &'a CityId, filed: &Filed<'a>) -> impl Iterator<Item = Vec<Value<'a>>> {
    let (received_at, id) = (filed.report.received_at.0, filed.texts.id.as_str());
    units(filed.assignment).into_iter().map(move |unit| {
        vec![
            Value::text(city.as_str()),
            Value::text(unit),
            Value::Int(received_at),
            Value::text(id),
        ]
    })
}

fn report_row<'a>(city: &'a CityId, filed: &Filed<'a>) -> Vec<Value<'a>> {
    let Filed { report, assignment: to, texts } = *filed;
    vec![
        Value::text(city.as_str()),
        Value::text(&texts.id),
        Value::Int(report.received_at.0),
        Value::Int(report.happened_at.0),
        Value::text(&report.source),
        Value::text_or(report.category.as_ref().map(CategoryCode::as_str)),
        Value::text_or(to.zone.as_ref().map(ZoneId::as_str)),
        Value::flag(to.for_dispatcher),
        Value::Int(i64::from(to.turn)),
        Value::text(report.given_crs.code()),
        Value::real_or(report.accuracy_m),
        Value::text(&report.words),
        Value::text_or(report.idempotency_key.as_deref()),
        Value::text(&report.request_hash),
        Value::text(&texts.units),
        Value::text(&texts.further),
        Value::point(report.position),
    ]
}

/// The row of an assignment, its report's id and the units beside as texts.
pub(super) fn assignment_row<'a>(
    city: &'a CityId,
    to: &'a Assignment,
    report: Value<'a>,
    co: Value<'a>,
) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        report,
        Value::Int(i64::from(to.turn)),
        Value::Int(to.plan_version),
        Value::Int(to.atlas_version),
        Value::text_or(to.zone.as_ref().map(ZoneId::as_str)),
        Value::text(to.unit.as_str()),
        co,
        Value::text(&to.rule),
        Value::Real(to.confidence),
        Value::real_or(to.border_m),
        Value::text_or(to.runner_up.as_ref().map(ZoneId::as_str)),
        Value::flag(to.for_dispatcher),
        Value::text(&to.actor),
        Value::Int(to.at.0),
    ]
}

/// Which of the keys and ids of what is to be written the store knows already.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The report and request hash of each used idempotency key.
    pub(super) by_key: HashMap<String, (ReportId, String)>,
    /// Ids in use.
    pub(super) ids: HashSet<ReportId>,
    /// What is kept under keys that are no report's.
    pub(super) answers: HashMap<String, KeptAnswer>,
}

impl Known {
    /// Takes in a row of [`known`].
    pub(super) fn add(&mut self, row: &impl Row) -> Result<(), StoreError> {
        let id = row.code(0, report_id)?;
        if let Some(key) = row.text_or(1)? {
            self.by_key.insert(key.to_owned(), (id, row.text(2)?.to_owned()));
        }
        self.ids.insert(id);
        Ok(())
    }

    /// Takes in a report that is about to be filed.
    pub(super) fn file(&mut self, report: &Report) {
        self.ids.insert(report.id);
        if let Some(key) = &report.idempotency_key {
            self.by_key.insert(key.clone(), (report.id, report.request_hash.clone()));
        }
    }
}

/// Asks for the reports that have one of the ids (`$2`) or one of the idempotency keys (`$3`).
pub(super) fn known(dialect: Dialect) -> String {
    let what = "select report_id, idempotency_key, request_hash from zonewarden.report \
                where city_id = $1 and";
    format!(
        "{what} {} union all {what} idempotency_key is not null and {}",
        dialect.any("report_id", 2),
        dialect.any("idempotency_key", 3)
    )
}

/// The values of [`known`] that ask for keys alone.
pub(super) fn keys_values<'a>(city: &'a CityId, keys: &[String]) -> Vec<Value<'a>> {
    vec![Value::text(city.as_str()), Value::Texts(Vec::new()), Value::Texts(keys.to_vec())]
}

/// A row of [`known`] that was found by its key.
pub(super) fn read_known(row: &impl Row) -> Result<(String, (ReportId, String)), StoreError> {
    Ok((row.text(1)?.to_owned(), (row.code(0, report_id)?, row.text(2)?.to_owned())))
}

/// The values of [`known`].
pub(super) fn known_values<'a>(
    city: &'a CityId,
    filed: impl Iterator<Item = &'a Report>,
) -> Vec<Value<'a>> {
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    for report in filed {
        ids.push(report.id.to_string());
        keys.extend(report.idempotency_key.clone());
    }
    vec![Value::text(city.as_str()), Value::Texts(ids), Value::Texts(keys)]
}

const COLUMNS: &str = "r.report_id, r.received_at, r.happened_at, r.source, r.category, \
    r.given_crs, r.accuracy_m, r.words, p.sealed, r.idempotency_key, r.request_hash, r.position, \
    a.turn, a.plan_version, a.atlas_version, a.zone_id, a.unit_id, a.co_units, a.rule, \
    a.confidence, a.border_m, a.runner_up, a.for_dispatcher, a.actor, a.assigned_at, r.further, p.marks";

const IN_FORCE: &str = "join zonewarden.assignment a \
    on a.city_id = r.city_id and a.report_id = r.report_id and a.turn = r.turn \
    left join zonewarden.report_person p \
    on p.city_id = r.city_id and p.report_id = r.report_id";

/// One report, `$2`.
pub(super) fn one() -> String {
    format!(
        "select {COLUMNS} from zonewarden.report r {IN_FORCE} \
         where r.city_id = $1 and r.report_id = $2"
    )
}

/// Reports that wait for their incident, the oldest first, at most `$2`.
pub(super) fn waiting() -> String {
    format!(
        "select {COLUMNS} from zonewarden.report_waiting w \
         join zonewarden.report r on r.city_id = w.city_id and r.report_id = w.report_id {IN_FORCE} \
         where w.city_id = $1 order by w.report_id limit $2"
    )
}

/// What routing has to know of the reports received since `$2`, from behind `$3` and `$4` on, at most `$5`.
pub(super) const TOLD: &str = "select report_id, received_at, happened_at, category, accuracy_m, \
     position from zonewarden.report where city_id = $1 and received_at >= $2 \
     and (received_at, report_id) > ($3, $4) order by received_at, report_id limit $5";

/// The values of [`TOLD`].
pub(super) fn told_values(
    city: &CityId,
    since: Instant,
    after: Option<ReportKey>,
    limit: usize,
) -> Vec<Value<'_>> {
    let (at, id) =
        after.map_or((i64::MIN, String::new()), |it| (it.received_at.0, it.id.to_string()));
    vec![
        Value::text(city.as_str()),
        Value::Int(since.0),
        Value::Int(at),
        Value::owned(id),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

/// A row of [`TOLD`].
pub(super) fn read_told(row: &impl Row) -> Result<Told, StoreError> {
    Ok(Told {
        id: row.code(0, report_id)?,
        received_at: Instant(row.int(1)?),
        happened_at: Instant(row.int(2)?),
        category: row.code_or(3, CategoryCode::new)?,
        accuracy_m: row.real_or(4)?,
        position: row.point_or(5)?.ok_or_else(|| damaged(5, &"no position"))?,
    })
}

/// A list of reports.
pub(super) fn page<'a>(
    dialect: Dialect,
    city: &'a CityId,
    filter: &'a ReportFilter,
    after: Option<ReportKey>,
    limit: usize,
) -> (String, Vec<Value<'a>>) {
    let mut ask = Asking { wheres: String::new(), values: vec![Value::text(city.as_str())] };
    let (by, from) = match (&filter.unit, dialect) {
        (None, _) => ("r", "zonewarden.report r"),
        (Some(unit), Dialect::Postgres) => {
            ask.add("u.unit_id = $n", [Value::text(unit.as_str())]);
            let from = "zonewarden.report_unit u join zonewarden.report r \
                        on r.city_id = u.city_id and r.report_id = u.report_id";
            ("u", from)
        }
        (Some(unit), Dialect::Sqlite) => {
            // The code in its quotes stands in the list, or it does not.
            let quoted = json(std::iter::once(unit.as_str()));
            let quoted = quoted.trim_matches(['[', ']']).to_owned();
            ask.add("instr(r.units, $n) > 0", [Value::owned(quoted)]);
            ("r", "zonewarden.report r")
        }
    };
    if let Some(zone) = &filter.zone {
        ask.add("r.zone_id = $n", [Value::text(zone.as_str())]);
    }
    ask.branches("r.category", &filter.categories);
    if !filter.ids.is_empty() {
        let ids = Value::Texts(filter.ids.iter().map(ToString::to_string).collect());
        ask.numbered(&dialect.any("r.report_id", ask.next()), [ids]);
    }
    if let Some(frame) = filter.frame {
        let (min, max) = (frame.min.degrees(), frame.max.degrees());
        let sides = [min.lon(), min.lat(), max.lon(), max.lat()].map(Value::Real);
        ask.numbered(&dialect.within("r.position", ask.next()), sides);
    }
    if filter.public {
        // As the index spells it: a value that is sent beside the text would not be found there.
        ask.add("r.source = 'open311'", []);
    }
    if let Some(wanted) = filter.for_dispatcher {
        let text = if wanted { "r.for_dispatcher = 1" } else { "r.for_dispatcher = 0" };
        ask.add(text, []);
    }
    if let Some(from) = filter.from {
        ask.add(&format!("{by}.received_at >= $n"), [Value::Int(from.0)]);
    }
    if let Some(to) = filter.to {
        ask.add(&format!("{by}.received_at < $n"), [Value::Int(to.0)]);
    }
    let cases = behind(&mut ask, filter.case);
    if let Some(after) = after {
        let place = [Value::Int(after.received_at.0), Value::owned(after.id.to_string())];
        ask.add(&format!("({by}.received_at, {by}.report_id) < ($n, $n)"), place);
    }
    ask.values.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let text = format!(
        "select {COLUMNS} from {from} {IN_FORCE} {cases} where {by}.city_id = $1{} \
         order by {by}.received_at desc, {by}.report_id desc limit ${}",
        ask.wheres,
        ask.values.len()
    );
    (text, ask.values)
}

/// A report's own case, and the one which that was merged into.
const CASES: &str = "left join zonewarden.incident i \
    on i.city_id = r.city_id and i.incident_id = r.report_id \
    left join zonewarden.incident m on m.city_id = i.city_id and m.incident_id = i.merged_into";
/// That the case lives on further than that.
const FURTHER: &str =
    "m.merged_into is not null or (i.merged_into is not null and m.incident_id is null)";

/// Asks for what the cases behind reports say; the tables that tell it, where it is asked for.
fn behind(ask: &mut Asking<'_>, wanted: CaseFilter) -> &'static str {
    if wanted == CaseFilter::default() {
        return "";
    }
    if let Some(closed) = wanted.closed {
        let open = i32::from(!closed);
        ask.add(&format!("(coalesce(m.is_open, i.is_open, 1) = {open} or {FURTHER})"), []);
    }
    if let Some(Instant(from)) = wanted.changed_from {
        let text = format!(
            "(r.received_at >= $n or coalesce(m.last_at, i.last_at, r.received_at) >= $n or {FURTHER})"
        );
        ask.add(&text, [Value::Int(from), Value::Int(from)]);
    }
    if let Some(Instant(to)) = wanted.changed_to {
        let text = format!(
            "((r.received_at < $n and coalesce(m.last_at, i.last_at, r.received_at) < $n) or {FURTHER})"
        );
        ask.add(&text, [Value::Int(to), Value::Int(to)]);
    }
    CASES
}

/// A row of [`one`] or [`page`].
pub(super) fn read(row: &impl Row) -> Result<AssignedReport, StoreError> {
    let id = row.code(0, report_id)?;
    let report = Report {
        id,
        source: row.text(3)?.to_owned(),
        category: row.code_or(4, CategoryCode::new)?,
        position: row.point_or(11)?.ok_or_else(|| damaged(11, &"no position"))?,
        given_crs: row.code(5, |code| Crs::from_code(code).ok_or_else(|| unknown(code)))?,
        accuracy_m: row.real_or(6)?,
        words: row.text(7)?.to_owned(),
        happened_at: Instant(row.int(2)?),
        received_at: Instant(row.int(1)?),
        person: people::read_or(row, 8, 26)?,
        idempotency_key: row.text_or(9)?.map(str::to_owned),
        request_hash: row.text(10)?.to_owned(),
        further: row.json(25)?,
    };
    let assignment = read_assignment(row, id, 12)?;
    Ok(AssignedReport { report, assignment })
}

/// An assignment whose columns begin with the turn at `at`.
pub(super) fn read_assignment(
    row: &impl Row,
    report: ReportId,
    at: usize,
) -> Result<Assignment, StoreError> {
    Ok(Assignment {
        report,
        turn: u32::try_from(row.int(at)?).map_err(|fault| damaged(at, &fault))?,
        plan_version: row.int(at + 1)?,
        atlas_version: row.int(at + 2)?,
        zone: row.code_or(at + 3, ZoneId::new)?,
        unit: row.code(at + 4, UnitId::new)?,
        co: row.json(at + 5)?,
        rule: row.text(at + 6)?.to_owned(),
        confidence: row.real(at + 7)?,
        border_m: row.real_or(at + 8)?,
        runner_up: row.code_or(at + 9, ZoneId::new)?,
        for_dispatcher: row.flag(at + 10)?,
        actor: row.text(at + 11)?.to_owned(),
        at: Instant(row.int(at + 12)?),
    })
}

fn report_id(text: &str) -> Result<ReportId, uuid::Error> {
    text.parse().map(ReportId)
}
