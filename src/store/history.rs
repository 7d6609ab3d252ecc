//! What was in force: city, units, facilities and rules, each row with the atlas versions in which it stood,
//! and the versions of the rules. Plans are never changed, so they need no more than their first version.
//!
//! A row stands from `from_atlas` on and until before `to_atlas`. Those in force stand here too: so another
//! program's edits of the tables that it sees are found by comparing, and nothing of what was is lost. That there
//! were any the tables themselves mark (`atlas_edit`).

use crate::domain::atlas::rule_set::{RuleSet, RulesNote};
use crate::domain::change::Change;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::store::atlas;
use crate::store::promise::{Stamp, StoreError};
use crate::store::sql::{Dialect, names};
use crate::store::statement::{Column, Row, Statement, Table, Taken, Value, damaged, int, text};

/// Until when a row stands that is in force.
const OPEN: i64 = i64::MAX;

/// The columns of a table and the versions in which the row stood.
const fn spanned<const N: usize>(of: &[Column]) -> [Column; N] {
    let mut all = [int("to_atlas"); N];
    let mut at = 0;
    while at < of.len() {
        all[at] = of[at];
        at += 1;
    }
    all[at] = int("from_atlas");
    all
}

static CITY: Table = Table {
    name: "city_history",
    columns: &spanned::<{ atlas::CITY.columns.len() + 2 }>(atlas::CITY.columns),
    key: &["city_id", "from_atlas"],
    taken: Taken::Replace,
};

static UNIT: Table = Table {
    name: "unit_history",
    columns: &spanned::<{ atlas::UNIT.columns.len() + 2 }>(atlas::UNIT.columns),
    key: &["city_id", "unit_id", "from_atlas"],
    taken: Taken::Replace,
};

static FACILITY: Table = Table {
    name: "facility_history",
    columns: &spanned::<{ atlas::FACILITY.columns.len() + 2 }>(atlas::FACILITY.columns),
    key: &["city_id", "facility_id", "from_atlas"],
    taken: Taken::Replace,
};

static RULE: Table = Table {
    name: "rule_history",
    columns: &spanned::<{ atlas::RULE.columns.len() + 2 }>(atlas::RULE.columns),
    key: &["city_id", "rule_id", "from_atlas"],
    taken: Taken::Replace,
};

static RULE_SET: Table = Table {
    name: "rule_set",
    columns: &[
        text("city_id"),
        int("version"),
        int("set_at"),
        text("actor"),
        text("note"),
        int("added"),
        int("changed"),
        int("removed"),
        int("restored"),
    ],
    key: &["city_id", "version"],
    taken: Taken::Refuse,
};

/// What is kept of what a change writes: rows that stood until now end, the new ones begin.
pub(super) fn set<'a>(
    dialect: Dialect,
    city: &'a CityId,
    written: &Statement<'a>,
    version: i64,
) -> Vec<Statement<'a>> {
    let Statement::Bulk { table, rows } = written else { return Vec::new() };
    let Some(kept) = history(table) else { return Vec::new() };
    let ids = rows.iter().filter_map(|row| match row.get(1) {
        Some(Value::Text(id)) => Some(id.to_string()),
        _ => None,
    });
    let spanned = |row: &Vec<Value<'a>>| {
        let mut row = row.clone();
        row.extend([Value::Int(version), Value::Int(OPEN)]);
        row
    };
    vec![
        ended(dialect, city, kept, ids.collect(), version),
        Statement::Bulk { table: kept, rows: rows.iter().map(spanned).collect() },
    ]
}

/// What is kept of rows that go.
pub(super) fn removed(
    dialect: Dialect,
    city: &CityId,
    what: atlas::Removable,
    ids: Vec<String>,
    version: i64,
) -> Statement<'_> {
    let kept = match what {
        atlas::Removable::Units => &UNIT,
        atlas::Removable::Facilities => &FACILITY,
        atlas::Removable::Rules => &RULE,
    };
    ended(dialect, city, kept, ids, version)
}

fn history(of: &Table) -> Option<&'static Table> {
    match of.name {
        "city" => Some(&CITY),
        "unit" => Some(&UNIT),
        "facility" => Some(&FACILITY),
        "rule" => Some(&RULE),
        _ => None,
    }
}

