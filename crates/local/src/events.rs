//! The event bus: a log that rules are matched against.

use adapter::identity;
use jiff::Timestamp;
use ports::BusEvent;
use rusqlite::Connection;
use triggers::{Event, Origin};

use crate::cursors;
use crate::sql::{all, execute, json_at, micros, time_at};

/// The name of the cursor of whoever matches the rules.
pub const CURSOR: &str = "bus";

/// An event with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEvent {
    /// Ascending.
    pub sequence: i64,
    /// The event as it was put on the bus.
    pub event: BusEvent,
}

impl LoggedEvent {
    /// The event in EventBridge's envelope. Its id is the same whenever it is made again.
    pub fn envelope(&self, origin: &Origin) -> Event {
        let BusEvent { key, source, detail_type, detail, at } = &self.event;
        let id = identity::of(&["event", key]).to_string();
        Event::new(origin, id, source.clone(), detail_type.clone(), *at, detail.clone())
    }
}

/// The events after that number, oldest first.
///
/// # Errors
///
/// Those of the database.
pub fn after(connection: &Connection, sequence: i64, limit: usize) -> rusqlite::Result<Vec<LoggedEvent>> {
    all(
        connection,
        "SELECT sequence, key, source, detail_type, detail, at FROM events
         WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
        (sequence, i64::try_from(limit).unwrap_or(i64::MAX)),
        |row| {
            let event = BusEvent {
                key: row.get(1)?,
                source: row.get(2)?,
                detail_type: row.get(3)?,
                detail: json_at(row, 4)?,
                at: time_at(row, 5)?,
            };
            Ok(LoggedEvent { sequence: row.get(0)?, event })
        },
    )
}

/// Forgets events that are older than that and that all of these consumers have passed; how many they
/// were. An event put again after that is a new one: keep them longer than any execution may run.
///
/// # Errors
///
/// Those of the database.
pub fn prune(tx: &Connection, consumers: &[&str], older_than: Timestamp) -> rusqlite::Result<usize> {
    let passed = cursors::slowest(tx, consumers)?;
    execute(tx, "DELETE FROM events WHERE sequence <= ?1 AND at < ?2", (passed, micros(older_than)))
}
