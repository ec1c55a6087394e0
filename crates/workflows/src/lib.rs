//! Workflows as folders: `workflow.asl.json` and `triggers.json`, built in or on disk.
//!
//! The entry point is [`load`]. Everything is checked before anything is started or deployed: a folder
//! with one mistake is refused with a message that names the file, the place in it, and what is wrong.
//!
//! What this crate must never know: how a workflow is run, or what its resources are called once they
//! are deployed. Whoever runs or deploys says what a [`Placeholder`] stands for there.

mod check;
mod finding;
mod placeholder;
mod resource;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use asl::StateMachine;
use serde_json::Value;
use triggers::{Bindings, Origin};

pub use finding::Finding;
pub use placeholder::Placeholder;
pub use resource::Resource;

/// A workflow, ready to run.
#[derive(Debug)]
pub struct Workflow {
    /// The folder's name, which is the state machine's.
    pub name: String,
    /// The definition with its placeholders filled in as the embedded home has it.
    pub definition: String,
    /// The definition as its file has it, with placeholders.
    pub template: String,
    /// The definition's own comment.
    pub comment: Option<String>,
    /// What starts it and what follows.
    pub bindings: Bindings,
    /// The same as its file says it.
    pub triggers: Value,
    /// An order that its intake takes.
    pub example: Option<Value>,
}

impl Workflow {
    /// The definition with every placeholder filled in as `value` says.
    #[must_use]
    pub fn definition_with(&self, value: impl Fn(Placeholder<'_>) -> String) -> String {
        let resolve = |name: &str| Placeholder::parse(name, &self.bindings).map(&value);
        asl::placeholders::substitute(&self.template, resolve).expect("every placeholder was known when it was loaded")
    }
}

/// Who the workflows may name, and the values of their parameters.
pub struct Surroundings<'a> {
    /// The account and region of all ARNs.
    pub origin: &'a Origin,
    /// Values of parameters, by workflow.
    pub parameters: &'a BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads all workflows of a folder, or the built-in ones, in the order of their names.
///
/// # Errors
/// Everything that is to be said about them, when one of it is an error.
pub fn load(folder: Option<&Path>, surroundings: &Surroundings<'_>) -> Result<Vec<Workflow>, Vec<Finding>> {
    let sources = match folder {
        Some(folder) => source::read_folder(folder).map_err(|finding| vec![finding])?,
        None => source::built_in(),
    };
    let mut findings = Vec::new();
    if sources.is_empty() {
        let place = folder.map_or_else(String::new, |folder| folder.display().to_string());
        findings.push(Finding::error(&place, "", format!("there is no folder with a {} here", source::DEFINITION)));
    }
    for name in surroundings.parameters.keys() {
        if !sources.iter().any(|source| source.name == *name) {
            let message = "there is no workflow of this name";
            findings.push(Finding::error("configuration", format!("/parameters/{name}"), message));
        }
    }
    let mut workflows = Vec::new();
    for source in sources {
        match check::read(source, surroundings) {
            Ok(workflow) => workflows.push(workflow),
            Err(problems) => findings.extend(problems),
        }
    }
    // What cannot be read is no reason to say that what follows up on it is missing.
    if findings.is_empty() {
        findings.extend(check::follow_ups(&workflows));
    }
    findings.extend(check::clashes(&workflows));
    if findings.iter().any(|finding| finding.is_error) { Err(findings) } else { Ok(workflows) }
}

/// Checks one definition file, or one workflow's folder, and gives everything that is to be said.
///
/// # Errors
/// Says why the file or folder cannot be looked at.
pub fn check(path: &Path) -> Result<Vec<Finding>, String> {
    let origin = Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
    if path.is_dir() {
        let source = match source::read_source(path) {
            Ok(source) => source.ok_or_else(|| format!("{} has no {}", path.display(), source::DEFINITION))?,
            Err(finding) => return Ok(vec![finding]),
        };
        let surroundings = Surroundings { origin: &origin, parameters: &BTreeMap::new() };
        return Ok(check::read(source, &surroundings).err().unwrap_or_default());
    }
    let definition =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file = path.display().to_string();
    let diagnostics = StateMachine::parse(&definition).err().unwrap_or_default();
    Ok(diagnostics.iter().map(|diagnostic| Finding::of_diagnostic(&file, diagnostic)).collect())
}

#[cfg(test)]
mod tests;
