//! The sections of `triggers.json`, one function each.

use super::model::{
    Api, Auth, Bindings, Consumer, Logs, Method, Pipe, PipeSource, Rule, Subscription, Table, Target, Topic,
};
use super::parameters;
use super::reader::{self, Reader};
use crate::alarm::{AlarmSpec, ComparisonOperator, Dimension, Statistic, TreatMissingData};
use crate::dynamodb::StreamViewType;
use crate::pattern::Pattern;
use crate::problem::{element, member};
use crate::queue::{QueueSpec, RedrivePolicy};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The name by which the workflow itself is a target.
pub(super) const WORKFLOW: &str = "workflow";
/// The name by which the event bus is a target.
pub(super) const EVENT_BUS: &str = "event-bus";

/// What is appended to a queue's name for its dead-letter queue when the redrive policy names none.
const DEAD_LETTERS: &str = "DeadLetters";

/// The retentions that CloudWatch Logs offers, in days (API reference, `PutRetentionPolicy`).
const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const HOUR_SECONDS: u32 = 3_600;
const DAY_SECONDS: u32 = 86_400;

/// Reads all sections; `None` when a problem was noted or a placeholder is still open.
pub(super) fn read<'v>(reader: &Reader<'v>, document: &'v Value) -> Option<Bindings> {
    let members = reader.object(
        document,
        "",
        &[
            "$schema",
            "Api",
            "Tables",
            "Pipe",
            "Rules",
            "Queues",
            "Topics",
            "Alarms",
            "Logs",
            "FollowUps",
            parameters::SECTION,
        ],
    )?;
    check_names(reader);
    let schema = members.optional("$schema", Reader::text);
    let api = members.or("Api", Vec::new(), apis);
    let tables = members.or("Tables", BTreeMap::new(), |reader, value, pointer| reader.named(value, pointer, table));
    let pipe = members.optional("Pipe", pipe);
    let rules = members.or("Rules", BTreeMap::new(), |reader, value, pointer| reader.named(value, pointer, rule));
    let queues = members.or("Queues", BTreeMap::new(), |reader, value, pointer| reader.named(value, pointer, queue));
    let topics = members.or("Topics", BTreeMap::new(), |reader, value, pointer| reader.named(value, pointer, topic));
    let alarms = members.or("Alarms", BTreeMap::new(), |reader, value, pointer| reader.named(value, pointer, alarm));
    let logs = members.optional("Logs", logs);
    let follow_ups = members.or("FollowUps", Vec::new(), follow_ups);
    schema?;
    let bindings = Bindings {
        api: api?,
        tables: tables?,
        pipe: pipe?,
        rules: rules?,
        queues: queues?,
        topics: topics?,
        alarms: alarms?,
        logs: logs?,
        follow_ups: follow_ups?,
    };
    check_pipe_source(reader, &bindings);
    check_dimensions(reader, &bindings);
    Some(bindings)
}

/// A name must mean one thing, for targets are written by name alone.
fn check_names(reader: &Reader<'_>) {
    for (section, names) in [("Queues", &reader.queues), ("Topics", &reader.topics)] {
        for name in names.iter().filter(|name| [WORKFLOW, EVENT_BUS].contains(name)) {
            reader.note(&member(&member("", section), name), "this name is taken; expected another");
        }
    }
    for name in reader.queues.intersection(&reader.topics) {
        reader.note(&member("/Topics", name), "a queue of this file has the same name; expected another");
    }
}

fn apis<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Vec<Api>> {
    let apis = match value {
        Value::Array(_) => reader.list(value, pointer, api)?,
        _ => vec![api(reader, value, pointer)?],
    };
    let mut seen = BTreeSet::new();
    for api in &apis {
        for method in &api.methods {
            if !seen.insert((&api.path, method)) {
                reader.note(&api.pointer, format!("{} {} is already taken", method.as_str(), api.path));
            }
        }
    }
    Some(apis)
}

