//! `evaluate` with anyone's predictions, comparisons, gates, suites and reports; `dataset agreement`.

use super::{root, stance, text, tiny};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const LABELS: [&str; 3] = ["favor", "against", "neutral"];

/// 60 rows in six articles, gold labels going round.
fn made_set() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let row = |i: usize| {
        json!({"id": format!("r{i}"), "text": format!("The <ferry> is number {i}."), "claim": "It sails.", "label": LABELS[i % 3],
               "article": format!("a{}", i / 10), "outlet": (["Gazette", "Courier"][i % 2])})
        .to_string()
    };
    fs::write(dir.path().join("rows.jsonl"), lines((0..60).map(row))).unwrap();
    fs::write(dir.path().join("e.toml"), eval("", "\"macro_f1\", \"accuracy\", \"ece\"")).unwrap();
    dir
}

fn eval(more: &str, metrics: &str) -> String {
    format!(
        "name = \"made\"\nprose = \"A made set.\"\ndataset = \"rows.jsonl\"\nlabels = [\"favor\", \"against\", \"neutral\"]\n\
         metrics = [{metrics}]\n{more}"
    )
}

fn lines(rows: impl Iterator<Item = String>) -> String {
    rows.map(|row| row + "\n").collect()
}

/// Answers that are right but where `wrong` says so, with probabilities.
fn answers(wrong: impl Fn(usize) -> bool) -> Vec<Value> {
    (0..60)
        .map(|i| {
            let label = if wrong(i) { (i + 1) % 3 } else { i % 3 };
            let p = |l: usize| if l == label { 0.8 } else { 0.1 };
            json!({"id": format!("r{i}"), "label": LABELS[label], "scores": {"favor": p(0), "against": p(1), "neutral": p(2)}})
        })
        .collect()
}

fn write(dir: &TempDir, name: &str, rows: &[Value]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, lines(rows.iter().map(Value::to_string))).unwrap();
    path
}

