//! The one writer: a thread that owns the writing connection and commits together what waits
//! together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};
use tokio::sync::oneshot;

use crate::domain::id::CityId;
use crate::store::promise::{CommitError, Head, StoreError};
use crate::store::reports::{self, Known};
use crate::store::sql::Dialect;
use crate::store::sqlite::file;
use crate::store::sqlite::rows::{all, fault};
use crate::store::statement::{Row, Statement, Value};
use crate::store::writing::{self, Commit, Group, HeadRow};
use crate::store::{answers, history, plans};

/// Most commits that wait; the next is refused at once.
pub(super) const QUEUE_MAX: usize = 8_192;
/// Longest wait for commits that are likely on their way.
const GATHER_MAX: Duration = Duration::from_millis(5);

type Answer<T, E> = oneshot::Sender<Result<T, E>>;

enum Job {
    Commit(Box<Commit>, Answer<Head, CommitError>),
    Look(Answer<bool, StoreError>),
}

/// The way to the thread.
pub(super) struct Writer {
    queue: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    busy: Arc<AtomicBool>,
}

impl Writer {
    pub(super) fn start(connection: Connection, group_max: usize) -> Result<Self, StoreError> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let busy = Arc::new(AtomicBool::new(false));
        let mut desk = Desk::new(connection, busy.clone(), group_max);
        let thread = std::thread::Builder::new()
            .name("store writer".to_owned())
            .spawn(move || desk.serve(&jobs))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), busy })
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<Head, CommitError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Commit(Box::new(commit), answer))?;
        answered.await.map_err(|_| stopped())?
    }

    /// Whether another program has edited the city since the last look.
    pub(super) async fn look(&self) -> Result<bool, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Look(answer))?;
        answered.await.map_err(|_| stopped())?
    }

    /// Whether it is at a transaction.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    fn send(&self, job: Job) -> Result<(), StoreError> {
        let Some(queue) = &self.queue else { return Err(stopped()) };
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::Unavailable(format!(
                "{QUEUE_MAX} writes are waiting (limit QUEUE_MAX); try again later"
            )),
            TrySendError::Disconnected(_) => stopped(),
        })
    }
}

impl Drop for Writer {
    /// Waits for what was accepted, so that the file is left whole and without a log beside it.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".to_owned())
}

/// What the thread holds.
struct Desk {
    connection: Connection,
    busy: Arc<AtomicBool>,
    /// Most commits that share a transaction.
    group_max: usize,
    /// How many shared the last transaction: about so many are on their way again.
    last_group: usize,
    /// How long the last transaction took.
    last_took: Duration,
    /// The file's counter of others' commits at the last look; none before the first.
    data_version: Option<i64>,
}

impl Desk {
    fn new(connection: Connection, busy: Arc<AtomicBool>, group_max: usize) -> Self {
        let last_took = Duration::ZERO;
        Self { connection, busy, group_max, last_group: 1, last_took, data_version: None }
    }

