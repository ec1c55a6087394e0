//! Taking an order's money and giving it back.
//!
//! Every call to the provider carries a key that derives from the order, so that a step that is run
//! again asks for the same thing and moves no money twice.

use order::{Money, Order, Payment, PaymentEvent, PaymentEventKind, Status};
use ports::{Change, ChargeRequest, ErrorName, GatewayError, RefundRequest, Result, StepError};

use crate::{Context, orders, pricing, stock};

/// What an attempt to charge came to.
pub(crate) enum Charge {
    /// The money is ours.
    Paid(Paid),
    /// The answer is no. What the provider said is kept with the order all the same.
    Refused {
        /// Why.
        error: StepError,
        /// The record of it.
        changes: Vec<Change>,
    },
}

/// A payment that was taken.
pub(crate) struct Paid {
    /// How much.
    pub(crate) amount: Money,
    /// The provider's reference; none when there was nothing to pay.
    pub(crate) reference: Option<String>,
    /// The record of it.
    pub(crate) changes: Vec<Change>,
}

/// Takes an order's total: sets it aside, then takes it.
///
/// Never charges an order that is closed, nor one whose units are gone: `ReservationExpired`, before
/// any money moves. An order that costs nothing is paid without asking the provider, which refuses to
/// move nothing.
pub(crate) async fn charge(context: &Context, order: &Order) -> Result<Charge> {
    orders::must_be_open(order)?;
    let amount = pricing::fixed(order)?.totals.total;
    let recorded = order.payment();
    if recorded.kept() > 0 || amount.minor() == 0 || order.status.is_sale() {
        let reference = captured(&order.payment_events).map(|event| event.reference.clone());
        return Ok(Charge::Paid(Paid { amount, reference, changes: as_paid(context, order, Vec::new()) }));
    }
    if recorded.captured > 0 {
        return Err(StepError::new(ErrorName::StatusRefused, "the order's payment was given back"));
    }
    if let Some(short) = gone(context, order).await? {
        return Ok(Charge::Refused {
            error: StepError::new(ErrorName::ReservationExpired, short),
            changes: Vec::new(),
        });
    }
    let id = order.id();
    let request = ChargeRequest {
        key: format!("{id}/authorise"),
        order_id: id.clone(),
        token: order.placed.payment_token.clone(),
        amount,
    };
    let authorised = match context.ports.payments.authorise(&request).await {
        Ok(event) => event,
        Err(error) => return refused(order, error),
    };
    let capture_key = format!("{id}/capture");
    match context.ports.payments.capture(&capture_key, &authorised.reference, amount).await {
        Ok(event) => {
            let reference = Some(event.reference.clone());
            let changes = as_paid(context, order, vec![authorised, event]);
            Ok(Charge::Paid(Paid { amount, reference, changes }))
        }
        Err(error) => refused(order, error),
    }
}

/// The units that are neither held for the order nor free any more, in words.
async fn gone(context: &Context, order: &Order) -> Result<Option<String>> {
    if stock::is_held(context, order).await? {
        return Ok(None);
    }
    let products = stock::products(context, &order.placed.lines).await?;
    stock::short(context, order, &products).await
}

fn as_paid(context: &Context, order: &Order, events: Vec<PaymentEvent>) -> Vec<Change> {
    let mut changes = record(order, events);
    if matches!(order.status, Status::Placed | Status::Reserved) {
        changes.push(Change::SetStatus {
            order_id: order.id().clone(),
            status: Status::Paid,
            reason: None,
            at: context.ports.clock.now(),
        });
    }
    changes
}

fn refused(order: &Order, error: GatewayError) -> Result<Charge> {
    let message = error.to_string();
    let events = match error {
        GatewayError::Unavailable(_) => return Err(StepError::unavailable(message)),
        GatewayError::Declined { event, .. } => vec![*event],
        GatewayError::Invalid(_) => Vec::new(),
    };
    Ok(Charge::Refused { error: StepError::new(ErrorName::PaymentDeclined, message), changes: record(order, events) })
}

/// The changes that keep what the provider said.
pub(crate) fn record(order: &Order, events: Vec<PaymentEvent>) -> Vec<Change> {
    events.into_iter().map(|event| Change::RecordPayment { order_id: order.id().clone(), event }).collect()
}

/// What an order's payment comes to once everything is settled.
pub(crate) struct Settlement {
    /// What the provider did that the order does not know of yet, the refund included.
    pub(crate) events: Vec<PaymentEvent>,
    /// What went back now or before.
    pub(crate) refunded: Option<Money>,
}

/// Gives back what was kept of an order's payment.
///
/// It asks the provider instead of trusting the order's own record: a charge whose record was lost (a
/// crash or a time-out between the two) is found and given back too.
pub(crate) async fn give_back(context: &Context, order: &Order) -> Result<Settlement> {
    let said = context.ports.payments.events(order.id()).await.map_err(outage)?;
    let is_new = |event: &PaymentEvent| !order.payment_events.iter().any(|known| known.key == event.key);
    let mut events: Vec<PaymentEvent> = said.into_iter().filter(is_new).collect();
    let all = || order.payment_events.iter().chain(&events);
    let payment = Payment::fold(all());
    let Some(capture) = captured(all()) else {
        return Ok(Settlement { events, refunded: None });
    };
    let currency = capture.amount.currency();
    if payment.kept() > 0 {
        let request = RefundRequest {
            key: format!("{}/refund", order.id()),
            order_id: order.id().clone(),
            reference: capture.reference.clone(),
            amount: Money::new(payment.kept(), currency),
        };
        let refund = context.ports.payments.refund(&request).await.map_err(outage)?;
        events.push(refund);
    }
    let refunded = Money::new(Payment::fold(order.payment_events.iter().chain(&events)).refunded, currency);
    Ok(Settlement { events, refunded: Some(refunded) })
}

/// Money that is owed back stays owed whatever the provider answers, so that every answer but the
/// refund itself is a reason to try again.
fn outage(error: GatewayError) -> StepError {
    StepError::unavailable(error)
}

fn captured<'a>(events: impl IntoIterator<Item = &'a PaymentEvent>) -> Option<&'a PaymentEvent> {
    events.into_iter().find(|event| event.kind == PaymentEventKind::Captured)
}
