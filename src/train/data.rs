//! Rows to training examples.

use super::step::Example;
use super::{ClassWeights, Data};
use crate::dataset::check::fold;
use crate::dataset::{self, Dataset, LoadOptions, Row, cut_dev, subjects};
use crate::error::{Error, Result};
use crate::model::tokenizer::PairTokenizer;
use crate::stance::Stance;
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Parts a label that stands for several: `neutral|unrelated` where a source does not tell them apart.
pub const EITHER: char = '|';

/// A dataset and how it enters the mixture.
///
/// Written `PATH[:SPLIT][,weight=W][,mismatched=M][,claim=TEXT][,not-claim=TEXT][,not-source=NAME][,OLD=NEW …]`: W passes over it an
/// epoch (1), M mismatched pairs for each row (0), only or all but the rows of one claim, all but those of one source, and other names for
/// its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSpec {
    /// `FILE`, `FOLDER` or either with `:SPLIT`.
    pub dataset: String,
    /// Passes over it in an epoch.
    pub weight: f64,
    /// Pairs of a text and a claim on another subject, labelled unrelated, for each row.
    pub mismatched: f64,
    /// The one claim whose rows are taken.
    pub claim: Option<String>,
    /// The one claim whose rows are left out.
    pub not_claim: Option<String>,
    /// The one source whose rows are left out, of a dataset that is made of several.
    pub not_source: Option<String>,
    /// Further names of labels.
    pub labels: BTreeMap<String, String>,
}

impl FromStr for SourceSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.split(',');
        let dataset = parts.next().unwrap_or_default().trim().to_owned();
        let mut spec = Self {
            dataset,
            weight: 1.0,
            mismatched: 0.0,
            claim: None,
            not_claim: None,
            not_source: None,
            labels: BTreeMap::new(),
        };
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| {
                Error::new(format!("{part:?} in {text:?}")).expected("PATH[:SPLIT][,weight=W][,mismatched=M][,OLD=NEW …]")
            })?;
            let number = || match value.parse::<f64>() {
                Ok(n) if (0.0..=1000.0).contains(&n) => Ok(n),
                _ => Err(Error::new(format!("{key}={value}")).expected("a number from 0 to 1000")),
            };
            match key.trim() {
                "weight" => spec.weight = number()?,
                "mismatched" => spec.mismatched = number()?,
                "claim" => spec.claim = Some(value.trim().to_owned()),
                "not-claim" => spec.not_claim = Some(value.trim().to_owned()),
                "not-source" => spec.not_source = Some(value.trim().to_owned()),
                old => {
                    spec.labels.insert(old.to_owned(), value.trim().to_owned());
                }
            }
        }
        Ok(spec)
    }
}

/// Rows of every source, read and checked.
pub struct Sources {
    /// Training rows of each source.
    pub train: Vec<Vec<Row>>,
    /// Dev rows.
    pub dev: Vec<Row>,
    /// What was read to learn from, for the model card.
    pub datasets: Vec<Dataset>,
    /// What was read to choose with, where it was named.
    pub dev_datasets: Vec<Dataset>,
    /// Dev rows whose text is trained on too: they flatter the scores.
    pub shared_texts: usize,
    /// What each of them may be mismatched with.
    pub claims: Vec<Claims>,
    /// The specs, in the same order as `train`.
    pub specs: Vec<SourceSpec>,
    /// How the dev split came about, in words.
    pub dev_origin: String,
}

