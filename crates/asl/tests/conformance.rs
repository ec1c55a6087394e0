//! Recorded executions of AWS Step Functions, replayed: status, output, error, cause and history.
//!
//! The recordings are not part of this repository. They are looked for in the folder that
//! `ORDERFLOW_CONFORMANCE` names, else in `../shared/conformance` beside the workspace; without them
//! this test says so and proves nothing. What the crate promises is tested without them, too.

#![allow(clippy::print_stderr, reason = "a skipped test must say so")]
#![allow(dead_code, reason = "not every test uses all of the shared simulation")]

mod support;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use asl::{StateMachine, Status, code};
use regex::Regex;
use serde::Serialize as _;
use serde_json::ser::Formatter;
use serde_json::{Map, Value, json};
use support::{Answer, Simulation, start_of};

/// The recordings in JSONPath that need parts of the language that are to come, by the start of their
/// names. (Those in JSONata are told by their definitions.)
const TO_COME: [(&str, &str); 16] = [
    ("assign-", "workflow variables"),
    ("base-scenarios-map-state-config-distributed-item-selector", "distributed Map"),
    ("base-scenarios-map-state-config-distributed-item-selector-parameters", "distributed Map"),
    ("base-scenarios-map-state-config-distributed-items-path-from-previous", "distributed Map"),
    ("base-scenarios-map-state-config-distributed-reentrant", "distributed Map"),
    ("base-scenarios-map-state-config-inline-item-selector", "distributed Map, despite its name"),
    ("base-scenarios-map-state-label", "distributed Map"),
    ("base-scenarios-map-state-legacy-config-distributed-parameters", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-count-path-1", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-count-path-tolerated-failure-count-value0", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-percentage-path-1", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-percentage-path-1-1", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-percentage-path-1-1-2", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-percentage-path-100", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-percentage-path-100-1", "distributed Map"),
    ("base-scenarios-map-state-tolerated-failure-values-percentage-literal", "distributed Map"),
];

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    let named = std::env::var_os("ORDERFLOW_CONFORMANCE").map(PathBuf::from);
    named.or_else(|| beside.is_dir().then_some(beside))
}

