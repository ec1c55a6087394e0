//! The Amazon States Language as a pure value: parse, validate, step.
//!
//! The one entry point is [`StateMachine::parse`]; an [`Execution`] of it is then moved on by
//! [`Execution::apply`], event by event. Each step answers with commands (run this task, set that
//! timer) and with the history events that AWS Step Functions would record.
//!
//! What this crate must never know: the time, randomness and the results of tasks (they come in as
//! arguments), any I/O, threads or async, where executions are stored, and what an order is.
//!
//! The language is the one of <https://states-language.net/spec.html> as AWS runs it; where the two
//! differ, AWS's behaviour is followed.

mod choice;
mod context;
mod definition;
mod diagnostic;
mod error;
mod history;
mod intrinsic;
mod machine;
mod number;
mod path;
mod protocol;
mod random;
mod rehearsal;
mod retry;
mod timestamp;
mod validate;

pub use definition::{StateMachine, placeholders};
pub use diagnostic::{Diagnostic, Severity, code};
pub use history::{HistoryEvent, HistoryKind, Integration, StateKind};
pub use machine::{Execution, NotRedrivable};
pub use protocol::{Command, Event, Moment, Stale, Start, Status, TaskId, TaskRequest, TimerId, Transition};
pub use rehearsal::{Answer, rehearse};
pub use validate::advice;
