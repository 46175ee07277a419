//! Data that are not part of the repository, for the tests that read them.

use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// The file under `STANCEKIT_DATA`, or `None` with a message.
pub fn file(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("STANCEKIT_DATA") else {
        println!("skipped: STANCEKIT_DATA is not set ({name})");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    if !path.exists() {
        println!("skipped: {} does not exist", path.display());
        return None;
    }
    Some(path)
}

/// The rows of a JSONL file.
pub fn rows(path: &PathBuf) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}
