//! From a definition's JSON to its compiled form.
//!
//! Everything is read even when something is wrong, so that all findings come at once. A part that
//! cannot be read is replaced by a harmless one, which is never run: with a finding there is no machine.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::fields::{Fields, Findings, bad_expression};
use super::json::duplicate_state;
use super::{
    Body, Count, Flow, Limit, Map, Parallel, Percentage, Selection, State, StateMachine, StateRef, Task, Text,
    Tolerance, Until,
};
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::history::Integration;
use crate::path::{Expression, Path};
use crate::retry::ResultPath;
use crate::timestamp;
use crate::validate;

/// The longest time that a field may give, in seconds: AWS's limit.
pub(super) const MAX_SECONDS: u64 = 99_999_999;

/// The longest name of a state, in characters: AWS's limit.
const MAX_NAME_LENGTH: usize = 80;

/// The fields of every type of state.
const COMMON: [&str; 3] = ["Type", "Comment", "QueryLanguage"];

/// The types of states, as a `Type` names them.
const TYPES: [&str; 8] = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

pub(super) fn machine(definition: &Value) -> Result<StateMachine, Vec<Diagnostic>> {
    let mut builder = Builder::default();
    let machine = builder.machine(definition);
    let findings = builder.findings;
    match machine {
        Some(machine) if !findings.iter().any(|found| found.severity == Severity::Error) => Ok(machine),
        _ => Err(findings),
    }
}

/// What is being built: the states of all levels so far.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) findings: Findings,
    /// Places are given to all states of a level before any of them is read, so that they can name
    /// each other.
    states: Vec<Option<State>>,
    by_name: HashMap<Arc<str>, StateRef>,
}

/// The states that can name each other.
pub(super) type Level<'a> = HashMap<&'a str, StateRef>;

impl Builder {
    fn machine(&mut self, definition: &Value) -> Option<StateMachine> {
        let fields = Fields::of(definition, "", &mut self.findings)?;
        fields.require(&["States", "StartAt"], &mut self.findings);
        let known = ["Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"];
        fields.allow(&known, &[], &mut self.findings);
        if let Some(version) = fields.string("Version", &mut self.findings)
            && version != "1.0"
        {
            self.findings.push(Diagnostic::schema("/Version", "Value must be 1.0"));
        }
        let jsonata = self.is_jsonata(fields, false);
        if jsonata {
            let what = "'QueryLanguage' 'JSONata'";
            self.findings.push(Diagnostic::not_supported_yet("/QueryLanguage", what));
        }
        let comment = fields.string("Comment", &mut self.findings).map(str::to_owned);
        let timeout_seconds = fields.integer("TimeoutSeconds", 1, MAX_SECONDS, &mut self.findings);
        let start = self.level(fields, jsonata)?;
        Some(StateMachine {
            comment,
            timeout_seconds,
            start,
            states: std::mem::take(&mut self.states).into_iter().collect::<Option<_>>()?,
            by_name: std::mem::take(&mut self.by_name),
        })
    }

    /// Whether the query language is JSONata here, `around` being the language of what is around.
    fn is_jsonata(&mut self, fields: Fields<'_>, around: bool) -> bool {
        match fields.string("QueryLanguage", &mut self.findings) {
            None => around,
            Some("JSONata") => true,
            Some("JSONPath") => {
                if around {
                    let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                    self.findings.push(Diagnostic::schema(fields.here(), message));
                }
                around
            }
            Some(_) => {
                let message = "Value must be one of [JSONPath, JSONata]";
                self.findings.push(Diagnostic::schema(fields.at("QueryLanguage"), message));
                around
            }
        }
    }

