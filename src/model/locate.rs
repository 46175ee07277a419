//! From what a person writes after `--model` to a model folder.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The model that is used where none is named.
pub const DEFAULT: &str = "stance-mini";

/// Folders that are searched for a model's name, in this order: `$STANCE_MODELS`, `models` here, and `models` two folders above
/// the program (where a build in the repository finds it).
pub fn search_path() -> Vec<PathBuf> {
    let mut path: Vec<PathBuf> = std::env::var_os("STANCE_MODELS").iter().flat_map(std::env::split_paths).collect();
    path.push("models".into());
    if let Some(dir) = std::env::current_exe().ok().as_deref().and_then(Path::parent) {
        path.extend(dir.ancestors().skip(1).take(2).map(|d| d.join("models")));
    }
    path
}

/// Model folders on the search path, by name; an earlier folder hides a later one of the same name.
pub fn list() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in search_path() {
        let mut here: Vec<PathBuf> = std::fs::read_dir(&dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.join("config.json").exists() && !found.iter().any(|f| f.file_name() == p.file_name()))
            .collect();
        here.sort();
        found.extend(here);
    }
    found
}

/// The name of a model in records: the hub id, else that of its folder (`None`).
pub fn record_name(model: &str) -> Option<String> {
    let by_id = !Path::new(model).exists() && model.contains('/');
    by_id.then(|| model.to_owned())
}

/// A folder as it is, a name on the search path, or a hub id `org/name` or `org/name@revision`.
pub fn locate(model: &str) -> Result<PathBuf> {
    let path = Path::new(model);
    if path.is_dir() {
        return Ok(path.to_path_buf());
    }
    if path.is_file() {
        return Err(Error::new("a file, not a model folder")
            .at(path)
            .expected("a folder with config.json, tokenizer.json and model.safetensors"));
    }
    if !model.contains(['/', '\\']) {
        let found = search_path().into_iter().map(|d| d.join(model)).find(|p| !model.is_empty() && p.is_dir());
        return found.ok_or_else(|| {
            let dirs: Vec<String> = search_path().iter().map(|d| d.display().to_string()).collect();
            Error::new(format!("no model named {model:?}"))
                .expected(format!("a folder of that name in one of: {}", dirs.join(", ")))
                .hint("`stance model list` shows the models that are here; `org/name` takes one from a hub")
        });
    }
    // A path that was mistyped is not asked for on the network.
    let first = path.components().next().map(|c| Path::new(c.as_os_str()));
    match super::hub::HubId::parse(model).filter(|_| !first.is_some_and(Path::is_dir)) {
        Some(id) => super::hub::fetch(&id),
        None => {
            Err(Error::new(format!("no such model folder: {model}")).hint("a hub id has the form org/name or org/name@revision"))
        }
    }
}
