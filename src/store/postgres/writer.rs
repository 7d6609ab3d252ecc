//! Writing: one transaction for what waits together. Filed reports go through one task that
//! gathers them; everything else has a connection of its own.

use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::future::{join, join_all, join3};
use postgres_types::{ToSql, Type};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::binary_copy::BinaryCopyInWriter;

use crate::domain::id::CityId;
use crate::store::answers;
use crate::store::postgres::connect::{AT_THE_ATLAS, connection};
use crate::store::postgres::rows::{PostgresRow, fault};
use crate::store::promise::{CommitError, Head, StoreError};
use crate::store::reports::{self, Known};
use crate::store::sql::{self, Dialect};
use crate::store::statement::{Statement, Table, Taken, Value};
use crate::store::writing::{self, Commit, Group, HeadRow};

/// Most commits of reports that wait; the next is refused at once.
const QUEUE_MAX: usize = 8_192;
/// Longest wait for commits that are likely on their way.
const GATHER_MAX: Duration = Duration::from_millis(5);
/// Up to so many rows go as arrays of one insert, more by COPY.
const ARRAY_ROWS_MAX: usize = 4_096;

struct Job {
    commit: Commit,
    answer: oneshot::Sender<Result<Head, CommitError>>,
}

/// The way to the writing task.
#[derive(Clone)]
pub(super) struct Writer {
    queue: Sender<Job>,
    pool: Pool,
    /// Most commits that share a transaction.
    group_max: usize,
}

