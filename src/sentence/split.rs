//! The splitter: candidates as UAX #29 finds them (a terminator, closing marks, space), judged by rules of news English.
//!
//! The candidates are found by a scan of our own and not by `unicode-segmentation`, which looks ahead without bound
//! (rule SB8) and so takes quadratic time on, say, a full stop before a megabyte of brackets. Here every look to either
//! side is bounded or consumes what it reads, so that the time is linear in the input whatever it holds.

use super::is_space;
use super::list::List;
use super::words::{self, Abbreviation};

/// How far a rule may look to either side, in bytes: longer than any word that a rule knows.
const REACH: usize = 64;

/// Splits the raw text of one block into sentences: byte spans, trimmed, ordered, apart, none empty.
///
/// A single line break is space (hard-wrapped text); a blank line always ends a sentence. Together the spans cover every
/// letter and digit. Lazy: a sentence is found when it is asked for.
///
/// ```
/// let text = "Gen. Ada Roe left the U.S. on Monday. \"Why?\" a reporter asked.";
/// let spans: Vec<_> = stancekit::sentence::split_text(text).collect();
/// assert_eq!(spans, [(0, 37), (38, 62)]);
/// ```
pub fn split_text(text: &str) -> Split<'_> {
    Split { text, pos: 0, scan: 0, checked: 0, quote_open: false, fresh: true, list: None, held: None }
}

/// The iterator that [`split_text`] returns.
#[derive(Debug, Clone)]
pub struct Split<'a> {
    text: &'a str,
    /// Where the sentence being looked for begins.
    pos: usize,
    /// Up to where terminators were judged.
    scan: usize,
    /// Up to where the sentence being looked for is known to hold neither letter nor digit.
    checked: usize,
    /// Whether a straight double quote of this paragraph waits for its partner.
    quote_open: bool,
    /// A paragraph begins at `pos`.
    fresh: bool,
    /// The list that the paragraph began with.
    list: Option<List>,
    /// The sentence before, kept back since what follows may join it.
    held: Option<Raw>,
}

#[derive(Debug, Clone, Copy)]
struct Raw {
    start: usize,
    end: usize,
    /// Holds a letter or digit.
    worded: bool,
    /// Ends its paragraph.
    last: bool,
}

/// What a terminator turned out to be.
enum Verdict {
    /// No boundary: go on reading here.
    On(usize),
    /// The sentence ends at the first offset, the next is looked for from the second.
    End(usize, usize),
}

impl Iterator for Split<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            let Some(raw) = self.raw() else {
                return self.held.take().map(|r| (r.start, r.end));
            };
            match &mut self.held {
                // Marks alone, at the end of a paragraph, belong to the sentence before.
                Some(held) if !raw.worded && !held.last => {
                    held.end = raw.end;
                    held.last = raw.last;
                }
                held => {
                    if let Some(r) = held.replace(raw) {
                        return Some((r.start, r.end));
                    }
                }
            }
        }
    }
}

