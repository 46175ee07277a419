use super::{stance, text, tiny};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Rows that a tiny model can learn: the word decides. Articles of ten rows each, so that dev is cut off by article.
fn rows(n: usize) -> String {
    let mut csv = String::from("id,text,claim,label,article\n");
    for i in 0..n {
        let (word, label) = [("good", "favor"), ("bad", "against"), ("late", "neutral"), ("old", "unrelated")][i % 4];
        csv += &format!("r{i},The ferry is {word} on day {i}.,The boat will sail.,{label},a{}\n", i / 10);
    }
    csv
}

fn finetune(dir: &Path, args: &[&str]) -> std::process::Command {
    let mut c = std::process::Command::new(assert_cmd::cargo::cargo_bin("stance"));
    c.current_dir(dir).env("STANCE_THREADS", "2").args(["finetune", "--base"]).arg(tiny()).args(args);
    c
}

const FAST: [&str; 8] = ["--learning-rate", "3e-3", "--batch-tokens", "256", "--epochs", "12", "--seed", "5"];

#[test]
fn a_run_learns_and_its_model_classifies() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), rows(200)).unwrap();
    let out = finetune(dir.path(), &[&["--data", "rows.csv", "--output", "m"][..], &FAST].concat()).output().unwrap();
    let err = text(&out.stderr);
    assert!(out.status.success(), "{err}");
    let log = fs::read_to_string(dir.path().join("m/train.jsonl")).unwrap();
    let dev: Vec<f64> =
        log.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["dev"]["macro_f1"].as_f64()).collect();
    assert!(dev.len() >= 2 && *dev.last().unwrap() > 0.95 && dev[0] < 0.6, "{dev:?}");
    let card = fs::read_to_string(dir.path().join("m/README.md")).unwrap();
    for part in ["rows.csv", "not stated", "\"seed\": 5", "## Limits", "base before training"] {
        assert!(card.contains(part), "{part}: {card}");
    }
    fs::write(dir.path().join("a.txt"), "The ferry is bad on day 77.\n").unwrap();
    let out = stance()
        .current_dir(&dir)
        .args(["classify", "a.txt", "-c", "The boat will sail.", "--model", "m", "--skip-probe", "-f", "jsonl"])
        .assert()
        .success();
    assert!(text(&out.get_output().stdout).contains("\"label\":\"against\""));
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), rows(80)).unwrap();
    let run = |out: &str, seed: &str| {
        let args = ["--data", "rows.csv", "--epochs", "2", "--batch-tokens", "128", "--seed", seed, "--output", out];
        assert!(finetune(dir.path(), &args).output().unwrap().status.success());
        fs::read(dir.path().join(out).join("model.safetensors")).unwrap()
    };
    let first = run("a", "1");
    assert!(first == run("b", "1"), "the same seed");
    assert!(first != run("c", "2"), "another seed");
}

#[test]
fn a_killed_run_resumes_to_the_same_weights() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), rows(400)).unwrap();
    let args = |out: &'static str| {
        let mut a = vec!["--data", "rows.csv", "--output", out, "--epochs", "60", "--batch-tokens", "128", "--save-every", "7"];
        a.extend(["--learning-rate", "1e-3", "--patience", "1000"]);
        a
    };
    assert!(finetune(dir.path(), &args("whole")).output().unwrap().status.success());
    let state = dir.path().join("broken/checkpoints/state.json");
    let step = || {
        let text = fs::read_to_string(&state).ok()?;
        serde_json::from_str::<serde_json::Value>(&text).ok()?["step"].as_u64()
    };
    // Killed three times, each time a few checkpoints further on: before and after a best one, within and at the end of an epoch.
    for (kill, resume) in [(0, false), (40, true), (333, true)] {
        let mut command = finetune(dir.path(), &args("broken"));
        if resume {
            command.arg("--resume");
        }
        let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while step().is_none_or(|s| s <= kill) && started.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(step().is_some_and(|s| s > kill), "a checkpoint was written");
    }
    assert!(!dir.path().join("broken/model.safetensors").exists(), "killed before its end");
    let again = finetune(dir.path(), &args("broken")).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "without --resume it is refused");
    assert!(text(&again.stderr).contains("--resume"));
    let mut resumed = args("broken");
    resumed.push("--resume");
    let out = finetune(dir.path(), &resumed).output().unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
    for name in ["model.safetensors", "stancekit.json", "config.json", "tokenizer.json"] {
        let read = |run: &str| fs::read(dir.path().join(run).join(name)).unwrap();
        assert!(read("whole") == read("broken"), "{name} differs");
    }
    // The logs agree but for the time.
    let log = |run: &str| {
        let text = fs::read_to_string(dir.path().join(run).join("train.jsonl")).unwrap();
        let strip = |l: &str| {
            let mut v: serde_json::Value = serde_json::from_str(l).unwrap();
            v.as_object_mut().unwrap().remove("seconds");
            v.to_string()
        };
        text.lines().map(strip).collect::<Vec<_>>()
    };
    assert_eq!(log("whole"), log("broken"));
}

