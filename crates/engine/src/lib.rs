//! Durable executions of state machines over the store.
//!
//! The entry point is [`Engine`]. It moves executions of [`asl`] state machines on: it runs their
//! tasks through a [`TaskHandler`], keeps their timers, and records every transition in the journal
//! *before* anything follows from it.
//!
//! What this crate must never know: what a task does (it hands `Resource` strings to the handler as
//! they are), orders, HTTP. What it alone knows: the tables `state_machines`, `definitions`,
//! `executions` and `journal`.
//!
//! # Invariants
//!
//! 1. **Checkpoint, never replay.** A journal row holds the history events of a transition and the
//!    checkpoint after it. Recovery reads the last row of each running execution and goes on from
//!    there; nothing recorded is evaluated again.
//! 2. **Effect and progress commit together.** The [`Effect`] of a task and the journal row that says
//!    it is done are one write. A crash leaves both or neither.
//! 3. **Commit, then command.** Tasks are run and timers set only once the transition that asks for
//!    them is on disk. After a crash a task that was running is run again under the same
//!    [`Task::key`]; its effect was not applied, or it would not be running.
//! 4. **One at a time.** The events of one execution are applied in the order they came in, by one
//!    driver. An answer that comes too late ([`asl::Stale`]) changes nothing and its effect is
//!    dropped.
//! 5. **Pinned.** An execution goes on with the definition it was started with.
//!
//! # Metrics
//!
//! Through the `metrics` facade: `engine_executions_started_total{state_machine}`,
//! `engine_executions_finished_total{state_machine,status}`, `engine_executions_redriven_total{state_machine}`,
//! `engine_executions_running` (gauge),
//! `engine_task_seconds{state_machine,state,outcome}` (histogram),
//! `engine_effects_refused_total{state_machine,error}`, `engine_commit_retries_total`.

mod clock;
mod content;
mod counting;
mod drive;
mod engine;
mod handler;
mod in_flight;
mod journal;
mod live;
mod machines;
mod names;
mod query;
mod recover;
mod redrive;
mod start;
mod stop;
mod tasks;
mod timers;
mod waiters;

pub use clock::{Clock, ManualClock, SystemClock};
pub use counting::{Counted, ended_between, started_after};
pub use engine::{Config, Engine, OpenError, Progress, Statistics};
pub use handler::{Effect, EffectError, STORAGE_ERROR, Task, TaskError, TaskHandler, TaskSuccess, UNKNOWN_ERROR};
pub use journal::{MIGRATIONS, redact};
pub use machines::{PutStateMachineError, StateMachineRecord};
pub use names::{InvalidName, validate_name};
pub use query::{
    ExecutionRecord, ExecutionStatus, ExecutionSummary, HistoryPage, ListCursor, ListFilter, ListPage, QueryError,
    UnknownStatus, is_running,
};
pub use recover::{RecoverError, Recovered};
pub use redrive::{PreparedRedrive, RedriveError};
pub use start::{PreparedStart, StartError, StartRequest, Started};
pub use stop::StopError;
