//! Every kind of broken input: one clear error, the rest goes on, nothing half-written.

use super::{root, stance, text, tiny};
use std::fs;
use std::path::Path;

fn classify(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = stance()
        .current_dir(dir)
        .args(["classify", "--skip-probe", "-c", "It is late.", "-f", "jsonl", "--model"])
        .arg(tiny())
        .args(args)
        .output()
        .unwrap();
    (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
}

#[test]
fn broken_articles_are_named_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    put("latin.txt", b"A caf\xe9 closes.\n");
    put("empty.txt", b"");
    put("blank.txt", b" \n\n\t\n");
    put("nul.txt", b"A\0B\0C\0 sentence.");
    put("picture.txt", &[0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, 1, 2, 3, 4, 5, 6, 7]);
    put("good.txt", b"It is late. It is early.\n");
    fs::create_dir(dir.path().join("void")).unwrap();
    let bad = ["empty.txt", "blank.txt", "nul.txt", "picture.txt", "missing.txt", "void"];
    let (code, out, err) = classify(dir.path(), &[&bad[..], &["good.txt", "latin.txt"]].concat());
    assert_eq!(code, 2);
    assert_eq!(out.lines().count(), 3, "{out}");
    assert!(out.contains("A café closes."), "Latin-1 is found out: {out}");
    let errors: Vec<&str> = err.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(errors.len(), bad.len(), "{err}");
    for (line, name) in errors.iter().zip(bad) {
        assert!(line.starts_with(&format!("error: {name}")), "{line}");
    }
    assert!(err.contains("6 failed, 2 articles classified"), "{err}");
    let (_, _, err) = classify(dir.path(), &["good.txt", "missing.txt"]);
    assert!(err.contains("1 failed, 1 article classified"), "{err}");
    assert!(!err.contains("panicked"));
}

#[test]
fn fail_fast_ends_at_the_first_and_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    // Far more output than any buffer holds comes before the error.
    fs::write(dir.path().join("good.txt"), "It is late.\n".repeat(2000)).unwrap();
    let (code, _, err) = classify(dir.path(), &["good.txt", "missing.txt", "--fail-fast", "-o", "out.jsonl"]);
    assert_eq!(code, 2, "{err}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "only the article is there");
}

