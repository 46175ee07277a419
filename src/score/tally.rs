//! The rows boiled down to sums per group, so that a bootstrap draw adds up groups and reads no row again.
//!
//! Every measure but accuracy at a coverage is a function of sums over rows: counts of the confusion matrix, losses,
//! reliability bins. The one path serves the measure itself (every group once) and its bootstrap draws.

use super::calibration::{BINS, Bin, bin_of, expected_calibration_error};
use super::coverage::{self, Ranked};
use super::{Answers, Confusion, Metric, accuracy, alpha, brier, f1, kappa, log_loss};
use std::collections::BTreeMap;

/// Rows of one group in one cell of the confusion matrix. Small, since a draw walks all of them.
struct Cell {
    group: u32,
    cell: u32,
    n: u32,
}

/// Rows of one group in one reliability bin.
struct GroupBin {
    group: u32,
    bin: u32,
    n: u32,
    correct: u32,
    confidence: f64,
}

/// Sums of one group's losses.
#[derive(Clone, Copy, Default)]
struct Losses {
    n: u64,
    log: f64,
    brier: f64,
}

/// What the measures asked for need of each group.
pub(super) struct Tally<'a> {
    labels: &'a [String],
    cells: Vec<Cell>,
    losses: Option<Vec<Losses>>,
    bins: Option<Vec<GroupBin>>,
    ranked: Option<Vec<Ranked>>,
}

impl<'a> Tally<'a> {
    pub fn new(answers: &'a Answers, metrics: &[Metric]) -> Self {
        let k = answers.labels().len();
        let columns = answers.gold().iter().zip(answers.predicted());
        // Sorting 8-byte keys beats a hash map, and leaves the entries in the order of the groups for the draws to walk.
        let mut keys: Vec<usize> =
            columns.clone().enumerate().map(|(row, (g, p))| answers.group(row) * k * k + g * k + p).collect();
        keys.sort_unstable();
        let cells = keys
            .chunk_by(|a, b| a == b)
            .map(|same| Cell { group: (same[0] / (k * k)) as u32, cell: (same[0] % (k * k)) as u32, n: same.len() as u32 })
            .collect();

        let wants = |wanted: fn(&Metric) -> bool| metrics.iter().any(wanted);
        let losses = wants(|m| matches!(m, Metric::LogLoss | Metric::Brier)).then(|| answers.probabilities()).flatten();
        let losses = losses.map(|rows| {
            let mut sums = vec![Losses::default(); answers.group_count()];
            for (row, (p, &gold)) in rows.zip(answers.gold()).enumerate() {
                let sum = &mut sums[answers.group(row)];
                sum.n += 1;
                sum.log += log_loss::loss(p[gold]);
                sum.brier += brier::error(p, gold);
            }
            sums
        });
        let bins = wants(|m| matches!(m, Metric::Ece)).then(|| answers.confidences()).flatten();
        let bins = bins.map(|confidences| {
            let mut sums: BTreeMap<(usize, usize), Bin> = BTreeMap::new();
            for (row, (confidence, (g, p))) in confidences.zip(columns).enumerate() {
                let one = Bin { n: 1, correct: u64::from(g == p), confidence };
                sums.entry((answers.group(row), bin_of(confidence))).or_default().add(&one, 1);
            }
            let packed = |((group, bin), sum): ((usize, usize), Bin)| GroupBin {
                group: group as u32,
                bin: bin as u32,
                n: sum.n as u32,
                correct: sum.correct as u32,
                confidence: sum.confidence,
            };
            sums.into_iter().map(packed).collect()
        });
        let ranked = wants(|m| matches!(m, Metric::AccuracyAt(_))).then(|| coverage::ranked(answers)).flatten();
        Self { labels: answers.labels(), cells, losses, bins, ranked }
    }

    /// The measures with each group counted as often as `times` says.
    pub fn values(&self, metrics: &[Metric], times: &[u32]) -> Vec<Option<f64>> {
        let k = self.labels.len();
        let mut counts = vec![0; k * k];
        for Cell { group, cell, n } in &self.cells {
            counts[*cell as usize] += u64::from(*n) * u64::from(times[*group as usize]);
        }
        let matrix = Confusion::from_counts(k, counts);
        let losses = self.losses.as_ref().map(|groups| {
            groups.iter().zip(times).fold(Losses::default(), |sum, (group, &times)| Losses {
                n: sum.n + group.n * u64::from(times),
                log: sum.log + group.log * f64::from(times),
                brier: sum.brier + group.brier * f64::from(times),
            })
        });
        let bins = self.bins.as_ref().map(|entries| {
            let mut sums = [Bin::default(); BINS];
            for entry in entries {
                let one = Bin { n: entry.n.into(), correct: entry.correct.into(), confidence: entry.confidence };
                sums[entry.bin as usize].add(&one, u64::from(times[entry.group as usize]));
            }
            sums
        });
        let index = |name: &str| self.labels.iter().position(|label| label == name);
        let value = |metric: &Metric| match metric {
            Metric::Accuracy => accuracy::accuracy(&matrix),
            Metric::Precision(label) => f1::precision(&matrix, index(label)?),
            Metric::Recall(label) => f1::recall(&matrix, index(label)?),
            Metric::F1(label) => f1::f1(&matrix, index(label)?),
            Metric::MacroF1 => f1::macro_f1(&matrix),
            Metric::SemevalF1 | Metric::MeanF1(_) => {
                f1::mean_f1(&matrix, &metric.named().map(index).collect::<Option<Vec<_>>>()?)
            }
            Metric::Kappa => kappa::cohen_kappa(&matrix),
            Metric::Alpha => alpha::of_two(&matrix),
            Metric::LogLoss => losses.and_then(|sum| super::ratio(sum.log, sum.n as f64)),
            Metric::Brier => losses.and_then(|sum| super::ratio(sum.brier, sum.n as f64)),
            Metric::Ece => bins.as_ref().and_then(|bins| expected_calibration_error(bins)),
            Metric::AccuracyAt(share) => {
                self.ranked.as_ref().and_then(|rows| coverage::at(rows, |group| u64::from(times[group]), *share))
            }
        };
        metrics.iter().map(value).collect()
    }
}
