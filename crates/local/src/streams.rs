//! Table streams: a log of how the items of a workflow's table changed.

use adapter::identity;
use jiff::Timestamp;
use order::Order;
use rusqlite::Connection;
use rusqlite::types::Type;
use serde_json::Value;
use triggers::dynamodb::Change;
use triggers::{Origin, StreamRecord};

use crate::sql::{all, execute, json_at, json_opt_at, micros, time_at, to_json};
use crate::{StreamedTable, Wakeups, cursors};

/// Stands in a stream's ARN where DynamoDB writes when the stream was switched on.
const LABEL: &str = "embedded";

/// The key attribute of every workflow's table, see [`ports::image`].
const KEY: &str = "order_id";

/// A record with its number.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamEntry {
    /// Ascending over all tables.
    pub sequence: i64,
    /// The record, in the shape of a DynamoDB stream.
    pub record: StreamRecord,
}

/// Writes down that an order came or changed. What shows in no image is no change of the item.
pub(crate) fn append(
    tx: &Connection,
    table: &StreamedTable,
    old: Option<&Order>,
    new: &Order,
    at: Timestamp,
) -> rusqlite::Result<Wakeups> {
    let (old, new) = (old.map(ports::image), ports::image(new));
    if old.as_ref() == Some(&new) {
        return Ok(Wakeups::NONE);
    }
    execute(
        tx,
        "INSERT INTO stream_records (table_name, old_image, new_image, at) VALUES (?1, ?2, ?3, ?4)",
        (&table.table, old.as_ref().map(to_json), to_json(&new), micros(at)),
    )?;
    Ok(Wakeups::STREAMS)
}

/// The records of a table after that number, oldest first.
///
/// # Errors
///
/// Those of the database.
pub fn after(
    connection: &Connection,
    origin: &Origin,
    table: &StreamedTable,
    sequence: i64,
    limit: usize,
) -> rusqlite::Result<Vec<StreamEntry>> {
    all(
        connection,
        "SELECT sequence, old_image, new_image, at FROM stream_records
         WHERE table_name = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
        (&table.table, sequence, i64::try_from(limit).unwrap_or(i64::MAX)),
        |row| {
            let sequence: i64 = row.get(0)?;
            let (old, new): (Option<Value>, Value) = (json_opt_at(row, 1)?, json_at(row, 2)?);
            let change = Change {
                event_id: &identity::of(&["stream", &table.table, &sequence.to_string()]).simple().to_string(),
                table: &table.table,
                stream_label: LABEL,
                keys: &[KEY],
                old: old.as_ref(),
                new: Some(&new),
                at: time_at(row, 3)?,
                sequence_number: sequence.unsigned_abs(),
            };
            let damaged = || rusqlite::Error::InvalidColumnType(2, "new_image".to_owned(), Type::Text);
            let record = StreamRecord::of_change(origin, table.view, change).ok().flatten().ok_or_else(damaged)?;
            Ok(StreamEntry { sequence, record })
        },
    )
}

/// Forgets records of a table that are older than that and that all of these consumers have passed; how
/// many they were.
///
/// # Errors
///
/// Those of the database.
pub fn prune(tx: &Connection, table: &str, consumers: &[&str], older_than: Timestamp) -> rusqlite::Result<usize> {
    let passed = cursors::slowest(tx, consumers)?;
    execute(
        tx,
        "DELETE FROM stream_records WHERE table_name = ?1 AND sequence <= ?2 AND at < ?3",
        (table, passed, micros(older_than)),
    )
}
