//! What is known about an article besides its text, and the one way to write a date.

use jiff::civil::Date;
use jiff::fmt::rfc2822;
use serde::Serialize;

/// Outlet, date, address and author of an article, where the source tells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// Who published it.
    pub outlet: Option<String>,
    /// The day of publication as `YYYY-MM-DD`; as written, where that could not be made of it.
    pub date: Option<String>,
    /// Its canonical address.
    pub url: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
}

impl Meta {
    /// Trimmed, empty values away, the date in its one form.
    pub(super) fn tidy(self) -> Self {
        let tidy = |v: Option<String>| {
            v.map(|v| v.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|v| !v.is_empty() && v.len() <= 2000)
        };
        let date = tidy(self.date).map(|d| day(&d).unwrap_or(d));
        Self { outlet: tidy(self.outlet), date, url: tidy(self.url), author: tidy(self.author) }
    }

    /// Sets a value by the name that people give its column or key; says whether the name is known.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        let slot = match field(name) {
            Some(Field::Outlet) => &mut self.outlet,
            Some(Field::Date) => &mut self.date,
            Some(Field::Url) => &mut self.url,
            Some(Field::Author) => &mut self.author,
            _ => return false,
        };
        slot.get_or_insert_with(|| value.to_owned());
        true
    }
}

/// What a column of a table or a key of front matter may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Text,
    Html,
    Title,
    Outlet,
    Date,
    Url,
    Author,
}

impl Field {
    pub const ALL: [Self; 8] = [Self::Id, Self::Text, Self::Html, Self::Title, Self::Outlet, Self::Date, Self::Url, Self::Author];

    /// Names of the field, its own first; compared without case, spaces, `-` and `_`.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "articleid", "docid", "documentid", "guid", "uuid"],
            Self::Text => {
                &["text", "body", "content", "articletext", "fulltext", "articlebody", "maintext", "plaintext", "article"]
            }
            Self::Html => &["html", "rawhtml", "contenthtml", "bodyhtml"],
            Self::Title => &["title", "headline", "heading"],
            Self::Outlet => &["outlet", "publisher", "publication", "source", "sourcename", "sitename", "newspaper"],
            Self::Date => &[
                "date",
                "published",
                "publishedat",
                "publishdate",
                "publisheddate",
                "pubdate",
                "publicationdate",
                "datepublished",
            ],
            Self::Url => &["url", "link", "canonical", "canonicalurl", "permalink", "weburl"],
            Self::Author => &["author", "authors", "byline", "creator", "writer"],
        }
    }
}

/// The field that a name means.
pub(super) fn field(name: &str) -> Option<Field> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(40).collect();
    Field::ALL.into_iter().find(|f| f.names().contains(&name.as_str()))
}

/// The day that a date names, as `YYYY-MM-DD`; weekday, time of day and zone are left out, the day is that of the writer.
///
/// Of a date in numbers with the year last the order must be plain: `26/05/2017` and `05/26/2017` are, `03/05/2017` is the third of
/// May or the fifth of March.
pub(super) fn day(date: &str) -> Option<String> {
    let date = date.trim();
    // ISO 8601 and RFC 3339 begin with the day, whatever follows.
    if let Some(head) = date.get(..10)
        && !date[10..].starts_with(|c: char| c.is_ascii_digit())
        && let Ok(day) = head.parse::<Date>()
    {
        return Some(day.to_string());
    }
    if let Ok(zoned) = rfc2822::parse(date) {
        return Some(zoned.date().to_string());
    }
    date.parse::<Date>().ok().or_else(|| written(date)).map(|d| d.to_string())
}

/// A day as people write it: three parts in any order, the year in four digits, among words that are passed over.
fn written(date: &str) -> Option<Date> {
    let words = date.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !is_passed_over(w));
    let mut parts = words.flat_map(|w| w.split(['/', '.', '-'])).filter(|p| !p.is_empty());
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let number = |part: &str| part.parse::<i8>().ok();
    let is_year = |part: &str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_digit());
    let (year, month, day) = match (month(a), month(b)) {
        (Some(month), _) => (c, month, b),
        (None, Some(month)) if is_year(a) => (a, month, c),
        (None, Some(month)) => (c, month, a),
        (None, None) if is_year(a) => (a, number(b)?, c),
        (None, None) => match (number(a)?, number(b)?) {
            (first, second) if first > 12 || first == second => (c, second, a),
            (first, second) if second > 12 => (c, first, b),
            _ => return None,
        },
    };
    let day = ["st", "nd", "rd", "th"].iter().find_map(|ordinal| day.strip_suffix(ordinal)).unwrap_or(day);
    if is_year(year) { Date::new(year.parse().ok()?, month, number(day)?).ok() } else { None }
}

