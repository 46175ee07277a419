//! Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017): one number that makes probabilities honest, labels unchanged.

use crate::model::softmax;

/// The temperature at which the mean negative log-likelihood of the admissible labels is lowest, within [1/8, 8].
///
/// `targets[i][c]` says whether label c is right for row i. 1 where there are no rows.
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
    let total: f64 = logits
        .iter()
        .zip(targets)
        .map(|(z, target)| {
            let p: f64 = softmax(z, t).iter().zip(target).filter(|&(_, &right)| right).map(|(p, _)| p).sum();
            -(p.max(1e-300)).ln()
        })
        .sum();
    total / logits.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits (±a) of a coin that is right with probability p are calibrated where sigmoid(2a / t) = p: t = 2a / logit(p).
    #[test]
    fn finds_the_closed_form_of_two_labels() {
        let (a, right, n) = (2.0f32, 80, 100);
        let logits = vec![vec![a, -a]; n];
        let targets: Vec<_> = (0..n).map(|i| vec![i < right, i >= right]).collect();
        let want = 2.0 * f64::from(a) / (0.8f64 / 0.2).ln();
        assert!((temperature(&logits, &targets) - want).abs() < 2e-3);
    }

    #[test]
    fn stays_in_its_bounds_when_every_row_is_right() {
        let t = temperature(&[vec![5.0, 0.0]], &[vec![true, false]]);
        assert!((0.12..=0.13).contains(&t), "{t}");
    }
}
