//! `stance completions` and `stance man`

use super::Status;
use crate::error::{Context, Error, Result};
use crate::report::write_error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  stance completions bash > ~/.local/share/bash-completion/completions/stance")]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// Print a page of the manual, or write all of them
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  stance man | man -l -\n  stance man model average | man -l -\n  \
    stance man --all ~/.local/share/man/man1")]
pub struct Man {
    /// A command, as in `classify` or `model average`; the page of `stance` itself where none is named
    #[arg(value_name = "COMMAND", conflicts_with = "all")]
    command: Vec<String>,
    /// Write the page of every command into this folder
    #[arg(long, value_name = "FOLDER")]
    all: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "stance", &mut script);
    print(&script)
}

pub(super) fn man(args: &Man) -> Result<Status> {
    let mut root = super::command();
    root.build();
    if let Some(folder) = &args.all {
        std::fs::create_dir_all(folder).context("making the folder of the manual").map_err(|e| e.at(folder))?;
        return write_pages(&root, folder).map(|()| Status::Done);
    }
    let mut command = &root;
    for name in &args.command {
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let found = command.find_subcommand(name);
        command = found.ok_or_else(|| {
            let expected = if names.is_empty() { format!("{} to be the last", command.get_name()) } else { names.join(", ") };
            Error::new(format!("no command {name:?}")).expected(expected)
        })?;
    }
    print(&page(command)?)
}

/// A page for a command and for each below it, under the name that the pages refer to it by.
fn write_pages(command: &clap::Command, folder: &Path) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    crate::atomic::write(&folder.join(format!("{name}.1")), &page(command)?)?;
    command.get_subcommands().filter(|c| c.get_name() != "help").try_for_each(|c| write_pages(c, folder))
}

fn page(command: &clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    let source = concat!("stance ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(source).render(&mut page).map_err(write_error)?;
    Ok(page)
}

fn print(bytes: &[u8]) -> Result<Status> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(write_error)?;
    Ok(Status::Done)
}
