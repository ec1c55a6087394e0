//! What is answered when a request is not: problem details by RFC 9457.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order::{Invalid, RefusedMove};
use ports::{ErrorName, ExecutionError, RedriveError, StepError};
use serde::Serialize;
use utoipa::ToSchema;

/// Declares the kinds of problem: the variant, the last part of its `type`, its status, its title, and
/// what the caller can do.
macro_rules! kinds {
    ($($variant:ident $slug:literal $status:ident $title:literal $meaning:literal;)+) => {
        /// The kinds of problem. Their names are a contract: they are the `type` of an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($variant,)+ }

        impl Kind {
            pub(crate) const ALL: &[Kind] = &[$(Kind::$variant,)+];

            pub(crate) fn slug(self) -> &'static str {
                match self { $(Kind::$variant => $slug,)+ }
            }

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Kind::$variant => StatusCode::$status,)+ }
            }

            pub(crate) fn title(self) -> &'static str {
                match self { $(Kind::$variant => $title,)+ }
            }

            pub(crate) fn meaning(self) -> &'static str {
                match self { $(Kind::$variant => $meaning,)+ }
            }
        }
    };
}

kinds! {
    InvalidRequest "invalid-request" BAD_REQUEST "The request is not right"
        "Nothing was changed. `errors` names each field that is wrong and what belongs there.";
    Unauthorized "unauthorized" UNAUTHORIZED "A key is needed"
        "Send the operator's key, or for an order of your own the access token that placing it returned.";
    Forbidden "forbidden" FORBIDDEN "The request may not be what you meant"
        "A request that changes something with the session's cookie has to say X-Requested-With: orderflow.";
    NotFound "not-found" NOT_FOUND "There is no such thing"
        "The address or the name in it is wrong.";
    OrderNotFound "order-not-found" NOT_FOUND "There is no such order"
        "There is no order of that id, or what you presented does not open it.";
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "The method is not allowed here"
        "The Allow header says which methods are.";
    OrderIdTaken "order-id-taken" CONFLICT "The order id is taken"
        "An order of this id exists with other contents. Choose another id, or leave it out to be given one.";
    StatusRefused "status-refused" CONFLICT "The order's status does not allow this"
        "The order is not where this could be done with it, or not any more.";
    OrderInProgress "order-in-progress" CONFLICT "The order is still in progress"
        "Its workflow has not come to its end. Try again later.";
    LinkExpired "link-expired" GONE "The link has expired"
        "The order's page has a fresh one.";
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large"
        "Nothing was changed. Send less at once.";
    RequestTimeout "request-timeout" REQUEST_TIMEOUT "The request did not come to its end in time"
        "Nothing was changed. Send it again, over a better line.";
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "The media type is not supported"
        "Say in Content-Type what the body is, and send what is taken here.";
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY "The Idempotency-Key was used for another request"
        "A key stands for one request. Send a fresh one with another request.";
    InvalidOrder "invalid-order" UNPROCESSABLE_ENTITY "The order cannot be taken as it is"
        "The detail says what stands in its way.";
    UnknownProduct "unknown-product" UNPROCESSABLE_ENTITY "There is no such product"
        "The order names a product that is not in the inventory.";
    OutOfStock "out-of-stock" UNPROCESSABLE_ENTITY "There is not enough in stock"
        "Fewer units are free than were asked for.";
    ReservationExpired "reservation-expired" UNPROCESSABLE_ENTITY "The hold on the goods has expired"
        "The goods were held for a while and are gone now.";
    PaymentDeclined "payment-declined" UNPROCESSABLE_ENTITY "The payment was declined"
        "The payment provider refused. Another way of paying may work.";
    NotRedrivable "not-redrivable" CONFLICT "The execution cannot be redriven"
        "It is running, has succeeded, or left nothing to go on from. The detail says which.";
    NotAvailable "not-available" NOT_IMPLEMENTED "This is not available here"
        "This installation does not offer it.";
    InternalError "internal-error" INTERNAL_SERVER_ERROR "Something went wrong on our side"
        "The server's log has the rest, under the request's id.";
    ServiceUnavailable "service-unavailable" SERVICE_UNAVAILABLE "Something that is needed does not answer"
        "Try again after the seconds that Retry-After names; with the same Idempotency-Key, where one was sent.";
}

/// How long a caller should wait before it tries again after an outage, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// A refused request. It becomes its answer at the edge, which knows the request's path.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub kind: Kind,
    pub detail: String,
    pub invalid: Vec<Invalid>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), invalid: Vec::new() }
    }

    /// One field that is wrong.
    pub(crate) fn field(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::fields(vec![Invalid { field: field.into(), expected: expected.into() }])
    }

    /// All fields that are wrong; there is at least one.
    pub(crate) fn fields(invalid: Vec<Invalid>) -> Self {
        let detail = match invalid.as_slice() {
            [only] => only.to_string(),
            [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
            [] => "the request is not right".to_owned(),
        };
        Self { kind: Kind::InvalidRequest, detail, invalid }
    }

    /// The same answer for an order that does not exist and for one that the caller may not see, so
    /// that nobody learns by asking which ids are taken.
    pub(crate) fn order_not_found() -> Self {
        Self::new(Kind::OrderNotFound, "there is no such order, or what you presented does not open it")
    }

    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(Kind::NotFound, format!("there is no {what}"))
    }
}

