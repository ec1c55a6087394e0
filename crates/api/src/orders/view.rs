//! An order as it is shown.

use jiff::Timestamp;
use order::{Line, Money, Order, OrderId, PaymentEvent, PaymentEventKind, PaymentStatus, StatusChange, Totals};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::views::{AddressView, ContactView, MoneyView};

/// An order and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderView {
    /// Its identifier.
    #[schema(example = "0193a5c2-7b1e-7c4e-9d2f-0a1b2c3d4e5f")]
    order_id: String,
    /// The workflow that took it.
    #[schema(example = "checkout")]
    workflow: String,
    /// Where it is in its life, in the words of its workflow.
    #[schema(example = "confirmed")]
    status: String,
    /// Why it ended as it did, where that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "NW-017: 40 wanted, 39 available")]
    reason: Option<String>,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    placed_at: Timestamp,
    /// Who ordered.
    customer: ContactView,
    /// What was ordered.
    items: Vec<ItemView>,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<AddressView>,
    /// The sums, once the order is priced.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<TotalsView>,
    /// What has been paid.
    payment: PaymentView,
    /// Where the receipt is; the link expires. Present once the receipt is issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_url: Option<String>,
    /// Every status it had, oldest first.
    history: Vec<StatusView>,
    /// The execution that takes it to its end.
    #[schema(example = "arn:aws:states:us-east-1:123456789012:execution:checkout:0193a5c2")]
    execution_arn: String,
}

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderItem)]
pub(crate) struct ItemView {
    /// The product.
    #[schema(example = "NW-017")]
    sku: String,
    /// Its name, once the order is priced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice Mutton")]
    name: Option<String>,
    /// How many units.
    #[schema(example = 2)]
    quantity: i64,
    /// The price of one unit, once the order is priced.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_price: Option<MoneyView>,
    /// The price of the line, once the order is priced.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyView>,
}

/// The sums of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Totals)]
pub(crate) struct TotalsView {
    /// The goods.
    subtotal: MoneyView,
    /// The way to the customer.
    shipping: MoneyView,
    /// Tax on top.
    tax: MoneyView,
    /// What the customer pays.
    total: MoneyView,
}

/// What has been paid for an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
pub(crate) struct PaymentView {
    /// `none`, `declined`, `authorised`, `paid`, `partially_refunded` or `refunded`.
    #[schema(value_type = String, example = "paid")]
    status: PaymentStatus,
    /// What was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    charged: Option<MoneyView>,
    /// What was given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    refunded: Option<MoneyView>,
    /// The payment provider's reference of the charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ch_1")]
    reference: Option<String>,
    /// Why the provider refused, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "the card was declined")]
    reason: Option<&'static str>,
}

