//! Reads a whole file from its beginning to its last good frame, and changes nothing.
//!
//! Every byte is covered by a checksum and every frame is numbered, so that what is not as it was
//! written shows. A write that a crash cut off is told from damage by where it stands: only at the
//! end, with nothing or only zeros behind it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::LogbookError;
use super::disk::Disk;
use super::frame::{self, Crc, HEADER, Header};
use super::index::Index;
use super::record::Kind;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 * 1024;

/// The end of a file that a crash cut off in the middle of a write.
///
/// Opening a logbook for writing drops it. Nobody was told that what it held is recorded, unless a
/// power cut came and the durability does not sync, or the medium lost what it had synced.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Torn {
    /// The file.
    pub file: PathBuf,
    /// Where the torn end begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub bytes: u64,
}

impl fmt::Display for Torn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a crash cut off the end of the logbook `{}`: {} bytes from byte {} on are not whole, \
             and do not count",
            self.file.display(),
            self.bytes,
            self.offset
        )
    }
}

/// What a file says.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) index: Index,
    /// How many bytes from the beginning are good; 0 if the file's own header is not there yet.
    pub(super) end: u64,
    /// The sequence number of the last good frame; 0 if there is none.
    pub(super) seq: u64,
    pub(super) torn: Option<Torn>,
}

/// Reads all that `disk` holds; `file` names it in errors.
pub(super) fn scan(disk: &mut dyn Disk, file: &Path) -> Result<Scan, LogbookError> {
    let mut source = Source::new(disk, file)?;
    let mut scan = Scan {
        index: Index::default(),
        end: 0,
        seq: 0,
        torn: None,
    };
    let mut whole = file_header(&mut source)?;
    while whole {
        scan.end = source.offset;
        if source.left() == 0 {
            return Ok(scan);
        }
        whole = next_frame(&mut source, &mut scan)?;
    }
    if source.len > scan.end {
        let bytes = source.len - scan.end;
        scan.torn = Some(Torn {
            file: file.into(),
            offset: scan.end,
            bytes,
        });
    }
    Ok(scan)
}

/// Whether the book that `disk` holds says that it is sealed, by its first record; `file` names it
/// in errors.
pub(super) fn is_sealed(disk: &mut dyn Disk, file: &Path) -> Result<bool, LogbookError> {
    let mut source = Source::new(disk, file)?;
    let mut first = [0; HEADER];
    if !file_header(&mut source)? || source.left() < HEADER as u64 {
        return Ok(false);
    }
    source.fill(&mut first)?;
    let kind = Header::decode(&first).and_then(|header| Kind::from_code(header.kind));
    Ok(kind == Some(Kind::Seal))
}

/// Reads the file's header; `false` if the file ends before it does.
fn file_header(source: &mut Source<'_>) -> Result<bool, LogbookError> {
    let expected = frame::file_header();
    let mut header = [0; HEADER];
    let got = source.left().min(HEADER as u64);
    let got = &mut header[..usize::try_from(got).unwrap_or(HEADER)];
    source.fill(got)?;
    // A crash leaves the beginning of the header, then nothing or zeros.
    let same = got
        .iter()
        .zip(&expected)
        .take_while(|(a, b)| a == b)
        .count();
    if same < HEADER && got[same..].iter().all(|&byte| byte == 0) && source.only_zeros()? {
        return Ok(false);
    }
    match frame::file_version(&header) {
        Some(frame::VERSION) if same == HEADER => Ok(true),
        Some(found) if found != frame::VERSION => Err(LogbookError::OtherVersion {
            file: source.file.into(),
            found,
        }),
        _ => Err(source.damage(0, "it does not begin as a logbook does")),
    }
}

