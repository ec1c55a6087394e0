//! Adapters of the embedded home: the ports over SQLite, SMTP, files and webhooks.
//!
//! Entry point: [`changes::apply_all`], the one place that applies what steps want changed, inside a
//! transaction of the [`store`]. Beside it, one file a port: the readers ([`OrderReader`],
//! [`CatalogReader`], [`CustomerReader`], [`MessageReader`]), the [`BookAuditor`], the
//! [`SimulatedGateway`], [`ObjectReceipts`]; the workers that carry messages out ([`Mailer`],
//! [`Webhooks`]); and the logs that a runtime pumps ([`streams`], [`events`], [`queues`], with
//! [`cursors`]).
//!
//! This crate must never know: state machines, the engine, HTTP serving, or which step wants what.
//! Executions are started through [`StartExecution`] and asked about through [`ExecutionStates`], which
//! whoever runs the engine implements.
//!
//! # Metrics
//!
//! Through the `metrics` facade: `orderflow_outbox_attempts_total` (counter; `outbox` is `mail` or
//! `webhook`, `outcome` is `delivered`, `retried` or `dead`).

pub mod alarms;
mod audit;
mod catalog;
pub mod changes;
pub mod cursors;
mod customer_totals;
mod customers;
pub mod events;
mod fault;
mod gateway;
mod mail;
mod messages;
mod operators;
mod orders;
mod outbox;
mod personal_data;
pub mod queues;
mod receipts;
mod reservations;
pub mod rollups;
mod signals;
mod sql;
pub mod streams;
mod trails;
mod webhooks;
mod wiring;

pub use adapter::audit::{AuditRules, FollowUp};
pub use adapter::{Backoff, FailureRate, ReceiptLinks};
pub use audit::{BookAuditor, ExecutionStates};
pub use catalog::CatalogReader;
pub use changes::Applying;
pub use customers::CustomerReader;
pub use fault::ApplyError;
pub use gateway::SimulatedGateway;
pub use mail::{Mailer, SmtpError, SmtpSettings};
pub use messages::MessageReader;
pub use operators::OperatorBook;
pub use orders::OrderReader;
pub use personal_data::{PersonalDataBook, RedactExecution};
pub use receipts::{ObjectReceipts, OpenReceiptsError};
pub use reservations::{expire_reservations, next_expiry};
pub use rollups::StatisticsReader;
pub use signals::{Listener, Signals, Wakeups};
pub use trails::TrailReader;
pub use webhooks::{SIGNATURE_HEADER, Webhooks, webhook_signature};
pub use wiring::{MailMode, StartExecution, StreamedTable, Subscription, Wiring};

/// The tables of this crate, for [`store::Store::open`].
pub const MIGRATIONS: store::Migrations = store::Migrations {
    component: "local",
    steps: &[include_str!("schema.sql"), include_str!("console.sql"), include_str!("listings.sql")],
};
