//! The templates of the workflows that come with the program, and of ones that cannot be deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use infra::{Facts, Workflow, cloudformation};
use serde_json::{Map, Value, json};
use triggers::Origin;
use workflows::Surroundings;

fn load(folder: Option<&Path>) -> Vec<workflows::Workflow> {
    let origin = Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
    let surroundings = Surroundings { origin: &origin, parameters: &BTreeMap::new() };
    workflows::load(folder, &surroundings).expect("the workflows are right")
}

fn workflows() -> Vec<Workflow> {
    Workflow::all(&load(None)).expect("the workflows can be deployed")
}

/// Every template, by the name of its stack.
fn templates() -> BTreeMap<String, Value> {
    let facts = Facts::built_in();
    let model = json!({ "type": "object" });
    let own = workflows().into_iter().map(|workflow| {
        let template = cloudformation::workflow(&workflow, &facts, Some(&model)).expect("it has a template");
        (workflow.name, template)
    });
    let shared = cloudformation::shared(&facts).expect("it has a template");
    own.chain([(cloudformation::SHARED.to_owned(), shared)]).collect()
}

/// Calls `visit` with every object within a value.
fn for_each_object<'v>(value: &'v Value, visit: &mut impl FnMut(&'v Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| for_each_object(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| for_each_object(item, visit)),
        _ => {}
    }
}

/// A workflow in a folder of its own.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(name: &str, definition: &Value, triggers: &Value) -> Self {
        let folder = Self(tempfile::tempdir().expect("there is room for a folder"));
        folder.add(name, definition, triggers);
        folder
    }

    fn add(&self, name: &str, definition: &Value, triggers: &Value) {
        let folder = self.0.path().join(name);
        std::fs::create_dir(&folder).expect("it is new");
        std::fs::write(folder.join("workflow.asl.json"), definition.to_string()).expect("it can be written");
        std::fs::write(folder.join("triggers.json"), triggers.to_string()).expect("it can be written");
    }

    /// Its only template, or what is wrong.
    fn template(&self) -> Result<Value, String> {
        let workflows = Workflow::all(&load(Some(self.0.path())))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
        cloudformation::workflow(&workflows[0], &Facts::built_in(), None).map_err(|problem| problem.to_string())
    }
}

fn one_task(step: &str) -> Value {
    json!({
        "StartAt": "Only",
        "States": { "Only": { "Type": "Task", "Resource": format!("${{{step}Arn}}"), "End": true } },
    })
}

#[test]
fn the_stacks_are_the_six_workflows_and_what_they_share() {
    let names: Vec<String> = templates().into_keys().collect();
    let expected =
        ["checkout", "confirmed-orders", "emag-orderflow", "order-app", "queued-orders", "receipt-orders", "shared"];
    assert_eq!(names, expected);
}

#[test]
fn whatever_is_referred_to_is_there() {
    for (name, template) in templates() {
        let resources = template["Resources"].as_object().expect("there are resources");
        let parameters = template["Parameters"].as_object().expect("there are parameters");
        let conditions = template["Conditions"].as_object().expect("there are conditions");
        let is_there = |id: &str| id.starts_with("AWS::") || resources.contains_key(id) || parameters.contains_key(id);
        for_each_object(&template, &mut |members| {
            if let Some(id) = members.get("Ref").and_then(Value::as_str) {
                assert!(is_there(id), "{name}: Ref {id}");
            }
            if let Some(id) = members.get("Fn::GetAtt").and_then(|path| path[0].as_str()) {
                assert!(resources.contains_key(id), "{name}: GetAtt {id}");
            }
            if let Some(condition) = members.get("Fn::If").and_then(|parts| parts[0].as_str()) {
                assert!(conditions.contains_key(condition), "{name}: If {condition}");
            }
            if let Some(text) = members.get("Fn::Sub").and_then(Value::as_str) {
                for piece in text.split("${").skip(1) {
                    let id = piece.split(['}', '.']).next().unwrap_or_default();
                    assert!(is_there(id), "{name}: Sub {id}");
                }
            }
            for id in members.get("DependsOn").and_then(Value::as_array).into_iter().flatten() {
                assert!(resources.contains_key(id.as_str().unwrap_or_default()), "{name}: DependsOn {id}");
            }
        });
        for id in parameters.keys() {
            let used = template["Resources"].to_string()
                + &template["Conditions"].to_string()
                + &template["Outputs"].to_string();
            assert!(
                used.contains(&format!("\"{id}\"")) || used.contains(&format!("${{{id}}}")),
                "{name}: {id} is asked for and not used"
            );
        }
    }
}

