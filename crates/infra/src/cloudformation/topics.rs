//! SNS topics, and who listens to them.

use serde_json::{Value, json};

use super::queues::{key_arn, queue_id};
use super::template::{Resource, Template};
use super::values::{attribute, parameter_of, reference, text, triggers_value, when};
use crate::workflow::{Workflow, logical};

/// The logical name of a topic.
pub(super) fn topic_id(topic: &str) -> String {
    let id = logical(topic);
    if id.ends_with("Topic") { id } else { format!("{id}Topic") }
}

/// Adds the workflow's topics.
pub(super) fn add(template: &mut Template, workflow: &Workflow) {
    for name in workflow.bindings.topics.keys() {
        let id = topic_id(name);
        add_topic(template, &id, &format!("${{Name}}-{name}"), &["cloudwatch.amazonaws.com", "events.amazonaws.com"]);
        let subscriptions = workflow.triggers["Topics"][name]["Subscriptions"].as_array();
        for (index, subscription) in subscriptions.into_iter().flatten().enumerate() {
            let endpoint = &subscription["Endpoint"];
            let protocol = &subscription["Protocol"];
            let is_queue = protocol == "sqs";
            let target = match endpoint.as_str() {
                Some(queue) if is_queue => attribute(&queue_id(queue), "Arn"),
                _ => triggers_value(endpoint),
            };
            let properties =
                json!({ "TopicArn": reference(&id), "Protocol": triggers_value(protocol), "Endpoint": target });
            let mut resource = Resource::new("AWS::SNS::Subscription", properties);
            // Without a value nobody is to be told.
            if let Some(parameter) = parameter_of(endpoint) {
                resource = resource.only_if(&given_condition(parameter));
            }
            template.add(format!("{id}Subscription{}", index + 1), resource);
        }
    }
}

/// The condition that a parameter has a value.
pub(super) fn given_condition(parameter: &str) -> String {
    format!("Has{}", logical(parameter))
}

/// Adds a topic that takes messages over TLS only, from this account and from these services.
pub(super) fn add_topic(template: &mut Template, id: &str, name: &str, publishers: &[&str]) {
    // Alarms, rules and SES cannot publish under the key aws/sns: a topic is encrypted under the customer's key or not at all.
    let properties = json!({ "TopicName": text(name), "KmsMasterKeyId": when("UsesCustomerKey", key_arn(template)) });
    template.add(id, Resource::new("AWS::SNS::Topic", properties));
    let statement = |sid: &str, effect: &str, principal: Value, condition: Value| {
        json!({
            "Sid": sid,
            "Effect": effect,
            "Principal": principal,
            "Action": "sns:Publish",
            "Resource": reference(id),
            "Condition": condition,
        })
    };
    let tls = json!({ "Bool": { "aws:SecureTransport": "false" } });
    let own = json!({ "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") } });
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [
            statement("TlsOnly", "Deny", "*".into(), tls),
            statement("Services", "Allow", json!({ "Service": publishers }), own),
        ],
    });
    let properties = json!({ "Topics": [reference(id)], "PolicyDocument": document });
    template.add(format!("{id}Policy"), Resource::new("AWS::SNS::TopicPolicy", properties));
}
