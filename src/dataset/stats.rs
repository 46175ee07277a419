//! What a dataset holds, in numbers.

use super::Row;
use super::agreement::{Pair, Votes};
use super::table::table;
use crate::plural::count;
use crate::score::Bootstrap;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A dataset in numbers. Displayed as tables of text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Rows.
    pub rows: usize,
    /// Distinct articles among the rows that name one.
    pub articles: usize,
    /// Distinct claims.
    pub claims: usize,
    /// Rows of each label.
    pub labels: BTreeMap<String, usize>,
    /// Rows of each label, by split; rows without one under `-`.
    pub splits: BTreeMap<String, BTreeMap<String, usize>>,
    /// Rows of each label, by source; rows without one under `-`.
    pub sources: BTreeMap<String, BTreeMap<String, usize>>,
    /// Lengths in words: runs of anything but white space. `None` without rows.
    pub words: Option<Lengths>,
    /// Lengths in characters (Unicode scalar values). `None` without rows.
    pub characters: Option<Lengths>,
    /// Agreement of the readers, where rows have votes.
    pub agreement: Option<Agreement>,
}

/// Quantiles of lengths: the least value that at least that share of the rows does not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lengths {
    /// Shortest.
    pub min: usize,
    /// Half of the rows are no longer.
    pub median: usize,
    /// 90 % are no longer.
    pub p90: usize,
    /// 99 % are no longer.
    pub p99: usize,
    /// Longest.
    pub max: usize,
    /// Sum of all divided by their number.
    pub mean: f64,
}

/// How far readers agree, in short; [`super::agreement`] has more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Rows with at least two votes.
    pub rows: usize,
    /// Of these, rows on which all votes are equal.
    pub unanimous: usize,
    /// Krippendorff's alpha (nominal) over all of them; `None` where it is undefined.
    pub alpha: Option<f64>,
    /// Each pair of readers. Empty where votes do not tell who gave which: as counts, or not as many on every row.
    pub pairs: Vec<Pair>,
}

/// The statistics of rows.
pub fn stats(rows: &[Row]) -> Stats {
    let distinct = |key: fn(&Row) -> Option<&str>| rows.iter().filter_map(key).collect::<BTreeSet<_>>().len();
    let count_by = |key: fn(&Row) -> Option<&str>| {
        let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
        for row in rows {
            *counts.entry(key(row).unwrap_or("-").to_owned()).or_default().entry(row.label.clone()).or_default() += 1;
        }
        counts
    };
    Stats {
        rows: rows.len(),
        articles: distinct(|row| row.article.as_deref()),
        claims: distinct(|row| Some(&row.claim)),
        labels: count_by(|_| None).remove("-").unwrap_or_default(),
        splits: count_by(|row| row.split.as_deref()),
        sources: count_by(|row| row.source.as_deref()),
        words: lengths(rows.iter().map(|row| row.text.split_whitespace().count()).collect()),
        characters: lengths(rows.iter().map(|row| row.text.chars().count()).collect()),
        agreement: agreement(rows),
    }
}

fn lengths(mut values: Vec<usize>) -> Option<Lengths> {
    values.sort_unstable();
    let (&min, &max) = (values.first()?, values.last()?);
    let at = |percent: usize| values[(values.len() * percent).div_ceil(100).max(1) - 1];
    let mean = values.iter().sum::<usize>() as f64 / values.len() as f64;
    Some(Lengths { min, median: at(50), p90: at(90), p99: at(99), max, mean })
}

fn agreement(rows: &[Row]) -> Option<Agreement> {
    let full = Votes::of_rows(rows).agreement(&Bootstrap { draws: 0, ..Bootstrap::default() });
    (full.rows > 0).then_some(Agreement { rows: full.rows, unanimous: full.unanimous, alpha: full.alpha, pairs: full.pairs })
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rows {}, articles {}, claims {}", self.rows, self.articles, self.claims)?;
        let labels: Vec<&String> = self.labels.keys().collect();
        for (name, counts) in [("split", &self.splits), ("source", &self.sources)] {
            let mut rows =
                vec![[name.to_owned(), "rows".into()].into_iter().chain(labels.iter().map(ToString::to_string)).collect()];
            for (key, by_label) in counts {
                let total: usize = by_label.values().sum();
                let cells = labels.iter().map(|label| by_label.get(*label).copied().unwrap_or(0).to_string());
                rows.push([key.clone(), total.to_string()].into_iter().chain(cells).collect());
            }
            write!(f, "\n{}", table(&rows))?;
        }
        if let (Some(words), Some(characters)) = (&self.words, &self.characters) {
            let mut rows = vec![["length", "min", "median", "90 %", "99 %", "max", "mean"].map(String::from).to_vec()];
            for (name, l) in [("words", words), ("characters", characters)] {
                let cells = [l.min, l.median, l.p90, l.p99, l.max].map(|n| n.to_string());
                rows.push([name.to_owned()].into_iter().chain(cells).chain([format!("{:.1}", l.mean)]).collect());
            }
            write!(f, "\n{}", table(&rows))?;
        }
        if let Some(Agreement { rows, unanimous, alpha, pairs }) = &self.agreement {
            let number = |value: Option<f64>| value.map_or("undefined".into(), |v| format!("{v:.3}"));
            writeln!(f, "\nvotes on {}, unanimous on {unanimous}; Krippendorff's alpha {}", count(*rows, "row"), number(*alpha))?;
            if !pairs.is_empty() {
                let mut rows = vec![["readers", "agreement", "Cohen's kappa"].map(String::from).to_vec()];
                for pair in pairs {
                    rows.push(vec![format!("{}, {}", pair.first, pair.second), number(pair.agreement), number(pair.kappa)]);
                }
                f.write_str(&table(&rows))?;
            }
        }
        Ok(())
    }
}
