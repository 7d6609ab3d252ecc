//! The incidents wing: dockets, their steps, whose they are, and the reports that wait for one.

pub(super) mod due;
pub(super) mod masked;
pub(super) mod rows;
pub(super) mod public;

use std::borrow::Cow;

use crate::domain::clocks::escalation::Act;
use crate::domain::id::{CategoryCode, CityId, IncidentId, ReportId, UnitId, ZoneId};
use crate::domain::incidents::docket::{
    CaseMoved, Docket, IncidentKey, IncidentOrder, NEVER, report_of,
};
use crate::domain::incidents::step::{Carried, Step};
use crate::domain::incidents::timing::Turns;
use crate::domain::time::Instant;
use crate::store::promise::{IncidentFilter, StoreError};
use crate::store::sql::{Asking, Dialect, names};
use crate::store::statement::{Row, Statement, Table, Taken, Value, geometry, int, list, text};
use crate::store::words;

pub(super) static INCIDENT: Table = Table {
    name: "incident",
    columns: &[
        text("city_id"),
        text("incident_id"),
        int("revision"),
        text("stage"),
        int("is_open"),
        int("stage_since"),
        int("opened_at"),
        int("happened_at"),
        int("last_at"),
        int("due_at"),
        text("unit_id"),
        text("co_units"),
        text("zone_id"),
        text("category"),
        text("source"),
        text("routed_unit"),
        int("doubtful"),
        int("for_dispatcher"),
        int("supporters"),
        text("merged_into"),
        geometry("position"),
        int("timed_by"),
        int("escalates_at"),
        int("rung"),
        int("at_x"),
        int("at_y"),
        int("yellow_at"),
        int("red_at"),
        text("due_clock"),
        int("whole_due_at"),
        text("public_report"),
    ],
    key: &["city_id", "incident_id"],
    taken: Taken::Refuse,
};

static INCIDENT_UNIT: Table = Table {
    name: "incident_unit",
    columns: &[
        text("city_id"),
        text("incident_id"),
        text("unit_id"),
        int("is_open"),
        int("due_at"),
        int("opened_at"),
    ],
    key: &["city_id", "incident_id", "unit_id"],
    taken: Taken::Refuse,
};

static INCIDENT_STEP: Table = Table {
    name: "incident_step",
    columns: &[
        text("city_id"),
        text("incident_id"),
        int("revision"),
        text("act"),
        text("role"),
        text("actor"),
        text("speaks_for"),
        int("taken_at"),
        text("carried"),
    ],
    key: &["city_id", "incident_id", "revision"],
    taken: Taken::Refuse,
};

const GO_ON: &str = "update zonewarden.incident set revision = $4, stage = $5, is_open = $6, \
     stage_since = $7, last_at = $8, due_at = $9, unit_id = $10, co_units = $11, \
     for_dispatcher = $12, supporters = $13, merged_into = $14, timed_by = $15, \
     escalates_at = $16, rung = $17, yellow_at = $18, red_at = $19, due_clock = $20, \
     whole_due_at = $21 \
     where city_id = $1 and incident_id = $2 and revision = $3";

const NO_UNITS: &str =
    "delete from zonewarden.incident_unit where city_id = $1 and incident_id = $2";

/// The statements of what one commit does to cases: those that go on one by one, those that are
/// opened together. `filed` are the reports of the same commit.
pub(super) fn moved<'a>(
    dialect: Dialect,
    city: &'a CityId,
    cases: &[&'a CaseMoved],
    filed: impl Fn(ReportId) -> bool,
) -> Vec<Statement<'a>> {
    if cases.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    let opened = || cases.iter().filter(|it| it.seen == 0);
    let claimed: Vec<String> = opened()
        .map(|it| report_of(it.docket.id))
        .filter(|report| !filed(*report))
        .map(|report| report.to_string())
        .collect();
    if !claimed.is_empty() {
        all.push(claim(dialect, city, claimed));
    }
    for it in cases.iter().filter(|it| it.seen > 0) {
        all.push(go_on(city, it));
        all.push(Statement::One {
            text: NO_UNITS,
            values: vec![Value::text(city.as_str()), Value::owned(it.docket.id.to_string())],
            must: None,
        });
    }
    let rows: Vec<_> = opened().map(|it| docket_row(city, &it.docket)).collect();
    if !rows.is_empty() {
        all.push(Statement::Bulk { table: &INCIDENT, rows });
    }
    let units = cases.iter().flat_map(|it| unit_rows(city, &it.docket)).collect();
    all.push(Statement::Bulk { table: &INCIDENT_UNIT, rows: units });
    let steps = cases.iter().flat_map(|it| it.steps.iter().map(|step| step_row(city, step)));
    all.push(Statement::Bulk { table: &INCIDENT_STEP, rows: steps.collect() });
    all
}

