//! TLS to the server: whom it is spoken with is looked at as far as the URL asks.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::store::postgres::security::{Mode, Roots};

/// What the protocol is called where a connection begins with TLS at once.
const ALPN: &[u8] = b"postgresql";

/// Makes connections secure.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    /// Whom it trusts, in words.
    trusted: Arc<str>,
}

impl Tls {
    /// One that looks at servers as a mode asks.
    ///
    /// # Errors
    /// What is wrong with the certificates of those that are trusted.
    pub(super) fn new(mode: Mode, roots: &Roots) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let mut check = Check { trusts: None, pinned: Vec::new(), is_named: false, algorithms };
        if matches!(mode, Mode::VerifyCa | Mode::VerifyFull) {
            let certificates = match roots {
                Roots::Machine => of_the_machine()?,
                Roots::File(_) => of_a_file(roots)?,
            };
            let mut trusts = RootCertStore::empty();
            let (taken, _) = trusts.add_parsable_certificates(certificates.iter().cloned());
            if taken == 0 {
                return Err(format!("{}: no certificate in it can be read", named(roots)));
            }
            if *roots != Roots::Machine {
                check.pinned = certificates;
            }
            check.trusts = Some(trusts);
            check.is_named = mode == Mode::VerifyFull;
        }
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|fault| format!("TLS cannot be spoken here: {fault}"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(check))
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN.to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { connector, trusted: named(roots).into() })
    }
}

fn named(roots: &Roots) -> String {
    match roots {
        Roots::Machine => "the certificates of this machine".to_owned(),
        Roots::File(path) => format!("sslrootcert={}", path.display()),
    }
}

fn of_the_machine() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err("this machine trusts nobody (Debian: apt-get install ca-certificates); \
             sslrootcert=PATH names a CA, sslmode=require looks at no certificate"
            .to_owned());
    }
    Ok(found.certs)
}

fn of_a_file(roots: &Roots) -> Result<Vec<CertificateDer<'static>>, String> {
    let Roots::File(path) = roots else { return Ok(Vec::new()) };
    let unreadable = |fault: &dyn std::fmt::Display| {
        format!("{}: no file of certificates in PEM: {fault}", named(roots))
    };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|fault| unreadable(&fault))?.collect();
    let found = found.map_err(|fault| unreadable(&fault))?;
    if found.is_empty() {
        return Err(unreadable(&"there is none in it"));
    }
    Ok(found)
}

/// Looks at a server's certificate.
#[derive(Debug)]
struct Check {
    /// Whom a certificate must come from; `None` where anybody will do.
    trusts: Option<RootCertStore>,
    /// Certificates that are trusted as they stand: one that signs itself, made as PostgreSQL's manual does it, is
    /// that of a CA, and no CA may be a server but where the file names this very one.
    pinned: Vec<CertificateDer<'static>>,
    /// Whether it must be for the host.
    is_named: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trusts) = &self.trusts else { return Ok(ServerCertVerified::assertion()) };
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let signed = verify_server_cert_signed_by_trust_anchor(
            &parsed,
            trusts,
            intermediates,
            now,
            self.algorithms.all,
        );
        match signed {
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.pinned.iter().any(|one| one == end_entity) => {}
            signed => signed?,
        }
        if self.is_named {
            verify_server_name(&parsed, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Makes one connection secure.
pub(super) struct Handshake {
    tls: Tls,
    host: String,
}

impl<S> MakeTlsConnect<S> for Tls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Secured<S>;
    type TlsConnect = Handshake;
    type Error = String;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Handshake, String> {
        Ok(Handshake { tls: self.clone(), host: domain.to_owned() })
    }
}

impl<S> TlsConnect<S> for Handshake
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Secured<S>;
    type Error = String;
    type Future = Pin<Box<dyn Future<Output = Result<Secured<S>, String>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let name = ServerName::try_from(self.host.clone())
                .map_err(|_| format!("`{}` is no host that a certificate may be for", self.host))?;
            let stream = self.tls.connector.connect(name, stream).await;
            stream.map(Secured).map_err(|fault| refused(&fault, &self.host, &self.tls.trusted))
        })
    }
}

