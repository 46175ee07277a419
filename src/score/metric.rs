//! Names of measures, as evals and the command line write them, and the thresholds made of them.

use super::f1::Part;
use super::kappa::Weights;
use super::tally::Tally;
use super::{Answers, Confusion, fnc};
use crate::error::{Error, Result};
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Which way a measure gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// A measure by name. Parsed from and displayed as the names in the table of [`super`].
#[derive(Debug, Clone, PartialEq)]
pub enum Metric {
    /// `accuracy`
    Accuracy,
    /// `balanced_accuracy`
    BalancedAccuracy,
    /// `precision:LABEL`, `recall:LABEL`, `f1:LABEL`
    Label(Part, String),
    /// `macro_precision`, `macro_recall`, `macro_f1`
    Macro(Part),
    /// `weighted_precision`, `weighted_recall`, `weighted_f1`
    Weighted(Part),
    /// `micro_precision`, `micro_recall`, `micro_f1`, over the labels named after a colon, or over all.
    Micro(Part, Vec<String>),
    /// `semeval_f1`: the mean of the F1 of the labels named favor and against.
    SemevalF1,
    /// `mean_f1:LABEL,LABEL`
    MeanF1(Vec<String>),
    /// `fnc1`
    Fnc1,
    /// `mcc`
    Matthews,
    /// `kappa`
    Kappa,
    /// `kappa_linear:LABEL,LABEL`, `kappa_quadratic:LABEL,LABEL`: the labels are the steps of the scale, in order.
    WeightedKappa(Weights, Vec<String>),
    /// `alpha`
    Alpha,
    /// `MEASURE/claim`: the unweighted mean over the claims of a measure that needs labels only.
    ByClaim(Box<Self>),
    /// `auroc:LABEL`, or `auroc` for the mean over labels.
    Auroc(Option<String>),
    /// `average_precision:LABEL`, or `average_precision` for the mean over labels.
    AveragePrecision(Option<String>),
    /// `log_loss`
    LogLoss,
    /// `brier`
    Brier,
    /// `ece`
    Ece,
    /// `adaptive_ece`
    AdaptiveEce,
    /// `accuracy@COVERAGE`, a share above 0 and at most 1.
    AccuracyAt(f64),
    /// `aurc`
    Aurc,
}

const EXPECTED: &str = "accuracy, balanced_accuracy, macro_f1, micro_f1, weighted_f1 (or _precision, _recall), semeval_f1, \
                        mean_f1:LABEL,LABEL, precision:LABEL, recall:LABEL, f1:LABEL, fnc1, mcc, kappa, \
                        kappa_linear:LABEL,LABEL, kappa_quadratic:LABEL,LABEL, alpha, auroc[:LABEL], \
                        average_precision[:LABEL], log_loss, brier, ece, adaptive_ece, accuracy@COVERAGE, aurc; \
                        a measure of labels may end in /claim for its mean over claims";

impl Metric {
    /// `macro_f1`, the usual one.
    pub const MACRO_F1: Self = Self::Macro(Part::F1);

    /// The two labels of the SemEval score.
    pub const SEMEVAL: [&str; 2] = ["favor", "against"];

    /// Which way the measure gets better.
    pub const fn direction(&self) -> Direction {
        match self {
            Self::LogLoss | Self::Brier | Self::Ece | Self::AdaptiveEce | Self::Aurc => Direction::Lower,
            _ => Direction::Higher,
        }
    }

    /// Whether the measure needs a probability for each label.
    pub const fn needs_probabilities(&self) -> bool {
        matches!(
            self,
            Self::LogLoss
                | Self::Brier
                | Self::Ece
                | Self::AdaptiveEce
                | Self::AccuracyAt(_)
                | Self::Aurc
                | Self::Auroc(_)
                | Self::AveragePrecision(_)
        )
    }

    /// Whether the measure can be taken on these labels: an error if it names one that is not among them.
    pub fn check(&self, labels: &[String]) -> Result<()> {
        match self.named().into_iter().find(|name| !labels.iter().any(|label| label == name)) {
            Some(name) => {
                Err(Error::new(format!("metric {self} names the label {name:?}"))
                    .expected(format!("one of {}", labels.join(", "))))
            }
            None => Ok(()),
        }
    }

