//! One HTML page that stands alone: no script, no font, no image from elsewhere. It holds the sentences of the errors.

use super::svg::{self, Whisker};
use super::{BEHAVIOUR, behaviour_row, interval, intervals, number, p_value, remarks, rows_scored, verdict, worth_showing};
use crate::evaluate::behaviour::Side;
use crate::evaluate::{Record, Rows, System, SystemKind};
use crate::plural::count;
use crate::report::markup::escape;
use crate::score::Direction;
use std::fmt::Write;

/// Parts of the rows that are shown beside those that are flagged.
const SLICES_SHOWN: usize = 40;

/// The evaluation as a page.
pub fn html(record: &Record, rows: &Rows) -> String {
    let mut t = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{0}: evaluation</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n",
        escape(&record.eval),
        include_str!("page.css")
    );
    let _ =
        writeln!(t, "<p class=\"soft\">{} · {} · stancekit {}</p>", rows_scored(record, escape), record.date, record.stancekit);
    if !record.prose.is_empty() {
        let _ = writeln!(t, "<p>{}</p>", escape(&record.prose));
    }
    t += "<nav class=\"small\"><a href=\"#scores\">Scores</a><a href=\"#compared\">Compared</a><a href=\"#labels\">Labels</a>\
          <a href=\"#confidence\">Confidence</a>";
    if !record.behaviour.is_empty() {
        t += "<a href=\"#behaviour\">Behaviour</a>";
    }
    t += "<a href=\"#parts\">Parts</a><a href=\"#rows\">Rows to look at</a><a href=\"#how\">How it was measured</a></nav>\n";
    scores(&mut t, record);
    compared(&mut t, record);
    labels(&mut t, record);
    confidence(&mut t, record);
    behaviour(&mut t, record);
    parts(&mut t, record);
    errors(&mut t, record, rows);
    how(&mut t, record);
    t + "</body></html>\n"
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut t = String::from("<div class=\"scroll\"><table><thead><tr>");
    for head in heads {
        let _ = write!(t, "<th>{}</th>", escape(head));
    }
    t += "</tr></thead><tbody>\n";
    for row in rows {
        t += "<tr>";
        for cell in row {
            // A cell that brings its own tag keeps it.
            t += &if cell.starts_with("<td") { cell } else { format!("<td>{cell}</td>") };
        }
        t += "</tr>\n";
    }
    t + "</tbody></table></div>\n"
}

fn scores(t: &mut String, record: &Record) {
    *t += "<h2 id=\"scores\">Scores</h2>\n";
    let count = record.systems.first().map_or(0, |s| s.estimates.len());
    for m in 0..count {
        let rows: Vec<Whisker> = record
            .systems
            .iter()
            .filter_map(|s| s.estimates.get(m).map(|e| (s, e)))
            .map(|(s, e)| Whisker { name: s.name.clone(), value: e.value, interval: e.interval })
            .collect();
        let Some(e) = record.systems.first().and_then(|s| s.estimates.get(m)) else { continue };
        let better = if e.direction == Direction::Higher { "higher is better" } else { "lower is better" };
        let title = format!("{} of each system", e.metric);
        let mut notes: Vec<String> = record
            .systems
            .iter()
            .filter_map(|s| Some(format!("{}: {}", escape(&s.name), escape(s.estimates.get(m)?.note.as_deref()?))))
            .collect();
        if notes.len() == record.systems.len()
            && record.systems.windows(2).all(|w| w[0].estimates[m].note == w[1].estimates[m].note)
        {
            notes = e.note.iter().map(|note| escape(note)).collect();
        }
        let notes = if notes.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", notes.join("; ")) };
        let _ = writeln!(
            t,
            "<h3>{} <span class=\"soft small\">{better}</span></h3><figure>{}{notes}</figure>",
            escape(&e.metric.to_string()),
            svg::whiskers(&title, &rows, true)
        );
    }
    for seeds in &record.seeds {
        let _ = writeln!(t, "<h3>{} over {} runs</h3>", escape(&seeds.system), seeds.runs);
        *t += &table(
            &["measure", "mean", "standard deviation", "least", "greatest"],
            seeds.metrics.iter().map(|m| {
                let range =
                    m.range.map(|r| r.map(|x| format!("{x:.3}"))).unwrap_or_else(|| ["undefined".into(), "undefined".into()]);
                let [low, high] = range;
                vec![escape(&m.metric.to_string()), number(m.mean), number(m.deviation), low, high]
            }),
        );
    }
    if !record.published.is_empty() {
        *t += "<h3>Published figures</h3>\n";
        *t += &table(
            &["system", "measure", "value", "source", "comparable"],
            record.published.iter().map(|p| {
                let comparable = if p.comparable { "yes" } else { "no" };
                let note = if p.note.is_empty() { String::new() } else { format!(": {}", escape(&p.note)) };
                vec![
                    escape(&p.system),
                    escape(&p.metric),
                    format!("{:.3}", p.value),
                    format!("<td class=\"text\">{}</td>", escape(&p.source)),
                    format!("<td class=\"text\">{comparable}{note}</td>"),
                ]
            }),
        );
    }
}

