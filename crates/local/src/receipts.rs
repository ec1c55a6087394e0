//! Receipts in an object store: a folder, or a bucket of S3.

use std::path::Path as FilePath;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};
use order::OrderId;
use ports::{Clock, Receipts, Result, StepError};

use crate::ReceiptLinks;

/// [`Receipts`] over an object store.
#[derive(Clone)]
pub struct ObjectReceipts {
    objects: Arc<dyn ObjectStore>,
    links: ReceiptLinks,
    clock: Arc<dyn Clock>,
}

/// Why the object store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenReceiptsError {
    /// The folder cannot be made.
    #[error("the folder for receipts cannot be made: {0}")]
    Folder(#[from] std::io::Error),
    /// The location is no folder and no `s3://bucket/prefix`.
    #[error("{0:?} is no place for receipts: expected a folder or s3://bucket/prefix")]
    Location(String),
    /// The object store refuses its settings.
    #[error("the object store for receipts cannot be used: {0}")]
    Store(#[from] object_store::Error),
}

impl ObjectReceipts {
    /// Opens `s3://bucket/prefix`, with credentials and region from the `AWS_*` environment variables, or a
    /// local folder, which is made when it is missing.
    ///
    /// # Errors
    ///
    /// See [`OpenReceiptsError`]. Nothing is sent over the network yet.
    pub fn open(
        location: &str,
        links: ReceiptLinks,
        clock: Arc<dyn Clock>,
    ) -> std::result::Result<Self, OpenReceiptsError> {
        let objects: Arc<dyn ObjectStore> = match location.split_once("://") {
            Some(("s3", rest)) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(OpenReceiptsError::Location(location.to_owned()));
                }
                let bucket = AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
                Arc::new(PrefixStore::new(bucket, Path::from(prefix)))
            }
            Some(_) => return Err(OpenReceiptsError::Location(location.to_owned())),
            None => {
                let folder = FilePath::new(location);
                std::fs::create_dir_all(folder)?;
                // Without fsync: a receipt that a power cut takes can be made again from its order.
                Arc::new(LocalFileSystem::new_with_prefix(folder)?)
            }
        };
        Ok(Self { objects, links, clock })
    }

    /// The links, to check those that are followed.
    pub fn links(&self) -> &ReceiptLinks {
        &self.links
    }
}

#[async_trait]
impl Receipts for ObjectReceipts {
    async fn put(&self, object_key: &str, document: Bytes) -> Result<()> {
        let put = self.objects.put(&Path::from(object_key), document.into()).await;
        put.map(drop).map_err(|error| unavailable(&error))
    }

    async fn get(&self, object_key: &str) -> Result<Option<Bytes>> {
        match self.objects.get(&Path::from(object_key)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| unavailable(&error)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn link(&self, order_id: &OrderId, _object_key: &str) -> String {
        self.links.link(order_id, self.clock.now())
    }
}

fn unavailable(error: &object_store::Error) -> StepError {
    StepError::unavailable(format_args!("the object store does not answer: {error}"))
}
