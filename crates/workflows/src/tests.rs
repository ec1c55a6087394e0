use std::fs;
use std::path::Path;

use super::*;

const MACHINE: &str = r#"{"StartAt": "Check", "States": {
    "Check": {"Type": "Task", "Resource": "${ValidateOrderArn}", "Next": "Tell"},
    "Tell": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true,
        "Parameters": {"TopicArn": "${OrderDoneTopicArn}", "Message": "${OrdersUrl} ${OrdersArn} ${EventBusName}"}}}}"#;
const TRIGGERS: &str =
    r#"{"Topics": {"order-done": {"Subscriptions": []}}, "Queues": {"Orders": {"VisibilityTimeout": 30}}}"#;

fn origin() -> Origin {
    Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() }
}

fn load_folder(folder: Option<&Path>) -> Result<Vec<Workflow>, Vec<Finding>> {
    load(folder, &Surroundings { origin: &origin(), parameters: &BTreeMap::new() })
}

/// A folder of workflows, each with a definition and triggers.
fn folder(workflows: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for the test");
    for (name, definition, triggers) in workflows {
        let path = folder.path().join(name);
        fs::create_dir(&path).expect("a new folder");
        fs::write(path.join("workflow.asl.json"), definition).expect("a new file");
        fs::write(path.join("triggers.json"), triggers).expect("a new file");
    }
    folder
}

#[test]
fn the_built_in_workflows_are_right_and_what_follows_checkout_is_among_them() {
    let workflows = load_folder(None).expect("they are right");
    let checkout = workflows.iter().find(|workflow| workflow.name == "checkout").expect("checkout is built in");
    assert_eq!(checkout.bindings.follow_ups, ["cancellation", "shipment", "delivery", "return"]);
    assert!(checkout.definition.contains("arn:aws:lambda:eu-central-1:123456789012:function:ReserveStock"));
    assert!(!checkout.definition.contains("${"), "every placeholder is filled in");
}

#[test]
fn placeholders_become_what_the_home_calls_them() {
    let folder = folder(&[("shop", MACHINE, TRIGGERS)]);
    let workflows = load_folder(Some(folder.path())).expect("it is right");
    let named = workflows[0].definition_with(|placeholder| match placeholder {
        Placeholder::Function(step) => format!("arn:aws:lambda:eu-central-1:123456789012:function:x-{step}"),
        other => format!("{other:?}"),
    });
    for expected in [
        "function:x-ValidateOrder",
        r#"Topic(\"order-done\")"#,
        r#"QueueUrl(\"Orders\")"#,
        r#"QueueArn(\"Orders\")"#,
        "EventBusName",
    ] {
        assert!(named.contains(expected), "{expected} in {named}");
    }
}

#[test]
fn wrong_folders_are_refused_with_the_place_of_each_mistake() {
    let machine = |resource: &str| {
        format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Task", "Resource": "{resource}", "End": true}}}}}}"#)
    };
    let good = machine("${ValidateOrderArn}");
    let queue = r#"{"Queues": {"Orders": {}}}"#;
    for (workflows, expected) in [
        (vec![("a b", good.as_str(), "{}")], "a b : error: a workflow's folder is named"),
        (vec![("shop", &machine("${NobodyArn}"), "{}")], "shop/workflow.asl.json /States/A/Resource"),
        (vec![("shop", &machine("arn:aws:states:::dynamodb:putItem"), "{}")], "cannot be run here"),
        (vec![("shop", &good, r#"{"FollowUps": ["gone"]}"#)], "shop/triggers.json /FollowUps/0: error: there is no"),
        (vec![("shop", &good, r#"{"FollowUps": ["shop"]}"#)], "a workflow does not follow itself"),
        (vec![("shop", &good, r#"{"FollowUps": ["a", "a"]}"#), ("a", &good, "{}")], "/FollowUps/1"),
        (
            vec![("a", &good, r#"{"FollowUps": ["c"]}"#), ("b", &good, r#"{"FollowUps": ["c"]}"#), ("c", &good, "{}")],
            "b/triggers.json /FollowUps/0: error: c follows the workflow a already",
        ),
        (
            vec![("a", &good, r#"{"FollowUps": ["b"]}"#), ("b", &good, r#"{"FollowUps": ["c"]}"#), ("c", &good, "{}")],
            "b has follow-ups of its own",
        ),
        (vec![("a", &good, queue), ("b", &good, queue)], "the queue Orders belongs to the workflow a already"),
    ] {
        let folder = folder(&workflows);
        let findings = load_folder(Some(folder.path())).expect_err(expected);
        let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(texts.iter().any(|text| text.contains(expected)), "{expected} in {texts:?}");
    }
}

#[test]
fn an_empty_folder_is_no_set_of_workflows() {
    let folder = folder(&[]);
    let findings = load_folder(Some(folder.path())).expect_err("there is nothing");
    assert!(findings[0].message.contains("there is no folder with a workflow.asl.json"), "{findings:?}");
}
