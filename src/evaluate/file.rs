//! The eval file: what is scored on what, in one TOML file.
//!
//! ```toml
//! name = "allies-sample"
//! prose = "What is measured, on what, and where the measure is biased."
//! dataset = "../datasets/allies-sample"   # beside this file; "data:PATH" is below --data; FOLDER:SPLIT takes one split
//! labels = ["favor", "against", "neutral", "unrelated"]
//! metrics = ["macro_f1", "accuracy", "kappa"]
//! models = ["stance-mini"]                # folders, names under models/, hub ids
//!
//! [merge]                                 # labels that the gold does not have, and what they count as
//! unrelated = "neutral"
//!
//! [names]                                 # other names for labels in the rows
//! entailment = "favor"
//!
//! [[baselines]]
//! kind = "tfidf"                          # or "majority"
//! train = ["../datasets/news-claims:train"]
//! sees = "claim"                          # or "sentence": half of each row, to show shortcuts in the data; both if not given
//!
//! [[tests]]                               # behavioural tests, where rows name them: see `stancekit::evaluate::behaviour`
//! name = "negation"
//! expect = { favor = "against", against = "favor" }   # or "same", or a label
//!
//! [expect]                                # range in which the first model's value is expected
//! macro_f1 = [0.4, 1.0]
//!
//! [[published]]                           # a figure of others to stand beside
//! system = "BERT"
//! metric = "macro_f1"
//! value = 0.71
//! source = "table 3 of the paper"
//! comparable = false                      # same rows, same measure, like training data
//! note = "trained on the training split"
//! ```
//!
//! `leave_out = ["neutral", "unrelated"]` is for a task that knows some labels only: answers are chosen among the others, whose
//! probabilities are scaled to 1. Further keys: `from` says where the data is to be had, `claim` is the claim of rows that name none.

use super::behaviour::{ALL, Test};
use crate::error::{Error, Result};
use crate::score::Metric;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A validated eval.
#[derive(Debug, Clone)]
pub struct Eval {
    /// Short name, fit for a file name.
    pub name: String,
    /// What it is about.
    pub prose: String,
    /// Where its rows are.
    pub dataset: String,
    /// Labels in the order of tables.
    pub labels: Vec<String>,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// Models compared.
    pub models: Vec<String>,
    /// Labels that count as another.
    pub merge: BTreeMap<String, String>,
    /// Labels that no answer may be: the task does not know them.
    pub leave_out: Vec<String>,
    /// Other names for labels in the rows.
    pub names: BTreeMap<String, String>,
    /// Baselines compared.
    pub baselines: Vec<BaselineSpec>,
    /// Behavioural tests on pairs of rows.
    pub tests: Vec<Test>,
    /// Where the data is to be had.
    pub from: Option<String>,
    /// The claim of rows that name none.
    pub claim: Option<String>,
    /// Figures of others to stand beside.
    pub published: Vec<Published>,
    /// Range of each metric that the first model is expected to keep.
    pub expect: Vec<(Metric, [f64; 2])>,
    /// The file.
    pub path: PathBuf,
    /// Its sha256.
    pub sha256: String,
}

/// A figure that somebody published.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Whose it is.
    pub system: String,
    /// What was measured.
    pub metric: String,
    /// The value, in the unit of our own measures.
    pub value: f64,
    /// Where it was published.
    pub source: String,
    /// Whether ours compares with it: the same rows, the same measure, like training data.
    pub comparable: bool,
    /// What stands in the way.
    #[serde(default)]
    pub note: String,
}

/// A baseline of an eval.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineSpec {
    /// Which one.
    pub kind: BaselineKind,
    /// What it is trained on; a majority without training data takes the commonest label of the scored rows.
    #[serde(default)]
    pub train: Vec<String>,
    /// Other names for labels in its training rows.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// The half of each row that it may see, in training and after; both where it is not given.
    pub sees: Option<Half>,
}

