//! Tasks: one or more claims with the labels that a sentence may get, in one TOML file.
//!
//! ```toml
//! name = "carbon-price"                  # letters, digits, '-', '_' and '.'
//! version = "1"                          # changes whenever a label could change
//! prose = "What is asked, of what, why." # optional
//! guidelines = "carbon-price.md"         # optional: a file beside this one; or guidelines_text = """..."""
//!
//! [[claims]]                             # at least one
//! id = "growth"                          # optional; needed to tell claims apart in reports
//! text = "A carbon price cuts emissions without hurting growth."
//!
//! [[labels]]                             # at least two, in the order in which reports show them
//! name = "favor"
//! definition = "Conveys that the claim is or will be true."
//! ```
//!
//! Keys that are not in this list are refused, so that a misspelt one is not quietly without effect. Errors name the line and
//! the column.

use crate::error::{Context, Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// A validated task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Short name, fit for a file name.
    pub name: String,
    /// Version of labels, definitions and guidelines: two scores compare only under the same one.
    pub version: String,
    /// The claims, in the order of the file; at least one.
    pub claims: Vec<Claim>,
    /// The labels, in the order of the file; at least two.
    pub labels: Vec<Label>,
    /// The instructions that annotators were given, where the task has them.
    pub guidelines: Option<Guidelines>,
    /// What the task is about, in prose; may be empty.
    pub prose: String,
}

/// A proposition that a stance is taken towards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Short name, where there is one.
    pub id: Option<String>,
    /// The proposition, one sentence.
    pub text: String,
}

/// A label and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The name in rows and records.
    pub name: String,
    /// When a sentence gets this label.
    pub definition: String,
}

/// Instructions for annotators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guidelines {
    /// The file that they were read from, as the task names it; `None` where they stand in the task itself.
    pub path: Option<String>,
    /// Their text.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTask {
    name: Spanned<String>,
    version: Spanned<String>,
    #[serde(default)]
    prose: String,
    guidelines: Option<Spanned<String>>,
    guidelines_text: Option<Spanned<String>>,
    claims: Spanned<Vec<RawClaim>>,
    labels: Spanned<Vec<RawLabel>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClaim {
    id: Option<Spanned<String>>,
    text: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLabel {
    name: Spanned<String>,
    definition: Spanned<String>,
}

impl Task {
    /// Reads a task file, and the guidelines that it names, from beside it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let source = std::fs::read_to_string(path).context("cannot read the task").map_err(|e| e.at(path))?;
        Self::parse(path, &source)
    }

    /// Reads a task from the text of a file; `path` is for errors and to find the guidelines.
    pub fn parse(path: impl AsRef<Path>, source: &str) -> Result<Self> {
        let path = path.as_ref();
        let raw: RawTask = parse_toml(path, source)?;
        let fail = |span: Range<usize>, message: String| place(Error::new(message), path, source, span);
        check_name(raw.name.get_ref()).map_err(|e| place(e, path, source, raw.name.span()))?;
        let text = |what: &str, text: &Spanned<String>| match text.get_ref().trim() {
            "" => Err(fail(text.span(), format!("empty {what}")).expected("some text")),
            text => Ok(text.to_owned()),
        };
        let version = text("version", &raw.version)?;

        if raw.claims.get_ref().is_empty() {
            return Err(fail(raw.claims.span(), "no claims".into()).expected("at least one [[claims]]"));
        }
        let mut claims: Vec<Claim> = Vec::new();
        for raw in raw.claims.get_ref() {
            let claim = Claim { id: raw.id.as_ref().map(|id| text("id", id)).transpose()?, text: text("claim", &raw.text)? };
            if let Some(id) = &raw.id
                && claims.iter().any(|other| other.id == claim.id)
            {
                return Err(fail(id.span(), format!("claim id {:?} for the second time", id.get_ref())).expected("distinct ids"));
            }
            if claims.iter().any(|other| other.text == claim.text) {
                return Err(fail(raw.text.span(), "the same claim for the second time".into()).expected("distinct claims"));
            }
            claims.push(claim);
        }

        if raw.labels.get_ref().len() < 2 {
            return Err(
                fail(raw.labels.span(), format!("{} label", raw.labels.get_ref().len())).expected("at least two [[labels]]")
            );
        }
        let mut labels: Vec<Label> = Vec::new();
        for raw in raw.labels.get_ref() {
            let label = Label { name: text("label", &raw.name)?, definition: text("definition", &raw.definition)? };
            if labels.iter().any(|other| other.name == label.name) {
                return Err(
                    fail(raw.name.span(), format!("label {:?} for the second time", label.name)).expected("distinct labels")
                );
            }
            labels.push(label);
        }

        let guidelines = match (raw.guidelines, raw.guidelines_text) {
            (Some(_), Some(text)) => {
                return Err(fail(text.span(), "both guidelines and guidelines_text".into()).expected("one of the two"));
            }
            (Some(file), None) => {
                let name = file.get_ref();
                check_relative(name).map_err(|e| place(e, path, source, file.span()))?;
                let beside = path.parent().unwrap_or(Path::new("")).join(name);
                let text = std::fs::read_to_string(&beside)
                    .map_err(|e| fail(file.span(), format!("cannot read the guidelines {}: {e}", beside.display())))?;
                Some(Guidelines { path: Some(name.clone()), text })
            }
            (None, Some(inline)) => Some(Guidelines { path: None, text: text("guidelines_text", &inline)? }),
            (None, None) => None,
        };
        Ok(Self { name: raw.name.into_inner(), version, claims, labels, guidelines, prose: raw.prose.trim().to_owned() })
    }

    /// Names of the labels, in order.
    pub fn label_names(&self) -> Vec<String> {
        self.labels.iter().map(|label| label.name.clone()).collect()
    }

    /// The claim with this id, or with this text.
    pub fn claim(&self, id_or_text: &str) -> Option<&Claim> {
        self.claims
            .iter()
            .find(|claim| claim.id.as_deref() == Some(id_or_text))
            .or_else(|| self.claims.iter().find(|claim| claim.text == id_or_text))
    }
}

