use jiff::Timestamp;
use order::{Customer, EntryKind, Level, Line, Money, NewOrder, OrderId, PaymentEvent, Pricing, Receipt, Sku, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something a step wants changed, as data.
///
/// All changes of one step are applied in one transaction or not at all. Each names what makes it
/// unique, so that applying it a second time changes nothing; each states the condition that the
/// adapter re-checks where the data is, and the error it ends in when the condition no longer holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Accept an order. Unique by its id: the same order again is no change, another one under the
    /// same id is `OrderIdTaken`. With an idempotency key, the key is bound to this request:
    /// `IdempotencyKeyReused` when it was bound to another.
    PlaceOrder {
        /// What was placed.
        order: NewOrder,
        /// The execution that will take it to its end.
        execution_arn: String,
        /// The caller's key, if it gave one.
        idempotency: Option<Idempotency>,
        /// When.
        at: Timestamp,
    },
    /// Note which execution takes an order to its end, where what started it gave it a name of its own. The latest
    /// stays.
    NoteExecution {
        /// Which order.
        order_id: OrderId,
        /// The execution.
        execution_arn: String,
    },
    /// Fix an order's prices. The first prices stay.
    SetPricing {
        /// Which order.
        order_id: OrderId,
        /// Its prices.
        pricing: Pricing,
    },
    /// Hold units for an order: all lines or none. No change when they are held (or sold to it)
    /// already; `OutOfStock` names each product that is short.
    Reserve {
        /// For which order.
        order_id: OrderId,
        /// What to hold; no product twice.
        lines: Vec<Line>,
        /// Until when.
        expires_at: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// Give back what is held for an order. No change when nothing is.
    Release {
        /// Whose.
        order_id: OrderId,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Turn an order's held units into a sale. Lines whose hold has run out are taken from free stock;
    /// `ReservationExpired` when there is not enough. No change when they are sold to it already.
    Sell {
        /// To whom.
        order_id: OrderId,
        /// All lines of the order.
        lines: Vec<Line>,
        /// When.
        at: Timestamp,
    },
    /// Put an order's sold units back into stock. No change when that was done already.
    Restock {
        /// Whose.
        order_id: OrderId,
        /// When.
        at: Timestamp,
    },
    /// Move an order's status; `StatusRefused` when its present one does not allow that. No change
    /// when it is there already.
    SetStatus {
        /// Which order.
        order_id: OrderId,
        /// Where to.
        status: Status,
        /// Why, in plain words.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Write down what the payment provider said. Unique by the event's key.
    RecordPayment {
        /// For which order.
        order_id: OrderId,
        /// What it said.
        event: PaymentEvent,
    },
    /// Note that a receipt was issued. The first one stays.
    IssueReceipt {
        /// For which order.
        order_id: OrderId,
        /// The receipt.
        receipt: Receipt,
    },
    /// Put a mail in the outbox. Unique by its key.
    SendMail(Mail),
    /// Publish to a topic. Unique by topic and key.
    Publish(TopicMessage),
    /// Put an event on the bus. Unique by its key.
    PutEvent(BusEvent),
    /// Put a message on a queue. Unique by queue and key.
    SendMessage(QueueMessage),
    /// Start an execution. Unique by its name.
    StartExecution(Execution),
    /// Create a product, or change its name and price. Its stock is untouched.
    PutProduct {
        /// Which.
        sku: Sku,
        /// What the customer reads.
        name: String,
        /// The price of one unit.
        unit_price: Money,
        /// When.
        at: Timestamp,
    },
    /// Book units in or out by hand: received, adjusted. `OutOfStock` when that would leave less than
    /// is held; `NotFound` without such a product.
    MoveStock {
        /// Which product.
        sku: Sku,
        /// `Received` or `Adjusted`.
        kind: EntryKind,
        /// How many units.
        units: i64,
        /// Why.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Bring a product's stock on hand to a counted number, as an adjustment of the difference.
    CountStock {
        /// Which product.
        sku: Sku,
        /// How many units are there.
        on_hand: i64,
        /// Why.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Put the first units of a product on the shelf, as an adjustment. No change once the product has
    /// any ledger entry; `NotFound` without such a product.
    SeedStock {
        /// Which product.
        sku: Sku,
        /// How many units are there.
        on_hand: i64,
        /// Why.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Create or change a customer.
    PutCustomer(Customer),
}

impl Change {
    /// The stock counters a fresh product starts with.
    pub const EMPTY_SHELF: Level = Level { on_hand: 0, reserved: 0, sold: 0 };
}

/// A caller's key, bound to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The `Idempotency-Key` header, made distinct by workflow.
    pub key: String,
    /// SHA-256 of the request, hex.
    pub request_hash: String,
}

/// A mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// What makes it unique: `{order_id}/{occasion}`. All mails that tell an order's outcome share the
    /// occasion `outcome`, so that a customer is told once.
    pub key: String,
    /// The order it is about.
    pub order_id: OrderId,
    /// Which template it was made from.
    pub kind: String,
    /// The recipient's address.
    pub to: order::Email,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// What is attached.
    pub attachments: Vec<Attachment>,
    /// When it was put in the outbox.
    pub at: Timestamp,
}

/// A file attached to a mail, kept in the object store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What the recipient sees: `receipt-{order_id}.pdf`.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Where it is in the object store.
    pub object_key: String,
}

/// A message to a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicMessage {
    /// The topic's name.
    pub topic: String,
    /// What makes it unique within the topic.
    pub key: String,
    /// The subject, which mail subscribers see.
    pub subject: Option<String>,
    /// The message; JSON as its text.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// An event on the bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusEvent {
    /// What makes it unique: `{order_id}/{detail_type}`.
    pub key: String,
    /// Who says so: `orderflow`.
    pub source: String,
    /// What happened: `OrderConfirmed`.
    pub detail_type: String,
    /// The particulars.
    pub detail: Value,
    /// When.
    pub at: Timestamp,
}

/// A message to a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueMessage {
    /// The queue's name.
    pub queue: String,
    /// What makes it unique within the queue.
    pub key: String,
    /// The body.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// An execution to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Which state machine: the workflow's name.
    pub state_machine: String,
    /// The execution's name; the same name is the same execution.
    pub name: String,
    /// Its input.
    pub input: Value,
}
