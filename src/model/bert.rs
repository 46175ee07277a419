//! BERT (Devlin et al. 2019) with a classification head, trainable and packed.
//!
//! Sequences of a batch stand one after the other in one matrix (N, H), N the sum of their lengths, without padding: the
//! label of a pair does not depend on what shares its batch. Dropout draws its masks from a seed (`super::kernels::Dropout`).

use super::batch::Batch;
use super::config::BertConfig;
use super::gemm::Compute;
use super::kernels::{Attention, Dropout};
use super::ops;
use super::weights::Source;
use candle_core::{DType, Device, Result, Tensor};

/// Weights (O, I) and bias (O) of an affine map.
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn new(source: &mut dyn Source, name: &str, inputs: usize, outputs: usize) -> crate::Result<Self> {
        let weight = source.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = source.tensor(&format!("{name}.bias"), &[outputs])?;
        Ok(Self { weight, bias })
    }

    /// (N, I) -> (N, O).
    fn forward(&self, x: &Tensor, compute: Compute) -> Result<Tensor> {
        ops::linear(x, &self.weight, &self.bias, compute)
    }
}

struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl LayerNorm {
    fn new(source: &mut dyn Source, name: &str, size: usize, eps: f64) -> crate::Result<Self> {
        let weight = source.tensor(&format!("{name}.weight"), &[size])?;
        let bias = source.tensor(&format!("{name}.bias"), &[size])?;
        Ok(Self { weight, bias, eps: eps as f32 })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
}

/// Seeds for the dropout masks of one forward pass; each mask takes the next number.
pub struct DropoutSeeds {
    seed: u64,
    drawn: u64,
}

impl DropoutSeeds {
    /// Masks that depend on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    pub(super) fn next(&mut self, p: f64) -> Dropout {
        self.drawn += 1;
        Dropout::new(p as f32, self.seed.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(self.drawn))
    }
}

/// The encoder with its pooler and head.
pub struct Bert {
    config: BertConfig,
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    pooler: Linear,
    pooler_activation: fn(&Tensor) -> Result<Tensor>,
    classifier: Linear,
    compute: Compute,
}

impl Bert {
    /// Takes the weights of a `BertForSequenceClassification` with `labels` outputs from `source`, by their names there.
    pub fn new(config: &BertConfig, labels: usize, source: &mut dyn Source) -> crate::Result<Self> {
        let h = config.hidden_size;
        let e = "bert.embeddings";
        let words = source.tensor(&format!("{e}.word_embeddings.weight"), &[config.vocab_size, h])?;
        let positions = source.tensor(&format!("{e}.position_embeddings.weight"), &[config.max_position_embeddings, h])?;
        let types = source.tensor(&format!("{e}.token_type_embeddings.weight"), &[config.type_vocab_size, h])?;
        let norm = LayerNorm::new(source, &format!("{e}.LayerNorm"), h, config.layer_norm_eps)?;
        let layers = (0..config.num_hidden_layers)
            .map(|i| {
                let l = format!("bert.encoder.layer.{i}");
                Ok(Layer {
                    query: Linear::new(source, &format!("{l}.attention.self.query"), h, h)?,
                    key: Linear::new(source, &format!("{l}.attention.self.key"), h, h)?,
                    value: Linear::new(source, &format!("{l}.attention.self.value"), h, h)?,
                    attention_output: Linear::new(source, &format!("{l}.attention.output.dense"), h, h)?,
                    attention_norm: LayerNorm::new(source, &format!("{l}.attention.output.LayerNorm"), h, config.layer_norm_eps)?,
                    intermediate: Linear::new(source, &format!("{l}.intermediate.dense"), h, config.intermediate_size)?,
                    output: Linear::new(source, &format!("{l}.output.dense"), config.intermediate_size, h)?,
                    output_norm: LayerNorm::new(source, &format!("{l}.output.LayerNorm"), h, config.layer_norm_eps)?,
                })
            })
            .collect::<crate::Result<_>>()?;
        let pooler = Linear::new(source, "bert.pooler.dense", h, h)?;
        let classifier = Linear::new(source, "classifier", h, labels)?;
        Ok(Self {
            config: config.clone(),
            words,
            positions,
            types,
            norm,
            layers,
            pooler,
            pooler_activation: Tensor::tanh,
            classifier,
            compute: Compute::F32,
        })
    }

