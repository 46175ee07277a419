//! Rows from JSONL and CSV, streaming: every bad row is an error of its own, with its line, and reading goes on after it.
//!
//! JSONL: one object a line; blank lines are skipped. CSV and TSV: a header line names the columns, in any order; where it has
//! none of the separators that its name stands for, semicolons, tabs or commas separate. Both have the same keys; null or an
//! empty cell counts as absent. Keys not listed are kept as text where they are text, numbers or truth values
//! ([`Row::extra`]), and dropped otherwise.
//!
//! | key | value |
//! |---|---|
//! | `text` | the text; may be left out where `article`, `start`, `end` and `sha256` stand in its place |
//! | `claim` (or `target`) | the claim; may be left out where the dataset has one for all |
//! | `label` | a label of the project, one of its aliases, or a name that the dataset's `[labels]` explains |
//! | `id` | text or whole number; where absent, the file's name and the line, as in `train:7` |
//! | `article`, `start`, `end`, `sha256` | article, span in bytes, hash of the text |
//! | `votes` | labels as a list, or an object of counts by label; in CSV separated by <code>&#124;</code>, or an object |
//! | `prob` | an object of probabilities by label |
//! | `split`, `source`, `kind` | text |
//!
//! A line, or a CSV record, may have [`MAX_LINE`] bytes: a larger one is an error and is not kept in memory. After it, and after
//! a quotation mark that is not closed, reading goes on with the next line.

use super::row::Row;
use crate::error::{Error, Result};
use crate::records::{self, Cells, Lines, Place, kind_of};
use crate::stance::Stance;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that a line or a record may have.
pub const MAX_LINE: usize = 1 << 20;

/// Votes that a row may have; counts above it are a mistake.
const MAX_VOTES: u64 = 1000;

/// The labels that a reader knows, with other names for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    names: BTreeMap<String, String>,
    /// How a user may add to them, for hints.
    renaming: Option<&'static str>,
}

impl Labels {
    /// The project's labels and aliases, with a dataset's own names on top: `names` maps its name to the label's. A label
    /// that is mapped to is known under its own name too.
    pub fn new(names: BTreeMap<String, String>) -> Self {
        let names = names.into_iter().map(|(name, label)| (name.trim().to_owned(), label.trim().to_owned())).collect();
        Self { names, renaming: None }
    }

    /// Says how the user of a command may explain the name `yes`, as in `--rename yes=favor`.
    pub fn renaming(self, renaming: Option<&'static str>) -> Self {
        Self { renaming, ..self }
    }

    /// The label that a name means.
    pub fn resolve(&self, name: &str) -> Option<String> {
        let name = name.trim();
        let own = self.names.get(name).or_else(|| self.names.values().find(|label| *label == name));
        own.cloned().or_else(|| Stance::from_alias(name).map(|stance| stance.to_string()))
    }

    /// Every label that a name can come to mean.
    pub fn known(&self) -> BTreeSet<String> {
        Stance::ALL.iter().map(|stance| stance.to_string()).chain(self.names.values().cloned()).collect()
    }

    fn need(&self, name: &str) -> Result<String> {
        self.resolve(name).ok_or_else(|| {
            Error::new(format!("unknown label {:?}", shorten(name)))
                .expected(format!("{} or an alias", self.known().into_iter().collect::<Vec<_>>().join(", ")))
                .hint(match self.renaming {
                    Some(how) => format!("explain the name, as in {how}; in a dataset's folder under [labels] in dataset.toml"),
                    None => "explain the name under [labels] in dataset.toml, as in yes = \"favor\"".to_owned(),
                })
        })
    }
}

/// What the rows of a file have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Names of labels.
    pub labels: Labels,
    /// The claim of rows that name none.
    pub claim: Option<String>,
    /// The split of rows that name none.
    pub split: Option<String>,
}

