//! `stance finetune`

use super::common::{Threads, stop_flag};
use super::file_settings::FileSettings;
use super::{Status, tell};
use crate::error::{Error, Result};
use crate::model::config::{BertConfig, CommonConfig, read};
use crate::model::gemm::Compute;
use crate::model::tokenizer::PairTokenizer;
use crate::model::{Classifier, LoadOptions, ProbeOutcome, locate, stances};
use crate::plural::count;
use crate::stance::Stance;
use crate::train::data::{self, SourceSpec};
use crate::train::export::{self, Precision, Run};
use crate::train::{ClassWeights, DevMetric, Event, Place, Sampling, Settings, train};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Fine-tune a model on labelled sentences
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    stance finetune --base models/stance-mini --data my-labels.csv --output models/my-model\n  \
    stance finetune --base all-MiniLM-L6-v2 --data news:train \\\n      \
    --data nli.jsonl,weight=0.3,neutral='neutral|unrelated' \\\n      \
    --dev news:dev --epochs 2 --freeze-embeddings --output models/mine\n\n\
    Behind the path of --data, each after a comma:\n  \
    weight=W          passes over it in an epoch [1]\n  \
    mismatched=M      pairs with a claim on another subject, labelled unrelated, for each row [0]\n  \
    claim=TEXT        only the rows of this claim; not-claim=TEXT, all but those\n  \
    not-source=NAME   all rows but those of this source\n  \
    OLD=NEW           another name for a label; NEW may be two, as in neutral|unrelated\n\n\
    Rows have a text, a claim and a label (id, article and source if known). The same command with --resume takes up a broken run.")]
pub struct Args {
    /// Model or bare encoder to start from: a folder, a name under models/, or a hub id
    #[arg(long, value_name = "MODEL")]
    base: String,
    /// Training data: a file or a folder, then how it is taken, as below; may be repeated
    #[arg(long, required = true, value_name = "PATH[:SPLIT][,…]")]
    data: Vec<SourceSpec>,
    /// Dev data, written as --data; else the dev splits of the data, else a part that is cut off
    #[arg(long, value_name = "PATH[:SPLIT][,…]")]
    dev: Vec<SourceSpec>,
    /// Folder of the articles that stand-off rows point into
    #[arg(long, value_name = "FOLDER")]
    articles: Option<PathBuf>,
    /// Claim of rows that name none
    #[arg(long, value_name = "TEXT")]
    claim: Option<String>,
    /// Folder of the new model
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Take up a run that was broken off
    #[arg(long)]
    resume: bool,
    /// Licence of the new model, for its card
    #[arg(long, value_name = "SPDX")]
    licence: Option<String>,
    /// Precision of the weights on disk
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    precision: Precision,
    #[command(flatten)]
    threads: Threads,
    /// Share of the rows that is cut off for dev where none is named
    #[arg(long, default_value_t = 0.1, value_name = "P")]
    dev_share: f64,
    #[command(flatten)]
    knobs: Knobs,
}

