//! Executions that are redriven: what is run again, with what, and what the history shows of it.

#![allow(dead_code, reason = "not every test uses all of the shared simulation")]

mod support;

use asl::{Event, Execution, Moment, NotRedrivable, StateMachine, Status, TaskId, TaskRequest};
use serde_json::{Value, json};
use support::{Simulation, epoch, start_of};

fn machine(definition: &Value) -> StateMachine {
    StateMachine::parse(&definition.to_string()).expect("the definition is right")
}

/// A task that goes to `next`, or is the last.
fn task(next: Option<&str>) -> Value {
    let mut task = json!({"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:any"});
    match next {
        Some(next) => task["Next"] = next.into(),
        None => task["End"] = true.into(),
    }
    task
}

/// The open task of that state.
fn open<'a>(run: &'a Simulation<'_>, state: &str) -> &'a TaskRequest {
    run.open.iter().find(|request| request.state == state).unwrap_or_else(|| panic!("{state} is not asked for"))
}

/// Takes the first open task of that state to answer it.
fn take(run: &mut Simulation<'_>, state: &str) -> TaskId {
    let task = open(run, state).task;
    run.open.retain(|request| request.task != task);
    task
}

fn succeed(run: &mut Simulation<'_>, state: &str, output: Value) {
    let task = take(run, state);
    run.apply(Event::TaskSucceeded { task, output });
}

fn fail(run: &mut Simulation<'_>, state: &str, error: &str) {
    let task = take(run, state);
    run.apply(Event::TaskFailed { task, error: error.to_owned(), cause: "it is down".to_owned() });
}

/// The types of the events from that id on.
fn types(run: &Simulation<'_>, from: usize) -> Vec<&'static str> {
    run.history[from - 1..].iter().map(asl::HistoryEvent::type_name).collect()
}

#[test]
fn a_failed_task_is_scheduled_again_with_the_same_input_key_and_fresh_retries() {
    let mut pay = task(Some("Ship"));
    pay["Retry"] = json!([{"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 1}]);
    let machine = machine(&json!({"StartAt": "Price", "States": {
        "Price": task(Some("Pay")), "Pay": pay, "Ship": task(None)}}));
    let mut run = Simulation::start(&machine, start_of(json!({"x": 1})));
    succeed(&mut run, "Price", json!({"total": 3}));
    fail(&mut run, "Pay", "Busy");
    assert!(run.fire_next_timer());
    fail(&mut run, "Pay", "Busy");
    assert!(matches!(run.execution.status(), Status::Failed { .. }));
    let ended = run.history.len();
    let first = run.requests.iter().find(|request| request.state == "Pay").expect("it was asked for").clone();

    run.redrive(None).expect("it can be redriven");
    assert_eq!(
        types(&run, ended),
        ["ExecutionFailed", "ExecutionRedriven", "LambdaFunctionScheduled", "LambdaFunctionStarted"]
    );
    let event = serde_json::to_value(&run.history[ended]).expect("an event is JSON");
    assert_eq!(event["executionRedrivenEventDetails"], json!({"redriveCount": 1}));
    assert_eq!(event["previousEventId"], ended);
    let again = open(&run, "Pay");
    assert_eq!((&again.key, &again.input, again.attempt), (&first.key, &first.input, 1));
    assert_ne!(again.task, first.task, "what answers the first attempt is stale");

    fail(&mut run, "Pay", "Busy");
    assert!(run.execution.status().is_running(), "the retries are counted anew");
    assert!(run.fire_next_timer());
    succeed(&mut run, "Pay", json!({"paid": true}));
    succeed(&mut run, "Ship", json!("done"));
    assert_eq!(*run.execution.status(), Status::Succeeded { output: json!("done") });
    assert_eq!(run.execution.check_redrive(None), Err(NotRedrivable::Succeeded));
    assert_eq!(run.requests.iter().filter(|request| request.state == "Price").count(), 1, "what succeeded is kept");
}

#[test]
fn another_input_is_for_the_state_that_failed_and_its_entry_shows_it() {
    let machine = machine(&json!({"StartAt": "Pay", "States": {"Pay": task(None)}}));
    let mut run = Simulation::start(&machine, start_of(json!({"token": "old"})));
    fail(&mut run, "Pay", "Refused");
    let ended = run.history.len();
    run.redrive(Some(json!({"token": "new"}))).expect("it can be redriven");
    assert_eq!(
        types(&run, ended + 1),
        ["ExecutionRedriven", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted"]
    );
    assert_eq!(open(&run, "Pay").input, json!({"token": "new"}));
    assert_eq!(open(&run, "Pay").key, "Pay");
    // The input of the execution is what it was.
    assert_eq!(run.execution.started_with().input, json!({"token": "old"}));
}

#[test]
fn only_the_branches_that_did_not_succeed_are_run_again() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(None)}});
    let machine = machine(&json!({"StartAt": "All", "States": {"All": {"Type": "Parallel", "End": true,
        "Branches": [branch("Left"), branch("Middle"), branch("Right")]}}}));
    let mut run = Simulation::start(&machine, start_of(json!({})));
    succeed(&mut run, "Left", json!("left"));
    fail(&mut run, "Middle", "Broken");
    assert!(matches!(run.execution.status(), Status::Failed { .. }));
    assert_eq!(run.open.len(), 0, "the branch beside it was stopped");

    run.redrive(None).expect("it can be redriven");
    let mut asked: Vec<&str> = run.open.iter().map(|request| &*request.key).collect();
    asked.sort_unstable();
    assert_eq!(asked, ["All/1/Middle", "All/2/Right"]);
    succeed(&mut run, "Right", json!("right"));
    succeed(&mut run, "Middle", json!("middle"));
    assert_eq!(*run.execution.status(), Status::Succeeded { output: json!(["left", "middle", "right"]) });
}

#[test]
fn only_the_iterations_that_did_not_succeed_are_run_again() {
    let machine =
        machine(&json!({"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "MaxConcurrency": 2,
        "ItemProcessor": {"StartAt": "One", "States": {"One": task(None)}}}}}));
    let mut run = Simulation::start(&machine, start_of(json!([1, 2, 3])));
    succeed(&mut run, "One", json!("a"));
    assert_eq!(open(&run, "One").key, "Each[1]/One");
    fail(&mut run, "One", "Broken");
    assert!(!run.execution.status().is_running());
    run.redrive(Some(json!(20))).expect("it can be redriven");
    let inputs: Vec<(&str, &Value)> = run.open.iter().map(|request| (&*request.key, &request.input)).collect();
    assert_eq!(inputs, [("Each[1]/One", &json!(20)), ("Each[2]/One", &json!(3))]);
    succeed(&mut run, "One", json!("b"));
    succeed(&mut run, "One", json!("c"));
    assert_eq!(*run.execution.status(), Status::Succeeded { output: json!(["a", "b", "c"]) });
}

