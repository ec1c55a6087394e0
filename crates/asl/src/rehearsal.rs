//! Running a state machine in thought: made-up answers, no time that passes, nothing kept.

use jiff::Timestamp;

use crate::definition::StateMachine;
use crate::history::HistoryEvent;
use crate::machine::Execution;
use crate::protocol::{Command, Event, Moment, Start, TaskRequest, TimerId, Transition};
use serde_json::Value;

/// What a task answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Its result.
    Succeed(Value),
    /// Its failure.
    Fail {
        /// The error name.
        error: String,
        /// Details.
        cause: String,
    },
}

/// Runs an execution to its end, with its history: tasks are answered at once, timers fire when nothing else
/// is left to do. It ends, because a history does: at the latest with AWS's limit of 25,000 events.
#[must_use]
pub fn rehearse(
    machine: &StateMachine,
    start: Start,
    random: u64,
    mut answer: impl FnMut(&TaskRequest) -> Answer,
) -> (Execution, Vec<HistoryEvent>) {
    let now = start.start_time;
    let (execution, transition) = Execution::start(machine, start, Moment { now, random });
    let mut rehearsal = Rehearsal { execution, now, history: Vec::new(), tasks: Vec::new(), timers: Vec::new() };
    rehearsal.take(transition);
    let mut random = random;
    while rehearsal.execution.status().is_running() {
        let event = match rehearsal.next_event(&mut answer) {
            Some(event) => event,
            // Nothing waits for anything, and it has not ended: not something that a machine does.
            None => break,
        };
        random = random.wrapping_add(1);
        let moment = Moment { now: rehearsal.now, random };
        if let Ok(transition) = rehearsal.execution.apply(machine, event, moment) {
            rehearsal.take(transition);
        }
    }
    (rehearsal.execution, rehearsal.history)
}

/// An execution with its surroundings.
struct Rehearsal {
    execution: Execution,
    now: Timestamp,
    history: Vec<HistoryEvent>,
    tasks: Vec<TaskRequest>,
    timers: Vec<(Timestamp, TimerId)>,
}

impl Rehearsal {
    fn take(&mut self, transition: Transition) {
        self.history.extend(transition.history);
        for command in transition.commands {
            match command {
                Command::RunTask(request) => self.tasks.push(request),
                Command::SetTimer { timer, at } => self.timers.push((at, timer)),
                Command::CancelTask(task) => self.tasks.retain(|request| request.task != task),
                Command::CancelTimer(timer) => self.timers.retain(|(_, set)| *set != timer),
            }
        }
    }

    fn next_event(&mut self, answer: &mut impl FnMut(&TaskRequest) -> Answer) -> Option<Event> {
        if !self.tasks.is_empty() {
            let request = self.tasks.remove(0);
            let task = request.task;
            return Some(match answer(&request) {
                Answer::Succeed(output) => Event::TaskSucceeded { task, output },
                Answer::Fail { error, cause } => Event::TaskFailed { task, error, cause },
            });
        }
        let earliest = (0..self.timers.len()).min_by_key(|index| self.timers[*index])?;
        let (at, timer) = self.timers.remove(earliest);
        self.now = self.now.max(at);
        Some(Event::TimerFired { timer })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::Status;

    fn run(definition: &Value, answer: impl FnMut(&TaskRequest) -> Answer) -> (Execution, Vec<HistoryEvent>) {
        let machine = StateMachine::parse(&definition.to_string()).expect("the definition is right");
        let text = || "any".to_owned();
        let start = Start {
            input: json!({"x": 1}),
            execution_arn: text(),
            execution_name: text(),
            role_arn: text(),
            state_machine_arn: text(),
            state_machine_name: text(),
            start_time: Timestamp::UNIX_EPOCH,
        };
        rehearse(&machine, start, 7, answer)
    }

    #[test]
    fn retries_waits_and_answers_take_no_time() {
        let definition = json!({"StartAt": "Pay", "States": {
            "Pay": {"Type": "Task", "Resource": "arn:any", "Next": "Rest",
                "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 60, "MaxAttempts": 2}]},
            "Rest": {"Type": "Wait", "Seconds": 86_400, "Next": "Ship"},
            "Ship": {"Type": "Task", "Resource": "arn:any", "End": true}}});
        let mut attempts = 0;
        let (execution, history) = run(&definition, |request| {
            attempts += 1;
            match attempts {
                1 => Answer::Fail { error: "Busy".to_owned(), cause: String::new() },
                _ => Answer::Succeed(json!(request.state)),
            }
        });
        assert_eq!(*execution.status(), Status::Succeeded { output: json!("Ship") });
        assert_eq!(attempts, 3);
        let last = history.last().expect("it has a history").timestamp;
        assert_eq!(last.as_second(), 86_460);
    }

    #[test]
    fn a_loop_without_end_ends_with_its_history() {
        let definition = json!({"StartAt": "Again", "States": {
            "Again": {"Type": "Pass", "Next": "Which"},
            "Which": {"Type": "Choice", "Default": "Again", "Choices": [
                {"Variable": "$.x", "NumericEquals": 2, "Next": "Done"}]},
            "Done": {"Type": "Succeed"}}});
        let (execution, history) = run(&definition, |_| Answer::Succeed(Value::Null));
        assert!(matches!(execution.status(), Status::Failed { .. }));
        assert_eq!(history.len(), 25_000);
    }
}
