use documents::{ReceiptData, receipt_pdf};
use jiff::Timestamp;
use order::{Order, Receipt, Status};
use ports::{Change, ErrorName, Result, StepError};
use serde::Serialize;

use crate::orders::{OrderInput, load};
use crate::{Context, Done, Step, pricing};

/// Makes an order's receipt and puts it into the object store at `receipts/{order_id}.pdf`. Made again,
/// or by two at once, it is the same document: it bears the date on which the order was paid.
pub struct GenerateReceipt;

/// Where the receipt is.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateReceiptOutput {
    /// Its key in the object store.
    pub receipt_key: String,
    /// A link that anybody may follow until it expires.
    pub receipt_url: String,
}

impl Step for GenerateReceipt {
    const NAME: &'static str = "GenerateReceipt";
    type Input = OrderInput;
    type Output = GenerateReceiptOutput;

    async fn run(&self, context: &Context, input: OrderInput) -> Result<Done<GenerateReceiptOutput>> {
        let order = load(context, &input.order_id).await?;
        let id = order.id();
        let total = pricing::fixed(&order)?.totals.total;
        if order.payment().kept() != total.minor() {
            return Err(StepError::new(ErrorName::StatusRefused, format!("the order's total of {total} is not paid")));
        }
        let receipt = order
            .receipt
            .clone()
            .unwrap_or_else(|| Receipt { object_key: format!("receipts/{id}.pdf"), issued_at: paid_at(&order) });
        let data = ReceiptData::of(&order, &context.shop, receipt.issued_at).expect("it has prices");
        context.ports.receipts.put(&receipt.object_key, receipt_pdf(&data).into()).await?;
        let output = GenerateReceiptOutput {
            receipt_key: receipt.object_key.clone(),
            receipt_url: context.ports.receipts.link(id, &receipt.object_key),
        };
        Ok(Done::new(output, vec![Change::IssueReceipt { order_id: id.clone(), receipt }]))
    }
}

/// When an order was paid; an order that costs nothing and never was, when it was placed. The clock must
/// not be asked: the document is stored before the receipt is recorded, and of two that are made at once
/// the one that stays would bear another date than the record.
fn paid_at(order: &Order) -> Timestamp {
    let paid = order.history.iter().find(|change| change.status == Status::Paid);
    paid.map_or(order.placed_at, |change| change.at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_receipt_is_issued_once_and_is_the_same_when_made_again() {
        let world = World::with_sale("A-1", &[("CHAI", 2)]).await;
        let paid_at = world.now();
        world.advance(60);
        let output = world.run_twice("GenerateReceipt", json!({ "order_id": "A-1" })).await.expect("it is paid");
        assert_eq!(output["receiptKey"], "receipts/A-1.pdf");
        assert_eq!(output["receiptUrl"], "https://shop.example/receipts/A-1.pdf");
        let first = world.document("receipts/A-1.pdf").expect("it was put there");
        assert!(first.starts_with(b"%PDF-"));
        assert_eq!(world.order("A-1").receipt.expect("it was issued").issued_at, paid_at);
        world.advance(3_600);
        world.run("GenerateReceipt", json!({ "order_id": "A-1" })).await.expect("it is paid");
        assert_eq!(world.order("A-1").receipt.expect("it was issued").issued_at, paid_at);
        assert_eq!(world.document("receipts/A-1.pdf"), Some(first));
    }

    #[tokio::test]
    async fn there_is_no_receipt_for_what_is_not_paid() {
        let world = World::with_reserved("A-1", &[("CHAI", 2)]).await;
        let error = world.run("GenerateReceipt", json!({ "order_id": "A-1" })).await.expect_err("it is not paid");
        assert_eq!(error.name, ErrorName::StatusRefused);
        assert!(world.document("receipts/A-1.pdf").is_none());
    }
}
