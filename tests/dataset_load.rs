//! Dataset folders: hashes, splits, stand-off rows, checks and statistics, on invented sentences.
#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic as tests do")]

use stancekit::dataset::hash::of_bytes;
use stancekit::dataset::{Dataset, LoadOptions, Manifest, Row, Severity, check, load, stats, write};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const TRAIN: &str = concat!(
    "{\"id\":\"1\",\"text\":\"The sea rose by a foot.\",\"claim\":\"The sea rises.\",\"label\":\"pro\",\"article\":\"x\"}\n",
    "{\"id\":\"2\",\"text\":\"It fell last year.\",\"claim\":\"The sea rises.\",\"label\":\"con\",\"article\":\"x\"}\n",
);
const TEST: &str =
    "{\"id\":\"3\",\"text\":\"Nobody knows.\",\"claim\":\"The sea rises.\",\"label\":\"unsure\",\"article\":\"y\"}\n";

fn manifest(folder: &Path, files: &[(&str, Option<&str>, &str)], rest: &str) {
    let mut text = String::from(
        "name = \"tides\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\nsource = \"https://example.org/tides\"\ndescription = \"Invented.\"\n",
    );
    for (path, split, rows) in files {
        fs::write(folder.join(path), rows).unwrap();
        let split = split.map(|split| format!("split = \"{split}\"\n")).unwrap_or_default();
        let (hash, n) = (of_bytes(rows.as_bytes()), rows.lines().count());
        text += &format!("\n[[files]]\npath = \"{path}\"\n{split}sha256 = \"{hash}\"\nrows = {n}\n");
    }
    fs::write(folder.join("dataset.toml"), text + rest).unwrap();
    fs::write(folder.join("README.md"), "# Tides\n").unwrap();
}

fn tides() -> TempDir {
    let folder = TempDir::new().unwrap();
    let files = [("train.jsonl", Some("train"), TRAIN), ("test.jsonl", Some("test"), TEST)];
    manifest(folder.path(), &files, "\n[labels]\nunsure = \"neutral\"\n");
    folder
}

fn open(spec: impl AsRef<str>) -> stancekit::Result<Dataset> {
    load(spec.as_ref(), &LoadOptions::default())?.clean()
}

fn at(folder: &TempDir) -> String {
    folder.path().display().to_string()
}

#[test]
fn a_folder_is_loaded_whole_or_by_split() {
    let folder = tides();
    let all = open(at(&folder)).unwrap();
    assert_eq!((all.name.as_str(), all.rows.len(), all.files.len()), ("tides", 3, 2));
    assert_eq!((all.rows[0].split.as_deref(), all.rows[2].split.as_deref()), (Some("train"), Some("test")));
    assert_eq!(all.rows[2].label, "neutral");
    let test = open(format!("{}:test", at(&folder))).unwrap();
    assert_eq!((test.rows.len(), test.files.len(), test.split.as_deref()), (1, 1, Some("test")));
    let e = open(format!("{}:dev", at(&folder))).unwrap_err().to_string();
    assert!(e.contains("no rows in split \"dev\"; expected test, train"), "{e}");
}

#[test]
fn a_plain_file_is_a_dataset() {
    let folder = tides();
    let rows = open(format!("{}/train.jsonl", at(&folder))).unwrap();
    assert_eq!((rows.name.as_str(), rows.rows.len(), rows.manifest), ("train", 2, None));
    fs::write(folder.path().join("rows.csv"), "text,claim,label,split\na,c,pro,dev\nb,c,con,test\n").unwrap();
    assert_eq!(open(format!("{}/rows.csv:dev", at(&folder))).unwrap().rows.len(), 1);
    for (path, part) in
        [("none.jsonl", "cannot read the rows"), ("README.md", "expected a file that ends in .jsonl, .csv or .tsv")]
    {
        let e = open(format!("{}/{path}", at(&folder))).unwrap_err().to_string();
        assert!(e.contains(part), "{e}");
    }
    let e = open(at(&TempDir::new().unwrap())).unwrap_err().to_string();
    assert!(e.contains("dataset.toml: cannot read the manifest") || e.contains("a folder with dataset.toml"), "{e}");
}

#[test]
fn a_changed_file_is_noticed_and_can_be_taken_anew() {
    let folder = tides();
    fs::write(folder.path().join("train.jsonl"), TRAIN.replace("foot", "yard") + TEST).unwrap();
    let dataset = load(&at(&folder), &LoadOptions::default()).unwrap();
    let problems: Vec<String> = dataset.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].contains("train.jsonl: the file has changed: its sha256 is") && problems[0].contains("hint:"));
    assert!(problems[1].contains("3 rows; expected 2, as in dataset.toml"));
    assert!(dataset.clean().unwrap_err().to_string().contains("2 problems"));

    let mut manifest = Manifest::read(folder.path()).unwrap();
    manifest.refresh(folder.path()).unwrap();
    fs::write(folder.path().join("dataset.toml"), manifest.to_toml().unwrap()).unwrap();
    assert_eq!(open(at(&folder)).unwrap().rows.len(), 4);
}

