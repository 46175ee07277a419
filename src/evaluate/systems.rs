//! What is scored: models, files of predictions, baselines. Each answers all rows.

use super::file::{BaselineKind, BaselineSpec, Half};
use super::{Eval, Named, Options, Rows, index, place, predictions, rescale};
use crate::dataset::{self, LoadOptions, Row};
use crate::error::{Error, Result};
use crate::model::batch::Encoded;
use crate::model::gemm::Compute;
use crate::model::{Classifier, Engine, LoadOptions as ModelOptions, argmax, locate};
use crate::score::baseline::{Baseline, Majority, Settings, TfidfLogistic};
use crate::score::calibration::{BINS, reliability};
use crate::score::coverage::{Point, curve};
use crate::score::f1::{f1, precision, recall};
use crate::score::{Answers, Estimate};
use crate::train::data::check_claims;
use rayon::prelude::*;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Points kept of a risk-coverage curve.
const CURVE_POINTS: usize = 50;

/// The scores of one system.
#[derive(Debug, Clone, Serialize)]
pub struct System {
    /// Name of the model, file or baseline, or the user's name for it.
    pub name: String,
    /// What it is.
    pub kind: SystemKind,
    /// The system of which this is one run of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_of: Option<String>,
    /// sha256 of a model's weights or of the file of predictions.
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
    /// Bins of equal width by confidence, empty ones left out; `None` without probabilities.
    pub reliability: Option<Vec<ReliabilityBin>>,
    /// The risk-coverage curve; `None` without probabilities.
    pub risk_coverage: Option<Vec<Point>>,
    /// Sentences that were cut to fit the model.
    pub truncated: usize,
    /// Rows whose label is not the one that their probabilities make the most likely: a file of predictions may have them.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_most_probable: usize,
    /// Rows a second, encoding included, training of a baseline not; `None` for predictions from a file.
    pub rows_per_second: Option<f64>,
    /// What computed a model's answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// The answers to all rows.
    #[serde(skip)]
    pub answers: Answers,
    /// Whether the user named it.
    #[serde(skip)]
    pub named: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// How a model was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Computed {
    /// candle or packed.
    pub engine: Engine,
    /// What the factors of its products were rounded to.
    pub precision: Compute,
}

/// What a system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemKind {
    /// A model that was run.
    Model,
    /// Answers read from a file.
    Predictions,
    /// A baseline that was trained and run.
    Baseline,
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
    /// Its interval.
    pub f1_interval: Option<[f64; 2]>,
    /// Gold rows.
    pub support: u64,
}

/// Rows whose confidence is in (from, to].
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Rows.
    pub rows: u64,
    /// Mean confidence.
    pub confidence: f64,
    /// Share answered right.
    pub accuracy: f64,
}

/// Runs a model on the rows.
pub(super) fn model(eval: &Eval, options: &Options, rows: &Rows, named: &Named<String>, folder: &Path) -> Result<System> {
    let model = Classifier::load(
        folder,
        &ModelOptions {
            probe: !options.skip_probe,
            name: locate::record_name(&named.what),
            engine: options.engine,
            compute: options.compute,
        },
    )?;
    let columns =
        model.labels().iter().map(|s| place(eval, s.as_str())).collect::<Result<Vec<_>>>().map_err(|e| e.at(model.folder()))?;
    check_claims(&rows.rows, model.tokenizer()).map_err(|e| e.at(&rows.dataset.path))?;
    let started = Instant::now();
    let encoded: Vec<Encoded> = rows.rows.par_iter().map(|r| model.encode(&r.text, &r.claim)).collect::<Result<_>>()?;
    let predictions = model.classify(&encoded, options.threads)?;
    let seconds = started.elapsed().as_secs_f64();
    // Labels that count as one are one: their probabilities add up, and the largest sum wins.
    let k = eval.labels.len();
    let mut probabilities = vec![0.0; predictions.len() * k];
    for (merged, p) in probabilities.chunks_exact_mut(k).zip(&predictions) {
        for (&c, s) in columns.iter().zip(&p.scores) {
            if let Some(c) = c {
                merged[c] += s;
            }
        }
        if !eval.leave_out.is_empty() {
            rescale(merged);
        }
    }
    let sha256 = dataset::hash::of_file(model.folder().join("model.safetensors"))?;
    let truncated = predictions.iter().filter(|p| p.truncated).count();
    let name = named.name.clone().unwrap_or_else(|| model.name().to_owned());
    let answers = answers(eval, rows, probabilities)?;
    let speed = rows.rows.len() as f64 / seconds.max(1e-9);
    Ok(System {
        sha256: Some(sha256),
        truncated,
        rows_per_second: Some(speed),
        computed: Some(Computed { engine: model.engine(), precision: model.compute() }),
        named: named.name.is_some(),
        ..System::new(name, SystemKind::Model, answers)
    })
}

