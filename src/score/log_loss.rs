//! Log-loss: how surprised the probabilities are by the gold labels, in nats. Lower is better; 0 is certainty that is right.
//!
//! The mean over rows of -ln p(gold). As in scikit-learn, a probability is first moved into [eps, 1 - eps] with eps the
//! machine epsilon of 64-bit floats, so one confident mistake costs at most 36.04, not infinity; rows are not rescaled.

use super::Answers;

/// -ln of a probability, clipped.
pub(super) fn loss(p: f64) -> f64 {
    -p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

/// Mean loss over the rows. `None` without rows or without probabilities.
pub fn log_loss(answers: &Answers) -> Option<f64> {
    let sum: f64 = answers.probabilities()?.zip(answers.gold()).map(|(row, &gold)| loss(row[gold])).sum();
    super::ratio(sum, answers.len() as f64)
}