/// A report is taken up once.
fn claim(dialect: Dialect, city: &CityId, reports: Vec<String>) -> Statement<'_> {
    let text = match dialect {
        Dialect::Postgres => {
            "delete from zonewarden.report_waiting where city_id = $1 and report_id = any($2::text[])"
        }
        Dialect::Sqlite => {
            "delete from zonewarden.report_waiting where city_id = $1 \
             and report_id in (select value from json_each($2))"
        }
    };
    let asked = reports.len();
    Statement::One {
        text,
        values: vec![Value::text(city.as_str()), Value::Texts(reports)],
        must: Some((u64::try_from(asked).unwrap_or(u64::MAX), words::not_waiting(asked))),
    }
}

fn go_on<'a>(city: &'a CityId, it: &'a CaseMoved) -> Statement<'a> {
    let docket = &it.docket;
    let [yellow, red, clock] = turns(docket.turns);
    Statement::One {
        text: GO_ON,
        values: vec![
            Value::text(city.as_str()),
            Value::owned(docket.id.to_string()),
            Value::Int(i64::from(it.seen)),
            Value::Int(i64::from(docket.revision)),
            Value::text(docket.stage.code()),
            Value::flag(docket.is_open()),
            Value::Int(docket.since.0),
            Value::Int(docket.last_at.0),
            or_never(docket.due_at),
            Value::text_or(docket.unit.as_ref().map(UnitId::as_str)),
            list(docket.co.iter().map(UnitId::as_str)),
            Value::flag(docket.for_dispatcher()),
            Value::Int(i64::from(docket.supporters)),
            merged(docket),
            Value::Int(docket.timed_by),
            or_never(docket.escalates_at),
            rung(docket.rung),
            yellow,
            red,
            clock,
            or_never(docket.whole_due_at),
        ],
        must: Some((1, words::case_moved(docket.id))),
    }
}

/// 0 for none, then 1, 2, 3, the louder the higher.
fn rung(rung: Option<Act>) -> Value<'static> {
    let place = rung.and_then(|rung| Act::ALL.iter().position(|act| *act == rung));
    Value::Int(place.map_or(0, |place| i64::try_from(place).unwrap_or(0) + 1))
}

fn merged(docket: &Docket) -> Value<'static> {
    docket.merged_into.map_or(Value::Null, |into| Value::owned(into.to_string()))
}

/// The report by which a case that is opened is public, where its own decides; else see [`public::heard`].
fn public_report(docket: &Docket) -> Value<'static> {
    if docket.matter.is_public() {
        Value::owned(report_of(docket.id).to_string())
    } else {
        Value::Null
    }
}

fn docket_row<'a>(city: &'a CityId, docket: &'a Docket) -> Vec<Value<'a>> {
    let matter = &docket.matter;
    let [yellow, red, clock] = turns(docket.turns);
    vec![
        Value::text(city.as_str()),
        Value::owned(docket.id.to_string()),
        Value::Int(i64::from(docket.revision)),
        Value::text(docket.stage.code()),
        Value::flag(docket.is_open()),
        Value::Int(docket.since.0),
        Value::Int(docket.opened_at.0),
        Value::Int(matter.happened_at.0),
        Value::Int(docket.last_at.0),
        or_never(docket.due_at),
        Value::text_or(docket.unit.as_ref().map(UnitId::as_str)),
        list(docket.co.iter().map(UnitId::as_str)),
        Value::text_or(matter.zone.as_ref().map(ZoneId::as_str)),
        Value::text_or(matter.category.as_ref().map(CategoryCode::as_str)),
        Value::text(&matter.source),
        Value::text(matter.routed.as_str()),
        Value::flag(matter.doubtful),
        Value::flag(docket.for_dispatcher()),
        Value::Int(i64::from(docket.supporters)),
        merged(docket),
        Value::point(matter.position),
        Value::Int(docket.timed_by),
        or_never(docket.escalates_at),
        rung(docket.rung),
        Value::Int(i64::from(matter.position.x)),
        Value::Int(i64::from(matter.position.y)),
        yellow,
        red,
        clock,
        or_never(docket.whole_due_at),
        public_report(docket),
    ]
}

