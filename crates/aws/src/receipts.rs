//! Receipts in a bucket that only this home reads.

use std::sync::Arc;
use std::time::Duration;

use adapter::ReceiptLinks;
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::ServerSideEncryption;
use bytes::Bytes;
use order::OrderId;
use ports::{Clock, Receipts, Result, StepError};

use crate::fault;

/// How long a link straight to an object is good: as long as a browser takes to follow a redirection.
const DIRECT_LINK_VALID: Duration = Duration::from_secs(300);

/// [`Receipts`] over S3.
///
/// A link that a customer keeps leads to the HTTP interface and is signed with the shop's key. One that
/// S3 signs would end with the credentials of the function that made it, hours before the mail is read.
/// S3's are for the last step alone: the HTTP interface redirects to them.
#[derive(Clone)]
pub struct ObjectReceipts {
    client: Client,
    bucket: String,
    links: ReceiptLinks,
    clock: Arc<dyn Clock>,
}

impl ObjectReceipts {
    /// Receipts in that bucket, with links signed by the shop.
    pub fn new(client: Client, bucket: &str, links: ReceiptLinks, clock: Arc<dyn Clock>) -> Self {
        Self { client, bucket: bucket.to_owned(), links, clock }
    }

    /// The links, to check those that are followed.
    pub fn links(&self) -> &ReceiptLinks {
        &self.links
    }
}

#[async_trait]
impl Receipts for ObjectReceipts {
    async fn put(&self, object_key: &str, document: Bytes) -> Result<()> {
        let put = self.client.put_object().bucket(&self.bucket).key(object_key).body(document.into());
        // Also the bucket's default; said here, a bucket without it does not matter.
        let put = put.server_side_encryption(ServerSideEncryption::Aes256).content_type("application/pdf");
        put.send().await.map_err(|error| fault::unavailable("the object store", &error))?;
        Ok(())
    }

    async fn get(&self, object_key: &str) -> Result<Option<Bytes>> {
        match self.client.get_object().bucket(&self.bucket).key(object_key).send().await {
            Ok(object) => {
                let body = object.body.collect().await;
                let body = body.map_err(|_| StepError::unavailable("the object store does not answer to its end"))?;
                Ok(Some(body.into_bytes()))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(fault::unavailable("the object store", &error)),
        }
    }

    fn link(&self, order_id: &OrderId, _object_key: &str) -> String {
        self.links.link(order_id, self.clock.now())
    }

    async fn direct_link(&self, object_key: &str) -> Result<Option<String>> {
        match self.client.head_object().bucket(&self.bucket).key(object_key).send().await {
            Ok(_) => {}
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(fault::unavailable("the object store", &error)),
        }
        let valid = PresigningConfig::expires_in(DIRECT_LINK_VALID).expect("it is less than a week");
        let request = self.client.get_object().bucket(&self.bucket).key(object_key).presigned(valid).await;
        let request = request.map_err(|error| fault::unavailable("the object store", &error))?;
        Ok(Some(request.uri().to_owned()))
    }
}

/// Whether there is no such object. S3 says 404 only to who may list the bucket, which no function of ours may: the
/// others [are told 403][403]. Whoever may not read at all is told the same, and fails when it writes the receipt
/// that it takes for lost.
///
/// [403]: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
fn is_missing<E>(error: &SdkError<E>) -> bool {
    error.raw_response().is_some_and(|answer| matches!(answer.status().as_u16(), 403 | 404))
}
