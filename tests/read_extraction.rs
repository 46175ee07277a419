//! How well the article is found in HTML pages, on a public set that is not part of the repository.
//!
//! `STANCEKIT_DATA=DIR cargo test --release --test read_extraction -- --nocapture` prints the figures for
//! `DIR/data/extraction/*.jsonl` (rows `{"id","url","html","text"}`) and checks them against their bar; without the variable the
//! test says that it is skipped. `STANCEKIT_SHOW=1` lists the pages below 0.9.
//!
//! **The measure** is that of the article extraction benchmark of Scrapinghub (2020): words are runs of letters and digits, a
//! page is the bag of its runs of four words, precision and recall are taken for each page and averaged over pages, F1 is that
//! of the averages. What the set leaves out of a text (the headline above all) counts as wrong: so the headline is taken off
//! before a page is compared. It leaves most captions out, too, as extractors do; here they are kept, as blocks of their own. So both are
//! measured: the text without its captions, held to the bar, and all of it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test may panic, and this one prints its figures")]

use serde_json::Value;
use stancekit::article::{self, Kind};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bags of four words in a row; of all words, where there are fewer.
fn shingles(text: &str) -> HashMap<Vec<&str>, usize> {
    let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    let mut bag = HashMap::new();
    if !words.is_empty() {
        for shingle in words.windows(words.len().min(4)) {
            *bag.entry(shingle.to_vec()).or_default() += 1;
        }
    }
    bag
}

fn files() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("STANCEKIT_DATA") else {
        println!("skipped: STANCEKIT_DATA is not set");
        return Vec::new();
    };
    let Ok(folder) = fs::read_dir(PathBuf::from(folder).join("data/extraction")) else {
        println!("skipped: no data/extraction");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> =
        folder.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "jsonl")).collect();
    files.sort();
    files
}

/// Precision and recall of `text`, by words.
fn compare(text: &str, gold: &HashMap<Vec<&str>, usize>) -> (f64, f64) {
    let got = shingles(text);
    let hits: usize = got.iter().map(|(s, n)| *n.min(gold.get(s).unwrap_or(&0))).sum();
    let of = |bag: &HashMap<_, usize>| hits as f64 / (bag.values().sum::<usize>().max(1)) as f64;
    (of(&got), of(gold))
}

#[test]
fn pages_become_their_articles() {
    for file in files() {
        // Sums over pages: without captions, with them.
        let (mut precision, mut recall, mut pages, mut time) = ([0.0; 2], [0.0; 2], 0.0, Duration::ZERO);
        let mut found = [0_usize; 5];
        for line in fs::read_to_string(&file).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let html = row["html"].as_str().unwrap();
            let start = Instant::now();
            let article = article::read_bytes("page", Some(Path::new("page.html")), html.into());
            time += start.elapsed();
            let texts = article.as_ref().map_or_else(
                |_| Default::default(),
                |a| {
                    let own = |b: &&article::Block| {
                        let text = &a.text[b.start..b.end];
                        b.kind == Kind::Heading && a.title.as_deref().is_some_and(|t| text.eq_ignore_ascii_case(t))
                    };
                    let headline = a.blocks.first().filter(own).map_or(0, |b| b.end);
                    let said = a.blocks.iter().filter(|b| b.start >= headline && b.kind != Kind::Caption);
                    let said: Vec<&str> = said.map(|b| &a.text[b.start..b.end]).collect();
                    [said.join("\n"), a.text[headline..].to_owned()]
                },
            );
            if let Ok(a) = &article {
                for (n, value) in found.iter_mut().zip([&a.title, &a.meta.outlet, &a.meta.date, &a.meta.author, &a.meta.url]) {
                    *n += usize::from(value.is_some());
                }
            }
            let gold = shingles(row["text"].as_str().unwrap());
            for (i, text) in texts.iter().enumerate() {
                let (p, r) = compare(text, &gold);
                if i == 0 && std::env::var_os("STANCEKIT_SHOW").is_some() && 2.0 * p * r < 0.9 * (p + r) {
                    println!("{p:.2} {r:.2} {}", row["url"]);
                }
                precision[i] += p;
                recall[i] += r;
            }
            pages += 1.0;
        }
        let name = file.file_name().unwrap().to_string_lossy();
        let ms = time.as_secs_f64() * 1e3 / pages;
        println!("{name}: {pages} pages, {ms:.1} ms a page; with title, outlet, date, author, address: {found:?}");
        for (i, (what, bar)) in [("without captions", 0.95), ("with captions", 0.945)].into_iter().enumerate() {
            let (p, r) = (precision[i] / pages, recall[i] / pages);
            let f1 = 2.0 * p * r / (p + r);
            println!("  {what}: precision {p:.3}, recall {r:.3}, F1 {f1:.3}, bar {bar}");
            assert!(f1 >= bar, "{name}, {what}, is below its bar");
        }
    }
}
