//! Throughput of reading, splitting and telling whose words they are, on one core: `cargo bench --bench split`. On the articles that ship with
//! the project, and on megabytes made to hurt.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stancekit::article::{self, Article, Sources};
use stancekit::sentence;
use std::hint::black_box;
use std::path::Path;

fn articles() -> Vec<Article> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/news-claims/articles");
    Sources::new([folder]).map(|a| a.unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn news(c: &mut Criterion) {
    let articles = articles();
    let bytes: usize = articles.iter().map(|a| a.text.len()).sum();
    let mut group = c.benchmark_group("news");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(20);
    // As they are and as Markdown: decoding, blocks, kinds.
    for name in ["a.txt", "a.md"] {
        group.bench_function(BenchmarkId::new("read_bytes", name), |b| {
            b.iter(|| {
                for a in &articles {
                    let read = article::read_bytes("a", Some(Path::new(name)), black_box(&a.text).clone().into_bytes());
                    drop(black_box(read));
                }
            });
        });
    }
    let whole: Vec<&str> = articles.iter().map(|a| a.text.as_str()).collect();
    group.bench_function("split_text", |b| {
        b.iter(|| whole.iter().map(|t| sentence::split_text(black_box(t)).count()).sum::<usize>())
    });
    group.bench_function("split", |b| b.iter(|| articles.iter().map(|a| sentence::split(black_box(a)).len()).sum::<usize>()));
    let split: Vec<_> = articles.iter().map(|a| (a, sentence::split(a))).collect();
    group.bench_function("holdings", |b| {
        b.iter(|| split.iter().map(|(a, s)| sentence::holdings(black_box(a), s).len()).sum::<usize>());
    });
    group.finish();
}

/// A megabyte of each: the rate must stay in the order of that of news, which a scan that looks back or ahead without bound does not.
fn hostile(c: &mut Criterion) {
    let mut group = c.benchmark_group("hostile");
    group.throughput(Throughput::Bytes(1 << 20)).sample_size(10);
    for piece in [".", "\"", "“", "(", "a", "a ", "A. ", "1. ", "?” he said ", "“A b,” he said. ", "\u{a0}", "\n"] {
        let text = piece.repeat((1 << 20) / piece.len());
        group.bench_function(BenchmarkId::new("split_text", format!("{piece:?}")), |b| {
            b.iter(|| sentence::split_text(black_box(&text)).count());
        });
        let article = article::read_bytes("a", None, text.clone().into_bytes());
        // White space alone is no article.
        let Ok(article) = article else { continue };
        let sentences = sentence::split(&article);
        group.bench_function(BenchmarkId::new("holdings", format!("{piece:?}")), |b| {
            b.iter(|| sentence::holdings(black_box(&article), &sentences).len());
        });
    }
    group.finish();
}

criterion_group!(benches, news, hostile);
criterion_main!(benches);
