use super::{stance, text, tiny};
use serde_json::Value;
use std::fs;

const ARTICLE: &str = "The harbour master speaks\n\nThe ferry “will sail again,” she said. Nobody in the café believed her.\n\n- Tickets stay dear\n";

fn classify(dir: &std::path::Path, args: &[&str]) -> assert_cmd::assert::Assert {
    stance().current_dir(dir).args(["classify", "--skip-probe", "--model"]).arg(tiny()).args(args).assert()
}

#[test]
fn records_have_offsets_that_slice_the_file_and_probabilities_that_add_up() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), ARTICLE).unwrap();
    let out = classify(dir.path(), &["a.txt", "--claim", "The ferry is back.", "--claim", "Cafés close.", "--format", "jsonl"])
        .success();
    let records: Vec<Value> = text(&out.get_output().stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    // Four units (heading, two sentences, list item), each towards two claims, the claims of a sentence together.
    assert_eq!(records.len(), 8);
    for r in &records {
        let (start, end) = (r["start"].as_u64().unwrap() as usize, r["end"].as_u64().unwrap() as usize);
        assert_eq!(&ARTICLE[start..end], r["text"].as_str().unwrap());
        let scores = r["scores"].as_object().unwrap();
        let sum: f64 = scores.values().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5);
        let best = scores.values().map(|p| p.as_f64().unwrap()).fold(0.0, f64::max);
        assert_eq!(r["confidence"].as_f64().unwrap(), best);
        assert_eq!(scores[r["label"].as_str().unwrap()].as_f64().unwrap(), best);
        assert_eq!(r["truncated"], false);
        assert_eq!(r["model"], "bert");
    }
    assert_eq!(records[0]["kind"], "heading");
    assert_eq!(records[6]["kind"], "item");
    assert_eq!(records[6]["text"], "Tickets stay dear");
    assert_eq!((records[0]["claim"].as_str(), records[1]["claim"].as_str()), (Some("The ferry is back."), Some("Cafés close.")));
}