fn api<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Api> {
    let members = reader.object(value, pointer, &["Name", "Stage", "Method", "Path", "Handler", "Auth"])?;
    let name = members.optional("Name", owned);
    let stage = members.optional("Stage", owned);
    let methods = members.required("Method", methods);
    let path = members.required("Path", |reader, value, pointer| {
        let path = reader.text(value, pointer)?;
        if is_path(path) {
            return Some(path.to_owned());
        }
        reader.expected(
            pointer,
            "a path such as /orders or /orders/{id}: it begins with a slash and has no empty segment",
            value,
        )
    });
    let handler = members.required("Handler", consumer);
    let auth = members.or("Auth", Auth::None, |reader, value, pointer| {
        let words = [("none", Auth::None), ("key", Auth::Key), ("jwt", Auth::Jwt)];
        reader.word(value, pointer, &words)
    });
    Some(Api {
        name: name?,
        stage: stage?,
        methods: methods?,
        path: path?,
        handler: handler?,
        auth: auth?,
        pointer: pointer.to_owned(),
    })
}

fn methods<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Vec<Method>> {
    let words = Method::ALL.map(|method| (method.as_str(), method));
    let method = |reader: &Reader<'v>, value: &'v Value, pointer: &str| reader.word(value, pointer, &words);
    if !value.is_array() {
        return Some(vec![method(reader, value, pointer)?]);
    }
    // A method that a parameter brings in twice is no mistake of the file.
    let methods: BTreeSet<Method> = reader.list(value, pointer, method)?.into_iter().collect();
    if methods.is_empty() {
        return reader.expected(pointer, "at least one method", value);
    }
    Some(methods.into_iter().collect())
}

fn is_path(path: &str) -> bool {
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "-._~".contains(character))
    };
    path == "/"
        || path.strip_prefix('/').is_some_and(|segments| {
            segments.split('/').all(|segment| {
                let variable = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                is_plain(variable.unwrap_or(segment))
            })
        })
}

fn table<'v>(reader: &Reader<'v>, _: &str, value: &'v Value, pointer: &str) -> Option<Table> {
    let members = reader.object(value, pointer, &["Key", "StreamViewType"])?;
    let key = members.required("Key", owned);
    let view = members.optional("StreamViewType", |reader, value, pointer| {
        let words = [
            ("KEYS_ONLY", StreamViewType::KeysOnly),
            ("NEW_IMAGE", StreamViewType::NewImage),
            ("OLD_IMAGE", StreamViewType::OldImage),
            ("NEW_AND_OLD_IMAGES", StreamViewType::NewAndOldImages),
        ];
        reader.word(value, pointer, &words)
    });
    Some(Table { key: key?, stream_view_type: view? })
}

fn pipe<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Pipe> {
    let members = reader.object(value, pointer, &["Source", "FilterCriteria", "BatchSize", "Enrichment", "Target"])?;
    let source = members.required("Source", |reader, value, pointer| {
        let name = reader.text(value, pointer)?;
        if reader.tables.contains(name) {
            Some(PipeSource::Stream(name.to_owned()))
        } else if reader.queues.contains(name) {
            Some(PipeSource::Queue(name.to_owned()))
        } else {
            reader.expected(pointer, "a table or queue of this file", value)
        }
    });
    let filters = members.or("FilterCriteria", Vec::new(), |reader, value, pointer| {
        reader.object(value, pointer, &["Filters"])?.required("Filters", |reader, value, pointer| {
            reader.list(value, pointer, |reader, value, pointer| {
                reader.object(value, pointer, &["Pattern"])?.required("Pattern", pattern)
            })
        })
    });
    let batch_size = members.or("BatchSize", 1, |reader, value, pointer| reader.whole(value, pointer, 1..=10_000));
    let enrichment = members.optional("Enrichment", owned);
    let target = members.required("Target", |reader, value, pointer| {
        if value == EVENT_BUS {
            return Some(Target::EventBus);
        }
        target(reader, value, pointer)
    });
    Some(Pipe { source: source?, filters: filters?, batch_size: batch_size?, enrichment: enrichment?, target: target? })
}

/// A pipe needs a stream to read, and a queue has one reader.
fn check_pipe_source(reader: &Reader<'_>, bindings: &Bindings) {
    match bindings.pipe.as_ref().map(|pipe| &pipe.source) {
        Some(PipeSource::Stream(table)) => {
            let view = bindings.tables.get(table).and_then(|table| table.stream_view_type);
            if view.is_none() {
                reader.note(
                    "/Pipe/Source",
                    format!("the table {table} has no StreamViewType, so there is no stream to read"),
                );
            }
        }
        Some(PipeSource::Queue(queue)) => {
            let consumer = bindings.queues.get(queue).and_then(|queue| queue.consumer.as_ref());
            if consumer.is_some() {
                reader.note("/Pipe/Source", format!("the queue {queue} already has a Consumer"));
            }
        }
        None => {}
    }
}

