//! Fine-tuning: pairs to a model folder.
//!
//! A run is a function of its base, data, settings and number of lanes (threads): the same ones give the same weights bit for
//! bit on one machine, whether the run was broken off and resumed or not.

pub mod calibrate;
pub mod checkpoint;
pub mod data;
pub mod export;
pub mod optimizer;
pub mod plan;
pub mod schedule;
pub mod step;

use crate::error::{Context, Error, Result};
use crate::model::bert::Bert;
use crate::model::config::BertConfig;
use crate::model::gemm::Compute;
use crate::model::load_forward;
use crate::model::weights::{Checkpoint, Variables};
use crate::score::Confusion;
use crate::score::f1::macro_f1;
use checkpoint::{Best, Checkpoints, State};
use optimizer::AdamW;
use plan::Plan;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use step::{Example, Lanes, StepOptions};

/// How rows are drawn in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    /// As they are.
    Natural,
    /// Every label equally often, within each source.
    Balanced,
}

/// How losses are weighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// All alike.
    None,
    /// Inversely to the label's frequency, with mean 1 over the rows.
    Balanced,
}

/// The dev metric that picks the best weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum DevMetric {
    /// Mean F1 over the labels.
    MacroF1,
    /// Share of right labels.
    Accuracy,
    /// Mean negative log-likelihood.
    Loss,
}

/// Everything that can be set about a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Passes over the data.
    pub epochs: u32,
    /// Ends earlier, after so many steps.
    pub max_steps: Option<u64>,
    /// Most tokens of a batch.
    pub batch_tokens: usize,
    /// Batches whose gradients are added up for one step.
    pub accumulate: usize,
    /// Most tokens whose activations a thread holds at a time.
    pub shard_tokens: usize,
    /// Threads.
    pub lanes: usize,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which it rises to the peak.
    pub warmup: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Largest norm of the gradient; 0 for no limit.
    pub clip: f64,
    /// Label smoothing.
    pub smoothing: f64,
    /// Loss weights by label.
    pub class_weights: ClassWeights,
    /// Drawing of rows.
    pub sampling: Sampling,
    /// Dropout in place of the base's own.
    pub dropout: Option<f64>,
    /// What the factors of the layers' products are rounded to.
    pub compute: Compute,
    /// Leaves the embeddings as they are.
    pub freeze_embeddings: bool,
    /// Leaves so many of the lowest layers as they are.
    pub freeze_layers: usize,
    /// Factor on the learning rate for each layer further from the head.
    pub layer_decay: f64,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Dev evaluations in an epoch.
    pub evaluations_per_epoch: u32,
    /// Stops after so many evaluations without a better one.
    pub patience: Option<u32>,
    /// What "better" means.
    pub metric: DevMetric,
    /// Steps between checkpoints, besides those at evaluations.
    pub save_every: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            epochs: 3,
            max_steps: None,
            batch_tokens: 2048,
            accumulate: 1,
            shard_tokens: 1024,
            lanes: 1,
            learning_rate: 5e-5,
            warmup: 0.06,
            weight_decay: 0.01,
            clip: 1.0,
            smoothing: 0.0,
            class_weights: ClassWeights::None,
            sampling: Sampling::Natural,
            dropout: None,
            compute: Compute::F32,
            freeze_embeddings: false,
            freeze_layers: 0,
            layer_decay: 1.0,
            seed: 42,
            evaluations_per_epoch: 1,
            patience: None,
            metric: DevMetric::MacroF1,
            save_every: 200,
        }
    }
}

/// Scores of the dev split at one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DevScores {
    /// Mean F1 over the labels that occur.
    pub macro_f1: f64,
    /// Share of rows whose label is admissible.
    pub accuracy: f64,
    /// Mean negative log-likelihood.
    pub loss: f64,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// A step was taken.
    Step {
        /// Steps so far, and of the whole plan.
        step: u64,
        /// Steps planned.
        total: u64,
        /// Loss of its batch.
        loss: f64,
        /// Learning rate.
        lr: f64,
        /// Tokens of its batch.
        tokens: usize,
    },
    /// The dev split was scored.
    Dev {
        /// After this step.
        step: u64,
        /// How.
        scores: DevScores,
        /// Whether it is the best so far.
        best: bool,
    },
}

/// What a run trains on.
pub struct Data {
    /// Rows to learn from.
    pub train: Vec<Example>,
    /// Weight of each source of `train`.
    pub source_weights: Vec<f64>,
    /// Rows to choose the best weights with.
    pub dev: Vec<Example>,
    /// sha256 over everything above, the names of the labels included.
    pub hash: String,
}

/// The end of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The best weights.
    pub weights: PathBuf,
    /// Their step.
    pub best_step: u64,
    /// Their dev scores.
    pub dev: DevScores,
    /// Dev scores of the base before any step, with its new head.
    pub before: Option<DevScores>,
    /// Temperature fitted on dev.
    pub temperature: f64,
    /// Steps taken.
    pub steps: u64,
    /// Seconds of training, over all resumed parts.
    pub seconds: f64,
}

