//! The pepper that API keys are hashed under, and the short memory of keys seen lately.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::accounts::ApiKey;
use crate::domain::id::{CityId, KeyId};
use crate::domain::time::Instant;

/// How long a key is believed without asking the store again. A key revoked by another process
/// opens nothing after this time.
pub const REMEMBER_US: i64 = 10_000_000;
/// Most keys remembered, the unknown ones too, so that guessing cannot fill the memory.
pub const REMEMBERED_MAX: usize = 10_000;
/// Shortest pepper, in bytes.
pub const PEPPER_BYTES_MIN: usize = 16;
/// Bytes of a secret: 256 bits.
const SECRET_BYTES: usize = 32;
/// Bytes of a key's public half.
const ID_BYTES: usize = 6;

/// The deployment's secret under which keys are hashed: a copied database alone opens nothing.
#[derive(Clone)]
pub struct Pepper(Vec<u8>);

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

impl Pepper {
    /// The pepper in `raw`.
    ///
    /// # Errors
    /// Words, when it is shorter than [`PEPPER_BYTES_MIN`].
    pub fn new(raw: &[u8]) -> Result<Self, String> {
        if raw.len() < PEPPER_BYTES_MIN {
            return Err(format!(
                "the pepper has {} bytes; it needs at least {PEPPER_BYTES_MIN}",
                raw.len()
            ));
        }
        Ok(Self(raw.to_owned()))
    }

    /// A fresh one, as 64 hexadecimal digits.
    ///
    /// # Errors
    /// Words, when the machine gives no random bytes.
    pub fn make() -> Result<String, String> {
        random_hex::<SECRET_BYTES>()
    }

    fn mac(&self, secret: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(secret.as_bytes());
        Some(mac)
    }

    /// What is kept of a secret: its HMAC-SHA256 in hexadecimal digits.
    #[must_use]
    pub fn hash(&self, secret: &str) -> String {
        self.mac(secret).map_or_else(String::new, |mac| hex(&mac.finalize().into_bytes()))
    }

    /// A key of 256 bits for one purpose, which tells nothing of the pepper or of another's key: HKDF-SHA256
    /// (RFC 5869).
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hkdf(b"zonewarden", &self.0, purpose.as_bytes())
    }

    /// Whether `hash` is kept of `secret`; takes the same time for a near miss as for a far one.
    #[must_use]
    pub fn matches(&self, secret: &str, hash: &str) -> bool {
        let kept = unhex(hash);
        self.mac(secret).is_some_and(|mac| mac.verify_slice(&kept).is_ok())
    }
}

/// A key as its holder writes it: `zw_<id>_<secret>`.
pub struct Token {
    /// The public half.
    pub id: KeyId,
    /// The secret half.
    pub secret: String,
}

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// Words, when the machine gives no random bytes.
    pub fn make() -> Result<Self, String> {
        let id = KeyId::new(&random_hex::<ID_BYTES>()?).map_err(|fault| fault.to_string())?;
        Ok(Self { id, secret: random_hex::<SECRET_BYTES>()? })
    }

    /// Reads a token.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix("zw_")?.split_once('_')?;
        if secret.len() != 2 * SECRET_BYTES || !secret.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        Some(Self { id: KeyId::new(id).ok()?, secret: secret.to_owned() })
    }

    /// As its holder writes it.
    #[must_use]
    pub fn write(&self) -> String {
        format!("zw_{}_{}", self.id, self.secret)
    }
}

/// Keys seen lately, and ids that were asked for and are no keys.
#[derive(Default)]
pub struct Keyring {
    seen: Mutex<HashMap<(CityId, KeyId), Seen>>,
}

struct Seen {
    key: Option<ApiKey>,
    until: Instant,
}

impl Seen {
    /// Not for longer than [`REMEMBER_US`] either way: the clock may have been set back.
    fn holds(&self, now: Instant) -> bool {
        now < self.until && self.until.0.saturating_sub(now.0) <= REMEMBER_US
    }
}

impl Keyring {
    /// What is remembered of the key: `None` when the store must be asked.
    #[must_use]
    pub fn recall(&self, city: &CityId, id: &KeyId, now: Instant) -> Option<Option<ApiKey>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = seen.get(&(city.clone(), id.clone()))?;
        entry.holds(now).then(|| entry.key.clone())
    }

    /// Remembers what the store said.
    pub fn remember(&self, city: &CityId, id: &KeyId, key: Option<ApiKey>, now: Instant) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED_MAX {
            seen.retain(|_, entry| entry.holds(now));
            if seen.len() >= REMEMBERED_MAX {
                seen.clear();
            }
        }
        let until = Instant(now.0.saturating_add(REMEMBER_US));
        seen.insert((city.clone(), id.clone()), Seen { key, until });
    }

    /// Forgets the key, so that the store is asked next time.
    pub fn forget(&self, city: &CityId, id: &KeyId) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remove(&(city.clone(), id.clone()));
    }
}

/// One block of HKDF-SHA256: all that a key of 256 bits takes.
fn hkdf(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; 32] {
    mac(&mac(salt, &[secret]), &[info, &[1]])
}

/// HMAC-SHA256 of the parts, one behind the other.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A key of any length is taken, so there is always one.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    })
}

fn random_hex<const N: usize>() -> Result<String, String> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|fault| format!("no random bytes: {fault}"))?;
    Ok(hex(&bytes))
}

/// Hexadecimal digits, lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)?.try_into().ok()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_trip_through_text_and_only_its_secret_matches() {
        let pepper = Pepper::new(b"0123456789abcdef").unwrap();
        let token = Token::make().unwrap();
        let read = Token::read(&token.write()).unwrap();
        assert_eq!(read.id, token.id);
        let hash = pepper.hash(&token.secret);
        assert!(pepper.matches(&read.secret, &hash));
        assert!(!pepper.matches(&Token::make().unwrap().secret, &hash));
        assert!(!Pepper::new(b"another pepper !").unwrap().matches(&token.secret, &hash));
        assert!(!pepper.matches(&token.secret, ""));
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "zw_", "zw_a_b", "xx_a_00", "zw__", "zw_a_é"] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_hash_is_the_rfc_4231_hmac() {
        // RFC 4231, test case 6: a key of 131 bytes.
        let pepper = Pepper::new(&[0xaa; 131]).unwrap();
        assert_eq!(
            pepper.hash("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn the_key_of_a_purpose_is_the_rfc_5869_hkdf() {
        // RFC 5869, test case 1, its first 32 bytes.
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        assert_eq!(
            hex(&hkdf(&salt, &[0x0b; 22], &info)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        );
        let pepper = Pepper::new(b"0123456789abcdef").unwrap();
        assert_ne!(pepper.derive("a"), pepper.derive("b"));
    }

    #[test]
    fn a_key_is_remembered_for_a_while_and_no_longer() {
        let ring = Keyring::default();
        let (city, id) = (CityId::new("c").unwrap(), KeyId::new("k").unwrap());
        ring.remember(&city, &id, None, Instant(0));
        assert_eq!(ring.recall(&city, &id, Instant(REMEMBER_US - 1)), Some(None));
        assert_eq!(ring.recall(&city, &id, Instant(REMEMBER_US)), None);
        ring.remember(&city, &id, None, Instant(0));
        assert_eq!(ring.recall(&city, &id, Instant(-1)), None, "the clock was set back");
        ring.forget(&city, &id);
        assert_eq!(ring.recall(&city, &id, Instant(1)), None);
    }
}