/// Opens a file by its extension: `.jsonl` (or `.ndjson`), `.csv`, `.tsv`.
pub fn open<'a>(path: impl AsRef<Path>, options: &'a ReadOptions) -> Result<Box<dyn Iterator<Item = Result<Row>> + 'a>> {
    let path = path.as_ref();
    let format = Format::of(path)?;
    let file = File::open(path).map_err(|e| Error::new(format!("cannot open the rows: {e}")).at(path))?;
    Ok(format.rows(file, path, options))
}

/// How a file of rows is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Columns with this separator, quoted as in RFC 4180.
    Csv(u8),
}

/// Lines with their numbers, as keys and values.
type Records<'a> = Box<dyn Iterator<Item = Result<(u64, Map<String, Value>)>> + 'a>;

impl Format {
    /// The format that a file's extension names.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            Some("csv") => Ok(Self::Csv(b',')),
            Some("tsv") => Ok(Self::Csv(b'\t')),
            _ => Err(Error::new("unknown format of rows").at(path).expected("a file that ends in .jsonl, .csv or .tsv")),
        }
    }

    /// The rows of a reader; `name` is for errors and for the ids of rows that have none.
    pub fn rows<'a, R: Read + 'a>(
        self,
        reader: R,
        name: &Path,
        options: &'a ReadOptions,
    ) -> Box<dyn Iterator<Item = Result<Row>> + 'a> {
        let records = self.records(reader, name, |columns| check_header(columns, options));
        let name = name.to_path_buf();
        Box::new(records.map(move |record| {
            let (line, map) = record?;
            row(map, &name, line, options).map_err(|e| e.at(&name).line(line))
        }))
    }

    /// Lines with their numbers, as keys and values, whatever they mean; `check` looks at the names of the columns of CSV.
    pub fn records<'a, R: Read + 'a>(self, reader: R, name: &Path, check: impl Fn(&[String]) -> Result<()> + 'a) -> Records<'a> {
        match self {
            Self::Jsonl => Box::new(jsonl(reader, name)),
            Self::Csv(separator) => Box::new(csv(reader, name, separator, check)),
        }
    }
}

fn jsonl<'a, R: Read + 'a>(reader: R, name: &Path) -> impl Iterator<Item = Result<(u64, Map<String, Value>)>> + use<'a, R> {
    let name = name.to_path_buf();
    let mut lines = Lines::new(reader, MAX_LINE as u64, too_long);
    std::iter::from_fn(move || {
        let map = lines.next()?.and_then(|()| json_map(&lines.line, lines.number));
        Some(map.map(|map| (lines.number, map)).map_err(|e| e.at(&name).line(lines.number)))
    })
}

fn json_map(line: &[u8], number: u64) -> Result<Map<String, Value>> {
    let text = std::str::from_utf8(line)
        .map_err(|e| Error::new(format!("byte {} of the line is not UTF-8", e.valid_up_to() + 1)).expected("text in UTF-8"))?;
    records::object(text, Place { line: number, column: 1 })
}

fn too_long(what: String, limit: u64) -> Error {
    Error::new(what)
        .expected(format!("at most {limit} bytes"))
        .hint("is it a file of rows, one sentence each? A quotation mark that is not closed makes a long record too")
}

fn csv<'a, R: Read + 'a, C: Fn(&[String]) -> Result<()> + 'a>(
    reader: R,
    name: &Path,
    separator: u8,
    check: C,
) -> impl Iterator<Item = Result<(u64, Map<String, Value>)>> + use<'a, R, C> {
    let name = name.to_path_buf();
    let mut records = Cells::new(reader, separator, MAX_LINE as u64, too_long);
    let mut header: Option<Vec<String>> = None;
    let mut ended = false;
    std::iter::from_fn(move || {
        while !ended {
            let result = records.next()?.and_then(|(line, cells)| {
                let map = match &header {
                    Some(header) => csv_map(header, &cells).map(|map| Some((line, map))),
                    None => {
                        csv_header(&cells).and_then(|columns| check(&columns).map(|()| header = Some(columns))).map(|()| None)
                    }
                };
                map.map_err(|e| e.line(line))
            });
            // Without a header no row has a meaning.
            ended = header.is_none();
            if let Some(result) = result.transpose() {
                return Some(result.map_err(|e| e.at(&name)));
            }
        }
        None
    })
}

