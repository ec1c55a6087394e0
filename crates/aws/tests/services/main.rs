//! What leaves the shop, and what the services know, on stand-ins for AWS.

#[path = "../stand_in/mod.rs"]
mod stand_in;

mod alarms;
mod delivery;
mod desk;
mod executions;
mod keys;
mod messages;
mod receipts;
