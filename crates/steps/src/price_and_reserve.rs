use order::{OrderId, ShippingRule, Status, TaxRule};
use ports::{Change, Result};
use serde::{Deserialize, Serialize};

use crate::amounts::Amounts;
use crate::orders::{load, must_be_open};
use crate::reserve_stock::{default_hold_seconds, hold};
use crate::{Context, Done, Step, check, pricing};

/// Checks, prices and holds in one: for documents that do all of it in one state. Fails with
/// `InvalidOrder`, `UnknownProduct` or `OutOfStock`.
pub struct PriceAndReserve;

/// What to price by and how long to hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceAndReserveInput {
    /// Which order.
    pub order_id: OrderId,
    /// What shipping costs.
    pub shipping: ShippingRule,
    /// What tax is added; none without it.
    #[serde(default)]
    pub tax: TaxRule,
    /// How long the units are held.
    #[serde(default = "default_hold_seconds")]
    pub hold_seconds: u32,
}

/// What the held units cost.
#[derive(Debug, PartialEq, Serialize)]
pub struct PriceAndReserveOutput {
    /// Always true.
    pub reserved: bool,
    /// The sums.
    #[serde(flatten)]
    pub amounts: Amounts,
}

impl Step for PriceAndReserve {
    const NAME: &'static str = "PriceAndReserve";
    type Input = PriceAndReserveInput;
    type Output = PriceAndReserveOutput;

    async fn run(&self, context: &Context, input: PriceAndReserveInput) -> Result<Done<PriceAndReserveOutput>> {
        let Done { output: amounts, changes } = price_and_reserve(context, &input).await?;
        Ok(Done::new(PriceAndReserveOutput { reserved: true, amounts }, changes))
    }
}

/// What [`PriceAndReserve`] and [`crate::attempt_reservation::AttemptReservation`] have in common.
pub(crate) async fn price_and_reserve(context: &Context, input: &PriceAndReserveInput) -> Result<Done<Amounts>> {
    let order = load(context, &input.order_id).await?;
    must_be_open(&order)?;
    if !matches!(order.status, Status::Placed | Status::Reserved) {
        return Ok(Done::unchanged((&pricing::fixed(&order)?.totals).into()));
    }
    let products = check::check(context, &order).await?;
    let pricing = pricing::pricing(&order, &products, &input.shipping, &input.tax)?;
    let amounts = (&pricing.totals).into();
    let mut changes = Vec::new();
    if order.pricing.is_none() {
        changes.push(Change::SetPricing { order_id: input.order_id.clone(), pricing });
    }
    changes.extend(hold(&order, input.hold_seconds, context.ports.clock.now()));
    Ok(Done::new(amounts, changes))
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::{Value, json};

    use crate::testing::World;

    fn input(order: &str) -> Value {
        json!({ "order_id": order, "shipping": { "base": "50.00", "by_total": [{ "over": "200.00", "price": "20.00" }] } })
    }

    #[tokio::test]
    async fn an_order_is_priced_and_held() {
        let world = World::with_order("A-1", &[("CHAI", 2)]);
        let output = world.run_twice("PriceAndReserve", input("A-1")).await.expect("it can be had");
        let expected = json!({
            "reserved": true, "currency": "USD", "subtotal": 36.0, "shipping": 50.0, "tax": 0.0, "total": 86.0
        });
        assert_eq!(output, expected);
        assert_eq!(world.stock("CHAI"), (10, 2, 0));
        assert_eq!(world.status("A-1"), "reserved");
    }

    #[tokio::test]
    async fn what_is_sold_is_not_held_again() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        world.run_twice("PriceAndReserve", input("A-1")).await.expect("its prices are fixed");
        assert_eq!(world.stock("CHAI"), (8, 0, 2));
        assert_eq!(world.status("A-1"), "confirmed");
    }

    #[tokio::test]
    async fn a_refusal_changes_nothing() {
        let world = World::with_order("A-1", &[("CHAI", 11)]);
        let error = world.run("PriceAndReserve", input("A-1")).await.expect_err("there are ten");
        assert_eq!(error.name, ErrorName::OutOfStock);
        assert!(world.order("A-1").pricing.is_none());
    }
}
