//! What comes after an order is placed: calling it off, and on a sale shipping, delivering, returning.
//! Each is an execution of a workflow of its own.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use order::{OrderId, Status};
use ports::{Execution, ExecutionError};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::access::{Caller, Credentials, Operator};
use crate::app::{App, Shared};
use crate::operators::Deed;
use crate::orders::view::{Links, OrderView};
use crate::params::Params;
use crate::problem::{Kind, Problem};
use crate::request::PathText;
use crate::wait;

/// One thing that can be done with an order.
struct FollowUp {
    /// The workflow that does it.
    workflow: &'static str,
    /// What its executions' names add to the order's id.
    suffix: &'static str,
    /// What the order becomes.
    target: Status,
}

const CANCEL: FollowUp = FollowUp { workflow: "cancellation", suffix: "cancel", target: Status::Cancelled };
const SHIP: FollowUp = FollowUp { workflow: "shipment", suffix: "ship", target: Status::Shipped };
const DELIVER: FollowUp = FollowUp { workflow: "delivery", suffix: "deliver", target: Status::Delivered };
const RETURN: FollowUp = FollowUp { workflow: "return", suffix: "return", target: Status::Returned };

const ALL: [&FollowUp; 4] = [&CANCEL, &SHIP, &DELIVER, &RETURN];

/// What the executions of a follow-up's workflow add to the order's id to make their names, such as
/// `-cancel`; nothing for a workflow that this interface begins no executions of.
#[must_use]
pub fn follow_up_suffix(workflow: &str) -> Option<String> {
    let follow_up = ALL.into_iter().find(|follow_up| follow_up.workflow == workflow)?;
    Some(format!("-{}", follow_up.suffix))
}

/// The first executions that follow-ups of an order have, if they have any: workflow and name.
pub(crate) fn names(id: &OrderId) -> impl Iterator<Item = (&'static str, String)> {
    ALL.into_iter().map(move |follow_up| (follow_up.workflow, format!("{id}-{}", follow_up.suffix)))
}

/// How often the same may be tried anew after an execution of it ended without success.
const MOST_ATTEMPTS: u32 = 50;

/// Something was begun with an order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowUpAccepted {
    /// The order.
    #[schema(example = "A-1")]
    order_id: String,
    /// Where it is now.
    #[schema(example = "confirmed")]
    status: String,
    /// The execution that does it.
    #[schema(example = "arn:aws:states:us-east-1:123456789012:execution:cancellation:A-1-cancel")]
    execution_arn: String,
    /// Where the order's pages are.
    links: Links,
}

/// Something was done with an order, and waited for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowUpDone {
    #[serde(flatten)]
    order: OrderView,
    /// Where the order's pages are.
    links: Links,
}

/// Calls an order off, before it is shipped: what was paid is refunded, the goods go back into stock.
#[utoipa::path(
    post, path = "/orders/{id}/cancel", tag = "orders", operation_id = "cancel_order",
    params(("id" = String, Path, description = "The order's id"),
           ("token" = Option<String>, Query, description = "The order's access token"),
           ("wait" = Option<f64>, Query, description = "Seconds to wait for the end", minimum = 0, maximum = 60)),
    responses((status = 200, description = "It is done (with `wait`)", body = FollowUpDone),
              (status = 202, description = "It is begun", body = FollowUpAccepted)),
    security(("operator" = []), ("access_token" = [])),
)]
pub(crate) async fn cancel(
    State(app): Shared,
    PathText(id): PathText,
    credentials: Credentials,
    mut params: Params,
) -> Result<Response, Problem> {
    let token = params.text("token");
    let longest = wait::read(&mut params);
    params.finish()?;
    let (id, caller) = credentials.require_order_access(&app.state.keys, token.as_deref(), &id)?;
    begin(&app, &CANCEL, id, &caller, longest).await
}

/// Hands a confirmed order to the carrier.
#[utoipa::path(
    post, path = "/orders/{id}/ship", tag = "orders", operation_id = "ship_order",
    params(("id" = String, Path, description = "The order's id"),
           ("wait" = Option<f64>, Query, description = "Seconds to wait for the end", minimum = 0, maximum = 60)),
    responses((status = 200, description = "It is done (with `wait`)", body = FollowUpDone),
              (status = 202, description = "It is begun", body = FollowUpAccepted)),
    security(("operator" = [])),
)]
pub(crate) async fn ship(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
    params: Params,
) -> Result<Response, Problem> {
    begin_for_operator(&app, &SHIP, operator, &id, params).await
}

