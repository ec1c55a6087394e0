//! From the workflows' triggers to what the adapters and pumps need to know.

use std::collections::{BTreeMap, HashMap};

use local::{MailMode, StreamedTable, Subscription, Wiring};
use triggers::queue::RedrivePolicy;
use triggers::{Origin, QueueSpec, Target, document};
use workflows::Workflow;

use crate::config::Config;

/// A hop: a queue of our own between a pipe or rule and what it leads to. It gives every delivery the
/// retries, dead letters and redelivery that queues have.
pub mod hop {
    /// The queue of a workflow's pipe.
    pub fn of_pipe(workflow: &str) -> String {
        format!("{workflow}.pipe")
    }

    /// The queue of one target of a workflow's rule.
    pub fn of_rule(workflow: &str, rule: &str, target: &str) -> String {
        format!("{workflow}.{rule}.{target}")
    }

    /// Where a hop's messages go that cannot be delivered.
    pub fn dead_letters(hop: &str) -> String {
        format!("{hop}.DeadLetters")
    }
}

const HOP_VISIBILITY_SECONDS: u32 = 60;
const HOP_RETENTION_SECONDS: u32 = 14 * 24 * 3600;
/// Together with the growing pauses between them, an outage of some minutes is outlasted.
const HOP_RECEIVES: u32 = 12;

/// Puts together where changes lead to. An error names what in the configuration does not fit.
pub fn assemble(workflows: &[Workflow], config: &Config, origin: Origin) -> Result<Wiring, String> {
    let mut streams = HashMap::new();
    let mut topics: BTreeMap<String, Vec<Subscription>> = BTreeMap::new();
    let mut queues: BTreeMap<String, QueueSpec> = BTreeMap::new();
    for workflow in workflows {
        let bindings = &workflow.bindings;
        // A workflow's orders are the items of its one streamed table.
        if let Some((table, view)) =
            bindings.tables.iter().find_map(|(name, table)| table.stream_view_type.map(|view| (name, view)))
        {
            streams.insert(workflow.name.clone(), StreamedTable { table: table.clone(), view });
        }
        for (name, topic) in &bindings.topics {
            let listeners = topics.entry(name.clone()).or_default();
            for subscription in &topic.subscriptions {
                let (protocol, endpoint) = match subscription {
                    document::Subscription::Email(address) => ("email", address),
                    document::Subscription::Http(url) if url.starts_with("https:") => ("https", url),
                    document::Subscription::Http(url) => ("http", url),
                    document::Subscription::Queue(queue) => ("sqs", queue),
                };
                let subscription = Subscription::parse(protocol, endpoint)
                    .map_err(|error| format!("{}/triggers.json /Topics/{name}: {error}", workflow.name))?;
                listeners.push(subscription);
            }
        }
        for name in bindings.queue_names() {
            queues.insert(name.to_owned(), bindings.queues.get(name).cloned().unwrap_or_else(dead_letter_queue));
        }
        if bindings.pipe.is_some() {
            add_hop(&mut queues, hop::of_pipe(&workflow.name));
        }
        for (rule_name, rule) in &bindings.rules {
            for target in &rule.targets {
                add_hop(&mut queues, hop::of_rule(&workflow.name, rule_name, target.name()));
            }
        }
    }
    for (index, wanted) in config.subscriptions.iter().enumerate() {
        let place = format!("subscriptions.{index}");
        let subscription =
            Subscription::parse(&wanted.protocol, &wanted.endpoint).map_err(|error| format!("{place}.{error}"))?;
        let topic = topics.get_mut(&wanted.topic);
        topic.ok_or_else(|| format!("{place}.topic: there is no topic {}", wanted.topic))?.push(subscription);
    }
    for (topic, subscriptions) in &topics {
        for subscription in subscriptions {
            if let Subscription::Queue(queue) = subscription
                && !queues.contains_key(queue)
            {
                return Err(format!("the topic {topic} has a subscription to {queue}, and there is no such queue"));
            }
        }
    }
    let mail = if config.mail.smtp_url.is_some() { MailMode::Send } else { MailMode::Capture };
    Ok(Wiring { origin, streams, mail, topics, queues })
}

fn add_hop(queues: &mut BTreeMap<String, QueueSpec>, name: String) {
    let dead_letters = hop::dead_letters(&name);
    let redrive = RedrivePolicy { max_receive_count: HOP_RECEIVES, dead_letter_queue: dead_letters.clone() };
    queues.insert(dead_letters, dead_letter_queue());
    queues.insert(name, QueueSpec { redrive: Some(redrive), ..dead_letter_queue() });
}

fn dead_letter_queue() -> QueueSpec {
    QueueSpec {
        visibility_timeout_seconds: HOP_VISIBILITY_SECONDS,
        retention_seconds: HOP_RETENTION_SECONDS,
        delay_seconds: 0,
        redrive: None,
        consumer: None,
    }
}

/// A pipe or a rule's target is where a hop's messages go on to.
#[derive(Debug, Clone)]
pub struct Destination {
    pub workflow: String,
    pub target: Target,
}
