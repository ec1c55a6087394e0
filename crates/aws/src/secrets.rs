//! The keys, from Secrets Manager.

use aws_sdk_secretsmanager::Client;
use serde::Deserialize;

use crate::fault;

/// The shortest key that is taken.
const SHORTEST: usize = 16;

/// The shop's keys. They have no form for debugging: no log may show them.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Keys {
    /// What an operator shows as a bearer token.
    #[serde(rename = "operator_key")]
    pub operator: String,
    /// What access tokens and links to receipts are signed with.
    #[serde(rename = "signing_key")]
    pub signing: String,
}

/// Why there are no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// Secrets Manager gave none.
    #[error("the secret cannot be read: {0}")]
    Unread(String),
    /// It is no such secret.
    #[error("the secret is wrong: expected JSON with operator_key and signing_key, each of at least 16 characters")]
    Wrong,
}

impl Keys {
    /// Reads the keys of a secret, `{"operator_key": …, "signing_key": …}`. To be done once, at the start.
    ///
    /// # Errors
    ///
    /// See [`KeysError`].
    pub async fn read(client: &Client, secret: &str) -> Result<Self, KeysError> {
        let answer = client.get_secret_value().secret_id(secret).send().await;
        let answer = answer.map_err(|error| KeysError::Unread(fault::reason(&error)))?;
        Self::parse(answer.secret_string().unwrap_or_default())
    }

    fn parse(text: &str) -> Result<Self, KeysError> {
        let keys: Self = serde_json::from_str(text).map_err(|_| KeysError::Wrong)?;
        let long = |key: &str| key.len() >= SHORTEST;
        if long(&keys.operator) && long(&keys.signing) { Ok(keys) } else { Err(KeysError::Wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_holds_no_keys_is_refused() {
        let keys = Keys::parse(r#"{"operator_key":"0123456789abcdef","signing_key":"fedcba9876543210"}"#);
        assert!(keys.is_ok_and(|keys| keys.operator == "0123456789abcdef" && keys.signing == "fedcba9876543210"));
        for text in ["", "key", "{}", r#"{"operator_key":"short","signing_key":"fedcba9876543210"}"#] {
            assert!(Keys::parse(text) == Err(KeysError::Wrong), "{text}");
        }
    }
}
