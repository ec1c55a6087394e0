//! What an operator does: start, stop, crash, import, audit.

mod crash;
mod mail;
mod northwind;
mod serve;
