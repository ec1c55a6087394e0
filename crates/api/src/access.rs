//! Who may do what: the operator's key, and the access tokens of orders.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use order::OrderId;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::problem::{Kind, Problem};

/// The operator's key, and the secret that the access tokens of orders are made with.
#[derive(Clone)]
pub struct Keys {
    /// Only its hash is kept: comparing hashes also hides how long the key is.
    operator: [u8; 32],
    secret: Hmac<Sha256>,
}

impl Keys {
    /// The keys. `secret` must stay the same over restarts, or the tokens given out go stale.
    #[must_use]
    pub fn new(operator_key: &str, secret: &[u8]) -> Self {
        Self {
            operator: Sha256::digest(operator_key).into(),
            secret: Hmac::new_from_slice(secret).expect("an HMAC takes keys of any length"),
        }
    }

    /// Whether that is the operator's key, in constant time.
    #[must_use]
    pub fn is_operator(&self, presented: &str) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.operator.ct_eq(&presented).into()
    }

    /// The token that opens one order. It follows from the order's id, so that placing an order again
    /// answers the same one.
    #[must_use]
    pub fn access_token(&self, order_id: &OrderId) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.mac(order_id).finalize().into_bytes())
    }

    /// Whether that token opens that order, in constant time.
    #[must_use]
    pub fn opens(&self, order_id: &OrderId, token: &str) -> bool {
        BASE64_URL_SAFE_NO_PAD.decode(token).is_ok_and(|tag| self.mac(order_id).verify_slice(&tag).is_ok())
    }

    fn mac(&self, order_id: &OrderId) -> Hmac<Sha256> {
        let mut mac = self.secret.clone();
        mac.update(b"order:");
        mac.update(order_id.as_str().as_bytes());
        mac
    }
}

/// Who asks about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    Operator,
    /// Who has the order's access token.
    Shopper,
}

/// What `Authorization: Bearer` carries.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}

/// Lets the operator in.
pub(crate) fn require_operator(keys: &Keys, headers: &HeaderMap) -> Result<(), Problem> {
    match bearer(headers) {
        Some(key) if keys.is_operator(key) => Ok(()),
        Some(_) => Err(Problem::new(Kind::Unauthorized, "that is not the operator's key")),
        None => Err(Problem::new(Kind::Unauthorized, "send the operator's key: Authorization: Bearer KEY")),
    }
}

/// Lets the operator in, and who has the order's token: as `?token=` or as the bearer.
///
/// A wrong token gets the answer of an order that does not exist.
pub(crate) fn require_order_access(
    keys: &Keys,
    headers: &HeaderMap,
    token: Option<&str>,
    order_id: &str,
) -> Result<(OrderId, Caller), Problem> {
    let bearer = bearer(headers);
    if bearer.is_none() && token.is_none() {
        let detail = "send the order's access token (?token=) or the operator's key (Authorization: Bearer KEY)";
        return Err(Problem::new(Kind::Unauthorized, detail));
    }
    let order_id = OrderId::parse(order_id).map_err(|_| Problem::order_not_found())?;
    if bearer.is_some_and(|key| keys.is_operator(key)) {
        return Ok((order_id, Caller::Operator));
    }
    if bearer.into_iter().chain(token).any(|token| keys.opens(&order_id, token)) {
        return Ok((order_id, Caller::Shopper));
    }
    Err(Problem::order_not_found())
}

/// An argument of handlers that only the operator may use.
pub(crate) struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        require_operator(&app.state.keys, &parts.headers).map(|()| Operator)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn id(text: &str) -> OrderId {
        OrderId::parse(text).unwrap()
    }

    fn headers(authorization: Option<&'static str>) -> HeaderMap {
        authorization.map(|value| (header::AUTHORIZATION, HeaderValue::from_static(value))).into_iter().collect()
    }

    #[test]
    fn a_token_opens_its_order_and_no_other() {
        let keys = Keys::new("operator", b"secret");
        let token = keys.access_token(&id("a-1"));
        assert_eq!(token, keys.access_token(&id("a-1")), "placing again answers the same token");
        assert!(keys.opens(&id("a-1"), &token));
        assert!(!keys.opens(&id("a-2"), &token));
        assert!(!keys.opens(&id("a-1"), &token[1..]));
        assert!(!keys.opens(&id("a-1"), ""));
        assert!(!Keys::new("operator", b"other").opens(&id("a-1"), &token));
    }

    #[test]
    fn who_comes_with_what_gets_in_or_not() {
        let keys = Keys::new("operator", b"secret");
        let token = keys.access_token(&id("a-1"));
        let access = |authorization, token: Option<&str>, order: &str| {
            require_order_access(&keys, &headers(authorization), token, order)
                .map(|(_, caller)| caller)
                .map_err(|problem| problem.kind.status().as_u16())
        };
        assert_eq!(access(None, None, "a-1"), Err(401));
        assert_eq!(access(None, Some(&token), "a-1"), Ok(Caller::Shopper));
        assert_eq!(access(None, Some(&token), "a-2"), Err(404));
        assert_eq!(access(None, Some("nonsense"), "a-1"), Err(404));
        assert_eq!(access(Some("Bearer operator"), None, "a-2"), Ok(Caller::Operator));
        assert_eq!(access(Some("bearer operator"), Some("nonsense"), "a-2"), Ok(Caller::Operator));
        assert_eq!(access(Some("Bearer wrong"), None, "a-1"), Err(404));
        assert_eq!(access(Some("Basic operator"), None, "a-1"), Err(401));
        assert_eq!(access(Some("Bearer operator"), None, "no such id!"), Err(404));
    }

    #[test]
    fn only_the_key_makes_an_operator() {
        let keys = Keys::new("operator", b"secret");
        assert!(require_operator(&keys, &headers(Some("Bearer operator"))).is_ok());
        for wrong in [None, Some("Bearer operato"), Some("Bearer "), Some("operator"), Some("Bearer operator2")] {
            let problem = require_operator(&keys, &headers(wrong)).unwrap_err();
            assert_eq!(problem.kind, Kind::Unauthorized, "{wrong:?}");
        }
    }
}
