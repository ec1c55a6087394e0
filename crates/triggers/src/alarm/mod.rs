//! CloudWatch alarms: when they change state, and what they say then.
//!
//! Source: CloudWatch user guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing
//! data". An alarm looks at whole periods, aligned to the epoch, that have ended; it fetches two periods
//! more than its `EvaluationPeriods` (the guide's *evaluation range*: 5 for 3) and uses the newest points
//! it finds there, so that a late or sparse metric does not make it flap.

mod notification;
mod reason;

use crate::document::Target;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many periods are looked at beyond `EvaluationPeriods`.
const EXTRA_PERIODS: u32 = 2;

/// An alarm as `triggers.json` declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmSpec {
    /// Name of the alarm.
    pub name: String,
    /// What it means, for those it wakes up.
    pub description: Option<String>,
    /// The metric's namespace, such as `AWS/SQS`.
    pub namespace: String,
    /// The metric.
    pub metric_name: String,
    /// Which of the metric's series.
    pub dimensions: Vec<Dimension>,
    /// How the samples of a period become one value.
    pub statistic: Statistic,
    /// How that value is compared with the threshold.
    pub comparison_operator: ComparisonOperator,
    /// What it is compared with.
    pub threshold: f64,
    /// Length of a period in seconds; at least 1.
    pub period_seconds: u32,
    /// How many periods are evaluated; at least 1.
    pub evaluation_periods: u32,
    /// How many of them must breach; all of them when absent.
    pub datapoints_to_alarm: Option<u32>,
    /// What a period without samples counts as.
    pub treat_missing_data: TreatMissingData,
    /// Told when the alarm goes off.
    pub alarm_actions: Vec<Target>,
    /// Told when all is well again.
    pub ok_actions: Vec<Target>,
    /// Told when the metric has gone silent.
    pub insufficient_data_actions: Vec<Target>,
}

/// One name and value that select a series of a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dimension {
    /// Such as `QueueName`.
    pub name: String,
    /// Such as `OrdersQueue`.
    pub value: String,
}

/// How the samples of a period become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The sum divided by the number of samples.
    Average,
    /// The largest sample.
    Maximum,
    /// The smallest sample.
    Minimum,
    /// How many samples.
    SampleCount,
    /// All samples added.
    Sum,
}

/// How a period's value is compared with the threshold; true is a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonOperator {
    /// `>=`
    GreaterThanOrEqualToThreshold,
    /// `>`
    GreaterThanThreshold,
    /// `<=`
    LessThanOrEqualToThreshold,
    /// `<`
    LessThanThreshold,
}

/// What a period without samples counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreatMissingData {
    /// As nothing: with no samples at all the state is INSUFFICIENT_DATA.
    Missing,
    /// As a reason to keep the state.
    Ignore,
    /// As a breach.
    Breaching,
    /// As within the threshold.
    NotBreaching,
}

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlarmState {
    /// Within the threshold.
    #[serde(rename = "OK")]
    Ok,
    /// Breached.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Not known.
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl AlarmState {
    /// The word AWS uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// Samples of a metric: one, or several of the same moment already put together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datapoint {
    /// When they were taken.
    pub at: Timestamp,
    /// How many; above 0.
    pub sample_count: f64,
    /// All added.
    pub sum: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
}

impl Datapoint {
    /// A single sample.
    pub fn sample(at: Timestamp, value: f64) -> Self {
        Self { at, sample_count: 1.0, sum: value, minimum: value, maximum: value }
    }

    fn merge(&mut self, other: &Self) {
        self.sample_count += other.sample_count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    fn value(&self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::Average => self.sum / self.sample_count,
            Statistic::Maximum => self.maximum,
            Statistic::Minimum => self.minimum,
            Statistic::SampleCount => self.sample_count,
            Statistic::Sum => self.sum,
        }
    }
}

/// A change of an alarm's state: what is to be notified, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The state before.
    pub old_state: AlarmState,
    /// The state now.
    pub new_state: AlarmState,
    /// Why, in CloudWatch's words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// An alarm and the state it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    spec: AlarmSpec,
    state: AlarmState,
}

/// A period's value and when the period began.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at: Timestamp,
    value: f64,
    breaching: bool,
}

impl Alarm {
    /// A new alarm: its state is INSUFFICIENT_DATA until the first evaluation that says otherwise.
    pub fn new(spec: AlarmSpec) -> Self {
        Self::in_state(spec, AlarmState::InsufficientData)
    }

    /// An alarm whose state is known from before.
    pub fn in_state(spec: AlarmSpec, state: AlarmState) -> Self {
        Self { spec, state }
    }

    /// What was declared.
    pub fn spec(&self) -> &AlarmSpec {
        &self.spec
    }

    /// The state as of the last evaluation.
    pub fn state(&self) -> AlarmState {
        self.state
    }

    /// The moment before which an evaluation at `now` needs no samples.
    pub fn needs_since(&self, now: Timestamp) -> Timestamp {
        self.period_start(now, self.range())
    }

