//! `workflows/triggers.schema.json` and the parser agree on what a `triggers.json` may look like.

use serde_json::{Value, json};
use triggers::Triggers;

const SCHEMA: &str = include_str!("../../../workflows/triggers.schema.json");

/// One of everything, in every form.
fn complete() -> Value {
    json!({
        "$schema": "../triggers.schema.json",
        "Api": { "Name": "${ApiName}", "Stage": "prod", "Method": ["${ApiMethod}", "POST"],
                 "Path": "/order/{id}", "Handler": "PlaceOrder", "Auth": "key" },
        "Tables": { "orders": { "Key": "order_id", "StreamViewType": "NEW_AND_OLD_IMAGES" },
                    "inventory": { "Key": "item_id" } },
        "Pipe": { "Source": "orders",
                  "FilterCriteria": { "Filters": [ { "Pattern": { "eventName": ["INSERT"] } } ] },
                  "BatchSize": 10, "Enrichment": "EnrichOrder", "Target": "workflow" },
        "Rules": { "OrderConfirmationRule": { "EventPattern": { "detail-type": ["OrderConfirmed"] },
                                              "Targets": ["OrderSuccessHandler", "workflow", "OrdersQueue"] } },
        "Queues": { "OrdersQueue": { "VisibilityTimeout": "${Timeout}", "MessageRetentionPeriod": 60,
                                     "DelaySeconds": 0, "RedrivePolicy": { "maxReceiveCount": 3 },
                                     "Consumer": "StartOrderProcessing" },
                    "Rejected": {},
                    "Other": { "RedrivePolicy": { "maxReceiveCount": 1, "deadLetterTargetArn": "Rejected" } } },
        "Topics": { "OrderAlertsTopic": { "Subscriptions": [
                        { "Protocol": "email", "Endpoint": "${NotificationEmailName}" },
                        { "Protocol": "https", "Endpoint": "https://example.com/hook" },
                        { "Protocol": "http", "Endpoint": "http://localhost:9000" },
                        { "Protocol": "sqs", "Endpoint": "OrdersQueue" } ] },
                    "order-completed": {} },
        "Alarms": { "OrdersQueueDepthAlarm": {
                        "AlarmDescription": "Orders are piling up", "Namespace": "AWS/SQS",
                        "MetricName": "ApproximateNumberOfMessagesVisible",
                        "Dimensions": [ { "Name": "QueueName", "Value": "OrdersQueue" } ],
                        "Statistic": "Maximum", "ComparisonOperator": "GreaterThanThreshold",
                        "Threshold": 10, "Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2,
                        "TreatMissingData": "notBreaching", "AlarmActions": ["OrderAlertsTopic"],
                        "OKActions": ["OrderAlertsTopic"], "InsufficientDataActions": ["PageSomeone"] } },
        "Logs": { "RetentionInDays": 30 },
        "FollowUps": ["cancellation", "return"],
        "Parameters": { "ApiName": { "Type": "String", "Default": "orders" },
                        "ApiMethod": { "Type": "String", "Default": "GET", "AllowedValues": ["GET", "POST"] },
                        "Timeout": { "Type": "Number", "Default": 30, "Description": "In seconds" },
                        "NotificationEmailName": { "Type": "String", "AllowedPattern": "[^@]+@[^@]+" } }
    })
}

