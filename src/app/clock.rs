//! The only clock and the only dice.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::domain::id::{DraftId, PictureId, ReportId};
use crate::domain::time::Instant;

/// Tells the time; a test gives its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one clock there is")]
        Self(Arc::new(|| Instant(jiff::Timestamp::now().as_microsecond())))
    }

    /// A clock that a test moves.
    #[must_use]
    pub fn from_fn(tell: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// A new report's id: a UUID of version 7.
#[must_use]
pub fn report_id() -> ReportId {
    ReportId(Uuid::now_v7())
}

/// A new draft's id: a UUID of version 7.
#[must_use]
pub fn draft_id() -> DraftId {
    DraftId(Uuid::now_v7())
}

/// A code for what is made without one: a UUID of version 7.
#[must_use]
pub fn code() -> String {
    Uuid::now_v7().to_string()
}

/// A new picture's id: a UUID of version 7.
#[must_use]
pub fn picture_id() -> PictureId {
    PictureId::from(Uuid::now_v7())
}
