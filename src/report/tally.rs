//! Sums over sentences: how many on each side, their mean with an interval, the clearest of each side.

use super::{ArticleHead, SentenceHead, Verdict};
use crate::stance::Stance;

/// Sentences of one group towards one claim. Sentences of an article must come together.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Sentences by stance, in the order of [`Stance::ALL`].
    pub counts: [usize; 4],
    /// Sentences without a label.
    pub abstained: usize,
    /// The most probable sentence in favour, and the one against.
    pub strongest: [Option<Clearest>; 2],
    /// Articles that are closed.
    articles: usize,
    /// Over the closed articles: the sums of d², d·n and n², where d is favour less against and n all but unrelated.
    squares: [f64; 3],
    /// The article that is being summed: its number, d and n.
    open: Option<(usize, f64, f64)>,
}

/// A sentence that stands for its side.
#[derive(Debug, Clone, PartialEq)]
pub struct Clearest {
    /// Name of its article.
    pub article: String,
    /// Its number there.
    pub sentence: usize,
    /// Its label.
    pub label: Stance,
    /// Probability of the label.
    pub confidence: f64,
    /// Its text.
    pub text: String,
}

/// The mean stance of a group, from -1 (all against) to 1 (all in favour), and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// Favour less against, over favour, against and neutral.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// 97.5 % quantiles of Student's t with 1 to 30 degrees of freedom (`scipy.stats.t.ppf(0.975, range(1, 31))`).
#[rustfmt::skip]
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
    2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

impl Tally {
    /// Adds a sentence; `number` tells its article from others.
    pub fn add(&mut self, article: &ArticleHead, number: usize, sentence: &SentenceHead, verdict: &Verdict) {
        if self.open.is_some_and(|(open, ..)| open != number) {
            self.close();
        }
        let (_, d, n) = self.open.get_or_insert((number, 0.0, 0.0));
        let Some(label) = verdict.label else {
            self.abstained += 1;
            return;
        };
        self.counts[label as usize] += 1;
        *d += match label {
            Stance::Favor => 1.0,
            Stance::Against => -1.0,
            Stance::Neutral | Stance::Unrelated => 0.0,
        };
        *n += f64::from(u8::from(label != Stance::Unrelated));
        if let Some(slot) = self.strongest.get_mut(label as usize)
            && slot.as_ref().is_none_or(|s| verdict.confidence > s.confidence)
        {
            *slot = Some(Clearest {
                article: article.id.clone(),
                sentence: sentence.index,
                label,
                confidence: verdict.confidence,
                text: sentence.text.clone(),
            });
        }
    }

    fn close(&mut self) {
        if let Some((_, d, n)) = self.open.take() {
            self.articles += 1;
            for (sum, more) in self.squares.iter_mut().zip([d * d, d * n, n * n]) {
                *sum += more;
            }
        }
    }

    /// Adds the sums of other articles.
    pub fn merge(&mut self, mut other: Self) {
        self.close();
        other.close();
        self.articles += other.articles;
        self.abstained += other.abstained;
        for (a, b) in self.counts.iter_mut().zip(other.counts) {
            *a += b;
        }
        for (a, b) in self.squares.iter_mut().zip(other.squares) {
            *a += b;
        }
        for (a, b) in self.strongest.iter_mut().zip(other.strongest) {
            if let Some(b) = b
                && a.as_ref().is_none_or(|a| b.confidence > a.confidence)
            {
                *a = Some(b);
            }
        }
    }

    /// Sentences with and without a label.
    pub fn sentences(&self) -> usize {
        self.counts.iter().sum::<usize>() + self.abstained
    }

    /// Articles with a sentence in the group.
    pub fn articles(&self) -> usize {
        self.articles + usize::from(self.open.is_some())
    }

    /// Sentences that take a side.
    pub fn taking_sides(&self) -> usize {
        self.counts[Stance::Favor as usize] + self.counts[Stance::Against as usize]
    }

    /// The more probable of the two strongest sentences.
    pub fn clearest(&self) -> Option<&Clearest> {
        self.strongest.iter().flatten().max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    }

