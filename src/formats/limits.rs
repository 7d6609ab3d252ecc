//! A city's time limits as a table: `category,stage,kind,amount,unit`.
//!
//! | column | holds |
//! |---|---|
//! | `category` | a branch of the categories; `*` for every one |
//! | `stage` | `whole` (the case from filing to close), what a stage waits for (`verify`, `file`, `dispatch`, `handle`, `check`, `close`), or a step of the ladder (`remind`, `urge`, `raise`) |
//! | `kind` | `continuous`, `office_hours`, `working_days` or `calendar_days`; of a ladder's step `overdue` |
//! | `amount` | a whole number |
//! | `unit` | `minutes`, `hours` or `days`; of a ladder's step `percent` of the limit |
//!
//! The Chinese words are understood as well.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::domain::clocks::escalation::{Act, Ladder, Step};
use crate::domain::clocks::limit::{Limit, LimitKind, LimitUnit};
use crate::domain::clocks::limits::{Awaited, CaseLimits, EVERY, LIMIT_MINUTES_MAX, Limits};
use crate::domain::id::CategoryCode;
use crate::formats::csv::{delimiter, unguard};
use crate::formats::label::clip;
use crate::formats::layer::{Finding, Findings};
use crate::formats::text_of;

/// Largest file that is read, in bytes.
pub const BYTES_MAX: usize = 4 << 20;
/// Most rows that are read.
pub const ROWS_MAX: usize = 20_000;

const COLUMNS: [(&str, &[&str]); 5] = [
    ("category", &["branch", "类别", "案件类别"]),
    ("stage", &["环节", "阶段"]),
    ("kind", &["类型", "时限类型"]),
    ("amount", &["limit", "时限", "数值"]),
    ("unit", &["单位"]),
];

/// Where a limit stands: for which categories, and for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The branch; `None` for every category.
    pub branch: Option<CategoryCode>,
    /// What of the case.
    pub of: Of,
}

/// What a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The case from its filing to its close.
    Whole,
    /// A stage.
    Stage(Awaited),
    /// What follows when it is overdue.
    Ladder,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// A limit.
    Limit(Limit),
    /// A ladder.
    Ladder(Ladder),
}

/// What a table sets.
pub type Settings = BTreeMap<Place, Set>;

/// What reading gave, with every finding. Where one is an error, the rest is for looking at only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What could be read.
    pub settings: Settings,
    /// Errors and warnings.
    pub findings: Vec<Finding>,
}

/// Reads a table of limits.
#[must_use]
pub fn read(bytes: &[u8]) -> Reading {
    let mut found = Findings::default();
    let mut table = Table::default();
    match text_of(bytes, BYTES_MAX) {
        Ok((text, _)) => table.fill(text, &mut found),
        Err(finding) => found.push(finding),
    }
    let settings = table.settings(&mut found);
    if settings.is_empty() && !found.refused() {
        found.error(0, "file", "it sets no limit", "give one row for each");
    }
    Reading { settings, findings: found.into_vec() }
}

#[derive(Default)]
struct Table {
    limits: BTreeMap<Place, (usize, Limit)>,
    ladders: BTreeMap<Option<CategoryCode>, (usize, Vec<Step>)>,
}

