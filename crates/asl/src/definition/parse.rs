//! From a definition's JSON to its compiled form.
//!
//! Everything is read even when something is wrong, so that all findings come at once. A part that
//! cannot be read is replaced by a harmless one, which is never run: with a finding there is no machine.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::fields::{Fields, Findings, bad_expression, expected, no_reference_path};
use super::json::duplicate_state;
use super::{
    Body, Count, Flow, Limit, Map, Parallel, Percentage, Selection, State, StateMachine, StateRef, Task, Text,
    Tolerance, Until,
};
use crate::choice::{Comparison, Condition};
use crate::diagnostic::{Diagnostic, Severity, code};
use crate::error;
use crate::history::Integration;
use crate::path::{Expression, Path};
use crate::retry::{Catcher, Handlers, ResultPath, Retrier};
use crate::timestamp;
use crate::validate;

/// The longest time that a field may give, in seconds: AWS's limit.
const MAX_SECONDS: u64 = 99_999_999;

/// The longest name of a state, in characters: AWS's limit.
const MAX_NAME_LENGTH: usize = 80;

/// The fields of every type of state.
const COMMON: [&str; 3] = ["Type", "Comment", "QueryLanguage"];

/// The types of states, as a `Type` names them.
const TYPES: [&str; 8] =
    ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

pub(super) fn machine(definition: &Value) -> Result<StateMachine, Vec<Diagnostic>> {
    let mut builder = Builder::default();
    let machine = builder.machine(definition);
    let findings = builder.findings;
    match machine {
        Some(machine) if !findings.iter().any(|found| found.severity == Severity::Error) => {
            Ok(machine)
        }
        _ => Err(findings),
    }
}

/// What is being built: the states of all levels so far.
#[derive(Default)]
struct Builder {
    findings: Findings,
    /// Places are given to all states of a level before any of them is read, so that they can name
    /// each other.
    states: Vec<Option<State>>,
    by_name: HashMap<Arc<str>, StateRef>,
}