fn ended<'a>(
    dialect: Dialect,
    city: &'a CityId,
    kept: &Table,
    ids: Vec<String>,
    version: i64,
) -> Statement<'a> {
    let text = match (kept.name, dialect) {
        ("unit_history", Dialect::Postgres) => {
            "update zonewarden.unit_history set to_atlas = $2 where city_id = $1 \
             and to_atlas = $3 and unit_id = any($4::text[])"
        }
        ("unit_history", Dialect::Sqlite) => {
            "update zonewarden.unit_history set to_atlas = $2 where city_id = $1 \
             and to_atlas = $3 and unit_id in (select value from json_each($4))"
        }
        ("facility_history", Dialect::Postgres) => {
            "update zonewarden.facility_history set to_atlas = $2 where city_id = $1 \
             and to_atlas = $3 and facility_id = any($4::text[])"
        }
        ("facility_history", Dialect::Sqlite) => {
            "update zonewarden.facility_history set to_atlas = $2 where city_id = $1 \
             and to_atlas = $3 and facility_id in (select value from json_each($4))"
        }
        ("rule_history", Dialect::Postgres) => {
            "update zonewarden.rule_history set to_atlas = $2 where city_id = $1 \
             and to_atlas = $3 and rule_id = any($4::text[])"
        }
        ("rule_history", Dialect::Sqlite) => {
            "update zonewarden.rule_history set to_atlas = $2 where city_id = $1 \
             and to_atlas = $3 and rule_id in (select value from json_each($4))"
        }
        _ => {
            "update zonewarden.city_history set to_atlas = $2 where city_id = $1 and to_atlas = $3"
        }
    };
    let mut values = vec![Value::text(city.as_str()), Value::Int(version), Value::Int(OPEN)];
    if kept.name != CITY.name {
        values.push(Value::Texts(ids));
    }
    Statement::One { text, values, must: None }
}

/// The version of the rules that a commit makes; `None` when it changes none.
pub(super) fn rule_set(stamp: &Stamp, changes: &[Change], version: i64) -> Option<RuleSet> {
    let (mut set, mut gone, mut said) = (0, 0, None);
    for change in changes {
        match change {
            Change::RulesSet(rules) => set += rules.len(),
            Change::RulesRemoved(ids) => gone += ids.len(),
            Change::RulesNoted(told) => said = Some(told.clone()),
            _ => {}
        }
    }
    let plain = || RulesNote { added: set, removed: gone, ..RulesNote::default() };
    (set + gone > 0).then(|| RuleSet {
        version,
        at: stamp.at,
        actor: stamp.actor.clone(),
        told: said.unwrap_or_else(plain),
    })
}

/// Keeps a version of the rules.
pub(super) fn keep_rule_set(city: &CityId, it: RuleSet) -> Statement<'_> {
    let count = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let row = vec![
        Value::text(city.as_str()),
        Value::Int(it.version),
        Value::Int(it.at.0),
        Value::owned(it.actor),
        Value::owned(it.told.note),
        count(it.told.added),
        count(it.told.changed),
        count(it.told.removed),
        Value::int_or(it.told.restored),
    ];
    Statement::Bulk { table: &RULE_SET, rows: vec![row] }
}

/// The rows of a table as they stood in the atlas version `$2`.
pub(super) fn at(table: &Table) -> String {
    format!(
        "select {} from zonewarden.{}_history where city_id = $1 and from_atlas <= $2 \
         and to_atlas > $2 order by {}",
        names(table),
        table.name,
        table.key.last().copied().unwrap_or("city_id")
    )
}

/// The plan in force in the atlas version `$2`.
pub(super) const PLAN_AT: &str = "select version, effective_from, note from zonewarden.plan \
     where city_id = $1 and from_atlas <= $2 order by version desc limit 1";

/// The last versions of the rules that are not higher than `$2`, at most `$3`.
pub(super) const RULE_SETS: &str = "select version, set_at, actor, note, added, changed, removed, \
     restored from zonewarden.rule_set where city_id = $1 and version <= $2 \
     order by version desc limit $3";

