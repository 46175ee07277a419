//! Lists that run on in one paragraph: `1) one 2) two`, `a. one b. two`.

use super::is_space;

/// A list that a paragraph began with.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    /// What stands behind each number.
    style: &'static str,
    /// Letters in place of numbers.
    letters: bool,
    /// The number that the next item will have.
    next: u8,
}

impl List {
    /// The list whose first marker begins the paragraph.
    pub(super) fn open(paragraph: &str) -> Option<Self> {
        let rest = paragraph.strip_prefix(['1', 'a'])?;
        let style = [".)", ")", "."].into_iter().find(|style| rest.starts_with(style))?;
        rest[style.len()..].starts_with(is_space).then_some(Self { style, letters: paragraph.starts_with('a'), next: 2 })
    }

    /// Where the next marker begins, if the point or bracket at `at` belongs to it. Counts on.
    pub(super) fn item(&mut self, text: &str, at: usize) -> Option<usize> {
        let behind = text[at..].strip_prefix(self.style)?;
        let label = if self.letters { char::from(b'a' + self.next - 1).to_string() } else { self.next.to_string() };
        let before = text[..at].strip_suffix(label.as_str())?;
        if !before.ends_with(is_space) || !behind.starts_with(is_space) {
            return None;
        }
        self.next = (self.next + 1).min(26);
        Some(before.len())
    }
}