/// A status that an order had.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = OrderStatus)]
pub(crate) struct StatusView {
    /// The status, in the words of the order's workflow.
    #[schema(example = "placed")]
    pub status: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Why, where that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Where an order's own pages are. With an access token in them they can be followed as they stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLinks)]
pub(crate) struct Links {
    /// The order.
    #[serde(rename = "self")]
    #[schema(example = "/orders/A-1?token=aGVsbG8")]
    pub order: String,
    /// Its live events.
    #[schema(example = "/orders/A-1/events?token=aGVsbG8")]
    pub events: String,
    /// Its receipt.
    #[schema(example = "/orders/A-1/receipt?token=aGVsbG8")]
    pub receipt: String,
    /// Where to call it off.
    #[schema(example = "/orders/A-1/cancel?token=aGVsbG8")]
    pub cancel: String,
}

impl Links {
    pub(crate) fn of(app: &App, id: &OrderId, token: Option<&str>) -> Self {
        let link = |page: &str| {
            let path = match token {
                Some(token) => format!("/orders/{id}{page}?token={token}"),
                None => format!("/orders/{id}{page}"),
            };
            app.link(&path)
        };
        Self { order: link(""), events: link("/events"), receipt: link("/receipt"), cancel: link("/cancel") }
    }
}

impl OrderView {
    pub(crate) fn of(app: &App, order: Order) -> Self {
        let status = order.status_word();
        let payment = PaymentView::of(&order);
        let receipt_url = order
            .receipt
            .as_ref()
            .map(|receipt| app.link(&app.state.ports.receipts.link(order.id(), &receipt.object_key)));
        let history = statuses(&order.placed.workflow, order.history);
        let (items, totals) = match order.pricing {
            Some(pricing) => {
                let items = pricing.lines.into_iter().map(|line| ItemView {
                    amount: Some(line.amount().into()),
                    unit_price: Some(line.unit_price.into()),
                    sku: line.sku.into(),
                    name: Some(line.name),
                    quantity: line.quantity.units(),
                });
                (items.collect(), Some(TotalsView::from(pricing.totals)))
            }
            None => (order.placed.lines.into_iter().map(ItemView::unpriced).collect(), None),
        };
        Self {
            order_id: order.placed.id.into(),
            workflow: order.placed.workflow,
            status,
            reason: order.reason,
            placed_at: order.placed_at,
            customer: order.placed.customer.into(),
            items,
            shipping_address: order.placed.shipping_address.map(AddressView::from),
            totals,
            payment,
            receipt_url,
            history,
            execution_arn: order.execution_arn,
        }
    }
}

impl ItemView {
    fn unpriced(line: Line) -> Self {
        let quantity = line.quantity.units();
        Self { sku: line.sku.into(), name: None, quantity, unit_price: None, amount: None }
    }
}

impl From<Totals> for TotalsView {
    fn from(totals: Totals) -> Self {
        Self {
            subtotal: totals.subtotal.into(),
            shipping: totals.shipping.into(),
            tax: totals.tax.into(),
            total: totals.total.into(),
        }
    }
}

impl PaymentView {
    fn of(order: &Order) -> Self {
        let payment = order.payment();
        let events = &order.payment_events;
        let currency = events.first().map(|event| event.amount.currency());
        let amount = |minor: i64| {
            let currency = currency.filter(|_| minor > 0)?;
            Some(Money::new(minor, currency).into())
        };
        let reference = |wanted: PaymentEventKind| {
            let found = events.iter().find(|event: &&PaymentEvent| event.kind == wanted);
            found.map(|event| event.reference.clone())
        };
        Self {
            status: payment.status,
            charged: amount(payment.captured),
            refunded: amount(payment.refunded),
            reference: reference(PaymentEventKind::Captured).or_else(|| reference(PaymentEventKind::Authorised)),
            reason: payment.decline.map(order::Decline::words),
        }
    }
}

/// The history in the workflow's words. Where several statuses have the same word there, they are one:
/// since the first of them, with the last reason given.
pub(crate) fn statuses(workflow: &str, history: Vec<StatusChange>) -> Vec<StatusView> {
    let mut views: Vec<StatusView> = Vec::with_capacity(history.len());
    for change in history {
        let status = change.status.word(workflow);
        match views.last_mut() {
            Some(last) if last.status == status => last.reason = change.reason.or_else(|| last.reason.take()),
            _ => views.push(StatusView { status, at: change.at, reason: change.reason }),
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use order::Status;

    use super::*;

    fn change(status: Status, second: i64, reason: Option<&str>) -> StatusChange {
        let at = Timestamp::from_second(second).unwrap();
        StatusChange { status, at, reason: reason.map(str::to_owned) }
    }

    fn words(workflow: &str, history: Vec<StatusChange>) -> Vec<(String, i64, Option<String>)> {
        statuses(workflow, history).into_iter().map(|view| (view.status, view.at.as_second(), view.reason)).collect()
    }

    #[test]
    fn statuses_of_one_word_are_one_row() {
        let history = || {
            vec![
                change(Status::Placed, 1, None),
                change(Status::Reserved, 2, None),
                change(Status::Paid, 3, None),
                change(Status::Confirmed, 4, Some("all good")),
            ]
        };
        let row = |word: &str, second, reason: Option<&str>| (word.to_owned(), second, reason.map(str::to_owned));
        assert_eq!(words("emag-orderflow", history()), [row("PENDING", 1, None), row("PAID", 4, Some("all good"))]);
        assert_eq!(words("checkout", history()).len(), 4);
    }
}
