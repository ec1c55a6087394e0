//! Placing an order. The one path that must be lean: a busy shop walks it a thousand times a second.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order::OrderId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::access::Credentials;
use crate::app::App;
use crate::orders::view::{Links, OrderView};
use crate::params::Params;
use crate::problem::{Kind, Problem};
use crate::state::{Admitted, Intake, IntakeAuth};
use crate::{json, request, wait};

/// The name of the header that makes placing an order safe to repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The most characters of such a key.
const LONGEST_KEY: usize = 255;

/// What a handler of an intake answers.
#[derive(Deserialize)]
struct Placed {
    order_id: OrderId,
    status: String,
    execution_arn: String,
    /// What the workflow's own document answers.
    #[serde(default)]
    answer: Map<String, Value>,
}

/// An order that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedOrder {
    /// Its identifier.
    #[schema(example = "0193a5c2-7b1e-7c4e-9d2f-0a1b2c3d4e5f")]
    order_id: String,
    /// Where it is in its life.
    #[schema(example = "placed")]
    status: String,
    /// The execution that takes it to its end. Where a pipe or a rule on AWS starts it, it gets another name, which the
    /// order has once it runs.
    #[schema(example = "arn:aws:states:us-east-1:123456789012:execution:checkout:0193a5c2")]
    execution_arn: String,
    /// Opens this order: as `?token=` or as `Authorization: Bearer`.
    #[schema(example = "aGVsbG8")]
    access_token: String,
    /// Where its pages are.
    links: Links,
}

/// An order that ended while its placing was waited for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FinishedOrder {
    #[serde(flatten)]
    order: OrderView,
    /// Opens this order: as `?token=` or as `Authorization: Bearer`.
    #[schema(example = "aGVsbG8")]
    access_token: String,
    /// Where its pages are.
    links: Links,
}

/// What `POST /orders` takes. Only its description: the handler of the workflow reads the request.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct CheckoutRequest {
    /// The caller's identifier for the order; without it one is made.
    #[schema(example = "A-1")]
    order_id: Option<String>,
    /// Who orders: a customer we know, or anybody with a mail address.
    customer: CheckoutCustomer,
    /// What is ordered; 1 to 1,000 lines.
    items: Vec<CheckoutItem>,
    /// Where it goes. A customer we know may leave it out.
    shipping_address: Option<crate::views::AddressView>,
    /// An ISO 4217 code; without it, that of the prices.
    #[schema(example = "USD")]
    currency: Option<String>,
    /// How it is paid.
    payment: Option<CheckoutPayment>,
}

/// Who orders.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct CheckoutCustomer {
    /// The id of a customer we know.
    id: Option<String>,
    /// A mail address, when there is no id.
    #[schema(example = "ana@example.com")]
    email: Option<String>,
    /// The name to greet with.
    #[schema(example = "Ana Pop")]
    name: Option<String>,
}

/// A line of the order.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct CheckoutItem {
    /// The product.
    #[schema(example = "NW-001")]
    sku: String,
    /// How many units.
    #[schema(example = 2, minimum = 1, maximum = 1_000_000)]
    quantity: i64,
}

/// How an order is paid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "described, never made")]
pub(crate) struct CheckoutPayment {
    /// What the payment provider gave the shop for the card.
    #[schema(example = "tok_visa")]
    token: String,
}

