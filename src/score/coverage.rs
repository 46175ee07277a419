//! Risk and coverage: how accurate the answers are if only the surest are kept.
//!
//! Accuracy at coverage c is the accuracy of the ceil(c · n) rows of highest confidence, the confidence of a row being the
//! probability of its predicted label; 1 - accuracy is the selective risk (El-Yaniv and Wiener, On the Foundations of
//! Noise-free Selective Classification, 2010). Rows of equal confidence at the cut count in proportion, which is the mean
//! over all orders of the ties: the value does not depend on the order of the rows. Higher is better.

use super::Answers;

/// A row as the curve sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranked {
    pub confidence: f64,
    pub correct: bool,
    pub group: usize,
}

/// The rows by falling confidence. `None` without probabilities.
pub(super) fn ranked(answers: &Answers) -> Option<Vec<Ranked>> {
    let columns = answers.gold().iter().zip(answers.predicted());
    let mut rows: Vec<Ranked> = answers
        .confidences()?
        .zip(columns)
        .enumerate()
        .map(|(row, (confidence, (gold, predicted)))| Ranked {
            confidence,
            correct: gold == predicted,
            group: answers.group(row),
        })
        .collect();
    rows.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    Some(rows)
}

/// Accuracy at a coverage of ranked rows, each counted as often as its group is drawn.
pub(super) fn at(rows: &[Ranked], times: impl Fn(usize) -> u64, coverage: f64) -> Option<f64> {
    let n: u64 = rows.iter().map(|row| times(row.group)).sum();
    // The small amount keeps 0.7 * 10 = 7.000000000000001 from asking for eight rows.
    let wanted = (coverage * n as f64 - 1e-9).ceil().max(0.0);
    let (mut kept, mut correct) = (0.0, 0.0);
    for tie in rows.chunk_by(|a, b| a.confidence == b.confidence) {
        let size: u64 = tie.iter().map(|row| times(row.group)).sum();
        let right: u64 = tie.iter().filter(|row| row.correct).map(|row| times(row.group)).sum();
        if size == 0 {
            continue;
        }
        let share = ((wanted - kept) / size as f64).min(1.0);
        kept += share * size as f64;
        correct += share * right as f64;
        if kept >= wanted {
            break;
        }
    }
    super::ratio(correct, kept)
}

/// Accuracy at a coverage from 0 (exclusive) to 1. `None` without rows or without probabilities.
pub fn accuracy_at(answers: &Answers, coverage: f64) -> Option<f64> {
    at(&ranked(answers)?, |_| 1, coverage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_at_the_cut_count_in_proportion() {
        let row = |confidence, correct| Ranked { confidence, correct, group: 0 };
        let rows = [row(0.9, true), row(0.6, false), row(0.6, true), row(0.6, true)];
        assert_eq!(at(&rows, |_| 1, 0.25), Some(1.0));
        let half = at(&rows, |_| 1, 0.5).unwrap();
        assert!((half - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(at(&rows, |_| 1, 1.0), Some(0.75));
        assert_eq!(at(&[], |_| 1, 1.0), None);
    }
}
