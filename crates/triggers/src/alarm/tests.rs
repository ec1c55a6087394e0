//! The guide's tables, and what an alarm says.

use super::*;
use crate::origin::sample;
use serde_json::json;

const PERIOD: i64 = 60;

fn spec(to_alarm: Option<u32>, periods: u32, treat: TreatMissingData) -> AlarmSpec {
    AlarmSpec {
        name: "OrdersQueueDepthAlarm".to_owned(),
        description: None,
        namespace: "AWS/SQS".to_owned(),
        metric_name: "ApproximateNumberOfMessagesVisible".to_owned(),
        dimensions: vec![Dimension { name: "QueueName".to_owned(), value: "OrdersQueue".to_owned() }],
        statistic: Statistic::Maximum,
        comparison_operator: ComparisonOperator::GreaterThanThreshold,
        threshold: 10.0,
        period_seconds: 60,
        evaluation_periods: periods,
        datapoints_to_alarm: to_alarm,
        treat_missing_data: treat,
        alarm_actions: vec![Target::Topic("CriticalAlertsTopic".to_owned())],
        ok_actions: Vec::new(),
        insufficient_data_actions: Vec::new(),
    }
}

/// 10 seconds into the minute after the one that began at 09:41.
fn now() -> Timestamp {
    "2026-11-21T09:42:10Z".parse().expect("a time")
}

fn seconds_ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - seconds).expect("a time")
}

/// Points written as in the guide, newest on the right: `0` within, `X` breaching, `-` missing.
fn written(text: &str) -> Vec<Datapoint> {
    text.split(' ')
        .rev()
        .enumerate()
        .filter_map(|(back, mark)| {
            let back = i64::try_from(back).expect("a few points");
            // The middle of the period, to show that alignment is the alarm's affair.
            let at = seconds_ago((back + 1) * PERIOD - 20);
            match mark {
                "0" => Some(Datapoint::sample(at, 5.0)),
                "X" => Some(Datapoint::sample(at, 12.0)),
                "-" => None,
                other => panic!("not a mark of the guide: {other}"),
            }
        })
        .collect()
}

/// The state after evaluating the points, from each of the three states; `None` is "retains its state".
fn outcome(spec: &AlarmSpec, points: &str) -> Option<AlarmState> {
    let after: Vec<AlarmState> = AlarmState::ALL
        .into_iter()
        .map(|before| {
            let mut alarm = Alarm::in_state(spec.clone(), before);
            let transition = alarm.evaluate(&written(points), now());
            assert_eq!(transition.is_some(), alarm.state() != before, "{points}");
            assert_eq!(alarm.evaluate(&written(points), now()), None, "{points}: one notification a transition");
            alarm.state()
        })
        .collect();
    if after == AlarmState::ALL {
        return None;
    }
    assert!(after.iter().all(|state| *state == after[0]), "{points}: {after:?}");
    Some(after[0])
}