fn csv_header(cells: &[Vec<u8>]) -> Result<Vec<String>> {
    let mut columns: Vec<String> = Vec::new();
    for (i, cell) in cells.iter().enumerate() {
        let cell = std::str::from_utf8(cell).map_err(|_| Error::new(format!("column name {} is not UTF-8", i + 1)))?;
        let column = cell.trim();
        if !column.is_empty() && columns.iter().any(|other| other == column) {
            return Err(Error::new(format!("column {column:?} for the second time")).expected("distinct columns"));
        }
        columns.push(column.to_owned());
    }
    Ok(columns)
}

fn check_header(columns: &[String], options: &ReadOptions) -> Result<()> {
    let has = |name: &str| columns.iter().any(|column| column == name);
    let text = has("text") || ["article", "start", "end", "sha256"].into_iter().all(has);
    let claim = has("claim") || has("target") || options.claim.is_some();
    for (there, name) in [(text, "text"), (claim, "claim"), (has("label"), "label")] {
        if !there {
            let found = shorten(&columns.join(", "));
            return Err(Error::new(format!("no column {name:?} among {found}"))
                .expected("a header line with text, claim and label")
                .hint("columns are separated by commas, semicolons or tabs"));
        }
    }
    Ok(())
}

fn csv_map(header: &[String], cells: &[Vec<u8>]) -> Result<Map<String, Value>> {
    if cells.len() != header.len() {
        return Err(records::unequal(cells.len(), header.len()));
    }
    let mut map = Map::new();
    for (column, cell) in header.iter().zip(cells) {
        let cell = std::str::from_utf8(cell)
            .map_err(|_| Error::new(format!("column {column:?} is not UTF-8")).expected("text in UTF-8"))?;
        let value = match column.as_str() {
            "text" => Value::from(cell),
            _ if cell.is_empty() => continue,
            "votes" | "prob" | "scores" if cell.starts_with('{') => serde_json::from_str(cell)
                .map_err(|e| Error::new(format!("broken JSON in {column:?}: {e}")).expected("an object by label"))?,
            "votes" => cell.split('|').map(Value::from).collect(),
            _ => Value::from(cell),
        };
        map.insert(column.clone(), value);
    }
    Ok(map)
}

/// A row from its keys and values, whatever the format.
fn row(mut map: Map<String, Value>, name: &Path, line: u64, options: &ReadOptions) -> Result<Row> {
    let labels = &options.labels;
    let mut take = |key: &str| map.remove(key).filter(|value| !value.is_null());
    let mut scalar = |key: &str| take(key).map(|value| to_text(key, value)).transpose();

    let text = scalar("text")?;
    let target = scalar("target")?;
    let claim = scalar("claim")?.or(target).or_else(|| options.claim.clone());
    let label = scalar("label")?;
    let article = scalar("article")?;
    let sha256 = scalar("sha256")?.map(|hash| hash.to_ascii_lowercase());
    let id = scalar("id")?;
    let (split, source, kind) = (scalar("split")?, scalar("source")?, scalar("kind")?);
    let start = take("start").map(|value| to_offset("start", &value)).transpose()?;
    let end = take("end").map(|value| to_offset("end", &value)).transpose()?;
    let (votes, votes_are_counts) = take("votes").map_or(Ok((Vec::new(), false)), |value| to_votes(value, labels))?;
    let prob = take("prob").map(|value| to_prob(value, labels)).transpose()?;

    let standoff = article.is_some() && start.is_some() && end.is_some() && sha256.is_some();
    let text = match text {
        Some(text) => text,
        None if standoff => String::new(),
        None => return Err(missing("text").hint("a row without text needs article, start, end and sha256")),
    };
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return Err(Error::new(format!("start {start} behind end {end}")).expected("start <= end, in bytes"));
    }
    if let Some(hash) = sha256.as_deref().filter(|hash| !super::hash::is_hash(hash)) {
        return Err(Error::new(format!("sha256 {:?}", shorten(hash))).expected("64 hexadecimal digits"));
    }
    let claim =
        claim.ok_or_else(|| missing("claim").hint("a dataset with one claim may name it in dataset.toml: claim = \"…\""))?;
    let label = labels.need(&label.ok_or_else(|| missing("label"))?)?;
    let id = id.unwrap_or_else(|| format!("{}:{line}", name.file_stem().unwrap_or_default().to_string_lossy()));
    let split = split.or_else(|| options.split.clone());
    let mut extra: Vec<(String, String)> = map.into_iter().filter_map(|(key, value)| Some((key, to_extra(value)?))).collect();
    extra.sort();
    Ok(Row { id, text, claim, label, article, start, end, sha256, split, votes, votes_are_counts, source, kind, prob, extra })
}

