//! What each stage of classifying costs on the machine at hand, the whole command against its engine, and a training step.
//!
//! Every stage is run alone over the same articles, warmed up once and then repeated; the median counts. A forward pass is also
//! held against the matrix products of its own precision, since they are what it is made of.

use crate::article::{self, Article, Kind, Sources};
use crate::classify;
use crate::error::{Error, Result};
use crate::model::batch::Encoded;
use crate::model::bert::Bert;
use crate::model::config::{self, BertConfig, CommonConfig};
use crate::model::gemm::{self, Compute, Factor, Mat, MatMut};
use crate::model::weights::{Checkpoint, Variables};
use crate::model::{Classifier, Engine, LoadOptions, stances};
use crate::report::{ArticleHead, Held, Jsonl, Reporter, SentenceHead, Verdict};
use crate::sentence::{self, holdings};
use crate::train::Settings;
use crate::train::optimizer::AdamW;
use crate::train::step::{Example, Lanes, StepOptions};
use serde::Serialize;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Most text that is measured on: more says nothing new and takes long.
const MOST_BYTES: usize = 256 << 10;

/// The articles of datasets/allies-sample, so that the program can measure itself wherever it is.
const SAMPLE: [(&str, &str); 10] = [
    ("am-01-1.txt", include_str!("../datasets/allies-sample/articles/am-01-1.txt")),
    ("am-01-4.txt", include_str!("../datasets/allies-sample/articles/am-01-4.txt")),
    ("am-02-2.txt", include_str!("../datasets/allies-sample/articles/am-02-2.txt")),
    ("am-02-5.txt", include_str!("../datasets/allies-sample/articles/am-02-5.txt")),
    ("am-03-1.txt", include_str!("../datasets/allies-sample/articles/am-03-1.txt")),
    ("am-03-3.txt", include_str!("../datasets/allies-sample/articles/am-03-3.txt")),
    ("am-04-2.txt", include_str!("../datasets/allies-sample/articles/am-04-2.txt")),
    ("am-04-5.txt", include_str!("../datasets/allies-sample/articles/am-04-5.txt")),
    ("am-05-1.txt", include_str!("../datasets/allies-sample/articles/am-05-1.txt")),
    ("am-05-4.txt", include_str!("../datasets/allies-sample/articles/am-05-4.txt")),
];

/// What is measured, and for how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// Articles; the ten that are built in where there is none.
    pub paths: Vec<PathBuf>,
    /// The model's folder.
    pub model: PathBuf,
    /// Whether the model must tell agreement from contradiction.
    pub probe: bool,
    /// The claim of every pair.
    pub claim: String,
    /// Threads of forward passes, products and steps.
    pub threads: usize,
    /// Least time for each figure, in seconds.
    pub seconds: f64,
}

/// All figures of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Version of the program.
    pub version: &'static str,
    /// Where it ran.
    pub machine: Machine,
    /// What it ran on.
    pub input: Input,
    /// Seconds from a folder to a model that is ready, its probe included.
    pub load_seconds: f64,
    /// In the order of the data.
    pub stages: Vec<Stage>,
    /// Matrix products by precision.
    pub products: Vec<Product>,
    /// Everything from file to record.
    pub command: Command,
    /// Training; empty for an architecture that cannot be trained.
    pub training: Vec<Step>,
}

/// A machine.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor's name, where the system tells it.
    pub cpu: Option<String>,
    /// Operating system and architecture.
    pub system: String,
    /// Instruction sets that kernels look for.
    pub features: Vec<&'static str>,
    /// Cores that the program may use.
    pub cores: usize,
    /// Threads that were asked for.
    pub threads: usize,
}

/// What was measured on.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// Name of the model.
    pub model: String,
    /// The claim.
    pub claim: String,
    /// Articles.
    pub articles: usize,
    /// Sentences that are classified.
    pub sentences: usize,
    /// Bytes of text.
    pub bytes: usize,
    /// Tokens of the pairs, claims included.
    pub tokens: usize,
    /// Whether there was more than is measured on.
    pub cut: bool,
}

