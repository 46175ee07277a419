//! Throughput of the default model's tokenizer on one core, sentence and claim together: `cargo bench --bench tokenize`.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stancekit::article::Sources;
use stancekit::model::tokenizer::PairTokenizer;
use stancekit::sentence;
use std::hint::black_box;
use std::path::Path;

const CLAIM: &str = "US allies will keep sharing intelligence with the United States.";

fn tokenize(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tokenizer = PairTokenizer::read(&root.join("models/stance-mini/tokenizer.json"), 512).unwrap_or_else(|e| panic!("{e}"));
    let articles = Sources::new([root.join("datasets/allies-sample/articles")]).map(|a| a.unwrap_or_else(|e| panic!("{e}")));
    let sentences: Vec<String> = articles
        .flat_map(|a| sentence::split(&a).into_iter().map(|s| a.text[s.start..s.end].to_owned()).collect::<Vec<_>>())
        .collect();
    let encode = || -> usize {
        let tokens = |s: &String| tokenizer.encode(black_box(s), CLAIM).map_or(0, |e| e.ids.len());
        sentences.iter().map(tokens).sum()
    };
    let mut group = c.benchmark_group("tokenize");
    group.sample_size(20);
    group.throughput(Throughput::Elements(sentences.len() as u64)).bench_function("pairs", |b| b.iter(encode));
    group.throughput(Throughput::Elements(encode() as u64)).bench_function("tokens", |b| b.iter(encode));
    group.finish();
}

criterion_group!(benches, tokenize);
criterion_main!(benches);
