//! Plain text to blocks.

use super::is_space;
use super::{Block, Kind, classify};

/// A line: its span trimmed of white space, and what its bullet left.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    /// Columns of white space in front.
    indent: usize,
    /// Characters, the indentation with them.
    width: usize,
    bullet: bool,
}

/// Title and blocks of a plain text. Every line break ends a paragraph, but in hard-wrapped passages.
pub(super) fn blocks(text: &str) -> (Option<String>, Vec<Block>) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut known = None;
    for chunk in chunks(text) {
        paragraphs(text, &chunk, &mut known, &mut |start, end, bullet| push(text, start, end, bullet, &mut blocks));
    }
    headings(text, &mut blocks);
    let title = blocks.iter().find(|b| b.kind == Kind::Heading).map(|b| text[b.start..b.end].to_owned());
    (title, blocks)
}

/// Lines up to a blank one.
fn chunks(text: &str) -> impl Iterator<Item = Vec<Line>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut chunk = Vec::new();
        while at < text.len() {
            let rest = &text[at..];
            let len = rest.find('\n').map_or(rest.len(), |n| n + 1);
            let line = line(text, at, at + len);
            at += len;
            match line {
                Some(line) => chunk.push(line),
                None if chunk.is_empty() => {}
                None => return Some(chunk),
            }
        }
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The line in `start..end`, or `None` if it is blank.
fn line(text: &str, start: usize, end: usize) -> Option<Line> {
    let raw = text[start..end].trim_end_matches(is_space);
    let inner = raw.trim_start_matches(is_space);
    if inner.is_empty() {
        return None;
    }
    let bullet = bullet(inner);
    let indent = raw[..raw.len() - inner.len()].chars().map(|c| if c == '\t' { 4 } else { 1 }).sum();
    Some(Line {
        start: start + (raw.len() - inner.len()) + bullet,
        end: start + raw.len(),
        indent,
        width: indent + inner.chars().count(),
        bullet: bullet > 0,
    })
}

/// The length of a list bullet and the space behind it; 0 where there is none.
pub(super) fn bullet(line: &str) -> usize {
    let mut chars = line.chars();
    let after = match chars.next() {
        Some('•' | '‣' | '▪' | '●' | '○' | '◦' | '∙' | '■' | '□' | '►' | '▸' | '⁃' | '➢' | '✓') => {
            chars.as_str()
        }
        Some('-' | '*' | '–' | '—' | '+' | '·') if chars.as_str().starts_with(is_space) => chars.as_str(),
        Some(c) if c.is_ascii_digit() || c == '(' => {
            let body = line.strip_prefix('(').unwrap_or(line);
            let digits = body.bytes().take(4).take_while(u8::is_ascii_digit).count();
            let closing = if c == '(' { &[')'][..] } else { &['.', ')'][..] };
            match body[digits..].strip_prefix(closing) {
                Some(rest) if (1..=3).contains(&digits) && rest.starts_with(is_space) => rest,
                _ => return 0,
            }
        }
        _ => return 0,
    };
    let rest = after.trim_start_matches(is_space);
    if rest.contains(char::is_alphanumeric) { line.len() - rest.len() } else { 0 }
}

/// The paragraphs of a chunk: its lines, or lines joined where the chunk is hard-wrapped. `known` is the column at which
/// an earlier chunk was wrapped: only earlier ones count, so that no text changes what stands before it.
fn paragraphs(text: &str, chunk: &[Line], known: &mut Option<usize>, emit: &mut impl FnMut(usize, usize, bool)) {
    let limit = match chunk {
        [first, second] => pair_limit(text, first, second, *known),
        _ => wrap_limit(text, chunk).inspect(|&limit| *known = Some(limit.max(known.unwrap_or(0)))),
    };
    let mut open: Option<(Line, Line)> = None;
    for &line in chunk {
        match &mut open {
            Some((first, last)) if limit.is_some_and(|limit| continues(text, last, &line, first, limit)) => *last = line,
            _ => {
                if let Some((first, last)) = open.replace((line, line)) {
                    emit(first.start, last.end, first.bullet);
                }
            }
        }
    }
    if let Some((first, last)) = open {
        emit(first.start, last.end, first.bullet);
    }
}

/// Whether `next` goes on with the paragraph of `last` in a passage wrapped at `limit` columns.
fn continues(text: &str, last: &Line, next: &Line, first: &Line, limit: usize) -> bool {
    if next.bullet || next.indent > first.indent + 1 && !first.bullet {
        return false;
    }
    // A line that ends a sentence well before the limit ends its paragraph.
    last.width + 1 + first_word(text, next) > limit * 4 / 5 || !text[..last.end].ends_with(['.', '!', '?', '"', '”'])
}

fn first_word(text: &str, line: &Line) -> usize {
    text[line.start..line.end].split(is_space).next().map_or(0, |w| w.chars().count())
}

