//! Measures of a classifier's answers against gold labels, their uncertainty, and baselines to stand beside.
//!
//! The module knows nothing of models or of stances: a label is an index into a list of names, an answer is a label and,
//! where the classifier gives them, a probability for each label. One file per family of measures, each with what it
//! measures, which direction is better, and where the formula comes from.
//!
//! | name | measures | better | needs |
//! |---|---|---|---|
//! | `accuracy` | share of rows answered right | higher | labels |
//! | `balanced_accuracy` | mean recall over the labels in the gold labels | higher | labels |
//! | `precision:L`, `recall:L`, `f1:L` | one label against the rest | higher | labels |
//! | `macro_f1`, `macro_precision`, `macro_recall` | unweighted mean over the labels for which it is defined | higher | labels |
//! | `weighted_f1`, `weighted_precision`, `weighted_recall` | the same, weighted by gold rows | higher | labels |
//! | `micro_f1`, `micro_precision`, `micro_recall`, each also with `:L,M` | of the sums over all labels, or over those named | higher | labels |
//! | `semeval_f1` | mean of the F1 of favor and against (SemEval-2016 task 6) | higher | labels |
//! | `mean_f1:L,M` | mean of the F1 of the labels named | higher | labels |
//! | `fnc1` | weighted score of the Fake News Challenge, relative to the best possible | higher | labels, one called unrelated |
//! | `mcc` | Matthews correlation, R_k for more than two labels | higher | labels |
//! | `kappa` | Cohen's kappa between gold and predictions | higher | labels |
//! | `kappa_linear:L,M,N`, `kappa_quadratic:L,M,N` | weighted kappa on the scale L, M, N | higher | labels |
//! | `alpha` | Krippendorff's alpha (nominal) between gold and predictions | higher | labels |
//! | any of these with `/claim` | its unweighted mean over the claims (the TweetEval way: `semeval_f1/claim`) | higher | labels, claims |
//! | `auroc`, `auroc:L` | area under the ROC curve, one against the rest, or its mean over labels | higher | probabilities |
//! | `average_precision`, `average_precision:L` | likewise, under the precision-recall curve | higher | probabilities |
//! | `log_loss` | mean negative log-probability of the gold label, in nats | lower | probabilities |
//! | `brier` | mean squared error of the whole distribution, 0 to 2 | lower | probabilities |
//! | `ece` | expected calibration error, 15 equal-width bins | lower | probabilities |
//! | `adaptive_ece` | the same, 15 bins of equal numbers of rows | lower | probabilities |
//! | `accuracy@C` | accuracy on the share C of rows that the classifier is surest of | higher | probabilities |
//! | `aurc` | area under the risk-coverage curve | lower | probabilities |
//!
//! Agreement of several readers: [`alpha::krippendorff_alpha`] and [`fleiss::fleiss_kappa`]. Comparison of classifiers:
//! [`compare`]. Gold labels that look wrong: [`confident`].
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
pub mod compare;
pub mod confident;
pub mod confusion;
pub mod coverage;
pub mod exact;
pub mod f1;
pub mod fleiss;
pub mod fnc;
pub mod kappa;
pub mod log_loss;
pub mod matthews;
pub mod metric;
pub mod ranking;
mod tally;

pub use answers::Answers;
pub use bootstrap::{Bootstrap, Draws, Estimate};
pub use confusion::Confusion;
pub use metric::{Direction, Metric, Threshold};

/// A quotient that is undefined where there is nothing to divide by.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
