//! What the adapters of both homes have in common: identities that can be made again, pauses between
//! attempts, links to receipts, cursors of listings, mails as messages, the rules of the simulated payment
//! gateway, and what an audit finds wrong.
//!
//! All of it is a function of its arguments, so that an order fares the same in either home.
//!
//! This crate must never know: a database, a mail server, a clock, or which home it is in.

pub mod audit;
mod backoff;
pub mod gateway;
pub mod identity;
mod links;
mod message;
pub mod paging;

pub use backoff::Backoff;
pub use gateway::FailureRate;
pub use links::ReceiptLinks;
pub use message::{Failure, FailureKind, Sender, SenderError};
