//! Counted things in words.

/// `1 row`, `2 rows`: for nouns that take an s.
pub(crate) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
