//! Precision, recall and F1 of one label against the rest, and their means over labels. Higher is better.
//!
//! With TP rows of the label predicted as such, FP rows of another label predicted as this one, FN rows of this label
//! predicted as another: precision = TP / (TP + FP), recall = TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN), the harmonic
//! mean of both (van Rijsbergen, Information Retrieval, 1979). F1 is zero, and defined, when the label occurs but is never
//! hit; it is undefined when the label occurs neither in the gold labels nor in the predictions. Precision is undefined
//! where the label was never predicted, recall where it is in no gold label.
//!
//! | mean | over | as scikit-learn's |
//! |---|---|---|
//! | macro | labels for which the measure is defined, all alike | `average="macro", zero_division=np.nan` |
//! | weighted | these labels, each by its number of gold rows | `average="weighted", zero_division=np.nan` |
//! | micro | TP, FP and FN summed over labels before dividing | `average="micro"` |
//!
//! A label that is left out of a macro or weighted mean counts neither as 0 nor as 1; the report says which were left out.
//! Micro means over all labels equal accuracy; over some labels (`labels=`) they do not.

use super::confusion::Confusion;

/// What a mean is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Of the rows predicted so, the share that is so.
    Precision,
    /// Of the rows that are so, the share that is found.
    Recall,
    /// The harmonic mean of both.
    F1,
}

impl Part {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Precision, Self::Recall, Self::F1];

    /// The name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::F1 => "f1",
        }
    }

    /// The part for one label; `None` where it is undefined.
    pub fn of(self, matrix: &Confusion, label: usize) -> Option<f64> {
        let (predicted, gold) = (matrix.predicted_total(label), matrix.gold_total(label));
        self.of_sums(matrix.count(label, label), predicted, gold)
    }

    /// From hits, predictions and gold rows.
    fn of_sums(self, hits: u64, predicted: u64, gold: u64) -> Option<f64> {
        match self {
            Self::Precision => super::ratio(hits as f64, predicted as f64),
            Self::Recall => super::ratio(hits as f64, gold as f64),
            Self::F1 => super::ratio(2.0 * hits as f64, (predicted + gold) as f64),
        }
    }
}

/// Of the rows for which the label was predicted, the share whose gold label it is. `None` where it was never predicted.
pub fn precision(matrix: &Confusion, label: usize) -> Option<f64> {
    Part::Precision.of(matrix, label)
}

/// Of the rows whose gold label this is, the share for which it was predicted. `None` where it is in no gold label.
pub fn recall(matrix: &Confusion, label: usize) -> Option<f64> {
    Part::Recall.of(matrix, label)
}

/// Harmonic mean of precision and recall. `None` where the label is neither in the gold labels nor in the predictions.
pub fn f1(matrix: &Confusion, label: usize) -> Option<f64> {
    Part::F1.of(matrix, label)
}

/// Unweighted mean over the labels for which the part is defined. `None` where there are no rows.
pub fn macro_mean(matrix: &Confusion, part: Part) -> Option<f64> {
    let (mut sum, mut defined) = (0.0, 0u32);
    for value in (0..matrix.labels()).filter_map(|label| part.of(matrix, label)) {
        sum += value;
        defined += 1;
    }
    super::ratio(sum, f64::from(defined))
}

/// Unweighted mean of the F1 of the labels that occur in the gold labels or in the predictions: what scikit-learn's
/// `f1_score(average="macro")` gives when it is not told the labels. `None` where there are no rows.
pub fn macro_f1(matrix: &Confusion) -> Option<f64> {
    macro_mean(matrix, Part::F1)
}

/// Mean over the labels for which the part is defined, each weighted by its number of gold rows. `None` where no label with
/// gold rows has a value.
pub fn weighted_mean(matrix: &Confusion, part: Part) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for label in 0..matrix.labels() {
        if let Some(value) = part.of(matrix, label) {
            let rows = matrix.gold_total(label) as f64;
            sum += rows * value;
            weight += rows;
        }
    }
    super::ratio(sum, weight)
}

/// The part of the sums over the given labels. `None` where its denominator is zero.
pub fn micro_mean(matrix: &Confusion, part: Part, labels: impl IntoIterator<Item = usize>) -> Option<f64> {
    let (mut hits, mut predicted, mut gold) = (0, 0, 0);
    for label in labels {
        hits += matrix.count(label, label);
        predicted += matrix.predicted_total(label);
        gold += matrix.gold_total(label);
    }
    part.of_sums(hits, predicted, gold)
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
        assert_eq!(micro_mean(&m, Part::F1, [1, 2]), Some(0.0));
        assert_eq!(micro_mean(&m, Part::F1, [2]), None);
        for part in Part::ALL {
            assert_eq!((macro_mean(&Confusion::new(3), part), weighted_mean(&Confusion::new(3), part)), (None, None));
        }
    }
}