#[test]
fn all_bad_rows_are_reported() {
    let folder = TempDir::new().unwrap();
    let rows = format!("{TRAIN}{{\n{TEST}[]\n");
    manifest(folder.path(), &[("rows.jsonl", None, &rows)], "");
    let dataset = load(&at(&folder), &LoadOptions::default()).unwrap();
    assert_eq!((dataset.rows.len(), dataset.problems.len()), (2, 3));
    let report = check(&dataset);
    assert!(report.failed());
    assert_eq!(report.get("unreadable").unwrap().count, 3);
}

const ARTICLE: &str = "Tides\n\nThe sea rose by a foot. “It fell,” said nobody.\n";

fn standoff() -> (TempDir, TempDir) {
    let (folder, articles) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(articles.path().join("a1.txt"), ARTICLE).unwrap();
    let row = |id: &str, text: &str| {
        let start = ARTICLE.find(text).unwrap();
        let row = Row {
            id: id.into(),
            text: text.into(),
            claim: "The sea rises.".into(),
            label: "favor".into(),
            article: Some("a1".into()),
            start: Some(start),
            end: Some(start + text.len()),
            ..Row::default()
        };
        row.to_standoff().unwrap()
    };
    let mut rows = Vec::new();
    write::jsonl(&mut rows, &[row("1", "The sea rose by a foot."), row("2", "“It fell,” said nobody.")]).unwrap();
    let rows = String::from_utf8(rows).unwrap();
    assert!(!rows.contains("foot"));
    let rest = format!("\n[articles]\na1 = {{ file = \"a1.txt\", sha256 = \"{}\" }}\n", of_bytes(ARTICLE.as_bytes()));
    manifest(folder.path(), &[("rows.jsonl", None, &rows)], &rest);
    (folder, articles)
}

fn join(folder: &TempDir, articles: Option<PathBuf>) -> stancekit::Result<Dataset> {
    load(&at(folder), &LoadOptions { articles, ..LoadOptions::default() })?.clean()
}

#[test]
fn standoff_rows_are_joined_to_their_articles() {
    let (folder, articles) = standoff();
    let dataset = join(&folder, Some(articles.path().into())).unwrap();
    let texts: Vec<&str> = dataset.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(texts, ["The sea rose by a foot.", "“It fell,” said nobody."]);
}

#[test]
fn standoff_rows_without_their_articles_say_where_to_get_them() {
    let (folder, articles) = standoff();
    let e = join(&folder, None).unwrap_err().to_string();
    assert!(e.contains("2 stand-off rows") && e.contains("hint: give the folder of articles with --articles"), "{e}");
    assert!(e.contains("https://example.org/tides"), "{e}");

    fs::write(articles.path().join("a1.txt"), ARTICLE.replace("foot", "yard")).unwrap();
    let e = join(&folder, Some(articles.path().into())).unwrap_err().to_string();
    assert!(e.contains("a1.txt: the article is another version: its sha256 is"), "{e}");

    fs::remove_file(articles.path().join("a1.txt")).unwrap();
    let e = join(&folder, Some(articles.path().into())).unwrap_err().to_string();
    assert!(e.contains("cannot read the article \"a1\"") && e.contains("the articles come from"), "{e}");
}

#[test]
fn a_plain_file_of_standoff_rows_checks_each_text() {
    let (folder, articles) = standoff();
    let spec = folder.path().join("rows.jsonl").display().to_string();
    let options = LoadOptions { articles: Some(articles.path().into()), ..LoadOptions::default() };
    assert_eq!(load(&spec, &options).unwrap().clean().unwrap().rows.len(), 2);
    fs::write(articles.path().join("a1.txt"), ARTICLE.replace("foot", "yard")).unwrap();
    let dataset = load(&spec, &options).unwrap();
    assert_eq!((dataset.rows.len(), dataset.problems.len()), (1, 1));
    assert!(dataset.clean().unwrap_err().to_string().contains("are not the text of row \"1\""));
    // A name that leads out of the folder is no article.
    let rows = fs::read_to_string(&spec).unwrap().replace("\"a1\"", "\"../a1\"");
    fs::write(&spec, rows).unwrap();
    let e = load(&spec, &options).unwrap().clean().unwrap_err().to_string();
    assert!(e.contains("path \"../a1\"; expected a path inside"), "{e}");
}

