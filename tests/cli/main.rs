//! The real binary, command by command, on good and bad input.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod bench;
mod cascade;
mod classify;
mod data;
mod evaluate;
mod finetune;
mod formats;
mod page;
mod shipped;
mod surface;

use assert_cmd::Command;
use std::path::PathBuf;

/// The program, away from the caller's settings.
fn stance() -> Command {
    let mut c = Command::cargo_bin("stance").expect("the binary is built with the tests");
    for name in
        ["STANCE_MODEL", "STANCE_THREADS", "STANCE_TASK", "STANCE_DATA", "STANCE_MODELS", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"]
    {
        c.env_remove(name);
    }
    c.env("STANCE_THREADS", "2");
    c
}

/// A tiny BERT with random weights (tests/fixtures/models/make.py): right in form, without judgement.
fn tiny() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/bert")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
