//! Simulated shoppers, for a demo worth looking at: they come at uneven times, pay with every kind of card and order
//! through every workflow; whoever keeps the shop ships, refunds and restocks. All of it goes through the HTTP
//! interface, as real ones would.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::inside::Inside;

/// How many come at once into a shop without orders, so that there is something to see.
const FIRST: usize = 40;

/// What people pay with, and how many in a hundred do.
const CARDS: [(&str, u32); 7] = [
    ("tok_visa", 84),
    ("tok_declined", 5),
    ("tok_insufficient_funds", 3),
    ("tok_expired", 2),
    ("tok_fraud", 1),
    ("tok_timeout", 3),
    ("tok_unavailable", 2),
];

/// People nobody knows yet: name, the first part of the mail address, town, country.
const GUESTS: [(&str, &str, &str, &str); 8] = [
    ("Ioana Dumitrescu", "ioana.dumitrescu", "Cluj-Napoca", "RO"),
    ("Radu Șerban", "radu.serban", "Timișoara", "RO"),
    ("Elena Țepeș", "elena.tepes", "Sighișoara", "RO"),
    ("Matei Vlad", "matei.vlad", "Constanța", "RO"),
    ("Zsófia Nagy", "zsofia.nagy", "Debrecen", "HU"),
    ("Jonas Weber", "jonas.weber", "Leipzig", "DE"),
    ("Aoife O'Brien", "aoife.obrien", "Galway", "IE"),
    ("Lucía Fernández", "lucia.fernandez", "Sevilla", "ES"),
];

/// A product with fewer units than these is ordered anew; the last one of a kind is not.
const LOW: std::ops::Range<i64> = 2..15;
const DELIVERED_UNITS: i64 = 60;

/// Comes with about so many orders a minute, for ever.
pub async fn come(inside: Inside, orders_per_minute: u16) {
    let mut random = Rng::new();
    let mut visits = JoinSet::new();
    let begin = |random: &mut Rng, visits: &mut JoinSet<()>| {
        let visitor = Visitor { inside: inside.clone(), random: random.fork() };
        visits.spawn(visitor.visit());
    };
    let is_new = inside.get("/orders?limit=1").await.is_ok_and(|page| page["items"] == json!([]));
    for _ in 0..if is_new { FIRST } else { 0 } {
        begin(&mut random, &mut visits);
    }
    let pause = Duration::from_secs(60) / u32::from(orders_per_minute.max(1));
    loop {
        // People who do not know of each other: the pauses between them are exponential.
        sleep(pause.mul_f64(-(1.0 - random.f64()).ln())).await;
        while visits.try_join_next().is_some() {}
        begin(&mut random, &mut visits);
    }
}

/// Somebody who orders, and what becomes of the order.
struct Visitor {
    inside: Inside,
    random: Rng,
}

impl Visitor {
    async fn visit(mut self) {
        if let Err(reason) = self.order().await {
            // A workflow that is not served, a shop that stops: nothing that has to be told.
            tracing::debug!(reason, "a simulated shopper went without ordering");
        }
    }

    async fn order(&mut self) -> Result<(), String> {
        let catalogue = self.inside.get("/catalog?limit=100").await?;
        let products = catalogue["items"].as_array().cloned().unwrap_or_default();
        self.restock(&products).await?;
        if products.is_empty() {
            return Err("there is nothing to order".to_owned());
        }
        if self.random.u32(0..100) < 15 {
            return self.order_elsewhere(&products).await;
        }
        let body = json!({
            "customer": self.customer().await?,
            "items": self.basket(&products),
            "shipping_address": self.address(),
            "payment": { "token": self.card() },
        });
        let order = self.inside.post("/orders?wait=30", &body).await?;
        if order["status"] == "confirmed" {
            self.follow_up(order["order_id"].as_str().unwrap_or_default()).await?;
        }
        Ok(())
    }

    /// Through one of the other workflows, in its own words.
    async fn order_elsewhere(&mut self, products: &[Value]) -> Result<(), String> {
        let (name, email) = self.guest();
        let line = self.line(products);
        let (sku, quantity) = (&line["sku"], &line["quantity"]);
        let items = json!([{ "item_id": sku, "quantity": quantity }]);
        let (path, body) = match self.random.u8(0..5) {
            0 => ("/order-app/orders", json!({ "client_details": { "name": name, "email": email }, "items": items })),
            1 => {
                let customer = self.known_customer().await?;
                let body = json!({
                    "customer_id": customer["customer_id"], "customer_email": customer["email"],
                    "shipping_address": { "country": "RO" }, "items": items,
                });
                ("/emag-orderflow/orders", body)
            }
            2 => ("/queued-orders/order", json!({ "ProductID": sku, "Quantity": quantity, "CustomerEmail": email })),
            3 => (
                "/receipt-orders/place-order",
                json!({ "productId": sku, "quantity": quantity, "customerEmail": email, "paymentMethod": "creditCard" }),
            ),
            _ => (
                "/confirmed-orders/executions",
                json!({ "order_id": format!("demo-{:08x}", self.random.u32(..)), "product_id": sku,
                        "quantity": quantity, "customer_email": email }),
            ),
        };
        self.inside.post(path, &body).await.map(drop)
    }

