//! `stance evaluate`

use super::common::{EngineArgs, Output, Threads, end_on_interrupt, spare};
use super::file_settings::FileSettings;
use super::{Status, complain, tell};
use crate::atomic::{AtomicFile, check_folder};
use crate::error::{Context, Error, Result};
use crate::evaluate::suite::{self, File, Line, Suite};
use crate::evaluate::{self, Eval, Named, Options, Record, Rows, gate, report};
use crate::plural::count;
use crate::report::style::Style;
use crate::report::write_error;
use crate::score::{Bootstrap, Metric, Threshold};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Score models, baselines and anyone's predictions against hand-labelled rows
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    stance evaluate evals/allies-sample.toml --format html -o report.html\n  \
    stance evaluate evals/allies-sample.toml --predictions theirs.jsonl --model stance-mini\n  \
    stance evaluate evals/allies-sample.toml --predictions big=seed1.csv --predictions big=seed2.csv\n  \
    stance evaluate evals/allies-2017.toml --articles my-articles/ --fail-under macro_f1=0.4\n  \
    stance evaluate evals/allies-sample.toml --against evals/record/allies-sample --no-worse-than 0.01\n  \
    stance evaluate evals/suites/behaviour.toml --format html -o behaviour.html\n  \
    stance evaluate evals/suites/public.toml --data public/")]
pub struct Args {
    /// Eval file (dataset, labels, metrics, models, baselines, behavioural tests), or a suite of them
    #[arg(value_name = "EVAL.toml")]
    eval: PathBuf,
    /// Model in place of the eval's; may be repeated. The same NAME twice: runs of one system
    #[arg(short, long, value_name = "[NAME=]MODEL", value_parser = named_model)]
    model: Vec<Named<String>>,
    /// Answers of any system, as JSONL or CSV with id, label, scores; may be repeated, as --model
    #[arg(long, value_name = "[NAME=]FILE", value_parser = named_file)]
    predictions: Vec<Named<PathBuf>>,
    /// Take predictions in any order, by their ids
    #[arg(long, requires = "predictions")]
    reorder: bool,
    /// Leave out the eval's baselines
    #[arg(long)]
    no_baselines: bool,
    /// Folder of public data, for datasets written data:PATH
    #[arg(long, env = "STANCE_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Folder of the articles that stand-off rows point into
    #[arg(long, value_name = "FOLDER")]
    articles: Option<PathBuf>,
    /// Column to cut the scores up by; may be repeated [default: all that make few parts]
    #[arg(long, value_name = "COLUMN")]
    slice: Vec<String>,
    /// Rows to list of each kind of error, and pairs of each behavioural test, in HTML and JSON
    #[arg(long, default_value_t = 20, value_name = "N")]
    errors: usize,
    /// Exit with 1 if the first system is worse; may be repeated
    #[arg(long, value_name = "METRIC=VALUE")]
    fail_under: Vec<Threshold>,
    /// Exit with 1 if the first system is worse than in this record, and show the rows that changed
    #[arg(long, value_name = "RECORD")]
    against: Option<PathBuf>,
    /// How much worse than the record a measure may be
    #[arg(long, default_value_t = 0.0, value_name = "X", requires = "against", value_parser = allowance)]
    no_worse_than: f64,
    /// Keep the record in this folder, under date and name
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "evals/record")]
    record: Option<PathBuf>,
    /// Keep the record as this folder, in place of the one that is there
    #[arg(long, value_name = "FOLDER", conflicts_with = "record")]
    record_as: Option<PathBuf>,
    /// Write the first system's answer to each row, as JSON lines
    #[arg(long, value_name = "FILE")]
    save_predictions: Option<PathBuf>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to a file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Bootstrap draws for the intervals; 0 for none
    #[arg(long, default_value_t = 1000, value_name = "N")]
    draws: u32,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    engine: EngineArgs,
    /// Load models even if they do not tell agreement from contradiction
    #[arg(long)]
    skip_probe: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Tables for people
    Table,
    /// Everything: settings, hashes, and every answer
    Json,
    /// Tables as for a README
    Markdown,
    /// One page with charts and the errors' sentences
    Html,
}