    /// The measure over all rows; `None` where it is undefined on them (see the family's own file for when that is).
    pub fn value(&self, answers: &Answers) -> Option<f64> {
        let metrics = std::slice::from_ref(self);
        Tally::new(answers, metrics).values(metrics, &vec![1; answers.group_count()]).pop().flatten()
    }

    /// What a reader of the value must know: why it is undefined, or which labels its mean leaves out.
    pub fn note(&self, answers: &Answers, value: Option<f64>) -> Option<String> {
        if answers.is_empty() {
            return Some("no rows".to_owned());
        }
        if self.needs_probabilities() && !answers.has_probabilities() {
            return Some("no probabilities".to_owned());
        }
        let (matrix, labels) = (answers.confusion(), answers.labels());
        let without = |undefined: &dyn Fn(usize) -> bool| {
            let names: Vec<&str> = (0..labels.len()).filter(|&i| undefined(i)).map(|i| labels[i].as_str()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let named = |names: &[&str]| names.iter().map(|name| labels.iter().position(|l| l == name)).collect::<Vec<_>>();
        let absent = |names: &[&str]| {
            let missing: Vec<&str> = names
                .iter()
                .zip(named(names))
                .filter(|(_, i)| i.is_none_or(|i| !matrix.occurs(i)))
                .map(|(name, _)| *name)
                .collect();
            format!("{} is neither in the gold labels nor in the predictions", missing.join(" or "))
        };
        let sometimes = |i: usize| (1..matrix.total()).contains(&matrix.gold_total(i));
        match self {
            Self::BalancedAccuracy | Self::Macro(Part::Recall) | Self::Weighted(Part::Recall) => {
                without(&|i| matrix.gold_total(i) == 0).map(|names| format!("without {names}: no gold rows"))
            }
            Self::Macro(Part::Precision) | Self::Weighted(Part::Precision) => {
                without(&|i| matrix.predicted_total(i) == 0).map(|names| format!("without {names}: never predicted"))
            }
            Self::Macro(Part::F1) | Self::Weighted(Part::F1) => without(&|i| !matrix.occurs(i))
                .map(|names| format!("without {names}: neither in the gold labels nor in the predictions")),
            Self::Auroc(None) => without(&|i| !sometimes(i)).map(|names| format!("without {names}: on no row or on every row")),
            Self::AveragePrecision(None) => {
                without(&|i| matrix.gold_total(i) == 0).map(|names| format!("without {names}: no gold rows"))
            }
            _ if value.is_some() => None,
            Self::Label(Part::Precision, label) => Some(format!("{label} was never predicted")),
            Self::Label(Part::Recall, label) | Self::AveragePrecision(Some(label)) => Some(format!("no gold row is {label}")),
            Self::Label(Part::F1, label) => Some(absent(&[label])),
            Self::Auroc(Some(label)) => Some(format!("{label} is on no row or on every row")),
            Self::Micro(..) => Some("none of the labels occurs".to_owned()),
            Self::SemevalF1 | Self::MeanF1(_) => Some(absent(&self.named())),
            Self::Matthews => Some("gold labels or predictions are all one label".to_owned()),
            Self::Kappa | Self::Alpha => Some("gold labels and predictions are all one label".to_owned()),
            Self::WeightedKappa(..) => Some("no rows on the scale, or all of one label".to_owned()),
            Self::ByClaim(inner) => Some(match by_claim(inner, answers) {
                None => "the rows name no claims".to_owned(),
                Some(values) => {
                    let claims: Vec<String> =
                        values.iter().filter(|(_, value)| value.is_none()).map(|(claim, _)| format!("{claim:?}")).collect();
                    format!("undefined on {}", claims.join(", "))
                }
            }),
            _ => None,
        }
    }

    /// The labels that it names.
    pub(super) fn named(&self) -> Vec<&str> {
        match self {
            Self::Label(_, label) | Self::Auroc(Some(label)) | Self::AveragePrecision(Some(label)) => vec![label],
            Self::MeanF1(labels) | Self::Micro(_, labels) | Self::WeightedKappa(_, labels) => {
                labels.iter().map(String::as_str).collect()
            }
            Self::SemevalF1 => Self::SEMEVAL.to_vec(),
            Self::Fnc1 => vec![fnc::UNRELATED],
            Self::ByClaim(inner) => inner.named(),
            _ => Vec::new(),
        }
    }

    /// The value where it follows from the confusion matrix alone; `None` where it does not, or is undefined. `index` finds
    /// a label by name.
    pub(super) fn of_matrix(&self, matrix: &Confusion, index: &dyn Fn(&str) -> Option<usize>) -> Option<f64> {
        use super::{accuracy, alpha, f1, kappa, matthews};
        let indices = || self.named().into_iter().map(index).collect::<Option<Vec<_>>>();
        match self {
            Self::Accuracy => accuracy::accuracy(matrix),
            Self::BalancedAccuracy => accuracy::balanced_accuracy(matrix),
            Self::Label(part, label) => part.of(matrix, index(label)?),
            Self::Macro(part) => f1::macro_mean(matrix, *part),
            Self::Weighted(part) => f1::weighted_mean(matrix, *part),
            Self::Micro(part, labels) if labels.is_empty() => f1::micro_mean(matrix, *part, 0..matrix.labels()),
            Self::Micro(part, _) => f1::micro_mean(matrix, *part, indices()?),
            Self::SemevalF1 | Self::MeanF1(_) => f1::mean_f1(matrix, &indices()?),
            Self::Fnc1 => fnc::fnc_score(matrix, index(fnc::UNRELATED)?),
            Self::Matthews => matthews::matthews(matrix),
            Self::Kappa => kappa::cohen_kappa(matrix),
            Self::WeightedKappa(weights, _) => kappa::weighted_kappa(matrix, *weights, &indices()?),
            Self::Alpha => alpha::of_two(matrix),
            _ => None,
        }
    }
}

/// A measure of labels on the rows of each claim, in the order in which the claims appear. `None` where the rows name none.
pub fn by_claim(metric: &Metric, answers: &Answers) -> Option<Vec<(String, Option<f64>)>> {
    let (claims, numbers) = (answers.claims()?, answers.claim_numbers()?);
    let mut matrices = vec![Confusion::new(answers.labels().len()); claims.len()];
    for ((&claim, &gold), &predicted) in numbers.iter().zip(answers.gold()).zip(answers.predicted()) {
        matrices[claim].add(gold, predicted, 1);
    }
    let index = |name: &str| answers.labels().iter().position(|label| label == name);
    Some(claims.iter().zip(matrices).map(|(claim, m)| (claim.clone(), metric.of_matrix(&m, &index))).collect())
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |family: &str, label: &Option<String>| match label {
            Some(label) => format!("{family}:{label}"),
            None => family.to_owned(),
        };
        let name = match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::SemevalF1 => "semeval_f1",
            Self::Fnc1 => "fnc1",
            Self::Matthews => "mcc",
            Self::Kappa => "kappa",
            Self::Alpha => "alpha",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::AdaptiveEce => "adaptive_ece",
            Self::Aurc => "aurc",
            Self::Label(part, label) => &format!("{}:{label}", part.as_str()),
            Self::Macro(part) => &format!("macro_{}", part.as_str()),
            Self::Weighted(part) => &format!("weighted_{}", part.as_str()),
            Self::Micro(part, labels) if labels.is_empty() => &format!("micro_{}", part.as_str()),
            Self::Micro(part, labels) => &format!("micro_{}:{}", part.as_str(), labels.join(",")),
            Self::MeanF1(labels) => &format!("mean_f1:{}", labels.join(",")),
            Self::WeightedKappa(weights, labels) => &format!("kappa_{}:{}", weights.as_str(), labels.join(",")),
            Self::ByClaim(inner) => &format!("{inner}/claim"),
            Self::Auroc(label) => &of("auroc", label),
            Self::AveragePrecision(label) => &of("average_precision", label),
            Self::AccuracyAt(coverage) => &format!("accuracy@{coverage}"),
        };
        f.pad(name)
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let unknown = || Error::new(format!("unknown metric {s:?}")).expected(EXPECTED);
        let s = s.trim();
        if let Some(inner) = s.strip_suffix("/claim") {
            let inner: Self = inner.parse()?;
            if inner.needs_probabilities() || matches!(inner, Self::ByClaim(_)) {
                return Err(Error::new(format!("metric {s:?}")).expected("a measure of labels before /claim"));
            }
            return Ok(Self::ByClaim(Box::new(inner)));
        }
        if let Some(share) = s.strip_prefix("accuracy@") {
            return match share.parse::<f64>() {
                Ok(coverage) if coverage > 0.0 && coverage <= 1.0 => Ok(Self::AccuracyAt(coverage)),
                _ => Err(Error::new(format!("coverage {share:?} in metric {s:?}")).expected("a share above 0 and at most 1")),
            };
        }
        let part = |name: &str| Part::ALL.into_iter().find(|part| part.as_str() == name);
        if let Some((family, rest)) = s.split_once(':') {
            let one = rest.trim().to_owned();
            if one.is_empty() {
                return Err(Error::new(format!("metric {s:?} names no label")).expected("LABEL after the colon"));
            }
            let many = || {
                let labels: Vec<String> = rest.split(',').map(|label| label.trim().to_owned()).collect();
                match labels.iter().enumerate().any(|(i, label)| label.is_empty() || labels[..i].contains(label)) {
                    true => Err(Error::new(format!("labels in metric {s:?}")).expected("distinct labels, separated by commas")),
                    false => Ok(labels),
                }
            };
            let weights = |name: &str| Weights::ALL.into_iter().find(|weights| weights.as_str() == name);
            return match family {
                "mean_f1" => Ok(Self::MeanF1(many()?)),
                "auroc" => Ok(Self::Auroc(Some(one))),
                "average_precision" => Ok(Self::AveragePrecision(Some(one))),
                _ => match (family.strip_prefix("micro_").and_then(part), family.strip_prefix("kappa_").and_then(weights)) {
                    (Some(part), _) => Ok(Self::Micro(part, many()?)),
                    (_, Some(weights)) => Ok(Self::WeightedKappa(weights, many()?)),
                    _ => part(family).map(|part| Self::Label(part, one)).ok_or_else(unknown),
                },
            };
        }
        let mean = |prefix: &str| s.strip_prefix(prefix).and_then(part);
        Ok(match s {
            "accuracy" => Self::Accuracy,
            "balanced_accuracy" => Self::BalancedAccuracy,
            "semeval_f1" => Self::SemevalF1,
            "fnc1" => Self::Fnc1,
            "mcc" => Self::Matthews,
            "kappa" => Self::Kappa,
            "alpha" => Self::Alpha,
            "auroc" => Self::Auroc(None),
            "average_precision" => Self::AveragePrecision(None),
            "log_loss" => Self::LogLoss,
            "brier" => Self::Brier,
            "ece" => Self::Ece,
            "adaptive_ece" => Self::AdaptiveEce,
            "aurc" => Self::Aurc,
            "kappa_linear" | "kappa_quadratic" => {
                return Err(Error::new(format!("metric {s:?} names no scale"))
                    .expected(format!("{s}:LABEL,LABEL,…"))
                    .hint("its labels are the steps of a scale, in order, as in against,neutral,favor"));
            }
            "precision" | "recall" | "f1" => {
                return Err(Error::new(format!("metric {s:?} names no label"))
                    .expected(format!("{s}:LABEL"))
                    .hint(format!("for the mean over labels, use macro_{s}")));
            }
            _ => match (mean("macro_"), mean("micro_"), mean("weighted_")) {
                (Some(part), ..) => Self::Macro(part),
                (_, Some(part), _) => Self::Micro(part, Vec::new()),
                (.., Some(part)) => Self::Weighted(part),
                _ => return Err(unknown()),
            },
        })
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The least that a run must reach, written `METRIC=VALUE`: a floor for a measure of which more is better, a ceiling for
/// one of which less is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// What is measured.
    pub metric: Metric,
    /// The worst value that passes.
    pub value: f64,
}

impl Threshold {
    /// Whether a value passes. An undefined one does not.
    pub fn passes(&self, value: Option<f64>) -> bool {
        value.is_some_and(|value| match self.metric.direction() {
            Direction::Higher => value >= self.value,
            Direction::Lower => value <= self.value,
        })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.metric, self.value)
    }
}

