//! `kill -9` in the middle of many orders: what was acknowledged ends, once.
#![expect(clippy::print_stdout, reason = "a random test says its seed and what it saw")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
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

/// Places orders until none waits. An order whose answer did not come waits again: its shopper sends it
/// once more, not knowing whether it was taken. Says whether its request was cut off.
async fn shop(url: String, waiting: Arc<Mutex<VecDeque<usize>>>) -> bool {
    let http = reqwest::Client::new();
    loop {
        let Some(number) = waiting.lock().await.pop_front() else { return false };
        match http.post(format!("{url}/orders")).json(&order(number)).send().await {
            Ok(answer) if answer.status().as_u16() == 202 => {}
            Ok(answer) => panic!("order {number}: {}", answer.status()),
            Err(error) => {
                waiting.lock().await.push_back(number);
                // A connection that was refused found nobody: that order was not under way.
                return !error.is_connect();
            }
        }
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
    let mut server = Server::start_on(folder.path(), &[]);
    for product in 0..7 {
        // Two products run out on the way.
        server.stock(&format!("P{product}"), if product < 2 { 100 } else { 10_000 }).await;
    }
    let waiting: Arc<Mutex<VecDeque<usize>>> = Arc::new(Mutex::new((0..ORDERS).collect()));
    let mut interrupted = 0;
    for kill in 0..=KILLS {
        let mut shoppers = tokio::task::JoinSet::new();
        for _ in 0..IN_FLIGHT {
            shoppers.spawn(shop(server.url().to_owned(), waiting.clone()));
        }
        if kill < KILLS {
            tokio::time::sleep(Duration::from_millis(20 + random.below(200))).await;
            server.kill();
            server = Server::start_on(folder.path(), &[]);
        }
        while let Some(cut_off) = shoppers.join_next().await {
            interrupted += usize::from(cut_off.expect("a shopper is not refused"));
        }
    }
    assert!(interrupted > KILLS, "the kills came when nothing was under way: {interrupted} orders were cut off");
    let mut outcomes = BTreeMap::<String, usize>::new();
    for number in 0..ORDERS {
        let order = server.finished(&format!("k-{number}")).await;
        let status = order["status"].as_str().unwrap().to_owned();
        assert!(matches!(status.as_str(), "confirmed" | "rejected" | "payment_failed"), "{order:#}");
        *outcomes.entry(status).or_default() += 1;
    }
    println!("{ORDERS} orders, {interrupted} requests cut off and sent again: {outcomes:?}");
    assert_eq!(server.get("/orders?limit=500").await.expect(200)["items"].as_array().unwrap().len(), 500);
    let running = server.get("/executions?status=RUNNING").await.expect(200);
    assert_eq!(running["items"].as_array().map(Vec::len), Some(0), "{running:#}");
    server.audit().await;
}