impl Writer {
    /// Starts the task; it ends when the last store is dropped and the queue is empty.
    pub(super) fn start(pool: Pool, group_max: usize) -> Self {
        let (queue, jobs) = channel(QUEUE_MAX);
        tokio::spawn(serve(pool.clone(), jobs, group_max));
        Self { queue, pool, group_max }
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<Head, CommitError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { commit, answer };
        if self.group_max > 1 && job.commit.may_share() {
            self.queue.try_send(job).map_err(|refused| match refused {
                TrySendError::Full(_) => StoreError::Unavailable(format!(
                    "{QUEUE_MAX} writes are waiting (limit QUEUE_MAX); try again later"
                )),
                TrySendError::Closed(_) => stopped(),
            })?;
        } else {
            // A task of its own: a caller who goes away leaves no half-run transaction behind.
            tokio::spawn(finish(self.pool.clone(), vec![job]));
        }
        answered.await.map_err(|_| stopped())?
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

async fn serve(pool: Pool, mut jobs: Receiver<Job>, group_max: usize) {
    let mut last_group = 1;
    let mut last_took = Duration::ZERO;
    while let Some(first) = jobs.recv().await {
        let mut taken = vec![first];
        while let Ok(job) = jobs.try_recv() {
            taken.push(job);
            if taken.len() == group_max {
                break;
            }
        }
        // Where the last transaction served many, they are likely to come back within a fraction
        // of what a transaction costs: worth a short wait.
        let until = Instant::now() + GATHER_MAX.min(last_took / 2);
        while taken.len() < last_group.min(group_max) {
            match timeout_at(until, jobs.recv()).await {
                Ok(Some(job)) => taken.push(job),
                Ok(None) | Err(_) => break,
            }
        }
        let begun = Instant::now();
        last_group = taken.len();
        finish(pool.clone(), taken).await;
        last_took = begun.elapsed();
    }
}

/// Writes the jobs, each city's together, and answers them.
async fn finish(pool: Pool, mut jobs: Vec<Job>) {
    jobs.sort_by(|a, b| a.commit.stamp.city.cmp(&b.commit.stamp.city));
    while let Some(first) = jobs.first() {
        let city = first.commit.stamp.city.clone();
        let rest = jobs.partition_point(|job| job.commit.stamp.city <= city);
        let later = jobs.split_off(rest);
        let mine = std::mem::replace(&mut jobs, later);
        let commits: Vec<&Commit> = mine.iter().map(|job| &job.commit).collect();
        let results = together(&pool, &city, &commits).await;
        for (job, result) in mine.into_iter().zip(results) {
            let _ = job.answer.send(result);
        }
    }
}

async fn together(
    pool: &Pool,
    city: &CityId,
    commits: &[&Commit],
) -> Vec<Result<Head, CommitError>> {
    let failed = match attempt(pool, city, commits).await {
        Ok(results) => return results,
        Err(failed) => failed,
    };
    if commits.len() == 1 || failed.lost {
        return commits.iter().map(|_| Err(failed.why.clone())).collect();
    }
    // Whatever it was, it may be the matter of one: each for itself.
    let mut results = Vec::with_capacity(commits.len());
    for commit in commits {
        results.push(match attempt(pool, city, &[commit]).await {
            Ok(mut one) => one.pop().unwrap_or_else(|| Err(stopped().into())),
            Err(failed) => Err(failed.why),
        });
    }
    results
}

struct Failed {
    why: CommitError,
    /// The connection is gone: trying again one by one would only take longer.
    lost: bool,
}

async fn attempt(
    pool: &Pool,
    city: &CityId,
    commits: &[&Commit],
) -> Result<Vec<Result<Head, CommitError>>, Failed> {
    let client = match connection(pool).await {
        Ok(client) => client,
        Err(why) => return Err(Failed { why: why.into(), lost: true }),
    };
    let written = write(&client, city, commits).await;
    if written.is_err() && client.batch_execute("rollback").await.is_err() {
        // In what state the session is nobody knows: it is not given back to the pool.
        drop(Object::take(client));
        return written.map_err(|why| Failed { why, lost: true });
    }
    written.map_err(|why| Failed { why, lost: false })
}

/// One transaction, in two trips: ask and lock, then write and commit.
async fn write(
    client: &Object,
    city: &CityId,
    commits: &[&Commit],
) -> Result<Vec<Result<Head, CommitError>>, CommitError> {
    let (head, known) = ask(client, city, commits).await?;
    let mut group = Group::new(city, head, Some(known));
    let answers: Vec<_> = commits.iter().map(|commit| group.admit(commit)).collect();
    if group.moved().is_none() {
        client.batch_execute("rollback").await.map_err(|error| fault(&error))?;
        return Ok(answers);
    }
    let statements = group.statements(Dialect::Postgres);
    let large = |it: &Statement<'_>| matches!(it, Statement::Bulk { rows, .. } if rows.len() > ARRAY_ROWS_MAX);
    if commits.iter().all(|commit| commit.may_share()) && !statements.iter().any(large) {
        // Nothing here can touch another number of rows than it must: the head is locked, the rest
        // are inserts. So all is sent with the commit behind it, without waiting in between; when
        // one fails the rest fail with it, and the server makes the commit a rollback.
        let mut ready = Vec::with_capacity(statements.len());
        for statement in &statements {
            ready.push(Ready::new(client, statement).await?);
        }
        let sent = join_all(ready.iter().map(|it| it.run(client)));
        let (done, committed) = join(sent, client.batch_execute("commit")).await;
        done.into_iter().collect::<Result<Vec<()>, _>>()?;
        committed.map_err(|error| fault(&error))?;
        return Ok(answers);
    }
    if statements.iter().any(large) || commits.iter().any(|commit| commit.moves_atlas()) {
        client.batch_execute(AT_THE_ATLAS).await.map_err(|error| fault(&error))?;
    }
    for statement in &statements {
        match statement {
            Statement::Bulk { table, rows } if rows.len() > ARRAY_ROWS_MAX => {
                copy(client, table, rows).await.map_err(|error| fault(&error))?;
            }
            _ => Ready::new(client, statement).await?.run(client).await?,
        }
    }
    client.batch_execute("commit").await.map_err(|error| fault(&error))?;
    Ok(answers)
}

/// Begins, locks the city's head, and reads which ids and keys are in use: one trip.
async fn ask(
    client: &Object,
    city: &CityId,
    commits: &[&Commit],
) -> Result<(Option<HeadRow>, Known), StoreError> {
    let told = |error| fault(&error);
    let keys: Vec<String> =
        commits.iter().flat_map(|it| it.answers()).map(|it| it.key.clone()).collect();
    let lock = writing::lock_head(Dialect::Postgres);
    let lock = client.prepare_cached(&lock).await.map_err(told)?;
    let filed = commits.iter().flat_map(|commit| commit.filed()).map(|it| it.report);
    let values = reports::known_values(city, filed);
    let asked = client.prepare_cached(&reports::known(Dialect::Postgres)).await.map_err(told)?;
    let answers_values = answers::kept_values(city, keys);
    let city = Value::text(city.as_str());
    let mine: [&(dyn ToSql + Sync); 1] = [&city];
    let (begun, head, found) = if commits.iter().any(|commit| commit.makes_city()) {
        client.batch_execute("begin").await.map_err(told)?;
        client.execute(writing::MAKE_HEAD, &mine).await.map_err(told)?;
        (Ok(()), client.query(&lock, &mine).await, client.query(&asked, &refs(&values)).await)
    } else {
        let values = refs(&values);
        let begin = client.batch_execute("begin");
        join3(begin, client.query(&lock, &mine), client.query(&asked, &values)).await
    };
    begun.map_err(told)?;
    let head = head.map_err(told)?.pop().map(|row| HeadRow::read(&PostgresRow(row)));
    let mut known = Known::default();
    for row in found.map_err(told)? {
        known.add(&PostgresRow(row))?;
    }
    // Behind the lock: who comes second with a key finds what the first has kept.
    if commits.iter().any(|it| it.answers().next().is_some()) {
        let asked = client.prepare_cached(&answers::kept(Dialect::Postgres)).await.map_err(told)?;
        let found = client.query(&asked, &refs(&answers_values)).await.map_err(told)?;
        let found: Result<Vec<_>, _> =
            found.into_iter().map(|row| answers::read(&PostgresRow(row))).collect();
        known.answers = answers::by_key(found?);
    }
    Ok((head.transpose()?, known))
}

fn refs<'v>(values: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// A statement that the server has prepared, with its values in the order of its marks.
struct Ready<'s> {
    prepared: tokio_postgres::Statement,
    values: Sent<'s>,
    must: Option<&'s (u64, String)>,
}

enum Sent<'s> {
    One(&'s [Value<'s>]),
    /// One array for each column.
    Arrays(Vec<Vec<&'s Value<'s>>>),
}

