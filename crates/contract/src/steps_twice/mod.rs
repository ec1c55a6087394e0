//! Every step of the registry, done twice: the effect of one.
//!
//! Each scenario is tried in three ways, each in a home of its own, and whatever is written down is held
//! against that of the step done once:
//!
//! - run again: the first answer was lost, and the step runs a second time over its own effect;
//! - decided twice: two run at once, both decide before either is applied;
//! - delivered twice: decided once, the changes come twice.

mod scenarios;

use std::future::Future;

use documents::Shop;
use jiff::SignedDuration;
use order::Email;
use ports::{Change, ErrorName, Result, StepError};
use serde_json::Value;
use steps::{Context, registry};

use crate::Home;
use crate::snapshot::difference;
use scenarios::{Act, Ends, Scenario, scenarios};

/// Between the first time and the second. Long, so that whatever depends on the clock shows: a step may
/// be done again on another day.
const LATER: SignedDuration = SignedDuration::from_hours(25);

/// Does every step of the registry twice, in homes that `make` gives.
///
/// # Panics
///
/// When a step done twice has another effect than done once, or does not end as its scenario says; the
/// message begins with the scenario's name.
pub async fn run_steps<H, F, M>(make: M)
where
    H: Home,
    F: Future<Output = H>,
    M: Fn() -> F,
{
    for scenario in scenarios() {
        let once = run_again(&scenario, Trial::prepare(&scenario, &make().await).await).await;
        decided_twice(&scenario, Trial::prepare(&scenario, &make().await).await, &once).await;
        delivered_twice(&scenario, Trial::prepare(&scenario, &make().await).await, &once).await;
    }
}

/// Runs every step of the registry twice through whatever runs steps elsewhere, in homes that `make` gives:
/// what it answers, or the name of the error that it ends in. What comes before the step is done here.
///
/// # Panics
///
/// When a step does not end as its scenario says, or answers something else the second time; the message
/// begins with the scenario's name.
pub async fn run_steps_through<H, F, M, R>(make: M, run: R)
where
    H: Home,
    F: Future<Output = H>,
    M: Fn() -> F,
    R: AsyncFn(&H, &str, &Value) -> std::result::Result<Value, String>,
{
    for scenario in scenarios() {
        let home = make().await;
        Trial::prepare(&scenario, &home).await;
        let first = run(&home, scenario.step, &scenario.input).await.map(unsigned);
        match (&first, scenario.ends) {
            (Ok(_), Ends::Changed | Ends::Told | Ends::Unchanged) => {}
            (Err(name), Ends::Refused(expected)) => assert_eq!(name, expected.as_str(), "{scenario}"),
            (answer, ends) => panic!("{scenario}: it was to end {ends:?}, but {answer:?}"),
        }
        let second = run(&home, scenario.step, &scenario.input).await.map(unsigned);
        match scenario.ends {
            Ends::Told => assert!(second.is_ok(), "{scenario}: run again, {second:?}"),
            _ => assert_eq!(first, second, "{scenario}: run again, it answers something else"),
        }
    }
}

/// What a step answers, with the changes it wants.
type Decision = Result<(Value, Vec<Change>)>;

/// What a step done once answers and leaves behind.
struct Once {
    answer: Result<Value>,
    snapshot: String,
}

async fn run_again(scenario: &Scenario, trial: Trial<'_>) -> Once {
    let before = trial.home.snapshot().await;
    let answer = trial.run(scenario.step, &scenario.input).await;
    let snapshot = trial.home.snapshot().await;
    let changed = before != snapshot;
    match (&answer, scenario.ends) {
        (Ok(_), Ends::Changed | Ends::Told) => assert!(changed, "{scenario}: it had no effect at all"),
        (Ok(_), Ends::Unchanged) => same(scenario, "nothing was to be done", &before, &snapshot),
        (Err(error), Ends::Refused(name)) => assert_eq!(error.name, name, "{scenario}: {error}"),
        (answer, ends) => panic!("{scenario}: it was to end {ends:?}, but {answer:?}"),
    }
    trial.home.advance(LATER);
    let again = trial.run(scenario.step, &scenario.input).await;
    match scenario.ends {
        Ends::Told => assert!(again.is_ok(), "{scenario}: run again, {again:?}"),
        _ => assert_eq!(answer, again, "{scenario}: run again, it answers something else"),
    }
    same(scenario, "run again", &snapshot, &trial.home.snapshot().await);
    Once { answer, snapshot }
}

async fn decided_twice(scenario: &Scenario, trial: Trial<'_>, once: &Once) {
    let first = trial.decide(scenario.step, &scenario.input).await;
    trial.home.advance(LATER);
    let second = trial.decide(scenario.step, &scenario.input).await;
    let expected = once.answer.as_ref().err();
    let refusal = trial.apply_decided(first).await;
    assert_eq!(refusal.as_ref(), expected, "{scenario}: the first of two");
    match trial.apply_decided(second).await {
        // Whoever is asked to try again does so, and then gets the first one's answer.
        Some(refusal) if refusal.name == ErrorName::ServiceUnavailable => {
            let again = trial.run(scenario.step, &scenario.input).await;
            assert_eq!(again, once.answer, "{scenario}: the second of two, having asked again");
        }
        refusal => assert_eq!(refusal.as_ref(), expected, "{scenario}: the second of two"),
    }
    same(scenario, "decided twice", &once.snapshot, &trial.home.snapshot().await);
}

