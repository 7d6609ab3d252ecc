//! What a dry run tells of past reports: counts, the largest flows, and all of them as a table.

use std::fmt::Write;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::whole::write_whole;
use crate::domain::id::UnitId;
use crate::domain::reports::rehearse::{LISTED_MAX, Rehearsal};

/// Most flows that are printed; the rest is counted.
const FLOWS_SHOWN: usize = 10;
const HEADER: [&str; 7] = ["report", "from", "to", "rule", "rule_then", "co", "co_then"];

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
    text
}

/// Writes the reports that would have gone elsewhere as a table, and behind them those that would have gone to
/// the same unit with others beside it: of those alone `co` and `co_then` are told.
///
/// # Errors
/// What keeps the file from being written.
pub fn write(found: &Rehearsal, path: &Path) -> miette::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(HEADER).into_diagnostic()?;
    for it in &found.listed {
        let id = it.report.to_string();
        let cells = [&id, it.from.as_str(), it.to.as_str(), &it.rule, &it.rule_then, "", ""];
        table.write_record(cells).into_diagnostic()?;
    }
    for it in &found.listed_beside {
        let (id, unit) = (it.report.to_string(), it.unit.as_str());
        let (co, co_then) = (codes(&it.co), codes(&it.co_then));
        let cells = [&id, unit, unit, &it.rule, &it.rule_then, &co, &co_then];
        table.write_record(cells).into_diagnostic()?;
    }
    let bytes = table.into_inner().into_diagnostic()?;
    write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())?;
    for count in [found.elsewhere, found.others_beside] {
        if count > LISTED_MAX as u64 {
            eprintln!("{}: the first {LISTED_MAX} of {count}", path.display());
        }
    }
    Ok(())
}

/// Codes in one cell, as zones have them.
fn codes(units: &[UnitId]) -> String {
    units.iter().map(UnitId::as_str).collect::<Vec<_>>().join(";")
}
