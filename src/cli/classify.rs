//! `stance classify`

use super::common::{InputArgs, ModelArgs, Output, claims, end_on_interrupt, finish, spare, spinner, tell_repeat};
use super::file_settings::FileSettings;
use super::{Status, complain, tell};
use crate::article::Kind;
use crate::cascade::{self, Cascade};
use crate::classify::{self, Options, Summary};
use crate::error::{Error, Result};
use crate::plural::count;
use crate::report::{By, Csv, Html, Jsonl, Reporter, RollUp, RollUpFormat, Table};
use std::path::{Path, PathBuf};

/// Label the stance of every sentence of articles towards a claim
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    stance classify article.txt --claim \"The ferry will be saved.\"\n  \
    stance classify archive/ --task evals/tasks/allies-sharing.toml --format jsonl -o labels.jsonl\n  \
    stance classify archive/ --task evals/tasks/allies-sharing.toml --format html -o report.html\n  \
    stance classify rows.csv.gz --columns text=story --claim \"Rents will fall.\" --by outlet\n  \
    stance classify archive/ --claim \"Rents will fall.\" --cascade --format jsonl -o labels.jsonl\n  \
    cat article.md | stance classify - --claim \"Rents will fall.\" --claim \"Wages will rise.\"")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,
    /// Claim towards which stance is labelled; may be repeated
    #[arg(short, long, value_name = "TEXT")]
    claim: Vec<String>,
    /// Task file with one or more claims [env: STANCE_TASK, where no claim is given]
    #[arg(short, long, value_name = "FILE")]
    task: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Sum up: a line for each article, holder, day (or month) or outlet, with mean and interval
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Write to a file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Kinds of text that are classified
    #[arg(long, value_delimiter = ',', value_name = "KIND,…", default_value = "sentence,heading,item", value_parser = kind)]
    kinds: Vec<Kind>,
    /// Withhold labels of a lower probability ("abstain")
    #[arg(long, env = "STANCE_MIN_CONFIDENCE", value_name = "P")]
    min_confidence: Option<f64>,
    /// Refuse sentences that the model would cut
    #[arg(long)]
    strict: bool,
    /// For archives in which most articles are about something else: a cheap first stage stops those, and the model reads the
    /// rest. RECALL is the share of related sentences that it was set to pass on; less is faster (`stance model inspect` shows what each costs).
    /// What it stops is recorded as unrelated, with "stage":"cascade"
    #[arg(long, value_name = "RECALL", num_args = 0..=1, require_equals = true, default_missing_value = cascade::DEFAULT_RECALL)]
    cascade: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people, with roll-ups
    Table,
    /// One JSON object a line, sentence and claim
    Jsonl,
    /// Comma-separated values. A cell is as it was read: import the columns as text, since a spreadsheet computes what begins
    /// with = + - or @
    Csv,
    /// One page that loads nothing: charts, and the articles with each sentence tinted
    Html,
}

/// Whether a path looks like the share that belongs to `--cascade`.
fn is_share(path: &Path) -> bool {
    path.to_str().and_then(|text| text.parse::<f64>().ok()).is_some_and(|share| (0.0..=1.0).contains(&share))
}

/// Parses a kind of sentence by its name.
pub(super) fn kind(name: &str) -> Result<Kind> {
    Kind::ALL
        .into_iter()
        .find(|k| k.as_str() == name)
        .ok_or_else(|| Error::new(format!("unknown kind {name:?}")).expected(Kind::ALL.map(Kind::as_str).join(", ")))
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let file = FileSettings::read()?;
    // What is set further away gives way to a claim on the command line.
    let set = || std::env::var_os("STANCE_TASK").map(PathBuf::from).or_else(|| file.task.clone());
    let task = args.task.clone().or_else(|| if args.claim.is_empty() { set() } else { None });
    let claims = claims(task.as_ref(), &args.claim)?;
    let min_confidence = args.min_confidence.or(file.min_confidence).unwrap_or(0.0);
    if !(0.0..=1.0).contains(&min_confidence) {
        return Err(Error::new(format!("--min-confidence {min_confidence}")).expected("a probability from 0 to 1"));
    }
    if args.by.is_some() && args.format == Format::Html {
        return Err(Error::new("--by with --format html").hint("the page has every chart: leave --by out"));
    }
    if args.cascade.is_some()
        && let Some(path) = args.input.paths.iter().find(|path| is_share(path) && !path.exists())
    {
        let path = path.display();
        return Err(Error::new(format!("no article called {path}"))
            .expected("the share behind an equals sign")
            .hint(format!("--cascade={path}, without a space: what stands apart is an article to read")));
    }
    let articles = args.input.sources(args.output.as_deref())?;
    if let (Some(output), Some(task)) = (&args.output, task) {
        spare(output, &[task])?;
    }
    let threads = args.model.threads(&file)?;
    end_on_interrupt();
    let mut output = Output::open(args.output.as_deref())?;
    let model = args.model.load(&file)?;
    let first = args.cascade.map(|recall| Cascade::load(&model, recall)).transpose()?;
    let options = Options {
        claims,
        kinds: args.kinds.clone(),
        min_confidence,
        strict: args.strict,
        fail_fast: args.input.fail_fast,
        threads,
    };
    let bar = spinner(&output);
    let mut articles = articles.on_repeat({
        let bar = bar.clone();
        move |path| bar.suspend(|| tell_repeat(path))
    });
    let style = output.style();
    let summary = {
        let roll_up = match args.format {
            Format::Jsonl => RollUpFormat::Jsonl,
            Format::Csv => RollUpFormat::Csv,
            Format::Table | Format::Html => RollUpFormat::Table(style),
        };
        let mut reporter: Box<dyn Reporter> = match (args.by, args.format) {
            (Some(by), _) => Box::new(RollUp::new(&mut output, by, roll_up, model.name(), &options.claims)),
            (None, Format::Table) => Box::new(Table::new(&mut output, style, &options.claims)),
            (None, Format::Jsonl) => Box::new(Jsonl::new(&mut output, model.name(), &options.claims)),
            (None, Format::Csv) => Box::new(Csv::new(&mut output, model.name(), &options.claims).staged(first.is_some())),
            (None, Format::Html) => Box::new(Html::new(&mut output, model.name(), &options.claims)?),
        };
        let warn = |e: &Error| bar.suspend(|| complain("error", e));
        let tick = |s: &Summary| {
            bar.set_message(format!("{}, {}", count(s.articles, "article"), count(s.sentences, "sentence")));
        };
        classify::run(articles.by_ref(), &model, first.as_ref(), &options, &mut *reporter, warn, tick)?
    };
    bar.finish_and_clear();
    finish(output, summary.articles, summary.failed)?;
    articles.remarks().iter().for_each(|line| tell(line));
    if first.is_some() {
        let Summary { pairs, stopped, repeated, .. } = summary;
        let passed = pairs - stopped;
        tell(&format!(
            "cascade: {passed} of {} of a sentence and a claim passed on to the model{}",
            count(pairs, "pair"),
            if repeated > 0 { format!(", {repeated} of these repeats of others") } else { String::new() }
        ));
    }
    if summary.truncated > 0 {
        tell(&format!("{} of {} cut to fit the model (\"truncated\")", summary.truncated, count(summary.sentences, "sentence")));
    }
    if summary.failed > 0 {
        tell(&format!("{} failed, {} classified", summary.failed, count(summary.articles, "article")));
        return Ok(Status::InputFailed);
    }
    Ok(Status::Done)
}