#[test]
fn an_endless_line_is_read_and_a_huge_file_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("line.txt"), "word ".repeat(50_000)).unwrap();
    let (code, out, err) = classify(dir.path(), &["line.txt"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"truncated\":true"));
    fs::write(dir.path().join("huge.txt"), vec![b'x'; 100 << 20]).unwrap();
    let (code, out, err) = classify(dir.path(), &["huge.txt"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("huge.txt") && err.contains("64 MiB"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("good.txt"), "It is late.\n".repeat(2000)).unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = std::process::Command::new(assert_cmd::cargo::cargo_bin("stance"))
        .current_dir(&dir)
        .args(["split", "good.txt", "-f", "jsonl"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("No space left"), "{}", text(&out.stderr));
    let out = stance().current_dir(&dir).args(["split", "good.txt", "-o", "/proc/none"]).output().unwrap();
    let err = text(&out.stderr);
    assert!(err.contains("/proc/none: opening a file to write") && !err.contains(".stance-"), "{err}");
    // And with -o, on a file system that takes no more than 32 KiB a file.
    let script = format!(
        "ulimit -f 32; trap '' XFSZ; exec {} split good.txt -f jsonl -o out.jsonl",
        assert_cmd::cargo::cargo_bin("stance").display()
    );
    let out = std::process::Command::new("bash").current_dir(&dir).args(["-c", &script]).output().unwrap();
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    let err = text(&out.stderr);
    assert!(err.contains("error: ") && err.contains("out.jsonl: File too large"), "{err}");
    assert!(!err.contains(".stance-"), "the name of a temporary file tells nobody anything: {err}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "only the article is there");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("good.txt"), "It is late in the harbour today.\n".repeat(60_000)).unwrap();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("stance"))
        .current_dir(&dir)
        .args(["classify", "good.txt", "--skip-probe", "-c", "It is late.", "-f", "jsonl", "-o", "out.jsonl", "--model"])
        .arg(tiny())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while fs::read_dir(dir.path()).unwrap().count() < 2 && started.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "only the article is there");
}

#[test]
fn an_output_folder_that_is_not_there_is_an_error_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("good.txt"), "It is late.\n").unwrap();
    let (code, _, err) = classify(dir.path(), &["good.txt", "-o", "no/such/out.jsonl"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("no/such/out.jsonl: cannot write here: there is no such folder: no/such") && err.contains("hint:"),
        "{err}"
    );
    assert!(!err.contains(".stance-"), "the name of a temporary file tells nobody anything: {err}");
    let (code, _, err) = classify(dir.path(), &["good.txt", "-o", "good.txt/out.jsonl"]);
    assert!(code == 2 && err.contains("a file where a folder should be: good.txt"), "{err}");
    let (code, _, err) = classify(dir.path(), &["good.txt", "-o", "out/"]);
    assert!(code == 2 && err.contains("out/: a folder"), "{err}");
    let model = tiny();
    let refused = |args: &[&str]| {
        let out = stance().current_dir(&dir).args(args).output().unwrap();
        let err = text(&out.stderr);
        assert!(out.status.code() == Some(2) && err.contains("good.txt: a file"), "{args:?}: {err}");
    };
    let model = model.to_str().unwrap();
    refused(&["finetune", "--base", model, "--data", "none.jsonl", "--output", "good.txt/model"]);
    refused(&["finetune", "--base", model, "--data", "none.jsonl", "--output", "good.txt"]);
    refused(&["model", "average", model, model, "--output", "good.txt/mean"]);
}

#[test]
fn wrong_usage_has_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let run = |args: &[&str]| {
        let out = stance().current_dir(&dir).args(args).output().unwrap();
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        text(&out.stderr)
    };
    assert!(run(&["classify", "a.txt"]).contains("no claim"));
    assert!(run(&["classify", "a.txt", "-c", " "]).contains("empty claim"));
    assert!(run(&["classify", "a.txt", "-c", "X.", "-c", "X."]).contains("given twice"));
    assert!(run(&["classify", "a.txt", "-c", "X.", "--model", "nobody"]).contains("stance model list"));
    assert!(run(&["classify", "a.txt", "-c", "X.", "--min-confidence", "2"]).contains("from 0 to 1"));
    // What is wrong is the number, not the way to pass it.
    for number in ["-1", "0", "many", "2000"] {
        let err = run(&["classify", "a.txt", "-c", "X.", "--threads", number]);
        assert!(err.contains(&format!("'{number}' for '--threads")) && err.contains("1 to 1024"), "{err}");
    }
    assert!(run(&["classify", "a.txt", "-c", "X.", "--min-confidence", "-1"]).contains("from 0 to 1"));
    assert!(run(&["evaluate", "e.toml", "--draws", "-1"]).contains("'-1' for '--draws"));
    let err = run(&["classify", "a.txt", "-c", "X.", "--cascade", "0.9"]);
    assert!(err.contains("hint: --cascade=0.9, without a space") && err.matches("error:").count() == 1, "{err}");
    assert!(run(&["classify", "a.txt", "-c", "X.", "--kinds", "verse"]).contains("heading"));
    assert!(run(&["classify", "a.txt", "--task", "none.toml"]).contains("none.toml"));
    assert!(run(&["evaluate", "none.toml"]).contains("none.toml"));
    assert!(run(&["model", "pull", "not-an-id"]).contains("org/name"));
    assert!(run(&["split", "https://example.org/ice.html"]).contains("hint: nothing is fetched"));
}

