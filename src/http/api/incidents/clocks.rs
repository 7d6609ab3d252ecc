//! The clocks of an incident on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::clocks::clock::Reading;
use crate::domain::incidents::timing::TimingReading;
use crate::domain::time::Instant;

/// How a clock stands.
#[derive(Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Clock)]
pub struct ClockBody {
    /// `whole` for the whole case, or what its stage waits for: `verify`, `file`, `dispatch`, `handle`,
    /// `check` or `close`.
    #[schema(example = "handle")]
    pub of: String,
    /// `running`, `suspended` or `stopped`.
    pub state: String,
    /// `green`, from 80 % of the limit `yellow`, after the deadline `red`.
    #[schema(example = "green")]
    pub light: String,
    /// The deadline, passed or to come; of a paused clock the one it has when its pause ends by itself.
    #[schema(required = true)]
    pub due_at: Option<String>,
    /// The limit with its extensions, in minutes of its kind.
    pub limit_min: i64,
    /// How much of it is used, in minutes of its kind.
    pub used_min: i64,
}

impl ClockBody {
    /// The clocks that there are, the whole case's first.
    pub(super) fn all(reading: &TimingReading) -> Vec<Self> {
        let whole = reading.whole.iter().map(|reading| Self::of("whole", reading));
        let stage = reading.stage.iter().map(|(awaited, it)| Self::of(awaited.code(), it));
        whole.chain(stage).collect()
    }

    fn of(of: &str, reading: &Reading) -> Self {
        const MINUTE_US: i64 = 60_000_000;
        Self {
            of: of.to_owned(),
            state: reading.state.code().to_owned(),
            light: reading.light.code().to_owned(),
            due_at: reading.due.map(Instant::rfc3339),
            limit_min: reading.limit_us / MINUTE_US,
            used_min: reading.used_us / MINUTE_US,
        }
    }
}
