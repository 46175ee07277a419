//! Fine-tuning.

pub mod optimizer;
pub mod schedule;
pub mod step;
