//! Files of answers: anyone's are read and scored by the code that scores our own models, and ours are written.
//!
//! JSONL (`{"id": …, "label": …, "scores": {LABEL: PROBABILITY, …}}`) or CSV and TSV with a header (columns `id`, `label`, and one for
//! each label that holds its probability). Either label or probabilities may be left out: without a label the most probable
//! one is the answer, without probabilities the measures that need them are undefined. Other keys are ignored. Labels may
//! go by any name that the eval or the dataset explains; those that the eval merges are merged, their probabilities added up
//! (and then the answer is the label with the largest sum, as for a model).
//!
//! A label that is not the most probable one stands, since a threshold or a rule of the system's own may have chosen it; but it may
//! as well be a sign of columns that are swapped, so such rows are counted, and a warning says where the first is.
//!
//! Every row of the dataset must be answered once, in the order of the dataset; with `reorder` any order will do.

use super::{Eval, Rows, place, rescale};
use crate::dataset::hash;
use crate::dataset::read::{Format, shorten, to_text};
use crate::error::{Context, Error, Result};
use crate::model::argmax;
use crate::plural::count;
use crate::score::answers::check_distribution;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

/// Answers to all rows of a dataset, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// The label of each row, as index into the eval's labels.
    pub predicted: Vec<usize>,
    /// The probability of each label of each row, row by row.
    pub probabilities: Option<Vec<f64>>,
    /// Rows whose label is not the most probable one; a tie makes none.
    pub not_most_probable: usize,
    /// What to tell of them.
    pub warning: Option<Error>,
    /// Hash of the file.
    pub sha256: String,
}

/// How much less probable a label may be than the most probable one before they differ: less is rounding.
const TIE: f64 = 1e-9;

/// One line of a file.
struct Answer {
    id: String,
    label: usize,
    scores: Option<Vec<f64>>,
}

/// Reads the answers to the rows, or says with file and line what is wrong with them.
pub fn read(path: &Path, eval: &Eval, rows: &Rows, reorder: bool) -> Result<Predictions> {
    let format = Format::of(path)?;
    let file = File::open(path).map_err(|e| Error::new(format!("cannot open the predictions: {e}")).at(path))?;
    let numbers: HashMap<&str, usize> = rows.rows.iter().enumerate().map(|(i, row)| (row.id.as_str(), i)).collect();
    let (n, k) = (rows.rows.len(), eval.labels.len());
    let mut predicted = vec![0; n];
    let mut probabilities: Option<Vec<f64>> = None;
    // The line on which each row was answered.
    let mut lines = vec![0u64; n];
    let (mut answered, mut not_most_probable, mut first) = (0, 0, None);
    for record in format.records(BufReader::new(file), path, check_header) {
        let (line, map) = record?;
        let accept = || -> Result<()> {
            let answer = parse(map, eval, rows)?;
            let row = *numbers.get(answer.id.as_str()).ok_or_else(|| {
                Error::new(format!("the id {:?}", shorten(&answer.id)))
                    .expected(format!("an id of {}", rows.dataset.path.display()))
                    .hint("predictions name the rows of the dataset that is scored, and no others")
            })?;
            if lines[row] != 0 {
                return Err(Error::new(format!("the id {:?} for the second time", shorten(&answer.id)))
                    .expected(format!("each id once; it was on line {}", lines[row]))
                    .hint("one answer for each row: join what several runs wrote before it is scored"));
            }
            if row != answered && !reorder {
                return Err(Error::new(format!("the id {:?}", shorten(&answer.id)))
                    .expected(format!(
                        "{:?}: the rows in the order of {}",
                        shorten(&rows.rows[answered].id),
                        rows.dataset.path.display()
                    ))
                    .hint("is a row missing? If only the order differs, --reorder puts rows in place by their ids"));
            }
            if answered > 0 && answer.scores.is_some() != probabilities.is_some() {
                let (found, others) = if answer.scores.is_some() { ("", "out") } else { ("out", "") };
                return Err(Error::new(format!("a row with{found} probabilities"))
                    .expected(format!("rows with{others} them, as the first one")));
            }
            lines[row] = line;
            answered += 1;
            predicted[row] = answer.label;
            if let Some(scores) = answer.scores {
                let (label, best) = (answer.label, argmax(&scores));
                if scores[best] - scores[label] > TIE {
                    not_most_probable += 1;
                    first.get_or_insert_with(|| {
                        let [label, best] = [label, best].map(|l| format!("{} {:.3}", eval.labels[l], scores[l]));
                        (line, format!("the label of {:?} is {label}, where {best} is more probable", shorten(&answer.id)))
                    });
                }
                probabilities.get_or_insert_with(|| vec![0.0; n * k])[row * k..(row + 1) * k].copy_from_slice(&scores);
            }
            Ok(())
        };
        accept().map_err(|e| e.at(path).line(line))?;
    }
    if answered < n {
        let missing = lines.iter().position(|line| *line == 0).map_or("", |row| rows.rows[row].id.as_str());
        let last = lines.iter().max().copied().unwrap_or(0);
        return Err(Error::new(format!("{answered} rows; the first that is missing is {:?}", shorten(missing)))
            .at(path)
            .line(last.max(1))
            .expected(format!("the {n} rows of {}", rows.dataset.path.display()))
            .hint("a row that the system did not answer counts as an error: give it a label"));
    }
    let warning = first.map(|(line, found)| {
        Error::new(format!("{found}; so it is on {not_most_probable} of {}", count(n, "row")))
            .at(path)
            .line(line)
            .hint("labels are scored as they stand, calibration by their own probabilities; if no threshold chose them, are columns or names swapped?")
    });
    Ok(Predictions { predicted, probabilities, not_most_probable, warning, sha256: hash::of_file(path)? })
}

