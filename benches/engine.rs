//! Matrix products, forward passes and training steps at the default model's size, with weights and tokens drawn at random (speed does not
//! depend on their values): `cargo bench --bench engine`. Close everything else first. `throughput` counts multiply-adds or tokens.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use candle_core::{Device, Tensor};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stancekit::model::Network;
use stancekit::model::batch::{Batch, Encoded};
use stancekit::model::bert::Bert;
use stancekit::model::config::BertConfig;
use stancekit::model::gemm::{Compute, Mat, MatMut, matmul};
use stancekit::model::packed::PackedBert;
use stancekit::model::weights::Source;
use stancekit::train::step::{Example, Lanes, StepOptions};
use std::collections::BTreeMap;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const COMPUTE: [Compute; 2] = [Compute::F32, Compute::Bf16];

/// Weights of BERT's size, drawn as BERT's are before training; kept by name.
struct Drawn(ChaCha8Rng, BTreeMap<String, Tensor>);

impl Source for Drawn {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> stancekit::Result<Tensor> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| self.0.random_range(-0.03..0.03)).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap_or_else(|e| panic!("{e}"));
        self.1.insert(name.to_owned(), tensor.clone());
        Ok(tensor)
    }
}

fn drawn() -> Drawn {
    Drawn(ChaCha8Rng::seed_from_u64(1), BTreeMap::new())
}

/// all-MiniLM-L6's sizes.
fn config() -> BertConfig {
    let text = r#"{"vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
        "intermediate_size": 1536, "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12}"#;
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}"))
}

/// `count` pairs of 20 to 64 tokens, about as sentences of news with a claim are.
fn examples(count: usize) -> Vec<Example> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut example = |_| {
        let len = rng.random_range(20..=64);
        let ids = (0..len).map(|_| rng.random_range(0..30522)).collect();
        let pair = Encoded { ids, types: vec![0; len], truncated: false };
        Example { pair, target: vec![true, false, false, false], weight: 1.0, source: 0 }
    };
    (0..count).map(&mut example).collect()
}

fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("product 1024x384x1536");
    group.throughput(Throughput::Elements(1024 * 384 * 1536)).sample_size(20);
    let (a, b) = (vec![0.5f32; 1024 * 384], vec![0.25f32; 1536 * 384]);
    let mut out = vec![0.0f32; 1024 * 1536];
    for compute in COMPUTE {
        group.bench_function(format!("{compute:?}"), |bench| {
            bench.iter(|| {
                let (a, b) = (Mat::new(black_box(&a), 1024, 384, 384), Mat::new(&b, 1536, 384, 384).t());
                matmul(compute, MatMut::new(&mut out, 1024, 1536, 1536), 0.0, 1.0, a, b);
            });
        });
    }
    group.finish();
}

fn forward(c: &mut Criterion) {
    let config = config();
    let examples = examples(24);
    let batch = Batch::pack(examples.iter().map(|e| &e.pair));
    let mut group = c.benchmark_group("forward, one thread");
    group.throughput(Throughput::Elements(batch.ids.len() as u64)).sample_size(20);
    let candle: Box<dyn Network> = Box::new(Bert::new(&config, 4, &mut drawn()).unwrap_or_else(|e| panic!("{e}")));
    let mut engines = vec![("candle F32".to_owned(), candle)];
    for compute in [Compute::F32, Compute::Bf16, Compute::Int8] {
        let packed = PackedBert::new(&config, 4, compute, &mut drawn()).unwrap_or_else(|e| panic!("{e}"));
        engines.push((format!("packed {compute:?}"), Box::new(packed)));
    }
    for (name, network) in &engines {
        group.bench_function(name, |bench| bench.iter(|| network.logits(black_box(&batch))));
    }
    group.finish();
}

fn step(c: &mut Criterion) {
    let config = config();
    let examples = examples(48);
    let examples: Vec<&Example> = examples.iter().collect();
    let mut weights = drawn();
    Bert::new(&config, 4, &mut weights).unwrap_or_else(|e| panic!("{e}"));
    let mut group = c.benchmark_group("gradients of a step, two lanes, embeddings frozen");
    let tokens: usize = examples.iter().map(|e| e.pair.ids.len()).sum();
    group.throughput(Throughput::Elements(tokens as u64)).sample_size(10);
    for compute in COMPUTE {
        let options = StepOptions { lanes: 2, shard_tokens: 1024, smoothing: 0.0, compute };
        let mut lanes = Lanes::new(&config, 4, &weights.1, |n| !n.contains(".embeddings."), options);
        group.bench_function(format!("{compute:?}"), |bench| {
            bench.iter(|| lanes.gradients(&weights.1, black_box(&examples), 7).map(|(loss, _)| loss));
        });
    }
    group.finish();
}

criterion_group!(benches, products, forward, step);
criterion_main!(benches);
