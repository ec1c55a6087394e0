//! What an operator does: start, stop, crash, import, audit.

mod crash;
mod northwind;
mod serve;
