//! Making a first stage: fitted to a training split, its gates set on dev by the model's own labels, measured on test.

use super::features::{COUNT, Claim, Lexicon};
use super::logistic::Logistic;
use super::{FILE, File, Gate, Measured, SHORTEST, windows};
use crate::dataset::{self, Dataset, subjects};
use crate::error::{Error, Result};
use crate::model::Classifier;
use crate::stance::Stance;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// The recalls that gates are set for.
const RECALLS: [f64; 5] = [0.9, 0.95, 0.98, 0.99, 0.995];

/// What to make it of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Datasets to learn from: FILE, FOLDER or either with `:SPLIT`. Rows must name their article.
    pub data: Vec<String>,
    /// Datasets to set the gates on.
    pub dev: Vec<String>,
    /// Datasets to measure on.
    pub test: Vec<String>,
    /// Seed of the draw of claims on other subjects.
    pub seed: u64,
    /// Threads that run the model.
    pub threads: usize,
}

/// What was made, in numbers.
#[derive(Debug, Clone)]
pub struct Made {
    /// Windows that bear on the claim, and of articles on other subjects, that were learnt from.
    pub windows: [usize; 2],
    /// The gates.
    pub gates: Vec<Gate>,
}

/// An article of a dataset.
struct Text {
    /// Units by place, with their tokens.
    units: Vec<(String, Vec<u32>)>,
    /// Claims, with the units that have a row, and whether any of them is related.
    claims: BTreeMap<String, (Vec<usize>, bool)>,
    /// Number of its subject: articles that share a claim share it.
    subject: usize,
}

/// Makes a first stage and writes it into the model's folder.
pub fn make(model: &Classifier, settings: &Settings) -> Result<Made> {
    if !model.labels().contains(&Stance::Unrelated) {
        return Err(Error::new(format!("the model {} does not know the label unrelated", model.name())).at(model.folder()));
    }
    crate::atomic::check_folder(model.folder())?;
    let mut hashes = Vec::new();
    let train = texts(model, &settings.data, &mut hashes)?;
    let dev = texts(model, &settings.dev, &mut hashes)?;
    let test = texts(model, &settings.test, &mut hashes)?;
    let weights = model.folder().join("model.safetensors");
    let (frequencies, counted) = frequencies(&train, model.tokenizer().vocabulary_size());
    let lexicon = Lexicon::read(&weights, &frequencies, counted)?;
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);

    let mut examples = |texts: &[Text]| seen(model, &lexicon, texts, &mut rng);
    let (train, dev_seen, test_seen) = (examples(&train)?, examples(&dev)?, examples(&test)?);
    let rows: Vec<[f64; COUNT]> = train.iter().map(|s| s.features).collect();
    let yes: Vec<bool> = train.iter().map(|s| s.about).collect();
    let about = yes.iter().filter(|y| **y).count();
    if about == 0 || about == rows.len() {
        return Err(Error::new("nothing to tell apart").expected(
            "articles with rows that are related to their claim, on more than one subject (articles that share no claim)",
        ));
    }
    let logistic = Logistic::fit(&rows, &yes);

    let dev = judged(model, &dev, &dev_seen, &logistic, settings.threads)?;
    let test = judged(model, &test, &test_seen, &logistic, settings.threads)?;
    let total: usize = dev.iter().map(|w| w.related).sum();
    if total == 0 {
        return Err(Error::new("no row of the dev data is called related by the model")
            .hint("name data with --dev that it was trained for"));
    }
    let gates: Vec<Gate> = RECALLS
        .into_iter()
        .map(|recall| {
            let threshold = threshold(&dev, recall);
            let measured = |windows: &[Judged]| measure(windows, threshold);
            Gate { recall, threshold, dev: measured(&dev), test: (!test.is_empty()).then(|| measured(&test)) }
        })
        .collect();
    let file = File {
        weights_sha256: dataset::hash::of_file(&weights)?,
        data_sha256: hashes,
        gates: gates.clone(),
        logistic,
        texts: counted,
        frequencies,
    };
    file.write(&model.folder().join(FILE))?;
    Ok(Made { windows: [about, rows.len() - about], gates })
}

/// The units of an article by place and text, each with its claims and whether it bears on them.
type Units = BTreeMap<(usize, String), BTreeMap<String, bool>>;

