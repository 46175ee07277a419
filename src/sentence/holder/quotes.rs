//! Quotation marks of a paragraph to the spans between them.

/// A span in quotation marks, marks included: byte offsets into the paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quotation {
    pub start: usize,
    pub end: usize,
    /// Bytes of the opening mark; 0 where the paragraph as a whole is a quotation.
    pub open: usize,
    /// Bytes of the closing mark; 0 where it is missing, as at the end of a paragraph whose quotation goes on in the next.
    pub close: usize,
}

/// Longest quotation, in bytes, whose closing mark may be missing though no other paragraph goes on with it.
const LONGEST_UNCLOSED: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Open,
    Close,
    /// Straight marks: the neighbours tell.
    Either,
}

/// Finds the quotations of a paragraph in double marks (`"`, `“”`, `„“`, `«»`, `''`, ` `` `), or, if it has none, in single
/// marks. They do not overlap; a quotation inside a quotation belongs to the outer one. Linear.
pub(super) fn quotations(text: &str) -> Vec<Quotation> {
    let bytes = text.as_bytes();
    let mut found: Vec<Quotation> = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    let mut any = false;
    while at < bytes.len() {
        let Some((side, len)) = double_mark(bytes, at) else {
            at += 1;
            continue;
        };
        any = true;
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + len..).and_then(|t| t.chars().next());
        let loose_before = before.is_none_or(|c| c.is_whitespace() || opens(c));
        let tight_after = after.is_some_and(|c| !c.is_whitespace());
        match (open, side) {
            (None, Side::Close) => {}
            (None, Side::Open) => open = Some((at, len)),
            // `6'2"` and other strays have a letter or digit before them.
            (None, Side::Either) if tight_after && (loose_before || before.is_some_and(|c| !c.is_alphanumeric())) => {
                open = Some((at, len));
            }
            (None, Side::Either) => {}
            // A slip of the pen: `“We go,“ she said`.
            (Some((start, opening)), Side::Open) if !loose_before && !tight_after => {
                found.push(Quotation { start, end: at + len, open: opening, close: len });
                open = None;
            }
            // The mark before it had lost its partner.
            (Some(_), Side::Open) => open = Some((at, len)),
            (Some(_), Side::Either) if loose_before && before.is_some() && after.is_some_and(char::is_alphanumeric) => {
                open = Some((at, len));
            }
            (Some((start, opening)), _) => {
                found.push(Quotation { start, end: at + len, open: opening, close: len });
                open = None;
            }
        }
        at += len;
    }
    if let Some((start, opening)) = open
        && (text.len() - start <= LONGEST_UNCLOSED || start == 0)
    {
        found.push(Quotation { start, end: text.len(), open: opening, close: 0 });
    }
    if any { found } else { single(text) }
}

/// British style: `'We go,' she said.` An opening mark has space before it, its partner is the first that has a stop or a comma
/// before it and no letter behind it, or else the first with no letter behind it.
fn single(text: &str) -> Vec<Quotation> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    // The first mark since the opening one that might close it, where none has closed it for certain.
    let mut maybe: Option<usize> = None;
    let mut at = 0;
    while at < bytes.len() {
        let Some((side, len)) = single_mark(bytes, at) else {
            at += 1;
            continue;
        };
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + len..).and_then(|t| t.chars().next());
        let loose_before = before.is_none_or(|c| c.is_whitespace() || opens(c));
        let word_after = after.is_some_and(char::is_alphanumeric);
        match open {
            None if side != Side::Close && loose_before && word_after => open = Some((at, len)),
            None => {}
            Some((start, opening)) if !word_after && !loose_before => {
                let stopped = before.is_some_and(|c| matches!(c, '.' | ',' | '?' | '!' | '…'));
                // `the workers' tools`: a genitive, if another mark closes the quotation.
                let plural = before == Some('s') && after == Some(' ');
                if stopped || !plural {
                    found.push(Quotation { start, end: at + len, open: opening, close: len });
                    (open, maybe) = (None, None);
                } else {
                    maybe = maybe.or(Some(at + len));
                }
            }
            Some((start, opening)) if loose_before && word_after && side != Side::Close => {
                if let Some(end) = maybe {
                    found.push(Quotation { start, end, open: opening, close: len });
                }
                (open, maybe) = (Some((at, len)), None);
            }
            Some(_) => {}
        }
        at += len;
    }
    if let (Some((start, opening)), Some(end)) = (open, maybe) {
        found.push(Quotation { start, end, open: opening, close: 1 });
    }
    found
}

fn opens(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '—' | '–' | '-' | '/' | ':' | '‘' | '\'' | '*' | '_')
}

/// The double mark at a byte, with its length.
fn double_mark(bytes: &[u8], at: usize) -> Option<(Side, usize)> {
    match bytes.get(at..)? {
        [b'"', ..] => Some((Side::Either, 1)),
        [b'\'', b'\'', ..] => Some((Side::Either, 2)),
        [b'`', b'`', ..] => Some((Side::Open, 2)),
        [0xe2, 0x80, 0x9c | 0x9e, ..] => Some((Side::Open, 3)),
        [0xe2, 0x80, 0x9d, ..] => Some((Side::Close, 3)),
        [0xc2, 0xab, ..] => Some((Side::Open, 2)),
        [0xc2, 0xbb, ..] => Some((Side::Close, 2)),
        _ => None,
    }
}

/// The single mark at a byte, with its length.
fn single_mark(bytes: &[u8], at: usize) -> Option<(Side, usize)> {
    match bytes.get(at..)? {
        [b'\'', ..] => Some((Side::Either, 1)),
        [0xe2, 0x80, 0x98, ..] => Some((Side::Open, 3)),
        [0xe2, 0x80, 0x99, ..] => Some((Side::Close, 3)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str) -> Vec<&str> {
        quotations(text).iter().map(|q| &text[q.start..q.end]).collect()
    }

    #[test]
    fn double_marks_of_every_style() {
        assert_eq!(spans("\"We go,\" she said. \"Now.\""), ["\"We go,\"", "\"Now.\""]);
        assert_eq!(spans("“We go,” she said."), ["“We go,”"]);
        assert_eq!(spans("''We go,'' she said."), ["''We go,''"]);
        assert_eq!(spans("«We go», she said."), ["«We go»"]);
    }

    #[test]
    fn single_marks_where_there_are_no_others() {
        assert_eq!(spans("‘We don’t go,’ she said. It’s late."), ["‘We don’t go,’"]);
        assert_eq!(spans("'The workers' tools don't rust,' she said."), ["'The workers' tools don't rust,'"]);
        assert!(spans("The workers' tools don't rust in the '90s.").is_empty());
    }

    #[test]
    fn strays_open_nothing() {
        assert!(spans("He is 6'2\" tall.").is_empty());
        assert_eq!(spans("A board of 2\" and a \"big\" one."), ["\"big\""]);
    }

    #[test]
    fn an_unclosed_quotation_reaches_to_the_end() {
        assert_eq!(spans("She said: “We go. And you?"), ["“We go. And you?"]);
        assert_eq!(quotations("“We go.")[0].close, 0);
        assert_eq!(spans("“We go,“ she said."), ["“We go,“"]);
    }
}
