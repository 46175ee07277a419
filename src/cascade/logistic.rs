//! Logistic regression by Newton's method, with a ridge.

use serde::{Deserialize, Serialize};

/// Weight of the ridge for each row: features are near-copies of each other, and what is not seen should not matter.
const RIDGE: f64 = 0.02;

/// Weights over standardised features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    mean: Vec<f64>,
    deviation: Vec<f64>,
    /// One for each feature, and the bias.
    weights: Vec<f64>,
}

impl Logistic {
    /// Fits rows of features to yes or no.
    pub fn fit<const N: usize>(rows: &[[f64; N]], yes: &[bool]) -> Self {
        let n = rows.len().max(1) as f64;
        let mean: Vec<f64> = (0..N).map(|j| rows.iter().map(|x| x[j]).sum::<f64>() / n).collect();
        let deviation: Vec<f64> = (0..N)
            .map(|j| (rows.iter().map(|x| (x[j] - mean[j]).powi(2)).sum::<f64>() / n).sqrt())
            .map(|s| if s > 1e-9 { s } else { 1.0 })
            .collect();
        let mut fitted = Self { mean, deviation, weights: vec![0.0; N + 1] };
        let rows: Vec<Vec<f64>> = rows.iter().map(|x| fitted.standardised(x)).collect();
        for _ in 0..30 {
            let size = N + 1;
            let (mut gradient, mut hessian) = (vec![0.0; size], vec![0.0; size * size]);
            for j in 0..N {
                gradient[j] = RIDGE * n * fitted.weights[j];
                hessian[j * size + j] = RIDGE * n;
            }
            hessian[size * size - 1] = 1e-6;
            for (x, &yes) in rows.iter().zip(yes) {
                let p = sigmoid(dot(&fitted.weights, x));
                let (e, h) = (p - f64::from(u8::from(yes)), p * (1.0 - p));
                for (j, a) in x.iter().enumerate() {
                    gradient[j] += e * a;
                    for (k, b) in x.iter().enumerate().take(j + 1) {
                        hessian[j * size + k] += h * a * b;
                    }
                }
            }
            let step = solve(hessian, gradient);
            let largest = step.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
            fitted.weights.iter_mut().zip(step).for_each(|(w, s)| *w -= s);
            if largest < 1e-9 {
                break;
            }
        }
        fitted
    }

    /// Standardised features and a one.
    fn standardised(&self, x: &[f64]) -> Vec<f64> {
        let scaled = x.iter().zip(&self.mean).zip(&self.deviation).map(|((x, m), s)| (x - m) / s);
        scaled.chain(std::iter::once(1.0)).collect()
    }

    /// Probability of yes.
    pub fn probability(&self, x: &[f64]) -> f64 {
        sigmoid(dot(&self.weights, &self.standardised(x)))
    }

    /// Whether it takes `n` features and holds numbers only.
    pub fn is_sound(&self, n: usize) -> bool {
        let sizes = self.mean.len() == n && self.deviation.len() == n && self.weights.len() == n + 1;
        sizes
            && self.mean.iter().chain(&self.weights).all(|w| w.is_finite())
            && self.deviation.iter().all(|&s| s.is_finite() && s > 0.0)
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves A x = b by Cholesky's method; `a` (n, n) is positive definite and given by its lower half.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum();
            let rest = a[i * n + j] - sum;
            a[i * n + j] = if i == j { rest.max(1e-12).sqrt() } else { rest / a[j * n + j] };
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| a[i * n + k] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| a[k * n + i] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        // [4 2; 2 3] x = [2, 5], lower half only.
        let x = solve(vec![4.0, 0.0, 2.0, 3.0], vec![2.0, 5.0]);
        assert!((x[0] + 0.5).abs() < 1e-12 && (x[1] - 2.0).abs() < 1e-12, "{x:?}");
    }

    #[test]
    fn the_gradient_vanishes_at_the_fit() {
        let rows: Vec<[f64; 2]> = (0..40).map(|i| [f64::from(i), f64::from(i * 7 % 11)]).collect();
        let yes: Vec<bool> = (0..40).map(|i| i > 20 || i % 9 == 0).collect();
        let fitted = Logistic::fit(&rows, &yes);
        for j in 0..3 {
            let ridge = if j < 2 { RIDGE * 40.0 * fitted.weights[j] } else { 0.0 };
            let e = |(x, &y): (&[f64; 2], &bool)| (fitted.probability(x) - f64::from(u8::from(y))) * fitted.standardised(x)[j];
            let gradient: f64 = rows.iter().zip(&yes).map(e).sum::<f64>() + ridge;
            assert!(gradient.abs() < 1e-4, "{j}: {gradient}");
        }
        assert!(fitted.probability(&[39.0, 5.0]) > 0.7 && fitted.probability(&[2.0, 5.0]) < 0.3);
    }
}
