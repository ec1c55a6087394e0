//! Who may do what: the operator's key, and the access tokens of orders.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use order::OrderId;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::session::{self, Session};

/// What says that a request which changes something was meant: no other site can make a browser send it.
const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
const REQUESTED_WITH_US: &str = "orderflow";

/// Who acts with the key itself has no name.
const BY_KEY: &str = "operator key";

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

    /// A session as its cookie carries it. Another operator's key ends it.
    pub(crate) fn seal_session(&self, session: &Session) -> String {
        let content = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(session).expect("a number and a text are JSON"));
        let seal = BASE64_URL_SAFE_NO_PAD.encode(self.session_mac(&content).finalize().into_bytes());
        format!("{content}.{seal}")
    }

    /// The session that a cookie carries; nothing when it is none of ours or has ended.
    pub(crate) fn open_session(&self, sealed: &str, now: Timestamp) -> Option<Session> {
        let (content, seal) = sealed.split_once('.')?;
        let seal = BASE64_URL_SAFE_NO_PAD.decode(seal).ok()?;
        self.session_mac(content).verify_slice(&seal).ok()?;
        let session: Session = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(content).ok()?).ok()?;
        (session.expires_at > now).then_some(session)
    }

    fn session_mac(&self, content: &str) -> Hmac<Sha256> {
        let mut mac = self.secret.clone();
        mac.update(b"session:");
        mac.update(&self.operator);
        mac.update(content.as_bytes());
        mac
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
    Operator(Operator),
    /// Who has the order's access token.
    Shopper,
}

/// An operator. As an argument of a handler it lets nobody else in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    /// Who it is, as far as that is known: the name given at the sign-in.
    pub actor: String,
}

/// What a request shows of who sent it.
pub(crate) struct Credentials {
    /// What `Authorization: Bearer` carries.
    bearer: Option<String>,
    /// Whom the session's cookie stands for, and whether there is a cookie at all.
    session: Option<Operator>,
    has_cookie: bool,
    /// Whether the request changes something and does not say that it was meant: a browser sends the
    /// cookie along with requests that other sites make it send.
    may_be_forged: bool,
}

impl Credentials {
    pub(crate) fn of(keys: &Keys, method: &Method, headers: &HeaderMap, now: Timestamp) -> Self {
        let cookie = session::cookie(headers);
        let named = headers.get(REQUESTED_WITH).is_some_and(|value| value == REQUESTED_WITH_US);
        Self {
            bearer: bearer(headers).map(str::to_owned),
            has_cookie: cookie.is_some(),
            session: cookie.and_then(|sealed| keys.open_session(sealed, now)).map(|session| session.operator()),
            may_be_forged: !method.is_safe() && !named,
        }
    }

    /// The operator who sent the request, if it was one.
    fn operator(&self, keys: &Keys) -> Result<Option<Operator>, Problem> {
        if self.bearer.as_deref().is_some_and(|key| keys.is_operator(key)) {
            return Ok(Some(Operator { actor: BY_KEY.to_owned() }));
        }
        match &self.session {
            Some(_) if self.may_be_forged => {
                let detail = format!("with the session's cookie, send {REQUESTED_WITH}: {REQUESTED_WITH_US}");
                Err(Problem::new(Kind::Forbidden, detail))
            }
            session => Ok(session.clone()),
        }
    }

    /// Lets the operator in.
    pub(crate) fn require_operator(&self, keys: &Keys) -> Result<Operator, Problem> {
        if let Some(operator) = self.operator(keys)? {
            return Ok(operator);
        }
        let detail = match (&self.bearer, self.has_cookie) {
            (Some(_), _) => "that is not the operator's key",
            (None, true) => "the session has ended: sign in again",
            (None, false) => "send the operator's key: Authorization: Bearer KEY",
        };
        Err(Problem::new(Kind::Unauthorized, detail))
    }

    /// Lets the operator in, and who has the order's token: as `?token=` or as the bearer.
    ///
    /// A wrong token gets the answer of an order that does not exist.
    pub(crate) fn require_order_access(
        &self,
        keys: &Keys,
        token: Option<&str>,
        order_id: &str,
    ) -> Result<(OrderId, Caller), Problem> {
        let parsed = OrderId::parse(order_id);
        let tokens = self.bearer.as_deref().into_iter().chain(token);
        if let Ok(id) = &parsed
            && tokens.clone().any(|token| keys.opens(id, token))
        {
            return Ok((id.clone(), Caller::Shopper));
        }
        if let Some(operator) = self.operator(keys)? {
            let id = parsed.map_err(|_| Problem::order_not_found())?;
            return Ok((id, Caller::Operator(operator)));
        }
        if tokens.count() > 0 {
            return Err(Problem::order_not_found());
        }
        let detail = "send the order's access token (?token=) or the operator's key (Authorization: Bearer KEY)";
        Err(Problem::new(Kind::Unauthorized, detail))
    }
}

