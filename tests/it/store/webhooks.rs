//! Webhooks over every store: who may deliver, what is kept, what a restart leaves.

use zonewarden::domain::change::Change;
use zonewarden::domain::id::WebhookId;
use zonewarden::domain::time::Instant;
use zonewarden::domain::webhooks::delivery::{CLAIM_US, Delivery, Posted};
use zonewarden::domain::webhooks::webhook::{Former, Off, Topic, Webhook, Why};
use zonewarden::store::{Basis, CommitError, DeliveryFilter, Head, Store};

use super::made::{Dice, city, city_id, stamp};
use super::places::{all, block_on, durable};

impl Dice {
    pub(super) fn webhook_id(&mut self) -> WebhookId {
        WebhookId::new(&format!("w{}", self.below(4))).unwrap()
    }

    pub(super) fn webhook(&mut self, revision: u32) -> Webhook {
        let at = self.instant();
        Webhook {
            id: self.webhook_id(),
            unit: self.maybe().then(|| self.unit_id()),
            url: "https://example.org/?a='\"\\$1".to_owned(),
            topics: Topic::ALL.into_iter().filter(|_| self.maybe()).collect(),
            label: "值班 '".to_owned(),
            secret: format!("sealed.1.x.{}", self.next()),
            former: self.maybe().then(|| Former { secret: "sealed".to_owned(), until: at }),
            made_at: at,
            revision,
            off: self.maybe().then_some(Off { why: Why::Gone, at }),
        }
    }

    fn delivery(&mut self, webhook: &WebhookId, seq: i64) -> Delivery {
        Delivery {
            webhook: webhook.clone(),
            seq,
            attempts: 3,
            first_at: self.instant(),
            next_at: self.instant(),
            dead: self.maybe(),
            status: self.maybe().then_some(503),
            fault: "the answer was 503 '".to_owned(),
        }
    }

    /// What was posted for the webhook that `read_to` is of, with deliveries of a small range.
    pub(super) fn posted(&mut self, webhook: WebhookId, seen: i64) -> Posted {
        let seq = i64::try_from(self.below(6)).unwrap();
        let kept = (0..self.below(3)).map(|n| seq + i64::try_from(n).unwrap());
        let kept: Vec<i64> = kept.collect();
        Posted {
            holder: format!("p{}", self.below(2)),
            seen,
            at: self.instant(),
            read_to: seen + i64::try_from(self.below(2)).unwrap(),
            held_until: self.instant(),
            failing_since: self.maybe().then(|| self.instant()),
            kept: kept.into_iter().map(|seq| self.delivery(&webhook, seq)).collect(),
            done: self.maybe().then_some(seq + 3).into_iter().collect(),
            webhook,
        }
    }
}

async fn commit(store: &Store, changes: Vec<Change>) -> Result<Head, CommitError> {
    store.commit(stamp(1), Basis::default(), changes).await
}

/// A city with one webhook, which has read the journal to 0.
async fn made(store: &Store) -> Webhook {
    let webhook = Webhook { off: None, ..Dice(3).webhook(1) };
    commit(store, vec![Change::CitySet(city(&city_id()))]).await.unwrap();
    let change = Change::WebhookMade { webhook: webhook.clone(), read_to: 0 };
    commit(store, vec![change]).await.unwrap();
    webhook
}

fn claim(of: &Webhook, holder: &str, at: i64, until: i64) -> Posted {
    Posted {
        webhook: of.id.clone(),
        holder: holder.to_owned(),
        seen: 0,
        at: Instant(at),
        read_to: 0,
        held_until: Instant(until),
        failing_since: None,
        kept: Vec::new(),
        done: Vec::new(),
    }
}

#[test]
fn one_process_delivers_at_a_time_and_another_when_its_claim_has_ended() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            let of = made(&store).await;
            let claimed = async |holder: &str, at, until| {
                commit(&store, vec![Change::WebhookPosted(claim(&of, holder, at, until))]).await
            };
            assert!(claimed("a", 10, 20).await.is_ok(), "{}", place.name());
            let refused = claimed("b", 19, 40).await.unwrap_err();
            assert!(matches!(refused, CommitError::Conflict(_)), "{refused}");
            assert!(claimed("a", 15, 30).await.is_ok(), "its own claim is prolonged");
            assert!(claimed("b", 30, 40).await.is_ok(), "one that has ended is none");
            let late = Posted { read_to: 5, ..claim(&of, "a", 31, 50) };
            let refused = commit(&store, vec![Change::WebhookPosted(late)]).await.unwrap_err();
            assert!(refused.to_string().contains("another process"), "{refused}");
            let round = store.webhook(&city_id(), &of.id).await.unwrap().unwrap().round;
            assert_eq!((round.read_to, round.holder.as_str()), (0, "b"));
        }
    });
}

