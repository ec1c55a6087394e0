//! `EcommerceProcessingDashboard`: what an operator looks at first.

use serde_json::{Value, json};

use super::place::Place;
use super::template::{Resource, Template};
use super::values::{arn_text, text};
use crate::workflow::Workflow;

/// The width of the grid that CloudWatch lays widgets on is 24; two stand in a row.
const WIDTH: usize = 12;
const HEIGHT: usize = 6;

/// Adds the dashboard and the group of traces.
pub(super) fn add(template: &mut Template, workflow: &Workflow) {
    let place = Place::Workflow(workflow);
    let mut widgets = vec![("Executions", executions(workflow))];
    for (title, metric, statistic) in [
        ("Calls of functions", "Invocations", "Sum"),
        ("Errors of functions", "Errors", "Sum"),
        ("Duration of functions, p99", "Duration", "p99"),
    ] {
        let functions = workflow.functions();
        let metrics = functions.iter().map(
            |name| json!(["AWS/Lambda", metric, "FunctionName", place.function_name(name), { "stat": statistic }]),
        );
        widgets.push((title, metrics.collect()));
    }
    let queues = workflow.bindings.queue_names().into_iter().map(|queue| format!("${{Name}}-{queue}"));
    let queues = queues.chain([format!("{}-failures", place.prefix())]);
    let waiting = queues.map(
        |queue| json!(["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { "stat": "Maximum" }]),
    );
    widgets.push(("Messages waiting", waiting.collect()));
    if !workflow.bindings.api.is_empty() {
        widgets.push(("Requests", requests(workflow)));
    }
    let widgets: Vec<Value> = widgets
        .into_iter()
        .enumerate()
        .map(|(index, (title, metrics))| {
            json!({
                "type": "metric",
                "x": index % 2 * WIDTH,
                "y": index / 2 * HEIGHT,
                "width": WIDTH,
                "height": HEIGHT,
                "properties": {
                    "title": title,
                    "region": "${AWS::Region}",
                    "view": "timeSeries",
                    "period": 60,
                    "metrics": metrics,
                },
            })
        })
        .collect();
    let properties = json!({
        "DashboardName": text(format!("{}-EcommerceProcessingDashboard", place.prefix())),
        "DashboardBody": text(json!({ "widgets": widgets }).to_string()),
    });
    template.add("EcommerceProcessingDashboard", Resource::new("AWS::CloudWatch::Dashboard", properties));
    let properties = json!({
        "GroupName": text(place.prefix()),
        "FilterExpression": text(format!("service(begins_with(\"{}\"))", place.prefix())),
        "InsightsConfiguration": { "InsightsEnabled": true, "NotificationsEnabled": false },
    });
    template.add("TracingGroup", Resource::new("AWS::XRay::Group", properties).only_if("HasTracingGroup"));
}

fn executions(workflow: &Workflow) -> Vec<Value> {
    let mut metrics = Vec::new();
    for machine in &workflow.machines {
        let arn = arn_text("states", &format!("stateMachine:${{Name}}-{}", machine.name));
        for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"] {
            let label = format!("{} {metric}", machine.name);
            metrics.push(json!(["AWS/States", metric, "StateMachineArn", arn, { "stat": "Sum", "label": label }]));
        }
    }
    metrics
}

fn requests(workflow: &Workflow) -> Vec<Value> {
    let (name, stage) = (super::api::name_text(workflow), super::api::stage_text(workflow));
    [("Count", "Sum"), ("4XXError", "Sum"), ("5XXError", "Sum"), ("Latency", "p99")]
        .into_iter()
        .map(|(metric, statistic)| {
            json!(["AWS/ApiGateway", metric, "ApiName", name, "Stage", stage, { "stat": statistic }])
        })
        .collect()
}