/// One stage over the whole input.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    /// Its name; of a forward pass with engine and precision.
    pub stage: String,
    /// Threads that it ran on.
    pub threads: usize,
    /// Seconds of one pass.
    pub seconds: f64,
    /// Sentences a second.
    pub sentences_per_second: f64,
    /// Millions of bytes of text a second.
    pub megabytes_per_second: f64,
    /// Tokens a second, where there are tokens.
    pub tokens_per_second: Option<f64>,
    /// Share of all cores' time in a run with the engine that is the default; of other engines none.
    pub share: Option<f64>,
    /// Thousand millions of operations a second.
    pub gflops: Option<f64>,
    /// The same as a share of the products' rate in this precision.
    pub of_peak: Option<f64>,
}

/// The best rate of matrix products.
#[derive(Debug, Clone, Serialize)]
pub struct Product {
    /// Precision.
    pub precision: Compute,
    /// Threads, each with products of its own.
    pub threads: usize,
    /// Thousand millions of multiplications and additions a second, all threads together.
    pub gflops: f64,
}

/// The whole command.
#[derive(Debug, Clone, Serialize)]
pub struct Command {
    /// From reading to writing.
    pub sentences_per_second: f64,
    /// As a share of the forward pass alone.
    pub of_forward: f64,
}

/// Training steps: gradients of a batch, clipped, and AdamW on every weight.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Precision.
    pub precision: Compute,
    /// Threads.
    pub threads: usize,
    /// Tokens of the batch.
    pub tokens: usize,
    /// Seconds of a step.
    pub seconds: f64,
    /// Tokens a second.
    pub tokens_per_second: f64,
}

/// Measures everything; `tell` hears what comes next.
pub fn run(options: &Options, mut tell: impl FnMut(&str)) -> Result<Record> {
    let (articles, cut) = read(options)?;
    tell("loading the model");
    let load = LoadOptions { probe: options.probe, ..LoadOptions::default() };
    let started = Instant::now();
    let model = Classifier::load(&options.model, &load)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let input = Prepared::new(&model, options, articles)?;
    tell("reading, splitting, holders, tokenizing, writing");
    let mut stages = input.light_stages(&model)?;

    let config = bert_config(&options.model)?;
    let precisions = if config.is_some() { precisions() } else { vec![Compute::F32] };
    let mut products = Vec::new();
    for &precision in &precisions {
        tell(&format!("matrix products in {}", name(precision)));
        products.push(Product { precision, threads: options.threads, gflops: peak(precision, options) });
    }
    let mut engines: Vec<_> =
        precisions.iter().map(|&p| (if config.is_some() { Engine::Packed } else { Engine::Auto }, p)).collect();
    if config.is_some() {
        engines.push((Engine::Candle, Compute::F32));
    }
    let mut default = None;
    for (engine, compute) in engines {
        let title = match engine {
            Engine::Auto => "forward".to_owned(),
            Engine::Candle => format!("forward, candle {}", name(compute)),
            Engine::Packed => format!("forward, packed {}", name(compute)),
        };
        tell(&title);
        if engine != Engine::Candle && compute == load.compute {
            default = Some(stages.len());
        }
        let load = LoadOptions { probe: false, engine, compute, ..load.clone() };
        let network = Classifier::load(&options.model, &load)?;
        let peak = products.iter().find(|p| p.precision == compute).map(|p| p.gflops);
        stages.push(input.forward(title, &network, config.as_ref(), peak)?);
    }
    tell("the whole command");
    let seconds = median_seconds(options.seconds, || whole(&model, options))?;
    let forward = default.map_or(f64::NAN, |i| stages[i].seconds);
    let command = Command { sentences_per_second: input.pairs.len() as f64 / seconds, of_forward: forward / seconds };
    shares(&mut stages, default);
    drop(model);
    let mut training = Vec::new();
    if config.is_some() {
        for compute in precisions.into_iter().filter(|&p| p != Compute::Int8) {
            tell(&format!("training in {}", name(compute)));
            training.push(step(compute, options, &input.pairs)?);
        }
    }
    let model = options.model.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let input = Input {
        model,
        claim: options.claim.clone(),
        articles: input.articles.len(),
        sentences: input.pairs.len(),
        bytes: input.bytes,
        tokens: input.tokens,
        cut,
    };
    let machine = Machine::here(options.threads);
    Ok(Record { version: env!("CARGO_PKG_VERSION"), machine, input, load_seconds, stages, products, command, training })
}

