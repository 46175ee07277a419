//! Cohen's kappa: agreement beyond what two columns with these label shares would reach by chance. Higher is better; 1 is
//! full agreement, 0 that of chance, and it can be negative.
//!
//! kappa = (p_o - p_e) / (1 - p_e), p_o the share of equal rows and p_e = sum over labels of the product of the two
//! columns' shares (Cohen, A coefficient of agreement for nominal scales, 1960).

use super::confusion::Confusion;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_constant_columns_have_no_kappa() {
        let mut m = Confusion::new(2);
        m.add(1, 1, 5);
        assert_eq!(cohen_kappa(&m), None);
        m.add(0, 1, 1);
        assert_eq!(cohen_kappa(&m), Some(0.0));
    }
}
