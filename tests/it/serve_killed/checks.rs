//! What must hold of a store whose service was killed, and of the next service over it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use zonewarden::domain::id::{CityId, IncidentId, ReportId};
use zonewarden::domain::incidents::case::Case;
use zonewarden::domain::incidents::docket::{Docket, Due};
use zonewarden::store::open::{Migrate, Place, open};
use zonewarden::store::{ReportFilter, ReportKey, Store};

use super::Keys;
use super::clients::{Done, Kind, Sent, TOGETHER};
use super::serving::Door;
pub(super) use crate::store::killed::alone;
use crate::world::{GIF, demonstration};

/// How many answers of a kind are asked for again.
const ASKED_AGAIN: usize = 15;

/// What was answered is in the store, once, and nothing is half.
pub(super) async fn whole(place: &Place, all: &[Done]) {
    let store = open(place, Migrate::Require).await.unwrap();
    let city = demonstration().city.id;
    let by_words = reports(&store, &city).await;
    let mut batches: BTreeMap<&str, usize> = BTreeMap::new();
    for words in by_words.keys() {
        if let Some((batch, _)) = words.split_once(" #") {
            *batches.entry(batch).or_default() += 1;
        }
    }
    let half: Vec<_> = batches.iter().filter(|(_, count)| **count != TOGETHER).collect();
    assert!(half.is_empty(), "half a batch: {half:?}");
    for Done { sent, told } in all {
        match sent.kind {
            Kind::Report | Kind::Form | Kind::Picture => {
                let id = by_words.get(&sent.words);
                assert_eq!(id, Some(&id_in(sent, &told.json())), "{} is lost", sent.words);
            }
            Kind::Batch => assert_eq!(batches.get(sent.words.as_str()), Some(&TOGETHER)),
            Kind::Step | Kind::Publish => {}
        }
        if sent.kind == Kind::Picture {
            let pictures = store.pictures_of(&city, by_words[&sent.words]).await.unwrap();
            assert_eq!(pictures, 1, "of {}", sent.words);
        }
    }
    let ids: BTreeSet<ReportId> = by_words.into_values().collect();
    journal(&store, &city, &ids).await;
    cases(&store, &city, &ids, all).await;
}

/// Every report there is, by its words.
async fn reports(store: &Store, city: &CityId) -> BTreeMap<String, ReportId> {
    let mut found = BTreeMap::new();
    let mut after: Option<ReportKey> = None;
    loop {
        let page = store.reports(city, &ReportFilter::default(), after, 1_000).await.unwrap();
        let Some(last) = page.last() else { return found };
        after = Some(ReportKey { received_at: last.report.received_at, id: last.report.id });
        for it in page {
            assert_eq!(it.assignment.report, it.report.id);
            let twice = found.insert(it.report.words.clone(), it.report.id);
            assert_eq!(twice, None, "{} was filed twice", it.report.words);
        }
    }
}

/// The journal tells of the same reports, each once, and no number is missing.
async fn journal(store: &Store, city: &CityId, ids: &BTreeSet<ReportId>) {
    let mut told = BTreeSet::new();
    let mut seq = 0;
    loop {
        let entries = store.journal(city, seq, 1_000).await.unwrap();
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            seq += 1;
            assert_eq!(entry.seq, seq, "a gap in the journal");
            if entry.kind == "report_filed" {
                assert!(told.insert(ReportId(entry.subject.parse().unwrap())), "{entry:?}");
            }
        }
    }
    assert_eq!(&told, ids);
    assert_eq!(store.head(city).await.unwrap().unwrap().journal_seq, seq);
}

/// Each case's docket is what its steps fold to, and what was answered is among them once.
async fn cases(store: &Store, city: &CityId, ids: &BTreeSet<ReportId>, all: &[Done]) {
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    let ids: Vec<IncidentId> = ids.iter().map(|id| IncidentId(id.0)).collect();
    for some in ids.chunks(500) {
        let dockets = store.incidents_of(city, some).await.unwrap();
        let steps = store.steps_of(city, some).await.unwrap();
        for step in &steps {
            *said.entry(step.carried.words.clone()).or_default() += 1;
        }
        let folded: Vec<_> = steps.chunk_by(|a, b| a.incident == b.incident).collect();
        assert_eq!(folded.len(), dockets.len(), "steps without a docket, or a docket without");
        for (docket, steps) in dockets.into_iter().zip(folded) {
            let case = Case::fold(steps.to_vec()).unwrap();
            let due = Due {
                at: docket.due_at,
                whole_at: docket.whole_due_at,
                turns: docket.turns,
                escalates_at: docket.escalates_at,
                edition: docket.timed_by,
            };
            assert_eq!(Docket::of(&case, docket.matter.clone(), due), docket);
        }
    }
    for Done { sent, .. } in all.iter().filter(|done| done.sent.kind == Kind::Step) {
        assert_eq!(said.get(&sent.words), Some(&1), "{}: {}", sent.path, sent.words);
    }
}