/// A half of a row. What a baseline reaches on one half alone, it reaches without weighing the sentence against the claim: where
/// that is much, the data has a shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The sentence without the claim.
    Sentence,
    /// The claim without the sentence.
    Claim,
}

/// The baselines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaselineKind {
    /// The commonest label.
    Majority,
    /// TF-IDF of words and pairs of words, with logistic regression.
    Tfidf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    #[serde(default)]
    prose: String,
    dataset: String,
    labels: Vec<String>,
    metrics: Vec<String>,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    merge: BTreeMap<String, String>,
    #[serde(default)]
    leave_out: Vec<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    baselines: Vec<BaselineSpec>,
    #[serde(default)]
    tests: Vec<RawTest>,
    #[serde(default)]
    expect: BTreeMap<String, [f64; 2]>,
    from: Option<String>,
    claim: Option<String>,
    #[serde(default)]
    published: Vec<Published>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTest {
    name: Spanned<String>,
    expect: Spanned<toml::Value>,
}

/// What the rules of a test make of each label.
fn test(raw: RawTest, labels: &[String]) -> Result<Test> {
    let number = |name: &str| {
        labels.iter().position(|label| label == name).ok_or_else(|| Error::new(format!("{name:?}")).expected(labels.join(", ")))
    };
    let mut becomes: Vec<usize> = (0..labels.len()).collect();
    match raw.expect.into_inner() {
        toml::Value::String(same) if same == "same" => {}
        toml::Value::String(label) => {
            let to = number(&label).map_err(|e| e.hint("\"same\" is for a label that does not change"))?;
            becomes.fill(to);
        }
        toml::Value::Table(changes) => {
            for (from, to) in changes {
                let to = to.as_str().ok_or_else(|| Error::new(format!("{from} becomes {to}")).expected("a label"))?;
                becomes[number(&from)?] = number(to)?;
            }
        }
        other => {
            return Err(Error::new(other.to_string()).expected("\"same\", a label, or { LABEL = \"LABEL\" }"));
        }
    }
    Ok(Test { name: raw.name.into_inner(), becomes })
}

impl Eval {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read the eval: {e}")).at(path))?;
        Self::parse(path, &text).map_err(|e| e.at(path))
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self> {
        let raw: Raw = crate::task::parse_toml(path, text)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if raw.name.is_empty() || raw.name.starts_with('.') || !raw.name.chars().all(plain) {
            return Err(Error::new(format!("name {:?}", raw.name)).expected("letters, digits, '-', '_' and '.'"));
        }
        if raw.labels.len() < 2 {
            return Err(Error::new(format!("{} labels", raw.labels.len())).expected("at least two"));
        }
        for (from, to) in &raw.merge {
            if !raw.labels.contains(to) {
                return Err(
                    Error::new(format!("merge: {from} counts as {to:?}")).expected(format!("one of {}", raw.labels.join(", ")))
                );
            }
            if raw.labels.contains(from) {
                return Err(
                    Error::new(format!("merge: {from} is one of the labels")).expected("a label that the gold does not have")
                );
            }
        }
        if raw.baselines.iter().any(|b| b.kind == BaselineKind::Majority && b.sees.is_some()) {
            return Err(Error::new("a majority baseline with \"sees\"")
                .expected("kind = \"tfidf\"")
                .hint("the commonest label depends on neither sentence nor claim"));
        }
        if let Some(label) = raw.leave_out.iter().find(|l| raw.labels.contains(l) || raw.merge.contains_key(*l)) {
            return Err(Error::new(format!("leave_out: {label:?}")).expected("a label that is neither scored nor merged"));
        }
        let metric = |name: &String| -> Result<Metric> {
            let metric: Metric = name.parse()?;
            metric.check(&raw.labels)?;
            Ok(metric)
        };
        let metrics = raw.metrics.iter().map(metric).collect::<Result<Vec<_>>>()?;
        if metrics.is_empty() {
            return Err(Error::new("no metrics").expected("metrics = [\"macro_f1\", …]"));
        }
        for published in &raw.published {
            metric(&published.metric)?;
        }
        let mut tests: Vec<Test> = Vec::new();
        for raw_test in raw.tests {
            let (name, expect) = (raw_test.name.span(), raw_test.expect.span());
            let test = test(raw_test, &raw.labels)
                .map_err(|e| crate::task::place(e.within("what the test expects"), path, text, expect))?;
            if test.name == ALL || tests.iter().any(|other| other.name == test.name) {
                let e =
                    Error::new(format!("a test called {:?}", test.name)).expected(format!("distinct names other than {ALL:?}"));
                return Err(crate::task::place(e, path, text, name));
            }
            tests.push(test);
        }
        let expect = raw.expect.iter().map(|(name, range)| Ok((metric(name)?, *range))).collect::<Result<_>>()?;
        Ok(Self {
            name: raw.name,
            prose: raw.prose.trim().to_owned(),
            dataset: raw.dataset,
            metrics,
            models: raw.models,
            merge: raw.merge,
            leave_out: raw.leave_out,
            names: raw.names,
            baselines: raw.baselines,
            tests,
            expect,
            from: raw.from,
            claim: raw.claim,
            published: raw.published,
            path: path.to_path_buf(),
            sha256: crate::dataset::hash::of_bytes(text.as_bytes()),
            labels: raw.labels,
        })
    }

