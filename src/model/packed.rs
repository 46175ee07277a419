//! BERT as plain loops over packed rows, forward and back, without a graph: the engine for CPUs.
//!
//! The same function as [`super::bert::Bert`], which stays the reference: logits and gradients are compared in
//! `tests/model_packed.rs`. Every buffer lives in a [`Workspace`] that is used again for the next batch, and weights are laid out for
//! the matrix product once a step. Costs for N tokens, hidden H, feed-forward I, L layers: 2 N L (4 H^2 + 2 H I) multiply-adds
//! forward, twice that backward; the workspace holds about N L (7 H + 2 I) float32 and the attention probabilities.

use super::batch::Batch;
use super::bert::DropoutSeeds;
use super::config::{Activation, BertConfig};
use super::gemm::{Compute, Factor, Mat, MatMut, matmul};
use super::kernels::{self, Attention, Dropout};
use super::weights::{Source, Table};
use crate::error::Context;
use candle_core::{DType, Device, Tensor};
use half::f16;
use half::slice::HalfFloatSliceExt;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Weight and bias of an affine map, or scale and shift of a LayerNorm.
#[derive(Debug, Clone)]
pub struct Affine<T> {
    /// (O, I), or (H).
    pub weight: T,
    /// (O), or (H).
    pub bias: T,
}

/// One T for every weight of a layer.
#[derive(Debug, Clone)]
pub struct Layer<T> {
    /// Queries, keys and values, one after the other: (3 H, H).
    pub qkv: Affine<T>,
    /// (H, H).
    pub attention_output: Affine<T>,
    /// (H).
    pub attention_norm: Affine<T>,
    /// (I, H).
    pub intermediate: Affine<T>,
    /// (H, I).
    pub output: Affine<T>,
    /// (H).
    pub output_norm: Affine<T>,
}

/// One T for every weight of the network.
#[derive(Debug, Clone)]
pub struct Params<T> {
    /// Word embeddings.
    pub words: T,
    /// Position embeddings.
    pub positions: T,
    /// Segment embeddings.
    pub types: T,
    /// LayerNorm of their sum.
    pub norm: Affine<T>,
    /// From the lowest.
    pub layers: Vec<Layer<T>>,
    /// (H, H).
    pub pooler: Affine<T>,
    /// (C, H).
    pub classifier: Affine<T>,
}

impl<T> Affine<T> {
    fn map<U>(&self, f: &mut impl FnMut(&T) -> U) -> Affine<U> {
        Affine { weight: f(&self.weight), bias: f(&self.bias) }
    }

    fn push<'a>(&'a self, all: &mut Vec<&'a T>) {
        all.extend([&self.weight, &self.bias]);
    }

    fn push_mut<'a>(&'a mut self, all: &mut Vec<&'a mut T>) {
        all.extend([&mut self.weight, &mut self.bias]);
    }
}

impl<T> Layer<T> {
    fn map<U>(&self, f: &mut impl FnMut(&T) -> U) -> Layer<U> {
        Layer {
            qkv: self.qkv.map(f),
            attention_output: self.attention_output.map(f),
            attention_norm: self.attention_norm.map(f),
            intermediate: self.intermediate.map(f),
            output: self.output.map(f),
            output_norm: self.output_norm.map(f),
        }
    }

    fn affine(&self) -> [&Affine<T>; 6] {
        [&self.qkv, &self.attention_output, &self.attention_norm, &self.intermediate, &self.output, &self.output_norm]
    }

    fn affine_mut(&mut self) -> [&mut Affine<T>; 6] {
        let Self { qkv, attention_output, attention_norm, intermediate, output, output_norm } = self;
        [qkv, attention_output, attention_norm, intermediate, output, output_norm]
    }
}

