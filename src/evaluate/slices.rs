//! Where a system is weak: its scores on parts of the rows, and which parts are worse than chance would have them.
//!
//! For each part of at least [`MIN_ROWS`] rows: if the system's errors were spread over the rows at random, how likely were as
//! many or more in it? That is the upper tail of the hypergeometric distribution ([`hypergeometric_tail`]), corrected by Holm for
//! all parts that were tested; a part is flagged below 0.05. The test takes rows as independent, which sentences of one
//! article are not quite: a flag says where to look.

use super::Rows;
use crate::dataset::Row;
use crate::error::{Error, Result};
use crate::score::exact::{holm, hypergeometric_tail};
use crate::score::f1::macro_f1;
use crate::score::{Answers, Confusion};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Rows that a part needs to be tested and shown.
pub const MIN_ROWS: u64 = 10;
/// Values above which a column names rows rather than parts.
const MAX_VALUES: usize = 2000;
/// Values above which a column that nobody asked for is passed over.
const MAX_UNASKED: usize = 50;
/// Columns that are tried where nobody asked for any.
const MAX_COLUMNS: usize = 50;
/// A part is flagged where its corrected p-value is below this.
pub const ALPHA: f64 = 0.05;

/// A part of the rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// What the rows are cut up by.
    pub column: String,
    /// What the rows of the part have there.
    pub value: String,
    /// Rows.
    pub rows: u64,
    /// Of these, rows answered wrong.
    pub wrong: u64,
    /// Share answered right.
    pub accuracy: f64,
    /// Macro-F1 over the labels that occur in the part.
    pub macro_f1: Option<f64>,
    /// How likely so many errors were if errors fell at random.
    pub p: f64,
    /// The same, corrected for the number of parts.
    pub p_holm: f64,
    /// Whether that is below 0.05.
    pub flagged: bool,
}

/// Columns that are derived from a row and its answer.
const DERIVED: [&str; 6] = ["length", "quoted", "negated", "confidence", "agreement", "gold"];
/// Columns of every row.
const OWN: [&str; 5] = ["claim", "source", "kind", "split", "article"];

/// An error where a column that was asked for is not there, or names rows rather than parts.
pub fn check(rows: &Rows, asked: &[String]) -> Result<()> {
    for column in asked {
        // Every row has a gold label, and how sure an answer is shows when there is one.
        if matches!(column.as_str(), "gold" | "confidence") {
            continue;
        }
        let values: HashSet<Cow<str>> = rows.rows.iter().filter_map(|row| value(row, column)).collect();
        if values.is_empty() {
            return Err(Error::new(format!("--slice {column}: no row has anything in that column"))
                .expected(format!("one of {}", columns(rows).join(", "))));
        }
        if values.len() > MAX_VALUES {
            return Err(Error::new(format!("--slice {column}: {} different values", values.len()))
                .expected(format!("a column with {MAX_VALUES} at most, which makes parts of several rows")));
        }
    }
    Ok(())
}

/// The columns in which some row has something, in the order in which they are tried.
fn columns(rows: &Rows) -> Vec<&str> {
    let mut columns: Vec<&str> = OWN.iter().chain(&DERIVED).copied().collect();
    columns.retain(|c| matches!(*c, "gold" | "confidence") || rows.rows.iter().any(|row| value(row, c).is_some()));
    for (name, _) in rows.rows.iter().flat_map(|row| &row.extra) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    columns
}

/// The scores of a system on the parts of the rows: by the columns asked for, or by all that are there and make few parts.
pub fn slices(rows: &Rows, answers: &Answers, asked: &[String]) -> Vec<Slice> {
    let columns: Vec<&str> = if asked.is_empty() {
        // Gold and article are there to be asked for: the labels have their own table, and articles are what is drawn.
        columns(rows).into_iter().filter(|c| !matches!(*c, "article" | "gold")).take(MAX_COLUMNS).collect()
    } else {
        asked.iter().map(String::as_str).collect()
    };
    let mut found: Vec<Slice> = columns.iter().flat_map(|column| cut(rows, answers, column, !asked.is_empty())).collect();
    let corrected = holm(&found.iter().map(|slice| slice.p).collect::<Vec<_>>());
    for (slice, p) in found.iter_mut().zip(corrected) {
        (slice.p_holm, slice.flagged) = (p, p < ALPHA);
    }
    found
}

/// The parts that one column makes, the largest first. None where it has but one value.
fn cut(rows: &Rows, answers: &Answers, column: &str, asked: bool) -> Vec<Slice> {
    let k = answers.labels().len();
    let mut parts: HashMap<Cow<str>, Confusion> = HashMap::new();
    let mut confidences = answers.confidences();
    for (i, row) in rows.rows.iter().enumerate() {
        let confidence = confidences.as_mut().and_then(Iterator::next);
        let gold = answers.gold()[i];
        let value = match column {
            "gold" => Some(Cow::Borrowed(answers.labels()[gold].as_str())),
            "confidence" => confidence.map(|c| Cow::Borrowed(confidence_band(c))),
            _ => value(row, column),
        };
        if let Some(value) = value {
            parts.entry(value).or_insert_with(|| Confusion::new(k)).add(gold, answers.predicted()[i], 1);
        }
        if parts.len() > if asked { MAX_VALUES } else { MAX_UNASKED } {
            return Vec::new();
        }
    }
    if parts.len() < 2 && !asked {
        return Vec::new();
    }
    let matrix = answers.confusion();
    let (all, wrong) = (matrix.total(), matrix.total() - matrix.correct());
    let mut slices: Vec<Slice> = parts
        .into_iter()
        .filter(|(_, part)| part.total() >= MIN_ROWS)
        .map(|(value, part)| {
            let (n, errors) = (part.total(), part.total() - part.correct());
            let p = hypergeometric_tail(all, wrong, n, errors);
            Slice {
                column: column.to_owned(),
                value: value.into_owned(),
                rows: n,
                wrong: errors,
                accuracy: part.correct() as f64 / n as f64,
                macro_f1: macro_f1(&part),
                p,
                p_holm: p,
                flagged: false,
            }
        })
        .collect();
    slices.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.value.cmp(&b.value)));
    slices
}

