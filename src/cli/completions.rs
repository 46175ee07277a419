//! `stance completions` and `stance man`

use super::Status;
use crate::error::Result;
use crate::report::write_error;
use std::io::Write;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  stance completions bash > ~/.local/share/bash-completion/completions/stance")]
pub struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  stance man | man -l -\n  stance man classify > stance-classify.1")]
pub struct Man {
    /// A command; the page of `stance` itself where none is named
    command: Option<String>,
}

pub(super) fn completions(args: &Completions) -> Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "stance", &mut script);
    print(&script)
}

pub(super) fn man(args: &Man) -> Result<Status> {
    let mut root = super::command();
    root.build();
    let command = match &args.command {
        None => root,
        Some(name) => {
            let names: Vec<String> = root.get_subcommands().map(|c| c.get_name().to_owned()).collect();
            let found = root.get_subcommands().find(|c| c.get_name() == name).cloned();
            found.ok_or_else(|| crate::Error::new(format!("no command {name:?}")).expected(names.join(", ")))?
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(write_error)?;
    print(&page)
}

fn print(bytes: &[u8]) -> Result<Status> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(write_error)?;
    Ok(Status::Done)
}