    /// The states of the whole machine, of a branch or of an iteration. Gives the first one.
    fn level(&mut self, fields: Fields<'_>, jsonata: bool) -> Option<StateRef> {
        let states_location = fields.at("States");
        let states = fields.get("States")?;
        let states = Fields::of(states, &states_location, &mut self.findings)?;
        if states.object.is_empty() {
            self.findings.push(Diagnostic::schema(states_location.as_str(), "Value cannot be empty"));
        }
        let mut level = Level::new();
        for name in states.object.keys() {
            let place = StateRef(self.states.len());
            self.states.push(None);
            level.insert(name, place);
            let location = states.at(name);
            if name.is_empty() || name.chars().count() > MAX_NAME_LENGTH {
                let message = format!("State name must have 1 to {MAX_NAME_LENGTH} characters");
                self.findings.push(Diagnostic::schema(location.as_str(), message));
            }
            if self.by_name.insert(name.as_str().into(), place).is_some() {
                self.findings.push(duplicate_state(name, &location));
            }
        }
        let mut is_complete = true;
        for (name, value) in states.object {
            let location = states.at(name);
            match self.state(name, value, &location, &level, jsonata) {
                Some(state) => self.states[level[name.as_str()].0] = Some(state),
                None => is_complete = false,
            }
        }
        let start = match fields.string("StartAt", &mut self.findings) {
            Some(name) => self.target(name, fields.at("StartAt"), &level),
            None => None,
        };
        // With a state that cannot be read, what it leads to is unknown; and without a start all is.
        if is_complete && fields.has("StartAt") {
            let places: Vec<StateRef> = states.object.keys().map(|name| level[name.as_str()]).collect();
            let mut members: Vec<(StateRef, &mut State, String)> = Vec::with_capacity(places.len());
            let (first, last) = (places.first()?.0, places.last()?.0);
            // Levels within this one have been given later places, so those of this level adjoin.
            for (offset, state) in self.states[first..=last].iter_mut().enumerate() {
                let state = state.as_mut()?;
                let location = states.at(&state.name);
                members.push((StateRef(first + offset), state, location));
            }
            validate::level(&mut members, start, &mut self.findings);
        }
        start
    }

    /// The state of a name within the level.
    fn target(&mut self, name: &str, location: String, level: &Level<'_>) -> Option<StateRef> {
        let place = level.get(name).copied();
        if place.is_none() {
            // AWS says 'Next' whatever the field is called.
            let message = format!("Missing 'Next' target: {name}");
            self.findings.push(Diagnostic::error(code::MISSING_TRANSITION_TARGET, location, message));
        }
        place
    }

    /// The state that the field names, or nowhere.
    pub(super) fn transition(&mut self, fields: Fields<'_>, name: &str, level: &Level<'_>) -> Option<StateRef> {
        let target = fields.string(name, &mut self.findings)?;
        self.target(target, fields.at(name), level)
    }

    fn state(&mut self, name: &str, value: &Value, location: &str, level: &Level<'_>, jsonata: bool) -> Option<State> {
        let fields = Fields::of(value, location, &mut self.findings)?;
        if self.is_jsonata(fields, jsonata) {
            if !jsonata {
                let what = "'QueryLanguage' 'JSONata'";
                self.findings.push(Diagnostic::not_supported_yet(fields.at("QueryLanguage"), what));
            }
            // Its fields are those of another language: they cannot be judged by this one's rules.
            return None;
        }
        fields.require(&["Type"], &mut self.findings);
        fields.string("Comment", &mut self.findings);
        let kind = fields.string("Type", &mut self.findings)?;
        let body = match kind {
            "Pass" => self.pass(fields),
            "Task" => self.task(fields, level),
            "Choice" => self.choice(fields, level),
            "Wait" => self.wait(fields),
            "Succeed" => {
                self.allow(fields, &["InputPath", "OutputPath"]);
                Body::Succeed { flow: self.flow(fields) }
            }
            "Fail" => self.fail(fields),
            "Parallel" => self.parallel(fields, level),
            "Map" => self.map(fields, level)?,
            _ => {
                let message = format!("Value must be one of [{}]", TYPES.join(", "));
                self.findings.push(Diagnostic::schema(fields.at("Type"), message));
                return None;
            }
        };
        let is_end = match kind {
            "Choice" => false,
            "Succeed" | "Fail" => true,
            _ => !fields.has("Next"),
        };
        let next = if matches!(kind, "Choice" | "Succeed" | "Fail") {
            None
        } else {
            fields.exclusive(&["Next", "End"], true, &mut self.findings);
            if fields.boolean("End", &mut self.findings) == Some(false) && !fields.has("Next") {
                let message = "Value must be true";
                self.findings.push(Diagnostic::schema(fields.at("End"), message));
            }
            self.transition(fields, "Next", level)
        };
        Some(State { name: name.into(), next, is_end, in_loop: false, body })
    }

