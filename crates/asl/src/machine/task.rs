//! Task states: what is asked of workers, and what their answers lead to.

use std::sync::Arc;

use serde_json::Value;

use super::flow::find;
use super::step::{MAX_DATA_BYTES, Outcome, Step, data_limit_exceeded};
use super::thread::{Activity, RunningTask, Thread};
use crate::definition::{Body, Limit, State, StateMachine, Task};
use crate::error::{self, Failure, Origin};
use crate::history::{HistoryKind, Integration};
use crate::number;
use crate::path::{Data, Path};
use crate::protocol::{Command, Stale, TaskId, TaskRequest, TimerId};

impl Step<'_> {
    /// Asks for the task to be run.
    pub(super) fn start_task(&mut self, thread: &mut Thread, state: &State, task: &Task) -> Result<Outcome, Failure> {
        let (input, timeout_seconds, heartbeat_seconds) = self.evaluate(thread, state, |data| {
            let input = task.flow.effective_input(&thread.input, data)?;
            let data = data.with_input(&input);
            let timeout = seconds(&task.timeout, "TimeoutSecondsPath", &data)?;
            let heartbeat = seconds(&task.heartbeat, "HeartbeatSecondsPath", &data)?;
            Ok((Arc::clone(&input), timeout, heartbeat))
        })?;
        let text = self.text_of(&input);
        self.record(
            thread,
            HistoryKind::TaskScheduled {
                integration: task.integration.clone(),
                resource_arn: task.resource.clone(),
                input: text,
                region: region(&self.execution.start.execution_arn),
                timeout_seconds,
                heartbeat_seconds,
            },
        );
        // A worker takes an activity when it wants to; anything else is started by being scheduled.
        if task.integration != Integration::Activity {
            let integration = task.integration.clone();
            self.record(thread, HistoryKind::TaskStarted { integration, worker_name: None });
        }
        let running = RunningTask {
            task: TaskId(self.next_id()),
            input: (!Arc::ptr_eq(&input, &thread.input)).then_some(input),
            timeout_seconds,
            heartbeat_seconds,
            timeout: None,
            heartbeat: None,
        };
        self.command(Command::RunTask(request(self.machine, thread, &running)));
        let timeout = timeout_seconds.map(|seconds| self.set_timer(self.after_seconds(seconds)));
        thread.activity = Activity::Task(RunningTask { timeout, ..running });
        Ok(Outcome::Blocked)
    }

    pub(super) fn task_started(&mut self, task: TaskId, worker_name: Option<String>) -> Result<(), Stale> {
        let (id, mut thread, mut running) = self.take_task(task)?;
        let integration = self.integration_of(&thread);
        if integration == Integration::Activity {
            self.record(&mut thread, HistoryKind::TaskStarted { integration, worker_name });
            self.restart_heartbeat(&mut running);
        }
        thread.activity = Activity::Task(running);
        self.execution.threads.insert(id, thread);
        Ok(())
    }

    pub(super) fn task_heartbeat(&mut self, task: TaskId) -> Result<(), Stale> {
        let (id, mut thread, mut running) = self.take_task(task)?;
        if running.heartbeat.is_some() {
            self.restart_heartbeat(&mut running);
        }
        thread.activity = Activity::Task(running);
        self.execution.threads.insert(id, thread);
        Ok(())
    }

    fn restart_heartbeat(&mut self, running: &mut RunningTask) {
        if let Some(timer) = running.heartbeat.take() {
            self.cancel_timer(timer.timer);
        }
        running.heartbeat = running.heartbeat_seconds.map(|seconds| self.set_timer(self.after_seconds(seconds)));
    }

    pub(super) fn task_succeeded(&mut self, task: TaskId, output: Value) -> Result<(), Stale> {
        let (id, mut thread, running) = self.take_task(task)?;
        self.cancel_timers(&running);
        let state = self.state_of(&thread);
        let integration = self.integration_of(&thread);
        let result = Arc::new(output);
        let text = self.text_of(&result);
        if text.len() > MAX_DATA_BYTES {
            let failure = data_limit_exceeded(resource_of(state));
            self.record(
                &mut thread,
                HistoryKind::TaskFailed { integration, error: failure.error.clone(), cause: failure.cause.clone() },
            );
            self.settle(id, thread, Err(failure));
            return Ok(());
        }
        self.record(&mut thread, HistoryKind::TaskSucceeded { integration, output: text });
        let outcome = self.evaluate(&thread, state, |data| {
            let output = match &state.body {
                Body::Task(task) => task.flow.output(&thread.input, result, data)?,
                _ => result,
            };
            Ok(Outcome::Exit { output, next: state.next })
        });
        self.settle(id, thread, outcome);
        Ok(())
    }

    pub(super) fn task_failed(&mut self, task: TaskId, error: String, cause: String) -> Result<(), Stale> {
        let (id, mut thread, running) = self.take_task(task)?;
        self.cancel_timers(&running);
        let error = Some(error);
        let cause = Some(cause).filter(|cause| !cause.is_empty());
        let integration = self.integration_of(&thread);
        self.record(&mut thread, HistoryKind::TaskFailed { integration, error: error.clone(), cause: cause.clone() });
        self.settle(id, thread, Err(Failure { error, cause, origin: Origin::State }));
        Ok(())
    }

    /// One of a task's two timers has fired.
    pub(super) fn task_timed_out(&mut self, id: u64, mut thread: Thread, running: &RunningTask, fired: TimerId) {
        self.command(Command::CancelTask(running.task));
        let is_heartbeat = running.heartbeat.is_some_and(|heartbeat| heartbeat.timer == fired);
        for timer in [running.timeout, running.heartbeat].into_iter().flatten() {
            if timer.timer != fired {
                self.cancel_timer(timer.timer);
            }
        }
        let error = Some(error::TIMEOUT.to_owned());
        let integration = self.integration_of(&thread);
        self.record(&mut thread, HistoryKind::TaskTimedOut { integration, error: error.clone(), cause: None });
        let origin = if is_heartbeat { Origin::Heartbeat } else { Origin::State };
        self.settle(id, thread, Err(Failure { error, cause: None, origin }));
    }

    fn take_task(&mut self, task: TaskId) -> Result<(u64, Thread, RunningTask), Stale> {
        let (id, mut thread) = self
            .take_thread(|activity| matches!(activity, Activity::Task(running) if running.task == task))
            .ok_or(Stale)?;
        match std::mem::replace(&mut thread.activity, Activity::Running) {
            Activity::Task(running) => Ok((id, thread, running)),
            _ => Err(Stale),
        }
    }

    fn cancel_timers(&mut self, running: &RunningTask) {
        for timer in [running.timeout, running.heartbeat].into_iter().flatten() {
            self.cancel_timer(timer.timer);
        }
    }

    fn integration_of(&self, thread: &Thread) -> Integration {
        match &self.state_of(thread).body {
            Body::Task(task) => task.integration.clone(),
            _ => Integration::Function,
        }
    }
}

