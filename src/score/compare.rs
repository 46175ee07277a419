//! Whether one classifier is better than another on the same rows, and how far runs of one that differ by their seed spread.
//!
//! Both are measured on every bootstrap draw, and their differences make the interval (paired bootstrap: what is hard for
//! both cancels out). The two-sided p-value is twice the smaller share of draws on which the difference is not above, or not
//! below, zero, with one added to draws and count (Davison and Hinkley, Bootstrap Methods and their Application, 1997,
//! section 4.4): it says at which level the interval would just touch zero, and is never below 2 / (draws + 1).
//!
//! The smallest difference that the rows could show is (1.960 + 0.842) standard errors of the difference, the standard error
//! being the spread of the differences over the draws: a true difference of that size is found at the 5 % level four times
//! out of five (power 0.8; see Card et al., With Little Power Comes Great Responsibility, 2020). A set on which that is larger
//! than the difference hoped for cannot decide the question.

use super::bootstrap::{Draws, quantile};
use super::exact::{holm, mcnemar};
use super::{Answers, Direction, Metric};
use serde::Serialize;

/// Standard normal quantiles of 0.975 and 0.8, added up: two-sided tests at 5 %, power 0.8.
const DETECTABLE: f64 = 1.959_963_984_540_054 + 0.841_621_233_572_914_3;

/// A measure's difference between two classifiers: the first less the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// What was measured.
    pub metric: Metric,
    /// Which way it gets better.
    pub direction: Direction,
    /// First less second over all rows; `None` where one of them is undefined.
    pub difference: Option<f64>,
    /// Percentile interval of the difference. `None` where there are too few draws on which both are defined.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p-value of the paired bootstrap.
    pub p: Option<f64>,
    /// The same, corrected for the number of pairs compared by this measure.
    pub p_holm: Option<f64>,
    /// The smallest true difference that these rows would show in four of five cases.
    pub detectable: Option<f64>,
}

/// McNemar's exact test of the accuracies of two classifiers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct McNemar {
    /// Rows that only the first answers right.
    pub only_first: u64,
    /// Rows that only the second answers right.
    pub only_second: u64,
    /// Two-sided p-value.
    pub p: f64,
    /// The same, corrected for the number of pairs compared.
    pub p_holm: f64,
}

/// Two classifiers on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The one, as a place in the list of classifiers.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// Every measure.
    pub differences: Vec<Difference>,
    /// The test of accuracy.
    pub mcnemar: McNemar,
}

/// Compares every classifier with every other: on the draws that were made of them, in their order.
pub fn compare(answers: &[&Answers], draws: &Draws) -> Vec<Comparison> {
    let pairs = (0..answers.len()).flat_map(|a| (a + 1..answers.len()).map(move |b| (a, b)));
    let mut comparisons: Vec<Comparison> = pairs
        .map(|(first, second)| {
            let metric = |(m, metric)| difference(draws, m, metric, first, second);
            let right = |i: usize| answers[i].gold().iter().zip(answers[i].predicted()).map(|(gold, label)| gold == label);
            let (mut only_first, mut only_second) = (0, 0);
            for (a, b) in right(first).zip(right(second)) {
                only_first += u64::from(a && !b);
                only_second += u64::from(b && !a);
            }
            let p = mcnemar(only_first, only_second);
            Comparison {
                first,
                second,
                differences: draws.metrics.iter().enumerate().map(metric).collect(),
                mcnemar: McNemar { only_first, only_second, p, p_holm: p },
            }
        })
        .collect();
    let corrected = holm(&comparisons.iter().map(|c| c.mcnemar.p).collect::<Vec<_>>());
    for (comparison, p) in comparisons.iter_mut().zip(corrected) {
        comparison.mcnemar.p_holm = p;
    }
    for m in 0..draws.metrics.len() {
        let tested: Vec<(usize, f64)> =
            comparisons.iter().enumerate().filter_map(|(i, c)| Some((i, c.differences[m].p?))).collect();
        let corrected = holm(&tested.iter().map(|(_, p)| *p).collect::<Vec<_>>());
        for ((i, _), p) in tested.into_iter().zip(corrected) {
            comparisons[i].differences[m].p_holm = Some(p);
        }
    }
    comparisons
}

fn difference(draws: &Draws, m: usize, metric: &Metric, first: usize, second: usize) -> Difference {
    let less = |values: &[Vec<Option<f64>>]| Some(values[first][m]? - values[second][m]?);
    let value = less(&draws.values);
    let mut defined: Vec<f64> = draws.drawn.iter().filter_map(|values| less(values)).collect();
    defined.sort_by(f64::total_cmp);
    let n = defined.len();
    let enough = value.is_some() && n >= 2 && n * 2 >= draws.drawn.len();
    let tail = (1.0 - draws.level) / 2.0;
    let p = || {
        let not_above = defined.partition_point(|d| *d <= 0.0);
        let not_below = n - defined.partition_point(|d| *d < 0.0);
        (2.0 * (1 + not_above.min(not_below)) as f64 / (n + 1) as f64).min(1.0)
    };
    let error = || spread(&defined).map(|(_, deviation)| DETECTABLE * deviation);
    Difference {
        metric: metric.clone(),
        direction: metric.direction(),
        difference: value,
        interval: enough.then(|| [quantile(&defined, tail), quantile(&defined, 1.0 - tail)]),
        p: enough.then(p),
        p_holm: None,
        detectable: enough.then(error).flatten(),
    }
}

