//! Orders over time.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use order::{Currency, Money};
use ports::{OrderStatistics, Span};
use serde::Serialize;
use utoipa::ToSchema;

use super::{milliseconds, span};
use crate::access::Operator;
use crate::app::Shared;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::available;

/// What orders did in a while.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderCounts {
    /// How many were placed.
    #[schema(example = 120)]
    orders: u64,
    /// How many were confirmed.
    #[schema(example = 100)]
    confirmed: u64,
    /// How many were refused: invalid or out of stock.
    #[schema(example = 8)]
    rejected: u64,
    /// How many were refused by the payment provider.
    #[schema(example = 10)]
    payment_failed: u64,
    /// How many were ended by an outage.
    #[schema(example = 0)]
    failed: u64,
    /// How many were called off or returned.
    #[schema(example = 2)]
    cancelled: u64,
    /// What was taken less what was given back, by currency.
    #[schema(example = json!({"RON": "12300.00"}))]
    revenue: BTreeMap<&'static str, String>,
    /// Half of the orders that ended took no longer than this; absent when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 12.5)]
    p50_ms: Option<f64>,
    /// All but a hundredth of them took no longer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 80.0)]
    p99_ms: Option<f64>,
    /// The most messages that waited in all queues together.
    #[schema(example = 3)]
    queue_depth: u64,
    /// How often a step ended in an error, those that were tried again included.
    #[schema(example = 10)]
    step_errors: u64,
}

/// A step of the chart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderPoint {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[serde(flatten)]
    counts: OrderCounts,
}

/// Orders over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderStatisticsView {
    /// Where it begins.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Where it ends; the last step may still be going on.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// How long a step is.
    #[schema(example = 60)]
    step_seconds: i64,
    /// The steps, oldest first; none is left out.
    points: Vec<OrderPoint>,
    /// All of them together.
    totals: OrderCounts,
}

/// Orders over time, by outcome, with revenue and how long they took.
#[utoipa::path(
    get, path = "/stats", tag = "administration", operation_id = "order_statistics",
    params(("range" = Option<String>, Query, description = "`1h` (by minute), `24h` (by quarter of an hour) or `30d` (by six hours); `1h` unless told", example = "24h")),
    responses((status = 200, description = "Orders over time", body = OrderStatisticsView)),
    security(("operator" = [])),
)]
pub(crate) async fn get(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<OrderStatisticsView>, Problem> {
    let span = span(&app, &mut params);
    params.finish()?;
    let steps = available(&app.state.console.statistics)?.orders(span).await?;
    Ok(Json(view(span, &steps)))
}

fn view(span: Span, steps: &[OrderStatistics]) -> OrderStatisticsView {
    let mut totals = OrderStatistics::default();
    let mut revenue: BTreeMap<&'static str, (Currency, i64)> = BTreeMap::new();
    for step in steps {
        totals.placed += step.placed;
        totals.confirmed += step.confirmed;
        totals.rejected += step.rejected;
        totals.payment_failed += step.payment_failed;
        totals.failed += step.failed;
        totals.cancelled += step.cancelled;
        totals.queue_depth = totals.queue_depth.max(step.queue_depth);
        totals.step_errors += step.step_errors;
        totals.durations.merge(&step.durations);
        for money in &step.revenue {
            let (_, sum) = revenue.entry(money.currency().code()).or_insert((money.currency(), 0));
            *sum = sum.saturating_add(money.minor());
        }
    }
    totals.revenue = revenue.into_values().map(|(currency, minor)| Money::new(minor, currency)).collect();
    let at = |index: usize| {
        let seconds = i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(span.step_seconds);
        span.from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(span.to)
    };
    let points = steps.iter().enumerate().map(|(index, step)| OrderPoint { at: at(index), counts: counts(step) });
    OrderStatisticsView {
        from: span.from,
        to: span.to,
        step_seconds: span.step_seconds,
        points: points.collect(),
        totals: counts(&totals),
    }
}

fn counts(step: &OrderStatistics) -> OrderCounts {
    OrderCounts {
        orders: step.placed,
        confirmed: step.confirmed,
        rejected: step.rejected,
        payment_failed: step.payment_failed,
        failed: step.failed,
        cancelled: step.cancelled,
        revenue: step.revenue.iter().map(|money| (money.currency().code(), money.amount())).collect(),
        p50_ms: milliseconds(&step.durations, 0.5),
        p99_ms: milliseconds(&step.durations, 0.99),
        queue_depth: step.queue_depth,
        step_errors: step.step_errors,
    }
}
