//! DistilBERT (Sanh et al. 2019) with its classification head: our own BERT with other names.
//!
//! candle-transformers' DistilBERT computes "gelu" by the approximation with tanh, where the checkpoints were trained with the
//! exact function (5e-4 in the logits of the checkpoint in the tests), and has no classification head. The architecture is BERT's without
//! segments and with ReLU in the pooler, so the packed encoder of `bert.rs` serves.

use super::bert::Bert;
use super::config::{Activation, BertConfig};
use super::weights::{Checkpoint, Source};
use crate::error::{Context, Result};
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

/// The fields of `config.json` that matter here.
#[derive(Debug, Clone, Deserialize)]
pub struct DistilBertConfig {
    vocab_size: usize,
    dim: usize,
    n_layers: usize,
    n_heads: usize,
    hidden_dim: usize,
    #[serde(default = "gelu")]
    activation: Activation,
    #[serde(default = "positions")]
    max_position_embeddings: usize,
}

fn gelu() -> Activation {
    Activation::Gelu
}
fn positions() -> usize {
    512
}

impl DistilBertConfig {
    /// The same sizes in BERT's words, checked.
    pub fn as_bert(&self) -> Result<BertConfig> {
        let config = BertConfig {
            vocab_size: self.vocab_size,
            hidden_size: self.dim,
            num_hidden_layers: self.n_layers,
            num_attention_heads: self.n_heads,
            intermediate_size: self.hidden_dim,
            hidden_act: self.activation,
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            classifier_dropout: None,
            max_position_embeddings: self.max_position_embeddings,
            // Tokenizers number the two texts 0 and 1; both rows are zeros here.
            type_vocab_size: 2,
            // A constant in the reference.
            layer_norm_eps: 1e-12,
            position_embedding_type: None,
        };
        config.check()?;
        Ok(config)
    }
}

/// A DistilBERT checkpoint that answers to BERT's names.
struct Renamed<'a>(&'a mut Checkpoint);

/// BERT's names of the parts of a layer, and DistilBERT's.
const LAYER: &[(&str, &str)] = &[
    ("attention.self.query", "attention.q_lin"),
    ("attention.self.key", "attention.k_lin"),
    ("attention.self.value", "attention.v_lin"),
    ("attention.output.dense", "attention.out_lin"),
    ("attention.output.LayerNorm", "sa_layer_norm"),
    ("intermediate.dense", "ffn.lin1"),
    ("output.dense", "ffn.lin2"),
    ("output.LayerNorm", "output_layer_norm"),
];

/// DistilBERT's name of what BERT calls `name`.
fn rename(name: &str) -> String {
    let name = name.replace("bert.pooler.dense", "pre_classifier").replace("bert.embeddings", "distilbert.embeddings");
    let Some(rest) = name.strip_prefix("bert.encoder.layer.") else { return name };
    let (layer, part) = rest.split_once('.').unwrap_or((rest, ""));
    let part = LAYER.iter().find_map(|(bert, own)| Some(format!("{own}{}", part.strip_prefix(bert)?)));
    format!("distilbert.transformer.layer.{layer}.{}", part.unwrap_or_default())
}

impl Source for Renamed<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        if name == "bert.embeddings.token_type_embeddings.weight" {
            return Tensor::zeros(shape, DType::F32, &Device::Cpu).context("making segments");
        }
        self.0.tensor(&rename(name), shape)
    }
}

/// Takes the weights of a `DistilBertForSequenceClassification`.
pub fn new(config: &BertConfig, labels: usize, checkpoint: &mut Checkpoint) -> Result<Bert> {
    Ok(Bert::new(config, labels, &mut Renamed(checkpoint))?.with_pooler_activation(Tensor::relu))
}

#[cfg(test)]
mod tests {
    use super::rename;

    #[test]
    fn names_of_a_layer_are_told_apart_by_their_whole_prefix() {
        let layer = |part: &str| rename(&format!("bert.encoder.layer.11.{part}"));
        assert_eq!(layer("attention.output.LayerNorm.weight"), "distilbert.transformer.layer.11.sa_layer_norm.weight");
        assert_eq!(layer("output.LayerNorm.bias"), "distilbert.transformer.layer.11.output_layer_norm.bias");
        assert_eq!(layer("output.dense.weight"), "distilbert.transformer.layer.11.ffn.lin2.weight");
        assert_eq!(rename("bert.embeddings.LayerNorm.bias"), "distilbert.embeddings.LayerNorm.bias");
        assert_eq!(rename("bert.pooler.dense.bias"), "pre_classifier.bias");
        assert_eq!(rename("classifier.bias"), "classifier.bias");
    }
}
