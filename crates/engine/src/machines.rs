//! State machines: their records, and their definitions parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use asl::{Diagnostic, StateMachine};
use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Row};
use sha2::{Digest, Sha256};
use store::Store;

use crate::engine::Engine;
use crate::journal::timestamp;
use crate::names::{InvalidName, validate_name};
use crate::query::QueryError;

/// A state machine as it now is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMachineRecord {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The text of its definition.
    pub definition: Arc<str>,
    /// The definition's SHA-256, in hexadecimal.
    pub definition_hash: String,
    /// The role it shows as its own.
    pub role_arn: String,
    /// Changes with every change of the definition.
    pub revision_id: String,
    /// When it was first put.
    pub created_at: Timestamp,
    /// When its definition last changed.
    pub updated_at: Timestamp,
}

/// Why a state machine was not accepted. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PutStateMachineError {
    /// The name is against the rules.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The definition is not right; each diagnostic says where and why.
    #[error("Invalid State Machine Definition: {}", first_message(.0))]
    Definition(Vec<Diagnostic>),
    /// The store cannot be written.
    #[error("{0}")]
    Storage(String),
}

fn first_message(diagnostics: &[Diagnostic]) -> String {
    diagnostics.first().map_or_else(String::new, |first| format!("'{first}'"))
}

/// A state machine with what is needed to start it.
pub(crate) struct Registered {
    pub id: i64,
    pub definition_id: i64,
    pub record: StateMachineRecord,
    pub machine: Arc<StateMachine>,
}

/// The state machines met so far.
#[derive(Default)]
pub(crate) struct Machines {
    by_name: Mutex<HashMap<String, Arc<Registered>>>,
    /// By the id of the definition. There are as many as versions that executions run.
    parsed: Mutex<HashMap<i64, Arc<StateMachine>>>,
    /// Held while one is put, so that the memory follows in the order of the commits.
    putting: tokio::sync::Mutex<()>,
}

/// Why a state machine cannot be started or gone on with.
pub(crate) enum LoadError {
    /// There is none.
    Missing,
    /// The store cannot be read, or holds a definition that this version does not take.
    Storage(String),
}

impl Machines {
    /// The state machine of that name.
    pub(crate) fn by_name(&self, store: &Store, name: &str) -> Result<Arc<Registered>, LoadError> {
        if let Some(known) = self.by_name.lock().get(name) {
            return Ok(known.clone());
        }
        let stored = store
            .read_blocking(|connection| select_by_name(connection, name))
            .map_err(|error| LoadError::Storage(error.to_string()))?
            .ok_or(LoadError::Missing)?;
        let machine = self.parse(stored.definition_id, &stored.record.definition)?;
        let registered = Arc::new(stored.with(machine));
        // One that was put meanwhile is newer.
        Ok(self.by_name.lock().entry(name.to_owned()).or_insert(registered).clone())
    }

    /// The definition of that id, to which an execution is pinned.
    pub(crate) fn by_definition(
        &self,
        connection: &Connection,
        definition_id: i64,
    ) -> Result<Arc<StateMachine>, LoadError> {
        if let Some(known) = self.parsed.lock().get(&definition_id) {
            return Ok(known.clone());
        }
        let text: Option<String> = connection
            .query_row("SELECT text FROM definitions WHERE id = ?1", [definition_id], |row| row.get(0))
            .optional()
            .map_err(|error| LoadError::Storage(error.to_string()))?;
        self.parse(definition_id, &text.ok_or(LoadError::Missing)?)
    }

    fn parse(&self, definition_id: i64, text: &str) -> Result<Arc<StateMachine>, LoadError> {
        let machine = StateMachine::parse(text).map_err(|diagnostics| {
            LoadError::Storage(format!(
                "its stored definition is not accepted any more: {}",
                first_message(&diagnostics)
            ))
        })?;
        let machine = Arc::new(machine);
        Ok(self.parsed.lock().entry(definition_id).or_insert(machine).clone())
    }
}

