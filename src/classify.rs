//! Articles to labelled sentences: read, split, encode, classify, report, each article once for all claims.
//!
//! Reading, splitting and encoding run in a thread of their own, one chunk ahead of the model. A chunk holds sentences of as
//! many articles as fill it, and an article may span chunks, so memory does not grow with the number or the size of articles
//! beyond the one being read. A pair that came before is not computed again ([`repeats`]).

mod repeats;

use crate::article::{Article, Kind};
use crate::cascade::{Cascade, Claims};
use crate::error::{Error, Result};
use crate::model::batch::Encoded;
use crate::model::{Classifier, Prediction};
use crate::report::{ArticleHead, Held, Reporter, SentenceHead, Stage, Verdict};
use crate::sentence::{self, holdings};
use crate::stance::Stance;
use repeats::Repeats;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Pairs in a chunk: enough to sort by length.
const CHUNK_PAIRS: usize = 512;

/// Pairs in the first one, so that the first labels are out soon; each chunk is twice the one before until they are full.
const FIRST_PAIRS: usize = 32;

/// What to classify and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The claims; every sentence is labelled towards each.
    pub claims: Vec<String>,
    /// Kinds of sentences that are classified; others are left out.
    pub kinds: Vec<Kind>,
    /// Below this probability the label is withheld.
    pub min_confidence: f64,
    /// Makes a cut sentence an error of its article.
    pub strict: bool,
    /// Ends at the first article that cannot be read.
    pub fail_fast: bool,
    /// Threads that run the model.
    pub threads: usize,
}

/// How a run went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Articles that were classified.
    pub articles: usize,
    /// Sentences that were classified.
    pub sentences: usize,
    /// Sentences that were cut to fit the model.
    pub truncated: usize,
    /// Pairs of a sentence and a claim.
    pub pairs: usize,
    /// Of these, stopped by the first stage.
    pub stopped: usize,
    /// Of those that were passed on, the ones that had come before and were not computed again.
    pub repeated: usize,
    /// Errors: articles that could not be read, sentences that were refused.
    pub failed: usize,
}

/// What becomes of a sentence and a claim.
enum Pair {
    /// The model reads it.
    Passed(Encoded),
    /// The first stage says that it is unrelated, with this probability.
    Stopped(f64),
}

enum Item {
    Start(ArticleHead),
    Sentence(SentenceHead, Vec<Pair>),
    End,
    Failed(Error),
}

/// Classifies articles as they come, by way of a first stage where one is given. `warn` hears of each article that cannot be read, `tick` of each finished sentence.
pub fn run(
    articles: impl Iterator<Item = Result<Article>> + Send,
    model: &Classifier,
    cascade: Option<&Cascade>,
    options: &Options,
    reporter: &mut dyn Reporter,
    mut warn: impl FnMut(&Error),
    mut tick: impl FnMut(&Summary),
) -> Result<Summary> {
    for claim in &options.claims {
        model.tokenizer().check_claim(claim)?;
    }
    let first = cascade.map(|c| Ok((c, c.claims(model, &options.claims)?))).transpose()?;
    let mut summary = Summary::default();
    let mut fatal = None;
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2);
        let first = first.as_ref();
        scope.spawn(move || read(articles, model, first, options, &sender));
        fatal = label(&receiver, model, first.is_some(), options, reporter, &mut warn, &mut tick, &mut summary).err();
        // The receiver is dropped here: a reader that still sends stops.
        drop(receiver);
    });
    match fatal {
        Some(error) => Err(error),
        None => {
            reporter.finish()?;
            Ok(summary)
        }
    }
}

