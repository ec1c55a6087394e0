//! The same orders through the embedded home and through a deployed one: whatever can be seen of them afterwards must be
//! the same, but for times, generated ids and addresses.
//!
//! What is seen is a map of facts: the name of what it is about, and the values there are under that name. Several
//! values stand under one name where orders race for the same units; their order says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use regex::Regex;
use serde_json::{Value, json};

use crate::deployment::WORKFLOWS;
use crate::embedded::Embedded;
use crate::generated::{Generated, Request};
use crate::listener::Listener;
use crate::shop::{Answer, Shop};
use crate::stand_in::root;

/// What comes after an order of `checkout`.
const FOLLOW_UPS: [&str; 4] = ["cancellation", "shipment", "delivery", "return"];
/// The topics that tell of orders.
pub const TOPICS: [&str; 6] = [
    "order-confirmed",
    "order-errors",
    "order-completed",
    "order-placed",
    "OrderAlertsTopic",
    "OrderErrorNotificationTopic",
];
/// What a pipe makes of a table's record: its times and numbers are the table's.
const RECORD: &str = "event Event from aws:dynamodb";
/// Groups of requests that are under way at once.
const AT_ONCE: usize = 6;
const PATIENCE: Duration = Duration::from_secs(240);

/// What can be seen, by the name of what it is about.
pub type Facts = BTreeMap<String, Vec<Value>>;

/// A home under test.
pub struct Home {
    /// For what all workflows share.
    shop: Shop,
    /// Where the orders of each workflow are placed, and its executions known.
    shops: BTreeMap<&'static str, Shop>,
    heard: Heard,
    /// The states that stand at the top of each definition; the others are in its branches.
    trunk: BTreeMap<String, BTreeSet<String>>,
}

/// Where messages and events can be read.
pub enum Heard {
    /// The database's own tables.
    Database(Embedded),
    /// Queues that are subscribed to the topics, by name, and to the bus.
    Queues { topics: BTreeMap<String, Listener>, bus: Listener },
}

/// An order that a request led to.
struct Placed {
    name: String,
    workflow: &'static str,
    id: String,
    /// Where the answer tells of it.
    execution_arn: Option<String>,
    follow_ups: &'static [&'static str],
}

