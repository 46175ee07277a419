//! Arguments and helpers that several commands share.

use super::file_settings::FileSettings;
use crate::article::{Columns, Sources};
use crate::atomic::AtomicFile;
use crate::error::{Error, Result};
use crate::model::gemm::Compute;
use crate::model::{Classifier, Engine, LoadOptions, locate};
use crate::report::style::Style;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which articles, and how they are read.
#[derive(Debug, Clone, clap::Args)]
pub struct InputArgs {
    /// Articles: files, folders, or - for standard input. Plain text, Markdown, HTML, PDF, DOCX, EPUB, RSS and Atom, WARC,
    /// JSON, JSONL and CSV, and gzip or zstd of any; told by content, then by name
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Columns of JSON, JSONL and CSV whose names are not the usual ones, as in text=story,title=head
    #[arg(long, value_delimiter = ',', value_name = "FIELD=COLUMN,…")]
    pub columns: Vec<String>,
    /// Refuse articles that are larger, as they are or unpacked
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    pub max_size: u64,
    /// End at the first article that cannot be read
    #[arg(long)]
    pub fail_fast: bool,
}

impl InputArgs {
    /// The articles; in folders all but the file that is written, which must be none of those named.
    pub fn sources(&self, output: Option<&Path>) -> Result<Sources> {
        let sources = Sources::new(&self.paths).limit(self.max_size << 20).columns(Columns::new(&self.columns)?);
        let Some(output) = output else { return Ok(sources) };
        spare(output, &self.paths)?;
        Ok(sources.without(output))
    }
}

/// Says that a file was given more than once.
pub fn tell_repeat(path: &Path) {
    super::tell(&format!("{}: given more than once, read once", path.display()));
}

/// Which model, and how it runs.
#[derive(Debug, Clone, clap::Args)]
pub struct ModelArgs {
    /// Model: a folder, a name under models/, or a hub id org/name[@revision] [default: stance-mini]
    #[arg(short, long, env = "STANCE_MODEL", value_name = "MODEL")]
    pub model: Option<String>,
    #[command(flatten)]
    pub threads: Threads,
    /// What computes, and how precisely.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Load the model even if it does not tell agreement from contradiction
    #[arg(long)]
    pub skip_probe: bool,
}

/// What computes, and how precisely.
#[derive(Debug, Clone, clap::Args)]
pub struct EngineArgs {
    /// What computes [default: auto]
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// Rounding of the factors in matrix products; anything but f32 changes a label here and there [default: f32]
    #[arg(long, value_enum)]
    precision: Option<Precision>,
}

/// Precision of the products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// float32
    F32,
    /// bfloat16: faster on CPUs with AMX or AVX-512 BF16
    Bf16,
    /// Integers of 8 bits
    Int8,
}

impl EngineArgs {
    /// The engine asked for, and the precision.
    pub fn choice(&self, file: &FileSettings) -> (Engine, Compute) {
        let compute = match self.precision.or(file.precision) {
            None | Some(Precision::F32) => Compute::F32,
            Some(Precision::Bf16) => Compute::Bf16,
            Some(Precision::Int8) => Compute::Int8,
        };
        (self.engine.or(file.engine).unwrap_or_default(), compute)
    }
}

impl ModelArgs {
    /// Finds and loads the model.
    pub fn load(&self, file: &FileSettings) -> Result<Classifier> {
        let name = self.model.as_deref().or(file.model.as_deref()).unwrap_or(locate::DEFAULT);
        let (engine, compute) = self.engine.choice(file);
        let options = LoadOptions { probe: !self.skip_probe, name: locate::record_name(name), engine, compute };
        Classifier::load(&locate::locate(name)?, &options)
    }

    /// Number of threads.
    pub fn threads(&self, file: &FileSettings) -> Result<usize> {
        self.threads.number(file)
    }
}

/// How many threads.
#[derive(Debug, Clone, clap::Args)]
pub struct Threads {
    /// Threads, from 1 to 1024 [default: one per core]
    #[arg(long, env = "STANCE_THREADS", value_name = "N", value_parser = thread_number)]
    threads: Option<usize>,
}

impl Threads {
    /// The number asked for, or one per core. Rayon's pool gets as many.
    pub fn number(&self, file: &FileSettings) -> Result<usize> {
        let n = match (self.threads, file.threads) {
            (Some(n), _) => n,
            (None, Some(n)) => thread_number(&n.to_string()).map_err(|e| e.within(format!("threads = {n}")).at("stance.toml"))?,
            (None, None) => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        };
        // An error says that there is a pool already.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(n).build_global();
        Ok(n)
    }
}

