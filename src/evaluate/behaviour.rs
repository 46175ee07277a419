//! Behavioural tests: pairs of rows of which the second was made from the first by one change, and what the answer to the second
//! should be, given the answer to the first.
//!
//! A row with the columns `test` and `from` is the second of a pair; `from` is the id of the first. The eval lists the tests under
//! `[[tests]]` with what is expected: `"same"` (a paraphrase keeps the label), a label (an unrelated sentence is unrelated under any
//! claim), or what each label becomes (`{ favor = "against", against = "favor" }` for a denied claim; labels not named stay). After
//! Ribeiro et al., Beyond Accuracy: Behavioral Testing of NLP Models with CheckList (2020).
//!
//! A system that always gives one label passes most tests. So a pair is also scored against gold: *right* is the share of pairs with
//! both answers right, and no pair is right that is not as expected, since gold must follow the test's rule.

use super::errors::Listed;
use super::{Eval, Rows, System};
use crate::error::{Error, Result};
use crate::score::Bootstrap;
use crate::score::bootstrap::percentile_interval;
use serde::Serialize;
use std::collections::HashMap;

/// Column that says which test a row belongs to.
const TEST: &str = "test";
/// Column with the id of the row that a row was made from.
const FROM: &str = "from";
/// Name of the line over all tests.
pub const ALL: &str = "all";

/// A test of an eval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its name, as in the rows.
    pub name: String,
    /// What the answer to the second row should be, by the answer to the first: indices of the eval's labels.
    pub becomes: Vec<usize>,
}

/// What systems did on one test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Behaviour {
    /// The test.
    pub test: String,
    /// What is expected, in words.
    pub expected: String,
    /// Pairs.
    pub pairs: usize,
    /// Groups (articles) that they form: what was drawn for the intervals.
    pub groups: usize,
    /// Each system, in the order of the record's.
    pub systems: Vec<Rates>,
    /// Pairs on which the first system did not do as expected, in the order of the rows.
    pub failures: Listed<Failure>,
}

/// What one system did on the pairs of a test: shares of them, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rates {
    /// The second answer is as expected from the first.
    pub as_expected: f64,
    /// Its interval.
    pub as_expected_interval: Option<[f64; 2]>,
    /// Both answers are right.
    pub right: f64,
    /// Its interval.
    pub right_interval: Option<[f64; 2]>,
    /// The first answer is right.
    pub right_before: f64,
    /// The second answer is right.
    pub right_after: f64,
}

/// A pair that did not do as expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// The row before the change.
    pub before: Side,
    /// The row after it.
    pub after: Side,
    /// What the answer to the second should have been.
    pub expected: String,
}

/// A row of a pair, with the first system's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Its id.
    pub id: String,
    /// Its sentence.
    pub text: String,
    /// Its claim.
    pub claim: String,
    /// Its gold label.
    pub gold: String,
    /// The answer.
    pub answer: String,
}

/// The pairs of each test by the numbers of their rows, first and second. An error where rows and tests do not fit.
pub(super) fn pairs(eval: &Eval, rows: &Rows) -> Result<Vec<Vec<(usize, usize)>>> {
    let mut pairs = vec![Vec::new(); eval.tests.len()];
    if eval.tests.is_empty() {
        return Ok(pairs);
    }
    let by_id: HashMap<&str, usize> = rows.rows.iter().enumerate().map(|(i, row)| (row.id.as_str(), i)).collect();
    for (after, row) in rows.rows.iter().enumerate() {
        let column = |name: &str| row.extra.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (name, from) = match (column(TEST), column(FROM)) {
            (None, None) => continue,
            (Some(name), Some(from)) => (name, from),
            (Some(_), None) => {
                return Err(Error::new(format!("row {:?} has {TEST:?} but no {FROM:?}", row.id))
                    .expected("the id of the row that it was made from"));
            }
            (None, Some(_)) => {
                return Err(Error::new(format!("row {:?} has {FROM:?} but no {TEST:?}", row.id)).expected("the name of a test"));
            }
        };
        let Some(test) = eval.tests.iter().position(|test| test.name == name) else {
            let names: Vec<&str> = eval.tests.iter().map(|test| test.name.as_str()).collect();
            return Err(Error::new(format!("row {:?} is of the test {name:?}", row.id))
                .expected(names.join(", "))
                .hint(format!("[[tests]] in {} lists the tests and what each expects", eval.path.display())));
        };
        let Some(&before) = by_id.get(from).filter(|&&before| before != after) else {
            return Err(Error::new(format!("row {:?} was made from {from:?}", row.id))
                .expected("the id of another row that is scored")
                .hint("both rows of a pair must be in the same split"));
        };
        let becomes = eval.tests[test].becomes[rows.gold[before]];
        if rows.gold[after] != becomes {
            return Err(Error::new(format!(
                "row {:?} is labelled {} where {from:?} is {}",
                row.id, eval.labels[rows.gold[after]], eval.labels[rows.gold[before]]
            ))
            .expected(format!("{}, as the test {name:?} says", eval.labels[becomes]))
            .hint("gold must do what is asked of a system: mend the label, or what the test expects"));
        }
        pairs[test].push((before, after));
    }
    match pairs.iter().position(Vec::is_empty) {
        Some(test) => Err(Error::new(format!("no rows of the test {:?}", eval.tests[test].name))
            .expected(format!("rows with {TEST:?} and {FROM:?}"))
            .hint(format!("leave the test out of {}, or choose a split that has it", eval.path.display()))),
        None => Ok(pairs),
    }
}

