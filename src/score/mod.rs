//! Measures of a classifier's answers against gold labels, their uncertainty, and baselines to stand beside.
//!
//! The module knows nothing of models or of stances: a label is an index into a list of names, an answer is a label and,
//! where the classifier gives them, a probability for each label. One file per family of measures, each with what it
//! measures, which direction is better, and where the formula comes from.
//!
//! | name | measures | better | needs |
//! |---|---|---|---|
//! | `accuracy` | share of rows answered right | higher | labels |
//! | `precision:L`, `recall:L`, `f1:L` | one label against the rest | higher | labels |
//! | `macro_f1` | unweighted mean of F1 over the labels that occur in gold or predictions | higher | labels |
//! | `semeval_f1` | mean of the F1 of favor and against (SemEval-2016 task 6) | higher | labels |
//! | `mean_f1:L,M` | mean of the F1 of the labels named | higher | labels |
//! | `kappa` | Cohen's kappa between gold and predictions | higher | labels |
//! | `alpha` | Krippendorff's alpha (nominal) between gold and predictions | higher | labels |
//! | `log_loss` | mean negative log-probability of the gold label, in nats | lower | probabilities |
//! | `brier` | mean squared error of the whole distribution, 0 to 2 | lower | probabilities |
//! | `ece` | expected calibration error, 15 equal-width bins | lower | probabilities |
//! | `accuracy@C` | accuracy on the share C of rows that the classifier is surest of | higher | probabilities |
//!
//! A measure that is not defined on the rows at hand is `None`, never zero: the F1 of a label that is neither in the gold
//! labels nor in the predictions, the kappa of two constant columns, the log-loss of answers without probabilities.
//!
//! ```
//! use stancekit::score::{Answers, Metric};
//!
//! let labels = ["favor", "against"].map(String::from).to_vec();
//! let answers = Answers::new(labels, vec![0, 0, 1, 1], vec![0, 1, 1, 1])?;
//! assert_eq!("accuracy".parse::<Metric>()?.value(&answers), Some(0.75));
//! assert_eq!("recall:favor".parse::<Metric>()?.value(&answers), Some(0.5));
//! # Ok::<(), stancekit::Error>(())
//! ```

pub mod accuracy;
pub mod alpha;
pub mod answers;
pub mod baseline;
pub mod bootstrap;
pub mod brier;
pub mod calibration;
pub mod confusion;
pub mod coverage;
pub mod f1;
pub mod kappa;
pub mod log_loss;
pub mod metric;
mod tally;

pub use answers::Answers;
pub use bootstrap::{Bootstrap, Estimate};
pub use confusion::Confusion;
pub use metric::{Direction, Metric, Threshold};

/// A quotient that is undefined where there is nothing to divide by.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
