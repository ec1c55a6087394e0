//! Parallel and Map states: the threads they start, and what comes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::flow::find;
use super::step::{Outcome, Step};
use super::task::integer_at;
use super::thread::{Activity, Parent, RunningMap, RunningParallel, Thread};
use crate::definition::{Body, Count, Map, Parallel, Percentage, State, StateRef, Tolerance};
use crate::error::{self, Failure, Origin};
use crate::history::{HistoryKind, StateKind};
use crate::path::Data;

/// The most iterations of an inline Map that run at a time, also when it asks for more: AWS's limit.
const MAX_CONCURRENT_ITERATIONS: usize = 40;

impl Step<'_> {
    /// Starts all branches.
    pub(super) fn start_parallel(
        &mut self,
        id: u64,
        thread: &mut Thread,
        state: &State,
        parallel: &Parallel,
    ) -> Result<Outcome, Failure> {
        let input = self.evaluate(thread, state, |data| parallel.flow.effective_input(&thread.input, data))?;
        self.record(thread, HistoryKind::StateStarted { kind: StateKind::Parallel, length: None });
        let key = thread.key();
        for (index, start) in parallel.branches.iter().enumerate() {
            let parent = Parent { thread: id, index };
            let prefix = format!("{key}/{index}/");
            self.begin_branch(parent, *start, Arc::clone(&input), thread.last_event, prefix);
        }
        thread.activity =
            Activity::Parallel(RunningParallel { results: BTreeMap::new(), branches: parallel.branches.len() });
        Ok(Outcome::Blocked)
    }

    /// Starts as many iterations as may run at a time.
    pub(super) fn start_map(
        &mut self,
        id: u64,
        thread: &mut Thread,
        state: &State,
        map: &Map,
    ) -> Result<Outcome, Failure> {
        let (input, items, concurrency, tolerated) = self.evaluate(thread, state, |data| {
            let input = map.flow.effective_input(&thread.input, data)?;
            let data = data.with_input(&input);
            let concurrency = concurrency(&map.max_concurrency, &data)?;
            let items = items(map, &data)?;
            let tolerated = tolerated(&map.tolerance, items.len(), &data)?;
            Ok((Arc::clone(&input), items, concurrency, tolerated))
        })?;
        let length = Some(items.len() as u64);
        self.record(thread, HistoryKind::StateStarted { kind: StateKind::Map, length });
        let mut running = RunningMap {
            items,
            input: map.item_selector.is_some().then_some(input),
            started: 0,
            failed: 0,
            tolerated,
            results: BTreeMap::new(),
        };
        if running.items.is_empty() {
            return self.map_succeeded(thread, state, running);
        }
        while running.started < running.items.len().min(concurrency) {
            let previous = thread.last_event;
            if let Err(failure) = self.start_iteration(id, thread, state, map, &mut running, previous) {
                self.stop_children(id, thread, state, previous, &failure);
                return Err(failure);
            }
        }
        thread.activity = Activity::Map(running);
        Ok(Outcome::Blocked)
    }

    /// Starts the next iteration, after the event `previous`.
    fn start_iteration(
        &mut self,
        id: u64,
        thread: &Thread,
        state: &State,
        map: &Map,
        running: &mut RunningMap,
        previous: u64,
    ) -> Result<(), Failure> {
        let index = running.started;
        let item = &running.items[index];
        let input = match (&map.item_selector, &running.input) {
            (Some(selector), Some(input)) => {
                let selected = self.evaluate_with_item(thread, state, Some((index, item)), |data| {
                    Ok(Arc::new(selector.evaluate(&data.with_input(input))?))
                });
                selected?
            }
            _ => Arc::new(item.clone()),
        };
        running.started += 1;
        let name = Arc::clone(&state.name);
        let event = HistoryKind::MapIterationStarted { name, index: index as u64 };
        let event = self.emit(previous, event);
        let prefix = format!("{}[{index}]/", thread.key());
        self.begin_branch(Parent { thread: id, index }, map.start, input, event, prefix);
        Ok(())
    }

    fn begin_branch(&mut self, parent: Parent, start: StateRef, input: Arc<Value>, last_event: u64, prefix: String) {
        let id = self.next_id();
        self.begin(
            id,
            Thread {
                parent: Some(parent),
                state: Arc::clone(&self.machine.state(start).name),
                input,
                entered_event: 0,
                entered_at: self.now,
                last_event,
                retries: Vec::new(),
                prefix,
                visits: BTreeMap::new(),
                activity: Activity::Running,
            },
        );
    }

    /// A branch or iteration has come to its end.
    pub(super) fn join(&mut self, parent: Parent, child: &Thread, output: Arc<Value>) {
        let Some(mut thread) = self.execution.threads.remove(&parent.thread) else {
            return;
        };
        let state = self.state_of(&thread);
        match std::mem::replace(&mut thread.activity, Activity::Running) {
            Activity::Map(mut running) => {
                let name = Arc::clone(&state.name);
                let event = HistoryKind::MapIterationSucceeded { name, index: parent.index as u64 };
                let event = self.emit(child.last_event, event);
                running.results.insert(parent.index, output);
                self.iteration_ended(parent.thread, thread, running, child.last_event, event);
            }
            Activity::Parallel(mut running) => {
                running.results.insert(parent.index, output);
                if running.results.len() < running.branches {
                    thread.activity = Activity::Parallel(running);
                    self.execution.threads.insert(parent.thread, thread);
                    return;
                }
                thread.last_event = child.last_event;
                self.emit(thread.last_event, HistoryKind::StateSucceeded { kind: StateKind::Parallel });
                let outcome = self.collect(&thread, state, running.results);
                self.settle(parent.thread, thread, outcome);
            }
            other => {
                thread.activity = other;
                self.execution.threads.insert(parent.thread, thread);
            }
        }
    }

    /// Goes on with a Map one of whose iterations has ended: with its last event `last` and the event
    /// of its end `end`.
    fn iteration_ended(&mut self, id: u64, mut thread: Thread, mut running: RunningMap, last: u64, end: u64) {
        let state = self.state_of(&thread);
        let Body::Map(map) = &state.body else {
            return;
        };
        if running.started < running.items.len() {
            let started = self.start_iteration(id, &thread, state, map, &mut running, last);
            if let Err(failure) = started {
                self.stop_children(id, &mut thread, state, last, &failure);
                return self.settle(id, thread, Err(failure));
            }
        }
        if running.results.len() + running.failed < running.items.len() {
            thread.activity = Activity::Map(running);
            self.execution.threads.insert(id, thread);
            return;
        }
        thread.last_event = end;
        let outcome = self.map_succeeded(&mut thread, state, running);
        self.settle(id, thread, outcome);
    }

    fn map_succeeded(&mut self, thread: &mut Thread, state: &State, running: RunningMap) -> Result<Outcome, Failure> {
        // The state's exit follows the same event as this one: AWS leaves it out of the chain.
        self.emit(thread.last_event, HistoryKind::StateSucceeded { kind: StateKind::Map });
        self.collect(thread, state, running.results)
    }

    /// The output of a Parallel or Map state for the results of its threads.
    fn collect(
        &self,
        thread: &Thread,
        state: &State,
        results: BTreeMap<usize, Arc<Value>>,
    ) -> Result<Outcome, Failure> {
        let results: Vec<Value> = results.into_values().map(Arc::unwrap_or_clone).collect();
        let result = Arc::new(Value::Array(results));
        self.evaluate(thread, state, |data| {
            let output = match &state.body {
                Body::Parallel(parallel) => parallel.flow.output(&thread.input, result, data)?,
                Body::Map(map) => map.flow.output(&thread.input, result, data)?,
                _ => result,
            };
            Ok(Outcome::Exit { output, next: state.next })
        })
    }

    /// A branch or iteration has failed, and with it, if that is not tolerated, what it is part of.
    pub(super) fn branch_failed(&mut self, parent: Parent, child: &Thread, failure: Failure) {
        let Some(mut thread) = self.execution.threads.remove(&parent.thread) else {
            return;
        };
        let state = self.state_of(&thread);
        let previous = child.last_event;
        let mut failure = Failure { origin: Origin::Branch, ..failure };
        if let Activity::Map(mut running) = std::mem::replace(&mut thread.activity, Activity::Running) {
            let name = Arc::clone(&state.name);
            let event = HistoryKind::MapIterationFailed { name, index: parent.index as u64 };
            let event = self.emit(previous, event);
            running.failed += 1;
            match running.tolerated {
                Some(tolerated) if running.failed <= tolerated => {
                    self.tolerated();
                    return self.iteration_ended(parent.thread, thread, running, previous, event);
                }
                Some(_) => {
                    let cause = "The specified tolerated failure threshold was exceeded";
                    failure = Failure::new(error::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause);
                }
                None => {}
            }
        }
        self.stop_children(parent.thread, &mut thread, state, previous, &failure);
        self.settle(parent.thread, thread, Err(failure));
    }

    /// Stops the branches or iterations of a state that fails because of the event `previous`.
    fn stop_children(&mut self, id: u64, thread: &mut Thread, state: &State, previous: u64, failure: &Failure) {
        // A terminal failure ends the whole execution, and AWS then records nothing but that.
        if failure.is_terminal() {
            return;
        }
        let kind = state.body.kind();
        self.abort_children(id, (kind == StateKind::Map).then_some(&thread.state), previous);
        thread.last_event = self.emit(previous, HistoryKind::StateFailed { kind });
    }

    /// Stops the threads that a thread has started. `map` is its state's name if they are iterations.
    fn abort_children(&mut self, id: u64, map: Option<&Arc<str>>, previous: u64) {
        let children: Vec<(u64, usize)> = self
            .execution
            .threads
            .iter()
            .filter_map(|(child, thread)| {
                let parent = thread.parent.filter(|parent| parent.thread == id)?;
                Some((*child, parent.index))
            })
            .collect();
        for (child, index) in children {
            let Some(thread) = self.execution.threads.remove(&child) else {
                continue;
            };
            let inner_map = matches!(thread.activity, Activity::Map(_)).then_some(&thread.state);
            self.abort_children(child, inner_map, previous);
            self.release(&thread.activity);
            // A thread that has not had its turn yet has not entered its state.
            if thread.activity != Activity::Running {
                let kind = self.state_of(&thread).body.kind();
                self.emit(previous, HistoryKind::StateAborted { kind });
            }
            if let Some(name) = map {
                let name = Arc::clone(name);
                self.emit(previous, HistoryKind::MapIterationAborted { name, index: index as u64 });
            }
        }
    }
}

