//! Markdown, as for a README. Sentences of the rows are not in it, so that it can be passed on where they cannot; but for the
//! pairs of a behavioural test that failed, which are made to be shown.

use super::{BEHAVIOUR, behaviour_row, cell, interval, intervals, number, p_value, rows_scored, verdict, worth_showing};
use crate::evaluate::behaviour::Side;
use crate::evaluate::suite::Line;
use crate::evaluate::{Record, SystemKind};

/// The evaluation as Markdown.
pub fn markdown(record: &Record) -> String {
    let mut t = format!("# {}\n\n{}\n\n", plain(&record.eval), record.prose);
    t += &format!("{}; {}; stancekit {}, {}.\n\n", rows_scored(record, plain), intervals(record), record.stancekit, record.date);
    let names = record.systems.iter().map(|s| plain(&s.name));
    let mut rows = vec![std::iter::once("measure".to_owned()).chain(names).collect::<Vec<_>>()];
    for (m, e) in record.systems.first().map_or(&[][..], |s| &s.estimates).iter().enumerate() {
        let cells = record.systems.iter().filter_map(|s| s.estimates.get(m)).map(cell);
        rows.push(std::iter::once(plain(&e.metric.to_string())).chain(cells).collect());
    }
    t += &table(&rows);
    for seeds in &record.seeds {
        t += &format!("\n## {} over {} runs\n\n", plain(&seeds.system), seeds.runs);
        let mut rows = vec![["measure", "mean", "standard deviation", "range"].map(str::to_owned).to_vec()];
        for m in &seeds.metrics {
            let range = m.range.map_or_else(|| "undefined".to_owned(), |[low, high]| format!("{low:.3} to {high:.3}"));
            rows.push(vec![plain(&m.metric.to_string()), number(m.mean), number(m.deviation), range]);
        }
        t += &table(&rows);
    }
    let shown: Vec<_> = worth_showing(record).collect();
    if let Some(metric) = shown.first().and_then(|c| c.differences.first()) {
        t += "\n## Compared on the same rows\n\n";
        let head = format!("difference in {}", plain(&metric.metric.to_string()));
        let heads = ["pair", &head, "p", "would show", "right only here, only there", "McNemar p", "verdict"];
        let mut rows = vec![heads.map(str::to_owned).to_vec()];
        for c in shown {
            let (d, m) = (&c.differences[0], &c.mcnemar);
            rows.push(vec![
                format!("{} - {}", plain(&record.systems[c.first].name), plain(&record.systems[c.second].name)),
                interval(d.difference, d.interval),
                d.p_holm.map_or_else(|| "undefined".to_owned(), p_value),
                number(d.detectable),
                format!("{}, {}", m.only_first, m.only_second),
                p_value(m.p_holm),
                verdict(c).to_owned(),
            ]);
        }
        t += &table(&rows);
    }
    for s in record.systems.iter().filter(|s| s.kind != SystemKind::Baseline) {
        t += &format!("\n## {}\n\n", plain(&s.name));
        let heads = ["gold", "precision", "recall", "F1", "rows"].map(str::to_owned);
        let mut rows = vec![heads.into_iter().chain(record.labels.iter().map(|l| format!("predicted {}", plain(l)))).collect()];
        for (l, counts) in s.labels.iter().zip(&s.confusion) {
            let cells = [plain(&l.label), number(l.precision), number(l.recall), number(l.f1), l.support.to_string()];
            rows.push(cells.into_iter().chain(counts.iter().map(ToString::to_string)).collect::<Vec<_>>());
        }
        t += &table(&rows);
    }
    behaviour(&mut t, record);
    if !record.slices.is_empty() {
        t += "\n## Parts of the rows\n\n";
        let heads = ["part", "rows", "accuracy", "macro-F1", "p", "worse than chance"];
        let mut rows = vec![heads.map(str::to_owned).to_vec()];
        for s in &record.slices {
            rows.push(vec![
                format!("{} = {}", plain(&s.column), plain(&s.value)),
                s.rows.to_string(),
                format!("{:.3}", s.accuracy),
                number(s.macro_f1),
                p_value(s.p_holm),
                if s.flagged { "yes" } else { "" }.to_owned(),
            ]);
        }
        t += &table(&rows);
    }
    if !record.published.is_empty() {
        t += "\n## Published figures\n\n";
        let heads = ["system", "measure", "value", "source", "comparable"];
        let mut rows = vec![heads.map(str::to_owned).to_vec()];
        for p in &record.published {
            let comparable = if p.comparable { "yes" } else { "no" };
            let note = if p.note.is_empty() { String::new() } else { format!(": {}", plain(&p.note)) };
            rows.push(vec![
                plain(&p.system),
                plain(&p.metric),
                format!("{:.3}", p.value),
                plain(&p.source),
                format!("{comparable}{note}"),
            ]);
        }
        t += &table(&rows);
    }
    t
}

fn behaviour(t: &mut String, record: &Record) {
    if record.behaviour.is_empty() {
        return;
    }
    for (i, system) in record.systems.iter().enumerate() {
        *t += &format!("\n## Behaviour of {}\n\n", plain(&system.name));
        let mut rows = vec![BEHAVIOUR.map(str::to_owned).to_vec()];
        rows.extend(record.behaviour.iter().map(|b| behaviour_row(b, i, plain)));
        *t += &table(&rows);
    }
    for b in record.behaviour.iter().filter(|b| !b.failures.first.is_empty()) {
        *t += &format!("\n### {}: {} of {} not as expected\n\n", plain(&b.test), b.failures.total, b.pairs);
        let mut rows = vec![["before", "gold", "answer", "after", "gold", "answer", "expected"].map(str::to_owned).to_vec()];
        for f in &b.failures.first {
            let side = |s: &Side| [format!("{} ({})", plain(&s.text), plain(&s.claim)), plain(&s.gold), plain(&s.answer)];
            rows.push(side(&f.before).into_iter().chain(side(&f.after)).chain([plain(&f.expected)]).collect());
        }
        *t += &table(&rows);
    }
}

/// A suite as one table.
pub fn suite(lines: &[Line]) -> String {
    let heads = ["eval", "rows", "measure", "system", "value", "published in", "comparable"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for l in lines {
        let comparable = l.comparable.map_or("", |c| if c { "yes" } else { "no" });
        let note = l.note.as_deref().filter(|_| l.source.is_some()).map_or_else(String::new, |n| format!(": {}", plain(n)));
        rows.push(vec![
            plain(&l.eval),
            l.rows.map_or_else(String::new, |n| n.to_string()),
            plain(&l.metric),
            plain(&l.system),
            interval(l.value, l.interval),
            l.source.as_deref().map_or_else(String::new, plain),
            format!("{comparable}{note}"),
        ]);
    }
    table(&rows)
}

/// The first row is the head.
fn table(rows: &[Vec<String>]) -> String {
    let mut t = String::new();
    for (i, row) in rows.iter().enumerate() {
        t += &format!("| {} |\n", row.join(" | "));
        if i == 0 {
            t += &format!("|{}\n", "---|".repeat(row.len()));
        }
    }
    t
}

/// Foreign text in a cell: one line, and no sign that Markdown would take for its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()) {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '<' | '[' | ']' | '#') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_in_its_cell() {
        assert_eq!(plain("a|b\n*c* <d>"), "a\\|b \\*c\\* \\<d>");
        assert_eq!(table(&[vec!["a".into(), "b".into()], vec!["1".into(), "2".into()]]), "| a | b |\n|---|---|\n| 1 | 2 |\n");
    }
}