impl Layer<Cow<'_, [f32]>> {
    /// Frees the matrices that are held in another form.
    fn let_go(&mut self, laid: &Matrices) {
        let both = [
            (&mut self.qkv, &laid.qkv),
            (&mut self.attention_output, &laid.attention_output),
            (&mut self.intermediate, &laid.intermediate),
            (&mut self.output, &laid.output),
        ];
        for (affine, _) in both.into_iter().filter(|(_, laid)| laid.stands_alone()) {
            affine.weight = Cow::Owned(Vec::new());
        }
    }
}

impl<T> Params<T> {
    /// The same places, with other things in them.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Params<U> {
        let f = &mut f;
        Params {
            words: f(&self.words),
            positions: f(&self.positions),
            types: f(&self.types),
            norm: self.norm.map(f),
            layers: self.layers.iter().map(|l| l.map(f)).collect(),
            pooler: self.pooler.map(f),
            classifier: self.classifier.map(f),
        }
    }

    /// All of them, in an order that is the same for every T.
    pub fn all(&self) -> Vec<&T> {
        let mut all = vec![&self.words, &self.positions, &self.types];
        self.norm.push(&mut all);
        for affine in self.layers.iter().flat_map(Layer::affine).chain([&self.pooler, &self.classifier]) {
            affine.push(&mut all);
        }
        all
    }
}

impl<T> Params<T> {
    /// As [`Self::all`], to write to.
    pub fn all_mut(&mut self) -> Vec<&mut T> {
        let mut all = vec![&mut self.words, &mut self.positions, &mut self.types];
        self.norm.push_mut(&mut all);
        for l in &mut self.layers {
            for affine in l.affine_mut() {
                affine.push_mut(&mut all);
            }
        }
        self.pooler.push_mut(&mut all);
        self.classifier.push_mut(&mut all);
        all
    }
}

/// The names in a checkpoint of what stands in each place, one after the other where there are several.
pub fn names(layers: usize) -> Params<Vec<String>> {
    let affine = |name: &str| Affine { weight: vec![format!("{name}.weight")], bias: vec![format!("{name}.bias")] };
    let e = "bert.embeddings";
    let one = |name: &str| vec![format!("{e}.{name}.weight")];
    Params {
        words: one("word_embeddings"),
        positions: one("position_embeddings"),
        types: one("token_type_embeddings"),
        norm: affine(&format!("{e}.LayerNorm")),
        layers: (0..layers)
            .map(|i| {
                let l = format!("bert.encoder.layer.{i}");
                let three = |end: &str| ["query", "key", "value"].map(|n| format!("{l}.attention.self.{n}.{end}")).to_vec();
                Layer {
                    qkv: Affine { weight: three("weight"), bias: three("bias") },
                    attention_output: affine(&format!("{l}.attention.output.dense")),
                    attention_norm: affine(&format!("{l}.attention.output.LayerNorm")),
                    intermediate: affine(&format!("{l}.intermediate.dense")),
                    output: affine(&format!("{l}.output.dense")),
                    output_norm: affine(&format!("{l}.output.LayerNorm")),
                }
            })
            .collect(),
        pooler: affine("bert.pooler.dense"),
        classifier: affine("classifier"),
    }
}

/// A layer's matrices, laid out for x W^T or for x W.
struct Matrices {
    qkv: Factor,
    attention_output: Factor,
    intermediate: Factor,
    output: Factor,
}

/// All matrices of the layers, laid out for the products that they are used in.
pub struct Prepared {
    compute: Compute,
    forward: Vec<Matrices>,
    /// Laid out for x W; empty where only logits are wanted.
    backward: Vec<Matrices>,
    /// Word embeddings, where they are in float16 and not among the weights.
    words: Option<Vec<f16>>,
}

impl Prepared {
    /// Lays the weights out for the way there and, on another thread, for the way back.
    pub fn new(compute: Compute, weights: &Params<Cow<'_, [f32]>>) -> Self {
        let lay = |back: bool| weights.layers.par_iter().map(|l| Matrices::new(compute, l, back, None)).collect();
        let (forward, backward) = rayon::join(|| lay(false), || lay(true));
        Self { compute, forward, backward, words: None }
    }
}