#[test]
fn recorded_executions_are_reproduced() {
    let Some(folder) = folder() else {
        say("SKIPPED, NOTHING PROVEN: no recordings; name their folder in ORDERFLOW_CONFORMANCE");
        return;
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("executions"))
        .expect("the folder has recorded executions")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    let (mut passed, mut failed, mut to_come) = (0, Vec::new(), 0);
    for path in &paths {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let text = std::fs::read_to_string(path).expect("a file");
        let vector: Value = serde_json::from_str(&text).expect("JSON");
        let reason =
            TO_COME.iter().find(|(listed, _)| *listed == name || (listed.ends_with('-') && name.starts_with(listed)));
        let is_jsonata = vector["definition"].to_string().contains(r#""JSONata""#);
        match replay(&vector) {
            Ok(Replay::Unsupported) if is_jsonata || reason.is_some() => to_come += 1,
            Ok(Replay::Unsupported) => failed.push(format!("{name}: refused as not supported yet")),
            Ok(Replay::Reproduced) if reason.is_some() => {
                failed.push(format!("{name}: passes, though listed as to come"));
            }
            Ok(Replay::Reproduced) => passed += 1,
            Err(difference) => failed.push(format!("{name}: {difference}")),
        }
    }
    eprintln!("{passed} reproduced, {to_come} need what is to come, {} differ", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 400, "the recordings are there");
}

/// Recorded refusals of definitions that are not judged here, with the reason.
const NOT_JUDGED: [(&str, &str); 3] = [
    ("dynamodb-task-service-invalid-integration", "which services there are is for those who run tasks to know"),
    (
        "sfn-api-validation-validate-state-machine-definition-type-express-illegal-wftt",
        "the type of a machine is not part of its definition",
    ),
    ("state-mock-validation-", "states tested one by one, which the API makes machines of"),
];

#[test]
fn recorded_refusals_of_definitions_are_reproduced() {
    let Some(folder) = folder() else {
        say("SKIPPED, NOTHING PROVEN: no recordings; name their folder in ORDERFLOW_CONFORMANCE");
        return;
    };
    let (mut judged, mut failed) = (0, Vec::new());
    for entry in std::fs::read_dir(folder.join("api")).expect("the folder has recorded calls") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let vector: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
        if NOT_JUDGED.iter().any(|(listed, _)| name.starts_with(listed)) {
            continue;
        }
        for step in vector["steps"].as_array().into_iter().flatten() {
            let definition = &step["request"]["definition"];
            let text = definition.as_str().map_or_else(|| definition.to_string(), str::to_owned);
            let found = StateMachine::parse(&text).err().unwrap_or_default();
            // AWS accepts what is to come, or finds something else wrong with it.
            let found: Vec<_> = found.into_iter().filter(|found| found.code != code::NOT_SUPPORTED_YET).collect();
            let (expected, found) = if step["op"] == "ValidateStateMachineDefinition" {
                let expected = step["expect"]["diagnostics"].clone();
                (expected, serde_json::to_value(&found).expect("JSON"))
            } else if step["expect"]["error"]["type"] == "InvalidDefinition" {
                let Some(expected) = step["expect"]["error"].get("message") else { continue };
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                let message = format!("Invalid State Machine Definition: '{}'", found.join(", "));
                (expected.clone(), message.into())
            } else {
                continue;
            };
            // Credentials, and what is in them, are to come.
            if expected.to_string().contains("/Credentials") {
                continue;
            }
            judged += 1;
            if found != expected {
                failed.push(format!("{name}: expected {expected}, found {found}"));
            }
        }
    }
    eprintln!("{judged} definitions judged, {} differ", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(judged >= 10, "the recordings are there");
}

enum Replay {
    Reproduced,
    Unsupported,
}

fn replay(vector: &Value) -> Result<Replay, String> {
    let machine = match StateMachine::parse(&vector["definition"].to_string()) {
        Ok(machine) => machine,
        Err(found) if found.iter().all(|found| found.code == code::NOT_SUPPORTED_YET) => {
            return Ok(Replay::Unsupported);
        }
        Err(found) => return Err(format!("{found:?}")),
    };
    let mut start = start_of(vector.get("input").cloned().unwrap_or_else(|| json!({})));
    if vector["type"] == "EXPRESS" {
        start.execution_arn = "arn:aws:states:eu-west-1:123456789012:express:machine:run:part".to_owned();
    }
    let role = start.role_arn.clone();
    let text = vector.get("input_text").and_then(Value::as_str).map(str::to_owned);
    let text = text.unwrap_or_else(|| as_sent(&start.input));
    let mut simulation = Simulation::start_from_text(&machine, start, &text);
    // No recording has tasks: they would have needed other services.
    simulation.run(|_| Answer::Never);
    let mut found = Map::new();
    let status = simulation.execution.status();
    found.insert("status".to_owned(), status.name().into());
    match status {
        Status::Succeeded { output } => {
            found.insert("output".to_owned(), output.to_string().into());
        }
        Status::Failed { error, cause } | Status::TimedOut { error, cause } | Status::Aborted { error, cause } => {
            for (name, text) in [("error", error), ("cause", cause)] {
                if let Some(text) = text {
                    found.insert(name.to_owned(), text.as_str().into());
                }
            }
        }
        Status::Running => return Err("still running".to_owned()),
    }
    let history = serde_json::to_value(&simulation.history).expect("JSON");
    found.insert("history".to_owned(), history);
    let mut expected = vector["expected"].as_object().expect("an object").clone();
    // Answers of the API around an execution, which is not this crate's.
    expected.remove("describe");
    expected.remove("sync");
    let skipped = vector["aws_only"].as_array().into_iter().flatten();
    let skipped = skipped.map(|path| path_pattern(path.as_str().expect("a path"))).collect();
    let bound = [("role", role.as_str()), ("sm.0", "machine"), ("exec.0", "run")];
    let mut matcher =
        Matcher { bound: bound.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(), skipped };
    for (name, template) in &expected {
        matcher.compare(template, found.get(name), &format!("/{name}"))?;
    }
    Ok(Replay::Reproduced)
}

/// The JSON that the recorder sent: Python's, with spaces after commas and colons.
fn as_sent(value: &Value) -> String {
    struct Spaced;
    impl Formatter for Spaced {
        fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
            writer.write_all(if first { b"" } else { b", " })
        }
        fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
            writer.write_all(if first { b"" } else { b", " })
        }
        fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
            writer.write_all(b": ")
        }
    }
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Spaced);
    value.serialize(&mut serializer).expect("JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// The rules of the recordings' README: wildcards, and JSON in texts.
struct Matcher {
    bound: HashMap<String, String>,
    skipped: Vec<Regex>,
}

impl Matcher {
    fn compare(&mut self, template: &Value, found: Option<&Value>, path: &str) -> Result<(), String> {
        if self.skipped.iter().any(|skipped| skipped.is_match(&format!("{path}/"))) {
            return Ok(());
        }
        let difference = || Err(format!("at {path}: expected {template}, found {}", found.unwrap_or(&Value::Null)));
        if let (Value::String(text), Some(found)) = (template, found)
            && text.contains("<any")
        {
            return if self.text(text, found) { Ok(()) } else { difference() };
        }
        match (template, found) {
            (Value::Object(_) | Value::Array(_), Some(Value::String(text)))
                if text.starts_with('{') || text.starts_with('[') =>
            {
                let inner: Value = serde_json::from_str(text).map_err(|error| format!("{path}: {error}"))?;
                self.compare(template, Some(&inner), path)
            }
            (Value::Object(template), Some(Value::Object(found))) => {
                for name in template.keys().chain(found.keys().filter(|name| !template.contains_key(*name))) {
                    let path = format!("{path}/{name}");
                    match template.get(name) {
                        Some(template) => self.compare(template, found.get(name), &path)?,
                        None => self.surplus(&found[name], &path)?,
                    }
                }
                Ok(())
            }
            (Value::Array(template), Some(Value::Array(found))) => {
                for (index, template) in template.iter().enumerate() {
                    self.compare(template, found.get(index), &format!("{path}/{index}"))?;
                }
                found
                    .iter()
                    .enumerate()
                    .skip(template.len())
                    .try_for_each(|(index, surplus)| self.surplus(surplus, &format!("{path}/{index}")))
            }
            (template, Some(found)) if template == found => Ok(()),
            _ => difference(),
        }
    }

    fn surplus(&self, found: &Value, path: &str) -> Result<(), String> {
        if self.skipped.iter().any(|skipped| skipped.is_match(&format!("{path}/"))) {
            return Ok(());
        }
        Err(format!("at {path}: expected nothing, found {found}"))
    }

    /// Compares a text that has `<any>` or `<any:NAME>` in it.
    fn text(&mut self, template: &str, found: &Value) -> bool {
        if template == "<any>" {
            return !found.is_null();
        }
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        let wildcard = Regex::new(r"<any(?::([\w.-]+))?>").expect("valid");
        for any_text in [r#"[^:/"'\\ ]+?"#, "(?s:.+?)"] {
            let (mut pattern, mut end, mut names) = (String::from("^"), 0, Vec::new());
            for captures in wildcard.captures_iter(template) {
                let whole = captures.get(0).expect("the whole");
                pattern += &regex::escape(&template[end..whole.start()]);
                end = whole.end();
                match captures.get(1).and_then(|name| self.bound.get(name.as_str())) {
                    Some(text) => pattern += &regex::escape(text),
                    None => {
                        names.push(captures.get(1).map(|name| name.as_str().to_owned()));
                        pattern += &format!("({any_text})");
                    }
                }
            }
            pattern += &regex::escape(&template[end..]);
            pattern.push('$');
            let Some(captures) = Regex::new(&pattern).expect("valid").captures(&found) else {
                continue;
            };
            let mut fresh: HashMap<String, String> = HashMap::new();
            let fits = names.into_iter().enumerate().all(|(index, name)| {
                let text = captures[index + 1].to_owned();
                name.is_none_or(|name| *fresh.entry(name).or_insert_with(|| text.clone()) == text)
            });
            if fits {
                self.bound.extend(fresh);
                return true;
            }
        }
        false
    }
}

/// A path of `aws_only` (`$..a.b[3]`) as a pattern of places like `/a/b/3/`.
fn path_pattern(path: &str) -> Regex {
    let parts = Regex::new(r#"(\.\.)|\.?([\w-]+|\*)|\[['"]?([^\]'"]+)['"]?\]"#).expect("valid");
    let mut pattern = String::from("^");
    for captures in parts.captures_iter(path.trim_start_matches('$')) {
        match (captures.get(1), captures.get(2).or(captures.get(3))) {
            (Some(_), _) => pattern += "(?:/[^/]+)*",
            (None, Some(part)) if part.as_str() == "*" => pattern += "/[^/]+",
            (None, Some(part)) => pattern += &format!("/{}", regex::escape(part.as_str())),
            (None, None) => {}
        }
    }
    Regex::new(&(pattern + "/")).expect("valid")
}

/// Says something that the test runner does not swallow, as it does what macros print.
fn say(what: &str) {
    use std::io::{self, Write};
    writeln!(io::stderr(), "{what}").expect("somebody listens");
}
