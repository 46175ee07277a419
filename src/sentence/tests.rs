//! One test per behaviour; every text is invented. `|` marks where a sentence must end.

use super::{split, split_text};
use crate::article::{Article, Kind, read_bytes};
use std::path::Path;

/// Splits the text without its marks and compares with the marks. A mark stands before the white space that it ends at.
fn check(marked: &str) {
    let text: String = marked.chars().filter(|&c| c != '|').collect();
    let expected: Vec<&str> = marked.split('|').map(|s| s.trim_matches(super::is_space)).collect();
    let found: Vec<&str> = split_text(&text).map(|(start, end)| &text[start..end]).collect();
    assert_eq!(found, expected);
}

#[test]
fn plain_sentences() {
    check("The ferry left.| Did it return?| It did!| Nobody saw it");
}

#[test]
fn titles_never_end_a_sentence() {
    check("Gen. Ada Roe met Mrs. Lind, Lt. Col. Bo Ek and Sen. Ivo Parr.| Dr. Who was not there.");
}

#[test]
fn initials_are_parts_of_names() {
    check("J. R. Roe and Ada B. Lind signed H.R. 12 at noon.| E.B. Parr did not.");
    check("The captain fell back on plan B. |The crew did not like it.");
}

#[test]
fn acronyms_with_points_end_a_sentence_only_before_a_starter() {
    check(
        "He left the U.S. Coast Guard for the U.K. Treasury.| She stayed in the U.S.| They met in Washington, D.C.| In May they left.",
    );
    check("The U.S. \"Harbour Rule\" stands.| It ends at 5 p.m. Friday.");
}

#[test]
fn company_endings_and_months() {
    check(
        "Harbour Holdings Inc. Chief Ada Roe left.| She had joined Lind & Co. in Jan. 2011.| It rained in Dec.| Then it snowed.",
    );
}

#[test]
fn numbers_with_points() {
    check("The fare rose 3.5 percent to $4.20 in 2016.| No. 7 pier closed, see Fig. 2 on p. 11.| It paid 1.000,50 euros.");
}

#[test]
fn an_abbreviation_for_number_is_also_a_word() {
    check("Would she go?| She said no.| He said \"No.\"| Then he left.");
}

#[test]
fn lower_case_goes_on() {
    check("The firm Yahoo! is old, e.g. older than most, etc. and so on.| It was vs. him.");
}

#[test]
fn writers_without_capitals_are_split_behind_plain_words() {
    check(
        "the ferry left. we stayed! did it return?| i saw it."
            .replace("left. ", "left. |")
            .replace("stayed! ", "stayed! |")
            .as_str(),
    );
    check("The trade dept. said approx. nine boats, max. ten, left for Oslo. to stay.");
}

#[test]
fn an_attribution_stays_with_its_quotation() {
    check("“Will the ice hold?” Roe asked.| “No!” harbour master Bo Lind said.| “Go!”| He left.");
    check("\"Will it hold?\" asked Roe.| \"Leave now!\" Mr. Lind shouted.| \"Will it? \" she wrote.");
}

#[test]
fn quotations_are_split_inside() {
    check("“The ice is thick.| We cannot leave.| We wait,” Roe said.| “It will melt.”| Lind agreed.");
    check("\"The ice is thick.| We wait.\"| Lind agreed.");
}

#[test]
fn quotes_before_and_after_a_missing_space() {
    check("He said \"we wait.\"|The ferry stayed.");
    check("The ferry stayed.|\"We wait,\" he said.");
}

#[test]
fn ellipses() {
    check("We wait ... and wait.| “We … cannot leave.”| He paused...| Then he left.| It was . . . cold.");
}

#[test]
fn a_missing_space_is_a_boundary_and_an_address_is_not() {
    check("The ferry stayed.|The ice came in 2016.|Then it melted.| NATO was told by the U.S.|The rest was not.");
    check(
        "Write to Ada.Roe@example.org or see https://example.org/Ice.Report and www.example.org/A.Html now.| Open index.html or Mr.Roe's Node.js page.",
    );
}

#[test]
fn marks_without_letters_join_the_sentence_before() {
    check("\"The ferry stayed. \"| It waits !!| So do we. ***");
    check("*** The ferry stayed.");
    check("?!");
}

#[test]
fn footnote_marks_stay_with_their_sentence() {
    check("The ice came early.[3]| It stayed.¹²| It melted.7| The ferry left. [4]| It sank.");
}

#[test]
fn brackets() {
    check("The ferry (it is old.) stayed.| (It was cold.)| She waited (until 5 p.m.) for him.");
}

#[test]
fn list_numbers_begin_a_sentence() {
    check("1. The ferry stayed.| It waits.");
    check("IV. The ferry stayed.");
}

#[test]
fn lists_that_run_on_in_a_paragraph() {
    check("1) The ferry |2) The boat |3) Four oars");
    check("a. The ferry |b. The boat");
    check("1.) The ferry stayed. |2.) The boat sank.");
    check("• The ferry |• The boat");
    check("He had 2) and 3) in mind.");
}

