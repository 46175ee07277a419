//! Errors that are collected, since a person who repairs a file wants to see all of them at once.

use crate::error::{Error, Result};
use std::fmt;

/// Errors kept; further ones are only counted.
const KEPT: usize = 1000;
/// Errors displayed.
const SHOWN: usize = 20;

/// What is wrong with a dataset. Displayed one after the other, at most twenty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Error>,
    total: usize,
}

impl Problems {
    /// Adds an error.
    pub fn push(&mut self, error: Error) {
        self.total += 1;
        if self.kept.len() < KEPT {
            self.kept.push(error);
        }
    }

    /// How many there are, kept or not.
    pub fn len(&self) -> usize {
        self.total
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The errors kept: the first thousand.
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.kept.iter()
    }

    /// One error made of all, or nothing where there are none.
    pub fn into_result(mut self) -> Result<()> {
        match self.total {
            0 => Ok(()),
            1 => Err(self.kept.remove(0)),
            n => Err(Error::new(format!("{n} problems\n{self}"))),
        }
    }

    /// Splits results into the good ones and the problems.
    pub fn collect<T>(&mut self, results: impl IntoIterator<Item = Result<T>>) -> Vec<T> {
        results.into_iter().filter_map(|result| result.map_err(|error| self.push(error)).ok()).collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.kept.iter().take(SHOWN).enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        if self.total > SHOWN {
            write!(f, "\n… and {} more", self.total - SHOWN)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_some_are_shown() {
        let mut problems = Problems::default();
        let good = problems.collect((0..3000).map(|i| if i % 2 == 0 { Ok(i) } else { Err(Error::new(format!("row {i}"))) }));
        assert_eq!((good.len(), problems.len(), problems.iter().count()), (1500, 1500, 1000));
        let e = problems.into_result().unwrap_err().to_string();
        assert!(e.starts_with("1500 problems\nrow 1\nrow 3") && e.ends_with("row 39\n… and 1480 more"), "{e}");
        assert_eq!(Problems::default().into_result(), Ok(()));
    }
}