impl Engine {
    /// Makes a state machine, or gives the one of that name a new definition. Running executions go
    /// on with theirs. The same definition again changes nothing.
    ///
    /// # Errors
    ///
    /// See [`PutStateMachineError`].
    pub async fn put_state_machine(
        &self,
        name: &str,
        definition: &str,
    ) -> Result<StateMachineRecord, PutStateMachineError> {
        validate_name(name)?;
        let machine = Arc::new(StateMachine::parse(definition).map_err(PutStateMachineError::Definition)?);
        let inner = &self.inner;
        let now = inner.clock.now();
        let wanted = StateMachineRecord {
            arn: inner.arns.state_machine(name),
            name: name.to_owned(),
            definition: definition.into(),
            definition_hash: hash(definition),
            role_arn: inner.role_arn.clone(),
            revision_id: inner.unique_id().to_string(),
            created_at: now,
            updated_at: now,
        };
        let _putting = inner.machines.putting.lock().await;
        let stored = inner
            .store
            .write(move |transaction| upsert(transaction, &wanted))
            .await
            .map_err(|error| PutStateMachineError::Storage(error.to_string()))?;
        inner.machines.parsed.lock().insert(stored.definition_id, machine.clone());
        let record = stored.record.clone();
        inner.machines.by_name.lock().insert(name.to_owned(), Arc::new(stored.with(machine)));
        Ok(record)
    }

    /// The state machine of that name, if there is one.
    ///
    /// # Errors
    ///
    /// [`QueryError::Storage`] when the store cannot be read.
    pub fn state_machine(&self, name: &str) -> Result<Option<StateMachineRecord>, QueryError> {
        match self.inner.machines.by_name(&self.inner.store, name) {
            Ok(registered) => Ok(Some(registered.record.clone())),
            Err(LoadError::Missing) => Ok(None),
            Err(LoadError::Storage(reason)) => Err(QueryError::Storage(reason)),
        }
    }

    /// All state machines, by name.
    ///
    /// # Errors
    ///
    /// [`QueryError::Storage`] when the store cannot be read.
    pub async fn state_machines(&self) -> Result<Vec<StateMachineRecord>, QueryError> {
        let records = self.inner.store.read(|connection| {
            connection
                .prepare_cached(&format!("{SELECT} ORDER BY m.name"))?
                .query_map([], |row| Ok(Stored::from_row(row)?.record))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(records.await?)
    }
}

/// A state machine as its rows have it.
struct Stored {
    id: i64,
    definition_id: i64,
    record: StateMachineRecord,
}

const SELECT: &str = "SELECT m.id, m.definition_id, m.arn, m.name, d.text, d.hash, m.role_arn,
            m.revision_id, m.created_at_ms, m.updated_at_ms
     FROM state_machines m JOIN definitions d ON d.id = m.definition_id";

impl Stored {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
        Ok(Stored {
            id: row.get(0)?,
            definition_id: row.get(1)?,
            record: StateMachineRecord {
                arn: row.get(2)?,
                name: row.get(3)?,
                definition: row.get::<_, String>(4)?.into(),
                definition_hash: row.get(5)?,
                role_arn: row.get(6)?,
                revision_id: row.get(7)?,
                created_at: timestamp(row.get(8)?),
                updated_at: timestamp(row.get(9)?),
            },
        })
    }

    fn with(self, machine: Arc<StateMachine>) -> Registered {
        Registered { id: self.id, definition_id: self.definition_id, record: self.record, machine }
    }
}

fn select_by_name(connection: &Connection, name: &str) -> rusqlite::Result<Option<Stored>> {
    connection.prepare_cached(&format!("{SELECT} WHERE m.name = ?1"))?.query_row([name], Stored::from_row).optional()
}

fn upsert(transaction: &Connection, wanted: &StateMachineRecord) -> rusqlite::Result<Stored> {
    transaction.execute(
        "INSERT INTO definitions (hash, text) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
        (&wanted.definition_hash, &wanted.definition),
    )?;
    // The condition keeps revision and time when nothing changes.
    transaction.execute(
        "INSERT INTO state_machines (arn, name, definition_id, role_arn, revision_id, created_at_ms, updated_at_ms)
         SELECT ?1, ?2, id, ?3, ?4, ?5, ?5 FROM definitions WHERE hash = ?6
         ON CONFLICT (name) DO UPDATE
         SET definition_id = excluded.definition_id, role_arn = excluded.role_arn,
             revision_id = excluded.revision_id, updated_at_ms = excluded.updated_at_ms
         WHERE definition_id <> excluded.definition_id OR role_arn <> excluded.role_arn",
        (
            &wanted.arn,
            &wanted.name,
            &wanted.role_arn,
            &wanted.revision_id,
            wanted.updated_at.as_millisecond(),
            &wanted.definition_hash,
        ),
    )?;
    select_by_name(transaction, &wanted.name)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

fn hash(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes any text");
        hex
    })
}
