//! A dataset from a folder or a file, with its hashes checked.

use super::hash::Hashing;
use super::manifest::FILE_NAME;
use super::read::Format;
use super::{Labels, Manifest, Problems, ReadOptions, Row, standoff};
use crate::error::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A dataset in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its name: the manifest's, or the file's.
    pub name: String,
    /// The folder or the file.
    pub path: PathBuf,
    /// The manifest, where it is a folder.
    pub manifest: Option<Manifest>,
    /// The split asked for, where one was.
    pub split: Option<String>,
    /// The good rows, in the order of the files.
    pub rows: Vec<Row>,
    /// What is wrong with the others, and with the files.
    pub problems: Problems,
    /// The files that were read.
    pub files: Vec<FileRead>,
    /// The labels that it was read with.
    pub labels: Labels,
}

impl Dataset {
    /// Where the files are that were read.
    pub fn sources(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.files.iter().map(|file| if self.manifest.is_some() { self.path.join(&file.path) } else { file.path.clone() })
    }
}

/// A file as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRead {
    /// Path in the dataset's folder, or the file itself.
    pub path: PathBuf,
    /// Hash of its bytes.
    pub sha256: String,
    /// Rows in it, good and bad.
    pub rows: usize,
}

/// What a user may say about a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The folder of the articles that stand-off rows point into.
    pub articles: Option<PathBuf>,
    /// Further names of labels, over those of the manifest.
    pub labels: BTreeMap<String, String>,
    /// The claim of rows that name none, over that of the manifest.
    pub claim: Option<String>,
    /// How the user of a command may explain the name `yes` of a label, for hints: `--rename yes=favor`.
    pub renaming: Option<&'static str>,
}

impl Dataset {
    /// The dataset, or all its problems as one error: what everything but a check wants.
    pub fn clean(mut self) -> Result<Self> {
        std::mem::take(&mut self.problems).into_result().map_err(|e| e.at(&self.path))?;
        Ok(self)
    }
}

/// Loads `FILE`, `FOLDER`, `FILE:SPLIT` or `FOLDER:SPLIT`. An error where nothing can be read; what is wrong with single
/// rows, hashes and counts is in [`Dataset::problems`].
pub fn load(spec: &str, options: &LoadOptions) -> Result<Dataset> {
    let (path, split) = parse_spec(spec);
    let mut dataset = if path.is_dir() { folder(path, split, options)? } else { file(path, options)? };
    dataset.split = split.map(str::to_owned);
    if let Some(split) = split {
        let mut others: Vec<String> = dataset.rows.iter().filter_map(|row| row.split.clone()).collect();
        dataset.rows.retain(|row| row.split.as_deref() == Some(split));
        if dataset.rows.is_empty() && dataset.problems.is_empty() {
            others.extend(dataset.manifest.iter().flat_map(|m| &m.files).filter_map(|file| file.split.clone()));
            others.sort();
            others.dedup();
            let expected = if others.is_empty() { "a dataset with splits".into() } else { others.join(", ") };
            return Err(Error::new(format!("no rows in split {split:?}")).at(path).expected(expected));
        }
    }
    let rows = std::mem::take(&mut dataset.rows);
    dataset.rows = standoff::join(rows, options.articles.as_deref(), dataset.manifest.as_ref(), &mut dataset.problems);
    Ok(dataset)
}

/// The path, and the split behind its last colon, unless a file is called so.
fn parse_spec(spec: &str) -> (&Path, Option<&str>) {
    match spec.rsplit_once(':') {
        Some((path, split)) if !Path::new(spec).exists() && !path.is_empty() && !split.is_empty() => {
            (Path::new(path), Some(split))
        }
        _ => (Path::new(spec), None),
    }
}

fn folder(path: &Path, split: Option<&str>, options: &LoadOptions) -> Result<Dataset> {
    let manifest = Manifest::read(path)?;
    let mut names = manifest.labels.clone();
    names.extend(options.labels.clone());
    let labels = Labels::new(names).renaming(options.renaming);
    let mut problems = Problems::default();
    let (mut rows, mut files) = (Vec::new(), Vec::new());
    for entry in &manifest.files {
        // A file of another split need not be read, unless its rows may say otherwise.
        if split.is_some() && entry.split.is_some() && entry.split.as_deref() != split {
            continue;
        }
        let full = path.join(&entry.path);
        let read_options = ReadOptions {
            labels: labels.clone(),
            claim: options.claim.clone().or_else(|| manifest.claim.clone()),
            split: entry.split.clone(),
        };
        let (mut good, read) = read_file(&full, &read_options, &mut problems)?;
        if read.sha256 != entry.sha256 {
            problems.push(
                Error::new(format!("the file has changed: its sha256 is {}", read.sha256))
                    .at(&full)
                    .expected(format!("{}, as in {FILE_NAME}", entry.sha256))
                    .hint("restore the file, or give the dataset a new version and take its hashes anew"),
            );
        }
        if read.rows != entry.rows {
            let error = Error::new(format!("{} rows", read.rows)).at(&full);
            problems.push(error.expected(format!("{}, as in {FILE_NAME}", entry.rows)));
        }
        if let Some(own) = &entry.split {
            let astray = good.iter().filter(|row| row.split.as_ref() != Some(own)).count();
            if astray > 0 {
                problems.push(
                    Error::new(format!("{astray} rows name another split than their file"))
                        .at(&full)
                        .expected(format!("{own:?}, as in {FILE_NAME}")),
                );
            }
        }
        rows.append(&mut good);
        files.push(FileRead { path: PathBuf::from(&entry.path), ..read });
    }
    let name = manifest.name.clone();
    Ok(Dataset { name, path: path.to_owned(), manifest: Some(manifest), split: None, rows, problems, files, labels })
}

fn file(path: &Path, options: &LoadOptions) -> Result<Dataset> {
    let labels = Labels::new(options.labels.clone()).renaming(options.renaming);
    let read_options = ReadOptions { labels: labels.clone(), claim: options.claim.clone(), split: None };
    let mut problems = Problems::default();
    let (rows, read) = read_file(path, &read_options, &mut problems)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Dataset { name, path: path.to_owned(), manifest: None, split: None, rows, problems, files: vec![read], labels })
}

/// Reads rows and hash in one pass.
fn read_file(path: &Path, options: &ReadOptions, problems: &mut Problems) -> Result<(Vec<Row>, FileRead)> {
    let cannot = |e: io::Error| Error::new(format!("cannot read the rows: {e}")).at(path);
    let format = if path.exists() { Format::of(path)? } else { Format::Jsonl };
    let mut reader = Hashing::new(File::open(path).map_err(cannot)?);
    let mut count = 0;
    let rows = problems.collect(format.rows(&mut reader, path, options).inspect(|_| count += 1));
    // Reading may have ended early, at a record that is too long.
    io::copy(&mut reader, &mut io::sink()).map_err(cannot)?;
    Ok((rows, FileRead { path: path.to_owned(), sha256: reader.finish(), rows: count }))
}