#[test]
fn omissions_and_times_of_day() {
    check("“We [...] Norwegians wait . . . Ice melts.”| It did. . . . |Then it froze.");
    check(
        "They met at 5 p.m. Friday and at 9 a.m. EST.| Snow fell at 7 p.m. |Roe left in the U.S. |Mr. Lind stayed, n°. 5 on the list.",
    );
}

#[test]
fn no_break_spaces_and_zero_width_signs_are_space() {
    check("The\u{a0}ferry stayed.|\u{a0}It waits. \u{200b}|Mr.\u{a0}Roe left.");
}

#[test]
fn a_line_break_is_space_and_a_blank_line_a_boundary() {
    check("The ferry\r\nstayed.| It\nwaits|\r\n \r\nNo stop above");
}

#[test]
fn case_v_case() {
    check("In Roe v. Lind the court agreed, cf. Parr et al. 2001.| It was final.");
}

#[test]
fn dashes_after_a_stop() {
    check("The ferry stayed.| — Ada Roe wrote this in Washington, D.C. — The end.");
}

#[test]
fn scripts_without_spaces_or_case_are_split_as_in_uax_29() {
    for text in ["船は港に残った。氷が来た！なぜ？", "नाव रुकी। बर्फ आई।", "Նավը մնաց։ Սառույցը եկավ։"]
    {
        use unicode_segmentation::UnicodeSegmentation;
        let ours: Vec<_> = split_text(text).map(|(start, end)| &text[start..end]).collect();
        let uax: Vec<_> = text.split_sentence_bounds().map(str::trim).collect();
        assert_eq!(ours, uax);
    }
}

/// Hostile texts: a quadratic rule would take minutes for each.
#[test]
fn hostile_text_takes_linear_time() {
    for pattern in [
        ".",
        "\"",
        "“",
        "(",
        ". ",
        ".(",
        ".\"",
        "?)",
        "[1",
        ".[",
        ".](",
        "a.",
        "A. ",
        "\n",
        ".\n",
        " .",
        "...A",
        "- ",
        ". - ",
        "! \" ",
        "x",
        "é.",
        "…",
        "Mr. ",
        "a.B",
        "](",
        ".a@",
        "Wait?\" A b c d ",
    ] {
        hostile(&format!("Go.{} Now. Then", pattern.repeat(HOSTILE / pattern.len())));
    }
    hostile(&format!("{}{}", "(".repeat(HOSTILE), "1. ".repeat(HOSTILE / 3)));
}

/// How many bytes a hostile text has: a megabyte, less without optimization.
const HOSTILE: usize = if cfg!(debug_assertions) { 1 << 17 } else { 1 << 20 };

fn hostile(text: &str) {
    let begin = std::time::Instant::now();
    let mut last = 0;
    for (start, end) in split_text(text) {
        assert!(last <= start && start < end);
        last = end;
    }
    // Linear, it takes at most 0.2 s; the room is for busy machines.
    assert!(begin.elapsed().as_secs() < 5, "{:?} is slow", text.chars().take(20).collect::<String>());
}

fn article(text: &str, name: &str) -> Article {
    read_bytes(name, Some(Path::new(name)), text.as_bytes().to_vec()).unwrap()
}

#[test]
fn sentences_have_numbers_kinds_and_offsets_into_the_file() {
    let text = "\u{feff}Ice Holds Ferry\r\n\r\nOslo (CNN)The ferry stayed. It waits.\r\n• No wind\r\nBy Ada Roe\r\n";
    let article = article(text, "a.txt");
    let found: Vec<_> = split(&article).iter().map(|s| (s.index, &text[s.start..s.end], s.kind)).collect();
    assert_eq!(
        found,
        [
            (0, "Ice Holds Ferry", Kind::Heading),
            (1, "Oslo (CNN)", Kind::Byline),
            (2, "The ferry stayed.", Kind::Sentence),
            (3, "It waits.", Kind::Sentence),
            (4, "No wind", Kind::Item),
            (5, "By Ada Roe", Kind::Byline),
        ]
    );
}

#[test]
fn emphasis_marks_are_trimmed_where_no_partner_hangs() {
    let text = "**The ferry stayed.** It *waits.* **Note:** no wind.\n";
    let article = article(text, "a.md");
    let found: Vec<_> = split(&article).iter().map(|s| &text[s.start..s.end]).collect();
    assert_eq!(found, ["The ferry stayed.", "It *waits.*", "**Note:** no wind."]);
}

#[test]
fn a_link_stays_inside_its_markdown_sentence() {
    let text = "Roe read [the chart.](https://example.org/A.B?c=D) She left. See <https://example.org/X.Y> now.\n";
    let article = article(text, "a.md");
    let found: Vec<_> = split(&article).iter().map(|s| &text[s.start..s.end]).collect();
    assert_eq!(found, ["Roe read [the chart.](https://example.org/A.B?c=D)", "She left.", "See <https://example.org/X.Y> now."]);
}
