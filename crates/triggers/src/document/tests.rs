//! What the schema cannot say: references, parameters, and what comes out.

use super::*;
use crate::alarm::Statistic;
use crate::dynamodb::StreamViewType;
use serde_json::json;

/// The design's own example, with a handler that starts nothing else.
const QUEUED_ORDERS: &str = r#"{
  "Api":    { "Method": ["${ApiMethod}", "POST"], "Path": "/order", "Handler": "PlaceQueuedOrder" },
  "Tables": { "orders": { "Key": "order_id", "StreamViewType": "NEW_AND_OLD_IMAGES" } },
  "Pipe":   { "Source": "orders", "FilterCriteria": { "Filters": [ { "Pattern": { "eventName": ["INSERT"] } } ] },
              "BatchSize": 10, "Enrichment": "EnrichOrder", "Target": "workflow" },
  "Rules":  { "OrderConfirmationRule": { "EventPattern": { "detail-type": ["OrderConfirmed"] },
              "Targets": ["OrderSuccessHandler", "OrderAlertsTopic", "OrdersQueue", "workflow"] } },
  "Queues": { "OrdersQueue": { "VisibilityTimeout": "${Timeout}", "RedrivePolicy": { "maxReceiveCount": 3 },
              "Consumer": "StartOrderProcessing" } },
  "Topics": { "OrderAlertsTopic": { "Subscriptions": [ { "Protocol": "email", "Endpoint": "${NotificationEmailName}" },
                                                       { "Protocol": "sqs", "Endpoint": "OrdersQueue" } ] } },
  "Alarms": { "OrdersQueueDepthAlarm": { "MetricName": "ApproximateNumberOfMessagesVisible",
              "Dimensions": [ { "Name": "QueueName", "Value": "OrdersQueueDeadLetters" } ],
              "ComparisonOperator": "GreaterThanThreshold", "Threshold": 10, "Period": 60, "EvaluationPeriods": 1,
              "AlarmActions": ["OrderAlertsTopic"] } },
  "Logs":   { "RetentionInDays": 30 },
  "Parameters": { "ApiMethod": { "Type": "CommaDelimitedList", "Default": "GET" },
                  "Timeout": { "Type": "Number", "Default": "30" },
                  "NotificationEmailName": { "Type": "String" } }
}"#;

fn resolve(text: &str, values: &[(&str, &str)]) -> Result<Bindings, Vec<Problem>> {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Triggers::parse(text)?.resolve(&values)
}

