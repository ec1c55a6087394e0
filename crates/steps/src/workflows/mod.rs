//! The workflows' folders, held against the steps: what their files say is there, and orders go
//! through them as their documents say, from the request to the last mail.

mod afterwards;
mod checkout;
mod confirmed_orders;
mod emag_orderflow;
mod files;
mod order_app;
mod queued_orders;
mod receipt_orders;

use std::collections::BTreeMap;

use order::OrderId;
use serde_json::{Value, json};
use triggers::document::{Consumer, PipeSource};
use triggers::dynamodb::Change;
use triggers::{Bindings, Event, Origin, StreamRecord, Target, Triggers};

use crate::testing::{Run, World, placement, workflow_file};

/// What the tests of a workflow say about one order.
struct Case<'a> {
    /// What is special about it.
    name: &'a str,
    /// The request that places it.
    request: Value,
    /// What is special about the shop.
    prepare: fn(&World),
    /// How its execution ends.
    ends: Ends<'a>,
    /// The states that its execution goes through.
    states: &'a str,
    /// The order's status at the end.
    status: &'a str,
    /// The order's reason at the end; empty for none.
    reason: &'a str,
    /// The mails to its customer, by kind.
    mails: &'a [&'a str],
    /// The messages to topics, by topic.
    topics: &'a [&'a str],
    /// Units sold of each product.
    sold: &'a [(&'a str, i64)],
    /// What the customer paid and did not get back, in minor units.
    kept: i64,
}

/// How an execution ends.
enum Ends<'a> {
    Succeeds(Value),
    Fails(&'a str),
}

/// Nothing is special about the shop.
fn as_it_is(_: &World) {}

/// Places an order through its workflow's intake and follows it to the end, once as it goes and once
/// with every step's first answer lost; both times it has to end as the case says.
async fn check(workflow: &str, case: &Case<'_>) {
    for answers_are_lost in [false, true] {
        let name = format!("{workflow}: {} (answers lost: {answers_are_lost})", case.name);
        let world = World::new();
        (case.prepare)(&world);
        if answers_are_lost {
            world.lose_first_answers();
        }
        let (id, run) = order(&world, workflow, case.request.clone()).await;
        match &case.ends {
            Ends::Succeeds(output) => {
                let mut expected = output.clone();
                if let Some(order_id) = expected.get_mut("order_id") {
                    *order_id = json!(id);
                }
                assert_eq!(*run.output(), expected, "{name}");
            }
            Ends::Fails(error) => assert_eq!(run.failure().0, *error, "{name}"),
        }
        assert_eq!(run.states.join(" "), case.states, "{name}");
        assert_eq!(world.status(&id), case.status, "{name}");
        assert_eq!(world.order(&id).reason.unwrap_or_default(), case.reason, "{name}");
        let mails: Vec<String> = world.mails(&id).into_iter().map(|mail| mail.kind).collect();
        assert_eq!(mails, case.mails, "{name}");
        let topics: Vec<String> = world.topics().into_iter().map(|message| message.topic).collect();
        assert_eq!(topics, case.topics, "{name}");
        let levels = world.levels();
        let sold: Vec<(&str, i64)> =
            levels.iter().filter(|(_, level)| level.sold > 0).map(|(sku, level)| (sku.as_str(), level.sold)).collect();
        assert_eq!(sold, case.sold, "{name}");
        assert!(levels.iter().all(|(_, level)| level.reserved == 0), "{name}: nothing stays held");
        let (taken, given_back) = world.charged(&id);
        assert_eq!(taken - given_back, case.kept, "{name}");
        assert_eq!(world.order(&id).payment().kept(), case.kept, "{name}: the order's books agree with the provider's");
    }
}

/// Places an order and follows what its workflow's `triggers.json` says: the stream, the pipe, the bus,
/// the queue; then its execution; then the events it put on the bus.
async fn order(world: &World, workflow: &str, request: Value) -> (String, Run) {
    let bindings = bindings(workflow);
    let Consumer::Step(handler) = &bindings.api[0].handler else { panic!("{workflow}: a step takes orders in") };
    let placed = world.run_twice(handler, placement(workflow, with_id(workflow, request))).await.expect("it is taken");
    let id = placed["order_id"].as_str().expect("an id").to_owned();
    let input = started_with(world, workflow, &bindings, &id).await;
    let run = world.execute(workflow, &id, input).await;
    for event in world.events() {
        deliver(world, &bindings, &event_on_bus(&event.detail_type, event.detail)).await;
    }
    (id, run)
}

