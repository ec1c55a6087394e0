//! Orders of all workflows made from a seed: every outcome, and repetitions. Those of `checkout`, which reserves what it
//! sells before it charges, race for the last units, too: where it ends for a loser elsewhere is up to chance.

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::deployment::WORKFLOWS;
use crate::orders::expected;

/// Products that no generated order exhausts.
const PLENTY: usize = 20;
/// Units of a product that is short: fewer than any order of it wants.
const SHORT: i64 = 3;
/// How many race for the units of a product.
const RACERS: usize = 8;
/// Units that they race for.
const PRIZES: i64 = 3;

/// A shop and what its customers ask of it.
pub struct Generated {
    pub products: Vec<Product>,
    /// Requests of one group are sent at once.
    pub groups: Vec<Vec<Request>>,
}

/// A product at the beginning.
pub struct Product {
    pub sku: String,
    pub price: String,
    pub on_hand: i64,
}

/// A request to place an order.
#[derive(Clone)]
pub struct Request {
    /// What it is called when homes are compared. Those that race for the same units share a name: which of them wins
    /// differs from run to run, how many do does not.
    pub name: String,
    pub workflow: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub idempotency_key: Option<String>,
    pub body: Value,
    /// What is asked once the order is confirmed.
    pub follow_ups: &'static [&'static str],
}

/// So many requests, and the shop they are for. The same seed gives the same.
pub fn generate(seed: u64, count: usize) -> Generated {
    let mut maker = Maker { random: Rng::with_seed(seed), products: Vec::new(), next: 0 };
    for number in 0..PLENTY {
        maker.product(format!("PLENTY-{number}"), 1_000_000);
    }
    maker.product("SHORT".to_owned(), SHORT);
    let mut groups = Vec::new();
    while maker.next < count {
        groups.push(maker.group());
    }
    Generated { products: maker.products, groups }
}

struct Maker {
    random: Rng,
    products: Vec<Product>,
    /// The next request's number.
    next: usize,
}

impl Maker {
    fn group(&mut self) -> Vec<Request> {
        match self.random.u8(0..100) {
            0..20 => vec![self.good()],
            20..24 => vec![self.followed()],
            24..31 => vec![self.declined()],
            31..36 => vec![self.short()],
            36..43 => vec![self.invalid()],
            43..49 => self.repeated(),
            49..52 => self.race(),
            _ => self.of_a_document(),
        }
    }

    /// An order as the document of one of the other workflows has it.
    fn of_a_document(&mut self) -> Vec<Request> {
        let others = &WORKFLOWS[1..];
        let workflow = others[self.random.usize(0..others.len())];
        let (sku, quantity) = (format!("PLENTY-{}", self.random.usize(0..PLENTY)), self.random.i64(1..=5));
        match self.random.u8(0..10) {
            0..4 => vec![self.document(workflow, "good", &sku, quantity, "tok_visa")],
            4..6 => vec![self.document(workflow, "declined", &sku, quantity, "tok_declined")],
            6 => vec![self.document(workflow, "short", "SHORT", SHORT + quantity, "tok_visa")],
            7..9 => {
                let mut request = self.document(workflow, "invalid", &sku, quantity, "tok_visa");
                let choice = self.random.u8(0..6);
                spoil(&mut request.body, choice);
                vec![request]
            }
            _ => {
                let request = self.document(workflow, "repeated", &sku, quantity, "tok_visa");
                self.next += 1;
                vec![request; 2]
            }
        }
    }

    fn document(&mut self, workflow: &'static str, kind: &str, sku: &str, quantity: i64, token: &str) -> Request {
        let (name, expected) = (format!("{kind}-{:03}", self.next), expected(workflow));
        self.next += 1;
        let body = (expected.order)(&name, sku, quantity, token);
        let (method, path) = (expected.method, expected.path);
        Request { name, workflow, method, path, idempotency_key: None, body, follow_ups: &[] }
    }

    /// Is confirmed.
    fn good(&mut self) -> Request {
        let lines = self.random.usize(1..=3);
        let first = self.random.usize(0..PLENTY);
        let items: Vec<Value> = (first..first + lines)
            .map(|number| json!({ "sku": format!("PLENTY-{}", number % PLENTY), "quantity": self.random.i64(1..=5) }))
            .collect();
        // The first authorisation of the second kind ends in a timeout, and is repeated.
        let token = if self.random.u8(0..20) == 0 { "tok_timeout" } else { "tok_visa" };
        self.request("good", &json!(items), token)
    }

