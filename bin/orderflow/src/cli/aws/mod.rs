//! The home on AWS, from the command line: `deploy`, `destroy`, `doctor`.
//!
//! Drives the programs that people deploy with, the AWS CLI and Terraform, so that credentials, profiles
//! and endpoints are theirs; what is deployed comes from the workflows' folders and from [`infra`].

mod cloudformation;
pub mod deploy;
pub mod destroy;
pub mod doctor;
mod parameters;
mod smoke;
mod terraform;
mod tool;
mod web;

use clap::{Args, ValueEnum};

use crate::cli::Failure;
use tool::Account;

/// What is deployed, and with what.
#[derive(Args, Clone)]
pub struct Deployment {
    /// The workflow, with what it needs: checkout, queued-orders, …
    #[arg(long, value_name = "NAME")]
    workflow: String,
    /// What deploys it
    #[arg(long, value_enum, value_name = "TOOL")]
    with: With,
    /// What all names on AWS begin with
    #[arg(long, default_value = "orderflow", value_name = "NAME", value_parser = name)]
    name: String,
    /// A parameter of the workflow or of what it shares with others; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameters::pair)]
    parameters: Vec<(String, String)>,
    /// The folder with the Terraform modules and the workflows, as in a checkout of the project
    #[arg(long, default_value = ".", value_name = "DIR")]
    project: std::path::PathBuf,
    #[command(flatten)]
    account: Account,
}

/// What deploys.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum With {
    /// The AWS CLI, with templates made on the spot
    Cloudformation,
    /// Terraform, with the modules of the project's folder
    Terraform,
}

/// Names of buckets and functions begin with it: what both allow.
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (2..=20).contains(&text.len())
        && text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err("expected 2 to 20 lower-case letters, digits and dashes, beginning with a letter".to_owned())
    }
}

/// Asks the person at the terminal to type a word, and refuses when it is another.
fn confirm(question: &str, word: &str) -> Result<(), Failure> {
    use std::io::{BufRead, IsTerminal, Write};

    if !std::io::stdin().is_terminal() {
        return Err(Failure::input("nobody is there to be asked: give --yes to go on without"));
    }
    eprint!("{question}\nType {word} to go on: ");
    std::io::stderr().flush().ok();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| Failure::input(format!("cannot read: {error}")))?;
    if line.trim() == word { Ok(()) } else { Err(Failure::refused("nothing was done")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_buckets_and_functions() {
        for good in ["orderflow", "ab", "shop-2"] {
            assert_eq!(name(good).as_deref(), Ok(good));
        }
        for bad in ["", "a", "Shop", "2shop", "shop-", "a_b", "a-name-that-is-too-long"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
