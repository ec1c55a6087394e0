use std::collections::BTreeMap;

use serde_json::Value;

use crate::Result;

/// Runs state machines in thought: nothing is kept, no step is run, no time passes.
pub trait Rehearsals: Send + Sync {
    /// Runs a workflow's state machine with made-up answers to its tasks, by state: one attempt after the
    /// other, the last for all further ones. A task without an answer gives its input. `NotFound` without
    /// such a workflow.
    fn run(&self, workflow: &str, input: Value, mocks: &BTreeMap<String, Vec<Mock>>) -> Result<Rehearsal>;

    /// What is doubtful about a workflow's definition, each as AWS's `ValidateStateMachineDefinition` has
    /// it; `NotFound` without such a workflow.
    fn problems(&self, workflow: &str) -> Result<Vec<Value>>;
}

/// What a task answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Mock {
    /// Its result.
    Result(Value),
    /// Its failure.
    Error {
        /// The error name.
        error: String,
        /// Details.
        cause: String,
    },
}

/// How a rehearsal went.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// AWS's word for the status it ended in.
    pub status: &'static str,
    /// Its output, when it has succeeded.
    pub output: Option<Value>,
    /// The name of the error it ended with.
    pub error: Option<String>,
    /// The cause of that error.
    pub cause: Option<String>,
    /// Its history, as `GetExecutionHistory` has it.
    pub history: Vec<Value>,
}
