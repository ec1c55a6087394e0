//! HTTP: orders, inventory, customers, messages, executions, workflows, administration.
//!
//! The entry point is [`router`]: it makes an [`axum::Router`] of a [`State`], which holds the ports
//! and the few hooks that only the program itself can provide.
//!
//! A folder is a noun, a file in it is what can be done with it. Each handler is documented where it
//! stands, and that documentation *is* `/openapi.json`: a route cannot be registered without it.
//!
//! What this crate must never know: SQL, SQLite, DynamoDB, what runs the executions, what a step does, or how a workflow goes
//! about its work. It hands a request to the handler that a workflow's trigger names and waits for the
//! execution to end.
//!
//! # Who may do what
//!
//! A shopper needs no key to place an order and gets the order's access token back. With that token one
//! may read the order, its events and its receipt, and cancel it. Everything else needs the operator's
//! key. Three things need nothing: the catalogue, the health checks, and this interface's description.
//!
//! # Metrics
//!
//! Through the `metrics` facade: `http_request_seconds{method,path,status}` (histogram; `path` is the
//! route's template, never the address with its ids).

mod access;
mod admin;
mod app;
mod customers;
mod docs;
mod edge;
mod executions;
mod fields;
mod inventory;
mod json;
mod live;
mod messages;
mod openapi;
mod operators;
mod orders;
mod params;
mod problem;
mod request;
mod router;
mod session;
mod shop;
mod state;
mod statistics;
mod table;
mod views;
mod wait;
mod web;
mod workflows;

pub use access::Keys;
pub use openapi::request_schema;
pub use orders::{follow_up_suffix, settle_refunds};
pub use router::{RouteError, router};
pub use state::{
    Admitted, Console, GatewaySwitch, Intake, IntakeAuth, LinkVerdict, Metrics, Readiness, ReceiptDocuments, Shop,
    State, WebFile, WebFiles, WorkflowView,
};
