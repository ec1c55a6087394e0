//! Giving money back while the sale stands.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use jiff::Timestamp;
use order::{Currency, Invalid, Money, Order, OrderId, PaymentEvent, PaymentEventKind};
use ports::{Change, GatewayError, OperatorLog, Ports, RefundRequest, StepError, Writer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::fields::{self, Fields, LONGEST_LINE};
use crate::operators::{DONE, Deed};
use crate::orders::place::idempotency_key;
use crate::orders::view::OrderView;
use crate::problem::{Kind, Problem};
use crate::request::{JsonBody, PathText};

/// What the operators' log calls it.
const REFUND: &str = "refund";

/// How much goes back, and why.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct RefundOrder {
    /// A decimal in the currency of the payment; all that was kept without it.
    #[schema(example = "10.00")]
    amount: Option<String>,
    /// Why: kept with what operators did.
    #[schema(example = "one cup was broken")]
    reason: String,
}

/// Gives back some or all of an order's money while the sale stands. Cancelling and returning give back the
/// rest by themselves. The same `Idempotency-Key` is the same refund; without one, a refund asked for twice
/// at the same time is one, and of two different ones the second is refused.
#[utoipa::path(
    post, path = "/orders/{id}/refund", tag = "orders", operation_id = "refund_order",
    params(("id" = String, Path, description = "The order's id"),
           ("Idempotency-Key" = Option<String>, Header, description = "Makes the refund safe to repeat")),
    request_body = RefundOrder,
    responses((status = 200, description = "It went back", body = OrderView)),
    security(("operator" = [])),
)]
pub(crate) async fn post(
    State(app): Shared,
    operator: Operator,
    PathText(id): PathText,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<OrderView>, Problem> {
    let id = OrderId::parse(id).map_err(|_| Problem::order_not_found())?;
    let key = idempotency_key(&headers)?;
    let order = app.order(&id).await?;
    let Some(capture) = captured(&order).filter(|_| order.status.is_sale()) else {
        let detail = format!("the order is {}: there is no money of a sale to give back", order.status_word());
        return Err(Problem::new(Kind::StatusRefused, detail));
    };
    let kept = order.payment().kept();
    let currency = capture.amount.currency();
    let (amount, reason) = read(body, currency)?;
    // A repeated request is answered by the first one's refund, whatever is kept by now.
    let is_known = key.is_some_and(|key| knows(&order, &refund_key(&id, key)));
    if !is_known {
        let amount = amount.unwrap_or_else(|| Money::new(kept, currency));
        if !(1..=kept).contains(&amount.minor()) {
            let expected = match kept {
                0 => "nothing: all of the money has gone back already".to_owned(),
                _ => format!("an amount from the smallest unit to {}", Money::new(kept, currency).amount()),
            };
            return Err(Problem::field("amount", expected));
        }
        // Who asks at the same time has seen the same sum; the provider takes no other amount under its key.
        let natural = || format!("after-{}", order.payment().refunded);
        let key = refund_key(&id, &key.map_or_else(natural, str::to_owned));
        let request = RefundRequest { key, order_id: id.clone(), reference: capture.reference.clone(), amount };
        let deed = Deed::new(REFUND).with_order(&id).on(amount.to_string()).because(Some(reason));
        app.on_behalf(&operator, deed, refund(&app, request)).await?;
    }
    Ok(Json(OrderView::of(&app, app.order(&id).await?)))
}

/// What an operator gives back has keys of its own below the order's: the audit tells it from what a
/// cancellation gives back by that.
fn refund_key(id: &OrderId, key: &str) -> String {
    format!("{id}/refund/{key}")
}

fn knows(order: &Order, key: &str) -> bool {
    order.payment_events.iter().any(|event| event.key == key)
}

fn captured(order: &Order) -> Option<&PaymentEvent> {
    order.payment_events.iter().find(|event| event.kind == PaymentEventKind::Captured)
}

async fn refund(app: &App, request: RefundRequest) -> Result<(), Problem> {
    let (ports, writer) = (&app.state.ports, &*app.state.writer);
    match ports.payments.refund(&request).await {
        Ok(event) => Ok(record(writer, &request.order_id, event).await?),
        Err(error @ GatewayError::Unavailable(_)) => Err(Problem::new(Kind::ServiceUnavailable, error.to_string())),
        Err(error) => {
            catch_up(ports, writer, &request.order_id).await?;
            let detail = format!("{error}. Money of this order has moved meanwhile: look at it again");
            Err(Problem::new(Kind::StatusRefused, detail))
        }
    }
}

/// Finds out what came of refunds that an operator began before then and whose end is not known, because the server
/// went or the provider did not answer: what the provider did is in the books afterwards.
///
/// # Errors
///
/// `ServiceUnavailable` when the provider does not answer still.
pub async fn settle_refunds(
    ports: &Ports,
    writer: &dyn Writer,
    log: &dyn OperatorLog,
    begun_before: Timestamp,
) -> ports::Result<()> {
    for begun in log.unended(REFUND, begun_before).await? {
        let Some(order_id) = &begun.order_id else { continue };
        let refunds = catch_up(ports, writer, order_id).await?;
        let is_it = |event: &&PaymentEvent| {
            event.at >= begun.at && begun.subject.as_deref() == Some(event.amount.to_string().as_str())
        };
        let outcome = match refunds.iter().find(is_it) {
            Some(_) => DONE,
            None => "not done: the payment provider knows of no such refund",
        };
        tracing::info!(outcome, "found out what came of a refund");
        log.end(begun.id, outcome).await?;
    }
    Ok(())
}

/// Writes down refunds that the provider knows and the books do not: another operator's, whose request has not come
/// to its end, or one that a crash has cut off. Gives all that the provider knows.
async fn catch_up(ports: &Ports, writer: &dyn Writer, id: &OrderId) -> ports::Result<Vec<PaymentEvent>> {
    let mut events = ports.payments.events(id).await.map_err(StepError::unavailable)?;
    let prefix = refund_key(id, "");
    events.retain(|event| event.key.starts_with(&prefix));
    for event in &events {
        record(writer, id, event.clone()).await?;
    }
    Ok(events)
}

async fn record(writer: &dyn Writer, id: &OrderId, event: PaymentEvent) -> ports::Result<()> {
    writer.apply(vec![Change::RecordPayment { order_id: id.clone(), event }]).await
}

fn read(body: Value, currency: Currency) -> Result<(Option<Money>, String), Vec<Invalid>> {
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let expected = "a decimal amount as text, such as \"9.90\"";
    let amount = fields.optional("amount", fields::parsed(expected, |text| fields::parse_price(&text, currency)));
    let reason = fields.required("reason", "why, in a line", fields::text(LONGEST_LINE));
    fields.finish()?;
    Ok((amount, reason.expect("without an error the reason was read")))
}
