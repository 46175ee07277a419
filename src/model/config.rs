//! `config.json` of a model folder.

use crate::error::{Context, Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What every architecture's `config.json` says.
#[derive(Debug, Clone, Deserialize)]
pub struct CommonConfig {
    /// `bert`, `roberta`, …
    #[serde(default)]
    pub model_type: Option<String>,
    /// Class names of the checkpoint.
    #[serde(default)]
    pub architectures: Option<Vec<String>>,
    /// Label of each logit, by its number.
    #[serde(default)]
    pub id2label: Option<BTreeMap<String, String>>,
    /// Longest input in tokens that the positions allow.
    #[serde(default)]
    pub max_position_embeddings: Option<usize>,
    /// Rows of the word embedding.
    #[serde(default)]
    pub vocab_size: Option<usize>,
    /// Token that fills up short rows.
    #[serde(default)]
    pub pad_token_id: Option<u32>,
}

impl CommonConfig {
    /// Names of the logits in their order, where `id2label` gives them.
    pub fn labels(&self) -> Result<Option<Vec<String>>> {
        let Some(map) = &self.id2label else { return Ok(None) };
        let mut labels = Vec::with_capacity(map.len());
        for i in 0..map.len() {
            let name = map.get(&i.to_string()).ok_or_else(|| {
                Error::new(format!("id2label has {} entries but none for {i}", map.len()))
                    .expected("numbers from 0 without a gap")
            })?;
            labels.push(name.clone());
        }
        Ok(Some(labels))
    }
}

/// Refuses sizes that no model has, before anything is allocated or divided by them.
pub fn check_sizes(sizes: &[(&str, usize)]) -> Result<()> {
    const LARGEST: usize = 1 << 24;
    match sizes.iter().find(|(_, size)| !(1..=LARGEST).contains(size)) {
        Some((name, size)) => Err(Error::new(format!("{name} {size}")).expected(format!("a size from 1 to {LARGEST}"))),
        None => Ok(()),
    }
}

/// Refuses a width that does not split into equal heads.
pub fn check_heads(hidden: usize, heads: usize) -> Result<()> {
    if heads == 0 || !hidden.is_multiple_of(heads) {
        return Err(Error::new(format!("hidden_size {hidden} with {heads} heads"))
            .expected("a hidden_size that is a multiple of num_attention_heads"));
    }
    Ok(())
}

/// The activation between the two feed-forward maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Activation {
    /// x Phi(x).
    #[serde(rename = "gelu")]
    Gelu,
    /// Its approximation with tanh.
    #[serde(rename = "gelu_new", alias = "gelu_pytorch_tanh", alias = "gelu_fast")]
    GeluTanh,
    /// max(x, 0).
    #[serde(rename = "relu")]
    Relu,
}

impl Activation {
    /// Element by element.
    pub fn forward(self, x: &candle_core::Tensor) -> candle_core::Result<candle_core::Tensor> {
        match self {
            Self::Gelu => super::ops::gelu(x),
            Self::GeluTanh => x.gelu(),
            Self::Relu => x.relu(),
        }
    }
}

/// The fields of a BERT `config.json` that matter here; defaults are those of the reference implementation.
#[derive(Debug, Clone, Deserialize)]
pub struct BertConfig {
    /// Rows of the word embedding.
    pub vocab_size: usize,
    /// H.
    pub hidden_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Number of heads; H is a multiple of it.
    pub num_attention_heads: usize,
    /// Width of the feed-forward part.
    pub intermediate_size: usize,
    /// Its activation.
    #[serde(default = "gelu")]
    pub hidden_act: Activation,
    /// Dropout after each sub-layer, in training.
    #[serde(default = "tenth")]
    pub hidden_dropout_prob: f64,
    /// Dropout on the attention probabilities, in training.
    #[serde(default = "tenth")]
    pub attention_probs_dropout_prob: f64,
    /// Dropout before the head; as `hidden_dropout_prob` where it is absent.
    #[serde(default)]
    pub classifier_dropout: Option<f64>,
    /// Rows of the position embedding.
    #[serde(default = "positions")]
    pub max_position_embeddings: usize,
    /// Rows of the segment embedding.
    #[serde(default = "types")]
    pub type_vocab_size: usize,
    /// Added to the variance in LayerNorm.
    #[serde(default = "eps")]
    pub layer_norm_eps: f64,
    /// Only `absolute` positions are known.
    #[serde(default)]
    pub position_embedding_type: Option<String>,
}

fn gelu() -> Activation {
    Activation::Gelu
}
fn tenth() -> f64 {
    0.1
}
fn positions() -> usize {
    512
}
fn types() -> usize {
    2
}
fn eps() -> f64 {
    1e-12
}

impl BertConfig {
    /// Refuses sizes that cannot be computed with.
    pub fn check(&self) -> Result<()> {
        check_sizes(&[
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ])?;
        check_heads(self.hidden_size, self.num_attention_heads)?;
        for p in [Some(self.hidden_dropout_prob), Some(self.attention_probs_dropout_prob), self.classifier_dropout] {
            if p.is_some_and(|p| !(0.0..1.0).contains(&p)) {
                return Err(Error::new(format!("dropout {p:?}")).expected("a probability below 1"));
            }
        }
        match self.position_embedding_type.as_deref() {
            None | Some("absolute") => Ok(()),
            Some(other) => Err(Error::new(format!("position_embedding_type {other:?}")).expected("\"absolute\"")),
        }
    }
}

/// Reads and parses `config.json`.
pub fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).context("reading the model's configuration").map_err(|e| e.at(path))?;
    parse(&text).map_err(|e| e.at(path))
}

/// Parses the text of a `config.json`.
pub fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        let message = e.to_string();
        // The place is told apart from the message.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
        Error::new(message).line(e.line() as u64).column(e.column() as u64)
    })
}
