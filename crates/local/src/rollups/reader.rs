//! Reads what was counted.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use order::{Currency, Money, Status};
use ports::{ErrorName, OrderStatistics, Result, Span, Statistics, StepError, WorkflowStatistics};
use rusqlite::Connection;
use store::Store;

use super::Measure;
use crate::fault;
use crate::sql::optional;

/// [`Statistics`] over the store.
#[derive(Clone)]
pub struct StatisticsReader {
    store: Store,
}

impl StatisticsReader {
    /// A reader of that store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Statistics for StatisticsReader {
    async fn orders(&self, span: Span) -> Result<Vec<OrderStatistics>> {
        self.store.read(move |connection| orders(connection, span)).await.map_err(fault::read)
    }

    async fn workflows(&self, span: Span) -> Result<Vec<WorkflowStatistics>> {
        self.store.read(move |connection| workflows(connection, span)).await.map_err(fault::read)
    }

    async fn alarm_points(&self, alarm: &str, span: Span) -> Result<Vec<(Timestamp, f64)>> {
        let name = alarm.to_owned();
        let found = self.store.read(move |connection| alarm_points(connection, &name, span)).await;
        found
            .map_err(fault::read)?
            .ok_or_else(|| StepError::new(ErrorName::NotFound, format!("there is no alarm {alarm}")))
    }
}

/// Every sum of a span, with the start of its minute or hour.
fn each(connection: &Connection, span: Span, mut take: impl FnMut(usize, Measure<'_>, i64)) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT second, measure, value FROM rollups WHERE second >= ?1 AND second < ?2")?;
    let mut rows = statement.query([span.from.as_second(), span.to.as_second()])?;
    while let Some(row) = rows.next()? {
        let step = span.step_of(row.get(0)?);
        // A measure that a later version wrote is passed over.
        if let (Some(step), Some(measure)) = (step, Measure::parse(row.get_ref(1)?.as_str()?)) {
            take(step, measure, row.get(2)?);
        }
    }
    Ok(())
}

fn orders(connection: &Connection, span: Span) -> rusqlite::Result<Vec<OrderStatistics>> {
    let mut steps = vec![OrderStatistics::default(); span.steps()];
    let mut revenue: Vec<Vec<(Currency, i64)>> = vec![Vec::new(); span.steps()];
    each(connection, span, |step, measure, value| {
        let (count, point) = (value.unsigned_abs(), &mut steps[step]);
        match measure {
            Measure::Orders(status) => *of_status(point, status) += count,
            Measure::OrderDuration(class) => point.durations.add(class, count),
            Measure::Revenue(currency) => match revenue[step].iter_mut().find(|(known, _)| *known == currency) {
                Some((_, sum)) => *sum = sum.saturating_add(value),
                None => revenue[step].push((currency, value)),
            },
            Measure::QueueDepth => point.queue_depth = point.queue_depth.max(count),
            Measure::TaskErrors { .. } => point.step_errors += count,
            Measure::AlarmValue { .. }
            | Measure::Started { .. }
            | Measure::Ended { .. }
            | Measure::ExecutionDuration { .. }
            | Measure::TaskDuration { .. } => {}
        }
    })?;
    for (point, sums) in steps.iter_mut().zip(revenue) {
        point.revenue = sums.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect();
        point.revenue.sort_by_key(|money| money.currency().code());
    }
    Ok(steps)
}

/// Where orders of a status are counted. Those on their way are all placed ones.
fn of_status(point: &mut OrderStatistics, status: Status) -> &mut u64 {
    match status {
        Status::Placed | Status::Reserved | Status::Paid => &mut point.placed,
        Status::Confirmed | Status::Shipped | Status::Delivered => &mut point.confirmed,
        Status::Returned | Status::Cancelled => &mut point.cancelled,
        Status::Rejected => &mut point.rejected,
        Status::PaymentFailed => &mut point.payment_failed,
        Status::Failed => &mut point.failed,
    }
}

fn workflows(connection: &Connection, span: Span) -> rusqlite::Result<Vec<WorkflowStatistics>> {
    let mut found: BTreeMap<String, WorkflowStatistics> = BTreeMap::new();
    each(connection, span, |_, measure, value| {
        let count = value.unsigned_abs();
        match measure {
            Measure::Started { workflow } => of(&mut found, workflow).started += count,
            Measure::Ended { status: "SUCCEEDED", workflow } => of(&mut found, workflow).succeeded += count,
            Measure::Ended { workflow, .. } => of(&mut found, workflow).failed += count,
            Measure::ExecutionDuration { class, workflow } => of(&mut found, workflow).durations.add(class, count),
            Measure::TaskErrors { workflow, state } => {
                of(&mut found, workflow).states.entry(state.to_owned()).or_default().errors += count;
            }
            Measure::TaskDuration { class, workflow, state } => {
                of(&mut found, workflow).states.entry(state.to_owned()).or_default().durations.add(class, count);
            }
            Measure::Orders(_)
            | Measure::OrderDuration(_)
            | Measure::Revenue(_)
            | Measure::QueueDepth
            | Measure::AlarmValue { .. } => {}
        }
    })?;
    Ok(found.into_values().collect())
}

/// The workflow's place among those found, made when it is the first time.
fn of<'a>(found: &'a mut BTreeMap<String, WorkflowStatistics>, workflow: &str) -> &'a mut WorkflowStatistics {
    found
        .entry(workflow.to_owned())
        .or_insert_with(|| WorkflowStatistics { workflow: workflow.to_owned(), ..WorkflowStatistics::default() })
}

/// The largest value of each step that an alarm was judged on; `None` without such an alarm.
fn alarm_points(connection: &Connection, name: &str, span: Span) -> rusqlite::Result<Option<Vec<(Timestamp, f64)>>> {
    let known = optional(connection, "SELECT 1 FROM alarms WHERE name = ?1", [name], |_| Ok(()))?;
    if known.is_none() {
        return Ok(None);
    }
    let mut steps: BTreeMap<usize, i64> = BTreeMap::new();
    each(connection, span, |step, measure, value| {
        if measure == (Measure::AlarmValue { alarm: name }) {
            let largest = steps.entry(step).or_insert(value);
            *largest = value.max(*largest);
        }
    })?;
    let at = |step: usize| {
        let offset = i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(span.step_seconds);
        Timestamp::from_second(span.from.as_second().saturating_add(offset)).unwrap_or(span.to)
    };
    // What is judged here are counts.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    Ok(Some(steps.into_iter().map(|(step, value)| (at(step), value as f64)).collect()))
}
