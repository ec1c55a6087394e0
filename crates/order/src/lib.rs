//! The order domain: money, stock, orders, payments, prices.
//!
//! Entry point: [`Order`], what a customer placed and what became of it. Everything here is a value;
//! rules are functions of their arguments. Preconditions live in the types ([`Quantity`], [`Money`],
//! [`OrderId`], …), which are parsed once at the edge and never re-checked.
//!
//! This crate must never know: clocks, storage, HTTP, workflows' definitions, or how a payment
//! provider is reached.

mod customer;
mod ids;
mod invalid;
mod money;
mod order;
mod payment;
mod pricing;
mod quantity;
mod receipt;
mod shipping;
mod status;
mod stock;
mod tax;

pub use customer::{Address, Contact, Country, Customer, Email};
pub use ids::{CustomerId, OrderId, Sku};
pub use invalid::Invalid;
pub use money::{Currency, Money, MoneyError};
pub use order::{Line, NewOrder, Order};
pub use payment::{Decline, Payment, PaymentEvent, PaymentEventKind, PaymentStatus};
pub use pricing::{PricedLine, Pricing, PricingError, Product, Totals, price};
pub use quantity::Quantity;
pub use receipt::Receipt;
pub use shipping::{Bracket, Outside, ShippingRule};
pub use status::{RefusedMove, Status, StatusChange};
pub use stock::{Entry, EntryKind, Level, Reservation, StockError};
pub use tax::{Rate, TaxRule};
