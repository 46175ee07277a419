#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test may panic, and this one prints its figures")]

use serde_json::Value;
use stancekit::sentence::holder::{self, Attribution, Form, Span};
use stancekit::{article, sentence};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

fn data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("STANCEKIT_DATA") else {
        println!("skipped: STANCEKIT_DATA is not set ({name})");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    if !path.exists() {
        println!("skipped: {} does not exist", path.display());
        return None;
    }
    Some(path)
}

struct Gold {
    source: Vec<Span>,
    cue: Vec<Span>,
    content: Vec<Span>,
    quoted: bool,
}

fn spans(value: &Value, bytes: &[usize]) -> Vec<Span> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|s| Span { start: bytes[s[0].as_u64().unwrap() as usize], end: bytes[s[1].as_u64().unwrap() as usize] }).collect()
}

/// Letters and digits of `a` that lie in one of `b`.
fn shared(text: &str, a: &[Span], b: &[Span]) -> (usize, usize) {
    let (mut all, mut both) = (0, 0);
    for s in a {
        for (i, c) in text[s.start..s.end].char_indices() {
            if c.is_alphanumeric() {
                all += 1;
                both += usize::from(b.iter().any(|t| t.start <= s.start + i && s.start + i < t.end));
            }
        }
    }
    (both, all)
}

fn half(text: &str, a: &[Span], b: &[Span]) -> bool {
    let (both, all) = shared(text, a, b);
    all > 0 && 2 * both >= all
}

fn touches(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

fn same_speaker(text: &str, p: &Attribution, gold: &Gold) -> bool {
    if gold.source.iter().any(|&s| touches(s, p.speaker.written)) {
        return true;
    }
    let last = |s: Span| text[s.start..s.end].split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2 && w.starts_with(char::is_uppercase)).last().map(str::to_owned);
    let names: Vec<String> = [last(p.speaker.written), p.speaker.resolved.and_then(last)].into_iter().flatten().collect();
    gold.source.iter().any(|&s| text[s.start..s.end].split(|c: char| !c.is_alphanumeric()).any(|w| names.iter().any(|n| n == w)))
}

