//! Damaged and ill-assorted model folders: each is one clear error, none a panic.
#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

use serde_json::{Value, json};
use stancekit::model::gemm::Compute;
use stancekit::model::{Classifier, Engine, LoadOptions};
use std::fs;
use std::path::{Path, PathBuf};

const ARCHITECTURES: [&str; 6] = ["bert", "roberta", "xlm-roberta", "distilbert", "deberta-v2", "modernbert"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

/// A copy of a fixture, to be damaged.
fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(fixture(name).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn change(folder: &Path, key: &str, value: Value) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    config[key] = value;
    fs::write(path, config.to_string()).unwrap();
}

/// The error, without the folder's name, which differs from run to run.
fn error(folder: &Path) -> String {
    let error = Classifier::load(folder, &LoadOptions { probe: false, ..LoadOptions::default() })
        .err()
        .expect("the folder should be refused");
    assert!(error.file().is_some_and(|f| f.starts_with(folder)), "no file is named: {error}");
    error.to_string().replace(&format!("{}/", folder.display()), "").replace(&folder.display().to_string(), ".")
}

#[track_caller]
fn says(found: &str, parts: &[&str]) {
    for part in parts {
        assert!(found.contains(part), "{part:?} is not in {found:?}");
    }
}

#[test]
fn a_missing_folder_or_file_is_named() {
    let none = Path::new("/no/such/folder");
    says(&error(none), &["no such model folder", "stance model list"]);
    let folder = copy("bert");
    fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
    says(&error(folder.path()), &["tokenizer.json: reading the tokenizer", "hint: "]);
    let folder = copy("bert");
    fs::remove_file(folder.path().join("model.safetensors")).unwrap();
    says(&error(folder.path()), &["without model.safetensors", "safe_serialization"]);
    let folder = copy("bert");
    fs::remove_file(folder.path().join("config.json")).unwrap();
    says(&error(folder.path()), &["config.json: reading the model's configuration"]);
}

#[test]
fn weights_that_are_cut_short_are_refused_wherever_they_end() {
    let whole = fs::read(fixture("bert").join("model.safetensors")).unwrap();
    for end in [0, 7, 8, 100, whole.len() / 2, whole.len() - 1] {
        let folder = copy("bert");
        fs::write(folder.path().join("model.safetensors"), &whole[..end]).unwrap();
        says(&error(folder.path()), &["model.safetensors: reading weights", "cut short"]);
    }
    let folder = copy("bert");
    fs::write(folder.path().join("model.safetensors"), vec![0xFF; 4096]).unwrap();
    says(&error(folder.path()), &["model.safetensors: reading weights"]);
}

#[test]
fn the_order_of_the_labels_is_never_guessed() {
    let with = |labels: Value| {
        let folder = copy("bert");
        change(folder.path(), "id2label", labels);
        error(folder.path())
    };
    says(&with(Value::Null), &["config.json: no id2label", "stance finetune --base"]);
    says(&with(json!({"0": "LABEL_0", "1": "LABEL_1"})), &["id2label names \"LABEL_0\"", "never guessed"]);
    says(&with(json!({"0": "favor", "1": "support"})), &["two labels mean favor"]);
    says(&with(json!({"0": "neutral", "1": "unrelated"})), &["expected one for favor and one for against"]);
    says(&with(json!({"0": "favor", "2": "against"})), &["none for 1"]);
    says(&with(json!({})), &["expected one for favor and one for against"]);
    says(&with(json!("favor")), &["config.json:1:"]);
    // Three names for a head of four.
    says(
        &with(json!({"0": "entailment", "1": "neutral", "2": "contradiction"})),
        &["model.safetensors: classifier.weight has the shape [4, 24]", "expected [3, 24], as config.json says"],
    );
}

#[test]
fn a_model_that_cannot_tell_agreement_from_contradiction_is_refused_by_the_probe() {
    for name in ARCHITECTURES {
        let error = Classifier::load(&fixture(name), &LoadOptions::default()).err().expect("random weights");
        says(&error.to_string(), &["config.json: the ", "favor over against", "--skip-probe"]);
    }
}

#[test]
fn broken_json_is_located() {
    let folder = copy("bert");
    fs::write(folder.path().join("config.json"), "{\"model_type\": \"bert\",\n  \"hidden_size\": }").unwrap();
    assert_eq!(error(folder.path()), "config.json:2:18: expected value");
    fs::write(folder.path().join("config.json"), [0xFF, 0xFE, 0x00]).unwrap();
    says(&error(folder.path()), &["config.json: reading the model's configuration"]);
    for text in ["", "null", "[]", "{}"] {
        fs::write(folder.path().join("config.json"), text).unwrap();
        says(&error(folder.path()), &["config.json"]);
    }
    let folder = copy("bert");
    fs::write(folder.path().join("tokenizer.json"), "{\"version\": ").unwrap();
    says(&error(folder.path()), &["tokenizer.json: not a tokenizer"]);
}

#[test]
fn an_unknown_architecture_is_named() {
    let folder = copy("bert");
    change(folder.path(), "model_type", json!("t5"));
    says(&error(folder.path()), &["model_type \"t5\"", "expected bert, roberta, xlm-roberta"]);
    let folder = copy("deberta-v2");
    change(folder.path(), "conv_kernel_size", json!(3));
    says(&error(folder.path()), &["conv_kernel_size 3", "without a convolution"]);
    let folder = copy("bert");
    change(folder.path(), "hidden_act", json!("swish"));
    says(&error(folder.path()), &["config.json:1:", "swish"]);
}

/// Every size of every architecture, set to nought, to one more, and to what no memory holds.
#[test]
fn sizes_that_do_not_match_the_weights_are_refused() {
    for name in ARCHITECTURES {
        let text = fs::read_to_string(fixture(name).join("config.json")).unwrap();
        let config: Value = serde_json::from_str(&text).unwrap();
        let own = ["dim", "n_layers", "n_heads", "hidden_dim"];
        let common = ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"];
        let more = ["max_position_embeddings", "position_buckets", "global_attn_every_n_layers", "local_attention"];
        for key in own.iter().chain(&common).chain(&more) {
            let Some(value) = config.get(key).and_then(Value::as_u64) else { continue };
            // No tensor shows these: four heads of six for three of eight, more input, a wider window; layer_types stands for
            // global_attn_every_n_layers.
            let free = match (name, *key) {
                ("deberta-v2" | "modernbert", "max_position_embeddings") => vec![json!(value + 1)],
                ("modernbert", "local_attention" | "global_attn_every_n_layers") => vec![json!(value + 1)],
                (_, "num_attention_heads" | "n_heads") => vec![json!(value + 1)],
                _ => vec![],
            };
            for bad in [json!(0), json!(value + 1), json!(1u64 << 40), json!(u64::MAX), json!(-1), json!(1.5)] {
                if free.contains(&bad) {
                    continue;
                }
                let folder = copy(name);
                change(folder.path(), key, bad.clone());
                says(&error(folder.path()), &["config.json"]);
            }
        }
    }
}

#[test]
fn a_missing_weight_is_named_with_its_file() {
    let cases = [
        ("bert", "classifier.weight"),
        ("roberta", "classifier.out_proj.weight"),
        ("xlm-roberta", "roberta.encoder.layer.1.output.dense.bias"),
        ("distilbert", "distilbert.transformer.layer.1.ffn.lin2.weight"),
        ("deberta-v2", "pooler.dense.weight"),
        ("modernbert", "model.layers.1.attn_norm.weight"),
        ("modernbert", "head.norm.weight"),
    ];
    for (name, weight) in cases {
        let folder = copy(name);
        let path = folder.path().join("model.safetensors");
        let mut tensors = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
        tensors.remove(weight).unwrap_or_else(|| panic!("{name} has no {weight}"));
        candle_core::safetensors::save(&tensors, &path).unwrap();
        says(&error(folder.path()), &[&format!("model.safetensors: no weights named \"{weight}\"")]);
        let misshapen = candle_core::Tensor::zeros((3, 5), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
        tensors.insert(weight.to_owned(), misshapen);
        candle_core::safetensors::save(&tensors, &path).unwrap();
        says(&error(folder.path()), &[&format!("model.safetensors: {weight} has the shape [3, 5]"), "as config.json says"]);
    }
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let folder = copy("bert");
    fs::copy(fixture("roberta").join("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    says(&error(folder.path()), &["tokenizer.json: 320 tokens for a vocabulary of 200", "different models"]);
    let folder = copy("deberta-v2");
    change(folder.path(), "pad_token_id", json!(4000));
    says(&error(folder.path()), &["config.json: pad_token_id 4000", "below vocab_size, 200"]);
}

/// Damaged weights give no label.
#[test]
fn logits_that_are_not_numbers_are_an_error() {
    let folder = copy("bert");
    let path = folder.path().join("model.safetensors");
    let mut tensors = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
    let nan = candle_core::Tensor::full(f32::NAN, 4, &candle_core::Device::Cpu).unwrap();
    tensors.insert("classifier.bias".to_owned(), nan);
    candle_core::safetensors::save(&tensors, &path).unwrap();
    let model = Classifier::load(folder.path(), &LoadOptions { probe: false, ..LoadOptions::default() }).unwrap();
    let pair = model.encode("The bridge opened.", "The bridge will open.").unwrap();
    says(&model.classify(&[pair], 1).unwrap_err().to_string(), &["not finite"]);
}

#[test]
fn an_engine_or_precision_that_an_architecture_lacks_is_refused() {
    for options in [
        LoadOptions { engine: Engine::Packed, probe: false, ..LoadOptions::default() },
        LoadOptions { compute: Compute::Bf16, probe: false, ..LoadOptions::default() },
    ] {
        let error = Classifier::load(&fixture("roberta"), &options).err().unwrap().to_string();
        assert!(error.contains("model_type \"roberta\"") && error.contains("--engine"), "{error}");
    }
}
