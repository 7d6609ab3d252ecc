//! The people behind reports: what may be done to them, and what is asked about them.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::change::Change;
use crate::domain::id::{PictureId, ReportId};
use crate::domain::reports::people::{PersonSealed, Was};
use crate::domain::reports::picture::Picture;
use crate::domain::reports::report::AssignedReport;
use crate::store::words;

pub(super) type Reports = BTreeMap<ReportId, AssignedReport>;
pub(super) type Pictures = BTreeMap<PictureId, Picture>;

/// Whether what is to be forgotten, sealed anew, masked or cleaned is there.
pub(super) fn follow(
    reports: &Reports,
    pictures: &Pictures,
    change: &Change,
) -> Result<(), String> {
    let person = |id: &ReportId| reports.get(id).and_then(|it| it.report.person.as_ref());
    let fault = match change {
        Change::PeopleForgotten(it) => {
            let nobody = it.reports.iter().any(|id| person(id).is_none());
            nobody.then(|| words::not_all_known(it.reports.len()))
        }
        Change::PeopleSealed(people) => {
            // In clear stands nobody here.
            let same = |it: &&PersonSealed| match (&it.was, person(&it.report)) {
                (Was::Sealed(before), Some(now)) => now.sealed == *before,
                _ => false,
            };
            people.iter().find(|it| !same(it)).map(|it| words::person_moved(it.report))
        }
        Change::WordsMasked(masked) => {
            let lost = masked.iter().find(|it| !reports.contains_key(&it.report));
            lost.map(|it| words::not_there("report", &it.report))
        }
        Change::PicturesCleaned(cleaned) => {
            let lost = cleaned.iter().find(|it| !pictures.contains_key(&it.id));
            lost.map(|it| words::not_there("picture", &it.id))
        }
        _ => None,
    };
    fault.map_or(Ok(()), Err)
}

/// Does what [`follow`] has admitted.
pub(super) fn apply(
    reports: &mut Reports,
    pictures: &mut Pictures,
    cleaned: &mut BTreeSet<PictureId>,
    change: &Change,
) {
    match change {
        Change::PeopleForgotten(it) => {
            for id in &it.reports {
                if let Some(found) = reports.get_mut(id) {
                    found.report.person = None;
                }
            }
        }
        Change::PeopleSealed(people) => {
            for it in people {
                if let Some(found) = reports.get_mut(&it.report) {
                    found.report.person = Some(Box::new(it.person.clone()));
                }
            }
        }
        Change::WordsMasked(masked) => {
            for it in masked {
                if let Some(found) = reports.get_mut(&it.report) {
                    found.report.words.clone_from(&it.words);
                    found.report.further.clone_from(&it.further);
                }
            }
        }
        Change::PicturesCleaned(those) => {
            for it in those {
                if let Some(found) = pictures.get_mut(&it.id) {
                    found.sha256.clone_from(&it.sha256);
                    found.bytes = it.bytes.clone();
                    cleaned.insert(it.id.clone());
                }
            }
        }
        _ => {}
    }
}
