//! A workflow as it is deployed: one stack, made of its own state machine and of its follow-ups'.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use asl::StateMachine;
use serde_json::Value;
use triggers::document::Parameter;
use triggers::{Bindings, Triggers};
use workflows::Placeholder;

use crate::cloudformation::SHARED;
use crate::problem::Problem;

/// The function that serves HTTP.
pub(crate) const API: &str = "Api";
/// The function that hands on what the outbox holds.
pub(crate) const DELIVER_OUTBOX: &str = "DeliverOutbox";

/// The workflow whose intake stands at the root; every other's is below its name.
const DEFAULT_WORKFLOW: &str = "checkout";

/// Where an intake of a workflow answers, below the API's URL.
#[must_use]
pub fn route(workflow: &str, path: &str) -> String {
    if workflow == DEFAULT_WORKFLOW { path.to_owned() } else { format!("/{workflow}{path}") }
}

/// A workflow with what is deployed together with it.
#[derive(Debug)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// Its own state machine, then those of its follow-ups.
    pub machines: Vec<Machine>,
    /// What starts it and what follows, with the defaults of its parameters filled in.
    pub bindings: Bindings,
    /// The parameters of `triggers.json`.
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// `triggers.json` as it is written: where a value is a placeholder, it becomes a parameter of the template.
    pub(crate) triggers: Value,
}

/// A state machine of a workflow.
#[derive(Debug)]
pub struct Machine {
    /// Its name: the folder's.
    pub name: String,
    /// The definition, as parsed with the ARNs of a sample account.
    pub parsed: StateMachine,
    /// The definition with its placeholders.
    pub(crate) template: String,
    /// The names of its placeholders.
    placeholders: BTreeSet<String>,
}

impl Workflow {
    /// Every workflow that is deployed by itself: all but those that follow another.
    ///
    /// # Errors
    /// Names that would be two things of one account, and follow-ups with triggers of their own, which nobody deploys.
    pub fn all(loaded: &[workflows::Workflow]) -> Result<Vec<Self>, Vec<Problem>> {
        let follow_ups: BTreeSet<&String> = loaded.iter().flat_map(|workflow| &workflow.bindings.follow_ups).collect();
        let mut problems: Vec<Problem> = loaded
            .iter()
            .filter(|workflow| follow_ups.contains(&workflow.name) && has_triggers(&workflow.bindings))
            .map(|workflow| {
                let message = "it is deployed with the workflow that it follows, and has no triggers of its own";
                Problem::new(triggers_file(&workflow.name), "", message)
            })
            .collect();
        let deployed = loaded.iter().filter(|workflow| !follow_ups.contains(&workflow.name));
        let workflows: Vec<Self> = deployed.map(|workflow| Self::of(workflow, loaded)).collect();
        problems.extend(clashes(&workflows));
        if problems.is_empty() { Ok(workflows) } else { Err(problems) }
    }

    fn of(loaded: &workflows::Workflow, all: &[workflows::Workflow]) -> Self {
        let named = |name: &String| all.iter().find(|workflow| workflow.name == *name);
        let follow_ups = loaded.bindings.follow_ups.iter().filter_map(named);
        let triggers =
            Triggers::parse(&loaded.triggers.to_string()).expect("it was parsed when the workflow was loaded");
        Self {
            name: loaded.name.clone(),
            machines: std::iter::once(loaded).chain(follow_ups).map(Machine::of).collect(),
            bindings: loaded.bindings.clone(),
            parameters: triggers.parameters().clone(),
            triggers: loaded.triggers.clone(),
        }
    }

    /// The functions of its stack: every step that a state machine, a pipe, a rule or a queue calls, and the two that
    /// every workflow has. An intake's handler runs within `Api`.
    pub fn functions(&self) -> BTreeSet<&str> {
        let mut functions: BTreeSet<&str> = self.machines.iter().flat_map(|machine| self.called_by(machine)).collect();
        let handlers = self.bindings.steps().into_iter().filter(|(pointer, _)| !pointer.starts_with("/Api"));
        functions.extend(handlers.map(|(_, step)| step));
        functions.insert(DELIVER_OUTBOX);
        if !self.bindings.api.is_empty() {
            functions.insert(API);
        }
        functions
    }

