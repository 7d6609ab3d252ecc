//! Delivery, in the background: follows the journal for every webhook, sends what it tells of, and tries again
//! what was not taken.
//!
//! The journal is the outbox: an event is in it when its change is, and nothing more is written at intake. A
//! webhook's place in it moves on when its event was taken, or has a row of its own as one that was not. So a
//! process that dies has lost nothing; what it sent last may be sent once more, under the same id. Each webhook
//! is a task of its own: one that is slow holds up no other. One whose receiver fails is tried one message at a
//! time, at growing distances, and what follows waits in the journal, not in rows.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio::time::Instant as Tick;

use crate::app::keyring::hex;
use crate::app::refusal::Refusal;
use crate::app::state::{App, Seat};
use crate::app::webhooks::message::{Message, Secret};
use crate::app::webhooks::secrets;
use crate::app::webhooks::sender::{Outcome, Sender};
use crate::domain::accounts::{Caller, Role};
use crate::domain::change::{Change, JournalEntry};
use crate::domain::id::{CityId, WebhookId};
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::{CLAIM_US, Delivery, Posted, SILENT_US};
use crate::domain::webhooks::webhook::{Off, Standing, Webhook, Why};
use crate::store::{Basis, CommitError, DeliveryFilter};

/// How often it is looked whether there is something to tell.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often webhooks are looked at although nothing was written: others may have changed them.
const LIST_EVERY: Duration = Duration::from_secs(2);
/// How often it is looked whether a message is due again.
const DUE_EVERY: Duration = Duration::from_secs(2);
/// How long a webhook is left alone of which nothing is due, or which another process delivers.
const REST: Duration = Duration::from_secs(20);
/// How long it waits for a store that has failed.
const PAUSE: Duration = Duration::from_secs(2);
/// Messages on their way to one receiver at the same time, while it takes them.
const WIDTH: u32 = 8;
/// After so many failures in a row a receiver is left alone for a while.
const STREAK_MAX: u32 = 3;
/// How long at first, and at most.
const ALONE_S: (u64, u64) = (5, 300);
/// A claim that ends sooner is prolonged before anything is sent.
const CLAIM_LEFT_US: i64 = 40_000_000;
/// Entries of the journal read at once.
const READ_MAX: u32 = 500;
/// Pages of the journal looked through in one look.
const PAGES_MAX: usize = 20;
/// So many entries that are not to be told are only remembered in this process; then their number is kept.
const BEHIND_MAX: i64 = 10_000;

/// Delivers.
#[derive(Clone)]
pub struct Courier {
    app: App,
    sender: Sender,
    /// How this process claims.
    holder: String,
}

/// What a process remembers of a webhook.
#[derive(Clone, Debug, Default)]
pub struct Memo {
    /// Up to here the journal holds nothing that it would have to tell.
    looked_to: i64,
    /// Failures in a row.
    streak: u32,
    /// When to look again for what is due.
    look_at: Option<Tick>,
    /// Until when the receiver is left alone.
    alone_until: Option<Tick>,
}

type Key = (CityId, WebhookId);

/// Who tells what was delivered.
fn courier() -> Caller {
    Caller { role: Role::Admin, unit: None, actor: "courier".to_owned() }
}

