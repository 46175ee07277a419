//! The packed engine is the same function as the differentiable reference, `model::bert`: logits and gradients, with and without
//! dropout, with parts frozen, and in bfloat16 as near as its rounding allows.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic as tests do; --nocapture shows the differences"
)]

use candle_core::{D, Tensor};
use stancekit::model::batch::{Batch, Encoded};
use stancekit::model::bert::{Bert, DropoutSeeds};
use stancekit::model::config::BertConfig;
use stancekit::model::gemm::Compute;
use stancekit::model::weights::{Checkpoint, Variables};
use stancekit::train::step::{Example, Lanes, StepOptions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/bert")
}

fn config() -> BertConfig {
    let mut config: BertConfig = stancekit::model::config::read(&folder().join("config.json")).unwrap();
    (config.hidden_dropout_prob, config.attention_probs_dropout_prob, config.classifier_dropout) = (0.1, 0.2, Some(0.3));
    config
}

fn variables(frozen: fn(&str) -> bool) -> (Bert, Variables) {
    let mut variables = Variables::new(Checkpoint::read(&folder().join("model.safetensors")).unwrap(), 1, frozen);
    (Bert::new(&config(), 4, &mut variables).unwrap(), variables)
}

/// Pairs of lengths 1 to 70 with several right labels here and there, and weights.
fn examples() -> Vec<Example> {
    let example = |i: usize, len: usize| Example {
        pair: Encoded {
            ids: (0..len).map(|t| (t * 7 + i) as u32 % 40).collect(),
            types: (0..len).map(|t| u32::from(2 * t > len)).collect(),
            truncated: false,
        },
        target: (0..4).map(|c| c == i % 4 || (i == 3 && c == 1)).collect(),
        weight: 1.0 + i as f32 / 4.0,
        source: 0,
    };
    [5, 1, 33, 18, 40, 2, 16].into_iter().enumerate().map(|(i, len)| example(i, len)).collect()
}

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

/// Loss and gradients by candle's graph over the reference, with the masks of the packed engine's first shard.
fn reference(bert: &Bert, variables: &Variables, examples: &[Example], seed: u64) -> (f64, BTreeMap<String, Vec<f32>>) {
    let batch = Batch::pack(examples.iter().map(|e| &e.pair));
    let mut seeds = DropoutSeeds::new(seed * 1_000_003);
    let logits = bert.forward(&batch, Some(&mut seeds)).unwrap();
    let device = logits.device();
    let total: f32 = examples.iter().map(|e| e.weight).sum();
    let weights = Tensor::from_iter(examples.iter().map(|e| e.weight / total), device).unwrap();
    let mask = Tensor::from_iter(examples.iter().flat_map(|e| e.target.iter().map(|&t| f32::from(u8::from(t)))), device)
        .unwrap()
        .reshape(logits.dims())
        .unwrap();
    let log_p = candle_nn::ops::log_softmax(&logits, D::Minus1).unwrap();
    let hit = (log_p.exp().unwrap() * mask).unwrap().sum(D::Minus1).unwrap().log().unwrap();
    let spread = log_p.mean(D::Minus1).unwrap();
    let each = ((hit * 0.9).unwrap() + (spread * 0.1).unwrap()).unwrap().neg().unwrap();
    let loss = (each * weights).unwrap().sum_all().unwrap();
    let store = loss.backward().unwrap();
    let gradients = variables.trainable.iter().map(|(name, var)| (name.clone(), flat(store.get(var).unwrap()))).collect();
    (f64::from(loss.to_scalar::<f32>().unwrap()), gradients)
}

