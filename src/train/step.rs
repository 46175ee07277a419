//! One step: gradients of a batch, computed in lanes that do not depend on one another.

use crate::error::{Context, Result};
use crate::model::batch::{Batch, Encoded};
use crate::model::bert::{Bert, DropoutSeeds};
use candle_core::{D, Device, Tensor, Var};
use std::collections::BTreeMap;

/// A labelled pair.
#[derive(Debug, Clone)]
pub struct Example {
    /// The pair.
    pub pair: Encoded,
    /// The right labels: for each of the C labels, whether it may be the one. More than one where the source does not tell
    /// them apart (NLI's "neutral" is both a neutral and an unrelated stance).
    pub target: Vec<bool>,
    /// Factor on its loss.
    pub weight: f32,
    /// Number of its source, for the log and the mixture.
    pub source: usize,
}

/// Loss of a batch: the mean over examples, weighted, of `(1 - s) * -ln P(target) + s * mean over labels of -ln p`, with the
/// label smoothing s (Szegedy et al. 2016).
fn loss(logits: &Tensor, examples: &[&Example], smoothing: f64, total_weight: f64) -> candle_core::Result<Tensor> {
    let (b, c) = logits.dims2()?;
    let mask: Vec<f32> = examples.iter().flat_map(|e| e.target.iter().map(|&t| f32::from(u8::from(t)))).collect();
    let mask = Tensor::from_vec(mask, (b, c), &Device::Cpu)?;
    let weights: Vec<f32> = examples.iter().map(|e| e.weight / total_weight as f32).collect();
    let weights = Tensor::from_vec(weights, b, &Device::Cpu)?;
    let log_p = candle_nn::ops::log_softmax(logits, D::Minus1)?;
    // ln of the summed probability of the admissible labels, kept finite where it underflows.
    let hit = ((log_p.exp()? * mask)?.sum(D::Minus1)? + 1e-30)?.log()?;
    let spread = log_p.mean(D::Minus1)?;
    let per_example = ((hit * (1.0 - smoothing))? + (spread * smoothing)?)?.neg()?;
    (per_example * weights)?.sum_all()
}

/// The loss of a batch and its gradients by name.
///
/// The batch is cut into shards of at most `shard_tokens`; `lanes` threads take every `lanes`-th shard each, and their sums are
/// added in the order of the lanes: the result depends on the number of lanes, not on their timing.
pub fn gradients(
    bert: &Bert,
    vars: &BTreeMap<String, Var>,
    examples: &[&Example],
    seed: u64,
    options: &StepOptions,
) -> Result<(f64, BTreeMap<String, Tensor>)> {
    let total_weight: f64 = examples.iter().map(|e| f64::from(e.weight)).sum::<f64>().max(1e-12);
    let lens: Vec<usize> = examples.iter().map(|e| e.pair.ids.len()).collect();
    let shards = shards(&lens, options.shard_tokens, options.lanes);
    let lane = |lane: usize| -> candle_core::Result<(f64, BTreeMap<&str, Tensor>)> {
        let mut sum = (0.0, BTreeMap::<&str, Tensor>::new());
        for (i, shard) in shards.iter().enumerate().skip(lane).step_by(options.lanes) {
            let part: Vec<&Example> = examples[shard.clone()].to_vec();
            let mut seeds = DropoutSeeds::new(seed.wrapping_mul(1_000_003).wrapping_add(i as u64));
            let logits = bert.forward(&Batch::pack(part.iter().map(|e| &e.pair)), Some(&mut seeds))?;
            let loss = loss(&logits, &part, options.smoothing, total_weight)?;
            sum.0 += f64::from(loss.to_scalar::<f32>()?);
            let mut grads = loss.backward()?;
            for (name, var) in vars {
                if let Some(g) = grads.remove(var.as_tensor()) {
                    let g = match sum.1.remove(name.as_str()) {
                        Some(before) => (before + g)?,
                        None => g,
                    };
                    sum.1.insert(name, g);
                }
            }
        }
        Ok(sum)
    };
    let lanes: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..options.lanes).map(|i| scope.spawn(move || lane(i))).collect();
        handles.into_iter().map(|h| h.join().unwrap_or_else(|_| candle_core::bail!("a training thread panicked"))).collect()
    });
    let mut loss = 0.0;
    let mut grads = BTreeMap::<String, Tensor>::new();
    for lane in lanes {
        let (l, g) = lane.context("computing gradients")?;
        loss += l;
        for (name, g) in g {
            let g = match grads.remove(name) {
                Some(before) => (before + g).context("adding gradients")?,
                None => g,
            };
            grads.insert(name.to_owned(), g);
        }
    }
    Ok((loss, grads))
}

/// How a step is computed.
#[derive(Debug, Clone, Copy)]
pub struct StepOptions {
    /// Threads, each with shards of its own.
    pub lanes: usize,
    /// Most tokens of a shard: bounds the memory for activations.
    pub shard_tokens: usize,
    /// Label smoothing in [0, 1).
    pub smoothing: f64,
}

/// Cuts a batch into runs of about equal numbers of tokens: at most `budget` each, and a multiple of `lanes` where there are
/// enough examples, so that no lane waits for another.
fn shards(lens: &[usize], budget: usize, lanes: usize) -> Vec<std::ops::Range<usize>> {
    let total: usize = lens.iter().sum();
    let count = total.div_ceil(budget.max(1)).div_ceil(lanes.max(1)) * lanes.max(1);
    let target = total.div_ceil(count.max(1));
    let (mut out, mut from, mut tokens) = (Vec::new(), 0, 0);
    for (i, len) in lens.iter().enumerate() {
        // A cut falls where it is nearest to the next multiple of the target.
        if i > from && tokens + len / 2 > target * (out.len() + 1) {
            out.push(from..i);
            from = i;
        }
        tokens += len;
    }
    if from < lens.len() {
        out.push(from..lens.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_the_batch_in_order_and_are_even() {
        let lens = [10; 20];
        let cut = shards(&lens, 60, 2);
        assert_eq!(cut, [0..5, 5..10, 10..15, 15..20]);
        assert_eq!(shards(&[100, 5, 5], 60, 2), [0..1, 1..3]);
        assert!(shards(&[], 60, 2).is_empty());
    }

    #[test]
    fn loss_of_even_logits_is_the_log_of_the_share_of_admissible_labels() {
        let logits = Tensor::zeros((2, 4), candle_core::DType::F32, &Device::Cpu).unwrap();
        let example = |target: [bool; 4]| Example {
            pair: Encoded { ids: vec![], types: vec![], truncated: false },
            target: target.to_vec(),
            weight: 1.0,
            source: 0,
        };
        let (one, two) = (example([true, false, false, false]), example([false, false, true, true]));
        let l: f32 = loss(&logits, &[&one, &two], 0.0, 2.0).unwrap().to_scalar().unwrap();
        let want = (4f32.ln() + 2f32.ln()) / 2.0;
        assert!((l - want).abs() < 1e-6, "{l} {want}");
    }
}
