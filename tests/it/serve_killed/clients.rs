//! Who sends what, all at once, until the service is gone.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::Keys;
use super::serving::{Door, PATIENCE, Told};
use crate::store::made::Dice;
use crate::world::GIF;

/// Reports of one batch.
pub(super) const TOGETHER: usize = 20;
/// Steps that a client takes a case.
const STEPS: u64 = 4;
/// Drafts that are published in a round: each has a zone less.
const DRAFTS: u64 = 4;
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=bound";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A report in JSON.
    Report,
    /// One by Open311's form.
    Form,
    /// One with a picture.
    Picture,
    Batch,
    /// A step of an incident.
    Step,
    /// A draft that comes into force.
    Publish,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Report, Self::Form, Self::Picture, Self::Batch, Self::Step, Self::Publish];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Begun,
    Ended,
}

/// A request that may be sent again.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    pub(super) path: String,
    media: &'static str,
    /// The caller's API key; the public's has none.
    key: Option<String>,
    /// Its idempotency key, where the door takes one, and what it says: no other request has the same.
    pub(super) words: String,
    body: Vec<u8>,
}

/// One that was answered.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) sent: Sent,
    pub(super) told: Told,
}

impl Sent {
    pub(super) async fn to(&self, door: &Door) -> Result<Told, String> {
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}"));
        let mut headers = vec![("content-type", self.media), ("idempotency-key", &self.words)];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.with(door, &headers).await
    }

    async fn with(&self, door: &Door, headers: &[(&str, &str)]) -> Result<Told, String> {
        door.ask(("POST", &self.path), headers, self.body.clone()).await
    }
}

/// What the clients of a round share.
struct Ledger {
    done: Mutex<Vec<Done>>,
    /// What each client has sent and heard nothing of.
    open: Mutex<BTreeMap<u64, Sent>>,
    news: UnboundedSender<(Kind, Phase)>,
}

/// The clients of one process.
pub(super) struct Round {
    ledger: Arc<Ledger>,
    news: UnboundedReceiver<(Kind, Phase)>,
    tasks: Vec<JoinHandle<()>>,
}

impl Round {
    pub(super) fn begin(door: &Door, keys: &Keys, number: u64) -> Self {
        let (tell, news) = mpsc::unbounded_channel();
        let (done, open) = (Mutex::default(), Mutex::default());
        let ledger = Arc::new(Ledger { done, open, news: tell });
        let tasks = (0..9).map(|client| {
            let (door, keys, ledger) = (door.clone(), keys.clone(), Arc::clone(&ledger));
            let dice = Dice(number * 1_000 + client);
            let me = Client { door, keys, ledger, number: client, round: number, sent: 0, dice };
            tokio::spawn(async move {
                match client {
                    0 => me.file(Kind::Form).await,
                    1 | 2 => me.file(Kind::Picture).await,
                    3 | 4 => me.file(Kind::Batch).await,
                    5 => me.take_steps().await,
                    6 => me.publish().await,
                    _ => me.file(Kind::Report).await,
                }
            })
        });
        let tasks = tasks.collect();
        Self { ledger, news, tasks }
    }

    /// Waits for so many such events.
    pub(super) async fn until(&mut self, kind: Kind, phase: Phase, count: u64) {
        let seen = async {
            for _ in 0..count {
                while self.news.recv().await.is_some_and(|it| it != (kind, phase)) {}
            }
        };
        let words = format!("{count} times {kind:?} {phase:?} did not come within {PATIENCE:?}");
        timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("{words}"));
    }

    /// Waits for clients whose service is gone; what was answered, and what was sent and not answered.
    pub(super) async fn ended(self) -> (Vec<Done>, Vec<Sent>) {
        for task in self.tasks {
            timeout(PATIENCE, task).await.expect("a client ends with its service").unwrap();
        }
        let done = std::mem::take(&mut *self.ledger.done.lock().unwrap());
        let open = std::mem::take(&mut *self.ledger.open.lock().unwrap());
        (done, open.into_values().collect())
    }
}

