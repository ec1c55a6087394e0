//! Alarms: measures what they look at, judges them, tells their topics of each change once.

use async_trait::async_trait;
use engine::{ExecutionStatus, ListFilter};
use jiff::Timestamp;
use local::rollups::{self, Measure};
use local::{ApplyError, alarms, queues};
use ports::{Change, Result, StepError, TopicMessage};
use serde_json::Value;
use store::{Store, WriteError};
use triggers::{Alarm, AlarmSpec, AlarmState, Datapoint, Origin, Target, Transition};
use workflows::Workflow;

use super::{Pump, Surroundings};

/// How many of a workflow's latest failures are looked at: more breach any threshold just as well.
const FAILURES: u32 = 500;

/// All alarms of all workflows.
pub struct Alarms {
    around: Surroundings,
    watched: Vec<Watched>,
}

struct Watched {
    workflow: String,
    alarm: Alarm,
    metric: Metric,
}

/// The metrics that are measured here, by the names that CloudWatch gives them.
enum Metric {
    /// `AWS/SQS ApproximateNumberOfMessagesVisible` of a queue.
    VisibleMessages { queue: String },
    /// `AWS/States ExecutionsFailed` of the workflow.
    ExecutionsFailed,
}

impl Metric {
    fn of(spec: &AlarmSpec, workflow: &Workflow) -> std::result::Result<Metric, String> {
        let dimension =
            |name: &str| spec.dimensions.iter().find(|dimension| dimension.name == name).map(|d| d.value.clone());
        match spec.metric_name.as_str() {
            "ApproximateNumberOfMessagesVisible" => {
                let only_queue = || match workflow.bindings.queues.keys().collect::<Vec<_>>()[..] {
                    [only] => Some(only.clone()),
                    _ => None,
                };
                let queue = dimension("QueueName").or_else(only_queue);
                let queue = queue.ok_or("expected the dimension QueueName: the workflow has several queues")?;
                if !workflow.bindings.queue_names().contains(&queue.as_str()) {
                    return Err(format!("the workflow has no queue {queue}"));
                }
                Ok(Metric::VisibleMessages { queue })
            }
            "ExecutionsFailed" => Ok(Metric::ExecutionsFailed),
            other => Err(format!(
                "{other} is not measured here: expected ApproximateNumberOfMessagesVisible or ExecutionsFailed"
            )),
        }
    }
}

impl Watched {
    /// What the minute that is going on comes to so far, for charts.
    #[allow(clippy::cast_possible_truncation, reason = "both metrics are counts")]
    fn value(&self, datapoints: &[Datapoint], now: Timestamp) -> i64 {
        let minute = now.as_second().div_euclid(60);
        let of_minute = datapoints.iter().filter(|point| point.at.as_second().div_euclid(60) == minute);
        match self.metric {
            Metric::VisibleMessages { .. } => of_minute.map(|point| point.maximum).fold(0.0, f64::max) as i64,
            Metric::ExecutionsFailed => of_minute.map(|point| point.sum).sum::<f64>() as i64,
        }
    }
}

impl Alarms {
    /// Makes the declared alarms known; each goes on in the state it was found in. An error names the
    /// alarm that cannot be judged here.
    pub async fn open(workflows: &[Workflow], around: &Surroundings) -> std::result::Result<Alarms, String> {
        let mut watched = Vec::new();
        for workflow in workflows {
            for (name, spec) in &workflow.bindings.alarms {
                let metric = Metric::of(spec, workflow)
                    .map_err(|message| format!("{}/triggers.json /Alarms/{name}: {message}", workflow.name))?;
                let state = declare(&around.home.store, spec, &workflow.name, &around.home.wiring.origin).await?;
                watched.push(Watched {
                    workflow: workflow.name.clone(),
                    alarm: Alarm::in_state(spec.clone(), state),
                    metric,
                });
            }
        }
        let names: Vec<String> = watched.iter().map(|watched| watched.alarm.spec().name.clone()).collect();
        let forget = around.home.store.write(move |transaction| {
            alarms::keep_only(transaction, &names.iter().map(String::as_str).collect::<Vec<_>>())
        });
        forget.await.map_err(|error: WriteError<rusqlite::Error>| format!("the alarms cannot be kept: {error}"))?;
        Ok(Alarms { around: around.clone(), watched })
    }

    /// Takes a sample of every queue that an alarm looks at.
    async fn measure(&self, now: Timestamp) -> Result<()> {
        let queues: Vec<String> = self
            .watched
            .iter()
            .filter_map(|watched| match &watched.metric {
                Metric::VisibleMessages { queue } => Some(queue.clone()),
                Metric::ExecutionsFailed => None,
            })
            .collect();
        let measured = self.around.home.store.write(move |transaction| {
            for queue in &queues {
                let depth = queues::depth(transaction, queue, now)?;
                alarms::record(transaction, &depth_series(queue), Datapoint::sample(now, depth.visible as f64))?;
            }
            Ok::<_, rusqlite::Error>(())
        });
        measured.await.map_err(StepError::unavailable)
    }

