//! The shop behind the interface: its books, and what its workflows do with them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use engine::{Engine, StartRequest, Task, TaskError, TaskHandler, TaskSuccess};
use jiff::Timestamp;
use order::{
    Contact, Currency, Customer, CustomerId, Email, Invalid, Level, Line, Money, NewOrder, Order, OrderId,
    PaymentEvent, PaymentEventKind, PricedLine, Pricing, Product, Quantity, Receipt, Sku, Status, StatusChange, Totals,
};
use ports::{ErrorName, Handlers, Ids, Movement, Ports, StepError};
use serde_json::{Value, json};
use tokio::sync::watch;

/// What the shop knows.
#[derive(Default)]
pub struct Books {
    pub orders: BTreeMap<OrderId, Order>,
    pub keys: HashMap<String, (OrderId, String)>,
    pub products: BTreeMap<Sku, Product>,
    pub ledger: Vec<Movement>,
    pub customers: BTreeMap<CustomerId, Customer>,
    pub receipts: HashMap<String, Bytes>,
    /// Where the object store gives its documents itself, if it does.
    pub object_store: Option<&'static str>,
    pub redelivered: Vec<String>,
    pub unavailable_served: bool,
    pub broken: Option<String>,
}

/// The shop.
pub struct Shop {
    pub books: Mutex<Books>,
    pub engine: OnceLock<Engine>,
    /// Orders whose id begins with `slow` wait until this is true.
    pub gate: watch::Sender<bool>,
}
impl Default for Shop {
    fn default() -> Self {
        Self { books: Mutex::default(), engine: OnceLock::new(), gate: watch::Sender::new(false) }
    }
}

pub fn order_id(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

pub fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("USD").unwrap()).unwrap()
}

impl Shop {
    pub fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            orders: self.clone(),
            catalog: self.clone(),
            customers: self.clone(),
            payments: self.clone(),
            receipts: self.clone(),
            clock: self.clone(),
            ids: self.clone(),
        }
    }

    /// Lets slow orders go on.
    pub fn open_gate(&self) {
        self.gate.send_replace(true);
    }

    /// Loses the receipts' documents.
    pub fn lose_receipts(&self) {
        self.books.lock().unwrap().receipts.clear();
    }

    /// Has the object store give its documents itself, there.
    pub fn give_directly(&self, object_store: &'static str) {
        self.books.lock().unwrap().object_store = Some(object_store);
    }

    /// Makes the server unready.
    pub fn break_down(&self, why: &str) {
        self.books.lock().unwrap().broken = Some(why.to_owned());
    }

    pub fn redelivered(&self) -> Vec<String> {
        self.books.lock().unwrap().redelivered.clone()
    }

    pub fn orders(&self) -> usize {
        self.books.lock().unwrap().orders.len()
    }

    pub fn set_status(&self, id: &str, status: Status, reason: Option<&str>) {
        let at = Timestamp::now();
        let mut books = self.books.lock().unwrap();
        let order = books.orders.get_mut(&order_id(id)).unwrap();
        order.status = status;
        order.reason = reason.map(str::to_owned);
        order.history.push(StatusChange { status, at, reason: reason.map(str::to_owned) });
    }

    pub fn put_product(&self, sku: &str, name: &str, price: &str, on_hand: i64) {
        let sku = Sku::parse(sku).unwrap();
        let level = Level { on_hand, ..Level::default() };
        let product = Product { sku: sku.clone(), name: name.to_owned(), unit_price: usd(price), level };
        self.books.lock().unwrap().products.insert(sku, product);
    }

    fn insert(&self, request: &Value, workflow: &str) -> Result<Order, StepError> {
        let invalid = |field: &str, expected: &str| StepError::from(Invalid::new(expected).at(field));
        let id = match request.get("order_id") {
            Some(id) => OrderId::parse(id.as_str().unwrap_or_default()).map_err(|wrong| wrong.at("order_id"))?,
            None => self.order_id(),
        };
        let items = request["items"].as_array().cloned().unwrap_or_default();
        let mut lines = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let quantity = item["quantity"].as_i64().unwrap_or_default();
            lines.push(Line {
                sku: Sku::parse(item["sku"].as_str().unwrap_or_default()).map_err(|wrong| wrong.at("items"))?,
                quantity: Quantity::new(quantity)
                    .map_err(|_| invalid(&format!("items/{index}/quantity"), "a whole number from 1 to 1000000"))?,
            });
        }
        let email = request["customer"]["email"].as_str().unwrap_or("nobody@example.com");
        let placed = NewOrder {
            id: id.clone(),
            workflow: workflow.to_owned(),
            customer: Contact { id: None, name: None, email: Some(Email::parse(email).unwrap()) },
            lines,
            shipping_address: None,
            currency: None,
            payment_token: "tok_secret".to_owned(),
            payment_method: None,
        };
        let mut books = self.books.lock().unwrap();
        if let Some(known) = books.orders.get(&id) {
            return if known.placed == placed {
                Ok(known.clone())
            } else {
                Err(StepError::new(ErrorName::OrderIdTaken, format!("order {id} exists with other contents")))
            };
        }
        let arn = self.execution_arn(workflow, id.as_str());
        let order = Order::new(placed, arn, Timestamp::now());
        books.orders.insert(id, order.clone());
        Ok(order)
    }

    async fn start(&self, order: &Order) {
        let request = StartRequest {
            state_machine_name: order.placed.workflow.clone(),
            name: Some(order.id().to_string()),
            input: json!({"order_id": order.id()}),
        };
        // Placed again, it runs or has ended.
        drop(self.engine.get().unwrap().start(request).await);
    }

    fn confirm(&self, id: &OrderId) {
        let at = Timestamp::now();
        let mut books = self.books.lock().unwrap();
        let order = books.orders.get(id).unwrap();
        let lines = order.placed.lines.iter().map(|line| {
            let product = &books.products[&line.sku];
            PricedLine {
                sku: line.sku.clone(),
                name: product.name.clone(),
                quantity: line.quantity,
                unit_price: product.unit_price,
            }
        });
        let lines: Vec<_> = lines.collect();
        let subtotal = lines.iter().fold(usd("0"), |sum, line| sum.plus(line.amount()).unwrap());
        let shipping = usd("15.00");
        let total = subtotal.plus(shipping).unwrap();
        let object_key = format!("receipts/{id}.pdf");
        books.receipts.insert(object_key.clone(), Bytes::from_static(b"%PDF-1.7 kept"));
        let order = books.orders.get_mut(id).unwrap();
        order.pricing = Some(Pricing { lines, totals: Totals { subtotal, shipping, tax: usd("0"), total } });
        order.payment_events.push(PaymentEvent {
            kind: PaymentEventKind::Captured,
            amount: total,
            key: format!("{id}/capture"),
            reference: "ch_1".to_owned(),
            at,
        });
        order.receipt = Some(Receipt { object_key, issued_at: at });
        drop(books);
        self.set_status(id.as_str(), Status::Confirmed, None);
    }
}

