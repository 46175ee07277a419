//! The rows boiled down to sums per group, so that a bootstrap draw adds up groups and reads no row again.
//!
//! Measures of labels are functions of the confusion matrix, losses and calibration of sums over rows; measures of the
//! order of the rows walk them once sorted. The one path serves the measure itself (every group once) and its bootstrap
//! draws. Columns stand apart, and only those that the measures asked for need are made: a draw reads all of them.

use super::calibration::{self, BINS, bin_of};
use super::ranking::{self, Ranking};
use super::{Answers, Confusion, Metric, brier, coverage, log_loss};
use std::collections::BTreeMap;

/// Rows of one group in one cell of the confusion matrix (of one claim).
struct Cell {
    group: u32,
    cell: u32,
    n: u32,
}

/// What the bins of one group are off by: the sum over rows of (right or not) - confidence.
struct Gap {
    group: u32,
    bin: u32,
    gap: f64,
}

/// What the measures asked for need of each group.
pub(super) struct Tally<'a> {
    labels: &'a [String],
    cells: Vec<Cell>,
    /// The cells of each claim, and the number of claims.
    claims: Option<(Vec<Cell>, usize)>,
    /// Sum of the log-losses of each group.
    log: Option<Vec<f64>>,
    /// Sum of the Brier errors of each group.
    brier: Option<Vec<f64>>,
    gaps: Option<Vec<Gap>>,
    confident: Option<Ranking>,
    /// The rows by the probability of a label.
    by_label: BTreeMap<usize, Ranking>,
}

impl<'a> Tally<'a> {
    pub fn new(answers: &'a Answers, metrics: &[Metric]) -> Self {
        let labels = answers.labels();
        let k = labels.len();
        let wants = |wanted: fn(&Metric) -> bool| metrics.iter().any(wanted);
        let columns = answers.gold().iter().zip(answers.predicted());
        let sums = |wanted: bool, loss: fn(&[f64], usize) -> f64| {
            let rows = answers.probabilities().filter(|_| wanted)?.zip(answers.gold()).enumerate();
            let mut sums = vec![0.0; answers.group_count()];
            for (row, (p, &gold)) in rows {
                sums[answers.group(row)] += loss(p, gold);
            }
            Some(sums)
        };
        let gaps = wants(|m| matches!(m, Metric::Ece)).then(|| answers.confidences()).flatten().map(|confidences| {
            let mut sums: BTreeMap<(usize, usize), f64> = BTreeMap::new();
            for (row, (confidence, (gold, predicted))) in confidences.zip(columns).enumerate() {
                let gap = f64::from(u8::from(gold == predicted)) - confidence;
                *sums.entry((answers.group(row), bin_of(confidence))).or_default() += gap;
            }
            sums.into_iter().map(|((group, bin), gap)| Gap { group: group as u32, bin: bin as u32, gap }).collect()
        });
        let ranked = wants(|m| matches!(m, Metric::AccuracyAt(_) | Metric::Aurc | Metric::AdaptiveEce));
        let wants_label = |label: usize| {
            let named = |name: &Option<String>| name.as_ref().is_none_or(|name| labels.get(label) == Some(name));
            metrics.iter().any(|m| matches!(m, Metric::Auroc(name) | Metric::AveragePrecision(name) if named(name)))
        };
        Self {
            labels,
            cells: cells(answers, |_| 0),
            claims: answers
                .claim_numbers()
                .filter(|_| wants(|m| matches!(m, Metric::ByClaim(_))))
                .map(|numbers| (cells(answers, |row| numbers[row]), answers.claims().map_or(0, <[String]>::len))),
            log: sums(wants(|m| matches!(m, Metric::LogLoss)), |p, gold| log_loss::loss(p[gold])),
            brier: sums(wants(|m| matches!(m, Metric::Brier)), brier::error),
            gaps,
            confident: ranked.then(|| coverage::ranked(answers)).flatten(),
            by_label: (0..k)
                .filter(|&label| wants_label(label))
                .filter_map(|label| Some((label, ranking::by_label(answers, label)?)))
                .collect(),
        }
    }

