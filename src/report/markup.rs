//! Text into HTML and SVG.

/// Text as it may stand in an element or in a quoted attribute; control characters, which HTML forbids, are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_become_markup() {
        assert_eq!(escape("<b a=\"1\">&'\u{7}\n"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39; ");
    }
}
