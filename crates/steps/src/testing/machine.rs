//! Runs the state machines of the workflows' folders against the shop in memory, in simulated time.

use asl::{Command, Event, HistoryKind, Moment, Start, StateMachine, Status, TaskRequest, TimerId, Transition};
use jiff::Timestamp;
use ports::{Change, StepError, TopicMessage};
use serde_json::{Value, json};

use super::{World, workflow_file};
use crate::failure_cause;

const FUNCTION: &str = "arn:aws:lambda:local:000000000000:function:";
const TOPIC: &str = "arn:aws:sns:local:000000000000:";

/// What became of an execution.
pub(crate) struct Run {
    /// How it ended.
    pub(crate) status: Status,
    /// The states it entered, in order.
    pub(crate) states: Vec<String>,
}

impl Run {
    /// The output of an execution that must have succeeded.
    pub(crate) fn output(&self) -> &Value {
        match &self.status {
            Status::Succeeded { output } => output,
            other => panic!("it ended otherwise: {other:?} after {:?}", self.states),
        }
    }

    /// Error and cause of an execution that must have failed.
    pub(crate) fn failure(&self) -> (&str, &str) {
        match &self.status {
            Status::Failed { error, cause } => {
                (error.as_deref().unwrap_or_default(), cause.as_deref().unwrap_or_default())
            }
            other => panic!("it ended otherwise: {other:?} after {:?}", self.states),
        }
    }
}

/// What a placeholder of a definition stands for: `…Arn` of a step or a topic.
fn resolve(placeholder: &str) -> Option<String> {
    let name = placeholder.strip_suffix("Arn")?;
    Some(if name.ends_with("Topic") { format!("{TOPIC}{name}") } else { format!("{FUNCTION}{name}") })
}

/// The state machine of a workflow's folder.
pub(crate) fn machine(workflow: &str) -> StateMachine {
    let text = workflow_file(workflow, "workflow.asl.json");
    let text = asl::placeholders::substitute(&text, resolve).unwrap_or_else(|wrong| panic!("{workflow}: {wrong:?}"));
    StateMachine::parse(&text).unwrap_or_else(|wrong| panic!("{workflow}: {wrong:?}"))
}

impl World {
    /// Runs an execution to its end. When nothing can be done, time goes on to the next timer.
    pub(crate) async fn execute(&self, workflow: &str, name: &str, input: Value) -> Run {
        let machine = machine(workflow);
        let start = Start {
            input,
            execution_arn: self.execution_arn(workflow, name),
            execution_name: name.to_owned(),
            role_arn: "arn:aws:iam::000000000000:role/orderflow".into(),
            state_machine_arn: format!("arn:aws:states:local:000000000000:stateMachine:{workflow}"),
            state_machine_name: workflow.to_owned(),
            start_time: self.now(),
        };
        let moment = || Moment { now: self.now(), random: 7 };
        let (mut execution, first) = asl::Execution::start(&machine, start, moment());
        let mut todo = Todo::default();
        todo.take(first);
        while execution.status().is_running() {
            let event = match todo.tasks.pop() {
                Some(task) => {
                    let outcome = self.task(&execution.started_with().execution_arn, &task).await;
                    match outcome {
                        Ok(output) => Event::TaskSucceeded { task: task.task, output },
                        Err(error) => Event::TaskFailed {
                            task: task.task,
                            error: error.name.as_str().to_owned(),
                            cause: failure_cause(&error),
                        },
                    }
                }
                None => {
                    let (timer, at) = todo.next_timer();
                    self.advance_to(at);
                    Event::TimerFired { timer }
                }
            };
            if let Ok(transition) = execution.apply(&machine, event, moment()) {
                todo.take(transition);
            }
        }
        Run { status: execution.status().clone(), states: todo.states }
    }

    /// Runs one task: a step, or a message to a topic. With lost answers, it runs twice.
    async fn task(&self, execution_arn: &str, task: &TaskRequest) -> Result<Value, StepError> {
        if task.resource == "arn:aws:states:::sns:publish" {
            let topic = task.input["TopicArn"].as_str().and_then(|arn| arn.strip_prefix(TOPIC)).expect("a topic");
            let message = match &task.input["Message"] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let publish = Change::Publish(TopicMessage {
                topic: topic.to_owned(),
                key: format!("{execution_arn}/{}", task.key),
                subject: task.input["Subject"].as_str().map(str::to_owned),
                message,
                at: self.now(),
            });
            self.apply(&[publish])?;
            return Ok(json!({ "MessageId": task.key }));
        }
        let step = task.resource.strip_prefix(FUNCTION).expect("a step");
        let is_first_lost = self.faults().first_answers_are_lost;
        if is_first_lost {
            // A step that fails is not run again by anybody: its error is its answer.
            self.run(step, task.input.clone()).await?;
        }
        let output = self.run(step, task.input.clone()).await?;
        match &mut self.faults().lost {
            Some((lost, count)) if *lost == step && *count > 0 => {
                *count -= 1;
                Err(StepError::unavailable("the answer was lost"))
            }
            _ => Ok(output),
        }
    }
}

/// What an execution waits for.
#[derive(Default)]
struct Todo {
    tasks: Vec<TaskRequest>,
    timers: Vec<(TimerId, Timestamp)>,
    states: Vec<String>,
}

impl Todo {
    fn take(&mut self, transition: Transition) {
        for command in transition.commands {
            match command {
                Command::RunTask(task) => self.tasks.push(task),
                Command::SetTimer { timer, at } => self.timers.push((timer, at)),
                Command::CancelTask(task) => self.tasks.retain(|waiting| waiting.task != task),
                Command::CancelTimer(timer) => self.timers.retain(|(waiting, _)| *waiting != timer),
            }
        }
        for event in transition.history {
            if let HistoryKind::StateEntered { name, .. } = event.kind {
                self.states.push(name.to_string());
            }
        }
    }

    fn next_timer(&mut self) -> (TimerId, Timestamp) {
        let next = (0..self.timers.len()).min_by_key(|index| self.timers[*index].1);
        self.timers.remove(next.expect("a running execution waits for something"))
    }
}