struct Client {
    door: Door,
    keys: Keys,
    ledger: Arc<Ledger>,
    number: u64,
    round: u64,
    sent: u64,
    dice: Dice,
}

impl Client {
    /// Words that nobody else says.
    fn words(&mut self) -> String {
        self.sent += 1;
        format!("r{} c{} n{}", self.round, self.number, self.sent)
    }

    /// A place in the city.
    fn place(&mut self) -> (String, String) {
        let mut within = |from: u64, steps: u64| {
            let at = from + self.dice.below(steps);
            format!("{}.{:05}", at / 100_000, at % 100_000)
        };
        (within(10_946_500, 4_000), within(3_657_500, 2_000))
    }

    /// Sends it; `None` when the service is gone. What was refused as outdated is neither done nor open.
    async fn send(&self, sent: Sent) -> Option<Told> {
        let kind = sent.kind;
        self.ledger.open.lock().unwrap().insert(self.number, sent.clone());
        let _ = self.ledger.news.send((kind, Phase::Begun));
        let told = sent.to(&self.door).await.ok()?;
        self.ledger.open.lock().unwrap().remove(&self.number);
        let outdated = kind == Kind::Step && told.status == 409;
        if !outdated {
            assert!(matches!(told.status, 200 | 201), "{}: {told:?}", sent.path);
            self.ledger.done.lock().unwrap().push(Done { sent, told: told.clone() });
            let _ = self.ledger.news.send((kind, Phase::Ended));
        }
        Some(told)
    }

    async fn file(mut self, kind: Kind) {
        loop {
            let sent = match kind {
                Kind::Form => self.form(),
                Kind::Picture => self.picture(),
                Kind::Batch => self.batch(),
                _ => self.report("event.05.parking"),
            };
            if self.send(sent).await.is_none() {
                return;
            }
            // Not as fast as it can: the desk has to keep up, and all of it is read in the end.
            let most_ms = if kind == Kind::Batch { 400 } else { 30 };
            sleep(Duration::from_millis(self.dice.below(most_ms))).await;
        }
    }

    fn telling(&mut self, category: &str, words: &str) -> Value {
        let (lon, lat) = self.place();
        let number = |text: &str| text.parse::<f64>().unwrap();
        json!({ "lon": number(&lon), "lat": number(&lat), "category": category, "words": words,
                "source": "wechat", "accuracy_m": 5.0 })
    }

    fn report(&mut self, category: &str) -> Sent {
        let words = self.words();
        let mut body = self.telling(category, &words);
        body["contact"] = json!("somebody@example.org");
        let (path, body) = ("/api/v1/reports".to_owned(), body.to_string().into_bytes());
        Sent { kind: Kind::Report, path, media: JSON, key: None, words, body }
    }

    fn form(&mut self) -> Sent {
        let (words, (lon, lat)) = (self.words(), self.place());
        let said = words.replace(' ', "+");
        let body = format!("service_code=event.02&lat={lat}&long={lon}&description={said}");
        let path = "/open311/v2/requests.json".to_owned();
        Sent { kind: Kind::Form, path, media: FORM, key: None, words, body: body.into_bytes() }
    }

