//! Pairs to logits.

pub mod batch;
pub mod bert;
pub mod config;
pub mod gemm;
pub mod kernels;
pub mod ops;
pub mod tokenizer;
pub mod weights;

use crate::error::Result;
use batch::Batch;

/// A network: the one contract that every architecture and engine keeps.
pub trait Network: Send + Sync {
    /// Logits (B, C), row-major, of a batch of B pairs.
    fn logits(&self, batch: &Batch) -> Result<Vec<f32>>;
}