/// Reads a file of predictions.
pub(super) fn predictions(
    eval: &Eval,
    options: &Options,
    rows: &Rows,
    named: &Named<PathBuf>,
    tell: &mut dyn FnMut(&str),
) -> Result<System> {
    let read = predictions::read(&named.what, eval, rows, options.reorder)?;
    let name = match &named.name {
        Some(name) => name.clone(),
        None => named.what.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let mut answers = Answers::new(eval.labels.clone(), rows.gold.clone(), read.predicted)?;
    if let Some(probabilities) = read.probabilities {
        answers = answers.with_flat_probabilities(probabilities)?;
    }
    let answers = with_parts(answers, rows)?;
    if let Some(warning) = &read.warning {
        tell(&format!("warning: {warning}"));
    }
    Ok(System {
        sha256: Some(read.sha256),
        not_most_probable: read.not_most_probable,
        named: named.name.is_some(),
        ..System::new(name, SystemKind::Predictions, answers)
    })
}

/// Trains and runs a baseline.
pub(super) fn baseline(eval: &Eval, options: &Options, rows: &Rows, spec: &BaselineSpec) -> Result<System> {
    let labels = eval.labels.len();
    let mut pairs: Vec<(String, String)> = Vec::new();
    let (mut gold, mut hashes) = (Vec::new(), Vec::new());
    for source in &spec.train {
        let path = eval.resolve(source, options.data.as_deref())?;
        let load = LoadOptions { articles: options.articles.clone(), labels: spec.names.clone(), ..LoadOptions::default() };
        let dataset = dataset::load(&path, &load)?.clean()?;
        hashes.extend(dataset.files.iter().map(|f| f.sha256.clone()));
        for row in dataset.rows {
            gold.push(index(eval, &row.label).map_err(|e| e.at(&path))?);
            let (text, claim) = seen(spec, &row.text, &row.claim);
            pairs.push((text.to_owned(), claim.to_owned()));
        }
    }
    let (name, baseline): (&str, Box<dyn Baseline + Sync>) = match spec.kind {
        BaselineKind::Majority if spec.train.is_empty() => ("majority", Box::new(Majority::train(&rows.gold, labels)?)),
        BaselineKind::Majority => ("majority", Box::new(Majority::train(&gold, labels)?)),
        BaselineKind::Tfidf if spec.train.is_empty() => {
            return Err(Error::new("a tfidf baseline without training data").at(&eval.path).expected("train = [\"…\"]"));
        }
        BaselineKind::Tfidf => {
            let name = match spec.sees {
                None => "tfidf",
                Some(Half::Sentence) => "tfidf of the sentence",
                Some(Half::Claim) => "tfidf of the claim",
            };
            (name, Box::new(TfidfLogistic::train(&pairs, &gold, labels, &Settings::default())?))
        }
    };
    let started = Instant::now();
    let answer = |row: &Row| {
        let (text, claim) = seen(spec, &row.text, &row.claim);
        baseline.probabilities(text, claim)
    };
    let probabilities: Vec<Vec<f64>> = rows.rows.par_iter().map(answer).collect();
    let speed = rows.rows.len() as f64 / started.elapsed().as_secs_f64().max(1e-9);
    let answers = answers(eval, rows, probabilities.concat())?;
    Ok(System {
        trained_on: spec.train.clone(),
        trained_on_sha256: hashes,
        rows_per_second: Some(speed),
        ..System::new(name.to_owned(), SystemKind::Baseline, answers)
    })
}

/// What a baseline sees of a sentence and a claim.
fn seen<'a>(spec: &BaselineSpec, text: &'a str, claim: &'a str) -> (&'a str, &'a str) {
    match spec.sees {
        None => (text, claim),
        Some(Half::Sentence) => (text, ""),
        Some(Half::Claim) => ("", claim),
    }
}

/// Answers with the most probable label of each row.
fn answers(eval: &Eval, rows: &Rows, probabilities: Vec<f64>) -> Result<Answers> {
    let predicted = probabilities.chunks_exact(eval.labels.len()).map(argmax).collect();
    let answers = Answers::new(eval.labels.clone(), rows.gold.clone(), predicted)?.with_flat_probabilities(probabilities)?;
    with_parts(answers, rows)
}

/// Says which rows belong together and which claim each is about.
fn with_parts(answers: Answers, rows: &Rows) -> Result<Answers> {
    let claims: Vec<&str> = rows.rows.iter().map(|row| row.claim.as_str()).collect();
    answers.with_groups(&rows.groups)?.with_claims(&claims)
}

impl System {
    /// The scores of answers, their estimates still to come.
    fn new(name: String, kind: SystemKind, answers: Answers) -> Self {
        let matrix = answers.confusion();
        let scores = |(i, label): (usize, &String)| LabelScores {
            label: label.clone(),
            precision: precision(&matrix, i),
            recall: recall(&matrix, i),
            f1: f1(&matrix, i),
            f1_interval: None,
            support: matrix.gold_total(i),
        };
        let bin = |(b, bin): (usize, &crate::score::calibration::Bin)| {
            Some(ReliabilityBin {
                from: b as f64 / BINS as f64,
                to: (b + 1) as f64 / BINS as f64,
                rows: bin.n,
                confidence: bin.mean_confidence()?,
                accuracy: bin.accuracy()?,
            })
        };
        Self {
            name,
            kind,
            run_of: None,
            sha256: None,
            trained_on: Vec::new(),
            trained_on_sha256: Vec::new(),
            estimates: Vec::new(),
            labels: answers.labels().iter().enumerate().map(scores).collect(),
            confusion: matrix.rows().map(<[u64]>::to_vec).collect(),
            reliability: reliability(&answers).map(|bins| bins.iter().enumerate().filter_map(bin).collect()),
            risk_coverage: curve(&answers, CURVE_POINTS),
            truncated: 0,
            not_most_probable: 0,
            rows_per_second: None,
            computed: None,
            answers,
            named: false,
        }
    }
}
