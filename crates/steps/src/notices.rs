//! Telling others about an order: the customer by mail, everybody else by an event on the bus.

use documents::{MailKind, render_mail};
use jiff::Timestamp;
use order::{Email, Order, Status};
use ports::{Attachment, BusEvent, Change, ErrorName, Mail, Result, StepError};
use serde_json::{Map, Value, json};

use crate::Context;

/// The event of an order that was sold.
pub(crate) const ORDER_CONFIRMED: &str = "OrderConfirmed";
/// The event of an order that ended without a sale.
pub(crate) const ORDER_FAILED: &str = "OrderFailed";
/// The event of an order that was called off.
pub(crate) const ORDER_CANCELLED: &str = "OrderCancelled";
/// The event of an order that was handed to the carrier.
pub(crate) const ORDER_SHIPPED: &str = "OrderShipped";
/// The event of an order that arrived.
pub(crate) const ORDER_DELIVERED: &str = "OrderDelivered";
/// The event of an order that came back.
pub(crate) const ORDER_RETURNED: &str = "OrderReturned";

/// Puts what happened to an order on the bus. `order` is the order as it is afterwards.
pub(crate) fn event(order: &Order, detail_type: &str, at: Timestamp) -> Change {
    let placed = &order.placed;
    let mut detail = Map::new();
    detail.insert("order_id".into(), json!(placed.id));
    detail.insert("workflow".into(), json!(placed.workflow));
    detail.insert("status".into(), json!(order.status_word()));
    if let Some(reason) = &order.reason {
        detail.insert("reason".into(), json!(reason));
    }
    detail.insert("customer".into(), json!(placed.customer));
    if let Some(pricing) = &order.pricing {
        detail.insert("total".into(), json!(pricing.totals.total));
    }
    Change::PutEvent(BusEvent {
        key: format!("{}/{detail_type}", placed.id),
        source: "orderflow".into(),
        detail_type: detail_type.into(),
        detail: Value::Object(detail),
        at,
    })
}

/// The mail that belongs to an order's status. `OrderInProgress` while there is nothing to tell yet.
pub(crate) fn kind_of(status: Status) -> Result<MailKind> {
    match status {
        Status::Confirmed => Ok(MailKind::OrderConfirmed),
        Status::Shipped => Ok(MailKind::OrderShipped),
        Status::Delivered => Ok(MailKind::OrderDelivered),
        Status::Returned => Ok(MailKind::OrderReturned),
        Status::Cancelled => Ok(MailKind::OrderCancelled),
        Status::Rejected => Ok(MailKind::OrderRejected),
        Status::PaymentFailed => Ok(MailKind::PaymentFailed),
        Status::Failed => Ok(MailKind::OrderFailed),
        Status::Placed | Status::Reserved | Status::Paid => {
            Err(StepError::new(ErrorName::OrderInProgress, format!("the order is only {status}")))
        }
    }
}

/// Writes to the customer; nothing when no address is known. `order` is the order as it is
/// afterwards. A receipt that was issued comes along with a mail that confirms the order.
pub(crate) async fn mail(context: &Context, order: &Order, kind: MailKind, at: Timestamp) -> Result<Option<Change>> {
    let Some(to) = address(context, order).await? else {
        return Ok(None);
    };
    let id = order.id();
    let receipt = order.receipt.as_ref().filter(|_| kind == MailKind::OrderConfirmed);
    let url = receipt.map(|receipt| context.ports.receipts.link(id, &receipt.object_key));
    let rendered = render_mail(kind, order, &context.shop, url.as_deref());
    let attachments = receipt.map(|receipt| Attachment {
        file_name: format!("receipt-{id}.pdf"),
        media_type: "application/pdf".into(),
        object_key: receipt.object_key.clone(),
    });
    Ok(Some(Change::SendMail(Mail {
        key: format!("{id}/{}", occasion(kind)),
        order_id: id.clone(),
        kind: kind.name().into(),
        to,
        to_name: order.placed.customer.name.clone(),
        subject: rendered.subject,
        text: rendered.text,
        html: rendered.html,
        attachments: attachments.into_iter().collect(),
        at,
    })))
}

/// Where an order's mail goes: to the address it was placed with, else to that of a customer we know.
async fn address(context: &Context, order: &Order) -> Result<Option<Email>> {
    let customer = &order.placed.customer;
    match (&customer.email, &customer.id) {
        (Some(email), _) => Ok(Some(email.clone())),
        (None, Some(id)) => Ok(context.ports.customers.get(id).await?.map(|known| known.email)),
        (None, None) => Ok(None),
    }
}

/// What tells a mail from others about the same order. However an order ends, its customer is told so
/// once: all those mails are of one occasion.
fn occasion(kind: MailKind) -> &'static str {
    match kind {
        MailKind::OrderConfirmed | MailKind::OrderRejected | MailKind::PaymentFailed | MailKind::OrderFailed => {
            "outcome"
        }
        MailKind::OrderCancelled => "cancelled",
        MailKind::OrderShipped => "shipped",
        MailKind::OrderDelivered => "delivered",
        MailKind::OrderReturned => "returned",
    }
}