/// The request for a task that is running in a thread.
pub(super) fn request(machine: &StateMachine, thread: &Thread, running: &RunningTask) -> TaskRequest {
    TaskRequest {
        task: running.task,
        key: thread.key(),
        state: thread.state.to_string(),
        resource: machine.find(&thread.state).map_or("", resource_of).to_owned(),
        input: Value::clone(running.input.as_ref().unwrap_or(&thread.input)),
        attempt: thread.retry_count() + 1,
        timeout_seconds: running.timeout_seconds,
        heartbeat_seconds: running.heartbeat_seconds,
    }
}

fn resource_of(state: &State) -> &str {
    match &state.body {
        Body::Task(task) => &task.resource,
        _ => &state.name,
    }
}

/// The fourth part of an ARN.
fn region(arn: &str) -> String {
    arn.split(':').nth(3).unwrap_or_default().to_owned()
}

fn seconds(limit: &Limit, field: &str, data: &Data<'_>) -> Result<Option<u64>, Failure> {
    match limit {
        Limit::None => Ok(None),
        Limit::Seconds(seconds) => Ok(Some(*seconds)),
        Limit::Path(path) => match integer_at(path, field, data)? {
            seconds @ 1.. => Ok(Some(seconds.unsigned_abs())),
            _ => Err(Failure::runtime(format!("The {field} field must refer to a positive integer: {}", path.text()))),
        },
    }
}

/// The integer that a field's path leads to.
pub(super) fn integer_at(path: &Path, field: &str, data: &Data<'_>) -> Result<i64, Failure> {
    let value = find(path, data)?;
    value.as_number().and_then(number::as_integer).ok_or_else(|| {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Failure::runtime(format!(
            "The {field} field refers to value \"{shown}\" which is not a valid integer: {}",
            path.text()
        ))
    })
}
