//! The events of an execution's history, in the exact shape of AWS's `GetExecutionHistory`.

use std::sync::Arc;

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One event of an execution's history. Serialises to AWS's JSON: `id`, `previousEventId`,
/// `timestamp` (seconds since 1970 as a number, to the millisecond), `type` and `<type>EventDetails`.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    /// Counts up from 1 without gaps.
    pub id: u64,
    /// The event that led to this one; 0 for the first two. Branches make it a tree.
    pub previous_event_id: u64,
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened.
    pub kind: HistoryKind,
}

/// The types of states, as far as the history names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// A Choice state.
    Choice,
    /// A Fail state.
    Fail,
    /// A Map state.
    Map,
    /// A Parallel state.
    Parallel,
    /// A Pass state.
    Pass,
    /// A Succeed state.
    Succeed,
    /// A Task state.
    Task,
    /// A Wait state.
    Wait,
}

/// How a task's resource is run, which decides the names of its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A function named by its ARN: `LambdaFunction…` events.
    Function,
    /// An activity: `Activity…` events.
    Activity,
    /// `arn:aws:states:::<resource_type>:<resource>`: `Task…` events.
    Service {
        /// The service, as `sns`.
        resource_type: String,
        /// The action, as `publish`.
        resource: String,
    },
}

/// What happened. Texts are JSON (`input`, `output`, `parameters`), as AWS gives them.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the fields are AWS's, documented in its API reference")]
pub enum HistoryKind {
    /// The execution has started.
    ExecutionStarted { input: Arc<str>, role_arn: String },
    /// It has its output.
    ExecutionSucceeded { output: Arc<str> },
    /// It has failed.
    ExecutionFailed { error: Option<String>, cause: Option<String> },
    /// Its time is up.
    ExecutionTimedOut { error: Option<String>, cause: Option<String> },
    /// It was stopped from outside.
    ExecutionAborted { error: Option<String>, cause: Option<String> },
    /// It goes on after it had ended without success, for the `redrive_count`th time.
    ExecutionRedriven { redrive_count: u64 },
    /// A state begins, with its raw input.
    StateEntered { kind: StateKind, name: Arc<str>, input: Arc<str> },
    /// A state has ended, with its output.
    StateExited { kind: StateKind, name: Arc<str>, output: Arc<str> },
    /// A state was stopped, as something beside it failed.
    StateAborted { kind: StateKind },
    /// A Parallel or Map state starts its branches or its `length` iterations.
    StateStarted { kind: StateKind, length: Option<u64> },
    /// All branches or iterations of a state have ended.
    StateSucceeded { kind: StateKind },
    /// A branch or iteration of a state has failed.
    StateFailed { kind: StateKind },
    /// An iteration begins.
    MapIterationStarted { name: Arc<str>, index: u64 },
    /// An iteration has ended.
    MapIterationSucceeded { name: Arc<str>, index: u64 },
    /// An iteration has failed.
    MapIterationFailed { name: Arc<str>, index: u64 },
    /// An iteration was stopped, as another failed.
    MapIterationAborted { name: Arc<str>, index: u64 },
    /// A task is to be run.
    TaskScheduled {
        integration: Integration,
        /// The full ARN, shown for functions and activities.
        resource_arn: String,
        input: Arc<str>,
        region: String,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
    },
    /// A task is being run.
    TaskStarted { integration: Integration, worker_name: Option<String> },
    /// A task has its result.
    TaskSucceeded { integration: Integration, output: Arc<str> },
    /// A task has failed.
    TaskFailed { integration: Integration, error: Option<String>, cause: Option<String> },
    /// A task took too long, or was silent for too long.
    TaskTimedOut { integration: Integration, error: Option<String>, cause: Option<String> },
}

impl StateKind {
    /// The `Type` of such states in a definition.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Choice => "Choice",
            Self::Fail => "Fail",
            Self::Map => "Map",
            Self::Parallel => "Parallel",
            Self::Pass => "Pass",
            Self::Succeed => "Succeed",
            Self::Task => "Task",
            Self::Wait => "Wait",
        }
    }
}

