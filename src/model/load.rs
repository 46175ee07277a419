//! Model folders: reading, checking, and labelling pairs with them.

use super::batch::{Batch, Encoded, by_length};
use super::bert::Bert;
use super::config::{self, BertConfig, CommonConfig};
use super::deberta::{Deberta, DebertaConfig};
use super::distilbert::{self, DistilBertConfig};
use super::extras::Extras;
use super::gemm::Compute;
use super::modernbert::{ModernBert, ModernBertConfig};
use super::packed::PackedBert;
use super::probe::{AGREEING, CONTRADICTING, Probe, ProbeOutcome};
use super::roberta::{self, Roberta};
use super::tokenizer::PairTokenizer;
use super::weights::Checkpoint;
use super::{Network, argmax, softmax};
use crate::error::{Error, Result};
use crate::stance::Stance;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How to load a model.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Whether to run the probe of the label order.
    pub probe: bool,
    /// Name in records; the folder's own where there is none.
    pub name: Option<String>,
    /// What computes.
    pub engine: Engine,
    /// What the factors of its products are rounded to.
    pub compute: Compute,
}

/// What computes the logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The packed engine where it knows the architecture (BERT), else candle
    #[default]
    Auto,
    /// candle's tensors: every architecture
    Candle,
    /// Our own loops: BERT
    Packed,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { probe: true, name: None, engine: Engine::Auto, compute: Compute::F32 }
    }
}

/// A model ready to label pairs.
pub struct Classifier {
    network: Box<dyn Network>,
    tokenizer: PairTokenizer,
    labels: Vec<Stance>,
    temperature: f64,
    name: String,
    folder: PathBuf,
    engine: Engine,
    compute: Compute,
}

/// The label of one pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The most probable stance.
    pub label: Stance,
    /// Probability of each of the model's labels, in its order; they add up to 1.
    pub scores: Vec<f64>,
    /// Whether the sentence was cut to fit.
    pub truncated: bool,
}

impl Prediction {
    /// Probability of the label.
    pub fn confidence(&self) -> f64 {
        self.scores.iter().copied().fold(0.0, f64::max)
    }
}

impl Classifier {
    /// Reads a folder in Hugging Face layout, checks that its parts fit together, and probes the label order.
    pub fn load(folder: &Path, options: &LoadOptions) -> Result<Self> {
        if !folder.is_dir() {
            return Err(Error::new("no such model folder").at(folder).hint("`stance model list` shows the models that are here"));
        }
        let config_path = folder.join("config.json");
        let common: CommonConfig = config::read(&config_path)?;
        let labels = stances(&common).map_err(|e| e.at(&config_path))?;
        let weights = folder.join("model.safetensors");
        if !weights.exists() {
            return Err(Error::new("a model folder without model.safetensors").at(folder).hint(
                "weights in pytorch_model.bin are not read: convert them with `save_pretrained(…, safe_serialization=True)` in transformers",
            ));
        }
        let (network, max_len) = build(&config_path, &common, labels.len(), Checkpoint::read(&weights)?, options)?;
        let tokenizer_path = folder.join("tokenizer.json");
        let tokenizer = PairTokenizer::read(&tokenizer_path, max_len)?;
        let (tokens, rows) = (tokenizer.vocabulary_size(), common.vocab_size.unwrap_or(usize::MAX));
        if tokens > rows {
            return Err(Error::new(format!("{tokens} tokens for a vocabulary of {rows} in config.json"))
                .at(tokenizer_path)
                .hint("tokenizer and weights come from different models"));
        }
        let extras = Extras::read(folder)?;
        let full = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
        let own = || full.file_name().map_or_else(|| folder.display().to_string(), |n| n.to_string_lossy().into_owned());
        let name = options.name.clone().unwrap_or_else(own);
        let bert = matches!(common.model_type.as_deref(), None | Some("bert"));
        let model = Self {
            network,
            tokenizer,
            labels,
            temperature: extras.temperature,
            name,
            folder: folder.to_path_buf(),
            engine: if bert && options.engine != Engine::Candle { Engine::Packed } else { Engine::Candle },
            compute: options.compute,
        };
        if options.probe {
            model.require_probe()?;
        }
        Ok(model)
    }

