//! What each type of state does when its turn comes; Task, Parallel and Map states in files of their
//! own.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::flow::find;
use super::step::{Outcome, Phase, Step};
use super::thread::{Activity, Thread};
use crate::definition::{Body, State, Text, Until};
use crate::error::{self, Failure, Origin};
use crate::history::HistoryKind;
use crate::number;
use crate::path::Data;
use crate::timestamp;

impl Step<'_> {
    /// Enters a thread's state, if that is still to be done, and does its work.
    pub(super) fn perform(&mut self, id: u64, thread: &mut Thread, phase: Phase) -> Result<Outcome, Failure> {
        let state = self.state_of(thread);
        if phase == Phase::Enter {
            thread.retries.clear();
            if state.in_loop {
                *thread.visits.entry(Arc::clone(&state.name)).or_default() += 1;
            }
            self.record_entry(thread);
        }
        match &state.body {
            Body::Task(task) => self.start_task(thread, state, task),
            Body::Parallel(parallel) => self.start_parallel(id, thread, state, parallel),
            Body::Map(map) => self.start_map(id, thread, state, map),
            Body::Wait { until, .. } => self.start_wait(thread, state, until),
            Body::Fail { error, cause } => Err(self.deliberate_failure(thread, state, error, cause)),
            Body::Pass { flow, result } => self.evaluate(thread, state, |data| {
                let effective = flow.effective_input(&thread.input, data)?;
                let result = result.as_ref().map_or(effective, |result| Arc::new(result.clone()));
                let output = flow.output(&thread.input, result, data)?;
                Ok(Outcome::Exit { output, next: state.next })
            }),
            Body::Succeed { flow } => self.evaluate(thread, state, |data| {
                let effective = flow.effective_input(&thread.input, data)?;
                Ok(Outcome::Exit { output: flow.selected_output(effective, data)?, next: None })
            }),
            Body::Choice { flow, rules, default } => self.evaluate(thread, state, |data| {
                let effective = flow.effective_input(&thread.input, data)?;
                let mut next = *default;
                for (condition, target) in rules {
                    if condition.holds(&data.with_input(&effective)).map_err(Failure::runtime)? {
                        next = Some(*target);
                        break;
                    }
                }
                if next.is_none() {
                    let cause = "Failed to transition out of the state. The state does not point to a next state.";
                    return Err(Failure::new(error::NO_CHOICE_MATCHED, cause));
                }
                let output = flow.selected_output(effective, data)?;
                Ok(Outcome::Exit { output, next })
            }),
        }
    }

    /// Records that a thread enters its state, now and with the input it has.
    pub(super) fn record_entry(&mut self, thread: &mut Thread) {
        let state = self.state_of(thread);
        thread.entered_at = self.now;
        let input = self.text_of(&thread.input);
        let (kind, name) = (state.body.kind(), Arc::clone(&state.name));
        self.record(thread, HistoryKind::StateEntered { kind, name, input });
        thread.entered_event = thread.last_event;
    }

    /// The failure that a Fail state asks for.
    fn deliberate_failure(
        &self,
        thread: &Thread,
        state: &State,
        error: &Option<Text>,
        cause: &Option<Text>,
    ) -> Failure {
        let read = |text: &Option<Text>, data: &Data<'_>| match text {
            None => Ok(None),
            Some(Text::Literal(text)) => Ok(Some(text.clone())),
            Some(Text::Computed { field, expression }) => match expression.evaluate(field, data)? {
                Value::String(text) => Ok(Some(text)),
                other => Err(Failure::runtime(format!("The {field} field must refer to a string, but was: {other}"))),
            },
        };
        self.evaluate(thread, state, |data| Ok((read(error, data)?, read(cause, data)?)))
            .map_or_else(|failure| failure, |(error, cause)| Failure { error, cause, origin: Origin::State })
    }

    fn start_wait(&mut self, thread: &mut Thread, state: &State, until: &Until) -> Result<Outcome, Failure> {
        let at = self.evaluate(thread, state, |data| {
            let Body::Wait { flow, .. } = &state.body else {
                return Ok(self.now);
            };
            let effective = flow.effective_input(&thread.input, data)?;
            self.end_of_wait(until, &data.with_input(&effective))
        })?;
        if at <= self.now {
            return self.waited(thread);
        }
        thread.activity = Activity::Waiting(self.set_timer(at));
        Ok(Outcome::Blocked)
    }

    fn end_of_wait(&self, until: &Until, data: &Data<'_>) -> Result<Timestamp, Failure> {
        match until {
            Until::Seconds(seconds) => Ok(self.after_seconds(*seconds)),
            Until::Timestamp(timestamp) => Ok(*timestamp),
            Until::SecondsPath(path) => {
                let value = find(path, data)?;
                let seconds = value.as_number().and_then(number::as_integer);
                match seconds.map(u64::try_from) {
                    Some(Ok(seconds)) => Ok(self.after_seconds(seconds)),
                    Some(Err(_)) => Err(Failure::runtime(format!(
                        "The SecondsPath parameter references a negative value: {} == {value}",
                        path.text()
                    ))),
                    None => Err(Failure::runtime(format!(
                        "The SecondsPath parameter does not reference an integer value: {} == {value}",
                        path.text()
                    ))),
                }
            }
            Until::TimestampPath(path) => {
                let value = find(path, data)?;
                value.as_str().and_then(timestamp::parse).ok_or_else(|| {
                    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    Failure::runtime(format!(
                        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: {} == {shown}",
                        path.text()
                    ))
                })
            }
        }
    }

    /// The end of a Wait state.
    pub(super) fn waited(&self, thread: &Thread) -> Result<Outcome, Failure> {
        let state = self.state_of(thread);
        self.evaluate(thread, state, |data| {
            let output = match &state.body {
                Body::Wait { flow, .. } => flow.selected_output(flow.effective_input(&thread.input, data)?, data)?,
                _ => Arc::clone(&thread.input),
            };
            Ok(Outcome::Exit { output, next: state.next })
        })
    }
}
