//! From a history, as AWS's `GetExecutionHistory` has it, to states.
//!
//! Most events do not name their state: they name the event that led to them, and so belong where that one
//! belongs.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use super::{AttemptView, StateStatus, StateView};

/// The states of an execution with that history. `definition` tells of those that it did not come to; an
/// execution that was started with an earlier one may have come to others.
pub(crate) fn states(history: &[Value], definition: &Value) -> Vec<StateView> {
    let mut fold = Fold::default();
    for event in history {
        fold.take(event);
    }
    let reached: HashSet<String> = fold.visits.iter().map(|visit| visit.view.name.clone()).collect();
    let mut views: Vec<StateView> = fold.visits.into_iter().map(|visit| visit.view).collect();
    let not_reached = names(definition).into_iter().filter(|(name, _)| !reached.contains(*name));
    views.extend(not_reached.map(|(name, kind)| StateView::new(name, kind, StateStatus::NotReached)));
    views
}

/// The names and types of all states of a definition, those of branches and iterations included.
fn names(definition: &Value) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (name, state) in definition["States"].as_object().into_iter().flatten() {
        found.push((name.as_str(), state["Type"].as_str().unwrap_or_default()));
        for branch in state["Branches"].as_array().into_iter().flatten() {
            found.extend(names(branch));
        }
        for iteration in [&state["ItemProcessor"], &state["Iterator"]] {
            found.extend(names(iteration));
        }
    }
    found
}

impl StateView {
    fn new(name: &str, kind: &str, status: StateStatus) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            status,
            entered_at: None,
            exited_at: None,
            duration_ms: None,
            attempts: Vec::new(),
            input: None,
            output: None,
            error: None,
            cause: None,
        }
    }
}

/// A visit as far as it is known.
struct Visit {
    view: StateView,
    /// The Parallel or Map state it is part of.
    parent: Option<usize>,
    /// What its last task was: how it is found again after a redrive.
    task: Option<(Value, Value)>,
    /// Whether a redrive is to run it again.
    is_waiting: bool,
    /// Of a Parallel or Map state: whether one of its branches has brought it down.
    has_fallen: bool,
}

#[derive(Default)]
struct Fold {
    visits: Vec<Visit>,
    /// To which visit an event belongs.
    owners: HashMap<u64, usize>,
    /// The last redrive.
    redriven: Option<u64>,
}

impl Fold {
    fn take(&mut self, event: &Value) {
        let kind = event["type"].as_str().unwrap_or_default();
        let (id, previous) = (event["id"].as_u64().unwrap_or(0), event["previousEventId"].as_u64().unwrap_or(0));
        let at = time(event);
        let mut owner = self.owners.get(&previous).copied();
        if let Some(state_type) = kind.strip_suffix("StateEntered") {
            owner = Some(self.enter(event, state_type, owner, at));
        } else if kind.ends_with("StateExited") {
            owner = self.exit(event, owner, at);
        } else if kind.ends_with("Scheduled") {
            owner = self.schedule(event, owner, previous, at);
        } else if let Some(state_type) = kind.strip_suffix("StateFailed") {
            owner = self.fall(state_type, owner);
        } else if kind.ends_with("StateStarted") {
            self.begin_again(owner, at);
        } else if kind == "ExecutionRedriven" {
            self.redrive(id);
        } else if kind.starts_with("Execution") {
            self.end(kind, event, owner, at);
        } else if let Some(visit) = owner.map(|owner| &mut self.visits[owner]) {
            visit.answer(kind, event, at);
        }
        if let Some(owner) = owner {
            self.owners.insert(id, owner);
        }
    }

    fn enter(&mut self, event: &Value, kind: &str, from: Option<usize>, at: Option<Timestamp>) -> usize {
        let details = &event["stateEnteredEventDetails"];
        // What leads to the first state of a branch belongs to the state around it, what leads to the next
        // to the one before it.
        let parent = from.and_then(|from| {
            let around = matches!(self.visits[from].view.kind.as_str(), "Parallel" | "Map")
                && self.visits[from].view.exited_at.is_none();
            if around { Some(from) } else { self.visits[from].parent }
        });
        let mut view = StateView::new(details["name"].as_str().unwrap_or_default(), kind, StateStatus::Running);
        view.entered_at = at;
        view.input = text_as_json(&details["input"]);
        self.visits.push(Visit { view, parent, task: None, is_waiting: false, has_fallen: false });
        self.visits.len() - 1
    }