impl Split<'_> {
    /// The next stretch up to a boundary; only the last of a paragraph may be without letters and digits.
    fn raw(&mut self) -> Option<Raw> {
        let (start, _) = skip_space(self.text, self.pos);
        if start == self.text.len() {
            self.pos = start;
            return None;
        }
        self.scan = self.scan.max(start);
        self.checked = start;
        if std::mem::take(&mut self.fresh) {
            self.list = List::open(&self.text[start..]);
        }
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.scan) {
            let at = self.scan;
            if let (Class::Terminator | Class::Bracket, Some(list)) = (CLASS[byte as usize], &mut self.list)
                && let Some(marker) = list.item(self.text, at)
            {
                self.scan = at + 1;
                if self.has_word(marker) {
                    return Some(self.item(start, marker));
                }
                continue;
            }
            match CLASS[byte as usize] {
                Class::Text | Class::Bracket => {
                    self.scan += 1;
                    continue;
                }
                Class::Quote => {
                    self.quote_open = !self.quote_open;
                    self.scan += 1;
                    continue;
                }
                Class::Newline => {
                    let (next, blank) = skip_space(self.text, at);
                    self.scan = next;
                    if blank || next == bytes.len() {
                        return Some(self.paragraph_end(start, at, next));
                    }
                }
                Class::Lead if terminator(self.text, at).is_none() => {
                    self.scan += 1;
                    if inline_bullet(self.text, at) && self.has_word(at) {
                        return Some(self.item(start, at));
                    }
                }
                Class::Terminator | Class::Lead => match self.judge(at) {
                    Verdict::On(next) => self.scan = next,
                    Verdict::End(end, next) => {
                        self.scan = next;
                        if skip_space(self.text, end).1 || next == bytes.len() {
                            return Some(self.paragraph_end(start, end, next));
                        }
                        if self.has_word(end) {
                            self.pos = next;
                            return Some(Raw { start, end, worded: true, last: false });
                        }
                    }
                },
            }
        }
        Some(self.paragraph_end(start, bytes.len(), bytes.len()))
    }

    /// The sentence that ends where the next item of a list in the paragraph begins.
    fn item(&mut self, start: usize, marker: usize) -> Raw {
        self.pos = marker;
        Raw { start, end: start + trim_end(&self.text[start..marker]).len(), worded: true, last: false }
    }

    fn paragraph_end(&mut self, start: usize, end: usize, next: usize) -> Raw {
        let worded = self.has_word(end);
        self.quote_open = false;
        self.fresh = true;
        self.pos = next;
        Raw { start, end: start + trim_end(&self.text[start..end]).len(), worded, last: true }
    }

    /// Whether the sentence being looked for holds a letter or digit before `end`; reads no byte twice.
    fn has_word(&mut self, end: usize) -> bool {
        if end <= self.checked {
            return false;
        }
        match self.text[self.checked..end].find(char::is_alphanumeric) {
            Some(n) => {
                self.checked += n;
                true
            }
            None => {
                self.checked = end;
                false
            }
        }
    }

    /// Judges the terminator at `at`.
    fn judge(&mut self, at: usize) -> Verdict {
        let text = self.text;
        let mut run = self.run(at);
        let tail = &text[run.end..];
        let Some(first) = tail.chars().next() else { return Verdict::End(run.end, run.end) };
        if !is_space(first) {
            return self.judge_glued(at, &run, first);
        }
        let (next, blank) = skip_space(text, run.end);
        if blank || next == text.len() {
            return Verdict::End(run.end, next);
        }
        // Closing marks that stand apart (`he said . "`) still belong to the sentence.
        let (end, next) = self.absorb(run.end, next);
        if self.text[run.end..end].contains(['"', '”', '’', '\'', '»']) {
            run.closed = true;
            run.quoted = true;
        }
        if next == text.len() || skip_space(text, end).1 {
            return Verdict::End(end, next);
        }
        let after = After::read(text, next);
        if self.is_boundary(at, &run, &after) { Verdict::End(end, next) } else { Verdict::On(next) }
    }

    /// Judges a terminator with something other than space behind it: a missing space, a footnote mark, or no end at all.
    fn judge_glued(&self, at: usize, run: &Run, first: char) -> Verdict {
        let text = self.text;
        if run.wide {
            return Verdict::End(run.end, run.end);
        }
        let before = text[..at].chars().next_back().unwrap_or(' ');
        let after = After::read(text, run.end);
        // A word that begins sentences, with a small second letter: `NATO.The`, `in 2016.The`, `Wait...The`.
        let starter = after.word.len() > 1 && after.second_is_small() && after.starts();
        let prose = before.is_lowercase() || run.closed || is_closer(before) || (run.strong && before.is_alphabetic());
        if !(prose || starter && before.is_alphanumeric()) {
            return Verdict::On(run.end);
        }
        // `end.12 Next`: a footnote mark that lost its raising.
        if first.is_ascii_digit() && run.dots == 1 && !run.strong {
            let digits = text[run.end..].bytes().take(4).take_while(u8::is_ascii_digit).count();
            let end = run.end + digits;
            if digits <= 3 && text[end..].starts_with(is_space) {
                let (next, _) = skip_space(text, end);
                if After::read(text, next).first.is_some_and(char::is_uppercase) {
                    return Verdict::End(end, next);
                }
            }
            return Verdict::On(run.end);
        }
        let word_like = after.first.is_some_and(char::is_uppercase)
            && (after.second_is_small() || after.starts())
            && !matches!(after.word, "Com" | "Net" | "Org" | "Edu" | "Gov" | "Info");
        if !word_like || run.dots > 1 && !run.closed && !after.starts() || in_address(text, at) {
            return Verdict::On(run.end);
        }
        if run.dots == 1 && !run.closed && words::abbreviation(word_before(text, at)).is_some() {
            return Verdict::On(run.end);
        }
        Verdict::End(run.end, run.end)
    }

    fn is_boundary(&mut self, at: usize, run: &Run, after: &After<'_>) -> bool {
        if run.wide {
            return true;
        }
        let Some(first) = after.first else {
            // Money, hashtags and mentions begin sentences; a comma or a dash goes on.
            return after
                .sign
                .is_none_or(|c| !matches!(c, ',' | ';' | ':' | '.' | '!' | '?' | '-' | '–' | '—' | '/' | '&' | '…'));
        };
        if first.is_lowercase() && !after.mixed() {
            return self.ends_before_lower(at, run, after);
        }
        if run.strong {
            if run.quoted {
                return !attributes(self.text, after);
            }
            return run.closed || !words::is_marked_name(word_before(self.text, at));
        }
        // An omission in brackets, or three points apart, is part of the sentence; four are its end.
        let before = self.text[..at].trim_end_matches(['[', '(']);
        if (run.dots > 1 || run.ellipsis) && run.closed && before.len() < at {
            return before.trim_end_matches(' ').ends_with(['.', '!', '?', '”', '"']);
        }
        if run.spaced && run.dots == 3 && before.ends_with(is_space) {
            return false;
        }
        // Any other ellipsis before a capital stands between two sentences.
        run.dots != 1 || run.ellipsis || self.full_stop_ends(at, run, after, first)
    }

    /// Before lower case a sentence ends only where the writer does without capitals: behind a word that is neither name nor
    /// abbreviation, and not behind a quotation.
    fn ends_before_lower(&self, at: usize, run: &Run, after: &After<'_>) -> bool {
        if run.closed || run.ellipsis || run.dots > 1 {
            return false;
        }
        if matches!(after.word, "http" | "https" | "www") {
            return true;
        }
        let word = word_before(self.text, at);
        let small = word.chars().all(char::is_lowercase);
        let pronoun = matches!(after.word, "i" | "im" | "i'm" | "i’m");
        if run.strong {
            return pronoun
                || small && !word.is_empty()
                || words::is_question_or_subject(after.word) && !words::is_marked_name(word);
        }
        let plain = word.chars().count() > 2 && !word.contains('.') && !words::is_abbreviation_in_any_case(word);
        // `voc. ed. classes`: what follows is an abbreviation, and so this may be one.
        plain && !(after.rest.starts_with('.') && after.word.len() < 4) && (small || pronoun || after.opening == Opening::Bracket)
    }

    /// A single full stop before a capital, a digit or a letter without case.
    fn full_stop_ends(&mut self, at: usize, run: &Run, after: &After<'_>, first: char) -> bool {
        let word = word_before(self.text, at);
        if word.is_empty() {
            return true;
        }
        // `1. Text`, `IV. Text`, `b. Text` at the start of a block: a number of a list, not a sentence.
        let word_start = at - word.len();
        if !run.quoted && is_enumerator(word) && !self.has_word(word_start) {
            return false;
        }
        let digit = first.is_numeric();
        let starts = after.starts();
        let mut letters = word.chars();
        if let (Some(letter), None) = (letters.next(), letters.next())
            && letter.is_uppercase()
        {
            // An initial, unless it closes a phrase (`plan B. The`), a quotation, or is the pronoun.
            return !digit && (run.quoted || starts && (letter == 'I' || after_lower(self.text, word_start)));
        }
        match words::abbreviation(word) {
            Some(Abbreviation::Title) => false,
            Some(Abbreviation::Number) => !digit && (starts || !is_month(word)),
            Some(Abbreviation::Either) if is_clock(word) => !digit && (starts || !words::follows_clock(after.word)),
            Some(Abbreviation::Either) => !digit && starts,
            None if is_dotted(word) => !digit && starts,
            // `n°. 5`
            None => !digit || !word.ends_with(['°', 'º']),
        }
    }

    /// Reads terminators and closing marks from `at` on; they may alternate (`?".`).
    fn run(&mut self, at: usize) -> Run {
        let text = self.text;
        let mut run =
            Run { end: at, dots: 0, strong: false, ellipsis: false, spaced: false, wide: false, closed: false, quoted: false };
        loop {
            let Some(c) = text[run.end..].chars().next() else { return run };
            let next = run.end + c.len_utf8();
            match c {
                '.' => run.dots += 1,
                '!' | '?' | '‼' | '⁇' | '⁈' | '⁉' | '‽' => run.strong = true,
                '…' | '‥' => run.ellipsis = true,
                _ if is_wide(c) => run.wide = true,
                // `. . .`
                ' ' | '\u{a0}' if run.dots > 0 && !run.closed && spaced_dot(&text[next..]) => run.spaced = true,
                '"' => {
                    let follows = text[next..].chars().next();
                    if !self.quote_open && follows.is_some_and(char::is_alphanumeric) {
                        return run;
                    }
                    self.quote_open = !self.quote_open;
                    run.closed = true;
                    run.quoted = true;
                }
                '\'' | '’' | '“' | '„' => {
                    let follows = text[next..].chars().next();
                    if follows.is_some_and(char::is_alphanumeric) {
                        return run;
                    }
                    run.closed = true;
                    run.quoted = true;
                }
                '”' | '»' | '›' | '」' | '』' => {
                    run.closed = true;
                    run.quoted = true;
                }
                ')' | ']' | '}' | '）' | '】' | '*' | '_' => {
                    run.closed = true;
                    if let Some(n) = Some(c).filter(|&c| c == ']').and_then(|_| link_target(&text[next..])) {
                        run.end = next + n;
                        continue;
                    }
                }
                '¹' | '²' | '³' | '⁰' | '⁴'..='⁹' | '†' | '‡' => {}
                '[' => match footnote(&text[next..]) {
                    Some(n) => {
                        run.end = next + n;
                        continue;
                    }
                    None => return run,
                },
                _ => return run,
            }
            run.end = next;
        }
    }

    /// Takes closing marks and footnote marks that stand apart behind the terminator into the sentence.
    fn absorb(&mut self, mut end: usize, mut next: usize) -> (usize, usize) {
        let text = self.text;
        loop {
            let token = bounded(&text[next..], 8);
            let token = &token[..token.find(is_space).unwrap_or(token.len())];
            let whole = next + token.len() == text.len() || text[next + token.len()..].starts_with(is_space);
            let closes =
                |c: char| matches!(c, '"' | '\'') && self.quote_open || is_closer(c) || matches!(c, '.' | '!' | '?' | '…');
            let note = token.strip_prefix('[').and_then(footnote).is_some_and(|n| n + 1 == token.len());
            if token.is_empty() || !whole || !(note || token.chars().all(closes)) {
                return (end, next);
            }
            if token.contains('"') {
                self.quote_open = false;
            }
            end = next + token.len();
            let (n, blank) = skip_space(text, end);
            next = n;
            if blank || next == text.len() {
                return (end, next);
            }
        }
    }
}