/// As [`wrap_limit`] for two lines, which prove little: the second must go on in lower case, or the first must be full by
/// the measure of an earlier chunk.
fn pair_limit(text: &str, first: &Line, second: &Line, known: Option<usize>) -> Option<usize> {
    let full = known.is_some_and(|limit| first.width <= limit + 8 && first.width + 1 + first_word(text, second) > limit);
    let goes_on = (50..=110).contains(&first.width) && text[second.start..second.end].starts_with(char::is_lowercase);
    (full || goes_on && !text[..first.end].ends_with(['.', '!', '?', ':'])).then_some(known.unwrap_or(first.width))
}

/// The column at which a chunk was hard-wrapped, or `None` if its line breaks are those of paragraphs.
///
/// A wrapper breaks a line only where the next word would not have fitted. So in a wrapped chunk nearly every line,
/// with the first word of the next, is longer than the longest line; among lines that are paragraphs hardly one is.
fn wrap_limit(text: &str, chunk: &[Line]) -> Option<usize> {
    let limit = chunk.iter().map(|l| l.width).max()?;
    if chunk.len() < 3 || !(50..=110).contains(&limit) {
        return None;
    }
    let (mut breaks, mut full, mut open) = (0, 0, 0);
    for pair in chunk.windows(2) {
        let (line, next) = (&pair[0], &pair[1]);
        if next.bullet {
            continue;
        }
        breaks += 1;
        full += usize::from(line.width + 1 + first_word(text, next) + 2 > limit);
        open += usize::from(!text[..line.end].ends_with(['.', '!', '?', '"', '”', ':']));
    }
    (breaks > 0 && full * 4 >= breaks * 3 && open * 5 >= breaks * 2).then_some(limit)
}

/// Adds a paragraph, its dateline apart. Lines without a letter or digit (rules, ornaments) are no blocks.
fn push(text: &str, start: usize, end: usize, bullet: bool, blocks: &mut Vec<Block>) {
    if !text[start..end].contains(char::is_alphanumeric) {
        return;
    }
    classify::add(text, start, end, if bullet { Kind::Item } else { Kind::Sentence }, blocks);
}

/// Finds headings among the paragraphs: short, without a final stop, with text after them.
fn headings(text: &str, blocks: &mut [Block]) {
    let mut follows = None;
    for (i, block) in blocks.iter_mut().enumerate().rev() {
        if block.kind == Kind::Sentence && is_heading(&text[block.start..block.end], i == 0, follows) {
            block.kind = Kind::Heading;
        }
        follows = Some(block.kind);
    }
    // Many in a row are the lines of a list or table that lost its form.
    for run in blocks.chunk_by_mut(|a, b| a.kind == Kind::Heading && b.kind == Kind::Heading).filter(|run| run.len() > 3) {
        run[1..].iter_mut().for_each(|block| block.kind = Kind::Item);
    }
}

/// Whether a paragraph is a heading; `follows` is the kind of the block after it.
fn is_heading(paragraph: &str, first: bool, follows: Option<Kind>) -> bool {
    if paragraph.len() > 250 || paragraph.contains('\n') {
        return false;
    }
    let words = paragraph.split_whitespace().count();
    if words > 20 || follows.is_none() && !first {
        return false;
    }
    let bare = paragraph.trim_end_matches(['"', '”', '\'', '’', ')', '*', '_']);
    if bare.ends_with(['.', '…', ',', ';']) && !is_acronym_end(bare) {
        return false;
    }
    // A question or a cry may be a title; in the running text it is speech.
    if bare.ends_with(['!', '?', ':']) {
        return first && !bare.ends_with(':') && follows.is_some() || capitals(paragraph);
    }
    // Speech without a stop, as in an interview, is not a heading.
    let quoted = paragraph.starts_with(['"', '“']) && paragraph.ends_with(['"', '”']);
    first || !quoted && words <= 14
}

/// `… in the U.S.`: the stop is part of the word.
fn is_acronym_end(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or("");
    word.len() >= 4 && word.split_terminator('.').all(|part| part.len() == 1) && text.split_whitespace().count() <= 12
}

