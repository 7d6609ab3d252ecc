//! What the commands about plans print.

use std::fmt::Write;

use geo_types::Geometry;
use miette::IntoDiagnostic;
use serde_json::{Value, json};

use crate::app::plans::reroute::{Ask, Outcome as Rerouted};
use crate::app::state::Seat;
use crate::app::transfer::import::Outcome;
use crate::app::transfer::plan_versions::Whole;
use crate::domain::atlas::history::Published;
use crate::domain::id::ZoneId;
use crate::domain::time::Instant;
use crate::domain::zoning::diff::{ChangedArea, Differs};
use crate::formats::geojson;

/// JSON for people, with a line's end.
pub(super) fn pretty(value: &Value) -> miette::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).into_diagnostic()?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn clock(seat: &Seat) -> miette::Result<impl Fn(Instant) -> String> {
    let atlas = seat.atlas().into_diagnostic()?;
    Ok(move |at: Instant| at.on_wall_clock(atlas.time_zone()))
}

pub(super) fn list(plans: &[Published], seat: &Seat) -> miette::Result<Vec<u8>> {
    let clock = clock(seat)?;
    let mut text = String::new();
    for it in plans {
        let to = it.effective_to.map_or("in force".to_owned(), &clock);
        let (version, zones, actor) = (it.plan.version, it.zones, it.actor.as_str());
        let (from, note) = (clock(it.plan.effective_from), it.plan.note.as_str());
        writeln!(text, "{version:>5}  {from}  {to:<25}  {zones:>5} zones  {actor}  {note}")
            .into_diagnostic()?;
    }
    Ok(text.into_bytes())
}

fn published(it: &Published) -> Value {
    json!({
        "actor": it.actor,
        "atlas_version": it.from_atlas,
        "effective_from": it.plan.effective_from.rfc3339(),
        "effective_to": it.effective_to.map(Instant::rfc3339),
        "note": it.plan.note,
        "version": it.plan.version,
        "zones": it.zones,
    })
}

pub(super) fn list_json(plans: &[Published]) -> miette::Result<Vec<u8>> {
    pretty(&plans.iter().map(published).collect())
}

pub(super) fn show(whole: &Whole, seat: &Seat) -> miette::Result<Vec<u8>> {
    let mut text =
        String::from_utf8(list(std::slice::from_ref(&whole.published), seat)?).into_diagnostic()?;
    for zone in &whole.zones {
        let beside: Vec<&str> = zone.co.iter().map(crate::domain::id::UnitId::as_str).collect();
        let beside =
            if beside.is_empty() { String::new() } else { format!(" ({})", beside.join(", ")) };
        let (id, names, lead) = (&zone.id, zone.names.any(), &zone.lead);
        writeln!(text, "{:>5}  {id}  {names}  {lead}{beside}", zone.number).into_diagnostic()?;
    }
    Ok(text.into_bytes())
}

fn code(zone: Option<&ZoneId>) -> &str {
    zone.map_or("-", ZoneId::as_str)
}

fn change(it: &Differs<'_>) -> &'static str {
    match (it.was, it.is) {
        (None, _) => "added",
        (_, None) => "removed",
        _ if it.redrawn() => "redrawn",
        _ if it.led_otherwise() => "led otherwise",
        _ => "changed",
    }
}

pub(super) fn diff(
    differ: &[Differs<'_>],
    areas: &[ChangedArea],
    between: &str,
) -> miette::Result<Vec<u8>> {
    let mut text = format!("{between}: {} zones differ\n", differ.len());
    for it in differ {
        let lead = match (it.was, it.is) {
            (Some(was), Some(is)) if was.lead != is.lead => {
                format!(", led by {}, no longer by {}", is.lead, was.lead)
            }
            _ => String::new(),
        };
        writeln!(text, "  {}  {}{lead}", it.id, change(it)).into_diagnostic()?;
    }
    for it in areas {
        let (from, to) = (code(it.from.as_ref()), code(it.to.as_ref()));
        writeln!(text, "{:>14.0} m²  {from} -> {to}", it.area_m2).into_diagnostic()?;
    }
    let whole: f64 = areas.iter().map(|it| it.area_m2).sum();
    writeln!(text, "{whole:>14.0} m²  in all").into_diagnostic()?;
    Ok(text.into_bytes())
}

pub(super) fn zones_json(differ: &[Differs<'_>]) -> Value {
    differ
        .iter()
        .map(|it| {
            json!({
                "change": change(it),
                "id": it.id,
                "lead": it.is.map(|zone| &zone.lead),
                "lead_before": it.was.map(|zone| &zone.lead),
            })
        })
        .collect()
}

pub(super) fn areas_json(areas: &[ChangedArea]) -> Value {
    areas
        .iter()
        .map(|it| {
            let text = geojson::geometry_text(&Geometry::MultiPolygon(it.area.clone()));
            let geometry: Value = serde_json::from_str(&text).unwrap_or_default();
            json!({ "area_m2": it.area_m2, "from": it.from, "geometry": geometry, "to": it.to })
        })
        .collect()
}

pub(super) fn restored(outcome: &Outcome, version: i64, dry: bool) -> miette::Result<Vec<u8>> {
    let tally = outcome.tally;
    let (added, changed, removed) = (tally.added, tally.changed, tally.removed);
    let zones = format!("{added} zones added, {changed} changed, {removed} removed");
    let mut text = String::new();
    match outcome.committed {
        Some(atlas) => {
            writeln!(text, "plan {version} was published again (atlas {atlas}): {zones}")
        }
        None if added + changed + removed == 0 => {
            writeln!(text, "the plan in force has the zones of plan {version}: nothing to do")
        }
        None if dry => writeln!(text, "plan {version} would be published again: {zones}"),
        None => writeln!(text, "nothing was written: {zones}"),
    }
    .into_diagnostic()?;
    for finding in &outcome.findings {
        writeln!(text, "{finding}").into_diagnostic()?;
    }
    Ok(text.into_bytes())
}

pub(super) fn rerouted(outcome: &Rerouted, ask: &Ask) -> miette::Result<Vec<u8>> {
    let (rerouted, looked_at) = (outcome.rerouted, outcome.looked_at);
    let verb = if ask.dry_run { "would be" } else { "were" };
    let mut text = format!(
        "plan {}: of {looked_at} reports near what changed hands {rerouted} {verb} routed anew\n",
        ask.plan
    );
    let mut flows: Vec<_> = outcome.flows.iter().collect();
    flows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for ((from, to), count) in flows {
        writeln!(text, "{count:>9}  {from} -> {to}").into_diagnostic()?;
    }
    Ok(text.into_bytes())
}
