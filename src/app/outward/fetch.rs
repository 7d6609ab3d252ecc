//! Pictures are fetched from addresses that strangers have named.
//!
//! Whatever is at the other end costs no more than its limits: how much is read, how long it may pause, how long
//! all of it may take, and how often it may send us elsewhere. Each place that a redirect names is judged as the
//! first was, and what does not begin as a picture is read no further.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::app::outward::way::{AGENT, Blocked, HEAD_BYTES_MAX, Stream, Way};
use crate::domain::reports::picture::{Media, PICTURE_BYTES_MAX};
use crate::formats::link::{self, Link};
use crate::formats::picture::no_picture;

/// Most redirects that are followed.
pub const REDIRECTS_MAX: usize = 3;
/// After so many bytes it is known whether it begins as a picture.
const SNIFFED_BYTES: usize = 12;
/// What we ask for.
const ACCEPT: &str = "image/jpeg, image/png, image/webp, image/gif, video/mp4";

/// What a picture may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Longest time for all of it, redirects included.
    pub whole: Duration,
    /// Longest time in which nothing comes.
    pub pause: Duration,
    /// Most bytes.
    pub bytes_max: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            whole: Duration::from_secs(30),
            pause: Duration::from_secs(10),
            bytes_max: PICTURE_BYTES_MAX,
        }
    }
}

/// Why there is no picture. The words name no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfetched {
    /// What was wrong.
    pub words: String,
    /// Whether it is no use to try again.
    pub lasting: bool,
}

impl Unfetched {
    fn lasting(words: impl Into<String>) -> Self {
        Self { words: words.into(), lasting: true }
    }

    fn passing(words: impl Into<String>) -> Self {
        Self { words: words.into(), lasting: false }
    }
}

/// What somebody answered.
enum Answered {
    /// The picture, as far as its first bytes tell.
    Held(Vec<u8>),
    /// It is elsewhere.
    Elsewhere(String),
}

/// Fetches pictures.
#[derive(Clone)]
pub struct Fetcher {
    way: Way,
    patience: Patience,
}

impl Fetcher {
    /// One with a patience.
    #[must_use]
    pub fn new(way: Way, patience: Patience) -> Self {
        Self { way, patience }
    }

    /// What lies at a link: something that begins as a picture and is not too large.
    ///
    /// # Errors
    /// [`Unfetched`].
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, Unfetched> {
        let Ok(found) = timeout(self.patience.whole, self.follow(url)).await else {
            let words = format!("did not end within {} seconds", self.patience.whole.as_secs_f32());
            return Err(Unfetched::passing(words));
        };
        found
    }

    async fn follow(&self, url: &str) -> Result<Vec<u8>, Unfetched> {
        let mut link = link::read(url).map_err(Unfetched::lasting)?;
        for _ in 0..=REDIRECTS_MAX {
            match self.ask(&link).await? {
                Answered::Held(bytes) => return Ok(bytes),
                Answered::Elsewhere(location) => {
                    link = link::redirected(&link, &location).map_err(|words| {
                        Unfetched::lasting(format!(
                            "a redirect leads to where nobody may go: {words}"
                        ))
                    })?;
                }
            }
        }
        Err(Unfetched::lasting(format!("more than {REDIRECTS_MAX} redirects")))
    }

    async fn ask(&self, link: &Link) -> Result<Answered, Unfetched> {
        let stream = self.way.connect(link).await.map_err(|blocked| match blocked {
            Blocked::Inner(words) => Unfetched::lasting(words),
            Blocked::Failed(words) => Unfetched::passing(words),
        })?;
        self.exchange(stream, link).await
    }

    async fn exchange(&self, stream: Box<dyn Stream>, link: &Link) -> Result<Answered, Unfetched> {
        let broken = |fault: hyper::Error| broke_off(&fault);
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let asked = Request::get(&link.target)
            .header(header::HOST, &link.authority)
            .header(header::ACCEPT, ACCEPT)
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CONNECTION, "close")
            .header(header::USER_AGENT, AGENT)
            .body(Empty::<Bytes>::new())
            .map_err(|fault| Unfetched::lasting(format!("the address cannot be asked: {fault}")))?;
        let answered = async {
            let response = timeout(self.patience.pause, sender.send_request(asked)).await;
            let response = response.map_err(|_| self.paused())?.map_err(broken)?;
            self.read(response).await
        };
        // The connection is driven here and dropped with this: nothing of it outlives the picture.
        let driven = async {
            let _ = connection.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            answered = answered => answered,
            () = driven => Err(Unfetched::passing("the exchange broke off")),
        }
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answered, Unfetched> {
        let status = response.status();
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            let location = response.headers().get(header::LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            return location
                .map(|location| Answered::Elsewhere(location.to_owned()))
                .ok_or_else(|| Unfetched::lasting("a redirect that leads nowhere"));
        }
        if !status.is_success() {
            let words = format!("the answer was {status}");
            return Err(Unfetched { words, lasting: !may_pass(status) });
        }
        self.picture(response.into_body()).await.map(Answered::Held)
    }

    async fn picture(&self, mut body: Incoming) -> Result<Vec<u8>, Unfetched> {
        let most = self.patience.bytes_max;
        let large = || Unfetched::lasting(format!("has more than {most} bytes"));
        // What it says that it has; nothing is read of what is too large by its own words.
        let fits = usize::try_from(body.size_hint().lower()).is_ok_and(|said| said <= most);
        if !fits {
            return Err(large());
        }
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let frame = timeout(self.patience.pause, body.frame()).await;
            let Some(frame) = frame.map_err(|_| self.paused())? else { break };
            let frame = frame.map_err(|fault| broke_off(&fault))?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len().saturating_add(data.len()) > most {
                return Err(large());
            }
            bytes.extend_from_slice(data);
            if bytes.len() >= SNIFFED_BYTES && Media::of(&bytes).is_none() {
                return Err(Unfetched::lasting(no_picture()));
            }
        }
        Ok(bytes)
    }

    fn paused(&self) -> Unfetched {
        let pause_s = self.patience.pause.as_secs_f32();
        Unfetched::passing(format!("nothing came for {pause_s} seconds"))
    }
}

fn broke_off(fault: &hyper::Error) -> Unfetched {
    Unfetched::passing(format!("the exchange broke off: {fault}"))
}

/// Whether another answer may come to the same question later: one that is not there may be on its way.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 404 | 408 | 425 | 429)
}
