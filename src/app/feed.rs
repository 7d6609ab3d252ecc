//! The journal as a live feed: nothing is lost between two connections, nothing comes twice.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::app::accounts;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat, must};
use crate::domain::accounts::{Caller, Operation, Role, Scope};
use crate::domain::change::JournalEntry;

/// Most entries read from the store at once.
const READ_MAX: u32 = 500;
/// How often it is looked whether the key of a reader who is told nothing still opens anything.
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// A reader's place in the journal.
pub struct Feed {
    app: App,
    seat: Arc<Seat>,
    caller: Caller,
    last: i64,
    told: watch::Receiver<i64>,
}

impl Feed {
    /// A feed of what follows `after`; `None`: of what follows now.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for a caller that may not read it; [`Refusal::Invalid`] for a number
    /// beyond the journal's end.
    pub async fn open(
        app: &App,
        seat: Arc<Seat>,
        caller: Caller,
        after: Option<i64>,
    ) -> Result<Self, Refusal> {
        must(&caller, Operation::StreamJournal)?;
        let told = seat.journal();
        let end = app.store().head(&seat.city).await?.map_or(0, |head| head.journal_seq);
        let last = after.unwrap_or(end);
        if !(0..=end).contains(&last) {
            return Err(Refusal::fault(
                "Last-Event-ID",
                format!("the journal has the numbers 1 to {end}; {last} is none of them"),
            ));
        }
        Ok(Self { app: app.clone(), seat, caller, last, told })
    }

    /// The last number read.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The next entries that the caller may see; waits until there are some.
    ///
    /// # Errors
    /// [`Refusal::BadKey`] when the caller's key has ended; [`Refusal::Unavailable`], ask again later.
    pub async fn next(&mut self) -> Result<Vec<JournalEntry>, Refusal> {
        loop {
            // Marked before the read, so that what is written meanwhile wakes us again.
            self.told.borrow_and_update();
            let read = self.app.store().journal(&self.seat.city, self.last, READ_MAX).await?;
            // Behind the read: what was written after a key has ended is not handed to its holder. Its end is
            // in the journal before everybody has forgotten the key.
            if read.iter().any(|entry| ends(&self.caller, entry)) {
                return Err(Refusal::BadKey);
            }
            self.check().await?;
            let Some(end) = read.last() else {
                if self.wait().await? {
                    continue;
                }
                return Ok(Vec::new());
            };
            self.last = end.seq;
            let seen: Vec<JournalEntry> =
                read.into_iter().filter(|entry| sees(&self.caller, entry)).collect();
            if !seen.is_empty() {
                return Ok(seen);
            }
        }
    }

    /// Waits until something is written; whether anything ever will be.
    async fn wait(&mut self) -> Result<bool, Refusal> {
        loop {
            match timeout(CHECK_EVERY, self.told.changed()).await {
                Ok(told) => return Ok(told.is_ok()),
                Err(_) => self.check().await?,
            }
        }
    }

    async fn check(&self) -> Result<(), Refusal> {
        accounts::still(&self.app, &self.seat.city, &self.caller).await
    }
}

/// Whether an entry says that the caller's key was revoked.
fn ends(caller: &Caller, entry: &JournalEntry) -> bool {
    entry.kind == "key_revoked" && entry.subject == caller.actor
}

/// Whether a caller may see an entry: keys, the delivery of webhooks, the following of links, and who looked at
/// or forgot whom are the admin's matter, drafts the planners', another unit's reports and webhooks are nobody else's.
fn sees(caller: &Caller, entry: &JournalEntry) -> bool {
    const ADMINS: [&str; 9] = [
        "key_",
        "webhook_",
        "deliveries_",
        "links_",
        "people_",
        "words_",
        "steps_masked",
        "pictures_cleaned",
        "answer_kept",
    ];
    match caller.scope() {
        Scope::Nothing => false,
        Scope::Unit(unit) => entry.concerns(&unit),
        Scope::Everything => {
            let admins = ADMINS.iter().any(|it| entry.kind.starts_with(it));
            let planners = entry.kind.starts_with("draft_") && caller.role != Role::Planner;
            !(admins || planners) || caller.role == Role::Admin
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::UnitId;
    use crate::domain::time::Instant;

    #[test]
    fn a_unit_sees_its_own_reports_and_no_keys() {
        let entry = |kind: &str, unit: &str| JournalEntry {
            seq: 1,
            at: Instant(0),
            actor: "public".to_owned(),
            kind: kind.to_owned(),
            subject: String::new(),
            facts: serde_json::json!({ "unit": unit }),
        };
        let unit = Caller {
            role: Role::Unit,
            unit: Some(UnitId::new("u1").unwrap()),
            actor: "k".to_owned(),
        };
        assert!(sees(&unit, &entry("report_filed", "u1")));
        assert!(!sees(&unit, &entry("report_filed", "u2")));
        let none = ["key_issued", "people_seen", "people_forgotten", "proposal_dismissed"];
        // A picture's entry names a report, which may be another unit's.
        for kind in none.into_iter().chain(["picture_kept", "a_kind_to_come"]) {
            assert!(!sees(&unit, &entry(kind, "u1")), "{kind}");
        }
        for kind in ["city_set", "rules_noted", "cases_timed", "reports_rerouted"] {
            assert!(sees(&unit, &entry(kind, "")), "{kind}");
        }
        assert!(sees(&Caller::cli(), &entry("picture_kept", "")));
        assert!(sees(&unit, &entry("case_moved", "u1")));
        assert!(!sees(&unit, &entry("case_moved", "u2")));
        let mut left = entry("case_moved", "u2");
        left.facts["left"] = serde_json::json!(["u1"]);
        assert!(sees(&unit, &left));
        assert!(sees(&unit, &entry("plan_published", "")));
        assert!(!sees(&unit, &entry("draft_moved", "u1")));
        let of_role = |role| Caller { role, ..Caller::cli() };
        assert!(!sees(&of_role(Role::Dispatcher), &entry("draft_opened", "")));
        for kind in ["words_masked", "words_done", "steps_masked", "answer_kept"] {
            assert!(!sees(&of_role(Role::Dispatcher), &entry(kind, "")), "{kind}");
            assert!(sees(&Caller::cli(), &entry(kind, "")), "{kind}");
        }
        assert!(sees(&of_role(Role::Planner), &entry("draft_opened", "")));
        assert!(!sees(&of_role(Role::Dispatcher), &entry("links_dropped", "")));
        assert!(sees(&Caller::cli(), &entry("links_followed", "")));
        assert!(!sees(&Caller::public(), &entry("report_filed", "u1")));
        assert!(sees(&Caller::cli(), &entry("key_issued", "u1")));
    }
}