fn rule<'v>(reader: &Reader<'v>, _: &str, value: &'v Value, pointer: &str) -> Option<Rule> {
    let members = reader.object(value, pointer, &["EventPattern", "Targets"])?;
    let pattern = members.required("EventPattern", pattern);
    let targets = members.required("Targets", |reader, value, pointer| {
        let targets = reader.list(value, pointer, target)?;
        // AWS: up to five targets a rule.
        if (1..=5).contains(&targets.len()) {
            return Some(targets);
        }
        reader.note(pointer, "expected 1 to 5 targets");
        None
    });
    Some(Rule { pattern: pattern?, targets: targets? })
}

fn pattern(reader: &Reader<'_>, value: &Value, pointer: &str) -> Option<Pattern> {
    if !value.is_object() {
        return reader.expected(pointer, "an event pattern (an object)", value);
    }
    if reader.is_open_within(value) {
        return None;
    }
    Pattern::parse(value)
        .map_err(|error| {
            reader.note(
                &format!("{pointer}{}", error.pointer),
                format!("Event pattern is not valid. Reason: {}", error.message),
            );
        })
        .ok()
}

fn queue<'v>(reader: &Reader<'v>, name: &'v str, value: &'v Value, pointer: &str) -> Option<QueueSpec> {
    let members = reader.object(
        value,
        pointer,
        &["VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "RedrivePolicy", "Consumer"],
    )?;
    // Defaults and ranges: SQS API reference, `CreateQueue`.
    let visibility =
        members.or("VisibilityTimeout", 30, |reader, value, pointer| reader.whole(value, pointer, 0..=43_200));
    let retention = members
        .or("MessageRetentionPeriod", 345_600, |reader, value, pointer| reader.whole(value, pointer, 60..=1_209_600));
    let delay = members.or("DelaySeconds", 0, |reader, value, pointer| reader.whole(value, pointer, 0..=900));
    let redrive = members.optional("RedrivePolicy", |reader, value, pointer| redrive(reader, name, value, pointer));
    let consumer = members.optional("Consumer", consumer);
    Some(QueueSpec {
        visibility_timeout_seconds: visibility?,
        retention_seconds: retention?,
        delay_seconds: delay?,
        redrive: redrive?,
        consumer: consumer?,
    })
}

fn redrive<'v>(reader: &Reader<'v>, queue: &str, value: &'v Value, pointer: &str) -> Option<RedrivePolicy> {
    let members = reader.object(value, pointer, &["maxReceiveCount", "deadLetterTargetArn"])?;
    let count = members.required("maxReceiveCount", |reader, value, pointer| reader.whole(value, pointer, 1..=1_000));
    let named = members.optional("deadLetterTargetArn", |reader, value, pointer| {
        let name = reader.text(value, pointer)?;
        if reader.queues.contains(name) && name != queue {
            return Some(name.to_owned());
        }
        reader.expected(pointer, "another queue of this file", value)
    });
    Some(RedrivePolicy {
        max_receive_count: count?,
        dead_letter_queue: named?.unwrap_or_else(|| format!("{queue}{DEAD_LETTERS}")),
    })
}

fn topic<'v>(reader: &Reader<'v>, _: &str, value: &'v Value, pointer: &str) -> Option<Topic> {
    let members = reader.object(value, pointer, &["Subscriptions"])?;
    let subscriptions = members.or("Subscriptions", Vec::new(), |reader, value, pointer| {
        let read = reader.list(value, pointer, |reader, value, pointer| {
            // Filling in put `null` where an endpoint has no value.
            if value.is_null() && !reader.is_template() {
                return Some(None);
            }
            subscription(reader, value, pointer).map(Some)
        })?;
        Some(read.into_iter().flatten().collect())
    });
    Some(Topic { subscriptions: subscriptions? })
}

#[derive(Clone, Copy)]
enum Protocol {
    Email,
    Http,
    Https,
    Sqs,
}

