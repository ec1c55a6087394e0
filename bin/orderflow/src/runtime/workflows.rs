//! Workflows as folders: `workflow.asl.json` and `triggers.json`, built in or on disk.
//!
//! Everything is checked before anything is started: a folder with one mistake stops the server with a
//! message that names the file, the place in it, and what is wrong.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use asl::{Severity, StateMachine};
use rust_embed::RustEmbed;
use serde_json::Value;
use triggers::document::{Consumer, Method};
use triggers::{Bindings, Origin, Triggers};

const DEFINITION: &str = "workflow.asl.json";
const TRIGGERS: &str = "triggers.json";
const EXAMPLE: &str = "example-order.json";

/// The workflows that come with the binary.
#[derive(RustEmbed)]
#[folder = "../../workflows"]
#[include = "*/workflow.asl.json"]
#[include = "*/triggers.json"]
#[include = "*/example-order.json"]
struct BuiltIn;

/// Something wrong in a workflow's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, below the folder of workflows.
    pub file: String,
    /// Where in the file, as a JSON pointer; empty for the whole of it.
    pub pointer: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// Whether it keeps the workflow from running; a warning does not.
    pub is_error: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error { "error" } else { "warning" };
        write!(f, "{} {}: {severity}: {}", self.file, self.pointer, self.message)
    }
}

/// A workflow, ready to run.
#[derive(Debug)]
pub struct Workflow {
    /// The folder's name, which is the state machine's.
    pub name: String,
    /// The definition with its placeholders filled in.
    pub definition: String,
    /// The definition's own comment.
    pub comment: Option<String>,
    /// What starts it and what follows.
    pub bindings: Bindings,
    /// The same as its file says it.
    pub triggers: Value,
    /// An order that its intake takes.
    pub example: Option<Value>,
}

/// Who the workflows may name, and the values of their parameters.
pub struct Surroundings<'a> {
    /// The account and region of all ARNs.
    pub origin: &'a Origin,
    /// Values of parameters, by workflow.
    pub parameters: &'a BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads all workflows of a folder, or the built-in ones.
pub fn load(folder: Option<&Path>, surroundings: &Surroundings<'_>) -> Result<Vec<Workflow>, Vec<Finding>> {
    let sources = match folder {
        Some(folder) => read_folder(folder).map_err(|finding| vec![finding])?,
        None => built_in(),
    };
    let mut findings = Vec::new();
    if sources.is_empty() {
        let place = folder.map_or_else(String::new, |folder| folder.display().to_string());
        findings.push(error(&place, "", format!("there is no folder with a {DEFINITION} here")));
    }
    for name in surroundings.parameters.keys() {
        if !sources.iter().any(|source| source.name == *name) {
            findings.push(error(
                "configuration",
                &format!("/parameters/{name}"),
                "there is no workflow of this name".into(),
            ));
        }
    }
    let mut workflows = Vec::new();
    for source in sources {
        match read(source, surroundings) {
            Ok(workflow) => workflows.push(workflow),
            Err(problems) => findings.extend(problems),
        }
    }
    findings.extend(clashes(&workflows));
    if findings.iter().any(|finding| finding.is_error) { Err(findings) } else { Ok(workflows) }
}

/// Checks one definition file, or one workflow's folder, and gives everything that is to be said.
pub fn check(path: &Path) -> Result<Vec<Finding>, String> {
    let origin = Origin { account: "123456789012".to_owned(), region: "eu-central-1".to_owned() };
    if path.is_dir() {
        let source = match read_source(path) {
            Ok(source) => source.ok_or_else(|| format!("{} has no {DEFINITION}", path.display()))?,
            Err(finding) => return Ok(vec![finding]),
        };
        let surroundings = Surroundings { origin: &origin, parameters: &BTreeMap::new() };
        return Ok(read(source, &surroundings).err().unwrap_or_default());
    }
    let definition =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let file = path.display().to_string();
    let diagnostics = StateMachine::parse(&definition).err().unwrap_or_default();
    Ok(diagnostics.iter().map(|diagnostic| from_diagnostic(&file, diagnostic)).collect())
}

