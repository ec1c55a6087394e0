//! CloudWatch alarms: the document's own, and those that every stack needs.

use serde_json::{Value, json};
use triggers::document::Target;

use super::events::target_arn;
use super::functions::function_id;
use super::machines::machine_id;
use super::place::Place;
use super::template::{Resource, Template};
use super::values::{arn, attribute, reference, text, triggers_value};
use crate::facts::Function;
use crate::workflow::{Workflow, logical};

/// Seconds over which the alarms of every stack look at their metrics.
const PERIOD_SECONDS: u32 = 300;

/// How many answers of 5xx within that time are borne.
const API_ERRORS: u32 = 5;

/// Adds the alarms of `triggers.json`. Its words are CloudWatch's own; only names of queues and of what is told change.
pub(super) fn add_documents(template: &mut Template, workflow: &Workflow) {
    for (name, alarm) in &workflow.bindings.alarms {
        let written = &workflow.triggers["Alarms"][name];
        let mut dimensions: Vec<Value> = alarm
            .dimensions
            .iter()
            .map(|dimension| {
                let is_queue = workflow.bindings.queue_names().contains(&dimension.value.as_str());
                let value =
                    if is_queue { text(format!("${{Name}}-{}", dimension.value)) } else { json!(dimension.value) };
                json!({ "Name": dimension.name, "Value": value })
            })
            .collect();
        if alarm.namespace == "AWS/States" {
            dimensions.push(json!({ "Name": "StateMachineArn", "Value": reference(&machine_id(&workflow.name)) }));
        }
        let mut properties = json!({
            "AlarmName": text(format!("${{Name}}-{}-{name}", workflow.name)),
            "Namespace": alarm.namespace,
            "Dimensions": dimensions,
        });
        for property in [
            "AlarmDescription",
            "MetricName",
            "Statistic",
            "ComparisonOperator",
            "Threshold",
            "Period",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "TreatMissingData",
        ] {
            if let Some(value) = written.get(property) {
                properties[property] = triggers_value(value);
            }
        }
        for (property, targets) in [
            ("AlarmActions", &alarm.alarm_actions),
            ("OKActions", &alarm.ok_actions),
            ("InsufficientDataActions", &alarm.insufficient_data_actions),
        ] {
            if !targets.is_empty() {
                properties[property] = targets.iter().map(|target| target_arn(workflow, target)).collect();
            }
            for target in targets {
                if let Target::Step(step) = target {
                    let id = format!("{}{}{property}Permission", logical(name), logical(step));
                    let source = arn("cloudwatch", &format!("alarm:${{Name}}-{}-{name}", workflow.name));
                    let resource = super::functions::permission(step, "lambda.alarms.cloudwatch.amazonaws.com", source);
                    template.add(id, resource);
                }
            }
        }
        template.add(logical(name), Resource::new("AWS::CloudWatch::Alarm", properties));
    }
}

/// Adds the three alarms of a function: errors, throttles, and calls that come near to what they may take.
pub(super) fn of_function(template: &mut Template, place: &Place<'_>, name: &str, facts: &Function) {
    let dimensions = json!([{ "Name": "FunctionName", "Value": reference(&function_id(name)) }]);
    let half_of_timeout_ms = facts.timeout * 500;
    let id = logical(name);
    for (suffix, metric, description, measure, threshold, periods) in [
        (
            "errors",
            "Errors",
            format!("{name} ended in an error that its state machine may not expect."),
            json!({ "Statistic": "Sum" }),
            reference("ErrorsThreshold"),
            1,
        ),
        (
            "throttles",
            "Throttles",
            format!("{name} met the limit of its concurrency."),
            json!({ "Statistic": "Sum" }),
            json!(0),
            1,
        ),
        (
            "duration-p99",
            "Duration",
            format!("One in a hundred calls of {name} takes more than half of the time it has."),
            json!({ "ExtendedStatistic": "p99" }),
            json!(half_of_timeout_ms),
            3,
        ),
    ] {
        let mut properties = basic("AWS/Lambda", metric, dimensions.clone(), threshold);
        properties["AlarmName"] = text(format!("{}-{suffix}", place.function_name(name)));
        properties["AlarmDescription"] = description.into();
        properties["EvaluationPeriods"] = json!(periods);
        for (property, value) in measure.as_object().into_iter().flatten() {
            properties[property.as_str()] = value.clone();
        }
        template.add(format!("{id}{}Alarm", logical(suffix)), Resource::new("AWS::CloudWatch::Alarm", properties));
    }
}

/// Adds the alarm that tells of anything in a queue that should be empty.
pub(super) fn not_empty(template: &mut Template, queue_id: &str, queue_name: &str) {
    let dimensions = json!([{ "Name": "QueueName", "Value": attribute(queue_id, "QueueName") }]);
    let mut properties = basic("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions, json!(0));
    properties["AlarmName"] = text(format!("{queue_name}-not-empty"));
    properties["AlarmDescription"] = text(format!("Something could not be delivered and waits in {queue_name}."));
    properties["Statistic"] = "Maximum".into();
    properties["Period"] = json!(60);
    template.add(format!("{queue_id}NotEmptyAlarm"), Resource::new("AWS::CloudWatch::Alarm", properties));
}

/// Adds the alarms of the state machines and of the API.
pub(super) fn of_workflow(template: &mut Template, workflow: &Workflow) {
    for machine in &workflow.machines {
        let id = machine_id(&machine.name);
        for (suffix, metric, what) in [
            ("executions-failed", "ExecutionsFailed", "failed"),
            ("executions-timed-out", "ExecutionsTimedOut", "ran out of time"),
        ] {
            let dimensions = json!([{ "Name": "StateMachineArn", "Value": reference(&id) }]);
            let mut properties = basic("AWS/States", metric, dimensions, json!(0));
            properties["AlarmName"] = text(format!("${{Name}}-{}-{suffix}", machine.name));
            properties["AlarmDescription"] = format!("An execution of {} {what}.", machine.name).into();
            properties["Statistic"] = "Sum".into();
            template.add(format!("{id}{metric}Alarm"), Resource::new("AWS::CloudWatch::Alarm", properties));
        }
    }
    if !workflow.bindings.api.is_empty() {
        let dimensions = json!([
            { "Name": "ApiName", "Value": super::api::name(workflow) },
            { "Name": "Stage", "Value": super::api::stage(workflow) },
        ]);
        let mut properties = basic("AWS/ApiGateway", "5XXError", dimensions, json!(API_ERRORS));
        properties["AlarmName"] = text(format!("${{Name}}-{}-api-errors", workflow.name));
        properties["AlarmDescription"] = format!("The API of {} answers with errors of its own.", workflow.name).into();
        properties["Statistic"] = "Sum".into();
        template.add("GatewayErrorsAlarm", Resource::new("AWS::CloudWatch::Alarm", properties));
    }
}

fn basic(namespace: &str, metric: &str, dimensions: Value, threshold: Value) -> Value {
    json!({
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": dimensions,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": threshold,
        "Period": PERIOD_SECONDS,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [arn("sns", "${Name}-alarms")],
    })
}
