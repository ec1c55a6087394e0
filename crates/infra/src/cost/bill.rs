//! What an order takes of each service, and what that costs.

use std::ops::AddAssign;

use serde_json::{Value, json};
use triggers::document::{Consumer, PipeSource, Target};

use super::CostError;
use super::tables::{FunctionUsage, PriceList, prices, usage};
use super::walk::{Outcome, Shares, Walk, walk};
use crate::facts::Facts;
use crate::workflow::{API, DELIVER_OUTBOX, Workflow};

/// What a million orders of a workflow cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The region.
    pub region: String,
    /// The day the prices were looked up.
    pub prices_as_of: &'static str,
    /// One line a service, the dearest first.
    pub lines: Vec<Line>,
}

/// What one service takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The service, and what is counted.
    pub name: &'static str,
    /// How many an order takes, on average.
    pub per_order: f64,
    /// Dollars for a million orders.
    pub dollars_per_million: f64,
}

impl Estimate {
    /// Dollars for a million orders.
    pub fn dollars_per_million(&self) -> f64 {
        self.lines.iter().map(|line| line.dollars_per_million).sum()
    }
}

/// The price of a million orders of a workflow, without what stands there whether orders come or not.
///
/// # Errors
/// [`CostError`]: the workflow cannot be walked, or something it takes has no price.
pub fn estimate(workflow: &Workflow, facts: &Facts, shares: Shares, region: &str) -> Result<Estimate, CostError> {
    let (prices, prices_as_of) = prices(region)?;
    let tally = tally(workflow, facts, shares)?;
    let mut lines = lines(&tally, prices);
    lines.retain(|line| line.per_order > 0.0);
    lines.sort_by(|a, b| b.dollars_per_million.total_cmp(&a.dollars_per_million));
    Ok(Estimate { region: region.to_owned(), prices_as_of, lines })
}

/// What one order takes, on average over its outcomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) transitions: f64,
    pub(super) calls: f64,
    /// Calls that wait for their answer, in seconds: what concurrency is made of.
    pub(super) busy_seconds: f64,
    pub(super) gb_seconds: f64,
    pub(super) read_units: f64,
    pub(super) write_units: f64,
    pub(super) outbox_write_units: f64,
    pub(super) messages: f64,
    /// Transactions that touch each product's counters.
    pub(super) stock_moves: f64,
    pub(super) requests: f64,
    pub(super) bus_events: f64,
    pub(super) mails: f64,
    pub(super) topics: f64,
    pub(super) queue_requests: f64,
    pub(super) pipe_requests: f64,
    pub(super) puts: f64,
    pub(super) gets: f64,
    pub(super) executions: f64,
}

impl AddAssign<(&Tally, f64)> for Tally {
    fn add_assign(&mut self, (other, share): (&Tally, f64)) {
        for (own, other) in [
            (&mut self.transitions, other.transitions),
            (&mut self.calls, other.calls),
            (&mut self.busy_seconds, other.busy_seconds),
            (&mut self.gb_seconds, other.gb_seconds),
            (&mut self.read_units, other.read_units),
            (&mut self.write_units, other.write_units),
            (&mut self.outbox_write_units, other.outbox_write_units),
            (&mut self.messages, other.messages),
            (&mut self.stock_moves, other.stock_moves),
            (&mut self.requests, other.requests),
            (&mut self.bus_events, other.bus_events),
            (&mut self.mails, other.mails),
            (&mut self.topics, other.topics),
            (&mut self.queue_requests, other.queue_requests),
            (&mut self.pipe_requests, other.pipe_requests),
            (&mut self.puts, other.puts),
            (&mut self.gets, other.gets),
            (&mut self.executions, other.executions),
        ] {
            *own += other * share;
        }
    }
}

/// Walks through every outcome and adds up.
pub(super) fn tally(workflow: &Workflow, facts: &Facts, shares: Shares) -> Result<Tally, CostError> {
    shares.check()?;
    let mut average = Tally::default();
    for outcome in Outcome::ALL {
        average += (&of_outcome(workflow, facts, outcome)?, shares.of(outcome));
    }
    Ok(average)
}

fn of_outcome(workflow: &Workflow, facts: &Facts, outcome: Outcome) -> Result<Tally, CostError> {
    let bindings = &workflow.bindings;
    let machine = &workflow.machines[0];
    let walk: Walk = walk(machine, &input(workflow), outcome)?;
    let mut tally = Tally { executions: 1.0, ..Tally::default() };
    #[expect(clippy::cast_precision_loss, reason = "a walk has a few dozen states")]
    let transitions = walk.states.len() as f64;
    // The start counts as one, too (Step Functions pricing, examples).
    tally.transitions = transitions + 1.0;
    tally.topics += f64::from(walk.publishes);
    for (step, count) in &walk.calls {
        tally.call(facts, step, step, f64::from(*count))?;
    }
    for api in &bindings.api {
        if let Consumer::Step(handler) = &api.handler {
            // The handler runs within the function that serves HTTP.
            tally.call(facts, API, handler, 1.0)?;
            tally.requests += 1.0;
        }
    }
    if let Some(pipe) = &bindings.pipe {
        tally.pipe_requests += 1.0;
        if let Some(step) = &pipe.enrichment {
            tally.call(facts, step, step, 1.0)?;
        }
        tally.bus_events += f64::from(u8::from(pipe.target == Target::EventBus));
        tally.queue_requests += if matches!(pipe.source, PipeSource::Queue(_)) { 2.0 } else { 0.0 };
    }
    for queue in bindings.queues.values() {
        if let Some(Consumer::Step(step)) = &queue.consumer {
            tally.call(facts, step, step, 1.0)?;
            // Received and deleted; its sending is the delivery's.
            tally.queue_requests += 2.0;
        }
    }
    if outcome == Outcome::Sold {
        for target in bindings.rules.values().flat_map(|rule| &rule.targets) {
            if let Target::Step(step) = target {
                tally.call(facts, step, step, 1.0)?;
            }
        }
    }
    // The outbox keeps one mail of a kind to an order: a step that writes it again writes nothing.
    let repeated = (tally.mails - 1.0).max(0.0);
    tally.mails -= repeated;
    tally.messages -= repeated;
    tally.deliver(facts)?;
    Ok(tally)
}

