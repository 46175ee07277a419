//! `evaluate`, `dataset` and `split`.

use super::{stance, text, tiny};
use std::fs;

#[test]
fn an_eval_scores_model_and_baselines_and_keeps_a_record() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..40)
        .map(|i| {
            let label = ["favor", "against"][i % 2];
            format!("{{\"id\":\"{i}\",\"text\":\"The ferry is {}.\",\"claim\":\"It sails.\",\"label\":\"{label}\",\"article\":\"a{}\"}}\n", ["good", "bad"][i % 2], i / 8)
        })
        .collect();
    fs::write(dir.path().join("rows.jsonl"), rows).unwrap();
    let eval = "name = \"tiny\"\nprose = \"A made set.\"\ndataset = \"rows.jsonl\"\nlabels = [\"favor\", \"against\", \"neutral\"]\n\
        metrics = [\"macro_f1\", \"accuracy\", \"f1:neutral\"]\n[merge]\nunrelated = \"neutral\"\n\
        [[baselines]]\nkind = \"tfidf\"\ntrain = [\"rows.jsonl\"]\n[[baselines]]\nkind = \"majority\"\n";
    fs::write(dir.path().join("e.toml"), eval).unwrap();
    let model = tiny();
    let args = ["evaluate", "e.toml", "--skip-probe", "--draws", "200", "--model", model.to_str().unwrap()];
    let out = stance()
        .current_dir(&dir)
        .args(args)
        .args(["-f", "json", "--record", "kept", "--save-predictions", "p.jsonl"])
        .assert()
        .success();
    let record: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!((record["dataset"]["rows"].as_u64(), record["dataset"]["groups"].as_u64()), (Some(40), Some(5)));
    let systems = record["systems"].as_array().unwrap();
    let names: Vec<&str> = systems.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["bert", "tfidf", "majority"]);
    let accuracy = |i: usize| systems[i]["estimates"][1]["value"].as_f64().unwrap();
    assert_eq!((accuracy(1), accuracy(2)), (1.0, 0.5));
    // Neither gold nor prediction of the baseline: undefined, not zero.
    assert!(systems[1]["estimates"][2]["value"].is_null());
    assert_eq!(fs::read_to_string(dir.path().join("p.jsonl")).unwrap().lines().count(), 40);
    let kept: Vec<_> = fs::read_dir(dir.path().join("kept")).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    assert!(fs::read_to_string(kept[0].join("README.md")).unwrap().contains("A made set."));
    assert!(fs::read_to_string(kept[0].join("record.json")).unwrap().contains("\"eval_sha256\""));
    let out = stance().current_dir(&dir).args(args).args(["--fail-under", "accuracy=0.999"]).assert().code(1);
    assert!(text(&out.get_output().stderr).contains("failed: accuracy"));
    stance().current_dir(&dir).args(args).args(["--fail-under", "accuracy=0"]).assert().success();
}

#[test]
fn a_label_that_the_eval_does_not_know_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.jsonl"), "{\"id\":\"1\",\"text\":\"A.\",\"claim\":\"B.\",\"label\":\"neutral\"}\n").unwrap();
    let eval = "name = \"t\"\ndataset = \"rows.jsonl\"\nlabels = [\"favor\", \"against\"]\nmetrics = [\"accuracy\"]\n[[baselines]]\nkind = \"majority\"\n";
    fs::write(dir.path().join("e.toml"), eval).unwrap();
    let out = stance().current_dir(&dir).args(["evaluate", "e.toml"]).assert().code(2);
    let err = text(&out.get_output().stderr);
    assert!(err.contains("\"neutral\"") && err.contains("favor, against") && err.contains("[merge]"), "{err}");
}

#[test]
fn dataset_check_finds_leaks_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    let row = |id: &str, label: &str, split: &str| {
        format!(
            "{{\"id\":\"{id}\",\"text\":\"The ferry sails.\",\"claim\":\"It sails.\",\"label\":\"{label}\",\"split\":\"{split}\"}}\n"
        )
    };
    fs::write(dir.path().join("rows.jsonl"), row("1", "favor", "train") + &row("2", "against", "test")).unwrap();
    let out = stance().current_dir(&dir).args(["dataset", "check", "rows.jsonl"]).assert().code(1);
    let report = text(&out.get_output().stdout);
    assert!(report.contains("leak") && report.contains("2 rows checked: 2 kinds of error, "), "{report}");
    fs::write(dir.path().join("one.jsonl"), row("1", "favor", "train")).unwrap();
    let out = stance().current_dir(&dir).args(["dataset", "check", "one.jsonl"]).output().unwrap();
    assert!(text(&out.stdout).contains("1 row checked: 0 kinds of error, "), "{}", text(&out.stdout));
    let out = stance().current_dir(&dir).args(["dataset", "stats", "rows.jsonl", "--format", "json"]).assert().success();
    let stats: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!(stats["rows"], 2);
}

