//! AdamW (Loshchilov and Hutter 2019, algorithm 2): Adam with weight decay decoupled from the gradient.

use crate::error::{Context, Error, Result};
use crate::model::kernels::simd;
use candle_core::{CpuStorage, InplaceOp1, Layout, Var};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Decay rates and the term that keeps the division finite.
const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPS: f32 = 1e-8;

/// One trainable weight with its running moments.
pub struct Slot {
    /// The weight.
    pub var: Var,
    /// Running mean of the gradient.
    pub m: Vec<f32>,
    /// Running mean of its square.
    pub v: Vec<f32>,
    /// Factor on the learning rate.
    pub lr_scale: f64,
    /// Weight decay: none on biases and LayerNorm.
    pub decay: f64,
}

/// The optimizer's state, by name of weight.
pub struct AdamW {
    /// Every trainable weight.
    pub slots: BTreeMap<String, Slot>,
    /// Steps taken.
    pub steps: u64,
}

/// Whether weight decay applies: not to biases, nor to LayerNorm's scale and shift.
pub fn decays(name: &str) -> bool {
    !(name.ends_with("bias") || name.contains("LayerNorm"))
}

/// One fused update of a weight.
struct Update<'a> {
    grad: &'a [f32],
    moments: Mutex<(&'a mut [f32], &'a mut [f32])>,
    lr: f32,
    decay: f32,
    grad_scale: f32,
    /// 1 - beta^t of the two moments.
    correction: (f32, f32),
}

impl InplaceOp1 for Update<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, w: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let (CpuStorage::F32(w), Some((from, to))) = (w, layout.contiguous_offsets()) else {
            candle_core::bail!("adamw: not float32, or not contiguous")
        };
        let (w, g) = (&mut w[from..to], self.grad);
        let mut moments = self.moments.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (m, v) = &mut *moments;
        if w.len() != g.len() || w.len() != m.len() {
            candle_core::bail!("adamw: {} weights, {} gradients, {} moments", w.len(), g.len(), m.len());
        }
        simd!({
            for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m.iter_mut()).zip(v.iter_mut()) {
                let g = g * self.grad_scale;
                *m = BETA1 * *m + (1.0 - BETA1) * g;
                *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                let step = (*m / self.correction.0) / ((*v / self.correction.1).sqrt() + EPS);
                *w -= self.lr * (step + self.decay * *w);
            }
        });
        Ok(())
    }
}

impl AdamW {
    /// Moments at zero for every variable; `lr_scale` gives the factor of each by name.
    pub fn new(vars: BTreeMap<String, Var>, decay: f64, lr_scale: impl Fn(&str) -> f64) -> Self {
        let slots = vars
            .into_iter()
            .map(|(name, var)| {
                let n = var.elem_count();
                let slot = Slot {
                    m: vec![0.0; n],
                    v: vec![0.0; n],
                    lr_scale: lr_scale(&name),
                    decay: if decays(&name) { decay } else { 0.0 },
                    var,
                };
                (name, slot)
            })
            .collect();
        Self { slots, steps: 0 }
    }

    /// Updates every weight that has a gradient. Gradients are scaled down together so that their norm is at most `clip`
    /// (0: no clipping). Returns the norm before that.
    pub fn step(&mut self, grads: &BTreeMap<&str, &[f32]>, lr: f64, clip: f64) -> Result<f64> {
        let squares: Vec<f64> = grads.par_iter().map(|(_, g)| square_norm(g)).collect();
        let norm = squares.iter().sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Err(Error::new(format!("the gradient's norm is {norm} at step {}", self.steps + 1))
                .hint("lower the learning rate, or look for broken rows in the data"));
        }
        let grad_scale = if clip > 0.0 && norm > clip { clip / norm } else { 1.0 };
        self.steps += 1;
        let t = self.steps as i32;
        let correction = ((1.0 - f64::from(BETA1).powi(t)) as f32, (1.0 - f64::from(BETA2).powi(t)) as f32);
        self.slots.par_iter_mut().try_for_each(|(name, slot)| {
            let Some(grad) = grads.get(name.as_str()) else { return Ok(()) };
            let update = Update {
                grad,
                moments: Mutex::new((&mut slot.m, &mut slot.v)),
                lr: (lr * slot.lr_scale) as f32,
                decay: slot.decay as f32,
                grad_scale: grad_scale as f32,
                correction,
            };
            slot.var.as_tensor().inplace_op1(&update).context("updating weights")
        })?;
        Ok(norm)
    }
}

