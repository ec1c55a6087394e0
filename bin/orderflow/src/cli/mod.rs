//! The command line: what can be asked, and how it answers.
//!
//! Results go to standard output, progress and errors to standard error. Exit codes: 0 done, 1 the
//! answer is no (an audit found violations, an order was refused), 2 wrong usage or input, 3 the server
//! cannot be reached or refused the key.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints; nothing else here does")]

mod audit;
mod aws;
mod bench;
mod client;
mod connections;
mod cost;
mod demo;
mod export;
mod import;
mod load;
mod orders;
mod serve;
mod workflows;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use client::Client;

/// Order backend: takes an order from placed to paid, receipted and confirmed.
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  orderflow serve --data ./data --demo
  orderflow demo
  orderflow import products products.csv
  orderflow orders place orders.jsonl --concurrency 16
  orderflow orders show NW-10248
  orderflow audit --json

The operator key of a running server is read from ORDERFLOW_ADMIN_KEY, else from the data folder.";

const ORDERS_EXAMPLES: &str = "Examples:
  orderflow orders place orders.jsonl --concurrency 16
  orderflow orders list --status rejected
  orderflow orders show NW-10248";

const WORKFLOWS_EXAMPLES: &str = "Examples:
  orderflow workflows list
  orderflow workflows validate workflows/checkout";

#[derive(Subcommand)]
enum Command {
    /// Run the server until it is told to stop
    Serve(serve::Options),
    /// Run a demo shop, whose simulated shoppers place orders of all outcomes
    Demo(demo::Options),
    /// Import products or customers from CSV
    Import(import::Options),
    /// Place, list and show orders
    #[command(subcommand, after_help = ORDERS_EXAMPLES)]
    Orders(orders::Command),
    /// List the server's workflows, or check a definition
    #[command(subcommand, after_help = WORKFLOWS_EXAMPLES)]
    Workflows(workflows::Command),
    /// Write what the home on AWS is made of
    #[command(subcommand)]
    Export(export::Command),
    /// Prove that stock, money and orders agree; exit code 1 when they do not
    Audit(audit::Options),
    /// Deploy a workflow to AWS, with what it shares with others
    Deploy(aws::deploy::Options),
    /// Take a workflow off AWS again
    Destroy(aws::destroy::Options),
    /// Compute what orders cost on AWS, and which quotas a rate of them asks for
    Cost(cost::Options),
    /// Say what would fail, before it does
    Doctor(aws::doctor::Options),
    /// Measure throughput and latency of checkout against a server of its own
    Bench(bench::Options),
}

/// Where the running server is, and how to answer.
#[derive(Args, Clone)]
struct Remote {
    /// The running server
    #[arg(long, env = "ORDERFLOW_SERVER", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    server: String,
    /// The operator key
    #[arg(long, env = "ORDERFLOW_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// The server's data folder, to read the operator key from when none is given
    #[arg(long, env = "ORDERFLOW_DATA", default_value = "data", value_name = "DIR")]
    data: std::path::PathBuf,
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

impl Remote {
    fn client(&self) -> Result<Client, Failure> {
        let key = self.key.clone().or_else(|| crate::keys::read_operator_key(&self.data));
        Client::new(&self.server, key)
    }
}

/// Why a command did not do what it was asked, and the exit code that says so.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// The answer is no.
    fn refused(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// The input or the options are wrong.
    fn input(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 2 }
    }

    /// The server cannot be reached, or does not let us in.
    fn server(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 3 }
    }
}

/// Runs the command that was asked for.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(options) => serve::run(options),
        Command::Demo(options) => demo::run(options),
        Command::Import(options) => block_on(import::run(options)),
        Command::Orders(command) => block_on(orders::run(command)),
        Command::Workflows(command) => block_on(workflows::run(command)),
        Command::Export(command) => export::run(command),
        Command::Audit(options) => block_on(audit::run(options)),
        Command::Deploy(options) => block_on(aws::deploy::run(options)),
        Command::Destroy(options) => block_on(aws::destroy::run(options)),
        Command::Cost(options) => cost::run(options),
        Command::Doctor(options) => block_on(aws::doctor::run(options)),
        Command::Bench(options) => block_on(bench::run(options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("orderflow: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::input(format!("cannot start: {error}")))?
        .block_on(work)
}