#[test]
fn offline_says_what_is_missing_and_where() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let out = stance()
        .current_dir(&dir)
        .env("HF_HUB_OFFLINE", "1")
        .env("HF_HOME", dir.path().join("cache"))
        .args(["classify", "a.txt", "-c", "X.", "--model", "some-org/some-model@v1"])
        .output()
        .unwrap();
    let err = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2));
    for part in ["config.json", "tokenizer.json", "some-org/some-model@v1", "HF_HUB_OFFLINE", "models--some-org--some-model"] {
        assert!(err.contains(part), "{part}: {err}");
    }
}

/// A model folder with one thing wrong.
fn broken_model(change: impl FnOnce(&Path)) -> String {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("m");
    fs::create_dir(&model).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(tiny().join(name), model.join(name)).unwrap();
    }
    change(&model);
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let out =
        stance().current_dir(&dir).args(["classify", "a.txt", "-c", "X.", "--skip-probe", "--model", "m"]).output().unwrap();
    assert_eq!((out.status.code(), out.stdout.len()), (Some(2), 0));
    let err = text(&out.stderr);
    assert_eq!(err.matches("error:").count(), 1, "{err}");
    assert!(!err.contains("panicked"), "{err}");
    err
}

#[test]
fn broken_model_folders_are_told_apart() {
    assert!(broken_model(|m| fs::remove_file(m.join("tokenizer.json")).unwrap()).contains("m/tokenizer.json"));
    assert!(broken_model(|m| fs::remove_file(m.join("model.safetensors")).unwrap()).contains("without model.safetensors"));
    assert!(broken_model(|m| fs::write(m.join("config.json"), "{ \"id2label\": ").unwrap()).contains("config.json:1:"));
    let cut = |m: &Path| {
        let bytes = fs::read(m.join("model.safetensors")).unwrap();
        fs::write(m.join("model.safetensors"), &bytes[..bytes.len() / 2]).unwrap();
    };
    assert!(broken_model(cut).contains("model.safetensors"));
    let rename = |from: &'static str, to: &'static str| {
        move |m: &Path| {
            let text = fs::read_to_string(m.join("config.json")).unwrap();
            assert!(text.contains(from));
            fs::write(m.join("config.json"), text.replace(from, to)).unwrap();
        }
    };
    assert!(broken_model(rename("\"0\": \"favor\"", "\"0\": \"LABEL_0\"")).contains("LABEL_0"));
    assert!(broken_model(rename("\"hidden_size\": 24", "\"hidden_size\": 48")).contains("shape"));
    assert!(broken_model(rename("\"num_attention_heads\": 3", "\"num_attention_heads\": 0")).contains("heads"));
    assert!(broken_model(rename("\"bert\"", "\"gpt2\"")).contains("gpt2"));
}

#[test]
fn swapped_label_names_are_found_by_the_probe() {
    let dir = tempfile::tempdir().unwrap();
    let from = root().join("models/stance-mini");
    for name in ["tokenizer.json", "model.safetensors"] {
        fs::copy(from.join(name), dir.path().join(name)).unwrap();
    }
    let config = fs::read_to_string(from.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    let labels = config["id2label"].as_object_mut().unwrap();
    for name in labels.values_mut() {
        *name = match name.as_str().unwrap() {
            "favor" => "against".into(),
            "against" => "favor".into(),
            other => other.into(),
        };
    }
    fs::write(dir.path().join("config.json"), config.to_string()).unwrap();
    let out = stance().args(["model", "check"]).arg(dir.path()).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stdout).contains("swapped"));
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let out = stance().args(["classify", "-c", "X.", "--model"]).arg(dir.path()).arg(dir.path().join("a.txt")).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("the labels look swapped"), "{}", text(&out.stderr));
}

