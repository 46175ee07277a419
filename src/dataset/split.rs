//! Cutting a dev split off training rows, by article or group and never by sentence: sentences of one article are alike, and
//! a model that saw some of them is not measured by the others.

use super::Row;
use super::check::fold;
use crate::error::{Error, Result};
use crate::score::bootstrap::below;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::{BTreeMap, HashMap};

/// Rows by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Rows that stay.
    pub train: Vec<usize>,
    /// Rows that were cut off.
    pub dev: Vec<usize>,
    /// Groups that the rows form.
    pub groups: usize,
}

/// Id prefixes are groups only where there are at least so many of them in a source.
const MIN_PREFIXES: usize = 20;

/// Cuts about `share` of the rows off, in whole groups.
///
/// Rows belong together when they have the same article (of the same source), or the same text but for case, spaces and
/// punctuation. Rows without an article go by the part of their id before its last `-`, `_`, `:`, `#` or `/` (`debate7-12`
/// to `debate7`), provided that a source has at least twenty such prefixes and none holds more than a tenth of its rows:
/// `train-0`, `train-1` … are no group.
///
/// The result depends on the rows and the seed, not on the order of the rows. A group that would overshoot the share by more
/// than it falls short is passed over; an error where no cut is possible.
pub fn cut_dev(rows: &[Row], share: f64, seed: u64) -> Result<Cut> {
    if !(share > 0.0 && share < 1.0) {
        return Err(Error::new(format!("a share of {share}")).expected("a number between 0 and 1, as in 0.1"));
    }
    let groups = groups(rows);
    if groups.len() < 2 {
        return Err(Error::new(format!("{} rows that form {} group", rows.len(), groups.len()))
            .expected("rows of at least two articles or sources")
            .hint("rows of one article are never divided between splits"));
    }
    let mut order: Vec<&Vec<usize>> = groups.iter().collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for i in (1..order.len()).rev() {
        order.swap(i, below(&mut rng, i + 1));
    }
    let wanted = share * rows.len() as f64;
    let mut dev: Vec<usize> = Vec::new();
    for group in order {
        let (now, then) = (dev.len() as f64, (dev.len() + group.len()) as f64);
        if (then - wanted).abs() < (now - wanted).abs() {
            dev.extend(group);
        }
    }
    if dev.is_empty() {
        return Err(Error::new(format!("no group of rows is small enough for a share of {share}")).expected("a larger share"));
    }
    dev.sort_unstable();
    let train = (0..rows.len()).filter(|row| dev.binary_search(row).is_err()).collect();
    Ok(Cut { train, dev, groups: groups.len() })
}

/// The groups, in an order that does not depend on that of the rows.
fn groups(rows: &[Row]) -> Vec<Vec<usize>> {
    let prefixes = usable_prefixes(rows);
    let mut parents: Vec<usize> = (0..rows.len()).collect();
    let mut first: HashMap<(u8, String, String), usize> = HashMap::new();
    for (i, row) in rows.iter().enumerate() {
        let source = row.source.clone().unwrap_or_default();
        let origin = match (&row.article, id_prefix(&row.id)) {
            (Some(article), _) => Some((0, source, article.clone())),
            (None, Some(prefix)) if prefixes.contains(&row.source.as_deref()) => Some((1, source, prefix.to_owned())),
            _ => None,
        };
        for key in origin.into_iter().chain([(2, String::new(), fold(&row.text))]) {
            let other = *first.entry(key).or_insert(i);
            let (a, b) = (root(&mut parents, i), root(&mut parents, other));
            parents[a] = b;
        }
    }
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for i in 0..rows.len() {
        members.entry(root(&mut parents, i)).or_default().push(i);
    }
    let mut groups: Vec<Vec<usize>> = members.into_values().collect();
    groups.sort_by_cached_key(|group| {
        group.iter().map(|&i| (rows[i].source.clone(), rows[i].id.clone(), rows[i].text.clone())).min()
    });
    groups
}

