//! The ports over the shop's books.

use api::{GatewaySwitch, LinkVerdict, Metrics, Readiness, ReceiptDocuments};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use order::{
    Customer, CustomerId, Email, Entry, EntryKind, Invalid, Level, Money, Order, OrderId, PaymentEvent, Product,
    Reservation, Sku,
};
use ports::{
    AlarmView, Audit, Auditor, BacklogView, Catalog, Change, ChargeRequest, Clock, Customers, DeadLetter, Delivery,
    DeliveryState, ErrorName, GatewayError, Ids, Mail, MailView, Messages, Movement, OrderFilter, Orders, Page,
    PaymentGateway, QueueView, Receipts, RefundRequest, StepError, SubscriptionView, TopicDelivery, TopicMessage,
    TopicMessageView, TopicView, Writer,
};
use serde_json::json;

use crate::shop::{Shop, order_id};

#[async_trait]
impl Orders for Shop {
    async fn get(&self, id: &OrderId) -> ports::Result<Option<Order>> {
        Ok(self.books.lock().unwrap().orders.get(id).cloned())
    }

    async fn by_idempotency_key(&self, key: &str) -> ports::Result<Option<(OrderId, String)>> {
        Ok(self.books.lock().unwrap().keys.get(key).cloned())
    }

    async fn list(&self, filter: &OrderFilter, cursor: Option<&str>, limit: usize) -> ports::Result<Page<Order>> {
        let books = self.books.lock().unwrap();
        let fits = |order: &&Order| {
            (filter.statuses.is_empty() || filter.statuses.iter().any(|status| order.status_word() == *status))
                && filter.workflow.as_ref().is_none_or(|workflow| order.placed.workflow == *workflow)
                && filter.placed_after.is_none_or(|after| order.placed_at >= after)
        };
        page(books.orders.values().filter(fits).cloned(), cursor, limit)
    }
}

/// Pages by number; what is no number is a cursor that nobody gave.
fn page<T>(items: impl Iterator<Item = T>, cursor: Option<&str>, limit: usize) -> ports::Result<Page<T>> {
    let start: usize = match cursor {
        Some(cursor) => cursor.parse().map_err(|_| Invalid::new("a cursor of a listing").at("cursor"))?,
        None => 0,
    };
    let mut items: Vec<T> = items.skip(start).take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    Ok(Page { items, next_cursor: more.then(|| (start + limit).to_string()) })
}

#[async_trait]
impl Catalog for Shop {
    async fn products(&self, skus: &[Sku]) -> ports::Result<Vec<Product>> {
        let books = self.books.lock().unwrap();
        Ok(skus.iter().filter_map(|sku| books.products.get(sku).cloned()).collect())
    }

    async fn list(&self, text: Option<&str>, cursor: Option<&str>, limit: usize) -> ports::Result<Page<Product>> {
        let books = self.books.lock().unwrap();
        let fits = |product: &&Product| text.is_none_or(|text| product.name.contains(text));
        page(books.products.values().filter(fits).cloned(), cursor, limit)
    }

    async fn reservations(&self, _: &OrderId) -> ports::Result<Vec<Reservation>> {
        Ok(Vec::new())
    }

    async fn ledger(&self, sku: &Sku, cursor: Option<&str>, limit: usize) -> ports::Result<Page<Movement>> {
        let books = self.books.lock().unwrap();
        page(books.ledger.iter().rev().filter(|movement| movement.entry.sku == *sku).cloned(), cursor, limit)
    }
}

#[async_trait]
impl Customers for Shop {
    async fn get(&self, id: &CustomerId) -> ports::Result<Option<Customer>> {
        Ok(self.books.lock().unwrap().customers.get(id).cloned())
    }

    async fn list(&self, _: Option<&str>, cursor: Option<&str>, limit: usize) -> ports::Result<Page<Customer>> {
        page(self.books.lock().unwrap().customers.values().cloned(), cursor, limit)
    }
}

#[async_trait]
impl PaymentGateway for Shop {
    async fn authorise(&self, _: &ChargeRequest) -> Result<PaymentEvent, GatewayError> {
        unreachable!("the interface moves no money")
    }

