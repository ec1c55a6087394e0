//! Executions as somebody counts them, within a transaction of the caller's.

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use crate::journal::timestamp;
use crate::query::{ExecutionStatus, status};

/// An execution to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its number: it counts up with the starts.
    pub id: i64,
    /// Its state machine's name.
    pub state_machine_name: String,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended; when it was started, for one that runs.
    pub stopped_at: Timestamp,
    /// Where it stands.
    pub status: ExecutionStatus,
}

/// Executions after that number that were started until then, by number. `until` should be some seconds past:
/// two that start at the same time are not always written in the order of their numbers.
///
/// # Errors
///
/// Those of the database.
pub fn started_after(
    connection: &Connection,
    id: i64,
    until: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Counted>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "SELECT e.id, m.name, e.started_at_ms, coalesce(e.stopped_at_ms, e.started_at_ms), e.status
             FROM executions e JOIN state_machines m ON m.id = e.state_machine_id
             WHERE e.id > ?1 AND e.started_at_ms <= ?2 ORDER BY e.id LIMIT ?3",
        )?
        .query_map((id, until.as_millisecond(), limit), counted)?
        .collect()
}

/// Executions that ended after one time and until another, by that time: about `limit`, and all of the same
/// millisecond, so that the last one's time is where to go on.
///
/// # Errors
///
/// Those of the database.
pub fn ended_between(
    connection: &Connection,
    after: Timestamp,
    until: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<Counted>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "SELECT e.id, m.name, e.started_at_ms, e.stopped_at_ms, e.status
             FROM executions e JOIN state_machines m ON m.id = e.state_machine_id
             WHERE e.stopped_at_ms > ?1 AND e.stopped_at_ms <= min(?2, coalesce(
                 (SELECT stopped_at_ms FROM executions WHERE stopped_at_ms > ?1
                  ORDER BY stopped_at_ms LIMIT 1 OFFSET ?3), ?2))
             ORDER BY e.stopped_at_ms",
        )?
        .query_map((after.as_millisecond(), until.as_millisecond(), limit), counted)?
        .collect()
}

fn counted(row: &Row<'_>) -> rusqlite::Result<Counted> {
    Ok(Counted {
        id: row.get(0)?,
        state_machine_name: row.get(1)?,
        started_at: timestamp(row.get(2)?),
        stopped_at: timestamp(row.get(3)?),
        status: status(row, 4)?,
    })
}
