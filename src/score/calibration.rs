//! Calibration: whether answers given with 80 % confidence are right 80 % of the time.
//!
//! The confidence of a row is the probability of its predicted label. Rows fall into [`BINS`] bins of equal width, bin b
//! covering (b / 15, (b + 1) / 15]; the expected calibration error is the mean over rows of |accuracy - mean confidence| of
//! the row's bin (Naeini et al. 2015; bins as in Guo et al., On Calibration of Modern Neural Networks, 2017). Lower is
//! better. It depends on the bins and is biased upwards on few rows: compare it only on the same rows.

use super::Answers;
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
}
