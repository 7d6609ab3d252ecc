//! The one way out, to addresses that strangers have chosen.
//!
//! A name is looked up once, and the address that was looked at is the one that is connected to, so that it
//! cannot become another between the two.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::formats::link::{self, Link};

/// Longest time for the name to be looked up and the connection to stand.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Most bytes read of an answer's head.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Who we say that we are.
pub const AGENT: &str = concat!("zonewarden/", env!("CARGO_PKG_VERSION"));

/// Bytes both ways, in clear or not.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It leads to where nobody may go: trying again is no use.
    Inner(String),
    /// It was tried.
    Failed(String),
}

impl Blocked {
    /// What was wrong.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Inner(words) | Self::Failed(words) => words,
        }
    }
}

/// Connects.
#[derive(Clone)]
pub struct Way {
    tls: TlsConnector,
    /// Whether private addresses are gone to.
    private: bool,
    /// Where names lead, whatever the machine's resolver says.
    names: BTreeMap<String, SocketAddr>,
    /// Addresses that are gone to although they are private.
    open: BTreeSet<SocketAddr>,
}

impl Way {
    /// A way that trusts whom the machine trusts, and `roots` besides (DER).
    #[must_use]
    pub fn new(private: bool, roots: Vec<Vec<u8>>) -> Self {
        let mut trusted = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        if !found.errors.is_empty() {
            let faults = format!("{:?}", found.errors);
            tracing::warn!(faults, "not all of the machine's certificates can be read");
        }
        let given = roots.into_iter().map(CertificateDer::from);
        trusted.add_parsable_certificates(found.certs.into_iter().chain(given));
        let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Self { tls, private, names: BTreeMap::new(), open: BTreeSet::new() }
    }

    /// The same, where a name leads to this address, which is judged as any other; for tests.
    #[must_use]
    pub fn knowing(mut self, name: &str, at: SocketAddr) -> Self {
        self.names.insert(name.to_owned(), at);
        self
    }

    /// The same, which goes to this address though it be private; for tests.
    #[must_use]
    pub fn admitting(mut self, at: SocketAddr) -> Self {
        self.open.insert(at);
        self
    }

    /// A connection to one of the addresses that the link's host has now, and that may be gone to.
    ///
    /// # Errors
    /// [`Blocked`].
    pub async fn connect(&self, link: &Link) -> Result<Box<dyn Stream>, Blocked> {
        let stream = match timeout(CONNECT_MAX, self.reach(link)).await {
            Ok(connected) => connected?,
            Err(_) => return Err(Blocked::Failed("no connection in time".to_owned())),
        };
        if !link.is_secure {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(link.host.clone())
            .map_err(|_| Blocked::Failed("the host is no name for a certificate".to_owned()))?;
        let stream = self
            .tls
            .connect(name, stream)
            .await
            .map_err(|fault| Blocked::Failed(format!("no secure connection: {fault}")))?;
        Ok(Box::new(stream))
    }

    async fn reach(&self, link: &Link) -> Result<TcpStream, Blocked> {
        if !self.private && !link::is_public_host(&link.host) {
            return Err(Blocked::Inner("the host is not public".to_owned()));
        }
        let found: Vec<SocketAddr> = if let Some(at) = self.names.get(&link.host) {
            vec![*at]
        } else {
            tokio::net::lookup_host((link.host.as_str(), link.port))
                .await
                .map_err(|fault| Blocked::Failed(format!("the host is not known: {fault}")))?
                .collect()
        };
        let mut last = Blocked::Inner("the host leads to no public address".to_owned());
        for address in found.into_iter().filter(|address| self.may(address)) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(fault) => last = Blocked::Failed(format!("no connection: {fault}")),
            }
        }
        Err(last)
    }

    fn may(&self, address: &SocketAddr) -> bool {
        self.private || link::is_public(address.ip()) || self.open.contains(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(way: &Way, url: &str) -> Option<Blocked> {
        way.connect(&link::read(url).unwrap()).await.err()
    }

    #[tokio::test]
    async fn a_public_name_that_leads_into_the_house_is_not_gone_to() {
        // It passes the look at its letters; the look at the address is the one that counts.
        let inner = Blocked::Inner("the host leads to no public address".to_owned());
        for at in ["127.0.0.1:9", "10.1.2.3:80", "169.254.169.254:80", "[::1]:9", "[fd00::1]:80"] {
            let way = Way::new(false, Vec::new()).knowing("example.org", at.parse().unwrap());
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://example.org/a.jpg");
                assert_eq!(refused(&way, &url).await.as_ref(), Some(&inner), "{at}");
            }
        }
    }

    #[tokio::test]
    async fn an_address_in_the_house_is_not_gone_to_however_it_is_written() {
        let way = Way::new(false, Vec::new());
        for host in ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:10.0.0.1]"]
        {
            let blocked = refused(&way, &format!("http://{host}:9/")).await;
            assert!(matches!(blocked, Some(Blocked::Inner(_))), "{host}: {blocked:?}");
        }
    }
}