fn packed(
    variables: &Variables,
    examples: &[Example],
    seed: u64,
    compute: Compute,
    lanes: usize,
) -> (f64, BTreeMap<String, Vec<f32>>) {
    let config = config();
    let options = StepOptions { lanes, shard_tokens: 4096, smoothing: 0.1, compute };
    let trainable = |n: &str| variables.trainable.contains_key(n);
    let mut step = Lanes::new(&config, 4, &variables.all, trainable, options);
    let examples: Vec<&Example> = examples.iter().collect();
    // The buffers of an earlier batch must leave no trace.
    step.gradients(&variables.all, &examples[2..4], 9).unwrap();
    let (loss, gradients) = step.gradients(&variables.all, &examples, seed).unwrap();
    (loss, gradients.into_iter().map(|(name, g)| (name.to_owned(), g.to_vec())).collect())
}

/// |a - b| / |b| over all gradients of the network at once, and the largest for one weight.
fn distance(a: &BTreeMap<String, Vec<f32>>, b: &BTreeMap<String, Vec<f32>>) -> (f64, f64) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    let norm = |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x) * f64::from(x)).sum::<f64>();
    let (mut gap, mut size, mut worst) = (0.0, 0.0, 0.0f64);
    for (name, b) in b {
        let (g, s) = (norm(&mut a[name].iter().zip(b).map(|(a, b)| a - b)), norm(&mut b.iter().copied()));
        (gap, size) = (gap + g, size + s);
        // A key's bias changes no probability: its gradient is rounding alone.
        if !name.ends_with("attention.self.key.bias") {
            worst = worst.max((g / s).sqrt());
        }
    }
    ((gap / size).sqrt(), worst)
}

#[test]
fn loss_and_gradients_are_those_of_the_graph() {
    let (bert, variables) = variables(|_| false);
    let examples = examples();
    for seed in [1, 77] {
        let (want_loss, want) = reference(&bert, &variables, &examples, seed);
        let (loss, found) = packed(&variables, &examples, seed, Compute::F32, 1);
        assert!((loss - want_loss).abs() < 1e-5, "{loss} {want_loss}");
        let (all, worst) = distance(&found, &want);
        println!("seed {seed}: relative difference {all:.1e}, of one weight at most {worst:.1e}");
        assert!(worst < 1e-4, "{worst}");
    }
}

#[test]
fn gradients_in_bfloat16_point_the_same_way() {
    let (bert, variables) = variables(|_| false);
    let (want_loss, want) = reference(&bert, &variables, &examples(), 5);
    let (loss, found) = packed(&variables, &examples(), 5, Compute::Bf16, 1);
    let (all, worst) = distance(&found, &want);
    println!("bfloat16: loss {loss} for {want_loss}, relative difference {all:.1e}, of one weight at most {worst:.1e}");
    // Eight bits of mantissa: 2^-9 for each factor, and more after layers of random weights.
    assert!((loss - want_loss).abs() < 1e-2 && all < 5e-2, "{loss} {want_loss} {all}");
}

#[test]
fn frozen_parts_get_no_gradient_and_change_no_other() {
    let (_, whole) = variables(|_| false);
    let (_, all) = packed(&whole, &examples(), 3, Compute::F32, 1);
    let frozen: [fn(&str) -> bool; 3] = [
        |n| n.contains(".embeddings."),
        |n| n.contains(".embeddings.") || n.contains(".layer.0."),
        |n| !n.starts_with("classifier"),
    ];
    for frozen in frozen {
        let (_, part) = variables(frozen);
        let (_, found) = packed(&part, &examples(), 3, Compute::F32, 1);
        let want: BTreeMap<_, _> = all.iter().filter(|(n, _)| !frozen(n)).map(|(n, g)| (n.clone(), g.clone())).collect();
        assert_eq!(found, want);
    }
}

#[test]
fn two_lanes_give_the_same_loss_and_repeat_themselves() {
    // The masks depend on the shard: compare without dropout's help, by repetition, and with one lane by the loss's size.
    let (_, variables) = variables(|_| false);
    let (loss, gradients) = packed(&variables, &examples(), 4, Compute::F32, 2);
    assert_eq!((loss, gradients.clone()), packed(&variables, &examples(), 4, Compute::F32, 2));
    let (one, _) = packed(&variables, &examples(), 4, Compute::F32, 1);
    assert!((one - loss).abs() < 0.3, "{one} {loss}");
}