impl Machine {
    fn here(threads: usize) -> Self {
        Self {
            cpu: cpu(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            features: gemm::cpu(),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads,
        }
    }
}

/// The processor's name as Linux tells it.
fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// float32, what this CPU computes faster, and integers.
fn precisions() -> Vec<Compute> {
    let mut all = vec![Compute::F32, Compute::fastest(), Compute::Int8];
    all.dedup();
    all
}

/// The name as in the options of the command line.
pub(crate) fn name(compute: Compute) -> String {
    format!("{compute:?}").to_lowercase()
}

/// The sizes of the network, if it is one that the packed engine runs.
fn bert_config(folder: &Path) -> Result<Option<BertConfig>> {
    let path = folder.join("config.json");
    let common: CommonConfig = config::read(&path)?;
    if common.model_type.as_deref().is_some_and(|t| t != "bert") { Ok(None) } else { config::read(&path).map(Some) }
}

/// The median time of a pass: after one that is not counted, as many as fit `least` seconds, and one at least.
fn median_seconds(least: f64, mut pass: impl FnMut() -> Result<()>) -> Result<f64> {
    pass()?;
    let mut taken = Vec::new();
    let started = Instant::now();
    while taken.is_empty() || started.elapsed().as_secs_f64() < least {
        let started = Instant::now();
        pass()?;
        taken.push(started.elapsed().as_secs_f64());
    }
    Ok(median(taken))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The articles, and whether there were more of them.
fn read(options: &Options) -> Result<(Vec<Article>, bool)> {
    let (mut articles, mut bytes) = (Vec::new(), 0);
    for article in sources(options) {
        if bytes >= MOST_BYTES {
            return Ok((articles, true));
        }
        let article = article?;
        bytes += article.text.len();
        articles.push(article);
    }
    Ok((articles, false))
}

fn sources(options: &Options) -> Box<dyn Iterator<Item = Result<Article>> + Send> {
    if options.paths.is_empty() {
        Box::new(SAMPLE.into_iter().map(|(name, text)| article::read_bytes(name, None, text.into())))
    } else {
        Box::new(Sources::new(&options.paths))
    }
}

/// What the stages are run on.
struct Prepared<'a> {
    options: &'a Options,
    articles: Vec<Article>,
    /// Sentences of the kinds that are classified where nothing else is asked for, and their pairs with the claim.
    heads: Vec<SentenceHead>,
    pairs: Vec<Encoded>,
    bytes: usize,
    tokens: usize,
}

impl<'a> Prepared<'a> {
    fn new(model: &Classifier, options: &'a Options, articles: Vec<Article>) -> Result<Self> {
        model.tokenizer().check_claim(&options.claim)?;
        let heads: Vec<SentenceHead> = articles.iter().flat_map(heads).collect();
        let pairs: Vec<Encoded> = heads.iter().map(|h| model.encode(&h.text, &options.claim)).collect::<Result<_>>()?;
        if pairs.is_empty() {
            return Err(Error::new("no sentence to measure on").expected("articles with sentences, headings or list items"));
        }
        let bytes = articles.iter().map(|a| a.text.len()).sum();
        let tokens = pairs.iter().map(|p| p.ids.len()).sum();
        Ok(Self { options, articles, heads, pairs, bytes, tokens })
    }

