//! All orders.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use order::Status;
use ports::OrderFilter;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::orders::view::OrderView;
use crate::params::Params;
use crate::problem::Problem;
use crate::views::PageView;

/// The orders that fit, newest first.
#[utoipa::path(
    get, path = "/orders", tag = "orders", operation_id = "list_orders",
    params(
        ("status" = Option<Vec<String>>, Query, description = "A status, as the order's workflow calls it or by its common name; may be given several times"),
        ("workflow" = Option<String>, Query, description = "The workflow that took the order", example = "checkout"),
        ("customer" = Option<String>, Query, description = "A customer's id or mail address"),
        ("placed_after" = Option<String>, Query, description = "Placed at this time or later: a date, or a time with its offset", example = "2026-01-31T00:00:00Z"),
        ("placed_before" = Option<String>, Query, description = "Placed before this time: a date, or a time with its offset", example = "2026-02-01"),
        ("min_total" = Option<String>, Query, description = "With at least this total, in whatever currency", example = "10.00"),
        ("max_total" = Option<String>, Query, description = "With at most this total, in whatever currency", example = "99.99"),
        ("q" = Option<String>, Query, description = "A whole order id or mail address, or a piece of an id, a customer's name or mail address"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, description = "How many entries; 50 unless told", minimum = 1, maximum = 500),
    ),
    responses((status = 200, description = "A page of orders", body = PageView<OrderView>)),
    security(("operator" = [])),
)]
pub(crate) async fn list(
    State(app): Shared,
    _: Operator,
    mut params: Params,
) -> Result<Json<PageView<OrderView>>, Problem> {
    let filter = filter(&app, &mut params);
    let paging = params.paging();
    params.finish()?;
    let page = app.state.ports.orders.list(&filter, paging.cursor.as_deref(), paging.limit).await?;
    Ok(Json(PageView::of(page, |order| OrderView::of(&app, order))))
}

/// Takes the parameters that say which orders are meant.
pub(crate) fn filter(app: &App, params: &mut Params) -> OrderFilter {
    const TIME: &str = "a time such as 2026-01-31T00:00:00Z or a date";
    const TOTAL: &str = "an amount such as 99.90";
    OrderFilter {
        statuses: params
            .each("status", "a status such as confirmed", |word| is_status(app, word).then(|| word.to_owned())),
        workflow: workflow(app, params),
        customer: params.text("customer"),
        placed_after: params.read("placed_after", TIME, time),
        placed_before: params.read("placed_before", TIME, time),
        min_total: params.read("min_total", TOTAL, ten_thousandths),
        max_total: params.read("max_total", TOTAL, ten_thousandths),
        text: params.text("q"),
    }
}

/// A decimal of at most four digits after the point, in ten-thousandths.
fn ten_thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 4 || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = format!("{fraction:0<4}").parse().ok()?;
    whole.checked_mul(10_000)?.checked_add(fraction)
}

/// Takes the parameter `workflow`, which must name one.
pub(crate) fn workflow(app: &App, params: &mut Params) -> Option<String> {
    let name = params.text("workflow")?;
    if app.state.workflows.iter().any(|workflow| workflow.name == name) {
        return Some(name);
    }
    let names: Vec<_> = app.state.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
    params.refuse("workflow", format!("one of {}", names.join(", ")));
    None
}

fn is_status(app: &App, word: &str) -> bool {
    Status::ALL.into_iter().any(|status| {
        status.name() == word || app.state.workflows.iter().any(|workflow| status.word(&workflow.name) == word)
    })
}

/// A time with its offset; a date is its first moment in UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let date: Date = text.parse().ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_to_the_fourth_decimal() {
        for (text, expected) in [("0", 0), ("12", 120_000), ("12.5", 125_000), ("0.0001", 1), ("99.90", 999_000)] {
            assert_eq!(ten_thousandths(text), Some(expected), "{text}");
        }
        for text in ["", ".5", "5.", "1.23456", "-1", "1e3", "1,5", "99999999999999999999"] {
            assert_eq!(ten_thousandths(text), None, "{text}");
        }
    }

    #[test]
    fn times_and_dates_are_read() {
        for (text, expected) in [
            ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
            ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
        ] {
            assert_eq!(time(text), Some(expected.parse().unwrap()), "{text}");
        }
        for text in ["", "yesterday", "2026-02-30", "10:00"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
