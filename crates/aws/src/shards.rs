//! Spreads the stock of hot products over shards, so that a rush on one of them does not meet the limit of
//! a partition: 1,000 writes a second, and one transaction at a time on an item.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use futures::{StreamExt, TryStreamExt, stream};
use order::{Invalid, Level, Sku};
use ports::{ErrorName, Result, StepError};

use crate::changes::shelf::Shelf;
use crate::data_table::{DataTable, Range, Transaction, unavailable};
use crate::item::{self, Item};
use crate::pause::pause;
use crate::records::{Key, LevelRecord, PRODUCTS, ProductRecord};
use crate::tables;

/// The most shards of one product: moving units between all of them is still one transaction.
pub const MOST_SHARDS: u32 = 32;

/// How often units are moved that others take meanwhile.
const MOST_ATTEMPTS: u32 = 8;

/// The longest first pause between two attempts.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// How many products are evened out at the same time.
const IN_FLIGHT: usize = 16;

/// The shards of all products. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StockShards {
    data: DataTable,
    shards: u32,
}

impl StockShards {
    /// The shards in that data table, so many for each product, at least one.
    pub fn new(client: Client, data_table: impl Into<String>, shards: u32) -> Self {
        Self { data: DataTable::new(client, data_table), shards: shards.clamp(1, MOST_SHARDS) }
    }

    /// Spreads a product over so many shards from now on, and evens out what is free; how many units moved.
    /// Shards that are no longer filled keep what orders hold there until they let go of it.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` for a number of shards that cannot be; `NotFound` without such a product;
    /// `ServiceUnavailable` when DynamoDB does not answer.
    pub async fn reshard(&self, sku: &Sku, shards: u32) -> Result<i64> {
        if !(1..=MOST_SHARDS).contains(&shards) {
            return Err(Invalid::new(format!("1 to {MOST_SHARDS} shards")).at("shards").into());
        }
        let request = self
            .data
            .client()
            .update_item()
            .table_name(self.data.name())
            .set_key(Some(Key::product(sku).to_item()))
            .expression_attribute_values(":shards", item::number(shards.into()));
        // How many there ever were only grows: two updates, each of which leaves the product fit for use.
        let more = request
            .clone()
            .update_expression("SET shards_made = :shards")
            .condition_expression("attribute_exists(pk) AND shards_made < :shards");
        match more.send().await {
            Err(error) if !is_refused(&error) => return Err(unavailable(error)),
            _ => {}
        }
        match request
            .update_expression("SET shards = :shards")
            .condition_expression("attribute_exists(pk)")
            .send()
            .await
        {
            Ok(_) => {}
            Err(error) if is_refused(&error) => return Err(no_product(sku)),
            Err(error) => return Err(unavailable(error)),
        }
        self.rebalance(sku).await
    }

    /// Evens out the free units of a product's shards; how many units moved. Fewer than it takes to matter
    /// are left where they are.
    ///
    /// # Errors
    ///
    /// `NotFound` without such a product; `ServiceUnavailable` when DynamoDB does not answer.
    pub async fn rebalance(&self, sku: &Sku) -> Result<i64> {
        shift(&self.data, sku, |shelf| even_out(&shelf.free(), shelf.filled)).await
    }

    /// Sees to it that all products are spread over as many shards as they should be, and evens them out; how
    /// many units moved.
    ///
    /// # Errors
    ///
    /// `ServiceUnavailable` when DynamoDB does not answer.
    pub async fn rebalance_all(&self) -> Result<i64> {
        /// How many products are looked at together.
        const TOGETHER: usize = 100;

        let (mut moved, mut after) = (0, String::new());
        loop {
            // No sku has a control character, so this one comes right behind the last.
            let range = Range { from: format!("{after}\u{1}"), to: LAST.to_owned(), descending: false };
            let listed = self.data.indexed(&tables::LISTING, &[PRODUCTS.to_owned()], &range, TOGETHER).await?;
            let Some((last, _)) = listed.last() else { return Ok(moved) };
            after.clone_from(last);
            let items = self.data.get_all(listed.iter().map(|(_, key)| key.clone())).await?;
            let products = listed.iter().filter_map(|(sku, key)| Some(self.see_to(sku, items.get(key)?.clone())));
            let products: Vec<_> = products.collect();
            let answers: Vec<i64> = stream::iter(products).buffer_unordered(IN_FLIGHT).try_collect().await?;
            moved += answers.iter().sum::<i64>();
        }
    }

    async fn see_to(&self, sku: &str, item: Item) -> Result<i64> {
        let sku = Sku::parse(sku).map_err(|_| StepError::unavailable("a stored sku cannot be read"))?;
        let product: ProductRecord = item::to_record(item)?;
        match product {
            product if product.shards != self.shards => self.reshard(&sku, self.shards).await,
            product if product.shards_made > 1 => self.rebalance(&sku).await,
            _ => Ok(0),
        }
    }
}

/// Sorts behind every sku.
pub(crate) const LAST: &str = "\u{10FFFF}";

/// Brings so many free units of a product together in one shard, from the others.
pub(crate) async fn gather(data: &DataTable, sku: &Sku, home: u32, units: i64) -> Result<()> {
    shift(data, sku, |shelf| bring_together(&shelf.free(), home, units)).await.map(drop)
}

/// Units to move from one shard to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shift {
    from: u32,
    to: u32,
    units: i64,
}

