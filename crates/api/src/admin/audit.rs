//! The audit of the books.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::problem::Problem;

/// What an audit found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Whether nothing was found.
    #[schema(example = true)]
    ok: bool,
    /// Each violation in plain words.
    #[schema(example = json!([]))]
    violations: Vec<String>,
    /// How many orders were looked at.
    #[schema(example = 830)]
    orders: u64,
    /// How many ledger entries were looked at.
    #[schema(example = 4387)]
    ledger_entries: u64,
    /// How many payment events were looked at.
    #[schema(example = 1660)]
    payment_events: u64,
}

impl From<ports::Audit> for Audit {
    fn from(audit: ports::Audit) -> Self {
        Self {
            ok: audit.ok,
            violations: audit.violations,
            orders: audit.orders,
            ledger_entries: audit.ledger_entries,
            payment_events: audit.payment_events,
        }
    }
}

/// Proves from the books alone that stock, money and orders agree, or says where they do not.
#[utoipa::path(
    get, path = "/audit", tag = "administration", operation_id = "audit",
    responses((status = 200, description = "What was found", body = Audit)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator) -> Result<Json<Audit>, Problem> {
    Ok(Json(app.state.auditor.audit().await?.into()))
}