/// The problem as it is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/problems/invalid-request",
    "title": "The request is not right",
    "status": 400,
    "detail": "items/0/quantity: expected a whole number from 1 to 1000000",
    "instance": "/orders",
    "request_id": "5f0c9a3e-1f",
    "errors": [{"field": "items/0/quantity", "expected": "a whole number from 1 to 1000000"}]
}))]
pub(crate) struct ProblemBody {
    /// Names the kind of problem; stable. Relative to this server, where it can be read.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: String,
    /// The path that was asked for.
    instance: String,
    /// Names the request in the server's log.
    request_id: String,
    /// The fields that are wrong, where fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

/// A field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
struct FieldError {
    /// Where: a path such as `items/0/quantity`, a header's or parameter's name.
    #[schema(example = "items/0/quantity")]
    field: String,
    /// What a right value looks like.
    #[schema(example = "a whole number from 1 to 1000000")]
    expected: String,
}

impl Problem {
    /// The answer, now that the request is known.
    pub(crate) fn render(self, instance: &str, request_id: &str) -> Vec<u8> {
        let body = ProblemBody {
            kind: format!("/problems/{}", self.kind.slug()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail,
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            errors: self
                .invalid
                .into_iter()
                .map(|invalid| FieldError { field: invalid.field, expected: invalid.expected })
                .collect(),
        };
        serde_json::to_vec(&body).expect("texts and numbers are JSON")
    }
}

impl IntoResponse for Problem {
    /// The status with the problem attached; the edge writes the body.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        let headers = response.headers_mut();
        match self.kind {
            Kind::Unauthorized => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Kind::ServiceUnavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        let kind = match error.name {
            ErrorName::InvalidRequest => Kind::InvalidRequest,
            ErrorName::InvalidOrder => Kind::InvalidOrder,
            ErrorName::UnknownProduct => Kind::UnknownProduct,
            ErrorName::OutOfStock => Kind::OutOfStock,
            ErrorName::ReservationExpired => Kind::ReservationExpired,
            ErrorName::PaymentDeclined => Kind::PaymentDeclined,
            ErrorName::OrderNotFound => Kind::OrderNotFound,
            ErrorName::OrderIdTaken => Kind::OrderIdTaken,
            ErrorName::IdempotencyKeyReused => Kind::IdempotencyKeyReused,
            ErrorName::StatusRefused => Kind::StatusRefused,
            ErrorName::OrderInProgress => Kind::OrderInProgress,
            ErrorName::ServiceUnavailable => Kind::ServiceUnavailable,
            ErrorName::NotFound => Kind::NotFound,
        };
        Self { kind, detail: error.message, invalid: error.invalid }
    }
}

impl From<RedriveError> for Problem {
    fn from(error: RedriveError) -> Self {
        match error {
            RedriveError::Refused(reason) => Self::new(Kind::NotRedrivable, reason),
            RedriveError::Input(reason) => Self::field("input", reason),
            RedriveError::Execution(error) => error.into(),
        }
    }
}

impl From<RefusedMove> for Problem {
    fn from(refused: RefusedMove) -> Self {
        Self::new(Kind::StatusRefused, refused.to_string())
    }
}

impl From<ExecutionError> for Problem {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::DoesNotExist { execution_arn } => {
                Self::not_found(format_args!("execution {execution_arn}"))
            }
            ExecutionError::NoStateMachine { .. } => Self::new(Kind::NotFound, error.to_string()),
            ExecutionError::AlreadyExists { .. } => Self::new(Kind::OrderInProgress, error.to_string()),
            ExecutionError::Invalid(invalid) => Self::fields(vec![invalid]),
            ExecutionError::Unavailable(reason) => Self::new(Kind::ServiceUnavailable, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_of_names_and_statuses() {
        let table: &[(ErrorName, u16, &str)] = &[
            (ErrorName::InvalidRequest, 400, "invalid-request"),
            (ErrorName::InvalidOrder, 422, "invalid-order"),
            (ErrorName::UnknownProduct, 422, "unknown-product"),
            (ErrorName::OutOfStock, 422, "out-of-stock"),
            (ErrorName::ReservationExpired, 422, "reservation-expired"),
            (ErrorName::PaymentDeclined, 422, "payment-declined"),
            (ErrorName::OrderNotFound, 404, "order-not-found"),
            (ErrorName::OrderIdTaken, 409, "order-id-taken"),
            (ErrorName::IdempotencyKeyReused, 422, "idempotency-key-reused"),
            (ErrorName::StatusRefused, 409, "status-refused"),
            (ErrorName::OrderInProgress, 409, "order-in-progress"),
            (ErrorName::ServiceUnavailable, 503, "service-unavailable"),
            (ErrorName::NotFound, 404, "not-found"),
        ];
        for (name, status, slug) in table {
            let kind = Problem::from(StepError::new(*name, "x")).kind;
            assert_eq!((kind.status().as_u16(), kind.slug()), (*status, *slug));
        }
    }

    #[test]
    fn an_outage_says_when_to_come_back() {
        let response = Problem::new(Kind::ServiceUnavailable, "the disk is full").into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], RETRY_AFTER_SECONDS);
    }

    #[test]
    fn the_detail_tells_the_first_field_and_counts_the_rest() {
        let invalid = |field: &str| Invalid::new("a thing").at(field);
        assert_eq!(Problem::fields(vec![invalid("a")]).detail, "a: expected a thing");
        assert_eq!(
            Problem::fields(vec![invalid("a"), invalid("b"), invalid("c")]).detail,
            "a: expected a thing (and 2 more)"
        );
    }
}
