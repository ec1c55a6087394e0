//! What goes into an execution and what comes out of it: events, commands, and its final status.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::history::HistoryEvent;

/// Names one attempt of one task. Unique within its execution, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub u64);

/// Names one timer. Unique within its execution, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimerId(pub u64);

/// What an execution is started with; all of it can be read in the context object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The input of the first state, `$$.Execution.Input`.
    pub input: Value,
    /// `$$.Execution.Id`. Its fourth part is the region that history events show.
    pub execution_arn: String,
    /// `$$.Execution.Name`.
    pub execution_name: String,
    /// `$$.Execution.RoleArn`.
    pub role_arn: String,
    /// `$$.StateMachine.Id`.
    pub state_machine_arn: String,
    /// `$$.StateMachine.Name`.
    pub state_machine_name: String,
    /// `$$.Execution.StartTime`.
    pub start_time: Timestamp,
}

/// The two things that a pure value cannot know by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time at which the event is applied. Must not go backwards within an execution.
    pub now: Timestamp,
    /// A fresh random number. Everything random in this step (retry jitter, `States.UUID`,
    /// `States.MathRandom`) is expanded from it, so that a step can be repeated exactly.
    pub random: u64,
}

/// Something that happened to what an execution waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A worker has taken the task. Only for activities, whose history shows it.
    TaskStarted {
        /// The task of the command.
        task: TaskId,
        /// The name the worker gave itself.
        worker_name: Option<String>,
    },
    /// The task is still being worked on: its heartbeat timer starts again.
    TaskHeartbeat {
        /// The task of the command.
        task: TaskId,
    },
    /// The task has its result.
    TaskSucceeded {
        /// The task of the command.
        task: TaskId,
        /// The result.
        output: Value,
    },
    /// The task has failed; `Retry` and `Catch` decide what follows.
    TaskFailed {
        /// The task of the command.
        task: TaskId,
        /// The error name that `ErrorEquals` is compared with.
        error: String,
        /// Details for people. AWS omits an empty one.
        cause: String,
    },
    /// The time of a timer has come.
    TimerFired {
        /// The timer of the command.
        timer: TimerId,
    },
    /// Somebody stops the execution from outside.
    Abort {
        /// The error name to record.
        error: Option<String>,
        /// Details to record.
        cause: Option<String>,
    },
}

/// Something that the execution needs done. Not doing it stops the execution; doing it twice is
/// harmless, as the second answer is stale.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Run a task and answer with [`Event::TaskSucceeded`] or [`Event::TaskFailed`].
    RunTask(TaskRequest),
    /// Answer with [`Event::TimerFired`] when the time has come (at once if it is past).
    SetTimer {
        /// The timer to name in the event.
        timer: TimerId,
        /// When.
        at: Timestamp,
    },
    /// Nobody waits for this task any more.
    CancelTask(TaskId),
    /// Nobody waits for this timer any more.
    CancelTimer(TimerId),
}

/// A task to run.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRequest {
    /// Names this attempt in the event that answers it.
    pub task: TaskId,
    /// Names the step within the execution, the same for all attempts of it: the state's name,
    /// qualified by branch (`Notify/0/SendMail`), iteration (`Lines[3]/Reserve`) and, when a loop
    /// enters the state again, by visit (`Poll#2`). With the execution's ARN it is an idempotency key.
    pub key: String,
    /// The state's name.
    pub state: String,
    /// The `Resource` as the definition has it.
    pub resource: String,
    /// The effective input.
    pub input: Value,
    /// 1 for the first attempt, one more for each retry.
    pub attempt: u32,
    /// The state's time limit in seconds. The machine keeps it by itself, with a timer.
    pub timeout_seconds: Option<u64>,
    /// The longest silence in seconds. The machine keeps it by itself where heartbeats exist: for
    /// activities.
    pub heartbeat_seconds: Option<u64>,
}

/// What one event led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transition {
    /// What is to be done now, in order.
    pub commands: Vec<Command>,
    /// What is to be appended to the history, in order.
    pub history: Vec<HistoryEvent>,
}

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It waits for tasks or timers.
    Running,
    /// It has its output.
    Succeeded {
        /// The output of the last state.
        output: Value,
    },
    /// A state failed and nothing caught it.
    Failed {
        /// The error name; a Fail state may have none.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Details.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// The state machine's own `TimeoutSeconds` ran out.
    TimedOut {
        /// The error name; AWS gives none.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Details; AWS gives none.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
    /// It was stopped from outside.
    Aborted {
        /// The error name given by who stopped it.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Details given by who stopped it.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
}

impl Status {
    /// Whether the execution still waits for something.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running)
    }

    /// AWS's word for it: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Aborted { .. } => "ABORTED",
        }
    }
}

/// The event answers something that nobody waits for any more: a task that was timed out or
/// cancelled, a timer that fired twice, an execution that has ended. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the task or timer is not pending any more")]
pub struct Stale;
