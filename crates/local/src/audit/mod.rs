//! Proves from the books alone that stock, money and orders agree.
//!
//! Stock rules and the sums of customers hold at every moment. An order's own rules hold once its execution has ended and none that
//! came afterwards is running, and nothing that it left is between the parts: until then its books may be halfway.

mod customers;
mod orders;
mod stock;

use std::sync::Arc;

use adapter::audit::AuditRules;
use async_trait::async_trait;
use ports::{Audit, Auditor, Ids, Result};
use rusqlite::Connection;
use store::Store;

use crate::fault;

/// Tells whether executions are running. Whoever runs the engine implements it, reading the same snapshot.
pub trait ExecutionStates: Send + Sync {
    /// Whether the execution of that ARN is running; nothing when there is no such execution.
    ///
    /// # Errors
    ///
    /// Those of the database.
    fn running(&self, connection: &Connection, arn: &str) -> rusqlite::Result<Option<bool>>;
}

/// [`Auditor`] over the store.
#[derive(Clone)]
pub struct BookAuditor {
    store: Store,
    rules: Arc<AuditRules>,
    executions: Arc<dyn ExecutionStates>,
    ids: Arc<dyn Ids>,
}

impl BookAuditor {
    /// An auditor of that store.
    pub fn new(store: Store, rules: AuditRules, executions: Arc<dyn ExecutionStates>, ids: Arc<dyn Ids>) -> Self {
        Self { store, rules: Arc::new(rules), executions, ids }
    }

    fn look(&self, connection: &Connection) -> rusqlite::Result<Audit> {
        let mut violations = stock::violations(connection)?;
        violations.extend(customers::violations(connection)?);
        let orders = orders::look(connection, &self.rules, &*self.executions, &*self.ids, &mut violations)?;
        Ok(Audit {
            ok: violations.is_empty(),
            violations,
            orders,
            ledger_entries: count(connection, "SELECT COUNT(*) FROM stock_ledger")?,
            payment_events: count(connection, "SELECT COUNT(*) FROM payment_events")?,
        })
    }
}

#[async_trait]
impl Auditor for BookAuditor {
    async fn audit(&self) -> Result<Audit> {
        let auditor = self.clone();
        self.store.read(move |connection| auditor.look(connection)).await.map_err(fault::read)
    }
}

fn count(connection: &Connection, sql: &str) -> rusqlite::Result<u64> {
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
