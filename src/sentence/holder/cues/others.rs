//! Cues that are no verbs of saying: `according to`, nouns, colons, and quotations that stand beside a subject.

use super::super::lexicon::{AUX, CONJ, DET, PERSON, PREP, PRON, RELATIVE, SAYING, SOURCE, SPEECH, SUB, TITLE, VERB};
use super::super::tokens::What;
use super::contents::verb_first;
use super::phrases::Frame;
use super::subjects::{finite_at, governor, verb_group};
use super::{Found, REACH, Shape, WORDS_BESIDE, speaks};
use std::ops::Range;

/// `according to Roe`
pub(super) fn according(frame: &Frame<'_>, at: usize, floor: usize) -> Option<Found> {
    // `according to which …`
    let speaker = frame.phrase_at(at + 2).filter(|s| !frame.is(s.start, RELATIVE))?;
    let mut content = Vec::new();
    // Past an apposition to the comma, if the phrase stands at the start.
    let first = at == 0 || frame.before(at).is_some_and(|t| t.is(CONJ) && at == 1);
    if first {
        let mut comma =
            (speaker.end..frame.tokens.len().min(speaker.end + REACH)).find(|&i| frame.mark(i, ',') || frame.mark(i, ':'))?;
        // `According to Roe, a pilot, …`
        if let Some(next) = (comma + 1..frame.tokens.len().min(comma + 20))
            .find(|&i| frame.mark(i, ','))
            .filter(|_| frame.is(comma + 1, DET) || frame.is(comma + 1, RELATIVE))
            && frame.apposition(comma + 1, next)
            && !(comma + 1..next).any(|i| frame.is(i, AUX))
        {
            comma = next;
        }
        content.push(comma + 1..frame.clause_end(comma + 1));
    } else {
        let end = if frame.before(at).is_some_and(|t| t.is_mark(',')) { at - 1 } else { at };
        let start = frame.clause_start(end, floor);
        if start < end {
            content.push(start..end);
        }
        // `Usually, according to a survey of 55 ports, the ice …`
        let comma = (speaker.end..frame.tokens.len().min(speaker.end + 12)).find(|&i| frame.mark(i, ','));
        if let Some(comma) = comma
            && comma + 2 < frame.tokens.len()
            && frame.before(at).is_some_and(|t| t.is_mark(','))
            // `It left with a new lock and, according to a pilot, with a new key.`
            && (!frame.is_clause(start..end) || frame.is(end - 1, CONJ | SUB | PREP) && end > start)
        {
            // Past what is told of the survey: `…, which covered ten years, …`
            let told = frame.is(comma + 1, RELATIVE);
            let next = (comma + 1..frame.tokens.len().min(comma + REACH)).find(|&i| frame.mark(i, ',')).filter(|_| told);
            let from = next.unwrap_or(comma) + 1;
            if !told || next.is_some() {
                content.push(from..frame.clause_end(from));
            }
        }
        // `Usually, according to a survey`: nothing is said.
        if content.len() == 1 && comma.is_some() && !frame.is_clause(start..end) && end - start < 3 {
            return None;
        }
    }
    Some(Found { shape: Shape::According, verb: None, cue: at..at + 2, speaker, addressee: None, content })
}

/// `Roe's claim that …`, `a claim by Roe that …`
pub(super) fn by_noun(frame: &Frame<'_>, i: usize) -> Option<Found> {
    if !frame.is(i, SAYING) {
        return None;
    }
    // Whose: `Roe's`, `his`.
    let floor = i.saturating_sub(6);
    let owner = (floor..i).rev().find(|&k| {
        frame.get(k).is_some_and(|t| {
            t.what == What::Possessive || matches!(frame.word(k), "his" | "her" | "their" | "its" | "my" | "our")
        })
    });
    let (speaker, after) = match owner {
        Some(k) if (k + 1..i).all(|j| frame.get(j).is_some_and(|t| t.is_word() && !t.is(PREP | SUB | AUX | PRON | CONJ))) => {
            if frame.get(k).is_some_and(|t| t.what == What::Possessive) {
                (frame.phrase_before(k)?, i + 1)
            } else {
                (k..k + 1, i + 1)
            }
        }
        _ if frame.word_is(i + 1, "by") || frame.word_is(i + 1, "from") => {
            let speaker = frame.phrase_at(i + 2)?;
            let end = speaker.end;
            (speaker, end)
        }
        _ => return None,
    };
    let from = match frame.word(after) {
        "that" | "to" | "about" | "of" | "on" | "for" | "whether" => after,
        _ => return None,
    };
    let end = frame.clause_end(from);
    (end > from + 1).then(|| Found {
        shape: Shape::Noun,
        verb: None,
        cue: i..i + 1,
        speaker,
        addressee: None,
        content: vec![from..end],
    })
}

