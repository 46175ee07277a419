//! One step: gradients of a batch, computed in lanes that do not depend on one another.

use crate::error::{Context, Error, Result};
use crate::model::batch::{Batch, Encoded};
use crate::model::bert::DropoutSeeds;
use crate::model::config::BertConfig;
use crate::model::gemm::Compute;
use crate::model::packed::{Packed, Params, Prepared, Workspace, names};
use candle_core::{Storage, Tensor};
use std::borrow::Cow;
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

/// How a step is computed.
#[derive(Debug, Clone, Copy)]
pub struct StepOptions {
    /// Threads, each with shards of its own.
    pub lanes: usize,
    /// Most tokens of a shard: bounds the memory for activations.
    pub shard_tokens: usize,
    /// Label smoothing in [0, 1).
    pub smoothing: f64,
    /// What the factors of products are rounded to.
    pub compute: Compute,
}

/// Loss of one example, `weight * ((1 - s) * -ln P(target) + s * mean over labels of -ln p)` with the label smoothing s (Szegedy et
/// al. 2016), P(target) the summed probability of the admissible labels; and its gradient with respect to the logits,
/// `weight * (p - (1 - s) q - s / C)`, q the probabilities of the admissible labels as shares of P(target).
fn loss(logits: &[f32], target: &[bool], weight: f64, smoothing: f64, gradient: &mut Vec<f32>) -> f64 {
    let p = crate::model::softmax(logits, 1.0);
    // Kept finite where it underflows.
    let hit = p.iter().zip(target).filter(|&(_, &t)| t).map(|(p, _)| p).sum::<f64>() + 1e-30;
    let spread = p.iter().map(|p| p.max(1e-30).ln()).sum::<f64>() / p.len() as f64;
    gradient.extend(p.iter().zip(target).map(|(&p, &t)| {
        let q = if t { p / hit } else { 0.0 };
        (weight * (p - (1.0 - smoothing) * q - smoothing / logits.len() as f64)) as f32
    }));
    -weight * ((1.0 - smoothing) * hit.ln() + smoothing * spread)
}

/// The threads' buffers, kept from step to step.
pub struct Lanes<'a> {
    config: &'a BertConfig,
    labels: usize,
    options: StepOptions,
    names: Params<Vec<String>>,
    lanes: Vec<(Workspace, Params<Vec<f32>>)>,
}

impl<'a> Lanes<'a> {
    /// For a network of these weights, those with the names in `trainable` to be trained.
    pub fn new(
        config: &'a BertConfig,
        labels: usize,
        all: &BTreeMap<String, Tensor>,
        trainable: impl Fn(&str) -> bool,
        options: StepOptions,
    ) -> Self {
        let names = names(config.num_hidden_layers);
        let size = |names: &Vec<String>| -> usize {
            // Parts of one place are frozen together: they belong to one layer.
            names.iter().filter(|n| trainable(n)).filter_map(|n| all.get(n)).map(Tensor::elem_count).sum()
        };
        let lane = |_| (Workspace::default(), names.map(|n| vec![0.0; size(n)]));
        let lanes = (0..options.lanes).map(lane).collect();
        Self { config, labels, options, names, lanes }
    }

