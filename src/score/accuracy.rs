//! Accuracy: the share of rows whose predicted label is the gold label. Higher is better.
//!
//! Balanced accuracy gives each label the same weight: it is the unweighted mean of the labels' recall over the labels that
//! occur in the gold labels (Brodersen et al., The balanced accuracy and its posterior distribution, 2010; scikit-learn's
//! `balanced_accuracy_score`, without its adjustment for chance). It is the macro recall under its other name.

use super::confusion::Confusion;
use super::f1::{Part, macro_mean};

/// Correct rows over all rows; `None` where there are no rows.
pub fn accuracy(matrix: &Confusion) -> Option<f64> {
    super::ratio(matrix.correct() as f64, matrix.total() as f64)
}

/// Mean recall over the labels that occur in the gold labels; `None` where there are no rows.
pub fn balanced_accuracy(matrix: &Confusion) -> Option<f64> {
    macro_mean(matrix, Part::Recall)
}
