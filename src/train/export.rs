//! The end of a run: a model folder that `classify` and transformers both load, with its card.

use super::data::Sources;
use super::{Outcome, Settings};
use crate::dataset::hash;
use crate::error::{Context, Error, Result};
use crate::model::extras::Extras;
use crate::model::weights;
use crate::stance::Stance;
use candle_core::{DType, Device};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Precision of the weights on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 32 bits a weight.
    F32,
    /// 16 bits a weight: half the size; computed in 32 all the same.
    F16,
}

/// Everything that the folder says about the run.
pub struct Run<'a> {
    /// Folder of the base.
    pub base: &'a Path,
    /// Stance of each logit.
    pub labels: &'a [Stance],
    /// What was read.
    pub sources: &'a Sources,
    /// Rows trained on, mismatched pairs included.
    pub train_rows: usize,
    /// How it was trained.
    pub settings: &'a Settings,
    /// How it ended.
    pub outcome: &'a Outcome,
    /// Name of the model.
    pub name: &'a str,
    /// Licence that its owner gives it.
    pub licence: Option<&'a str>,
}

/// Writes config, tokenizer, calibration, card and, last, the weights.
pub fn write(run: &Run<'_>, folder: &Path, precision: Precision) -> Result<()> {
    fs::create_dir_all(folder).context("making the model folder").map_err(|e| e.at(folder))?;
    let put = |name: &str, text: String| crate::atomic::write(&folder.join(name), text.as_bytes());
    let json_file = |name: &str| -> Result<Value> { crate::model::config::read(&run.base.join(name)) };

    let mut config: Map<String, Value> = crate::model::config::read(&run.base.join("config.json"))?;
    config.retain(|key, _| !key.starts_with('_') && key != "transformers_version");
    let id2label: Map<String, Value> = run.labels.iter().enumerate().map(|(i, l)| (i.to_string(), json!(l))).collect();
    let label2id: Map<String, Value> = run.labels.iter().enumerate().map(|(i, l)| (l.to_string(), json!(i))).collect();
    config.insert("architectures".into(), json!(["BertForSequenceClassification"]));
    config.insert("model_type".into(), json!("bert"));
    config.insert("id2label".into(), Value::Object(id2label));
    config.insert("label2id".into(), Value::Object(label2id));
    config.insert("problem_type".into(), json!("single_label_classification"));
    let dtype = if precision == Precision::F16 { "float16" } else { "float32" };
    config.insert("torch_dtype".into(), json!(dtype));
    put("config.json", pretty(&Value::Object(config))?)?;

    // Padding and truncation are the caller's business; a base for embeddings pads everything to one length.
    let mut tokenizer = json_file("tokenizer.json")?;
    tokenizer["padding"] = Value::Null;
    tokenizer["truncation"] = Value::Null;
    put("tokenizer.json", serde_json::to_string(&tokenizer).context("serialising")?)?;
    for name in ["tokenizer_config.json", "special_tokens_map.json", "vocab.txt"] {
        let from = run.base.join(name);
        if from.exists() {
            let bytes = fs::read(&from).context("reading").map_err(|e| e.at(&from))?;
            crate::atomic::write(&folder.join(name), &bytes)?;
        }
    }
    Extras { temperature: run.outcome.temperature }.write(folder)?;
    put("README.md", card(run, precision)?)?;

    let tensors = candle_core::safetensors::load(&run.outcome.weights, &Device::Cpu)
        .context("reading the best weights")
        .map_err(|e| e.at(&run.outcome.weights))?;
    let dtype = if precision == Precision::F16 { DType::F16 } else { DType::F32 };
    weights::write(&folder.join("model.safetensors"), &tensors.into_iter().collect(), dtype)
}

fn pretty(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).map(|s| s + "\n").map_err(|e| Error::new(e.to_string()))
}

/// The last part of a path: a card names data and models, not somebody's folders.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned())
}

