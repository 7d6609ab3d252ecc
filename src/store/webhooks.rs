//! Webhooks, how far each is, and what was not delivered yet.

use crate::domain::id::{CityId, UnitId, WebhookId};
use crate::domain::time::Instant;
use crate::domain::webhooks::delivery::{Delivery, Posted, attempts_lie_by, claims_end_by};
use crate::domain::webhooks::webhook::{Former, Off, Round, Standing, Topic, Webhook, Why};
use crate::store::promise::{DeliveryFilter, StoreError};
use crate::store::statement::{
    Row, Statement, Table, Taken, Value, damaged, int, list, text, unknown,
};
use crate::store::words;

macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select webhook_id, unit_id, url, topics, label, secret, former_secret, former_until, \
             made_at, revision, off_why, off_at, read_to, holder, held_until, failing_since \
             from zonewarden.webhook where city_id = $1",
            $rest
        )
    };
}

/// Every webhook of a city.
pub(super) const ALL: &str = columns!(" order by webhook_id");

/// One webhook, `$2`.
pub(super) const ONE: &str = columns!(" and webhook_id = $2");

const MAKE: &str = "insert into zonewarden.webhook (city_id, webhook_id, unit_id, url, topics, \
     label, secret, former_secret, former_until, made_at, revision, off_why, off_at, read_to, \
     holder, held_until, failing_since) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 0, null) \
     on conflict (city_id, webhook_id) do nothing";

const SET: &str = "update zonewarden.webhook set unit_id = $3, url = $4, topics = $5, label = $6, \
     secret = $7, former_secret = $8, former_until = $9, made_at = $10, revision = $11, \
     off_why = $12, off_at = $13, failing_since = null \
     where city_id = $1 and webhook_id = $2 and revision = $14";

const REMOVE: &str = "delete from zonewarden.webhook where city_id = $1 and webhook_id = $2";

const REMOVE_DELIVERIES: &str =
    "delete from zonewarden.webhook_delivery where city_id = $1 and webhook_id = $2";

const POST: &str = "update zonewarden.webhook set read_to = $5, holder = $3, held_until = $6, \
     failing_since = $7 where city_id = $1 and webhook_id = $2 and read_to = $4 \
     and (holder = $3 or held_until <= $8 or held_until > $9)";

const DONE: &str = "delete from zonewarden.webhook_delivery \
     where city_id = $1 and webhook_id = $2 and seq = $3";

const REPLAY: &str = "update zonewarden.webhook_delivery set dead = 0, attempts = 0, next_at = $4 \
     where city_id = $1 and webhook_id = $2 and seq = $3 and dead = 1";

static DELIVERY: Table = Table {
    name: "webhook_delivery",
    columns: &[
        text("city_id"),
        text("webhook_id"),
        int("seq"),
        int("attempts"),
        int("first_at"),
        int("next_at"),
        int("dead"),
        int("status"),
        text("fault"),
    ],
    key: &["city_id", "webhook_id", "seq"],
    taken: Taken::Replace,
};

/// What a webhook has not delivered.
pub(super) const DELIVERIES: &str = "select webhook_id, seq, attempts, first_at, next_at, dead, \
     status, fault from zonewarden.webhook_delivery where city_id = $1 and webhook_id = $2 \
     and dead = $3 and (next_at <= $4 or next_at > $5) and seq > $6 order by seq limit $7";

/// The values of [`DELIVERIES`].
pub(super) fn deliveries_values<'a>(
    city: &'a CityId,
    webhook: &'a WebhookId,
    filter: DeliveryFilter,
    after: i64,
    limit: usize,
) -> [Value<'a>; 7] {
    let due = filter.due.unwrap_or(Instant(i64::MAX));
    [
        Value::text(city.as_str()),
        Value::text(webhook.as_str()),
        Value::flag(filter.dead),
        Value::Int(due.0),
        Value::Int(attempts_lie_by(due).0),
        Value::Int(after),
        Value::Int(i64::try_from(limit).unwrap_or(i64::MAX)),
    ]
}

fn ordered<'a>(city: &'a CityId, it: &'a Webhook) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::text(it.id.as_str()),
        Value::text_or(it.unit.as_ref().map(UnitId::as_str)),
        Value::text(&it.url),
        list(it.topics.iter().map(|topic| topic.code())),
        Value::text(&it.label),
        Value::text(&it.secret),
        Value::text_or(it.former.as_ref().map(|former| former.secret.as_str())),
        Value::int_or(it.former.as_ref().map(|former| former.until.0)),
        Value::Int(it.made_at.0),
        Value::Int(i64::from(it.revision)),
        Value::text_or(it.off.map(|off| off.why.code())),
        Value::int_or(it.off.map(|off| off.at.0)),
    ]
}

/// A webhook is made.
pub(super) fn make<'a>(city: &'a CityId, it: &'a Webhook, read_to: i64) -> Statement<'a> {
    let mut values = ordered(city, it);
    values.push(Value::Int(read_to));
    Statement::One { text: MAKE, values, must: Some((1, words::taken("webhook", &it.id))) }
}

