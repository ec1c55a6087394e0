//! What an operator does with an execution is done with its order.

use order::OrderId;
use ports::ExecutionRecord;
use serde_json::Value;

use crate::app::App;
use crate::operators::Deed;
use crate::problem::Problem;

/// The entry of the operators' log for it.
pub(crate) async fn deed(
    app: &App,
    action: &'static str,
    record: &ExecutionRecord,
    reason: Option<String>,
) -> Result<Deed, Problem> {
    let deed = Deed::new(action).on(&record.summary.execution_arn).because(reason);
    Ok(match order_of(app, record).await? {
        Some(id) => deed.with_order(&id),
        None => deed,
    })
}

/// The order an execution is about: its input says so, or its name does.
pub(crate) async fn order_of(app: &App, record: &ExecutionRecord) -> Result<Option<OrderId>, Problem> {
    let input: Value = serde_json::from_str(&record.input).unwrap_or(Value::Null);
    let named = ["order_id", "orderId", "OrderID"].iter().find_map(|field| input[field].as_str());
    for candidate in named.into_iter().chain([record.summary.name.as_str()]) {
        if let Ok(id) = OrderId::parse(candidate)
            && app.state.ports.orders.get(&id).await?.is_some()
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
