//! Why a use case did nothing. The sentence and the status for people are made in one place above.

use crate::domain::drafts::refusal::Refusal as Undraftable;
use crate::domain::id::CityId;
use crate::domain::incidents::refusal::Refusal as Unlawful;
use crate::geom::coord::GridPoint;
use crate::store::{CommitError, StoreError};

/// One thing wrong with what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which parameter, field or row.
    pub place: String,
    /// What is wrong and what would be right.
    pub words: String,
    /// Where on the ground, of what has such a place.
    pub at: Option<GridPoint>,
}

impl Fault {
    /// A fault at `place`.
    #[must_use]
    pub fn new(place: impl Into<String>, words: impl Into<String>) -> Self {
        Self { place: place.into(), words: words.into(), at: None }
    }
}

/// Why a use case did nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No such city.
    #[error("there is no city `{given}`")]
    NoCity { given: String },
    /// Several cities, none named.
    #[error("this service holds several cities; name one of: {}", list(.cities))]
    WhichCity { cities: Vec<CityId> },
    /// The store was asked, and holds no city.
    #[error(
        "there is no city yet; import one, it is noticed by itself: `zonewarden import units FILE \
         --city CODE`, then its zones, with the same --database (`zonewarden sample --out DIR` makes \
         the files of a demonstration city)"
    )]
    NoCityYet,
    /// The first atlas of the city is not there yet.
    #[error("the city's atlas is not loaded yet")]
    NotReady,
    /// It does not exist, or the caller may not see it.
    #[error("there is nothing here, or nothing that your key opens")]
    NotFound,
    /// The key is unknown, wrong, expired or revoked.
    #[error("the API key opens nothing: it is unknown, wrong, expired or revoked")]
    BadKey,
    /// What was asked is faulty; every fault stands here.
    #[error("{}", words(.0))]
    Invalid(Vec<Fault>),
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used before, with another body")]
    KeyReused,
    /// Others changed the same again and again meanwhile.
    #[error("the city's atlas moved while this was decided; try again")]
    Moved,
    /// The change contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// Keys cannot be made or checked without a pepper.
    #[error("no pepper is configured, so API keys can be neither made nor checked; set `pepper`")]
    NoPepper,
    /// Who stands behind a report cannot be kept without a key to seal it under.
    #[error(
        "no contact keys are configured, so nothing that tells who reports (contact, account, device) \
         can be kept, and the report was not; send it without, or set `contact_keys`"
    )]
    NoContactKeys,
    /// Nobody stands behind the report, or it was forgotten who did.
    #[error("the report came without a contact, or it was forgotten when its time was over")]
    Nobody,
    /// Who stands behind a report cannot be opened.
    #[error("{0}")]
    Sealed(String),
    /// Too many at once.
    #[error("too many at once; try again shortly")]
    Busy,
    /// The store cannot be reached, is full, read-only or too busy.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// The store holds what cannot be read back.
    #[error("the store holds what cannot be read: {0}")]
    Damaged(String),
    /// The law of the workflow does not admit the step.
    #[error("{0}")]
    Case(Box<Unlawful>),
    /// The law of drafts does not admit the step.
    #[error("{0}")]
    Draft(Box<Undraftable>),
    /// A fault of ours.
    #[error("{0}")]
    Inner(String),
}

impl Refusal {
    /// One fault only.
    #[must_use]
    pub fn fault(place: impl Into<String>, words: impl Into<String>) -> Self {
        Self::Invalid(vec![Fault::new(place, words)])
    }
}

impl From<CommitError> for Refusal {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Moved { .. } => Self::Moved,
            CommitError::KeyUsed { .. } | CommitError::AnsweredBefore(_) => Self::KeyReused,
            CommitError::NoCity(city) => Self::NoCity { given: city.to_string() },
            CommitError::Conflict(words) => Self::Conflict(words),
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(words) => Self::Unavailable(words),
            StoreError::Damaged(words) => Self::Damaged(words),
        }
    }
}

fn list(cities: &[CityId]) -> String {
    cities.iter().map(CityId::as_str).collect::<Vec<_>>().join(", ")
}

fn words(faults: &[Fault]) -> String {
    faults.iter().map(|f| format!("{}: {}", f.place, f.words)).collect::<Vec<_>>().join("; ")
}
