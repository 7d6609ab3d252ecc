//! A webhook: who is told of what, at which address.

use crate::domain::id::{UnitId, WebhookId};
use crate::domain::time::Instant;

/// What a webhook tells of: the journal's name of the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A report came in and was routed.
    ReportFiled,
    /// A case was opened.
    CaseOpened,
    /// A case went on.
    CaseMoved,
    /// A plan came into force.
    PlanPublished,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 4] =
        [Self::ReportFiled, Self::CaseOpened, Self::CaseMoved, Self::PlanPublished];

    /// The code in tables and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ReportFiled => "report_filed",
            Self::CaseOpened => "case_opened",
            Self::CaseMoved => "case_moved",
            Self::PlanPublished => "plan_published",
        }
    }

    /// The topic with this code.
    ///
    /// # Errors
    /// Words that name those there are.
    pub fn from_code(code: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|topic| topic.code() == code).ok_or_else(|| {
            let codes = Self::ALL.map(Self::code).join(", ");
            let given: String = code.chars().take(40).flat_map(char::escape_debug).collect();
            format!("`{given}` is no event to be told of; these are: {codes}")
        })
    }
}

/// Why a webhook is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody asked for it.
    Asked,
    /// The receiver said that it is gone (410).
    Gone,
    /// The receiver has taken nothing for days.
    Silent,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Gone, Self::Silent];

    /// The code in tables and on the wire.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Gone => "gone",
            Self::Silent => "silent",
        }
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }
}

/// That a webhook is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Off {
    /// Why.
    pub why: Why,
    /// Since when.
    pub at: Instant,
}

/// The secret before the present one, which signs as well for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former {
    /// The secret, sealed.
    pub secret: String,
    /// Until when it signs.
    pub until: Instant,
}

/// A webhook as it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Made by the service.
    pub id: WebhookId,
    /// Whose it is, and what it may tell of; `None`: the city's own, which tells of everything.
    pub unit: Option<UnitId>,
    /// Where it goes.
    pub url: String,
    /// What it tells of; empty: everything there is.
    pub topics: Vec<Topic>,
    /// What it is for.
    pub label: String,
    /// The secret that signs, sealed.
    pub secret: String,
    /// The one before, while it signs too.
    pub former: Option<Former>,
    /// When it was made.
    pub made_at: Instant,
    /// 1, 2, 3 …: a change that was decided on another revision is refused.
    pub revision: u32,
    /// That it is switched off.
    pub off: Option<Off>,
}

impl Webhook {
    /// Whether it tells of events of this name.
    #[must_use]
    pub fn tells(&self, kind: &str) -> bool {
        match Topic::from_code(kind) {
            Ok(topic) => self.topics.is_empty() || self.topics.contains(&topic),
            Err(_) => false,
        }
    }
}

/// How far a webhook is, and which process is at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The journal's number up to which it has read.
    pub read_to: i64,
    /// Which process delivers; empty for none.
    pub holder: String,
    /// Until when nobody else may.
    pub held_until: Instant,
    /// Since when nothing was taken.
    pub failing_since: Option<Instant>,
}

/// A webhook and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As it was ordered.
    pub webhook: Webhook,
    /// How far it is.
    pub round: Round,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back_and_an_unknown_topic_is_told_with_those_there_are() {
        for topic in Topic::ALL {
            assert_eq!(Topic::from_code(topic.code()), Ok(topic));
        }
        for why in Why::ALL {
            assert_eq!(Why::from_code(why.code()), Some(why));
        }
        assert!(Topic::from_code("key_issued").unwrap_err().contains("case_moved"));
    }
}
