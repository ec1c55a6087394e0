//! What operators did.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use order::OrderId;
use ports::{OperatorAction, OperatorActionFilter};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::available;
use crate::views::PageView;

/// Something an operator did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorAction)]
pub(crate) struct ActionView {
    /// Its number, ascending.
    #[schema(example = 1)]
    id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: the name given at the sign-in, `operator` without one, `operator key` for the key itself.
    #[schema(example = "Ana")]
    actor: String,
    /// What: `redrive`, `refund`, `cancel`, `import_products`, …
    #[schema(example = "refund")]
    action: String,
    /// With which order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "A-1")]
    order_id: Option<String>,
    /// With what else: an execution, a product, a mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "10.00 RON")]
    subject: Option<String>,
    /// Why, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "one cup was broken")]
    reason: Option<String>,
    /// What came of it: `done`, or why it was refused; absent while that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "done")]
    outcome: Option<String>,
}

impl From<OperatorAction> for ActionView {
    fn from(action: OperatorAction) -> Self {
        Self {
            id: action.id,
            at: action.at,
            actor: action.actor,
            action: action.action,
            order_id: action.order_id.map(String::from),
            subject: action.subject,
            reason: action.reason,
            outcome: action.outcome,
        }
    }
}

/// What operators did, newest first.
#[utoipa::path(
    get, path = "/operator-actions", tag = "administration", operation_id = "list_operator_actions",
    params(("order_id" = Option<String>, Query, description = "Only what was done with this order"),
           ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
           ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500)),
    responses((status = 200, description = "A page of actions", body = PageView<ActionView>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<ActionView>>, Problem> {
    let order_id = params.read("order_id", "an order's id", |text| OrderId::parse(text).ok());
    let paging = params.paging();
    params.finish()?;
    let log = available(&app.state.console.operator_log)?;
    let page = log.list(&OperatorActionFilter { order_id }, paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, ActionView::from)))
}