#[test]
fn what_is_read_is_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    put("a.txt", "It is late.\n");
    let rows = "{\"id\":\"1\",\"text\":\"It is late.\",\"claim\":\"It is late.\",\"label\":\"favor\"}\n{\"id\":\"2\",\"text\":\"It is early.\",\"claim\":\"It is late.\",\"label\":\"against\"}\n";
    put("rows.jsonl", rows);
    put("again.jsonl", rows);
    let answers = "{\"id\":\"1\",\"label\":\"favor\"}\n{\"id\":\"2\",\"label\":\"favor\"}\n";
    put("answers.jsonl", answers);
    let eval = "name = \"e\"\nprose = \"p\"\ndataset = \"rows.jsonl\"\nlabels = [\"favor\", \"against\"]\nmetrics = [\"accuracy\"]\nmodels = []\n";
    put("e.toml", eval);
    let refused = |args: &[&str]| {
        let out = stance().current_dir(dir.path()).args(args).output().unwrap();
        let err = text(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains("would replace what is read"), "{args:?}: {err}");
    };
    let (code, _, err) = classify(dir.path(), &["a.txt", "-o", "./a.txt"]);
    assert!(code == 2 && err.contains("would replace what is read"), "{err}");
    refused(&["split", "a.txt", "-o", "a.txt"]);
    refused(&["evaluate", "e.toml", "--predictions", "answers.jsonl", "-o", "e.toml"]);
    refused(&["evaluate", "e.toml", "--predictions", "answers.jsonl", "-f", "html", "-o", "answers.jsonl"]);
    refused(&["evaluate", "e.toml", "--predictions", "answers.jsonl", "--save-predictions", "rows.jsonl"]);
    refused(&["dataset", "agreement", "rows.jsonl", "again.jsonl", "--adjudicate", "rows.jsonl"]);
    assert_eq!(read("a.txt"), "It is late.\n");
    assert_eq!(
        (read("rows.jsonl"), read("answers.jsonl"), read("e.toml")),
        (rows.to_owned(), answers.to_owned(), eval.to_owned())
    );
    // A folder's file is written, and passed over when it is there already.
    fs::create_dir(dir.path().join("in")).unwrap();
    put("in/b.txt", "It is late.\n");
    for _ in 0..2 {
        let (code, _, err) = classify(dir.path(), &["in", "-o", "in/labels.jsonl"]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(read("in/labels.jsonl").lines().count(), 1);
    }
}

#[test]
fn a_run_without_an_article_leaves_the_last_one_s_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("empty.txt"), "").unwrap();
    fs::write(dir.path().join("labels.jsonl"), "kept\n").unwrap();
    let (code, _, err) = classify(dir.path(), &["empty.txt", "-o", "labels.jsonl"]);
    assert!(code == 2 && err.contains("nothing was written"), "{err}");
    assert_eq!(fs::read_to_string(dir.path().join("labels.jsonl")).unwrap(), "kept\n");
}

#[test]
fn a_record_does_not_settle_in_a_folder_of_other_things() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("project")).unwrap();
    fs::write(dir.path().join("project/README.md"), "mine\n").unwrap();
    let sample = root().join("evals/allies-sample.toml");
    let out = stance()
        .current_dir(dir.path())
        .args(["evaluate", "--no-baselines", "--draws", "0", "--skip-probe", "--record-as", "project", "--model"])
        .arg(tiny())
        .arg(sample)
        .output()
        .unwrap();
    let err = text(&out.stderr);
    assert!(out.status.code() == Some(2) && err.contains("other things in it"), "{err}");
    assert_eq!(fs::read_to_string(dir.path().join("project/README.md")).unwrap(), "mine\n");
}

#[test]
fn a_file_given_twice_is_read_once_and_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let (code, out, err) = classify(dir.path(), &["a.txt", "./a.txt", "."]);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}{err}");
    assert_eq!(err, "./a.txt: given more than once, read once\n./a.txt: given more than once, read once\n");
    let out = stance().current_dir(&dir).args(["split", "a.txt", "a.txt"]).output().unwrap();
    assert_eq!(text(&out.stderr), "a.txt: given more than once, read once\n");
    let out = stance().args(["split", "-", "-"]).write_stdin("It is late.\n").output().unwrap();
    assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), "-: given more than once, read once\n"));
}

