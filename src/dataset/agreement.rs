//! How far the readers of a dataset agree: overall, by label, by pair, and which rows split them.

use super::Row;
use super::table::table;
use crate::error::{Error, Result};
use crate::plural::count;
use crate::score::Bootstrap;
use crate::score::alpha::krippendorff_alpha;
use crate::score::bootstrap::percentile_interval;
use crate::score::confusion::Confusion;
use crate::score::fleiss::{fleiss_kappa, fleiss_kappa_of};
use crate::score::kappa::cohen_kappa;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// A row with the votes of its readers.
#[derive(Debug, Clone)]
pub struct Voted<'a> {
    /// The row.
    pub row: &'a Row,
    /// The vote of each reader, in the order of [`Votes::readers`]; `None` where a reader gave none. Where readers cannot be
    /// told apart, the votes in the order in which they come.
    pub votes: Vec<Option<String>>,
}

/// Rows with votes.
#[derive(Debug, Clone)]
pub struct Votes<'a> {
    /// Names of the readers; empty where votes do not tell who gave which.
    pub readers: Vec<String>,
    /// The rows with at least two votes.
    pub rows: Vec<Voted<'a>>,
    /// The rows with fewer, which say nothing of agreement.
    pub left_out: Vec<LeftOut>,
}

/// Rows with fewer than two votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The reader who alone has them; `None` where votes are the rows' own.
    pub reader: Option<String>,
    /// How many.
    pub rows: usize,
}

/// How far readers agree. Displayed as tables of text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Rows with at least two votes.
    pub rows: usize,
    /// Rows with fewer, by the reader who alone has them: they are in no figure.
    pub left_out: Vec<LeftOut>,
    /// Votes on them.
    pub votes: usize,
    /// Rows on which all votes are equal.
    pub unanimous: usize,
    /// Share of equal pairs of votes, over the rows.
    pub observed: Option<f64>,
    /// Krippendorff's alpha (nominal).
    pub alpha: Option<f64>,
    /// Its percentile bootstrap interval over articles (over rows, where they name none).
    pub alpha_interval: Option<[f64; 2]>,
    /// Fleiss' kappa; `None` also where rows have different numbers of votes.
    pub fleiss: Option<f64>,
    /// Each label against the rest.
    pub labels: Vec<LabelAgreement>,
    /// Each pair of readers; empty where readers cannot be told apart.
    pub pairs: Vec<Pair>,
    /// How often votes for two different labels meet on a row, the commonest first.
    pub confused: Vec<Confused>,
    /// The rows on which votes differ, the most evenly split first.
    pub split: Vec<SplitRow>,
}

/// How far readers agree on one label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelAgreement {
    /// The label.
    pub label: String,
    /// Votes for it.
    pub votes: u64,
    /// Of the pairs of votes of which one is for the label, the share of which both are (specific agreement).
    pub specific: Option<f64>,
    /// Krippendorff's alpha of the label against the rest.
    pub alpha: Option<f64>,
    /// Fleiss' kappa of the label against the rest.
    pub fleiss: Option<f64>,
}

/// Two readers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// The one.
    pub first: String,
    /// The other.
    pub second: String,
    /// Rows on which both voted.
    pub rows: u64,
    /// Share of these on which they agree.
    pub agreement: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
}

/// Two labels that readers take for each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confused {
    /// The one.
    pub first: String,
    /// The other.
    pub second: String,
    /// Rows that have votes for both.
    pub rows: u64,
}

/// A row on which votes differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitRow {
    /// Its id.
    pub id: String,
    /// The votes, in the order of the readers; null where there is none.
    pub votes: Vec<Option<String>>,
    /// The label that more votes are for than for any other; `None` where there is a tie.
    pub majority: Option<String>,
}

impl<'a> Votes<'a> {
    /// The votes in the rows themselves.
    pub fn of_rows(rows: &'a [Row]) -> Self {
        let voted: Vec<&Row> = rows.iter().filter(|row| row.votes.len() > 1).collect();
        let alone = rows.len() - voted.len();
        let most = voted.iter().map(|row| row.votes.len()).max().unwrap_or(0);
        let told_apart = voted.iter().all(|row| row.votes.len() == most && !row.votes_are_counts);
        Self {
            readers: if told_apart { (1..=most).map(|i| format!("reader {i}")).collect() } else { Vec::new() },
            rows: voted.into_iter().map(|row| Voted { row, votes: row.votes.iter().cloned().map(Some).collect() }).collect(),
            left_out: if alone > 0 { vec![LeftOut { reader: None, rows: alone }] } else { Vec::new() },
        }
    }