/// Reads datasets and puts their rows together by article.
fn texts(model: &Classifier, specs: &[String], hashes: &mut Vec<String>) -> Result<Vec<Text>> {
    let mut articles: BTreeMap<String, Units> = BTreeMap::new();
    for spec in specs {
        let Dataset { rows, files, path, .. } = dataset::load(spec, &dataset::LoadOptions::default())?.clean()?;
        hashes.extend(files.into_iter().map(|f| f.sha256));
        for (place, row) in rows.into_iter().enumerate() {
            let Some(article) = row.article else {
                return Err(Error::new(format!("row {:?} names no article", row.id))
                    .at(path)
                    .hint("the first stage looks at articles: it needs rows with `article`, and best with `start`"));
            };
            let labels = articles.entry(article).or_default().entry((row.start.unwrap_or(place), row.text)).or_default();
            *labels.entry(row.claim).or_default() |= row.label != Stance::Unrelated.as_str();
        }
    }
    let subjects = subjects(articles.values().map(|units| units.values().flat_map(BTreeMap::keys)));
    let articles: Vec<_> = articles.into_values().zip(subjects).collect();
    articles
        .into_par_iter()
        .map(|(places, subject)| {
            let mut claims: BTreeMap<String, (Vec<usize>, bool)> = BTreeMap::new();
            let mut units = Vec::new();
            for (number, ((_, text), labels)) in places.into_iter().enumerate() {
                for (claim, related) in labels {
                    let (rows, any) = claims.entry(claim).or_default();
                    rows.push(number);
                    *any |= related;
                }
                let tokens = model.tokenizer().encode_text(&text)?;
                units.push((text, tokens));
            }
            Ok(Text { units, claims, subject })
        })
        .collect()
}

/// In how many units each token occurs, and the number of units.
fn frequencies(texts: &[Text], vocabulary: usize) -> (Vec<u32>, u32) {
    let mut frequencies = vec![0; vocabulary];
    let mut units = 0;
    for (_, tokens) in texts.iter().flat_map(|t| &t.units) {
        units += 1;
        for id in tokens.iter().collect::<HashSet<_>>() {
            if let Some(n) = frequencies.get_mut(*id as usize) {
                *n += 1;
            }
        }
    }
    (frequencies, units)
}

/// A window and a claim.
struct Seen {
    text: usize,
    claim: String,
    units: std::ops::Range<usize>,
    /// Whether the article has a row that is related to the claim; else it is one on another subject.
    about: bool,
    features: [f64; COUNT],
}

