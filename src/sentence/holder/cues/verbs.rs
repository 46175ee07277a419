//! Cues that are verbs: `Roe said …`, `said Roe`, `…, adding that …`, `described by Roe as …`.

use super::super::lexicon::{
    ADV, ALONE, AUX, BARE, CLAUSE, CONJ, DET, Form, HEARER, OBJECT, PERSON, PHRASE, PLURAL, PREP, PRON, RELATIVE, SAYING, SOURCE,
    SPEECH, SUB, TIME, TITLE, Verb, lemma,
};
use super::super::tokens::{Token, What};
use super::clauses::Right;
use super::contents::{content_right, entitled, left_content, phrase_follows, resume};
use super::phrases::Frame;
use super::subjects::{agrees, conjoined, governor, joined_subject, later_subject, subordinate, verb_group};
use super::{Found, REACH, Shape, speaks};
use std::ops::Range;

pub(super) fn by_verb(frame: &Frame<'_>, i: usize, verb: Verb, floor: usize, found: &[Found]) -> Option<Found> {
    let (start, be, infinitive, aux) = verb_group(frame, i);
    let before = frame.before(start);
    let takes = |t: u8| verb.takes & t != 0;
    if frame.get(i).is_some_and(|t| t.capital)
        && i > 0
        && frame.tokens.iter().take(REACH).any(|t| t.is_word() && !t.capital && t.end - t.start > 5)
        && verb.form != Form::Past
    {
        return None;
    }
    // `the emails`, `a smile`
    if matches!(
        lemma(verb),
        "email"
            | "e-mail"
            | "text"
            | "blog"
            | "post"
            | "caption"
            | "comment"
            | "cry"
            | "laugh"
            | "smile"
            | "sigh"
            | "fire"
            | "shoot"
            | "read"
    ) && matches!(verb.form, Form::Base | Form::Third)
        && !matches!(frame.word(i), "read" | "reads")
    {
        return None;
    }
    // `five states held …`
    if matches!(lemma(verb), "state" | "figure") && !matches!(verb.form, Form::Past | Form::Ing) {
        return None;
    }
    // A noun: `the claim`, `his report`, `of hope`.
    if start == i && matches!(verb.form, Form::Base | Form::Third) {
        let noun = before.is_none_or(|t| {
            t.is(DET) && !t.is(ALONE) && !t.is(PRON)
                || t.is(PREP)
                || t.what == What::Possessive
                || matches!(t.what, What::Mark(_)) && !t.is_mark(',')
        });
        if noun {
            return None;
        }
    }
    if infinitive {
        let right = frame.right(i + 1, takes(BARE));
        if !matches!(right, Right::That(_) | Right::Quotation(_) | Right::CommaQuotation(_) | Right::Colon(_)) || !takes(CLAUSE) {
            return None;
        }
        let speaker = found.last().map(|f| f.speaker.clone()).or_else(|| frame.main_subject(floor, start))?;
        let content = content_right(frame, right, takes(CLAUSE), false)?;
        return Some(Found { shape: Shape::Participle, verb: Some(verb), cue: start..i + 1, speaker, addressee: None, content });
    }
    // Passive: `was told`, `is expected`; progressive: `was saying`.
    if be && verb.form != Form::Ing {
        return by_agent(frame, i, verb, start);
    }
    if verb.form == Form::Participle && !aux {
        return None;
    }
    if verb.form == Form::Ing && !be {
        return participle(frame, i, start, verb, found);
    }
    // The order turned round: `“…,” said Roe`.
    if start == i
        && takes(SPEECH)
        // `“…,” scoffed Roe`
        && (takes(CLAUSE) || start > 0 && frame.quotation(start - 1) && frame.ends_open(start - 1))
        && !takes(PHRASE)
        && !matches!(lemma(verb), "tell" | "find" | "show" | "estimate" | "state")
        && matches!(verb.form, Form::Past | Form::Third)
        && before.is_some_and(|t| t.is_quotation() || t.is_mark(',') || matches!(t.what, What::Mark('—' | '–')))
        && let Some(found) = inverted(frame, i, verb, floor)
    {
        return Some(found);
    }
    let (speaker, inherited) = match before {
        None => return None,
        Some(t) if t.is(RELATIVE) && t.is(PRON) || t.is(SUB) && frame.word_is(start - 1, "that") => (start - 1..start, false),
        Some(t) if t.is(PRON) => (start - 1..start, false),
        Some(t)
            if (t.is(CONJ) || t.is_mark(',') && frame.subject_before(start).is_none())
            // `… and said`: the subject of the verb before.
            // `the group, called “Ice,” met` has no subject before its verb.
            && (t.is(CONJ) || verb.form == Form::Past && !takes(PHRASE)) =>
        {
            let last = || {
                let told = |f: &&Found| matches!(f.shape, Shape::Before | Shape::Phrase | Shape::Behind);
                found.iter().rev().take(REACH).find(told).map(|f| f.speaker.clone())
            };
            let joined = || t.is(CONJ).then(|| conjoined(frame, start, floor, found)).flatten();
            (joined().or_else(last).or_else(|| frame.main_subject(floor, start))?, true)
        }
        Some(_) => {
            // `a document filed on Thursday says`
            let mut end = start;
            while end + 4 > start && end > 1 && frame.is(end - 1, TIME) && !frame.name(end - 1) {
                end -= 1;
            }
            // `last week said`, `less than two weeks ago said`
            while end < start
                && end > 1
                && (frame.is(end - 1, ALONE) && !frame.is(end - 1, PERSON)
                    || matches!(frame.word(end - 1), "last" | "this" | "next" | "late" | "less" | "more" | "than" | "the" | "a")
                    || frame.word(end - 1).starts_with(|c: char| c.is_ascii_digit()))
            {
                end -= 1;
            }
            if end < start && frame.is(end - 1, PREP) && end > 1 {
                end -= 1;
            }
            // `the newspaper “Dagen” says`
            if frame.quotation(end - 1) && entitled(frame, end - 1) {
                end -= 1;
            }
            if end < start && end > 1 && frame.word(end - 1).ends_with("ed") {
                end -= 1;
            }
            let near = frame.subject_before(end);
            let subject = match frame.before_relative(end, near.as_ref()) {
                Some(outer) => outer,
                None => {
                    let near = near?;
                    // `Roe at the time said`, `Roe in a letter said`
                    let far = frame.unhung(near.clone());
                    if frame.may_speak(&far) || !frame.may_speak(&near) { far } else { near }
                }
            };
            (subject, false)
        }
    };
    // `the guild's alleged theft`, `Roe's suspected role`
    let owns = !inherited
        && !matches!(lemma(verb), "say" | "tell" | "add")
        && !frame.is(i + 1, SUB)
        && frame.get(speaker.end - 1).is_some_and(|t| t.what == What::Possessive);
    if owns || !agrees(frame, &speaker, verb, aux, inherited) {
        return None;
    }
    // `a thunderous chant`, `her opening remarks`
    let noun = frame.is(i, SAYING)
        || matches!(
            lemma(verb),
            "chant"
                | "cry"
                | "attack"
                | "report"
                | "remark"
                | "challenge"
                | "reply"
                | "post"
                | "doubt"
                | "fear"
                | "hope"
                | "demand"
        );
    if start == i
        && noun
        && matches!(verb.form, Form::Base | Form::Third)
        && frame.is(speaker.start, DET)
        && !frame.may_speak(&speaker)
    {
        return None;
    }
    // `terrorist attacks`, `serious doubts`: a noun, since one person would have an article.
    let bare = |k: usize| {
        frame.get(k).is_some_and(|t| {
            !t.capital
                && !t.is(PRON | ALONE | RELATIVE | SUB | PLURAL | TITLE)
                && (frame.word(k).ends_with("ous") || !frame.word(k).ends_with('s'))
        })
    };
    if start == i && noun && verb.form == Form::Third && speaker.len() == 1 && bare(speaker.start) {
        return None;
    }
    // `a group called …`, `a plan dubbed …`
    if verb.takes & PHRASE != 0
        && !aux
        && verb.form == Form::Past
        && !inherited
        && speaker.len() > 1
        && !speaker.clone().any(|k| frame.is(k, PERSON) || frame.name(k) && !frame.is(k, SOURCE))
        && !frame.is(speaker.start, ALONE)
        && matches!(
            lemma(verb),
            "call" | "dub" | "label" | "describe" | "term" | "nickname" | "brand" | "back" | "support" | "see" | "endorse"
        )
    {
        return None;
    }
    let restrictive = frame.is(speaker.start, RELATIVE | SUB)
        && speaker.len() == 1
        && !frame.before(speaker.start).is_some_and(|t| t.is_mark(','));
    // `what Roe calls “…”`
    if frame.before(speaker.start).is_some_and(|t| t.is_word())
        && matches!(frame.word(speaker.start - 1), "what" | "which" | "whom")
        && !frame.quotation(i + 1)
    {
        return None;
    }
    let mut after = i + 1;
    let mut addressee = None;
    // A headline's passive: `Guild Accused Of Theft`.
    if lemma(verb) == "accuse" && !aux && frame.word_is(after, "of") {
        return None;
    }
    // `as Roe put it`
    if lemma(verb) == "put" {
        if !frame.word_is(after, "it") {
            return None;
        }
        after += 1;
    }
    if lemma(verb) == "point" {
        if !frame.word_is(after, "out") {
            return None;
        }
        after += 1;
    }
    // `asked for a list of everything that was lost`
    if lemma(verb) == "ask" && frame.word_is(after, "for") {
        return None;
    }
    if takes(HEARER)
        || matches!(lemma(verb), "tell" | "ask" | "warn" | "write" | "urge" | "email" | "text" | "promise" | "caution")
    {
        addressee = addressee_at(frame, after);
        if let Some(a) = &addressee {
            after = a.end;
        }
    }
    // `everything she says is true`
    if frame.is(after, AUX) && !frame.mark(after, ',') {
        return None;
    }
    let right = frame.right(after, takes(BARE) || addressee.is_some() && takes(CLAUSE));
    let cue = start..i + 1;
    if restrictive && matches!(right, Right::Clause(_) | Right::Phrase(_)) && !(after..after + 12).any(|k| frame.quotation(k)) {
        return None;
    }
    // `As Roe said, …`
    if speaker.start == 1
        && frame.word_is(0, "as")
        && (takes(CLAUSE) || frame.mark(i + 1, ','))
        && let Right::Comma(at) | Right::CommaQuotation(at) = right
    {
        let from = if frame.mark(at, ',') { at + 1 } else { at };
        let end = frame.clause_end(from);
        return (end > from).then(|| Found {
            shape: Shape::Before,
            verb: Some(verb),
            cue,
            speaker,
            addressee,
            content: vec![from..end],
        });
    }
    // `The ferry, she said, will sail.`
    if takes(CLAUSE)
        && !inherited
        && !aux
        && frame.mark(i + 1, ',')
        && !frame.quotation(i + 2)
        && speaker.start > floor
        && frame.mark(speaker.start - 1, ',')
        && !frame.quotation(speaker.start.saturating_sub(2))
    {
        let first = frame.clause_start(speaker.start - 1, floor);
        let end = frame.clause_end(i + 2);
        let participle = frame.get(i + 2).is_some_and(|t| t.entry.verb.is_some_and(|v| v.form == Form::Ing));
        if first < speaker.start - 1 && end > i + 3 && !participle {
            return Some(Found {
                shape: Shape::Behind,
                verb: Some(verb),
                cue,
                speaker: speaker.clone(),
                addressee,
                content: vec![first..speaker.start - 1, i + 2..end],
            });
        }
    }
    // What stands to the left of the subject.
    let goes_on = !matches!(right, Right::End(_) | Right::Comma(_) | Right::Phrase(_));
    // `the “Avatar” star posted`: words in quotation marks before a noun belong to it.
    let told =
        |q: usize| frame.ends_open(q) || !frame.before(q).is_some_and(|t| t.is(DET)) || frame.is(speaker.start, DET | PRON);
    let left = left_content(frame, speaker.start, floor, inherited)
        .filter(|l| !(goes_on && frame.introduces(l.clone())))
        .filter(|_| !speaker.start.checked_sub(1).is_some_and(|q| frame.quotation(q) && !told(q)));
    // The quotation ends in a comma of its own, or one follows it: the cue belongs to it, whatever stands behind.
    let quotation = speaker
        .start
        .checked_sub(if speaker.start > 0 && frame.mark(speaker.start - 1, ',') { 2 } else { 1 })
        .filter(|&q| frame.quotation(q));
    let quoted_left = quotation.is_some();
    let closed_left = quotation.is_some_and(|q| q + 2 == speaker.start || frame.ends_open(q))
        && !quotation.is_some_and(|q| q > 0 && frame.is(q - 1, PREP) && frame.inside(q).1);
    if let Some(left) = left
        && (takes(SPEECH) || takes(CLAUSE))
        && (matches!(right, Right::End(_) | Right::Comma(_) | Right::CommaQuotation(_))
            || quoted_left && !matches!(right, Right::That(_) | Right::Clause(_))
            || closed_left)
    {
        let pure = left.clone().all(|k| !frame.get(k).is_some_and(Token::is_word));
        let mut content = vec![left.clone()];
        resume(frame, right, quoted_left && pure, &mut content);
        return Some(Found { shape: Shape::Behind, verb: Some(verb), cue, speaker, addressee, content });
    }
    if (takes(CLAUSE) || takes(SPEECH) && !takes(PHRASE))
        && let Some(mut content) = content_right(frame, right, takes(CLAUSE), frame.is(speaker.start, RELATIVE))
    {
        // `shouted “No!” as she left`, `said, “We will see,” when asked`
        if let (Right::Quotation(q) | Right::CommaQuotation(q) | Right::Colon(q), Some(c)) = (right, content.last_mut())
            && frame.quotation(q)
            && (!takes(CLAUSE) && frame.get(q + 1).is_some_and(|t| !t.is_word() || t.is(SUB | CONJ))
                || !matches!(right, Right::Quotation(_)) && frame.comma_inside(q))
        {
            c.end = q + 1;
        }
        if let Some(c) = content.last_mut().filter(|_| subordinate(frame, &speaker)) {
            c.end = frame.first_comma(c.clone());
        }
        return Some(Found { shape: Shape::Before, verb: Some(verb), cue, speaker, addressee, content });
    }
    let shows = matches!(lemma(verb), "show" | "find" | "indicate" | "suggest" | "report")
        && speaker.clone().any(|k| frame.is(k, SOURCE));
    if (phrase_follows(frame, after, verb) || shows && phrase_follows(frame, after, Verb { takes: PHRASE, ..verb }))
        && !restrictive
    {
        let mut end = frame.clause_end(after);
        // `called the ice “thick” in a letter`, `called the ice “thick” but left`
        let named = matches!(lemma(verb), "call" | "dub" | "label" | "brand" | "term") && !frame.is(after, PREP);
        if let Some(q) = (after..end).rev().find(|&k| frame.quotation(k)).filter(|_| named) {
            let placed =
                matches!(frame.word(q + 1), "in" | "during" | "after" | "when") && frame.is(q + 2, DET | PRON | TIME | OBJECT);
            if frame.is(q + 1, CONJ) || frame.get(q + 1).is_some_and(|t| matches!(t.what, What::Mark(_))) || placed {
                end = end.min(q + 1);
            }
        }
        if subordinate(frame, &speaker) {
            end = frame.first_comma(after..end);
        }
        if end > after {
            return Some(Found { shape: Shape::Phrase, verb: Some(verb), cue, speaker, addressee, content: vec![after..end] });
        }
    }
    None
}