/// Reads all datasets. Rows in a `dev`, `validation` or `test` split of a training source are not trained on. Where no dev data is named, the
/// `dev` splits of the sources are taken, or a share of the rows is cut off by article or source group.
pub fn read(
    train: &[SourceSpec],
    dev: &[SourceSpec],
    articles: Option<PathBuf>,
    claim: Option<String>,
    share: f64,
    seed: u64,
) -> Result<Sources> {
    let load = |spec: &SourceSpec| {
        let renaming = Some("--data rows.csv,yes=favor");
        let options = LoadOptions { articles: articles.clone(), labels: spec.labels.clone(), claim: claim.clone(), renaming };
        let mut dataset = dataset::load(&spec.dataset, &options)?.clean()?;
        let claims = if spec.mismatched > 0.0 { Claims::of(&dataset.rows) } else { Claims::default() };
        let wanted = |r: &Row| {
            spec.claim.as_ref().is_none_or(|c| r.claim == *c)
                && spec.not_claim.as_ref().is_none_or(|c| r.claim != *c)
                && spec.not_source.as_ref().is_none_or(|s| r.source.as_ref() != Some(s))
        };
        dataset.rows.retain(wanted);
        Ok::<_, Error>((dataset, claims))
    };
    let mut out = Sources {
        train: Vec::new(),
        dev: Vec::new(),
        datasets: Vec::new(),
        dev_datasets: Vec::new(),
        shared_texts: 0,
        claims: Vec::new(),
        specs: train.to_vec(),
        dev_origin: String::new(),
    };
    let mut own_dev = Vec::new();
    for spec in train {
        let (mut dataset, claims) = load(spec)?;
        let rows = std::mem::take(&mut dataset.rows);
        let (mut keep, mut held) = (Vec::new(), Vec::new());
        for row in rows {
            match row.split.as_deref() {
                _ if dataset.split.is_some() => keep.push(row),
                None | Some("train") => keep.push(row),
                Some("dev" | "validation") => held.push(row),
                Some(_) => {}
            }
        }
        if keep.is_empty() {
            return Err(Error::new("no rows to train on")
                .at(&spec.dataset)
                .expected("rows without a split, or in the split \"train\""));
        }
        own_dev.append(&mut held);
        out.train.push(keep);
        out.claims.push(claims);
        out.datasets.push(dataset);
    }
    if !dev.is_empty() {
        for spec in dev {
            let (mut dataset, _) = load(spec)?;
            out.dev.append(&mut dataset.rows);
            out.dev_datasets.push(dataset);
        }
        out.dev_origin = dev.iter().map(|d| d.dataset.rsplit('/').next().unwrap_or_default()).collect::<Vec<_>>().join(", ");
    } else if !own_dev.is_empty() {
        out.dev = own_dev;
        out.dev_origin = "the dev split of the training data".to_owned();
    } else {
        // One cut over all sources: a text or an article that two of them share goes to one side.
        let (mut from, mut rows) = (Vec::new(), Vec::new());
        for (source, own) in out.train.iter_mut().enumerate() {
            from.extend(std::iter::repeat_n(source, own.len()));
            rows.append(own);
        }
        let cut = cut_dev(&rows, share, seed).map_err(|e| e.hint("name dev data with --dev, or change --dev-share"))?;
        let mut taken: Vec<Option<Row>> = rows.into_iter().map(Some).collect();
        out.dev.extend(cut.dev.iter().filter_map(|&i| taken[i].take()));
        for (source, row) in from.into_iter().zip(taken) {
            out.train[source].extend(row);
        }
        if let Some(empty) = out.train.iter().position(Vec::is_empty) {
            return Err(Error::new("every row of it would go to dev").at(&train[empty].dataset).hint("name dev data with --dev"));
        }
        out.dev_origin = format!("{:.0} % of the training rows, cut off by article or source group", share * 100.0);
    }
    let trained: HashSet<String> = out.train.iter().flatten().map(|r| fold(&r.text)).collect();
    out.shared_texts = out.dev.iter().filter(|r| trained.contains(&fold(&r.text))).count();
    if out.dev.is_empty() {
        return Err(Error::new("no dev rows").hint("name some with --dev"));
    }
    Ok(out)
}

/// The stances that the rows use, in the project's order.
pub fn labels_of(sources: &Sources) -> Result<Vec<Stance>> {
    let mut used = Vec::new();
    for row in sources.train.iter().flatten().chain(&sources.dev) {
        for stance in stances(row)? {
            if !used.contains(&stance) {
                used.push(stance);
            }
        }
    }
    if sources.specs.iter().any(|s| s.mismatched > 0.0) && !used.contains(&Stance::Unrelated) {
        used.push(Stance::Unrelated);
    }
    used.sort_unstable();
    Ok(used)
}

fn stances(row: &Row) -> Result<Vec<Stance>> {
    row.label.split(EITHER).map(|l| l.parse().map_err(|e: Error| Error::new(format!("row {:?}: {e}", row.id)))).collect()
}

/// Encodes every row. `labels` are the stances of the logits in their order.
pub fn encode(sources: &Sources, labels: &[Stance], tokenizer: &PairTokenizer, weights: ClassWeights, seed: u64) -> Result<Data> {
    let mut hash = Sha256::new();
    let mut train = Vec::new();
    for (source, ((rows, spec), claims)) in sources.train.iter().zip(&sources.specs).zip(&sources.claims).enumerate() {
        train.extend(examples(rows, labels, tokenizer, source)?);
        let extra = mismatched(rows, claims, spec.mismatched, seed.wrapping_add(source as u64));
        train.extend(examples(&extra, labels, tokenizer, source)?);
    }
    if weights == ClassWeights::Balanced {
        balance(&mut train, labels.len());
    }
    let dev = examples(&sources.dev, labels, tokenizer, 0)?;
    hash.update(format!("{labels:?} {} {}", train.len(), dev.len()));
    for spec in &sources.specs {
        hash.update(spec.weight.to_le_bytes());
    }
    for e in train.iter().chain(&dev) {
        hash.update((e.pair.ids.len() as u64).to_le_bytes());
        hash.update((e.source as u64).to_le_bytes());
        for id in &e.pair.ids {
            hash.update(id.to_le_bytes());
        }
        hash.update(e.target.iter().map(|&t| u8::from(t)).collect::<Vec<_>>());
        hash.update(e.weight.to_le_bytes());
    }
    let hash = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok(Data { train, source_weights: sources.specs.iter().map(|s| s.weight).collect(), dev, hash })
}

