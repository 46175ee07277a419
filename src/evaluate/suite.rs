//! Several evals in one command, beside published figures.
//!
//! ```toml
//! name = "public"
//! prose = "What the suite is for."
//! evals = ["../vast.toml", "../gwsd.toml"]     # beside this file
//! ```
//!
//! The figures to stand beside are in the evals, under `[[published]]`.

use super::{Eval, Record};
use crate::error::{Error, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A validated suite.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Short name.
    pub name: String,
    /// What it is about.
    pub prose: String,
    /// Its evals, in order.
    pub evals: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    #[serde(default)]
    prose: String,
    evals: Vec<String>,
}

/// An eval or several.
#[derive(Debug, Clone)]
pub enum File {
    /// One.
    Eval(Box<Eval>),
    /// Several.
    Suite(Suite),
}

impl File {
    /// Reads a file: a suite has `evals`, an eval has a dataset.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read the eval: {e}")).at(path))?;
        let is_suite = toml::from_str::<toml::Table>(&text).is_ok_and(|table| table.contains_key("evals"));
        if !is_suite {
            return Ok(Self::Eval(Box::new(Eval::parse(path, &text).map_err(|e| e.at(path))?)));
        }
        let raw: Raw = crate::task::parse_toml(path, &text)?;
        if raw.evals.is_empty() {
            return Err(Error::new("no evals").at(path).expected("evals = [\"…\"]"));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let evals = raw.evals.iter().map(|eval| folder.join(eval)).collect();
        Ok(Self::Suite(Suite { name: raw.name, prose: raw.prose.trim().to_owned(), evals }))
    }
}

/// One line of the suite's table: a measure of one system on one eval, ours or published.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Line {
    /// The eval.
    pub eval: String,
    /// Rows scored; `None` for a published figure.
    pub rows: Option<usize>,
    /// What was measured.
    pub metric: String,
    /// Whose figure it is.
    pub system: String,
    /// The value; `None` where it is undefined.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
    /// Where a published figure is from.
    pub source: Option<String>,
    /// Whether a published figure was measured on the same rows, in the same way, by a system with the same training data.
    pub comparable: Option<bool>,
    /// What stands in the way of comparing.
    pub note: Option<String>,
}

/// The lines of an eval: for each measure that has a published figure (or else for the first measure) every system of ours,
/// then the published ones.
pub fn lines(record: &Record) -> Vec<Line> {
    let mut metrics: Vec<String> = Vec::new();
    for published in &record.published {
        if !metrics.contains(&published.metric) {
            metrics.push(published.metric.clone());
        }
    }
    if metrics.is_empty() {
        metrics.extend(record.systems.first().and_then(|s| s.estimates.first()).map(|e| e.metric.to_string()));
    }
    let mut lines = Vec::new();
    for metric in metrics {
        for system in &record.systems {
            for e in system.estimates.iter().filter(|e| e.metric.to_string() == metric) {
                lines.push(Line {
                    eval: record.eval.clone(),
                    rows: Some(record.dataset.rows),
                    metric: metric.clone(),
                    system: system.name.clone(),
                    value: e.value,
                    interval: e.interval,
                    source: None,
                    comparable: None,
                    note: e.note.clone(),
                });
            }
        }
        for p in record.published.iter().filter(|p| p.metric == metric) {
            lines.push(Line {
                eval: record.eval.clone(),
                rows: None,
                metric: metric.clone(),
                system: p.system.clone(),
                value: Some(p.value),
                interval: None,
                source: Some(p.source.clone()),
                comparable: Some(p.comparable),
                note: Some(p.note.clone()).filter(|note| !note.is_empty()),
            });
        }
    }
    lines
}
