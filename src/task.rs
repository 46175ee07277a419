//! Tasks: a claim with its labels.
