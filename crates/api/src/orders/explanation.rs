//! Why an order is where it is, in plain words, and what can be done about it.

use axum::Json;
use axum::extract::State;
use order::{Order, OrderId, PaymentStatus, Status};
use ports::{ExecutionError, ExecutionStatus, HistoryPart};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::executions::redrive::to_run_again;
use crate::executions::states::{self, StateStatus, StateView};
use crate::problem::Problem;
use crate::request::PathText;

/// Why an order is where it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The sum of it.
    #[schema(example = "The payment was refused: the card was declined.")]
    headline: String,
    /// The reason that is kept with the order, or the error its execution ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "the card was declined")]
    reason: Option<String>,
    /// What led there, oldest first.
    #[schema(example = json!(["ChargePayment failed with PaymentDeclined: the card was declined."]))]
    what_happened: Vec<String>,
    /// What can be done now.
    can_do: Vec<Remedy>,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Remedy {
    /// What.
    action: RemedyAction,
    /// Why one would, and what comes of it.
    #[schema(example = "ChargePayment is run again; the money is taken once at most.")]
    why: String,
}

/// The things that can be done with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "redrive")]
pub(crate) enum RemedyAction {
    /// `POST /executions/{arn}/redrive`
    Redrive,
    /// `POST /orders/{id}/cancel`
    Cancel,
    /// `POST /orders/{id}/refund`
    Refund,
    /// `POST /orders/{id}/mails/{mail_id}/resend`
    ResendMail,
    /// `POST /orders/{id}/link`
    ReopenLink,
}