#[test]
fn what_a_clock_that_was_ahead_has_left_holds_nobody_up() {
    const DAY_US: i64 = 86_400_000_000;
    block_on(async {
        for place in all().await {
            let (store, name) = (place.open().await, place.name());
            let of = made(&store).await;
            let then = 400 * DAY_US;
            let next_at = Instant(then + 5_000_000);
            let kept = Delivery { dead: false, next_at, ..Dice(1).delivery(&of.id, 1) };
            let posted = Posted { kept: vec![kept], ..claim(&of, "a", then, then + CLAIM_US) };
            commit(&store, vec![Change::WebhookPosted(posted)]).await.unwrap();
            let due = async |at| {
                let filter = DeliveryFilter { dead: false, due: Some(Instant(at)) };
                store.deliveries(&city_id(), &of.id, filter, 0, 10).await.unwrap().len()
            };
            assert_eq!((due(then).await, due(then + 5_000_000).await), (0, 1), "{name}");
            assert_eq!((due(then - DAY_US).await, due(0).await), (0, 1), "{name}");
            let claimed = async |at| {
                let posted = claim(&of, "b", at, at + CLAIM_US);
                commit(&store, vec![Change::WebhookPosted(posted)]).await.is_ok()
            };
            assert!(!claimed(then).await, "{name}");
            // Two clocks are never quite the same: a claim of one that is a little ahead is one.
            assert!(!claimed(then - CLAIM_US).await, "{name}");
            assert!(claimed(then - DAY_US).await, "{name}");
        }
    });
}

#[test]
fn what_was_not_taken_is_there_after_a_restart_and_dead_letters_come_back() {
    block_on(async {
        for place in durable().await {
            let store = place.open().await;
            let of = made(&store).await;
            let mut dice = Dice(1);
            let kept = vec![
                Delivery { dead: false, next_at: Instant(50), ..dice.delivery(&of.id, 1) },
                Delivery { dead: true, ..dice.delivery(&of.id, 2) },
            ];
            let posted = Posted { read_to: 2, kept: kept.clone(), ..claim(&of, "a", 10, 20) };
            commit(&store, vec![Change::WebhookPosted(posted)]).await.unwrap();
            drop(store);
            let store = place.open().await;
            let found = async |dead, due: Option<i64>| {
                let filter = DeliveryFilter { dead, due: due.map(Instant) };
                store.deliveries(&city_id(), &of.id, filter, 0, 10).await.unwrap()
            };
            assert_eq!(found(false, None).await, [kept[0].clone()]);
            assert_eq!(found(false, Some(49)).await, []);
            assert_eq!(found(true, None).await, [kept[1].clone()]);
            let replay = |seqs| Change::DeliveriesReplayed {
                webhook: of.id.clone(),
                unit: None,
                seqs,
                at: Instant(60),
            };
            assert!(commit(&store, vec![replay(vec![2, 1])]).await.is_err(), "1 is not dead");
            commit(&store, vec![replay(vec![2])]).await.unwrap();
            let again = found(false, Some(60)).await;
            assert_eq!((again.len(), again[1].attempts, again[1].dead), (2, 0, false));
            let gone = Change::WebhookRemoved { webhook: of.id.clone(), unit: None };
            commit(&store, vec![gone]).await.unwrap();
            assert_eq!(found(false, None).await, []);
        }
    });
}

#[test]
fn a_webhook_is_changed_on_the_revision_that_was_looked_at() {
    block_on(async {
        for place in all().await {
            let store = place.open().await;
            let of = made(&store).await;
            let second = Webhook { revision: 2, label: "x".to_owned(), ..of.clone() };
            commit(&store, vec![Change::WebhookSet(second.clone())]).await.unwrap();
            let refused = commit(&store, vec![Change::WebhookSet(second.clone())]).await;
            assert!(refused.unwrap_err().to_string().contains("changed meanwhile"));
            assert_eq!(store.webhooks(&city_id()).await.unwrap()[0].webhook, second);
            let journal = store.journal(&city_id(), 1, 10).await.unwrap();
            for entry in journal {
                assert!(!format!("{entry:?}").contains("sealed"), "{entry:?}");
                assert!(!format!("{entry:?}").contains("example.org"), "{entry:?}");
            }
        }
    });
}