    async fn datapoints(&self, watched: &Watched, now: Timestamp) -> Result<Vec<Datapoint>> {
        let since = watched.alarm.needs_since(now);
        match &watched.metric {
            Metric::VisibleMessages { queue } => {
                let series = depth_series(queue);
                let read =
                    self.around.home.store.read_blocking(move |connection| alarms::points(connection, &series, since));
                read.map_err(StepError::unavailable)
            }
            Metric::ExecutionsFailed => {
                let filter = ListFilter {
                    state_machine_name: Some(watched.workflow.clone()),
                    status: Some(ExecutionStatus::Failed),
                };
                let failed =
                    self.around.home.engine().list(filter, None, FAILURES).await.map_err(StepError::unavailable)?;
                let ended = failed.executions.into_iter().filter_map(|execution| execution.stopped_at);
                Ok(ended.filter(|at| *at >= since).map(|at| Datapoint::sample(at, 1.0)).collect())
            }
        }
    }
}

#[async_trait]
impl Pump for Alarms {
    fn name(&self) -> String {
        "alarms".to_owned()
    }

    async fn turn(&mut self) -> Result<bool> {
        let now = self.around.clock.now();
        self.measure(now).await?;
        let mut judged = Vec::new();
        for index in 0..self.watched.len() {
            let datapoints = self.datapoints(&self.watched[index], now).await?;
            judged.push((self.watched[index].alarm.spec().name.clone(), self.watched[index].value(&datapoints, now)));
            let watched = &mut self.watched[index];
            let before = watched.alarm.clone();
            if let Some(transition) = watched.alarm.evaluate(&datapoints, now)
                && let Err(error) = tell(&self.around, &watched.workflow, watched.alarm.spec(), transition).await
            {
                // Not written down, so not so: it is judged again.
                watched.alarm = before;
                return Err(error);
            }
        }
        let noted = self.around.home.store.write(move |transaction| {
            for (alarm, value) in &judged {
                rollups::raise(transaction, now, Measure::AlarmValue { alarm }, *value)?;
            }
            Ok::<_, rusqlite::Error>(())
        });
        noted.await.map_err(StepError::unavailable)?;
        Ok(false)
    }
}

/// Writes a change of state down together with its notifications.
async fn tell(around: &Surroundings, workflow: &str, spec: &AlarmSpec, transition: Transition) -> Result<()> {
    let origin = &around.home.wiring.origin;
    let state = transition.new_state;
    match state {
        AlarmState::Alarm => tracing::warn!(alarm = spec.name, reason = transition.reason, "an alarm is raised"),
        _ => tracing::info!(alarm = spec.name, state = state.as_str(), "an alarm changed its state"),
    }
    let notification = transition.notification(spec, origin, workflow);
    let mut changes = Vec::new();
    for action in spec.actions(transition.new_state) {
        match action {
            Target::Topic(topic) => changes.push(Change::Publish(TopicMessage {
                topic: topic.clone(),
                key: format!("{}/{}", spec.name, transition.at),
                subject: Some(transition.subject(spec, origin)),
                message: notification.to_string(),
                at: transition.at,
            })),
            Target::Step(step) => changes.extend(around.handlers.decide(step, notification.clone()).await?.1),
            Target::Workflow | Target::EventBus | Target::Queue(_) => {
                tracing::error!(alarm = spec.name, action = action.name(), "an alarm tells topics and steps only");
            }
        }
    }
    let name = spec.name.clone();
    let written = around.home.commit(changes, move |transaction| {
        alarms::transition(transaction, &name, &transition).map(drop).map_err(ApplyError::from)
    });
    written.await
}

async fn declare(
    store: &Store,
    spec: &AlarmSpec,
    workflow: &str,
    origin: &Origin,
) -> std::result::Result<AlarmState, String> {
    let initial = Transition {
        old_state: AlarmState::InsufficientData,
        new_state: AlarmState::InsufficientData,
        reason: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    // The rule stands in an alarm's own notification, in CloudWatch's words.
    let rule: Value = initial.notification(spec, origin, workflow)["Trigger"].clone();
    let name = spec.name.clone();
    let declared = store.write(move |transaction| alarms::declare(transaction, &name, &rule));
    declared.await.map_err(|error: WriteError<rusqlite::Error>| format!("the alarms cannot be kept: {error}"))
}

fn depth_series(queue: &str) -> String {
    format!("AWS/SQS ApproximateNumberOfMessagesVisible QueueName={queue}")
}
