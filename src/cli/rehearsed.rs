//! What a dry run tells of past reports: counts, the largest flows, and all of them as a table.

use std::fmt::Write;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr};

use crate::cli::whole::write_whole;
use crate::domain::reports::rehearse::{LISTED_MAX, Rehearsal};

/// Most flows that are printed; the rest is counted.
const FLOWS_SHOWN: usize = 10;

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
    text
}

/// Writes the reports that would have gone elsewhere as a table.
///
/// # Errors
/// What keeps the file from being written.
pub fn write(found: &Rehearsal, path: &Path) -> miette::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["report", "from", "to", "rule", "rule_then"]).into_diagnostic()?;
    for it in &found.listed {
        let id = it.report.to_string();
        let cells = [&id, it.from.as_str(), it.to.as_str(), &it.rule, &it.rule_then];
        table.write_record(cells).into_diagnostic()?;
    }
    let bytes = table.into_inner().into_diagnostic()?;
    write_whole(path, &bytes).into_diagnostic().wrap_err(path.display().to_string())?;
    if found.elsewhere > LISTED_MAX as u64 {
        eprintln!("{}: the first {LISTED_MAX} of {}", path.display(), found.elsewhere);
    }
    Ok(())
}
