//! Calibration: whether answers given with 80 % confidence are right 80 % of the time.
//!
//! The confidence of a row is the probability of its predicted label. Rows fall into [`BINS`] bins; a calibration error is the
//! mean over rows of |accuracy - mean confidence| of the row's bin (Naeini et al., Obtaining Well Calibrated Probabilities
//! Using Bayesian Binning, 2015). Lower is better. It depends on the bins and is biased upwards on few rows: compare it only
//! on the same rows.
//!
//! | measure | bins |
//! |---|---|
//! | expected (ECE) | of equal width, bin b covering (b / 15, (b + 1) / 15] (as in Guo et al., On Calibration of Modern Neural Networks, 2017) |
//! | adaptive | of equal numbers of rows: the inner edges are the b / 15 quantiles of the confidences, interpolated linearly as numpy does, and a bin is closed above (Nguyen and O'Connor, Posterior calibration and exploratory analysis for NLP models, 2015; Nixon et al., Measuring Calibration in Deep Learning, 2019) |
//!
//! Nixon's own variant, over every label rather than the predicted one, is not this. netcal's `ECE(15)` and
//! `ECE(15, equal_intervals=False)` give the two where no confidence lies on an edge.

use super::Answers;
use super::ranking::Ranking;
use serde::Serialize;

/// Number of bins.
pub const BINS: usize = 15;

/// One bin of the reliability table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Rows in the bin.
    pub n: u64,
    /// Of these, rows answered right.
    pub correct: u64,
    /// Sum of their confidences.
    pub confidence: f64,
}

impl Bin {
    /// Adds another bin `times` over.
    pub(super) fn add(&mut self, other: &Self, times: u64) {
        self.n += other.n * times;
        self.correct += other.correct * times;
        self.confidence += other.confidence * times as f64;
    }

    /// Share of rows answered right; `None` where the bin is empty.
    pub fn accuracy(&self) -> Option<f64> {
        super::ratio(self.correct as f64, self.n as f64)
    }

    /// Mean confidence; `None` where the bin is empty.
    pub fn mean_confidence(&self) -> Option<f64> {
        super::ratio(self.confidence, self.n as f64)
    }
}

/// The bin of a confidence.
pub(super) fn bin_of(confidence: f64) -> usize {
    ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

/// The reliability table: the bins from low to high confidence. `None` without probabilities.
pub fn reliability(answers: &Answers) -> Option<[Bin; BINS]> {
    let mut bins = [Bin::default(); BINS];
    let rows = answers.confidences()?.zip(answers.gold()).zip(answers.predicted());
    for ((confidence, gold), predicted) in rows {
        bins[bin_of(confidence)].add(&Bin { n: 1, correct: u64::from(gold == predicted), confidence }, 1);
    }
    Some(bins)
}

/// Expected calibration error of a reliability table. `None` where it is empty.
pub fn expected_calibration_error(bins: &[Bin]) -> Option<f64> {
    let n: u64 = bins.iter().map(|bin| bin.n).sum();
    super::ratio(bins.iter().map(|bin| (bin.correct as f64 - bin.confidence).abs()).sum(), n as f64)
}

/// Adaptive calibration error of rows ranked by confidence, each counted as often as its group is drawn.
pub(super) fn adaptive(rows: &Ranking, times: &[u32]) -> Option<f64> {
    let n = rows.sums(times).0;
    let edges = edges(rows, times, n);
    let (mut bin, mut gaps) = (0, [0.0; BINS]);
    for (confidence, correct, times) in rows.rising(times) {
        while bin < BINS - 1 && confidence > edges[bin] {
            bin += 1;
        }
        gaps[bin] += times as f64 * (f64::from(u8::from(correct)) - confidence);
    }
    super::ratio(gaps.iter().map(|gap| gap.abs()).sum(), n as f64)
}

/// The inner edges: quantiles of the confidences of `n` drawn rows.
fn edges(rows: &Ranking, times: &[u32], n: u64) -> [f64; BINS - 1] {
    let place = |i: usize| n.saturating_sub(1) as f64 * (i + 1) as f64 / BINS as f64;
    let mut edges = [0.0; BINS - 1];
    let (mut below, mut above) = (0, 0);
    let mut seen = 0;
    for (confidence, _, times) in rows.rising(times) {
        seen += times;
        // The order statistics whose numbers are below `seen` are known now.
        while below < edges.len() && (place(below).floor() as u64) < seen {
            edges[below] = confidence;
            below += 1;
        }
        while above < below && (place(above).ceil() as u64) < seen {
            edges[above] += (confidence - edges[above]) * place(above).fract();
            above += 1;
        }
        if above == edges.len() {
            break;
        }
    }
    edges
}

/// Adaptive calibration error. `None` without rows or without probabilities.
pub fn adaptive_calibration_error(answers: &Answers) -> Option<f64> {
    adaptive(&super::coverage::ranked(answers)?, &vec![1; answers.group_count()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_closed_above() {
        assert_eq!(bin_of(0.0), 0);
        assert_eq!(bin_of(1.0 / 15.0), 0);
        assert_eq!(bin_of(0.5), 7);
        assert_eq!(bin_of(1.0), 14);
    }

    /// numpy.quantile(numpy.arange(20) / 20, numpy.arange(1, 15) / 15), of which [0], [7] and [13].
    #[test]
    fn edges_are_numpys_quantiles() {
        let rows = Ranking::new((0..20).map(|i| (f64::from(i) / 20.0, true, 0)));
        let edges = edges(&rows, &[1], 20);
        for (i, expected) in [(0, 0.06333333333333334), (7, 0.5066666666666667), (13, 0.8866666666666667)] {
            assert!((edges[i] - expected).abs() < 1e-12, "{i}: {}", edges[i]);
        }
    }

    /// As many bins as rows: each row is its own bin, and the error is the mean of |correct - confidence|.
    #[test]
    fn as_many_rows_as_bins_stand_alone() {
        let rows: Vec<(f64, bool)> = (0..BINS).map(|i| (0.3 + 0.04 * i as f64, i % 3 == 0)).collect();
        let expected: f64 = rows.iter().map(|(c, right)| (f64::from(u8::from(*right)) - c).abs()).sum::<f64>() / BINS as f64;
        let found = adaptive(&Ranking::new(rows.iter().map(|&(c, right)| (c, right, 0))), &[1]).unwrap();
        assert!((found - expected).abs() < 1e-12);
        assert_eq!(adaptive(&Ranking::new(std::iter::empty()), &[1]), None);
    }
}