/// Whether a weight stays as it is under these settings.
fn frozen(name: &str, settings: &Settings) -> bool {
    (settings.freeze_embeddings && name.contains(".embeddings."))
        || schedule::layer_of(name).is_some_and(|l| l < settings.freeze_layers)
}

/// Where a run takes its weights from and where it works.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Model folder of the base.
    pub base: &'a Path,
    /// Receives `checkpoints/` and `train.jsonl`.
    pub folder: &'a Path,
    /// Takes up the run's own checkpoint; without it, finding one is an error.
    pub resume: bool,
    /// Whether the base's head knows these labels in this order; else the head is drawn anew.
    pub keep_head: bool,
}

/// Trains a network with `labels` outputs. `stop` is looked at after every step: a checkpoint is written, and the run ends with
/// an error.
pub fn train(
    place: Place<'_>,
    labels: usize,
    data: &Data,
    settings: &Settings,
    stop: &AtomicBool,
    mut tell: impl FnMut(Event),
) -> Result<Outcome> {
    let Place { base, folder, resume, keep_head } = place;
    let config_path = base.join("config.json");
    let mut config: BertConfig = crate::model::config::read(&config_path)?;
    if let Some(p) = settings.dropout {
        (config.hidden_dropout_prob, config.attention_probs_dropout_prob, config.classifier_dropout) = (p, p, Some(p));
    }
    config.check().map_err(|e| e.at(&config_path))?;
    let run = run_hash(base, data, settings)?;
    let checkpoints = Checkpoints::new(folder.join("checkpoints"))?;
    let log_path = folder.join("train.jsonl");
    let found = checkpoints.state()?;
    let mut state = match found {
        Some(state) if resume && state.run == run => state,
        Some(_) if resume => {
            return Err(Error::new("the checkpoint is of another run")
                .at(folder)
                .hint("base, data, settings, seed and --threads must be those of the broken run; or choose another --output"));
        }
        Some(_) => {
            return Err(Error::new("the folder holds the checkpoint of an earlier run")
                .at(folder)
                .hint("`--resume` takes it up; or choose another --output"));
        }
        None => State { run, ..State::default() },
    };
    let mut variables = {
        let settings = settings.clone();
        let mut checkpoint = Checkpoint::read(&base.join("model.safetensors"))?;
        if !keep_head {
            checkpoint.forget("classifier.");
        }
        Variables::new(checkpoint, settings.seed, move |n| frozen(n, &settings))
    };
    let bert = Bert::new(&config, labels, &mut variables)?.with_compute(settings.compute);
    let layers = config.num_hidden_layers;
    let mut optimizer = AdamW::new(variables.trainable.clone(), settings.weight_decay, |name| {
        schedule::layer_factor(name, layers, settings.layer_decay)
    });
    if state.step == 0 {
        state.before = Some(score(&bert, &data.dev, labels, settings.lanes)?.0);
    } else {
        checkpoints.restore(&state, &mut optimizer)?;
    }
    checkpoint::rewind_log(&log_path, state.step)?;
    let mut log =
        OpenOptions::new().create(true).append(true).open(&log_path).context("opening the log").map_err(|e| e.at(&log_path))?;
    let mut write_log =
        |value: serde_json::Value| writeln!(log, "{value}").context("writing the log").map_err(|e| e.at(&log_path));
    if let (0, Some(scores)) = (state.step, state.before) {
        write_log(serde_json::json!({"step": 0, "dev": scores}))?;
    }

    let plan = Plan::new(&data.train, &data.source_weights, settings);
    let total = plan.batches.len() as u64;
    let warmup = (settings.warmup * total as f64).round() as u64;
    let options = StepOptions {
        lanes: settings.lanes,
        shard_tokens: settings.shard_tokens,
        smoothing: settings.smoothing,
        compute: settings.compute,
    };
    let mut step = Lanes::new(&config, labels, &variables.all, |n| variables.trainable.contains_key(n), options);
    let evaluate_at = evaluation_steps(&plan, settings);
    let started = Instant::now();
    let seconds_before = state.seconds;
    while state.step < total && !state.finished {
        let batch: Vec<&Example> = plan.batches[state.step as usize].iter().map(|&i| &data.train[i as usize]).collect();
        let tokens: usize = batch.iter().map(|e| e.pair.ids.len()).sum();
        let lr = settings.learning_rate * schedule::linear(state.step, warmup, total);
        let seed = settings.seed.wrapping_mul(0x9E37_79B9).wrapping_add(state.step);
        let (loss, grads) = step.gradients(&variables.all, &batch, seed)?;
        let norm = optimizer.step(&grads, lr, settings.clip)?;
        state.step += 1;
        state.seconds = seconds_before + started.elapsed().as_secs_f64();
        let epoch = plan.epoch_ends.partition_point(|&end| (end as u64) < state.step);
        write_log(
            serde_json::json!({"step": state.step, "epoch": epoch, "loss": loss, "lr": lr, "norm": norm, "tokens": tokens,
            "seconds": (state.seconds * 1000.0).round() / 1000.0}),
        )?;
        tell(Event::Step { step: state.step, total, loss, lr, tokens });
        let evaluate = evaluate_at.binary_search(&state.step).is_ok() || state.step == total;
        if evaluate {
            let (scores, _) = score(&bert, &data.dev, labels, settings.lanes)?;
            let value = watched(&scores, settings.metric);
            let best = state.best.as_ref().is_none_or(|b| value > b.value);
            if best {
                state.best = Some(Best { step: state.step, value });
                state.evaluations_since_best = 0;
                checkpoints.save_weights(state.step, &variables.all)?;
            } else {
                state.evaluations_since_best += 1;
            }
            write_log(serde_json::json!({"step": state.step, "dev": scores, "best": best}))?;
            tell(Event::Dev { step: state.step, scores, best });
            state.finished = settings.patience.is_some_and(|p| state.evaluations_since_best >= p);
        }
        let interrupted = stop.load(Ordering::Relaxed);
        if evaluate || interrupted || state.step.is_multiple_of(settings.save_every.max(1)) {
            checkpoints.save(&state, &variables.all, &optimizer)?;
        }
        if interrupted {
            return Err(Error::new(format!("interrupted after step {} of {total}", state.step))
                .at(folder)
                .hint("the same command with --resume goes on from here"));
        }
    }
    let Some(best) = state.best.clone() else {
        return Err(Error::new("no step was taken").hint("is the training data empty, or max_steps 0?"));
    };
    state.finished = true;
    let weights = checkpoints.weights(best.step);
    let bert = Bert::new(&config, labels, &mut Checkpoint::read(&weights)?)?;
    let (dev, logits) = score(&bert, &data.dev, labels, settings.lanes)?;
    let targets: Vec<_> = data.dev.iter().map(|e| e.target.clone()).collect();
    Ok(Outcome {
        weights,
        best_step: best.step,
        dev,
        before: state.before,
        temperature: calibrate::temperature(&logits, &targets),
        steps: state.step,
        seconds: state.seconds,
    })
}