fn subscription<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Subscription> {
    let members = reader.object(value, pointer, &["Protocol", "Endpoint"])?;
    let protocol = members.required("Protocol", |reader, value, pointer| {
        let words =
            [("email", Protocol::Email), ("http", Protocol::Http), ("https", Protocol::Https), ("sqs", Protocol::Sqs)];
        reader.word(value, pointer, &words)
    });
    let endpoint = members.required("Endpoint", Reader::text);
    let (protocol, endpoint) = (protocol?, endpoint?);
    let (good, expected) = match protocol {
        Protocol::Email => (is_mail_address(endpoint), "a mail address"),
        Protocol::Http => (is_url(endpoint, "http://"), "a URL that begins with http://"),
        Protocol::Https => (is_url(endpoint, "https://"), "a URL that begins with https://"),
        Protocol::Sqs => (reader.queues.contains(endpoint), "a queue of this file"),
    };
    if !good {
        reader.note(&member(pointer, "Endpoint"), format!("expected {expected}, found \"{endpoint}\""));
        return None;
    }
    let endpoint = endpoint.to_owned();
    Some(match protocol {
        Protocol::Email => Subscription::Email(endpoint),
        Protocol::Http | Protocol::Https => Subscription::Http(endpoint),
        Protocol::Sqs => Subscription::Queue(endpoint),
    })
}

fn is_mail_address(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.contains([' ', '@', '\r', '\n', ',']);
    text.split_once('@').is_some_and(|(local, domain)| is_part(local) && is_part(domain))
}

fn is_url(text: &str, scheme: &str) -> bool {
    text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(' '))
}

fn alarm<'v>(reader: &Reader<'v>, name: &'v str, value: &'v Value, pointer: &str) -> Option<AlarmSpec> {
    let members = reader.object(
        value,
        pointer,
        &[
            "AlarmDescription",
            "Namespace",
            "MetricName",
            "Dimensions",
            "Statistic",
            "ComparisonOperator",
            "Threshold",
            "Period",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "TreatMissingData",
            "AlarmActions",
            "OKActions",
            "InsufficientDataActions",
        ],
    )?;
    let description = members.optional("AlarmDescription", owned);
    let namespace = members.optional("Namespace", owned);
    let metric_name = members.required("MetricName", owned);
    let dimensions =
        members.or("Dimensions", Vec::new(), |reader, value, pointer| reader.list(value, pointer, dimension));
    let statistic = members.or("Statistic", Statistic::Maximum, |reader, value, pointer| {
        let words = Statistic::ALL.map(|statistic| (statistic.as_str(), statistic));
        reader.word(value, pointer, &words)
    });
    let comparison_operator = members.required("ComparisonOperator", |reader, value, pointer| {
        let words = ComparisonOperator::ALL.map(|operator| (operator.as_str(), operator));
        reader.word(value, pointer, &words)
    });
    let threshold = members.required("Threshold", Reader::number);
    let period = members.required("Period", |reader, value, pointer| {
        let period = reader.whole(value, pointer, 10..=DAY_SECONDS)?;
        if [10, 20, 30].contains(&period) || period.is_multiple_of(60) {
            return Some(period);
        }
        reader.expected(pointer, "10, 20, 30 or a multiple of 60 seconds", value)
    });
    let periods =
        members.required("EvaluationPeriods", |reader, value, pointer| reader.whole(value, pointer, 1..=DAY_SECONDS));
    let to_alarm =
        members.optional("DatapointsToAlarm", |reader, value, pointer| reader.whole(value, pointer, 1..=DAY_SECONDS));
    let treat = members.or("TreatMissingData", TreatMissingData::Missing, |reader, value, pointer| {
        let words = TreatMissingData::ALL.map(|treat| (treat.as_str(), treat));
        reader.word(value, pointer, &words)
    });
    let alarm_actions = members.or("AlarmActions", Vec::new(), actions);
    let ok_actions = members.or("OKActions", Vec::new(), actions);
    let silent_actions = members.or("InsufficientDataActions", Vec::new(), actions);
    let metric_name = metric_name?;
    let spec = AlarmSpec {
        name: name.to_owned(),
        description: description?,
        namespace: namespace?.unwrap_or_else(|| namespace_of(&metric_name).to_owned()),
        metric_name,
        dimensions: dimensions?,
        statistic: statistic?,
        comparison_operator: comparison_operator?,
        threshold: threshold?,
        period_seconds: period?,
        evaluation_periods: periods?,
        datapoints_to_alarm: to_alarm?,
        treat_missing_data: treat?,
        alarm_actions: alarm_actions?,
        ok_actions: ok_actions?,
        insufficient_data_actions: silent_actions?,
    };
    check_evaluation(reader, &spec, pointer);
    Some(spec)
}

