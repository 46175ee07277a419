//! Rows to JSONL and CSV, such that reading gives them back.

use super::row::Row;
use crate::error::{Context, Error, Result};
use std::collections::BTreeSet;
use std::io::Write;

/// The columns of CSV, in order.
const COLUMNS: [&str; 13] =
    ["id", "text", "claim", "label", "article", "start", "end", "sha256", "split", "votes", "source", "kind", "prob"];

/// Writes one JSON object a line.
pub fn jsonl<'a>(mut to: impl Write, rows: impl IntoIterator<Item = &'a Row>) -> Result<()> {
    for row in rows {
        serde_json::to_writer(&mut to, row).context("cannot write rows")?;
        to.write_all(b"\n").context("cannot write rows")?;
    }
    Ok(())
}

/// Writes a header and one record a row: all columns of ours, then those that rows have beside them. An optional field that is present and empty is read back as absent, and
/// a vote with the sign that separates votes is an error.
pub fn csv<'a>(to: impl Write, separator: u8, rows: impl IntoIterator<Item = &'a Row> + Clone) -> Result<()> {
    let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(to);
    let extra: BTreeSet<&str> = rows.clone().into_iter().flat_map(|row| &row.extra).map(|(key, _)| key.as_str()).collect();
    writer.write_record(COLUMNS.into_iter().chain(extra.iter().copied())).context("cannot write rows")?;
    for row in rows {
        let votes = if row.votes_are_counts && !row.votes.is_empty() {
            serde_json::to_string(&row.vote_counts()).context("cannot write votes")?
        } else if let Some(vote) = row.votes.iter().find(|vote| vote.contains('|') || vote.is_empty()) {
            return Err(Error::new(format!("vote {vote:?} in row {:?}", row.id)).expected("no '|' in a label, when writing CSV"));
        } else {
            row.votes.join("|")
        };
        let prob = row.prob.as_ref().map(serde_json::to_string).transpose().context("cannot write probabilities")?;
        let optional = |value: &Option<String>| value.clone().unwrap_or_default();
        let number = |value: Option<usize>| value.map(|n| n.to_string()).unwrap_or_default();
        let record = [
            row.id.clone(),
            row.text.clone(),
            row.claim.clone(),
            row.label.clone(),
            optional(&row.article),
            number(row.start),
            number(row.end),
            optional(&row.sha256),
            optional(&row.split),
            votes,
            optional(&row.source),
            optional(&row.kind),
            prob.unwrap_or_default(),
        ];
        let own = |key: &&str| row.extra.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str());
        writer.write_record(record.iter().map(String::as_str).chain(extra.iter().map(own))).context("cannot write rows")?;
    }
    writer.flush().context("cannot write rows")
}
