//! `stance.toml` in the working directory: defaults below flags and environment.

use super::common::Precision;
use crate::error::{Error, Result};
use crate::model::Engine;
use serde::Deserialize;
use std::path::Path;

/// What the file may set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSettings {
    /// `--model`
    pub model: Option<String>,
    /// `--threads`
    pub threads: Option<usize>,
    /// `--engine`
    pub engine: Option<Engine>,
    /// `--precision`
    pub precision: Option<Precision>,
    /// `--min-confidence`
    pub min_confidence: Option<f64>,
    /// `--task`
    pub task: Option<std::path::PathBuf>,
}

impl FileSettings {
    /// The file's settings; none where there is no file.
    pub fn read() -> Result<Self> {
        let path = Path::new("stance.toml");
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|e| e.at(path)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(Error::new(format!("cannot read it: {e}")).at(path)),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| 1 + text[..s.start.min(text.len())].matches('\n').count() as u64);
            Error::new(e.message().to_owned())
                .line(line)
                .hint("it may hold model, threads, engine, precision, min_confidence and task")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        assert_eq!(FileSettings::parse("threads = 2\n").unwrap().threads, Some(2));
        assert_eq!(FileSettings::parse("precision = \"int8\"\n").unwrap().precision, Some(Precision::Int8));
        let error = FileSettings::parse("threads = 2\nmodle = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("modle"), "{error}");
    }
}