    /// The labels of several readers' own files, joined by id; the rows are those of the first file that has them. An error
    /// where the files have no two readers for any row, where a file has an id twice, and where one id has different texts or
    /// claims.
    pub fn of_files(files: &'a [(String, Vec<Row>)]) -> Result<Self> {
        let readers: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
        let mut order: Vec<Voted> = Vec::new();
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        for (reader, (name, rows)) in files.iter().enumerate() {
            for row in rows {
                let place = *by_id.entry(&row.id).or_insert_with(|| {
                    order.push(Voted { row, votes: vec![None; readers.len()] });
                    order.len() - 1
                });
                let voted = &mut order[place];
                if (&voted.row.text, &voted.row.claim) != (&row.text, &row.claim) {
                    return Err(Error::new(format!("the id {:?} has another text or claim in {name}", row.id))
                        .expected("files that name the same rows alike"));
                }
                if voted.votes[reader].replace(row.label.clone()).is_some() {
                    return Err(Error::new(format!("the id {:?} for the second time in {name}", row.id)).expected("distinct ids"));
                }
            }
        }
        let mut alone = vec![0; readers.len()];
        order.retain(|voted| {
            let mut voters = (0..readers.len()).filter(|&reader| voted.votes[reader].is_some());
            match (voters.next(), voters.next()) {
                (Some(only), None) => {
                    alone[only] += 1;
                    false
                }
                _ => true,
            }
        });
        if order.is_empty() {
            return Err(Error::new("no row that two of the files have")
                .expected("files with ids in common")
                .hint("rows without an id are named by their file and line: give them ids"));
        }
        let left_out = readers.iter().zip(alone).filter(|(_, rows)| *rows > 0);
        let left_out = left_out.map(|(reader, rows)| LeftOut { reader: Some(reader.clone()), rows }).collect();
        Ok(Self { readers, rows: order, left_out })
    }

    /// How far the readers agree.
    pub fn agreement(&self, bootstrap: &Bootstrap) -> Agreement {
        let labels: BTreeSet<&String> = self.rows.iter().flat_map(|voted| voted.votes.iter().flatten()).collect();
        let labels: Vec<&String> = labels.into_iter().collect();
        let k = labels.len();
        let index = |vote: &String| labels.binary_search(&vote).ok();
        let units: Vec<Vec<u64>> = self
            .rows
            .iter()
            .map(|voted| {
                let mut counts = vec![0u64; k];
                voted.votes.iter().flatten().filter_map(index).for_each(|label| counts[label] += 1);
                counts
            })
            .collect();
        let group = |(i, voted): (usize, &Voted)| voted.row.article.clone().unwrap_or_else(|| format!("row {i}"));
        let groups: Vec<String> = self.rows.iter().enumerate().map(group).collect();
        let mut confused: Vec<Confused> = (0..k)
            .flat_map(|a| (a + 1..k).map(move |b| (a, b)))
            .map(|(a, b)| Confused {
                first: labels[a].clone(),
                second: labels[b].clone(),
                rows: units.iter().filter(|unit| unit[a] > 0 && unit[b] > 0).count() as u64,
            })
            .filter(|c| c.rows > 0)
            .collect();
        confused.sort_by_key(|c| std::cmp::Reverse(c.rows));
        Agreement {
            rows: self.rows.len(),
            left_out: self.left_out.clone(),
            votes: units.iter().flatten().sum::<u64>() as usize,
            unanimous: units.iter().filter(|unit| unit.iter().filter(|n| **n > 0).count() == 1).count(),
            observed: observed(&units),
            alpha: krippendorff_alpha(&units),
            alpha_interval: percentile_interval(bootstrap, &groups, |times| {
                krippendorff_alpha(units.iter().zip(times).flat_map(|(unit, &n)| std::iter::repeat_n(unit, n as usize)))
            }),
            fleiss: fleiss_kappa(&units),
            labels: (0..k).map(|label| of_label(labels[label], label, &units)).collect(),
            pairs: self.pairs(k, &index),
            confused,
            split: self.split_rows(),
        }
    }

    fn pairs(&self, k: usize, index: &dyn Fn(&String) -> Option<usize>) -> Vec<Pair> {
        let readers = self.readers.len();
        let pairs = (0..readers).flat_map(|a| (a + 1..readers).map(move |b| (a, b)));
        pairs
            .map(|(a, b)| {
                let mut matrix = Confusion::new(k);
                for voted in &self.rows {
                    let vote = |reader: usize| voted.votes[reader].as_ref().and_then(index);
                    if let (Some(x), Some(y)) = (vote(a), vote(b)) {
                        matrix.add(x, y, 1);
                    }
                }
                Pair {
                    first: self.readers[a].clone(),
                    second: self.readers[b].clone(),
                    rows: matrix.total(),
                    agreement: crate::score::accuracy::accuracy(&matrix),
                    kappa: cohen_kappa(&matrix),
                }
            })
            .collect()
    }

