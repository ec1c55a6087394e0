//! What an operator does: start, stop, crash, import, audit.

mod command_line;
mod connections;
mod crash;
mod mail;
mod northwind;
mod serve;
