//! Scoring models, baselines and anyone's predictions on labelled rows.

pub mod behaviour;
pub mod errors;
pub mod file;
pub mod gate;
pub mod predictions;
pub mod record;
pub mod report;
pub mod slices;
pub mod suite;
mod systems;

pub use file::Eval;
pub use predictions::write as write_predictions;
pub use record::Record;
pub use systems::{Computed, LabelScores, ReliabilityBin, System, SystemKind};

use crate::dataset::{self, Dataset, LoadOptions, Row};
use crate::error::{Error, Result};
use crate::model::gemm::Compute;
use crate::model::{Engine, locate};
use crate::plural::count;
use crate::score::f1::Part;
use crate::score::{Answers, Bootstrap, Metric, compare};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// What a user may set about a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Folder of public data, for `data:` paths.
    pub data: Option<PathBuf>,
    /// Folder of the articles that stand-off rows point into.
    pub articles: Option<PathBuf>,
    /// Models in place of the file's.
    pub models: Vec<Named<String>>,
    /// Files of answers; where there are any, the file's own models are left out.
    pub predictions: Vec<Named<PathBuf>>,
    /// Takes answers in any order.
    pub reorder: bool,
    /// Leaves out the file's baselines.
    pub no_baselines: bool,
    /// Columns to cut the scores up by; those that are there where none is named.
    pub slices: Vec<String>,
    /// Rows listed of each kind of error.
    pub errors: usize,
    /// Threads.
    pub threads: usize,
    /// What computes models.
    pub engine: Engine,
    /// What the factors of their products are rounded to.
    pub compute: Compute,
    /// Loads models whose probe fails.
    pub skip_probe: bool,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

/// A system under a name of the user's. Several under one name are runs of one system that differ by their seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// The name, where the user gave one.
    pub name: Option<String>,
    /// Where the system is.
    pub what: T,
}

/// Rows with gold labels, ready to be answered.
pub struct Rows {
    /// The dataset, without its rows.
    pub dataset: Dataset,
    /// The rows.
    pub rows: Vec<Row>,
    /// Gold label of each, as index into the eval's labels.
    pub gold: Vec<usize>,
    /// Article of each, or the row itself where it names none: rows of one article are not independent.
    pub groups: Vec<String>,
}

/// Runs an eval on its rows ([`load`]).
pub fn run(eval: &Eval, rows: &Rows, options: &Options, mut tell: impl FnMut(&str)) -> Result<Record> {
    // What can be seen to be wrong is seen before a model has run for minutes.
    let pairs = behaviour::pairs(eval, rows).map_err(|e| e.at(&rows.dataset.path))?;
    slices::check(rows, &options.slices).map_err(|e| e.at(&rows.dataset.path))?;
    let own: Vec<Named<String>> = if options.models.is_empty() && options.predictions.is_empty() {
        eval.models.iter().map(|model| Named { name: None, what: model.clone() }).collect()
    } else {
        options.models.clone()
    };
    let folders = own.iter().map(|model| locate::locate(&model.what)).collect::<Result<Vec<_>>>()?;
    let mut predictions = Vec::new();
    for file in &options.predictions {
        predictions.push(systems::predictions(eval, options, rows, file, &mut tell)?);
    }
    let mut systems: Vec<System> = Vec::new();
    for (model, folder) in own.iter().zip(&folders) {
        tell(&format!("{} on {}", model.what, count(rows.rows.len(), "row")));
        systems.push(systems::model(eval, options, rows, model, folder)?);
    }
    systems.append(&mut predictions);
    for spec in eval.baselines.iter().filter(|_| !options.no_baselines) {
        tell(&format!("baseline {:?}", spec.kind).to_lowercase());
        systems.push(systems::baseline(eval, options, rows, spec)?);
    }
    if systems.is_empty() {
        return Err(Error::new("nothing to score")
            .at(&eval.path)
            .expected("models or baselines, in the file, by --model or by --predictions"));
    }
    let seeds = name_runs(&mut systems)?;

    let answers: Vec<&Answers> = systems.iter().map(|s| &s.answers).collect();
    // What the eval asks for, then the F1 of each label for the tables.
    let of_labels = eval.labels.iter().map(|label| Metric::Label(Part::F1, label.clone()));
    let metrics: Vec<Metric> = eval.metrics.iter().cloned().chain(of_labels).collect();
    let draws = options.bootstrap.draws(&answers, &metrics);
    let mut comparisons = compare::compare(&answers, &draws);
    comparisons.iter_mut().for_each(|c| c.differences.truncate(eval.metrics.len()));
    let estimates: Vec<_> = answers.iter().enumerate().map(|(i, answers)| draws.estimates(i, answers)).collect();
    let spreads = seeds
        .into_iter()
        .map(|(name, runs)| {
            let values = |m: usize| runs.iter().map(|&i| draws.values[i][m]).collect::<Vec<_>>();
            let metrics = eval.metrics.iter().enumerate().map(|(m, metric)| compare::over_runs(metric, &values(m))).collect();
            record::Seeds { system: name, runs: runs.len(), metrics }
        })
        .collect();
    for (system, mut estimates) in systems.iter_mut().zip(estimates) {
        let of_labels = estimates.split_off(eval.metrics.len());
        system.labels.iter_mut().zip(of_labels).for_each(|(label, f1)| label.f1_interval = f1.interval);
        system.estimates = estimates;
    }
    let behaviour = behaviour::behaviour(eval, rows, &pairs, &systems, &options.bootstrap, options.errors);
    let record = Record { behaviour, ..Record::new(eval, options, rows, systems, comparisons, spreads) };
    for column in options.slices.iter().filter(|column| record.slices.iter().all(|slice| slice.column != **column)) {
        tell(&format!("no slices by {column}: no part has {} rows", slices::MIN_ROWS));
    }
    Ok(record)
}