#[test]
fn what_a_workflow_imports_the_shared_stack_exports() {
    let templates = templates();
    let exports: BTreeSet<&str> = templates["shared"]["Outputs"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, output)| output["Export"]["Name"]["Fn::Sub"].as_str())
        .collect();
    for (name, template) in &templates {
        for_each_object(template, &mut |members| {
            if let Some(import) = members.get("Fn::ImportValue") {
                let import = import["Fn::Sub"].as_str().expect("imports are named after the installation");
                assert!(exports.contains(import), "{name} imports {import}, and there are {exports:?}");
            }
        });
    }
}

#[test]
fn a_role_allows_what_the_facts_say_and_names_what_it_is_about() {
    let facts = Facts::built_in();
    for (name, template) in templates() {
        for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
            if resource["Type"] != "AWS::IAM::Role" {
                continue;
            }
            let statements = resource["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].as_array();
            let statements: Vec<&Value> =
                statements.into_iter().flatten().filter(|one| one["Fn::If"].is_null()).collect();
            for statement in &statements {
                let actions = statement["Action"].to_string();
                let takes_no_resource = actions.contains("xray:") || actions.contains("logs:CreateLogDelivery");
                let is_star = statement["Resource"] == "*";
                assert_eq!(is_star, takes_no_resource, "{name}/{id}: {statement}");
                assert!(!actions.contains('*'), "{name}/{id}: {statement}");
            }
            let Some(function) = id.strip_suffix("Role").and_then(|function| facts.functions.get(function)) else {
                continue;
            };
            let allowed: BTreeSet<&str> = statements
                .iter()
                .filter_map(|statement| statement["Action"].as_array())
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (resource, actions) in &function.permissions {
                let about = format!("{name}/{id}: {resource:?}");
                // A workflow without topics, queues or tables of its own has nothing of the kind to allow.
                if actions.iter().all(|action| !allowed.contains(action.as_str())) {
                    let optional = ["Streamed", "Topics", "Queues", "StateMachines", "Executions"];
                    assert!(optional.contains(&format!("{resource:?}").as_str()), "{about} is missing");
                }
            }
        }
    }
}

#[test]
fn nothing_is_of_one_account_or_region() {
    for (name, template) in templates() {
        let text = template["Resources"].to_string();
        for region in ["us-east-1", "eu-central-1", "eu-west-1"] {
            assert!(!text.contains(region), "{name} names {region}");
        }
        let digits = text.split(|character: char| !character.is_ascii_digit()).find(|digits| digits.len() == 12);
        // The last part of the identifiers of CloudFront's own policies has twelve characters too.
        assert!(
            digits.is_none_or(|digits| text.contains(&format!("-{digits}"))),
            "{name} names an account: {digits:?}"
        );
        // A service integration is called so in the language itself.
        assert!(!text.replace("arn:aws:states:::", "").contains("arn:aws:"), "{name} names a partition");
    }
}

#[test]
fn data_outlives_its_stack() {
    let holds_data = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::KMS::Key"];
    for (name, template) in templates() {
        for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
            let kind = resource["Type"].as_str().unwrap_or_default();
            // The web app is built from the sources, and uploaded by each deployment.
            if holds_data.contains(&kind) && id != "WebBucket" {
                assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{name}/{id}");
                assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}/{id}");
            }
        }
    }
}

#[test]
fn templates_keep_within_the_limits_of_cloudformation() {
    // CloudFormation user guide, "Understand CloudFormation quotas".
    for (name, template) in templates() {
        let count = |section: &str| template[section].as_object().map_or(0, Map::len);
        assert!(count("Resources") <= 500, "{name}: {} resources", count("Resources"));
        assert!(count("Parameters") <= 200, "{name}: {} parameters", count("Parameters"));
        assert!(count("Outputs") <= 200, "{name}: {} outputs", count("Outputs"));
        let bytes = serde_json::to_vec_pretty(&template).expect("it is JSON").len();
        assert!(bytes <= 1_000_000, "{name}: {bytes} bytes");
    }
}

#[test]
fn a_definition_goes_in_whole_with_every_placeholder_filled_in() {
    let templates = templates();
    for workflow in workflows() {
        for machine in &workflow.machines {
            let id: String = machine.name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            let properties = &templates[&workflow.name]["Resources"][format!("{id}StateMachine")]["Properties"];
            let definition = properties["DefinitionString"].as_str().expect("it is text");
            let names: BTreeSet<&str> =
                definition.split("${").skip(1).filter_map(|piece| piece.split('}').next()).collect();
            let substitutions: BTreeSet<&str> = properties["DefinitionSubstitutions"]
                .as_object()
                .into_iter()
                .flat_map(|substitutions| substitutions.keys().map(String::as_str))
                .collect();
            assert_eq!(names, substitutions, "{}", machine.name);
            assert_eq!(properties["StateMachineType"], "STANDARD", "{} retries for hours", machine.name);
        }
    }
}