/// The model card: data with licences and hashes, settings, scores, limits.
fn card(run: &Run<'_>, precision: Precision) -> Result<String> {
    let o = run.outcome;
    let labels: Vec<&str> = run.labels.iter().map(|l| l.as_str()).collect();
    let mut t = String::new();
    let base = file_name(run.base);
    let licence = run.licence.unwrap_or("unknown");
    let w = |t: &mut String, line: std::fmt::Arguments<'_>| writeln!(t, "{line}").context("writing the card");
    w(
        &mut t,
        format_args!(
            "---\nlicense: {}\npipeline_tag: text-classification\ntags: [stance, stancekit]\n---",
            licence.to_lowercase()
        ),
    )?;
    w(&mut t, format_args!("# {}\n", run.name))?;
    w(
        &mut t,
        format_args!(
            "Stance of a sentence towards a claim. Input: the sentence as first text, the claim as second. Labels: {}.\n",
            labels.join(", ")
        ),
    )?;
    w(
        &mut t,
        format_args!(
            "Made by `stance finetune` {} from the base `{base}` (sha256 of its weights `{}`).\n",
            env!("CARGO_PKG_VERSION"),
            &hash::of_file(run.base.join("model.safetensors"))?
        ),
    )?;
    w(&mut t, format_args!("## Data\n\n| data | rows | passes an epoch | licence | sha256 |\n|---|---|---|---|---|"))?;
    for ((dataset, spec), rows) in run.sources.datasets.iter().zip(&run.sources.specs).zip(&run.sources.train) {
        let licence = dataset.manifest.as_ref().map_or("not stated", |m| m.licence.as_str());
        let mut hashes = dataset.files.iter().map(|f| format!("`{}`", &f.sha256[..16.min(f.sha256.len())]));
        let split = dataset.split.as_deref().map_or_else(String::new, |s| format!(", {s}"));
        w(
            &mut t,
            format_args!(
                "| {}{split} | {} | {} | {licence} | {} |",
                file_name(&dataset.path),
                rows.len(),
                spec.weight,
                hashes.by_ref().collect::<Vec<_>>().join(" ")
            ),
        )?;
    }
    for dataset in &run.sources.dev_datasets {
        let licence = dataset.manifest.as_ref().map_or("not stated", |m| m.licence.as_str());
        let split = dataset.split.as_deref().map_or_else(String::new, |s| format!(", {s}"));
        let hashes: Vec<String> = dataset.files.iter().map(|f| format!("`{}`", &f.sha256[..16.min(f.sha256.len())])).collect();
        w(&mut t, format_args!("| {}{split} | (dev) | | {licence} | {} |", file_name(&dataset.path), hashes.join(" ")))?;
    }
    w(
        &mut t,
        format_args!(
            "\n{} training rows{}. Dev: {} rows, {}.\n",
            run.train_rows,
            if run.sources.specs.iter().any(|s| s.mismatched > 0.0) {
                ", among them pairs of a text and a claim of another row, as unrelated"
            } else {
                ""
            },
            run.sources.dev.len(),
            run.sources.dev_origin
        ),
    )?;
    w(&mut t, format_args!("## Scores on dev\n\n| | macro-F1 | accuracy | loss |\n|---|---|---|---|"))?;
    if let Some(b) = o.before {
        w(&mut t, format_args!("| base before training | {:.4} | {:.4} | {:.4} |", b.macro_f1, b.accuracy, b.loss))?;
    }
    w(
        &mut t,
        format_args!(
            "| best weights (step {} of {}) | {:.4} | {:.4} | {:.4} |\n",
            o.best_step, o.steps, o.dev.macro_f1, o.dev.accuracy, o.dev.loss
        ),
    )?;
    w(
        &mut t,
        format_args!(
            "Dev chose the weights and the temperature ({}), so these scores flatter the model; `stance evaluate` scores it on rows that chose nothing.\n",
            o.temperature
        ),
    )?;
    w(
        &mut t,
        format_args!("## Settings\n\n```json\n{}\n```\n", serde_json::to_string_pretty(run.settings).context("serialising")?),
    )?;
    w(
        &mut t,
        format_args!(
            "Weights on disk: {}. Training took {:.0} s.\n",
            if precision == Precision::F16 { "float16" } else { "float32" },
            o.seconds
        ),
    )?;
    w(
        &mut t,
        format_args!(
            "## Limits\n\nIt reads one sentence at a time, without its neighbours, in the language of its data. It reports the stance that the words convey, not whether they are true, nor whose view they are. Labels on subjects far from the training data are less sure than their probabilities say; check a sample by hand before relying on counts."
        ),
    )?;
    Ok(t)
}