#[test]
fn a_stopped_and_a_timed_out_execution_go_on_where_they_stood() {
    let machine = machine(&json!({"StartAt": "Pay", "TimeoutSeconds": 60, "States": {
        "Pay": task(Some("Rest")), "Rest": {"Type": "Wait", "Seconds": 30, "Next": "Ship"}, "Ship": task(None)}}));
    let mut run = Simulation::start(&machine, start_of(json!({})));
    run.now += jiff::SignedDuration::from_secs(50);
    run.apply(Event::Abort { error: None, cause: None });
    run.redrive(None).expect("a stopped one can be redriven");
    run.now += jiff::SignedDuration::from_secs(20);
    succeed(&mut run, "Pay", json!({}));
    assert!(run.fire_next_timer());
    // At 100 s: the limit is counted from the redrive.
    assert!(run.execution.status().is_running(), "in state Ship: {:?}", run.execution.status());
    assert!(run.fire_next_timer());
    assert!(matches!(run.execution.status(), Status::TimedOut { .. }), "{:?}", run.execution.status());
    run.redrive(None).expect("a timed out one can be redriven");
    assert_eq!(run.execution.redrive_count(), 2);
    succeed(&mut run, "Ship", json!(1));
    assert_eq!(*run.execution.status(), Status::Succeeded { output: json!(1) });
}

#[test]
fn a_fail_state_fails_again_and_a_caught_failure_leaves_nothing_behind() {
    let mut pay = task(Some("Fine"));
    pay["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Undo"}]);
    let machine = machine(&json!({"StartAt": "Pay", "States": {
        "Pay": pay, "Undo": task(Some("Sorry")), "Fine": {"Type": "Succeed"},
        "Sorry": {"Type": "Fail", "Error": "NotPaid"}}}));
    let mut run = Simulation::start(&machine, start_of(json!({})));
    fail(&mut run, "Pay", "Refused");
    succeed(&mut run, "Undo", json!({}));
    let ended = run.history.len();
    run.redrive(None).expect("it can be redriven");
    assert_eq!(types(&run, ended + 1), ["ExecutionRedriven", "ExecutionFailed"]);
    assert_eq!(*run.execution.status(), Status::Failed { error: Some("NotPaid".to_owned()), cause: None });
}

#[test]
fn what_cannot_be_redriven_says_why_and_stays_as_it_is() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(None)}});
    let both = machine(&json!({"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "End": true,
        "Branches": [branch("Left"), branch("Right")]}}}));
    let mut run = Simulation::start(&both, start_of(json!({})));
    assert_eq!(run.redrive(None), Err(NotRedrivable::Running));
    run.apply(Event::Abort { error: None, cause: None });
    assert_eq!(run.redrive(Some(json!(1))), Err(NotRedrivable::SeveralStates));
    let one = machine(&json!({"StartAt": "Pay", "States": {"Pay": task(None)}}));
    let mut run = Simulation::start(&one, start_of(json!({})));
    fail(&mut run, "Pay", "Refused");
    let before = run.execution.clone();
    assert_eq!(run.redrive(Some("x".repeat(262_145).into())), Err(NotRedrivable::InputTooLarge));
    assert_eq!(run.execution, before);
    let nested = (0..120).fold(json!(0), |inner, _| json!([inner]));
    let (mut unstarted, _) = Execution::start(&one, start_of(nested), Moment { now: epoch(), random: 1 });
    assert_eq!(unstarted.redrive(&one, None, Moment { now: epoch(), random: 1 }), Err(NotRedrivable::NothingToRedrive));
}
