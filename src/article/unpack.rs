//! gzip and Zstandard, in any number of members, with a bound on what they may unpack to.

use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many times its packed size a stream may unpack to, where that is more than the limit of an article. Text shrinks
/// three- to tenfold and rows that repeat each other a hundredfold; gzip's bombs reach a thousand.
pub const MAX_RATIO: u64 = 200;

/// A stream in a box, so that layers can be taken off one after the other.
pub(super) type Stream = Box<dyn Read + Send>;

/// Reads up to `n` bytes and gives them back with the stream as it was.
pub(super) fn peek(mut stream: Stream, n: u64) -> io::Result<(Vec<u8>, Stream)> {
    let mut head = Vec::new();
    stream.by_ref().take(n).read_to_end(&mut head)?;
    let whole = Box::new(Cursor::new(head.clone()).chain(stream));
    Ok((head, whole))
}

/// The stream unpacked, if its first bytes say that it is packed; `None` if not. `limit`: bytes that are always allowed.
pub(super) fn layer(head: &[u8], stream: Stream, limit: u64) -> Result<Stream, Stream> {
    let packed = Arc::new(AtomicU64::new(0));
    let counted = BufReader::new(Counted { inner: stream, count: Arc::clone(&packed) });
    let (name, inner): (_, Stream) = if head.starts_with(b"\x1f\x8b") {
        ("gzip", Box::new(flate2::bufread::MultiGzDecoder::new(counted)))
    } else if is_frame(head) {
        ("Zstandard", Box::new(Zstd { frame: None, rest: Some(counted) }))
    } else {
        return Err(Box::new(counted));
    };
    Ok(Box::new(Bounded { name, inner, packed, unpacked: 0, limit }))
}

/// A Zstandard frame, or one to skip (RFC 8878, 3.1).
fn is_frame(head: &[u8]) -> bool {
    head.starts_with(b"\x28\xb5\x2f\xfd") || is_skippable(head)
}

fn is_skippable(head: &[u8]) -> bool {
    head.len() >= 4 && head[0] & 0xf0 == 0x50 && head[1..4] == [0x2a, 0x4d, 0x18]
}

struct Counted {
    inner: Stream,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

struct Bounded {
    /// Of the compression.
    name: &'static str,
    inner: Stream,
    packed: Arc<AtomicU64>,
    unpacked: u64,
    limit: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer).map_err(|e| match e.kind() {
            // Of an inner layer, which has said what it is.
            io::ErrorKind::FileTooLarge => e,
            io::ErrorKind::UnexpectedEof => io::Error::new(e.kind(), format!("its {} data is cut off", self.name)),
            _ => io::Error::new(e.kind(), format!("its {} data is damaged or cut off: {e}", self.name)),
        })?;
        self.unpacked += n as u64;
        let allowed = self.limit.max(self.packed.load(Ordering::Relaxed).saturating_mul(MAX_RATIO));
        // One more byte than allowed passes, so that a reader with the same limit can say which one it was.
        if self.unpacked > allowed.saturating_add(1) {
            let found = format!("it unpacks to more than {MAX_RATIO} times its size and more than {} MiB", self.limit >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, found));
        }
        Ok(n)
    }
}

type Frame = ruzstd::decoding::StreamingDecoder<Chain<Cursor<[u8; 4]>, BufReader<Counted>>, ruzstd::decoding::FrameDecoder>;

/// All frames of a stream. One of the two is there, unless an error ended it.
struct Zstd {
    frame: Option<Box<Frame>>,
    rest: Option<BufReader<Counted>>,
}

impl Zstd {
    /// Opens the next frame; `false` at the end of the stream.
    fn open(&mut self) -> io::Result<bool> {
        while let Some(mut rest) = self.rest.take() {
            let mut magic = [0; 4];
            let mut have = 0;
            while have < 4 {
                match rest.read(&mut magic[have..])? {
                    0 if have == 0 => return Ok(false),
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    n => have += n,
                }
            }
            if is_skippable(&magic) {
                let mut length = [0; 4];
                rest.read_exact(&mut length)?;
                io::copy(&mut rest.by_ref().take(u32::from_le_bytes(length).into()), &mut io::sink())?;
                self.rest = Some(rest);
                continue;
            }
            let frame = Frame::new(Cursor::new(magic).chain(rest)).map_err(|e| io::Error::other(e.to_string()))?;
            self.frame = Some(Box::new(frame));
            return Ok(true);
        }
        Ok(false)
    }
}

impl Read for Zstd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(frame) = &mut self.frame {
                let n = frame.read(buffer)?;
                if n > 0 {
                    return Ok(n);
                }
            }
            if let Some(frame) = self.frame.take() {
                self.rest = Some(frame.into_inner().into_inner().1);
            }
            if !self.open()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn unpack(bytes: Vec<u8>, limit: u64) -> io::Result<Vec<u8>> {
        let (head, stream) = peek(Box::new(Cursor::new(bytes)), 16)?;
        let mut out = Vec::new();
        layer(&head, stream, limit).unwrap_or_else(|s| s).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_member_is_unpacked_and_what_is_not_packed_stays() {
        assert_eq!(unpack([gzip(b"The ferry "), gzip(b"stayed.")].concat(), 100).unwrap(), b"The ferry stayed.");
        let skipped = b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc".to_vec();
        assert_eq!(unpack([skipped, zstd(b"The ferry "), zstd(b"stayed.")].concat(), 100).unwrap(), b"The ferry stayed.");
        assert_eq!(unpack(b"The ferry stayed.".to_vec(), 100).unwrap(), b"The ferry stayed.");
    }

    #[test]
    fn bombs_are_refused_and_long_texts_are_not() {
        let long = vec![b'x'; 3 << 20];
        for pack in [gzip, zstd] {
            assert_eq!(unpack(pack(&long), 4 << 20).unwrap().len(), long.len());
            let error = unpack(pack(&long), 1 << 10).unwrap_err().to_string();
            assert!(error.contains("more than 200 times its size"), "{error}");
        }
    }

    #[test]
    fn cut_and_broken_streams_are_errors() {
        let text: Vec<u8> = (0..5000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        for pack in [gzip, zstd] {
            let packed = pack(&text);
            let error = unpack(packed[..packed.len() / 2].to_vec(), 1 << 20).unwrap_err().to_string();
            assert!(error.contains("cut off"), "{error}");
        }
        assert!(unpack(b"\x28\xb5\x2f\xfd".to_vec(), 100).is_err());
    }
}
