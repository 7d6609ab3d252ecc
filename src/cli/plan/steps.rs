//! Steps of a draft that a command asks for: undo, locks, shares, words, verdicts.

use uuid::Uuid;

use crate::domain::drafts::state::Draft;
use crate::domain::drafts::step::Deed;
use crate::domain::id::{DraftId, KeyId, ZoneId};
use crate::geom::coord::{GridPoint, LonLat};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Step {
    /// Take back the last edit of a draft.
    #[command(after_help = "Example:
  zonewarden plan draft undo 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --dry-run")]
    Undo(TurnArgs),
    /// Do again what was taken back last.
    #[command(after_help = "Example:
  zonewarden plan draft redo 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01")]
    Redo(TurnArgs),
    /// Lock zones, whose areas no edit may change then: those named and no others.
    #[command(after_help = "Examples:
  zonewarden plan draft lock 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 Z01 Z02 --outline

With no zone and without --outline everything is unlocked.")]
    Lock {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// The zones, all of them; those locked before are so no more.
        #[arg(value_name = "ZONE", value_parser = ZoneId::new)]
        zones: Vec<ZoneId>,
        /// Lock the outline of all zones too: no ground is won or lost there.
        #[arg(long)]
        outline: bool,
    },
    /// Let the owners of keys edit a draft too: those named and no others.
    #[command(after_help = "Examples:
  zonewarden plan draft share 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 0123456789abcdef

`zonewarden key list` shows the keys. With none the draft is its owner's alone.")]
    Share {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// The keys' ids, all of them.
        #[arg(value_name = "KEY", value_parser = KeyId::new)]
        with: Vec<KeyId>,
    },
    /// Give a draft another name.
    #[command(after_help = "Example:
  zonewarden plan draft rename 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 'North bank, second try'")]
    Rename {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// What it is called.
        name: String,
        /// What it is for [default: as before]
        #[arg(long)]
        words: Option<String>,
    },
    /// Say something of a draft, or of a place in it.
    #[command(after_help = "Example:
  zonewarden plan draft comment 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 'Whose is the bridge?' --at 109.484,36.585")]
    Comment {
        /// The draft.
        #[arg(value_parser = draft_id)]
        draft: DraftId,
        /// What is said.
        words: String,
        /// Of which place: longitude and latitude in degrees, WGS84.
        #[arg(long, value_name = "LON,LAT", value_parser = place, allow_hyphen_values = true)]
        at: Option<GridPoint>,
    },
    /// Lay a draft before a second person.
    #[command(after_help = "Example:
  zonewarden plan draft propose 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --words 'Please look at the school'")]
    Propose(SayArgs),
    /// Approve a draft that somebody else has drawn.
    #[command(after_help = "Example:
  zonewarden plan draft approve 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01")]
    Approve(SayArgs),
    /// Send a draft that was proposed, approved or scheduled back to be drawn on.
    #[command(after_help = "Example:
  zonewarden plan draft refuse 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --words 'The school is cut in two'")]
    Refuse(SayArgs),
    /// Draw on a draft after all that was proposed, approved or scheduled.
    #[command(after_help = "Example:
  zonewarden plan draft withdraw 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01 --words 'One street was forgotten'")]
    Withdraw(SayArgs),
    /// Give a draft up.
    #[command(after_help = "Example:
  zonewarden plan draft drop 019a2f3c-7e5f-7c21-9d2a-5b6c7d8e9f01")]
    Drop(SayArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct TurnArgs {
    /// The draft.
    #[arg(value_parser = draft_id)]
    draft: DraftId,
    /// Only say what it would do.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct SayArgs {
    /// The draft.
    #[arg(value_parser = draft_id)]
    draft: DraftId,
    /// Why.
    #[arg(long, default_value = "")]
    words: String,
}

impl Step {
    /// Whose it is.
    pub(super) fn draft(&self) -> DraftId {
        match self {
            Self::Undo(turn) | Self::Redo(turn) => turn.draft,
            Self::Lock { draft, .. }
            | Self::Share { draft, .. }
            | Self::Rename { draft, .. }
            | Self::Comment { draft, .. } => *draft,
            Self::Propose(say)
            | Self::Approve(say)
            | Self::Refuse(say)
            | Self::Withdraw(say)
            | Self::Drop(say) => say.draft,
        }
    }

    /// Whether it is only looked at.
    pub(super) fn is_dry(&self) -> bool {
        matches!(self, Self::Undo(turn) | Self::Redo(turn) if turn.dry_run)
    }

    /// What it does with a draft as it is.
    pub(super) fn deed(&self, draft: &Draft) -> Deed {
        match self {
            Self::Undo(_) => Deed::Undo,
            Self::Redo(_) => Deed::Redo,
            Self::Lock { zones, outline, .. } => {
                Deed::Lock { zones: zones.iter().cloned().collect(), outline: *outline }
            }
            Self::Share { with, .. } => Deed::Share { with: with.iter().cloned().collect() },
            Self::Rename { name, words, .. } => {
                let words = words.clone().unwrap_or_else(|| draft.words.clone());
                Deed::Rename { name: name.clone(), words }
            }
            Self::Comment { words, at, .. } => Deed::Comment { words: words.clone(), place: *at },
            Self::Propose(say) => Deed::Propose { words: say.words.clone() },
            Self::Approve(say) => Deed::Approve { words: say.words.clone() },
            Self::Refuse(say) => Deed::Refuse { words: say.words.clone() },
            Self::Withdraw(say) => Deed::Withdraw { words: say.words.clone() },
            Self::Drop(say) => Deed::Drop { words: say.words.clone() },
        }
    }
}

pub(super) fn draft_id(text: &str) -> Result<DraftId, String> {
    let fault = "is no id of a draft; `zonewarden plan draft list` shows them";
    Uuid::parse_str(text).map(DraftId).map_err(|_| fault.to_owned())
}

fn place(text: &str) -> Result<GridPoint, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let pair = text.split_once(',').and_then(|(lon, lat)| Some((number(lon)?, number(lat)?)));
    let (lon, lat) = pair.ok_or("is no place; give longitude and latitude, as 109.484,36.585")?;
    LonLat::new(lon, lat).map(LonLat::grid).map_err(|fault| fault.to_string())
}