/// Does what the workflows ask for.
pub struct Tasks(pub Arc<Shop>);

#[async_trait]
impl TaskHandler for Tasks {
    async fn run(&self, task: Task) -> Result<TaskSuccess, TaskError> {
        let shop = &self.0;
        let id = order_id(task.input["order_id"].as_str().unwrap());
        match task.resource.rsplit(':').next().unwrap() {
            "validate" => {
                if id.as_str().starts_with("slow") {
                    shop.gate.subscribe().wait_for(|open| *open).await.unwrap();
                }
            }
            "confirm" if id.as_str().starts_with("short") => {
                shop.set_status(id.as_str(), Status::Rejected, Some("tea: 40 wanted, 39 available"));
            }
            "confirm" => shop.confirm(&id),
            // The first try finds the order in progress and gives up.
            "cancel" if id.as_str().starts_with("twice") && task.execution_name.ends_with("-cancel") => {
                return Err(TaskError::new("OrderInProgress", "it is still in progress"));
            }
            "cancel" => shop.set_status(id.as_str(), Status::Cancelled, None),
            "ship" => shop.set_status(id.as_str(), Status::Shipped, None),
            other => panic!("no task {other}"),
        }
        Ok(TaskSuccess::new(json!({"order_id": id})))
    }
}

#[async_trait]
impl Handlers for Shop {
    async fn run(&self, step: &str, input: Value) -> ports::Result<Value> {
        let request = &input["request"];
        let workflow = input["workflow"].as_str().unwrap();
        match step {
            "PlaceOrder" => {
                let mut earlier = None;
                if let Some(key) = input["idempotency_key"].as_str() {
                    let hash = input["request_hash"].as_str().unwrap();
                    earlier = self.books.lock().unwrap().keys.get(key).cloned();
                    if earlier.as_ref().is_some_and(|(_, known)| known != hash) {
                        return Err(StepError::new(ErrorName::IdempotencyKeyReused, "the key was used before"));
                    }
                }
                let order = match earlier {
                    Some((id, _)) => self.books.lock().unwrap().orders[&id].clone(),
                    None => self.insert(request, workflow)?,
                };
                if let Some(key) = input["idempotency_key"].as_str() {
                    let hash = input["request_hash"].as_str().unwrap().to_owned();
                    self.books.lock().unwrap().keys.insert(key.to_owned(), (order.id().clone(), hash));
                }
                self.start(&order).await;
                Ok(json!({"order_id": order.id(), "status": order.status_word(),
                          "execution_arn": order.execution_arn, "answer": {}}))
            }
            // As with a queue in between: the execution is started later, by somebody else.
            "PlaceQueuedOrder" => {
                let request = json!({"order_id": request["OrderID"], "items": [{"sku": "tea", "quantity": 1}]});
                let order = self.insert(&request, workflow)?;
                // Those are for a test to start.
                if !order.id().as_str().starts_with("piped-") {
                    let (engine, start) = (self.engine.get().unwrap().clone(), start(&order, order.id().as_str()));
                    tokio::spawn(async move {
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                        engine.start(start).await.unwrap();
                    });
                }
                Ok(json!({"order_id": order.id(), "status": order.status_word(),
                          "execution_arn": order.execution_arn, "answer": {"message": "queued"}}))
            }
            "Echo" => {
                Ok(json!({"order_id": "echo", "status": "x", "execution_arn": "arn", "answer": {"input": input}}))
            }
            "Broken" => panic!("a fault on purpose"),
            other => Err(StepError::new(ErrorName::NotFound, format!("no step {other}"))),
        }
    }
}

fn start(order: &Order, name: &str) -> StartRequest {
    StartRequest {
        state_machine_name: order.placed.workflow.clone(),
        name: Some(name.to_owned()),
        input: json!({"order_id": order.id()}),
    }
}

impl Shop {
    /// Starts the execution of an order under another name than is expected, and notes it with the order.
    pub async fn start_as(&self, id: &str, name: &str) {
        let order = self.books.lock().unwrap().orders[&order_id(id)].clone();
        let started = self.engine.get().unwrap().start(start(&order, name)).await.unwrap();
        self.books.lock().unwrap().orders.get_mut(&order_id(id)).unwrap().execution_arn = started.execution_arn;
    }
}
