//! What the console reads and does: operators' log, trails, statistics, personal data, filters.

mod support;

use std::sync::Arc;

use contract::TOPIC;
use jiff::SignedDuration;
use local::{OperatorBook, OrderReader, PersonalDataBook, RedactExecution, StatisticsReader, TrailReader, rollups};
use order::{Currency, CustomerId, Email, Line, Money, NewOrder, OrderId, PaymentEvent, PaymentEventKind, Sku, Status};
use ports::{
    Change, Clock, ErrorName, Mail, NewOperatorAction, OperatorActionFilter, OperatorLog, OrderFilter, Orders, Person,
    PersonalData, Span, Statistics, TopicMessage, Trails,
};
use rusqlite::Connection;
use support::Shop;

fn id(text: &str) -> OrderId {
    OrderId::parse(text).expect("an id")
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").expect("a currency"))
}

/// An order of one unit of A by a guest of that address.
fn order(name: &str, email: &str) -> NewOrder {
    let json = serde_json::json!({
        "id": name, "workflow": "checkout", "lines": [{"sku": "A", "quantity": 1}], "payment_token": "tok_visa",
        "customer": {"name": "Ana Pop", "email": email},
        "shipping_address": {"name": "Ana Pop", "street": "Strada 1", "country": "RO"},
    });
    serde_json::from_value(json).expect("an order")
}

fn placed(shop: &Shop, order: &NewOrder) -> Change {
    let execution_arn = format!("arn:execution:checkout:{}", order.id);
    Change::PlaceOrder { order: order.clone(), execution_arn, idempotency: None, at: shop.clock.now() }
}

fn priced(name: &str, total: i64) -> Change {
    let pricing = serde_json::json!({
        "lines": [{"sku": "A", "name": "A", "quantity": 1, "unit_price": usd(total)}],
        "totals": {"subtotal": usd(total), "shipping": usd(0), "tax": usd(0), "total": usd(total)},
    });
    Change::SetPricing { order_id: id(name), pricing: serde_json::from_value(pricing).expect("a pricing") }
}

fn status(shop: &Shop, name: &str, status: Status) -> Change {
    Change::SetStatus { order_id: id(name), status, reason: None, at: shop.clock.now() }
}

fn payment(shop: &Shop, name: &str, kind: PaymentEventKind, minor: i64, key: &str) -> Change {
    let event = PaymentEvent {
        kind,
        amount: usd(minor),
        key: format!("{name}/{key}"),
        reference: "ch_1".into(),
        at: shop.clock.now(),
    };
    Change::RecordPayment { order_id: id(name), event }
}

fn mail(shop: &Shop, name: &str, to: &str) -> Change {
    Change::SendMail(Mail {
        key: format!("{name}/outcome"),
        order_id: id(name),
        kind: "order_confirmed".into(),
        to: Email::parse(to).expect("an address"),
        to_name: Some("Ana Pop".into()),
        subject: "Your order".into(),
        text: "Dear Ana Pop".into(),
        html: "<p>Dear Ana Pop</p>".into(),
        attachments: Vec::new(),
        at: shop.clock.now(),
    })
}

fn topic_message(shop: &Shop, key: &str, message: &str) -> Change {
    let (topic, message) = (TOPIC.to_owned(), message.to_owned());
    Change::Publish(TopicMessage { topic, key: key.to_owned(), subject: None, message, at: shop.clock.now() })
}

#[tokio::test]
async fn the_log_keeps_what_was_begun_whatever_comes_of_it() {
    let shop = Shop::new();
    let log = OperatorBook::new(shop.store.clone());
    let action = |action, order: Option<&str>| NewOperatorAction {
        at: shop.clock.now(),
        actor: "Ana".into(),
        action,
        order_id: order.map(id),
        subject: Some("something".into()),
        reason: Some("because".into()),
    };
    let first = log.begin(&action("redrive", Some("O-1"))).await.unwrap();
    let second = log.begin(&action("import_products", None)).await.unwrap();
    log.end(first, "done").await.unwrap();
    let all = log.list(&OperatorActionFilter::default(), None, 1).await.unwrap();
    assert_eq!((all.items[0].id, all.items[0].outcome.as_deref()), (second, None), "the newest first, its end unknown");
    let rest = log.list(&OperatorActionFilter::default(), all.next_cursor.as_deref(), 1).await.unwrap();
    assert_eq!((rest.items[0].id, rest.items[0].outcome.as_deref()), (first, Some("done")));
    let of_order = log.list(&OperatorActionFilter { order_id: Some(id("O-1")) }, None, 10).await.unwrap();
    assert_eq!(of_order.items.iter().map(|action| action.id).collect::<Vec<_>>(), [first]);
}

