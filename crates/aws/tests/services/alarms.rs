//! Alarms as CloudWatch has them.

use std::collections::BTreeMap;

use aws::{Alarms, Clients, MessageReader, Queues};
use aws_sdk_cloudwatch::types::{ComparisonOperator, StateValue, Statistic};
use ports::{Clock, Messages};

use crate::desk::TestClock;
use crate::stand_in::{ministack, unique};

#[tokio::test]
async fn an_alarm_is_shown_with_its_rule_and_its_former_states() {
    let clients = Clients::new(&ministack().config().await);
    let on_aws = unique("shop-OrdersQueueDepthAlarm");
    let put = clients.cloudwatch.put_metric_alarm().alarm_name(&on_aws).namespace("AWS/SQS");
    let put = put.metric_name("ApproximateNumberOfMessagesVisible").statistic(Statistic::Maximum).threshold(10.0);
    let put = put.comparison_operator(ComparisonOperator::GreaterThanThreshold).period(60).evaluation_periods(1);
    put.send().await.unwrap();
    let set = clients.cloudwatch.set_alarm_state().alarm_name(&on_aws).state_value(StateValue::Alarm);
    set.state_reason("orders come in faster than they are taken").send().await.unwrap();

    let known = BTreeMap::from([
        ("OrdersQueueDepthAlarm".to_owned(), on_aws),
        ("NeverMade".to_owned(), unique("shop-NeverMade")),
    ]);
    let alarms = Alarms::new(clients.cloudwatch.clone(), known);
    let queues = Queues::new(clients.sqs.clone(), BTreeMap::new());
    let clock = TestClock::new();
    let topics = (clients.sns.clone(), BTreeMap::new());
    let reader = MessageReader::new(clients.dynamodb.clone(), "none", topics, queues, alarms, clock.clone());
    let views = reader.alarms().await.unwrap();
    assert_eq!(views.len(), 1, "at {}: {views:?}", clock.now());
    let alarm = &views[0];
    assert_eq!((alarm.name.as_str(), alarm.state.as_str()), ("OrdersQueueDepthAlarm", "ALARM"));
    assert_eq!(alarm.reason, "orders come in faster than they are taken");
    assert_eq!((&alarm.rule["Threshold"], &alarm.rule["Statistic"]), (&10.0.into(), &"Maximum".into()));
    assert_eq!(alarm.history[0]["new_state"], "ALARM");
}