/// The names of an event that depend on the integration, in the order function, activity, service.
fn by_integration(integration: &Integration, names: [&'static str; 3]) -> &'static str {
    match integration {
        Integration::Function => names[0],
        Integration::Activity => names[1],
        Integration::Service { .. } => names[2],
    }
}

/// `name!(kind, "StateEntered")` gives `PassStateEntered` and so on without allocating.
macro_rules! state_event {
    ($kind:expr, $suffix:literal) => {
        match $kind {
            StateKind::Choice => concat!("Choice", $suffix),
            StateKind::Fail => concat!("Fail", $suffix),
            StateKind::Map => concat!("Map", $suffix),
            StateKind::Parallel => concat!("Parallel", $suffix),
            StateKind::Pass => concat!("Pass", $suffix),
            StateKind::Succeed => concat!("Succeed", $suffix),
            StateKind::Task => concat!("Task", $suffix),
            StateKind::Wait => concat!("Wait", $suffix),
        }
    };
}

impl HistoryEvent {
    /// AWS's `type`, as `TaskStateEntered`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            HistoryKind::ExecutionStarted { .. } => "ExecutionStarted",
            HistoryKind::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            HistoryKind::ExecutionFailed { .. } => "ExecutionFailed",
            HistoryKind::ExecutionTimedOut { .. } => "ExecutionTimedOut",
            HistoryKind::ExecutionAborted { .. } => "ExecutionAborted",
            HistoryKind::ExecutionRedriven { .. } => "ExecutionRedriven",
            HistoryKind::StateEntered { kind, .. } => state_event!(kind, "StateEntered"),
            HistoryKind::StateExited { kind, .. } => state_event!(kind, "StateExited"),
            HistoryKind::StateAborted { kind } => state_event!(kind, "StateAborted"),
            HistoryKind::StateStarted { kind, .. } => state_event!(kind, "StateStarted"),
            HistoryKind::StateSucceeded { kind } => state_event!(kind, "StateSucceeded"),
            HistoryKind::StateFailed { kind } => state_event!(kind, "StateFailed"),
            HistoryKind::MapIterationStarted { .. } => "MapIterationStarted",
            HistoryKind::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            HistoryKind::MapIterationFailed { .. } => "MapIterationFailed",
            HistoryKind::MapIterationAborted { .. } => "MapIterationAborted",
            HistoryKind::TaskScheduled { integration, .. } => {
                by_integration(integration, ["LambdaFunctionScheduled", "ActivityScheduled", "TaskScheduled"])
            }
            HistoryKind::TaskStarted { integration, .. } => {
                by_integration(integration, ["LambdaFunctionStarted", "ActivityStarted", "TaskStarted"])
            }
            HistoryKind::TaskSucceeded { integration, .. } => {
                by_integration(integration, ["LambdaFunctionSucceeded", "ActivitySucceeded", "TaskSucceeded"])
            }
            HistoryKind::TaskFailed { integration, .. } => {
                by_integration(integration, ["LambdaFunctionFailed", "ActivityFailed", "TaskFailed"])
            }
            HistoryKind::TaskTimedOut { integration, .. } => {
                by_integration(integration, ["LambdaFunctionTimedOut", "ActivityTimedOut", "TaskTimedOut"])
            }
        }
    }

    /// The member that holds the details of this type of event, if the type has any.
    fn details_key(&self) -> Option<&'static str> {
        Some(match &self.kind {
            HistoryKind::ExecutionStarted { .. } => "executionStartedEventDetails",
            HistoryKind::ExecutionSucceeded { .. } => "executionSucceededEventDetails",
            HistoryKind::ExecutionFailed { .. } => "executionFailedEventDetails",
            HistoryKind::ExecutionTimedOut { .. } => "executionTimedOutEventDetails",
            HistoryKind::ExecutionAborted { .. } => "executionAbortedEventDetails",
            HistoryKind::ExecutionRedriven { .. } => "executionRedrivenEventDetails",
            HistoryKind::StateEntered { .. } => "stateEnteredEventDetails",
            HistoryKind::StateExited { .. } => "stateExitedEventDetails",
            HistoryKind::StateStarted { length: Some(_), .. } => "mapStateStartedEventDetails",
            HistoryKind::StateAborted { .. }
            | HistoryKind::StateStarted { length: None, .. }
            | HistoryKind::StateSucceeded { .. }
            | HistoryKind::StateFailed { .. }
            | HistoryKind::TaskStarted { integration: Integration::Function, .. } => return None,
            HistoryKind::MapIterationStarted { .. } => "mapIterationStartedEventDetails",
            HistoryKind::MapIterationSucceeded { .. } => "mapIterationSucceededEventDetails",
            HistoryKind::MapIterationFailed { .. } => "mapIterationFailedEventDetails",
            HistoryKind::MapIterationAborted { .. } => "mapIterationAbortedEventDetails",
            HistoryKind::TaskScheduled { integration, .. } => by_integration(
                integration,
                ["lambdaFunctionScheduledEventDetails", "activityScheduledEventDetails", "taskScheduledEventDetails"],
            ),
            HistoryKind::TaskStarted { integration, .. } => {
                by_integration(integration, ["", "activityStartedEventDetails", "taskStartedEventDetails"])
            }
            HistoryKind::TaskSucceeded { integration, .. } => by_integration(
                integration,
                ["lambdaFunctionSucceededEventDetails", "activitySucceededEventDetails", "taskSucceededEventDetails"],
            ),
            HistoryKind::TaskFailed { integration, .. } => by_integration(
                integration,
                ["lambdaFunctionFailedEventDetails", "activityFailedEventDetails", "taskFailedEventDetails"],
            ),
            HistoryKind::TaskTimedOut { integration, .. } => by_integration(
                integration,
                ["lambdaFunctionTimedOutEventDetails", "activityTimedOutEventDetails", "taskTimedOutEventDetails"],
            ),
        })
    }
}

