//! Risk and coverage: how accurate the answers are if only the surest are kept.
//!
//! Accuracy at coverage c is the accuracy of the ceil(c · n) rows of highest confidence, the confidence of a row being the
//! probability of its predicted label; higher is better. 1 - accuracy is the selective risk (El-Yaniv and Wiener, On the
//! Foundations of Noise-free Selective Classification, 2010), and its mean over the coverages 1/n, 2/n … 1 is the area under the
//! risk-coverage curve (AURC; Geifman, Uziel and El-Yaniv, Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers,
//! 2019); lower is better. A classifier of accuracy a that orders its rows perfectly has about (1 - a) + a ln a, one whose
//! confidence says nothing has 1 - a.
//!
//! Rows of equal confidence count in proportion, which is the mean over all orders of the ties: no value depends on the
//! order of the rows.

use super::Answers;
use super::ranking::Ranking;
use serde::Serialize;

/// The rows by their confidence; a hit is a row answered right. `None` without probabilities.
pub(super) fn ranked(answers: &Answers) -> Option<Ranking> {
    let columns = answers.gold().iter().zip(answers.predicted());
    let rows = answers.confidences()?.zip(columns).enumerate();
    Some(Ranking::new(rows.map(|(row, (confidence, (gold, predicted)))| (confidence, gold == predicted, answers.group(row)))))
}

/// Accuracy at a coverage of ranked rows, each counted as often as its group is drawn.
pub(super) fn at(rows: &Ranking, times: &[u32], coverage: f64) -> Option<f64> {
    let n = rows.sums(times).0;
    // The small amount keeps 0.7 * 10 = 7.000000000000001 from asking for eight rows.
    let wanted = (coverage * n as f64 - 1e-9).ceil().max(0.0);
    let (mut kept, mut correct) = (0.0, 0.0);
    rows.walk(times, |size, right| {
        let share = ((wanted - kept) / size as f64).min(1.0);
        kept += share * size as f64;
        correct += share * right as f64;
        kept < wanted
    });
    super::ratio(correct, kept)
}

/// Mean risk over all coverages of ranked rows.
pub(super) fn area(rows: &Ranking, times: &[u32]) -> Option<f64> {
    let (mut kept, mut correct, mut sum) = (0.0, 0.0, 0.0);
    rows.walk(times, |size, right| {
        let share = right as f64 / size as f64;
        for _ in 0..size {
            kept += 1.0;
            correct += share;
            sum += 1.0 - correct / kept;
        }
        true
    });
    super::ratio(sum, kept)
}

/// Accuracy at a coverage from 0 (exclusive) to 1. `None` without rows or without probabilities.
pub fn accuracy_at(answers: &Answers, coverage: f64) -> Option<f64> {
    at(&ranked(answers)?, &vec![1; answers.group_count()], coverage)
}

/// Area under the risk-coverage curve. `None` without rows or without probabilities.
pub fn area_under_risk(answers: &Answers) -> Option<f64> {
    area(&ranked(answers)?, &vec![1; answers.group_count()])
}

/// A point of the risk-coverage curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Share of the rows that are kept.
    pub coverage: f64,
    /// Share of these that are answered wrong.
    pub risk: f64,
    /// The least confidence among them.
    pub confidence: f64,
}

/// The curve at up to `points` coverages, evenly spaced, the last being 1. `None` without rows or without probabilities.
pub fn curve(answers: &Answers, points: usize) -> Option<Vec<Point>> {
    let (rows, times) = (ranked(answers)?, vec![1; answers.group_count()]);
    let confidences: Vec<f64> = rows.rising(&times).map(|(confidence, ..)| confidence).collect();
    let n = confidences.len();
    let counts = (1..=points).map(|i| (n * i).div_ceil(points)).filter(|&kept| kept > 0);
    let mut counts: Vec<usize> = counts.collect();
    counts.dedup();
    let point = |kept: usize| {
        let coverage = kept as f64 / n as f64;
        Some(Point { coverage, risk: 1.0 - at(&rows, &times, coverage)?, confidence: confidences[n - kept] })
    };
    counts.into_iter().map(point).collect::<Option<Vec<_>>>().filter(|curve| !curve.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(rows: &[(f64, bool)]) -> Ranking {
        Ranking::new(rows.iter().map(|&(confidence, correct)| (confidence, correct, 0)))
    }

    #[test]
    fn ties_at_the_cut_count_in_proportion() {
        let rows = ranking(&[(0.9, true), (0.6, false), (0.6, true), (0.6, true)]);
        assert_eq!(at(&rows, &[1], 0.25), Some(1.0));
        let half = at(&rows, &[1], 0.5).unwrap();
        assert!((half - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert_eq!(at(&rows, &[1], 1.0), Some(0.75));
        assert_eq!(at(&ranking(&[]), &[1], 1.0), None);
    }

    /// The area is the mean over the three orders of the tie: risks after 1, 2, 3, 4 rows.
    #[test]
    fn the_area_is_the_mean_over_the_orders_of_ties() {
        let risk = |order: [bool; 4]| {
            (1..=4).map(|k| order[..k].iter().filter(|right| !**right).count() as f64 / k as f64).sum::<f64>() / 4.0
        };
        let expected =
            (risk([true, false, true, true]) + risk([true, true, false, true]) + risk([true, true, true, false])) / 3.0;
        let found = area(&ranking(&[(0.9, true), (0.6, false), (0.6, true), (0.6, true)]), &[1]).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn the_curve_ends_with_the_error_of_all_rows() {
        let labels = ["a", "b"].map(String::from).to_vec();
        let rows: Vec<Vec<f64>> = (0..10).map(|i| vec![0.95 - 0.04 * f64::from(i), 0.05 + 0.04 * f64::from(i)]).collect();
        let answers = Answers::new(labels, vec![0, 0, 0, 0, 0, 0, 0, 1, 1, 0], vec![0; 10]).unwrap();
        assert_eq!(curve(&answers, 5), None);
        let points = curve(&answers.with_probabilities(&rows).unwrap(), 4).unwrap();
        assert_eq!(points.iter().map(|p| p.coverage).collect::<Vec<_>>(), [0.3, 0.5, 0.8, 1.0]);
        assert!((points[3].risk - 0.2).abs() < 1e-12 && points[0].risk == 0.0);
        assert!((points[0].confidence - 0.87).abs() < 1e-12);
    }
}