/// The report that an answer names.
fn id_in(sent: &Sent, told: &Value) -> ReportId {
    let id = match sent.kind {
        Kind::Form | Kind::Picture => &told[0]["service_request_id"],
        _ => &told["id"],
    };
    ReportId(id.as_str().unwrap_or_else(|| panic!("{told}")).parse().unwrap())
}

/// What was answered before is shown, and who asks again hears the same.
pub(super) async fn kept(door: &Door, keys: &Keys, done: &[Done]) {
    for kind in Kind::ALL {
        let of_kind = done.iter().filter(|done| done.sent.kind == kind);
        for one in of_kind.rev().take(ASKED_AGAIN) {
            kept_one(door, keys, one).await;
        }
    }
}

async fn kept_one(door: &Door, keys: &Keys, Done { sent, told }: &Done) {
    let first = told.json();
    if sent.kind == Kind::Publish {
        let path = sent.path.strip_suffix("/steps").unwrap();
        let draft = door.shown(&keys.planner, path).await;
        let expected = (&json!("published"), &first["draft"]["plan"]);
        assert_eq!((&draft["stage"], &draft["plan"]), expected);
        return;
    }
    let again = sent.to(door).await.unwrap();
    assert_eq!(again.status, told.status, "{}: {again:?}", sent.words);
    let again = again.json();
    match sent.kind {
        Kind::Report | Kind::Step => assert_eq!(again, first, "{}", sent.words),
        Kind::Batch => {
            let receipts = |told: &Value| -> Vec<Value> {
                told["results"].as_array().unwrap().iter().map(|it| it["receipt"].clone()).collect()
            };
            assert_eq!(receipts(&again), receipts(&first), "{}", sent.words);
            assert_eq!((&again["filed"], &again["again"]), (&json!(0), &json!(TOGETHER)));
        }
        _ => assert_eq!(id_in(sent, &again), id_in(sent, &first)),
    }
    if matches!(sent.kind, Kind::Report | Kind::Form | Kind::Picture) {
        let id = id_in(sent, &first);
        let path = format!("/api/v1/reports/{id}");
        let report = door.shown(&keys.dispatcher, &path).await;
        assert_eq!(report["words"], sent.words.as_str());
        assert_eq!(report["has_contact"], sent.kind == Kind::Report);
        if sent.kind == Kind::Picture {
            picture(door, keys, id).await;
        }
    }
}

async fn picture(door: &Door, keys: &Keys, id: ReportId) {
    let path = format!("/open311/v2/requests/{id}.json?extensions=true");
    let request = door.shown(&keys.dispatcher, &path).await;
    let urls = request[0]["extended_attributes"]["media_urls"].as_array().unwrap();
    let [url] = urls.as_slice() else { panic!("one picture: {request}") };
    let url = url.as_str().unwrap();
    // Where the service says where it is, the path is what counts.
    let path = url.find("/api/").map_or(url, |at| &url[at..]);
    let shown = door.get(&keys.dispatcher, path).await.unwrap();
    assert_eq!((shown.status, shown.bytes.as_ref()), (200, GIF.as_bytes()));
}

/// What was sent and not answered is sent again, as a client does, and is then done, once.
pub(super) async fn sent_again(door: &Door, keys: &Keys, open: Vec<Sent>) -> Vec<Done> {
    let mut done = Vec::new();
    for sent in open {
        if sent.kind == Kind::Publish {
            let path = sent.path.strip_suffix("/steps").unwrap();
            if door.shown(&keys.planner, path).await["stage"] == "published" {
                continue;
            }
        }
        let told = sent.to(door).await.unwrap();
        // Its case has gone on, so that it was not taken the first time either.
        if sent.kind == Kind::Step && told.status == 409 {
            continue;
        }
        assert!(matches!(told.status, 200 | 201), "{}: {told:?}", sent.words);
        let one = Done { sent, told };
        kept_one(door, keys, &one).await;
        done.push(one);
    }
    done
}

/// The version of the plan in force.
pub(super) async fn plan(door: &Door, keys: &Keys) -> i64 {
    door.shown(&keys.planner, "/api/v1/plan").await["version"].as_i64().unwrap()
}

/// Each plan since the first came of one draft, and each draft that was published is one.
pub(super) async fn plans(door: &Door, keys: &Keys, first: i64) {
    let path = "/api/v1/drafts?stage=published&limit=1000";
    let drafts = door.shown(&keys.planner, path).await;
    let drafts = drafts["drafts"].as_array().unwrap();
    let came: BTreeSet<i64> = drafts.iter().map(|it| it["plan"].as_i64().unwrap()).collect();
    let since: BTreeSet<i64> = (first + 1..=plan(door, keys).await).collect();
    assert_eq!((came, drafts.len()), (since.clone(), since.len()));
}