/// What `Authorization: Bearer` carries.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}

impl FromRequestParts<Arc<App>> for Credentials {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let now = app.state.ports.clock.now();
        Ok(Self::of(&app.state.keys, &parts.method, &parts.headers, now))
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        Credentials::from_request_parts(parts, app).await?.require_operator(&app.state.keys)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn id(text: &str) -> OrderId {
        OrderId::parse(text).unwrap()
    }

    fn shown(authorization: Option<&'static str>) -> Credentials {
        Credentials::of(&keys(), &Method::POST, &headers(authorization), Timestamp::UNIX_EPOCH)
    }

    fn keys() -> Keys {
        Keys::new("operator", b"secret")
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
        let operator = || Caller::Operator(Operator { actor: BY_KEY.to_owned() });
        let access = |authorization, token: Option<&str>, order: &str| {
            shown(authorization)
                .require_order_access(&keys, token, order)
                .map(|(_, caller)| caller)
                .map_err(|problem| problem.kind.status().as_u16())
        };
        assert_eq!(access(None, None, "a-1"), Err(401));
        assert_eq!(access(None, Some(&token), "a-1"), Ok(Caller::Shopper));
        assert_eq!(access(None, Some(&token), "a-2"), Err(404));
        assert_eq!(access(None, Some("nonsense"), "a-1"), Err(404));
        assert_eq!(access(Some("Bearer operator"), None, "a-2"), Ok(operator()));
        assert_eq!(access(Some("bearer operator"), Some("nonsense"), "a-2"), Ok(operator()));
        assert_eq!(access(Some("Bearer wrong"), None, "a-1"), Err(404));
        assert_eq!(access(Some("Basic operator"), None, "a-1"), Err(401));
        assert_eq!(access(Some("Bearer operator"), None, "no such id!"), Err(404));
    }

    #[test]
    fn only_the_key_makes_an_operator() {
        let keys = keys();
        assert!(shown(Some("Bearer operator")).require_operator(&keys).is_ok());
        for wrong in [None, Some("Bearer operato"), Some("Bearer "), Some("operator"), Some("Bearer operator2")] {
            let problem = shown(wrong).require_operator(&keys).unwrap_err();
            assert_eq!(problem.kind, Kind::Unauthorized, "{wrong:?}");
        }
    }

    #[test]
    fn a_session_stands_for_its_operator_until_it_ends() {
        let keys = keys();
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let later = now + jiff::SignedDuration::from_secs(60);
        let sealed = keys.seal_session(&Session { name: Some("Ana".to_owned()), expires_at: later });
        let with = |method: Method, cookie: &str, named: bool, at: Timestamp| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
            if named {
                headers.insert(REQUESTED_WITH, HeaderValue::from_static(REQUESTED_WITH_US));
            }
            let shown = Credentials::of(&keys, &method, &headers, at);
            shown.require_operator(&keys).map(|operator| operator.actor).map_err(|problem| problem.kind)
        };
        let cookie = format!("theme=dark; orderflow_session={sealed}");
        assert_eq!(with(Method::GET, &cookie, false, now), Ok("Ana".to_owned()));
        assert_eq!(with(Method::POST, &cookie, true, now), Ok("Ana".to_owned()));
        assert_eq!(with(Method::POST, &cookie, false, now), Err(Kind::Forbidden), "another site may have sent it");
        assert_eq!(with(Method::GET, &cookie, false, later), Err(Kind::Unauthorized), "it has ended");
        let (content, seal) = sealed.split_once('.').unwrap();
        for forged in
            [format!("{content}.{}", &seal[1..]), format!("x{content}.{seal}"), content.to_owned(), String::new()]
        {
            let cookie = format!("orderflow_session={forged}");
            assert_eq!(with(Method::GET, &cookie, false, now), Err(Kind::Unauthorized), "{forged}");
        }
        assert!(Keys::new("another", b"secret").open_session(&sealed, now).is_none(), "another key ends all sessions");
    }
}