/// Terminators and closing marks, as read by [`Split::run`].
struct Run {
    end: usize,
    dots: usize,
    /// Holds `!` or `?`.
    strong: bool,
    ellipsis: bool,
    /// Its points stand apart.
    spaced: bool,
    /// Holds a terminator of a script that needs no space behind it.
    wide: bool,
    /// Holds a closing mark.
    closed: bool,
    /// Holds a closing quotation mark.
    quoted: bool,
}

/// What follows a terminator and space.
struct After<'a> {
    /// First letter or digit, past opening marks.
    first: Option<char>,
    /// The first sign where there is none.
    sign: Option<char>,
    /// The word that it begins, cut at [`REACH`].
    word: &'a str,
    /// What follows the word, cut likewise.
    rest: &'a str,
    /// Where the word ends.
    end: usize,
    /// What stands before it.
    opening: Opening,
}

/// The first mark before a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    None,
    Quote,
    Bracket,
    Dash,
}

impl<'a> After<'a> {
    fn read(text: &'a str, at: usize) -> Self {
        let near = bounded(&text[at..], REACH);
        let skipped = near.find(|c: char| !is_opener(c) && !is_space(c) && c != '-').unwrap_or(near.len());
        let (marks, rest) = near.split_at(skipped);
        let opening = match marks.chars().find(|&c| is_opener(c) || c == '-') {
            None | Some('*' | '_') => Opening::None,
            Some('(' | '[' | '{' | '（') => Opening::Bracket,
            Some('-' | '–' | '—') => Opening::Dash,
            Some(_) => Opening::Quote,
        };
        let first = rest.chars().next();
        let worded = first.is_some_and(char::is_alphanumeric);
        let len = if worded {
            rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’')).unwrap_or(rest.len())
        } else {
            0
        };
        let (first, sign) = if worded { (first, None) } else { (None, first) };
        Self { first, sign, word: &rest[..len], rest: &rest[len..], end: at + skipped + len, opening }
    }

