//! The infrastructure's files: whether they are what they are made from, and whether the tools of the trade accept them.

use std::process::Command;

use crate::support::root;

mod cloudformation;
mod terraform;

/// A tool of the project's own environment, else the one that is on the path.
fn tool(name: &str) -> String {
    let own = root().join(".venv/bin").join(name);
    if own.exists() { own.to_string_lossy().into_owned() } else { name.to_owned() }
}

/// Runs a tool that looks for faults; what it finds is its answer.
fn lint(tool: &str, arguments: &[&str]) {
    let output = Command::new(tool).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{tool}: {error}; install it with `make tools`"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{tool} finds:\n{said}{}", String::from_utf8_lossy(&output.stderr));
}
