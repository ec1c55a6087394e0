use order::Email;
use serde::{Deserialize, Serialize};

/// The shop as its customers see it: who a receipt is from and who signs a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// Its name.
    pub name: String,
    /// Where its mail comes from, and where answers go.
    pub email: Email,
    /// Its web site, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