/// The settings of training.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Training")]
struct Knobs {
    /// Passes over the data
    #[arg(long, default_value_t = 3)]
    epochs: u32,
    /// End after so many steps
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Most tokens of a batch
    #[arg(long, default_value_t = 2048, value_name = "N")]
    batch_tokens: usize,
    /// Batches whose gradients are added up for one step
    #[arg(long, default_value_t = 1, value_name = "N")]
    accumulate: usize,
    /// Most tokens that a thread works on at a time: less takes less memory
    #[arg(long, default_value_t = 1024, value_name = "N")]
    shard_tokens: usize,
    /// Peak learning rate
    #[arg(long, default_value_t = 5e-5, value_name = "RATE")]
    learning_rate: f64,
    /// Share of the steps in which the rate rises
    #[arg(long, default_value_t = 0.06, value_name = "P")]
    warmup: f64,
    /// Weight decay (not on biases and LayerNorm)
    #[arg(long, default_value_t = 0.01, value_name = "RATE")]
    weight_decay: f64,
    /// Largest norm of the gradient; 0 for none
    #[arg(long, default_value_t = 1.0, value_name = "NORM")]
    clip: f64,
    /// Label smoothing
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    smoothing: f64,
    /// Weights of the loss by label
    #[arg(long, value_enum, default_value_t = ClassWeights::None)]
    class_weights: ClassWeights,
    /// How rows are drawn
    #[arg(long, value_enum, default_value_t = Sampling::Natural)]
    sampling: Sampling,
    /// Dropout in place of the base's
    #[arg(long, value_name = "P")]
    dropout: Option<f64>,
    /// Rounding of the factors in matrix products; sums and weights stay float32
    #[arg(long, value_enum, default_value_t = ComputeChoice::Auto)]
    compute: ComputeChoice,
    /// Leave the embeddings as they are: faster, and half the memory
    #[arg(long)]
    freeze_embeddings: bool,
    /// Leave so many of the lowest layers as they are
    #[arg(long, default_value_t = 0, value_name = "N")]
    freeze_layers: usize,
    /// Factor on the learning rate for each layer further from the head
    #[arg(long, default_value_t = 1.0, value_name = "F")]
    layer_decay: f64,
    /// Seed of everything that is drawn
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Dev evaluations in an epoch
    #[arg(long, default_value_t = 1, value_name = "N")]
    evaluations: u32,
    /// Stop after so many evaluations without a better one
    #[arg(long, value_name = "N")]
    patience: Option<u32>,
    /// Dev metric that picks the best weights
    #[arg(long, value_enum, default_value_t = DevMetric::MacroF1)]
    metric: DevMetric,
    /// Steps between checkpoints
    #[arg(long, default_value_t = 200, value_name = "N")]
    save_every: u64,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ComputeChoice {
    /// The faster one here: bf16 where the CPU has instructions for it (AMX, AVX-512 BF16), else f32
    Auto,
    F32,
    Bf16,
}

impl Knobs {
    fn settings(&self, lanes: usize) -> Result<Settings> {
        let share = |name: &str, p: f64| {
            if (0.0..1.0).contains(&p) {
                Ok(())
            } else {
                Err(Error::new(format!("--{name} {p}")).expected("a number from 0 to below 1"))
            }
        };
        share("warmup", self.warmup)?;
        share("smoothing", self.smoothing)?;
        share("dropout", self.dropout.unwrap_or(0.0))?;
        if self.patience == Some(0) {
            return Err(Error::new("--patience 0").expected("at least 1"));
        }
        let positive = [
            ("learning-rate", self.learning_rate),
            ("layer-decay", self.layer_decay),
            ("epochs", f64::from(self.epochs)),
            ("batch-tokens", self.batch_tokens as f64),
            ("accumulate", self.accumulate as f64),
            ("shard-tokens", self.shard_tokens as f64),
        ];
        for (name, x) in positive {
            if !(x.is_finite() && x > 0.0) {
                return Err(Error::new(format!("--{name} {x}")).expected("a number above 0"));
            }
        }
        for (name, x) in [("weight-decay", self.weight_decay), ("clip", self.clip)] {
            if !(x.is_finite() && x >= 0.0) {
                return Err(Error::new(format!("--{name} {x}")).expected("a number from 0"));
            }
        }
        Ok(Settings {
            epochs: self.epochs,
            max_steps: self.max_steps,
            batch_tokens: self.batch_tokens,
            accumulate: self.accumulate,
            shard_tokens: self.shard_tokens,
            lanes,
            learning_rate: self.learning_rate,
            warmup: self.warmup,
            weight_decay: self.weight_decay,
            clip: self.clip,
            smoothing: self.smoothing,
            class_weights: self.class_weights,
            sampling: self.sampling,
            dropout: self.dropout,
            compute: match self.compute {
                ComputeChoice::Auto => Compute::fastest(),
                ComputeChoice::F32 => Compute::F32,
                ComputeChoice::Bf16 => Compute::Bf16,
            },
            freeze_embeddings: self.freeze_embeddings,
            freeze_layers: self.freeze_layers,
            layer_decay: self.layer_decay,
            seed: self.seed,
            evaluations_per_epoch: self.evaluations,
            patience: self.patience,
            metric: self.metric,
            save_every: self.save_every,
        })
    }
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let file = FileSettings::read()?;
    let settings = args.knobs.settings(args.threads.number(&file)?)?;
    let base = locate::locate(&args.base)?;
    let common: CommonConfig = read(&base.join("config.json"))?;
    if let Some(other) = common.model_type.as_deref().filter(|t| *t != "bert") {
        return Err(Error::new(format!("model_type {other:?} cannot be trained"))
            .at(base.join("config.json"))
            .expected("bert")
            .hint("other architectures are read for classifying only"));
    }
    if args.output.canonicalize().is_ok_and(|o| base.canonicalize().is_ok_and(|b| b == o)) {
        return Err(Error::new("the output is the base itself").at(&args.output).expected("another folder"));
    }
    let holds = |name: &str| args.output.join(name).exists();
    if (holds("config.json") || holds("model.safetensors")) && !holds("checkpoints/state.json") {
        return Err(Error::new("the folder holds a model already")
            .at(&args.output)
            .expected("a new folder, or that of a run to --resume"));
    }
    crate::atomic::check_folder(&args.output)?;
    let sources = data::read(&args.data, &args.dev, args.articles.clone(), args.claim.clone(), args.dev_share, settings.seed)?;
    let (labels, keep_head) = labels(&common, &sources)?;
    let config: BertConfig = read(&base.join("config.json"))?;
    let tokenizer = PairTokenizer::read(&base.join("tokenizer.json"), config.max_position_embeddings)?;
    let encoded = data::encode(&sources, &labels, &tokenizer, settings.class_weights, settings.seed)?;
    let cut = encoded.train.iter().chain(&encoded.dev).filter(|e| e.pair.truncated).count();
    if cut > 0 {
        tell(&format!("warning: {} longer than the model reads, and cut", count(cut, "text")));
    }
    if sources.shared_texts > 0 {
        tell(&format!("warning: {} trained on too, so dev scores flatter the model", count(sources.shared_texts, "dev text")));
    }
    let names: Vec<&str> = labels.iter().map(|l| l.as_str()).collect();
    tell(&format!(
        "{} to learn from, {} to choose with ({}); labels {}",
        count(encoded.train.len(), "row"),
        encoded.dev.len(),
        sources.dev_origin,
        names.join(", ")
    ));
    let place = Place { base: &base, folder: &args.output, resume: args.resume, keep_head };
    let mut progress = Progress::new();
    let outcome = train(place, labels.len(), &encoded, &settings, stop_flag()?, |event| progress.show(event))?;
    progress.done();
    let name = args.output.file_name().map_or_else(|| "model".to_owned(), |n| n.to_string_lossy().into_owned());
    let run = Run {
        base: &base,
        labels: &labels,
        sources: &sources,
        train_rows: encoded.train.len(),
        settings: &settings,
        outcome: &outcome,
        name: &name,
        licence: args.licence.as_deref(),
    };
    export::write(&run, &args.output, args.precision)?;
    let before = outcome.before.map_or_else(String::new, |b| format!("{:.3} before, ", b.macro_f1));
    tell(&format!(
        "{}: dev macro-F1 {before}{:.3} at step {} of {}; temperature {}",
        args.output.display(),
        outcome.dev.macro_f1,
        outcome.best_step,
        outcome.steps,
        outcome.temperature
    ));
    let probe = Classifier::load(&args.output, &LoadOptions { probe: false, ..LoadOptions::default() })?.probe()?;
    if probe.outcome() != ProbeOutcome::Right {
        tell("warning: the new model does not tell plain agreement from plain contradiction; `classify` will want --skip-probe");
        tell("  hint: more rows, or a base that knows stance already, such as stance-mini");
    }
    Ok(Status::Done)
}

/// The labels of the base where they hold all of the data's, and else the data's; and whether the base's head is of use.
fn labels(common: &CommonConfig, sources: &data::Sources) -> Result<(Vec<Stance>, bool)> {
    let used = data::labels_of(sources)?;
    if let Ok(own) = stances(common)
        && used.iter().all(|u| own.contains(u))
    {
        return Ok((own, true));
    }
    if !(used.contains(&Stance::Favor) && used.contains(&Stance::Against)) {
        let names: Vec<&str> = used.iter().map(|l| l.as_str()).collect();
        return Err(Error::new(format!("the data has only the labels {}", names.join(", ")))
            .expected("favor and against at least")
            .hint("`classify` has no use for a model without the two sides; a stance model as base brings them"));
    }
    Ok((used, false))
}

/// A bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: Option<indicatif::ProgressBar>,
    smooth: Option<f64>,
    tokens: usize,
    started: std::time::Instant,
    last_line: std::time::Instant,
    first_step: Option<u64>,
}

