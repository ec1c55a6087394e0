//! The state of one line of execution: the execution itself, a branch, or an iteration.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::protocol::{Command, TaskId, TimerId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Thread {
    /// Whose branch or iteration this is; none for the execution itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parent: Option<Parent>,
    /// The name of the state that is being executed.
    pub(super) state: Arc<str>,
    /// The state's raw input.
    pub(super) input: Arc<Value>,
    /// The event of the state's entry, and its time.
    pub(super) entered_event: u64,
    pub(super) entered_at: Timestamp,
    /// The last event of this thread, which leads to its next.
    pub(super) last_event: u64,
    /// How often each entry of the state's `Retry` has been used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) retries: Vec<u32>,
    /// What keys of steps start with: the way from the execution to this thread.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) prefix: String,
    /// How often each state in a loop has been entered.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) visits: BTreeMap<Arc<str>, u32>,
    pub(super) activity: Activity,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Parent {
    pub(super) thread: u64,
    /// Which branch or iteration.
    pub(super) index: usize,
}

/// What a thread is waiting for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Activity {
    /// For nothing: only while an event is being applied.
    Running,
    Task(RunningTask),
    /// For the time of a Wait state.
    Waiting(Timer),
    /// For the next attempt.
    Retrying(Timer),
    Parallel(RunningParallel),
    Map(RunningMap),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunningTask {
    pub(super) task: TaskId,
    /// The effective input, where it is not the state's raw input.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub(super) input: Option<Arc<Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) heartbeat_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<Timer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) heartbeat: Option<Timer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunningParallel {
    /// The outputs of the branches that have ended. A map, as JSON cannot tell "none yet" from `null`.
    pub(super) results: BTreeMap<usize, Arc<Value>>,
    pub(super) branches: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunningMap {
    pub(super) items: Vec<Value>,
    /// The effective input, where iterations are made from it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub(super) input: Option<Arc<Value>>,
    /// How many iterations have been started.
    pub(super) started: usize,
    /// How many of them have failed.
    #[serde(default)]
    pub(super) failed: usize,
    /// How many may fail; none: the first failure is the Map's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tolerated: Option<usize>,
    /// The outputs of those that have succeeded.
    pub(super) results: BTreeMap<usize, Arc<Value>>,
}

/// A timer that has been set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Timer {
    pub(super) timer: TimerId,
    pub(super) at: Timestamp,
}

/// Reads a value that is there: also `null` is one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<Value>>, D::Error> {
    Arc::deserialize(deserializer).map(Some)
}

impl Timer {
    pub(super) fn command(&self) -> Command {
        Command::SetTimer { timer: self.timer, at: self.at }
    }
}

impl Thread {
    /// How often the state has been retried.
    pub(super) fn retry_count(&self) -> u32 {
        self.retries.iter().sum()
    }

    /// Names this visit of the state within the execution, the same for all its attempts.
    pub(super) fn key(&self) -> String {
        match self.visits.get(&self.state) {
            Some(visit) if *visit > 1 => format!("{}{}#{visit}", self.prefix, self.state),
            _ => format!("{}{}", self.prefix, self.state),
        }
    }
}

impl Activity {
    /// The timers that are set for it.
    pub(super) fn timers(&self) -> impl Iterator<Item = &Timer> {
        let timers = match self {
            Self::Task(task) => [task.timeout.as_ref(), task.heartbeat.as_ref()],
            Self::Waiting(timer) | Self::Retrying(timer) => [Some(timer), None],
            Self::Running | Self::Parallel(_) | Self::Map(_) => [None, None],
        };
        timers.into_iter().flatten()
    }
}
