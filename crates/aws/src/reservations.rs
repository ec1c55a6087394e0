//! Holds that have run out.

use futures::{StreamExt, stream};
use jiff::Timestamp;
use order::OrderId;
use ports::{Change, Result, StepError};

use crate::changes::Applier;
use crate::data_table::Range;
use crate::item::{self, SHARDS};
use crate::records::{HoldingState, Key, OrderBook, expiry};
use crate::tables;

/// How many orders are looked at together.
const TOGETHER: usize = 100;

/// Of how many the units are given back at the same time.
const IN_FLIGHT: usize = 16;

impl Applier {
    /// Gives back the units of all orders whose hold has run out; how many orders they were. An order that
    /// is still on its way finds its units gone when it comes to the sale, and takes free ones if there are
    /// any.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when DynamoDB does not answer, or the error of an order whose units could not be
    /// given back. It does not hold up the others.
    pub async fn expire_reservations(&self, now: Timestamp) -> Result<usize> {
        let partitions: Vec<String> = (0..SHARDS).map(expiry).collect();
        let (mut from, mut expired, mut failed) = (String::from("0"), 0, None);
        loop {
            let range = Range { from, to: item::sortable(now.as_microsecond()), descending: false };
            let due = self.data().indexed(&tables::EXPIRY, &partitions, &range, TOGETHER).await?;
            let attempts: Vec<_> = due.iter().map(|(_, key)| self.expire(key, now)).collect();
            let mut answers = stream::iter(attempts).buffer_unordered(IN_FLIGHT);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(given_back) => expired += usize::from(given_back),
                    Err(error) => failed = Some(error),
                }
            }
            match due.last() {
                // Those of the same instant as the last come again, and find nothing to give back.
                Some((last, _)) if due.len() == TOGETHER && *last > range.from => from = last.clone(),
                _ => return failed.map_or(Ok(expired), Err),
            }
        }
    }

    /// Gives back what one order holds, if its hold has run out.
    async fn expire(&self, key: &Key, now: Timestamp) -> Result<bool> {
        let Some(item) = self.data().get(key).await? else { return Ok(false) };
        let (book, _) = OrderBook::from_item(item)?;
        let is_due = book.holdings.iter().any(|held| held.state == HoldingState::Held && held.expires_at <= now);
        // What is sold is not held any more; should it ever be, that is for the audit to tell.
        if !is_due || book.order.status.is_sale() {
            return Ok(false);
        }
        let order_id: OrderId = book.order.placed.id;
        self.apply(&[Change::Release { order_id, reason: "the hold expired".to_owned(), at: now }]).await?;
        Ok(true)
    }

    /// When the next hold runs out; nothing when nothing is held.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when DynamoDB does not answer.
    pub async fn next_expiry(&self) -> Result<Option<Timestamp>> {
        let partitions: Vec<String> = (0..SHARDS).map(expiry).collect();
        let range = Range { from: "0".to_owned(), to: ":".to_owned(), descending: false };
        let next = self.data().indexed(&tables::EXPIRY, &partitions, &range, 1).await?;
        let Some((at, _)) = next.into_iter().next() else { return Ok(None) };
        let micros: i64 = at.parse().map_err(|_| StepError::unavailable("an index shows a time that is none"))?;
        Ok(Some(item::time(micros)))
    }
}
