//! What is scored: gold labels, predicted labels and, where there are any, probabilities and groups.

use super::confusion::Confusion;
use super::ranking::MAX_GROUPS;
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
    /// The claims by first appearance, and the claim of each row.
    claims: Option<(Vec<String>, Vec<usize>)>,
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
        // The sums of the bootstrap are kept in 32 bits.
        if gold.len() as u64 >= MAX_GROUPS {
            return Err(Error::new(format!("{} rows", gold.len())).expected(format!("fewer than {MAX_GROUPS}")));
        }
        for (name, column) in [("gold label", &gold), ("prediction", &predicted)] {
            if let Some(row) = column.iter().position(|&label| label >= labels.len()) {
                return Err(Error::new(format!("{name} {} in row {}", column[row], row + 1))
                    .expected(format!("an index into {} labels", labels.len())));
            }
        }
        let group_count = gold.len();
        Ok(Self { labels, gold, predicted, probabilities: None, groups: None, group_count, claims: None })
    }

    /// Adds the probability of each label, one row for each answer. An error if a row is not a distribution over the labels
    /// (see [`check_distribution`]). The values are kept as given.
    pub fn with_probabilities(self, rows: &[Vec<f64>]) -> Result<Self> {
        let k = self.labels.len();
        if let Some((i, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != k) {
            return Err(
                Error::new(format!("row {}: {} probabilities", i + 1, row.len())).expected(format!("{k}, one for each label"))
            );
        }
        self.with_flat_probabilities(rows.concat())
    }

    /// As [`Self::with_probabilities`], the rows standing one after the other.
    pub fn with_flat_probabilities(mut self, values: Vec<f64>) -> Result<Self> {
        let k = self.labels.len();
        if values.len() != self.gold.len() * k {
            return Err(Error::new(format!("{} probabilities for {} answers", values.len(), self.gold.len()))
                .expected(format!("{k} for each")));
        }
        for (i, row) in values.chunks_exact(k.max(1)).enumerate() {
            check_distribution(row).map_err(|e| e.within(format!("row {}", i + 1)))?;
        }
        self.probabilities = Some(values);
        Ok(self)
    }

    /// Adds the claim that each row is read against, for measures by claim.
    pub fn with_claims<S: AsRef<str>>(mut self, claims: &[S]) -> Result<Self> {
        if claims.len() != self.gold.len() {
            return Err(Error::new(format!("{} claims for {} answers", claims.len(), self.gold.len()))
                .expected("as many as there are answers"));
        }
        let (numbers, count) = number(claims);
        let mut names = vec![String::new(); count];
        for (&number, claim) in numbers.iter().zip(claims) {
            if names[number].is_empty() {
                claim.as_ref().clone_into(&mut names[number]);
            }
        }
        self.claims = Some((names, numbers));
        Ok(self)
    }

    /// Adds the group of each row (its article, say): rows of one group are not independent, and the bootstrap draws them
    /// together. Without groups every row is one of its own.
    pub fn with_groups<S: AsRef<str>>(mut self, groups: &[S]) -> Result<Self> {
        if groups.len() != self.gold.len() {
            return Err(Error::new(format!("{} groups for {} answers", groups.len(), self.gold.len()))
                .expected("as many as there are answers"));
        }
        let (numbers, count) = number(groups);
        (self.groups, self.group_count) = (Some(numbers), count);
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

    /// The claims by first appearance, where they were given.
    pub fn claims(&self) -> Option<&[String]> {
        self.claims.as_ref().map(|(names, _)| names.as_slice())
    }

    /// The claim of each row, as a place in [`Self::claims`].
    pub fn claim_numbers(&self) -> Option<&[usize]> {
        self.claims.as_ref().map(|(_, numbers)| numbers.as_slice())
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

/// Whether the values are probabilities of labels that exclude each other: each within 0 and 1, together 1 within
/// [`SUM_TOLERANCE`].
pub fn check_distribution(row: &[f64]) -> Result<()> {
    if let Some(p) = row.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(Error::new(format!("probability {p}")).expected("a number from 0 to 1").hint(NOT_A_DISTRIBUTION));
    }
    let sum: f64 = row.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(Error::new(format!("the probabilities add up to {sum:.4}")).expected("a sum of 1").hint(NOT_A_DISTRIBUTION));
    }
    Ok(())
}

const NOT_A_DISTRIBUTION: &str = "scores that are not a distribution (logits, one-vs-rest scores) need a softmax first";

/// Numbers from 0 without gaps, in the order of first appearance, and how many there are.
pub(super) fn number<S: AsRef<str>>(names: &[S]) -> (Vec<usize>, usize) {
    let mut numbers = HashMap::new();
    let mut numbered = Vec::with_capacity(names.len());
    for name in names {
        let next = numbers.len();
        numbered.push(*numbers.entry(name.as_ref()).or_insert(next));
    }
    (numbered, numbers.len())
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