    /// The stance of each logit, in their order.
    pub fn labels(&self) -> &[Stance] {
        &self.labels
    }

    /// The folder's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What computes: candle or packed.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// What the factors of its products are rounded to.
    pub fn compute(&self) -> Compute {
        self.compute
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &PairTokenizer {
        &self.tokenizer
    }

    /// Logits of plainly agreeing and contradicting pairs, summed up.
    pub fn probe(&self) -> Result<Probe> {
        let logits = |pairs: &[(&str, &str)]| -> Result<Vec<Vec<f32>>> {
            let encoded = pairs.iter().map(|(s, c)| self.tokenizer.encode(s, c)).collect::<Result<Vec<_>>>()?;
            let flat = self.network.logits(&Batch::pack(&encoded))?;
            Ok(flat.chunks(self.labels.len()).map(<[f32]>::to_vec).collect())
        };
        Ok(Probe::measure(&logits(AGREEING)?, &logits(CONTRADICTING)?, &self.labels))
    }

    fn require_probe(&self) -> Result<()> {
        let probe = self.probe()?;
        let found = format!(
            "favor over against: {:+.2} on agreeing pairs, {:+.2} on contradicting pairs",
            probe.agreeing, probe.contradicting
        );
        let error = match probe.outcome() {
            ProbeOutcome::Right => return Ok(()),
            ProbeOutcome::Swapped => Error::new(format!("the labels look swapped ({found})"))
                .hint("check `id2label` in config.json against the training code's label order; `--skip-probe` loads the model as it is"),
            ProbeOutcome::Undecided => Error::new(format!("the model does not tell agreement from contradiction ({found})"))
                .hint("is it a stance or NLI model, with the claim as second text? `--skip-probe` loads it as it is"),
        };
        Err(error.at(self.folder.join("config.json")))
    }

    /// Encodes a pair.
    pub fn encode(&self, sentence: &str, claim: &str) -> Result<Encoded> {
        self.tokenizer.encode(sentence, claim)
    }

    /// Logits (B, C) of encoded pairs, one row each, in their order; computed in batches of similar length by `threads` threads.
    pub fn logits(&self, pairs: &[Encoded], threads: usize) -> Result<Vec<Vec<f32>>> {
        forward(&*self.network, pairs, self.labels.len(), threads)
    }

    /// Labels encoded pairs, in their order.
    pub fn classify(&self, pairs: &[Encoded], threads: usize) -> Result<Vec<Prediction>> {
        let logits = self.logits(pairs, threads)?;
        Ok(logits.iter().zip(pairs).map(|(z, p)| self.prediction(z, p.truncated)).collect())
    }

    fn prediction(&self, logits: &[f32], truncated: bool) -> Prediction {
        let scores = softmax(logits, self.temperature);
        Prediction { label: self.labels[argmax(&scores)], scores, truncated }
    }
}

/// The network that `model_type` names, and the longest input in tokens that it reads.
fn build(
    path: &Path,
    common: &CommonConfig,
    labels: usize,
    mut checkpoint: Checkpoint,
    options: &LoadOptions,
) -> Result<(Box<dyn Network>, usize)> {
    let at = |e: Error| e.at(path);
    let kind = common.model_type.as_deref().unwrap_or("bert");
    if kind != "bert" && (options.engine == Engine::Packed || options.compute != Compute::F32) {
        return Err(Error::new(format!("model_type {kind:?} with an engine or precision that it does not have"))
            .at(path)
            .hint("other architectures than bert run on candle in f32: leave out --engine and --precision"));
    }
    Ok(match kind {
        "bert" => {
            let config: BertConfig = config::read(path)?;
            config.check().map_err(at)?;
            if options.engine == Engine::Candle && options.compute == Compute::Int8 {
                return Err(Error::new("candle with a precision that it does not have")
                    .expected("f32 or bf16")
                    .hint("int8 runs on the packed engine: leave out --engine"));
            }
            let network: Box<dyn Network> = match options.engine {
                Engine::Candle => Box::new(Bert::new(&config, labels, &mut checkpoint)?.with_compute(options.compute)),
                Engine::Auto | Engine::Packed => Box::new(PackedBert::new(&config, labels, options.compute, &mut checkpoint)?),
            };
            (network, config.max_position_embeddings)
        }
        "roberta" | "xlm-roberta" => {
            let config: BertConfig = config::read(path)?;
            let (config, max_len) = roberta::check(&config, common.pad_token_id).map_err(at)?;
            (Box::new(Roberta::new(&config, labels, checkpoint)?), max_len)
        }
        "distilbert" => {
            let config: DistilBertConfig = config::read(path)?;
            let config = config.as_bert().map_err(at)?;
            (Box::new(distilbert::new(&config, labels, &mut checkpoint)?), config.max_position_embeddings)
        }
        "deberta-v2" => {
            let config: DebertaConfig = config::read(path)?;
            config.check().map_err(at)?;
            (Box::new(Deberta::new(&config, labels, checkpoint)?), config.max_position_embeddings)
        }
        "modernbert" => {
            let config: ModernBertConfig = config::read(path)?;
            let global_every = config.check().map_err(at)?;
            (Box::new(ModernBert::new(&config, global_every, labels, checkpoint)?), config.max_position_embeddings)
        }
        other => {
            return Err(Error::new(format!("model_type {other:?}"))
                .at(path)
                .expected("bert, roberta, xlm-roberta, distilbert, deberta-v2 or modernbert"));
        }
    })
}

/// Most tokens of an inference batch: large enough that reading the weights once does not matter, small enough that what layers
/// hand on stays in a second-level cache of one MiB.
const BATCH_TOKENS: usize = 192;

/// Logits of encoded pairs, one row of `classes` each, in their order.
pub fn forward(network: &dyn Network, pairs: &[Encoded], classes: usize, threads: usize) -> Result<Vec<Vec<f32>>> {
    let lens: Vec<usize> = pairs.iter().map(|p| p.ids.len()).collect();
    let batches = by_length(&lens, BATCH_TOKENS, threads);
    let next = std::sync::atomic::AtomicUsize::new(batches.len());
    let work = || -> Result<Vec<(usize, Vec<f32>)>> {
        let mut done = Vec::new();
        loop {
            // Longest batches first, so that no thread is left with one at the end.
            let n = next
                .fetch_update(std::sync::atomic::Ordering::Relaxed, std::sync::atomic::Ordering::Relaxed, |n| n.checked_sub(1));
            let Ok(n) = n else { return Ok(done) };
            let batch = &batches[n - 1];
            let logits = network.logits(&Batch::pack(batch.iter().map(|&i| &pairs[i])))?;
            // A softmax over them would name a label all the same.
            if logits.len() != batch.len() * classes || logits.iter().any(|z| !z.is_finite()) {
                return Err(Error::new("the model computes logits that are not finite numbers")
                    .hint("its weights are damaged or were converted to a precision that they overflow"));
            }
            done.extend(batch.iter().copied().zip(logits.chunks(classes).map(<[f32]>::to_vec)));
        }
    };
    let mut out = vec![Vec::new(); pairs.len()];
    let parts: Vec<Result<_>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.clamp(1, batches.len().max(1))).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|h| h.join().unwrap_or_else(|_| Err(Error::new("a worker thread panicked")))).collect()
    });
    for part in parts {
        for (i, logits) in part? {
            out[i] = logits;
        }
    }
    Ok(out)
}