    fn stage(&self, stage: impl Into<String>, threads: usize, seconds: f64) -> Stage {
        Stage {
            stage: stage.into(),
            threads,
            seconds,
            sentences_per_second: self.pairs.len() as f64 / seconds,
            megabytes_per_second: self.bytes as f64 / 1e6 / seconds,
            tokens_per_second: None,
            share: None,
            gflops: None,
            of_peak: None,
        }
    }

    /// Everything but the network, each on one thread.
    fn light_stages(&self, model: &Classifier) -> Result<Vec<Stage>> {
        let one = |title: &str, pass: &mut dyn FnMut() -> Result<()>| {
            Ok::<_, Error>(self.stage(title, 1, median_seconds(self.options.seconds, pass)?))
        };
        let split: Vec<_> = self.articles.iter().map(|a| (a, sentence::split(a))).collect();
        let verdicts = verdicts(model, self.heads.len());
        let mut stages = vec![
            one("read", &mut || read(self.options).map(|a| drop(black_box(a))))?,
            one("split", &mut || {
                self.articles.iter().for_each(|a| drop(black_box(sentence::split(a))));
                Ok(())
            })?,
            one("holders", &mut || {
                split.iter().for_each(|(article, sentences)| drop(black_box(holdings(article, sentences))));
                Ok(())
            })?,
            one("tokenize", &mut || {
                self.heads.iter().try_for_each(|h| model.encode(&h.text, &self.options.claim).map(|e| drop(black_box(e))))
            })?,
            one("write", &mut || {
                let mut reporter = Jsonl::new(std::io::sink(), model.name(), std::slice::from_ref(&self.options.claim));
                let head = ArticleHead { id: "a".to_owned(), title: None, meta: article::Meta::default() };
                reporter.article(&head)?;
                self.heads.iter().zip(&verdicts).try_for_each(|(h, v)| reporter.sentence(h, std::slice::from_ref(v)))
            })?,
        ];
        stages[3].tokens_per_second = Some(self.tokens as f64 / stages[3].seconds);
        Ok(stages)
    }