/// Mean and standard deviation (with n - 1) of at least two values.
fn spread(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some((mean, (squares / (values.len() - 1) as f64).sqrt()))
}

/// A measure over runs of one classifier that differ by their seed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// What was measured.
    pub metric: Metric,
    /// Mean over the runs; `None` where one of them is undefined.
    pub mean: Option<f64>,
    /// Standard deviation over the runs, with n - 1.
    pub deviation: Option<f64>,
    /// Least and greatest.
    pub range: Option<[f64; 2]>,
}

/// Mean and spread of a measure over at least two runs.
pub fn over_runs(metric: &Metric, values: &[Option<f64>]) -> Spread {
    let defined: Option<Vec<f64>> = values.iter().copied().collect();
    let both = defined.as_deref().and_then(spread);
    let range = defined
        .filter(|v| v.len() > 1)
        .map(|v| [v.iter().copied().fold(f64::INFINITY, f64::min), v.iter().copied().fold(f64::NEG_INFINITY, f64::max)]);
    Spread { metric: metric.clone(), mean: both.map(|b| b.0), deviation: both.map(|b| b.1), range }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Bootstrap;

    fn answers(wrong: impl Fn(usize) -> bool) -> Answers {
        let labels = ["a", "b"].map(String::from).to_vec();
        let gold: Vec<usize> = (0..400).map(|i| i % 2).collect();
        let predicted = gold.iter().enumerate().map(|(i, g)| if wrong(i) { 1 - g } else { *g }).collect();
        Answers::new(labels, gold, predicted).unwrap()
    }

    fn compared(systems: &[&Answers]) -> Vec<Comparison> {
        compare(systems, &Bootstrap { draws: 2000, ..Bootstrap::default() }.draws(systems, &[Metric::Accuracy]))
    }

    #[test]
    fn a_classifier_does_not_differ_from_itself() {
        let a = answers(|i| i % 5 == 0);
        let comparison = &compared(&[&a, &a])[0];
        let accuracy = &comparison.differences[0];
        assert_eq!((accuracy.difference, accuracy.interval, accuracy.p), (Some(0.0), Some([0.0, 0.0]), Some(1.0)));
        assert_eq!(comparison.mcnemar, McNemar { only_first: 0, only_second: 0, p: 1.0, p_holm: 1.0 });
    }

    /// 20 of 400 rows are right only here, 60 only there. By the normal approximation the difference of -0.1 has the standard
    /// error sqrt((80 - 40² / 400) / 400²) = 0.02179, and what could be seen is 2.8016 times that, 0.0611.
    #[test]
    fn a_difference_has_the_standard_error_of_paired_proportions() {
        let (a, b) = (answers(|i| i < 60), answers(|i| (100..120).contains(&i)));
        let comparison = &compared(&[&a, &b])[0];
        assert_eq!((comparison.mcnemar.only_first, comparison.mcnemar.only_second), (20, 60));
        let accuracy = &comparison.differences[0];
        assert!((accuracy.difference.unwrap() + 0.1).abs() < 1e-12);
        assert!((accuracy.detectable.unwrap() - 0.0611).abs() < 0.003, "{accuracy:?}");
        let [low, high] = accuracy.interval.unwrap();
        assert!((low + 0.1427).abs() < 0.006 && (high + 0.0573).abs() < 0.006, "{low} {high}");
        assert!(accuracy.p.unwrap() < 0.002 && comparison.mcnemar.p < 1e-5);
    }

    #[test]
    fn many_pairs_are_corrected() {
        let (a, b, c) = (answers(|i| i < 60), answers(|i| (100..145).contains(&i)), answers(|i| (200..250).contains(&i)));
        let comparisons = compared(&[&a, &b, &c]);
        let pairs: Vec<_> = comparisons.iter().map(|c| (c.first, c.second)).collect();
        assert_eq!(pairs, [(0, 1), (0, 2), (1, 2)]);
        for c in &comparisons {
            assert!(c.mcnemar.p_holm >= c.mcnemar.p && c.differences[0].p_holm >= c.differences[0].p);
        }
        let p: Vec<f64> = comparisons.iter().map(|c| c.mcnemar.p).collect();
        assert_eq!(comparisons.iter().map(|c| c.mcnemar.p_holm).collect::<Vec<_>>(), holm(&p));
    }

    /// numpy.std([0.5, 0.7, 0.6], ddof=1) = 0.1
    #[test]
    fn runs_spread_by_their_standard_deviation() {
        let s = over_runs(&Metric::Accuracy, &[Some(0.5), Some(0.7), Some(0.6)]);
        assert!((s.mean.unwrap() - 0.6).abs() < 1e-12 && (s.deviation.unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(s.range, Some([0.5, 0.7]));
        assert_eq!(over_runs(&Metric::Accuracy, &[Some(0.5), None]).mean, None);
        assert_eq!(over_runs(&Metric::Accuracy, &[Some(0.5)]).deviation, None);
    }
}
