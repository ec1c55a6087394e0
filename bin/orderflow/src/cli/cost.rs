//! `orderflow cost`: what orders cost on AWS, and which quotas a rate of them asks for.

use clap::Args;
use infra::cost::{self, Estimate, Requirements, Shares, Stage};
use infra::{Facts, Workflow};
use serde_json::{Value, json};

use super::{Failure, export};

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow cost --workflow checkout
  orderflow cost --workflow checkout --orders 250000 --region eu-central-1 --json
  orderflow cost --workflow checkout --orders-per-second 1000 --hottest 0.2 --stock-shards 4
  orderflow cost --workflow checkout --orders-per-second 1000 --seconds 600

Counted along the workflow's own state machine; prices, quotas and what a call does to the tables are dated tables
within the program. Nothing is asked of AWS. What stands there whether orders come or not is not in it.")]
pub struct Options {
    /// The workflow
    #[arg(long, value_name = "NAME")]
    workflow: String,
    /// How many orders
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    orders: u64,
    /// Whose prices and quotas
    #[arg(long, default_value = "us-east-1", value_name = "REGION")]
    region: String,
    /// The share of orders refused for want of stock
    #[arg(long, default_value_t = Shares::default().out_of_stock, value_name = "SHARE")]
    out_of_stock: f64,
    /// The share of orders whose payment is refused
    #[arg(long, default_value_t = Shares::default().declined, value_name = "SHARE")]
    declined: f64,
    /// Tell which quotas this rate asks for
    #[arg(long, value_name = "N", value_parser = rate)]
    orders_per_second: Option<f64>,
    /// The share of orders that have the best-selling product
    #[arg(long, default_value_t = 0.1, value_name = "SHARE", requires = "orders_per_second", value_parser = share)]
    hottest: f64,
    /// Into how many counters its stock is split
    #[arg(long, default_value_t = 1, value_name = "N", requires = "orders_per_second", value_parser = clap::value_parser!(u32).range(1..))]
    stock_shards: u32,
    /// Tell how long a burst of so many seconds waits for which quota
    #[arg(long, value_name = "N", requires = "orders_per_second", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: Option<u32>,
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

pub fn run(options: Options) -> Result<(), Failure> {
    let workflow = export::find(export::deployed(None)?, &options.workflow)?;
    let shares = Shares { out_of_stock: options.out_of_stock, declined: options.declined };
    let facts = Facts::built_in();
    let refused = |error: cost::CostError| Failure::input(error.to_string());
    let estimate = cost::estimate(&workflow, &facts, shares, &options.region).map_err(refused)?;
    let requirements = options
        .orders_per_second
        .map(|rate| {
            let hottest = (options.hottest, options.stock_shards);
            cost::requirements(&workflow, &facts, shares, &options.region, rate, hottest)
        })
        .transpose()
        .map_err(refused)?;
    let burst = options
        .orders_per_second
        .zip(options.seconds)
        .map(|(rate, seconds)| cost::burst(&workflow, &facts, shares, &options.region, rate, seconds))
        .transpose()
        .map_err(refused)?;
    if options.json {
        println!("{}", as_json(&options, &estimate, requirements.as_ref(), burst.as_deref()));
    } else {
        show(&options, &workflow, &estimate);
        if let (Some(requirements), Some(rate)) = (&requirements, options.orders_per_second) {
            show_requirements(requirements, rate);
        }
        if let (Some(stages), Some(seconds)) = (&burst, options.seconds) {
            show_burst(stages, seconds);
        }
    }
    Ok(())
}

fn show(options: &Options, workflow: &Workflow, estimate: &Estimate) {
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 orders")]
    let millions = options.orders as f64 / 1_000_000.0;
    println!("{}, {} orders, {}, prices of {}", workflow.name, options.orders, estimate.region, estimate.prices_as_of);
    println!("{:<36} {:>14} {:>14}", "", "an order", "dollars");
    for line in &estimate.lines {
        println!("{:<36} {:>14} {:>14.2}", line.name, quantity(line.per_order), line.dollars_per_million * millions);
    }
    println!("{:<36} {:>14} {:>14.2}", "together", "", estimate.dollars_per_million() * millions);
}

fn show_requirements(requirements: &Requirements, rate: f64) {
    println!("\n{rate} orders a second, quotas of {}", requirements.quotas_as_of);
    println!("{:>14} {:>14} {:>8}", "needed", "quota", "load");
    for item in &requirements.items {
        let load = item.load() * 100.0;
        let note = match (item.load() > 1.0, item.adjustable) {
            (false, _) => "",
            (true, true) => "  (too much: ask for more)",
            (true, false) => "  (too much: it does not grow)",
        };
        println!("{:>14.1} {:>14.0} {:>7.0}%  {}{note}", item.needed, item.quota, load, item.name);
    }
}

fn show_burst(stages: &[Stage], seconds: u32) {
    println!("\nthe same for {seconds} seconds, and then none");
    println!("{:>14} {:>14} {:>14}", "refused", "waiting", "longest wait");
    for stage in stages {
        let wait = stage.longest_wait.map_or("over 30 days".to_owned(), |seconds| format!("{seconds} s"));
        println!("{:>14.0} {:>14.0} {wait:>14}  {}", stage.refused, stage.waiting, stage.name);
    }
}

fn as_json(
    options: &Options,
    estimate: &Estimate,
    requirements: Option<&Requirements>,
    burst: Option<&[Stage]>,
) -> Value {
    let lines: Vec<Value> = estimate
        .lines
        .iter()
        .map(|line| {
            json!({ "name": line.name, "per_order": line.per_order, "dollars_per_million": line.dollars_per_million })
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 orders")]
    let dollars = estimate.dollars_per_million() * options.orders as f64 / 1_000_000.0;
    let mut answer = json!({
        "workflow": options.workflow,
        "region": estimate.region,
        "prices_as_of": estimate.prices_as_of,
        "orders": options.orders,
        "dollars": dollars,
        "dollars_per_million": estimate.dollars_per_million(),
        "lines": lines,
    });
    if let Some(requirements) = requirements {
        let items = requirements.items.iter().map(|item| {
            json!({
                "name": item.name,
                "needed": item.needed,
                "quota": item.quota,
                "load": item.load(),
                "adjustable": item.adjustable,
            })
        });
        answer["orders_per_second"] = json!(options.orders_per_second);
        answer["quotas_as_of"] = json!(requirements.quotas_as_of);
        answer["requirements"] = items.collect();
    }
    if let Some(stages) = burst {
        let stages = stages.iter().map(|stage| {
            json!({
                "name": stage.name,
                "refused": stage.refused,
                "waiting": stage.waiting,
                "longest_wait_seconds": stage.longest_wait,
            })
        });
        answer["seconds"] = json!(options.seconds);
        answer["burst"] = stages.collect();
    }
    answer
}

/// A quantity with as many decimals as it needs to be seen.
fn quantity(value: f64) -> String {
    if value >= 0.01 { format!("{value:.2}") } else { format!("{value:.2e}") }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if rate > 0.0 && rate.is_finite() { Ok(rate) } else { Err("expected a number above 0".to_owned()) }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("expected a share from 0 to 1".to_owned()) }
}
