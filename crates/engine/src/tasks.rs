//! Running one task through the handler.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use asl::{Event, TaskRequest};
use futures::FutureExt;
use futures::future::{AbortHandle, Abortable};

use crate::engine::Inner;
use crate::handler::{Task, TaskError, TaskSuccess, UNKNOWN_ERROR};
use crate::live::{Incoming, Live};

impl Inner {
    /// Runs a task on its own and delivers its answer. It can be cancelled until it has answered,
    /// never while the answer is being committed.
    pub(crate) fn run_task(self: &Arc<Self>, live: &Arc<Live>, request: TaskRequest) {
        let (abort, registration) = AbortHandle::new_pair();
        live.add_task(request.task, abort);
        let guard = self.in_flight.enter();
        let engine = self.clone();
        let live = live.clone();
        tokio::spawn(async move {
            let task_id = request.task;
            let answered = Abortable::new(engine.answer(&live, request), registration).await;
            // Neither a cancelled task nor one that found the engine ending has anything to say.
            if let Ok(Some(answer)) = answered {
                let incoming = match answer {
                    Ok(TaskSuccess { output, effect }) => {
                        Incoming { event: Event::TaskSucceeded { task: task_id, output }, effect }
                    }
                    Err(TaskError { error, cause }) => {
                        Incoming { event: Event::TaskFailed { task: task_id, error, cause }, effect: None }
                    }
                };
                if live.deliver(incoming) {
                    engine.drive(&live).await;
                }
            }
            drop(guard);
        });
    }

    /// What the handler says to a task; `None` when the engine ends before its turn comes.
    async fn answer(&self, live: &Live, request: TaskRequest) -> Option<Result<TaskSuccess, TaskError>> {
        let _permit = self.permits.acquire().await.ok()?;
        let started = Instant::now();
        let state = request.state.clone();
        let task = Task {
            execution_arn: live.arn.clone(),
            execution_name: live.name.clone(),
            state_machine_name: live.state_machine_name.clone(),
            key: request.key,
            state: request.state,
            resource: request.resource,
            input: request.input,
            attempt: request.attempt,
            timeout_seconds: request.timeout_seconds,
            heartbeat_seconds: request.heartbeat_seconds,
        };
        // What a handler has broken by panicking is its own; the engine shares nothing with it.
        let handled = AssertUnwindSafe(async { self.handler.run(task).await }).catch_unwind().await;
        let answer = handled.unwrap_or_else(|panic| {
            let message = panic_message(&*panic);
            tracing::error!(execution_arn = %live.arn, state, "the handler of {state} panicked: {message}");
            Err(TaskError::new(UNKNOWN_ERROR, format!("the step panicked: {message}")))
        });
        let outcome = if answer.is_ok() { "succeeded" } else { "failed" };
        metrics::histogram!("engine_task_seconds", "state_machine" => live.state_machine_name.to_string(), "state" => state, "outcome" => outcome)
            .record(started.elapsed().as_secs_f64());
        Some(answer)
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text")
}