/// `NAME=WHAT`, or `WHAT`; a name has no slash, so that a path with an equals sign is one.
fn named(text: &str) -> (Option<String>, &str) {
    match text.split_once('=') {
        Some((name, what)) if !name.is_empty() && !name.contains('/') && !Path::new(text).exists() => (Some(name.into()), what),
        _ => (None, text),
    }
}

fn named_model(text: &str) -> Result<Named<String>> {
    let (name, what) = named(text);
    Ok(Named { name, what: what.to_owned() })
}

fn named_file(text: &str) -> Result<Named<PathBuf>> {
    let (name, what) = named(text);
    Ok(Named { name, what: what.into() })
}

fn allowance(text: &str) -> Result<f64> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() && x >= 0.0 => Ok(x),
        _ => Err(Error::new(format!("{text:?}")).expected("a number from 0, as in 0.01")),
    }
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let file = FileSettings::read()?;
    let eval = File::read(&args.eval)?;
    let (engine, compute) = args.engine.choice(&file);
    let options = Options {
        engine,
        compute,
        data: args.data.clone(),
        articles: args.articles.clone(),
        models: args.model.clone(),
        predictions: args.predictions.clone(),
        reorder: args.reorder,
        no_baselines: args.no_baselines,
        slices: args.slice.clone(),
        errors: args.errors,
        threads: args.threads.number(&file)?,
        skip_probe: args.skip_probe,
        bootstrap: Bootstrap { draws: args.draws, seed: args.seed, ..Bootstrap::default() },
    };
    end_on_interrupt();
    match eval {
        File::Eval(eval) => one(args, *eval, &options),
        File::Suite(suite) => several(args, &suite, &options),
    }
}

fn one(args: &Args, mut eval: Eval, options: &Options) -> Result<Status> {
    // A threshold on a metric that the file does not list is measured all the same.
    let extra =
        args.fail_under.iter().map(|t| &t.metric).chain(eval.expect.iter().map(|(m, _)| m)).cloned().collect::<Vec<Metric>>();
    for metric in extra {
        metric.check(&eval.labels)?;
        if !eval.metrics.contains(&metric) {
            eval.metrics.push(metric);
        }
    }
    let written: Vec<&Path> = args.output.iter().chain(&args.save_predictions).map(PathBuf::as_path).collect();
    let spare_all = |inputs: &[PathBuf]| written.iter().try_for_each(|path| spare(path, inputs));
    let given: Vec<PathBuf> = args.predictions.iter().map(|p| p.what.clone()).chain([eval.path.clone()]).collect();
    spare_all(&given)?;
    if let (Some(output), Some(save)) = (&args.output, &args.save_predictions)
        && output == save
    {
        return Err(Error::new("-o and --save-predictions name one file").at(save).expected("two files"));
    }
    // Before the work: where its outcome goes, and what it is held against.
    let mut output = Output::open(args.output.as_deref())?;
    let mut save = args.save_predictions.as_deref().map(AtomicFile::create).transpose()?;
    check_kept(args)?;
    let kept = args.against.as_deref().map(gate::Kept::read).transpose()?;
    let rows = evaluate::load(&eval, options)?;
    spare_all(&rows.dataset.sources().collect::<Vec<_>>())?;
    kept.iter().try_for_each(|kept| kept.check(&eval, &rows))?;
    let record = evaluate::run(&eval, &rows, options, tell)?;
    let text = match args.format {
        Format::Table => report::table(&record, output.style()),
        Format::Json => record.to_json(&rows)?,
        Format::Markdown => report::markdown(&record),
        Format::Html => report::html(&record, &rows),
    };
    output.write_all(text.as_bytes()).map_err(write_error)?;
    output.finish()?;
    if let (Some(mut file), Some(first)) = (save.take(), record.systems.first()) {
        evaluate::write_predictions(&eval, &rows, &first.answers, &mut file)?;
        file.finish()?;
    }
    let gate = kept.map(|kept| gate::against(&kept, &record, args.no_worse_than));
    keep(args, &record, &rows)?;
    let mut failed = check(args, &eval, &record);
    if let Some(gate) = gate {
        tell(gate.table(&record, &rows, Style::PLAIN).trim_end());
        if gate.failed() {
            failed = true;
            tell(&format!("failed: worse than on record by more than {}", args.no_worse_than));
        }
    }
    Ok(if failed { Status::CheckFailed } else { Status::Done })
}

