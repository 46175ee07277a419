//! Command line: one file per command, each with its arguments beside the code that they drive.
//!
//! Data goes to standard output; progress, warnings and summaries to standard error. Exit codes: 0 done, 1 a threshold or a check
//! failed, 2 wrong usage or input, 130 interrupted.

mod bench;
mod classify;
mod common;
mod completions;
mod dataset;
mod evaluate;
mod file_settings;
mod finetune;
mod model;
mod split;

use crate::error::Error;
use crate::report::style::plain_lines;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;

/// The widest that help is set.
const WIDTH: usize = 100;

/// Reads articles, splits them into sentences, labels each sentence's stance towards a claim, scores the labels, and
/// fine-tunes on new ones. Offline, on an ordinary CPU.
#[derive(Debug, Parser)]
#[command(name = "stance", version, propagate_version = true, max_term_width = WIDTH, subcommand_required = true)]
#[command(after_help = "Exit codes: 0 done, 1 a threshold or check failed, 2 wrong usage or input, 130 interrupted.\n\
                        Settings: flags, then environment (STANCE_MODEL, STANCE_THREADS, STANCE_TASK, STANCE_MIN_CONFIDENCE, \
                        STANCE_DATA), then stance.toml in the working directory, then defaults. Models are looked for in ./models \
                        and in STANCE_MODELS.")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Classify(Box<classify::Args>),
    Split(split::Args),
    Evaluate(evaluate::Args),
    Finetune(Box<finetune::Args>),
    #[command(subcommand)]
    Model(model::Args),
    #[command(subcommand)]
    Dataset(dataset::Args),
    Bench(bench::Args),
    Completions(completions::Completions),
    Man(completions::Man),
}

/// How a command ended, if not with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All is well.
    Done,
    /// A threshold or check failed: exit code 1.
    CheckFailed,
    /// Something in the input was wrong, was reported, and the rest was done: exit code 2.
    InputFailed,
}

/// The whole command line, for parsing, help, manual and completions.
pub fn command() -> clap::Command {
    options_take_negative_numbers(Cli::command())
}

/// Lets an option have `-1`, so that its own parser says what it takes: else clap takes it for a flag, and advises to write
/// `-- -1`.
fn options_take_negative_numbers(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let takes = !arg.is_positional() && arg.get_action().takes_values();
            if takes { arg.allow_negative_numbers(true) } else { arg }
        })
        .mut_subcommands(options_take_negative_numbers)
}

/// Parses the arguments, runs the command, and says how it went; first calls `before_training` where the command trains.
pub fn run(before_training: fn()) -> ExitCode {
    quiet_readers();
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|e| e.exit());
    if matches!(cli.command, Command::Finetune(_) | Command::Bench(_)) {
        before_training();
    }
    let result = match cli.command {
        Command::Classify(args) => classify::run(&args),
        Command::Split(args) => split::run(&args),
        Command::Finetune(args) => finetune::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Dataset(args) => dataset::run(&args),
        Command::Model(args) => model::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => completions::man(&args),
    };
    match result {
        Ok(Status::Done) => ExitCode::SUCCESS,
        Ok(Status::CheckFailed) => ExitCode::from(1),
        Ok(Status::InputFailed) => ExitCode::from(2),
        Err(e) if crate::report::is_closed_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            complain("error", &e);
            ExitCode::from(if common::interrupted() { 130 } else { 2 })
        }
    }
}

/// Panics of foreign readers are caught and told as errors of their article: what the runtime would say of them is not shown.
fn quiet_readers() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some(crate::article::READER_THREAD) {
            usual(info);
        }
    }));
}

/// Says something on standard error, which may be closed.
pub(crate) fn complain(kind: &str, error: &Error) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{kind}: {}", plain_lines(&error.to_string()));
}

/// Says how it went on standard error.
pub(crate) fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{}", plain_lines(line));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }

    /// Examples are to be copied: at the widest that help is set, each is one line.
    #[test]
    fn no_example_is_broken_in_two() {
        fn check(command: &clap::Command) {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in after.lines().filter(|line| line.starts_with("  ")) {
                assert!(line.chars().count() <= super::WIDTH, "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&super::command());
    }
}
