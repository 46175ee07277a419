//! An evaluation for people: tables for a terminal, Markdown, one HTML page. JSON is [`super::Record::to_json`].

mod html;
mod markdown;
mod svg;
mod table;

pub use html::html;
pub use markdown::{markdown, suite as suite_markdown};
pub use table::{suite as suite_table, table};

use super::behaviour::Behaviour;
use crate::plural::count;
use crate::score::Estimate;
use crate::score::compare::Comparison;

/// A value with its interval.
fn cell(e: &Estimate) -> String {
    interval(e.value, e.interval)
}

fn interval(value: Option<f64>, interval: Option<[f64; 2]>) -> String {
    match (value, interval) {
        (Some(v), Some([low, high])) => format!("{v:.3} [{low:.3}, {high:.3}]"),
        (Some(v), None) => format!("{v:.3}"),
        (None, _) => "undefined".to_owned(),
    }
}

/// Why no measure of any system has an interval, where that is so.
fn without_intervals(record: &super::Record) -> Option<&'static str> {
    if record.systems.iter().flat_map(|s| &s.estimates).any(|e| e.interval.is_some()) {
        None
    } else if record.bootstrap.draws < 2 {
        Some("no intervals, which need two bootstrap draws or more (--draws)")
    } else if record.dataset.groups < 2 {
        Some("no intervals, for which whole articles are drawn: these rows are all of one")
    } else {
        Some("no intervals: undefined on most draws")
    }
}

/// How intervals were made, or why there are none.
fn intervals(record: &super::Record) -> String {
    let b = &record.bootstrap;
    without_intervals(record).map_or_else(
        || format!("{}, {} draws, {:.0} %, seed {}", record.interval, b.draws, b.level * 100.0, b.seed),
        str::to_owned,
    )
}

/// What was scored, in a line.
fn rows_scored(record: &super::Record, escape: fn(&str) -> String) -> String {
    let d = &record.dataset;
    let split = d.split.as_deref().map_or_else(String::new, |s| format!(", split {}", escape(s)));
    format!("{} of {}{split} in {}", count(d.rows, "row"), escape(&d.name), count(d.groups, "group"))
}

/// What a reader should know of a system's answers; empty for most.
fn remarks(system: &super::System) -> Vec<String> {
    let mut remarks = Vec::new();
    if system.truncated > 0 {
        remarks.push(format!("{} cut to fit the model", count(system.truncated, "sentence")));
    }
    if system.not_most_probable > 0 {
        remarks
            .push(format!("{} answered with another label than the most probable one", count(system.not_most_probable, "row")));
    }
    remarks
}

fn number(x: Option<f64>) -> String {
    x.map_or_else(|| "undefined".to_owned(), |x| format!("{x:.3}"))
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// What a comparison of two systems says of its first measure, in words: better, worse, or cannot tell.
fn verdict(c: &Comparison) -> &'static str {
    let Some(d) = c.differences.first() else { return "cannot tell" };
    let better = d.difference.map(|x| (x > 0.0) == (d.direction == crate::score::Direction::Higher));
    match (d.p_holm, better) {
        (Some(p), Some(true)) if p < 0.05 => "better",
        (Some(p), Some(false)) if p < 0.05 => "worse",
        _ => "cannot tell",
    }
}

/// Pairs of which at least one is no baseline: two baselines against each other say nothing of a system.
fn worth_showing(record: &super::Record) -> impl Iterator<Item = &Comparison> {
    let baseline = |i: usize| record.systems[i].kind == super::SystemKind::Baseline;
    record.comparisons.iter().filter(move |c| !(baseline(c.first) && baseline(c.second)))
}

/// Heads of the columns of [`behaviour_row`].
const BEHAVIOUR: [&str; 7] = ["test", "expected", "pairs", "as expected", "both right", "right before", "right after"];

/// How the system of this number did in a test; `escape` makes text safe in the page.
fn behaviour_row(b: &Behaviour, system: usize, escape: fn(&str) -> String) -> Vec<String> {
    let r = &b.systems[system];
    vec![
        escape(&b.test),
        escape(&b.expected),
        b.pairs.to_string(),
        interval(Some(r.as_expected), r.as_expected_interval),
        interval(Some(r.right), r.right_interval),
        number(Some(r.right_before)),
        number(Some(r.right_after)),
    ]
}
