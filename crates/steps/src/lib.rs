//! The steps of every workflow, one file each.
