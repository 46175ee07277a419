//! Which articles are on one subject, as far as claims tell.

use std::collections::HashMap;

/// A number for each article, given by its claims: the same for two that share a claim, or are linked by others that do.
pub fn subjects<'a, I: Iterator<Item = &'a String>>(articles: impl Iterator<Item = I>) -> Vec<usize> {
    fn root(parents: &mut [usize], mut i: usize) -> usize {
        while parents[i] != i {
            parents[i] = parents[parents[i]];
            i = parents[i];
        }
        i
    }
    let mut parents = Vec::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (number, claims) in articles.enumerate() {
        parents.push(number);
        for claim in claims {
            let other = *first.entry(claim).or_insert(number);
            let (a, b) = (root(&mut parents, number), root(&mut parents, other));
            parents[a.max(b)] = a.min(b);
        }
    }
    (0..parents.len()).map(|i| root(&mut parents, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_that_share_a_claim_are_on_one_subject() {
        let claims = |c: &[&str]| c.iter().map(|c| (*c).to_owned()).collect::<Vec<String>>();
        let articles = [claims(&["a", "b"]), claims(&["c"]), claims(&["d"]), claims(&["b", "d"])];
        assert_eq!(subjects(articles.iter().map(|a| a.iter())), [0, 1, 0, 0]);
    }
}