    fn exit(&mut self, event: &Value, from: Option<usize>, at: Option<Timestamp>) -> Option<usize> {
        let details = &event["stateExitedEventDetails"];
        let name = details["name"].as_str().unwrap_or_default();
        let is_open = |visit: &Visit| visit.view.name == name && visit.view.exited_at.is_none();
        // A Parallel's end follows from its last branch's, and belongs to the Parallel.
        let mut owner = from;
        while let Some(candidate) = owner.filter(|candidate| !is_open(&self.visits[*candidate])) {
            owner = self.visits[candidate].parent;
        }
        let owner = owner.or_else(|| self.visits.iter().rposition(is_open))?;
        let visit = &mut self.visits[owner];
        visit.close(if visit.view.error.is_some() { StateStatus::Caught } else { StateStatus::Succeeded }, at);
        visit.view.output = text_as_json(&details["output"]);
        self.stop_within(owner, at);
        Some(owner)
    }

    /// A Parallel's or Map's end follows from what failed in it, and belongs to the state itself.
    fn fall(&mut self, kind: &str, from: Option<usize>) -> Option<usize> {
        let mut around = from;
        while let Some(next) = around {
            let visit = &mut self.visits[next];
            if visit.view.kind == kind && !visit.has_fallen {
                visit.has_fallen = true;
                break;
            }
            around = visit.parent;
        }
        around
    }

    /// A Parallel or Map that fell is tried again: what its former branches left goes on no longer.
    fn begin_again(&mut self, owner: Option<usize>, at: Option<Timestamp>) {
        if let Some(owner) = owner
            && std::mem::take(&mut self.visits[owner].has_fallen)
        {
            self.stop_within(owner, at);
        }
    }

    /// What goes on within a state that has ended goes on no longer.
    fn stop_within(&mut self, around: usize, at: Option<Timestamp>) {
        for index in around + 1..self.visits.len() {
            let mut parent = self.visits[index].parent;
            while let Some(next) = parent.filter(|parent| *parent != around) {
                parent = self.visits[next].parent;
            }
            if parent.is_some() {
                self.visits[index].stop(at);
            }
        }
    }

    fn schedule(&mut self, event: &Value, owner: Option<usize>, previous: u64, at: Option<Timestamp>) -> Option<usize> {
        let details = ["lambdaFunction", "activity", "task"]
            .iter()
            .find_map(|kind| event.get(format!("{kind}ScheduledEventDetails")).filter(|details| details.is_object()))?;
        let resource = match details["resourceType"].as_str() {
            Some(service) => format!("{service}:{}", details["resource"].as_str().unwrap_or_default()).into(),
            None => details["resource"].clone(),
        };
        let input = if details["parameters"].is_null() { &details["input"] } else { &details["parameters"] };
        let task = (resource, input.clone());
        let owner = if self.redriven == Some(previous) { self.found_again(&task) } else { owner }?;
        let visit = &mut self.visits[owner];
        visit.is_waiting = false;
        visit.task = Some(task);
        visit.view.error = None;
        visit.view.cause = None;
        if let Some(at) = at {
            visit.view.attempts.push(AttemptView { at, duration_ms: None, error: None, cause: None });
        }
        Some(owner)
    }

    /// The visit that a redrive runs again with that task. AWS does not say which it is.
    fn found_again(&self, task: &(Value, Value)) -> Option<usize> {
        let waiting = || self.visits.iter().enumerate().filter(|(_, visit)| visit.is_waiting);
        let same = waiting().find(|(_, visit)| visit.task.as_ref() == Some(task));
        let same_resource =
            || waiting().find(|(_, visit)| visit.task.as_ref().is_some_and(|(resource, _)| *resource == task.0));
        same.or_else(same_resource).map(|(index, _)| index)
    }

    fn redrive(&mut self, id: u64) {
        self.redriven = Some(id);
        for visit in &mut self.visits {
            if matches!(visit.view.status, StateStatus::Failed | StateStatus::Aborted) && visit.view.output.is_none() {
                visit.view.status = StateStatus::Running;
                visit.view.exited_at = None;
                visit.view.duration_ms = None;
                visit.is_waiting = true;
                visit.has_fallen = false;
                if visit.task.is_none() {
                    (visit.view.error, visit.view.cause) = (None, None);
                }
            }
        }
    }

