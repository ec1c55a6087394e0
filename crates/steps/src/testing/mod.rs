//! A shop in memory to try steps and workflows in: real rules, no storage.

mod books;
mod gateway;
mod home;
mod machine;
mod ports;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use ::ports::{BusEvent, Change, ErrorName, Execution, Mail, Ports, QueueMessage, Result, StepError, TopicMessage};
use documents::Shop;
use jiff::{SignedDuration, Timestamp};
use order::{
    Contact, Country, Currency, Email, Level, Line, Money, NewOrder, Order, OrderId, Quantity, Reservation, Sku,
};
use serde_json::{Value, json};

use crate::{Context, registry};
use books::Books;
use gateway::Gateway;

pub(crate) use machine::{Run, machine};

/// The shop. Clones are the same shop.
#[derive(Clone)]
pub(crate) struct World(Arc<Inner>);

struct Inner {
    books: Mutex<Books>,
    gateway: Mutex<Gateway>,
    now: Mutex<Timestamp>,
    ids: AtomicU64,
    /// How many reads are still to fail.
    failing_reads: AtomicU32,
    faults: Mutex<Faults>,
}

/// What goes wrong between an execution and its steps.
#[derive(Default)]
struct Faults {
    /// Whether every task's first answer is lost.
    first_answers_are_lost: bool,
    /// How many answers of one step are still to be lost, so that it looks like an outage.
    lost: Option<(&'static str, u32)>,
}

/// What the products of the shop cost and how many there are.
const PRODUCTS: [(&str, &str, &str, i64); 8] = [
    ("CHAI", "18.00", "USD", 10),
    ("CHANG", "19.00", "USD", 20),
    ("TOFU", "23.25", "USD", 4),
    ("TEE", "5.00", "EUR", 10),
    ("CARTE", "50.00", "RON", 10),
    ("sku-001", "25.00", "USD", 10),
    ("sku-002", "120.00", "USD", 10),
    ("sku-003", "9.50", "USD", 10),
];

fn parse<T>(text: &str, parse: impl FnOnce(String) -> std::result::Result<T, order::Invalid>) -> T {
    parse(text.to_owned()).expect("the tests write what is right")
}

fn id(text: &str) -> OrderId {
    parse(text, OrderId::parse)
}

impl World {
    /// A shop with products, a customer or two, and no orders.
    pub(crate) fn new() -> Self {
        let now: Timestamp = "2026-09-21T14:13:20Z".parse().expect("a time");
        let world = Self(Arc::new(Inner {
            books: Mutex::default(),
            gateway: Mutex::default(),
            now: Mutex::new(now),
            ids: AtomicU64::new(1),
            failing_reads: AtomicU32::new(0),
            faults: Mutex::default(),
        }));
        for (sku, price, currency, stock) in PRODUCTS {
            let currency = Currency::parse(currency).expect("known");
            let (sku, name) = (parse(sku, Sku::parse), format!("Finest {sku}"));
            let unit_price = Money::parse(price, currency).expect("an amount");
            let product = Change::PutProduct { sku: sku.clone(), name, unit_price, at: now };
            let stock = Change::CountStock { sku, on_hand: stock, reason: None, at: now };
            world.apply(&[product, stock]).expect("fresh products");
        }
        for (id, email, name) in [("ALFKI", "alfki@example.com", "Maria Anders"), ("ana", "ana@example.com", "Ana Pop")]
        {
            world.put_customer(id, email, name, "DE");
        }
        world
    }

    fn put_customer(&self, id: &str, email: &str, name: &str, country: &str) {
        let address = order::Address {
            name: None,
            street: Some("Obere Str. 57".into()),
            city: None,
            region: None,
            postal_code: None,
            country: parse(country, Country::parse),
        };
        let customer = order::Customer {
            id: parse(id, order::CustomerId::parse),
            company: None,
            contact: Some(name.into()),
            email: parse(email, Email::parse),
            address: Some(address),
        };
        self.apply(&[Change::PutCustomer(customer)]).expect("anybody may be a customer");
    }

    /// A shop with an order of `checkout` in it.
    pub(crate) fn with_order(id: &str, lines: &[(&str, i64)]) -> Self {
        let world = Self::new();
        world.place(id, lines);
        world
    }

    /// A shop with an order whose units are held, priced with a shipping of 15.00.
    pub(crate) async fn with_reserved(id: &str, lines: &[(&str, i64)]) -> Self {
        Self::with_reserved_by(id, lines, "tok_visa").await
    }

    /// The same, to be paid with that token.
    pub(crate) async fn with_reserved_by(id: &str, lines: &[(&str, i64)], token: &str) -> Self {
        let world = Self::new();
        world.place_with(id, lines, |order| order.payment_token = token.to_owned());
        let input = json!({ "order_id": id, "shipping": { "base": "15.00" } });
        world.run("PriceAndReserve", input).await.expect("it can be had");
        world
    }

    /// A shop with an order that is paid.
    pub(crate) async fn with_paid(id: &str, lines: &[(&str, i64)]) -> Self {
        let world = Self::with_reserved(id, lines).await;
        world.run("ChargePayment", json!({ "order_id": id })).await.expect("the card is good");
        world
    }