/// The stance of each logit, by name.
pub fn stances(config: &CommonConfig) -> Result<Vec<Stance>> {
    let Some(names) = config.labels()? else {
        return Err(Error::new("no id2label: the order of the labels is not known")
            .expected("\"id2label\": {\"0\": \"favor\", \"1\": \"against\", …}")
            .hint("a bare encoder has no labels: fine-tune it with `stance finetune --base`"));
    };
    let stances = names
        .iter()
        .map(|name| {
            Stance::from_alias(name).ok_or_else(|| {
                Error::new(format!("id2label names {name:?}"))
                    .expected("names such as favor, against, neutral, unrelated, support, disagree, entailment, contradiction")
                    .hint("the order of the labels is never guessed: write their names into id2label")
            })
        })
        .collect::<Result<Vec<_>>>()?;
    for (i, s) in stances.iter().enumerate() {
        if stances[..i].contains(s) {
            return Err(Error::new(format!("two labels mean {s}: {}", names.join(", "))).expected("each stance at most once"));
        }
    }
    if !(stances.contains(&Stance::Favor) && stances.contains(&Stance::Against)) {
        return Err(Error::new(format!("labels {}", names.join(", "))).expected("one for favor and one for against at least"));
    }
    Ok(stances)
}

#[cfg(test)]
mod tests {
    use super::super::tokenizer::PairTokenizer;
    use super::super::weights::Source;
    use super::*;
    use candle_core::{DType, Device, Tensor};

