use async_trait::async_trait;
use bytes::Bytes;
use order::OrderId;

use crate::Result;

/// The object store of receipts, and the links that reach them.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// Stores a document under its key, replacing one of the same key.
    async fn put(&self, object_key: &str, document: Bytes) -> Result<()>;

    /// The document of that key.
    async fn get(&self, object_key: &str) -> Result<Option<Bytes>>;

    /// A link to an order's receipt that anybody may follow until it expires.
    fn link(&self, order_id: &OrderId, object_key: &str) -> String;

    /// A link straight to the object store, good for some minutes, to send a browser on to that followed
    /// [`link`](Self::link); nothing where there are none, or no such document.
    async fn direct_link(&self, _object_key: &str) -> Result<Option<String>> {
        Ok(None)
    }
}