/// The texts of one folder.
struct Source {
    name: String,
    definition: Cow<'static, str>,
    triggers: Option<Cow<'static, str>>,
    example: Option<Cow<'static, str>>,
}

impl Source {
    fn definition_file(&self) -> String {
        format!("{}/{DEFINITION}", self.name)
    }

    fn triggers_file(&self) -> String {
        format!("{}/{TRIGGERS}", self.name)
    }
}

fn built_in() -> Vec<Source> {
    let text = |name: &str, file: &str| {
        let file = BuiltIn::get(&format!("{name}/{file}"))?;
        Some(match file.data {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    };
    let names: BTreeSet<String> =
        BuiltIn::iter().filter_map(|path| path.split_once('/').map(|(name, _)| name.to_owned())).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let definition = text(&name, DEFINITION)?;
            let (triggers, example) = (text(&name, TRIGGERS), text(&name, EXAMPLE));
            Some(Source { name, definition, triggers, example })
        })
        .collect()
}

fn read_folder(folder: &Path) -> Result<Vec<Source>, Finding> {
    let failed = |problem: std::io::Error| {
        error(&folder.display().to_string(), "", format!("the folder cannot be read: {problem}"))
    };
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir()
            && let Some(source) = read_source(&path)?
        {
            sources.push(source);
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

/// Reads one folder; nothing when it holds none of a workflow's files.
fn read_source(folder: &Path) -> Result<Option<Source>, Finding> {
    // The name is the folder's own, also where it was called `.`.
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = resolved.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = |file: &str| match std::fs::read_to_string(folder.join(file)) {
        Ok(text) => Ok(Some(Cow::Owned(text))),
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(error(&format!("{name}/{file}"), "", format!("cannot be read: {problem}"))),
    };
    let (definition, triggers, example) = (read(DEFINITION)?, read(TRIGGERS)?, read(EXAMPLE)?);
    match definition {
        Some(definition) => Ok(Some(Source { name, definition, triggers, example })),
        None if triggers.is_some() || example.is_some() => Err(error(
            &format!("{name}/{DEFINITION}"),
            "",
            "is missing from a folder with a workflow's other files".into(),
        )),
        None => Ok(None),
    }
}

fn read(source: Source, surroundings: &Surroundings<'_>) -> Result<Workflow, Vec<Finding>> {
    let mut findings = Vec::new();
    if let Err(invalid) = engine::validate_name(&source.name) {
        findings.push(error(&source.name, "", format!("a workflow's folder is named as its state machine: {invalid}")));
    }
    let Some(bindings) = read_triggers(&source, surroundings, &mut findings) else { return Err(findings) };
    let file = source.definition_file();
    let place = |name: &str| resolve_placeholder(name, &bindings, surroundings.origin);
    let parsed = asl::placeholders::substitute(&source.definition, place).and_then(|definition| {
        let machine = StateMachine::parse(&definition)?;
        Ok((definition, machine))
    });
    let (definition, machine) = match parsed {
        Ok(parsed) => parsed,
        Err(diagnostics) => {
            findings.extend(diagnostics.iter().map(|diagnostic| from_diagnostic(&file, diagnostic)));
            return Err(findings);
        }
    };
    for api in &bindings.api {
        if let Some(method) = api.methods.iter().find(|method| !matches!(method, Method::Get | Method::Post)) {
            let message = format!("an intake answers GET or POST, not {}", method.as_str());
            findings.push(error(&source.triggers_file(), "/Api/Method", message));
        }
        if api.handler == Consumer::Workflow {
            let message = "an intake hands its requests to a step, such as PlaceOrder".to_owned();
            findings.push(error(&source.triggers_file(), "/Api/Handler", message));
        }
    }
    for (pointer, resource) in machine.resources() {
        if let Err(message) = super::tasks::check_resource(resource) {
            findings.push(error(&file, pointer, message));
        }
    }
    let example = source.example.as_deref().map(serde_json::from_str).transpose().unwrap_or_else(|problem| {
        findings.push(error(&format!("{}/{EXAMPLE}", source.name), "", format!("is not JSON: {problem}")));
        None
    });
    if findings.is_empty() {
        Ok(Workflow {
            comment: machine.comment().map(str::to_owned),
            triggers: source.triggers.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
            example,
            name: source.name,
            definition,
            bindings,
        })
    } else {
        Err(findings)
    }
}

fn read_triggers(source: &Source, surroundings: &Surroundings<'_>, findings: &mut Vec<Finding>) -> Option<Bindings> {
    let nothing = BTreeMap::new();
    let parameters = surroundings.parameters.get(&source.name).unwrap_or(&nothing);
    let text = source.triggers.as_deref().unwrap_or("{}");
    let bindings = Triggers::parse(text).and_then(|triggers| triggers.resolve(parameters));
    let problems = match bindings {
        Ok(bindings) => {
            let problems = bindings.check_steps(|name| steps::registry::find(name).is_some());
            if problems.is_empty() {
                return Some(bindings);
            }
            problems
        }
        Err(problems) => problems,
    };
    let file = source.triggers_file();
    findings.extend(problems.into_iter().map(|problem| error(&file, &problem.pointer, problem.message)));
    None
}

/// What `${Name}` stands for here: `ReserveStockArn` a step, `…TopicArn` a topic of the workflow,
/// `…QueueUrl` and `…QueueArn` a queue of it, `EventBusName` the bus.
fn resolve_placeholder(name: &str, bindings: &Bindings, origin: &Origin) -> Option<String> {
    let queue = |logical: &str| bindings.queue_names().into_iter().find(|queue| *queue == logical);
    if name == "EventBusName" {
        return Some("default".to_owned());
    }
    if let Some(queue) = name.strip_suffix("Url").and_then(queue) {
        return Some(format!("https://sqs.{}.amazonaws.com/{}/{queue}", origin.region, origin.account));
    }
    let logical = name.strip_suffix("Arn")?;
    if steps::registry::find(logical).is_some() {
        return Some(origin.function_arn(logical));
    }
    if let Some(topic) = bindings.topics.keys().find(|topic| topic_placeholder(topic) == logical) {
        return Some(origin.topic_arn(topic));
    }
    queue(logical).map(|queue| origin.queue_arn(queue))
}

/// The logical name of a topic in placeholders: `order-completed` is `OrderCompletedTopic`.
fn topic_placeholder(topic: &str) -> String {
    let mut name = String::new();
    for word in topic.split(['-', '_', '.']).filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(letters.as_str());
    }
    if !name.ends_with("Topic") {
        name.push_str("Topic");
    }
    name
}

/// What two workflows both lay claim to.
fn clashes(workflows: &[Workflow]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut owners: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for workflow in workflows {
        let queues = workflow.bindings.queue_names().into_iter().map(|name| ("queue", "Queues", name.to_owned()));
        let alarms = workflow.bindings.alarms.keys().map(|name| ("alarm", "Alarms", name.clone()));
        let tables = workflow.bindings.tables.keys().map(|name| ("table", "Tables", name.clone()));
        for (noun, section, name) in queues.chain(alarms).chain(tables) {
            if let Some(other) = owners.insert((noun, name.clone()), &workflow.name) {
                let file = format!("{}/{TRIGGERS}", workflow.name);
                let message = format!("the {noun} {name} belongs to the workflow {other} already");
                findings.push(error(&file, &format!("/{section}/{name}"), message));
            }
        }
    }
    findings
}

fn from_diagnostic(file: &str, diagnostic: &asl::Diagnostic) -> Finding {
    Finding {
        file: file.to_owned(),
        pointer: diagnostic.location.clone().unwrap_or_default(),
        message: format!("{}: {}", diagnostic.code, diagnostic.message),
        is_error: diagnostic.severity == Severity::Error,
    }
}

fn error(file: &str, pointer: &str, message: String) -> Finding {
    Finding { file: file.to_owned(), pointer: pointer.to_owned(), message, is_error: true }
}