    /// The loss of a batch, the weighted mean over its examples, and its gradients by name.
    ///
    /// The batch is cut into shards of at most `shard_tokens`; `lanes` threads take every `lanes`-th shard each, and their sums are
    /// added in the order of the lanes: the result depends on the number of lanes, not on their timing.
    pub fn gradients(
        &mut self,
        all: &BTreeMap<String, Tensor>,
        examples: &[&Example],
        seed: u64,
    ) -> Result<(f64, BTreeMap<&str, &[f32]>)> {
        let guards = all.iter().map(|(name, t)| (name.as_str(), t.storage_and_layout())).collect::<BTreeMap<_, _>>();
        let slice = |name: &String| -> Result<&[f32]> {
            let lost = || Error::new(format!("no weights named {name:?}"));
            let (storage, layout) = guards.get(name.as_str()).ok_or_else(lost)?;
            match (&**storage, layout.contiguous_offsets()) {
                (Storage::Cpu(storage), Some((from, to))) => Ok(&storage.as_slice::<f32>().context("reading weights")?[from..to]),
                _ => Err(Error::new(format!("{name} is not contiguous in main memory"))),
            }
        };
        let mut failed = None;
        let weights = self.names.map(|names| {
            let parts = names.iter().map(slice).collect::<Result<Vec<_>>>().unwrap_or_else(|e| {
                failed = Some(e);
                Vec::new()
            });
            if let [one] = parts[..] { Cow::Borrowed(one) } else { Cow::Owned(parts.concat()) }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let o = self.options;
        let prepared = Prepared::new(o.compute, &weights);
        let network = Packed { config: self.config, weights: &weights, prepared: &prepared };
        let total_weight: f64 = examples.iter().map(|e| f64::from(e.weight)).sum::<f64>().max(1e-12);
        let lens: Vec<usize> = examples.iter().map(|e| e.pair.ids.len()).collect();
        let shards = shards(&lens, o.shard_tokens, o.lanes);
        let run = |lane: usize, ws: &mut Workspace, grads: &mut Params<Vec<f32>>| -> f64 {
            let mut sum = 0.0;
            for (i, shard) in shards.iter().enumerate().skip(lane).step_by(o.lanes) {
                let part = &examples[shard.clone()];
                let batch = Batch::pack(part.iter().map(|e| &e.pair));
                let mut seeds = DropoutSeeds::new(seed.wrapping_mul(1_000_003).wrapping_add(i as u64));
                network.forward(&batch, Some(&mut seeds), ws);
                let mut dlogits = Vec::with_capacity(ws.logits.len());
                for (logits, e) in ws.logits.chunks_exact(self.labels).zip(part) {
                    sum += loss(logits, &e.target, f64::from(e.weight) / total_weight, o.smoothing, &mut dlogits);
                }
                network.backward(&batch, &dlogits, ws, grads);
            }
            sum
        };
        let losses: Vec<_> = std::thread::scope(|scope| {
            let run = &run;
            let handles: Vec<_> = (self.lanes.iter_mut().enumerate())
                .map(|(i, (ws, grads))| {
                    scope.spawn(move || {
                        grads.all_mut().into_iter().for_each(|g| g.fill(0.0));
                        run(i, ws, grads)
                    })
                })
                .collect();
            handles.into_iter().map(|h| h.join().map_err(|_| Error::new("a training thread panicked"))).collect()
        });
        let loss = losses.into_iter().sum::<Result<f64>>()?;
        let (first, rest) = self.lanes.split_at_mut(1);
        for (_, grads) in rest {
            for (to, from) in first[0].1.all_mut().into_iter().zip(grads.all()) {
                to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
            }
        }
        let mut by_name = BTreeMap::new();
        for (names, g) in self.names.all().into_iter().zip(self.lanes[0].1.all()).filter(|(_, g)| !g.is_empty()) {
            let parts = g.chunks_exact(g.len() / names.len());
            by_name.extend(names.iter().map(String::as_str).zip(parts));
        }
        Ok((loss, by_name))
    }
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
        let at = |target: [bool; 4]| loss(&[0.0; 4], &target, 0.5, 0.0, &mut Vec::new());
        let l = at([true, false, false, false]) + at([false, false, true, true]);
        let want = (4f64.ln() + 2f64.ln()) / 2.0;
        assert!((l - want).abs() < 1e-12, "{l} {want}");
    }

    #[test]
    fn gradient_of_the_loss_matches_finite_differences() {
        let (z, target) = ([0.3f32, -1.2, 0.8, 2.0], [true, false, true, false]);
        let mut gradient = Vec::new();
        loss(&z, &target, 0.7, 0.1, &mut gradient);
        for (i, g) in gradient.iter().enumerate() {
            let at = |d: f32| {
                let mut z = z;
                z[i] += d;
                loss(&z, &target, 0.7, 0.1, &mut Vec::new())
            };
            let found = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((found - f64::from(*g)).abs() < 1e-5, "{i}: {found} {g}");
        }
    }
}
