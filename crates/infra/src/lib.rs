//! What a workflow is on AWS: the resources it is made of, and what they cost.
//!
//! A [`Workflow`] is a folder as it is deployed: its state machine, its triggers, and the follow-ups that come with it.
//! From it and the two tables of facts in `infra/` ([`Facts`]: what each function may do, how the tables are keyed)
//! come
//!
//! - [`cloudformation`]: one template a workflow and one for what all share, as values, so that they can be checked in
//!   and tested to be fresh;
//! - [`cost`]: dollars a million orders, from the state machine's own transitions, and the quotas that a rate of orders
//!   asks for.
//!
//! Everything here is pure. This crate must never know an SDK, a file system, a clock, or what a step does.

pub mod cloudformation;
pub mod cost;
mod facts;
mod problem;
mod workflow;

pub use facts::{Facts, Function, Resource};
pub use problem::Problem;
pub use workflow::{Machine, Workflow, route};
