//! What the architectures of candle-transformers have in common: padded rows in, logits out, and its errors as ours.

use super::batch::Batch;
use super::weights::{self, Checkpoint};
use crate::error::{Context, Error, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use std::path::Path;

/// A padded batch: tensors (B, T) of unsigned integers.
pub struct Rows {
    /// Token ids.
    pub ids: Tensor,
    /// Segments.
    pub types: Tensor,
    /// 1 for tokens, 0 for padding.
    pub mask: Tensor,
}

/// Fills up the pairs of a batch with the token `pad`.
pub fn rows(batch: &Batch, pad: u32) -> candle_core::Result<Rows> {
    let (ids, types, mask, t) = batch.padded(pad);
    let tensor = |v| Tensor::from_vec(v, (batch.lens.len(), t), &Device::Cpu);
    Ok(Rows { ids: tensor(ids)?, types: tensor(types)?, mask: tensor(mask)? })
}

/// Runs a network on a padded batch; logits (B, C) flattened. No pairs, no logits.
pub fn logits(batch: &Batch, pad: u32, run: impl FnOnce(Rows) -> candle_core::Result<Tensor>) -> Result<Vec<f32>> {
    if batch.lens.is_empty() {
        return Ok(Vec::new());
    }
    rows(batch, pad).and_then(run).and_then(|t| t.flatten_all()?.to_vec1()).context("the network's forward pass")
}

/// Refuses more positions than a table of them should have: candle makes one row for each, whatever the weights say.
pub fn check_positions(positions: usize) -> Result<()> {
    const MOST: usize = 1 << 17;
    if positions > MOST {
        return Err(Error::new(format!("max_position_embeddings {positions}")).expected(format!("at most {MOST}")));
    }
    Ok(())
}

/// Refuses a padding id that is no token.
pub fn check_pad(pad: u32, vocabulary: usize) -> Result<()> {
    if pad as usize >= vocabulary {
        return Err(Error::new(format!("pad_token_id {pad}")).expected(format!("a token below vocab_size, {vocabulary}")));
    }
    Ok(())
}

/// Builds a network of candle's from all weights of a checkpoint, as float32; its errors name the weight and the file.
pub fn build<N>(checkpoint: Checkpoint, new: impl FnOnce(VarBuilder<'static>) -> candle_core::Result<N>) -> Result<N> {
    let path = checkpoint.path().to_path_buf();
    let weights = VarBuilder::from_tensors(checkpoint.into_tensors()?, DType::F32, &Device::Cpu);
    new(weights).map_err(|e| unusable(&e, &path))
}

/// candle's error about a weight in our words; it is wrapped where RUST_BACKTRACE is set.
fn unusable(error: &candle_core::Error, path: &Path) -> Error {
    use candle_core::Error as E;
    match error {
        E::WithBacktrace { inner, .. } | E::Context { inner, .. } | E::WithPath { inner, .. } => unusable(inner, path),
        E::CannotFindTensor { path: name } => weights::missing(name, path),
        E::UnexpectedShape { msg, expected, got } => {
            let name = msg.strip_prefix("shape mismatch for ").unwrap_or(msg);
            weights::misshapen(name, got.dims(), expected.dims(), path)
        }
        other => Error::new(format!("building the network: {other}")).at(path),
    }
}
