//! What is counted while orders go through: sums by minute, later by hour.
//!
//! What orders do is counted in the transaction in which they do it, so that the sums are exact. What a
//! runtime measures beside that (executions, tasks, queues) it adds by [`add`] and [`raise`].

mod measure;
mod reader;

use jiff::{SignedDuration, Timestamp};
use order::{Money, PaymentEvent, PaymentEventKind, Status};
use ports::Durations;
use rusqlite::Connection;

use crate::sql::execute;

pub use measure::Measure;
pub use reader::StatisticsReader;

/// A minute is what is told apart; an hour, once it is old.
const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

/// The measures of which the largest value counts, not the sum.
const GREATEST: &str = "(rollups.measure = 'queue-depth' OR rollups.measure GLOB 'alarm-value/*')";

/// How long minutes are told apart.
const MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Adds to what was counted in the minute of that time.
///
/// # Errors
///
/// Those of the database.
pub fn add(tx: &Connection, at: Timestamp, measure: Measure<'_>, value: i64) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO rollups (second, measure, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (second, measure) DO UPDATE SET value = value + excluded.value",
        (minute(at), measure.to_string(), value),
    )?;
    Ok(())
}

/// Notes the largest value of the minute of that time.
///
/// # Errors
///
/// Those of the database.
pub fn raise(tx: &Connection, at: Timestamp, measure: Measure<'_>, value: i64) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO rollups (second, measure, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (second, measure) DO UPDATE SET value = MAX(value, excluded.value)",
        (minute(at), measure.to_string(), value),
    )?;
    Ok(())
}

/// Puts the minutes of old hours together, and forgets what is from before `before`; how many rows went.
///
/// # Errors
///
/// Those of the database.
pub fn condense(tx: &Connection, now: Timestamp, before: Timestamp) -> rusqlite::Result<usize> {
    let forgotten = execute(tx, "DELETE FROM rollups WHERE second < ?1", [before.as_second()])?;
    // Whole hours only: a later turn must not find half of one put together.
    let old = (now - MINUTES_KEPT).as_second().div_euclid(HOUR) * HOUR;
    execute(
        tx,
        &format!(
            "INSERT INTO rollups (second, measure, value)
         SELECT second - second % ?2, measure, CASE WHEN {GREATEST} THEN MAX(value) ELSE SUM(value) END
         FROM rollups WHERE second < ?1 AND second % ?2 <> 0 GROUP BY 1, 2
         ON CONFLICT (second, measure) DO UPDATE
         SET value = CASE WHEN {GREATEST} THEN MAX(value, excluded.value) ELSE value + excluded.value END"
        ),
        [old, HOUR],
    )?;
    let condensed = execute(tx, "DELETE FROM rollups WHERE second < ?1 AND second % ?2 <> 0", [old, HOUR])?;
    Ok(forgotten + condensed)
}

/// Counts an order that came into a status, and how long it took if that is the end of its workflow.
pub(crate) fn order_moved(
    tx: &Connection,
    status: Status,
    from: Option<Status>,
    placed_at: Timestamp,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let ended = status.is_final() && from.is_some_and(|from| !from.is_final());
    if ended || matches!(status, Status::Placed | Status::Cancelled | Status::Returned) {
        add(tx, at, Measure::Orders(status), 1)?;
    }
    if ended {
        let took = at.duration_since(placed_at).as_secs_f64() * 1_000.0;
        add(tx, at, Measure::OrderDuration(Durations::class_of(took)), 1)?;
    }
    Ok(())
}

/// Counts money that was taken or given back.
pub(crate) fn paid(tx: &Connection, event: &PaymentEvent) -> rusqlite::Result<()> {
    let minor = Money::minor(event.amount);
    let value = match event.kind {
        PaymentEventKind::Captured => minor,
        PaymentEventKind::Refunded => -minor,
        PaymentEventKind::Authorised | PaymentEventKind::Declined { .. } => return Ok(()),
    };
    add(tx, event.at, Measure::Revenue(event.amount.currency()), value)
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(MINUTE) * MINUTE
}
