//! Going on with an execution that ended without success, from where it stood.
//!
//! As AWS does it (<https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html>): what has
//! succeeded is kept, the branches and iterations included; what failed or was stopped is run again, with
//! its retries counted anew. Beyond AWS the state that failed can be given another input.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Execution;
use super::step::{MAX_DATA_BYTES, MAX_DATA_NESTING, MAX_HISTORY_EVENTS, Phase, Step, exceeds_nesting};
use super::thread::{Activity, Thread};
use crate::history::HistoryKind;
use crate::protocol::Status;

/// What had not ended when the execution did: where a redrive goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Unfinished {
    pub(super) threads: BTreeMap<u64, Thread>,
    /// The thread whose failure ended the execution; none when it was stopped or timed out as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<u64>,
}

/// Why an execution cannot be redriven. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRedrivable {
    /// It has not ended.
    #[error("the execution is still running")]
    Running,
    /// There is nothing left to be done.
    #[error("the execution has succeeded")]
    Succeeded,
    /// It ended before its first state.
    #[error("the execution ended before it entered a state")]
    NothingToRedrive,
    /// There is no room for what would happen: AWS allows it up to 24,999 events.
    #[error("the execution's history is full")]
    HistoryFull,
    /// Another input was given, and more than one state would go on.
    #[error("several states would go on: none of them can be given another input")]
    SeveralStates,
    /// Another input was given, larger or deeper nested than data may be.
    #[error("the input is larger than 262144 bytes as JSON, or nested deeper than 100 levels")]
    InputTooLarge,
}

impl Execution {
    /// Whether it can be redriven, with another input for the state that failed or without.
    ///
    /// # Errors
    ///
    /// [`NotRedrivable`] with the reason.
    pub fn check_redrive(&self, input: Option<&Value>) -> Result<(), NotRedrivable> {
        match self.status {
            Status::Running => return Err(NotRedrivable::Running),
            Status::Succeeded { .. } => return Err(NotRedrivable::Succeeded),
            Status::Failed { .. } | Status::TimedOut { .. } | Status::Aborted { .. } => {}
        }
        let Some(unfinished) = self.unfinished.as_ref().filter(|unfinished| !unfinished.threads.is_empty()) else {
            return Err(NotRedrivable::NothingToRedrive);
        };
        if self.last_event + 2 > MAX_HISTORY_EVENTS {
            return Err(NotRedrivable::HistoryFull);
        }
        let Some(input) = input else { return Ok(()) };
        if unfinished.sole().is_none() {
            return Err(NotRedrivable::SeveralStates);
        }
        if input.to_string().len() > MAX_DATA_BYTES || exceeds_nesting(input, MAX_DATA_NESTING) {
            return Err(NotRedrivable::InputTooLarge);
        }
        Ok(())
    }
}

impl Unfinished {
    /// Whether a thread goes on, rather than being started anew by one around it that is run again.
    fn goes_on(&self, thread: &Thread) -> bool {
        let mut parent = thread.parent;
        while let Some(place) = parent {
            match self.threads.get(&place.thread) {
                Some(around) if waits_for_others(around) => parent = around.parent,
                _ => return false,
            }
        }
        true
    }

    /// The one thread that another input can only be meant for.
    fn sole(&self) -> Option<u64> {
        let again =
            |id: &u64| self.threads.get(id).is_some_and(|thread| !waits_for_others(thread) && self.goes_on(thread));
        if let Some(failed) = self.failed.filter(again) {
            return Some(failed);
        }
        let mut again = self.threads.keys().copied().filter(again);
        again.next().filter(|_| again.next().is_none())
    }
}

fn waits_for_others(thread: &Thread) -> bool {
    matches!(thread.activity, Activity::Parallel(_) | Activity::Map(_))
}

impl Step<'_> {
    /// Goes on with what was unfinished; [`Execution::check_redrive`] has been asked.
    pub(super) fn redrive(&mut self, unfinished: &Unfinished, input: Option<Value>) {
        let ended = self.execution.last_event;
        self.execution.status = Status::Running;
        self.execution.redrives += 1;
        self.execution.redriven_at = Some(self.now);
        let redrive_count = self.execution.redrives;
        let redriven = self.emit(ended, HistoryKind::ExecutionRedriven { redrive_count });
        if let Some(seconds) = self.machine.timeout_seconds() {
            self.execution.deadline = Some(self.set_timer(self.after_seconds(seconds)));
        }
        let mut edited = unfinished.sole().zip(input);
        for (id, thread) in &unfinished.threads {
            if !unfinished.goes_on(thread) {
                continue;
            }
            let (id, mut thread) = (*id, thread.clone());
            if waits_for_others(&thread) {
                self.execution.threads.insert(id, thread);
                continue;
            }
            thread.activity = Activity::Running;
            thread.last_event = redriven;
            thread.retries.clear();
            // One that never had its turn enters its state now. Any other has: its task is scheduled again,
            // and AWS shows no second entry. With another input there is one, as nothing else shows it.
            let phase = if thread.entered_event == 0 { Phase::Enter } else { Phase::Retry };
            if let Some((_, input)) = edited.take_if(|(edited, _)| *edited == id) {
                thread.input = Arc::new(input);
                if phase == Phase::Retry {
                    self.record_entry(&mut thread);
                }
            }
            self.execution.threads.insert(id, thread);
            self.ready.push_back((id, phase));
        }
    }
}
