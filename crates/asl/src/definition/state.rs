//! The compiled form of each type of state.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::choice::Condition;
use crate::history::{Integration, StateKind};
use crate::path::{Expression, Path, Template};
use crate::retry::{Handlers, ResultPath};

/// The place of a state in its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StateRef(pub(crate) usize);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Arc<str>,
    /// The state that follows, unless this one is an end or chooses.
    pub(crate) next: Option<StateRef>,
    /// Whether the execution, branch or iteration can end here.
    pub(crate) is_end: bool,
    /// Whether transitions can lead back to the state, so that it may be entered again.
    pub(crate) in_loop: bool,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Pass { flow: Flow, result: Option<Value> },
    Task(Box<Task>),
    Choice { flow: Flow, rules: Vec<(Condition, StateRef)>, default: Option<StateRef> },
    Wait { flow: Flow, until: Until },
    Succeed { flow: Flow },
    Fail { error: Option<Text>, cause: Option<Text> },
    Parallel(Box<Parallel>),
    Map(Box<Map>),
}

/// How data flows through a state in the JSONPath query language. A type of state that has not all
/// the fields has their defaults.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) input_path: Selection,
    pub(crate) parameters: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: ResultPath,
    pub(crate) output_path: Selection,
}

/// What `InputPath` and `OutputPath` let through.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// `$`
    Whole,
    /// `null`: an empty object.
    Nothing,
    Path(Path),
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) flow: Flow,
    pub(crate) resource: String,
    pub(crate) integration: Integration,
    /// Where `Resource` stands in the definition.
    pub(crate) location: String,
    pub(crate) timeout: Limit,
    pub(crate) heartbeat: Limit,
    pub(crate) handlers: Handlers,
}

/// `TimeoutSeconds`, `HeartbeatSeconds` and their `…Path`.
#[derive(Debug)]
pub(crate) enum Limit {
    None,
    Seconds(u64),
    Path(Path),
}

#[derive(Debug)]
pub(crate) enum Until {
    Seconds(u64),
    SecondsPath(Path),
    Timestamp(Timestamp),
    TimestampPath(Path),
}

/// `Error` and `Cause` of a Fail state, and their `…Path`.
#[derive(Debug)]
pub(crate) enum Text {
    Literal(String),
    Computed { field: &'static str, expression: Expression },
}

#[derive(Debug)]
pub(crate) struct Parallel {
    pub(crate) flow: Flow,
    /// The first state of each branch.
    pub(crate) branches: Vec<StateRef>,
    pub(crate) handlers: Handlers,
}

#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) flow: Flow,
    pub(crate) items_path: Option<Path>,
    /// `ItemSelector`, or `Parameters`, which it replaced.
    pub(crate) item_selector: Option<Template>,
    /// The first state of an iteration.
    pub(crate) start: StateRef,
    pub(crate) max_concurrency: Count,
    pub(crate) tolerance: Tolerance,
    pub(crate) handlers: Handlers,
}

/// A number that may be given by a path.
#[derive(Debug)]
pub(crate) enum Count {
    Fixed(u64),
    Path { field: &'static str, path: Path },
}

/// How many iterations may fail before the Map fails.
#[derive(Debug, Default)]
pub(crate) struct Tolerance {
    pub(crate) count: Option<Count>,
    pub(crate) percentage: Option<Percentage>,
}

/// `ToleratedFailurePercentage` and its `…Path`.
#[derive(Debug)]
pub(crate) enum Percentage {
    Fixed(f64),
    Path(Path),
}

impl Body {
    pub(crate) fn kind(&self) -> StateKind {
        match self {
            Self::Pass { .. } => StateKind::Pass,
            Self::Task(_) => StateKind::Task,
            Self::Choice { .. } => StateKind::Choice,
            Self::Wait { .. } => StateKind::Wait,
            Self::Succeed { .. } => StateKind::Succeed,
            Self::Fail { .. } => StateKind::Fail,
            Self::Parallel(_) => StateKind::Parallel,
            Self::Map(_) => StateKind::Map,
        }
    }

    /// The error handling, of the types of state that have it.
    pub(crate) fn handlers(&self) -> Option<&Handlers> {
        match self {
            Self::Task(task) => Some(&task.handlers),
            Self::Parallel(parallel) => Some(&parallel.handlers),
            Self::Map(map) => Some(&map.handlers),
            _ => None,
        }
    }
}

impl State {
    /// All states of the same level that this one can lead to.
    pub(crate) fn targets(&self) -> impl Iterator<Item = StateRef> {
        let (rules, default) = match &self.body {
            Body::Choice { rules, default, .. } => (rules.as_slice(), *default),
            _ => (&[][..], None),
        };
        let catchers = self.body.handlers().map_or(&[][..], |handlers| &handlers.catchers);
        self.next
            .into_iter()
            .chain(rules.iter().map(|(_, next)| *next))
            .chain(default)
            .chain(catchers.iter().map(|catcher| catcher.next))
    }
}