fn thread_number(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(n) if (1..=1024).contains(&n) => Ok(n),
        _ => Err(Error::new("not a number of threads").expected("1 to 1024").hint("leave it out for one thread per core")),
    }
}

/// Ends the output of a command over articles. Where every one of them failed, the file of an earlier run stays as it is.
pub fn finish(output: Output, articles: usize, failed: usize) -> Result<()> {
    match output {
        Output::File(_) if articles == 0 && failed > 0 => {
            super::tell("nothing was written: no article could be read");
            Ok(())
        }
        output => output.finish(),
    }
}

/// Refuses to write over what is read.
pub fn spare(output: &Path, inputs: &[PathBuf]) -> Result<()> {
    let Ok(target) = output.canonicalize() else { return Ok(()) };
    let same = |input: &&PathBuf| input.canonicalize().is_ok_and(|i| i == target && i.is_file());
    match inputs.iter().find(same) {
        None => Ok(()),
        Some(input) => Err(Error::new("the output would replace what is read")
            .at(output)
            .expected(format!("another file than {}", input.display()))),
    }
}

/// Where the data goes: standard output, or a file that appears whole or not at all.
pub enum Output {
    /// Standard output.
    Stdout(std::io::BufWriter<std::io::Stdout>),
    /// `-o FILE`.
    File(AtomicFile),
}

impl Output {
    /// Opens the file, or standard output where there is none or `-`.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        match path {
            Some(p) if p.as_os_str() != "-" => Ok(Self::File(AtomicFile::create(p)?)),
            _ => Ok(Self::Stdout(std::io::BufWriter::new(std::io::stdout()))),
        }
    }

    /// Gives the file its name, or flushes standard output.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush().map_err(crate::report::write_error),
            Self::File(file) => file.finish(),
        }
    }

    /// How to write a table to it.
    pub fn style(&self) -> Style {
        match self {
            Self::Stdout(_) => Style::stdout(),
            Self::File(_) => Style::PLAIN,
        }
    }

    /// Whether progress on standard error would not run into what is written here.
    fn leaves_room_for_progress(&self) -> bool {
        matches!(self, Self::File(_)) || !std::io::stdout().is_terminal()
    }
}

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(buf),
            Self::File(out) => out.write(buf),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}

/// A spinner on a terminal's standard error; hidden elsewhere.
pub fn spinner(output: &Output) -> indicatif::ProgressBar {
    if std::io::stderr().is_terminal() && output.leaves_room_for_progress() {
        let bar = indicatif::ProgressBar::new_spinner();
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar
    } else {
        indicatif::ProgressBar::hidden()
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C ends the program at once, without a half-written file.
pub fn end_on_interrupt() {
    // An error says that a handler is there already.
    let _ = ctrlc::set_handler(|| {
        crate::atomic::discard_all();
        #[allow(clippy::exit)]
        std::process::exit(130);
    });
}

/// Whether Ctrl-C was pressed while [`stop_flag`] was watching.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A flag that the first Ctrl-C sets; the second ends the program at once.
pub fn stop_flag() -> Result<&'static AtomicBool> {
    static SET: OnceLock<bool> = OnceLock::new();
    let ok = *SET.get_or_init(|| {
        ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::Relaxed) {
                crate::atomic::discard_all();
                #[allow(clippy::exit)]
                std::process::exit(130);
            }
        })
        .is_ok()
    });
    if ok { Ok(&INTERRUPTED) } else { Err(Error::new("cannot listen for Ctrl-C")) }
}

/// The claims of a command: those of a task file and those given one by one.
pub fn claims(task: Option<&PathBuf>, claims: &[String]) -> Result<Vec<String>> {
    let mut all: Vec<String> = claims.iter().map(|c| c.trim().to_owned()).collect();
    if let Some(path) = task {
        all.extend(crate::task::Task::read(path)?.claims.into_iter().map(|c| c.text));
    }
    for (i, claim) in all.iter().enumerate() {
        if claim.is_empty() {
            return Err(Error::new("an empty claim").expected("a proposition such as \"The bridge will open this year.\""));
        }
        if all[..i].contains(claim) {
            return Err(Error::new(format!("the claim {claim:?} is given twice")).expected("each claim once"));
        }
    }
    if all.is_empty() {
        return Err(Error::new("no claim")
            .expected("--claim \"…\" or --task FILE")
            .hint("evals/tasks/ has examples of task files"));
    }
    Ok(all)
}
