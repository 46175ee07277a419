//! The pipeline from articles to records.