    fn end(&mut self, kind: &str, event: &Value, owner: Option<usize>, at: Option<Timestamp>) {
        let details = match kind {
            "ExecutionFailed" => &event["executionFailedEventDetails"],
            "ExecutionTimedOut" | "ExecutionAborted" => &Value::Null,
            _ => return,
        };
        if kind == "ExecutionFailed"
            && let Some(visit) = owner.map(|owner| &mut self.visits[owner])
            && visit.view.exited_at.is_none()
        {
            visit.view.error = text(&details["error"]).or(visit.view.error.take());
            visit.view.cause = text(&details["cause"]).or(visit.view.cause.take());
            visit.close(StateStatus::Failed, at);
        }
        for visit in &mut self.visits {
            visit.stop(at);
        }
    }
}

impl Visit {
    /// An answer to the visit's task.
    fn answer(&mut self, kind: &str, event: &Value, at: Option<Timestamp>) {
        let failed = kind.ends_with("Failed") || kind.ends_with("TimedOut");
        let is_task = ["LambdaFunction", "Activity", "Task"].iter().any(|task| kind.starts_with(task));
        if !is_task || !(failed || kind.ends_with("Succeeded")) {
            return;
        }
        let details = event.as_object().into_iter().flatten().find(|(name, _)| name.ends_with("EventDetails"));
        if let (true, Some((_, details))) = (failed, details) {
            self.view.error = text(&details["error"]);
            self.view.cause = text(&details["cause"]);
        }
        if let Some(attempt) = self.view.attempts.last_mut() {
            attempt.duration_ms = at.map(|at| at.duration_since(attempt.at).as_millis() as i64);
            if failed {
                attempt.error.clone_from(&self.view.error);
                attempt.cause.clone_from(&self.view.cause);
            }
        }
    }

    /// Ends the visit, if it has not ended, because something beside or around it did.
    fn stop(&mut self, at: Option<Timestamp>) {
        if self.view.exited_at.is_none() {
            let status = if self.view.error.is_some() { StateStatus::Failed } else { StateStatus::Aborted };
            self.close(status, at);
        }
    }

    fn close(&mut self, status: StateStatus, at: Option<Timestamp>) {
        self.view.status = status;
        self.view.exited_at = at;
        self.view.duration_ms =
            at.zip(self.view.entered_at).map(|(at, entered)| at.duration_since(entered).as_millis() as i64);
    }
}

