//! Claim and stance classification for news articles: read articles, split them into sentences, label each sentence's stance
//! towards a claim with a small transformer, score the labels against a hand-labelled set, and fine-tune on new articles.
//!
//! The way of the data, one direction only (a later stage may import an earlier one, never the reverse):
//!
//! ```text
//! bytes -> article -> sentences -> pairs (sentence, claim) -> batch -> model -> logits -> label -> record -> report
//!                                                                             records + gold -> score -> report
//! ```
//!
//! # Example
//!
//! ```
//! use stancekit::Stance;
//! use stancekit::article::read_bytes;
//! use stancekit::model::{Classifier, LoadOptions};
//! use stancekit::sentence::split;
//!
//! let text = "The bridge will open on Monday, the engineer promised. The bridge will never open, the mayor said.";
//! let article = read_bytes("bridge.txt", None, text.into())?;
//! let model = Classifier::load("models/stance-mini".as_ref(), &LoadOptions::default())?;
//!
//! let claim = "The bridge will open on Monday.";
//! let pairs = split(&article)
//!     .iter()
//!     .map(|s| model.encode(&article.text[s.start..s.end], claim))
//!     .collect::<stancekit::Result<Vec<_>>>()?;
//! let labels: Vec<Stance> = model.classify(&pairs, 1)?.iter().map(|p| p.label).collect();
//! assert_eq!(labels, [Stance::Favor, Stance::Against]);
//! # Ok::<(), stancekit::Error>(())
//! ```

pub mod article;
pub mod atomic;
pub mod bench;
pub mod cascade;
pub mod classify;
pub mod cli;
pub mod dataset;
pub mod error;
pub mod evaluate;
pub mod model;
mod plural;
mod records;
pub mod report;
pub mod score;
pub mod sentence;
pub mod stance;
pub mod task;
pub mod train;

pub use error::{Error, Result};
pub use stance::Stance;
