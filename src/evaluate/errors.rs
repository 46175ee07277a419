//! The rows to look at: the surest mistakes, those on which systems disagree, and those whose gold label looks wrong.

use super::{Rows, System, SystemKind};
use crate::score::confident::suspects;
use serde::Serialize;

/// Rows to look at, by number and id; the texts are with the rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Errors {
    /// Mistakes of the first system, the surest first; without probabilities in the order of the rows.
    pub mistakes: Listed<Mistake>,
    /// Rows on which models, or files of predictions, give different labels, those with the surest answers first.
    pub disagreements: Listed<Disagreement>,
    /// Rows whose gold label looks wrong to the first system (confident learning), the most suspicious first.
    pub suspects: Listed<Suspect>,
}

/// The first of a list, and how many there are in all.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed<T> {
    /// All of them.
    pub total: usize,
    /// Those shown.
    pub first: Vec<T>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { total: 0, first: Vec::new() }
    }
}

/// A wrong answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake {
    /// Number of the row, from 0.
    pub row: usize,
    /// Its id.
    pub id: String,
    /// The gold label.
    pub gold: String,
    /// The answer.
    pub label: String,
    /// Its probability, where there is one.
    pub confidence: Option<f64>,
}

/// A row on which systems differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disagreement {
    /// Number of the row, from 0.
    pub row: usize,
    /// Its id.
    pub id: String,
    /// The gold label.
    pub gold: String,
    /// The answer of each system that was compared, by its name.
    pub answers: Vec<(String, String)>,
}

/// A row whose gold label looks wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspect {
    /// Number of the row, from 0.
    pub row: usize,
    /// Its id.
    pub id: String,
    /// The gold label.
    pub gold: String,
    /// What the system takes it for.
    pub looks_like: String,
    /// Probability of that less probability of the gold label.
    pub margin: f64,
}

/// The rows to look at, up to `limit` of each kind.
pub fn errors(rows: &Rows, systems: &[System], limit: usize) -> Errors {
    let Some(first) = systems.first() else { return Errors::default() };
    let answers = &first.answers;
    let labels = answers.labels();
    let name = |label: usize| labels[label].clone();
    let id = |row: usize| rows.rows[row].id.clone();

    let confidences: Option<Vec<f64>> = answers.confidences().map(Iterator::collect);
    let confidence = |row: usize| confidences.as_ref().map(|c| c[row]);
    let mut wrong: Vec<usize> = (0..answers.len()).filter(|&i| answers.gold()[i] != answers.predicted()[i]).collect();
    wrong.sort_by(|&a, &b| confidence(b).unwrap_or(0.0).total_cmp(&confidence(a).unwrap_or(0.0)));
    let mistake = |&row: &usize| Mistake {
        row,
        id: id(row),
        gold: name(answers.gold()[row]),
        label: name(answers.predicted()[row]),
        confidence: confidence(row),
    };

    // A baseline differs from everything, and says little by it.
    let compared: Vec<&System> = systems.iter().filter(|s| s.kind != SystemKind::Baseline).collect();
    let sure: Vec<Option<Vec<f64>>> = compared.iter().map(|s| s.answers.confidences().map(Iterator::collect)).collect();
    let surest = |row: usize| sure.iter().flatten().map(|c| c[row]).sum::<f64>();
    let differ =
        |row: usize| compared.windows(2).any(|pair| pair[0].answers.predicted()[row] != pair[1].answers.predicted()[row]);
    let mut different: Vec<usize> = (0..answers.len()).filter(|&row| differ(row)).collect();
    different.sort_by(|&a, &b| surest(b).total_cmp(&surest(a)));
    let disagreement = |&row: &usize| Disagreement {
        row,
        id: id(row),
        gold: name(answers.gold()[row]),
        answers: compared.iter().map(|s| (s.name.clone(), name(s.answers.predicted()[row]))).collect(),
    };

    // The commonest label of the rows themselves would suspect every other row.
    let suspicious = if first.kind == SystemKind::Baseline { Vec::new() } else { suspects(answers).unwrap_or_default() };
    let suspect = |s: &crate::score::confident::Suspect| Suspect {
        row: s.row,
        id: id(s.row),
        gold: name(answers.gold()[s.row]),
        looks_like: name(s.label),
        margin: s.margin,
    };
    Errors {
        mistakes: Listed { total: wrong.len(), first: wrong.iter().take(limit).map(mistake).collect() },
        disagreements: Listed { total: different.len(), first: different.iter().take(limit).map(disagreement).collect() },
        suspects: Listed { total: suspicious.len(), first: suspicious.iter().take(limit).map(suspect).collect() },
    }
}
