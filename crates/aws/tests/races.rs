//! What many do at once to DynamoDB is done once, and nobody gets what there is not.

mod stand_in;
mod support;

use std::sync::Arc;

use contract::{Home, World};
use documents::Shop as Letterhead;
use futures::future::join_all;
use jiff::SignedDuration;
use order::{
    Contact, Currency, Email, Level, Line, Money, NewOrder, Order, OrderId, PaymentEvent, Product, Quantity, Sku,
};
use ports::{BusEvent, Change, Clock, ErrorName, Result};
use serde_json::{Value, json};
use stand_in::ministack;
use steps::{Context, registry};
use support::Shop;

/// How many run at once.
const MANY: usize = 4;

fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a sku")
}

fn product(shop: &Shop, text: &str, units: i64) -> [Change; 2] {
    let (at, unit_price) = (shop.clock.now(), Money::new(1_800, Currency::parse("USD").expect("a currency")));
    [
        Change::PutProduct { sku: sku(text), name: format!("Product {text}"), unit_price, at },
        Change::CountStock { sku: sku(text), on_hand: units, reason: None, at },
    ]
}

fn lines(ordered: &[(String, i64)]) -> Vec<Line> {
    let line =
        |(text, units): &(String, i64)| Line { sku: sku(text), quantity: Quantity::new(*units).expect("a quantity") };
    ordered.iter().map(line).collect()
}

fn id(number: usize) -> OrderId {
    OrderId::parse(format!("O-{number}")).expect("an id")
}

fn place(shop: &Shop, number: usize, ordered: &[(String, i64)]) -> Change {
    let email = Email::parse("ana@example.com").expect("an address");
    let order = NewOrder {
        id: id(number),
        workflow: "checkout".into(),
        customer: Contact { id: None, name: None, email: Some(email) },
        lines: lines(ordered),
        shipping_address: None,
        currency: None,
        payment_token: "tok_visa".into(),
        payment_method: None,
    };
    Change::PlaceOrder { order, execution_arn: "arn".into(), idempotency: None, at: shop.clock.now() }
}

fn reserve(shop: &Shop, number: usize, ordered: &[(String, i64)]) -> Change {
    let at = shop.clock.now();
    Change::Reserve { order_id: id(number), lines: lines(ordered), expires_at: at + SignedDuration::from_mins(15), at }
}

async fn level(shop: &Shop, text: &str) -> Level {
    let found = shop.ports().catalog.products(&[sku(text)]).await.expect("the catalog answers");
    found[0].level
}

