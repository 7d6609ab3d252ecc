//! Messages are posted, by the [way](crate::app::outward::way) that judges where they go.
//!
//! No redirect is followed. Connecting, the whole exchange and what is read of the answer have limits, so that
//! a receiver that hangs or never ends costs one message's time.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::app::outward::way::{AGENT, Blocked, HEAD_BYTES_MAX, Stream, Way};
use crate::app::webhooks::message::Message;
use crate::formats::link::{self, Link};

/// Longest time for the whole exchange.
const EXCHANGE_MAX: Duration = Duration::from_secs(15);
/// Most bytes read of an answer's body: nobody looks at them, but a receiver that is cut off in its answer may
/// take it for a failure.
const BODY_BYTES_MAX: usize = 4 * 1024;
/// Longest wait for them.
const BODY_MAX: Duration = Duration::from_secs(1);

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken: a status of 200 to 299.
    Taken,
    /// The receiver is gone for good: 410.
    Gone,
    /// It was not taken.
    Failed { status: Option<u16>, words: String },
}

impl Outcome {
    fn failed(words: impl Into<String>) -> Self {
        Self::Failed { status: None, words: words.into() }
    }
}

/// Sends messages.
#[derive(Clone)]
pub struct Sender {
    way: Way,
    /// Whether private addresses and plain `http` are taken.
    private: bool,
    exchange_max: Duration,
}

impl Sender {
    /// A sender that trusts whom the machine trusts, and `roots` besides (DER).
    #[must_use]
    pub fn new(private: bool, roots: Vec<Vec<u8>>) -> Self {
        Self { way: Way::new(private, roots), private, exchange_max: EXCHANGE_MAX }
    }

    /// The same with less patience, for tests.
    #[must_use]
    pub fn hurried(self, exchange_max: Duration) -> Self {
        Self { exchange_max, ..self }
    }

    /// Sends a message, once.
    pub async fn send(&self, url: &str, message: &Message) -> Outcome {
        let exchanged = timeout(self.exchange_max, self.exchange(url, message)).await;
        if let Ok(Ok(outcome) | Err(outcome)) = exchanged {
            return outcome;
        }
        let after_s = self.exchange_max.as_secs_f32();
        Outcome::failed(format!("no answer within {after_s} seconds"))
    }

    async fn exchange(&self, url: &str, message: &Message) -> Result<Outcome, Outcome> {
        let link = may_go(url, self.private).map_err(Outcome::failed)?;
        let connected = self.way.connect(&link).await.map_err(Blocked::words);
        post(connected.map_err(Outcome::failed)?, &link, message).await
    }
}

/// Whether a webhook may go to an address; `private` says that it may stay in the house. What a name leads to
/// is looked at when it is connected to.
///
/// # Errors
/// Words, with what would be right.
pub fn may_go(url: &str, private: bool) -> Result<Link, String> {
    let link = link::read(url)?;
    if private {
        return Ok(link);
    }
    if !link.is_secure {
        let words = "must begin with https:// (the setting `webhook_private` allows http://)";
        return Err(words.to_owned());
    }
    if !link::is_public_host(&link.host) {
        return Err(format!(
            "the host `{}` is not public (the setting `webhook_private` allows it)",
            link.host
        ));
    }
    Ok(link)
}

async fn post(stream: Box<dyn Stream>, link: &Link, message: &Message) -> Result<Outcome, Outcome> {
    let broken = |fault: hyper::Error| Outcome::failed(format!("the exchange broke off: {fault}"));
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let asked = Request::post(&link.target)
        .header(header::HOST, &link.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, AGENT)
        .header("webhook-id", &message.id)
        .header("webhook-timestamp", message.timestamp.to_string())
        .header("webhook-signature", &message.signature)
        .body(Full::new(Bytes::from(message.body.clone())))
        .map_err(|fault| Outcome::failed(format!("the address cannot be asked: {fault}")))?;
    let answered = async {
        let response = sender.send_request(asked).await.map_err(broken)?;
        let status = response.status();
        let _ = timeout(BODY_MAX, some_of(response.into_body())).await;
        Ok(status)
    };
    // The connection is driven here and dropped with this: nothing of it outlives the message.
    let driven = async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        status = answered => Ok(told(status?)),
        () = driven => Err(Outcome::failed("the exchange broke off")),
    }
}

async fn some_of(mut body: hyper::body::Incoming) {
    let mut left = BODY_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) if rest > 0 => left = rest,
            _ => break,
        }
    }
}

fn told(status: StatusCode) -> Outcome {
    match status.as_u16() {
        200..=299 => Outcome::Taken,
        410 => Outcome::Gone,
        code @ 300..=399 => Outcome::Failed {
            status: Some(code),
            words: "a redirect, which is not followed; give the address it leads to".to_owned(),
        },
        code => Outcome::Failed { status: Some(code), words: format!("the answer was {status}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_goes_to_public_addresses_over_https_unless_it_may_stay_in_the_house() {
        assert!(may_go("https://example.org/hook?a=1", false).is_ok());
        for inner in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://10.1.2.3/",
            "https://169.254.169.254/",
            "https://100.64.0.1/",
            "https://224.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://localhost/",
            "https://printer/",
            "http://example.org/",
        ] {
            assert!(may_go(inner, false).unwrap_err().contains("webhook_private"), "{inner}");
            assert!(may_go(inner, true).is_ok(), "{inner}");
        }
        for none in ["ftp://example.org", "https://a:b@example.org/", "x"] {
            assert!(may_go(none, true).is_err(), "{none}");
        }
    }
}