    async fn capture(&self, _: &str, _: &str, _: Money) -> Result<PaymentEvent, GatewayError> {
        unreachable!("the interface moves no money")
    }

    async fn refund(&self, _: &RefundRequest) -> Result<PaymentEvent, GatewayError> {
        unreachable!("the interface moves no money")
    }

    async fn events(&self, _: &OrderId) -> Result<Vec<PaymentEvent>, GatewayError> {
        unreachable!("the interface reads payments off the orders")
    }
}

#[async_trait]
impl Receipts for Shop {
    async fn put(&self, object_key: &str, document: Bytes) -> ports::Result<()> {
        self.books.lock().unwrap().receipts.insert(object_key.to_owned(), document);
        Ok(())
    }

    async fn get(&self, object_key: &str) -> ports::Result<Option<Bytes>> {
        Ok(self.books.lock().unwrap().receipts.get(object_key).cloned())
    }

    fn link(&self, order_id: &OrderId, _: &str) -> String {
        format!("/orders/{order_id}/receipt?expires=later&signature=good")
    }

    async fn direct_link(&self, object_key: &str) -> ports::Result<Option<String>> {
        let books = self.books.lock().unwrap();
        let there = books.object_store.filter(|_| books.receipts.contains_key(object_key));
        Ok(there.map(|object_store| format!("{object_store}/{object_key}")))
    }
}

impl ReceiptDocuments for Shop {
    fn render(&self, order: &Order) -> Option<Bytes> {
        order.pricing.as_ref().map(|_| Bytes::from_static(b"%PDF-1.7 made again"))
    }

    fn verify_link(&self, _: &OrderId, expires: &str, signature: &str, _: Timestamp) -> LinkVerdict {
        match (expires, signature) {
            ("later", "good") => LinkVerdict::Valid,
            (_, "good") => LinkVerdict::Expired,
            _ => LinkVerdict::Forged,
        }
    }
}

impl Clock for Shop {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Ids for Shop {
    fn order_id(&self) -> OrderId {
        let count = self.books.lock().unwrap().orders.len();
        order_id(&format!("made-{count}"))
    }

