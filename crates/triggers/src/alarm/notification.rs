//! What an alarm's action receives: the message SNS gets from CloudWatch.
//!
//! Source: the messages CloudWatch sends; their fields are described in the CloudWatch user guide,
//! "Notifying users on alarm changes".

use super::{AlarmSpec, Statistic, Transition, TreatMissingData};
use super::{AlarmState, ComparisonOperator};
use crate::document::Target;
use crate::origin::Origin;
use serde_json::{Value, json};

impl Transition {
    /// The notification, as JSON. SNS gets it as text.
    ///
    /// `workflow` is the state machine that a target `workflow` stands for.
    pub fn notification(&self, spec: &AlarmSpec, origin: &Origin, workflow: &str) -> Value {
        let arns =
            |targets: &[Target]| -> Vec<String> { targets.iter().map(|target| target.arn(origin, workflow)).collect() };
        json!({
            "AlarmName": spec.name,
            "AlarmDescription": spec.description,
            "AWSAccountId": origin.account,
            "NewStateValue": self.new_state.as_str(),
            "NewStateReason": self.reason,
            "StateChangeTime": self.at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string(),
            "Region": origin.region,
            "AlarmArn": origin.alarm_arn(&spec.name),
            "OldStateValue": self.old_state.as_str(),
            "OKActions": arns(&spec.ok_actions),
            "AlarmActions": arns(&spec.alarm_actions),
            "InsufficientDataActions": arns(&spec.insufficient_data_actions),
            "Trigger": trigger(spec),
        })
    }

    /// The subject line that CloudWatch gives to the notification.
    pub fn subject(&self, spec: &AlarmSpec, origin: &Origin) -> String {
        format!("{}: \"{}\" in {}", self.new_state.as_str(), spec.name, origin.region)
    }
}

fn trigger(spec: &AlarmSpec) -> Value {
    let dimensions: Vec<Value> =
        spec.dimensions.iter().map(|dimension| json!({"value": dimension.value, "name": dimension.name})).collect();
    let mut trigger = json!({
        "MetricName": spec.metric_name,
        "Namespace": spec.namespace,
        "StatisticType": "Statistic",
        // Here, and only here, CloudWatch writes the statistic in capitals.
        "Statistic": spec.statistic.as_str().to_uppercase(),
        "Unit": null,
        "Dimensions": dimensions,
        "Period": spec.period_seconds,
        "EvaluationPeriods": spec.evaluation_periods,
        "ComparisonOperator": spec.comparison_operator.as_str(),
        "Threshold": spec.threshold,
        "TreatMissingData": spec.treat_missing_data.as_str(),
        "EvaluateLowSampleCountPercentile": "",
    });
    if let Some(datapoints) = spec.datapoints_to_alarm {
        trigger["DatapointsToAlarm"] = json!(datapoints);
    }
    trigger
}

impl Statistic {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Average, Self::Maximum, Self::Minimum, Self::SampleCount, Self::Sum];

    /// The word AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Average => "Average",
            Self::Maximum => "Maximum",
            Self::Minimum => "Minimum",
            Self::SampleCount => "SampleCount",
            Self::Sum => "Sum",
        }
    }
}

impl ComparisonOperator {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::GreaterThanOrEqualToThreshold,
        Self::GreaterThanThreshold,
        Self::LessThanOrEqualToThreshold,
        Self::LessThanThreshold,
    ];

    /// The word AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
            Self::GreaterThanThreshold => "GreaterThanThreshold",
            Self::LessThanOrEqualToThreshold => "LessThanOrEqualToThreshold",
            Self::LessThanThreshold => "LessThanThreshold",
        }
    }
}

impl TreatMissingData {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Breaching, Self::Ignore, Self::Missing, Self::NotBreaching];

    /// The word AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaching => "breaching",
            Self::Ignore => "ignore",
            Self::Missing => "missing",
            Self::NotBreaching => "notBreaching",
        }
    }
}

impl AlarmState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alarm, Self::InsufficientData, Self::Ok];
}