impl FromStr for Threshold {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let (metric, value) = s
            .rsplit_once('=')
            .ok_or_else(|| Error::new(format!("threshold {s:?}")).expected("METRIC=VALUE, as in macro_f1=0.6"))?;
        match value.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Self { metric: metric.parse()?, value: number }),
            _ => Err(Error::new(format!("value {value:?} in threshold {s:?}")).expected("a number, as in macro_f1=0.6")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in [
            "accuracy",
            "macro_f1",
            "semeval_f1",
            "mean_f1:favor,against",
            "precision:favor",
            "recall:a b",
            "f1:against",
            "kappa",
            "alpha",
            "log_loss",
            "brier",
            "ece",
            "accuracy@0.8",
            "balanced_accuracy",
            "macro_precision",
            "micro_recall",
            "micro_f1:favor,against",
            "weighted_f1",
            "fnc1",
            "mcc",
            "kappa_linear:against,neutral,favor",
            "kappa_quadratic:no,yes",
            "semeval_f1/claim",
            "f1:a b/claim",
            "auroc",
            "auroc:favor",
            "average_precision",
            "average_precision:favor",
            "adaptive_ece",
            "aurc",
        ] {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn wrong_names_say_what_would_be_right() {
        for (name, part) in [
            ("f2", "unknown metric \"f2\"; expected accuracy, balanced_accuracy"),
            ("f1", "expected f1:LABEL"),
            ("f1:", "names no label"),
            ("mean_f1:a,,b", "distinct labels"),
            ("mean_f1:a,a", "distinct labels"),
            ("accuracy@0", "above 0"),
            ("accuracy@NaN", "above 0"),
            ("gini:favor", "unknown metric"),
            ("kappa_linear", "names no scale"),
            ("ece/claim", "a measure of labels"),
            ("accuracy/claim/claim", "a measure of labels"),
        ] {
            let e = name.parse::<Metric>().unwrap_err().to_string();
            assert!(e.contains(part), "{name}: {e}");
        }
        let e = Metric::SemevalF1.check(&["yes".into(), "no".into()]).unwrap_err().to_string();
        assert!(e.contains("\"favor\"; expected one of yes, no"), "{e}");
    }

    #[test]
    fn a_threshold_knows_its_direction() {
        let floor: Threshold = "f1:favor=0.5".parse().unwrap();
        assert!(floor.passes(Some(0.5)) && !floor.passes(Some(0.49)) && !floor.passes(None));
        let ceiling: Threshold = "ece=0.1".parse().unwrap();
        assert!(ceiling.passes(Some(0.05)) && !ceiling.passes(Some(0.2)));
        for bad in ["ece", "ece=", "ece=x", "ece=inf", "=1"] {
            assert!(bad.parse::<Threshold>().is_err(), "{bad}");
        }
    }

    #[test]
    fn undefined_values_and_partial_means_say_why() {
        let labels = ["favor", "against", "neutral"].map(String::from).to_vec();
        let answers = Answers::new(labels, vec![0, 0, 0], vec![0, 0, 1]).unwrap().with_claims(&["x", "y", "y"]).unwrap();
        for (name, part) in [
            ("macro_f1", "without neutral"),
            ("macro_precision", "without neutral: never predicted"),
            ("balanced_accuracy", "without against, neutral: no gold rows"),
            ("f1:neutral", "neutral is neither"),
            ("precision:neutral", "never predicted"),
            ("recall:against", "no gold row is against"),
            ("mean_f1:against,neutral", "neutral is neither"),
            ("semeval_f1/claim", "undefined on \"x\""),
            ("mcc", "all one label"),
            ("kappa_linear:neutral,against", "on the scale"),
            ("log_loss", "no probabilities"),
            ("auroc", "no probabilities"),
        ] {
            let metric: Metric = name.parse().unwrap();
            let note = metric.note(&answers, metric.value(&answers)).unwrap();
            assert!(note.contains(part), "{name}: {note}");
        }
        assert_eq!(Metric::Accuracy.note(&answers, Metric::Accuracy.value(&answers)), None);
    }
}
