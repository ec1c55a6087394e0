//! What alarms are judged on, and the states they were found in. The judging is [`triggers::Alarm`]'s.

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use triggers::{AlarmState, Datapoint, Transition};

use crate::sql::{all, execute, micros, named_at, optional, time, to_json};

/// How many former states of an alarm are shown.
const HISTORY_SHOWN: i64 = 50;

/// Adds samples to a metric's series. `series` names it: namespace, metric and dimensions in one text of
/// the caller's making. Samples of the same second are put together.
///
/// # Errors
///
/// Those of the database.
pub fn record(tx: &Connection, series: &str, point: Datapoint) -> rusqlite::Result<()> {
    execute(
        tx,
        "INSERT INTO metric_points (series, second, sample_count, sum, minimum, maximum)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (series, second) DO UPDATE
         SET sample_count = sample_count + excluded.sample_count, sum = sum + excluded.sum,
             minimum = MIN(minimum, excluded.minimum), maximum = MAX(maximum, excluded.maximum)",
        (series, point.at.as_second(), point.sample_count, point.sum, point.minimum, point.maximum),
    )?;
    Ok(())
}

/// The samples of a series since then.
///
/// # Errors
///
/// Those of the database.
pub fn points(connection: &Connection, series: &str, since: Timestamp) -> rusqlite::Result<Vec<Datapoint>> {
    all(
        connection,
        "SELECT second, sample_count, sum, minimum, maximum FROM metric_points
         WHERE series = ?1 AND second >= ?2 ORDER BY second",
        (series, since.as_second()),
        |row| {
            Ok(Datapoint {
                at: time(row.get::<_, i64>(0)?.saturating_mul(1_000_000)),
                sample_count: row.get(1)?,
                sum: row.get(2)?,
                minimum: row.get(3)?,
                maximum: row.get(4)?,
            })
        },
    )
}

/// Forgets samples from before then; how many they were.
///
/// # Errors
///
/// Those of the database.
pub fn prune(tx: &Connection, before: Timestamp) -> rusqlite::Result<usize> {
    execute(tx, "DELETE FROM metric_points WHERE second < ?1", [before.as_second()])
}

/// Makes an alarm known, with its rule in CloudWatch's words; a known one keeps its state. Gives the state
/// it is in.
///
/// # Errors
///
/// Those of the database.
pub fn declare(tx: &Connection, name: &str, rule: &Value) -> rusqlite::Result<AlarmState> {
    execute(
        tx,
        "INSERT INTO alarms (name, rule, state, reason) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET rule = excluded.rule",
        (name, to_json(rule), AlarmState::InsufficientData.as_str(), "Unchecked: Initial alarm creation"),
    )?;
    let state = optional(tx, "SELECT state FROM alarms WHERE name = ?1", [name], |row| named_at(row, 0, state))?;
    Ok(state.unwrap_or(AlarmState::InsufficientData))
}

/// Forgets alarms that are not among these: their workflow no longer declares them.
///
/// # Errors
///
/// Those of the database.
pub fn keep_only(tx: &Connection, names: &[&str]) -> rusqlite::Result<()> {
    for name in all(tx, "SELECT name FROM alarms", [], |row| row.get::<_, String>(0))? {
        if !names.contains(&name.as_str()) {
            execute(tx, "DELETE FROM alarms WHERE name = ?1", [&name])?;
        }
    }
    Ok(())
}

/// Writes down a change of an alarm's state; whether it was one. To be done in the transaction that holds
/// its notification, so that there is one of both.
///
/// # Errors
///
/// Those of the database.
pub fn transition(tx: &Connection, name: &str, transition: &Transition) -> rusqlite::Result<bool> {
    let Transition { old_state, new_state, reason, at } = transition;
    let changed = execute(
        tx,
        "UPDATE alarms SET state = ?3, reason = ?4, since = ?5 WHERE name = ?1 AND state = ?2",
        (name, old_state.as_str(), new_state.as_str(), reason, micros(*at)),
    )?;
    if changed == 1 {
        execute(
            tx,
            "INSERT INTO alarm_history (name, old_state, new_state, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (name, old_state.as_str(), new_state.as_str(), reason, micros(*at)),
        )?;
    }
    Ok(changed == 1)
}

/// All alarms with their former states.
pub(crate) fn views(connection: &Connection) -> rusqlite::Result<Vec<ports::AlarmView>> {
    all(connection, "SELECT name, rule, state, reason, since FROM alarms ORDER BY name", [], |row| {
        let name: String = row.get(0)?;
        Ok(ports::AlarmView {
            history: history(connection, &name)?,
            rule: crate::sql::json_at(row, 1)?,
            state: row.get(2)?,
            reason: row.get(3)?,
            since: row.get::<_, Option<i64>>(4)?.map(time),
            name,
        })
    })
}

fn history(connection: &Connection, name: &str) -> rusqlite::Result<Vec<Value>> {
    all(
        connection,
        "SELECT old_state, new_state, reason, at FROM alarm_history WHERE name = ?1 ORDER BY id DESC LIMIT ?2",
        (name, HISTORY_SHOWN),
        |row| {
            Ok(serde_json::json!({
                "old_state": row.get::<_, String>(0)?,
                "new_state": row.get::<_, String>(1)?,
                "reason": row.get::<_, String>(2)?,
                "at": time(row.get(3)?),
            }))
        },
    )
}

fn state(name: &str) -> Option<AlarmState> {
    [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData].into_iter().find(|state| state.as_str() == name)
}