impl Tally {
    /// Adds calls of what a step does, in the function that does it.
    fn call(&mut self, facts: &Facts, function: &str, step: &str, count: f64) -> Result<(), CostError> {
        let usage = usage();
        let own: &FunctionUsage = usage.of(step)?;
        let writes = own.write_units(&usage.assumptions);
        let without_messages =
            FunctionUsage { mails: 0.0, events: 0.0, topics: 0.0, queues: 0.0, starts: 0.0, ..own.clone() };
        self.run(facts, function, own.milliseconds, count)?;
        self.read_units += own.reads * count;
        self.write_units += writes * count;
        self.outbox_write_units += (writes - without_messages.write_units(&usage.assumptions)) * count;
        self.messages += own.messages() * count;
        self.stock_moves += f64::from(u8::from(own.stock)) * count;
        self.mails += own.mails * count;
        self.bus_events += own.events * count;
        self.topics += own.topics * count;
        self.queue_requests += own.queues * count;
        self.puts += own.puts * count;
        Ok(())
    }

    /// Adds the handing on of all that is in the outbox, one call a message: batches are the exception at low rates.
    fn deliver(&mut self, facts: &Facts) -> Result<(), CostError> {
        let delivery = &usage().delivery;
        self.run(facts, DELIVER_OUTBOX, delivery.milliseconds, self.messages)?;
        self.read_units += delivery.read_units * self.messages;
        self.write_units += delivery.write_units * self.messages;
        self.outbox_write_units += delivery.write_units * self.messages;
        // A mail takes its receipt along.
        self.gets += self.puts.min(self.mails);
        Ok(())
    }

    fn run(&mut self, facts: &Facts, function: &str, milliseconds: f64, count: f64) -> Result<(), CostError> {
        let known = facts.functions.get(function).ok_or_else(|| CostError::UnknownFunction(function.to_owned()))?;
        let seconds = milliseconds / 1_000.0 * count;
        self.calls += count;
        self.busy_seconds += seconds;
        self.gb_seconds += seconds * f64::from(known.memory_size) / 1_024.0;
        Ok(())
    }
}

/// What the workflow's trigger starts an execution with, as far as a walk looks at it.
fn input(workflow: &Workflow) -> Value {
    let order = json!({ "order_id": "A-1", "OrderID": "A-1", "orderId": "A-1", "product_id": "P-1", "quantity": 1 });
    let pipe = workflow.bindings.pipe.as_ref();
    match pipe.map(|pipe| &pipe.target) {
        Some(Target::Workflow) => json!([{ "order": order }]),
        Some(Target::EventBus) => json!({ "detail": { "dynamodb": { "Keys": { "order_id": { "S": "A-1" } } } } }),
        _ => order,
    }
}

fn lines(tally: &Tally, prices: &PriceList) -> Vec<Line> {
    const BYTES_A_GIGABYTE: f64 = 1_073_741_824.0;
    let assumed = &usage().assumptions;
    let log_bytes = tally.calls * assumed.log_bytes_a_call
        + tally.transitions * assumed.log_bytes_a_transition
        + tally.requests * assumed.log_bytes_a_request;
    let priced = |name, per_order: f64, dollars_a_million: f64| Line {
        name,
        per_order,
        dollars_per_million: per_order * dollars_a_million,
    };
    // What is priced by the gigabyte: a million orders take a million times as much.
    let by_gigabyte = |name, gigabytes: f64, dollars: f64| priced(name, gigabytes, dollars * 1_000_000.0);
    vec![
        priced("Step Functions: state transitions", tally.transitions, prices.state_transitions),
        priced("SES: mails", tally.mails, prices.mails),
        priced("DynamoDB: write units", tally.write_units, prices.write_units),
        priced("DynamoDB: read units", tally.read_units, prices.read_units),
        priced("Lambda: calls", tally.calls, prices.lambda_calls),
        priced("Lambda: gigabyte-seconds", tally.gb_seconds, prices.lambda_gb_seconds),
        priced("API Gateway: requests", tally.requests, prices.api_requests),
        priced("EventBridge: events", tally.bus_events, prices.bus_events),
        priced("EventBridge Pipes: requests", tally.pipe_requests, prices.pipe_requests),
        priced("SNS: publishes", tally.topics, prices.topic_publishes),
        priced("SQS: requests", tally.queue_requests, prices.queue_requests),
        priced("S3: objects put", tally.puts, prices.object_puts),
        priced("S3: objects read", tally.gets, prices.object_gets),
        by_gigabyte("SES: attachments, in gigabytes", tally.gets * assumed.receipt_gigabytes, prices.mail_gigabytes),
        by_gigabyte("CloudWatch Logs: gigabytes", log_bytes / BYTES_A_GIGABYTE, prices.log_gigabytes),
        priced("X-Ray: traces", assumed.sampled_traces, prices.traces),
    ]
}
