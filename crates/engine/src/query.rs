//! Looking at executions: one, many, and the history of one.

use std::str::FromStr;

use asl::Status;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use serde_json::Value;
use store::ReadError;

use crate::content;
use crate::engine::Engine;
use crate::journal::{column, timestamp};

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExecutionStatus {
    /// It goes on.
    Running,
    /// It ended with an output.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// Its own time limit ran out.
    TimedOut,
    /// It was stopped.
    Aborted,
}

impl ExecutionStatus {
    /// AWS's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ExecutionStatus::Running => "RUNNING",
            ExecutionStatus::Succeeded => "SUCCEEDED",
            ExecutionStatus::Failed => "FAILED",
            ExecutionStatus::TimedOut => "TIMED_OUT",
            ExecutionStatus::Aborted => "ABORTED",
        }
    }

    pub(crate) fn of(status: &Status) -> ExecutionStatus {
        match status {
            Status::Running => ExecutionStatus::Running,
            Status::Succeeded { .. } => ExecutionStatus::Succeeded,
            Status::Failed { .. } => ExecutionStatus::Failed,
            Status::TimedOut { .. } => ExecutionStatus::TimedOut,
            Status::Aborted { .. } => ExecutionStatus::Aborted,
        }
    }
}

impl std::fmt::Display for ExecutionStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The text names no status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no status of an execution")]
pub struct UnknownStatus(String);

impl FromStr for ExecutionStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<ExecutionStatus, UnknownStatus> {
        [
            ExecutionStatus::Running,
            ExecutionStatus::Succeeded,
            ExecutionStatus::Failed,
            ExecutionStatus::TimedOut,
            ExecutionStatus::Aborted,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// Why a look gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is no such execution.
    #[error("Execution Does Not Exist: '{execution_arn}'")]
    ExecutionDoesNotExist {
        /// The ARN that was asked for.
        execution_arn: String,
    },
    /// The store cannot be read.
    #[error("{0}")]
    Storage(String),
}

impl From<ReadError<rusqlite::Error>> for QueryError {
    fn from(error: ReadError<rusqlite::Error>) -> QueryError {
        QueryError::Storage(error.to_string())
    }
}

/// An execution in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionSummary {
    /// Its ARN.
    pub execution_arn: String,
    /// Its state machine.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
}

/// All about an execution but its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionRecord {
    /// Its ARN.
    pub execution_arn: String,
    /// Its state machine.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
    /// Its input, as JSON text.
    pub input: String,
    /// Its output, as JSON text, once it has succeeded.
    pub output: Option<String>,
    /// The name of the error it ended with.
    pub error: Option<String>,
    /// The cause of that error.
    pub cause: Option<String>,
    /// The SHA-256 of the definition it is pinned to.
    pub definition_hash: String,
}

/// Which executions to list.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only those of this state machine.
    pub state_machine_name: Option<String>,
    /// Only those in this status.
    pub status: Option<ExecutionStatus>,
}

/// Where a list goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListCursor(i64);

impl std::fmt::Display for ListCursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for ListCursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<ListCursor, Self::Err> {
        text.parse().map(ListCursor)
    }
}

/// A part of a list, the latest started first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage {
    /// The executions.
    pub executions: Vec<ExecutionSummary>,
    /// Where it goes on, if it does.
    pub next: Option<ListCursor>,
}

/// Which part of a history to give.
#[derive(Clone, Copy, Debug)]
pub struct HistoryPage {
    /// Begin after the event of this id (in reverse: before it); `None` begins at the first (the
    /// last).
    pub after_event_id: Option<u64>,
    /// The most events to give.
    pub limit: usize,
    /// The latest first.
    pub reverse: bool,
}

impl Default for HistoryPage {
    /// The whole history.
    fn default() -> HistoryPage {
        HistoryPage { after_event_id: None, limit: usize::MAX, reverse: false }
    }
}

impl Engine {
    /// All about an execution but its history: one indexed look-up, here and now.
    ///
    /// # Errors
    ///
    /// See [`QueryError`].
    pub fn describe(&self, execution_arn: &str) -> Result<ExecutionRecord, QueryError> {
        self.inner
            .store
            .read_blocking(|connection| select_record(connection, execution_arn))?
            .ok_or_else(|| not_found(execution_arn))
    }

    /// Executions, the latest started first.
    ///
    /// # Errors
    ///
    /// [`QueryError::Storage`] when the store cannot be read.
    pub async fn list(
        &self,
        filter: ListFilter,
        cursor: Option<ListCursor>,
        limit: u32,
    ) -> Result<ListPage, QueryError> {
        let page = self.inner.store.read(move |connection| select_page(connection, &filter, cursor, limit)).await?;
        Ok(page)
    }

    /// The events of an execution's history, as AWS's `GetExecutionHistory` has them.
    ///
    /// # Errors
    ///
    /// See [`QueryError`].
    pub async fn history(&self, execution_arn: &str, page: HistoryPage) -> Result<Vec<Value>, QueryError> {
        let arn = execution_arn.to_owned();
        let events = self.inner.store.read(move |connection| select_history(connection, &arn, page)).await?;
        events.ok_or_else(|| not_found(execution_arn))
    }
}

