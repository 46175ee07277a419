//! Tables for a terminal.

use super::{cell, interval, number, p_value, remarks, rows_scored, verdict, without_intervals, worth_showing};
use crate::evaluate::suite::Line;
use crate::evaluate::{Record, System, SystemKind};
use crate::plural::count;
use crate::report::style::{Style, plain, shorten};

/// The evaluation as tables.
pub fn table(record: &Record, style: Style) -> String {
    let mut t = format!("{}: {}\n\n", style.bold(&record.eval), rows_scored(record, str::to_owned));
    t += &scores(record, style);
    t += &without_intervals(record).map_or_else(
        || {
            format!(
                "\n[low, high]: {:.0} % interval, percentile of {} bootstrap draws of whole groups, seed {}\n",
                record.bootstrap.level * 100.0,
                record.bootstrap.draws,
                record.bootstrap.seed
            )
        },
        |why| format!("\n{why}\n"),
    );
    for note in notes(record) {
        t += &format!("{}\n", plain(&note));
    }
    for seeds in &record.seeds {
        t += &format!("\n{} over {} runs: mean ± standard deviation [least, greatest]\n", style.bold(&seeds.system), seeds.runs);
        for m in &seeds.metrics {
            let text = match (m.mean, m.deviation, m.range) {
                (Some(mean), Some(sd), Some([low, high])) => format!("{mean:.3} ± {sd:.3} [{low:.3}, {high:.3}]"),
                _ => "undefined in a run".to_owned(),
            };
            t += &format!("  {:<24} {text}\n", m.metric.to_string());
        }
    }
    t += &comparisons(record, style);
    for s in record.systems.iter().filter(|s| s.kind != SystemKind::Baseline) {
        t += &labels(record, s, style);
    }
    t += &behaviour(record, style);
    t += &slices(record, style);
    t
}

/// Systems down, measures across; in blocks that fit the width.
fn scores(record: &Record, style: Style) -> String {
    let name_width = record.systems.iter().map(|s| s.name.chars().count()).max().unwrap_or(0).max(8);
    let metrics: Vec<String> =
        record.systems.first().map_or(&[][..], |s| &s.estimates).iter().map(|e| e.metric.to_string()).collect();
    let width = metrics.iter().map(|m| m.chars().count()).max().unwrap_or(0).max(20);
    let per_block = (style.width.max(100).saturating_sub(name_width) / (width + 2)).max(1);
    let mut t = String::new();
    for (b, block) in metrics.chunks(per_block).enumerate() {
        let mut line = format!("{:name_width$}", "");
        for m in block {
            line += &format!("  {m:<width$}");
        }
        t += if b > 0 { "\n" } else { "" };
        t += line.trim_end();
        t += "\n";
        for s in &record.systems {
            let mut line = format!("{:name_width$}", plain(&s.name));
            for e in s.estimates.iter().skip(b * per_block).take(per_block) {
                line += &format!("  {:<width$}", cell(e));
            }
            t += line.trim_end();
            t += "\n";
        }
    }
    t
}

/// Why values are undefined, and what means leave out: each note once, with the systems that it is about.
fn notes(record: &Record) -> Vec<String> {
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    for s in &record.systems {
        for e in &s.estimates {
            if let Some(note) = &e.note {
                let text = format!("{}: {note}", e.metric);
                match notes.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, systems)) => systems.push(&s.name),
                    None => notes.push((text, vec![&s.name])),
                }
            }
        }
    }
    let all = record.systems.len();
    notes
        .into_iter()
        .map(|(text, systems)| if systems.len() == all { text } else { format!("{text} ({})", systems.join(", ")) })
        .collect()
}

fn comparisons(record: &Record, style: Style) -> String {
    let shown: Vec<_> = worth_showing(record).collect();
    let Some(metric) = shown.first().and_then(|c| c.differences.first()).map(|d| d.metric.to_string()) else {
        return String::new();
    };
    let mut t = format!("\n{} on the same rows, by {metric}\n", style.bold("compared"));
    for c in &shown {
        let (a, b) = (plain(&record.systems[c.first].name), plain(&record.systems[c.second].name));
        let d = &c.differences[0];
        t += &format!("  {a} - {b}: {}", interval(d.difference, d.interval));
        if let (Some(p), Some(detectable)) = (d.p_holm, d.detectable) {
            t += &format!(", p {} ({}); these rows would show {detectable:.3}", p_value(p), verdict(c));
        }
        let m = &c.mcnemar;
        t += &format!(
            "\n    accuracy: right only here {}, only there {}; McNemar p {}\n",
            m.only_first,
            m.only_second,
            p_value(m.p_holm)
        );
    }
    let bootstrap = if shown.iter().any(|c| c.differences[0].p_holm.is_some()) { "paired bootstrap and " } else { "" };
    t + &format!("  p: {bootstrap}McNemar's exact test, corrected by Holm for the number of pairs\n")
}

