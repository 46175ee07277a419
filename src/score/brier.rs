//! Brier score: squared error of the whole distribution. Lower is better; from 0 to 2.
//!
//! The mean over rows of the sum over labels of (p - y)², y being 1 for the gold label and 0 for the others (Brier,
//! Verification of forecasts expressed in terms of probability, 1950). For two labels it is twice the one-column form that
//! is also in use; scikit-learn's `brier_score_loss(scale_by_half=False)` gives this one.

use super::Answers;

/// Squared error of one row.
pub(super) fn error(row: &[f64], gold: usize) -> f64 {
    row.iter().enumerate().map(|(label, p)| (p - f64::from(u8::from(label == gold))).powi(2)).sum()
}

/// Mean error over the rows. `None` without rows or without probabilities.
pub fn brier(answers: &Answers) -> Option<f64> {
    let sum: f64 = answers.probabilities()?.zip(answers.gold()).map(|(row, &gold)| error(row, gold)).sum();
    super::ratio(sum, answers.len() as f64)
}