#[test]
fn records_name_the_holder() {
    let dir = tempfile::tempdir().unwrap();
    let article = "According to Ada Roe, the café is closed. The pilot, Bo Lind, left. “It will open,” he said.\n";
    fs::write(dir.path().join("a.txt"), article).unwrap();
    let out = classify(dir.path(), &["a.txt", "--claim", "The café opens.", "--format", "jsonl"]).success();
    let records: Vec<Value> = text(&out.get_output().stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let names: Vec<Option<&str>> = records.iter().map(|r| r["holder"]["resolved"]["text"].as_str()).collect();
    assert_eq!(names, [Some("Ada Roe"), None, Some("Bo Lind")], "{records:?}");
    let forms: Vec<Option<&str>> = records.iter().map(|r| r["quote"]["form"].as_str()).collect();
    assert_eq!(forms, [Some("indirect"), None, Some("direct")]);
    assert_eq!(records[1]["holder"], serde_json::json!({"author": true}));
    for span in [&records[0]["holder"]["written"], &records[2]["holder"]["written"], &records[2]["holder"]["resolved"]] {
        let (start, end) = (span["start"].as_u64().unwrap() as usize, span["end"].as_u64().unwrap() as usize);
        assert_eq!(&article[start..end], span["text"].as_str().unwrap());
    }
    let out = classify(dir.path(), &["a.txt", "--claim", "The café opens.", "--format", "csv"]).success();
    let bytes = out.get_output().stdout.clone();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let column = |reader: &mut csv::Reader<&[u8]>, name: &str| reader.headers().unwrap().iter().position(|h| h == name).unwrap();
    let (holder, written, quote) = (column(&mut reader, "holder"), column(&mut reader, "written"), column(&mut reader, "quote"));
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!((&rows[2][holder], &rows[2][written], &rows[2][quote]), ("Bo Lind", "he", "direct"));
    assert_eq!((&rows[1][holder], &rows[1][written], &rows[1][quote]), ("", "", ""));
}

/// The minister of one article is not the minister of another; Ada Roe is Ada Roe.
#[test]
fn holders_without_a_name_stay_within_their_article() {
    let dir = tempfile::tempdir().unwrap();
    let article = |title: &str| {
        format!(
            "{title}\n\nThe minister said that the café opens. “It is late,” he said. “Wait,” said Ada Roe.\n\nNobody waited.\n"
        )
    };
    for (name, title) in [("a.txt", "The café"), ("b.txt", "The bar")] {
        fs::write(dir.path().join(name), article(title)).unwrap();
    }
    let run = |format: &str| {
        let args = ["a.txt", "b.txt", "--claim", "The café opens.", "--by", "holder", "--format", format];
        text(&classify(dir.path(), &args).success().get_output().stdout)
    };
    let records: Vec<Value> = run("jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let mut groups: Vec<(&str, Option<&str>, u64, u64)> = records
        .iter()
        .map(|r| {
            let count = |key: &str| r[key].as_u64().unwrap();
            (r["group"].as_str().unwrap(), r["within"].as_str(), count("articles"), count("sentences"))
        })
        .collect();
    groups.sort_unstable();
    let expected = [
        ("Ada Roe", None, 2, 2),
        ("The minister", Some("a.txt"), 1, 2),
        ("The minister", Some("b.txt"), 1, 2),
        ("the author", Some("a.txt"), 1, 2),
        ("the author", Some("b.txt"), 1, 2),
    ];
    assert_eq!(groups, expected, "{records:?}");
    let table = run("table");
    let line = |name: &str, end: &str| table.lines().filter(|l| l.starts_with(name) && l.ends_with(end)).count();
    assert_eq!(
        (line("The minister", "  in a.txt"), line("The minister", "  in b.txt"), line("Ada Roe", "]")),
        (1, 1, 1),
        "{table}"
    );
    let csv = run("csv");
    assert!(csv.starts_with("holder,within,claim,") && csv.contains("\nThe minister,b.txt,"), "{csv}");
    let args = ["a.txt", "b.txt", "--claim", "The café opens.", "--format", "html"];
    let page = text(&classify(dir.path(), &args).success().get_output().stdout);
    let chart = page.split("<h2>By holder</h2>").nth(1).unwrap().split("</section>").next().unwrap();
    for (holder, n) in [("The minister", 2), ("Ada Roe", 1), ("the author", 2)] {
        assert_eq!(chart.matches(&format!("<th scope=\"row\">{holder}")).count(), n, "{chart}");
        assert_eq!(page.matches(&format!("\">{holder}")).count(), 2 * n, "chart and filter: {page}");
    }
    assert!(chart.contains("<th scope=\"row\">The minister <small>in <a href=\"#a2\">The bar</a></small></th>"), "{chart}");
    assert!(page.contains(">The minister in The café</option>"), "{page}");
    // The filter shows the sentences of one of them alone.
    let number = page.split(" in The café</option>").next().and_then(|p| p.rsplit("value=\"").next()).unwrap();
    let number = number.split('"').next().unwrap();
    assert!((1..=2).contains(&page.matches(&format!("data-h=\"{number}\"")).count()), "{page}");
}

#[test]
fn labels_do_not_depend_on_threads_order_or_company() {
    let dir = tempfile::tempdir().unwrap();
    for (i, words) in ["ferry harbour", "onion price", "old bridge"].iter().enumerate() {
        let body: String = (0..40).map(|n| format!("The {words} story number {n} is told again and again. ")).collect();
        fs::write(dir.path().join(format!("{i}.txt")), body).unwrap();
    }
    let run = |args: &[&str]| {
        let out = classify(dir.path(), &[args, &["--claim", "It is true.", "--format", "jsonl"]].concat()).success();
        let mut lines: Vec<String> = text(&out.get_output().stdout).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let all = run(&["0.txt", "1.txt", "2.txt", "--threads", "1"]);
    assert_eq!(all, run(&["2.txt", "0.txt", "1.txt", "--threads", "3"]));
    let mut apart = [run(&["0.txt"]), run(&["1.txt"]), run(&["2.txt"])].concat();
    apart.sort();
    assert_eq!(all, apart);
}

#[test]
fn csv_has_a_header_and_a_row_for_each_record() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), ARTICLE).unwrap();
    let out = classify(dir.path(), &["a.txt", "--claim", "X, \"Y\" or Z.", "-f", "csv", "-o", "out.csv"]).success();
    assert!(out.get_output().stdout.is_empty());
    let mut reader = csv::Reader::from_path(dir.path().join("out.csv")).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(names[..8], ["article", "sentence", "start", "end", "kind", "claim", "label", "confidence"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(&rows[0][5], "X, \"Y\" or Z.");
}

#[test]
fn one_article_is_summed_up_once() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), ARTICLE).unwrap();
    let table = text(&classify(dir.path(), &["a.txt", "-c", "The ferry is back."]).success().get_output().stdout);
    assert!(table.contains("  article: ") && !table.contains("\nall\n"), "{table}");
}