impl Progress {
    fn new() -> Self {
        let now = std::time::Instant::now();
        Self { bar: None, smooth: None, tokens: 0, started: now, last_line: now, first_step: None }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::Step { step, total, loss, lr, tokens } => {
                let first = *self.first_step.get_or_insert(step);
                let smooth = self.smooth.map_or(loss, |s| 0.95 * s + 0.05 * loss);
                self.smooth = Some(smooth);
                self.tokens += tokens;
                let seconds = self.started.elapsed().as_secs_f64();
                let left = seconds / (step - first + 1) as f64 * (total - step) as f64;
                let text = format!(
                    "loss {smooth:.4}  rate {lr:.1e}  {:.0} tokens/s  {} left",
                    self.tokens as f64 / seconds,
                    indicatif::HumanDuration(std::time::Duration::from_secs_f64(left.max(0.0)))
                );
                if std::io::stderr().is_terminal() {
                    let bar = self.bar.get_or_insert_with(|| {
                        let style = indicatif::ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
                        indicatif::ProgressBar::new(total)
                            .with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
                    });
                    bar.set_position(step);
                    bar.set_message(text);
                } else if self.last_line.elapsed().as_secs() >= 30 || step == total {
                    self.last_line = std::time::Instant::now();
                    tell(&format!("step {step}/{total}  {text}"));
                }
            }
            Event::Dev { step, scores, best } => {
                let line = format!(
                    "step {step}  dev macro-F1 {:.4}  accuracy {:.4}  loss {:.4}{}",
                    scores.macro_f1,
                    scores.accuracy,
                    scores.loss,
                    if best { "  (best)" } else { "" }
                );
                match &self.bar {
                    Some(bar) => bar.suspend(|| tell(&line)),
                    None => tell(&line),
                }
            }
        }
    }

    fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
