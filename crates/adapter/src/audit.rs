//! What has to hold of orders, money and stock, for whoever audits the books of a home.
//!
//! Whoever keeps the books gathers the facts; here is what is wrong with them, in words.

use std::collections::{BTreeMap, BTreeSet};

use order::{
    EntryKind, Level, Money, NewOrder, OrderId, Payment, PaymentEvent, PaymentEventKind, Pricing, Sku, Status,
};

/// The kinds of mail that tell a customer how the order ended; one order has one of them at most.
pub const OUTCOMES: [&str; 4] = ["order_confirmed", "order_rejected", "payment_failed", "order_failed"];

/// What the audit has to know of the workflows.
#[derive(Debug, Clone, Default)]
pub struct AuditRules {
    /// Workflows whose confirmed orders have a receipt.
    pub receipt_issuing: BTreeSet<String>,
    /// What may come after an order's own workflow.
    pub follow_ups: Vec<FollowUp>,
    /// Whether payments go through the simulated gateway, whose books can be compared with ours.
    pub simulated_gateway: bool,
}

/// An execution that changes an order after its own workflow has ended: its name is the order's id and the
/// suffix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its workflow.
    pub workflow: String,
    /// What its name ends in, such as `-cancel`.
    pub suffix: String,
}

impl FollowUp {
    /// The name of an order's execution of that kind: the first is named by the suffix alone, further
    /// attempts `-2`, `-3`, …
    pub fn execution_name(&self, order_id: &OrderId, attempt: u32) -> String {
        let again = if attempt == 1 { String::new() } else { format!("-{attempt}") };
        format!("{order_id}{}{again}", self.suffix)
    }
}

/// What the books have of an order.
#[derive(Debug, Clone)]
pub struct OrderFacts {
    /// What was placed.
    pub placed: NewOrder,
    /// Where it is in its life.
    pub status: Status,
    /// Its prices.
    pub pricing: Option<Pricing>,
    /// Whether it has a receipt.
    pub has_receipt: bool,
    /// Whether it was confirmed at any time.
    pub was_confirmed: bool,
    /// What it knows of its payment.
    pub events: Vec<PaymentEvent>,
    /// What the payment provider knows of it, where that can be compared.
    pub provider: Option<Vec<PaymentEvent>>,
    /// Its ledger entries, summed up by product and kind.
    pub moves: Vec<(Sku, EntryKind, i64)>,
    /// How many mails told its customer how it ended.
    pub outcomes_told: usize,
    /// Whether its customer has a mail address.
    pub has_address: bool,
}

/// What is wrong with an order that nothing works on any more.
pub fn order_violations(order: &OrderFacts, rules: &AuditRules) -> Vec<String> {
    let mut found = Vec::new();
    if !order.status.is_final() {
        found.push(format!("its execution has ended, but it is still {}", order.status));
    }
    stock(order, &mut found);
    money(order, &mut found);
    provider(order, &mut found);
    mails(order, &mut found);
    if order.status.is_sale() && rules.receipt_issuing.contains(&order.placed.workflow) && !order.has_receipt {
        found.push("it is a sale without a receipt".to_owned());
    }
    let of_order = |what: String| format!("order {}: {what}", order.placed.id);
    found.into_iter().map(of_order).collect()
}

/// What is wrong with a charge whose order does not exist.
pub fn charge_of_no_order(key: &str) -> String {
    format!("the payment provider has {key}, but there is no such order")
}

/// What is wrong with a product's counters, which must be what the ledger says.
pub fn counter_violations(sku: &str, counters: Level, ledger: Level) -> Vec<String> {
    let mut violations = Vec::new();
    for (name, counter, sum) in [
        ("on hand", counters.on_hand, ledger.on_hand),
        ("reserved", counters.reserved, ledger.reserved),
        ("sold", counters.sold, ledger.sold),
    ] {
        if counter != sum {
            violations.push(format!("{sku}: the counter says {counter} {name}, the ledger says {sum}"));
        }
        if counter < 0 {
            violations.push(format!("{sku}: {counter} {name} is less than nothing"));
        }
    }
    let Level { on_hand, reserved, .. } = counters;
    if reserved > on_hand {
        violations.push(format!("{sku}: {reserved} units are reserved, but only {on_hand} are on hand"));
    }
    violations
}

/// What is wrong when a product's reserved units are not what orders hold of it.
pub fn hold_violation(sku: &str, reserved: i64, held: i64) -> Option<String> {
    (reserved != held).then(|| format!("{sku}: {reserved} units are reserved, but orders hold {held}"))
}

