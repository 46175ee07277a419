//! Scoring models and baselines on labelled rows.

pub mod file;
pub mod record;

pub use file::Eval;
pub use record::Record;

use crate::atomic::AtomicFile;
use crate::dataset::{self, Dataset, LoadOptions, Row};
use crate::error::{Error, Result};
use crate::model::batch::Encoded;
use crate::model::{Classifier, LoadOptions as ModelOptions, argmax, locate};
use crate::score::baseline::{Baseline, Majority, Settings, TfidfLogistic};
use crate::score::f1::{f1, precision, recall};
use crate::score::{Answers, Bootstrap, Estimate};
use crate::train::data::check_claims;
use file::{BaselineKind, BaselineSpec};
use rayon::prelude::*;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

/// What a user may set about a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folder of public data, for `data:` paths.
    pub data: Option<PathBuf>,
    /// Folder of the articles that stand-off rows point into.
    pub articles: Option<PathBuf>,
    /// Models in place of the file's.
    pub models: Vec<String>,
    /// Threads.
    pub threads: usize,
    /// Loads models whose probe fails.
    pub skip_probe: bool,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

/// The scores of one system.
#[derive(Debug, Clone, Serialize)]
pub struct System {
    /// Name of the model or baseline.
    pub name: String,
    /// sha256 of the weights, for a model.
    pub sha256: Option<String>,
    /// What the baseline was trained on.
    pub trained_on: Vec<String>,
    /// sha256 of each file of it.
    pub trained_on_sha256: Vec<String>,
    /// Every metric with its interval.
    pub estimates: Vec<Estimate>,
    /// Per label: precision, recall, F1 and number of gold rows.
    pub labels: Vec<LabelScores>,
    /// Rows gold, columns predicted, in the order of the eval's labels.
    pub confusion: Vec<Vec<u64>>,
    /// Sentences that were cut to fit the model.
    pub truncated: usize,
    /// Rows a second, encoding included; training of a baseline not.
    pub rows_per_second: f64,
    /// Probability of each label for each row.
    #[serde(skip)]
    pub probabilities: Vec<Vec<f64>>,
}

/// One label against the rest.
#[derive(Debug, Clone, Serialize)]
pub struct LabelScores {
    /// The label.
    pub label: String,
    /// Share of its predictions that are right.
    pub precision: Option<f64>,
    /// Share of its rows that are found.
    pub recall: Option<f64>,
    /// Their harmonic mean.
    pub f1: Option<f64>,
    /// Gold rows.
    pub support: u64,
}

/// Rows with gold labels, ready to be answered.
pub struct Rows {
    /// The dataset, without its rows.
    pub dataset: Dataset,
    /// The rows.
    pub rows: Vec<Row>,
    /// Gold label of each, as index into the eval's labels.
    pub gold: Vec<usize>,
    /// Article of each, or the row itself where it names none: rows of one article are not independent.
    pub groups: Vec<String>,
}

/// Runs an eval.
pub fn run(eval: &Eval, options: &Options, mut tell: impl FnMut(&str)) -> Result<(Rows, Record)> {
    let rows = load(eval, options)?;
    let mut systems = Vec::new();
    let models = if options.models.is_empty() { &eval.models } else { &options.models };
    for name in models {
        tell(&format!("{name} on {} rows", rows.rows.len()));
        systems.push(model(eval, options, &rows, name)?);
    }
    for spec in &eval.baselines {
        tell(&format!("baseline {:?}", spec.kind).to_lowercase());
        systems.push(baseline(eval, options, &rows, spec)?);
    }
    if systems.is_empty() {
        return Err(Error::new("nothing to score").at(&eval.path).expected("models or baselines, in the file or by --model"));
    }
    let record = Record::new(eval, options, &rows, systems)?;
    Ok((rows, record))
}

fn load(eval: &Eval, options: &Options) -> Result<Rows> {
    let spec = eval.resolve(&eval.dataset, options.data.as_deref())?;
    let load = LoadOptions { articles: options.articles.clone(), labels: eval.names.clone(), claim: None };
    let mut dataset = dataset::load(&spec, &load)?.clean()?;
    let rows = std::mem::take(&mut dataset.rows);
    if rows.is_empty() {
        return Err(Error::new("no rows to score").at(&spec));
    }
    let gold = rows.iter().map(|r| index(eval, &r.label).map_err(|e| e.at(&spec))).collect::<Result<_>>()?;
    let groups = rows.iter().enumerate().map(|(i, r)| r.article.clone().unwrap_or_else(|| format!("row {i}"))).collect();
    Ok(Rows { dataset, rows, gold, groups })
}

/// The number of a label in the eval, after merging.
fn index(eval: &Eval, label: &str) -> Result<usize> {
    let name = eval.merge.get(label).map_or(label, String::as_str);
    eval.labels.iter().position(|l| l == name).ok_or_else(|| {
        Error::new(format!("the label {label:?}"))
            .expected(eval.labels.join(", "))
            .hint("[merge] in the eval says what other labels count as; [names] gives labels other names")
    })
}

