//! `orderflow workflows`: what the server runs, and whether a definition is right.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Failure, Remote};

#[derive(Subcommand)]
pub enum Command {
    /// List the server's workflows
    List(List),
    /// Check an Amazon States Language file, or a workflow's folder; needs no server
    Validate(Validate),
}

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow workflows list
  orderflow workflows list --json --server http://127.0.0.1:8080")]
pub struct List {
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow workflows validate workflows/checkout
  orderflow workflows validate my-machine.asl.json --json

Each finding names the file, the place in it as a JSON pointer, and what is wrong. Exit code 1 when
there is an error; warnings alone are no error.")]
pub struct Validate {
    /// A definition, or a folder with workflow.asl.json and triggers.json
    path: PathBuf,
    /// Answer in JSON, for machines
    #[arg(long)]
    json: bool,
}

pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::List(options) => list(options).await,
        Command::Validate(options) => validate(options),
    }
}

async fn list(options: List) -> Result<(), Failure> {
    let workflows = options.remote.client()?.get("/workflows").await?;
    if options.remote.json {
        println!("{workflows}");
        return Ok(());
    }
    for workflow in workflows["items"].as_array().into_iter().flatten() {
        let name = workflow["name"].as_str().unwrap_or("");
        let intake = intake_path(workflow).map(|path| format!("at {path}")).unwrap_or_default();
        println!("{name:<18} {intake:<36} {}", workflow["description"].as_str().unwrap_or(""));
    }
    Ok(())
}

/// Where a workflow, as the server shows it, takes orders over HTTP.
pub fn intake_path(workflow: &Value) -> Option<String> {
    let api = &workflow["triggers"]["Api"];
    let path = api["Path"].as_str().or(api[0]["Path"].as_str())?;
    let name = workflow["name"].as_str()?;
    Some(if name == "checkout" { path.to_owned() } else { format!("/{name}{path}") })
}

fn validate(options: Validate) -> Result<(), Failure> {
    let findings = workflows::check(&options.path).map_err(Failure::input)?;
    let errors = findings.iter().filter(|finding| finding.is_error).count();
    if options.json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                let severity = if finding.is_error { "error" } else { "warning" };
                json!({ "file": finding.file, "pointer": finding.pointer, "message": finding.message, "severity": severity })
            })
            .collect();
        println!("{}", json!({ "ok": errors == 0, "findings": findings }));
    } else {
        for finding in &findings {
            println!("{finding}");
        }
        if errors == 0 {
            println!("{} is valid", options.path.display());
        }
    }
    if errors == 0 {
        Ok(())
    } else {
        Err(Failure::refused(format!("{errors} {}", if errors == 1 { "error" } else { "errors" })))
    }
}