#[tokio::test]
async fn an_order_s_trail_is_its_own() {
    let shop = Shop::new();
    shop.apply(vec![
        Change::PutProduct {
            sku: Sku::parse("A").unwrap(),
            name: "A".into(),
            unit_price: usd(1_000),
            at: shop.clock.now(),
        },
        Change::CountStock { sku: Sku::parse("A").unwrap(), on_hand: 10, reason: None, at: shop.clock.now() },
    ])
    .await;
    let line: Line = order("O-1", "a@example.com").lines[0].clone();
    for name in ["O-1", "O-10"] {
        shop.apply(vec![
            placed(&shop, &order(name, "a@example.com")),
            Change::Reserve {
                order_id: id(name),
                lines: vec![line.clone()],
                expires_at: shop.clock.now() + SignedDuration::from_mins(5),
                at: shop.clock.now(),
            },
            mail(&shop, name, "a@example.com"),
            topic_message(&shop, &format!("{name}/OrderConfirmed"), "{}"),
            topic_message(&shop, &format!("arn:execution:checkout:{name}/Announce/1/Tell"), "{}"),
        ])
        .await;
    }
    let trail = TrailReader::new(shop.store.clone(), shop.wiring.clone()).of(&id("O-1")).await.unwrap();
    assert_eq!(trail.movements.len(), 1);
    let mails: Vec<&str> = trail.mails.iter().map(|mail| mail.mail.key.as_str()).collect();
    assert_eq!(mails, ["O-1/outcome", "topic/contract-topic/O-1/OrderConfirmed/ops@example.com"]);
    let keys: Vec<&str> = trail.messages.iter().map(|found| found.message.key.as_str()).collect();
    assert_eq!(keys, ["O-1/OrderConfirmed", "arn:execution:checkout:O-1/Announce/1/Tell"]);
    let nothing = TrailReader::new(shop.store.clone(), shop.wiring.clone()).of(&id("none")).await.unwrap();
    assert_eq!(nothing, ports::Trail::default());
}