    /// Notes unknown fields of a state: those beside the common ones and `known`.
    pub(super) fn allow(&mut self, fields: Fields<'_>, known: &[&str]) {
        let known: Vec<_> = COMMON.iter().chain(known).copied().collect();
        fields.allow(&known, &["Assign"], &mut self.findings);
    }

    /// The flow of data. Fields that the type of state does not have are absent, and noted elsewhere.
    pub(super) fn flow(&mut self, fields: Fields<'_>) -> Flow {
        Flow {
            input_path: self.selection(fields, "InputPath"),
            parameters: fields.template("Parameters", &mut self.findings),
            result_selector: fields.template("ResultSelector", &mut self.findings),
            result_path: self.result_path(fields),
            output_path: self.selection(fields, "OutputPath"),
        }
    }

    fn selection(&mut self, fields: Fields<'_>, name: &str) -> Selection {
        match fields.get(name) {
            None => Selection::Whole,
            Some(Value::Null) => Selection::Nothing,
            Some(_) => match fields.path(name, &mut self.findings) {
                Some(path) if !path.is_whole_input() => Selection::Path(path),
                _ => Selection::Whole,
            },
        }
    }

    pub(super) fn result_path(&mut self, fields: Fields<'_>) -> ResultPath {
        match fields.get("ResultPath") {
            None => ResultPath::Replace,
            Some(Value::Null) => ResultPath::Discard,
            Some(Value::String(text)) if text == "$" => ResultPath::Replace,
            Some(_) => {
                fields.reference_path("ResultPath", &mut self.findings).map_or(ResultPath::Replace, ResultPath::Put)
            }
        }
    }

    fn pass(&mut self, fields: Fields<'_>) -> Body {
        let known = ["Next", "End", "InputPath", "OutputPath", "Parameters", "Result", "ResultPath"];
        self.allow(fields, &known);
        Body::Pass { flow: self.flow(fields), result: fields.get("Result").cloned() }
    }

