//! Cohen's kappa: agreement beyond what two columns with these label shares would reach by chance. Higher is better; 1 is
//! full agreement, 0 that of chance, and it can be negative.
//!
//! kappa = (p_o - p_e) / (1 - p_e), p_o the share of equal rows and p_e = sum over labels of the product of the two
//! columns' shares (Cohen, A coefficient of agreement for nominal scales, 1960).
//!
//! Weighted kappa is for labels that are steps of a scale (against, neutral, favor): 1 - Σ w_ij o_ij / Σ w_ij e_ij, o and e
//! the observed and expected shares of gold i and prediction j, and w_ij = |i - j| (linear) or (i - j)² (quadratic) (Cohen,
//! Weighted kappa, 1968; scikit-learn's `cohen_kappa_score(labels=…, weights=…)`). The scale is named, since the order in
//! which a task lists its labels means nothing; rows with a label off the scale, in gold or prediction, are left out.

use super::confusion::Confusion;

/// What an error of d steps on the scale costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// d
    Linear,
    /// d²
    Quadratic,
}

impl Weights {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Linear, Self::Quadratic];

    /// The name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Quadratic => "quadratic",
        }
    }
}

/// Cohen's kappa of the two columns that a matrix counts. `None` where there are no rows, or where chance alone explains
/// full agreement (both columns constant and equal).
pub fn cohen_kappa(matrix: &Confusion) -> Option<f64> {
    let n = matrix.total() as f64;
    let observed = super::ratio(matrix.correct() as f64, n)?;
    // In whole numbers, so that two constant columns give exactly n * n.
    let chance: u128 =
        (0..matrix.labels()).map(|label| u128::from(matrix.gold_total(label)) * u128::from(matrix.predicted_total(label))).sum();
    if chance == u128::from(matrix.total()).pow(2) {
        return None;
    }
    let expected = chance as f64 / (n * n);
    Some((observed - expected) / (1.0 - expected))
}

/// Weighted kappa on the scale whose steps are the given labels, in their order. `None` where no row is on the scale, or
/// where both columns are constant and equal.
pub fn weighted_kappa(matrix: &Confusion, weights: Weights, scale: &[usize]) -> Option<f64> {
    let total = |i: usize| scale.iter().map(|&j| matrix.count(scale[i], j)).sum::<u64>();
    let predicted = |j: usize| scale.iter().map(|&i| matrix.count(i, scale[j])).sum::<u64>();
    let n: u64 = (0..scale.len()).map(total).sum();
    let (mut observed, mut expected) = (0u128, 0u128);
    for i in 0..scale.len() {
        for j in 0..scale.len() {
            let steps = i.abs_diff(j) as u128;
            let weight = if weights == Weights::Linear { steps } else { steps * steps };
            observed += weight * u128::from(matrix.count(scale[i], scale[j]));
            expected += weight * u128::from(total(i)) * u128::from(predicted(j));
        }
    }
    (expected > 0).then(|| 1.0 - n as f64 * observed as f64 / expected as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_constant_columns_have_no_kappa() {
        let mut m = Confusion::new(2);
        m.add(1, 1, 5);
        assert_eq!(cohen_kappa(&m), None);
        assert_eq!(weighted_kappa(&m, Weights::Linear, &[0, 1]), None);
        m.add(0, 1, 1);
        assert_eq!(cohen_kappa(&m), Some(0.0));
        assert_eq!(weighted_kappa(&m, Weights::Quadratic, &[0, 1]), Some(0.0));
    }

    #[test]
    fn rows_off_the_scale_do_not_count() {
        let mut m = Confusion::new(3);
        m.add(0, 0, 2);
        m.add(1, 1, 2);
        m.add(0, 2, 7);
        assert_eq!(weighted_kappa(&m, Weights::Linear, &[0, 1]), Some(1.0));
    }
}
