//! Holds that have run out.

use jiff::Timestamp;
use order::Status;
use rusqlite::Connection;

use crate::sql::{all, micros, named_at};
use crate::{ApplyError, changes};

/// Gives back the units of at most so many orders whose hold has run out; how many orders they were.
/// An order that is still on its way finds its units gone when it comes to the sale, and takes free ones
/// if there are any.
///
/// # Errors
///
/// Those of the database.
pub fn expire_reservations(tx: &Connection, now: Timestamp, limit: usize) -> Result<usize, ApplyError> {
    let orders: Vec<(i64, Status)> = all(
        tx,
        "SELECT DISTINCT o.number, o.status FROM reservations r JOIN orders o ON o.number = r.order_number
         WHERE r.state = 'held' AND r.expires_at <= ?1 LIMIT ?2",
        (micros(now), i64::try_from(limit).unwrap_or(i64::MAX)),
        |row| Ok((row.get(0)?, named_at(row, 1, Status::from_name)?)),
    )?;
    let mut expired = 0;
    // What is sold is not held any more; should it ever be, that is for the audit to tell.
    for (number, _) in orders.iter().filter(|(_, status)| !status.is_sale()) {
        let _nothing_to_wake = changes::release_expired(tx, *number, now)?;
        expired += 1;
    }
    Ok(expired)
}

/// When the next hold runs out; nothing when nothing is held.
///
/// # Errors
///
/// Those of the database.
pub fn next_expiry(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let next = connection
        .prepare_cached("SELECT MIN(expires_at) FROM reservations WHERE state = 'held'")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))?;
    Ok(next.map(crate::sql::time))
}
