//! Fleiss' kappa: agreement of several readers beyond chance, every unit having the same number of votes. Higher is better;
//! 1 is full agreement, 0 that of chance, and it can be negative.
//!
//! With m votes on each of N units, n_ij of them for label j on unit i: P_i = (Σ_j n_ij² - m) / (m (m - 1)) is the share of
//! agreeing pairs of votes on a unit, p_j the share of votes for label j; kappa = (mean P_i - Σ p_j²) / (1 - Σ p_j²) (Fleiss,
//! Measuring nominal scale agreement among many raters, 1971; statsmodels' `fleiss_kappa`). For one label against the rest it
//! is 1 - Σ_i n_ij (m - n_ij) / (N m (m - 1) p_j (1 - p_j)), from the same paper.
//!
//! Where units have different numbers of votes it is not defined: see Krippendorff's alpha ([`super::alpha`]).

/// Kappa of units given as counts of votes by label. `None` where there are no units, where they differ in their number of
/// votes or have fewer than two, and where all votes are for one label.
pub fn fleiss_kappa<U: AsRef<[u64]>>(units: &[U]) -> Option<f64> {
    let (m, totals) = sums(units)?;
    let votes = (m * units.len() as u64) as f64;
    let agreeing: u64 = units.iter().flat_map(|unit| unit.as_ref()).map(|n| n * n.saturating_sub(1)).sum();
    let observed = agreeing as f64 / (votes * (m - 1) as f64);
    let expected: f64 = totals.iter().map(|&n| (n as f64 / votes).powi(2)).sum();
    let constant = totals.iter().filter(|n| **n > 0).count() < 2;
    (!constant).then(|| (observed - expected) / (1.0 - expected))
}

/// Kappa of one label against the rest; `None` as above, and where no vote or every vote is for the label.
pub fn fleiss_kappa_of<U: AsRef<[u64]>>(units: &[U], label: usize) -> Option<f64> {
    let two = |unit: &U| {
        let (own, all) = (unit.as_ref().get(label).copied().unwrap_or(0), unit.as_ref().iter().sum::<u64>());
        [own, all - own]
    };
    fleiss_kappa(&units.iter().map(two).collect::<Vec<_>>())
}

/// The number of votes on every unit, and the votes for each label.
fn sums<U: AsRef<[u64]>>(units: &[U]) -> Option<(u64, Vec<u64>)> {
    let m: u64 = units.first()?.as_ref().iter().sum();
    let mut totals = Vec::new();
    for unit in units {
        let counts = unit.as_ref();
        if m < 2 || counts.iter().sum::<u64>() != m {
            return None;
        }
        totals.resize(counts.len().max(totals.len()), 0);
        totals.iter_mut().zip(counts).for_each(|(total, n)| *total += n);
    }
    Some((m, totals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uneven_or_constant_votes_have_no_kappa() {
        assert_eq!(fleiss_kappa(&[[2, 1], [1, 1]]), None);
        assert_eq!(fleiss_kappa(&[[1, 0], [0, 1]]), None);
        assert_eq!(fleiss_kappa(&[[3, 0], [3, 0]]), None);
        assert_eq!(fleiss_kappa::<[u64; 2]>(&[]), None);
        assert_eq!(fleiss_kappa(&[[2, 0], [0, 2]]), Some(1.0));
        assert_eq!(fleiss_kappa_of(&[[2, 0, 0], [0, 1, 1]], 0), Some(1.0));
    }
}