#[test]
fn an_empty_environment_variable_is_one_that_is_not_set() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let run = |model: &str, args: &[&str]| {
        fs::write(dir.path().join("stance.toml"), format!("model = {model:?}\n")).unwrap();
        let mut command = stance();
        for name in ["STANCE_MODEL", "STANCE_THREADS", "STANCE_TASK", "STANCE_MIN_CONFIDENCE", "STANCE_MODELS", "STANCE_DATA"] {
            command.env(name, "");
        }
        let out = command.current_dir(&dir).args(["classify", "a.txt", "--skip-probe"]).args(args).output().unwrap();
        (out.status.code().unwrap(), text(&out.stderr))
    };
    let tiny = tiny();
    let model = tiny.to_str().unwrap();
    assert_eq!(run(model, &["-c", "It is late."]), (0, String::new()));
    assert!(run(model, &[]).1.starts_with("error: no claim"));
    fs::create_dir(dir.path().join("models")).unwrap();
    assert!(run("", &["-c", "It is late."]).1.starts_with("error: no model named \"\""), "not the folder of all models");
}

#[test]
fn a_model_without_weights_is_listed_as_broken() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("models/half");
    fs::create_dir_all(&model).unwrap();
    for name in ["config.json", "tokenizer.json"] {
        fs::copy(tiny().join(name), model.join(name)).unwrap();
    }
    let out = stance().current_dir(&dir).args(["model", "list"]).output().unwrap();
    let list = text(&out.stdout);
    let line = list.lines().find(|l| l.starts_with("half ")).unwrap();
    assert!(line.contains("broken: there is no model.safetensors"), "{list}");
    let out = stance().current_dir(&dir).args(["model", "inspect", "half"]).output().unwrap();
    assert!(text(&out.stdout).contains("weights       none: there is no model.safetensors"), "{}", text(&out.stdout));
}

#[cfg(unix)]
#[test]
fn control_characters_do_not_reach_people() {
    let dir = tempfile::tempdir().unwrap();
    let name = "a\u{1b}[31m.txt";
    let body = "Ice\u{1b}[2J keeps the ferries\n\nThe ferries of the northern line stayed\u{1b}]0;x\u{7} in the harbour on Friday, he said.\n";
    fs::write(dir.path().join(name), body).unwrap();
    let rows = "{\"id\":\"r\\u001b[7m\",\"author\":\"Ada\\u001b[31m Roe\",\"text\":\"It is late.\"}\n{\"id\":\"s\\u001b[7m\",\"text\":\"\"}\n";
    fs::write(dir.path().join("rows.jsonl"), rows).unwrap();
    let run = |args: &[&str]| {
        let mut command = stance();
        command.current_dir(&dir).args(args);
        if args[0] == "classify" {
            command.args(["--skip-probe", "-c", "It\u{1b}[31m is\u{7} late.", "--model"]).arg(tiny());
        }
        let out = command.output().unwrap();
        (text(&out.stdout), text(&out.stderr))
    };
    let inputs = [name, "rows.jsonl", "none\u{1b}[31m.txt"];
    for command in [&["split"][..], &["classify"], &["classify", "--by", "article"], &["classify", "--by", "holder"]] {
        let (out, err) = run(&[command, &inputs].concat());
        for shown in [&out, &err] {
            assert!(!shown.is_empty() && !shown.contains(|c: char| c.is_control() && c != '\n'), "{command:?}: {shown:?}");
        }
        assert!(err.contains("none[31m.txt: cannot open it"), "{err:?}");
    }
    let (out, _) = run(&["classify", name, "-f", "jsonl"]);
    assert!(out.contains(r"a\u001b[31m.txt") && out.contains(r"It\u001b[31m is\u0007 late."), "{out}");
}