/// Why an order is where it is, in plain words, and what can be done.
#[utoipa::path(
    get, path = "/orders/{id}/explanation", tag = "orders", operation_id = "explain_order",
    params(("id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "Why", body = Explanation)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator, PathText(id): PathText) -> Result<Json<Explanation>, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    let order = app.order(&id).await?;
    let run = run_of(&app, &order).await?;
    let has_mail = match &app.state.console.trails {
        Some(trails) => !trails.of(&id).await?.mails.is_empty(),
        None => false,
    };
    Ok(Json(explain(
        &order,
        &run,
        has_mail && app.state.console.trails.is_some(),
        app.state.console.redrives.is_some(),
    )))
}

/// The order's execution, as far as it is there.
struct Run {
    status: Option<ExecutionStatus>,
    error: Option<String>,
    cause: Option<String>,
    states: Vec<StateView>,
}

async fn run_of(app: &App, order: &Order) -> Result<Run, Problem> {
    let arn = &order.execution_arn;
    let record = match app.state.executions.describe(arn).await {
        Ok(record) => record,
        Err(ExecutionError::DoesNotExist { .. }) => {
            return Ok(Run { status: None, error: None, cause: None, states: Vec::new() });
        }
        Err(error) => return Err(error.into()),
    };
    let history = app.state.executions.history(arn, HistoryPart::WHOLE).await?;
    Ok(Run {
        status: Some(record.summary.status),
        error: record.error,
        cause: record.cause,
        states: states::states(&history, app.definition(&record.summary.workflow)),
    })
}

fn explain(order: &Order, run: &Run, has_mail: bool, can_redrive: bool) -> Explanation {
    let cause = run.cause.as_deref().map(in_words);
    let reason = order.reason.clone().or(cause).or_else(|| run.error.clone());
    Explanation {
        headline: headline(order, run, reason.as_deref()),
        what_happened: what_happened(order, run),
        can_do: remedies(order, run, has_mail, can_redrive),
        reason,
    }
}

fn headline(order: &Order, run: &Run, reason: Option<&str>) -> String {
    let because = reason.map(|reason| format!(": {}", clause(reason))).unwrap_or_default();
    match (order.status, run.status) {
        (Status::PaymentFailed, _) => format!("The payment was refused{because}."),
        (Status::Rejected, _) => format!("The order was refused{because}."),
        (Status::Failed, _) => format!("An outage outlasted all attempts{because}."),
        (Status::Confirmed, Some(ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted)) => {
            format!("The sale stands, but what follows it did not come to its end{because}.")
        }
        (Status::Confirmed, _) => "All is well: the order is paid and confirmed.".to_owned(),
        (Status::Shipped, _) => "All is well: the order is on its way.".to_owned(),
        (Status::Delivered, _) => "All is well: the order has been received.".to_owned(),
        (Status::Returned, _) => "The order was sent back and refunded.".to_owned(),
        (Status::Cancelled, _) => format!("The order was called off{because}."),
        (_, None) => "The order waits to be worked on.".to_owned(),
        (_, Some(ExecutionStatus::Running)) => "The order is being worked on.".to_owned(),
        (_, Some(ExecutionStatus::Succeeded)) => {
            "The workflow has ended without bringing the order to an end.".to_owned()
        }
        (_, Some(_)) => format!("The workflow stopped half-way{because}."),
    }
}

fn what_happened(order: &Order, run: &Run) -> Vec<String> {
    let mut told: Vec<String> = run.states.iter().filter_map(sentence).collect();
    let payment = order.payment();
    match payment.status {
        PaymentStatus::None => told.push("No money was asked for.".to_owned()),
        PaymentStatus::Declined => told.push("No money was taken.".to_owned()),
        PaymentStatus::Authorised => told.push("Money was set aside, and not taken.".to_owned()),
        PaymentStatus::Paid => told.push("The money was taken.".to_owned()),
        PaymentStatus::PartiallyRefunded => told.push("The money was taken, and some of it given back.".to_owned()),
        PaymentStatus::Refunded => told.push("The money was taken, and all of it given back.".to_owned()),
    }
    told
}

/// What is worth telling of a state: what went wrong, and what goes on.
fn sentence(view: &StateView) -> Option<String> {
    // A Fail state repeats what led to it.
    if view.kind == "Fail" {
        return None;
    }
    let tries = match view.attempts.len() {
        0 | 1 => String::new(),
        tries => format!(" after {tries} attempts"),
    };
    let error = view.error.as_deref().map(|error| format!(" with {error}")).unwrap_or_default();
    let cause = view.cause.as_deref().map(|cause| format!(": {}", clause(&in_words(cause)))).unwrap_or_default();
    match view.status {
        StateStatus::Failed => Some(format!("{} failed{tries}{error}{cause}.", view.name)),
        StateStatus::Caught => {
            Some(format!("{} failed{tries}{error}{cause}; the workflow took its way for that.", view.name))
        }
        StateStatus::Aborted => Some(format!("{} was stopped.", view.name)),
        StateStatus::Running => Some(format!("{} is running{tries}.", view.name)),
        StateStatus::Succeeded if view.attempts.len() > 1 => Some(format!("{} succeeded{tries}.", view.name)),
        StateStatus::Succeeded | StateStatus::NotReached => None,
    }
}

/// What a cause says. A step's is JSON, as a Lambda function's is.
fn in_words(cause: &str) -> String {
    let told = serde_json::from_str::<Value>(cause).ok();
    let message = told.as_ref().and_then(|told| told["errorMessage"].as_str());
    message.unwrap_or(cause).to_owned()
}

/// A text as part of a sentence, which brings its own full stop.
fn clause(text: &str) -> &str {
    text.trim_end_matches('.')
}

fn remedies(order: &Order, run: &Run, has_mail: bool, can_redrive: bool) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    let mut offer = |action, why: String| remedies.push(Remedy { action, why });
    let stopped =
        matches!(run.status, Some(ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted));
    if let Some(first) = to_run_again(&run.states).first().filter(|_| stopped && can_redrive)
        // A Fail state fails again, and an order that has ended without a sale stays so.
        && first.kind != "Fail"
        && !order.status.is_refusal()
    {
        let why = format!("{} is run again, and what comes after it; nothing that is done is done twice.", first.name);
        offer(RemedyAction::Redrive, why);
    }
    if order.status == Status::Confirmed {
        let why = "It has not been shipped: the money goes back, and the goods go back into stock.";
        offer(RemedyAction::Cancel, why.to_owned());
    }
    if order.status.is_sale() && order.payment().kept() > 0 {
        offer(RemedyAction::Refund, "Some or all of the money can go back while the sale stands.".to_owned());
    }
    if has_mail {
        offer(RemedyAction::ResendMail, "A mail that did not arrive can be sent again.".to_owned());
    }
    offer(RemedyAction::ReopenLink, "The customer can be given the link to the order's page again.".to_owned());
    remedies
}
