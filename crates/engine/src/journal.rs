//! The tables, and every statement that changes them while executions run.
//!
//! The journal is appended to in the order of commits, whatever execution a row belongs to: the rows
//! of a commit then share their pages, which is what its `fsync` costs.

use asl::{Execution, HistoryEvent, Status};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use store::Migrations;

use crate::content;
use crate::live::Position;

/// The engine's tables.
pub const MIGRATIONS: Migrations = Migrations {
    component: "engine",
    steps: &["
        -- Texts of definitions, each once. Never changed: running executions are pinned to theirs.
        CREATE TABLE definitions (
            id   INTEGER PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE,
            text TEXT NOT NULL
        );
        CREATE TABLE state_machines (
            id            INTEGER PRIMARY KEY,
            arn           TEXT NOT NULL UNIQUE,
            name          TEXT NOT NULL UNIQUE,
            definition_id INTEGER NOT NULL REFERENCES definitions (id),
            type          TEXT NOT NULL DEFAULT 'STANDARD',
            role_arn      TEXT NOT NULL,
            revision_id   TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL
        );
        CREATE TABLE executions (
            id               INTEGER PRIMARY KEY,
            arn              TEXT NOT NULL UNIQUE,
            state_machine_id INTEGER NOT NULL REFERENCES state_machines (id),
            definition_id    INTEGER NOT NULL REFERENCES definitions (id),
            name             TEXT NOT NULL,
            status           TEXT NOT NULL,
            started_at_ms    INTEGER NOT NULL,
            stopped_at_ms    INTEGER,
            error            TEXT,
            cause            TEXT,
            output           TEXT,
            input            TEXT NOT NULL
        );
        -- Ids count up with the start, so each of these also lists by time.
        CREATE INDEX executions_by_state_machine ON executions (state_machine_id);
        CREATE INDEX executions_by_status ON executions (status);
        CREATE INDEX executions_by_stop ON executions (stopped_at_ms) WHERE stopped_at_ms IS NOT NULL;
        -- Append-only. The content is packed: see content.rs.
        CREATE TABLE journal (
            id            INTEGER PRIMARY KEY,
            execution_id  INTEGER NOT NULL REFERENCES executions (id),
            sequence      INTEGER NOT NULL,
            at_ms         INTEGER NOT NULL,
            last_event_id INTEGER NOT NULL,
            content       BLOB NOT NULL
        );
        CREATE UNIQUE INDEX journal_of_execution ON journal (execution_id, sequence);
    "],
};

/// A journal row about to be written, and the end of its execution if it is that.
pub(crate) struct Record {
    execution_id: i64,
    position: Position,
    content: Vec<u8>,
    end: Option<End>,
}

/// How an execution ended, as its row shows it.
struct End {
    status: &'static str,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl Record {
    /// The row after a transition.
    pub(crate) fn new(
        execution_id: i64,
        position: Position,
        history: &[HistoryEvent],
        execution: &Execution,
    ) -> Record {
        let end = End::of(execution.status());
        let has_succeeded = matches!(execution.status(), Status::Succeeded { .. });
        Record {
            execution_id,
            position,
            // What has succeeded never goes on.
            content: content::pack(history, (!has_succeeded).then_some(execution)),
            end,
        }
    }

    /// Appends the row, and marks the execution's end.
    pub(crate) fn append(&self, transaction: &Connection) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "INSERT INTO journal (execution_id, sequence, at_ms, last_event_id, content)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                self.execution_id,
                self.position.sequence,
                self.position.at.as_millisecond(),
                column(self.position.last_event_id),
                &self.content,
            ))?;
        let Some(end) = &self.end else {
            return Ok(());
        };
        transaction
            .prepare_cached(
                "UPDATE executions
                 SET status = ?2, stopped_at_ms = ?3, error = ?4, cause = ?5, output = ?6
                 WHERE id = ?1",
            )?
            .execute((
                self.execution_id,
                end.status,
                self.position.at.as_millisecond(),
                &end.error,
                &end.cause,
                &end.output,
            ))
            .map(drop)
    }
}