fn compared(t: &mut String, record: &Record) {
    let shown: Vec<_> = worth_showing(record).collect();
    *t += "<h2 id=\"compared\">Compared on the same rows</h2>\n";
    let Some(metric) = shown.first().and_then(|c| c.differences.first()).map(|d| d.metric.to_string()) else {
        *t += "<p>There is one system only.</p>\n";
        return;
    };
    let pair =
        |c: &crate::score::compare::Comparison| format!("{} − {}", record.systems[c.first].name, record.systems[c.second].name);
    let rows: Vec<Whisker> = shown
        .iter()
        .map(|c| Whisker { name: pair(c), value: c.differences[0].difference, interval: c.differences[0].interval })
        .collect();
    let title = format!("difference in {metric}");
    let _ = writeln!(t, "<h3>{}</h3><figure>{}</figure>", escape(&title), svg::whiskers(&title, &rows, false));
    *t += &table(
        &["pair", "difference", "p", "these rows would show", "right only here", "only there", "McNemar p", "verdict"],
        shown.iter().map(|c| {
            let (d, m) = (&c.differences[0], &c.mcnemar);
            let verdict = match verdict(c) {
                "better" => "<td class=\"good\">better</td>",
                "worse" => "<td class=\"warn\">worse</td>",
                _ => "<td class=\"soft\">cannot tell</td>",
            };
            vec![
                escape(&pair(c)),
                interval(d.difference, d.interval),
                d.p_holm.map_or_else(|| "undefined".to_owned(), p_value),
                number(d.detectable),
                m.only_first.to_string(),
                m.only_second.to_string(),
                p_value(m.p_holm),
                verdict.to_owned(),
            ]
        }),
    );
    *t += "<p class=\"soft small\">p: paired bootstrap over whole groups; McNemar’s exact test of accuracy takes rows as independent. Both corrected \
           by Holm for the number of pairs. “These rows would show”: the smallest true difference that would be found at 5 % in four of five \
           cases.</p>\n";
}

fn answering(record: &Record) -> impl Iterator<Item = &System> {
    let only_baselines = record.systems.iter().all(|s| s.kind == SystemKind::Baseline);
    record.systems.iter().filter(move |s| only_baselines || s.kind != SystemKind::Baseline)
}

fn labels(t: &mut String, record: &Record) {
    *t += "<h2 id=\"labels\">Labels</h2>\n";
    for s in answering(record) {
        let rows: Vec<Whisker> =
            s.labels.iter().map(|l| Whisker { name: l.label.clone(), value: l.f1, interval: l.f1_interval }).collect();
        let title = format!("F1 of each label, {}", s.name);
        let _ = writeln!(
            t,
            "<h3>{}</h3><figure>{}<figcaption>F1 of each label against the rest</figcaption></figure>",
            escape(&s.name),
            svg::whiskers(&title, &rows, true)
        );
        let predicted: Vec<String> = record.labels.iter().map(|l| format!("predicted {l}")).collect();
        let heads: Vec<&str> = std::iter::once("gold")
            .chain(predicted.iter().map(String::as_str))
            .chain(["rows", "precision", "recall", "F1"])
            .collect();
        *t += &table(
            &heads,
            s.labels.iter().zip(&s.confusion).enumerate().map(|(i, (l, counts))| {
                let mut row = vec![escape(&l.label)];
                for (j, n) in counts.iter().enumerate() {
                    let share = *n as f64 / l.support.max(1) as f64;
                    let hit = if i == j { " hit" } else { "" };
                    row.push(format!("<td class=\"cell{hit}\" style=\"--share:{share:.3}\">{n}</td>"));
                }
                row.extend([l.support.to_string(), number(l.precision), number(l.recall), number(l.f1)]);
                row
            }),
        );
    }
    *t += "<p class=\"soft small\">Rows are gold labels, columns predicted ones; the darker a cell, the larger its share of the gold label’s rows.</p>\n";
}

