//! Krippendorff's alpha for nominal labels: agreement of any number of readers, some of whose votes may be missing. Higher
//! is better; 1 is full agreement, 0 that of chance, and it can be negative.
//!
//! alpha = 1 - D_o / D_e over the coincidence matrix: each unit with m >= 2 votes adds, for each ordered pair of its votes,
//! 1 / (m - 1). D_o is the share of unequal pairs, D_e the share expected if votes were drawn without replacement from all
//! of them (Krippendorff, Computing Krippendorff's alpha-reliability, 2011). Units with fewer than two votes do not count.

use super::confusion::Confusion;

/// Alpha of units given as counts of votes by label. `None` where no unit has two votes, or where all votes that can be
/// paired are for one label.
pub fn krippendorff_alpha<U: AsRef<[u64]>>(units: impl IntoIterator<Item = U>) -> Option<f64> {
    let mut totals: Vec<u64> = Vec::new();
    let mut disagreement = 0.0;
    for unit in units {
        let counts = unit.as_ref();
        let m: u64 = counts.iter().sum();
        if m < 2 {
            continue;
        }
        if totals.len() < counts.len() {
            totals.resize(counts.len(), 0);
        }
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
        let unequal: u64 = counts.iter().map(|c| c * (m - c)).sum();
        disagreement += unequal as f64 / (m - 1) as f64;
    }
    from_parts(&totals, disagreement)
}

/// Alpha of gold labels and predictions, taken as two readers who both labelled every row.
pub fn of_two(matrix: &Confusion) -> Option<f64> {
    let totals: Vec<u64> = (0..matrix.labels()).map(|i| matrix.gold_total(i) + matrix.predicted_total(i)).collect();
    from_parts(&totals, 2.0 * (matrix.total() - matrix.correct()) as f64)
}

/// `disagreement` is the sum of the off-diagonal coincidences.
fn from_parts(totals: &[u64], disagreement: f64) -> Option<f64> {
    let n: u64 = totals.iter().sum();
    let unequal: u128 = totals.iter().map(|&c| u128::from(c) * u128::from(n - c)).sum();
    (unequal > 0).then(|| 1.0 - (n - 1) as f64 * disagreement / unequal as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_only_or_no_pairs_is_undefined() {
        assert_eq!(krippendorff_alpha([[3, 0], [2, 0]]), None);
        assert_eq!(krippendorff_alpha([[1, 0], [0, 1]]), None);
        assert_eq!(krippendorff_alpha(Vec::<Vec<u64>>::new()), None);
        assert_eq!(krippendorff_alpha([[2, 0], [0, 2]]), Some(1.0));
    }

    #[test]
    fn gold_and_predictions_are_two_readers() {
        let mut m = Confusion::new(3);
        for (g, p) in [(0, 0), (1, 1), (2, 1), (0, 2), (1, 1)] {
            m.add(g, p, 1);
        }
        let units = [[2, 0, 0], [0, 2, 0], [0, 1, 1], [1, 0, 1], [0, 2, 0]];
        assert_eq!(of_two(&m), krippendorff_alpha(units));
    }
}
