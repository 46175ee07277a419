//! Pairs to logits.
//!
//! [`Classifier::load`] reads a model folder and checks it; [`Classifier::classify`] labels (sentence, claim) pairs.
//! A new architecture is one more file that implements [`Network`] and one more line in `load.rs`.

pub mod average;
pub mod batch;
pub mod bert;
pub mod config;
mod deberta;
mod distilbert;
pub mod extras;
pub mod gemm;
pub mod hub;
pub mod kernels;
mod load;
pub mod locate;
mod modernbert;
pub mod ops;
pub mod packed;
mod padded;
mod probe;
mod roberta;
pub mod tokenizer;
pub mod weights;

pub(crate) use load::forward as load_forward;
pub use load::{Classifier, Engine, LoadOptions, Prediction, stances};
pub use probe::{Probe, ProbeOutcome};

use crate::error::Result;
use batch::Batch;

/// A network: the one contract that every architecture and engine keeps.
pub trait Network: Send + Sync {
    /// Logits (B, C), row-major, of a batch of B pairs.
    fn logits(&self, batch: &Batch) -> Result<Vec<f32>>;
}

/// The place of the largest value; of equals the first.
pub fn argmax(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Probabilities of one row of logits at a temperature: softmax(z / t), in double precision.
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f64> = logits.iter().map(|&z| (f64::from(z - max) / temperature).exp()).collect();
    let sum: f64 = exps.iter().sum();
    exps.into_iter().map(|e| e / sum).collect()
}
