//! Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017): one number that makes probabilities honest, labels unchanged.

use crate::model::softmax;

/// The temperature at which the mean negative log-likelihood of the admissible labels is lowest, within [1/8, 8].
///
/// `targets[i][c]` says whether label c is right for row i. 1 where there are no rows.
///
/// A share 1 / (n + 2) of every target is spread over all labels (after Platt 1999, for two labels): a few rows that are all right do not
/// prove that the model never errs.
pub fn temperature(logits: &[Vec<f32>], targets: &[Vec<bool>]) -> f64 {
    if logits.is_empty() {
        return 1.0;
    }
    let loss = |log_t: f64| nll(logits, targets, log_t.exp());
    // Golden-section search: the loss has one minimum in ln t.
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut lo, mut hi) = (-(8f64.ln()), 8f64.ln());
    while hi - lo > 1e-4 {
        let (a, b) = (hi - ratio * (hi - lo), lo + ratio * (hi - lo));
        if loss(a) < loss(b) { hi = b } else { lo = a }
    }
    // A temperature below 1 sharpens; rounding keeps the file readable.
    ((0.5 * (lo + hi)).exp() * 1000.0).round() / 1000.0
}

/// Mean negative log-likelihood in nats.
fn nll(logits: &[Vec<f32>], targets: &[Vec<bool>], t: f64) -> f64 {
    let prior = 1.0 / (logits.len() + 2) as f64;
    let total: f64 = logits
        .iter()
        .zip(targets)
        .map(|(z, target)| {
            let p = softmax(z, t);
            let right: f64 = p.iter().zip(target).filter(|&(_, &right)| right).map(|(p, _)| p).sum();
            let spread = p.iter().map(|p| p.max(1e-300).ln()).sum::<f64>() / p.len() as f64;
            -(1.0 - prior) * right.max(1e-300).ln() - prior * spread
        })
        .sum();
    total / logits.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits (±a) of a coin that is right with probability p are calibrated where sigmoid(2a / t) = p: t = 2a / logit(p). With the
    /// prior of 1 / 102 on a hundred rows, p is 0.8 (1 - 1 / 102) + 0.5 / 102.
    #[test]
    fn finds_the_closed_form_of_two_labels() {
        let (a, right, n) = (2.0f32, 80, 100);
        let logits = vec![vec![a, -a]; n];
        let targets: Vec<_> = (0..n).map(|i| vec![i < right, i >= right]).collect();
        let p = 0.8f64 * (1.0 - 1.0 / 102.0) + 0.5 / 102.0;
        let want = 2.0 * f64::from(a) / (p / (1.0 - p)).ln();
        assert!((temperature(&logits, &targets) - want).abs() < 2e-3);
    }

    #[test]
    fn a_few_rows_that_are_all_right_do_not_make_it_certain() {
        // One row: the target is 2/3 + 1/6, so t = 5 / logit(5/6).
        let t = temperature(&[vec![5.0, 0.0]], &[vec![true, false]]);
        assert!((t - 5.0 / 5f64.ln()).abs() < 2e-3, "{t}");
    }
}
