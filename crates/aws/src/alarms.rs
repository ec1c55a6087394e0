//! Alarms as CloudWatch has them.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, HistoryItemType, MetricAlarm};
use futures::future::try_join_all;
use jiff::Timestamp;
use ports::{AlarmView, Result};
use serde_json::{Map, Value, json};

use crate::fault;

/// How many former states of an alarm are shown.
const HISTORY_SHOWN: i32 = 50;

/// The most alarms that one question may name.
const BATCH: usize = 100;

/// The alarms of a workflow.
#[derive(Debug, Clone)]
pub struct Alarms {
    client: Client,
    alarms: BTreeMap<String, String>,
}

impl Alarms {
    /// The alarms of those names on CloudWatch, by the name that the workflow gives them.
    pub fn new(client: Client, alarms: BTreeMap<String, String>) -> Self {
        Self { client, alarms }
    }

    /// Every alarm that there is, by name, with its former states.
    pub(crate) async fn views(&self) -> Result<Vec<AlarmView>> {
        let known: Vec<(&String, &String)> = self.alarms.iter().collect();
        let batches = try_join_all(known.chunks(BATCH).map(|names| self.describe(names))).await?;
        let found: BTreeMap<String, MetricAlarm> = batches.into_iter().flatten().collect();
        try_join_all(known.iter().filter_map(|(name, on_aws)| Some(self.view(name, found.get(*on_aws)?)))).await
    }

    async fn describe(&self, names: &[(&String, &String)]) -> Result<Vec<(String, MetricAlarm)>> {
        let names = names.iter().map(|(_, on_aws)| (*on_aws).clone()).collect();
        let answer = self.client.describe_alarms().set_alarm_names(Some(names)).max_records(100).send().await;
        let answer = answer.map_err(|error| fault::unavailable("CloudWatch", &error))?;
        let alarms = answer.metric_alarms.unwrap_or_default().into_iter();
        Ok(alarms.filter_map(|alarm| Some((alarm.alarm_name.clone()?, alarm))).collect())
    }

    async fn view(&self, name: &str, alarm: &MetricAlarm) -> Result<AlarmView> {
        let history = self.client.describe_alarm_history().set_alarm_name(alarm.alarm_name.clone());
        let history = history.history_item_type(HistoryItemType::StateUpdate).max_records(HISTORY_SHOWN).send().await;
        let history = history.map_err(|error| fault::unavailable("CloudWatch", &error))?;
        let history = history.alarm_history_items.unwrap_or_default();
        Ok(AlarmView {
            name: name.to_owned(),
            state: alarm.state_value.as_ref().map_or("INSUFFICIENT_DATA", |state| state.as_str()).to_owned(),
            reason: alarm.state_reason.clone().unwrap_or_default(),
            since: alarm.state_transitioned_timestamp.as_ref().and_then(time),
            rule: rule(alarm),
            history: history.iter().filter_map(transition).collect(),
        })
    }
}

/// The alarm's rule in the words of a workflow's triggers.
fn rule(alarm: &MetricAlarm) -> Value {
    let mut rule = Map::new();
    let mut put = |member: &str, value: Value| {
        if !value.is_null() {
            rule.insert(member.to_owned(), value);
        }
    };
    let dimensions = alarm.dimensions().iter();
    let dimensions: Vec<Value> =
        dimensions.map(|dimension| json!({ "Name": dimension.name(), "Value": dimension.value() })).collect();
    put("AlarmDescription", json!(alarm.alarm_description()));
    put("Namespace", json!(alarm.namespace()));
    put("MetricName", json!(alarm.metric_name()));
    put("Dimensions", if dimensions.is_empty() { Value::Null } else { dimensions.into() });
    put("Statistic", json!(alarm.statistic().map(|statistic| statistic.as_str())));
    put("ComparisonOperator", json!(alarm.comparison_operator().map(|operator| operator.as_str())));
    put("Threshold", json!(alarm.threshold()));
    put("Period", json!(alarm.period()));
    put("EvaluationPeriods", json!(alarm.evaluation_periods()));
    put("DatapointsToAlarm", json!(alarm.datapoints_to_alarm()));
    put("TreatMissingData", json!(alarm.treat_missing_data()));
    put("AlarmActions", if alarm.alarm_actions().is_empty() { Value::Null } else { json!(alarm.alarm_actions()) });
    Value::Object(rule)
}

/// A change of state, from CloudWatch's record of it.
fn transition(item: &AlarmHistoryItem) -> Option<Value> {
    let data: Value = serde_json::from_str(item.history_data()?).ok()?;
    Some(json!({
        "old_state": data["oldState"]["stateValue"],
        "new_state": data["newState"]["stateValue"],
        "reason": data["newState"]["stateReason"],
        "at": item.timestamp().and_then(time),
    }))
}

fn time(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_state_is_read_from_its_record() {
        let data = json!({ "version": "1.0", "oldState": { "stateValue": "OK", "stateReason": "quiet" },
                           "newState": { "stateValue": "ALARM", "stateReason": "Threshold Crossed" } });
        let item = AlarmHistoryItem::builder().history_data(data.to_string()).timestamp(DateTime::from_secs(0)).build();
        let expected = json!({ "old_state": "OK", "new_state": "ALARM", "reason": "Threshold Crossed",
                               "at": "1970-01-01T00:00:00Z" });
        assert_eq!(transition(&item), Some(expected));
        assert_eq!(transition(&AlarmHistoryItem::builder().history_data("-").build()), None);
    }

    #[test]
    fn a_rule_has_only_what_the_alarm_has() {
        let alarm = MetricAlarm::builder().metric_name("ExecutionsFailed").threshold(0.0).period(60).build();
        assert_eq!(rule(&alarm), json!({ "MetricName": "ExecutionsFailed", "Threshold": 0.0, "Period": 60 }));
    }
}