/// Words of a written date besides day, month and year: weekdays, times of day, zones.
fn is_passed_over(word: &str) -> bool {
    let small = word.to_lowercase();
    let digits = small.starts_with(|c: char| c.is_ascii_digit());
    let is_time = digits && (small.contains(':') || small.ends_with('m') || word.matches('.').count() == 1);
    // `BST`, `GMT+2`, `+0200`.
    let zone = word.split(['+', '-']).next().unwrap_or_default();
    let is_zone = zone.len() <= 5 && zone.bytes().all(|b| b.is_ascii_uppercase()) && month(zone).is_none();
    let is_filler = matches!(small.as_str(), "at" | "on" | "the" | "of" | "am" | "pm" | "a.m." | "p.m.");
    is_time || is_zone || is_filler || is_weekday(small.trim_end_matches('.'))
}

/// The number of a month by its name, whole or cut to three letters or more, in any case.
pub(super) fn month(word: &str) -> Option<i8> {
    const MONTHS: &str = "january february march april may june july august september october november december";
    let position = MONTHS.split(' ').position(|month| is_begun_by(month, word))?;
    i8::try_from(position + 1).ok()
}

/// Whether a word is the name of a weekday, whole or cut to three letters or more, in any case.
pub(super) fn is_weekday(word: &str) -> bool {
    const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday";
    WEEKDAYS.split(' ').any(|day| is_begun_by(day, word))
}

/// Whether a name is this word, or cut to it.
fn is_begun_by(name: &str, word: &str) -> bool {
    word.len() >= 3 && name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_days() {
        for written in [
            "2017-05-26",
            "2017-05-26T10:32:00Z",
            "2017-05-26 10:32:00+02:00",
            "Fri, 26 May 2017 23:32:00 -0400",
            "Fri, 26 May 17 23:32:00 GMT",
            "May 26, 2017",
            "26 May 2017",
            "2017/05/26",
            "2017/5/26 10:32",
            "20170526",
            "Friday, May 26, 2017",
            "26th May 2017",
            "The 26th of May, 2017",
            "26 MAY 2017",
            "Fri. 26 May. 2017",
            "26-May-2017",
            "26/05/2017",
            "05/26/2017",
            "26.5.2017",
            "Fri May 26 10:32:00 UTC 2017",
            "Friday, 26 May 2017",
            "26 May 2017, 10:32 BST",
            "Fri 26 May 2017 10.32am GMT+2",
            "May 26, 2017 at 10:32 p.m. ET",
        ] {
            assert_eq!(day(written).as_deref(), Some("2017-05-26"), "{written}");
        }
        for (written, is) in [
            ("3rd May 2017", "2017-05-03"),
            ("05/05/2017", "2017-05-05"),
            ("1st Sept. 2017", "2017-09-01"),
            ("2017 Oct 2", "2017-10-02"),
        ] {
            assert_eq!(day(written).as_deref(), Some(is), "{written}");
        }
        for written in [
            "",
            "last week",
            "2017-13-40",
            "26/05",
            "2017-05-261",
            "03/05/2017",
            "3.5.2017",
            "26/05/17",
            "3 May",
            "May 2017",
            "31st February 2017",
            "3 May 2017 to 5 May 2017",
            "Café 26 Mäy 2017",
            "26/26/2017",
        ] {
            assert_eq!(day(written), None, "{written}");
        }
    }

    #[test]
    fn names_of_columns_are_taken_as_people_write_them() {
        assert_eq!(field("Published At"), Some(Field::Date));
        assert_eq!(field("article_text"), Some(Field::Text));
        assert_eq!(field("colour"), None);
    }

    #[test]
    fn a_date_that_is_no_date_stays_as_written() {
        let meta = Meta { date: Some(" last\nweek ".into()), author: Some(" ".into()), ..Meta::default() };
        assert_eq!(meta.tidy(), Meta { date: Some("last week".into()), ..Meta::default() });
    }
}
