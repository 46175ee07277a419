//! Readers of rows: nothing that a file may hold makes them panic, what is written is read back, and every bad row is named.

use proptest::prelude::*;
use stancekit::dataset::read::{Format, MAX_LINE};
use stancekit::dataset::{Labels, ReadOptions, Row, write};
use stancekit::{Result, Stance};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

const CSV: Format = Format::Csv(b',');
const FORMATS: [Format; 3] = [Format::Jsonl, CSV, Format::Csv(b'\t')];

fn read_with(format: Format, bytes: &[u8], options: &ReadOptions) -> Vec<Result<Row>> {
    format.rows(bytes, Path::new("rows.jsonl"), options).collect()
}

fn read(format: Format, bytes: &[u8]) -> Vec<Result<Row>> {
    read_with(format, bytes, &ReadOptions::default())
}

fn errors(format: Format, text: &str) -> Vec<String> {
    read(format, text.as_bytes()).into_iter().filter_map(Result::err).map(|e| e.to_string()).collect()
}

fn label() -> impl Strategy<Value = String> {
    prop::sample::select(Stance::ALL.to_vec()).prop_map(|stance| stance.to_string())
}

fn filled() -> impl Strategy<Value = Option<String>> {
    prop::option::of("\\PC{1,12}")
}

prop_compose! {
    fn row()(
        (id, text, claim, label) in ("\\PC{1,12}", any::<String>(), "\\PC{1,30}", label()),
        (article, span, hash) in (filled(), prop::option::of((0usize..1000, 0usize..1000)), prop::option::of("[0-9a-f]{64}")),
        (split, source, kind) in (filled(), filled(), filled()),
        votes in prop::collection::vec(label(), 0..5),
        votes_are_counts in any::<bool>(),
        extra in prop::collection::btree_map("x_[a-z]{1,4}", "\\PC{1,12}", 0..3),
        prob in prop::option::of(prop::collection::btree_map(label(), (0u32..=64).prop_map(|n| f64::from(n) / 64.0), 1..4)),
    ) -> Row {
        let mut row = Row {
            id, text, claim, label, article, split, source, kind, votes, prob, sha256: hash,
            extra: extra.into_iter().collect(),
            start: span.map(|(start, _)| start),
            end: span.map(|(start, length)| start + length),
            ..Row::default()
        };
        row.votes_are_counts = votes_are_counts && !row.votes.is_empty();
        if row.votes_are_counts {
            row.votes.sort();
        }
        // A hash in place of the text says something only with the span that it is of.
        if row.text.is_empty() && (row.article.is_none() || row.start.is_none()) {
            row.sha256 = None;
        }
        row
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for format in FORMATS {
            read(format, &bytes);
        }
    }

    #[test]
    fn any_text_that_looks_like_rows_is_read_without_a_panic(
        lines in prop::collection::vec(
            prop_oneof![
                "[\\[\\]{}\":,|a-c0-9.\n\r\t -]{0,60}",
                "\\{\"(text|claim|label|start|end|votes|prob|id|sha256)\":(\"favor\"|[0-9]{1,22}|-1|1e400|null|\\[\\]|\\{\"pro\":[0-9]{1,20}\\})\\}",
            ],
            0..12,
        )
    ) {
        let text = lines.join("\n");
        for format in FORMATS {
            read(format, text.as_bytes());
            read(format, format!("text,claim,label,votes,prob,start\n{text}").as_bytes());
        }
    }

    #[test]
    fn rows_are_read_as_they_were_written(rows in prop::collection::vec(row(), 0..8)) {
        let mut jsonl = Vec::new();
        write::jsonl(&mut jsonl, &rows).unwrap();
        let back: Vec<Row> = read(Format::Jsonl, &jsonl).into_iter().map(|r| r.unwrap()).collect();
        prop_assert_eq!(&back, &rows);
        for separator in [b',', b'\t'] {
            let mut csv = Vec::new();
            write::csv(&mut csv, separator, &rows).unwrap();
            let back: Vec<Row> = read(Format::Csv(separator), &csv).into_iter().map(|r| r.unwrap()).collect();
            prop_assert_eq!(&back, &rows);
        }
    }

    #[test]
    fn a_bad_line_costs_no_other_row(rows in prop::collection::vec(row(), 1..5), junk in "[a-z{\\[\"]{1,20}") {
        let mut bytes = Vec::new();
        for row in &rows {
            write::jsonl(&mut bytes, [row]).unwrap();
            bytes.extend(junk.bytes().chain([b'\n']));
        }
        let (good, bad): (Vec<_>, Vec<_>) = read(Format::Jsonl, &bytes).into_iter().partition(Result::is_ok);
        prop_assert_eq!((good.len(), bad.len()), (rows.len(), rows.len()));
    }
}