impl Home {
    pub fn new(shops: BTreeMap<&'static str, Shop>, heard: Heard) -> Self {
        let states = |workflow: &str| {
            let path = root().join("workflows").join(workflow).join("workflow.asl.json");
            let text = std::fs::read_to_string(path).expect("the definition is there");
            let definition: Value = serde_json::from_str(&text).expect("a definition is JSON");
            let names = definition["States"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
            (workflow.to_owned(), names.collect())
        };
        let trunk = WORKFLOWS.into_iter().chain(FOLLOW_UPS).map(states).collect();
        Self { shop: shops["checkout"].clone(), shops, heard, trunk }
    }

    /// The embedded home, where every order is placed at the same address.
    pub fn embedded(home: Embedded, operator_key: &str) -> Self {
        let shop = Shop::embedded(home.url(), operator_key);
        let shops = WORKFLOWS.map(|workflow| (workflow, shop.clone())).into();
        Self::new(shops, Heard::Database(home))
    }

    /// Places all orders, waits for their ends, and tells what can be seen.
    pub async fn facts(&self, generated: &Generated) -> Facts {
        futures::stream::iter(&generated.products)
            .for_each_concurrent(AT_ONCE, |product| async move {
                let price = json!({ "amount": product.price, "currency": "USD" });
                let body = json!({ "name": "Tea", "unit_price": price, "on_hand": product.on_hand });
                self.shop.put(&format!("/inventory/{}", product.sku), &body).await;
            })
            .await;
        self.shop.put_customer().await;
        let mut facts = Facts::new();
        let mut placed: BTreeMap<String, Placed> = BTreeMap::new();
        let mut answers =
            futures::stream::iter(&generated.groups).map(|group| self.place(group)).buffer_unordered(AT_ONCE);
        while let Some(group) = answers.next().await {
            for (request, answer) in group {
                note(&mut facts, format!("answer to {}", request.name), answered(&answer));
                if let Some(order) = order_of(request, &answer) {
                    placed.insert(order.id.clone(), order);
                }
            }
        }
        let mut seen = futures::stream::iter(placed.values()).map(|order| self.follow(order)).buffer_unordered(AT_ONCE);
        while let Some(order) = seen.next().await {
            for (name, value) in order {
                note(&mut facts, name, value);
            }
        }
        let names = placed.values().map(|order| (order.id.clone(), order.name.clone())).collect();
        self.messages(&names, &mut facts).await;
        for product in &generated.products {
            note(&mut facts, format!("stock of {}", product.sku), self.stock(&product.sku).await);
        }
        for (workflow, shop) in &self.shops {
            let audit = shop.get("/audit").await.body;
            note(&mut facts, format!("books of {workflow}"), audit["violations"].clone());
        }
        facts.values_mut().for_each(|values| values.sort_by_cached_key(Value::to_string));
        facts
    }

    /// Sends the requests of a group at once.
    async fn place<'g>(&self, group: &'g [Request]) -> Vec<(&'g Request, Answer)> {
        let place = |request: &'g Request| async move {
            let key = request.idempotency_key.as_deref();
            let shop = &self.shops[request.workflow];
            (request, shop.place_under(key, &request.method, request.path, &request.body).await)
        };
        join_all(group.iter().map(place)).await
    }

    /// Sees an order to its end, asks for what follows it, and tells what became of it.
    async fn follow(&self, order: &Placed) -> Vec<(String, Value)> {
        let Placed { name, workflow, id, follow_ups, .. } = order;
        let shop = &self.shops[workflow];
        let execution = self.ended(shop, order, None).await;
        let mut facts = Vec::new();
        for follow_up in *follow_ups {
            let answer = shop.post(&format!("/orders/{id}/{follow_up}")).await;
            let mut fact = json!({ "status": answer.status });
            if let Some(arn) = answer.body["execution_arn"].as_str() {
                fact["execution"] = self.ended(shop, order, Some(arn)).await;
            }
            facts.push((format!("{follow_up} of {name}"), fact));
        }
        let view = shop.get(&format!("/orders/{id}")).await.body;
        let has_lost = lost(name, &view);
        facts.push((format!("execution of {name}"), if has_lost { Value::Null } else { execution }));
        facts.push((name.clone(), shown(view, id, name)));
        facts
    }

    /// The end of an execution that works on an order. The first is the one that the order tells of: a pipe or a rule on
    /// AWS starts one under another name than the answer to the placing has.
    async fn ended(&self, shop: &Shop, order: &Placed, follow_up: Option<&str>) -> Value {
        let Placed { id, workflow, execution_arn, .. } = order;
        let started = Instant::now();
        loop {
            let view = shop.get(&format!("/orders/{id}")).await.body;
            let told = view["execution_arn"].as_str().or(execution_arn.as_deref()).unwrap_or_default();
            if let Some(end) = self.end(shop, follow_up.unwrap_or(told)).await {
                return end;
            }
            assert!(started.elapsed() < PATIENCE, "{id} of {workflow} has not ended: {view:#}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// The end of an execution: its status, its error, and the states that it went through. Nothing before that, nor
    /// before an outbox has started it.
    async fn end(&self, shop: &Shop, arn: &str) -> Option<Value> {
        let path = format!("/executions/{arn}");
        let answer = shop.get(&path).await;
        if answer.status != 200 || answer.body["status"] == "RUNNING" {
            return None;
        }
        let execution = answer.body;
        let history = shop.get(&format!("{path}/history")).await.body;
        let events = history["events"].as_array().cloned().unwrap_or_default();
        let entered = events.iter().filter_map(|event| event["stateEnteredEventDetails"]["name"].as_str());
        let of_trunk = &self.trunk[execution["workflow"].as_str().unwrap_or_default()];
        // The stand-in writes no history of branches; what they did shows in the mails, the messages and the receipt.
        let trunk: Vec<&str> = entered.filter(|state| of_trunk.contains(*state)).collect();
        Some(json!({ "status": execution["status"], "error": execution["error"], "states": trunk }))
    }

    /// Levels, and the sums of the ledger by kind.
    async fn stock(&self, sku: &str) -> Value {
        let product = self.shop.get(&format!("/inventory/{sku}")).await.body;
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for entry in self.shop.all(&format!("/inventory/{sku}/ledger")).await {
            let kind = entry["kind"].as_str().unwrap_or_default().to_owned();
            *sums.entry(kind).or_default() += entry["units"].as_i64().unwrap_or_default();
        }
        json!({
            "on_hand": product["on_hand"], "reserved": product["reserved"], "sold": product["sold"], "ledger": sums,
        })
    }

    /// Mails, messages of topics, events.
    async fn messages(&self, names: &BTreeMap<String, String>, facts: &mut Facts) {
        // A workflow on AWS has a mailbox of its own; the embedded home has one.
        let mut mails: BTreeMap<String, Value> = BTreeMap::new();
        for shop in self.shops.values() {
            mails.extend(shop.all("/mailbox").await.into_iter().map(|mail| (mail.to_string(), mail)));
        }
        for mail in mails.into_values() {
            let id = mail["order_id"].as_str().unwrap_or_default();
            let name = names.get(id).map_or("nobody", String::as_str);
            let files: Vec<&Value> =
                mail["attachments"].as_array().into_iter().flatten().map(|file| &file["file_name"]).collect();
            let fact = json!({
                "kind": mail["kind"], "to": mail["to"], "name": mail["to_name"], "subject": mail["subject"],
                "text": mail["text"], "attachments": files,
            });
            let fact = if lost(name, &fact) { end_alone(&fact) } else { fact };
            note(facts, format!("mail about {name}"), plain(fact, id, name));
        }
        for (about, body) in self.heard().await {
            let members = ["order_id", "orderId", "OrderID"];
            let id = members.iter().find_map(|member| body[*member].as_str()).unwrap_or_default().to_owned();
            let name = names.get(&id).map_or("nobody", String::as_str);
            let body = if lost(name, &body) { end_alone(&body) } else { body };
            note(facts, format!("{about} about {name}"), plain(body, &id, name));
        }
    }

    /// What was published and what went on the bus: the topic's or the event's name, and its body.
    async fn heard(&self) -> Vec<(String, Value)> {
        let mut heard = match &self.heard {
            Heard::Database(home) => recorded(home),
            Heard::Queues { topics, bus } => {
                let (messages, events) = tokio::join!(join_all(topics.values().map(Listener::all)), bus.all());
                let mut heard = Vec::new();
                for (topic, bodies) in topics.keys().zip(messages) {
                    heard.extend(bodies.iter().map(|body| (format!("message of {topic}"), content(&body["Message"]))));
                }
                heard.extend(events.iter().map(|event| (event_name(&event["detail-type"]), event["detail"].clone())));
                heard
            }
        };
        heard.retain(|(about, _)| about != RECORD);
        heard
    }
}

/// The differences between two homes, in lines that name what differs.
pub fn differences(one: &Facts, other: &Facts) -> Vec<String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differing = names.into_iter().filter(|name| one.get(*name) != other.get(*name));
    let values = |facts: &Facts, name: &str| {
        facts.get(name).map_or_else(|| "nothing".to_owned(), |values| json!(values).to_string())
    };
    differing
        .map(|name| format!("{name}:\n  embedded {}\n  deployed {}", values(one, name), values(other, name)))
        .collect()
}

fn note(facts: &mut Facts, name: String, value: Value) {
    facts.entry(name).or_default().push(value);
}

/// An answer as both homes give it: the status, and the fields that are refused.
fn answered(answer: &Answer) -> Value {
    let mut fields: Vec<&Value> =
        answer.body["errors"].as_array().into_iter().flatten().map(|error| &error["field"]).collect();
    fields.sort_by_key(|field| field.to_string());
    json!({ "status": answer.status, "fields": fields })
}

fn order_of(request: &Request, answer: &Answer) -> Option<Placed> {
    let text = |member: &str| answer.body[member].as_str().map(str::to_owned);
    let id = text("order_id").or_else(|| text("orderId"))?;
    let execution_arn = text("execution_arn").or_else(|| text("executionArn"));
    let (name, follow_ups) = (request.name.clone(), request.follow_ups);
    Some(Placed { name, workflow: request.workflow, id, execution_arn, follow_ups })
}

/// Whether something is about an order that has lost a race. It may lose at the first look at the stock, before it is
/// priced, or when it reserves: of such an order, its end alone is compared.
fn lost(name: &str, fact: &Value) -> bool {
    name.starts_with("race") && (fact["status"] == "rejected" || fact["kind"] == "order_rejected")
}

/// What is the same of it however it has lost.
fn end_alone(fact: &Value) -> Value {
    json!({ "status": fact["status"], "reason": fact["reason"], "kind": fact["kind"], "subject": fact["subject"] })
}

/// An order without what differs from home to home.
fn shown(mut view: Value, id: &str, name: &str) -> Value {
    if lost(name, &view) {
        return plain(end_alone(&view), id, name);
    }
    let has_receipt = view["receipt_url"].is_string();
    let Some(members) = view.as_object_mut() else { return view };
    for member in ["receipt_url", "placed_at", "execution_arn"] {
        members.remove(member);
    }
    members.insert("has_receipt".to_owned(), json!(has_receipt));
    if let Some(payment) = members.get_mut("payment").and_then(Value::as_object_mut) {
        payment.remove("reference");
    }
    for status in members.get_mut("history").and_then(Value::as_array_mut).into_iter().flatten() {
        status.as_object_mut().map(|status| status.remove("at"));
    }
    plain(view, id, name)
}

/// Text and values in which the order's id is its name, and addresses and times are but that.
fn plain(value: Value, id: &str, name: &str) -> Value {
    match value {
        Value::String(text) => {
            // Links first: names are not made to stand in them.
            let text = pattern(r#"https?://[^\s"<>]+|/orders/[^\s"<>]+"#).replace_all(&text, "(link)").into_owned();
            let text = if id.is_empty() { text } else { text.replace(id, name) };
            Value::String(pattern(r"\d{4}-\d\d-\d\dT[0-9:.]+Z").replace_all(&text, "(time)").into_owned())
        }
        Value::Array(items) => items.into_iter().map(|item| plain(item, id, name)).collect(),
        Value::Object(members) => members.into_iter().map(|(key, item)| (key, plain(item, id, name))).collect(),
        other => other,
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is good")
}

/// A message's body, when it is JSON as a text.
fn content(message: &Value) -> Value {
    message.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| message.clone())
}

fn event_name(detail_type: &Value) -> String {
    format!("event {}", detail_type.as_str().unwrap_or_default())
}

/// The same, of the embedded home's database.
fn recorded(home: &Embedded) -> Vec<(String, Value)> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(home.folder().join("orderflow.db"), flags);
    let database = database.expect("the database can be read beside the server");
    let read = |query: &str| -> Vec<(String, Value)> {
        let mut statement = database.prepare(query).expect("the table is there");
        let rows = statement.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
        rows.expect("it can be read")
            .map(|row| row.expect("a row is two texts"))
            .map(|(name, body)| (name, content(&json!(body))))
            .collect()
    };
    let mut messages = read("SELECT topic, message FROM topic_messages");
    messages.retain(|(topic, _)| TOPICS.contains(&topic.as_str()));
    let events = read("SELECT detail_type, detail FROM events");
    messages
        .into_iter()
        .map(|(topic, body)| (format!("message of {topic}"), body))
        .chain(events.into_iter().map(|(name, body)| (event_name(&json!(name)), body)))
        .collect()
}
