//! ZIP archives, which DOCX and EPUB files are: which of them one is, by its members, and bounds on what it unpacks to.

use super::Article;
use super::format::Format;
use super::open::{self, Origin, Settings, too_large};
use super::rows::quoted;
use crate::error::{Error, Result};
use crate::plural::count;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;
use zip::ZipArchive;

/// Members that an archive may have.
const MAX_MEMBERS: usize = 20_000;

/// Members by which other files are known that people take for articles.
const FOREIGN: [(&str, &str); 2] =
    [("xl/workbook.xml", "a spreadsheet; export it as CSV"), ("ppt/presentation.xml", "a presentation; save its text")];

/// The article of a DOCX or EPUB file.
pub(super) fn article(bytes: Vec<u8>, origin: &Origin, settings: &Settings) -> Result<Article> {
    let mut zipped = Zipped::open(bytes, settings.limit)?;
    match document(&mut zipped.archive).map_err(|what| open::foreign(&what))? {
        #[cfg(feature = "docx")]
        Format::Docx => super::docx::article(zipped, origin),
        #[cfg(feature = "epub")]
        Format::Epub => super::epub::article(zipped, origin),
        format => Err(open::not_built(format)),
    }
}

/// Whether a file is an archive that is a DOCX or EPUB file.
pub(super) fn is_document(path: &Path) -> bool {
    let archive = File::open(path).ok().and_then(|file| ZipArchive::new(BufReader::new(file)).ok());
    archive.is_some_and(|mut archive| document(&mut archive).is_ok())
}

/// Which document an archive is, by the exact names of its members; or what else it is.
fn document<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Format, String> {
    let mut mimetype = String::new();
    if let Some(Ok(member)) = archive.index_for_name_raw(b"mimetype").map(|index| archive.by_index(index)) {
        // What is no text names no format.
        let _ = member.take(100).read_to_string(&mut mimetype);
    }
    let has = |name: &str| archive.index_for_name_raw(name.as_bytes()).is_some();
    match mimetype.trim() {
        "application/epub+zip" => return Ok(Format::Epub),
        "" if has("META-INF/container.xml") => return Ok(Format::Epub),
        other if other.starts_with("application/vnd.oasis.opendocument") => {
            return Err("an OpenDocument file; save it as DOCX".to_owned());
        }
        _ if has("word/document.xml") => return Ok(Format::Docx),
        _ => {}
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(member, _)| has(member)) {
        return Err((*what).to_owned());
    }
    let mut names: Vec<String> = archive.file_names_raw().take(4).map(|name| String::from_utf8_lossy(name).into()).collect();
    let more = if names.len() > 3 { ", …" } else { "" };
    names.truncate(3);
    let members = count(archive.len(), "member");
    Err(format!("a ZIP archive of {members} ({}{more}) that is no DOCX or EPUB; unpack it and name the folder", quoted(&names)))
}

/// An archive in memory.
pub(super) struct Zipped {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// Bytes that may still be unpacked.
    left: u64,
    limit: u64,
}

impl Zipped {
    /// Opens an archive of which no more than `limit` bytes may be unpacked.
    pub fn open(bytes: Vec<u8>, limit: u64) -> Result<Self> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|e| Error::new(format!("a damaged ZIP archive: {e}")).expected("a DOCX or EPUB file"))?;
        if archive.len() > MAX_MEMBERS {
            return Err(
                Error::new(format!("{} members in the archive", archive.len())).expected(format!("at most {MAX_MEMBERS}"))
            );
        }
        Ok(Self { archive, left: limit, limit })
    }

    /// Bytes that the members may have together.
    #[cfg(feature = "epub")]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// A member as bytes; `None` if there is none of that name.
    #[cfg(feature = "docx")]
    pub fn member(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(index) = self.archive.index_for_name(name) else { return Ok(None) };
        let mut bytes = Vec::new();
        self.unpack(index, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Unpacks every member of text into nothing, to know that none is a bomb, and gives the archive back.
    #[cfg(feature = "epub")]
    pub fn proved(mut self) -> Result<Vec<u8>> {
        for index in 0..self.archive.len() {
            self.unpack(index, &mut std::io::sink())?;
        }
        Ok(self.archive.into_inner().into_inner())
    }

    fn unpack(&mut self, index: usize, to: &mut impl std::io::Write) -> Result<()> {
        let limit = self.limit;
        // The size that the archive states is not believed.
        let member = self.archive.by_index(index).map_err(|e| Error::new(format!("a damaged ZIP archive: {e}")))?;
        let name = member.name().unwrap_or_default().chars().take(80).collect::<String>();
        let n = std::io::copy(&mut member.take(self.left.saturating_add(1)), to)
            .map_err(|e| Error::new(format!("the member {name:?} of the archive is damaged: {e}")))?;
        self.left = self.left.checked_sub(n).ok_or_else(|| too_large(limit))?;
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    /// An archive of these members.
    pub fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn documents_are_told_by_the_exact_names_of_their_members() {
        let told = |members: &[(&str, &[u8])]| document(&mut ZipArchive::new(Cursor::new(archive(members))).unwrap());
        assert_eq!(told(&[("[Content_Types].xml", b""), ("word/document.xml", b"")]), Ok(Format::Docx));
        assert_eq!(told(&[("META-INF/container.xml", b"")]), Ok(Format::Epub));
        assert_eq!(told(&[("a", &[b'x'; 20_000]), ("mimetype", b"application/epub+zip\n")]), Ok(Format::Epub));
        let what = told(&[("sword/document.xml", b""), ("b.txt", b"word/document.xml"), ("c", b""), ("d", b"")]).unwrap_err();
        let expected = "a ZIP archive of 4 members (\"sword/document.xml\", \"b.txt\", \"c\", …) that is no DOCX or EPUB; unpack";
        assert!(what.starts_with(expected), "{what}");
        assert!(told(&[("xl/workbook.xml", b""), ("[Content_Types].xml", b"")]).unwrap_err().contains("spreadsheet"));
        let odt = told(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("META-INF/manifest.xml", b"")]);
        assert!(odt.unwrap_err().contains("OpenDocument"));
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let bomb = archive(&[("a", &vec![0; 3 << 20]), ("b", b"x")]);
        let error = |r: Result<Option<Vec<u8>>>| r.unwrap_err().to_string();
        let mut zipped = Zipped::open(bomb.clone(), 1 << 20).unwrap();
        assert_eq!(zipped.member("b").unwrap().unwrap(), b"x");
        assert!(zipped.member("none").unwrap().is_none());
        assert!(error(zipped.member("a")).contains("larger than 1 MiB"));
        assert!(Zipped::open(bomb[..bomb.len() / 2].to_vec(), 1 << 20).is_err());
        // The sum counts, not each member alone.
        let mut two = Zipped::open(archive(&[("a", &[0; 700]), ("b", &[0; 700])]), 1000).unwrap();
        assert!(two.member("a").is_ok() && two.member("b").is_err());
    }
}
