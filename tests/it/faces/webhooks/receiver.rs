//! A receiver on loopback, well or badly behaved.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// A certificate for `localhost` that signs itself, good for a hundred years; its key opens nothing else.
pub(super) const CERTIFICATE: &[u8] = include_bytes!("certificate.der");
const KEY: &[u8] = include_bytes!("key.der");

/// How a receiver behaves.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    /// Answers with this status.
    Status(u16),
    /// Answers with a redirect to this address.
    Redirect(String),
    /// Reads and never answers.
    Hang,
    /// Closes without an answer.
    Close,
    /// A head, and a body without end.
    Endless,
    /// A head without end.
    EndlessHead,
}

/// What was received.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Got {
    pub(super) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// How many of its signatures are right under a secret.
    pub(super) fn signed(&self, secret: &str) -> usize {
        let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let (id, time) = (self.id(), &self.headers["webhook-timestamp"]);
        mac.update(format!("{id}.{time}.{}", self.body).as_bytes());
        let right = format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').filter(|given| *given == right).count()
    }

    pub(super) fn signatures(&self) -> usize {
        self.headers["webhook-signature"].split(' ').count()
    }
}

#[derive(Clone)]
pub(super) struct Receiver {
    pub(super) url: String,
    got: Arc<Mutex<Vec<Got>>>,
    manner: Arc<Mutex<Manner>>,
    pub(super) connections: Arc<AtomicUsize>,
}

impl Receiver {
    pub(super) async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?a=1", listener.local_addr().unwrap());
        let this = Self {
            url,
            got: Arc::default(),
            manner: Arc::new(Mutex::new(manner)),
            connections: Arc::default(),
        };
        let serving = this.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        this
    }

    /// The same behind TLS, with a certificate of its own for `localhost` ([`CERTIFICATE`]).
    pub(super) async fn open_secure(manner: Manner) -> Self {
        let certificate = CertificateDer::from(CERTIFICATE);
        let key = PrivatePkcs8KeyDer::from(KEY).into();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self {
            url: format!("https://localhost:{}/", listener.local_addr().unwrap().port()),
            got: Arc::default(),
            manner: Arc::new(Mutex::new(manner)),
            connections: Arc::default(),
        };
        let serving = this.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serving.answer(stream).await;
                }
            }
        });
        this
    }

    pub(super) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// What came since this was asked last.
    pub(super) fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.got.lock().unwrap())
    }

    pub(super) async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let Some(got) = read(&mut stream).await else { return };
        self.got.lock().unwrap().push(got);
        let manner = self.manner.lock().unwrap().clone();
        let head = match &manner {
            Manner::Status(code) => format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\n\r\n"),
            Manner::Redirect(to) => {
                format!("HTTP/1.1 307 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
            }
            Manner::Endless => "HTTP/1.1 200 X\r\n\r\n".to_owned(),
            Manner::EndlessHead => "HTTP/1.1 200 X\r\n".to_owned(),
            Manner::Hang => return std::future::pending().await,
            Manner::Close => return,
        };
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        if matches!(manner, Manner::Endless | Manner::EndlessHead) {
            let filler =
                b"x-filler: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n";
            while stream.write_all(filler).await.is_ok() {}
        }
        let _ = stream.flush().await;
        let _ = stream.shutdown().await;
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Got> {
    let mut bytes = Vec::new();
    let ends = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..ends].to_vec()).ok()?;
    let headers: BTreeMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    while bytes.len() < ends + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[ends + 4..].to_vec()).ok()?;
    Some(Got { headers, body })
}
