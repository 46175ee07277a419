//! `stance model`

use super::Status;
use super::common::end_on_interrupt;
use super::file_settings::FileSettings;
use crate::cascade::{self, Gate};
use crate::error::{Error, Result};
use crate::model::config::{CommonConfig, read};
use crate::model::extras::Extras;
use crate::model::{Classifier, LoadOptions, ProbeOutcome, hub, locate};
use crate::report::style::{plain, plain_lines};
use crate::report::write_error;
use std::io::Write;
use std::path::Path;

/// The file of a model's weights.
const WEIGHTS: &str = "model.safetensors";

/// List, inspect, check, average and fetch models, and make a first stage for one
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "Examples:\n  stance model list\n  stance model inspect stance-mini\n  \
    stance model average models/run-1 models/run-2 --output models/mean")]
pub enum Args {
    /// List the models that are found by name
    List,
    /// Show what a model is: architecture, labels, size, calibration
    Inspect {
        /// A folder, a name under models/, or a hub id
        model: String,
    },
    /// Load a model and check that its labels mean what they say
    Check {
        /// A folder, a name under models/, or a hub id
        model: String,
    },
    /// Average the weights of models that were fine-tuned from one base, into a new model
    Average {
        /// Two or more: folders, names under models/, or hub ids
        #[arg(required = true, num_args = 2.., value_name = "MODEL")]
        models: Vec<String>,
        /// Folder of the new model
        #[arg(short, long, value_name = "FOLDER")]
        output: std::path::PathBuf,
    },
    /// Make the first stage of `stance classify --cascade` for a model, in its folder
    #[command(after_help = "Example:\n  \
        stance model cascade stance-mini --data datasets/news-claims:train \\\n      \
        --dev datasets/news-claims:dev --test datasets/news-claims:test\n\n\
        The model labels the rows of --dev and --test: some minutes for ten thousand.")]
    Cascade {
        /// A folder or a name under models/
        model: String,
        /// Labelled rows with their articles to learn from; may be repeated
        #[arg(long, required = true, value_name = "DATASET[:SPLIT]")]
        data: Vec<String>,
        /// Rows that the thresholds are set on; may be repeated
        #[arg(long, required = true, value_name = "DATASET[:SPLIT]")]
        dev: Vec<String>,
        /// Rows to measure on; may be repeated
        #[arg(long, value_name = "DATASET[:SPLIT]")]
        test: Vec<String>,
        /// Seed of the draw of claims on other subjects
        #[arg(long, default_value_t = 0)]
        seed: u64,
        #[command(flatten)]
        threads: super::common::Threads,
        /// Load the model even if it does not tell agreement from contradiction
        #[arg(long)]
        skip_probe: bool,
    },
    /// Fetch a model from a hub into its cache, and print its folder
    Pull {
        /// org/name or org/name@revision
        id: String,
    },
}