#[test]
fn missing_data_is_treated_as_in_the_guides_tables() {
    let (ok, alarm, unknown) = (Some(AlarmState::Ok), Some(AlarmState::Alarm), Some(AlarmState::InsufficientData));
    let retain = None;
    // points, missing, ignore, breaching, notBreaching
    let three_of_three = [
        ("0 - X - X", [ok, ok, ok, ok]),
        ("0 - - - -", [ok, ok, ok, ok]),
        ("- - - - -", [unknown, retain, alarm, ok]),
        ("0 X X - X", [alarm, alarm, alarm, alarm]),
        ("- - X - -", [alarm, retain, alarm, ok]),
        // From the section on premature transitions.
        ("- - - - X", [retain, retain, alarm, ok]),
        ("- - - X -", [retain, retain, alarm, ok]),
        ("- - - X 0", [ok, ok, ok, ok]),
        ("- - X - 0", [ok, ok, ok, ok]),
        // A breach beyond the evaluation periods but within the range.
        ("X - - - -", [alarm, retain, alarm, ok]),
        // Beyond the range nothing is seen.
        ("X X X - - - - -", [unknown, retain, alarm, ok]),
    ];
    let two_of_three = [
        ("0 - X - X", [alarm, alarm, alarm, alarm]),
        ("0 0 X 0 X", [alarm, alarm, alarm, alarm]),
        ("0 - X - -", [ok, ok, alarm, ok]),
        ("- - - - 0", [ok, ok, alarm, ok]),
        ("- - - X -", [alarm, retain, alarm, ok]),
        ("- - - X X", [alarm, alarm, alarm, alarm]),
        ("- - - - X", [retain, retain, alarm, ok]),
    ];
    let one_of_one = [
        ("X", [alarm, alarm, alarm, alarm]),
        ("0", [ok, ok, ok, ok]),
        ("X 0 -", [ok, ok, ok, ok]),
        ("0 X -", [alarm, alarm, alarm, alarm]),
        ("- - -", [unknown, retain, alarm, ok]),
    ];
    let treatments = [
        TreatMissingData::Missing,
        TreatMissingData::Ignore,
        TreatMissingData::Breaching,
        TreatMissingData::NotBreaching,
    ];
    for ((to_alarm, periods), table) in [
        ((Some(3), 3), three_of_three.as_slice()),
        ((None, 3), three_of_three.as_slice()),
        ((Some(2), 3), two_of_three.as_slice()),
        ((None, 1), one_of_one.as_slice()),
    ] {
        for (points, expected) in table {
            for (treat, expected) in treatments.into_iter().zip(expected) {
                assert_eq!(
                    outcome(&spec(to_alarm, periods, treat), points),
                    *expected,
                    "{points} with {to_alarm:?} of {periods}, {treat:?}"
                );
            }
        }
    }
}

#[test]
fn a_statistic_is_taken_over_a_whole_aligned_period() {
    let samples = |values: &[(i64, f64)]| -> Vec<Datapoint> {
        values.iter().map(|(ago, value)| Datapoint::sample(seconds_ago(*ago), *value)).collect()
    };
    // 09:41:00 is 70 s ago, 09:41:59 is 11 s ago. 09:40:59 and 09:42:00 belong to the neighbours.
    let points = samples(&[(70, 4.0), (30, 9.0), (11, 5.0), (71, 100.0), (10, 100.0)]);
    for (statistic, at_least, above) in [
        (Statistic::Sum, 18.0, 18.1),
        (Statistic::Average, 6.0, 6.1),
        (Statistic::Minimum, 4.0, 4.1),
        (Statistic::Maximum, 9.0, 9.1),
        (Statistic::SampleCount, 3.0, 3.1),
    ] {
        for (threshold, expected) in [(at_least, AlarmState::Alarm), (above, AlarmState::Ok)] {
            let mut alarm = Alarm::new(AlarmSpec {
                statistic,
                threshold,
                comparison_operator: ComparisonOperator::GreaterThanOrEqualToThreshold,
                ..spec(None, 1, TreatMissingData::Missing)
            });
            alarm.evaluate(&points, now());
            assert_eq!(alarm.state(), expected, "{statistic:?} against {threshold}");
        }
    }
}

#[test]
fn each_operator_compares_as_its_name_says() {
    use ComparisonOperator::{
        GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanOrEqualToThreshold, LessThanThreshold,
    };
    // operator, breaches at 9, at 10, at 11
    for (operator, expected) in [
        (GreaterThanOrEqualToThreshold, [false, true, true]),
        (GreaterThanThreshold, [false, false, true]),
        (LessThanOrEqualToThreshold, [true, true, false]),
        (LessThanThreshold, [true, false, false]),
    ] {
        for (value, breaches) in [9.0, 10.0, 11.0].into_iter().zip(expected) {
            let mut alarm =
                Alarm::new(AlarmSpec { comparison_operator: operator, ..spec(None, 1, TreatMissingData::Missing) });
            alarm.evaluate(&[Datapoint::sample(seconds_ago(30), value)], now());
            assert_eq!(alarm.state() == AlarmState::Alarm, breaches, "{value} {operator:?} 10");
        }
    }
}

