//! `kill -9` in the middle of many orders: what was acknowledged ends, once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::support::{Server, checkout, paid_with};

const ORDERS: usize = 2_000;
const IN_FLIGHT: usize = 64;
const KILLS: usize = 20;

/// A small generator so that a failing run can be repeated: set `ORDERFLOW_SEED`.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn order(number: usize) -> Value {
    let order = checkout(&format!("k-{number}"), &format!("P{}", number % 7), 1 + (number % 3) as i64);
    match number % 10 {
        3 => paid_with(order, "tok_declined"),
        6 => paid_with(order, "tok_timeout"),
        _ => order,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_orders_survive_kill_9_at_random_moments() {
    let seed = std::env::var("ORDERFLOW_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64)
    });
    println!("ORDERFLOW_SEED={seed}");
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut server = Arc::new(Server::start_on(folder.path(), &[]));
    for product in 0..7 {
        // Two products run out on the way.
        server.stock(&format!("P{product}"), if product < 2 { 100 } else { 10_000 }).await;
    }
    let next = Arc::new(AtomicUsize::new(0));
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for kill in 0..=KILLS {
        let last = kill == KILLS;
        let mut shoppers = tokio::task::JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (url, next, acknowledged) = (server.url().to_owned(), next.clone(), acknowledged.clone());
            shoppers.spawn(async move {
                let http = reqwest::Client::new();
                // Each round places its share, so that every kill falls into the middle of orders.
                while next.load(Ordering::Relaxed) < ORDERS * (kill + 1) / (KILLS + 1) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let sent = http.post(format!("{url}/orders")).json(&order(number)).send().await;
                    match sent {
                        Ok(answer) if answer.status().as_u16() == 202 => {
                            acknowledged.lock().await.insert(number);
                        }
                        Ok(answer) => panic!("order {number}: {}", answer.status()),
                        // Cut off by the kill: not acknowledged, so it may or may not be there.
                        Err(_) => return,
                    }
                }
            });
        }
        if last {
            while let Some(shopper) = shoppers.join_next().await {
                shopper.expect("a shopper is not refused");
            }
        } else {
            tokio::time::sleep(Duration::from_millis(20 + random.below(250))).await;
            Arc::into_inner(server).expect("nobody else holds the server").kill();
            while let Some(shopper) = shoppers.join_next().await {
                shopper.expect("a shopper is not refused");
            }
            server = Arc::new(Server::start_on(folder.path(), &[]));
        }
    }
    let acknowledged = acknowledged.lock().await.clone();
    assert!(acknowledged.len() > ORDERS / 2, "the kills left too few orders to tell anything: {}", acknowledged.len());
    let mut outcomes = std::collections::BTreeMap::<String, usize>::new();
    for number in &acknowledged {
        let order = server.finished(&format!("k-{number}")).await;
        let status = order["status"].as_str().unwrap().to_owned();
        assert!(matches!(status.as_str(), "confirmed" | "rejected" | "payment_failed"), "{order:#}");
        *outcomes.entry(status).or_default() += 1;
    }
    println!("{} acknowledged, {outcomes:?}", acknowledged.len());
    server
        .eventually("the orders that were cut off end too", || async {
            server.get("/executions?status=RUNNING").await.expect(200)["items"].as_array().unwrap().is_empty()
        })
        .await;
    server.audit().await;
}