#[test]
fn other_peoples_rows_are_understood() {
    let text = concat!(
        "\u{feff}{\"text\": \"It rises.\", \"target\": \"The sea rises.\", \"label\": \"SUPPORT\", \"id\": 12, \"topic\": [1]}\r\n",
        "\n",
        "{\"text\":\"It falls.\",\"claim\":\"c\",\"target\":\"t\",\"label\":\"contradiction\",\"votes\":{\"neutral\":1,\"agrees\":2},\"article\":null}",
    );
    let rows: Vec<Row> = read(Format::Jsonl, text.as_bytes()).into_iter().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 2);
    let a = &rows[0];
    assert_eq!((a.id.as_str(), a.claim.as_str(), a.label.as_str()), ("12", "The sea rises.", "favor"));
    let b = &rows[1];
    assert_eq!((b.id.as_str(), b.claim.as_str(), b.label.as_str()), ("rows:3", "c", "against"));
    assert_eq!((b.votes.join(" "), b.votes_are_counts), ("favor favor neutral".into(), true));
    let csv = "label,text,target,votes\nagree,\"It rises, \"\"fast\"\".\",The sea rises.,pro|con\n";
    let row = read(CSV, csv.as_bytes()).remove(0).unwrap();
    assert_eq!((row.text.as_str(), row.label.as_str(), row.id.as_str()), ("It rises, \"fast\".", "favor", "rows:2"));
    assert_eq!(row.votes, ["favor", "against"]);
}

#[test]
fn a_datasets_own_labels_come_before_the_aliases() {
    let names = BTreeMap::from([("none", "unrelated"), ("0", "favor"), ("check-worthy", "claim")]);
    let labels = Labels::new(names.into_iter().map(|(a, b)| (a.to_string(), b.to_string())).collect());
    let options = ReadOptions { labels, claim: Some("c".into()), split: Some("dev".into()) };
    let text = "{\"text\":\"a\",\"label\":\"none\"}\n{\"text\":\"b\",\"label\":0}\n{\"text\":\"c\",\"label\":\"claim\",\"split\":\"test\"}\n";
    let rows: Vec<Row> = read_with(Format::Jsonl, text.as_bytes(), &options).into_iter().map(|r| r.unwrap()).collect();
    let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, ["unrelated", "favor", "claim"]);
    assert_eq!((rows[0].claim.as_str(), rows[0].split.as_deref(), rows[2].split.as_deref()), ("c", Some("dev"), Some("test")));
}

