//! `stance bench`: figures that fit together. How large they are is not tested.

use super::{stance, text, tiny};
use assert_cmd::Command;
use serde_json::Value;
use std::fs;

fn bench() -> Command {
    let mut c = stance();
    c.args(["bench", "--seconds", "0.01", "--skip-probe", "--model"]).arg(tiny());
    c
}

#[test]
fn the_record_of_the_built_in_articles_adds_up() {
    let out = bench().args(["--format", "json"]).assert().success();
    let record: Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!((&record["input"]["articles"], &record["machine"]["threads"]), (&10.into(), &2.into()));
    let number = |v: &Value| v.as_f64().unwrap_or_else(|| panic!("{v} is no number"));
    let (sentences, tokens) = (number(&record["input"]["sentences"]), number(&record["input"]["tokens"]));
    assert!(sentences > 200.0 && tokens > 20.0 * sentences, "{sentences} {tokens}");
    let stages = record["stages"].as_array().unwrap();
    let named = |name: &str| stages.iter().find(|s| s["stage"] == name).unwrap_or_else(|| panic!("no stage {name}"));
    for stage in
        ["read", "split", "holders", "tokenize", "write", "forward, packed f32", "forward, packed int8", "forward, candle f32"]
    {
        let stage = named(stage);
        assert!((number(&stage["sentences_per_second"]) * number(&stage["seconds"]) / sentences - 1.0).abs() < 1e-9, "{stage}");
    }
    let shares: f64 = stages.iter().filter_map(|s| s["share"].as_f64()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    // What other engines take is no part of the whole; they are held against the same products.
    assert!(named("forward, candle f32")["share"].is_null() && named("split")["of_peak"].is_null());
    let forward = named("forward, packed f32");
    let product = record["products"].as_array().unwrap().iter().find(|p| p["precision"] == "f32").unwrap();
    assert!((number(&forward["of_peak"]) - number(&forward["gflops"]) / number(&product["gflops"])).abs() < 1e-9);
    let step = &record["training"][0];
    assert!((number(&step["tokens_per_second"]) * number(&step["seconds"]) / number(&step["tokens"]) - 1.0).abs() < 1e-9);
}

#[test]
fn own_articles_are_measured_and_shown_as_a_table() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.txt");
    fs::write(&file, "The bridge will open on Monday. Nobody believes it.\n").unwrap();
    let table = text(&bench().arg(&file).assert().success().get_output().stdout);
    for part in ["1 article, 2 sentences, 52 bytes", "forward, packed f32", "of the forward pass alone", "training, f32"] {
        assert!(table.contains(part), "{part:?} is not in {table}");
    }
}

#[test]
fn what_cannot_be_measured_on_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.txt");
    fs::write(&empty, "").unwrap();
    for (argument, word) in [("-", "standard input"), (empty.to_str().unwrap(), "empty"), ("missing.txt", "missing.txt")] {
        let out = bench().arg(argument).assert().code(2);
        assert!(text(&out.get_output().stderr).contains(word), "{argument}: {}", text(&out.get_output().stderr));
    }
    for seconds in ["0", "-1", "nan", "1e9"] {
        stance().args(["bench", &format!("--seconds={seconds}")]).assert().code(2);
    }
}
