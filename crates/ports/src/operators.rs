use async_trait::async_trait;
use jiff::Timestamp;
use order::OrderId;
use serde::Serialize;

use crate::{Page, Result};

/// Keeps what operators did. An entry is written before the deed and completed after it, so that none is
/// lost: one whose server went in between says that its end is not known.
#[async_trait]
pub trait OperatorLog: Send + Sync {
    /// Writes down what is about to be done, and gives its number.
    async fn begin(&self, action: &NewOperatorAction) -> Result<i64>;

    /// Writes down what came of it.
    async fn end(&self, id: i64, outcome: &str) -> Result<()>;

    /// What was begun of a kind before then and has no known end, oldest first.
    async fn unended(&self, action: &str, begun_before: Timestamp) -> Result<Vec<OperatorAction>>;

    /// What was done, newest first.
    async fn list(
        &self,
        filter: &OperatorActionFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<OperatorAction>>;
}

/// Something an operator is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperatorAction {
    /// When.
    pub at: Timestamp,
    /// Who: the name given at the sign-in, or which key.
    pub actor: String,
    /// What: `redrive`, `refund`, `import_products`, …
    pub action: &'static str,
    /// With which order.
    pub order_id: Option<OrderId>,
    /// With what else: an execution, a product, a queue.
    pub subject: Option<String>,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

/// Something an operator did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorAction {
    /// Its number, ascending.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: the name given at the sign-in, or which key.
    pub actor: String,
    /// What: `redrive`, `refund`, `import_products`, …
    pub action: String,
    /// With which order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// With what else: an execution, a product, a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What came of it: `done`, or why it was refused; absent while it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Which actions to list; all that is given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperatorActionFilter {
    /// Only those with this order.
    pub order_id: Option<OrderId>,
}
