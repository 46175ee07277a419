//! Help, manual, completions, settings file.

use super::{stance, text, tiny};
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

#[test]
fn inspect_shows_a_model() {
    let out = stance().args(["model", "inspect"]).arg(tiny()).assert().success();
    let shown = text(&out.get_output().stdout);
    assert!(shown.contains("favor, against, neutral, unrelated") && shown.contains("bert"), "{shown}");
}
