//! Every workflow's files, read.

use std::path::PathBuf;

use serde_json::Value;

use crate::registry;
use crate::testing::{machine, workflow_file};
use crate::workflows::bindings;

/// The errors that are answers: trying again gives the same.
const ANSWERS: [&str; 8] = [
    "InvalidRequest",
    "InvalidOrder",
    "UnknownProduct",
    "OutOfStock",
    "ReservationExpired",
    "PaymentDeclined",
    "OrderNotFound",
    "StatusRefused",
];

fn workflows() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../workflows");
    let entries = std::fs::read_dir(folder).expect("the workflows are there");
    let folders = entries.map(|entry| entry.expect("it can be read")).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        folders.map(|entry| entry.file_name().into_string().expect("names are plain text")).collect();
    names.sort();
    assert_eq!(names.len(), 10, "{names:?}");
    names
}

/// Every Task state of a definition with its name.
fn tasks<'a>(value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    if let Some(states) = value.get("States").and_then(Value::as_object) {
        for (name, state) in states {
            if state["Type"] == "Task" {
                found.push((name.clone(), state));
            }
            for branch in state.get("Branches").and_then(Value::as_array).into_iter().flatten() {
                tasks(branch, found);
            }
        }
    }
}

#[test]
fn every_folder_is_complete_and_its_files_agree() {
    for workflow in workflows() {
        let bindings = bindings(&workflow);
        let unknown = bindings.check_steps(|name| registry::find(name).is_some());
        assert!(unknown.is_empty(), "{workflow}: {unknown:?}");
        let machine = machine(&workflow);
        for (location, resource) in machine.resources() {
            if let Some(step) = resource.rsplit_once(":function:").map(|(_, step)| step) {
                assert!(registry::find(step).is_some(), "{workflow}{location}: there is no step {step}");
            } else {
                assert_eq!(resource, "arn:aws:states:::sns:publish", "{workflow}{location}");
            }
        }
        for name in ["README.md", "example-order.json"] {
            assert!(!workflow_file(&workflow, name).is_empty(), "{workflow}/{name}");
        }
        let readme = workflow_file(&workflow, "README.md");
        for state in machine.state_names() {
            assert!(readme.contains(&format!("`{state}`")), "{workflow}/README.md does not tell of {state}");
        }
    }
}

#[test]
fn every_topic_that_is_published_to_is_declared() {
    for workflow in workflows() {
        let bindings = bindings(&workflow);
        let declared: Vec<String> = bindings.topics.keys().map(|name| placeholder(name)).collect();
        let definition: Value = serde_json::from_str(&workflow_file(&workflow, "workflow.asl.json")).expect("JSON");
        let mut found = Vec::new();
        tasks(&definition, &mut found);
        for (state, task) in found {
            if let Some(topic) = task["Parameters"]["TopicArn"].as_str() {
                assert!(declared.iter().any(|name| name == topic), "{workflow}: {state}: {topic} is not declared");
            }
        }
    }
}

/// The placeholder for a topic's ARN: `order-completed` is `${OrderCompletedTopicArn}`.
fn placeholder(topic: &str) -> String {
    let words = topic.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
    let name: String = words.collect();
    let suffix = if name.ends_with("Topic") { "" } else { "Topic" };
    format!("${{{name}{suffix}Arn}}")
}

#[test]
fn tasks_have_time_limits_and_try_again_only_after_outages() {
    for workflow in workflows() {
        let definition: Value = serde_json::from_str(&workflow_file(&workflow, "workflow.asl.json")).expect("JSON");
        assert!(definition["TimeoutSeconds"].is_u64(), "{workflow} has a time limit");
        let mut found = Vec::new();
        tasks(&definition, &mut found);
        for (state, task) in found {
            let name = format!("{workflow}: {state}");
            assert!(task["TimeoutSeconds"].is_u64(), "{name} has a time limit");
            let retries = task["Retry"].as_array().unwrap_or_else(|| panic!("{name} outlives an outage"));
            for retry in retries {
                assert_eq!(retry["JitterStrategy"], "FULL", "{name}");
                assert!(retry["MaxDelaySeconds"].is_u64(), "{name}");
                let errors = retry["ErrorEquals"].as_array().expect("a list");
                let is_step = task["Resource"] != "arn:aws:states:::sns:publish";
                for error in errors {
                    let error = error.as_str().expect("a name");
                    assert!(!ANSWERS.contains(&error), "{name} asks again for the same answer: {error}");
                    assert!(!is_step || error != "States.ALL", "{name} asks again for the same answer");
                }
            }
        }
    }
}
