//! The gradients of our own BERT: none is missing, and they agree with finite differences and with PyTorch.
//!
//! candle's own layers lose gradients in silence, so every variable is looked at. PyTorch's gradients, and the loss that they
//! are of, come from `fixtures/models/make.py`: `bert/gradients.safetensors` and `loss` in `bert/expected.json`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic as tests do; --nocapture shows the differences"
)]

use candle_core::{D, Device, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stancekit::model::batch::{Batch, Encoded};
use stancekit::model::bert::{Bert, DropoutSeeds};
use stancekit::model::config::BertConfig;
use stancekit::model::weights::{Checkpoint, Variables};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

struct Fixture {
    bert: Bert,
    vars: BTreeMap<String, Var>,
    batch: Batch,
    /// Of PyTorch.
    loss: f64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/bert")
}

fn fixture() -> Fixture {
    let config: BertConfig = stancekit::model::config::read(&folder().join("config.json")).unwrap();
    let checkpoint = Checkpoint::read(&folder().join("model.safetensors")).unwrap();
    let mut variables = Variables::new(checkpoint, 1, |_| false);
    let bert = Bert::new(&config, 4, &mut variables).unwrap();
    assert!(variables.fresh.is_empty());
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let numbers = |v: &serde_json::Value| v.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u32).collect();
    let pairs: Vec<Encoded> = expected["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| Encoded { ids: numbers(&p["ids"]), types: numbers(&p["types"]), truncated: false })
        .collect();
    Fixture { bert, vars: variables.trainable, batch: Batch::pack(&pairs), loss: expected["loss"].as_f64().unwrap() }
}

impl Fixture {
    /// Logits (B, C); with dropout where a seed is given.
    fn logits(&self, seed: Option<u64>) -> Tensor {
        let mut seeds = seed.map(DropoutSeeds::new);
        self.bert.forward(&self.batch, seeds.as_mut()).unwrap()
    }

    /// The right labels: 0, 1, 2, 3, 0, …
    fn targets(&self) -> Vec<u32> {
        (0..self.batch.lens.len() as u32).map(|i| i % 4).collect()
    }

    /// Mean cross-entropy, summed up in double precision: the logits' rounding is all that finite differences suffer from.
    fn loss(&self, seed: Option<u64>) -> f64 {
        let logits: Vec<Vec<f32>> = self.logits(seed).to_vec2().unwrap();
        let rows = logits.iter().zip(self.targets()).map(|(z, target)| {
            let max = z.iter().fold(f64::MIN, |m, &z| m.max(f64::from(z)));
            let sum: f64 = z.iter().map(|&z| (f64::from(z) - max).exp()).sum();
            max + sum.ln() - f64::from(z[target as usize])
        });
        rows.sum::<f64>() / logits.len() as f64
    }

    /// Gradients of the same loss by name.
    fn gradients(&self, seed: Option<u64>) -> BTreeMap<String, Vec<f32>> {
        let targets = Tensor::new(self.targets(), &Device::Cpu).unwrap();
        let log_p = candle_nn::ops::log_softmax(&self.logits(seed), D::Minus1).unwrap();
        let loss = candle_nn::loss::nll(&log_p, &targets).unwrap();
        let store = loss.backward().unwrap();
        let gradient = |(name, var): (&String, &Var)| {
            let g = store.get(var).unwrap_or_else(|| panic!("{name} gets no gradient"));
            assert_eq!(g.dims(), var.dims(), "{name}");
            (name.clone(), flat(g))
        };
        self.vars.iter().map(gradient).collect()
    }

    /// (L(w + d) - L(w - d)) / 2 for one variable w.
    fn central(&self, var: &Var, d: &[f64], seed: Option<u64>) -> f64 {
        let values = flat(var);
        let at = |sign: f64| {
            let moved: Vec<f32> = values.iter().zip(d).map(|(&w, &d)| (f64::from(w) + sign * d) as f32).collect();
            var.set(&Tensor::from_vec(moved, var.dims(), &Device::Cpu).unwrap()).unwrap();
            self.loss(seed)
        };
        let difference = (at(1.0) - at(-1.0)) / 2.0;
        var.set(&Tensor::from_vec(values, var.dims(), &Device::Cpu).unwrap()).unwrap();
        difference
    }

    /// The derivative along `direction`, with the step's second-order error extrapolated away (Richardson).
    fn derivative(&self, var: &Var, direction: &[f64], step: f64, seed: Option<u64>) -> f64 {
        let along = |h: f64| self.central(var, &direction.iter().map(|d| d * h).collect::<Vec<_>>(), seed) / h;
        (4.0 * along(step / 2.0) - along(step)) / 3.0
    }
}

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

fn norm(v: impl IntoIterator<Item = f64>) -> f64 {
    v.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn norm32(v: &[f32]) -> f64 {
    norm(v.iter().map(|&x| f64::from(x)))
}

/// Adding a constant to every key of a query changes no probability: the gradient of a key's bias is zero but for rounding.
fn is_null(name: &str) -> bool {
    name.ends_with("attention.self.key.bias")
}

const SEEDS: [Option<u64>; 2] = [None, Some(5)];

#[test]
fn every_variable_gets_a_gradient() {
    let f = fixture();
    assert_eq!(f.vars.len(), 5 + 2 * 16 + 4);
    for seed in SEEDS {
        let gradients = f.gradients(seed);
        let largest = gradients.values().map(|g| norm32(g)).fold(0.0, f64::max);
        for (name, g) in &gradients {
            assert!(g.iter().all(|x| x.is_finite()), "{name}");
            if is_null(name) {
                assert!(norm32(g) < 1e-6 * largest, "{name}: {}", norm32(g));
            } else {
                assert!(norm32(g) > 1e-4 * largest, "{name}: {} of {largest}, dropout {seed:?}", norm32(g));
            }
        }
    }
}

#[test]
fn gradients_and_loss_are_those_of_pytorch() {
    let f = fixture();
    assert!((f.loss(None) - f.loss).abs() < 1e-5, "{} and {}", f.loss(None), f.loss);
    let expected = candle_core::safetensors::load(folder().join("gradients.safetensors"), &Device::Cpu).unwrap();
    let found = f.gradients(None);
    assert_eq!(found.len(), expected.len());
    let mut worst = 0.0f64;
    for (name, g) in found.iter().filter(|(name, _)| !is_null(name)) {
        let want = flat(&expected[name]);
        let gap = norm(g.iter().zip(&want).map(|(a, b)| f64::from(a - b))) / norm32(&want);
        assert!(gap < 1e-4, "{name}: relative difference {gap:.1e}");
        worst = worst.max(gap);
    }
    println!("largest relative difference from PyTorch {worst:.1e}");
}

/// Along the gradient itself, and along a random direction, for every variable, with dropout off and on (the same mask each time).
#[test]
fn gradients_match_finite_differences() {
    let f = fixture();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let mut worst = 0.0f64;
    for seed in SEEDS {
        let gradients = f.gradients(seed);
        for (name, g) in gradients.iter().filter(|(name, _)| !is_null(name)) {
            let g: Vec<f64> = g.iter().map(|&x| f64::from(x)).collect();
            let length = norm(g.iter().copied());
            let own: Vec<f64> = g.iter().map(|x| x / length).collect();
            // A random direction says nothing where it stands square to the gradient: draw until it does not.
            let random = loop {
                let d: Vec<f64> = g.iter().map(|_| rng.random_range(-1.0..1.0)).collect();
                let size = norm(d.iter().copied());
                let slope: f64 = d.iter().zip(&own).map(|(d, o)| d * o).sum::<f64>() / size;
                if slope.abs() * (g.len() as f64).sqrt() > 0.5 {
                    break d.into_iter().map(|d| d / size).collect::<Vec<_>>();
                }
            };
            for direction in [own, random] {
                let want: f64 = g.iter().zip(&direction).map(|(g, d)| g * d).sum();
                // A step that changes the loss by about 0.005, far above its rounding (1e-7), but moves no weight far.
                let step = (5e-3 / want.abs()).min(0.1);
                let found = f.derivative(&f.vars[name], &direction, step, seed);
                let gap = (found - want).abs() / want.abs();
                assert!(gap < 1e-2, "{name}: {found} by differences, {want} by gradient; dropout {seed:?}");
                worst = worst.max(gap);
            }
        }
    }
    println!("largest relative difference from finite differences {worst:.1e}");
}

#[test]
fn dropout_depends_on_its_seed_alone() {
    let f = fixture();
    assert_eq!(f.loss(Some(3)), f.loss(Some(3)));
    assert_ne!(f.loss(Some(3)), f.loss(Some(4)));
    assert_ne!(f.loss(Some(3)), f.loss(None));
    assert_eq!(f.gradients(Some(3)), f.gradients(Some(3)));
}
