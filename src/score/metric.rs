//! Names of measures, as evals and the command line write them, and the thresholds made of them.

use super::Answers;
use super::tally::Tally;
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
    /// `precision:LABEL`
    Precision(String),
    /// `recall:LABEL`
    Recall(String),
    /// `f1:LABEL`
    F1(String),
    /// `macro_f1`
    MacroF1,
    /// `semeval_f1`: the mean of the F1 of the labels named favor and against.
    SemevalF1,
    /// `mean_f1:LABEL,LABEL`
    MeanF1(Vec<String>),
    /// `kappa`
    Kappa,
    /// `alpha`
    Alpha,
    /// `log_loss`
    LogLoss,
    /// `brier`
    Brier,
    /// `ece`
    Ece,
    /// `accuracy@COVERAGE`, a share above 0 and at most 1.
    AccuracyAt(f64),
}

const EXPECTED: &str = "accuracy, macro_f1, semeval_f1, mean_f1:LABEL,LABEL, precision:LABEL, recall:LABEL, f1:LABEL, \
                        kappa, alpha, log_loss, brier, ece or accuracy@COVERAGE";

impl Metric {
    /// The two labels of the SemEval score.
    pub const SEMEVAL: [&str; 2] = ["favor", "against"];

    /// Which way the measure gets better.
    pub const fn direction(&self) -> Direction {
        match self {
            Self::LogLoss | Self::Brier | Self::Ece => Direction::Lower,
            _ => Direction::Higher,
        }
    }

    /// Whether the measure needs a probability for each label.
    pub const fn needs_probabilities(&self) -> bool {
        matches!(self, Self::LogLoss | Self::Brier | Self::Ece | Self::AccuracyAt(_))
    }

    /// Whether the measure can be taken on these labels: an error if it names one that is not among them.
    pub fn check(&self, labels: &[String]) -> Result<()> {
        match self.named().find(|name| !labels.iter().any(|label| label == name)) {
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

    /// The labels that it names.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        let (one, many): (&[&str], &[String]) = match self {
            Self::Precision(label) | Self::Recall(label) | Self::F1(label) => (&[], std::slice::from_ref(label)),
            Self::MeanF1(labels) => (&[], labels),
            Self::SemevalF1 => (&Self::SEMEVAL, &[]),
            _ => (&[], &[]),
        };
        one.iter().copied().chain(many.iter().map(String::as_str))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Accuracy => "accuracy",
            Self::MacroF1 => "macro_f1",
            Self::SemevalF1 => "semeval_f1",
            Self::Kappa => "kappa",
            Self::Alpha => "alpha",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Precision(label) => &format!("precision:{label}"),
            Self::Recall(label) => &format!("recall:{label}"),
            Self::F1(label) => &format!("f1:{label}"),
            Self::MeanF1(labels) => &format!("mean_f1:{}", labels.join(",")),
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
        if let Some(share) = s.strip_prefix("accuracy@") {
            return match share.parse::<f64>() {
                Ok(coverage) if coverage > 0.0 && coverage <= 1.0 => Ok(Self::AccuracyAt(coverage)),
                _ => Err(Error::new(format!("coverage {share:?} in metric {s:?}")).expected("a share above 0 and at most 1")),
            };
        }
        if let Some((family, label)) = s.split_once(':') {
            let label = label.trim();
            if label.is_empty() {
                return Err(Error::new(format!("metric {s:?} names no label")).expected("LABEL after the colon"));
            }
            return match family {
                "precision" => Ok(Self::Precision(label.into())),
                "recall" => Ok(Self::Recall(label.into())),
                "f1" => Ok(Self::F1(label.into())),
                "mean_f1" => {
                    let labels: Vec<String> = label.split(',').map(|label| label.trim().to_owned()).collect();
                    let bad = labels.iter().enumerate().any(|(i, label)| label.is_empty() || labels[..i].contains(label));
                    if bad {
                        return Err(
                            Error::new(format!("labels in metric {s:?}")).expected("distinct labels, separated by commas")
                        );
                    }
                    Ok(Self::MeanF1(labels))
                }
                _ => Err(unknown()),
            };
        }
        Ok(match s {
            "accuracy" => Self::Accuracy,
            "macro_f1" => Self::MacroF1,
            "semeval_f1" => Self::SemevalF1,
            "kappa" => Self::Kappa,
            "alpha" => Self::Alpha,
            "log_loss" => Self::LogLoss,
            "brier" => Self::Brier,
            "ece" => Self::Ece,
            "precision" | "recall" | "f1" => {
                return Err(Error::new(format!("metric {s:?} names no label"))
                    .expected(format!("{s}:LABEL"))
                    .hint(if s == "f1" { "for the mean over labels, use macro_f1" } else { "give one label after a colon" }));
            }
            _ => return Err(unknown()),
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
        ] {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn wrong_names_say_what_would_be_right() {
        for (name, part) in [
            ("f2", "unknown metric \"f2\"; expected accuracy, macro_f1"),
            ("f1", "expected f1:LABEL"),
            ("f1:", "names no label"),
            ("mean_f1:a,,b", "distinct labels"),
            ("mean_f1:a,a", "distinct labels"),
            ("accuracy@0", "above 0"),
            ("accuracy@NaN", "above 0"),
            ("gini:favor", "unknown metric"),
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
}
