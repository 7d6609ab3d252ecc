//! `zonewarden plan diff`: what differs between two plans, two drafts, or a draft and a plan.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use miette::{IntoDiagnostic, miette};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::drafts::read;
use crate::app::state::{App, Seat};
use crate::app::transfer::plan_versions::{self, areas};
use crate::cli::plan::told;
use crate::cli::print::print;
use crate::domain::accounts::Caller;
use crate::domain::atlas::zone::Zone;
use crate::domain::id::DraftId;
use crate::domain::zoning::diff::differences;

/// A set of zones that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// A plan, by its version; 0 is the one before the first, which has none.
    Plan(i64),
    /// A draft as its edits leave it.
    Draft(DraftId),
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plan = text.parse().ok().filter(|version| *version >= 0).map(Self::Plan);
        let draft = || Uuid::parse_str(text).ok().map(|id| Self::Draft(DraftId(id)));
        plan.or_else(draft).ok_or_else(|| {
            "is neither a plan's version nor a draft's id; `zonewarden plan list` and \
             `zonewarden plan draft list` show them"
                .to_owned()
        })
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(version) => write!(f, "plan {version}"),
            Self::Draft(id) => write!(f, "draft {id}"),
        }
    }
}

impl Which {
    fn json(self) -> Value {
        match self {
            Self::Plan(version) => json!(version),
            Self::Draft(id) => json!(id.to_string()),
        }
    }
}

/// Tells what differs.
///
/// # Errors
/// For a plan or draft that there is not, in words.
pub(super) async fn diff(
    app: &App,
    seat: &Seat,
    (which, since): (Which, Option<Which>),
    as_json: bool,
) -> miette::Result<()> {
    let (after, before_it) = zones(app, seat, which).await?;
    let since = since.unwrap_or(Which::Plan(before_it));
    let (before, after) = (Arc::new(zones(app, seat, since).await?.0), Arc::new(after));
    let areas = areas(Arc::clone(&before), Arc::clone(&after)).await.into_diagnostic()?;
    let differ = differences(&before, &after);
    print(&if as_json {
        let told = json!({
            "areas": told::areas_json(&areas),
            "since": since.json(),
            "version": which.json(),
            "zones": told::zones_json(&differ),
        });
        told::pretty(&told)?
    } else {
        told::diff(&differ, &areas, &format!("{since} -> {which}"))?
    })
}

/// The zones, and the plan that they are compared with when none is named: the one before, or that a draft is drawn on.
async fn zones(app: &App, seat: &Seat, which: Which) -> miette::Result<(Vec<Zone>, i64)> {
    let caller = Caller::cli();
    match which {
        Which::Plan(0) => Ok((Vec::new(), 0)),
        Which::Plan(version) => {
            let found = plan_versions::whole(app, &seat.city, &caller, version).await;
            let whole = found.map_err(|_| miette!("there is no {which}"))?;
            Ok((whole.zones, version - 1))
        }
        Which::Draft(id) => {
            let found = read::zones(app, seat, &caller, id).await;
            let drawn = found.map_err(|_| miette!("there is no {which}"))?;
            Ok((drawn.zones, drawn.base))
        }
    }
}
