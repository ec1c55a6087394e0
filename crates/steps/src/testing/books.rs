use std::collections::BTreeMap;

use jiff::Timestamp;
use order::{
    Customer, CustomerId, Entry, EntryKind, Level, Line, Order, OrderId, Product, Reservation, Sku, Status,
    StatusChange,
};
use ports::{BusEvent, Change, ErrorName, Execution, Idempotency, Mail, QueueMessage, Result, StepError, TopicMessage};

/// Everything that is written down, and the rules for writing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Books {
    pub(super) orders: BTreeMap<OrderId, Order>,
    pub(super) keys: BTreeMap<String, (OrderId, String)>,
    pub(super) products: BTreeMap<Sku, Product>,
    pub(super) ledger: Vec<Entry>,
    pub(super) reservations: Vec<Reservation>,
    pub(super) customers: BTreeMap<CustomerId, Customer>,
    pub(super) mails: Vec<Mail>,
    pub(super) topics: Vec<TopicMessage>,
    pub(super) events: Vec<BusEvent>,
    pub(super) queues: Vec<QueueMessage>,
    pub(super) executions: Vec<Execution>,
    pub(super) documents: BTreeMap<String, Vec<u8>>,
}

fn refuse<T>(name: ErrorName, message: impl Into<String>) -> Result<T> {
    Err(StepError::new(name, message))
}

/// Adds what is not there yet.
fn add<T: Clone>(list: &mut Vec<T>, item: &T, is_same: impl Fn(&T) -> bool) {
    if !list.iter().any(is_same) {
        list.push(item.clone());
    }
}