async fn audit(shop: &Shop) {
    let audit = shop.auditor().audit().await.expect("the audit answers");
    assert!(audit.ok, "{:?}", audit.violations);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rush_on_one_product_sells_what_there_is() {
    const UNITS: usize = 20;
    const ORDERS: usize = 32;
    let shop = Arc::new(Shop::new(ministack(), 4).await);
    shop.apply(product(&shop, "HOT", UNITS as i64).to_vec()).await;
    let ordered = vec![("HOT".to_owned(), 1)];
    let orders = (0..ORDERS).map(|number| {
        let (shop, ordered) = (shop.clone(), ordered.clone());
        tokio::spawn(async move {
            shop.apply(vec![place(&shop, number, &ordered)]).await;
            shop.applier.apply(&[reserve(&shop, number, &ordered)]).await
        })
    });
    // Meanwhile the shards become more, fewer, and even.
    let spread = {
        let shop = shop.clone();
        tokio::spawn(async move {
            for shards in [6, 2, 4] {
                shop.shards(shards).reshard(&sku("HOT"), shards).await.expect("the shards answer");
                shop.shards(shards).rebalance_all().await.expect("the shards answer");
            }
        })
    };
    let held: Vec<Result<()>> =
        join_all(orders.collect::<Vec<_>>()).await.into_iter().map(|task| task.expect("it does not panic")).collect();
    spread.await.expect("it does not panic");
    assert_eq!(held.iter().filter(|answer| answer.is_ok()).count(), UNITS, "{held:?}");
    for refused in held.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(refused.name, ErrorName::OutOfStock, "{refused}");
    }
    assert_eq!(level(&shop, "HOT").await, Level { on_hand: 20, reserved: 20, sold: 0 });
    let sell = |number| Change::Sell { order_id: id(number), lines: lines(&ordered), at: shop.clock.now() };
    let changes: Vec<[Change; 1]> = (0..ORDERS).map(|number| [sell(number)]).collect();
    let sold = join_all(changes.iter().map(|change| shop.applier.apply(change))).await;
    assert_eq!(sold.iter().filter(|answer| answer.is_ok()).count(), UNITS);
    assert_eq!(level(&shop, "HOT").await, Level { on_hand: 0, reserved: 0, sold: 20 });
    audit(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_as_long_as_can_be_is_taken_whole_also_from_scattered_units() {
    let shop = Shop::new(ministack(), 4).await;
    let ordered: Vec<(String, i64)> = (0..aws::MAX_LINES).map(|number| (format!("S-{number}"), 3)).collect();
    // More than one transaction takes: a catalogue goes in several.
    let catalogue: Vec<Change> = ordered.iter().flat_map(|(name, _)| product(&shop, name, 4)).collect();
    shop.apply(catalogue).await;
    shop.apply(vec![place(&shop, 1, &ordered)]).await;
    // A unit in each shard: three of them are nowhere together.
    shop.apply(vec![reserve(&shop, 1, &ordered)]).await;
    assert_eq!(level(&shop, "S-0").await, Level { on_hand: 4, reserved: 3, sold: 0 });
    let at = shop.clock.now();
    shop.apply(vec![Change::Sell { order_id: id(1), lines: lines(&ordered), at }]).await;
    shop.apply(vec![Change::Restock { order_id: id(1), at }]).await;
    assert_eq!(level(&shop, "S-43").await, Level { on_hand: 4, reserved: 0, sold: 0 });
    audit(&shop).await;

    let longer: Vec<(String, i64)> = (0..=aws::MAX_LINES).map(|number| (format!("S-{number}"), 1)).collect();
    let refusal = shop.applier.apply(&[place(&shop, 2, &longer)]).await.expect_err("it is too long");
    assert_eq!((refusal.name, refusal.invalid[0].field.as_str()), (ErrorName::InvalidRequest, "items"));
    // What is no catalogue is applied whole or not at all.
    let mut mixed: Vec<Change> = (0..60).flat_map(|number| product(&shop, &format!("T-{number}"), 4)).collect();
    mixed.push(place(&shop, 3, &ordered));
    let refusal = shop.applier.apply(&mixed).await.expect_err("it is too much");
    assert_eq!((refusal.name, refusal.invalid[0].field.as_str()), (ErrorName::InvalidRequest, "items"));
    let listed = shop.ports().catalog.list(Some("T-"), None, 10).await.expect("the catalog answers");
    assert_eq!(listed.items, []);
}

/// What an order leaves behind: all that a repeated or a raced step must not do twice.
#[derive(Debug, PartialEq)]
struct Traces {
    order: Option<Order>,
    products: Vec<Product>,
    charges: Vec<PaymentEvent>,
    mails: Vec<String>,
    events: Vec<BusEvent>,
}

async fn traces(shop: &Shop) -> Traces {
    let ports = shop.ports();
    let id = OrderId::parse("A-1").expect("an id");
    let mails = shop.messages().mails(None, None, 100).await.expect("the mailbox answers");
    Traces {
        order: ports.orders.get(&id).await.expect("the orders answer"),
        products: ports.catalog.list(None, None, 10).await.expect("the catalog answers").items,
        charges: ports.payments.events(&id).await.expect("the gateway answers"),
        mails: mails.items.into_iter().map(|mail| mail.mail.key).collect(),
        events: shop.events().await,
    }
}

async fn run(shop: &Shop, step: &str, input: &Value) -> Result<()> {
    let email = Email::parse("shop@example.com").expect("an address");
    let letterhead = Letterhead { name: "The Corner Shop".into(), email, url: None };
    let context = Context { ports: shop.ports(), shop: letterhead };
    let step = registry::find(step).expect("there is such a step");
    let (_, changes) = step.run(&context, input.clone()).await?;
    shop.applier.apply(&changes).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_runs_several_times_at_once_has_the_effect_of_one() {
    let request = json!({
        "order_id": "A-1", "customer": { "email": "ana@example.com" }, "items": [{ "sku": "A", "quantity": 3 }],
        "payment": { "token": "tok_visa" }, "shipping_address": { "city": "Iași", "country": "RO" },
    });
    let placement = json!({ "workflow": "checkout", "request": request, "request_hash": "1", "idempotency_key": "k" });
    let order = json!({ "order_id": "A-1", "shipping": { "base": "15.00" } });
    let plain = json!({ "order_id": "A-1" });
    let (alone, raced) = (Shop::new(ministack(), 2).await, Shop::new(ministack(), 2).await);
    for shop in [&alone, &raced] {
        shop.apply(product(shop, "A", 10).to_vec()).await;
    }
    for (step, input) in [
        ("PlaceOrder", &placement),
        ("PriceAndReserve", &order),
        ("ChargePayment", &plain),
        ("ConfirmOrder", &plain),
        ("GenerateReceipt", &plain),
        ("SendMail", &plain),
        ("ShipOrder", &plain),
        ("DeliverOrder", &plain),
        ("ReturnOrder", &plain),
        ("RefundPayment", &plain),
    ] {
        run(&alone, step, input).await.unwrap_or_else(|error| panic!("{step}: {error}"));
        let several = join_all((0..MANY).map(|_| run(&raced, step, input))).await;
        for answer in several {
            assert!(
                answer.as_ref().err().is_none_or(|error| error.name == ErrorName::ServiceUnavailable),
                "{answer:?}"
            );
        }
        assert_eq!(traces(&raced).await, traces(&alone).await, "{step}");
        audit(&raced).await;
    }
}