fn labels(record: &Record, s: &System, style: Style) -> String {
    let mut t = format!(
        "\n{}\n  {:<12}{:>10}{:>10}{:>10}{:>8}   predicted:",
        style.bold(&s.name),
        "gold",
        "precision",
        "recall",
        "f1",
        "rows"
    );
    for l in &record.labels {
        t += &format!("{l:>11}");
    }
    t += "\n";
    for (l, row) in s.labels.iter().zip(&s.confusion) {
        t += &format!(
            "  {:<12}{:>10}{:>10}{:>10}{:>8}             ",
            l.label,
            number(l.precision),
            number(l.recall),
            number(l.f1),
            l.support
        );
        for n in row {
            t += &format!("{n:>11}");
        }
        t += "\n";
    }
    for remark in remarks(s) {
        t += &format!("  {remark}\n");
    }
    t
}

/// What every system did on the behavioural tests; the pairs that failed are in the other formats.
fn behaviour(record: &Record, style: Style) -> String {
    let Some(last) = record.behaviour.last() else { return String::new() };
    let width = record.behaviour.iter().map(|b| b.test.chars().count()).max().unwrap_or(0);
    let words = record.behaviour.iter().map(|b| b.expected.chars().count()).max().unwrap_or(0);
    let pairs = count(last.pairs, "pair");
    let mut t = format!("\n{}: {pairs}, the second made from the first by one change\n", style.bold("behaviour"));
    for (i, system) in record.systems.iter().enumerate() {
        t += &format!(
            "\n{}\n  {:width$}  {:words$}  {:>5}  {:<20}  {:<20}  {:>6} {:>6}\n",
            style.bold(&system.name),
            "test",
            "expected",
            "pairs",
            "as expected",
            "both right",
            "before",
            "after"
        );
        for b in &record.behaviour {
            let r = &b.systems[i];
            t += &format!(
                "  {:width$}  {:words$}  {:>5}  {:<20}  {:<20}  {:>6.3} {:>6.3}\n",
                b.test,
                b.expected,
                b.pairs,
                interval(Some(r.as_expected), r.as_expected_interval),
                interval(Some(r.right), r.right_interval),
                r.right_before,
                r.right_after
            );
        }
    }
    t + "  as expected: the second answer is what the first calls for; a constant has that too. Before, after: share right of either\n"
}

fn slices(record: &Record, style: Style) -> String {
    let flagged: Vec<_> = record.slices.iter().filter(|s| s.flagged).collect();
    if record.slices.is_empty() {
        return String::new();
    }
    let name = record.systems.first().map_or("", |s| s.name.as_str());
    let mut t = format!("\n{}: {name} on {} of the rows, ", style.bold("slices"), count(record.slices.len(), "part"));
    if flagged.is_empty() {
        return t + "none worse than chance would have it\n";
    }
    t += "worse than chance would have it on\n";
    for s in flagged {
        let what = shorten(&format!("{} = {}", s.column, s.value), 56);
        t += &format!("  {what:<56} accuracy {:.3} on {:>5} rows, p {}\n", s.accuracy, s.rows, p_value(s.p_holm));
    }
    t + "  p: as many errors there by chance, corrected by Holm for the number of parts\n"
}

/// A suite: for each eval our systems, then the published figures.
pub fn suite(lines: &[Line], style: Style) -> String {
    let mut t = String::new();
    let width = lines.iter().map(|l| l.system.chars().count()).max().unwrap_or(0).clamp(8, 40);
    let mut last = None;
    for line in lines {
        let head = (&line.eval, &line.metric);
        if last != Some(head) {
            let rows = line.rows.map_or_else(String::new, |n| format!(", {}", count(n, "row")));
            t += &format!("{}{}{rows}, {}\n", if last.is_some() { "\n" } else { "" }, style.bold(&line.eval), line.metric);
            last = Some(head);
        }
        let system = shorten(&line.system, width);
        let value = interval(line.value, line.interval);
        let text = match (&line.source, line.comparable) {
            (Some(source), comparable) => {
                let comparable = if comparable == Some(true) { "comparable" } else { "not comparable" };
                let note = line.note.as_deref().map_or_else(String::new, |n| format!(": {n}"));
                format!("  {system:<width$}  {value:<22} published ({source}); {comparable}{note}")
            }
            (None, _) => format!("  {system:<width$}  {value}"),
        };
        t += text.trim_end();
        t += "\n";
    }
    t
}
