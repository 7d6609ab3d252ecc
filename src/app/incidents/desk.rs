//! The desk: takes up the reports that wait, in the background and many together.
//!
//! Intake only files and assigns, so that it stays fast; what follows from a report is decided here
//! moments later. Several processes may do it at once: a report is taken up once, and who comes
//! second is told by the store and looks again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::app::incidents::board::Pencil;
use crate::app::incidents::{Shown, load};
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::domain::atlas::in_force::Atlas;
use crate::domain::change::Change;
use crate::domain::id::{CityId, IncidentId};
use crate::domain::incidents::case::Case;
use crate::domain::incidents::deadlines::Deadlines;
use crate::domain::incidents::desk::{SAME_MATTER, join, router, take_up};
use crate::domain::incidents::docket::{CaseMoved, Docket, Matter, incident_of};
use crate::domain::incidents::duplicates::nearby::Candidate;
use crate::domain::reports::rehearse::Told;
use crate::domain::reports::report::AssignedReport;
use crate::domain::reports::reroute::{Rerouted, Stored, reroute};
use crate::domain::reports::routing::assign::assign;
use crate::domain::time::Instant;
use crate::store::{Basis, CommitError};

/// Most reports taken up in one commit.
const TOGETHER_MAX: u32 = 500;
/// How often the same reports are tried together, before each is tried by itself.
const TRIES: usize = 3;
/// How often it is looked whether reports wait.
pub const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long it waits for a store that has failed.
const PAUSE: Duration = Duration::from_secs(2);

