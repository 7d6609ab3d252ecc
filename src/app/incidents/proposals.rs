//! Rules that corrections propose: found on request, set or dismissed by a planner, never by themselves.

use std::collections::BTreeMap;

use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::atlas::rule::Rule;
use crate::domain::change::Change;
use crate::domain::id::RuleId;
use crate::domain::incidents::docket::IncidentOrder;
use crate::domain::incidents::proposals::{
    Dismissal, Dismissed, Evidence, Least, Proposal, is_proposed, propose,
};
use crate::domain::text::{WORDS_CHARS_MAX, words};
use crate::domain::time::Instant;
use crate::store::{Basis, IncidentFilter, ROWS_MAX};

/// Most incidents looked at, the latest first.
pub const INCIDENTS_MAX: usize = 500_000;
/// Most of them that are looked at step by step, because another unit answers than the rules named.
const CORRECTED_MAX: usize = 20_000;
const DAY_US: i64 = 24 * 3_600 * 1_000_000;

/// How a proposal stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// Somebody may set it.
    Open,
    /// Somebody did not want it.
    Dismissed(Dismissed),
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// How many incidents said something.
    pub incidents: usize,
    /// The proposals, those with most corrections first.
    pub proposals: Vec<(Proposal, Standing)>,
    /// Rules in force that were proposals once.
    pub adopted: Vec<Rule>,
}

/// What the corrections of the last days propose.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not set rules; [`Refusal::NotReady`], [`Refusal::Unavailable`].
pub async fn list(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    days: u32,
    least: Least,
) -> Result<Found, Refusal> {
    must(caller, Operation::ListRuleProposals)?;
    let since = Instant(app.now().0.saturating_sub(i64::from(days) * DAY_US));
    let evidence = evidence(app, seat, since).await?;
    let incidents = evidence.len();
    let atlas = seat.atlas()?;
    let adopted: Vec<Rule> =
        atlas.rules().iter().filter(|rule| is_proposed(&rule.id)).cloned().collect();
    let found = tokio::task::spawn_blocking(move || propose(&atlas, &evidence, least))
        .await
        .map_err(|fault| Refusal::Inner(format!("nothing was proposed: {fault}")))?;
    let dismissed = app.store().dismissed(&seat.city).await?;
    let dismissed: BTreeMap<RuleId, Dismissed> =
        dismissed.into_iter().map(|it| (it.told.id.clone(), it)).collect();
    let open = found.into_iter().filter(|it| adopted.iter().all(|rule| rule.id != it.rule.id));
    let proposals = open.map(|proposal| {
        let standing = match dismissed.get(&proposal.rule.id) {
            Some(it) if it.told.holds(&proposal) => Standing::Dismissed(it.clone()),
            _ => Standing::Open,
        };
        (proposal, standing)
    });
    Ok(Found { incidents, proposals: proposals.collect(), adopted })
}

/// Dismisses a proposal for which so many corrections spoke: it comes back with twice as many.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not set rules; [`Refusal::Invalid`] for what is no proposal's code.
pub async fn dismiss(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    told: Dismissal,
) -> Result<Dismissal, Refusal> {
    must(caller, Operation::DismissRuleProposal)?;
    if !is_proposed(&told.id) {
        return Err(Refusal::fault("id", format!("{} is the code of no proposal", told.id)));
    }
    let words = words(&told.words, WORDS_CHARS_MAX)
        .map_err(|fault| Refusal::fault("words", fault.to_string()))?;
    let told = Dismissal { words, ..told };
    let changes = vec![Change::ProposalDismissed(told.clone())];
    app.commit(&seat.city, caller, Basis::default(), changes).await?;
    Ok(told)
}

/// What the incidents since then say of who is right.
async fn evidence(app: &App, seat: &Seat, since: Instant) -> Result<Vec<Evidence>, Refusal> {
    let filter = IncidentFilter { opened_from: Some(since), ..IncidentFilter::default() };
    let order = IncidentOrder::Newest;
    let (mut found, mut after, mut looked, mut corrected) = (Vec::new(), None, 0, 0);
    while looked < INCIDENTS_MAX {
        let page = app.store().incidents(&seat.city, &filter, order, after, ROWS_MAX).await?;
        after = page.last().map(|last| order.key(last));
        looked += page.len();
        for docket in &page {
            let elsewhere = docket.unit.as_ref().is_some_and(|it| *it != docket.matter.routed);
            let steps = if elsewhere && corrected < CORRECTED_MAX {
                corrected += 1;
                let whole = app.store().incident(&seat.city, docket.id).await?;
                whole.map_or_else(Vec::new, |(_, steps)| steps)
            } else {
                Vec::new()
            };
            found.extend(Evidence::of(docket, &steps));
        }
        if after.is_none() {
            break;
        }
    }
    Ok(found)
}
