//! DeBERTa v2 and v3 (He et al. 2021) with the context pooler and a classification head; inference.
//!
//! The network is candle-transformers'. Two things that it lacks are handled here: it adds absolute positions without
//! broadcasting them over the batch (such models run one pair at a time), and the convolution of v2-xlarge and v2-xxlarge is a
//! `todo!` (such models are refused).

use super::batch::Batch;
use super::config::{Activation, check_heads, check_sizes};
use super::padded;
use super::weights::Checkpoint;
use crate::error::{Error, Result};
use candle_transformers::models::debertav2::{Config, DebertaV2SeqClassificationModel, HiddenAct};
use serde::Deserialize;

/// The fields of `config.json` that matter here; defaults are those of the reference implementation.
#[derive(Debug, Clone, Deserialize)]
pub struct DebertaConfig {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    #[serde(default = "gelu")]
    hidden_act: Activation,
    #[serde(default = "positions")]
    pub max_position_embeddings: usize,
    #[serde(default)]
    type_vocab_size: usize,
    #[serde(default = "eps")]
    layer_norm_eps: f64,
    #[serde(default)]
    relative_attention: bool,
    #[serde(default = "unset")]
    max_relative_positions: isize,
    #[serde(default = "unset")]
    position_buckets: isize,
    #[serde(default)]
    pos_att_type: Option<Kinds>,
    #[serde(default)]
    share_att_key: bool,
    #[serde(default = "yes")]
    position_biased_input: bool,
    #[serde(default)]
    norm_rel_ebd: Option<String>,
    #[serde(default)]
    embedding_size: Option<usize>,
    #[serde(default)]
    attention_head_size: Option<usize>,
    #[serde(default)]
    conv_kernel_size: Option<usize>,
    #[serde(default)]
    pooler_hidden_size: Option<usize>,
    #[serde(default = "gelu")]
    pooler_hidden_act: Activation,
    #[serde(default)]
    pad_token_id: Option<u32>,
}

/// `"p2c|c2p"` or `["p2c", "c2p"]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Kinds {
    Joined(String),
    List(Vec<String>),
}

fn gelu() -> Activation {
    Activation::Gelu
}
fn positions() -> usize {
    512
}
fn eps() -> f64 {
    1e-7
}
fn unset() -> isize {
    -1
}
fn yes() -> bool {
    true
}

impl DebertaConfig {
    /// Refuses what cannot be computed.
    pub fn check(&self) -> Result<()> {
        let or_one = |size: isize| usize::try_from(size.max(1)).unwrap_or(usize::MAX);
        let head = self.attention_head_size.unwrap_or(1);
        check_sizes(&[
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            // Segments and absolute settings may be absent.
            ("type_vocab_size", self.type_vocab_size.max(1)),
            ("max_relative_positions", or_one(self.max_relative_positions)),
            ("position_buckets", or_one(self.position_buckets)),
            ("embedding_size", self.embedding_size.unwrap_or(1)),
            ("attention_head_size", head),
        ])?;
        check_heads(self.hidden_size, self.num_attention_heads)?;
        padded::check_positions(self.max_position_embeddings)?;
        padded::check_pad(self.pad(), self.vocab_size)?;
        if let Some(kernel @ 1..) = self.conv_kernel_size {
            return Err(Error::new(format!("conv_kernel_size {kernel}"))
                .expected("a DeBERTa without a convolution (any v3, or v2 up to large)"));
        }
        if self.pooler_hidden_size.is_some_and(|size| size != self.hidden_size) {
            return Err(Error::new(format!("pooler_hidden_size {:?}", self.pooler_hidden_size.unwrap_or(0)))
                .expected(format!("hidden_size, {}", self.hidden_size)));
        }
        Ok(())
    }

    fn pad(&self) -> u32 {
        self.pad_token_id.unwrap_or(0)
    }

    fn for_candle(&self, labels: usize) -> Config {
        let pos_att_type = match &self.pos_att_type {
            None => Vec::new(),
            Some(Kinds::Joined(kinds)) => kinds.split('|').map(|k| k.trim().to_lowercase()).collect(),
            Some(Kinds::List(kinds)) => kinds.clone(),
        };
        let normed = self.norm_rel_ebd.as_deref().unwrap_or_default().to_lowercase().split('|').any(|n| n.trim() == "layer_norm");
        Config {
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            hidden_act: for_candle(self.hidden_act),
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: self.type_vocab_size,
            initializer_range: 0.02,
            layer_norm_eps: self.layer_norm_eps,
            relative_attention: self.relative_attention,
            max_relative_positions: self.max_relative_positions,
            pad_token_id: Some(self.pad() as usize),
            position_biased_input: self.position_biased_input,
            pos_att_type,
            position_buckets: Some(self.position_buckets),
            share_att_key: Some(self.share_att_key),
            attention_head_size: self.attention_head_size,
            embedding_size: self.embedding_size,
            norm_rel_ebd: Some(if normed { "layer_norm" } else { "none" }.to_owned()),
            conv_kernel_size: None,
            conv_groups: None,
            conv_act: None,
            // Candle reads the number of labels alone from here.
            id2label: Some((0..labels as u32).map(|i| (i, i.to_string())).collect()),
            label2id: None,
            pooler_dropout: Some(0.0),
            pooler_hidden_act: Some(for_candle(self.pooler_hidden_act)),
            pooler_hidden_size: Some(self.hidden_size),
            cls_dropout: None,
        }
    }
}

fn for_candle(activation: Activation) -> HiddenAct {
    match activation {
        Activation::Gelu => HiddenAct::Gelu,
        Activation::GeluTanh => HiddenAct::GeluApproximate,
        Activation::Relu => HiddenAct::Relu,
    }
}

/// The network and how to feed it.
pub struct Deberta {
    network: DebertaV2SeqClassificationModel,
    pad: u32,
    one_by_one: bool,
}

impl Deberta {
    /// Takes the weights of a `DebertaV2ForSequenceClassification`.
    pub fn new(config: &DebertaConfig, labels: usize, checkpoint: Checkpoint) -> Result<Self> {
        let candle = config.for_candle(labels);
        let network = padded::build(checkpoint, |w| DebertaV2SeqClassificationModel::load(w.pp("deberta"), &candle, None))?;
        Ok(Self { network, pad: config.pad(), one_by_one: config.position_biased_input })
    }

    fn padded(&self, batch: &Batch) -> Result<Vec<f32>> {
        padded::logits(batch, self.pad, |rows| self.network.forward(&rows.ids, Some(rows.types), Some(rows.mask)))
    }
}

impl super::Network for Deberta {
    fn logits(&self, batch: &Batch) -> Result<Vec<f32>> {
        if !self.one_by_one {
            return self.padded(batch);
        }
        let mut logits = Vec::new();
        for pair in batch.singly() {
            logits.extend(self.padded(&pair)?);
        }
        Ok(logits)
    }
}
