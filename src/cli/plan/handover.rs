//! What went from unit to unit with a plan, as it is printed and kept in files: written as it is read, so that a long list
//! needs no more room than a short one.

use std::fmt::Write as _;
use std::path::Path;

use miette::{IntoDiagnostic, WrapErr, miette};
use serde_json::json;

use crate::app::plans::handover::{List, Page, Whole, list};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::cli::plan::told::pretty;
use crate::cli::print::print;
use crate::cli::whole::Begun;
use crate::domain::accounts::Caller;
use crate::domain::id::ZoneId;
use crate::domain::incidents::docket::Docket;
use crate::domain::incidents::handover::Handed;
use crate::formats::nouns::handover::{header, lines};

type Row = (Handed, Option<Docket>);

/// Prints the list of a plan, or writes it into a file, .csv or .json.
pub(super) async fn told(
    app: &App,
    seat: &Seat,
    version: i64,
    output: Option<&Path>,
) -> miette::Result<()> {
    let (city, cli) = (&seat.city, &Caller::cli());
    let none = |refusal| match refusal {
        Refusal::NotFound => miette!("there is no plan {version}"),
        refusal => miette!("{refusal}"),
    };
    // How many they are is told first: a look for the counts alone.
    let counts = list(app, city, cli, version, &Page::default()).await.map_err(none)?;
    let mut whole = Whole::begin(app, city, cli, version, (None, None)).await.map_err(none)?;
    let atlas = seat.atlas().into_diagnostic()?;
    let catalogue = &atlas.city().catalogue;
    let Some(path) = output else {
        print(&head(&counts, version)?)?;
        while let Some(rows) = whole.next().await.into_diagnostic()? {
            print(&printed(&rows)?)?;
        }
        return Ok(());
    };
    let json = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("json"));
    let named = || path.display().to_string();
    let mut file = Begun::at(path).into_diagnostic().wrap_err_with(named)?;
    let (first, last) = if json { frame(&counts, version)? } else { (header(), Vec::new()) };
    file.add(&first).into_diagnostic().wrap_err_with(named)?;
    let mut begun = false;
    while let Some(rows) = whole.next().await.into_diagnostic()? {
        let piece = if json { items(&rows, begun)? } else { lines(&rows, catalogue) };
        begun = true;
        file.add(&piece).into_diagnostic().wrap_err_with(named)?;
    }
    let last = if json && begun { [&b"\n  "[..], &last].concat() } else { last };
    file.add(&last).into_diagnostic().wrap_err_with(named)?;
    file.finish().into_diagnostic().wrap_err_with(named)
}

fn head(counts: &List, version: i64) -> miette::Result<Vec<u8>> {
    let count: usize = counts.flows.iter().map(|(_, _, incidents)| incidents).sum();
    let more = if counts.done { "" } else { "; not all is handed over yet" };
    let mut text = format!("with plan {version} {count} incidents were handed over{more}\n");
    for (from, to, incidents) in &counts.flows {
        writeln!(text, "{incidents:>9}  {from} -> {to}").into_diagnostic()?;
    }
    Ok(text.into_bytes())
}

fn printed(rows: &[Row]) -> miette::Result<Vec<u8>> {
    let code = |zone: Option<&ZoneId>| zone.map_or("-".to_owned(), ToString::to_string);
    let mut text = String::new();
    for (it, docket) in rows {
        let stage = docket.as_ref().map_or("", |docket| docket.stage.code());
        let (from, to) = (code(it.from_zone.as_ref()), code(it.to_zone.as_ref()));
        let (incident, had, has) = (it.incident, &it.from, &it.to);
        writeln!(text, "{incident}  {had} -> {has}  zone {from} -> {to}  {stage}")
            .into_diagnostic()?;
    }
    Ok(text.into_bytes())
}

/// What stands before and behind the incidents in a JSON.
fn frame(counts: &List, version: i64) -> miette::Result<(Vec<u8>, Vec<u8>)> {
    let flows = counts
        .flows
        .iter()
        .map(|(from, to, incidents)| json!({ "from": from, "incidents": incidents, "to": to }));
    let text = pretty(&json!({
        "done": counts.done,
        "flows": flows.collect::<Vec<_>>(),
        "incidents": [],
        "version": version,
    }))?;
    let text = String::from_utf8(text).into_diagnostic()?;
    let (before, behind) = text
        .rsplit_once("\"incidents\": []")
        .ok_or_else(|| miette!("a list of no incidents cannot be written"))?;
    Ok((format!("{before}\"incidents\": [").into_bytes(), format!("]{behind}").into_bytes()))
}

/// Incidents of a JSON; `begun` when there are some before them.
fn items(rows: &[Row], begun: bool) -> miette::Result<Vec<u8>> {
    let mut text = String::new();
    for (n, (it, docket)) in rows.iter().enumerate() {
        let item = serde_json::to_string_pretty(&json!({
            "at": it.at.rfc3339(),
            "from": it.from,
            "from_zone": it.from_zone,
            "incident": it.incident,
            "stage": docket.as_ref().map(|docket| docket.stage.code()),
            "to": it.to,
            "to_zone": it.to_zone,
        }))
        .into_diagnostic()?;
        text.push_str(if begun || n > 0 { ",\n    " } else { "\n    " });
        text.push_str(&item.replace('\n', "\n    "));
    }
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{IncidentId, UnitId};
    use crate::domain::time::Instant;

    fn row(n: u128) -> Row {
        let unit = |code| UnitId::new(code).unwrap();
        let handed = Handed {
            plan: 4,
            incident: IncidentId(uuid::Uuid::from_u128(n)),
            revision: 5,
            from: unit("a"),
            to: unit("b"),
            from_zone: ZoneId::new("z").ok(),
            to_zone: None,
            at: Instant(0),
        };
        (handed, None)
    }

    #[test]
    fn a_list_in_pieces_is_the_json_that_it_would_be_at_once() {
        let (a, b) = (UnitId::new("a").unwrap(), UnitId::new("b").unwrap());
        let flows = vec![(a, b, 3)];
        let counts = List { done: true, flows, rows: Vec::new(), more: true };
        let written = |pieces: &[&[Row]]| {
            let (mut text, last) = frame(&counts, 4).unwrap();
            for (n, rows) in pieces.iter().enumerate() {
                text.extend(items(rows, n > 0).unwrap());
            }
            text.extend(if pieces.is_empty() { last } else { [&b"\n  "[..], &last].concat() });
            String::from_utf8(text).unwrap()
        };
        for pieces in [&[][..], &[&[row(1), row(2)][..], &[row(3)][..]][..]] {
            let text = written(pieces);
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(text.as_bytes(), pretty(&value).unwrap(), "as people read it");
            let listed = value["incidents"].as_array().unwrap().len();
            assert_eq!(listed, pieces.iter().map(|rows| rows.len()).sum::<usize>());
            assert_eq!(
                (&value["version"], &value["flows"][0]["incidents"]),
                (&json!(4), &json!(3))
            );
        }
    }
}
