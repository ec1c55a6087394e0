//! The HTTP interface against a real engine and books in memory. A file's path mirrors the routes it
//! tests.

mod admin;
mod console;
mod customers;
mod description;
mod executions;
// The embedded home's own adapter, so that these tests run what it runs.
#[path = "../../../../bin/orderflow/src/runtime/executions.rs"]
mod executions_of_engine;
mod fakes;
mod intake;
mod inventory;
mod messages;
mod orders;
mod session;
mod shop;
mod web;
mod world;