    /// The measures with each group counted as often as `times` says.
    pub fn values(&self, metrics: &[Metric], times: &[u32]) -> Vec<Option<f64>> {
        let k = self.labels.len();
        let matrix = Confusion::from_counts(k, add_up(&self.cells, k * k, times));
        let by_claim = self.claims.as_ref().map(|(cells, claims)| {
            let counts = add_up(cells, claims * k * k, times);
            counts.chunks_exact((k * k).max(1)).map(|counts| Confusion::from_counts(k, counts.to_vec())).collect::<Vec<_>>()
        });
        let index = |name: &str| self.labels.iter().position(|label| label == name);
        let mean_loss = |sums: &Option<Vec<f64>>| {
            let sum = sums.as_ref()?.iter().zip(times).map(|(loss, &n)| loss * f64::from(n)).sum();
            super::ratio(sum, matrix.total() as f64)
        };
        let of_label = |name: &Option<String>, measure: fn(&Ranking, &[u32]) -> Option<f64>| match name {
            Some(name) => measure(self.by_label.get(&index(name)?)?, times),
            None => {
                let defined: Vec<f64> = self.by_label.values().filter_map(|ranking| measure(ranking, times)).collect();
                super::ratio(defined.iter().sum(), defined.len() as f64)
            }
        };
        let value = |metric: &Metric| match metric {
            Metric::ByClaim(inner) => {
                // A claim that was not drawn has no say.
                let drawn: Vec<&Confusion> = by_claim.as_ref()?.iter().filter(|m| m.total() > 0).collect();
                let sum = drawn.iter().map(|m| inner.of_matrix(m, &index)).sum::<Option<f64>>()?;
                super::ratio(sum, drawn.len() as f64)
            }
            Metric::Auroc(name) => of_label(name, Ranking::auroc),
            Metric::AveragePrecision(name) => of_label(name, Ranking::average_precision),
            Metric::LogLoss => mean_loss(&self.log),
            Metric::Brier => mean_loss(&self.brier),
            Metric::Ece => {
                let mut off = [0.0; BINS];
                for Gap { group, bin, gap } in self.gaps.as_ref()? {
                    off[*bin as usize] += gap * f64::from(times[*group as usize]);
                }
                super::ratio(off.iter().map(|gap| gap.abs()).sum(), matrix.total() as f64)
            }
            Metric::AdaptiveEce => calibration::adaptive(self.confident.as_ref()?, times),
            Metric::AccuracyAt(share) => coverage::at(self.confident.as_ref()?, times, *share),
            Metric::Aurc => coverage::area(self.confident.as_ref()?, times),
            of_labels => of_labels.of_matrix(&matrix, &index),
        };
        metrics.iter().map(value).collect()
    }
}

/// How many rows of each group are in each cell of the confusion matrix of each part.
fn cells(answers: &Answers, part: impl Fn(usize) -> usize) -> Vec<Cell> {
    let k = answers.labels().len();
    let columns = answers.gold().iter().zip(answers.predicted()).enumerate();
    // Sorting 16-byte keys beats a hash map, and leaves the entries in the order of the groups for the draws to walk.
    let mut keys: Vec<(u32, u32)> = columns
        .map(|(row, (gold, predicted))| (answers.group(row) as u32, (part(row) * k * k + gold * k + predicted) as u32))
        .collect();
    keys.sort_unstable();
    let cell = |same: &[(u32, u32)]| Cell { group: same[0].0, cell: same[0].1, n: same.len() as u32 };
    keys.chunk_by(|a, b| a == b).map(cell).collect()
}

fn add_up(cells: &[Cell], len: usize, times: &[u32]) -> Vec<u64> {
    let mut counts = vec![0; len];
    for Cell { group, cell, n } in cells {
        counts[*cell as usize] += u64::from(*n) * u64::from(times[*group as usize]);
    }
    counts
}
