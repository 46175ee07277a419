//! Pairs that come again are computed once.

use crate::error::Result;
use crate::model::batch::Encoded;
use crate::model::{Classifier, Prediction};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Pairs that one generation holds, at some 100 bytes each.
const GENERATION: usize = 1 << 15;

/// Half a sha256 of a pair's tokens: two pairs with the same one do not occur.
type Key = [u8; 16];

fn key(pair: &Encoded) -> Key {
    let mut hash = Sha256::new();
    for ids in [&pair.ids, &pair.types] {
        for id in ids {
            hash.update(id.to_le_bytes());
        }
    }
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

/// The predictions of the last pairs, in two generations: when the young one is full, the old one is forgotten and the young one grows old.
/// What is asked for again is young again. So memory is bounded and what repeats stays.
pub struct Repeats {
    young: HashMap<Key, Prediction>,
    old: HashMap<Key, Prediction>,
    generation: usize,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation: GENERATION }
    }
}

impl Repeats {
    fn get(&mut self, key: &Key) -> Option<Prediction> {
        if let Some(known) = self.young.get(key) {
            return Some(known.clone());
        }
        let known = self.old.remove(key)?;
        self.insert(*key, known.clone());
        Some(known)
    }

    fn insert(&mut self, key: Key, prediction: Prediction) {
        if self.young.len() >= self.generation {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, prediction);
    }

    /// Labels pairs in their order, each different one once, and says how many the model computed.
    pub fn classify(&mut self, model: &Classifier, pairs: Vec<Encoded>, threads: usize) -> Result<(Vec<Prediction>, usize)> {
        let mut fresh = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        let mut out: Vec<(Result<Prediction, usize>, bool)> = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let (key, truncated) = (key(&pair), pair.truncated);
            // Either what it is, or its place among those that are to be computed.
            let found = match self.get(&key) {
                Some(known) => Ok(known),
                None => Err(*places.entry(key).or_insert_with(|| {
                    fresh.push(pair);
                    fresh.len() - 1
                })),
            };
            out.push((found, truncated));
        }
        let computed = model.classify(&fresh, threads)?;
        for (key, place) in places {
            self.insert(key, computed[place].clone());
        }
        // A pair that was cut may have the tokens of one that was not.
        let whole = |(found, truncated): (Result<Prediction, usize>, bool)| {
            let prediction = found.unwrap_or_else(|place| computed[place].clone());
            Prediction { truncated, ..prediction }
        };
        Ok((out.into_iter().map(whole).collect(), computed.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::Stance;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let mut repeats = Repeats { generation: 2, ..Repeats::default() };
        let prediction = Prediction { label: Stance::Favor, scores: vec![1.0], truncated: false };
        for i in 0..100 {
            repeats.insert([i; 16], prediction.clone());
            assert!(repeats.get(&[0; 16]).is_some(), "asked for every time: {i}");
            assert!(repeats.young.len() + repeats.old.len() <= 4);
        }
        assert!(repeats.get(&[50; 16]).is_none());
    }

    #[test]
    fn repeats_are_computed_once_and_predicted_the_same() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/bert");
        let options = crate::model::LoadOptions { probe: false, ..Default::default() };
        let model = Classifier::load(&folder, &options).unwrap();
        let encode = |(s, c): (&str, &str)| model.encode(s, c).unwrap();
        let pairs = [("It rains.", "A."), ("It snows.", "A."), ("It rains.", "A."), ("It rains.", "B.")].map(encode).to_vec();
        let mut cut = pairs.clone();
        cut[2].truncated = true;
        let plain = |pairs: &[Encoded]| model.classify(pairs, 1).unwrap();
        let mut repeats = Repeats::default();
        assert_eq!(repeats.classify(&model, pairs.clone(), 1).unwrap(), (plain(&pairs), 3));
        assert_eq!(repeats.classify(&model, cut.clone(), 1).unwrap(), (plain(&cut), 0));
    }
}