/// A time that may never come.
fn or_never(at: Option<Instant>) -> Value<'static> {
    Value::Int(at.unwrap_or(NEVER).0)
}

/// When the light turns, yellow and red, and whose light it is.
fn turns(turns: Option<Turns>) -> [Value<'static>; 3] {
    [
        or_never(turns.map(|turns| turns.yellow_at)),
        or_never(turns.map(|turns| turns.red_at)),
        Value::text_or(turns.map(|turns| turns.of.code())),
    ]
}

fn unit_rows<'a>(
    city: &'a CityId,
    docket: &'a Docket,
) -> impl Iterator<Item = Vec<Value<'a>>> + use<'a> {
    docket.units().map(move |unit| {
        vec![
            Value::text(city.as_str()),
            Value::owned(docket.id.to_string()),
            Value::text(unit.as_str()),
            Value::flag(docket.is_open()),
            or_never(docket.due_at),
            Value::Int(docket.opened_at.0),
        ]
    })
}

fn step_row<'a>(city: &'a CityId, step: &'a Step) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::owned(step.incident.to_string()),
        Value::Int(i64::from(step.revision)),
        Value::text(step.act.code()),
        Value::text(step.role.code()),
        Value::text(&step.actor),
        Value::text_or(step.speaks_for.as_ref().map(UnitId::as_str)),
        Value::Int(step.at.0),
        carried(&step.carried),
    ]
}

/// By way of a value, so that the keys are sorted.
fn carried(it: &Carried) -> Value<'static> {
    let text = serde_json::to_value(it).map(|it| Cow::Owned(it.to_string()));
    Value::Text(text.unwrap_or(Cow::Borrowed("{}")))
}
/// Open incidents of another edition than `$2`, from behind `$3`, at most `$4`.
pub(super) fn timed_otherwise() -> String {
    format!(
        "select {} from zonewarden.incident where city_id = $1 and is_open = 1 \
         and timed_by <> $2 and incident_id > $3 order by incident_id limit $4",
        names(&INCIDENT)
    )
}

