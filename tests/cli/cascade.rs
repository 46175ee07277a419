//! The first stage: made, used, and refused.

use super::{stance, text, tiny};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const FERRY: &str = "The ferry will be saved by the town.";
const ONION: &str = "Onion prices will fall in spring.";

/// Ten sentences on one of two subjects; the number makes them different from each other.
fn sentences(subject: &str, article: usize) -> Vec<String> {
    let words = match subject {
        "ferry" => ["ferry", "town", "saved", "harbour", "boat"],
        _ => ["onion", "prices", "spring", "market", "fall"],
    };
    let sentence = |i: usize| format!("The {} and the {} came up {} times.", words[i % 5], words[(i + article) % 5], i + article);
    (0..10).map(sentence).collect()
}

/// A copy of the tiny model, and a first stage for it made of invented rows.
fn made(dir: &Path) -> PathBuf {
    let model = dir.join("model");
    fs::create_dir(&model).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(tiny().join(name), model.join(name)).unwrap();
    }
    let mut rows = String::new();
    for article in 0..8 {
        let (subject, claim) = if article % 2 == 0 { ("ferry", FERRY) } else { ("onion", ONION) };
        for (i, sentence) in sentences(subject, article).iter().enumerate() {
            let row = json!({"id": format!("{article}-{i}"), "text": sentence, "claim": claim, "label": "favor", "article": format!("a{article}"), "start": i * 100});
            rows += &format!("{row}\n");
        }
    }
    fs::write(dir.join("rows.jsonl"), rows).unwrap();
    let out = cascade(dir, &model, &["--data", "rows.jsonl", "--dev", "rows.jsonl", "--test", "rows.jsonl"]).success();
    let report = text(&out.get_output().stdout);
    assert!(report.contains("learnt from 8 parts") && report.contains("0.995 dev"), "{report}");
    model
}

fn cascade(dir: &Path, model: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    stance().current_dir(dir).args(["model", "cascade", "--skip-probe"]).arg(model).args(args).assert()
}

fn classify(dir: &Path, model: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    stance()
        .current_dir(dir)
        .args(["classify", "articles", "-c", FERRY, "--skip-probe", "--model"])
        .arg(model)
        .args(args)
        .assert()
}

fn write_articles(dir: &Path) {
    fs::create_dir(dir.join("articles")).unwrap();
    for (name, subject, article) in [("1.txt", "ferry", 9), ("2.txt", "onion", 10), ("3.txt", "ferry", 9), ("4.txt", "onion", 12)]
    {
        fs::write(dir.join("articles").join(name), sentences(subject, article).join(" ")).unwrap();
    }
    fs::write(dir.join("articles/5.txt"), "Onion prices are too few words to be stopped by.").unwrap();
}

fn records(out: &[u8]) -> Vec<Value> {
    text(out).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn what_is_passed_on_has_the_same_record_and_the_rest_is_unrelated() {
    let dir = tempfile::tempdir().unwrap();
    let model = made(dir.path());
    write_articles(dir.path());
    let full = records(&classify(dir.path(), &model, &["-f", "jsonl"]).success().get_output().stdout);
    assert_eq!(full.len(), 41);
    assert!(full.iter().all(|r| r.get("stage").is_none()));
    let out = classify(dir.path(), &model, &["-f", "jsonl", "--cascade"]).success();
    let mut staged = records(&out.get_output().stdout);
    let mut passed = 0;
    for (with, without) in staged.iter_mut().zip(&full) {
        let stage = with.as_object_mut().unwrap().shift_remove("stage").unwrap();
        if stage == "model" {
            passed += 1;
            assert_eq!(with, without);
        } else {
            assert_eq!((&stage, &with["label"]), (&json!("cascade"), &json!("unrelated")));
            assert_eq!(with["scores"], json!({"unrelated": with["confidence"]}));
            assert_eq!((&with["text"], &with["holder"]), (&without["text"], &without["holder"]));
        }
    }
    // Both articles on the ferry, which are the same, and the one that is too short; not the onions.
    assert_eq!(passed, 21, "{staged:?}");
    // One of the two articles whole; and of the other some, whose numbers the tiny vocabulary does not know.
    let said = text(&out.get_output().stderr);
    assert!(
        said.contains("cascade: 21 of 41 pairs of a sentence and a claim passed on to the model, 14 of these repeats of others"),
        "{said}"
    );
    let out = classify(dir.path(), &model, &["-f", "csv", "--cascade=0.9"]).success();
    let mut reader = csv::Reader::from_reader(out.get_output().stdout.as_slice());
    let stage = reader.headers().unwrap().iter().position(|h| h == "stage").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert!(rows.iter().any(|r| &r[stage] == "cascade") && rows.iter().any(|r| &r[stage] == "model"));
}

#[test]
fn a_model_without_a_first_stage_says_how_to_make_one() {
    let dir = tempfile::tempdir().unwrap();
    write_articles(dir.path());
    let said = text(&classify(dir.path(), &tiny(), &["--cascade"]).code(2).get_output().stderr);
    assert!(said.contains("has no first stage (cascade.json)") && said.contains("stance model cascade"), "{said}");
}

#[test]
fn a_first_stage_that_does_not_fit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let model = made(dir.path());
    write_articles(dir.path());
    let file = model.join("cascade.json");
    let good = fs::read_to_string(&file).unwrap();
    let refused = |content: &str, args: &[&str]| {
        fs::write(&file, content).unwrap();
        text(&classify(dir.path(), &model, args).code(2).get_output().stderr)
    };
    let said = refused(&good, &["--cascade=0.7"]);
    assert!(said.contains("expected one of 0.9, 0.95, 0.98, 0.99, 0.995"), "{said}");
    let said = refused(&good[..good.len() / 2], &["--cascade"]);
    assert!(said.contains("cascade.json"), "{said}");
    let mut other: Value = serde_json::from_str(&good).unwrap();
    other["weights_sha256"] = json!("0".repeat(64));
    let said = refused(&other.to_string(), &["--cascade"]);
    assert!(said.contains("a first stage for other weights") && said.contains("make it with `stance model cascade"), "{said}");
    let mut other: Value = serde_json::from_str(&good).unwrap();
    other["logistic"]["weights"].as_array_mut().unwrap().pop();
    let said = refused(&other.to_string(), &["--cascade"]);
    assert!(said.contains("weights of another form") && said.contains("21 finite numbers"), "{said}");
    let mut other: Value = serde_json::from_str(&good).unwrap();
    other["frequencies"].as_array_mut().unwrap().extend(vec![json!(0); 1000]);
    let said = refused(&other.to_string(), &["--cascade"]);
    assert!(said.contains("1200 frequencies for 200 word vectors"), "{said}");
}

#[test]
fn rows_without_articles_or_on_one_subject_make_none() {
    let dir = tempfile::tempdir().unwrap();
    let model = made(dir.path());
    let row = |article: Value| {
        json!({"id": "1", "text": "The ferry sails.", "claim": FERRY, "label": "favor", "article": article}).to_string()
    };
    let without = json!({"id": "1", "text": "The ferry sails.", "claim": FERRY, "label": "favor"}).to_string();
    for (content, expected) in [(without, "row \"1\" names no article"), (row(json!("a")), "nothing to tell apart")] {
        fs::write(dir.path().join("bad.jsonl"), content + "\n").unwrap();
        let said =
            text(&cascade(dir.path(), &model, &["--data", "bad.jsonl", "--dev", "rows.jsonl"]).code(2).get_output().stderr);
        assert!(said.contains(expected), "{said}");
    }
}
