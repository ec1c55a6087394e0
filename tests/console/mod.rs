//! What the console and the shop do, from sign-in to erasure.

mod actions;
mod demo;
mod description;
mod erasure;
mod export;
mod listing;
mod logs;
mod redrive;
mod rehearsal;
mod session;
mod settlement;
mod statistics;
mod storefront;
mod timeline;
mod together;
mod web;
