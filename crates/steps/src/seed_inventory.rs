use order::{Money, Quantity, Sku};
use ports::{Change, Result};
use serde::{Deserialize, Serialize};

use crate::{Context, Done, Step};

/// Fills the inventory with first products. Those that are there already stay as they are, so that it
/// may be run at every deployment.
pub struct SeedInventory;

/// The first products.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedInventoryInput {
    items: Vec<Seed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    #[serde(alias = "ProductID")]
    sku: Sku,
    name: String,
    unit_price: Money,
    stock: Quantity,
}

/// What came of it.
#[derive(Debug, PartialEq, Serialize)]
pub struct SeedInventoryOutput {
    /// The products that were not there before.
    pub seeded: Vec<Sku>,
}

impl Step for SeedInventory {
    const NAME: &'static str = "SeedInventory";
    type Input = SeedInventoryInput;
    type Output = SeedInventoryOutput;

    async fn run(&self, context: &Context, input: SeedInventoryInput) -> Result<Done<SeedInventoryOutput>> {
        let skus: Vec<Sku> = input.items.iter().map(|item| item.sku.clone()).collect();
        let known = context.ports.catalog.products(&skus).await?;
        let at = context.ports.clock.now();
        let mut seeded: Vec<Sku> = Vec::new();
        let mut changes = Vec::new();
        for item in input.items {
            if known.iter().any(|product| product.sku == item.sku) || seeded.contains(&item.sku) {
                continue;
            }
            seeded.push(item.sku.clone());
            changes.push(Change::PutProduct {
                sku: item.sku.clone(),
                name: item.name,
                unit_price: item.unit_price,
                at,
            });
            changes.push(Change::SeedStock {
                sku: item.sku,
                on_hand: item.stock.units(),
                reason: Some("first stock".into()),
                at,
            });
        }
        Ok(Done::new(SeedInventoryOutput { seeded }, changes))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::World;

    #[tokio::test]
    async fn only_what_is_missing_is_added() {
        let world = World::new();
        let price = json!({ "amount": "10.00", "currency": "USD" });
        let items = json!({ "items": [
            { "sku": "CHAI", "name": "Other tea", "unit_price": price, "stock": 5 },
            { "ProductID": "P-1", "name": "Pen", "unit_price": price, "stock": 5 },
            { "ProductID": "P-1", "name": "Pen", "unit_price": price, "stock": 7 }
        ] });
        let output = world.run("SeedInventory", items.clone()).await.expect("it is filled");
        assert_eq!(output, json!({ "seeded": ["P-1"] }));
        assert_eq!(world.stock("P-1"), (5, 0, 0));
        assert_eq!(world.stock("CHAI"), (10, 0, 0));
        let output = world.run("SeedInventory", items).await.expect("it is full");
        assert_eq!(output, json!({ "seeded": [] }));
        assert_eq!(world.stock("P-1"), (5, 0, 0));
    }
}
