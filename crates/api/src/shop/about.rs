//! The shop itself.

use axum::Json;
use axum::extract::State;
use order::ShippingRule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::Shared;
use crate::problem::Problem;
use crate::state::available;

/// The shop as its visitors see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shop)]
pub(crate) struct ShopView {
    /// Its name.
    #[schema(example = "OrderFlow Demo")]
    name: String,
    /// The currency of its products; absent while it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "USD")]
    currency: Option<&'static str>,
    /// Whether it is one to try things out in.
    #[schema(example = true)]
    demo: bool,
    /// What stands for a card, to try each outcome; only where the shop is one to try things out in.
    payment_tokens: Vec<PaymentTokenView>,
    /// What shipping costs, in plain words.
    #[schema(example = json!(["15.00", "0.00 when the goods cost more than 1000.00"]))]
    shipping: Vec<String>,
}

/// Something that stands for a card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentToken)]
pub(crate) struct PaymentTokenView {
    /// What to order with.
    #[schema(example = "tok_visa")]
    token: String,
    /// What it leads to.
    #[schema(example = "succeeds")]
    outcome: String,
}

/// The shop: its name, currency and shipping costs.
#[utoipa::path(
    get, path = "/shop", tag = "orders", operation_id = "get_shop",
    responses((status = 200, description = "The shop", body = ShopView)),
    security(()),
)]
pub(crate) async fn get(State(app): Shared) -> Result<Json<ShopView>, Problem> {
    let shop = available(&app.state.console.shop)?;
    let first = app.state.ports.catalog.list(None, None, 1).await?.items.into_iter().next();
    let tokens = shop.payment_tokens.iter().filter(|_| shop.demo);
    Ok(Json(ShopView {
        name: shop.name.clone(),
        currency: first.map(|product| product.unit_price.currency().code()),
        demo: shop.demo,
        payment_tokens: tokens
            .map(|(token, outcome)| PaymentTokenView { token: token.clone(), outcome: outcome.clone() })
            .collect(),
        shipping: in_words(&shop.shipping),
    }))
}

fn in_words(rule: &ShippingRule) -> Vec<String> {
    let mut words = vec![rule.base.clone()];
    words.extend(
        rule.by_total.iter().map(|bracket| format!("{} when the goods cost more than {}", bracket.price, bracket.over)),
    );
    words.extend(
        rule.outside.iter().map(|outside| format!("{} more outside {}", outside.surcharge, outside.country.code())),
    );
    words
}
