//! What looks like a statement and is none.

use super::super::lexicon::{
    ALONE, BARE, CLAUSE, CONJ, DET, Form, LOOSE, PERSON, PHRASE, PREP, PRON, QUOTED, RELATIVE, SOURCE, SPEECH, SUB, TIME, TO,
    lemma,
};
use super::super::tokens::Token;
use super::phrases::Frame;
use super::subjects::finite_at;
use super::{Found, Shape, WORDS_BESIDE};
use std::ops::Range;

/// Whether the verb of an attribution takes this.
pub(super) fn verb_takes(f: &Found, takes: u8) -> bool {
    f.verb.is_some_and(|v| v.takes & takes != 0)
}

/// Whether a statement without quotation marks has a speaker that can say things.
pub(super) fn plausible(frame: &Frame<'_>, f: &Found) -> bool {
    let quoted = f.content.iter().any(|c| c.clone().any(|i| frame.quotation(i)));
    let person = matches!(frame.word(f.speaker.start).to_ascii_lowercase().as_str(), "he" | "she") || frame.may_speak(&f.speaker);
    // `which means that …`: nobody speaks.
    if f.verb.is_some_and(|v| lemma(v) == "mean") && (!person || frame.is(f.speaker.start, RELATIVE | SUB)) {
        return false;
    }
    // `11.04`, of a live report.
    if f.speaker.len() == 1 && frame.word(f.speaker.start).starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    // `signs that read “…”` show words, but nobody says them.
    if f.verb.is_some_and(|v| lemma(v) == "read") && f.speaker.len() == 1 && frame.is(f.speaker.start, RELATIVE | SUB) {
        return false;
    }
    let pronoun = if f.speaker.len() == 1 { frame.word(f.speaker.start).to_ascii_lowercase() } else { String::new() };
    // `Can you explain why …?` asks for it.
    if pronoun == "you" {
        return false;
    }
    // `There said …`, `Indeed promises …`
    if f.speaker.len() == 1
        && !frame.is(f.speaker.start, ALONE)
        && (frame.is_adverb(f.speaker.start) || matches!(pronoun.as_str(), "there" | "indeed" | "otherwise"))
    {
        return false;
    }
    if quoted && f.shape == Shape::Before {
        let aux = |words: &[&str]| f.cue.clone().any(|i| words.iter().any(|w| frame.word_is(i, w)));
        // `did not say how many “agents” had left`; `would ask for “fair” prices`: it is not said.
        let denied = f.verb.is_some_and(|v| v.takes & SPEECH != 0 && v.takes & (PHRASE | TO) == 0)
            && (aux(&["not", "never"])
                || f.cue.clone().any(|i| frame.word(i).ends_with("n't") || frame.word(i).ends_with("n’t")));
        let planned = f.verb.is_some_and(|v| v.form == Form::Base) && aux(&["would", "will", "should"]);
        if denied || planned {
            return false;
        }
        // `feel free to “sail”`, `expects the guild to “sail”`: no clause.
        let first = f.content.first().map_or(0, |c| c.start);
        if f.verb.is_some_and(|v| v.takes & LOOSE != 0 && v.takes & BARE != 0)
            && !frame.is(first, SUB)
            && !frame.quotation(first)
            && !f.content.first().is_some_and(|c| (c.start..c.end.min(c.start + 16)).any(|k| finite_at(frame, k)))
        {
            return false;
        }
    }
    match f.shape {
        Shape::According => return true,
        // `Transcript: “The Ice Goes”`
        Shape::Colon => return quoted && !(f.speaker.len() == 1 && frame.is(f.speaker.start, SOURCE)),
        // `wants a “fair” trial`: too little to be somebody's words.
        Shape::Phrase if quoted && f.verb.is_some_and(|v| v.takes & LOOSE != 0 && v.takes & (SPEECH | TO) == 0) => {
            let that = f.content.first().is_some_and(|c| frame.word_is(c.start, "that"));
            return that || f.content.iter().any(|c| c.clone().any(|i| frame.quotation(i) && frame.inside(i).0 >= WORDS_BESIDE));
        }
        // `As the “Never Again” movement continues`
        Shape::Behind | Shape::Inverted
            if quoted
                && f.verb.is_some_and(|v| {
                    v.takes & CLAUSE == 0 || matches!(lemma(v), "continue" | "charge" | "discuss" | "decide")
                }) =>
        {
            return f.content.iter().any(|c| c.end > c.start && frame.quotation(c.end - 1) && frame.ends_open(c.end - 1));
        }
        Shape::Noun if !quoted || !f.content.first().is_some_and(|c| frame.word_is(c.start, "that")) => return false,
        _ if quoted => return true,
        // `…, saying that …`; not `in denouncing …`
        Shape::Participle => {
            let joined = f.cue.start == 0 || frame.before(f.cue.start).is_some_and(|t| !t.is_word() || t.is(CONJ));
            let verb = f.verb.is_some_and(|v| v.form == Form::Ing);
            if !joined || !verb || matches!(pronoun.as_str(), "it" | "they") {
                return false;
            }
        }
        // `In a letter to the guild, Roe bragged`: how, and not what.
        Shape::Behind if f.content.len() == 1 && f.content.first().is_some_and(|c| led(frame, c)) => return false,
        Shape::Behind
            if f.verb.is_some_and(|v| v.takes & PHRASE != 0 || v.takes & CLAUSE == 0)
                || matches!(pronoun.as_str(), "who" | "which" | "that") =>
        {
            return false;
        }
        Shape::Inverted if !f.speaker.clone().any(|i| frame.name(i)) => {
            let person = frame.is(frame.head(&f.speaker), PERSON);
            if !person || !f.verb.is_some_and(|v| matches!(lemma(v), "say" | "warn" | "insist" | "claim" | "note")) {
                return false;
            }
        }
        _ => {}
    }
    if f.verb.is_some_and(|v| v.takes & QUOTED != 0) {
        return false;
    }
    // `R-Tex.`, `Sioux City, Iowa`: not who speaks.
    if f.speaker.len() == 1 && frame.word(f.speaker.start).ends_with('.') {
        return false;
    }
    // `Neither government has said whether …`, `anybody who asked why`: nobody says it.
    let first = frame.word(f.speaker.start).to_ascii_lowercase();
    let negated = frame.is(f.speaker.end - 1, CONJ) || frame.word_is(f.speaker.end - 1, "neither");
    if negated || matches!(first.as_str(), "nobody" | "none" | "neither" | "no" | "anyone" | "anybody" | "whoever") {
        return false;
    }
    // What somebody could say or did not say is not said.
    let hedged = f.cue.clone().any(|i| {
        let word = frame.word(i);
        matches!(word, "not" | "never" | "would" | "will" | "could" | "can" | "may" | "might" | "should" | "must")
            || word.ends_with("n't")
            || word.ends_with("n’t")
    });
    if hedged {
        return false;
    }
    if f.speaker.start.checked_sub(1).is_some_and(|i| frame.word_is(i, "if") || frame.word_is(i, "unless")) {
        return false;
    }
    if matches!(f.shape, Shape::Before | Shape::Phrase) && f.verb.is_some_and(|v| v.form == Form::Ing) {
        return false;
    }
    if f.shape == Shape::Phrase {
        let finite = f.verb.is_some_and(|v| matches!(v.form, Form::Past | Form::Third | Form::Participle));
        let first = f.content.first().map_or(0, |c| c.start);
        // `described the wall`: nothing is said of it.
        let bare = f.verb.is_some_and(|v| lemma(v) == "describe")
            && !f.content.iter().any(|c| c.clone().any(|i| frame.word_is(i, "as")));
        // `recalled its envoy`; `called on the minister on Monday`
        let bare = bare
            || f.verb.is_some_and(|v| lemma(v) == "call")
                && frame.word_is(first, "on")
                && !f.content.iter().any(|c| c.clone().any(|i| frame.word_is(i, "to")));
        let called = bare || f.verb.is_some_and(|v| lemma(v) == "call") && !matches!(frame.word(first), "for" | "on");
        if !finite || called || f.content.iter().map(Range::len).sum::<usize>() < 3 {
            return false;
        }
    }
    let first = f.content.first().map_or(0, |c| c.start);
    // `told him last week`: when, and not what.
    let when =
        |i: usize| frame.is(i, TIME) || frame.is(i, DET) && !frame.word_is(i, "that") || matches!(frame.word(i), "last" | "next");
    if f.content.iter().all(|c| c.clone().all(|i| when(i) || !frame.get(i).is_some_and(Token::is_word))) {
        return false;
    }
    // `found itself in debt`, `declared himself`
    if matches!(frame.word(first), "himself" | "herself" | "itself" | "themselves") {
        return false;
    }
    // `announced support`, `said little`: no clause.
    if f.shape == Shape::Before
        && f.verb.is_some_and(|v| {
            matches!(lemma(v), "think" | "declare" | "conclude" | "believe" | "argue" | "find" | "claim" | "say")
        })
        && !frame.is(first, SUB | RELATIVE)
        && !frame.finite(f.content.first().cloned().unwrap_or_default())
        // `claimed the prize`, `declared war`
        || f.verb.is_some_and(|v| matches!(lemma(v), "claim" | "declare"))
            && f.shape == Shape::Before
            && !frame.is(first, SUB | RELATIVE | PRON)
            && !f.content.first().is_some_and(|c| (c.start..c.end.min(c.start + 16)).any(|k| finite_at(frame, k)))
    {
        return false;
    }
    // `recalled its envoy`
    if f.verb.is_some_and(|v| lemma(v) == "recall")
        && f.shape == Shape::Before
        && frame
            .phrase_at(first)
            .is_some_and(|object| frame.is(frame.head(&object), PERSON) && !frame.finite(object.end..object.end + 1))
    {
        return false;
    }
    // Some verbs report only where `that` follows.
    if f.verb.is_some_and(|v| v.takes & LOOSE != 0)
        && !f.content.first().is_some_and(|c| frame.word_is(c.start, "that"))
        && !(f.shape == Shape::Behind && f.verb.is_some_and(|v| v.form == Form::Past))
    {
        return false;
    }
    let firm = f.verb.is_some_and(|v| v.takes & SPEECH != 0 && v.takes & CLAUSE != 0);
    if f.speaker.len() == 1 {
        match pronoun.as_str() {
            "i" | "we" => return false,
            "it" | "they" if f.shape == Shape::Behind => return firm,
            "it" | "they" | "who" | "which" | "that" => return false,
            "he" | "she" => return true,
            _ => {}
        }
    }
    if f.speaker.clone().any(|i| frame.name(i)) {
        return true;
    }
    let head = frame.head(&f.speaker);
    // `a smuggler said that …`: who says, tells or admits something is a person, whatever the noun. Of `the disk said that …`
    // more stands before the rules' reach: `an officer who had seen the disk said`.
    let human = f.shape == Shape::Before
        && matches!(frame.word(f.speaker.start), "a" | "an" | "A" | "An")
        && !f.speaker.clone().any(|i| frame.is(i, PREP))
        && f.verb
            .is_some_and(|v| v.form == Form::Past && matches!(lemma(v), "say" | "tell" | "admit" | "insist" | "concede" | "add"));
    frame.is(head, PERSON | SOURCE | ALONE)
        || firm && frame.word(head).ends_with('s')
        || human
        || frame.word_is(f.speaker.end, "who")
}

/// Whether what is said is nothing but an introduction: `In a letter to the guild`, `Though she did not sail`.
fn led(frame: &Frame<'_>, content: &Range<usize>) -> bool {
    let first = frame.word(content.start).to_ascii_lowercase();
    let under = matches!(first.as_str(), "though" | "although" | "while" | "when" | "after" | "before" | "since" | "because");
    let placed = frame.is(content.start, PREP) && !content.clone().any(|k| finite_at(frame, k));
    (under || placed) && frame.introduces(content.clone())
}