#[test]
fn the_documents_parameters_are_the_templates() {
    let template = &templates()["queued-orders"];
    let parameters = &template["Parameters"];
    assert_eq!(parameters["ApiGatewayName"]["Default"], "OrderPlacementApi");
    assert_eq!(parameters["ApiGatewayHTTPMethod"]["AllowedValues"], json!(["GET", "POST"]));
    assert_eq!(parameters["ApiGatewayStageName"]["Default"], "prod");
    assert_eq!(parameters["NotificationEmailName"]["Default"], "");
    assert_eq!(template["Resources"]["RestApi"]["Properties"]["Name"], json!({ "Fn::Sub": "${ApiGatewayName}" }));
    assert_eq!(template["Resources"]["OrderAlertsTopicSubscription1"]["Condition"], "HasNotificationEmailName");
    let alarm = &template["Resources"]["OrdersQueueDepthAlarm"]["Properties"];
    assert_eq!(alarm["Threshold"], 10);
    assert_eq!(alarm["AlarmActions"], json!([{ "Ref": "CriticalAlertsTopic" }]));
}

#[test]
fn a_state_machine_that_ends_within_five_minutes_may_be_express() {
    let mut definition = one_task("ValidateOrder");
    assert!(
        Folder::new("slow", &definition, &json!({})).template().unwrap()["Parameters"]["StateMachineType"].is_null()
    );
    definition["TimeoutSeconds"] = json!(300);
    let template = Folder::new("fast", &definition, &json!({})).template().expect("it can be deployed");
    assert_eq!(template["Parameters"]["StateMachineType"]["Default"], "STANDARD");
    let machine = &template["Resources"]["FastStateMachine"]["Properties"];
    assert_eq!(machine["StateMachineType"], json!({ "Ref": "StateMachineType" }));
}

#[test]
fn what_cannot_be_deployed_is_refused_by_name() {
    let queue = |queue: Value| json!({ "Queues": { "OrdersQueue": queue } });
    let with_topic = |name: &str| json!({ "Topics": { name: { "Subscriptions": [] } } });
    for (name, step, triggers, expected) in [
        (
            "impatient",
            "ValidateOrder",
            queue(json!({ "VisibilityTimeout": 5, "Consumer": "StartOrderProcessing" })),
            "impatient/triggers.json /Queues/OrdersQueue/VisibilityTimeout: expected at least the 30 seconds",
        ),
        (
            "direct",
            "ValidateOrder",
            queue(json!({ "Consumer": "workflow" })),
            "direct/triggers.json /Queues/OrdersQueue/Consumer: on AWS a queue is taken by a step",
        ),
        ("intake", "PlaceOrder", json!({}), "infra/functions.json /Functions/PlaceOrder: is missing"),
        ("loud", "ValidateOrder", with_topic("alarms"), "/Topics/alarms: on AWS this name belongs to shared already"),
        ("shared", "ValidateOrder", json!({}), "shared: the stack of what all workflows share has this name already"),
        (
            "twice",
            "ValidateOrder",
            json!({ "Topics": { "a-b": { "Subscriptions": [] }, "a.b": { "Subscriptions": [] } } }),
            "twice/triggers.json: two things of the workflow would both be ABTopic",
        ),
    ] {
        let problem = Folder::new(name, &one_task(step), &triggers).template().expect_err("it is refused");
        assert!(problem.contains(expected), "{name}: {problem}");
    }
}

#[test]
fn one_name_for_two_things_of_an_account_is_refused() {
    let triggers = json!({ "Topics": { "orders": { "Subscriptions": [] } } });
    let folder = Folder::new("first", &one_task("ValidateOrder"), &triggers);
    folder.add("second", &one_task("ValidateOrder"), &triggers);
    let problem = folder.template().expect_err("it is refused");
    assert!(
        problem.contains("second/triggers.json /Topics/orders: on AWS this name belongs to first already"),
        "{problem}"
    );
}

#[test]
fn a_follow_up_is_deployed_with_the_workflow_it_follows() {
    let follow_up = json!({ "FollowUps": ["after"] });
    let folder = Folder::new("before", &one_task("ValidateOrder"), &follow_up);
    folder.add("after", &one_task("CancelOrder"), &json!({}));
    let template = folder.template().expect("it can be deployed");
    assert!(template["Resources"]["AfterStateMachine"].is_object());
    assert!(template["Resources"]["CancelOrderFunction"].is_object());
    let folder = Folder::new("before", &one_task("ValidateOrder"), &follow_up);
    folder.add("after", &one_task("CancelOrder"), &json!({ "Topics": { "told": { "Subscriptions": [] } } }));
    let problem = folder.template().expect_err("it is refused");
    assert!(problem.contains("after/triggers.json: it is deployed with the workflow that it follows"), "{problem}");
}