/// Higher is better.
fn watched(scores: &DevScores, metric: DevMetric) -> f64 {
    match metric {
        DevMetric::MacroF1 => scores.macro_f1,
        DevMetric::Accuracy => scores.accuracy,
        DevMetric::Loss => -scores.loss,
    }
}

/// The steps after which the dev split is scored, in order: evenly in each epoch, and at its end.
fn evaluation_steps(plan: &Plan, settings: &Settings) -> Vec<u64> {
    let mut steps = Vec::new();
    let mut from = 0;
    for &end in &plan.epoch_ends {
        let n = u64::from(settings.evaluations_per_epoch.max(1));
        steps.extend((1..=n).map(|i| (from + (end - from) * i as usize / n as usize) as u64));
        from = end;
    }
    steps.retain(|&s| s > 0);
    steps.dedup();
    steps
}

/// Scores and logits of labelled rows.
fn score(bert: &Bert, rows: &[Example], labels: usize, threads: usize) -> Result<(DevScores, Vec<Vec<f32>>)> {
    let pairs: Vec<_> = rows.iter().map(|e| e.pair.clone()).collect();
    let logits = load_forward(bert, &pairs, labels, threads)?;
    let (mut right, mut loss) = (0usize, 0.0);
    let mut matrix = Confusion::new(labels);
    for (z, row) in logits.iter().zip(rows) {
        let p = crate::model::softmax(z, 1.0);
        let said = crate::model::argmax(&p);
        // A row with several admissible labels counts for the one that was said, or else for its first.
        let gold = if row.target[said] { said } else { row.target.iter().position(|&t| t).unwrap_or(0) };
        right += usize::from(gold == said);
        matrix.add(gold, said, 1);
        let admissible: f64 = p.iter().zip(&row.target).filter(|&(_, &t)| t).map(|(p, _)| p).sum();
        loss -= admissible.max(1e-30).ln();
    }
    let n = rows.len().max(1) as f64;
    let scores = DevScores { macro_f1: macro_f1(&matrix).unwrap_or(0.0), accuracy: right as f64 / n, loss: loss / n };
    Ok((scores, logits))
}

/// What makes a run itself: weights of the base, data and settings.
fn run_hash(base: &Path, data: &Data, settings: &Settings) -> Result<String> {
    use sha2::{Digest, Sha256};
    let path = base.join("model.safetensors");
    let mut hash = Sha256::new();
    let mut file = fs::File::open(&path).context("reading the base").map_err(|e| e.at(&path))?;
    std::io::copy(&mut file, &mut hash).context("reading the base").map_err(|e| e.at(&path))?;
    let config = base.join("config.json");
    hash.update(fs::read(&config).context("reading the base").map_err(|e| e.at(&config))?);
    hash.update(&data.hash);
    hash.update(serde_json::to_string(settings).context("serialising")?);
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
