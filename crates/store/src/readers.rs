//! A few read-only connections, opened when first needed.

use std::path::{Path, PathBuf};

use parking_lot::{Condvar, Mutex};
use rusqlite::{Connection, OpenFlags};

use crate::open::keep_query_plans;

/// More readers than this would not read faster: they share the cores and the page cache of the
/// system, and each holds a cache of its own.
const MAX_READERS: usize = 4;

/// Why a read gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    /// The query's own error.
    #[error("{0}")]
    Query(E),
    /// No connection, or no snapshot, could be had.
    #[error("the database cannot be read: {0}")]
    Connection(rusqlite::Error),
    /// The program is ending.
    #[error("the database is closed")]
    Closed,
}

/// The pool.
pub(crate) struct Readers {
    path: PathBuf,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    open: usize,
}

impl Readers {
    pub(crate) fn new(path: &Path) -> Readers {
        Readers { path: path.to_owned(), state: Mutex::default(), returned: Condvar::new() }
    }

    /// Runs `query` in one read transaction, so that its statements agree with each other.
    pub(crate) fn run<T, E>(&self, query: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, ReadError<E>> {
        let lease = self.lease().map_err(ReadError::Connection)?;
        let connection = lease.connection();
        // Rolls back when dropped, also when the query panics; nothing was written anyway.
        let snapshot = Snapshot::begin(connection).map_err(ReadError::Connection)?;
        let answer = query(connection).map_err(ReadError::Query);
        drop(snapshot);
        answer
    }

    fn lease(&self) -> rusqlite::Result<Lease<'_>> {
        let mut state = self.state.lock();
        let idle = loop {
            if let Some(connection) = state.idle.pop() {
                break Some(connection);
            }
            if state.open < MAX_READERS {
                state.open += 1;
                break None;
            }
            self.returned.wait(&mut state);
        };
        drop(state);
        let mut lease = Lease { pool: self, connection: idle };
        if lease.connection.is_none() {
            // A failure drops the lease, which counts the connection out again.
            lease.connection = Some(connect(&self.path)?);
        }
        Ok(lease)
    }
}

/// A connection that goes back to the pool by itself.
struct Lease<'pool> {
    pool: &'pool Readers,
    connection: Option<Connection>,
}

impl Lease<'_> {
    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("a lease is given out with its connection")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state.lock();
        match self.connection.take() {
            // A connection still in a transaction would pin an old snapshot: better none.
            Some(connection) if connection.is_autocommit() => state.idle.push(connection),
            _ => state.open -= 1,
        }
        self.pool.returned.notify_one();
    }
}

struct Snapshot<'connection>(&'connection Connection);

impl Snapshot<'_> {
    fn begin(connection: &Connection) -> rusqlite::Result<Snapshot<'_>> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Snapshot(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("ROLLBACK").and_then(|mut statement| statement.execute([]));
        if let Err(error) = ended {
            // The lease sees the open transaction and closes the connection.
            tracing::warn!(%error, "a read transaction could not be ended");
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA query_only = ON;
         PRAGMA cache_size = -4096;
         PRAGMA temp_store = MEMORY;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    keep_query_plans(&connection)?;
    Ok(connection)
}
