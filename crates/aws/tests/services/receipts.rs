//! Receipts in their bucket.

use bytes::Bytes;
use order::OrderId;
use ports::Receipts;
use serde_json::json;

use crate::desk::{Desk, get};
use crate::stand_in::{ministack, moto};

#[tokio::test]
async fn a_receipt_is_encrypted_and_reached_by_links_alone() {
    for stand_in in [moto(), ministack()] {
        let desk = Desk::new(stand_in).await;
        let key = "receipts/O-1.pdf";
        assert_eq!(desk.receipts.get(key).await, Ok(None));
        assert_eq!(desk.receipts.direct_link(key).await, Ok(None));
        for document in ["%PDF-1.7 first", "%PDF-1.7 second"] {
            desk.receipts.put(key, Bytes::from(document)).await.unwrap();
            assert_eq!(desk.receipts.get(key).await, Ok(Some(Bytes::from(document))));
        }
        let head = desk.clients.s3.head_object().bucket(&desk.bucket).key(key).send().await.unwrap();
        assert_eq!(head.server_side_encryption().map(|kind| kind.as_str()), Some("AES256"));
        assert_eq!(head.content_type(), Some("application/pdf"));
        let direct = desk.receipts.direct_link(key).await.unwrap().unwrap();
        assert!(direct.contains("X-Amz-Expires=300") && direct.contains("X-Amz-Signature="), "{direct}");
        assert_eq!(get(&direct), (200, "%PDF-1.7 second".to_owned()));
        let link = desk.receipts.link(&OrderId::parse("O-1").unwrap(), key);
        assert!(link.starts_with("https://shop.example.com/orders/O-1/receipt?expires="), "{link}");
    }
}

/// Nobody here may list the bucket, and to who may not S3 says 403 of an object that is not there, as of one that
/// may not be read.
#[tokio::test]
async fn a_receipt_that_s3_does_not_admit_to_is_a_lost_one() {
    let desk = Desk::new(moto()).await;
    let (shown, hidden) = ("receipts/O-1.pdf", "receipts/O-2.pdf");
    for key in [shown, hidden] {
        desk.receipts.put(key, Bytes::from_static(b"%PDF-1.7")).await.unwrap();
    }
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{}/{hidden}", desk.bucket),
    }] });
    let put = desk.clients.s3.put_bucket_policy().bucket(&desk.bucket).policy(policy.to_string());
    put.send().await.unwrap();
    let refused = desk.clients.s3.get_object().bucket(&desk.bucket).key(hidden).send().await.unwrap_err();
    assert_eq!(refused.raw_response().map(|answer| answer.status().as_u16()), Some(403));
    assert_eq!(desk.receipts.get(hidden).await, Ok(None));
    assert_eq!(desk.receipts.get(shown).await, Ok(Some(Bytes::from_static(b"%PDF-1.7"))));
    assert!(desk.receipts.direct_link(shown).await.is_ok_and(|link| link.is_some()));
}
