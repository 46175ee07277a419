//! Rows whose gold label looks wrong, by confident learning (Northcutt, Jiang and Chuang, Confident Learning: Estimating
//! Uncertainty in Dataset Labels, 2021; the package cleanlab).
//!
//! A label's threshold is the mean probability that the classifier gives it on the rows labelled so: what it says when the
//! label is meant. A row that reaches the threshold of another label than its gold one, and whose most probable label among
//! those reached is not the gold one, is suspicious. The classifier must not have been trained on the rows, and it must be
//! good: a weak one suspects rows that are merely hard. The list says where to look, not what is wrong.

use super::Answers;

/// A row whose gold label looks wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspect {
    /// Its number.
    pub row: usize,
    /// The label that the classifier takes it for.
    pub label: usize,
    /// Probability of that label less probability of the gold label: the most suspicious row has the most.
    pub margin: f64,
}

/// cleanlab's allowance for rounding when a probability is held against a threshold.
const ALLOWANCE: f64 = 1e-6;

/// The suspicious rows, the most suspicious first; of equals the earlier. `None` without probabilities.
pub fn suspects(answers: &Answers) -> Option<Vec<Suspect>> {
    let k = answers.labels().len();
    let (mut sums, mut rows) = (vec![0.0; k], vec![0u64; k]);
    for (p, &gold) in answers.probabilities()?.zip(answers.gold()) {
        sums[gold] += p[gold];
        rows[gold] += 1;
    }
    // A label on no row has no threshold, and is never reached.
    let thresholds: Vec<Option<f64>> = sums.iter().zip(&rows).map(|(sum, &n)| super::ratio(*sum, n as f64)).collect();
    let mut found = Vec::new();
    for (row, (p, &gold)) in answers.probabilities()?.zip(answers.gold()).enumerate() {
        let reached = (0..k).filter(|&label| thresholds[label].is_some_and(|t| p[label] >= t - ALLOWANCE));
        let best = reached.fold(None, |best: Option<usize>, label| match best {
            Some(best) if p[best] >= p[label] => Some(best),
            _ => Some(label),
        });
        if let Some(label) = best.filter(|&label| label != gold) {
            found.push(Suspect { row, label, margin: p[label] - p[gold] });
        }
    }
    found.sort_by(|a, b| b.margin.total_cmp(&a.margin));
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_looks_like_the_other_label_is_found() {
        let labels = ["a", "b", "never"].map(String::from).to_vec();
        let rows: Vec<Vec<f64>> = [0.9, 0.8, 0.1, 0.2, 0.3, 0.55].iter().map(|p| vec![*p, 1.0 - p, 0.0]).collect();
        let answers = Answers::new(labels, vec![0, 0, 0, 1, 1, 1], vec![0, 0, 1, 1, 1, 0]).unwrap();
        assert_eq!(suspects(&answers), None);
        // Thresholds: a 0.6, b 0.65. Row 2 reaches that of b; row 5 reaches neither.
        let found = suspects(&answers.with_probabilities(&rows).unwrap()).unwrap();
        assert_eq!(found.iter().map(|s| (s.row, s.label)).collect::<Vec<_>>(), [(2, 1)]);
        assert!((found[0].margin - 0.8).abs() < 1e-12);
    }
}