/// Refuses rows whose claim leaves no room for a sentence, by the row's name.
pub fn check_claims(rows: &[Row], tokenizer: &PairTokenizer) -> Result<()> {
    let mut seen = HashSet::new();
    rows.iter()
        .filter(|r| seen.insert(&r.claim))
        .try_for_each(|r| tokenizer.check_claim(&r.claim).map_err(|e| e.hint(format!("the row is {:?}", r.id))))
}

fn examples(rows: &[Row], labels: &[Stance], tokenizer: &PairTokenizer, source: usize) -> Result<Vec<Example>> {
    check_claims(rows, tokenizer)?;
    rows.par_iter()
        .map(|row| {
            let right = stances(row)?;
            if let Some(s) = right.iter().find(|s| !labels.contains(s)) {
                let known: Vec<&str> = labels.iter().map(|l| l.as_str()).collect();
                return Err(Error::new(format!("row {:?} has the label {s}, which the model does not know", row.id))
                    .expected(known.join(", "))
                    .hint("map it to another label, as in --data FILE,unrelated=neutral, or start from a bare encoder"));
            }
            let target = labels.iter().map(|l| right.contains(l)).collect();
            Ok(Example { pair: tokenizer.encode(&row.text, &row.claim)?, target, weight: 1.0, source })
        })
        .collect()
}

/// The claims of a whole dataset and what is known of their subjects: what its texts may be mismatched with.
#[derive(Default)]
pub struct Claims {
    /// The claim of each row, so that frequent ones are drawn more often, and the subject of its article.
    of_rows: Vec<(Arc<str>, Option<usize>)>,
    /// Subject of each article.
    subjects: HashMap<String, usize>,
}

impl Claims {
    fn of(rows: &[Row]) -> Self {
        let mut articles: BTreeMap<&String, HashSet<&String>> = BTreeMap::new();
        for row in rows {
            if let Some(article) = &row.article {
                articles.entry(article).or_default().insert(&row.claim);
            }
        }
        let numbers = subjects(articles.values().map(|claims| claims.iter().copied()));
        let subjects: HashMap<String, usize> = articles.into_keys().cloned().zip(numbers).collect();
        let mut known: HashSet<Arc<str>> = HashSet::new();
        let mut of_rows = Vec::with_capacity(rows.len());
        for row in rows {
            let claim = known.get(row.claim.as_str()).cloned().unwrap_or_else(|| row.claim.as_str().into());
            known.insert(claim.clone());
            of_rows.push((claim, row.article.as_ref().map(|a| subjects[a])));
        }
        Self { of_rows, subjects }
    }

    /// A claim that has nothing to do with the row: of an article on another subject, or, where articles do not tell, one that shares no
    /// longer word with the row. None where a few draws find no such claim.
    fn foreign_to(&self, row: &Row, rng: &mut ChaCha8Rng) -> Option<&str> {
        let words = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 4).map(str::to_lowercase).collect()
        };
        let subject = row.article.as_ref().and_then(|a| self.subjects.get(a).copied());
        let own = words(&format!("{} {}", row.text, row.claim));
        (0..8).find_map(|_| {
            let (claim, theirs) = self.of_rows.choose(rng)?;
            let foreign = match (subject, theirs) {
                (Some(subject), Some(theirs)) => subject != *theirs,
                _ => {
                    let theirs = words(claim);
                    **claim != *row.claim && !theirs.is_empty() && theirs.iter().all(|w| !own.contains(w))
                }
            };
            foreign.then_some(&**claim)
        })
    }
}

/// Texts with a claim that they have nothing to do with: unrelated.
fn mismatched(rows: &[Row], claims: &Claims, share: f64, seed: u64) -> Vec<Row> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let wanted = (share * rows.len() as f64).round() as usize;
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.shuffle(&mut rng);
    let mut out = Vec::with_capacity(wanted);
    for (number, &i) in order.iter().cycle().take(wanted).enumerate() {
        if let Some(claim) = claims.foreign_to(&rows[i], &mut rng) {
            let id = format!("{}+{number}", rows[i].id);
            let label = Stance::Unrelated.to_string();
            out.push(Row { id, text: rows[i].text.clone(), claim: claim.to_owned(), label, ..Row::default() });
        }
    }
    out
}

