//! The confusion matrix: rows are gold labels, columns are predicted labels.
//!
//! The orientation is scikit-learn's (`confusion_matrix(y_true, y_pred)`): entry (i, j) counts the rows whose gold label is
//! i and whose predicted label is j.

use serde::{Serialize, Serializer};

/// Counts of (gold, predicted) pairs. Serialized as a list of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    k: usize,
    /// Row-major: gold × predicted.
    counts: Vec<u64>,
}

impl Confusion {
    /// An empty matrix over `k` labels.
    pub fn new(k: usize) -> Self {
        Self { k, counts: vec![0; k * k] }
    }

    pub(super) fn from_counts(k: usize, counts: Vec<u64>) -> Self {
        Self { k, counts }
    }

    /// Counts `n` rows with this gold label and this prediction. Both are indices below [`Self::labels`].
    pub fn add(&mut self, gold: usize, predicted: usize, n: u64) {
        self.counts[gold * self.k + predicted] += n;
    }

    /// Number of labels.
    pub fn labels(&self) -> usize {
        self.k
    }

    /// Rows with this gold label and this prediction.
    pub fn count(&self, gold: usize, predicted: usize) -> u64 {
        self.counts[gold * self.k + predicted]
    }

    /// The counts by gold label (rows) and predicted label (columns).
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.k.max(1))
    }

    /// Rows whose gold label this is.
    pub fn gold_total(&self, label: usize) -> u64 {
        (0..self.k).map(|j| self.count(label, j)).sum()
    }

    /// Rows for which this label was predicted.
    pub fn predicted_total(&self, label: usize) -> u64 {
        (0..self.k).map(|i| self.count(i, label)).sum()
    }

    /// Rows whose prediction is the gold label.
    pub fn correct(&self) -> u64 {
        (0..self.k).map(|i| self.count(i, i)).sum()
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether a label is in the gold labels or in the predictions.
    pub fn occurs(&self, label: usize) -> bool {
        self.gold_total(label) + self.predicted_total(label) > 0
    }
}

impl Serialize for Confusion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_gold_and_columns_predicted() {
        let mut m = Confusion::new(3);
        m.add(0, 1, 2);
        m.add(1, 1, 1);
        assert_eq!(m.rows().map(<[u64]>::to_vec).collect::<Vec<_>>(), [[0, 2, 0], [0, 1, 0], [0, 0, 0]]);
        assert_eq!((m.gold_total(0), m.predicted_total(1), m.correct(), m.total()), (2, 3, 1, 3));
        assert_eq!(serde_json::to_string(&m).unwrap(), "[[0,2,0],[0,1,0],[0,0,0]]");
        assert!(m.occurs(0) && !m.occurs(2));
    }
}