/// `Roe: …` at the start of a frame; `The ice goes - Bo Roe: “…”`.
pub(super) fn colon(frame: &Frame<'_>) -> Option<Found> {
    let limit = frame.tokens.len().min(REACH);
    if let Some(at) = (0..limit).find(|&i| frame.mark(i, ':') && frame.quotation(i + 1))
        && let Some(start) = (0..at).rev().take_while(|&i| frame.name(i)).last()
        && frame.before(start).is_some_and(|t| matches!(t.what, What::Mark('—' | '–' | '-')))
    {
        let content = vec![at + 1..at + 2];
        return Some(Found { shape: Shape::Colon, verb: None, cue: at..at + 1, speaker: start..at, addressee: None, content });
    }
    let at = (0..frame.tokens.len().min(9)).find(|&i| frame.mark(i, ':'))?;
    let named = at > 0
        && (0..at).all(|i| frame.name(i) || frame.is(i, TITLE | PERSON))
        && ((0..at).any(|i| frame.name(i)) || frame.is(at - 1, PERSON));
    let end = frame.clause_end(at + 1);
    (named && at <= 5 && (end > at + 2 || frame.quotation(at + 1))).then(|| Found {
        shape: Shape::Colon,
        verb: None,
        cue: at..at + 1,
        speaker: 0..at,
        addressee: None,
        content: vec![at + 1..end],
    })
}

/// Quotations that no cue has claimed: they go on with what was said before in the frame, or are words of its subject.
pub(super) fn beside(frame: &Frame<'_>, found: &mut Vec<Found>) {
    if found.len() > REACH {
        return;
    }
    let open: Vec<usize> = (0..frame.tokens.len())
        .filter(|&i| frame.quotation(i) && !found.iter().any(|f| f.content.iter().any(|c| c.contains(&i))))
        .take(REACH)
        .collect();
    for i in open {
        let (words, title) = frame.inside(i);
        // `held signs that read “…”`: shown, not said.
        let shown = i > 2
            && frame.word_is(i - 1, "read")
            && frame.is(i - 2, RELATIVE | SUB)
            && (!frame.is(i - 3, SOURCE | SAYING) || matches!(frame.word(i - 3), "sign" | "signs" | "label" | "labels"));
        if title || shown || frame.before(i).is_some_and(|t| t.is_mark('=')) {
            continue;
        }
        let prior =
            found.iter().rev().take(REACH).find(|f| f.cue.start < i && i - f.cue.start < REACH).map(|f| f.speaker.clone());
        // `When Roe complained, Lind shot back, “No.”`
        let verb = (i.saturating_sub(4)..i).rev().find(|&k| finite_at(frame, k));
        let own = verb
            .filter(|_| frame.before(i).is_some_and(|t| t.is_mark(',') || t.is_mark(':')))
            .filter(|&k| !found.iter().any(|f| f.cue.contains(&k)))
            .and_then(|k| frame.subject_before(verb_group(frame, k).0))
            .filter(|s| speaks(frame, s) && !frame.before(s.start).is_some_and(|t| t.is(SUB)));
        let speaker = match own.or(prior) {
            // `told her, “No.”`, not `a “liberal”`
            Some(speaker) if words > 2 || frame.before(i).is_some_and(|t| !t.is_word()) => Some(speaker),
            None if words >= WORDS_BESIDE || frame.before(i).is_some_and(|t| t.is_mark(':')) => {
                let says = |s: &Range<usize>| {
                    (s.end..s.end + 4)
                        .take_while(|&k| {
                            frame.is(k, AUX) || frame.is_adverb(k) || frame.get(k).is_some_and(|t| t.entry.verb.is_some())
                        })
                        .any(|k| frame.get(k).is_some_and(|t| t.entry.verb.is_some_and(|v| v.takes & SPEECH != 0)))
                };
                match frame.main_subject(0, i) {
                    Some(main) if says(&main) => Some(main),
                    main => match governor(frame, i) {
                        // `The ferry is “late,”` and `Roe was asked, “Why?”` are not the words of their subject.
                        (near, true) => near.or(main).filter(|_| frame.before(i).is_some_and(|t| t.is_mark(':'))),
                        (near, false) => near.or(main),
                    },
                }
                .filter(|s| speaks(frame, s))
            }
            _ => None,
        };
        // `HARBOUR FREEZES OVER “…”`: a heading, and nobody's name.
        let heading = |s: &Range<usize>| s.len() > 1 && s.clone().all(|k| !frame.word(k).contains(char::is_lowercase));
        // `The new plans “will not last long”`: somebody's words about the plans.
        let about = |s: &Range<usize>| s.end == i && verb_first(frame, i);
        // `took the stage to “Old Ice”`, `a memo titled “Where the Ice Stands.”`
        let called = frame.before(i).is_some_and(|t| t.is_word())
            && (matches!(
                frame.word(i - 1),
                "titled" | "entitled" | "book" | "movie" | "film" | "song" | "play" | "album" | "novel" | "perform" | "headline"
            ))
            && capital(frame, i);
        if let Some(speaker) = speaker.filter(|s| !heading(s) && !about(s) && !called) {
            found.push(Found { shape: Shape::Beside, verb: None, cue: i..i, speaker, addressee: None, content: vec![i..i + 1] });
        }
    }
}