    /// The same network with another activation of the pooler than BERT's tanh.
    pub(super) fn with_pooler_activation(self, pooler_activation: fn(&Tensor) -> Result<Tensor>) -> Self {
        Self { pooler_activation, ..self }
    }

    /// The same network with the factors of its layers' products rounded so. Pooler and head stay in float32.
    pub fn with_compute(self, compute: Compute) -> Self {
        Self { compute, ..self }
    }

    /// Logits (B, C) of a batch of B pairs. `dropout` is given in training only.
    pub fn forward(&self, batch: &Batch, mut dropout: Option<&mut DropoutSeeds>) -> Result<Tensor> {
        let c = &self.config;
        let n = batch.ids.len();
        let index = |v: &[u32]| Tensor::from_slice(v, v.len(), &Device::Cpu);
        let mut positions = Vec::with_capacity(n);
        let mut first = Vec::with_capacity(batch.lens.len());
        for &len in batch.lens.iter() {
            first.push(positions.len() as u32);
            positions.extend(0..len as u32);
        }
        let x = self.words.index_select(&index(&batch.ids)?, 0)?;
        let x = (x + self.positions.index_select(&index(&positions)?, 0)?)?;
        let x = (x + self.types.index_select(&index(&batch.types)?, 0)?)?;
        let x = self.norm.forward(&x)?;
        let mut x = drop(&x, c.hidden_dropout_prob, &mut dropout)?;
        for layer in &self.layers {
            let attention = Attention {
                lens: batch.lens.clone(),
                heads: c.num_attention_heads,
                dropout: match &mut dropout {
                    Some(seeds) if c.attention_probs_dropout_prob > 0.0 => Some(seeds.next(c.attention_probs_dropout_prob)),
                    _ => None,
                },
            };
            let (q, k, v) = (
                layer.query.forward(&x, self.compute)?,
                layer.key.forward(&x, self.compute)?,
                layer.value.forward(&x, self.compute)?,
            );
            let a = layer.attention_output.forward(&ops::attention(&q, &k, &v, attention)?, self.compute)?;
            let a = drop(&a, c.hidden_dropout_prob, &mut dropout)?;
            x = layer.attention_norm.forward(&(a + x)?)?;
            let f = c.hidden_act.forward(&layer.intermediate.forward(&x, self.compute)?)?;
            let f = drop(&layer.output.forward(&f, self.compute)?, c.hidden_dropout_prob, &mut dropout)?;
            x = layer.output_norm.forward(&(f + x)?)?;
        }
        let pooled = (self.pooler_activation)(&self.pooler.forward(&x.index_select(&index(&first)?, 0)?, Compute::F32)?)?;
        let p = c.classifier_dropout.unwrap_or(c.hidden_dropout_prob);
        self.classifier.forward(&drop(&pooled, p, &mut dropout)?, Compute::F32)
    }
}

fn drop(x: &Tensor, p: f64, dropout: &mut Option<&mut DropoutSeeds>) -> Result<Tensor> {
    match dropout {
        Some(seeds) if p > 0.0 => x.apply_op1(seeds.next(p)),
        _ => Ok(x.clone()),
    }
}

impl super::Network for Bert {
    fn logits(&self, batch: &Batch) -> crate::Result<Vec<f32>> {
        use crate::error::Context;
        self.forward(batch, None)
            .and_then(|t| t.to_dtype(DType::F32)?.flatten_all()?.to_vec1())
            .context("the encoder's forward pass")
    }
}