/// A webhook is otherwise; how long its receiver has failed is counted anew.
pub(super) fn set<'a>(city: &'a CityId, it: &'a Webhook) -> Statement<'a> {
    let mut values = ordered(city, it);
    values.push(Value::Int(i64::from(it.revision) - 1));
    Statement::One { text: SET, values, must: Some((1, words::webhook_changed(&it.id))) }
}

/// A webhook goes, and what it has not delivered.
pub(super) fn remove<'a>(city: &'a CityId, id: &'a WebhookId) -> [Statement<'a>; 2] {
    let values = || vec![Value::text(city.as_str()), Value::text(id.as_str())];
    [
        Statement::One { text: REMOVE_DELIVERIES, values: values(), must: None },
        Statement::One { text: REMOVE, values: values(), must: Some((1, words::no_webhook(id))) },
    ]
}

/// A process claims a webhook, or tells what it delivered.
pub(super) fn post<'a>(city: &'a CityId, it: &'a Posted) -> Vec<Statement<'a>> {
    let key = || vec![Value::text(city.as_str()), Value::text(it.webhook.as_str())];
    let mut values = key();
    values.extend([
        Value::text(&it.holder),
        Value::Int(it.seen),
        Value::Int(it.read_to),
        Value::Int(it.held_until.0),
        Value::int_or(it.failing_since.map(|at| at.0)),
        Value::Int(it.at.0),
        Value::Int(claims_end_by(it.at).0),
    ]);
    let must = Some((1, words::webhook_held(&it.webhook)));
    let mut all = vec![Statement::One { text: POST, values, must }];
    all.extend(it.done.iter().map(|seq| {
        let mut values = key();
        values.push(Value::Int(*seq));
        Statement::One { text: DONE, values, must: None }
    }));
    if !it.kept.is_empty() {
        let rows = it.kept.iter().map(|kept| delivery_row(city, kept)).collect();
        all.push(Statement::Bulk { table: &DELIVERY, rows });
    }
    all
}

fn delivery_row<'a>(city: &'a CityId, it: &'a Delivery) -> Vec<Value<'a>> {
    vec![
        Value::text(city.as_str()),
        Value::text(it.webhook.as_str()),
        Value::Int(it.seq),
        Value::Int(i64::from(it.attempts)),
        Value::Int(it.first_at.0),
        Value::Int(it.next_at.0),
        Value::flag(it.dead),
        Value::int_or(it.status.map(i64::from)),
        Value::text(&it.fault),
    ]
}

/// Dead letters are tried again.
pub(super) fn replay<'a>(
    city: &'a CityId,
    webhook: &'a WebhookId,
    seqs: &'a [i64],
    at: Instant,
) -> impl Iterator<Item = Statement<'a>> {
    seqs.iter().map(move |seq| Statement::One {
        text: REPLAY,
        values: vec![
            Value::text(city.as_str()),
            Value::text(webhook.as_str()),
            Value::Int(*seq),
            Value::Int(at.0),
        ],
        must: Some((1, words::no_dead_letter(webhook, *seq))),
    })
}

/// A row of [`ALL`] or [`ONE`].
pub(super) fn read(row: &impl Row) -> Result<Standing, StoreError> {
    let former = match (row.text_or(6)?, row.int_or(7)?) {
        (Some(secret), Some(until)) => {
            Some(Former { secret: secret.to_owned(), until: Instant(until) })
        }
        _ => None,
    };
    let why = row.code_or(10, |code| Why::from_code(code).ok_or_else(|| unknown(code)))?;
    let topics: Vec<String> = row.json(3)?;
    let topics = topics.iter().map(|code| Topic::from_code(code)).collect::<Result<_, _>>();
    Ok(Standing {
        webhook: Webhook {
            id: row.code(0, WebhookId::new)?,
            unit: row.code_or(1, UnitId::new)?,
            url: row.text(2)?.to_owned(),
            topics: topics.map_err(|fault: String| damaged(3, &fault))?,
            label: row.text(4)?.to_owned(),
            secret: row.text(5)?.to_owned(),
            former,
            made_at: Instant(row.int(8)?),
            revision: number(row, 9)?,
            off: why.zip(row.int_or(11)?).map(|(why, at)| Off { why, at: Instant(at) }),
        },
        round: Round {
            read_to: row.int(12)?,
            holder: row.text(13)?.to_owned(),
            held_until: Instant(row.int(14)?),
            failing_since: row.int_or(15)?.map(Instant),
        },
    })
}

/// A row of [`DELIVERIES`].
pub(super) fn read_delivery(row: &impl Row) -> Result<Delivery, StoreError> {
    let status = row.int_or(6)?.map(u16::try_from).transpose();
    Ok(Delivery {
        webhook: row.code(0, WebhookId::new)?,
        seq: row.int(1)?,
        attempts: number(row, 2)?,
        first_at: Instant(row.int(3)?),
        next_at: Instant(row.int(4)?),
        dead: row.flag(5)?,
        status: status.map_err(|fault| damaged(6, &fault))?,
        fault: row.text(7)?.to_owned(),
    })
}

fn number(row: &impl Row, at: usize) -> Result<u32, StoreError> {
    u32::try_from(row.int(at)?).map_err(|fault| damaged(at, &fault))
}
