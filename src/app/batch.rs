//! Many reports at once, as machines send them: cameras, fences, buses, the hotline's own system.
//!
//! Each is for itself: a faulty one keeps none of the others out. What was filed before under the same
//! key is answered as it was then. They are filed in the order in which they happened, whatever the
//! order they come in, so that the first to tell of a matter is the one that opens it.

use std::collections::{BTreeMap, HashMap};

use crate::app::clock;
use crate::app::once::Once;
use crate::app::refusal::Refusal;
use crate::app::reports::{Filed, Telling, as_answered, checked};
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation};
use crate::domain::change::Change;
use crate::domain::id::ReportId;
use crate::domain::reports::report::{AssignedReport, Report};
use crate::domain::reports::routing::assign::assign;
use crate::store::{Basis, CommitError, ROWS_MAX, ReportFilter};

/// Most reports of one batch.
pub const BATCH_MAX: usize = 10_000;
/// Most reports of one commit.
const TOGETHER_MAX: usize = 5_000;
/// How often a commit is decided again.
const DECISIONS_MAX: u32 = 8;

/// What became of each, in the order given.
pub type Results = Vec<Result<Filed, Refusal>>;

/// Stores reports durably and assigns them. Pictures come one by one, not here.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not; [`Refusal::Invalid`] for too many; [`Refusal::NotReady`]. What
/// keeps one of them out stands in its place of the results; after [`Refusal::Unavailable`] there it is
/// not known whether it was filed: send it again with the same key.
pub async fn file_many(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    told: Vec<Result<(Telling, Once), Refusal>>,
) -> Result<Results, Refusal> {
    must(caller, Operation::FileReports)?;
    if told.len() > BATCH_MAX {
        let words = format!("{} reports, at most {BATCH_MAX} are taken at once", told.len());
        return Err(Refusal::fault("reports", words));
    }
    let now = app.now();
    let mut pile = Pile { app, seat, caller, results: BTreeMap::new() };
    let mut reports = Vec::with_capacity(told.len());
    let mut by_key: HashMap<String, usize> = HashMap::new();
    let mut repeats = Vec::new();
    for (at, one) in told.into_iter().enumerate() {
        let report = one.and_then(|(told, once)| checked(app, seat, caller, told, once, now));
        match report {
            Err(refusal) => pile.tell(at, Err(refusal)),
            Ok(report) => {
                let key = report.idempotency_key.clone();
                match key.and_then(|key| by_key.insert(key, at)) {
                    // The key stands in this very batch: the first one is filed, this is a repeat of it.
                    Some(first) => repeats.push((at, first, report)),
                    None => reports.push((at, report)),
                }
            }
        }
    }
    let hashes: BTreeMap<usize, String> =
        reports.iter().map(|(at, report)| (*at, report.request_hash.clone())).collect();
    reports.sort_by_key(|(at, report)| (report.happened_at, *at));
    // Ids rise with time, and the desk takes up along them: in the order in which it happened.
    for (_, report) in &mut reports {
        report.id = clock::report_id();
    }
    for together in reports.chunks(TOGETHER_MAX) {
        pile.file(together.to_vec()).await?;
    }
    for (at, first, report) in repeats {
        let same = hashes.get(&first) == Some(&report.request_hash);
        let result = match pile.results.get(&first) {
            Some(Ok(filed)) if same => Ok(Filed { filed: filed.filed.clone(), again: true }),
            Some(Err(refusal)) if same => Err(refusal.clone()),
            _ => Err(Refusal::KeyReused),
        };
        pile.tell(at, result);
    }
    Ok(pile.results.into_values().collect())
}

struct Pile<'a> {
    app: &'a App,
    seat: &'a Seat,
    caller: &'a Caller,
    results: BTreeMap<usize, Result<Filed, Refusal>>,
}

impl Pile<'_> {
    fn tell(&mut self, at: usize, result: Result<Filed, Refusal>) {
        self.results.insert(at, result);
    }

    /// One commit for all of them that were not filed before.
    async fn file(&mut self, mut reports: Vec<(usize, Report)>) -> Result<(), Refusal> {
        for _ in 0..DECISIONS_MAX {
            if reports.is_empty() {
                return Ok(());
            }
            let atlas = self.seat.atlas()?;
            let now = self.app.now();
            let filed: Vec<AssignedReport> = reports
                .iter()
                .map(|(_, report)| AssignedReport {
                    assignment: assign(&atlas, report, now),
                    report: report.clone(),
                })
                .collect();
            let basis = Basis { atlas_version: Some(atlas.version()) };
            let changes = filed.iter().cloned().map(|AssignedReport { report, assignment }| {
                Change::ReportFiled { report, assignment }
            });
            match self.app.commit(&self.seat.city, self.caller, basis, changes.collect()).await {
                Ok(_) => {
                    for ((at, _), filed) in reports.iter().zip(filed) {
                        self.tell(*at, Ok(Filed { filed, again: false }));
                    }
                    return Ok(());
                }
                Err(CommitError::Moved { .. }) => self.app.refresh_city(&self.seat.city).await?,
                // Some were filed before. Most batches have none: only now it is asked which.
                Err(CommitError::KeyUsed { .. }) => reports = self.known(reports).await?,
                Err(error) => return self.refuse(&reports, &error.into()),
            }
        }
        self.refuse(&reports, &Refusal::Moved)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the end of a decision, like the others")]
    fn refuse(&mut self, reports: &[(usize, Report)], why: &Refusal) -> Result<(), Refusal> {
        for (at, _) in reports {
            self.tell(*at, Err(why.clone()));
        }
        Ok(())
    }

    /// Tells those that were filed before under the same key; what is left was not.
    async fn known(
        &mut self,
        reports: Vec<(usize, Report)>,
    ) -> Result<Vec<(usize, Report)>, Refusal> {
        let keys: Vec<String> =
            reports.iter().filter_map(|(_, report)| report.idempotency_key.clone()).collect();
        if keys.is_empty() {
            return Ok(reports);
        }
        let (store, city) = (self.app.store(), &self.seat.city);
        let known = store.filed_under(city, &keys).await?;
        let ids = known.values().map(|(id, _)| *id).collect();
        let filter = ReportFilter { ids, ..ReportFilter::default() };
        let filed = if known.is_empty() {
            Vec::new()
        } else {
            store.reports(city, &filter, None, ROWS_MAX).await?
        };
        let mut answered: HashMap<ReportId, AssignedReport> = HashMap::with_capacity(filed.len());
        for it in filed {
            answered.insert(it.report.id, as_answered(self.app, self.seat, it).await?);
        }
        let mut fresh = Vec::with_capacity(reports.len());
        for (at, report) in reports {
            let earlier = report.idempotency_key.as_ref().and_then(|key| known.get(key));
            let result = match earlier.map(|(id, hash)| (hash, answered.get(id))) {
                None => {
                    fresh.push((at, report));
                    continue;
                }
                Some((hash, _)) if *hash != report.request_hash => Err(Refusal::KeyReused),
                Some((_, Some(filed))) => Ok(Filed { filed: filed.clone(), again: true }),
                Some((_, None)) => {
                    Err(Refusal::Conflict("it was filed before and is gone".to_owned()))
                }
            };
            self.tell(at, result);
        }
        Ok(fresh)
    }
}
