//! What only this home has: files for receipts, a failure rate, a lock on the books.

mod support;

use std::collections::BTreeMap;

use bytes::Bytes;
use contract::Home;
use jiff::SignedDuration;
use local::{FailureRate, ObjectReceipts, OpenReceiptsError, ReceiptLinks};
use order::{Contact, Currency, Line, Money, NewOrder, OrderId, Quantity, Sku};
use ports::{Change, ChargeRequest, Clock, GatewayError, PaymentGateway, Receipts};
use support::Shop;

#[tokio::test]
async fn receipts_are_files_that_can_be_replaced() {
    let shop = Shop::new();
    let key = "receipts/O-1.pdf";
    assert_eq!(shop.receipts.get(key).await.unwrap(), None);
    for document in ["first", "second"] {
        shop.receipts.put(key, Bytes::from(document)).await.unwrap();
        assert_eq!(shop.receipts.get(key).await.unwrap(), Some(Bytes::from(document)));
    }
    assert!(shop.folder.path().join("objects").join(key).is_file());
    // A key stays inside the folder, whatever it says.
    shop.receipts.put("../../outside", Bytes::from("x")).await.unwrap();
    assert!(!shop.folder.path().parent().unwrap().join("outside").exists());
    let link = shop.receipts.link(&OrderId::parse("O-1").unwrap(), key);
    assert!(link.starts_with("/orders/O-1/receipt?expires="), "{link}");
}

#[test]
fn a_place_for_receipts_is_a_folder_or_a_bucket() {
    let shop = Shop::new();
    let open = |location: &str| {
        ObjectReceipts::open(location, ReceiptLinks::new(b"s", "", SignedDuration::from_hours(1)), shop.clock.clone())
    };
    assert!(open("s3://receipts/of/the/shop").is_ok());
    for wrong in ["ftp://example.com/x", "s3://", "s3:///x"] {
        assert!(matches!(open(wrong), Err(OpenReceiptsError::Location(_))), "{wrong}");
    }
    let file = shop.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let below_a_file = file.join("folder");
    assert!(matches!(open(below_a_file.to_str().unwrap()), Err(OpenReceiptsError::Folder(_))));
}

#[tokio::test]
async fn a_failure_rate_declines_the_same_share_of_orders_every_time() {
    let rate = FailureRate { share: 0.2, seed: "spring".into() };
    let shop = Shop::with(|_| {}, BTreeMap::from([("order-app".to_owned(), rate)]));
    let mut declined = 0;
    for number in 0..200 {
        let id = OrderId::parse(format!("O-{number}")).unwrap();
        let workflow = if number < 150 { "order-app" } else { "checkout" };
        let order = NewOrder {
            id: id.clone(),
            workflow: workflow.into(),
            customer: Contact::default(),
            lines: vec![Line { sku: Sku::parse("A").unwrap(), quantity: Quantity::new(1).unwrap() }],
            shipping_address: None,
            currency: None,
            payment_token: "tok_visa".into(),
            payment_method: None,
        };
        let execution_arn = shop.ports().ids.execution_arn(workflow, id.as_str());
        shop.apply(vec![Change::PlaceOrder { order, execution_arn, idempotency: None, at: shop.clock.now() }]).await;
        let amount = Money::new(100, Currency::parse("USD").unwrap());
        let ask = async |attempt: &str| {
            let key = format!("{id}/{attempt}");
            let request = ChargeRequest { key, order_id: id.clone(), token: "tok_visa".into(), amount };
            matches!(shop.gateway.authorise(&request).await, Err(GatewayError::Declined { .. }))
        };
        let refused = ask("authorise").await;
        // Another key is another call, but the order's luck stays what it is.
        assert_eq!(refused, ask("again").await, "{id}");
        assert!(!refused || workflow == "order-app", "{id} is of a workflow without a rate");
        declined += u32::from(refused);
    }
    assert!((15..=45).contains(&declined), "{declined} of 150 with a rate of 0.2");
}
