//! Black-box tests: HTTP against the real binary, and checks of the workspace itself.
//!
//! The path of a test mirrors the route it tests. Every server is a process of its own on a folder of
//! its own, and is audited before it goes.

mod support;

mod console;
mod infra;
mod inventory;
mod operations;
mod orders;
mod workflows;
mod workspace;