/// The values of [`timed_otherwise`].
pub(super) fn otherwise_values(
    city: &CityId,
    edition: i64,
    after: Option<IncidentId>,
    limit: usize,
) -> [Value<'_>; 4] {
    [
        Value::text(city.as_str()),
        Value::Int(edition),
        Value::owned(after.map(|after| after.to_string()).unwrap_or_default()),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

/// Open incidents whose ladder goes on before `$2`, from behind `$3` and `$4`, at most `$5`. The number is
/// [`NEVER`](crate::domain::incidents::docket::NEVER), spelt as the index spells it.
pub(super) fn escalating() -> String {
    format!(
        "select {} from zonewarden.incident where city_id = $1 and is_open = 1 \
         and escalates_at < 9223372036854775807 and escalates_at < $2 \
         and (escalates_at, incident_id) > ($3, $4) order by escalates_at, incident_id limit $5",
        names(&INCIDENT)
    )
}

/// The values of [`escalating`].
pub(super) fn escalating_values(
    city: &CityId,
    before: Instant,
    after: Option<IncidentKey>,
    limit: usize,
) -> [Value<'_>; 5] {
    let (at, id) = after.map_or((i64::MIN, String::new()), |it| (it.at.0, it.id.to_string()));
    [
        Value::text(city.as_str()),
        Value::Int(before.0),
        Value::Int(at),
        Value::owned(id),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

/// One incident, `$2`.
pub(super) fn one() -> String {
    format!(
        "select {} from zonewarden.incident where city_id = $1 and incident_id = $2",
        names(&INCIDENT)
    )
}

/// The incidents with the ids in the list `$2`.
pub(super) fn some(dialect: Dialect) -> String {
    format!(
        "select {} from zonewarden.incident where city_id = $1 and {} order by incident_id",
        names(&INCIDENT),
        dialect.any("incident_id", 2)
    )
}

/// The steps of one incident, `$2`.
pub(super) const STEPS: &str = "select incident_id, revision, act, role, actor, speaks_for, \
     taken_at, carried from zonewarden.incident_step \
     where city_id = $1 and incident_id = $2 order by revision";

const STEP_COLUMNS: &str = "incident_id, revision, act, role, actor, speaks_for, taken_at, carried";

/// The steps of the incidents with the ids in the list `$2`.
pub(super) fn steps_of(dialect: Dialect) -> String {
    format!(
        "select {STEP_COLUMNS} from zonewarden.incident_step where city_id = $1 and {} \
         order by incident_id, revision",
        dialect.any("incident_id", 2)
    )
}

/// The values of [`some`] and [`steps_of`].
pub(super) fn named_values<'a>(city: &'a CityId, ids: &[IncidentId]) -> [Value<'a>; 2] {
    [Value::text(city.as_str()), Value::Texts(ids.iter().map(ToString::to_string).collect())]
}

/// Steps from `$2` to before `$3`, from behind `$4`, `$5` and `$6`, at most `$7`; the values are those of
/// [`public::steps_values`].
pub(super) fn steps_between() -> String {
    format!(
        "select {STEP_COLUMNS} from zonewarden.incident_step \
         where city_id = $1 and taken_at >= $2 and taken_at < $3 \
         and (taken_at, incident_id, revision) > ($4, $5, $6) \
         order by taken_at, incident_id, revision limit $7"
    )
}

/// Most categories of a branch whose lists are merged; a branch of more is filtered out of the whole.
const LEAVES_MAX: usize = 64;

/// Whether a list is that of a branch of categories, and of nothing narrower: no index is in its
/// order, but that of each category is.
pub(super) fn of_branch(filter: &IncidentFilter) -> bool {
    let narrower = filter.unit.is_some()
        || filter.zone.is_some()
        || filter.stage.is_some()
        || filter.for_dispatcher;
    filter.category.is_some() && !narrower
}

/// The categories below another that there are, from `$2` to before `$3`: one look into the index for
/// each.
pub(super) fn leaves(order: IncidentOrder) -> String {
    let open = match order {
        IncidentOrder::Urgent => " and is_open = 1",
        IncidentOrder::Newest => "",
    };
    let first = |from: &str| {
        format!(
            "select (select category from zonewarden.incident where city_id = $1{open} \
             and category {from} and category < $3 order by category limit 1)"
        )
    };
    format!(
        "with recursive leaf(code) as ({} union all {} from leaf where code is not null) \
         select code from leaf where code is not null limit {}",
        first(">= $2"),
        first("> code"),
        LEAVES_MAX + 1
    )
}

/// The values of [`leaves`].
pub(super) fn leaves_values<'a>(city: &'a CityId, filter: &IncidentFilter) -> [Value<'a>; 3] {
    let code = filter.category.as_ref().map_or("", CategoryCode::as_str);
    // The branch below `a` is everything from `a.` up to `a/`: `/` follows `.` in the alphabet.
    let (from, to) = (format!("{code}."), format!("{code}/"));
    [Value::text(city.as_str()), Value::owned(from), Value::owned(to)]
}

/// A row of [`leaves`].
pub(super) fn read_leaf(row: &impl Row) -> Result<String, StoreError> {
    Ok(row.text(0)?.to_owned())
}

/// A list of incidents; of a branch with the [`leaves`] that there are.
pub(super) fn page<'a>(
    dialect: Dialect,
    city: &'a CityId,
    filter: &'a IncidentFilter,
    leaves: &'a [String],
    (order, after): (IncidentOrder, Option<IncidentKey>),
    limit: usize,
) -> (String, Vec<Value<'a>>) {
    let mut ask = Asking { wheres: String::new(), values: vec![Value::text(city.as_str())] };
    let merged = of_branch(filter) && leaves.len() <= LEAVES_MAX;
    // A unit's list is read from its own index, anything else from the dockets'.
    let (by, from) = if let Some(unit) = &filter.unit {
        ask.add("u.unit_id = $n", [Value::text(unit.as_str())]);
        let join = "zonewarden.incident_unit u join zonewarden.incident i \
                    on i.city_id = u.city_id and i.incident_id = u.incident_id";
        ("u", join)
    } else {
        ("i", "zonewarden.incident i")
    };
    narrow(&mut ask, filter, order, by, merged);
    let (at, before, way) = along(order);
    if let Some(after) = after {
        let place = [Value::Int(after.at.0), Value::owned(after.id.to_string())];
        ask.add(&format!("({by}.{at}, {by}.incident_id) {before} ($n, $n)"), place);
    }
    ask.values.push(Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    let limit = ask.values.len();
    let columns: Vec<String> =
        INCIDENT.columns.iter().map(|column| format!("i.{}", column.name)).collect();
    let columns = columns.join(", ");
    let all = format!("select {columns} from {from} where {by}.city_id = $1{}", ask.wheres);
    let code = filter.category.as_ref().map_or("", CategoryCode::as_str);
    let each = || std::iter::once(code).chain(leaves.iter().map(String::as_str));
    let text = if merged && leaves.is_empty() {
        // A branch without categories below it has an index in its order.
        ask.add("i.category = $n", [Value::text(code)]);
        let wheres = &ask.wheres;
        format!(
            "select {columns} from {from} where {by}.city_id = $1{wheres} \
             order by {by}.{at}{way}, {by}.incident_id{way} limit ${limit}"
        )
    } else if merged && dialect == Dialect::Sqlite {
        // Merged as they come, each along its index.
        let mut arms = Vec::with_capacity(leaves.len() + 1);
        for leaf in each() {
            ask.values.push(Value::text(leaf));
            arms.push(format!("{all} and i.category = ${}", ask.values.len()));
        }
        let arms = arms.join(" union all ");
        format!("{arms} order by {at}{way}, incident_id{way} limit ${limit}")
    } else if merged {
        // PostgreSQL sorts what it is to merge: so only the keys of a page of each.
        ask.values.push(Value::Texts(each().map(str::to_owned).collect()));
        let (n, wheres) = (ask.values.len(), &ask.wheres);
        let order = |of: &str| format!("order by {of}.{at}{way}, {of}.incident_id{way}");
        format!(
            "select {columns} from (select k.{at}, k.incident_id from unnest(${n}::text[]) leaf(code) \
             cross join lateral (select i.{at}, i.incident_id from {from} \
             where i.city_id = $1{wheres} and i.category = leaf.code {} limit ${limit}) k \
             {} limit ${limit}) k join {from} on i.city_id = $1 and i.incident_id = k.incident_id {}",
            order("i"),
            order("k"),
            order("k"),
        )
    } else {
        format!("{all} order by {by}.{at}{way}, {by}.incident_id{way} limit ${limit}")
    };
    (text, ask.values)
}

/// The column of an order, how what comes behind compares, and which way it goes.
fn along(order: IncidentOrder) -> (&'static str, &'static str, &'static str) {
    match order {
        IncidentOrder::Urgent => ("due_at", ">", ""),
        IncidentOrder::Newest => ("opened_at", "<", " desc"),
    }
}

/// The conditions of a list; that on the category is left to its arms when they are `merged`.
fn narrow<'a>(
    ask: &mut Asking<'a>,
    filter: &'a IncidentFilter,
    order: IncidentOrder,
    by: &str,
    merged: bool,
) {
    // What waits for a dispatcher is open: said twice, another index would be taken.
    let open = order == IncidentOrder::Urgent || filter.open;
    if open && (!filter.for_dispatcher || filter.unit.is_some()) {
        ask.add(&format!("{by}.is_open = 1"), []);
    }
    if let Some(zone) = &filter.zone {
        ask.add("i.zone_id = $n", [Value::text(zone.as_str())]);
    }
    if !merged {
        ask.branches("i.category", filter.category.as_slice());
    }
    if let Some(stage) = filter.stage {
        ask.add("i.stage = $n", [Value::text(stage.code())]);
    }
    if filter.for_dispatcher {
        ask.add("i.for_dispatcher = 1", []);
    }
    if let Some(least) = filter.escalated {
        ask.add("i.rung > 0 and i.rung >= $n", [rung(Some(least))]);
    }
    let times = [
        ("due_at >=", filter.due_from),
        ("due_at <", filter.due_to),
        ("opened_at >=", filter.opened_from),
        ("opened_at <", filter.opened_to),
    ];
    for (condition, time) in times {
        if let Some(time) = time {
            ask.add(&format!("{by}.{condition} $n"), [Value::Int(time.0)]);
        }
    }
}
