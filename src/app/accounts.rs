//! API keys: issued once, checked at every request, revoked for good.

use crate::app::keyring::Token;
use crate::app::refusal::{Fault, Refusal};
use crate::app::state::App;
use crate::domain::accounts::{ApiKey, Caller, Role};
use crate::domain::change::Change;
use crate::domain::id::{CityId, KeyId, UnitId};
use crate::domain::text::{self, NAME_CHARS_MAX};
use crate::domain::time::Instant;
use crate::store::Basis;

/// What a new key is to open.
#[derive(Clone, Debug)]
pub struct KeyOrder {
    /// What its holder may do.
    pub role: Role,
    /// Which unit the holder speaks for.
    pub unit: Option<UnitId>,
    /// What it is for.
    pub label: String,
    /// When it ends by itself.
    pub expires_at: Option<Instant>,
}

/// A key just made: the only time that its secret is seen.
pub struct IssuedKey {
    /// As it is kept.
    pub key: ApiKey,
    /// As its holder writes it.
    pub token: String,
}

/// Makes a key.
///
/// # Errors
/// [`Refusal::Invalid`] with every fault of the order; [`Refusal::NoPepper`].
pub async fn issue(
    app: &App,
    city: &CityId,
    caller: &Caller,
    order: KeyOrder,
) -> Result<IssuedKey, Refusal> {
    let now = app.now();
    let label = checked(app, city, &order, now)?;
    let token = Token::make().map_err(Refusal::Inner)?;
    let key = ApiKey {
        id: token.id.clone(),
        hash: app.pepper()?.hash(&token.secret),
        role: order.role,
        unit: order.unit,
        label,
        issued_at: now,
        expires_at: order.expires_at,
        revoked_at: None,
    };
    app.commit(city, caller, Basis::default(), vec![Change::KeyIssued(key.clone())]).await?;
    Ok(IssuedKey { key, token: token.write() })
}

fn checked(app: &App, city: &CityId, order: &KeyOrder, now: Instant) -> Result<String, Refusal> {
    let mut faults = Vec::new();
    match (order.role, &order.unit) {
        (Role::Public, _) => {
            faults.push(Fault::new("role", "`public` needs no key; it is what anybody may do"));
        }
        (Role::Unit, None) => {
            faults
                .push(Fault::new("unit", "a key of the role `unit` names the unit it speaks for"));
        }
        (_, Some(unit)) if app.atlas(city)?.unit(unit).is_none() => {
            faults.push(Fault::new("unit", format!("there is no unit {unit}")));
        }
        _ => {}
    }
    if order.expires_at.is_some_and(|at| at <= now) {
        faults.push(Fault::new("expires", "lies in the past"));
    }
    let label = text::line(&order.label, NAME_CHARS_MAX).unwrap_or_else(|fault| {
        faults.push(Fault::new("label", fault.to_string()));
        String::new()
    });
    if faults.is_empty() { Ok(label) } else { Err(Refusal::Invalid(faults)) }
}

/// Every key of the city, by id.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn list(app: &App, city: &CityId) -> Result<Vec<ApiKey>, Refusal> {
    Ok(app.store().keys(city).await?)
}

/// Ends a key, here at once and in other processes within half a minute.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown key.
pub async fn revoke(app: &App, city: &CityId, caller: &Caller, id: &KeyId) -> Result<(), Refusal> {
    if app.store().key(city, id).await?.is_none() {
        return Err(Refusal::NotFound);
    }
    let change = Change::KeyRevoked { key: id.clone(), at: app.now() };
    app.commit(city, caller, Basis::default(), vec![change]).await?;
    app.keyring().forget(city, id);
    Ok(())
}

/// Who holds the token. An unknown id costs the same hash as a known one.
///
/// # Errors
/// [`Refusal::BadKey`], whatever the reason; [`Refusal::Unavailable`].
pub async fn verify(app: &App, city: &CityId, token: &str) -> Result<Caller, Refusal> {
    let pepper = app.pepper()?;
    let token = Token::read(token).ok_or(Refusal::BadKey)?;
    let now = app.now();
    let key = known(app, city, &token.id, now).await?;
    let hash = key.as_ref().map_or("", |key| &key.hash);
    let matches = pepper.matches(&token.secret, hash);
    match key {
        Some(key) if matches && key.is_live(now) => Ok(Caller::holder(&key)),
        _ => Err(Refusal::BadKey),
    }
}

/// Whether the key that a caller came with still opens what it did: whoever stays connected is asked again.
///
/// # Errors
/// [`Refusal::BadKey`] when it does not; [`Refusal::Unavailable`].
pub async fn still(app: &App, city: &CityId, caller: &Caller) -> Result<(), Refusal> {
    let id = KeyId::new(&caller.actor).map_err(|_| Refusal::BadKey)?;
    let now = app.now();
    match known(app, city, &id, now).await? {
        Some(key) if key.is_live(now) && Caller::holder(&key) == *caller => Ok(()),
        _ => Err(Refusal::BadKey),
    }
}

/// The key with this id, as it was remembered or as the store has it.
async fn known(
    app: &App,
    city: &CityId,
    id: &KeyId,
    now: Instant,
) -> Result<Option<ApiKey>, Refusal> {
    if let Some(key) = app.keyring().recall(city, id, now) {
        return Ok(key);
    }
    let key = app.store().key(city, id).await?;
    app.keyring().remember(city, id, key.clone(), now);
    Ok(key)
}
