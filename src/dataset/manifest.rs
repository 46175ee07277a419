//! `dataset.toml`: what a dataset is, where it is from, and the hashes that tell whether it is still the same.
//!
//! ```toml
//! name = "tides"
//! version = "1"
//! licence = "CC-BY-4.0"                        # as an SPDX identifier where there is one
//! source = "https://example.org/tides"         # where the data comes from
//! description = "Sentences on tides."
//! claim = "The sea rises."                     # optional: the claim of rows that name none
//! articles_from = "https://example.org/news"   # optional: where a user gets the articles of stand-off rows
//!
//! [[files]]
//! path = "train.jsonl"
//! split = "train"                              # optional: the split of rows that name none
//! sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
//! rows = 1200
//!
//! [labels]                                     # optional: names in the rows -> labels
//! yes = "favor"
//!
//! [articles]                                   # optional: the articles of stand-off rows, by id
//! a1 = { file = "a1.txt", sha256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752" }
//! ```
//!
//! Keys that are not in this list are refused, and errors name the line and the column.

use super::hash;
use crate::error::{Context, Error, Result};
use crate::task::{check_name, check_relative, parse_toml};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the file.
pub const FILE_NAME: &str = "dataset.toml";

/// A dataset's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name, fit for a file name.
    #[serde(deserialize_with = "name")]
    pub name: String,
    /// Version of rows and labels: two scores compare only under the same one.
    #[serde(deserialize_with = "some_text")]
    pub version: String,
    /// Licence of the rows as they are here, text included where it is.
    #[serde(alias = "license", deserialize_with = "some_text")]
    pub licence: String,
    /// Where the data comes from.
    #[serde(deserialize_with = "some_text")]
    pub source: String,
    /// What it is, in a sentence or two.
    #[serde(deserialize_with = "some_text")]
    pub description: String,
    /// The claim of rows that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// Where a user gets the articles of stand-off rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub articles_from: Option<String>,
    /// The files of rows.
    pub files: Vec<FileEntry>,
    /// Names of labels in the rows, and the labels that they mean.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The articles of stand-off rows, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub articles: BTreeMap<String, ArticleFile>,
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path in the dataset's folder.
    #[serde(deserialize_with = "relative")]
    pub path: String,
    /// The split of rows that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Hash of the file.
    #[serde(deserialize_with = "sha256")]
    pub sha256: String,
    /// Number of rows.
    pub rows: usize,
}

/// An article that rows point into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArticleFile {
    /// Name of the file in the folder of articles that the user gives.
    #[serde(deserialize_with = "relative")]
    pub file: String,
    /// Hash of the file.
    #[serde(deserialize_with = "sha256")]
    pub sha256: String,
    /// Where this article was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Manifest {
    /// Reads the manifest of a folder.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self> {
        let path = folder.as_ref().join(FILE_NAME);
        let source = std::fs::read_to_string(&path)
            .context("cannot read the manifest")
            .map_err(|e| e.at(&path).expected(format!("a folder with {FILE_NAME}, or a file of rows (.jsonl, .csv, .tsv)")))?;
        Self::parse(&path, &source)
    }

    /// Reads a manifest from the text of a file; `path` is for errors.
    pub fn parse(path: impl AsRef<Path>, source: &str) -> Result<Self> {
        let manifest: Self = parse_toml(path.as_ref(), source)?;
        if manifest.files.is_empty() {
            return Err(Error::new("no files").at(path).expected("at least one [[files]]"));
        }
        for (i, file) in manifest.files.iter().enumerate() {
            if manifest.files[..i].iter().any(|other| other.path == file.path) {
                return Err(Error::new(format!("file {:?} for the second time", file.path)).at(path).expected("distinct files"));
            }
        }
        Ok(manifest)
    }

    /// The manifest as the text of a file.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self).context("cannot write the manifest")
    }

    /// Takes hashes and numbers of rows anew from the files in a folder, as after an edit.
    pub fn refresh(&mut self, folder: impl AsRef<Path>) -> Result<()> {
        let options = super::ReadOptions::default();
        for file in &mut self.files {
            let path = folder.as_ref().join(&file.path);
            file.sha256 = hash::of_file(&path)?;
            file.rows = super::read::open(&path, &options)?.count();
        }
        Ok(())
    }

    /// Where articles are to be had, for hints.
    pub(super) fn articles_from(&self) -> &str {
        self.articles_from.as_deref().unwrap_or(&self.source)
    }
}

fn checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    check: impl Fn(&str) -> Result<()>,
) -> std::result::Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    check(&text).map_err(D::Error::custom)?;
    Ok(text)
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    checked(deserializer, check_name)
}

fn relative<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    checked(deserializer, check_relative)
}

fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    checked(deserializer, |text| match text.trim() {
        "" => Err(Error::new("empty text").expected("some text")),
        _ => Ok(()),
    })
}

fn sha256<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    checked(deserializer, |text| match hash::is_hash(text) {
        true => Ok(()),
        false => Err(Error::new(format!("sha256 {text:?}")).expected("64 lower-case hexadecimal digits")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"name = "tides"
version = "1"
licence = "CC0-1.0"
source = "made up"
description = "Sentences on tides."

[[files]]
path = "rows.jsonl"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
rows = 2
"#;

    #[test]
    fn a_manifest_is_written_as_it_is_read() {
        let manifest = Manifest::parse("d.toml", MANIFEST).unwrap();
        assert_eq!(manifest.to_toml().unwrap(), MANIFEST);
    }

    #[test]
    fn errors_name_line_and_column() {
        for (from, to, expected) in [
            ("rows = 2", "row = 2", "d.toml:10:1: unknown field `row`; expected one of"),
            ("\"rows.jsonl\"", "\"../rows.jsonl\"", "d.toml:8:8: path \"../rows.jsonl\"; expected a path inside the folder"),
            ("ba78", "BA78", "d.toml:9:10: sha256 \"BA78"),
            ("\"CC0-1.0\"", "\"\"", "d.toml:3:11: empty text; expected some text"),
            ("\"tides\"", "\"a/b\"", "d.toml:1:8: name \"a/b\"; expected letters"),
            ("rows = 2", "rows = -2", "d.toml:10:8: "),
            ("version = \"1\"\n", "", "missing field `version`"),
        ] {
            let e = Manifest::parse("d.toml", &MANIFEST.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(e.contains(expected), "{expected:?} is not in {e:?}");
        }
    }
}
