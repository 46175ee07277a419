//! What is wrong, or may be wrong, with a dataset before anybody trains on it or believes its scores.

use super::{Dataset, Row};
use crate::plural;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably a mistake.
    Warning,
    /// Scores or training would be wrong.
    Error,
}

/// One kind of finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Its name, stable from version to version.
    pub code: &'static str,
    /// What was found, for people.
    pub message: String,
    /// How often.
    pub count: usize,
    /// Ids of the first rows that it was found in, or the messages of the reader.
    pub examples: Vec<String>,
}

/// All findings, the worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows that were looked at.
    pub rows: usize,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Examples kept of each finding.
const EXAMPLES: usize = 5;
/// Characters above which a text is hardly one sentence.
const LONG_TEXT: usize = 1000;
/// A label with more than this share of a split leaves little to learn or to measure.
const LARGE_SHARE: f64 = 0.9;
/// A label with less than this share of a split is measured by few rows.
const SMALL_SHARE: f64 = 0.01;

impl Report {
    /// Whether there is an error among the findings.
    pub fn failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The finding of a name.
    pub fn get(&self, code: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }

    fn add(&mut self, severity: Severity, code: &'static str, message: impl Into<String>, found: &[String]) {
        if !found.is_empty() {
            let examples = found.iter().take(EXAMPLES).cloned().collect();
            self.findings.push(Finding { severity, code, message: message.into(), count: found.len(), examples });
        }
    }
}

/// Checks a dataset: what its reader complained of, its card, and its rows.
///
/// | finding | severity | what |
/// |---|---|---|
/// | `unreadable` | error | rows, hashes or counts that the reader complained of |
/// | `no-card` | warning | a folder without a `README.md` |
/// | `no-rows` | error | nothing to check |
/// | `duplicate-id` | error | an id that several rows have |
/// | `unknown-label` | error | a label or vote that is none of the dataset's |
/// | `empty-text`, `empty-claim` | error | nothing, or white space only |
/// | `long-text` | warning | more than 1,000 characters |
/// | `conflict` | error | the same text and claim with different labels |
/// | `duplicate` | warning | the same text, claim and label |
/// | `near-conflict`, `near-duplicate` | warning | the same but for case, spaces and punctuation |
/// | `leak-pair` | error | the same text (so folded) and claim in two splits |
/// | `leak-text` | warning | the same text in two splits, under different claims |
/// | `leak-article` | error | an article with rows in two splits |
/// | `shared-claim` | info | a claim with rows in two splits: scores are not zero-shot |
/// | `one-sided`, `rare-label`, `absent-label` | warning | label shares of a split above 90 %, below 1 %, or 0 |
/// | `minority-label` | warning | fewer votes for the label than for another |
pub fn check(dataset: &Dataset) -> Report {
    let mut report = Report { rows: dataset.rows.len(), findings: Vec::new() };
    let problems: Vec<String> = dataset.problems.iter().map(ToString::to_string).collect();
    report.add(Severity::Error, "unreadable", "rows or files that cannot be used", &problems);
    if let Some(finding) = report.findings.last_mut() {
        finding.count = dataset.problems.len();
    }
    if dataset.manifest.is_some() && !dataset.path.join("README.md").is_file() {
        let path = dataset.path.display().to_string();
        report.add(
            Severity::Warning,
            "no-card",
            "no README.md: say how the rows were made, by whom, and what they are for",
            &[path],
        );
    }
    if dataset.rows.is_empty() {
        report.add(Severity::Error, "no-rows", "no rows", std::slice::from_ref(&dataset.name));
    }
    check_rows(&dataset.rows, &dataset.labels.known(), &mut report);
    report.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    report
}

fn check_rows(rows: &[Row], known: &BTreeSet<String>, report: &mut Report) {
    use Severity::{Error, Info, Warning};
    let ids =
        |test: &dyn Fn(&Row) -> bool| -> Vec<String> { rows.iter().filter(|row| test(row)).map(|row| row.id.clone()).collect() };

    let mut by_id: HashMap<&str, usize> = HashMap::new();
    rows.iter().for_each(|row| *by_id.entry(&row.id).or_default() += 1);
    let mut repeated: Vec<String> = by_id.iter().filter(|(_, n)| **n > 1).map(|(id, _)| (*id).to_owned()).collect();
    repeated.sort();
    report.add(Error, "duplicate-id", "ids that several rows have", &repeated);

    let unknown = ids(&|row| !known.contains(&row.label) || row.votes.iter().any(|vote| !known.contains(vote)));
    report.add(Error, "unknown-label", "labels or votes that are none of the dataset's", &unknown);
    report.add(Error, "empty-text", "rows without text", &ids(&|row| row.text.trim().is_empty()));
    report.add(Error, "empty-claim", "rows without a claim", &ids(&|row| row.claim.trim().is_empty()));
    let long = ids(&|row| row.text.len() > LONG_TEXT && row.text.chars().count() > LONG_TEXT);
    report.add(Warning, "long-text", format!("texts of more than {LONG_TEXT} characters: is each one sentence?"), &long);
    let minority = ids(&|row| {
        let votes = row.vote_counts();
        let own = votes.get(row.label.as_str()).copied().unwrap_or(0);
        votes.values().any(|&n| n > own)
    });
    report.add(Warning, "minority-label", "labels that have fewer votes than another", &minority);

    duplicates(rows, report);
    leaks(rows, report);
    balance(rows, report);

    let shared = across_splits(rows, |row| Some(row.claim.clone()));
    let shared: Vec<String> = shared.into_iter().map(|same| rows[same[0]].claim.clone()).collect();
    report.add(Info, "shared-claim", "claims with rows in two splits: scores are not those of unseen claims", &shared);
}

