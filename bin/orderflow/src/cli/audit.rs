//! `orderflow audit`: do stock, money and orders agree?

use clap::Args;

use super::{Failure, Remote};

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow audit
  orderflow audit --json --server http://127.0.0.1:8080

Exit code 1 when a violation was found.")]
pub struct Options {
    #[command(flatten)]
    remote: Remote,
}

pub async fn run(options: Options) -> Result<(), Failure> {
    let audit = options.remote.client()?.get("/audit").await?;
    let violations = audit["violations"].as_array().cloned().unwrap_or_default();
    if options.remote.json {
        println!("{audit}");
    } else {
        for violation in &violations {
            println!("{}", violation.as_str().unwrap_or_default());
        }
        println!(
            "{} orders, {} ledger entries, {} payment events: {}",
            audit["orders"],
            audit["ledger_entries"],
            audit["payment_events"],
            if violations.is_empty() {
                "all consistent".to_owned()
            } else {
                format!("{} violations", violations.len())
            }
        );
    }
    if violations.is_empty() { Ok(()) } else { Err(Failure::refused("the books do not agree")) }
}
