//! The shipped bootstrap against a Runtime API of the tests' own, its services stood in for by moto.
#![allow(clippy::print_stderr, reason = "the figures are what these tests are read for")]

mod api;
mod faults;
mod outbox;
mod program;
mod queue;
mod runtime_api;
#[path = "../../../../crates/aws/tests/stand_in/mod.rs"]
mod stand_in;
mod steps;
mod upkeep;
mod world;
