//! What ends an execution from outside or by quota, and answers that come too late.

#![allow(dead_code, reason = "not every test uses all of the shared simulation")]

mod support;

use asl::{Command, Event, Moment, Stale, StateMachine, Status, TaskId, TimerId};
use serde_json::{Value, json};
use support::{Answer, Simulation, start_of};

fn machine(definition: &Value) -> StateMachine {
    StateMachine::parse(&definition.to_string()).expect("a valid definition")
}

fn task(fields: &Value) -> StateMachine {
    let mut state = json!({"Type": "Task", "Resource": "arn:aws:lambda:x", "End": true});
    state.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    let mut states = json!({"T": state});
    if states["T"].get("Catch").is_some() {
        states["Caught"] = json!({"Type": "Pass", "End": true});
    }
    machine(&json!({"StartAt": "T", "States": states}))
}

fn types(simulation: &Simulation<'_>) -> Vec<&'static str> {
    simulation.history.iter().map(asl::HistoryEvent::type_name).collect()
}

#[test]
fn a_history_ends_at_25000_events() {
    let machine = machine(&json!({"StartAt": "Loop", "States": {
        "Loop": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "End"}], "Default": "Loop"},
        "End": {"Type": "Succeed"}
    }}));
    let simulation = Simulation::start(&machine, start_of(json!({})));
    assert_eq!(
        *simulation.execution.status(),
        Status::Failed {
            error: Some("States.Runtime".to_owned()),
            cause: Some("The execution reached the maximum number of history events (25000).".to_owned()),
        }
    );
    let [.., before, last] = &simulation.history[..] else { panic!("a long history") };
    assert_eq!((before.id, before.type_name()), (24_999, "ChoiceStateExited"));
    assert_eq!((last.id, last.previous_event_id, last.type_name()), (25_000, 24_999, "ExecutionFailed"));
    assert_eq!(simulation.execution.history_length(), 25_000);
    assert_eq!(simulation.execution.pending(&machine), []);
}

#[test]
fn a_history_that_is_full_within_branches_stops_them() {
    let loop_ = json!({"StartAt": "L", "States": {"L": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "E"}], "Default": "L"},
        "E": {"Type": "Succeed"}}});
    let wait = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": true}}});
    let machine = machine(&json!({"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [wait, loop_], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "P"}], "End": true}
    }}));
    let simulation = Simulation::start(&machine, start_of(json!({})));
    assert_eq!(simulation.execution.status().name(), "FAILED");
    assert_eq!(simulation.execution.history_length(), 25_000);
    assert_eq!(simulation.timers, [], "the timer of the other branch was never asked for");
}

#[test]
fn a_result_that_is_too_large_fails_the_task() {
    let large = Value::from("x".repeat(262_143));
    let machine = task(&json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}));
    let mut simulation = Simulation::start(&machine, start_of(json!({})));
    simulation.run(|_| Answer::Succeed(large.clone()));
    let Status::Failed { error: Some(error), cause: Some(cause) } = simulation.execution.status() else {
        panic!("{:?}", simulation.execution.status());
    };
    assert_eq!(error, "States.DataLimitExceeded", "which States.ALL does not cover");
    assert_eq!(
        cause,
        "The state/task 'arn:aws:lambda:x' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    let by_name = task(&json!({"Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught"}]}));
    let mut simulation = Simulation::start(&by_name, start_of(json!({})));
    simulation.run(|_| Answer::Succeed(large.clone()));
    assert_eq!(simulation.execution.status().name(), "SUCCEEDED");
}

#[test]
fn data_cannot_grow_without_end() {
    for wrapped in [json!({"a.$": "$"}), json!({"a.$": "States.Array($, $)"})] {
        let machine = machine(&json!({"StartAt": "Wrap", "States": {
            "Wrap": {"Type": "Pass", "Parameters": wrapped, "Next": "Again"},
            "Again": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": true, "Next": "End"}], "Default": "Wrap"},
            "End": {"Type": "Succeed"}
        }}));
        let simulation = Simulation::start(&machine, start_of(json!({})));
        let Status::Failed { error: Some(error), .. } = simulation.execution.status() else {
            panic!("it ended otherwise");
        };
        assert_eq!(error, "States.DataLimitExceeded");
    }
    let deep = (0..110).fold(Value::Null, |inner, _| json!([inner]));
    let machine = task(&json!({}));
    let simulation = Simulation::start(&machine, start_of(deep));
    assert_eq!(types(&simulation), ["ExecutionStarted", "ExecutionFailed"]);
    let text = serde_json::to_string(&simulation.execution).expect("JSON");
    serde_json::from_str::<asl::Execution>(&text).expect("a checkpoint that can be read");
}

