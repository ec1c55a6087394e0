//! Everything that happened to an order, in one list.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use order::{EntryKind, Order, OrderId, PaymentEvent, PaymentEventKind};
use ports::{ExecutionError, MailView, Movement, OperatorActionFilter, TopicMessageView, Trail};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::executions::states::{self, StateStatus, StateView};
use crate::orders::follow_up;
use crate::orders::view::statuses;
use crate::problem::Problem;
use crate::request::PathText;

/// How many of an order's operators' actions are shown: the latest.
const MOST_ACTIONS: usize = 200;

/// What an entry of a timeline is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "status")]
pub(crate) enum EntryAbout {
    /// An operator did something.
    Operator,
    /// A state of an execution ended.
    State,
    /// Units were held, given back, sold, returned.
    Stock,
    /// The payment provider said something.
    Payment,
    /// The order came into a status.
    Status,
    /// The receipt was issued.
    Receipt,
    /// A mail was written.
    Mail,
    /// A topic was told.
    Topic,
    /// A message of a topic goes to a subscriber by HTTP.
    Webhook,
}

/// Something that happened to an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineEntry)]
pub(crate) struct TimelineEntry {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What it is about.
    kind: EntryAbout,
    /// What happened, in a few words.
    #[schema(example = "held 2 × NW-017")]
    title: String,
    /// The particulars; their fields depend on `kind`.
    #[schema(value_type = Object)]
    detail: Value,
    /// Who did it, where it was an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ana")]
    actor: Option<String>,
}

/// An order's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Timeline {
    /// Oldest first.
    #[schema(example = json!([{"at": "2026-01-31T10:00:00Z", "kind": "status", "title": "placed", "detail": {}}]))]
    entries: Vec<TimelineEntry>,
}