/// What CloudWatch asks of period and counts together (API reference, `PutMetricAlarm`).
fn check_evaluation(reader: &Reader<'_>, spec: &AlarmSpec, pointer: &str) {
    if spec.datapoints_to_alarm() > spec.evaluation_periods {
        reader.note(
            &member(pointer, "DatapointsToAlarm"),
            format!("expected at most EvaluationPeriods ({})", spec.evaluation_periods),
        );
    }
    let (span_seconds, span) =
        if spec.period_seconds < HOUR_SECONDS { (DAY_SECONDS, "1 day") } else { (7 * DAY_SECONDS, "7 days") };
    if spec.period_seconds.saturating_mul(spec.evaluation_periods) > span_seconds {
        reader.note(
            &member(pointer, "EvaluationPeriods"),
            format!("expected EvaluationPeriods times Period to be at most {span}"),
        );
    }
}

/// The namespace in which AWS keeps a metric. `triggers.json` may leave it out where the name says it.
fn namespace_of(metric: &str) -> &'static str {
    if metric.starts_with("Approximate") || metric.starts_with("NumberOfMessages") {
        "AWS/SQS"
    } else if metric.starts_with("Execution") {
        "AWS/States"
    } else {
        "OrderFlow"
    }
}

fn dimension<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Dimension> {
    let members = reader.object(value, pointer, &["Name", "Value"])?;
    let name = members.required("Name", owned);
    let value = members.required("Value", owned);
    Some(Dimension { name: name?, value: value? })
}

/// An alarm on a queue that does not exist would never go off.
fn check_dimensions(reader: &Reader<'_>, bindings: &Bindings) {
    let queues = bindings.queue_names();
    for (name, alarm) in &bindings.alarms {
        let dimensions = member(&member("/Alarms", name), "Dimensions");
        for (index, dimension) in alarm.dimensions.iter().enumerate() {
            if dimension.name == "QueueName" && !queues.contains(&dimension.value.as_str()) {
                reader.note(
                    &member(&element(&dimensions, index), "Value"),
                    format!("\"{}\" is not a queue of this file", dimension.value),
                );
            }
        }
    }
}

fn actions<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Vec<Target>> {
    reader.list(value, pointer, |reader, value, pointer| match target(reader, value, pointer)? {
        good @ (Target::Topic(_) | Target::Step(_)) => Some(good),
        Target::Workflow | Target::EventBus | Target::Queue(_) => {
            reader.expected(pointer, "a topic of this file or a step", value)
        }
    })
}

fn target<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Target> {
    let name = reader.text(value, pointer)?;
    if name == EVENT_BUS {
        return reader.expected(pointer, "the workflow, a queue or topic of this file, or a step", value);
    }
    Some(if name == WORKFLOW {
        Target::Workflow
    } else if reader.queues.contains(name) {
        Target::Queue(name.to_owned())
    } else if reader.topics.contains(name) {
        Target::Topic(name.to_owned())
    } else {
        Target::Step(name.to_owned())
    })
}

fn consumer<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Consumer> {
    match target(reader, value, pointer)? {
        Target::Workflow => Some(Consumer::Workflow),
        Target::Step(name) => Some(Consumer::Step(name)),
        Target::EventBus | Target::Queue(_) | Target::Topic(_) => {
            reader.expected(pointer, "the workflow or a step", value)
        }
    }
}

fn owned<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<String> {
    reader.text(value, pointer).map(str::to_owned)
}

fn logs<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Logs> {
    let members = reader.object(value, pointer, &["RetentionInDays"])?;
    let days = members.required("RetentionInDays", |reader, value, pointer| {
        let days = reader.whole(value, pointer, 1..=u32::MAX)?;
        if RETENTION_DAYS.contains(&days) {
            return Some(days);
        }
        let offered = RETENTION_DAYS.map(|days| days.to_string()).join(", ");
        reader.expected(pointer, &format!("one of {offered}"), value)
    });
    Some(Logs { retention_days: days? })
}

fn follow_ups<'v>(reader: &Reader<'v>, value: &'v Value, pointer: &str) -> Option<Vec<String>> {
    let names = reader.list(value, pointer, |reader, value, pointer| match value.as_str() {
        Some(name) if reader::is_name(name) => Some(name.to_owned()),
        _ => reader.expected(pointer, "the name of a workflow", value),
    })?;
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            reader.note(&element(pointer, index), format!("{name} stands in the list already"));
        }
    }
    Some(names)
}