/// Takes up what waits in every city, again and again; ends only when dropped.
pub async fn keep_taking_up(app: &App) {
    let mut done: BTreeMap<CityId, i64> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for city in app.cities() {
            let Ok(seat) = app.seat(Some(city.as_str())) else { continue };
            // Nothing was written since the last look: nothing new waits.
            let told = *seat.journal().borrow();
            if done.get(&city) == Some(&told) {
                continue;
            }
            match take_up_all(app, &seat).await {
                Ok(_) => {
                    done.insert(city, told);
                }
                Err(Refusal::NotReady) => {}
                Err(refusal) => {
                    tracing::warn!(city = %city, fault = %refusal, "reports wait for the desk");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Takes up every report that waits in a city; how many those were.
///
/// # Errors
/// [`Refusal::NotReady`], [`Refusal::Unavailable`]; what was taken up until then is.
pub async fn take_up_all(app: &App, seat: &Seat) -> Result<usize, Refusal> {
    let mut taken = 0;
    loop {
        let waiting = app.store().waiting(&seat.city, TOGETHER_MAX).await?;
        if waiting.is_empty() {
            return Ok(taken);
        }
        let now_taken = take_up_these(app, seat, waiting).await?;
        taken += now_taken;
        if now_taken == 0 {
            // Others are at the same reports; the next look finds what they left.
            return Ok(taken);
        }
    }
}

/// Takes up what of these reports nobody else does; how many those were.
async fn take_up_these(
    app: &App,
    seat: &Seat,
    mut waiting: Vec<AssignedReport>,
) -> Result<usize, Refusal> {
    for _ in 0..TRIES {
        if together(app, seat, &waiting).await? {
            return Ok(waiting.len());
        }
        // Another took some of them up, or a case that they join has gone on, which is then read anew.
        waiting = still_waiting(app, seat, waiting).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
    }
    let mut taken = 0;
    for one in waiting.chunks(1) {
        taken += usize::from(together(app, seat, one).await?);
    }
    Ok(taken)
}

/// Those that have no incident by now.
async fn still_waiting(
    app: &App,
    seat: &Seat,
    mut waiting: Vec<AssignedReport>,
) -> Result<Vec<AssignedReport>, Refusal> {
    let ids: Vec<IncidentId> = waiting.iter().map(|it| incident_of(it.report.id)).collect();
    let opened = app.store().incidents_of(&seat.city, &ids).await?;
    let opened: BTreeSet<IncidentId> = opened.iter().map(|docket| docket.id).collect();
    waiting.retain(|it| !opened.contains(&incident_of(it.report.id)));
    Ok(waiting)
}

/// One commit for all; whether it went through.
async fn together(app: &App, seat: &Seat, waiting: &[AssignedReport]) -> Result<bool, Refusal> {
    let atlas = seat.atlas()?;
    let mut board = seat.board().await;
    board.catch_up(app.store(), &seat.city, app.now()).await?;
    let (rerouted, waiting) = up_to_date(&atlas, waiting, app.now());
    let (at, cases, shut) = (app.now(), BTreeMap::new(), BTreeSet::new());
    let mut pile = Pile { app, seat, atlas: &atlas, board: board.pencil(), at, cases, shut };
    for it in &waiting {
        pile.add(it).await?;
    }
    let (cases, pencil) = pile.done();
    let deadlines = Deadlines::of(&atlas);
    let mut changes: Vec<Change> = cases
        .into_values()
        .map(|it| {
            let due = deadlines.due(&it.case, it.matter.category.as_ref());
            Change::CaseMoved(CaseMoved::between(it.before.as_ref(), &it.case, it.matter, due))
        })
        .collect();
    if !rerouted.is_empty() {
        changes.push(Change::ReportsRerouted(rerouted));
    }
    let count = changes.len();
    // On the atlas that decided: no case goes to a unit by a plan that has ended, behind the hand-over's back.
    let basis = Basis { atlas_version: Some(atlas.version()) };
    match app.commit(&seat.city, &router(), basis, changes).await {
        Ok(head) => {
            pencil.wrote(head, count);
            Ok(true)
        }
        Err(CommitError::Conflict(_)) => Ok(false),
        Err(CommitError::Moved { .. }) => {
            drop(pencil);
            drop(board);
            app.refresh_city(&seat.city).await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The reports as the plan in force assigns them: those that were filed under another one are routed anew,
/// and get a further assignment where that names somebody else.
fn up_to_date(
    atlas: &Atlas,
    waiting: &[AssignedReport],
    now: Instant,
) -> (Vec<Rerouted>, Vec<AssignedReport>) {
    let mut rerouted = Vec::new();
    let current = waiting.iter().map(|it| {
        let filed = &it.assignment;
        if filed.plan_version == atlas.plan().version {
            return it.clone();
        }
        let again = assign(atlas, &it.report, now);
        if (&again.unit, &again.zone, &again.co) == (&filed.unit, &filed.zone, &filed.co) {
            return it.clone();
        }
        let stored = Stored {
            told: Told::of(&it.report),
            turn: filed.turn,
            unit: filed.unit.clone(),
            co: filed.co.clone(),
        };
        let again = reroute(atlas, &stored, now);
        let assignment = again.to.clone();
        rerouted.push(again);
        AssignedReport { report: it.report.clone(), assignment }
    });
    let current = current.collect();
    (rerouted, current)
}

/// Cases that one commit opens or goes on with.
struct Pile<'a> {
    app: &'a App,
    seat: &'a Seat,
    atlas: &'a Atlas,
    board: Pencil<'a>,
    at: Instant,
    cases: BTreeMap<IncidentId, Held>,
    /// Open cases that take no report in: they are full.
    shut: BTreeSet<IncidentId>,
}

struct Held {
    before: Option<Docket>,
    case: Case,
    matter: Matter,
}

impl<'a> Pile<'a> {
    fn done(self) -> (BTreeMap<IncidentId, Held>, Pencil<'a>) {
        (self.cases, self.board)
    }

    async fn add(&mut self, it: &AssignedReport) -> Result<(), Refusal> {
        let matter = Matter::of(&it.report, &it.assignment);
        if !it.assignment.for_dispatcher && self.join(it, &matter).await? {
            return Ok(());
        }
        let case = take_up(&it.report, &it.assignment, self.at)
            .map_err(|fault| Refusal::Inner(format!("report {}: {fault}", it.report.id)))?;
        self.board.insert(matter.spot(case.state().id));
        self.cases.insert(case.state().id, Held { before: None, case, matter });
        Ok(())
    }

    /// Puts a report behind the best open incident of the same matter that takes it in, where there is one.
    /// What a full one had to turn away has opened another, which lies behind it in the list.
    async fn join(&mut self, it: &AssignedReport, matter: &Matter) -> Result<bool, Refusal> {
        let asked = matter.spot(incident_of(it.report.id));
        let found = self.board.candidates(&asked, &self.atlas.city().reaches);
        for like in found.iter().take_while(|like| like.score > SAME_MATTER) {
            if self.shut.contains(&like.incident) {
                continue;
            }
            if self.put_behind(it, matter, like).await? {
                return Ok(true);
            }
            self.shut.insert(like.incident);
        }
        Ok(false)
    }

    /// Whether the incident took the report in.
    async fn put_behind(
        &mut self,
        it: &AssignedReport,
        matter: &Matter,
        like: &Candidate,
    ) -> Result<bool, Refusal> {
        let looked_up;
        let whole = if let Some(held) = self.cases.get(&like.incident) {
            held
        } else {
            let found = match load(self.app, self.seat, like.incident).await {
                // A case that cannot be read must not keep others from being opened.
                Err(Refusal::NotFound | Refusal::Damaged(_)) => return Ok(false),
                found => found?,
            };
            let Shown { docket, case } = found;
            looked_up = Held { matter: docket.matter.clone(), before: Some(docket), case };
            &looked_up
        };
        // A case that is full, or that nothing can be added to any more, takes none in.
        let Ok((part, case)) = join(&it.report, &whole.case, like, self.at) else {
            return Ok(false);
        };
        let (before, of_whole) = (whole.before.clone(), whole.matter.clone());
        self.cases.insert(like.incident, Held { before, case, matter: of_whole });
        let part = Held { before: None, case: part, matter: matter.clone() };
        self.cases.insert(incident_of(it.report.id), part);
        Ok(true)
    }
}
