use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use crate::{Change, Result};

/// Applies changes on behalf of somebody who is not a step: an operator, an import.
#[async_trait]
pub trait Writer: Send + Sync {
    /// Applies all of the changes in one transaction, or none.
    async fn apply(&self, changes: Vec<Change>) -> Result<()>;
}

/// Runs a handler by name: what a request, a message or an event is handed to. Its changes are applied
/// before the answer comes.
#[async_trait]
pub trait Handlers: Send + Sync {
    /// Runs the step of that name; `NotFound` without such a step.
    async fn run(&self, step: &str, input: Value) -> Result<Value>;
}

/// Proves from the books alone that stock, money and orders agree.
#[async_trait]
pub trait Auditor: Send + Sync {
    /// Looks at everything.
    async fn audit(&self) -> Result<Audit>;
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Whether nothing was found.
    pub ok: bool,
    /// Each violation in plain words.
    pub violations: Vec<String>,
    /// How many orders were looked at.
    pub orders: u64,
    /// How many ledger entries were looked at.
    pub ledger_entries: u64,
    /// How many payment events were looked at.
    pub payment_events: u64,
}
