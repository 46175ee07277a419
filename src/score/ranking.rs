//! Rows in the order of a score, and what is read off that order: area under the ROC curve and average precision of one
//! label against the rest. Both are higher for better, and from 0 to 1.
//!
//! The area under the receiver operating characteristic is the chance that a row of the label scores higher than a row of
//! another, equal scores counting half (Hanley and McNeil 1982); 0.5 is chance. Average precision is Σ (R_k - R_{k-1}) P_k over
//! the thresholds k from high to low, P and R precision and recall of the rows at or above each: the area under the
//! precision-recall curve without interpolation; the label's share of the rows is chance. Both as in scikit-learn
//! (`roc_auc_score(multi_class="ovr", average="macro")`, `average_precision_score`).
//!
//! Undefined for a label that is on no row (both) or on every row (the first). Means over labels are over those for which
//! the measure is defined, and the report says which were left out.

use super::Answers;

/// Rows by falling score. A row is its group, whether it is a hit, and whether it is the last of those with its score,
/// packed in 32 bits: every bootstrap draw walks all of them.
pub(super) struct Ranking {
    rows: Vec<u32>,
    scores: Vec<f64>,
}

const HIT: u32 = 1;
const LAST_OF_TIE: u32 = 2;
const GROUP_SHIFT: u32 = 2;

/// One more than the largest number of groups that a ranking can tell apart.
pub(super) const MAX_GROUPS: u64 = 1 << (32 - GROUP_SHIFT);

impl Ranking {
    /// Ranks rows given as (score, hit, group).
    pub fn new(rows: impl Iterator<Item = (f64, bool, usize)>) -> Self {
        let mut sorted: Vec<(f64, u32)> =
            rows.map(|(score, hit, group)| (score, ((group as u32) << GROUP_SHIFT) | u32::from(hit))).collect();
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let last = |i: usize| sorted.get(i + 1).is_none_or(|next| next.0 != sorted[i].0);
        let rows = (0..sorted.len()).map(|i| sorted[i].1 | if last(i) { LAST_OF_TIE } else { 0 }).collect();
        Self { rows, scores: sorted.into_iter().map(|(score, _)| score).collect() }
    }

    /// Gives the number of rows and of hits among them of each tie from high to low, every row counted as often as its
    /// group is drawn, until told to stop by `false`. Ties without a drawn row are passed over.
    pub fn walk(&self, times: &[u32], mut tie: impl FnMut(u64, u64) -> bool) {
        let (mut size, mut hits) = (0, 0);
        for &row in &self.rows {
            let n = u64::from(times[(row >> GROUP_SHIFT) as usize]);
            size += n;
            hits += n * u64::from(row & HIT);
            if row & LAST_OF_TIE != 0 {
                if size > 0 && !tie(size, hits) {
                    return;
                }
                (size, hits) = (0, 0);
            }
        }
    }

    /// Score, whether it is a hit, and how often it is drawn, of each row from low to high.
    pub fn rising<'a>(&'a self, times: &'a [u32]) -> impl Iterator<Item = (f64, bool, u64)> + 'a {
        let row = |(&row, &score): (&u32, &f64)| (score, row & HIT != 0, u64::from(times[(row >> GROUP_SHIFT) as usize]));
        self.rows.iter().zip(&self.scores).rev().map(row)
    }

    /// Rows and hits among them.
    pub fn sums(&self, times: &[u32]) -> (u64, u64) {
        let (mut size, mut hits) = (0, 0);
        self.walk(times, |n, right| {
            size += n;
            hits += right;
            true
        });
        (size, hits)
    }

    /// The area under the receiver operating characteristic.
    pub fn auroc(&self, times: &[u32]) -> Option<f64> {
        let (mut hits, mut misses, mut below) = (0u64, 0u64, 0u128);
        self.walk(times, |size, right| {
            let wrong = size - right;
            // Twice the pairs in which a hit is above a miss, and once those in which they are equal.
            below += u128::from(wrong) * u128::from(2 * hits + right);
            hits += right;
            misses += wrong;
            true
        });
        super::ratio(below as f64 / 2.0, hits as f64 * misses as f64)
    }

    /// Average precision.
    pub fn average_precision(&self, times: &[u32]) -> Option<f64> {
        let (mut size, mut hits, mut sum) = (0u64, 0u64, 0.0);
        self.walk(times, |n, right| {
            size += n;
            hits += right;
            sum += right as f64 * (hits as f64 / size as f64);
            true
        });
        super::ratio(sum, hits as f64)
    }
}

/// The rows by their probability of a label; a hit is a row whose gold label it is. `None` without probabilities.
pub(super) fn by_label(answers: &Answers, label: usize) -> Option<Ranking> {
    let rows = answers.probabilities()?.zip(answers.gold()).enumerate();
    Some(Ranking::new(rows.map(|(row, (p, &gold))| (p[label], gold == label, answers.group(row)))))
}

/// Area under the receiver operating characteristic of one label against the rest. `None` without probabilities, and where
/// no row or every row is of the label.
pub fn auroc(answers: &Answers, label: usize) -> Option<f64> {
    by_label(answers, label)?.auroc(&vec![1; answers.group_count()])
}

/// Average precision of one label against the rest. `None` without probabilities, and where no row is of the label.
pub fn average_precision(answers: &Answers, label: usize) -> Option<f64> {
    by_label(answers, label)?.average_precision(&vec![1; answers.group_count()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_count_half_whatever_their_order() {
        let ranked = |hits: [bool; 4]| Ranking::new(hits.into_iter().map(|hit| (0.5, hit, 0)));
        for hits in [[true, false, false, false], [false, false, false, true]] {
            assert_eq!(ranked(hits).auroc(&[1]), Some(0.5));
            assert_eq!(ranked(hits).average_precision(&[1]), Some(0.25));
        }
        assert_eq!(ranked([true; 4]).auroc(&[1]), None);
        assert_eq!(ranked([false; 4]).average_precision(&[1]), None);
    }

    #[test]
    fn a_group_that_is_not_drawn_does_not_count() {
        let ranking = Ranking::new([(0.9, false, 0), (0.8, true, 1), (0.1, false, 2)].into_iter());
        assert_eq!(ranking.auroc(&[1, 1, 1]), Some(0.5));
        assert_eq!(ranking.auroc(&[0, 1, 1]), Some(1.0));
        assert_eq!(ranking.sums(&[0, 2, 1]), (3, 2));
    }
}