impl Matrices {
    /// `below`: the norm that makes the layer's input, if integers are to be spread by it.
    fn new(compute: Compute, layer: &Layer<Cow<'_, [f32]>>, back: bool, below: Option<&Affine<Cow<'_, [f32]>>>) -> Self {
        let factor = |a: &Affine<Cow<'_, [f32]>>, ranges: &[f32]| Factor::new(compute, view(a, back), ranges);
        let ranges = |norm: &Affine<Cow<'_, [f32]>>| -> Vec<f32> {
            // Three standard deviations of what a LayerNorm gives out.
            norm.weight.iter().zip(&*norm.bias).map(|(scale, shift)| shift.abs() + 3.0 * scale.abs()).collect()
        };
        let (x, attended) = match below {
            Some(below) => (ranges(below), ranges(&layer.attention_norm)),
            None => (Vec::new(), Vec::new()),
        };
        Self {
            qkv: factor(&layer.qkv, &x),
            attention_output: factor(&layer.attention_output, &[]),
            intermediate: factor(&layer.intermediate, &attended),
            output: factor(&layer.output, &[]),
        }
    }
}

/// The right factor of x W^T, or of x W on the way back. Affine maps are stored (outputs, inputs).
fn view<'a>(a: &'a Affine<Cow<'_, [f32]>>, back: bool) -> Mat<'a> {
    let outputs = a.bias.len();
    let inputs = a.weight.len() / outputs.max(1);
    let w = Mat::new(&a.weight, outputs, inputs, inputs);
    if back { w } else { w.t() }
}

/// The network, with weights that are borrowed for a step.
pub struct Packed<'a> {
    /// Sizes and dropout.
    pub config: &'a BertConfig,
    /// The weights.
    pub weights: &'a Params<Cow<'a, [f32]>>,
    /// The same, laid out.
    pub prepared: &'a Prepared,
}

/// What the backward pass needs of a layer.
#[derive(Default)]
struct Kept {
    /// Its input (N, H).
    x: Vec<f32>,
    qkv: Vec<f32>,
    probs: Vec<f32>,
    /// Attention's result (N, H).
    context: Vec<f32>,
    /// Before the first LayerNorm, and after it.
    attention_sum: Vec<f32>,
    attended: Vec<f32>,
    /// The activation's slopes (N, I), and its results.
    inner: Vec<f32>,
    activated: Vec<f32>,
    /// Before the second LayerNorm.
    output_sum: Vec<f32>,
    masks: Masks,
}

#[derive(Default, Clone, Copy)]
struct Masks {
    attention: Option<Dropout>,
    attention_output: Option<Dropout>,
    output: Option<Dropout>,
}

/// Buffers of one thread, kept from batch to batch.
#[derive(Default)]
pub struct Workspace {
    layers: Vec<Kept>,
    /// Sum of the embeddings before their LayerNorm (N, H).
    embedded: Vec<f32>,
    embedding_mask: Option<Dropout>,
    /// The last layer's result (N, H).
    last: Vec<f32>,
    /// Rows of the first tokens (B, H), the pooler's result, and the same under its mask.
    first: Vec<f32>,
    pooled: Vec<f32>,
    dropped: Vec<f32>,
    pooled_mask: Option<Dropout>,
    /// Logits (B, C) of the last batch.
    pub logits: Vec<f32>,
    /// Gradients on their way down: (N, H), (N, H), (N, I), (N, 3 H).
    dx: Vec<f32>,
    dy: Vec<f32>,
    d_inner: Vec<f32>,
    d_qkv: Vec<f32>,
}

/// The slice of `buffer` with `n` elements; what they hold is not said.
fn sized(buffer: &mut Vec<f32>, n: usize) -> &mut [f32] {
    buffer.resize(n, 0.0);
    buffer
}

