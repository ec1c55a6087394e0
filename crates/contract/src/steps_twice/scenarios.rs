//! What is done twice: a step, what came before it, its input, and how it ends.
//!
//! To try another step, or a step in another situation, is to add a row to [`scenarios`].

use std::fmt;

use jiff::Timestamp;
use ports::{Change, ErrorName};
use serde_json::{Value, json};

use crate::ORDERS_QUEUE;
use crate::fixtures::{customer, dollars, id, sku};

/// A step in a situation.
pub(super) struct Scenario {
    pub(super) step: &'static str,
    /// The situation, in words.
    situation: &'static str,
    /// What has happened before.
    pub(super) before: Vec<Act>,
    pub(super) input: Value,
    pub(super) ends: Ends,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.step, self.situation)
    }
}

/// How a step ends when it is done for the first time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ends {
    /// Something is written down, and the answer is the same every time.
    Changed,
    /// Something is written down, and the answer tells what: the second time it is nothing.
    Told,
    /// There is nothing to write down.
    Unchanged,
    /// It fails under that name.
    Refused(ErrorName),
}

/// Something that happens before the step.
pub(super) enum Act {
    /// A step runs.
    Run(&'static str, Value),
    /// A step fails under that name.
    Fail(&'static str, Value, ErrorName),
    /// A step decides and its changes are lost, as in a crash that takes a while to recover from. What it
    /// asked of the payment gateway and put into the object store has happened.
    Lose(&'static str, Value),
    /// The order's hold runs out and its units are given back.
    Lapse,
    /// All units that nobody holds are gone.
    SellOut,
}

use Act::{Fail, Lapse, Lose, Run, SellOut};
use Ends::{Changed, Refused, Told, Unchanged};

/// The order of most scenarios.
const ORDER: &str = "A-1";

/// The products, each at 18.00 USD, and how many of them there are.
const STOCK: [(&str, i64); 2] = [("A", 10), ("B", 5)];

/// The life of an order that all goes well with; each of them is given nothing but the order, or the
/// shipping to price it by.
const LIFE: [&str; 7] =
    ["PlaceOrder", "PriceAndReserve", "ChargePayment", "ConfirmOrder", "GenerateReceipt", "ShipOrder", "DeliverOrder"];

/// What every home begins with.
pub(super) fn stocked(at: Timestamp) -> Vec<Change> {
    let products = STOCK.iter().flat_map(|(name, units)| {
        let put =
            Change::PutProduct { sku: sku(name), name: format!("Product {name}"), unit_price: dollars(1_800), at };
        [put, Change::CountStock { sku: sku(name), on_hand: *units, reason: None, at }]
    });
    let known = customer("ALFKI", "Alfreds Futterkiste");
    products.chain([Change::PutCustomer(known)]).collect()
}

/// The order's hold has run out.
pub(super) fn lapse(at: Timestamp) -> Change {
    Change::Release { order_id: id(ORDER), reason: "the hold expired".into(), at }
}

/// Nothing is left that nobody holds.
pub(super) fn sell_out(at: Timestamp) -> Vec<Change> {
    STOCK.iter().map(|(name, _)| Change::CountStock { sku: sku(name), on_hand: 0, reason: None, at }).collect()
}

fn order() -> Value {
    json!({ "order_id": ORDER })
}

fn started() -> Value {
    json!({ "order_id": ORDER, "execution_arn": "arn:started:by-a-pipe" })
}

fn priced() -> Value {
    json!({ "order_id": ORDER, "shipping": { "base": "15.00" } })
}

/// What a failing path is told.
fn failed(error: &str) -> Value {
    let cause = json!({ "errorType": error, "errorMessage": "it did not work" }).to_string();
    json!({ "order_id": ORDER, "failure": { "Error": error, "Cause": cause } })
}

/// The same, where a later state writes to the customer.
fn without_mail(error: &str) -> Value {
    json!({ "order_id": ORDER, "error": error, "reason": "it did not work", "send_mail": false })
}

/// A request for three of A and one of B, to be paid with that token.
fn request(token: &str) -> Value {
    json!({
        "order_id": ORDER,
        "customer": { "email": "ana@example.com", "name": "Ana Pop" },
        "items": [{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 1 }, { "sku": "A", "quantity": 1 }],
        "shipping_address": { "city": "Iași", "country": "RO" },
        "payment": { "token": token },
    })
}

/// The input of a placing step.
fn placement(workflow: &str, request: Value) -> Value {
    json!({ "workflow": workflow, "request": request, "request_hash": format!("{request}") })
}

/// The same with an `Idempotency-Key` and without an order id: it is the key alone that makes it one order.
fn keyed(workflow: &str, mut request: Value) -> Value {
    let members = request.as_object_mut().expect("a request is an object");
    members.retain(|name, _| !["order_id", "orderId", "OrderID"].contains(&name.as_str()));
    let mut placement = placement(workflow, request);
    placement["idempotency_key"] = json!("key-1");
    placement
}

/// A request that names its order, and comes with an `Idempotency-Key` besides.
fn with_key(request: Value) -> Value {
    let mut placement = placement("checkout", request);
    placement["idempotency_key"] = json!("key-1");
    placement
}

/// An order's life up to and including that step.
fn life(until: &str) -> Vec<Act> {
    life_paid_by("tok_visa", until)
}

fn life_paid_by(token: &str, until: &str) -> Vec<Act> {
    let last = LIFE.iter().position(|step| *step == until).expect("it is a step of an order's life");
    let input = |step: &str| match step {
        "PlaceOrder" => placement("checkout", request(token)),
        "PriceAndReserve" => priced(),
        _ => order(),
    };
    LIFE[..=last].iter().map(|step| Run(step, input(step))).collect()
}

/// An order that wants more than there is, up to and including its placement.
fn too_much() -> Vec<Act> {
    let mut request = request("tok_visa");
    request["items"] = json!([{ "sku": "A", "quantity": 11 }, { "sku": "B", "quantity": 1 }]);
    vec![Run("PlaceOrder", placement("checkout", request))]
}

/// An order of somebody whom the workflow is to find unknown.
fn unknown_customer() -> Vec<Act> {
    let mut request = emag();
    request["customer_id"] = json!("NOBODY");
    vec![Run("PlaceEmagOrder", placement("emag-orderflow", request))]
}

/// An order that could not be paid: the provider refused, and the step that asked it failed.
fn refused() -> Vec<Act> {
    and(life_paid_by("tok_declined", "PriceAndReserve"), [Fail("ChargePayment", order(), ErrorName::PaymentDeclined)])
}

/// An order whose first attempt to pay got no answer.
fn timed_out() -> Vec<Act> {
    and(life_paid_by("tok_timeout", "PriceAndReserve"), [Fail("ChargePayment", order(), ErrorName::ServiceUnavailable)])
}

fn and(mut before: Vec<Act>, then: impl IntoIterator<Item = Act>) -> Vec<Act> {
    before.extend(then);
    before
}

fn emag() -> Value {
    json!({ "order_id": ORDER, "customer_id": "ALFKI", "items": [{ "item_id": "A", "quantity": 2 }] })
}

fn order_app() -> Value {
    let items = json!([{ "item_id": "A", "quantity": 2 }]);
    json!({ "order_id": ORDER, "client_details": { "name": "Ana", "email": "ana@example.com" }, "items": items })
}

fn confirmed() -> Value {
    json!({ "order_id": ORDER, "product_id": "A", "quantity": 1, "customer_email": "ana@example.com" })
}

fn receipt() -> Value {
    json!({ "orderId": ORDER, "productId": "A", "quantity": 2, "customerEmail": "ana@example.com" })
}

fn queued() -> Value {
    json!({ "OrderID": ORDER, "ProductID": "A", "Quantity": "2", "CustomerEmail": "ana@example.com" })
}

/// What `ReceiveOrder` is given by an execution that was started directly.
fn received(request: Value) -> Value {
    json!({
        "workflow": "confirmed-orders", "request": request,
        "execution_arn": "arn:aws:states:eu-central-1:123456789012:execution:confirmed-orders:direct",
        "execution_name": "direct",
    })
}

/// Messages as the consumer of the orders queue gets them: the order's twice, and two that are none.
fn queue_messages() -> Value {
    let message = |number: u32, body: Value| {
        let source = format!("arn:aws:sqs:eu-central-1:123456789012:{ORDERS_QUEUE}");
        json!({ "messageId": number.to_string(), "body": body.to_string(), "eventSourceARN": source })
    };
    let records = [queued(), json!({ "OrderID": "nobody" }), json!("hello"), queued()];
    let records: Vec<Value> = (1..).zip(records).map(|(number, body)| message(number, body)).collect();
    json!({ "Records": records })
}

/// A record of the orders table's stream, in a batch.
fn stream_records() -> Value {
    let items = json!({ "L": [{ "M": { "item_id": { "S": "A" }, "quantity": { "N": "2" } } }] });
    json!([{ "eventName": "INSERT", "dynamodb": { "NewImage": { "order_id": { "S": ORDER }, "items": items } } }])
}

fn order_confirmed() -> Value {
    json!({ "source": "orderflow", "detail-type": "OrderConfirmed", "detail": order() })
}

/// Products to begin with: one that is there, and one on two lines that is not.
fn seeds() -> Value {
    let price = json!({ "amount": "10.00", "currency": "USD" });
    json!({ "items": [
        { "sku": "A", "name": "Another", "unit_price": price, "stock": 7 },
        { "sku": "C", "name": "Product C", "unit_price": price, "stock": 7 },
        { "sku": "C", "name": "Product C", "unit_price": price, "stock": 8 },
    ] })
}

/// All scenarios, by step.
pub(super) fn scenarios() -> Vec<Scenario> {
    use ErrorName::{InvalidOrder, OrderInProgress, OutOfStock, PaymentDeclined, ReservationExpired, StatusRefused};

    let declined = || life_paid_by("tok_declined", "PriceAndReserve");
    let lapsed = || and(life("PriceAndReserve"), [Lapse]);
    let lapsed_when_paid = || and(life("ChargePayment"), [Lapse]);
    // The card was charged, but the crash came before it was written down.
    let charged_unknown = || and(life("PriceAndReserve"), [Lose("ChargePayment", order())]);
    let cancelled = || and(life("GenerateReceipt"), [Run("CancelOrder", order())]);
    let rejected = || and(life("PlaceOrder"), [Run("FailOrder", without_mail("OutOfStock"))]);
    let placed_by = |step, workflow, request| vec![Run(step, placement(workflow, request))];

    let rows: Vec<(&'static str, &'static str, Vec<Act>, Value, Ends)> = vec![
        ("AttemptPayment", "of what is held", life("PriceAndReserve"), order(), Changed),
        ("AttemptPayment", "of what is paid", life("ChargePayment"), order(), Unchanged),
        ("AttemptPayment", "with a card that is refused", declined(), order(), Changed),
        ("AttemptReservation", "of what is there", life("PlaceOrder"), priced(), Changed),
        ("AttemptReservation", "of more than there is", too_much(), priced(), Unchanged),
        ("CancelOrder", "that is confirmed", life("GenerateReceipt"), order(), Changed),
        ("CancelOrder", "that is on its way", life("ChargePayment"), order(), Refused(OrderInProgress)),
        ("CancelOrder", "that is shipped", life("ShipOrder"), order(), Refused(StatusRefused)),
        ("ChargePayment", "of what is held", life("PriceAndReserve"), order(), Changed),
        ("ChargePayment", "whose record was lost", charged_unknown(), order(), Changed),
        ("ChargePayment", "of what is free again", lapsed(), order(), Changed),
        ("ChargePayment", "of what is gone", and(lapsed(), [SellOut]), order(), Refused(ReservationExpired)),
        ("ChargePayment", "with a card that is refused", declined(), order(), Refused(PaymentDeclined)),
        ("ChargePayment", "that timed out", timed_out(), order(), Changed),
        ("CheckOrder", "that can be taken", life("PlaceOrder"), order(), Unchanged),
        ("CheckOrder", "that wants too much", too_much(), order(), Unchanged),
        ("CheckOrder", "that a pipe has started", life("PlaceOrder"), started(), Changed),
        ("CompleteOrder", "that is paid", life("ChargePayment"), order(), Changed),
        ("CompleteOrder", "whose hold ran out", lapsed_when_paid(), order(), Changed),
        ("ConfirmOrder", "that is paid", life("ChargePayment"), order(), Changed),
        ("ConfirmOrder", "whose hold ran out", lapsed_when_paid(), order(), Changed),
        (
            "ConfirmOrder",
            "whose units are gone",
            and(lapsed_when_paid(), [SellOut]),
            order(),
            Refused(ReservationExpired),
        ),
        ("ConfirmOrder", "that is not paid", life("PriceAndReserve"), order(), Refused(StatusRefused)),
        ("DeliverOrder", "that is shipped", life("ShipOrder"), order(), Changed),
        ("DeliverOrder", "that is not shipped", life("ConfirmOrder"), order(), Refused(StatusRefused)),
        ("EnrichOrder", "of a stream", vec![], stream_records(), Unchanged),
        ("FailOrder", "that cannot be taken", life("PlaceOrder"), failed("UnknownProduct"), Changed),
        ("FailOrder", "that is held", life("PriceAndReserve"), failed("States.Timeout"), Changed),
        ("FailOrder", "without a mail", life("PriceAndReserve"), without_mail("OutOfStock"), Changed),
        ("FailOrder", "whose card was refused", refused(), failed("PaymentDeclined"), Changed),
        ("FailOrder", "that is paid", life("ChargePayment"), failed("ReservationExpired"), Changed),
        ("FailOrder", "whose charge was lost", charged_unknown(), failed("ServiceUnavailable"), Changed),
        ("FailOrder", "that is sold", life("ConfirmOrder"), failed("States.Timeout"), Refused(StatusRefused)),
        (
            "FailOrder",
            "whose table is streamed",
            placed_by("PlaceEmagOrder", "emag-orderflow", emag()),
            failed("OutOfStock"),
            Changed,
        ),
        ("GenerateReceipt", "of what is sold", life("ConfirmOrder"), order(), Changed),
        (
            "GenerateReceipt",
            "whose record was lost",
            and(life("ConfirmOrder"), [Lose("GenerateReceipt", order())]),
            order(),
            Changed,
        ),
        ("GenerateReceipt", "that was issued", life("GenerateReceipt"), order(), Unchanged),
        ("OrderSuccessHandler", "of what is confirmed", life("GenerateReceipt"), order_confirmed(), Changed),
        ("PlaceConfirmedOrder", "by its id", vec![], placement("confirmed-orders", confirmed()), Changed),
        ("PlaceConfirmedOrder", "by its key", vec![], keyed("confirmed-orders", confirmed()), Changed),
        ("PlaceEmagOrder", "by its id", vec![], placement("emag-orderflow", emag()), Changed),
        ("PlaceEmagOrder", "by its key", vec![], keyed("emag-orderflow", emag()), Changed),
        ("PlaceOrder", "by its id", vec![], placement("checkout", request("tok_visa")), Changed),
        ("PlaceOrder", "by its key", vec![], keyed("checkout", request("tok_visa")), Changed),
        ("PlaceOrder", "by a key that comes later", life("PlaceOrder"), with_key(request("tok_visa")), Changed),
        ("PlaceOrderAppOrder", "by its id", vec![], placement("order-app", order_app()), Changed),
        ("PlaceOrderAppOrder", "by its key", vec![], keyed("order-app", order_app()), Changed),
        ("PlaceQueuedOrder", "by its id", vec![], placement("queued-orders", queued()), Changed),
        ("PlaceQueuedOrder", "by its key", vec![], keyed("queued-orders", queued()), Changed),
        ("PlaceReceiptOrder", "by its id", vec![], placement("receipt-orders", receipt()), Changed),
        ("PlaceReceiptOrder", "by its key", vec![], keyed("receipt-orders", receipt()), Changed),
        ("PriceAndReserve", "what is there", life("PlaceOrder"), priced(), Changed),
        ("PriceAndReserve", "what is paid", life("ChargePayment"), priced(), Unchanged),
        ("PriceAndReserve", "more than there is", too_much(), priced(), Refused(OutOfStock)),
        ("PriceOrder", "that has no prices", life("PlaceOrder"), priced(), Changed),
        ("PriceOrder", "that has prices", life("PriceAndReserve"), priced(), Unchanged),
        ("ReceiveOrder", "of an execution that was started directly", vec![], received(confirmed()), Changed),
        (
            "ReceiveOrder",
            "that was placed",
            placed_by("PlaceConfirmedOrder", "confirmed-orders", confirmed()),
            received(confirmed()),
            Unchanged,
        ),
        ("RefundPayment", "of what is cancelled", cancelled(), order(), Changed),
        (
            "RefundPayment",
            "whose record was lost",
            and(cancelled(), [Lose("RefundPayment", order())]),
            order(),
            Changed,
        ),
        ("RefundPayment", "of what was never charged", rejected(), order(), Unchanged),
        ("RefundPayment", "of what is sold", life("ConfirmOrder"), order(), Refused(StatusRefused)),
        ("ReserveStock", "that is there", life("PlaceOrder"), order(), Changed),
        ("ReserveStock", "after the hold ran out", lapsed(), order(), Changed),
        ("ReserveStock", "that is not there", too_much(), order(), Refused(OutOfStock)),
        ("ReserveStock", "of an order that is closed", rejected(), order(), Refused(StatusRefused)),
        ("ReturnOrder", "that is delivered", life("DeliverOrder"), order(), Changed),
        ("ReturnOrder", "that was never sold", life("ChargePayment"), order(), Refused(StatusRefused)),
        ("SeedInventory", "that lacks a product", vec![], seeds(), Told),
        ("SendMail", "that confirms, with the receipt", life("GenerateReceipt"), order(), Changed),
        ("SendMail", "that tells of a refusal", rejected(), order(), Changed),
        ("SendMail", "that tells of a cancellation", cancelled(), order(), Changed),
        ("SendMail", "about an order on its way", life("ChargePayment"), order(), Refused(OrderInProgress)),
        ("ShipOrder", "that is confirmed", life("GenerateReceipt"), order(), Changed),
        ("ShipOrder", "that is not confirmed", life("ChargePayment"), order(), Refused(StatusRefused)),
        (
            "StartOrderProcessing",
            "of what is on the queue",
            placed_by("PlaceQueuedOrder", "queued-orders", queued()),
            queue_messages(),
            Changed,
        ),
        ("ValidateOrder", "that can be taken", life("PlaceOrder"), order(), Unchanged),
        ("ValidateOrder", "that wants too much", too_much(), order(), Refused(OutOfStock)),
        ("ValidateOrder", "of nobody we know", unknown_customer(), order(), Refused(InvalidOrder)),
    ];
    rows.into_iter()
        .map(|(step, situation, before, input, ends)| Scenario { step, situation, before, input, ends })
        .collect()
}