#[test]
fn the_table_of_groups_keeps_to_a_narrow_terminal() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.txt", "an-article-with-quite-a-long-name.txt"] {
        fs::write(dir.path().join(name), ARTICLE).unwrap();
    }
    for width in [70, 80, 94, 95, 120] {
        let args = ["classify", ".", "--skip-probe", "-c", "The ferry is back.", "--by", "holder", "--model"];
        let out = stance().current_dir(&dir).env("COLUMNS", width.to_string()).args(args).arg(tiny()).assert().success();
        let table = text(&out.get_output().stdout);
        // A name without room for the figures has a line of its own, which it may fill.
        assert_eq!(table.contains("\nholder\n"), width < 95, "{table}");
        let figures = |l: &str| l.contains('[') && (width < 95 || !l.contains("  in "));
        assert!(table.lines().filter(|l| figures(l)).all(|l| l.chars().count() <= width), "{width}: {table}");
        assert!(width >= 95 || table.lines().all(|l| l.chars().count() <= width), "{width}: {table}");
    }
}

#[test]
fn the_table_ends_with_a_roll_up_per_article_and_over_all() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), ARTICLE).unwrap();
    fs::write(dir.path().join("b.md"), "# Rents\n\nRents *rose* in May.\n").unwrap();
    let out = classify(dir.path(), &["a.txt", "b.md", "--claim", "The ferry is back."]).success();
    let table = text(&out.get_output().stdout);
    assert!(table.starts_with("claim The ferry is back."), "{table}");
    assert_eq!(table.matches("\n  article:").count(), 2, "{table}");
    let all = table.split("\nall\n").nth(1).unwrap();
    let counts: usize =
        all.lines().next().unwrap().split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<usize>().ok()).skip(1).sum();
    assert_eq!(counts, 6, "{all}");
    assert!(!table.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn standard_input_and_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let run = |kinds: &str| {
        let out = stance()
            .current_dir(&dir)
            .args(["classify", "-", "--skip-probe", "-f", "jsonl", "-c", "The ferry is back.", "--kinds", kinds, "--model"])
            .arg(tiny())
            .write_stdin(ARTICLE)
            .assert()
            .success();
        text(&out.get_output().stdout).lines().count()
    };
    assert_eq!(run("sentence"), 2);
    assert_eq!(run("heading,item"), 2);
}

#[test]
fn low_confidence_abstains() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), ARTICLE).unwrap();
    let out = classify(dir.path(), &["a.txt", "-c", "X.", "-f", "jsonl", "--min-confidence", "1"]).success();
    assert!(text(&out.get_output().stdout).lines().all(|l| l.contains("\"label\":\"abstain\"")));
}

#[test]
fn a_cut_sentence_is_marked_or_with_strict_refused() {
    let dir = tempfile::tempdir().unwrap();
    let long = format!("The ferry {} sails.\n\nIt is late.\n", "and the old boat ".repeat(60));
    fs::write(dir.path().join("a.txt"), long).unwrap();
    let out = classify(dir.path(), &["a.txt", "-c", "X.", "-f", "jsonl"]).success();
    let records = text(&out.get_output().stdout);
    assert_eq!(records.matches("\"truncated\":true").count(), 1);
    assert!(text(&out.get_output().stderr).contains("1 of 2 sentences cut to fit the model"));
    let out = classify(dir.path(), &["a.txt", "-c", "X.", "-f", "jsonl", "--strict"]).code(2);
    assert_eq!(text(&out.get_output().stdout).lines().count(), 1, "the rest goes on");
    assert!(text(&out.get_output().stderr).contains("longer than the model reads"));
}

#[test]
fn a_task_file_gives_the_claims() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), "It is late.\n").unwrap();
    let task = super::root().join("evals/tasks/allies-sharing.toml");
    let out = classify(dir.path(), &["a.txt", "--task", task.to_str().unwrap(), "-f", "jsonl"]).success();
    assert!(text(&out.get_output().stdout).contains("US allies will keep sharing intelligence with the United States."));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let dir = tempfile::tempdir().unwrap();
    let body: String = (0..3000).map(|n| format!("Sentence number {n} is here. ")).collect();
    fs::write(dir.path().join("a.txt"), body).unwrap();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("stance"))
        .current_dir(&dir)
        .args(["split", "a.txt", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{:?}", done.status);
    assert_eq!(text(&done.stderr), "");
}

#[test]
fn engines_agree_on_labels_and_scores() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.txt"), ARTICLE).unwrap();
    let scores = |args: &[&str]| -> Vec<f64> {
        let out = classify(dir.path(), &[&["a.txt", "-c", "The ferry is back.", "-f", "jsonl"], args].concat()).success();
        let records =
            text(&out.get_output().stdout).lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).collect::<Vec<_>>();
        records.iter().map(|r| r["scores"]["favor"].as_f64().unwrap()).collect()
    };
    let reference = scores(&["--engine", "candle"]);
    for (args, bound) in
        [(&["--engine", "packed"][..], 1e-5), (&["--precision", "bf16"][..], 1e-2), (&["--precision", "int8"][..], 5e-2)]
    {
        let gap = scores(args).iter().zip(&reference).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(gap < bound, "{args:?}: {gap}");
    }
}
