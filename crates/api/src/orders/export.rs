//! Orders as a CSV file.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use order::{Money, Order};
use ports::{OrderFilter, StepError};

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::operators::Deed;
use crate::orders::list::filter;
use crate::params::Params;
use crate::problem::Problem;

/// How many orders are read at a time.
const PAGE: usize = 500;

const COLUMNS: [&str; 16] = [
    "order_id",
    "placed_at",
    "workflow",
    "status",
    "reason",
    "customer_id",
    "customer_name",
    "customer_email",
    "items",
    "currency",
    "subtotal",
    "shipping",
    "tax",
    "total",
    "paid",
    "refunded",
];

/// The orders that fit, newest first, as a CSV file. It is written while it is sent, so that it may be of any
/// length.
#[utoipa::path(
    get, path = "/orders/export.csv", tag = "orders", operation_id = "export_orders",
    params(
        ("status" = Option<Vec<String>>, Query, description = "A status; may be given several times"),
        ("workflow" = Option<String>, Query, description = "The workflow that took the order", example = "checkout"),
        ("customer" = Option<String>, Query, description = "A customer's id or mail address"),
        ("placed_after" = Option<String>, Query, description = "Placed at this time or later", example = "2026-01-31"),
        ("placed_before" = Option<String>, Query, description = "Placed before this time", example = "2026-02-01"),
        ("min_total" = Option<String>, Query, description = "With at least this total, in whatever currency", example = "10.00"),
        ("max_total" = Option<String>, Query, description = "With at most this total, in whatever currency", example = "99.99"),
        ("q" = Option<String>, Query, description = "A whole order id or mail address, or a piece of an id, a customer's name or mail address"),
    ),
    responses((status = 200, description = "The orders", body = String, content_type = "text/csv")),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, operator: Operator, mut params: Params) -> Result<Response, Problem> {
    let filter = filter(&app, &mut params);
    params.finish()?;
    app.on_behalf(&operator, Deed::new("export_orders"), async { Ok(()) }).await?;
    let export = Export { app, filter, cursor: None, pages: VecDeque::from([line(COLUMNS)]), ended: false };
    let stream = futures::stream::try_unfold(export, |mut export| async move {
        Ok::<_, StepError>(export.next().await?.map(|page| (Bytes::from(page), export)))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"orders.csv\""),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}

struct Export {
    app: Arc<App>,
    filter: OrderFilter,
    cursor: Option<String>,
    /// What is written and not sent yet.
    pages: VecDeque<String>,
    ended: bool,
}

impl Export {
    async fn next(&mut self) -> Result<Option<String>, StepError> {
        if self.pages.is_empty() && !self.ended {
            let page = self.app.state.ports.orders.list(&self.filter, self.cursor.as_deref(), PAGE).await?;
            self.ended = page.next_cursor.is_none();
            self.cursor = page.next_cursor;
            self.pages.push_back(page.items.iter().map(row).collect());
        }
        Ok(self.pages.pop_front())
    }
}

fn row(order: &Order) -> String {
    let customer = &order.placed.customer;
    let payment = order.payment();
    let totals = order.pricing.as_ref().map(|pricing| pricing.totals);
    let amount = |money: Option<Money>| money.map(Money::amount).unwrap_or_default();
    let currency = totals.map(|totals| totals.total.currency());
    let minor = |minor: i64| amount(currency.map(|currency| Money::new(minor, currency)));
    let items = order.placed.lines.iter().map(|line| format!("{} x {}", line.quantity.units(), line.sku));
    line([
        order.id().as_str(),
        &order.placed_at.to_string(),
        &order.placed.workflow,
        &order.status_word(),
        order.reason.as_deref().unwrap_or_default(),
        customer.id.as_ref().map_or("", |id| id.as_str()),
        customer.name.as_deref().unwrap_or_default(),
        customer.email.as_ref().map_or("", |email| email.as_str()),
        &items.collect::<Vec<_>>().join("; "),
        currency.map_or("", order::Currency::code),
        &amount(totals.map(|totals| totals.subtotal)),
        &amount(totals.map(|totals| totals.shipping)),
        &amount(totals.map(|totals| totals.tax)),
        &amount(totals.map(|totals| totals.total)),
        &minor(payment.captured),
        &minor(payment.refunded),
    ])
}

/// A line of the file.
fn line<const N: usize>(cells: [&str; N]) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells.map(harmless).iter().map(String::as_str)).expect("a line in memory can be written");
    let bytes = writer.into_inner().expect("a line in memory can be written");
    String::from_utf8(bytes).expect("texts are written as they are")
}

/// A spreadsheet takes what begins so for a formula; what customers type must not become one.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        assert_eq!(
            line(["a,b", "say \"x\"", "=1+1", "@cmd", "-5", "12.50"]),
            "\"a,b\",\"say \"\"x\"\"\",'=1+1,'@cmd,'-5,12.50\n"
        );
    }
}
