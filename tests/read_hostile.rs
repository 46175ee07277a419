//! Hostile input to every reader: the entry points of the fuzz targets under `fuzz/`, run on the kept corpus and on seeded
//! mutations of it, and inputs made to hurt. No panic, no wrong span, no hang.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and this one names what it runs")]

#[path = "../fuzz/check.rs"]
mod check;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Mutations of each file of the corpus; `STANCEKIT_FUZZ=N` makes it N.
fn rounds() -> usize {
    std::env::var("STANCEKIT_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// One to eight changes: bytes flipped, cut out, doubled, or put in from a list of what readers look at.
fn mutate(data: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    const PIECES: [&[u8]; 22] = [
        b"<",
        b">",
        b"</p>",
        b"<div>",
        b"<b x=1>",
        b"<![CDATA[",
        b"-->",
        b"&amp;",
        b"\"",
        b"\n",
        b"\0",
        b"\xff",
        b"\xe2\x80\x9c",
        b"{",
        b"}",
        b"\r\n\r\n",
        b"stream\n",
        b"/FlateDecode",
        b"obj",
        b"4294967296",
        b"-1",
        b". ",
    ];
    let mut out = data.to_vec();
    for _ in 0..rng.random_range(1..=8) {
        if out.is_empty() {
            return out;
        }
        let at = rng.random_range(0..out.len());
        let end = (at + rng.random_range(1..200)).min(out.len());
        match rng.random_range(0..6) {
            0 => out[at] ^= 1 << rng.random_range(0..8),
            1 => out[at] = rng.random(),
            2 => drop(out.drain(at..end)),
            3 => {
                let piece = out[at..end].repeat(rng.random_range(1..20));
                out.splice(at..at, piece);
            }
            4 => drop(out.splice(at..at, PIECES[rng.random_range(0..PIECES.len())].iter().copied())),
            _ => out.truncate(at),
        }
    }
    out
}

#[test]
fn the_corpus_and_its_mutations_are_read_or_refused() {
    std::panic::set_hook(Box::new(|info| {
        // Panics of foreign readers are caught; those of ours fail the test.
        if std::thread::current().name() != Some(stancekit::article::READER_THREAD) {
            println!("{info}");
        }
    }));
    for (target, _) in check::TARGETS {
        for (i, file) in corpus(target).into_iter().enumerate() {
            let data = fs::read(&file).unwrap();
            check::read(target, &data);
            for round in 0..rounds() {
                let mut rng = ChaCha8Rng::seed_from_u64((i as u64) << 32 | round as u64);
                let mutated = mutate(&data, &mut rng);
                let start = Instant::now();
                if std::panic::catch_unwind(|| check::read(target, &mutated)).is_err() {
                    let kept = std::env::temp_dir().join(format!("stancekit-{target}-{i}-{round}"));
                    fs::write(&kept, &mutated).unwrap();
                    panic!("{target}, {}, round {round}: kept as {}", file.display(), kept.display());
                }
                assert!(start.elapsed() < Duration::from_secs(60), "{target}, {}, round {round}", file.display());
            }
        }
    }
}

/// Each piece repeated to a megabyte, in every format that is text.
#[test]
fn repeated_pieces_take_linear_time() {
    let pieces = [
        ".",
        "\"",
        "“",
        "(",
        "[",
        "<",
        "<b>",
        "<p>",
        "<a href=",
        "<!--",
        "&",
        "*",
        "_",
        "> ",
        "- ",
        "`",
        "|",
        "\n",
        "\r",
        "a",
        "a ",
        "?” he said ",
        "{\"text\":",
        "\"\"",
        ",",
        "\u{a0}",
        "\u{feff}",
        "- [",
        "![](",
        "<table>",
        "<x/>",
        "</p>",
        "#",
        "[a]: ",
        "A. ",
        "1. ",
    ];
    for (target, _) in check::TARGETS.iter().filter(|(t, _)| !matches!(*t, "pdf" | "docx" | "epub" | "packed")) {
        for piece in pieces {
            let start = Instant::now();
            let text = piece.repeat((check::LIMIT as usize - 64) / piece.len());
            check::read(target, text.as_bytes());
            let taken = start.elapsed();
            assert!(taken < Duration::from_secs(60), "{target}: a megabyte of {piece:?} took {taken:?}");
        }
    }
}
