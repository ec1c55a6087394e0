//! A state machine's definition, compiled: everything that can be read, checked and resolved before
//! an execution starts is.

mod fields;
mod json;
mod parse;
pub mod placeholders;
mod rules;
mod state;

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;

pub(crate) use state::{
    Body, Count, Flow, Limit, Map, Parallel, Percentage, Selection, State, StateRef, Task, Text, Tolerance, Until,
};

/// A parsed, validated and compiled state machine. Immutable, and free to be shared between threads
/// and executions.
#[derive(Debug)]
pub struct StateMachine {
    comment: Option<String>,
    timeout_seconds: Option<u64>,
    start: StateRef,
    /// The states of all levels, in the order of the definition. A [`StateRef`] is a place here.
    states: Vec<State>,
    by_name: HashMap<Arc<str>, StateRef>,
}

impl StateMachine {
    /// Parses, validates and compiles a definition in the Amazon States Language.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, in the order of the definition. There is at least one finding of
    /// [`Severity::Error`](crate::Severity::Error).
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let definition = json::parse(text)?;
        parse::machine(&definition)
    }

    /// What the definition says about itself.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// The time limit of a whole execution, in seconds.
    #[must_use]
    pub fn timeout_seconds(&self) -> Option<u64> {
        self.timeout_seconds
    }

    /// The name of the first state.
    #[must_use]
    pub fn start_at(&self) -> &str {
        &self.state(self.start).name
    }

    /// The names of all states, also those of branches and iterations, in the order of the
    /// definition. No name occurs twice.
    pub fn state_names(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(|state| &*state.name)
    }

    /// The resources that Task states use, each with the JSON pointer of its field.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.states.iter().filter_map(|state| match &state.body {
            Body::Task(task) => Some((task.location.as_str(), task.resource.as_str())),
            _ => None,
        })
    }

    pub(crate) fn start(&self) -> StateRef {
        self.start
    }

    pub(crate) fn state(&self, state: StateRef) -> &State {
        &self.states[state.0]
    }

    /// The state of this name.
    pub(crate) fn find(&self, name: &str) -> Option<&State> {
        self.by_name.get(name).map(|state| self.state(*state))
    }
}