fn concurrency(count: &Count, data: &Data<'_>) -> Result<usize, Failure> {
    let limit = match count {
        Count::Fixed(limit) => *limit,
        Count::Path { field, path } => {
            let limit = integer_at(path, field, data)?;
            u64::try_from(limit).map_err(|_| Failure::runtime("MaxConcurrency must be a non-negative integer."))?
        }
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(if limit == 0 { MAX_CONCURRENT_ITERATIONS } else { limit.min(MAX_CONCURRENT_ITERATIONS) })
}

fn items(map: &Map, data: &Data<'_>) -> Result<Vec<Value>, Failure> {
    let (value, text) = match &map.items_path {
        None => (std::borrow::Cow::Borrowed(data.input), "$"),
        Some(path) => (find(path, data)?, path.text()),
    };
    match value.into_owned() {
        Value::Array(items) => Ok(items),
        _ => Err(Failure::runtime(format!("Reference path \"{text}\" must point to array."))),
    }
}

/// How many of `length` iterations may fail; none when the state does not say.
fn tolerated(tolerance: &Tolerance, length: usize, data: &Data<'_>) -> Result<Option<usize>, Failure> {
    let count = match &tolerance.count {
        None => None,
        Some(Count::Fixed(count)) => Some(*count),
        Some(Count::Path { field, path }) => Some(
            u64::try_from(integer_at(path, field, data)?)
                .map_err(|_| Failure::runtime("ToleratedFailureCount must be a non-negative integer."))?,
        ),
    };
    let count = count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    let percentage = match &tolerance.percentage {
        None => None,
        Some(Percentage::Fixed(percentage)) => Some(*percentage),
        Some(Percentage::Path(path)) => Some(find(path, data)?.as_f64().unwrap_or(f64::NAN)),
    };
    if percentage.is_some_and(|percentage| !(0.0..=100.0).contains(&percentage)) {
        return Err(Failure::runtime("ToleratedFailurePercentage must be between 0 and 100."));
    }
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of the length, rounded down"
    )]
    let percentage = percentage.map(|percentage| (length as f64 * percentage / 100.0) as usize);
    Ok(match (count, percentage) {
        (Some(count), Some(percentage)) => Some(count.min(percentage)),
        (count, percentage) => count.or(percentage),
    })
}