/// Reads one frame into `scan`; `false` if the frame is torn.
fn next_frame(source: &mut Source<'_>, scan: &mut Scan) -> Result<bool, LogbookError> {
    let start = source.offset;
    if source.left() < HEADER as u64 {
        return Ok(false);
    }
    let mut bytes = [0; HEADER];
    source.fill(&mut bytes)?;
    let Some(header) = Header::decode(&bytes) else {
        // A header that was not written to its end lacks at least its last byte.
        if bytes[HEADER - 1] == 0 && source.only_zeros()? {
            return Ok(false);
        }
        return Err(source.damage(start, "the header of a record does not match its checksum"));
    };
    if header.seq != scan.seq + 1 {
        let what = format!(
            "record {} stands where {} would be next",
            header.seq,
            scan.seq + 1
        );
        return Err(source.damage(start, &what));
    }
    let Some(kind) = Kind::from_code(header.kind) else {
        let what = format!(
            "a record is of the kind {}, which is not known",
            header.kind
        );
        return Err(source.damage(start, &what));
    };
    if u64::from(header.len) > source.left() {
        return Ok(false);
    }
    let offset = source.offset;
    let (crc, payload) = source.payload(header.len, Index::needed(kind, header.len))?;
    if crc != header.crc {
        if source.only_zeros()? {
            return Ok(false);
        }
        return Err(source.damage(start, "the payload of a record does not match its checksum"));
    }
    scan.index
        .note(kind, &header, offset, &payload)
        .map_err(|what| source.damage(start, &what))?;
    scan.seq = header.seq;
    Ok(true)
}

/// A file that is read from its beginning, a chunk at a time.
struct Source<'a> {
    disk: &'a mut dyn Disk,
    file: &'a Path,
    /// How long the file was when reading began: it may grow meanwhile.
    len: u64,
    /// The offset of the next byte to hand out.
    offset: u64,
    chunk: Vec<u8>,
    /// How much of the chunk has been handed out.
    used: usize,
}

impl<'a> Source<'a> {
    fn new(disk: &'a mut dyn Disk, file: &'a Path) -> Result<Source<'a>, LogbookError> {
        let len = disk.len().map_err(LogbookError::io("read", file))?;
        Ok(Source {
            disk,
            file,
            len,
            offset: 0,
            chunk: Vec::new(),
            used: 0,
        })
    }

    fn left(&self) -> u64 {
        self.len - self.offset
    }

    /// The next bytes, at most `most` and at least one unless the file or `most` is at its end.
    fn next(&mut self, most: usize) -> Result<&[u8], LogbookError> {
        if self.used == self.chunk.len() {
            let size = usize::try_from(self.left()).unwrap_or(CHUNK).min(CHUNK);
            self.chunk.resize(size, 0);
            self.used = 0;
            self.disk
                .read_at(self.offset, &mut self.chunk)
                .map_err(LogbookError::io("read", self.file))?;
        }
        let piece = &self.chunk[self.used..];
        let piece = &piece[..piece.len().min(most)];
        self.used += piece.len();
        self.offset += piece.len() as u64;
        Ok(piece)
    }

    /// Fills `bytes`, of which there are enough left.
    fn fill(&mut self, mut bytes: &mut [u8]) -> Result<(), LogbookError> {
        while !bytes.is_empty() {
            let piece = self.next(bytes.len())?;
            let (filled, rest) = bytes.split_at_mut(piece.len());
            filled.copy_from_slice(piece);
            bytes = rest;
        }
        Ok(())
    }

    /// Reads a payload of `len` bytes, of which there are enough left: its checksum, and its first
    /// `keep` bytes or all if it is shorter.
    fn payload(&mut self, len: u32, keep: usize) -> Result<(u32, Vec<u8>), LogbookError> {
        let mut left = len as usize;
        let mut crc = Crc::default();
        let mut kept = Vec::with_capacity(keep.min(left));
        while left > 0 {
            let piece = self.next(left)?;
            crc.update(piece);
            kept.extend_from_slice(&piece[..piece.len().min(keep - kept.len())]);
            left -= piece.len();
        }
        Ok((crc.finish(), kept))
    }

    /// Reads to the end of the file; whether there was nothing, or nothing but zeros.
    fn only_zeros(&mut self) -> Result<bool, LogbookError> {
        while self.left() > 0 {
            if self.next(CHUNK)?.iter().any(|&byte| byte != 0) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn damage(&self, offset: u64, what: &str) -> LogbookError {
        LogbookError::Damaged {
            file: self.file.into(),
            offset,
            what: what.into(),
        }
    }
}
