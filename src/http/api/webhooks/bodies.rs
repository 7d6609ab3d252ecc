//! How webhooks and deliveries stand in answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::webhooks::Issued;
use crate::app::webhooks::message::message_id;
use crate::domain::id::CityId;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Delivery;
use crate::domain::webhooks::webhook::Standing;

/// A webhook. Its secret is never shown again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookBody {
    /// Its id.
    pub id: String,
    /// Whose it is; null for the city's own, which tells of everything.
    #[schema(required = true)]
    pub unit: Option<String>,
    /// Where it goes.
    pub url: String,
    /// What it tells of: `report_filed`, `case_opened`, `case_moved`, `plan_published`; empty for all of them.
    pub topics: Vec<String>,
    /// What it is for.
    pub label: String,
    /// Whether it is on.
    pub enabled: bool,
    /// Why it is off: `asked`, `gone` (the receiver answered 410) or `silent` (it took nothing for five days).
    #[schema(required = true)]
    pub off_because: Option<String>,
    /// Since when it is off.
    #[schema(required = true)]
    pub off_since: Option<String>,
    /// When it was made.
    pub made_at: String,
    /// Until when the secret before the last rotation signs too.
    #[schema(required = true)]
    pub former_secret_until: Option<String>,
    /// The journal's number up to which it has told.
    pub read_to: i64,
    /// Since when the receiver has taken nothing.
    #[schema(required = true)]
    pub failing_since: Option<String>,
}

/// The webhooks that are the caller's business.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Webhooks)]
pub struct WebhooksBody {
    /// By id.
    pub webhooks: Vec<WebhookBody>,
}

/// A webhook and its secret, which is shown this once.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = IssuedWebhook)]
pub struct IssuedWebhookBody {
    /// The webhook.
    pub webhook: WebhookBody,
    /// The secret by the Standard Webhooks rules: `whsec_` and base64.
    pub secret: String,
}

/// An event that a receiver has not taken.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryBody {
    /// The event: its number in the journal.
    pub seq: i64,
    /// The message's `webhook-id`.
    pub message: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried first.
    pub first_at: String,
    /// When it is tried next; null for a dead letter.
    #[schema(required = true)]
    pub next_at: Option<String>,
    /// Whether it is tried no more.
    pub dead: bool,
    /// The status that was answered last.
    #[schema(required = true)]
    pub status: Option<u16>,
    /// What was wrong last.
    pub fault: String,
}

/// A page of deliveries.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Deliveries)]
pub struct DeliveriesBody {
    /// By their numbers.
    pub deliveries: Vec<DeliveryBody>,
    /// `after` of the next page.
    #[schema(required = true)]
    pub next: Option<i64>,
}

/// What is tried again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Replayed)]
pub struct ReplayedBody {
    /// How many dead letters.
    pub replayed: usize,
}

impl WebhookBody {
    /// As it stands.
    #[must_use]
    pub fn of(it: &Standing) -> Self {
        let Standing { webhook, round } = it;
        Self {
            id: webhook.id.to_string(),
            unit: webhook.unit.as_ref().map(ToString::to_string),
            url: webhook.url.clone(),
            topics: webhook.topics.iter().map(|topic| topic.code().to_owned()).collect(),
            label: webhook.label.clone(),
            enabled: webhook.off.is_none(),
            off_because: webhook.off.map(|off| off.why.code().to_owned()),
            off_since: webhook.off.map(|off| off.at.rfc3339()),
            made_at: webhook.made_at.rfc3339(),
            former_secret_until: webhook.former.as_ref().map(|former| former.until.rfc3339()),
            read_to: round.read_to,
            failing_since: round.failing_since.map(Instant::rfc3339),
        }
    }
}

impl IssuedWebhookBody {
    /// With its secret.
    #[must_use]
    pub fn of(it: &Issued) -> Self {
        Self { webhook: WebhookBody::of(&it.standing), secret: it.secret.clone() }
    }
}

impl DeliveryBody {
    /// As it stands.
    #[must_use]
    pub fn of(city: &CityId, it: &Delivery) -> Self {
        Self {
            seq: it.seq,
            message: message_id(city, &it.webhook, it.seq),
            attempts: it.attempts,
            first_at: it.first_at.rfc3339(),
            next_at: (!it.dead).then(|| it.next_at.rfc3339()),
            dead: it.dead,
            status: it.status,
            fault: it.fault.clone(),
        }
    }
}