fn mask(seeds: &mut Option<&mut DropoutSeeds>, p: f64) -> Option<Dropout> {
    match seeds {
        Some(seeds) if p > 0.0 => Some(seeds.next(p)),
        _ => None,
    }
}

impl Packed<'_> {
    /// Logits (B, C) of a batch of B pairs, in `ws.logits`. `dropout` is given in training only; without it all layers share the
    /// buffers of one, and there is no way back.
    pub fn forward(&self, batch: &Batch, mut dropout: Option<&mut DropoutSeeds>, ws: &mut Workspace) {
        let (c, w) = (self.config, self.weights);
        let (n, h, inner) = (batch.ids.len(), c.hidden_size, c.intermediate_size);
        let eps = c.layer_norm_eps as f32;
        let (training, layers) = (dropout.is_some(), w.layers.len());
        ws.layers.resize_with(if training { layers } else { layers.min(1) }, Kept::default);
        self.embed(batch, sized(&mut ws.embedded, n * h));
        ws.embedding_mask = mask(&mut dropout, c.hidden_dropout_prob);
        let x = sized(ws.layers.first_mut().map_or(&mut ws.last, |l| &mut l.x), n * h);
        kernels::layer_norm(&ws.embedded, &w.norm.weight, &w.norm.bias, eps, x);
        if let Some(mask) = ws.embedding_mask {
            mask.apply(x, 0);
        }
        for (i, (l, f)) in w.layers.iter().zip(&self.prepared.forward).enumerate() {
            let (kept, above) = ws.layers[if training { i } else { 0 }..].split_at_mut(1);
            let k = &mut kept[0];
            k.masks.attention = mask(&mut dropout, c.attention_probs_dropout_prob);
            k.masks.attention_output = mask(&mut dropout, c.hidden_dropout_prob);
            k.masks.output = mask(&mut dropout, c.hidden_dropout_prob);
            let affine = |f: &Factor, x: &[f32], a: &Affine<Cow<'_, [f32]>>, out: &mut Vec<f32>| {
                let (inputs, outputs) = (x.len() / n.max(1), a.bias.len());
                let out = MatMut::new(sized(out, n * outputs), n, outputs, outputs);
                f.matmul(out, 0.0, Mat::new(x, n, inputs, inputs), view(a, false), Some(&a.bias));
            };
            affine(&f.qkv, &k.x, &l.qkv, &mut k.qkv);
            let attention = self.attention(batch, k.masks.attention);
            let (compute, context) = (self.prepared.compute, sized(&mut k.context, n * h));
            if training {
                attention.forward(compute, &k.qkv, &mut k.probs, context, h);
            } else {
                attention.infer(&k.qkv, &mut k.probs, context, h);
            }
            affine(&f.attention_output, &k.context, &l.attention_output, &mut k.attention_sum);
            let norm = (&*l.attention_norm.weight, &*l.attention_norm.bias);
            let attended = sized(&mut k.attended, n * h);
            kernels::residual_norm(&mut k.attention_sum, k.masks.attention_output, &k.x, norm, eps, attended);
            affine(&f.intermediate, &k.attended, &l.intermediate, &mut k.inner);
            if training {
                activate(c.hidden_act, &mut k.inner, sized(&mut k.activated, n * inner));
            } else {
                activate_in_place(c.hidden_act, &mut k.inner);
            }
            affine(&f.output, if training { &k.activated } else { &k.inner }, &l.output, &mut k.output_sum);
            let norm = (&*l.output_norm.weight, &*l.output_norm.bias);
            let y = match above.first_mut() {
                Some(above) => &mut above.x,
                None if i + 1 < layers => &mut k.x,
                None => &mut ws.last,
            };
            kernels::residual_norm(&mut k.output_sum, k.masks.output, &k.attended, norm, eps, sized(y, n * h));
        }
        self.head(batch, dropout, ws);
    }

    /// The pooler over the first token of each pair, and the classifier, in float32.
    fn head(&self, batch: &Batch, mut dropout: Option<&mut DropoutSeeds>, ws: &mut Workspace) {
        let (c, w) = (self.config, self.weights);
        let (b, h) = (batch.lens.len(), c.hidden_size);
        ws.first.clear();
        for row in first_tokens(batch) {
            ws.first.extend_from_slice(&ws.last[row * h..][..h]);
        }
        let affine = |x: &[f32], a: &Affine<Cow<'_, [f32]>>, out: &mut Vec<f32>| {
            kernels::affine(x, &a.weight, &a.bias, sized(out, b * a.bias.len()));
        };
        affine(&ws.first, &w.pooler, &mut ws.pooled);
        ws.pooled.iter_mut().for_each(|x| *x = libm::tanhf(*x));
        ws.pooled_mask = mask(&mut dropout, c.classifier_dropout.unwrap_or(c.hidden_dropout_prob));
        ws.dropped.clone_from(&ws.pooled);
        if let Some(mask) = ws.pooled_mask {
            mask.apply(&mut ws.dropped, 0);
        }
        affine(&ws.dropped, &w.classifier, &mut ws.logits);
    }

    /// Adds the gradients of a loss to `grads`, given its gradient with respect to the logits (B, C) of the last forward pass in `ws`.
    /// An empty gradient is not wanted; below the lowest one that is, nothing is computed.
    pub fn backward(&self, batch: &Batch, dlogits: &[f32], ws: &mut Workspace, grads: &mut Params<Vec<f32>>) {
        let w = self.weights;
        let (n, h) = (batch.ids.len(), self.config.hidden_size);
        let eps = self.config.layer_norm_eps as f32;
        self.head_backward(batch, dlogits, ws, grads);
        let wanted = |a: &Affine<Vec<f32>>| !(a.weight.is_empty() && a.bias.is_empty());
        let embeddings = wanted(&grads.norm) || [&grads.words, &grads.positions, &grads.types].iter().any(|g| !g.is_empty());
        let lowest = if embeddings {
            0
        } else {
            grads.layers.iter().position(|l| l.affine().into_iter().any(wanted)).unwrap_or(usize::MAX)
        };
        let (dx, dy) = (&mut ws.dx, &mut ws.dy);
        dy.resize(n * h, 0.0);
        for (i, ((l, f), k)) in w.layers.iter().zip(&self.prepared.backward).zip(&ws.layers).enumerate().rev() {
            if i < lowest {
                return;
            }
            let g = &mut grads.layers[i];
            // dx is the gradient of the layer's result; LayerNorm's passes on to the residual and to the sub-layer.
            norm_backward(&k.output_sum, &l.output_norm, &mut g.output_norm, dx, eps);
            masked_copy(dy, dx, k.masks.output);
            self.affine_backward((&l.output, &f.output), (dy, &k.activated, n), &mut g.output, Some((&mut ws.d_inner, 0.0)));
            kernels::multiply(&mut ws.d_inner, &k.inner);
            self.affine_backward(
                (&l.intermediate, &f.intermediate),
                (&ws.d_inner, &k.attended, n),
                &mut g.intermediate,
                Some((dx, 1.0)),
            );
            norm_backward(&k.attention_sum, &l.attention_norm, &mut g.attention_norm, dx, eps);
            masked_copy(dy, dx, k.masks.attention_output);
            // The context's gradient takes the place of its own output's, which has served.
            let mut d_context = std::mem::take(&mut ws.d_inner);
            self.affine_backward(
                (&l.attention_output, &f.attention_output),
                (dy, &k.context, n),
                &mut g.attention_output,
                Some((&mut d_context, 0.0)),
            );
            let d_qkv = sized(&mut ws.d_qkv, n * 3 * h);
            self.attention(batch, k.masks.attention).backward(self.prepared.compute, &k.qkv, &k.probs, &d_context, d_qkv, h);
            ws.d_inner = d_context;
            let below = (i > lowest || embeddings).then_some((&mut *dx, 1.0));
            self.affine_backward((&l.qkv, &f.qkv), (d_qkv, &k.x, n), &mut g.qkv, below);
        }
        if embeddings {
            if let Some(mask) = ws.embedding_mask {
                mask.apply(dx, 0);
            }
            norm_backward(&ws.embedded, &w.norm, &mut grads.norm, dx, eps);
            scatter(&mut grads.words, dx, batch.ids.iter().map(|&i| i as usize), h);
            scatter(&mut grads.positions, dx, batch.lens.iter().flat_map(|&t| 0..t), h);
            scatter(&mut grads.types, dx, batch.types.iter().map(|&i| i as usize), h);
        }
    }

    fn head_backward(&self, batch: &Batch, dlogits: &[f32], ws: &mut Workspace, grads: &mut Params<Vec<f32>>) {
        let w = self.weights;
        let (b, h) = (batch.lens.len(), self.config.hidden_size);
        let back = |d: &[f32], x: &[f32], a: &Affine<Cow<'_, [f32]>>, g: &mut Affine<Vec<f32>>| {
            let o = a.bias.len();
            let d_out = Mat::new(d, b, o, o);
            add_weight_gradients(Compute::F32, d, x, g, b);
            let mut dx = vec![0.0; b * h];
            matmul(Compute::F32, MatMut::new(&mut dx, b, h, h), 0.0, 1.0, d_out, Mat::new(&a.weight, o, h, h));
            dx
        };
        let mut d = back(dlogits, &ws.dropped, &w.classifier, &mut grads.classifier);
        if let Some(mask) = ws.pooled_mask {
            mask.apply(&mut d, 0);
        }
        d.iter_mut().zip(&ws.pooled).for_each(|(d, &y)| *d *= 1.0 - y * y);
        let d = back(&d, &ws.first, &w.pooler, &mut grads.pooler);
        let dx = sized(&mut ws.dx, batch.ids.len() * h);
        dx.fill(0.0);
        for (row, d) in first_tokens(batch).zip(d.chunks_exact(h)) {
            dx[row * h..][..h].copy_from_slice(d);
        }
    }

    /// Through y = x W^T + b: adds the gradients of W and b, and gives `keep * dx + dy W` in `dx` where it is wanted.
    fn affine_backward(
        &self,
        (w, laid): (&Affine<Cow<'_, [f32]>>, &Factor),
        (dy, x, n): (&[f32], &[f32], usize),
        g: &mut Affine<Vec<f32>>,
        dx: Option<(&mut Vec<f32>, f32)>,
    ) {
        add_weight_gradients(self.prepared.compute, dy, x, g, n);
        let (inputs, outputs) = (x.len() / n.max(1), dy.len() / n.max(1));
        if let Some((dx, keep)) = dx {
            let out = MatMut::new(sized(dx, n * inputs), n, inputs, inputs);
            laid.matmul(out, keep, Mat::new(dy, n, outputs, outputs), view(w, true), None);
        }
    }

    fn attention(&self, batch: &Batch, dropout: Option<Dropout>) -> Attention {
        Attention { lens: batch.lens.clone(), heads: self.config.num_attention_heads, dropout }
    }

    /// Words, positions and segments added up.
    fn embed(&self, batch: &Batch, out: &mut [f32]) {
        let (w, h) = (self.weights, self.config.hidden_size);
        fn row(table: &[f32], i: usize, h: usize) -> &[f32] {
            &table[i * h..][..h]
        }
        let positions = batch.lens.iter().flat_map(|&t| 0..t);
        let tokens = batch.ids.iter().zip(&batch.types).zip(positions);
        for (out, ((&id, &kind), position)) in out.chunks_exact_mut(h).zip(tokens) {
            match &self.prepared.words {
                Some(words) => words[id as usize * h..][..h].convert_to_f32_slice(out),
                None => out.copy_from_slice(row(&w.words, id as usize, h)),
            }
            let parts = row(&w.positions, position, h).iter().zip(row(&w.types, kind as usize, h));
            out.iter_mut().zip(parts).for_each(|(o, (p, t))| *o = *o + p + t);
        }
    }
}