pub(super) fn run(args: &Args) -> Result<Status> {
    end_on_interrupt();
    let mut out = std::io::stdout().lock();
    match args {
        Args::List => {
            let found = locate::list();
            for folder in &found {
                let line = match describe(folder) {
                    Ok(line) => line,
                    Err(e) => format!("broken: {}", e.message()),
                };
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                let line = format!("{name:<24} {line}  {}", folder.display());
                writeln!(out, "{}", plain(&line)).map_err(write_error)?;
            }
            if found.is_empty() {
                let dirs: Vec<String> = locate::search_path().iter().map(|d| d.display().to_string()).collect();
                super::tell(&format!("no models in {}", dirs.join(", ")));
            }
            Ok(Status::Done)
        }
        Args::Inspect { model } => {
            let folder = locate::locate(model)?;
            let config: CommonConfig = read(&folder.join("config.json"))?;
            let extras = Extras::read(&folder)?;
            let weights = std::fs::metadata(folder.join(WEIGHTS));
            let weights =
                weights.map_or_else(|_| format!("none: there is no {WEIGHTS}"), |m| format!("{:.1} MB", m.len() as f64 / 1e6));
            let labels = config.labels()?.map_or_else(|| "none (a bare encoder)".to_owned(), |l| l.join(", "));
            let text = format!(
                "folder        {}\narchitecture  {}\nlabels        {labels}\nmax tokens    {}\nweights       {weights}\ntemperature   {}\n",
                folder.display(),
                config.model_type.as_deref().unwrap_or("bert"),
                config.max_position_embeddings.map_or_else(|| "not stated".to_owned(), |n| n.to_string()),
                extras.temperature,
            );
            out.write_all(plain_lines(&text).as_bytes()).map_err(write_error)?;
            let path = folder.join(cascade::FILE);
            if path.exists() {
                write_gates(&mut out, &cascade::File::read(&path)?.gates).map_err(write_error)?;
            }
            Ok(Status::Done)
        }
        Args::Check { model } => {
            let model = Classifier::load(
                &locate::locate(model)?,
                &LoadOptions { probe: false, name: locate::record_name(model), ..LoadOptions::default() },
            )?;
            let probe = model.probe()?;
            let outcome = probe.outcome();
            let word = match outcome {
                ProbeOutcome::Right => "right",
                ProbeOutcome::Swapped => "swapped: favor and against are the wrong way round",
                ProbeOutcome::Undecided => "undecided: the model does not tell agreement from contradiction",
            };
            let labels: Vec<String> = model.labels().iter().map(ToString::to_string).collect();
            writeln!(
                out,
                "{}: labels {}; favor over against {:+.2} on agreeing pairs, {:+.2} on contradicting pairs; label order {word}",
                model.name(),
                labels.join(", "),
                probe.agreeing,
                probe.contradicting
            )
            .map_err(write_error)?;
            Ok(if outcome == ProbeOutcome::Right { Status::Done } else { Status::CheckFailed })
        }
        Args::Average { models, output } => {
            let folders = models.iter().map(|m| locate::locate(m)).collect::<Result<Vec<_>>>()?;
            crate::model::average::average(&folders, output)?;
            Ok(Status::Done)
        }
        Args::Cascade { model, data, dev, test, seed, threads, skip_probe } => {
            let threads = threads.number(&FileSettings::read()?)?;
            let options = LoadOptions { probe: !skip_probe, name: locate::record_name(model), ..LoadOptions::default() };
            let model = Classifier::load(&locate::locate(model)?, &options)?;
            let settings = cascade::Settings { data: data.clone(), dev: dev.clone(), test: test.clone(), seed: *seed, threads };
            let made = cascade::make(&model, &settings)?;
            let [about, foreign] = made.windows;
            let head = format!(
                "learnt from {about} parts of articles with a claim that they bear on and {foreign} with a foreign one\n"
            );
            out.write_all(head.as_bytes()).and_then(|()| write_gates(&mut out, &made.gates)).map_err(write_error)?;
            Ok(Status::Done)
        }
        Args::Pull { id } => {
            let id = hub::HubId::parse(id)
                .ok_or_else(|| Error::new(format!("{id:?} is not a hub id")).expected("org/name or org/name@revision"))?;
            writeln!(out, "{}", hub::fetch(&id)?.display()).map_err(write_error)?;
            Ok(Status::Done)
        }
    }
}

/// What each gate of a first stage keeps and lets pass.
fn write_gates(out: &mut impl Write, gates: &[Gate]) -> std::io::Result<()> {
    writeln!(out, "cascade       related rows kept, of articles (whole or in part), and foreign articles passed on")?;
    for gate in gates {
        for (split, m) in [("dev", Some(&gate.dev)), ("test", gate.test.as_ref())] {
            let Some(m) = m else { continue };
            writeln!(
                out,
                "  {:<6}{split:<5} {}/{} rows ({:.1} %), {}/{} articles, {:.1} % of foreign",
                gate.recall,
                m.kept,
                m.related,
                100.0 * m.recall(),
                m.articles_kept,
                m.articles,
                100.0 * m.foreign
            )?;
        }
    }
    Ok(())
}

/// Architecture, labels and size in a line.
fn describe(folder: &Path) -> Result<String> {
    let config: CommonConfig = read(&folder.join("config.json"))?;
    let labels = config.labels()?.map_or_else(|| "no labels".to_owned(), |l| l.join("/"));
    if let Some(missing) = ["tokenizer.json", WEIGHTS].into_iter().find(|part| !folder.join(part).is_file()) {
        return Err(Error::new(format!("there is no {missing}")));
    }
    let megabytes = std::fs::metadata(folder.join(WEIGHTS)).map_or(0.0, |m| m.len() as f64 / 1e6);
    Ok(format!("{:<12} {labels:<36} {megabytes:>7.1} MB", config.model_type.as_deref().unwrap_or("bert")))
}
