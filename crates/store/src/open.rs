//! Opening the file: lock, pragmas, and messages for what can be wrong with it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use crate::migrations::{self, Migrations};

/// Why a database could not be opened. Nothing has been changed when it could not.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process (or another [`crate::Store`] of this one) has it open.
    #[error("{path} is in use by another process")]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// It was last written by a newer release that changed its tables.
    #[error(
        "{path} was written by a newer version of this program ({component} schema {found}, this version knows {known})"
    )]
    TooNew {
        /// The database file.
        path: PathBuf,
        /// Whose schema it is.
        component: String,
        /// The schema version in the file.
        found: u32,
        /// The newest schema version this program knows.
        known: u32,
    },
    /// The file is not a database, or is damaged.
    #[error("{path} is not a database of this program, or is damaged: {source}")]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A migration failed.
    #[error("{path}: the {component} schema could not be brought from version {from} to {to}: {source}")]
    Migration {
        /// The database file.
        path: PathBuf,
        /// Whose schema it is.
        component: String,
        /// The version in the file, which it still has.
        from: u32,
        /// The version that could not be reached.
        to: u32,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// SQLite refused for another reason (permissions, disk full, …).
    #[error("{path} cannot be opened: {source}")]
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The operating system refused (folder missing, permissions, …).
    #[error("{path} cannot be opened: {source}")]
    Io {
        /// The file it refused.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl OpenError {
    pub(crate) fn from_sqlite(path: &Path, source: rusqlite::Error) -> OpenError {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, source },
            _ => OpenError::Sqlite { path, source },
        }
    }
}

/// What the writer thread takes over.
pub(crate) struct Opened {
    pub connection: Connection,
    /// Held as long as the connection: closing it releases the lock.
    pub lock: File,
}

/// Locks, opens, configures and migrates the database at `path`.
pub(crate) fn open(path: &Path, migrations: &[Migrations]) -> Result<Opened, OpenError> {
    // SQLite's own locks let two processes share a file. Two of ours must not: each keeps state in
    // memory that the other would change behind its back. Hence a lock of our own.
    let lock = lock(path)?;
    let connection = connect(path).map_err(|error| OpenError::from_sqlite(path, error))?;
    migrations::apply(&connection, path, migrations)?;
    Ok(Opened { connection, lock })
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let io = |source| OpenError::Io { path: lock_path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // - No mmap: an I/O error under a mapping is a SIGBUS, which ends the process; a failed read is
    //   an error that can be reported.
    // - A larger automatic checkpoint (16 MB) writes a hot page back once instead of many times.
    connection.execute_batch(
        "PRAGMA busy_timeout = 5000;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -16384;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4096;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(256);
    keep_query_plans(&connection)?;
    Ok(connection)
}

/// Keeps cached statements as they were prepared. Without it SQLite may look at the values bound to a
/// statement and prepare it anew when they change, which for rusqlite, that clears them after each use,
/// is every time.
pub(crate) fn keep_query_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}