impl Table {
    fn fill(&mut self, text: &str, found: &mut Findings) {
        let mut reader = ::csv::ReaderBuilder::new()
            .delimiter(delimiter(text))
            .flexible(true)
            .from_reader(text.as_bytes());
        let remedy = "begin with a line `category,stage,kind,amount,unit`";
        let headers = match reader.headers() {
            Ok(headers) => headers.clone(),
            Err(fault) => return found.error(1, "header", fault.to_string(), remedy),
        };
        let find = |(name, aliases): &(&str, &[&str])| {
            headers.iter().position(|header| {
                let header = unguard(header.trim()).to_lowercase();
                header == *name || aliases.contains(&header.as_str())
            })
        };
        let at = COLUMNS.each_ref().map(find);
        for ((name, _), at) in COLUMNS.iter().zip(at) {
            if at.is_none() {
                found.error(1, "header", format!("there is no column `{name}`"), remedy);
            }
        }
        let [Some(category), Some(stage), Some(kind), Some(amount), Some(unit)] = at else {
            return;
        };
        for (nth, record) in reader.records().enumerate() {
            let record = match record {
                Ok(record) if nth < ROWS_MAX => record,
                Ok(_) => {
                    let fault = format!("more than {ROWS_MAX} rows (limit ROWS_MAX)");
                    return found.error(
                        0,
                        "file",
                        fault,
                        "set limits for branches, not for every leaf",
                    );
                }
                Err(fault) => return found.error(0, "file", fault.to_string(), "mend the text"),
            };
            let line = record.position().map_or(0, ::csv::Position::line);
            let row = usize::try_from(line).unwrap_or(usize::MAX);
            let cell = |at: usize| unguard(record.get(at).unwrap_or_default()).trim();
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                self.row(row, [category, stage, kind, amount, unit].map(cell), found);
            }
        }
    }

    fn row(&mut self, row: usize, cells: [&str; 5], found: &mut Findings) {
        let [category, stage_text, kind_text, amount, unit_text] = cells;
        let branch = match category {
            "" | EVERY | "全部" => Some(None),
            code => match CategoryCode::new(code) {
                Ok(code) => Some(Some(code)),
                Err(fault) => {
                    found.error(row, "category", fault.to_string(), "give a category's code, or *");
                    None
                }
            },
        };
        let stage = stage(stage_text);
        if stage.is_none() {
            let fault = format!("`{}` is no stage", clip(stage_text));
            let remedy = "give whole, verify, file, dispatch, handle, check or close, or of a ladder \
                          remind, urge or raise";
            found.error(row, "stage", fault, remedy);
        }
        let number = amount.parse::<u32>().ok().filter(|number| *number > 0);
        if number.is_none() {
            let fault = format!("`{}` is no whole number from 1", clip(amount));
            found.error(row, "amount", fault, "give one; a smaller unit tells parts");
        }
        match stage {
            Some(Stage::Step(act)) => {
                let percent =
                    matches!(unit_text.to_lowercase().as_str(), "percent" | "%" | "百分比");
                if !percent {
                    let fault = format!("`{}` is not how a ladder counts", clip(unit_text));
                    found.error(row, "unit", fault, "give percent of the limit");
                }
                let number = number.map(|number| u16::try_from(number).unwrap_or(u16::MAX));
                if let (Some(branch), Some(percent), true) = (branch, number, percent) {
                    let ladder = self.ladders.entry(branch).or_insert((row, Vec::new()));
                    ladder.1.push(Step { act, percent });
                }
            }
            Some(Stage::Of(of)) => {
                let limit = limit(row, [kind_text, unit_text], number, found);
                if let (Some(branch), Some(limit)) = (branch, limit) {
                    self.put(row, Place { branch, of }, limit, found);
                }
            }
            None => {
                limit(row, [kind_text, unit_text], number, found);
            }
        }
    }

    fn put(&mut self, row: usize, place: Place, limit: Limit, found: &mut Findings) {
        match self.limits.get(&place) {
            Some((first, other)) if *other == limit => {
                let fault = format!("the same limit stands in row {first} already");
                found.warning(row, "stage", fault, "once is enough");
            }
            Some((first, _)) => {
                let fault = format!("row {first} sets another limit for the same");
                found.error(row, "stage", fault, "take one out");
            }
            None => {
                self.limits.insert(place, (row, limit));
            }
        }
    }

    fn settings(self, found: &mut Findings) -> Settings {
        let limits = self.limits.into_iter().map(|(place, (_, limit))| (place, Set::Limit(limit)));
        let mut settings: Settings = limits.collect();
        for (branch, (row, steps)) in self.ladders {
            match Ladder::new(steps) {
                Ok(ladder) => {
                    settings.insert(Place { branch, of: Of::Ladder }, Set::Ladder(ladder));
                }
                Err(faults) => {
                    for fault in faults {
                        let fault = format!("the ladder that begins here: {fault}");
                        found.error(
                            row,
                            "amount",
                            fault,
                            "give its steps in rising order, from 100 percent",
                        );
                    }
                }
            }
        }
        settings
    }
}

enum Stage {
    Of(Of),
    Step(Act),
}

