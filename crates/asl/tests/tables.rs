//! Executions as tables of text, in `tests/tables/`: a definition, an input, the answers to its tasks,
//! and all that the execution then does.
//!
//! A case reads
//!
//! ```text
//! case: what it shows
//! machine: the definition's states in JSON, the first one being the start; or a whole definition
//! input: JSON
//! answers: Pay ! Outage it is down | Pay = {"paid":true} | Ship never
//! expect:
//!   id<previous +seconds Type details
//!   task key attempt input
//!   STATUS output, or error: cause
//! ```
//!
//! Answers are given in order, each to the task state it names. `UPDATE_TABLES=1` writes what is found
//! into the tables, to be read before it is committed.

#![allow(dead_code, reason = "not every test uses all of the shared simulation")]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use asl::{StateMachine, Status};
use serde_json::{Value, json};
use support::{Answer, Simulation, epoch, start_of};

#[test]
fn executions_do_what_the_tables_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder of tables") {
        let path = entry.expect("an entry").path();
        let table = std::fs::read_to_string(&path).expect("a table");
        let (head, cases) = table.split_once("case: ").expect("a table has cases");
        let mut found = String::from(head);
        for case in cases.split("case: ") {
            let (given, _) = case.split_once("expect:").expect("a case has an expectation");
            write!(found, "case: {given}expect:\n{}\n", run(given)).expect("a string");
            count += 1;
        }
        let found = format!("{}\n", found.trim_end());
        if std::env::var_os("UPDATE_TABLES").is_some() {
            std::fs::write(&path, &found).expect("a table");
            continue;
        }
        let mut lines = found.lines().zip(table.lines()).enumerate();
        if let Some((number, (found, expected))) = lines.find(|(_, (found, expected))| found != expected) {
            panic!("{}:{}\nexpected {expected}\nfound    {found}", path.display(), number + 1);
        }
        assert_eq!(found.lines().count(), table.lines().count(), "{}", path.display());
    }
    assert!(count > 40, "the tables are there");
}

fn run(given: &str) -> String {
    let (title, rest) = given.split_once("\nmachine:").expect("a case has a machine");
    let (machine, rest) = rest.split_once("\ninput:").expect("a case has an input");
    let (input, answers) = rest.split_once("\nanswers:").unwrap_or((rest, ""));
    let machine: Value = serde_json::from_str(machine).unwrap_or_else(|error| panic!("{title}: {error}"));
    let definition = if machine.get("StartAt").is_some() {
        machine
    } else {
        let start = machine.as_object().and_then(|states| states.keys().next()).expect("a state");
        json!({"StartAt": start, "States": machine})
    };
    let machine = StateMachine::parse(&definition.to_string()).unwrap_or_else(|found| panic!("{title}: {found:#?}"));
    let input = serde_json::from_str(input).unwrap_or_else(|error| panic!("{title}: {error}"));
    let mut simulation = Simulation::start(&machine, start_of(input));
    let mut answers: Vec<(&str, &str)> =
        answers.split('|').filter_map(|answer| answer.trim().split_once(' ')).collect();
    simulation.run(|request| {
        let place = answers.iter().position(|(state, _)| *state == request.state);
        let place = place.unwrap_or_else(|| panic!("{title}: no answer for {request:?}"));
        let (_, answer) = answers.remove(place);
        if let Some(output) = answer.strip_prefix("= ") {
            return Answer::Succeed(serde_json::from_str(output).expect("JSON"));
        }
        match answer.strip_prefix("! ") {
            Some(failure) => {
                let (error, cause) = failure.split_once(' ').unwrap_or((failure, ""));
                Answer::Fail(error.to_owned(), cause.to_owned())
            }
            None => Answer::Never,
        }
    });
    assert!(answers.is_empty(), "{title}: answers nobody asked for: {answers:?}");
    show(&simulation)
}

fn show(simulation: &Simulation<'_>) -> String {
    let mut text = String::new();
    for event in &simulation.history {
        let json = serde_json::to_value(event).expect("JSON");
        let details = json.as_object().expect("an object").iter().find(|(name, _)| name.ends_with("EventDetails"));
        let details = details.and_then(|(_, details)| details.as_object());
        let shown = details
            .into_iter()
            .flatten()
            .filter(|(name, _)| !matches!(name.as_str(), "inputDetails" | "outputDetails" | "roleArn" | "region"));
        let elapsed = event.timestamp.duration_since(epoch()).as_millis();
        write!(text, "  {}<{} ", event.id, event.previous_event_id).expect("a string");
        if elapsed > 0 {
            let (seconds, rest) = (elapsed / 1000, elapsed % 1000);
            let rest = if rest == 0 { String::new() } else { format!(".{rest:03}") };
            write!(text, "+{seconds}{rest} ").expect("a string");
        }
        text.push_str(event.type_name());
        for (name, value) in shown {
            match (name.as_str(), value) {
                (
                    "name" | "input" | "output" | "error" | "cause" | "resource" | "resourceType" | "parameters",
                    Value::String(value),
                ) => {
                    write!(text, " {value}").expect("a string");
                }
                _ => write!(text, " {name}={value}").expect("a string"),
            }
        }
        text.push('\n');
    }
    for request in &simulation.requests {
        writeln!(text, "  task {} {} {}", request.key, request.attempt, request.input).expect("a string");
    }
    let status = simulation.execution.status();
    write!(text, "  {}", status.name()).expect("a string");
    match status {
        Status::Succeeded { output } => write!(text, " {output}").expect("a string"),
        Status::Failed { error, cause } | Status::TimedOut { error, cause } | Status::Aborted { error, cause } => {
            if let Some(error) = error {
                write!(text, " {error}").expect("a string");
            }
            if let Some(cause) = cause {
                write!(text, ": {cause}").expect("a string");
            }
        }
        Status::Running => {}
    }
    text.push('\n');
    text
}
