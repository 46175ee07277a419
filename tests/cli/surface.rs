//! Help, manual, completions, settings file.

use super::{root, stance, text, tiny};
use std::fs;

#[test]
fn every_command_explains_itself_with_an_example() {
    for command in ["classify", "split", "evaluate", "finetune", "bench", "completions", "man"] {
        let out = stance().args([command, "--help"]).assert().success();
        let help = text(&out.get_output().stdout);
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(help.contains(&format!("stance {command}")), "{command}");
    }
}

#[test]
fn the_overview_is_as_agreed() {
    let out = stance().arg("--help").assert().success();
    insta::assert_snapshot!(text(&out.get_output().stdout));
}

#[test]
fn completions_and_manual_are_made() {
    for shell in ["bash", "zsh", "fish"] {
        let out = stance().args(["completions", shell]).assert().success();
        assert!(text(&out.get_output().stdout).contains("finetune"), "{shell}");
    }
    let page = text(&stance().arg("man").assert().success().get_output().stdout);
    assert!(page.starts_with(".ie") || page.contains(".TH stance"), "{page}");
    let page = text(&stance().args(["man", "classify"]).assert().success().get_output().stdout);
    assert!(page.contains("min\\-confidence") || page.contains("min-confidence"));
    stance().args(["man", "nothing"]).assert().code(2);
    let page = text(&stance().args(["man", "model", "average"]).assert().success().get_output().stdout);
    assert!(page.contains(".TH stance-model-average 1  \"stance "), "{page}");
    stance().args(["man", "model", "nothing"]).assert().code(2);
    stance().args(["man", "classify", "nothing"]).assert().code(2);
    // Every page that another refers to is written.
    let dir = tempfile::tempdir().unwrap();
    stance().current_dir(&dir).args(["man", "--all", "man/man1"]).assert().success();
    let pages = |name: &str| fs::read_to_string(dir.path().join("man/man1").join(name)).unwrap();
    for (page, others) in [("stance.1", ["classify", "model"]), ("stance-model.1", ["model-average", "model-pull"])] {
        for other in others {
            assert!(pages(page).contains(&format!("stance\\-{}(1)", other.replace('-', "\\-"))), "{page}: {other}");
            assert!(pages(&format!("stance-{other}.1")).contains(&format!(".TH stance-{other} 1")));
        }
    }
}

#[test]
fn settings_come_from_flag_environment_and_file_in_this_order() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    fs::write(dir.path().join("stance.toml"), "model = \"from-the-file\"\n").unwrap();
    let run = |env: Option<&str>, flag: Option<&str>| {
        let mut c = stance();
        c.current_dir(&dir).args(["classify", "a.txt", "-c", "X."]);
        if let Some(e) = env {
            c.env("STANCE_MODEL", e);
        }
        if let Some(f) = flag {
            c.args(["--model", f]);
        }
        text(&c.assert().code(2).get_output().stderr)
    };
    assert!(run(None, None).contains("from-the-file"));
    assert!(run(Some("from-the-environment"), None).contains("from-the-environment"));
    assert!(run(Some("from-the-environment"), Some("from-the-flag")).contains("from-the-flag"));
    fs::write(dir.path().join("stance.toml"), "modle = \"x\"\n").unwrap();
    assert!(run(None, None).contains("stance.toml:1"));
}

/// The settings file in the README does what it says.
#[cfg(unix)]
#[test]
fn the_settings_file_of_the_readme_is_taken() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let keys: Vec<&str> = example.lines().filter_map(|line| line.split(" = ").next()).collect();
    assert_eq!(keys, ["model", "threads", "engine", "precision", "min_confidence", "task"], "every setting is in the example");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("stance.toml"), example).unwrap();
    fs::write(dir.path().join("a.txt"), "The allies met on Monday.\n").unwrap();
    // The model and the task that it names are this repository's.
    for name in ["models", "evals"] {
        std::os::unix::fs::symlink(root().join(name), dir.path().join(name)).unwrap();
    }
    let out =
        stance().current_dir(&dir).env_remove("STANCE_THREADS").args(["classify", "a.txt", "-f", "jsonl"]).assert().success();
    let record: serde_json::Value = serde_json::from_slice(&out.get_output().stdout).unwrap();
    assert_eq!(record["claim"], "US allies will keep sharing intelligence with the United States.");
    assert_eq!(record["model"], "stance-mini");
}

#[test]
fn inspect_shows_a_model() {
    let out = stance().args(["model", "inspect"]).arg(tiny()).assert().success();
    let shown = text(&out.get_output().stdout);
    assert!(shown.contains("favor, against, neutral, unrelated") && shown.contains("bert"), "{shown}");
}
