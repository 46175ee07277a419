//! Precision, recall and F1 of one label against the rest, and means of F1 over labels. Higher is better.
//!
//! With TP rows of the label predicted as such, FP rows of another label predicted as this one, FN rows of this label
//! predicted as another: precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN), the harmonic
//! mean of both (van Rijsbergen, Information Retrieval, 1979). F1 is zero, and defined, when the label occurs but is never
//! hit; it is undefined when the label occurs neither in the gold labels nor in the predictions.

use super::confusion::Confusion;

/// Of the rows for which the label was predicted, the share whose gold label it is. `None` where it was never predicted.
pub fn precision(matrix: &Confusion, label: usize) -> Option<f64> {
    super::ratio(matrix.count(label, label) as f64, matrix.predicted_total(label) as f64)
}

/// Of the rows whose gold label this is, the share for which it was predicted. `None` where it is in no gold label.
pub fn recall(matrix: &Confusion, label: usize) -> Option<f64> {
    super::ratio(matrix.count(label, label) as f64, matrix.gold_total(label) as f64)
}

/// Harmonic mean of precision and recall. `None` where the label is neither in the gold labels nor in the predictions.
pub fn f1(matrix: &Confusion, label: usize) -> Option<f64> {
    let both = matrix.gold_total(label) + matrix.predicted_total(label);
    super::ratio(2.0 * matrix.count(label, label) as f64, both as f64)
}

/// Unweighted mean of the F1 of the labels that occur in the gold labels or in the predictions: what scikit-learn's
/// `f1_score(average="macro")` gives when it is not told the labels. A label of the task that occurs in neither is left
/// out, neither counted as 0 nor as 1. `None` where there are no rows.
pub fn macro_f1(matrix: &Confusion) -> Option<f64> {
    let defined: Vec<f64> = (0..matrix.labels()).filter_map(|label| f1(matrix, label)).collect();
    super::ratio(defined.iter().sum(), defined.len() as f64)
}

/// Unweighted mean of the F1 of the given labels; with favor and against it is the score of SemEval-2016 task 6
/// (Mohammad et al. 2016), in which other labels count only through the errors that they cause. `None` where there are
/// no labels or the F1 of one of them is undefined.
pub fn mean_f1(matrix: &Confusion, labels: &[usize]) -> Option<f64> {
    let sum = labels.iter().map(|&label| f1(matrix, label)).sum::<Option<f64>>()?;
    super::ratio(sum, labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_label_is_undefined_and_a_missed_one_is_zero() {
        let mut m = Confusion::new(3);
        m.add(0, 0, 3);
        m.add(1, 0, 1);
        assert_eq!((precision(&m, 1), recall(&m, 1), f1(&m, 1)), (None, Some(0.0), Some(0.0)));
        assert_eq!((precision(&m, 2), recall(&m, 2), f1(&m, 2)), (None, None, None));
        assert_eq!(macro_f1(&m), Some(6.0 / 7.0 / 2.0));
        assert_eq!(mean_f1(&m, &[0, 2]), None);
        assert_eq!(macro_f1(&Confusion::new(3)), None);
    }
}
