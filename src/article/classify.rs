//! What a paragraph is, judged by its own words: byline, caption, boilerplate or running text.

use super::{Block, Kind, meta};

/// Beginnings, lower case, of lines that are not part of the story.
#[rustfmt::skip]
const BOILERPLATE_STARTS: &[&str] = &[
    "advertisement", "all rights reserved", "back to top", "by signing up", "click here", "comments are closed",
    "continue reading", "copyright", "don't miss", "download our", "download the", "enter your email", "follow us", "follow @",
    "get our", "get the latest", "join our", "join the conversation", "just watched", "keep reading", "learn more about",
    "listen to this article", "log in", "more from", "more on this", "more stories", "more videos", "most popular", "must watch",
    "now playing", "privacy policy", "read also", "read full", "read more", "read next", "read the full", "recommended for you",
    "recommended stories", "register for", "related article", "related content", "related stories", "related topics", "related:",
    "read:", "replay", "see also", "share on", "share this", "sign in", "sign up", "skip to", "sponsored content",
    "story continues below", "subscribe", "support our journalism", "terms of service", "terms of use", "thank you for reading",
    "this site uses cookies", "this story has been updated", "this article has been updated", "this website uses cookies",
    "to read more", "view comments", "we use cookies", "©", "(c) 20",
];

/// Phrases, lower case, that mark a short paragraph as boilerplate wherever they stand in it.
#[rustfmt::skip]
const BOILERPLATE_PHRASES: &[&str] = &[
    "all rights reserved", "accept cookies", "cookie policy", "our newsletter", "daily newsletter", "weekly newsletter",
    "free newsletter", "may not be published, broadcast", "our privacy policy", "our terms of", "unsubscribe at any time",
    "follow us on", "like us on facebook", "in your inbox", "to your inbox",
];

/// Beginnings, lower case, of captions.
#[rustfmt::skip]
const CAPTION_STARTS: &[&str] = &[
    "photo:", "photos:", "photo by", "photograph:", "photograph by", "photo credit", "picture:", "pictured:", "image:",
    "image credit", "image source", "image caption", "images:", "video:", "watch:", "file photo", "file -", "file –", "file —",
    "gallery:", "graphic:", "slideshow:", "credit:", "hide caption", "media caption", "getty images",
];

/// Ends, lower case, of captions.
#[rustfmt::skip]
const CAPTION_ENDS: &[&str] = &[
    "getty images", "getty images)", "/reuters)", "/ap)", "(reuters)", "/afp)", "file photo", "file photo)", "hide caption",
    "/epa)", "getty images.)", "/reuters", "via ap)", "shutterstock", "shutterstock)",
];

/// Marks, lower case, of a credit in brackets.
const CREDITS: &[&str] =
    &["(image credit", "(photo by", "(photo:", "(photo credit", "(ap photo", "(image:", "(credit:", "(picture:", "ap photo/"];

/// Kinds that a paragraph shows by its words alone; [`Kind::Sentence`] where it shows none.
fn kind(paragraph: &str) -> Kind {
    let short = paragraph.len() <= 400;
    let words = if short { paragraph.split_whitespace().count() } else { usize::MAX };
    if words > 60 {
        return Kind::Sentence;
    }
    let lower = paragraph.to_lowercase();
    let lower = lower.trim_start_matches(['*', '_', '(', '[', '>', ' ']);
    if is_byline(paragraph, lower, words) {
        Kind::Byline
    } else if is_caption(paragraph, &paragraph.to_lowercase(), lower, words) {
        Kind::Caption
    } else if words <= 40
        && (BOILERPLATE_STARTS.iter().any(|s| starts_phrase(lower, s)) || BOILERPLATE_PHRASES.iter().any(|p| lower.contains(p)))
        && !paragraph.starts_with(['"', '“'])
    {
        Kind::Boilerplate
    } else {
        Kind::Sentence
    }
}

/// Begins with the phrase and not just with a word that begins like it.
fn starts_phrase(lower: &str, phrase: &str) -> bool {
    lower.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric) || phrase.ends_with(' '))
}

fn is_byline(paragraph: &str, lower: &str, words: usize) -> bool {
    let contributed = lower.contains("contributed to this") || lower.contains("contributed reporting");
    let credit = [
        "reporting by ",
        "additional reporting by ",
        "editing by ",
        "writing by ",
        "written by ",
        "reported by ",
        "compiled by ",
    ]
    .iter()
    .any(|s| lower.starts_with(s));
    if (contributed || credit) && words <= 40 {
        return true;
    }
    let name = ["By ", "BY ", "by "].iter().find_map(|b| paragraph.strip_prefix(b));
    if let Some(name) = name {
        let capital = name.starts_with(char::is_uppercase);
        let small = name.split_whitespace().filter(|w| w.starts_with(char::is_lowercase)).count();
        return words <= 16 && capital && small <= 2 + words / 6 && !name.ends_with(['!', '?', ':']) && !ends_sentence(name);
    }
    is_timestamp(lower, words)
}

