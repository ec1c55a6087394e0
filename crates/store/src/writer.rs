//! The writer thread: takes what has queued up, runs each job in a savepoint, commits once,
//! answers all.

use std::any::Any;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Instant;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

/// The most jobs that share one commit. It bounds how long the first of them waits, and what a
/// failed commit takes back.
const MAX_BATCH_JOBS: usize = 512;

/// Why a write did not happen. In every case nothing of that job is in the database.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The job's own error; only its own changes were taken back.
    #[error("{0}")]
    Refused(E),
    /// The batch that held the job could not be committed (disk full, I/O error): the job may be
    /// tried again.
    #[error("{0}")]
    Commit(CommitError),
    /// The job panicked, with this message; only its own changes were taken back.
    #[error("a write panicked: {0}")]
    Panicked(String),
    /// The writer is gone.
    #[error("the database is closed")]
    Closed,
}

/// Why a commit failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the database cannot be written: {reason}")]
pub struct CommitError {
    reason: Arc<str>,
}

impl CommitError {
    fn new(reason: &dyn std::fmt::Display) -> CommitError {
        CommitError { reason: reason.to_string().into() }
    }
}

type Answer<T, E> = Result<T, WriteError<E>>;

/// The queue to the thread, and the thread.
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

enum Message {
    Job(Box<dyn Job>),
    Checkpoint(oneshot::Sender<Answer<(), rusqlite::Error>>),
    /// Sent once, when the last handle goes: all that was queued before it is still done.
    Close,
}

impl Writer {
    pub(crate) fn spawn(connection: Connection, lock: File) -> std::io::Result<Writer> {
        let (queue, messages) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            run(connection, &messages);
            // Only now may another process open the file.
            drop(lock);
        })?;
        Ok(Writer { queue, thread: Mutex::new(Some(thread)) })
    }

    pub(crate) fn submit<T, E, F>(&self, job: F) -> oneshot::Receiver<Answer<T, E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (answer, receiver) = oneshot::channel();
        self.send(Message::Job(Box::new(TypedJob { work: Some(job), result: None, answer })));
        receiver
    }

    pub(crate) fn checkpoint(&self) -> oneshot::Receiver<Answer<(), rusqlite::Error>> {
        let (answer, receiver) = oneshot::channel();
        self.send(Message::Checkpoint(answer));
        receiver
    }

    fn send(&self, message: Message) {
        // A queue without a thread gives the message back; dropping it drops the answer's sender,
        // which the caller sees as `Closed`.
        drop(self.queue.send(message));
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.send(Message::Close);
        let Some(thread) = self.thread.lock().take() else {
            return;
        };
        // A job may hold the last handle: then this *is* the writer thread, and it cannot wait for
        // itself; it ends by the message above.
        if thread.thread().id() != std::thread::current().id() {
            drop(thread.join());
        }
    }
}

/// A write of any type, as the thread sees it.
trait Job: Send {
    /// Runs the job and keeps its answer; whether its changes stay.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Sends the answer: its own when the batch was committed, else why it was not.
    fn answer(self: Box<Self>, committed: Result<(), &CommitError>);
}

struct TypedJob<T, E, F> {
    work: Option<F>,
    result: Option<Answer<T, E>>,
    answer: oneshot::Sender<Answer<T, E>>,
}

impl<T, E, F> Job for TypedJob<T, E, F>
where
    T: Send,
    E: Send,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        let work = self.work.take().expect("a job runs once");
        // What the closure had borrowed is either its own, and gone with it, or the connection,
        // which the savepoint brings back to where it was.
        let result = match catch_unwind(AssertUnwindSafe(|| work(connection))) {
            Ok(result) => result.map_err(WriteError::Refused),
            Err(panic) => Err(WriteError::Panicked(panic_message(&*panic))),
        };
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, committed: Result<(), &CommitError>) {
        let result = match committed {
            // A refusal too waited for the commit: it may rest on what the batch had changed.
            Ok(()) => self.result.expect("every job of a committed batch has run"),
            Err(error) => Err(WriteError::Commit(error.clone())),
        };
        // Nobody listening any more is no error: the write is done all the same.
        drop(self.answer.send(result));
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is no text".to_owned())
}

fn run(connection: Connection, messages: &mpsc::Receiver<Message>) {
    let mut batch: Vec<Box<dyn Job>> = Vec::new();
    let mut failing = false;
    while let Ok(first) = messages.recv() {
        let mut next = Some(first);
        // What interrupts a batch comes after the jobs queued before it.
        let mut interruption = None;
        while let Some(message) = next {
            match message {
                Message::Job(job) => batch.push(job),
                other => {
                    interruption = Some(other);
                    break;
                }
            }
            next = if batch.len() < MAX_BATCH_JOBS { messages.try_recv().ok() } else { None };
        }
        if !batch.is_empty() {
            commit_batch(&connection, &mut batch, &mut failing);
        }
        match interruption {
            Some(Message::Checkpoint(answer)) => {
                let result = checkpoint(&connection).map_err(|error| WriteError::Commit(CommitError::new(&error)));
                drop(answer.send(result));
            }
            Some(Message::Close) => break,
            Some(Message::Job(_)) | None => {}
        }
    }
    // The log would be read at the next open anyway: a failure here loses nothing.
    if let Err(error) = checkpoint(&connection) {
        tracing::warn!(%error, "the write-ahead log could not be folded in at closing");
    }
}

fn commit_batch(connection: &Connection, batch: &mut Vec<Box<dyn Job>>, failing: &mut bool) {
    let started = Instant::now();
    metrics::histogram!("store_batch_jobs").record(batch.len() as f64);
    let committed = match apply(connection, batch) {
        Ok(()) => {
            if std::mem::take(failing) {
                tracing::info!("the database can be written again");
            }
            Ok(())
        }
        Err(error) => {
            metrics::counter!("store_commit_failures_total").increment(1);
            // One line an outage, not one a batch.
            if !std::mem::replace(failing, true) {
                tracing::error!(%error, jobs = batch.len(), "a commit failed; its writes are taken back");
            }
            if !connection.is_autocommit()
                && let Err(error) = execute(connection, "ROLLBACK")
            {
                tracing::error!(%error, "a failed transaction could not be rolled back");
            }
            Err(error)
        }
    };
    metrics::histogram!("store_commit_seconds").record(started.elapsed().as_secs_f64());
    for job in batch.drain(..) {
        job.answer(committed.as_ref().copied());
    }
}

/// Runs and commits the batch. On an error the transaction may still be open.
fn apply(connection: &Connection, batch: &mut [Box<dyn Job>]) -> Result<(), CommitError> {
    let sqlite = |error: rusqlite::Error| CommitError::new(&error);
    execute(connection, "BEGIN IMMEDIATE").map_err(sqlite)?;
    for job in batch {
        execute(connection, "SAVEPOINT job").map_err(sqlite)?;
        let keep = job.run(connection);
        // A full disk or an I/O error inside a statement makes SQLite roll back everything: then
        // the jobs before this one are undone too (https://sqlite.org/lang_transaction.html).
        if connection.is_autocommit() {
            return Err(CommitError::new(
                &"a statement failed so badly that SQLite ended the transaction (disk full or I/O error)",
            ));
        }
        if !keep {
            execute(connection, "ROLLBACK TO job").map_err(sqlite)?;
        }
        execute(connection, "RELEASE job").map_err(sqlite)?;
    }
    execute(connection, "COMMIT").map_err(sqlite)
}

fn execute(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(drop)
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
