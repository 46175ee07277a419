//! How sure a score is: percentile bootstrap intervals, drawn by group.
//!
//! Sentences of one article are alike, so that an interval from resampled rows would be too narrow. A draw takes as many
//! groups as there are, with replacement, each with all its rows (the cluster bootstrap: Field and Welsh, Bootstrapping
//! clustered data, 2007), and the interval is from the (1 - level) / 2 to the (1 + level) / 2 quantile of the measure over
//! the draws (Efron 1979), quantiles interpolated linearly as numpy does. Percentile intervals are too narrow when there
//! are few groups: with fewer than about twenty, read them as a lower bound of the doubt.
//!
//! Draw i reads stream i of ChaCha8 under the seed: the result does not depend on the number of threads, and two models
//! scored on the same rows see the same draws.

use super::tally::Tally;
use super::{Answers, Direction, Metric};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use serde::Serialize;

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bootstrap {
    /// Number of draws; 0 for no intervals.
    pub draws: u32,
    /// Share of the draws that the interval covers.
    pub level: f64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { draws: 1000, level: 0.95, seed: 0 }
    }
}

/// A measure with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// What was measured.
    pub metric: Metric,
    /// Which way it gets better.
    pub direction: Direction,
    /// The value over all rows; `None` where it is undefined.
    pub value: Option<f64>,
    /// Lower and upper end of the interval. `None` where the value is undefined, where there are fewer than two groups or
    /// two draws, and where the measure is undefined on more than half of the draws.
    pub interval: Option<[f64; 2]>,
    /// Why the value is undefined, or what its mean leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Draws on which the measure was undefined; they are left out of the interval.
    pub undefined_draws: u32,
    /// Rows that were scored.
    pub rows: usize,
    /// Groups that they form: what was drawn.
    pub groups: usize,
}

/// How often each group is in a draw: as many groups as there are, with replacement.
pub fn draw(groups: usize, seed: u64, number: u32) -> Vec<u32> {
    let mut times = Vec::new();
    draw_into(&mut times, groups, seed, number);
    times
}

fn draw_into(times: &mut Vec<u32>, groups: usize, seed: u64, number: u32) {
    times.clear();
    times.resize(groups, 0);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(number));
    for _ in 0..groups {
        times[below(&mut rng, groups)] += 1;
    }
}

/// An even draw from 0 to `bound` - 1 (Lemire, Fast random integer generation in an interval, 2019). Our own, since that of
/// `rand` may change between versions and with it every interval on record. `bound` is above 0.
pub(crate) fn below(rng: &mut impl RngCore, bound: usize) -> usize {
    let Ok(bound) = u32::try_from(bound) else { return (rng.next_u64() % bound as u64) as usize };
    let mut product = u64::from(rng.next_u32()) * u64::from(bound);
    if (product as u32) < bound {
        let rejected = bound.wrapping_neg() % bound;
        while (product as u32) < rejected {
            product = u64::from(rng.next_u32()) * u64::from(bound);
        }
    }
    (product >> 32) as usize
}

/// The percentile interval of a measure that is given how often each row is drawn, rows of one group together. `None` where it
/// is undefined on more than half of the draws, and where there are fewer than two groups or two draws.
pub fn percentile_interval<S: AsRef<str>>(
    bootstrap: &Bootstrap,
    groups: &[S],
    measure: impl Fn(&[u32]) -> Option<f64> + Sync,
) -> Option<[f64; 2]> {
    let (numbers, count) = super::answers::number(groups);
    if count < 2 {
        return None;
    }
    let drawn: Vec<Option<f64>> = (0..bootstrap.draws)
        .into_par_iter()
        .map(|number| {
            let times = draw(count, bootstrap.seed, number);
            measure(&numbers.iter().map(|&group| times[group]).collect::<Vec<_>>())
        })
        .collect();
    let mut defined: Vec<f64> = drawn.iter().flatten().copied().collect();
    defined.sort_by(f64::total_cmp);
    let tail = (1.0 - bootstrap.level) / 2.0;
    let enough = defined.len() >= 2 && defined.len() * 2 >= drawn.len();
    enough.then(|| [quantile(&defined, tail), quantile(&defined, 1.0 - tail)])
}

