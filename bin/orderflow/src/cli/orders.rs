//! `orderflow orders`: place many, list, show one, cancel one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::{Failure, Remote, load};

#[derive(Subcommand)]
pub enum Command {
    /// Place every order of a JSON-lines file and wait for each to end
    Place(Place),
    /// List orders, newest first
    List(List),
    /// Show one order with its history
    Show(Show),
    /// Cancel one order
    Cancel(Show),
}

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow orders place orders.jsonl
  orderflow orders place orders.jsonl --concurrency 64 --wait 60
  orderflow orders place emag.jsonl --workflow emag-orderflow

One order a line, in the shape of the workflow's intake. For checkout, \"customer_id\" is taken for
\"customer\": {\"id\"} and \"placed_on\" is left out. An order that carries its order_id can be sent again
safely. Exit code 1 when a request was refused.")]
pub struct Place {
    /// The file, one JSON object a line
    file: PathBuf,
    /// How many orders to have under way at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=4096))]
    concurrency: u16,
    /// Seconds to wait for each order to end
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(0..=60))]
    wait: u16,
    /// The workflow whose intake takes them
    #[arg(long, default_value = "checkout")]
    workflow: String,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow orders list --status rejected --limit 20
  orderflow orders list --workflow queued-orders --json")]
pub struct List {
    /// Only orders of this status
    #[arg(long)]
    status: Option<String>,
    /// Only orders of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// Only orders of this customer (id or mail address)
    #[arg(long)]
    customer: Option<String>,
    /// Only orders placed at or after this time (RFC 3339)
    #[arg(long)]
    placed_after: Option<String>,
    /// Only orders whose id, customer or address holds this text
    #[arg(long, short)]
    q: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow orders show NW-10248
  orderflow orders show NW-10248 --json | jq .history
  orderflow orders cancel NW-10248

Exit code 1 when there is no such order, or it cannot be cancelled any more.")]
pub struct Show {
    /// The order's id
    id: String,
    #[command(flatten)]
    remote: Remote,
}

pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Place(options) => place(options).await,
        Command::List(options) => list(options).await,
        Command::Show(options) => show(options).await,
        Command::Cancel(options) => cancel(options).await,
    }
}

async fn place(options: Place) -> Result<(), Failure> {
    let orders = read_orders(&options.file, &options.workflow)?;
    let client = Arc::new(options.remote.client()?);
    let path = intake_path(&client, &options.workflow).await?;
    let progress = ProgressBar::new(orders.len() as u64);
    progress.set_style(
        ProgressStyle::with_template("{bar:40} {pos}/{len} orders  {per_sec}  {eta} left").expect("a fixed template"),
    );
    let path = format!("{path}?wait={}", options.wait);
    let report = load::send(client, &path, orders, usize::from(options.concurrency), progress).await?;
    if options.remote.json {
        let seconds = report.elapsed.as_secs_f64();
        println!(
            "{}",
            json!({ "orders": report.total(), "outcomes": report.outcomes, "seconds": seconds, "refusals": report.refusals })
        );
    } else {
        for (outcome, count) in &report.outcomes {
            println!("{count:>8}  {outcome}");
        }
        for refusal in &report.refusals {
            println!("{refusal}");
        }
        println!("{} orders in {:.1} s ({:.0}/s)", report.total(), report.elapsed.as_secs_f64(), report.per_second());
    }
    let refused: u64 = report.outcomes.iter().filter(|(word, _)| word.starts_with("HTTP")).map(|(_, n)| n).sum();
    if refused == 0 { Ok(()) } else { Err(Failure::refused(format!("{refused} requests were refused"))) }
}

/// Where a workflow takes orders: as the server says, so that nothing is known twice.
async fn intake_path(client: &super::Client, workflow: &str) -> Result<String, Failure> {
    if workflow == "checkout" {
        return Ok("/orders".to_owned());
    }
    let workflows = client.get("/workflows").await?;
    let found = workflows["items"].as_array().into_iter().flatten().find(|entry| entry["name"] == workflow);
    found
        .and_then(super::workflows::intake_path)
        .ok_or_else(|| Failure::input(format!("the server has no workflow {workflow} that takes orders over HTTP")))
}

/// Reads the file; the first line that is no order is an error with its number.
fn read_orders(file: &Path, workflow: &str) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::input(format!("cannot read {}: {error}", file.display())))?;
    let mut orders = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let order: Map<String, Value> = serde_json::from_str(line).map_err(|error| {
            Failure::input(format!("{} line {}: expected a JSON object: {error}", file.display(), index + 1))
        })?;
        orders.push(if workflow == "checkout" { for_checkout(order) } else { Value::Object(order) });
    }
    Ok(orders)
}

/// Exports name the customer by `customer_id` and carry the day; checkout has `customer` and its clock.
fn for_checkout(mut order: Map<String, Value>) -> Value {
    if let Some(id) = order.remove("customer_id") {
        order.entry("customer").or_insert_with(|| json!({ "id": id }));
    }
    order.remove("placed_on");
    Value::Object(order)
}

async fn list(options: List) -> Result<(), Failure> {
    let mut path = format!("/orders?limit={}", options.limit);
    let filters = [
        ("status", &options.status),
        ("workflow", &options.workflow),
        ("customer", &options.customer),
        ("placed_after", &options.placed_after),
        ("q", &options.q),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            path.push_str(&format!("&{name}={}", percent_encoded(value)));
        }
    }
    let page = options.remote.client()?.get(&path).await?;
    if options.remote.json {
        println!("{page}");
        return Ok(());
    }
    for order in page["items"].as_array().into_iter().flatten() {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let total = &order["totals"]["total"];
        println!(
            "{:<38} {:<16} {:<18} {:>12} {:<3} {}",
            text(&order["order_id"]),
            text(&order["workflow"]),
            text(&order["status"]),
            text(&total["amount"]),
            text(&total["currency"]),
            text(&order["reason"]),
        );
    }
    Ok(())
}

async fn show(options: Show) -> Result<(), Failure> {
    let order = options.remote.client()?.get(&format!("/orders/{}", percent_encoded(&options.id))).await?;
    if options.remote.json {
        println!("{order}");
    } else {
        println!("{order:#}");
    }
    Ok(())
}

async fn cancel(options: Show) -> Result<(), Failure> {
    let path = format!("/orders/{}/cancel?wait=30", percent_encoded(&options.id));
    let order = options.remote.client()?.post(&path, "application/json", Vec::new()).await?;
    if options.remote.json {
        println!("{order}");
    } else {
        println!("{} is {}", options.id, order["status"].as_str().unwrap_or("being cancelled"));
    }
    Ok(())
}

/// Everything but unreserved characters (RFC 3986 section 2.3) as `%XX`.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exported_order_becomes_one_that_checkout_takes() {
        let exported = r#"{"order_id":"NW-1","customer_id":"VINET","placed_on":"1996-07-04","items":[]}"#;
        let order = for_checkout(serde_json::from_str(exported).unwrap());
        assert_eq!(order, json!({ "order_id": "NW-1", "customer": { "id": "VINET" }, "items": [] }));
    }

    #[test]
    fn a_filter_survives_the_address_line() {
        assert_eq!(percent_encoded("a+b @ț"), "a%2Bb%20%40%C8%9B");
    }
}
