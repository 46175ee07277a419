//! Colour and width of a terminal. Nothing is said by colour alone.

use crate::stance::Stance;
use std::env;
use std::io::IsTerminal;

/// How to write to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Style {
    /// Plain text of a fixed width: for files and pipes.
    pub const PLAIN: Self = Self { colour: false, width: 100 };

    /// For standard output: colour on a terminal, unless `NO_COLOR` is set or `CLICOLOR` is 0; `CLICOLOR_FORCE` colours pipes.
    pub fn stdout() -> Self {
        let on = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
        let terminal = std::io::stdout().is_terminal();
        let wanted = terminal && env::var_os("CLICOLOR").is_none_or(|v| v != "0");
        let colour = env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()) && (wanted || on("CLICOLOR_FORCE"));
        let columns = env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let width =
            if terminal { columns.unwrap_or_else(|| usize::from(console_width())) } else { columns.unwrap_or(Self::PLAIN.width) };
        Self { colour, width: width.clamp(40, 200) }
    }

    /// The text in the colour of a stance.
    pub fn stance(&self, stance: Option<Stance>, text: &str) -> String {
        let code = match stance {
            Some(Stance::Favor) => "32",
            Some(Stance::Against) => "31",
            Some(Stance::Neutral) => "33",
            Some(Stance::Unrelated) | None => "2",
        };
        self.paint(code, text)
    }

    /// Bold text.
    pub fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Faint text.
    pub fn faint(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        let text = plain_lines(text);
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text }
    }
}

fn console_width() -> u16 {
    console::Term::stdout().size().1
}

/// The text without control characters, of which a terminal makes colours, titles and worse; those that are white space become spaces.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}

/// As [`plain`], with its line breaks.
pub fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// Breaks text at spaces into lines of at most `width` columns; a longer word stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let w = word.width();
        if used > 0 && used + 1 + w > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.extend(word.chars().filter(|c| !c.is_control()));
            used += w;
        }
    }
    lines
}

/// The text cut to `width` columns, with an ellipsis where something is missing.
pub fn shorten(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthChar;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        used += c.width().unwrap_or(0);
        if used > width {
            out.pop();
            out.push('…');
            break;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_to_the_width_and_lose_no_word() {
        let text = "A harbour pilot says that nobody  asked him before the crane was sold to the other side.";
        let lines = wrap(text, 24);
        assert!(lines.iter().all(|l| l.chars().count() <= 24), "{lines:?}");
        assert_eq!(lines.join(" "), text.replace("  ", " "));
    }

    #[test]
    fn a_cut_text_ends_with_an_ellipsis() {
        assert_eq!(shorten("one two three", 7), "one tw…");
        assert_eq!(shorten("one two", 7), "one two");
    }

    #[test]
    fn control_characters_never_reach_the_terminal() {
        assert_eq!(wrap("a\u{1b}[31mb", 20), ["a[31mb"]);
        assert_eq!(shorten("a\u{1b}[31mb", 20), "a[31mb");
        assert_eq!(plain("a\u{1b}]0;b\u{7}\u{9b}31m\r\n\tc"), "a]0;b31m   c");
        assert_eq!(plain_lines("a\u{1b}\n  b\n"), "a\n  b\n");
        assert_eq!(Style { colour: true, width: 80 }.bold("a\u{1b}[2J"), "\u{1b}[1ma[2J\u{1b}[0m");
    }
}
