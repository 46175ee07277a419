//! A cheap first stage before the model: which parts of an article bear on a claim at all.
//!
//! Articles are cut into windows of up to [`WINDOW`] sentences. From the model's own word vectors each window gets a probability that it
//! bears on the claim ([`features`], [`logistic`]); below a threshold its sentences are unrelated, and the model never reads them. The
//! threshold is set on a dev split so that a stated share of what the model calls related there is passed on ([`make`]).

mod features;
mod logistic;
mod make;

pub use make::{Made, Settings, make};

use crate::error::{Context, Error, Result};
use crate::model::Classifier;
use features::{Claim, Lexicon};
use logistic::Logistic;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::Path;

/// Name of the file in a model folder.
pub const FILE: &str = "cascade.json";

/// Most sentences of a window.
pub const WINDOW: usize = 32;

/// A window of fewer sentences says too little to be stopped by: it is passed on as it is.
pub const SHORTEST: usize = 8;

/// The share of related rows that is kept where none is named.
pub const DEFAULT_RECALL: &str = "0.995";

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// sha256 of the weights that it belongs to.
    pub weights_sha256: String,
    /// sha256 of the files that it was made of.
    pub data_sha256: Vec<String>,
    /// The gates, by recall.
    pub gates: Vec<Gate>,
    logistic: Logistic,
    /// Texts that the frequencies were counted in.
    texts: u32,
    /// How many of these texts have each token.
    frequencies: Vec<u32>,
}

/// A threshold and what it was measured to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The share that it was set for, on dev.
    pub recall: f64,
    /// Windows of a lower probability are stopped.
    pub threshold: f64,
    /// On the rows that it was set on.
    pub dev: Measured,
    /// On rows that had no part in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Measured>,
}

/// What a gate does on a split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Rows of articles that bear on their claim, by the dataset's labels, and that the model calls other than unrelated.
    pub related: usize,
    /// Of these, passed on.
    pub kept: usize,
    /// Articles and claims that they come from.
    pub articles: usize,
    /// Of these, passed on in part or whole.
    pub articles_kept: usize,
    /// Share of the windows of articles on other subjects that are passed on.
    pub foreign: f64,
}

impl Measured {
    /// Share of the related rows that are passed on.
    pub fn recall(&self) -> f64 {
        self.kept as f64 / self.related.max(1) as f64
    }
}

/// A first stage, ready to use.
pub struct Cascade {
    lexicon: Lexicon,
    logistic: Logistic,
    gate: Gate,
}

/// The claims of a run, as the first stage sees them.
pub struct Claims(Vec<Claim>);

impl Cascade {
    /// Reads the file of a model's folder, and refuses it if it was made for other weights or has no gate for that recall.
    pub fn load(model: &Classifier, recall: f64) -> Result<Self> {
        let path = model.folder().join(FILE);
        let again = format!("make it with `stance model cascade {}`; see --help", model.folder().display());
        if !path.exists() {
            return Err(Error::new(format!("the model {} has no first stage ({FILE})", model.name()))
                .at(model.folder())
                .hint(format!("classify without --cascade, or {again}")));
        }
        let file = File::read(&path)?;
        let weights = model.folder().join("model.safetensors");
        let found = crate::dataset::hash::of_file(&weights)?;
        if found != file.weights_sha256 {
            return Err(Error::new(format!("a first stage for other weights: sha256 {}", file.weights_sha256))
                .at(path)
                .expected(format!("{found}, that of {}", weights.display()))
                .hint(again));
        }
        let gate = file.gates.iter().find(|g| (g.recall - recall).abs() < 1e-9).cloned().ok_or_else(|| {
            let known: Vec<String> = file.gates.iter().map(|g| g.recall.to_string()).collect();
            Error::new(format!("--cascade={recall}")).at(&path).expected(format!("one of {}", known.join(", ")))
        })?;
        let lexicon = Lexicon::read(&weights, &file.frequencies, file.texts)?;
        Ok(Self { lexicon, logistic: file.logistic, gate })
    }

    /// What the gate was measured to do.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Prepares claims.
    pub fn claims(&self, model: &Classifier, claims: &[String]) -> Result<Claims> {
        let ids = |claim: &String| Ok(self.lexicon.claim(model.tokenizer().encode_text(claim)?));
        Ok(Claims(claims.iter().map(ids).collect::<Result<_>>()?))
    }

    /// For each sentence of an article, given by its tokens, and each claim: `None` where the model should read it, or the probability that it
    /// is unrelated.
    pub fn stop(&self, claims: &Claims, sentences: &[Vec<u32>]) -> Vec<Vec<Option<f64>>> {
        let mut out = Vec::with_capacity(sentences.len());
        let first = sentences.first().map_or(&[][..], Vec::as_slice);
        for window in windows(sentences.len()) {
            let n = window.len();
            let stopped = if n < SHORTEST {
                vec![None; claims.0.len()]
            } else {
                let features = self.lexicon.window(&claims.0, first, &sentences[window]);
                let p = features.iter().map(|x| self.logistic.probability(x));
                p.map(|p| (p < self.gate.threshold).then_some(1.0 - p)).collect()
            };
            out.extend(std::iter::repeat_n(stopped, n));
        }
        out
    }
}

/// Cuts `n` sentences into as few windows as can be, of about the same size.
fn windows(n: usize) -> impl Iterator<Item = Range<usize>> {
    let count = n.div_ceil(WINDOW);
    (0..count).map(move |i| i * n / count..(i + 1) * n / count)
}

impl File {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self> {
        let file: Self = crate::model::config::read(path)?;
        if !file.logistic.is_sound(features::COUNT) || file.gates.iter().any(|g| !g.threshold.is_finite()) {
            return Err(Error::new("weights of another form")
                .at(path)
                .expected(format!("{} finite numbers", features::COUNT))
                .hint("the file is damaged or of another version: make it again with `stance model cascade`"));
        }
        Ok(file)
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string(self).context("serialising")?;
        crate::atomic::write(path, format!("{text}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_sentence_once_and_are_of_about_the_same_size() {
        for n in [0, 1, 7, 32, 33, 100, 1000] {
            let all: Vec<Range<usize>> = windows(n).collect();
            assert_eq!(all.iter().flat_map(|w| w.clone()).collect::<Vec<_>>(), (0..n).collect::<Vec<_>>());
            let sizes = || all.iter().map(ExactSizeIterator::len);
            assert!(sizes().max().unwrap_or(0) <= WINDOW);
            assert!(sizes().max().unwrap_or(0) - sizes().min().unwrap_or(0) <= 1);
        }
    }
}
