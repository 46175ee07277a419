//! What ships works as it comes: the README's commands, the default model, the sample articles.

use super::{root, stance, text};
use serde_json::Value;

#[test]
fn the_sample_articles_are_classified_by_the_default_model() {
    let task = "evals/tasks/allies-sharing.toml";
    let out =
        stance().current_dir(root()).args(["classify", "datasets/allies-sample/articles", "--task", task]).assert().success();
    let table = text(&out.get_output().stdout);
    assert!(
        table.contains("10 articles:") && table.contains("strongest favor") && table.contains("strongest against"),
        "{table}"
    );
}

#[test]
fn plain_sentences_come_out_on_the_right_side() {
    let sentences = "The bridge will open on Monday, the engineer promised. The bridge will never open, the engineer admitted. \
        Onion prices rose by four percent in the valley last week.";
    let out = stance()
        .current_dir(root())
        .args(["classify", "-", "-c", "The bridge will open on Monday.", "-f", "jsonl"])
        .write_stdin(sentences)
        .assert()
        .success();
    let labels: Vec<String> = text(&out.get_output().stdout)
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["label"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(labels, ["favor", "against", "unrelated"]);
}

#[test]
fn the_sample_eval_keeps_its_expected_range() {
    stance().current_dir(root()).args(["evaluate", "evals/allies-sample.toml", "--draws", "100"]).assert().success();
}

/// Every test of the behavioural suite has its pairs, and what no reader would see as a change does not move the default model.
#[test]
fn the_behavioural_suite_runs_on_what_ships() {
    let out = stance()
        .current_dir(root())
        .args(["evaluate", "evals/suites/behaviour.toml", "--draws", "0", "-f", "json"])
        .assert()
        .success();
    let record: Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    let tests = record["behaviour"].as_array().unwrap();
    assert_eq!(tests.len(), 14);
    assert!(tests.iter().all(|t| t["pairs"].as_u64().unwrap() >= 20));
    let rate = |name: &str, system: usize| {
        tests.iter().find(|t| t["test"] == name).unwrap()["systems"][system]["as_expected"].as_f64().unwrap()
    };
    // Measured: 0.78 and 1. By the first, of 37 pairs only, other quotation marks still change one label in five.
    assert!(rate("curly-quotes", 0) > 0.7 && rate("lower-case", 0) > 0.9);
    // The commonest label is favor: a constant never changes, even where it should.
    assert_eq!((rate("names", 1), rate("negation", 1), rate("unrelated", 1)), (1.0, 0.0, 0.0));
}

#[test]
fn shipped_datasets_pass_their_check() {
    for set in ["datasets/allies-sample", "datasets/behaviour", "datasets/news-claims"] {
        let out = stance().current_dir(root()).args(["dataset", "check", set]).output().unwrap();
        assert!(out.status.success(), "{set}: {}{}", text(&out.stdout), text(&out.stderr));
    }
}

#[test]
fn stand_off_rows_without_their_articles_say_how_to_join_them() {
    let out = stance().current_dir(root()).args(["evaluate", "evals/allies-2017.toml"]).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("--articles"), "{}", text(&out.stderr));
}

#[test]
fn rows_of_the_corpus_stand_in_its_articles() {
    for (set, files) in
        [("allies-sample", &["test"][..]), ("news-claims", &["train", "dev", "test", "claims", "plain", "plain-dev"])]
    {
        let folder = root().join("datasets").join(set);
        for file in files {
            let rows = std::fs::read_to_string(folder.join(format!("{file}.jsonl"))).unwrap();
            for row in rows.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()) {
                let article = folder.join("articles").join(format!("{}.txt", row["article"].as_str().unwrap()));
                let text = std::fs::read_to_string(article).unwrap();
                let (start, end) = (row["start"].as_u64().unwrap() as usize, row["end"].as_u64().unwrap() as usize);
                assert_eq!(&text[start..end], row["text"].as_str().unwrap(), "{}", row["id"]);
            }
        }
    }
}