    fn forward(&self, title: String, model: &Classifier, config: Option<&BertConfig>, peak: Option<f64>) -> Result<Stage> {
        let threads = self.options.threads;
        let pass = || model.logits(&self.pairs, threads).map(|l| drop(black_box(l)));
        let stage = self.stage(title, threads, median_seconds(self.options.seconds, pass)?);
        let gflops = config.map(|c| self.pairs.iter().map(|p| flops(c, p.ids.len())).sum::<f64>() / 1e9 / stage.seconds);
        let tokens_per_second = Some(self.tokens as f64 / stage.seconds);
        Ok(Stage { tokens_per_second, gflops, of_peak: gflops.zip(peak).map(|(g, p)| g / p), ..stage })
    }
}

/// What a sentence becomes on its way to the model and to a record.
fn heads(article: &Article) -> Vec<SentenceHead> {
    let sentences = sentence::split(article);
    let holdings = holdings(article, &sentences);
    let wanted = sentences.into_iter().zip(holdings).filter(|(s, _)| KINDS.contains(&s.kind));
    wanted
        .map(|(s, holding)| SentenceHead {
            index: s.index,
            block: s.block,
            start: s.start,
            end: s.end,
            kind: s.kind,
            text: article.text[s.start..s.end].to_owned(),
            held: holding.map(|h| Held::new(&article.text, h)),
        })
        .collect()
}

/// Kinds that are classified where nothing else is asked for.
const KINDS: [Kind; 3] = [Kind::Sentence, Kind::Heading, Kind::Item];

/// Records to write: all labels alike, since the time to write them does not depend on what they say.
fn verdicts(model: &Classifier, count: usize) -> Vec<Verdict> {
    let share = 1.0 / model.labels().len() as f64;
    let scores: Vec<_> = model.labels().iter().map(|&label| (label, share)).collect();
    vec![Verdict { label: Some(model.labels()[0]), confidence: share, scores, truncated: false, stage: None }; count]
}

/// Operations of a forward pass over one pair of T tokens: 2 T (4 H^2 + 2 H I) + 4 T^2 H a layer. A multiplication and an addition
/// are two.
fn flops(config: &BertConfig, tokens: usize) -> f64 {
    let (t, h, i) = (tokens as f64, config.hidden_size as f64, config.intermediate_size as f64);
    config.num_hidden_layers as f64 * (2.0 * t * (4.0 * h * h + 2.0 * h * i) + 4.0 * t * t * h)
}

/// The best of a few shapes of products with a right factor that was laid out before, in GFLOP/s of all threads together.
fn peak(compute: Compute, options: &Options) -> f64 {
    const SHAPES: [(usize, usize, usize); 4] = [(192, 384, 384), (1024, 384, 1536), (1024, 1536, 384), (512, 512, 512)];
    let rate = |(m, k, n): (usize, usize, usize)| {
        let product = || {
            let (a, b, mut out) = (vec![0.5; m * k], vec![0.25; k * n], vec![0.0; m * n]);
            let b = Mat::new(&b, n, k, k).t();
            let factor = Factor::new(compute, b, &[]);
            let mut best = f64::INFINITY;
            let started = Instant::now();
            while started.elapsed().as_secs_f64() < options.seconds / SHAPES.len() as f64 {
                let started = Instant::now();
                factor.matmul(MatMut::new(&mut out, m, n, n), 0.0, Mat::new(&a, m, k, k), b, None);
                black_box(&mut out);
                best = best.min(started.elapsed().as_secs_f64());
            }
            2.0 * (m * k * n) as f64 / 1e9 / best
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..options.threads).map(|_| scope.spawn(product)).collect();
            threads.into_iter().filter_map(|t| t.join().ok()).sum::<f64>()
        })
    };
    SHAPES.into_iter().map(rate).fold(0.0, f64::max)
}

/// From files to records, as `stance classify` does it.
fn whole(model: &Classifier, options: &Options) -> Result<()> {
    let classify = classify::Options {
        claims: vec![options.claim.clone()],
        kinds: KINDS.to_vec(),
        min_confidence: 0.0,
        strict: false,
        fail_fast: true,
        threads: options.threads,
    };
    let mut reporter = Jsonl::new(std::io::sink(), model.name(), &classify.claims);
    let mut bytes = 0;
    let articles = sources(options).take_while(move |article| {
        let first = bytes < MOST_BYTES;
        bytes += article.as_ref().map_or(0, |a| a.text.len());
        first
    });
    classify::run(articles, model, None, &classify, &mut reporter, |_| (), |_| ()).map(drop)
}

/// Each stage's share of the cores' time, with the engine that is the default.
fn shares(stages: &mut [Stage], default: Option<usize>) {
    let counts = |i: usize, s: &Stage| Some(i) == default || !s.stage.starts_with("forward");
    let time = |s: &Stage| s.threads as f64 * s.seconds;
    let total: f64 = stages.iter().enumerate().filter(|(i, s)| counts(*i, s)).map(|(_, s)| time(s)).sum();
    for (i, stage) in stages.iter_mut().enumerate() {
        stage.share = counts(i, stage).then(|| time(stage) / total);
    }
}

