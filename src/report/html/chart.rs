//! Charts as tables: each row has its numbers as text and, for the eye, a bar and a mean with its interval.

use crate::report::markup::escape;
use crate::report::rollup::UNDATED;
use crate::report::{By, Mean, Tally};
use crate::stance::Stance;
use std::fmt::Write;

/// A row of a chart.
pub(super) struct Row {
    pub name: String,
    /// Number of the article that it stands for.
    pub link: Option<usize>,
    /// Number and title of the one article that it is about, where its name means somebody else in others.
    pub within: Option<(usize, String)>,
    pub tallies: Vec<Tally>,
}

/// Rows that are shown at once; the rest is folded away.
const SHOWN: usize = 30;

/// Half the width of a scale, in units of its drawing.
const HALF: f64 = 100.0;

/// Writes a chart for each claim. Writing to a string cannot fail.
pub(super) fn write(out: &mut String, by: By, rows: &[Row], claims: usize) {
    let title = match by {
        By::Article => "By article",
        By::Holder => "By holder",
        By::Date => "By date",
        By::Outlet => "By outlet",
    };
    for claim in 0..claims {
        let hidden = if claim > 0 { " hidden" } else { "" };
        let _ = write!(out, "<section class=\"chart\" data-claim=\"{claim}\"{hidden}><h2>{title}</h2>");
        if by == By::Date {
            line(out, rows, claim);
        }
        let (first, rest) = rows.split_at(rows.len().min(SHOWN));
        table(out, by, first, claim);
        if !rest.is_empty() {
            let _ = write!(out, "<details><summary>{} more</summary>", rest.len());
            table(out, by, rest, claim);
            out.push_str("</details>");
        }
        out.push_str("</section>\n");
    }
}

fn table(out: &mut String, by: By, rows: &[Row], claim: usize) {
    let _ = write!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table by {0}\"><table><thead><tr><th scope=\"col\">{0}</th>\
         <th scope=\"col\" class=\"favor\"><i></i>favor</th><th scope=\"col\" class=\"against\"><i></i>against</th>\
         <th scope=\"col\" class=\"neutral\"><i></i>neutral</th><th scope=\"col\" aria-hidden=\"true\" class=\"scale\"><span>against</span>\
         <span>favor</span></th><th scope=\"col\">mean, 95&nbsp;%</th></tr></thead><tbody>",
        by.as_str()
    );
    for row in rows {
        let Some(tally) = row.tallies.get(claim) else { continue };
        let name = match row.link {
            Some(n) => format!("<a href=\"#a{n}\">{}</a>", escape(&row.name)),
            None => escape(&row.name),
        };
        let within = row
            .within
            .as_ref()
            .map_or_else(String::new, |(n, title)| format!(" <small>in <a href=\"#a{n}\">{}</a></small>", escape(title)));
        let count = |s: Stance| tally.counts[s as usize];
        let mean = tally.mean();
        let shown = mean.map_or_else(
            || "–".to_owned(),
            |m| format!("{:+.2} <small>[{:+.2}, {:+.2}]</small>", m.value, m.low, m.high).replace('-', "−"),
        );
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{name}{within}</th><td>{}</td><td>{}</td><td>{}</td><td class=\"scale\" aria-hidden=\"true\">{}</td><td>{shown}</td></tr>",
            count(Stance::Favor),
            count(Stance::Against),
            count(Stance::Neutral),
            scale(mean)
        );
        if let Some(c) = tally.clearest().filter(|_| by != By::Article) {
            let _ = write!(
                out,
                "<tr class=\"clearest\"><td colspan=\"6\"><b class=\"{0}\"><i></i>{0} {1:.2}</b> {2}</td></tr>",
                c.label.as_str(),
                c.confidence,
                escape(&c.text)
            );
        }
    }
    out.push_str("</tbody></table></div>");
}