fn check_header(columns: &[String]) -> Result<()> {
    match columns.iter().any(|column| column == "id") {
        true => Ok(()),
        false => Err(Error::new(format!("no column \"id\" among {}", shorten(&columns.join(", "))))
            .expected("a header line with id, label, and a column of probabilities for each label")),
    }
}

fn parse(mut map: Map<String, Value>, eval: &Eval, rows: &Rows) -> Result<Answer> {
    let mut take = |key: &str| map.remove(key).filter(|value| !value.is_null());
    let id = take("id").ok_or_else(|| Error::new("no \"id\" in the row").expected("id, and label or scores"))?;
    let id = to_text("id", id)?;
    let name = take("label").map(|label| to_text("label", label)).transpose()?;
    let scores = match take("scores") {
        Some(Value::Object(scores)) => scores,
        Some(_) => return Err(Error::new("\"scores\" is no object").expected("a probability for each label by its name")),
        // Columns of CSV that go by the name of a label.
        None => map.into_iter().filter(|(name, _)| resolve(name, eval, rows).is_ok()).collect(),
    };
    let scores = if scores.is_empty() { None } else { Some(distribution(scores, eval, rows)?) };
    let label = name.as_ref().map(|name| resolve(name, eval, rows)).transpose()?;
    let as_scored = eval.merge.is_empty() && eval.leave_out.is_empty();
    let label = match (label, &scores) {
        (Some(Some(label)), None) => label,
        (Some(Some(label)), Some(_)) if as_scored => label,
        (_, Some(scores)) => argmax(scores),
        (Some(None), None) => {
            return Err(Error::new(format!("the label {:?}", name.unwrap_or_default()))
                .expected(eval.labels.join(", "))
                .hint("the eval leaves it out; with scores, the best of the other labels counts"));
        }
        (None, None) => return Err(Error::new("a row without label and scores").expected("one of them at least")),
    };
    Ok(Answer { id, label, scores })
}

/// The number of a label under any of its names; `None` for one that the eval leaves out.
fn resolve(name: &str, eval: &Eval, rows: &Rows) -> Result<Option<usize>> {
    let label = rows.dataset.labels.resolve(name).unwrap_or_else(|| name.trim().to_owned());
    place(eval, &label).map_err(|e| e.hint("[names] in the eval gives labels other names, [merge] says what others count as"))
}

fn distribution(scores: Map<String, Value>, eval: &Eval, rows: &Rows) -> Result<Vec<f64>> {
    let mut row = vec![0.0; eval.labels.len()];
    let (mut seen, mut left_out) = (Vec::new(), 0.0);
    for (name, value) in scores {
        let label = resolve(&name, eval, rows)?;
        let meant = rows.dataset.labels.resolve(&name).unwrap_or_else(|| name.clone());
        if seen.contains(&meant) {
            return Err(
                Error::new(format!("a second probability of {meant}, under {:?}", shorten(&name))).expected("one for each label")
            );
        }
        seen.push(meant);
        let p = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let p = p.filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| {
            Error::new(format!("{} for {name:?}", shorten(&value.to_string())))
                .expected("a probability from 0 to 1")
                .hint("logits and other scores need a softmax first")
        })?;
        match label {
            Some(label) => row[label] += p,
            None => left_out += p,
        }
    }
    // Sums of merged labels may exceed 1 by rounding.
    row.iter_mut().filter(|p| **p > 1.0 && **p < 1.0 + 1e-6).for_each(|p| *p = 1.0);
    row.push(left_out);
    check_distribution(&row)?;
    row.pop();
    if !eval.leave_out.is_empty() {
        rescale(&mut row);
    }
    Ok(row)
}

/// Writes a system's answers such that [`read`] takes them back: id, article, gold, label and, where there are any, scores.
pub fn write(eval: &Eval, rows: &Rows, answers: &crate::score::Answers, mut to: impl Write) -> Result<()> {
    let mut probabilities = answers.probabilities();
    for (i, (&gold, &label)) in answers.gold().iter().zip(answers.predicted()).enumerate() {
        let row = &rows.rows[i];
        let mut line =
            serde_json::json!({"id": row.id, "article": row.article, "gold": eval.labels[gold], "label": eval.labels[label]});
        if let Some(p) = probabilities.as_mut().and_then(Iterator::next) {
            line["scores"] = eval.labels.iter().cloned().zip(p.iter().map(|p| Value::from(*p))).collect::<Map<_, _>>().into();
        }
        writeln!(to, "{line}").context("writing the predictions")?;
    }
    Ok(())
}