/// Chunks keep the sums short; their order is fixed.
fn square_norm(g: &[f32]) -> f64 {
    g.chunks(1024).map(|c| c.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    /// Expected by PyTorch 2.5: `w = nn.Parameter([1, -2, 3])`, `torch.optim.AdamW([w], lr=0.1, weight_decay=0.01)`, gradients
    /// [0.5, -1, 0] then [0.25, 2, 0]. Worked by hand from algorithm 2 as well: after step one w = w - 0.1 (sign(g) + 0.01 w).
    #[test]
    fn two_steps_follow_the_algorithm() {
        let var = Var::new(&[1.0f32, -2.0, 3.0], &Device::Cpu).unwrap();
        let mut opt = AdamW::new(BTreeMap::from([("x.weight".to_owned(), var.clone())]), 0.01, |_| 1.0);
        opt.step(&BTreeMap::from([("x.weight", &[0.5, -1.0, 0.0][..])]), 0.1, 0.0).unwrap();
        let w: Vec<f32> = var.to_vec1().unwrap();
        for (w, want) in w.iter().zip([1.0 - 0.1 * 1.01, -2.0 + 0.1 * 1.02, 3.0 - 0.1 * 0.03]) {
            assert!((w - want).abs() < 1e-6, "{w} {want}");
        }
        opt.step(&BTreeMap::from([("x.weight", &[0.25, 2.0, 0.0][..])]), 0.1, 0.0).unwrap();
        // In double precision: m = 0.9 m + 0.1 g, v = 0.999 v + 0.001 g^2, bias-corrected by 0.19 and 0.001999.
        let second = |w: f64, g1: f64, g2: f64| {
            let (m, v) = (0.9 * 0.1 * g1 + 0.1 * g2, 0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2);
            let step = if m == 0.0 { 0.0 } else { (m / 0.19) / ((v / 0.001_999).sqrt() + 1e-8) };
            w - 0.1 * (step + 0.01 * w)
        };
        let got: Vec<f32> = var.to_vec1().unwrap();
        for i in 0..3 {
            let want = second(f64::from(w[i]), [0.5, -1.0, 0.0][i], [0.25, 2.0, 0.0][i]);
            assert!((f64::from(got[i]) - want).abs() < 1e-6, "{} {want}", got[i]);
        }
    }

    #[test]
    fn clipping_scales_the_gradient_to_the_norm() {
        let make = || {
            let var = Var::new(&[0.0f32, 0.0], &Device::Cpu).unwrap();
            (var.clone(), AdamW::new(BTreeMap::from([("w".to_owned(), var)]), 0.0, |_| 1.0))
        };
        let (_, mut clipped) = make();
        assert!((clipped.step(&BTreeMap::from([("w", &[3.0, 4.0][..])]), 0.1, 1.0).unwrap() - 5.0).abs() < 1e-9);
        let (_, mut plain) = make();
        plain.step(&BTreeMap::from([("w", &[0.6, 0.8][..])]), 0.1, 0.0).unwrap();
        for (a, b) in clipped.slots["w"].m.iter().zip(&plain.slots["w"].m) {
            assert!((a - b).abs() < 1e-7);
        }
    }

    #[test]
    fn biases_and_layer_norms_do_not_decay() {
        assert!(decays("bert.encoder.layer.0.output.dense.weight"));
        assert!(!decays("bert.encoder.layer.0.output.dense.bias"));
        assert!(!decays("bert.embeddings.LayerNorm.weight"));
    }

    #[test]
    fn a_gradient_that_is_not_finite_is_an_error() {
        let var = Var::new(&[0.0f32], &Device::Cpu).unwrap();
        let mut opt = AdamW::new(BTreeMap::from([("w".to_owned(), var)]), 0.0, |_| 1.0);
        assert!(opt.step(&BTreeMap::from([("w", &[f32::NAN][..])]), 0.1, 1.0).is_err());
    }
}
