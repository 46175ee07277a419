//! What is kept of an evaluation: scores with everything that they depend on; and its table.

use super::{Eval, Options, Rows, System};
use crate::error::{Context, Result};
use crate::report::style::Style;
use crate::score::{Bootstrap, Estimate, Metric};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Name of the eval.
    pub eval: String,
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
    /// How intervals were made: percentile bootstrap, articles drawn with replacement.
    pub bootstrap: Bootstrap,
    /// Threads that ran the models.
    pub threads: usize,
    /// Models first, then baselines.
    pub systems: Vec<System>,
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

impl Record {
    pub(super) fn new(eval: &Eval, options: &Options, rows: &Rows, systems: Vec<System>) -> Result<Self> {
        let groups: std::collections::HashSet<&String> = rows.groups.iter().collect();
        Ok(Self {
            eval: eval.name.clone(),
            eval_sha256: eval.sha256.clone(),
            stancekit: env!("CARGO_PKG_VERSION"),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            dataset: DatasetRecord {
                name: rows.dataset.name.clone(),
                version: rows.dataset.manifest.as_ref().map(|m| m.version.clone()),
                split: rows.dataset.split.clone(),
                sha256: rows.dataset.files.iter().map(|f| f.sha256.clone()).collect(),
                rows: rows.rows.len(),
                groups: groups.len(),
            },
            labels: eval.labels.clone(),
            bootstrap: options.bootstrap,
            threads: options.threads,
            systems,
        })
    }

    /// As JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map(|s| s + "\n").context("serialising")
    }

    /// Keeps the record as `<folder>/<date>-<eval>/record.json` (`…-2` where that is taken), with its table as `README.md`.
    pub fn keep(&self, folder: &Path, prose: &str) -> Result<PathBuf> {
        // A record is never overwritten: the second of a day gets a number.
        let taken = |n: u32| {
            folder.join(if n == 1 { format!("{}-{}", self.date, self.eval) } else { format!("{}-{}-{n}", self.date, self.eval) })
        };
        let folder = (1..).map(taken).find(|f| !f.exists()).unwrap_or_else(|| taken(1));
        std::fs::create_dir_all(&folder).context("making the folder of the record").map_err(|e| e.at(&folder))?;
        crate::atomic::write(&folder.join("record.json"), self.to_json()?.as_bytes())?;
        let readme = format!("# {}, {}\n\n{prose}\n\n```text\n{}```\n", self.eval, self.date, self.table(Style::PLAIN));
        crate::atomic::write(&folder.join("README.md"), readme.as_bytes())?;
        Ok(folder)
    }

    /// A table for people.
    pub fn table(&self, style: Style) -> String {
        let d = &self.dataset;
        let split = d.split.as_deref().map_or_else(String::new, |s| format!(", split {s}"));
        let mut t = format!("{}: {} rows of {}{split} in {} groups\n\n", style.bold(&self.eval), d.rows, d.name, d.groups);
        let name_width = self.systems.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).max(8);
        t += &format!("{:name_width$}", "");
        for e in self.systems.first().map_or(&[][..], |s| &s.estimates) {
            t += &format!("  {:<19}", e.metric.to_string());
        }
        t = t.trim_end().to_owned() + "\n";
        for s in &self.systems {
            t += &format!("{:name_width$}", s.name);
            for e in &s.estimates {
                t += &format!("  {:<19}", cell(e));
            }
            t = t.trim_end().to_owned() + "\n";
        }
        t += &format!(
            "\n[low, high]: {:.0} % interval, {} bootstrap draws of whole groups\n",
            self.bootstrap.level * 100.0,
            self.bootstrap.draws
        );
        for s in self.systems.iter().filter(|s| s.sha256.is_some()) {
            t += &format!(
                "\n{}\n  {:<12}{:>10}{:>10}{:>10}{:>8}   predicted:",
                style.bold(&s.name),
                "gold",
                "precision",
                "recall",
                "f1",
                "rows"
            );
            for l in &self.labels {
                t += &format!("{l:>11}");
            }
            t += "\n";
            for (l, row) in s.labels.iter().zip(&s.confusion) {
                let number = |x: Option<f64>| x.map_or_else(|| "undefined".to_owned(), |x| format!("{x:.3}"));
                t += &format!(
                    "  {:<12}{:>10}{:>10}{:>10}{:>8}             ",
                    l.label,
                    number(l.precision),
                    number(l.recall),
                    number(l.f1),
                    l.support
                );
                for n in row {
                    t += &format!("{n:>11}");
                }
                t += "\n";
            }
            if s.truncated > 0 {
                t += &format!("  {} sentences were cut to fit the model\n", s.truncated);
            }
        }
        t
    }

    /// The value of a metric for the first system.
    pub fn value(&self, metric: &Metric) -> Option<f64> {
        self.systems.first()?.estimates.iter().find(|e| e.metric == *metric)?.value
    }
}

fn cell(e: &Estimate) -> String {
    match (e.value, e.interval) {
        (Some(v), Some([low, high])) => format!("{v:.3} [{low:.3}, {high:.3}]"),
        (Some(v), None) => format!("{v:.3}"),
        (None, _) => "undefined".to_owned(),
    }
}
