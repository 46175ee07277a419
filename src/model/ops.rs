//! Differentiable candle operations for the encoder.
//!
//! candle's own fused LayerNorm and softmax have no backward pass and say nothing of it: gradients silently stop there. Each
//! operation here brings its own, works on packed rows (N, H), and runs on the calling thread.

use super::gemm::{Compute, Mat, MatMut, matmul};
use super::kernels::{self, Attention, Dropout};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Storage, Tensor, bail};

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout, op: &str) -> Result<&'a [f32]> {
    match (storage.as_slice::<f32>(), layout.contiguous_offsets()) {
        (Ok(data), Some((from, to))) => Ok(&data[from..to]),
        (Err(e), _) => Err(e),
        (_, None) => bail!("{op}: the input is not contiguous"),
    }
}

/// Calls `f` with the elements of contiguous CPU tensors.
fn with_slices<const N: usize, R>(tensors: [&Tensor; N], f: impl FnOnce([&[f32]; N]) -> R) -> Result<R> {
    let tensors = tensors.map(Tensor::contiguous);
    let mut contiguous = Vec::with_capacity(N);
    for t in tensors {
        contiguous.push(t?);
    }
    let guards: Vec<_> = contiguous.iter().map(Tensor::storage_and_layout).collect();
    let mut slices = [&[][..]; N];
    for (slot, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else { bail!("not a CPU tensor") };
        *slot = slice(storage, layout, "backward")?;
    }
    Ok(f(slices))
}

fn tensor(data: Vec<f32>, like: &Tensor) -> Result<Tensor> {
    Tensor::from_vec(data, like.shape(), like.device())
}

/// y = x W^T + b: x (N, I), W (O, I), b (O) -> (N, O).
struct Linear {
    compute: Compute,
    /// Whether anything asks for the gradient of x, and of W and b.
    grad_x: bool,
    grad_w: bool,
}

/// y = x W^T + b: x (N, I), W (O, I), b (O) -> (N, O). All three products, forward and back, round their factors as `compute` says.
pub fn linear(x: &Tensor, w: &Tensor, b: &Tensor, compute: Compute) -> Result<Tensor> {
    let op = Linear { compute, grad_x: x.track_op(), grad_w: w.track_op() || b.track_op() };
    x.apply_op3(w, b, op)
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        b: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((n, i), (o, i2)) = (lx.shape().dims2()?, lw.shape().dims2()?);
        if i != i2 || lb.shape().dims1()? != o {
            bail!("linear: x {:?}, w {:?}, b {:?} do not fit", lx.shape(), lw.shape(), lb.shape());
        }
        let (x, w, b) = (slice(x, lx, self.name())?, slice(w, lw, self.name())?, slice(b, lb, self.name())?);
        let mut y = vec![0.0; n * o];
        matmul(self.compute, MatMut::new(&mut y, n, o, o), 0.0, 1.0, Mat::new(x, n, i, i), Mat::new(w, o, i, i).t());
        kernels::add_bias(&mut y, b);
        Ok((CpuStorage::F32(y), (n, o).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((n, i), o) = (x.dims2()?, w.dim(0)?);
        let (dx, dw, db) = with_slices([x, w, grad], |[xs, ws, gs]| {
            let g = Mat::new(gs, n, o, o);
            let dx = self.grad_x.then(|| {
                let mut dx = vec![0.0; n * i];
                matmul(self.compute, MatMut::new(&mut dx, n, i, i), 0.0, 1.0, g, Mat::new(ws, o, i, i));
                dx
            });
            let dw = self.grad_w.then(|| {
                let mut dw = vec![0.0; o * i];
                matmul(self.compute, MatMut::new(&mut dw, o, i, i), 0.0, 1.0, g.t(), Mat::new(xs, n, i, i));
                dw
            });
            let db = self.grad_w.then(|| {
                let mut db = vec![0.0; o];
                kernels::add_column_sums(gs, &mut db);
                db
            });
            (dx, dw, db)
        })?;
        let wrap = |d: Option<Vec<f32>>, like| d.map(|d| tensor(d, like)).transpose();
        Ok((wrap(dx, x)?, wrap(dw, w)?, wrap(db, b)?))
    }
}

struct LayerNorm {
    eps: f32,
}

/// Layer normalisation of the rows of x (N, H) with scale and shift (H).
pub fn layer_norm(x: &Tensor, gamma: &Tensor, beta: &Tensor, eps: f32) -> Result<Tensor> {
    x.apply_op3(gamma, beta, LayerNorm { eps })
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        g: &CpuStorage,
        lg: &Layout,
        b: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (_, h) = lx.shape().dims2()?;
        if lg.shape().dims1()? != h || lb.shape().dims1()? != h {
            bail!("layer-norm: x {:?}, gamma {:?}, beta {:?} do not fit", lx.shape(), lg.shape(), lb.shape());
        }
        let (x, g, b) = (slice(x, lx, self.name())?, slice(g, lg, self.name())?, slice(b, lb, self.name())?);
        let mut y = vec![0.0; x.len()];
        kernels::layer_norm(x, g, b, self.eps, &mut y);
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        gamma: &Tensor,
        beta: &Tensor,
        _y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dg, db) = with_slices([x, gamma, grad], |[x, g, grad]| {
            let (mut dx, mut dg, mut db) = (grad.to_vec(), vec![0.0; g.len()], vec![0.0; g.len()]);
            kernels::layer_norm_backward(x, g, &mut dx, self.eps, &mut dg, &mut db);
            (dx, dg, db)
        })?;
        Ok((Some(tensor(dx, x)?), Some(tensor(dg, gamma)?), Some(tensor(db, beta)?)))
    }
}

