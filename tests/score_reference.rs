//! Measures and baselines against other people's code: the expected values are in `tests/fixtures/score`, where `make.py`
//! makes them with scikit-learn, statsmodels, krippendorff, netcal, cleanlab and the scorer of the Fake News Challenge.
#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

use serde::Deserialize;
use stancekit::score::alpha::krippendorff_alpha;
use stancekit::score::baseline::{Baseline, Settings, TfidfLogistic};
use stancekit::score::confident::suspects;
use stancekit::score::fleiss::{fleiss_kappa, fleiss_kappa_of};
use stancekit::score::{Answers, Metric, exact};
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
    fleiss: Option<f64>,
    fleiss_per_label: Vec<Option<f64>>,
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
            assert!(equal(found, expected), "{name} in case {number}: {found:?}, expected {expected:?}");
        }
    }
}

/// The functions that take rows give what the names give.
#[test]
fn functions_and_names_agree() {
    use stancekit::score::{brier::brier, calibration, coverage, log_loss::log_loss, ranking};
    let Measures { labels, cases, .. } = measures();
    for case in cases {
        let answers =
            Answers::new(labels.clone(), case.gold, case.predicted).unwrap().with_probabilities(&case.probabilities).unwrap();
        let ece = calibration::expected_calibration_error(&calibration::reliability(&answers).unwrap());
        for (name, value) in [
            ("log_loss", log_loss(&answers)),
            ("brier", brier(&answers)),
            ("ece", ece),
            ("adaptive_ece", calibration::adaptive_calibration_error(&answers)),
            ("accuracy@0.7", coverage::accuracy_at(&answers, 0.7)),
            ("aurc", coverage::area_under_risk(&answers)),
            ("auroc:against", ranking::auroc(&answers, 1)),
            ("average_precision:against", ranking::average_precision(&answers, 1)),
        ] {
            assert!(equal(value, case.expected[name]), "{name}");
        }
    }
}

fn equal(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
        (found, expected) => found == expected,
    }
}

#[test]
fn agreement_of_many_readers_equals_that_of_krippendorff_and_statsmodels() {
    for units in measures().units {
        let counts: Vec<[u64; 4]> = units
            .votes
            .iter()
            .map(|votes| {
                let mut counts = [0u64; 4];
                votes.iter().flatten().for_each(|&label| counts[label] += 1);
                counts
            })
            .collect();
        let (alpha, fleiss) = (krippendorff_alpha(&counts), fleiss_kappa(&counts));
        assert!(equal(alpha, Some(units.alpha)), "{alpha:?}, expected {}", units.alpha);
        assert!(equal(fleiss, units.fleiss), "{fleiss:?}, expected {:?}", units.fleiss);
        for (label, expected) in units.fleiss_per_label.into_iter().enumerate() {
            let found = fleiss_kappa_of(&counts, label);
            assert!(equal(found, expected), "label {label}: {found:?}, expected {expected:?}");
        }
    }
}

#[derive(Deserialize)]
struct Tests {
    mcnemar: Vec<(u64, u64, f64)>,
    holm: Corrected,
    hypergeometric: Vec<(u64, u64, u64, u64, f64)>,
    confident_learning: Confident,
}

#[derive(Deserialize)]
struct Corrected {
    p: Vec<f64>,
    corrected: Vec<f64>,
}

#[derive(Deserialize)]
struct Confident {
    gold: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
    joint: Vec<Vec<usize>>,
    off_diagonal: Vec<usize>,
}

#[test]
fn tests_equal_those_of_statsmodels_and_scipy() {
    let tests: Tests = serde_json::from_str(include_str!("fixtures/score/tests.json")).unwrap();
    // Relative, since the smallest are far below 1e-9.
    let close = |found: f64, expected: f64| (found - expected).abs() <= 1e-8 * expected;
    for (b, c, expected) in tests.mcnemar {
        assert!(close(exact::mcnemar(b, c), expected), "{b} {c}: {}, expected {expected}", exact::mcnemar(b, c));
    }
    for (rows, marked, n, found, expected) in tests.hypergeometric {
        let p = exact::hypergeometric_tail(rows, marked, n, found);
        assert!(close(p, expected), "{rows} {marked} {n} {found}: {p}, expected {expected}");
    }
    for (found, expected) in exact::holm(&tests.holm.p).into_iter().zip(tests.holm.corrected) {
        assert!(close(found, expected), "{found}, expected {expected}");
    }
}

#[test]
fn suspicious_rows_are_those_of_cleanlab() {
    let tests: Tests = serde_json::from_str(include_str!("fixtures/score/tests.json")).unwrap();
    let Confident { gold, probabilities, joint, off_diagonal } = tests.confident_learning;
    let labels = ["a", "b", "c"].map(String::from).to_vec();
    let answers = Answers::new(labels, gold.clone(), gold.clone()).unwrap().with_probabilities(&probabilities).unwrap();
    let found = suspects(&answers).unwrap();
    let mut rows: Vec<usize> = found.iter().map(|s| s.row).collect();
    rows.sort_unstable();
    assert_eq!(rows, off_diagonal);
    for (i, row) in joint.iter().enumerate() {
        for (j, &expected) in row.iter().enumerate().filter(|(j, _)| *j != i) {
            assert_eq!(found.iter().filter(|s| (gold[s.row], s.label) == (i, j)).count(), expected, "gold {i}, taken for {j}");
        }
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
