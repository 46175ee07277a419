//! How near a window of sentences is to a claim, by word vectors alone.

use crate::error::{Error, Result};
use crate::model::gemm::{Compute, Mat, MatMut, matmul};
use crate::model::weights::{Checkpoint, Source};
use std::path::Path;

/// Number of features.
pub const COUNT: usize = 21;

/// Most tokens of a sentence that are looked at.
const LONGEST: usize = 512;

/// Tokens that are rarer than this share of texts weigh about 1 in a mean (Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline
/// for sentence embeddings").
const RARE: f64 = 0.001;

/// From this cosine on two tokens count as the same.
const SAME: f32 = 0.999;

/// Word vectors of a model, and how much each word says.
pub struct Lexicon {
    /// Unit vectors (V, H), after the mean over texts was taken off.
    table: Vec<f32>,
    /// H.
    width: usize,
    /// What a token tells in the alignment (V): inverse document frequency, 0 to 1.
    idf: Vec<f32>,
    /// Its weight in a mean (V).
    weight: Vec<f32>,
}

/// A claim's words.
pub struct Claim {
    tokens: usize,
    /// Vectors (T, H).
    rows: Vec<f32>,
    idf: Vec<f32>,
    mean: Vec<f32>,
}

impl Lexicon {
    /// The word vectors of a model's weights. `frequencies`: how many of `texts` have each token.
    pub fn read(weights: &Path, frequencies: &[u32], texts: u32) -> Result<Self> {
        let mut checkpoint = Checkpoint::read(weights)?;
        let is_table = |name: &str| name.ends_with("word_embeddings.weight") || name.ends_with("tok_embeddings.weight");
        let found = checkpoint.shapes().find(|(name, _)| is_table(name)).map(|(name, shape)| (name.to_owned(), shape.to_vec()));
        let (name, shape) = found.ok_or_else(|| {
            Error::new("no word vectors").at(weights).expected("weights named …word_embeddings.weight or …tok_embeddings.weight")
        })?;
        let &[rows, width] = shape.as_slice() else {
            return Err(Error::new(format!("{name} has the shape {shape:?}")).at(weights).expected("[tokens, width]"));
        };
        if rows < frequencies.len() || width == 0 {
            return Err(Error::new(format!("{} frequencies for {rows} word vectors", frequencies.len()))
                .at(weights)
                .hint("the first stage was made for another vocabulary: make it again with `stance model cascade`"));
        }
        let flat = checkpoint.values(&name, &shape)?;
        Ok(Self::new(flat, width, frequencies, texts))
    }

    fn new(mut table: Vec<f32>, width: usize, frequencies: &[u32], texts: u32) -> Self {
        let frequency = |i: usize| f64::from(frequencies.get(i).copied().unwrap_or(0));
        let mut mean = vec![0.0_f64; width];
        let mut total = 0.0;
        for (i, row) in table.chunks(width).enumerate().filter(|(i, _)| frequency(*i) > 0.0) {
            total += frequency(i);
            mean.iter_mut().zip(row).for_each(|(m, &x)| *m += frequency(i) * f64::from(x));
        }
        for row in table.chunks_mut(width) {
            row.iter_mut().zip(&mean).for_each(|(x, m)| *x -= (m / f64::max(total, 1.0)) as f32);
            normalise(row);
        }
        let all = f64::from(texts) + 1.0;
        let rows = table.len() / width;
        let idf = (0..rows).map(|i| ((all / (frequency(i) + 1.0)).ln() / all.ln().max(1.0)).max(0.0) as f32).collect();
        let weight = (0..rows).map(|i| (RARE / (RARE + frequency(i) / all)) as f32).collect();
        Self { table, width, idf, weight }
    }

    /// Prepares a claim from its tokens.
    pub fn claim(&self, mut ids: Vec<u32>) -> Claim {
        ids.truncate(LONGEST);
        let rows = self.rows(&ids);
        let idf = ids.iter().map(|&i| self.idf(i)).collect();
        Claim { tokens: ids.len(), mean: self.mean(&ids, &rows), rows, idf }
    }

    fn idf(&self, id: u32) -> f32 {
        self.idf.get(id as usize).copied().unwrap_or(0.0)
    }

    /// Vectors (N, H) of tokens; zeros for one that has none.
    fn rows(&self, ids: &[u32]) -> Vec<f32> {
        let mut rows = vec![0.0; ids.len() * self.width];
        for (to, &id) in rows.chunks_mut(self.width).zip(ids) {
            if let Some(from) = self.table.get(id as usize * self.width..(id as usize + 1) * self.width) {
                to.copy_from_slice(from);
            }
        }
        rows
    }