fn not_found(execution_arn: &str) -> QueryError {
    QueryError::ExecutionDoesNotExist { execution_arn: execution_arn.to_owned() }
}

pub(crate) fn status(row: &Row<'_>, index: usize) -> rusqlite::Result<ExecutionStatus> {
    let text: String = row.get(index)?;
    text.parse().map_err(|error: UnknownStatus| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// Whether an execution is running, within a snapshot of the caller's; nothing when there is no such execution.
///
/// # Errors
///
/// Those of the database.
pub fn is_running(connection: &Connection, execution_arn: &str) -> rusqlite::Result<Option<bool>> {
    connection
        .prepare_cached("SELECT status FROM executions WHERE arn = ?1")?
        .query_row([execution_arn], |row| Ok(status(row, 0)? == ExecutionStatus::Running))
        .optional()
}

fn select_record(connection: &Connection, arn: &str) -> rusqlite::Result<Option<ExecutionRecord>> {
    connection
        .prepare_cached(
            "SELECT e.arn, m.arn, e.name, e.status, e.started_at_ms, e.stopped_at_ms,
                    e.input, e.output, e.error, e.cause, d.hash
             FROM executions e
             JOIN state_machines m ON m.id = e.state_machine_id
             JOIN definitions d ON d.id = e.definition_id
             WHERE e.arn = ?1",
        )?
        .query_row([arn], |row| {
            Ok(ExecutionRecord {
                execution_arn: row.get(0)?,
                state_machine_arn: row.get(1)?,
                name: row.get(2)?,
                status: status(row, 3)?,
                started_at: timestamp(row.get(4)?),
                stopped_at: row.get::<_, Option<i64>>(5)?.map(timestamp),
                input: row.get(6)?,
                output: row.get(7)?,
                error: row.get(8)?,
                cause: row.get(9)?,
                definition_hash: row.get(10)?,
            })
        })
        .optional()
}

fn select_page(
    connection: &Connection,
    filter: &ListFilter,
    cursor: Option<ListCursor>,
    limit: u32,
) -> rusqlite::Result<ListPage> {
    let before = cursor.map_or(i64::MAX, |cursor| cursor.0);
    // One more than asked for tells whether there is more.
    let fetched = i64::from(limit) + 1;
    let mut conditions = String::from("e.id < ?");
    let mut parameters: Vec<&dyn ToSql> = vec![&before];
    if let Some(name) = &filter.state_machine_name {
        conditions += " AND e.state_machine_id = (SELECT id FROM state_machines WHERE name = ?)";
        parameters.push(name);
    }
    let wanted = filter.status.map(ExecutionStatus::as_str);
    if let Some(status) = &wanted {
        conditions += " AND e.status = ?";
        parameters.push(status);
    }
    parameters.push(&fetched);
    let mut rows = connection
        .prepare_cached(&format!(
            "SELECT e.id, e.arn, m.arn, e.name, e.status, e.started_at_ms, e.stopped_at_ms
             FROM executions e CROSS JOIN state_machines m ON m.id = e.state_machine_id
             WHERE {conditions} ORDER BY e.id DESC LIMIT ?"
        ))?
        .query_map(parameters.as_slice(), |row| {
            let summary = ExecutionSummary {
                execution_arn: row.get(1)?,
                state_machine_arn: row.get(2)?,
                name: row.get(3)?,
                status: status(row, 4)?,
                started_at: timestamp(row.get(5)?),
                stopped_at: row.get::<_, Option<i64>>(6)?.map(timestamp),
            };
            Ok((row.get(0)?, summary))
        })?
        .collect::<rusqlite::Result<Vec<(i64, ExecutionSummary)>>>()?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|(id, _)| ListCursor(*id));
    Ok(ListPage { executions: rows.into_iter().map(|(_, summary)| summary).collect(), next })
}

/// `None` when there is no such execution.
fn select_history(connection: &Connection, arn: &str, page: HistoryPage) -> rusqlite::Result<Option<Vec<Value>>> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM executions WHERE arn = ?1")?
        .query_row([arn], |row| row.get(0))
        .optional()?;
    let Some(id) = id else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(if page.reverse {
        // Up to and with the row that holds the event to begin before.
        "SELECT content FROM journal
         WHERE execution_id = ?1 AND sequence <= coalesce(
             (SELECT min(sequence) FROM journal WHERE execution_id = ?1 AND last_event_id >= ?2),
             9223372036854775807)
         ORDER BY sequence DESC"
    } else {
        "SELECT content FROM journal
         WHERE execution_id = ?1 AND last_event_id > ?2
         ORDER BY sequence"
    })?;
    let bound = page.after_event_id.unwrap_or(if page.reverse { u64::MAX } else { 0 });
    let mut rows = statement.query((id, column(bound)))?;
    let mut events = Vec::new();
    while events.len() < page.limit
        && let Some(row) = rows.next()?
    {
        let mut of_row = content::events(row.get_ref(0)?.as_blob()?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(error))
        })?;
        if page.reverse {
            of_row.reverse();
        }
        let inside = |event: &Value| {
            let id = event["id"].as_u64().unwrap_or(0);
            if page.reverse { id < bound } else { id > bound }
        };
        let room = page.limit - events.len();
        events.extend(of_row.into_iter().filter(inside).take(room));
    }
    Ok(Some(events))
}
