//! The one error type: where it happened, what was found, what was expected, and a hint.

use std::fmt;
use std::path::{Path, PathBuf};

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error that a person can act on.
///
/// Displayed as `file:line:column: message; expected …`, then, on a line of its own, `hint: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Parts>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Parts {
    file: Option<PathBuf>,
    line: Option<u64>,
    column: Option<u64>,
    message: String,
    expected: Option<String>,
    hint: Option<String>,
}

impl Error {
    /// An error that says what was found.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Parts { message: message.into(), ..Parts::default() }))
    }

    /// The file (or `-` for standard input) that it is about. Kept if already set: the innermost place is the most exact.
    pub fn at(mut self, file: impl AsRef<Path>) -> Self {
        self.0.file.get_or_insert_with(|| file.as_ref().to_path_buf());
        self
    }

    /// The line, counted from 1.
    pub fn line(mut self, line: u64) -> Self {
        self.0.line.get_or_insert(line);
        self
    }

    /// The column, counted from 1, in characters.
    pub fn column(mut self, column: u64) -> Self {
        self.0.column.get_or_insert(column);
        self
    }

    /// Says first in what part of the input it was found: "row 7: …".
    pub fn within(mut self, part: impl fmt::Display) -> Self {
        self.0.message = format!("{part}: {}", self.0.message);
        self
    }

    /// What would have been right.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.0.expected = Some(expected.into());
        self
    }

    /// What the reader may do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What was found, without its place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The file it is about, where there is one.
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { file, line, column, message, expected, hint } = &*self.0;
        if let Some(file) = file {
            write!(f, "{}:", file.display())?;
            if let Some(line) = line {
                write!(f, "{line}:")?;
                if let Some(column) = column {
                    write!(f, "{column}:")?;
                }
            }
            f.write_str(" ")?;
        } else if let Some(line) = line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(message)?;
        if let Some(expected) = expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(hint) = hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Turns a foreign error into ours, with what was being done.
pub trait Context<T> {
    /// Prefixes the error with what was being done.
    fn context(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|e| Error::new(format!("{doing}: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_place_finding_expectation_and_hint() {
        let e = Error::new("label \"pro\"").at("rows.jsonl").line(7).expected("favor or against").hint("see --help");
        assert_eq!(e.to_string(), "rows.jsonl:7: label \"pro\"; expected favor or against\n  hint: see --help");
    }

    #[test]
    fn the_innermost_place_is_kept() {
        let e = Error::new("broken").at("inner.txt").at("outer");
        assert_eq!(e.file(), Some(Path::new("inner.txt")));
    }
}