/// The row of each pair's first token.
fn first_tokens(batch: &Batch) -> impl Iterator<Item = usize> + '_ {
    batch.lens.iter().scan(0, |row, &t| Some(std::mem::replace(row, *row + t)))
}

/// Adds dy^T x to W's gradient and the sum of dy's rows to b's, of those that are wanted. dy (N, O), x (N, I).
fn add_weight_gradients(compute: Compute, dy: &[f32], x: &[f32], g: &mut Affine<Vec<f32>>, n: usize) {
    if n == 0 {
        return;
    }
    let (o, i) = (dy.len() / n, x.len() / n);
    if !g.weight.is_empty() {
        matmul(compute, MatMut::new(&mut g.weight, o, i, i), 1.0, 1.0, Mat::new(dy, n, o, o).t(), Mat::new(x, n, i, i));
    }
    if !g.bias.is_empty() {
        kernels::add_column_sums(dy, &mut g.bias);
    }
}

fn norm_backward(x: &[f32], norm: &Affine<Cow<'_, [f32]>>, g: &mut Affine<Vec<f32>>, grad: &mut [f32], eps: f32) {
    // Gradients that are not wanted are small: computed all the same.
    let h = norm.weight.len();
    let (mut spare_weight, mut spare_bias) = (Vec::new(), Vec::new());
    let dgamma = if g.weight.is_empty() { sized(&mut spare_weight, h) } else { &mut g.weight };
    let dbeta = if g.bias.is_empty() { sized(&mut spare_bias, h) } else { &mut g.bias };
    kernels::layer_norm_backward(x, &norm.weight, grad, eps, dgamma, dbeta);
}