    /// Is confirmed, and then called off or sent and taken back.
    fn followed(&mut self) -> Request {
        let paths: [&[&str]; 4] =
            [&["cancel"], &["cancel", "ship"], &["ship", "deliver"], &["ship", "deliver", "return"]];
        let follow_ups = paths[self.random.usize(0..paths.len())];
        Request { follow_ups, ..self.good() }
    }

    /// Is not paid.
    fn declined(&mut self) -> Request {
        let tokens = ["tok_declined", "tok_insufficient_funds", "tok_expired", "tok_fraud"];
        let token = tokens[self.random.usize(0..tokens.len())];
        let items = self.good().body["items"].clone();
        self.next -= 1;
        self.request("declined", &items, token)
    }

    /// Wants more than there is.
    fn short(&mut self) -> Request {
        let quantity = self.random.i64(SHORT + 1..=SHORT + 9);
        self.request("short", &json!([{ "sku": "SHORT", "quantity": quantity }]), "tok_visa")
    }

    /// Is refused, at once or by the workflow's first step.
    fn invalid(&mut self) -> Request {
        let mut request = self.good();
        request.name = request.name.replace("good", "invalid");
        let body = &mut request.body;
        match self.random.u8(0..10) {
            0 => body["items"] = json!([]),
            1 => body["items"][0]["quantity"] = json!(0),
            2 => body["items"][0]["quantity"] = json!("many"),
            3 => body["items"][0]["sku"] = json!("NO-SUCH-PRODUCT"),
            4 => body["customer"]["email"] = json!("nobody"),
            5 => body["customer"] = json!({ "id": "no-such-customer" }),
            6 => body["currency"] = json!("EUR"),
            7 => body["payment"]["token"] = json!(7),
            8 => body["shipping_address"] = Value::Null,
            _ => body["surprise"] = json!(true),
        }
        request
    }

    /// The same request several times at once, under one key; sometimes with another that has taken its key.
    fn repeated(&mut self) -> Vec<Request> {
        let mut request = self.good();
        request.name = request.name.replace("good", "repeated");
        request.idempotency_key = Some(format!("key-of-{}", request.name));
        // Without an id of the caller's, the key alone makes them one.
        if self.random.bool() {
            request.body["order_id"] = Value::Null;
        }
        let copies = self.random.usize(2..=3);
        self.next += copies - 1;
        vec![request; copies]
    }

    /// More orders than there are units, all alike.
    fn race(&mut self) -> Vec<Request> {
        let sku = format!("RACE-{}", self.next);
        self.product(sku.clone(), PRIZES);
        let racer = |maker: &mut Self| {
            let request = maker.request("race", &json!([{ "sku": sku, "quantity": 1 }]), "tok_visa");
            Request { name: format!("race for {sku}"), ..request }
        };
        (0..RACERS).map(|_| racer(self)).collect()
    }

    fn request(&mut self, kind: &str, items: &Value, token: &str) -> Request {
        let mut request = self.document("checkout", kind, "", 0, token);
        request.body["items"] = items.clone();
        request
    }

    fn product(&mut self, sku: String, on_hand: i64) {
        let price = format!("{}.{:02}", self.random.u32(1..400), self.random.u32(0..100));
        self.products.push(Product { sku, price, on_hand });
    }
}

/// Makes an order of a document wrong in one place.
fn spoil(body: &mut Value, choice: u8) {
    let replacement = match choice {
        0 => ("quantity", json!(0)),
        1 => ("quantity", json!("many")),
        2 => ("product", json!("NO-SUCH-PRODUCT")),
        3 => ("email", json!("nobody")),
        4 => ("token", json!(7)),
        _ => {
            body["surprise"] = json!(true);
            return;
        }
    };
    replace(body, replacement.0, &replacement.1);
}

/// Puts a value into each member whose name, as a document has it, is about that.
fn replace(value: &mut Value, about: &str, with: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.to_lowercase();
                let is_it = name.ends_with(about)
                    || about == "product" && ["productid", "product_id", "item_id"].contains(&name.as_str());
                if is_it { *member = with.clone() } else { replace(member, about, with) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, about, with)),
        _ => {}
    }
}
