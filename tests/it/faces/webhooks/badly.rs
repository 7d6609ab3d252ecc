//! Receivers that behave badly, and addresses that must not be gone to.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zonewarden::app::webhooks::message::{Message, Secret};
use zonewarden::app::webhooks::sender::{Outcome, Sender};
use zonewarden::domain::accounts::Caller;
use zonewarden::domain::change::JournalEntry;
use zonewarden::domain::id::{CityId, WebhookId};
use zonewarden::domain::time;
use zonewarden::domain::webhooks::webhook::Topic;

use super::receiver::{CERTIFICATE, Manner, Receiver};
use super::{SECOND_US, courier, deliver, file, made, state, undelivered};
use crate::world::World;

const PATIENCE: Duration = Duration::from_millis(700);

fn message() -> Message {
    let entry = JournalEntry {
        seq: 1,
        at: time::Instant(0),
        actor: "x".to_owned(),
        kind: "case_moved".to_owned(),
        subject: String::new(),
        facts: json!({}),
    };
    let (city, webhook) = (CityId::new("c").unwrap(), WebhookId::new("w").unwrap());
    Message::new(&city, &webhook, &entry, &[Secret::make().unwrap()], time::Instant(0))
}

async fn sent(to: &Receiver) -> (Outcome, Duration) {
    let began = Instant::now();
    let outcome = Sender::new(true, Vec::new()).hurried(PATIENCE).send(&to.url, &message()).await;
    (outcome, began.elapsed())
}

fn words(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Failed { words, .. } => words,
        Outcome::Taken | Outcome::Gone => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn a_receiver_that_hangs_closes_or_never_ends_costs_one_message_s_time() {
    for (manner, says) in [
        (Manner::Hang, "no answer within"),
        (Manner::Close, "broke off"),
        (Manner::EndlessHead, "broke off"),
    ] {
        let to = Receiver::open(manner.clone()).await;
        let (outcome, took) = sent(&to).await;
        assert!(words(&outcome).contains(says), "{manner:?}: {outcome:?}");
        assert!(took < PATIENCE * 3, "{manner:?} took {took:?}");
    }
    // The head has said that it was taken; what follows is nobody's concern.
    let to = Receiver::open(Manner::Endless).await;
    let (outcome, took) = sent(&to).await;
    assert_eq!(outcome, Outcome::Taken);
    assert!(took < PATIENCE * 3, "took {took:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_only_2xx_is_taken() {
    let inner = Receiver::open(Manner::Status(200)).await;
    let to = Receiver::open(Manner::Redirect(inner.url.clone())).await;
    let (outcome, _) = sent(&to).await;
    assert!(words(&outcome).contains("not followed"), "{outcome:?}");
    assert_eq!(inner.connections.load(Ordering::SeqCst), 0);
    for (code, taken) in [
        (200, true),
        (204, true),
        (299, true),
        (304, false),
        (400, false),
        (404, false),
        (500, false),
    ] {
        let to = Receiver::open(Manner::Status(code)).await;
        assert_eq!(sent(&to).await.0 == Outcome::Taken, taken, "{code}");
    }
    let to = Receiver::open(Manner::Status(410)).await;
    assert_eq!(sent(&to).await.0, Outcome::Gone);
}

#[tokio::test]
async fn nobody_in_the_house_is_reached_unless_the_settings_allow_it() {
    let to = Receiver::open(Manner::Status(200)).await;
    let port = to.url.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let sender = Sender::new(false, Vec::new()).hurried(PATIENCE);
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]"] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            let outcome = sender.send(&url, &message()).await;
            assert!(matches!(outcome, Outcome::Failed { status: None, .. }), "{url}: {outcome:?}");
        }
    }
    assert_eq!(to.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_secure_receiver_is_told_only_when_its_certificate_is_trusted() {
    let to = Receiver::open_secure(Manner::Status(200)).await;
    let trusting = Sender::new(true, vec![CERTIFICATE.to_vec()]);
    assert_eq!(trusting.send(&to.url, &message()).await, Outcome::Taken);
    assert_eq!(to.take().len(), 1);
    let outcome = Sender::new(true, Vec::new()).send(&to.url, &message()).await;
    assert!(words(&outcome).contains("no secure connection"), "{outcome:?}");
    assert!(to.take().is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_switched_off_and_goes_on_where_it_was() {
    let world = World::new().await;
    let (courier, to) = (courier(&world), Receiver::open(Manner::Status(410)).await);
    let it = made(&world, &to, None, &[Topic::ReportFiled]).await;
    file(&world).await;
    deliver(&world, &courier).await;
    assert_eq!(to.take().len(), 1);
    let off = state(&world, &it).await;
    assert_eq!((&off["enabled"], &off["off_because"]), (&json!(false), &json!("gone")));
    file(&world).await;
    world.pass_us(3_600 * SECOND_US);
    deliver(&world, &courier).await;
    assert!(to.take().is_empty(), "off is off");
    to.behave(Manner::Status(200));
    let ask = super::webhooks::Alteration { enabled: Some(true), ..Default::default() };
    let seat = world.app.seat(None).unwrap();
    let id = &it.standing.webhook.id;
    super::webhooks::alter(&world.app, &seat, &Caller::cli(), id, ask).await.unwrap();
    deliver(&world, &courier).await;
    assert_eq!(to.take().len(), 2, "the one that was refused and the one that came meanwhile");
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_for_days_is_switched_off_and_says_so() {
    let world = World::new().await;
    let (courier, to) = (courier(&world), Receiver::open(Manner::Close).await);
    let it = made(&world, &to, None, &[Topic::ReportFiled]).await;
    file(&world).await;
    deliver(&world, &courier).await;
    world.pass_us(4 * 86_400 * SECOND_US);
    deliver(&world, &courier).await;
    assert_eq!(state(&world, &it).await["enabled"], true);
    world.pass_us(2 * 86_400 * SECOND_US);
    deliver(&world, &courier).await;
    let off = state(&world, &it).await;
    assert_eq!((&off["off_because"], &off["failing_since"]), (&json!("silent"), &Value::Null));
    assert_eq!(undelivered(&world, &it, false).await.len(), 1, "what was not taken is kept");
}

#[tokio::test]
async fn a_slow_receiver_holds_up_no_other() {
    let world = World::new().await;
    let slow = Receiver::open(Manner::Hang).await;
    let quick = Receiver::open(Manner::Status(200)).await;
    made(&world, &slow, None, &[Topic::ReportFiled]).await;
    made(&world, &quick, None, &[Topic::ReportFiled]).await;
    let sender = Sender::new(true, Vec::new());
    let courier =
        zonewarden::app::webhooks::courier::Courier::new(world.app.clone(), sender).unwrap();
    let running = tokio::spawn(async move { courier.keep_delivering().await });
    let began = Instant::now();
    let mut got = 0;
    for n in 1..=4 {
        file(&world).await;
        while got < n {
            assert!(began.elapsed() < Duration::from_secs(12), "{got} of {n} came");
            tokio::time::sleep(Duration::from_millis(20)).await;
            got += quick.take().len();
        }
    }
    assert!(slow.connections.load(Ordering::SeqCst) > 0, "the slow one was tried");
    running.abort();
}
