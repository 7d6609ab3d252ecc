//! What `zonewarden plan draft review` prints for people: findings, figures, who moves.

use std::fmt::Write as _;

use crate::http::api::drafts::review::{
    FlowBody, MoverBody, ReviewBody, ReviewFindingBody, TallyBody, ZoneFiguresBody,
};

/// A review, part by part.
#[must_use]
pub(super) fn lines(it: &ReviewBody) -> String {
    let mut text = String::new();
    let may = if it.publishable { "may be published" } else { "cannot be published" };
    let (revision, plan) = (it.revision, it.plan_version);
    let _ = writeln!(text, "revision {revision} against plan {plan}: {may}");
    let _ = writeln!(text, "\n{} findings", it.findings.len());
    text.extend(it.findings.iter().map(finding));
    figures(it, &mut text);
    let _ = writeln!(text, "\n{} incidents and facilities would change hands", it.moving);
    text.extend(it.flows.iter().map(flow));
    if it.staying > 0 {
        let _ = writeln!(text, "{} incidents there would stay with whom they are", it.staying);
    }
    if !it.listed.is_empty() {
        text.push('\n');
        text.extend(it.listed.iter().map(mover));
    }
    let listed = u64::try_from(it.listed.len()).unwrap_or(u64::MAX);
    let more = (it.moving + it.staying).saturating_sub(listed);
    if more > 0 {
        let _ = writeln!(text, "{more} more are not listed; --listed says how many are");
    }
    text
}

fn finding(it: &ReviewFindingBody) -> String {
    let at = it.at.map_or_else(String::new, |[lon, lat]| format!(" (at {lon}, {lat})"));
    format!("  {:<7}  {}{at}\n", it.weight, it.words)
}

fn figures(it: &ReviewBody, text: &mut String) {
    let plan = &it.figures;
    let off = plan.deviation.map_or_else(String::new, |part| format!(", {} off", percent(part)));
    let _ = writeln!(
        text,
        "\n{} zones, {:.2} km², borders {:.1} km, Polsby-Popper {:.3}{off}",
        plan.zones,
        plan.area_m2 / 1e6,
        plan.cut_m / 1_000.0,
        plan.polsby_popper_mean
    );
    let _ = writeln!(text, "  {}", held(&plan.holds));
    text.extend(it.zones.iter().map(zone));
}

fn zone(it: &ZoneFiguresBody) -> String {
    let off = it.deviation.map_or_else(String::new, |part| format!("  {}", percent(part)));
    let seat = it.seat_m.map_or_else(String::new, |m| format!("  seat {m:.0} m"));
    format!(
        "  {}  {}  {:.3} km²  Polsby-Popper {:.3}{off}{seat}  {}\n",
        it.zone,
        it.lead,
        it.area_m2 / 1e6,
        it.polsby_popper,
        held(&it.holds)
    )
}

fn flow(it: &FlowBody) -> String {
    format!("  {} -> {}  {}\n", it.from, it.to, held(&it.moves))
}

fn mover(it: &MoverBody) -> String {
    let code = |zone: &Option<String>| zone.as_deref().unwrap_or("-").to_owned();
    let name = it.name_zh.as_deref().or(it.name_en.as_deref()).unwrap_or_default();
    let (zone, then) = (code(&it.zone), code(&it.zone_then));
    let goes = match (&it.stays, &it.lies_with) {
        (None, _) => format!("{} -> {}", it.from, it.to),
        (Some(why), Some(unit)) => format!("stays with {unit} ({why})"),
        (Some(why), None) => format!("stays ({why})"),
    };
    let line = format!("  {}  {}  {goes}  zone {zone} -> {then}  {name}", it.kind, it.id);
    format!("{}\n", line.trim_end())
}

/// What lies somewhere: facilities by kind, what there is none of is left out.
fn held(it: &TallyBody) -> String {
    let mut told = Vec::new();
    let counts = [("incidents", it.incidents), ("reports", it.reports)];
    told.extend(
        counts.iter().filter(|(_, count)| *count > 0).map(|(what, n)| format!("{what} {n}")),
    );
    told.extend(it.facilities.iter().map(|(kind, count)| format!("{kind} {count}")));
    if it.street_m > 0.0 {
        told.push(format!("streets {:.0} m", it.street_m));
    }
    if it.weight > 0.0 {
        told.push(format!("weight {:.0}", it.weight));
    }
    if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
}

fn percent(part: f64) -> String {
    format!("{:+.1} %", part * 100.0)
}
