//! `orderflow bench`: what a checkout costs on this machine.
//!
//! Starts a server of its own on a fresh data folder with everything on (fsync, receipts, mail), and
//! sends it orders over HTTP that wait for their end. The load generator shares the machine, so the
//! server's own CPU time per order stands beside the throughput.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::client::Client;
use super::{Failure, load};

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow bench
  orderflow bench --orders 20000 --in-flight 1,64,256 --json")]
pub struct Options {
    /// Orders for each number in flight
    #[arg(long, default_value_t = 10_000)]
    orders: usize,
    /// How many orders are under way at once, one run each
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 256])]
    in_flight: Vec<usize>,
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

/// Products that the orders choose from; a rush on one product is the harder case.
const PRODUCTS: usize = 100;
const LINES: usize = 3;
/// One order at a time takes its time; more than so many tell nothing new.
const MOST_ALONE: usize = 2_000;

struct Server {
    process: Child,
    url: String,
    ready: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub async fn run(options: Options) -> Result<(), Failure> {
    const KEY: &str = "the-bench-s-own-operator-key";
    let data = std::env::temp_dir().join(format!("orderflow-bench-{}", std::process::id()));
    let server = start(&data, KEY)?;
    let client = Arc::new(Client::new(&server.url, Some(KEY.to_owned()))?);
    stock_up(&client).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle = memory_mb(server.process.id());
    let mut runs = Vec::new();
    for (run, &in_flight) in options.in_flight.iter().enumerate() {
        let count = if in_flight == 1 { options.orders.min(MOST_ALONE) } else { options.orders };
        let progress = ProgressBar::new(count as u64);
        progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len}  {per_sec}").expect("a fixed template"));
        let orders = (0..count).map(|number| order(run, number)).collect();
        let before = cpu_seconds(server.process.id());
        let report = load::send(client.clone(), "/orders?wait=60", orders, in_flight, progress).await?;
        let cpu_ms = (cpu_seconds(server.process.id()) - before) * 1000.0 / count as f64;
        runs.push(json!({
            "in_flight": in_flight,
            "orders": report.total(),
            "orders_per_second": report.per_second().round(),
            "p50_ms": report.percentile_ms(50.0),
            "p95_ms": report.percentile_ms(95.0),
            "p99_ms": report.percentile_ms(99.0),
            "server_cpu_ms_per_order": (cpu_ms * 1000.0).round() / 1000.0,
            "outcomes": report.outcomes,
        }));
    }
    let audit = client.get("/audit").await?;
    let result = json!({
        "ready_ms": server.ready.as_millis(),
        "idle_memory_mb": idle,
        "memory_mb": memory_mb(server.process.id()),
        "runs": runs,
        "audit_ok": audit["ok"],
    });
    drop(server);
    let _ = std::fs::remove_dir_all(&data);
    print(&result, options.json);
    if audit["ok"] == true { Ok(()) } else { Err(Failure::refused(format!("the books do not agree: {audit}"))) }
}

fn print(result: &Value, as_json: bool) {
    if as_json {
        println!("{result}");
        return;
    }
    println!(
        "ready in {} ms, {:.1} MB idle, {:.1} MB after the load, audit {}",
        result["ready_ms"],
        result["idle_memory_mb"].as_f64().unwrap_or_default(),
        result["memory_mb"].as_f64().unwrap_or_default(),
        if result["audit_ok"] == true { "clean" } else { "NOT CLEAN" },
    );
    println!(
        "{:>9} {:>10} {:>10} {:>9} {:>9} {:>9} {:>17}",
        "in flight", "orders", "orders/s", "p50 ms", "p95 ms", "p99 ms", "server CPU ms/ord"
    );
    for run in result["runs"].as_array().into_iter().flatten() {
        let number = |name: &str| run[name].as_f64().unwrap_or_default();
        println!(
            "{:>9} {:>10} {:>10.0} {:>9.2} {:>9.2} {:>9.2} {:>17.3}   {}",
            run["in_flight"].as_u64().unwrap_or_default(),
            run["orders"].as_u64().unwrap_or_default(),
            number("orders_per_second"),
            number("p50_ms"),
            number("p95_ms"),
            number("p99_ms"),
            number("server_cpu_ms_per_order"),
            run["outcomes"],
        );
    }
}

fn start(data: &std::path::Path, key: &str) -> Result<Server, Failure> {
    let broken = |error: std::io::Error| Failure::input(format!("cannot start a server to measure: {error}"));
    let began = Instant::now();
    let mut process = Command::new(std::env::current_exe().map_err(broken)?)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("ORDERFLOW_ADMIN_KEY", key)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    let mut line = String::new();
    let stdout = process.stdout.take().ok_or_else(|| Failure::input("the server has no output"))?;
    BufReader::new(stdout).read_line(&mut line).map_err(broken)?;
    let ready = began.elapsed();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
    match url {
        Some(url) => Ok(Server { process, url, ready }),
        None => {
            let _ = process.kill();
            Err(Failure::input("the server did not start"))
        }
    }
}

async fn stock_up(client: &Client) -> Result<(), Failure> {
    let mut csv = String::from("sku,name,unit_price,currency,stock\n");
    for number in 0..PRODUCTS {
        csv.push_str(&format!("bench-{number},Product {number},{}.99,USD,1000000000\n", number + 1));
    }
    client.post("/inventory/import", "text/csv", csv.into_bytes()).await?;
    Ok(())
}

fn order(run: usize, number: usize) -> Value {
    let items: Vec<Value> = (0..LINES)
        .map(|line| json!({ "sku": format!("bench-{}", (number + line * 31) % PRODUCTS), "quantity": 1 + line }))
        .collect();
    json!({
        "order_id": format!("bench-{run}-{number}"),
        "customer": { "email": format!("customer-{number}@example.com"), "name": "Ana Pop" },
        "items": items,
        "shipping_address": { "street": "Str. Lungă 1", "city": "Brașov", "postal_code": "500001", "country": "RO" },
        "payment": { "token": "tok_visa" },
    })
}

/// User and system time of a process so far (proc(5), fields 14 and 15, in hundredths of a second).
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |field: usize| after_name.split_whitespace().nth(field).and_then(|text| text.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

/// Resident memory of a process.
fn memory_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
