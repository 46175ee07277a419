//! Every architecture gives the tokens and logits that transformers gives.
//!
//! The expected numbers, and the versions that computed them, are in `fixtures/models/*/expected.json`, written by
//! `fixtures/models/make.py` beside them.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic as tests do; --nocapture shows the differences"
)]

use candle_core::Tensor;
use serde::Deserialize;
use serde_json::{Map, Value};
use stancekit::model::batch::{Batch, Encoded};
use stancekit::model::bert::Bert;
use stancekit::model::config::BertConfig;
use stancekit::model::gemm::Compute;
use stancekit::model::tokenizer::PairTokenizer;
use stancekit::model::weights::{Checkpoint, Source};
use stancekit::model::{Classifier, Engine, LoadOptions};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Expected {
    max_length: usize,
    pairs: Vec<Pair>,
    logits: Logits,
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Pair {
    sentence: String,
    claim: String,
    ids: Vec<u32>,
    types: Vec<u32>,
    truncated: bool,
}

/// Of all pairs in one padded batch, and of each alone.
#[derive(Deserialize)]
struct Logits {
    batch: Vec<Vec<f32>>,
    single: Vec<Vec<f32>>,
}

/// The same weights with another setting in config.json.
#[derive(Deserialize)]
struct Variant {
    name: String,
    config: Map<String, Value>,
    logits: Logits,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn expected(name: &str) -> Expected {
    serde_json::from_str(&fs::read_to_string(fixture(name).join("expected.json")).unwrap()).unwrap()
}

fn load(folder: &Path) -> Classifier {
    Classifier::load(folder, &LoadOptions { probe: false, ..LoadOptions::default() }).unwrap_or_else(|e| panic!("{e}"))
}

/// The largest difference; infinite where shapes differ or anything is not a number.
fn difference(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    let shape = |m: &[Vec<f32>]| m.iter().map(Vec::len).collect::<Vec<_>>();
    if shape(a) != shape(b) {
        return f32::INFINITY;
    }
    let gaps = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, |most, gap| if gap.is_nan() { f32::INFINITY } else { most.max(gap) })
}

/// Logits of all pairs together and one by one, against transformers' and each other.
fn check_logits(what: &str, model: &Classifier, pairs: &[Encoded], expected: &Logits) {
    let together = model.logits(pairs, 1).unwrap();
    let alone: Vec<Vec<f32>> = pairs.iter().flat_map(|p| model.logits(std::slice::from_ref(p), 1).unwrap()).collect();
    let gaps = [difference(&together, &expected.batch), difference(&alone, &expected.single), difference(&together, &alone)];
    println!("{what}: batch {:.1e}, single {:.1e}, batch to single {:.1e}", gaps[0], gaps[1], gaps[2]);
    assert!(gaps[0] < 1e-4 && gaps[1] < 1e-4, "{what}: {gaps:?} from transformers' logits");
    assert!(gaps[2] < 1e-5, "{what}: logits depend on the batch by {}", gaps[2]);
}

fn check(name: &str) {
    let expected = expected(name);
    let model = load(&fixture(name));
    assert_eq!(model.tokenizer().max_len(), expected.max_length);
    let mut pairs = Vec::new();
    for pair in &expected.pairs {
        let encoded = model.encode(&pair.sentence, &pair.claim).unwrap();
        assert_eq!(
            encoded,
            Encoded { ids: pair.ids.clone(), types: pair.types.clone(), truncated: pair.truncated },
            "{name}: {:?}",
            pair.sentence
        );
        pairs.push(encoded);
    }
    check_logits(name, &model, &pairs, &expected.logits);
    for variant in &expected.variants {
        let folder = with_config(name, &variant.config);
        check_logits(&format!("{name}, {}", variant.name), &load(folder.path()), &pairs, &variant.logits);
    }
    check_labels(name, &model, &pairs);
}

/// The fixture with some of its settings replaced.
fn with_config(name: &str, changes: &Map<String, Value>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["tokenizer.json", "model.safetensors"] {
        fs::copy(fixture(name).join(file), folder.path().join(file)).unwrap();
    }
    let mut config: Map<String, Value> =
        serde_json::from_str(&fs::read_to_string(fixture(name).join("config.json")).unwrap()).unwrap();
    config.extend(changes.clone());
    fs::write(folder.path().join("config.json"), serde_json::to_string(&config).unwrap()).unwrap();
    folder
}

/// Label and scores of a pair are the same whatever shares its batch, and however many threads there are.
fn check_labels(name: &str, model: &Classifier, pairs: &[Encoded]) {
    let all = model.classify(pairs, 2).unwrap();
    let reversed: Vec<Encoded> = pairs.iter().rev().cloned().collect();
    let mut backwards = model.classify(&reversed, 1).unwrap();
    backwards.reverse();
    for (i, pair) in pairs.iter().enumerate() {
        let alone = &model.classify(std::slice::from_ref(pair), 1).unwrap()[0];
        for other in [&all[i], &backwards[i]] {
            assert_eq!(alone.label, other.label, "{name}, pair {i}");
            assert!(alone.scores.iter().zip(&other.scores).all(|(a, b)| (a - b).abs() < 1e-5), "{name}, pair {i}");
        }
    }
    assert_eq!(model.classify(&[], 2).unwrap(), []);
}

#[test]
fn bert() {
    check("bert");
}

/// The pairs of a fixture on candle's graph, where [`bert`] runs them on the packed engine; and what bfloat16 does to them on both.
#[test]
fn bert_on_every_engine() {
    let expected = expected("bert");
    let load = |engine, compute| {
        let options = LoadOptions { probe: false, engine, compute, ..LoadOptions::default() };
        Classifier::load(&fixture("bert"), &options).unwrap()
    };
    let reference = load(Engine::Candle, Compute::F32);
    let pairs: Vec<Encoded> = expected.pairs.iter().map(|p| reference.encode(&p.sentence, &p.claim).unwrap()).collect();
    check_logits("bert on candle", &reference, &pairs, &expected.logits);
    for engine in [Engine::Candle, Engine::Packed] {
        let gap = difference(&load(engine, Compute::Bf16).logits(&pairs, 1).unwrap(), &expected.logits.batch);
        println!("bert in bfloat16, {engine:?}: {gap:.1e}");
        assert!(gap > 0.0 && gap < 5e-2, "{engine:?}: {gap}");
    }
}

#[test]
fn roberta() {
    check("roberta");
}

#[test]
fn xlm_roberta() {
    check("xlm-roberta");
}

#[test]
fn distilbert() {
    check("distilbert");
}

#[test]
fn deberta_v2() {
    check("deberta-v2");
}

#[test]
fn modernbert() {
    check("modernbert");
}

/// A packed batch is computed pair by pair: beyond rounding, a pair's logits do not depend on its neighbours.
#[test]
fn packed_pairs_do_not_see_one_another() {
    use candle_core::Device;
    let folder = fixture("bert");
    let config: BertConfig = stancekit::model::config::read(&folder.join("config.json")).unwrap();
    let bert = Bert::new(&config, 4, &mut Checkpoint::read(&folder.join("model.safetensors")).unwrap()).unwrap();
    let pair = |ids: &[u32]| Encoded { ids: ids.to_vec(), types: vec![0; ids.len()], truncated: false };
    let (a, b, c) = (pair(&[2, 9, 11, 3, 40, 3]), pair(&[2, 3]), pair(&[2, 70, 71, 72, 73, 74, 75, 3]));
    let row = |batch: &[Encoded], i: usize| -> Vec<f32> {
        let logits = bert.forward(&Batch::pack(batch), None).unwrap();
        let i = Tensor::new(&[i as u32], &Device::Cpu).unwrap();
        logits.index_select(&i, 0).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    };
    let alone = row(std::slice::from_ref(&a), 0);
    assert!(difference(&[row(&[b.clone(), a.clone(), c.clone()], 1)], std::slice::from_ref(&alone)) < 1e-6);
    assert!(difference(&[row(&[c, b, a], 2)], &[alone]) < 1e-6);
}

/// all-MiniLM-L6-v2 with a head that both sides can make: `W[c][j] = sin(1 + c H + j)`, `b[c] = cos(c)`.
///
/// Runs where `STANCEKIT_ENCODER` names the encoder's folder. Expected: `fixtures/models/minilm.json`.
#[test]
fn minilm() {
    struct WithHead(Checkpoint);
    impl Source for WithHead {
        fn tensor(&mut self, name: &str, shape: &[usize]) -> stancekit::Result<Tensor> {
            let n: usize = shape.iter().product();
            let values: Vec<f32> = match name {
                "classifier.weight" => (0..n).map(|i| (1.0 + i as f64).sin() as f32).collect(),
                "classifier.bias" => (0..n).map(|i| (i as f64).cos() as f32).collect(),
                _ => return self.0.tensor(name, shape),
            };
            Ok(Tensor::from_vec(values, shape, &candle_core::Device::Cpu).unwrap())
        }
    }
    #[derive(Deserialize)]
    struct Row {
        sentence: String,
        claim: String,
        ids: Vec<u32>,
        logits: Vec<f32>,
    }
    #[derive(Deserialize)]
    struct File {
        pairs: Vec<Row>,
    }
    let Some(folder) = std::env::var_os("STANCEKIT_ENCODER").map(PathBuf::from) else { return };
    let expected: File = serde_json::from_str(&fs::read_to_string(fixture("minilm.json")).unwrap()).unwrap();
    let config: BertConfig = stancekit::model::config::read(&folder.join("config.json")).unwrap();
    let tokenizer = PairTokenizer::read(&folder.join("tokenizer.json"), config.max_position_embeddings).unwrap();
    let mut source = WithHead(Checkpoint::read(&folder.join("model.safetensors")).unwrap());
    let bert = Bert::new(&config, 4, &mut source).unwrap();
    let pairs: Vec<Encoded> = expected.pairs.iter().map(|p| tokenizer.encode(&p.sentence, &p.claim).unwrap()).collect();
    for (pair, row) in pairs.iter().zip(&expected.pairs) {
        assert_eq!(pair.ids, row.ids, "{:?}", row.sentence);
    }
    let logits: Vec<Vec<f32>> = bert.forward(&Batch::pack(&pairs), None).unwrap().to_vec2().unwrap();
    let gap = difference(&logits, &expected.pairs.iter().map(|p| p.logits.clone()).collect::<Vec<_>>());
    println!("minilm: {gap:.1e}");
    assert!(gap < 1e-4, "{gap}");
}
