//! Whether a system has become worse than it was when a record of it was kept.

use super::{Eval, Record, Rows};
use crate::error::{Error, Result};
use crate::plural::count;
use crate::report::style::{Style, shorten};
use crate::score::{Direction, Metric};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The parts of a kept record that are compared.
#[derive(Debug, Deserialize)]
pub struct Kept {
    #[serde(skip)]
    path: PathBuf,
    eval: String,
    labels: Vec<String>,
    dataset: KeptDataset,
    systems: Vec<KeptSystem>,
    #[serde(default)]
    rows: Vec<KeptRow>,
}

#[derive(Debug, Deserialize)]
struct KeptDataset {
    sha256: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct KeptSystem {
    name: String,
    estimates: Vec<KeptEstimate>,
}

#[derive(Debug, Deserialize)]
struct KeptEstimate {
    metric: String,
    value: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct KeptRow {
    id: String,
    answers: Vec<KeptAnswer>,
}

#[derive(Debug, Deserialize)]
struct KeptAnswer {
    label: String,
}

/// How the first system of a run stands to a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The system in the record that it was held against.
    pub against: String,
    /// Every measure that both have.
    pub measures: Vec<Change>,
    /// Rows that are answered with another label.
    pub rows: Vec<ChangedRow>,
}

/// A measure then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What was measured.
    pub metric: Metric,
    /// Its value in the record.
    pub before: Option<f64>,
    /// Its value now.
    pub now: Option<f64>,
    /// Whether it is worse by more than is allowed, or no longer defined.
    pub worse: bool,
}

/// A row with another answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    /// Number of the row, from 0.
    pub row: usize,
    /// The label in the record.
    pub before: String,
    /// The label now.
    pub now: String,
}

impl Kept {
    /// Reads a record from its folder or its file.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = if folder.is_dir() { folder.join("record.json") } else { folder.to_owned() };
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Error::new(format!("cannot read the record: {e}")).at(&path).hint("--record-as FOLDER keeps the record of a run")
        })?;
        let kept: Self = serde_json::from_str(&text).map_err(|e| {
            Error::new(format!("not a record: {e}")).at(&path).line(e.line() as u64).expected("a record.json of stance evaluate")
        })?;
        Ok(Self { path, ..kept })
    }

    /// An error where the record is not of these rows and labels, for then the values cannot be compared.
    pub fn check(&self, eval: &Eval, rows: &Rows) -> Result<()> {
        if self.labels != eval.labels {
            return Err(self.other(format!("labels {}", self.labels.join(", ")), eval.labels.join(", ")));
        }
        if !self.dataset.sha256.iter().eq(rows.dataset.files.iter().map(|file| &file.sha256)) {
            return Err(
                self.other(format!("a record of {} on other data", self.eval), format!("the hashes of {}", rows.dataset.name))
            );
        }
        if self.rows.len() != rows.rows.len() || self.rows.iter().zip(&rows.rows).any(|(then, now)| then.id != now.id) {
            return Err(self.other(
                format!("a record of {}", count(self.rows.len(), "row")),
                format!("the answers to these {}", rows.rows.len()),
            ));
        }
        if self.systems.is_empty() {
            return Err(self.other("a record without systems".into(), "one at least".into()));
        }
        Ok(())
    }

    fn other(&self, found: String, expected: String) -> Error {
        Error::new(found)
            .at(&self.path)
            .expected(expected)
            .hint("scores on other rows or labels do not compare: keep a new record with --record-as")
    }
}

/// Holds the first system of a run against the system of the same name in a kept record, or else its first, after
/// [`Kept::check`].
pub fn against(kept: &Kept, record: &Record, allowed: f64) -> Gate {
    let first = &record.systems[0];
    let place = kept.systems.iter().position(|system| system.name == first.name).unwrap_or(0);
    let before = &kept.systems[place];
    let change = |e: &crate::score::Estimate| {
        let before = before.estimates.iter().find(|kept| kept.metric == e.metric.to_string())?.value;
        let worse = match (before, e.value) {
            (None, _) => false,
            (Some(_), None) => true,
            // A little more than nothing, so that 0.60 - 0.01 is not below 0.59.
            (Some(before), Some(now)) => match e.direction {
                Direction::Higher => before - now > allowed + 1e-9,
                Direction::Lower => now - before > allowed + 1e-9,
            },
        };
        Some(Change { metric: e.metric.clone(), before, now: e.value, worse })
    };
    let label = |row: usize| record.labels[first.answers.predicted()[row]].clone();
    let changed = kept.rows.iter().enumerate().filter_map(|(row, kept)| {
        let before = kept.answers.get(place)?.label.clone();
        let now = label(row);
        (before != now).then_some(ChangedRow { row, before, now })
    });
    Gate { against: before.name.clone(), measures: first.estimates.iter().filter_map(change).collect(), rows: changed.collect() }
}

impl Gate {
    /// Whether a measure is worse than is allowed.
    pub fn failed(&self) -> bool {
        self.measures.iter().any(|change| change.worse)
    }

    /// What changed, for people: measures, then rows, those that became wrong first.
    pub fn table(&self, record: &Record, rows: &Rows, style: Style) -> String {
        let number = |x: Option<f64>| x.map_or_else(|| "undefined".to_owned(), |x| format!("{x:.4}"));
        let mut t = format!("against {} on record:\n", self.against);
        for c in &self.measures {
            let verdict = if c.worse { "  worse" } else { "" };
            t += &format!("  {:<24} {:>9} -> {:>9}{verdict}\n", c.metric.to_string(), number(c.before), number(c.now));
        }
        t += &format!("{} of {} answered differently\n", self.rows.len(), count(rows.rows.len(), "row"));
        let gold = |row: usize| record.labels[rows.gold[row]].as_str();
        let mut changed: Vec<&ChangedRow> = self.rows.iter().collect();
        changed.sort_by_key(|c| if c.before == gold(c.row) { 0 } else { 1 + u8::from(c.now != gold(c.row)) });
        for c in changed {
            let (row, gold) = (&rows.rows[c.row], gold(c.row));
            let verdict = match (c.before == gold, c.now == gold) {
                (true, _) => "now wrong",
                (_, true) => "now right",
                _ => "still wrong",
            };
            t += &format!("  {:<11} {}: {} -> {} (gold {gold})\n", verdict, row.id, c.before, c.now);
            t += &format!("      {}\n", style.faint(&shorten(&row.text, style.width.saturating_sub(6))));
        }
        t
    }
}
