//! The journal as server-sent events: a reader that comes back with `Last-Event-ID` misses nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use crate::app::feed::Feed;
use crate::app::refusal::Refusal;
use crate::app::state::must;
use crate::domain::accounts::Operation;
use crate::domain::change::JournalEntry;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemBody, UsualProblems};
use crate::http::web::Web;

/// How often a silent stream shows that it lives.
const ALIVE_EVERY: Duration = Duration::from_secs(15);
/// How long a reader waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// How long the stream waits before it asks a store that failed again.
const PAUSE: Duration = Duration::from_secs(2);
/// Where a reader says what it saw last.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// One line of the journal, the `data` of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct EntryBody {
    /// 1, 2, 3 … within the city; also the event's `id`.
    pub seq: i64,
    /// When.
    pub at: String,
    /// Who: a key's code, `public` or `cli`.
    pub actor: String,
    /// What happened, such as `report_filed`; also the event's name.
    pub kind: String,
    /// What it is about: an id, or empty.
    pub subject: String,
    /// Facts, without words, contacts or secrets.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
}

/// The journal as it is written, as server-sent events.
///
/// Each event's `data` is a `JournalEntry`. Without `Last-Event-ID` (or `after`) the stream begins
/// with what happens next. A unit sees its own reports; keys, and who looked at or
/// forgot whom, are seen by an admin alone.
#[utoipa::path(
    get, path = "/api/v1/journal", operation_id = "stream_journal", tag = "live",
    params(
        ("Last-Event-ID" = Option<i64>, Header, description = "The last number seen"),
        ("after" = Option<i64>, Query, description = "The same, for readers that cannot set headers"),
        ("city" = Option<String>, Query, description = "The city, where there are several"),
    ),
    responses(
        (status = 200, description = "Events without end", body = EntryBody, content_type = "text/event-stream"),
        (status = 404, description = "Nothing that the key opens", body = ProblemBody, content_type = "application/problem+json"),
        UsualProblems,
    ),
    security(("key" = []))
)]
pub(crate) async fn stream_journal(
    State(web): State<Web>,
    mut desk: Desk,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    must(&desk.caller, Operation::StreamJournal)?;
    let number = |text: &str| {
        text.trim().parse::<i64>().map_err(|_| "is no number of the journal".to_owned())
    };
    let after = desk.params.read("after", number);
    let last = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?").to_owned());
    let last = match last.as_deref().map(number) {
        Some(Err(words)) => {
            desk.params.fault("Last-Event-ID", words);
            None
        }
        Some(Ok(last)) => Some(last),
        None => None,
    };
    desk.params.finish()?;
    let place =
        Arc::clone(&web.live).try_acquire_owned().map_err(|_| Problem::from(Refusal::Busy))?;
    let feed = Feed::open(&web.app, desk.seat, desk.caller, last.or(after)).await?;
    let alive = KeepAlive::new().interval(ALIVE_EVERY);
    Ok(Sse::new(events(web, feed, place)).keep_alive(alive).into_response())
}

/// A reader's place; counted while it lives.
struct Reader {
    web: Web,
    feed: Feed,
    _place: OwnedSemaphorePermit,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.web.meter.live_clients.decrement(1);
    }
}

fn events(
    web: Web,
    feed: Feed,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    web.meter.live_clients.increment(1);
    let closing = web.closing.clone();
    let reader = Reader { web, feed, _place: place };
    let hello = stream::iter([Ok(Event::default().retry(RETRY).comment("journal"))]);
    let entries = stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        loop {
            match reader.feed.next().await {
                Ok(entries) if entries.is_empty() => return None,
                Ok(entries) => {
                    let events: Vec<_> = entries.into_iter().map(event).map(Ok).collect();
                    return Some((stream::iter(events), Some(reader)));
                }
                // Whoever comes back with that key is told so.
                Err(Refusal::BadKey) => {
                    let last = Event::default().comment("the key opens nothing any more");
                    return Some((stream::iter(vec![Ok(last)]), None));
                }
                Err(refusal) => {
                    tracing::warn!(fault = %refusal, "the live journal waits for the store");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    });
    // Ends with the server, so that a shutdown does not wait for readers.
    hello.chain(entries.flatten()).take_until(closing.cancelled_owned())
}

fn event(entry: JournalEntry) -> Event {
    let body = EntryBody {
        seq: entry.seq,
        at: entry.at.rfc3339(),
        actor: entry.actor,
        kind: entry.kind,
        subject: entry.subject,
        facts: entry.facts,
    };
    let data = serde_json::to_string(&body).unwrap_or_default();
    Event::default().id(body.seq.to_string()).event(body.kind).data(data)
}