    fn serve(&mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            self.busy.store(true, Ordering::Relaxed);
            let mut commits = Vec::new();
            let mut answers = Vec::new();
            for job in self.gather(first, jobs) {
                match job {
                    Job::Commit(commit, answer) => {
                        if !commit.may_share() {
                            self.finish(&mut commits, &mut answers);
                        }
                        let alone = !commit.may_share();
                        commits.push(*commit);
                        answers.push(answer);
                        if alone {
                            self.finish(&mut commits, &mut answers);
                        }
                    }
                    Job::Look(answer) => {
                        self.finish(&mut commits, &mut answers);
                        let _ = answer.send(self.look());
                    }
                }
            }
            self.finish(&mut commits, &mut answers);
            self.busy.store(false, Ordering::Relaxed);
        }
    }

    /// Takes what waits, and waits a little for three in four of those who are about: who waits now, and whom
    /// the last transaction served and who are likely to come back. The slower the disk, the more it is worth
    /// to share one sync; to wait for the last of them would leave everybody waiting for one who stays away.
    fn gather(&self, first: Job, jobs: &Receiver<Job>) -> Vec<Job> {
        let mut taken = vec![first];
        taken.extend(jobs.try_iter().take(self.group_max.saturating_sub(1)));
        let until = Instant::now() + GATHER_MAX.min(self.last_took / 2);
        let most = ((taken.len() + self.last_group) * 3).div_ceil(4);
        while taken.len() < most.min(self.group_max) {
            let left = until.saturating_duration_since(Instant::now());
            match jobs.recv_timeout(left) {
                Ok(job) => taken.push(job),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        taken
    }

    fn finish(&mut self, commits: &mut Vec<Commit>, answers: &mut Vec<Answer<Head, CommitError>>) {
        if commits.is_empty() {
            return;
        }
        let begun = Instant::now();
        let shared: Vec<&Commit> = commits.iter().collect();
        let results = self.together(&shared);
        self.last_took = begun.elapsed();
        self.last_group = commits.len();
        commits.clear();
        for (answer, result) in answers.drain(..).zip(results) {
            let _ = answer.send(result);
        }
    }

    fn together(&mut self, commits: &[&Commit]) -> Vec<Result<Head, CommitError>> {
        // New reports are nearly always new: they are filed without a look, and the tables' own keys
        // refuse what is taken. Then, and for all else, it is looked first.
        if commits.iter().all(|it| it.may_share())
            && let Ok(results) = self.attempt(commits, Look::Never)
        {
            return results;
        }
        match self.attempt(commits, Look::First) {
            Ok(results) => results,
            // Whatever it was, it may be the matter of one: each for itself.
            Err(_) if commits.len() > 1 => commits.iter().map(|it| self.alone(it)).collect(),
            Err(error) => vec![Err(error)],
        }
    }

    fn alone(&mut self, commit: &Commit) -> Result<Head, CommitError> {
        self.attempt(&[commit], Look::First)?.pop().unwrap_or_else(|| Err(stopped().into()))
    }

    /// One transaction for all, of one city or several.
    fn attempt(
        &mut self,
        commits: &[&Commit],
        look: Look,
    ) -> Result<Vec<Result<Head, CommitError>>, CommitError> {
        if !commits.iter().any(|commit| commit.erases()) {
            return self.transact(commits, look);
        }
        self.overwrite(true)?;
        let done = self.transact(commits, look);
        self.sweep();
        done
    }

    fn transact(
        &mut self,
        commits: &[&Commit],
        look: Look,
    ) -> Result<Vec<Result<Head, CommitError>>, CommitError> {
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = match begun {
            Ok(transaction) => transaction,
            // The file is locked or gone, for all alike: to try one by one would only take longer.
            Err(error) => {
                let error = CommitError::from(fault(&error));
                return Ok(commits.iter().map(|_| Err(error.clone())).collect());
            }
        };
        let mut results: Vec<Result<Head, CommitError>> =
            commits.iter().map(|_| Err(stopped().into())).collect();
        let mut cities: Vec<&CityId> = commits.iter().map(|it| &it.stamp.city).collect();
        cities.sort_unstable();
        cities.dedup();
        let mut moved = false;
        for city in cities {
            let mine = |at: &usize| commits[*at].stamp.city == *city;
            let members: Vec<usize> = (0..commits.len()).filter(mine).collect();
            let asked: Vec<&Commit> = members.iter().map(|at| commits[*at]).collect();
            let (answers, written) = write(&transaction, city, &asked, look)?;
            moved |= written;
            for (at, answer) in members.into_iter().zip(answers) {
                results[at] = answer;
            }
        }
        if !moved {
            return Ok(results); // dropping the transaction rolls it back
        }
        transaction.commit().map_err(|error| fault(&error))?;
        Ok(results)
    }

    /// Whether what is deleted is overwritten, not only left out.
    fn overwrite(&self, so: bool) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "secure_delete", so).map_err(|error| fault(&error))
    }

    /// What was erased also goes from the log, unless a reader is at it just now: then the next sweep takes
    /// it along. The commit stands whatever becomes of this.
    fn sweep(&self) {
        let swept = self
            .overwrite(false)
            .and_then(|()| file::checkpoint_at_once(&self.connection).map_err(|it| fault(&it)));
        if let Err(error) = swept {
            tracing::warn!(fault = %error, "what was erased may stand in the log for a while");
        }
    }

    /// Another program's edits do not go through `commit`: the tables mark them, and where there are marks
    /// all atlases are counted up so that everybody reads them again. Marks are looked for once, and then
    /// when the file's own counter tells of a commit that was not ours.
    fn look(&mut self) -> Result<bool, StoreError> {
        let version = Some(data_version(&self.connection)?);
        if version == self.data_version {
            return Ok(false);
        }
        let marks = all(&self.connection, history::EDITED, &[], |row| row.int(0))?;
        let foreign =
            !marks.is_empty() && count_up(&mut self.connection).map_err(|error| fault(&error))?;
        self.data_version = version;
        Ok(foreign)
    }
}

