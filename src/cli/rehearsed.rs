//! What a dry run tells of past reports: counts, the largest flows, and all of them as a table.

use std::fmt::Write;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::whole::write_whole;
use crate::domain::id::UnitId;
use crate::domain::reports::rehearse::{LISTED_MAX, Queued, Rehearsal};

/// Most flows that are printed; the rest is counted.
const FLOWS_SHOWN: usize = 10;
const HEADER: [&str; 10] = [
    "report",
    "from",
    "to",
    "rule",
    "rule_then",
    "co",
    "co_then",
    "queue",
    "confidence",
    "confidence_then",
];

/// The lines about past reports.
#[must_use]
pub fn told(found: &Rehearsal, days: u32) -> String {
    let (reports, elsewhere) = (found.reports, found.elsewhere);
    let mut text = format!(
        "of {reports} reports of the last {days} days {elsewhere} would have gone elsewhere\n"
    );
    let flows = found.largest();
    for (from, to, count) in flows.iter().take(FLOWS_SHOWN) {
        let _ = writeln!(text, "{count:>9}  {from} -> {to}");
    }
    if flows.len() > FLOWS_SHOWN {
        let rest: u64 = flows[FLOWS_SHOWN..].iter().map(|(_, _, count)| count).sum();
        let _ = writeln!(text, "{rest:>9}  in {} other ways", flows.len() - FLOWS_SHOWN);
    }
    if found.others_beside > 0 {
        let count = found.others_beside;
        let _ =
            writeln!(text, "{count} would have gone to the same unit with other units beside it");
    }
    if found.to_queue > 0 {
        let count = found.to_queue;
        let _ = writeln!(
            text,
            "{count} would have gone to the dispatcher's queue instead of to a unit"
        );
    }
    if found.from_queue > 0 {
        let count = found.from_queue;
        let _ = writeln!(text, "{count} would have left the dispatcher's queue for a unit");
    }
    text
}

/// Writes the reports that would have gone elsewhere as a table, and behind them those that would have gone to
/// the same unit with others beside it: of those alone `co` and `co_then` are told. Behind these are those that
/// would go `to` the dispatcher's queue, or leave it (`from`), with how sure the rules are; one that would have gone
/// elsewhere as well has two rows.
///
/// # Errors
/// What keeps the file from being written.
pub fn write(found: &Rehearsal, path: &Path) -> miette::Result<()> {
    let bytes = table(found)?;
    write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())?;
    for count in [found.elsewhere, found.others_beside, found.to_queue, found.from_queue] {
        if count > LISTED_MAX as u64 {
            eprintln!("{}: the first {LISTED_MAX} of {count}", path.display());
        }
    }
    Ok(())
}

fn table(found: &Rehearsal) -> miette::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER).into_diagnostic()?;
    for it in &found.listed {
        let id = it.report.to_string();
        let cells =
            [&id, it.from.as_str(), it.to.as_str(), &it.rule, &it.rule_then, "", "", "", "", ""];
        table.write_record(cells).into_diagnostic()?;
    }
    for it in &found.listed_beside {
        let (id, unit) = (it.report.to_string(), it.unit.as_str());
        let (co, co_then) = (codes(&it.co), codes(&it.co_then));
        let cells = [&id, unit, unit, &it.rule, &it.rule_then, &co, &co_then, "", "", ""];
        table.write_record(cells).into_diagnostic()?;
    }
    for (queue, listed) in [("to", &found.listed_to_queue), ("from", &found.listed_from_queue)] {
        for it in listed {
            table.write_record(queued(it, queue)).into_diagnostic()?;
        }
    }
    table.into_inner().into_diagnostic()
}

fn queued(it: &Queued, queue: &str) -> [String; 10] {
    let (from, to) = (it.from.to_string(), it.to.to_string());
    let (rule, rule_then) = (it.rule.clone(), it.rule_then.clone());
    let sure = |confidence: f64| format!("{confidence:.4}");
    let (now, then) = (sure(it.confidence), sure(it.confidence_then));
    let none = String::new;
    [it.report.to_string(), from, to, rule, rule_then, none(), none(), queue.to_owned(), now, then]
}

/// Codes in one cell, as zones have them.
fn codes(units: &[UnitId]) -> String {
    units.iter().map(UnitId::as_str).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::ReportId;

    #[test]
    fn what_goes_to_the_queue_and_what_leaves_it_is_counted_and_listed() {
        let unit = |code| UnitId::new(code).unwrap();
        let queued = |n, to, confidence, confidence_then| Queued {
            report: ReportId(uuid::Uuid::from_u128(n)),
            from: unit("police"),
            to: unit(to),
            rule: "zone".to_owned(),
            rule_then: "a-rule".to_owned(),
            confidence,
            confidence_then,
        };
        let found = Rehearsal {
            reports: 9,
            to_queue: 1,
            from_queue: 2,
            listed_to_queue: vec![queued(1, "police", 1.0, 0.59)],
            listed_from_queue: vec![queued(2, "roads", 0.5, 1.0), queued(3, "police", 0.5, 0.9)],
            ..Rehearsal::default()
        };
        assert_eq!(
            told(&found, 30),
            "of 9 reports of the last 30 days 0 would have gone elsewhere\n\
             1 would have gone to the dispatcher's queue instead of to a unit\n\
             2 would have left the dispatcher's queue for a unit\n"
        );
        let written = String::from_utf8(table(&found).unwrap()).unwrap();
        let rows: Vec<&str> = written.lines().map(|row| row.split_once(',').unwrap().1).collect();
        assert_eq!(
            rows,
            [
                "from,to,rule,rule_then,co,co_then,queue,confidence,confidence_then",
                "police,police,zone,a-rule,,,to,1.0000,0.5900",
                "police,roads,zone,a-rule,,,from,0.5000,1.0000",
                "police,police,zone,a-rule,,,from,0.5000,0.9000",
            ]
        );
    }
}
