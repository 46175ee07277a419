//! Word lists of news English: abbreviations by how they end a sentence, and words that begin one.

/// How a word with a full stop behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Abbreviation {
    /// Stands before what it belongs to (`Mr.`, `Gen.`): never ends a sentence.
    Title,
    /// Stands before a number (`No.`, `Fig.`, `Jan.`): ends a sentence unless a number follows.
    Number,
    /// May end a sentence (`Inc.`, `U.S.`, `p.m.`): it does where a word follows that begins sentences.
    Either,
}

/// Kept sorted, lower case, without the last full stop: looked up by binary search.
#[rustfmt::skip]
const TITLES: &[&str] = &[
    "adj", "adm", "approx", "attys", "brig", "c", "ca", "capt", "cf", "circa", "cmdr", "col", "comdr", "cpl", "cpt", "det", "dr",
    "drs", "e.g", "eg", "esp", "flt", "fr", "gen", "gens", "gov", "govs", "hon", "i.e", "ie", "insp", "lt", "lts", "maj",
    "messrs", "mlle", "mme", "mr", "mrs", "ms", "msgr", "mt", "mx", "n.b", "ofc", "op", "p", "p.s", "pfc", "pp", "pres", "prof",
    "profs", "ps", "pte", "pvt", "rep", "reps", "rev", "sen", "sens", "sgt", "spc", "sqn", "ssgt", "supt", "v", "viz", "vs",
];

/// As [`TITLES`].
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "apr", "art", "arts", "aug", "ch", "chap", "dec", "eq", "eqs", "ext", "feb", "fig", "figs", "jan", "jul", "jun", "mar", "no",
    "nos", "nov", "oct", "pt", "ref", "refs", "sec", "sect", "sep", "sept", "tel", "vol", "vols",
];

/// As [`TITLES`].
#[rustfmt::skip]
const EITHERS: &[&str] = &[
    "a.d", "a.k.a", "a.m", "al", "ala", "ariz", "assn", "assoc", "asst", "atty", "ave", "b.c", "bldg", "blvd", "bros", "calif",
    "cie", "co", "colo", "comm", "conn", "corp", "dept", "dist", "ed", "eds", "esq", "est", "etc", "ex", "fla", "ft", "govt",
    "hwy", "inc", "incl", "ind", "inst", "intl", "jr", "kan", "ky", "ltd", "mass", "md", "mich", "minn", "miss", "mo", "mont",
    "natl", "neb", "nev", "okla", "ont", "ore", "p.m", "penn", "ph.d", "pl", "plc", "rd", "sask", "sq", "sr", "st", "sta", "ste",
    "tenn", "tex", "trans", "univ", "va", "vt", "wash", "wis", "wyo",
];

/// Words that, capitalised, mostly begin a sentence when they follow an abbreviation. Sorted, lower case.
#[rustfmt::skip]
const STARTERS: &[&str] = &[
    "a", "about", "according", "after", "again", "all", "also", "although", "among", "an", "and", "another", "any", "are", "as",
    "asked", "at", "because", "before", "both", "but", "by", "can", "could", "despite", "did", "do", "does", "during", "each",
    "earlier", "even", "every", "few", "finally", "for", "from", "further", "had", "has", "have", "he", "hence", "her", "here",
    "his", "how", "however", "i", "i'm", "i've", "if", "in", "instead", "is", "it", "it's", "its", "just", "last", "later", "let",
    "like", "many", "maybe", "meanwhile", "more", "moreover", "most", "mr", "mrs", "ms", "much", "my", "neither", "nevertheless",
    "next", "nobody", "nor", "not", "nothing", "now", "of", "often", "on", "once", "only", "or", "other", "others", "our",
    "perhaps", "please", "rather", "several", "she", "should", "similarly", "since", "so", "some", "sometimes", "soon", "still",
    "such", "than", "that", "that's", "the", "their", "then", "there", "there's", "therefore", "these", "they", "this", "those",
    "though", "through", "thus", "to", "today", "tomorrow", "under", "unlike", "until", "was", "we", "we're", "we've", "were",
    "what", "when", "where", "whether", "which", "while", "who", "whose", "why", "will", "with", "without", "would", "yes",
    "yesterday", "yet", "you", "you're", "your",
];

/// Verbs that attribute a quotation. Sorted.
#[rustfmt::skip]
const CUES: &[&str] = &[
    "added", "adds", "admitted", "agreed", "announced", "answered", "argued", "argues", "asked", "asks", "began", "begged",
    "called", "claimed", "commented", "complained", "concluded", "continued", "cried", "declared", "demanded", "exclaimed",
    "explained", "insisted", "joked", "muttered", "noted", "notes", "observed", "posted", "quipped", "recalled", "remarked",
    "replied", "replies", "responded", "said", "says", "screamed", "shouted", "shouts", "tells", "told", "tweeted", "urged",
    "warned", "whispered", "wondered", "wonders", "writes", "wrote", "yelled",
];

/// Names that carry an exclamation or question mark. Sorted, lower case.
const MARKED_NAMES: &[&str] = &["jeopardy", "panic", "yahoo", "yum"];

fn has(list: &[&str], word: &str) -> bool {
    list.binary_search(&word).is_ok()
}