/// Quantile of sorted values, of which there is at least one, interpolated linearly between neighbours.
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// What several classifiers reach on the same draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    /// What was measured.
    pub metrics: Vec<Metric>,
    /// Share of the draws that intervals cover.
    pub level: f64,
    /// The measures over all rows, by classifier.
    pub values: Vec<Vec<Option<f64>>>,
    /// The measures on each draw, by classifier.
    pub drawn: Vec<Vec<Vec<Option<f64>>>>,
}

impl Bootstrap {
    /// Draws rows, and measures every classifier on each draw. All must answer the same rows, in the same groups.
    pub fn draws(&self, answers: &[&Answers], metrics: &[Metric]) -> Draws {
        let groups = answers.first().map_or(0, |a| a.group_count());
        let tallies: Vec<Tally> = answers.iter().map(|answers| Tally::new(answers, metrics)).collect();
        let measure = |times: &[u32]| tallies.iter().map(|tally| tally.values(metrics, times)).collect::<Vec<_>>();
        let draws = if groups < 2 { 0 } else { self.draws };
        let drawn = (0..draws)
            .into_par_iter()
            .map_init(Vec::new, |times, number| {
                draw_into(times, groups, self.seed, number);
                measure(times)
            })
            .collect();
        Draws { metrics: metrics.to_vec(), level: self.level, values: measure(&vec![1; groups]), drawn }
    }

    /// Every measure over all rows, with its interval.
    pub fn estimate(&self, answers: &Answers, metrics: &[Metric]) -> Vec<Estimate> {
        self.draws(&[answers], metrics).estimates(0, answers)
    }
}

