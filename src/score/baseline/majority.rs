//! Always the commonest label of the training rows.

use super::Baseline;
use crate::Result;

/// Answers every text alike: with the label shares of the training rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Majority {
    shares: Vec<f64>,
}

impl Majority {
    /// Counts the labels; an error where there are no rows or an index names none of `labels` labels.
    pub fn train(gold: &[usize], labels: usize) -> Result<Self> {
        super::check(gold, labels)?;
        let mut counts = vec![0u64; labels];
        for &label in gold {
            counts[label] += 1;
        }
        Ok(Self { shares: counts.iter().map(|&n| n as f64 / gold.len() as f64).collect() })
    }
}

impl Baseline for Majority {
    fn probabilities(&self, _text: &str, _claim: &str) -> Vec<f64> {
        self.shares.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_label_wins_and_of_equals_the_first() {
        let majority = Majority::train(&[2, 1, 2, 1, 0], 4).unwrap();
        assert_eq!(majority.predict("", ""), 1);
        assert_eq!(majority.probabilities("", ""), [0.2, 0.4, 0.4, 0.0]);
        assert!(Majority::train(&[], 2).is_err());
        assert!(Majority::train(&[2], 2).is_err());
    }
}