/// `“…,” Roe shot back`: a comma inside the closing mark and a subject behind it make any verb one of saying.
pub(super) fn uttered(frame: &Frame<'_>, found: &mut Vec<Found>) {
    for i in 0..frame.tokens.len() {
        if found.len() > REACH {
            return;
        }
        if !frame.quotation(i) || !frame.ends_open(i) || found.iter().any(|f| f.content.iter().any(|c| c.contains(&i))) {
            continue;
        }
        // `On “Good Morning Oslo,” Roe danced.`, `As she is “no pilot,” she sank.`
        let (words, title) = frame.inside(i);
        let begins = i == 0 || frame.before(i).is_some_and(|t| matches!(t.what, What::Mark(_) | What::Quotation(_)));
        if !begins && (title || words < WORDS_BESIDE || frame.introduces(0..i)) || frame.word_is(0, "asked") {
            continue;
        }
        // `“Fantastic!” beamed Roe.`
        let turned = frame.get(i + 1).is_some_and(|t| {
            t.is_word() && !t.capital && !t.is(AUX | PREP) && frame.word(i + 1).ends_with("ed") && frame.name(i + 2)
        });
        if turned && let Some(speaker) = frame.phrase_at(i + 2) {
            let cue = i + 1..i + 2;
            found.push(Found { shape: Shape::Inverted, verb: None, cue, speaker, addressee: None, content: vec![i..i + 1] });
            continue;
        }
        let Some(speaker) = frame.phrase_at(i + 1) else { continue };
        let verb = speaker.end + usize::from(frame.is_adverb(speaker.end));
        let who = frame.is(speaker.start, PRON)
            || speaker.clone().any(|k| frame.name(k))
            || frame.is(frame.head(&speaker), PERSON | SOURCE);
        let verbal = frame.get(verb).is_some_and(|t| {
            t.is_word()
                && !t.capital
                && (t.is(VERB) || t.entry.verb.is_some() || frame.word(verb).ends_with("ed"))
                && !t.is(AUX | PREP)
        });
        if who && verbal {
            found.push(Found {
                shape: Shape::Behind,
                verb: None,
                cue: verb..verb + 1,
                speaker,
                addressee: None,
                content: vec![i..i + 1],
            });
        }
    }
}

/// Whether the quotation at `q` begins with a capital letter.
fn capital(frame: &Frame<'_>, q: usize) -> bool {
    let text = frame.get(q).and_then(|t| frame.text.get(t.start..t.end)).unwrap_or_default();
    text.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_uppercase)
}