#[test]
fn every_bad_row_is_named_with_its_line() {
    let lines = [
        (
            r#"{"text":"a","claim":"c","label":"maybe"}"#,
            "rows.jsonl:1: unknown label \"maybe\"; expected against, favor, neutral, unrelated or an alias\n  hint: explain",
        ),
        (r#"{"text":"a","claim":"c"}"#, "rows.jsonl:2: no \"label\" in the row"),
        (r#"{"text":"a","label":"pro"}"#, "rows.jsonl:3: no \"claim\" in the row"),
        (r#"{"claim":"c","label":"pro"}"#, "rows.jsonl:4: no \"text\" in the row"),
        (r#"{"text":1,"claim":"c","label":"pro"}"#, "rows.jsonl:5: \"text\" is a number; expected text"),
        (r#"{"text":"é","claim":}"#, "rows.jsonl:6:21: broken JSON: expected value"),
        (r#"["a"]"#, "rows.jsonl:7: a list; expected a JSON object"),
        (r#"{"text":"a","claim":"c","label":"pro","start":-1}"#, "rows.jsonl:8: \"start\" is -1; expected a whole number"),
        (r#"{"text":"a","claim":"c","label":"pro","start":5,"end":4}"#, "rows.jsonl:9: start 5 behind end 4"),
        (
            r#"{"text":"a","claim":"c","label":"pro","prob":{"pro":2}}"#,
            "rows.jsonl:10: probability 2 of \"pro\"; expected a number from 0 to 1",
        ),
        (r#"{"text":"a","claim":"c","label":"pro","votes":{"pro":1e9}}"#, "rows.jsonl:11: 1000000000.0 votes for \"pro\""),
        (r#"{"text":"a","claim":"c","label":"pro","sha256":"12"}"#, "rows.jsonl:12: sha256 \"12\"; expected 64"),
    ];
    let text: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    let errors = errors(Format::Jsonl, &text.join("\n"));
    assert_eq!(errors.len(), lines.len());
    for (error, (_, expected)) in errors.iter().zip(lines) {
        assert!(error.starts_with(expected), "{expected:?} does not begin {error:?}");
    }
}

#[test]
fn bad_csv_is_named_with_its_line() {
    let e = errors(CSV, "text,claim,label\na,c,pro\na,c\n\"a\nb\",c,maybe\nlast,c,con\n");
    assert_eq!(e.len(), 2);
    assert!(e[0].starts_with("rows.jsonl:3: 2 cells; expected 3, as in the header"), "{}", e[0]);
    assert!(e[1].starts_with("rows.jsonl:4: unknown label \"maybe\""), "{}", e[1]);
    assert!(errors(CSV, "text|claim|label\na|c|pro\n")[0].contains("no column \"text\" among text|claim|label"));
    assert!(errors(CSV, "text,text\n")[0].contains("column \"text\" for the second time"));
    assert!(errors(CSV, "").is_empty());
}

#[test]
fn other_separators_are_told_by_the_header() {
    for (format, separator) in [(CSV, ";"), (CSV, "\t"), (Format::Csv(b'\t'), ","), (Format::Csv(b'\t'), ";")] {
        let text = "\"text, or so\";text;claim;label\nx;It rises, slowly.;c;pro\n".replace(';', separator);
        let text = if separator == "," { text.replace("rises, slowly", "rises") } else { text };
        let rows = read(format, text.as_bytes());
        assert!(rows[0].as_ref().unwrap().text.starts_with("It rises"), "{separator:?}: {rows:?}");
    }
}

#[test]
fn an_open_quotation_mark_costs_no_other_row() {
    let rows = read(CSV, b"text,claim,label\na,c,pro\n\"b,c,pro\nd,c,con\ne,c,con\n");
    assert_eq!(rows.len(), 4, "{rows:?}");
    let e = rows[1].as_ref().unwrap_err().to_string();
    assert!(
        e.starts_with("rows.jsonl:3: a quotation mark in cell 1 that is never closed; expected") && e.contains("hint:"),
        "{e}"
    );
    assert_eq!((rows[2].as_ref().unwrap().text.as_str(), rows[2].as_ref().unwrap().id.as_str()), ("d", "rows:4"));
}

/// A stream of the same byte, to have a large line without having it in memory.
struct Endless(u8, usize);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = buffer.len().min(self.1);
        buffer[..n].fill(self.0);
        self.1 -= n;
        Ok(n)
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_refused_and_the_next_one_read() {
    let options = ReadOptions::default();
    let good = b"\n{\"text\":\"a\",\"claim\":\"c\",\"label\":\"pro\"}\n".as_slice();
    let reader = Endless(b'x', 100_000_000).chain(good);
    let mut rows = Format::Jsonl.rows(reader, Path::new("big.jsonl"), &options);
    let e = rows.next().unwrap().unwrap_err().to_string();
    assert!(e.starts_with(&format!("big.jsonl:1: a line of 100000000 bytes; expected at most {MAX_LINE} bytes")), "{e}");
    assert_eq!(rows.next().unwrap().unwrap().text, "a");
    assert!(rows.next().is_none());
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_the_reading_and_not_the_memory() {
    let options = ReadOptions::default();
    let reader = b"text,claim,label\na,c,pro\n\"b".as_slice().chain(Endless(b'x', 100_000_000));
    let rows: Vec<_> = CSV.rows(reader, Path::new("big.csv"), &options).collect();
    assert_eq!(rows.len(), 2);
    let e = rows[1].as_ref().unwrap_err().to_string();
    assert!(e.contains("a record of more than 1048576 bytes"), "{e}");
}
