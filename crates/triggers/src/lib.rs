//! What starts a workflow and what follows it, in the shapes of AWS. Pure.
