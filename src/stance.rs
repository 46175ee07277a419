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

/// Other names of the stances, lower case: the one place where aliases live. NLI heads are read with the claim as
/// hypothesis.
const ALIASES: &[(&str, Stance)] = &[
    ("favor", Stance::Favor),
    ("favour", Stance::Favor),
    ("for", Stance::Favor),
    ("pro", Stance::Favor),
    ("support", Stance::Favor),
    ("supports", Stance::Favor),
    ("supporting", Stance::Favor),
    ("agree", Stance::Favor),
    ("agrees", Stance::Favor),
    ("entailment", Stance::Favor),
    ("entails", Stance::Favor),
    ("against", Stance::Against),
    ("con", Stance::Against),
    ("oppose", Stance::Against),
    ("opposes", Stance::Against),
    ("disagree", Stance::Against),
    ("disagrees", Stance::Against),
    ("refutes", Stance::Against),
    ("undermine", Stance::Against),
    ("contradiction", Stance::Against),
    ("contradicts", Stance::Against),
    ("neutral", Stance::Neutral),
    ("none", Stance::Neutral),
    ("discuss", Stance::Neutral),
    ("discusses", Stance::Neutral),
    ("unrelated", Stance::Unrelated),
    ("irrelevant", Stance::Unrelated),
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

    /// The stance that a label of another system means, by name; letter case and surrounding space do not count.
    pub fn from_alias(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        ALIASES.iter().find(|(alias, _)| *alias == name).map(|&(_, s)| s)
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
        for (i, (a, _)) in ALIASES.iter().enumerate() {
            assert_eq!(*a, a.to_lowercase());
            assert!(ALIASES[i + 1..].iter().all(|(b, _)| a != b), "{a} is listed twice");
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