/// Weights inversely to the frequency of the label, with mean 1 (as scikit-learn's `balanced`).
fn balance(examples: &mut [Example], labels: usize) {
    let first = |e: &Example| e.target.iter().position(|&t| t).unwrap_or(0);
    let mut counts = HashMap::<usize, usize>::new();
    for e in examples.iter() {
        *counts.entry(first(e)).or_default() += 1;
    }
    let present = counts.len().min(labels);
    let n = examples.len() as f64;
    for e in examples.iter_mut() {
        e.weight = (n / (present as f64 * counts[&first(e)] as f64)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, text: &str, claim: &str) -> Row {
        Row { id: id.into(), text: text.into(), claim: claim.into(), label: "favor".into(), ..Row::default() }
    }

    #[test]
    fn specs_name_weight_and_labels() {
        let spec: SourceSpec = "a/b.jsonl:train,weight=0.5,mismatched=0.2,neutral=neutral|unrelated".parse().unwrap();
        assert_eq!((spec.dataset.as_str(), spec.weight, spec.mismatched), ("a/b.jsonl:train", 0.5, 0.2));
        assert_eq!(spec.labels["neutral"], "neutral|unrelated");
        let spec: SourceSpec = "a.jsonl,not-source=tweets".parse().unwrap();
        assert_eq!(spec.not_source.as_deref(), Some("tweets"));
        let spec: SourceSpec = "a.csv,claim=Rents will fall.".parse().unwrap();
        assert_eq!((spec.claim.as_deref(), spec.not_claim), (Some("Rents will fall."), None));
        assert!("x.csv,weight=-1".parse::<SourceSpec>().is_err());
        assert!("x.csv,weight".parse::<SourceSpec>().is_err());
    }

    #[test]
    fn mismatched_pairs_take_a_claim_of_another_row_without_shared_words() {
        let rows =
            [row("1", "Ferries sail again.", "The ferries return."), row("2", "Onions are dear.", "Onions will get cheaper.")];
        let pairs = mismatched(&rows, &Claims::of(&rows), 1.0, 7);
        assert_eq!(pairs.len(), 2);
        for p in pairs {
            assert_eq!(p.label, "unrelated");
            assert!(!rows.iter().any(|r| r.text == p.text && r.claim == p.claim));
        }
        assert!(mismatched(&rows[..1], &Claims::of(&rows[..1]), 1.0, 7).is_empty());
        // Claims of short words alone cannot be told from a text's own subject: no pair.
        let short = [row("1", "They hate it.", "Tax the rich"), row("2", "They like it.", "Gun ban")];
        assert!(mismatched(&short, &Claims::of(&short), 1.0, 7).is_empty());
    }

    #[test]
    fn mismatched_pairs_of_articles_are_on_two_subjects() {
        let of = |article: &str, r: Row| Row { article: Some(article.into()), ..r };
        // Articles a and b share a claim, so the other claims of one are not foreign to the other, whatever their words.
        let all = [
            of("a", row("1", "Ferries sail again.", "The ferries return.")),
            of("a", row("2", "Ferries sail again.", "Boats will be dear.")),
            of("b", row("3", "Tickets cost more.", "The ferries return.")),
            of("c", row("4", "Onions are dear again.", "Onions will sail again.")),
        ];
        let claims = Claims::of(&all);
        let kept = &all[..3];
        let pairs = mismatched(kept, &claims, 20.0, 7);
        assert!(pairs.len() > 30, "{}", pairs.len());
        assert!(pairs.iter().all(|p| p.claim == "Onions will sail again."));
        let pairs = mismatched(&all[3..], &claims, 20.0, 7);
        assert!(pairs.len() > 15 && pairs.iter().all(|p| p.claim != "Onions will sail again."));
    }

    #[test]
    fn balanced_weights_have_mean_one_and_favour_the_rare() {
        let example = |c: usize| Example {
            pair: crate::model::batch::Encoded { ids: vec![], types: vec![], truncated: false },
            target: vec![c == 0, c == 1],
            weight: 1.0,
            source: 0,
        };
        let mut rows = vec![example(0), example(0), example(0), example(1)];
        balance(&mut rows, 2);
        let w: Vec<f32> = rows.iter().map(|e| e.weight).collect();
        assert_eq!(w, [4.0 / 6.0, 4.0 / 6.0, 4.0 / 6.0, 2.0]);
    }
}