impl Serialize for HistoryEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let details = self.details_key();
        let mut map = serializer.serialize_map(Some(4 + usize::from(details.is_some())))?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("previousEventId", &self.previous_event_id)?;
        // Precise to the millisecond: a double holds that exactly enough until the year 287396.
        #[allow(clippy::cast_precision_loss, reason = "milliseconds fit in 53 bits")]
        map.serialize_entry("timestamp", &(self.timestamp.as_millisecond() as f64 / 1000.0))?;
        map.serialize_entry("type", self.type_name())?;
        if let Some(key) = details {
            map.serialize_entry(key, &Details(&self.kind))?;
        }
        map.end()
    }
}

/// The details of an event as a JSON object.
struct Details<'a>(&'a HistoryKind);

/// Says that a text beside it is complete: nothing is ever cut off here.
#[derive(serde::Serialize)]
struct NotTruncated {
    truncated: bool,
}

const COMPLETE: NotTruncated = NotTruncated { truncated: false };

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            HistoryKind::ExecutionStarted { input, role_arn } => {
                map.serialize_entry("input", &**input)?;
                map.serialize_entry("inputDetails", &COMPLETE)?;
                map.serialize_entry("roleArn", role_arn)?;
            }
            HistoryKind::ExecutionSucceeded { output } => {
                map.serialize_entry("output", &**output)?;
                map.serialize_entry("outputDetails", &COMPLETE)?;
            }
            HistoryKind::ExecutionFailed { error, cause }
            | HistoryKind::ExecutionTimedOut { error, cause }
            | HistoryKind::ExecutionAborted { error, cause } => {
                failure(&mut map, error.as_deref(), cause.as_deref())?;
            }
            HistoryKind::ExecutionRedriven { redrive_count } => map.serialize_entry("redriveCount", redrive_count)?,
            HistoryKind::StateEntered { name, input, .. } => {
                map.serialize_entry("name", &**name)?;
                map.serialize_entry("input", &**input)?;
                map.serialize_entry("inputDetails", &COMPLETE)?;
            }
            HistoryKind::StateExited { name, output, .. } => {
                map.serialize_entry("name", &**name)?;
                map.serialize_entry("output", &**output)?;
                map.serialize_entry("outputDetails", &COMPLETE)?;
            }
            HistoryKind::StateAborted { .. } | HistoryKind::StateSucceeded { .. } | HistoryKind::StateFailed { .. } => {
            }
            HistoryKind::StateStarted { length, .. } => {
                map.serialize_entry("length", length)?;
            }
            HistoryKind::MapIterationStarted { name, index }
            | HistoryKind::MapIterationSucceeded { name, index }
            | HistoryKind::MapIterationFailed { name, index }
            | HistoryKind::MapIterationAborted { name, index } => {
                map.serialize_entry("name", &**name)?;
                map.serialize_entry("index", index)?;
            }
            HistoryKind::TaskScheduled {
                integration,
                resource_arn,
                input,
                region,
                timeout_seconds,
                heartbeat_seconds,
            } => {
                if let Integration::Service { .. } = integration {
                    service(&mut map, integration)?;
                    map.serialize_entry("region", region)?;
                    map.serialize_entry("parameters", &**input)?;
                } else {
                    map.serialize_entry("resource", resource_arn)?;
                    map.serialize_entry("input", &**input)?;
                    map.serialize_entry("inputDetails", &COMPLETE)?;
                }
                if let Some(seconds) = timeout_seconds {
                    map.serialize_entry("timeoutInSeconds", seconds)?;
                }
                // AWS has no such member for functions, as they send no heartbeats.
                if let (Some(seconds), false) = (heartbeat_seconds, *integration == Integration::Function) {
                    map.serialize_entry("heartbeatInSeconds", seconds)?;
                }
            }
            HistoryKind::TaskStarted { integration, worker_name } => {
                service(&mut map, integration)?;
                if let Some(name) = worker_name {
                    map.serialize_entry("workerName", name)?;
                }
            }
            HistoryKind::TaskSucceeded { integration, output } => {
                service(&mut map, integration)?;
                map.serialize_entry("output", &**output)?;
                map.serialize_entry("outputDetails", &COMPLETE)?;
            }
            HistoryKind::TaskFailed { integration, error, cause }
            | HistoryKind::TaskTimedOut { integration, error, cause } => {
                service(&mut map, integration)?;
                failure(&mut map, error.as_deref(), cause.as_deref())?;
            }
        }
        map.end()
    }
}

/// The members that only `Task…` events have.
fn service<M: SerializeMap>(map: &mut M, integration: &Integration) -> Result<(), M::Error> {
    if let Integration::Service { resource_type, resource } = integration {
        map.serialize_entry("resourceType", resource_type)?;
        map.serialize_entry("resource", resource)?;
    }
    Ok(())
}

/// `error` and `cause`, each only where there is one.
fn failure<M: SerializeMap>(map: &mut M, error: Option<&str>, cause: Option<&str>) -> Result<(), M::Error> {
    if let Some(error) = error {
        map.serialize_entry("error", error)?;
    }
    if let Some(cause) = cause {
        map.serialize_entry("cause", cause)?;
    }
    Ok(())
}
