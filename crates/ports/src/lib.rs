//! What a step may read, and the changes it may want made.