impl Draws {
    /// Every measure of a classifier (by its place, with its answers) with its interval.
    pub fn estimates(&self, classifier: usize, answers: &Answers) -> Vec<Estimate> {
        let estimate = |(i, metric): (usize, &Metric)| {
            let value = self.values[classifier][i];
            let mut defined: Vec<f64> = self.drawn.iter().filter_map(|values| values[classifier][i]).collect();
            defined.sort_by(f64::total_cmp);
            let enough = value.is_some() && defined.len() >= 2 && defined.len() * 2 >= self.drawn.len();
            let tail = (1.0 - self.level) / 2.0;
            Estimate {
                metric: metric.clone(),
                direction: metric.direction(),
                value,
                interval: enough.then(|| [quantile(&defined, tail), quantile(&defined, 1.0 - tail)]),
                note: metric.note(answers, value),
                undefined_draws: (self.drawn.len() - defined.len()) as u32,
                rows: answers.len(),
                groups: answers.group_count(),
            }
        };
        self.metrics.iter().enumerate().map(estimate).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(n: usize) -> Answers {
        let labels = ["favor", "against", "neutral"].map(String::from).to_vec();
        let gold: Vec<usize> = (0..n).map(|i| i % 3).collect();
        let predicted: Vec<usize> = (0..n).map(|i| if i % 5 == 0 { (i + 1) % 3 } else { i % 3 }).collect();
        Answers::new(labels, gold, predicted).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_seed_another() {
        let (answers, metrics) = (answers(200), [Metric::Accuracy, Metric::MACRO_F1, Metric::Kappa]);
        let a = Bootstrap::default().estimate(&answers, &metrics);
        assert_eq!(a, Bootstrap::default().estimate(&answers, &metrics));
        assert_ne!(a, Bootstrap { seed: 1, ..Bootstrap::default() }.estimate(&answers, &metrics));
    }

    #[test]
    fn a_draw_equals_the_measure_on_the_rows_drawn() {
        let groups: Vec<String> = (0..60).map(|i| format!("article {}", i % 7)).collect();
        let rows: Vec<Vec<f64>> =
            (0..60).map(|i| vec![0.2 + 0.01 * f64::from(i), 0.5 - 0.005 * f64::from(i), 0.3 - 0.005 * f64::from(i)]).collect();
        let answers = answers(60).with_probabilities(&rows).unwrap().with_groups(&groups).unwrap();
        let claims: Vec<String> = (0..60).map(|i| format!("claim {}", i / 30)).collect();
        let answers = answers.with_claims(&claims).unwrap();
        let metrics: Vec<Metric> = "accuracy balanced_accuracy macro_f1 macro_precision weighted_f1 micro_f1:favor,against semeval_f1 \
            semeval_f1/claim f1:neutral mcc kappa kappa_quadratic:against,neutral,favor alpha auroc auroc:favor average_precision \
            log_loss brier ece adaptive_ece accuracy@0.4 aurc"
            .split_whitespace()
            .map(|name| name.parse().unwrap())
            .collect();
        let times = draw(7, 3, 5);
        assert_eq!(times.iter().sum::<u32>(), 7);
        let fast = Tally::new(&answers, &metrics).values(&metrics, &times);

        let picked: Vec<usize> = (0..60).flat_map(|i| vec![i; times[answers.group(i)] as usize]).collect();
        let slow = Answers::new(
            answers.labels().to_vec(),
            picked.iter().map(|&i| answers.gold()[i]).collect(),
            picked.iter().map(|&i| answers.predicted()[i]).collect(),
        )
        .unwrap()
        .with_probabilities(&picked.iter().map(|&i| rows[i].clone()).collect::<Vec<_>>())
        .unwrap()
        .with_claims(&picked.iter().map(|&i| claims[i].as_str()).collect::<Vec<_>>())
        .unwrap();
        for (metric, fast) in metrics.iter().zip(fast) {
            let slow = metric.value(&slow);
            assert!((fast.unwrap() - slow.unwrap()).abs() < 1e-12, "{metric}: {fast:?} and {slow:?}");
        }
    }

    /// The normal approximation is good at this size: 0.8 ± 1.96 · sqrt(0.8 · 0.2 / 2000) = 0.8 ± 0.0175.
    #[test]
    fn an_interval_of_independent_rows_is_as_wide_as_the_normal_one() {
        let estimate = Bootstrap { draws: 4000, ..Bootstrap::default() }.estimate(&answers(2000), &[Metric::Accuracy]);
        let [low, high] = estimate[0].interval.unwrap();
        assert!((low - 0.7825).abs() < 0.002 && (high - 0.8175).abs() < 0.002, "{low} {high}");
    }

    #[test]
    fn rows_that_come_in_groups_widen_the_interval() {
        let width = |answers: &Answers| {
            let [low, high] = Bootstrap::default().estimate(answers, &[Metric::Accuracy])[0].interval.unwrap();
            high - low
        };
        // Five rows an article, all right or all wrong: a fifth of the articles is wrong.
        let gold = vec![0; 1000];
        let predicted: Vec<usize> = (0..1000).map(|i| usize::from(i / 5 % 5 == 0)).collect();
        let rows = Answers::new(vec!["a".into(), "b".into()], gold, predicted).unwrap();
        let groups: Vec<String> = (0..1000).map(|i| (i / 5).to_string()).collect();
        let ratio = width(&rows.clone().with_groups(&groups).unwrap()) / width(&rows);
        assert!((ratio - 5f64.sqrt()).abs() < 0.2, "{ratio}");
    }

    #[test]
    fn undefined_is_said() {
        let one = Answers::new(vec!["a".into(), "b".into()], vec![0; 4], vec![0; 4]).unwrap();
        let estimates = Bootstrap::default().estimate(&one, &[Metric::Kappa, "f1:b".parse().unwrap(), Metric::Ece]);
        for e in estimates {
            assert_eq!((e.value, e.interval, e.undefined_draws), (None, None, 1000), "{}", e.metric);
        }
        let empty = Answers::new(vec!["a".into()], vec![], vec![]).unwrap();
        assert_eq!(Bootstrap::default().estimate(&empty, &[Metric::Accuracy, Metric::MACRO_F1])[0].value, None);
    }

    #[test]
    fn quantiles_are_numpys() {
        // numpy.quantile([1, 2, 4, 8], [0.025, 0.5, 0.975]) = 1.075, 3.0, 7.7
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (q, expected) in [(0.025, 1.075), (0.5, 3.0), (0.975, 7.7)] {
            assert!((quantile(&sorted, q) - expected).abs() < 1e-12);
        }
    }

    /// Every group is drawn as often as every other: chi-square with 9 degrees of freedom, 99.9 % quantile 27.9.
    #[test]
    fn draws_are_even() {
        let mut counts = [0f64; 10];
        for number in 0..1000 {
            for (count, times) in counts.iter_mut().zip(draw(10, 42, number)) {
                *count += f64::from(times);
            }
        }
        let chi: f64 = counts.iter().map(|c| (c - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 27.9, "{chi}");
    }
}