/// Moves free units between a product's shards, in one transaction; how many moved.
async fn shift(data: &DataTable, sku: &Sku, plan: impl Fn(&Shelf) -> Vec<Shift>) -> Result<i64> {
    for attempt in 1..=MOST_ATTEMPTS {
        let mut shelf = read(data, sku).await?;
        let shifts = plan(&shelf);
        if shifts.is_empty() {
            return Ok(0);
        }
        for Shift { from, to, units } in &shifts {
            shelf.shift(*from, *to, *units);
        }
        match data.transact(&shelf.writes(data.name(), sku)).await? {
            Transaction::Done => return Ok(shifts.iter().map(|shift| shift.units).sum()),
            Transaction::Cancelled(_) => pause(FIRST_PAUSE, attempt).await,
        }
    }
    // Others take them faster than they can be moved: nothing is wrong with where they are.
    Ok(0)
}

async fn read(data: &DataTable, sku: &Sku) -> Result<Shelf> {
    let product = data.get(&Key::product(sku)).await?.ok_or_else(|| no_product(sku))?;
    let product: ProductRecord = item::to_record(product)?;
    let keys: Vec<Key> = (0..product.shards_made).map(|shard| Key::level(sku, shard)).collect();
    let mut items = data.get_all(keys.iter().cloned()).await?;
    let levels = keys.iter().map(|key| {
        let record: Option<LevelRecord> = items.remove(key).map(item::to_record).transpose()?;
        Ok(record.map(Level::from))
    });
    Ok(Shelf::new(product.shards, levels.collect::<Result<Vec<_>>>()?))
}

/// What makes the shards that are filled about equal, and the others empty.
fn even_out(free: &[i64], filled: u32) -> Vec<Shift> {
    let filled = filled as usize;
    let sum: i64 = free.iter().sum();
    let share = sum / filled as i64;
    let is_fair =
        free[..filled].iter().all(|units| *units >= share / 2) && free[filled..].iter().all(|units| *units == 0);
    if is_fair {
        return Vec::new();
    }
    let rest = (sum % filled as i64) as usize;
    let wanted = |shard: usize| if shard < filled { share + i64::from(shard < rest) } else { 0 };
    let numbered = || (0_u32..).zip(free.iter().enumerate().map(|(shard, units)| units - wanted(shard)));
    let mut lacking: BTreeMap<u32, i64> =
        numbered().filter(|(_, over)| *over < 0).map(|(n, over)| (n, -over)).collect();
    let mut shifts = Vec::new();
    for (from, mut over) in numbered().filter(|(_, over)| *over > 0) {
        while over > 0 {
            let Some(mut first) = lacking.first_entry() else { break };
            let units = over.min(*first.get());
            shifts.push(Shift { from, to: *first.key(), units });
            over -= units;
            *first.get_mut() -= units;
            if *first.get() == 0 {
                first.remove();
            }
        }
    }
    shifts
}

/// What brings so many units together, from the fullest shards first.
fn bring_together(free: &[i64], home: u32, units: i64) -> Vec<Shift> {
    let mut missing = units - free[home as usize];
    let mut others: Vec<(u32, i64)> = (0_u32..).zip(free.iter().copied()).filter(|(n, _)| *n != home).collect();
    others.sort_by_key(|(_, units)| std::cmp::Reverse(*units));
    let mut shifts = Vec::new();
    for (from, there) in others {
        let units = there.min(missing);
        if units > 0 {
            shifts.push(Shift { from, to: home, units });
            missing -= units;
        }
    }
    shifts
}

fn is_refused<R>(error: &SdkError<aws_sdk_dynamodb::operation::update_item::UpdateItemError, R>) -> bool {
    error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception())
}

fn no_product(sku: &Sku) -> StepError {
    StepError::new(ErrorName::NotFound, format!("there is no product {sku}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(free: &[i64], shifts: &[Shift]) -> Vec<i64> {
        let mut free = free.to_vec();
        for shift in shifts {
            assert!(shift.units > 0 && shift.from != shift.to, "{shift:?}");
            free[shift.from as usize] -= shift.units;
            free[shift.to as usize] += shift.units;
        }
        free
    }

    #[test]
    fn shares_are_evened_out_only_when_it_matters() {
        for (free, filled, expected) in [
            (vec![10, 10], 2, vec![10, 10]),
            (vec![10, 6], 2, vec![10, 6]),
            (vec![15, 0], 2, vec![8, 7]),
            (vec![0, 0, 7], 2, vec![4, 3, 0]),
            (vec![1, 0, 0], 3, vec![1, 0, 0]),
            (vec![0, 0], 2, vec![0, 0]),
        ] {
            assert_eq!(after(&free, &even_out(&free, filled)), expected, "{free:?} {filled}");
        }
    }

    proptest! {
        #[test]
        fn no_unit_is_made_or_lost(free in prop::collection::vec(0_i64..100, 1..10), filled in 1_u32..10, units in 1_i64..200) {
            let filled = filled.min(u32::try_from(free.len()).unwrap());
            let evened = after(&free, &even_out(&free, filled));
            prop_assert_eq!(evened.iter().sum::<i64>(), free.iter().sum::<i64>());
            prop_assert!(evened.iter().all(|units| *units >= 0));
            prop_assert!(evened[filled as usize..].iter().all(|units| *units == 0));
            let gathered = after(&free, &bring_together(&free, 0, units));
            prop_assert_eq!(gathered.iter().sum::<i64>(), free.iter().sum::<i64>());
            prop_assert!(gathered.iter().all(|units| *units >= 0));
            prop_assert!(gathered[0] >= units.min(free.iter().sum()) || gathered[0] == free[0]);
        }
    }
}
