//! Schema versions: each component counts its own.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::OpenError;

/// The schema of one component, as the list of changes that lead to it.
///
/// The number of steps a database has had is its version for that component. Released steps are
/// never edited, only added to.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// A name that is unique in the program and never changes.
    pub component: &'static str,
    /// SQL scripts, oldest first. They run inside a transaction.
    pub steps: &'static [&'static str],
}

impl Migrations {
    /// The version a database has after all steps.
    fn version(&self) -> u32 {
        u32::try_from(self.steps.len()).expect("the steps are written by hand")
    }
}

/// Brings every component up to date, each in one transaction: all its new steps, or none.
pub(crate) fn apply(connection: &Connection, path: &Path, migrations: &[Migrations]) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::from_sqlite(path, error);
    connection
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS schema_versions (
                 component TEXT PRIMARY KEY,
                 version   INTEGER NOT NULL
             ) WITHOUT ROWID",
        )
        .map_err(sqlite)?;
    for component in migrations {
        let from = version(connection, component.component).map_err(sqlite)?;
        let to = component.version();
        if from > to {
            return Err(OpenError::TooNew {
                path: path.to_owned(),
                component: component.component.to_owned(),
                found: from,
                known: to,
            });
        }
        if from < to {
            upgrade(connection, component, from).map_err(|source| OpenError::Migration {
                path: path.to_owned(),
                component: component.component.to_owned(),
                from,
                to,
                source,
            })?;
        }
    }
    Ok(())
}

fn version(connection: &Connection, component: &str) -> rusqlite::Result<u32> {
    let version = connection
        .query_row("SELECT version FROM schema_versions WHERE component = ?1", [component], |row| row.get(0))
        .optional()?;
    Ok(version.unwrap_or(0))
}

fn upgrade(connection: &Connection, component: &Migrations, from: u32) -> rusqlite::Result<()> {
    // Dropped without a commit it rolls back: a failing step leaves the version it found.
    let transaction = connection.unchecked_transaction()?;
    for step in component.steps.iter().skip(from as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.execute(
        "INSERT INTO schema_versions (component, version) VALUES (?1, ?2)
         ON CONFLICT (component) DO UPDATE SET version = excluded.version",
        (component.component, component.version()),
    )?;
    transaction.commit()
}
