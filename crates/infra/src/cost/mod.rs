//! What an order costs on AWS, and what a rate of orders asks of AWS.
//!
//! [`estimate`], [`requirements`] and [`burst`] are the entry points. All walk the workflow's own state machine along each
//! outcome an order can have, so that transitions and calls are counted, not guessed. What a call does to the tables stands
//! in `usage.toml`, prices in `prices.toml`, quotas in `quotas.toml`: one table each, with its date.

mod bill;
mod burst;
mod scale;
mod tables;
mod walk;

pub use bill::{Estimate, Line, estimate};
pub use burst::{Stage, burst};
pub use scale::{Requirement, Requirements, requirements};
pub use tables::{PriceList, regions};
pub use walk::{Outcome, Shares};

/// Why a workflow has no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// The walk came to an end that is none of an order's.
    #[error("the state machine {machine} cannot be walked for {outcome}: {reason}")]
    Walk {
        /// The state machine.
        machine: String,
        /// What was to come of the order.
        outcome: &'static str,
        /// Where it went instead.
        reason: String,
    },
    /// A function whose use of the tables is not known.
    #[error("what {0} does to the tables is not known: expected it in usage.toml")]
    UnknownFunction(String),
    /// A region without prices.
    #[error("there are no prices for {0}: expected one of {1}")]
    UnknownRegion(String, String),
    /// Shares that are none.
    #[error("the shares of refused orders: expected 0 to 1 each, and no more than 1 together")]
    Shares,
}