    /// What the placeholders of a machine's definition stand for.
    pub(crate) fn placeholders<'w>(&'w self, machine: &'w Machine) -> impl Iterator<Item = (&'w str, Placeholder<'w>)> {
        machine.placeholders.iter().map(|name| {
            let meaning = Placeholder::parse(name, &self.bindings);
            (name.as_str(), meaning.expect("every placeholder was known when the workflow was loaded"))
        })
    }

    fn called_by<'w>(&'w self, machine: &'w Machine) -> impl Iterator<Item = &'static str> {
        self.placeholders(machine).filter_map(|(_, placeholder)| match placeholder {
            Placeholder::Function(step) => Some(step),
            _ => None,
        })
    }

    /// The file of its triggers, as problems name it.
    pub(crate) fn triggers_file(&self) -> String {
        triggers_file(&self.name)
    }
}

impl Machine {
    fn of(loaded: &workflows::Workflow) -> Self {
        let names = RefCell::new(BTreeSet::new());
        let note = |name: &str| {
            names.borrow_mut().insert(name.to_owned());
            Some(String::new())
        };
        asl::placeholders::substitute(&loaded.template, note).expect("it was parsed when the workflow was loaded");
        Self {
            name: loaded.name.clone(),
            parsed: StateMachine::parse(&loaded.definition).expect("it was parsed when the workflow was loaded"),
            template: loaded.template.clone(),
            placeholders: names.into_inner(),
        }
    }

    /// Whether it can run as an Express workflow: one that ends within five minutes and waits for nobody.
    pub(crate) fn may_be_express(&self) -> bool {
        const LONGEST_SECONDS: u64 = 300;
        let waits = self.parsed.resources().any(|(_, resource)| {
            resource.ends_with(".waitForTaskToken") || resource.contains(".sync") || resource.contains(":activity:")
        });
        !waits && self.parsed.timeout_seconds().is_some_and(|seconds| seconds <= LONGEST_SECONDS)
    }
}

/// A name as CloudFormation takes it for a resource: letters and digits, each word with a capital.
pub(crate) fn logical(name: &str) -> String {
    let mut logical = String::new();
    for word in name.split(|character: char| !character.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        logical.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        logical.push_str(letters.as_str());
    }
    logical
}

fn triggers_file(workflow: &str) -> String {
    format!("{workflow}/triggers.json")
}

fn has_triggers(bindings: &Bindings) -> bool {
    !(bindings.api.is_empty()
        && bindings.tables.is_empty()
        && bindings.pipe.is_none()
        && bindings.rules.is_empty()
        && bindings.queues.is_empty()
        && bindings.topics.is_empty()
        && bindings.alarms.is_empty())
}

/// Names that would be two things of one account: there the workflows' names are beside each other, and beside those of
/// the shared stack.
fn clashes(workflows: &[Workflow]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let shared = [("Topics", "alarms"), ("Topics", "mail-events"), ("Tables", "data"), ("Queues", "failures")];
    let mut owners: BTreeMap<(&str, String), &str> = BTreeMap::new();
    owners.extend(shared.map(|(section, name)| ((section, name.to_owned()), SHARED)));
    for workflow in workflows {
        owners.insert(("Tables", format!("{}-outbox", workflow.name)), &workflow.name);
        owners.insert(("Queues", format!("{}-failures", workflow.name)), &workflow.name);
        if workflow.name == SHARED {
            problems.push(Problem::new(SHARED, "", "the stack of what all workflows share has this name already"));
        }
    }
    for workflow in workflows {
        let bindings = &workflow.bindings;
        let claims = bindings.topics.keys().map(|name| ("Topics", name.as_str()));
        let claims = claims.chain(bindings.tables.keys().map(|name| ("Tables", name.as_str())));
        for (section, name) in claims.chain(bindings.queue_names().into_iter().map(|name| ("Queues", name))) {
            if let Some(other) = owners.insert((section, name.to_owned()), &workflow.name) {
                let message = format!("on AWS this name belongs to {other} already");
                problems.push(Problem::new(workflow.triggers_file(), format!("/{section}/{name}"), message));
            }
        }
    }
    problems
}