fn confidence(t: &mut String, record: &Record) {
    *t += "<h2 id=\"confidence\">Confidence</h2>\n";
    let with: Vec<(&str, &[_])> =
        record.systems.iter().filter_map(|s| Some((s.name.as_str(), s.risk_coverage.as_deref()?))).take(svg::SERIES).collect();
    if with.is_empty() {
        *t += "<p>No system gives probabilities.</p>\n";
        return;
    }
    *t += "<div class=\"row\">";
    let names: Vec<&str> = with.iter().map(|(name, _)| *name).collect();
    let _ = write!(
        t,
        "<figure>{}{}<figcaption>Risk and coverage: how many answers are wrong if only the surest are kept. Lower is better.</figcaption></figure>",
        svg::risk_coverage("risk and coverage", &with),
        svg::legend(&names)
    );
    for s in answering(record) {
        if let Some(bins) = &s.reliability {
            let _ = write!(
                t,
                "<figure>{}<figcaption>{}: reliability. Bars: share right; strokes: mean confidence; they meet where the probabilities mean what they \
                 say. Faint bars have few rows.</figcaption></figure>",
                svg::reliability(&format!("reliability of {}", s.name), bins),
                escape(&s.name)
            );
        }
    }
    *t += "</div>\n";
}

/// The behavioural tests of every system, and the pairs on which the first did not do as expected.
fn behaviour(t: &mut String, record: &Record) {
    let (Some(first), false) = (record.systems.first(), record.behaviour.is_empty()) else { return };
    *t += "<h2 id=\"behaviour\">Behaviour</h2>\n<p>Pairs of rows, the second made from the first by one change. “As expected”: the second answer \
           is what the first calls for, which holds of a constant, too; “both right” does not.</p>\n";
    for (i, system) in record.systems.iter().enumerate() {
        let _ = writeln!(t, "<h3>{}</h3>", escape(&system.name));
        *t += &table(&BEHAVIOUR, record.behaviour.iter().map(|b| behaviour_row(b, i, escape)));
    }
    for b in record.behaviour.iter().filter(|b| !b.failures.first.is_empty()) {
        let (name, shown) = (escape(&first.name), b.failures.first.len());
        let _ = writeln!(
            t,
            "<h3>{}: {name} not as expected <span class=\"soft small\">{shown} of {}</span></h3>",
            escape(&b.test),
            b.failures.total
        );
        let side = |side: &Side| {
            let class = if side.answer == side.gold { "good" } else { "warn" };
            [
                format!(
                    "<td class=\"text\">{}<br><span class=\"soft small\">{}</span><br><code class=\"soft\">{}</code></td>",
                    escape(&side.text),
                    escape(&side.claim),
                    escape(&side.id)
                ),
                escape(&side.gold),
                format!("<td class=\"{class}\">{}</td>", escape(&side.answer)),
            ]
        };
        *t += &table(
            &["before", "gold", "answer", "after", "gold", "answer", "expected"],
            b.failures
                .first
                .iter()
                .map(|f| side(&f.before).into_iter().chain(side(&f.after)).chain([escape(&f.expected)]).collect()),
        );
    }
}

fn parts(t: &mut String, record: &Record) {
    *t += "<h2 id=\"parts\">Parts of the rows</h2>\n";
    let Some(first) = record.systems.first().filter(|_| !record.slices.is_empty()) else {
        *t += "<p>No column cuts the rows into parts.</p>\n";
        return;
    };
    let flagged = record.slices.iter().filter(|s| s.flagged).count();
    let _ = writeln!(
        t,
        "<p>{} on {} parts; {flagged} are worse than chance would have them (as many errors at random: p below 0.05 after Holm’s correction).</p>",
        escape(&first.name),
        record.slices.len()
    );
    let mut shown: Vec<_> = record.slices.iter().filter(|s| s.flagged).collect();
    shown.extend(record.slices.iter().filter(|s| !s.flagged).take(SLICES_SHOWN));
    shown.sort_by_key(|s| record.slices.iter().position(|other| other == *s));
    *t += &table(
        &["part", "rows", "wrong", "accuracy", "macro-F1", "p", ""],
        shown.iter().map(|s| {
            vec![
                format!("<td class=\"text\"><span class=\"soft\">{}:</span> {}</td>", escape(&s.column), escape(&s.value)),
                s.rows.to_string(),
                s.wrong.to_string(),
                format!("{:.3}", s.accuracy),
                number(s.macro_f1),
                p_value(s.p_holm),
                if s.flagged { "<td class=\"warn\">worse than chance</td>".to_owned() } else { String::new() },
            ]
        }),
    );
    if record.slices.len() > shown.len() {
        let _ = writeln!(t, "<p class=\"soft small\">… and {} more, in the JSON.</p>", record.slices.len() - shown.len());
    }
}

