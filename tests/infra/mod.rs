//! The infrastructure's files: whether they are what they are made from, and whether the tools of the trade accept them.

mod cloudformation;
