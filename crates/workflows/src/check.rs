//! Whether a workflow's files are right, each by itself and all together.

use std::collections::BTreeMap;

use asl::StateMachine;
use triggers::document::{Consumer, Method};
use triggers::{Bindings, Triggers};

use crate::source::{EXAMPLE, Source, TRIGGERS};
use crate::{Finding, Placeholder, Resource, Surroundings, Workflow};

pub(crate) fn read(source: Source, surroundings: &Surroundings<'_>) -> Result<Workflow, Vec<Finding>> {
    let mut findings = Vec::new();
    if !triggers::document::is_name(&source.name) {
        let message = "a workflow's folder is named as its state machine: expected a name of 1 to 80 letters, digits, \
                       hyphens, underscores and dots";
        findings.push(Finding::error(&source.name, "", message));
    }
    let Some(bindings) = read_triggers(&source, surroundings, &mut findings) else { return Err(findings) };
    let file = source.definition_file();
    let place = |name: &str| {
        let placeholder = Placeholder::parse(name, &bindings)?;
        Some(placeholder.embedded(surroundings.origin))
    };
    let parsed = asl::placeholders::substitute(&source.definition, place).and_then(|definition| {
        let machine = StateMachine::parse(&definition)?;
        Ok((definition, machine))
    });
    let (definition, machine) = match parsed {
        Ok(parsed) => parsed,
        Err(diagnostics) => {
            findings.extend(diagnostics.iter().map(|diagnostic| Finding::of_diagnostic(&file, diagnostic)));
            return Err(findings);
        }
    };
    for api in &bindings.api {
        if let Some(method) = api.methods.iter().find(|method| !matches!(method, Method::Get | Method::Post)) {
            let message = format!("an intake answers GET or POST, not {}", method.as_str());
            findings.push(Finding::error(&source.triggers_file(), "/Api/Method", message));
        }
        if api.handler == Consumer::Workflow {
            let message = "an intake hands its requests to a step, such as PlaceOrder".to_owned();
            findings.push(Finding::error(&source.triggers_file(), "/Api/Handler", message));
        }
    }
    for (pointer, resource) in machine.resources() {
        if let Err(message) = Resource::check(resource) {
            findings.push(Finding::error(&file, pointer, message));
        }
    }
    let example = source.example.as_deref().map(serde_json::from_str).transpose().unwrap_or_else(|problem| {
        findings.push(Finding::error(&format!("{}/{EXAMPLE}", source.name), "", format!("is not JSON: {problem}")));
        None
    });
    if findings.is_empty() {
        Ok(Workflow {
            comment: machine.comment().map(str::to_owned),
            triggers: source.triggers.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
            example,
            template: source.definition.into_owned(),
            name: source.name,
            definition,
            bindings,
        })
    } else {
        Err(findings)
    }
}

fn read_triggers(source: &Source, surroundings: &Surroundings<'_>, findings: &mut Vec<Finding>) -> Option<Bindings> {
    let nothing = BTreeMap::new();
    let parameters = surroundings.parameters.get(&source.name).unwrap_or(&nothing);
    let text = source.triggers.as_deref().unwrap_or("{}");
    let bindings = Triggers::parse(text).and_then(|triggers| triggers.resolve(parameters));
    let problems = match bindings {
        Ok(bindings) => {
            let problems = bindings.check_steps(|name| steps::registry::find(name).is_some());
            if problems.is_empty() {
                return Some(bindings);
            }
            problems
        }
        Err(problems) => problems,
    };
    let file = source.triggers_file();
    findings.extend(problems.into_iter().map(|problem| Finding::error(&file, problem.pointer, problem.message)));
    None
}

/// What two workflows both lay claim to.
pub(crate) fn clashes(workflows: &[Workflow]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut owners: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for workflow in workflows {
        let queues = workflow.bindings.queue_names().into_iter().map(|name| ("queue", "Queues", name.to_owned()));
        let alarms = workflow.bindings.alarms.keys().map(|name| ("alarm", "Alarms", name.clone()));
        let tables = workflow.bindings.tables.keys().map(|name| ("table", "Tables", name.clone()));
        for (noun, section, name) in queues.chain(alarms).chain(tables) {
            if let Some(other) = owners.insert((noun, name.clone()), &workflow.name) {
                let file = format!("{}/{TRIGGERS}", workflow.name);
                let message = format!("the {noun} {name} belongs to the workflow {other} already");
                findings.push(Finding::error(&file, format!("/{section}/{name}"), message));
            }
        }
    }
    findings
}

/// What a workflow says follows it, and does not.
pub(crate) fn follow_ups(workflows: &[Workflow]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for workflow in workflows {
        for (index, name) in workflow.bindings.follow_ups.iter().enumerate() {
            let message = match workflows.iter().find(|other| other.name == *name) {
                None => format!("there is no workflow {name}"),
                Some(_) if *name == workflow.name => "a workflow does not follow itself".to_owned(),
                Some(follow_up) if !follow_up.bindings.follow_ups.is_empty() => {
                    format!("{name} has follow-ups of its own, and those of a follow-up are not known to anybody")
                }
                Some(_) => match owners.insert(name, &workflow.name) {
                    Some(owner) => format!("{name} follows the workflow {owner} already"),
                    None => continue,
                },
            };
            let file = format!("{}/{TRIGGERS}", workflow.name);
            findings.push(Finding::error(&file, format!("/FollowUps/{index}"), message));
        }
    }
    findings
}
