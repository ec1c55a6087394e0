//! What this deployment serves: the workflow that it was made for, and what may follow an order of it.

use std::collections::BTreeMap;

use ::api::{Intake, IntakeAuth, Shop, WorkflowView};
use adapter::audit::{AuditRules, FollowUp};
use aws::Settings;
use triggers::Origin;
use triggers::document::{Auth, Consumer};
use workflows::{Placeholder, Surroundings, Workflow};

use crate::home::StartError;

/// Says otherwise than the workflow's triggers who may place orders, as the deployment wants it.
const INTAKE_AUTH: &str = "ORDERFLOW_INTAKE_AUTH";

/// The workflow of this deployment, and what follows it.
pub fn workflows(settings: &Settings) -> Result<Vec<Workflow>, StartError> {
    let name = settings.workflow()?;
    let surroundings = Surroundings { origin: &origin(settings), parameters: &BTreeMap::new() };
    let mut all = workflows::load(None, &surroundings).expect("a test of the workflows' crate reads them all");
    let Some(own) = all.iter().find(|workflow| workflow.name == name) else {
        let known: Vec<&str> = all.iter().map(|workflow| workflow.name.as_str()).collect();
        return Err(StartError::UnknownWorkflow { known: known.join(", "), found: name.to_owned() });
    };
    let follow_ups = own.bindings.follow_ups.clone();
    all.retain(|workflow| workflow.name == name || follow_ups.contains(&workflow.name));
    Ok(all)
}

/// The account and region, as they stand in the ARNs of the state machines:
/// `arn:aws:states:{region}:{account}:stateMachine:{name}`.
fn origin(settings: &Settings) -> Origin {
    let arn = settings.state_machines.values().next();
    let mut parts = arn.into_iter().flat_map(|arn| arn.split(':')).skip(3).map(str::to_owned);
    Origin { region: parts.next().unwrap_or_default(), account: parts.next().unwrap_or_default() }
}

/// The routes at which orders come in.
pub fn intakes(workflows: &[Workflow]) -> Result<Vec<Intake>, StartError> {
    let told = std::env::var(INTAKE_AUTH).ok().filter(|told| !told.is_empty());
    let told = match told.as_deref() {
        None => None,
        Some("none") => Some(IntakeAuth::None),
        Some("jwt" | "iam") => Some(IntakeAuth::Gateway),
        Some("key") => Some(IntakeAuth::Key),
        Some(_) => return Err(StartError::Wrong { variable: INTAKE_AUTH, expected: "none, key, jwt or iam" }),
    };
    let mut intakes = Vec::new();
    for workflow in workflows {
        for api in &workflow.bindings.api {
            let Consumer::Step(handler) = &api.handler else { continue };
            intakes.push(Intake {
                workflow: workflow.name.clone(),
                methods: api.methods.iter().filter_map(|method| method.as_str().parse().ok()).collect(),
                path: api.path.clone(),
                handler: handler.clone(),
                auth: told.unwrap_or(match api.auth {
                    Auth::None => IntakeAuth::None,
                    Auth::Jwt => IntakeAuth::Gateway,
                    Auth::Key => IntakeAuth::Key,
                }),
                example: workflow.example.clone(),
            });
        }
    }
    Ok(intakes)
}

/// A workflow as it is deployed.
pub fn view(workflow: &Workflow, settings: &Settings) -> WorkflowView {
    let origin = origin(settings);
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    // The functions of a deployment differ in the last part of their names.
    let prefix = function.strip_suffix(settings.function()).unwrap_or_default();
    let definition = workflow.definition_with(|placeholder| match placeholder {
        Placeholder::Function(step) => origin.function_arn(&format!("{prefix}{step}")),
        Placeholder::Topic(topic) => settings.topics.get(topic).cloned().unwrap_or_default(),
        Placeholder::QueueUrl(queue) => settings.queues.get(queue).cloned().unwrap_or_default(),
        Placeholder::QueueArn(queue) => origin.queue_arn(last_part(settings.queues.get(queue))),
        Placeholder::EventBusName => settings.event_bus().unwrap_or_default().to_owned(),
    });
    WorkflowView {
        name: workflow.name.clone(),
        description: workflow.comment.clone().unwrap_or_default(),
        state_machine_arn: settings.state_machines.get(&workflow.name).cloned().unwrap_or_default(),
        definition: serde_json::from_str(&definition).expect("it was read as a definition"),
        triggers: workflow.triggers.clone(),
        example_order: workflow.example.clone(),
    }
}

/// A queue's name on AWS is the last part of its URL.
fn last_part(url: Option<&String>) -> &str {
    url.and_then(|url| url.rsplit('/').next()).unwrap_or_default()
}

/// The shop, where this deployment is checkout's. Payments go through the simulated gateway: it is one to try things
/// out in.
pub fn shop(workflows: &[Workflow], settings: &Settings) -> Option<Shop> {
    let checkout = workflows.iter().find(|workflow| workflow.name == Shop::WORKFLOW)?;
    Shop::of_definition(&serde_json::from_str(&checkout.definition).ok()?, &settings.shop_name, true)
}

/// What an audit has to know of them.
pub fn audit_rules(workflows: &[Workflow]) -> AuditRules {
    // A workflow issues receipts when one of its states makes one.
    let issuing = workflows.iter().filter(|workflow| workflow.definition.contains(":function:GenerateReceipt"));
    let follow_ups = workflows.iter().flat_map(|workflow| &workflow.bindings.follow_ups).filter_map(|name| {
        let suffix = ::api::follow_up_suffix(name)?;
        Some(FollowUp { workflow: name.clone(), suffix })
    });
    AuditRules {
        receipt_issuing: issuing.map(|workflow| workflow.name.clone()).collect(),
        follow_ups: follow_ups.collect(),
        simulated_gateway: true,
    }
}