/// Ends in a full stop that is not one of an abbreviation such as `Jr.`
fn ends_sentence(text: &str) -> bool {
    text.ends_with('.') && text.rsplit(' ').next().is_some_and(|w| w.trim_end_matches('.').chars().count() > 3)
}

/// `Updated 10:32 AM ET, Fri May 26, 2017`, `May 26, 2017`.
fn is_timestamp(lower: &str, words: usize) -> bool {
    let mut month = false;
    let mut number = false;
    let stated = ["published", "updated", "last updated", "posted", "first published"].iter().any(|s| starts_phrase(lower, s));
    let all = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).all(|w| {
        let is_month = meta::month(w).is_some();
        month |= is_month;
        let digits = w.bytes().next().is_some_and(|b| b.is_ascii_digit());
        number |= digits;
        is_month
            || digits
            || meta::is_weekday(w)
            || matches!(
                w,
                "am" | "pm"
                    | "et"
                    | "est"
                    | "edt"
                    | "gmt"
                    | "bst"
                    | "utc"
                    | "pt"
                    | "pst"
                    | "pdt"
                    | "on"
                    | "at"
                    | "a"
                    | "p"
                    | "m"
                    | "last"
                    | "updated"
                    | "published"
                    | "posted"
                    | "first"
            )
    });
    all && words <= 16 && number && (month || stated)
}

fn is_caption(paragraph: &str, whole: &str, lower: &str, words: usize) -> bool {
    if CAPTION_STARTS.iter().any(|s| lower.starts_with(s)) || CREDITS.iter().any(|c| whole.contains(c)) {
        return true;
    }
    CAPTION_ENDS.iter().any(|s| lower.ends_with(s)) && words <= 50 || words <= 25 && ends_in_duration(paragraph)
}

/// `… 01:10`: the length of a film behind its title.
fn ends_in_duration(paragraph: &str) -> bool {
    let Some((head, seconds)) = paragraph.rsplit_once(':') else { return false };
    if seconds.len() != 2 || !seconds.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let title = head.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    let digits = head.len() - title.len();
    // A clock time in a sentence has a preposition before it: `at 10:30`.
    let last = title.split_whitespace().next_back().unwrap_or("");
    (1..=5).contains(&digits)
        && !title.trim().is_empty()
        && !matches!(last, "at" | "by" | "until" | "till" | "before" | "after" | "from" | "to")
}

/// Adds the block in `start..end`. Where its kind is [`Kind::Sentence`], its words may tell another (a byline, a caption), and a
/// dateline is set apart.
pub(super) fn add(text: &str, start: usize, end: usize, kind: Kind, blocks: &mut Vec<Block>) {
    let paragraph = &text[start..end];
    let kind = if kind == Kind::Sentence { self::kind(paragraph) } else { kind };
    if kind == Kind::Sentence
        && let Some((dateline, rest)) = dateline(paragraph)
    {
        blocks.push(Block { start, end: start + dateline, kind: Kind::Byline });
        blocks.push(Block { start: start + rest, end, kind });
        return;
    }
    blocks.push(Block { start, end, kind });
}

/// The length of a dateline at the start of a paragraph and of the dash or space behind it: `(dateline, start of the text)`.
///
/// `Oslo (CNN)The …`, `LIMA (Reuters) - The …`, `QUITO, Ecuador — The …`, `(AP) — The …`.
fn dateline(paragraph: &str) -> Option<(usize, usize)> {
    #[rustfmt::skip]
    const AGENCIES: &[&str] = &[
        "AFP", "ANI", "AP", "Associated Press", "BBC", "Bloomberg", "CBC", "CBS News", "CNN", "CNN Business", "CNNMoney", "DPA",
        "dpa", "IANS", "NBC News", "NPR", "PTI", "Reuters", "REUTERS", "TASS", "The Associated Press", "UPI", "Xinhua",
    ];
    let mut near = paragraph.len().min(90);
    while !paragraph.is_char_boundary(near) {
        near -= 1;
    }
    let near = &paragraph[..near];
    if let Some(open) = near.find('(') {
        let close = open + near[open..].find(')')?;
        let agency = near[open + 1..close].trim();
        let place = near[..open].trim_end();
        let rest = &paragraph[close + 1..];
        let dash = dash_len(rest);
        let text = close + 1 + dash.unwrap_or(rest.len() - rest.trim_start().len());
        let goes_on = paragraph[text..]
            .starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '"' | '“' | '‘' | '\''));
        let named = AGENCIES.contains(&agency) || dash.is_some() && (2..=24).contains(&agency.len()) && is_place(place, true);
        if named && goes_on && is_place(place, false) {
            return Some((close + 1, text));
        }
        return None;
    }
    // Without an agency only a place in capitals and a dash make a dateline.
    let (at, _) = near.char_indices().find(|&(i, c)| matches!(c, '—' | '–') || c == '-' && near[..i].ends_with(' '))?;
    let place = near[..at].trim_end();
    let text = place.len() + dash_len(&paragraph[place.len()..])?;
    let goes_on = paragraph[text..].starts_with(|c: char| c.is_uppercase() || matches!(c, '"' | '“'));
    (is_place(place, true) && !place.is_empty() && goes_on).then_some((place.len(), text))
}