    /// The unit vector (H) of the weighted mean of tokens, whose vectors are `rows`.
    fn mean(&self, ids: &[u32], rows: &[f32]) -> Vec<f32> {
        let mut mean = vec![0.0; self.width];
        for (row, &id) in rows.chunks(self.width).zip(ids) {
            let w = self.weight.get(id as usize).copied().unwrap_or(0.0);
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += w * x);
        }
        normalise(&mut mean);
        mean
    }

    /// Features of a window towards each claim. `first`: the tokens of the article's first sentence, which is its headline more often than not.
    pub fn window(&self, claims: &[Claim], first: &[u32], sentences: &[Vec<u32>]) -> Vec<[f64; COUNT]> {
        let cut = |ids: &[u32]| ids[..ids.len().min(LONGEST)].to_vec();
        // The first sentence and then those of the window, one after the other.
        let parts: Vec<Vec<u32>> = std::iter::once(cut(first)).chain(sentences.iter().map(|s| cut(s))).collect();
        let ids = parts.concat();
        let rows = self.rows(&ids);
        let mut at = 0;
        let spans: Vec<std::ops::Range<usize>> = parts
            .iter()
            .map(|p| {
                at += p.len();
                at - p.len()..at
            })
            .collect();
        let h = self.width;
        let means: Vec<Vec<f32>> = spans.iter().map(|s| self.mean(&ids[s.clone()], &rows[s.start * h..s.end * h])).collect();
        let from = parts[0].len();
        let whole = self.mean(&ids[from..], &rows[from * h..]);
        claims.iter().map(|claim| self.towards(claim, &rows, &spans, &means, &whole)).collect()
    }

    /// Features towards one claim; `spans` of `rows` (N, H) are the first sentence and those of the window, `means` and `whole` their means.
    fn towards(
        &self,
        claim: &Claim,
        rows: &[f32],
        spans: &[std::ops::Range<usize>],
        means: &[Vec<f32>],
        whole: &[f32],
    ) -> [f64; COUNT] {
        let (n, t, h) = (rows.len() / self.width, claim.tokens, self.width);
        let mut cosines = vec![0.0; t * n];
        matmul(
            Compute::F32,
            MatMut::new(&mut cosines, t, n, n),
            0.0,
            1.0,
            Mat::new(&claim.rows, t, h, h),
            Mat::new(rows, n, h, h).t(),
        );
        // For each part, and each token of the claim, the nearest token.
        let nearest: Vec<Vec<f32>> = spans
            .iter()
            .map(|s| (0..t).map(|i| cosines[i * n + s.start..i * n + s.end].iter().fold(0.0_f32, |m, &c| m.max(c))).collect())
            .collect();
        let all: Vec<f32> = (0..t).map(|i| nearest[1..].iter().fold(0.0_f32, |m, part| m.max(part[i]))).collect();
        let told: f32 = claim.idf.iter().sum();
        let share = |sum: f32| if told > 0.0 { f64::from(sum / told) } else { 0.0 };
        let weighed = |near: &[f32]| share(near.iter().zip(&claim.idf).map(|(c, w)| c * w).sum());
        let same = |near: &[f32]| near.iter().zip(&claim.idf).filter(|(c, _)| **c > SAME).map(|(_, w)| *w).collect::<Vec<f32>>();
        let largest = |values: &mut Vec<f64>| values.sort_unstable_by(|a, b| b.total_cmp(a));
        let top = |values: &[f64], k: usize| values.iter().take(k).sum::<f64>() / values.len().clamp(1, k) as f64;

        let mut means_to: Vec<f64> = means[1..].iter().map(|m| cosine(m, &claim.mean)).collect();
        let average = means_to.iter().sum::<f64>() / means_to.len().max(1) as f64;
        largest(&mut means_to);
        let mut aligned: Vec<f64> = nearest[1..].iter().map(|near| weighed(near)).collect();
        largest(&mut aligned);
        let mut words: Vec<f64> = all.iter().zip(&claim.idf).map(|(c, w)| f64::from(c * w)).collect();
        largest(&mut words);
        let word = |k: usize| words.get(k).copied().unwrap_or(0.0);
        let shared = same(&all);
        let best_shared = nearest[1..].iter().map(|near| share(same(near).iter().sum())).fold(0.0, f64::max);
        [
            cosine(whole, &claim.mean),
            top(&means_to, 1),
            top(&means_to, 3),
            average,
            cosine(&means[0], &claim.mean),
            weighed(&all),
            word(0),
            word(1),
            word(2),
            word(3),
            share(shared.iter().sum()),
            f64::from(shared.iter().sum::<f32>()),
            shared.iter().fold(0.0, |m, &w| f64::max(m, f64::from(w))),
            weighed(&nearest[0]),
            share(same(&nearest[0]).iter().sum()),
            top(&aligned, 1),
            top(&aligned, 3),
            best_shared,
            (1.0 + n as f64).ln(),
            t as f64,
            f64::from(told),
        ]
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>())
}

fn normalise(v: &mut [f32]) {
    let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 1e-9 {
        v.iter_mut().for_each(|x| *x /= norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three words at right angles, and one beside the first. No text has any, so that nothing is taken off.
    fn lexicon() -> Lexicon {
        let table = vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.8, 0.6, 0.0];
        Lexicon::new(table, 3, &[0; 4], 10)
    }

    #[test]
    fn nearest_words_are_found_wherever_they_stand() {
        let l = lexicon();
        let claim = [l.claim(vec![0, 2])];
        let far = l.window(&claim, &[1], &[vec![1, 1], vec![1]])[0];
        let near = l.window(&claim, &[1], &[vec![1, 1], vec![2, 1, 3]])[0];
        assert_eq!((far[5], far[10], far[17]), (0.0, 0.0, 0.0));
        // Token 0 has a neighbour at 0.8, token 2 is there itself.
        assert!((near[5] - 0.9).abs() < 1e-6 && (near[10] - 0.5).abs() < 1e-6 && (near[15] - 0.9).abs() < 1e-6, "{near:?}");
        assert!(near[0] > far[0] && near[1] > far[1]);
    }

    #[test]
    fn nothing_to_look_at_gives_numbers_all_the_same() {
        let l = lexicon();
        let claims = [l.claim(vec![]), l.claim(vec![99])];
        for features in l.window(&claims, &[], &[vec![], vec![99]]) {
            assert!(features.iter().all(|x| x.is_finite()), "{features:?}");
        }
        assert!(l.window(&claims, &[], &[]).iter().flatten().all(|x| x.is_finite()));
    }
}