fn root(parents: &mut [usize], mut i: usize) -> usize {
    while parents[i] != i {
        parents[i] = parents[parents[i]];
        i = parents[i];
    }
    i
}

/// The sources whose ids tell groups.
fn usable_prefixes(rows: &[Row]) -> Vec<Option<&str>> {
    let mut counts: BTreeMap<Option<&str>, HashMap<Option<&str>, usize>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.article.is_none()) {
        *counts.entry(row.source.as_deref()).or_default().entry(id_prefix(&row.id)).or_default() += 1;
    }
    let usable = |prefixes: &HashMap<Option<&str>, usize>| {
        let all: usize = prefixes.values().sum();
        prefixes.len() >= MIN_PREFIXES && prefixes.iter().all(|(prefix, &n)| prefix.is_none() || n * 10 <= all)
    };
    counts.into_iter().filter(|(_, prefixes)| usable(prefixes)).map(|(source, _)| source).collect()
}

fn id_prefix(id: &str) -> Option<&str> {
    id.rsplit_once(['-', '_', ':', '#', '/']).map(|(prefix, _)| prefix).filter(|prefix| !prefix.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, id: impl Fn(usize) -> (String, Option<String>)) -> Vec<Row> {
        let row = |i| {
            let (id, article) = id(i);
            Row { id, article, text: format!("Sentence number {i}."), ..Row::default() }
        };
        (0..n).map(row).collect()
    }

    #[test]
    fn articles_are_never_divided() {
        let rows = rows(500, |i| (i.to_string(), Some(format!("a{}", i / 10))));
        let cut = cut_dev(&rows, 0.2, 1).unwrap();
        assert_eq!((cut.dev.len(), cut.train.len(), cut.groups), (100, 400, 50));
        let articles = |numbers: &[usize]| numbers.iter().map(|&i| i / 10).collect::<std::collections::BTreeSet<_>>();
        assert!(articles(&cut.dev).is_disjoint(&articles(&cut.train)));
        assert_eq!(cut, cut_dev(&rows, 0.2, 1).unwrap());
        assert_ne!(cut, cut_dev(&rows, 0.2, 2).unwrap());
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let mut rows = rows(90, |i| (format!("r{i}"), Some(format!("a{}", i % 9))));
        let ids = |rows: &[Row], cut: Cut| {
            let mut ids: Vec<String> = cut.dev.iter().map(|&i| rows[i].id.clone()).collect();
            ids.sort();
            ids
        };
        let before = ids(&rows, cut_dev(&rows, 0.3, 7).unwrap());
        rows.reverse();
        assert_eq!(before, ids(&rows, cut_dev(&rows, 0.3, 7).unwrap()));
    }

    #[test]
    fn id_prefixes_group_where_there_are_many_of_them() {
        assert_eq!(cut_dev(&rows(300, |i| (format!("debate{}-{i}", i % 30), None)), 0.1, 0).unwrap().groups, 30);
        assert_eq!(cut_dev(&rows(300, |i| (format!("train-{i}"), None)), 0.1, 0).unwrap().groups, 300);
    }

    #[test]
    fn the_same_text_stays_together() {
        let mut rows = rows(40, |i| (i.to_string(), None));
        rows[3].text = "A Sentence, twice".into();
        rows[30].text = "a sentence twice!".into();
        for seed in 0..20 {
            let cut = cut_dev(&rows, 0.5, seed).unwrap();
            assert_eq!(cut.dev.contains(&3), cut.dev.contains(&30));
        }
    }

    #[test]
    fn a_cut_that_cannot_be_made_is_refused() {
        for (rows, share) in
            [(rows(9, |i| (i.to_string(), Some("a".into()))), 0.5), (vec![], 0.5), (rows(9, |i| (i.to_string(), None)), 1.0)]
        {
            assert!(cut_dev(&rows, share, 0).is_err());
        }
    }
}