/// What systems did on the pairs of each test, and on all. Of the first system's failures `limit` are kept for each test.
pub(super) fn behaviour(
    eval: &Eval,
    rows: &Rows,
    pairs: &[Vec<(usize, usize)>],
    systems: &[System],
    bootstrap: &Bootstrap,
    limit: usize,
) -> Vec<Behaviour> {
    let mut of_tests: Vec<(&str, String, Vec<Pair>)> = eval
        .tests
        .iter()
        .zip(pairs)
        .map(|(test, pairs)| {
            let pair = |&(before, after): &(usize, usize)| Pair { before, after, becomes: &test.becomes };
            (test.name.as_str(), test.in_words(&eval.labels), pairs.iter().map(pair).collect())
        })
        .collect();
    if of_tests.len() > 1 {
        let all = of_tests.iter().flat_map(|(_, _, pairs)| pairs.clone()).collect();
        of_tests.push((ALL, "each as its test says".to_owned(), all));
    }
    of_tests
        .into_iter()
        .map(|(test, expected, pairs)| {
            let groups: Vec<&str> = pairs.iter().map(|pair| rows.groups[pair.after].as_str()).collect();
            let failed: Vec<&Pair> =
                systems.first().map_or_else(Vec::new, |s| pairs.iter().filter(|pair| !pair.as_expected(s)).collect());
            // The line over all would only repeat them.
            let listed = if test == ALL { 0 } else { limit };
            let failures = systems.first().map_or_else(Vec::new, |system| {
                failed.iter().take(listed).map(|pair| pair.failure(eval, rows, system)).collect()
            });
            Behaviour {
                test: test.to_owned(),
                expected,
                pairs: pairs.len(),
                groups: groups.iter().collect::<std::collections::HashSet<_>>().len(),
                systems: systems.iter().map(|system| rates(&pairs, &groups, system, bootstrap)).collect(),
                failures: Listed { total: failed.len(), first: failures },
            }
        })
        .collect()
}

/// A pair by the numbers of its rows, with the rule of its test.
#[derive(Clone, Copy)]
struct Pair<'a> {
    before: usize,
    after: usize,
    becomes: &'a [usize],
}

impl Pair<'_> {
    fn as_expected(&self, system: &System) -> bool {
        let predicted = system.answers.predicted();
        predicted[self.after] == self.becomes[predicted[self.before]]
    }

    fn failure(&self, eval: &Eval, rows: &Rows, system: &System) -> Failure {
        let predicted = system.answers.predicted();
        let label = |label: usize| eval.labels[label].clone();
        let side = |i: usize| Side {
            id: rows.rows[i].id.clone(),
            text: rows.rows[i].text.clone(),
            claim: rows.rows[i].claim.clone(),
            gold: label(rows.gold[i]),
            answer: label(predicted[i]),
        };
        Failure { before: side(self.before), after: side(self.after), expected: label(self.becomes[predicted[self.before]]) }
    }
}

fn rates(pairs: &[Pair], groups: &[&str], system: &System, bootstrap: &Bootstrap) -> Rates {
    let hit = |row: usize| system.answers.predicted()[row] == system.answers.gold()[row];
    let share = |test: &dyn Fn(&Pair) -> bool| {
        let hits: Vec<bool> = pairs.iter().map(test).collect();
        let value = hits.iter().filter(|hit| **hit).count() as f64 / hits.len() as f64;
        let interval = percentile_interval(bootstrap, groups, |times| {
            let drawn: u32 = times.iter().sum();
            let hits: u32 = times.iter().zip(&hits).filter(|(_, hit)| **hit).map(|(times, _)| times).sum();
            (drawn > 0).then(|| f64::from(hits) / f64::from(drawn))
        });
        (value, interval)
    };
    let (as_expected, as_expected_interval) = share(&|pair| pair.as_expected(system));
    let (right, right_interval) = share(&|pair| hit(pair.before) && hit(pair.after));
    let count = |row: &dyn Fn(&Pair) -> usize| pairs.iter().filter(|pair| hit(row(pair))).count() as f64 / pairs.len() as f64;
    Rates {
        as_expected,
        as_expected_interval,
        right,
        right_interval,
        right_before: count(&|pair| pair.before),
        right_after: count(&|pair| pair.after),
    }
}

impl Test {
    /// What is expected, in words.
    fn in_words(&self, labels: &[String]) -> String {
        let first = self.becomes[0];
        if self.becomes.iter().enumerate().all(|(from, &to)| from == to) {
            return "the same label".to_owned();
        }
        if self.becomes.iter().all(|&to| to == first) {
            return labels[first].clone();
        }
        let changes: Vec<String> = self
            .becomes
            .iter()
            .enumerate()
            .filter(|(from, to)| from != *to)
            .map(|(from, &to)| format!("{} becomes {}", labels[from], labels[to]))
            .collect();
        changes.join(", ")
    }
}
