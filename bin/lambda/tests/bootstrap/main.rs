//! The bootstrap against a Runtime API of the tests' own, its services stood in for by moto.
//!
//! It is the one that cargo builds beside these tests, or the one in the zip that `ORDERFLOW_TEST_BOOTSTRAP` names.
#![allow(clippy::print_stderr, reason = "the figures are what these tests are read for")]

mod api;
mod faults;
mod outbox;
mod pipe;
mod program;
mod queue;
mod runtime_api;
#[path = "../../../../crates/aws/tests/stand_in/mod.rs"]
mod stand_in;
mod steps;
mod telemetry;
mod upkeep;
mod world;