/// Whether ids and idempotency keys are looked up before anything is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Never,
    First,
}

/// The answers, and whether anything was written.
type Written = (Vec<Result<Head, CommitError>>, bool);

/// Writes what one city's commits ask, as far as they are admitted.
fn write(
    transaction: &Transaction<'_>,
    city: &CityId,
    commits: &[&Commit],
    look: Look,
) -> Result<Written, CommitError> {
    if commits.iter().any(|commit| commit.makes_city()) {
        run(transaction, writing::MAKE_HEAD, &[Value::text(city.as_str())])?;
    }
    let text = writing::lock_head(Dialect::Sqlite);
    let head = all(transaction, &text, &[Value::text(city.as_str())], |row| HeadRow::read(row))?;
    let known = match look {
        Look::Never => None,
        Look::First => Some(known(transaction, city, commits)?),
    };
    let mut group = Group::new(city, head.first().copied(), known);
    let mut answers = Vec::with_capacity(commits.len());
    for commit in commits {
        answers.push(group.admit(commit));
        // A used key is told before whatever else is wrong: that takes a look.
        if look == Look::Never
            && let Some(Err(_)) = answers.last()
        {
            return write(transaction, city, commits, Look::First);
        }
    }
    let statements = group.statements(Dialect::Sqlite);
    let ours = commits.iter().any(|commit| commit.moves_atlas());
    if ours {
        run(transaction, history::WRITING, &[Value::text(city.as_str())])?;
    }
    put(transaction, &statements)?;
    if ours {
        run(transaction, history::WRITTEN, &[Value::text(city.as_str())])?;
    }
    Ok((answers, group.moved().is_some()))
}

fn put(transaction: &Transaction<'_>, statements: &[Statement<'_>]) -> Result<(), CommitError> {
    for statement in statements {
        match statement {
            Statement::One { text, values, must } => {
                let touched = run(transaction, text, values)?;
                if let Some((_, words)) = must.as_ref().filter(|(rows, _)| *rows != touched) {
                    return Err(CommitError::Conflict(words.clone()));
                }
            }
            Statement::Bulk { table, rows } => {
                let text = Dialect::Sqlite.insert(table);
                let text = Dialect::Sqlite.spell(&text);
                let mut insert =
                    transaction.prepare_cached(&text).map_err(|error| fault(&error))?;
                for row in rows {
                    insert.execute(params_from_iter(row)).map_err(|error| fault(&error))?;
                }
            }
        }
    }
    Ok(())
}

fn run(transaction: &Transaction<'_>, text: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
    let touched = transaction
        .prepare_cached(&Dialect::Sqlite.spell(text))
        .and_then(|mut statement| statement.execute(params_from_iter(values)))
        .map_err(|error| fault(&error))?;
    Ok(u64::try_from(touched).unwrap_or(u64::MAX))
}

/// Which ids and keys are in use.
fn known(
    transaction: &Transaction<'_>,
    city: &CityId,
    commits: &[&Commit],
) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let filed = commits.iter().flat_map(|commit| commit.filed()).map(|it| it.report);
    let values = reports::known_values(city, filed);
    if matches!(values.get(1), Some(Value::Texts(ids)) if !ids.is_empty()) {
        let text = reports::known(Dialect::Sqlite);
        all(transaction, &text, &values, |row| known.add(row))?;
    }
    let keys: Vec<String> =
        commits.iter().flat_map(|it| it.answers()).map(|it| it.key.clone()).collect();
    if !keys.is_empty() {
        let (text, values) = (answers::kept(Dialect::Sqlite), answers::kept_values(city, keys));
        let found = all(transaction, &text, &values, |row| answers::read(row))?;
        known.answers = answers::by_key(found);
    }
    Ok(known)
}

/// Another program's edits: every atlas is another one now, and what it edited is kept as such. `false` when
/// another zonewarden was faster.
fn count_up(connection: &mut Connection) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let run = |text: &str| transaction.execute(&Dialect::Sqlite.spell(text), []);
    if run(history::NOTICED)? == 0 {
        return Ok(false);
    }
    run(history::COUNTED_UP)?;
    run(&plans::begun_by_foreign_edits(Dialect::Sqlite))?;
    for text in history::after_foreign_edits(Dialect::Sqlite) {
        run(&text)?;
    }
    transaction.commit()?;
    Ok(true)
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    connection.query_row("pragma data_version", [], |row| row.get(0)).map_err(|error| fault(&error))
}
