//! A message by the Standard Webhooks rules: id, time, signature, body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::app::keyring::{hex, mac};
use crate::domain::change::JournalEntry;
use crate::domain::id::{CityId, WebhookId};
use crate::domain::time::Instant;

/// What a secret begins with where people see it.
pub const SECRET_PREFIX: &str = "whsec_";
/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// A secret that signs.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A fresh one.
    ///
    /// # Errors
    /// Words, when the machine gives no random bytes.
    pub fn make() -> Result<Self, String> {
        let mut bytes = vec![0_u8; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|fault| format!("no random bytes: {fault}"))?;
        Ok(Self(bytes))
    }

    /// One that was kept.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What is kept of it, sealed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its holder writes it: `whsec_` and base64.
    #[must_use]
    pub fn write(&self) -> String {
        format!("{SECRET_PREFIX}{}", BASE64.encode(&self.0))
    }

    fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let time = timestamp.to_string();
        let parts: [&[u8]; 5] = [id.as_bytes(), b".", time.as_bytes(), b".", body.as_bytes()];
        format!("v1,{}", BASE64.encode(mac(&self.0, &parts)))
    }
}

/// A message on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Which: the same at every attempt, so that a receiver knows a repetition.
    pub id: String,
    /// When it is sent, seconds since 1970 UTC.
    pub timestamp: i64,
    /// A signature under each secret, separated by blanks.
    pub signature: String,
    /// What it says, JSON.
    pub body: String,
}

impl Message {
    /// What an entry of the journal tells a webhook: what happened, to what, with the journal's facts, which
    /// hold no words or contacts; and not who did it.
    #[must_use]
    pub fn new(
        city: &CityId,
        webhook: &WebhookId,
        entry: &JournalEntry,
        secrets: &[Secret],
        now: Instant,
    ) -> Self {
        let id = message_id(city, webhook, entry.seq);
        let data = json!({
            "city": city, "facts": entry.facts, "seq": entry.seq, "subject": entry.subject,
        });
        let told = json!({ "data": data, "timestamp": entry.at.rfc3339(), "type": entry.kind });
        let body = told.to_string();
        let timestamp = now.0.div_euclid(1_000_000);
        let signed: Vec<String> =
            secrets.iter().map(|secret| secret.sign(&id, timestamp, &body)).collect();
        Self { id, timestamp, signature: signed.join(" "), body }
    }
}

/// The id of the message that tells a webhook of an entry of the journal.
#[must_use]
pub fn message_id(city: &CityId, webhook: &WebhookId, seq: i64) -> String {
    let told = format!("{city}\n{webhook}\n{seq}");
    format!("msg_{}", hex(&Sha256::digest(told.as_bytes())[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_standard() {
        // The example of the Standard Webhooks specification's own libraries.
        let key = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = Secret::of(key).sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(Secret::make().unwrap().write().starts_with("whsec_"));
    }

    #[test]
    fn a_message_has_one_id_at_every_attempt_and_tells_nothing_of_who_did_it() {
        let (city, webhook) = (CityId::new("甲").unwrap(), WebhookId::new("w").unwrap());
        let entry = JournalEntry {
            seq: 7,
            at: Instant(0),
            actor: "3f9a0c12b4de".to_owned(),
            kind: "case_moved".to_owned(),
            subject: "x".to_owned(),
            facts: json!({ "unit": "u1" }),
        };
        let secrets = [Secret::make().unwrap(), Secret::make().unwrap()];
        let of = |s: i64| Message::new(&city, &webhook, &entry, &secrets, Instant(s * 1_000_000));
        let (first, again) = (of(10), of(310));
        assert_eq!((&first.id, &first.body), (&again.id, &again.body));
        assert!(first.id.is_ascii() && first.signature != again.signature);
        assert_eq!(first.signature.split(' ').count(), 2);
        assert!(!first.body.contains("3f9a0c12b4de"));
        assert_ne!(message_id(&city, &webhook, 8), first.id);
    }
}
