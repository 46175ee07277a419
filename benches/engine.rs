//! Matrix products, element-wise kernels, attention, forward passes and training steps at the default model's size, with weights and tokens drawn at random (speed does not
//! depend on their values): `cargo bench --bench engine`. Close everything else first. `throughput` counts multiply-adds or tokens.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use candle_core::{Device, Tensor, Var};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stancekit::model::Network;
use stancekit::model::batch::{Batch, Encoded};
use stancekit::model::bert::Bert;
use stancekit::model::config::BertConfig;
use stancekit::model::gemm::{Compute, Factor, Mat, MatMut, matmul};
use stancekit::model::kernels::{self, Attention};
use stancekit::model::packed::PackedBert;
use stancekit::model::weights::Source;
use stancekit::train::optimizer::AdamW;
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
    for compute in COMPUTE {
        let b = Mat::new(&b, 1536, 384, 384).t();
        let factor = Factor::new(compute, b, &[]);
        group.bench_function(format!("{compute:?}, laid out before"), |bench| {
            bench.iter(|| {
                factor.matmul(MatMut::new(&mut out, 1024, 1536, 1536), 0.0, Mat::new(black_box(&a), 1024, 384, 384), b, None)
            });
        });
    }
    group.finish();
}

/// What is done to every element between the products: 1,024 rows, as wide as each is in the network.
fn elementwise(c: &mut Criterion) {
    let wide = |cols: usize| (0..1024 * cols).map(|i| (i % 1000) as f32 / 250.0 - 2.0).collect::<Vec<f32>>();
    let (mut inner, mut hidden, mut out) = (wide(1536), wide(384), wide(1536));
    let (x, norm) = (wide(384), vec![0.5; 384]);
    let mut group = c.benchmark_group("element-wise, 1024 rows");
    group.throughput(Throughput::Elements(1024 * 1536));
    group.bench_function("GELU with its slope", |b| {
        b.iter(|| kernels::activate(black_box(&mut inner), &mut out, kernels::gelu_with_slope));
    });
    group.throughput(Throughput::Elements(1024 * 384));
    let out = &mut out[..1024 * 384];
    group.bench_function("LayerNorm", |b| b.iter(|| kernels::layer_norm(black_box(&x), &norm, &norm, 1e-12, out)));
    group.bench_function("residual and LayerNorm", |b| {
        b.iter(|| kernels::residual_norm(black_box(&mut hidden), None, &x, (&norm, &norm), 1e-12, out));
    });
    let (mut scale, mut shift) = (vec![0.0; 384], vec![0.0; 384]);
    group.bench_function("LayerNorm backward", |b| {
        b.iter(|| kernels::layer_norm_backward(black_box(&x), &norm, &mut hidden, 1e-12, &mut scale, &mut shift));
    });
    group.finish();
}

fn attention(c: &mut Criterion) {
    let lens: Vec<usize> = examples(24).iter().map(|e| e.pair.ids.len()).collect();
    let tokens: usize = lens.iter().sum();
    let attention = Attention { lens: lens.into(), heads: 12, dropout: None };
    let qkv: Vec<f32> = (0..tokens * 3 * 384).map(|i| (i % 1000) as f32 / 500.0 - 1.0).collect();
    let (mut probs, mut out, mut dqkv) = (Vec::new(), vec![0.0; tokens * 384], vec![0.0; tokens * 3 * 384]);
    let mut group = c.benchmark_group("attention of a layer");
    group.throughput(Throughput::Elements(tokens as u64));
    for compute in COMPUTE {
        group.bench_function(format!("forward {compute:?}"), |b| {
            b.iter(|| attention.forward(compute, black_box(&qkv), &mut probs, &mut out, 384));
        });
        group.bench_function(format!("backward {compute:?}"), |b| {
            b.iter(|| attention.backward(compute, black_box(&qkv), &probs, &out, &mut dqkv, 384));
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
    let variable = |t: Tensor| Var::from_tensor(&t).unwrap_or_else(|e| panic!("{e}"));
    let variables: BTreeMap<String, Var> = weights.1.into_iter().map(|(name, t)| (name, variable(t))).collect();
    let all: BTreeMap<String, Tensor> = variables.iter().map(|(name, v)| (name.clone(), v.as_tensor().clone())).collect();
    let mut group = c.benchmark_group("training step, two lanes");
    let tokens: usize = examples.iter().map(|e| e.pair.ids.len()).sum();
    group.throughput(Throughput::Elements(tokens as u64)).sample_size(10);
    for compute in COMPUTE {
        let options = StepOptions { lanes: 2, shard_tokens: 1024, smoothing: 0.0, compute };
        let mut lanes = Lanes::new(&config, 4, &all, |n| !n.contains(".embeddings."), options);
        group.bench_function(format!("gradients, embeddings frozen, {compute:?}"), |bench| {
            bench.iter(|| lanes.gradients(&all, black_box(&examples), 7).map(|(loss, _)| loss));
        });
        let mut lanes = Lanes::new(&config, 4, &all, |_| true, options);
        let mut optimizer = AdamW::new(variables.clone(), 0.01, |_| 1.0);
        group.bench_function(format!("gradients of every weight and AdamW, {compute:?}"), |bench| {
            bench.iter(|| {
                let (_, gradients) = lanes.gradients(&all, black_box(&examples), 7)?;
                optimizer.step(&gradients, 1e-6, 1.0)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, products, elementwise, attention, forward, step);
criterion_main!(benches);
