//! One labelled text.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A text, the claim it is read against, and the label that people gave it.
///
/// Serialized as a line of a dataset's JSONL: absent fields are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Name of the row, unique in its dataset.
    pub id: String,
    /// The text; empty in a stand-off row until it is joined.
    pub text: String,
    /// The claim; `target` in some files.
    pub claim: String,
    /// The label, by the name that the project gives it.
    pub label: String,
    /// The article that the text is from.
    pub article: Option<String>,
    /// First byte of the text in the article's file.
    pub start: Option<usize>,
    /// One past the last byte.
    pub end: Option<usize>,
    /// sha256 of the text, in hexadecimal: what makes a row without text checkable.
    pub sha256: Option<String>,
    /// The split that the row belongs to (train, dev, test).
    pub split: Option<String>,
    /// The labels that readers gave.
    pub votes: Vec<String>,
    /// Whether the votes came as counts by label, so that their order does not tell who gave which.
    pub votes_are_counts: bool,
    /// Where the row comes from, in a dataset made of several.
    pub source: Option<String>,
    /// The kind of its block: sentence, heading, caption …
    pub kind: Option<String>,
    /// Probability of each label, where the dataset has graded labels.
    pub prob: Option<BTreeMap<String, f64>>,
    /// Columns that have no meaning here, in the order of their names: outlet, genre, topic … Scores can be cut up by them.
    pub extra: Vec<(String, String)>,
}

impl Row {
    /// Whether the text is elsewhere: the row has a hash in its place and has not been joined.
    pub fn is_standoff(&self) -> bool {
        self.text.is_empty() && self.sha256.is_some()
    }

    /// The row without its text, for passing on. `None` where it does not say which span of which article it is.
    pub fn to_standoff(&self) -> Option<Self> {
        self.article.as_ref().and(self.start).and(self.end)?;
        let sha256 = match &self.sha256 {
            Some(hash) if self.text.is_empty() => hash.clone(),
            _ => super::hash::of_bytes(self.text.as_bytes()),
        };
        Some(Self { text: String::new(), sha256: Some(sha256), ..self.clone() })
    }

    /// Votes by label.
    pub(crate) fn vote_counts(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for vote in &self.votes {
            *counts.entry(vote.as_str()).or_insert(0) += 1;
        }
        counts
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        if let Some(article) = &self.article {
            map.serialize_entry("article", article)?;
        }
        for (key, value) in [("start", self.start), ("end", self.end)] {
            if let Some(value) = value {
                map.serialize_entry(key, &value)?;
            }
        }
        for (key, value) in [("sha256", &self.sha256), ("kind", &self.kind)] {
            if let Some(value) = value {
                map.serialize_entry(key, value)?;
            }
        }
        if !self.is_standoff() {
            map.serialize_entry("text", &self.text)?;
        }
        map.serialize_entry("claim", &self.claim)?;
        map.serialize_entry("label", &self.label)?;
        if self.votes_are_counts && !self.votes.is_empty() {
            map.serialize_entry("votes", &self.vote_counts())?;
        } else if !self.votes.is_empty() {
            map.serialize_entry("votes", &self.votes)?;
        }
        if let Some(prob) = &self.prob {
            map.serialize_entry("prob", prob)?;
        }
        for (key, value) in [("split", &self.split), ("source", &self.source)] {
            if let Some(value) = value {
                map.serialize_entry(key, value)?;
            }
        }
        for (key, value) in &self.extra {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