/// The lower-case form on the stack, where it is short enough to be in a list. Typographic apostrophes are made straight.
fn lower<R>(word: &str, then: impl FnOnce(&str) -> R) -> Option<R> {
    let mut buffer = [0u8; 16];
    let mut n = 0;
    for c in word.chars() {
        let c = if c == '’' { '\'' } else { c.to_ascii_lowercase() };
        *buffer.get_mut(n).filter(|_| c.is_ascii())? = c as u8;
        n += 1;
    }
    std::str::from_utf8(&buffer[..n]).ok().map(then)
}

/// What kind of abbreviation the word before a full stop is, if it is one. Case counts where the word is also a common one.
pub(super) fn abbreviation(word: &str) -> Option<Abbreviation> {
    let capital = word.starts_with(|c: char| c.is_uppercase());
    // `EST`, `MASS`: in capitals throughout only a few are abbreviations.
    #[rustfmt::skip]
    const CAPITALS: &[&str] = &[
        "BROS", "CAPT", "COL", "CORP", "FIG", "GEN", "GOV", "INC", "LTD", "MRS", "NOS", "PVT", "REP", "SEN", "SGT", "VOL",
    ];
    if word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase()) && !has(CAPITALS, word) {
        return None;
    }
    let kind = lower(word, |w| {
        if has(TITLES, w) {
            Some(Abbreviation::Title)
        } else if has(NUMBERS, w) {
            Some(Abbreviation::Number)
        } else if has(EITHERS, w) {
            Some(Abbreviation::Either)
        } else {
            None
        }
    })
    .flatten()?;
    // `col.`, `miss.`, `mass.`, `wash.` in lower case are mostly words; these few are abbreviations in lower case too.
    #[rustfmt::skip]
    const LOWER_TOO: &[&str] = &[
        "a.d", "a.k.a", "a.m", "al", "approx", "assn", "asst", "b.c", "c", "ca", "cf", "ch", "circa", "dept", "dr", "e.g", "ed",
        "eds", "eg", "eq", "esp", "est", "etc", "fig", "figs", "i.e", "ie", "inc", "incl", "ltd", "mr", "mrs", "ms", "no", "nos",
        "p", "p.m", "pp", "pt", "sec", "v", "viz", "vol", "vols", "vs",
    ];
    if !capital && !has(LOWER_TOO, word) {
        return None;
    }
    Some(kind)
}

/// Whether the word may be an abbreviation before a word in lower case, where few sentences end.
pub(super) fn is_abbreviation_in_any_case(word: &str) -> bool {
    #[rustfmt::skip]
    const MORE: &[&str] = &[
        "avg", "cit", "cont", "cu", "dia", "hr", "hrs", "ibid", "lb", "lbs", "max", "mgr", "min", "mins", "misc", "oz", "pers",
        "plur", "pop", "prob", "prop", "resp", "sing", "tbsp", "temp", "tsp", "voc", "yr", "yrs",
    ];
    const WORDS: &[&str] = &["art", "arts", "mass", "miss", "no", "wash", "ref", "refs"];
    let known = |w: &str| !has(WORDS, w) && [TITLES, NUMBERS, EITHERS, MORE].iter().any(|list| has(list, w));
    lower(word, known).unwrap_or(false)
}

/// Whether the word, capitalised, mostly begins a sentence.
pub(super) fn is_starter(word: &str) -> bool {
    lower(word, |w| has(STARTERS, w)).unwrap_or(false)
}

/// Whether the word goes on with a time of day (`5 p.m. Friday`, `9 a.m. EST`).
pub(super) fn follows_clock(word: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "Alaska", "Atlantic", "Beijing", "British", "Central", "Eastern", "Friday", "Greenwich", "Hawaii", "London", "Monday",
        "Moscow", "Mountain", "Pacific", "Paris", "Saturday", "Sunday", "Thursday", "Tokyo", "Tuesday", "Wednesday",
    ];
    has(WORDS, word)
        || word.chars().all(char::is_uppercase)
        || matches!(
            word.get(..3),
            Some("Jan" | "Feb" | "Mar" | "Apr" | "May" | "Jun" | "Jul" | "Aug" | "Sep" | "Oct" | "Nov" | "Dec")
        )
}

/// Whether the lower-case word mostly begins a question or a statement: for writers who do without capitals.
pub(super) fn is_question_or_subject(word: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "also", "he", "how", "i", "it", "it's", "its", "my", "she", "that's", "there", "they", "this", "we", "what", "what's",
        "when", "where", "which", "who", "why", "you", "your",
    ];
    has(WORDS, word)
}

/// Whether the word is a verb of saying.
pub(super) fn is_cue(word: &str) -> bool {
    has(CUES, word)
}

/// Whether the word is a name that is written with `!` or `?`.
pub(super) fn is_marked_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_uppercase()) && lower(word, |w| has(MARKED_NAMES, w)).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_binary_search() {
        for list in [TITLES, NUMBERS, EITHERS, STARTERS, CUES, MARKED_NAMES] {
            assert!(list.is_sorted(), "{:?}", list.windows(2).find(|w| w[0] > w[1]));
        }
    }

    #[test]
    fn common_words_are_abbreviations_only_with_a_capital() {
        assert_eq!(abbreviation("Col"), Some(Abbreviation::Title));
        assert_eq!(abbreviation("mass"), None);
        assert_eq!(abbreviation("p.m"), Some(Abbreviation::Either));
        assert_eq!(abbreviation("No"), Some(Abbreviation::Number));
    }

    #[test]
    fn starters_are_found_whatever_their_apostrophe() {
        assert!(is_starter("It’s") && is_starter("It's") && is_starter("The") && !is_starter("Treasury"));
    }
}