fn model(eval: &Eval, options: &Options, rows: &Rows, name: &str) -> Result<System> {
    let model = Classifier::load(
        &locate::locate(name)?,
        &ModelOptions { probe: !options.skip_probe, name: locate::record_name(name), ..ModelOptions::default() },
    )?;
    let columns =
        model.labels().iter().map(|s| index(eval, s.as_str())).collect::<Result<Vec<_>>>().map_err(|e| e.at(model.folder()))?;
    check_claims(&rows.rows, model.tokenizer()).map_err(|e| e.at(&rows.dataset.path))?;
    let started = Instant::now();
    let encoded: Vec<Encoded> = rows.rows.par_iter().map(|r| model.encode(&r.text, &r.claim)).collect::<Result<_>>()?;
    let predictions = model.classify(&encoded, options.threads)?;
    let seconds = started.elapsed().as_secs_f64();
    // Labels that count as one are one: their probabilities add up, and the largest sum wins.
    let probabilities = predictions
        .iter()
        .map(|p| {
            let mut merged = vec![0.0; eval.labels.len()];
            for (&c, s) in columns.iter().zip(&p.scores) {
                merged[c] += s;
            }
            merged
        })
        .collect();
    let sha256 = dataset::hash::of_file(model.folder().join("model.safetensors"))?;
    let truncated = predictions.iter().filter(|p| p.truncated).count();
    let mut system = score(eval, options, rows, model.name(), probabilities, seconds)?;
    (system.sha256, system.truncated) = (Some(sha256), truncated);
    Ok(system)
}

fn baseline(eval: &Eval, options: &Options, rows: &Rows, spec: &BaselineSpec) -> Result<System> {
    let labels = eval.labels.len();
    let mut pairs: Vec<(String, String)> = Vec::new();
    let (mut gold, mut hashes) = (Vec::new(), Vec::new());
    for source in &spec.train {
        let path = eval.resolve(source, options.data.as_deref())?;
        let load = LoadOptions { articles: options.articles.clone(), labels: spec.names.clone(), claim: None };
        let dataset = dataset::load(&path, &load)?.clean()?;
        hashes.extend(dataset.files.iter().map(|f| f.sha256.clone()));
        for row in dataset.rows {
            gold.push(index(eval, &row.label).map_err(|e| e.at(&path))?);
            pairs.push((row.text, row.claim));
        }
    }
    let (name, baseline): (&str, Box<dyn Baseline + Sync>) = match spec.kind {
        BaselineKind::Majority if spec.train.is_empty() => ("majority", Box::new(Majority::train(&rows.gold, labels)?)),
        BaselineKind::Majority => ("majority", Box::new(Majority::train(&gold, labels)?)),
        BaselineKind::Tfidf if spec.train.is_empty() => {
            return Err(Error::new("a tfidf baseline without training data").at(&eval.path).expected("train = [\"…\"]"));
        }
        BaselineKind::Tfidf => ("tfidf", Box::new(TfidfLogistic::train(&pairs, &gold, labels, &Settings::default())?)),
    };
    let started = Instant::now();
    let probabilities = rows.rows.par_iter().map(|r| baseline.probabilities(&r.text, &r.claim)).collect();
    let mut system = score(eval, options, rows, name, probabilities, started.elapsed().as_secs_f64())?;
    (system.trained_on, system.trained_on_sha256) = (spec.train.clone(), hashes);
    Ok(system)
}

fn score(eval: &Eval, options: &Options, rows: &Rows, name: &str, probabilities: Vec<Vec<f64>>, seconds: f64) -> Result<System> {
    let predicted = probabilities.iter().map(|p| argmax(p)).collect();
    let answers = Answers::new(eval.labels.clone(), rows.gold.clone(), predicted)?
        .with_probabilities(&probabilities)?
        .with_groups(&rows.groups)?;
    let matrix = answers.confusion();
    let labels = eval
        .labels
        .iter()
        .enumerate()
        .map(|(i, label)| LabelScores {
            label: label.clone(),
            precision: precision(&matrix, i),
            recall: recall(&matrix, i),
            f1: f1(&matrix, i),
            support: matrix.gold_total(i),
        })
        .collect();
    Ok(System {
        name: name.to_owned(),
        sha256: None,
        trained_on: Vec::new(),
        trained_on_sha256: Vec::new(),
        estimates: options.bootstrap.estimate(&answers, &eval.metrics),
        labels,
        confusion: matrix.rows().map(<[u64]>::to_vec).collect(),
        truncated: 0,
        rows_per_second: rows.rows.len() as f64 / seconds.max(1e-9),
        probabilities,
    })
}

/// Writes each row's answer by a system as JSON lines: id, gold, label and scores, without the text.
pub fn write_predictions(eval: &Eval, rows: &Rows, system: &System, mut file: AtomicFile) -> Result<()> {
    use std::io::Write;
    for ((row, &gold), p) in rows.rows.iter().zip(&rows.gold).zip(&system.probabilities) {
        let best = argmax(p);
        let scores: serde_json::Map<_, _> = eval.labels.iter().zip(p).map(|(l, p)| (l.clone(), (*p).into())).collect();
        let line = serde_json::json!({"id": row.id, "article": row.article, "gold": eval.labels[gold], "label": eval.labels[best], "scores": scores});
        writeln!(file, "{line}").map_err(|e| Error::new(format!("writing the predictions: {e}")))?;
    }
    file.finish()
}
