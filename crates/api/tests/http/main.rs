//! The HTTP interface against a real engine and books in memory. A file's path mirrors the routes it
//! tests.

mod admin;
mod customers;
mod description;
mod executions;
mod fakes;
mod intake;
mod inventory;
mod messages;
mod orders;
mod shop;
mod world;
