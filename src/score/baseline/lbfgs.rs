//! Limited-memory BFGS: minimises a smooth function of many variables from its value and gradient.
//!
//! The two-loop recursion of Nocedal and Wright, Numerical Optimization (2nd edition), algorithm 7.4, with a bisecting line
//! search for the weak Wolfe conditions (Lewis and Overton 2013). Our own hundred lines: the crates that offer it bring a
//! framework with them, and this needs no more than a convex function.

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// Largest absolute entry of the gradient that counts as zero.
    pub gradient: f64,
    /// Steps at most.
    pub steps: usize,
}

/// Pairs of steps and gradient differences that approximate the curvature.
const MEMORY: usize = 10;

/// Moves `x` to the minimum of `f`, which writes the gradient at its first argument to its second and returns the value.
/// Returns the number of steps taken.
pub(super) fn minimise(x: &mut Vec<f64>, stop: Stop, mut f: impl FnMut(&[f64], &mut [f64]) -> f64) -> usize {
    let n = x.len();
    let mut gradient = vec![0.0; n];
    let mut value = f(x, &mut gradient);
    let mut memory: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
    let (mut next, mut next_gradient) = (vec![0.0; n], vec![0.0; n]);
    for step in 0..stop.steps {
        if gradient.iter().all(|g| g.abs() <= stop.gradient) {
            return step;
        }
        let mut direction = newton(&gradient, &memory);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 || !slope.is_finite() {
            memory.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = dot(&direction, &gradient);
        }
        // The first direction has the gradient's length, which says nothing about the distance to go.
        let mut length = if memory.is_empty() { 1.0 / (-slope).sqrt().max(1.0) } else { 1.0 };
        let (mut low, mut high) = (0.0, f64::INFINITY);
        let mut found = false;
        for _ in 0..40 {
            for ((next, x), d) in next.iter_mut().zip(x.iter()).zip(&direction) {
                *next = x + length * d;
            }
            let next_value = f(&next, &mut next_gradient);
            // A value that is not a number shortens the step too.
            if next_value.is_nan() || next_value > value + 1e-4 * length * slope {
                high = length;
            } else if dot(&next_gradient, &direction) < 0.9 * slope {
                low = length;
            } else {
                value = next_value;
                found = true;
                break;
            }
            length = if high.is_finite() { (low + high) / 2.0 } else { 2.0 * low };
        }
        if !found {
            // Nothing to be gained within floating-point precision.
            return step;
        }
        let s: Vec<f64> = direction.iter().map(|d| length * d).collect();
        let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let sy = dot(&s, &y);
        if sy > 0.0 {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push((s, y, sy));
        }
        std::mem::swap(x, &mut next);
        std::mem::swap(&mut gradient, &mut next_gradient);
    }
    stop.steps
}

/// Minus the approximate inverse Hessian times the gradient.
fn newton(gradient: &[f64], memory: &[(Vec<f64>, Vec<f64>, f64)]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(memory.len());
    for (s, y, sy) in memory.iter().rev() {
        let alpha = dot(s, &q) / sy;
        add(&mut q, -alpha, y);
        alphas.push(alpha);
    }
    if let Some((_, y, sy)) = memory.last() {
        let scale = sy / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, sy), alpha) in memory.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &q) / sy;
        add(&mut q, alpha - beta, s);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += times * what;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rosenbrock_valley_is_walked_to_its_end() {
        let mut x = vec![-1.2, 1.0];
        let steps = minimise(&mut x, Stop { gradient: 1e-9, steps: 500 }, |x, g| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        });
        assert!(steps < 100 && (x[0] - 1.0).abs() < 1e-6 && (x[1] - 1.0).abs() < 1e-6, "{steps} {x:?}");
    }
}
