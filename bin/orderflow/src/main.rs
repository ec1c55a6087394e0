//! OrderFlow's embedded home: one binary, one SQLite file.
//!
//! Entry point: the command line, [`cli`]. `serve` assembles the [`runtime`]; every other command
//! speaks HTTP to a running server.

mod cli;
mod config;
mod keys;
mod runtime;

use std::process::ExitCode;

/// Keeps memory low and allocation cheap under many small JSON values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
