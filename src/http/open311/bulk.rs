//! All that was told in public, as one table: for who counts and maps rather than asks.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;

use crate::app::open311::Search;
use crate::app::refusal::Refusal;
use crate::app::state::Seat;
use crate::domain::accounts::Operation;
use crate::formats::open311::table;
use crate::http::body::streamed;
use crate::http::open311::counter::{Asked, Counter};
use crate::http::open311::error::Wrong;
use crate::http::open311::telling::{MEMBERS, Teller};
use crate::http::web::Web;

/// How many are read at once; no more lie in memory.
const AT_ONCE: u32 = 1_000;

/// A table under way.
struct Table {
    web: Web,
    seat: Arc<Seat>,
    teller: Teller,
    search: Search,
    ready: Option<Vec<u8>>,
}

/// Every request that the filters find, newest first, as CSV that is written as it is read.
pub(crate) async fn every_service_request(asked: &Asked<'_>) -> Result<Response, Wrong> {
    let mut counter = Counter::open(asked, Operation::ListServiceRequests).await?;
    for name in ["page", "page_size", "extensions"] {
        if counter.params.text(name).is_some() {
            counter.params.fault(name, "does not go with csv: all come, in plain columns");
        }
    }
    let wanted = counter.wanted().await?;
    let search = Search::begin(&counter.seat, &counter.caller, wanted)?;
    let table = Table {
        web: asked.web.clone(),
        seat: Arc::clone(&counter.seat),
        teller: counter.teller(),
        search,
        ready: Some(table::header(&MEMBERS)),
    };
    let rows = stream::unfold(table, |mut table| async move {
        // A failure breaks the body off: who reads sees that it is not whole.
        let chunk = match table.ready.take() {
            Some(ready) => Ok(ready),
            None => table.next().await.transpose()?.map_err(std::io::Error::other),
        };
        Some((chunk.map(Bytes::from), table))
    });
    let mut response = Response::new(streamed(rows));
    let headers = response.headers_mut();
    let media = HeaderValue::from_static("text/csv; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, media);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let name = HeaderValue::from_static("attachment; filename=\"requests.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    let language = HeaderValue::from_static(counter.language.code());
    headers.insert(header::CONTENT_LANGUAGE, language);
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

impl Table {
    /// The next rows; `None` behind the last.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        // For each pile anew, so that who reads slowly keeps nobody waiting.
        let searches = Arc::clone(&self.web.searches);
        let _place = searches.acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let pile = self.search.pile(&self.web.app, &self.seat, AT_ONCE, 0).await?;
        Ok(pile.map(|pile| {
            let rows = pile.iter().map(|seen| {
                let item = self.teller.request(seen, false);
                table::row(&MEMBERS, &item)
            });
            rows.flatten().collect()
        }))
    }
}