/// `timestamp` is in seconds with its milliseconds as a fraction.
#[allow(clippy::cast_possible_truncation, reason = "milliseconds of this age fit")]
fn time(event: &Value) -> Option<Timestamp> {
    Timestamp::from_millisecond((event["timestamp"].as_f64()? * 1_000.0).round() as i64).ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// JSON from a text; whatever is none is shown as the text it is.
fn text_as_json(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    Some(serde_json::from_str(text).unwrap_or_else(|_| value.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Events as `previous Type name-or-error`, numbered from 1, one a second.
    fn history(lines: &[&str]) -> Vec<Value> {
        let event = |(index, line): (usize, &&str)| {
            let mut words = line.splitn(3, ' ');
            let (previous, kind) = (words.next().unwrap(), words.next().unwrap());
            let rest = words.next().unwrap_or_default();
            let key = format!("{}{}EventDetails", kind[..1].to_lowercase(), &kind[1..]);
            let mut event = json!({"id": index + 1, "previousEventId": previous.parse::<u64>().unwrap(), "type": kind,
                "timestamp": 1_000.0 + index as f64});
            if kind.ends_with("StateEntered") {
                event["stateEnteredEventDetails"] = json!({"name": rest, "input": "{\"in\":1}"});
            } else if kind.ends_with("StateExited") {
                event["stateExitedEventDetails"] = json!({"name": rest, "output": "{\"out\":1}"});
            } else if kind.ends_with("Scheduled") {
                event[key] = json!({"resource": rest, "input": "{}"});
            } else {
                event[key] = json!({"error": rest, "cause": "because"});
            }
            event
        };
        lines.iter().enumerate().map(event).collect()
    }

    /// `name status attempts error`, of each.
    fn shown(views: &[StateView]) -> Vec<String> {
        let line = |view: &StateView| {
            let status = serde_json::to_value(view.status).unwrap();
            let error = view.error.as_deref().unwrap_or("-");
            format!("{} {} {} {error}", view.name, status.as_str().unwrap(), view.attempts.len())
        };
        views.iter().map(line).collect()
    }

    fn definition() -> Value {
        json!({"States": {"A": {"Type": "Task"}, "P": {"Type": "Parallel", "Branches": [
            {"States": {"L": {"Type": "Task"}}}, {"States": {"R": {"Type": "Task"}}}]}, "Z": {"Type": "Fail"}}})
    }

    #[test]
    fn attempts_errors_and_what_was_not_reached() {
        let views = states(
            &history(&[
                "0 ExecutionStarted",
                "0 TaskStateEntered A",
                "2 LambdaFunctionScheduled a",
                "3 LambdaFunctionStarted",
                "4 LambdaFunctionFailed Busy",
                "5 LambdaFunctionScheduled a",
                "6 LambdaFunctionStarted",
                "7 LambdaFunctionSucceeded",
                "8 TaskStateExited A",
                "9 FailStateEntered Z",
                "10 ExecutionFailed NotPaid",
            ]),
            &definition(),
        );
        assert_eq!(
            shown(&views),
            ["A succeeded 2 -", "Z failed 0 NotPaid", "P not_reached 0 -", "L not_reached 0 -", "R not_reached 0 -"]
        );
        assert_eq!((views[0].duration_ms, views[0].attempts[0].duration_ms), (Some(7_000), Some(2_000)));
        assert_eq!(
            (views[0].input.as_ref(), views[0].output.as_ref()),
            (Some(&json!({"in": 1})), Some(&json!({"out": 1})))
        );
        assert_eq!(views[0].attempts[0].error.as_deref(), Some("Busy"));
    }

    #[test]
    fn a_failed_branch_stops_the_others_and_a_redrive_opens_them_again() {
        let mut lines = vec![
            "0 ExecutionStarted",
            "0 ParallelStateEntered P",
            "2 ParallelStateStarted",
            "3 TaskStateEntered L",
            "3 TaskStateEntered R",
            "4 LambdaFunctionScheduled left",
            "5 LambdaFunctionScheduled right",
            "6 LambdaFunctionFailed Broken",
            "8 TaskStateAborted",
            "8 ParallelStateFailed",
            "10 ExecutionFailed Broken",
        ];
        let failed = states(&history(&lines), &definition());
        assert_eq!(shown(&failed)[..3], ["P failed 0 Broken", "L failed 1 Broken", "R aborted 1 -"]);
        lines.extend([
            "11 ExecutionRedriven",
            "12 LambdaFunctionScheduled right",
            "12 LambdaFunctionScheduled left",
            "13 LambdaFunctionSucceeded",
            "15 TaskStateExited R",
        ]);
        let going_on = states(&history(&lines), &definition());
        assert_eq!(shown(&going_on)[..3], ["P running 0 -", "L running 2 -", "R succeeded 2 -"]);
        lines.extend([
            "14 LambdaFunctionSucceeded",
            "17 TaskStateExited L",
            "18 ParallelStateSucceeded",
            "18 ParallelStateExited P",
        ]);
        let done = states(&history(&lines), &definition());
        assert_eq!(shown(&done)[..3], ["P succeeded 0 -", "L succeeded 2 -", "R succeeded 2 -"]);
    }

    #[test]
    fn a_parallel_that_is_tried_again_leaves_its_former_branches_behind() {
        let views = states(
            &history(&[
                "0 ExecutionStarted",
                "0 ParallelStateEntered P",
                "2 ParallelStateStarted",
                "3 TaskStateEntered L",
                "3 TaskStateEntered R",
                "4 LambdaFunctionScheduled left",
                "6 LambdaFunctionFailed Broken",
                "7 ParallelStateFailed",
                "8 ParallelStateStarted",
                "9 TaskStateEntered L",
                "10 LambdaFunctionScheduled left",
                "11 LambdaFunctionSucceeded",
                "12 TaskStateExited L",
                "13 ParallelStateSucceeded",
                "14 ParallelStateExited P",
            ]),
            &json!({}),
        );
        assert_eq!(shown(&views), ["P succeeded 0 -", "L failed 1 Broken", "R aborted 0 -", "L succeeded 1 -"]);
    }

    #[test]
    fn a_caught_failure_is_told_from_a_success() {
        let views = states(
            &history(&[
                "0 ExecutionStarted",
                "0 TaskStateEntered A",
                "2 LambdaFunctionScheduled a",
                "3 LambdaFunctionTimedOut States.Timeout",
                "4 TaskStateExited A",
                "5 FailStateEntered Z",
                "0 ExecutionAborted",
            ]),
            &json!({}),
        );
        assert_eq!(shown(&views), ["A caught 1 States.Timeout", "Z aborted 0 -"]);
    }
}