#[test]
fn the_reason_is_in_cloudwatchs_words() {
    use TreatMissingData::{Breaching, Missing, NotBreaching};
    // M, N, treatment, state before, points, reason
    let table = [
        (
            None,
            1,
            Missing,
            AlarmState::Ok,
            "X",
            "Threshold Crossed: 1 datapoint [12.0 (21/11/26 09:41:00)] was greater than the threshold (10.0).",
        ),
        (
            None,
            1,
            Missing,
            AlarmState::Alarm,
            "0",
            "Threshold Crossed: 1 datapoint [5.0 (21/11/26 09:41:00)] was not greater than the threshold (10.0).",
        ),
        (
            Some(1),
            1,
            Missing,
            AlarmState::Ok,
            "X",
            "Threshold Crossed: 1 out of the last 1 datapoints [12.0 (21/11/26 09:41:00)] was greater than the threshold (10.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            Some(2),
            3,
            Missing,
            AlarmState::Ok,
            "X 0 X",
            "Threshold Crossed: 2 out of the last 3 datapoints [12.0 (21/11/26 09:41:00), 12.0 (21/11/26 09:39:00)] were greater than the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            Some(3),
            3,
            Missing,
            AlarmState::Alarm,
            "X X 0",
            "Threshold Crossed: 1 out of the last 3 datapoints [5.0 (21/11/26 09:41:00)] was not greater than the threshold (10.0) (minimum 1 datapoint for ALARM -> OK transition).",
        ),
        (
            Some(5),
            5,
            Missing,
            AlarmState::Ok,
            "X X X X X",
            "Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (10.0). The most recent datapoints which crossed the threshold: [12.0 (21/11/26 09:41:00), 12.0 (21/11/26 09:40:00), 12.0 (21/11/26 09:39:00), 12.0 (21/11/26 09:38:00), 12.0 (21/11/26 09:37:00)] (minimum 5 datapoints for OK -> ALARM transition).",
        ),
        (
            None,
            1,
            NotBreaching,
            AlarmState::Alarm,
            "- - -",
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
        (
            None,
            3,
            Breaching,
            AlarmState::Ok,
            "- - - - X",
            "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
        ),
        (None, 1, Missing, AlarmState::Ok, "- - -", "Insufficient Data: 1 datapoint was unknown."),
        (None, 3, Missing, AlarmState::Ok, "- - - - -", "Insufficient Data: 3 datapoints were unknown."),
    ];
    for (to_alarm, periods, treat, before, points, reason) in table {
        let mut alarm = Alarm::in_state(spec(to_alarm, periods, treat), before);
        let transition = alarm.evaluate(&written(points), now()).unwrap_or_else(|| panic!("{points}: a transition"));
        assert_eq!(transition.reason, reason);
        assert_eq!(transition.old_state, before);
    }
}

#[test]
fn the_notification_has_the_shape_that_sns_gets() {
    let mut alarm = Alarm::new(spec(None, 1, TreatMissingData::NotBreaching));
    let transition = alarm.evaluate(&written("X"), now()).expect("a transition");
    assert_eq!(
        transition.notification(alarm.spec(), &sample(), "queued-orders"),
        json!({
            "AlarmName": "OrdersQueueDepthAlarm", "AlarmDescription": null,
            "AWSAccountId": "123456789012", "NewStateValue": "ALARM",
            "NewStateReason": "Threshold Crossed: 1 datapoint [12.0 (21/11/26 09:41:00)] was greater than the threshold (10.0).",
            "StateChangeTime": "2026-11-21T09:42:10.000+0000", "Region": "eu-central-1",
            "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:OrdersQueueDepthAlarm",
            "OldStateValue": "INSUFFICIENT_DATA", "OKActions": [],
            "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:CriticalAlertsTopic"],
            "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "ApproximateNumberOfMessagesVisible", "Namespace": "AWS/SQS",
                "StatisticType": "Statistic", "Statistic": "MAXIMUM", "Unit": null,
                "Dimensions": [{"value": "OrdersQueue", "name": "QueueName"}],
                "Period": 60, "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold", "Threshold": 10.0,
                "TreatMissingData": "notBreaching", "EvaluateLowSampleCountPercentile": ""
            }
        })
    );
    assert_eq!(transition.subject(alarm.spec(), &sample()), "ALARM: \"OrdersQueueDepthAlarm\" in eu-central-1");
    assert_eq!(alarm.spec().actions(transition.new_state), [Target::Topic("CriticalAlertsTopic".to_owned())]);
}

#[test]
fn the_range_says_which_samples_are_needed() {
    let alarm = Alarm::new(spec(None, 3, TreatMissingData::Missing));
    assert_eq!(alarm.needs_since(now()), "2026-11-21T09:37:00Z".parse().expect("a time"));
}