    fn split_rows(&self) -> Vec<SplitRow> {
        let mut split: Vec<(u64, SplitRow)> = self
            .rows
            .iter()
            .filter_map(|voted| {
                let mut counts: HashMap<&String, u64> = HashMap::new();
                voted.votes.iter().flatten().for_each(|vote| *counts.entry(vote).or_default() += 1);
                let most = counts.values().copied().max().unwrap_or(0);
                let leaders: Vec<&&String> = counts.iter().filter(|(_, n)| **n == most).map(|(label, _)| label).collect();
                let majority = if leaders.len() == 1 { Some((*leaders[0]).clone()) } else { None };
                let share = most * 1_000_000 / counts.values().sum::<u64>().max(1);
                let row = SplitRow { id: voted.row.id.clone(), votes: voted.votes.clone(), majority };
                (counts.len() > 1).then_some((share, row))
            })
            .collect();
        split.sort_by_key(|(share, _)| *share);
        split.into_iter().map(|(_, row)| row).collect()
    }

    /// The rows on which votes differ, for somebody to decide: each a line of JSON with everything that its row has, the
    /// votes, and a `label` that is null until it is filled in, so that nothing undecided passes for gold.
    pub fn adjudication(&self) -> Result<String> {
        let split = self.split_rows();
        let by_id: HashMap<&str, &Voted> = self.rows.iter().map(|voted| (voted.row.id.as_str(), voted)).collect();
        let mut text = String::new();
        for row in split {
            let Some(voted) = by_id.get(row.id.as_str()) else { continue };
            let cannot = |e: serde_json::Error| Error::new(format!("cannot write the row {:?}: {e}", row.id));
            let mut line = serde_json::to_value(voted.row).map_err(cannot)?;
            line["label"] = serde_json::Value::Null;
            line["votes"] = voted.votes.iter().flatten().cloned().collect::<Vec<_>>().into();
            line["majority"] = row.majority.clone().into();
            text += &line.to_string();
            text.push('\n');
        }
        Ok(text)
    }
}

/// Share of equal pairs of votes: the mean over the units of each unit's share.
fn observed(units: &[Vec<u64>]) -> Option<f64> {
    let share = |unit: &Vec<u64>| {
        let m: u64 = unit.iter().sum();
        unit.iter().map(|n| n * n.saturating_sub(1)).sum::<u64>() as f64 / (m * (m - 1)) as f64
    };
    (!units.is_empty()).then(|| units.iter().map(share).sum::<f64>() / units.len() as f64)
}

fn of_label(name: &str, label: usize, units: &[Vec<u64>]) -> LabelAgreement {
    let (mut both, mut either) = (0u64, 0u64);
    for unit in units {
        let (own, all) = (unit[label], unit.iter().sum::<u64>());
        both += own * own.saturating_sub(1) / 2;
        either += own * own.saturating_sub(1) / 2 + own * (all - own);
    }
    let two = units.iter().map(|unit| [unit[label], unit.iter().sum::<u64>() - unit[label]]);
    LabelAgreement {
        label: name.to_owned(),
        votes: units.iter().map(|unit| unit[label]).sum(),
        specific: (either > 0).then(|| both as f64 / either as f64),
        alpha: krippendorff_alpha(two),
        fleiss: fleiss_kappa_of(units, label),
    }
}