/// Takes a request at an intake.
pub(crate) async fn place(State(app): State<Arc<App>>, intake: Arc<Intake>, request: Request) -> Response {
    match try_place(&app, &intake, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn try_place(app: &App, intake: &Intake, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    match intake.auth {
        IntakeAuth::None => {}
        IntakeAuth::Key => {
            let now = app.state.ports.clock.now();
            Credentials::of(&app.state.keys, &parts.method, &parts.headers, now).require_operator(&app.state.keys)?;
        }
        // The gateway asks at the intake's own path. Another spelling of the path may lead past it.
        IntakeAuth::Gateway if parts.extensions.get::<Admitted>().is_none() => {
            return Err(Problem::new(Kind::Unauthorized, "sign in first: this shop takes orders from those it knows"));
        }
        IntakeAuth::Gateway => {}
    }
    let idempotency_key = idempotency_key(&parts.headers)?;
    let mut params = Params::of(&parts.uri);
    let longest = wait::read(&mut params);
    let content = match parts.method {
        Method::GET => object_of(params.finish_with_rest()?)?,
        // The framework sends HEAD to where GET is. It must not change anything.
        Method::HEAD => return Err(Problem::new(Kind::MethodNotAllowed, "HEAD would place an order; use GET")),
        _ => {
            params.finish()?;
            request::read_json(&parts.headers, body).await?
        }
    };
    let input = json!({
        "workflow": intake.workflow,
        "request_hash": json::hash(&content),
        "request": content,
        "idempotency_key": idempotency_key,
    });
    let answer = app.state.handlers.run(&intake.handler, input).await?;
    let placed: Placed = serde_json::from_value(answer).map_err(|error| {
        tracing::error!(handler = intake.handler, %error, "the handler's answer is not that of an intake");
        Problem::new(Kind::InternalError, "the handler of this intake answered something else than an order")
    })?;
    answer_placed(app, placed, longest).await
}

async fn answer_placed(app: &App, placed: Placed, longest: Option<Duration>) -> Result<Response, Problem> {
    let access_token = app.state.keys.access_token(&placed.order_id);
    let links = Links::of(app, &placed.order_id, Some(&access_token));
    let location = HeaderValue::from_str(&links.order)
        .map_err(|_| Problem::new(Kind::InternalError, "the configured base URL cannot stand in a header"))?;
    if wait::for_end(app, &placed.order_id, &placed.execution_arn, longest).await {
        let order = OrderView::of(app, app.order(&placed.order_id).await?);
        let finished = FinishedOrder { order, access_token, links };
        return Ok((StatusCode::OK, [(header::LOCATION, location)], axum::Json(finished)).into_response());
    }
    let accepted = AcceptedOrder {
        order_id: placed.order_id.into(),
        status: placed.status,
        execution_arn: placed.execution_arn,
        access_token,
        links,
    };
    let body = Answer { document: placed.answer, accepted };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], axum::Json(body)).into_response())
}

/// What we answer for every workflow, and what the workflow's document answers beside it.
struct Answer {
    document: Map<String, Value>,
    accepted: AcceptedOrder,
}

impl Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let AcceptedOrder { order_id, status, execution_arn, access_token, links } = &self.accepted;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("order_id", order_id)?;
        map.serialize_entry("status", status)?;
        map.serialize_entry("execution_arn", execution_arn)?;
        map.serialize_entry("access_token", access_token)?;
        map.serialize_entry("links", links)?;
        let ours = ["order_id", "status", "execution_arn", "access_token", "links"];
        for (name, value) in self.document.iter().filter(|(name, _)| !ours.contains(&name.as_str())) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The caller's key: visible ASCII, so that it can stand in a log and a table as it is.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    match key {
        Some(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(Problem::field("Idempotency-Key", "the header once, with 1 to 255 visible ASCII characters")),
    }
}

/// Query parameters as an object of texts.
fn object_of(pairs: Vec<(String, String)>) -> Result<Value, Problem> {
    let mut object = Map::with_capacity(pairs.len());
    for (name, value) in pairs {
        if object.contains_key(&name) {
            return Err(Problem::field(name, "the parameter only once"));
        }
        object.insert(name, Value::String(value));
    }
    Ok(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotency_keys_are_visible_ascii() {
        let longest = "k".repeat(LONGEST_KEY);
        for good in ["k", "0193a5c2-7b1e-7c4e-9d2f-0a1b2c3d4e5f", &longest] {
            let headers = [(IDEMPOTENCY_KEY.parse().unwrap(), good.parse().unwrap())].into_iter().collect();
            assert_eq!(idempotency_key(&headers).unwrap(), Some(good));
        }
        let too_long = "k".repeat(LONGEST_KEY + 1);
        for bad in ["", "two words", "ключ", &too_long] {
            let value = HeaderValue::from_bytes(bad.as_bytes()).unwrap();
            let headers = [(IDEMPOTENCY_KEY.parse().unwrap(), value)].into_iter().collect();
            assert_eq!(idempotency_key(&headers).unwrap_err().invalid[0].field, "Idempotency-Key", "{bad}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
        let mut twice = HeaderMap::new();
        twice.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        twice.append(IDEMPOTENCY_KEY, HeaderValue::from_static("b"));
        assert!(idempotency_key(&twice).is_err());
    }

    #[test]
    fn what_the_document_answers_stands_beside_ours() {
        let links = || Links { order: "o".into(), events: "e".into(), receipt: "r".into(), cancel: "c".into() };
        let accepted = AcceptedOrder {
            order_id: "A-1".into(),
            status: "PENDING".into(),
            execution_arn: "arn".into(),
            access_token: "t".into(),
            links: links(),
        };
        let document = json!({"message": "placed", "orderId": "A-1", "status": "theirs"});
        let document = document.as_object().unwrap().clone();
        let answer = serde_json::to_value(Answer { document, accepted }).unwrap();
        assert_eq!(answer["message"], "placed");
        assert_eq!(answer["orderId"], "A-1");
        assert_eq!(answer["status"], "PENDING", "our own fields mean the same for every workflow");
        assert_eq!(answer["links"]["self"], "o");
    }
}