fn errors(t: &mut String, record: &Record, rows: &Rows) {
    *t += "<h2 id=\"rows\">Rows to look at</h2>\n";
    let e = &record.errors;
    let Some(first) = record.systems.first() else { return };
    let many_claims = rows.rows.iter().any(|row| row.claim != rows.rows[0].claim);
    let text = |row: usize| {
        let row = &rows.rows[row];
        let claim =
            if many_claims { format!("<br><span class=\"soft small\">{}</span>", escape(&row.claim)) } else { String::new() };
        format!("<td class=\"text\">{}{claim}<br><code class=\"soft\">{}</code></td>", escape(&row.text), escape(&row.id))
    };
    if let Some(row) = rows.rows.first().filter(|_| !many_claims) {
        let _ = writeln!(t, "<p class=\"soft\">Claim: {}</p>", escape(&row.claim));
    }
    let _ = writeln!(
        t,
        "<h3>Surest mistakes of {} <span class=\"soft small\">{} of {}</span></h3>",
        escape(&first.name),
        e.mistakes.first.len(),
        e.mistakes.total
    );
    *t += &table(
        &["sentence", "gold", "answer", "confidence"],
        e.mistakes.first.iter().map(|m| vec![text(m.row), escape(&m.gold), escape(&m.label), number(m.confidence)]),
    );
    if let Some(one) = e.disagreements.first.first() {
        let _ = writeln!(
            t,
            "<h3>Systems disagree <span class=\"soft small\">{} of {}</span></h3>",
            e.disagreements.first.len(),
            e.disagreements.total
        );
        let heads: Vec<&str> =
            ["sentence", "gold"].into_iter().chain(one.answers.iter().map(|(name, _)| name.as_str())).collect();
        *t += &table(
            &heads,
            e.disagreements.first.iter().map(|d| {
                let answer = |(_, label): &(String, String)| {
                    let class = if *label == d.gold { "good" } else { "warn" };
                    format!("<td class=\"{class}\">{}</td>", escape(label))
                };
                [text(d.row), escape(&d.gold)].into_iter().chain(d.answers.iter().map(answer)).collect()
            }),
        );
    }
    if e.suspects.total > 0 {
        let _ = writeln!(
            t,
            "<h3>Gold labels that look wrong <span class=\"soft small\">{} of {}</span></h3>",
            e.suspects.first.len(),
            e.suspects.total
        );
        *t += "<p class=\"soft small\">By confident learning: where to look, not what is wrong. A weak system suspects rows that are merely hard.</p>\n";
        *t += &table(
            &["sentence", "gold", "looks like", "margin"],
            e.suspects
                .first
                .iter()
                .map(|s| vec![text(s.row), escape(&s.gold), escape(&s.looks_like), format!("{:.3}", s.margin)]),
        );
    }
}

fn how(t: &mut String, record: &Record) {
    *t += "<h2 id=\"how\">How it was measured</h2>\n<dl>";
    let mut line = |name: &str, value: String| {
        let _ = write!(t, "<dt>{}</dt><dd>{value}</dd>", escape(name));
    };
    line("intervals", intervals(record));
    line("eval", format!("{} <code>{}</code>", escape(&record.eval), record.eval_sha256));
    let version = record.dataset.version.as_deref().map_or_else(String::new, |v| format!(" version {}", escape(v)));
    line("data", format!("{}{version} <code>{}</code>", escape(&record.dataset.name), record.dataset.sha256.join(" ")));
    for s in &record.systems {
        let trained =
            if s.trained_on.is_empty() { String::new() } else { format!(" trained on {}", escape(&s.trained_on.join(", "))) };
        let hash = s.sha256.as_deref().unwrap_or("");
        let speed = s
            .rows_per_second
            .map_or_else(String::new, |n| format!(" {n:.0} rows a second on {}", count(record.threads, "thread")));
        let computed =
            s.computed.map_or_else(String::new, |c| format!(", {:?} engine in {:?}", c.engine, c.precision).to_lowercase());
        let remarks: String = remarks(s).iter().map(|remark| format!(", {remark}")).collect();
        line(
            &s.name,
            format!("{}{trained} <code>{hash}</code>{speed}{computed}{remarks}", format!("{:?}", s.kind).to_lowercase()),
        );
    }
    line("CPU", record.cpu.join(" "));
    *t += "</dl>\n";
}
