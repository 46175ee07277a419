//! What is scored: gold labels, predicted labels and, where there are any, probabilities and groups.

use super::confusion::Confusion;
use crate::error::{Error, Result};
use std::collections::HashMap;

/// How far the probabilities of one row may add up to something else than 1: they may have been printed with few digits.
pub const SUM_TOLERANCE: f64 = 1e-2;

/// A classifier's answers beside the gold labels, row by row. Checked when made, so that every measure can trust it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    labels: Vec<String>,
    gold: Vec<usize>,
    predicted: Vec<usize>,
    /// Row-major, one column per label.
    probabilities: Option<Vec<f64>>,
    /// The group of each row, numbered from 0 without gaps.
    groups: Option<Vec<usize>>,
    group_count: usize,
}

impl Answers {
    /// Answers as indices into `labels`. An error if the columns differ in length, if an index names no label, or if a
    /// label is listed twice.
    pub fn new(labels: Vec<String>, gold: Vec<usize>, predicted: Vec<usize>) -> Result<Self> {
        if let Some((i, label)) = labels.iter().enumerate().find(|(i, label)| labels[..*i].contains(label)) {
            return Err(Error::new(format!("label {label:?} is listed twice (again as number {i})")).expected("distinct labels"));
        }
        if gold.len() != predicted.len() {
            return Err(Error::new(format!("{} gold labels and {} predictions", gold.len(), predicted.len()))
                .expected("one prediction for each row"));
        }
        // Sums by group are kept in 32 bits.
        if u32::try_from(gold.len()).is_err() {
            return Err(Error::new(format!("{} rows", gold.len())).expected("fewer than 4,294,967,296"));
        }
        for (name, column) in [("gold label", &gold), ("prediction", &predicted)] {
            if let Some(row) = column.iter().position(|&label| label >= labels.len()) {
                return Err(Error::new(format!("{name} {} in row {}", column[row], row + 1))
                    .expected(format!("an index into {} labels", labels.len())));
            }
        }
        let group_count = gold.len();
        Ok(Self { labels, gold, predicted, probabilities: None, groups: None, group_count })
    }

    /// Adds the probability of each label, one row for each answer. An error if a row has another number of columns than
    /// there are labels, if a value is not within 0 and 1, or if a row does not add up to 1 within [`SUM_TOLERANCE`].
    /// The values are kept as given.
    pub fn with_probabilities(mut self, rows: &[Vec<f64>]) -> Result<Self> {
        let k = self.labels.len();
        if rows.len() != self.gold.len() {
            return Err(Error::new(format!("{} rows of probabilities for {} answers", rows.len(), self.gold.len()))
                .expected("as many as there are answers"));
        }
        for (i, row) in rows.iter().enumerate() {
            if row.len() != k {
                return Err(Error::new(format!("{} probabilities in row {}", row.len(), i + 1))
                    .expected(format!("{k}, one for each label")));
            }
            if let Some(p) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
                return Err(Error::new(format!("probability {p} in row {}", i + 1)).expected("a number from 0 to 1"));
            }
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > SUM_TOLERANCE {
                return Err(Error::new(format!("the probabilities of row {} add up to {sum:.4}", i + 1))
                    .expected("a sum of 1")
                    .hint("scores that are not a distribution (logits, one-vs-rest scores) need a softmax first"));
            }
        }
        self.probabilities = Some(rows.concat());
        Ok(self)
    }

    /// Adds the group of each row (its article, say): rows of one group are not independent, and the bootstrap draws them
    /// together. Without groups every row is one of its own.
    pub fn with_groups<S: AsRef<str>>(mut self, groups: &[S]) -> Result<Self> {
        if groups.len() != self.gold.len() {
            return Err(Error::new(format!("{} groups for {} answers", groups.len(), self.gold.len()))
                .expected("as many as there are answers"));
        }
        let mut numbers = HashMap::new();
        let mut numbered = Vec::with_capacity(groups.len());
        for group in groups {
            let next = numbers.len();
            numbered.push(*numbers.entry(group.as_ref()).or_insert(next));
        }
        self.group_count = numbers.len();
        self.groups = Some(numbered);
        Ok(self)
    }

    /// Names of the labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Gold label of each row.
    pub fn gold(&self) -> &[usize] {
        &self.gold
    }

    /// Predicted label of each row.
    pub fn predicted(&self) -> &[usize] {
        &self.predicted
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.gold.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.gold.is_empty()
    }

    /// Whether the rows carry probabilities.
    pub fn has_probabilities(&self) -> bool {
        self.probabilities.is_some()
    }

    /// Number of groups; that of rows where no groups were given.
    pub fn group_count(&self) -> usize {
        self.group_count
    }

    /// The group of a row.
    pub fn group(&self, row: usize) -> usize {
        self.groups.as_ref().map_or(row, |groups| groups[row])
    }

    /// The probabilities of each row, where there are any.
    pub fn probabilities(&self) -> Option<impl ExactSizeIterator<Item = &[f64]>> {
        self.probabilities.as_ref().map(|p| p.chunks_exact(self.labels.len().max(1)))
    }

    /// The probability that each row gives to its predicted label: the confidence in the answer.
    pub fn confidences(&self) -> Option<impl Iterator<Item = f64>> {
        self.probabilities().map(|rows| rows.zip(&self.predicted).map(|(row, &label)| row[label]))
    }

    /// The confusion matrix of all rows.
    pub fn confusion(&self) -> Confusion {
        let mut matrix = Confusion::new(self.labels.len());
        for (&gold, &predicted) in self.gold.iter().zip(&self.predicted) {
            matrix.add(gold, predicted, 1);
        }
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["a", "b"].map(String::from).to_vec()
    }

    #[test]
    fn columns_that_do_not_fit_are_refused() {
        assert!(Answers::new(labels(), vec![0], vec![]).is_err());
        assert!(Answers::new(labels(), vec![2], vec![0]).is_err());
        assert!(Answers::new(vec!["a".into(), "a".into()], vec![], vec![]).is_err());
        let answers = Answers::new(labels(), vec![0, 1], vec![0, 1]).unwrap();
        assert!(answers.clone().with_groups(&["x"]).is_err());
        assert!(answers.clone().with_probabilities(&[vec![0.5, 0.5]]).is_err());
        assert!(answers.clone().with_probabilities(&[vec![0.5, 0.5], vec![1.0]]).is_err());
        assert!(answers.clone().with_probabilities(&[vec![0.5, 0.5], vec![f64::NAN, 1.0]]).is_err());
        let e = answers.with_probabilities(&[vec![0.5, 0.5], vec![0.9, 0.9]]).unwrap_err();
        assert!(e.to_string().contains("add up to 1.8"), "{e}");
    }

    #[test]
    fn groups_are_numbered_by_first_appearance() {
        let answers = Answers::new(labels(), vec![0; 3], vec![0; 3]).unwrap();
        assert_eq!(answers.group_count(), 3);
        let answers = answers.with_groups(&["x", "y", "x"]).unwrap();
        assert_eq!((answers.group_count(), answers.group(0), answers.group(1), answers.group(2)), (2, 0, 1, 0));
    }
}
