//! Checks of the workspace itself.

mod arrows;
