//! `stance evaluate`

use super::common::{Output, end_on_interrupt, threads};
use super::file_settings::FileSettings;
use super::{Status, tell};
use crate::atomic::AtomicFile;
use crate::error::Result;
use crate::evaluate::{self, Eval, Options};
use crate::report::write_error;
use crate::score::{Bootstrap, Metric, Threshold};
use std::io::Write;
use std::path::PathBuf;

/// Score models and baselines against hand-labelled rows
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    stance evaluate evals/allies-sample.toml\n  \
    stance evaluate evals/allies-2017.toml --articles my-articles/ --fail-under macro_f1=0.4\n  \
    stance evaluate evals/gwsd.toml --data public/ --format json -o gwsd.json")]
pub struct Args {
    /// Eval file: dataset, labels, metrics, models, baselines
    #[arg(value_name = "EVAL.toml")]
    eval: PathBuf,
    /// Model in place of the eval's; may be repeated
    #[arg(short, long, value_name = "MODEL")]
    model: Vec<String>,
    /// Folder of public data, for datasets written data:PATH
    #[arg(long, env = "STANCE_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Folder of the articles that stand-off rows point into
    #[arg(long, value_name = "FOLDER")]
    articles: Option<PathBuf>,
    /// Exit with 1 if the first model is worse; may be repeated
    #[arg(long, value_name = "METRIC=VALUE")]
    fail_under: Vec<Threshold>,
    /// Keep the record in this folder, under date and name
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "evals/record")]
    record: Option<PathBuf>,
    /// Write the first system's answer to each row, as JSON lines
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
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
    /// Threads [default: one per core]
    #[arg(long, env = "STANCE_THREADS", value_name = "N")]
    threads: Option<usize>,
    /// Load models even if they do not tell agreement from contradiction
    #[arg(long)]
    skip_probe: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people
    Table,
    /// Everything, with hashes and settings
    Json,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let file = FileSettings::read()?;
    let mut eval = Eval::read(&args.eval)?;
    // A threshold on a metric that the file does not list is measured all the same.
    let extra =
        args.fail_under.iter().map(|t| &t.metric).chain(eval.expect.iter().map(|(m, _)| m)).cloned().collect::<Vec<Metric>>();
    for metric in extra {
        metric.check(&eval.labels)?;
        if !eval.metrics.contains(&metric) {
            eval.metrics.push(metric);
        }
    }
    let options = Options {
        data: args.data.clone(),
        articles: args.articles.clone(),
        models: args.model.clone(),
        threads: threads(args.threads.or(file.threads))?,
        skip_probe: args.skip_probe,
        bootstrap: Bootstrap { draws: args.draws, seed: args.seed, ..Bootstrap::default() },
    };
    end_on_interrupt();
    let mut output = Output::open(args.output.as_deref())?;
    let predictions = args.predictions.as_deref().map(AtomicFile::create).transpose()?;
    let (rows, record) = evaluate::run(&eval, &options, tell)?;
    let text = match args.format {
        Format::Table => record.table(output.style()),
        Format::Json => record.to_json()?,
    };
    output.write_all(text.as_bytes()).map_err(write_error)?;
    output.finish()?;
    if let (Some(file), Some(first)) = (predictions, record.systems.first()) {
        evaluate::write_predictions(&eval, &rows, first, file)?;
    }
    if let Some(folder) = &args.record {
        tell(&format!("kept in {}", record.keep(folder, &eval.prose)?.display()));
    }
    let mut failed = false;
    for threshold in &args.fail_under {
        let value = record.value(&threshold.metric);
        if !threshold.passes(value) {
            failed = true;
            let value = value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
            tell(&format!("failed: {} is {value}; expected {threshold} or better", threshold.metric));
        }
    }
    for (metric, [low, high]) in &eval.expect {
        let value = record.value(metric);
        // What the file expects is said of its own models.
        if args.model.is_empty() && !value.is_some_and(|v| (*low..=*high).contains(&v)) {
            failed = true;
            let value = value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.4}"));
            tell(&format!("failed: {metric} is {value}; expected {low} to {high}, as {} says", args.eval.display()));
        }
    }
    Ok(if failed { Status::CheckFailed } else { Status::Done })
}