/// What is wrong with ledger entries of a product that does not exist.
pub fn entries_of_no_product(sku: &str) -> String {
    format!("{sku}: the ledger has entries of it, but there is no such product")
}

fn stock(order: &OrderFacts, found: &mut Vec<String>) {
    let mut sold: BTreeMap<&Sku, i64> = BTreeMap::new();
    let mut held: BTreeMap<&Sku, i64> = BTreeMap::new();
    for (sku, kind, units) in &order.moves {
        let (to_sold, to_held) = match kind {
            EntryKind::Reserved => (0, *units),
            EntryKind::Released => (0, -units),
            EntryKind::Sold => (*units, -units),
            EntryKind::Returned => (-units, 0),
            EntryKind::Received | EntryKind::Adjusted => (0, 0),
        };
        *sold.entry(sku).or_default() += to_sold;
        *held.entry(sku).or_default() += to_held;
    }
    for line in &order.placed.lines {
        let units = sold.remove(&line.sku).unwrap_or(0);
        let expected = if order.status.is_sale() { line.quantity.units() } else { 0 };
        if units != expected {
            let (status, sku) = (order.status, &line.sku);
            found.push(format!("it is {status}, so {expected} units of {sku} should be sold to it, not {units}"));
        }
    }
    let not_ordered = sold.into_iter().filter(|(_, units)| *units != 0);
    found.extend(
        not_ordered.map(|(sku, units)| format!("{units} units of {sku} were sold to it, which it did not order")),
    );
    if order.status.is_final() {
        let still_held = held.into_iter().filter(|(_, units)| *units != 0);
        found.extend(still_held.map(|(sku, units)| format!("it has ended, but holds {units} units of {sku}")));
    }
}

fn money(order: &OrderFacts, found: &mut Vec<String>) {
    let events = &order.events;
    let payment = Payment::fold(events);
    let kept = payment.kept();
    if order.status.is_sale() {
        match &order.pricing {
            None => found.push("it is a sale without a price".to_owned()),
            Some(pricing) if pricing.totals.total.minor() != kept + given_back_freely(order) => {
                let total = pricing.totals.total;
                found.push(format!("it is a sale of {total}, but {} was kept", in_words(kept, events)));
            }
            Some(_) => {}
        }
    } else if order.status.is_final() && kept != 0 {
        found.push(format!("it is {} and no sale, but {} was kept", order.status, in_words(kept, events)));
    }
    if payment.refunded > payment.captured {
        found.push("more was given back than was taken".to_owned());
    }
}

/// What an operator gave back of a sale that stands, in minor units.
fn given_back_freely(order: &OrderFacts) -> i64 {
    let prefix = format!("{}/refund/", order.placed.id);
    let freely = |event: &&PaymentEvent| event.kind == PaymentEventKind::Refunded && event.key.starts_with(&prefix);
    order.events.iter().filter(freely).map(|event| event.amount.minor()).sum()
}

/// Minor units in the currency the provider spoke of; a bare number when it said nothing.
fn in_words(minor: i64, events: &[PaymentEvent]) -> String {
    match events.first() {
        Some(event) => Money::new(minor, event.amount.currency()).to_string(),
        None => minor.to_string(),
    }
}

/// The provider and the order must tell of the same events; when each was written down may differ.
fn provider(order: &OrderFacts, found: &mut Vec<String>) {
    let Some(theirs) = &order.provider else { return };
    let same = |a: &PaymentEvent, b: &PaymentEvent| a.key == b.key && a.kind == b.kind && a.amount == b.amount;
    for event in theirs.iter().filter(|event| !order.events.iter().any(|ours| same(ours, event))) {
        found
            .push(format!("the payment provider has {} of {}, which the order does not know", event.key, event.amount));
    }
    for event in order.events.iter().filter(|event| !theirs.iter().any(|their| same(their, event))) {
        found.push(format!("it tells of {} of {}, which the payment provider does not know", event.key, event.amount));
    }
}

fn mails(order: &OrderFacts, found: &mut Vec<String>) {
    let told = order.outcomes_told;
    if told > 1 {
        found.push(format!("its customer was told {told} times how it ended"));
    }
    // One that was called off before it came to an outcome has a mail of its own.
    let tells_outcome = order.status.is_refusal() || order.status.is_sale() || order.was_confirmed;
    if told == 0 && tells_outcome && order.has_address {
        found.push(format!("it is {}, but its customer was not told how it ended", order.status));
    }
}
