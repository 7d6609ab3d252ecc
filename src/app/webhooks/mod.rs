//! Webhooks: ordered by a unit for itself or by the admin for all; sent in the background.

pub mod message;
pub mod sender;
pub mod courier;

use crate::app::keyring::hex;
use crate::app::refusal::{Fault, Refusal};
use crate::app::sealed::Sealer;
use crate::app::state::{App, Seat, must};
use crate::app::webhooks::message::Secret;
use crate::app::webhooks::sender::may_go;
use crate::domain::accounts::{Caller, Operation, Role};
use crate::domain::change::Change;
use crate::domain::id::{CityId, UnitId, WebhookId};
use crate::domain::text::{self, NAME_CHARS_MAX};
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::Delivery;
use crate::domain::webhooks::webhook::{Former, Off, Standing, Topic, Webhook, Why};
use crate::store::{Basis, DeliveryFilter};

/// Most webhooks of a city.
pub const WEBHOOKS_MAX: usize = 1_000;
/// Most dead letters that are tried again at once.
pub const REPLAY_MAX: usize = 1_000;
/// For how long, when nothing is said, the secret before a rotation signs too.
pub const FORMER_S: u32 = 24 * 3_600;
/// For how long at most.
pub const FORMER_S_MAX: u32 = 30 * 24 * 3_600;
/// What the secrets are sealed for.
const PURPOSE: &str = "webhook";
/// Bytes of an id.
const ID_BYTES: usize = 6;

/// A webhook that somebody wants.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Where it goes.
    pub url: String,
    /// What it tells of; empty: everything there is.
    pub topics: Vec<Topic>,
    /// What it is for.
    pub label: String,
    /// Whose it is; of a unit's key its own in any case.
    pub unit: Option<UnitId>,
}

/// What is to be otherwise; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Alteration {
    /// Where it goes.
    pub url: Option<String>,
    /// What it tells of.
    pub topics: Option<Vec<Topic>>,
    /// What it is for.
    pub label: Option<String>,
    /// Whether it is on.
    pub enabled: Option<bool>,
}

/// A webhook whose secret was just made: the only time that it is seen.
pub struct Issued {
    /// As it is kept.
    pub standing: Standing,
    /// As its holder writes it.
    pub secret: String,
}

/// Every webhook that is the caller's business.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Unavailable`].
pub async fn list(app: &App, seat: &Seat, caller: &Caller) -> Result<Vec<Standing>, Refusal> {
    must(caller, Operation::ListWebhooks)?;
    let mut found = app.store().webhooks(&seat.city).await?;
    found.retain(|it| is_of(caller, &it.webhook));
    Ok(found)
}

/// One webhook.
///
/// # Errors
/// [`Refusal::NotFound`] for another's and for none alike.
pub async fn get(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    operation: Operation,
    id: &WebhookId,
) -> Result<Standing, Refusal> {
    must(caller, operation)?;
    let found = app.store().webhook(&seat.city, id).await?;
    found.filter(|it| is_of(caller, &it.webhook)).ok_or(Refusal::NotFound)
}

fn is_of(caller: &Caller, webhook: &Webhook) -> bool {
    match caller.role {
        Role::Admin => true,
        Role::Unit => caller.unit.is_some() && caller.unit == webhook.unit,
        _ => false,
    }
}

/// Makes a webhook; it tells of what happens from now on.
///
/// # Errors
/// [`Refusal::Invalid`] with every fault; [`Refusal::NoPepper`].
pub async fn make(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    order: Order,
) -> Result<Issued, Refusal> {
    must(caller, Operation::MakeWebhook)?;
    let mut faults = Vec::new();
    let unit = whose(seat, caller, order.unit, &mut faults)?;
    let (url, label) = (order.url, order.label);
    let label = checked(app, Some(&url), Some(&label), &mut faults).unwrap_or_default();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    if app.store().webhooks(&seat.city).await?.len() >= WEBHOOKS_MAX {
        let words = format!("the city has {WEBHOOKS_MAX} webhooks, which is as many as it may");
        return Err(Refusal::Conflict(words));
    }
    let mut bytes = [0_u8; ID_BYTES];
    getrandom::fill(&mut bytes).map_err(|fault| Refusal::Inner(fault.to_string()))?;
    let id = WebhookId::new(&hex(&bytes)).map_err(|fault| Refusal::Inner(fault.to_string()))?;
    let (secret, sealed) = fresh(app, &seat.city, &id)?;
    let webhook = Webhook {
        id,
        unit,
        url,
        topics: sorted(order.topics),
        label,
        secret: sealed,
        former: None,
        made_at: app.now(),
        revision: 1,
        off: None,
    };
    let read_to = app.store().head(&seat.city).await?.map_or(0, |head| head.journal_seq);
    let id = webhook.id.clone();
    let change = Change::WebhookMade { webhook, read_to };
    app.commit(&seat.city, caller, Basis::default(), vec![change]).await?;
    Ok(Issued { standing: found(app, seat, &id).await?, secret: secret.write() })
}