/// Reads a TOML file into a type; errors carry line and column.
pub(crate) fn parse_toml<T: DeserializeOwned>(path: &Path, source: &str) -> Result<T> {
    toml::from_str(source).map_err(|e| {
        let message = e.message().trim().replace('\n', "; ");
        let error = match message.split_once(", expected ") {
            Some((found, expected)) => Error::new(found).expected(expected),
            None => Error::new(message),
        };
        match e.span() {
            Some(span) => place(error, path, source, span),
            None => error.at(path),
        }
    })
}

/// Adds the place that a span of the source begins at.
pub(crate) fn place(error: Error, path: &Path, source: &str, span: Range<usize>) -> Error {
    let before = source.get(..span.start).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let line = before.matches('\n').count() as u64 + 1;
    error.at(path).line(line).column(before[line_start..].chars().count() as u64 + 1)
}

/// A name that can be part of a file name.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        return Err(Error::new(format!("name {name:?}")).expected("letters, digits, '-', '_' and '.', not beginning with '.'"));
    }
    Ok(())
}

/// A path that stays in the folder it is relative to: files that others write must not name files elsewhere.
pub(crate) fn check_relative(path: &str) -> Result<()> {
    use std::path::Component;
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.is_empty() || !inside {
        return Err(Error::new(format!("path {path:?}")).expected("a path inside the folder of this file"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = r#"name = "tides"
version = "2"
prose = """
Whether the sea rises.
"""

[[claims]]
id = "rise"
text = "The sea rises."

[[claims]]
text = "The sea falls."

[[labels]]
name = "favor"
definition = "For it."

[[labels]]
name = "against"
definition = "Against it."
"#;

    #[test]
    fn a_task_is_read() {
        let task = Task::parse("tides.toml", TASK).unwrap();
        assert_eq!((task.name.as_str(), task.version.as_str(), task.prose.as_str()), ("tides", "2", "Whether the sea rises."));
        assert_eq!(task.label_names(), ["favor", "against"]);
        assert_eq!(task.claim("rise"), Some(&task.claims[0]));
        assert_eq!(task.claim("The sea falls."), Some(&task.claims[1]));
        assert_eq!(task.guidelines, None);
    }

    #[test]
    fn errors_name_line_and_column() {
        for (from, to, expected) in [
            ("prose", "porse", "t.toml:3:1: unknown field `porse`; expected one of `name`"),
            ("id = \"rise\"", "key = 1", "t.toml:8:1: unknown field `key`; expected `id` or `text`"),
            (
                "\"The sea falls.\"",
                "\"The sea rises.\"",
                "t.toml:12:8: the same claim for the second time; expected distinct claims",
            ),
            ("\"against\"", "\"favor\"", "t.toml:19:8: label \"favor\" for the second time; expected distinct labels"),
            ("\"For it.\"", "\" \"", "t.toml:16:14: empty definition; expected some text"),
            ("\"2\"", "2", "t.toml:2:11: invalid type: integer `2`; expected a string"),
            ("\"tides\"", "\"../tides\"", "t.toml:1:8: name \"../tides\"; expected letters"),
            (
                "prose = \"\"\"",
                "guidelines = \"/etc/hosts\"\nprose = \"\"\"",
                "t.toml:3:14: path \"/etc/hosts\"; expected a path inside",
            ),
            ("prose = \"\"\"", "guidelines = \"no.md\"\nprose = \"\"\"", "t.toml:3:14: cannot read the guidelines no.md"),
            ("[[labels]]\nname = \"against\"\ndefinition = \"Against it.\"\n", "", "1 label; expected at least two [[labels]]"),
            ("version = \"2\"\n", "", "missing field `version`"),
            ("version = \"2\"", "version = ", "t.toml:2:11: "),
        ] {
            assert!(TASK.contains(from), "{from}");
            let e = Task::parse("t.toml", &TASK.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(e.contains(expected), "{expected:?} is not in {e:?}");
        }
    }

    #[test]
    fn the_tasks_of_the_project_are_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("evals/tasks");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "toml") {
                let task = Task::read(&path).unwrap();
                assert_eq!(task.label_names(), crate::Stance::ALL.map(|s| s.to_string()), "{}", path.display());
                assert_eq!(path.file_stem().unwrap().to_str(), Some(task.name.as_str()));
            }
        }
    }
}
