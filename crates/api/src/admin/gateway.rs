//! The simulated payment gateway's switch, to try what an outage does.

use axum::Json;
use axum::extract::State;
use order::Invalid;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Operator;
use crate::app::{App, Shared};
use crate::fields::Fields;
use crate::problem::Problem;
use crate::request::JsonBody;
use crate::state::GatewaySwitch;

/// How the simulated payment gateway behaves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentGateway {
    /// Whether the token `tok_unavailable` is answered; at first it is not.
    #[schema(example = false)]
    unavailable_served: bool,
}

/// How the simulated payment gateway behaves.
#[utoipa::path(
    get, path = "/payment-gateway", tag = "administration", operation_id = "get_payment_gateway",
    responses((status = 200, description = "Its behaviour", body = PaymentGateway)),
    security(("operator" = [])),
)]
pub(crate) async fn get(State(app): Shared, _: Operator) -> Result<Json<PaymentGateway>, Problem> {
    Ok(Json(PaymentGateway { unavailable_served: switch(&app)?.unavailable_served() }))
}

/// Ends or begins the outage that payments with the token `tok_unavailable` meet.
#[utoipa::path(
    put, path = "/payment-gateway", tag = "administration", operation_id = "put_payment_gateway",
    request_body = PaymentGateway,
    responses((status = 200, description = "Its behaviour now", body = PaymentGateway)),
    security(("operator" = [])),
)]
pub(crate) async fn put(
    State(app): Shared,
    _: Operator,
    JsonBody(body): JsonBody,
) -> Result<Json<PaymentGateway>, Problem> {
    let switch = switch(&app)?;
    switch.serve_unavailable(read(body)?);
    Ok(Json(PaymentGateway { unavailable_served: switch.unavailable_served() }))
}

fn switch(app: &App) -> Result<&dyn GatewaySwitch, Problem> {
    app.state.gateway.as_deref().ok_or_else(|| Problem::not_found("simulated payment gateway here"))
}

fn read(body: Value) -> Result<bool, Vec<Invalid>> {
    const EXPECTED: &str = "true or false";
    let mut fields = Fields::of(body).map_err(|invalid| vec![invalid])?;
    let served = fields
        .required("unavailable_served", EXPECTED, |value| value.as_bool().ok_or_else(|| vec![Invalid::new(EXPECTED)]));
    fields.finish()?;
    Ok(served.expect("without an error it was read"))
}