/// `was described by Roe as “late”`, `was called “late” by Roe`
pub(super) fn by_agent(frame: &Frame<'_>, i: usize, verb: Verb, start: usize) -> Option<Found> {
    if verb.takes & PHRASE == 0 {
        return None;
    }
    let near = |from: usize| {
        (from..from + 10)
            .take_while(|&k| frame.get(k).is_some_and(|t| t.is_word() || t.is_quotation() || t.what == What::Possessive))
    };
    let q = near(i + 1).find(|&k| frame.quotation(k))?;
    let by = near(i + 1).find(|&k| frame.word_is(k, "by"))?;
    let speaker = frame.phrase_at(by + 1).filter(|s| speaks(frame, s))?;
    let content = vec![q..q + 1];
    Some(Found { shape: Shape::Phrase, verb: Some(verb), cue: start..i + 1, speaker, addressee: None, content })
}

/// `“…,” said Roe, a pilot. “…”`
pub(super) fn inverted(frame: &Frame<'_>, i: usize, verb: Verb, floor: usize) -> Option<Found> {
    let speaker = frame.phrase_at(i + 1).filter(|_| !frame.is(i + 1, SUB))?;
    if frame.is(speaker.start, PRON | OBJECT) && speaker.len() == 1 && !frame.is(speaker.start, PRON) {
        return None;
    }
    let left = left_content(frame, i, floor, false);
    let right = frame.right(speaker.end, false);
    // `But, said Roe, “…”` has nothing before it.
    // Nor has `In short, explained Roe: “…”`.
    let announced = |q: usize| frame.quotation(q);
    if left.is_none() && !matches!(right, Right::CommaQuotation(_)) && !matches!(right, Right::Colon(q) if announced(q)) {
        return None;
    }
    let quoted = frame.before(i).is_some_and(Token::is_quotation);
    if quoted && entitled(frame, i - 1) {
        return None;
    }
    // `Roe, who owns a boat, said Lind “has no boat”`
    if !quoted && left.as_ref().is_some_and(|l| frame.subject_before(i).is_some_and(|s| s.start == l.start)) {
        return None;
    }
    // `Roe, a pilot, said the ferry would …` is not turned round.
    let ends = match right {
        Right::End(at) | Right::Comma(at) | Right::CommaQuotation(at) | Right::Quotation(at) | Right::Colon(at) => {
            !(speaker.end..at).any(|k| {
                frame.get(k).is_some_and(|t| {
                    t.is_word() && !t.capital && (t.is(AUX) || t.entry.verb.is_some_and(|v| v.form == Form::Past))
                })
            })
        }
        _ => false,
    };
    let pronoun = speaker.len() == 1 && frame.is(speaker.start, PRON);
    if !quoted && (!ends || pronoun || !speaker.clone().any(|k| frame.name(k) || frame.is(k, PERSON | SOURCE)))
        || pronoun && !ends
    {
        return None;
    }
    let mut content: Vec<_> = left.into_iter().collect();
    resume(frame, right, true, &mut content);
    Some(Found { shape: Shape::Inverted, verb: Some(verb), cue: i..i + 1, speaker, addressee: None, content })
}

