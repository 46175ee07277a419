//! The four stances and the names that other people give them.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The stance that a sentence conveys towards a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// Speaks for the claim.
    Favor,
    /// Speaks against the claim.
    Against,
    /// About the claim's question, leaning to neither side.
    Neutral,
    /// Not about the claim's question.
    Unrelated,
}

/// Other names of the stances, lower case: the one place where aliases live, which the README lists. NLI heads are read with the
/// claim as hypothesis.
///
/// Left out is what sets do not agree on (`comment`, `query`, `positive`, `yes`, numbers), and what is a likely name for a column of
/// something else in a file of predictions: there a column that is called like a label holds its probability.
const ALIASES: [(Stance, &[&str]); 4] = [
    (
        Stance::Favor,
        &[
            "favor",
            "favour",
            "for",
            "in favor",
            "in favour",
            "pro",
            "support",
            "supports",
            "supporting",
            "agree",
            "agrees",
            "endorse",
            "endorses",
            "entailment",
            "entails",
        ],
    ),
    (
        Stance::Against,
        &[
            "against",
            "con",
            "contra",
            "anti",
            "oppose",
            "opposes",
            "opposing",
            "disagree",
            "disagrees",
            "deny",
            "denies",
            "refute",
            "refutes",
            "refuting",
            "undermine",
            "undermines",
            "contradiction",
            "contradicts",
        ],
    ),
    (Stance::Neutral, &["neutral", "none", "discuss", "discusses", "discussing"]),
    (Stance::Unrelated, &["unrelated", "irrelevant"]),
];

impl Stance {
    /// Every stance, in the order in which the project writes them.
    pub const ALL: [Self; 4] = [Self::Favor, Self::Against, Self::Neutral, Self::Unrelated];

    /// The name in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Favor => "favor",
            Self::Against => "against",
            Self::Neutral => "neutral",
            Self::Unrelated => "unrelated",
        }
    }

    /// The names that it goes by in other people's data, its own first.
    pub fn names(self) -> &'static [&'static str] {
        ALIASES[self as usize].1
    }

    /// The stance that a label of another system means, by name; letter case and surrounding space do not count.
    pub fn from_alias(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        ALIASES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|&(stance, _)| stance)
    }
}

impl fmt::Display for Stance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Stance {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::from_alias(s).ok_or_else(|| {
            Error::new(format!("unknown label {s:?}"))
                .expected("favor, against, neutral or unrelated (or an alias such as support, disagree, entailment)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_is_lower_case_and_listed_once() {
        let all: Vec<&str> = ALIASES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for (i, a) in all.iter().enumerate() {
            assert_eq!(*a, a.to_lowercase());
            assert!(all[i + 1..].iter().all(|b| a != b), "{a} is listed twice");
        }
        assert!(ALIASES.iter().zip(Stance::ALL).all(|((a, names), b)| *a == b && names[0] == b.as_str()));
    }

    #[test]
    fn the_names_that_sets_use_are_known() {
        for (stance, names) in [
            (Stance::Favor, &["Favour", "PRO", "for", "support", "agree"][..]),
            (Stance::Against, &["anti", "CON", "oppose", "disagree", "deny", "refute"]),
            (Stance::Neutral, &["none", "discuss"]),
        ] {
            names.iter().for_each(|name| assert_eq!(Stance::from_alias(name), Some(stance), "{name}"));
        }
        // Some sets mean "neutral" by it, some "unrelated".
        assert_eq!(Stance::from_alias("comment"), None);
    }

    #[test]
    fn the_readme_lists_every_name() {
        let readme = include_str!("../README.md");
        for stance in Stance::ALL {
            let others: Vec<String> = stance.names()[1..].iter().map(|name| format!("`{name}`")).collect();
            let line = format!("| `{stance}` | {} |", others.join(", "));
            assert!(readme.contains(&line), "{line}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for s in Stance::ALL {
            assert_eq!(s.as_str().parse::<Stance>(), Ok(s));
        }
        assert_eq!(Stance::from_alias(" CONTRADICTION "), Some(Stance::Against));
        assert!("label_0".parse::<Stance>().is_err());
    }
}