fn duplicates(rows: &[Row], report: &mut Report) {
    let mut exact: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut folded: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(_, row)| !row.text.trim().is_empty()) {
        exact.entry((&row.text, &row.claim)).or_default().push(i);
        folded.entry((fold(&row.text), fold(&row.claim))).or_default().push(i);
    }
    let conflicting = |same: &[usize]| same.iter().any(|&i| rows[i].label != rows[same[0]].label);
    // The rows beyond the first of each set, in the order of the rows.
    let surplus = |sets: Vec<&Vec<usize>>| -> Vec<String> {
        let mut rest: Vec<usize> = sets.iter().flat_map(|same| &same[1..]).copied().collect();
        rest.sort_unstable();
        rest.into_iter().map(|i| rows[i].id.clone()).collect()
    };
    let sets = |conflict: bool| exact.values().filter(move |same| same.len() > 1 && conflicting(same) == conflict).collect();
    let near = |conflict: bool| {
        let differ =
            |same: &[usize]| same.iter().any(|&i| (&rows[i].text, &rows[i].claim) != (&rows[same[0]].text, &rows[same[0]].claim));
        folded.values().filter(move |same| differ(same) && conflicting(same) == conflict).collect()
    };
    use Severity::{Error, Warning};
    report.add(
        Error,
        "conflict",
        "rows with text and claim of an earlier row, in a set whose labels differ",
        &surplus(sets(true)),
    );
    report.add(Warning, "duplicate", "rows with text, claim and label of an earlier row", &surplus(sets(false)));
    let alike = "but for case, spaces and punctuation";
    report.add(Warning, "near-conflict", format!("rows alike {alike}, with different labels"), &surplus(near(true)));
    report.add(Warning, "near-duplicate", format!("rows alike {alike}"), &surplus(near(false)));
}

fn leaks(rows: &[Row], report: &mut Report) {
    let ids = |sets: Vec<Vec<usize>>| -> Vec<String> {
        sets.into_iter().map(|same| same.iter().take(4).map(|&i| rows[i].id.as_str()).collect::<Vec<_>>().join(" ")).collect()
    };
    let text = |row: &Row| Some(fold(&row.text)).filter(|text| !text.is_empty());
    let pairs = across_splits(rows, |row| Some((text(row)?, fold(&row.claim))));
    let in_pairs: BTreeSet<String> = pairs.iter().map(|same| fold(&rows[same[0]].text)).collect();
    let mut texts = across_splits(rows, text);
    texts.retain(|same| !in_pairs.contains(&fold(&rows[same[0]].text)));
    let articles = across_splits(rows, |row| Some((row.source.clone(), row.article.clone()?)));
    let articles: Vec<String> = articles.into_iter().filter_map(|same| rows[same[0]].article.clone()).collect();
    report.add(Severity::Error, "leak-pair", "texts that two splits have under the same claim", &ids(pairs));
    report.add(Severity::Warning, "leak-text", "texts that two splits have under different claims", &ids(texts));
    report.add(Severity::Error, "leak-article", "articles with rows in two splits", &articles);
}

/// The sets of rows with the same key that reach into more than one split, in the order of their first rows.
fn across_splits<K: std::hash::Hash + Eq>(rows: &[Row], key: impl Fn(&Row) -> Option<K>) -> Vec<Vec<usize>> {
    let mut sets: HashMap<K, Vec<usize>> = HashMap::new();
    for (i, row) in rows.iter().enumerate().filter(|(_, row)| row.split.is_some()) {
        if let Some(key) = key(row) {
            sets.entry(key).or_default().push(i);
        }
    }
    let mut sets: Vec<Vec<usize>> =
        sets.into_values().filter(|same| same.iter().any(|&i| rows[i].split != rows[same[0]].split)).collect();
    sets.sort_unstable();
    sets
}

fn balance(rows: &[Row], report: &mut Report) {
    let labels: BTreeSet<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    let mut splits: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows {
        splits.entry(row.split.as_deref().unwrap_or("all rows")).or_default().push(&row.label);
    }
    let (mut large, mut small, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for (split, found) in splits {
        for label in &labels {
            let n = found.iter().filter(|other| *other == label).count();
            let share = n as f64 / found.len() as f64;
            let says = format!("{split}: {label} {n} of {}", found.len());
            match n {
                0 => absent.push(says),
                _ if share > LARGE_SHARE => large.push(says),
                _ if share < SMALL_SHARE => small.push(says),
                _ => {}
            }
        }
    }
    report.add(Severity::Warning, "one-sided", "splits that are nearly all one label", &large);
    report.add(Severity::Warning, "rare-label", "labels with very few rows", &small);
    report.add(Severity::Warning, "absent-label", "labels that a split does not have", &absent);
}

/// A text without what rarely matters: lower case, words of letters and digits, one space between them. A text without
/// letters and digits is kept, so that "?" and "!" are not the same.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    if folded.is_empty() { text.trim().to_owned() } else { folded }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let Finding { severity, code, message, count, examples } = finding;
            writeln!(f, "{severity}[{code}]: {message} ({count})")?;
            for example in examples {
                writeln!(f, "  {}", example.replace('\n', "\n  "))?;
            }
            if *count > examples.len() {
                writeln!(f, "  … and {} more", count - examples.len())?;
            }
        }
        let count = |severity| self.findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let (rows, kinds) = (plural::count(self.rows, "row"), plural::count(errors, "kind"));
        writeln!(f, "{rows} checked: {kinds} of error, {warnings} of warning")
    }
}
