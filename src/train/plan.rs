//! Which examples a run sees, in which order: a function of the data, the settings and the seed alone, so that a resumed run
//! takes up where the broken one stopped.

use super::{Sampling, Settings, step::Example};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Batches of indices into the training examples; `epoch_ends[e]` is the number of batches up to the end of epoch e.
pub struct Plan {
    /// One optimizer step each.
    pub batches: Vec<Vec<u32>>,
    /// Running count of batches at the end of each epoch.
    pub epoch_ends: Vec<usize>,
}

impl Plan {
    /// Draws every epoch. A source of weight w is seen w times an epoch (a fraction: a part drawn anew each time).
    pub fn new(examples: &[Example], source_weights: &[f64], settings: &Settings) -> Self {
        let mut plan = Self { batches: Vec::new(), epoch_ends: Vec::new() };
        let budget = settings.batch_tokens * settings.accumulate;
        for epoch in 0..settings.epochs {
            let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
            rng.set_stream(u64::from(epoch) + 1);
            let mut order = Vec::new();
            for (source, &weight) in source_weights.iter().enumerate() {
                draw_source(examples, source, weight, settings.sampling, &mut rng, &mut order);
            }
            order.shuffle(&mut rng);
            let mut tokens = usize::MAX;
            for i in order {
                let len = examples[i as usize].pair.ids.len();
                match plan.batches.last_mut() {
                    Some(batch) if tokens.saturating_add(len) <= budget => batch.push(i),
                    _ => {
                        plan.batches.push(vec![i]);
                        tokens = 0;
                    }
                }
                tokens += len;
            }
            plan.epoch_ends.push(plan.batches.len());
        }
        if let Some(max) = settings.max_steps {
            plan.batches.truncate(max as usize);
        }
        plan
    }
}

fn draw_source(examples: &[Example], source: usize, weight: f64, sampling: Sampling, rng: &mut ChaCha8Rng, out: &mut Vec<u32>) {
    let own = || examples.iter().enumerate().filter(move |(_, e)| e.source == source);
    match sampling {
        Sampling::Natural => draw(own().map(|(i, _)| i as u32).collect(), weight, rng, out),
        Sampling::Balanced => {
            let classes = examples.first().map_or(0, |e| e.target.len());
            let total = own().count() as f64;
            let by_label: Vec<Vec<u32>> = (0..classes)
                .map(|c| own().filter(|(_, e)| e.target.iter().position(|&t| t) == Some(c)).map(|(i, _)| i as u32).collect())
                .filter(|v: &Vec<u32>| !v.is_empty())
                .collect();
            let share = total / by_label.len().max(1) as f64;
            for rows in by_label {
                let w = weight * share / rows.len() as f64;
                draw(rows, w, rng, out);
            }
        }
    }
}

/// Each row floor(w) times, and a random part of them once more.
fn draw(mut rows: Vec<u32>, weight: f64, rng: &mut ChaCha8Rng, out: &mut Vec<u32>) {
    for _ in 0..weight.floor() as usize {
        out.extend_from_slice(&rows);
    }
    rows.shuffle(rng);
    let part = (weight.fract() * rows.len() as f64).round() as usize;
    out.extend_from_slice(&rows[..part]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::batch::Encoded;

    fn example(label: usize, source: usize) -> Example {
        Example {
            pair: Encoded { ids: vec![1; 10], types: vec![0; 10], truncated: false },
            target: (0..4).map(|c| c == label).collect(),
            weight: 1.0,
            source,
        }
    }

    #[test]
    fn batches_keep_to_the_budget_and_an_epoch_sees_every_row() {
        let examples: Vec<_> = (0..25).map(|i| example(i % 4, 0)).collect();
        let settings = Settings { epochs: 2, batch_tokens: 40, ..Settings::default() };
        let plan = Plan::new(&examples, &[1.0], &settings);
        assert_eq!(plan.epoch_ends, [7, 14]);
        let mut first: Vec<u32> = plan.batches[..7].concat();
        assert_ne!(first, plan.batches[7..].concat(), "each epoch has an order of its own");
        first.sort_unstable();
        assert_eq!(first, (0..25).collect::<Vec<_>>());
        assert!(plan.batches.iter().all(|b| b.len() <= 4));
    }

    #[test]
    fn weights_and_balance_set_the_mixture() {
        let mut examples: Vec<_> = (0..40).map(|_| example(0, 0)).collect();
        examples.extend((0..8).map(|_| example(1, 0)));
        examples.extend((0..10).map(|_| example(2, 1)));
        let settings = Settings { epochs: 1, sampling: Sampling::Balanced, ..Settings::default() };
        let plan = Plan::new(&examples, &[1.0, 2.5], &settings);
        let seen = plan.batches.concat();
        let count = |c: usize| seen.iter().filter(|&&i| examples[i as usize].target[c]).count();
        assert_eq!((count(0), count(1), count(2)), (24, 24, 25));
    }
}
