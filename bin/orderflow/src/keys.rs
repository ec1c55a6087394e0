//! The secrets of the embedded home: the operator key, and those that sign tokens, links and webhooks.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

const OPERATOR_KEY_FILE: &str = "operator-key";
const SIGNING_SECRET_FILE: &str = "signing-secret";
const WEBHOOK_SECRET_FILE: &str = "webhook-secret";

/// The secrets of one data folder.
pub struct Keys {
    /// What an operator shows as a bearer token.
    pub operator: String,
    /// Whether the operator key was made just now, so that it is shown once.
    pub operator_is_new: bool,
    /// Signs access tokens and receipt links; nobody else may have it.
    pub signing: Vec<u8>,
    /// Signs webhooks; their receivers have it too.
    pub webhooks: Vec<u8>,
}

impl Keys {
    /// Reads the data folder's secrets, making those that are missing, readable by the owner only. A
    /// given operator key is used instead of the folder's and not written down.
    pub fn open(data: &Path, given_operator_key: Option<String>) -> Result<Keys, String> {
        let (signing, _) = read_or_make(&data.join(SIGNING_SECRET_FILE))?;
        let (webhooks, _) = read_or_make(&data.join(WEBHOOK_SECRET_FILE))?;
        let (operator, operator_is_new) = match given_operator_key {
            Some(key) if key.len() < 16 => {
                return Err("ORDERFLOW_ADMIN_KEY is too short: expected at least 16 characters".to_owned());
            }
            Some(key) => (key, false),
            None => read_or_make(&data.join(OPERATOR_KEY_FILE))?,
        };
        Ok(Keys { operator, operator_is_new, signing: signing.into_bytes(), webhooks: webhooks.into_bytes() })
    }
}

/// The operator key in a data folder on this machine, for the command line.
pub fn read_operator_key(data: &Path) -> Option<String> {
    std::fs::read_to_string(data.join(OPERATOR_KEY_FILE)).ok().map(|key| key.trim().to_owned())
}

fn read_or_make(path: &Path) -> Result<(String, bool), String> {
    let failed = |error: std::io::Error| format!("cannot keep a secret in {}: {error}", path.display());
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let secret = fresh_secret();
            file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok((secret, true))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let mut secret = String::new();
            std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut secret)).map_err(failed)?;
            let secret = secret.trim().to_owned();
            if secret.is_empty() {
                return Err(format!("{} is empty: delete it to have a new one made", path.display()));
            }
            Ok((secret, false))
        }
        Err(error) => Err(failed(error)),
    }
}

/// 244 random bits of the operating system, as text.
fn fresh_secret() -> String {
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    URL_SAFE_NO_PAD.encode([*first.as_bytes(), *second.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_are_the_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::open(folder.path(), None).unwrap();
        let second = Keys::open(folder.path(), None).unwrap();
        assert!(first.operator_is_new && !second.operator_is_new);
        assert_ne!(first.signing, first.webhooks, "who checks webhooks must not be able to make tokens");
        assert_eq!((first.operator, first.signing), (second.operator, second.signing));
        assert_eq!(first.webhooks, second.webhooks);
        for file in [OPERATOR_KEY_FILE, SIGNING_SECRET_FILE, WEBHOOK_SECRET_FILE] {
            let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_given_key_is_not_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path(), Some("an-operator-key-of-my-own".into())).unwrap();
        assert_eq!(keys.operator, "an-operator-key-of-my-own");
        assert!(read_operator_key(folder.path()).is_none());
        assert!(Keys::open(folder.path(), Some("short".into())).is_err());
    }
}
