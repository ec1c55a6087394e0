//! `orderflow export` and `infra/cloudformation`.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use super::{lint, tool};
use crate::support::{binary, copy_workflows, root};

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = binary().args(arguments).output().expect("the binary runs");
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn templates() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("infra/cloudformation")).expect("there is a folder of templates");
    let mut templates: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    templates.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    templates.sort();
    templates
}

#[test]
fn the_templates_that_are_checked_in_are_those_that_are_made() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let out = folder.path().to_string_lossy().into_owned();
    assert_eq!(run(&["export", "cloudformation", "--all", "--out", &out]), (Some(0), String::new()));
    let mut made: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    made.sort();
    let there: Vec<_> = templates().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(made, there, "run `orderflow export cloudformation --all --out infra/cloudformation`");
    for template in templates() {
        let fresh = read(&folder.path().join(template.file_name().unwrap()));
        assert!(
            fresh == read(&template),
            "{} is stale: run `orderflow export cloudformation --all --out infra/cloudformation`",
            template.display()
        );
    }
    let models = folder.path().join("models.json");
    assert_eq!(run(&["export", "models", "--out", &models.to_string_lossy()]), (Some(0), String::new()));
    assert!(
        read(&models) == read(&root().join("infra/models.json")),
        "infra/models.json is stale: run `orderflow export models --out infra/models.json`"
    );
}

#[test]
fn one_workflow_is_exported_with_what_it_shares() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let out = folder.path().to_string_lossy().into_owned();
    assert_eq!(run(&["export", "cloudformation", "--workflow", "checkout", "--out", &out]).0, Some(0));
    let mut made: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    made.sort();
    assert_eq!(made, ["checkout.json", "shared.json"]);
}

/// Changes a file of a copy of the workflows, and gives what the export says of it.
fn refusal(workflow: &str, file: &str, change: impl Fn(&mut Value)) -> String {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    copy_workflows(folder.path());
    let path = folder.path().join(workflow).join(file);
    let mut content: Value = serde_json::from_str(&read(&path)).expect("it is JSON");
    change(&mut content);
    std::fs::write(&path, content.to_string()).expect("it can be written");
    let (workflows, out) = (folder.path().to_string_lossy().into_owned(), folder.path().join("out"));
    let arguments = ["export", "cloudformation", "--all", "--workflows", &workflows, "--out", &out.to_string_lossy()];
    let (code, said) = run(&arguments);
    assert_eq!(code, Some(2), "{said}");
    assert!(!out.exists(), "nothing is written when something is wrong");
    said
}

#[test]
fn what_cannot_be_deployed_is_refused_before_anything_is_written() {
    let said = refusal("checkout", "workflow.asl.json", |definition| {
        definition["States"]["ValidateOrder"]["Resource"] = json!("${ValidateOrdersArn}");
    });
    assert!(said.contains("checkout/workflow.asl.json") && said.contains("ValidateOrdersArn"), "{said}");
    let said = refusal("queued-orders", "triggers.json", |triggers| {
        triggers["Queues"]["OrdersQueue"]["Consumer"] = json!("StartOrders");
    });
    assert!(
        said.contains("queued-orders/triggers.json /Queues/OrdersQueue/Consumer") && said.contains("StartOrders"),
        "{said}"
    );
    let said = refusal("confirmed-orders", "triggers.json", |triggers| {
        triggers["Topics"]["order-placed"] = json!({ "Subscriptions": [] });
    });
    assert!(said.contains("/Topics/order-placed") && said.contains("belongs to confirmed-orders"), "{said}");
    let said = refusal("checkout", "triggers.json", |triggers| triggers["FollowUps"] = json!(["refund"]));
    assert!(said.contains("checkout/triggers.json /FollowUps/0: error: there is no workflow refund"), "{said}");
}

#[test]
fn an_unknown_workflow_is_refused_with_those_there_are() {
    for command in
        [&["export", "cloudformation", "--workflow", "chekout", "--out", "."][..], &["cost", "--workflow", "chekout"]]
    {
        let (code, said) = run(command);
        assert_eq!(code, Some(2));
        assert!(said.contains("--workflow chekout: there are checkout, confirmed-orders"), "{said}");
    }
}

#[test]
fn cfn_lint_accepts_the_templates() {
    let templates: Vec<String> = templates().iter().map(|path| path.to_string_lossy().into_owned()).collect();
    lint(&tool("cfn-lint"), &templates.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn checkov_accepts_the_templates() {
    let folder = root().join("infra/cloudformation").to_string_lossy().into_owned();
    lint(
        &tool("checkov"),
        &["--directory", &folder, "--framework", "cloudformation", "--quiet", "--compact", "--skip-download"],
    );
}

#[test]
fn what_orders_cost_is_told_in_words_and_in_json() {
    let output = binary().args(["cost", "--workflow", "queued-orders"]).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("Step Functions: state transitions"), "{said}");
    let arguments =
        ["cost", "--workflow", "queued-orders", "--orders", "500000", "--orders-per-second", "200", "--json"];
    let output = binary().args(arguments).output().expect("the binary runs");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let (half, whole) = (answer["dollars"].as_f64().unwrap(), answer["dollars_per_million"].as_f64().unwrap());
    assert!((half * 2.0 - whole).abs() < 1e-6, "{answer}");
    let requirements = answer["requirements"].as_array().expect("they were asked for");
    let executions = requirements.iter().find(|item| item["name"].as_str().unwrap().contains("StartExecution"));
    assert_eq!(executions.expect("each order is one")["needed"], 200.0);
    for wrong in [&["--declined", "2"][..], &["--orders-per-second", "0"], &["--region", "nowhere"]] {
        let output = binary().args(["cost", "--workflow", "checkout"]).args(wrong).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}
