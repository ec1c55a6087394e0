//! Receipts in their bucket.

use bytes::Bytes;
use order::OrderId;
use ports::Receipts;

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
