//! `--by`: a line for each article, holder, outlet or day instead of one for each sentence.

use super::jsonl::rounded;
use super::style::{Style, plain, shorten};
use super::{ArticleHead, Reporter, SentenceHead, Tally, Verdict, holder_name, write_error};
use crate::error::{Error, Result};
use crate::stance::Stance;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;

/// By what sentences are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// Each article.
    Article,
    /// Who holds it: the speaker quoted or reported, else the author; one without a name for each article.
    Holder,
    /// The day of publication, or its month where there are more than 62 days.
    Date,
    /// The outlet.
    Outlet,
}

impl By {
    /// The name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::Holder => "holder",
            Self::Date => "date",
            Self::Outlet => "outlet",
        }
    }

    /// The group of a sentence; `number` tells its article from others.
    pub(super) fn group(self, article: &ArticleHead, number: usize, sentence: &SentenceHead) -> Key {
        let name = match self {
            Self::Article => article.id.clone(),
            Self::Holder => {
                let (name, everywhere) = holder_name(article, sentence);
                return Key { name, within: (!everywhere).then(|| (number, article.id.clone())) };
            }
            Self::Outlet => article.meta.outlet.clone().unwrap_or_else(|| NO_OUTLET.to_owned()),
            Self::Date => article.meta.date.clone().filter(|d| is_day(d)).unwrap_or_else(|| UNDATED.to_owned()),
        };
        Key { name, within: None }
    }
}

/// What a group is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    /// As shown.
    pub name: String,
    /// Number and name of the article that a holder without a name belongs to.
    pub within: Option<(usize, String)>,
}

/// Where articles without a date go; sorts behind every date.
pub(super) const UNDATED: &str = "undated";

/// Where articles without an outlet go.
pub(super) const NO_OUTLET: &str = "outlet unknown";

/// Above so many days they are summed by month.
pub(super) const MAX_DAYS: usize = 62;

/// `YYYY-MM-DD`.
fn is_day(date: &str) -> bool {
    date.len() == 10 && date.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// How a roll-up is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollUpFormat {
    /// A table for people.
    Table(Style),
    /// One JSON object for each group and claim.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// One group with a tally for each claim.
pub(super) type Group = (Key, Vec<Tally>);

/// Groups of sentences as they come, each with its sums.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<Key, Vec<Tally>>,
}

impl Groups {
    pub fn add(&mut self, group: Key, article: &ArticleHead, number: usize, sentence: &SentenceHead, verdicts: &[Verdict]) {
        let tallies = self.groups.entry(group).or_insert_with(|| vec![Tally::default(); verdicts.len()]);
        for (tally, verdict) in tallies.iter_mut().zip(verdicts) {
            tally.add(article, number, sentence, verdict);
        }
    }

    /// Days in order, months where there are many days; other groups by how many sentences take a side, then by name.
    pub fn sorted(self, by: By) -> Vec<Group> {
        let mut groups = self.groups;
        if by == By::Date && groups.len() > MAX_DAYS {
            let mut months: BTreeMap<Key, Vec<Tally>> = BTreeMap::new();
            for (mut month, tallies) in groups {
                if is_day(&month.name) {
                    month.name.truncate("YYYY-MM".len());
                }
                match months.get_mut(&month) {
                    Some(sums) => sums.iter_mut().zip(tallies).for_each(|(sum, more)| sum.merge(more)),
                    None => drop(months.insert(month, tallies)),
                }
            }
            groups = months;
        }
        let mut groups: Vec<Group> = groups.into_iter().collect();
        if by != By::Date {
            let sides = |g: &Group| g.1.iter().map(Tally::taking_sides).sum::<usize>();
            groups.sort_by_key(|g| std::cmp::Reverse(sides(g)));
        }
        groups
    }
}

/// Writes one line for each group and claim. Articles are written as they come, other groups at the end.
pub struct RollUp<W> {
    out: W,
    by: By,
    format: RollUpFormat,
    claims: Vec<String>,
    model: String,
    groups: Groups,
    article: Option<ArticleHead>,
    articles: usize,
    begun: bool,
}

