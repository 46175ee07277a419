//! Matthews correlation of gold and predicted labels: higher is better; 1 is full agreement, 0 no relation, negative the
//! contrary.
//!
//! For two labels the correlation of two columns of 0 and 1 (Matthews 1975); for more, Gorodkin's R_k (Comparing two
//! K-category assignments by a K-category correlation coefficient, 2004), as in scikit-learn's `matthews_corrcoef`:
//! (c s - Σ p_k t_k) / sqrt((s² - Σ p_k²) (s² - Σ t_k²)) with c correct rows of s, p_k predictions and t_k gold rows of label
//! k. scikit-learn gives 0 where a column is constant; here that is undefined.

use super::confusion::Confusion;

/// The correlation. `None` where gold or predictions are all one label, and where there are no rows.
pub fn matthews(matrix: &Confusion) -> Option<f64> {
    let s = i128::from(matrix.total());
    let (mut both, mut gold, mut predicted) = (0i128, 0i128, 0i128);
    for label in 0..matrix.labels() {
        let (t, p) = (i128::from(matrix.gold_total(label)), i128::from(matrix.predicted_total(label)));
        both += t * p;
        gold += t * t;
        predicted += p * p;
    }
    // In whole numbers, so that a constant column gives exactly zero.
    let (vary_gold, vary_predicted) = (s * s - gold, s * s - predicted);
    let covariance = i128::from(matrix.correct()) * s - both;
    super::ratio(covariance as f64, (vary_gold as f64).sqrt() * (vary_predicted as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_column_has_no_correlation() {
        let mut m = Confusion::new(2);
        m.add(0, 1, 3);
        m.add(1, 1, 2);
        assert_eq!(matthews(&m), None);
        let mut m = Confusion::new(2);
        m.add(0, 1, 3);
        m.add(1, 0, 2);
        assert!((matthews(&m).unwrap() + 1.0).abs() < 1e-12);
    }
}