    fn picture(&mut self) -> Sent {
        let (words, (lon, lat)) = (self.words(), self.place());
        let fields = [
            ("service_code", "event.02"),
            ("lat", &lat),
            ("long", &lon),
            ("description", words.as_str()),
        ];
        let mut body = String::new();
        for (name, value) in fields {
            body += "--bound\r\nContent-Disposition: form-data; ";
            let _ = write!(body, "name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += "--bound\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.gif\"\r\n";
        let _ = write!(body, "Content-Type: image/gif\r\n\r\n{GIF}\r\n--bound--\r\n");
        let (path, body) = ("/open311/v2/requests.json".to_owned(), body.into_bytes());
        Sent { kind: Kind::Picture, path, media: MULTIPART, key: None, words, body }
    }

    fn batch(&mut self) -> Sent {
        let words = self.words();
        let one = |n| {
            let said = format!("{words} #{n}");
            let mut one = self.telling("event.01.litter", &said);
            one["key"] = json!(said);
            one
        };
        let all: Vec<Value> = (0..TOGETHER).map(one).collect();
        let (path, body) =
            ("/api/v1/reports/batch".to_owned(), Value::from(all).to_string().into_bytes());
        let key = Some(self.keys.dispatcher.clone());
        Sent { kind: Kind::Batch, path, media: JSON, key, words, body }
    }

    /// Files reports and goes on with their cases.
    async fn take_steps(mut self) {
        loop {
            let report = self.report("event.03");
            let Some(filed) = self.send(report).await else { return };
            let id = filed.json()["id"].as_str().unwrap().to_owned();
            let Some(mut revision) = self.opened(&id).await else { return };
            for _ in 0..STEPS {
                let words = self.words();
                let body = json!({ "act": "note", "revision": revision, "words": words });
                let (path, body) =
                    (format!("/api/v1/incidents/{id}/steps"), body.to_string().into_bytes());
                let key = Some(self.keys.dispatcher.clone());
                let step = Sent { kind: Kind::Step, path, media: JSON, key, words, body };
                let Some(told) = self.send(step).await else { return };
                // Another step came in between: the plan was changed, or a like matter stands behind this one.
                let next = if told.status == 409 { None } else { told.json()["revision"].as_u64() };
                let Some(next) = (match next {
                    Some(next) => Some(next),
                    None => self.opened(&id).await,
                }) else {
                    return;
                };
                revision = next;
            }
        }
    }

    /// The revision of a report's case, when the desk has opened it.
    async fn opened(&self, id: &str) -> Option<u64> {
        let path = format!("/api/v1/incidents/{id}");
        for _ in 0..400 {
            let told = self.door.get(&self.keys.dispatcher, &path).await.ok()?;
            if told.status == 200 {
                return told.json()["revision"].as_u64();
            }
            assert_eq!(told.status, 404, "{told:?}");
            sleep(Duration::from_millis(50)).await;
        }
        panic!("the desk opened no case of {id} within 20 s");
    }

    /// Publishes drafts of one zone less each.
    async fn publish(mut self) {
        for _ in 0..DRAFTS {
            if self.publish_one().await.is_none() {
                return;
            }
        }
    }

    async fn publish_one(&mut self) -> Option<()> {
        let words = self.words();
        let draft = self.draft("/api/v1/drafts", json!({ "name": words })).await?;
        let path = format!("/api/v1/drafts/{}", draft["id"].as_str().unwrap());
        let borders = self.door.get(&self.keys.planner, &format!("{path}/borders")).await.ok()?;
        let borders = borders.json()["borders"].as_array().unwrap().clone();
        let sides =
            |it: &Value| Some((it["left"].as_str()?.to_owned(), it["right"].as_str()?.to_owned()));
        let (into, from) = borders.iter().find_map(sides).unwrap();
        let edit = json!({ "kind": "merge", "into": into, "from": from });
        let edit = json!({ "act": "edit", "revision": draft["revision"], "edits": [edit] });
        let path = format!("{path}/steps");
        let edited = self.draft(&path, edit).await?;
        let revision = &edited["draft"]["revision"];
        let body = json!({ "act": "publish", "revision": revision, "note": words });
        let (body, key) = (body.to_string().into_bytes(), Some(self.keys.planner.clone()));
        let sent = Sent { kind: Kind::Publish, path, media: JSON, key, words, body };
        self.send(sent).await.map(drop)
    }

    /// A write of drafts that is not the publishing.
    async fn draft(&self, path: &str, body: Value) -> Option<Value> {
        let bearer = format!("Bearer {}", self.keys.planner);
        let headers = [("content-type", JSON), ("authorization", &bearer)];
        let told = self.door.ask(("POST", path), &headers, body.to_string().into_bytes()).await;
        let told = told.ok()?;
        assert!(matches!(told.status, 200 | 201), "{path}: {told:?}");
        Some(told.json())
    }
}