/// Length of a dash with the space around it.
fn dash_len(text: &str) -> Option<usize> {
    let dashed = text.trim_start();
    let mut rest = dashed.trim_start_matches(['—', '–']);
    if rest.len() == dashed.len() {
        rest =
            dashed.strip_prefix("-").map(|r| r.strip_prefix('-').unwrap_or(r)).filter(|r| r.starts_with(char::is_whitespace))?;
    }
    Some(text.len() - rest.trim_start().len())
}

/// At most seven words with capitals, dates let through; with `capitals` the first word is in capitals throughout.
fn is_place(place: &str, capitals: bool) -> bool {
    if place.is_empty() {
        return true;
    }
    let mut words = place.split_whitespace();
    let first = words.next().unwrap_or("").trim_end_matches([',', '.']);
    let upper = first.chars().filter(|c| c.is_uppercase()).count() >= 3 && !first.chars().any(char::is_lowercase);
    (!capitals || upper)
        && first.starts_with(char::is_uppercase)
        && place.split_whitespace().count() <= 7
        && !place.contains([':', ';', '"', '“', '!', '?'])
        && words.all(|w| {
            w.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()) || matches!(w, "de" | "of" | "and" | "the" | "al")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines() {
        for line in [
            "By Ada Roe and Bo Lind, The Harbour Post",
            "By Ada Roe, Jr.",
            "The Post's Ada Roe contributed to this report.",
            "Reporting by Ada Roe; Editing by Bo Lind",
            "Updated 10:32 AM ET, Fri May 26, 2017",
            "26 May 2017",
        ] {
            assert_eq!(kind(line), Kind::Byline, "{line}");
        }
        for line in ["By Monday the harbour had frozen over.", "By then", "May was cold.", "In 2017"] {
            assert_ne!(kind(line), Kind::Byline, "{line}");
        }
    }

    #[test]
    fn captions() {
        for line in [
            "Ferry leaves the harbour 01:10",
            "Photo: a ferry in the ice",
            "A ferry in the ice. (Image credit: Harbour Post)",
            "FILE - A ferry leaves in May.",
            "A ferry. Ada Roe/Getty Images",
        ] {
            assert_eq!(kind(line), Kind::Caption, "{line}");
        }
        assert_eq!(kind("The ferry leaves at 10:30"), Kind::Sentence);
    }

    #[test]
    fn boilerplate() {
        for line in [
            "Read more: ferries in the ice",
            "Sign up for our newsletter",
            "We use cookies to serve you better.",
            "ADVERTISEMENT",
        ] {
            assert_eq!(kind(line), Kind::Boilerplate, "{line}");
        }
        for line in ["Readers wrote to the harbour master.", "“Subscribe,” the banner read.", "Cookies are baked in the harbour."]
        {
            assert_eq!(kind(line), Kind::Sentence, "{line}");
        }
    }

    #[test]
    fn datelines_are_cut_off() {
        for (line, dateline_is, text_is) in [
            ("Oslo (CNN)The ferry left.", "Oslo (CNN)", "The"),
            ("LIMA (Reuters) - The ferry left.", "LIMA (Reuters)", "The"),
            ("LIMA, May 3 (Reuters) - The ferry left.", "LIMA, May 3 (Reuters)", "The"),
            ("QUITO, Ecuador — The ferry left.", "QUITO, Ecuador", "The"),
            ("(CNN) — “We left.”", "(CNN)", "“We"),
        ] {
            let (end, start) = dateline(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(&line[..end], dateline_is);
            assert!(line[start..].starts_with(text_is), "{line}");
        }
        for line in [
            "Harbour Holdings (HHX) shares rose.",
            "The minister (CNN reported) left.",
            "NATO — an alliance — met.",
            "The ferry — an old one — left.",
            "Well-known sailors left.",
            "(The ferry) Left",
        ] {
            assert_eq!(dateline(line), None, "{line}");
        }
    }
}
