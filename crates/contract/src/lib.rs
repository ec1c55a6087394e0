//! One test suite for the ports, run against every adapter.
//!
//! Entry points: [`run`], the cases of an adapter, and [`run_steps`], every step of the registry done
//! twice. Each is given a function that makes a fresh [`World`] (for the steps a [`Home`] is enough) and
//! panics with the name of the first case that does not hold. An adapter calls them from tests of its own.
//!
//! Random cases take their seed from the environment variable `ORDERFLOW_SEED`, else they draw one; a
//! failure tells it.
//!
//! This crate must never know: any adapter.

mod catalog;
mod fixtures;
mod gateway;
mod messages;
mod orders;
mod races;
mod random;
mod refusals;
mod snapshot;
mod steps_twice;
mod stock;
mod twice;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use ports::{Auditor, BusEvent, Change, DeliveryState, Execution, Messages, Ports, Result};

pub use snapshot::{fingerprint, readable};
pub use steps_twice::{run_steps, run_steps_through};

/// The topic that a world must have; a queue and a mail address are subscribed to it.
pub const TOPIC: &str = "contract-topic";

/// The queue that a world must have and that is subscribed to [`TOPIC`].
pub const QUEUE: &str = "contract-queue";

/// The mail address that is subscribed to [`TOPIC`].
pub const SUBSCRIBER: &str = "ops@example.com";

/// The queue on which `queued-orders` puts its orders; a home of steps must have it.
pub const ORDERS_QUEUE: &str = "OrdersQueue";

/// The topic to which `queued-orders` tells of its orders; a home of steps must have it.
pub const ALERTS_TOPIC: &str = "OrderAlertsTopic";

/// Where steps run: what they read through and what applies their changes. Nothing that these cases are
/// about is in it yet, and its clock is in our hands.
#[async_trait]
pub trait Home: Send + Sync + 'static {
    /// Applies all of the changes in one transaction, or none.
    async fn apply(&self, changes: Vec<Change>) -> Result<()>;

    /// The readers, with the simulated payment gateway.
    fn ports(&self) -> Ports;

    /// Moves the clock on.
    fn advance(&self, by: SignedDuration);

    /// Everything that is written down, as text to be compared line by line. At least what [`readable`]
    /// gives; the more it shows, the more the cases see.
    async fn snapshot(&self) -> String;
}

/// What a home does with messages once their step is committed. It shows in what its readers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Messaging {
    /// Where a mail stands when nobody has carried it out yet.
    pub mail: DeliveryState,
    /// Who makes a subscriber's copy of a topic's message.
    pub fan_out: FanOut,
}

/// Who makes a subscriber's copy of a topic's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FanOut {
    /// The home itself, with the step's other changes: mails and queue messages are there at once.
    Inside,
    /// A service that the home hands the message to.
    Outside,
}

/// An adapter with nothing in it yet, from which nothing is carried out.
#[async_trait]
pub trait World: Home {
    /// What it does with messages.
    fn messaging(&self) -> Messaging;

    /// What was sent.
    fn messages(&self) -> Arc<dyn Messages>;

    /// The audit of its books.
    fn auditor(&self) -> Arc<dyn Auditor>;

    /// Every execution that was started, once each.
    async fn started(&self) -> Vec<Execution>;

    /// Every event on the bus.
    async fn events(&self) -> Vec<BusEvent>;

    /// How many steps a random sequence has: fewer where an answer takes its time.
    fn random_steps(&self) -> usize {
        400
    }

    /// Gives back the holds that have run out.
    async fn expire_reservations(&self) -> Result<()>;

    /// Whether the gateway answers `tok_unavailable` from now on.
    async fn serve_unavailable(&self, served: bool);
}

type Case = fn(Arc<dyn World>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Names a case by its function and boxes its future.
macro_rules! cases {
    ($($module:ident :: $case:ident),+ $(,)?) => {
        &[$((concat!(stringify!($module), "::", stringify!($case)), |world| Box::pin($module::$case(world)))),+]
    };
}

const CASES: &[(&str, Case)] = cases![
    catalog::customers_are_found_by_any_of_their_words,
    catalog::products_are_listed_page_by_page,
    gateway::a_key_is_one_event,
    gateway::an_outage_ends_when_it_is_over,
    gateway::requests_that_make_no_sense_are_refused,
    gateway::tokens_decide_what_happens,
    messages::a_topic_tells_its_subscribers,
    messages::mail_is_found_by_what_it_is_about,
    messages::what_is_not_there_is_not_found,
    orders::an_order_reads_back_with_all_that_became_of_it,
    orders::listings_are_newest_first_and_filtered,
    orders::the_same_request_is_one_order,
    races::concurrent_orders_of_one_id_are_one_order,
    races::concurrent_requests_of_one_key_are_one_order,
    races::first_stock_is_first_once,
    races::the_last_units_are_sold_once,
    random::any_sequence_keeps_the_books,
    refusals::every_refusal_has_its_name_and_changes_nothing,
    refusals::one_refusal_takes_back_the_whole_step,
    stock::an_expired_hold_is_taken_again_or_refused,
    stock::every_short_product_is_named,
    stock::first_stock_is_booked_once,
    stock::units_go_from_shelf_to_customer_and_back,
    twice::every_change_done_twice_has_the_effect_of_one,
];

/// Runs every case, each in a world of its own whose books are audited afterwards.
///
/// # Panics
///
/// When a case does not hold; the message begins with its name.
pub async fn run<W, F, M>(make: M)
where
    W: World,
    F: Future<Output = W>,
    M: Fn() -> F,
{
    for (name, case) in CASES {
        let world: Arc<dyn World> = Arc::new(make().await);
        if let Err(failure) = tokio::spawn(case(world.clone())).await {
            panic!("{name}: {failure}");
        }
        // The gateway's cases charge orders that nobody placed.
        if !name.starts_with("gateway::") {
            let audit = world.auditor().audit().await.expect("the audit answers");
            assert!(audit.ok, "{name}: afterwards the books are wrong: {:?}", audit.violations);
        }
    }
}
