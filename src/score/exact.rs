//! Exact tests on counts, and the correction for many of them.

/// ln n!
fn ln_factorial(n: u64) -> f64 {
    libm::lgamma(n as f64 + 1.0)
}

/// ln of the number of ways to choose k of n; k <= n.
fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// McNemar's exact test of two classifiers on the same rows (McNemar 1947; exact by the binomial distribution): of the rows
/// that just one of them answers right, `only_first` are the one's and `only_second` the other's. The two-sided p-value
/// under "either is as likely": twice the smaller tail, at most 1, as in statsmodels' `mcnemar(exact=True)`. It takes rows as
/// independent: where they come in groups, the paired bootstrap over groups is the safer test.
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let (n, fewer) = (only_first + only_second, only_first.min(only_second));
    let tail: f64 = (0..=fewer).map(|k| (ln_choose(n, k) - n as f64 * std::f64::consts::LN_2).exp()).sum();
    (2.0 * tail).min(1.0)
}

/// The chance that `n` rows drawn without replacement from `rows`, of which `marked` are marked, hold `found` marked ones or
/// more: the upper tail of the hypergeometric distribution (Fisher's exact test, one-sided; scipy's `hypergeom.sf`). 1 where
/// the counts cannot be.
pub fn hypergeometric_tail(rows: u64, marked: u64, n: u64, found: u64) -> f64 {
    if marked > rows || n > rows {
        return 1.0;
    }
    let least = (n + marked).saturating_sub(rows);
    if found <= least {
        return 1.0;
    }
    let all = ln_choose(rows, n);
    let term = |k: u64| (ln_choose(marked, k) + ln_choose(rows - marked, n - k) - all).exp();
    (found..=n.min(marked)).map(term).sum::<f64>().min(1.0)
}

/// Holm's correction of p-values for their number (Holm, A simple sequentially rejective multiple test procedure, 1979): the
/// i-th smallest of m is multiplied by m - i + 1 and made no smaller than the one before it, at most 1. Comparing what comes
/// out with 0.05 keeps the chance of any false alarm among all of them below 5 %, however they depend on each other.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut least = 0f64;
    for (rank, &i) in order.iter().enumerate() {
        least = least.max(p_values[i] * (p_values.len() - rank) as f64).min(1.0);
        corrected[i] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_tell_apart_is_no_finding() {
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(1, 0), 1.0);
        assert_eq!(hypergeometric_tail(10, 0, 4, 0), 1.0);
        assert_eq!(hypergeometric_tail(10, 11, 4, 1), 1.0);
        assert_eq!(hypergeometric_tail(10, 3, 4, 4), 0.0);
        assert!(holm(&[]).is_empty());
    }

    /// Of four rows two are marked: both of a pair are with a chance of 1 in 6.
    #[test]
    fn a_small_case_by_hand() {
        assert!((hypergeometric_tail(4, 2, 2, 2) - 1.0 / 6.0).abs() < 1e-12);
        assert_eq!(holm(&[0.04, 0.01, 0.03]).iter().map(|p| (p * 1e6).round() / 1e6).collect::<Vec<_>>(), [0.06, 0.03, 0.06]);
    }
}