    fn second_is_small(&self) -> bool {
        self.word.chars().nth(1).is_some_and(|c| c.is_lowercase() || matches!(c, '\'' | '’'))
    }

    /// `iPhone`, `eBay`: lower case in front and capital behind is a name, which may begin a sentence.
    fn mixed(&self) -> bool {
        self.word.chars().nth(1).is_some_and(char::is_uppercase)
    }

    /// Begins a sentence after an abbreviation.
    fn starts(&self) -> bool {
        let starter = words::is_starter(self.word) && !(self.word.len() == 1 && self.rest.starts_with('.'));
        match self.opening {
            Opening::None | Opening::Bracket => starter,
            // A quotation, not a quoted name: `"Green Berets"`.
            Opening::Quote => starter || self.rest.trim_start().starts_with(char::is_lowercase),
            Opening::Dash => false,
        }
    }
}

/// Whether what follows a quotation that ended in `?` or `!` names its speaker: one to four words, then a verb of saying.
fn attributes(text: &str, after: &After<'_>) -> bool {
    let title = words::abbreviation(after.word) == Some(Abbreviation::Title);
    if after.opening != Opening::None || words::is_starter(after.word) && !title {
        return false;
    }
    let from = after.end - after.word.len();
    let near = bounded(&text[from..], REACH);
    for (n, word) in near.split(is_space).take(6).enumerate() {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        if n > 0 && words::is_cue(bare) {
            return true;
        }
        if word.ends_with(['!', '?']) || word.ends_with('.') && words::abbreviation(bare).is_none() && bare.chars().count() > 1 {
            return false;
        }
    }
    false
}

