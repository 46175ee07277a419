//! What is known about an article besides its text, and the one way to write a date.

use jiff::civil::Date;
use jiff::fmt::{rfc2822, strtime};
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

/// The day that a date names, as `YYYY-MM-DD`; the time of day and the zone are left out, the day is that of the writer.
pub(super) fn day(date: &str) -> Option<String> {
    const FORMS: [&str; 12] = [
        "%B %d, %Y",
        "%b %d, %Y",
        "%b. %d, %Y",
        "%d %B %Y",
        "%d %b %Y",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y%m%d",
        "%B %d %Y",
        "%b %d %Y",
        "%A, %B %d, %Y",
        "%a, %d %b %Y",
    ];
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
    let whole = |form: &&str| strtime::parse(form, date).ok().and_then(|t| t.to_date().ok());
    FORMS.iter().find_map(whole).map(|d| d.to_string())
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
            "May 26, 2017",
            "26 May 2017",
            "2017/05/26",
            "20170526",
            "Friday, May 26, 2017",
        ] {
            assert_eq!(day(written).as_deref(), Some("2017-05-26"), "{written}");
        }
        for written in ["", "last week", "2017-13-40", "26/05", "2017-05-261"] {
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
