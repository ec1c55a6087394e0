//! A resolved `triggers.json`: what a runtime wires up.

use crate::alarm::AlarmSpec;
use crate::dynamodb::StreamViewType;
use crate::origin::Origin;
use crate::pattern::Pattern;
use crate::problem::{Problem, element, member};
use crate::queue::QueueSpec;
use serde_json::Value;
use std::collections::BTreeMap;

/// All that starts a workflow and all that follows it.
#[derive(Debug, Clone)]
pub struct Bindings {
    /// HTTP intakes; none for a workflow that is only started otherwise.
    pub api: Vec<Api>,
    /// Tables by name.
    pub tables: BTreeMap<String, Table>,
    /// From a table's stream or a queue to a target.
    pub pipe: Option<Pipe>,
    /// Rules of the event bus, by name.
    pub rules: BTreeMap<String, Rule>,
    /// Queues by name, without the dead-letter queues that only a redrive policy implies.
    pub queues: BTreeMap<String, QueueSpec>,
    /// Topics by name.
    pub topics: BTreeMap<String, Topic>,
    /// Alarms by name.
    pub alarms: BTreeMap<String, AlarmSpec>,
    /// How long logs are kept; for ever when absent.
    pub logs: Option<Logs>,
    /// Workflows by name that begin once this one has brought an order to its end, and are deployed with it.
    pub follow_ups: Vec<String>,
}

/// An HTTP intake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Name of the API on AWS.
    pub name: Option<String>,
    /// Stage of the API on AWS.
    pub stage: Option<String>,
    /// Which methods it answers; at least one.
    pub methods: Vec<Method>,
    /// Path below the workflow's own, beginning with a slash.
    pub path: String,
    /// What a request is handed to.
    pub handler: Consumer,
    /// Who may call.
    pub auth: Auth,
    /// Where it stands in the file: a lone intake may be written without a list.
    pub(super) pointer: String,
}

/// An HTTP method that an intake may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The method as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may call an intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// Anyone.
    #[default]
    None,
    /// Whoever has an API key.
    Key,
    /// Whoever has a token of the identity provider.
    Jwt,
}

/// Who takes what one intake or queue gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumer {
    /// The workflow itself: each message starts an execution.
    Workflow,
    /// A step, by name.
    Step(String),
}

/// A table whose changes matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name of the key attribute.
    pub key: String,
    /// What its stream carries; `None` for a table without a stream.
    pub stream_view_type: Option<StreamViewType>,
}

/// Where a pipe takes its records from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipeSource {
    /// The stream of a table, by the table's name.
    Stream(String),
    /// A queue, by name.
    Queue(String),
}

/// An EventBridge pipe: from a source, filtered and enriched, to a target.
#[derive(Debug, Clone)]
pub struct Pipe {
    /// Where the records come from.
    pub source: PipeSource,
    /// A record passes when one of these matches; all pass when there are none.
    pub filters: Vec<Pattern>,
    /// At most so many records are handed on together.
    pub batch_size: u32,
    /// A step that turns the batch into what the target gets.
    pub enrichment: Option<String>,
    /// Where the result goes.
    pub target: Target,
}

impl Pipe {
    /// Whether a record passes the filters.
    pub fn passes(&self, record: &Value) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(record))
    }
}

/// A rule of the event bus.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Which events it takes.
    pub pattern: Pattern,
    /// Who gets them; at least one.
    pub targets: Vec<Target>,
}

/// Who gets an event, a batch or an alarm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The workflow itself: an execution is started.
    Workflow,
    /// The event bus; written `event-bus`, for pipes only.
    EventBus,
    /// A queue of this file.
    Queue(String),
    /// A topic of this file.
    Topic(String),
    /// A step.
    Step(String),
}

impl Target {
    /// Its name as `triggers.json` writes it.
    pub fn name(&self) -> &str {
        match self {
            Self::Workflow => super::sections::WORKFLOW,
            Self::EventBus => super::sections::EVENT_BUS,
            Self::Queue(name) | Self::Topic(name) | Self::Step(name) => name,
        }
    }

    /// Its ARN; `workflow` is the name of the state machine.
    pub fn arn(&self, origin: &Origin, workflow: &str) -> String {
        match self {
            Self::Workflow => origin.state_machine_arn(workflow),
            Self::EventBus => origin.event_bus_arn(),
            Self::Queue(name) => origin.queue_arn(name),
            Self::Topic(name) => origin.topic_arn(name),
            Self::Step(name) => origin.function_arn(name),
        }
    }
}

/// A topic and who listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Who listens; may be nobody.
    pub subscriptions: Vec<Subscription>,
}

/// One listener of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// A mail address.
    Email(String),
    /// A web hook: an `http` or `https` URL.
    Http(String),
    /// A queue of this file.
    Queue(String),
}

/// How logs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logs {
    /// In days.
    pub retention_days: u32,
}

impl Bindings {
    /// Every name taken for a step, with the JSON pointer to where it stands.
    pub fn steps(&self) -> Vec<(String, &str)> {
        let mut steps = Vec::new();
        for api in &self.api {
            if let Consumer::Step(name) = &api.handler {
                steps.push((member(&api.pointer, "Handler"), name.as_str()));
            }
        }
        if let Some(pipe) = &self.pipe {
            if let Some(name) = &pipe.enrichment {
                steps.push(("/Pipe/Enrichment".to_owned(), name));
            }
            if let Target::Step(name) = &pipe.target {
                steps.push(("/Pipe/Target".to_owned(), name));
            }
        }
        for (rule_name, rule) in &self.rules {
            let pointer = member(&member("/Rules", rule_name), "Targets");
            push_targets(&mut steps, &pointer, &rule.targets);
        }
        for (queue_name, queue) in &self.queues {
            if let Some(Consumer::Step(name)) = &queue.consumer {
                steps.push((member(&member("/Queues", queue_name), "Consumer"), name));
            }
        }
        for (alarm_name, alarm) in &self.alarms {
            let pointer = member("/Alarms", alarm_name);
            for (key, targets) in [
                ("AlarmActions", &alarm.alarm_actions),
                ("OKActions", &alarm.ok_actions),
                ("InsufficientDataActions", &alarm.insufficient_data_actions),
            ] {
                push_targets(&mut steps, &member(&pointer, key), targets);
            }
        }
        steps
    }

    /// A problem for every name that is neither something in the file nor a step, as `is_step` knows them.
    pub fn check_steps(&self, is_step: impl Fn(&str) -> bool) -> Vec<Problem> {
        self.steps()
            .into_iter()
            .filter(|(_, name)| !is_step(name))
            .map(|(pointer, name)| {
                Problem::new(pointer, format!("\"{name}\" is neither a step nor a queue or topic of this file"))
            })
            .collect()
    }

    /// All queues by name, those included that only a redrive policy implies.
    pub fn queue_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .queues
            .iter()
            .flat_map(|(name, queue)| {
                let dead_letters = queue.redrive.as_ref().map(|redrive| redrive.dead_letter_queue.as_str());
                [Some(name.as_str()), dead_letters]
            })
            .flatten()
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn push_targets<'a>(steps: &mut Vec<(String, &'a str)>, pointer: &str, targets: &'a [Target]) {
    for (index, target) in targets.iter().enumerate() {
        if let Target::Step(name) = target {
            steps.push((element(pointer, index), name));
        }
    }
}