impl Courier {
    /// One for this process.
    ///
    /// # Errors
    /// Words, when the machine gives no random bytes.
    pub fn new(app: App, sender: Sender) -> Result<Self, String> {
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes).map_err(|fault| format!("no random bytes: {fault}"))?;
        Ok(Self { app, sender, holder: hex(&bytes) })
    }

    /// Delivers in every city, again and again; ends only when dropped.
    pub async fn keep_delivering(&self) {
        let mut memos: BTreeMap<Key, Memo> = BTreeMap::new();
        let mut under_way: JoinSet<(Key, Memo)> = JoinSet::new();
        let mut seen: BTreeMap<CityId, (i64, Tick)> = BTreeMap::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            while let Some(ended) = under_way.try_join_next() {
                match ended {
                    Ok((key, memo)) => {
                        memos.insert(key, memo);
                    }
                    // What it remembered is gone with it: it is begun anew when nothing is under way.
                    Err(fault) => tracing::error!(%fault, "a delivery broke off"),
                }
            }
            if under_way.is_empty() {
                memos.retain(|_, memo| memo.looked_to >= 0);
            }
            for city in self.app.cities() {
                let Ok(seat) = self.app.seat(Some(city.as_str())) else { continue };
                let told = *seat.journal().borrow();
                let fresh = |(at, when): &(i64, Tick)| *at == told && when.elapsed() < LIST_EVERY;
                if seen.get(&city).is_some_and(fresh) {
                    continue;
                }
                match self.look(&seat, &mut memos).await {
                    Ok(ready) => {
                        seen.insert(city.clone(), (told, Tick::now()));
                        for (key, mut memo) in ready {
                            let (this, seat) = (self.clone(), std::sync::Arc::clone(&seat));
                            under_way.spawn(async move {
                                this.rounds(&seat, &key.1, &mut memo).await;
                                (key, memo)
                            });
                        }
                    }
                    Err(refusal) => {
                        tracing::warn!(%city, fault = %refusal, "webhooks wait for the store");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Delivers all that is due and new in a city, once, whatever failed before.
    ///
    /// # Errors
    /// As [`Self::round`].
    pub async fn deliver_now(&self, seat: &Seat) -> Result<(), Refusal> {
        for it in self.app.store().webhooks(&seat.city).await? {
            let mut memo = Memo::default();
            while self.round(seat, &it.webhook.id, &mut memo).await? {}
        }
        Ok(())
    }

    /// Which webhooks have something to do now; they are taken out of what is remembered until they come back.
    async fn look(
        &self,
        seat: &Seat,
        memos: &mut BTreeMap<Key, Memo>,
    ) -> Result<Vec<(Key, Memo)>, Refusal> {
        let all = self.app.store().webhooks(&seat.city).await?;
        let now = Tick::now();
        let there = |id: &WebhookId| all.iter().any(|it| it.webhook.id == *id);
        memos.retain(|(city, id), _| *city != seat.city || there(id));
        let mut idle: Vec<(Key, Standing)> = Vec::new();
        for it in all.into_iter().filter(|it| it.webhook.off.is_none()) {
            let key = (seat.city.clone(), it.webhook.id.clone());
            let memo = memos.entry(key.clone()).or_default();
            // Under way, or left alone.
            if memo.looked_to < 0 || memo.alone_until.is_some_and(|until| until > now) {
                continue;
            }
            memo.looked_to = memo.looked_to.max(it.round.read_to);
            idle.push((key, it));
        }
        let mut busy: Vec<Key> = Vec::new();
        self.read_on(seat, memos, &mut idle, &mut busy).await?;
        for (key, it) in &idle {
            let memo = memos.entry(key.clone()).or_default();
            let due = memo.look_at.is_none_or(|at| at <= now);
            let behind = memo.looked_to - it.round.read_to > BEHIND_MAX;
            if due || behind {
                busy.push(key.clone());
            }
        }
        let mut ready = Vec::new();
        for key in busy {
            let Some(memo) = memos.get_mut(&key) else { continue };
            ready.push((key, memo.clone()));
            memo.looked_to = -1;
        }
        Ok(ready)
    }

    /// Reads the journal once for all: those of whom an entry is to be told go from `idle` to `busy`.
    async fn read_on(
        &self,
        seat: &Seat,
        memos: &mut BTreeMap<Key, Memo>,
        idle: &mut Vec<(Key, Standing)>,
        busy: &mut Vec<Key>,
    ) -> Result<(), Refusal> {
        let at = |memos: &BTreeMap<Key, Memo>, key: &Key| {
            memos.get(key).map_or(0, |memo| memo.looked_to)
        };
        for _ in 0..PAGES_MAX {
            // From where the last of them is: one that was far behind and is busy now holds up no other.
            let Some(mut from) = idle.iter().map(|(key, _)| at(memos, key)).min() else { break };
            let page = self.app.store().journal(&seat.city, from, READ_MAX).await?;
            let Some(last) = page.last() else { break };
            from = last.seq;
            idle.retain(|(key, it)| {
                let after = at(memos, key);
                let tells = page.iter().any(|entry| entry.seq > after && it.webhook.wants(entry));
                if tells {
                    busy.push(key.clone());
                } else if let Some(memo) = memos.get_mut(key) {
                    memo.looked_to = after.max(from);
                }
                !tells
            });
        }
        Ok(())
    }

    /// Delivers for one webhook until there is nothing more to do now.
    async fn rounds(&self, seat: &Seat, id: &WebhookId, memo: &mut Memo) {
        loop {
            match self.round(seat, id, memo).await {
                Ok(true) if memo.streak < STREAK_MAX => {}
                Ok(true) => {
                    memo.alone_until = Some(Tick::now() + alone(memo.streak));
                    return;
                }
                Ok(false) => return,
                Err(refusal) => {
                    memo.look_at = Some(Tick::now() + REST);
                    memo.alone_until = memo.look_at;
                    let (city, webhook) = (&seat.city, id);
                    tracing::warn!(%city, %webhook, fault = %refusal, "nothing was delivered");
                    return;
                }
            }
        }
    }

    /// One round: what is due again and what the journal tells, as much as goes at once. Whether there was
    /// something to do.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]; [`Refusal::Damaged`] when the secret does not open.
    pub async fn round(
        &self,
        seat: &Seat,
        id: &WebhookId,
        memo: &mut Memo,
    ) -> Result<bool, Refusal> {
        let store = self.app.store();
        let Some(it) = store.webhook(&seat.city, id).await? else { return Ok(false) };
        memo.looked_to = memo.looked_to.max(it.round.read_to);
        if it.webhook.off.is_some() {
            return Ok(false);
        }
        let width = if memo.streak > 0 { 1 } else { WIDTH };
        let due = DeliveryFilter { dead: false, due: Some(self.app.now()) };
        let again = store.deliveries(&seat.city, id, due, 0, width).await?;
        let left = (width as usize).saturating_sub(again.len());
        let (entries, read_to) = self.next(seat, &it, left).await?;
        if again.is_empty() && entries.is_empty() {
            memo.looked_to = memo.looked_to.max(read_to);
            if read_to - it.round.read_to > BEHIND_MAX {
                self.post(seat, &it, Vec::new(), read_to).await?;
            }
            let waits = DeliveryFilter { dead: false, due: None };
            let waits = !store.deliveries(&seat.city, id, waits, 0, 1).await?.is_empty();
            memo.look_at = Some(Tick::now() + if waits { DUE_EVERY } else { REST });
            return Ok(false);
        }
        let secrets = secrets(&self.app, &seat.city, &it.webhook)?;
        let left_us = it.round.held_until.0.saturating_sub(self.app.now().0);
        // One that ends too late was made before this clock was set back: others do not heed it.
        let holds = left_us > CLAIM_LEFT_US && left_us <= CLAIM_US;
        let is_ours = it.round.holder == self.holder && holds;
        if !is_ours && !self.post(seat, &it, Vec::new(), it.round.read_to).await? {
            memo.look_at = Some(Tick::now() + REST);
            memo.alone_until = memo.look_at;
            return Ok(false);
        }
        let mut told: Vec<(JournalEntry, Option<Delivery>)> = Vec::new();
        let mut lost = Vec::new();
        for kept in again {
            match store.journal(&seat.city, kept.seq - 1, 1).await?.pop() {
                Some(entry) if entry.seq == kept.seq => told.push((entry, Some(kept))),
                // The journal has forgotten it: there is nothing to tell any more.
                _ => lost.push(kept),
            }
        }
        told.extend(entries.into_iter().map(|entry| (entry, None)));
        let results = self.send(seat, &it.webhook, told, &secrets).await;
        let any_taken = results.iter().any(|(_, outcome)| *outcome == Outcome::Taken);
        let failed = results.iter().any(|(_, outcome)| *outcome != Outcome::Taken);
        memo.streak = match (failed, any_taken) {
            (true, false) => memo.streak.saturating_add(1),
            (true, true) => 1,
            (false, _) => 0,
        };
        let lost = lost.into_iter().map(|kept| (kept, Outcome::Taken));
        let results = results.into_iter().chain(lost).collect();
        self.post(seat, &it, results, read_to).await
    }

    /// The next entries to be told, and the number up to which all that is to be told is among them.
    async fn next(
        &self,
        seat: &Seat,
        it: &Standing,
        most: usize,
    ) -> Result<(Vec<JournalEntry>, i64), Refusal> {
        let mut found = Vec::new();
        let mut read_to = it.round.read_to;
        while found.len() < most {
            let page = self.app.store().journal(&seat.city, read_to, READ_MAX).await?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                if found.len() == most {
                    break;
                }
                read_to = entry.seq;
                if it.webhook.wants(&entry) {
                    found.push(entry);
                }
            }
        }
        Ok((found, read_to))
    }

    /// Sends all at once. Of each: what is known of it before, or would be kept first, and what became of it.
    async fn send(
        &self,
        seat: &Seat,
        webhook: &Webhook,
        told: Vec<(JournalEntry, Option<Delivery>)>,
        secrets: &[Secret],
    ) -> Vec<(Delivery, Outcome)> {
        let now = self.app.now();
        let sending = told.into_iter().map(|(entry, before)| async move {
            let message = Message::new(&seat.city, &webhook.id, &entry, secrets, now);
            let outcome = self.sender.send(&webhook.url, &message).await;
            let before = before.unwrap_or_else(|| Delivery {
                webhook: webhook.id.clone(),
                seq: entry.seq,
                attempts: 0,
                first_at: now,
                next_at: now,
                dead: false,
                status: None,
                fault: String::new(),
            });
            (before, outcome)
        });
        join_all(sending).await
    }

    /// Keeps what became of a round, or, of none, claims the webhook; whether nobody else has it.
    async fn post(
        &self,
        seat: &Seat,
        it: &Standing,
        results: Vec<(Delivery, Outcome)>,
        read_to: i64,
    ) -> Result<bool, Refusal> {
        let now = self.app.now();
        let mut posted = Posted {
            webhook: it.webhook.id.clone(),
            holder: self.holder.clone(),
            seen: it.round.read_to,
            at: now,
            read_to,
            held_until: Instant(now.0.saturating_add(CLAIM_US)),
            failing_since: it.round.failing_since,
            kept: Vec::new(),
            done: Vec::new(),
        };
        let (mut taken, mut off) = (false, None);
        for (before, outcome) in results {
            let why = match outcome {
                Outcome::Taken => {
                    taken = true;
                    posted.done.push(before.seq);
                    continue;
                }
                Outcome::Gone => {
                    off = Some(Off { why: Why::Gone, at: now });
                    (Some(410), "the receiver says that it is gone".to_owned())
                }
                Outcome::Failed { status, words } => (status, words),
            };
            let (webhook, seq) = (&before.webhook, before.seq);
            let dice = dice();
            posted.kept.push(Delivery::failed(webhook, seq, Some(&before), now, dice, why));
        }
        if taken {
            posted.failing_since = None;
        } else if !posted.kept.is_empty() {
            // Never later than now, also when the clock was set back.
            let since = posted.failing_since.map_or(now, |since| since.min(now));
            posted.failing_since = Some(since);
            if now.0.saturating_sub(since.0) > SILENT_US {
                off.get_or_insert(Off { why: Why::Silent, at: now });
            }
        }
        let mut changes = vec![Change::WebhookPosted(posted)];
        if let Some(off) = off {
            let (city, id) = (&seat.city, &it.webhook.id);
            tracing::warn!(%city, webhook = %id, why = off.why.code(), "a webhook is switched off");
            let revision = it.webhook.revision + 1;
            changes.push(Change::WebhookSet(Webhook {
                off: Some(off),
                revision,
                ..it.webhook.clone()
            }));
        }
        match self.app.commit(&seat.city, &courier(), Basis::default(), changes).await {
            Ok(_) => Ok(true),
            // Another process has it, or somebody has changed it: what was sent is sent again, under its id.
            Err(CommitError::Conflict(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// How long a receiver is left alone after so many failures in a row.
fn alone(streak: u32) -> Duration {
    let doubled = 1_u64 << streak.saturating_sub(STREAK_MAX).min(10);
    Duration::from_secs((ALONE_S.0 * doubled).min(ALONE_S.1))
}

fn dice() -> u32 {
    let mut bytes = [0_u8; 4];
    // Without dice what failed together comes back together, which is no harm to few.
    let _ = getrandom::fill(&mut bytes);
    u32::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_fails_is_left_alone_for_longer_and_longer() {
        let seconds = |streak| alone(streak).as_secs();
        assert_eq!([3, 4, 5, 9, 40].map(seconds), [5, 10, 20, 300, 300]);
    }
}