fn masked_copy(to: &mut [f32], from: &[f32], mask: Option<Dropout>) {
    to.copy_from_slice(from);
    if let Some(mask) = mask {
        mask.apply(to, 0);
    }
}

/// Adds row i of `rows` to the row of `table` that `index` names, where the table is wanted.
fn scatter(table: &mut [f32], rows: &[f32], index: impl Iterator<Item = usize>, h: usize) {
    if table.is_empty() {
        return;
    }
    for (row, i) in rows.chunks_exact(h).zip(index) {
        table[i * h..][..h].iter_mut().zip(row).for_each(|(t, r)| *t += r);
    }
}

fn activate(kind: Activation, x: &mut [f32], out: &mut [f32]) {
    match kind {
        Activation::Gelu => kernels::activate(x, out, kernels::gelu_with_slope),
        Activation::GeluTanh => kernels::activate(x, out, kernels::gelu_tanh_with_slope),
        Activation::Relu => kernels::activate(x, out, kernels::relu_with_slope),
    }
}

fn activate_in_place(kind: Activation, x: &mut [f32]) {
    match kind {
        Activation::Gelu => kernels::apply(x, kernels::gelu_with_slope),
        Activation::GeluTanh => kernels::apply(x, kernels::gelu_tanh_with_slope),
        Activation::Relu => kernels::apply(x, kernels::relu_with_slope),
    }
}

