//! Claim and stance classification for news articles.
//!
//! The way of the data, one direction only (a later stage may import an earlier one, never the reverse):
//!
//! ```text
//! bytes -> article -> sentences -> pairs (sentence, claim) -> batch -> model -> logits -> label -> record -> report
//!                                                                             records + gold -> score -> report
//! ```

pub mod article;
pub mod atomic;
pub mod classify;
pub mod cli;
pub mod dataset;
pub mod error;
pub mod evaluate;
pub mod model;
pub mod report;
pub mod score;
pub mod sentence;
pub mod stance;
pub mod task;
pub mod train;

pub use error::{Error, Result};
pub use stance::Stance;