#[test]
fn schema_and_parser_agree() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    assert!(jsonschema::meta::is_valid(&schema), "the schema is one of 2020-12");
    let validator = jsonschema::validator_for(&schema).expect("the schema compiles");

    // pointer, value to put there (or remove), whether the document is then good
    let table: Vec<(&str, Option<Value>, bool)> = vec![
        ("", Some(json!({})), true),
        ("", Some(json!([])), false),
        ("/Unknown", Some(json!({})), false),
        ("/$schema", Some(json!(1)), false),
        ("/Api", None, true),
        ("/Api", Some(json!([])), true),
        ("/Api", Some(json!([{"Method": "GET", "Path": "/", "Handler": "workflow"}])), true),
        ("/Api", Some(json!("PlaceOrder")), false),
        ("/Api/Method", None, false),
        ("/Api/Method", Some(json!("POST")), true),
        ("/Api/Method", Some(json!("${ApiMethod}")), true),
        ("/Api/Method", Some(json!("post")), false),
        ("/Api/Method", Some(json!([])), false),
        ("/Api/Method", Some(json!(["GET", 1])), false),
        ("/Api/Path", Some(json!("orders")), false),
        ("/Api/Path", Some(json!("/orders//x")), false),
        ("/Api/Path", Some(json!("/orders/")), false),
        ("/Api/Path", Some(json!("/orders?x=1")), false),
        ("/Api/Path", Some(json!("/orders/{id")), false),
        ("/Api/Path", Some(json!("/a-b/{order_id}/c.d")), true),
        ("/Api/Path", Some(json!("/${ApiName}")), true),
        ("/Api/Handler", Some(json!("")), false),
        ("/Api/Handler", Some(json!("event-bus")), false),
        ("/Api/Auth", Some(json!("basic")), false),
        ("/Api/Auth", Some(json!("jwt")), true),
        ("/Api/Extra", Some(json!(1)), false),
        ("/Tables/orders/Key", None, false),
        ("/Tables/orders/StreamViewType", Some(json!("new")), false),
        ("/Tables/bad name", Some(json!({"Key": "id"})), false),
        ("/Pipe/Source", None, false),
        ("/Pipe/Target", Some(json!("event-bus")), true),
        ("/Pipe/BatchSize", Some(json!(0)), false),
        ("/Pipe/BatchSize", Some(json!(10.0)), true),
        ("/Pipe/BatchSize", Some(json!(1.5)), false),
        ("/Pipe/BatchSize", Some(json!("10")), false),
        ("/Pipe/FilterCriteria/Filters", Some(json!([])), true),
        ("/Pipe/FilterCriteria/Filters", None, false),
        ("/Pipe/FilterCriteria/Filters/0/Pattern", Some(json!("{}")), false),
        ("/Pipe/FilterCriteria/Filters/0/Pattern", Some(json!({})), false),
        ("/Rules/OrderConfirmationRule/Targets", Some(json!([])), false),
        ("/Rules/OrderConfirmationRule/Targets", Some(json!(["a", "b", "c", "d", "e", "f"])), false),
        ("/Rules/OrderConfirmationRule/Targets", Some(json!(["event-bus"])), false),
        ("/Rules/OrderConfirmationRule/EventPattern", None, false),
        ("/Queues/OrdersQueue/VisibilityTimeout", Some(json!(43_200)), true),
        ("/Queues/OrdersQueue/VisibilityTimeout", Some(json!(43_201)), false),
        ("/Queues/OrdersQueue/VisibilityTimeout", Some(json!(-1)), false),
        ("/Queues/OrdersQueue/MessageRetentionPeriod", Some(json!(59)), false),
        ("/Queues/OrdersQueue/DelaySeconds", Some(json!(901)), false),
        ("/Queues/OrdersQueue/RedrivePolicy/maxReceiveCount", None, false),
        ("/Queues/OrdersQueue/RedrivePolicy/maxReceiveCount", Some(json!(0)), false),
        ("/Topics/OrderAlertsTopic/Subscriptions/0", Some(json!(null)), false),
        ("/Topics/OrderAlertsTopic/Subscriptions/0/Protocol", Some(json!("sms")), false),
        ("/Topics/OrderAlertsTopic/Subscriptions/0/Endpoint", Some(json!("ops@example.com")), true),
        ("/Topics/OrderAlertsTopic/Subscriptions/0/Endpoint", Some(json!("nobody")), false),
        ("/Topics/OrderAlertsTopic/Subscriptions/1/Endpoint", Some(json!("http://example.com")), false),
        ("/Topics/OrderAlertsTopic/Subscriptions/1/Endpoint", None, false),
        ("/FollowUps", Some(json!([])), true),
        ("/FollowUps", Some(json!("return")), false),
        ("/FollowUps/0", Some(json!("")), false),
        ("/FollowUps/0", Some(json!("a b")), false),
        ("/FollowUps/0", Some(json!("${ApiName}")), false),
        ("/FollowUps/0", Some(json!("return")), false),
        ("/Alarms/OrdersQueueDepthAlarm/MetricName", None, false),
        ("/Alarms/OrdersQueueDepthAlarm/Statistic", Some(json!("p99")), false),
        ("/Alarms/OrdersQueueDepthAlarm/Threshold", Some(json!("10")), false),
        ("/Alarms/OrdersQueueDepthAlarm/Threshold", Some(json!(0.5)), true),
        ("/Alarms/OrdersQueueDepthAlarm/Period", Some(json!(45)), false),
        ("/Alarms/OrdersQueueDepthAlarm/Period", Some(json!(30)), true),
        ("/Alarms/OrdersQueueDepthAlarm/Period", Some(json!(90)), false),
        ("/Alarms/OrdersQueueDepthAlarm/EvaluationPeriods", Some(json!(0)), false),
        ("/Alarms/OrdersQueueDepthAlarm/TreatMissingData", Some(json!("notbreaching")), false),
        ("/Alarms/OrdersQueueDepthAlarm/AlarmActions", Some(json!(["workflow"])), false),
        ("/Alarms/OrdersQueueDepthAlarm/Dimensions/0/Name", None, false),
        ("/Logs/RetentionInDays", Some(json!(31)), false),
        ("/Logs/RetentionInDays", None, false),
        ("/Logs/RetentionInDays", Some(json!("${Timeout}")), true),
        ("/Parameters/bad-name", Some(json!({"Type": "String"})), false),
        ("/Parameters/Other", Some(json!({"Type": "CommaDelimitedList", "Default": "a,b"})), true),
        ("/Parameters/Other", Some(json!({"Default": "a"})), false),
        ("/Parameters/Other", Some(json!({"Type": "List"})), false),
        ("/Parameters/Other", Some(json!({"Type": "String", "Default": true})), false),
        ("/Parameters/Other", Some(json!({"Type": "String", "NoEcho": true})), false),
    ];

    let mut documents = vec![("as it is".to_owned(), complete(), true)];
    for (pointer, value, good) in table {
        let name = format!("{pointer} = {value:?}");
        documents.push((name, with(complete(), pointer, value), good));
    }
    for (name, document, good) in documents {
        let parsed = Triggers::parse(&document.to_string());
        assert_eq!(parsed.is_ok(), good, "parser, {name}: {parsed:?}");
        if let Ok(triggers) = parsed {
            let mail = ("NotificationEmailName".to_owned(), "ops@example.com".to_owned());
            let values = triggers.parameters().contains_key(&mail.0).then_some(mail).into_iter().collect();
            let resolved = triggers.resolve(&values);
            assert!(resolved.is_ok(), "resolved, {name}: {resolved:?}");
        }
        let complaints: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(complaints.is_empty(), good, "schema, {name}: {complaints:?}");
    }
}

/// The document with the value at the pointer replaced, added or removed.
fn with(mut document: Value, pointer: &str, value: Option<Value>) -> Value {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return value.expect("the whole document is only ever replaced");
    };
    let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is in the complete document"));
    match (parent, value) {
        (Value::Object(members), Some(value)) => {
            members.insert(key.to_owned(), value);
        }
        (Value::Object(members), None) => {
            members.shift_remove(key).expect("a member to remove");
        }
        (Value::Array(elements), Some(value)) => {
            elements[key.parse::<usize>().expect("an index")] = value;
        }
        (other, value) => panic!("cannot put {value:?} into {other}"),
    }
    document
}