#[test]
fn split_shows_whose_words_sentences_are() {
    let dir = tempfile::tempdir().unwrap();
    let article =
        "The minister, Ada Roe, met her café staff.\n\n“The ice is thick,” she told reporters. “It will stay.”\n\nIt was late.\n";
    fs::write(dir.path().join("a.txt"), article).unwrap();
    let out = stance().current_dir(&dir).args(["split", "a.txt", "-f", "jsonl"]).assert().success();
    // The first record is the article's own.
    let rows: Vec<serde_json::Value> =
        text(&out.get_output().stdout).lines().skip(1).map(|l| serde_json::from_str(l).unwrap()).collect();
    let author = serde_json::json!({"author": true});
    let held: Vec<bool> = rows.iter().map(|r| r["holder"] != author).collect();
    assert_eq!(held, [false, true, true, false], "{rows:?}");
    assert!(rows.iter().zip(&held).all(|(r, held)| r["quote"].is_null() != *held));
    let slice = |span: &serde_json::Value| {
        let at = |name: &str| span[name].as_u64().unwrap() as usize;
        article[at("start")..at("end")].to_owned()
    };
    for row in &rows[1..3] {
        let holder = &row["holder"];
        assert_eq!((holder["author"].as_bool(), row["quote"]["form"].as_str()), (Some(false), Some("direct")));
        for (which, who) in [("written", "she"), ("resolved", "Ada Roe")] {
            assert_eq!((holder[which]["text"].as_str(), slice(&holder[which]).as_str()), (Some(who), who), "{row}");
        }
    }
    assert_eq!(slice(&rows[1]["quote"]["spans"][0]), "“The ice is thick,”");
    assert_eq!(slice(&rows[2]["quote"]["spans"][0]), "“It will stay.”");
    let out = stance().current_dir(&dir).args(["split", "a.txt"]).assert().success();
    assert!(text(&out.get_output().stdout).contains("direct: she = Ada Roe"), "{}", text(&out.get_output().stdout));
}

#[test]
fn split_shows_blocks_kinds_and_sentences() {
    let dir = tempfile::tempdir().unwrap();
    let article = "# Harbour news\n\nThe ferry sails. It is late.\n\n- One item\n";
    fs::write(dir.path().join("a.md"), article).unwrap();
    let out = stance().current_dir(&dir).args(["split", "a.md", "-f", "jsonl"]).assert().success();
    let seen: Vec<(u64, String, String)> = text(&out.get_output().stdout)
        .lines()
        .skip(1)
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
        .map(|v| {
            let (s, e) = (v["start"].as_u64().unwrap() as usize, v["end"].as_u64().unwrap() as usize);
            assert_eq!(&article[s..e], v["text"].as_str().unwrap());
            (v["block"].as_u64().unwrap(), v["kind"].as_str().unwrap().to_owned(), v["text"].as_str().unwrap().to_owned())
        })
        .collect();
    let row = |b, k: &str, t: &str| (b, k.to_owned(), t.to_owned());
    assert_eq!(
        seen,
        [
            row(0, "heading", "Harbour news"),
            row(1, "sentence", "The ferry sails."),
            row(1, "sentence", "It is late."),
            row(2, "item", "One item")
        ]
    );
    let out = stance().current_dir(&dir).args(["split", "a.md"]).assert().success();
    assert!(text(&out.get_output().stdout).contains("1 sentence    The ferry sails."), "{}", text(&out.get_output().stdout));
}

#[test]
fn a_label_that_is_unknown_is_renamed_as_the_command_has_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), "text;claim;label\nIt rises, slowly.;The sea rises.;maybe\n").unwrap();
    let check = |more: &[&str]| {
        let out = stance().current_dir(&dir).args(["dataset", "check", "rows.csv"]).args(more).output().unwrap();
        text(&out.stdout)
    };
    assert!(
        check(&[]).contains("rows.csv:2: unknown label \"maybe\"") && check(&[]).contains("--rename yes=favor"),
        "{}",
        check(&[])
    );
    assert!(!check(&["--rename", "maybe=neutral"]).contains("unknown label"), "semicolons separate, and the label is known");
    let base = tiny();
    let args = ["finetune", "--data", "rows.csv", "--output", "model", "--base", base.to_str().unwrap()];
    let out = stance().current_dir(&dir).args(args).output().unwrap();
    assert!(text(&out.stderr).contains("--data rows.csv,yes=favor"), "{}", text(&out.stderr));
}
