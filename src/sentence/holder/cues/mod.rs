//! Cues of a frame (`said`, `according to`, `claim that`) to attributions: who, to whom, what.
//!
//! There is no parser. From each cue the subject is looked for on its left, or on its right where the order is turned round
//! (`said Roe`), and what is said on the other side or behind. Every look is bounded by [`REACH`] tokens, so that the time is
//! linear in the length of a frame.

#![allow(clippy::single_range_in_vec_init, reason = "content is a list of spans, most often of one")]

mod clauses;
mod contents;
mod mentions;
mod others;
mod phrases;
mod plausible;
mod subjects;
mod verbs;

use super::lexicon::{AUX, Form, LOOSE, PERSON, PHRASE, PRON, SAYING, SOURCE, SPEECH, Verb};
use others::{according, beside, by_noun, colon, uttered};
use plausible::{plausible, verb_takes};
use std::ops::Range;
use subjects::verb_group;
use verbs::by_verb;

pub(super) use mentions::{antecedent, describe, names, opens, person, place, refers, subject};
pub(super) use phrases::Frame;

/// How far a rule looks to either side, in tokens.
const REACH: usize = 60;

/// The longest stretch that is taken as what is said, in tokens; a quotation is one.
const LONGEST: usize = 400;

/// Fewest words of a quotation that counts without a cue.
const WORDS_BESIDE: usize = 4;

/// How an attribution was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// `…, said Roe.`
    Inverted,
    /// `…, Roe said.`
    Behind,
    /// `Roe said that …`, `Roe said: “…”`
    Before,
    /// `Roe called it …`
    Phrase,
    /// `according to Roe`
    According,
    /// `…, adding that …`
    Participle,
    /// `Roe: …`
    Colon,
    /// `the claim by Roe that …`
    Noun,
    /// A quotation beside no cue, in a sentence with a subject.
    Beside,
    /// A quotation by itself: the speaker before goes on.
    Alone,
}

/// An attribution inside a frame, in indices of the frame's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub shape: Shape,
    pub verb: Option<Verb>,
    pub cue: Range<usize>,
    /// The speaker as written.
    pub speaker: Range<usize>,
    pub addressee: Option<Range<usize>>,
    /// What is said, in order.
    pub content: Vec<Range<usize>>,
}

/// Looks for the attributions of a frame.
pub(super) fn find(frame: &Frame<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    // Up to where tokens to the left belong to an attribution before.
    let mut floor = 0;
    for i in 0..frame.tokens.len() {
        let Some(t) = frame.get(i).filter(|t| t.is_word()) else { continue };
        let next = if frame.word_is(i, "according") && frame.word_is(i + 1, "to") {
            according(frame, i, floor)
        } else if let Some(verb) = t.entry.verb {
            by_verb(frame, i, verb, floor, &found).or_else(|| by_noun(frame, i))
        } else if t.is(SAYING) {
            by_noun(frame, i)
        } else {
            None
        };
        if let Some(next) = next.filter(|n| plausible(frame, n)) {
            // What is said inside another statement belongs to that; a verb that seldom reports gives way.
            let inside = |f: &&Found| {
                matches!(f.shape, Shape::Before | Shape::Participle | Shape::According | Shape::Phrase | Shape::Noun)
                    && f.content.iter().any(|c| c.contains(&i))
            };
            let around = matches!(next.shape, Shape::Inverted | Shape::Behind) || frame.word_is(i, "according");
            // `the dismay at what one called “amateur hour”`: words of its own inside of another statement.
            let named = next.speaker.start > 0
                && matches!(frame.word(next.speaker.start - 1), "what" | "which")
                && verb_takes(&next, PHRASE)
                && next.content.first().is_some_and(|c| frame.quotation(c.start));
            if !around
                && !named
                && let Some(at) = found.iter().rev().take(4).position(|f| inside(&f))
            {
                let at = found.len() - 1 - at;
                let firm = |f: &Found| {
                    f.verb.is_none_or(|v| v.takes & LOOSE == 0)
                        || f.content.first().is_some_and(|c| frame.word_is(c.start, "that"))
                };
                if found.get(at).is_none_or(firm) {
                    continue;
                }
                found.remove(at);
            }
            if matches!(next.shape, Shape::Inverted | Shape::Behind | Shape::According) {
                floor = next.cue.end.max(next.speaker.end);
            }
            if matches!(next.shape, Shape::Inverted | Shape::Behind) {
                // What it says is all that stands before it, with what is said therein.
                let within = |f: &Found| next.content.iter().any(|c| c.start <= f.cue.start && f.cue.end <= c.end);
                while found.last().is_some_and(within) {
                    found.pop();
                }
                // `Roe had a doubt: “Will it sail?” she asked`: what was announced has its own cue.
                let first = next.content.first().map_or(0, |c| c.start);
                for content in found.last_mut().into_iter().flat_map(|f| &mut f.content) {
                    if content.start < first && first < content.end {
                        content.end = first - usize::from(frame.mark(first - 1, ':') || frame.mark(first - 1, ','));
                    }
                }
            }
            if named && found.last().is_some_and(|f| f.content == next.content) {
                found.pop();
            }
            found.push(next);
        }
    }
    if found.is_empty() {
        found.extend(colon(frame));
    }
    found.retain(|f| f.shape != Shape::Colon || plausible(frame, f));
    uttered(frame, &mut found);
    beside(frame, &mut found);
    found
}

/// Where what a frame says from its first word on ends.
pub(super) fn clause_end(frame: &Frame<'_>) -> usize {
    frame.clause_end(0)
}

/// Whether a frame goes on with a quotation and leads it to its end: `“They agree, but they aren't there yet” to support him.`
pub(super) fn resumes(frame: &Frame<'_>) -> bool {
    frame.quotation(0)
        && !frame.ends_open(0)
        && frame.inside(0).0 >= WORDS_BESIDE
        && !frame.inside(0).1
        && frame.get(1).is_some_and(|t| t.is_word() && !t.capital && !t.is(AUX) && t.entry.verb.is_none())
}

/// Whose words a frame that ends in a colon announces.
pub(super) fn announcer(frame: &Frame<'_>) -> Option<Range<usize>> {
    let from = frame.tokens.len().saturating_sub(REACH);
    let verb = (from..frame.tokens.len())
        .rev()
        .find(|&i| frame.get(i).is_some_and(|t| t.entry.verb.is_some_and(|v| v.takes & SPEECH != 0 && v.form != Form::Base)));
    verb.and_then(|i| frame.subject_before(verb_group(frame, i).0)).filter(|s| speaks(frame, s)).or_else(|| subject(frame))
}

/// Whether a phrase names somebody who may speak.
fn speaks(frame: &Frame<'_>, phrase: &Range<usize>) -> bool {
    match frame.word(phrase.start).to_ascii_lowercase().as_str() {
        "he" | "she" if phrase.len() == 1 => true,
        _ => {
            !(phrase.len() == 1 && frame.is(phrase.start, PRON))
                && (phrase.clone().any(|k| frame.name(k)) || frame.is(frame.head(phrase), PERSON | SOURCE))
        }
    }
}
