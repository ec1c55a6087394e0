//! How fast the changes of a whole checkout are applied, without engine and HTTP:
//! `cargo run --release -p local --example orders_per_second`.
#![allow(clippy::print_stdout, reason = "it is a measurement")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use local::{ApplyError, Applying, MIGRATIONS, MailMode, StartExecution, Wiring, changes};
use order::{
    Contact, Currency, Email, Line, Money, NewOrder, OrderId, PaymentEvent, PaymentEventKind, PricedLine, Pricing,
    Quantity, Receipt, Sku, Status, Totals,
};
use ports::{BusEvent, Change, Execution, Mail};
use rusqlite::Connection;
use store::Store;
use triggers::Origin;

const ORDERS: usize = 20_000;
const IN_FLIGHT: usize = 256;

struct NoEngine;

impl StartExecution for NoEngine {
    fn start(&self, _transaction: &Connection, _execution: &Execution) -> Result<(), ApplyError> {
        Ok(())
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(run());
}

async fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("shop.db"), &[MIGRATIONS]).expect("a database");
    let wiring = Arc::new(Wiring {
        origin: Origin { account: "123456789012".into(), region: "eu-central-1".into() },
        streams: HashMap::new(),
        mail: MailMode::Capture,
        topics: BTreeMap::new(),
        queues: BTreeMap::new(),
    });
    for sku in skus() {
        let at = Timestamp::UNIX_EPOCH;
        let name = format!("Product {sku}");
        let product = Change::PutProduct { sku: sku.clone(), name, unit_price: dollars(1_800), at };
        apply(&store, &wiring, vec![product, Change::CountStock { sku, on_hand: 1_000_000, reason: None, at }]).await;
    }
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..ORDERS {
        if tasks.len() == IN_FLIGHT {
            tasks.join_next().await.expect("there are some").expect("no task panics");
        }
        let (store, wiring) = (store.clone(), wiring.clone());
        tasks.spawn(async move {
            for step in checkout(number) {
                apply(&store, &wiring, step).await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no task panics");
    }
    let seconds = started.elapsed().as_secs_f64();
    let (rate, each) = (ORDERS as f64 / seconds, seconds * 1e6 / ORDERS as f64);
    println!("{ORDERS} orders, {IN_FLIGHT} in flight: {rate:.0} orders/s, {each:.0} µs each");
}

async fn apply(store: &Store, wiring: &Arc<Wiring>, changes: Vec<Change>) {
    let wiring = wiring.clone();
    let job = move |tx: &Connection| changes::apply_all(tx, &changes, Applying { wiring: &wiring, starter: &NoEngine });
    let _nobody_listens = store.write(job).await.expect("the changes are fit to be applied");
}

fn skus() -> impl Iterator<Item = Sku> + Clone {
    (0..77).map(|number| Sku::parse(format!("NW-{number:03}")).expect("a sku"))
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").expect("a currency"))
}

/// The changes of each step of a checkout with three lines.
fn checkout(number: usize) -> Vec<Vec<Change>> {
    let name = format!("0192f0c1-8d2e-7c3a-9b1f-{number:012}");
    let id = OrderId::parse(&name).expect("an id");
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_millis(number as i64);
    let quantity = Quantity::new(2).expect("a quantity");
    let email = Email::parse("ana@example.com").expect("an address");
    let lines: Vec<Line> =
        skus().cycle().skip(number % 77).step_by(7).take(3).map(|sku| Line { sku, quantity }).collect();
    let priced = lines.iter().map(|line| PricedLine {
        sku: line.sku.clone(),
        name: format!("Product {}", line.sku),
        quantity,
        unit_price: dollars(1_800),
    });
    let totals =
        Totals { subtotal: dollars(10_800), shipping: dollars(1_500), tax: dollars(0), total: dollars(12_300) };
    let pricing = Pricing { lines: priced.collect(), totals };
    let order = NewOrder {
        id: id.clone(),
        workflow: "checkout".into(),
        customer: Contact { id: None, name: Some("Ana Pop".into()), email: Some(email.clone()) },
        lines: lines.clone(),
        shipping_address: None,
        currency: None,
        payment_token: "tok_visa".into(),
        payment_method: None,
    };
    let status = |status| Change::SetStatus { order_id: id.clone(), status, reason: None, at };
    let record = |kind, what: &str| {
        let (key, reference) = (format!("{name}/{what}"), format!("ch_{name}"));
        let event = PaymentEvent { kind, amount: dollars(12_300), key, reference, at };
        Change::RecordPayment { order_id: id.clone(), event }
    };
    let mail = Mail {
        key: format!("{name}/outcome"),
        order_id: id.clone(),
        kind: "order_confirmed".into(),
        to: email,
        to_name: Some("Ana Pop".into()),
        subject: format!("Your order {name} is confirmed"),
        text: "Thank you for your order. ".repeat(40),
        html: "<p>Thank you for your order.</p>".repeat(80),
        attachments: Vec::new(),
        at,
    };
    let event = BusEvent {
        key: format!("{name}/OrderConfirmed"),
        source: "orderflow".into(),
        detail_type: "OrderConfirmed".into(),
        detail: serde_json::json!({ "order_id": name, "workflow": "checkout", "status": "confirmed" }),
        at,
    };
    let start = Execution { state_machine: "checkout".into(), name: name.clone(), input: serde_json::Value::Null };
    let receipt = Receipt { object_key: format!("receipts/{name}.pdf"), issued_at: at };
    vec![
        vec![
            Change::PlaceOrder { order, execution_arn: format!("arn:{name}"), idempotency: None, at },
            Change::StartExecution(start),
        ],
        vec![Change::SetPricing { order_id: id.clone(), pricing }],
        vec![
            Change::Reserve { order_id: id.clone(), lines: lines.clone(), expires_at: at, at },
            status(Status::Reserved),
        ],
        vec![
            record(PaymentEventKind::Authorised, "authorise"),
            record(PaymentEventKind::Captured, "capture"),
            status(Status::Paid),
        ],
        vec![Change::Sell { order_id: id.clone(), lines, at }, status(Status::Confirmed), Change::PutEvent(event)],
        vec![Change::IssueReceipt { order_id: id.clone(), receipt }],
        vec![Change::SendMail(mail)],
    ]
}
