//! How long a receipt and a mail take, and how large they are.
//!
//! ```sh
//! cargo run --release -p documents --example receipt_speed
//! ```

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use documents::{MailKind, ReceiptData, Shop, receipt_pdf, render_mail};
use jiff::Timestamp;
use order::{Email, Order, PricedLine, Sku};
use serde_json::json;

const ORDER: &str = r#"{
    "id": "0198f1c2-7d3e-7c4a-9b1e-2f6a5d8c9e01",
    "workflow": "checkout",
    "customer": {"name": "Ștefan Popescu", "email": "stefan@example.com"},
    "lines": [{"sku": "NW-001", "quantity": 2}],
    "shipping_address": {
        "name": "Ștefan Popescu", "street": "Strada Lungă 7", "city": "Iași", "postal_code": "700001", "country": "RO"
    },
    "payment_token": "tok_visa",
    "placed_at": "2026-03-05T12:00:00Z",
    "execution_arn": "arn",
    "status": "confirmed",
    "payment_events": [{
        "event": "captured", "amount": {"amount": "153.00", "currency": "USD"},
        "key": "capture", "reference": "ch_0198f1c27d3e", "at": "2026-03-05T12:00:01Z"
    }],
    "history": []
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let shop = Shop {
        name: "Northwind Traders".into(),
        email: Email::parse("shop@example.com").map_err(|e| e.to_string())?,
        url: None,
    };
    for lines in [1, 3, 20, 1_000] {
        let order = order(lines)?;
        let receipt = ReceiptData::of(&order, &shop, Timestamp::UNIX_EPOCH).ok_or("the order is priced")?;
        let bytes = receipt_pdf(&receipt).len();
        println!("receipt of {lines} lines: {:?}, {bytes} bytes", time(|| receipt_pdf(&receipt)));
    }
    let order = order(3)?;
    for kind in MailKind::ALL {
        let mail = render_mail(kind, &order, &shop, Some("https://shop.example/r/1"));
        let bytes = mail.text.len() + mail.html.len();
        let took = time(|| render_mail(kind, &order, &shop, Some("https://shop.example/r/1")));
        println!("mail {}: {took:?}, {bytes} bytes", kind.name());
    }
    Ok(())
}

/// An order of that many lines.
fn order(lines: usize) -> Result<Order, Box<dyn Error>> {
    let mut order: Order = serde_json::from_str(ORDER)?;
    let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
    let totals =
        json!({"subtotal": usd("138.00"), "shipping": usd("15.00"), "tax": usd("0.00"), "total": usd("153.00")});
    let line: PricedLine = serde_json::from_value(
        json!({"sku": "NW", "name": "Uncle Bob's Organic Dried Pears", "quantity": 2, "unit_price": usd("23.00")}),
    )?;
    let numbered = |n| Ok(PricedLine { sku: Sku::parse(format!("NW-{n:03}"))?, ..line.clone() });
    let lines: Result<Vec<_>, order::Invalid> = (0..lines).map(numbered).collect();
    order.pricing = Some(order::Pricing { lines: lines?, totals: serde_json::from_value(totals)? });
    Ok(order)
}

/// The mean time of a call, over a second of calls.
fn time<T>(mut call: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    let mut calls = 0;
    while start.elapsed() < Duration::from_secs(1) {
        black_box(call());
        calls += 1;
    }
    start.elapsed() / calls
}
