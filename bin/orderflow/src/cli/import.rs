//! `orderflow import`: products or customers from CSV.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, Remote};

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow import products products.csv     columns: sku,name,unit_price,currency,stock
  orderflow import customers customers.csv   columns: customer_id,company,contact,email,address,city,region,postal_code,country

All lines are imported or none; each wrong line is named.")]
pub struct Options {
    /// What the file holds
    what: What,
    /// The CSV file, UTF-8, with a header line
    file: PathBuf,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Products,
    Customers,
}

pub async fn run(options: Options) -> Result<(), Failure> {
    let body = std::fs::read(&options.file)
        .map_err(|error| Failure::input(format!("cannot read {}: {error}", options.file.display())))?;
    let (path, noun) = match options.what {
        What::Products => ("/inventory/import", "products"),
        What::Customers => ("/customers/import", "customers"),
    };
    let answer = options.remote.client()?.post(path, "text/csv", body).await?;
    if options.remote.json {
        println!("{answer}");
    } else {
        println!("{} {noun} imported", answer["imported"]);
    }
    Ok(())
}
