//! Joining stand-off rows to their articles: the text is the span of the article's file, and its hash must be the row's.
//!
//! An article's file is found by the manifest's `[articles]`; a dataset without a manifest names the file itself, or the
//! file without `.txt`, as `article`.

use super::{Manifest, Problems, Row, hash};
use crate::error::{Error, Result};
use crate::task::check_relative;
use std::collections::HashMap;
use std::path::Path;

/// Bytes that an article may have.
const MAX_ARTICLE: u64 = 64 << 20;

/// Fills in the text of stand-off rows. Rows that cannot be joined are left out, with a problem for each article that is
/// missing or another version and for each row whose text is not the one that was labelled.
pub fn join(rows: Vec<Row>, articles: Option<&Path>, manifest: Option<&Manifest>, problems: &mut Problems) -> Vec<Row> {
    let waiting = rows.iter().filter(|row| row.is_standoff()).count();
    if waiting == 0 {
        return rows;
    }
    let origin = manifest.map(|manifest| format!("the articles come from: {}", manifest.articles_from()));
    let Some(folder) = articles else {
        let hint =
            format!("give the folder of articles with --articles FOLDER{}", origin.map(|o| format!("; {o}")).unwrap_or_default());
        problems.push(
            Error::new(format!("{waiting} stand-off rows, which carry no text"))
                .expected("the articles that they point into")
                .hint(hint),
        );
        return rows.into_iter().filter(|row| !row.is_standoff()).collect();
    };
    let with_hint = |error: Error| match &origin {
        Some(origin) => error.hint(origin.clone()),
        None => error,
    };
    let mut read: HashMap<String, Option<Vec<u8>>> = HashMap::new();
    let mut joined = Vec::with_capacity(rows.len());
    for mut row in rows {
        if row.is_standoff() {
            let id = row.article.clone().unwrap_or_default();
            let article = read
                .entry(id.clone())
                .or_insert_with(|| read_article(&id, folder, manifest).map_err(|e| problems.push(with_hint(e))).ok());
            // What is wrong with an article is said once, not for each of its rows.
            let Some(article) = article else { continue };
            match span(&row, article) {
                Ok(text) => row.text = text,
                Err(e) => {
                    problems.push(with_hint(e.at(folder.join(&id))));
                    continue;
                }
            }
        }
        joined.push(row);
    }
    joined
}

fn read_article(id: &str, folder: &Path, manifest: Option<&Manifest>) -> Result<Vec<u8>> {
    let listed = manifest.and_then(|manifest| manifest.articles.get(id));
    let path = match listed {
        Some(article) => folder.join(&article.file),
        None if manifest.is_some() => {
            return Err(
                Error::new(format!("article {id:?} is not listed")).expected("every article under [articles] in dataset.toml")
            );
        }
        None => {
            check_relative(id).map_err(|e| e.hint("\"article\" names a file in the folder of articles"))?;
            let path = folder.join(id);
            if path.is_file() { path } else { folder.join(format!("{id}.txt")) }
        }
    };
    let cannot = |e: std::io::Error| Error::new(format!("cannot read the article {id:?}: {e}")).at(&path);
    let size = std::fs::metadata(&path).map_err(cannot)?.len();
    if size > MAX_ARTICLE {
        return Err(Error::new(format!("an article of {size} bytes")).at(&path).expected(format!("at most {MAX_ARTICLE} bytes")));
    }
    let bytes = std::fs::read(&path).map_err(cannot)?;
    if let Some(article) = listed {
        let found = hash::of_bytes(&bytes);
        if found != article.sha256 {
            return Err(Error::new(format!("the article is another version: its sha256 is {found}"))
                .at(&path)
                .expected(&article.sha256));
        }
    }
    Ok(bytes)
}

fn span(row: &Row, article: &[u8]) -> Result<String> {
    let (start, end) = (row.start.unwrap_or(0), row.end.unwrap_or(0));
    let bytes = article.get(start..end).ok_or_else(|| {
        Error::new(format!("row {:?} is bytes {start} to {end} of an article of {} bytes", row.id, article.len()))
            .expected("a span inside the article")
    })?;
    let found = hash::of_bytes(bytes);
    if row.sha256.as_deref() != Some(found.as_str()) {
        return Err(Error::new(format!("bytes {start} to {end} are not the text of row {:?}: their sha256 is {found}", row.id))
            .expected(row.sha256.clone().unwrap_or_default()));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| {
        Error::new(format!("bytes {start} to {end} of row {:?} are not UTF-8", row.id)).expected("a span of whole characters")
    })
}
