//! Rows of labelled text: reading, splits, hashes, checks and statistics.
//!
//! A dataset is a folder with a `dataset.toml` ([`manifest`]), a card `README.md` and rows in JSONL or CSV ([`read`]); a plain
//! `.jsonl`, `.csv` or `.tsv` file is one too, without a licence or a hash. Rows whose text may not be passed on are
//! *stand-off* ([`standoff`]): they name an article, a span and the hash of its text, and are joined where the article is.

pub mod agreement;
pub mod check;
pub mod hash;
pub mod load;
pub mod manifest;
pub mod problems;
pub mod read;
pub mod row;
pub mod split;
pub mod standoff;
pub mod stats;
mod subjects;
mod table;
pub mod write;

pub use check::{Finding, Report, Severity, check};
pub use load::{Dataset, LoadOptions, load};
pub use manifest::Manifest;
pub use problems::Problems;
pub use read::{Labels, ReadOptions};
pub use row::Row;
pub use split::cut_dev;
pub use stats::{Stats, stats};
pub use subjects::subjects;
