//! The bytes of a file header and of a frame's header: numbers in, bytes out, and back.

/// The version of the format, which the file's header says.
pub(super) const VERSION: u32 = 0;

/// The size of a file's header and of a frame's header, in bytes.
pub(super) const HEADER: usize = 32;

/// The header that every file begins with: magic, version, zeros, CRC.
pub(super) fn file_header() -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(b"taskflow");
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    seal(&mut bytes);
    bytes
}

/// The version of the format that a whole file header says, or `None` for bytes that are none.
pub(super) fn file_version(bytes: &[u8; HEADER]) -> Option<u32> {
    (bytes.starts_with(b"taskflow") && is_sealed(bytes)).then(|| u32_at(bytes, 8))
}

/// What stands before the payload of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The size of the payload, in bytes.
    pub(super) len: u32,
    /// The code of the record's kind.
    pub(super) kind: u8,
    /// The place of the frame in the file, from 1, without gaps.
    pub(super) seq: u64,
    /// The number of the run in the book, from 1; 0 for what belongs to no run.
    pub(super) run: u32,
    /// The atom that the record speaks of, where its kind speaks of one.
    pub(super) atom: u32,
    /// The CRC-32 of the payload.
    pub(super) crc: u32,
}

impl Header {
    /// Puts the bytes of the header behind the others, its own CRC last.
    // Made in place: a copy of what has just been put together piece by piece is slow.
    pub(super) fn append_to(&self, buffer: &mut Vec<u8>) {
        let start = buffer.len();
        buffer.extend_from_slice(&[0; HEADER]);
        let bytes = &mut buffer[start..];
        bytes[..4].copy_from_slice(&self.len.to_le_bytes());
        bytes[4] = self.kind;
        bytes[8..16].copy_from_slice(&self.seq.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.run.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.atom.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.crc.to_le_bytes());
        seal(bytes);
    }

    /// Reads a header, or `None` for bytes that are none.
    pub(super) fn decode(bytes: &[u8; HEADER]) -> Option<Header> {
        if !is_sealed(bytes) || bytes[5..8] != [0; 3] {
            return None;
        }
        Some(Header {
            len: u32_at(bytes, 0),
            kind: bytes[4],
            seq: u64::from(u32_at(bytes, 12)) << 32 | u64::from(u32_at(bytes, 8)),
            run: u32_at(bytes, 16),
            atom: u32_at(bytes, 20),
            crc: u32_at(bytes, 24),
        })
    }
}

/// The checksum of the format: CRC-32 as in IEEE 802.3.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    // Half of all records hold nothing.
    if bytes.is_empty() {
        return 0;
    }
    crc32fast::hash(bytes)
}

/// The checksum of bytes that come in pieces.
#[derive(Default)]
pub(super) struct Crc(crc32fast::Hasher);

impl Crc {
    pub(super) fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    pub(super) fn finish(self) -> u32 {
        self.0.finalize()
    }
}

/// Writes the CRC of the first 28 bytes of a header into the last 4.
pub(super) fn seal(bytes: &mut [u8]) {
    let crc = crc(&bytes[..28]);
    bytes[28..].copy_from_slice(&crc.to_le_bytes());
}

/// Whether the last 4 bytes of a header are the CRC of the others.
pub(super) fn is_sealed(bytes: &[u8; HEADER]) -> bool {
    crc(&bytes[..28]) == u32_at(bytes, 28)
}

/// The number in the 4 bytes from `at` on.
pub(super) fn u32_at(bytes: &[u8; HEADER], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::{Crc, HEADER, Header, crc, file_header, file_version};

    fn encode(header: Header) -> [u8; HEADER] {
        let mut bytes = Vec::new();
        header.append_to(&mut bytes);
        bytes.try_into().unwrap()
    }

    #[test]
    fn a_golden_file_header() {
        let header = file_header();
        assert_eq!(&header[..8], b"taskflow");
        assert_eq!(header[8..28], [0; 20]);
        assert_eq!(file_version(&header), Some(0));
    }

    #[test]
    fn a_golden_frame_header() {
        let header = Header {
            len: 0x0102_0304,
            kind: 5,
            seq: 0x1112_1314_1516_1718,
            run: 0x2122_2324,
            atom: 0x3132_3334,
            crc: crc(b"123456789"),
        };
        #[rustfmt::skip]
        let golden = [
            0x04, 0x03, 0x02, 0x01,                         // length of the payload
            5, 0, 0, 0,                                     // kind, reserved
            0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, // sequence
            0x24, 0x23, 0x22, 0x21,                         // run
            0x34, 0x33, 0x32, 0x31,                         // atom
            0x26, 0x39, 0xf4, 0xcb,                         // CRC of the payload: the check value
        ];
        let bytes = encode(header);
        assert_eq!(bytes[..28], golden);
        assert_eq!(bytes[28..], crc(&golden).to_le_bytes());
        assert_eq!(Header::decode(&bytes), Some(header));
    }

    #[test]
    fn a_flipped_bit_is_no_header() {
        let header = encode(Header {
            len: 7,
            kind: 1,
            seq: 1,
            run: 0,
            atom: 0,
            crc: 9,
        });
        for bit in 0..HEADER * 8 {
            let mut bytes = header;
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&bytes), None, "bit {bit}");
        }
        assert_eq!(Header::decode(&[0; HEADER]), None);
    }

    #[test]
    fn a_checksum_of_pieces_is_that_of_the_whole() {
        let mut pieces = Crc::default();
        pieces.update(b"1234");
        pieces.update(b"56789");
        assert_eq!(pieces.finish(), crc(b"123456789"));
    }
}
