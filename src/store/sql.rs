//! SQL that both databases read, and the places where they differ, side by side.
//!
//! The canonical spelling is PostgreSQL's: `$1`, tables named `zonewarden.…` so that no search path
//! matters. `SQLite`'s is made from it by [`Dialect::spell`]. Texts are ours alone: no byte of a
//! user's ever stands in one.

use std::borrow::Cow;
use std::fmt::Write;

use crate::domain::id::CategoryCode;
use crate::store::statement::{Kind, Table, Taken, Value};

/// Which database reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    /// The canonical text as this database spells it.
    pub(super) fn spell(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Postgres => Cow::Borrowed(text),
            Self::Sqlite => Cow::Owned(text.replace("zonewarden.", "").replace('$', "?")),
        }
    }

    /// `column` is one of the texts in the list `$n`.
    pub(super) fn any(self, column: &str, n: usize) -> String {
        match self {
            Self::Postgres => format!("{column} = any(${n}::text[])"),
            Self::Sqlite => format!("{column} in (select value from json_each(${n}))"),
        }
    }

    /// The point `column` lies in the box whose west, south, east and north are `$n` and the three
    /// behind it, or on its edge. An index may find more, never less; the numbers decide.
    pub(super) fn within(self, column: &str, n: usize) -> String {
        let (west, south, east, north) = (n, n + 1, n + 2, n + 3);
        match self {
            Self::Postgres => format!(
                "{column} operator(public.&&) \
                 public.st_makeenvelope(${west}, ${south}, ${east}, ${north}, 4326) \
                 and public.st_x({column}) between ${west} and ${east} \
                 and public.st_y({column}) between ${south} and ${north}"
            ),
            Self::Sqlite => format!(
                "st_minx({column}) between ${west} and ${east} \
                 and st_miny({column}) between ${south} and ${north}"
            ),
        }
    }

    /// Keeps a row from being changed until the transaction ends. `SQLite` has one writer.
    pub(super) fn for_update(self) -> &'static str {
        match self {
            Self::Postgres => " for update",
            Self::Sqlite => "",
        }
    }

    /// The moment, microseconds since 1970 UTC.
    pub(super) fn now_us(self) -> &'static str {
        match self {
            Self::Postgres => "cast(extract(epoch from now()) * 1000000 as bigint)",
            Self::Sqlite => "cast(strftime('%s', 'now') as integer) * 1000000",
        }
    }

    /// The text that puts rows into a table: from one array a column, or row by row.
    pub(super) fn insert(self, table: &Table) -> String {
        let columns = names(table);
        let mut text = format!("insert into zonewarden.{} ({columns}) ", table.name);
        match self {
            Self::Postgres => {
                text.push_str("select * from unnest(");
                for (n, column) in table.columns.iter().enumerate() {
                    let kind = match column.kind {
                        Kind::Text => "text",
                        Kind::Int => "bigint",
                        Kind::Real => "double precision",
                        Kind::Geometry => "public.geometry",
                    };
                    let comma = if n == 0 { "" } else { ", " };
                    let _ = write!(text, "{comma}${}::{kind}[]", n + 1);
                }
                text.push(')');
            }
            Self::Sqlite => {
                let marks: Vec<String> =
                    (1..=table.columns.len()).map(|n| format!("${n}")).collect();
                let _ = write!(text, "values ({})", marks.join(", "));
            }
        }
        text.push_str(&on_conflict(table));
        text
    }
}

/// The columns, separated by commas.
pub(super) fn names(table: &Table) -> String {
    table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

/// What stands behind an insert whose key may be taken.
pub(super) fn on_conflict(table: &Table) -> String {
    if table.taken == Taken::Refuse {
        return String::new();
    }
    let set: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !table.key.contains(&column.name))
        .map(|column| format!("{0} = excluded.{0}", column.name))
        .collect();
    format!(" on conflict ({}) do update set {}", table.key.join(", "), set.join(", "))
}

/// Reads the rows of one city, in the order of the key.
pub(super) fn select(table: &Table) -> String {
    format!(
        "select {} from zonewarden.{} where city_id = $1 order by {}",
        names(table),
        table.name,
        table.key.last().copied().unwrap_or("city_id")
    )
}

/// A question that is put together: conditions, and the values of their marks.
pub(super) struct Asking<'a> {
    pub(super) wheres: String,
    pub(super) values: Vec<Value<'a>>,
}

impl<'a> Asking<'a> {
    /// One more condition; each `$n` takes the next value.
    pub(super) fn add<const N: usize>(&mut self, condition: &str, values: [Value<'a>; N]) {
        self.wheres.push_str(" and ");
        let mut parts = condition.split("$n");
        self.wheres.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            let _ = write!(self.wheres, "${}{part}", self.values.len());
        }
    }

    /// The number of the next value.
    pub(super) fn next(&self) -> usize {
        self.values.len() + 1
    }

    /// One more condition, which numbers its values itself.
    pub(super) fn numbered<const N: usize>(&mut self, condition: &str, values: [Value<'a>; N]) {
        self.wheres.push_str(" and ");
        self.wheres.push_str(condition);
        self.values.extend(values);
    }

    /// The column's code is one of these or below one; nothing for none.
    pub(super) fn branches(&mut self, column: &str, wanted: &'a [CategoryCode]) {
        if wanted.is_empty() {
            return;
        }
        let mut any = Vec::with_capacity(wanted.len());
        for category in wanted {
            let code = category.as_str();
            let n = self.next();
            // The branch below `a` is everything from `a.` up to `a/`: `/` follows `.` in the alphabet.
            any.push(format!(
                "{column} = ${n} or ({column} >= ${} and {column} < ${})",
                n + 1,
                n + 2
            ));
            self.values.push(Value::text(code));
            self.values.push(Value::owned(format!("{code}.")));
            self.values.push(Value::owned(format!("{code}/")));
        }
        self.numbered(&format!("({})", any.join(" or ")), []);
    }
}