#[tokio::test]
async fn orders_are_found_by_amount_and_several_statuses() {
    let shop = Shop::new();
    for (name, total, last) in
        [("O-1", 1_000, Status::Confirmed), ("O-2", 2_050, Status::Rejected), ("O-3", 5_000, Status::Failed)]
    {
        shop.apply(vec![placed(&shop, &order(name, "a@example.com")), priced(name, total), status(&shop, name, last)])
            .await;
        shop.clock.advance(SignedDuration::from_secs(1));
    }
    let reader = OrderReader::new(shop.store.clone());
    let none = OrderFilter::default;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    for (filter, expected) in [
        (OrderFilter { min_total: Some(205_000), ..none() }, vec!["O-3", "O-2"]),
        (OrderFilter { min_total: Some(100_001), max_total: Some(499_999), ..none() }, vec!["O-2"]),
        (OrderFilter { max_total: Some(99_999), ..none() }, vec![]),
        (OrderFilter { statuses: words(&["failed", "confirmed"]), ..none() }, vec!["O-3", "O-1"]),
        (OrderFilter { statuses: words(&["failed"]), min_total: Some(1), ..none() }, vec!["O-3"]),
    ] {
        let found = reader.list(&filter, None, 10).await.unwrap();
        let found: Vec<&str> = found.items.iter().map(|order| order.id().as_str()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn what_orders_do_is_counted_once_and_stays_the_same_when_condensed() {
    let shop = Shop::new();
    let begun = shop.clock.now();
    for (name, end) in [("O-1", Status::Confirmed), ("O-2", Status::PaymentFailed)] {
        for _ in 0..2 {
            shop.apply(vec![placed(&shop, &order(name, "a@example.com")), priced(name, 2_500)]).await;
        }
        shop.clock.advance(SignedDuration::from_millis(400));
        if end == Status::Confirmed {
            shop.apply(vec![payment(&shop, name, PaymentEventKind::Captured, 2_500, "capture")]).await;
            shop.apply(vec![payment(&shop, name, PaymentEventKind::Captured, 2_500, "capture")]).await;
        }
        shop.apply(vec![status(&shop, name, end)]).await;
        shop.apply(vec![status(&shop, name, end)]).await;
    }
    shop.clock.advance(SignedDuration::from_mins(3));
    shop.apply(vec![
        payment(&shop, "O-1", PaymentEventKind::Refunded, 500, "refund/1"),
        status(&shop, "O-1", Status::Cancelled),
    ])
    .await;
    let queue_depths = shop.clock.now();
    shop.store
        .write(move |tx| {
            for depth in [3, 9, 4] {
                rollups::raise(tx, queue_depths, rollups::Measure::QueueDepth, depth)?;
            }
            Ok::<_, rusqlite::Error>(())
        })
        .await
        .unwrap();
    let statistics = StatisticsReader::new(shop.store.clone());
    let check = async |span: Span| {
        let points = statistics.orders(span).await.unwrap();
        let sum = |of: fn(&ports::OrderStatistics) -> u64| points.iter().map(of).sum::<u64>();
        assert_eq!((sum(|p| p.placed), sum(|p| p.confirmed), sum(|p| p.payment_failed)), (2, 1, 1));
        assert_eq!((sum(|p| p.cancelled), sum(|p| p.rejected), sum(|p| p.failed)), (1, 0, 0));
        let revenue: i64 = points.iter().flat_map(|point| &point.revenue).map(|money| money.minor()).sum();
        assert_eq!(revenue, 2_000);
        let mut durations = ports::Durations::default();
        points.iter().for_each(|point| durations.merge(&point.durations));
        assert_eq!(durations.count(), 2);
        assert!((400.0..480.0).contains(&durations.quantile(0.99).expect("two")), "{durations:?}");
        assert_eq!(points.iter().map(|point| point.queue_depth).max(), Some(9));
        points
    };
    let points = check(Span::ending(shop.clock.now(), 60, 60)).await;
    assert_eq!(points.len(), 60);
    assert_eq!(points.last().expect("60").cancelled, 1, "the last minute is the one that is going on");
    let rows = |shop: &Shop| shop.read(|c| c.query_row("SELECT COUNT(*) FROM rollups", [], |row| row.get::<_, i64>(0)));
    let before = rows(&shop);
    let later = begun + SignedDuration::from_hours(50);
    shop.store.write(move |tx| rollups::condense(tx, later, begun)).await.unwrap();
    assert!(rows(&shop) <= before);
    check(Span::ending(later, 3_600, 72)).await;
    shop.store.write(move |tx| rollups::condense(tx, later, later)).await.unwrap();
    assert_eq!(rows(&shop), 0);
}

struct NothingRuns;

impl RedactExecution for NothingRuns {
    fn redact(&self, transaction: &Connection, execution_arn: &str) -> rusqlite::Result<bool> {
        transaction.execute("INSERT OR REPLACE INTO running VALUES (?1, 0)", [execution_arn]).map(|rows| rows == 1)
    }
}

#[tokio::test]
async fn an_erased_person_is_found_nowhere_and_the_books_stay() {
    let shop = Shop::new();
    let book = PersonalDataBook::new(shop.store.clone(), Arc::new(NothingRuns));
    let (ana, ion) = ("ana.pop@example.com", "ion@example.com");
    for (name, email) in [("O-1", ana), ("O-2", ana), ("O-3", ion)] {
        shop.apply(vec![
            placed(&shop, &order(name, email)),
            priced(name, 2_500),
            payment(&shop, name, PaymentEventKind::Captured, 2_500, "capture"),
            mail(&shop, name, email),
            topic_message(&shop, &format!("{name}/told"), &format!("{{\"email\":\"{email}\"}}")),
        ])
        .await;
        if name != "O-2" {
            shop.apply(vec![status(&shop, name, Status::Confirmed)]).await;
        }
    }
    let person = Person::Guest(Email::parse(ana).unwrap());
    let refused = book.erase(&person).await.unwrap_err();
    assert_eq!(refused.name, ErrorName::OrderInProgress, "{refused}");
    shop.apply(vec![status(&shop, "O-2", Status::Confirmed)]).await;

    let erased = book.erase(&person).await.unwrap();
    // To the customer, and to those whom the topic tells by mail.
    assert_eq!((erased.orders, erased.mails), (vec![id("O-1"), id("O-2")], 4));
    for (table, text) in [
        ("orders", "placed || coalesce(customer_name, '') || coalesce(customer_email, '')"),
        ("mails", "recipient || subject || mail"),
        ("topic_messages", "message"),
        ("events", "detail"),
    ] {
        let found = shop.read(|connection| {
            let sql = format!("SELECT {text} FROM {table}");
            let mut statement = connection.prepare(&sql)?;
            statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
        });
        let about_ana = found.iter().filter(|text| text.contains("ana.pop") || text.contains("Strada")).count();
        let expected = usize::from(table == "orders");
        assert_eq!(about_ana, expected, "{table}: only the other's order has a street: {found:?}");
    }
    let kept = OrderReader::new(shop.store.clone()).get(&id("O-1")).await.unwrap().expect("the order stays");
    assert_eq!((kept.payment().kept(), kept.status), (2_500, Status::Confirmed));
    assert_eq!(kept.placed.shipping_address.expect("the country stays").country.code(), "RO");
    let again = book.erase(&person).await.unwrap();
    assert_eq!(again, ports::Erased::default());
    let nobody = book.erase(&Person::Customer(CustomerId::parse("NOBODY").unwrap())).await.unwrap();
    assert_eq!(nobody, ports::Erased::default());
}

#[tokio::test]
async fn what_a_customer_s_orders_come_to_is_counted_once_each() {
    let shop = Shop::new();
    let (ana, nobody) = (CustomerId::parse("ANA").unwrap(), CustomerId::parse("NOBODY").unwrap());
    let capture = |name: &str| payment(&shop, name, PaymentEventKind::Captured, 2_500, "capture");
    for name in ["O-1", "O-2", "O-3"] {
        let mut order = order(name, "ana@example.com");
        order.customer.id = (name != "O-3").then(|| ana.clone());
        for _ in 0..2 {
            shop.apply(vec![placed(&shop, &order), capture(name)]).await;
        }
    }
    shop.apply(vec![payment(&shop, "O-1", PaymentEventKind::Refunded, 700, "refund/1")]).await;
    let book = PersonalDataBook::new(shop.store.clone(), Arc::new(NothingRuns));
    let totals = book.totals(&[ana, nobody]).await.unwrap();
    assert_eq!((totals[0].orders, &totals[0].spent), (2, &vec![usd(4_300)]), "an order placed twice is one");
    assert_eq!(totals[1], ports::CustomerTotals::default());
    let in_books = shop.read(|connection| {
        connection.query_row(
            "SELECT orders, minor FROM customer_orders_in_books JOIN customer_spending_in_books USING (customer_id)",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )
    });
    assert_eq!(in_books, (2, 4_300));
}

#[tokio::test]
async fn a_whole_id_or_address_finds_itself_and_a_piece_all_that_have_it() {
    let shop = Shop::new();
    for (name, email) in [("O-1", "a@example.com"), ("O-10", "aa@example.com"), ("O-2", "b@example.com")] {
        shop.apply(vec![placed(&shop, &order(name, email))]).await;
        shop.clock.advance(SignedDuration::from_secs(1));
    }
    let reader = OrderReader::new(shop.store.clone());
    for (text, expected) in [
        ("O-1", vec!["O-1"]),
        ("o-1", vec!["O-10", "O-1"]),
        ("O-", vec!["O-2", "O-10", "O-1"]),
        ("A@example.com", vec!["O-1"]),
        ("a@exam", vec!["O-10", "O-1"]),
        ("ana pop", vec!["O-2", "O-10", "O-1"]),
        ("%", vec![]),
    ] {
        let filter = OrderFilter { text: Some(text.to_owned()), ..OrderFilter::default() };
        let found = reader.list(&filter, None, 10).await.unwrap();
        let found: Vec<&str> = found.items.iter().map(|order| order.id().as_str()).collect();
        assert_eq!(found, expected, "{text}");
        let combined = OrderFilter { workflow: Some("checkout".into()), statuses: vec!["placed".into()], ..filter };
        let found = reader.list(&combined, None, 10).await.unwrap();
        assert_eq!(found.items.len(), expected.len(), "{text} with other conditions");
    }
}
