use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use order::{Customer, CustomerId, Money, Order, OrderId, PaymentEvent, Product, Reservation, Sku};
use ports::{
    Catalog, ChargeRequest, Clock, Customers, GatewayError, Ids, Movement, OrderFilter, Orders, Page, PaymentGateway,
    Receipts, RefundRequest, Result,
};
use uuid::Uuid;

use super::World;

/// No step lists anything.
fn nobody_lists<T>() -> Result<Page<T>> {
    unreachable!("steps read what they are about, they list nothing")
}

#[async_trait]
impl Orders for World {
    async fn get(&self, id: &OrderId) -> Result<Option<Order>> {
        self.read()?;
        Ok(self.books().orders.get(id).cloned())
    }

    async fn by_idempotency_key(&self, key: &str) -> Result<Option<(OrderId, String)>> {
        self.read()?;
        Ok(self.books().keys.get(key).cloned())
    }

    async fn list(&self, _: &OrderFilter, _: Option<&str>, _: usize) -> Result<Page<Order>> {
        nobody_lists()
    }
}

#[async_trait]
impl Catalog for World {
    async fn products(&self, skus: &[Sku]) -> Result<Vec<Product>> {
        self.read()?;
        // In another order than asked for: no step may rely on it.
        Ok(self.books().products.values().rev().filter(|product| skus.contains(&product.sku)).cloned().collect())
    }

    async fn list(&self, _: Option<&str>, _: Option<&str>, _: usize) -> Result<Page<Product>> {
        nobody_lists()
    }

    async fn reservations(&self, order_id: &OrderId) -> Result<Vec<Reservation>> {
        self.read()?;
        Ok(self.holds(order_id.as_str()))
    }

    async fn ledger(&self, _: &Sku, _: Option<&str>, _: usize) -> Result<Page<Movement>> {
        nobody_lists()
    }
}

#[async_trait]
impl Customers for World {
    async fn get(&self, id: &CustomerId) -> Result<Option<Customer>> {
        self.read()?;
        Ok(self.books().customers.get(id).cloned())
    }

    async fn list(&self, _: Option<&str>, _: Option<&str>, _: usize) -> Result<Page<Customer>> {
        nobody_lists()
    }
}

#[async_trait]
impl PaymentGateway for World {
    async fn authorise(&self, request: &ChargeRequest) -> Result<PaymentEvent, GatewayError> {
        let now = World::now(self);
        self.gateway().authorise(request, now)
    }

    async fn capture(&self, key: &str, reference: &str, amount: Money) -> Result<PaymentEvent, GatewayError> {
        let now = World::now(self);
        self.gateway().capture(key, reference, amount, now)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<PaymentEvent, GatewayError> {
        let now = World::now(self);
        self.gateway().refund(request, now)
    }

    async fn events(&self, order_id: &OrderId) -> Result<Vec<PaymentEvent>, GatewayError> {
        self.gateway().events(order_id)
    }
}

#[async_trait]
impl Receipts for World {
    async fn put(&self, object_key: &str, document: Bytes) -> Result<()> {
        self.books().documents.insert(object_key.to_owned(), document.to_vec());
        Ok(())
    }

    async fn get(&self, object_key: &str) -> Result<Option<Bytes>> {
        Ok(self.document(object_key).map(Bytes::from))
    }

    fn link(&self, _: &OrderId, object_key: &str) -> String {
        format!("https://shop.example/{object_key}")
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        World::now(self)
    }
}

impl Ids for World {
    fn order_id(&self) -> OrderId {
        let next = self.0.ids.fetch_add(1, Ordering::SeqCst);
        Uuid::from_u64_pair(next, next).into()
    }

    fn execution_arn(&self, workflow: &str, name: &str) -> String {
        World::execution_arn(self, workflow, name)
    }
}
