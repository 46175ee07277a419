//! ModernBERT (Warner et al. 2024) with its classification head; inference.
//!
//! The encoder is candle-transformers'; its classifier ends in a softmax, so pooling and head are computed here. What its encoder
//! cannot do (biases, other activations, scaled rotary positions, other orders of local and global layers) is refused.

use super::batch::Batch;
use super::config::{Activation, check_heads, check_sizes};
use super::padded;
use super::weights::Checkpoint;
use crate::error::{Error, Result};
use candle_core::{D, DType, Tensor};
use candle_nn::{LayerNorm, Linear, Module};
use candle_transformers::models::modernbert;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The fields of `config.json` that matter here, in the words of transformers 4 and 5; defaults are those of the reference
/// implementation.
#[derive(Debug, Clone, Deserialize)]
pub struct ModernBertConfig {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    #[serde(default = "positions")]
    pub max_position_embeddings: usize,
    #[serde(default = "eps")]
    norm_eps: f64,
    #[serde(default = "pad")]
    pad_token_id: Option<u32>,
    #[serde(default = "window")]
    local_attention: usize,
    #[serde(default)]
    layer_types: Option<Vec<String>>,
    #[serde(default = "every_third")]
    global_attn_every_n_layers: usize,
    #[serde(default)]
    rope_parameters: Option<BTreeMap<String, Rope>>,
    #[serde(default)]
    rope_scaling: Option<serde_json::Value>,
    #[serde(default)]
    global_rope_theta: Option<f64>,
    #[serde(default)]
    local_rope_theta: Option<f64>,
    #[serde(default = "gelu")]
    hidden_activation: Activation,
    #[serde(default = "gelu")]
    classifier_activation: Activation,
    #[serde(default)]
    classifier_pooling: Pooling,
    #[serde(default)]
    classifier_bias: bool,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default)]
    norm_bias: bool,
}

/// What the head reads.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Pooling {
    /// The first token.
    #[default]
    Cls,
    /// The mean over all tokens.
    Mean,
}

#[derive(Debug, Clone, Deserialize)]
struct Rope {
    #[serde(default)]
    rope_type: Option<String>,
    #[serde(default)]
    rope_theta: Option<f64>,
}

fn positions() -> usize {
    8192
}
fn eps() -> f64 {
    1e-5
}
fn pad() -> Option<u32> {
    Some(50283)
}
fn window() -> usize {
    128
}
fn every_third() -> usize {
    3
}
fn gelu() -> Activation {
    Activation::Gelu
}

const GLOBAL: &str = "full_attention";
const LOCAL: &str = "sliding_attention";

impl ModernBertConfig {
    /// Refuses what cannot be computed; says which layers attend to all tokens: every n-th from the first.
    pub fn check(&self) -> Result<usize> {
        check_sizes(&[
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("local_attention", self.local_attention),
            ("global_attn_every_n_layers", self.global_attn_every_n_layers),
        ])?;
        check_heads(self.hidden_size, self.num_attention_heads)?;
        padded::check_positions(self.max_position_embeddings)?;
        padded::check_pad(self.pad(), self.vocab_size)?;
        if !(self.hidden_size / self.num_attention_heads).is_multiple_of(2) {
            return Err(Error::new(format!("heads of width {}", self.hidden_size / self.num_attention_heads))
                .expected("an even width: rotary positions turn pairs"));
        }
        for (name, on) in [("attention_bias", self.attention_bias), ("mlp_bias", self.mlp_bias), ("norm_bias", self.norm_bias)] {
            if on {
                return Err(Error::new(format!("{name} true")).expected("false, as in the published checkpoints"));
            }
        }
        if self.hidden_activation != Activation::Gelu {
            return Err(Error::new(format!("hidden_activation {:?}", self.hidden_activation)).expected("\"gelu\""));
        }
        let scaled = self.rope_parameters.iter().flatten().find_map(|(_, r)| r.rope_type.as_deref().filter(|t| *t != "default"));
        if scaled.is_some() || self.rope_scaling.as_ref().is_some_and(|s| !s.is_null()) {
            return Err(Error::new("scaled rotary positions").expected("rope_type \"default\""));
        }
        self.global_every()
    }

    fn global_every(&self) -> Result<usize> {
        let Some(layers) = &self.layer_types else { return Ok(self.global_attn_every_n_layers) };
        let every = layers.iter().skip(1).position(|l| l == GLOBAL).map_or(layers.len(), |i| i + 1).max(1);
        let regular = layers.iter().enumerate().all(|(i, l)| l == if i % every == 0 { GLOBAL } else { LOCAL });
        if !regular || layers.len() != self.num_hidden_layers {
            return Err(Error::new(format!("layer_types {}", layers.join(", "))).expected(format!(
                "{GLOBAL} in every n-th of {} layers from the first, {LOCAL} between",
                self.num_hidden_layers
            )));
        }
        Ok(every)
    }

    fn pad(&self) -> u32 {
        self.pad_token_id.unwrap_or(0)
    }

