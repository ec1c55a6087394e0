//! A walk through a state machine along one outcome of an order: the machine itself is run, its tasks answered as our
//! steps answer them.

use std::collections::BTreeMap;

use asl::{Command, Event, Execution, HistoryKind, Moment, Start, Status, TaskRequest};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::CostError;
use crate::workflow::Machine;

/// What comes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is paid and confirmed.
    Sold,
    /// There was not enough in stock.
    OutOfStock,
    /// The payment was refused.
    Declined,
}

impl Outcome {
    pub(super) const ALL: [Self; 3] = [Self::Sold, Self::OutOfStock, Self::Declined];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sold => "sold",
            Self::OutOfStock => "out of stock",
            Self::Declined => "declined",
        }
    }
}

/// How many of all orders are refused, and why; the others are sold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// For want of stock.
    pub out_of_stock: f64,
    /// By the payment provider.
    pub declined: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self { out_of_stock: 0.02, declined: 0.05 }
    }
}

impl Shares {
    pub(super) fn of(self, outcome: Outcome) -> f64 {
        match outcome {
            Outcome::Sold => 1.0 - self.out_of_stock - self.declined,
            Outcome::OutOfStock => self.out_of_stock,
            Outcome::Declined => self.declined,
        }
    }

    pub(super) fn check(self) -> Result<(), CostError> {
        let each = [self.out_of_stock, self.declined].iter().all(|share| (0.0..=1.0).contains(share));
        if each && self.out_of_stock + self.declined <= 1.0 { Ok(()) } else { Err(CostError::Shares) }
    }
}

/// What a walk came by.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Walk {
    /// The states entered.
    pub(super) states: Vec<String>,
    /// Calls of each step.
    pub(super) calls: BTreeMap<String, u32>,
    /// Messages published by the state machine itself.
    pub(super) publishes: u32,
}

/// Walks through a machine with the input that its trigger gives it.
pub(super) fn walk(machine: &Machine, input: &Value, outcome: Outcome) -> Result<Walk, CostError> {
    let stray = |reason: String| CostError::Walk { machine: machine.name.clone(), outcome: outcome.name(), reason };
    let moment = Moment { now: Timestamp::UNIX_EPOCH, random: 0 };
    let start = Start {
        input: input.clone(),
        execution_arn: format!("arn:aws:states:eu-central-1:123456789012:execution:{}:A-1", machine.name),
        execution_name: "A-1".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/walk".to_owned(),
        state_machine_arn: format!("arn:aws:states:eu-central-1:123456789012:stateMachine:{}", machine.name),
        state_machine_name: machine.name.clone(),
        start_time: moment.now,
    };
    let (mut execution, mut transition) = Execution::start(&machine.parsed, start, moment);
    let mut walk = Walk::default();
    let mut tasks: Vec<TaskRequest> = Vec::new();
    loop {
        for event in std::mem::take(&mut transition.history) {
            if let HistoryKind::StateEntered { name, .. } = event.kind {
                walk.states.push(name.to_string());
            }
        }
        for command in std::mem::take(&mut transition.commands) {
            if let Command::RunTask(task) = command {
                tasks.push(task);
            }
        }
        if !execution.status().is_running() {
            break;
        }
        let Some(task) = tasks.pop() else {
            return Err(stray(format!("it waits in {}", execution.current_states().collect::<Vec<_>>().join(", "))));
        };
        let event = match task.resource.rsplit_once(":function:") {
            Some((_, step)) => {
                *walk.calls.entry(step.to_owned()).or_default() += 1;
                answer(&task, step, outcome)
            }
            None => {
                walk.publishes += u32::from(task.resource.contains(":sns:publish"));
                Event::TaskSucceeded { task: task.task, output: json!({ "MessageId": "1" }) }
            }
        };
        transition = execution.apply(&machine.parsed, event, moment).map_err(|_| stray("it lost a task".to_owned()))?;
    }
    match execution.status() {
        // How a machine says that an order was refused is its own affair; that it broke is not.
        Status::Failed { error: Some(error), cause } if error.starts_with("States.") => {
            let cause = cause.as_deref().unwrap_or_default();
            Err(stray(format!("it broke in {}: {error} {cause}", walk.states.last().map_or("", String::as_str))))
        }
        Status::TimedOut { .. } | Status::Aborted { .. } => Err(stray("it did not come to its end".to_owned())),
        _ => Ok(walk),
    }
}

/// What a step answers, all that any workflow of ours looks at.
fn answer(task: &TaskRequest, step: &str, outcome: Outcome) -> Event {
    let (error, reason, status) = match outcome {
        Outcome::Sold => (None, None, "confirmed"),
        Outcome::OutOfStock => (Some("OutOfStock"), Some("not enough in stock"), "CANCELLED_NO_STOCK"),
        Outcome::Declined => (Some("PaymentDeclined"), Some("the payment was declined"), "PAYMENT_FAILED"),
    };
    // Where the refusal comes from: a step that gives a verdict answers it, one that must succeed fails.
    let refuses = match outcome {
        Outcome::Sold => false,
        Outcome::OutOfStock => {
            matches!(step, "ValidateOrder" | "CheckOrder" | "ReserveStock" | "PriceAndReserve" | "AttemptReservation")
        }
        Outcome::Declined => matches!(step, "ChargePayment" | "AttemptPayment"),
    };
    let gives_verdict = matches!(step, "CheckOrder" | "AttemptReservation" | "AttemptPayment");
    if refuses && !gives_verdict {
        let (error, cause) = (error.unwrap_or_default().to_owned(), reason.unwrap_or_default().to_owned());
        return Event::TaskFailed { task: task.task, error, cause };
    }
    let order = json!({ "order_id": "A-1" });
    let output = json!({
        "order_id": "A-1",
        "OrderID": "A-1",
        "orderId": "A-1",
        "order": order,
        "product_id": "P-1",
        "quantity": 1,
        "valid": !refuses,
        "available": !refuses,
        "paid": !refuses,
        "reserved": true,
        "updated": true,
        "emailSent": true,
        "email": { "sent": true },
        "error": error,
        "reason": reason,
        "outage": false,
        "status": status,
        "subtotal": "20.00",
        "shipping": "15.00",
        "total": "35.00",
        "amount": "35.00",
        "currency": "EUR",
        "reference": "A-1/authorise",
        "receiptKey": "receipts/A-1.pdf",
        "receipt": { "key": "receipts/A-1.pdf" },
        "refunded": "0.00",
    });
    Event::TaskSucceeded { task: task.task, output }
}