    /// The mean over the sentences that are about the claim; `None` where there are none.
    ///
    /// The interval is the wider, on each side, of two. One takes sentences for independent: Bonett and Price (2012),
    /// "Adjusted Wald confidence interval for a difference of binomial proportions based on paired data", which keeps its
    /// promise in small samples. The other, with two articles or more, takes articles for independent and their sentences
    /// not: the ratio of cluster totals (Cochran 1977, *Sampling Techniques*, 6.3) with Student's t.
    pub fn mean(&self) -> Option<Mean> {
        let [favor, against, neutral, _] = self.counts.map(|c| c as f64);
        let n = favor + against + neutral;
        if n == 0.0 {
            return None;
        }
        let value = (favor - against) / n;
        let (p, q) = ((favor + 1.0) / (n + 2.0), (against + 1.0) / (n + 2.0));
        let half = Z * ((p + q - (p - q).powi(2)) / (n + 2.0)).sqrt();
        let (mut low, mut high) = (p - q - half, p - q + half);
        let mut whole = self.clone();
        whole.close();
        if let articles @ 2.. = whole.articles {
            let [dd, dn, nn] = whole.squares;
            let k = articles as f64;
            let spread = (dd - 2.0 * value * dn + value * value * nn).max(0.0);
            let t = T.get(articles - 2).copied().unwrap_or(Z + 2.5 / (k - 1.0));
            let half = t * (k / (k - 1.0) * spread).sqrt() / n;
            low = low.min(value - half);
            high = high.max(value + half);
        }
        Some(Mean { value, low: low.min(value).max(-1.0), high: high.max(value).min(1.0) })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::article::{Kind, Meta};

    pub fn head(id: &str) -> ArticleHead {
        ArticleHead { id: id.into(), title: None, meta: Meta::default() }
    }

    pub fn sentence(text: &str) -> SentenceHead {
        SentenceHead { index: 0, block: 0, start: 0, end: text.len(), kind: Kind::Sentence, text: text.into(), held: None }
    }

    pub fn verdict(label: Stance, confidence: f64) -> Verdict {
        Verdict { label: Some(label), confidence, scores: vec![(label, confidence)], truncated: false, stage: None }
    }

    /// One article for each letter group: `f` favour, `a` against, `n` neutral, `u` unrelated.
    fn tally(articles: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for (i, labels) in articles.iter().enumerate() {
            for (j, c) in labels.chars().enumerate() {
                let label = match c {
                    'f' => Stance::Favor,
                    'a' => Stance::Against,
                    'n' => Stance::Neutral,
                    _ => Stance::Unrelated,
                };
                tally.add(&head("x"), i, &sentence("s"), &verdict(label, 0.5 + j as f64 / 100.0));
            }
        }
        tally
    }

    /// Expected values by `tests/fixtures/score/rollup.py`.
    #[test]
    fn means_and_intervals_are_those_of_the_script() {
        for (articles, value, low, high) in [
            (&["f"][..], 1.0, -0.733_536, 1.0),
            (&["fffffaan"], 0.375_000, -0.257_816, 0.857_816),
            (&["ffffu", "aaau", "ffn"], 0.300_000, -1.0, 1.0),
            (&["fa", "ffa", "fan", "ffaa", "ff", "fnn", "aff", "fffa"], 0.291_667, -0.077_166, 0.615_628),
            (&["ffff", "ffff", "aaa", "ffff", "aaaa", "ffff", "fffn", "ff", "aan", "ffff"], 0.444_444, -0.186_298, 1.0),
        ] {
            let mean = tally(articles).mean().unwrap();
            for (got, expected) in [(mean.value, value), (mean.low, low), (mean.high, high)] {
                assert!((got - expected).abs() < 1e-6, "{articles:?}: {mean:?}, expected {value} [{low}, {high}]");
            }
        }
        assert_eq!(tally(&["uu"]).mean(), None);
    }

    #[test]
    fn merged_sums_are_those_of_all() {
        let mut merged = tally(&["fa", "ffa"]);
        merged.merge(tally(&["fan", "u"]));
        let whole = tally(&["fa", "ffa", "fan", "u"]);
        assert_eq!(merged.mean(), whole.mean());
        assert_eq!((merged.articles(), merged.sentences(), merged.taking_sides()), (4, 9, 7));
        assert_eq!(merged.clearest().unwrap().confidence, whole.clearest().unwrap().confidence);
    }
}
