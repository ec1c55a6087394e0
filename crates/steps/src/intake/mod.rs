//! Taking orders in: what the placing steps have in common.
//!
//! A placing step reads the request of its document into a [`Draft`] and hands it to
//! [`Placement::accept`]. What is repeated (the same idempotency key, the same order id) is answered as
//! the first time.

mod draft;
pub(crate) mod form;

use jiff::Timestamp;
use order::{NewOrder, Order, OrderId, Status};
use ports::{Change, ErrorName, Execution, Idempotency, Result, StepError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Context;

pub(crate) use draft::{Draft, read_lines};

/// The input of every placing step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// The workflow that the order is for.
    pub workflow: String,
    /// The body of the request, or its query parameters as an object of texts.
    pub request: Value,
    /// The caller's `Idempotency-Key`.
    #[serde(default)]
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request in canonical form, hex.
    pub request_hash: String,
}

/// The output of every placing step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placed {
    /// Which order.
    pub order_id: OrderId,
    /// The status it began with, in the words of its workflow: a repeated request is answered as the
    /// first one was.
    pub status: String,
    /// The execution that takes it to its end.
    pub execution_arn: String,
    /// What the document of the workflow answers.
    pub answer: Value,
}

/// An order that was accepted, now or before.
pub(crate) struct Accepted {
    /// What was placed.
    pub(crate) order: NewOrder,
    /// The execution that takes it to its end.
    pub(crate) execution_arn: String,
    /// When it was accepted first.
    pub(crate) at: Timestamp,
    /// Whether it was not there before.
    pub(crate) is_new: bool,
    /// What makes it accepted.
    pub(crate) changes: Vec<Change>,
}

impl Placement {
    /// The order that this request's idempotency key is bound to. `IdempotencyKeyReused` when it was
    /// bound by another request. Asked before the request is read: an order gets a new id each time it
    /// is placed without one, so it is this look-up that makes it the same order.
    pub(crate) async fn repeated(&self, context: &Context) -> Result<Option<Accepted>> {
        let Some(idempotency) = self.idempotency() else {
            return Ok(None);
        };
        let Some((id, request_hash)) = context.ports.orders.by_idempotency_key(&idempotency.key).await? else {
            return Ok(None);
        };
        if request_hash != idempotency.request_hash {
            let message = "this Idempotency-Key was used with another request";
            return Err(StepError::new(ErrorName::IdempotencyKeyReused, message));
        }
        let order = context.ports.orders.get(&id).await?;
        Ok(order.map(|order| Accepted::before(order, Vec::new())))
    }

    /// The order that has the draft's id already. `OrderIdTaken` when it is another one.
    pub(crate) async fn known(&self, context: &Context, draft: &Draft) -> Result<Option<Accepted>> {
        let Some(id) = &draft.id else {
            return Ok(None);
        };
        let Some(order) = context.ports.orders.get(id).await? else {
            return Ok(None);
        };
        if order.placed.workflow != self.workflow || !draft.is_of(&order.placed) {
            let message = format!("there is another order {id} already");
            return Err(StepError::new(ErrorName::OrderIdTaken, message));
        }
        // A key that comes with the repetition is bound to the order it repeats.
        let binding = self.idempotency().map(|idempotency| Change::PlaceOrder {
            order: order.placed.clone(),
            execution_arn: order.execution_arn.clone(),
            idempotency: Some(idempotency),
            at: order.placed_at,
        });
        Ok(Some(Accepted::before(order, binding.into_iter().collect())))
    }

    /// A new order of the draft.
    pub(crate) fn accept(&self, context: &Context, draft: Draft) -> Accepted {
        let id = draft.id.clone().unwrap_or_else(|| context.ports.ids.order_id());
        let execution_arn = context.ports.ids.execution_arn(&self.workflow, id.as_str());
        self.accept_as(context, draft, id, execution_arn)
    }

    /// A new order of the draft, under that id and for that execution.
    pub(crate) fn accept_as(&self, context: &Context, draft: Draft, id: OrderId, execution_arn: String) -> Accepted {
        let at = context.ports.clock.now();
        let order = draft.into_order(id, self.workflow.clone());
        let change = Change::PlaceOrder {
            order: order.clone(),
            execution_arn: execution_arn.clone(),
            idempotency: self.idempotency(),
            at,
        };
        Accepted { order, execution_arn, at, is_new: true, changes: vec![change] }
    }

    /// The order that a request places: the one it repeats, or a new one. For documents whose workflow
    /// does all the checking that needs to look things up.
    pub(crate) async fn take(&self, context: &Context, read: impl Fn(&Value) -> Result<Draft>) -> Result<Accepted> {
        if let Some(accepted) = self.repeated(context).await? {
            return Ok(accepted);
        }
        let draft = read(&self.request)?;
        Ok(match self.known(context, &draft).await? {
            Some(accepted) => accepted,
            None => self.accept(context, draft),
        })
    }

    fn idempotency(&self) -> Option<Idempotency> {
        self.idempotency_key
            .as_ref()
            .map(|key| Idempotency { key: format!("{}/{key}", self.workflow), request_hash: self.request_hash.clone() })
    }
}

impl Accepted {
    fn before(order: Order, changes: Vec<Change>) -> Self {
        Self { order: order.placed, execution_arn: order.execution_arn, at: order.placed_at, is_new: false, changes }
    }

    /// Starts the order's execution with its acceptance, if it is new.
    pub(crate) fn and_start(mut self, input: Value) -> Self {
        if self.is_new {
            self.changes.push(Change::StartExecution(Execution {
                state_machine: self.order.workflow.clone(),
                name: self.order.id.as_str().to_owned(),
                input,
            }));
        }
        self
    }

    /// The answer, with what the document wants in it, and the changes.
    pub(crate) fn answer(self, answer: Value) -> crate::Done<Placed> {
        let placed = Placed {
            status: Status::Placed.word(&self.order.workflow),
            order_id: self.order.id,
            execution_arn: self.execution_arn,
            answer,
        };
        crate::Done::new(placed, self.changes)
    }
}
