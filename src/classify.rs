//! Articles to labelled sentences: read, split, encode, classify, report, each article once for all claims.
//!
//! Reading, splitting and encoding run in a thread of their own, one chunk ahead of the model. A chunk holds sentences of as
//! many articles as fill it, and an article may span chunks, so memory does not grow with the number or the size of articles
//! beyond the one being read.

use crate::article::{Article, Kind};
use crate::error::{Error, Result};
use crate::model::batch::Encoded;
use crate::model::{Classifier, Prediction};
use crate::report::{ArticleHead, Held, Reporter, SentenceHead, Verdict};
use crate::sentence::{self, holdings};
use crate::stance::Stance;
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
    /// Errors: articles that could not be read, sentences that were refused.
    pub failed: usize,
}

enum Item {
    Start(ArticleHead),
    Sentence(SentenceHead, Vec<Encoded>),
    End,
    Failed(Error),
}

/// Classifies articles as they come. `warn` hears of each article that cannot be read, `tick` of each finished sentence.
pub fn run(
    articles: impl Iterator<Item = Result<Article>> + Send,
    model: &Classifier,
    options: &Options,
    reporter: &mut dyn Reporter,
    mut warn: impl FnMut(&Error),
    mut tick: impl FnMut(&Summary),
) -> Result<Summary> {
    for claim in &options.claims {
        model.tokenizer().check_claim(claim)?;
    }
    let mut summary = Summary::default();
    let mut fatal = None;
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2);
        scope.spawn(move || read(articles, model, options, &sender));
        fatal = label(&receiver, model, options, reporter, &mut warn, &mut tick, &mut summary).err();
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
fn read(articles: impl Iterator<Item = Result<Article>>, model: &Classifier, options: &Options, sender: &SyncSender<Vec<Item>>) {
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
        for (sentence, holding) in sentences.into_iter().zip(holdings) {
            if !options.kinds.contains(&sentence.kind) {
                continue;
            }
            let text = &article.text[sentence.start..sentence.end];
            let encoded: Result<Vec<_>> = options.claims.iter().map(|claim| model.encode(text, claim)).collect();
            let cut = |e: &Vec<Encoded>| options.strict && e.iter().any(|e| e.truncated);
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

fn label(
    receiver: &Receiver<Vec<Item>>,
    model: &Classifier,
    options: &Options,
    reporter: &mut dyn Reporter,
    warn: &mut dyn FnMut(&Error),
    tick: &mut dyn FnMut(&Summary),
    summary: &mut Summary,
) -> Result<()> {
    for mut chunk in receiver {
        let mut pairs = Vec::new();
        for item in &mut chunk {
            if let Item::Sentence(_, encoded) = item {
                pairs.append(encoded);
            }
        }
        let mut predictions = model.classify(&pairs, options.threads)?.into_iter();
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
                Item::Sentence(head, _) => {
                    let verdicts: Vec<Verdict> =
                        predictions.by_ref().take(options.claims.len()).map(|p| verdict(p, model.labels(), options)).collect();
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

fn verdict(prediction: Prediction, labels: &[Stance], options: &Options) -> Verdict {
    let confidence = prediction.confidence();
    Verdict {
        label: (confidence >= options.min_confidence).then_some(prediction.label),
        confidence,
        scores: labels.iter().copied().zip(prediction.scores).collect(),
        truncated: prediction.truncated,
    }
}
