//! An order's live events, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use jiff::Timestamp;
use order::{Order, OrderId};
use ports::{ExecutionError, ExecutionStatus, HistoryPart};
use serde::Serialize;
use serde_json::Value;

use crate::access::Credentials;
use crate::app::{App, Shared};
use crate::live::Watcher;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::PathText;

/// How often a comment is sent when nothing happens, so that nothing in between takes the connection
/// for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How often is looked anyway, in case a wake-up was lost between processes.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How soon a client comes back to a stream that had to end.
const COME_BACK: Duration = Duration::from_millis(500);

/// The most history events read at once.
const PAGE: usize = 500;

/// What happens to an order, from the beginning or from where `Last-Event-ID` left off: `status` when
/// its status changes, `state` when its execution moves from state to state, `end` when the execution
/// has ended, after which the stream ends too. An event's id is
/// `<number of the last history event>.<number of statuses so far>`.
#[utoipa::path(
    get, path = "/orders/{id}/events", tag = "orders", operation_id = "order_events",
    params(("id" = String, Path, description = "The order's id"),
           ("token" = Option<String>, Query, description = "The order's access token"),
           ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received", example = "12.3")),
    responses((status = 200, description = "The events", body = String, content_type = "text/event-stream",
        example = "event: status\nid: 0.1\ndata: {\"order_id\":\"A-1\",\"status\":\"placed\",\"at\":\"2026-01-31T10:00:00Z\"}\n\nevent: state\nid: 2.1\ndata: {\"type\":\"TaskStateEntered\",\"state\":\"ValidateOrder\",\"at\":\"2026-01-31T10:00:00.001Z\"}\n\n")),
    security(("operator" = []), ("access_token" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    PathText(id): PathText,
    credentials: Credentials,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let token = params.text("token");
    params.finish()?;
    let (id, _) = credentials.require_order_access(&app.state.keys, token.as_deref(), &id)?;
    let after = match headers.get("last-event-id") {
        Some(value) => value
            .to_str()
            .ok()
            .and_then(Position::parse)
            .ok_or_else(|| Problem::field("Last-Event-ID", "the id of an event of this order, such as 12.3"))?,
        None => Position::default(),
    };
    let order = app.order(&id).await?;
    let watcher = app.live.watch(&order.execution_arn);
    let follower =
        Follower { app, id, watcher, after, queue: VecDeque::new(), ended: false, first: true, has_told: false };
    let mut response = Sse::new(follower.events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects answers would hold the events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// How far a client has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Position {
    /// The id of the last history event.
    event: u64,
    /// How many rows of the order's history, those of the same word included.
    rows: usize,
}

impl Position {
    fn parse(text: &str) -> Option<Self> {
        let (event, rows) = text.split_once('.')?;
        Some(Self { event: event.parse().ok()?, rows: rows.parse().ok()? })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.event, self.rows)
    }
}

#[derive(Serialize)]
struct StatusData<'a> {
    order_id: &'a OrderId,
    status: String,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// A history event without what went in and out of the state: that is the operator's to see.
#[derive(Serialize)]
struct StateData<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    at: Timestamp,
}

#[derive(Serialize)]
struct EndData<'a> {
    order_id: &'a OrderId,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_status: Option<&'static str>,
}

/// One who follows an order.
struct Follower {
    app: Arc<App>,
    id: OrderId,
    watcher: Watcher,
    after: Position,
    queue: VecDeque<Event>,
    ended: bool,
    first: bool,
    has_told: bool,
}