/// The request under a fixed id, so that it can be placed twice: each document has its own name for it.
fn with_id(workflow: &str, mut request: Value) -> Value {
    let field = match workflow {
        "receipt-orders" => "orderId",
        "queued-orders" => "OrderID",
        _ => "order_id",
    };
    request[field] = json!("T-1");
    request
}

fn bindings(workflow: &str) -> Bindings {
    let triggers = Triggers::parse(&workflow_file(workflow, "triggers.json"))
        .unwrap_or_else(|wrong| panic!("{workflow}: {wrong:?}"));
    triggers.resolve(&BTreeMap::new()).unwrap_or_else(|wrong| panic!("{workflow}: {wrong:?}"))
}

/// What the order's execution is started with, and that it is started once.
async fn started_with(world: &World, workflow: &str, bindings: &Bindings, id: &str) -> Value {
    let mut inputs = Vec::new();
    if let Some(pipe) = &bindings.pipe {
        let PipeSource::Stream(table) = &pipe.source else { panic!("{workflow}: the pipe reads a table") };
        let record = inserted(world, bindings, table, id);
        assert!(pipe.passes(&record), "{workflow}: an insert passes the filter");
        match (&pipe.target, &pipe.enrichment) {
            (Target::Workflow, Some(step)) => {
                inputs.push(world.run(step, json!([record])).await.expect("it is enriched"))
            }
            (Target::EventBus, None) => {
                let event = event_on_bus("Event from aws:dynamodb", record);
                let to_workflow = bindings.rules.values().filter(|rule| rule.pattern.matches(&event));
                inputs
                    .extend(to_workflow.filter(|rule| rule.targets.contains(&Target::Workflow)).map(|_| event.clone()));
            }
            other => panic!("{workflow}: no test knows {other:?}"),
        }
    }
    for (name, queue) in &bindings.queues {
        if let Some(Consumer::Step(step)) = &queue.consumer {
            let messages = world.queue(name);
            let records = messages.iter().map(|message| json!({ "messageId": message.key, "body": message.body }));
            let records = json!({ "Records": records.collect::<Vec<_>>() });
            let answer = world.run_twice(step, records).await.expect("it is taken from the queue");
            assert_eq!(answer, json!({ "batchItemFailures": [] }));
        }
    }
    inputs.extend(world.executions().into_iter().map(|execution| execution.input));
    assert_eq!(inputs.len(), 1, "{workflow}: an order is started once");
    inputs.remove(0)
}

/// The stream record of an order that was inserted.
fn inserted(world: &World, bindings: &Bindings, table: &str, id: &str) -> Value {
    let table_spec = &bindings.tables[table];
    let image = ports::image(&order::Order::new(
        world.order(id).placed,
        world.order(id).execution_arn,
        world.order(id).placed_at,
    ));
    let change = Change {
        event_id: "1",
        table,
        stream_label: "2026",
        keys: &[&table_spec.key],
        old: None,
        new: Some(&image),
        at: world.now(),
        sequence_number: 1,
    };
    let view = table_spec.stream_view_type.expect("the table has a stream");
    let record = StreamRecord::of_change(&origin(), view, change).expect("the image has its key");
    record.expect("it is new").to_value()
}

fn origin() -> Origin {
    Origin { account: "000000000000".into(), region: "local".into() }
}

fn event_on_bus(detail_type: &str, detail: Value) -> Value {
    let at = "2026-09-21T14:13:20Z".parse().expect("a time");
    Event::new(&origin(), "1", "orderflow", detail_type, at, detail).to_value()
}

/// Hands an event to the steps whose rules match it, twice, as the bus may.
async fn deliver(world: &World, bindings: &Bindings, event: &Value) {
    for rule in bindings.rules.values().filter(|rule| rule.pattern.matches(event)) {
        for target in &rule.targets {
            if let Target::Step(step) = target {
                world.run_twice(step, event.clone()).await.expect("the event is true");
            }
        }
    }
}

/// The id of the orders of these tests.
fn test_order() -> OrderId {
    OrderId::parse("T-1").expect("an id")
}
