//! Webhooks in the store that forgets: what the promise says of them, in the fewest words.

use std::collections::BTreeMap;

use crate::domain::change::Change;
use crate::domain::id::WebhookId;
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::{Delivery, Posted, claims_end_by};
use crate::domain::webhooks::webhook::{Round, Standing};
use crate::store::promise::{DeliveryFilter, rows_at_most};
use crate::store::words;

/// The webhooks of one city.
#[derive(Clone, Default)]
pub(super) struct Mailroom {
    webhooks: BTreeMap<WebhookId, Standing>,
    deliveries: BTreeMap<(WebhookId, i64), Delivery>,
}

impl Mailroom {
    pub(super) fn all(&self) -> Vec<Standing> {
        self.webhooks.values().cloned().collect()
    }

    pub(super) fn one(&self, id: &WebhookId) -> Option<Standing> {
        self.webhooks.get(id).cloned()
    }

    pub(super) fn deliveries(
        &self,
        webhook: &WebhookId,
        filter: DeliveryFilter,
        after: i64,
        limit: u32,
    ) -> Vec<Delivery> {
        let wanted = self.deliveries.values().filter(|it| {
            it.webhook == *webhook
                && it.dead == filter.dead
                && filter.due.is_none_or(|due| it.is_due(due))
                && it.seq > after
        });
        wanted.take(rows_at_most(limit)).cloned().collect()
    }

    /// A change of webhooks; every other one is none of its business.
    pub(super) fn step(&mut self, change: &Change) -> Result<(), String> {
        match change {
            Change::WebhookMade { webhook, read_to } => {
                if self.webhooks.contains_key(&webhook.id) {
                    return Err(words::taken("webhook", &webhook.id));
                }
                let round = Round { read_to: *read_to, ..Round::default() };
                let standing = Standing { webhook: webhook.clone(), round };
                self.webhooks.insert(webhook.id.clone(), standing);
            }
            Change::WebhookSet(webhook) => match self.webhooks.get_mut(&webhook.id) {
                Some(held) if held.webhook.revision + 1 == webhook.revision => {
                    held.webhook = webhook.clone();
                    held.round.failing_since = None;
                }
                _ => return Err(words::webhook_changed(&webhook.id)),
            },
            Change::WebhookRemoved { webhook, .. } => {
                if self.webhooks.remove(webhook).is_none() {
                    return Err(words::no_webhook(webhook));
                }
                self.deliveries.retain(|(of, _), _| of != webhook);
            }
            Change::WebhookPosted(posted) => self.post(posted)?,
            Change::DeliveriesReplayed { webhook, seqs, at, .. } => {
                self.replay(webhook, seqs, *at)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn post(&mut self, it: &Posted) -> Result<(), String> {
        let held = self.webhooks.get_mut(&it.webhook).map(|standing| &mut standing.round);
        let free = |until: Instant| until <= it.at || until > claims_end_by(it.at);
        let round = held.filter(|round| {
            round.read_to == it.seen && (round.holder == it.holder || free(round.held_until))
        });
        let Some(round) = round else { return Err(words::webhook_held(&it.webhook)) };
        *round = Round {
            read_to: it.read_to,
            holder: it.holder.clone(),
            held_until: it.held_until,
            failing_since: it.failing_since,
        };
        for seq in &it.done {
            self.deliveries.remove(&(it.webhook.clone(), *seq));
        }
        for kept in &it.kept {
            self.deliveries.insert((it.webhook.clone(), kept.seq), kept.clone());
        }
        Ok(())
    }

    fn replay(&mut self, webhook: &WebhookId, seqs: &[i64], at: Instant) -> Result<(), String> {
        for seq in seqs {
            match self.deliveries.get_mut(&(webhook.clone(), *seq)) {
                Some(held) if held.dead => {
                    *held = Delivery { dead: false, attempts: 0, next_at: at, ..held.clone() };
                }
                _ => return Err(words::no_dead_letter(webhook, *seq)),
            }
        }
        Ok(())
    }
}
