//! `orderflow export`: the templates of the home on AWS.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use infra::{Facts, Workflow, cloudformation};
use serde_json::Value;
use std::collections::BTreeMap;
use triggers::Origin;
use workflows::Surroundings;

use super::Failure;

#[derive(Subcommand)]
pub enum Command {
    /// Write CloudFormation templates: one for what all workflows share, one for each workflow
    Cloudformation(Cloudformation),
    /// Write the JSON schemas that API Gateway checks requests against, by workflow
    Models(Models),
}

#[derive(Args)]
#[command(after_help = "Examples:
  orderflow export cloudformation --all --out infra/cloudformation
  orderflow export cloudformation --workflow checkout --out .

Writes shared.json and {workflow}.json. Deploy the shared one first.")]
pub struct Cloudformation {
    /// The workflow; what it shares with others is written too
    #[arg(long, value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    workflow: Option<String>,
    /// All workflows
    #[arg(long)]
    all: bool,
    /// The folder of workflows; without it, those that are built in
    #[arg(long, value_name = "DIR")]
    workflows: Option<PathBuf>,
    /// Where the templates go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
#[command(after_help = "Example:
  orderflow export models --out infra/models.json")]
pub struct Models {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Cloudformation(options) => export(&options),
        Command::Models(options) => {
            let models: BTreeMap<String, Value> =
                deployed(None)?.into_iter().map(|workflow| (workflow.name.clone(), model(&workflow.name))).collect();
            write(&options.out, &serde_json::to_value(models).expect("models are JSON"))
        }
    }
}

fn export(options: &Cloudformation) -> Result<(), Failure> {
    let facts = Facts::built_in();
    let mut workflows = deployed(options.workflows.as_deref())?;
    if let Some(name) = &options.workflow {
        workflows = vec![find(workflows, name)?];
    }
    let mut templates = vec![(cloudformation::SHARED.to_owned(), shared(&facts)?)];
    for workflow in &workflows {
        templates.push((workflow.name.clone(), own(workflow, &facts)?));
    }
    std::fs::create_dir_all(&options.out)
        .map_err(|error| Failure::input(format!("cannot make {}: {error}", options.out.display())))?;
    for (name, template) in templates {
        write(&options.out.join(format!("{name}.json")), &template)?;
    }
    Ok(())
}

/// The templates that a workflow is deployed with: what all share, and its own.
///
/// # Errors
/// There is no such workflow, or it cannot be deployed.
pub fn templates(name: &str) -> Result<[Value; 2], Failure> {
    let facts = Facts::built_in();
    let workflow = find(deployed(None)?, name)?;
    Ok([shared(&facts)?, own(&workflow, &facts)?])
}

/// The workflows that are deployed by themselves, of a folder or of those that are built in.
///
/// # Errors
/// Everything that is wrong with them, in a line each.
pub fn deployed(folder: Option<&Path>) -> Result<Vec<Workflow>, Failure> {
    Workflow::all(&workflows(folder)?).map_err(|problems| Failure::input(lines(&problems)))
}

/// All workflows as they are written, of a folder or of those that are built in.
///
/// # Errors
/// Everything that is wrong with them, in a line each.
pub fn workflows(folder: Option<&Path>) -> Result<Vec<workflows::Workflow>, Failure> {
    // The account and region are CloudFormation's to fill in: these stand for any.
    let origin = Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
    let surroundings = Surroundings { origin: &origin, parameters: &BTreeMap::new() };
    workflows::load(folder, &surroundings).map_err(|findings| Failure::input(lines(&findings)))
}

/// The one of that name.
///
/// # Errors
/// There is none, with the names there are.
pub fn find(workflows: Vec<Workflow>, name: &str) -> Result<Workflow, Failure> {
    let names: Vec<String> = workflows.iter().map(|workflow| workflow.name.clone()).collect();
    let found = workflows.into_iter().find(|workflow| workflow.name == name);
    found.ok_or_else(|| Failure::input(format!("--workflow {name}: there are {}", names.join(", "))))
}

fn shared(facts: &Facts) -> Result<Value, Failure> {
    cloudformation::shared(facts).map_err(|problem| Failure::input(problem.to_string()))
}

fn own(workflow: &Workflow, facts: &Facts) -> Result<Value, Failure> {
    cloudformation::workflow(workflow, facts, Some(&model(&workflow.name)))
        .map_err(|problem| Failure::input(problem.to_string()))
}

fn model(workflow: &str) -> Value {
    cloudformation::model(&api::request_schema(workflow))
}

fn write(path: &Path, value: &Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).expect("a value is JSON") + "\n";
    std::fs::write(path, text).map_err(|error| Failure::input(format!("cannot write {}: {error}", path.display())))
}

fn lines<T: std::fmt::Display>(problems: &[T]) -> String {
    problems.iter().map(T::to_string).collect::<Vec<_>>().join("\n  ")
}