    /// What becomes of a confirmed order.
    async fn follow_up(&mut self, id: &str) -> Result<(), String> {
        let steps: &[&str] = match self.random.u32(0..100) {
            0..5 => &["cancel"],
            5..8 => &["refund"],
            8..11 => &["ship", "deliver", "return"],
            11..40 => &["ship", "deliver"],
            40..60 => &["ship"],
            _ => &[],
        };
        for step in steps {
            sleep(Duration::from_millis(self.random.u64(2_000..30_000))).await;
            let body = match *step {
                "refund" => json!({ "amount": "5.00", "reason": "the parcel came late" }),
                _ => json!({}),
            };
            self.inside.post(&format!("/orders/{id}/{step}"), &body).await?;
        }
        Ok(())
    }

    /// Orders products anew that are nearly sold.
    async fn restock(&mut self, products: &[Value]) -> Result<(), String> {
        for product in products {
            if product["available"].as_i64().is_some_and(|available| LOW.contains(&available)) {
                let delivery = json!({
                    "kind": "received", "units": DELIVERED_UNITS,
                    "reason": format!("delivery {}", self.random.u32(1_000..10_000)),
                });
                let sku = product["sku"].as_str().unwrap_or_default();
                self.inside.post(&format!("/inventory/{sku}/movements"), &delivery).await?;
            }
        }
        Ok(())
    }

    /// A customer the shop knows, or somebody new.
    async fn customer(&mut self) -> Result<Value, String> {
        if self.random.u32(0..100) < 30 {
            return Ok(json!({ "id": self.known_customer().await?["customer_id"] }));
        }
        let (name, email) = self.guest();
        Ok(json!({ "name": name, "email": email }))
    }

    async fn known_customer(&mut self) -> Result<Value, String> {
        let known = self.inside.get("/customers?limit=50").await?;
        let customer = known["items"].as_array().and_then(|items| self.random.choice(items));
        customer.cloned().ok_or_else(|| "the shop knows no customers".to_owned())
    }

    fn guest(&mut self) -> (&'static str, String) {
        let (name, mailbox, ..) = GUESTS[self.random.usize(..GUESTS.len())];
        (name, format!("{mailbox}@example.com"))
    }

    fn address(&mut self) -> Value {
        let (.., city, country) = GUESTS[self.random.usize(..GUESTS.len())];
        let street = format!("Strada Lungă {}", self.random.u32(1..200));
        json!({ "street": street, "city": city, "country": country })
    }

    fn card(&mut self) -> &'static str {
        let all: u32 = CARDS.iter().map(|(_, share)| share).sum();
        let mut drawn = self.random.u32(..all);
        for (card, share) in CARDS {
            match drawn.checked_sub(share) {
                Some(rest) => drawn = rest,
                None => return card,
            }
        }
        unreachable!("what was drawn is less than all shares together")
    }

    /// One to three lines; now and then one that asks for more than there is.
    fn basket(&mut self, products: &[Value]) -> Vec<Value> {
        let mut lines: Vec<Value> = Vec::new();
        for _ in 0..self.random.usize(1..=3) {
            let line = self.line(products);
            if lines.iter().all(|known| known["sku"] != line["sku"]) {
                lines.push(line);
            }
        }
        if self.random.u32(0..100) < 4 {
            lines[0]["quantity"] = json!(9_999);
        }
        lines
    }

    /// Some units of a product; now and then of one that is sold out.
    fn line(&mut self, products: &[Value]) -> Value {
        let left = |product: &Value| product["available"].as_i64().unwrap_or_default();
        let in_stock: Vec<&Value> = products.iter().filter(|product| left(product) > 0).collect();
        let product = match self.random.choice(in_stock) {
            Some(product) if self.random.u32(0..100) < 97 => product,
            _ => &products[self.random.usize(..products.len())],
        };
        json!({ "sku": product["sku"], "quantity": self.random.i64(1..=left(product).clamp(1, 3)) })
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::*;

    fn visitor() -> Visitor {
        Visitor { inside: Inside::new(Router::new(), String::new()), random: Rng::with_seed(7) }
    }

    #[test]
    fn every_card_is_drawn_about_as_often_as_its_share() {
        let mut visitor = visitor();
        let drawn: Vec<&str> = (0..10_000).map(|_| visitor.card()).collect();
        for (card, share) in CARDS {
            let count = drawn.iter().filter(|other| **other == card).count();
            let expected = usize::try_from(share).expect("a share is small") * 100;
            assert!(count.abs_diff(expected) < expected / 3 + 20, "{card}: {count}, expected about {expected}");
        }
    }

    #[test]
    fn a_basket_names_each_product_once() {
        let mut visitor = visitor();
        let products = [json!({ "sku": "a" }), json!({ "sku": "b" })];
        for _ in 0..200 {
            let basket = visitor.basket(&products);
            assert!((1..=2).contains(&basket.len()), "{basket:?}");
            assert!(basket.len() < 2 || basket[0]["sku"] != basket[1]["sku"], "{basket:?}");
        }
    }
}
