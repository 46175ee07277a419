//! `stance dataset`

use super::common::{Output, end_on_interrupt, spare};
use super::{Status, tell};
use crate::atomic::AtomicFile;
use crate::dataset::agreement::Votes;
use crate::dataset::{self, LoadOptions, Row};
use crate::error::{Context, Error, Result};
use crate::report::style::{plain_lines, wrap};
use crate::report::write_error;
use crate::score::Bootstrap;
use crate::stance::Stance;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Check and describe labelled data
#[derive(Debug, clap::Subcommand)]
#[command(after_help = format!("Examples:\n  stance dataset check datasets/allies-sample\n  stance dataset stats my-labels.csv --format json\n\n{}", label_names()))]
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

/// The labels and their other names, for the help.
fn label_names() -> String {
    let mut text = "Labels, and the other names by which they are known, in any case:".to_owned();
    for stance in Stance::ALL {
        for (i, line) in wrap(&stance.names()[1..].join(", "), 80).iter().enumerate() {
            text += &format!("\n  {:<11}{line}", if i == 0 { stance.as_str() } else { "" });
        }
    }
    text + "\n\nA name that is not among them is explained by --rename, or under [labels] in dataset.toml."
}

pub(super) fn run(args: &Args) -> Result<Status> {
    end_on_interrupt();
    let (Args::Check(Common { how, .. }) | Args::Stats(Common { how, .. }) | Args::Agreement(Agreement { how, .. })) = args;
    let labels: BTreeMap<String, String> = how.rename.iter().cloned().collect();
    let renaming = Some("--rename yes=favor");
    let options = LoadOptions { articles: how.articles.clone(), labels, claim: how.claim.clone(), renaming };
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
    let text = if how.format == Format::Json { json.context("serialising")? + "\n" } else { plain_lines(&text) };
    out.write_all(text.as_bytes()).map_err(write_error)?;
    out.finish()?;
    Ok(status)
}

/// A file of a reader: as it was named, in full, and its hash.
struct Source {
    spec: String,
    path: PathBuf,
    sha256: String,
}

/// An error where the file stands for another reader already; a warning where another has the same bytes. Readers who agree on
/// every row are rare, and a copy is not.
fn not_read_before(spec: &str, path: &Path, sha256: &str, read: &mut Vec<Source>) -> Result<()> {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if read.iter().any(|other| other.path == full) {
        return Err(Error::new("the same file for two readers")
            .at(path)
            .expected("the file of each reader")
            .hint("a file agrees with itself on every row"));
    }
    if let Some(other) = read.iter().find(|other| other.spec != spec && other.sha256 == sha256) {
        tell(&format!("warning: {spec} is the same, byte for byte, as {}: is it a copy?", other.spec));
    }
    read.push(Source { spec: spec.to_owned(), path: full, sha256: sha256.to_owned() });
    Ok(())
}

fn agreement(args: &Agreement, options: &LoadOptions) -> Result<dataset::agreement::Agreement> {
    let decide = args.adjudicate.as_deref().map(AtomicFile::create).transpose()?;
    let (mut files, mut inputs): (Vec<(String, Vec<Row>)>, Vec<PathBuf>) = Default::default();
    let mut read: Vec<Source> = Vec::new();
    for spec in &args.data {
        let data = dataset::load(spec, options)?.clean()?;
        for (file, path) in data.files.iter().zip(data.sources()) {
            not_read_before(spec, &path, &file.sha256, &mut read)?;
            inputs.push(path);
        }
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
    }
    if let Some(mut file) = decide {
        file.write_all(votes.adjudication()?.as_bytes()).map_err(write_error)?;
        file.finish()?;
    }
    Ok(votes.agreement(&Bootstrap { draws: args.draws, seed: args.seed, ..Bootstrap::default() }))
}
