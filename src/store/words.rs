//! The sentences of a [`Conflict`](crate::store::promise::CommitError::Conflict), the same from every store.

use std::fmt::Display;

use crate::domain::id::{DraftId, IncidentId, KeyId, ReportId, WebhookId};

/// An id that is in use.
pub(super) fn taken(what: &str, id: &dyn Display) -> String {
    format!("{what} {id} is there already")
}

/// A removal that names what is not there.
pub(super) fn not_all_there(what: &str, asked: usize) -> String {
    format!("not all of the {asked} {what} to be removed are there; nothing was removed")
}

/// A plan that does not follow the one before.
pub(super) fn plan_order(version: i64) -> String {
    format!("plan {version} does not follow the last one: versions are 1, 2, 3 …")
}

/// A key that cannot be revoked.
pub(super) fn no_key_in_force(key: &KeyId) -> String {
    format!("there is no key {key} in force")
}

/// What should change and is not there.
pub(super) fn not_there(what: &str, id: &dyn Display) -> String {
    format!("there is no {what} {id}")
}

/// People to be forgotten that are not all there.
pub(super) fn not_all_known(asked: usize) -> String {
    format!("not all of the {asked} reports have somebody to forget; nobody was forgotten")
}

/// A person that was forgotten or sealed anew meanwhile.
pub(super) fn person_moved(id: ReportId) -> String {
    format!("who stands behind report {id} was forgotten or sealed anew meanwhile")
}

/// A case that has gone on since it was looked at.
pub(super) fn case_moved(id: IncidentId) -> String {
    format!("incident {id} has gone on meanwhile")
}

/// A step that is not there.
pub(super) fn no_step(id: IncidentId, revision: u32) -> String {
    format!("incident {id} has no step {revision}")
}

/// A draft that has gone on since it was looked at.
pub(super) fn draft_moved(id: DraftId) -> String {
    format!("draft {id} has gone on meanwhile")
}

/// Cases of reports that are not there, or have one already.
pub(super) fn not_waiting(asked: usize) -> String {
    format!("not all of the {asked} reports wait for their incident; none was opened")
}

/// A webhook that is not there.
pub(super) fn no_webhook(id: &WebhookId) -> String {
    format!("there is no webhook {id}")
}

/// A webhook that has been changed since it was looked at.
pub(super) fn webhook_changed(id: &WebhookId) -> String {
    format!("webhook {id} has been changed meanwhile, or is gone")
}

/// A webhook that another process delivers.
pub(super) fn webhook_held(id: &WebhookId) -> String {
    format!("another process delivers for webhook {id}, or it is gone")
}

/// A delivery that is no dead letter.
pub(super) fn no_dead_letter(id: &WebhookId, seq: i64) -> String {
    format!("webhook {id} has no dead letter {seq}")
}

/// Links of a report that wait no more, or that another attempt has begun to follow.
pub(super) fn links_gone_on(id: ReportId) -> String {
    format!("the links of report {id} wait no more, or another process has begun to follow them")
}

/// A hand-over in which another process has come farther.
pub(super) fn handed_farther(plan: i64) -> String {
    format!("another process has come farther in handing over incidents with plan {plan}")
}

/// Reports that have got another assignment meanwhile.
pub(super) fn routed_meanwhile(asked: usize) -> String {
    format!("not all of the {asked} reports are still assigned as they were; none was routed anew")
}