/// A row of [`RULE_SETS`].
pub(super) fn read_rule_set(row: &impl Row) -> Result<RuleSet, StoreError> {
    let count = |at: usize| usize::try_from(row.int(at)?).map_err(|fault| damaged(at, &fault));
    Ok(RuleSet {
        version: row.int(0)?,
        at: Instant(row.int(1)?),
        actor: row.text(2)?.to_owned(),
        told: RulesNote {
            note: row.text(3)?.to_owned(),
            added: count(4)?,
            changed: count(5)?,
            removed: count(6)?,
            restored: row.int_or(7)?,
        },
    })
}

/// Said to the tables of the embedded file before a commit changes what is in force: what follows, until
/// [`WRITTEN`], is no other program's edit. The marks stand in one transaction, so nobody else sees them.
pub(super) const WRITING: &str =
    "insert into zonewarden.atlas_edit (city_id, mark) values ($1, 1) on conflict do nothing";

/// The end of [`WRITING`].
pub(super) const WRITTEN: &str =
    "delete from zonewarden.atlas_edit where city_id = $1 and mark = 1";

/// An edit of another program that nobody has noticed, if there is one.
pub(super) const EDITED: &str = "select mark from zonewarden.atlas_edit limit 1";

/// Takes the marks of other programs' edits away; none are left where somebody else has noticed them.
pub(super) const NOTICED: &str = "delete from zonewarden.atlas_edit";

/// After [`NOTICED`]: every atlas is another one now.
pub(super) const COUNTED_UP: &str =
    "update zonewarden.city_head set atlas_version = atlas_version + 1 where atlas_version > 0";

/// What has to be kept after another program's edits, when every city's atlas version was counted up: what is
/// found otherwise than it stood ends, and what is found begins, with that version.
pub(super) fn after_foreign_edits(dialect: Dialect) -> Vec<String> {
    let mut all = Vec::new();
    for table in [&atlas::CITY, &atlas::UNIT, &atlas::FACILITY, &atlas::RULE] {
        let (name, columns) = (table.name, names(table));
        let same = |columns: &[&str]| {
            let same = columns.iter().map(|it| match dialect {
                // By its key a row is looked up; the rest may be null.
                _ if table.key.contains(it) => format!("t.{it} = h.{it}"),
                Dialect::Postgres => format!("t.{it} is not distinct from h.{it}"),
                Dialect::Sqlite => format!("t.{it} is h.{it}"),
            });
            same.collect::<Vec<_>>().join(" and ")
        };
        let whole: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let version = "(select c.atlas_version from zonewarden.city_head c where c.city_id";
        all.push(format!(
            "update zonewarden.{name}_history as h set to_atlas = {version} = h.city_id) \
             where h.to_atlas = {OPEN} and not exists (select 1 from zonewarden.{name} t where {})",
            same(&whole)
        ));
        let mine: Vec<String> = whole.iter().map(|it| format!("t.{it}")).collect();
        all.push(format!(
            "insert into zonewarden.{name}_history ({columns}, from_atlas, to_atlas) \
             select {}, {version} = t.city_id), {OPEN} from zonewarden.{name} t where not exists \
             (select 1 from zonewarden.{name}_history h where h.to_atlas = {OPEN} and {}) \
             and exists (select 1 from zonewarden.city_head c where c.city_id = t.city_id)",
            mine.join(", "),
            same(table.key)
        ));
    }
    all.push(format!(
        "insert into zonewarden.rule_set (city_id, version, set_at, actor, note, added, changed, removed) \
         select c.city_id, c.atlas_version, {}, \
         'foreign', '', n.came - n.stayed, n.stayed, n.went - n.stayed from zonewarden.city_head c join ( \
           select r.city_id, r.version, sum(r.came) as came, sum(r.went) as went, \
           sum(r.came * r.went) as stayed from ( \
             select b.city_id, b.version, b.rule_id, max(b.came) as came, max(b.went) as went from ( \
               select city_id, from_atlas as version, rule_id, 1 as came, 0 as went \
               from zonewarden.rule_history \
               union all \
               select city_id, to_atlas, rule_id, 0, 1 from zonewarden.rule_history) b \
             group by b.city_id, b.version, b.rule_id) r \
           group by r.city_id, r.version) n on n.city_id = c.city_id and n.version = c.atlas_version",
        dialect.now_us()
    ));
    all
}