/// The word that ends at `at`: back to space, an opening mark, a dash or a slash, at most [`REACH`] bytes.
fn word_before(text: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let near = &text[from..at];
    let cut = near
        .char_indices()
        .rev()
        .find(|&(_, c)| is_space(c) || is_opener(c) || is_closer(c) || matches!(c, '-' | '/' | ',' | ';' | ':') && c != '\'');
    cut.map_or(near, |(i, c)| &near[i + c.len_utf8()..])
}

/// Whether the word before `at` ends in a lower-case letter.
fn after_lower(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(' ');
    before.len() < at && before.chars().next_back().is_some_and(char::is_lowercase)
}

/// `U.S`, `H.R`, `a.k.a`: letters with points between them.
fn is_dotted(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| (1..=2).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic))
}

fn is_clock(word: &str) -> bool {
    matches!(word, "a.m" | "p.m" | "A.M" | "P.M")
}

fn is_month(word: &str) -> bool {
    matches!(word, "Jan" | "Feb" | "Mar" | "Apr" | "Jun" | "Jul" | "Aug" | "Sep" | "Sept" | "Oct" | "Nov" | "Dec")
}

/// `12`, `iv`, `IV`, `b`, `2.1`.
fn is_enumerator(word: &str) -> bool {
    word.len() <= 7
        && (word.bytes().all(|b| b.is_ascii_digit() || b == b'.') && word.len() <= 5
            || word.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'))
            || word.bytes().all(|b| matches!(b, b'I' | b'V' | b'X'))
            || word.len() == 1 && word.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether the terminator at `at` stands in a URL, an e-mail address, a handle or a path.
fn in_address(text: &str, at: usize) -> bool {
    let before = {
        let mut from = at.saturating_sub(4 * REACH);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let near = &text[from..at];
        near.rfind(is_space).map_or(near, |i| &near[i..])
    };
    let after = bounded(&text[at..], REACH);
    let after = &after[..after.find(is_space).unwrap_or(after.len())];
    before.contains("://")
        || before.contains("](")
        || before.trim_start().starts_with("www.")
        || before.contains('@')
        || after.contains('@')
        || before.contains('\\')
}

/// `[3]`, behind the bracket: the length up to and with the closing one.
fn footnote(rest: &str) -> Option<usize> {
    let digits = rest.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let letter = usize::from(digits == 0 && rest.as_bytes().first().is_some_and(u8::is_ascii_lowercase));
    let n = digits + letter;
    ((1..=3).contains(&n) && rest.as_bytes().get(n) == Some(&b']')).then_some(n + 1)
}

/// `(https://…)` behind the closing bracket of a Markdown link.
fn link_target(rest: &str) -> Option<usize> {
    let near = bounded(rest.strip_prefix('(')?, 8 * REACH);
    let end = near.find(|c: char| c == ')' || is_space(c))?;
    near[end..].starts_with(')').then_some(end + 2)
}

/// Whether another point of a spaced ellipsis follows.
fn spaced_dot(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|r| r.chars().next().is_none_or(|c| is_space(c) || is_closer(c) || matches!(c, '.' | '"')))
}

/// The first `max` bytes, at a character boundary.
fn bounded(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Past white space from `at` on, and whether that held a blank line.
fn skip_space(text: &str, at: usize) -> (usize, bool) {
    let mut lines = 0;
    for (i, c) in text[at..].char_indices() {
        match c {
            '\n' | '\u{2028}' => lines += 1,
            '\u{2029}' => lines += 2,
            c if is_space(c) => {}
            _ => return (at + i, lines > 1),
        }
    }
    (text.len(), lines > 1)
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

fn is_closer(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '”' | '’' | '»' | '›' | '」' | '』' | '）' | '】' | '*' | '_')
}

fn is_opener(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '“'
            | '‘'
            | '„'
            | '‚'
            | '«'
            | '‹'
            | '('
            | '['
            | '{'
            | '「'
            | '『'
            | '（'
            | '*'
            | '_'
            | '¿'
            | '¡'
            | '—'
            | '–'
    )
}

/// Terminators that need no space behind them, or belong to scripts without letter case.
fn is_wide(c: char) -> bool {
    matches!(
        c,
        '。' | '．'
            | '｡'
            | '！'
            | '？'
            | '।'
            | '॥'
            | '؟'
            | '۔'
            | '։'
            | '።'
            | '፧'
            | '။'
            | '។'
            | '᙮'
            | '᠃'
            | '᠉'
            | '꓿'
            | '꘎'
            | '꛳'
    )
}

/// Whether a bullet stands at `at`, with space around it: lists and menus that lost their line breaks.
fn inline_bullet(text: &str, at: usize) -> bool {
    let behind = text.get(at..).and_then(|t| t.strip_prefix(['•', '⁃', '▪', '●']));
    text[..at].ends_with(is_space) && behind.is_some_and(|b| b.starts_with(is_space))
}

/// The terminator that begins at `at`, if one does.
fn terminator(text: &str, at: usize) -> Option<char> {
    let c = text.get(at..)?.chars().next()?;
    (is_wide(c) || matches!(c, '.' | '!' | '?' | '…' | '‥' | '‼' | '⁇' | '⁈' | '⁉' | '‽')).then_some(c)
}

/// What the scan does at a byte.
#[derive(Clone, Copy)]
enum Class {
    Text,
    Terminator,
    Newline,
    Quote,
    /// May belong to the number of an item.
    Bracket,
    /// First byte of a character that may be a terminator or a bullet.
    Lead,
}

const CLASS: [Class; 256] = {
    let mut table = [Class::Text; 256];
    table[b'.' as usize] = Class::Terminator;
    table[b'!' as usize] = Class::Terminator;
    table[b'?' as usize] = Class::Terminator;
    table[b')' as usize] = Class::Bracket;
    table[b'\n' as usize] = Class::Newline;
    table[b'"' as usize] = Class::Quote;
    let leads = [0xd6, 0xd8, 0xdb, 0xe0, 0xe1, 0xe2, 0xe3, 0xea, 0xef];
    let mut i = 0;
    while i < leads.len() {
        table[leads[i]] = Class::Lead;
        i += 1;
    }
    table
};
