//! Boundary F1 of the splitter on public sets and on the four articles, which are not part of the repository.
//!
//! `STANCEKIT_DATA=DIR cargo test --test read_segmentation -- --nocapture` prints every figure and checks it against its
//! bar; without the variable the tests say that they are skipped. `STANCEKIT_SHOW=1` prints the misses of the dev sets.
//!
//! **The measure.** A boundary is the end of a sentence: one past its last character that is not white space. Per document
//! the set of predicted ends is compared with the set of gold ends, the end of the document with them; F1 is over the sums
//! of all documents. For GUM and EWT the ends of paragraphs are taken out of both sets: the sets give them away. (With them
//! every figure is higher; it is printed too, and beside it that of UAX #29 without rules of ours.) Offsets are UTF-8 bytes
//! on both sides: those of the sets are, too, whatever their README says.
//!
//! **The input.** GUM, EWT: each paragraph by itself to `split_text`, since both sets know where paragraphs end. Golden
//! Rules: the whole text to `split_text`; a rule is kept if its ends are the gold ends exactly. The four articles: the file as
//! it is to `article::read_bytes` and `sentence::split`.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test may panic, and this one prints its figures")]

mod data;

use serde_json::Value;
use stancekit::{article, sentence};
use std::collections::BTreeSet;
use std::fs;
use unicode_segmentation::UnicodeSegmentation;

#[derive(Default)]
struct Tally {
    hit: usize,
    predicted: usize,
    gold: usize,
}

impl Tally {
    fn add(&mut self, predicted: &BTreeSet<usize>, gold: &BTreeSet<usize>) {
        self.hit += predicted.intersection(gold).count();
        self.predicted += predicted.len();
        self.gold += gold.len();
    }

    fn f1(&self) -> f64 {
        2.0 * self.hit as f64 / (self.predicted + self.gold) as f64
    }

    /// Prints the figure and checks it.
    fn check(&self, name: &str, bar: f64) {
        let (p, r) = (self.hit as f64 / self.predicted as f64, self.hit as f64 / self.gold as f64);
        println!("{name}: boundary F1 {:.4} (precision {p:.4}, recall {r:.4}, {} gold ends), bar {bar}", self.f1(), self.gold);
        assert!(self.f1() >= bar, "{name} is below its bar");
    }
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// Ends of the gold sentences, without the white space before them.
fn gold_ends(row: &Value, text: &str) -> BTreeSet<usize> {
    let spans = row["sents"].as_array().unwrap();
    spans.iter().map(|s| number(&s[0]) + text[number(&s[0])..number(&s[1])].trim_end().len()).collect()
}

fn treebank(name: &str, bar: f64) {
    let Some(path) = data::file(&format!("data/segmentation/{name}.jsonl")) else { return };
    let show = name.ends_with("_dev") && std::env::var_os("STANCEKIT_SHOW").is_some();
    let (mut tally, mut inner, mut uax) = (Tally::default(), Tally::default(), Tally::default());
    for row in data::rows(&path) {
        let text = row["text"].as_str().unwrap();
        let gold = gold_ends(&row, text);
        let (mut predicted, mut standard, mut given) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for span in row["paras"].as_array().unwrap() {
            let (start, end) = (number(&span[0]), number(&span[1]));
            let paragraph = &text[start..end];
            predicted.extend(sentence::split_text(paragraph).map(|(_, e)| start + e));
            standard.extend(paragraph.split_sentence_bound_indices().map(|(at, s)| start + at + s.trim_end().len()));
            given.insert(start + paragraph.trim_end().len());
        }
        inner.add(&(&predicted - &given), &(&gold - &given));
        uax.add(&(&standard - &given), &(&gold - &given));
        if show {
            for &at in predicted.symmetric_difference(&gold) {
                let around = |from: usize, to: usize| text.get(from..to).unwrap_or("~").replace('\n', "⏎");
                let floor = |mut n: usize| {
                    while !text.is_char_boundary(n) {
                        n -= 1;
                    }
                    n
                };
                let kind = if gold.contains(&at) { "MISSED" } else { "WRONG " };
                println!("{kind} {}|{}", around(floor(at.saturating_sub(50)), at), around(at, floor((at + 50).min(text.len()))));
            }
        }
        tally.add(&predicted, &gold);
    }
    println!("{name}: with the ends of paragraphs F1 {:.4}; UAX #29 alone, without them, {:.4}", tally.f1(), uax.f1());
    inner.check(name, bar);
}

#[test]
fn gum_dev() {
    treebank("gum_dev", 0.955);
}

#[test]
fn ewt_dev() {
    treebank("ewt_dev", 0.84);
}

#[test]
fn gum_test() {
    treebank("gum_test", 0.94);
}

#[test]
fn ewt_test() {
    treebank("ewt_test", 0.84);
}

#[test]
fn golden_rules() {
    let Some(path) = data::file("data/segmentation/golden.jsonl") else { return };
    let rows = data::rows(&path);
    let kept = rows.iter().filter(|row| {
        let text = row["text"].as_str().unwrap();
        sentence::split_text(text).map(|(_, e)| e).collect::<BTreeSet<_>>() == gold_ends(row, text)
    });
    let kept = kept.count();
    println!("golden rules: {kept} of {}, bar 42", rows.len());
    assert!(kept >= 42);
}

#[test]
fn four_articles() {
    let Some(path) = data::file("articles/gold.jsonl") else { return };
    let rows = data::rows(&path);
    let names: BTreeSet<&str> = rows.iter().map(|r| r["article"].as_str().unwrap()).collect();
    let (mut ends, mut spans, mut kinds) = (Tally::default(), Tally::default(), 0);
    for name in names {
        let file = path.with_file_name(if name.ends_with(".txt") { name.to_owned() } else { format!("{name}.txt") });
        let article = article::read_bytes(name, Some(&file), fs::read(&file).unwrap()).unwrap();
        let gold: Vec<_> = rows.iter().filter(|r| r["article"] == *name).collect();
        let sentences = sentence::split(&article);
        let set = |f: &dyn Fn(&Value) -> usize| gold.iter().map(|r| f(r)).collect::<BTreeSet<_>>();
        ends.add(&sentences.iter().map(|s| s.end).collect(), &set(&|r| number(&r["end"])));
        // A span is right if both of its ends are: pack them into one number.
        let pack = |start: usize, end: usize| (start << 32) + end;
        spans.add(
            &sentences.iter().map(|s| pack(s.start, s.end)).collect(),
            &set(&|r| pack(number(&r["start"]), number(&r["end"]))),
        );
        for s in &sentences {
            let same = |r: &&&Value| {
                number(&r["end"]) == s.end && r["kind"].as_str().unwrap().replace("bullet", "item") == s.kind.as_str()
            };
            kinds += usize::from(gold.iter().find(same).is_some());
        }
    }
    println!("four articles: {kinds} of {} units have the right end and kind; span F1 {:.4}", ends.gold, spans.f1());
    ends.check("four articles", 0.97);
}