/// A mean on a scale from against to favour.
fn scale(mean: Option<Mean>) -> String {
    let mut svg = format!(
        "<svg viewBox=\"-{0} -8 {1} 16\" preserveAspectRatio=\"none\"><path class=\"axis\" d=\"M-{HALF} 0H{HALF}M0 -8V8\"/>",
        HALF + 4.0,
        2.0 * HALF + 8.0
    );
    if let Some(m) = mean {
        let side = side(m.value);
        let _ = write!(
            svg,
            "<path class=\"interval {side}\" d=\"M{:.1} 0H{:.1}\"/><path class=\"dot {side}\" d=\"M{:.1} 0h0\"/>",
            m.low * HALF,
            m.high * HALF,
            m.value * HALF
        );
    }
    svg + "</svg>"
}

fn side(value: f64) -> &'static str {
    if value > 0.0 {
        "favor"
    } else if value < 0.0 {
        "against"
    } else {
        "neutral"
    }
}

/// Means over time, a point for each day or month, evenly spaced.
fn line(out: &mut String, rows: &[Row], claim: usize) {
    let points: Vec<(&str, Option<Mean>)> = rows
        .iter()
        .filter(|r| r.name != UNDATED)
        .map(|r| (r.name.as_str(), r.tallies.get(claim).and_then(Tally::mean)))
        .collect();
    if points.iter().filter(|p| p.1.is_some()).count() < 2 {
        return;
    }
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let step = 560.0 / (points.len() - 1) as f64;
    let x = |i: usize| 20.0 + step * i as f64;
    let y = |v: f64| 70.0 - 60.0 * v;
    let _ = write!(
        out,
        "<svg class=\"time\" viewBox=\"0 0 600 160\" role=\"img\" aria-label=\"Mean stance from {first} to {last}, point by point in the \
         table below\"><path class=\"axis\" d=\"M20 10V130M20 70H580\"/><text x=\"24\" y=\"18\">favor</text><text x=\"24\" y=\"128\">against</text>\
         <text x=\"20\" y=\"152\">{first}</text><text x=\"580\" y=\"152\" text-anchor=\"end\">{last}</text>"
    );
    let mut path = String::new();
    for (i, (_, mean)) in points.iter().enumerate() {
        let Some(m) = mean else { continue };
        let _ = write!(path, "{}{:.1} {:.1}", if path.is_empty() { 'M' } else { 'L' }, x(i), y(m.value));
        let _ = write!(out, "<path class=\"interval {}\" d=\"M{:.1} {:.1}V{:.1}\"/>", side(m.value), x(i), y(m.low), y(m.high));
    }
    let _ = write!(out, "<path class=\"mean\" d=\"{path}\"/>");
    for (i, (name, mean)) in points.iter().enumerate() {
        if let Some(m) = mean {
            let _ = write!(
                out,
                "<circle class=\"{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"><title>{name}: {:+.2}</title></circle>",
                side(m.value),
                x(i),
                y(m.value),
                m.value
            );
        }
    }
    out.push_str("</svg>");
}

/// The counts over all, as a bar and in words.
pub(super) fn total(tally: &Tally) -> String {
    let mut bar = String::from("<div class=\"bar\" aria-hidden=\"true\">");
    let mut words = String::from("<p>");
    let all = tally.sentences().max(1) as f64;
    for stance in Stance::ALL {
        let n = tally.counts[stance as usize];
        let name = stance.as_str();
        let _ = write!(bar, "<span class=\"{name}\" style=\"flex-grow:{:.4}\"></span>", n as f64 / all);
        let _ = write!(words, "<span class=\"{name}\"><i></i>{n} {name}</span> ");
    }
    if tally.abstained > 0 {
        let _ = write!(bar, "<span class=\"abstain\" style=\"flex-grow:{:.4}\"></span>", tally.abstained as f64 / all);
        let _ = write!(words, "<span class=\"abstain\"><i></i>{} abstained</span> ", tally.abstained);
    }
    if let Some(m) = tally.mean() {
        let mean = format!("{:+.2} [{:+.2}, {:+.2}]", m.value, m.low, m.high).replace('-', "−");
        let _ = write!(words, "<span>mean {mean}, from −1 (against) to +1 (favor), with a 95&nbsp;% interval</span>");
    }
    format!("{bar}</div>{words}</p>")
}