/// The network as an engine for classifying.
pub struct PackedBert {
    config: BertConfig,
    weights: Params<Cow<'static, [f32]>>,
    prepared: Prepared,
    /// One for each thread that has come by.
    workspaces: Mutex<Vec<Workspace>>,
}

impl PackedBert {
    /// Takes the weights of a `BertForSequenceClassification` with `labels` outputs from `source`, by their names there.
    pub fn new(config: &BertConfig, labels: usize, compute: Compute, source: &mut dyn Source) -> crate::Result<Self> {
        // The reference knows every weight's shape.
        let mut shapes = Shapes::default();
        super::bert::Bert::new(config, labels, &mut shapes)?;
        let mut reader = Reader { source, shapes: shapes.0, failed: None };
        let places = names(config.num_hidden_layers);
        // A layer's matrices are laid out before the next ones are read: only one layer is in memory twice.
        let mut forward = Vec::new();
        let mut layers = Vec::<Layer<Cow<'static, [f32]>>>::new();
        let norm = places.norm.map(&mut |names| reader.take(names));
        for names in &places.layers {
            let mut layer = names.map(&mut |names| reader.take(names));
            reader.check()?;
            let below = layers.last().map_or(&norm, |l| &l.output_norm);
            let laid = Matrices::new(compute, &layer, false, Some(below));
            layer.let_go(&laid);
            forward.push(laid);
            layers.push(layer);
        }
        let (words, half) = match reader.table(&places.words[0])? {
            Table::Single(words) => (Cow::Owned(words), None),
            Table::Half(words) => (Cow::default(), Some(words)),
        };
        let mut take = |names: &Vec<String>| reader.take(names);
        let weights = Params {
            words,
            positions: take(&places.positions),
            types: take(&places.types),
            norm,
            layers,
            pooler: places.pooler.map(&mut take),
            classifier: places.classifier.map(&mut take),
        };
        reader.check()?;
        let prepared = Prepared { compute, forward, backward: Vec::new(), words: half };
        Ok(Self { config: config.clone(), weights, prepared, workspaces: Mutex::default() })
    }
}