fn stage(text: &str) -> Option<Stage> {
    Some(match text.to_lowercase().as_str() {
        "whole" | "全程" | "结案时限" => Stage::Of(Of::Whole),
        "remind" | "催办" => Stage::Step(Act::Remind),
        "urge" | "督办" => Stage::Step(Act::Urge),
        "raise" | "升级" => Stage::Step(Act::Raise),
        "核实" => Stage::Of(Of::Stage(Awaited::Verify)),
        "立案" => Stage::Of(Of::Stage(Awaited::File)),
        "派遣" => Stage::Of(Of::Stage(Awaited::Dispatch)),
        "处置" => Stage::Of(Of::Stage(Awaited::Handle)),
        "核查" => Stage::Of(Of::Stage(Awaited::Check)),
        "结案" => Stage::Of(Of::Stage(Awaited::Close)),
        code => Stage::Of(Of::Stage(Awaited::from_code(code)?)),
    })
}

/// The limit of a row; every fault is told.
fn limit(
    row: usize,
    [kind, unit]: [&str; 2],
    number: Option<u32>,
    found: &mut Findings,
) -> Option<Limit> {
    let counted = match kind.to_lowercase().as_str() {
        "紧急工作时" => Some(LimitKind::Continuous),
        "工作时" => Some(LimitKind::OfficeHours),
        "工作日" => Some(LimitKind::WorkingDays),
        "自然日" => Some(LimitKind::CalendarDays),
        code => LimitKind::from_code(code),
    };
    if counted.is_none() {
        let kinds = LimitKind::ALL.map(LimitKind::code).join(", ");
        let fault = format!("`{}` is no kind of limit", clip(kind));
        found.error(row, "kind", fault, format!("give one of {kinds}"));
    }
    let told = match unit.to_lowercase().as_str() {
        "minutes" | "minute" | "min" | "分钟" => Some(LimitUnit::Minutes),
        "hours" | "hour" | "h" | "小时" => Some(LimitUnit::Hours),
        "days" | "day" | "d" | "天" | "日" => Some(LimitUnit::Days),
        _ => None,
    };
    if told.is_none() {
        let fault = format!("`{}` is no unit", clip(unit));
        found.error(row, "unit", fault, "give minutes, hours or days");
    }
    let (kind, unit, number) = (counted?, told?, number?);
    if kind == LimitKind::OfficeHours && unit == LimitUnit::Days {
        let fault = "a day of office hours is as long as the unit works";
        found.error(row, "unit", fault, "give hours, or count working_days");
        return None;
    }
    let minutes = number.checked_mul(unit.minutes()).filter(|it| *it <= LIMIT_MINUTES_MAX);
    if minutes.is_none() {
        let fault = format!("{number} {} are too long", unit.code());
        let remedy = format!("give at most {LIMIT_MINUTES_MAX} minutes (limit LIMIT_MINUTES_MAX)");
        found.error(row, "amount", fault, remedy);
    }
    Some(Limit { kind, minutes: minutes? })
}

/// What a city's limits set, place by place.
#[must_use]
pub fn settings(limits: &CaseLimits) -> Settings {
    let named = limits.branches().iter().map(|(code, limits)| (Some(code.clone()), limits));
    let mut settings = Settings::new();
    for (branch, limits) in std::iter::once((None, limits.every())).chain(named) {
        let mut put = |of, set| settings.insert(Place { branch: branch.clone(), of }, set);
        if let Some(limit) = limits.whole {
            put(Of::Whole, Set::Limit(limit));
        }
        for (awaited, limit) in &limits.stages {
            put(Of::Stage(*awaited), Set::Limit(*limit));
        }
        if let Some(ladder) = &limits.ladder {
            put(Of::Ladder, Set::Ladder(ladder.clone()));
        }
    }
    settings
}

