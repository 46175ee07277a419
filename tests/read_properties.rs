//! Properties of reading and splitting that hold for every text.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use stancekit::article::{self, Article};
use stancekit::sentence::holder::{self, Span};
use stancekit::sentence::{self, split_text};
use std::path::Path;

/// Texts made of pieces that the rules look at.
fn newsy() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "The ferry",
        "stayed",
        "Mr",
        "U.S",
        "Roe said",
        "he asked",
        "No",
        "Jan",
        "J",
        "3.5",
        "www.example.org",
        "a@b.Cd",
        "e.g",
        "Straße",
        "船は",
        "é",
        ".",
        ".",
        ".",
        "!",
        "?",
        "…",
        "...",
        ". . .",
        "。",
        "\"",
        "“",
        "”",
        "'",
        "’",
        "(",
        ")",
        "[",
        "]",
        "[3]",
        "](x)",
        "*",
        "_",
        "**",
        " ",
        " ",
        " ",
        "\n",
        "\r\n",
        "\n\n",
        "\u{a0}",
        "\u{feff}",
        "\t",
        "• ",
        "- ",
        "1. ",
        "# ",
        "> ",
        "—",
        "– ",
        ":",
        ",",
        "By ",
        "(CNN)",
        "¹",
        "\u{300}",
        "𝒜",
        "👍",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![newsy(), any::<String>(), "[ -~\n]{0,200}"]
}

/// Texts made of pieces that the finder of holders looks at, with what else a text may have.
fn reported() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "said ",
        "says ",
        "Said",
        "told ",
        "adding ",
        "to say ",
        "called ",
        "according to ",
        "According to ",
        "put it ",
        "pointed out ",
        "that ",
        "who ",
        "which ",
        "while ",
        "and ",
        "of the ",
        "by ",
        "not ",
        "would ",
        "has ",
        "was ",
        "he ",
        "She ",
        "they ",
        "I ",
        "Ada Roe ",
        "Bo Lind",
        "Mr. Lind ",
        "the minister ",
        "The diplomat ",
        "reporters ",
        "a claim ",
        "’s ",
        "'s ",
        "s' ",
        "Roe: ",
        "(R-Iowa) ",
        "the ice is thick ",
        "“",
        "”",
        "\"",
        "''",
        "``",
        "«",
        "»",
        "‘",
        "’",
        "'",
        ", ",
        ",” ",
        ". ",
        "? ",
        ": ",
        "; ",
        "— ",
        " ",
        "\n",
        "\n\n",
        "> ",
        "é",
        "船",
        "𝒜",
        "\u{300}",
        "\u{a0}",
        "5 percent ",
        "on Monday ",
        "",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat())
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Spans slice the text, are ordered, apart, not empty and trimmed, and leave out no letter or digit.
fn check(text: &str, spans: &[(usize, usize)]) {
    let mut last = 0;
    for &(start, end) in spans {
        assert!(last <= start && start < end && end <= text.len(), "{spans:?}");
        let span = text.get(start..end).expect("character boundaries");
        assert!(!span.starts_with(is_space) && !span.ends_with(is_space), "{span:?} is not trimmed");
        assert!(!text[last..start].contains(char::is_alphanumeric), "{:?} is left out", &text[last..start]);
        last = end;
    }
    assert!(!text[last..].contains(char::is_alphanumeric), "{:?} is left out", &text[last..]);
}

/// The sentences slice the text, in order, none empty.
fn check_slices(article: &Article) {
    let mut last = 0;
    for s in sentence::split(article) {
        assert!(last <= s.start && s.start < s.end, "{s:?}");
        assert!(article.text.get(s.start..s.end).is_some(), "{s:?}");
        last = s.end;
    }
}