/// A column that the program has no use for itself, as text.
fn to_extra(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn missing(key: &str) -> Error {
    Error::new(format!("no {key:?} in the row")).expected("text, claim and label")
}

/// Text, or a number or truth value as its text: ids and labels are often whole numbers.
pub(crate) fn to_text(key: &str, value: Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) if key != "text" => Ok(number.to_string()),
        Value::Bool(truth) if key == "label" => Ok(truth.to_string()),
        other => Err(Error::new(format!("{key:?} is {}", kind_of(&other))).expected("text")),
    }
}

fn to_offset(key: &str, value: &Value) -> Result<usize> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| Error::new(format!("{key:?} is {}", shorten(&value.to_string()))).expected("a whole number of bytes"))
}

fn to_votes(value: Value, labels: &Labels) -> Result<(Vec<String>, bool)> {
    match value {
        Value::Array(votes) if votes.len() as u64 <= MAX_VOTES => {
            let vote = |vote| labels.need(&to_text("label", vote)?);
            Ok((votes.into_iter().map(vote).collect::<Result<_>>()?, false))
        }
        Value::Object(counts) => {
            let mut by_label: BTreeMap<String, u64> = BTreeMap::new();
            for (name, count) in counts {
                let n = count.as_u64().filter(|n| *n <= MAX_VOTES).ok_or_else(|| {
                    Error::new(format!("{} votes for {:?}", shorten(&count.to_string()), shorten(&name)))
                        .expected(format!("a count of at most {MAX_VOTES}"))
                })?;
                *by_label.entry(labels.need(&name)?).or_default() += n;
            }
            let votes = by_label.into_iter().flat_map(|(label, n)| (0..n).map(move |_| label.clone())).collect();
            Ok((votes, true))
        }
        Value::Array(votes) => Err(Error::new(format!("{} votes", votes.len())).expected(format!("at most {MAX_VOTES}"))),
        other => Err(Error::new(format!("\"votes\" is {}", kind_of(&other))).expected("a list of labels, or counts by label")),
    }
}

fn to_prob(value: Value, labels: &Labels) -> Result<BTreeMap<String, f64>> {
    let Value::Object(map) = value else {
        return Err(Error::new(format!("\"prob\" is {}", kind_of(&value))).expected("an object of probabilities by label"));
    };
    let mut prob = BTreeMap::new();
    for (name, value) in map {
        let p = value.as_f64().filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| {
            Error::new(format!("probability {} of {:?}", shorten(&value.to_string()), shorten(&name)))
                .expected("a number from 0 to 1")
        })?;
        if prob.insert(labels.need(&name)?, p).is_some() {
            return Err(Error::new(format!("a second probability under {:?}", shorten(&name))).expected("one for each label"));
        }
    }
    Ok(prob)
}

/// Foreign text for a message: its beginning.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