    fn execution_arn(&self, workflow: &str, name: &str) -> String {
        format!("arn:aws:states:us-east-1:123456789012:execution:{workflow}:{name}")
    }
}

#[async_trait]
impl Writer for Shop {
    async fn apply(&self, changes: Vec<Change>) -> ports::Result<()> {
        let mut books = self.books.lock().unwrap();
        for change in changes {
            match change {
                Change::PutProduct { sku, name, unit_price, .. } => {
                    let level = books.products.get(&sku).map_or(Level::default(), |product| product.level);
                    books.products.insert(sku.clone(), Product { sku, name, unit_price, level });
                }
                Change::CountStock { sku, on_hand, .. } => {
                    books.products.get_mut(&sku).unwrap().level.on_hand = on_hand;
                }
                Change::MoveStock { sku, kind, units, reason, at } => {
                    let product = books.products.get_mut(&sku).unwrap();
                    product.level = product
                        .level
                        .apply(&sku, kind, units)
                        .map_err(|error| StepError::new(ErrorName::OutOfStock, error.to_string()))?;
                    let sequence = books.ledger.len() as i64 + 1;
                    let entry = Entry { sku, kind, units, order_id: None, reason, at };
                    books.ledger.push(Movement { sequence, entry });
                }
                Change::PutCustomer(customer) => {
                    books.customers.insert(customer.id.clone(), customer);
                }
                other => panic!("the interface makes no such change: {other:?}"),
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Messages for Shop {
    async fn mails(&self, _: Option<&str>, cursor: Option<&str>, limit: usize) -> ports::Result<Page<MailView>> {
        page(std::iter::once(mail()), cursor, limit)
    }

    async fn mail(&self, id: i64) -> ports::Result<Option<MailView>> {
        Ok((id == 7).then(mail))
    }

    async fn topics(&self) -> ports::Result<Vec<TopicView>> {
        let subscriptions = vec![SubscriptionView { protocol: "email".into(), endpoint: "ops@example.com".into() }];
        Ok(vec![TopicView { name: "OrderAlertsTopic".into(), published: 1, subscriptions }])
    }

    async fn topic_messages(
        &self,
        topic: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> ports::Result<Page<TopicMessageView>> {
        if topic != "OrderAlertsTopic" {
            return Err(StepError::new(ErrorName::NotFound, format!("there is no topic {topic}")));
        }
        let message = TopicMessage {
            topic: topic.to_owned(),
            key: "A-1/placed".into(),
            subject: None,
            message: "{}".into(),
            at: Timestamp::UNIX_EPOCH,
        };
        let deliveries = vec![TopicDelivery {
            id: "delivery-1".into(),
            endpoint: "https://example.com/hook".into(),
            state: DeliveryState::Pending,
            attempts: 2,
            last_error: Some("status 503".into()),
            dead_at: None,
        }];
        page(std::iter::once(TopicMessageView { id: 1, message, deliveries }), cursor, limit)
    }

    async fn queues(&self) -> ports::Result<Vec<QueueView>> {
        Ok(vec![QueueView {
            name: "OrdersQueue".into(),
            visible: 3,
            in_flight: 1,
            visibility_timeout_seconds: 30,
            dead_letter_queue: None,
        }])
    }

    async fn backlogs(&self) -> ports::Result<Vec<BacklogView>> {
        Ok(vec![BacklogView { kind: "mail".into(), waiting: 2, dead: 1 }])
    }

    async fn dead_letters(&self, cursor: Option<&str>, limit: usize) -> ports::Result<Page<DeadLetter>> {
        let letter = DeadLetter {
            id: "mail-7".into(),
            kind: "mail".into(),
            destination: "ana@example.com".into(),
            content: json!({}),
            attempts: 8,
            last_error: Some("connection refused".into()),
            at: Timestamp::UNIX_EPOCH,
        };
        page(std::iter::once(letter), cursor, limit)
    }

    async fn redeliver(&self, dead_letter_id: &str) -> ports::Result<()> {
        if dead_letter_id != "mail-7" {
            return Err(StepError::new(ErrorName::NotFound, "there is no such dead letter"));
        }
        self.books.lock().unwrap().redelivered.push(dead_letter_id.to_owned());
        Ok(())
    }

    async fn alarms(&self) -> ports::Result<Vec<AlarmView>> {
        Ok(vec![AlarmView {
            name: "OrdersQueueDepthAlarm".into(),
            state: "OK".into(),
            reason: "all is well".into(),
            since: None,
            rule: json!({"Threshold": 10}),
            history: Vec::new(),
        }])
    }
}

fn mail() -> MailView {
    let mail = Mail {
        key: "A-1/outcome".into(),
        order_id: order_id("A-1"),
        kind: "order_confirmed".into(),
        to: Email::parse("ana@example.com").unwrap(),
        to_name: None,
        subject: "Your order A-1 is confirmed".into(),
        text: "Thank you.".into(),
        html: "<p>Thank you.</p>".into(),
        attachments: Vec::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    let delivery = Delivery { state: DeliveryState::Captured, attempts: 0, last_error: None, next_attempt_at: None };
    MailView { id: 7, mail, delivery }
}

#[async_trait]
impl Auditor for Shop {
    async fn audit(&self) -> ports::Result<Audit> {
        let violations = vec!["tea: on hand is 10, the ledger says 9".to_owned()];
        Ok(Audit { ok: false, violations, orders: 1, ledger_entries: 2, payment_events: 3 })
    }
}

impl GatewaySwitch for Shop {
    fn unavailable_served(&self) -> bool {
        self.books.lock().unwrap().unavailable_served
    }

    fn serve_unavailable(&self, served: bool) {
        self.books.lock().unwrap().unavailable_served = served;
    }
}

impl Metrics for Shop {
    fn render(&self) -> String {
        "orders_total 1\n".to_owned()
    }
}

#[async_trait]
impl Readiness for Shop {
    async fn check(&self) -> Result<(), String> {
        self.books.lock().unwrap().broken.clone().map_or(Ok(()), Err)
    }
}

/// A movement that a test put into the ledger, as the writer would.
pub fn received(sku: &str, units: i64) -> Change {
    Change::MoveStock {
        sku: Sku::parse(sku).unwrap(),
        kind: EntryKind::Received,
        units,
        reason: None,
        at: Timestamp::UNIX_EPOCH,
    }
}
