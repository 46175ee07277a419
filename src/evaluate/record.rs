//! What is kept of an evaluation: scores with everything that they depend on, and every answer.

use super::behaviour::Behaviour;
use super::errors::{Errors, errors};
use super::file::Published;
use super::slices::{Slice, slices};
use super::{Eval, Options, Rows, System, report};
use crate::error::{Context, Error, Result};
use crate::model::gemm;
use crate::report::style::Style;
use crate::score::compare::{Comparison, Spread};
use crate::score::{Bootstrap, Metric};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Name of the eval.
    pub eval: String,
    /// What it measures, and where the measure is biased.
    pub prose: String,
    /// sha256 of the eval file.
    pub eval_sha256: String,
    /// Version of this program.
    pub stancekit: &'static str,
    /// Day of the run, UTC.
    pub date: String,
    /// The data scored.
    pub dataset: DatasetRecord,
    /// Labels in the order of the confusion matrices.
    pub labels: Vec<String>,
    /// How intervals were made.
    pub bootstrap: Bootstrap,
    /// What they are: percentile intervals, articles (or rows without one) drawn with replacement.
    pub interval: &'static str,
    /// Threads that ran the models.
    pub threads: usize,
    /// Architecture and instruction sets of the CPU, of those that kernels look for.
    pub cpu: Vec<&'static str>,
    /// Models first, then predictions, then baselines.
    pub systems: Vec<System>,
    /// Mean and spread of systems with several runs.
    pub seeds: Vec<Seeds>,
    /// Every pair of systems, by place in `systems`.
    pub comparisons: Vec<Comparison>,
    /// What systems did on the pairs of each behavioural test, and on all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behaviour: Vec<Behaviour>,
    /// The first system on parts of the rows.
    pub slices: Vec<Slice>,
    /// Rows to look at.
    pub errors: Errors,
    /// Figures of others.
    pub published: Vec<Published>,
}

/// The data of an evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct DatasetRecord {
    /// Its name.
    pub name: String,
    /// Its version, where it states one.
    pub version: Option<String>,
    /// The split scored.
    pub split: Option<String>,
    /// sha256 of each file read.
    pub sha256: Vec<String>,
    /// Rows scored.
    pub rows: usize,
    /// Groups (articles) that they form.
    pub groups: usize,
}

/// A system that was run several times.
#[derive(Debug, Clone, Serialize)]
pub struct Seeds {
    /// Its name.
    pub system: String,
    /// Its runs.
    pub runs: usize,
    /// Mean and spread of every measure.
    pub metrics: Vec<Spread>,
}

/// Digits kept of a probability in a record.
const DIGITS: f64 = 1e6;

impl Record {
    pub(super) fn new(
        eval: &Eval,
        options: &Options,
        rows: &Rows,
        systems: Vec<System>,
        comparisons: Vec<Comparison>,
        seeds: Vec<Seeds>,
    ) -> Self {
        let first = systems.first();
        Self {
            eval: eval.name.clone(),
            prose: eval.prose.clone(),
            eval_sha256: eval.sha256.clone(),
            stancekit: env!("CARGO_PKG_VERSION"),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            dataset: DatasetRecord {
                name: rows.dataset.name.clone(),
                version: rows.dataset.manifest.as_ref().map(|m| m.version.clone()),
                split: rows.dataset.split.clone(),
                sha256: rows.dataset.files.iter().map(|f| f.sha256.clone()).collect(),
                rows: rows.rows.len(),
                groups: first.map_or(0, |s| s.answers.group_count()),
            },
            labels: eval.labels.clone(),
            bootstrap: options.bootstrap,
            interval: "percentile bootstrap over whole groups",
            threads: options.threads,
            cpu: gemm::cpu(),
            seeds,
            comparisons,
            behaviour: Vec::new(),
            slices: first.map_or_else(Vec::new, |s| slices(rows, &s.answers, &options.slices)),
            errors: errors(rows, &systems, options.errors),
            published: eval.published.clone(),
            systems,
        }
    }

    /// As JSON, with every answer: under `rows`, a line each, the answers in the order of `systems` and their scores in the
    /// order of `labels`.
    pub fn to_json(&self, rows: &Rows) -> Result<String> {
        let mut text = serde_json::to_string_pretty(self).context("serialising")?;
        // The object is left open for the rows, which have a line each.
        text.truncate(text.trim_end_matches(['}', '\n']).len());
        text += ",\n  \"rows\": [";
        let mut probabilities: Vec<_> = self.systems.iter().map(|s| s.answers.probabilities()).collect();
        for (i, row) in rows.rows.iter().enumerate() {
            let answer = |(system, p): (&System, &mut Option<_>)| {
                let scores = p
                    .as_mut()
                    .and_then(Iterator::next)
                    .map(|p: &[f64]| p.iter().map(|p| (p * DIGITS).round() / DIGITS).collect::<Vec<f64>>());
                Answer { label: &self.labels[system.answers.predicted()[i]], scores }
            };
            let line = Line {
                id: &row.id,
                article: row.article.as_deref(),
                gold: &self.labels[rows.gold[i]],
                answers: self.systems.iter().zip(&mut probabilities).map(answer).collect(),
            };
            text += if i == 0 { "\n    " } else { ",\n    " };
            text += &serde_json::to_string(&line).context("serialising")?;
        }
        Ok(text + "\n  ]\n}\n")
    }

    /// Keeps the record as `<folder>/<date>-<eval>` (`…-2` where that is taken): see [`Self::keep_as`].
    pub fn keep(&self, folder: &Path, rows: &Rows) -> Result<PathBuf> {
        // A dated record is never overwritten: the second of a day gets a number.
        let taken = |n: u32| {
            folder.join(if n == 1 { format!("{}-{}", self.date, self.eval) } else { format!("{}-{}-{n}", self.date, self.eval) })
        };
        let folder = (1..).map(taken).find(|f| !f.exists()).unwrap_or_else(|| taken(1));
        self.keep_as(&folder, rows)?;
        Ok(folder)
    }

    /// Keeps the record in a folder, in place of the one that is there: `record.json`, and its table as `README.md`.
    pub fn keep_as(&self, folder: &Path, rows: &Rows) -> Result<()> {
        check_folder(folder)?;
        std::fs::create_dir_all(folder).context("making the folder of the record").map_err(|e| e.at(folder))?;
        crate::atomic::write(&folder.join("record.json"), self.to_json(rows)?.as_bytes())?;
        let table = report::table(self, Style::PLAIN);
        let readme = format!("# {}, {}\n\n{}\n\n```text\n{table}```\n", self.eval, self.date, self.prose);
        crate::atomic::write(&folder.join("README.md"), readme.as_bytes())
    }

    /// The value of a metric for the first system.
    pub fn value(&self, metric: &Metric) -> Option<f64> {
        self.systems.first()?.estimates.iter().find(|e| e.metric == *metric)?.value
    }
}

/// An error where no record can be kept as this folder.
pub fn check_folder(folder: &Path) -> Result<()> {
    let taken = folder.read_dir().is_ok_and(|mut inside| inside.next().is_some());
    if taken && !folder.join("record.json").is_file() {
        return Err(Error::new("a folder with other things in it")
            .at(folder)
            .expected("a new folder, an empty one, or one with a record"));
    }
    crate::atomic::check_folder(folder)
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<&'a str>,
    gold: &'a str,
    answers: Vec<Answer<'a>>,
}

#[derive(Serialize)]
struct Answer<'a> {
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores: Option<Vec<f64>>,
}