/// The limits that these settings make.
///
/// # Errors
/// In words, when there are more branches than a city may have.
pub fn limits(settings: &Settings) -> Result<CaseLimits, String> {
    let mut every = Limits::default();
    let mut branches: BTreeMap<CategoryCode, Limits> = BTreeMap::new();
    for (place, set) in settings {
        let held = match &place.branch {
            None => &mut every,
            Some(code) => branches.entry(code.clone()).or_default(),
        };
        match (place.of, set) {
            (Of::Whole, Set::Limit(limit)) => held.whole = Some(*limit),
            (Of::Stage(awaited), Set::Limit(limit)) => {
                held.stages.insert(awaited, *limit);
            }
            (Of::Ladder, Set::Ladder(ladder)) => held.ladder = Some(ladder.clone()),
            (Of::Whole | Of::Stage(_), Set::Ladder(_)) | (Of::Ladder, Set::Limit(_)) => {}
        }
    }
    CaseLimits::new(every, branches)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

/// Writes a city's limits as a table.
#[must_use]
pub fn write(limits: &CaseLimits) -> Vec<u8> {
    // Spreadsheets need the mark to see UTF-8.
    let mut out = "\u{feff}category,stage,kind,amount,unit\n".to_owned();
    for (place, set) in settings(limits) {
        let branch = place.branch.as_ref().map_or(EVERY, CategoryCode::as_str);
        let rows: Vec<(String, &str, u32, &str)> = match (place.of, set) {
            (of, Set::Limit(limit)) => {
                let (amount, unit) = limit.in_units();
                let stage = if let Of::Stage(awaited) = of { awaited.code() } else { "whole" };
                vec![(stage.to_owned(), limit.kind.code(), amount, unit.code())]
            }
            (_, Set::Ladder(ladder)) => {
                let step = |step: &Step| {
                    (step.act.code().to_owned(), "overdue", u32::from(step.percent), "percent")
                };
                ladder.steps().iter().map(step).collect()
            }
        };
        for (stage, kind, amount, unit) in rows {
            let _ = writeln!(out, "{branch},{stage},{kind},{amount},{unit}");
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let made = CaseLimits::default();
        let bytes = write(&made);
        let reading = read(&bytes);
        assert_eq!(reading.findings, vec![], "{}", String::from_utf8_lossy(&bytes));
        assert_eq!(limits(&reading.settings), Ok(made));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("event.01.rubbish,whole,office_hours,4,hours\n"), "{text}");
        assert!(text.contains("event.01.illegal_building,whole,working_days,15,days\n"), "{text}");
        assert!(text.contains("*,remind,overdue,100,percent\n"), "{text}");
    }

    #[test]
    fn chinese_words_are_understood() {
        let reading = read("类别;环节;类型;时限;单位\nevent.01;处置;工作时;90;分钟\n".as_bytes());
        assert_eq!(reading.findings, vec![]);
        let place = Place {
            branch: Some(CategoryCode::new("event.01").unwrap()),
            of: Of::Stage(Awaited::Handle),
        };
        let limit = Limit { kind: LimitKind::OfficeHours, minutes: 90 };
        assert_eq!(reading.settings[&place], Set::Limit(limit));
    }

    #[test]
    fn every_fault_of_every_row_is_told() {
        let text = "category,stage,kind,amount,unit\n\
            a b,wait,weeks,0,moons\n\
            event,whole,office_hours,2,days\n\
            event,whole,working_days,99999,days\n\
            event,check,continuous,4,hours\n\
            event,check,continuous,5,hours\n\
            *,remind,overdue,50,percent\n\
            *,urge,overdue,150,hours\n";
        let found: Vec<String> =
            read(text.as_bytes()).findings.iter().map(ToString::to_string).collect();
        let expected = [
            "row 2, category: `a b`",
            "row 2, stage: `wait`",
            "row 2, amount: `0`",
            "row 2, kind: `weeks`",
            "row 2, unit: `moons`",
            "row 3, unit: a day of office hours",
            "row 4, amount: 99999 days are too long",
            "row 6, stage: row 5 sets another limit",
            "row 8, unit: `hours` is not how a ladder counts",
            "row 7, amount: the ladder that begins here: step 1 comes at 50 %",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} lacks {expected}");
        }
        let headless = read(b"event,whole,continuous,4,hours\n").findings;
        assert_eq!(headless.len(), 5, "{headless:?}");
        assert!(read(&vec![b' '; BYTES_MAX + 1]).findings[0].fault.contains("BYTES_MAX"));
    }
}