    /// A shop with an order that is confirmed.
    pub(crate) async fn with_sale(id: &str, lines: &[(&str, i64)]) -> Self {
        let world = Self::with_paid(id, lines).await;
        world.run("ConfirmOrder", json!({ "order_id": id })).await.expect("it is paid");
        world
    }

    /// Places an order of `checkout` without asking its intake.
    pub(crate) fn place(&self, id: &str, lines: &[(&str, i64)]) {
        self.place_with(id, lines, |_| ());
    }

    /// The same, changed first.
    pub(crate) fn place_with(&self, order_id: &str, lines: &[(&str, i64)], change: impl FnOnce(&mut NewOrder)) {
        let line = |(sku, units): &(&str, i64)| Line {
            sku: parse(sku, Sku::parse),
            quantity: Quantity::new(*units).expect("within bounds"),
        };
        let mut order = NewOrder {
            id: id(order_id),
            workflow: "checkout".into(),
            customer: Contact {
                id: None,
                name: Some("Ana Pop".into()),
                email: Some(parse("ana@example.com", Email::parse)),
            },
            lines: lines.iter().map(line).collect(),
            shipping_address: Some(order::Address {
                name: None,
                street: None,
                city: None,
                region: None,
                postal_code: None,
                country: parse("DE", Country::parse),
            }),
            currency: None,
            payment_token: "tok_visa".into(),
            payment_method: None,
        };
        change(&mut order);
        let execution_arn = self.execution_arn(&order.workflow, order_id);
        let place = Change::PlaceOrder { order, execution_arn, idempotency: None, at: self.now() };
        self.apply(&[place]).expect("the id is free");
    }

    /// What a step is given here.
    pub(crate) fn context(&self) -> Context {
        let reader = Arc::new(self.clone());
        Context {
            ports: Ports {
                orders: reader.clone(),
                catalog: reader.clone(),
                customers: reader.clone(),
                payments: reader.clone(),
                receipts: reader.clone(),
                clock: reader.clone(),
                ids: reader,
            },
            shop: Shop { name: "The Corner Shop".into(), email: parse("shop@example.com", Email::parse), url: None },
        }
    }

    /// Runs a step and applies its changes.
    pub(crate) async fn run(&self, step: &str, input: Value) -> Result<Value> {
        let step = registry::find(step).expect("tests call steps that exist");
        let (output, changes) = step.run(&self.context(), input).await?;
        self.apply(&changes)?;
        Ok(output)
    }

    /// Runs a step twice, as a runtime does that lost the first answer, and makes sure that the second
    /// time changes nothing and answers the same.
    pub(crate) async fn run_twice(&self, step: &str, input: Value) -> Result<Value> {
        let first = self.run(step, input.clone()).await?;
        let before = self.books().clone();
        self.advance(1);
        let second = self.run(step, input).await.expect("what went well goes well again");
        assert_eq!(first, second, "{step} answers the same");
        assert!(before == *self.books(), "{step} has the effect of one");
        Ok(first)
    }

    /// Runs a step and loses its changes, as a crash does.
    pub(crate) async fn run_and_lose(&self, step: &str, input: Value) {
        let step = registry::find(step).expect("tests call steps that exist");
        step.run(&self.context(), input).await.expect("only its changes are lost");
    }

    /// Applies changes: all or none.
    pub(crate) fn apply(&self, changes: &[Change]) -> Result<()> {
        let mut books = self.books();
        let mut next = books.clone();
        changes.iter().try_for_each(|change| next.apply(change))?;
        next.check();
        *books = next;
        Ok(())
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().expect("no test panics with it")
    }

    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().expect("no test panics with it")
    }

