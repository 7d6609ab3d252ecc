//! What becomes of the people behind reports: shown, forgotten, sealed anew.

use std::fmt;
use std::sync::Arc;

use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::{PictureId, ReportId};
use crate::domain::reports::person::{Person, SealedPerson};
use crate::domain::reports::public::masked;
use crate::domain::reports::report::{Further, Report};
use crate::domain::reports::traces::Traces;

/// Somebody was shown who stands behind reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleSeen {
    /// Behind which reports.
    pub reports: Vec<ReportId>,
    /// How: a look at one report, or an export on request.
    pub how: Look,
    /// The reason that was stated, without numbers and addresses.
    pub reason: String,
}

/// How somebody was shown who stands behind reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// One report's contact.
    Contact,
    /// All that is kept of a person.
    Export,
}

impl Look {
    /// The code in the journal.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Export => "export",
        }
    }
}

/// Why a person is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgetting {
    /// The city's time was over.
    Retention,
    /// On request.
    Request,
}

impl Forgetting {
    /// The code in the journal.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::Request => "request",
        }
    }
}

/// Reports whose person is forgotten. Each must have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleForgotten {
    /// Which reports, each once.
    pub reports: Vec<ReportId>,
    /// Why.
    pub why: Forgetting,
}

/// A person sealed anew, or for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSealed {
    /// Of which report.
    pub report: ReportId,
    /// As it is kept from now on.
    pub person: SealedPerson,
    /// How it was kept until now; when that has changed meanwhile, the change is refused.
    pub was: Was,
}

/// How a person was kept until now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Was {
    /// This sealed text.
    Sealed(String),
    /// In clear in the report, as before people were sealed. The report keeps these instead.
    Clear {
        /// The hash of the request, keyed.
        request_hash: String,
        /// What else was told, without what is personal.
        further: Further,
    },
}

/// A person that stands in clear in its report, as before people were sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct ClearPerson {
    /// Of which report.
    pub report: ReportId,
    /// Who.
    pub person: Person,
    /// SHA-256 of the request's body, hex.
    pub request_hash: String,
    /// What else was told.
    pub further: Further,
}

/// A report whose words were masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsMasked {
    /// Which report.
    pub report: ReportId,
    /// What stands there from now on.
    pub words: String,
    /// What else stands there from now on.
    pub further: Further,
}

impl WordsMasked {
    /// A report as [`masked`], [`Further::masked`] and the traces of those who are forgotten leave it; `None` when
    /// they take nothing out.
    #[must_use]
    pub fn of(report: &Report, traces: &Traces, catalogue: &Catalogue) -> Option<Self> {
        let words = traces.masked(&masked(&report.words));
        let further = report.further.masked(report.category.as_ref(), catalogue);
        let other = words != report.words || further != report.further;
        other.then_some(Self { report: report.id, words, further })
    }
}

/// A picture whose original was replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct PictureCleaned {
    /// Which picture.
    pub id: PictureId,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// The picture without what a camera wrote into it.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for PictureCleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureCleaned({}, {} bytes)", self.id, self.bytes.len())
    }
}