/// Whose webhook a caller makes.
fn whose(
    seat: &Seat,
    caller: &Caller,
    named: Option<UnitId>,
    faults: &mut Vec<Fault>,
) -> Result<Option<UnitId>, Refusal> {
    if caller.role == Role::Unit {
        let own = caller.unit.clone().ok_or(Refusal::NotFound)?;
        if named.is_some_and(|named| named != own) {
            faults.push(Fault::new("unit", format!("your key speaks for {own} alone")));
        }
        return Ok(Some(own));
    }
    if let Some(unit) = &named
        && seat.atlas()?.unit(unit).is_none()
    {
        faults.push(Fault::new("unit", format!("there is no unit {unit}")));
    }
    Ok(named)
}

/// The label as it is kept; the faults of label and address go where the others are.
fn checked(
    app: &App,
    url: Option<&str>,
    label: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    if let Some(Err(words)) = url.map(|url| may_go(url, app.reaches_private())) {
        faults.push(Fault::new("url", words));
    }
    match text::line(label?, NAME_CHARS_MAX) {
        Ok(label) => Some(label),
        Err(fault) => {
            faults.push(Fault::new("label", fault.to_string()));
            None
        }
    }
}

fn sorted(mut topics: Vec<Topic>) -> Vec<Topic> {
    topics.sort_unstable();
    topics.dedup();
    topics
}

/// Changes a webhook. Switched on again it goes on where it was, and what was not taken is tried at its time.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Invalid`]; [`Refusal::Conflict`] when somebody else changed it meanwhile.
pub async fn alter(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: &WebhookId,
    ask: Alteration,
) -> Result<Standing, Refusal> {
    let now = get(app, seat, caller, Operation::ChangeWebhook, id).await?.webhook;
    let mut faults = Vec::new();
    let label = checked(app, ask.url.as_deref(), ask.label.as_deref(), &mut faults);
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    let off = match ask.enabled {
        Some(true) => None,
        Some(false) => Some(now.off.unwrap_or(Off { why: Why::Asked, at: app.now() })),
        None => now.off,
    };
    let then = Webhook {
        url: ask.url.unwrap_or(now.url),
        topics: ask.topics.map_or(now.topics, sorted),
        label: label.unwrap_or(now.label),
        off,
        revision: now.revision + 1,
        ..now
    };
    app.commit(&seat.city, caller, Basis::default(), vec![Change::WebhookSet(then)]).await?;
    found(app, seat, id).await
}

/// Gives a webhook another secret; the one before signs too for `keep_s` seconds, so that the receiver can be
/// told in peace.
///
/// # Errors
/// As [`alter`].
pub async fn rotate(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: &WebhookId,
    keep_s: u32,
) -> Result<Issued, Refusal> {
    let now = get(app, seat, caller, Operation::RotateWebhookSecret, id).await?.webhook;
    if keep_s > FORMER_S_MAX {
        return Err(Refusal::fault("keep_s", format!("must be 0 to {FORMER_S_MAX} seconds")));
    }
    let (secret, sealed) = fresh(app, &seat.city, id)?;
    let until = Instant(app.now().0.saturating_add(i64::from(keep_s) * 1_000_000));
    let former = (keep_s > 0).then_some(Former { secret: now.secret.clone(), until });
    let then = Webhook { secret: sealed, former, revision: now.revision + 1, ..now };
    app.commit(&seat.city, caller, Basis::default(), vec![Change::WebhookSet(then)]).await?;
    Ok(Issued { standing: found(app, seat, id).await?, secret: secret.write() })
}