struct Gelu;

/// GELU with the exact normal distribution function, element by element.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.apply_op1(Gelu)
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, lx, self.name())?;
        let mut y = vec![0.0; x.len()];
        kernels::activate(&mut x.to_vec(), &mut y, kernels::gelu_with_slope);
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_slices([x, grad], |[x, g]| {
            let mut slope = x.to_vec();
            kernels::activate(&mut slope, &mut vec![0.0; x.len()], kernels::gelu_with_slope);
            kernels::multiply(&mut slope, g);
            slope
        })?;
        Ok(Some(tensor(dx, x)?))
    }
}

impl CustomOp1 for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut y = slice(x, lx, CustomOp1::name(self))?.to_vec();
        self.apply(&mut y, 0);
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_slices([grad], |[g]| {
            let mut dx = g.to_vec();
            self.apply(&mut dx, 0);
            dx
        })?;
        Ok(Some(tensor(dx, x)?))
    }
}

/// Three times (N, H) as one (N, 3 H).
fn side_by_side(parts: [&[f32]; 3], h: usize) -> Vec<f32> {
    let rows = parts[0].chunks_exact(h).zip(parts[1].chunks_exact(h)).zip(parts[2].chunks_exact(h));
    rows.flat_map(|((q, k), v)| q.iter().chain(k).chain(v)).copied().collect()
}

/// Self-attention over packed sequences: q, k, v (N, H) -> (N, H).
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, shape: Attention) -> Result<Tensor> {
    q.apply_op3(k, v, shape)
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        lq: &Layout,
        k: &CpuStorage,
        lk: &Layout,
        v: &CpuStorage,
        lv: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, h) = lq.shape().dims2()?;
        if lk.shape() != lq.shape() || lv.shape() != lq.shape() || self.lens.iter().sum::<usize>() != n || h % self.heads != 0 {
            bail!("attention: q {:?}, k {:?}, v {:?}, {} heads do not fit", lq.shape(), lk.shape(), lv.shape(), self.heads);
        }
        let (q, k, v) = (slice(q, lq, self.name())?, slice(k, lk, self.name())?, slice(v, lv, self.name())?);
        let (mut probs, mut out) = (Vec::new(), vec![0.0; n * h]);
        self.forward(Compute::F32, &side_by_side([q, k, v], h), &mut probs, &mut out, h);
        Ok((CpuStorage::F32(out), lq.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let h = q.dim(1)?;
        let [dq, dk, dv] = with_slices([q, k, v, grad], |[q, k, v, g]| {
            let qkv = side_by_side([q, k, v], h);
            let (mut probs, mut out, mut dqkv) = (Vec::new(), vec![0.0; g.len()], vec![0.0; qkv.len()]);
            // The probabilities are computed again rather than kept.
            self.forward(Compute::F32, &qkv, &mut probs, &mut out, h);
            self.backward(Compute::F32, &qkv, &probs, g, &mut dqkv, h);
            [0, 1, 2].map(|i| dqkv.chunks_exact(3 * h).flat_map(|row| &row[i * h..][..h]).copied().collect::<Vec<f32>>())
        })?;
        Ok((Some(tensor(dq, q)?), Some(tensor(dk, k)?), Some(tensor(dv, v)?)))
    }
}
