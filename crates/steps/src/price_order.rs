use order::{OrderId, ShippingRule, TaxRule};
use ports::{Change, Result};
use serde::Deserialize;

use crate::amounts::Amounts;
use crate::orders::load;
use crate::{Context, Done, Step, pricing, stock};

/// Fixes an order's prices: lines, shipping, tax, total. The rules are data of the state machine. The
/// first prices stay, whatever is charged for the products later.
pub struct PriceOrder;

/// What to price by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceOrderInput {
    /// Which order.
    pub order_id: OrderId,
    /// What shipping costs.
    pub shipping: ShippingRule,
    /// What tax is added; none without it.
    #[serde(default)]
    pub tax: TaxRule,
}

impl Step for PriceOrder {
    const NAME: &'static str = "PriceOrder";
    type Input = PriceOrderInput;
    type Output = Amounts;

    async fn run(&self, context: &Context, input: PriceOrderInput) -> Result<Done<Amounts>> {
        let order = load(context, &input.order_id).await?;
        if let Some(fixed) = &order.pricing {
            return Ok(Done::unchanged((&fixed.totals).into()));
        }
        let products = stock::products(context, &order.placed.lines).await?;
        let pricing = pricing::pricing(&order, &products, &input.shipping, &input.tax)?;
        let amounts = (&pricing.totals).into();
        Ok(Done::new(amounts, vec![Change::SetPricing { order_id: input.order_id, pricing }]))
    }
}

#[cfg(test)]
mod tests {
    use ports::ErrorName;
    use serde_json::{Value, json};

    use crate::testing::World;

    fn input(order: &str) -> Value {
        json!({
            "order_id": order,
            "shipping": { "base": "15.00", "by_total": [{ "over": "50.00", "price": "0.00" }] },
            "tax": { "default": "0", "by_country": { "DE": "0.19" } }
        })
    }

    #[tokio::test]
    async fn prices_are_numbers_and_stay() {
        let world = World::with_order("A-1", &[("CHAI", 2), ("CHANG", 1)]);
        let expected = json!({ "currency": "USD", "subtotal": 55.0, "shipping": 0.0, "tax": 10.45, "total": 65.45 });
        assert_eq!(world.run_twice("PriceOrder", input("A-1")).await.expect("it has prices"), expected);
        world.change_price("CHAI", "99.00");
        assert_eq!(world.run("PriceOrder", input("A-1")).await.expect("it has prices"), expected);
        assert_eq!(world.order("A-1").pricing.expect("priced").totals.total.to_string(), "65.45 USD");
    }

    #[tokio::test]
    async fn what_cannot_be_priced_is_refused() {
        let world = World::with_order("A-1", &[("CHAI", 1), ("TEE", 1)]);
        world.place("A-2", &[("NIX", 1)]);
        world.place("A-3", &[("CHAI", 1)]);
        for (input, name, words) in [
            (input("A-1"), ErrorName::InvalidOrder, "TEE is sold in EUR, the order is in USD"),
            (input("A-2"), ErrorName::UnknownProduct, "there is no product NIX"),
            (
                json!({ "order_id": "A-3", "shipping": { "base": "a lot" } }),
                ErrorName::InvalidRequest,
                "shipping/base: expected a decimal amount",
            ),
        ] {
            let error = world.run("PriceOrder", input).await.expect_err("it cannot be priced");
            assert_eq!(error.name, name);
            assert!(error.message.starts_with(words), "{error}");
        }
    }
}
