//! The weighted score of the Fake News Challenge, stage 1 (Pomerleau and Rao 2017): finding out that a text is not about
//! the claim is easy and earns little, its stance earns the rest. Higher is better; from 0 to 1.
//!
//! A row whose gold label is `unrelated` is worth 0.25, any other row 1. Answering it right earns all of that; a related
//! label other than the gold one earns 0.25 on a related row. The score is what was earned over what there was to earn
//! (the challenge's scorer prints both; its published figures are the quotient, as "relative score").

use super::confusion::Confusion;

/// The label that names rows which are not about the claim.
pub const UNRELATED: &str = "unrelated";

/// Earned over earnable, `unrelated` being the index of that label. `None` where there are no rows.
pub fn fnc_score(matrix: &Confusion, unrelated: usize) -> Option<f64> {
    let all_unrelated = matrix.gold_total(unrelated);
    let hit_unrelated = matrix.count(unrelated, unrelated);
    let related = matrix.total() - all_unrelated;
    let hit_related = matrix.correct() - hit_unrelated;
    // Related rows that were answered with any related label.
    let seen_as_related = related - (matrix.predicted_total(unrelated) - hit_unrelated);
    let earned = 0.25 * hit_unrelated as f64 + 0.75 * hit_related as f64 + 0.25 * seen_as_related as f64;
    super::ratio(earned, 0.25 * all_unrelated as f64 + related as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: rows worth 1 + 1 + 0.25 + 0.25; earned 1 (right), 0.25 (related, wrong side), 0.25 (right), 0.
    #[test]
    fn a_wrong_side_earns_a_quarter() {
        let mut m = Confusion::new(3);
        for (gold, predicted) in [(0, 0), (0, 1), (2, 2), (2, 1)] {
            m.add(gold, predicted, 1);
        }
        assert_eq!(fnc_score(&m, 2), Some(1.5 / 2.5));
        assert_eq!(fnc_score(&Confusion::new(3), 2), None);
    }
}
