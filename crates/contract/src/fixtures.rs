//! What the cases are made of.

use jiff::{SignedDuration, Timestamp};
use order::{
    Address, Contact, Country, Currency, Customer, CustomerId, Email, EntryKind, Level, Line, Money, NewOrder, OrderId,
    PaymentEvent, PaymentEventKind, PricedLine, Pricing, Quantity, Sku, Status, Totals,
};
use ports::{Change, ErrorName, Idempotency, Mail, StepError};

use crate::World;

pub(crate) fn id(text: &str) -> OrderId {
    OrderId::parse(text).expect("an order's id")
}

pub(crate) fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a sku")
}

pub(crate) fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").expect("a currency"))
}

pub(crate) fn lines(lines: &[(&str, i64)]) -> Vec<Line> {
    let line =
        |(text, units): &(&str, i64)| Line { sku: sku(text), quantity: Quantity::new(*units).expect("a quantity") };
    lines.iter().map(line).collect()
}

pub(crate) fn now(world: &dyn World) -> Timestamp {
    world.ports().clock.now()
}

/// An order of a customer without an id.
pub(crate) fn order(order_id: &str, ordered: &[(&str, i64)]) -> NewOrder {
    NewOrder {
        id: id(order_id),
        workflow: "checkout".into(),
        customer: Contact {
            id: None,
            name: Some("Ana Pop".into()),
            email: Some(Email::parse("ana@example.com").expect("an address")),
        },
        lines: lines(ordered),
        shipping_address: Some(Address {
            name: None,
            street: Some("Strada Științei 1".into()),
            city: Some("Iași".into()),
            region: None,
            postal_code: None,
            country: Country::parse("RO").expect("a country"),
        }),
        currency: None,
        payment_token: "tok_visa".into(),
        payment_method: None,
    }
}

pub(crate) fn place(world: &dyn World, order: NewOrder) -> Change {
    let execution_arn = world.ports().ids.execution_arn(&order.workflow, order.id.as_str());
    Change::PlaceOrder { order, execution_arn, idempotency: None, at: now(world) }
}

pub(crate) fn place_with_key(world: &dyn World, order: NewOrder, key: &str, hash: &str) -> Change {
    let execution_arn = world.ports().ids.execution_arn(&order.workflow, order.id.as_str());
    let idempotency = Some(Idempotency { key: key.into(), request_hash: hash.into() });
    Change::PlaceOrder { order, execution_arn, idempotency, at: now(world) }
}

/// A product at 18.00 USD with so many units counted.
pub(crate) fn product(world: &dyn World, text: &str, units: i64) -> Vec<Change> {
    let at = now(world);
    vec![
        Change::PutProduct { sku: sku(text), name: format!("Product {text}"), unit_price: dollars(1_800), at },
        Change::CountStock { sku: sku(text), on_hand: units, reason: Some("counted".into()), at },
    ]
}

pub(crate) fn reserve(world: &dyn World, order_id: &str, ordered: &[(&str, i64)]) -> Change {
    let at = now(world);
    let expires_at = at + SignedDuration::from_mins(15);
    Change::Reserve { order_id: id(order_id), lines: lines(ordered), expires_at, at }
}

pub(crate) fn sell(world: &dyn World, order_id: &str, ordered: &[(&str, i64)]) -> Change {
    Change::Sell { order_id: id(order_id), lines: lines(ordered), at: now(world) }
}

pub(crate) fn release(world: &dyn World, order_id: &str) -> Change {
    Change::Release { order_id: id(order_id), reason: "the payment was refused".into(), at: now(world) }
}

pub(crate) fn restock(world: &dyn World, order_id: &str) -> Change {
    Change::Restock { order_id: id(order_id), at: now(world) }
}

pub(crate) fn status(world: &dyn World, order_id: &str, status: Status) -> Change {
    Change::SetStatus { order_id: id(order_id), status, reason: None, at: now(world) }
}

pub(crate) fn book(world: &dyn World, text: &str, kind: EntryKind, units: i64) -> Change {
    Change::MoveStock { sku: sku(text), kind, units, reason: None, at: now(world) }
}

pub(crate) fn count(world: &dyn World, text: &str, on_hand: i64) -> Change {
    Change::CountStock { sku: sku(text), on_hand, reason: None, at: now(world) }
}

pub(crate) fn seed(world: &dyn World, text: &str, on_hand: i64) -> Change {
    Change::SeedStock { sku: sku(text), on_hand, reason: Some("first stock".into()), at: now(world) }
}

pub(crate) fn pricing(text: &str, units: i64) -> Pricing {
    let unit_price = dollars(1_800);
    let quantity = Quantity::new(units).expect("a quantity");
    let subtotal = unit_price.times(quantity).expect("a small sum");
    let shipping = dollars(1_500);
    Pricing {
        lines: vec![PricedLine { sku: sku(text), name: format!("Product {text}"), quantity, unit_price }],
        totals: Totals { subtotal, shipping, tax: dollars(0), total: subtotal.plus(shipping).expect("a small sum") },
    }
}

pub(crate) fn payment(world: &dyn World, kind: PaymentEventKind, minor: i64, key: &str) -> PaymentEvent {
    PaymentEvent { kind, amount: dollars(minor), key: key.into(), reference: "ch_1".into(), at: now(world) }
}

pub(crate) fn mail(world: &dyn World, order_id: &str, occasion: &str) -> Mail {
    Mail {
        key: format!("{order_id}/{occasion}"),
        order_id: id(order_id),
        kind: "order_confirmed".into(),
        to: Email::parse("ana@example.com").expect("an address"),
        to_name: Some("Ana Pop".into()),
        subject: format!("Your order {order_id} is confirmed"),
        text: "Thank you.".into(),
        html: "<p>Thank you.</p>".into(),
        attachments: Vec::new(),
        at: now(world),
    }
}

pub(crate) fn customer(customer_id: &str, company: &str) -> Customer {
    Customer {
        id: CustomerId::parse(customer_id).expect("a customer's id"),
        company: Some(company.into()),
        contact: Some("Maria Anders".into()),
        email: Email::parse(format!("{}@example.com", customer_id.to_lowercase())).expect("an address"),
        address: None,
    }
}

/// Applies changes that must not be refused.
pub(crate) async fn apply(world: &dyn World, changes: Vec<Change>) {
    let shown = format!("{changes:?}");
    if let Err(error) = world.apply(changes).await {
        panic!("{error}\nin {shown}");
    }
}

/// Applies a change that must be refused under that name.
pub(crate) async fn refused(world: &dyn World, change: Change, name: ErrorName) -> StepError {
    let shown = format!("{change:?}");
    match world.apply(vec![change]).await {
        Ok(()) => panic!("it should have been refused as {name:?}: {shown}"),
        Err(error) => {
            assert_eq!(error.name, name, "{shown}: {error}");
            error
        }
    }
}

pub(crate) async fn level(world: &dyn World, text: &str) -> Level {
    let products = world.ports().catalog.products(&[sku(text)]).await.expect("the catalog answers");
    products.first().unwrap_or_else(|| panic!("there is no product {text}")).level
}

pub(crate) async fn assert_level(world: &dyn World, text: &str, (on_hand, reserved, sold): (i64, i64, i64)) {
    assert_eq!(level(world, text).await, Level { on_hand, reserved, sold }, "{text}");
}