/// An error where the record could not be kept.
fn check_kept(args: &Args) -> Result<()> {
    args.record.as_deref().map_or(Ok(()), check_folder)?;
    args.record_as.as_deref().map_or(Ok(()), evaluate::record::check_folder)
}

fn keep(args: &Args, record: &Record, rows: &Rows) -> Result<()> {
    if let Some(folder) = &args.record {
        tell(&format!("kept in {}", record.keep(folder, rows)?.display()));
    }
    if let Some(folder) = &args.record_as {
        record.keep_as(folder, rows)?;
        tell(&format!("kept in {}", folder.display()));
    }
    Ok(())
}

/// Says which thresholds the first system misses; whether there are any.
fn check(args: &Args, eval: &Eval, record: &Record) -> bool {
    let mut failed = false;
    for threshold in &args.fail_under {
        let value = record.value(&threshold.metric);
        if !threshold.passes(value) {
            failed = true;
            let value = value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
            tell(&format!("failed: {} is {value}; expected {threshold} or better", threshold.metric));
        }
    }
    // What the file expects is said of its own models.
    let own = args.model.is_empty() && args.predictions.is_empty();
    for (metric, [low, high]) in eval.expect.iter().filter(|_| own) {
        let value = record.value(metric);
        if !value.is_some_and(|v| (*low..=*high).contains(&v)) {
            failed = true;
            let value = value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
            tell(&format!("failed: {metric} is {value}; expected {low} to {high}, as {} says", eval.path.display()));
        }
    }
    failed
}

/// Runs the evals of a suite; one that cannot be run is reported, and the rest go on.
fn several(args: &Args, suite: &Suite, options: &Options) -> Result<Status> {
    for (given, flag) in [
        (!args.predictions.is_empty(), "--predictions"),
        (args.against.is_some(), "--against"),
        (args.record_as.is_some(), "--record-as"),
        (args.save_predictions.is_some(), "--save-predictions"),
        (!args.fail_under.is_empty(), "--fail-under"),
        (args.format == Format::Html, "--format html"),
    ] {
        if given {
            return Err(Error::new(format!("{flag} with a suite"))
                .at(&args.eval)
                .expected("one eval")
                .hint("run the evals of the suite one by one"));
        }
    }
    let mut output = Output::open(args.output.as_deref())?;
    check_kept(args)?;
    let mut lines: Vec<Line> = Vec::new();
    let mut records: Vec<Record> = Vec::new();
    let (mut unread, mut failed) = (0, false);
    for path in &suite.evals {
        let result = Eval::read(path).and_then(|eval| {
            // What is published is measured, whether the eval lists it or not.
            let mut eval = eval;
            for published in &eval.published {
                let metric: Metric = published.metric.parse()?;
                if !eval.metrics.contains(&metric) {
                    eval.metrics.push(metric);
                }
            }
            let rows = evaluate::load(&eval, options)?;
            let record = evaluate::run(&eval, &rows, options, tell)?;
            Ok((eval, rows, record))
        });
        match result {
            Ok((eval, rows, record)) => {
                keep(args, &record, &rows)?;
                failed |= check(args, &eval, &record);
                lines.extend(suite::lines(&record));
                records.push(record);
            }
            Err(e) => {
                unread += 1;
                complain("error", &e.at(path));
            }
        }
    }
    let text = match args.format {
        Format::Json => {
            let all = serde_json::json!({"suite": suite.name, "lines": lines, "records": records});
            serde_json::to_string_pretty(&all).context("serialising")? + "\n"
        }
        Format::Markdown => format!("# {}\n\n{}\n\n{}", suite.name, suite.prose, report::suite_markdown(&lines)),
        _ => report::suite_table(&lines, output.style()),
    };
    output.write_all(text.as_bytes()).map_err(write_error)?;
    output.finish()?;
    if unread > 0 {
        tell(&format!("{unread} of {} could not be run", count(suite.evals.len(), "eval")));
        return Ok(Status::InputFailed);
    }
    Ok(if failed { Status::CheckFailed } else { Status::Done })
}