/// Why there is no secure connection, and what would make one.
fn refused(fault: &io::Error, host: &str, trusted: &str) -> String {
    let inner = fault.get_ref().and_then(|fault| fault.downcast_ref::<Error>());
    let Some(Error::InvalidCertificate(wrong)) = inner else { return fault.to_string() };
    match wrong {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "nobody whom we trust ({trusted}) has signed the certificate of {host}; \
             sslrootcert=PATH names the file (PEM) of the CA that has"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let presented = match wrong {
                CertificateError::NotValidForNameContext { presented, .. } => presented.as_slice(),
                _ => &[],
            };
            let others = if presented.is_empty() {
                "names none as subjectAltName".to_owned()
            } else {
                format!("is for {}", presented.join(", "))
            };
            format!(
                "the server's certificate is not for {host}: it {others}; write the host as the certificate \
                 has it, or ask for no more than sslmode=verify-ca"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet: is this machine's clock right?")
        }
        other => format!("the certificate of {host} cannot be trusted: {other}"),
    }
}

/// Bytes both ways by TLS.
pub(super) struct Secured<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Secured<S> {
    fn channel_binding(&self) -> ChannelBinding {
        let (_, session) = self.0.get_ref();
        let first = session.peer_certificates().and_then(<[_]>::first);
        first
            .and_then(|certificate| end_point(certificate))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

/// What a password's proof is bound to (RFC 5929, `tls-server-end-point`): the certificate, hashed as it was
/// signed, or by SHA-256 where that was by less. `None` where it was signed in a way without such a hash.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    let (whole, _) = inside(certificate, SEQUENCE)?;
    let (_, behind) = inside(whole, SEQUENCE)?;
    let (algorithm, _) = inside(behind, SEQUENCE)?;
    let (oid, _) = inside(algorithm, OBJECT)?;
    let by = oid.strip_prefix(RSA).or_else(|| oid.strip_prefix(ECDSA))?;
    match by {
        // MD5 and SHA-1 with RSA, SHA-1 with ECDSA; SHA-256 with either.
        [4 | 5 | 1 | 11] | [3, 2] => Some(Sha256::digest(certificate).to_vec()),
        [12] | [3, 3] => Some(Sha384::digest(certificate).to_vec()),
        [13] | [3, 4] => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

const SEQUENCE: u8 = 0x30;
const OBJECT: u8 = 0x06;

/// What is within the first thing of DER, which must be of this tag, and what is behind it.
fn inside(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, length, rest @ ..] = bytes else { return None };
    if *first != tag {
        return None;
    }
    if *length < 0x80 {
        return rest.split_at_checked(usize::from(*length));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(*length & 0x7f))?;
    if digits.len() > 4 {
        return None;
    }
    let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As much of a certificate as is looked at, signed in this way.
    fn signed(oid: &[u8]) -> Vec<u8> {
        let wrapped = |tag: u8, inner: &[u8]| {
            let length = u16::try_from(inner.len()).unwrap().to_be_bytes();
            [&[tag, 0x82], length.as_slice(), inner].concat()
        };
        let algorithm = wrapped(SEQUENCE, &wrapped(OBJECT, oid));
        let whole = [wrapped(SEQUENCE, &[7; 300]), algorithm, vec![3, 1, 0]].concat();
        wrapped(SEQUENCE, &whole)
    }

    #[test]
    fn a_password_is_bound_to_the_certificate_by_the_hash_that_signed_it() {
        let rsa = |last: u8| signed(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]);
        let ecdsa = |last: u8| signed(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last]);
        let bytes = |certificate: &[u8]| end_point(certificate).map(|hash| hash.len());
        for (certificate, expected) in [
            (rsa(5), Some(32)),
            (rsa(11), Some(32)),
            (rsa(12), Some(48)),
            (rsa(13), Some(64)),
            (rsa(10), None),
            (ecdsa(2), Some(32)),
            (ecdsa(3), Some(48)),
            (ecdsa(4), Some(64)),
            (signed(&[0x2b, 0x65, 0x70]), None),
        ] {
            assert_eq!(bytes(&certificate), expected);
            assert_eq!(bytes(&certificate[..40]), None, "cut off");
        }
        let certificate = ecdsa(2);
        assert_eq!(end_point(&certificate), Some(Sha256::digest(&certificate).to_vec()));
    }

    #[test]
    fn a_file_without_certificates_is_refused_by_its_name() {
        for path in ["/nowhere/ca.pem", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")] {
            let roots = Roots::File(path.into());
            let refused = Tls::new(Mode::VerifyFull, &roots).err().unwrap();
            assert!(refused.contains(path) && refused.contains("PEM"), "{refused}");
            // What nobody looks at may be anything.
            assert!(Tls::new(Mode::Require, &roots).is_ok());
        }
    }
}
