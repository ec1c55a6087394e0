//! The event bus: each event goes to the hop of every target of every rule it matches.

use async_trait::async_trait;
use local::{cursors, events, queues};
use ports::{QueueMessage, Result, StepError};
use triggers::document::Rule;
use workflows::Workflow;

use super::{Pump, Surroundings};
use crate::runtime::wiring::hop;

/// How many events are looked at in one turn.
const TURN: usize = 200;

/// Follows the log of events.
pub struct Bus {
    around: Surroundings,
    rules: Vec<(Rule, Vec<String>)>,
}

impl Bus {
    pub fn new(workflows: &[Workflow], around: &Surroundings) -> Bus {
        let rules = workflows.iter().flat_map(|workflow| {
            workflow.bindings.rules.iter().map(|(name, rule)| {
                let hops = rule.targets.iter().map(|target| hop::of_rule(&workflow.name, name, target.name()));
                (rule.clone(), hops.collect())
            })
        });
        Bus { around: around.clone(), rules: rules.collect() }
    }
}

#[async_trait]
impl Pump for Bus {
    fn name(&self) -> String {
        events::CURSOR.to_owned()
    }

    async fn turn(&mut self) -> Result<bool> {
        let home = &self.around.home;
        let read = home.store.read_blocking(|connection| {
            let after = cursors::get(connection, events::CURSOR)?;
            events::after(connection, after, TURN)
        });
        let logged = read.map_err(StepError::unavailable)?;
        let Some(last) = logged.last().map(|event| event.sequence) else { return Ok(false) };
        let more = logged.len() == TURN;
        let at = self.around.clock.now();
        let mut messages = Vec::new();
        for event in &logged {
            let event = event.envelope(&home.wiring.origin).to_value();
            let key = event["id"].as_str().unwrap_or_default();
            for (_, hops) in self.rules.iter().filter(|(rule, _)| rule.pattern.matches(&event)) {
                messages.extend(hops.iter().map(|queue| QueueMessage {
                    queue: queue.clone(),
                    key: key.to_owned(),
                    body: event.to_string(),
                    at,
                }));
            }
        }
        let wiring = home.wiring.clone();
        home.commit(Vec::new(), move |transaction| {
            for message in &messages {
                let _woken_below = queues::send(transaction, message, &wiring)?;
            }
            cursors::set(transaction, events::CURSOR, last)?;
            Ok(())
        })
        .await?;
        home.signals.wake(local::Wakeups::QUEUES);
        Ok(more)
    }
}