/// The problems of a document, one a line: `pointer: message`.
fn problems(document: &Value) -> Vec<String> {
    match resolve(&document.to_string(), &[]) {
        Ok(bindings) => panic!("{document} is good: {bindings:?}"),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_design_s_example_comes_out_typed() {
    // A list cannot stand within a list, so the method is given as a plain one here.
    let text = QUEUED_ORDERS.replace("[\"${ApiMethod}\", \"POST\"]", "\"GET\"");
    let bindings = resolve(&text, &[("NotificationEmailName", "ops@example.com")]).expect("good");

    assert_eq!(bindings.api[0].methods, [Method::Get]);
    assert_eq!(bindings.api[0].handler, Consumer::Step("PlaceQueuedOrder".to_owned()));
    assert_eq!(bindings.api[0].auth, Auth::None);
    assert_eq!(bindings.tables["orders"].stream_view_type, Some(StreamViewType::NewAndOldImages));
    let pipe = bindings.pipe.as_ref().expect("a pipe");
    assert_eq!(pipe.source, PipeSource::Stream("orders".to_owned()));
    assert_eq!(pipe.target, Target::Workflow);
    assert!(pipe.passes(&json!({"eventName": "INSERT"})));
    assert!(!pipe.passes(&json!({"eventName": "REMOVE"})));
    assert_eq!(
        bindings.rules["OrderConfirmationRule"].targets,
        [
            Target::Step("OrderSuccessHandler".to_owned()),
            Target::Topic("OrderAlertsTopic".to_owned()),
            Target::Queue("OrdersQueue".to_owned()),
            Target::Workflow,
        ]
    );
    let queue = &bindings.queues["OrdersQueue"];
    assert_eq!(queue.visibility_timeout_seconds, 30);
    assert_eq!(queue.redrive.as_ref().expect("a redrive policy").dead_letter_queue, "OrdersQueueDeadLetters");
    assert_eq!(bindings.queue_names(), ["OrdersQueue", "OrdersQueueDeadLetters"]);
    assert_eq!(
        bindings.topics["OrderAlertsTopic"].subscriptions,
        [Subscription::Email("ops@example.com".to_owned()), Subscription::Queue("OrdersQueue".to_owned()),]
    );
    let alarm = &bindings.alarms["OrdersQueueDepthAlarm"];
    assert_eq!((alarm.namespace.as_str(), alarm.statistic), ("AWS/SQS", Statistic::Maximum));
    assert_eq!(bindings.logs, Some(Logs { retention_days: 30 }));

    let steps: Vec<(String, &str)> = bindings.steps();
    assert_eq!(
        steps,
        [
            ("/Api/Handler".to_owned(), "PlaceQueuedOrder"),
            ("/Pipe/Enrichment".to_owned(), "EnrichOrder"),
            ("/Rules/OrderConfirmationRule/Targets/0".to_owned(), "OrderSuccessHandler"),
            ("/Queues/OrdersQueue/Consumer".to_owned(), "StartOrderProcessing"),
        ]
    );
    let unknown = bindings.check_steps(|name| name != "EnrichOrder");
    assert_eq!(unknown.len(), 1);
    assert_eq!(
        unknown[0].to_string(),
        "/Pipe/Enrichment: \"EnrichOrder\" is neither a step nor a queue or topic of this file"
    );
}

#[test]
fn a_method_may_come_from_a_parameter() {
    let document = |kind: &str, method: Value| {
        json!({
            "Api": {"Method": method, "Path": "/order", "Handler": "workflow"},
            "Parameters": {"ApiMethod": {"Type": kind, "Default": "GET"}}
        })
        .to_string()
    };
    let alone = json!("${ApiMethod}");
    let listed = json!(["${ApiMethod}", "POST"]);
    // parameter's type, written as, value, methods
    for (kind, written, value, expected) in [
        ("String", &alone, None, Some(vec![Method::Get])),
        ("String", &alone, Some("POST"), Some(vec![Method::Post])),
        ("String", &listed, None, Some(vec![Method::Get, Method::Post])),
        ("String", &listed, Some("POST"), Some(vec![Method::Post])),
        ("CommaDelimitedList", &alone, Some("POST, GET"), Some(vec![Method::Get, Method::Post])),
        ("String", &alone, Some("FETCH"), None),
        ("CommaDelimitedList", &listed, Some("GET,PUT"), None),
    ] {
        let values: Vec<(&str, &str)> = value.map(|value| ("ApiMethod", value)).into_iter().collect();
        let methods =
            resolve(&document(kind, written.clone()), &values).ok().map(|bindings| bindings.api[0].methods.clone());
        assert_eq!(methods, expected, "{kind} {written} {value:?}");
    }
}

#[test]
fn a_subscription_without_an_endpoint_is_left_out() {
    let document = json!({
        "Topics": {"T": {"Subscriptions": [
            {"Protocol": "email", "Endpoint": "${Mail}"},
            {"Protocol": "https", "Endpoint": "https://${Host}/hook"},
            {"Protocol": "email", "Endpoint": "always@example.com"}
        ]}},
        "Parameters": {"Mail": {"Type": "String", "Default": "", "AllowedPattern": ".+@.+"}, "Host": {"Type": "String"}}
    })
    .to_string();
    let mail = |address: &str| Subscription::Email(address.to_owned());
    let hook = Subscription::Http("https://shop.example/hook".to_owned());
    for (values, expected) in [
        (vec![], vec![mail("always@example.com")]),
        (vec![("Mail", "")], vec![mail("always@example.com")]),
        (vec![("Mail", "a@b"), ("Host", "shop.example")], vec![mail("a@b"), hook, mail("always@example.com")]),
    ] {
        let bindings = resolve(&document, &values).expect("good");
        assert_eq!(bindings.topics["T"].subscriptions, expected, "{values:?}");
    }
    let refused = resolve(&document, &[("Mail", "nobody")]).expect_err("not an address");
    assert_eq!(refused[0].to_string(), "/Parameters/Mail: \"nobody\" does not match AllowedPattern");
}

#[test]
fn values_of_parameters_are_checked() {
    let document = json!({
        "Queues": {"Q": {"VisibilityTimeout": "${Timeout}", "Consumer": "${Prefix}Consumer"}},
        "Parameters": {
            "Timeout": {"Type": "Number", "Default": 30},
            "Prefix": {"Type": "String", "AllowedValues": ["Fast", "Slow"]}
        }
    })
    .to_string();
    let good = resolve(&document, &[("Prefix", "Fast"), ("Timeout", "5")]).expect("good");
    assert_eq!(good.queues["Q"].visibility_timeout_seconds, 5);
    assert_eq!(good.queues["Q"].consumer, Some(Consumer::Step("FastConsumer".to_owned())));
    for (values, expected) in [
        (vec![], "/Queues/Q/Consumer: the parameter Prefix has no Default and no value was given"),
        (vec![("Prefix", "Odd")], "/Parameters/Prefix: expected one of Fast, Slow, found \"Odd\""),
        (vec![("Prefix", "Fast"), ("Timeout", "soon")], "/Parameters/Timeout: expected a number, found \"soon\""),
        (
            vec![("Prefix", "Fast"), ("Timeout", "99999")],
            "/Queues/Q/VisibilityTimeout: expected a whole number from 0 to 43200, found 99999",
        ),
        (
            vec![("Prefix", "Fast"), ("Colour", "red")],
            "/Parameters/Colour: a value is given for a parameter that this file does not have",
        ),
    ] {
        let problems = resolve(&document, &values).expect_err(expected);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, [expected]);
    }
}

#[test]
fn problems_name_their_place_and_what_was_expected() {
    let alarm = |change: Value| {
        let mut alarm = json!({
            "MetricName": "ExecutionsFailed", "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0, "Period": 60, "EvaluationPeriods": 1
        });
        for (name, value) in change.as_object().expect("an object") {
            alarm[name] = value.clone();
        }
        json!({"Queues": {"Q": {}}, "Alarms": {"A": alarm}})
    };
    for (document, expected) in [
        (
            json!({"Pipe": {"Source": "orders", "Target": "workflow"}}),
            "/Pipe/Source: expected a table or queue of this file, found \"orders\"",
        ),
        (
            json!({"Tables": {"orders": {"Key": "id"}}, "Pipe": {"Source": "orders", "Target": "workflow"}}),
            "/Pipe/Source: the table orders has no StreamViewType, so there is no stream to read",
        ),
        (
            json!({"Queues": {"Q": {"Consumer": "X"}}, "Pipe": {"Source": "Q", "Target": "workflow"}}),
            "/Pipe/Source: the queue Q already has a Consumer",
        ),
        (
            json!({"Rules": {"R": {"EventPattern": {"source": "x"}, "Targets": ["workflow"]}}}),
            "/Rules/R/EventPattern/source: Event pattern is not valid. Reason: \"source\" must be an object or an array",
        ),
        (
            json!({"Queues": {"Q": {}}, "Topics": {"Q": {}}}),
            "/Topics/Q: a queue of this file has the same name; expected another",
        ),
        (json!({"Topics": {"workflow": {}}}), "/Topics/workflow: this name is taken; expected another"),
        (
            json!({"Queues": {"Q": {"RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": "Q"}}}}),
            "/Queues/Q/RedrivePolicy/deadLetterTargetArn: expected another queue of this file, found \"Q\"",
        ),
        (
            json!({"Topics": {"T": {}}, "Queues": {"Q": {"Consumer": "T"}}}),
            "/Queues/Q/Consumer: expected the workflow or a step, found \"T\"",
        ),
        (
            json!({"Topics": {"T": {"Subscriptions": [{"Protocol": "sqs", "Endpoint": "Q"}]}}}),
            "/Topics/T/Subscriptions/0/Endpoint: expected a queue of this file, found \"Q\"",
        ),
        (
            json!({"Api": [
                {"Method": "POST", "Path": "/o", "Handler": "workflow"},
                {"Method": ["GET", "POST"], "Path": "/o", "Handler": "workflow"}
            ]}),
            "/Api/1: POST /o is already taken",
        ),
        (
            alarm(json!({"AlarmActions": ["Q"]})),
            "/Alarms/A/AlarmActions/0: expected a topic of this file or a step, found \"Q\"",
        ),
        (alarm(json!({"DatapointsToAlarm": 2})), "/Alarms/A/DatapointsToAlarm: expected at most EvaluationPeriods (1)"),
        (
            alarm(json!({"EvaluationPeriods": 1441})),
            "/Alarms/A/EvaluationPeriods: expected EvaluationPeriods times Period to be at most 1 day",
        ),
        (
            alarm(json!({"Dimensions": [{"Name": "QueueName", "Value": "R"}]})),
            "/Alarms/A/Dimensions/0/Value: \"R\" is not a queue of this file",
        ),
        (
            json!({"Logs": {"RetentionInDays": 30, "Group": "x"}}),
            "/Logs/Group: unknown member; expected one of RetentionInDays",
        ),
        (
            json!({"Logs": {"RetentionInDays": "${Days}"}}),
            "/Logs/RetentionInDays: ${Days} names no parameter of this file",
        ),
        (
            json!({"Queues": {"Q": {"Consumer": "${not closed"}}}),
            "/Queues/Q/Consumer: expected a parameter's name between ${ and }: letters and digits",
        ),
        (
            json!({"Parameters": {"P": {"Type": "Number", "Default": "x"}}}),
            "/Parameters/P/Default: expected a number, found \"x\"",
        ),
        (
            json!({"Parameters": {"P": {"Type": "String", "AllowedPattern": "("}}}),
            "/Parameters/P/AllowedPattern: is not a regular expression",
        ),
    ] {
        assert_eq!(problems(&document), [expected], "{document}");
    }
}

#[test]
fn every_problem_is_found_at_once() {
    let found = problems(&json!({
        "Api": {"Method": "FETCH", "Path": "order", "Auth": "basic"},
        "Queues": {"Q": {"DelaySeconds": 901}},
        "Extra": 1
    }));
    let mut places: Vec<&str> = found.iter().filter_map(|problem| problem.split(": ").next()).collect();
    places.sort_unstable();
    assert_eq!(places, ["/Api", "/Api/Auth", "/Api/Method", "/Api/Path", "/Extra", "/Queues/Q/DelaySeconds"]);
}

#[test]
fn text_that_is_not_json_says_where() {
    let problems = Triggers::parse("{\n  \"Api\": }").expect_err("not JSON");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("line 2"), "{}", problems[0]);
}