/// The states that can name each other.
type Level<'a> = HashMap<&'a str, StateRef>;

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
                    let message =
                        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
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
        // With a state that cannot be read, what it leads to is unknown.
        if is_complete {
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
    fn transition(
        &mut self,
        fields: Fields<'_>,
        name: &str,
        level: &Level<'_>,
    ) -> Option<StateRef> {
        let target = fields.string(name, &mut self.findings)?;
        self.target(target, fields.at(name), level)
    }

    fn state(
        &mut self,
        name: &str,
        value: &Value,
        location: &str,
        level: &Level<'_>,
        jsonata: bool,
    ) -> Option<State> {
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
        Some(State { name: name.into(), next, in_loop: false, body })
    }

    /// Notes unknown fields of a state: those beside the common ones and `known`.
    fn allow(&mut self, fields: Fields<'_>, known: &[&str]) {
        let known: Vec<_> = COMMON.iter().chain(known).copied().collect();
        fields.allow(&known, &["Assign"], &mut self.findings);
    }

    /// The flow of data. Fields that the type of state does not have are absent, and noted elsewhere.
    fn flow(&mut self, fields: Fields<'_>) -> Flow {
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

    fn result_path(&mut self, fields: Fields<'_>) -> ResultPath {
        match fields.get("ResultPath") {
            None => ResultPath::Replace,
            Some(Value::Null) => ResultPath::Discard,
            Some(Value::String(text)) if text == "$" => ResultPath::Replace,
            Some(_) => fields
                .reference_path("ResultPath", &mut self.findings)
                .map_or(ResultPath::Replace, ResultPath::Put),
        }
    }

    fn pass(&mut self, fields: Fields<'_>) -> Body {
        let known = ["Next", "End", "InputPath", "OutputPath", "Parameters", "Result", "ResultPath"];
        self.allow(fields, &known);
        Body::Pass { flow: self.flow(fields), result: fields.get("Result").cloned() }
    }

    fn task(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Body {
        let known = [
            "Next", "End", "InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath",
            "Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
            "HeartbeatSecondsPath", "Retry", "Catch",
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
                Integration::Service {
                    resource_type: parts[5..parts.len() - 1].join(":"),
                    resource: action.to_owned(),
                }
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
        let known: Vec<_> =
            ["Next", "End", "InputPath", "OutputPath"].into_iter().chain(times).collect();
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
                None => findings.push(Diagnostic::schema(
                    fields.at("Timestamp"),
                    "String does not match RFC3339 timestamp",
                )),
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

    fn text(
        &mut self,
        fields: Fields<'_>,
        literal: &str,
        computed: &'static str,
    ) -> Option<Text> {
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

    fn choice(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Body {
        self.allow(fields, &["InputPath", "OutputPath", "Choices", "Default"]);
        fields.require(&["Choices"], &mut self.findings);
        let mut rules = Vec::new();
        for (index, rule) in fields.filled_array("Choices", &mut self.findings).iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Choices"));
            let Some(rule) = Fields::of(rule, &location, &mut self.findings) else {
                continue;
            };
            rule.require(&["Next"], &mut self.findings);
            let next = self.transition(rule, "Next", level);
            if let (Some(condition), Some(next)) = (self.condition(rule, true), next) {
                rules.push((condition, next));
            }
        }
        let default = self.transition(fields, "Default", level);
        Body::Choice { flow: self.flow(fields), rules, default }
    }

    /// A condition. Only the outermost (`is_rule`) says where it leads.
    fn condition(&mut self, fields: Fields<'_>, is_rule: bool) -> Option<Condition> {
        let mut operators = Vec::new();
        for (name, operand) in fields.object {
            match name.as_str() {
                "Variable" | "Comment" => {}
                "Next" if is_rule => {}
                "Assign" if is_rule => self
                    .findings
                    .push(Diagnostic::not_supported_yet(fields.at(name), "Field 'Assign'")),
                "And" | "Or" | "Not" => operators.push((name.as_str(), None)),
                _ => match Comparison::parse(name, operand) {
                    Some(comparison) => operators.push((name.as_str(), Some(comparison))),
                    None => {
                        let message = format!("Field '{name}' is not supported");
                        self.findings.push(Diagnostic::schema(fields.here(), message));
                    }
                },
            }
        }
        if operators.len() != 1 {
            let message = "A Choice Rule must have exactly one comparison operator, And, Or or Not";
            self.findings.push(Diagnostic::schema(fields.here(), message));
            return None;
        }
        match operators.pop()? {
            ("Not", _) => {
                let location = fields.at("Not");
                let inner = Fields::of(fields.get("Not")?, &location, &mut self.findings)?;
                Some(Condition::Not(Box::new(self.condition(inner, false)?)))
            }
            (name, None) => {
                let items = fields.filled_array(name, &mut self.findings);
                let mut conditions = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let location = format!("{}[{index}]", fields.at(name));
                    if let Some(item) = Fields::of(item, &location, &mut self.findings) {
                        conditions.extend(self.condition(item, false));
                    }
                }
                Some(if name == "And" { Condition::And(conditions) } else { Condition::Or(conditions) })
            }
            (name, Some(comparison)) => {
                fields.require(&["Variable"], &mut self.findings);
                let comparison = comparison.map_err(|kind| {
                    let location = fields.at(name);
                    self.findings.push(match kind {
                        "Timestamp" => Diagnostic::schema(location, "String does not match RFC3339 timestamp"),
                        "Reference Path" => {
                            no_reference_path(&location, "Reference path must name exactly one place")
                        }
                        _ => expected(kind, &location),
                    });
                });
                let variable = fields.definite_path("Variable", &mut self.findings)?;
                Some(Condition::Compare { variable, comparison: comparison.ok()? })
            }
        }
    }

    fn parallel(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Body {
        self.allow(fields, &[
            "Next", "End", "InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath",
            "Branches", "Retry", "Catch",
        ]);
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
            "Next", "End", "InputPath", "OutputPath", "Parameters", "ResultSelector", "ResultPath",
            "ItemsPath", "ItemSelector", "ItemProcessor", "Iterator", "MaxConcurrency",
            "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath",
            "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Retry", "Catch",
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
        let max_concurrency =
            self.count(fields, "MaxConcurrency", "MaxConcurrencyPath", u64::from(u32::MAX));
        let tolerance = Tolerance {
            count: self.count(
                fields,
                "ToleratedFailureCount",
                "ToleratedFailureCountPath",
                u64::from(u32::MAX),
            ),
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
                Some("DISTRIBUTED") => self.findings.push(Diagnostic::not_supported_yet(
                    config.at("Mode"),
                    "'DISTRIBUTED' of field 'Mode'",
                )),
                None | Some("INLINE") => {}
                Some(_) => {
                    let message = "Value must be one of [INLINE, DISTRIBUTED]";
                    self.findings.push(Diagnostic::schema(config.at("Mode"), message));
                }
            }
        }
        self.level(fields, false)
    }

    fn count(
        &mut self,
        fields: Fields<'_>,
        number: &'static str,
        path: &'static str,
        max: u64,
    ) -> Option<Count> {
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

    fn handlers(&mut self, fields: Fields<'_>, level: &Level<'_>) -> Handlers {
        let mut handlers = Handlers::default();
        let retriers = fields.array("Retry", &mut self.findings).unwrap_or_default();
        for (index, retrier) in retriers.iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Retry"));
            if let Some(retrier) = Fields::of(retrier, &location, &mut self.findings) {
                let is_last = index + 1 == retriers.len();
                handlers.retriers.push(self.retrier(retrier, is_last));
            }
        }
        let catchers = fields.array("Catch", &mut self.findings).unwrap_or_default();
        for (index, catcher) in catchers.iter().enumerate() {
            let location = format!("{}[{index}]", fields.at("Catch"));
            if let Some(catcher) = Fields::of(catcher, &location, &mut self.findings) {
                let known = ["ErrorEquals", "Next", "ResultPath", "Comment"];
                catcher.allow(&known, &["Assign"], &mut self.findings);
                catcher.require(&["ErrorEquals", "Next"], &mut self.findings);
                let errors = self.error_equals(catcher, index + 1 == catchers.len());
                let result = self.result_path(catcher);
                if let Some(next) = self.transition(catcher, "Next", level) {
                    handlers.catchers.push(Catcher { errors, result, next });
                }
            }
        }
        handlers
    }

    fn retrier(&mut self, fields: Fields<'_>, is_last: bool) -> Retrier {
        let known = [
            "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds",
            "JitterStrategy", "Comment",
        ];
        fields.allow(&known, &[], &mut self.findings);
        fields.require(&["ErrorEquals"], &mut self.findings);
        let errors = self.error_equals(fields, is_last);
        let findings = &mut self.findings;
        let max_attempts = fields.integer("MaxAttempts", 0, MAX_SECONDS, findings).unwrap_or(3);
        let jitter = fields.string("JitterStrategy", findings);
        if !matches!(jitter, None | Some("FULL" | "NONE")) {
            let message = "Value must be one of [FULL, NONE]";
            findings.push(Diagnostic::schema(fields.at("JitterStrategy"), message));
        }
        Retrier {
            errors,
            interval_seconds: fields
                .integer("IntervalSeconds", 1, MAX_SECONDS, findings)
                .unwrap_or(1),
            max_attempts: u32::try_from(max_attempts).unwrap_or(u32::MAX),
            backoff_rate: fields.float("BackoffRate", 1.0..=f64::INFINITY, findings).unwrap_or(2.0),
            max_delay_seconds: fields.integer("MaxDelaySeconds", 1, 31_622_400, findings),
            full_jitter: jitter == Some("FULL"),
        }
    }

    fn error_equals(&mut self, fields: Fields<'_>, is_last: bool) -> Vec<String> {
        let mut errors = Vec::new();
        let names = fields.filled_array("ErrorEquals", &mut self.findings);
        for (index, name) in names.iter().enumerate() {
            match name {
                Value::String(name) => errors.push(name.clone()),
                _ => {
                    let location = format!("{}[{index}]", fields.at("ErrorEquals"));
                    self.findings.push(expected("String", &location));
                }
            }
        }
        if errors.iter().any(|name| name == error::ALL) && (errors.len() > 1 || !is_last) {
            let message = "States.ALL must stand alone and in the last element";
            self.findings.push(Diagnostic::schema(fields.at("ErrorEquals"), message));
        }
        errors
    }
}