    fn theta(&self, kind: &str, older: Option<f64>, default: f64) -> f64 {
        let own = self.rope_parameters.as_ref().and_then(|r| r.get(kind)?.rope_theta);
        own.or(older).unwrap_or(default)
    }
}

/// The network and its head.
pub struct ModernBert {
    encoder: modernbert::ModernBert,
    dense: Linear,
    activation: Activation,
    norm: LayerNorm,
    classifier: Linear,
    pooling: Pooling,
    pad: u32,
}

impl ModernBert {
    /// Takes the weights of a `ModernBertForSequenceClassification`; every `global_every`-th layer attends to all tokens.
    pub fn new(config: &ModernBertConfig, global_every: usize, labels: usize, checkpoint: Checkpoint) -> Result<Self> {
        let h = config.hidden_size;
        let candle = modernbert::Config {
            vocab_size: config.vocab_size,
            hidden_size: h,
            num_hidden_layers: config.num_hidden_layers,
            num_attention_heads: config.num_attention_heads,
            intermediate_size: config.intermediate_size,
            max_position_embeddings: config.max_position_embeddings,
            layer_norm_eps: config.norm_eps,
            pad_token_id: config.pad(),
            global_attn_every_n_layers: global_every,
            global_rope_theta: config.theta(GLOBAL, config.global_rope_theta, 160_000.0),
            local_attention: config.local_attention,
            local_rope_theta: config.theta(LOCAL, config.local_rope_theta, 10_000.0),
            classifier_config: None,
        };
        padded::build(checkpoint, |w| {
            // Candle takes a missing norm for the first layer's, which has none, in every layer.
            for layer in 1..config.num_hidden_layers {
                w.get(h, &format!("model.layers.{layer}.attn_norm.weight"))?;
            }
            Ok(Self {
                encoder: modernbert::ModernBert::load(w.clone(), &candle)?,
                dense: candle_nn::linear_b(h, h, config.classifier_bias, w.pp("head.dense"))?,
                activation: config.classifier_activation,
                norm: candle_nn::layer_norm_no_bias(h, config.norm_eps, w.pp("head.norm"))?,
                classifier: candle_nn::linear(h, labels, w.pp("classifier"))?,
                pooling: config.classifier_pooling,
                pad: config.pad(),
            })
        })
    }

    /// (B, T, H) and its mask (B, T) -> (B, H).
    fn pool(&self, hidden: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        match self.pooling {
            Pooling::Cls => hidden.narrow(1, 0, 1)?.squeeze(1)?.contiguous(),
            Pooling::Mean => {
                let mask = mask.to_dtype(DType::F32)?;
                let sum = hidden.broadcast_mul(&mask.unsqueeze(D::Minus1)?)?.sum(1)?;
                sum.broadcast_div(&mask.sum_keepdim(1)?)
            }
        }
    }
}

impl super::Network for ModernBert {
    fn logits(&self, batch: &Batch) -> Result<Vec<f32>> {
        padded::logits(batch, self.pad, |rows| {
            let pooled = self.pool(&self.encoder.forward(&rows.ids, &rows.mask)?, &rows.mask)?;
            let x = self.activation.forward(&self.dense.forward(&pooled)?)?;
            self.classifier.forward(&self.norm.forward(&x)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::parse;

    const SIZES: &str =
        r#""vocab_size":50368,"hidden_size":768,"num_hidden_layers":4,"num_attention_heads":12,"intermediate_size":1152"#;

    fn config(more: &str) -> ModernBertConfig {
        parse(&format!("{{{SIZES}{more}}}")).unwrap()
    }

    #[test]
    fn older_and_newer_files_say_the_same() {
        let older = config(r#","global_attn_every_n_layers":3,"global_rope_theta":160000.0,"local_rope_theta":9000.0"#);
        let newer = config(
            r#","layer_types":["full_attention","sliding_attention","sliding_attention","full_attention"],
            "rope_parameters":{"full_attention":{"rope_theta":160000.0,"rope_type":"default"},
            "sliding_attention":{"rope_theta":9000.0,"rope_type":"default"}}"#,
        );
        for c in [older, newer] {
            assert_eq!(c.check(), Ok(3));
            assert_eq!(c.theta(GLOBAL, c.global_rope_theta, 0.0), 160_000.0);
            assert_eq!(c.theta(LOCAL, c.local_rope_theta, 0.0), 9000.0);
        }
    }

    #[test]
    fn what_the_encoder_cannot_do_is_refused() {
        for more in [
            r#","attention_bias":true"#,
            r#","global_attn_every_n_layers":0"#,
            r#","hidden_activation":"relu""#,
            r#","rope_scaling":{"rope_type":"yarn"}"#,
            r#","rope_parameters":{"full_attention":{"rope_type":"yarn"}}"#,
            r#","layer_types":["sliding_attention","full_attention","full_attention","full_attention"]"#,
            r#","layer_types":["full_attention"]"#,
            r#","max_position_embeddings":4000000"#,
            r#","pad_token_id":50368"#,
        ] {
            assert!(config(more).check().is_err(), "{more}");
        }
    }
}