impl End {
    fn of(status: &Status) -> Option<End> {
        let name = status.name();
        match status {
            Status::Running => None,
            Status::Succeeded { output } => {
                Some(End { status: name, output: Some(json(output)), error: None, cause: None })
            }
            Status::Failed { error, cause } | Status::TimedOut { error, cause } | Status::Aborted { error, cause } => {
                Some(End { status: name, output: None, error: error.clone(), cause: cause.clone() })
            }
        }
    }
}

/// The row of a new execution.
pub(crate) struct NewExecution {
    pub id: i64,
    pub arn: std::sync::Arc<str>,
    pub state_machine_id: i64,
    pub definition_id: i64,
    pub name: std::sync::Arc<str>,
    pub started_at: Timestamp,
    pub input: String,
}

impl NewExecution {
    /// Inserts the row; `false` when the ARN is taken.
    pub(crate) fn insert(&self, transaction: &Connection) -> rusqlite::Result<bool> {
        let inserted = transaction
            .prepare_cached(
                "INSERT INTO executions (id, arn, state_machine_id, definition_id, name, status, started_at_ms, input)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'RUNNING', ?6, ?7)
                 ON CONFLICT (arn) DO NOTHING",
            )?
            .execute((
                self.id,
                &self.arn,
                self.state_machine_id,
                self.definition_id,
                &self.name,
                self.started_at.as_millisecond(),
                &self.input,
            ))?;
        Ok(inserted == 1)
    }
}

/// The packed content of an execution's last journal row; empty when it has none.
pub(crate) fn last_content(connection: &Connection, execution_id: i64) -> rusqlite::Result<Vec<u8>> {
    let content = connection
        .prepare_cached("SELECT content FROM journal WHERE execution_id = ?1 ORDER BY sequence DESC LIMIT 1")?
        .query_row([execution_id], |row| row.get(0))
        .optional()?;
    Ok(content.unwrap_or_default())
}

/// The largest id an execution or its journal ever had, as far as the tables still know.
pub(crate) fn last_execution_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT coalesce(max(id), 0) FROM executions", [], |row| row.get(0))
}

/// Deletes up to `limit` executions that ended before `before`, with their journals.
pub(crate) fn prune(
    transaction: &Connection,
    state_machine_name: &str,
    before: Timestamp,
    limit: i64,
) -> rusqlite::Result<usize> {
    let ids = transaction
        .prepare_cached(
            "SELECT id FROM executions
             WHERE stopped_at_ms < ?1 AND state_machine_id = (SELECT id FROM state_machines WHERE name = ?3)
             ORDER BY stopped_at_ms LIMIT ?2",
        )?
        .query_map((before.as_millisecond(), limit, state_machine_name), |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    for id in &ids {
        transaction.prepare_cached("DELETE FROM journal WHERE execution_id = ?1")?.execute([id])?;
        transaction.prepare_cached("DELETE FROM executions WHERE id = ?1")?.execute([id])?;
    }
    Ok(ids.len())
}

/// Forgets what an execution was given, what it gave and what happened in it; that it was, and how it ended,
/// stays. Whether it could be done: a running execution needs what it knows.
///
/// # Errors
///
/// Those of the database.
pub fn redact(transaction: &Connection, execution_arn: &str) -> rusqlite::Result<bool> {
    let id: Option<i64> = transaction
        .prepare_cached(
            "UPDATE executions
             SET input = '{}', cause = NULL, output = CASE WHEN output IS NULL THEN NULL ELSE '{}' END
             WHERE arn = ?1 AND status <> 'RUNNING' RETURNING id",
        )?
        .query_row([execution_arn], |row| row.get(0))
        .optional()?;
    let Some(id) = id else {
        return Ok(false);
    };
    transaction.prepare_cached("DELETE FROM journal WHERE execution_id = ?1")?.execute([id])?;
    Ok(true)
}

/// A time as the tables keep it, back.
pub(crate) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An event id as the tables keep it.
pub(crate) fn column(event_id: u64) -> i64 {
    i64::try_from(event_id).unwrap_or(i64::MAX)
}

/// Our own values as JSON: none has a map with keys that are no strings, the one thing that fails.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("the engine's own values are plain JSON")
}
