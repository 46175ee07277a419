//! Pairs to logits.
