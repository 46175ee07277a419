//! ZIP archives, which DOCX and EPUB files are, with bounds on what they unpack to.

use super::open::too_large;
use crate::error::{Error, Result};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Members that an archive may have.
const MAX_MEMBERS: usize = 20_000;

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