/// The reading thread. Ends when the articles do, or when nobody listens any more.
fn read(
    articles: impl Iterator<Item = Result<Article>>,
    model: &Classifier,
    first: Option<&(&Cascade, Claims)>,
    options: &Options,
    sender: &SyncSender<Vec<Item>>,
) {
    let mut chunk = Vec::new();
    let mut pairs = 0;
    let mut full = FIRST_PAIRS;
    for article in articles {
        let article = match article {
            Ok(article) => article,
            Err(error) => {
                chunk.push(Item::Failed(error));
                if sender.send(std::mem::take(&mut chunk)).is_err() {
                    return;
                }
                pairs = 0;
                continue;
            }
        };
        chunk.push(Item::Start(ArticleHead { id: article.id.clone(), title: article.title.clone(), meta: article.meta.clone() }));
        let sentences = sentence::split(&article);
        let holdings = holdings(&article, &sentences);
        let wanted: Vec<_> = sentences.into_iter().zip(holdings).filter(|(s, _)| options.kinds.contains(&s.kind)).collect();
        let stops = match first.map(|first| stops(first, model, &article, wanted.iter().map(|(s, _)| s))).transpose() {
            Ok(stops) => stops,
            Err(error) => {
                chunk.push(Item::Failed(error.at(&article.id)));
                None
            }
        };
        for (number, (sentence, holding)) in wanted.into_iter().enumerate() {
            let text = &article.text[sentence.start..sentence.end];
            let stopped = |claim: usize| stops.as_ref().and_then(|stops| stops[number][claim]);
            let pair = |(i, claim): (usize, &String)| match stopped(i) {
                Some(probability) => Ok(Pair::Stopped(probability)),
                None => model.encode(text, claim).map(Pair::Passed),
            };
            let encoded: Result<Vec<_>> = options.claims.iter().enumerate().map(pair).collect();
            let cut = |e: &Vec<Pair>| options.strict && e.iter().any(|e| matches!(e, Pair::Passed(e) if e.truncated));
            match encoded {
                Ok(encoded) if cut(&encoded) => {
                    let error = Error::new(format!("sentence {} is longer than the model reads", sentence.index))
                        .at(&article.id)
                        .expected(format!("at most {} tokens with the claim", model.tokenizer().max_len()))
                        .hint("without --strict it is cut, and its record says so");
                    chunk.push(Item::Failed(error));
                }
                Ok(encoded) => {
                    pairs += encoded.len();
                    let head = SentenceHead {
                        index: sentence.index,
                        block: sentence.block,
                        start: sentence.start,
                        end: sentence.end,
                        kind: sentence.kind,
                        text: text.to_owned(),
                        held: holding.map(|h| Held::new(&article.text, h)),
                    };
                    chunk.push(Item::Sentence(head, encoded));
                }
                Err(error) => chunk.push(Item::Failed(error.at(&article.id))),
            }
            if pairs >= full {
                pairs = 0;
                full = (2 * full).min(CHUNK_PAIRS);
                if sender.send(std::mem::take(&mut chunk)).is_err() {
                    return;
                }
            }
        }
        chunk.push(Item::End);
        // Articles without a sentence of the wanted kinds must not pile up.
        if chunk.len() >= CHUNK_PAIRS {
            pairs = 0;
            if sender.send(std::mem::take(&mut chunk)).is_err() {
                return;
            }
        }
    }
    let _ = sender.send(chunk);
}

/// What the first stage stops of an article.
fn stops<'a>(
    (cascade, claims): &(&Cascade, Claims),
    model: &Classifier,
    article: &Article,
    sentences: impl Iterator<Item = &'a sentence::Sentence>,
) -> Result<Vec<Vec<Option<f64>>>> {
    let tokens = sentences.map(|s| model.tokenizer().encode_text(&article.text[s.start..s.end])).collect::<Result<Vec<_>>>()?;
    Ok(cascade.stop(claims, &tokens))
}

fn label(
    receiver: &Receiver<Vec<Item>>,
    model: &Classifier,
    staged: bool,
    options: &Options,
    reporter: &mut dyn Reporter,
    warn: &mut dyn FnMut(&Error),
    tick: &mut dyn FnMut(&Summary),
    summary: &mut Summary,
) -> Result<()> {
    let mut repeats = Repeats::default();
    for mut chunk in receiver {
        let mut passed = Vec::new();
        for item in &mut chunk {
            if let Item::Sentence(_, pairs) = item {
                summary.pairs += pairs.len();
                for pair in pairs {
                    match pair {
                        Pair::Passed(encoded) => passed.push(std::mem::take(encoded)),
                        Pair::Stopped(_) => summary.stopped += 1,
                    }
                }
            }
        }
        summary.repeated += passed.len();
        let (predictions, computed) = repeats.classify(model, passed, options.threads)?;
        summary.repeated -= computed;
        let mut predictions = predictions.into_iter();
        for item in chunk {
            match item {
                Item::Start(head) => reporter.article(&head)?,
                Item::End => {
                    summary.articles += 1;
                    reporter.end_article()?;
                }
                Item::Failed(error) => {
                    if options.fail_fast {
                        return Err(error);
                    }
                    summary.failed += 1;
                    warn(&error);
                }
                Item::Sentence(head, pairs) => {
                    let verdicts: Vec<Verdict> = pairs
                        .iter()
                        .filter_map(|pair| match pair {
                            Pair::Stopped(p) => Some(stopped(*p, options)),
                            Pair::Passed(_) => predictions.next().map(|p| verdict(p, model.labels(), staged, options)),
                        })
                        .collect();
                    summary.sentences += 1;
                    summary.truncated += usize::from(verdicts.iter().any(|v| v.truncated));
                    reporter.sentence(&head, &verdicts)?;
                    tick(summary);
                }
            }
        }
    }
    Ok(())
}

fn verdict(prediction: Prediction, labels: &[Stance], staged: bool, options: &Options) -> Verdict {
    let confidence = prediction.confidence();
    Verdict {
        label: (confidence >= options.min_confidence).then_some(prediction.label),
        confidence,
        scores: labels.iter().copied().zip(prediction.scores).collect(),
        truncated: prediction.truncated,
        stage: staged.then_some(Stage::Model),
    }
}

/// Unrelated by the first stage, which knows no more than that: there are no probabilities of the other stances.
fn stopped(probability: f64, options: &Options) -> Verdict {
    Verdict {
        label: (probability >= options.min_confidence).then_some(Stance::Unrelated),
        confidence: probability,
        scores: vec![(Stance::Unrelated, probability)],
        truncated: false,
        stage: Some(Stage::Cascade),
    }
}
