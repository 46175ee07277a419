//! Articles in every format, in one command.

use super::{root, stance, text, tiny};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn records(stdout: &[u8]) -> Vec<Value> {
    text(stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The name of an article without its folder.
fn short(record: &Value) -> String {
    let id = record["article"].as_str().unwrap();
    id.rsplit_once("articles/").map_or(id, |(_, name)| name).to_owned()
}

#[test]
fn a_folder_of_every_format_goes_through_in_one_command() {
    let out = stance()
        .current_dir(root())
        .args(["split", "tests/fixtures/articles", "--columns", "text=story", "-f", "jsonl"])
        .assert()
        .success();
    let records = records(&out.get_output().stdout);
    let mut whole: BTreeMap<String, Value> = BTreeMap::new();
    for record in &records {
        let name = short(record);
        if record["kind"] == "article" {
            whole.insert(name, record.clone());
            continue;
        }
        let text = whole[&name]["text"].as_str().unwrap();
        let (start, end) = (record["start"].as_u64().unwrap() as usize, record["end"].as_u64().unwrap() as usize);
        assert_eq!(&text[start..end], record["text"].as_str().unwrap(), "every span can be shown again");
    }
    let names: Vec<&str> = whole.keys().map(String::as_str).collect();
    let expected = [
        "https://example.org/news/ice",
        "ice-1",
        "ice-2",
        "ice.csv:2",
        "ice.csv:4",
        "ice.docx",
        "ice.epub",
        "ice.html",
        "ice.md",
        "ice.pdf",
        "ice.rss:2",
        "ice.txt",
        "utf16.txt",
    ];
    assert_eq!(names, expected, "the page of the archive and the entry of the feed have the same address");
}

/// What `make.py` put into each fixture is what is read of it, block by block; each of its blocks is one sentence.
#[test]
fn every_format_is_read_as_it_was_made() {
    let golden: BTreeMap<String, Vec<Value>> =
        serde_json::from_slice(&fs::read(root().join("tests/fixtures/articles/golden.json")).unwrap()).unwrap();
    for (file, articles) in &golden {
        let path = format!("tests/fixtures/articles/{file}");
        // Only the table has a column of its own, and a file without one that is asked for is refused.
        let columns: &[&str] = if file.ends_with(".csv") { &["--columns", "text=story"] } else { &[] };
        let out = stance().current_dir(root()).args(["split", &path, "-f", "jsonl"]).args(columns).assert().success();
        let records = records(&out.get_output().stdout);
        let read: Vec<&[Value]> = records.chunk_by(|_, next| next["kind"] != "article").collect();
        assert_eq!(read.len(), articles.len(), "{file}");
        for (read, made) in read.iter().zip(articles) {
            let (head, sentences) = read.split_first().unwrap();
            for key in ["title", "outlet", "date", "author", "url"] {
                assert_eq!(head[key], made[key], "{file}: {key}");
            }
            let blocks: Vec<Value> = sentences.iter().map(|s| serde_json::json!([s["kind"], s["text"]])).collect();
            assert_eq!(&Value::Array(blocks), &made["blocks"], "{file}");
        }
    }
}

#[test]
fn records_tell_where_they_are_from() {
    let out = stance()
        .current_dir(root())
        .args(["classify", "tests/fixtures/articles/ice.html", "--skip-probe", "-c", "It sails.", "-f", "jsonl", "--model"])
        .arg(tiny())
        .assert()
        .success();
    let records = records(&out.get_output().stdout);
    assert!(records.iter().all(|r| r["outlet"] == "Harbour Post" && r["date"] == "2017-05-26" && r["author"] == "Ada Roe"));
    assert!(records.iter().all(|r| ["sentence", "heading", "item"].contains(&r["kind"].as_str().unwrap())), "the default kinds");
    let all = stance()
        .current_dir(root())
        .args(["classify", "tests/fixtures/articles/ice.html", "--skip-probe", "-c", "It sails.", "-f", "jsonl", "--kinds"])
        .args(["quotation", "--model"])
        .arg(tiny())
        .assert()
        .success();
    assert_eq!(text(&all.get_output().stdout).lines().count(), 1);
}

#[test]
fn standard_input_is_told_by_its_content() {
    for name in ["ice.html", "ice.pdf", "ice.docx", "ice.epub", "ice.rss", "ice.warc.gz", "ice.jsonl.zst"] {
        let bytes = fs::read(root().join("tests/fixtures/articles").join(name)).unwrap();
        let out = stance().args(["split", "-", "-f", "jsonl"]).write_stdin(bytes).assert().success();
        assert!(text(&out.get_output().stdout).contains("stayed in the harbour on Friday"), "{name}");
    }
}

/// What is read of a file is read of its bytes on standard input.
#[test]
fn rows_are_told_alike_with_a_name_and_without() {
    let dir = tempfile::tempdir().unwrap();
    for (name, content, texts) in [
        ("a.json", "[{\"text\": \"One.\"},\n {\"text\": \"Two.\"}]\n", 2),
        ("b.json", "{\n  \"title\": \"Ice\",\n  \"text\": \"One.\"\n}\n{\n  \"text\": \"Two.\"\n}\n", 2),
        ("c.txt", "id,text\n1,One.\n2,Two.\n3,Three.\n", 3),
        ("d.txt", "id;text\n1;One.\n", 1),
        ("e.csv", "id\ttext\n1\tOne, or two.\n", 1),
        ("f.txt", "{\"text\": \"One.\"}\n", 1),
    ] {
        fs::write(dir.path().join(name), content).unwrap();
        let split = |path: &str| {
            let out = stance().current_dir(&dir).args(["split", path, "-f", "jsonl"]).write_stdin(content).assert().success();
            let articles = records(&out.get_output().stdout).into_iter().filter(|r| r["kind"] == "article");
            articles.map(|r| r["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(split(name).len(), texts, "{name}");
        assert_eq!(split(name), split("-"), "{name}");
    }
}

#[test]
fn broken_json_is_an_error_with_its_line_and_no_prose() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.json"), "[\n  {\"text\": \"One.\"},\n  {\"text\": \"Two.\"\n]\n").unwrap();
    fs::write(dir.path().join("b.json"), "The ferry stayed.\n").unwrap();
    let out = stance().current_dir(&dir).args(["split", "a.json", "b.json", "-f", "jsonl"]).output().unwrap();
    let err = text(&out.stderr);
    assert!(err.contains("error: a.json:4:1: broken JSON: ") && err.contains("error: b.json:1:1: broken JSON: 'T'"), "{err}");
    assert_eq!(text(&out.stdout).lines().count(), 2, "the first object is read");
}

#[test]
fn the_end_says_what_was_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.txt", "b.png", "c.png", "d.css"] {
        fs::write(dir.path().join(name), "The ferry stayed.\n").unwrap();
    }
    let split = stance().current_dir(&dir).args(["split", ".", "--columns", "text=body"]).assert().success();
    let err = text(&split.get_output().stderr);
    assert_eq!(err, "3 files passed over: 2 .png, 1 .css\nno file has a column \"body\", as --columns asks for\n");
    let classify = stance()
        .current_dir(&dir)
        .args(["classify", ".", "--skip-probe", "-c", "It sails.", "--model"])
        .arg(tiny())
        .assert()
        .success();
    assert_eq!(text(&classify.get_output().stderr), "3 files passed over: 2 .png, 1 .css\n");
}

#[test]
fn what_cannot_be_read_is_told_by_name_and_the_rest_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let bomb: Vec<u8> = {
        use std::io::Write;
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(&vec![b'x'; 70 << 20]).unwrap();
        out.finish().unwrap()
    };
    for (name, bytes) in [
        ("1.txt.gz", &bomb[..]),
        ("2.html", "<div>".repeat(100_000).as_bytes()),
        ("3.pdf", b"%PDF-1.7 broken"),
        ("4.docx", b"PK\x03\x04word/broken"),
        ("5.txt", b"\x89PNG\r\n"),
        ("6.csv", b"a,b\n1,2\n"),
        ("7.txt", b"It is late.\n"),
    ] {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let out = stance().current_dir(&dir).args(["split", ".", "-f", "jsonl"]).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    let err = text(&out.stderr);
    for (name, part) in [
        ("1.txt.gz", "more than 64 MiB"),
        ("2.html", "nested"),
        ("3.pdf", "PDF"),
        ("4.docx", "damaged ZIP"),
        ("5.txt", "a PNG picture"),
        ("6.csv", "no column of text"),
    ] {
        assert!(err.lines().any(|l| l.contains(name) && l.contains(part)), "{name}: {err}");
    }
    assert!(!err.contains("panicked") && err.contains("6 failed, 1 article split"), "{err}");
    assert!(text(&out.stdout).contains("It is late."));
    let larger = stance().current_dir(&dir).args(["split", "1.txt.gz", "--max-size", "80"]).assert().success();
    drop(larger);
}

#[test]
fn rollups_sum_up_by_group() {
    let run = |more: &[&str]| {
        let mut c = stance();
        c.current_dir(root()).args([
            "classify",
            "tests/fixtures/articles",
            "--columns",
            "text=story",
            "--skip-probe",
            "-c",
            "It sails.",
        ]);
        text(&c.arg("--model").arg(tiny()).args(more).assert().success().get_output().stdout)
    };
    let sentences = run(&["-f", "jsonl"]).lines().count();
    for by in ["article", "holder", "date", "outlet"] {
        let groups: Vec<Value> = run(&["--by", by, "-f", "jsonl"]).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let sum: u64 = groups.iter().map(|g| g["sentences"].as_u64().unwrap()).sum();
        assert_eq!(sum as usize, sentences, "{by}: every sentence is in one group");
        for g in groups.iter().filter(|g| !g["mean"].is_null()) {
            let [mean, low, high] = ["mean", "low", "high"].map(|k| g[k].as_f64().unwrap());
            assert!(-1.0 <= low && low <= mean && mean <= high && high <= 1.0, "{g}");
        }
        assert!(run(&["--by", by]).contains("95 % interval"));
        assert_eq!(run(&["--by", by, "-f", "csv"]).lines().next().unwrap().split(',').next(), Some(by));
    }
    let dates = run(&["--by", "date", "-f", "jsonl"]);
    assert!(dates.contains("\"group\":\"2017-05-26\"") && dates.contains("\"group\":\"undated\""), "{dates}");
    stance().args(["classify", "x", "-c", "X.", "--by", "date", "-f", "html"]).assert().code(2);
}
