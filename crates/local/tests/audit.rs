//! The audit finds what is wrong, and nothing else.

mod support;

use contract::Home;
use local::{cursors, events};
use order::{
    Contact, Currency, Email, Line, Money, NewOrder, OrderId, PricedLine, Pricing, Quantity, Receipt, Sku, Status,
    Totals,
};
use ports::{Auditor, BusEvent, Change, ChargeRequest, Clock, Mail};
use support::Shop;

const ID: &str = "O-1";

fn id() -> OrderId {
    OrderId::parse(ID).unwrap()
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

fn lines() -> Vec<Line> {
    vec![Line { sku: Sku::parse("A").unwrap(), quantity: Quantity::new(2).unwrap() }]
}

fn mail(shop: &Shop, kind: &str, occasion: &str) -> Change {
    Change::SendMail(Mail {
        key: format!("{ID}/{occasion}"),
        order_id: id(),
        kind: kind.into(),
        to: Email::parse("ana@example.com").unwrap(),
        to_name: None,
        subject: "Your order".into(),
        text: String::new(),
        html: String::new(),
        attachments: Vec::new(),
        at: shop.clock.now(),
    })
}

fn status(shop: &Shop, status: Status) -> Change {
    Change::SetStatus { order_id: id(), status, reason: None, at: shop.clock.now() }
}

/// A shop with one order that is placed and priced at 30.00 USD; its execution has ended.
async fn shop_with_order(email: Option<&str>) -> Shop {
    let shop = Shop::new();
    let at = shop.clock.now();
    let ports = shop.ports();
    let arn = ports.ids.execution_arn("checkout", ID);
    let order = NewOrder {
        id: id(),
        workflow: "checkout".into(),
        customer: Contact { id: None, name: None, email: email.map(|email| Email::parse(email).unwrap()) },
        lines: lines(),
        shipping_address: None,
        currency: None,
        payment_token: "tok_visa".into(),
        payment_method: None,
    };
    let (sku, name) = (Sku::parse("A").unwrap(), "Tea".to_owned());
    let priced =
        PricedLine { sku: sku.clone(), name: name.clone(), quantity: lines()[0].quantity, unit_price: dollars(1_500) };
    let totals = Totals { subtotal: dollars(3_000), shipping: dollars(0), tax: dollars(0), total: dollars(3_000) };
    shop.apply(vec![
        Change::PutProduct { sku: sku.clone(), name, unit_price: dollars(1_500), at },
        Change::CountStock { sku, on_hand: 10, reason: None, at },
        Change::PlaceOrder { order, execution_arn: arn.clone(), idempotency: None, at },
        Change::SetPricing { order_id: id(), pricing: Pricing { lines: vec![priced], totals } },
    ])
    .await;
    shop.set_running(arn, false).await;
    shop
}

/// Sets money aside and takes it; the order knows of it when `recorded`.
async fn charge(shop: &Shop, minor: i64, recorded: bool) {
    let payments = shop.ports().payments;
    let request = ChargeRequest {
        key: format!("{ID}/authorise"),
        order_id: id(),
        token: "tok_visa".into(),
        amount: dollars(minor),
    };
    let held = payments.authorise(&request).await.unwrap();
    let taken = payments.capture(&format!("{ID}/capture"), &held.reference, dollars(minor)).await.unwrap();
    if recorded {
        let record = |event| Change::RecordPayment { order_id: id(), event };
        shop.apply(vec![record(held), record(taken)]).await;
    }
}

fn receipt(shop: &Shop) -> Change {
    let issued_at = shop.clock.now();
    Change::IssueReceipt { order_id: id(), receipt: Receipt { object_key: "receipts/O-1.pdf".into(), issued_at } }
}

fn sell(shop: &Shop) -> Change {
    Change::Sell { order_id: id(), lines: lines(), at: shop.clock.now() }
}

async fn violations(shop: &Shop) -> Vec<String> {
    let audit = shop.book_auditor().audit().await.unwrap();
    assert_eq!(audit.ok, audit.violations.is_empty());
    audit.violations
}

#[tokio::test]
async fn a_sale_in_order_has_nothing_to_be_said_of() {
    let shop = shop_with_order(Some("ana@example.com")).await;
    charge(&shop, 3_000, true).await;
    let changes =
        vec![sell(&shop), status(&shop, Status::Confirmed), receipt(&shop), mail(&shop, "order_confirmed", "outcome")];
    shop.apply(changes).await;
    assert_eq!(violations(&shop).await, [""; 0]);
    let audit = shop.book_auditor().audit().await.unwrap();
    assert_eq!((audit.orders, audit.ledger_entries, audit.payment_events), (1, 3, 2));
}

#[tokio::test]
async fn what_is_between_the_parts_is_waited_for() {
    let shop = shop_with_order(Some("ana@example.com")).await;
    charge(&shop, 3_000, true).await;
    let told = BusEvent {
        key: format!("{ID}/OrderConfirmed"),
        source: "orderflow".into(),
        detail_type: "OrderConfirmed".into(),
        detail: serde_json::json!({ "order_id": ID }),
        at: shop.clock.now(),
    };
    shop.apply(vec![sell(&shop), status(&shop, Status::Confirmed), receipt(&shop), Change::PutEvent(told)]).await;
    assert_eq!(violations(&shop).await, [""; 0], "a rule may have the mail written");
    shop.store
        .write(|transaction| {
            let last = events::after(transaction, 0, 10)?.last().expect("the event is there").sequence;
            cursors::set(transaction, events::CURSOR, last)
        })
        .await
        .expect("a write goes through");
    assert_eq!(violations(&shop).await, ["order O-1: it is confirmed, but its customer was not told how it ended"]);
}

#[tokio::test]
async fn a_confirmed_order_needs_charge_stock_receipt_and_mail() {
    let shop = shop_with_order(Some("ana@example.com")).await;
    shop.apply(vec![status(&shop, Status::Confirmed)]).await;
    let expected = [
        "order O-1: it is confirmed, so 2 units of A should be sold to it, not 0",
        "order O-1: it is a sale of 30.00 USD, but 0 was kept",
        "order O-1: it is confirmed, but its customer was not told how it ended",
        "order O-1: it is a sale without a receipt",
    ];
    assert_eq!(violations(&shop).await, expected);
    // While something works on the order its books may be halfway.
    let arn = shop.ports().ids.execution_arn("cancellation", "O-1-cancel");
    shop.set_running(arn.clone(), true).await;
    assert_eq!(violations(&shop).await, [""; 0]);
    shop.set_running(arn, false).await;
    assert_eq!(violations(&shop).await.len(), expected.len());
}

#[tokio::test]
async fn an_order_without_an_address_needs_no_mail() {
    let shop = shop_with_order(None).await;
    shop.apply(vec![status(&shop, Status::Rejected)]).await;
    assert_eq!(violations(&shop).await, [""; 0]);
}

#[tokio::test]
async fn a_refusal_keeps_neither_money_nor_stock() {
    let shop = shop_with_order(Some("ana@example.com")).await;
    charge(&shop, 3_000, true).await;
    let (at, expires_at) = (shop.clock.now(), shop.clock.now());
    let reserve = Change::Reserve { order_id: id(), lines: lines(), expires_at, at };
    let told = mail(&shop, "order_failed", "outcome");
    shop.apply(vec![reserve, status(&shop, Status::Failed), told]).await;
    let expected = [
        "order O-1: it has ended, but holds 2 units of A",
        "order O-1: it is failed and no sale, but 30.00 USD was kept",
    ];
    assert_eq!(violations(&shop).await, expected);
}

#[tokio::test]
async fn a_charge_that_the_order_does_not_know_is_found() {
    let shop = shop_with_order(Some("ana@example.com")).await;
    charge(&shop, 3_000, false).await;
    shop.apply(vec![status(&shop, Status::PaymentFailed), mail(&shop, "payment_failed", "outcome")]).await;
    let expected = [
        "order O-1: the payment provider has O-1/authorise of 30.00 USD, which the order does not know",
        "order O-1: the payment provider has O-1/capture of 30.00 USD, which the order does not know",
    ];
    assert_eq!(violations(&shop).await, expected);
}

#[tokio::test]
async fn an_ended_execution_leaves_no_order_on_its_way() {
    let shop = shop_with_order(None).await;
    assert_eq!(violations(&shop).await, ["order O-1: its execution has ended, but it is still placed"]);
    shop.set_running(shop.ports().ids.execution_arn("checkout", ID), true).await;
    assert_eq!(violations(&shop).await, [""; 0]);
}

#[tokio::test]
async fn a_customer_told_twice_is_found() {
    let shop = shop_with_order(Some("ana@example.com")).await;
    let changes = vec![
        status(&shop, Status::Rejected),
        mail(&shop, "order_rejected", "outcome"),
        mail(&shop, "order_failed", "another"),
    ];
    shop.apply(changes).await;
    assert_eq!(violations(&shop).await, ["order O-1: its customer was told 2 times how it ended"]);
}

#[tokio::test]
async fn tampering_with_the_counters_is_found_and_the_ledger_cannot_be_tampered_with() {
    let shop = shop_with_order(None).await;
    shop.apply(vec![status(&shop, Status::Rejected)]).await;
    shop.sql("UPDATE products SET on_hand = 12, reserved = 1", ()).await;
    let expected = [
        "A: the counter says 12 on hand, the ledger says 10",
        "A: the counter says 1 reserved, the ledger says 0",
        "A: 1 units are reserved, but orders hold 0",
    ];
    assert_eq!(violations(&shop).await, expected);
    for sql in ["UPDATE stock_ledger SET units = 1", "DELETE FROM stock_ledger", "UPDATE products SET on_hand = -1"] {
        let tampered = shop.store.write(move |tx| tx.execute(sql, ())).await;
        assert!(tampered.is_err(), "{sql}");
    }
}