/// Everything that happened to an order, oldest first: statuses, states, stock, money, mails, topics,
/// webhooks, and what operators did.
#[utoipa::path(
    get, path = "/orders/{id}/timeline", tag = "orders", operation_id = "order_timeline",
    params(("id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "What happened", body = Timeline)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator, PathText(id): PathText) -> Result<Json<Timeline>, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    let order = app.order(&id).await?;
    let mut entries = of_order(&order);
    for (workflow, arn) in executions(&app, &order) {
        entries.extend(of_states(&workflow, &arn, &reached(&app, &workflow, &arn).await?));
    }
    if let Some(trails) = &app.state.console.trails {
        entries.extend(of_trail(trails.of(&id).await?));
    }
    if let Some(log) = &app.state.console.operator_log {
        let filter = OperatorActionFilter { order_id: Some(id) };
        for action in log.list(&filter, None, MOST_ACTIONS).await?.items {
            let title = match &action.subject {
                Some(subject) => format!("{} {subject}", action.action.replace('_', " ")),
                None => action.action.replace('_', " "),
            };
            let detail = json!({"action": action.action, "reason": action.reason, "outcome": action.outcome});
            entries.push(TimelineEntry {
                actor: Some(action.actor),
                ..TimelineEntry::new(action.at, EntryAbout::Operator, title, detail)
            });
        }
    }
    // What happens in one transaction has one time: then the deed stands before what follows from it.
    entries.sort_by_key(|entry| (entry.at, entry.kind));
    Ok(Json(Timeline { entries }))
}

impl TimelineEntry {
    fn new(at: Timestamp, kind: EntryAbout, title: impl Into<String>, detail: Value) -> Self {
        Self { at, kind, title: title.into(), detail, actor: None }
    }
}

/// The executions that worked on an order, or may have.
fn executions(app: &App, order: &Order) -> Vec<(String, String)> {
    let workflow = order.placed.workflow.clone();
    let follow_ups = follow_up::names(order.id()).map(|(workflow, name)| {
        let arn = app.state.ports.ids.execution_arn(workflow, &name);
        (workflow.to_owned(), arn)
    });
    std::iter::once((workflow, order.execution_arn.clone())).chain(follow_ups).collect()
}

/// The states that an execution came to; none of one that was never started or is no longer kept.
async fn reached(app: &App, workflow: &str, arn: &str) -> Result<Vec<StateView>, Problem> {
    let part = ports::HistoryPart::WHOLE;
    let history = match app.state.executions.history(arn, part).await {
        Ok(history) => history,
        Err(ExecutionError::DoesNotExist { .. } | ExecutionError::NoStateMachine { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if history.is_empty() {
        return Ok(Vec::new());
    }
    Ok(states::states(&history, app.definition(workflow)))
}

fn of_states(workflow: &str, arn: &str, views: &[StateView]) -> Vec<TimelineEntry> {
    let entry = |view: &StateView| {
        let (at, word) = match view.status {
            StateStatus::NotReached => return None,
            StateStatus::Running => (view.entered_at?, "is running"),
            StateStatus::Succeeded => (view.exited_at?, "succeeded"),
            StateStatus::Failed => (view.exited_at?, "failed"),
            StateStatus::Caught => (view.exited_at?, "failed, and was caught"),
            StateStatus::Aborted => (view.exited_at?, "was stopped"),
        };
        let detail = json!({
            "workflow": workflow, "execution_arn": arn, "state": view.name, "type": view.kind,
            "status": view.status, "entered_at": view.entered_at, "duration_ms": view.duration_ms,
            "attempts": view.attempts.len(), "error": view.error, "cause": view.cause,
        });
        Some(TimelineEntry::new(at, EntryAbout::State, format!("{} {word}", view.name), detail))
    };
    views.iter().filter_map(entry).collect()
}

fn of_order(order: &Order) -> Vec<TimelineEntry> {
    let mut entries: Vec<TimelineEntry> = statuses(&order.placed.workflow, order.history.clone())
        .into_iter()
        .map(|view| {
            TimelineEntry::new(view.at, EntryAbout::Status, view.status.clone(), json!({"reason": view.reason}))
        })
        .collect();
    entries.extend(order.payment_events.iter().map(of_payment));
    if let Some(receipt) = &order.receipt {
        let detail = json!({"object_key": receipt.object_key});
        entries.push(TimelineEntry::new(receipt.issued_at, EntryAbout::Receipt, "receipt issued", detail));
    }
    entries
}

fn of_payment(event: &PaymentEvent) -> TimelineEntry {
    let amount = event.amount;
    let title = match event.kind {
        PaymentEventKind::Authorised => format!("{amount} set aside"),
        PaymentEventKind::Captured => format!("{amount} taken"),
        PaymentEventKind::Declined { reason } => format!("{amount} refused: {}", reason.words()),
        PaymentEventKind::Refunded => format!("{amount} given back"),
    };
    let detail = json!({
        "amount": amount.amount(), "currency": amount.currency().code(), "reference": event.reference,
        "key": event.key,
    });
    TimelineEntry::new(event.at, EntryAbout::Payment, title, detail)
}

fn of_trail(trail: Trail) -> Vec<TimelineEntry> {
    let mut entries: Vec<TimelineEntry> = trail.movements.into_iter().map(of_movement).collect();
    entries.extend(trail.mails.into_iter().map(of_mail));
    entries.extend(trail.messages.into_iter().flat_map(of_message));
    entries
}

fn of_movement(movement: Movement) -> TimelineEntry {
    let entry = movement.entry;
    let word = match entry.kind {
        EntryKind::Received => "received",
        EntryKind::Reserved => "held",
        EntryKind::Released => "released",
        EntryKind::Sold => "sold",
        EntryKind::Returned => "put back",
        EntryKind::Adjusted => "adjusted",
    };
    let title = format!("{word} {} × {}", entry.units, entry.sku);
    let detail = json!({
        "sequence": movement.sequence, "sku": entry.sku, "kind": entry.kind, "units": entry.units,
        "reason": entry.reason,
    });
    TimelineEntry::new(entry.at, EntryAbout::Stock, title, detail)
}

fn of_mail(view: MailView) -> TimelineEntry {
    let title = format!("mail to {}: {}", view.mail.to, view.mail.subject);
    let detail = json!({
        "id": view.id, "kind": view.mail.kind, "state": view.delivery.state.name(),
        "attempts": view.delivery.attempts, "last_error": view.delivery.last_error,
    });
    TimelineEntry::new(view.mail.at, EntryAbout::Mail, title, detail)
}

fn of_message(published: TopicMessageView) -> Vec<TimelineEntry> {
    let message = published.message;
    let content = serde_json::from_str(&message.message).unwrap_or(Value::String(message.message));
    let detail = json!({"topic": message.topic, "subject": message.subject, "message": content});
    let title = format!("topic {} was told", message.topic);
    let mut entries = vec![TimelineEntry::new(message.at, EntryAbout::Topic, title, detail)];
    entries.extend(published.deliveries.into_iter().map(|delivery| {
        let title = format!("webhook to {}: {}", delivery.endpoint, delivery.state.name());
        let detail = json!({
            "topic": message.topic, "dead_letter_id": delivery.id, "endpoint": delivery.endpoint,
            "state": delivery.state.name(), "attempts": delivery.attempts, "last_error": delivery.last_error,
            "dead_at": delivery.dead_at,
        });
        TimelineEntry::new(delivery.dead_at.unwrap_or(message.at), EntryAbout::Webhook, title, detail)
    }));
    entries
}
