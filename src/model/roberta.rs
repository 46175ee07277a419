//! RoBERTa (Liu et al. 2019) and XLM-R (Conneau et al. 2020) with a classification head on the first token; inference.
//!
//! The network is candle-transformers'. Its positions count from the padding id + 1 over tokens that are not padding, as in
//! the reference; there are no segments, whatever the tokenizer says.

use super::batch::Batch;
use super::config::{Activation, BertConfig};
use super::padded;
use super::weights::Checkpoint;
use crate::error::{Error, Result};
use candle_transformers::models::xlm_roberta::{Config, XLMRobertaForSequenceClassification};

/// The network and the token that fills up short rows.
pub struct Roberta {
    network: XLMRobertaForSequenceClassification,
    pad: u32,
}

/// Candle's configuration, and the longest input: positions up to the padding id are never used.
pub fn check(config: &BertConfig, pad: Option<u32>) -> Result<(Config, usize)> {
    config.check()?;
    let pad = pad.unwrap_or(1);
    let positions = config.max_position_embeddings;
    let max_len = positions.saturating_sub(pad as usize + 1);
    if max_len == 0 {
        return Err(Error::new(format!("max_position_embeddings {positions} with pad_token_id {pad}"))
            .expected("more positions than the padding id + 1, where they begin"));
    }
    padded::check_pad(pad, config.vocab_size)?;
    let config = Config {
        hidden_size: config.hidden_size,
        layer_norm_eps: config.layer_norm_eps,
        attention_probs_dropout_prob: 0.0,
        hidden_dropout_prob: 0.0,
        num_attention_heads: config.num_attention_heads,
        position_embedding_type: "absolute".to_owned(),
        intermediate_size: config.intermediate_size,
        hidden_act: match config.hidden_act {
            Activation::Gelu => candle_nn::Activation::Gelu,
            Activation::GeluTanh => candle_nn::Activation::NewGelu,
            Activation::Relu => candle_nn::Activation::Relu,
        },
        num_hidden_layers: config.num_hidden_layers,
        vocab_size: config.vocab_size,
        max_position_embeddings: positions,
        type_vocab_size: config.type_vocab_size,
        pad_token_id: pad,
    };
    Ok((config, max_len))
}

impl Roberta {
    /// Takes the weights of a `RobertaForSequenceClassification` or `XLMRobertaForSequenceClassification`.
    pub fn new(config: &Config, labels: usize, checkpoint: Checkpoint) -> Result<Self> {
        let network = padded::build(checkpoint, |w| XLMRobertaForSequenceClassification::new(labels, config, w))?;
        Ok(Self { network, pad: config.pad_token_id })
    }
}

impl super::Network for Roberta {
    fn logits(&self, batch: &Batch) -> Result<Vec<f32>> {
        padded::logits(batch, self.pad, |rows| {
            let types = rows.types.zeros_like()?;
            self.network.forward(&rows.ids, &rows.mask, &types)
        })
    }
}
