//! Reads orders.
//!
//! An index shows the keys of orders by time, and so lags behind by some milliseconds; the orders themselves
//! are read as they are. What no index knows (a piece of text) is looked for in order after order: a page
//! then ends after some thousands of them, also when it is not full.

use adapter::paging;
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use order::{Order, OrderId, Status};
use ports::{OrderFilter, Orders, Page, Result};

use crate::data_table::{DataTable, Range};
use crate::item::{self, SHARDS};
use crate::records::{Binding, Key, OrderBook, listing_key, order_listing, status_listing};
use crate::tables::{self, Index};

const LISTING: &str = "orders";

/// How many orders are read together where not all of them fit the filter.
const TOGETHER: usize = 100;

/// After so many orders a page ends, whatever it has.
const MOST_EXAMINED: usize = 5_000;

/// [`Orders`] over DynamoDB. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OrderReader {
    data: DataTable,
}

impl OrderReader {
    /// A reader of that data table.
    pub fn new(client: Client, data_table: impl Into<String>) -> Self {
        Self { data: DataTable::new(client, data_table) }
    }
}

#[async_trait]
impl Orders for OrderReader {
    async fn get(&self, id: &OrderId) -> Result<Option<Order>> {
        let found = self.data.get(&Key::order(id)).await?.map(OrderBook::from_item).transpose()?;
        Ok(found.map(|(book, _)| book.order))
    }

    async fn by_idempotency_key(&self, key: &str) -> Result<Option<(OrderId, String)>> {
        let found: Option<Binding> = self.data.get(&Key::binding(key)).await?.map(item::to_record).transpose()?;
        Ok(found.map(|Binding { order_id, request_hash }| (order_id, request_hash)))
    }

    async fn list(&self, filter: &OrderFilter, cursor: Option<&str>, limit: usize) -> Result<Page<Order>> {
        let mut before: Option<String> = paging::resume(LISTING, cursor)?;
        let sought = Sought::new(filter);
        // One more than the page holds tells whether there is a next one.
        let (mut found, wanted) = (Vec::new(), paging::bounded(limit) + 1);
        let mut examined = 0;
        loop {
            let together = if sought.all_fit { wanted - found.len() } else { TOGETHER };
            let range = sought.range(before.as_deref());
            // The one where the last page ended comes again.
            let shown = self.data.indexed(&sought.index, &sought.partitions, &range, together + 1).await?;
            let keys: Vec<(String, Key)> =
                shown.into_iter().filter(|(sorted_by, _)| Some(sorted_by) != before.as_ref()).take(together).collect();
            let mut items = self.data.get_all(keys.iter().map(|(_, key)| key.clone())).await?;
            for (_, key) in &keys {
                let Some(item) = items.remove(key) else { continue };
                let (book, _) = OrderBook::from_item(item)?;
                if sought.fits(filter, &book.order) {
                    found.push(book.order);
                }
            }
            examined += keys.len();
            if keys.len() < together || found.len() >= wanted {
                return Ok(paging::page(LISTING, found, limit, listing_key));
            }
            before = keys.into_iter().last().map(|(sorted_by, _)| sorted_by);
            if examined >= MOST_EXAMINED {
                let next_cursor = before.map(|last| paging::cursor(LISTING, &last));
                return Ok(Page { items: found, next_cursor });
            }
        }
    }
}

/// Where a filter's orders are found.
struct Sought {
    index: Index,
    partitions: Vec<String>,
    /// The statuses that are meant.
    statuses: Vec<Status>,
    /// The earliest sort key.
    from: String,
    /// The latest sort key.
    to: String,
    /// Whether the index shows nothing but what fits.
    all_fit: bool,
}

impl Sought {
    fn new(filter: &OrderFilter) -> Self {
        let statuses: Vec<Status> = filter.statuses.iter().flat_map(|word| Status::called(word)).collect();
        let sharded = |listing: &dyn Fn(u32) -> String| (0..SHARDS).map(listing).collect::<Vec<_>>();
        let (index, partitions) = match (&filter.customer, filter.statuses.is_empty()) {
            // No customer's id has an @.
            (Some(customer), _) if customer.contains('@') => (tables::EMAIL, vec![customer.to_ascii_lowercase()]),
            (Some(customer), _) => (tables::CUSTOMER, vec![customer.clone()]),
            (None, false) => {
                let mut listings: Vec<String> =
                    statuses.iter().flat_map(|status| sharded(&|shard| status_listing(*status, shard))).collect();
                // Two words may stand for the same status.
                listings.sort();
                listings.dedup();
                (tables::STATUS, listings)
            }
            (None, true) => (tables::LISTING, sharded(&order_listing)),
        };
        let goes_by_time_and_customer = OrderFilter {
            customer: filter.customer.clone(),
            placed_after: filter.placed_after,
            placed_before: filter.placed_before,
            ..OrderFilter::default()
        };
        let bound = |at: Option<Timestamp>| at.map(|at| item::sortable(rounded_up(at)));
        Self {
            index,
            partitions,
            statuses,
            // DynamoDB takes no empty key, and "0" comes before every time.
            from: bound(filter.placed_after).unwrap_or_else(|| "0".to_owned()),
            // A colon sorts right behind the digits of a time.
            to: bound(filter.placed_before).unwrap_or_else(|| ":".to_owned()),
            all_fit: *filter == goes_by_time_and_customer,
        }
    }

    fn range(&self, before: Option<&str>) -> Range {
        Range { from: self.from.clone(), to: before.unwrap_or(&self.to).to_owned(), descending: true }
    }

    /// Whether the order fits in every respect. Also what the index goes by is looked at again: it may lag.
    fn fits(&self, filter: &OrderFilter, order: &Order) -> bool {
        let meant = |word: &String| word == order.status.name() || *word == order.status_word();
        let has_status =
            filter.statuses.is_empty() || (self.statuses.contains(&order.status) && filter.statuses.iter().any(meant));
        let has_workflow = filter.workflow.as_ref().is_none_or(|workflow| *workflow == order.placed.workflow);
        let has_total = (filter.min_total, filter.max_total) == (None, None)
            || order.pricing.as_ref().is_some_and(|pricing| {
                let total = pricing.totals.total.ten_thousandths();
                filter.min_total.is_none_or(|least| total >= least) && filter.max_total.is_none_or(|most| total <= most)
            });
        has_status && has_workflow && has_total && filter.text.as_deref().is_none_or(|piece| mentions(order, piece))
    }
}

/// Whether a piece of text is in the order's id, or in its customer's name or mail address.
fn mentions(order: &Order, piece: &str) -> bool {
    let customer = &order.placed.customer;
    let texts =
        [Some(order.id().as_str()), customer.name.as_deref(), customer.email.as_ref().map(|email| email.as_str())];
    texts.into_iter().flatten().any(|text| item::contains(text, piece))
}

/// A bound that excludes what is stored of a time before it: stored times are cut to microseconds.
fn rounded_up(at: Timestamp) -> i64 {
    let cut = at.as_microsecond();
    if at.as_nanosecond() > i128::from(cut) * 1_000 { cut + 1 } else { cut }
}