    fn fixture() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/bert")
    }

    /// A checkpoint whose head passes the pooled vector on.
    struct Pooled(Checkpoint);

    impl Source for Pooled {
        fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
            match name {
                "classifier.weight" => Ok(Tensor::eye(shape[0], DType::F32, &Device::Cpu).unwrap()),
                "classifier.bias" => Ok(Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()),
                _ => self.0.tensor(name, shape),
            }
        }
    }

    /// The tiny BERT of the fixtures in a folder of its own, with a head that tells the probe's pairs apart (a perceptron on their
    /// pooled vectors, Rosenblatt 1958), and these label names.
    fn sound_model(labels: [&str; 4]) -> tempfile::TempDir {
        let config: BertConfig = config::read(&fixture().join("config.json")).unwrap();
        let weights = fixture().join("model.safetensors");
        let tokenizer = PairTokenizer::read(&fixture().join("tokenizer.json"), config.max_position_embeddings).unwrap();
        let h = config.hidden_size;
        let bert = Bert::new(&config, h, &mut Pooled(Checkpoint::read(&weights).unwrap())).unwrap();
        let pairs = AGREEING.iter().map(|p| (p, 1.0)).chain(CONTRADICTING.iter().map(|p| (p, -1.0)));
        let points: Vec<(Vec<f32>, f32)> = pairs
            .map(|((s, c), side)| {
                let batch = Batch::pack(&[tokenizer.encode(s, c).unwrap()]);
                let mut x: Vec<f32> = bert.forward(&batch, None).unwrap().flatten_all().unwrap().to_vec1().unwrap();
                x.push(1.0);
                (x, side)
            })
            .collect();
        let mut w = vec![0.0; h + 1];
        let score = |w: &[f32], x: &[f32]| -> f32 { w.iter().zip(x).map(|(w, x)| w * x).sum() };
        for _ in 0..10_000 {
            let Some((x, side)) = points.iter().find(|(x, side)| side * score(&w, x) < 0.1) else { break };
            w.iter_mut().zip(x).for_each(|(w, x)| *w += side * x);
        }
        let folder = tempfile::tempdir().unwrap();
        let mut tensors = Checkpoint::read(&weights).unwrap().into_tensors().unwrap();
        let mut head = vec![0.0; 4 * h];
        head[..h].copy_from_slice(&w[..h]);
        tensors.insert("classifier.weight".into(), Tensor::from_vec(head, (4, h), &Device::Cpu).unwrap());
        tensors.insert("classifier.bias".into(), Tensor::new(&[w[h], 0.0, 0.0, 0.0], &Device::Cpu).unwrap());
        candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
        std::fs::copy(fixture().join("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
        let text = std::fs::read_to_string(fixture().join("config.json")).unwrap();
        let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (i, label) in labels.iter().enumerate() {
            config["id2label"][i.to_string()] = (*label).into();
        }
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        folder
    }

    #[test]
    fn the_probe_lets_a_sound_model_pass_and_refuses_swapped_names() {
        let probed = LoadOptions::default();
        let sound = sound_model(["entailment", "contradiction", "neutral", "unrelated"]);
        assert_eq!(Classifier::load(sound.path(), &probed).unwrap().labels()[0], Stance::Favor);
        let swapped = sound_model(["contradiction", "entailment", "neutral", "unrelated"]);
        let error = Classifier::load(swapped.path(), &probed).err().unwrap().to_string();
        for part in ["config.json: the labels look swapped (favor over against: -", "check `id2label`", "`--skip-probe`"] {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
        assert!(Classifier::load(swapped.path(), &LoadOptions { probe: false, ..LoadOptions::default() }).is_ok());
    }
}
