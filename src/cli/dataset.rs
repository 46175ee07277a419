//! `stance dataset`

use super::Status;
use super::common::Output;
use crate::dataset::{self, LoadOptions};
use crate::error::{Context, Result};
use crate::report::write_error;
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
}

/// What both take.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// A dataset folder, or a .jsonl, .csv or .tsv file; FOLDER:SPLIT for one split
    #[arg(value_name = "DATA")]
    data: String,
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
    let parts = text.split_once('=').ok_or_else(|| crate::Error::new(format!("{text:?}")).expected("OLD=NEW"))?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let (Args::Check(common) | Args::Stats(common)) = args;
    let labels: BTreeMap<String, String> = common.rename.iter().cloned().collect();
    let options = LoadOptions { articles: common.articles.clone(), labels, claim: common.claim.clone() };
    let data = dataset::load(&common.data, &options)?;
    let (text, json, status) = match args {
        Args::Check(_) => {
            let report = dataset::check(&data);
            let status = if report.failed() { Status::CheckFailed } else { Status::Done };
            (report.to_string(), serde_json::to_string_pretty(&report), status)
        }
        Args::Stats(_) => {
            let stats = dataset::stats(&data.clean()?.rows);
            (stats.to_string(), serde_json::to_string_pretty(&stats), Status::Done)
        }
    };
    let mut out = Output::open(None)?;
    let text = if common.format == Format::Json { json.context("serialising")? + "\n" } else { text };
    out.write_all(text.as_bytes()).map_err(write_error)?;
    out.finish()?;
    Ok(status)
}