#[test]
fn answers_that_come_too_late_change_nothing() {
    let machine = task(&json!({"TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["States.ALL"]}]}));
    let mut simulation = Simulation::start(&machine, start_of(json!({})));
    let (first, timeout) = (simulation.open[0].task, simulation.timers[0].1);
    assert!(simulation.fire_next_timer());
    let before = simulation.execution.clone();
    let moment = Moment { now: simulation.now, random: 0 };
    for late in [
        Event::TaskSucceeded { task: first, output: json!(1) },
        Event::TaskFailed { task: first, error: "E".to_owned(), cause: String::new() },
        Event::TaskStarted { task: first, worker_name: None },
        Event::TaskHeartbeat { task: first },
        Event::TimerFired { timer: timeout },
        Event::TimerFired { timer: TimerId(999) },
        Event::TaskSucceeded { task: TaskId(999), output: json!(1) },
    ] {
        assert_eq!(simulation.execution.apply(&machine, late.clone(), moment), Err(Stale), "{late:?}");
        assert_eq!(simulation.execution, before, "{late:?}");
    }
    assert!(simulation.fire_next_timer(), "the retry");
    assert_ne!(simulation.open[0].task, first, "an attempt has its own id");
    simulation.run(|_| Answer::Succeed(json!(2)));
    let abort = Event::Abort { error: None, cause: None };
    assert_eq!(simulation.execution.apply(&machine, abort, moment), Err(Stale), "it has ended");
}

#[test]
fn an_execution_can_be_stopped() {
    let machine = task(&json!({"TimeoutSeconds": 5}));
    let mut simulation = Simulation::start(&machine, start_of(json!({})));
    let task = simulation.open[0].task;
    let moment = Moment { now: simulation.now, random: 0 };
    let (error, cause) = (Some("Stop".to_owned()), Some("why".to_owned()));
    let abort = Event::Abort { error: error.clone(), cause: cause.clone() };
    let transition = simulation.execution.apply(&machine, abort, moment).expect("it runs");
    assert_eq!(transition.commands, [Command::CancelTask(task), Command::CancelTimer(simulation.timers[0].1)]);
    assert_eq!(
        serde_json::to_value(&transition.history).expect("JSON"),
        json!([{
            "id": 5, "previousEventId": 0, "timestamp": 1_767_225_600.0, "type": "ExecutionAborted",
            "executionAbortedEventDetails": {"error": "Stop", "cause": "why"}
        }])
    );
    assert_eq!(*simulation.execution.status(), Status::Aborted { error, cause });
    assert_eq!(simulation.execution.pending(&machine), []);
}

#[test]
fn an_activity_must_send_heartbeats() {
    let machine = task(&json!({
        "Resource": "arn:aws:states:eu-west-1:123456789012:activity:pack", "HeartbeatSeconds": 10, "TimeoutSeconds": 60,
        "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Caught"}]
    }));
    let mut simulation = Simulation::start(&machine, start_of(json!({})));
    assert_eq!(simulation.timers.len(), 1, "no heartbeat is due before a worker has taken the activity");
    let task = simulation.open[0].task;
    simulation.apply(Event::TaskStarted { task, worker_name: Some("packer".to_owned()) });
    let first = simulation.timers[0];
    simulation.now = simulation.now.checked_add(jiff::SignedDuration::from_secs(7)).expect("a time");
    simulation.apply(Event::TaskHeartbeat { task });
    assert_eq!(simulation.timers[0].0.duration_since(first.0).as_secs(), 7, "the silence is counted anew");
    assert!(simulation.fire_next_timer());
    assert_eq!(
        types(&simulation),
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityStarted",
            "ActivityTimedOut",
            "TaskStateExited",
            "PassStateEntered",
            "PassStateExited",
            "ExecutionSucceeded"
        ]
    );
    let timed_out = serde_json::to_value(&simulation.history[4]).expect("JSON");
    assert_eq!(timed_out["activityTimedOutEventDetails"], json!({"error": "States.Timeout"}));
    let started = serde_json::to_value(&simulation.history[3]).expect("JSON");
    assert_eq!(started["activityStartedEventDetails"], json!({"workerName": "packer"}));
}

#[test]
fn history_has_the_shape_of_aws() {
    let machine = task(&json!({"TimeoutSeconds": 5}));
    let mut simulation = Simulation::start(&machine, start_of(json!({"a": 1})));
    simulation.now = "2026-01-01T00:00:01.25Z".parse().expect("a timestamp");
    simulation.run(|_| Answer::Succeed(json!([1])));
    let time = 1_767_225_600.0;
    assert_eq!(
        serde_json::to_value(&simulation.history).expect("JSON"),
        json!([
            {"id": 1, "previousEventId": 0, "timestamp": time, "type": "ExecutionStarted", "executionStartedEventDetails":
                {"input": "{\"a\":1}", "inputDetails": {"truncated": false}, "roleArn": "arn:aws:iam::123456789012:role/any"}},
            {"id": 2, "previousEventId": 0, "timestamp": time, "type": "TaskStateEntered", "stateEnteredEventDetails":
                {"name": "T", "input": "{\"a\":1}", "inputDetails": {"truncated": false}}},
            {"id": 3, "previousEventId": 2, "timestamp": time, "type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails":
                {"resource": "arn:aws:lambda:x", "input": "{\"a\":1}", "inputDetails": {"truncated": false}, "timeoutInSeconds": 5}},
            {"id": 4, "previousEventId": 3, "timestamp": time, "type": "LambdaFunctionStarted"},
            {"id": 5, "previousEventId": 4, "timestamp": time + 1.25, "type": "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails":
                {"output": "[1]", "outputDetails": {"truncated": false}}},
            {"id": 6, "previousEventId": 5, "timestamp": time + 1.25, "type": "TaskStateExited", "stateExitedEventDetails":
                {"name": "T", "output": "[1]", "outputDetails": {"truncated": false}}},
            {"id": 7, "previousEventId": 6, "timestamp": time + 1.25, "type": "ExecutionSucceeded", "executionSucceededEventDetails":
                {"output": "[1]", "outputDetails": {"truncated": false}}}
        ])
    );
}
