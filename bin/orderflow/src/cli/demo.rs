//! `orderflow demo`: the server with a catalogue to try and simulated shoppers.

use clap::Args;

use super::{Failure, serve};

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow demo
  orderflow demo --orders-per-minute 120 --data demo-shop

The simulated shoppers order in earnest: give them a data folder of their own.")]
pub struct Options {
    #[command(flatten)]
    server: serve::ServerOptions,
    /// About how many orders the simulated shoppers place in a minute
    #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=6000))]
    orders_per_minute: u16,
}

pub fn run(options: Options) -> Result<(), Failure> {
    serve::start(options.server, true, Some(options.orders_per_minute))
}
