//! Plain text tables: columns as wide as their widest cell, numbers to the right.

use unicode_width::UnicodeWidthStr;

/// Lays out rows of cells under a header; columns from the second on are aligned to the right.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let space = " ".repeat(widths[column].saturating_sub(cell.width()));
            match column {
                0 => line.extend([cell.as_str(), space.as_str()]),
                _ => line.extend(["  ", space.as_str(), cell.as_str()]),
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
