//! Accuracy: the share of rows whose predicted label is the gold label. Higher is better.

use super::confusion::Confusion;

/// Correct rows over all rows; `None` where there are no rows.
pub fn accuracy(matrix: &Confusion) -> Option<f64> {
    super::ratio(matrix.correct() as f64, matrix.total() as f64)
}
