//! `stance dataset`

use super::Status;
use super::common::{Output, spare};
use crate::dataset::agreement::Votes;
use crate::dataset::{self, LoadOptions, Row};
use crate::error::{Context, Error, Result};
use crate::report::write_error;
use crate::score::Bootstrap;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// Check and describe labelled data
#[derive(Debug, clap::Subcommand)]
#[command(
    after_help = "Examples:\n  stance dataset check datasets/allies-sample\n  stance dataset stats my-labels.csv --format json"
)]
pub enum Args {
    /// Find what would spoil training or scores: bad rows, duplicates, leaks between splits, unbalanced labels
    Check(Common),
    /// Count rows, labels, articles, claims; lengths; agreement of votes
    Stats(Common),
    /// How far readers agree: overall, by label, by pair, and which rows split them
    #[command(after_help = "Examples:\n  \
        stance dataset agreement datasets/allies-sample\n  \
        stance dataset agreement ann.jsonl bo.jsonl cy.csv --adjudicate to-decide.jsonl")]
    Agreement(Agreement),
}

/// What `agreement` takes.
#[derive(Debug, clap::Args)]
pub struct Agreement {
    /// A dataset whose rows have votes; or the file of each reader, joined by the ids of the rows
    #[arg(value_name = "DATA", required = true)]
    data: Vec<String>,
    /// Write the rows on which votes differ, with an empty label to be filled in
    #[arg(long, value_name = "FILE")]
    adjudicate: Option<PathBuf>,
    /// Bootstrap draws for the interval of alpha; 0 for none
    #[arg(long, default_value_t = 1000, value_name = "N")]
    draws: u32,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    how: How,
}

/// What both take.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// A dataset folder, or a .jsonl, .csv or .tsv file; FOLDER:SPLIT for one split
    #[arg(value_name = "DATA")]
    data: String,
    #[command(flatten)]
    how: How,
}

/// How rows are read, and the outcome written.
#[derive(Debug, clap::Args)]
pub struct How {
    /// Folder of the articles that stand-off rows point into
    #[arg(long, value_name = "FOLDER")]
    articles: Option<PathBuf>,
    /// Claim of rows that name none
    #[arg(long, value_name = "TEXT")]
    claim: Option<String>,
    /// Another name for a label; may be repeated
    #[arg(long, value_name = "OLD=NEW", value_parser = rename)]
    rename: Vec<(String, String)>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people
    Table,
    /// JSON
    Json,
}

fn rename(text: &str) -> Result<(String, String)> {
    let parts = text.split_once('=').ok_or_else(|| Error::new(format!("{text:?}")).expected("OLD=NEW"))?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let (Args::Check(Common { how, .. }) | Args::Stats(Common { how, .. }) | Args::Agreement(Agreement { how, .. })) = args;
    let labels: BTreeMap<String, String> = how.rename.iter().cloned().collect();
    let options = LoadOptions { articles: how.articles.clone(), labels, claim: how.claim.clone() };
    let (text, json, status) = match args {
        Args::Check(common) => {
            let report = dataset::check(&dataset::load(&common.data, &options)?);
            let status = if report.failed() { Status::CheckFailed } else { Status::Done };
            (report.to_string(), serde_json::to_string_pretty(&report), status)
        }
        Args::Stats(common) => {
            let stats = dataset::stats(&dataset::load(&common.data, &options)?.clean()?.rows);
            (stats.to_string(), serde_json::to_string_pretty(&stats), Status::Done)
        }
        Args::Agreement(args) => {
            let agreement = agreement(args, &options)?;
            (agreement.to_string(), serde_json::to_string_pretty(&agreement), Status::Done)
        }
    };
    let mut out = Output::open(None)?;
    let text = if how.format == Format::Json { json.context("serialising")? + "\n" } else { text };
    out.write_all(text.as_bytes()).map_err(write_error)?;
    out.finish()?;
    Ok(status)
}

fn agreement(args: &Agreement, options: &LoadOptions) -> Result<dataset::agreement::Agreement> {
    let (mut files, mut inputs): (Vec<(String, Vec<Row>)>, Vec<PathBuf>) = Default::default();
    for spec in &args.data {
        let data = dataset::load(spec, options)?.clean()?;
        inputs.extend(data.sources());
        // Two folders may hold a file of the same name.
        let name = if files.iter().any(|(name, _)| *name == data.name) { spec.clone() } else { data.name };
        files.push((name, data.rows));
    }
    let votes = match files.as_slice() {
        [(_, rows)] => Votes::of_rows(rows),
        several => Votes::of_files(several)?,
    };
    if votes.rows.is_empty() {
        return Err(Error::new("no row has two votes")
            .at(&args.data[0])
            .expected("rows with votes, or a file for each reader")
            .hint("votes are a list of labels, or counts by label: {\"votes\": [\"favor\", \"neutral\"]}"));
    }
    if let Some(path) = &args.adjudicate {
        spare(path, &inputs)?;
        crate::atomic::write(path, votes.adjudication()?.as_bytes())?;
    }
    Ok(votes.agreement(&Bootstrap { draws: args.draws, seed: args.seed, ..Bootstrap::default() }))
}
