//! `stance bench`

use super::common::{Output, Threads, end_on_interrupt, spinner};
use super::file_settings::FileSettings;
use super::{Status, tell};
use crate::bench::{self, Options, Record, Stage};
use crate::error::{Context, Error, Result};
use crate::model::locate;
use crate::plural::count;
use crate::report::style::Style;
use crate::report::write_error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Measure how fast this machine classifies and trains, stage by stage
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  stance bench\n  stance bench archive/ --threads 1 --format json -o before.json\n\n\
    Close other programs first: everything on the machine shares its cores. Each figure is a median. \"share\" is the part of \
    all cores' time that a stage takes with the default engine; \"of peak\" holds a forward pass against matrix products alone.")]
pub struct Args {
    /// Articles: files or folders, of which the first 256 KiB or so of text are taken [default: ten that are built in]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Claim of the pairs: a longer one is more to compute
    #[arg(short, long, value_name = "TEXT", default_value = "US allies will keep sharing intelligence with the United States.")]
    claim: String,
    /// Model: a folder, a name under models/, or a hub id org/name[@revision] [default: stance-mini]
    #[arg(short, long, env = "STANCE_MODEL", value_name = "MODEL")]
    model: Option<String>,
    /// Load the model even if it does not tell agreement from contradiction
    #[arg(long)]
    skip_probe: bool,
    #[command(flatten)]
    threads: Threads,
    /// Least time for each figure
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    seconds: f64,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to a file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people
    Table,
    /// One JSON object
    Json,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    let file = FileSettings::read()?;
    if !(args.seconds > 0.0 && args.seconds <= 3600.0) {
        return Err(Error::new(format!("--seconds {}", args.seconds)).expected("a time above 0 and up to 3600"));
    }
    if args.paths.iter().any(|p| p == Path::new("-")) {
        return Err(Error::new("standard input cannot be read over and over").hint("save it to a file first"));
    }
    let threads = args.threads.number(&file)?;
    end_on_interrupt();
    let mut output = Output::open(args.output.as_deref())?;
    let model = args.model.as_deref().or(file.model.as_deref()).unwrap_or(locate::DEFAULT);
    let options = Options {
        paths: args.paths.clone(),
        model: locate::locate(model)?,
        probe: !args.skip_probe,
        claim: args.claim.trim().to_owned(),
        threads,
        seconds: args.seconds,
    };
    let bar = spinner(&output);
    let record = bench::run(&options, |what| bar.set_message(what.to_owned()))?;
    bar.finish_and_clear();
    match args.format {
        Format::Table => {
            let style = output.style();
            table(&mut output, style, &record).map_err(write_error)?;
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(&record).context("serialising the record")?;
            writeln!(output, "{text}").map_err(write_error)?;
        }
    }
    output.finish()?;
    if record.input.cut {
        tell("there is more text than is measured on: the first articles were taken");
    }
    Ok(Status::Done)
}

/// Three digits, or all before the point.
fn number(x: f64) -> String {
    let decimals = if x > 0.0 { (2 - x.log10().floor() as i32).clamp(0, 6) as usize } else { 0 };
    format!("{x:.decimals$}")
}

fn percent(x: Option<f64>) -> String {
    x.map_or_else(String::new, |x| format!("{:.1} %", 100.0 * x))
}

fn table(out: &mut Output, style: Style, record: &Record) -> std::io::Result<()> {
    let (machine, input) = (&record.machine, &record.input);
    let cpu = machine.cpu.as_deref().unwrap_or("unknown CPU");
    writeln!(out, "{}", style.bold(&format!("stance {}", record.version)))?;
    writeln!(out, "{cpu}, {}, {}", machine.system, machine.features.join(" "))?;
    writeln!(out, "{}, {}", count(machine.cores, "core"), count(machine.threads, "thread"))?;
    writeln!(
        out,
        "{}: {}, {}, {} bytes, {} tokens with the claim\n",
        input.model,
        count(input.articles, "article"),
        count(input.sentences, "sentence"),
        input.bytes,
        input.tokens
    )?;
    let head = row(["stage", "threads", "sentences/s", "MB/s", "tokens/s", "share", "of peak"]);
    writeln!(out, "{}", style.bold(&head))?;
    for s in &record.stages {
        let Stage { stage, threads, sentences_per_second, megabytes_per_second, tokens_per_second, share, of_peak, .. } = s;
        let cells = [
            stage.clone(),
            threads.to_string(),
            number(*sentences_per_second),
            number(*megabytes_per_second),
            tokens_per_second.map_or_else(String::new, number),
            percent(*share),
            percent(*of_peak),
        ];
        writeln!(out, "{}", row(cells.each_ref().map(String::as_str)))?;
    }
    writeln!(out)?;
    for p in &record.products {
        let what = format!("matrix products, {}", bench::name(p.precision));
        writeln!(out, "{what:<24} {:>7} {:>12} GFLOP/s", p.threads, number(p.gflops))?;
    }
    let command = &record.command;
    let rate = number(command.sentences_per_second);
    writeln!(out, "{:<24} {:>7} {rate:>12} sentences/s", "files to records", machine.threads)?;
    writeln!(out, "{:<24} {:>7} {:>12} of the forward pass alone", "", "", percent(Some(command.of_forward)))?;
    for s in &record.training {
        let what = format!("training, {}", bench::name(s.precision));
        let step = format!("a step of {} tokens: {} s", s.tokens, number(s.seconds));
        writeln!(out, "{what:<24} {:>7} {:>12} tokens/s, {step}", s.threads, number(s.tokens_per_second))?;
    }
    writeln!(out, "{:<24} {:>7} {:>12} s", "loading the model", 1, number(record.load_seconds))
}

fn row(cells: [&str; 7]) -> String {
    let [stage, threads, sentences, bytes, tokens, share, peak] = cells;
    format!("{stage:<24} {threads:>7} {sentences:>12} {bytes:>8} {tokens:>9} {share:>7} {peak:>8}").trim_end().to_owned()
}
