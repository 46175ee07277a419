//! Output formats of `stance classify`: one trait, one file per format; sums over groups of sentences.

mod csv;
mod held;
mod html;
mod jsonl;
pub(crate) mod markup;
mod rollup;
pub mod style;
mod table;
mod tally;

pub use csv::Csv;
pub use held::{Held, holder_json, quote_json};
pub use html::Html;
pub use jsonl::Jsonl;
pub use rollup::{By, RollUp, RollUpFormat};
pub use table::Table;
pub use tally::{Clearest, Mean, Tally};

use crate::article::{Kind, Meta};
use crate::error::Result;
use crate::stance::Stance;

/// An article, before its sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleHead {
    /// Its name in records.
    pub id: String,
    /// Its headline, where it has one.
    pub title: Option<String>,
    /// Outlet, date, address and author, where they are known.
    pub meta: Meta,
}

/// A sentence, before its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentenceHead {
    /// Running number in the article.
    pub index: usize,
    /// Number of its block in the article.
    pub block: usize,
    /// First byte in the article's text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Kind of its block.
    pub kind: Kind,
    /// The text.
    pub text: String,
    /// Whose words it holds; `None` where it is the article's author who speaks.
    pub held: Option<Held>,
}

/// Whoever holds a sentence (who is quoted or reported in it, else the article's author), and whether by a name that means the same
/// in other articles: `the minister` of one article is not the minister of another.
pub fn holder_name(article: &ArticleHead, sentence: &SentenceHead) -> (String, bool) {
    match (&sentence.held, &article.meta.author) {
        (Some(held), _) => (held.name().to_owned(), held.named),
        (None, Some(author)) => (format!("{author} (author)"), true),
        (None, None) => (AUTHOR.to_owned(), false),
    }
}

/// What stands for the author of an article that names none.
pub const AUTHOR: &str = "the author";

/// The label of a sentence towards one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The stance; `None` where the model abstains.
    pub label: Option<Stance>,
    /// Probability of the most probable stance.
    pub confidence: f64,
    /// Probability of each of the model's stances.
    pub scores: Vec<(Stance, f64)>,
    /// Whether the sentence was cut to fit the model.
    pub truncated: bool,
    /// Which stage gave it, in a run with `--cascade`.
    pub stage: Option<Stage>,
}

/// Who says it in a run with two stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The first stage: the article, or this part of it, does not bear on the claim.
    Cascade,
    /// The model.
    Model,
}

impl Stage {
    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cascade => "cascade",
            Self::Model => "model",
        }
    }
}

impl Verdict {
    /// The name in files and tables.
    pub fn label_name(&self) -> &'static str {
        self.label.map_or(ABSTAIN, Stance::as_str)
    }
}

/// What stands in place of a label below `--min-confidence`.
pub const ABSTAIN: &str = "abstain";

/// An output format. Calls come in the order article, its sentences, end of the article, …, finish.
pub trait Reporter {
    /// A new article begins.
    fn article(&mut self, head: &ArticleHead) -> Result<()>;
    /// A sentence with one verdict for each claim.
    fn sentence(&mut self, head: &SentenceHead, verdicts: &[Verdict]) -> Result<()>;
    /// The article is done.
    fn end_article(&mut self) -> Result<()>;
    /// Everything is done.
    fn finish(&mut self) -> Result<()>;
}

/// A failed write. A closed pipe is told apart by [`is_closed_pipe`].
pub(crate) fn write_error(e: std::io::Error) -> crate::Error {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        crate::Error::new(CLOSED_PIPE)
    } else {
        crate::Error::new(format!("writing the output: {e}")).hint("is the disk full? nothing is left behind with -o")
    }
}

const CLOSED_PIPE: &str = "the reader of the output has gone";

/// Whether the error only says that the reader of our output has had enough.
pub fn is_closed_pipe(e: &crate::Error) -> bool {
    e.message() == CLOSED_PIPE
}