/// Notes that the customer has received a shipped order.
#[utoipa::path(
    post, path = "/orders/{id}/deliver", tag = "orders", operation_id = "deliver_order",
    params(("id" = String, Path, description = "The order's id"),
           ("wait" = Option<f64>, Query, description = "Seconds to wait for the end", minimum = 0, maximum = 60)),
    responses((status = 200, description = "It is done (with `wait`)", body = FollowUpDone),
              (status = 202, description = "It is begun", body = FollowUpAccepted)),
    security(("operator" = [])),
)]
pub(crate) async fn deliver(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
    params: Params,
) -> Result<Response, Problem> {
    begin_for_operator(&app, &DELIVER, operator, &id, params).await
}

/// Takes an order back: what was paid is refunded, the goods go back into stock.
#[utoipa::path(
    post, path = "/orders/{id}/return", tag = "orders", operation_id = "return_order",
    params(("id" = String, Path, description = "The order's id"),
           ("wait" = Option<f64>, Query, description = "Seconds to wait for the end", minimum = 0, maximum = 60)),
    responses((status = 200, description = "It is done (with `wait`)", body = FollowUpDone),
              (status = 202, description = "It is begun", body = FollowUpAccepted)),
    security(("operator" = [])),
)]
pub(crate) async fn take_back(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
    params: Params,
) -> Result<Response, Problem> {
    begin_for_operator(&app, &RETURN, operator, &id, params).await
}

async fn begin_for_operator(
    app: &App,
    follow_up: &FollowUp,
    operator: Operator,
    id: &str,
    mut params: Params,
) -> Result<Response, Problem> {
    let longest = wait::read(&mut params);
    params.finish()?;
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    begin(app, follow_up, id, &Caller::Operator(operator), longest).await
}

async fn begin(
    app: &App,
    follow_up: &FollowUp,
    id: OrderId,
    caller: &Caller,
    longest: Option<Duration>,
) -> Result<Response, Problem> {
    let order = app.order(&id).await?;
    order.status.check_move(follow_up.target)?;
    let starting = start(app, follow_up, &id, order.status == follow_up.target);
    let execution_arn = match caller {
        Caller::Operator(operator) => {
            app.on_behalf(operator, Deed::new(follow_up.suffix).with_order(&id), starting).await?
        }
        Caller::Shopper => starting.await?,
    };
    let token = (*caller == Caller::Shopper).then(|| app.state.keys.access_token(&id));
    let links = Links::of(app, &id, token.as_deref());
    if wait::for_end(app, &id, &execution_arn, longest).await {
        let order = app.order(&id).await?;
        // Something else may have come first: a parcel that left while its order was being called off.
        order.status.check_move(follow_up.target)?;
        if order.status != follow_up.target {
            let detail = format!("{execution_arn} has ended and the order is still {}; try again", order.status);
            return Err(Problem::new(Kind::OrderInProgress, detail));
        }
        let done = FollowUpDone { order: OrderView::of(app, order), links };
        return Ok((StatusCode::OK, Json(done)).into_response());
    }
    let accepted = FollowUpAccepted { status: order.status_word(), order_id: id.into(), execution_arn, links };
    Ok((StatusCode::ACCEPTED, Json(accepted)).into_response())
}

/// Starts the execution, or finds the one that runs or has done it. One that ended without having done
/// it has used up its name, so the next has a number: the same for all who ask at the same time.
async fn start(app: &App, follow_up: &FollowUp, id: &OrderId, done: bool) -> Result<String, Problem> {
    for attempt in 1..=MOST_ATTEMPTS {
        let name = match attempt {
            1 => format!("{id}-{}", follow_up.suffix),
            _ => format!("{id}-{}-{attempt}", follow_up.suffix),
        };
        let execution =
            Execution { state_machine: follow_up.workflow.to_owned(), name, input: json!({ "order_id": id }) };
        match app.state.executions.start(&execution).await {
            Ok(execution_arn) => return Ok(execution_arn),
            Err(ExecutionError::AlreadyExists { execution_arn }) if done => return Ok(execution_arn),
            Err(ExecutionError::AlreadyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let detail = format!("this was tried {MOST_ATTEMPTS} times without success; its executions say why");
    Err(Problem::new(Kind::StatusRefused, detail))
}