/// Every window with the claims that its article bears on, and as many claims on other subjects.
fn seen(model: &Classifier, lexicon: &Lexicon, texts: &[Text], rng: &mut ChaCha8Rng) -> Result<Vec<Seen>> {
    let all: Vec<(&String, usize)> =
        texts.iter().flat_map(|t| t.claims.iter().filter(|(_, (_, any))| *any).map(move |(c, _)| (c, t.subject))).collect();
    let wanted: Vec<Vec<(String, bool)>> = texts
        .iter()
        .map(|text| {
            let own: Vec<&String> = text.claims.iter().filter(|(_, (_, any))| *any).map(|(c, _)| c).collect();
            let mut claims: Vec<(String, bool)> = own.iter().map(|c| ((*c).clone(), true)).collect();
            // Some draws meet the article's own subject.
            for _ in 0..own.len() {
                let foreign = (0..20).find_map(|_| all.choose(rng).filter(|(_, subject)| *subject != text.subject));
                claims.extend(foreign.map(|(claim, _)| ((*claim).clone(), false)));
            }
            claims
        })
        .collect();
    let parts: Vec<Result<Vec<Seen>>> = texts
        .par_iter()
        .zip(wanted)
        .enumerate()
        .map(|(number, (text, wanted))| {
            let prepared = |(c, _): &(String, bool)| Ok(lexicon.claim(model.tokenizer().encode_text(c)?));
            let claims: Vec<Claim> = wanted.iter().map(prepared).collect::<Result<_>>()?;
            let tokens: Vec<Vec<u32>> = text.units.iter().map(|(_, tokens)| tokens.clone()).collect();
            let mut out = Vec::new();
            for units in windows(tokens.len()).filter(|w| w.len() >= SHORTEST) {
                let features = lexicon.window(&claims, &tokens[0], &tokens[units.clone()]);
                for ((claim, about), features) in wanted.iter().zip(features) {
                    out.push(Seen { text: number, claim: claim.clone(), units: units.clone(), about: *about, features });
                }
            }
            Ok(out)
        })
        .collect();
    Ok(parts.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// A window with its probability, and how many of its rows the model calls other than unrelated.
struct Judged {
    article: (usize, String),
    about: bool,
    probability: f64,
    related: usize,
}

/// Labels the rows of every window that bears on its claim.
fn judged(model: &Classifier, texts: &[Text], seen: &[Seen], logistic: &Logistic, threads: usize) -> Result<Vec<Judged>> {
    let mut pairs = Vec::new();
    let mut of = Vec::new();
    for (number, s) in seen.iter().enumerate().filter(|(_, s)| s.about) {
        let text = &texts[s.text];
        for unit in text.claims[&s.claim].0.iter().filter(|u| s.units.contains(u)) {
            pairs.push(model.encode(&text.units[*unit].0, &s.claim)?);
            of.push(number);
        }
    }
    let mut related = vec![0; seen.len()];
    for (prediction, number) in model.classify(&pairs, threads)?.iter().zip(of) {
        related[number] += usize::from(prediction.label != Stance::Unrelated);
    }
    let judge = |(s, related): (&Seen, usize)| Judged {
        article: (s.text, s.claim.clone()),
        about: s.about,
        probability: logistic.probability(&s.features),
        related,
    };
    Ok(seen.iter().zip(related).map(judge).collect())
}

/// The largest threshold that keeps at least that share of the related rows.
fn threshold(windows: &[Judged], recall: f64) -> f64 {
    let total: usize = windows.iter().map(|w| w.related).sum();
    let may_lose = ((1.0 - recall) * total as f64 + 1e-9) as usize;
    let mut order: Vec<&Judged> = windows.iter().filter(|w| w.related > 0).collect();
    order.sort_by(|a, b| a.probability.total_cmp(&b.probability));
    let mut lost = 0;
    for w in &order {
        lost += w.related;
        if lost > may_lose {
            return w.probability;
        }
    }
    0.0
}

fn measure(windows: &[Judged], threshold: f64) -> Measured {
    let mut articles: BTreeMap<&(usize, String), bool> = BTreeMap::new();
    let mut measured = Measured { related: 0, kept: 0, articles: 0, articles_kept: 0, foreign: 0.0 };
    let (mut foreign, mut foreign_passed) = (0, 0);
    for w in windows {
        let passed = w.probability >= threshold;
        if !w.about {
            foreign += 1;
            foreign_passed += usize::from(passed);
        } else if w.related > 0 {
            measured.related += w.related;
            measured.kept += if passed { w.related } else { 0 };
            *articles.entry(&w.article).or_default() |= passed;
        }
    }
    measured.articles = articles.len();
    measured.articles_kept = articles.values().filter(|passed| **passed).count();
    measured.foreign = foreign_passed as f64 / foreign.max(1) as f64;
    measured
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(about: bool, probability: f64, related: usize) -> Judged {
        Judged { article: ((probability * 1000.0) as usize, "c".into()), about, probability, related }
    }

    #[test]
    fn the_threshold_keeps_the_share_and_not_more_than_it_must() {
        let windows: Vec<Judged> = (0..100)
            .map(|i| judged(true, f64::from(i) / 100.0, 2))
            .chain([judged(false, 0.05, 0), judged(false, 0.001, 0)])
            .collect();
        for (recall, threshold_wanted, kept) in [(0.9, 0.1, 180), (0.95, 0.05, 190), (0.995, 0.0, 200)] {
            let t = threshold(&windows, recall);
            assert!((t - threshold_wanted).abs() < 1e-9, "{recall}: {t}");
            let m = measure(&windows, t);
            assert_eq!((m.related, m.kept, m.articles), (200, kept, 100));
            assert!(m.recall() >= recall);
        }
        assert!((measure(&windows, 0.04).foreign - 0.5).abs() < 1e-9);
    }
}