/// Reads weights by their names; after the first failure it gives out nothing.
struct Reader<'a> {
    source: &'a mut dyn Source,
    shapes: BTreeMap<String, Vec<usize>>,
    failed: Option<crate::Error>,
}

impl Reader<'_> {
    fn shape(&self, name: &str) -> crate::Result<Vec<usize>> {
        self.shapes.get(name).cloned().ok_or_else(|| crate::Error::new(format!("no weights named {name:?}")))
    }

    fn table(&mut self, name: &str) -> crate::Result<Table> {
        let shape = self.shape(name)?;
        self.source.table(name, &shape)
    }

    fn values(&mut self, name: &str) -> crate::Result<Vec<f32>> {
        let shape = self.shape(name)?;
        self.source.values(name, &shape)
    }

    /// The values of these, one after the other.
    fn take(&mut self, names: &[String]) -> Cow<'static, [f32]> {
        let mut values = Vec::new();
        for name in names {
            if self.failed.is_some() {
                break;
            }
            match self.values(name) {
                Ok(v) if values.is_empty() => values = v,
                Ok(mut v) => values.append(&mut v),
                Err(e) => self.failed = Some(e),
            }
        }
        Cow::Owned(values)
    }

    /// The first failure, if there was one.
    fn check(&mut self) -> crate::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

/// Notes the shape that each weight is asked for in, and gives out stand-ins that take no memory.
#[derive(Default)]
struct Shapes(BTreeMap<String, Vec<usize>>);

impl Source for Shapes {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> crate::Result<Tensor> {
        self.0.insert(name.to_owned(), shape.to_vec());
        Tensor::zeros(1, DType::F32, &Device::Cpu).and_then(|t| t.broadcast_as(shape)).context("laying out weights")
    }
}

impl super::Network for PackedBert {
    fn logits(&self, batch: &Batch) -> crate::Result<Vec<f32>> {
        let pool = || self.workspaces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut ws = pool().pop().unwrap_or_default();
        let network = Packed { config: &self.config, weights: &self.weights, prepared: &self.prepared };
        network.forward(batch, None, &mut ws);
        let logits = ws.logits.clone();
        pool().push(ws);
        Ok(logits)
    }
}