/// Gives every system a name of its own, and says which are runs of one system.
fn name_runs(systems: &mut [System]) -> Result<Vec<(String, Vec<usize>)>> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, system) in systems.iter().enumerate() {
        by_name.entry(system.name.clone()).or_default().push(i);
    }
    let mut seeds = Vec::new();
    for (name, runs) in by_name.into_iter().filter(|(_, runs)| runs.len() > 1) {
        if let Some(&unnamed) = runs.iter().find(|&&i| !systems[i].named) {
            return Err(Error::new(format!("two systems called {:?}", systems[unnamed].name))
                .expected("distinct names")
                .hint("NAME=… gives a system another name; several that are given the same name count as runs of one"));
        }
        for (number, &i) in runs.iter().enumerate() {
            systems[i].name = format!("{name} run {}", number + 1);
            systems[i].run_of = Some(name.clone());
        }
        seeds.push((name, runs));
    }
    Ok(seeds)
}

/// The rows of an eval with their gold labels.
pub fn load(eval: &Eval, options: &Options) -> Result<Rows> {
    let spec = eval.resolve(&eval.dataset, options.data.as_deref())?;
    let from = |e: Error| match &eval.from {
        Some(from) if !Path::new(&spec).exists() => e.hint(format!("the data is to be had from {from}")),
        _ => e,
    };
    let renaming = Some("yes = \"favor\" under [names] in the eval");
    let load =
        LoadOptions { articles: options.articles.clone(), labels: eval.names.clone(), claim: eval.claim.clone(), renaming };
    let mut dataset = dataset::load(&spec, &load).map_err(from)?.clean()?;
    let rows = std::mem::take(&mut dataset.rows);
    if rows.is_empty() {
        return Err(Error::new("no rows to score").at(&spec));
    }
    distinct_ids(&rows).map_err(|e| e.at(&spec))?;
    let gold = rows.iter().map(|r| index(eval, &r.label).map_err(|e| e.at(&spec))).collect::<Result<_>>()?;
    let groups = rows.iter().enumerate().map(|(i, r)| r.article.clone().unwrap_or_else(|| format!("row {i}"))).collect();
    Ok(Rows { dataset, rows, gold, groups })
}

/// Answers are matched, listed and compared by id.
fn distinct_ids(rows: &[Row]) -> Result<()> {
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        if let Some(first) = seen.insert(&row.id, i) {
            return Err(Error::new(format!("rows {} and {} both have the id {:?}", first + 1, i + 1, row.id))
                .expected("distinct ids")
                .hint("stance dataset check lists all that occur twice"));
        }
    }
    Ok(())
}

/// The number of a label that an answer may name; `None` for one that the eval leaves out.
fn place(eval: &Eval, label: &str) -> Result<Option<usize>> {
    if eval.leave_out.iter().any(|l| l == label) { Ok(None) } else { index(eval, label).map(Some) }
}

/// Scales what is left of a distribution, after labels were left out, to a sum of 1: even where nothing is left.
fn rescale(row: &mut [f64]) {
    let sum: f64 = row.iter().sum();
    let even = 1.0 / row.len() as f64;
    row.iter_mut().for_each(|p| *p = if sum > 0.0 { *p / sum } else { even });
}

/// The number of a label in the eval, after merging.
fn index(eval: &Eval, label: &str) -> Result<usize> {
    let name = eval.merge.get(label).map_or(label, String::as_str);
    eval.labels.iter().position(|l| l == name).ok_or_else(|| {
        Error::new(format!("the label {label:?}"))
            .expected(eval.labels.join(", "))
            .hint("[merge] in the eval says what other labels count as; [names] gives labels other names")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_scaled_to_one() {
        let mut row = [0.3, 0.1];
        rescale(&mut row);
        assert!((row[0] - 0.75).abs() < 1e-12 && (row[1] - 0.25).abs() < 1e-12);
        let mut nothing = [0.0, 0.0];
        rescale(&mut nothing);
        assert_eq!(nothing, [0.5, 0.5]);
    }

    #[test]
    fn an_id_that_two_rows_have_is_refused() {
        let row = |id: &str| Row { id: id.into(), ..Row::default() };
        assert!(distinct_ids(&[row("a"), row("b")]).is_ok());
        let e = distinct_ids(&[row("a"), row("b"), row("a")]).unwrap_err().to_string();
        assert!(e.contains("rows 1 and 3 both have the id \"a\""), "{e}");
    }
}
