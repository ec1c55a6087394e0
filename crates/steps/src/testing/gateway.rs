use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use order::{Decline, Money, OrderId, PaymentEvent, PaymentEventKind};
use ports::{ChargeRequest, GatewayError, RefundRequest};

type Answer = Result<PaymentEvent, GatewayError>;

/// A payment provider: idempotent by key, deterministic by token.
#[derive(Default)]
pub(super) struct Gateway {
    answers: HashMap<String, Answer>,
    events: BTreeMap<OrderId, Vec<PaymentEvent>>,
    references: HashMap<String, OrderId>,
    timed_out: HashSet<String>,
    /// Whether it answers nothing at all.
    pub(super) is_silent: bool,
}

impl Gateway {
    pub(super) fn events_of(&self, id: &OrderId) -> Vec<PaymentEvent> {
        self.events.get(id).cloned().unwrap_or_default()
    }

    pub(super) fn all_events(&self) -> &BTreeMap<OrderId, Vec<PaymentEvent>> {
        &self.events
    }

    pub(super) fn events(&self, id: &OrderId) -> Result<Vec<PaymentEvent>, GatewayError> {
        self.must_answer()?;
        Ok(self.events_of(id))
    }

    pub(super) fn authorise(&mut self, request: &ChargeRequest, at: Timestamp) -> Answer {
        self.must_answer()?;
        if request.token == "tok_unavailable" {
            return Err(GatewayError::Unavailable("503".into()));
        }
        if request.token == "tok_timeout" && self.timed_out.insert(request.key.clone()) {
            return Err(GatewayError::Unavailable("no answer in time".into()));
        }
        let decline = match request.token.as_str() {
            "tok_declined" => Some(Decline::Declined),
            "tok_insufficient_funds" => Some(Decline::InsufficientFunds),
            "tok_expired" => Some(Decline::Expired),
            "tok_fraud" => Some(Decline::Fraud),
            _ => None,
        };
        let kind = decline.map_or(PaymentEventKind::Authorised, |reason| PaymentEventKind::Declined { reason });
        self.answer(&request.key, &request.order_id, kind, request.amount, at)
    }

    pub(super) fn capture(&mut self, key: &str, reference: &str, amount: Money, at: Timestamp) -> Answer {
        self.must_answer()?;
        let Some(id) = self.references.get(reference).cloned() else {
            return Err(GatewayError::Invalid("no such reference".into()));
        };
        self.answer(key, &id, PaymentEventKind::Captured, amount, at)
    }

    pub(super) fn refund(&mut self, request: &RefundRequest, at: Timestamp) -> Answer {
        self.must_answer()?;
        self.answer(&request.key, &request.order_id, PaymentEventKind::Refunded, request.amount, at)
    }

    fn must_answer(&self) -> Result<(), GatewayError> {
        if self.is_silent { Err(GatewayError::Unavailable("nobody there".into())) } else { Ok(()) }
    }

    fn answer(&mut self, key: &str, id: &OrderId, kind: PaymentEventKind, amount: Money, at: Timestamp) -> Answer {
        if amount.minor() <= 0 {
            return Err(GatewayError::Invalid("an amount of nothing".into()));
        }
        if let Some(answer) = self.answers.get(key) {
            return answer.clone();
        }
        let reference = format!("ref-{}", self.answers.len() + 1);
        let event = PaymentEvent { kind, amount, key: key.to_owned(), reference: reference.clone(), at };
        self.references.insert(reference, id.clone());
        self.events.entry(id.clone()).or_default().push(event.clone());
        let answer = match kind {
            PaymentEventKind::Declined { reason } => Err(GatewayError::Declined { reason, event: Box::new(event) }),
            _ => Ok(event),
        };
        self.answers.insert(key.to_owned(), answer.clone());
        answer
    }
}