    fn task(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Body {
        let known = [
            "Next",
            "End",
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "Resource",
            "TimeoutSeconds",
            "TimeoutSecondsPath",
            "HeartbeatSeconds",
            "HeartbeatSecondsPath",
            "Retry",
            "Catch",
        ];
        let known: Vec<_> = COMMON.iter().chain(&known).copied().collect();
        fields.allow(&known, &["Assign", "Credentials"], &mut self.findings);
        fields.require(&["Resource"], &mut self.findings);
        let location = fields.at("Resource");
        let resource = fields.string("Resource", &mut self.findings).unwrap_or_default();
        if fields.has("Resource") && !resource.contains(':') && !resource.contains("${") {
            self.findings.push(Diagnostic::schema(location.as_str(), "Value is not a URI"));
        }
        let timeout = self.limit(fields, "TimeoutSeconds", "TimeoutSecondsPath");
        let heartbeat = self.limit(fields, "HeartbeatSeconds", "HeartbeatSecondsPath");
        if let (Limit::Seconds(timeout), Limit::Seconds(heartbeat)) = (&timeout, &heartbeat)
            && heartbeat >= timeout
        {
            let message = "HeartbeatSeconds must be smaller than TimeoutSeconds";
            self.findings.push(Diagnostic::schema(fields.at("HeartbeatSeconds"), message));
        }
        Body::Task(Box::new(Task {
            flow: self.flow(fields),
            resource: resource.to_owned(),
            integration: self.integration(resource, &location),
            location,
            timeout,
            heartbeat,
            handlers: self.handlers(fields, level),
        }))
    }

    /// Which kind of resource an ARN names.
    fn integration(&mut self, resource: &str, location: &str) -> Integration {
        let parts: Vec<&str> = resource.split(':').collect();
        match parts[..] {
            ["arn", _, "states", _, _, "activity", ..] => Integration::Activity,
            ["arn", _, "states", "", "", .., action] if parts.len() > 6 => {
                for pattern in [".waitForTaskToken", ".sync"] {
                    if resource.contains(pattern) {
                        let what = format!("'{pattern}' of field 'Resource'");
                        self.findings.push(Diagnostic::not_supported_yet(location, &what));
                    }
                }
                Integration::Service { resource_type: parts[5..parts.len() - 1].join(":"), resource: action.to_owned() }
            }
            _ => Integration::Function,
        }
    }

    fn limit(&mut self, fields: Fields<'_>, seconds: &str, path: &str) -> Limit {
        fields.exclusive(&[seconds, path], false, &mut self.findings);
        let limit = fields.integer(seconds, 1, MAX_SECONDS, &mut self.findings).map(Limit::Seconds);
        let path = fields.definite_path(path, &mut self.findings).map(Limit::Path);
        limit.or(path).unwrap_or(Limit::None)
    }

    fn wait(&mut self, fields: Fields<'_>) -> Body {
        let times = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
        let known: Vec<_> = ["Next", "End", "InputPath", "OutputPath"].into_iter().chain(times).collect();
        self.allow(fields, &known);
        fields.exclusive(&times, true, &mut self.findings);
        let findings = &mut self.findings;
        let mut until = Until::Seconds(0);
        if let Some(seconds) = fields.integer("Seconds", 0, MAX_SECONDS, findings) {
            until = Until::Seconds(seconds);
        }
        if let Some(text) = fields.string("Timestamp", findings) {
            match timestamp::parse(text) {
                Some(timestamp) => until = Until::Timestamp(timestamp),
                None => {
                    findings.push(Diagnostic::schema(fields.at("Timestamp"), "String does not match RFC3339 timestamp"))
                }
            }
        }
        if let Some(path) = fields.definite_path("SecondsPath", findings) {
            until = Until::SecondsPath(path);
        }
        if let Some(path) = fields.definite_path("TimestampPath", findings) {
            until = Until::TimestampPath(path);
        }
        Body::Wait { flow: self.flow(fields), until }
    }

    fn fail(&mut self, fields: Fields<'_>) -> Body {
        self.allow(fields, &["Error", "ErrorPath", "Cause", "CausePath"]);
        let error = self.text(fields, "Error", "ErrorPath");
        Body::Fail { error, cause: self.text(fields, "Cause", "CausePath") }
    }

    fn text(&mut self, fields: Fields<'_>, literal: &str, computed: &'static str) -> Option<Text> {
        fields.exclusive(&[literal, computed], false, &mut self.findings);
        if let Some(text) = fields.string(literal, &mut self.findings) {
            return Some(Text::Literal(text.to_owned()));
        }
        let text = fields.string(computed, &mut self.findings)?;
        match Expression::parse(text) {
            Ok(expression) => Some(Text::Computed { field: computed, expression }),
            Err(invalid) => {
                self.findings.push(bad_expression(fields.location, computed, Some(&invalid)));
                None
            }
        }
    }

    fn parallel(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Body {
        self.allow(
            fields,
            &[
                "Next",
                "End",
                "InputPath",
                "OutputPath",
                "Parameters",
                "ResultSelector",
                "ResultPath",
                "Branches",
                "Retry",
                "Catch",
            ],
        );
        fields.require(&["Branches"], &mut self.findings);
        let mut branches = Vec::new();
        for (index, branch) in fields.filled_array("Branches", &mut self.findings).iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Branches"));
            if let Some(branch) = Fields::of(branch, &location, &mut self.findings) {
                branch.allow(&["Comment", "StartAt", "States"], &[], &mut self.findings);
                branch.require(&["States", "StartAt"], &mut self.findings);
                branches.extend(self.level(branch, false));
            }
        }
        let handlers = self.handlers(fields, level);
        Body::Parallel(Box::new(Parallel { flow: self.flow(fields), branches, handlers }))
    }

    fn map(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Option<Body> {
        let known = [
            "Next",
            "End",
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "ItemsPath",
            "ItemSelector",
            "ItemProcessor",
            "Iterator",
            "MaxConcurrency",
            "MaxConcurrencyPath",
            "ToleratedFailureCount",
            "ToleratedFailureCountPath",
            "ToleratedFailurePercentage",
            "ToleratedFailurePercentagePath",
            "Retry",
            "Catch",
        ];
        let known: Vec<_> = COMMON.iter().chain(&known).copied().collect();
        let to_come = ["Assign", "ItemReader", "ItemBatcher", "ResultWriter", "Label"];
        fields.allow(&known, &to_come, &mut self.findings);
        fields.exclusive(&["ItemSelector", "Parameters"], false, &mut self.findings);
        fields.exclusive(&["ItemProcessor", "Iterator"], true, &mut self.findings);
        let name = if fields.has("ItemProcessor") { "ItemProcessor" } else { "Iterator" };
        let location = fields.at(name);
        let start = fields.get(name).and_then(|processor| self.processor(processor, &location));
        let mut flow = self.flow(fields);
        let parameters = flow.parameters.take();
        let item_selector = fields.template("ItemSelector", &mut self.findings).or(parameters);
        let max_concurrency = self.count(fields, "MaxConcurrency", "MaxConcurrencyPath", u64::from(u32::MAX));
        let tolerance = Tolerance {
            count: self.count(fields, "ToleratedFailureCount", "ToleratedFailureCountPath", u64::from(u32::MAX)),
            percentage: self.percentage(fields),
        };
        let items_path = fields.path("ItemsPath", &mut self.findings);
        let handlers = self.handlers(fields, level);
        Some(Body::Map(Box::new(Map {
            flow,
            items_path: items_path.filter(|path: &Path| !path.is_whole_input()),
            item_selector,
            start: start?,
            max_concurrency: max_concurrency.unwrap_or(Count::Fixed(0)),
            tolerance,
            handlers,
        })))
    }

    fn processor(&mut self, value: &Value, location: &str) -> Option<StateRef> {
        let fields = Fields::of(value, location, &mut self.findings)?;
        let known = ["Comment", "StartAt", "States", "ProcessorConfig"];
        fields.allow(&known, &[], &mut self.findings);
        fields.require(&["States", "StartAt"], &mut self.findings);
        if let Some(config) = fields.get("ProcessorConfig") {
            let location = fields.at("ProcessorConfig");
            let config = Fields::of(config, &location, &mut self.findings)?;
            config.allow(&["Mode", "ExecutionType"], &[], &mut self.findings);
            match config.string("Mode", &mut self.findings) {
                Some("DISTRIBUTED") => self
                    .findings
                    .push(Diagnostic::not_supported_yet(config.at("Mode"), "'DISTRIBUTED' of field 'Mode'")),
                None | Some("INLINE") => {}
                Some(_) => {
                    let message = "Value must be one of [INLINE, DISTRIBUTED]";
                    self.findings.push(Diagnostic::schema(config.at("Mode"), message));
                }
            }
        }
        self.level(fields, false)
    }

    fn count(&mut self, fields: Fields<'_>, number: &'static str, path: &'static str, max: u64) -> Option<Count> {
        fields.exclusive(&[number, path], false, &mut self.findings);
        let fixed = fields.integer(number, 0, max, &mut self.findings).map(Count::Fixed);
        let by_path = fields.definite_path(path, &mut self.findings);
        fixed.or(by_path.map(|by_path| Count::Path { field: path, path: by_path }))
    }

    fn percentage(&mut self, fields: Fields<'_>) -> Option<Percentage> {
        let (number, path) = ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath");
        fields.exclusive(&[number, path], false, &mut self.findings);
        let fixed = fields.float(number, 0.0..=100.0, &mut self.findings).map(Percentage::Fixed);
        fixed.or(fields.definite_path(path, &mut self.findings).map(Percentage::Path))
    }
}
