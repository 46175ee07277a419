//! Rows of labelled text: reading, splits, hashes, leakage checks.
