//! Sending many orders with a bounded number in flight, and what became of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::sync::Mutex;

use super::Failure;
use super::client::Client;

/// What became of a load.
pub struct Report {
    /// How many orders ended in each status word; refused requests as `HTTP 4xx`.
    pub outcomes: BTreeMap<String, u64>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Milliseconds from request to answer, in microseconds.
    pub latency_micros: Histogram<u64>,
    /// The first few refusals, in the server's words.
    pub refusals: Vec<String>,
}

impl Report {
    pub fn total(&self) -> u64 {
        self.outcomes.values().sum()
    }

    pub fn per_second(&self) -> f64 {
        self.total() as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    pub fn percentile_ms(&self, percentile: f64) -> f64 {
        self.latency_micros.value_at_quantile(percentile / 100.0) as f64 / 1000.0
    }
}

struct Tally {
    outcomes: BTreeMap<String, u64>,
    latency_micros: Histogram<u64>,
    refusals: Vec<String>,
}

const REFUSALS_SHOWN: usize = 5;

/// Posts every order to `path`, `in_flight` at a time.
pub async fn send(
    client: Arc<Client>,
    path: &str,
    orders: Vec<Value>,
    in_flight: usize,
    progress: ProgressBar,
) -> Result<Report, Failure> {
    let tally = Arc::new(Mutex::new(Tally {
        outcomes: BTreeMap::new(),
        latency_micros: Histogram::new_with_bounds(1, 600_000_000, 3).expect("fixed bounds are valid"),
        refusals: Vec::new(),
    }));
    let queue = Arc::new(std::sync::Mutex::new(orders.into_iter()));
    let started = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..in_flight.max(1) {
        let (client, queue, tally) = (client.clone(), queue.clone(), tally.clone());
        let (path, progress) = (path.to_owned(), progress.clone());
        workers.spawn(async move {
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some(order) = next else { return Ok(()) };
                let sent = Instant::now();
                let (status, body) = client.place(&path, &order).await?;
                let micros = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
                let mut tally = tally.lock().await;
                tally.latency_micros.saturating_record(micros);
                *tally.outcomes.entry(outcome(status, &body)).or_default() += 1;
                if status.is_client_error() && tally.refusals.len() < REFUSALS_SHOWN {
                    let id = order["order_id"].as_str().unwrap_or("an order");
                    let refusal = format!("{id}: {}", super::client::problem(status, &body));
                    tally.refusals.push(refusal);
                }
                drop(tally);
                progress.inc(1);
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.map_err(|error| Failure::server(format!("a worker broke off: {error}")))??;
    }
    progress.finish_and_clear();
    let elapsed = started.elapsed();
    let tally = Arc::into_inner(tally).expect("all workers have ended").into_inner();
    Ok(Report { outcomes: tally.outcomes, elapsed, latency_micros: tally.latency_micros, refusals: tally.refusals })
}

fn outcome(status: StatusCode, body: &Value) -> String {
    match body["status"].as_str() {
        Some(word) if status.is_success() => word.to_owned(),
        _ => format!("HTTP {}", status.as_u16()),
    }
}
