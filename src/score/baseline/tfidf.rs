//! TF-IDF of words and word pairs, and logistic regression on top: the baseline that takes a minute to write and is hard
//! to beat on one topic.
//!
//! As scikit-learn's `TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)`, once for the sentence and once for
//! the claim (a `FeatureUnion`), then `LogisticRegression(C=1)`: words are runs of at least two letters, digits or
//! underscores, lower-cased; a term counts 1 + ln(tf) times ln((1 + n) / (1 + df)) + 1; each of the two vectors has length 1.

use super::lbfgs::Stop;
use super::logistic::{Logistic, Sparse};
use super::{Baseline, check};
use crate::error::{Error, Result};
use std::collections::HashMap;

/// How the baseline is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Inverse strength of the penalty on the weights.
    pub c: f64,
    /// Terms that fewer rows have are dropped.
    pub min_df: usize,
    /// Largest entry of the gradient at which training ends; 1e-4 is scikit-learn's too.
    pub tolerance: f64,
    /// Steps of the optimizer at most.
    pub max_steps: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { c: 1.0, min_df: 2, tolerance: 1e-4, max_steps: 200 }
    }
}

/// Terms of one field (the sentence, or the claim) with their numbers and weights.
#[derive(Debug, Clone)]
struct Vocabulary {
    terms: HashMap<String, (u32, f32)>,
}

/// The trained baseline.
#[derive(Debug, Clone)]
pub struct TfidfLogistic {
    fields: [Vocabulary; 2],
    /// Labels that the training rows have: the classes of the regression. The other labels get probability 0.
    classes: Vec<usize>,
    labels: usize,
    /// Absent where the training rows have one label only.
    model: Option<Logistic>,
}

impl TfidfLogistic {
    /// Trains on pairs of text and claim with their labels, indices below `labels`.
    pub fn train<T: AsRef<str>, C: AsRef<str>>(
        pairs: &[(T, C)],
        gold: &[usize],
        labels: usize,
        settings: &Settings,
    ) -> Result<Self> {
        check(gold, labels)?;
        if pairs.len() != gold.len() {
            return Err(Error::new(format!("{} texts and {} labels", pairs.len(), gold.len())).expected("a label for each text"));
        }
        if !(settings.c > 0.0 && settings.c.is_finite()) {
            return Err(Error::new(format!("c = {}", settings.c)).expected("a number above 0"));
        }
        let texts = Vocabulary::learn(pairs.iter().map(|(text, _)| text.as_ref()), 0, settings.min_df);
        let claims = Vocabulary::learn(pairs.iter().map(|(_, claim)| claim.as_ref()), texts.len(), settings.min_df);
        let features = texts.len() + claims.len();
        let fields = [texts, claims];
        let mut rows = Sparse::new();
        let mut row = Vec::new();
        for (text, claim) in pairs {
            vectorize(&fields, text.as_ref(), claim.as_ref(), &mut row);
            rows.push(&row);
        }
        let classes: Vec<usize> = (0..labels).filter(|label| gold.contains(label)).collect();
        let model = (classes.len() > 1).then(|| {
            let gold: Vec<usize> = gold.iter().filter_map(|label| classes.binary_search(label).ok()).collect();
            let stop = Stop { gradient: settings.tolerance, steps: settings.max_steps };
            Logistic::train(&rows, features, &gold, classes.len(), settings.c, stop)
        });
        Ok(Self { fields, classes, labels, model })
    }

    /// Steps that training took; as many as [`Settings::max_steps`] say that it ended before the tolerance was reached.
    pub fn steps(&self) -> usize {
        self.model.as_ref().map_or(0, |model| model.steps)
    }

    /// Number of terms that it knows.
    pub fn features(&self) -> usize {
        self.fields.iter().map(Vocabulary::len).sum()
    }
}

impl Baseline for TfidfLogistic {
    fn probabilities(&self, text: &str, claim: &str) -> Vec<f64> {
        let mut all = vec![0.0; self.labels];
        let known = match &self.model {
            Some(model) => {
                let mut row = Vec::new();
                vectorize(&self.fields, text, claim, &mut row);
                model.probabilities(&row)
            }
            None => vec![1.0],
        };
        for (&label, p) in self.classes.iter().zip(known) {
            all[label] = p;
        }
        all
    }
}