async fn delivered_twice(scenario: &Scenario, trial: Trial<'_>, once: &Once) {
    let decided = trial.decide(scenario.step, &scenario.input).await;
    for delivered in [decided.clone(), decided] {
        let refusal = trial.apply_decided(delivered).await;
        assert_eq!(refusal.as_ref(), once.answer.as_ref().err(), "{scenario}: delivered twice");
    }
    same(scenario, "delivered twice", &once.snapshot, &trial.home.snapshot().await);
}

fn same(scenario: &Scenario, way: &str, one: &str, other: &str) {
    if let Some(difference) = difference(one, other) {
        panic!("{scenario}: {way}, it has another effect: {difference}");
    }
}

/// A home in which a scenario is about to be tried.
struct Trial<'a> {
    home: &'a dyn Home,
    context: Context,
}

impl<'a> Trial<'a> {
    async fn prepare(scenario: &Scenario, home: &'a dyn Home) -> Self {
        let shop = Shop {
            name: "The Corner Shop".into(),
            email: Email::parse("shop@example.com").expect("an address"),
            url: None,
        };
        let trial = Self { home, context: Context { ports: home.ports(), shop } };
        trial.apply(scenario, scenarios::stocked(trial.context.ports.clock.now())).await;
        for act in &scenario.before {
            trial.act(scenario, act).await;
        }
        trial
    }

    async fn act(&self, scenario: &Scenario, act: &Act) {
        let at = self.context.ports.clock.now();
        match act {
            Act::Run(step, input) => {
                if let Err(error) = self.run(step, input).await {
                    panic!("{scenario}: before it, {step}: {error}");
                }
            }
            Act::Fail(step, input, name) => match self.run(step, input).await {
                Err(error) => assert_eq!(error.name, *name, "{scenario}: before it, {step}: {error}"),
                Ok(_) => panic!("{scenario}: before it, {step} was to fail as {name:?}"),
            },
            Act::Lose(step, input) => {
                if let Err(error) = self.decide(step, input).await {
                    panic!("{scenario}: before it, {step}: {error}");
                }
                self.home.advance(LATER);
            }
            Act::Lapse => self.apply(scenario, vec![scenarios::lapse(at)]).await,
            Act::SellOut => self.apply(scenario, scenarios::sell_out(at)).await,
        }
    }

    async fn apply(&self, scenario: &Scenario, changes: Vec<Change>) {
        if let Err(error) = self.home.apply(changes).await {
            panic!("{scenario}: before it: {error}");
        }
    }

    async fn decide(&self, step: &str, input: &Value) -> Decision {
        let step = registry::find(step).unwrap_or_else(|| panic!("there is no step {step}"));
        step.run(&self.context, input.clone()).await
    }

    /// Applies what a step decided; what it was refused with, by itself or in being applied.
    async fn apply_decided(&self, decision: Decision) -> Option<StepError> {
        match decision {
            Ok((_, changes)) => self.home.apply(changes).await.err(),
            Err(error) => Some(error),
        }
    }

    /// Runs a step as a runtime does; the answer without what is fresh in it each time.
    async fn run(&self, step: &str, input: &Value) -> Result<Value> {
        let (answer, changes) = self.decide(step, input).await?;
        self.home.apply(changes).await?;
        Ok(unsigned(answer))
    }
}

/// The answer with its links cut off before their query: they are signed anew, for a new time, whenever
/// they are given.
fn unsigned(answer: Value) -> Value {
    match answer {
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, unsigned(value))).collect(),
        Value::String(text) => text.split_once("?expires=").map_or(text.as_str(), |(link, _)| link).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use steps::AnyStep;

    use super::*;

    #[test]
    fn every_step_has_a_scenario_and_every_scenario_a_step() {
        let registered: BTreeSet<&str> = registry::all().iter().copied().map(AnyStep::name).collect();
        let tried: BTreeSet<&str> = scenarios().iter().map(|scenario| scenario.step).collect();
        assert_eq!(registered, tried);
    }

    #[test]
    fn every_step_that_writes_is_seen_to_write() {
        let reads_only = ["EnrichOrder", "ValidateOrder"];
        for step in registry::all().iter().copied().map(AnyStep::name) {
            let writes = scenarios()
                .iter()
                .any(|scenario| scenario.step == step && matches!(scenario.ends, Ends::Changed | Ends::Told));
            assert_eq!(writes, !reads_only.contains(&step), "{step}");
        }
    }

    #[test]
    fn links_are_compared_without_their_signature() {
        let answer = serde_json::json!({ "url": "/a?expires=1&signature=x", "inner": { "text": "why? so" }, "n": 1 });
        let expected = serde_json::json!({ "url": "/a", "inner": { "text": "why? so" }, "n": 1 });
        assert_eq!(unsigned(answer), expected);
    }
}