/// `told reporters`, `warned Roe`
pub(super) fn addressee_at(frame: &Frame<'_>, at: usize) -> Option<Range<usize>> {
    let t = frame.get(at)?;
    if t.is(OBJECT) {
        return Some(at..at + 1);
    }
    if t.is(SUB | PREP | CONJ) || !t.is_word() {
        return None;
    }
    let phrase = frame.phrase_at(at)?;
    // `told ABC's “Good Morning America”`, `told the newspaper “Dagen”`
    let show = frame.get(phrase.end - 1).is_some_and(|t| t.what == What::Possessive || t.is(SOURCE))
        && frame.quotation(phrase.end)
        && frame.inside(phrase.end).1
        && !frame.ends_open(phrase.end);
    Some(phrase.start..phrase.end + usize::from(show))
}

/// `…, adding that …`
pub(super) fn participle(frame: &Frame<'_>, i: usize, start: usize, verb: Verb, found: &[Found]) -> Option<Found> {
    let before = frame.before(start);
    // `issued a statement saying that`: who issued it; `a letter saying that`: the letter.
    let written = before.is_some_and(|t| t.is_word() && t.is(SOURCE))
        && matches!(
            lemma(verb),
            "say" | "claim" | "warn" | "argue" | "insist" | "state" | "tell" | "read" | "urge" | "declare" | "suggest"
        );
    // `criticism for calling`, `the calling`
    if !written
        && before.is_some_and(|t| {
            t.is(DET)
                || t.is(PREP) && !matches!(frame.word(start - 1), "by" | "before" | "after" | "while" | "in" | "with")
                || t.is_word()
                    && (t.is(PERSON | SOURCE) || !t.is(PREP | CONJ | SUB | ADV))
                    && !frame.phrase_before(start).is_some_and(|p| p.start > 0 && frame.word_is(p.start - 1, "with"))
        })
    {
        return None;
    }
    // `with Roe promising …`
    let own = frame.phrase_before(start).filter(|p| p.start > 0 && frame.word_is(p.start - 1, "with"));
    // Where an introduction ends: `Citing the ice, Roe stayed.`
    let mut limit = frame.tokens.len();
    let speaker = match found.last() {
        _ if own.is_some() => own?,
        _ if written => {
            let letter = frame.phrase_before(start)?;
            let verb = letter.start.checked_sub(1).map(|k| frame.word(k));
            let issued = matches!(
                verb,
                Some(
                    "issued"
                        | "out"
                        | "released"
                        | "published"
                        | "posted"
                        | "wrote"
                        | "sent"
                        | "made"
                        | "issuing"
                        | "releasing"
                        | "signed"
                        | "filed"
                )
            );
            let issuer = if issued { governor(frame, letter.start).0 } else { None };
            issuer.filter(|s| speaks(frame, s) || frame.is(s.start, PRON)).unwrap_or(letter)
        }
        // `Roe said it was ice, and the guild has closed the port, saying …`: the guild.
        Some(f) => later_subject(frame, f, start).unwrap_or_else(|| f.speaker.clone()),
        None if start == 0 => {
            let comma = (i..frame.tokens.len().min(i + REACH))
                .find(|&k| frame.mark(k, ',') || frame.quotation(k) && frame.ends_open(k))?;
            limit = comma + usize::from(frame.quotation(comma));
            frame.main_subject(comma + 1, frame.tokens.len())?
        }
        None => joined_subject(frame, 0, start).or_else(|| frame.main_subject(0, start))?,
    };
    let mut after = i + 1;
    if lemma(verb) == "point" {
        after += 1;
        // `pointing to a report that …`: the report, too.
        if frame.word_is(i + 1, "to") {
            let end = frame.clause_end(after);
            let speaker = found.last().map(|f| f.speaker.clone()).or_else(|| frame.main_subject(0, start))?;
            return (end > after).then(|| Found {
                shape: Shape::Participle,
                verb: Some(verb),
                cue: start..i + 1,
                speaker,
                addressee: None,
                content: vec![after..end],
            });
        }
        if !frame.word_is(i + 1, "out") {
            return None;
        }
    }
    let mut addressee = None;
    let takes = |t: u8| verb.takes & t != 0;
    if takes(HEARER) || matches!(lemma(verb), "tell" | "ask" | "warn" | "urge") {
        addressee = addressee_at(frame, after);
        if let Some(a) = &addressee {
            after = a.end;
        }
    }
    let right = frame.right(after, takes(BARE) || addressee.is_some());
    let content = match content_right(frame, right, takes(CLAUSE), false) {
        Some(content) => content,
        None if phrase_follows(frame, after, verb) => {
            let end = frame.clause_end(after);
            if end <= after {
                return None;
            }
            vec![after..end]
        }
        None => return None,
    };
    let content: Vec<_> = content.into_iter().map(|c| c.start..c.end.min(limit)).filter(|c| !c.is_empty()).collect();
    (!content.is_empty()).then_some(Found {
        shape: Shape::Participle,
        verb: Some(verb),
        cue: start..i + 1,
        speaker,
        addressee,
        content,
    })
}
