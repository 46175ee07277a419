//! Our side of `benches/peers/`: takes orders from standard input, one JSON object a line, and answers each with one line.
//!
//! `{"what": "engines"}` names the engines of this machine; `{"what": "forward", "engine": …, "threads": …, "pairs": [[ids, types], …]}`
//! times the logits of pairs, handed over at once as `stance classify` hands over a chunk; `{"what": "step", "precision": …,
//! "threads": …, "pairs": …, "steps": …}` times training steps of that batch, on the default model's weights.

#![allow(missing_docs, clippy::print_stdout, reason = "a program that prints its findings")]

use serde::Deserialize;
use serde_json::json;
use stancekit::model::batch::Encoded;
use stancekit::model::gemm::Compute;
use stancekit::model::{Classifier, Engine, LoadOptions};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum Order {
    Engines,
    Forward { engine: String, threads: usize, pairs: Vec<(Vec<u32>, Vec<u32>)> },
    Step { precision: Compute, threads: usize, steps: usize, pairs: Vec<(Vec<u32>, Vec<u32>)> },
}

fn main() -> stancekit::Result<()> {
    let mut loaded: BTreeMap<String, Classifier> = BTreeMap::new();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let order: Order = serde_json::from_str(&line).unwrap_or_else(|e| panic!("not an order: {e}: {line}"));
        let answer = match order {
            Order::Engines => json!({"engines": engines().map(|(name, ..)| name)}),
            Order::Forward { engine, threads, pairs } => {
                let pairs = encoded(pairs);
                if !loaded.contains_key(&engine) {
                    let model = load(&engine)?;
                    // Workspaces and weights come into being before the clock runs.
                    model.logits(&pairs[..pairs.len().min(64)], threads)?;
                    loaded.insert(engine.clone(), model);
                }
                let started = Instant::now();
                let logits = loaded[&engine].logits(&pairs, threads)?;
                json!({"seconds": started.elapsed().as_secs_f64(), "pairs": logits.len()})
            }
            Order::Step { precision, threads, steps, pairs } => json!({"seconds": step(precision, threads, steps, pairs)?}),
        };
        println!("{answer}");
    }
    Ok(())
}

fn engines() -> [(String, Engine, Compute); 3] {
    [
        ("stancekit packed f32".to_owned(), Engine::Packed, Compute::F32),
        ("stancekit packed int8".to_owned(), Engine::Packed, Compute::Int8),
        ("candle f32".to_owned(), Engine::Candle, Compute::F32),
    ]
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/stance-mini")
}

fn load(name: &str) -> stancekit::Result<Classifier> {
    let found = engines().into_iter().find(|(n, ..)| n == name);
    let (_, engine, compute) = found.unwrap_or_else(|| panic!("no engine {name:?}"));
    Classifier::load(&folder(), &LoadOptions { engine, compute, ..LoadOptions::default() })
}

fn encoded(pairs: Vec<(Vec<u32>, Vec<u32>)>) -> Vec<Encoded> {
    pairs.into_iter().map(|(ids, types)| Encoded { ids, types, truncated: false }).collect()
}

/// Seconds of each step, after two that are not counted.
fn step(compute: Compute, threads: usize, steps: usize, pairs: Vec<(Vec<u32>, Vec<u32>)>) -> stancekit::Result<Vec<f64>> {
    let mut taken = Vec::new();
    stancekit::bench::steps(&folder(), compute, threads, &encoded(pairs), |seconds| {
        taken.push(seconds);
        taken.len() < steps + 2
    })?;
    Ok(taken.split_off(2))
}
