//! One SQLite file: one writer thread with group commit, a few readers, migrations.
//!
//! The entry point is [`Store::open`]. All writes go through [`Store::write`]: they queue up for one
//! thread, which commits whatever has queued up with a single `fsync`. An answer leaves only after
//! the commit that holds its changes, so whoever got an answer may rely on it over a crash. Reads go
//! through [`Store::read`] and [`Store::read_blocking`]; they see a consistent snapshot and never
//! wait for the writer.
//!
//! What this crate must never know: what is stored. It has no table of its own but the one that
//! counts migrations, and no word of executions, orders or HTTP.
//!
//! # Metrics
//!
//! Through the `metrics` facade: `store_batch_jobs` (histogram: jobs a commit held),
//! `store_commit_seconds` (histogram: a whole batch, from its first statement to the end of its
//! `fsync`), `store_commit_failures_total`.

mod migrations;
mod open;
mod readers;
mod writer;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

pub use migrations::Migrations;
pub use open::OpenError;
pub use readers::ReadError;
pub use writer::{CommitError, WriteError};

/// A handle on the open database; cheap to clone, all clones share one writer and one set of
/// readers.
///
/// When the last handle goes, the queue is drained, the write-ahead log is folded into the database
/// file and the lock is released; the drop waits for that.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    writer: writer::Writer,
    readers: readers::Readers,
}

impl Store {
    /// Opens (or makes) the database at `path` and brings every component's schema up to date.
    ///
    /// # Errors
    ///
    /// [`OpenError::InUse`] when another process has it open; see [`OpenError`] for the rest. Each
    /// message is fit to be shown to the person who started the program.
    pub fn open(path: &Path, migrations: &[Migrations]) -> Result<Store, OpenError> {
        let opened = open::open(path, migrations)?;
        let writer = writer::Writer::spawn(opened.connection, opened.lock)
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(Store { shared: Arc::new(Shared { writer, readers: readers::Readers::new(path) }) })
    }

    /// Queues `job` for the writer at once; the future gives its answer after the commit.
    ///
    /// Each job is atomic by itself: its `Err` or panic takes back its own changes and nobody
    /// else's. Dropping the future does not take back the job. The job must not end the transaction
    /// it runs in, and should be short: everybody's writes wait behind it. Statements are best
    /// prepared with `prepare_cached`.
    ///
    /// The queue is not bounded: a caller that does not wait for its answers must bound itself.
    ///
    /// # Errors
    ///
    /// See [`WriteError`].
    pub fn write<T, E, F>(&self, job: F) -> impl Future<Output = Result<T, WriteError<E>>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let answer = self.shared.writer.submit(job);
        async move { answer.await.unwrap_or(Err(WriteError::Closed)) }
    }

    /// Runs `query` on a reader, off the async threads; for anything that may scan.
    ///
    /// # Errors
    ///
    /// [`ReadError::Query`] with what the query itself returned, [`ReadError::Connection`] when no
    /// reader could be opened.
    pub async fn read<T, E, F>(&self, query: F) -> Result<T, ReadError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let shared = self.shared.clone();
        match tokio::task::spawn_blocking(move || shared.readers.run(query)).await {
            Ok(answer) => answer,
            Err(join) if join.is_panic() => std::panic::resume_unwind(join.into_panic()),
            Err(_) => Err(ReadError::Closed),
        }
    }

    /// Runs `query` on a reader, here and now; for short indexed look-ups, also from async code.
    ///
    /// It waits when every reader is busy, so a `query` must not read again through the store.
    ///
    /// # Errors
    ///
    /// As [`Store::read`].
    pub fn read_blocking<T, E, F>(&self, query: F) -> Result<T, ReadError<E>>
    where
        F: FnOnce(&Connection) -> Result<T, E>,
    {
        self.shared.readers.run(query)
    }

    /// Folds the write-ahead log into the database file and empties it, as far as readers allow.
    ///
    /// The writer does this by itself every few thousand pages; call it before copying the file.
    ///
    /// # Errors
    ///
    /// [`WriteError::Commit`] when the disk refuses, [`WriteError::Closed`] when the writer is gone.
    pub async fn checkpoint(&self) -> Result<(), WriteError<rusqlite::Error>> {
        self.shared.writer.checkpoint().await.unwrap_or(Err(WriteError::Closed))
    }
}

/// Whether `error` says that the disk or the machine is in trouble, rather than that the statement
/// was wrong: the same write may well succeed later.
#[must_use]
pub fn is_outage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode;
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::OperationAborted
                | ErrorCode::OperationInterrupted
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}