/// Split rows shown to people; all are in the JSON and in the adjudication file.
const SHOWN: usize = 20;

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map_or_else(|| "undefined".to_owned(), |v| format!("{v:.3}"));
        let rows = count(self.rows, "row");
        writeln!(f, "{rows} with {} votes; all agree on {}, {} split", self.votes, self.unanimous, self.split.len())?;
        for LeftOut { reader, rows } in &self.left_out {
            let why = reader.as_ref().map_or_else(|| "without two votes".to_owned(), |reader| format!("that only {reader} has"));
            writeln!(f, "left out: {} {why}", count(*rows, "row"))?;
        }
        let interval = self.alpha_interval.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"));
        writeln!(f, "equal pairs of votes  {}", number(self.observed))?;
        writeln!(f, "Krippendorff's alpha  {}{interval}", number(self.alpha))?;
        writeln!(f, "Fleiss' kappa         {}", number(self.fleiss))?;
        let mut rows = vec![["label", "votes", "both if one", "alpha", "Fleiss' kappa"].map(String::from).to_vec()];
        for l in &self.labels {
            rows.push(vec![l.label.clone(), l.votes.to_string(), number(l.specific), number(l.alpha), number(l.fleiss)]);
        }
        write!(f, "\n{}", table(&rows))?;
        if !self.pairs.is_empty() {
            let mut rows = vec![["readers", "rows", "agreement", "Cohen's kappa"].map(String::from).to_vec()];
            for p in &self.pairs {
                let names = format!("{}, {}", p.first, p.second);
                rows.push(vec![names, p.rows.to_string(), number(p.agreement), number(p.kappa)]);
            }
            write!(f, "\n{}", table(&rows))?;
        }
        if !self.confused.is_empty() {
            let mut rows = vec![["taken for each other", "rows"].map(String::from).to_vec()];
            rows.extend(self.confused.iter().map(|c| vec![format!("{}, {}", c.first, c.second), c.rows.to_string()]));
            write!(f, "\n{}", table(&rows))?;
        }
        if !self.split.is_empty() {
            writeln!(f, "\nmost evenly split")?;
            for row in self.split.iter().take(SHOWN) {
                let votes: Vec<&str> = row.votes.iter().map(|vote| vote.as_deref().unwrap_or("-")).collect();
                writeln!(f, "  {}: {}", row.id, votes.join(", "))?;
            }
            if self.split.len() > SHOWN {
                writeln!(f, "  … and {} more", self.split.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, label: &str) -> Row {
        Row { id: id.into(), text: format!("Text {id}."), claim: "C.".into(), label: label.into(), ..Row::default() }
    }

    #[test]
    fn files_are_joined_by_id_and_may_lack_rows() {
        let files = vec![
            ("ann".to_owned(), vec![row("1", "favor"), row("2", "favor"), row("3", "against")]),
            ("bo".to_owned(), vec![row("2", "against"), row("1", "favor")]),
            ("cy".to_owned(), vec![row("1", "favor"), row("2", "favor"), row("9", "favor")]),
        ];
        let votes = Votes::of_files(&files).unwrap();
        let a = votes.agreement(&Bootstrap { draws: 50, ..Bootstrap::default() });
        assert_eq!((a.rows, a.votes, a.unanimous), (2, 6, 1), "rows 3 and 9 have one vote");
        let alone = |reader: &str| LeftOut { reader: Some(reader.to_owned()), rows: 1 };
        assert_eq!(a.left_out, [alone("ann"), alone("cy")]);
        assert!(a.to_string().contains("\nleft out: 1 row that only ann has\nleft out: 1 row that only cy has\n"), "{a}");
        // Row 1: three of three pairs agree; row 2: one of three.
        assert!((a.observed.unwrap() - 2.0 / 3.0).abs() < 1e-12);
        // Pairs with a vote for favor: 3 + 1 of both, 2 of one.
        let favor = a.labels.iter().find(|l| l.label == "favor").unwrap();
        assert_eq!((favor.votes, favor.specific), (5, Some(4.0 / 6.0)));
        let pair = a.pairs.iter().find(|p| p.second == "cy" && p.first == "ann").unwrap();
        assert_eq!((pair.rows, pair.agreement), (2, Some(1.0)));
        assert_eq!(a.split.len(), 1);
        assert_eq!((a.split[0].id.as_str(), a.split[0].majority.as_deref()), ("2", Some("favor")));
        assert_eq!((a.confused[0].rows, a.confused.len()), (1, 1));
        let line: serde_json::Value = serde_json::from_str(votes.adjudication().unwrap().trim()).unwrap();
        assert!(line["label"].is_null() && line["text"] == "Text 2.");
        assert_eq!(line["votes"], serde_json::json!(["favor", "against", "favor"]));
    }

    #[test]
    fn files_that_do_not_fit_are_refused() {
        let mut other = row("1", "favor");
        other.text = "Another.".into();
        for (files, part) in [
            (vec![("a".to_owned(), vec![row("1", "favor")]), ("b".to_owned(), vec![other])], "another text"),
            (vec![("a".to_owned(), vec![row("1", "favor"), row("1", "favor")])], "second time"),
            (vec![("a".to_owned(), vec![row("1", "favor")]), ("b".to_owned(), vec![row("2", "favor")])], "no row"),
        ] {
            let e = Votes::of_files(&files).unwrap_err().to_string();
            assert!(e.contains(part), "{e}");
        }
    }

    #[test]
    fn counts_do_not_tell_readers_apart() {
        let mut rows = vec![row("1", "favor"), row("2", "favor")];
        rows[0].votes = ["favor", "favor", "against"].map(String::from).to_vec();
        rows[1].votes = ["favor", "against"].map(String::from).to_vec();
        let votes = Votes::of_rows(&rows);
        let a = votes.agreement(&Bootstrap::default());
        assert!(a.pairs.is_empty() && a.fleiss.is_none() && a.alpha.is_some());
        assert_eq!(a.split[0].id, "2", "the tie comes first");
        assert_eq!(a.split[0].majority, None);
    }
}
