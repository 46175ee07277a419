//! Measures and baselines against other people's code: the expected values are in `tests/fixtures/score`, where `make.py`
//! makes them with scikit-learn, krippendorff and statsmodels.
#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

use serde::Deserialize;
use stancekit::score::alpha::krippendorff_alpha;
use stancekit::score::baseline::{Baseline, Settings, TfidfLogistic};
use stancekit::score::{Answers, Metric};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Measures {
    labels: Vec<String>,
    cases: Vec<Case>,
    units: Vec<Units>,
}

#[derive(Deserialize)]
struct Case {
    gold: Vec<usize>,
    predicted: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
    confusion: Vec<Vec<u64>>,
    expected: BTreeMap<String, Option<f64>>,
}

#[derive(Deserialize)]
struct Units {
    votes: Vec<Vec<Option<usize>>>,
    alpha: f64,
}

fn measures() -> Measures {
    serde_json::from_str(include_str!("fixtures/score/measures.json")).unwrap()
}

#[test]
fn measures_equal_those_of_scikit_learn_krippendorff_and_statsmodels() {
    let Measures { labels, cases, .. } = measures();
    for (number, case) in cases.into_iter().enumerate() {
        let answers =
            Answers::new(labels.clone(), case.gold, case.predicted).unwrap().with_probabilities(&case.probabilities).unwrap();
        let matrix: Vec<Vec<u64>> = answers.confusion().rows().map(<[u64]>::to_vec).collect();
        assert_eq!(matrix, case.confusion, "case {number}");
        for (name, expected) in case.expected {
            let found = name.parse::<Metric>().unwrap().value(&answers);
            let equal = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
                (found, expected) => found == expected,
            };
            assert!(equal, "{name} in case {number}: {found:?}, expected {expected:?}");
        }
    }
}

/// The functions that take rows give what the names give.
#[test]
fn functions_and_names_agree() {
    use stancekit::score::{brier::brier, calibration, coverage::accuracy_at, log_loss::log_loss};
    let Measures { labels, cases, .. } = measures();
    for case in cases {
        let answers =
            Answers::new(labels.clone(), case.gold, case.predicted).unwrap().with_probabilities(&case.probabilities).unwrap();
        let ece = calibration::expected_calibration_error(&calibration::reliability(&answers).unwrap());
        for (name, value) in [
            ("log_loss", log_loss(&answers)),
            ("brier", brier(&answers)),
            ("ece", ece),
            ("accuracy@0.7", accuracy_at(&answers, 0.7)),
        ] {
            assert!((value.unwrap() - case.expected[name].unwrap()).abs() < 1e-9, "{name}");
        }
    }
}

#[test]
fn alpha_of_many_readers_equals_that_of_krippendorff() {
    for units in measures().units {
        let counts = units.votes.iter().map(|votes| {
            let mut counts = [0u64; 4];
            votes.iter().flatten().for_each(|&label| counts[label] += 1);
            counts
        });
        let alpha = krippendorff_alpha(counts).unwrap();
        assert!((alpha - units.alpha).abs() < 1e-9, "{alpha}, expected {}", units.alpha);
    }
}

#[derive(Deserialize)]
struct Baselines {
    labels: Vec<String>,
    sets: Vec<Set>,
}

#[derive(Deserialize)]
struct Set {
    min_df: usize,
    train: Vec<(String, String, usize)>,
    test: Vec<(String, String)>,
    probabilities: Vec<Vec<f64>>,
    predicted: Vec<usize>,
    features: usize,
}

#[test]
fn the_tfidf_baseline_answers_as_scikit_learns() {
    let Baselines { labels, sets } = serde_json::from_str(include_str!("fixtures/score/baseline.json")).unwrap();
    for (number, set) in sets.into_iter().enumerate() {
        let pairs: Vec<(&str, &str)> = set.train.iter().map(|(text, claim, _)| (text.as_str(), claim.as_str())).collect();
        let gold: Vec<usize> = set.train.iter().map(|(_, _, label)| *label).collect();
        let settings = Settings { min_df: set.min_df, tolerance: 1e-6, ..Settings::default() };
        let model = TfidfLogistic::train(&pairs, &gold, labels.len(), &settings).unwrap();
        assert_eq!(model.features(), set.features, "set {number}");
        for (i, (text, claim)) in set.test.iter().enumerate() {
            let found = model.probabilities(text, claim);
            for (found, expected) in found.iter().zip(&set.probabilities[i]) {
                assert!((found - expected).abs() < 1e-3, "set {number}, {text:?}: {found}, expected {expected}");
            }
            assert_eq!(model.predict(text, claim), set.predicted[i], "set {number}, {text:?}");
        }
    }
}