/// What a row has in a column; `None` where it has nothing.
fn value<'a>(row: &'a Row, column: &str) -> Option<Cow<'a, str>> {
    let some = |text: &'a str| Some(Cow::Borrowed(text)).filter(|t| !t.trim().is_empty());
    match column {
        "claim" => some(&row.claim),
        "source" => row.source.as_deref().and_then(some),
        "kind" => row.kind.as_deref().and_then(some),
        "split" => row.split.as_deref().and_then(some),
        "article" => row.article.as_deref().and_then(some),
        "length" => Some(Cow::Borrowed(match row.text.split_whitespace().count() {
            0..10 => "1 to 9 words",
            10..20 => "10 to 19 words",
            20..30 => "20 to 29 words",
            30..50 => "30 to 49 words",
            _ => "50 words and more",
        })),
        "quoted" => Some(Cow::Borrowed(if is_quoted(&row.text) { "with a quotation" } else { "without" })),
        "negated" => Some(Cow::Borrowed(if is_negated(&row.text) { "with a negation" } else { "without" })),
        "agreement" => {
            let votes = row.vote_counts();
            (row.votes.len() > 1).then_some(Cow::Borrowed(if votes.len() == 1 { "readers agree" } else { "readers differ" }))
        }
        _ => row.extra.iter().find(|(name, _)| name == column).and_then(|(_, value)| some(value)),
    }
}

fn confidence_band(confidence: f64) -> &'static str {
    match confidence {
        c if c < 0.4 => "below 0.4",
        c if c < 0.6 => "0.4 to 0.6",
        c if c < 0.8 => "0.6 to 0.8",
        c if c < 0.9 => "0.8 to 0.9",
        _ => "0.9 and more",
    }
}

/// Whether a text has a pair of double quotation marks.
fn is_quoted(text: &str) -> bool {
    text.matches('"').count() > 1 || text.contains(['“', '”', '«', '»', '„'])
}

/// Whether a text has a word of denial.
fn is_negated(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "no", "not", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without", "cannot", "hardly",
        "unlikely", "refuses",
    ];
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’'))).any(|word| {
        let word = word.to_lowercase();
        WORDS.contains(&word.as_str()) || word.ends_with("n't") || word.ends_with("n’t")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, Labels, Problems};

    fn rows(rows: Vec<Row>) -> Rows {
        let dataset = Dataset {
            name: "d".into(),
            path: "d".into(),
            manifest: None,
            split: None,
            rows: Vec::new(),
            problems: Problems::default(),
            files: Vec::new(),
            labels: Labels::default(),
        };
        let groups = (0..rows.len()).map(|i| i.to_string()).collect();
        Rows { dataset, gold: vec![0; rows.len()], groups, rows }
    }

    #[test]
    fn a_part_with_more_errors_than_chance_is_flagged() {
        let row = |i: usize| Row {
            id: i.to_string(),
            text: "The ferry sails.".into(),
            claim: "It sails.".into(),
            extra: vec![("outlet".into(), ["Gazette", "Courier", "Herald"][i % 3].into())],
            ..Row::default()
        };
        let rows = rows((0..90).map(row).collect());
        // 15 of 30 rows of the Gazette are wrong, and 2 of each other 30.
        let predicted = (0..90).map(|i| usize::from(if i % 3 == 0 { i % 2 == 0 } else { i < 6 })).collect();
        let answers = Answers::new(["a", "b"].map(String::from).to_vec(), vec![0; 90], predicted).unwrap();
        let slices = slices(&rows, &answers, &[]);
        let columns: Vec<&str> = slices.iter().map(|s| s.column.as_str()).collect();
        assert_eq!(columns, ["outlet"; 3], "columns with one value are passed over");
        let gazette = slices.iter().find(|s| s.value == "Gazette").unwrap();
        assert_eq!((gazette.rows, gazette.wrong, gazette.flagged), (30, 15, true));
        assert!(gazette.p_holm >= gazette.p && gazette.p < 1e-5);
        assert!(slices.iter().all(|s| s.flagged == (s.value == "Gazette")));
        assert_eq!(super::slices(&rows, &answers, &["gold".into()]).len(), 1);
        let error = check(&rows, &["outlet".into(), "nothing".into()]).unwrap_err().to_string();
        assert!(
            error.contains("--slice nothing") && error.ends_with("claim, length, quoted, negated, confidence, gold, outlet"),
            "{error}"
        );
    }

    #[test]
    fn words_of_denial_and_quotations_are_seen() {
        for text in ["It will not sail.", "It won't sail.", "It won’t.", "Nobody sails", "It sails without them."] {
            assert!(is_negated(text), "{text}");
        }
        for text in ["It will sail.", "A knot of sailors.", "Norway sails."] {
            assert!(!is_negated(text), "{text}");
        }
        assert!(is_quoted("\"It sails,\" she said.") && is_quoted("“It sails.") && !is_quoted("A 12\" pipe."));
    }
}
