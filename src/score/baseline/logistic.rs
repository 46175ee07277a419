//! Multinomial logistic regression over sparse rows.
//!
//! Minimises the mean cross-entropy plus 1 / (2 C n) times the sum of squared weights; biases are not penalised. It is the
//! objective of scikit-learn's `LogisticRegression(C=...)`. With two labels scikit-learn keeps one weight vector, the
//! difference of the two here, whose penalty is twice that of the pair: `train` doubles the penalty then, so that both agree.

use super::lbfgs::{self, Stop};
use rayon::prelude::*;
use std::ops::Range;

/// Sparse rows, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Sparse {
    /// Where each row begins in `columns` and `values`; one more entry than rows.
    pub starts: Vec<usize>,
    pub columns: Vec<u32>,
    pub values: Vec<f32>,
}

impl Sparse {
    pub fn new() -> Self {
        Self { starts: vec![0], ..Self::default() }
    }

    pub fn push(&mut self, row: &[(u32, f32)]) {
        self.columns.extend(row.iter().map(|(column, _)| column));
        self.values.extend(row.iter().map(|(_, value)| value));
        self.starts.push(self.columns.len());
    }

    fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + Clone {
        let span = self.starts[i]..self.starts[i + 1];
        self.columns[span.clone()].iter().zip(&self.values[span]).map(|(&c, &v)| (c as usize, f64::from(v)))
    }
}

/// Weights, feature-major, and a bias for each class.
#[derive(Debug, Clone)]
pub(super) struct Logistic {
    classes: usize,
    /// `features × classes` weights, then `classes` biases.
    weights: Vec<f64>,
    /// Steps that training took.
    pub steps: usize,
}

impl Logistic {
    /// Trains on rows with classes below `classes`, of which there are at least two.
    pub fn train(rows: &Sparse, features: usize, gold: &[usize], classes: usize, c: f64, stop: Stop) -> Self {
        let k = classes;
        let n = gold.len() as f64;
        let penalty = if k == 2 { 2.0 } else { 1.0 } / (c * n);
        let bias = features * k;
        let mut weights = vec![0.0; bias + k];
        // Each part of the rows has a gradient of its own, and they are added in order: the parts can be worked on side by
        // side, and the sum does not depend on how many threads there are.
        let mut parts: Vec<Part> = parts_of(gold.len())
            .into_iter()
            .map(|rows| Part { rows, gradient: vec![0.0; bias + k], scores: vec![0.0; k], loss: 0.0 })
            .collect();
        let steps = lbfgs::minimise(&mut weights, stop, |weights, gradient| {
            parts.par_iter_mut().for_each(|part| part.run(rows, gold, weights));
            let mut squares = 0.0;
            for (g, w) in gradient[..bias].iter_mut().zip(weights) {
                squares += w * w;
                *g = penalty * w;
            }
            gradient[bias..].fill(0.0);
            let mut loss = 0.0;
            for part in &parts {
                loss += part.loss;
                for (g, part) in gradient.iter_mut().zip(&part.gradient) {
                    *g += part / n;
                }
            }
            loss / n + penalty / 2.0 * squares
        });
        Self { classes, weights, steps }
    }

    /// Probability of each class.
    pub fn probabilities(&self, row: &[(u32, f32)]) -> Vec<f64> {
        let k = self.classes;
        let mut scores = self.weights[self.weights.len() - k..].to_vec();
        for &(column, value) in row {
            for (score, w) in scores.iter_mut().zip(&self.weights[column as usize * k..][..k]) {
                *score += f64::from(value) * w;
            }
        }
        softmax(&mut scores);
        scores
    }
}

/// Some of the rows, with their share of loss and gradient.
struct Part {
    rows: Range<usize>,
    gradient: Vec<f64>,
    scores: Vec<f64>,
    loss: f64,
}

impl Part {
    fn run(&mut self, rows: &Sparse, gold: &[usize], weights: &[f64]) {
        let Self { gradient, scores, .. } = self;
        let k = scores.len();
        let bias = weights.len() - k;
        gradient.fill(0.0);
        self.loss = 0.0;
        for i in self.rows.clone() {
            scores.copy_from_slice(&weights[bias..]);
            for (column, value) in rows.row(i) {
                for (score, w) in scores.iter_mut().zip(&weights[column * k..][..k]) {
                    *score += value * w;
                }
            }
            let truth = scores[gold[i]];
            self.loss += softmax(scores) - truth;
            scores[gold[i]] -= 1.0;
            for (column, value) in rows.row(i) {
                for (g, score) in gradient[column * k..][..k].iter_mut().zip(scores.iter()) {
                    *g += value * score;
                }
            }
            for (g, score) in gradient[bias..].iter_mut().zip(scores.iter()) {
                *g += score;
            }
        }
    }
}

/// Four equal parts of the rows, or one where there are few. The number must not depend on the machine.
fn parts_of(n: usize) -> Vec<Range<usize>> {
    let parts = if n < 2000 { 1 } else { 4 };
    (0..parts).map(|part| n * part / parts..n * (part + 1) / parts).collect()
}

/// Turns scores into probabilities and returns the logarithm of the sum of their exponentials.
fn softmax(scores: &mut [f64]) -> f64 {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - top).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
    top + sum.ln()
}