impl Follower {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::stream::unfold(self, |mut follower| async move {
            loop {
                if let Some(event) = follower.queue.pop_front() {
                    follower.has_told = true;
                    let event = if follower.stays() { event } else { event.retry(COME_BACK) };
                    return Some((Ok(event), follower));
                }
                if follower.ended || (follower.has_told && !follower.stays()) || !follower.wait().await {
                    return None;
                }
                if let Err(problem) = follower.look().await {
                    // The client comes back with its last id; by then it may work again.
                    tracing::warn!(order_id = %follower.id, reason = problem.detail, "an event stream was cut short");
                    return None;
                }
            }
        })
    }

    /// Whether what is told gets there before the stream ends.
    fn stays(&self) -> bool {
        self.app.state.streams_answers
    }

    /// Returns when it is worth looking again; false when the server ends.
    async fn wait(&mut self) -> bool {
        if std::mem::take(&mut self.first) {
            return true;
        }
        tokio::select! {
            () = self.watcher.changed() => true,
            () = tokio::time::sleep(LOOK_AGAIN) => true,
            () = self.app.stopping() => false,
        }
    }

    /// Queues what is new.
    async fn look(&mut self) -> Result<(), Problem> {
        let executions = self.app.state.executions.clone();
        // The status is read first: when it says that the execution has ended, then all of its history
        // and the order's last status are there.
        let order = self.app.order(&self.id).await?;
        let execution = match executions.describe(&order.execution_arn).await {
            Ok(execution) => Some(execution.summary.status),
            Err(ExecutionError::DoesNotExist { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let ended = match execution {
            Some(status) => status != ExecutionStatus::Running,
            // Not started yet, or over for so long that it was pruned.
            None => order.status.is_final(),
        };
        let order = if ended { self.app.order(&self.id).await? } else { order };
        let mut more = true;
        while more {
            let events = match execution {
                Some(_) => {
                    let part =
                        HistoryPart { after_event_id: Some(self.after.event), limit: PAGE, ..HistoryPart::WHOLE };
                    executions.history(&order.execution_arn, part).await?
                }
                None => Vec::new(),
            };
            more = events.len() == PAGE;
            self.merge(&order, &events, more);
        }
        if ended {
            let end = EndData {
                order_id: &self.id,
                status: order.status_word(),
                execution_status: execution.map(ExecutionStatus::as_str),
            };
            self.queue.push_back(event("end", self.after, &end));
            self.ended = true;
        }
        Ok(())
    }

    /// Queues history events and status changes in the order of their times.
    fn merge(&mut self, order: &Order, events: &[Value], more: bool) {
        for entry in events {
            let at = time(entry);
            // Histories know milliseconds, orders more.
            while order.history.get(self.after.rows).is_some_and(|row| row.at.as_millisecond() <= at.as_millisecond()) {
                self.queue_status(order);
            }
            self.after.event = entry["id"].as_u64().unwrap_or(self.after.event);
            if let Some(data) = state_data(entry, at) {
                self.queue.push_back(event("state", self.after, &data));
            }
        }
        while !more && self.after.rows < order.history.len() {
            self.queue_status(order);
        }
    }

    /// Queues the next row of the order's history, unless it has the same word as the one before.
    fn queue_status(&mut self, order: &Order) {
        let workflow = &order.placed.workflow;
        let row = &order.history[self.after.rows];
        let status = row.status.word(workflow);
        let before = self.after.rows.checked_sub(1).map(|before| order.history[before].status.word(workflow));
        self.after.rows += 1;
        if before.as_ref() != Some(&status) {
            let data = StatusData { order_id: &self.id, status, at: row.at, reason: row.reason.as_deref() };
            self.queue.push_back(event("status", self.after, &data));
        }
    }
}

fn event(name: &str, position: Position, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).expect("texts and times are JSON");
    Event::default().event(name).id(position.to_string()).data(data)
}

/// What of a history event is told: moves from state to state, and what went wrong.
fn state_data(entry: &Value, at: Timestamp) -> Option<StateData<'_>> {
    let kind = entry["type"].as_str()?;
    let moves = kind.ends_with("StateEntered") || kind.ends_with("StateExited");
    let fails = ["Failed", "TimedOut", "Aborted"].iter().any(|end| kind.ends_with(end));
    if !moves && !fails {
        return None;
    }
    let detail = |name: &str| {
        let details = entry.as_object()?.iter().find(|(member, _)| member.ends_with("EventDetails"))?.1;
        details.get(name)?.as_str()
    };
    Some(StateData { kind, state: detail("name"), error: detail("error"), at })
}

/// A history event's time: seconds since 1970, to the millisecond.
fn time(entry: &Value) -> Timestamp {
    let seconds = entry["timestamp"].as_f64().unwrap_or_default();
    #[allow(clippy::cast_possible_truncation, reason = "a time in milliseconds fits, or is refused below")]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn positions_are_read_as_they_are_written() {
        let position = Position { event: 12, rows: 3 };
        assert_eq!(Position::parse(&position.to_string()), Some(position));
        for text in ["", "12", "12.", ".3", "-1.0", "a.b", "1.2.3"] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_went_in_and_out_of_a_state_is_not_told() {
        let at = Timestamp::UNIX_EPOCH;
        let entered = json!({"id": 2, "type": "TaskStateEntered", "timestamp": 0.0,
            "stateEnteredEventDetails": {"name": "ChargePayment", "input": "{\"token\":\"secret\"}"}});
        let told = serde_json::to_value(state_data(&entered, at).unwrap()).unwrap();
        assert_eq!(told["state"], "ChargePayment");
        assert!(!told.to_string().contains("secret"));

        let failed = json!({"id": 3, "type": "LambdaFunctionFailed", "timestamp": 0.0,
            "lambdaFunctionFailedEventDetails": {"error": "PaymentDeclined", "cause": "{}"}});
        assert_eq!(state_data(&failed, at).unwrap().error, Some("PaymentDeclined"));
        assert!(state_data(&json!({"id": 1, "type": "LambdaFunctionScheduled"}), at).is_none());
    }

    #[test]
    fn times_keep_their_milliseconds() {
        let at: Timestamp = "2026-01-31T10:00:00.123Z".parse().unwrap();
        assert_eq!(time(&json!({"timestamp": 1_769_853_600.123})), at);
    }
}
