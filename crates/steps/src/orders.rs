//! Reading an order, and seeing it as it will be.

use jiff::Timestamp;
use order::{Order, OrderId, RefusedMove, Status, StatusChange};
use ports::{Change, ErrorName, Result, StepError};
use serde::{Deserialize, Serialize};

use crate::Context;

/// The input of a step that needs to know only which order it is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderInput {
    /// Which order.
    pub order_id: OrderId,
}

/// The output of a step that moves an order to another status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// Which order.
    pub order_id: OrderId,
    /// Its status, in the words of its workflow.
    pub status: String,
}

impl Moved {
    /// That order, in that status.
    pub(crate) fn to(order: &Order, status: Status) -> Self {
        Self { order_id: order.id().clone(), status: status.word(&order.placed.workflow) }
    }
}

/// The order of that id; `OrderNotFound` when there is none.
pub(crate) async fn load(context: &Context, id: &OrderId) -> Result<Order> {
    let order = context.ports.orders.get(id).await?;
    order.ok_or_else(|| StepError::new(ErrorName::OrderNotFound, format!("there is no order {id}")))
}

/// The change that moves an order, or the reason why it cannot be moved.
pub(crate) fn set_status(order: &Order, status: Status, reason: Option<String>, at: Timestamp) -> Result<Change> {
    order.status.check_move(status).map_err(refused)?;
    Ok(Change::SetStatus { order_id: order.id().clone(), status, reason, at })
}

/// The order as it will be once it was moved. What is written about an order in the step that moves
/// it (its mail, its event) has to be written of this one.
pub(crate) fn becoming(order: &Order, status: Status, reason: Option<String>, at: Timestamp) -> Order {
    let mut after = order.clone();
    if after.status != status {
        after.history.push(StatusChange { status, at, reason: reason.clone() });
    }
    after.status = status;
    after.reason = reason;
    after
}

/// A move that the order's status does not allow.
pub(crate) fn refused(refusal: RefusedMove) -> StepError {
    StepError::new(ErrorName::StatusRefused, refusal.to_string())
}

/// Refuses an order that ended without a sale: nothing may be held, charged or sold for it any more.
pub(crate) fn must_be_open(order: &Order) -> Result<()> {
    if order.status.is_final() && !order.status.is_sale() {
        return Err(StepError::new(ErrorName::StatusRefused, format!("the order is {}: it is closed", order.status)));
    }
    Ok(())
}
