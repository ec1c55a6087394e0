//! What starts a workflow and what follows it, in the shapes of AWS.
//!
//! A workflow's `triggers.json` names its HTTP intake, tables, pipe, rules, queues, topics and alarms in
//! the words of the AWS resources. [`Triggers::parse`] is the entry point: it reads that file and reports
//! everything that is wrong with it; [`Triggers::resolve`] fills in the parameters and gives the
//! [`Bindings`] a runtime wires up.
//!
//! Beside it stand the pieces that give those words their meaning, each usable alone:
//!
//! - [`Pattern`]: EventBridge event patterns;
//! - [`StreamRecord`], [`Event`], [`SnsNotification`], [`SqsRecord`]: the messages, byte for byte as AWS
//!   shapes them;
//! - [`Alarm`]: CloudWatch's alarm evaluation;
//! - [`queue::decide`]: what SQS does with a message on receipt.
//!
//! Everything here is pure. This crate must never know a clock, a socket, a database, or what an order
//! is: time, identifiers and data come in as arguments.

pub mod alarm;
pub mod document;
pub mod dynamodb;
pub mod event;
pub mod message;
mod origin;
pub mod pattern;
mod problem;
pub mod queue;

pub use alarm::{Alarm, AlarmSpec, AlarmState, Datapoint, Transition};
pub use document::{Bindings, Target, Triggers};
pub use dynamodb::{StreamRecord, StreamViewType};
pub use event::Event;
pub use message::{Records, SnsNotification, SqsRecord};
pub use origin::Origin;
pub use pattern::{Pattern, PatternError};
pub use problem::Problem;
pub use queue::QueueSpec;