impl Vocabulary {
    /// Learns the terms of the documents; numbers begin at `first`.
    fn learn<'a>(documents: impl Iterator<Item = &'a str>, first: usize, min_df: usize) -> Self {
        let mut n = 0u64;
        // Document frequency, the last document that counted, and the order of appearance.
        let mut seen: HashMap<String, (usize, u64, usize)> = HashMap::new();
        for document in documents {
            n += 1;
            for_each_term(document, |term| match seen.get_mut(term) {
                Some((df, last, _)) => {
                    *df += usize::from(*last != n);
                    *last = n;
                }
                None => {
                    seen.insert(term.to_owned(), (1, n, seen.len()));
                }
            });
        }
        let mut kept: Vec<(String, usize, usize)> =
            seen.into_iter().filter(|(_, (df, _, _))| *df >= min_df).map(|(term, (df, _, order))| (term, df, order)).collect();
        // Frequent terms get neighbouring numbers, so that the weights used most stay in the processor's cache.
        kept.sort_unstable_by_key(|(_, df, order)| (std::cmp::Reverse(*df), *order));
        let idf = |df: usize| (((1 + n) as f64 / (1 + df) as f64).ln() + 1.0) as f32;
        let terms = kept.into_iter().zip(first as u32..).map(|((term, df, _), number)| (term, (number, idf(df)))).collect();
        Self { terms }
    }

    fn len(&self) -> usize {
        self.terms.len()
    }

    /// Appends the weights of a document's known terms to a row.
    fn append(&self, document: &str, row: &mut Vec<(u32, f32)>) {
        let start = row.len();
        for_each_term(document, |term| row.extend(self.terms.get(term)));
        // In the order of the numbers, so that sums do not depend on the order of the words.
        row[start..].sort_unstable_by_key(|(number, _)| *number);
        let mut end = start;
        let mut next = start;
        while next < row.len() {
            let (number, idf) = row[next];
            let tf = row[next..].iter().take_while(|(other, _)| *other == number).count();
            row[end] = (number, (1.0 + (tf as f32).ln()) * idf);
            end += 1;
            next += tf;
        }
        row.truncate(end);
        let norm = row[start..].iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
        if norm > 0.0 {
            row[start..].iter_mut().for_each(|(_, v)| *v /= norm);
        }
    }
}

fn vectorize(fields: &[Vocabulary; 2], text: &str, claim: &str, row: &mut Vec<(u32, f32)>) {
    row.clear();
    fields[0].append(text, row);
    fields[1].append(claim, row);
}

/// Calls `f` with every word of two letters or more and every pair of neighbours, lower-cased.
fn for_each_term(document: &str, mut f: impl FnMut(&str)) {
    let document = document.to_lowercase();
    let words = document.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| word.chars().nth(1).is_some());
    let mut previous = "";
    let mut pair = String::new();
    for word in words {
        f(word);
        if !previous.is_empty() {
            pair.clear();
            pair.push_str(previous);
            pair.push(' ');
            pair.push_str(word);
            f(&pair);
        }
        previous = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_words_of_two_letters_and_their_pairs() {
        let mut terms = Vec::new();
        for_each_term("A tax, the TAX_1 (é été)", |term| terms.push(term.to_owned()));
        assert_eq!(terms, ["tax", "the", "tax the", "tax_1", "the tax_1", "été", "tax_1 été"]);
    }

    #[test]
    fn labels_that_training_never_saw_get_nothing() {
        let pairs = [("good plan", "c"), ("bad plan", "c"), ("good plan", "c"), ("bad plan", "c")];
        let settings = Settings::default();
        let two = TfidfLogistic::train(&pairs, &[0, 2, 0, 2], 4, &settings).unwrap();
        assert_eq!((two.predict("a good plan", "c"), two.predict("a bad one", "c")), (0, 2));
        assert_eq!(two.probabilities("x", "y")[1], 0.0);
        let one = TfidfLogistic::train(&pairs, &[3; 4], 4, &settings).unwrap();
        assert_eq!(one.probabilities("anything", ""), [0.0, 0.0, 0.0, 1.0]);
        assert!(TfidfLogistic::train(&pairs, &[0], 4, &settings).is_err());
        assert!(TfidfLogistic::train(&pairs[..0], &[], 4, &settings).is_err());
    }
}
