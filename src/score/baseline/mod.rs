//! Baselines: what a classifier must beat to be worth its cost. Text in, label index out.
//!
//! `Majority` knows only the label shares; `TfidfLogistic` knows which words go with which label, and not how a sentence
//! bears on a claim. Both are deterministic: the same rows give the same answers, whatever the machine's threads.

mod lbfgs;
mod logistic;
mod majority;
mod tfidf;

pub use majority::Majority;
pub use tfidf::{Settings, TfidfLogistic};

/// A trained baseline.
pub trait Baseline {
    /// Probability of each label for a text and the claim that it is read against. As many as there were labels in training.
    fn probabilities(&self, text: &str, claim: &str) -> Vec<f64>;

    /// The most probable label; of equals the first.
    fn predict(&self, text: &str, claim: &str) -> usize {
        argmax(&self.probabilities(text, claim))
    }
}

fn argmax(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Refuses training data that no baseline can learn from.
fn check(gold: &[usize], labels: usize) -> crate::Result<()> {
    if let Some(row) = gold.iter().position(|&label| label >= labels) {
        return Err(crate::Error::new(format!("label {} in training row {}", gold[row], row + 1))
            .expected(format!("an index into {labels} labels")));
    }
    if gold.is_empty() {
        return Err(crate::Error::new("no rows to train the baseline on").expected("at least one labelled row"));
    }
    Ok(())
}
