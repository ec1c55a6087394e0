//! Products, their prices and their stock.

pub(crate) mod catalog;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod ledger;
pub(crate) mod list;
pub(crate) mod movements;
pub(crate) mod put;
pub(crate) mod reservations;
pub(crate) mod view;
