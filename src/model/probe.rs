//! A check at load that the labels mean what their names say.
//!
//! Plainly agreeing and plainly contradicting pairs must come out on the right sides. Label names can be swapped in a
//! `config.json` without any other sign; scores would then be wrong in silence.

use crate::stance::Stance;

/// Sentence and claim of which the side is beyond doubt.
pub const AGREEING: &[(&str, &str)] = &[
    ("The bridge will open on Monday, the mayor confirmed.", "The bridge will open on Monday."),
    ("The company made a profit last year.", "The company made money last year."),
    ("The new medicine works, all doctors agree.", "The new medicine is effective."),
];

/// The same claims, contradicted.
pub const CONTRADICTING: &[(&str, &str)] = &[
    ("The bridge will not open on Monday, the mayor said.", "The bridge will open on Monday."),
    ("The company did not make any money last year.", "The company made money last year."),
    ("The new medicine does not work at all, all doctors agree.", "The new medicine is effective."),
];

/// What the probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// Agreement reads as favor, contradiction as against.
    Right,
    /// The other way round: the label names are swapped.
    Swapped,
    /// Neither: the model cannot tell the two apart.
    Undecided,
}

/// Mean log-odds of favor over against on both kinds of pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probe {
    /// On agreeing pairs; above `contradicting` in a sound model.
    pub agreeing: f64,
    /// On contradicting pairs.
    pub contradicting: f64,
}

impl Probe {
    /// Log-odds from the logits of each pair, in the order of `labels`.
    pub fn measure(agreeing: &[Vec<f32>], contradicting: &[Vec<f32>], labels: &[Stance]) -> Self {
        let place = |s: Stance| labels.iter().position(|&l| l == s);
        let mean = |rows: &[Vec<f32>]| match (place(Stance::Favor), place(Stance::Against)) {
            (Some(f), Some(a)) => rows.iter().map(|z| f64::from(z[f] - z[a])).sum::<f64>() / rows.len() as f64,
            _ => f64::NAN,
        };
        Self { agreeing: mean(agreeing), contradicting: mean(contradicting) }
    }

    /// Agreement must lean to favor and contradiction to against; swapped means both the other way round.
    pub fn outcome(&self) -> ProbeOutcome {
        if self.agreeing > 0.0 && self.contradicting < 0.0 {
            ProbeOutcome::Right
        } else if self.agreeing < 0.0 && self.contradicting > 0.0 {
            ProbeOutcome::Swapped
        } else {
            ProbeOutcome::Undecided
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_names_are_told_from_right_ones() {
        let (agree, contradict) = (vec![vec![3.0, -1.0, 0.0]; 3], vec![vec![-2.0, 2.5, 0.0]; 3]);
        let right = [Stance::Favor, Stance::Against, Stance::Neutral];
        let swapped = [Stance::Against, Stance::Favor, Stance::Neutral];
        assert_eq!(Probe::measure(&agree, &contradict, &right).outcome(), ProbeOutcome::Right);
        assert_eq!(Probe::measure(&agree, &contradict, &swapped).outcome(), ProbeOutcome::Swapped);
        assert_eq!(Probe::measure(&agree, &agree, &right).outcome(), ProbeOutcome::Undecided);
        assert_eq!(Probe::measure(&agree, &agree, &[Stance::Neutral; 3]).outcome(), ProbeOutcome::Undecided);
    }
}