    fn gateway(&self) -> MutexGuard<'_, Gateway> {
        self.0.gateway.lock().expect("no test panics with it")
    }

    /// Fails an order that is open.
    pub(crate) async fn fail(&self, id: &str, error: &str) {
        let input = json!({ "order_id": id, "error": error, "reason": "because" });
        self.run("FailOrder", input).await.expect("it is open");
    }

    /// Takes an order of `checkout` to its end.
    pub(crate) async fn run_to_the_end(&self, id: &str) {
        let execution = self.executions().into_iter().find(|execution| execution.name == id).expect("it was started");
        self.execute(&execution.state_machine, id, execution.input).await;
    }

    /// Gives back what is held for an order, as happens when a hold runs out.
    pub(crate) fn release(&self, order: &str) {
        let at = self.now();
        self.apply(&[Change::Release { order_id: id(order), reason: "the hold expired".into(), at }]).expect("held");
    }

    /// Gives a product another price.
    pub(crate) fn change_price(&self, sku: &str, amount: &str) {
        let currency = Currency::parse("USD").expect("known");
        let unit_price = Money::parse(amount, currency).expect("an amount");
        let (sku, at) = (parse(sku, Sku::parse), self.now());
        self.apply(&[Change::PutProduct { sku, name: "Renamed".into(), unit_price, at }]).expect("it exists");
    }

    /// Gives a customer another country.
    pub(crate) fn move_customer(&self, id: &str, country: &str) {
        self.put_customer(id, "moved@example.com", "Maria Anders", country);
    }

    /// Lets the next so many reads of orders, products and customers fail.
    pub(crate) fn fail_next_reads(&self, count: u32) {
        self.0.failing_reads.store(count, Ordering::SeqCst);
    }

    /// Lets the payment provider answer nothing at all.
    pub(crate) fn silence_provider(&self) {
        self.gateway().is_silent = true;
    }

    /// Lets every task of an execution run twice, as if its first answer had been lost.
    pub(crate) fn lose_first_answers(&self) {
        self.faults().first_answers_are_lost = true;
    }

    /// Loses the next answers of a step, not their effect.
    pub(crate) fn lose_answers(&self, step: &'static str, count: u32) {
        self.faults().lost = Some((step, count));
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, seconds: i64) {
        self.advance_to(self.now().checked_add(SignedDuration::from_secs(seconds)).expect("tests are short"));
    }

    /// Lets time pass until then.
    fn advance_to(&self, at: Timestamp) {
        let mut now = self.0.now.lock().expect("no test panics with it");
        *now = at.max(*now);
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        *self.0.now.lock().expect("no test panics with it")
    }

    /// An order.
    pub(crate) fn order(&self, order: &str) -> Order {
        self.books().orders.get(&id(order)).expect("tests ask for orders that exist").clone()
    }

    /// How many orders there are.
    pub(crate) fn orders(&self) -> usize {
        self.books().orders.len()
    }

    /// An order's status in the words of its workflow.
    pub(crate) fn status(&self, order: &str) -> String {
        self.order(order).status_word()
    }

    /// On hand, reserved, sold.
    pub(crate) fn stock(&self, sku: &str) -> (i64, i64, i64) {
        let level = self.books().products[&parse(sku, Sku::parse)].level;
        (level.on_hand, level.reserved, level.sold)
    }

    /// What is held for an order.
    pub(crate) fn holds(&self, order: &str) -> Vec<Reservation> {
        self.books().reservations.iter().filter(|held| held.order_id.as_str() == order).cloned().collect()
    }

    /// What the payment provider took and gave back for an order, in minor units.
    pub(crate) fn charged(&self, order: &str) -> (i64, i64) {
        let payment = order::Payment::fold(&self.gateway().events_of(&id(order)));
        (payment.captured, payment.refunded)
    }

    /// The mails about an order.
    pub(crate) fn mails(&self, order: &str) -> Vec<Mail> {
        self.books().mails.iter().filter(|mail| mail.order_id.as_str() == order).cloned().collect()
    }

    /// Everything on the bus.
    pub(crate) fn events(&self) -> Vec<BusEvent> {
        self.books().events.clone()
    }

    /// Everything that was published.
    pub(crate) fn topics(&self) -> Vec<TopicMessage> {
        self.books().topics.clone()
    }

    /// The stock of every product.
    pub(crate) fn levels(&self) -> Vec<(String, Level)> {
        self.books().products.values().map(|product| (product.sku.to_string(), product.level)).collect()
    }

    /// The messages of a topic.
    pub(crate) fn topic(&self, name: &str) -> Vec<TopicMessage> {
        self.books().topics.iter().filter(|message| message.topic == name).cloned().collect()
    }

    /// The messages of a queue.
    pub(crate) fn queue(&self, name: &str) -> Vec<QueueMessage> {
        self.books().queues.iter().filter(|message| message.queue == name).cloned().collect()
    }

    /// Everything that was started.
    pub(crate) fn executions(&self) -> Vec<Execution> {
        self.books().executions.clone()
    }

    /// A document of the object store.
    pub(crate) fn document(&self, key: &str) -> Option<Vec<u8>> {
        self.books().documents.get(key).cloned()
    }

    /// The ARN of an execution.
    pub(crate) fn execution_arn(&self, workflow: &str, name: &str) -> String {
        format!("arn:aws:states:local:000000000000:execution:{workflow}:{name}")
    }

    fn read(&self) -> Result<()> {
        let failing = &self.0.failing_reads;
        let left = failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(StepError::new(ErrorName::ServiceUnavailable, "the books are closed")),
            Err(_) => Ok(()),
        }
    }
}

/// The input of a placing step.
pub(crate) fn placement(workflow: &str, request: Value) -> Value {
    let hash = request.to_string();
    json!({ "workflow": workflow, "request": request, "idempotency_key": null, "request_hash": hash })
}

/// The input of a placing step whose caller gave an `Idempotency-Key`.
pub(crate) fn placement_with_key(workflow: &str, request: Value, key: &str) -> Value {
    let mut placement = placement(workflow, request);
    placement["idempotency_key"] = json!(key);
    placement
}

/// A file of a workflow's folder.
pub(crate) fn workflow_file(workflow: &str, name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../workflows").join(workflow).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The example order of a workflow.
pub(crate) fn example(workflow: &str) -> Value {
    serde_json::from_str(&workflow_file(workflow, "example-order.json")).expect("it is JSON")
}