impl Books {
    pub(super) fn apply(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::PlaceOrder { order, execution_arn, idempotency, at } => {
                if let Some(Idempotency { key, request_hash }) = idempotency {
                    let fresh = || (order.id.clone(), request_hash.clone());
                    let (bound, hash) = self.keys.entry(key.clone()).or_insert_with(fresh);
                    if hash != request_hash {
                        return refuse(ErrorName::IdempotencyKeyReused, "the key is bound to another request");
                    }
                    if *bound != order.id {
                        return refuse(ErrorName::ServiceUnavailable, "the same request was accepted this very moment");
                    }
                }
                match self.orders.get(&order.id) {
                    Some(there) if there.placed == *order => {}
                    Some(_) => return refuse(ErrorName::OrderIdTaken, "there is another order of that id"),
                    None => {
                        let fresh = Order::new(order.clone(), execution_arn.clone(), *at);
                        self.orders.insert(order.id.clone(), fresh);
                    }
                }
            }
            Change::NoteExecution { order_id, execution_arn } => {
                execution_arn.clone_into(&mut self.order(order_id)?.execution_arn);
            }
            Change::SetPricing { order_id, pricing } => {
                self.order(order_id)?.pricing.get_or_insert_with(|| pricing.clone());
            }
            Change::Reserve { order_id, lines, expires_at, at } => self.reserve(order_id, lines, *expires_at, *at)?,
            Change::Release { order_id, reason, at } => {
                for held in self.take_holds(order_id) {
                    let why = Some(reason.clone());
                    self.book(&held.sku, EntryKind::Released, held.quantity.units(), Some(order_id), why, *at)?;
                }
            }
            Change::Sell { order_id, lines, at } => self.sell(order_id, lines, *at)?,
            Change::Restock { order_id, at } => {
                for (sku, units) in self.sold_to(order_id) {
                    self.book(&sku, EntryKind::Returned, units, Some(order_id), None, *at)?;
                }
            }
            Change::SetStatus { order_id, status, reason, at } => self.set_status(order_id, *status, reason, *at)?,
            Change::RecordPayment { order_id, event } => {
                add(&mut self.order(order_id)?.payment_events, event, |known| known.key == event.key);
            }
            Change::IssueReceipt { order_id, receipt } => {
                self.order(order_id)?.receipt.get_or_insert_with(|| receipt.clone());
            }
            Change::SendMail(mail) => add(&mut self.mails, mail, |known| known.key == mail.key),
            Change::Publish(message) => {
                add(&mut self.topics, message, |known| known.topic == message.topic && known.key == message.key);
            }
            Change::PutEvent(event) => add(&mut self.events, event, |known| known.key == event.key),
            Change::SendMessage(message) => {
                add(&mut self.queues, message, |known| known.queue == message.queue && known.key == message.key);
            }
            Change::StartExecution(execution) => {
                let same =
                    |known: &Execution| known.state_machine == execution.state_machine && known.name == execution.name;
                add(&mut self.executions, execution, same);
            }
            Change::PutProduct { sku, name, unit_price, .. } => {
                let level = self.products.get(sku).map_or(Level::default(), |product| product.level);
                let product = Product { sku: sku.clone(), name: name.clone(), unit_price: *unit_price, level };
                self.products.insert(sku.clone(), product);
            }
            Change::MoveStock { sku, kind, units, reason, at } => {
                self.book(sku, *kind, *units, None, reason.clone(), *at)?;
            }
            Change::CountStock { sku, on_hand, reason, at } => {
                let difference = on_hand - self.level(sku)?.on_hand;
                if difference != 0 {
                    self.book(sku, EntryKind::Adjusted, difference, None, reason.clone(), *at)?;
                }
            }
            Change::SeedStock { sku, on_hand, reason, at } => {
                if !self.ledger.iter().any(|entry| entry.sku == *sku) {
                    self.book(sku, EntryKind::Adjusted, *on_hand, None, reason.clone(), *at)?;
                }
            }
            Change::PutCustomer(customer) => {
                self.customers.insert(customer.id.clone(), customer.clone());
            }
        }
        Ok(())
    }

    /// Fails the test when the counters are not the sum of the ledger, or holds not what is reserved.
    pub(super) fn check(&self) {
        for (sku, product) in &self.products {
            let entries = self.ledger.iter().filter(|entry| entry.sku == *sku);
            let sum = entries.fold(Level::default(), |level, entry| {
                level.apply(sku, entry.kind, entry.units).expect("no counter goes below zero")
            });
            assert_eq!(sum, product.level, "{sku}: the counters are the sum of the ledger");
            let held: i64 =
                self.reservations.iter().filter(|held| held.sku == *sku).map(|held| held.quantity.units()).sum();
            assert_eq!(held, product.level.reserved, "{sku}: what is reserved is held for somebody");
        }
    }

    fn order(&mut self, id: &OrderId) -> Result<&mut Order> {
        match self.orders.get_mut(id) {
            Some(order) => Ok(order),
            None => refuse(ErrorName::OrderNotFound, format!("there is no order {id}")),
        }
    }

    fn level(&self, sku: &Sku) -> Result<Level> {
        match self.products.get(sku) {
            Some(product) => Ok(product.level),
            None => refuse(ErrorName::NotFound, format!("there is no product {sku}")),
        }
    }

    fn book(
        &mut self,
        sku: &Sku,
        kind: EntryKind,
        units: i64,
        order_id: Option<&OrderId>,
        reason: Option<String>,
        at: Timestamp,
    ) -> Result<()> {
        let level = self.level(sku)?.apply(sku, kind, units);
        let level = level.map_err(|error| StepError::new(ErrorName::OutOfStock, error.to_string()))?;
        self.products.get_mut(sku).expect("its level was read").level = level;
        self.ledger.push(Entry { sku: sku.clone(), kind, units, order_id: order_id.cloned(), reason, at });
        Ok(())
    }

    fn reserve(&mut self, id: &OrderId, lines: &[Line], expires_at: Timestamp, at: Timestamp) -> Result<()> {
        let is_held = self.reservations.iter().any(|held| held.order_id == *id);
        if is_held || !self.sold_to(id).is_empty() {
            return Ok(());
        }
        self.must_be_free(lines.iter(), ErrorName::OutOfStock)?;
        for Line { sku, quantity } in lines {
            self.book(sku, EntryKind::Reserved, quantity.units(), Some(id), None, at)?;
            let (order_id, sku) = (id.clone(), sku.clone());
            self.reservations.push(Reservation { order_id, sku, quantity: *quantity, expires_at });
        }
        Ok(())
    }

    fn sell(&mut self, id: &OrderId, lines: &[Line], at: Timestamp) -> Result<()> {
        if !self.sold_to(id).is_empty() {
            return Ok(());
        }
        let held = self.take_holds(id);
        let gone: Vec<&Line> = lines.iter().filter(|line| !held.iter().any(|held| held.sku == line.sku)).collect();
        self.must_be_free(gone.iter().copied(), ErrorName::ReservationExpired)?;
        for line in gone {
            self.book(&line.sku, EntryKind::Reserved, line.quantity.units(), Some(id), None, at)?;
        }
        for Line { sku, quantity } in lines {
            self.book(sku, EntryKind::Sold, quantity.units(), Some(id), None, at)?;
        }
        Ok(())
    }

    fn must_be_free<'a>(&self, lines: impl Iterator<Item = &'a Line>, name: ErrorName) -> Result<()> {
        let mut short = Vec::new();
        for Line { sku, quantity } in lines {
            let (wanted, available) = (quantity.units(), self.level(sku)?.available());
            if wanted > available {
                short.push(format!("{sku}: {wanted} wanted, {available} available"));
            }
        }
        if short.is_empty() { Ok(()) } else { refuse(name, short.join("; ")) }
    }

    fn take_holds(&mut self, id: &OrderId) -> Vec<Reservation> {
        let (taken, left) = self.reservations.drain(..).partition(|held| held.order_id == *id);
        self.reservations = left;
        taken
    }

    /// What was sold to an order and has not come back.
    fn sold_to(&self, id: &OrderId) -> Vec<(Sku, i64)> {
        let mut sold: BTreeMap<&Sku, i64> = BTreeMap::new();
        for entry in self.ledger.iter().filter(|entry| entry.order_id.as_ref() == Some(id)) {
            match entry.kind {
                EntryKind::Sold => *sold.entry(&entry.sku).or_default() += entry.units,
                EntryKind::Returned => *sold.entry(&entry.sku).or_default() -= entry.units,
                _ => {}
            }
        }
        sold.into_iter().filter(|(_, units)| *units > 0).map(|(sku, units)| (sku.clone(), units)).collect()
    }

    fn set_status(&mut self, id: &OrderId, status: Status, reason: &Option<String>, at: Timestamp) -> Result<()> {
        let order = self.order(id)?;
        if let Err(refusal) = order.status.check_move(status) {
            return refuse(ErrorName::StatusRefused, refusal.to_string());
        }
        if order.status != status {
            order.status = status;
            order.reason = reason.clone();
            order.history.push(StatusChange { status, at, reason: reason.clone() });
        }
        Ok(())
    }
}
