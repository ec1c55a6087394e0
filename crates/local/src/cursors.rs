//! How far the consumers of a log have come.

use rusqlite::Connection;

use crate::sql::{execute, optional};

/// The number of the last entry that the consumer is done with; 0 before its first.
///
/// # Errors
///
/// Those of the database.
pub fn get(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    let found = optional(connection, "SELECT sequence FROM cursors WHERE name = ?1", [name], |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}

/// Notes that the consumer is done with all entries up to that one. To be set in the transaction that
/// holds what came of them.
///
/// # Errors
///
/// Those of the database.
pub fn set(tx: &Connection, name: &str, sequence: i64) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO cursors (name, sequence) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET sequence = MAX(sequence, excluded.sequence)",
        (name, sequence),
    )?;
    Ok(())
}

/// The last entry that all of these consumers are done with. Without consumers nobody needs any entry.
pub(crate) fn slowest(connection: &Connection, consumers: &[&str]) -> rusqlite::Result<i64> {
    consumers.iter().try_fold(i64::MAX, |slowest, name| Ok(slowest.min(get(connection, name)?)))
}