/// Removes a webhook, and what it has not delivered.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn remove(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: &WebhookId,
) -> Result<(), Refusal> {
    let unit = get(app, seat, caller, Operation::RemoveWebhook, id).await?.webhook.unit;
    let change = Change::WebhookRemoved { webhook: id.clone(), unit };
    app.commit(&seat.city, caller, Basis::default(), vec![change]).await?;
    Ok(())
}

/// What a webhook has not delivered: what is still tried, or its dead letters.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn deliveries(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: &WebhookId,
    dead: bool,
    (after, limit): (i64, u32),
) -> Result<Vec<Delivery>, Refusal> {
    get(app, seat, caller, Operation::ListDeliveries, id).await?;
    let filter = DeliveryFilter { dead, due: None };
    Ok(app.store().deliveries(&seat.city, id, filter, after, limit).await?)
}

/// Tries dead letters again: those named, or as many of all as go at once; how many those are.
///
/// # Errors
/// [`Refusal::NotFound`]; [`Refusal::Conflict`] when one that is named is no dead letter.
pub async fn replay(
    app: &App,
    seat: &Seat,
    caller: &Caller,
    id: &WebhookId,
    named: Option<Vec<i64>>,
) -> Result<usize, Refusal> {
    let unit = get(app, seat, caller, Operation::ReplayDeliveries, id).await?.webhook.unit;
    let limit = u32::try_from(REPLAY_MAX).unwrap_or(u32::MAX);
    let seqs = if let Some(mut seqs) = named {
        if seqs.len() > REPLAY_MAX {
            let words = format!("names {} deliveries, at most {REPLAY_MAX} are taken", seqs.len());
            return Err(Refusal::fault("seqs", words));
        }
        seqs.sort_unstable();
        seqs.dedup();
        seqs
    } else {
        let filter = DeliveryFilter { dead: true, due: None };
        let dead = app.store().deliveries(&seat.city, id, filter, 0, limit).await?;
        dead.into_iter().map(|it| it.seq).collect()
    };
    let count = seqs.len();
    if count > 0 {
        let at = app.now();
        let change = Change::DeliveriesReplayed { webhook: id.clone(), unit, seqs, at };
        app.commit(&seat.city, caller, Basis::default(), vec![change]).await?;
    }
    Ok(count)
}

async fn found(app: &App, seat: &Seat, id: &WebhookId) -> Result<Standing, Refusal> {
    app.store().webhook(&seat.city, id).await?.ok_or(Refusal::NotFound)
}

/// A fresh secret, and what is kept of it.
fn fresh(app: &App, city: &CityId, id: &WebhookId) -> Result<(Secret, String), Refusal> {
    let secret = Secret::make().map_err(Refusal::Inner)?;
    let sealed = sealer(app)?.seal(secret.bytes(), &about(city, id)).map_err(Refusal::Inner)?;
    Ok((secret, sealed))
}

fn sealer(app: &App) -> Result<Sealer, Refusal> {
    Sealer::new(app.pepper()?, PURPOSE).map_err(Refusal::Inner)
}

/// What a secret belongs to: put beside another webhook it does not open.
fn about(city: &CityId, id: &WebhookId) -> String {
    format!("{city}\n{id}")
}

/// The secrets that sign now, the present one first.
///
/// # Errors
/// [`Refusal::NoPepper`], [`Refusal::Damaged`] when one does not open.
fn secrets(app: &App, city: &CityId, webhook: &Webhook) -> Result<Vec<Secret>, Refusal> {
    let opener = sealer(app)?;
    let now = app.now();
    let former = webhook.former.as_ref().filter(|former| former.until > now);
    let sealed = std::iter::once(&webhook.secret).chain(former.map(|former| &former.secret));
    let open = |sealed: &String| {
        opener.open(sealed, &about(city, &webhook.id)).map(Secret::of).map_err(|fault| {
            Refusal::Damaged(format!("the secret of webhook {} does not open: {fault}", webhook.id))
        })
    };
    sealed.map(open).collect()
}
