//! What must be read again and is for no other eyes: sealed under a key that comes from the pepper.
//!
//! A copied database alone opens nothing. Each purpose has a key of its own, so that what is sealed for one
//! is nothing to another. A sealed text is `sealed.1.<which key>.<nonce, cipher and tag>`: one that was written
//! before there was a key is told from it, and so is one of another pepper.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::app::keyring::{Pepper, hex};

/// What every sealed text begins with.
const MARK: &str = "sealed.1.";
/// Bytes of a nonce: so many that random ones never meet.
const NONCE_BYTES: usize = 24;
/// Bytes of a key that name it.
const NAME_BYTES: usize = 4;

/// Seals and opens for one purpose.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    name: String,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.name)
    }
}

/// Why a text was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// It is no sealed text.
    #[error("it is no sealed text")]
    NotSealed,
    /// It was sealed under another key.
    #[error("it was sealed under the key {sealed}, and the pepper that is configured gives {ours}")]
    OtherKey { sealed: String, ours: String },
    /// It was changed, or belongs to something else.
    #[error("it was changed since it was sealed, or belongs to something else")]
    Changed,
}

impl Sealer {
    /// The sealer of a purpose, such as `webhook`.
    ///
    /// # Errors
    /// Words, when no key can be made.
    pub fn new(pepper: &Pepper, purpose: &str) -> Result<Self, String> {
        let key = pepper.derive(&format!("zonewarden sealed 1 {purpose}"));
        let name = pepper.derive(&format!("zonewarden name of a key 1 {purpose}"));
        let cipher = XChaCha20Poly1305::new_from_slice(&key)
            .map_err(|_| "no key can be made from the pepper".to_owned())?;
        Ok(Self { cipher, name: hex(&name[..NAME_BYTES]) })
    }

    /// Seals. `about` says what it belongs to (a row's id, say): the text opens only with the same.
    ///
    /// # Errors
    /// Words, when the machine gives no random bytes.
    pub fn seal(&self, plain: &[u8], about: &str) -> Result<String, String> {
        let mut nonce = [0_u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|fault| format!("no random bytes: {fault}"))?;
        let payload = Payload { msg: plain, aad: about.as_bytes() };
        let cipher = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| format!("{} bytes are too many to seal", plain.len()))?;
        let bytes = [&nonce[..], &cipher].concat();
        Ok(format!("{MARK}{}.{}", self.name, BASE64.encode(bytes)))
    }

    /// Opens what was sealed for the same purpose and with the same `about`.
    ///
    /// # Errors
    /// [`Unopened`].
    pub fn open(&self, sealed: &str, about: &str) -> Result<Vec<u8>, Unopened> {
        let rest = sealed.strip_prefix(MARK).ok_or(Unopened::NotSealed)?;
        let (name, held) = rest.split_once('.').ok_or(Unopened::NotSealed)?;
        if name != self.name {
            let (sealed, ours) = (name.to_owned(), self.name.clone());
            return Err(Unopened::OtherKey { sealed, ours });
        }
        let bytes = BASE64.decode(held).map_err(|_| Unopened::Changed)?;
        let (nonce, cipher) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened::Changed)?;
        let payload = Payload { msg: cipher, aad: about.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unopened::Changed)
    }
}

impl Sealer {
    /// Whether a text was sealed under this very key.
    #[must_use]
    pub fn has_sealed(&self, sealed: &str) -> bool {
        let rest = sealed.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(&self.name));
        rest.is_some_and(|rest| rest.starts_with('.'))
    }
}

/// Whether a text is sealed: one that was written before there was a key is not.
#[must_use]
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(pepper: &[u8], purpose: &str) -> Sealer {
        Sealer::new(&Pepper::new(pepper).unwrap(), purpose).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_for_its_purpose_and_place_alone() {
        let ours = sealer(b"0123456789abcdef", "contact");
        let sealed = ours.seal("13800000000".as_bytes(), "r1").unwrap();
        assert!(is_sealed(&sealed) && !sealed.contains("138"));
        assert_eq!(ours.open(&sealed, "r1").unwrap(), b"13800000000");
        assert_eq!(ours.open(&sealed, "r2"), Err(Unopened::Changed));
        let other_purpose = sealer(b"0123456789abcdef", "webhook");
        let other_pepper = sealer(b"another pepper !", "contact");
        for other in [other_purpose, other_pepper] {
            let fault = other.open(&sealed, "r1").unwrap_err();
            assert!(matches!(fault, Unopened::OtherKey { .. }), "{fault}");
        }
        assert_ne!(ours.seal(b"a", "r1").unwrap(), ours.seal(b"a", "r1").unwrap());
    }

    #[test]
    fn a_text_that_was_changed_anywhere_does_not_open() {
        let ours = sealer(b"0123456789abcdef", "contact");
        let sealed = ours.seal(b"secret", "r1").unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(ours.open(&changed, "r1").is_err(), "{changed}");
            assert!(ours.open(&sealed[..at], "r1").is_err(), "{at}");
        }
        for none in ["", "13800000000", "sealed.1.", "sealed.1.x", "sealed.1.é.é"] {
            assert!(ours.open(none, "r1").is_err(), "{none}");
        }
        assert!(!is_sealed("13800000000"));
    }
}