impl<'s> Ready<'s> {
    async fn new(client: &Object, statement: &'s Statement<'s>) -> Result<Self, StoreError> {
        let prepare =
            async |text: &str| client.prepare_cached(text).await.map_err(|error| fault(&error));
        Ok(match statement {
            Statement::One { text, values, must } => Self {
                prepared: prepare(text).await?,
                values: Sent::One(values),
                must: must.as_ref(),
            },
            Statement::Bulk { table, rows } => {
                let column = |at: usize| rows.iter().map(|row| &row[at]).collect();
                Self {
                    prepared: prepare(&Dialect::Postgres.insert(table)).await?,
                    values: Sent::Arrays((0..table.columns.len()).map(column).collect()),
                    must: None,
                }
            }
        })
    }

    async fn run(&self, client: &Object) -> Result<(), CommitError> {
        let values: Vec<&(dyn ToSql + Sync)> = match &self.values {
            Sent::One(values) => refs(values),
            Sent::Arrays(columns) => columns.iter().map(|it| it as &(dyn ToSql + Sync)).collect(),
        };
        let touched =
            client.execute(&self.prepared, &values).await.map_err(|error| fault(&error))?;
        match self.must {
            Some((rows, words)) if *rows != touched => Err(CommitError::Conflict(words.clone())),
            _ => Ok(()),
        }
    }
}

/// Many rows by COPY BINARY: straight to where they belong; those that replace others by way of a table
/// of the transaction's own.
async fn copy(
    client: &Object,
    table: &Table,
    rows: &[Vec<Value<'_>>],
) -> Result<(), tokio_postgres::Error> {
    let (columns, name) = (sql::names(table), table.name);
    let shape = format!("select {columns} from zonewarden.{name} limit 0");
    let empty = client.prepare_cached(&shape).await?;
    let types: Vec<Type> = empty.columns().iter().map(|it| it.type_().clone()).collect();
    if table.taken == Taken::Refuse {
        let text = format!("copy zonewarden.{name} ({columns}) from stdin binary");
        return send(client, &text, &types, rows).await;
    }
    client
        .batch_execute(&format!(
            "create temporary table stage_{name} on commit drop as \
             select {columns} from zonewarden.{name} with no data"
        ))
        .await?;
    let text = format!("copy pg_temp.stage_{name} ({columns}) from stdin binary");
    send(client, &text, &types, rows).await?;
    client
        .batch_execute(&format!(
            "insert into zonewarden.{name} ({columns}) select {columns} from pg_temp.stage_{name}{}; \
             drop table pg_temp.stage_{name}",
            sql::on_conflict(table)
        ))
        .await
}

async fn send(
    client: &Object,
    text: &str,
    types: &[Type],
    rows: &[Vec<Value<'_>>],
) -> Result<(), tokio_postgres::Error> {
    let mut writer = pin!(BinaryCopyInWriter::new(client.copy_in(text).await?, types));
    for row in rows {
        writer.as_mut().write(&refs(row)).await?;
    }
    writer.finish().await.map(|_| ())
}
