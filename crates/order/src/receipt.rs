use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A receipt that was issued for an order. The document itself is derived from the order, so that it
/// can always be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Where the document is in the object store: `receipts/{order_id}.pdf`.
    pub object_key: String,
    /// When it was issued.
    pub issued_at: Timestamp,
}