fn read(text: &str, name: &str) -> Option<Article> {
    article::read_bytes(name, Some(Path::new(name)), text.as_bytes().to_vec()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_of_a_text_are_sound(text in any_text()) {
        check(&text, &split_text(&text).collect::<Vec<_>>());
    }

    #[test]
    fn spans_of_an_article_are_sound(text in any_text(), name in prop::sample::select(vec!["a.txt", "a.md"])) {
        if let Some(article) = read(&text, name) {
            prop_assert_eq!(&article.text, &text);
            let sentences = sentence::split(&article);
            let mut last = 0;
            for block in &article.blocks {
                prop_assert!(last <= block.start && block.start < block.end, "{:?}", article.blocks);
                last = block.end;
                let inside: Vec<_> = sentences.iter().filter(|s| block.start <= s.start && s.end <= block.end).collect();
                prop_assert!(inside.iter().all(|s| s.kind == block.kind));
                check(&text[block.start..block.end], &inside.iter().map(|s| (s.start - block.start, s.end - block.start)).collect::<Vec<_>>());
            }
            for (i, s) in sentences.iter().enumerate() {
                prop_assert_eq!(s.index, i);
            }
        }
    }

    #[test]
    fn plain_text_loses_no_word_but_numbers_of_lists(text in any_text()) {
        if let Some(article) = read(&text, "a.txt") {
            let mut last = 0;
            for block in article.blocks.iter().map(|b| (b.start, b.end)).chain([(text.len(), text.len())]) {
                let gap = &text[last..block.0];
                prop_assert!(!gap.contains(char::is_alphabetic), "{gap:?} is in no block");
                last = block.1;
            }
        }
    }

    #[test]
    fn a_new_paragraph_changes_no_earlier_sentence(text in any_text(), more in any_text()) {
        let before: Vec<_> = split_text(&text).collect();
        let longer = format!("{text}\n\n{more}");
        let after: Vec<_> = split_text(&longer).take(before.len()).collect();
        prop_assert_eq!(&before, &after);
        if let (Some(short), Some(long)) = (read(&text, "a.txt"), read(&longer, "a.txt")) {
            let spans = |a: &Article| sentence::split(a).iter().map(|s| (s.start, s.end)).collect::<Vec<_>>();
            let before = spans(&short);
            prop_assert_eq!(&before[..], &spans(&long)[..before.len()]);
        }
    }

    #[test]
    fn a_cell_is_the_text_of_its_article(text in any_text()) {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(["id", "text"]).unwrap();
        csv.write_record(["", &text]).unwrap();
        let json = serde_json::json!({ "text": text }).to_string();
        for (name, bytes) in [("a.csv", csv.into_inner().unwrap()), ("a.jsonl", json.into_bytes())] {
            if let Ok(article) = article::read_bytes(name, Some(Path::new(name)), bytes) {
                prop_assert_eq!(&article.text, &text, "{}", name);
                check_slices(&article);
            } else {
                prop_assert!(read(&text, "a.txt").is_none_or(|a| a.blocks.is_empty()), "{} refuses {:?}", name, text);
            }
        }
    }

    #[test]
    fn spans_of_holders_slice_the_article(text in prop_oneof![reported(), any_text()], name in prop::sample::select(vec!["a.txt", "a.md"])) {
        if let Some(article) = read(&text, name) {
            let sentences = sentence::split(&article);
            let sound = |s: Span| s.start < s.end && text.get(s.start..s.end).is_some();
            for a in holder::attributions(&article, &sentences) {
                let mentions = [Some(a.speaker.written), a.speaker.resolved, a.cue, a.addressee];
                prop_assert!(mentions.into_iter().flatten().all(sound), "{:?}", a);
                prop_assert!(!a.content.is_empty() && a.content.iter().copied().all(sound), "{:?}", a);
                prop_assert!(a.content.windows(2).all(|w| w[0].end <= w[1].start), "{:?} is out of order", a.content);
            }
            let holdings = holder::holdings(&article, &sentences);
            prop_assert_eq!(holdings.len(), sentences.len());
            for (s, h) in sentences.iter().zip(&holdings) {
                for part in h.iter().flat_map(|h| &h.content) {
                    prop_assert!(sound(*part) && s.start <= part.start && part.end <= s.end, "{:?} in {:?}", part, s);
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for name in ["a.txt", "a.md"] {
            if let Ok(article) = article::read_bytes("a", Some(Path::new(name)), bytes.clone()) {
                let _ = sentence::split(&article);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is extracted is set apart by blank lines, and all of it is in blocks.
    #[test]
    fn extracted_text_is_its_blocks(parts in prop::collection::vec(any_text(), 1..6), tag in prop::sample::select(vec!["p", "li", "h2", "figcaption", "blockquote"])) {
        let body: String = parts.iter().map(|part| format!("<{tag}>{part}</{tag}>")).collect();
        let html = format!("<html><body><article><p>The ferry stayed in the harbour.</p>{body}</article></body></html>");
        if let Some(article) = read(&html, "a.html") {
            let mut last = 0;
            for block in &article.blocks {
                prop_assert!(last <= block.start && block.start < block.end, "{:?}", article.blocks);
                prop_assert!(!article.text[last..block.start].contains(char::is_alphanumeric), "{:?}", article);
                last = block.end;
            }
            prop_assert!(!article.text[last..].contains(char::is_alphanumeric), "{:?}", article);
            check_slices(&article);
        }
    }
}