fn evaluate(dir: &TempDir, args: &[&str]) -> (i32, String, String) {
    let out = stance().current_dir(dir).args(["evaluate", "e.toml", "--draws", "100"]).args(args).output().unwrap();
    (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
}

fn record(dir: &TempDir, args: &[&str]) -> Value {
    let (code, out, err) = evaluate(dir, &[args, &["-f", "json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn predictions_of_others_are_scored_from_jsonl_and_csv_alike() {
    let dir = made_set();
    let rows = answers(|i| i % 5 == 0);
    write(&dir, "theirs.jsonl", &rows);
    let csv = lines(std::iter::once("id,label,favor,against,neutral,remark".to_owned()).chain(rows.iter().map(|r| {
        let s = &r["scores"];
        format!(
            "{},{},{},{},{},x",
            r["id"].as_str().unwrap(),
            r["label"].as_str().unwrap(),
            s["favor"],
            s["against"],
            s["neutral"]
        )
    })));
    fs::write(dir.path().join("theirs.csv"), csv).unwrap();
    for file in ["theirs.jsonl", "theirs.csv"] {
        let record = record(&dir, &["--predictions", file]);
        let system = &record["systems"][0];
        assert_eq!((system["name"].as_str(), system["kind"].as_str()), (Some("theirs"), Some("predictions")));
        assert_eq!(system["estimates"][1]["value"], json!(0.8), "{file}");
        // Confidence is 0.8 throughout, and so is accuracy.
        assert!(system["estimates"][2]["value"].as_f64().unwrap() < 1e-9);
        assert_eq!(record["rows"].as_array().unwrap().len(), 60);
        assert_eq!(
            record["rows"][0],
            json!({"id": "r0", "article": "a0", "gold": "favor", "answers": [{"label": "against", "scores": [0.1, 0.8, 0.1]}]})
        );
        assert_eq!(record["errors"]["mistakes"]["total"], 12);
    }
    // Labels alone are enough for measures of labels; the others say that they are not.
    let bare: Vec<Value> = rows.iter().map(|r| json!({"id": r["id"], "label": r["label"]})).collect();
    write(&dir, "bare.jsonl", &bare);
    let record = record(&dir, &["--predictions", "bare.jsonl"]);
    let estimates = &record["systems"][0]["estimates"];
    assert_eq!((&estimates[1]["value"], &estimates[2]["value"]), (&json!(0.8), &Value::Null));
    assert_eq!(estimates[2]["note"], "no probabilities");
}

#[test]
fn a_record_names_engine_precision_and_cpu() {
    let dir = made_set();
    fs::write(dir.path().join("e.toml"), eval("[merge]\nunrelated = \"neutral\"\n", "\"macro_f1\"")).unwrap();
    let model = tiny();
    let run = |args: &[&str]| record(&dir, &[&["--model", model.to_str().unwrap(), "--skip-probe"], args].concat());
    let plain = run(&[]);
    assert_eq!(plain["systems"][0]["computed"], json!({"engine": "packed", "precision": "f32"}));
    assert_eq!(plain["cpu"][0], std::env::consts::ARCH);
    let candle = run(&["--engine", "candle", "--precision", "bf16"]);
    assert_eq!(candle["systems"][0]["computed"], json!({"engine": "candle", "precision": "bf16"}));
    // A flag goes before the file of settings, the file before the default.
    fs::write(dir.path().join("stance.toml"), "precision = \"int8\"\n").unwrap();
    assert_eq!(run(&[])["systems"][0]["computed"]["precision"], "int8");
    assert_eq!(run(&["--precision", "f32"])["rows"], plain["rows"]);
}

/// What is written can be read again, and scores the same.
#[test]
fn saved_predictions_are_read_back() {
    let dir = made_set();
    let model = tiny();
    fs::write(dir.path().join("e.toml"), eval("[merge]\nunrelated = \"neutral\"\n", "\"macro_f1\", \"log_loss\"")).unwrap();
    let merged = record(&dir, &["--model", model.to_str().unwrap(), "--skip-probe", "--save-predictions", "own.jsonl"]);
    assert_eq!(merged["rows"].as_array().unwrap().len(), 60);
    let again = record(&dir, &["--predictions", "own.jsonl"]);
    for i in 0..2 {
        let value = |r: &Value| r["systems"][0]["estimates"][i]["value"].as_f64().unwrap();
        assert!((value(&merged) - value(&again)).abs() < 1e-9);
    }
}

#[test]
fn bad_predictions_are_refused_with_file_line_and_hint() {
    let dir = made_set();
    let good = answers(|_| false);
    let refused = |name: &str, rows: &[Value], line: u64, parts: &[&str]| {
        write(&dir, name, rows);
        let (code, out, err) = evaluate(&dir, &["--predictions", name, "-o", "report.txt"]);
        assert_eq!(code, 2, "{name}: {err}");
        assert!(out.is_empty() && !dir.path().join("report.txt").exists(), "{name}");
        assert!(err.contains(&format!("{name}:{line}:")) && err.contains("hint:"), "{name}: {err}");
        for part in parts {
            assert!(err.contains(part), "{name}: {err}");
        }
    };
    let mut rows = good.clone();
    rows[4]["scores"]["favor"] = json!(0.9);
    refused("sum.jsonl", &rows, 5, &["add up to", "sum of 1", "softmax"]);
    let mut rows = good.clone();
    rows[4]["scores"]["favor"] = json!(-3.5);
    refused("logit.jsonl", &rows, 5, &["-3.5", "softmax"]);
    let mut rows = good.clone();
    rows[7]["label"] = json!("maybe");
    refused("label.jsonl", &rows, 8, &["\"maybe\"", "favor, against, neutral", "[names]"]);
    let mut rows = good.clone();
    rows[7]["scores"]["maybe"] = json!(0.0);
    refused("scores.jsonl", &rows, 8, &["\"maybe\"", "[names]"]);
    let mut rows = good.clone();
    rows.swap(10, 11);
    refused("order.jsonl", &rows, 11, &["\"r11\"", "\"r10\"", "--reorder"]);
    let mut rows = good.clone();
    rows[9] = rows[8].clone();
    refused("twice.jsonl", &rows, 10, &["\"r8\" for the second time", "line 9"]);
    refused("few.jsonl", &good[..50], 50, &["50 rows", "\"r50\"", "the 60 rows of"]);
    let mut rows = good.clone();
    rows.push(json!({"id": "r60", "label": "favor", "scores": {"favor": 1, "against": 0, "neutral": 0}}));
    refused("many.jsonl", &rows, 61, &["\"r60\"", "an id of"]);
    let mut rows = good.clone();
    rows[5]["scores"]["support"] = json!(0.0);
    fs::write(dir.path().join("two.jsonl"), lines(rows.iter().map(Value::to_string))).unwrap();
    let (code, _, err) = evaluate(&dir, &["--predictions", "two.jsonl"]);
    assert!(code == 2 && err.contains("two.jsonl:6:") && err.contains("second probability of favor"), "{err}");
    fs::write(dir.path().join("head.csv"), "row,label\nr0,favor\n").unwrap();
    let (code, _, err) = evaluate(&dir, &["--predictions", "head.csv"]);
    assert!(code == 2 && err.contains("head.csv:1:") && err.contains("\"id\""), "{err}");
    // The order that was refused is taken when asked for.
    let (code, _, err) = evaluate(&dir, &["--predictions", "order.jsonl", "--reorder", "--fail-under", "accuracy=1"]);
    assert_eq!(code, 0, "{err}");
}

/// Labels that a threshold or a rule chose need not be the most probable ones: they stand, and are counted.
#[test]
fn labels_against_their_probabilities_are_counted() {
    let dir = made_set();
    let mut rows = answers(|_| false);
    // Ties are no contradiction, whichever label was taken.
    rows[3]["scores"] = json!({"favor": 0.4, "against": 0.4, "neutral": 0.2});
    rows[4]["scores"] = json!({"favor": 0.4, "against": 0.4, "neutral": 0.2});
    write(&dir, "p.jsonl", &rows);
    let (code, table, err) = evaluate(&dir, &["--predictions", "p.jsonl"]);
    assert!(code == 0 && !err.contains("warning") && !table.contains("most probable"), "{err}{table}");
    for i in [7, 9] {
        rows[i]["label"] = json!(LABELS[(i + 1) % 3]);
    }
    write(&dir, "p.jsonl", &rows);
    let (code, table, err) = evaluate(&dir, &["--predictions", "p.jsonl"]);
    assert_eq!(code, 0, "{err}");
    for part in ["warning: p.jsonl:8: ", "\"r7\" is neutral 0.100, where against 0.800", "on 2 of 60 rows", "hint:", "swapped"] {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert!(table.contains("  2 rows answered with another label than the most probable one\n"), "{table}");
    let record = record(&dir, &["--predictions", "p.jsonl"]);
    assert_eq!((&record["systems"][0]["not_most_probable"], &record["errors"]["mistakes"]["total"]), (&json!(2), &json!(2)));
}

/// Nothing is scored before it is known that what it is asked for can be had, and that its outcome has a place.
#[test]
fn what_cannot_come_of_it_is_said_before_the_work() {
    let dir = made_set();
    fs::write(dir.path().join("file"), "").unwrap();
    fs::create_dir_all(dir.path().join("folder/inside")).unwrap();
    let model = tiny();
    let run = |args: &[&str]| {
        let model = ["--model", model.to_str().unwrap(), "--skip-probe"];
        let (code, out, err) = evaluate(&dir, &[&model, args].concat());
        assert!(code == 2 && out.is_empty() && !err.contains("on 60 rows"), "{args:?}: {code} {err}");
        err
    };
    for (args, parts) in [
        (&["--against", "nowhere"][..], &["nowhere", "cannot read the record", "--record-as"][..]),
        (&["--against", "rows.jsonl"], &["rows.jsonl:", "not a record"]),
        (&["--record", "file"], &["error: file: a file", "a folder to write into"]),
        (&["--record-as", "file/kept"], &["error: file: a file"]),
        (&["--record-as", "folder"], &["other things in it"]),
        (&["-o", "no/report.txt"], &["no/report.txt", "no such folder", "hint:"]),
        (&["-o", "file/report.txt"], &["file/report.txt", "a file where a folder should be"]),
        (&["-o", "folder"], &["error: folder: a folder"]),
        (&["-o", "folder/"], &["error: folder/: a folder"]),
        (&["-o", "report/"], &["error: report/: a folder"]),
        (&["--save-predictions", "no/p.jsonl"], &["no/p.jsonl", "no such folder"]),
        (&["--save-predictions", "out", "-o", "out"], &["error: out: ", "two files"]),
        (&["--predictions", "none.jsonl"], &["none.jsonl", "cannot open"]),
        (&["--model", "nobody"], &["nobody", "stance model list"]),
        (&["--slice", "outlt"], &["rows.jsonl", "--slice outlt", "claim, article, length", "outlet"]),
        (&["--slice", "outlet", "--slice", "source"], &["--slice source"]),
    ] {
        let err = run(args);
        parts.iter().for_each(|part| assert!(err.contains(part), "{args:?}: {part}: {err}"));
    }
    assert!(!dir.path().join("report.txt").exists() && !dir.path().join("out").exists());
    // A record of other rows is known for one when the rows are.
    write(&dir, "p.jsonl", &answers(|_| false));
    assert_eq!(evaluate(&dir, &["--predictions", "p.jsonl", "--record-as", "kept"]).0, 0);
    let rows = fs::read_to_string(dir.path().join("rows.jsonl")).unwrap();
    fs::write(dir.path().join("rows.jsonl"), rows.replace("number 7", "number seven")).unwrap();
    assert!(run(&["--against", "kept"]).contains("on other data"));
}

#[test]
fn a_column_that_makes_no_part_says_so() {
    let dir = made_set();
    write(&dir, "bare.jsonl", &(0..60).map(|i| json!({"id": format!("r{i}"), "label": "favor"})).collect::<Vec<_>>());
    let (code, _, err) = evaluate(&dir, &["--predictions", "bare.jsonl", "--slice", "confidence", "--slice", "outlet"]);
    assert!(code == 0 && err.contains("no slices by confidence: no part has 10 rows") && !err.contains("by outlet"), "{err}");
}

#[test]
fn a_table_explains_only_the_intervals_that_it_has() {
    let dir = made_set();
    write(&dir, "p.jsonl", &answers(|i| i == 0));
    write(&dir, "q.jsonl", &answers(|i| i == 1));
    let of = |args: &[&str]| {
        let systems = ["evaluate", "e.toml", "--predictions", "p.jsonl", "--predictions", "q.jsonl"];
        text(&stance().current_dir(&dir).args(systems).args(args).assert().success().get_output().stdout)
    };
    let table = of(&[]);
    assert!(table.contains("60 rows of rows in 6 groups") && table.contains("[low, high]: 95 %"), "{table}");
    for format in ["table", "markdown", "html"] {
        let none = of(&["--draws", "0", "-f", format]);
        assert!(none.contains("no intervals, which need two bootstrap draws"), "{format}: {none}");
        assert!(format == "html" || !none.contains("bootstrap and McNemar") && !none.contains("[low"), "{format}: {none}");
    }
    let rows = fs::read_to_string(dir.path().join("rows.jsonl")).unwrap();
    let one: String = (1..6).fold(rows, |rows, a| rows.replace(&format!("\"a{a}\""), "\"a0\""));
    fs::write(dir.path().join("rows.jsonl"), one).unwrap();
    let table = of(&[]);
    assert!(table.contains("in 1 group\n") && table.contains("no intervals, for which whole articles are drawn"), "{table}");
}

#[test]
fn rows_that_share_an_id_are_refused() {
    let dir = made_set();
    let rows = fs::read_to_string(dir.path().join("rows.jsonl")).unwrap().replace("\"r7\"", "\"r3\"");
    fs::write(dir.path().join("rows.jsonl"), rows).unwrap();
    write(&dir, "p.jsonl", &answers(|_| false));
    let (code, _, err) = evaluate(&dir, &["--predictions", "p.jsonl"]);
    assert!(code == 2 && err.contains("rows.jsonl") && err.contains("rows 4 and 8 both have the id \"r3\""), "{err}");
}

/// Rows of a made set scored by the Fake News Challenge's scheme, worked out by hand: 20 rows each of favor, against and
/// unrelated are worth 20 + 20 + 5; wrong are 10 of favor that are called against (a quarter each) and 4 of unrelated.
#[test]
fn the_fake_news_challenge_score_of_a_made_set() {
    let dir = tempfile::tempdir().unwrap();
    let labels = ["favor", "against", "unrelated"];
    let gold = |i: usize| labels[i / 20];
    let row = |i: usize| json!({"id": i, "text": "T.", "claim": "C.", "label": gold(i)}).to_string();
    fs::write(dir.path().join("rows.jsonl"), lines((0..60).map(row))).unwrap();
    let toml = "name = \"fnc\"\ndataset = \"rows.jsonl\"\nlabels = [\"favor\", \"against\", \"neutral\", \"unrelated\"]\nmetrics = [\"fnc1\"]\n";
    fs::write(dir.path().join("e.toml"), toml).unwrap();
    // By the challenge's own names.
    let answer = |i: usize| match i {
        0..10 => "disagree",
        10..20 => "agree",
        20..40 => "disagree",
        40..44 => "discuss",
        _ => "unrelated",
    };
    let rows: Vec<Value> = (0..60).map(|i| json!({"id": i, "label": answer(i)})).collect();
    write(&dir, "p.jsonl", &rows);
    let found = record(&dir, &["--predictions", "p.jsonl"])["systems"][0]["estimates"][0]["value"].as_f64().unwrap();
    let expected = (10.0 * 0.25 + 10.0 + 20.0 + 16.0 * 0.25) / 45.0;
    assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
}

#[test]
fn systems_are_compared_in_pairs_and_runs_are_summed_up() {
    let dir = made_set();
    write(&dir, "a.jsonl", &answers(|i| i % 10 == 0));
    write(&dir, "b.jsonl", &answers(|i| i % 2 == 0));
    write(&dir, "c.jsonl", &answers(|i| i % 10 == 1));
    let record = record(&dir, &["--predictions", "ours=a.jsonl", "--predictions", "ours=c.jsonl", "--predictions", "b.jsonl"]);
    let names: Vec<&str> = record["systems"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ours run 1", "ours run 2", "b"]);
    let seeds = &record["seeds"][0];
    assert_eq!((seeds["system"].as_str(), seeds["runs"].as_u64()), (Some("ours"), Some(2)));
    let accuracy = seeds["metrics"].as_array().unwrap().iter().find(|m| m["metric"] == "accuracy").unwrap();
    assert_eq!((&accuracy["mean"], &accuracy["deviation"]), (&json!(0.9), &json!(0.0)));
    let pairs = record["comparisons"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    // a is wrong on 6 rows, b on 30, of which those 6: right only with a 24, only with b none. 2 * 0.5^24, then Holm's 3.
    let mcnemar = &pairs[1]["mcnemar"];
    assert_eq!((mcnemar["only_first"].as_u64(), mcnemar["only_second"].as_u64()), (Some(24), Some(0)));
    assert!((mcnemar["p"].as_f64().unwrap() / (2.0 * 0.5f64.powi(24)) - 1.0).abs() < 1e-9);
    assert!(mcnemar["p_holm"].as_f64() > mcnemar["p"].as_f64());
    assert_eq!(record["errors"]["disagreements"]["total"], 30 + 6, "rows of b's errors, and those that only c has wrong");
    let (code, table, _) = evaluate(&dir, &["--predictions", "a.jsonl", "--predictions", "b.jsonl"]);
    assert!(code == 0 && table.contains("a - b: ") && table.contains("McNemar p <0.001"), "{table}");
    let (code, _, err) = evaluate(&dir, &["--predictions", "a.jsonl", "--predictions", "./a.jsonl"]);
    assert!(code == 2 && err.contains("two systems called \"a\"") && err.contains("NAME="), "{err}");
}

#[test]
fn a_record_holds_the_line() {
    let dir = made_set();
    fs::write(dir.path().join("e.toml"), eval("", "\"macro_f1\", \"accuracy\"")).unwrap();
    write(&dir, "p.jsonl", &answers(|i| i % 10 == 0));
    let (code, _, err) = evaluate(&dir, &["--predictions", "p.jsonl", "--record-as", "kept/made"]);
    assert!(code == 0 && err.contains("kept in kept/made"), "{err}");
    assert!(fs::read_to_string(dir.path().join("kept/made/README.md")).unwrap().contains("A made set."));
    let gate = ["--predictions", "p.jsonl", "--against", "kept/made", "--no-worse-than", "0.02"];
    let (code, _, err) = evaluate(&dir, &gate);
    assert!(code == 0 && err.contains("0 of 60 rows answered differently"), "{err}");
    // One row of 60 is 0.0167: let pass. Two are not.
    write(&dir, "p.jsonl", &answers(|i| i % 10 == 0 || i == 1));
    assert_eq!(evaluate(&dir, &gate).0, 0);
    write(&dir, "p.jsonl", &answers(|i| (i % 10 == 0 && i != 50) || i == 1 || i == 2 || i == 4));
    let (code, _, err) = evaluate(&dir, &gate);
    assert_eq!(code, 1, "{err}");
    for part in [
        "accuracy",
        "0.9000 ->    0.8667  worse",
        "now wrong   r1: against -> neutral (gold against)",
        "now right   r50",
        "failed: worse than on record",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    // Better is not worse.
    write(&dir, "p.jsonl", &answers(|_| false));
    let (code, _, err) = evaluate(&dir, &gate);
    assert_eq!(code, 0, "{err}");
    // Other rows do not compare.
    let rows = fs::read_to_string(dir.path().join("rows.jsonl")).unwrap().replace("number 7", "number seven");
    fs::write(dir.path().join("rows.jsonl"), rows).unwrap();
    let (code, _, err) = evaluate(&dir, &gate);
    assert!(code == 2 && err.contains("on other data") && err.contains("--record-as"), "{err}");
    let (code, _, err) = evaluate(&dir, &["--predictions", "p.jsonl", "--against", "nowhere"]);
    assert!(code == 2 && err.contains("nowhere") && err.contains("--record-as"), "{err}");
}

#[test]
fn reports_stand_alone_and_take_text_as_text() {
    let dir = made_set();
    write(&dir, "a.jsonl", &answers(|i| i % 4 == 0));
    write(&dir, "b.jsonl", &answers(|i| i % 10 == 0));
    let systems = ["--predictions", "a.jsonl", "--predictions", "b.jsonl", "--slice", "outlet"];
    let (code, html, err) = evaluate(&dir, &[&systems[..], &["-f", "html"]].concat());
    assert_eq!(code, 0, "{err}");
    for part in [
        "<!doctype html>",
        "prefers-color-scheme:dark",
        "@media print",
        "id=\"compared\"",
        "reliability of a",
        "risk and coverage",
        "outlet:</span> Gazette",
        "worse than chance",
        "The &lt;ferry&gt; is number 0.",
    ] {
        assert!(html.contains(part), "{part}");
    }
    for part in ["http://", "https://", "<script", "<ferry>", "NaN", "url("] {
        assert!(!html.contains(part), "{part}");
    }
    let (code, markdown, _) = evaluate(&dir, &[&systems[..], &["-f", "markdown"]].concat());
    assert!(code == 0 && markdown.contains("| measure | a | b |\n|---|---|---|\n| macro\\_f1 | 0."), "{markdown}");
    assert!(!markdown.contains("ferry"), "sentences stay out of what is passed on");
    // 15 of 30 rows of the Gazette (even numbers) are wrong, none of the Courier's.
    let (_, table, _) = evaluate(&dir, &systems);
    assert!(table.contains("outlet = Gazette") && table.contains("accuracy 0.500 on    30 rows, p <0.001"), "{table}");
}

#[test]
fn a_suite_stands_beside_published_figures_and_names_what_is_missing() {
    let dir = made_set();
    write(&dir, "p.jsonl", &answers(|_| false));
    let baseline = "from = \"https://example.org/set\"\n[[baselines]]\nkind = \"majority\"\n";
    let published = "[[published]]\nsystem = \"Theirs\"\nmetric = \"mcc\"\nvalue = 0.5\nsource = \"a paper\"\ncomparable = false\nnote = \"other rows\"\n";
    fs::write(dir.path().join("e.toml"), eval(&format!("{baseline}{published}"), "\"accuracy\"")).unwrap();
    let missing = eval(baseline, "\"accuracy\"").replace("rows.jsonl", "data:not/here.jsonl").replace("\"made\"", "\"missing\"");
    fs::write(dir.path().join("m.toml"), missing).unwrap();
    fs::write(dir.path().join("suite.toml"), "name = \"s\"\nevals = [\"m.toml\", \"e.toml\"]\n").unwrap();
    let run = |args: &[&str]| {
        let out = stance().current_dir(&dir).args(["evaluate", "suite.toml", "--draws", "50"]).args(args).output().unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (code, table, err) = run(&["--data", "."]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("not/here.jsonl") && err.contains("https://example.org/set") && err.contains("1 of 2 evals"), "{err}");
    for part in
        ["made, 60 rows, mcc", "majority  undefined", "Theirs    0.500", "published (a paper); not comparable: other rows"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(run(&[]).2.contains("--data"));
    let (_, json, _) = run(&["--data", ".", "-f", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["lines"].as_array().unwrap().len(), 2);
    assert!(run(&["--data", ".", "-f", "markdown"]).1.contains("| Theirs | 0.500 | a paper | no: other rows |"));
    assert!(run(&["--predictions", "p.jsonl"]).2.contains("--predictions with a suite"));
}

const TESTS: &str = "[[tests]]\nname = \"negation\"\nexpect = { favor = \"against\", against = \"favor\" }\n\
    [[tests]]\nname = \"dateline\"\nexpect = \"same\"\n[[tests]]\nname = \"elsewhere\"\nexpect = \"neutral\"\n";

/// Four sentences of two articles, each with its claim denied, a dateline, and a claim from elsewhere.
fn pairs(change: impl Fn(&mut Value)) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    for (i, label) in ["favor", "against", "neutral", "favor"].into_iter().enumerate() {
        let denied = ["against", "favor", "neutral", "against"][i];
        let row = |id: &str, text: &str, claim: &str, label: &str| json!({"id": format!("s{i}{id}"), "text": format!("{text}The <ferry> is number {i}."), "claim": claim, "label": label, "article": format!("a{}", i / 2)});
        rows.push(row("", "", "It sails.", label));
        for (test, text, claim, label) in [
            ("negation", "", "It does not sail.", denied),
            ("dateline", "OBAN - ", "It sails.", label),
            ("elsewhere", "", "Rents fall.", "neutral"),
        ] {
            let mut made = row(&format!("-{test}"), text, claim, label);
            made["test"] = json!(test);
            made["from"] = json!(format!("s{i}"));
            rows.push(made);
        }
    }
    rows.iter_mut().for_each(change);
    write(&dir, "rows.jsonl", &rows);
    fs::write(dir.path().join("e.toml"), eval(TESTS, "\"accuracy\"")).unwrap();
    dir
}

/// A system that is right but for one denied claim (s0: favor stays favor) and for s1 and what was made from it, where it takes
/// both sides the wrong way round.
#[test]
fn pairs_of_rows_show_whether_a_label_changes_when_it_should() {
    let dir = pairs(|_| ());
    let rows = fs::read_to_string(dir.path().join("rows.jsonl")).unwrap();
    let answers: Vec<Value> = rows
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            let label = match row["id"].as_str().unwrap() {
                "s0-negation" | "s1" | "s1-dateline" => "favor",
                "s1-negation" => "against",
                _ => row["label"].as_str().unwrap(),
            };
            json!({"id": row["id"], "label": label})
        })
        .collect();
    write(&dir, "p.jsonl", &answers);
    let constant: Vec<Value> = answers.iter().map(|a| json!({"id": a["id"], "label": "neutral"})).collect();
    write(&dir, "constant.jsonl", &constant);
    let systems = ["--predictions", "p.jsonl", "--predictions", "constant.jsonl"];
    let record = record(&dir, &systems);
    let rates = |test: usize, system: usize| {
        let b = &record["behaviour"][test];
        let r = &b["systems"][system];
        let share = |key: &str| r[key].as_f64().unwrap();
        (b["test"].as_str().unwrap(), share("as_expected"), share("right"), share("right_before"), share("right_after"))
    };
    assert_eq!(rates(0, 0), ("negation", 0.75, 0.5, 0.75, 0.5));
    assert_eq!(rates(1, 0), ("dateline", 1.0, 0.75, 0.75, 0.75));
    assert_eq!(rates(2, 0), ("elsewhere", 1.0, 0.75, 0.75, 1.0));
    let (name, expected, right, ..) = rates(3, 0);
    assert_eq!((name, expected, right), ("all", 11.0 / 12.0, 8.0 / 12.0));
    // What never changes does as expected on every pair, and is right where the gold is what it says.
    assert_eq!(rates(3, 1), ("all", 1.0, 0.25, 0.25, 0.5));
    let negation = &record["behaviour"][0];
    assert_eq!((&negation["pairs"], &negation["groups"]), (&json!(4), &json!(2)));
    assert_eq!(negation["expected"], "favor becomes against, against becomes favor");
    assert!(negation["systems"][0]["as_expected_interval"][1].as_f64().unwrap() <= 1.0);
    assert_eq!(
        negation["failures"],
        json!({"total": 1, "first": [{
            "before": {"id": "s0", "text": "The <ferry> is number 0.", "claim": "It sails.", "gold": "favor", "answer": "favor"},
            "after": {"id": "s0-negation", "text": "The <ferry> is number 0.", "claim": "It does not sail.", "gold": "against", "answer": "favor"},
            "expected": "against"
        }]})
    );
    let (code, table, _) = evaluate(&dir, &systems);
    assert!(code == 0 && table.contains("behaviour: 12 pairs") && table.contains("negation   favor becomes against"), "{table}");
    let (_, html, _) = evaluate(&dir, &[&systems[..], &["-f", "html"]].concat());
    let (_, markdown, _) = evaluate(&dir, &[&systems[..], &["-f", "markdown"]].concat());
    for (page, parts) in [
        (&html, ["href=\"#behaviour\"", "The &lt;ferry&gt; is number 0.", "It does not sail."]),
        (&markdown, ["### negation: 1 of 4 not as expected", "The \\<ferry> is number 0. (It sails.)", "(It does not sail.)"]),
    ] {
        parts.iter().for_each(|part| assert!(page.contains(part), "{part}: {page}"));
    }
}

#[test]
fn pairs_and_tests_that_do_not_fit_are_refused() {
    let change = |id: &str, key: &str, value: Value| {
        let (id, key) = (id.to_owned(), key.to_owned());
        move |row: &mut Value| {
            if row["id"] == id.as_str() {
                row[key.as_str()] = value.clone();
            }
        }
    };
    for (id, key, value, parts) in [
        ("s0-dateline", "from", Value::Null, ["rows.jsonl", "\"s0-dateline\" has \"test\" but no \"from\"", "the id of the row"]),
        ("s0-dateline", "test", Value::Null, ["rows.jsonl", "has \"from\" but no \"test\"", "the name of a test"]),
        ("s0-dateline", "test", json!("date"), ["of the test \"date\"", "negation, dateline, elsewhere", "[[tests]] in e.toml"]),
        ("s0-dateline", "from", json!("s9"), ["was made from \"s9\"", "the id of another row", "same split"]),
        ("s0-dateline", "from", json!("s0-dateline"), ["rows.jsonl", "was made from \"s0-dateline\"", "another row"]),
        ("s0-negation", "label", json!("favor"), ["labelled favor where \"s0\" is favor", "expected against", "mend the label"]),
    ] {
        let dir = pairs(change(id, key, value));
        let (code, out, err) = evaluate(&dir, &["--predictions", "p.jsonl"]);
        assert!(code == 2 && out.is_empty(), "{err}");
        parts.iter().for_each(|part| assert!(err.contains(part), "{part}: {err}"));
    }
    let dir = pairs(|_| ());
    for (from, to, parts) in [
        ("\"elsewhere\"", "\"nowhere\"", ["rows.jsonl", "of the test \"elsewhere\"", "nowhere"]),
        ("expect = \"same\"", "expect = \"sane\"", ["e.toml:11:10: ", "\"sane\"", "favor, against, neutral"]),
        ("favor = \"against\"", "favour = \"against\"", ["e.toml:8:10: ", "\"favour\"", "favor, against, neutral"]),
        ("expect = \"same\"", "expect = 3", ["e.toml:11:10: ", "3", "{ LABEL = \"LABEL\" }"]),
        ("\"elsewhere\"", "\"dateline\"", ["e.toml:13:8: ", "a test called \"dateline\"", "distinct names"]),
    ] {
        fs::write(dir.path().join("e.toml"), eval(&TESTS.replacen(from, to, 1), "\"accuracy\"")).unwrap();
        let (code, _, err) = evaluate(&dir, &["--predictions", "p.jsonl"]);
        assert_eq!(code, 2, "{err}");
        parts.iter().for_each(|part| assert!(err.contains(part), "{part}: {err}"));
    }
    let more = format!("{TESTS}[[tests]]\nname = \"case\"\nexpect = \"same\"\n");
    fs::write(dir.path().join("e.toml"), eval(&more, "\"accuracy\"")).unwrap();
    let (code, _, err) = evaluate(&dir, &["--predictions", "p.jsonl"]);
    assert!(code == 2 && err.contains("no rows of the test \"case\"") && err.contains("e.toml"), "{err}");
}

/// Labels that depend on the claim alone: the baseline that sees only the claim has them, the one that sees only the sentence has not.
#[test]
fn baselines_that_see_half_of_a_row_show_shortcuts() {
    let dir = tempfile::tempdir().unwrap();
    let row = |i: usize| {
        let claim = ["It will surely sail.", "It never sails again."][i % 2];
        json!({"id": format!("r{i}"), "text": format!("The ferry number {} is here.", i / 2), "claim": claim, "label": LABELS[i % 2]})
    };
    write(&dir, "rows.jsonl", &(0..60).map(row).collect::<Vec<_>>());
    let blind = |half: &str| format!("[[baselines]]\nkind = \"tfidf\"\ntrain = [\"rows.jsonl\"]\nsees = \"{half}\"\n");
    let both = "[[baselines]]\nkind = \"tfidf\"\ntrain = [\"rows.jsonl\"]\n".to_owned();
    fs::write(dir.path().join("e.toml"), eval(&(both + &blind("sentence") + &blind("claim")), "\"accuracy\"")).unwrap();
    let record = record(&dir, &[]);
    let found: Vec<(&str, f64)> = record["systems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["name"].as_str().unwrap(), s["estimates"][0]["value"].as_f64().unwrap()))
        .collect();
    assert_eq!(found, [("tfidf", 1.0), ("tfidf of the sentence", 0.5), ("tfidf of the claim", 1.0)]);
    fs::write(dir.path().join("e.toml"), eval(&blind("words"), "\"accuracy\"")).unwrap();
    let (code, _, err) = evaluate(&dir, &[]);
    assert!(
        code == 2 && err.contains("e.toml:9:8: ") && err.contains("`words`") && err.contains("`sentence` or `claim`"),
        "{err}"
    );
}

/// The predictions of RoB-RT that TweetEval publishes, beside the set (STANCEKIT_DATA): the mean of the F1 of favor and against is
/// 0.724 with targets pooled, 0.628 as a mean over the targets, and macro-F1 0.696, all by scikit-learn.
#[test]
fn predictions_published_with_tweeteval_score_as_scikit_learn_scores_them() {
    let Some(data) = std::env::var_os("STANCEKIT_DATA").map(PathBuf::from) else { return };
    let folder = data.join("stance/tweeteval_stance");
    let dir = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    for topic in ["abortion", "atheism", "climate", "feminist", "hillary"] {
        let classes = fs::read_to_string(folder.join(format!("predictions/{topic}.txt"))).unwrap();
        rows.extend(classes.lines().enumerate().map(|(i, class)| json!({"id": format!("{topic}-test-{i}"), "label": class})));
    }
    write(&dir, "rob-rt.jsonl", &rows);
    let out = stance()
        .args(["evaluate", "-f", "json", "--no-baselines", "--predictions"])
        .arg(dir.path().join("rob-rt.jsonl"))
        .arg("--data")
        .arg(&data)
        .arg(root().join("evals/tweeteval.toml"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
    let record: Value = serde_json::from_slice(&out.stdout).unwrap();
    for (name, expected) in [("semeval_f1", 0.724), ("semeval_f1/claim", 0.628), ("macro_f1", 0.696)] {
        let estimates = record["systems"][0]["estimates"].as_array().unwrap();
        let value = estimates.iter().find(|e| e["metric"] == name).unwrap()["value"].as_f64().unwrap();
        assert!((value - expected).abs() < 0.0005, "{name}: {value}, expected {expected}");
    }
}

#[test]
fn agreement_of_readers_with_the_rows_to_decide() {
    let dir = tempfile::tempdir().unwrap();
    let row =
        |id: usize, label: &str| json!({"id": id, "text": format!("Text {id}."), "claim": "C.", "label": label}).to_string();
    for (name, labels) in [("ann", ["favor", "against", "neutral"]), ("bo", ["favor", "against", "favor"])] {
        fs::write(dir.path().join(format!("{name}.jsonl")), lines(labels.iter().enumerate().map(|(i, l)| row(i, l)))).unwrap();
    }
    let run = |args: &[&str]| {
        let out = stance().current_dir(&dir).args(["dataset", "agreement"]).args(args).output().unwrap();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (code, table, err) = run(&["ann.jsonl", "bo.jsonl", "--adjudicate", "decide.jsonl"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(table.contains("ann, bo") && table.contains("2: neutral, favor"), "{table}");
    let decide: Value = serde_json::from_str(&fs::read_to_string(dir.path().join("decide.jsonl")).unwrap()).unwrap();
    assert_eq!((&decide["id"], &decide["label"], &decide["votes"]), (&json!("2"), &Value::Null, &json!(["neutral", "favor"])));
    // Undecided, it is no dataset; decided, it is.
    assert_eq!(stance().current_dir(&dir).args(["dataset", "stats", "decide.jsonl"]).output().unwrap().status.code(), Some(2));
    let decided = decide.to_string().replace("\"label\":null", "\"label\":\"neutral\"");
    fs::write(dir.path().join("decide.jsonl"), decided + "\n").unwrap();
    assert!(stance().current_dir(&dir).args(["dataset", "stats", "decide.jsonl"]).output().unwrap().status.success());
    let (code, json, _) = run(&["ann.jsonl", "bo.jsonl", "-f", "json"]);
    let agreement: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, agreement["unanimous"].as_u64(), agreement["split"].as_array().map(Vec::len)), (Some(0), Some(2), Some(1)));
    // Rows that one reader alone has are no part of it, and are counted; a file does not stand for two readers.
    let more = lines((0..5).map(|i| row(i, "favor")));
    fs::write(dir.path().join("cy.jsonl"), &more).unwrap();
    let (code, table, err) = run(&["ann.jsonl", "cy.jsonl"]);
    assert!(
        code == Some(0) && table.contains("3 rows with 6 votes") && table.contains("left out: 2 rows that only cy has"),
        "{err}{table}"
    );
    let (_, json, _) = run(&["ann.jsonl", "cy.jsonl", "-f", "json"]);
    let agreement: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(agreement["left_out"], json!([{"reader": "cy", "rows": 2}]));
    for again in ["cy.jsonl", "./cy.jsonl"] {
        let (code, out, err) = run(&["ann.jsonl", "cy.jsonl", again]);
        assert!(code == Some(2) && out.is_empty() && err.contains("the same file for two readers"), "{err}");
    }
    fs::write(dir.path().join("copy.jsonl"), &more).unwrap();
    let (code, _, err) = run(&["cy.jsonl", "copy.jsonl"]);
    assert!(code == Some(0) && err.contains("warning: copy.jsonl is the same, byte for byte, as cy.jsonl"), "{err}");
    let (code, _, err) = run(&["ann.jsonl", "bo.jsonl", "--adjudicate", "no/decide.jsonl"]);
    assert!(code == Some(2) && err.contains("no such folder"), "{err}");
    let (code, _, err) = run(&["ann.jsonl"]);
    assert!(code == Some(2) && err.contains("no row has two votes") && err.contains("hint:"), "{err}");
    let sample: &Path = &root().join("datasets/allies-sample");
    let (code, table, _) = run(&[sample.to_str().unwrap()]);
    assert!(code == Some(0) && table.contains("Krippendorff's alpha"), "{table}");
}
