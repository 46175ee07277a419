//! Pairs of text to token ids.

use super::batch::Encoded;
use crate::error::{Context, Error, Result};
use std::path::Path;
use tokenizers::{Tokenizer, TruncationDirection, TruncationParams, TruncationStrategy};

/// A tokenizer for (sentence, claim) pairs.
pub struct PairTokenizer {
    inner: Tokenizer,
    max_len: usize,
}

impl PairTokenizer {
    /// Reads `tokenizer.json`. Its padding and truncation are set aside: padding is never needed, and only the sentence may be cut.
    pub fn read(path: &Path, max_len: usize) -> Result<Self> {
        let bytes = std::fs::read(path).context("reading the tokenizer").map_err(|e| {
            e.at(path).hint("a model folder holds config.json, tokenizer.json and model.safetensors; make tokenizer.json with `AutoTokenizer.from_pretrained(…, use_fast=True).save_pretrained(…)`")
        })?;
        let mut inner = Tokenizer::from_bytes(&bytes).map_err(|e| Error::new(format!("not a tokenizer: {e}")).at(path))?;
        inner.with_padding(None);
        inner
            .with_truncation(Some(TruncationParams {
                max_length: max_len,
                strategy: TruncationStrategy::OnlyFirst,
                stride: 0,
                direction: TruncationDirection::Right,
            }))
            .map_err(|e| Error::new(format!("tokenizer: {e}")).at(path))?;
        Ok(Self { inner, max_len })
    }

    /// Most tokens of a pair, special tokens included.
    pub fn max_len(&self) -> usize {
        self.max_len
    }

    /// Refuses a claim that leaves too little room for a sentence.
    pub fn check_claim(&self, claim: &str) -> Result<()> {
        let bare = self.inner.encode_fast(claim.to_owned(), false).map_err(|e| Error::new(format!("tokenizer: {e}")))?;
        let tokens = bare.len() + bare.get_overflowing().len() * self.max_len;
        if tokens > self.max_len / 2 {
            return Err(Error::new(format!(
                "a claim of {tokens} tokens or more: \"{}…\"",
                claim.chars().take(60).collect::<String>()
            ))
            .expected(format!("at most {}, half of what the model reads", self.max_len / 2)));
        }
        Ok(())
    }

    /// `[CLS] sentence [SEP] claim [SEP]`, or as the model's own template has it.
    pub fn encode(&self, sentence: &str, claim: &str) -> Result<Encoded> {
        let encoding = self
            .inner
            .encode_fast((sentence.to_owned(), claim.to_owned()), true)
            .map_err(|e| Error::new(format!("tokenizer: {e}")))?;
        Ok(Encoded {
            truncated: !encoding.get_overflowing().is_empty(),
            ids: encoding.get_ids().to_vec(),
            types: encoding.get_type_ids().to_vec(),
        })
    }

    /// Token ids of a text alone, without special tokens, cut to what the model reads of a pair.
    pub fn encode_text(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.inner.encode_fast(text.to_owned(), false).map_err(|e| Error::new(format!("tokenizer: {e}")))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Number of ids.
    pub fn vocabulary_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }
}
