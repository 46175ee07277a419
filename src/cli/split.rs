//! `stance split`

use super::common::{InputArgs, Output, end_on_interrupt, finish, tell_repeat};
use super::{Status, complain, tell};
use crate::article::Article;
use crate::error::Result;
use crate::plural::count;
use crate::report::style::{Style, shorten, wrap};
use crate::report::{Held, holder_json, quote_json, write_error};
use crate::sentence::{self, Sentence};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Show how articles are read: blocks, kinds, sentences, and whose words they are
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  stance split article.txt\n  stance split archive/ --format jsonl -o sentences.jsonl\n  stance split page.html book.epub paper.pdf feed.rss archive.warc.gz"
)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,
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
    /// One JSON object a line: each article with its whole text, then its sentences with byte offsets into that text, and whose
    /// words they are
    Jsonl,
}

pub(super) fn run(args: &Args) -> Result<Status> {
    end_on_interrupt();
    let mut sources = args.input.sources(args.output.as_deref())?.on_repeat(tell_repeat);
    let mut output = Output::open(args.output.as_deref())?;
    let style = output.style();
    let (mut articles, mut failed) = (0, 0);
    for article in sources.by_ref() {
        match article {
            Ok(article) => {
                articles += 1;
                let written = match args.format {
                    Format::Table => table(&mut output, style, &article),
                    Format::Jsonl => jsonl(&mut output, &article),
                };
                written.map_err(write_error)?;
            }
            Err(e) if args.input.fail_fast => return Err(e),
            Err(e) => {
                failed += 1;
                complain("error", &e);
            }
        }
    }
    finish(output, articles, failed)?;
    sources.remarks().iter().for_each(|line| tell(line));
    if failed > 0 {
        tell(&format!("{failed} failed, {} split", count(articles, "article")));
        return Ok(Status::InputFailed);
    }
    Ok(Status::Done)
}

fn jsonl(out: &mut Output, article: &Article) -> std::io::Result<()> {
    let head = json!({
        "article": article.id,
        "sentence": null,
        "block": null,
        "start": 0,
        "end": article.text.len(),
        "kind": "article",
        "text": article.text,
        "title": article.title,
        "outlet": article.meta.outlet,
        "date": article.meta.date,
        "url": article.meta.url,
        "author": article.meta.author,
    });
    writeln!(out, "{head}")?;
    for (sentence, held) in with_holders(article) {
        let record = json!({
            "article": article.id,
            "sentence": sentence.index,
            "block": sentence.block,
            "start": sentence.start,
            "end": sentence.end,
            "kind": sentence.kind,
            "text": &article.text[sentence.start..sentence.end],
            "holder": holder_json(held.as_ref()),
            "quote": quote_json(held.as_ref()),
        });
        writeln!(out, "{record}")?;
    }
    Ok(())
}

fn table(out: &mut Output, style: Style, article: &Article) -> std::io::Result<()> {
    writeln!(out, "{}", style.bold(&article.id))?;
    let meta = &article.meta;
    let about: Vec<&str> =
        [&article.title, &meta.outlet, &meta.date, &meta.author, &meta.url].into_iter().flatten().map(String::as_str).collect();
    for line in wrap(&about.join(" · "), style.width).iter().filter(|line| !line.is_empty()) {
        writeln!(out, "{}", style.faint(line))?;
    }
    let mut last = None;
    for (sentence, held) in with_holders(article) {
        // A line between blocks; the kind at the first sentence of each.
        let first = last != Some(sentence.block);
        if first && last.is_some() {
            writeln!(out)?;
        }
        last = Some(sentence.block);
        let kind = if first { sentence.kind.as_str() } else { "" };
        let text = &article.text[sentence.start..sentence.end];
        let mut head = format!("{:>5} {kind:<12}", sentence.index);
        for line in wrap(text, style.width.saturating_sub(18).max(20)) {
            writeln!(out, "{}{line}", style.faint(&head))?;
            head = " ".repeat(18);
        }
        if let Some(held) = held {
            let resolved = if held.name() == held.written { String::new() } else { format!(" = {}", held.name()) };
            let line = format!("{}: {}{resolved}", held.form.as_str(), held.written);
            writeln!(out, "{head}{}", style.faint(&shorten(&line, style.width.saturating_sub(18).max(20))))?;
        }
    }
    writeln!(out)
}

/// Sentences and whose words they hold.
fn with_holders(article: &Article) -> impl Iterator<Item = (Sentence, Option<Held>)> + '_ {
    let sentences = sentence::split(article);
    let holdings = sentence::holdings(article, &sentences);
    sentences.into_iter().zip(holdings).map(|(s, holding)| (s, holding.map(|h| Held::new(&article.text, h))))
}