#[test]
fn polnear() {
    let name = std::env::var("SPLIT").unwrap_or("dev".into());
    let Some(path) = data(&format!("data/attribution/polnear/{name}.jsonl")) else { return };
    let show = std::env::var("SHOW").unwrap_or_default();
    let (mut q, mut qf, mut qc, mut u, mut uf, mut uc) = (0, 0, 0, 0, 0, 0);
    let mut pred: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut verbs: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for (n, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = row["text"].as_str().unwrap();
        let bytes: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        let golds: Vec<Gold> = row["attributions"].as_array().unwrap().iter().map(|a| {
            let content = spans(&a["content"], &bytes);
            let quoted = content.iter().any(|s| {
                let from = s.start - text[..s.start].chars().next_back().map_or(0, char::len_utf8);
                let to = s.end + text[s.end..].chars().next().map_or(0, char::len_utf8);
                text[from..to].contains(['"', '“', '”']) || text[from..to].contains("''")
            });
            Gold { source: spans(&a["source"], &bytes), cue: spans(&a["cue"], &bytes), content, quoted }
        }).filter(|g| !g.content.is_empty()).collect();
        let article = article::read_bytes("a", None, text.as_bytes().to_vec()).unwrap();
        let found = holder::attributions(&article, &sentence::split(&article));
        let flat = |s: &str| s.replace('\n', "⏎");
        for g in &golds {
            let right: Vec<Span> = found.iter().filter(|p| same_speaker(text, p, g)).flat_map(|p| p.content.clone()).collect();
            let any: Vec<Span> = found.iter().flat_map(|p| p.content.clone()).collect();
            let ok = half(text, &g.content, &right);
            let content = half(text, &g.content, &any);
            if g.quoted { q += 1; qf += ok as usize; qc += content as usize } else { u += 1; uf += ok as usize; uc += content as usize }
            if show == "cues" && !g.quoted && !g.source.is_empty() { let k = format!("GC {}", g.cue.iter().map(|s| flat(&text[s.start..s.end]).to_lowercase()).collect::<Vec<_>>().join(" ")); let e = verbs.entry(k).or_default(); e.0 += 1; e.1 += ok as usize; e.2 += content as usize; }
            if !ok && ((show == "q" && g.quoted) || (show == "u" && !g.quoted)) && (n % 10) == 3 {
                let lo = g.content.iter().chain(&g.source).chain(&g.cue).map(|s| s.start).min().unwrap();
                let hi = g.content.iter().chain(&g.source).chain(&g.cue).map(|s| s.end).max().unwrap();
                let mut lo2 = lo.saturating_sub(80); while !text.is_char_boundary(lo2) { lo2 += 1; }
                let mut hi2 = (hi + 40).min(text.len()); while !text.is_char_boundary(hi2) { hi2 -= 1; }
                println!("MISS c={} src={:?} cue={:?}\n   {}[[{}]]{}", content, g.source.iter().map(|s| &text[s.start..s.end]).collect::<Vec<_>>(), g.cue.iter().map(|s| &text[s.start..s.end]).collect::<Vec<_>>(), flat(&text[lo2..lo]), flat(&text[lo..hi]), flat(&text[hi..hi2]));
                for p in &found { if p.content.iter().any(|s| g.content.iter().any(|t| touches(*s, *t))) {
                    println!("     pred {:?} {:?} [{}] {:?}", p.shape, p.verb, &text[p.speaker.written.start..p.speaker.written.end], p.content.iter().map(|s| flat(&text[s.start..s.end])).collect::<Vec<_>>());
                } }
            }
        }
        for p in &found {
            let of: Vec<Span> = golds.iter().filter(|g| same_speaker(text, p, g)).flat_map(|g| g.content.clone()).collect();
            let all: Vec<Span> = golds.iter().flat_map(|g| g.content.clone()).collect();
            let ok = half(text, &p.content, &of);
            let content = half(text, &p.content, &all);
            let group = if p.form == Form::Indirect { "unquoted" } else { "quoted" };
            for key in [group.to_owned(), format!("{group} {:?}", p.shape)] {
                let e = pred.entry(key).or_default();
                e.0 += 1; e.1 += ok as usize; e.2 += content as usize;
            }
            {
                let w = &text[p.speaker.written.start..p.speaker.written.end];
                let kind = match w.to_lowercase().as_str() { "i" | "we" | "you" => "I", "who" | "which" | "that" => "who", "he" | "she" => "he", "they" | "it" => "they", "his" | "her" | "their" | "its" | "my" => "his", _ if w.split_whitespace().any(|x| x.starts_with(char::is_uppercase) && !matches!(x, "The" | "A" | "An" | "Some" | "Many")) => "name", _ => "noun" };
                let cue = p.cue.map_or("", |c| c.of(text)).to_lowercase();
                let words: Vec<&str> = cue.split_whitespace().collect();
                let aux = if cue.contains("n't") || cue.contains("n’t") || words.contains(&"not") || words.contains(&"never") { "neg" } else if words.iter().any(|w| ["would","will","could","can","may","might","should","must"].contains(w)) { "modal" } else if words.len() > 1 { "multi" } else { "one" };
                let block = article.blocks.iter().find(|b| b.start <= p.speaker.written.start && p.speaker.written.end <= b.end).map_or("none", |b| b.kind.as_str());
                let pre = { let s0 = sentence::split(&article); let st = s0.iter().find(|s| s.start <= p.speaker.written.start && p.speaker.written.end <= s.end).map_or(0, |s| s.start); let b = text[st..p.speaker.written.start.max(st)].split_whitespace().next().unwrap_or("").to_lowercase(); b };
                let len = p.content.iter().map(|c| text[c.start..c.end].split_whitespace().count()).sum::<usize>();
                let lenk = match len { 0..=2 => "a1-2", 3..=5 => "b3-5", 6..=10 => "c6-10", 11..=20 => "d11-20", 21..=40 => "e21-40", _ => "f41+" };
                for key in [format!("{group} LEN {lenk}"), format!("{group} AUX {aux}"), format!("{group} BLOCK {block}"), format!("{group} PRE {pre}"), format!("{group} {:?} FORM {}", p.shape, words.last().map_or("", |w| if w.ends_with("ing") {"ing"} else if w.ends_with("ed")||*w=="said"||*w=="told" {"past"} else if w.ends_with('s') {"third"} else {"other"})), format!("{group} {:?} KIND {kind}", p.shape), format!("{group} KIND {kind}")] { let e = verbs.entry(key).or_default(); e.0 += 1; e.1 += ok as usize; e.2 += content as usize; }
            }
            if show == "spk" && !ok && n % 7 == 2 { for g in &golds { if g.cue.iter().any(|c| touches(*c, p.cue.unwrap_or(p.speaker.written))) && !same_speaker(text, p, g) {
                let at = p.speaker.written.start.min(g.source.first().map_or(usize::MAX, |s| s.start)); let mut lo = at.saturating_sub(40); while !text.is_char_boundary(lo) { lo += 1; }
                let mut hi = (p.speaker.written.end + 90).min(text.len()); while !text.is_char_boundary(hi) { hi -= 1; }
                println!("SPK {:?} {:?} ours [{}] gold {:?}\n     {}", p.shape, p.verb, &text[p.speaker.written.start..p.speaker.written.end], g.source.iter().map(|s| &text[s.start..s.end]).collect::<Vec<_>>(), flat(&text[lo..hi]));
            } } }
            let e = verbs.entry(format!("{group} {:?} {}", p.shape, p.verb.unwrap_or("-"))).or_default();
            e.0 += 1; e.1 += ok as usize; e.2 += content as usize;
            let key = format!("{group} {:?} {}", p.shape, p.verb.unwrap_or("-"));
            if show == "beside" && format!("{:?}", p.shape) == "Beside" && n % 5 == 1 {
                let c = p.content[0]; let mut lo = c.start.saturating_sub(90); while !text.is_char_boundary(lo) { lo += 1; }
                let mut hi = (c.end + 30).min(text.len()); while !text.is_char_boundary(hi) { hi -= 1; }
                println!("BES {} [{}] {}<<{}>>{}", if ok {"OK   "} else if content {"wrong speaker"} else {"NOTHING"}, &text[p.speaker.written.start..p.speaker.written.end], flat(&text[lo..c.start]), flat(&text[c.start..c.end]), flat(&text[c.end..hi]));
            }
            if !ok && show.len() > 2 && key.contains(&show) && (n % 6) == 3 {
                let lo = p.content.iter().chain([&p.speaker.written]).map(|s| s.start).min().unwrap();
                let hi = p.content.iter().chain([&p.speaker.written]).map(|s| s.end).max().unwrap();
                let mut lo2 = lo.saturating_sub(50); while !text.is_char_boundary(lo2) { lo2 += 1; }
                let mut hi2 = (hi + 30).min(text.len()); while !text.is_char_boundary(hi2) { hi2 -= 1; }
                for g in golds.iter().filter(|g| g.content.iter().any(|s| p.content.iter().any(|t| touches(*s, *t)))) { println!("   GOLD src={:?} cue={:?} {:?}", g.source.iter().map(|s| &text[s.start..s.end]).collect::<Vec<_>>(), g.cue.iter().map(|s| &text[s.start..s.end]).collect::<Vec<_>>(), g.content.iter().map(|s| flat(&text[s.start..s.end])).collect::<Vec<_>>()); }
                println!("WRONG {key} c={content} [{}] {:?}\n      {}", &text[p.speaker.written.start..p.speaker.written.end], p.content.iter().map(|s| flat(&text[s.start..s.end])).collect::<Vec<_>>(), flat(&text[lo2..hi2]));
            }
        }
    }
    println!("quoted   {q}: right {:.4}  content {:.4}", qf as f64 / q as f64, qc as f64 / q as f64);
    println!("unquoted {u}: right {:.4}  content {:.4}", uf as f64 / u as f64, uc as f64 / u as f64);
    for (k, (n, ok, c)) in &pred { println!("  {k:24} {n:6}  right {:.3} content {:.3}", *ok as f64 / *n as f64, *c as f64 / *n as f64); }
    if show == "verbs" || show == "cues" {
        let mut v: Vec<_> = verbs.into_iter().collect();
        v.sort_by_key(|(_, e)| std::cmp::Reverse(e.0));
        for (k, (n, ok, c)) in v.iter().filter(|e| e.1.0 >= 5) { println!("  {k:34} {n:6}  right {:.3} content {:.3}", *ok as f64 / *n as f64, *c as f64 / *n as f64); }
    }
}