    /// Where a dataset of this eval is: below the data folder for `data:PATH`, else beside the eval file.
    pub fn resolve(&self, spec: &str, data: Option<&Path>) -> Result<String> {
        let path = match spec.strip_prefix("data:") {
            Some(rest) => data
                .ok_or_else(|| {
                    Error::new(format!("{spec} needs a folder of public data")).at(&self.path).hint(match &self.from {
                        Some(from) => format!("name it with --data FOLDER or STANCE_DATA; the data is to be had from {from}"),
                        None => "name it with --data FOLDER or STANCE_DATA".to_owned(),
                    })
                })?
                .join(rest),
            None => self.path.parent().unwrap_or(Path::new("")).join(spec),
        };
        path.into_os_string().into_string().map_err(|p| Error::new(format!("{} is not UTF-8", p.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = \"x\"\ndataset = \"rows.jsonl\"\nlabels = [\"favor\", \"against\"]\nmetrics = [\"macro_f1\"]\n";

    #[test]
    fn paths_are_beside_the_file_or_below_the_data_folder() {
        let eval = Eval::parse(Path::new("evals/x.toml"), GOOD).unwrap();
        assert_eq!(eval.resolve("../d", None).unwrap(), "evals/../d");
        assert_eq!(eval.resolve("data:s/t.jsonl", Some(Path::new("/d"))).unwrap(), "/d/s/t.jsonl");
        assert!(eval.resolve("data:s/t.jsonl", None).is_err());
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = |text: String, part: &str| {
            let e = Eval::parse(Path::new("x.toml"), &text).unwrap_err().to_string();
            assert!(e.contains(part), "{e}");
        };
        wrong(format!("{GOOD}metric = 1\n"), "metric");
        wrong(GOOD.replace("macro_f1", "makro_f1"), "makro_f1");
        wrong(format!("{GOOD}[merge]\nunrelated = \"neutral\"\n"), "merge");
        wrong(GOOD.replace("metrics", "leave_out = [\"favor\"]\nmetrics"), "leave_out");
        wrong(format!("{GOOD}[expect]\n\"f1:neutral\" = [0.1, 1.0]\n"), "neutral");
        wrong(
            format!("{GOOD}[[published]]\nsystem = \"A\"\nmetric = \"f9\"\nvalue = 1\nsource = \"B\"\ncomparable = true\n"),
            "f9",
        );
        wrong(GOOD.replace("\"x\"", "\"../x\""), "name");
        wrong(format!("{GOOD}[[baselines]]\nkind = \"majority\"\nsees = \"claim\"\n"), "sees");
        wrong(format!("{GOOD}[[baselines]]\nkind = \"tfidf\"\nsees = \"text\"\n"), "sentence");
    }
}