#[test]
fn named_dev_data_is_in_the_card_and_its_overlap_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), rows(120)).unwrap();
    // Twenty rows of the same file: every text is trained on too.
    let some: String = rows(20);
    fs::write(dir.path().join("choose.csv"), some).unwrap();
    let args = ["--data", "rows.csv", "--dev", "choose.csv", "--output", "m", "--epochs", "1"];
    let out = finetune(dir.path(), &args).output().unwrap();
    let err = text(&out.stderr);
    assert!(out.status.success() && err.contains("warning: 20 dev texts trained on too"), "{err}");
    assert!(fs::read_to_string(dir.path().join("m/README.md")).unwrap().contains("| choose.csv | (dev) | |"));
}

#[test]
fn another_run_does_not_take_up_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), rows(120)).unwrap();
    let run = |extra: &[&str]| {
        finetune(dir.path(), &[&["--data", "rows.csv", "--output", "m", "--epochs", "1"], extra].concat()).output().unwrap()
    };
    assert!(run(&[]).status.success());
    for other in [&["--resume", "--seed", "9"][..], &["--resume", "--data", "rows.csv,weight=2"]] {
        let out = run(other);
        assert_eq!(out.status.code(), Some(2));
        assert!(text(&out.stderr).contains("another run"), "{}", text(&out.stderr));
    }
}

#[test]
fn a_model_is_not_overwritten_and_one_side_is_not_enough() {
    let dir = tempfile::tempdir().unwrap();
    let base = dir.path().join("base");
    fs::create_dir(&base).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(tiny().join(name), base.join(name)).unwrap();
    }
    fs::write(dir.path().join("rows.csv"), rows(120)).unwrap();
    let run = |base: &Path, data: &str, out: &str| {
        let args = ["finetune", "--data", data, "--epochs", "1", "--output", out, "--base"];
        let out = stance().current_dir(&dir).args(args).arg(base).output().unwrap();
        (out.status.code(), text(&out.stderr))
    };
    let (code, err) = run(&base, "rows.csv", "base");
    assert!(code == Some(2) && err.contains("the base itself"), "{err}");
    let (code, err) = run(&tiny(), "rows.csv", "base");
    assert!(code == Some(2) && err.contains("holds a model already"), "{err}");
    assert!(fs::read(base.join("model.safetensors")).unwrap() == fs::read(tiny().join("model.safetensors")).unwrap());
    // A base without labels of its own, and data of one side.
    let config = fs::read_to_string(base.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config.as_object_mut().unwrap().remove("id2label");
    fs::write(base.join("config.json"), config.to_string()).unwrap();
    let one_side: String = rows(120).lines().filter(|l| !l.contains("against")).map(|l| format!("{l}\n")).collect();
    fs::write(dir.path().join("side.csv"), one_side).unwrap();
    let (code, err) = run(&base, "side.csv", "m");
    assert!(code == Some(2) && err.contains("favor and against at least"), "{err}");
    let (code, err) = run(&base, "rows.csv", "m");
    assert!(code == Some(0), "{err}");
}

#[test]
fn texts_that_two_sources_share_go_to_one_side_of_the_cut() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), rows(120)).unwrap();
    let renamed: String =
        rows(120).lines().map(|l| l.rsplit_once(",a").map_or(format!("{l}\n"), |(row, n)| format!("{row},b{n}\n"))).collect();
    fs::write(dir.path().join("b.csv"), renamed.replace(",brticle", ",article")).unwrap();
    let out = finetune(dir.path(), &["--data", "a.csv", "--data", "b.csv", "--output", "m", "--epochs", "1"]).output().unwrap();
    let err = text(&out.stderr);
    // 240 rows in groups of twenty (ten texts, each in both sources): one group is the tenth.
    assert!(err.contains("220 rows to learn from, 20 to choose with"), "{err}");
}

#[test]
fn bad_rows_are_named_before_any_training() {
    let dir = tempfile::tempdir().unwrap();
    let good = "{\"id\":\"1\",\"text\":\"A.\",\"claim\":\"B.\",\"label\":\"favor\"}\n";
    fs::write(dir.path().join("rows.jsonl"), format!("{good}{{\"text\": \"A.\",\n{good}")).unwrap();
    let run = || finetune(dir.path(), &["--data", "rows.jsonl", "--output", "m"]).output().unwrap();
    let out = run();
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("rows.jsonl:2"), "{}", text(&out.stderr));
    fs::write(dir.path().join("rows.jsonl"), good.replace("favor", "maybe") + good).unwrap();
    let err = text(&run().stderr);
    assert!(err.contains("rows.jsonl:1") && err.contains("maybe"), "{err}");
    assert!(!dir.path().join("m").exists(), "nothing was made");
}

#[test]
fn settings_out_of_range_and_foreign_bases_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("rows.csv"), rows(120)).unwrap();
    let err = |args: &[&str]| {
        let out = finetune(dir.path(), &[&["--data", "rows.csv", "--output", "m"], args].concat()).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        text(&out.stderr)
    };
    assert!(err(&["--warmup", "1.5"]).contains("--warmup 1.5"));
    assert!(err(&["--learning-rate", "0"]).contains("above 0"));
    assert!(err(&["--dropout", "nan"]).contains("--dropout"));
    assert!(err(&["--epochs", "0"]).contains("--epochs"));
    let out = stance()
        .current_dir(&dir)
        .args(["finetune", "--data", "rows.csv", "--output", "m", "--base"])
        .arg(super::root().join("tests/fixtures/models/roberta"))
        .output()
        .unwrap();
    assert!(text(&out.stderr).contains("cannot be trained"));
}
