//! Throughput of reading and splitting: `cargo bench --bench split`.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use stancekit::{article, sentence};
use std::hint::black_box;

/// An invented report, with what the rules of the splitter look at in about the shares of a real one.
const SAMPLE: &str = "Oslo (CNN)The harbour master of a small northern port said on Monday that no ferry would leave before the ice had melted, \
whatever the ministry in the capital may have promised. \"We have waited for three weeks, and we can wait for three more,\" Gen. Ada Roe, a \
retired officer who heads the port, told reporters at a news conference. \"Will it hold? Nobody knows.\"\n\
The U.S. Coast Guard, which keeps one icebreaker in the north, offered its help on Jan. 12, according to two officials who were not allowed \
to speak in public. It was declined. “Why should we take it?” Lind asked. He added that the fare, now $4.20, would rise by 3.5 percent.\n\
• The ferries have run since 1931\n\
The Post's Bo Lind contributed to this report.\n\n";

fn split(c: &mut Criterion) {
    let text = SAMPLE.repeat((4 << 20) / SAMPLE.len());
    let mut group = c.benchmark_group("split");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function("split_text", |b| b.iter(|| sentence::split_text(black_box(&text)).count()));
    group.bench_function("read_bytes and split, plain text", |b| {
        b.iter(|| article::read_bytes("a", None, black_box(&text).clone().into_bytes()).map(|a| sentence::split(&a).len()))
    });
    let path = std::path::Path::new("a.md");
    group.bench_function("read_bytes and split, Markdown", |b| {
        b.iter(|| article::read_bytes("a", Some(path), black_box(&text).clone().into_bytes()).map(|a| sentence::split(&a).len()))
    });
    group.finish();
}

criterion_group!(benches, split);
criterion_main!(benches);