    /// Evaluates the alarm on the samples of its series, in any order; those outside the evaluation range
    /// are passed over. Gives the change of state if there was one: evaluating again says nothing again.
    pub fn evaluate(&mut self, datapoints: &[Datapoint], now: Timestamp) -> Option<Transition> {
        let points = self.points(datapoints, now);
        let (new_state, reason) = self.judge(&points)?;
        if new_state == self.state {
            return None;
        }
        let old_state = std::mem::replace(&mut self.state, new_state);
        Some(Transition { old_state, new_state, reason, at: now })
    }

    fn range(&self) -> u32 {
        self.spec.evaluation_periods.saturating_add(EXTRA_PERIODS)
    }

    fn period_seconds(&self) -> i64 {
        i64::from(self.spec.period_seconds.max(1))
    }

    /// Which period a moment lies in, counted from the epoch.
    fn period_of(&self, at: Timestamp) -> i64 {
        at.as_second().div_euclid(self.period_seconds())
    }

    /// When the period began that lies `back` periods before the one that `now` is in.
    fn period_start(&self, now: Timestamp, back: u32) -> Timestamp {
        let second = (self.period_of(now) - i64::from(back)).saturating_mul(self.period_seconds());
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    /// The values of the evaluation range, newest first; `None` is a period without samples.
    fn points(&self, datapoints: &[Datapoint], now: Timestamp) -> Vec<Option<Point>> {
        let mut periods: Vec<Option<Datapoint>> = vec![None; self.range() as usize];
        let current = self.period_of(now);
        for datapoint in datapoints.iter().filter(|point| point.sample_count > 0.0) {
            // The period that `now` is in has not ended, so the newest that counts lies one back.
            let period =
                usize::try_from(current - self.period_of(datapoint.at) - 1).ok().and_then(|back| periods.get_mut(back));
            match period {
                Some(Some(whole)) => whole.merge(datapoint),
                Some(empty) => *empty = Some(*datapoint),
                None => {}
            }
        }
        (1..)
            .zip(periods)
            .map(|(back, whole)| whole.map(|whole| self.point(self.period_start(now, back), &whole)))
            .collect()
    }

    fn point(&self, at: Timestamp, samples: &Datapoint) -> Point {
        let value = samples.value(self.spec.statistic);
        let threshold = self.spec.threshold;
        let breaching = match self.spec.comparison_operator {
            ComparisonOperator::GreaterThanOrEqualToThreshold => value >= threshold,
            ComparisonOperator::GreaterThanThreshold => value > threshold,
            ComparisonOperator::LessThanOrEqualToThreshold => value <= threshold,
            ComparisonOperator::LessThanThreshold => value < threshold,
        };
        Point { at, value, breaching }
    }

    /// The state that the points (newest first) call for, and why; `None` keeps the state.
    fn judge(&self, points: &[Option<Point>]) -> Option<(AlarmState, String)> {
        let needed = self.spec.evaluation_periods as usize;
        let to_alarm = self.spec.datapoints_to_alarm() as usize;
        let found: Vec<Point> = points.iter().flatten().copied().take(needed).collect();
        let breaching = found.iter().filter(|point| point.breaching).count();
        let missing = needed - found.len();
        let state = |alarm| if alarm { AlarmState::Alarm } else { AlarmState::Ok };

        if missing == 0 {
            let state = state(breaching >= to_alarm);
            return Some((state, reason::of_points(&self.spec, state, &found)));
        }
        let filled = match self.spec.treat_missing_data {
            TreatMissingData::Breaching => Some(breaching + missing),
            TreatMissingData::NotBreaching => Some(breaching),
            TreatMissingData::Missing | TreatMissingData::Ignore => None,
        };
        if let Some(breaching) = filled {
            let state = state(breaching >= to_alarm);
            return Some((state, reason::of_filled(&self.spec, found.len(), missing)));
        }

        let ignoring = self.spec.treat_missing_data == TreatMissingData::Ignore;
        if found.is_empty() {
            return (!ignoring).then(|| (AlarmState::InsufficientData, reason::of_silence(&self.spec)));
        }
        if breaching >= to_alarm {
            let reason = reason::of_points(&self.spec, AlarmState::Alarm, &found);
            return Some((AlarmState::Alarm, reason));
        }
        if breaching < found.len() {
            let reason = reason::of_points(&self.spec, AlarmState::Ok, &found);
            return Some((AlarmState::Ok, reason));
        }
        // Every point there is breaches, but there are fewer than would raise the alarm. It is raised all
        // the same once the oldest is as old as `DatapointsToAlarm` periods; before that the next point may
        // still be a good one ("avoiding premature transitions to alarm state"), so the state is kept.
        let oldest = points.iter().rposition(Option::is_some)? + 1;
        (oldest >= to_alarm && !ignoring)
            .then(|| (AlarmState::Alarm, reason::of_points(&self.spec, AlarmState::Alarm, &found)))
    }
}

impl AlarmSpec {
    /// How many breaching periods raise the alarm: M of N, or all N.
    pub fn datapoints_to_alarm(&self) -> u32 {
        self.datapoints_to_alarm.unwrap_or(self.evaluation_periods)
    }

    /// Who is told of a change to `state`.
    pub fn actions(&self, state: AlarmState) -> &[Target] {
        match state {
            AlarmState::Ok => &self.ok_actions,
            AlarmState::Alarm => &self.alarm_actions,
            AlarmState::InsufficientData => &self.insufficient_data_actions,
        }
    }
}

#[cfg(test)]
mod tests;