impl<W: Write> RollUp<W> {
    /// A roll-up towards these claims.
    pub fn new(out: W, by: By, format: RollUpFormat, model: &str, claims: &[String]) -> Self {
        let (claims, model) = (claims.to_vec(), model.to_owned());
        Self { out, by, format, claims, model, groups: Groups::default(), article: None, articles: 0, begun: false }
    }

    fn write(&mut self, groups: &[Group]) -> std::io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.begin()?;
        }
        for (Key { name, within }, tallies) in groups {
            let within = within.as_ref().map(|(_, id)| id.as_str());
            for (i, (claim, tally)) in self.claims.iter().zip(tallies).enumerate() {
                match self.format {
                    RollUpFormat::Jsonl => {
                        let mut record = json!({"by": self.by.as_str(), "group": name, "claim": claim});
                        if self.by == By::Holder {
                            record["within"] = json!(within);
                        }
                        for (key, value) in columns(tally) {
                            record[key] = value;
                        }
                        record["model"] = json!(self.model);
                        writeln!(self.out, "{record}")?;
                    }
                    RollUpFormat::Csv => {
                        let mut cells = vec![name.clone()];
                        if self.by == By::Holder {
                            cells.push(within.unwrap_or_default().to_owned());
                        }
                        cells.push(claim.clone());
                        for (key, value) in columns(tally) {
                            match value {
                                serde_json::Value::Object(o) if key == "clearest" => {
                                    cells.extend(["article", "label", "confidence", "text"].map(|k| cell(&o[k])));
                                }
                                _ if key == "clearest" => cells.extend([(); 4].map(|()| String::new())),
                                other => cells.push(cell(&other)),
                            }
                        }
                        cells.push(self.model.clone());
                        write_csv(&mut self.out, &cells)?;
                    }
                    RollUpFormat::Table(style) => {
                        let mark = if self.claims.len() > 1 { format!(" [{}]", i + 1) } else { String::new() };
                        write_table(&mut self.out, style, &format!("{name}{mark}"), within, tally)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> std::io::Result<()> {
        match self.format {
            RollUpFormat::Jsonl => Ok(()),
            RollUpFormat::Csv => {
                let names = columns(&Tally::default()).map(|(key, _)| key);
                let mut header = vec![self.by.as_str()];
                if self.by == By::Holder {
                    header.push("within");
                }
                header.push("claim");
                header.extend(names.iter().filter(|n| **n != "clearest"));
                header.extend(["clearest_article", "clearest_label", "clearest_confidence", "clearest_text", "model"]);
                write_csv(&mut self.out, &header)
            }
            RollUpFormat::Table(style) => {
                for (i, claim) in self.claims.iter().enumerate() {
                    let mark = if self.claims.len() > 1 { format!(" [{}]", i + 1) } else { String::new() };
                    writeln!(self.out, "{}{mark} {}", style.bold("claim"), plain(claim))?;
                }
                let by = self.by.as_str();
                let head = if name_apart(style) { format!("\n{by}\n{COLUMNS}") } else { format!("\n{by:<NAME$}{COLUMNS}") };
                writeln!(self.out, "{}", style.bold(&head))
            }
        }
    }
}

/// Columns of the name of a group, and the heads of those behind it.
const NAME: usize = 30;
const COLUMNS: &str = " articles  favor against neutral unrelated   mean  95 % interval";

/// Columns that the figures take up, their interval included.
const FIGURES: usize = 65;

/// Whether the name of a group has a line of its own, since figures and name do not fit into one.
fn name_apart(style: Style) -> bool {
    style.width < NAME + FIGURES
}

fn write_table(out: &mut impl Write, style: Style, name: &str, within: Option<&str>, tally: &Tally) -> std::io::Result<()> {
    use unicode_width::UnicodeWidthStr;
    let apart = name_apart(style);
    let within = within.map_or_else(String::new, |id| format!("  in {}", plain(id)));
    let name = if apart { shorten(&format!("{name}{within}"), style.width) + "\n" } else { shorten(name, NAME) };
    let within = if apart { String::new() } else { within };
    let space = " ".repeat(if apart { 0 } else { NAME.saturating_sub(name.width()) });
    let [favor, against, neutral, unrelated] = tally.counts;
    let mean = match tally.mean() {
        Some(m) => format!("{:>+7.2}  [{:+.2}, {:+.2}]", m.value, m.low, m.high),
        None => format!("{:>7}", "-"),
    };
    let articles = tally.articles();
    let abstained = if tally.abstained > 0 { format!("  {} abstained", tally.abstained) } else { String::new() };
    writeln!(out, "{name}{space} {articles:>8} {favor:>6} {against:>7} {neutral:>7} {unrelated:>9}{mean}{abstained}{within}")?;
    if let Some(c) = tally.clearest() {
        let head = format!("    clearest {:<8}{:.2}  ", c.label.as_str(), c.confidence);
        let text = shorten(&c.text, style.width.saturating_sub(head.len()));
        writeln!(out, "{}{text}", style.stance(Some(c.label), &head))?;
    }
    Ok(())
}

/// What is told of a group, by name.
fn columns(tally: &Tally) -> [(&'static str, serde_json::Value); 11] {
    let mean = tally.mean();
    let number = |v: Option<f64>| v.map_or(serde_json::Value::Null, |v| json!(rounded(v)));
    let count = |s: Stance| json!(tally.counts[s as usize]);
    let clearest = tally.clearest().map(|c| {
        json!({"article": c.article, "sentence": c.sentence, "label": c.label.as_str(), "confidence": rounded(c.confidence),
            "text": c.text})
    });
    [
        ("articles", json!(tally.articles())),
        ("sentences", json!(tally.sentences())),
        ("favor", count(Stance::Favor)),
        ("against", count(Stance::Against)),
        ("neutral", count(Stance::Neutral)),
        ("unrelated", count(Stance::Unrelated)),
        ("abstain", json!(tally.abstained)),
        ("mean", number(mean.map(|m| m.value))),
        ("low", number(mean.map(|m| m.low))),
        ("high", number(mean.map(|m| m.high))),
        ("clearest", json!(clearest)),
    ]
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// One line of CSV: a writer of its own keeps no buffer between lines.
fn write_csv(out: &mut impl Write, cells: &[impl AsRef<[u8]>]) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(std::io::Error::other)?;
    out.write_all(&writer.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?)
}

impl<W: Write> Reporter for RollUp<W> {
    fn article(&mut self, head: &ArticleHead) -> Result<()> {
        self.article = Some(head.clone());
        self.articles += 1;
        Ok(())
    }

    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()> {
        let Some(article) = &self.article else { return Err(Error::new("a sentence before its article")) };
        self.groups.add(self.by.group(article, self.articles, head), article, self.articles, head, verdicts);
        Ok(())
    }

    fn end_article(&mut self) -> Result<()> {
        if self.by != By::Article {
            return Ok(());
        }
        let groups = std::mem::take(&mut self.groups).sorted(self.by);
        self.write(&groups).and_then(|()| self.out.flush()).map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        let groups = std::mem::take(&mut self.groups).sorted(self.by);
        self.write(&groups).and_then(|()| self.out.flush()).map_err(write_error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tally::tests::{head, sentence, verdict};
    use super::*;

    fn run(by: By, format: RollUpFormat, sentences: &[(&str, &str, Stance, f64)]) -> String {
        let mut out = Vec::new();
        let mut report = RollUp::new(&mut out, by, format, "tiny", &["It sails.".to_owned()]);
        for (id, date, label, confidence) in sentences {
            let mut article = head(id);
            article.meta.date = Some((*date).to_owned());
            article.meta.author = Some("Ada Roe".to_owned());
            report.article(&article).unwrap();
            report.sentence(&sentence("The ferry, it \"sails\"."), &[verdict(*label, *confidence)]).unwrap();
            report.end_article().unwrap();
        }
        report.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    const THREE: [(&str, &str, Stance, f64); 3] = [
        ("b", "2017-05-27", Stance::Favor, 0.9),
        ("a", "2017-05-26", Stance::Against, 0.8),
        ("c", "soon", Stance::Unrelated, 0.7),
    ];

    #[test]
    fn groups_have_counts_mean_and_clearest_sentence() {
        let lines = run(By::Date, RollUpFormat::Jsonl, &THREE);
        let records: Vec<serde_json::Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let groups: Vec<&str> = records.iter().map(|r| r["group"].as_str().unwrap()).collect();
        assert_eq!(groups, ["2017-05-26", "2017-05-27", "undated"]);
        assert_eq!((&records[0]["against"], &records[0]["mean"]), (&json!(1), &json!(-1.0)));
        assert_eq!(records[1]["clearest"]["confidence"], json!(0.9));
        assert_eq!((&records[2]["mean"], &records[2]["clearest"]), (&json!(null), &json!(null)));
    }

    #[test]
    fn many_days_become_months() {
        let days: Vec<String> = (0..70).map(|i| format!("2017-{:02}-{:02}", 1 + i / 28, 1 + i % 28)).collect();
        let rows: Vec<_> = days.iter().map(|d| (d.as_str(), d.as_str(), Stance::Favor, 0.9)).collect();
        let lines = run(By::Date, RollUpFormat::Jsonl, &rows);
        let groups: Vec<String> = lines
            .lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["group"].as_str().unwrap().into())
            .collect();
        assert_eq!(groups, ["2017-01", "2017-02", "2017-03"]);
    }

    #[test]
    fn csv_has_a_column_for_each_value() {
        let text = run(By::Article, RollUpFormat::Csv, &THREE);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
        assert_eq!(reader.headers().unwrap().len(), rows[0].len());
        assert_eq!((&rows[0][0], &rows[1][0], &rows[2][0]), ("b", "a", "c"), "as they come");
        assert!(rows[0].iter().any(|c| c == "The ferry, it \"sails\"."));
    }

    #[test]
    fn the_table_shows_holders_with_their_interval() {
        let text = run(By::Holder, RollUpFormat::Table(Style::PLAIN), &THREE);
        let line = text.lines().find(|l| l.starts_with("Ada Roe (author)")).unwrap();
        assert!(line.contains("+0.00  [-1.00, +1.00]"), "{text}");
        assert!(text.contains("clearest favor   0.90"), "{text}");
    }

    #[test]
    fn holders_without_a_name_are_kept_apart_by_article() {
        use crate::report::Held;
        use crate::sentence::holder::{Form, Span};
        let mut out = Vec::new();
        let mut report = RollUp::new(&mut out, By::Holder, RollUpFormat::Jsonl, "tiny", &["It sails.".to_owned()]);
        // Articles may have the same name.
        for id in ["a", "b", "b"] {
            report.article(&head(id)).unwrap();
            for (written, named) in [("the minister", false), ("Ada Roe", true)] {
                let span = Span { start: 0, end: 1 };
                let held = Held { written: written.into(), span, resolved: None, named, form: Form::Direct, content: vec![span] };
                let sentence = SentenceHead { held: Some(held), ..sentence("It sails.") };
                report.sentence(&sentence, &[verdict(Stance::Favor, 0.9)]).unwrap();
            }
            report.end_article().unwrap();
        }
        report.finish().unwrap();
        let groups: Vec<_> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap())
            .map(|r| (r["group"].as_str().unwrap().to_owned(), r["within"].clone(), r["sentences"].clone()))
            .collect();
        let group = |name: &str, within: Option<&str>, n: usize| (name.to_owned(), json!(within), json!(n));
        let minister = |id| group("the minister", Some(id), 1);
        assert_eq!(groups, [group("Ada Roe", None, 3), minister("a"), minister("b"), minister("b")]);
    }
}