/// The time of a training step with the default settings on as many pairs as fill a batch.
fn step(compute: Compute, options: &Options, pairs: &[Encoded]) -> Result<Step> {
    let mut tokens = 0;
    let fits = |p: &&Encoded| {
        tokens += p.ids.len();
        tokens <= Settings::default().batch_tokens
    };
    let batch: Vec<Encoded> = pairs.iter().take_while(fits).cloned().collect();
    let tokens: usize = batch.iter().map(|p| p.ids.len()).sum();
    let mut taken = Vec::new();
    let started = Instant::now();
    steps(&options.model, compute, options.threads, &batch, |seconds| {
        taken.push(seconds);
        taken.len() < 2 || started.elapsed().as_secs_f64() < options.seconds
    })?;
    // The first one makes its buffers.
    let seconds = median(taken.split_off(1));
    let tokens_per_second = tokens as f64 / seconds;
    Ok(Step { precision: compute, threads: options.threads, tokens, seconds, tokens_per_second })
}

/// Trains the BERT of a folder on one batch over and over, all weights, with its own dropout: gradients, clipped to a norm of 1, and
/// AdamW. `go_on` hears each step's seconds and says whether there is another. What is learnt is dropped.
pub fn steps(
    model: &Path,
    compute: Compute,
    threads: usize,
    pairs: &[Encoded],
    mut go_on: impl FnMut(f64) -> bool,
) -> Result<()> {
    let settings = Settings::default();
    let config_path = model.join("config.json");
    let (common, config): (CommonConfig, BertConfig) = (config::read(&config_path)?, config::read(&config_path)?);
    config.check().map_err(|e| e.at(&config_path))?;
    let labels = stances(&common).map_err(|e| e.at(&config_path))?.len();
    let mut variables = Variables::new(Checkpoint::read(&model.join("model.safetensors"))?, settings.seed, |_| false);
    Bert::new(&config, labels, &mut variables)?;
    let mut optimizer = AdamW::new(variables.trainable.clone(), settings.weight_decay, |_| 1.0);
    let options = StepOptions { lanes: threads, shard_tokens: settings.shard_tokens, smoothing: settings.smoothing, compute };
    let mut lanes = Lanes::new(&config, labels, &variables.all, |n| variables.trainable.contains_key(n), options);
    let example = |(i, pair): (usize, &Encoded)| Example {
        pair: pair.clone(),
        target: (0..labels).map(|label| label == i % labels).collect(),
        weight: 1.0,
        source: 0,
    };
    let examples: Vec<Example> = pairs.iter().enumerate().map(example).collect();
    let batch: Vec<&Example> = examples.iter().collect();
    for seed in 0.. {
        let started = Instant::now();
        let (_, gradients) = lanes.gradients(&variables.all, &batch, seed)?;
        optimizer.step(&gradients, settings.learning_rate, settings.clip)?;
        if !go_on(started.elapsed().as_secs_f64()) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_a_pair_are_those_of_its_products() {
        let text = r#"{"vocab_size": 9, "hidden_size": 4, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 8,
            "max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 1e-12}"#;
        let config: BertConfig = serde_json::from_str(text).unwrap();
        // Queries, keys, values and output 3x4 by 4x4; 3x4 by 4x8 and back; scores and their use, of all heads together 3x4 by 4x3.
        let product = |m: usize, k: usize, n: usize| 2.0 * (m * k * n) as f64;
        let layer = 4.0 * product(3, 4, 4) + product(3, 4, 8) + product(3, 8, 4) + product(3, 4, 3) + product(3, 3, 4);
        assert_eq!(flops(&config, 3), 2.0 * layer);
    }

    #[test]
    fn shares_add_up_with_the_default_engine_alone() {
        let stage = |stage: &str, threads, seconds| Stage {
            stage: stage.to_owned(),
            threads,
            seconds,
            sentences_per_second: 1.0,
            megabytes_per_second: 1.0,
            tokens_per_second: None,
            share: None,
            gflops: None,
            of_peak: None,
        };
        let mut stages = [stage("read", 1, 2.0), stage("forward, a", 2, 3.0), stage("forward, b", 2, 9.0)];
        shares(&mut stages, Some(1));
        assert_eq!(stages.map(|s| s.share), [Some(0.25), Some(0.75), None]);
    }
}
