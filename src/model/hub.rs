//! Models from a Hugging Face hub, through its cache.
//!
//! `HF_HOME`, `HF_TOKEN`, `HF_ENDPOINT` and `HF_HUB_OFFLINE` work as in Hugging Face's own tools. The client library does not
//! know `HF_HUB_OFFLINE`: it is honoured here, by looking into the cache alone.

use crate::error::{Error, Result};
use std::path::PathBuf;

/// What a model folder needs, and what it may have besides.
const NEEDED: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];
#[cfg(feature = "hub")]
const OPTIONAL: [&str; 2] = ["stancekit.json", "README.md"];

/// `org/name` at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubId {
    /// `org/name`.
    pub repo: String,
    /// Branch, tag or commit; `main` where none is named.
    pub revision: String,
}

impl HubId {
    /// Parses `org/name` or `org/name@revision`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (repo, revision) = text.split_once('@').unwrap_or((text, "main"));
        let plain = |s: &str| {
            !s.is_empty() && !s.starts_with('.') && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let (org, name) = repo.split_once('/')?;
        let revision_ok = !revision.is_empty() && revision.split('/').all(plain);
        (plain(org) && plain(name) && revision_ok).then(|| Self { repo: repo.to_owned(), revision: revision.to_owned() })
    }
}

/// Whether `HF_HUB_OFFLINE` is set to 1, ON, YES or TRUE.
pub fn offline() -> bool {
    std::env::var("HF_HUB_OFFLINE").is_ok_and(|v| matches!(v.to_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE"))
}

/// The folder of the model in the cache; what is missing there is fetched, unless offline.
#[cfg(feature = "hub")]
pub fn fetch(id: &HubId) -> Result<PathBuf> {
    use hf_hub::api::sync::ApiBuilder;
    use hf_hub::{Cache, Repo, RepoType};
    let repo = Repo::with_revision(id.repo.clone(), RepoType::Model, id.revision.clone());
    let cache = Cache::from_env();
    // A commit is its own folder; other tools leave no reference to it.
    let snapshot = cache.path().join(repo.folder_name()).join("snapshots").join(&id.revision);
    if NEEDED.iter().all(|f| snapshot.join(f).is_file()) {
        return Ok(snapshot);
    }
    let cached = cache.repo(repo.clone());
    let missing: Vec<&str> = NEEDED.into_iter().filter(|f| cached.get(f).is_none()).collect();
    if !missing.is_empty() && offline() {
        return Err(missing_offline(id, &missing, cache.path()));
    }
    if !missing.is_empty() {
        let mut builder = ApiBuilder::from_env().with_progress(false).with_retries(2);
        if let Some(token) = std::env::var("HF_TOKEN").ok().filter(|t| !t.is_empty()) {
            builder = builder.with_token(Some(token));
        }
        let failed = |file: &str, e: &dyn std::fmt::Display| {
            Error::new(format!("cannot fetch {file} of {}@{}: {e}", id.repo, id.revision))
                .hint("check the id and the network; set HF_TOKEN for a private model; a folder works without any network")
        };
        let api = builder.build().map_err(|e| failed("anything", &e))?.repo(repo.clone());
        for file in missing {
            api.get(file).map_err(|e| failed(file, &e))?;
        }
        for file in OPTIONAL {
            // Many models have none; anything else that goes wrong must not leave a model without its calibration.
            match api.get(file) {
                Ok(_) => {}
                Err(e) if e.to_string().contains("404") => {}
                Err(e) => return Err(failed(file, &e)),
            }
        }
    }
    let cached = cache.repo(repo);
    match cached.get("config.json").as_deref().and_then(std::path::Path::parent) {
        Some(folder) => Ok(folder.to_path_buf()),
        None => Err(Error::new(format!("{}@{} is not in the cache after it was fetched", id.repo, id.revision)).at(cache.path())),
    }
}

/// Built without the hub.
#[cfg(not(feature = "hub"))]
pub fn fetch(id: &HubId) -> Result<PathBuf> {
    let _ = NEEDED;
    Err(Error::new(format!("{} is a hub id, and this program was built without the hub", id.repo))
        .hint("build with `--features hub`, or give a folder"))
}

#[cfg(feature = "hub")]
fn missing_offline(id: &HubId, missing: &[&str], cache: &std::path::Path) -> Error {
    let folder = cache.join(format!("models--{}", id.repo.replace('/', "--")));
    Error::new(format!("{} of {}@{} not in the cache, and HF_HUB_OFFLINE is set", missing.join(", "), id.repo, id.revision))
        .at(folder)
        .hint("unset HF_HUB_OFFLINE once and run `stance model pull`, or copy the model's folder here and name its path")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_paths() {
        let id = |r: &str, v: &str| Some(HubId { repo: r.into(), revision: v.into() });
        assert_eq!(HubId::parse("org/name"), id("org/name", "main"));
        assert_eq!(HubId::parse("org/na.me-1@v2"), id("org/na.me-1", "v2"));
        assert_eq!(HubId::parse("org/name@refs/pr/1"), id("org/name", "refs/pr/1"));
        for bad in ["name", "a/b/c", "./models/x", "../x", "org/name@", "/abs/path", "org/", "org/na me"] {
            assert_eq!(HubId::parse(bad), None, "{bad}");
        }
    }
}