fn row(id: &str, text: &str, label: &str, split: &str, article: &str) -> Row {
    Row {
        id: id.into(),
        text: text.into(),
        claim: "The sea rises.".into(),
        label: label.into(),
        split: Some(split.into()),
        article: Some(article.into()),
        ..Row::default()
    }
}

/// A dataset whose folder, and so its card, is gone.
fn with_rows(rows: Vec<Row>) -> Dataset {
    let folder = tides();
    Dataset { rows, ..open(at(&folder)).unwrap() }
}

#[test]
fn a_good_dataset_has_nothing_to_complain_of_but_its_shared_claim() {
    let folder = tides();
    let report = check(&open(at(&folder)).unwrap());
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["one-sided", "absent-label", "shared-claim"], "{report}");
    assert!(!report.failed());
}

#[test]
fn what_is_wrong_with_rows_is_found() {
    let report = check(&with_rows(vec![
        row("1", "It rose.", "favor", "train", "a"),
        row("1", "It rose.", "against", "train", "a"),
        row("2", "IT ROSE!", "favor", "test", "b"),
        row("3", "It fell.", "against", "test", "a"),
        row("4", " ", "perhaps", "test", "c"),
        row("5", "Twice told.", "favor", "train", "d"),
        row("6", "Twice told.", "favor", "train", "d"),
        row("7", &"long ".repeat(300), "against", "train", "d"),
        Row { votes: vec!["against".into(), "against".into(), "favor".into()], ..row("8", "Voted.", "favor", "train", "d") },
        Row { claim: "Another.".into(), ..row("9", "Voted!", "favor", "test", "e") },
    ]));
    for (code, severity, count, examples) in [
        ("duplicate-id", Severity::Error, 1, "1"),
        ("unknown-label", Severity::Error, 1, "4"),
        ("empty-text", Severity::Error, 1, "4"),
        ("conflict", Severity::Error, 1, "1"),
        ("duplicate", Severity::Warning, 1, "6"),
        ("near-conflict", Severity::Warning, 2, "1 2"),
        ("leak-pair", Severity::Error, 1, "1 1 2"),
        ("leak-text", Severity::Warning, 1, "8 9"),
        ("leak-article", Severity::Error, 1, "a"),
        ("long-text", Severity::Warning, 1, "7"),
        ("minority-label", Severity::Warning, 1, "8"),
        ("shared-claim", Severity::Info, 1, "The sea rises."),
        ("absent-label", Severity::Warning, 1, "train: perhaps 0 of 6"),
    ] {
        let finding = report.get(code).unwrap_or_else(|| panic!("{code} was not found: {report}"));
        assert_eq!((finding.severity, finding.count, finding.examples.join(" ").as_str()), (severity, count, examples), "{code}");
    }
    assert!(report.failed());
    assert!(report.to_string().ends_with("10 rows checked: 6 kinds of error, 7 of warning\n"), "{report}");
}

/// Expected values: statsmodels 0.15.0 `cohens_kappa` and krippendorff 0.9.0 `alpha` on the three columns
/// f f a n / f a a n / f f a f.
#[test]
fn statistics_count_and_measure() {
    let mut rows = vec![
        row("1", "It rose by a foot.", "favor", "train", "a"),
        row("2", "It rose.", "favor", "train", "a"),
        row("3", "It fell.", "against", "test", "b"),
        row("4", "Perhaps.", "neutral", "test", "b"),
    ];
    for (row, votes) in
        rows.iter_mut().zip(["favor favor favor", "favor against favor", "against against against", "neutral neutral favor"])
    {
        row.votes = votes.split(' ').map(String::from).collect();
    }
    let s = stats(&rows);
    assert_eq!((s.rows, s.articles, s.claims, s.labels["favor"], s.splits["test"]["against"]), (4, 2, 1, 2, 1));
    let words = s.words.unwrap();
    assert_eq!((words.min, words.median, words.p90, words.max), (1, 2, 5, 5));
    let agreement = s.agreement.clone().unwrap();
    assert_eq!((agreement.rows, agreement.unanimous, agreement.pairs.len()), (4, 2, 3));
    let kappas: Vec<f64> = agreement.pairs.iter().map(|pair| pair.kappa.unwrap()).collect();
    for (found, expected) in
        kappas.iter().chain(&agreement.alpha).zip([0.6363636363636364, 0.5555555555555556, 0.2727272727272727, 0.5])
    {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }
    let text = s.to_string();
    assert!(text.starts_with("rows 4, articles 2, claims 1\n\nsplit  rows  against  favor  neutral\n"), "{text}");

    rows[0].votes_are_counts = true;
    assert!(stats(&rows).agreement.unwrap().pairs.is_empty());
    assert_eq!(stats(&[]).words, None);
}