/// Nearly every longer word begins with a capital.
fn capitals(text: &str) -> bool {
    let mut longer = text.split_whitespace().filter(|w| w.chars().count() > 3).peekable();
    longer.peek().is_some()
        && longer.all(|w| w.trim_start_matches(['"', '“', '‘', '\'', '(']).starts_with(|c: char| !c.is_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, Kind)> {
        blocks(text).1.iter().map(|b| (&text[b.start..b.end], b.kind)).collect()
    }

    #[test]
    fn every_line_break_ends_a_paragraph() {
        let text =
            "Ferries Stay in Harbour\r\nThe ice came early this year, the harbour master said on Monday.\r\nNo ferry left.\r\n";
        assert_eq!(
            read(text),
            [
                ("Ferries Stay in Harbour", Kind::Heading),
                ("The ice came early this year, the harbour master said on Monday.", Kind::Sentence),
                ("No ferry left.", Kind::Sentence),
            ]
        );
        assert_eq!(blocks(text).0.as_deref(), Some("Ferries Stay in Harbour"));
    }

    #[test]
    fn hard_wrapped_lines_are_joined() {
        let text = "The ice came early this year, the harbour master said on Monday, and no\n\
                    ferry left the old port before noon. Two of them were stuck between the\n\
                    islands until an icebreaker came from the north to free them at last.\n\nA second paragraph\nis short.\n";
        let blocks = read(text);
        assert!(blocks[0].0.starts_with("The ice") && blocks[0].0.ends_with("at last."), "{blocks:?}");
        assert_eq!(blocks[0].1, Kind::Sentence);
    }

    #[test]
    fn two_lines_are_joined_if_the_second_goes_on() {
        let text = "The ice came early this year, the harbour master said on Monday, and no\nferry left.\n\n\
                    Ferries Stay in Harbour as the Ice Comes Early to the Whole North\nBy Ada Roe\n\nNo ferry left.\n";
        assert_eq!(read(text).len(), 4, "{:?}", read(text));
    }

    #[test]
    fn two_lines_are_joined_as_wide_as_the_lines_before_them() {
        let wrapped = "The ice came early this year, the harbour master said on Monday, and no\n\
                       ferry left the old port before noon. Two of them were stuck between the\n\
                       islands until an icebreaker came from the north to free them at last.\n\n\
                       It was not the first time, said the master of the ferry, an old man from\nOslo.\n";
        assert_eq!(read(wrapped).len(), 2, "{:?}", read(wrapped));
    }

    #[test]
    fn many_short_lines_in_a_row_are_items() {
        let text = "Ferries\nOne ferry 12\nTwo boats 7\nThree oars 3\nFour nets 1\nThe ice came early.\n";
        let kinds: Vec<_> = read(text).iter().map(|b| b.1).collect();
        assert_eq!(kinds, [Kind::Heading, Kind::Item, Kind::Item, Kind::Item, Kind::Item, Kind::Sentence]);
    }

    #[test]
    fn lines_of_even_length_that_are_sentences_are_not_joined() {
        let text = "The ferry left the harbour in the morning with forty people on board.\n\
                    The ice was thick and the captain turned back before the first island.\n\
                    The harbour master had warned of it on the evening of the day before.\n";
        assert_eq!(read(text).len(), 3);
    }

    #[test]
    fn bullets_are_trimmed_and_make_items() {
        let text = "• one ferry\n  - two boats\n3) three oars\n12. twelve nets\n—\n- \n-5 degrees\n2017 was cold.";
        let items: Vec<_> = read(text);
        assert_eq!(items[0], ("one ferry", Kind::Item));
        assert_eq!(items[1], ("two boats", Kind::Item));
        assert_eq!(items[2], ("three oars", Kind::Item));
        assert_eq!(items[3], ("twelve nets", Kind::Item));
        assert_eq!(items[4].0, "-5 degrees");
        assert_eq!(items[5], ("2017 was cold.", Kind::Sentence));
        assert_eq!(items.len(), 6, "rules and lone bullets are no blocks");
    }

    #[test]
    fn wrapped_items_are_joined_to_their_bullet() {
        let text = "- The first item of the list is long enough that it had to be wrapped at\n  the end of the line by whoever wrote it.\n- The second is short.";
        let items = read(text);
        assert_eq!(items.len(), 2, "{items:?}");
        assert!(items[0].0.ends_with("whoever wrote it."));
    }

    #[test]
    fn a_glued_dateline_is_a_byline_of_its_own() {
        let text = "Oslo (CNN)The ferry stayed in the harbour.";
        assert_eq!(read(text), [("Oslo (CNN)", Kind::Byline), ("The ferry stayed in the harbour.", Kind::Sentence)]);
    }

    #[test]
    fn a_byte_order_mark_is_in_the_text_and_in_no_block() {
        let text = "\u{feff}The ferry stayed.";
        assert_eq!(read(text), [("The ferry stayed.", Kind::Sentence)]);
        assert_eq!(blocks(text).1[0].start, 3);
    }

    #[test]
    fn a_short_line_without_stop_before_text_is_a_heading() {
        let text = "The ferry stayed.\nA cold spring\nThe ice came early.\nIt will stay, he said:\nGo home\n";
        let kinds: Vec<_> = read(text).iter().map(|b| b.1).collect();
        assert_eq!(kinds, [Kind::Sentence, Kind::Heading, Kind::Sentence, Kind::Sentence, Kind::Sentence]);
    }
}
